"""What the daemon tells the program that started it (systemd): that it is ready, that its work goes on, that it stops.

Says that the work goes on only while it does: see `domain.heartbeat`. A supervisor that cannot be reached stops nothing.
"""

import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog

from notifier.domain.heartbeat import Pulse
from notifier.mail.smtp.envelope import Envelope, Session, Transport
from notifier.mail.smtp.verdict import Verdict

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Supervisor:
    """systemd, by the datagram socket that it names in the environment; without one nothing is told to anybody."""

    address: str | None = None
    watchdog: timedelta | None = None  # how long it waits for a word of ours before it kills us

    def tell(self, *words: str) -> None:
        """Say these words, such as READY=1 (`man 3 sd_notify`)."""
        if self.address is None:
            return
        place = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.connect(place)
            line.sendall("\n".join(words).encode())


def supervisor_of(environ: Mapping[str, str]) -> Supervisor:
    """The supervisor that started this process, as its environment says."""
    address = environ.get("NOTIFY_SOCKET") or None
    ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    given = environ.get("WATCHDOG_USEC", "")
    wait = timedelta(microseconds=int(given)) if ours and given.isdecimal() and int(given) > 0 else None
    return Supervisor(address, wait)


class Watchdog:
    """Feeds the supervisor's watchdog while the work goes on; where it does not, the process is to be killed."""

    def __init__(self, supervisor: Supervisor, pulse: Pulse) -> None:
        self._supervisor, self._pulse = supervisor, pulse
        self._stuck: list[str] = []

    async def feed(self) -> None:
        """Say that all is well, unless a job is late; that is logged once."""
        late = self._pulse.late()
        if late and late != self._stuck:
            log.error("Work does not go on.", action="work_stuck", jobs=late)
        self._stuck = late
        if not late:
            self._supervisor.tell("WATCHDOG=1")


@dataclass(frozen=True, slots=True)
class MovingTransport:
    """A way to the mail server that notes each mail as a step of the deliver pass."""

    inner: Transport
    moved: Callable[[], None]

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        async with self.inner.session() as line:
            yield _MovingLine(line, self.moved)


@dataclass(frozen=True, slots=True)
class _MovingLine:
    inner: Session
    moved: Callable[[], None]

    async def send(self, envelope: Envelope, *, before_data: Callable[[], Awaitable[object]]) -> Verdict:
        self.moved()
        try:
            return await self.inner.send(envelope, before_data=before_data)
        finally:
            self.moved()
