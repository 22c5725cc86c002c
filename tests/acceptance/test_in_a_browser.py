"""A person's whole way in a real browser: signs up on the study's page, confirms, hears of a change, leaves, comes back.

On a wide screen and on a telephone, in the light and in the dark, with and without JavaScript, and by keyboard alone.
"""

from contextlib import contextmanager
from copy import deepcopy
from datetime import timedelta

import pytest
from check_accessibility import MISSING
from living_site import a_living_site, visit
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from notifier.demo import day
from notifier.domain.wording.catalogue import PAGES, translations
from notifier.storage import subscribers
from notifier.storage.models import SubscriptionState

pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
JANE = "jane@example.org"
WIDE, PHONE = 1280, 375
MOST_STEPS = 200  # of the Tab key, before something is not to be reached


@contextmanager
def seen_as(browser, *, width, scheme, scripts):
    """The browser as a screen of this width shows things, in this colour scheme, with scripts or without."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < WIDE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
    try:
        yield browser
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


class Person:
    """Uses the pages by mouse, or by keyboard alone."""

    def __init__(self, browser, *, by_keyboard=False):
        self.browser, self.by_keyboard = browser, by_keyboard

    def opens(self, address):
        self.browser.get(address)

    def types(self, field, text):
        self._go_to(self.browser.find_element(By.NAME, field)).send_keys(text)

    def ticks(self, element_id):
        box = self._go_to(self.browser.find_element(By.ID, element_id))
        if not box.is_selected():
            box.send_keys(Keys.SPACE) if self.by_keyboard else box.click()

    def presses(self, words):
        """A button by what stands on it; waits for the page behind it."""
        button = self._go_to(self.browser.find_element(By.XPATH, f'//button[contains(., "{words}")]'))
        button.send_keys(Keys.ENTER) if self.by_keyboard else button.click()
        WebDriverWait(self.browser, 20, poll_frequency=0.02).until(lambda _: self._is_gone(button))

    @staticmethod
    def _is_gone(element):
        try:
            element.is_enabled()
        except Exception:  # noqa: BLE001 - the driver has several for an element of a page that is gone
            return True
        return False

    def _go_to(self, element):
        if not self.by_keyboard:
            return element
        for _ in range(MOST_STEPS):
            here = self.browser.switch_to.active_element
            if here == element:
                return element
            here.send_keys(Keys.TAB)
        raise AssertionError(f"{element.tag_name} cannot be reached by the Tab key")

    @property
    def reads(self):
        return self.browser.find_element(By.TAG_NAME, "main").text


def states(site):
    with site.database.reading() as session:
        return [each.row.state for each in subscribers.followed(session, subscribers.address(JANE))]


async def signs_up_and_confirms(site, person):
    await site.watch()
    await visit(person.opens, f"{site.url}/studies/{day.BLOOD_TEST}")
    site.clock.move(timedelta(minutes=1))  # a form that is sent at once is taken for a program's
    await visit(fills_in, person)
    assert "mail" in await visit(lambda: person.reads)
    await site.deliver()
    await visit(person.opens, site.link(site.mails_to(JANE)[-1], "confirm"))
    await visit(person.presses, "Yes, send me these mails")
    assert states(site)[0] == SubscriptionState.ACTIVE


def fills_in(person):
    form = person.browser.find_element(By.ID, "updates")
    person.types("email", JANE)
    assert form.get_attribute("action").endswith("/subscriptions")
    person.ticks("updates-study")
    person.ticks("updates-consent")
    person.presses("Send me updates")


async def hears_of_a_change(site):
    await site.watch()
    before = len(site.mails_to(JANE))
    await site.a_day_passes(day.next_day(), day.NEXT_DAY)
    assert len(site.mails_to(JANE)) > before
    return site.mails_to(JANE)[-1]


async def leaves_and_comes_back(site, person, mail):
    await visit(person.opens, site.link(mail, "unsubscribe"))
    assert states(site)[0] == SubscriptionState.ACTIVE
    await visit(person.presses, "Stop")
    assert states(site)[0] == SubscriptionState.ENDED
    await visit(person.presses, "Undo")
    assert states(site)[0] == SubscriptionState.ACTIVE


VIEWS = {
    "wide, in the light": {"width": WIDE, "scheme": "light", "scripts": True},
    "a telephone in the dark, without scripts": {"width": PHONE, "scheme": "dark", "scripts": False},
}


@pytest.mark.parametrize(
    ("by_keyboard", "view"), [*zip([True, False], VIEWS, strict=True)], ids=["keyboard", "mouse"]
)  # the others are of SEEKERS
async def test_somebody_signs_up_hears_leaves_and_comes_back(sqlite, chromium, view, by_keyboard):
    """Each of them can do all of it, and nothing on the way needs what they have not."""
    async with a_living_site(sqlite) as site:
        with seen_as(chromium, **VIEWS[view]) as browser:
            person = Person(browser, by_keyboard=by_keyboard)
            await signs_up_and_confirms(site, person)
            mail = await hears_of_a_change(site)
            await leaves_and_comes_back(site, person, mail)


# --- found by a slip, and followed --------------------------------------------------------------------------------

NARROW_SCREEN = 320
#: How it is looked for, in which language, by which hand, on which screen; and the country that is chosen later.
SEEKERS = {
    "a slip of the keyboard": ("en", "hart failure", True, NARROW_SCREEN, "light", False, "Sweden"),
    "Danish": ("da", "hjertesvigt", False, WIDE, "light", True, "Sverige"),
    "Spanish": ("es", "insuficiencia cardíaca", False, NARROW_SCREEN, "dark", False, "Suecia"),
}
FITS, ELSEWHERE = "NCT95550001", "NCT95550002"


def a_new_one(nct_id, country):
    """A new study of the heart, in a country."""
    (old,) = [each for each in day.baseline() if day.HEART_TRACER in str(each)]
    made = deepcopy(old)
    protocol = made["protocolSection"]
    protocol["identificationModule"]["nctId"] = nct_id
    for name in ("studyFirstPostDateStruct", "lastUpdatePostDateStruct"):
        protocol["statusModule"][name] = {"date": "2027-01-12", "type": "ACTUAL"}
    protocol["contactsLocationsModule"]["locations"] = [{"city": "There", "country": country}]
    return made


class Seeker(Person):
    """Reads a language, and finds no page that is wider than the screen."""

    def __init__(self, browser, language, width, *, by_keyboard):
        super().__init__(browser, by_keyboard=by_keyboard)
        self.say, self.width = translations(language, PAGES).gettext, width

    def opens(self, address):
        super().opens(address)
        self.fits()

    def presses(self, words):
        super().presses(self.say(words))
        self.fits()

    def follows(self, link):
        found = self._go_to(self.browser.find_element(By.LINK_TEXT, link))
        found.send_keys(Keys.ENTER) if self.by_keyboard else found.click()
        WebDriverWait(self.browser, 20, poll_frequency=0.02).until(lambda _: self._is_gone(found))
        self.fits()

    def unfolds(self, words):
        summary = self._go_to(
            self.browser.find_element(By.XPATH, f'//summary[contains(., "{self.say(words)}")]')
        )
        summary.send_keys(Keys.ENTER) if self.by_keyboard else summary.click()
        self.fits()

    def writes(self, element_id, text):
        self._go_to(self.browser.find_element(By.ID, element_id)).send_keys(text)

    def fits(self):
        wide = self.browser.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]["width"]
        assert wide <= self.width, f"{wide} px at {self.browser.current_url}"


def follows_what_was_meant(seeker, url, language, typed):
    seeker.opens(f"{url}/?lang={language}")
    seeker.writes("q", typed)
    seeker.presses("Search")
    seeker.follows("heart failure")
    seeker.unfolds("Follow new studies like these")
    seeker.types("email", JANE)
    seeker.ticks("updates-consent")


def narrows(seeker, country):
    seeker.unfolds("Change, pause or stop")
    seeker.ticks("narrow-1-open")
    seeker.writes("narrow-1-countries", country)
    seeker.presses("Save this")
    assert seeker.say("This is saved.") in seeker.reads


@pytest.mark.parametrize("who", SEEKERS)
async def test_somebody_finds_follows_is_welcomed_narrows_and_hears_what_fits(sqlite, chromium, who):
    language, typed, by_keyboard, width, scheme, scripts, country = SEEKERS[who]
    async with a_living_site(sqlite) as site:
        with seen_as(chromium, width=width, scheme=scheme, scripts=scripts) as browser:
            seeker = Seeker(browser, language, width, by_keyboard=by_keyboard)
            await visit(follows_what_was_meant, seeker, site.url, language, typed)
            site.clock.move(timedelta(minutes=1))
            await visit(seeker.presses, "Send me updates")
            await site.deliver()
            await visit(seeker.opens, site.link(site.mails_to(JANE)[-1], "confirm"))
            assert "heart failure" in await visit(lambda: seeker.reads)
            await visit(seeker.presses, "Yes, send me these mails")
            await site.deliver()
            welcome = site.mails_to(JANE)[-1].get_body(("plain",)).get_content()
            assert f"/studies/{day.HEART_TRACER}" in welcome
            await site.watch()
            await visit(seeker.opens, f"{site.url}/preferences?lang={language}")
            await visit(seeker.types, "email", JANE)
            await visit(seeker.presses, "Mail me a link")
            await site.deliver()
            await visit(seeker.opens, site.link(site.mails_to(JANE)[-1], "preferences"))
            await visit(narrows, seeker, country)
            new = [a_new_one(FITS, "Sweden"), a_new_one(ELSEWHERE, "France")]
            await site.a_day_passes([*day.baseline(), *new], day.NEXT_DAY)
            mail = site.mails_to(JANE)[-1]
            text = mail.get_body(("plain",)).get_content()
            assert FITS in text
            assert ELSEWHERE not in text
            await visit(seeker.opens, site.link(mail, "left-out"))
            assert await visit(lambda: ELSEWHERE in browser.page_source)
            assert f'<html lang="{language}"' in await visit(lambda: browser.page_source)
