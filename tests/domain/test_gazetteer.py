"""A town is found as people type it, on the first day; what may be several is asked back, with their names."""

import pytest

from notifier.domain import gazetteer
from notifier.errors import InputError


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("Silkeborg", "Silkeborg, Denmark"),
        ("københavn", "Copenhagen, Denmark"),
        ("Copenhagen", "Copenhagen, Denmark"),
        ("Aarhus", "Århus, Denmark"),
        ("Malmo", "Malmö, Sweden"),
        ("Koeln", "Köln, Germany"),
        ("Paris", "Paris, France"),
        ("Portland, Maine", "Portland, Maine, United States"),
        ("Portland OR", "Portland, Oregon, United States"),
        ("8600 Silkeborg", "8600 Silkeborg, Denmark"),
        ("DK-8600", "8600 Silkeborg, Denmark"),
        ("8600, Danmark", "8600 Silkeborg, Denmark"),
        ("100 28 Stockholm", "10028 Stockholm, Sweden"),
        ("10115 Berlin", "10115 Berlin, Germany"),
        ("77030 USA", "77030 West University Place, United States"),
        ("M5V 2T6", "M5V2T6 Moss Park, Canada"),
    ],
)
def test_a_town_is_found_as_people_type_it(typed, label):
    assert gazetteer.the_town(typed).label == label


def test_a_postal_code_alone_is_looked_for_at_home():
    assert (
        gazetteer.the_town("8600", gazetteer.country_of_zone("Europe/Copenhagen")).label
        == "8600 Silkeborg, Denmark"
    )
    assert gazetteer.country_of_zone("UTC") is gazetteer.country_of_zone(None) is None


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("8600", "8600 Silkeborg, Denmark"),
        ("77030", "several countries: write the town or the country too"),
        ("Portland", "Portland, Oregon, United States; Portland, Maine, United States"),
        ("Denmark", "Denmark is a country"),
        ("Silkebrog", "did you mean Silkeborg"),
        ("Kopenhagn", "did you mean Kopenhagen"),
        ("", "try a larger town"),
        ("' OR 1=1 --", "try a larger town"),
        ("\u6771\u4eac", "try a larger town"),
        ("\n\t\0" * 50, "try a larger town"),
        ("x" * 100_000, "try a larger town"),
        ("1 2 3 4 5 6 7 8 9 " * 50, "try a larger town"),
    ],
)
def test_what_is_no_town_or_several_is_said_in_a_sentence(typed, sentence):
    with pytest.raises(InputError, match=sentence):
        gazetteer.the_town(typed)


@pytest.mark.parametrize("km", [0, -1, 5000])
def test_a_circle_has_a_size(km):
    with pytest.raises(InputError, match="from 1 to 1000"):
        gazetteer.circle("Aarhus", km)


@pytest.mark.parametrize(
    ("typed", "code"),
    [("Danmark", "DK"), ("USA", "US"), ("Deutschland", "DE"), ("dk", "DK"), ("Xanadu", None)],
)
def test_a_country_is_known_in_our_languages(typed, code):
    assert gazetteer.country(typed) == code


@pytest.mark.parametrize("state", ["Texas", "california", "Kansas"])
def test_a_state_is_no_town(state):
    with pytest.raises(InputError, match="is a state: write a town there"):
        gazetteer.the_town(state)
    assert gazetteer.the_town("Washington").state == "District of Columbia"
