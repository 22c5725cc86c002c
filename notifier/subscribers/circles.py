"""Where a person wants to hear of places: kept in their words, and as a circle rounded to about 11 km (P6)."""

from sqlmodel import Session

from notifier.near import Near
from notifier.tables import SubscriberRow


def set_near(session: Session, subscriber_id: int, near: Near | None) -> None:
    """Name places there first, and of other places tell only within the circle, where there is one; None: everywhere."""
    row, circle = session.get_one(SubscriberRow, subscriber_id), near.circle if near else None
    row.near = near.place if near else None
    row.near_lat, row.near_lon = (circle.lat, circle.lon) if circle else (None, None)
    row.near_km, row.near_lon_km = (circle.km, circle.km_per_degree_east) if circle else (None, None)
