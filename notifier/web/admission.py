"""Whether a form that makes us send a mail is taken: from whose page it comes, how long it was looked at, how many there were.

No cookie, no puzzle. Of our own pages browsers send `Origin: null`, because the pages tell nobody where their readers
come from; who posts from where is then in `Sec-Fetch-Site`, which no page can forge.
"""

import asyncio
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from notifier.domain.signed_links import Purpose
from notifier.errors import TokenError
from notifier.web.bodies import said
from notifier.web.site import Site
from notifier.web.visitors import HOUR, may_ask

FROM_ELSEWHERE = (
    "This form was sent by a page of another site that we do not know. Please use the form on our own page."
)
TOO_FAST = "That was very fast, so we wondered whether a person sent it. Please press the button again."
TOO_OLD = "This form was open for a long time. Nothing was lost: please press the button again."
TOO_MANY = "There were too many requests from your network. Nothing was sent. Please try again in an hour."
RETRY_AFTER = {"Retry-After": str(int(HOUR.total_seconds()))}


def is_welcome(site: Site, request: Request) -> bool:
    """Whether the form comes from our own pages, from a site that we allow, or from no page at all."""
    origin, whence = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if whence == "same-origin":
        return True
    if origin is None or origin == "null":
        return whence in {None, "none"}
    return origin.lower() in {_own(site), *site.pages.form_origins}


def _own(site: Site) -> str:
    parts = urlsplit(site.pages.public_url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def preflight(site: Site, request: Request) -> Response:
    """The answer to a browser that asks whether another site may post here."""
    if "origin" not in request.headers or not is_welcome(site, request):
        return site.problem(403, FROM_ELSEWHERE)
    allowed = {
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "Content-Type",
        "Access-Control-Max-Age": "86400",
    }
    return shared(site, request, Response(status_code=204, headers=allowed))


def shared(site: Site, request: Request, response: Response) -> Response:
    """The answer, readable by the page of an allowed site that asked for it."""
    response.headers["Vary"] = "Origin"
    origin = request.headers.get("origin", "null")
    if origin != "null" and origin.lower() in site.pages.form_origins:
        response.headers["Access-Control-Allow-Origin"] = origin
    return response


def is_of_a_program(form: FormData) -> bool:
    """Whether the field that no person sees was filled in."""
    return bool(said(form, "website"))


def hurry(site: Site, form: FormData) -> str | None:
    """What is wrong with how long the form was open; a form of another site may come without the token that says it."""
    token = said(form, "form", 20_000)
    if not token:
        return None
    try:
        shown = site.pages.keys.open(Purpose.FORM, token)
    except TokenError:
        return TOO_OLD
    if shown.is_over(site.now):
        return TOO_OLD
    return TOO_FAST if site.now - shown.issued < site.pages.shortest_look else None


async def has_room(site: Site, request: Request, form: FormData) -> bool:
    """Count the form, for its network and for all. One that does not say when it was shown counts twice."""
    once = await may_ask(site, request)
    return once and (bool(said(form, "form")) or await may_ask(site, request))


def form_token(site: Site) -> str:
    """Says that a form is shown now."""
    return site.pages.keys.sign(Purpose.FORM, (), site.now)


# --- answering in the same time ---------------------------------------------------------------------------------


def started() -> float:
    """When the work on a form began, by a clock that only knows how much time goes by."""
    return asyncio.get_running_loop().time()


async def steadily(site: Site, began: float) -> None:
    """Wait for the next whole beat since then: how long the work took would say what is known here."""
    beat = site.pages.steady
    await asyncio.sleep((began - started()) % beat if beat else 0)
