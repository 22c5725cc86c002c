"""The keys that seal addresses, so that a copy of the database without them names nobody (P13). Stores nothing, knows no SQL.

An address is kept twice: as it was typed, under Fernet, which seals it differently each time; and in its normal form,
under AES-SIV (RFC 5297), which gives one address one text, so that it can be looked up and be there but once. The first
half of that text is a keyed hash of the address, the rest opens with the key. The newest key seals and every key opens.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from notifier.domain.mailbox_providers import provider_of
from notifier.errors import StoreError

_BLOCK = 64  # bytes to whose multiple a text is filled up, so that its length says nothing of an address
_KEPT = 4096  # opened addresses that are remembered: a mail on its way is read several times


class Ring:
    """The keys, newest first; one ring belongs to one database."""

    def __init__(self, keys: Sequence[str]) -> None:
        fernets = [Fernet(urlsafe_b64encode(_derived(key, b"notifier.address", 32))) for key in keys]
        self._newest, self._every = fernets[0], MultiFernet(fernets)
        self._finding = [AESSIV(_derived(key, b"notifier.address.finding", 64)) for key in keys]
        self.open = lru_cache(_KEPT)(self._open)
        self.find = lru_cache(_KEPT)(self._find)

    def seal(self, address: str) -> str:
        """The address as it is stored; another text each time. Of its domain only a large provider is named."""
        return f"{provider_of(address)}:{self._newest.encrypt(_filled(address)).decode('ascii')}"

    def _find(self, text: str) -> str:
        """The one text under which a normal form, or a domain, is stored and looked up."""
        return urlsafe_b64encode(self._finding[0].encrypt(_filled(text), None)).decode("ascii")

    def _open(self, sealed: str) -> str:
        """What `seal` or `find` was given. Raises StoreError where no key of ours fits."""
        _, colon, text = sealed.rpartition(":")
        try:
            opened = self._every.decrypt(text) if colon else self._found(urlsafe_b64decode(text))
        except (InvalidToken, InvalidTag, ValueError):
            raise StoreError(
                "An address in the database was sealed with a key that NOTIFIER_ADDRESS_KEYS does not hold: add the key "
                "it was sealed with, after the newest one"
            ) from None
        return opened.rstrip(b"\0").decode("utf-8")

    def is_newest(self, sealed: str) -> bool:
        """Whether the newest key sealed this address."""
        try:
            self._newest.decrypt(sealed.rpartition(":")[2])
        except InvalidToken:
            return False
        return True

    def _found(self, sealed: bytes) -> bytes:
        for key in self._finding[:-1]:
            try:
                return key.decrypt(sealed, None)
            except InvalidTag:
                continue
        return self._finding[-1].decrypt(sealed, None)


def _filled(text: str) -> bytes:
    plain = text.encode("utf-8")
    return plain.ljust(-(-len(plain) // _BLOCK) * _BLOCK, b"\0")


def _derived(key: str, purpose: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=purpose).derive(key.encode())
