"""What a study's page is made of, and that reading a study for a page neither makes news nor hides it."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from notifier.domain.changes import Kind, Weight
from notifier.domain.study import decode, folded
from notifier.storage import subscribers
from notifier.storage.models import ChangeRow, EndedReason, NoticeRow, SnapshotRow, Source, StudyRow
from notifier.storage.studies import snapshots, study_page
from notifier.storage.studies.study_page import MONTH
from tests.conftest import NOON
from tests.factories import A, B, a_record, raw
from tests.store_factories import a_change, a_pass, a_public_study, a_study, follow
from tests.world import DAY_2, DAY_3, a_world, edited, study, under


def page_of(database, nct_id=A, now=NOON, **choice):
    with database.reading() as session:
        return study_page.of(session.connection(), nct_id, now, **choice)


def opened(database, record, now=NOON):
    """Somebody opened the page of a study, so it was read from the registry."""
    with database.transaction() as session:
        return study_page.keep(session, decode(raw(record)), now)


def with_status(status, posted="2027-01-12"):
    return edited(study(A), posted=posted, overallStatus=status)


# --- reading for a page is never news, and hides none -----------------------------------------------------------


async def test_what_a_page_stored_is_no_baseline(database):
    async with a_world(database, study(A)) as world:
        opened(database, study(A))
        world.follow("jane@example.org", study=A)
        await world.watch()
        assert world.rows(StudyRow)[0].watched_since is not None
        await world.next_day(DAY_2, with_status("COMPLETED"))
    assert Kind.STATUS_CLOSED in world.kinds()
    assert world.rows(NoticeRow)


async def test_what_a_page_read_before_the_first_look_is_not_told(database):
    async with a_world(database, study(A)) as world:
        opened(database, with_status("SUSPENDED"))
        world.follow("jane@example.org", study=A)
        await world.watch()
    assert world.kinds() == []
    assert page_of(database).study.overall_status == "RECRUITING"


async def test_a_page_never_takes_a_change_away_from_a_follower(database):
    async with a_world(database, study(A)) as world:
        world.follow("jane@example.org", study=A)
        await world.watch()
        assert not opened(database, with_status("COMPLETED"), NOON + timedelta(days=3))
        await world.next_day(DAY_2, with_status("COMPLETED"))
    assert Kind.STATUS_CLOSED in world.kinds()


async def test_a_new_study_is_new_though_its_page_was_opened_first(database):
    async with a_world(database, under(A, "Knee Pain", first_posted="2020-01-01")) as world:
        world.follow("jane@example.org", condition="knee pain")
        await world.watch()
        new = under(B, "Knee Pain", first_posted="2027-01-12")
        opened(database, new)
        await world.next_day(DAY_2, under(A, "Knee Pain", first_posted="2020-01-01"), new)
    assert world.kinds() == [Kind.NEW_STUDY]


async def test_what_a_page_read_is_no_word_on_the_data_version(database):
    async with a_world(database, study(A)) as world:
        opened(database, study(B), NOON + timedelta(days=300))
        world.follow("jane@example.org", study=A)
        await world.watch()
        assert (await world.next_day(DAY_2, study(A))).outcome == "done"


async def test_a_merge_into_a_study_that_only_a_page_holds_is_told_with_what_is_said_there_now(database):
    async with a_world(database, study(A), study(B)) as world:
        world.follow("jane@example.org", study=A)
        await world.watch()
        opened(database, study(B))
        world.rehearsal.alias(A, B)
        await world.next_day(DAY_2, edited(study(B), posted="2027-01-13", overallStatus="NEVER_SEEN"))
        assert set(world.kinds()) == {Kind.ALIAS, Kind.STATUS_CHANGED}  # a word of no description is a word


def test_a_study_that_is_followed_is_not_read_anew_for_a_page(database):
    with database.transaction() as session:
        a_study(session, NOON - timedelta(days=9))
        follow(session, NOON, "jane@example.org", A)
        assert not study_page.standing(session.connection(), A, NOON).is_due(NOON)
        study_page.keep_absence(session, A, NOON)
        study_page.keep_alias(session, A, B, NOON)
        row = session.get(StudyRow, A)
        assert (row.missing_in, row.alias_of) == (None, None)


def test_a_page_takes_no_news_from_somebody_who_may_still_take_their_stopping_back(database):
    with database.transaction() as session:
        a_study(session, NOON - timedelta(days=9))
        ids = follow(session, NOON, "jane@example.org", A)
        subscribers.end(session, ids, EndedReason.UNSUBSCRIBED, NOON)
        snapshots.forget_unfollowed(session)
    hours = timedelta(hours=1)
    assert not opened(database, a_record(overallStatus="COMPLETED"), now=NOON + 23 * hours)
    with database.reading() as session:
        assert study_page.standing(session.connection(), A, NOON + 25 * hours).free


def test_one_that_nobody_follows_is_read_anew_after_a_day(database):
    opened(database, a_record())
    with database.transaction() as session:
        known = study_page.standing(session.connection(), A, NOON)
        assert (known.free, known.is_due(NOON + timedelta(hours=23))) == (True, False)
        assert known.is_due(NOON + timedelta(hours=24))
        study_page.keep_absence(session, A, NOON)
        assert study_page.of(session.connection(), A, NOON).missing
    assert opened(database, a_record(overallStatus="COMPLETED"))
    assert not page_of(database).missing
    with database.reading() as session:
        assert {row.source for row in session.execute(select(SnapshotRow)).scalars()} == {Source.PAGE}
        assert session.execute(select(ChangeRow)).all() == []


# --- the history ------------------------------------------------------------------------------------------------


def test_the_history_is_newest_first_one_event_an_update_and_paged(database):
    with database.transaction() as session:
        a_study(session, NOON)
        for day in range(25):
            found = (a_change(after=f"{day}"), a_change(Kind.TITLE, Weight.NOTABLE, after=f"{day}"))
            a_pass(session, NOON + timedelta(days=day), *found)
    first, rest = page_of(database, now=NOON + timedelta(days=30)), page_of(database, skipped=20)
    assert (len(first.events), first.more, len(rest.events), rest.more) == (20, True, 5, False)
    assert [len(event.told) for event in first.events] == [2] * 20
    assert [event.at for event in first.events] == sorted((e.at for e in first.events), reverse=True)
    assert first.updates == 25


def test_the_history_knows_nothing_of_conditions_and_housekeeping(database):
    with database.transaction() as session:
        a_study(session, NOON)
        follow(session, NOON, "jane@example.org", "knee pain")
        a_pass(session, NOON, a_change(Kind.NEW_STUDY), condition_id=1)
        a_pass(session, NOON, a_change(weight=Weight.HOUSEKEEPING))
    assert page_of(database).events == ()
    assert page_of(database).updates == 0


def test_a_status_is_told_with_the_record_as_it_was_then(database):
    with database.transaction() as session:
        stopped = a_study(session, NOON, overallStatus="TERMINATED", whyStopped="No money")
        change = a_change(Kind.STATUS_STOPPED, before="RECRUITING", after="TERMINATED")
        a_pass(session, NOON, change, snapshot=stopped)
        a_study(session, NOON, overallStatus="WITHDRAWN", whyStopped="Another reason")
    [event] = page_of(database).events
    assert event.study.why_stopped == "No money"


def test_how_often_a_date_moved_is_known_to_each_event(database):
    with database.transaction() as session:
        a_study(session, NOON)
        for day in range(3):
            a_pass(session, NOON + timedelta(days=day), a_change(Kind.COMPLETION_DATE, after=f"{day}"))
    assert [len(event.told[0].earlier) for event in page_of(database).events] == [2, 1, 0]


@pytest.mark.parametrize("number", [1, 20])
def test_a_page_takes_few_statements_however_long_the_history_is(database, number):
    with database.transaction() as session:
        a_study(session, NOON)
        for day in range(number):
            kinds = (Kind.SITE_ADDED, Kind.STATUS_OPENED, Kind.COMPLETION_DATE)
            a_pass(session, NOON + timedelta(days=day), *(a_change(kind) for kind in kinds))
    statements = []
    event.listen(database.engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    page_of(database)
    assert len([each for each in statements if each.lstrip().upper().startswith("SELECT")]) <= 7


# --- the search -------------------------------------------------------------------------------------------------


def found(database, text, **choice):
    with database.reading() as session:
        return [each.nct_id for each in study_page.find(session, text, text.casefold(), limit=20, **choice)]


def test_a_search_finds_words_of_titles_and_conditions_without_case_and_accents(database):
    opened(database, a_record(conditions=["Sjögren's Syndrome"], briefTitle="Tee für Ältere"))
    for text in ("sjogrens SYNDROME", "Sjögren\u2019s", "altere", "TEE sjögren", A.lower()):
        assert found(database, text) == [A], text
    assert found(database, "sjogren cancer") == found(database, "jogren") == []


@pytest.mark.parametrize("text", ["%", "_", "'", "\\", '"', "%%%", "\x00", "' OR 1=1; --", "*", "x" * 10_000])
def test_signs_of_patterns_find_nothing(database, text):
    opened(database, a_record())
    assert found(database, text) == []


def test_a_search_finds_what_the_registry_lists_under_a_followed_condition(database):
    with database.transaction() as session:
        a_public_study(session, NOON, B, conditions=["Gonarthrosis"])
        follow(session, NOON, "jane@example.org", "sore knees")
        session.execute(
            study_page.listings.insert().values(
                condition_id=1, nct_id=B, listed="new", seen_at=NOON, data_timestamp=DAY_3
            )
        )
    assert found(database, "sore knees") == [B]


def test_the_newest_stand_first_and_the_rest_on_further_pages(database):
    for number, day in enumerate(("2027-01-02", None, "2027-01-03"), start=1):
        record = study(f"NCT9000000{number}")
        record["protocolSection"]["statusModule"]["studyFirstPostDateStruct"] = {"date": day} if day else {}
        opened(database, record)
    assert [each[-1] for each in found(database, "tea")] == ["3", "1", "2"]
    assert [each[-1] for each in found(database, "tea", skipped=2)] == ["2"]
    with database.reading() as session:
        assert [each.nct_id[-1] for each in study_page.newest(session, 2)] == ["3", "1"]


def test_new_studies_a_month_are_counted_where_a_condition_is_watched(database):
    with database.transaction() as session:
        follow(session, NOON, "jane@example.org", "knee pain")
        session.execute(study_page.conditions.update().values(watched_since=NOON - MONTH))
        rows = [
            {
                "condition_id": 1,
                "nct_id": f"NCT0000{i:04}",
                "listed": "baseline",
                "seen_at": NOON,
                "data_timestamp": DAY_3,
                "first_posted": "2027-01-01" if i < 12 else "2020-01-01",
            }
            for i in range(20)
        ]
        session.execute(study_page.listings.insert(), rows)
        assert study_page.expected(session.connection(), ["knee pain"], NOON - timedelta(hours=1)) == {}
        expected = study_page.expected(session.connection(), ["knee pain", "osteoarthritis"], NOON)
    assert expected == {"knee pain": 4}


def test_text_is_folded():
    assert folded("  Sjögren\u2019s_Syndrome (ØRSTED, 100%) — CAR-T ") == "sjogrens syndrome orsted 100 car t"
