"""Where reports come from: files, mbox files, a Maildir, an IMAP mailbox. Fetches and marks as read; understands nothing.

One message that cannot be read is named and left; the others go on. Raises InputError or MailError where nothing can
be read at all.
"""

import base64
import imaplib
import re
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from netrc import NetrcParseError, netrc
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from notifier.errors import InputError, MailError
from notifier.mail.bounces.parts import LARGEST
from notifier.settings import is_loopback

PATIENCE = 60.0  # seconds for each answer of an IMAP server
_LINE = 65536  # bytes that are read at once of what need not have lines
_EXAMPLE = "imaps://user@mail.example.org/INBOX"


@dataclass(frozen=True, slots=True)
class Fetched:
    """One message: a name for people, its bytes (None: unreadable, and `fault` says why), and how to mark it as read."""

    name: str
    raw: bytes | None
    fault: str = ""
    done: Callable[[], object] = bool  # does nothing


def from_files(paths: Iterable[str], standard_input: BinaryIO) -> Iterator[Fetched]:
    """The messages in files, `-` for standard input; an mbox file holds several, and may be larger than memory."""
    for path in paths:
        number, held = 0, None  # the first waits for a second: then they are numbered
        try:
            with nullcontext(standard_input) if path == "-" else Path(path).open("rb") as file:
                for number, message in enumerate(_messages(file), start=1):
                    if held is not None:
                        yield Fetched(f"{path}:{number - 1}", held)
                    held = message
        except OSError as error:
            yield Fetched(path, None, error.strerror or "it cannot be read")
        if held is not None:
            yield Fetched(path if number == 1 else f"{path}:{number}", held)


def _messages(file: BinaryIO) -> Iterator[bytes]:
    """Of each message its first bytes, as many as are read: a line begins the next one by "From " below an empty line."""
    line = file.readline(_LINE)
    if not line.startswith(b"From "):
        yield line + file.read(LARGEST)
        return
    message, before, empty = bytearray(), b"\n", False
    for line in iter(partial(file.readline, _LINE), b""):
        if empty and line.startswith(b"From "):
            if message.strip():
                yield bytes(message)
            message.clear()
        elif len(message) < LARGEST:
            message += line
        empty, before = before.endswith(b"\n") and line in {b"\n", b"\r\n"}, line
    if message.strip():
        yield bytes(message)


def from_maildir(folder: Path) -> Iterator[Fetched]:
    """The unread messages of a Maildir; each is marked as seen when it is done."""
    if not all((folder / name).is_dir() for name in ("new", "cur")):
        raise InputError(f"{folder} is not a Maildir: it needs the folders new and cur")
    for path in sorted([*(folder / "new").iterdir(), *(folder / "cur").iterdir()]):
        name, _, flags = path.name.partition(":2,")
        if path.name.startswith(".") or "S" in flags or not path.is_file():
            continue
        seen = folder / "cur" / f"{name}:2,{''.join(sorted({*flags, 'S'}))}"
        try:
            with path.open("rb") as file:
                raw = file.read(LARGEST)
            yield Fetched(path.name, raw, done=partial(_rename, path, seen))
        except OSError as error:
            yield Fetched(path.name, None, error.strerror or "it cannot be read")


def _rename(path: Path, to: Path) -> None:
    with suppress(FileNotFoundError):  # another program has moved it; reading it again does no harm
        path.rename(to)


def from_imap(url: str) -> Iterator[Fetched]:
    """The unread messages of an IMAP mailbox; each is marked as seen when it is done, or moved where `?move=` says."""
    parts = _checked(url)
    host, move = parts.hostname or "", parse_qs(parts.query).get("move", [""])[0]
    folder = unquote(parts.path.strip("/")) or "INBOX"
    user, password = _credentials(parts)
    line, port = (
        (imaplib.IMAP4, 143)
        if parts.scheme == "imap"
        else (partial(imaplib.IMAP4_SSL, ssl_context=ssl.create_default_context()), 993)
    )
    try:
        with line(host, parts.port or port, timeout=PATIENCE) as server:
            # LOGIN takes ASCII alone (RFC 3501 section 9); PLAIN takes UTF-8 (RFC 4616).
            signed_in = (
                server.login(user, password)
                if user.isascii() and password.isascii()
                else server.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
            )
            _say(signed_in, host, "refused to sign us in")
            _say(server.select(_quoted(folder)), host, f"has no folder {folder!r}")
            found = _say(server.uid("SEARCH", "UNSEEN"), host, "does not search")
            for uid in bytes(found[0] or b"").decode("ascii").split():
                # The newest byte that matters stands long before this; a mail of 10 MB came back whole.
                status, data = server.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LARGEST}>)")
                body = next((each[1] for each in data if isinstance(each, tuple)), None)
                if status != "OK" or body is None:
                    yield Fetched(f"{host}:{uid}", None, "the server does not give it")
                else:
                    yield Fetched(f"{host}:{uid}", bytes(body), done=partial(_mark, server, uid, move))
    except (imaplib.IMAP4.error, OSError, ValueError, IndexError, TypeError) as error:
        # Also what no answer of IMAP makes the library stumble over; its words may hold the password.
        raise MailError(_sentence(host, error)) from None


def _mark(server: imaplib.IMAP4, uid: str, move: str) -> None:
    server.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)")
    if not move:
        return
    if "MOVE" in server.capabilities:
        moved, _ = server.uid("MOVE", uid, _quoted(move))
    else:
        moved, _ = server.uid("COPY", uid, _quoted(move))
        if moved == "OK":
            server.uid("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)")
    if moved != "OK":
        raise MailError(
            f"The IMAP server did not move a report to {move!r}: make that folder; nothing is lost"
        )


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = (
            parts.scheme in {"imap", "imaps"}
            and bool(parts.hostname)
            and parts.port != 0
            and bool(parts.username)
        )
    except ValueError:
        usable = False
    if not usable:
        raise InputError(
            f"--imap is not the address of a mailbox: write it like {_EXAMPLE}, with the password in ~/.netrc"
        )
    if parts.scheme == "imap" and not is_loopback(parts.hostname or ""):
        raise InputError(f"--imap would send the password in the clear: write it like {_EXAMPLE}")
    return parts


def _credentials(parts: SplitResult) -> tuple[str, str]:
    """User and password of the URL; a password that is not in it, where others could see it, is in ~/.netrc."""
    user = unquote(parts.username or "")
    if parts.password is not None:
        return user, unquote(parts.password)
    try:
        known = netrc().authenticators(parts.hostname or "")
    except (OSError, NetrcParseError):
        known = None
    if known is None or known[2] is None:
        raise InputError(
            f"--imap has no password, and ~/.netrc none for {parts.hostname}: add the line "
            f"`machine {parts.hostname} login USER password …` there"
        )
    return user, known[2]


def _say(answer: tuple[str, Any], host: str, fault: str) -> Any:
    status, data = answer
    if status != "OK":
        raise MailError(f"The IMAP server {host} {fault}: check --imap")
    return data


def _sentence(host: str, error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return f"The IMAP server {host} has no certificate that can be trusted: check the name in --imap"
    if isinstance(error, OSError):
        return f"The IMAP server {host} does not answer ({error.strerror or type(error).__name__}): try again later"
    if b"auth" in str(error).encode().lower() or "login" in str(error).lower():
        return f"The IMAP server {host} refused to sign us in: check user and password in --imap"
    return f"The IMAP server {host} gave an answer that cannot be used: try again later; no report is lost"


def _quoted(folder: str) -> str:
    """A folder's name as IMAP4rev1 writes it (RFC 3501 section 5.1.3); one that is written so already stays."""

    def encoded(run: re.Match[str]) -> str:
        packed = base64.b64encode(run[0].encode("utf-16-be"), b"+,").decode("ascii").rstrip("=")
        return f"&{packed}-"

    if not (folder.isascii() and re.search(r"&[A-Za-z0-9+,]*-", folder)):
        folder = folder.replace("&", "&-")
    if not folder.isascii():
        folder = re.sub(r"[^ -~]+", encoded, folder)
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
