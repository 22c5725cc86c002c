"""How a registry misbehaves, each way as one small function. `RehearsalRegistry.fail_next` arms them."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

Answer = Callable[[], Response]
"""Gives what the registry would have answered."""

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
