"""What stands in for the parts that a test does not mean: a renderer of one-line mails. And people who wait for mail."""

from dataclasses import dataclass, field

from factories import a_record, raw

from notifier.domain.letter import Letter
from notifier.domain.study import content_digest, decode
from notifier.services.watch.fetch import made
from notifier.storage import notices, subscribers
from notifier.storage.models import Every, PassOutcome, PassRow, Source
from notifier.storage.studies import snapshots
from notifier.storage.studies.snapshots import Version
from notifier.storage.subscribers import Choice, Consent, Person, Wanted, address

DOMAIN = "example.org"
TIMESTAMP = "2027-01-12T09:00:05"


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
    database,
    clock,
    *people,
    nct_id="NCT90000001",
    condition=None,
    evidence=None,
    every=Every.IMMEDIATE,
    language=None,
):
    """People who follow a study, or a condition; without `evidence` each of them waits for a confirmation mail.

    Returns the ids of all that they follow.
    """
    topic = Wanted(condition=condition, query=condition) if condition else Wanted(nct_id=nct_id)
    with database.transaction() as session:
        for person in people:
            subscribers.add(
                session,
                Person(address(person), language=language),
                [topic],
                choice=Choice(every),
                consent=Consent("command", "a test", evidence),
                now=clock.now(),
                domain=DOMAIN,
            )
        return [i for person in people for i in subscribers.ids_of(session, address(person))]


def something_changes(database, clock, kind, *, nct_id="NCT90000001", before=None, after=None):
    """A change of a study as a watch pass would store it, with its notices."""
    study = decode(raw(a_record(identificationModule__nctId=nct_id)))
    with database.transaction() as session:
        version = Version(study, content_digest(study.raw), Source.SWEEP)
        snapshot = snapshots.store(session, version, TIMESTAMP, clock.now(), watch=True)
        row = PassRow(
            data_timestamp=TIMESTAMP,
            started_at=clock.now(),
            finished_at=clock.now(),
            outcome=PassOutcome.DONE,
            requests=1,
        )
        session.add(row)
        session.flush()
        change = made(kind, before, after)
        between = (snapshot, snapshot)
        snapshots.store_changes(session, row.id, nct_id, [change], between=between, now=clock.now())
        notices.make(session, row.id, clock.now())
