"""A small ClinicalTrials.gov that speaks the API v2: records in memory, days that pass when told.

Owns what it answers. Refuses what the real one refuses, in its words where they are known, and also whatever of the
API this program does not use; it writes nothing to disk and reads no clock. Listens on loopback alone.
"""

import binascii
import json
import socket
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import cached_property, partial
from hashlib import sha256
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

from notifier.demo import query
from notifier.demo.query import RefusedQuestion, Searchable, canonical_id, cut, wanted
from notifier.web.app import serving_app

API_VERSION = "2.0.5"
DEFAULT_PAGE_SIZE = 10
LARGEST_PAGE_SIZE = 1000

# What may change from page to page of one walk.
_FREE_PARAMETERS = {"countTotal", "pageSize", "pageToken"}
_READERS: Mapping[str, Callable[[str], query.Predicate]] = {
    "query.cond": query.conditions,
    "query.term": query.terms,
    "query.locn": query.locations,
    "filter.geo": query.geo,
    "filter.overallStatus": query.statuses,
    "filter.advanced": query.advanced,
    "filter.ids": query.ids,
}
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
        # A page that is filled exactly has a token too: the real registry does not look ahead.
        after = urlsafe_b64encode(f"{offset + size} {seal}".encode()).rstrip(b"=")
        # The JSON of a page, every study in a line of its own.
        lines = [msgspec.json.encode(cut(study.record, tree)) for study in page]
        head = b'{"totalCount":%d,' % len(found) if offset == 0 and "countTotal" in parameters else b"{"
        tail = b',"nextPageToken":"%s"}' % after if len(page) == size else b"}"
        body = head + b'"studies":[' + b",\n".join(lines) + b"]" + tail
        return Response(body, media_type="application/json")

    def _found(self, parameters: Mapping[str, str]) -> list[Searchable]:
        # All studies, in an order that is another one every day: nobody may rely on it.
        found = sorted(
            self._studies.values(), key=lambda study: crc32((study.nct_id + self.data_timestamp).encode())
        )
        for name, read in _READERS.items():
            if text := parameters.get(name):
                found = list(filter(read(text), found))
        return query.in_order(found, parameters["sort"]) if parameters.get("sort") else found


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
