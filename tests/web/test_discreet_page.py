"""The page behind the link of a discreet mail: the very text, for a while, to whoever has the link."""

from dataclasses import replace
from datetime import timedelta

import mails
import pytest
from factories import A, B
from sqlalchemy import select
from store_factories import a_change, a_study, assembled, claimed, follow, news, settled
from web_asking import KEYS, asking, dump, link, the_pages

from notifier.domain.changes import Kind
from notifier.domain.signed_links import Purpose
from notifier.storage import letters, subscribers
from notifier.storage.models import EndedReason, SubscriberRow
from notifier.storage.subscribers import Person, Wishes, address

JANE = "jane@example.org"
DAY = timedelta(days=1)


@pytest.fixture
def sent(database, clock):
    """A mail that went to Jane, who wants discreet ones; gives its id."""
    with database.transaction() as session:
        for nct_id in (A, B):
            a_study(session, clock.now(), nct_id)
        follow(session, clock.now(), JANE, A, person=Person(address(JANE), discreet=True))
        clock.move(DAY)
        news(
            session,
            clock.now(),
            a_change(Kind.STATUS_OPENED, before="NOT_YET_RECRUITING", after="RECRUITING"),
        )
    assembled(database, clock.now())
    ids = claimed(database, clock.now())
    with database.transaction() as session:
        made = letters.compose(session, ids[-1], clock.now())
    assert made.discreet is True
    settled(database, clock.now(), ids[-1], "sent")
    return made.message_id


@pytest.fixture
def pages(database, clock):
    renderer = mails.renderer(sign=KEYS.sign)
    return the_pages(database, clock, make_renderer=lambda: renderer)


async def test_it_shows_the_very_text_to_nobody_else_and_changes_nothing(client, database, clock, sent):
    before = dump(database)
    answers = [await client.get(link(clock, [sent], Purpose.MAIL)) for _ in range(2)]
    for page in answers:
        assert page.status_code == 200
        assert A in page.text
        assert "Not yet recruiting" in page.text
        assert 'class="mail" lang="en"' in page.text
        assert 'role="main"' not in page.text  # the page has one of its own
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert "noindex" in page.headers["x-robots-tag"]
        assert "set-cookie" not in page.headers
    assert (await client.head(link(clock, [sent], Purpose.MAIL))).status_code == 200
    assert dump(database) == before


async def test_it_stays_as_it_was_when_the_person_leaves_or_days_pass(client, database, clock, sent):
    path = link(clock, [sent], Purpose.MAIL)
    first = (await client.get(path)).text
    with database.transaction() as session:
        subscribers.end(
            session, subscribers.ids_of(session, address(JANE)), EndedReason.UNSUBSCRIBED, clock.now()
        )
    clock.move(6 * DAY)
    assert (await client.get(path)).text == first


async def test_after_seven_days_the_link_is_too_old(client, clock, sent):
    path = link(clock, [sent], Purpose.MAIL)
    clock.move(7 * DAY + timedelta(seconds=1))
    page = await client.get(path)
    assert page.status_code == 410
    assert A not in page.text


async def test_of_who_was_erased_it_shows_nothing(client, database, clock, sent):
    with database.transaction() as session:
        subscribers.erase(session, 1, clock.now(), KEYS.suppression_key)
    assert (await client.get(link(clock, [sent], Purpose.MAIL))).status_code == 410


async def test_no_other_link_opens_it(client, clock, sent):
    for purpose in (Purpose.UNSUBSCRIBE, Purpose.CONTACTS, Purpose.PREFERENCES):
        token = KEYS.sign(purpose, [sent], clock.now())
        assert (await client.get(f"/mail/{token}")).status_code == 404
    for path in ("/mail/", "/mail/x", link(clock, [sent, sent], Purpose.MAIL)):
        assert (await client.get(path)).status_code == 404
    assert (await client.post(link(clock, [sent], Purpose.MAIL))).status_code == 405


async def test_of_a_mail_that_is_not_there_it_shows_nothing(client, clock):
    assert (await client.get(link(clock, [4711], Purpose.MAIL))).status_code == 410


@pytest.mark.parametrize(("of_organisation", "ticked"), [(False, False), (True, True)])
async def test_who_chose_nothing_sees_what_the_organisation_has(database, clock, of_organisation, ticked):
    with database.transaction() as session:
        a_study(session, clock.now())
        follow(session, clock.now(), JANE, A)
    async with asking(
        the_pages(database, clock, discreet="body" if of_organisation else "subject")
    ) as client:
        page = (await client.get(link(clock, [1, 0], Purpose.PREFERENCES))).text
    assert ('name="discreet" value="yes" checked' in page) is ticked


def test_what_a_person_chose_is_kept(database, clock):
    with database.transaction() as session:
        a_study(session, clock.now())
        follow(session, clock.now(), JANE, A)
        for chosen in (True, False):
            assert subscribers.set_person(session, 1, Wishes(discreet=chosen), clock.now())
            assert session.execute(select(SubscriberRow.discreet)).scalar_one() is chosen
        assert not subscribers.set_person(session, 1, replace(Wishes(), discreet=None), clock.now())
