"""What one mail is made of, as things stand when it is sent. On both engines."""

from datetime import timedelta

from sqlalchemy import insert, select, update

from notifier.domain.changes import Kind, Weight
from notifier.domain.letter import Ending, LetterKind, Topic
from notifier.storage import letters, subscribers
from notifier.storage.models import SubscriberRow, changes, conditions, notices, subscriptions
from notifier.storage.models.states import EndedReason, Every, MessageState, NoticeState
from notifier.storage.outbox import assembly
from notifier.storage.studies import snapshots
from tests.factories import DATA, ME, A, B, a_record, raw
from tests.store_factories import (
    a_change,
    a_mail,
    a_pass,
    a_study,
    a_version,
    assembled,
    at,
    claimed,
    follow,
    mails,
    news,
    settled,
    sign_up,
    told,
)

JANE, JOHN = "jane@example.org", "john@example.org"
DAY = timedelta(days=1)


def composed(database, now):
    """Assemble, claim and compose what is due; the letters, None where there is nothing left to say."""
    assembled(database, now)
    return [at(database, letters.compose, message_id, now) for message_id in claimed(database, now)]


def test_a_letter_holds_what_its_text_may_say(store, clock):
    person = subscribers.Person(
        subscribers.address(JANE), time_zone="Europe/Copenhagen", language="da", title_in_subject=True
    )
    at(store, follow, clock.now(), JANE, A, person=person)
    at(store, news, clock.now() + DAY, a_change(before="RECRUITING", after="COMPLETED"))
    (letter,) = composed(store, clock.now() + DAY)
    (mail,) = mails(store)
    assert (letter.message_id, letter.kind, letter.recipient) == (mail.id, LetterKind.UPDATE, JANE)
    assert (letter.language, letter.time_zone, letter.title_in_subject) == ("da", "Europe/Copenhagen", True)
    assert (letter.rfc_message_id, letter.dated) == (mail.rfc_message_id, clock.now() + DAY)
    ((reason,), (entry,)) = letter.reasons, letter.entries
    assert (reason.topic, reason.label, reason.asked_at, reason.every) == (
        Topic.STUDY,
        A,
        clock.now(),
        "immediate",
    )
    assert (entry.study.raw, entry.first_seen) == (raw(a_record(identificationModule__nctId=A)), clock.now())
    assert [t.change for t in entry.told] == [a_change(before="RECRUITING", after="COMPLETED")]
    assert entry.told[0].detected_at == clock.now() + DAY


def test_a_letter_holds_the_readers_own_note(store, clock):
    at(store, follow, clock.now(), JANE, A, B)
    at(store, subscribers.set_note, 1, "Ask about travel")
    at(store, news, clock.now(), nct_id=A)
    at(store, news, clock.now(), nct_id=B)
    (letter,) = composed(store, clock.now())
    assert [(reason.label, reason.note) for reason in letter.reasons] == [(A, "Ask about travel"), (B, "")]


def test_composing_twice_gives_the_same_letter(store, clock):
    message_id = a_mail(store, clock.now())
    claimed(store, clock.now())
    first = at(store, letters.compose, message_id, clock.now())
    assert at(store, letters.compose, message_id, clock.now() + DAY) == first


def test_mail_goes_to_the_ascii_form_of_a_domain(store, clock):
    at(store, follow, clock.now(), "Jane.Doe@bücher.example.org", A)
    at(store, news, clock.now())
    (letter,) = composed(store, clock.now())
    assert letter.recipient == "Jane.Doe@xn--bcher-kva.example.org"


def test_what_was_unsubscribed_after_assembly_is_left_out(store, clock):
    (first, second) = at(store, follow, clock.now(), JANE, A, B)
    for nct_id in (A, B):
        at(store, news, clock.now(), nct_id=nct_id)
    assembled(store, clock.now())
    (message_id,) = claimed(store, clock.now())
    at(store, subscribers.end, [first], EndedReason.UNSUBSCRIBED, clock.now())
    letter = at(store, letters.compose, message_id, clock.now())
    assert [entry.study.nct_id for entry in letter.entries] == [B]
    assert [reason.subscription_id for reason in letter.reasons] == [second]


def test_where_nothing_is_left_there_is_no_letter(store, clock):
    message_id = a_mail(store, clock.now())
    claimed(store, clock.now())
    at(store, subscribers.end, [1], EndedReason.UNSUBSCRIBED, clock.now())
    assert at(store, letters.compose, message_id, clock.now()) is None
    assert [notice.state for notice in told(store)] == [NoticeState.CANCELLED]


def test_one_change_through_two_subscriptions_is_told_once_with_both_reasons(store, clock):
    at(store, follow, clock.now(), JANE, A, B)
    at(store, news, clock.now(), nct_id=A)
    with store.transaction() as session:
        both = {"state": NoticeState.DUE, "created_at": clock.now()}
        session.execute(insert(notices), [{"subscription_id": 2, "change_id": 1, **both}])
    (letter,) = composed(store, clock.now())
    (entry,) = letter.entries
    assert len(entry.told) == 1
    assert sorted(reason.label for reason in entry.reasons) == [A, B]


def test_a_study_under_a_followed_condition_names_the_condition_as_it_was_typed(store, clock):
    at(store, follow, clock.now(), JANE, "Knee  pain".replace("  ", " "), A)
    with store.reading() as session:
        condition = session.execute(select(conditions.c.id)).scalar_one()
    at(store, news, clock.now(), a_change(Kind.NEW_STUDY, after=["Knee Pain"]), condition_id=condition)
    at(store, news, clock.now(), a_change(Kind.CONTACTS))
    (letter,) = composed(store, clock.now())
    (entry,) = letter.entries
    assert {t.change.kind: t.condition for t in entry.told} == {
        Kind.NEW_STUDY: "Knee pain",
        Kind.CONTACTS: None,
    }
    assert [(reason.topic, reason.label) for reason in letter.reasons] == [
        (Topic.CONDITION, "Knee pain"),
        (Topic.STUDY, A),
    ]


def test_the_heaviest_comes_first(store, clock):
    at(store, follow, clock.now(), JANE, A, B)
    at(store, news, clock.now(), a_change(Kind.SPONSOR, Weight.NOTABLE), nct_id=A)
    at(
        store,
        news,
        clock.now(),
        a_change(Kind.SPONSOR, Weight.NOTABLE),
        a_change(Kind.SITE_OPENED, Weight.IMPORTANT),
        nct_id=B,
    )
    (letter,) = composed(store, clock.now())
    assert [entry.study.nct_id for entry in letter.entries] == [B, A]
    assert [t.change.kind for t in letter.entries[0].told] == [Kind.SITE_OPENED, Kind.SPONSOR]


def test_earlier_moves_of_a_date_are_found_in_their_order(store, clock):
    at(store, follow, clock.now(), JANE, A)
    moves = [("2027-01", "2027-04"), ("2027-04", "2027-10"), ("2027-10", "2028-01")]
    for day, (before, after) in enumerate(moves[:2]):
        moved = a_change(Kind.COMPLETION_DATE, before=before, after=after)
        at(store, a_pass, clock.now() + day * DAY, moved, a_change(Kind.CONTACTS))
        at(store, a_pass, clock.now() + day * DAY, moved, nct_id=B)
    now = clock.now() + 2 * DAY
    at(store, news, now, a_change(Kind.COMPLETION_DATE, before=moves[2][0], after=moves[2][1]))
    (letter,) = composed(store, now)
    (one,) = letter.entries[0].told
    assert [(change.before, change.after) for change in one.earlier] == moves[:2]


def test_the_study_is_the_version_that_the_changes_led_to(store, clock):
    at(store, follow, clock.now(), JANE, A)
    newer = at(store, a_study, clock.now() + DAY, A, briefTitle="A new title")
    with store.transaction() as session:
        pass_id = a_pass(session, clock.now() + DAY, a_change(Kind.TITLE), snapshot=newer)
        letters_notices(session, pass_id, clock.now() + DAY)
    at(store, a_study, clock.now() + 2 * DAY, A, briefTitle="A still newer title")
    (letter,) = composed(store, clock.now() + DAY)
    assert letter.entries[0].study.brief_title == "A new title"
    assert letter.entries[0].first_seen == clock.now()


def letters_notices(session, pass_id, now):
    from notifier.storage.notices import make

    make(session, pass_id, now)


def test_a_confirmation_names_what_is_pending_now(store, clock):
    at(store, sign_up, clock.now(), JANE, A, B)
    at(store, subscribers.end, [1], EndedReason.ADMIN, clock.now())
    (letter,) = composed(store, clock.now())
    assert (letter.kind, letter.entries) == (LetterKind.CONFIRMATION, ())
    assert [reason.subscription_id for reason in letter.reasons] == [2]


def test_a_confirmation_of_what_is_no_longer_pending_is_not_sent(store, clock):
    at(store, sign_up, clock.now(), JANE, A)
    at(store, sign_up, clock.now(), JANE, A, evidence="called back")
    assert composed(store, clock.now()) == [None]


def test_the_reason_says_when_they_agreed_not_when_they_were_asked(store, clock):
    at(store, sign_up, clock.now(), JANE, A)
    at(store, subscribers.confirm, [1], clock.now() + DAY)
    at(store, news, clock.now() + 2 * DAY)
    letter = composed(store, clock.now() + 2 * DAY)[-1]
    assert letter.kind is LetterKind.UPDATE
    assert letter.reasons[0].asked_at == clock.now() + DAY


# --- the last mail about a study --------------------------------------------------------------------------------


def test_a_study_that_left_the_registry_is_watched_on_after_the_mail_that_asks(store, clock):
    at(store, follow, clock.now(), JANE, A, B)
    at(store, news, clock.now(), a_change(Kind.LEFT_REGISTRY), nct_id=A)
    at(store, snapshots.mark_left, A, clock.now())
    (letter,) = composed(store, clock.now())
    assert letter.entries[0].ending is Ending.LEFT_REGISTRY
    settled(store, clock.now(), letter.message_id, "sent")
    at(store, letters.after_sending, [(letter, ())], clock.now())
    with store.reading() as session:
        columns = select(subscriptions.c.state, subscriptions.c.ended_reason).order_by(subscriptions.c.id)
        states = session.execute(columns).all()
    assert [tuple(row) for row in states] == [("active", None), ("active", None)]
    assert mails(store)[0].state is MessageState.SENT


# --- "still watching" -------------------------------------------------------------------------------------------


def quiet_day(clock):
    return clock.now() + assembly.STILL_WATCHING_AFTER


def test_a_still_watching_mail_says_on_which_days_we_looked(store, clock):
    at(store, follow, clock.now(), JANE, A, "knee pain")
    for day in (1, 2, 29, 30):
        at(store, snapshots.mark_checked, clock.now() + day * DAY)
    (letter,) = composed(store, quiet_day(clock))
    said = letter.silence
    assert (said.since, said.until, said.days) == (clock.now().date(), quiet_day(clock).date(), 30)
    assert (said.checked, len(said.blind), said.last_checked) == (4, 26, quiet_day(clock))
    assert (said.studies, said.conditions) == (1, 1)
    assert (clock.now() + 3 * DAY).date() in said.blind


def test_a_mail_with_news_begins_the_silence_anew(store, clock):
    at(store, follow, clock.now(), JANE, A)
    at(store, news, clock.now() + DAY)
    (letter,) = composed(store, clock.now() + DAY)
    settled(store, clock.now() + DAY, letter.message_id, "sent")
    at(store, letters.after_sending, [(letter, ())], clock.now() + DAY)
    assert assembled(store, quiet_day(clock)) == 0
    assert assembled(store, quiet_day(clock) + DAY) == 1


def test_a_still_watching_mail_is_not_followed_by_another_soon(store, clock):
    at(store, follow, clock.now(), JANE, A)
    (letter,) = composed(store, quiet_day(clock))
    settled(store, quiet_day(clock), letter.message_id, "sent", owner=ME)
    at(store, letters.after_sending, [(letter, ())], quiet_day(clock))
    with store.reading() as session:
        due = session.get_one(SubscriberRow, 1).still_watching_at
    assert due == quiet_day(clock) + assembly.STILL_WATCHING_EVERY
    assert assembled(store, quiet_day(clock) + DAY) == 0


def test_news_that_came_meanwhile_makes_a_still_watching_mail_needless(store, clock):
    at(store, follow, clock.now(), JANE, A, every=Every.WEEKLY)
    assert assembled(store, quiet_day(clock)) == 1
    at(store, news, quiet_day(clock))
    (message_id,) = claimed(store, quiet_day(clock) + DAY)
    assert at(store, letters.compose, message_id, quiet_day(clock) + DAY) is None


def test_the_store_of_a_letter_is_only_what_was_stored(store, clock):
    at(store, follow, clock.now(), JANE, A)
    found = a_change(Kind.ELIGIBILITY_CRITERIA, before="age <18 & \u202eECOG", after=None)
    at(store, news, clock.now(), found)
    (letter,) = composed(store, clock.now())
    assert letter.entries[0].told[0].change == found
    with store.reading() as session:
        row = session.execute(select(changes.c.before, changes.c.after)).one()
    assert tuple(row) == (found.before, None)


def test_a_version_that_is_compared_with_none_can_be_told(store, clock):
    at(store, follow, clock.now(), JANE, A)
    at(store, snapshots.store, a_version(A, briefTitle="Other"), DATA, clock.now(), watch=True)
    with store.transaction() as session:
        pass_id = a_pass(session, clock.now(), a_change(Kind.LEFT_REGISTRY))
        session.execute(update(changes).values(before_snapshot_id=None, after_snapshot_id=None))
        letters_notices(session, pass_id, clock.now())
    (letter,) = composed(store, clock.now())
    assert letter.entries[0].study.brief_title == "Other"
