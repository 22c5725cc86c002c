"""DKIM signatures (RFC 6376, RFC 8463) over the exact bytes of a mail. Pure: reads no file, no clock, no DNS.

Signs with OpenSSL through `cryptography`. Headers are made canonical as `relaxed`, the body as `simple`: nothing on the
way needs to touch a body that is all quoted-printable, and hashing it as it is costs the least.
"""

import base64
import hashlib
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from notifier.errors import InputError, SettingsError
from notifier.mail.render.mime import wire_address

#: Signed once more than they occur, the absent ones too, so that nobody can add another (RFC 6376 section 8.15).
#: RFC 8058 section 4 wants both List-Unsubscribe headers signed.
SEALED = (
    "from",
    "to",
    "subject",
    "date",
    "reply-to",
    "content-type",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
)
#: Signed as often as they occur.
SIGNED = ("message-id", "in-reply-to", "references", "mime-version", "auto-submitted", "feedback-id")

_LINE = 72  # characters of a line of h= and b=
_SPACES = re.compile(rb"[ \t]+")


@dataclass(frozen=True, slots=True)
class DkimKey:
    """A private key, and where its public half is published: `selector`._domainkey.`domain`, both ASCII."""

    selector: str
    domain: str
    private: RSAPrivateKey | Ed25519PrivateKey

    @property
    def algorithm(self) -> str:
        """The a= of its signatures."""
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    def signature(self, signed: bytes) -> bytes:
        """The bytes of b=; the same input always gives the same ones."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(signed, PKCS1v15(), SHA256())
        return self.private.sign(hashlib.sha256(signed).digest())  # RFC 8463 section 3 signs the hash


class Signer:
    """Signs with every key, each in a DKIM-Signature of its own: not every receiver verifies Ed25519."""

    def __init__(self, keys: Sequence[DkimKey]) -> None:
        self._keys = tuple(keys)

    def sign(self, content: bytes, now: datetime) -> bytes:
        """The message with its signatures before it. content: with CRLF line ends; now: aware, written as t=.

        The same content and time give the same bytes.
        """
        head, _, body = content.partition(b"\r\n\r\n")
        fields = _fields(head)
        names, h_tag = _signed(tuple(name for name, _ in fields))
        # Of equal ones the lowest comes first (RFC 6376, 5.4.2).
        left: dict[str, list[bytes]] = {}
        for name, value in fields:
            left.setdefault(name, []).append(value)
        covered = b"".join(
            [b"%s:%s\r\n" % (name.encode("ascii"), left[name].pop()) for name in names if left.get(name)]
        )
        # No l=, which lets anybody append to the body; no x=, which fails mail that a relay kept for long.
        # bh= of the body as it is, with exactly one line end after its last line (RFC 6376, 3.4.3).
        end = len(body)
        while body.endswith(b"\r\n", 0, end):
            end -= 2
        hashed = hashlib.sha256(memoryview(body)[:end])
        hashed.update(b"\r\n")
        body_hash = base64.b64encode(hashed.digest()).decode("ascii")
        facts = f"t={int(now.timestamp())};\r\n {h_tag};\r\n bh={body_hash}"
        head = b""
        for key in self._keys:
            # Each signs itself too, with an empty b= and without its line end (RFC 6376, 3.7).
            tags = f"v=1; a={key.algorithm}; c=relaxed/simple;\r\n d={key.domain}; s={key.selector}; {facts};\r\n b="
            own = "dkim-signature:" + tags.replace("\r\n", "")
            written = base64.b64encode(key.signature(covered + own.encode("ascii"))).decode("ascii")
            # Never a fold right after b=: by RFC 6376 section 3.5 it would belong to the tag, and some take it for the value.
            folded = "\r\n ".join(written[start : start + _LINE] for start in range(0, len(written), _LINE))
            head += f"DKIM-Signature: {tags}{folded}\r\n".encode("ascii")
        return type(content)(head + content)  # whose lines are as the others, and none begins with a dot


@lru_cache(maxsize=64)
def _signed(present: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """What h= lists for a message that has these headers, and h= itself, folded between names."""
    times = Counter(present) + Counter(SEALED)
    names = tuple(name for name in (*SEALED, *SIGNED) for _ in range(times[name]))
    lines = ["h=" + names[0]]
    for name in names[1:]:
        if len(lines[-1]) + len(name) < _LINE:
            lines[-1] += ":" + name
        else:
            lines[-1] += ":"
            lines.append(name)
    return names, "\r\n ".join(lines)


def _fields(head: bytes) -> list[tuple[str, bytes]]:
    """Each header's name and value, relaxed (RFC 6376, 3.4.2)."""
    lines = head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
    if b"  " in lines or b"\t" in lines:  # hardly ever in ours, and looking is cheaper
        lines = _SPACES.sub(b" ", lines)
    parted = (line.partition(b":") for line in lines.split(b"\r\n"))
    return [(name.strip().lower().decode("latin-1"), value.strip(b" ")) for name, _, value in parted]


SHORTEST_RSA = 1024  # bits; mailbox providers refuse less (M17), and RFC 8301 does
SAFE_RSA = 2048  # bits
LONGEST_STRING = 250  # characters of one string of a TXT record; RFC 1035 section 3.3.14 has room for 255

_SETTING = "NOTIFIER_DKIM_KEYS"
_ADVICE = "make one with `notifier dkim new`"
_MAKERS: Mapping[str, Callable[[], RSAPrivateKey | Ed25519PrivateKey]] = {
    "rsa": lambda: generate_private_key(public_exponent=65537, key_size=SAFE_RSA),
    "ed25519": Ed25519PrivateKey.generate,
}

log = structlog.get_logger()


def read_keys(files: Sequence[tuple[str, Path]], domain: str) -> tuple[DkimKey, ...]:
    """The keys of (selector, PEM file).

    Raises SettingsError where one is missing, unreadable, too short, or of another type.
    """
    keys = tuple(_read(selector, domain, path) for selector, path in files)
    if not any(isinstance(key.private, RSAPrivateKey) for key in keys):
        log.warning(
            "No DKIM key is RSA, and receivers that verify nothing else take the mails for unsigned.",
            action="dkim_without_rsa",
        )
    return keys


def _read(selector: str, domain: str, path: Path) -> DkimKey:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"{_SETTING} names {path} for {selector}, which cannot be read ({error.strerror}): mend the path "
            f"or its rights, or {_ADVICE}"
        ) from error
    return DkimKey(selector, domain, _checked(_decoded(content, path), path))


def _decoded(content: bytes, path: Path) -> object:
    try:
        return serialization.load_pem_private_key(content, password=None)
    except TypeError:
        fault = "which is locked with a password that nobody is there to type"
    except (ValueError, UnsupportedAlgorithm):
        fault = "which holds no private key in PEM form"
    raise SettingsError(f"{_SETTING} names {path}, {fault}: {_ADVICE}")


def _checked(private: object, path: Path) -> RSAPrivateKey | Ed25519PrivateKey:
    if isinstance(private, Ed25519PrivateKey):
        return private
    if not isinstance(private, RSAPrivateKey):
        raise SettingsError(
            f"{_SETTING} names {path}, which holds a key that is neither RSA nor Ed25519: {_ADVICE}"
        )
    if private.key_size < SHORTEST_RSA:
        raise SettingsError(
            f"{_SETTING} names {path}, an RSA key of {private.key_size} bits, and mailbox providers refuse less than "
            f"{SHORTEST_RSA}: {_ADVICE}"
        )
    if private.key_size < SAFE_RSA:
        log.warning(
            "A DKIM key is shorter than it should be.",
            action="dkim_key_short",
            path=str(path),
            bits=private.key_size,
            should_be=SAFE_RSA,
        )
    return private


def new_key(selector: str, domain: str, kind: str, path: Path) -> DkimKey:
    """A fresh key (`rsa` or `ed25519`), on the disk in a file that only we may read.

    Raises InputError where the file exists, or cannot be written.
    """
    key = DkimKey(selector, domain, _MAKERS[kind]())
    pem = key.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(pem)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            path.unlink()  # half a key would only be in the way
            raise
    except FileExistsError:
        raise InputError(
            f"{path} exists, and a key is never written over: choose another file with --out"
        ) from None
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror}): choose another file with --out"
        ) from error
    return key


def record_name(key: DkimKey) -> str:
    """Where the DNS record of a key stands."""
    return f"{key.selector}._domainkey.{key.domain}"


def record_strings(key: DkimKey) -> tuple[str, ...]:
    """The value of that TXT record, as the strings that it must be cut into (RFC 6376, 3.6.2.2); joined with nothing."""
    public, encoding, form = key.private.public_key(), serialization.Encoding, serialization.PublicFormat
    if isinstance(key.private, RSAPrivateKey):
        raw = public.public_bytes(encoding.DER, form.SubjectPublicKeyInfo)
    else:
        raw = public.public_bytes(encoding.Raw, form.Raw)  # RFC 8463 section 4: the 32 bytes alone
    value = f"v=DKIM1; k={key.algorithm.partition('-')[0]}; p={base64.b64encode(raw).decode('ascii')}"
    return tuple(value[start : start + LONGEST_STRING] for start in range(0, len(value), LONGEST_STRING))


def signing_domain(chosen: str | None, of_sender: str) -> str:
    """The domain that mails are signed for: as chosen, else the sender's, in ASCII. Raises SettingsError for one without DNS."""
    domain = chosen or wire_address(f"x@{of_sender}").rpartition("@")[2]
    if "." not in domain:
        raise SettingsError(
            f"Mails cannot be signed for {domain}, which has no place in the DNS: set NOTIFIER_MAIL_FROM to an "
            "address at a domain of yours, or set NOTIFIER_DKIM_DOMAIN"
        )
    return domain.lower()
