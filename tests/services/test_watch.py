"""A watch pass against the rehearsal registry and a real database."""

from copy import deepcopy

from sqlalchemy import update

from notifier.domain.study import Same, Study
from notifier.errors import RecordUnreadable
from notifier.services.watch import WatchOutcome
from notifier.settings import Settings
from notifier.sources.clinicaltrials_gov.client import Records
from notifier.storage import subscribers
from notifier.storage.models import ChangeRow, ListingRow, NoticeRow, SnapshotRow, StudyRow, SubscriptionRow
from notifier.storage.models import snapshots as snapshot_table
from notifier.storage.models import studies as study_table
from notifier.storage.models.states import EndedReason
from notifier.storage.outbox import assembly
from tests import faults
from tests.world import (
    DAY_2,
    DAY_3,
    DAY_4,
    A,
    B,
    C,
    a_followed_record,
    a_followed_world,
    a_world,
    edited,
    study,
    under,
)

record, world = a_followed_record, a_followed_world


async def test_the_first_sight_is_a_baseline(database, record):
    async with a_world(database, record) as world:
        world.follow("a@example.org", study=A)
        report = await world.watch()
        assert (report.outcome, report.baselines, report.notices) == (WatchOutcome.DONE, 1, 0)
        assert len(world.rows(SnapshotRow)) == 1
        assert not world.rows(NoticeRow)


async def test_nothing_but_the_version_is_asked_while_the_data_stands_still(world):
    report = await world.watch()
    assert (report.outcome, report.requests) == (WatchOutcome.UNCHANGED, 1)


async def test_somebody_new_gets_a_baseline_although_the_data_stands_still(sqlite, record):
    async with a_world(sqlite, record, study(B)) as world:
        world.follow("a@example.org", study=A)
        await world.watch()
        world.follow("b@example.org", study=B)
        assert (await world.watch()).baselines == 1


async def test_a_change_reaches_every_follower_once(database, record):
    async with a_world(database, record) as world:
        for who in ("a@example.org", "b@example.org"):
            world.follow(who, study=A)
        await world.watch()
        report = await world.next_day(DAY_2, edited(record, posted="2027-01-12", overallStatus="SUSPENDED"))
        assert (report.studies_changed, report.notices) == (1, 2)
        assert world.kinds() == ["status_paused"]
        assert (await world.watch()).outcome == WatchOutcome.UNCHANGED
        assert len(world.rows(NoticeRow)) == 2


async def test_a_new_data_version_without_changes_is_no_news(world):
    report = await world.next_day(DAY_2)
    assert (report.outcome, report.changes) == (WatchOutcome.DONE, 0)
    assert len(world.rows(SnapshotRow)) == 1


async def test_a_change_without_a_date_is_found_by_reading_again(sqlite, record):
    silent = deepcopy(record)
    silent["protocolSection"]["statusModule"] |= {"overallStatus": "UNKNOWN", "lastKnownStatus": "RECRUITING"}
    async with a_world(sqlite, record) as world:
        world.follow("a@example.org", study=A)
        await world.watch()
        await world.next_day(DAY_2, silent)
        assert "became_unknown" in world.kinds()


async def test_what_is_beyond_the_budget_is_read_on_a_later_day(sqlite):
    records = [study(nct_id) for nct_id in (A, B, C)]
    async with a_world(sqlite, *records) as world:
        for nct_id in (A, B, C):
            world.follow("a@example.org", study=nct_id)
        world.settings = Settings(reread_studies=1)
        await world.watch()
        silent = deepcopy(records)
        for changed in silent:
            changed["protocolSection"]["sponsorCollaboratorsModule"]["leadSponsor"]["name"] = (
                "Renamed Foundation"
            )
        found = [(await world.next_day(DAY_2, *silent)).studies_changed]
        found += [(await world.next_day(day)).studies_changed for day in (DAY_3, DAY_4)]
        assert found == [1, 1, 1]


async def test_every_version_is_kept_to_the_byte(world, record):
    await world.next_day(DAY_2, edited(record, posted="2027-01-12", overallStatus="SUSPENDED"))
    first, second = world.rows(SnapshotRow)
    assert (first.source, second.source) == ("baseline", "sweep")
    assert world.rows(StudyRow)[0].snapshot_id == second.id


async def test_other_rules_than_those_of_the_stored_version_are_no_news(sqlite, record):
    """Both sides are always read with today's rules; what another version of the program noted decides nothing."""
    async with a_world(sqlite, record) as world:
        world.follow("a@example.org", study=A)
        await world.watch()
        with world.database.transaction() as session:
            session.execute(update(snapshot_table).values(fingerprint="0:other", digest="other"))
            session.execute(update(study_table).values(digest="other"))
        report = await world.next_day(DAY_2)
        assert (report.changes, report.notices, len(world.rows(SnapshotRow))) == (0, 0, 1)


async def test_a_follower_who_comes_back_starts_anew(world, record):
    with world.database.transaction() as session:
        subscribers.end(session, [1], EndedReason.ADMIN, world.clock.now())
    await world.next_day(DAY_2, edited(record, posted="2027-01-12", overallStatus="SUSPENDED"))
    world.follow("a@example.org", study=A)
    report = await world.watch()
    assert (report.baselines, report.notices, world.kinds()) == (1, 0, [])


# --- what is not there any more ------------------------------------------------------------------------------------


async def test_gone_in_two_data_versions_means_it_left(world):
    world.rehearsal.remove(A)
    assert (await world.next_day(DAY_2)).notices == 0
    assert (await world.watch()).notices == 0  # the same data version tells nothing more
    assert (await world.next_day(DAY_3)).notices == 1
    assert world.kinds() == ["left_registry"]
    assert (await world.next_day(DAY_4)).notices == 0


async def test_back_after_one_absence_is_no_news(world, record):
    world.rehearsal.remove(A)
    await world.next_day(DAY_2)
    assert (await world.next_day(DAY_3, record)).changes == 0
    assert world.rows(StudyRow)[0].missing_in is None


async def test_a_study_that_left_can_come_back(world, record):
    world.rehearsal.remove(A)
    await world.next_day(DAY_2)
    await world.next_day(DAY_3)
    await world.next_day(DAY_4, edited(record, posted="2027-01-14", overallStatus="SUSPENDED"))
    assert world.kinds() == ["left_registry", "came_back", "status_paused"]


async def test_a_study_comes_back_even_as_it_was(world, record):
    world.rehearsal.remove(A)
    await world.next_day(DAY_2)
    await world.next_day(DAY_3)
    await world.next_day(DAY_4, record)
    assert world.kinds() == ["left_registry", "came_back"]


async def test_a_study_that_did_not_change_is_not_read_again(sqlite, record):
    async with a_world(sqlite, record, study(B)) as world:
        world.follow("a@example.org", study=A)
        world.follow("a@example.org", study=B)
        await world.watch()
        came, records = {}, world.registry.records

        async def noted(ids, known):
            found = await records(ids, known)
            came.update(found.found)
            return found

        world.registry.records = noted
        await world.next_day(DAY_2, edited(study(B), posted="2027-01-12", overallStatus="SUSPENDED"))
        assert {nct_id: type(one) for nct_id, one in came.items()} == {A: Same, B: Study}
        assert {row.nct_id: row.last_read_at for row in world.rows(StudyRow)} == {
            A: world.clock.now(),
            B: world.clock.now(),
        }
        assert world.kinds() == ["status_paused"]


async def test_an_alias_is_followed_under_its_new_id(database, record):
    async with a_world(database, record, study(B)) as world:
        world.follow("a@example.org", study=A)
        world.follow("b@example.org", study=A)
        world.follow("b@example.org", study=B)
        await world.watch()
        world.rehearsal.alias(A, B)
        await world.next_day(DAY_2)
        live = {
            (row.subscriber_id, row.nct_id) for row in world.rows(SubscriptionRow) if row.state != "ended"
        }
        assert live == {(1, B), (2, B)}
        await world.next_day(DAY_3, edited(study(B), posted="2027-01-13", overallStatus="SUSPENDED"))
        paused = [row for row in world.rows(ChangeRow) if row.kind == "status_paused"]
        assert [row.nct_id for row in paused] == [B]
        told = [row for row in world.rows(NoticeRow) if row.change_id == paused[0].id]
        assert len(told) == 2


async def test_an_unknown_study_waits_and_mails_nobody(sqlite):
    async with a_world(sqlite) as world:
        world.follow("a@example.org", study=A)
        assert (await world.watch()).outcome == WatchOutcome.DONE
        assert (await world.next_day(DAY_2)).changes == 0
        await world.next_day(DAY_3)
        assert (await world.next_day(DAY_4, study(A))).baselines == 1
        assert not world.rows(NoticeRow)


# --- conditions ----------------------------------------------------------------------------------------------------


async def test_a_condition_begins_with_a_baseline(database):
    async with a_world(database, under(A, "Rare Disease", first_posted="2027-01-11")) as world:
        world.follow("a@example.org", condition="rare disease")
        report = await world.watch()
        assert (report.baselines, report.studies_new, report.notices) == (1, 0, 0)
        assert [row.listed for row in world.rows(ListingRow)] == ["baseline"]


async def test_a_study_posted_lately_is_new(database):
    async with a_world(database, under(A, "Rare Disease", first_posted="2020-01-11")) as world:
        world.follow("a@example.org", condition="rare disease")
        await world.watch()
        report = await world.next_day(DAY_2, under(B, "Rare Disease", "Other", first_posted="2027-01-10"))
        assert (report.studies_new, report.notices) == (1, 1)
        assert [(row.kind, row.after) for row in world.rows(ChangeRow)] == [
            ("new_study", ["Rare Disease", "Other"])
        ]
        assert (await world.next_day(DAY_3)).notices == 0
        dates = {row.nct_id: row.first_posted for row in world.rows(ListingRow)}
        assert dates == {A: "2020-01-11", B: "2027-01-10"}


async def test_an_older_study_that_was_just_updated_is_now_listed(sqlite):
    async with a_world(sqlite, under(A, "Something Else", first_posted="2020-01-11")) as world:
        world.follow("a@example.org", condition="rare disease")
        await world.watch()
        moved = under(A, "Rare Disease", first_posted="2020-01-11", updated="2027-01-12")
        report = await world.next_day(DAY_2, moved)
        assert (report.studies_new, world.kinds(), report.notices) == (0, ["now_listed"], 1)


async def test_a_study_that_drifts_in_is_noted_and_mailed_to_nobody(sqlite):
    async with a_world(sqlite, under(A, "Something Else", first_posted="2020-01-11")) as world:
        world.follow("a@example.org", condition="rare disease")
        await world.watch()
        world.rehearsal.link("rare disease", A)
        report = await world.next_day(DAY_2)
        assert (report.studies_new, report.notices) == (0, 0)
        assert [row.listed for row in world.rows(ListingRow)] == ["drifted"]


async def test_a_study_is_new_under_each_condition_by_itself(sqlite):
    async with a_world(sqlite) as world:
        world.follow("a@example.org", condition="rare disease")
        world.follow("a@example.org", condition="cough")
        await world.watch()
        report = await world.next_day(DAY_2, under(A, "Rare Disease", "Cough", first_posted="2027-01-12"))
        assert (report.studies_new, report.notices) == (1, 2)
        with world.database.transaction() as session:
            assert assembly.assemble(session, world.clock.now(), "example.org") == 1


async def test_a_new_study_whose_record_cannot_be_read_is_told_later(sqlite, unread):
    unread.add(A)
    async with a_world(sqlite) as world:
        world.follow("a@example.org", condition="rare disease")
        await world.watch()
        there = under(A, "Rare Disease", first_posted="2027-01-12")
        assert (await world.next_day(DAY_2, there)).notices == 0
        unread.clear()
        assert (await world.next_day(DAY_3, under(A, "Rare Disease", first_posted="2027-01-12"))).notices == 1


# --- faults ----------------------------------------------------------------------------------------------------------


async def test_one_unreadable_record_does_not_stop_the_others(sqlite, record, unread):
    async with a_world(sqlite, record, study(B)) as world:
        world.follow("a@example.org", study=A)
        world.follow("a@example.org", study=B)
        await world.watch()
        unread.add(B)
        broken = edited(study(B), posted="2027-01-12", overallStatus="COMPLETED")
        report = await world.next_day(
            DAY_2, edited(record, posted="2027-01-12", overallStatus="SUSPENDED"), broken
        )
        assert (report.studies_changed, report.notices) == (1, 1)
        unread.clear()
        mended = edited(study(B), posted="2027-01-13", overallStatus="TERMINATED")
        assert (await world.next_day(DAY_3, mended)).notices == 1


async def test_one_unreadable_study_under_a_condition_does_not_stop_the_others(sqlite):
    """Where its record hides its id it seems missing, and is asked for by itself."""
    async with a_world(sqlite) as world:
        world.follow("a@example.org", condition="rare disease")
        await world.watch()
        records, lookup = world.registry.records, world.registry.lookup

        async def without_b(ids, known):
            found = await records(ids, known)
            return Records({i: s for i, s in found.found.items() if i != B}, (B,), ())

        async def unreadable(nct_id, **how):
            if nct_id == B:
                raise RecordUnreadable("its record cannot be read", nct_id)
            return await lookup(nct_id, **how)

        world.registry.records, world.registry.lookup = without_b, unreadable
        new = [under(nct_id, "Rare Disease", first_posted="2027-01-12") for nct_id in (A, B, C)]
        report = await world.next_day(DAY_2, *new)
        assert (report.outcome, report.notices) == (WatchOutcome.DONE, 2)


async def test_a_condition_that_fails_leaves_the_rest_and_is_asked_again(sqlite, record):
    async with a_world(sqlite, record) as world:
        world.follow("a@example.org", study=A)
        world.follow("a@example.org", condition="rare disease")
        await world.watch()

        def of_condition(request):
            return "query.cond" in request.query_params

        world.rehearsal.fail_next(faults.status(503), times=6, when=of_condition)
        changed = edited(record, posted="2027-01-12", overallStatus="SUSPENDED")
        report = await world.next_day(DAY_2, changed, under(B, "Rare Disease", first_posted="2027-01-12"))
        assert (report.outcome, report.notices) == (WatchOutcome.PARTIAL, 1)
        report = await world.watch()
        assert (report.outcome, report.notices, report.studies_new) == (WatchOutcome.DONE, 1, 1)
