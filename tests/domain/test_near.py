"""Distances are as a map has them, also over the date line, and a circle keeps nobody's address."""

import pytest

from notifier.domain.geo import Circle

AARHUS = Circle.around(56.15674, 10.21076, 100)


@pytest.mark.parametrize(
    ("place", "lat", "lon", "km"),
    [
        ("Aarhus", 56.157, 10.211, 0),
        ("Odense", 55.396, 10.388, 85),
        ("Copenhagen", 55.676, 12.568, 157),
        ("Hamburg", 53.575, 10.015, 287),
    ],
)
def test_a_distance_is_what_a_map_says(place, lat, lon, km):
    assert AARHUS.distance(lat, lon) == pytest.approx(km, abs=10)


def test_a_circle_holds_what_is_within_it():
    assert AARHUS.contains(55.396, 10.388)
    assert not AARHUS.contains(55.676, 12.568)


def test_the_shorter_way_round_the_earth_counts():
    assert Circle.around(-17.7, 179.9, 50).distance(-17.7, -179.9) == pytest.approx(21, abs=1)


def test_a_circle_is_kept_rounded():
    assert (AARHUS.lat, AARHUS.lon) == (56.2, 10.2)
