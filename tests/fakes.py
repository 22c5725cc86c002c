"""What stands in for the parts that a test does not mean: a renderer of one-line mails. And people who wait for mail, and get it."""

from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from notifier.domain.letter import Letter
from notifier.mail.smtp import SmtpTransport, parse_smtp_url
from notifier.services.deliver import Sending, deliver
from notifier.services.watch.fetch import made
from notifier.storage import notices, subscribers
from notifier.storage.models import Every
from notifier.storage.subscribers import Person, address
from tests import store_factories
from tests.factories import DOMAIN, A
from tests.store_factories import a_pass, a_study


@dataclass(frozen=True)
class FakeMail:
    content: bytes
    recipient: str
    left_over: tuple[str, ...] = ()
    needs_smtputf8: bool = False
    subject: str = "Update on a study you follow"
    wording: str = "0123456789ab"


@dataclass
class FakeRenderer:
    """Makes a mail of any letter; an address in `faults` raises, `left_over` did not fit into any mail."""

    faults: dict[str, Exception] = field(default_factory=dict)
    left_over: tuple[str, ...] = ()
    letters: list[Letter] = field(default_factory=list)

    def render(self, letter: Letter) -> FakeMail:
        self.letters.append(letter)
        if letter.recipient in self.faults:
            raise self.faults[letter.recipient]
        text = f"To: {letter.recipient}\r\nMessage-ID: {letter.rfc_message_id}\r\n\r\nHello\r\n"
        return FakeMail(text.encode(), letter.recipient, self.left_over)


def sign_up(
    database, clock, *people, nct_id=A, condition=None, evidence=None, every=Every.IMMEDIATE, language=None
):
    """People who follow a study, or a condition; without `evidence` each of them waits for a confirmation mail.

    Returns the ids of all that they follow.
    """
    with database.transaction() as session:
        for who in people:
            person, topic = Person(address(who), language=language), condition or nct_id
            store_factories.sign_up(
                session, clock.now(), who, topic, evidence=evidence, person=person, every=every
            )
        return [i for who in people for i in subscribers.ids_of(session, address(who))]


def something_changes(database, clock, kind, *, nct_id=A, before=None, after=None):
    """A change of a study as a watch pass would store it, with its notices."""
    now = clock.now()
    with database.transaction() as session:
        snapshot = a_study(session, now, nct_id)
        found = a_pass(session, now, made(kind, before, after), nct_id=nct_id, snapshot=snapshot)
        notices.make(session, found, now)


def sending(**changes):
    plain = {"owner": "here:1", "domain": DOMAIN, "envelope_sender": lambda _: "bounces@example.org"}
    return Sending(**{**plain, "connections": 1, **changes})


@asynccontextmanager
async def line_to(peer, **patience):
    transport = SmtpTransport(parse_smtp_url(f"smtp://127.0.0.1:{peer.port}"), **patience)
    yield transport
    await transport.close()


async def run(database, clock, peer, renderer=None, *, stopping=None, line=None, moved=lambda: None, **how):
    """One deliver pass to this mail server."""
    async with line_to(peer, timeout=5.0, final_timeout=5.0, **(line or {})) as transport:
        return await deliver(
            *(database, transport, renderer or FakeRenderer(), clock, sending(**how), stopping), moved=moved
        )
