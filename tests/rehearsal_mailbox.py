"""A mailbox of our own on loopback: it keeps what it is sent, byte for byte."""

import asyncio
import email
import logging
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class Received:
    """One message as it came over the wire: the envelope, and the bytes between DATA and the final dot."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.content, policy=default)

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "")


class RehearsalMailbox:
    """Collects mail while its `async with` block runs, in the running event loop.

    `port` is free to choose by the system unless given. A message stands in `messages` before its sender hears 250.
    """

    host = "127.0.0.1"

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.messages: list[Received] = []
        self._connections: set[_Connection] = set()

    async def __aenter__(self) -> Self:
        # The package logs every command it reads, and with it addresses.
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self, self._connections), self.host, self.port
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for connection in list(self._connections):
            await connection.end()
        await self._server.wait_closed()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd calls it so
        """Keep the message; aiosmtpd's hook."""
        # The null reverse-path of RFC 5321, 4.5.5, stands as "<>" in aiosmtpd's envelope.
        sender = (envelope.mail_from or "").removeprefix("<>")
        content = envelope.original_content or b""
        self.messages.append(Received(sender, tuple(envelope.rcpt_tos), content))
        return "250 2.0.0 Kept"

    def to(self, address: str) -> list[Received]:
        """The messages that had this address in their envelope, in the order they came."""
        return [received for received in self.messages if address in received.recipients]


class _Connection(SMTP):
    """One client's connection; it is told apart so that the mailbox can end it."""

    def __init__(self, mailbox: RehearsalMailbox, connections: "set[_Connection]") -> None:
        super().__init__(
            mailbox,
            enable_SMTPUTF8=True,
            hostname="rehearsal.invalid",
            ident="rehearsal",
            loop=asyncio.get_running_loop(),
        )
        self._open = connections
        self._ended = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._open.discard(self)
        self._ended.set()

    async def end(self) -> None:
        if self.transport is not None:
            self.transport.close()
        await self._ended.wait()
