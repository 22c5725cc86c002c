"""The machine's own resolver, asked shortly. Owns dnspython."""

from collections.abc import Sequence
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.resolver
import dns.reversename

from notifier.doctor.names import NoResolverError

PATIENCE = 3.0  # seconds for one question
_NOTHING = (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer)


class SystemResolver:
    """Asks the resolvers of this machine, or those that are named."""

    def __init__(self, servers: Sequence[str] = (), port: int = 53) -> None:
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=not servers)
        except (dns.exception.DNSException, OSError):
            self._resolver = dns.asyncresolver.Resolver(configure=False)
        self._resolver.lifetime = PATIENCE
        if servers:
            self._resolver.nameservers, self._resolver.port = list(servers), port

    async def txt(self, name: str) -> list[str]:
        """The TXT records of a name, each with its strings joined."""
        return [b"".join(each.strings).decode("utf-8", "replace") for each in await self._ask(name, "TXT")]

    async def mx(self, name: str) -> list[str]:
        """The hosts that take a domain's mail, the preferred first; a lone dot says that none does."""
        found = sorted(await self._ask(name, "MX"), key=lambda each: each.preference)
        return [str(each.exchange).rstrip(".") or "." for each in found]

    async def names_of_host(self, host: str) -> list[str]:
        """What the addresses of a host are called, or the address itself where that was given."""
        names = []
        for each in await self._ask(host, "A"):
            reverse = dns.reversename.from_address(each.address)
            names += [str(found.target).rstrip(".") for found in await self._ask(reverse, "PTR")]
        return names

    async def _ask(self, name: Any, kind: str) -> list[Any]:
        try:
            return list(await self._resolver.resolve(name, kind, search=False))
        except _NOTHING:
            return []
        except (dns.exception.DNSException, OSError) as fault:
            raise NoResolverError(type(fault).__name__) from fault
