"""Writes down what the lines hand in, in groups: as soon as every line waits for its mark, or enough do, or one for long.

A commit costs more than what is in it, and lines that wait for the same commit wait no longer for it together. A line
hands in a verdict and goes on; the mark of its next mail stands behind that verdict, so a line never has more than one
mail whose final dot was written and whose verdict is not committed.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from notifier.errors import StoreError
from notifier.services.deliver.store import AboutToSend, Answered, Permission
from notifier.storage.models import MessageState

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
        self._write = write
        self._marks = 0  # that wait
        self._changed = asyncio.Event()  # something came that may complete the group
        self._closing = False
        self._waiting: list[tuple[Entry, asyncio.Future[Answer]]] = []
        self._writer: asyncio.Task[None] | None = None

    def enter(self, entry: Entry) -> "asyncio.Future[Answer]":
        """Hand an entry in; what comes of it is known when its transaction is committed.

        Raises DeniedError, by what it returns, where a mail that was about to be sent may not go.
        """
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        # Whoever handed it in may be gone when it fails; the pass hears of it by `StoreError` elsewhere.
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._waiting.append((entry, answer))
        self._marks += isinstance(entry, AboutToSend)
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
            await self._gather()
            group, self._waiting, self._marks = self._waiting, [], 0
            await self._write_group(group)

    async def _gather(self) -> None:
        """Wait for those who are about to hand something in; a line that is alone waits for nobody."""
        if self.lines < 2:
            await asyncio.sleep(0)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while self._marks < min(self.lines, ENOUGH) and not self._closing:
                    self._changed.clear()
                    await self._changed.wait()

    async def _write_group(self, group: "Sequence[tuple[Entry, asyncio.Future[Answer]]]") -> None:
        try:
            answers = await asyncio.to_thread(self._write, [entry for entry, _ in group])
        except StoreError as fault:
            await self._write_again(group, fault)
        except Exception as fault:  # noqa: BLE001 - it is handed to whoever entered the one that caused it
            await self._part(group, fault)
        else:
            for (_, answer), said in zip(group, answers, strict=True):
                _give(answer, said)

    async def _part(self, group: "Sequence[tuple[Entry, asyncio.Future[Answer]]]", fault: Exception) -> None:
        """One entry that nobody foresaw must not take the others along."""
        if len(group) > 1:
            for one in group:
                await self._write_group([one])
            return
        ((entry, answer),) = group
        if isinstance(entry, Answered):
            # The mail may have gone: its marks stay, and whoever recovers it takes it for unsure, not for unsent.
            lost = StoreError(
                f"The verdict on message {entry.letter.message_id} could not be written: see the log"
            )
            lost.__cause__ = fault
            _refuse(answer, lost)
        else:
            _refuse(answer, fault)

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
                for (_, answer), said in zip(verdicts, answers, strict=True):
                    _give(answer, said)
                return
        for _, answer in verdicts:
            _refuse(answer, fault)


def _give(answer: "asyncio.Future[Answer]", said: Answer) -> None:
    if answer.done():
        return
    if isinstance(said, Permission) and said is not Permission.GIVEN:
        answer.set_exception(DeniedError(said))
    else:
        answer.set_result(said)


def _refuse(answer: "asyncio.Future[Answer]", fault: Exception) -> None:
    if not answer.done():
        answer.set_exception(fault)
