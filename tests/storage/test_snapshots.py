"""Stored versions, what a pass has to look at, and the watermark. On both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from notifier.domain.changes import Kind, Weight
from notifier.domain.study import content_digest
from notifier.storage import subscribers
from notifier.storage.models import PassRow, SnapshotRow, StudyRow, changes, subscriptions
from notifier.storage.models.states import EndedReason, PassOutcome, SubscriptionState
from notifier.storage.studies import snapshots
from tests.factories import DATA, A, B, C, a_record, raw
from tests.store_factories import a_change, a_pass, a_study, a_version, at, follow, sign_up

DAY = timedelta(days=1)
JANE = "jane@example.org"


def study_row(database, nct_id=A):
    with database.reading() as session:
        return session.get(StudyRow, nct_id)


def count(database, table):
    with database.reading() as session:
        return len(session.execute(select(table)).all())


def test_what_the_registry_derives_makes_no_new_version():
    derived = a_record()["derivedSection"] | {"conditionBrowseModule": {"meshes": []}}
    same = content_digest(raw(a_record(derivedSection=derived)))
    assert same == content_digest(raw(a_record()))
    assert content_digest(raw(a_record(derivedSection=None))) == same
    assert content_digest(raw(a_record(briefTitle="Another"))) != same
    assert content_digest(raw(a_record(statusVerifiedDate="2026-03"))) != same


@pytest.mark.parametrize("title", ["Tea", "Té für \u202e Ŧęą \U0001f375 &lt; \\u00e9", "x" * 50_000])
def test_a_version_is_stored_to_the_byte(database, clock, title):
    version = a_version(A, briefTitle=title)
    snapshot = at(database, snapshots.store, version, DATA, clock.now(), watch=True)
    assert at(database, snapshots.record, snapshot) == version.study.raw
    assert at(database, snapshots.study, snapshot).brief_title == title


def test_the_same_content_is_kept_once_and_first_seen_stays(database, clock):
    first = at(database, a_study, clock.now())
    again = at(database, a_study, clock.now() + DAY)
    assert (first, count(database, SnapshotRow)) == (again, 1)
    row = study_row(database)
    assert (row.first_seen, row.watched_since, row.last_read_at) == (
        clock.now(),
        clock.now(),
        clock.now() + DAY,
    )


def test_a_new_version_is_kept_beside_the_old_one(database, clock):
    old = at(database, a_study, clock.now())
    new = at(database, a_study, clock.now() + DAY, A, briefTitle="Another", overallStatus="COMPLETED")
    assert at(database, snapshots.study, old).brief_title != at(database, snapshots.study, new).brief_title
    row = study_row(database)
    assert (row.snapshot_id, row.brief_title, row.overall_status) == (new, "Another", "COMPLETED")
    assert row.first_seen == clock.now()


def test_a_version_that_comes_back_is_a_version_again(database, clock):
    at(database, a_study, clock.now())
    at(database, a_study, clock.now() + DAY, A, briefTitle="Another")
    at(database, a_study, clock.now() + 2 * DAY)
    assert count(database, SnapshotRow) == 3


def test_a_study_seen_only_under_a_condition_is_not_watched(database, clock):
    at(database, snapshots.store, a_version(A), DATA, clock.now(), watch=False)
    assert study_row(database).watched_since is None
    assert not at(database, snapshots.kept, [A])[A].watched
    at(database, a_study, clock.now() + DAY)
    assert study_row(database).watched_since == clock.now() + DAY


# --- what a pass has to look at ---------------------------------------------------------------------------------


def test_what_somebody_follows_is_looked_at_whether_known_or_not(database, clock):
    at(database, a_study, clock.now(), A)
    at(database, a_study, clock.now(), C)
    at(database, follow, clock.now(), JANE, A, B)
    found = at(database, snapshots.followed)
    assert {nct_id: kept.watched for nct_id, kept in found.items()} == {A: True, B: False}
    assert found[A].snapshot_id is not None
    assert (found[B].snapshot_id, found[B].digest) == (None, None)


def test_what_nobody_confirmed_or_everybody_left_is_not_looked_at(database, clock):
    at(database, sign_up, clock.now(), JANE, A)
    at(database, follow, clock.now(), "john@example.org", B)
    at(database, subscribers.end, [2], EndedReason.ADMIN, clock.now())
    assert at(database, snapshots.followed) == {}


def test_who_paused_keeps_the_study_watched(database, clock):
    at(database, a_study, clock.now())
    at(database, follow, clock.now(), JANE, A)
    with database.transaction() as session:
        session.execute(subscriptions.update().values(state=SubscriptionState.PAUSED))
    at(database, snapshots.forget_unfollowed)
    assert set(at(database, snapshots.followed)) == {A}
    assert study_row(database).watched_since is not None


def test_what_nobody_follows_any_more_starts_with_a_fresh_baseline(database, clock):
    at(database, a_study, clock.now())
    at(database, follow, clock.now(), JANE, A)
    at(database, subscribers.end, [1], EndedReason.ADMIN, clock.now())
    at(database, snapshots.forget_unfollowed)
    assert study_row(database).watched_since is None
    at(database, a_study, clock.now() + DAY, A, briefTitle="Another")
    assert study_row(database).watched_since == clock.now() + DAY


def test_the_longest_unread_come_first(database, clock):
    for days, nct_id in enumerate((B, C, A)):
        at(database, a_study, clock.now() + days * DAY, nct_id)
    assert at(database, snapshots.longest_unread, 2) == [B, C]
    at(database, snapshots.mark_read, [B], clock.now() + 3 * DAY)
    assert at(database, snapshots.longest_unread, 9) == [C, A, B]


def test_a_very_long_list_of_studies_is_marked(postgresql, clock):
    ids = [f"NCT{number:08}" for number in range(65_600)]  # more than PostgreSQL takes in one statement
    at(postgresql, a_study, clock.now() - DAY, ids[60_000])
    at(postgresql, snapshots.mark_read, ids, clock.now())
    assert study_row(postgresql, ids[60_000]).last_read_at == clock.now()


def test_a_long_list_of_studies_is_looked_up_in_portions(sqlite, clock):
    ids = [f"NCT{number:08}" for number in range(10_001)]
    for nct_id in (ids[0], ids[-1]):
        at(sqlite, a_study, clock.now(), nct_id)
    assert set(at(sqlite, snapshots.kept, ids)) == {ids[0], ids[-1]}


def test_missing_keeps_the_first_data_version_and_is_mended_by_a_sight(database, clock):
    at(database, snapshots.mark_missing, A, "monday", clock.now())
    at(database, snapshots.mark_missing, A, "tuesday", clock.now())
    assert (study_row(database).missing_in, study_row(database).snapshot_id) == ("monday", None)
    at(database, snapshots.mark_left, A, clock.now())
    assert at(database, snapshots.kept, [A])[A].left
    at(database, a_study, clock.now() + DAY)
    kept = at(database, snapshots.kept, [A])[A]
    assert (kept.missing_in, kept.left, kept.watched) == (None, False, True)


def test_a_merged_id_points_to_its_new_one_and_is_watched_no_more(database, clock):
    at(database, a_study, clock.now())
    at(database, snapshots.mark_alias, A, B, clock.now())
    at(database, snapshots.mark_alias, C, B, clock.now())
    assert (study_row(database).alias_of, study_row(database).watched_since) == (B, None)
    assert study_row(database, C).alias_of == B


# --- changes, days, watermark -----------------------------------------------------------------------------------


def test_changes_are_kept_as_they_were_found(database, clock):
    at(database, a_study, clock.now())
    found = [
        a_change(
            Kind.SITE_ADDED, Weight.NOTABLE, before=None, after={"city": "Århus", "n": [1, 2.5, None, True]}
        ),
        a_change(Kind.ADMINISTRATIVE, Weight.HOUSEKEEPING, before="a", after=None),
    ]
    at(database, a_pass, clock.now(), *found)
    with database.reading() as session:
        rows = session.execute(select(changes).order_by(changes.c.id)).all()
    assert [(row.kind, row.weight, row.rank, row.path, row.before, row.after) for row in rows] == [
        (change.kind, change.weight, change.weight.rank, change.path, change.before, change.after)
        for change in found
    ]


def test_a_day_on_which_we_looked_is_kept_once_with_its_last_hour(database, clock):
    for hours in (0, 5, 2):
        at(database, snapshots.mark_checked, clock.now() + timedelta(hours=hours))
    days, last = at(database, snapshots.days_checked, clock.now().date() - DAY, clock.now().date())
    assert (days, last) == ({clock.now().date()}, clock.now() + timedelta(hours=5))
    assert at(database, snapshots.days_checked, clock.now().date() + DAY, clock.now().date() + DAY) == (
        set(),
        None,
    )


DAYS = [f"2027-01-{day}T09:00:05" for day in (12, 13, 14)]


def test_the_watermark_is_the_newest_pass_that_looked_at_everything(database, clock):
    assert at(database, snapshots.watermark) is None
    for data, outcome in ((DAYS[0], "done"), (DAYS[1], "held"), (DAYS[2], "partial")):
        row = PassRow(
            data_timestamp=data,
            started_at=clock.now(),
            finished_at=clock.now(),
            outcome=PassOutcome(outcome),
            requests=1,
        )
        at(database, lambda session, row=row: session.add(row))
    assert at(database, snapshots.watermark).data_timestamp == DAYS[1]
