"""What can be asked over the network: the registry and its clock, our own pages, the mail server. Sends no mail."""

from datetime import datetime
from urllib.parse import urlsplit

import httpx
import msgspec

from notifier import app
from notifier.clock import Clock, date_of
from notifier.doctor.findings import Finding, failed, ok, unchecked
from notifier.doctor.names import Domains
from notifier.mail.render.dkim_keys import read_keys, record_name, record_strings
from notifier.settings import Settings, is_loopback
from notifier.sources.clinicaltrials_gov import open_client

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
                why = type(fault).__name__
                return [
                    failed(
                        "registry",
                        f"{settings.registry_url} does not answer ({why}): check this machine's network and NOTIFIER_REGISTRY_URL",
                    )
                ]
    return [
        registry_answered(answer, settings.registry_url),
        clock_agrees(answer.headers.get("date"), machine.now()),
    ]


def registry_answered(answer: httpx.Response, url: str) -> Finding:
    """What the answer to "which data have you?" is worth."""
    if answer.status_code == 403:
        return failed(
            "registry", "It refuses our User-Agent (403): set NOTIFIER_REGISTRY_USER_AGENT, see the README"
        )
    try:
        version = msgspec.json.decode(answer.content)["dataTimestamp"] if answer.status_code == 200 else None
    except (msgspec.DecodeError, KeyError, TypeError):
        version = None
    if version is None:
        return failed(
            "registry",
            f"{url} answers {answer.status_code} and not as the registry does: check NOTIFIER_REGISTRY_URL",
        )
    return ok("registry", f"It shows its data of {version}")


def clock_agrees(date: str | None, now: datetime) -> Finding:
    """Our clock beside what the registry's answer says of the time."""
    theirs = date_of(date)
    if theirs is None:
        return unchecked("clock", "The registry did not say what time it is")
    aside = abs((now - theirs).total_seconds())
    if aside > WRONG_CLOCK:
        return failed(
            "clock",
            f"This machine's clock is {aside / 60:.0f} minutes beside the registry's: let it be set by NTP",
        )
    return ok("clock", f"It is {aside:.0f} seconds beside the registry's")


async def check_pages(settings: Settings) -> list[Finding]:
    """Whether links of mails lead to our pages, as a reader would come to them."""
    url, host = settings.public_url, urlsplit(settings.public_url).hostname or ""
    try:
        async with httpx.AsyncClient(timeout=PATIENCE) as reader:
            answer = await reader.get(f"{url}/healthz")
    except httpx.HTTPError as fault:
        if is_loopback(host):
            return [unchecked("links", f"Nothing answers at {url}: the pages are not served now")]
        why = type(fault).__name__
        return [
            failed(
                "links",
                f"{url} does not answer ({why}), so no link of a mail works: check NOTIFIER_PUBLIC_URL and the proxy",
            )
        ]
    if (answer.status_code, answer.text) != (200, "ok\n"):
        return [
            failed(
                "links",
                f"{url} answers {answer.status_code} and not with our pages: check NOTIFIER_PUBLIC_URL and the proxy",
            )
        ]
    return [ok("links", f"{url} leads to our pages")]


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
        signer=signer,
        keys=tuple((record_name(key), "".join(record_strings(key))) for key in keys),
        relay=urlsplit(settings.smtp_url or "").hostname,
    )
