"""Who asks, as far as limits need to know: a network, and a keyed hash of it that is forgotten after days (P6)."""

import asyncio
import hashlib
import hmac
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


def address_of(request: Request, trusted: Sequence[Network]) -> IPv4Address | IPv6Address | None:
    """The visitor's address. What a proxy says is believed only of one that we trust, and only its last unknown hop."""
    peer = _address(request.client.host) if request.client else None
    # Some proxies add a line of their own below the one that a visitor sent.
    hops = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    while peer is not None and hops and any(peer in network for network in trusted):
        before = _address(hops.pop().strip())
        if before is None:
            break
        peer = before
    return peer


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def who(site: Site, request: Request) -> str:
    """What stands for a visitor's network in a tally."""
    address = address_of(request, site.pages.trusted_proxies)
    network = "unknown" if address is None else ip_network((address, _RANGE[address.version]), strict=False)
    return hmac.new(site.pages.keys.visitor_key, str(network).encode(), hashlib.sha256).hexdigest()


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
