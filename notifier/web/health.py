"""Whether we are well: for those who run this, not for readers."""

import asyncio

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from notifier.errors import NotifierError
from notifier.web.site import Site


def routes(site: Site) -> list[Route]:
    async def healthz(_request: Request) -> Response:
        """The process answers."""
        return PlainTextResponse("ok\n")

    async def readyz(_request: Request) -> Response:
        """The database answers, with the schema that this program needs."""
        try:
            ready = (await asyncio.to_thread(site.pages.database.schema)).ready
        except NotifierError:
            ready = False
        return PlainTextResponse("ready\n" if ready else "not ready\n", status_code=200 if ready else 503)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
