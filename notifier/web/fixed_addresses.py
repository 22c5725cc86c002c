"""What programs ask for at addresses that are the same everywhere: robots.txt, the sitemap, the icon, security.txt.

Names only what every visitor may find: a study that is stored because somebody follows it stands in no list.
"""

from datetime import UTC, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from notifier.mail.render import overlay
from notifier.storage.studies import search
from notifier.web.site import Site

MOST_PAGES = 50_000  # of one sitemap (sitemaps.org)
#: RFC 9116: an Expires of less than a year from now. It begins a month, so that the file is the same for a month.
GOOD_FOR = timedelta(days=240)


def routes(site: Site) -> list[Route]:
    pages = site.pages

    async def robots(request: Request) -> Response:
        """Nothing is barred (RFC 9309): what is not to be found says so itself, and a robot that is barred cannot read that."""
        text = f"User-agent: *\nDisallow:\n\nSitemap: {pages.public_url}/sitemap.xml\n"
        return site.kept(request, text, lambda: text, media_type="text/plain")

    async def sitemap(request: Request) -> Response:
        """The pages that say the same to everybody, the studies posted last first."""
        return await site.by_turns(listed, request)

    def listed(request: Request) -> Response:
        with pages.database.reading() as session:
            found = search.newest_ids(session, MOST_PAGES - 1)
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
        Route("/robots.txt", robots),
        Route("/sitemap.xml", sitemap),
        Route("/favicon.ico", icon),
        Route("/.well-known/security.txt", security),
    ]
