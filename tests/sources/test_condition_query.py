import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.errors import InputError
from notifier.sources.clinicaltrials_gov import in_words, safe_condition

BOOLEAN = ["AND", "OR", "NOT"]
OTHERS = [
    "AREA", "RANGE", "EXPANSION", "COVERAGE", "TILT", "SEARCH", "MISSING", "DISTANCE", "ALL", "MIN", "MAX",
]  # fmt: skip
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
        ("t(8;21) leukaemia;", "t 8 21 leukaemia"),
        ("<b>Knee</b> pain", "b Knee b pain"),
        ("HIV/AIDS", "HIV AIDS"),
        ("Relapsed/Refractory leukaemia", "Relapsed Refractory leukaemia"),
        ("short- and long-term pain", "short and long-term pain"),
        ("Hepatitis - chronic", "Hepatitis chronic"),
        ("asthma + COPD", "asthma COPD"),
        ("T-cell lymphoma, not otherwise specified", "T-cell lymphoma not otherwise specified"),
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


@pytest.mark.parametrize(
    ("typed", "safe"),
    [
        ("HER2- breast cancer", "HER2 negative breast cancer"),
        ("her2\u2212 breast cancer", "her2 negative breast cancer"),
        ("HR+", "HR positive"),
        ("er- / pr+ tumour", "er negative pr positive tumour"),
        ("EGFR+ lung cancer", "EGFR positive lung cancer"),
        ("HR+/HER2- breast cancer", "HR positive HER2 negative breast cancer"),
        ("CD19+CD22+ leukaemia", "CD19 positive CD22 positive leukaemia"),
        ("Ph\u207a ALL", "Ph positive all"),
        ("PD-L1- lung cancer", "PD-L1 negative lung cancer"),
        ("HER2 (-), ER(+)", "HER2 negative ER positive"),
        ("HER2 -ve, ER+ve", "HER2 negative ER positive"),
        ("HER2-negative breast cancer", "HER2-negative breast cancer"),
    ],
)
def test_a_sign_after_a_word_is_said_in_words(typed, safe):
    assert safe_condition(typed) == safe


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("asthma OR COPD", 'one condition each: follow "asthma" and "COPD"'),
        ("asthma or COPD", 'follow "asthma" and "COPD"'),
        ("Asthma oder COPD", 'follow "Asthma" and "COPD"'),
        ("asthma and/or COPD", 'follow "asthma" and "COPD"'),
        ("COPD; asthma", 'follow "COPD" and "asthma"'),
        ("COPD | asthma | flu", 'follow "COPD" and "asthma" and "flu"'),
        ("lung cancer / breast cancer", 'follow "lung cancer" and "breast cancer"'),
        ("BRCA1/2 carriers", '"BRCA1/2" names two things'),
        ("ataxia type 15/16", '"15/16" names two things'),
        ("not lung cancer", 'write it without "not"'),
        ("lung cancer NOT small cell", 'write it without "not"'),
        ("cancer except skin", 'write it without "except"'),
        ("PD-L1 \u2265 50%", "compares no numbers"),
        ("BMI>30", "compares no numbers"),
        ("HER2 3+", "compares no numbers"),
        ("adults 65+", "compares no numbers"),
    ],
)
def test_what_plain_words_cannot_say_is_asked_back(typed, why):
    with pytest.raises(InputError) as refused:
        safe_condition(typed)
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", ["asthma or copd", "not lung cancer", "HER2- BMI>30", "flu; AREA[x]"])
def test_what_is_followed_already_is_still_asked_of_the_registry(text):
    words = in_words(text)
    assert in_words(words) == words
    assert not re.search(r"[^\w '.-]", words)


@pytest.mark.parametrize("operator", [each for each in OPERATORS if each not in {"OR", "NOT"}])
def test_an_operator_becomes_a_word(operator):
    assert safe_condition(f"flu {operator} B-{operator}") == f"flu {operator.lower()} B-{operator.lower()}"


def test_a_search_in_another_area_cannot_be_smuggled_in():
    typed = "flu) OR AREA[LeadSponsorName]EXPANSION[None]acme"
    assert in_words(typed) == "flu or area LeadSponsorName expansion None acme"
    with pytest.raises(InputError, match="one condition each"):
        safe_condition(typed)


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
    assert safe_condition(safe) == safe == in_words(safe)
