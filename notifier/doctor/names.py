"""What the DNS must say of the domains that our mail is from: MX, SPF, DKIM, DMARC and the relay's name. Changes nothing.

The judgements are pure; `Resolver` is who is asked. Without one that answers nothing is judged at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from notifier.doctor.findings import Finding, failed, ok, unchecked


class NoResolverError(Exception):
    """Nobody answers questions about names here."""


class Resolver(Protocol):
    """Asks the DNS; an empty answer is a name that has no such record. Raises NoResolverError."""

    async def txt(self, name: str) -> Sequence[str]: ...
    async def mx(self, name: str) -> Sequence[str]: ...
    async def names_of_host(self, host: str) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Domains:
    """What our mail says of itself."""

    sender: str  # of the From address
    envelope: str  # of the envelope sender: what SPF is about
    signer: str  # of the DKIM signatures
    keys: tuple[tuple[str, str], ...] = ()  # the name of each key's record, and the value that it must have
    relay: str | None = None  # the mail server's host; None where it is on this machine


async def look_up(resolver: Resolver, domains: Domains) -> list[Finding]:
    """Every judgement on the DNS; one that says it was not checked where no resolver answers."""
    try:
        found = [
            mail_comes_back(domains.sender, await resolver.mx(domains.sender)),
            sender_is_allowed(domains.envelope, await resolver.txt(domains.envelope)),
            *[key_is_published(name, value, await resolver.txt(name)) for name, value in domains.keys],
            policy_is_published(domains.sender, await _policies(resolver, domains.sender)),
        ]
        if domains.envelope != domains.sender:
            found.insert(1, mail_comes_back(domains.envelope, await resolver.mx(domains.envelope)))
        if domains.relay is not None:
            found.append(relay_has_a_name(domains.relay, await resolver.names_of_host(domains.relay)))
    except NoResolverError as fault:
        return [unchecked("DNS", f"No resolver answers here ({fault}), so the records were not looked at")]
    if not domains.keys:
        found.append(
            unchecked("DKIM", "We sign nothing ourselves (NOTIFIER_DKIM_KEYS): the mail server must")
        )
    return found


async def _policies(resolver: Resolver, domain: str) -> Sequence[str]:
    """The DMARC records of the domain, or of the nearest one above it that has any (RFC 7489, section 6.6.3)."""
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        found = _starting(await resolver.txt(f"_dmarc.{'.'.join(labels[start:])}"), "v=dmarc1")
        if found:
            return found
    return ()


def mail_comes_back(domain: str, hosts: Sequence[str]) -> Finding:
    """Whether answers and bounces to this domain arrive anywhere."""
    if not hosts or hosts == ["."]:
        return failed(
            "MX", f"{domain} takes no mail, so answers and bounces are lost: publish an MX record for it"
        )
    return ok("MX", f"{domain} takes mail at {', '.join(hosts)}")


def sender_is_allowed(domain: str, texts: Sequence[str]) -> Finding:
    """Whether SPF says anything, once (RFC 7208, section 3.2)."""
    found = _starting(texts, "v=spf1")
    if not found:
        return failed(
            "SPF", f"{domain} says of no server that it may send for it: publish a TXT record v=spf1 …"
        )
    if len(found) > 1:
        return failed("SPF", f"{domain} has {len(found)} SPF records, which counts as none: leave one")
    return ok("SPF", f"{domain} says {found[0]}")


def key_is_published(name: str, value: str, texts: Sequence[str]) -> Finding:
    """Whether the DNS has our very key."""
    found = [text for text in texts if "p=" in text]
    if not found:
        return failed(
            "DKIM", f"There is no key at {name}: publish the record that `notifier dkim new` printed"
        )
    if all(_key(text) != _key(value) for text in found):
        return failed(
            "DKIM", f"The key at {name} is not ours: publish ours, or take it out of NOTIFIER_DKIM_KEYS"
        )
    return ok("DKIM", f"Our key is at {name}")


def policy_is_published(domain: str, texts: Sequence[str]) -> Finding:
    """Whether DMARC says anything, once."""
    if not texts:
        return failed(
            "DMARC", f"{domain} has no DMARC record: publish a TXT record v=DMARC1; p=none at _dmarc.{domain}"
        )
    if len(texts) > 1:
        return failed("DMARC", f"{domain} has {len(texts)} DMARC records, which counts as none: leave one")
    return ok("DMARC", f"{domain} says {texts[0]}")


def relay_has_a_name(host: str, names: Sequence[str]) -> Finding:
    """What the relay's address is called; mail may leave from another address of its owner's."""
    if not names:
        return unchecked(
            "PTR", f"The address of {host} has no name: if mail leaves from it, have it given one"
        )
    return ok("PTR", f"The address of {host} is called {', '.join(names)}")


def _starting(texts: Sequence[str], word: str) -> list[str]:
    return [text for text in texts if text.lower().split(";")[0].split(" ")[0].strip() == word]


def _key(text: str) -> str:
    fields = dict(part.strip().partition("=")[::2] for part in text.split(";"))
    return "".join(fields.get("p", "").split())
