"""2,000 changed studies and 1,000,000 subscriptions: who is to be told becomes notices, on each engine.

Beside it the bare `INSERT … SELECT` that joins changes and subscriptions into the same table. Ours looks besides whether
each asked for such changes, whether a date only rolls along, what lies outside of a circle, and what was changed back
before it was told. Both are taken back, so that each run begins with the same.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

from sqlalchemy import insert, literal, null, select, text

from benchmarks.apart import Taken, apart, here
from benchmarks.measure import Ground, Row, Scale, at_most, both, in_turn, left_out, portions, times
from benchmarks.store import AT_ONCE, MIGRATIONS, NOON, a_pass, a_person, a_subscription, opened
from notifier.domain.changes import Kind, Weight, group_of
from notifier.storage import notices
from notifier.storage.engine import Database, Session
from notifier.storage.models import NoticeState, changes, studies, subscribers, subscriptions
from notifier.storage.models import notices as told

MOST_MEMORY = 150  # MB
STUDIES_A_PERSON = 5
ONE_IN = 10  # changes is a place on the map, and one person in so many hears of places within a circle


@dataclass(frozen=True, slots=True)
class Size:
    """How many follow how many studies, of which so many changed."""

    subscriptions: int
    followed: int
    changed: int
    rounds: int


SIZES = {
    Scale.FULL: Size(1_000_000, 10_000, 2_000, 5),
    Scale.QUICK: Size(20_000, 1_000, 200, 3),
    Scale.SMALLEST: Size(10, 5, 2, 1),
}


def rows(ground: Ground) -> Iterator[Row]:
    """A line an engine."""
    size = SIZES[ground.scale]
    run = here if ground.scale is Scale.SMALLEST else apart
    yield _measured("SQLite", f"sqlite:///{ground.folder / 'fanout.db'}", size, run)
    if ground.postgresql is None:
        yield left_out("the same on PostgreSQL", "PostgreSQL is not installed", "≤ 2×")
    else:
        yield _measured("PostgreSQL", ground.postgresql, size, run)


def _measured(engine: str, url: str, size: Size, run: Callable[..., Taken]) -> Row:
    database = opened(url)
    _fill(database, size)
    database.close()
    took = in_turn(size.rounds, {side: partial(run, once, url, side) for side in ("ours", "bare")})
    ours, bare = (median(taken.gave["seconds"] for taken in took[side]) for side in ("ours", "bare"))
    peak = max(taken.peak for taken in took["ours"])
    made = took["ours"][0].gave["notices"]
    return Row(
        f"{size.changed:,} changed studies, {size.subscriptions:,} subscriptions → {made:,} notices, {engine}",
        f"{ours:.2f} s, {peak:.0f} MB",
        f"bare INSERT … SELECT: {bare:.2f} s",
        times(ours / bare),
        both(at_most(ours / bare, 2), at_most(peak, MOST_MEMORY, " MB")),
    )


def once(url: str, side: str) -> dict[str, Any]:
    """Make the notices, by ours or by the bare statement, and take that back."""
    database = Database(url, MIGRATIONS)
    _tidy(database)
    with database.trying() as session:
        pass_id = session.execute(select(changes.c.pass_id).limit(1)).scalar_one()
        began = time.perf_counter()
        made = notices.make(session, pass_id, NOON) if side == "ours" else _bare(session, pass_id)
        took = time.perf_counter() - began
    database.close()
    return {"seconds": took, "notices": made}


def _bare(session: Session, pass_id: int) -> int:
    """What a program would write first: all who follow a study that changed."""
    joined = changes.join(subscriptions, changes.c.nct_id == subscriptions.c.nct_id)
    found = select(
        subscriptions.c.id,
        changes.c.id,
        literal(NoticeState.DUE, type_=told.c.state.type),
        literal(NOON, type_=told.c.created_at.type),
        null(),
    ).select_from(joined)
    columns = ["subscription_id", "change_id", "state", "created_at", "not_before"]
    made = session.execute(insert(told).from_select(columns, found.where(changes.c.pass_id == pass_id)))
    return int(made.rowcount)  # type: ignore[attr-defined]  # an INSERT's result has it


def _tidy(database: Database) -> None:
    """What was taken back before is swept away, and the planner knows the sizes, as in a database that has lived."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in ("ANALYZE",) if database.is_sqlite else ("VACUUM notice", "ANALYZE"):
            connection.execute(text(statement))


# --- filling ------------------------------------------------------------------------------------------------------


def _fill(database: Database, size: Size) -> None:
    ids = [f"NCT9{number:07}" for number in range(size.followed)]
    with database.transaction() as session:
        pass_id = a_pass(session)
        session.execute(insert(studies), [{"nct_id": each, "first_seen": NOON} for each in ids])
        found = [_change(pass_id, nct_id, number) for number, nct_id in enumerate(ids[: size.changed])]
        session.execute(insert(changes), found)
        for some in portions(size.subscriptions // STUDIES_A_PERSON, AT_ONCE // STUDIES_A_PERSON):
            session.execute(insert(subscribers), [_person(number) for number in some])
            session.execute(insert(subscriptions), [each for number in some for each in _wanted(number, ids)])


def _wanted(number: int, ids: list[str]) -> Iterator[dict[str, Any]]:
    # Neighbouring studies, of which a fifth changed: the changed ones come first.
    first = number * STUDIES_A_PERSON
    step = len(ids) // STUDIES_A_PERSON
    return (a_subscription(number, ids[(first + k * step + k) % len(ids)]) for k in range(STUDIES_A_PERSON))


def _person(number: int) -> dict[str, Any]:
    circle = (55.7, 12.6, 63.0, 100) if number % ONE_IN == 0 else (None, None, None, None)
    names = ("near_lat", "near_lon", "near_lon_km", "near_km")
    return a_person(number) | dict(zip(names, circle, strict=True))


def _change(pass_id: int, nct_id: str, number: int) -> dict[str, Any]:
    place = number % ONE_IN == 0
    kind = Kind.SITE_OPENED if place else Kind.TITLE
    return {
        "pass_id": pass_id,
        "nct_id": nct_id,
        "kind": kind.value,
        "weight": Weight.NOTABLE.value,
        "rank": Weight.NOTABLE.rank,
        "group": int(group_of(kind)),
        "alone": False,
        "path": f"of.{kind}",
        "lat": 40.0 + number % 30 if place else None,
        "lon": 10.0 if place else None,
        "detected_at": NOON,
    }
