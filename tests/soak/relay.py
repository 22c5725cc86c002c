"""The mail server of the rig: it takes, defers, refuses, cuts and hangs, and remembers every final dot that it saw."""

import asyncio
import time
from collections import Counter, defaultdict
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cached_property
from random import Random

GREETING, BYE, GONE, TAKEN = b"220 relay.test ESMTP\r\n", b"221 2.0.0 bye\r\n", b"", b"250 2.0.0 taken\r\n"
LATER, NO_SUCH_MAILBOX = b"450 4.2.0 try again later\r\n", b"550 5.1.1 no such user here\r\n"
NOT_THIS_ONE = b"554 5.6.0 this content is not taken\r\n"
PLAIN = {
    b"EHLO": b"250-relay.test\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n",
    b"QUIT": BYE,
}
#: The step at which a mail meets a mishap, how often beside the others, and what is answered: GONE is a line that is
#: cut without a word, None a server that says nothing more.
MISHAPS = (
    ("MAIL", 40, LATER), ("RCPT", 60, LATER), ("DATA", 30, LATER), ("DOT", 40, LATER), ("DOT", 6, NOT_THIS_ONE),
    ("MAIL", 20, GONE), ("DATA", 30, GONE), ("content", 40, GONE), ("DOT", 50, GONE), ("RCPT", 4, None), ("DOT", 6, None),
)  # fmt: skip


@dataclass
class Copy:
    """A mail whose final dot was seen; `answer` is what was said to it, `heard` that the line went on after it."""

    began: float
    at: float
    recipient: str
    content: bytes
    answer: bytes | None
    heard: bool = False

    @property
    def arrived(self) -> bool:
        """Whether the relay has it now; a line that was cut says nothing to the other side, but the mail is here."""
        return self.answer in (TAKEN, GONE, None)

    @cached_property
    def mail(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=default)

    @cached_property
    def text(self) -> str:
        return self.mail.get_body(("plain",)).get_content()

    @property
    def message_id(self) -> str:
        return str(self.mail["Message-ID"])


class Relay:
    """Keeps `copies` by recipient; `mood` is how many of a thousand mails meet a mishap: 0 is a good server."""

    def __init__(self, rng: Random) -> None:
        self.rng, self.mood = rng, 0
        self.copies: dict[str, list[Copy]] = defaultdict(list)
        self.lines: set[_Line] = set()
        self.dead: set[str] = set()  # addresses that nobody has
        self.refused: dict[str, float] = {}  # whom was said no for good, and since when
        self.cut: Counter[str] = Counter()  # how often a line was cut inside of a mail, by its Message-ID
        self.mishaps = 0

    def fate(self) -> tuple[str, bytes | None] | None:
        """The step at which the next mail meets a mishap, and what is answered there."""
        if self.rng.randrange(1000) >= self.mood:
            return None
        weights = [weight for _, weight, _ in MISHAPS]
        step, _, answer = self.rng.choices(MISHAPS, weights)[0]
        self.mishaps += 1
        return step, answer

    def arrived(self, recipient: str) -> list[Copy]:
        return [copy for copy in self.copies[recipient] if copy.arrived]

    @asynccontextmanager
    async def listening(self):
        server = await asyncio.get_running_loop().create_server(lambda: _Line(self), "127.0.0.1", 0)
        async with server:
            self.port = server.sockets[0].getsockname()[1]
            yield self
            for line in list(self.lines):
                line.transport.abort()


class _Line(asyncio.Protocol):
    """One connection."""

    def __init__(self, relay: Relay) -> None:
        self.relay, self.buffer, self.in_content = relay, b"", False
        self.sender = self.recipient = ""
        self.mishap: tuple[str, bytes | None] | None = None
        self.began, self.mute = 0.0, False
        self.last: Copy | None = None

    def connection_made(self, transport):
        self.transport = transport
        self.relay.lines.add(self)
        transport.write(GREETING)

    def connection_lost(self, _why):
        self.relay.lines.discard(self)
        if self.in_content and b"\r\n\r\n" in self.buffer:
            self.relay.cut[str(message_from_bytes(self.buffer, policy=default)["Message-ID"])] += 1

    def data_received(self, data):
        self.buffer += data
        while not self.mute and not self.transport.is_closing():
            mark = b"\r\n.\r\n" if self.in_content else b"\r\n"
            if self.in_content and self.mishap == ("content", GONE):
                if b"\r\n\r\n" in self.buffer:
                    self.transport.abort()
                return
            piece, found, rest = self.buffer.partition(mark)
            if not found:
                return
            self.buffer = rest
            answer = self.dot(piece) if self.in_content else self.answer(piece)
            if answer is None:
                self.mute = True  # until the other side has had enough
            elif answer == GONE:
                self.transport.abort()
            else:
                self.transport.write(answer)
                if answer == BYE:
                    self.transport.close()

    def dot(self, content: bytes) -> bytes | None:
        self.in_content = False
        answer = self.meets("DOT", TAKEN)
        content = content.replace(b"\r\n..", b"\r\n.")
        copy = Copy(self.began, time.monotonic(), self.recipient, content, answer)
        self.relay.copies[self.recipient].append(copy)
        self.last = copy
        if answer == NOT_THIS_ONE:
            self.relay.refused.setdefault(self.recipient, copy.at)
        return answer

    def answer(self, line: bytes) -> bytes | None:
        verb = line[:4].upper()
        if self.last is not None:
            self.last.heard = True
        if verb == b"MAIL":
            self.mishap, self.began = self.relay.fate(), time.monotonic()
            return self.meets("MAIL", b"250 2.1.0 fine\r\n")
        if verb == b"RCPT":
            self.recipient = line.decode().partition("<")[2].partition(">")[0]
            if self.recipient not in self.relay.dead:
                return self.meets("RCPT", b"250 2.1.5 fine\r\n")
            self.relay.refused.setdefault(self.recipient, time.monotonic())
            return NO_SUCH_MAILBOX
        if verb == b"DATA":
            answer = self.meets("DATA", b"354 go on\r\n")
            self.in_content = answer is not None and answer.startswith(b"354")
            return answer
        return PLAIN.get(verb, b"250 2.0.0 fine\r\n")

    def meets(self, step: str, otherwise: bytes) -> bytes | None:
        if self.mishap is not None and self.mishap[0] == step:
            answer, self.mishap = self.mishap[1], None
            return answer
        return otherwise
