"""Makes pictures of all pages for reading with Chromium, to be looked at: wide, as on a telephone, and in the dark.

    python tests/look_at_pages.py [FOLDER] [RECORDS.jsonl.gz NCT_ID...]

Serves the demo's studies, and on request some records of the registry. Run by hand after a template or the style sheet
has changed. Needs Chromium and its driver (`apt install chromium chromium-driver`).
"""

import asyncio
import base64
import gzip
import json
import sys
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path

from check_accessibility import MISSING, a_browser
from fakes import sign_up

from notifier.demo import day
from notifier.domain.study import content_digest, decode
from notifier.storage.engine import Database
from notifier.storage.models import Every, Source
from notifier.storage.studies import snapshots
from tests.living_site import a_living_site, visit

READER = "jane@example.org"
ROOT = Path(__file__).parent.parent
VIEWS = {
    "wide": (1000, "light"), "telephone": (375, "light"), "narrow": (320, "light"), "dark": (1000, "dark"),
}  # fmt: skip
TALLEST = 9000  # pixels of one picture


@asynccontextmanager
async def a_site_with_studies():
    """A site where some of the demo's studies are followed, and have changed twice."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/pages.db", ROOT / "migrations")
        database.open()
        async with a_living_site(database) as site:
            for nct_id in (day.BLOOD_TEST, day.FOCUSED_RADIOTHERAPY, day.EXERCISE, day.DUCHENNE):
                sign_up(database, site.clock, READER, nct_id=nct_id, evidence="yes", every=Every.DAILY)
            sign_up(database, site.clock, READER, condition=day.CONDITION, evidence="yes")
            await site.watch()
            await site.a_day_passes(day.next_day(), day.NEXT_DAY)
            await site.a_day_passes(day.day_after(), day.DAY_AFTER)
            yield site
        database.close()


def keep_records(database, clock, path, wanted):
    """Store these records of a file, one a line."""
    with gzip.open(path, "rb") as lines, database.transaction() as session:
        for line in lines:
            study = decode(line)
            if study.nct_id in wanted:
                version = snapshots.Version(study, content_digest(study.raw), Source.PAGE)
                snapshots.store(session, version, day.DAY_AFTER, clock.now(), watch=False)


def photograph(browser, address, picture, width, scheme):
    """The whole page, as high as it is."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    browser.get(address)
    height = browser.execute_script("return document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": width, "height": min(height, TALLEST), "scale": 1}
    shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
    picture.write_bytes(base64.b64decode(shot["data"]))


async def look(folder, records=None, *wanted):
    """Every page, in each view."""
    paths = {
        "home": "/",
        "search": "/conditions?q=cancer",
        "search-none": "/conditions?q=gout",
        "search-wrong": "/conditions?q=%25",
        "terms": "/terms",
        "privacy": "/privacy",
        "lost": "/studies/NCT123",
        "unknown": "/nowhere",
        **{nct_id: f"/studies/{nct_id}" for nct_id in (day.BLOOD_TEST, day.DUCHENNE, *wanted)},
    }
    async with a_site_with_studies() as site:
        if records:
            keep_records(site.database, site.clock, records, set(wanted))
        with a_browser() as browser:
            for name, path in paths.items():
                for view, (width, scheme) in VIEWS.items():
                    picture = folder / f"{name}-{view}.png"
                    await visit(photograph, browser, site.url + path, picture, width, scheme)


def main(folder, *arguments):
    if MISSING:
        sys.exit(MISSING)
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(look(folder, *arguments))
    sys.stdout.write(f"{json.dumps(sorted(path.name for path in folder.glob('*.png')), indent=1)}\n")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(Path(arguments[0] if arguments else tempfile.mkdtemp(prefix="pages-")), *arguments[1:])
