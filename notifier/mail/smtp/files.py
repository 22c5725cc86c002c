"""Mails as files in a folder, for a laptop without a mail server. One message is one file, however often it is sent."""

import asyncio
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from notifier.errors import MailError
from notifier.mail.smtp.envelope import BeforeData, Envelope, uninterrupted
from notifier.mail.smtp.verdict import SendOutcome, SendStage, Verdict


class FileTransport:
    """Writes `<name>.eml` into a folder, which is made (mode 0700) when the first mail comes."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def session(self) -> "FileSession":
        """A session; any number may write at once."""
        return FileSession(self.directory)

    async def close(self) -> None:
        """Nothing is held open."""


class FileSession:
    """See `Session`; every mail is sent, or MailError says why the folder cannot be written."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def send(self, envelope: Envelope, *, before_data: BeforeData) -> Verdict:
        return await uninterrupted(self._write(envelope, before_data))

    async def close(self) -> None:
        """Nothing is held open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _write(self, envelope: Envelope, before_data: BeforeData) -> Verdict:
        await before_data()
        path = self._directory / f"{envelope.name}.eml"
        try:
            await asyncio.to_thread(_write_whole, path, envelope.content)
        except OSError as error:
            raise MailError(
                f"The mail folder {self._directory} cannot be written: {error.strerror or error}. "
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
    _sync(path.parent)


def _sync(directory: Path) -> None:
    if os.name == "nt":  # a folder cannot be opened there, and NTFS journals the rename
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
