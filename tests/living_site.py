"""The whole program in one process, to be used as people use it: a registry, a mailbox, the pages on a port, and a clock.

What a browser, a link scanner or a fuzzer asks of the pages, it asks of the real ones; days pass when a test says so.
"""

import asyncio
import re
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import httpx
from mail_reading import read

from notifier import app as parts
from notifier.clock import FixedClock
from notifier.demo import day
from notifier.demo.registry import serving
from notifier.domain.signed_links import TokenKeys
from notifier.services.deliver import Openings, deliver
from notifier.services.watch import watch
from notifier.settings import Settings
from notifier.sources.clinicaltrials_gov import Pacer, Registry
from notifier.web import make_app
from tests.conftest import NOON
from tests.faults import FaultyRegistry
from tests.smtp_peer import SmtpPeer

KEYS = TokenKeys(["a-key-for-tests-only"])
ON_THIS_MACHINE = re.compile(r"https?://127\.0\.0\.1:\d+[^\s<>\"')]*")


async def no_wait(_seconds):
    return None


class LivingSite:
    """The parts, and what can be done with them."""

    def __init__(self, database, rehearsal, registry, mailbox, settings, transport):
        self.database, self.rehearsal, self.registry = database, rehearsal, registry
        self.mailbox, self.settings, self.transport = mailbox, settings, transport
        self.clock = FixedClock(NOON)
        self.url = settings.public_url
        self.renderer = parts.make_renderer(settings, KEYS)
        self.sending = parts.make_sending(settings, KEYS)
        pages = parts.make_pages(settings, database, KEYS, self.clock, registry)
        self.app = make_app(replace(pages, steady=0.0))

    async def watch(self):
        return await watch(self.database, self.registry, self.clock, Settings())

    async def deliver(self):
        parts = (self.database, self.transport, self.renderer, self.clock, self.sending)
        return await deliver(*parts, openings=Openings(self.registry.search, self.clock))

    async def a_day_passes(self, records, data_timestamp):
        """The registry publishes, we look, and what there is to tell is mailed."""
        self.clock.move(timedelta(days=1))
        self.rehearsal.publish(records, data_timestamp)
        await self.watch()
        return await self.deliver()

    def mails_to(self, who):
        return [each.message for each in self.mailbox.received if each.recipient == who]

    def links(self, mail):
        """Every link of a mail that leads to us: of its text, its HTML and its headers."""
        text, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
        said = f"{text} {' '.join(read(html).links)} {mail['List-Unsubscribe'] or ''}"
        return sorted(set(ON_THIS_MACHINE.findall(said)))

    def link(self, mail, purpose):
        """The first link of a mail for this purpose."""
        return next(link for link in self.links(mail) if f"/{purpose}/" in link)


@asynccontextmanager
async def a_living_site(database, **settings):
    """A site whose registry is on its first day, with nobody in it."""
    rehearsal = FaultyRegistry(day.baseline(), day.BASELINE)
    async with AsyncExitStack() as stack:
        mailbox = await stack.enter_async_context(SmtpPeer())
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(rehearsal.app),
            base_url="http://registry/api/v2",
            headers={"Accept-Encoding": "identity"},
        )
        registry = Registry(await stack.enter_async_context(client), pacer=Pacer(100_000), sleep=no_wait)
        behind = _Later()
        url = await stack.enter_async_context(serving(behind))
        chosen = Settings(
            smtp_url=f"smtp://127.0.0.1:{mailbox.port}",
            mail_from="Trial updates <updates@example.org>",
            organisation="Example Patients' Association",
            postal_address="1 Example Street, 8000 Aarhus C, Denmark",
            public_url=url,
            **settings,
        )
        transport = await stack.enter_async_context(parts.open_transport(chosen))
        site = LivingSite(database, rehearsal, registry, mailbox, chosen, transport)
        behind.app = site.app
        yield site


class _Later:
    """An application that is known only after its port is, because the port is in its links."""

    app = None

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


async def visit(work, *arguments):
    """Something that blocks, such as a browser, beside the site that answers it."""
    return await asyncio.to_thread(work, *arguments)
