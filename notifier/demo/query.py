"""The registry's search and fields, as far as the rehearsal needs them: words, "phrases", AND OR NOT, brackets, AREA[...]RANGE[...].

Decides which records answer a question, and cuts them down to the fields that are asked for. Owns the table of piece names,
and refuses names that the registry would refuse. Has no synonyms: what they find is given by hand (`RehearsalRegistry.link`).
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from typing import Any

from notifier.domain.geo import Circle
from notifier.domain.study.parts import OverallStatus
from notifier.errors import InputError


class RefusedQuestion(InputError):
    """The question is wrong. The text is the answer's body, in the registry's own words where they are known."""


@cache
def paths() -> Mapping[str, str]:
    """Piece name, or path -> dotted path, for all fields of the registry's data structure (API 2.0.3)."""
    table = resources.files("notifier.demo").joinpath("fields.json").read_text(encoding="utf-8")
    pieces: dict[str, str] = json.loads(table)
    return pieces | {path: path for path in pieces.values()}


def is_date(name: str) -> bool:
    """Whether the name is a field that holds a date: the only ones, beside ages, that this registry ranges over."""
    return name in paths() and name.lower().endswith("date")


def listed(text: str) -> list[str]:
    """The items of a comma- or pipe-separated parameter, without the white space around them."""
    return [item.strip() for item in text.replace("|", ",").split(",")]


def wanted(parameter: str) -> dict[str, Any]:
    """Read the parameter `fields`: a tree of what to keep, in which None stands for a whole branch."""
    found: set[str] = set()
    for name in listed(parameter):
        if name not in paths():
            raise RefusedQuestion(f"Parameter 'fields' contains invalid field name: '{name}'")
        found.add(paths()[name])
    root: dict[str, Any] = {}
    # Longer paths come first, so that a whole branch takes the place of its parts.
    for path in sorted(found, key=len, reverse=True):
        *above, last = path.split(".")
        tree = root
        for name in above:
            tree = tree.setdefault(name, {})
        tree[last] = None
    return root


def cut(node: Any, tree: Mapping[str, Any] | None) -> Any:
    """The part of a record that the tree of `wanted` asks for; branches of which nothing is left are left out."""
    if tree is None:
        return node
    if isinstance(node, list):
        return [kept for item in node if (kept := cut(item, tree))]
    kept_of = ((key, cut(value, tree[key])) for key, value in node.items() if key in tree)
    return {key: kept for key, kept in kept_of if kept not in ({}, [])}


def values(node: Any, path: str) -> Iterator[str]:
    """Every text at a dotted path, through all lists on the way."""
    if isinstance(node, list):
        for item in node:
            yield from values(item, path)
    elif not path:
        yield str(node)
    else:
        first, _, rest = path.partition(".")
        if first in node:
            yield from values(node[first], rest)


def texts(record: Mapping[str, Any], names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from values(record, paths().get(name, name))


# The registry's ConditionSearch area, in full.
CONDITION_SEARCH = (
    "Condition",
    "BriefTitle",
    "OfficialTitle",
    "ConditionMeshTerm",
    "ConditionAncestorTerm",
    "Keyword",
    "NCTId",
)
# The heavier half of its BasicSearch area.
BASIC_SEARCH = (
    *CONDITION_SEARCH,
    "NCTIdAlias",
    "Acronym",
    "InterventionName",
    "InterventionOtherName",
    "BriefSummary",
    "LeadSponsorName",
    "OrgStudyId",
    "SecondaryId",
    "LocationCity",
    "LocationCountry",
)
# Measured by others on the live registry: twelve terms pass, fourteen do not.
MOST_TERMS = 12

_NCT_ID = re.compile(r"[Nn][Cc][Tt]0*([1-9]\d{0,7})")
_DATE = re.compile(r"\d{4}(-\d{2}){0,2}")
_TOKEN = re.compile(
    r"""\s*(?: AREA\[(?P<area>[^\]]*)\]\s*(?:RANGE\[(?P<low>[^,\]]*),(?P<high>[^\]]*)\]|(?P<value>\w+))
             | "(?P<phrase>[^"]*)"
             | (?P<mark>[(),])
             | (?P<word>[^\s()\[\],"]+)
             | (?P<stray>[\[\]"]) )""",
    re.VERBOSE,
)


def canonical_id(text: str) -> str | None:
    """The usual form of a study's id ("nct1" -> "NCT00000001"), or None if it is not one."""
    match = _NCT_ID.fullmatch(text)
    return f"NCT{int(match[1]):08d}" if match else None


def plain_words(text: str) -> str:
    """The text as small words with one space between them: what is compared with what."""
    return " ".join(re.findall(r"\w+", text.casefold()))


class Searchable:
    """A record with the words that it is found by. They are read once, on the first search."""

    def __init__(self, record: dict[str, Any]) -> None:
        self.record = record
        self.identification: dict[str, Any] = record["protocolSection"]["identificationModule"]
        self.nct_id: str = self.identification["nctId"]

    @property
    def ids(self) -> set[str]:
        """Its own id and the ids that were given up for it."""
        return {self.nct_id, *self.identification.get("nctIdAliases", [])}

    @cached_property
    def condition_words(self) -> str:
        return _hay(texts(self.record, CONDITION_SEARCH))

    @cached_property
    def basic_words(self) -> str:
        return _hay(texts(self.record, BASIC_SEARCH))

    def date(self, name: str) -> str | None:
        """The first date in a date field, as published; None where the record has none."""
        return next(texts(self.record, [name]), None)


def _hay(found: Iterable[str]) -> str:
    # The bars keep a phrase from being found across the border of two texts.
    return " | ".join(["", *map(plain_words, found), ""])


Predicate = Callable[[Searchable], bool]


def _box(name: str, words_of: Callable[[Searchable], str]) -> Callable[[str], Predicate]:
    """Reads what stands in a box of the registry's search, which finds a study by these words."""
    return lambda text: _Reader(name, words_of, list(_TOKEN.finditer(text.strip()))).read()


LOCATION_SEARCH = ("LocationCity", "LocationState", "LocationCountry", "LocationFacility", "LocationZip")
conditions = _box("Conditions or disease", lambda study: study.condition_words)
terms = _box("Other terms", lambda study: study.basic_words)
advanced = _box("advanced filter", lambda study: study.basic_words)
locations = _box("Location terms", lambda study: _hay(texts(study.record, LOCATION_SEARCH)))


def ids(text: str) -> Predicate:
    """Read `filter.ids`: one malformed id spoils the whole list, as it does at the real registry."""
    asked = {item: canonical_id(item) for item in listed(text)}
    for item, nct_id in asked.items():
        if nct_id is None:
            raise RefusedQuestion(f"filter.ids has incorrect format for value {item}")
    wanted = set(asked.values())
    return lambda study: not wanted.isdisjoint(study.ids)


def in_order(studies: Iterable[Searchable], sort: str) -> list[Searchable]:
    """By relevance, in which all are alike here, or the newest update first; studies without its date come last."""
    if sort not in {"@relevance", "LastUpdatePostDate:desc"}:
        raise RefusedQuestion(f"Parameter 'sort' contains invalid item: '{sort}'")
    found = list(studies)
    if sort != "@relevance":
        found.sort(key=lambda study: study.date("LastUpdatePostDate") or "", reverse=True)
    return found


@dataclass
class _Reader:
    """Reads one expression from left to right; every method leaves `_at` behind what it has read."""

    box: str
    words_of: Callable[[Searchable], str]
    tokens: list[re.Match[str]]
    _at: int = field(default=0, init=False)
    _terms: int = field(default=0, init=False)

    def read(self) -> Predicate:
        predicate = self._any()
        if (token := self._peek()) is not None:
            raise self._refused(f"extraneous input '{token[0].strip()}' expecting <EOF>")
        return predicate

    def _any(self) -> Predicate:
        parts = [self._all()]
        while self._word() == "OR":
            self._at += 1
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda study: any(part(study) for part in parts)

    def _all(self) -> Predicate:
        parts = [self._one()]
        # Between two terms AND is understood, and a comma means the same.
        while (token := self._peek()) is not None and self._word() != "OR" and token["mark"] != ")":
            if self._word() == "AND" or token["mark"] == ",":
                self._at += 1
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda study: all(part(study) for part in parts)

    def _one(self) -> Predicate:
        token, word = self._peek(), self._word()
        if token is None or word in ("AND", "OR") or token["stray"] or token["mark"] in (")", ","):
            raise self._refused(f"no viable alternative at input '{token[0].strip() if token else '<EOF>'}'")
        self._at += 1
        if word == "NOT":
            negated = self._one()
            return lambda study: not negated(study)
        if token["mark"] == "(":
            inner = self._any()
            if (token := self._peek()) is None or token["mark"] != ")":
                raise self._refused(f"missing ')' at '{token[0].strip() if token else '<EOF>'}'")
            self._at += 1
            return inner
        if token["value"] is not None:
            area = token["area"].strip()
            value = token["value"]
            if (path := paths().get(area)) is None:
                raise self._refused(f"Unknown area name: `{area}`")
            if value == "MISSING":
                return lambda study: next(values(study.record, path), None) is None
            return lambda study: value in values(study.record, path)
        if token["area"] is not None:
            return self._range(token["area"].strip(), token["low"].strip(), token["high"].strip())
        return self._text(token["phrase"] if token["phrase"] is not None else token["word"])

    def _text(self, text: str) -> Predicate:
        needle = plain_words(text)
        self._terms += len(needle.split())
        if self._terms > MOST_TERMS:
            raise self._refused("Too complicated query")
        return lambda study: f" {needle} " in self.words_of(study) if needle else True

    def _range(self, area: str, low: str, high: str) -> Predicate:
        if area in _AGES:
            least, most = _years(low, MIN_AGE), _years(high, MAX_AGE)
            if least is None or most is None:
                raise self._refused(f"Invalid age: `{low}, {high}`")
            return lambda study: (
                (age := _years(study.date(area) or "", None)) is not None and least <= age <= most
            )
        if not is_date(area):
            raise self._refused(f"Unknown area name: `{area}`")
        for bound, open_end in ((low, "MIN"), (high, "MAX")):
            if bound != open_end and not _DATE.fullmatch(bound):
                raise self._refused(f"Invalid date: `{bound}`")
        # Both ends are in it; a bound of less precision takes its whole month or year.
        return lambda study: (
            (date := study.date(area)) is not None
            and (low == "MIN" or date[: len(low)] >= low)
            and (high == "MAX" or date[: len(high)] <= high)
        )

    def _peek(self) -> re.Match[str] | None:
        return self.tokens[self._at] if self._at < len(self.tokens) else None

    def _word(self) -> str | None:
        token = self._peek()
        return token["word"] if token is not None else None

    def _refused(self, why: str) -> RefusedQuestion:
        return RefusedQuestion(f"Error parsing query in {self.box}: {why}")


_AGES = frozenset({"MinimumAge", "MaximumAge"})
MIN_AGE, MAX_AGE = 0.0, 1000.0
_AGE = re.compile(r"(\d+) (year|month|week|day|hour|minute)s?", re.IGNORECASE)
_A_YEAR = {"year": 1, "month": 12, "week": 52.2, "day": 365.25, "hour": 8766, "minute": 525960}


def _years(text: str, open_end: float | None) -> float | None:
    if text in {"MIN", "MAX"}:
        return open_end
    age = _AGE.fullmatch(text)
    return int(age[1]) / _A_YEAR[age[2].lower()] if age else None


_GEO = re.compile(r"distance\((-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?),(\d+)km\)")


def geo(text: str) -> Predicate:
    if (asked := _GEO.fullmatch(text)) is None:
        raise RefusedQuestion(f"Invalid value in parameter `filter.geo`: `{text}`")
    circle = Circle(float(asked[1]), float(asked[2]), int(asked[3]))

    def is_there(study: Searchable) -> bool:
        listed = study.record["protocolSection"].get("contactsLocationsModule", {}).get("locations", [])
        points = [site["geoPoint"] for site in listed if "geoPoint" in site]
        return any(circle.contains(point["lat"], point["lon"]) for point in points)

    return is_there


def statuses(text: str) -> Predicate:
    wanted = set(listed(text))
    if unknown := wanted - {*OverallStatus}:
        raise RefusedQuestion(f"Invalid value in parameter `overallStatus`: `{min(unknown)}`")
    return lambda study: not wanted.isdisjoint(texts(study.record, ["OverallStatus"]))
