"""The pages asked in the process, as a browser or a mail program does; and what a test looks at afterwards."""

import re
from contextlib import asynccontextmanager
from dataclasses import replace
from html import unescape
from pathlib import Path

import httpx
from sqlalchemy import select, text

from notifier.domain.signed_links import Purpose, TokenKeys
from notifier.settings import Settings
from notifier.storage.engine import metadata
from notifier.storage.models import MessageRow, SubscriptionRow
from notifier.web import Pages, make_app

KEYS = TokenKeys(["a-key-for-tests-only"])
TEMPLATES = Path(__file__).parent.parent / "templates"
OWN = "http://pages.test"
FRIEND = "https://friend.example.org"


def the_pages(database, clock, **changes):
    """The pages as they are set up for tests: no answer waits for others to be as slow."""
    usual = {"public_url": OWN, "mail_domain": "example.org", "form_origins": (FRIEND,), "steady": 0.0}
    return pages_with(database, clock, **(usual | changes))


def pages_with(database, clock, *, organisation="Example Patients' Association", **said):
    """Pages with these settings, and these of their parts."""
    told = {name: said.pop(name) for name in [*said] if name in Settings.model_fields}
    return Pages(database, KEYS, clock, TEMPLATES, Settings(organisation=organisation, **told), **said)


def set_anew(pages, **changes):
    """The same pages with other settings."""
    return replace(pages, settings=pages.settings.model_copy(update=changes))


@asynccontextmanager
async def asking(pages, peer="127.0.0.1"):
    """Sends no header that nobody asked for: mailbox providers send no Origin, cookie or User-Agent."""
    transport = httpx.ASGITransport(make_app(pages), client=(peer, 1), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=OWN, trust_env=False) as asker:
        asker.headers.clear()
        yield asker


def link(clock, ids, purpose=Purpose.UNSUBSCRIBE):
    return f"/{purpose.value}/{KEYS.sign(purpose, ids, clock.now())}"


def dump(database):
    """Everything in the database."""
    with database.reading() as session:
        return {
            name: sorted(map(repr, session.execute(text(f'SELECT * FROM "{name}"'))))
            for name in metadata().tables
        }


def subscriptions_of(database):
    """Every subscription, oldest first."""
    with database.reading() as session:
        return session.execute(select(SubscriptionRow).order_by(SubscriptionRow.id)).scalars().all()


def mails_of(database):
    """The kinds of all mails, oldest first."""
    with database.reading() as session:
        rows = session.execute(select(MessageRow).order_by(MessageRow.id)).scalars()
        return [row.kind.value for row in rows]


def faults(page):
    """The sentences beside wrong fields, by the field they belong to."""
    found = re.findall(r'class="fault" id="([^"]+)-fault">([^<]*)<', page)
    return {name: unescape(sentence) for name, sentence in found}


def value_of(page, name):
    """What stands in a field of the page."""
    tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)[0]
    return unescape(re.search(r'value="([^"]*)"', tag)[1])
