"""The story so far in a welcome: what was before somebody followed it, and never what is news to them. On both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from notifier.domain.changes import Kind, Weight
from notifier.domain.letter import LetterKind
from notifier.storage import letters
from notifier.storage.letters.gathering import MOST_PAST
from notifier.storage.models import SubscriberRow, conditions, listings, notices, studies, subscriptions
from notifier.storage.models.states import MessageState, NoticeState
from notifier.storage.outbox import assembly, transactional
from tests.factories import DATA, DOMAIN, A, B, C
from tests.store_factories import (
    a_change,
    a_pass,
    a_study,
    assembled,
    at,
    claimed,
    filled_once,
    follow,
    mails,
    news,
    settled,
    told,
)

JANE = "jane@example.org"
DAY = timedelta(days=1)
STOPPED = a_change(Kind.STATUS_STOPPED, before="RECRUITING", after="TERMINATED")


@pytest.fixture
@filled_once
def store(database, clock):
    """A database with two studies, the first of which we have watched for two years."""
    with database.transaction() as session:
        for nct_id in (A, B):
            a_study(session, clock.now(), nct_id)
    watched(database, clock.now() - 730 * DAY)
    return database


def watched(database, since, nct_id=A):
    with database.transaction() as session:
        session.execute(update(studies).where(studies.c.nct_id == nct_id).values(watched_since=since))


def welcomed(database, now, *wanted):
    """Jane follows these and is welcomed to them; her welcome, as it is composed at `now`."""
    with database.transaction() as session:
        ids = follow(session, now, JANE, *wanted)
        transactional.welcome(session, ids, now, DOMAIN)
    return letter_of(database, now)


def letter_of(database, now):
    (mail,) = (mail for mail in mails(database) if mail.kind is LetterKind.WELCOME)
    claimed(database, now)
    return at(database, letters.compose, mail.id, now)


def changed(database, now, *found):
    at(database, a_pass, now, *(found or (a_change(after=f"{now}"),)), nct_id=A)


def test_it_tells_what_changed_in_the_past_year_the_newest_first(store, clock):
    for days in (400, 200, 100):
        changed(store, clock.now() - days * DAY)
    (story,) = welcomed(store, clock.now(), A).stories
    assert (story.study.nct_id, story.whole_year, story.updates) == (A, True, 2)
    seen = [one.detected_at for past in story.past for one in past.told]
    assert seen == [clock.now() - 100 * DAY, clock.now() - 200 * DAY]


def test_of_a_study_that_we_watch_for_less_than_a_year_it_says_since_when(store, clock):
    for days in (60, 20):
        changed(store, clock.now() - days * DAY)
    watched(store, clock.now() - 30 * DAY)  # nobody followed it for a while
    (story,) = welcomed(store, clock.now(), A).stories
    assert (story.since, story.whole_year, story.updates) == (clock.now() - 30 * DAY, False, 1)


def test_what_nobody_would_be_told_of_is_no_part_of_it(store, clock):
    minor = a_change(Kind.KEYWORDS, Weight.MINOR)
    changed(store, clock.now() - 3 * DAY, minor)
    changed(store, clock.now() - 2 * DAY, minor, STOPPED)
    (story,) = welcomed(store, clock.now(), A).stories
    assert story.updates == 1
    assert [[one.change for one in past.told] for past in story.past] == [[STOPPED]]


def test_of_many_updates_the_newest_are_told_and_all_are_counted(store, clock):
    for days in range(MOST_PAST + 3, 0, -1):
        changed(store, clock.now() - days * DAY)
    (story,) = welcomed(store, clock.now(), A).stories
    assert (len(story.past), story.updates) == (MOST_PAST, MOST_PAST + 3)
    assert story.past[0].told[0].detected_at == clock.now() - DAY


def test_what_is_news_to_them_is_told_as_news_and_not_as_story(store, clock):
    changed(store, clock.now() - DAY, STOPPED)
    with store.transaction() as session:
        transactional.welcome(session, follow(session, clock.now(), JANE, A), clock.now(), DOMAIN)
        news(session, clock.now())  # found before the welcome went
    (story,) = letter_of(store, clock.now()).stories
    assert [past.told[0].change for past in story.past] == [STOPPED]
    assert [notice.state for notice in told(store)] == [NoticeState.DUE]


def test_a_welcome_that_went_takes_no_news_away_and_silence_is_counted_from_it(store, clock):
    later = clock.now() + 2 * DAY
    letter = welcomed(store, clock.now(), A)
    at(store, news, clock.now())
    settled(store, later, letter.message_id, MessageState.SENT)
    at(store, letters.after_sending, [(letter, ())], later)
    with store.reading() as session:
        person = session.get_one(SubscriberRow, 1)
        assert (person.silent_since, person.still_watching_at) == (
            later,
            later + assembly.STILL_WATCHING_AFTER,
        )
    assert assembled(store, later) == 1
    assert [notice.state for notice in told(store)] == [NoticeState.IN_MESSAGE]


def test_of_what_we_have_not_looked_at_yet_it_knows_nothing(store, clock):
    of_study, of_condition = welcomed(store, clock.now(), C, "knee pain").stories
    assert (of_study.study, of_study.since, of_study.past) == (None, None, ())
    assert (of_condition.reason.label, of_condition.a_month) == ("knee pain", None)


def test_a_study_that_we_hold_but_do_not_watch_yet_stands_as_it_is(store, clock):
    watched(store, None, B)
    (story,) = welcomed(store, clock.now(), B).stories
    assert (story.study.nct_id, story.since, story.updates) == (B, None, 0)


def test_of_a_condition_it_says_how_many_new_studies_came_up_lately(store, clock):
    with store.transaction() as session:
        follow(session, clock.now(), JANE, "knee pain")
        session.execute(update(conditions).values(watched_since=clock.now() - 40 * DAY))
        seen = {"condition_id": 1, "listed": "baseline", "seen_at": clock.now(), "data_timestamp": DATA}
        dates = [f"2026-{month:02}-20" for month in range(1, 13)] * 3
        rows = [{**seen, "nct_id": f"NCT{i:08}", "first_posted": day} for i, day in enumerate(dates)]
        session.execute(insert(listings), rows)
    (story,) = welcomed(store, clock.now(), "knee pain").stories
    assert (story.study, story.a_month) == (None, 3)


def test_a_welcome_is_the_same_however_often_it_is_composed(store, clock):
    changed(store, clock.now() - DAY)
    first = welcomed(store, clock.now(), A)
    changed(store, clock.now() + DAY, a_change(weight=Weight.IMPORTANT))
    with store.transaction() as session:
        session.execute(notices.delete())
        assert session.execute(subscriptions.select()).first() is not None
    assert letter_of(store, clock.now() + DAY) == first
