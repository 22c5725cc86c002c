"""DKIM signatures (RFC 6376, RFC 8463) over the exact bytes of a mail. Pure: reads no file, no clock, no DNS.

Signs with OpenSSL through `cryptography`. Headers are made canonical as `relaxed`, the body as `simple`: nothing on the
way needs to touch a body that is all quoted-printable, and hashing it as it is costs the least.
"""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

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
        names = _signed_names(tuple(name for name, _ in fields))
        covered = b"".join(_chosen(fields, names))
        # No l=, which lets anybody append to the body; no x=, which fails mail that a relay kept for long.
        facts = f"t={int(now.timestamp())};\r\n {_h_tag(names)};\r\n bh={_body_hash(body)}"
        return b"".join([*(_header(key, facts, covered) for key in self._keys), content])


def _header(key: DkimKey, facts: str, covered: bytes) -> bytes:
    """One DKIM-Signature, which signs itself too, with an empty b= and without its line end (RFC 6376, 3.7)."""
    tags = f"v=1; a={key.algorithm}; c=relaxed/simple;\r\n d={key.domain}; s={key.selector}; {facts};\r\n b="
    own = "dkim-signature:" + tags.replace("\r\n", "")
    written = base64.b64encode(key.signature(covered + own.encode("ascii"))).decode("ascii")
    # Never a fold right after b=: by RFC 6376 section 3.5 it would belong to the tag, and some take it for the value.
    lines = "\r\n ".join(written[start : start + _LINE] for start in range(0, len(written), _LINE))
    return f"DKIM-Signature: {tags}{lines}\r\n".encode("ascii")


@lru_cache(maxsize=64)
def _signed_names(present: tuple[str, ...]) -> tuple[str, ...]:
    """What h= lists for a message that has these headers."""
    times = Counter(present) + Counter(SEALED)
    return tuple(name for name in (*SEALED, *SIGNED) for _ in range(times[name]))


@lru_cache(maxsize=64)
def _h_tag(names: tuple[str, ...]) -> str:
    """h=, folded between names."""
    lines = ["h=" + names[0]]
    for name in names[1:]:
        if len(lines[-1]) + len(name) < _LINE:
            lines[-1] += ":" + name
        else:
            lines[-1] += ":"
            lines.append(name)
    return "\r\n ".join(lines)


def _fields(head: bytes) -> list[tuple[str, bytes]]:
    """Each header's name and value, relaxed (RFC 6376, 3.4.2)."""
    lines = head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
    if b"  " in lines or b"\t" in lines:  # hardly ever in ours, and looking is cheaper
        lines = _SPACES.sub(b" ", lines)
    parted = (line.partition(b":") for line in lines.split(b"\r\n"))
    return [(name.strip().lower().decode("latin-1"), value.strip(b" ")) for name, _, value in parted]


def _chosen(fields: Sequence[tuple[str, bytes]], names: Sequence[str]) -> Iterator[bytes]:
    """The headers that `names` lists; of equal ones the lowest comes first (RFC 6376, 5.4.2)."""
    left: dict[str, list[bytes]] = {}
    for name, value in fields:
        left.setdefault(name, []).append(value)
    for name in names:
        if left.get(name):
            yield b"%s:%s\r\n" % (name.encode("ascii"), left[name].pop())


def _body_hash(body: bytes) -> str:
    """bh= of the body as it is, with exactly one line end after its last line (RFC 6376, 3.4.3)."""
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    hashed = hashlib.sha256(memoryview(body)[:end])
    hashed.update(b"\r\n")
    return base64.b64encode(hashed.digest()).decode("ascii")
