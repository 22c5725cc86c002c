"""A second process that makes things for this one: where thousands are wanted, two cores make more of them than one.

Owns that process and what is said to it; does not know what is made. What it cannot make, or is asked for once it has
died, is left to whoever asks, as if there were no press. It ends with the process that began it.
"""

import asyncio
import hashlib
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import structlog

from notifier.errors import NotifierError

AT_ONCE = 5  # things in one answer
PATIENCE = 30.0  # seconds; one thing takes some milliseconds, and a hundred may stand before it
END_WITHIN = 5.0  # seconds
_SIZE = 4  # bytes that say how long an answer is

log = structlog.get_logger()


class Maker(Protocol):
    """What works in the second process."""

    def make(self, wanted: Sequence[int]) -> Iterable[tuple[int, Any]]:
        """Each thing with its number, one after the other; None for what cannot be made here."""
        ...


class Press:
    """The second process, as seen by the first. Belongs to one event loop."""

    def __init__(
        self, begin: Callable[[], AbstractContextManager[Maker]], *, patience: float = PATIENCE
    ) -> None:
        """begin: opens in the other process what works in it; it must be one that `pickle` can name.

        patience: seconds that somebody waits for one thing, before the process counts as dead.
        """
        self._begin, self._patience = begin, patience
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._wanted: dict[int, asyncio.Future[Any]] = {}
        self.ready = asyncio.Event()

    async def start(self) -> None:
        """Begin the process; it is of use when it is `ready`, and until then nobody waits for it. Raises OSError."""
        root = str(Path(__file__).parent.parent)
        path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "notifier.services.deliver.press"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )
        self._say(self._begin)
        self._reading = asyncio.create_task(self._read(self._process))

    def begin(self, numbers: Sequence[int]) -> None:
        """Have these things made, in their order."""
        if not self.ready.is_set() or not numbers:
            return
        for number in self._wanted.keys() & set(numbers):
            _give(self._wanted[number], None)
        self._say(list(numbers))
        self._wanted |= {number: asyncio.get_running_loop().create_future() for number in numbers}

    async def take(self, number: int) -> Any:
        """The thing of this number; None where it is not to be had from here. It is given once."""
        if (made := self._wanted.get(number)) is None:
            return None
        try:
            async with asyncio.timeout(self._patience):
                return await made
        except TimeoutError:
            self._kill()
            return None
        finally:
            if self._wanted.get(number) is made:
                del self._wanted[number]

    async def close(self) -> None:
        """End the process."""
        if self._process is None:
            return
        assert self._process.stdin
        self._process.stdin.close()
        try:
            async with asyncio.timeout(END_WITHIN):
                await self._process.wait()
        except TimeoutError:
            pass
        finally:
            self._kill()
            if self._reading is not None:
                await self._reading

    def _kill(self) -> None:
        self.ready.clear()
        with suppress(ProcessLookupError):
            if self._process is not None:
                self._process.kill()

    def _say(self, thing: Any) -> None:
        assert self._process
        assert self._process.stdin
        self._process.stdin.write(pickle.dumps(thing))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout
        try:
            while True:
                size = int.from_bytes(await process.stdout.readexactly(_SIZE))
                answer = pickle.loads(await process.stdout.readexactly(size))  # noqa: S301 - it is our own process
                self.ready.set()
                for number, thing in answer:
                    if number in self._wanted:
                        _give(self._wanted[number], thing)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # it has ended
        except Exception as fault:  # noqa: BLE001 - whoever waits makes it without us, whatever it is
            what = type(fault).__name__
            log.warning("A second process is not understood.", action="press_failed", fault=what)
            self._kill()
        finally:
            self.ready.clear()
            for made in self._wanted.values():
                _give(made, None)


def stamp(*folders: Path) -> str:
    """Says which program stands on the disk: this package, and these folders. A new version of any file changes it."""
    digest = hashlib.sha256()
    for folder in (Path(__file__).parent, *folders):
        for path in sorted(folder.rglob("*")):
            if path.suffix != ".pyc" and path.is_file():
                known = path.stat()
                digest.update(f"{path} {known.st_size} {known.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _give(made: "asyncio.Future[Any]", thing: Any) -> None:
    if not made.done():
        made.set_result(thing)


# --- the second process -----------------------------------------------------------------------------------------


def work(asked: BinaryIO, answers: BinaryIO) -> None:
    """Make what is asked for, until nothing more can come."""
    with pickle.load(asked)() as maker:  # noqa: S301 - it is our own process
        _answer(answers, [])
        while True:
            try:
                wanted = pickle.load(asked)  # noqa: S301 - the same
            except EOFError:
                return
            made = iter(maker.make(wanted))
            while some := list(islice(made, AT_ONCE)):
                _answer(answers, some)


def _answer(answers: BinaryIO, made: list[tuple[int, Any]]) -> None:
    data = pickle.dumps(made, pickle.HIGHEST_PROTOCOL)
    answers.write(len(data).to_bytes(_SIZE) + data)
    answers.flush()


def main() -> None:
    """Work for the process that began this one; a signal to stop is meant for that one."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed must not stand among the answers
    try:
        work(sys.stdin.buffer, answers)
    except BrokenPipeError:
        pass
    except NotifierError as fault:
        sys.exit(f"The second process ends: {fault}")


if __name__ == "__main__":
    main()
