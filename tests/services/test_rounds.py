"""What is looked after on the admin's behalf: nobody forgotten, the canary mailed, the week summed up."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import pytest
from smtp_peer import SmtpPeer
from sqlalchemy import delete, update

from notifier import app
from notifier.clock import FixedClock
from notifier.jobs import Worker
from notifier.mail.smtp import SmtpAddress, SmtpTransport
from notifier.services import monitoring
from notifier.services.deliver import Sending, deliver
from notifier.settings import Settings
from notifier.storage import canary, metrics, subscribers
from notifier.storage.models import BounceRow, StudyRow, messages, notices, subscriptions
from notifier.storage.models.states import EndedReason, NoticeState
from notifier.storage.notices import hold
from notifier.storage.outbox import admin_queries, claims
from notifier.storage.subscribers import address
from tests.factories import A, B, C
from tests.fakes import FakeRenderer
from tests.store_factories import a_study, assembled, follow, mails, news, told

JANE, CANARY, ADMIN = "jane@example.org", "canary@example.org", "admin@example.org"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY_7 = datetime(2027, 1, 18, 7, tzinfo=UTC)
TO_ADMIN = Settings(
    admin=ADMIN, mail_from="updates@example.org", blind_after=timedelta(days=365), canary=CANARY
)
SENDING = Sending("a-worker", "example.org", lambda _: "bounces@example.org", suppression_key=b"a key")


class Office:
    """A database, a clock and a mail server; `round` is what the worker does every five minutes."""

    def __init__(self, database, peer):
        self.database, self.peer, self.clock = (
            database,
            peer,
            FixedClock(datetime(2027, 1, 12, 12, tzinfo=UTC)),
        )
        self.transport = SmtpTransport(SmtpAddress("127.0.0.1", peer.port))

    async def round(self, after=timedelta(), to=TO_ADMIN):
        self.clock.move(after)
        monitoring.look(self.database, to, self.clock)
        monitoring.go_rounds(self.database, to, self.clock)
        await monitoring.all_clear(self.database, self.transport, to, self.clock)
        await monitoring.tell(self.database, self.transport, to, self.clock)

    async def deliver(self):
        return await deliver(self.database, self.transport, FakeRenderer(), self.clock, SENDING)

    def change(self, *work):
        with self.database.transaction() as session:
            for each in work:
                session.execute(each)

    def news(self, nct_id=A):
        with self.database.transaction() as session:
            news(session, self.clock.now(), nct_id=nct_id)

    def to(self, who):
        return [message_from_bytes(mail.content) for mail in self.peer.received if mail.recipient == who]


@pytest.fixture
async def office(database):
    """Jane follows three studies since yesterday."""
    async with SmtpPeer() as peer:
        office = Office(database, peer)
        since = office.clock.now() - DAY
        with database.transaction() as session:
            for nct_id in (A, B, C):
                a_study(session, since, nct_id)
            follow(session, since, JANE, A, B, C)
        yield office
        await office.transport.close()


# --- the canary -------------------------------------------------------------------------------------------------


async def test_the_canary_is_told_what_somebody_was_told(office):
    office.news()
    await office.deliver()
    await office.round()
    await office.deliver()
    assert (len(office.to(JANE)), len(office.to(CANARY))) == (1, 1)
    first, second = told(office.database)
    assert (first.change_id, first.state) == (second.change_id, NoticeState.IN_MESSAGE)


async def test_the_canary_is_mailed_once_a_day_and_only_where_somebody_was(office):
    await office.round()
    await office.deliver()
    assert office.to(CANARY) == []
    for nct_id in (A, B):
        office.news(nct_id)
        for _ in range(2):
            await office.deliver()
            await office.round()
    assert len(office.to(CANARY)) == 1
    office.clock.move(DAY)
    office.news(C)
    for _ in range(2):
        await office.deliver()
        await office.round()
    assert len(office.to(CANARY)) == 2


async def test_the_canarys_own_mail_is_no_reason_to_mail_it(office):
    office.news()
    await office.deliver()
    await office.round()
    office.clock.move(DAY)
    for _ in range(3):
        await office.deliver()
        await office.round()
        office.clock.move(DAY)
    assert len(office.to(CANARY)) == 1


async def test_the_canary_follows_one_thing_and_asks_for_no_changes_itself(office):
    for nct_id in (A, B):
        office.news(nct_id)
        await office.deliver()
        await office.round()
        await office.deliver()
        office.clock.move(DAY)
    with office.database.reading() as session:
        of_canary = subscriptions.select().where(subscriptions.c.subscriber_id == 2)
        rows = session.execute(of_canary.order_by(subscriptions.c.id)).all()
    assert [(row.nct_id, row.state.value, row.groups) for row in rows] == [(A, "ended", 0), (B, "active", 0)]
    office.news(B)
    assert len([each for each in told(office.database) if each.subscription_id == rows[-1].id]) == 1


async def test_what_the_operator_follows_with_the_same_mailbox_stays(office):
    with office.database.transaction() as session:
        (mine, other) = follow(session, office.clock.now() - DAY, CANARY, A, B)
    office.news(C)
    await office.deliver()
    await office.round()
    with office.database.reading() as session:
        kept = session.execute(subscriptions.select().where(subscriptions.c.id.in_([mine, other]))).all()
    assert {(row.state.value, row.groups > 0) for row in kept} == {("active", True)}


async def test_a_canary_that_was_not_mailed_within_a_day_is_told_until_it_is(office):
    office.news()
    await office.deliver()
    await office.round()
    office.peer.scripts["RCPT"] = ["550 5.7.1 no"]
    await office.deliver()
    await office.round(23 * HOUR)
    assert office.to(ADMIN) == []
    await office.round(2 * HOUR)
    (told_so,) = office.to(ADMIN)
    assert told_so["Subject"] == "The canary was not mailed"
    assert "its mail is rejected" in told_so.get_payload(decode=True).decode()
    office.news(B)
    for _ in range(2):
        await office.deliver()
        await office.round()
    assert [mail["Subject"] for mail in office.to(ADMIN)][1:] == ["Over: The canary was not mailed"]


async def test_without_a_canary_nobody_follows_along(office):
    office.news()
    await office.deliver()
    await office.round(to=Settings(admin=ADMIN, mail_from="updates@example.org"))
    assert len(told(office.database)) == 1


async def test_the_newest_mail_to_the_canary_is_known_by_its_message_id(office):
    office.news()
    await office.deliver()
    await office.round()
    await office.deliver()
    with office.database.reading() as session:
        newest = canary.newest_sent(session, address(CANARY))
    assert newest.rfc_message_id == office.to(CANARY)[0]["Message-ID"]


async def test_the_canarys_mail_is_a_real_one_about_the_same_change(office, tmp_path):
    settings = app.load_settings({"NOTIFIER_MAIL_FROM": "updates@example.org"}, tmp_path)
    renderer = app.make_renderer(settings, app.open_keys(settings, tmp_path))
    office.news()
    for _ in range(2):
        await deliver(office.database, office.transport, renderer, office.clock, SENDING)
        await office.round()
    (theirs,), (its,) = office.to(JANE), office.to(CANARY)
    assert theirs["Subject"] == its["Subject"]
    assert "List-Unsubscribe" in its


# --- nobody forgotten -------------------------------------------------------------------------------------------


async def test_somebody_who_was_forgotten_is_told_to_the_admin_within_the_hour_and_once(office):
    office.news()
    office.change(delete(notices))
    for _ in range(3):
        await office.round(HOUR)
    (told_so,) = office.to(ADMIN)
    assert told_so["Subject"] == "Somebody may not have been told"
    assert "1 no notice was made" in told_so.get_payload(decode=True).decode()
    assert JANE not in told_so.as_string()


async def test_an_account_is_made_once_an_hour(office):
    office.news()
    await office.round()
    office.change(delete(notices))
    await office.round(59 * timedelta(minutes=1))
    assert office.to(ADMIN) == []
    await office.round(timedelta(minutes=1))
    assert len(office.to(ADMIN)) == 1


# --- the week ---------------------------------------------------------------------------------------------------


async def test_on_monday_morning_the_admin_hears_that_all_is_well_once(office):
    await office.round()
    office.news()
    await office.deliver()
    office.clock.move(MONDAY_7 - office.clock.now() - HOUR)
    office.change(update(messages).values(settled_at=MONDAY_7 - 5 * DAY))
    await office.round(to=TO_ADMIN)
    before = len(office.to(ADMIN))
    for _ in range(3):
        await office.round(HOUR)
    week = office.to(ADMIN)[before:]
    assert [mail["Message-ID"] for mail in week] == ["<admin-week-20270118@example.org>"]
    text = week[0].get_payload(decode=True).decode()
    assert "Follows: " in text
    assert "Reports that came back: 0 final, 0 for a while." in text
    assert "Followed studies that left the registry: 0." in text
    assert "From 2027-01-11 to 2027-01-17" in text
    assert "Mails sent: 1." in text
    assert "1 notifiable changes, 1 mails due, 1 accepted" in text


async def test_where_something_is_wrong_the_week_says_what(office):
    await office.round()
    monitoring.note(office.database, monitoring.Name.REFUSED, "the registry says no", office.clock)
    office.clock.move(MONDAY_7 - office.clock.now())
    await office.round()
    week = next(mail for mail in office.to(ADMIN) if "week" in mail["Message-ID"])
    assert week["Subject"].startswith("Not all is well")
    assert "the registry says no" in week.get_payload(decode=True).decode()


async def test_a_week_that_cannot_be_mailed_now_is_mailed_later(office):
    await office.round()
    office.clock.move(MONDAY_7 - office.clock.now())
    office.peer.scripts["RCPT"] = ["450 4.2.1 later"] * 2
    weeks = []
    for _ in range(3):
        await office.round(HOUR)
        weeks.append(sum("week" in mail["Message-ID"] for mail in office.to(ADMIN)))
    assert weeks[-1] == 1


@pytest.mark.parametrize(
    ("now", "monday"),
    [
        ("2027-01-18T07:00", "2027-01-18"),
        ("2027-01-18T06:59", "2027-01-11"),
        ("2027-01-24T23:59", "2027-01-18"),
        ("2027-01-12T00:00", "2027-01-11"),
    ],
)
def test_the_last_monday_morning(now, monday):
    found = monitoring.last_monday(datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert f"{found:%Y-%m-%d %H:%M}" == f"{monday} 07:00"


async def test_only_the_worker_that_leads_goes_the_rounds(office):
    worker = Worker(office.database, None, office.transport, None, office.clock, TO_ADMIN, SENDING)
    office.news()
    office.change(delete(notices))
    office.clock.move(HOUR)
    await worker.rounds_tick()
    await worker.alarm_tick()
    assert office.to(ADMIN) == []
    worker.leads = True
    await worker.rounds_tick()
    await worker.alarm_tick()
    assert len(office.to(ADMIN)) == 1


# --- several workers --------------------------------------------------------------------------------------------


async def test_a_worker_that_is_well_does_not_end_what_is_wrong_with_another(office):
    for _ in range(5):
        monitoring.note(
            office.database, monitoring.Name.MAIL, "the fence is closed", office.clock, machine="two"
        )
        monitoring.note(office.database, monitoring.Name.MAIL, None, office.clock, machine="one")
        await office.round(timedelta(minutes=5))
    assert [mail["Subject"] for mail in office.to(ADMIN)] == ["Mails could not be sent"]
    assert "(on two)" in office.to(ADMIN)[0].get_payload(decode=True).decode()


async def test_what_was_wrong_with_a_worker_that_is_gone_is_over(office):
    monitoring.note(office.database, monitoring.Name.MAIL, "the fence is closed", office.clock, machine="two")
    await office.round()
    await office.round(31 * timedelta(minutes=1))
    assert [mail["Subject"] for mail in office.to(ADMIN)][-1] == "Over: Mails could not be sent"


async def test_the_week_says_who_came_and_went_what_came_back_and_what_waits_for_a_word(office):
    since = office.clock.now()
    at = since + 2 * DAY
    with office.database.transaction() as session:
        follow(session, at, "new@example.org", A)
        subscribers.end(session, [1], EndedReason.UNSUBSCRIBED, at)
        subscribers.end(session, [2], EndedReason.MOVED, at)
        session.add(BounceRow(address_hash="f" * 64, report="one", hard=True, reason="gone", came_at=at))
        session.execute(update(StudyRow).where(StudyRow.nct_id == B).values(left_at=at, watched_since=since))
        news(session, at, nct_id=A)
        hold(session, 1)
        found = metrics.flow(session, since, at + DAY)
        assert found == metrics.Flow(1, {"unsubscribed": 1}, {True: 1}, 1)
        assert (claims.held(session), admin_queries.held_notices(session)) == (0, 1)
        assert metrics.flow(session, at + DAY, at + 2 * DAY) == metrics.Flow(0, {}, {}, 0)
        _, text = monitoring.week(session, monitoring.last_monday(at + 7 * DAY), at + 7 * DAY)
    assert "Follows: 4 began, 1 ended (1 unsubscribed)." in text
    assert (
        "Held, and wait for your word: 0 mails, 1 tellings in no mail yet (`notifier outbox list`)." in text
    )


async def test_the_week_says_what_waits_because_of_the_limit_of_an_hour(office):
    now = office.clock.now()
    with office.database.transaction() as session:
        follow(session, now, "new@example.org", A)
        news(session, now, nct_id=A)
    assembled(office.database, now)
    with office.database.reading() as session:
        _, limited = monitoring.week(session, monitoring.last_monday(now), now, 1)
        _, free = monitoring.week(session, monitoring.last_monday(now), now)
    above = len(mails(office.database)) - 1
    assert f"{above} due mails wait: no more than 1 may go in an hour (NOTIFIER_MAILS_AN_HOUR)." in limited
    assert "NOTIFIER_MAILS_AN_HOUR" not in free
