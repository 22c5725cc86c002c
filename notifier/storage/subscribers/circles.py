"""Where a person wants to hear of places: kept in their words, and as a circle rounded to about 11 km (P6)."""

from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from notifier.domain.geo import Circle, Near
from notifier.errors import InputError
from notifier.storage.models import SubscriberRow
from notifier.storage.studies import places


def set_near(session: Session, subscriber_id: int, near: Near | None) -> None:
    """Name places there first, and of other places tell only within the circle, where there is one; None: everywhere."""
    row, circle = session.get_one(SubscriberRow, subscriber_id), near.circle if near else None
    row.near = near.place if near else None
    row.near_lat, row.near_lon = (circle.lat, circle.lon) if circle else (None, None)
    row.near_km, row.near_lon_km = (circle.km, circle.km_per_degree_east) if circle else (None, None)


def near_of(row: SubscriberRow | Row[Any]) -> Near | None:
    """Where this person wants to hear of places; None: everywhere."""
    if not row.near:
        return None
    lat, lon, km = row.near_lat, row.near_lon, row.near_km
    circle = Circle(lat, lon, km) if lat is not None and lon is not None and km is not None else None
    return Near(row.near, circle)


def found(session: Session, place: str, km: int | None) -> Near:
    """A place, with a circle of so many kilometres around it. Raises InputError where it is not on the map."""
    return Near(place, None if km is None else places.circle(session, place, km)[1])


def say_near(session: Session, row: SubscriberRow, place: str | None, km: int | None) -> None:
    """Take over what was said of where somebody wants to hear of places; a circle around another place is gone."""
    where = place or row.near
    if km is not None and not where:
        raise InputError("A circle needs a place in its middle: say near which town")
    if where and (km is not None or where != row.near):
        set_near(session, row.id or 0, found(session, where, km))
