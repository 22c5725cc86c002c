import pytest
from factories import a_record

from notifier.domain.changes import (
    Change,
    Kind,
    Weight,
    detect,
    differs_in_precision_only,
    rolling,
    slip,
    slip_months,
)

START = "protocolSection.statusModule.startDateStruct"


@pytest.mark.parametrize(
    ("before", "after", "months"),
    [
        ("2026-03", "2027-05", 14),
        ("2026-03-31", "2026-04-01", 1),
        ("2026-03", "2026-03-15", 0),
        ("2026-12-01", "2026-02", -10),
        ("2026", "2027-01", 12),
        (None, "2026-03", None),
        ("", "2026-03", None),
        ("soon", "2026-03", None),
    ],
)
def test_slip_in_months(before, after, months):
    assert slip_months(before, after) == months


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        ("2026-03-29", "2026-04-03", ("day", 5)),
        ("2026-04-03", "2026-03-29", ("day", -5)),
        ("2026-03-01", "2026-03-14", ("day", 13)),
        ("2026-03-01", "2026-03-15", ("week", 2)),
        ("2026-03-01", "2026-05-10", ("week", 10)),
        ("2026-03-01", "2026-05-17", ("month", 2.5)),
        ("2026-03-01", "2027-03-01", ("month", 12)),
        ("2026-03", "2026-04", ("month", 1)),
        ("2026-03", "2026-04-28", ("month", 1)),
        (None, "2026-04", None),
    ],
)
def test_a_move_is_said_in_days_weeks_or_months(before, after, moved):
    assert slip(before, after) == moved


@pytest.mark.parametrize(
    ("before", "after", "only"),
    [
        (("2026-03", "ESTIMATED"), ("2026-03-15", "ESTIMATED"), True),
        (("2026-03-15", "ACTUAL"), ("2026-03", "ACTUAL"), True),
        (("2026", "ESTIMATED"), ("2026-07", "ESTIMATED"), True),
        (("2026-03", "ESTIMATED"), ("2026-03-15", "ACTUAL"), False),
        (("2026-03", "ESTIMATED"), ("2026-04-15", "ESTIMATED"), False),
        (("2026-03-15", "ESTIMATED"), ("2026-03-16", "ESTIMATED"), False),
    ],
)
def test_precision_alone(before, after, only):
    ours, theirs = ({"date": day, "type": sort} for day, sort in (before, after))
    assert differs_in_precision_only(ours, theirs) is only
    assert not differs_in_precision_only(None, theirs)


def moved(before, after, sort="ESTIMATED"):
    return Change(
        Kind.START_DATE, Weight.NOTABLE, START, {"date": before, "type": sort}, {"date": after, "type": sort}
    )


@pytest.mark.parametrize(
    ("change", "previously", "posted", "rolls"),
    [
        (moved("2026-05-20", "2026-05-21"), "2026-05-15", "2026-05-16", True),
        (moved("2026-05-20", "2026-08-21"), "2026-05-15", "2026-08-16", True),
        (moved("2026-05-20", "2026-09-21"), "2026-05-15", "2026-05-16", False),
        (moved("2026-03-20", "2026-05-21"), "2026-05-15", "2026-05-16", False),
        (moved("2026-05", "2026-06"), "2026-05-15", "2026-05-16", False),
        (moved("2026-05-20", "2026-05-21", "ACTUAL"), "2026-05-15", "2026-05-16", False),
        (moved("2026-05-20", "2026-05-21"), None, "2026-05-16", False),
    ],
)
def test_a_date_that_rolls_along_with_each_posting(change, previously, posted, rolls):
    assert rolling(change, posted=posted, previously_posted=previously) is rolls


def posted(day, start):
    return a_record(
        lastUpdatePostDateStruct={"date": day, "type": "ACTUAL"},
        startDateStruct={"date": start, "type": "ESTIMATED"},
    )


def test_a_rolled_date_is_labelled_and_notable_once_a_month():
    (inside,) = detect(posted("2026-05-04", "2026-05-09"), posted("2026-05-05", "2026-05-10")).changes
    (across,) = detect(posted("2026-05-26", "2026-05-31"), posted("2026-05-27", "2026-06-01")).changes
    assert (inside.kind, inside.weight) == (Kind.START_DATE_ROLLED, Weight.MINOR)
    assert (across.kind, across.weight) == (Kind.START_DATE_ROLLED, Weight.NOTABLE)
