"""Looks at everything that an installation stands on, and says in one sentence each what is well and what is not.

This machine (database, disk, keys, fence, templates), the network (registry, pages, mail server), the DNS. Changes nothing
and sends nothing. Each check gives its findings, or raises an error of ours, whose sentence then is the finding; one that
breaks is a finding too: one fault never hides another. The judgements are pure. Where nobody answers questions about names,
nothing of the DNS is judged at all. Owns dnspython.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlsplit

import dns.asyncresolver
import dns.exception
import dns.resolver
import dns.reversename
import httpx
import msgspec

from notifier import app
from notifier.clock import Clock, SystemClock
from notifier.demo import samples
from notifier.domain import key_file
from notifier.domain.languages import LANGUAGES
from notifier.domain.scheduling import date_of
from notifier.domain.signed_links import TokenKeys
from notifier.domain.wording import catalogue
from notifier.errors import NotifierError, RegistryUnavailable, SettingsError, StoreError
from notifier.mail.bounces.webhooks import PROVIDERS
from notifier.mail.render import overlay
from notifier.mail.render.dkim import read_keys, record_name, record_strings
from notifier.services.monitoring import Name, fruitless
from notifier.settings import Settings, is_loopback
from notifier.sources.clinicaltrials_gov import open_client
from notifier.storage import incidents, rows
from notifier.storage.engine import Session, folder_of
from notifier.storage.engine.faults import damage, look
from notifier.storage.outbox import admin_queries, claims


class CheckOutcome(StrEnum):
    OK = "ok"
    FAILED = "failed"  #: Something is wrong; the sentence says what to do.
    UNCHECKED = "not checked"  #: It could not be looked at from here, or there is nothing to look at.


@dataclass(frozen=True, slots=True)
class Finding:
    of: str
    outcome: CheckOutcome
    says: str


@dataclass(frozen=True, slots=True)
class Domains:
    """What our mail says of itself."""

    sender: str  # of the From address
    envelope: str  # of the envelope sender: what SPF is about
    keys: tuple[tuple[str, str], ...] = ()  # the name of each key's record, and the value that it must have
    relay: str | None = None  # the mail server's host; None where it is on this machine


def ok(of: str, says: str) -> Finding:
    return Finding(of, CheckOutcome.OK, says)


def failed(of: str, says: str) -> Finding:
    return Finding(of, CheckOutcome.FAILED, says)


def unchecked(of: str, says: str) -> Finding:
    return Finding(of, CheckOutcome.UNCHECKED, says)


LITTLE_ROOM = 500_000_000  # bytes
_MEGABYTE = 1_000_000
HOUR = timedelta(hours=1)


def check_database(settings: Settings) -> list[Finding]:
    """The schema, whether it can be written to, is whole, its journal and its size."""
    with app.open_database(settings, check=False) as database:
        schema = database.schema()
        if schema.empty:
            return [ok("database", "It is empty; the first start makes the tables")]
        database.refuse_unready(schema)
        engine, size, journal = look(database)
        if broken := damage(database, thorough=True):
            return [failed("database", broken)]
        says = f"schema {schema.current}, {size / _MEGABYTE:.1f} MB, {engine}"
        if journal not in {None, "wal"}:
            raise StoreError(
                f"Its journal is {journal}, so readers and writers wait for each other: is it on a network disk? Move it to "
                "one of this machine"
            )
        findings = [ok("database", says), ok("rows", "All that is stored can be read")]
        with database.reading() as session:
            if unread := "; ".join(map(str, rows.unreadable(session))):
                says = f"These cannot be read, and are left alone or read as the usual: {unread}"
                findings[1] = failed("rows", says)
            # What else the worker noted and is not over.
            findings += [
                failed("worker", f"Since {row.since:%Y-%m-%d %H:%M} UTC: {row.why}")
                for row in incidents.going(session)
                if row.name not in {Name.UNREADABLE, Name.NO_STUDY}
            ]
            # Under what people follow the registry has no study at all: that is nobody's fault, and may be a slip.
            if why := fruitless(session):
                findings.append(unchecked("conditions", f"{why[:1].upper()}{why[1:]}"))
            return [*findings, *of_mails(session, settings)]


def check_mailing(settings: Settings) -> list[Finding]:
    """What mail to real people must have."""
    settings.check_mailing()
    if not settings.mails_leave_this_machine:
        return [unchecked("mailing", "No mail leaves this machine, so nothing is asked of footer and links")]
    return [ok("mailing", f"Mail is from {settings.organisation}, with links to {settings.public_url}")]


def of_mails(session: Session, settings: Settings) -> Iterator[Finding]:
    """Whether a mail is held because it says what nobody stored; and whether so few may go in an hour that what waits is no
    longer news when its turn comes.
    """
    if held := admin_queries.at_the_gate(session):
        number, why = held[0]
        yield failed("gate", f"{len(held)} of our mails are held. Message {number}: {why}")
    else:
        yield ok("gate", "No mail is held because it says what is not in the record")
    if (most := settings.mails_an_hour) is not None:
        now = app.make_clock(settings).now()
        went, above = claims.went_since(session, now - HOUR), claims.above(session, now, most)
        says = f"{went} of at most {most} mails went in the past hour (NOTIFIER_MAILS_AN_HOUR); {above} are due and wait"
        if above / most * HOUR > settings.stale_after:
            yield failed("pace", f"{says}, longer than NOTIFIER_STALE_AFTER: raise the limit")
        else:
            yield ok("pace", says)


def check_disk(settings: Settings) -> list[Finding]:
    """Whether there is room where the database is; one on another machine is looked at there."""
    folder = folder_of(settings.database_url)
    free = shutil.disk_usage(folder if folder.is_dir() else Path()).free
    says = f"{free / _MEGABYTE:,.0f} MB are free"
    if free < LITTLE_ROOM:
        return [failed("disk", f"Only {says}: make room before it is full")]
    return [ok("disk", says)]


def check_keys(settings: Settings) -> list[Finding]:
    """That nobody else can read the keys, and that those of signatures can be used."""
    found = [_private(path, f"DKIM key {selector}") for selector, path in settings.dkim_keys]
    app.make_signer(settings)
    if settings.secret_keys is not None:
        return [*found, ok("keys", "They are set, so they are in no file of ours")]
    path = Path.cwd() / key_file.NAME
    if not path.exists():
        return [*found, unchecked("keys", f"There is no {path} yet; the first start makes it")]
    return [*found, _private(path, "keys")]


def _private(path: Path, of: str) -> Finding:
    mode = path.stat().st_mode & 0o777 if path.exists() else 0
    if mode & 0o077:
        return failed(of, f"Others can read {path} (mode {mode:04o}): run `chmod 600` on it")
    return ok(of, f"{path} is for its owner alone")


def check_fence(settings: Settings) -> list[Finding]:
    """Whether mails may go from this database at all, and whether who was erased can be kept."""
    fence, ledger = app.make_fence(settings), app.make_ledger(settings)
    erased = unchecked(
        "erasures", "NOTIFIER_ERASURES_FILE is off: a restored backup brings back who was erased or left"
    )
    if ledger is not None:
        erased = ok("erasures", f"{ledger.path} names {len(ledger.read())} people who stay forgotten")
    if fence is None:
        return [
            unchecked("fence", "Mails are files, or NOTIFIER_FENCE_FILE is off: copies are not noticed"),
            erased,
        ]
    with app.open_database(settings, check=False) as database:
        if not database.schema().ready:
            return [unchecked("fence", "The database has not the needed schema"), erased]
        with database.reading() as session:
            closed = fence.closed(session)
    return [
        failed("fence", closed) if closed else ok("fence", f"{fence.path} agrees with the database"),
        erased,
    ]


def check_templates(settings: Settings) -> list[Finding]:
    """Every sample mail in each language, by the very renderer that sends."""
    # With a key of the moment: looking makes no file, and these links lead nowhere.
    renderer = app.make_renderer(settings, TokenKeys([token_urlsafe(32)]))
    made = [renderer.render(letter) for language in LANGUAGES for _, letter in samples.letters(language)]
    found = [ok("templates", f"{len(made)} sample mails were made, in {len(LANGUAGES)} languages")]
    own = settings.templates
    if own is None:
        return found
    unsaid = (f"{each}, is no sentence of ours now" for each in catalogue.unknown(own))
    if aged := "; ".join([*overlay.aged(own, app.shipped("templates")), *unsaid]):
        return [*found, unchecked("own templates", f"Look at these of {own}: {aged}")]
    says = f"{len(overlay.names(own))} of {own} stand before ours, and ours are as they were"
    return [*found, ok("own templates", says)]


PATIENCE = 10.0  # seconds for one answer
WRONG_CLOCK = 300.0  # seconds; beyond, Date headers and tokens look wrong to others


async def check_registry(settings: Settings, machine: Clock) -> list[Finding]:
    """One small question, at the pace of all; and our clock beside the registry's. `machine`: never a stopped one."""
    contact = settings.public_url if settings.mails_leave_this_machine else None
    agent = settings.registry_user_agent
    client = open_client(settings.registry_url, contact=contact, user_agent_override=agent)
    with app.open_database(settings, check=False) as database:
        async with client:
            await app.make_pacer(settings, database).wait()
            try:
                answer = await client.get("/version", timeout=PATIENCE)
            except httpx.HTTPError as fault:
                raise RegistryUnavailable(
                    f"{settings.registry_url} does not answer ({type(fault).__name__}): check this machine's network and "
                    "NOTIFIER_REGISTRY_URL"
                ) from fault
    theirs, ours = date_of(answer.headers.get("date")), machine.now()
    clock = unchecked("clock", "The registry did not say what time it is")
    if theirs is not None and (aside := abs((ours - theirs).total_seconds())) > WRONG_CLOCK:
        beside = f"{aside / 60:.0f} minutes beside the registry's"
        clock = failed("clock", f"This machine's clock is {beside}: let it be set by NTP")
    elif theirs is not None:
        clock = ok("clock", f"It is {aside:.0f} seconds beside the registry's")
    refused = "It refuses our User-Agent (403): set NOTIFIER_REGISTRY_USER_AGENT, see the README"
    if answer.status_code == 403:
        return [failed("registry", refused), clock]
    try:
        version = msgspec.json.decode(answer.content)["dataTimestamp"] if answer.status_code == 200 else None
    except (msgspec.DecodeError, KeyError, TypeError):
        version = None
    if version is None:
        says = f"{settings.registry_url} answers {answer.status_code} and not as the registry does: check NOTIFIER_REGISTRY_URL"
        return [failed("registry", says), clock]
    return [ok("registry", f"It shows its data of {version}"), clock]


async def check_pages(settings: Settings) -> list[Finding]:
    """Whether links of mails lead to our pages, as a reader would come to them."""
    url, host = settings.public_url, urlsplit(settings.public_url).hostname or ""
    try:
        async with httpx.AsyncClient(timeout=PATIENCE) as reader:
            answer = await reader.get(f"{url}/healthz")
    except httpx.HTTPError as fault:
        if is_loopback(host):
            return [unchecked("links", f"Nothing answers at {url}: the pages are not served now")]
        raise SettingsError(
            f"{url} does not answer ({type(fault).__name__}), so no link of a mail works: check NOTIFIER_PUBLIC_URL and the proxy"
        ) from fault
    if (answer.status_code, answer.text) != (200, "ok\n"):
        raise SettingsError(
            f"{url} answers {answer.status_code} and not with our pages: check NOTIFIER_PUBLIC_URL and the proxy"
        )
    return [ok("links", f"{url} leads to our pages")]


def check_webhooks(settings: Settings) -> list[Finding]:
    """Whether those that may report by HTTP can come to us, and as nobody else can read."""
    places = [
        f"{settings.public_url}/webhooks/{name}" for name in PROVIDERS if getattr(settings, f"webhook_{name}")
    ]
    if not places:
        return []
    if not settings.public_url.startswith("https:"):
        raise SettingsError(
            "Providers report by HTTP, with secrets: NOTIFIER_PUBLIC_URL must begin with https:"
        )
    if settings.web_listen is None:
        off = "The pages are off here (NOTIFIER_WEB_LISTEN); another process must serve them"
        return [unchecked("webhooks", off)]
    return [ok("webhooks", f"To be told to the provider: {', '.join(places)}")]


async def check_mail_server(settings: Settings) -> list[Finding]:
    """Connects, becomes private and signs in; sends nothing."""
    where = await app.greet_mail_server(settings, PATIENCE)
    if where is None:
        return [unchecked("mail server", f"None is set; mails are files in {settings.mail_dir}")]
    return [ok("mail server", f"{where} lets us in")]


def domains_of(settings: Settings) -> Domains | None:
    """What the DNS is asked about; None where no mail leaves this machine."""
    if not settings.mails_leave_this_machine:
        return None
    sender, signer = app.mail_domain(settings), app.dkim_domain(settings)
    keys = read_keys(settings.dkim_keys, signer)
    return Domains(
        sender=sender,
        envelope=settings.bounce_domain or sender,
        keys=tuple((record_name(key), "".join(record_strings(key))) for key in keys),
        relay=urlsplit(settings.smtp_url or "").hostname,
    )


_NO_SPF = "says of no server that it may send for it: publish a TXT record v=spf1 …"


class NoResolverError(Exception):
    """Nobody answers questions about names here."""


async def look_up(resolver: "SystemResolver", domains: Domains | None) -> list[Finding]:
    """Every judgement on the DNS; one that says it was not checked where no resolver answers."""
    if domains is None:
        return [unchecked("DNS", "No mail leaves this machine, so no record is needed")]
    try:
        spf = _starting(await resolver.txt(domains.envelope), "v=spf1")
        found = [
            mail_comes_back(domains.sender, await resolver.mx(domains.sender)),
            one_record("SPF", domains.envelope, spf, _NO_SPF),
            *[key_is_published(name, value, await resolver.txt(name)) for name, value in domains.keys],
        ]
        # Of the domain, or of the nearest one above it that has any (RFC 7489, section 6.6.3).
        labels, policies = domains.sender.split("."), list[str]()
        while not policies and len(labels) > 1:
            policies = _starting(await resolver.txt(f"_dmarc.{'.'.join(labels)}"), "v=dmarc1")
            del labels[0]
        no_policy = f"has no DMARC record: publish a TXT record v=DMARC1; p=none at _dmarc.{domains.sender}"
        found.append(one_record("DMARC", domains.sender, policies, no_policy))
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


def mail_comes_back(domain: str, hosts: Sequence[str]) -> Finding:
    if not hosts or hosts == ["."]:
        return failed(
            "MX", f"{domain} takes no mail, so answers and bounces are lost: publish an MX record for it"
        )
    return ok("MX", f"{domain} takes mail at {', '.join(hosts)}")


def one_record(of: str, domain: str, records: Sequence[str], missing: str) -> Finding:
    """Whether a domain says it, and once: several count as none (RFC 7208, section 3.2; RFC 7489, section 6.6.3)."""
    if not records:
        return failed(of, f"{domain} {missing}")
    if len(records) > 1:
        return failed(of, f"{domain} has {len(records)} {of} records, which counts as none: leave one")
    return ok(of, f"{domain} says {records[0]}")


def key_is_published(name: str, value: str, texts: Sequence[str]) -> Finding:
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


DNS_PATIENCE = 3.0  # seconds for one question


class SystemResolver:
    """Asks the resolvers of this machine, or those that are named. Raises NoResolverError where none answers."""

    def __init__(self, servers: Sequence[str] = (), port: int = 53) -> None:
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=not servers)
        except (dns.exception.DNSException, OSError):
            self._resolver = dns.asyncresolver.Resolver(configure=False)
        self._resolver.lifetime = DNS_PATIENCE
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
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError) as fault:
            raise NoResolverError(type(fault).__name__) from fault


async def examine(
    settings: Settings, resolver: SystemResolver | None = None, clock: Clock | None = None
) -> list[Finding]:
    """Every check, in the order in which a person would look; `resolver`, `clock`: those of this machine if None."""
    here: dict[str, Callable[[Settings], list[Finding]]] = {
        "database": check_database,
        "mailing": check_mailing,
        "disk": check_disk,
        "keys": check_keys,
        "fence": check_fence,
        "templates": check_templates,
        "webhooks": check_webhooks,
    }
    found = [await _checked(of, partial(asyncio.to_thread, check, settings)) for of, check in here.items()]
    found += await asyncio.gather(
        _checked("registry", lambda: check_registry(settings, clock or SystemClock())),
        _checked("mail server", lambda: check_mail_server(settings)),
        _checked("links", lambda: check_pages(settings)),
        _checked("DNS", lambda: look_up(resolver or SystemResolver(), domains_of(settings))),
    )
    return [finding for findings in found for finding in findings]


async def _checked(of: str, check: Callable[[], Awaitable[list[Finding]]]) -> list[Finding]:
    try:
        return await check()
    except NotifierError as fault:
        return [failed(of, str(fault))]
    except Exception as fault:  # noqa: BLE001 - what nobody foresaw must not hide what the other checks found
        return [failed(of, f"The check itself broke ({type(fault).__name__}): please report it")]
