"""Who is not mailed any more, on both engines: what came back is acted on once, and adding never lifts it."""

import re
from datetime import timedelta
from functools import partial

import pytest
from factories import DOMAIN, ME, A, B
from fakes import run
from returned_mails import JANE, by_hand, complaint, dsn, holiday
from smtp_peer import SmtpPeer
from sqlalchemy import insert, select
from store_factories import (
    a_mail,
    a_study,
    assembled,
    claimed,
    filled_once,
    follow,
    mails,
    news,
    rows,
    settled,
    told,
)

from notifier.mail.bounces import read
from notifier.mail.return_path import Tags
from notifier.services.bounce_handling import Action, BounceContext, act
from notifier.storage import retention, subscribers, suppression
from notifier.storage.models import SubscriberRow, SubscriptionRow, bounces, suppressions
from notifier.storage.models.states import EndedReason, NoticeState, Suppressed
from notifier.storage.outbox import assembly, claims
from notifier.storage.subscribers import Choice, Consent, FollowVerdict, Person, Wanted
from tests.conftest import each_engine

database = each_engine

KEY = b"the key of the hashes"
TAGS = Tags([b"the key of the tags"], "bounces.example.net")
HASHED = suppression.address_hash(KEY, JANE)
FULL = {"status": "5.2.2", "says": "smtp; 552 5.2.2 Mailbox full"}
DAY = timedelta(days=1)


@pytest.fixture
@filled_once
def mail(database, clock):
    """A mail that was sent to Jane; its id."""
    message_id = a_mail(database, clock.now(), JANE)
    claimed(database, clock.now())
    settled(database, clock.now(), message_id, "sent")
    return message_id


def acted(database, clock, raw, tags=TAGS):
    """What acting on the only entry of a report did."""
    with database.transaction() as session:
        (action,) = act(session, read(raw), BounceContext(tags, KEY, clock.now()))
    return action


def reason(database):
    with database.reading() as session:
        return suppression.is_suppressed(session, HASHED)


def suppressed(database, clock, why=Suppressed.DEAD):
    with database.transaction() as session:
        return suppression.suppress(session, HASHED, why, clock.now())


def added(database, clock, evidence=None, study=A):
    with database.transaction() as session:
        return subscribers.add(
            session,
            Person(subscribers.address(JANE)),
            [Wanted(nct_id=study)],
            choice=Choice(),
            consent=Consent("command", "the admin", evidence),
            now=clock.now(),
            domain=DOMAIN,
            suppression_key=KEY,
        )


def soft(database, clock, message_id, day, **says):
    """A full mailbox, reported on a day."""
    clock.move(DAY)
    date = clock.now().strftime("%a, %d %b %Y 09:00:00 +0000")
    raw = dsn(to=TAGS.bounce_address(message_id), name=f"<soft-{day}@mx>", date=date, **(says or FULL))
    return acted(database, clock, raw)


# --- what came back ---------------------------------------------------------------------------------------------


def test_one_report_of_a_dead_mailbox_is_enough(database, clock, mail):
    assert acted(database, clock, dsn(to=TAGS.bounce_address(mail))) is Action.SUPPRESSED
    assert reason(database) is Suppressed.DEAD


def test_the_same_report_twice_counts_once(database, clock, mail):
    raw = dsn(to=TAGS.bounce_address(mail))
    assert acted(database, clock, raw) is Action.SUPPRESSED
    assert acted(database, clock, b"Received: by another way\r\n" + raw) is Action.SEEN


@pytest.mark.parametrize(
    "sender",
    [
        "bounces@bounces.example.net",
        "b+aaaaaaaaaaaaaaaaaaaaaaaa@bounces.example.net",
        Tags([b"another key"], "bounces.example.net").bounce_address(1),
    ],
)
def test_without_an_unforged_tag_nothing_is_done(database, clock, mail, sender):
    raw = dsn(to=sender, mail_id=mails(database)[0].rfc_message_id)
    assert acted(database, clock, raw) is Action.NOT_OURS
    assert reason(database) is None


def test_without_a_bounce_domain_our_message_id_is_the_proof(database, clock, mail):
    assert acted(database, clock, dsn(), tags=None) is Action.NOT_OURS
    raw = dsn(mail_id=mails(database)[0].rfc_message_id)
    assert acted(database, clock, raw, tags=None) is Action.SUPPRESSED


def test_a_mail_that_was_sent_on_and_failed_there_does_not_kill_the_address(database, clock, mail):
    raw = dsn(to=TAGS.bounce_address(mail), who="joe@elsewhere.example", original=JANE)
    assert acted(database, clock, raw) is Action.COUNTED
    assert reason(database) is None


def test_a_delay_a_holiday_and_a_policy_change_nothing(database, clock, mail):
    to = TAGS.bounce_address(mail)
    policy = dsn(to=to, status="5.7.1", says="smtp; 550 5.7.1 policy", name="<p@mx>")
    for raw in (
        dsn(to=to, action="delayed", status="4.4.1", says="smtp; 421 4.4.1 timed out", name="<d@mx>"),
        holiday(to=to),
        by_hand("550 5.1.1 no such user", to=to),
        policy,
    ):
        assert acted(database, clock, raw) is Action.NOTHING
    assert reason(database) is None


def test_four_days_out_of_reach_are_enough(database, clock, mail):
    actions = [soft(database, clock, mail, day) for day in range(4)]
    assert actions == [Action.COUNTED, Action.COUNTED, Action.COUNTED, Action.SUPPRESSED]
    assert reason(database) is Suppressed.FULL


def test_four_reports_of_one_day_are_one_step(database, clock, mail):
    raws = [dsn(to=TAGS.bounce_address(mail), name=f"<{n}@mx>", **FULL) for n in range(5)]
    assert {acted(database, clock, raw) for raw in raws} == {Action.COUNTED}
    assert acted(database, clock, raws[0]) is Action.SEEN


def test_a_report_counts_for_the_day_on_which_it_was_written(database, clock, mail):
    clock.move(timedelta(days=9))
    dates = [f"{day} Jan 2027 09:00:00 +0000" for day in (13, 15, 17, 19)]
    raws = [dsn(to=TAGS.bounce_address(mail), name=f"<{date}@mx>", date=date, **FULL) for date in dates]
    assert [acted(database, clock, raw) for raw in raws][-1] is Action.SUPPRESSED


def test_old_steps_are_forgotten(database, clock, mail):
    for day in range(3):
        soft(database, clock, mail, day)
    clock.move(timedelta(days=29))
    assert soft(database, clock, mail, 4) is Action.COUNTED


def test_policies_are_no_steps(database, clock, mail):
    says = {"status": "5.7.1", "says": "smtp; 550 5.7.1 your reputation is poor"}
    assert {soft(database, clock, mail, day, **says) for day in range(6)} == {Action.NOTHING}


def another_mail(database, clock):
    """One more mail that was sent to Jane; its id."""
    with database.transaction() as session:
        news(session, clock.now())
    assembled(database, clock.now())
    (message_id,) = claimed(database, clock.now())
    settled(database, clock.now(), message_id, "sent")
    return message_id


def test_a_mail_that_arrived_clears_the_ladder(database, clock, mail):
    for day in range(3):
        soft(database, clock, mail, day)
    another_mail(database, clock)
    clock.move(suppression.ARRIVED_AFTER)
    assert soft(database, clock, mail, 4) is Action.COUNTED
    assert reason(database) is None


def test_a_mail_that_came_back_does_not_clear_it(database, clock, mail):
    for day in range(2):
        soft(database, clock, mail, day)
    second = another_mail(database, clock)
    soft(database, clock, second, 3)
    clock.move(suppression.ARRIVED_AFTER)
    assert soft(database, clock, second, 4) is Action.SUPPRESSED


def test_a_complaint_ends_everything_at_once(database, clock, mail):
    with database.transaction() as session:
        a_study(session, clock.now(), B)
        follow(session, clock.now(), JANE, B)
    assert acted(database, clock, complaint(sender=TAGS.bounce_address(mail))) is Action.ENDED
    assert reason(database) is Suppressed.COMPLAINT
    assert {row.ended_reason for row in rows(database, SubscriptionRow)} == {EndedReason.COMPLAINT}


def test_a_complaint_with_its_tag_blacked_out_is_known_by_the_mail(database, clock, mail):
    raw = complaint(sender="redacted", mail_id=mails(database)[0].rfc_message_id)
    assert acted(database, clock, raw) is Action.ENDED


def test_a_failed_signature_is_no_complaint(database, clock, mail):
    assert (
        acted(database, clock, complaint(sender=TAGS.bounce_address(mail), kind="auth-failure"))
        is Action.NOTHING
    )


def test_only_the_person_we_wrote_to_is_acted_on(database, clock, mail):
    raw = dsn(to=TAGS.bounce_address(mail), who="joe@example.org")
    jane = f"Final-Recipient: rfc822; {JANE}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--B\r\nContent-Type: text/rfc".encode()
    with database.transaction() as session:
        report = read(raw.replace(b"--B\r\nContent-Type: text/rfc", jane))
        assert act(session, report, BounceContext(TAGS, KEY, clock.now())) == (
            Action.NOTHING,
            Action.SUPPRESSED,
        )


def test_what_is_kept_knows_no_address(database, clock, mail):
    acted(database, clock, dsn(to=TAGS.bounce_address(mail)))
    with database.reading() as session:
        kept = [*session.execute(select(suppressions)).all(), *session.execute(select(bounces)).all()]
    assert len(kept) == 2
    assert "jane" not in str(kept)


def test_a_person_who_was_forgotten_is_not_acted_on(database, clock, mail):
    with database.transaction() as session:
        subscribers.end(session, [1], EndedReason.UNSUBSCRIBED, clock.now())
        retention.forget_gone(session, clock.now() + DAY, clock.now() + DAY, 500)
    assert acted(database, clock, dsn(to=TAGS.bounce_address(mail))) is Action.NOTHING


# --- unsubscribing by mail --------------------------------------------------------------------------------------


def test_a_mail_to_the_unsubscribe_address_ends_what_it_names(database, clock):
    with database.transaction() as session:
        for study in (A, B):
            a_study(session, clock.now(), study)
        first, second = follow(session, clock.now(), JANE, A, B)
    raw = by_hand("", to=TAGS.unsubscribe_address([second], 1))
    assert acted(database, clock, raw) is Action.UNSUBSCRIBED
    states = {row.id: row.ended_reason for row in rows(database, SubscriptionRow)}
    assert states == {first: None, second: EndedReason.UNSUBSCRIBED}
    assert reason(database) is None


def test_an_address_that_names_the_mail_ends_what_it_spoke_for(database, clock, mail):
    with database.transaction() as session:
        a_study(session, clock.now(), B)
        follow(session, clock.now(), JANE, B)
    acted(database, clock, by_hand("", to=TAGS.unsubscribe_address(range(10**6, 10**6 + 50), mail)))
    assert [row.ended_reason for row in rows(database, SubscriptionRow)] == [EndedReason.UNSUBSCRIBED, None]


def test_a_forged_unsubscribe_address_and_a_holiday_end_nothing(database, clock, mail):
    forged = Tags([b"another key"], "bounces.example.net").unsubscribe_address([1], mail)
    assert acted(database, clock, by_hand("", to=forged)) is Action.NOTHING
    acted(database, clock, holiday(to=TAGS.unsubscribe_address([1], mail)))
    assert rows(database, SubscriptionRow)[0].ended_reason is None


# --- adding, making, sending ------------------------------------------------------------------------------------


def test_a_stronger_reason_stays(database, clock):
    assert suppressed(database, clock, Suppressed.DEAD)
    assert not suppressed(database, clock, Suppressed.FULL)
    assert reason(database) is Suppressed.DEAD
    assert not suppressed(database, clock, Suppressed.COMPLAINT)
    assert reason(database) is Suppressed.COMPLAINT


def test_adding_with_evidence_adds_nothing(database, clock):
    suppressed(database, clock)
    outcome = added(database, clock, evidence="asked by phone")
    assert outcome.verdicts == ((A, FollowVerdict.SUPPRESSED),)
    assert (outcome.confirmation_queued, list(rows(database, SubscriptionRow)), list(mails(database))) == (
        False,
        [],
        [],
    )


def test_confirming_anew_lifts_it(database, clock):
    suppressed(database, clock)
    outcome = added(database, clock)
    assert (outcome.verdicts, outcome.confirmation_queued) == (((A, FollowVerdict.SUPPRESSED),), True)
    with database.transaction() as session:
        found = session.execute(claims.with_people([mails(database)[0].id])).all()
        hashes = {row.id: suppression.address_hash(KEY, row.email_key) for row in found}
        assert suppression.stopped(session, hashes, found) == set()
        assert subscribers.confirm(
            session, [rows(database, SubscriptionRow)[0].id], clock.now(), suppression_key=KEY
        )
    assert reason(database) is None


def test_what_is_still_followed_is_asked_for_anew(database, clock, mail):
    suppressed(database, clock)
    assert added(database, clock).confirmation_queued
    assert [row.ended_reason for row in rows(database, SubscriptionRow)] == [EndedReason.UNREACHABLE, None]


@pytest.mark.parametrize("why", [Suppressed.COMPLAINT, Suppressed.ADMIN])
def test_after_a_complaint_not_even_the_question_is_mailed(database, clock, why):
    suppressed(database, clock, why)
    assert not added(database, clock).confirmation_queued
    assert not list(mails(database))


def test_an_old_confirmation_lifts_nothing(database, clock, mail):
    suppressed(database, clock)
    with database.transaction() as session:
        assert subscribers.confirm(session, [1], clock.now(), suppression_key=KEY)  # active since long
    assert reason(database) is Suppressed.DEAD


def test_lifting_begins_the_ladder_anew(database, clock, mail):
    for day in range(4):
        soft(database, clock, mail, day)
    with database.transaction() as session:
        assert suppression.lift(session, HASHED) is Suppressed.FULL
        assert suppression.lift(session, HASHED) is None
    assert soft(database, clock, mail, 5) is Action.COUNTED


def test_nothing_is_made_for_a_suppressed_address(database, clock, mail):
    suppressed(database, clock)
    with database.transaction() as session:
        follow(session, clock.now(), "ben@example.org", A)
        news(session, clock.now())
        assert assembly.assemble(session, clock.now(), DOMAIN, suppression_key=KEY) == 1
    assert [(notice.state, notice.reason) for notice in told(database)][1:] == [
        (NoticeState.CANCELLED, "suppressed"),
        (NoticeState.IN_MESSAGE, None),
    ]


def test_nor_are_they_told_that_we_still_watch(database, clock, mail):
    suppressed(database, clock)
    clock.move(assembly.STILL_WATCHING_AFTER + DAY)
    with database.transaction() as session:
        assert assembly.assemble(session, clock.now(), DOMAIN, suppression_key=KEY) == 0
        assert assembly.assemble(session, clock.now(), DOMAIN) == 1


#: One deliver pass.
delivering = partial(run, owner=ME, envelope_sender=TAGS.bounce_address, suppression_key=KEY)


async def test_a_mail_that_was_made_before_is_not_sent(database, clock):
    a_mail(database, clock.now(), JANE)
    suppressed(database, clock)
    async with SmtpPeer() as peer:
        report = await delivering(database, clock, peer)
    assert (report.cancelled, peer.received, mails(database)[0].reason) == (1, [], "suppressed")


async def test_the_question_whether_they_come_back_is_sent(database, clock):
    with database.transaction() as session:
        a_study(session, clock.now())
    suppressed(database, clock)
    added(database, clock)
    async with SmtpPeer() as peer:
        assert (await delivering(database, clock, peer)).sent == 1


async def test_a_server_that_knows_no_such_mailbox_suppresses_at_once(database, clock):
    a_mail(database, clock.now(), JANE)
    async with SmtpPeer(rcpt=["550 5.1.1 no such user"]) as peer:
        assert (await delivering(database, clock, peer)).rejected == 1
    assert reason(database) is Suppressed.DEAD


@pytest.mark.parametrize("says", ["552 5.2.2 full", "550 5.7.1 policy", "450 4.1.1 later"])
async def test_no_other_refusal_suppresses(database, clock, says):
    a_mail(database, clock.now(), JANE)
    async with SmtpPeer(rcpt=[says]) as peer:
        await delivering(database, clock, peer)
    assert reason(database) is None


async def test_the_envelope_sender_names_the_mail_on_every_attempt(database, clock):
    message_id = a_mail(database, clock.now(), JANE)
    async with SmtpPeer(rcpt=["450 4.2.0 greylisted"]) as peer:
        await delivering(database, clock, peer)
        clock.move(DAY)
        await delivering(database, clock, peer)
    senders = [
        re.search("<(.*?)>", line)[1] for told in peer.commands for line in told if line.startswith("MAIL")
    ]
    assert len(senders) == 2
    assert {TAGS.read_tag(sender) for sender in senders} == {message_id}
    assert len(set(senders)) == 1


def test_many_people_are_looked_up_in_batches(database, clock):
    rows = [
        {
            "id": n,
            "email": f"n{n}@x.org",
            "email_key": f"n{n}@x.org",
            "silent_since": clock.now(),
            "created_at": clock.now(),
        }
        for n in range(1, 1201)
    ]
    with database.transaction() as session:
        session.execute(insert(SubscriberRow), rows)
        for n in (4, 701, 1200):
            hashed = suppression.address_hash(KEY, f"n{n}@x.org")
            suppression.suppress(session, hashed, Suppressed.DEAD, clock.now())
        assert suppression.among(session, KEY, range(1, 1201)) == {4, 701, 1200}
        assert suppression.among(session, b"another key", range(1, 1201)) == set()
