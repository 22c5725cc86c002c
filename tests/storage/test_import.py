"""Many people at once: what comes of each line, and all of it or nothing. On both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from notifier.domain.letter import LetterKind
from notifier.storage import subscribers, suppression
from notifier.storage.engine import statements
from notifier.storage.models import ConditionRow, ConsentRow, SubscriberRow, SubscriptionRow, studies
from notifier.storage.models import subscribers as people
from notifier.storage.models.states import EndedReason, Every, Suppressed
from notifier.storage.studies import snapshots
from notifier.storage.subscribers import Bringing, ImportLine, Wanted
from tests.factories import DOMAIN, A, B
from tests.store_factories import a_study, assembled, at, follow, mails, news, rows, sign_up

JANE, JOHN = "jane@example.org", "john@example.org"
KEY = b"key"
DAY = timedelta(days=1)


def a_line(number, email, topic, **more):
    of_study = topic.startswith("NCT")
    wanted = Wanted(nct_id=topic) if of_study else Wanted(condition=topic, query=topic.casefold())
    return ImportLine(number, subscribers.address(email), wanted, **more)


def judged(database, *lines):
    with database.reading() as session:
        found = subscribers.judge(session, lines, KEY)
        return [(comes.value, why) for comes, why in found.comes]


def imported(database, now, *lines):
    with database.transaction() as session:
        return subscribers.bring_in(
            session, subscribers.judge(session, lines, KEY), Bringing("an admin", now, DOMAIN)
        )


# --- what would come of it --------------------------------------------------------------------------------------------


def test_with_consent_a_line_is_active_and_without_it_is_asked(database):
    lines = a_line(2, JANE, A, evidence="ticked"), a_line(3, JOHN, "knee pain")
    assert judged(database, *lines) == [("active", None), ("pending", None)]
    assert rows(database, SubscriberRow) == []


def test_what_is_followed_or_asked_already_is_left(database, clock):
    one, _ = at(database, follow, clock.now(), JANE, A, B)
    at(database, subscribers.pause, [one], None, clock.now())
    at(database, sign_up, clock.now(), JOHN, A)
    lines = a_line(2, JANE, A), a_line(3, "Jane@Example.org", B, evidence="x"), a_line(4, JOHN, A)
    assert judged(database, *lines) == [
        ("already active", "paused"),
        ("already active", "active"),
        ("already pending", None),
    ]


def test_what_ended_is_new_again(database, clock):
    ids = at(database, follow, clock.now(), JANE, A)
    at(database, subscribers.end, ids, EndedReason.UNSUBSCRIBED, clock.now())
    assert judged(database, a_line(2, JANE, A)) == [("pending", None)]


def test_a_line_that_says_the_same_again_names_the_first(database):
    lines = a_line(2, JANE, A), a_line(3, JANE, B), a_line(4, "JANE@example.org", A, evidence="x")
    assert judged(database, *lines)[1:] == [("pending", None), ("twice", "the same as line 2")]


def test_a_study_that_was_merged_counts_under_its_new_id(database, clock):
    at(database, a_study, clock.now(), A)
    at(database, snapshots.mark_alias, B, A, clock.now())
    at(database, follow, clock.now(), JANE, A)
    assert judged(database, a_line(2, JANE, B)) == [("already active", "active")]
    imported(database, clock.now(), a_line(2, JOHN, B, evidence="x"))
    assert [row.nct_id for row in rows(database, SubscriptionRow)] == [A, A]


@pytest.mark.parametrize("reason", list(Suppressed))
@pytest.mark.parametrize("evidence", [None, "she called"])
def test_mail_that_is_stopped_stays_stopped(database, clock, reason, evidence):
    hashed = suppression.address_hash(KEY, JANE)
    at(database, suppression.suppress, hashed, reason, clock.now())
    line = a_line(2, JANE, A, evidence=evidence)
    assert judged(database, line) == [("suppressed", reason.value)]
    assert imported(database, clock.now(), line) == []
    assert at(database, suppression.is_suppressed, hashed) == reason
    assert (rows(database, SubscriberRow), mails(database)) == ([], [])


# --- what comes of it -------------------------------------------------------------------------------------------------


def test_an_imported_person_is_as_one_who_was_added(database, clock):
    line = a_line(
        2,
        "Jane@Bücher.example.org",
        A,
        evidence="ticked",
        time_zone="Asia/Tokyo",
        language="da",
        every=Every.DAILY,
    )
    imported(database, clock.now(), line)
    person = subscribers.Person(subscribers.address(JOHN), time_zone="Asia/Tokyo", language="da")
    at(database, sign_up, clock.now(), JOHN, A, evidence="ticked", person=person, every=Every.DAILY)
    apart = {"id", "email", "email_key", "subscriber_id", "subscription_id", "method", "actor"}
    for table in (SubscriberRow, SubscriptionRow, ConsentRow):
        one, other = (row.model_dump(exclude=apart) for row in rows(database, table))
        assert one == other
    assert rows(database, SubscriberRow)[0].email_key == "jane@xn--bcher-kva.example.org"


def test_the_consent_says_that_it_came_by_import_and_how_they_agreed(database, clock):
    imported(database, clock.now(), a_line(2, JANE, A, evidence="ticked the form"), a_line(3, JOHN, A))
    one, other = rows(database, ConsentRow)
    assert (one.method, one.actor, one.evidence, one.given_at) == (
        "import",
        "an admin",
        "ticked the form",
        clock.now(),
    )
    assert (other.evidence, other.given_at) == (None, None)


def test_several_lines_are_one_person_and_one_question(database, clock):
    imported(
        database,
        clock.now(),
        a_line(2, JANE, A),
        a_line(3, JANE, "Knee Pain"),
        a_line(4, JANE, B, evidence="x"),
    )
    assert len(rows(database, SubscriberRow)) == 1
    assert [row.state.value for row in rows(database, SubscriptionRow)] == ["pending", "pending", "active"]
    assert [mail.kind for mail in mails(database)] == [LetterKind.CONFIRMATION]
    assert [(row.query, row.text) for row in rows(database, ConditionRow)] == [("knee pain", "Knee Pain")]


def test_who_was_asked_today_is_not_asked_again_today(database, clock):
    at(database, sign_up, clock.now(), JANE, B)
    imported(database, clock.now(), a_line(2, JANE, A), a_line(3, JOHN, A))
    assert [(mail.subscriber_id, mail.due_at) for mail in mails(database)] == [
        (1, clock.now()),
        (2, clock.now()),
    ]


def test_consent_that_comes_later_activates_what_waited(database, clock):
    at(database, sign_up, clock.now(), JANE, A)
    line = a_line(2, JANE, A, evidence="called back")
    assert judged(database, line) == [("active", "was waiting for their confirmation")]
    imported(database, clock.now() + DAY, line)
    (row,) = rows(database, SubscriptionRow)
    assert (row.state.value, row.activated_at) == ("active", clock.now() + DAY)
    assert rows(database, SubscriberRow)[0].silent_since == clock.now() + DAY


def test_what_a_known_person_chose_stays(database, clock):
    person = subscribers.Person(subscribers.address(JANE), time_zone="Asia/Tokyo", language="de", hour=18)
    at(database, sign_up, clock.now(), JANE, B, evidence="x", person=person)
    line = a_line(2, JANE, A, evidence="x", time_zone="UTC", language="da", every=Every.DAILY)
    imported(database, clock.now(), line)
    known = rows(database, SubscriberRow)[0]
    assert (known.time_zone, known.language) == ("Asia/Tokyo", "de")
    assert rows(database, SubscriptionRow)[1].next_digest_at == clock.now().replace(day=13, hour=9)


def test_imported_people_are_told_as_all_others(database, clock):
    at(database, a_study, clock.now(), A)
    imported(database, clock.now(), a_line(2, JANE, A, evidence="x"), a_line(3, JOHN, A))
    assert at(database, news, clock.now()) == 1
    assert assembled(database, clock.now()) == 1


def test_importing_twice_adds_nothing(database, clock):
    lines = a_line(2, JANE, A, evidence="x"), a_line(3, JOHN, "knee pain")
    assert imported(database, clock.now(), *lines) == [1, 2]
    assert imported(database, clock.now(), *lines) == []
    assert (len(rows(database, SubscriptionRow)), len(rows(database, ConsentRow)), len(mails(database))) == (
        2,
        2,
        1,
    )


def test_a_consent_is_to_what_is_followed_now_and_not_to_what_ended(database, clock):
    ids = at(database, follow, clock.now(), JANE, A)
    at(database, subscribers.end, ids, EndedReason.UNSUBSCRIBED, clock.now())
    imported(database, clock.now(), a_line(2, JANE, A, evidence="x"))
    consents = [(row.subscription_id, row.withdrawn_at) for row in rows(database, ConsentRow)]
    assert consents == [(1, clock.now()), (2, None)]


def comes_whole(database, now, many):
    lines = [a_line(n, f"reader{n}@example.org", f"NCT{n % 3:08}", evidence="x") for n in range(many)]
    lines += [a_line(n, f"asked{n}@example.org", "knee pain") for n in range(many)]
    assert len(imported(database, now, *lines)) == 2 * many
    assert (len(rows(database, SubscriptionRow)), len(mails(database))) == (2 * many, many)
    assert {comes for comes, _ in judged(database, *lines)} == {"already active", "already pending"}


def test_more_lines_than_a_statement_takes_values(sqlite, clock):
    """Of SQLite, which takes the fewest."""
    comes_whole(sqlite, clock.now(), 3500)


def test_what_takes_several_statements_comes_whole(database, clock, monkeypatch):
    monkeypatch.setattr(statements, "AT_ONCE", 3)
    comes_whole(database, clock.now(), 8)


def test_a_wiped_person_is_nobody_that_an_import_finds(database, clock):
    at(database, follow, clock.now(), JANE, A)
    with database.transaction() as session:
        session.execute(update(people).values(email="", email_key="wiped:1"))
        session.execute(update(studies).values(watched_since=None))
    assert judged(database, a_line(2, JANE, A)) == [("pending", None)]
