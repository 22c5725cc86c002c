"""What a transport is given, and the Protocols that every transport keeps."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self, TypeVar

from notifier.errors import MailError, RenderError
from notifier.mail.render.mime import Lines
from notifier.mail.smtp.verdict import SendOutcome, SendStage, Verdict

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
        ends = () if isinstance(self.content, Lines) else (b"\n", b"\r")
        if any(self.content.count(end) != self.content.count(b"\r\n") for end in ends):
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


class FileTransport(AbstractAsyncContextManager["FileTransport"]):
    """Writes `<name>.eml` into a folder, which is made (mode 0700) when the first mail comes. It holds nothing open, and so is
    its own session, for any number of tasks: every mail is sent, or MailError says why the folder cannot be written.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def session(self) -> Self:
        return self

    async def send(self, envelope: Envelope, *, before_data: BeforeData) -> Verdict:
        return await uninterrupted(self._write(envelope, before_data))

    async def close(self) -> None:
        """Nothing is held open."""

    async def __aexit__(self, *_: object) -> None:
        """As `close`."""

    async def _write(self, envelope: Envelope, before_data: BeforeData) -> Verdict:
        await before_data()
        path = self.directory / f"{envelope.name}.eml"
        try:
            await asyncio.to_thread(_write_whole, path, envelope.content)
        except OSError as error:
            raise MailError(
                f"The mail folder {self.directory} cannot be written: {error.strerror or error}. "
                "Make room or mend its permissions, or set NOTIFIER_MAIL_DIR to another folder."
            ) from error
        return Verdict(SendOutcome.SENT, SendStage.REPLY, None, None, f"written to {path.name}")


def _write_whole(path: Path, content: bytes) -> None:
    """The file has all of the content or is not there; it survives a power cut once this returns."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The name is fixed, so that what a crash left behind is overwritten by the next attempt.
    draft = path.with_name(f".{path.name}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    if os.name == "nt":  # a folder cannot be opened there, and NTFS journals the rename
        return
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
