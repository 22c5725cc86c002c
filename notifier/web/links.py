"""What the links in mails lead to: confirm and unsubscribe. GET and HEAD change nothing; a press of a button acts.

A link that is not ours gets one page, whatever is wrong with it. None shows what else its owner follows (L12).
"""

import asyncio
from collections.abc import Callable

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from notifier import subscribers
from notifier.errors import TokenError
from notifier.tables import EndedReason
from notifier.tokens import Purpose
from notifier.web.bodies import read_away
from notifier.web.site import Site, masked

log = structlog.get_logger()


def routes(site: Site) -> list[Route]:
    links = _Links(site)
    both = ["GET", "POST"]  # HEAD comes with GET
    return [
        # A path, because a link may come with a slash at its end, or cut before its token.
        Route("/unsubscribe/{token:path}", links.unsubscribe, methods=both),
        Route("/confirm/{token:path}", links.confirm, methods=both),
    ]


def token_of(request: Request) -> str:
    return str(request.path_params["token"]).rstrip("/")


class _Links:
    def __init__(self, site: Site) -> None:
        self._site, self._pages = site, site.pages

    async def unsubscribe(self, request: Request) -> Response:
        """GET: whom it concerns, and one button. POST: it is done, at once, whatever the form says (RFC 8058)."""
        return await self._by_token(request, Purpose.UNSUBSCRIBE, "unsubscribe.html", self._end)

    async def confirm(self, request: Request) -> Response:
        """GET: one button. POST: the pending subscriptions are active."""
        return await self._by_token(request, Purpose.CONFIRM, "confirm.html", self._confirm)

    async def _by_token(
        self,
        request: Request,
        purpose: Purpose,
        template: str,
        act: Callable[[tuple[int, ...]], bool],
    ) -> Response:
        acting = request.method == "POST"
        if acting:
            await read_away(request)
        try:
            ids = self._pages.keys.read(purpose, token_of(request), self._site.now)
        except TokenError:
            return self._site.page("link.html", status=404)
        # Looked up first: once the act is done, nothing may fail that would say that nothing was changed.
        whom = masked(await asyncio.to_thread(self._owner, ids))
        done = acting and await asyncio.to_thread(act, ids)
        return self._site.page(template, acting=acting, done=done, whom=whom)

    def _end(self, ids: tuple[int, ...]) -> bool:
        with self._pages.database.transaction() as session:
            whole = subscribers.with_merged(session, ids)
            ended = subscribers.end(session, whole, EndedReason.UNSUBSCRIBED, self._site.now)
        log.info("Somebody unsubscribed.", action="unsubscribed", subscription_ids=ids, ended=ended)
        return True

    def _confirm(self, ids: tuple[int, ...]) -> bool:
        with self._pages.database.transaction() as session:
            active = subscribers.confirm(
                session, ids, self._site.now, suppression_key=self._pages.keys.suppression_key
            )
        log.info("Somebody confirmed.", action="confirmed", subscription_ids=ids, active=active)
        return active

    def _owner(self, ids: tuple[int, ...]) -> str | None:
        with self._pages.database.reading() as session:
            return subscribers.owner_of(session, ids)
