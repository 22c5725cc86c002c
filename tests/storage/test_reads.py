"""Which read a page shows, and how those that somebody wrote are kept."""

from dataclasses import replace
from datetime import timedelta

from factories import A, B, C
from store_factories import follow, shown, stored

from notifier.domain.summaries import Origin
from notifier.domain.summaries.gate import Draft
from notifier.domain.summaries.importing import Written
from notifier.storage.engine import sharing
from notifier.storage.models import ReadSource
from notifier.storage.studies import summaries
from tests.conftest import NOON

OURS = Written(
    A, "Tea for knees", ("It looks at tea.", "It is small."), ("More.",), ("Less.",), "Example Society"
)
DRAFT = Draft("Tea", "What of tea?", ("It looks at tea.",), ("More.",))
LATER = NOON + timedelta(days=3)


def imported(database, *written, now=NOON):
    with database.transaction() as session:
        return summaries.keep_imported(session, written, now)


def drafted(database, nct_id=A, draft=DRAFT):
    with database.transaction() as session:
        [one] = summaries.to_write(session, 1, nct_ids=[nct_id])
        summaries.keep_draft(session, one, draft, by="a-model", now=NOON)


def due(database, **which):
    with database.reading() as session:
        return [one.nct_id for one in summaries.to_write(session, 10, **which)]


def test_without_any_other_the_rules_write(database):
    stored(database)
    read = shown(database)
    assert (read.source, read.older) == (Origin.RULES, False)
    assert read.title == "Camomile tea for knee pain"


def test_what_people_wrote_goes_before_what_a_model_wrote(database):
    stored(database)
    drafted(database)
    assert shown(database).source is Origin.MODEL
    imported(database, OURS)
    read = shown(database)
    assert (read.source, read.title, read.summary) == (Origin.IMPORTED, "Tea for knees", OURS.summary)


def test_a_read_without_a_title_has_the_registrys(database):
    stored(database)
    imported(database, replace(OURS, title=None))
    assert shown(database).title == "Camomile tea for knee pain"


def test_a_record_that_changed_marks_the_read_as_older(database):
    stored(database)
    imported(database, OURS)
    assert not shown(database).older
    assert shown(database).label == "Written by Example Society on 12 January 2027."
    stored(database, overallStatus="TERMINATED")
    assert shown(database).older
    assert shown(database).label.endswith("so this text may be out of date.")


def test_a_models_read_that_is_older_says_so_too(database):
    stored(database)
    drafted(database)
    assert not shown(database).older
    stored(database, overallStatus="TERMINATED")
    assert shown(database).older
    assert "a language model (a-model) on 12 January 2027" in shown(database).label


def test_a_read_of_a_study_that_was_not_here_is_older_by_the_records_date(database):
    imported(database, OURS)
    stored(database, lastUpdatePostDateStruct__date="2027-01-12")
    assert not shown(database).older
    stored(database, lastUpdatePostDateStruct__date="2027-01-13")
    assert shown(database).older


def test_an_import_tells_new_from_changed_from_unchanged(database):
    stored(database)
    assert imported(database, OURS) == summaries.Imported(added=1, changed=0, unchanged=0)
    other = replace(OURS, nct_id=B)
    edited = replace(OURS, summary=("It looks at water.",))
    assert imported(database, edited, other, now=LATER) == summaries.Imported(added=1, changed=1, unchanged=0)
    assert shown(database).summary == ("It looks at water.",)
    assert shown(database).written_at == LATER


def test_words_that_did_not_change_do_not_look_newer(database):
    stored(database)
    imported(database, OURS)
    stored(database, overallStatus="TERMINATED")
    assert imported(database, OURS, now=LATER).unchanged == 1
    assert (shown(database).written_at, shown(database).older) == (NOON, True)


def test_thousands_of_reads_are_stored_at_once(database):
    many = [replace(OURS, nct_id=f"NCT{number:08}") for number in range(6_000)]
    assert imported(database, *many).added == 6_000
    assert imported(database, *many).unchanged == 6_000


def test_an_imported_read_leaves_the_models_alone(database):
    stored(database)
    drafted(database)
    imported(database, OURS)
    with database.transaction() as session:
        assert summaries.drop(session, A, ReadSource.IMPORTED) == 1
    assert shown(database).source is Origin.MODEL


def test_the_list_names_all_and_which_are_older(database):
    stored(database)
    imported(database, OURS, replace(OURS, nct_id=C))
    stored(database, overallStatus="TERMINATED")
    with database.reading() as session:
        found = summaries.listed(session)
        assert [(one.nct_id, one.source, one.read.older) for one in found] == [
            (A, ReadSource.IMPORTED, True),
            (C, ReadSource.IMPORTED, False),
        ]
        assert [one.nct_id for one in summaries.listed(session, C)] == [C]


def test_to_write_are_those_without_a_read_of_their_record_followed_first(database):
    for nct_id in (A, B, C):
        stored(database, nct_id)
    with database.transaction() as session:
        follow(session, NOON, "jane@example.org", C)
    assert due(database) == [C, A, B]
    drafted(database, C)
    imported(database, OURS)
    assert due(database) == [B]
    stored(database, C, overallStatus="TERMINATED")
    assert due(database) == [C, B]
    assert due(database, nct_ids=[A, B]) == [B]


def test_a_refused_draft_is_not_asked_for_again_until_its_record_changes_or_time_has_passed(database):
    stored(database)
    with database.transaction() as session:
        [one] = summaries.to_write(session, 1)
        sharing.take(session, summaries.REFUSED, one.digest, most=1, within=timedelta(days=7), now=NOON)
    assert due(database, refused_since=NOON - timedelta(days=7)) == []
    assert due(database, refused_since=NOON) == [A]
    assert due(database) == [A]
    stored(database, overallStatus="TERMINATED")
    assert due(database, refused_since=NOON - timedelta(days=7)) == [A]
