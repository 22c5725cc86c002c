"""What all tables share: one metadata with named constraints, and the columns that several need. No logic, no queries.

`table=True` classes do not check what they are given, so the lengths and enumerations are constraints of the database,
and registry data reaches a table only through `notifier.study`.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, text
from sqlalchemy import Table as SqlTable
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

from notifier.storage.models.tolerant import Moment, WordType

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


def enumerated(values: type[StrEnum], *, nullable: bool = False) -> Any:
    """A column that holds one of these words."""
    return Column(WordType(values), nullable=nullable)


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
    """The same table for set-based statements; its times are read with patience from here on, in both forms."""
    table = SqlTable(str(row.__tablename__), row.metadata)
    for column in table.columns:
        if isinstance(column.type, UTCDateTime):
            column.type = Moment()
    return table
