"""All routes of the pages, and what stands around them: the paths as they come, and the headers of every answer."""

import base64
import hashlib

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from notifier.domain.signed_links import Purpose
from notifier.errors import NotifierError
from notifier.web import (
    browsing,
    contacts,
    feeds,
    fixed_addresses,
    health,
    links,
    preferences,
    signing_up,
    studies,
)
from notifier.web.site import Pages, Site

#: Each module answers a part of the paths.
PARTS = (
    browsing,
    studies,
    feeds,
    signing_up,
    links,
    preferences,
    contacts,
    health,
    fixed_addresses,
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
    return PageHeaders(Paths(app, pages.base), style=site.style)


_LINKS = frozenset({*Purpose} - {Purpose.FORM})
_AROUND = " \t\r\n\u00a0*"  # what mail programs and people leave around a part of an address


class Paths:
    """Reads a path as it was meant, and leads to the place below which the pages are.

    Mail programs double slashes, take a star or a blank that stood beside a link into it, and write it in capitals;
    a proxy may hand on the path with the base before it, or without. A token is left as it is.
    """

    def __init__(self, app: ASGIApp, base: str) -> None:
        self._app, self._base = app, base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_below(message: Message) -> None:
            if self._base and message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if (place := headers.get("location", "")).startswith("/"):
                    headers["location"] = self._base + place
            await send(message)

        await self._app({**scope, "path": self._meant(scope["path"])}, receive, send_below)

    def _meant(self, path: str) -> str:
        written = path.split("/")
        parts = [part for part in written if part.strip(_AROUND)]
        base = self._base.lower().strip("/").split("/") if self._base else []
        if [_plain(part) for part in parts[: len(base)]] == base:
            parts = parts[len(base) :]
        if not parts:
            return "/"
        of_what, *rest = _plain(parts[0]), *parts[1:]
        if of_what in _LINKS:
            rest = [part.strip(_AROUND) for part in rest]
        elif of_what == "feeds":
            rest[:1] = map(_plain, rest[:1])
        # A slash at the end stays: a link that was cut before its token is still one of ours.
        return "/".join(["", of_what, *rest, *([""] if not written[-1].strip(_AROUND) else [])])


def _plain(part: str) -> str:
    return part.strip(_AROUND).lower()


#: What is not said of a page that says the same to everybody.
OF_PRIVATE_PAGES = frozenset({"Cache-Control", "X-Robots-Tag"})


def headers(style: str) -> dict[str, str]:
    """The headers; `style` is the one stylesheet that a page may carry, allowed by its hash."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": (
            f"default-src 'none'; img-src 'self'; style-src 'sha256-{digest}'; form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'"
        ),
        "Strict-Transport-Security": "max-age=31536000",
    }


class PageHeaders:
    """Adds the headers to every answer, errors included; what a page may keep and who may find it, it says itself."""

    def __init__(self, app: ASGIApp, style: str) -> None:
        self._app, self._headers = app, headers(style)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                public = given.get("cache-control", "").startswith("public")
                for name, value in self._headers.items():
                    if not (public and name in OF_PRIVATE_PAGES):
                        given[name] = value
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
