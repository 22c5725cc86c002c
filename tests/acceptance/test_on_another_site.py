"""Another site's page takes in a study by the two lines that `docs/embedding.md` has, in a real browser, from another origin."""

import base64
import os
from pathlib import Path

import pytest
from check_accessibility import MISSING
from living_site import a_living_site, visit
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait
from starlette.responses import HTMLResponse

from notifier.demo import day
from notifier.demo.registry import serving

pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
JANE = "jane@example.org"
INSIDE = "return document.querySelector('notifier-embed').shadowRoot"


class Elsewhere:
    """A page of somebody else's, with what it was told to paste."""

    lines = ""

    async def __call__(self, scope, receive, send):
        page = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Elsewhere</title><h1>Our own page</h1>{self.lines}'
        await HTMLResponse(page)(scope, receive, send)


def lines(url):
    """As the documentation has them."""
    text = (Path(__file__).parents[2] / "docs/embedding.md").read_text(encoding="utf-8")
    pasted = text.partition("```html\n")[2].partition("```")[0]
    assert "https://updates.example.org/embed/notifier.js" in pasted
    return pasted.replace("https://updates.example.org", url).replace("NCT01234567", day.BLOOD_TEST)


def shown(browser):
    return WebDriverWait(browser, 10).until(
        lambda b: b.execute_script(f"const root = ({INSIDE[7:]}); return root && root.textContent")
    )


def signs_up(browser):
    root = browser.execute_script(INSIDE)
    root.find_element(By.CSS_SELECTOR, "[name=email]").send_keys(JANE)
    root.find_element(By.CSS_SELECTOR, "[name=consent]").click()
    root.find_element(By.CSS_SELECTOR, "button").click()
    return WebDriverWait(browser, 10).until(
        lambda _: root.find_element(By.CSS_SELECTOR, "[role=status]").text
    )


async def test_a_reader_of_another_site_sees_a_study_there_and_signs_up(sqlite, chromium):
    elsewhere = Elsewhere()
    async with serving(elsewhere) as origin, a_living_site(sqlite, form_origins=(origin,)) as site:
        elsewhere.lines = lines(site.url)
        await visit(chromium.get, origin)
        said = await visit(shown, chromium)
        assert day.BLOOD_TEST in said
        assert "Get updates" in said
        if folder := os.environ.get("NOTIFIER_PICTURES"):  # to be looked at
            for scheme in ("light", "dark"):
                chromium.execute_script("document.documentElement.style.colorScheme = arguments[0]", scheme)
                shot = chromium.execute_cdp_cmd("Page.captureScreenshot", {})
                (Path(folder) / f"embed-{scheme}.png").write_bytes(base64.b64decode(shot["data"]))
        assert "look at your mail" in await visit(signs_up, chromium)
        assert chromium.get_cookies() == []
        assert chromium.current_url.rstrip("/") == origin
        await site.deliver()
        assert len(site.mails_to(JANE)) == 1


async def test_a_site_that_is_not_allowed_shows_what_its_page_had(sqlite, chromium):
    elsewhere = Elsewhere()
    async with serving(elsewhere) as origin, a_living_site(sqlite) as site:
        elsewhere.lines = lines(site.url)
        await visit(chromium.get, origin)
        assert "Read about this study" in await visit(lambda: chromium.find_element(By.TAG_NAME, "body").text)
        assert await visit(chromium.execute_script, INSIDE) is None
