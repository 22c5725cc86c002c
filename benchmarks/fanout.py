"""2,000 changed studies and 1,000,000 subscriptions: who is to be told becomes notices, on each engine; and 1,000 new studies
under conditions that 1,000,000 subscriptions follow, two in three of them narrowly.

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

from sqlalchemy import insert, literal, null, select

from benchmarks.apart import Taken, apart, here
from benchmarks.measure import Ground, Row, Scale, at_most, both, in_turn, left_out, portions, times
from benchmarks.store import AT_ONCE, MIGRATIONS, NOON, a_pass, a_person, a_subscription, opened
from notifier.domain.changes import Kind, Weight, group_of
from notifier.domain.narrowing import Trait
from notifier.storage import notices
from notifier.storage.eligibility import TOPICS
from notifier.storage.engine import Database, Session
from notifier.storage.models import (
    NoticeState,
    changes,
    conditions,
    studies,
    study_countries,
    study_places,
    study_words,
    subscribers,
    subscriptions,
)
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
    for narrowed in (False, True):
        url = f"sqlite:///{ground.folder / f'fanout-{narrowed}.db'}"
        yield _measured("SQLite", url, size, run, narrowed=narrowed)
        if ground.postgresql is None:
            yield left_out("the same on PostgreSQL", "PostgreSQL is not installed", "≤ 2×")
        else:
            yield _measured("PostgreSQL", ground.postgresql, size, run, narrowed=narrowed)


def _measured(engine: str, url: str, size: Size, run: Callable[..., Taken], *, narrowed: bool) -> Row:
    database = opened(url)
    (_fill_narrowed if narrowed else _fill)(database, size)
    database.close()
    took = in_turn(size.rounds, {side: partial(run, once, url, side) for side in ("ours", "bare")})
    ours, bare = (median(taken.gave["seconds"] for taken in took[side]) for side in ("ours", "bare"))
    peak = max(taken.peak for taken in took["ours"])
    made = took["ours"][0].gave["notices"]
    what = f"{size.changed // 2:,} new studies, narrowed" if narrowed else f"{size.changed:,} changed studies"
    return Row(
        f"{what}, {size.subscriptions:,} subscriptions → {made:,} notices, {engine}",
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
    with_conditions = session.execute(select(changes.c.condition_id).limit(1)).scalar_one() is not None
    topic = TOPICS[1] if with_conditions else TOPICS[0]
    joined = changes.join(subscriptions, topic)
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
    with database.engine.connect() as connection:
        driver: Any = (
            connection.connection.driver_connection
        )  # a transaction, which ours begin with, bars a VACUUM
        for statement in ("ANALYZE",) if database.is_sqlite else ("VACUUM notice", "ANALYZE"):
            driver.execute(statement)


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


def _fill_narrowed(database: Database, size: Size) -> None:
    """Half as many new studies, each under a condition of its own, which as many follow as a study."""
    many = max(size.followed // 2, STUDIES_A_PERSON)
    new = [f"NCT9{number:07}" for number in range(max(size.changed // 2, 1))]
    lands = ("DK", "SE", "US", "DE", "FR")
    with database.transaction() as session:
        pass_id = a_pass(session)
        named = [{"id": number + 1, "query": f"c{number}", "text": f"c{number}"} for number in range(many)]
        session.execute(insert(conditions), named)
        told = [
            {"nct_id": each, "first_seen": NOON, "traits": int(TRAITS[number % len(TRAITS)])}
            for number, each in enumerate(new)
        ]
        session.execute(insert(studies), told)
        for table, values in (
            (study_countries, [{"country": lands[number]} for number in range(3)]),
            (study_words, [{"word": f"word{number}"} for number in range(24)] + [{"word": "mouse"}]),
            (study_places, [{"lat": 40.0 + number, "lon": 10.0} for number in range(20)]),
        ):
            rows = [
                {"nct_id": each, **value}
                for n, each in enumerate(new)
                for value in values[: len(values) - n % 2]
            ]
            session.execute(insert(table), rows)
        kind = Kind.NEW_STUDY
        found = [
            _change(pass_id, each, 1)
            | {"kind": kind.value, "group": int(group_of(kind)), "condition_id": number + 1}
            for number, each in enumerate(new)
        ]
        session.execute(insert(changes), found)
        for some in portions(size.subscriptions // STUDIES_A_PERSON, AT_ONCE // STUDIES_A_PERSON):
            session.execute(insert(subscribers), [_person(number) for number in some])
            wanted = [each for number in some for each in _narrowly(number, many)]
            session.execute(insert(subscriptions), wanted)


TRAITS = (
    Trait.TAKES_PEOPLE | Trait.TREATS | Trait.ADULT | Trait.FEMALE | Trait.MALE,
    Trait.TAKES_NOBODY | Trait.OBSERVES | Trait.CHILD | Trait.MALE,
)
CHOSEN = (
    (Trait.TAKES_PEOPLE | Trait.TREATS, None, None), (0, "DE NO", None), (Trait.CHILD, None, None),
    (Trait.FEMALE, "DK SE", "mouse healthy"), (0, None, None), (0, None, None),
)  # fmt: skip


def _narrowly(number: int, many: int) -> Iterator[dict[str, Any]]:
    step = many // STUDIES_A_PERSON
    for k in range(STUDIES_A_PERSON):
        traits, lands, words = CHOSEN[(number + k) % len(CHOSEN)]
        chosen = {"narrow": int(traits), "countries": lands, "not_words": words}
        condition = (number * STUDIES_A_PERSON + k * step + k) % many + 1
        yield a_subscription(number, None) | {"condition_id": condition} | chosen


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
