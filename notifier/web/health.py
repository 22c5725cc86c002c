"""Whether we are well, and how much there is of what: for those who run this, not for readers."""

import asyncio
from functools import cache
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from notifier.errors import NotifierError
from notifier.web.incoming import address_of
from notifier.web.site import Site

if TYPE_CHECKING:
    from notifier.web.metrics import Scrape


def routes(site: Site) -> list[Route]:
    @cache
    def scrape() -> "Scrape":
        """Made when somebody asks: many installations are never asked for figures."""
        from notifier.web.metrics import Scrape

        return Scrape(site.pages, site.visits)

    async def healthz(_request: Request) -> Response:
        """The process answers."""
        return PlainTextResponse("ok\n")

    async def readyz(_request: Request) -> Response:
        """The database answers, with the schema that this program needs, and the daemon's jobs go on and do not fail."""
        why = await _why_not(site)
        return PlainTextResponse("ready\n") if why is None else PlainTextResponse(f"{why}\n", status_code=503)

    async def metrics(request: Request) -> Response:
        """The figures, for the networks that may have them; for all others there is no such page."""
        trusted = site.pages.trusted_proxies
        peer = address_of(request, trusted)
        if peer is None or not any(peer in network for network in site.pages.metrics_from):
            raise HTTPException(404)
        if "x-forwarded-for" in request.headers and peer == address_of(request, ()):
            # It was handed on by a proxy that nobody told us of: it may be for anybody.
            raise HTTPException(404)
        text, form = await scrape().text(request.headers.get("accept", ""))
        return Response(text, headers={"Content-Type": form})

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


async def _why_not(site: Site) -> str | None:
    """Why we are not ready, in words that name nothing of ours but a job; None: we are."""
    try:
        ready = (await asyncio.to_thread(site.pages.database.schema)).ready
    except NotifierError:
        ready = False
    if not ready:
        return "not ready"
    if (pulse := site.pages.pulse) is None:
        return None
    wrong = [f"{job} late" for job in pulse.late()] + [f"{job} fails" for job in pulse.failing()]
    return f"not ready: {', '.join(wrong)}" if wrong else None
