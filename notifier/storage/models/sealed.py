"""The columns that hold addresses: sealed in a database that has a ring of keys, as they are in one that has none.

Everybody above reads and compares plain text; that it is stored otherwise is known here and in `notifier.sealing` alone.
The ring hangs on the dialect, which each engine has for itself: two databases of one process never share one by chance.
"""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Dialect, String, TypeDecorator, type_coerce
from sqlalchemy.types import TypeEngine

from notifier.errors import StoreError
from notifier.storage.models.tolerant import Unread

if TYPE_CHECKING:
    from notifier.storage.encryption.keys import Ring

LONGEST = 600  # characters of a sealed text, of the longest address that there can be
_RING = "notifier_ring"
_PREFIX = "sealed:"  # of every sealed text; no address and no domain can begin so


def give(dialect: Dialect, ring: "Ring | None") -> None:
    """Let the database of this dialect seal with this ring."""
    setattr(dialect, _RING, ring)


def is_sealed(text: str) -> bool:
    """Whether a stored text is a sealed one."""
    return text.startswith(_PREFIX)


def opened(text: str, ring: "Ring | None") -> str:
    """What a stored text says, sealed or not. Raises StoreError where the key is missing."""
    if not is_sealed(text):
        return text
    if ring is None:
        raise StoreError(
            "The database holds sealed addresses, and NOTIFIER_ADDRESS_KEYS is not set: set it to the keys they were "
            "sealed with"
        )
    return ring.open(text.removeprefix(_PREFIX))


def is_newest(text: str, ring: "Ring") -> bool:
    """Whether a stored address is sealed with the newest key."""
    return is_sealed(text) and ring.is_newest(text.removeprefix(_PREFIX))


def at_provider(column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    """Whether a sealed address is at this provider; of one that is not sealed it is never said."""
    return type_coerce(column, String).like(f"{_PREFIX}{name}:%")


class _Sealed(TypeDecorator[str]):
    """Text that is stored sealed where there is a ring."""

    impl = String
    cache_ok = True

    def __init__(self, longest: int) -> None:
        super().__init__(LONGEST)
        self.longest = longest  # of the plain text

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        # SQLite holds any text to no length, and would have to write the whole table anew for another one.
        return dialect.type_descriptor(String(self.longest if dialect.name == "sqlite" else LONGEST))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Seal a value on its way to the database."""
        ring: Ring | None = getattr(dialect, _RING, None)
        return value if ring is None or value is None else self.stored(value, ring)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Open what was read. A text that this database should not hold is an `Unread`: it never passes for an address,
        and stops no other. Raises StoreError where there is no key at all.
        """
        ring: Ring | None = getattr(dialect, _RING, None)
        if value is None:
            return None
        if not isinstance(value, str):
            return Unread()
        if ring is None:
            return opened(value, ring)
        if is_sealed(value):
            with suppress(StoreError):
                return opened(value, ring)
            return Unread(value)
        # One that came here unsealed: whatever runs without the keys is to be stopped, and `database seal` run.
        return Unread("unsealed") if "@" in value else value

    def stored(self, value: str, ring: "Ring") -> str:
        """A text as this ring stores it."""
        raise NotImplementedError


class SealedAddress(_Sealed):
    """An address as it was typed; it cannot be looked up. What has no @, such as a wiped one, is stored as it is."""

    cache_ok = True

    def stored(self, value: str, ring: "Ring") -> str:
        return _PREFIX + ring.seal(value) if "@" in value else value


class SealedKey(_Sealed):
    """An address's normal form, which can be compared and must be unique. What has no @ is stored as it is."""

    cache_ok = True

    def stored(self, value: str, ring: "Ring") -> str:
        return _PREFIX + ring.find(value) if "@" in value else value
