"""What programs ask for at addresses that are the same everywhere: whether we are well, how much there is of what, robots.txt,
the sitemap, the icon, security.txt.

Names only what every visitor may find: a study that is stored because somebody follows it stands in no list.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from notifier.errors import NotifierError
from notifier.mail.render import overlay
from notifier.storage.studies import study_page
from notifier.web.incoming import address_of
from notifier.web.site import Pages, Site

if TYPE_CHECKING:
    from notifier.web.metrics import Scrape

MOST_PAGES = 50_000  # of one sitemap (sitemaps.org)
#: RFC 9116: an Expires of less than a year from now. It begins a month, so that the file is the same for a month.
GOOD_FOR = timedelta(days=240)


async def _readyz(pages: Pages, _request: Request) -> Response:
    """The database answers, with the schema that this program needs, and the daemon's jobs go on and do not fail."""
    try:
        ready = (await asyncio.to_thread(pages.database.schema)).ready
    except NotifierError:
        ready = False
    if not ready:
        return PlainTextResponse("not ready\n", status_code=503)
    pulse = pages.pulse
    wrong = [f"{job} late" for job in pulse.late()] if pulse else []
    wrong += [f"{job} fails" for job in pulse.failing()] if pulse else []
    if wrong:  # names nothing of ours but a job
        return PlainTextResponse(f"not ready: {', '.join(wrong)}\n", status_code=503)
    return PlainTextResponse("ready\n")


async def _metrics(pages: Pages, scrape: "Callable[[], Scrape]", request: Request) -> Response:
    """The figures, for the networks that may have them; for all others there is no such page."""
    peer = address_of(request, pages.settings.trusted_proxies)
    if peer is None or not any(peer in network for network in pages.settings.metrics_from):
        raise HTTPException(404)
    if "x-forwarded-for" in request.headers and peer == address_of(request, ()):
        # It was handed on by a proxy that nobody told us of: it may be for anybody.
        raise HTTPException(404)
    text, form = await scrape().text(request.headers.get("accept", ""))
    return Response(text, headers={"Content-Type": form})


def routes(site: Site) -> list[Route]:
    pages = site.pages

    @cache
    def scrape() -> "Scrape":
        """Made when somebody asks: many installations are never asked for figures."""
        from notifier.web.metrics import Scrape

        return Scrape(pages, site.visits)

    async def healthz(_request: Request) -> Response:
        """The process answers."""
        return PlainTextResponse("ok\n")

    async def robots(request: Request) -> Response:
        """Nothing is barred (RFC 9309): what is not to be found says so itself, and a robot that is barred cannot read that."""
        text = f"User-agent: *\nDisallow:\n\nSitemap: {pages.settings.public_url}/sitemap.xml\n"
        return site.kept(request, text, lambda: text, media_type="text/plain")

    async def sitemap(request: Request) -> Response:
        """The pages that say the same to everybody, the studies posted last first."""
        return await site.by_turns(listed, request)

    def listed(request: Request) -> Response:
        with pages.database.reading() as session:
            found = study_page.newest_ids(session, MOST_PAGES - 1)
        return site.kept(
            request,
            ("sitemap", found),
            lambda: site.text("sitemap.xml", studies=found),
            media_type="application/xml",
        )

    async def icon(_request: Request) -> Response:
        return FileResponse(
            overlay.find(pages.face.folders(pages.templates), "page/favicon.ico"),
            media_type="image/x-icon",
            headers={"Cache-Control": "public, max-age=86400"},
        )

    async def security(request: Request) -> Response:
        """Whom to tell of a weakness; not there where the organisation named no address that people read."""
        if not pages.contact:
            raise HTTPException(404)
        text = site.text("security.txt", expires=f"{site.now.astimezone(UTC) + GOOD_FOR:%Y-%m}-01T00:00:00Z")
        return site.kept(request, text, lambda: text, media_type="text/plain")

    return [
        Route("/healthz", healthz),
        Route("/readyz", partial(_readyz, pages)),
        Route("/metrics", partial(_metrics, pages, scrape)),
        Route("/robots.txt", robots),
        Route("/sitemap.xml", sitemap),
        Route("/favicon.ico", icon),
        Route("/.well-known/security.txt", security),
    ]
