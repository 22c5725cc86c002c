"""A mail server that does as it is told, in the test's own event loop: any reply, a drop or a stall at any stage.

    async with SmtpPeer(rcpt=["450 4.2.1 later"], dot=[DROP]) as peer: ...

A script is a list of steps, used up one at a time; after its end the stage answers as a good server. A step is a
reply, DROP (close without a reply), STALL (keep the line, say nothing), or Then(reply, DROP).
"""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, ClassVar, NamedTuple, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

DROP = object()
TO_THE_DOT = "the answer to the dot"
STALL = object()
LONE_DOT = (
    object()
)  # after a 354: reads a message of no line, and takes the next step of the script for the dot


class Then(NamedTuple):
    """A reply, and what follows it without being asked."""

    reply: str
    step: object


@dataclass(frozen=True)
class Received:
    """A message that arrived with its final dot, whatever was answered; the added dots are removed again."""

    sender: str
    recipient: str
    content: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=default)


class SmtpPeer:
    """Records `commands` (one list a connection), `raw` (the bytes after the last 354) and `received`."""

    offers_pipelining: ClassVar[bool] = False  # see the fixture `both_ways`

    def __init__(
        self,
        *,
        greeting: Sequence[object] = (),
        ehlo: Sequence[object] = (),
        mail: Sequence[object] = (),
        rcpt: Sequence[object] = (),
        data: Sequence[object] = (),
        auth: Sequence[object] = (),
        dot: Sequence[object] = (),
        rset: Sequence[object] = (),
        quit_: Sequence[object] = (),
        at_once: int | None = None,
        smtputf8: bool = False,
        password: str | None = None,
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
    ) -> None:
        self.scripts = {
            stage: list(script)
            for stage, script in {
                "GREETING": greeting,
                "EHLO": ehlo,
                "MAIL": mail,
                "RCPT": rcpt,
                "DATA": data,
                "AUTH": auth,
                "DOT": dot,
                "RSET": rset,
                "QUIT": quit_,
            }.items()
        }
        self.offers_cram_md5 = bool(auth)  # which it has no way to take
        self.at_once = at_once  # how many connections it takes
        self.smtputf8, self.password, self.tls, self.starttls = smtputf8, password, tls, starttls
        self.commands: list[list[str]] = []
        self.received: list[Received] = []
        self.raw = b""
        self.reached: dict[str, asyncio.Event] = {stage: asyncio.Event() for stage in self.scripts}
        self.released = asyncio.Event()  # set it to end every stall
        self.lines: list[_Line] = []

    @property
    def connections(self) -> int:
        return len(self.commands)

    @property
    def is_full(self) -> bool:
        here = [line for line in self.lines if line.transport is not None and not line.transport.is_closing()]
        return self.at_once is not None and len(here) > self.at_once

    def verbs(self, connection: int = -1) -> list[str]:
        return [command.split(" ")[0] for command in self.commands[connection]]

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Line(self, loop), "127.0.0.1", 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.released.set()
        self.hang_up()
        handling = [line.handling for line in self.lines if line.handling]
        for task in handling:
            task.cancel()
        await asyncio.gather(*handling, return_exceptions=True)

    def hang_up(self) -> None:
        """Close every open connection in silence, as servers do with idle ones."""
        for line in self.lines:
            line.hang_up()

    async def swallow(self) -> None:
        """Answer nothing, and read all that still comes until the client is gone."""
        for line in self.lines:
            line._reader._limit = 1 << 40
            line.transport.resume_reading()
        await asyncio.wait([line.handling for line in self.lines], timeout=5)

    async def step(self, line: "_Line", stage: str, otherwise: Callable[[], Any]) -> None:
        if stage not in self.scripts:
            await otherwise()
            return
        self.reached[stage].set()
        script = self.scripts[stage]
        step = script.pop(0) if script else None
        if step is None:
            await otherwise()
        elif step is DROP:
            line.hang_up()
        elif step is LONE_DOT:
            assert await line._reader.readline() == b".\r\n"
            await self.step(line, "DOT", lambda: line.push("250 2.0.0 Ok"))
        elif step is STALL:
            await self.released.wait()
            await otherwise()
        elif isinstance(step, Then):
            await line.push(step.reply)
            script.insert(0, step.step)
            await self.step(line, stage, otherwise)
        else:
            await line.push(step)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name, and it counts the arguments
        self, _server: SMTP, session: Session, _envelope: Envelope, name: str, offers: list[str]
    ) -> list[str]:
        session.host_name = name
        if self.offers_cram_md5:
            offers = [each.replace("AUTH ", "AUTH CRAM-MD5 ") for each in offers]
        return [offers[0], *(["250-PIPELINING"] if self.offers_pipelining else []), *offers[1:]]

    async def handle_DATA(self, *seen: Any) -> str:  # noqa: N802 - aiosmtpd's name
        envelope: Envelope = seen[2]
        content = bytes(envelope.content or b"")
        self.received.append(Received(envelope.mail_from or "", envelope.rcpt_tos[0], content))
        return TO_THE_DOT

    def check_password(self, *seen: Any) -> AuthResult:
        return AuthResult(success=seen[-1].password.decode() == self.password, handled=False)


class _Line(SMTP):
    """One connection."""

    def __init__(self, peer: SmtpPeer, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            peer,
            hostname="peer.test",
            enable_SMTPUTF8=peer.smtputf8,
            tls_context=peer.starttls,
            auth_require_tls=False,
            auth_exclude_mechanism=() if peer.password else ("LOGIN", "PLAIN"),
            authenticator=peer.check_password,
            loop=loop,
        )
        self._peer = peer
        self._log: list[str] = []
        self._in_content = False
        for verb, method in list(self._smtp_methods.items()):
            self._smtp_methods[verb] = self._recorded(verb, method)

    @property
    def handling(self) -> "asyncio.Task[None] | None":
        return self._handler_coroutine

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._original_transport is None:
            self._peer.commands.append(self._log)
            self._peer.lines.append(self)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._in_content:
            self._peer.raw += data
        super().data_received(data)

    def hang_up(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def _recorded(self, verb: str, method: Callable[[str], Any]) -> Callable[[str], Any]:
        async def recorded(arg: str) -> None:
            self._log.append(f"{verb} {arg}" if arg else verb)
            await self._peer.step(self, verb, lambda: method(arg))

        return recorded

    async def push(self, status: Any) -> None:
        """Every reply comes through here; the greeting and the answer to the dot are the scripted ones."""
        if status == TO_THE_DOT:
            self._in_content = False
            await self._peer.step(
                self, "DOT", lambda: super(_Line, self).push("250 2.0.0 Ok: queued as 4XyZ")
            )
        elif str(status).startswith("220 ") and not self._log and self._peer.is_full:
            await super().push("421 4.7.0 Error: too many connections from 127.0.0.1")
            self.hang_up()
        elif str(status).startswith("220 ") and not self._log:
            await self._peer.step(self, "GREETING", lambda: super(_Line, self).push(status))
        else:
            if str(status).startswith("354"):
                self._in_content, self._peer.raw = True, b""
            await super().push(status)
