"""What the README says is so: its rooms and commands exist; and what the reference says is the program's."""

import re
from pathlib import Path

from reference import PAGES, every_command

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_reference_is_what_the_program_says():
    for page, written in PAGES.items():
        kept = (ROOT / "docs" / "reference" / f"{page}.md").read_text(encoding="utf-8")
        now = re.sub(r"[ \t]+$", "", written(), flags=re.MULTILINE)
        assert kept == now, (
            "describe a setting in notifier/settings/described.py; run: python tests/reference.py"
        )


def test_every_command_has_an_example():
    for name, command in every_command().items():
        assert "Example: notifier " in (command.help or ""), name


def test_every_room_is_named():
    built = README.partition("## How it is built")[2].partition("## Development")[0]
    rooms = {path.stem for path in (ROOT / "notifier").iterdir() if path.suffix == ".py" or path.is_dir()}
    for room in rooms - {"__init__", "__main__", "__pycache__", "py", "logs", "cleanup", "_shipped"}:
        assert f"`{room}`" in built, room


def test_ci_runs_the_very_command_of_the_readme():
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "Set up, and run every test:" in ci
    assert "Set up, and run every test:\n\n```sh\npython3 -m venv" in README


def test_the_locks_have_hashes_and_name_no_host():
    for name in ("requirements.txt", "requirements-build.txt", "requirements-dev.txt"):
        lock = (ROOT / name).read_text(encoding="utf-8")
        assert "--hash=sha256:" in lock
        assert "://" not in lock
