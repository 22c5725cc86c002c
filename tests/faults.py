"""How a registry misbehaves, each way as one small function, and a stand-in registry that does when it is told."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from notifier.demo.registry import RehearsalRegistry, Searchable, canonical_id, plain_words

Answer = Callable[[], Awaitable[Response]]
"""Gives what the registry answers."""

Fault = Callable[[Request, Answer], Awaitable[Response]]
"""Answers in place of the registry."""

When = Callable[[Request], bool]
"""Whether a fault strikes this request; the fault waits for the first one that it does."""


def always(_: Request) -> bool:
    return True


def of_version(request: Request) -> bool:
    """Only questions for the data's version."""
    return request.url.path.endswith("/version")


def of_studies(request: Request) -> bool:
    """Only searches and pages, not single records."""
    return request.url.path.endswith("/studies")


def of_one_study(request: Request) -> bool:
    """Only single records."""
    return "nct_id" in request.path_params


def of_later_page(request: Request) -> bool:
    """Only pages behind the first."""
    return of_studies(request) and "pageToken" in request.query_params


def status(code: int, *, retry_after: int | str | None = None) -> Fault:
    """Answer with a status (429, 403, 500, 503 ...) in plain text; `retry_after` in seconds, or as an HTTP date."""

    async def fault(_request: Request, _answer: Answer) -> Response:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return PlainTextResponse(f"Error {code}", code, headers)

    return fault


def no_answer() -> Fault:
    """Say nothing until the asker hangs up or is cancelled.

    `httpx.ASGITransport` has no time-outs: behind it this waits for ever, so put an `asyncio.timeout` around the
    question, or ask over loopback.
    """

    async def fault(request: Request, _answer: Answer) -> Response:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        return Response(status_code=499)

    return fault


def cut_body() -> Fault:
    """Answer 200 with the first half of the right body: no JSON any more."""

    async def fault(_request: Request, answer: Answer) -> Response:
        right = await answer()
        body = bytes(right.body)
        return Response(body[: len(body) // 2], right.status_code, media_type=right.media_type)

    return fault


def html_page() -> Fault:
    """Answer 200 with a page for people, as what stands in front of the registry does on a bad day."""

    async def fault(_request: Request, _answer: Answer) -> Response:
        return HTMLResponse("<!DOCTYPE html>\n<html><body><h1>Please stand by</h1></body></html>")

    return fault


@dataclass
class Armed:
    """A fault that waits for the requests that it strikes."""

    fault: Fault
    when: When
    times: int


class FaultyRegistry(RehearsalRegistry):
    """The stand-in registry, with faults on demand; keeps what it was asked, and lets studies go and merge."""

    def __init__(self, records: Iterable[dict[str, Any]], data_timestamp: str) -> None:
        self.requests: list[tuple[str, dict[str, str]]] = []
        """What it was asked, in order: path and query."""
        self._aliases: dict[str, str] = {}
        self._links: set[tuple[str, str]] = set()
        self._armed: list[Armed] = []
        self._last_page: bytes | None = None
        super().__init__(records, data_timestamp)

    def publish(self, records: Iterable[dict[str, Any]], data_timestamp: str) -> None:
        super().publish(records, data_timestamp)
        for study in self._studies.values():
            self._aliases |= dict.fromkeys(study.ids - {study.nct_id}, study.nct_id)
        self._name_aliases()

    def remove(self, nct_id: str) -> None:
        """Take a study out of the data, as happens without a reason given."""
        del self._studies[nct_id]
        self._edition += 1

    def alias(self, old_id: str, new_id: str) -> None:
        """Give up an id for another study's: from now on the old one answers 301."""
        self._studies.pop(old_id, None)
        self._aliases[old_id] = new_id
        self._name_aliases()
        self._edition += 1

    def _name_aliases(self) -> None:
        for study in self._studies.values():
            if given_up := sorted(old for old, new in self._aliases.items() if new == study.nct_id):
                study.identification["nctIdAliases"] = given_up

    def link(self, condition: str, nct_id: str) -> None:
        """Let the search find a study under a condition although its record did not change: the synonyms moved."""
        self._links.add((plain_words(condition), nct_id))
        self._edition += 1

    def record(self, nct_id: str) -> dict[str, Any]:
        """A copy of a study's record as it stands now."""
        return deepcopy(self._studies[nct_id].record)

    def fail_next(self, fault: Fault, *, times: int = 1, when: When = always) -> None:
        """Let a fault strike the next `times` requests that `when` picks. Faults strike in the order they were armed."""
        self._armed.append(Armed(fault, when, times))

    def repeat_page(self) -> None:
        """Serve one page twice: the next request for a later page gets the page that was served before it."""

        async def fault(_request: Request, answer: Answer) -> Response:
            if self._last_page is None:
                return await answer()
            return Response(self._last_page, media_type="application/json")

        self.fail_next(fault, when=of_later_page)

    def move_data_during_walk(self, data_timestamp: str, records: Iterable[dict[str, Any]] = ()) -> None:
        """Publish between two pages of the next walk: the token that asks for the later one is dead by then."""

        async def fault(_request: Request, answer: Answer) -> Response:
            self.publish(records, data_timestamp)
            return await answer()

        self.fail_next(fault, when=of_later_page)

    def heal(self) -> None:
        """Forget every armed fault."""
        self._armed.clear()

    @property
    def faults_left(self) -> int:
        """How many requests are still going to be struck: 0 when a test's faults were all met."""
        return sum(armed.times for armed in self._armed)

    async def answered(self, give: Callable[[Request], Response], request: Request) -> Response:
        self.requests.append((request.url.path, dict(request.query_params)))
        armed = next((armed for armed in self._armed if armed.when(request)), None)
        if armed is None:
            return await super().answered(give, request)
        armed.times -= 1
        if armed.times < 1:
            self._armed.remove(armed)
        right = super().answered
        return await armed.fault(request, lambda: right(give, request))

    def _study(self, request: Request) -> Response:
        merged = self._aliases.get(canonical_id(request.path_params["nct_id"]))
        if merged is None:
            return super()._study(request)
        return RedirectResponse(request.url.replace(path=f"/api/v2/studies/{merged}"), status_code=301)

    def _found(self, parameters: Mapping[str, str]) -> list[Searchable]:
        found = super()._found(parameters)
        asked = plain_words(parameters.get("query.cond", ""))
        linked = {nct_id for condition, nct_id in self._links if condition == asked}
        if not linked:
            return found
        all_ = super()._found({name: text for name, text in parameters.items() if name != "query.cond"})
        return [study for study in all_ if study in found or study.nct_id in linked]

    def _page(self, request: Request) -> Response:
        page = super()._page(request)
        self._last_page = bytes(page.body)
        return page
