"""Everybody can read the mails and the pages, on a telephone and in the dark: axe-core finds nothing in the way."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from check_accessibility import MISSING, VIEWS, barriers, barriers_of_mails, show, with_axe
from fakes import sign_up, something_changes
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.support.expected_conditions import staleness_of, title_is
from selenium.webdriver.support.wait import WebDriverWait
from sqlalchemy import func, select
from store_factories import a_change, a_pass, a_study

from notifier.demo.registry import serving
from notifier.domain.changes import Kind
from notifier.domain.signed_links import Purpose
from notifier.domain.study import decode
from notifier.sources.clinicaltrials_gov import Hits
from notifier.storage import subscribers
from notifier.storage.models import MessageRow
from notifier.web import make_app
from tests.factories import a_record
from tests.web_asking import KEYS, pages_with

pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))

EXPECTED = {"html-has-lang", "document-title", "image-alt", "target-size", "color-contrast"}


@pytest.fixture(scope="module")
def browser(chromium):
    with with_axe(chromium):
        yield chromium


def test_the_check_sees_what_is_in_the_way(browser):
    style = "a { display: block; height: 9px; font-size: 9px } @media (prefers-color-scheme: dark) { p { color: #ddd } }"
    body = '<img src="x.png"><p style="width:500px">Hello</p><a href="#a">a</a><a href="#b">b</a>'
    show(browser, f"<!doctype html><html><style>{style}</style><body>{body}</body></html>")
    found = {line.removeprefix("page, ").partition(" at ")[0] for line in barriers(browser, "page")}
    narrow, wide = (
        {rule for rule in EXPECTED if f"{width} px, {scheme}: {rule}" in found} for width, scheme in VIEWS
    )
    assert narrow == EXPECTED
    assert wide == {"target-size"}  # no colour: only the dark makes it unreadable
    seen = [f"{width} px, {scheme}: scrolls sideways" in found for width, scheme in VIEWS]
    assert seen == [True, False]


def test_no_width_changes_a_colour(request):
    """So one look at the colours of a scheme is enough, in whichever width."""
    for file in (request.config.rootpath / "templates").rglob("*.[ch][st][sm]*"):
        for part in re.split(r"@media [^{]*-width[^{]*", file.read_text(encoding="utf-8"))[1:]:
            assert not re.search(
                r"(?<![\w-])(?:color|background[\w-]*|--[\w-]+)\s*:", part.partition("\n}")[0]
            ), file


def test_nothing_in_a_mail_is_in_the_way(browser):
    assert barriers_of_mails(browser) == []


async def test_nothing_on_a_page_is_in_the_way(browser, sqlite, clock, request):
    pages = pages_with(sqlite, clock, steady=0.0)
    [following] = sign_up(sqlite, clock, "jane@mail.example.org", evidence="said so")
    [waiting] = sign_up(sqlite, clock, "karl@mail.example.org")
    something_changes(sqlite, clock, Kind.RESULTS_POSTED)
    contacts = asked_for_contacts(sqlite, clock)
    async with serving(make_app(pages)) as base:

        def link(purpose, *subject):
            return f"{base}/{purpose.value}/{KEYS.sign(purpose, subject, clock.now())}"

        theirs = link(Purpose.PREFERENCES, 1, 0)
        walk = [
            ("confirmed before", link(Purpose.CONFIRM, following), None),
            ("choices", theirs, "Your choices"),
            ("why", f"{theirs}/why/{following}", None),
            ("unsubscribe", link(Purpose.UNSUBSCRIBE, following), "You are unsubscribed"),
            ("undo", link(Purpose.UNDO, following), "These mails go on"),
            ("confirm", link(Purpose.CONFIRM, waiting), "Thank you, that is confirmed"),
            ("nothing to confirm", link(Purpose.CONFIRM, 4711), None),
            ("sign up", f"{base}/subscriptions?study=NCT90000001", "Please check the form"),
            ("ask for choices", f"{base}/preferences", "A link to your choices"),
            ("ask for contacts", f"{base}/contacts?study=NCT90000001", "Contacts of a study"),
            ("contacts", link(Purpose.CONTACTS, contacts), None),
            ("erase", f"{theirs}/erase", "You are erased"),
            ("link", f"{base}/unsubscribe/none-of-ours", None),
            ("problem", f"{base}/nowhere", None),
        ]
        assert await asyncio.to_thread(barriers_on_the_way, browser, walk) == []


async def test_nothing_on_a_page_for_reading_is_in_the_way(browser, sqlite, clock, request):
    pages = pages_with(sqlite, clock, postal_address="1 Street")
    places = [
        {"facility": f"Hospital {'x' * 90}", "country": f"Land {i}", "status": "RECRUITING"} for i in range(6)
    ]
    with sqlite.transaction() as session:
        a_study(session, clock.now(), locations=places, briefTitle="A title without an end " * 12)
        for kind in (Kind.STATUS_PAUSED, Kind.ELIGIBILITY_CRITERIA, Kind.SITE_ADDED, Kind.TITLE):
            for day in range(6):
                a_pass(
                    session,
                    clock.now() + timedelta(days=day),
                    a_change(kind, before="* Old " * 9, after="* New " * 9),
                )
    study = "/studies/NCT90000001"

    async def found(sought, _number, _token):
        hits = (decode(json.dumps(a_record(eligibilityModule__minimumAge="18 Years")).encode()),) * 2
        return Hits(hits if sought.is_condition else (), 2 if sought.is_condition else 0)

    pages = replace(pages, search=found)
    paths = [
        "/",
        "/search?q=asthma",
        "/search?q=asthma+Denmark",
        "/search?q=brystkr%C3%A6ft&place=Denmark",
        "/search",
        "/search?q=knee&place=77030&age=x",
        "/conditions",
        "/conditions?q=knee",
        "/conditions?q=gout",
        "/conditions?q=%25",
        "/terms",
        "/privacy",
    ]
    paths += [study, f"{study}?page=2", "/studies/NCT1", "/studies/NCT90000005"]
    async with serving(make_app(pages)) as base:
        walk = [(path, base + path, None) for path in paths]
        assert await asyncio.to_thread(barriers_on_the_way, browser, walk) == []


def asked_for_contacts(database, clock):
    """The mail in which somebody gets the link to a study's contacts."""
    who = subscribers.address("ida@mail.example.org")
    with database.transaction() as session:
        subscribers.send_contacts(session, who, "NCT90000001", clock.now(), "example.org", b"key")
        return session.execute(select(func.max(MessageRow.id))).scalar_one()


def barriers_on_the_way(browser, walk):
    """What is in the way on each page, and on the one behind its button, which has this title."""
    found = []
    for name, address, then in walk:
        browser.get(address)
        browser.execute_script("document.querySelectorAll('details').forEach(each => each.open = true)")
        found += barriers(browser, name)
        if then:
            button = browser.find_element("tag name", "button")
            button.click()
            # The driver may look between the two pages, which is no answer yet.
            wait = WebDriverWait(browser, 10, 0.02, ignored_exceptions=[WebDriverException])
            wait.until(staleness_of(button))  # a form that is shown again may have the title that it had
            wait.until(title_is(then))
            found += barriers(browser, f"{name}, done")
    return found
