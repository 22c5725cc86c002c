"""Mails made in a second process, beside the one that sends: where thousands wait, two cores make more of them than one.

Owns that process and what is said to it; words nothing. A letter that it cannot make, or that is asked for once it has
died, is left to whoever sends it, as if there were no press. It knows no store and no mail server, and ends with the
process that began it.
"""

import asyncio
import os
import pickle
import signal
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from notifier.letter import Letter

KEPT = 400  # versions of studies, and what is told of them, that both sides know by number
AT_ONCE = 5  # mails in one answer
END_WITHIN = 5.0  # seconds
_SIZE = 4  # bytes that say how long an answer is


class Renderer(Protocol):
    """What makes the mails."""

    def render(self, letter: Letter) -> Any: ...


class Press:
    """The second process, as seen by the first. Belongs to one event loop."""

    def __init__(self, make: Callable[[], Renderer]) -> None:
        """make: gives the other process what makes mails; it must be one that `pickle` can name."""
        self._make = make
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._sharing = _Sharing()
        self._begun: dict[int, tuple[Letter, asyncio.Future[Any]]] = {}
        self.ready = asyncio.Event()

    async def start(self) -> None:
        """Begin the process; it takes letters when it is ready, and until then nobody waits for it."""
        root = str(Path(__file__).parent.parent)
        path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "notifier.press"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )
        self._say(pickle.dumps(self._make))
        self._reading = asyncio.create_task(self._read(self._process))

    def begin(self, letters: Sequence[Letter]) -> None:
        """Have these letters made into mails, in their order."""
        if not self.ready.is_set() or not letters:
            return
        self._say(self._sharing.packed(letters))
        for letter in letters:
            self._begun[letter.message_id] = letter, asyncio.get_running_loop().create_future()

    async def mail(self, letter: Letter) -> Any:
        """The mail of exactly this letter, as `Renderer.render` gives it; None where it is not to be had from here."""
        begun = self._begun.get(letter.message_id)
        if begun is None or begun[0] is not letter:
            return None
        try:
            return await begun[1]
        finally:
            self._begun.pop(letter.message_id, None)

    async def close(self) -> None:
        """End the process."""
        if self._process is None:
            return
        assert self._process.stdin
        self._process.stdin.close()
        try:
            async with asyncio.timeout(END_WITHIN):
                await self._process.wait()
        finally:
            with suppress(ProcessLookupError):
                self._process.kill()
            if self._reading is not None:
                await self._reading

    def _say(self, data: bytes) -> None:
        assert self._process
        assert self._process.stdin
        self._process.stdin.write(data)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout
        try:
            while True:
                size = int.from_bytes(await process.stdout.readexactly(_SIZE))
                answer = pickle.loads(await process.stdout.readexactly(size))  # noqa: S301 - it is our own process
                self.ready.set()
                for message_id, mail in answer:
                    if message_id in self._begun:
                        _give(self._begun[message_id][1], mail)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # it has ended
        finally:
            self.ready.clear()
            for _, made in self._begun.values():
                _give(made, None)


def _give(made: "asyncio.Future[Any]", mail: Any) -> None:
    if not made.done():
        made.set_result(mail)


class _Sharing:
    """What is said once, because many letters have it: what is known of a study, and what is told of it."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._known: dict[int, int] = {}  # by where it is in memory
        self._kept: OrderedDict[int, Any] = OrderedDict()

    def packed(self, letters: Sequence[Letter]) -> bytes:
        """What is new, what is to be forgotten, and the letters."""
        new, written = {}, BytesIO()
        for thing in _shared(letters):
            if (number := self._known.get(id(thing))) is not None:
                self._kept.move_to_end(number)
                continue
            number = self._known[id(thing)] = next(self._numbers)
            new[number] = self._kept[number] = thing
        pickle.dump((new, self._forgotten(len(new))), written)
        _Packing(written, self._known).dump(letters)
        return written.getvalue()

    def _forgotten(self, new: int) -> list[int]:
        gone = []
        while len(self._kept) > max(KEPT, new):
            number, thing = self._kept.popitem(last=False)
            del self._known[id(thing)]
            gone.append(number)
        return gone


def _shared(letters: Sequence[Letter]) -> Iterator[Any]:
    for letter in letters:
        for entry in letter.entries:
            yield entry.study
            yield entry.told


class _Packing(pickle.Pickler):
    def __init__(self, file: BytesIO, known: dict[int, int]) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._known = known

    def persistent_id(self, thing: Any) -> int | None:
        return self._known.get(id(thing))


# --- the second process -----------------------------------------------------------------------------------------


class _Unpacking(pickle.Unpickler):
    def __init__(self, file: BinaryIO, things: dict[int, Any]) -> None:
        super().__init__(file)
        self._things = things

    def persistent_load(self, number: int) -> Any:
        return self._things[number]


def work(asked: BinaryIO, answers: BinaryIO) -> None:
    """Make mails of the letters that are handed in, until nothing more can come."""
    renderer = pickle.load(asked)()  # noqa: S301 - it is our own process
    _answer(answers, [])
    things: dict[int, Any] = {}
    while True:
        try:
            new, gone = pickle.load(asked)  # noqa: S301 - the same
        except EOFError:
            return
        things |= new
        letters = _Unpacking(asked, things).load()
        for number in gone:
            del things[number]
        for start in range(0, len(letters), AT_ONCE):
            _answer(answers, [_made(renderer, letter) for letter in letters[start : start + AT_ONCE]])


def _made(renderer: Renderer, letter: Letter) -> tuple[int, Any]:
    try:
        return letter.message_id, renderer.render(letter)
    except Exception:  # noqa: BLE001 - it comes again where the letter is sent, and is said there
        return letter.message_id, None


def _answer(answers: BinaryIO, mails: list[tuple[int, Any]]) -> None:
    data = pickle.dumps(mails, pickle.HIGHEST_PROTOCOL)
    answers.write(len(data).to_bytes(_SIZE) + data)
    answers.flush()


def main() -> None:
    """Work for the process that began this one; a signal to stop is meant for that one."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed must not stand among the answers
    with suppress(BrokenPipeError):
        work(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
