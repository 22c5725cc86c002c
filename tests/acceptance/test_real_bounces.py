"""Real reports from many servers: how often the dead are known from the living, on each half of them."""

import base64
import gzip
import json
import re

import pytest

from notifier.mail.bounces import ReportKind, read
from tests.conftest import ROOT

SAMPLES = ROOT.parent / "shared" / "bounces" / "samples.jsonl.gz"
STANDARD = re.compile(
    r"rfc3464-|lhost-(?:postfix|exim|sendmail|office365|outlook|gmail|gsuite|amazonses)-|arf-|rfc3834-"
)
#: What the collection calls a full mailbox, a policy, a reputation, a time-out, a holiday.
NEVER_DEAD = {
    "mailboxfull", "systemfull", "policyviolation", "authfailure", "securityerror", "norelaying", "spamdetected",
    "virusdetected", "contenterror", "notcompliantrfc", "requireptr", "blocked", "badreputation", "rejected", "speeding",
    "toomanyconn", "mesgtoobig", "exceedlimit", "expired", "networkerror", "vacation", "feedback", "delivered",
}  # fmt: skip


def samples():
    if not SAMPLES.exists():
        return []
    with gzip.open(SAMPLES, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def read_by_us():
    rows = samples()
    if not rows:
        pytest.skip("the collection of real reports is not beside this checkout")
    return [(row, read(base64.b64decode(row["raw_base64"]))) for row in rows]


def dead_by_us(report):
    return sum(entry.hard for entry in report.entries)


def expected(row):
    return sum(entry["hard"] for entry in row["expected"])


def share(verdicts):
    verdicts = list(verdicts)
    return sum(verdicts) / len(verdicts)


def half_of(name):
    """Which half of the collection a report is in; both have every server."""
    return int(re.sub(r"\D", "", name) or 0) // 2 % 2


def test_the_dead_are_told_from_the_living(read_by_us, record_property):
    right = {row["name"]: dead_by_us(report) == expected(row) for row, report in read_by_us}
    wrongly = [row["name"] for row, report in read_by_us if dead_by_us(report) > 0 and expected(row) == 0]
    for half in (0, 1):  # a rule that was made for one half alone shows in the other
        agrees = {name: each for name, each in right.items() if half_of(name) == half}
        standard = share(each for name, each in agrees.items() if STANDARD.match(name))
        record_property(f"half {half}", f"standard {standard:.1%}, all {share(agrees.values()):.1%}")
        assert standard >= 0.97
        assert share(agrees.values()) >= 0.95
    # They say in plain words that the user is unknown; the collection calls them filtered.
    assert len(wrongly) <= 3
    assert not any(STANDARD.match(name) for name in wrongly)


def test_nothing_that_passes_is_taken_for_death(read_by_us):
    for row, report in read_by_us:
        if all(entry["reason"] in NEVER_DEAD for entry in row["expected"]):
            assert dead_by_us(report) == 0, row["name"]
        elif len(report.entries) == len(row["expected"]):
            pairs = zip(row["expected"], report.entries, strict=True)
            assert not any(told["reason"] in NEVER_DEAD and entry.hard for told, entry in pairs), row["name"]


@pytest.mark.parametrize(
    ("reason", "kind"), [("feedback", ReportKind.COMPLAINT), ("vacation", ReportKind.AUTO_REPLY)]
)
def test_complaints_and_holidays_are_known_and_nothing_else_is_taken_for_one(read_by_us, reason, kind):
    told = {
        row["name"] for row, _ in read_by_us if any(entry["reason"] == reason for entry in row["expected"])
    }
    assert {row["name"] for row, report in read_by_us if any(e.kind is kind for e in report.entries)} == told


def test_an_ordinary_mail_is_no_report(read_by_us):
    ordinary = [report for row, report in read_by_us if not row["expected"]]
    assert [report.entries[0].kind for report in ordinary] == [ReportKind.OTHER]
