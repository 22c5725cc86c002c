"""Asks axe-core, in a Chromium without a way to the network, whether everybody can read our mails and pages (WCAG 2.2 AA).

    python tests/check_accessibility.py

Run by hand it checks the typical mails and prints what stands in somebody's way; the test checks the pages too.
Needs Chromium and its driver (`apt install chromium chromium-driver`).
"""

import sys
from contextlib import contextmanager
from importlib.resources import files
from shutil import which

import mails
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from notifier.domain.languages import LANGUAGES

CHROMIUM, DRIVER = which("chromium"), which("chromedriver")
MISSING = (
    None
    if CHROMIUM and DRIVER
    else "Chromium and its driver are not here: apt install chromium chromium-driver"
)
QUIET = (
    "--headless=new",
    "--no-sandbox",  # Chromium refuses to run as root with one; it is shown nothing but our own pages
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)
EMPTY = "data:text/html,<title>none</title>"
#: All of axe's rules; the size of targets (WCAG 2.2, 2.5.8) is one that it leaves out unless asked. `preload` would
#: fetch style sheets.
EVERY_RULE = {
    "resultTypes": ["violations", "incomplete"],
    "preload": False,
    "rules": {"target-size": {"enabled": True}},
}
#: In pixels a telephone, and a mail's column. Between schemes nothing but colours differs, and between widths all but
#: those: so both widths and both schemes are seen in two looks.
VIEWS = ((375, "dark"), (600, "light"))
#: What the second look can see otherwise than the first.
SEEN = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block", "target-size"]}}
OTHER = tuple(f"_{language}" for language in LANGUAGES if language != "en")
#: What axe cannot decide counts too: it takes text in exactly the colour of its ground for that. And axe does not look
#: whether one has to scroll sideways to read (WCAG 1.4.10).
ASK = """
const [choices, done] = arguments;
const wide = document.documentElement.scrollWidth > innerWidth ? ['scrolls sideways at html'] : [];
const lines = rules => rules.flatMap(rule => rule.nodes.map(node => `${rule.id} at ${node.target.join(' ')}`));
axe.run(document, choices).then(
    found => done(wide.concat(lines(found.violations.concat(found.incomplete)))),
    error => done([`axe failed: ${error}`]));
"""


@contextmanager
def a_browser():
    """A Chromium, which takes longer to start than most pages to open."""
    options = ChromeOptions()
    options.binary_location = CHROMIUM
    for each in QUIET:
        options.add_argument(each)
    browser = Chrome(options, ChromeService(DRIVER))
    try:
        yield browser
    finally:
        browser.quit()


@contextmanager
def with_axe(browser):
    """Every page that is loaded brings it along; not as an element, which the pages' own policy forbids."""
    axe = files("selenium_axe_python").joinpath("axe-core", "axe.min.js").read_text(encoding="utf-8")
    added = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": axe})
    yield browser
    browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


def barriers(browser, name, views=VIEWS):
    """What axe finds wrong with the page that is shown, on a telephone in the dark and wide in the light; a line each."""
    return [
        f"{name}, {width} px, {scheme}: {found}"
        for width, scheme in views
        for found in _asked(
            browser, width, scheme, EVERY_RULE if (width, scheme) == VIEWS[0] else EVERY_RULE | SEEN
        )
    ]


def _asked(browser, width, scheme, rules):
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    shown = browser.execute_script("return [innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]")
    assert shown == [width, scheme == "dark"], "the browser shows another view than it was told"
    return browser.execute_async_script(ASK, rules)


def show(browser, html):
    """Write HTML into an empty page. A mail has no address, and axe is faster where it has run before."""
    if browser.current_url != EMPTY:
        browser.get(EMPTY)
    browser.execute_script("document.open(); document.write(arguments[0]); document.close();", html)


def barriers_of_mails(browser):
    """What axe finds in the typical mails; of one in another language, whose words alone differ, where it is narrow."""
    renderer, found = mails.renderer(), []
    for name, make in mails.TYPICAL.items():
        show(browser, renderer.render(make()).html)
        found += barriers(browser, name, VIEWS[: 1 if name[-3:] in OTHER else 2])
    return found


def main():
    if MISSING:
        sys.exit(MISSING)
    with a_browser() as opened, with_axe(opened) as browser:
        found = barriers_of_mails(browser)
    sys.stdout.writelines(f"{line}\n" for line in found or ["Nothing is in the way."])
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
