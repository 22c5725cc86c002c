"""Who asks, as far as limits need to know: a network, and a keyed hash of it that is forgotten after days (P6)."""

import asyncio
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.requests import Request

from notifier.settings import Network
from notifier.storage import rate_limits
from notifier.web.site import Site

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
    return _network(address_in(text))


def _network(address: IPv4Address | IPv6Address | None) -> str:
    if address is None:
        return "unknown"
    return str(ip_network((address, _RANGE[address.version]), strict=False))


def who(site: Site, request: Request) -> str:
    """What stands for a visitor's network in a tally."""
    network = _network(address_of(request, site.pages.trusted_proxies))
    return hmac.new(site.pages.keys.visitor_key, network.encode(), hashlib.sha256).hexdigest()


async def may_ask(site: Site, request: Request, name: str = "form") -> bool:
    """Count a request that makes us send a mail; False where its network, or everybody together, sent too many."""
    return await asyncio.to_thread(_counted, site, name, who(site, request))


def _counted(site: Site, name: str, network: str) -> bool:
    pages, now = site.pages, site.now
    with pages.database.transaction() as session:
        of_network = rate_limits.take(
            session, name, network, most=pages.forms_per_network, within=HOUR, now=now
        )
        # A network that is over its own limit must not use up everybody's.
        return of_network and rate_limits.take(
            session, name, EVERYBODY, most=pages.forms_an_hour, within=HOUR, now=now
        )


class Views:
    """How often each visitor looked lately, in this process alone: looking at a page writes nothing."""

    def __init__(self, most: int, within: timedelta) -> None:
        self._most, self._within = most, within
        self._looks: dict[str, list[datetime]] = {}

    def may_look(self, visitor: str, now: datetime) -> bool:
        """Count a look; False where that makes more than there may be."""
        since = now - self._within
        if len(self._looks) > MOST_VISITORS:
            self._looks = {each: looks for each, looks in self._looks.items() if looks[-1] > since}
        looks = [at for at in self._looks.get(visitor, ()) if at > since]
        if len(looks) >= self._most:
            return False
        self._looks[visitor] = [*looks, now]
        return True


async def may_fetch(site: Site) -> bool:
    """Count a question to the registry that a visitor causes; False where all of them asked too much of it lately."""
    return await asyncio.to_thread(_fetch_counted, site)


def _fetch_counted(site: Site) -> bool:
    pages = site.pages
    with pages.database.transaction() as session:
        return rate_limits.take(
            session, "fetch", EVERYBODY, most=pages.page_fetches_an_hour, within=HOUR, now=site.now
        )
