"""Where a study has its places, by degrees, for whoever asked to hear of what is within a circle."""

from sqlalchemy import delete, insert
from sqlmodel import Session

from notifier.domain.study import Location, Study
from notifier.storage.models import study_places

DECIMALS = 2  # of degrees; about a kilometre


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
