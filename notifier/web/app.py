"""The routes and what each does. Starlette lives in this package."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from notifier import subscribers
from notifier.clock import Clock
from notifier.database import Database
from notifier.errors import NotifierError, TokenError
from notifier.tables import EndedReason
from notifier.tokens import Purpose, TokenKeys
from notifier.web.headers import PageHeaders

LARGEST_BODY = 64 * 1024  # bytes; a one-click POST has 26
BODY_WITHIN = 10.0  # seconds in which a body must have come; what is asked for stands in the link anyway

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pages:
    """What the pages work with."""

    database: Database
    keys: TokenKeys
    clock: Clock
    templates: Path
    organisation: str | None


class _Site:
    """The pages as methods; each answers one route."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._jinja = Environment(
            loader=FileSystemLoader(pages.templates),
            autoescape=select_autoescape(),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.style = (pages.templates / "page" / "style.css").read_text(encoding="utf-8")

    async def unsubscribe(self, request: Request) -> Response:
        """GET: whom it concerns, and one button. POST: it is done, at once, whatever the form says (RFC 8058)."""
        return await self._by_token(request, Purpose.UNSUBSCRIBE, "unsubscribe.html", self._end)

    async def confirm(self, request: Request) -> Response:
        """GET: one button. POST: the pending subscriptions are active."""
        return await self._by_token(request, Purpose.CONFIRM, "confirm.html", self._confirm)

    async def healthz(self, _request: Request) -> Response:
        """The process answers."""
        return PlainTextResponse("ok\n")

    async def readyz(self, _request: Request) -> Response:
        """The database answers, with the schema that this program needs."""
        try:
            ready = (await asyncio.to_thread(self._pages.database.schema)).ready
        except NotifierError:
            ready = False
        return PlainTextResponse("ready\n" if ready else "not ready\n", status_code=200 if ready else 503)

    async def _by_token(
        self,
        request: Request,
        purpose: Purpose,
        template: str,
        act: Callable[[tuple[int, ...]], bool],
    ) -> Response:
        acting = request.method == "POST"
        if acting:
            await _read_away(request)
        try:
            ids = self._pages.keys.read(
                purpose, request.path_params["token"].rstrip("/"), self._pages.clock.now()
            )
        except TokenError:
            return self._page("link.html", status=404)
        # Looked up first: once the act is done, nothing may fail that would say that nothing was changed.
        whom = _masked(await asyncio.to_thread(self._owner, ids))
        done = acting and await asyncio.to_thread(act, ids)
        return self._page(template, acting=acting, done=done, whom=whom)

    def _end(self, ids: tuple[int, ...]) -> bool:
        with self._pages.database.transaction() as session:
            whole = subscribers.with_merged(session, ids)
            ended = subscribers.end(session, whole, EndedReason.UNSUBSCRIBED, self._pages.clock.now())
        log.info("Somebody unsubscribed.", action="unsubscribed", subscription_ids=ids, ended=ended)
        return True

    def _confirm(self, ids: tuple[int, ...]) -> bool:
        with self._pages.database.transaction() as session:
            active = subscribers.confirm(
                session, ids, self._pages.clock.now(), suppression_key=self._pages.keys.suppression_key
            )
        log.info("Somebody confirmed.", action="confirmed", subscription_ids=ids, active=active)
        return active

    def _owner(self, ids: tuple[int, ...]) -> str | None:
        with self._pages.database.reading() as session:
            return subscribers.owner_of(session, ids)

    def _page(self, template: str, status: int = 200, **values: object) -> Response:
        organisation = self._pages.organisation
        text = self._jinja.get_template(f"page/{template}").render(
            organisation=organisation, style=self.style, **values
        )
        return HTMLResponse(text, status_code=status)

    async def unknown(self, _request: Request, fault: Exception) -> Response:
        """A page that is not there, or a method that it does not have."""
        status = fault.status_code if isinstance(fault, HTTPException) else 404
        page = self._page("problem.html", status=status, sentence=_SENTENCES.get(status, _SENTENCES[404]))
        page.headers.update(getattr(fault, "headers", None) or {})  # a 405 says which methods there are
        return page

    async def failed(self, _request: Request, fault: Exception) -> Response:
        """Something of ours broke; the reader is told so in words, and the log has the rest."""
        # Only our own sentences are free of addresses.
        words = str(fault) if isinstance(fault, NotifierError) else type(fault).__name__
        log.error("A page failed.", action="page_failed", fault=words)
        return self._page("problem.html", status=500, sentence=_SENTENCES[500])


_SENTENCES = {
    404: "There is no page at this address.",
    405: "This page cannot be used in that way.",
    413: "What was sent is too large.",
    500: "Something went wrong on our side, and nothing was changed. Please try again in a few minutes.",
}


def make_app(pages: Pages) -> ASGIApp:
    """The pages as an ASGI application."""
    site = _Site(pages)
    both = ["GET", "POST"]  # HEAD comes with GET
    app = Starlette(
        routes=[
            # A path, because a link may come with a slash at its end, or cut before its token.
            Route("/unsubscribe/{token:path}", site.unsubscribe, methods=both),
            Route("/confirm/{token:path}", site.confirm, methods=both),
            Route("/healthz", site.healthz),
            Route("/readyz", site.readyz),
        ],
        exception_handlers={HTTPException: site.unknown, NotifierError: site.failed, 500: site.failed},
    )
    app.router.redirect_slashes = False  # a redirect would break a one-click POST (L4)
    # Around everything, because Starlette answers a failure outside of its own middleware.
    return PageHeaders(app, style=site.style)


async def _read_away(request: Request) -> None:
    """Read the body and forget it: the link alone says what to do. Form parsing could only find ways to fail."""
    size = 0
    with suppress(ClientDisconnect, TimeoutError):
        async with asyncio.timeout(BODY_WITHIN):
            async for chunk in request.stream():
                size += len(chunk)
                if size > LARGEST_BODY:
                    raise HTTPException(413)


def _masked(address: str | None) -> str | None:
    """`jane@example.org` as `j***@e***.org`: enough for its owner, too little for anybody else (L11)."""
    if not address:  # unknown, or erased
        return None
    local, _, domain = address.rpartition("@")
    name, dot, rest = domain.rpartition(".")
    return f"{local[:1]}***@{(name or domain)[:1]}***{dot}{rest if name else ''}"
