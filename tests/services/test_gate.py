"""The gate in whole passes: true mails go however late they are, and a mail that invents something holds nothing else back."""

import shutil
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import mails
import pytest
from fakes import DOMAIN
from smtp_peer import SmtpPeer
from sqlalchemy import select

from notifier.domain.letter import LetterKind
from notifier.mail.smtp import SmtpTransport, parse_smtp_url
from notifier.services import monitoring
from notifier.services.deliver import DeliverReport, Sending, deliver
from notifier.settings import Settings
from notifier.storage import incidents, letters, subscribers
from notifier.storage.models import Every, Gate, MessageRow, MessageState, SubscriptionRow
from notifier.storage.outbox import admin_queries, putting_right, transactional
from notifier.storage.reconciliation import account
from tests.store_factories import assembled, at, claimed
from tests.world import DAY_2, A, B, a_world, edited, study, under

ANN = "ann@example.org"
DAY = timedelta(days=1)


def text_of(content):
    """The words of a mail's text part, in one line."""
    mail = message_from_bytes(content, policy=default)
    return " ".join(mail.get_body(("plain",)).get_content().split())


class Pass:
    """Deliver passes over one world, by the very renderer that sends."""

    def __init__(self, world, templates=mails.ROOT / "templates"):
        self.world, self.renderer, self.got = world, mails.renderer(templates), []

    async def __call__(self, **peer):
        sending = Sending("here:1", DOMAIN, lambda _: "bounces@example.org", connections=1)
        async with SmtpPeer(**peer) as server:
            transport = SmtpTransport(parse_smtp_url(f"smtp://127.0.0.1:{server.port}"), timeout=5.0)
            report = await deliver(self.world.database, transport, self.renderer, self.world.clock, sending)
            await transport.close()
        self.got += [text_of(received.content) for received in server.received]
        return report


async def two_updates(world, *studies):
    """Paused on day 0; open since day 2, which we see on day 3; closed since day 4, which we see on day 5."""
    for day, posted, status in ((3, 14, "RECRUITING"), (5, 16, "ACTIVE_NOT_RECRUITING")):
        world.clock.move(timedelta(days=2 if day == 5 else 3))
        now = [
            edited(suspended(one), posted=f"2027-01-{posted}", overallStatus=status)
            for one in studies or (A,)
        ]
        world.rehearsal.publish(now, f"2027-01-{12 + day}T09:00:05")
        await world.watch()


def suspended(nct_id):
    return edited(study(nct_id), posted="2027-01-11", overallStatus="SUSPENDED")


def rows(world):
    with world.database.reading() as session:
        return list(session.execute(select(MessageRow).order_by(MessageRow.id)).scalars())


def ids(world):
    return [row.id for row in world.rows(SubscriptionRow)]


@pytest.mark.parametrize("every", [Every.IMMEDIATE, Every.DAILY, Every.WEEKLY])
@pytest.mark.parametrize("zone", ["Europe/Copenhagen", "Pacific/Auckland"])
async def test_two_versions_that_were_posted_seen_and_mailed_on_other_days_go_in_one_mail(
    sqlite, every, zone
):
    async with a_world(sqlite, suspended(A)) as world:
        world.follow(ANN, study=A, choice=subscribers.Choice(every=every), time_zone=zone)
        await world.watch()
        await two_updates(world)
        send = Pass(world)
        world.clock.move(8 * DAY)
        if not (await send()).sent:  # what was found after the hour of a digest is in the next one
            world.clock.move(DAY)
            assert await send() == DeliverReport(sent=1)
    assert "(14 January 2027)" in send.got[0]
    assert "(16 January 2027)" in send.got[0]


async def test_so_they_do_after_a_pause_and_when_our_relay_was_away(sqlite):
    async with a_world(sqlite, suspended(A), suspended(B)) as world:
        world.follow(ANN, study=A)
        paused = ids(world)
        world.follow("ben@example.org", study=B)
        await world.watch()
        with sqlite.transaction() as session:
            subscribers.pause(session, paused, world.clock.now() + 20 * DAY, world.clock.now())
        await two_updates(world, A, B)
        send = Pass(world)
        assert (await send(dot=["451 4.3.0 later"])).deferred == 1
        world.clock.move(2 * DAY)
        assert (await send()).sent == 1
        world.clock.move(20 * DAY)
        assert (await send()).sent == 1
    assert len(send.got) == 3
    assert all("14 January 2027" in text and "16 January 2027" in text for text in send.got)


async def test_so_do_a_welcome_a_correction_and_what_is_sent_again(sqlite):
    async with a_world(sqlite, suspended(A)) as world:
        world.follow(ANN, study=A)
        await world.watch()
        await two_updates(world)
        send = Pass(world)
        assert (await send(rcpt=["550 5.7.1 no"])).rejected == 1
        world.clock.move(DAY)
        with sqlite.transaction() as session:
            putting_right.send(session, [putting_right.one(session, 1, b"")], world.clock.now())
        assert (await send()).sent == 1
        world.follow("ben@example.org", study=A)
        with sqlite.transaction() as session:
            transactional.welcome(session, [max(ids(world))], world.clock.now(), DOMAIN)
        world.clock.move(DAY)
        assert (await send()).sent == 1
        assert rows(world)[-1].kind is LetterKind.WELCOME
    assert "14 January 2027" in send.got[1]


@pytest.fixture
def inventing(tmp_path):
    """Templates that invent a name in what they say of one study."""
    folder = tmp_path / "templates"
    shutil.copytree(mails.ROOT / "templates", folder)
    with (folder / "update/study.txt").open("a") as file:
        file.write(f'{{% if entry.nct_id == "{B}" %}}Wonderland awaits.{{% endif %}}\n')
    return folder


async def with_two_studies(world, inventing):
    """Ann follows two studies, and of one the templates invent something; the pass that is to tell her of both."""
    for nct_id in (A, B):
        world.follow(ANN, study=nct_id)
    await world.watch()
    posted = [edited(study(n), posted="2027-01-12", briefTitle="Another") for n in (A, B)]
    for record in posted:
        record["protocolSection"]["statusModule"]["startDateStruct"] = {
            "date": "2030-01",
            "type": "ESTIMATED",
        }
    await world.next_day("2027-01-13T09:00:05", *posted)
    return Pass(world, inventing)


async def test_only_the_study_whose_words_nobody_stored_is_held(database, inventing):
    async with a_world(database, study(A), study(B)) as world:
        send = await with_two_studies(world, inventing)
        assert await send() == DeliverReport(sent=1, held=1)
        told, held = rows(world)
        assert A in send.got[0]
        assert B not in send.got[0]
        assert (told.state, told.gate) == (MessageState.SENT, None)
        assert (held.state, held.gate, held.about) == (MessageState.HELD, Gate.CLOSED, B)
        assert held.reason.startswith(f"it says Wonderland of {B}, which is not in the stored record.")
        assert (await send()) == DeliverReport()


async def test_the_admin_hears_why_and_when_it_is_over(sqlite, inventing):
    async with a_world(sqlite, study(A), study(B)) as world:
        await (await with_two_studies(world, inventing))()
        admin = Settings(admin="admin@example.org", mail_from=f"updates@{DOMAIN}")
        monitoring.look(sqlite, admin, world.clock)
        with sqlite.transaction() as session:
            going = {row.name: row.why for row in incidents.going(session)}
            assert going == {"untrue": going["untrue"]}
            assert "1 held; message 2: it says Wonderland of" in going["untrue"]
            now = world.clock.now()
            found = account(session, now - DAY, now + DAY, now)
            assert [why for why in found.waiting if "Wonderland" in why]
            admin_queries.drop_messages(session, now)
        monitoring.look(sqlite, admin, world.clock)
        with sqlite.reading() as session:
            assert incidents.going(session) == []


async def test_what_an_admin_lets_go_goes_as_it_is_however_long_it_was_held(database, inventing):
    async with a_world(database, study(A), study(B)) as world:
        send = await with_two_studies(world, inventing)
        await send()
        world.clock.move(40 * DAY)
        with database.transaction() as session:
            assert admin_queries.release_messages(session, world.clock.now(), 2) == 1
        assert await send() == DeliverReport(sent=1)
    assert "Wonderland awaits." in send.got[1]


async def test_what_is_sent_again_is_looked_at_again(sqlite, inventing):
    async with a_world(sqlite, study(A), study(B)) as world:
        send = await with_two_studies(world, inventing)
        await send()
        for templates, became in (
            (inventing, DeliverReport(held=1)),
            (mails.ROOT / "templates", DeliverReport(sent=1)),
        ):
            with sqlite.transaction() as session:
                assert (
                    putting_right.send(session, [putting_right.one(session, 2, b"")], world.clock.now()) == 1
                )
            assert await Pass(world, templates)() == became


async def test_a_mail_that_invents_something_outside_of_its_studies_is_held_whole(sqlite, inventing):
    with (inventing / "update/body.txt").open("a") as file:
        file.write("Wonderland awaits.\n")
    async with a_world(sqlite, study(A)) as world:
        world.follow(ANN, study=A)
        await world.watch()
        await world.next_day(
            "2027-01-13T09:00:05", edited(study(A), posted="2027-01-12", overallStatus="SUSPENDED")
        )
        assert await Pass(world, inventing)() == DeliverReport(held=1)
        (held,) = rows(world)
        assert (held.state, held.gate) == (MessageState.HELD, Gate.CLOSED)


@pytest.mark.parametrize("language", ["en", "da", "de"])
async def test_the_question_of_a_new_study_comes_first(database, language):
    async with a_world(database, under("NCT90000009", "Rare Disease", first_posted="2020-01-11")) as world:
        world.follow("a@example.org", condition="rare disease", language=language)
        await world.watch()
        await world.next_day(DAY_2, under(A, "Rare Disease", first_posted="2027-01-12"))
        assembled(database, world.clock.now())
        (message,) = claimed(database, world.clock.now())
        letter = at(database, letters.compose, message, world.clock.now())
        (told,) = letter.entries[0].told
        assert told.question.endswith("?")
        text = " ".join(mails.renderer().render(letter).text.split())
        assert told.question in text
        assert text.index(told.question) < text.index("Rare Disease")
