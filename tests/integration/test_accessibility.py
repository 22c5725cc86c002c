"""Everybody can read the mails and the pages, on a telephone and in the dark: axe-core finds nothing in the way."""

import asyncio

import pytest
from check_accessibility import MISSING, SCHEMES, WIDTHS, a_browser, barriers, barriers_of_mails, show
from fakes import sign_up
from selenium.webdriver.support.expected_conditions import title_is
from selenium.webdriver.support.wait import WebDriverWait

from notifier.rehearsal.serving import serving
from notifier.tokens import Purpose, TokenKeys
from notifier.web import Pages, make_app

pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
KEYS = TokenKeys(["a-key-for-tests-only"])

EXPECTED = {"html-has-lang", "document-title", "image-alt", "target-size", "color-contrast"}


@pytest.fixture(scope="module")
def browser():
    with a_browser() as opened:
        yield opened


def test_the_check_sees_what_is_in_the_way(browser):
    style = "a { display: block; height: 9px; font-size: 9px } @media (prefers-color-scheme: dark) { p { color: #ddd } }"
    body = '<img src="x.png"><p style="width:500px">Hello</p><a href="#a">a</a><a href="#b">b</a>'
    show(browser, f"<!doctype html><html><style>{style}</style><body>{body}</body></html>")
    found = {line.removeprefix("page, ").partition(" at ")[0] for line in barriers(browser, "page")}
    for width in WIDTHS:
        light, dark = (
            {rule for rule in EXPECTED if f"{width} px, {scheme}: {rule}" in found} for scheme in SCHEMES
        )
        assert EXPECTED - light == {"color-contrast"}
        assert "color-contrast" in dark
        assert (f"{width} px, light: scrolls sideways" in found) is (width == 375)


def test_nothing_in_a_mail_is_in_the_way(browser):
    assert barriers_of_mails(browser) == []


async def test_nothing_on_a_page_is_in_the_way(browser, sqlite, clock, request):
    templates = request.config.rootpath / "templates"
    pages = Pages(sqlite, KEYS, clock, templates, "Example Patients' Association")
    [following] = sign_up(sqlite, clock, "jane@mail.example.org", evidence="said so")
    [waiting] = sign_up(sqlite, clock, "karl@mail.example.org")
    async with serving(make_app(pages)) as base:

        def link(purpose, subscription):
            return f"{base}/{purpose.value}/{KEYS.sign(purpose, [subscription], clock.now())}"

        walk = [
            ("unsubscribe", link(Purpose.UNSUBSCRIBE, following), "You are unsubscribed"),
            ("confirm", link(Purpose.CONFIRM, waiting), "Confirmed"),
            ("nothing to confirm", link(Purpose.CONFIRM, following), "Nothing to confirm"),
            ("link", f"{base}/unsubscribe/none-of-ours", None),
            ("problem", f"{base}/nowhere", None),
        ]
        assert await asyncio.to_thread(barriers_on_the_way, browser, walk) == []


def barriers_on_the_way(browser, walk):
    """What is in the way on each page, and on the one behind its button, which has this title."""
    found = []
    for name, address, then in walk:
        browser.get(address)
        found += barriers(browser, name)
        if then:
            browser.find_element("tag name", "button").click()
            WebDriverWait(browser, 10, poll_frequency=0.02).until(title_is(then))
            found += barriers(browser, f"{name}, done")
        else:
            assert browser.title in {"This link does not work", "This did not work"}
    return found
