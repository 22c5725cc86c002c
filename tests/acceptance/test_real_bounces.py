"""Real reports from many servers, read by us and by flufl.bounce alone: how often each knows the dead from the living."""

import base64
import gzip
import json
import re
from email import message_from_bytes

import pytest
from conftest import ROOT
from flufl.bounce import all_failures

from notifier.mail.bounces import Kind, read

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


def dead_by_flufl(row):
    _temporary, permanent = all_failures(message_from_bytes(base64.b64decode(row["raw_base64"])))
    return len(permanent)


def dead_by_us(report):
    return sum(entry.hard for entry in report.entries)


def expected(row):
    return sum(entry["hard"] for entry in row["expected"])


def share(verdicts):
    verdicts = list(verdicts)
    return sum(verdicts) / len(verdicts)


def test_the_dead_are_told_from_the_living(read_by_us, record_property):
    ours = {row["name"]: dead_by_us(report) == expected(row) for row, report in read_by_us}
    theirs = {row["name"]: dead_by_flufl(row) == expected(row) for row, _ in read_by_us}
    wrongly = {
        "us": sum(dead_by_us(report) > 0 and expected(row) == 0 for row, report in read_by_us),
        "flufl.bounce": sum(dead_by_flufl(row) > 0 and expected(row) == 0 for row, _ in read_by_us),
    }
    for who, right in (("us", ours), ("flufl.bounce", theirs)):
        standard = share(agrees for name, agrees in right.items() if STANDARD.match(name))
        line = f"{who}: standard {standard:.1%}, all {share(right.values()):.1%}, living called dead {wrongly[who]}"
        record_property(who, line)
        print(line)  # noqa: T201 - the table that this test is for
    assert share(agrees for name, agrees in ours.items() if STANDARD.match(name)) >= 0.98
    assert share(ours.values()) >= 0.95
    assert wrongly["us"] <= 3


def test_nothing_that_passes_is_taken_for_death(read_by_us):
    for row, report in read_by_us:
        if all(entry["reason"] in NEVER_DEAD for entry in row["expected"]):
            assert dead_by_us(report) == 0, row["name"]
        elif len(report.entries) == len(row["expected"]):
            pairs = zip(row["expected"], report.entries, strict=True)
            assert not any(told["reason"] in NEVER_DEAD and entry.hard for told, entry in pairs), row["name"]


@pytest.mark.parametrize(("reason", "kind"), [("feedback", Kind.COMPLAINT), ("vacation", Kind.AUTO_REPLY)])
def test_complaints_and_holidays_are_known_and_nothing_else_is_taken_for_one(read_by_us, reason, kind):
    told = {
        row["name"] for row, _ in read_by_us if any(entry["reason"] == reason for entry in row["expected"])
    }
    assert {row["name"] for row, report in read_by_us if any(e.kind is kind for e in report.entries)} == told


def test_an_ordinary_mail_is_no_report(read_by_us):
    ordinary = [report for row, report in read_by_us if not row["expected"]]
    assert [report.entries[0].kind for report in ordinary] == [Kind.OTHER]
