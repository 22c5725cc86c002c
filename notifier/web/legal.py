"""Our own terms of use and privacy policy; where the operator has others, their addresses lead there."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from notifier.web import caching
from notifier.web.site import Site


def routes(site: Site) -> list[Route]:
    return [
        Route("/terms", _page(site, "terms.html", site.pages.terms_url)),
        Route("/privacy", _page(site, "privacy.html", site.pages.privacy_url)),
    ]


def _page(site: Site, template: str, elsewhere: str | None) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        if elsewhere:
            return RedirectResponse(elsewhere, 302, {"Cache-Control": caching.PUBLIC})
        return caching.answer(site, request, site.text(template, public=True))

    return answer
