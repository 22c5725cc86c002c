"""Makes pictures of typical mails with Chromium, to be looked at: wide, as on a telephone, and in the dark.

    python tests/look_at_mails.py [FOLDER]

Run by hand after the templates, the style sheet or the sentences have changed. Needs Chromium and its driver
(`apt install chromium chromium-driver`).
"""

import sys
import tempfile
from pathlib import Path

import mails
from check_accessibility import MISSING, a_browser
from look_at_pages import photograph

VIEWS = {"wide": (700, "light"), "telephone": (375, "light"), "dark": (700, "dark")}
LOOKED_AT = (
    "stops_early", "who_can_join", "results_posted", "several_weekly", "new_study_da", "still_watching", "confirmation",
    "preferences", "contacts", "welcome", "welcome_de", "correction", "with_a_note",
)  # fmt: skip


def main(folder: Path) -> None:
    if MISSING:
        sys.exit(MISSING)
    folder.mkdir(parents=True, exist_ok=True)
    renderer = mails.renderer()
    with a_browser() as browser:
        for name in LOOKED_AT:
            page = folder / f"{name}.html"
            page.write_text(renderer.render(mails.TYPICAL[name]()).html, encoding="utf-8")
            for view, (width, scheme) in VIEWS.items():
                photograph(browser, page.resolve().as_uri(), folder / f"{name}-{view}.png", width, scheme)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp(prefix="mails-")))
