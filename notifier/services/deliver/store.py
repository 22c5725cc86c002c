"""What a deliver pass does in the store: every transaction of it, each for many mails at once. Sends nothing."""

import threading
import traceback
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

import structlog

from notifier.clock import Clock
from notifier.domain.letter import Letter, LetterKind, OpenNow
from notifier.domain.scheduling import TIMETABLE, Timetable
from notifier.errors import MailError, RowUnreadable, StoreError, UntrueError
from notifier.mail.render.renderer import Rendered
from notifier.mail.smtp.verdict import SendOutcome, Verdict, refused_alike
from notifier.storage import letters, suppression
from notifier.storage.departures import Fence
from notifier.storage.engine import Database, Session
from notifier.storage.engine.sharing import is_alive
from notifier.storage.letters import gathering
from notifier.storage.letters.gathering import Lookup
from notifier.storage.models import Gate, MessageState, Suppressed
from notifier.storage.outbox import assembly, claims, transactional
from notifier.storage.outbox.assembly import MAILS_A_DAY
from notifier.storage.outbox.claims import Settlement


@dataclass(frozen=True, slots=True)
class Sending:
    """How this process sends."""

    owner: str  # names the leases of this process
    domain: str  # right-hand side of Message-IDs
    envelope_sender: Callable[[int], str]  # by message id: bounces name the message
    connections: int = 4
    allowlist: tuple[str, ...] = ()  # where set, only these addresses or domains are ever mailed
    timetable: Timetable = TIMETABLE
    mails_a_day: int = MAILS_A_DAY  # most that one person gets
    mails_an_hour: int | None = None  # most that go in all, of all workers; None: as many as there are
    fence: Fence | None = None  # keeps a copy or a restored backup from sending
    suppression_key: bytes = field(default=b"", repr=False)  # of the hashes of addresses that are not mailed


@dataclass(slots=True)
class DeliverReport:
    """How many mails ended how; the fields are those of `deliver --json`."""

    sent: int = 0
    deferred: int = 0
    rejected: int = 0
    unsure: int = 0
    cancelled: int = 0
    expired: int = 0
    held: int = 0
    left: int = 0  # still waiting
    above: int = field(default=0, compare=False)  # of these, due and waiting for the next hour
    fault: MailError | None = field(default=None, compare=False)  # why nothing more could be sent
    refused: MailError | None = field(default=None, compare=False)  # all mails were refused, and all alike
    lines: int = field(default=0, compare=False)  # to the mail server that were had at once
    fewer: MailError | None = field(default=None, compare=False)  # why these were not as many as wanted

    def before(self, later: "DeliverReport") -> "DeliverReport":
        """What came of it and of the pass right after it, as of one."""
        both = {name: count + getattr(later, name) for name, count in self.counts().items() if name != "left"}
        return replace(later, **both, fault=later.fault or self.fault, refused=later.refused or self.refused)

    def counts(self) -> dict[str, int]:
        return {each.name: getattr(self, each.name) for each in fields(self) if each.compare}


FAILED = "an error of this program; see its log"
#: How long a mail waits to be looked at again, to a domain of which an admin has to decide whether it still exists.
WAIT_FOR_THE_ADMIN = timedelta(hours=1)
ALIKE = 3  # mails that are refused with the same words are no chance, if no mail of the pass went
BATCH = 200  # messages claimed at once: larger ones gain little and a stop gives them all back

log = structlog.get_logger()


_NO = (SendOutcome.DEFERRED, SendOutcome.REJECTED)


class Permission(StrEnum):
    """Whether the final dot of a mail may be written."""

    GIVEN = "given"  #: It is marked, and the mark is committed.
    OVERTAKEN = "overtaken"  #: Something changed since the letter was composed: it is to be composed anew.
    TAKEN_BACK = "taken back"  #: Its lease ran out, and another worker has it now.
    GONE = "gone"  #: It is not there any more: its person was erased meanwhile.


@dataclass(frozen=True, slots=True)
class AboutToSend:
    """A mail whose final dot is to be written next."""

    letter: Letter


@dataclass(frozen=True, slots=True)
class Answered:
    """What the world said of a mail."""

    letter: Letter
    verdict: Verdict
    rendered: Rendered

    def settlement(self) -> Settlement:
        verdict = self.verdict
        return Settlement(
            message_id=self.letter.message_id,
            state=MessageState(verdict.outcome.value),
            stage=verdict.stage.value,
            code=verdict.code,
            status=verdict.status,
            reply=verdict.text,
            subject=self.rendered.subject,
            wording=self.rendered.wording,
        )


class DeliveryStore:
    """The store of one pass."""

    def __init__(self, database: Database, clock: Clock, sending: Sending) -> None:
        self._database, self._clock, self._sending = database, clock, sending
        self._tally: Counter[MessageState] = Counter()
        self._alike: Counter[tuple[object, ...]] = Counter()  # what was said of mails, and how often
        self._last: Verdict | None = None
        self._told_anew = False  # mails expired in this pass, and what they would have told is due again
        self._cache = letters.ChangeCache()
        self._composing = threading.Lock()
        #: Of the messages whose letters are at hand, by id: their address as it is stored, and its hash.
        self._addresses: dict[int, tuple[str | None, str]] = {}

    # --- before anything is sent --------------------------------------------------------------------------------

    def check_fence(self) -> MailError | None:
        """Why nothing may be sent from here."""
        if self._sending.fence is None:
            return None
        with self._database.transaction() as session:
            closed = self._sending.fence.enter(session)
        return None if closed is None else MailError(closed)

    def assemble(self) -> None:
        """Take back what dead workers held, and make mails of what is due."""
        with self._database.transaction() as session:
            alone, mine = self._database.is_sqlite, self._sending.owner
            # What stands under our own name is of an earlier pass that the database failed: this one has claimed nothing.
            dead = (
                [] if alone else [o for o in claims.owners(session) if o == mine or not is_alive(session, o)]
            )
            timetable = self._sending.timetable
            lost = claims.recover(session, self._clock.now(), alone=alone, dead=dead, timetable=timetable)
            made = self._make(session)
        if lost:
            log.warning("Mails of a worker that died were taken back.", action="mails_recovered", count=lost)
        if made:
            log.info("Mails were made of what is due.", action="mails_assembled", count=made)

    def _make(self, session: Session) -> int:
        how, now = self._sending, self._clock.now()
        transactional.say_no_study(session, now, how.domain, how.suppression_key)
        return assembly.assemble(
            session,
            now,
            how.domain,
            suppression_key=how.suppression_key,
            mails_a_day=how.mails_a_day,
        )

    # --- what goes next -----------------------------------------------------------------------------------------

    def claim(self) -> list[int]:
        """Claim the next messages: as many as a batch where there may be more that is due."""
        with self._database.transaction() as session:
            if self._told_anew:
                self._make(session)
                self._told_anew = False
            how = self._sending
            batch = claims.claim(
                session, self._clock.now(), how.owner, BATCH, mails_an_hour=how.mails_an_hour
            )
            fence = self._sending.fence if batch else None
            mark = fence.count(session, len(batch)) if fence else None
        if fence and mark:
            fence.note(mark)
        return batch

    def to_look_up(self, message_ids: Sequence[int]) -> list[Lookup]:
        """What welcomes among them are to say of what is open now."""
        with self._database.reading() as session:
            return gathering.to_look_up(session, message_ids)

    def keep_openings(self, found: Mapping[Lookup, OpenNow]) -> None:
        """Keep what was found with the mails that say it."""
        if found:
            with self._database.transaction() as session:
                gathering.keep_openings(session, found)

    def compose_anew(self, message_id: int) -> Letter | None:
        """The letter of a message of ours as things stand now; None where it does not go now."""
        return next(iter(self._composed([message_id])), None)

    def compose(self, message_ids: Sequence[int]) -> list[Letter]:
        """The letters of those messages of ours that go now; one that cannot be composed is held."""
        try:
            return self._composed(message_ids)
        except StoreError:
            raise
        except Exception as fault:  # noqa: BLE001 - it is logged and the mail is held
            if len(message_ids) > 1:  # one mail that nobody foresaw must not stop the others
                return [letter for one in message_ids for letter in self.compose([one])]
            log_failure(message_ids[0], fault)
            self.hold(message_ids[0], str(fault) if isinstance(fault, RowUnreadable) else FAILED)
            return []

    def _composed(self, message_ids: Sequence[int]) -> list[Letter]:
        """The letters of those messages of ours that go now, in the order of the ids."""
        if not message_ids:
            return []
        now, how = self._clock.now(), self._sending
        with self._composing, self._database.transaction() as session:
            rows = claims.ours(session, message_ids, how.owner)
            stale = claims.expire_stale(session, rows, now, how.timetable)
            rows = _but(rows, stale)
            waiting = suppression.waiting(session, how.suppression_key, rows)
            claims.release(session, waiting, now + WAIT_FOR_THE_ADMIN, owner=how.owner)
            rows = _but(rows, waiting)
            # A wiped address has the hash of nothing.
            hashes = {
                row.id: suppression.address_hash(how.suppression_key, row.email_key or "") for row in rows
            }
            listed = how.allowlist
            strangers = (row.id for row in rows if listed and not is_allowed(letters.route(row), listed))
            unwanted = dict.fromkeys(strangers, "not on the allow-list of recipients")
            unwanted |= dict.fromkeys(suppression.stopped(session, hashes, rows), suppression.SUPPRESSED)
            rows = _but(rows, unwanted)
            made = letters.compose_all(session, rows, now, self._cache)
            unwanted |= {row.id: letters.why_nothing(session, row) for row in rows if row.id not in made}
            for identity, why in unwanted.items():
                claims.cancel(session, identity, why, now, owner=how.owner)
        self._tally[MessageState.CANCELLED] += len(unwanted)
        self._tally[MessageState.EXPIRED] += len(stale)
        self._told_anew = self._told_anew or bool(stale)
        for message_id in sorted(stale):
            log.info("A mail is no longer news; it is made anew.", action="mail_stale", message_id=message_id)
        self._addresses.update((row.id, (row.stored, hashes[row.id])) for row in rows if row.id in made)
        return [made[i] for i in message_ids if i in made]

    # --- what becomes of it -------------------------------------------------------------------------------------

    def write(self, entries: Sequence[AboutToSend | Answered]) -> list[Permission | MessageState]:
        """Write verdicts and marks down in one transaction, the verdicts first; what came of each, in their order."""
        outcomes = {entry.letter.message_id: entry for entry in entries if isinstance(entry, Answered)}
        marks = {entry.letter.message_id: entry.letter for entry in entries if isinstance(entry, AboutToSend)}
        with self._database.transaction() as session:
            states = self._settle(session, outcomes) if outcomes else {}
            permissions = self._mark(session, marks) if marks else {}
        self._note(outcomes, states)
        return [
            states[entry.letter.message_id]
            if isinstance(entry, Answered)
            else permissions[entry.letter.message_id]
            for entry in entries
        ]

    def _settle(self, session: Session, outcomes: Mapping[int, Answered]) -> dict[int, MessageState]:
        now, how = self._clock.now(), self._sending
        settlements = [outcome.settlement() for outcome in outcomes.values()]
        states = claims.settle(session, settlements, now, owner=how.owner, timetable=how.timetable)
        went = [outcome for i, outcome in outcomes.items() if states[i] == MessageState.SENT]
        letters.after_sending(session, [(one.letter, one.rendered.left_over) for one in went], now)
        for message_id, outcome in outcomes.items():
            if outcome.verdict.dead_address:
                key, now = self._sending.suppression_key, self._clock.now()
                owner = suppression.owner_of(session, key, message_id)
                if owner is not None and owner.address_hash is not None:
                    came = suppression.condemn(session, key, owner, Suppressed.DEAD, now)
                    if came is not suppression.Condemned.KNOWN:
                        held = came is suppression.Condemned.HELD
                        log.info("An address is dead.", action="suppressed", message_id=message_id, held=held)
        return states

    def _mark(self, session: Session, marks: Mapping[int, Letter]) -> dict[int, Permission]:
        """Let those go that are still ours, and of which nothing has changed since they were composed."""
        now, how = self._clock.now(), self._sending
        without_news = {i: letter for i, letter in marks.items() if letter.kind is not LetterKind.UPDATE}
        same = letters.same_still(session, without_news, now)
        fit = [
            claims.FinalCheck(
                i,
                *self._addresses[i],
                None if i in same else [reason.subscription_id for reason in letter.reasons],
            )
            for i, letter in marks.items()
            if i in same or i not in without_news
        ]
        may_go = claims.mark(session, fit, now, owner=how.owner)
        refused = [i for i in marks if i not in may_go]
        ours = claims.whose(session, refused, how.owner) if refused else {}
        return dict.fromkeys(may_go, Permission.GIVEN) | {
            i: Permission.GONE
            if i not in ours
            else Permission.OVERTAKEN
            if ours[i]
            else Permission.TAKEN_BACK
            for i in refused
        }

    def _note(self, outcomes: Mapping[int, Answered], states: Mapping[int, MessageState]) -> None:
        alike: dict[tuple[Any, ...], list[int]] = {}
        for message_id, state in states.items():
            self._addresses.pop(message_id, None)
            self._tally[state] += 1
            self._last = verdict = outcomes[message_id].verdict
            self._alike[verdict.outcome, verdict.stage, verdict.code, verdict.status] += 1
            alike.setdefault((state, verdict.stage, verdict.code), []).append(message_id)
        for (state, stage, code), ids in alike.items():  # a line a mail would cost as much as sending it
            log.info(
                "Mails were settled.",
                action="mail_settled",
                message_ids=ids,
                state=state.value,
                stage=stage.value,
                code=code,
            )

    def hold(self, message_id: int, reason: str) -> None:
        """Keep a mail for an admin."""
        with self._database.transaction() as session:
            claims.hold(session, message_id, reason, owner=self._sending.owner)
        self._tally[MessageState.HELD] += 1
        log.error("A mail is held.", action="mail_held", message_id=message_id, reason=reason)

    def hold_untrue(self, letter: Letter, fault: UntrueError) -> None:
        """Keep for an admin what a mail says of studies that nobody stored; what else it tells may go. Else all of it."""
        now, how = self._clock.now(), self._sending
        with self._database.transaction() as session:
            if fault.studies:
                held = assembly.set_apart(
                    session, letter.message_id, fault.studies, now, how.domain, owner=how.owner
                )
            else:
                held = 1
                claims.hold(session, letter.message_id, str(fault), owner=how.owner, gate=Gate.CLOSED)
        self._tally[MessageState.HELD] += held
        log.error(
            "A mail is held.", action="mail_held", message_id=letter.message_id, reason=str(fault), count=held
        )

    def give_back(self, message_ids: Sequence[int]) -> None:
        """These were not sent."""
        if message_ids:
            with self._database.transaction() as session:
                claims.release(session, message_ids, self._clock.now(), owner=self._sending.owner)

    def report(self) -> DeliverReport:
        """How many mails ended how, in this pass, and whether all were refused alike."""
        with self._database.reading() as session:
            above = claims.above(session, self._clock.now(), self._sending.mails_an_hour)
            report = DeliverReport(left=claims.waiting(session), above=above)
        for state, count in self._tally.items():
            setattr(report, state.value, count)
        often = self._alike.total()
        if self._last is not None and self._last.outcome in _NO and often >= ALIKE and len(self._alike) == 1:
            report.refused = MailError(refused_alike(self._last, often))
        return report


def log_failure(message_id: int, fault: Exception) -> None:
    """Say loudly that a mail could not be made. The fault's own words stay out, because they can quote an address."""
    log.error(
        "A mail could not be made.",
        action="mail_failed",
        message_id=message_id,
        fault=type(fault).__name__,
        at=traceback.format_tb(fault.__traceback__),
    )


def is_allowed(address: str, allowlist: Sequence[str]) -> bool:
    """Whether this address may be mailed; where there is no list, any may."""
    domain = address.rpartition("@")[2].lower()
    return not allowlist or any(entry.lower().lstrip("@") in {address.lower(), domain} for entry in allowlist)


def _but(rows: Iterable[Any], message_ids: Container[int]) -> list[Any]:
    return [row for row in rows if row.id not in message_ids]
