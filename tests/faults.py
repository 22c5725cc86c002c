"""How a registry misbehaves, each way as one small function, and a stand-in registry that does when it is told."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from notifier.demo.registry import Answer, RehearsalRegistry

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
        right = answer()
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
    """The stand-in registry, with faults on demand."""

    def __init__(self, records: Iterable[dict[str, Any]], data_timestamp: str) -> None:
        super().__init__(records, data_timestamp)
        self._armed: list[Armed] = []
        self._last_page: bytes | None = None

    def fail_next(self, fault: Fault, *, times: int = 1, when: When = always) -> None:
        """Let a fault strike the next `times` requests that `when` picks. Faults strike in the order they were armed."""
        self._armed.append(Armed(fault, when, times))

    def repeat_page(self) -> None:
        """Serve one page twice: the next request for a later page gets the page that was served before it."""

        async def fault(_request: Request, answer: Answer) -> Response:
            return (
                answer()
                if self._last_page is None
                else Response(self._last_page, media_type="application/json")
            )

        self.fail_next(fault, when=of_later_page)

    def move_data_during_walk(self, data_timestamp: str, records: Iterable[dict[str, Any]] = ()) -> None:
        """Publish between two pages of the next walk: the token that asks for the later one is dead by then."""

        async def fault(_request: Request, answer: Answer) -> Response:
            self.publish(records, data_timestamp)
            return answer()

        self.fail_next(fault, when=of_later_page)

    def heal(self) -> None:
        """Forget every armed fault."""
        self._armed.clear()

    @property
    def faults_left(self) -> int:
        """How many requests are still going to be struck: 0 when a test's faults were all met."""
        return sum(armed.times for armed in self._armed)

    async def answered(self, request: Request, answer: Answer) -> Response:
        armed = next((armed for armed in self._armed if armed.when(request)), None)
        if armed is None:
            return answer()
        armed.times -= 1
        if armed.times < 1:
            self._armed.remove(armed)
        return await armed.fault(request, answer)

    def _page(self, request: Request) -> Response:
        page = super()._page(request)
        self._last_page = bytes(page.body)
        return page
