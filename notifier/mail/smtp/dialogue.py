"""What is said on a connection that is open, private and signed in: commands, replies in their order, and content.

aiosmtplib opens the connection and hands its socket over: it waits for each reply before the next command, walks
through each message three times, and drops what comes while it is not waiting. Here commands may be sent together
where the server offers PIPELINING (RFC 2920), and a message goes out as it is.
"""

import asyncio
import re
from collections import deque
from typing import NamedTuple, cast

LONGEST_REPLY = 32_768  # bytes; generous over any real one, and a bound for a server that never ends its line
MALFORMED = -1  # the code of what is no reply
_LINE = re.compile(rb"(\d{3})(?:([ -])(.*))?", re.DOTALL)


class Reply(NamedTuple):
    """A server's answer; `code` is None where none came, and `text` then says why."""

    code: int | None
    text: str

    @property
    def is_yes(self) -> bool:
        # Only the first digit counts (RFC 5321 section 4.3.2).
        return self.code is not None and 200 <= self.code <= 299

    @property
    def is_no(self) -> bool:
        return self.code is not None and 400 <= self.code <= 599


NO_ANSWER = Reply(None, "no answer in time")
LOST = Reply(None, "the connection was lost")


class Dialogue(asyncio.Protocol):
    """Takes a connection over from whoever opened it. Belongs to one task; after a fault it is of no more use."""

    def __init__(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._lines: list[str] = []  # of a reply that is not complete
        self._replies: deque[Reply] = deque()
        self._expected = 0
        self._waiter: asyncio.Future[None] | None = None
        self._is_lost = self._transport.is_closing()
        self._transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        """As far as we have heard."""
        return not (self._is_lost or self._transport.is_closing())

    def say(self, *commands: bytes) -> None:
        """Send commands, together; each has a reply of its own to be read. Raises ConnectionError on a lost line."""
        if any(b"\r" in command or b"\n" in command for command in commands):
            raise ValueError("a command is one line")
        self.write(b"\r\n".join((*commands, b"")), replies=len(commands))

    def write(self, data: bytes, *, replies: int = 1) -> None:
        """Send bytes as they are, to which so many replies will come. Raises ConnectionError on a lost line."""
        if not self.is_open:
            raise ConnectionResetError("the connection was lost")
        self._expected += replies
        self._transport.write(data)

    async def reply(self, until: float) -> Reply:
        """The next reply; one without a code where none came until then, by the loop's clock."""
        if not self._replies and not self._is_lost:
            self._waiter = self._loop.create_future()
            patience = self._loop.call_at(until, self._wake)
            try:
                await self._waiter
            finally:
                patience.cancel()
                self._waiter = None
        if self._replies:
            return self._replies.popleft()
        return LOST if self._is_lost else NO_ANSWER

    def abort(self) -> None:
        """Close at once; what is buffered is not sent any more."""
        self._transport.abort()

    # What the event loop calls

    def data_received(self, data: bytes) -> None:
        if not self._expected:
            return  # nobody asked: it must not be taken for the reply to a later command
        self._buffer += data
        while self._expected and (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end]).rstrip(b"\r")
            del self._buffer[: end + 1]
            self._read(line)
        if len(self._buffer) > LONGEST_REPLY or sum(map(len, self._lines)) > LONGEST_REPLY:
            self._take(Reply(MALFORMED, "the reply is too long"))
        if not self._expected:
            self._buffer.clear()

    def eof_received(self) -> bool:
        self._end()
        return False  # closes the transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why it was lost is all the same
        self._end()

    def _read(self, line: bytes) -> None:
        match = _LINE.fullmatch(line)
        if match is None:
            self._take(Reply(MALFORMED, f"no reply of SMTP: {line[:300].decode('utf-8', 'replace')}"))
            return
        self._lines.append((match[3] or b"").strip().decode("utf-8", "replace"))
        if match[2] != b"-":
            self._take(Reply(int(match[1]), "\n".join(self._lines)))

    def _take(self, reply: Reply) -> None:
        self._lines = []
        self._expected -= 1
        self._replies.append(reply)
        self._wake()

    def _end(self) -> None:
        self._is_lost = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
