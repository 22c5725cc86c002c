"""What all tables share: one metadata with named constraints, and the columns that several need. No logic, no queries.

`table=True` classes do not check what they are given, so the lengths and enumerations are constraints of the database,
and registry data reaches a table only through `notifier.study`.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, literal_column, text
from sqlalchemy import Enum as DatabaseEnum
from sqlalchemy import Table as SqlTable
from sqlmodel import SQLModel

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


class Words(DatabaseEnum):
    """One of a few words of ours. What it is compared with is written out in the statement, not bound to it.

    A partial index is used only where the database can read that its condition holds, and a plan is made for "sent",
    which nearly all mails are, as for "held", which hardly any is, where it sees only that there will be some word.
    """

    class Comparator(DatabaseEnum.Comparator):
        def operate(self, op: Any, *other: Any, **named: Any) -> Any:
            return super().operate(op, *map(self._written, other), **named)

        def _written(self, other: Any) -> Any:
            if isinstance(other, StrEnum):
                return literal_column(f"'{other.value}'", self.type)
            if isinstance(other, tuple | list | set | frozenset):
                return [self._written(each) for each in other]
            return other

    comparator_factory = Comparator


def enumerated(values: type[StrEnum], *, nullable: bool = False) -> Any:
    """A column that holds one of these words."""
    kind = Words(
        values,
        native_enum=False,
        length=24,
        values_callable=lambda members: [member.value for member in members],
        create_constraint=False,
    )
    return Column(kind, nullable=nullable)


def key(target: str, *, nullable: bool = False, index: bool = True) -> Any:
    """A column that names a row of another table, and goes with it."""
    return Column(Integer, ForeignKey(target, ondelete="CASCADE"), nullable=nullable, index=index)


def partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of those rows of which this is true."""
    return Index(name, *columns, unique=unique, info={_WHERE: where})


def whole() -> MetaData:
    """The metadata with what only the making of a schema needs; telling each database of it loads its dialect."""
    for index in (each for table in Table.metadata.tables.values() for each in table.indexes):
        if (where := index.info.get(_WHERE)) is not None:
            index.kwargs.update({f"{name}_where": text(where) for name in ("sqlite", "postgresql")})
    return Table.metadata


def core(row: type[Table]) -> SqlTable:
    """The same table for set-based statements."""
    return SqlTable(str(row.__tablename__), row.metadata)
