"""What time alone makes of a record: on which day, once, and never as somebody's fault."""

import ast
import json
from contextlib import suppress
from copy import deepcopy
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from notifier.domain.changes import CALENDAR_KINDS, Kind, calendar, detect
from notifier.domain.letter import Told
from notifier.domain.study import OverallStatus, decode
from notifier.domain.wording import speech, tell
from notifier.services import watch
from tests.factories import a_record

RESULTS = ("resultsFirstSubmitDate", "resultsFirstSubmitQcDate", "resultsFirstPostDateStruct")
DELAY = ("dispFirstSubmitDate", "dispFirstSubmitQcDate", "dispFirstPostDateStruct")


def a_study(*, delayed=False, design=None, **status):
    """A study that ended on 20 October 2025 and has posted no results, unless said."""
    record = deepcopy(a_record())
    record["hasResults"] = False
    record.pop("resultsSection", None)
    its = record["protocolSection"]["statusModule"]
    for name in RESULTS + (() if delayed else DELAY):
        its.pop(name, None)
    ended = {"date": "2025-10-20", "type": "ACTUAL"}
    its |= {"overallStatus": "COMPLETED", "primaryCompletionDateStruct": ended, "completionDateStruct": ended}
    its |= status
    for name in [name for name, value in its.items() if value is None]:
        del its[name]
    record["protocolSection"]["designModule"] |= design or {}
    return decode(json.dumps(record).encode())


def dated(text, kind="ESTIMATED"):
    return {"date": text, "type": kind}


def days(study):
    return [(each.change.kind, each.day.isoformat()) for each in calendar.due(study)]


def test_results_are_usual_a_year_after_the_last_main_measurement():
    assert days(a_study()) == [(Kind.RESULTS_OVERDUE, "2026-10-20")]


@pytest.mark.parametrize(
    ("measured", "day"),
    [
        ("2025-10", "2026-10-31"),
        ("2025", "2026-12-31"),
        ("2024-02-29", "2025-03-01"),
        ("2025-02", "2026-02-28"),
    ],
)
def test_a_date_without_a_day_is_over_on_its_last(measured, day):
    found = a_study(primaryCompletionDateStruct=dated(measured, "ACTUAL"))
    assert days(found) == [(Kind.RESULTS_OVERDUE, day)]


@pytest.mark.parametrize(
    "study",
    [
        a_study(resultsFirstSubmitDate="2026-05-01"),
        a_study(resultsWaived=True),
        a_study(overallStatus="WITHDRAWN"),
        a_study(design={"studyType": "OBSERVATIONAL"}),
        a_study(design={"enrollmentInfo": {"count": 0, "type": "ACTUAL"}}),
        a_study(primaryCompletionDateStruct=None, completionDateStruct=None),
        a_study(primaryCompletionDateStruct=dated("soon", "ACTUAL")),
        a_study(primaryCompletionDateStruct=dated("9999-12-31", "ACTUAL")),
        a_study(overallStatus="UNKNOWN", primaryCompletionDateStruct=dated("2024-01")),
        decode(json.dumps(a_record()).encode()),  # it has results
    ],
)
def test_where_nobody_expects_results_nothing_is_due(study):
    assert Kind.RESULTS_OVERDUE not in dict(days(study))


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ({"overallStatus": "NOT_YET_RECRUITING", "startDateStruct": dated("2026-03")}, (Kind.START_PASSED, "2026-04-30")),
        ({"overallStatus": "RECRUITING"}, (Kind.END_PASSED, "2026-06-30")),
        ({"overallStatus": "ACTIVE_NOT_RECRUITING"}, (Kind.END_PASSED, "2026-06-30")),
        # The record was touched after the day that was planned: then it stands still from there.
        (
            {"overallStatus": "RECRUITING", "lastUpdatePostDateStruct": dated("2026-08-01", "ACTUAL")},
            (Kind.END_PASSED, "2026-08-31"),
        ),
        # Its end has passed too, which says more than its start.
        ({"overallStatus": "NOT_YET_RECRUITING", "startDateStruct": dated("2025-03")}, (Kind.END_PASSED, "2026-06-30")),
    ],
)  # fmt: skip
def test_a_plan_that_passed_while_the_record_stands_still_is_due_a_month_later(status, found):
    ends = {} if found[0] is Kind.START_PASSED else {"completionDateStruct": dated("2026-05-31")}
    plan = {"primaryCompletionDateStruct": None, "completionDateStruct": None} | ends | status
    assert days(a_study(**plan)) == [found]


@pytest.mark.parametrize(
    "status",
    [
        {"overallStatus": "RECRUITING", "completionDateStruct": dated("2025-01", "ACTUAL")},
        {"overallStatus": "UNKNOWN", "completionDateStruct": dated("2025-01")},
        {"overallStatus": "RECRUITING", "completionDateStruct": dated("31/12/2025")},
        {"overallStatus": "RECRUITING", "completionDateStruct": None, "startDateStruct": dated("2025-01")},
    ],
)
def test_what_is_no_plan_of_a_study_that_goes_on_does_not_pass(status):
    assert not dict(days(a_study(primaryCompletionDateStruct=None, **status))).keys() & {
        Kind.START_PASSED,
        Kind.END_PASSED,
    }


def test_the_next_day_of_a_version_is_what_the_one_before_did_not_have():
    today = date(2026, 11, 29)
    overdue, planned = (
        a_study(),
        a_study(overallStatus="RECRUITING", completionDateStruct=dated("2027-01-31")),
    )
    assert calendar.next_day(overdue, today) is None  # it was so when we came
    assert calendar.next_day(planned, today) is not None
    assert calendar.next_day_after(overdue, overdue, None, today) is None
    assert calendar.next_day_after(overdue, overdue, "2026-10-20", today) == "2026-10-20"
    late = a_study(
        primaryCompletionDateStruct=dated("2025-01-10"), completionDateStruct=None, overallStatus="RECRUITING"
    )
    assert calendar.next_day_after(late, overdue, None, today) == "2026-10-20"


# --- how it is said -----------------------------------------------------------------------------------------------


def said(study, language="en"):
    told = [Told(each.change, datetime(2026, 11, 29, tzinfo=UTC)) for each in calendar.due(study)]
    (found,) = tell(speech(language), study, told, UTC)
    return found


@pytest.mark.parametrize("language", ["en", "da", "de"])
def test_it_is_never_an_accusation(language):
    for study in (a_study(), a_study(delayed=True)):
        found = said(study, language)
        text = " ".join((found.headline, found.means, *found.notes)).lower()
        assert not any(
            word in text
            for word in ("overdue", "late,", "late.", "later than usual", "fail", "must", "versäum")
        )


def test_a_certificate_of_delay_is_said():
    found = said(a_study(delayed=True))
    assert "as its rules allow" in found.means
    assert [line.label for line in found.lines] == ["Last main measurement", "Asked to post them later"]
    assert "8 January 2026" in found.lines[1].text
    assert "as its rules allow" not in said(a_study()).means


def test_a_plan_that_passed_says_that_the_record_may_be_old():
    plan = {"primaryCompletionDateStruct": None, "completionDateStruct": dated("2026-05-31")}
    found = said(a_study(overallStatus="RECRUITING", **plan))
    assert found.notes == ("The record may be out of date.",)
    assert [(line.label, line.text) for line in found.lines] == [
        ("Planned for", "31 May 2026 (planned)"),
        ("Record last updated", "12 February 2026"),
    ]


# --- every kind is made somewhere ---------------------------------------------------------------------------------


def edits(value):
    """Every value that differs from this one in one place."""
    if isinstance(value, dict):
        yield {**value, "somethingNew": "that no table names"}
        for key, inner in value.items():
            yield {name: each for name, each in value.items() if name != key}
            yield from ({**value, key: other} for other in edits(inner))
    elif isinstance(value, list):
        yield [*value, *value[:1]]
        for place, inner in enumerate(value):
            yield value[:place] + value[place + 1 :]
            yield from ([*value[:place], other, *value[place + 1 :]] for other in edits(inner))
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 1
    else:
        yield from OverallStatus if value in set(OverallStatus) else ("Something else", "2031-05-05")


def rolled():
    """A start that lies just after the day of posting, twice in a row."""
    for start, posted in (("2026-03-05", "2026-03-01"), ("2026-06-05", "2026-06-01")):
        yield a_record(
            overallStatus="NOT_YET_RECRUITING",
            startDateStruct=dated(start),
            lastUpdatePostDateStruct=dated(posted, "ACTUAL"),
            lastUpdateSubmitDate=posted,
        )


def test_every_kind_is_made_by_something():
    """Each by the smallest edit of a record, by time, or by a look; a kind that nothing makes is a promise that nobody keeps."""
    record, made = a_record(), set(CALENDAR_KINDS)
    pairs = [pair for other in edits(record) for pair in ((record, other), (other, record))]
    pairs += [(a_record(overallStatus="UNKNOWN"), a_record(overallStatus=status)) for status in OverallStatus]
    for before, after in [*pairs, tuple(rolled())]:
        with suppress(KeyError):  # it has no id any more
            made |= {change.kind for change in detect(before, after).changes}
    looks = Path(watch.__file__).parent.glob("*.py")
    made |= {
        Kind[node.attr]
        for path in looks
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "Kind"
    }
    assert sorted(set(Kind) - made) == []
    assert {each.change.kind for study in OVERDUE for each in calendar.due(study)} == CALENDAR_KINDS


OVERDUE = [
    a_study(),
    a_study(overallStatus="NOT_YET_RECRUITING", startDateStruct=dated("2026-03"), primaryCompletionDateStruct=None, completionDateStruct=None),
    a_study(overallStatus="RECRUITING", completionDateStruct=dated("2026-03")),
]  # fmt: skip
