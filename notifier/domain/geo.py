"""How far a place is from where a reader wants to hear of places. Pure; knows no map, only degrees and kilometres.

A circle is kept rounded to a tenth of a degree (about 11 km), so that the store never knows where somebody lives (P6).
"""

from dataclasses import dataclass
from math import cos, hypot, radians

KM_PER_DEGREE = 111.2  # of latitude, on a sphere of the earth's mean radius
FARTHEST = 1000  # km; beyond it a flat piece of map is no longer near enough to the truth
DEGREES = 1  # decimals that are kept of a circle's middle


@dataclass(frozen=True, slots=True)
class Circle:
    """A place, by degrees north and east, and how far around it somebody wants to hear of places."""

    lat: float
    lon: float
    km: int

    @classmethod
    def around(cls, lat: float, lon: float, km: int) -> "Circle":
        """A circle as it is kept: with its middle rounded."""
        return cls(round(lat, DEGREES), round(lon, DEGREES), km)

    @property
    def km_per_degree_east(self) -> float:
        return KM_PER_DEGREE * cos(radians(self.lat))

    def distance(self, lat: float, lon: float) -> float:
        """Kilometres from the middle, as on a flat piece of map; `notifier.notices` reckons in the same way in SQL."""
        degrees = abs(lon - self.lon)
        east = min(degrees, 360 - degrees) * self.km_per_degree_east  # the shorter way round
        return hypot((lat - self.lat) * KM_PER_DEGREE, east)

    def contains(self, lat: float, lon: float) -> bool:
        return self.distance(lat, lon) <= self.km


@dataclass(frozen=True, slots=True)
class Near:
    """Where a reader wants to hear of places first: in their words, and as a circle where one was found for it."""

    place: str
    circle: Circle | None = None
