"""What comes in, before a page answers it: who asks, what was sent, and whether a form that makes us send a mail is taken.

A body is read with a limit and in time. A visitor is a network, and a keyed hash of it that is forgotten after days (P6).
No cookie, no puzzle. Of our own pages browsers send `Origin: null`, because the pages tell nobody where their readers
come from; who posts from where is then in `Sec-Fetch-Site`, which no page can forge.
"""

import asyncio
import hashlib
import hmac
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from notifier.domain.signed_links import Purpose
from notifier.domain.wording.catalogue import n_
from notifier.errors import TokenError
from notifier.settings import Network
from notifier.storage.engine import Session, sharing
from notifier.web.site import Site
from notifier.web.speaking import say

LARGEST_BODY = 64 * 1024  # bytes; a one-click POST has 26
MOST_FIELDS = 200
BODY_WITHIN = 10.0  # seconds in which a body must have come


async def read_away(request: Request) -> None:
    """Read the body and forget it: the link alone says what to do. Form parsing could only find ways to fail."""
    with suppress(ClientDisconnect, TimeoutError):
        async with asyncio.timeout(BODY_WITHIN):
            async for _ in _limited(request):
                pass


async def read_form(request: Request) -> FormData:
    """The fields of a form, in either of the two ways in which browsers send them; files are refused.

    Raises HTTPException: 408 for a body that does not come in time, 413 for one that is too large, 400 for none.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        async with asyncio.timeout(BODY_WITHIN):
            if kind == "multipart/form-data":
                parser = MultiPartParser(
                    request.headers,
                    _limited(request),
                    max_files=0,
                    max_fields=MOST_FIELDS,
                    max_part_size=LARGEST_BODY,
                )
                return await parser.parse()
            text = b"".join([chunk async for chunk in _limited(request)]).decode("utf-8")
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
            return FormData([*pairs])
    except TimeoutError:
        raise HTTPException(408) from None
    except (ClientDisconnect, MultiPartException, UnicodeDecodeError, ValueError):
        raise HTTPException(400) from None


async def read_body(request: Request, most: int) -> bytes:
    """The body as it is. Raises HTTPException as `read_form` does."""
    try:
        async with asyncio.timeout(BODY_WITHIN):
            return b"".join([chunk async for chunk in _limited(request, most)])
    except TimeoutError:
        raise HTTPException(408) from None
    except ClientDisconnect:
        raise HTTPException(400) from None


async def _limited(request: Request, most: int = LARGEST_BODY) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise HTTPException(413)
        yield chunk


def said(form: Mapping[str, object], name: str, longest: int = 400) -> str:
    """One field as text on one line, without control characters; empty where it was not sent.

    Of a text that is too long, a sign more than `longest` is left, so that it can be seen to be too long.
    """
    value = form.get(name)
    return on_one_line(value if isinstance(value, str) else "", longest)


def on_one_line(text: str, longest: int) -> str:
    """The text with single blanks for all that cannot be seen; what is longer than `longest` is cut after it."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[: longest + 1]


def whole_number(text: str, least: int, most: int) -> int | None:
    """The number that figures say; None for anything else, and for one that is not within these bounds."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None
    return number if number is not None and least <= number <= most else None


HOUR = timedelta(hours=1)
EVERYBODY = ""
MOST_VISITORS = 10_000  # whose looks are remembered at once
_RANGE = {4: 24, 6: 48}  # bits of an address that name its network
_IN_BRACKETS = re.compile(r"\[([^\]]*)\](?::\d{1,5})?")
_WITH_PORT = re.compile(r"([\d.]+):\d{1,5}", re.ASCII)


def address_of(request: Request, trusted: Sequence[Network]) -> IPv4Address | IPv6Address | None:
    """The visitor's address. What a proxy says is believed only of one that we trust, and only its last unknown hop."""
    peer = address_in(request.client.host) if request.client else None
    # Some proxies add a line of their own below the one that a visitor sent, and some leave an item empty.
    said = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    hops = [hop for hop in (each.strip() for each in said) if hop]
    while peer is not None and hops and any(peer in network for network in trusted):
        before = address_in(hops.pop())
        if before is None:
            break
        peer = before
    return peer


def address_in(text: str) -> IPv4Address | IPv6Address | None:
    """The address as proxies write it: bare, in quotes, with a port, or in brackets with or without one."""
    bare = text.strip().strip('"').strip()
    if found := _IN_BRACKETS.fullmatch(bare) or _WITH_PORT.fullmatch(bare):
        bare = found[1]
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def network_of(text: str) -> str:
    """The network of an address, as it is counted; what is no address is one network."""
    address = address_in(text)
    if address is None:
        return "unknown"
    return str(ip_network((address, _RANGE[address.version]), strict=False))


def who(site: Site, request: Request) -> str:
    """What stands for a visitor's network in a tally."""
    network = network_of(str(address_of(request, site.pages.settings.trusted_proxies)))
    return hmac.new(site.pages.keys.visitor_key, network.encode(), hashlib.sha256).hexdigest()


async def may_ask(site: Site, request: Request) -> bool:
    """Count a request that makes us send a mail; False where its network, or everybody together, sent too many."""
    settings, now, network = site.pages.settings, site.now, who(site, request)

    def count(session: Session) -> bool:
        of_network = sharing.take(
            session, "form", network, most=settings.forms_per_network, within=HOUR, now=now
        )
        # A network that is over its own limit must not use up everybody's.
        return of_network and sharing.take(
            session, "form", EVERYBODY, most=settings.forms_an_hour, within=HOUR, now=now
        )

    return await site.pages.database.write(count)


class Views:
    """How often each visitor looked within the hour, in this process alone: looking at a page writes nothing."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._looks: dict[str, list[datetime]] = {}

    def may_look(self, visitor: str, now: datetime) -> bool:
        """Count a look; False where that makes more than there may be."""
        since = now - HOUR
        if len(self._looks) > MOST_VISITORS:
            self._looks = {each: looks for each, looks in self._looks.items() if looks[-1] > since}
        looks = [at for at in self._looks.get(visitor, ()) if at > since]
        if len(looks) >= self._most:
            return False
        self._looks[visitor] = [*looks, now]
        return True


async def may_fetch(site: Site) -> bool:
    """Count a question to the registry that a visitor causes; False where all of them asked too much of it lately."""
    most, now = site.pages.settings.page_fetches_an_hour, site.now
    return await site.pages.database.write(
        lambda session: sharing.take(session, "fetch", EVERYBODY, most=most, within=HOUR, now=now)
    )


FROM_ELSEWHERE = n_(
    "This form was sent by a page of another site that we do not know. Please use the form on our own page."
)
TOO_FAST = n_("That was very fast, so we wondered whether a person sent it. Please press the button again.")
TOO_OLD = n_("This form was open for a long time. Nothing was lost: please press the button again.")
TOO_MANY = n_(
    "There were too many requests from your network. Nothing was sent. Please try again in an hour."
)


def is_welcome(site: Site, request: Request) -> bool:
    """Whether the form comes from our own pages, from a site that we allow, or from no page at all."""
    origin, whence = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if whence == "same-origin":
        return True
    if origin is None or origin == "null":
        return whence in {None, "none"}
    parts = urlsplit(site.pages.settings.public_url)
    return origin.lower() in {f"{parts.scheme}://{parts.netloc}".lower(), *site.pages.settings.form_origins}


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
    if origin != "null" and origin.lower() in site.pages.settings.form_origins:
        response.headers["Access-Control-Allow-Origin"] = origin
    return response


def hurry(site: Site, form: FormData) -> str | None:
    """What is wrong with how long the form was open; a form of another site may come without the token that says it."""
    token = said(form, "form", 20_000)
    if not token:
        return None
    try:
        shown = site.pages.keys.open(Purpose.FORM, token)
    except TokenError:
        return say(TOO_OLD)
    if shown.is_over(site.now):
        return say(TOO_OLD)
    return say(TOO_FAST) if site.now - shown.issued < site.pages.shortest_look else None


async def has_room(site: Site, request: Request, form: FormData) -> bool:
    """Count the form, for its network and for all. One that does not say when it was shown counts twice."""
    once = await may_ask(site, request)
    return once and (bool(said(form, "form")) or await may_ask(site, request))


def form_token(site: Site) -> str:
    """Says that a form is shown now."""
    return site.pages.keys.sign(Purpose.FORM, (), site.now)


async def taken(
    site: Site, request: Request, act: Callable[[FormData], Awaitable[Response | None]]
) -> FormData | Response:
    """A form with an address, after `act` did what it asks for; or the answer that says why it is not taken.

    The field that no person sees is filled in by programs, for which nothing is done, and who are answered alike.
    """
    time, beat = asyncio.get_running_loop().time, site.pages.steady
    began = time()
    if not is_welcome(site, request):
        return site.refused(request, 403, FROM_ELSEWHERE)
    try:
        form = await read_form(request)
    except HTTPException as fault:
        return site.refused(request, fault.status_code)
    if not said(form, "website") and (refusal := await act(form)) is not None:
        return refusal
    # At the next whole beat: how long the work took would say what is known here.
    await asyncio.sleep((began - time()) % beat if beat else 0)
    return form
