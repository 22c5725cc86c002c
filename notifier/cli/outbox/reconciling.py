"""`notifier outbox reconcile`: accounts for what was found in a day and everybody who asked for it. Changes nothing."""

import json
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli import start
from notifier.cli.asking import AsJson, day

if TYPE_CHECKING:
    from notifier.storage.reconciliation import Account

Day = Annotated[
    str | None, typer.Option("--day", metavar="DATE", help="A day of UTC; else the last 24 hours.")
]


def reconcile(date: Day = None, as_json: AsJson = False) -> None:
    """Account for every change of a day and everybody who asked for it: told, waiting and why, not told and why.

    Example: notifier outbox reconcile --day 2027-01-12
    """
    from notifier import app
    from notifier.storage.reconciliation import account

    settings = start.settings()
    now = app.make_clock(settings).now()
    first = now - timedelta(days=1) if date is None else day(date, "--day")
    if first > now:
        raise typer.BadParameter(f"--day {date!r} is still to come: give a day that has begun")
    last = now if date is None else first + timedelta(days=1)
    with app.open_database(settings) as database, database.reading() as session:
        found = account(session, first, last, now)
    if as_json:
        times = {"since": first.isoformat(), "until": last.isoformat()}
        typer.echo(json.dumps(asdict(found) | times | {"faults": found.faults}))
    else:
        for line in lines(found):
            typer.echo(line)
    if found.faults:
        raise typer.Exit(1)


def lines(found: "Account") -> list[str]:
    """The account for a person to read: one sentence, and what it is made of."""
    parts = (("waiting", found.waiting), ("not told", found.untold), ("UNEXPLAINED", found.unexplained))
    return [
        f"{found.since:%Y-%m-%d %H:%M} to {found.until:%Y-%m-%d %H:%M} UTC: {found.sentence()}.",
        f"  {found.tellings} tellings, {found.accepted} accepted",
        *(f"  {count} {name}: {why}" for name, part in parts for why, count in sorted(part.items())),
    ]
