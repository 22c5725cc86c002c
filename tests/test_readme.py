"""What the README says is so: its commands, settings and rooms exist, and none is left out."""

import re
from pathlib import Path

import typer.main

from notifier.cli import app
from notifier.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands(group, name="notifier"):
    for key, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{name} {key}")
        else:
            yield f"{name} {key}", command


def every_command():
    return dict(commands(typer.main.get_command(app)))


def test_every_setting_is_explained_and_no_other():
    told = set(re.findall(rf"^\| `({PREFIX}[A-Z_]+)`", README, flags=re.MULTILINE))
    assert told == {PREFIX + name.upper() for name in Settings.model_fields}


def test_every_command_is_listed_and_no_other():
    told = set(re.findall(r"^\| `(notifier [a-z -]+)`", README, flags=re.MULTILINE))
    assert told == set(every_command())


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
