"""Several lines to the mail server, each with one mail at a time, and the letters that wait for them."""

import asyncio
from collections import deque
from dataclasses import dataclass

import structlog

from notifier.domain.letter import Letter
from notifier.errors import MailError, RenderError, StoreError, UntrueError
from notifier.mail.smtp.envelope import Envelope
from notifier.services.deliver.group_commit import GroupCommit
from notifier.services.deliver.parts import Posting, Rendered, Renderer, Sending, Transport
from notifier.services.deliver.store import (
    BATCH,
    FAILED,
    AboutToSend,
    Answered,
    Batch,
    DeliveryStore,
    Permission,
    log_failure,
)
from notifier.storage.models import MessageState

FEW = BATCH // 2  # letters that are left when more are fetched, so that no line waits for them
MOST_TRIES = 3  # of composing one letter, when things change while it is on its way

log = structlog.get_logger()


class _TakenBackError(Exception):
    """The lease of a mail ran out, and another worker has it now."""


class _OvertakenError(Exception):
    """Something changed since the letter was composed."""


@dataclass(frozen=True, slots=True)
class _Made:
    """A letter and its mail, or why there is none."""

    letter: Letter
    mail: Rendered | Exception


class Senders:
    """One pass. `fault`: why no mail can be sent at all; `store_fault`: why nothing could be written down any more."""

    def __init__(
        self,
        store: DeliveryStore,
        transport: Transport,
        renderer: Renderer,
        sending: Sending,
        stopping: asyncio.Event,
    ) -> None:
        self._store, self._transport, self._renderer = store, transport, renderer
        self._sending, self._stopping = sending, stopping
        self._group_commit = GroupCommit(store.write)
        self._ready: deque[_Made] = deque()  # claimed, and not begun
        self._more = False  # there may be more that is due
        self._fetching: asyncio.Task[None] | None = None
        self._broken: Exception | None = None
        self.fault: MailError | None = None
        self.store_fault: StoreError | None = None

    async def run(self) -> None:
        """Send what is due, round by round: a mail that is made anew, or waited for another one, is of a later round."""
        self.fault = await asyncio.to_thread(self._store.check_fence)
        if self._over:
            return
        await asyncio.to_thread(self._store.assemble)
        while not self._over and (taken := await self._take())[0].claimed:
            self._put_by(taken)
            try:
                await self._round(min(self._sending.connections, len(self._ready)))
            finally:
                await asyncio.shield(self._wind_up())
            if self._broken is not None:
                raise self._broken

    @property
    def _over(self) -> bool:
        ends = (self.fault, self.store_fault, self._broken)
        return self._stopping.is_set() or any(end is not None for end in ends)

    async def _round(self, lines: int) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(lines):
                group.create_task(self._send_in_turn())

    async def _wind_up(self) -> None:
        """Let all that is begun in the store come to its end, and give back what was not sent."""
        if self._fetching is not None:
            await asyncio.wait({self._fetching})
        await self._group_commit.close()
        left = [made.letter.message_id for made in self._ready]
        self._ready.clear()
        await asyncio.to_thread(self._store.give_back, left)

    # --- what goes next -----------------------------------------------------------------------------------------

    async def _next(self) -> _Made | None:
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
            self._put_by(await self._take())
        except StoreError as fault:
            self.store_fault = fault
        except Exception as fault:  # noqa: BLE001 - it ends the pass, see `run`
            self._broken = fault
        finally:
            self._fetching = None

    async def _take(self) -> tuple[Batch, list[_Made]]:
        return await asyncio.to_thread(self._taken)

    def _taken(self) -> tuple[Batch, list[_Made]]:
        """In a thread, because making a mail takes milliseconds, and of a hostile record as long as it likes."""
        batch = self._store.take()
        return batch, [self._made(letter) for letter in batch.letters]

    def _made(self, letter: Letter) -> _Made:
        try:
            return _Made(letter, self._renderer.render(letter))
        except Exception as fault:  # noqa: BLE001 - it is of this mail alone, and comes up when that is to go
            return _Made(letter, fault)

    def _put_by(self, taken: tuple[Batch, list[_Made]]) -> None:
        batch, made = taken
        self._ready.extend(made)
        self._more = batch.is_full

    # --- one line -----------------------------------------------------------------------------------------------

    async def _send_in_turn(self) -> None:
        """Take one letter after the other until there are none or the pass is over."""
        self._group_commit.lines += 1
        try:
            async with self._transport.session() as line:
                while (made := await self._next()) is not None:
                    await self._send_or_give_up(line, made)
                    _stop_if_cancelled()
        finally:
            self._group_commit.line_left()

    async def _send_or_give_up(self, line: Posting, made: _Made) -> None:
        try:
            await self._send_or_hold(line, made)
        except MailError as fault:
            self._ready.appendleft(made)
            self.fault = fault
        except StoreError as fault:
            # It is not given back: it may have gone out, and its marks in the store say so to whoever recovers it.
            self.store_fault = fault

    async def _send_or_hold(self, line: Posting, made: _Made) -> None:
        try:
            await self._send(line, made)
        except (MailError, StoreError):
            raise
        except Exception as fault:  # noqa: BLE001 - it is logged and the mail is held
            # One mail that nobody foresaw must not stop the others; it is kept, and it is loud.
            log_failure(made.letter.message_id, fault)
            await self._hold(made.letter.message_id, FAILED)

    async def _send(self, line: Posting, made: _Made) -> None:
        """Send a mail; what it says is made anew as long as things change while it is on its way."""
        message_id = made.letter.message_id
        now: _Made | None = made
        for _ in range(MOST_TRIES):
            if now is None:
                return
            try:
                await self._hand_over(line, now)
            except _OvertakenError:
                now = await asyncio.to_thread(self._made_anew, message_id)
            else:
                return
        await self._hold(message_id, "what it tells changed again and again while it was on its way")

    def _made_anew(self, message_id: int) -> _Made | None:
        letter = self._store.compose_anew(message_id)
        return None if letter is None else self._made(letter)

    async def _hand_over(self, line: Posting, made: _Made) -> None:
        letter = made.letter
        try:
            if isinstance(made.mail, Exception):
                raise made.mail
            rendered, envelope = made.mail, self._envelope(letter, made.mail)
        except UntrueError as fault:
            await asyncio.to_thread(self._store.hold_untrue, letter, fault)
            raise _OvertakenError from fault  # what is left of it can go
        except RenderError as fault:
            await self._hold(letter.message_id, str(fault))
            return
        try:
            verdict = await line.send(envelope, before_data=lambda: self._may_go(letter))
        except _TakenBackError:
            log.warning(
                "A mail was left to another worker.", action="lease_lost", message_id=letter.message_id
            )
            return
        self._enter(Answered(letter, verdict, rendered))

    async def _may_go(self, letter: Letter) -> None:
        """Returns when it is committed that the final dot may be written."""
        permission = await self._group_commit.enter(AboutToSend(letter))
        if permission is Permission.TAKEN_BACK:
            raise _TakenBackError
        if permission is Permission.OVERTAKEN:
            raise _OvertakenError

    def _enter(self, outcome: Answered) -> None:
        written = self._group_commit.enter(outcome)
        written.add_done_callback(self._note_fault)

    def _note_fault(self, written: "asyncio.Future[Permission | MessageState]") -> None:
        fault = None if written.cancelled() else written.exception()
        if isinstance(fault, StoreError):
            self.store_fault = fault

    async def _hold(self, message_id: int, reason: str) -> None:
        await asyncio.to_thread(self._store.hold, message_id, reason)

    def _envelope(self, letter: Letter, rendered: Rendered) -> Envelope:
        return Envelope(
            sender=self._sending.envelope_sender(letter.message_id),
            recipient=rendered.recipient,
            content=rendered.content,
            name=letter.rfc_message_id.strip("<>").partition("@")[0],
            smtputf8=rendered.needs_smtputf8,
        )


def _stop_if_cancelled() -> None:
    # A session finishes the mail in flight before it lets a cancellation through; see notifier.smtp.
    if (task := asyncio.current_task()) is not None and task.cancelling():
        raise asyncio.CancelledError
