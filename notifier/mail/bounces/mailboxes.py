"""Where reports come from: files, mbox files, a Maildir, an IMAP mailbox. Fetches and marks as read; understands nothing.

One message that cannot be read is named and left; the others go on. Raises InputError or MailError where nothing can
be read at all.
"""

import base64
import imaplib
import re
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from netrc import NetrcParseError, netrc
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from notifier.errors import InputError, MailError
from notifier.mail.bounces.parts import LARGEST
from notifier.settings import is_loopback

PATIENCE = 60.0  # seconds for each answer of an IMAP server
_MBOX_BEGINS = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\r\n]*\r?\n")
_EXAMPLE = "imaps://user@mail.example.org/INBOX"


def _nothing() -> None:
    """For messages that need no mark."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One message: a name for people, its bytes (None: unreadable, and `fault` says why), and how to mark it as read."""

    name: str
    raw: bytes | None
    fault: str = ""
    done: Callable[[], None] = _nothing


def from_files(paths: Iterable[str], standard_input: BinaryIO) -> Iterator[Fetched]:
    """The messages in files, `-` for standard input; an mbox file holds several."""
    for path in paths:
        try:
            raw = standard_input.read() if path == "-" else Path(path).read_bytes()
        except OSError as error:
            yield Fetched(path, None, error.strerror or "it cannot be read")
            continue
        messages = (
            [each for each in _MBOX_BEGINS.split(raw) if each.strip()] if raw.startswith(b"From ") else [raw]
        )
        for number, message in enumerate(messages, start=1):
            yield Fetched(path if len(messages) == 1 else f"{path}:{number}", message)


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
            yield Fetched(path.name, raw, done=_renaming(path, seen))
        except OSError as error:
            yield Fetched(path.name, None, error.strerror or "it cannot be read")


def _renaming(path: Path, seen: Path) -> Callable[[], None]:
    def done() -> None:
        with suppress(FileNotFoundError):  # another program has moved it; reading it again does no harm
            path.rename(seen)

    return done


def from_imap(url: str) -> Iterator[Fetched]:
    """The unread messages of an IMAP mailbox; each is marked as seen when it is done, or moved where `?move=` says."""
    parts = _checked(url)
    host, move = parts.hostname or "", parse_qs(parts.query).get("move", [""])[0]
    user, password = _credentials(parts)
    try:
        with _connected(parts) as server:
            _say(_signed_in(server, user, password), host, "refused to sign us in")
            folder = unquote(parts.path.strip("/")) or "INBOX"
            _say(server.select(_quoted(folder)), host, f"has no folder {folder!r}")
            yield from _unseen(server, host, move)
    except (imaplib.IMAP4.error, OSError, ValueError, IndexError, TypeError) as error:
        # Also what no answer of IMAP makes the library stumble over; its words may hold the password.
        raise MailError(_sentence(host, error)) from None


def _signed_in(server: imaplib.IMAP4, user: str, password: str) -> tuple[str, Any]:
    if user.isascii() and password.isascii():
        return server.login(user, password)
    # LOGIN takes ASCII alone (RFC 3501 section 9); PLAIN takes UTF-8 (RFC 4616).
    return server.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())


def _unseen(server: imaplib.IMAP4, host: str, move: str) -> Iterator[Fetched]:
    found = _say(server.uid("SEARCH", "UNSEEN"), host, "does not search")
    for uid in bytes(found[0] or b"").decode("ascii").split():
        # The newest byte that matters stands long before this; a mail of 10 MB came back whole.
        status, data = server.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LARGEST}>)")
        body = next((each[1] for each in data if isinstance(each, tuple)), None)
        if status != "OK" or body is None:
            yield Fetched(f"{host}:{uid}", None, "the server does not give it")
        else:
            yield Fetched(f"{host}:{uid}", bytes(body), done=_marking(server, uid, move))


def _marking(server: imaplib.IMAP4, uid: str, move: str) -> Callable[[], None]:
    def done() -> None:
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

    return done


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


def _connected(parts: SplitResult) -> imaplib.IMAP4:
    host = parts.hostname or ""
    if parts.scheme == "imap":
        return imaplib.IMAP4(host, parts.port or 143, timeout=PATIENCE)
    context = ssl.create_default_context()
    return imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=context, timeout=PATIENCE)


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
    escaped = _modified_utf7(folder).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _modified_utf7(folder: str) -> str:
    """A folder's name as IMAP4rev1 writes it (RFC 3501 section 5.1.3); one that is written so already stays."""
    if folder.isascii():
        return folder if re.search(r"&[A-Za-z0-9+,]*-", folder) else folder.replace("&", "&-")
    return re.sub(r"[^ -~]+", _encoded, folder.replace("&", "&-"))


def _encoded(run: re.Match[str]) -> str:
    packed = base64.b64encode(run[0].encode("utf-16-be")).decode("ascii").rstrip("=")
    return f"&{packed.replace('/', ',')}-"
