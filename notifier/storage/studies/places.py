"""The towns of the registry's own locations and where they are: distances need no service of anybody's (P12).

Filled from every record that is stored. Where a name stands for several towns, the asker must say which.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from sqlalchemy import delete, insert, select
from sqlmodel import Session

from notifier.domain.changes.pairing import fold
from notifier.domain.geo import FARTHEST, Circle
from notifier.domain.study import Location, Study
from notifier.errors import InputError
from notifier.storage.engine.statements import into
from notifier.storage.models import PlaceRow, places, study_places

MOST_NAMED = 5  # towns of one name that are named when one must be chosen
DECIMALS = 2  # of degrees; about a kilometre


@dataclass(frozen=True, slots=True)
class Town:
    """A town; the state is empty where the registry names none."""

    name: str
    state: str
    country: str
    lat: float
    lon: float

    @property
    def label(self) -> str:
        return ", ".join(part for part in (self.name, self.state, self.country) if part)


def note(session: Session, study: Study) -> None:
    """Keep the towns of a study's locations; one that is known stays as it is."""
    towns = {(row["name"], row["state"], row["country"]): row for row in map(_row, study.locations) if row}
    if towns:
        session.execute(into(session, PlaceRow).on_conflict_do_nothing(), list(towns.values()))


def keep_points(session: Session, study: Study) -> None:
    """Keep where a study that was found under a condition has its places, for whoever asked for a circle.

    One of which a place is not on the map keeps none: it may be near.
    """
    points = [_point(location) for location in study.locations]
    session.execute(delete(study_places).where(study_places.c.nct_id == study.nct_id))
    if None not in points:
        rows = [{"nct_id": study.nct_id, "lat": lat, "lon": lon} for lat, lon in {p for p in points if p}]
        if rows:
            session.execute(insert(study_places), rows)


def _point(location: Location) -> tuple[float, float] | None:
    """Where a location is on the map, to about a kilometre; None where the record has no point that can be."""
    point = location.geo_point
    if point is None or not (-90 <= point.lat <= 90 and -180 <= point.lon <= 180):
        return None
    return round(point.lat, DECIMALS), round(point.lon, DECIMALS)


def _row(location: Location) -> dict[str, Any] | None:
    point, name = _point(location), (location.city or "").strip()
    if point is None or not name or not location.country or not fold(name):
        return None
    return {
        "name": _kept(name, 120),
        "state": _kept(location.state or "", 80),
        "country": _kept(location.country, 80),
        "search": fold(name)[:120],
        "lat": point[0],
        "lon": point[1],
    }


def _kept(text: str, longest: int) -> str:
    """The text as it can be stored: PostgreSQL keeps no NUL."""
    return text.replace("\0", "").strip()[:longest]


def find(session: Session, text: str) -> list[Town]:
    """The towns that this may be: `Aarhus`, or `Portland, Maine, United States`."""
    name, *rest = [fold(part) for part in text.split(",")]
    rows = select(PlaceRow).where(places.c.search == name).order_by(places.c.country, places.c.state)
    return [
        Town(row.name, row.state, row.country, row.lat, row.lon)
        for row in session.execute(rows).scalars()
        if all(part in {fold(row.state), fold(row.country)} for part in rest if part)
    ]


def circle(session: Session, text: str, km: int) -> tuple[Town, Circle]:
    """The circle of `km` around a town. Raises InputError with one sentence where there is none, or not one alone."""
    if not 1 <= km <= FARTHEST:
        raise InputError(f"A circle reaches from 1 to {FARTHEST} kilometres: give such a number")
    found = _apart(find(session, text))
    if not found:
        raise InputError(_unknown(session, text))
    if len(found) > 1:
        named = "; ".join(each.label for each in found[:MOST_NAMED])
        raise InputError(f"There is more than one town of that name: write which one, such as {named}")
    return found[0], Circle.around(found[0].lat, found[0].lon, km)


def _apart(found: Sequence[Town]) -> list[Town]:
    """One for each point of the map: records spell the state of one town in several ways."""
    return list({Circle.around(each.lat, each.lon, 0): each for each in reversed(found)}.values())[::-1]


def _unknown(session: Session, text: str) -> str:
    name = fold(text.partition(",")[0])
    known = session.execute(select(places.c.search).distinct().where(places.c.search.like(f"{name[:2]}%")))
    close = get_close_matches(name, known.scalars().all(), n=3) if name else []
    hint = (
        f"did you mean {' or '.join(each.title() for each in close)}?"
        if close
        else "try a larger town nearby"
    )
    return f"No study that is stored here has a place of that name, so its distance is not known: {hint}"
