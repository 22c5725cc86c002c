"""One mail after another over kept SMTP connections. Owns every call into aiosmtplib; decides nothing about replies.

aiosmtplib opens a connection, makes it private and signs in; the mails go by a `Dialogue` of ours. DATA and the message
are two steps, because what matters is whether the connection broke before the 354 (no byte of the message went out:
certainly not taken) or after it (unsure), and the two answers have a patience each. Where the server offers PIPELINING,
MAIL, RCPT and DATA are one trip, and the message and its dot the second.
"""

import asyncio
import re
import ssl
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import KW_ONLY, dataclass, field
from types import TracebackType
from typing import NamedTuple, cast

from aiosmtplib import SMTP, SMTPException, SMTPHeloError, SMTPResponseException, SMTPServerDisconnected

from notifier.errors import MailError
from notifier.mail.render.mime import Lines
from notifier.mail.smtp.address import Security, SmtpAddress
from notifier.mail.smtp.envelope import BeforeData, Envelope, uninterrupted
from notifier.mail.smtp.verdict import (
    SendOutcome,
    SendStage,
    Verdict,
    blames_us,
    clean_words,
    judge,
    what_is_wrong,
)

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
        self._buffer = b""  # a line that is not complete
        self._lines: list[str] = []  # of a reply that is not complete
        self._replies: deque[Reply] = deque()
        self._expected = 0
        self._waiter: asyncio.Future[None] | None = None
        self._enough = 1  # replies that the waiter waits for
        self._until = 0.0  # how long the waiter waits at most
        self._timer: asyncio.TimerHandle | None = None
        self._is_lost = self._transport.is_closing()
        self._transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        """As far as we have heard."""
        return not (self._is_lost or self._transport.is_closing())

    def say(self, *commands: bytes) -> None:
        """Send commands, together; each has a reply of its own to be read. Raises ConnectionError on a lost line."""
        said = b"\r\n".join((*commands, b""))
        if not said.count(b"\r") == said.count(b"\n") == len(commands):
            raise ValueError("a command is one line")
        self.write(said, replies=len(commands))

    def write(self, data: bytes, *, replies: int = 1) -> None:
        """Send bytes as they are, to which so many replies will come. Raises ConnectionError on a lost line."""
        if not self.is_open:
            raise ConnectionResetError("the connection was lost")
        self._expected += replies
        self._transport.write(data)

    async def reply(self, until: float) -> Reply:
        """The next reply; one without a code where none came until then, by the loop's clock."""
        return (await self.replies(1, until))[0]

    async def replies(self, count: int, until: float) -> list[Reply]:
        """The next replies, when so many are there or the time is over; those that did not come have no code."""
        if len(self._replies) < count and not self._is_lost:
            self._waiter, self._enough, self._until = self._loop.create_future(), count, until
            # One timer for many replies: when it goes off it sees whether anybody has waited for too long.
            if self._timer is None or self._timer.when() > until:
                self._set_timer(until)
            try:
                await self._waiter
            finally:
                self._waiter = None
        none = LOST if self._is_lost else NO_ANSWER
        return [self._replies.popleft() if self._replies else none for _ in range(count)]

    def abort(self) -> None:
        """Close at once; what is buffered is not sent any more."""
        self._transport.abort()

    # What the event loop calls

    def data_received(self, data: bytes) -> None:
        if not self._expected:
            return  # nobody asked: it must not be taken for the reply to a later command
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            if self._expected:
                self._read(line.rstrip(b"\r"))
        if self._expected and len(self._buffer) + sum(map(len, self._lines)) > LONGEST_REPLY:
            self._take(Reply(MALFORMED, "the reply is too long"))
        if not self._expected:
            self._buffer = b""

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
        code, mark, text = match.groups(b"")
        self._lines.append(text.strip().decode("utf-8", "replace"))
        if mark != b"-":
            self._take(Reply(int(code), "\n".join(self._lines)))

    def _take(self, reply: Reply) -> None:
        self._lines.clear()
        self._expected -= 1
        self._replies.append(reply)
        if len(self._replies) >= self._enough:
            self._wake()

    def _end(self) -> None:
        self._is_lost = True
        if self._timer is not None:
            self._timer.cancel()
        self._wake()

    def _set_timer(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._time_over)

    def _time_over(self) -> None:
        self._timer = None
        if self._waiter is not None and self._loop.time() < self._until:
            self._set_timer(self._until)
        else:
            self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


GO_ON = 354
QUIT_TIMEOUT = 5.0  # seconds; the answer to QUIT means nothing to us
ADDRESS_LITERAL = "[127.0.0.1]"  # what a client without a name says (RFC 5321 section 4.1.4)

#: All that aiosmtplib and the socket below it raise; ValueError is for names that cannot be encoded.
_FAULTS = (SMTPException, OSError, ValueError)
_SPEAKABLE = re.compile(r"[^\s<>\x00-\x1f\x7f\ud800-\udfff]+@[^\s<>\x00-\x1f\x7f\ud800-\udfff]+")


@dataclass(eq=False)
class SmtpTransport:
    """Makes sessions to one mail server; see `Transport`.

    `timeout` and `final_timeout` are seconds: for each command, and for the answer to the final dot. A connection is
    given up after `max_messages_per_connection` messages or `max_age` seconds of `monotonic`.
    """

    address: SmtpAddress
    _: KW_ONLY
    timeout: float = 60.0
    final_timeout: float = 600.0
    local_hostname: str | None = None
    tls_context: ssl.SSLContext | None = None
    max_messages_per_connection: int = 100
    max_age: float = 300.0
    monotonic: Callable[[], float] = time.monotonic
    plainly: bool = field(
        default=False, init=False
    )  # by PLAIN: the server hung up when it was asked otherwise
    _sessions: "set[SmtpSession]" = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        # Making a context costs 23 ms, so all connections share one.
        if self.tls_context is None and self.address.security is not Security.NONE:
            self.tls_context = ssl.create_default_context()

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
            local_hostname=self.local_hostname or ADDRESS_LITERAL,
            use_tls=self.address.security is Security.TLS,
            start_tls=False,
            tls_context=self.tls_context,
        )

    def forget(self, session: "SmtpSession") -> None:
        """Called by a session that is closed."""
        self._sessions.discard(session)


class SmtpSession(AbstractAsyncContextManager["SmtpSession"]):
    """One connection at a time, kept between messages; see `Session`. Belongs to one task."""

    def __init__(self, transport: SmtpTransport) -> None:
        self._of = transport
        self._client: SMTP | None = None
        self._dialogue: Dialogue | None = None
        self._in_transaction = False  # the server may hold a sender or recipient of a message that did not go
        self._messages = 0  # begun on this connection
        self._opened = 0.0  # by the transport's monotonic clock

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._drop()
        await self.close()

    async def send(self, envelope: Envelope, *, before_data: BeforeData) -> Verdict:
        """See `Session.send`. Where a kept connection fails at MAIL, a fresh one is tried, once."""
        if not _SPEAKABLE.fullmatch(envelope.sender):
            raise self._fault(SendStage.MAIL, Reply(None, "it is no address that SMTP can carry"))
        try:
            is_kept = await self._connection()
            # A recipient that no command could carry to this server.
            why = ""
            if not _SPEAKABLE.fullmatch(envelope.recipient):
                why = "the address has a character that SMTP does not allow; nothing was sent"
            elif envelope.needs_smtputf8 and not self._supports("smtputf8"):
                why = "the mail server does not take addresses with other letters than a-z (no SMTPUTF8); nothing was sent"
            if why:
                return Verdict(SendOutcome.REJECTED, SendStage.RCPT, None, None, why, expected=False)
            offer = self._offer_at_once if self._supports("pipelining") else self._offer
            refusal = await offer(envelope, before_data, is_kept)
        except asyncio.CancelledError:
            # A reply may still be on its way; the next command must not take it for its own.
            self._drop()
            raise
        return refusal if refusal is not None else await self._hand_over(envelope.content)

    async def greet(self) -> None:
        """Connect, become private and sign in as a mail would need it, and send nothing. Raises MailError."""
        await self._connection()

    async def close(self) -> None:
        """Say goodbye if the server listens; never raises, takes five seconds at most."""
        self._of.forget(self)
        await self._say_goodbye()

    # The steps of one message

    async def _offer(self, envelope: Envelope, before_data: BeforeData, is_kept: bool) -> Verdict | None:
        """MAIL, RCPT, DATA, one after the other; None where the server waits for the message, and it may go."""
        await self._begin(is_kept, self._mail(envelope))
        (recipient,) = await self._say(_rcpt(envelope))
        if not recipient.is_yes:
            return self._settle(SendStage.RCPT, recipient)
        await before_data()
        (data,) = await self._say(b"DATA")
        return None if data.code == GO_ON else self._settle(SendStage.DATA, data)

    async def _offer_at_once(
        self, envelope: Envelope, before_data: BeforeData, is_kept: bool
    ) -> Verdict | None:
        """As `_offer`, in one trip (RFC 2920), while which it is written down that the message may go."""
        permission = asyncio.ensure_future(before_data())
        try:
            _, recipient, data = await self._begin(is_kept, self._mail(envelope), _rcpt(envelope), b"DATA")
            with suppress(Exception):  # also where it was refused: no verdict is written before the mark
                await permission
        finally:
            permission.cancel()
        if not recipient.is_yes:
            verdict = self._settle(SendStage.RCPT, recipient)
            if data is not None and data.code == GO_ON and self._dialogue is not None:
                # The server wants a message although it took no recipient: it gets an empty one (RFC 2920 section 3.1).
                reply = LOST
                with suppress(OSError):
                    self._dialogue.write(b".\r\n")
                    reply = await self._dialogue.reply(self._until(self._of.timeout))
                if not (reply.is_yes or reply.is_no):
                    self._drop()
            return verdict
        if data.code != GO_ON:
            return self._settle(SendStage.DATA, data)
        if permission.exception() is not None:
            self._drop()  # the server waits for a message that must not go
        permission.result()
        return None

    async def _begin(self, is_kept: bool, *commands: bytes) -> list[Reply]:
        """MAIL, and what is said together with it; the replies. Raises MailError where the sender is refused."""
        for again in (is_kept, False):
            self._messages += 1
            self._in_transaction = True
            replies = await self._say(*commands)
            if replies[0].is_yes:
                return replies
            if not again:
                break
            # It may be about this connection: idle too long, enough messages, closed in silence.
            await self._open()
            if len(commands) > 1 and not self._supports("pipelining"):
                break
        raise self._fault(SendStage.MAIL, replies[0])

    def _mail(self, envelope: Envelope) -> bytes:
        command = b"MAIL FROM:<" + envelope.sender.encode() + b">"
        if envelope.needs_smtputf8:
            command += b" SMTPUTF8" + (b" BODY=8BITMIME" if self._supports("8bitmime") else b"")
        return command

    async def _hand_over(self, content: bytes) -> Verdict:
        """The message and its dot. From the dot on, no answer means unsure, and a caller that is cancelled waits for it."""
        if self._dialogue is None:
            return self._settle(SendStage.DATA, LOST)
        try:
            # It refuses to write on a lost connection, so a fault here means that no byte went out.
            # The message as DATA takes it: lines that begin with a dot get another, then the final dot (RFC 5321, 4.5.2).
            stuffed = content if type(content) is Lines else content.replace(b"\r\n.", b"\r\n..")
            self._dialogue.write(b"".join((b"." if stuffed.startswith(b".") else b"", stuffed, b".\r\n")))
        except OSError:
            return self._settle(SendStage.DATA, LOST)
        until = self._until(self._of.final_timeout)
        try:
            reply = await self._dialogue.reply(until)
        except asyncio.CancelledError:
            reply = await uninterrupted(self._dialogue.reply(until))
        return self._settle(SendStage.DOT if reply.code is None else SendStage.REPLY, reply)

    def _settle(self, stage: SendStage, reply: Reply) -> Verdict:
        """The verdict, after which the connection is either fit for the next message or gone."""
        if reply.is_no and blames_us(reply.code, reply.text):
            raise self._fault(stage, reply)
        verdict = judge(stage, reply.code, reply.text)
        if verdict.outcome is SendOutcome.SENT:
            self._in_transaction = False
        elif reply.code == 421 or not reply.is_no:
            self._drop()
        return verdict

    async def _say(self, *commands: bytes) -> list[Reply]:
        """Commands, together, and their answers, for all of which one patience is enough.

        A fault leaves no connection behind, because a late answer would be taken for that of the next command.
        """
        replies: list[Reply] = []
        if self._dialogue is not None:
            until = self._until(self._of.timeout)
            with suppress(OSError):
                self._dialogue.say(*commands)
                replies = await self._dialogue.replies(len(commands), until)
        replies += [LOST] * (len(commands) - len(replies))
        if any(reply.code in {None, MALFORMED, 421} for reply in replies):
            self._drop()
        return replies

    def _until(self, patience: float) -> float:
        return asyncio.get_running_loop().time() + patience

    # The connection

    def _supports(self, extension: str) -> bool:
        return self._client is not None and self._client.supports_extension(extension)

    async def _connection(self) -> bool:
        """Have a connection that is ready for MAIL; True where it was used before."""
        is_usable = (
            self._dialogue is not None
            and self._dialogue.is_open
            and self._messages < self._of.max_messages_per_connection
            and self._of.monotonic() - self._opened < self._of.max_age
        )
        if is_usable and (not self._in_transaction or (await self._say(b"RSET"))[0].is_yes):
            self._in_transaction = False
            return True
        await self._say_goodbye()
        await self._open()
        return False

    async def _open(self) -> None:
        """A fresh connection: greeted, private where it must be, signed in. Raises MailError."""
        self._drop()
        self._messages, self._in_transaction, self._opened = 0, False, self._of.monotonic()
        stage = SendStage.CONNECT
        try:
            self._client = client = self._of.client()
            await client.connect()
            await _greet(client)
            if self._of.address.security is Security.STARTTLS:
                stage = SendStage.TLS
                await client.starttls()
                await _greet(client)
            if self._of.address.username is not None:
                stage = SendStage.AUTH
                password = self._of.address.password or ""
                if self._of.plainly and "plain" in client.supported_auth_methods:
                    await client.auth_plain(self._of.address.username, password)
                else:
                    await client.login(self._of.address.username, password)
            if client.transport is None:
                raise ConnectionResetError("the connection was lost")
            self._dialogue = Dialogue(client.transport)
        except SMTPResponseException as error:
            raise self._fault(stage, Reply(error.code, error.message)) from error
        except _FAULTS as error:
            if stage is SendStage.AUTH and isinstance(error, SMTPServerDisconnected) and not self._of.plainly:
                # It offers a way to sign in that it cannot take, and hangs up: it is asked in the plainest one.
                self._of.plainly = True
                await self._open()
                return
            if isinstance(error.__cause__, ssl.SSLError):
                stage = SendStage.TLS
            raise self._fault(stage, Reply(None, str(error))) from error

    def _fault(self, stage: SendStage, reply: Reply) -> MailError:
        """Drops the connection and words what is wrong with the way to the server."""
        self._drop()
        failed, advice = what_is_wrong(stage, reply.code, reply.text)
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
                    await dialogue.reply(self._until(min(self._of.timeout, QUIT_TIMEOUT)))
        finally:
            self._drop()

    def _drop(self) -> None:
        client, self._client, self._dialogue = self._client, None, None
        if client is not None:
            # Close at once. `close` alone would go on sending what is buffered, a message given up for unsure included.
            if client.transport is not None:
                cast(asyncio.WriteTransport, client.transport).abort()
            client.close()


def _rcpt(envelope: Envelope) -> bytes:
    return b"RCPT TO:<" + envelope.recipient.encode() + b">"


async def _greet(client: SMTP) -> None:
    try:
        await client.ehlo()
    except SMTPHeloError as error:
        if not 500 <= error.code <= 504:  # only these say that EHLO is not known (RFC 5321 section 3.2)
            raise
        await client.helo()
