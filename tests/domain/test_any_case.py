"""Patterns that are looked for in small letters first find what they find in the text as it is."""

import ast
import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest

from notifier.domain import summaries
from notifier.domain.summaries.any_case import AnyCase, alternatives, needed

TEXTS = (
    "",
    "People take Tablets by MOUTH twice a day.",
    "Conſent İs given in the next STUDY | ≥ 3 mg / kg, q3 weeks; b.i.d",
    "THE PURPOSE OF THIS TRIAL IS TO SEE WHETHER IT HELPS",
    "a Kelvin sign in a wee\u212a, and ımprovement",
    "Inclusion criteria: HISTORY OF stroke, at least TWO years ago. In 2019 it was Randomised",
    "line\nConsent\nDIALYSIS",
)


ROOM = [
    import_module(f"{summaries.__name__}.{each.name}") for each in pkgutil.iter_modules(summaries.__path__)
]


@pytest.mark.parametrize(
    "pattern",
    [
        *sorted({each.pattern for room in ROOM for each in vars(room).values() if isinstance(each, AnyCase)}),
        r"(?P<first>\bA) Kelvin|\bseen|\bwe(?:ek|\\|)\b",
        r"\b(o)ne(?:\1)|\btwo|\bTHE (?-i:PURPOSE)",
        r"[A-Z]{3}|^consent|mouth$",
    ],
)
def test_the_same_is_found(pattern):
    plain, made = re.compile(pattern, re.IGNORECASE), AnyCase(pattern)
    made.make_twin()
    for text in TEXTS:
        found, expected = made.search(text), plain.search(text)
        same = expected and (expected.span(), expected.groups())
        assert (found and (found.span(), found.groups())) == same, text
        assert made.sub("…", text) == plain.sub("…", text), text


def test_a_pattern_is_parted_where_its_parts_part():
    assert alternatives(r"a|(?:b|c)|[|)]d|\||e") == ["a", "(?:b|c)", "[|)]d", r"\|", "e"]


@pytest.mark.parametrize(
    ("pattern", "strings"),
    [
        (r"\bintrathecal|lumbar puncture|\bit inject", {"intrathecal", "lumbar puncture", "it inject"}),
        (r"ab(?:cd|efg)?hijk", {"hijk"}),
        (r"(?:several|many) (?:cent(?:er|re)s|sites)", {"several", "many"}),
        (r"(?<!non-)\brandomi[sz]ed(?! evidence)", {"randomi"}),
        (r"a{2,3}bcd+e", {"bcd"}),
        (r"(?P<dose>high|low) \d", {"high", "low"}),
        (r"\b\d+ ?mg/kg\b|e\.g\.|[+]|(?:\s±\s?)", {"mg/kg", "e.g.", "+", "±"}),
        (r"placebo|\d", set()),
        (r"(?:placebo)*|sham", set()),
        (r"(?=placebo)\w", set()),
    ],
)
def test_what_stands_in_every_text_that_fits(pattern, strings):
    assert needed(pattern) == strings


def test_there_is_one_way_to_look_in_either_case():
    """A module's own pattern is an AnyCase; one that stands where it is looked for says so itself, by `(?i)`."""
    for room in ROOM:
        for node in ast.walk(ast.parse(Path(room.__file__).read_text(encoding="utf-8"))):
            made = isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile"
            flags = [ast.unparse(each) for each in node.args[1:]] if made else []
            assert flags != ["re.IGNORECASE"], f"{room.__name__}:{node.lineno}"
