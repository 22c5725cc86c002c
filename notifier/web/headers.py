"""The response headers of every page (L13): nothing is stored, indexed, framed, or told to another site."""

import base64
import hashlib

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'"
        ),
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
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
