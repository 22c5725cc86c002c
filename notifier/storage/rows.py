"""Finds the rows that hold what today's program cannot read. Reads only, and names no more than ids.

Each of them is left alone, or read as the usual, where it is used: see `storage.models.columns`. Here they are counted,
so that an admin hears of them. Asked now and then, because some of it reads whole tables.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from sqlalchemy import (
    ColumnElement,
    Executable,
    Float,
    Integer,
    String,
    Table,
    cast,
    func,
    not_,
    select,
    type_coerce,
)
from sqlmodel import Session

from notifier.domain.changes import EVERY_GROUP, Kind, Weight
from notifier.domain.languages import is_language
from notifier.domain.narrowing import CHOOSABLE, Trait
from notifier.domain.scheduling import zones
from notifier.errors import RowUnreadable
from notifier.storage.models import Table as OurTable
from notifier.storage.models import (
    changes,
    conditions,
    passes,
    snapshots,
    studies,
    subscribers,
    subscriptions,
)
from notifier.storage.models.columns import Document, Moment, WordType
from notifier.storage.studies import snapshots as versions

SHORTEST_SEALED = 40  # characters
NAMED = 10  # ids in a sentence


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A column of which some rows cannot be read: their ids, in order."""

    table: str
    column: str
    ids: tuple[str, ...]

    def __str__(self) -> str:
        more = f" and {len(self.ids) - NAMED} more" if len(self.ids) > NAMED else ""
        return f"{self.table} {', '.join(self.ids[:NAMED])}{more} ({self.column})"


def unreadable(session: Session) -> list[Unreadable]:
    """All that cannot be read, by table and column."""
    questions = list(_questions(sqlite=session.get_bind().dialect.name == "sqlite"))
    people = subscribers.c
    for column, is_known in ((people.time_zone, zones().__contains__), (people.language, is_language)):
        said = session.execute(select(column).distinct()).scalars()
        if strange := [each for each in said if not (isinstance(each, str) and is_known(each))]:
            questions.append((subscribers, column.name, _keys(subscribers, column.in_(strange))))
    found = [
        Unreadable(table.name, name, tuple("/".join(map(str, row)) for row in session.execute(question)))
        for table, name, question in questions
    ]
    # The newest versions of the studies that are watched: with them what the registry says next is compared.
    newest = select(snapshots.c.id, snapshots.c.record).join(studies, studies.c.snapshot_id == snapshots.c.id)
    watched = newest.where(studies.c.watched_since.is_not(None)).execution_options(yield_per=100)
    broken = []
    for row in session.execute(watched):
        try:
            versions.unpacked(row.id, row.record)
        except RowUnreadable:
            broken.append(str(row.id))
    return [one for one in (*found, Unreadable(snapshots.name, "record", tuple(broken))) if one.ids]


@cache
def _questions(*, sqlite: bool) -> tuple[tuple[Table, str, Executable], ...]:
    """Each table and column with what finds the rows of it that cannot be read; they are always the same."""
    asked: list[tuple[Table, str, ColumnElement[bool]]] = list(_ranges())
    columns = [column for table in OurTable.metadata.sorted_tables for column in table.columns]
    for column in columns:
        plain, kind = type_coerce(column, String), func.typeof(column)
        if isinstance(column.type, WordType):
            words_of_ours = [word.value for word in column.type.words]
            asked.append((column.table, column.name, plain.not_in(words_of_ours)))
        elif not sqlite:
            continue  # PostgreSQL refuses what is of another type, and SQLite keeps whatever it is given
        elif isinstance(column.type, Moment):
            asked.append((column.table, column.name, not_(plain.like("____-__-__ __:__:__%"))))
        elif isinstance(column.type, Document):
            # Of nothing, SQLite before 3.45 says that it is not valid.
            asked.append((column.table, column.name, column.is_not(None) & (func.json_valid(plain) == 0)))
        elif isinstance(column.type, Integer | Float):
            asked.append((column.table, column.name, kind.not_in(["integer", "real", "null"])))
    return tuple((table, name, _keys(table, which)) for table, name, which in asked)


def _keys(table: Table, which: ColumnElement[bool]) -> Executable:
    keys = [cast(type_coerce(column, String), String) for column in table.primary_key]
    return select(*keys).where(which).order_by(*table.primary_key)


def _ranges() -> Iterator[tuple[Table, str, ColumnElement[bool]]]:
    people, follows = subscribers.c, subscriptions.c
    for name, words in (("kind", Kind), ("weight", Weight)):
        words_of_ours = [word.value for word in words]
        yield changes, name, changes.c[name].not_in(words_of_ours)
    email, key = (type_coerce(column, String) for column in (people.email, people.email_key))
    # Sealed ones are not opened for it, which takes long: each begins as all that were sealed here do.
    for name, text in (("email", email), ("email_key", key)):
        sealed = text.like("sealed:%")
        yield subscribers, name, (email != "") & ~text.like("%@%") & ~sealed
        yield subscribers, name, sealed & (func.length(text) < SHORTEST_SEALED)
    yield subscribers, "digest_hour", not_(people.digest_hour.between(0, 23))
    yield subscribers, "digest_weekday", not_(people.digest_weekday.between(0, 6))
    yield subscribers, "generation", people.generation < 0
    yield subscriptions, "lightest_rank", not_(follows.lightest_rank.between(0, len(Weight) - 1))
    yield subscriptions, "groups", not_(follows.groups.between(0, int(EVERY_GROUP)))
    codes = func.length(follows.countries) % 3 != 2
    yield subscriptions, "narrow", not_(follows.narrow.between(0, int(CHOOSABLE)))
    yield subscriptions, "countries", codes | (follows.countries != func.upper(follows.countries))
    yield studies, "traits", not_(studies.c.traits.between(0, int(~Trait(0))))
    yield subscriptions, "nct_id", not_(follows.nct_id.like("NCT________"))
    yield conditions, "looked_in", not_(conditions.c.looked_in.like("____-__-__%"))
    yield passes, "data_timestamp", not_(passes.c.data_timestamp.like("____-__-__T%"))
