"""What statements need on either database: an INSERT that says what to do where its row is there already, lists of values
that are not too long, and an UPDATE of many rows that costs hardly more than the database's own work.

Only the words of the database that is used are imported: those of the other one are slow to load and large.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Dialect,
    Executable,
    Result,
    String,
    TypeDecorator,
    Update,
    bindparam,
    column,
    func,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NULLTYPE, TypeEngine
from sqlmodel import Session

from notifier.storage.models import Table

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")
AT_ONCE = 5_000  # values in one statement: SQLite stops at 32,766


def into(session: Session, row: type[Table]) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT into the table of these rows that takes `on_conflict_do_nothing` and `on_conflict_do_update`."""
    if session.get_bind().dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(row)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(row)


class _Values(TypeDecorator[Any]):
    """A list of numbers or texts that is bound as one value."""

    impl = String
    cache_ok = True

    def __init__(self, kind: TypeEngine[Any]) -> None:
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String() if dialect.name == "sqlite" else ARRAY(self.kind))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return json.dumps(list(value)) if dialect.name == "sqlite" else list(value)


class _IsAmong(FunctionElement[Any]):
    # No Boolean, of which SQLite would be asked whether it is 1, without a look into any index.
    type = NULLTYPE
    inherit_cache = True


@compiles(_IsAmong, "sqlite")
def _on_sqlite(element: _IsAmong, compiler: SQLCompiler, **how: Any) -> str:
    one, values = (compiler.process(each, **how) for each in element.clauses)
    return f"{one} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - made of columns and parameters


@compiles(_IsAmong, "postgresql")
def _on_postgresql(element: _IsAmong, compiler: SQLCompiler, **how: Any) -> str:
    one, values = (compiler.process(each, **how) for each in element.clauses)
    return f"{one} = ANY ({values})"


def is_among(one: ColumnElement[Any], values: str | Iterable[Any]) -> ColumnElement[bool]:
    """Whether a column holds one of these values; a name: of those that are given by it when the statement is run. As `in_`, but
    that the list is one value: with a parameter for each of two hundred, its words cost more than the answer.
    """
    named, given = (values, None) if isinstance(values, str) else (None, list(values))
    return _IsAmong(one, bindparam(named, given, type_=_Values(one.type)))


def changed(session: Session, statement: Executable) -> int:
    """How many rows it changed, or deleted."""
    return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]  # the result of such a statement has it


def portions(values: Iterable[T]) -> Iterator[list[T]]:
    """As many at once as one statement takes."""
    rest = iter(values)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def named(found: Result[Any]) -> list[Any]:
    """All that was found, as named tuples: a column of SQLAlchemy's own rows takes twenty times as long to be asked for by
    its name, and what is read for each mail is asked for often.
    """
    return list(map(_named(tuple(found.keys())), found))


@cache
def _named(columns: tuple[str, ...]) -> Any:
    made: Any = NamedTuple("Found", [(one, Any) for one in columns])  # type: ignore[misc]  # they are known only now
    return made._make


def _array(values: Iterable[Any]) -> str:
    """A list as PostgreSQL reads it: its driver would look at each text with two patterns."""
    texts = (one if one is None else str(one).replace("\\", r"\\").replace('"', r"\"") for one in values)
    return "{" + ",".join("NULL" if one is None else f'"{one}"' for one in texts) + "}"


class EachRow:
    """An UPDATE for each of many rows of values, as mails on their way need it again and again. Its words are made once a
    database; building and binding it anew takes several times as long as the database needs.

    SQLite is told one row after the other, and PostgreSQL, which would plan each anew, all of them in one statement.
    """

    def __init__(
        self, made: Callable[[Mapping[str, ColumnElement[Any]]], Update], **columns: type[TypeEngine[Any]]
    ) -> None:
        """made: gives the UPDATE, from the columns of one row of values; what it binds besides is the same for all."""
        self._made, self._columns = made, columns
        self._ready: dict[str, _Ready] = {}

    def run(self, session: Session, rows: Sequence[tuple[Any, ...]], **same: Any) -> int:
        """How many rows of the table were changed. rows: texts and numbers, in the order of the columns."""
        connection = session.connection()
        ready = self._ready.get(connection.dialect.name) or self._prepare(connection.dialect, same)
        shared = ready.constants | {
            name: value if (bound := ready.binds[name]) is None else bound(value)
            for name, value in same.items()
        }
        given: Any
        if ready.places is None:
            given = shared | dict(zip(self._columns, map(_array, zip(*rows, strict=True)), strict=True))
        else:
            ends = tuple(shared.values())
            given = [ready.places(row + ends) for row in rows]
        return connection.exec_driver_sql(ready.words, given).rowcount

    def _prepare(self, dialect: Dialect, same: Collection[str]) -> "_Ready":
        row: Mapping[str, ColumnElement[Any]]
        if dialect.name == "sqlite":
            row = {name: bindparam(name, type_=kind()) for name, kind in self._columns.items()}
        else:
            lists = [bindparam(name, type_=ARRAY(kind)) for name, kind in self._columns.items()]
            names = [column(name, kind()) for name, kind in self._columns.items()]
            row = dict(func.unnest(*lists).table_valued(*names, name="given").render_derived().c)
        compiled = self._made(row).compile(dialect=dialect)
        constants = {
            name: value
            for name, value in compiled.params.items()
            if name not in self._columns and name not in same
        }
        known = [*self._columns, *constants, *same]
        self._ready[dialect.name] = ready = _Ready(
            str(compiled),
            itemgetter(*map(known.index, compiled.positiontup)) if compiled.positiontup else None,
            constants,
            {name: compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in same},
        )
        return ready


class _Ready(NamedTuple):
    """An UPDATE in the words of one database."""

    words: str
    places: Callable[[tuple[Any, ...]], tuple[Any, ...]] | None  # of values, where they stand by their order
    constants: dict[str, Any]
    binds: dict[
        str, Callable[[Any], Any] | None
    ]  # what makes of a value that is the same for all what the driver takes
