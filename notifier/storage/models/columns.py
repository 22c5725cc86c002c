"""What all tables share: one metadata with named constraints, and the columns that several need. No logic, no queries.

`table=True` classes do not check what they are given, so the lengths and enumerations are constraints of the database,
and registry data reaches a table only through `notifier.study`.
"""

from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    literal_column,
    text,
    type_coerce,
)
from sqlalchemy import Table as SqlTable
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

from notifier.errors import StoreError

if TYPE_CHECKING:
    from notifier.storage.encryption.keys import Ring

_Process = Callable[[Any], Any] | None


class Unread(str):
    """What stands in a column where something else should; as a word it says itself, and never means one of ours."""

    __slots__ = ()

    @property
    def value(self) -> str:
        return str(self)


class WordType(TypeDecorator[Any]):
    """One word of an enumeration; one that it does not know is an `Unread`.

    What it is compared with is written out in the statement, not bound to it. A partial index is used only where the
    database can read that its condition holds, and a plan is made for "sent", which nearly all mails are, as for "held",
    which hardly any is, where it sees only that there will be some word.
    """

    class Comparator(TypeDecorator.Comparator[Any], String.Comparator[Any]):
        def operate(self, op: Any, *other: Any, **named: Any) -> Any:
            return super().operate(op, *map(self._written, other), **named)

        def _written(self, other: Any) -> Any:
            if isinstance(other, StrEnum):
                return literal_column(f"'{other.value}'", self.type)
            if isinstance(other, tuple | list | set | frozenset):
                return [self._written(each) for each in other]
            return other

    impl = String
    cache_ok = True
    comparator_factory = Comparator

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__(24)
        self.words = words
        self._known = {word.value: word for word in words}

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:
        """Only its own words are ever written, and what was read as it stands."""
        if value is None or isinstance(value, Unread):
            return value
        return self.words(value).value

    def process_result_value(self, value: Any, _dialect: Dialect) -> Any:
        return None if value is None else self._known.get(value) or Unread(value)


class Document(TypeDecorator[Any]):
    """JSON; what is none is an `Unread` without a word in it, as empty as a list of nothing."""

    impl = JSON
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(none_as_null=True)

    def result_processor(self, dialect: Dialect, coltype: object) -> _Process:
        return _forgiving(super().result_processor(dialect, coltype), Unread())


class Terms(Document):
    """A JSON list of texts; anything else is as empty as one of nothing."""

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> _Process:
        read = super().result_processor(dialect, coltype)

        def process(value: Any) -> Any:
            found = read(value) if read else value
            is_one = isinstance(found, list) and all(isinstance(each, str) for each in found)
            return found if is_one or found is None else Unread()

        return process


class Moment(UTCDateTime):
    """A time; what is none counts as absent."""

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> _Process:
        return _forgiving(super().result_processor(dialect, coltype), None)


def _forgiving(read: _Process, otherwise: str | None) -> _Process:
    if read is None:
        return None

    def process(value: Any) -> Any:
        try:
            return read(value)
        except (ValueError, TypeError, AttributeError):
            return otherwise

    return process


LONGEST = 600  # characters of a sealed text, of the longest address that there can be
_RING = "notifier_ring"
_PREFIX = "sealed:"  # of every sealed text; no address and no domain can begin so


def give(dialect: Dialect, ring: "Ring | None") -> None:
    """Let the database of this dialect seal with this ring."""
    setattr(dialect, _RING, ring)


def is_sealed(text: str) -> bool:
    return isinstance(text, str) and text.startswith(_PREFIX)  # SQLite keeps bytes there, too


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


class Sealed(TypeDecorator[str]):
    """Text that is stored sealed where there is a ring: an address as it was typed by `Ring.seal`, which cannot be looked up; its
    normal form, which can be compared and must be unique, by `Ring.find`. What has no @, such as a wiped one, is stored as it is.
    """

    impl = String
    cache_ok = True

    def __init__(self, how: str, longest: int) -> None:
        super().__init__(LONGEST)
        self.how, self.longest = how, longest  # of `Ring`; of the plain text

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        # SQLite holds any text to no length, and would have to write the whole table anew for another one.
        return dialect.type_descriptor(String(self.longest if dialect.name == "sqlite" else LONGEST))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Seal a value on its way to the database."""
        ring: Ring | None = getattr(dialect, _RING, None)
        if ring is None or value is None or "@" not in value:
            return value
        return f"{_PREFIX}{getattr(ring, self.how)(value)}"

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


NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
_WHERE = "where"


class Table(SQLModel):
    """What all tables share: one metadata with named constraints, so that SQLite migrations can find them."""

    metadata = MetaData(naming_convention=NAMES)
    # A row is never validated: what would do so needs not be made.
    model_config = {"defer_build": True}


def enumerated(values: type[StrEnum], *, nullable: bool = False) -> Any:
    """A column that holds one of these words."""
    return Column(WordType(values), nullable=nullable)


def key(target: str, *, nullable: bool = False, index: bool = True) -> Any:
    """A column that names a row of another table, and goes with it."""
    return Column(Integer, ForeignKey(target, ondelete="CASCADE"), nullable=nullable, index=index)


def partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of those rows of which this is true."""
    return Index(name, *columns, unique=unique, info={_WHERE: where})


def metadata() -> MetaData:
    """The metadata with what only the making of a schema needs; telling each database of it loads its dialect."""
    for index in (each for table in Table.metadata.tables.values() for each in table.indexes):
        if (where := index.info.get(_WHERE)) is not None:
            index.kwargs.update({f"{name}_where": text(where) for name in ("sqlite", "postgresql")})
    return Table.metadata


def core(row: type[Table]) -> SqlTable:
    """The same table for set-based statements; its times are read with patience from here on, in both forms."""
    table = SqlTable(str(row.__tablename__), row.metadata)
    for column in table.columns:
        if isinstance(column.type, UTCDateTime):
            column.type = Moment()
    return table
