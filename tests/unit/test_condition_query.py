import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.errors import InputError
from notifier.sources.clinicaltrials_gov import safe_condition

BOOLEAN = ["AND", "OR", "NOT"]
OTHERS = [
    "AREA",
    "RANGE",
    "EXPANSION",
    "COVERAGE",
    "TILT",
    "SEARCH",
    "MISSING",
    "DISTANCE",
    "ALL",
    "MIN",
    "MAX",
]
OPERATORS = [*BOOLEAN, *OTHERS]


@pytest.mark.parametrize(
    "words",
    [
        "breast cancer",
        "non-Hodgkin lymphoma",
        "Sjögren's syndrome",
        "22q11.2 deletion syndrome",
        "COVID-19",
        "糖尿病",
        "candida",
        "Andersen-Tawil syndrome",
    ],
)
def test_plain_words_stay_as_they_are(words):
    assert safe_condition(words) == words


@pytest.mark.parametrize(
    ("typed", "safe"),
    [
        ("  breast \t cancer\r\n", "breast cancer"),
        ("Diabetes (type 2), adult [T2D]", "Diabetes type 2 adult T2D"),
        ('"back pain"', "back pain"),
        ("heart\\failure: acute", "heart failure acute"),
        ("HER2+ / ER- tumour", "HER2 ER tumour"),
        ("Parkinson\u2019s", "Parkinson's"),
        ("Parkinson\u00b4s", "Parkinson's"),
        ("a\u0149", "a'n"),
        ("Guillain\u2013Barré", "Guillain-Barré"),
        ("zero\u200bwidth\x00null\x1b", "zerowidth null"),
        ("''quoted'' --word--", "quoted word"),
        ("a..b--c", "a.b-c"),
        ("\uff3b\uff21\uff2e\uff24\uff3d flu", "and flu"),
    ],
)
def test_what_the_registry_could_take_for_syntax_is_neutral(typed, safe):
    assert safe_condition(typed) == safe


@pytest.mark.parametrize("operator", OPERATORS)
def test_an_operator_becomes_a_word(operator):
    assert safe_condition(f"flu {operator} B-{operator}") == f"flu {operator.lower()} B-{operator.lower()}"


def test_a_search_in_another_area_cannot_be_smuggled_in():
    typed = "flu) OR AREA[LeadSponsorName]EXPANSION[None]acme"
    assert safe_condition(typed) == "flu or area LeadSponsorName expansion None acme"


@pytest.mark.parametrize("typed", ["", "   ", '()[],"', "--- '' ...", "\x00\u200b", "+"])
def test_nothing_to_search_for_is_refused(typed):
    with pytest.raises(InputError, match="needs words"):
        safe_condition(typed)


def test_the_length_is_counted_after_white_space_is_collapsed():
    assert safe_condition("flu" + " " * 500 + "shot") == "flu shot"
    assert safe_condition("x" * 200) == "x" * 200
    with pytest.raises(InputError, match="200 characters"):
        safe_condition("x" * 201)


def test_more_words_than_the_registry_searches_for_are_refused():
    assert safe_condition(" ".join(["word"] * 12)) == " ".join(["word"] * 12)
    with pytest.raises(InputError, match="12 words"):
        safe_condition(" ".join(["word"] * 11 + ["two-parts"]))


@pytest.mark.parametrize("typed", ["NCT01234567", "nct01234567, NCT00000001"])
def test_ids_of_studies_are_no_condition(typed):
    with pytest.raises(InputError, match="follow it as a study"):
        safe_condition(typed)


@given(st.text(max_size=220))
def test_any_text_is_refused_or_harmless(text):
    try:
        safe = safe_condition(text)
    except InputError:
        return
    assert not re.search(r"""[][(),"\\:{}*?~^/&|!<>=;%+\s\x00-\x1f]""", safe.replace(" ", ""))
    assert not set(re.findall(r"[^\W_]+", safe)) & set(OPERATORS)
    assert safe == " ".join(safe.split())
    assert safe_condition(safe) == safe
