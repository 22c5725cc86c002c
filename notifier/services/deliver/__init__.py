"""One deliver pass: everything that is due goes out, each mail once, on several lines with one mail at a time each.

It may be killed anywhere and run again: a claim is committed before SMTP is spoken, the mark that the final dot may be
written is committed before it can be, and a verdict as soon as it is known. Holds no SQL, and knows neither
templates nor SMTP. `store` has its transactions, which are gathered here.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import structlog

from notifier.clock import Clock
from notifier.domain.letter import Letter
from notifier.errors import MailError, RenderError, StoreError, UntrueError
from notifier.mail.render.renderer import Rendered, Renderer
from notifier.mail.smtp.envelope import Envelope, Session, Transport
from notifier.services.deliver.openings import Openings
from notifier.services.deliver.store import (
    BATCH,
    FAILED,
    AboutToSend,
    Answered,
    DeliverReport,
    DeliveryStore,
    Permission,
    Sending,
    is_allowed,
    log_failure,
)
from notifier.storage.engine import Database
from notifier.storage.models import MessageState

__all__ = ["DeliverReport", "Openings", "Sending", "deliver", "is_allowed"]

Entry = AboutToSend | Answered
Answer = Permission | MessageState
Write = Callable[[Sequence[Entry]], list[Answer]]

ENOUGH = 16  # marks that are worth a transaction, also if other lines have none yet
PATIENCE = 0.012  # seconds that the first of a group waits for others
SETTLE_AGAIN_AFTER = (0.5, 1.0, 2.0, 4.0)  # seconds: a verdict that is lost is a mail sent twice, or held


class DeniedError(Exception):
    """The final dot of a mail may not be written; `permission` says why."""

    def __init__(self, permission: Permission | MessageState) -> None:
        super().__init__(permission)
        self.permission = permission


class GroupCommit:
    """One transaction at a time, in a thread; entries are written in the order in which they came.

    `lines`: how many lines are at work, each of which waits for one mark at most.
    """

    def __init__(self, write: Write) -> None:
        self.lines = 0
        self.fault: StoreError | None = None  # why a verdict could not be written; the pass hears of it
        self._away: StoreError | None = None  # why none can be, so that nothing more is begun
        self._write = write
        self._marks = 0  # that wait
        self._changed = asyncio.Event()  # the group is complete
        self._closing = False
        self._waiting: list[tuple[Entry, asyncio.Future[Answer]]] = []
        self._writer: asyncio.Task[None] | None = None

    def enter(self, entry: Entry) -> "asyncio.Future[Answer]":
        """Hand an entry in; what comes of it is known when its transaction is committed.

        Raises DeniedError, by what it returns, where a mail that was about to be sent may not go.
        """
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, answer))
        self._marks += isinstance(entry, AboutToSend)
        if self._is_enough:
            self._changed.set()
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())
        return answer

    async def close(self) -> None:
        """Wait until everything is written, or given up."""
        self._closing = True
        self._changed.set()
        if self._writer is not None:
            await self._writer
        self._closing = False

    def line_left(self) -> None:
        """A line has ended; nothing more comes of it."""
        self.lines -= 1
        self._changed.set()

    async def _write_all(self) -> None:
        while self._waiting:
            # Wait for those who are about to hand something in; a line that is alone waits for nobody.
            if self.lines < 2:
                await asyncio.sleep(0)
            else:
                with suppress(TimeoutError):
                    async with asyncio.timeout(PATIENCE):
                        while not self._is_enough:
                            self._changed.clear()
                            await self._changed.wait()
            group, self._waiting, self._marks = self._waiting, [], 0
            # A mark is smaller than a verdict, and fits on a disk that is nearly full.
            if self._away is not None:
                for entry, answer in group:
                    if isinstance(entry, AboutToSend):
                        _refuse(answer, self._away)
                group = [one for one in group if isinstance(one[0], Answered)]
            if group:
                await self._write_group(group)

    @property
    def _is_enough(self) -> bool:
        return self._closing or self._marks >= min(self.lines, ENOUGH)

    async def _write_group(self, group: "Sequence[tuple[Entry, asyncio.Future[Answer]]]") -> None:
        try:
            answers = await asyncio.to_thread(self._write, [entry for entry, _ in group])
        except StoreError as fault:
            await self._write_again(group, fault)
        except Exception as fault:  # noqa: BLE001 - it is handed to whoever entered the one that caused it
            if len(group) > 1:  # one entry that nobody foresaw must not take the others along
                for one in group:
                    await self._write_group([one])
                return
            ((entry, answer),) = group
            told: Exception = fault
            if isinstance(entry, Answered):
                # The mail may have gone: its marks stay, and whoever recovers it takes it for unsure, not for unsent.
                why = f"The verdict on message {entry.letter.message_id} could not be written: see the log"
                told = self.fault = StoreError(why)
                told.__cause__ = fault
            _refuse(answer, told)
        else:
            _give(group, answers)

    async def _write_again(
        self, group: "Sequence[tuple[Entry, asyncio.Future[Answer]]]", fault: StoreError
    ) -> None:
        """Write verdicts down also when the database is away for a moment; nothing is begun meanwhile."""
        for entry, answer in group:
            if isinstance(entry, AboutToSend):
                _refuse(answer, fault)
        verdicts = [one for one in group if isinstance(one[0], Answered)]
        for wait in SETTLE_AGAIN_AFTER if verdicts else ():
            await asyncio.sleep(wait)
            try:
                answers = await asyncio.to_thread(self._write, [entry for entry, _ in verdicts])
            except StoreError as again:
                fault = again
            else:
                _give(verdicts, answers)
                return
        if verdicts:
            self.fault = self._away = fault
        for _, answer in verdicts:
            _refuse(answer, fault)


def _give(group: "Sequence[tuple[Entry, asyncio.Future[Answer]]]", answers: Sequence[Answer]) -> None:
    for (_, answer), said in zip(group, answers, strict=True):
        if isinstance(said, Permission) and said is not Permission.GIVEN:
            _refuse(answer, DeniedError(said))
        elif not answer.done():
            answer.set_result(said)


def _refuse(answer: "asyncio.Future[Answer]", fault: Exception) -> None:
    if not answer.done():
        answer.set_exception(fault)
        # Looked at, for whoever handed it in may be gone: the pass hears of it by `fault`.
        answer.exception()


FEW = BATCH  # mails that are left when more are fetched: they are made all the time, so that no line waits for them
MOST_TRIES = 3  # of composing one letter, when things change while it is on its way
CHANGES = "what it tells changed again and again while it was on its way"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A letter that was claimed, and what goes out for it."""

    letter: Letter
    rendered: Rendered
    envelope: Envelope


class Senders:
    """One pass. `fault`: why no mail can be sent at all.

    A line that the mail server refuses ends, and the others go on: `lines` is how many could be had at once, and
    `fewer` why not as many as are set.
    """

    def __init__(
        self,
        store: DeliveryStore,
        transport: Transport,
        renderer: Renderer,
        sending: Sending,
        stopping: asyncio.Event,
        openings: Openings | None,
        moved: Callable[[], object],
    ) -> None:
        self._openings, self._moved = openings, moved
        self._store, self._transport, self._renderer = store, transport, renderer
        self._sending, self._stopping = sending, stopping
        self._group_commit = GroupCommit(store.write)
        self._ready: deque[OutgoingMail] = deque()  # claimed, made, and not begun
        self._unmade: list[int] = []  # messages that were claimed, and will not be made in this pass
        self._more = False  # there may be more that is due
        self._fetching: asyncio.Task[None] | None = None
        self._rendering = threading.Lock()  # a renderer keeps what mails share, and makes one mail at a time
        self._answers = 0  # of the mail server about a mail, in this round
        self._broken: Exception | None = None
        self.lines = 0
        self.fewer: MailError | None = None
        self.fault: MailError | None = None
        self._store_fault: StoreError | None = None

    async def run(self) -> None:
        """Send what is due, round by round: a mail that is made anew, or waited for another one, is of a later round."""
        self.fault = await asyncio.to_thread(self._store.check_fence)
        if self._over:
            return
        await asyncio.to_thread(self._store.assemble)
        most = self._sending.connections
        while not self._over and await self._take():
            try:
                # Send over so many lines; returns how many of them were refused. Where all were, that is the fault.
                lines = min(most, len(self._ready))
                self._answers, refused = 0, list[MailError]()
                async with asyncio.TaskGroup() as group:
                    for _ in range(lines):
                        group.create_task(self._send_in_turn(refused))
                if refused and not self._answers:
                    self.fault = refused[-1]
                elif refused:
                    self.fewer = refused[-1]
                self.lines = max(self.lines, lines - len(refused))
                # Where a line was refused after it had sent, it may be had again, or the last one would be the end.
                most -= min(len(refused), lines - 1)
            finally:
                await asyncio.shield(self._wind_up())
            if self._broken is not None:
                raise self._broken
        if self.fewer is not None and self.fault is None:
            log.warning(
                "The mail server takes fewer connections than NOTIFIER_SMTP_CONNECTIONS says.",
                action="lines_refused",
                lines=self.lines,
                wanted=self._sending.connections,
                fault=str(self.fewer),
            )

    @property
    def store_fault(self) -> StoreError | None:
        """Why nothing could be written down any more."""
        return self._store_fault or self._group_commit.fault

    @property
    def _over(self) -> bool:
        ends = (self.fault, self.store_fault, self._broken)
        return self._stopping.is_set() or any(end is not None for end in ends)

    async def _wind_up(self) -> None:
        """Let all that is begun in the store come to its end, and give back what was not sent."""
        if self._fetching is not None:
            await asyncio.wait({self._fetching})
        await self._group_commit.close()
        left = [*self._unmade, *(mail.letter.message_id for mail in self._ready)]
        self._ready.clear()
        self._unmade.clear()
        await asyncio.to_thread(self._store.give_back, left)

    # --- what goes next -----------------------------------------------------------------------------------------

    async def _next(self) -> OutgoingMail | None:
        """The next mail; None when there is none, or the pass is over. More are fetched before they run out."""
        while not self._over:
            if self._more and self._fetching is None and len(self._ready) <= FEW:
                self._fetching = asyncio.create_task(self._fetch())
            if self._ready:
                return self._ready.popleft()
            if self._fetching is None:
                return None
            await asyncio.wait({self._fetching})
        return None

    async def _fetch(self) -> None:
        try:
            await self._take()
        except StoreError as fault:
            self._store_fault = fault
        except Exception as fault:  # noqa: BLE001 - it ends the pass, see `run`
            self._broken = fault
        finally:
            self._fetching = None

    async def _take(self) -> bool:
        """Claim the next messages and make their mails, in a thread: what they tell may be large. Whether any were."""
        ids = await asyncio.to_thread(self._store.claim)
        self._more = len(ids) == BATCH  # there may be more that is due
        if (
            self._openings is not None
            and ids
            and (wanted := await asyncio.to_thread(self._store.to_look_up, ids))
        ):
            found = await self._openings.found(wanted)
            await asyncio.to_thread(self._store.keep_openings, found)
        await asyncio.to_thread(self._make, ids)
        return bool(ids)

    def _make(self, message_ids: Sequence[int]) -> None:
        for letter in self._store.compose(message_ids):
            if self._over:
                self._unmade.append(letter.message_id)
            elif (mail := self._made(letter)) is not None:
                self._ready.append(mail)

    def _made(self, letter: Letter) -> OutgoingMail | None:
        """The mail of a letter; one that cannot be made is held, and what is not true of it alone where the rest can go."""
        now: Letter | None = letter
        for _ in range(MOST_TRIES):
            if now is None:
                return None
            try:
                with self._rendering:
                    rendered = self._renderer.render(now)
                envelope = Envelope(
                    sender=self._sending.envelope_sender(now.message_id),
                    recipient=rendered.recipient,
                    content=rendered.content,
                    name=now.rfc_message_id.strip("<>").partition("@")[0],
                    smtputf8=rendered.needs_smtputf8,
                )
                return OutgoingMail(now, rendered, envelope)
            except UntrueError as fault:
                self._store.hold_untrue(now, fault)
                now = self._store.compose_anew(letter.message_id)
            except RenderError as fault:
                self._store.hold(letter.message_id, str(fault))
                return None
            except Exception as fault:  # noqa: BLE001 - it is logged and the mail is held
                # One mail that nobody foresaw must not stop the others; it is kept, and it is loud.
                log_failure(letter.message_id, fault)
                self._store.hold(letter.message_id, FAILED)
                return None
        self._store.hold(letter.message_id, CHANGES)
        return None

    # --- one line -----------------------------------------------------------------------------------------------

    async def _send_in_turn(self, refused: list[MailError]) -> None:
        """Send one mail after the other until there are none, the pass is over, or the line is refused."""
        self._group_commit.lines += 1
        try:
            async with self._transport.session() as line:
                while (mail := await self._next()) is not None:
                    try:
                        await self._send(line, mail)
                    except (MailError, asyncio.CancelledError):
                        self._ready.appendleft(mail)  # nothing of it has gone
                        raise
                    except StoreError as fault:
                        # It is not given back: it may have gone out, and its marks in the store say so to whoever recovers it.
                        self._store_fault = fault
                    except Exception as fault:  # noqa: BLE001 - as in `_made`
                        log_failure(mail.letter.message_id, fault)
                        await self._hold(mail.letter.message_id, FAILED)
                    # A session finishes the mail in flight before it lets a cancellation through; see notifier.smtp.
                    if (task := asyncio.current_task()) is not None and task.cancelling():
                        raise asyncio.CancelledError
        except MailError as fault:
            refused.append(fault)
        finally:
            self._group_commit.line_left()

    async def _send(self, line: Session, mail: OutgoingMail) -> None:
        """Send a mail; what it says is made anew as long as things change while it is on its way."""
        now: OutgoingMail | None = mail
        for _ in range(MOST_TRIES):
            if now is None:
                return
            # The mark that its final dot may be written is asked for once, and is committed before that dot can be.
            mark = partial(self._group_commit.enter, AboutToSend(now.letter))
            self._moved()
            try:
                verdict = await line.send(now.envelope, before_data=mark)
            except DeniedError as denied:
                if denied.permission is Permission.GONE:
                    log.info(
                        "A mail is not sent: its person was erased meanwhile.",
                        action="mail_erased",
                        message_id=mail.letter.message_id,
                    )
                    return
                if denied.permission is Permission.TAKEN_BACK:
                    log.warning(
                        "A mail was left to another worker.",
                        action="lease_lost",
                        message_id=mail.letter.message_id,
                    )
                    return
                letter = await asyncio.to_thread(self._store.compose_anew, mail.letter.message_id)
                now = None if letter is None else await asyncio.to_thread(self._made, letter)
            else:
                self._answers += 1
                self._group_commit.enter(Answered(now.letter, verdict, now.rendered))
                return
            finally:
                self._moved()
        await self._hold(mail.letter.message_id, CHANGES)

    async def _hold(self, message_id: int, reason: str) -> None:
        await asyncio.to_thread(self._store.hold, message_id, reason)


async def deliver(
    database: Database,
    transport: Transport,
    renderer: Renderer,
    clock: Clock,
    sending: Sending,
    stopping: asyncio.Event | None = None,
    openings: Openings | None = None,
    moved: Callable[[], object] = lambda: None,
) -> DeliverReport:
    """One pass: assemble what is due, and send it on several lines at once.

    When `stopping` is set no new mail is begun; those in flight are finished and the rest is given back. A MailError
    ends the pass and blames no message; it is in the report. openings: what tells welcomes which studies are open now.
    moved: called where a mail goes on its way, and where it came to an end. Raises StoreError when the database fails meanwhile.
    """
    store = DeliveryStore(database, clock, sending)
    senders = Senders(store, transport, renderer, sending, stopping or asyncio.Event(), openings, moved)
    with database.alive(sending.owner):
        await senders.run()
    if senders.store_fault is not None:
        raise senders.store_fault
    report = await asyncio.to_thread(store.report)
    report.fault, report.lines, report.fewer = senders.fault, senders.lines, senders.fewer
    return report
