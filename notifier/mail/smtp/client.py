"""One mail after another over kept SMTP connections. Owns every call into aiosmtplib; decides nothing about replies.

aiosmtplib opens a connection, makes it private and signs in; the mails go by a `Dialogue` of ours. DATA and the message
are two steps, because what matters is whether the connection broke before the 354 (no byte of the message went out:
certainly not taken) or after it (unsure), and the two answers have a patience each.
"""

import asyncio
import re
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self, cast

from aiosmtplib import SMTP, SMTPException, SMTPHeloError, SMTPResponseException

from notifier.errors import MailError
from notifier.mail.smtp.address import Security, SmtpAddress
from notifier.mail.smtp.dialogue import LOST, MALFORMED, Dialogue, Reply
from notifier.mail.smtp.envelope import BeforeData, Envelope, uninterrupted
from notifier.mail.smtp.verdict import Outcome, Stage, Verdict, blames_us, clean_words, judge

QUIT_TIMEOUT = 5.0  # seconds; the answer to QUIT means nothing to us
ADDRESS_LITERAL = "[127.0.0.1]"  # what a client without a name says (RFC 5321 section 4.1.4)

#: All that aiosmtplib and the socket below it raise; ValueError is for names that cannot be encoded.
_FAULTS = (SMTPException, OSError, ValueError)
_SPEAKABLE = re.compile(r"[^\s<>\x00-\x1f\x7f\ud800-\udfff]+@[^\s<>\x00-\x1f\x7f\ud800-\udfff]+")

_WHAT_FAILED = {
    Stage.CONNECT: ("cannot be reached", "check NOTIFIER_SMTP_URL and that the server runs"),
    Stage.TLS: ("gave no private connection that can be trusted", "check its certificate, and smtps:// against smtp+starttls://"),
    Stage.AUTH: ("refused the sign-in", "check the user and the password in NOTIFIER_SMTP_URL"),
    Stage.MAIL: ("refused our sender", "check NOTIFIER_MAIL_FROM, NOTIFIER_BOUNCE_DOMAIN and what the server lets us send"),
}  # fmt: skip


class SmtpTransport:
    """Makes sessions to one mail server; see `Transport`.

    `timeout` and `final_timeout` are seconds: for each command, and for the answer to the final dot. A connection is
    given up after `max_messages_per_connection` messages or `max_age` seconds of `monotonic`.
    """

    def __init__(
        self,
        address: SmtpAddress,
        *,
        timeout: float = 60.0,
        final_timeout: float = 600.0,
        local_hostname: str | None = None,
        tls_context: ssl.SSLContext | None = None,
        max_messages_per_connection: int = 100,
        max_age: float = 300.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.address = address
        self.timeout = timeout
        self.final_timeout = final_timeout
        self.local_hostname = local_hostname or ADDRESS_LITERAL
        self.max_messages = max_messages_per_connection
        self.max_age = max_age
        self.monotonic = monotonic
        # Making a context costs 23 ms, so all connections share one.
        private = address.security is not Security.NONE
        self.tls_context = tls_context or (ssl.create_default_context() if private else None)
        self._sessions: set[SmtpSession] = set()

    def session(self) -> "SmtpSession":
        """A session for one task; connects when the first message is sent."""
        session = SmtpSession(self)
        self._sessions.add(session)
        return session

    async def close(self) -> None:
        """Close every session that is still open; call it when the sending tasks have ended."""
        await asyncio.gather(*(session.close() for session in self._sessions))

    def client(self) -> SMTP:
        """A client that is not connected yet. STARTTLS and sign-in are steps of their own, so nothing is tried here."""
        return SMTP(
            hostname=self.address.host,
            port=self.address.port,
            timeout=self.timeout,
            local_hostname=self.local_hostname,
            use_tls=self.address.security is Security.TLS,
            start_tls=False,
            tls_context=self.tls_context,
        )

    def forget(self, session: "SmtpSession") -> None:
        """Called by a session that is closed."""
        self._sessions.discard(session)


class SmtpSession:
    """One connection at a time, kept between messages; see `Session`. Belongs to one task."""

    def __init__(self, transport: SmtpTransport) -> None:
        self._of = transport
        self._client: SMTP | None = None
        self._dialogue: Dialogue | None = None
        self._in_transaction = False  # the server may hold a sender or recipient of a message that did not go
        self._messages = 0  # begun on this connection
        self._opened = 0.0  # by the transport's monotonic clock

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._drop()
        await self.close()

    async def send(self, envelope: Envelope, *, before_data: BeforeData) -> Verdict:
        """See `Session.send`. Where a kept connection fails at MAIL, a fresh one is tried, once."""
        try:
            refusal = await self._offer(envelope)
        except asyncio.CancelledError:
            # A reply may still be on its way; the next command must not take it for its own.
            self._drop()
            raise
        if refusal is not None:
            return refusal
        return await uninterrupted(self._hand_over(envelope, before_data))

    async def greet(self) -> None:
        """Connect, become private and sign in as a mail would need it, and send nothing. Raises MailError."""
        await self._connection()

    async def close(self) -> None:
        """Say goodbye if the server listens; never raises, takes five seconds at most."""
        self._of.forget(self)
        await self._say_goodbye()

    # The steps of one message

    async def _offer(self, envelope: Envelope) -> Verdict | None:
        """MAIL and RCPT; None where the recipient was accepted."""
        if not _SPEAKABLE.fullmatch(envelope.sender):
            raise self._fault(Stage.MAIL, Reply(None, "it is no address that SMTP can carry"))
        is_kept = await self._connection()
        if fault := self._cannot_be_said(envelope):
            return fault
        reply, answer = await self._address(envelope)
        if is_kept and not reply.is_yes:
            # It may be about this connection: idle too long, enough messages, closed in silence.
            await self._open()
            reply, answer = await self._address(envelope)
        if not reply.is_yes:
            raise self._fault(Stage.MAIL, reply)
        return None if answer.is_yes else self._settle(Stage.RCPT, answer)

    def _cannot_be_said(self, envelope: Envelope) -> Verdict | None:
        """A recipient that no command could carry to this server."""
        if not _SPEAKABLE.fullmatch(envelope.recipient):
            why = "the address has a character that SMTP does not allow; nothing was sent"
        elif envelope.needs_smtputf8 and not self._supports("smtputf8"):
            why = "the mail server does not take addresses with other letters than a-z (no SMTPUTF8); nothing was sent"
        else:
            return None
        return Verdict(Outcome.REJECTED, Stage.RCPT, None, None, why, expected=False)

    async def _address(self, envelope: Envelope) -> tuple[Reply, Reply]:
        """Say MAIL and RCPT, in one go where the server takes that; gives both replies."""
        sender, recipient = self._mail(envelope), b"RCPT TO:<" + envelope.recipient.encode() + b">"
        self._messages += 1
        self._in_transaction = True
        if self._supports("pipelining"):
            first, second = await self._say_together(sender, recipient)
            return first, second
        reply = await self._say(sender)
        return reply, await self._say(recipient) if reply.is_yes else LOST

    def _mail(self, envelope: Envelope) -> bytes:
        command = b"MAIL FROM:<" + envelope.sender.encode() + b">"
        if envelope.needs_smtputf8:
            command += b" SMTPUTF8" + (b" BODY=8BITMIME" if self._supports("8bitmime") else b"")
        return command

    async def _hand_over(self, envelope: Envelope, before_data: BeforeData) -> Verdict:
        """DATA, the message and its dot. From the dot on, no answer means unsure."""
        await before_data()
        stage, reply = Stage.DATA, await self._say(b"DATA")
        if reply.code == 354:
            stage, reply = await self._content(envelope.content)
        return self._settle(stage, reply)

    async def _content(self, content: bytes) -> tuple[Stage, Reply]:
        if self._dialogue is None:
            return Stage.DATA, LOST
        try:
            # It refuses to write on a lost connection, so a fault here means that no byte went out.
            self._dialogue.write(_with_dots(content))
        except OSError:
            return Stage.DATA, LOST
        reply = await self._dialogue.reply(self._of.final_timeout)
        return Stage.DOT if reply.code is None else Stage.REPLY, reply

    def _settle(self, stage: Stage, reply: Reply) -> Verdict:
        """The verdict, after which the connection is either fit for the next message or gone."""
        if reply.is_no and blames_us(reply.code, reply.text):
            raise self._fault(stage, reply)
        verdict = judge(stage, reply.code, reply.text)
        if verdict.outcome is Outcome.SENT:
            self._in_transaction = False
        elif reply.code == 421 or not reply.is_no:
            self._drop()
        return verdict

    async def _say(self, command: bytes) -> Reply:
        """One command and its answer. A fault leaves no connection behind, because a late answer would be taken for
        that of the next command.
        """
        return (await self._say_together(command))[0]

    async def _say_together(self, *commands: bytes) -> list[Reply]:
        replies: list[Reply] = []
        if self._dialogue is not None:
            with suppress(OSError):
                self._dialogue.say(*commands)
                replies = [await self._dialogue.reply(self._of.timeout) for _ in commands]
        replies += [LOST] * (len(commands) - len(replies))
        if any(reply.code in {None, MALFORMED, 421} for reply in replies):
            self._drop()
        return replies

    # The connection

    def _supports(self, extension: str) -> bool:
        return self._client is not None and self._client.supports_extension(extension)

    async def _connection(self) -> bool:
        """Have a connection that is ready for MAIL; True where it was used before."""
        if self._is_usable() and (not self._in_transaction or (await self._say(b"RSET")).is_yes):
            self._in_transaction = False
            return True
        await self._say_goodbye()
        await self._open()
        return False

    def _is_usable(self) -> bool:
        return (
            self._dialogue is not None
            and self._dialogue.is_open
            and self._messages < self._of.max_messages
            and self._of.monotonic() - self._opened < self._of.max_age
        )

    async def _open(self) -> None:
        """A fresh connection: greeted, private where it must be, signed in. Raises MailError."""
        self._drop()
        self._messages, self._in_transaction, self._opened = 0, False, self._of.monotonic()
        stage = Stage.CONNECT
        try:
            self._client = client = self._of.client()
            await client.connect()
            await _greet(client)
            if self._of.address.security is Security.STARTTLS:
                stage = Stage.TLS
                await client.starttls()
                await _greet(client)
            if self._of.address.username is not None:
                stage = Stage.AUTH
                await client.login(self._of.address.username, self._of.address.password or "")
            self._dialogue = _taken_over(client)
        except SMTPResponseException as error:
            raise self._fault(stage, Reply(error.code, error.message)) from error
        except _FAULTS as error:
            if isinstance(error.__cause__, ssl.SSLError):
                stage = Stage.TLS
            raise self._fault(stage, Reply(None, str(error))) from error

    def _fault(self, stage: Stage, reply: Reply) -> MailError:
        """Drops the connection and words what is wrong with the way to the server."""
        self._drop()
        failed, advice = _WHAT_FAILED.get(stage, _WHAT_FAILED[Stage.MAIL])
        words = clean_words(f"{reply.code or ''} {reply.text}")
        if self._of.address.password:
            words = words.replace(self._of.address.password, "<password>")
        return MailError(f"The mail server {self._of.address} {failed}, at {stage.name}: {words}; {advice}.")

    async def _say_goodbye(self) -> None:
        dialogue = self._dialogue
        try:
            if dialogue is not None and dialogue.is_open:
                with suppress(OSError):
                    dialogue.say(b"QUIT")
                    await dialogue.reply(min(self._of.timeout, QUIT_TIMEOUT))
        finally:
            self._drop()

    def _drop(self) -> None:
        client, self._client, self._dialogue = self._client, None, None
        if client is not None:
            _abort(client)


def _taken_over(client: SMTP) -> Dialogue:
    if client.transport is None:
        raise ConnectionResetError("the connection was lost")
    return Dialogue(client.transport)


async def _greet(client: SMTP) -> None:
    try:
        await client.ehlo()
    except SMTPHeloError as error:
        if not 500 <= error.code <= 504:  # only these say that EHLO is not known (RFC 5321 section 3.2)
            raise
        await client.helo()


def _abort(client: SMTP) -> None:
    """Close at once. `close` alone would go on sending what is buffered, a message given up for unsure included."""
    if client.transport is not None:
        cast(asyncio.WriteTransport, client.transport).abort()
    client.close()


def _with_dots(content: bytes) -> bytes:
    """The message as DATA takes it: lines that begin with a dot get another, then the final dot (RFC 5321, 4.5.2)."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    return b"".join((b"." if stuffed.startswith(b".") else b"", stuffed, b".\r\n"))
