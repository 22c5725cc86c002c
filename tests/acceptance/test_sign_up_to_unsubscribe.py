"""One person's whole way: added, asked, confirmed on the page, told of a change, unsubscribed by one click."""

import re
import shutil
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from notifier import app as parts
from notifier.clock import SystemClock
from notifier.demo import day
from notifier.demo.registry import serving as on_loopback
from notifier.settings import Settings
from notifier.storage.engine import Database
from notifier.web import make_app
from tests import processes
from tests.faults import FaultyRegistry
from tests.smtp_peer import SmtpPeer

ROOT = Path(__file__).parents[2]
JANE = "jane@example.org"


class Place:
    """Where the command is run: a folder, a registry, a mailbox, and the pages."""

    def __init__(self, folder, registry, mailbox, variables, browser):
        self.folder, self.registry, self.mailbox = folder, registry, mailbox
        self.variables, self.browser = variables, browser

    async def notifier(self, *words):
        """Run the command as an admin would; gives what it printed."""
        process = await processes.start("-m", "notifier", *words, cwd=self.folder, env=self.variables)
        out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        return out.decode()

    def newest_mail(self):
        newest = self.mailbox.received[-1]
        assert newest.recipient == JANE
        return newest.message


@pytest.fixture
async def place(tmp_path, migrated_sqlite):
    shutil.copy(migrated_sqlite, tmp_path / "notifier.db")
    registry = FaultyRegistry(day.baseline(), day.BASELINE)
    async with on_loopback(registry.app) as url, SmtpPeer() as mailbox, pages(tmp_path) as browser:
        variables = {
            "PYTHONPATH": str(ROOT),
            "NOTIFIER_REGISTRY_URL": f"{url}/api/v2",
            "NOTIFIER_REGISTRY_REQUESTS_PER_SECOND": "1000",
            "NOTIFIER_SMTP_URL": f"smtp://127.0.0.1:{mailbox.port}",
            "NOTIFIER_PUBLIC_URL": str(browser.base_url).rstrip("/"),
        }
        yield Place(tmp_path, registry, mailbox, variables, browser)


@asynccontextmanager
async def pages(folder):
    """The pages with the key that the command will find in its folder."""
    settings = Settings()
    database = Database(f"sqlite:///{folder}/notifier.db", ROOT / "migrations")
    keys = parts.open_keys(settings, folder)
    app = make_app(parts.make_pages(settings, database, keys, SystemClock()))
    # A new connection each time: a kept one may be closed by the server while a command runs.
    limits = httpx.Limits(max_keepalive_connections=0)
    async with (
        on_loopback(app) as url,
        httpx.AsyncClient(base_url=url, trust_env=False, limits=limits) as browser,
    ):
        yield browser
    database.close()


async def test_from_sign_up_to_one_click(place):
    """Every link is taken from the mail itself, as its reader or her mail program would."""
    added = await place.notifier("subscribers", "add", JANE, "--study", day.BLOOD_TEST)
    assert "waits until they confirm by mail" in added
    await place.notifier("deliver")
    ask = place.newest_mail()
    assert ask["List-Unsubscribe"] is None
    confirm = re.search(r"http://\S+/confirm/\S+", ask.get_body(("plain",)).get_content())[0]

    assert "Press the button" in (await place.browser.get(confirm)).text
    assert "that is confirmed" in (await place.browser.post(confirm)).text

    await place.notifier("watch")  # the first look at what she follows now
    place.registry.publish(day.next_day(), day.NEXT_DAY)
    await place.notifier("watch")
    await place.notifier("deliver")
    news = place.newest_mail()
    assert len(place.mailbox.received) == 3  # asked, welcomed, told
    assert day.BLOOD_TEST in news.get_body(("plain",)).get_content()
    assert news["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    one_click = re.search(r"<(http://[^>]+)>", news["List-Unsubscribe"])[1]
    assert one_click in news.get_body(("plain",)).get_content()

    place.registry.publish(day.day_after(), day.DAY_AFTER)
    await place.notifier("watch")  # found, not mailed yet
    answer = await place.browser.post(one_click, data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.history) == (200, [])
    assert "You are unsubscribed" in answer.text
    assert "1 sent" not in await place.notifier("deliver")
    assert len(place.mailbox.received) == 3
    assert "ended (unsubscribed)" in await place.notifier("subscribers", "show", JANE)
