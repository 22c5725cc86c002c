"""Where the mail server is and how to talk to it, read from NOTIFIER_SMTP_URL. Never shows a password."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from notifier.errors import SettingsError
from notifier.settings import is_loopback

EXAMPLE = "for example smtp+starttls://user:password@mail.example.org:587"
_HOST = re.compile(r"[A-Za-z0-9._:-]+")


class Security(StrEnum):
    """How the connection is made private. There is no "if the server offers it": that can be stripped on the way."""

    NONE = "smtp"  #: Clear text, for this machine or on explicit wish.
    STARTTLS = "smtp+starttls"  #: Clear text up to STARTTLS, which must succeed before anything is said.
    TLS = "smtps"  #: Private from the first byte.


DEFAULT_PORTS = {Security.NONE: 25, Security.STARTTLS: 587, Security.TLS: 465}


@dataclass(frozen=True, slots=True)
class SmtpAddress:
    """One mail server; `username` and `password` are both set or both None."""

    host: str
    port: int
    security: Security = Security.NONE
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def is_loopback(self) -> bool:
        """Whether mail stays on this machine as far as the connection goes."""
        return is_loopback(self.host)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_smtp_url(text: str) -> SmtpAddress:
    """Read the setting; raises SettingsError with an example and without the password.

    `smtp://` to another machine needs `?insecure=yes`.
    """
    if "://" not in text:
        raise _fault("must start with smtp://, smtp+starttls:// or smtps://")
    url = _split(text)
    try:
        security = Security(url.scheme)
    except ValueError:
        raise _fault("must start with smtp://, smtp+starttls:// or smtps://") from None
    username, password = _credentials(url)
    host = url.hostname or ""
    if not _HOST.fullmatch(host):
        raise _fault("has no host name, or one with characters that no host name has")
    # The ValueError of urlsplit quotes what it takes for a port, which may be a piece of the password.
    try:
        port = url.port
    except ValueError:
        raise _fault(
            "has a port that is no number from 1 to 65535; write : and / in a password as %3A and %2F"
        ) from None
    if port == 0:
        raise _fault("has port 0; use 25, 465 or 587")
    address = SmtpAddress(host, port or DEFAULT_PORTS[security], security, username, password)
    options = parse_qsl(url.query, keep_blank_values=True)
    if options and options != [("insecure", "yes")]:
        raise _fault("knows no other option than ?insecure=yes; write ? in a password as %3F")
    insecure = bool(options)
    if address.security is not Security.NONE and insecure:
        raise _fault("says insecure=yes with a private connection; leave it out")
    if address.security is Security.NONE and not (address.is_loopback or insecure):
        raise _fault(
            "would send mail unencrypted to another machine; use smtp+starttls:// or smtps://, or add ?insecure=yes"
        )
    return address


def _fault(what: str) -> SettingsError:
    return SettingsError(f"NOTIFIER_SMTP_URL {what}; {EXAMPLE}")


def _split(text: str) -> SplitResult:
    if not text.isprintable() or " " in text.strip():
        raise _fault("holds a space or a control character")
    try:
        url = urlsplit(text.strip())
    except ValueError:
        raise _fault("is not a URL") from None
    if url.path not in {"", "/"} or url.fragment:
        raise _fault("has something after the port; write / as %2F and # as %23 in a user or password")
    return url


def _credentials(url: SplitResult) -> tuple[str | None, str | None]:
    if url.username is None and url.password is None:
        return None, None
    if not url.username or not url.password:
        raise _fault("has a user without a password, or a password without a user")
    try:
        username, password = (unquote(part, errors="strict") for part in (url.username, url.password))
    except UnicodeDecodeError:
        raise _fault(
            "has a percent sign in its user or password that stands for no UTF-8; write % as %25"
        ) from None
    return username, password
