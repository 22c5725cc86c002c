"""Writes `docs/reference/`: every setting, every command and the form for other sites, from the program itself.

    python tests/reference.py

A test fails while what is written there is not what the program says.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import typer.main
from form_api import written as form_api

from notifier.cli import app
from notifier.settings import PREFIX, Settings, described

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
SETTINGS = """# Settings

Environment variables, also read from `.env` in the working directory. A wrong value, or a name that is not in this table, stops the program at
start with one line. Times are written `30s`, `30m`, `36h`, `7d`. This page is written by `python tests/reference.py`.

| variable | default | meaning | example |
|---|---|---|---|
"""
COMMANDS = """# Commands

`notifier worker`, or `python worker.py`, is the daemon: it asks the registry, sends what is due every minute, serves the pages, and on SIGTERM finishes the
mails in flight and leaves the rest due. The option `--install-completion` teaches your shell the commands and their options.

Exit 0: done. 1: it could not be done, and one line on standard error says what and what to do. 2: wrong use. A command that changes something for more
than ten people says for how many and asks first, unless `--yes` is given; `--reason` is kept in the audit trail. This page is written by
`python tests/reference.py`.
"""


def settings() -> str:
    shown = Settings().shown()
    rows = []
    for name, told in described().items():
        default = shown[PREFIX + name.upper()]
        kept = "unset" if default == "(unset)" else f"`{default}`"
        default = ": ".join(filter(None, ["" if told.unset.startswith(kept) else kept, told.unset]))
        rows.append(f"| `{PREFIX}{name.upper()}` | {default} | {told.meaning} | `{told.example}` |\n")
    return SETTINGS + "".join(rows)


def commands() -> str:
    return COMMANDS + "".join(_told(name, command) for name, command in every_command().items())


def every_command() -> dict[str, click.Command]:
    return dict(_commands(typer.main.get_command(app), "notifier"))


def _commands(group: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    for key, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{name} {key}")
        else:
            yield f"{name} {key}", command


def _told(name: str, command: click.Command) -> str:
    said, _, example = (command.help or "").partition("Example: ")
    said = "\n\n".join(" ".join(part.split()) for part in said.strip().split("\n\n"))
    usage = " ".join([name, *command.collect_usage_pieces(click.Context(command))])
    options = "".join(map(_option, command.params))
    table = f"\n| option | meaning |\n|---|---|\n{options}" if options else ""
    return f"\n## `{name}`\n\n{said}\n\n```sh\n{' '.join(example.split())}\n```\n\n`{usage}`\n{table}"


def _option(option: click.Parameter) -> str:
    names = ", ".join(f"`{each}`" for each in (*option.opts, *option.secondary_opts))
    if isinstance(option, click.Argument) or not names:
        names = f"`{option.human_readable_name}`"
    said = " ".join((getattr(option, "help", "") or "").split()).replace("|", "\\|")
    return f"| {names} | {said} |\n" if option.name != "help" else ""


PAGES = {"settings": settings, "commands": commands}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for page, written in PAGES.items():
        (FOLDER / f"{page}.md").write_text(
            re.sub(r"[ \t]+$", "", written(), flags=re.MULTILINE), encoding="utf-8"
        )
    (FOLDER / "openapi.json").write_text(form_api(), encoding="utf-8")
