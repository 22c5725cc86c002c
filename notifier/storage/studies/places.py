"""Where a study has its places and which words it has: by these new studies are left out that do not fit what somebody chose."""

from typing import Any

from sqlalchemy import Table, delete, insert
from sqlmodel import Session

from notifier.domain import narrowing
from notifier.domain.study import Location, Study
from notifier.storage.models import study_countries, study_places, study_words

DECIMALS = 2  # of degrees; about a kilometre


def describe(session: Session, study: Study) -> None:
    """Keep where a study has its places, and which words it has, for whoever chose by these.

    One of which a place is not on the map keeps no points: it may be near.
    """
    points = {_point(location) for location in study.locations}
    kept: list[tuple[Table, list[dict[str, Any]]]] = [
        (
            study_places,
            [{"lat": point[0], "lon": point[1]} for point in points if point and None not in points],
        ),
        (study_countries, [{"country": country} for country in narrowing.countries_of(study)]),
        (study_words, [{"word": word} for word in narrowing.words_of(study)]),
    ]
    for table, rows in kept:
        session.execute(delete(table).where(table.c.nct_id == study.nct_id))
        if rows:
            session.execute(insert(table), [{"nct_id": study.nct_id, **row} for row in rows])


def _point(location: Location) -> tuple[float, float] | None:
    """Where a location is on the map, to about a kilometre; None where the record has no point that can be."""
    point = location.geo_point
    if point is None or not (-90 <= point.lat <= 90 and -180 <= point.lon <= 180):
        return None
    return round(point.lat, DECIMALS), round(point.lon, DECIMALS)
