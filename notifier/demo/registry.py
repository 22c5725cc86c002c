"""A small ClinicalTrials.gov that speaks the API v2: records in memory, days that pass when told.

Owns what it answers. Refuses what the real one refuses, in its words where they are known, and also whatever of the
API this program does not use; it writes nothing to disk and reads no clock. Listens on loopback alone. Of the search's
language it knows words, "phrases", AND OR NOT between them, brackets around one of these and AREA[...], and no synonyms; of
the fields every name.
"""

import binascii
import json
import re
import socket
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import cache, cached_property, partial
from hashlib import sha256
from importlib import resources
from typing import Any
from zlib import crc32

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from notifier.domain.geo import Circle
from notifier.domain.study.parts import OverallStatus
from notifier.errors import InputError
from notifier.web.app import serving_app


class RefusedQuestion(InputError):
    """The question is wrong. The text is the answer's body, in the registry's own words where they are known."""


@cache
def paths() -> Mapping[str, str]:
    """Piece name, or path -> dotted path, for all fields of the registry's data structure (API 2.0.3)."""
    table = resources.files("notifier.demo").joinpath("fields.json").read_text(encoding="utf-8")
    pieces: dict[str, str] = json.loads(table)
    return pieces | {path: path for path in pieces.values()}


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
    "Condition", "BriefTitle", "OfficialTitle", "ConditionMeshTerm", "ConditionAncestorTerm", "Keyword", "NCTId",
)  # fmt: skip
# The heavier half of its BasicSearch area.
BASIC_SEARCH = (
    *CONDITION_SEARCH, "NCTIdAlias", "Acronym", "InterventionName", "InterventionOtherName", "BriefSummary",
    "LeadSponsorName", "OrgStudyId", "SecondaryId", "LocationCity", "LocationCountry",
)  # fmt: skip
# Measured by others on the live registry: twelve terms pass, fourteen do not.
MOST_TERMS = 12

_NCT_ID = re.compile(r"[Nn][Cc][Tt]0*([1-9]\d{0,7})")
_DATE = re.compile(r"\d{4}(-\d{2}){0,2}")
_AREA = re.compile(r"AREA\[([^\]]*)\]\s*(?:RANGE\[([^,\]]*),([^\]]*)\]|(\w+))")
_OR, _AND = (re.compile(rf"\s+{word}\s+(?![^(]*\))") for word in ("OR", "AND"))  # outside of brackets
_OPERATORS = frozenset({"AND", "OR", "NOT"})


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

    def read(text: str) -> Predicate:
        words = plain_words(_AREA.sub(" ", re.sub(r"\b(?:AND|OR|NOT)\b", " ", text))).split()
        if len(words) > MOST_TERMS:
            raise RefusedQuestion(f"Error parsing query in {name}: Too complicated query")
        try:
            return _read(text.strip(), words_of)
        except RefusedQuestion as refusal:
            raise RefusedQuestion(f"Error parsing query in {name}: {refusal}") from None

    return read


def _read(text: str, words_of: Callable[[Searchable], str]) -> Predicate:
    if len(parts := _OR.split(text)) > 1:
        either = [_read(part, words_of) for part in parts]
        return lambda study: any(part(study) for part in either)
    if len(parts := _AND.split(text)) > 1:
        every = [_read(part, words_of) for part in parts]
        return lambda study: all(part(study) for part in every)
    if text.startswith("NOT "):
        negated = _read(text.removeprefix("NOT "), words_of)
        return lambda study: not negated(study)
    if text.startswith("(") and text.endswith(")"):
        return _read(text[1:-1].strip(), words_of)
    if asked := _AREA.fullmatch(text):
        return _in_area(*map(str.strip, asked.groups("")))
    found = [phrase or word for phrase, word in re.findall(r'"([^"]*)"|([^\s"]+)', text)]
    if text.count('"') % 2 or re.search(r"[()\[\]]", text) or not _OPERATORS.isdisjoint(found):
        raise RefusedQuestion(f"no viable alternative at input '{text}'")
    needles = [f" {plain} " for each in found if (plain := plain_words(each))]
    return lambda study: all(needle in words_of(study) for needle in needles)


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


def _in_area(area: str, low: str, high: str, value: str) -> Predicate:
    path = paths().get(area)
    if value and path is not None:
        if value == "MISSING":
            return lambda study: next(values(study.record, path), None) is None
        return lambda study: value in values(study.record, path)
    if area in _AGES:
        least, most = _years(low, MIN_AGE), _years(high, MAX_AGE)
        if least is None or most is None:
            raise RefusedQuestion(f"Invalid age: `{low}, {high}`")
        return lambda study: (
            (age := _years(study.date(area) or "", None)) is not None and least <= age <= most
        )
    # Beside ages, dates are all that this registry ranges over.
    if path is None or not area.lower().endswith("date"):
        raise RefusedQuestion(f"Unknown area name: `{area}`")
    for bound, open_end in ((low, "MIN"), (high, "MAX")):
        if bound != open_end and not _DATE.fullmatch(bound):
            raise RefusedQuestion(f"Invalid date: `{bound}`")
    # Both ends are in it; a bound of less precision takes its whole month or year.
    return lambda study: (
        (date := study.date(area)) is not None
        and (low == "MIN" or date[: len(low)] >= low)
        and (high == "MAX" or date[: len(high)] <= high)
    )


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


API_VERSION = "2.0.5"
DEFAULT_PAGE_SIZE = 10
LARGEST_PAGE_SIZE = 1000

# What may change from page to page of one walk.
_FREE_PARAMETERS = {"countTotal", "pageSize", "pageToken"}
_READERS: Mapping[str, Callable[[str], Predicate]] = {
    "query.cond": conditions, "query.term": terms, "query.locn": locations, "filter.geo": geo,
    "filter.overallStatus": statuses, "filter.advanced": advanced, "filter.ids": ids,
}  # fmt: skip
_OF_STUDIES = _FREE_PARAMETERS | {"fields", "sort", *_READERS}


class RehearsalRegistry:
    """A registry of its own: `records` in the registry's format, `data_timestamp` in UTC without a zone.

    Ask it through `app` (ASGI), in the process or with `serving` over loopback. Records that come in are copied.
    """

    def __init__(self, records: Iterable[dict[str, Any]], data_timestamp: str) -> None:
        self._studies: dict[str, Searchable] = {}
        self._edition = 0
        self.publish(records, data_timestamp)

    def publish(self, records: Iterable[dict[str, Any]], data_timestamp: str) -> None:
        """Put a new day's data out: records come in or replace their older selves, every page token dies.

        As at the real registry, `versionHolder` of every record moves to the day, also of those that did not change.
        """
        self.data_timestamp = data_timestamp
        for record in records:
            study = Searchable(
                msgspec.json.decode(msgspec.json.encode(record))
            )  # far quicker than `deepcopy`
            self._studies[study.nct_id] = study
        for study in self._studies.values():
            derived = study.record.setdefault("derivedSection", {})
            derived.setdefault("miscInfoModule", {})["versionHolder"] = data_timestamp[:10]
        self._edition += 1

    @cached_property
    def app(self) -> Starlette:
        """The ASGI application; one for the registry's whole life."""
        answers = {"version": self._version, "studies": self._page, "studies/{nct_id}": self._study}
        routes = [Route(f"/api/v2/{path}", partial(self.answered, give)) for path, give in answers.items()]
        return Starlette(routes=routes, middleware=[Middleware(GZipMiddleware)])

    async def answered(self, give: Callable[[Request], Response], request: Request) -> Response:
        try:
            return give(request)
        except RefusedQuestion as refusal:
            return PlainTextResponse(str(refusal), 400)

    def _version(self, request: Request) -> Response:
        _known_parameters(request, set())
        return JSONResponse({"apiVersion": API_VERSION, "dataTimestamp": self.data_timestamp})

    def _study(self, request: Request) -> Response:
        parameters = _known_parameters(request, {"fields"})
        asked = request.path_params["nct_id"]
        nct_id = canonical_id(asked)
        if nct_id is None:
            raise RefusedQuestion(f"nctId has incorrect format for value {asked}")
        if nct_id in self._studies:
            return JSONResponse(cut(self._studies[nct_id].record, _tree(parameters)))
        return PlainTextResponse(f"NCT number {nct_id} not found", 404)

    def _page(self, request: Request) -> Response:
        parameters = _known_parameters(request, _OF_STUDIES)
        text = parameters.get("pageSize", "0")
        if not text.isdecimal():
            raise RefusedQuestion(f"Invalid value in parameter `pageSize`: `{text}`")
        size, tree = min(int(text) or DEFAULT_PAGE_SIZE, LARGEST_PAGE_SIZE), _tree(parameters)
        question = sorted(item for item in parameters.items() if item[0] not in _FREE_PARAMETERS)
        seal = sha256(json.dumps([self._edition, question]).encode()).hexdigest()[:24]
        offset, found = 0, self._found(parameters)
        if (token := parameters.get("pageToken")) is not None:
            # A token of other data, or of another question, is dead.
            try:
                begins, sealed = urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode().split()
            except (binascii.Error, ValueError):
                raise RefusedQuestion("pageToken has incorrect format") from None
            if sealed != seal:
                raise RefusedQuestion("pageToken is not valid for this request")
            offset = int(begins)
        page = found[offset : offset + size]
        answer: dict[str, Any] = {"studies": [cut(study.record, tree) for study in page]}
        if offset == 0 and "countTotal" in parameters:
            answer["totalCount"] = len(found)
        if (
            len(page) == size
        ):  # one that is filled exactly has a token too: the real registry does not look ahead
            token = urlsafe_b64encode(f"{offset + size} {seal}".encode()).decode()
            answer["nextPageToken"] = token.rstrip("=")
        return Response(msgspec.json.encode(answer), media_type="application/json")

    def _found(self, parameters: Mapping[str, str]) -> list[Searchable]:
        # All studies, in an order that is another one every day: nobody may rely on it.
        found = sorted(
            self._studies.values(), key=lambda study: crc32((study.nct_id + self.data_timestamp).encode())
        )
        for name, read in _READERS.items():
            if text := parameters.get(name):
                found = list(filter(read(text), found))
        return in_order(found, parameters["sort"]) if parameters.get("sort") else found


def _known_parameters(request: Request, known: set[str]) -> dict[str, str]:
    parameters = dict(request.query_params)
    for name in parameters:
        if name not in known:
            raise RefusedQuestion(f"`{name}` is unknown parameter")
    return parameters


def _tree(parameters: Mapping[str, str]) -> dict[str, Any] | None:
    return wanted(parameters["fields"]) if "fields" in parameters else None


LOOPBACK = "127.0.0.1"
CLOSES_WITHIN = 1  # seconds that requests under way have to end when the server closes


@asynccontextmanager
async def serving(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Serve `app` on 127.0.0.1 while the block runs; gives the base URL. Port 0 takes any that is free.

    Raises OSError if the port is taken.
    """
    listener = socket.create_server((LOOPBACK, port))
    async with serving_app(app, listener, stop_after=CLOSES_WITHIN):
        yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
