"""What a transport is given, and the Protocols that every transport keeps."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from typing import Protocol, TypeVar

from notifier.errors import RenderError
from notifier.mail.smtp.verdict import Verdict

BeforeData = Callable[[], Awaitable[object]]

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,199}")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message to one recipient, ready to go.

    `recipient` is as it goes to RCPT: its domain in ASCII. `content` has CRLF line ends only, and one at its end.
    `name` is a file stem, unique per message and the same at every attempt. `smtputf8`: its headers have raw UTF-8.
    Raises RenderError where content or name are otherwise; a stray line end would let a body end the message.
    """

    sender: str
    recipient: str
    content: bytes
    name: str
    smtputf8: bool = False

    def __post_init__(self) -> None:
        line_ends = self.content.count(b"\r\n")
        if not line_ends == self.content.count(b"\n") == self.content.count(b"\r"):
            raise RenderError("The message has a line end that is not CRLF; render it again.")
        if not self.content.endswith(b"\r\n"):
            raise RenderError("The message does not end with a line end; render it again.")
        if not _NAME.fullmatch(self.name):
            raise RenderError(
                "The message's name is no plain file name; use letters, digits, dots and dashes."
            )

    @property
    def needs_smtputf8(self) -> bool:
        """Whether only a server with SMTPUTF8 (RFC 6531) can take it."""
        return self.smtputf8 or not (self.sender + self.recipient).isascii()


class Session(Protocol):
    """Sends messages one after another over one line to the mail server; belongs to one task."""

    async def send(self, envelope: Envelope, *, before_data: BeforeData) -> Verdict:
        """Hand one message over. `before_data` is called once at most, and has come to its end before the first byte of
        the message is written, from where on the outcome can be unsure; what it raises goes through and nothing was
        sent. It may go on beside the commands. Raises MailError where no message is to blame.
        """
        ...


class Transport(Protocol):
    """The way out of this machine: makes sessions, each of which connects when the first message is sent."""

    def session(self) -> AbstractAsyncContextManager[Session]: ...


async def uninterrupted(work: Coroutine[object, object, _Result]) -> _Result:
    """Run to the end even when the caller is cancelled, and return the result.

    The request to stop stays visible in `asyncio.current_task().cancelling()`. Only a cancellation of the work itself,
    as when the loop is torn down, ends it early and raises CancelledError.
    """
    task = asyncio.ensure_future(work)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait({task})
    return task.result()
