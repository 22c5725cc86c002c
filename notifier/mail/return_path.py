"""Addresses that carry a signed id, so that what is sent to them says which mail or which subscriptions it is about.

A report or a request proves nothing by its From; only an unforged tag may end anything (S20, L18). A tag is the ids,
masked and with a check of 80 bits, in base32: no address is in it, it is the same for the same ids (S13), and it
survives servers that write the local part in other case. The first key signs, every key verifies.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

CHECK = 10  # bytes
LONGEST_LOCAL_PART = 64  # RFC 5321 section 4.5.3.1.1
_ROOM = (LONGEST_LOCAL_PART - 2) * 5 // 8 - CHECK  # bytes for ids
_BOUNCE, _UNSUBSCRIBE = "b", "u"
_LOCAL_PART = re.compile(r"[<\s]*([bu])\+([a-z2-7]{17,62})@[^\s@]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """What an unsubscribe address asks to end: these subscriptions, or all that one mail spoke for."""

    subscription_ids: tuple[int, ...] = ()
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class Tags:
    """Makes and reads tagged addresses at `domain`; `keys` newest first."""

    keys: Sequence[bytes] = field(repr=False)
    domain: str

    def bounce_address(self, message_id: int) -> str:
        """The envelope sender of a message."""
        return self._address(_BOUNCE, [message_id])

    def unsubscribe_address(self, subscription_ids: Sequence[int], message_id: int) -> str:
        """Where a mail ends these subscriptions; where they are too many for an address, all that the mail speaks for."""
        ids = sorted(set(subscription_ids))
        packed = _pack(ids)
        return self._address(_UNSUBSCRIBE, ids if 0 < len(packed) <= _ROOM else [0, message_id])

    def read_tag(self, address: str) -> int | None:
        """The message that an envelope sender of ours names; None for any other address, or a forged one."""
        ids = self._read(_BOUNCE, address)
        return ids[0] if ids and len(ids) == 1 else None

    def read_unsubscribe(self, address: str) -> Unsubscribe | None:
        """What an unsubscribe address of ours asks for; None for any other address, or a forged one."""
        ids = self._read(_UNSUBSCRIBE, address)
        if not ids:
            return None
        return Unsubscribe(message_id=ids[1]) if ids[0] == 0 else Unsubscribe(subscription_ids=tuple(ids))

    def _address(self, sort: str, ids: Sequence[int]) -> str:
        plain = _pack(ids)
        check = _check(self.keys[0], sort, plain)
        tag = base64.b32encode(check + _masked(self.keys[0], check, plain))
        return f"{sort}+{tag.decode('ascii').rstrip('=').lower()}@{self.domain}"

    def _read(self, sort: str, address: str) -> list[int] | None:
        # The domain is not looked at: it may have changed since, and only the check proves anything.
        match = _LOCAL_PART.match(address[:400])
        if match is None or match[1].lower() != sort:
            return None
        try:
            tag = base64.b32decode(match[2].upper() + "=" * (-len(match[2]) % 8))
        except binascii.Error:
            return None
        check, masked = tag[:CHECK], tag[CHECK:]
        for key in self.keys:
            plain = _masked(key, check, masked)
            if hmac.compare_digest(check, _check(key, sort, plain)):
                numbers, number, shift = [], 0, 0
                for byte in plain:
                    number |= (byte & 0x7F) << shift
                    shift += 7
                    if byte < 0x80:
                        numbers.append(number)
                        number, shift = 0, 0
                return numbers
        return None


def _check(key: bytes, sort: str, plain: bytes) -> bytes:
    return hmac.new(key, sort.encode() + b"\0" + plain, hashlib.sha256).digest()[:CHECK]


def _masked(key: bytes, check: bytes, text: bytes) -> bytes:
    """Hides the ids behind a stream made of their check, so that nobody can count our mails; its own inverse."""
    stream = hmac.new(key, b"mask\0" + check, hashlib.sha256).digest()
    return bytes(a ^ b for a, b in zip(text, stream, strict=False))


def _pack(ids: Sequence[int]) -> bytes:
    """Whole numbers in groups of seven bits, lowest first; the high bit says that one goes on."""
    packed = bytearray()
    for number in ids:
        left = number
        while left > 0x7F:
            packed.append(left & 0x7F | 0x80)
            left >>= 7
        packed.append(left)
    return bytes(packed)
