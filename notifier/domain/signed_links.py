"""Signed links: a token says (purpose, subject) and cannot be made without a key. Knows no address and no study.

HMAC-SHA-256 by itsdangerous, one salt a purpose, so that a token of one purpose never works for another (L7). The
newest key signs and every key verifies (L9). The subject is an id of ours; a new sign-up has a new id, so an old
link cannot end a new consent.
"""

import hashlib
import hmac
import re
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from itsdangerous import BadData, BadSignature, URLSafeSerializer

from notifier.errors import TokenError

VERSION = 1
FEW = 3  # ids in a link that is never compressed


class Purpose(StrEnum):
    """What a link is for."""

    UNSUBSCRIBE = "unsubscribe"  # ends the subscriptions named in the subject; never expires (L8)
    CONFIRM = "confirm"  # makes a pending subscription active
    PREFERENCES = "preferences"  # opens what a person chose: the subject is (subscriber id, generation)
    UNDO = "undo"  # takes an unsubscribe back: the subject is the subscriptions that it ended
    CONTACTS = "contacts"  # shows a study's contacts: the subject is the message that the link was mailed in
    MAIL = "mail"  # shows the very text of a discreet mail: the subject is the message
    #: Shows the new studies that a mail counted as left out: the subject is that mail's id.
    LEFT_OUT = "left-out"
    FORM = "form"  # says when a form was shown; the subject is empty


LIFETIME = {
    Purpose.CONFIRM: timedelta(days=7),
    Purpose.PREFERENCES: timedelta(hours=24),
    Purpose.UNDO: timedelta(hours=24),
    Purpose.CONTACTS: timedelta(days=2),
    Purpose.MAIL: timedelta(days=7),
    Purpose.LEFT_OUT: timedelta(days=92),
    Purpose.FORM: timedelta(hours=24),
}
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
#: Longer than any that `sign` makes: a link must work for ever.
_SHAPE = re.compile(r"[A-Za-z0-9_.-]{20,20000}")


@dataclass(frozen=True, slots=True)
class Opened:
    """What a token of ours says, whatever its age."""

    purpose: Purpose
    issued: datetime
    subject: tuple[int, ...]

    def is_over(self, now: datetime) -> bool:
        lifetime = LIFETIME.get(self.purpose)
        return lifetime is not None and now - self.issued > lifetime


class TokenKeys:
    """The key ring; `keys` newest first. `look_again` says what they are now: another process may sign with a newer one."""

    def __init__(self, keys: Sequence[str], look_again: Callable[[], Sequence[str]] = tuple) -> None:
        self._look_again = look_again
        self._take(keys)

    def _take(self, keys: Sequence[str]) -> None:
        self._oldest_first = list(reversed(keys))
        # Made once: each mail has links, and making one of these takes as long as signing.
        how = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        self._serializers = {
            purpose: URLSafeSerializer(
                self._oldest_first, salt=f"notifier.{purpose.value}", signer_kwargs=how
            )
            for purpose in Purpose
        }
        self._seals: dict[str, hmac.HMAC] = {
            purpose: hmac.new(one.make_signer().derive_key(), digestmod="sha256")
            for purpose, one in self._serializers.items()
        }

    def sign(self, purpose: Purpose | str, subject: Sequence[int], now: datetime) -> str:
        """A token for the ids in `subject`; URL-safe text."""
        issued = int(now.timestamp())
        content = [VERSION, issued, list(subject)]
        if len(subject) > FEW:
            return str(self._serializers[Purpose(purpose)].dumps(content))
        # As `dumps`, without trying to compress what is short already; both are read alike. A pass makes many.
        signed = _base64(f"[{VERSION},{issued},[{','.join(map(str, subject))}]]".encode())
        # Not `hmac.digest`: it lets another thread in each time, and waits for its turn again.
        seal = self._seals[purpose].copy()
        seal.update(signed)
        return b".".join((signed, _base64(seal.digest()))).decode("ascii")

    def open(self, purpose: Purpose, token: str) -> Opened:
        """What a token of ours says, also when it is too old. Raises TokenError for any other text, with the same words whatever
        is wrong (L10).
        """
        try:
            if not _SHAPE.fullmatch(token):
                raise _bad()
            try:
                version, issued, subject = self._serializers[purpose].loads(token)
            except BadSignature:
                # Newer keys are taken over. Those that we have must still be there: links already mailed need them.
                known, now = self._oldest_first, list(self._look_again())
                if len(now) <= len(known) or list(reversed(now))[: len(known)] != known:
                    raise
                self._take(now)
                version, issued, subject = self._serializers[purpose].loads(token)
            of_ours = int(version) == VERSION
            opened = Opened(purpose, datetime.fromtimestamp(int(issued), UTC), tuple(map(int, subject)))
        except (BadData, ValueError, TypeError, OverflowError, OSError):
            raise _bad() from None
        if not of_ours:
            raise _bad()
        return opened

    @property
    def thread_key(self) -> str:
        """A secret for ids that must stay the same for long, such as a mail thread's: of the oldest key."""
        return hmac.new(self._oldest_first[0].encode(), b"notifier.thread", hashlib.sha256).hexdigest()

    @property
    def suppression_key(self) -> bytes:
        """A secret for hashes of addresses that are not mailed any more: of the oldest key, so that they stay found."""
        return _derived(self._oldest_first[0], b"notifier.suppression")

    @property
    def visitor_key(self) -> bytes:
        """A secret for hashes of visitors' networks, which are forgotten after days: of the newest key."""
        return _derived(self._oldest_first[-1], b"notifier.visitor")

    @property
    def tag_keys(self) -> list[bytes]:
        """Secrets for tagged addresses (`notifier.verp`), newest first."""
        return [_derived(key, b"notifier.tags") for key in reversed(self._oldest_first)]


def _bad() -> TokenError:
    return TokenError("This link is not complete, or it is not one of ours.")


def _base64(data: bytes) -> bytes:
    """As itsdangerous writes it: safe in a URL, without padding."""
    return b2a_base64(data, newline=False).translate(_URL_SAFE).rstrip(b"=")


def _derived(key: str, purpose: bytes) -> bytes:
    return hmac.new(key.encode(), purpose, hashlib.sha256).digest()
