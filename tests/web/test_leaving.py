"""The choices on the page that stops mails: each does what it says, says what it did, and can be taken back."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from fakes import sign_up
from web_asking import KEYS, dump, faults, link, subscriptions_of, value_of

from notifier.domain.signed_links import Purpose
from notifier.storage import subscribers, suppression
from notifier.storage.models import Every, SubscriptionState, Suppressed
from tests.store_factories import filled_once

JANE = "jane@mail.example.org"
B = "NCT90000003"
ACTIVE, PAUSED, ENDED = SubscriptionState.ACTIVE, SubscriptionState.PAUSED, SubscriptionState.ENDED


@pytest.fixture
@filled_once
def path(sqlite, clock):
    """The link of a mail about the first of two studies that Jane follows."""
    first = sign_up(sqlite, clock, JANE, evidence="said so")
    sign_up(sqlite, clock, JANE, evidence="said so", nct_id=B)
    return link(clock, first, Purpose.UNSUBSCRIBE)


def states(database):
    return [row.state for row in subscriptions_of(database)]


def undo_of(page):
    return re.search(r'action="(/undo/[^"]+)"', page)[1]


async def pressed(client, path, **form):
    return await client.post(path, data=form)


async def test_stopping_says_how_many_and_offers_the_way_back(sqlite, client, path):
    answer = await pressed(client, path, action="stop")
    assert "1 update stopped" in answer.text
    assert states(sqlite) == [ENDED, ACTIVE]
    back = await client.post(undo_of(answer.text))
    assert (back.status_code, "1 update goes on" in back.text) == (200, True)
    assert states(sqlite) == [ACTIVE, ACTIVE]


async def test_an_undo_promises_nothing_after_a_complaint(sqlite, clock, client, path):
    answer = await pressed(client, path, action="stop")
    with sqlite.transaction() as session:
        hashed = suppression.address_hash(KEYS.suppression_key, subscribers.address(JANE).key)
        suppression.suppress(session, hashed, Suppressed.COMPLAINT, clock.now())
    back = await client.post(undo_of(answer.text))
    assert "1 update goes on" not in back.text
    assert states(sqlite) == [ENDED, ACTIVE]


async def test_stopping_twice_says_that_it_was_stopped_before(client, path):
    await pressed(client, path, action="stop")
    again = await pressed(client, path, action="stop")
    assert "stopped already" in again.text
    assert "/undo/" not in again.text


async def test_stopping_everything_does_not_tell_how_much_there_was(sqlite, client, path):
    answer = await pressed(client, path, action="all")
    assert states(sqlite) == [ENDED, ENDED]
    assert not re.search(r"\b2\b|NCT9", re.sub(r"/undo/\S+", "", answer.text.partition("<main>")[2]))
    await client.post(undo_of(answer.text))
    assert states(sqlite) == [ACTIVE, ACTIVE]


@pytest.mark.parametrize("every", ["daily", "weekly"])
async def test_less_often(sqlite, client, path, every):
    answer = await pressed(client, path, action=every)
    assert "This is for j***@m***.org." in answer.text
    assert "1 update changed." in answer.text
    assert [row.every for row in subscriptions_of(sqlite)] == [Every(every), Every.IMMEDIATE]
    assert "already" in (await pressed(client, path, action=every)).text


@pytest.mark.parametrize(
    ("form", "until"),
    [
        ({"action": "month"}, datetime(2027, 2, 11, 12, tzinfo=UTC)),
        ({"action": "quarter"}, datetime(2027, 4, 13, 12, tzinfo=UTC)),
        ({"action": "until", "until": "2027-03-01"}, datetime(2027, 3, 1, tzinfo=UTC)),
    ],
)
async def test_a_pause_says_until_when_and_can_be_ended(sqlite, client, path, form, until):
    answer = await pressed(client, path, **form)
    assert f"until {until:%-d %B %Y}" in answer.text
    assert [(row.state, row.paused_until) for row in subscriptions_of(sqlite)] == [
        (PAUSED, until),
        (ACTIVE, None),
    ]
    assert "is not paused any more" in (await pressed(client, path, action="resume")).text
    assert states(sqlite) == [ACTIVE, ACTIVE]


@pytest.mark.parametrize("until", ["", "soon", "2027-01-12", "1999-01-01", "2099-01-01", "\0", "2027-13-01"])
async def test_a_pause_until_no_day_changes_nothing_and_says_so_beside_the_field(sqlite, client, path, until):
    before = dump(sqlite)
    answer = await pressed(client, path, action="until", until=until)
    assert (answer.status_code, set(faults(answer.text))) == (400, {"until"})
    assert value_of(answer.text, "until") == until.strip("\0")
    assert dump(sqlite) == before


@pytest.mark.parametrize(
    "form", [{"action": "nonsense"}, {"action": "all", "List-Unsubscribe": "One-Click"}, {"unknown": "x"}]
)
async def test_what_is_no_button_of_ours_stops_what_the_mail_was_about(sqlite, client, path, form):
    answer = await pressed(client, path, **form)
    assert "You are unsubscribed" in answer.text
    assert "/undo/" not in answer.text
    assert states(sqlite) == [ENDED, ACTIVE]


@pytest.mark.parametrize("action", ["daily", "month", "resume", "stop", "all"])
async def test_somebody_who_was_erased_reads_that_nothing_comes(sqlite, clock, client, path, action):
    with sqlite.transaction() as session:
        found = subscribers.find(session, subscribers.address(JANE))
        subscribers.erase(session, found.id, clock.now(), KEYS.suppression_key)
    answer = await pressed(client, path, action=action)
    assert answer.status_code == 200
    assert "You will not get" in answer.text


# --- taking it back ---------------------------------------------------------------------------------------------


async def test_the_way_back_is_open_for_a_day(sqlite, clock, client, path):
    undo = undo_of((await pressed(client, path, action="stop")).text)
    clock.move(timedelta(days=1, seconds=1))
    for answer in (await client.get(undo), await client.post(undo)):
        assert (answer.status_code, "too old" in answer.text) == (410, True)
    assert states(sqlite)[0] is ENDED


async def test_looking_at_the_way_back_does_not_take_it(sqlite, client, path):
    undo = undo_of((await pressed(client, path, action="stop")).text)
    before = dump(sqlite)
    for method in ("GET", "HEAD", "PUT", "OPTIONS"):
        for _ in range(3):
            await client.request(method, undo)
    assert dump(sqlite) == before


async def test_taking_it_back_twice_is_harmless(sqlite, client, path):
    undo = undo_of((await pressed(client, path, action="stop")).text)
    first, second = await client.post(undo), await client.post(undo)
    assert "These mails go on" in second.text
    assert states(sqlite) == [ACTIVE, ACTIVE]
    assert "nothing was missed" in first.text
