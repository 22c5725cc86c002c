"""`notifier doctor`: what is well and what is not, as a table for a person, lines for a pipe, or JSON for a program."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli import start

if TYPE_CHECKING:
    from notifier.doctor import Finding


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Check everything that this installation stands on, and print the settings that are in force. Sends nothing.

    Example: notifier doctor
    """
    import asyncio

    from notifier.doctor import Outcome, examine
    from notifier.errors import NotifierError

    settings = start.settings()
    found, shown = asyncio.run(examine(settings)), settings.shown()
    wrong = [finding.of for finding in found if finding.outcome is Outcome.FAILED]
    if as_json:
        checks = [{"of": each.of, "outcome": each.outcome.value, "says": each.says} for each in found]
        typer.echo(json.dumps({"ok": not wrong, "checks": checks, "settings": shown}))
    elif sys.stdout.isatty():
        _print_tables(found, shown)
    else:
        _print_lines(found, shown)
    if wrong:
        raise NotifierError(
            f"{len(wrong)} of {len(found)} checks failed ({', '.join(dict.fromkeys(wrong))}): see above"
        )


def _print_lines(found: Sequence["Finding"], shown: Mapping[str, str]) -> None:
    for finding in found:
        typer.echo(f"{finding.outcome.value:<12}{finding.of:<14}{finding.says}")
    for name, value in shown.items():
        typer.echo(f"{name}={value}")


def _print_tables(found: Sequence["Finding"], shown: Mapping[str, str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    colours = {"ok": "green", "failed": "bold red", "not checked": "yellow"}
    checks, settings = (
        Table("", "of", "says", title="Checks"),
        Table("setting", "value", title="Settings in force"),
    )
    for finding in found:
        word = finding.outcome.value
        checks.add_row(Text(word, style=colours[word]), finding.of, Text(finding.says))
    for name, value in shown.items():
        settings.add_row(name, Text(value))
    console = Console()
    console.print(checks)
    console.print(settings)
