"""Where a person wants to hear of places: kept in their words, and as a circle rounded to about 11 km (P6)."""

from sqlmodel import Session

from notifier.near import Circle, Near
from notifier.tables import SubscriberRow


def set_near(session: Session, subscriber_id: int, near: Near | None) -> None:
    """Name places there first, and of other places tell only within the circle, where there is one; None: everywhere."""
    row, circle = session.get_one(SubscriberRow, subscriber_id), near.circle if near else None
    row.near = near.place if near else None
    row.near_lat, row.near_lon = (circle.lat, circle.lon) if circle else (None, None)
    row.near_km, row.near_lon_km = (circle.km, circle.km_per_degree_east) if circle else (None, None)


def near_of(row: SubscriberRow) -> Near | None:
    """Where this person wants to hear of places; None: everywhere."""
    if not row.near:
        return None
    lat, lon, km = row.near_lat, row.near_lon, row.near_km
    circle = Circle(lat, lon, km) if lat is not None and lon is not None and km is not None else None
    return Near(row.near, circle)
