"""All routes of the pages, and what stands around them."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from notifier.errors import NotifierError
from notifier.web import (
    browsing,
    confirming,
    contacts,
    feeds,
    health,
    leaving,
    legal,
    preferences,
    signing_up,
    studies,
)
from notifier.web.headers import PageHeaders
from notifier.web.site import Pages, Site

#: Each module answers a part of the paths.
PARTS = (
    browsing,
    studies,
    feeds,
    legal,
    signing_up,
    confirming,
    leaving,
    preferences,
    contacts,
    health,
)


def make_app(pages: Pages) -> ASGIApp:
    """The pages as an ASGI application."""
    site = Site(pages)
    app = Starlette(
        routes=[route for part in PARTS for route in part.routes(site)],
        exception_handlers={HTTPException: site.unknown, NotifierError: site.failed, 500: site.failed},
    )
    app.router.redirect_slashes = False  # a redirect would break a one-click POST (L4)
    # Around everything, because Starlette answers a failure outside of its own middleware.
    return PageHeaders(app, style=site.style)
