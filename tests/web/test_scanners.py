"""What comes to the pages is not logged, not waited for, and not swallowed whole; links opened by programs: `test_links_of_mails`."""

import asyncio
import logging

import httpx
import pytest
from fakes import sign_up, something_changes
from sqlalchemy import select
from structlog.testing import capture_logs
from web_asking import KEYS, dump, link, the_pages

from notifier.demo.registry import serving
from notifier.domain.changes import Kind
from notifier.domain.signed_links import Purpose
from notifier.storage import subscribers
from notifier.storage.models import MessageRow
from notifier.web import make_app

JANE, KARL = "jane@mail.example.org", "karl@mail.example.org"


@pytest.fixture
def ways_in(sqlite, clock):
    """Every sort of link that is mailed or shown, and the pages that have none."""
    [active] = sign_up(sqlite, clock, JANE, evidence="said so")
    [pending] = sign_up(sqlite, clock, KARL)
    something_changes(sqlite, clock, Kind.RESULTS_POSTED, before=False, after=True)
    with sqlite.transaction() as session:
        who, key = subscribers.address(JANE), KEYS.suppression_key
        subscribers.send_contacts(session, who, "NCT90000001", clock.now(), "example.org", key)
        mail = session.execute(select(MessageRow.id).where(MessageRow.kind == "contacts")).scalar_one()
    return [
        link(clock, [active], Purpose.UNSUBSCRIBE),
        link(clock, [pending], Purpose.CONFIRM),
        link(clock, (1, 0), Purpose.PREFERENCES),
        link(clock, [active], Purpose.UNDO),
        link(clock, [mail], Purpose.CONTACTS),
        *("/", "/subscriptions?study=NCT90000001", "/preferences", "/contacts?study=NCT90000001"),
    ]


async def test_no_log_line_has_a_token_or_an_address(sqlite, clock, ways_in, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    app = make_app(the_pages(sqlite, clock))
    with capture_logs() as lines:
        async with serving(app) as base, httpx.AsyncClient(base_url=base, trust_env=False) as browser:
            caplog.clear()
            for path in ways_in:
                await browser.get(path)
                await browser.post(path, data={"email": JANE, "action": "stop", "id": "1"})
            served = [record for record in caplog.records if not record.name.startswith("http")]
    written = f"{lines}{[record.getMessage() for record in served]}{capfd.readouterr()}"
    assert len(lines) >= 4
    secrets = ("jane", "karl", *(path.split("/")[2] for path in ways_in[:5]))
    assert [secret for secret in secrets if secret in written.lower() + written] == []


@pytest.mark.parametrize("path", ["/subscriptions", "/preferences", "/contacts"])
async def test_a_form_that_never_comes_is_not_waited_for(sqlite, clock, monkeypatch, path):
    monkeypatch.setattr("notifier.web.incoming.BODY_WITHIN", 0.05)
    said = []

    async def send(message):
        said.append(message)

    kind = (b"content-type", b"application/x-www-form-urlencoded")
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": [kind]}
    await make_app(the_pages(sqlite, clock))(scope, asyncio.Event().wait, send)
    assert said[0]["status"] == 408


@pytest.mark.parametrize("path", ["/subscriptions", "/preferences", "/contacts"])
async def test_a_body_that_is_too_large_is_refused(sqlite, client, path):
    before = dump(sqlite)
    answer = await client.post(path, content=b"email=" + b"a" * 70_000)
    assert (answer.status_code, "too large" in answer.text) == (413, True)
    assert dump(sqlite) == before
