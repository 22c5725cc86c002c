"""One deliver pass: everything that is due goes out, each mail once.

It may be killed anywhere and run again: a claim is committed before SMTP is spoken, the mark that the final dot may be
written is committed before it can be, and a verdict as soon as it is known. Holds no SQL, knows neither templates nor
SMTP, and speaks to both through the protocols below.
"""

import asyncio
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, fields
from typing import Protocol

import structlog

from notifier import letters, outbox, suppression
from notifier.clock import Clock
from notifier.database import Database, Session
from notifier.database.sharing import is_alive
from notifier.errors import MailError, RenderError, StoreError
from notifier.fence import Fence
from notifier.letter import Letter
from notifier.outbox import Settlement
from notifier.outbox.ceiling import MAILS_A_DAY
from notifier.schedule import TIMETABLE, Timetable
from notifier.smtp.envelope import Envelope
from notifier.smtp.verdict import Verdict
from notifier.tables import MessageRow, MessageState, Suppressed

SETTLE_AGAIN_AFTER = (0.5, 1.0, 2.0, 4.0)  # seconds: a verdict that is lost is a mail sent twice, or held
BATCH = 100  # messages claimed at once: larger ones gain nothing and a stop gives them all back

log = structlog.get_logger()


class Posting(Protocol):
    """One line to the mail server, used by one task."""

    async def send(self, envelope: Envelope, *, before_data: Callable[[], Awaitable[None]]) -> Verdict:
        """Hand one mail over. Raises MailError when no mail can be sent at all."""
        ...


class Transport(Protocol):
    """The way out of this machine."""

    def session(self) -> AbstractAsyncContextManager[Posting]: ...


class Rendered(Protocol):
    """A mail in bytes; `left_over` are the studies that did not fit in, `wording` is the version of its words."""

    @property
    def content(self) -> bytes: ...
    @property
    def text(self) -> str: ...
    @property
    def html(self) -> str: ...
    @property
    def recipient(self) -> str: ...
    @property
    def left_over(self) -> Sequence[str]: ...
    @property
    def subject(self) -> str: ...
    @property
    def wording(self) -> str: ...
    @property
    def needs_smtputf8(self) -> bool: ...


class Renderer(Protocol):
    """Makes a mail of a letter. Raises RenderError when it cannot be right."""

    def render(self, letter: Letter) -> Rendered: ...


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
    fault: MailError | None = field(default=None, compare=False)  # why nothing more could be sent

    def counts(self) -> dict[str, int]:
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "fault"}


async def deliver(
    database: Database,
    transport: Transport,
    renderer: Renderer,
    clock: Clock,
    sending: Sending,
    stopping: asyncio.Event | None = None,
) -> DeliverReport:
    """One pass: assemble what is due, and send it on several lines at once.

    When `stopping` is set no new mail is begun; those in flight are finished and the rest is given back. A MailError
    ends the pass and blames no message; it is in the report. Raises StoreError when the database fails meanwhile.
    """
    delivery = _Delivery(database, transport, renderer, clock, sending, stopping or asyncio.Event())
    return await delivery.run()


class _TakenBackError(Exception):
    """The lease of a mail ran out, and another worker has it now."""


class _Delivery:
    def __init__(
        self,
        database: Database,
        transport: Transport,
        renderer: Renderer,
        clock: Clock,
        sending: Sending,
        stopping: asyncio.Event,
    ) -> None:
        self._database, self._transport, self._renderer = database, transport, renderer
        self._clock, self._sending, self._stopping = clock, sending, stopping
        self._tally: Counter[MessageState] = Counter()
        self._claimed: list[int] = []
        self._told_anew = False  # mails expired in this pass, and what they would have told is due again
        self._fault: MailError | None = None
        self._store_fault: StoreError | None = None

    async def run(self) -> DeliverReport:
        with self._database.alive(self._sending.owner):
            await self._run()
        if self._store_fault is not None:
            raise self._store_fault
        return await asyncio.to_thread(self._report)

    async def _run(self) -> None:
        await asyncio.to_thread(self._check_fence)
        if self._over:
            return
        await asyncio.to_thread(self._assemble)
        while not self._over and (batch := await asyncio.to_thread(self._claim)):
            self._claimed = list(reversed(batch))
            lines = min(self._sending.connections, len(batch))
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(lines):
                        group.create_task(self._send_in_turn())
            finally:
                await asyncio.shield(asyncio.to_thread(self._give_back))

    @property
    def _over(self) -> bool:
        return self._stopping.is_set() or self._fault is not None or self._store_fault is not None

    def _check_fence(self) -> None:
        if self._sending.fence is not None:
            with self._database.transaction() as session:
                closed = self._sending.fence.enter(session)
            self._fault = None if closed is None else MailError(closed)

    def _assemble(self) -> None:
        now = self._clock.now()
        with self._database.transaction() as session:
            lost = self._recover(session)
            outbox.forget_slow_domains(session, now)
            made = self._make(session)
        if lost:
            log.warning("Mails of a worker that died were taken back.", action="mails_recovered", count=lost)
        if made:
            log.info("Mails were made of what is due.", action="mails_assembled", count=made)

    def _make(self, session: Session) -> int:
        now, how = self._clock.now(), self._sending
        return outbox.assemble(
            session, now, how.domain, suppression_key=how.suppression_key, mails_a_day=how.mails_a_day
        )

    def _recover(self, session: Session) -> int:
        alone, mine = self._database.is_sqlite, self._sending.owner
        # What stands under our own name is of an earlier pass that the database failed: this one has claimed nothing.
        dead = [] if alone else [o for o in outbox.owners(session) if o == mine or not is_alive(session, o)]
        timetable = self._sending.timetable
        return outbox.recover(session, self._clock.now(), alone=alone, dead=dead, timetable=timetable)

    def _claim(self) -> list[int]:
        with self._database.transaction() as session:
            if self._told_anew:
                self._make(session)
                self._told_anew = False
            batch = outbox.claim(session, self._clock.now(), self._sending.owner, BATCH)
            fence = self._sending.fence if batch else None
            mark = fence.count(session, len(batch)) if fence else None
        if fence and mark:
            fence.note(mark)
        return batch

    async def _send_in_turn(self) -> None:
        """One line: takes one claimed message after the other until there are none or the pass is over."""
        async with self._transport.session() as line:
            while self._claimed and not self._over:
                await self._send_next(line, self._claimed.pop())
                _stop_if_cancelled()

    async def _send_next(self, line: Posting, message_id: int) -> None:
        try:
            await self._send_or_hold(line, message_id)
        except MailError as fault:
            self._claimed.append(message_id)
            self._fault = fault
        except StoreError as fault:
            # It is not given back: it may have gone out, and its marks in the store say so to whoever recovers it.
            self._store_fault = fault

    async def _send_or_hold(self, line: Posting, message_id: int) -> None:
        try:
            await self._send(line, message_id)
        except (MailError, StoreError):
            raise
        except Exception as fault:  # noqa: BLE001 - it is logged and the mail is held
            # One mail that nobody foresaw must not stop the others; it is kept, and it is loud. The fault's own words
            # stay out of the log, because they can quote an address.
            log.error(  # noqa: TRY400 - see above
                "A mail could not be made.",
                action="mail_failed",
                message_id=message_id,
                fault=type(fault).__name__,
                at=traceback.format_tb(fault.__traceback__),
            )
            await asyncio.to_thread(self._hold, message_id, "an error of this program; see its log")

    async def _send(self, line: Posting, message_id: int) -> None:
        letter = await asyncio.to_thread(self._compose, message_id)
        if letter is None:
            return
        try:
            rendered = self._renderer.render(letter)
            envelope = self._envelope(letter, rendered)
        except RenderError as fault:
            await asyncio.to_thread(self._hold, message_id, str(fault))
            return
        try:
            verdict = await line.send(envelope, before_data=lambda: self._transmitting(message_id))
        except _TakenBackError:
            log.warning("A mail was left to another worker.", action="lease_lost", message_id=message_id)
            return
        try:
            await asyncio.shield(self._settle_surely(letter, verdict, rendered))
        except StoreError:
            raise
        except Exception as fault:
            # The mail may have gone: its marks stay, and whoever recovers it takes it for unsure, not for unsent.
            raise StoreError(
                f"The verdict on message {message_id} could not be written: see the log"
            ) from fault

    async def _settle_surely(self, letter: Letter, verdict: Verdict, rendered: Rendered) -> None:
        """Write a verdict down, also when the database is away for a moment."""
        for wait in SETTLE_AGAIN_AFTER:
            try:
                return await asyncio.to_thread(self._settle, letter, verdict, rendered)
            except StoreError:
                await asyncio.sleep(wait)
        return await asyncio.to_thread(self._settle, letter, verdict, rendered)

    def _envelope(self, letter: Letter, rendered: Rendered) -> Envelope:
        return Envelope(
            sender=self._sending.envelope_sender(letter.message_id),
            recipient=rendered.recipient,
            content=rendered.content,
            name=letter.rfc_message_id.strip("<>").partition("@")[0],
            smtputf8=rendered.needs_smtputf8,
        )

    def _compose(self, message_id: int) -> Letter | None:
        now, owner = self._clock.now(), self._sending.owner
        with self._database.transaction() as session:
            # Held on to, so that the store is not asked for the same row again and again.
            message = outbox.renew(session, message_id, owner, now)
            if message is None or self._must_wait(session, message):
                return None
            if suppression.stops(session, self._sending.suppression_key, message_id):
                letter, why = None, "suppressed"
            else:
                letter, why = letters.compose(session, message_id, now), "nobody wants it any more"
            if letter is None:
                outbox.cancel(session, message_id, why, now, owner=owner)
            elif not is_allowed(letter.recipient, self._sending.allowlist):
                outbox.cancel(session, message_id, "not on the allow-list of recipients", now, owner=owner)
                letter = None
        if letter is None:
            self._tally[MessageState.CANCELLED] += 1
        return letter

    def _must_wait(self, session: Session, message: MessageRow) -> bool:
        """Whether the mail does not go now: its domain asked us to slow down, or it is no longer news."""
        now = self._clock.now()
        if outbox.put_off(session, message, now):
            return True
        stale = outbox.expire_stale(session, message, now, self._sending.timetable)
        if stale:
            self._tally[MessageState.EXPIRED] += 1
            self._told_anew = True
            log.info("A mail is no longer news; it is made anew.", action="mail_stale", message_id=message.id)
        return stale

    def _hold(self, message_id: int, reason: str) -> None:
        with self._database.transaction() as session:
            outbox.hold(session, message_id, reason, owner=self._sending.owner)
        self._tally[MessageState.HELD] += 1
        log.error("A mail is held.", action="mail_held", message_id=message_id, reason=reason)

    async def _transmitting(self, message_id: int) -> None:
        await asyncio.to_thread(self._mark_transmitting, message_id)

    def _mark_transmitting(self, message_id: int) -> None:
        now, owner = self._clock.now(), self._sending.owner
        with self._database.transaction() as session:
            if not outbox.transmitting(session, message_id, now, owner=owner):
                raise _TakenBackError

    def _settle(self, letter: Letter, verdict: Verdict, rendered: Rendered) -> None:
        settlement = Settlement(
            message_id=letter.message_id,
            state=MessageState(verdict.outcome.value),
            stage=verdict.stage.value,
            code=verdict.code,
            status=verdict.status,
            reply=verdict.text,
            subject=rendered.subject,
            wording=rendered.wording,
        )
        with self._database.transaction() as session:
            now, how = self._clock.now(), self._sending
            state = outbox.settle(session, settlement, now, owner=how.owner, timetable=how.timetable)
            if state == MessageState.SENT:
                letters.after_sending(session, letter, rendered.left_over, now)
            if verdict.dead_address:
                self._suppress(session, letter.message_id)
        self._tally[state] += 1
        log.info(
            "A mail was settled.",
            action="mail_settled",
            message_id=letter.message_id,
            state=state.value,
            stage=verdict.stage.value,
            code=verdict.code,
        )

    def _suppress(self, session: Session, message_id: int) -> None:
        key, now = self._sending.suppression_key, self._clock.now()
        if suppression.suppress_owner(session, key, message_id, Suppressed.DEAD, now):
            log.info("An address is dead.", action="suppressed", message_id=message_id)

    def _give_back(self) -> None:
        if self._claimed:
            with self._database.transaction() as session:
                outbox.release(session, self._claimed, self._clock.now(), owner=self._sending.owner)
            self._claimed = []

    def _report(self) -> DeliverReport:
        with self._database.reading() as session:
            left = outbox.waiting(session)
        counts = {state.value: count for state, count in self._tally.items()}
        return DeliverReport(**counts, left=left, fault=self._fault)


def _stop_if_cancelled() -> None:
    # A session finishes the mail in flight before it lets a cancellation through; see notifier.smtp.
    if (task := asyncio.current_task()) is not None and task.cancelling():
        raise asyncio.CancelledError


def is_allowed(address: str, allowlist: Sequence[str]) -> bool:
    """Whether this address may be mailed; where there is no list, any may."""
    domain = address.rpartition("@")[2].lower()
    return not allowlist or any(entry.lower().lstrip("@") in {address.lower(), domain} for entry in allowlist)
