"""Makes pictures of typical mails with Chromium, to be looked at: wide, as on a telephone, and in the dark.

    python tests/look_at_mails.py [FOLDER]

Run by hand after the templates, the style sheet or the sentences have changed. Needs Chromium (`apt install chromium`).
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import mails

CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
DARK = "--blink-settings=preferredColorScheme=0"
VIEWS = {"wide": (700, ()), "telephone": (375, ()), "dark": (700, (DARK,))}
LOOKED_AT = (
    "stops_early",
    "who_can_join",
    "results_posted",
    "several_weekly",
    "new_study_da",
    "still_watching",
    "confirmation",
    "preferences",
    "contacts",
    "welcome",
    "welcome_de",
    "correction",
    "with_a_note",
)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    renderer = mails.renderer()
    for name in LOOKED_AT:
        page = folder / f"{name}.html"
        page.write_text(renderer.render(mails.TYPICAL[name]()).html, encoding="utf-8")
        for view, (width, options) in VIEWS.items():
            photograph(page, folder / f"{name}-{view}.png", width, options)


def photograph(page: Path, picture: Path, width: int, options: tuple[str, ...]) -> None:
    # Chromium's window is never narrower than 500 pixels; a frame in a page is as narrow as it is told.
    framed = page.with_suffix(f".{width}.html")
    framed.write_text(
        f'<body style="margin:0"><iframe src="{page.name}" style="border:0;width:{width}px;height:2000px"></iframe>',
        encoding="utf-8",
    )
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                CHROMIUM,
                *QUIET,
                *options,
                f"--user-data-dir={profile}",
                f"--window-size={max(width, 500)},2000",
                f"--screenshot={picture}",
                framed.resolve().as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
    framed.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp(prefix="mails-")))
