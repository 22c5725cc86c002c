"""`notifier audit`: what was done by command, by whom, and why. It knows ids and no address."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from notifier.cli import start
from notifier.cli.asking import AsJson

if TYPE_CHECKING:
    from notifier.storage.models import AuditRow

Limit = Annotated[int, typer.Option(min=1, max=100_000, help="At most so many, the newest first.")]


def audit(limit: Limit = 100, as_json: AsJson = False) -> None:
    """What admins did, the newest first: who, when, to how many, and why. Shows ids, never an address.

    Example: notifier audit --limit 20
    """
    from notifier import app
    from notifier.storage import audit as trail

    with app.open_database(start.settings()) as database, database.reading() as session:
        rows = trail.trail(session, limit=limit)
    if as_json:
        typer.echo(json.dumps({"acts": [_plain(row) for row in rows]}))
        return
    for row in rows:
        typer.echo(_line(row))
    if not rows:
        typer.echo("Nothing was done by command yet.")


def _plain(row: "AuditRow") -> dict[str, Any]:
    return {
        "id": row.id,
        "at": row.at.isoformat(),
        "actor": row.actor,
        "command": row.command,
        "people": row.people,
        "ids": row.ids or {},
        "reason": row.reason,
    }


def _line(row: "AuditRow") -> str:
    ids = "; ".join(f"{name} {_of(each)}" for name, each in (row.ids or {}).items())
    why = f": {row.reason}" if row.reason else ""
    people = "1 person" if row.people == 1 else f"{row.people} people"
    return (
        f"{row.at:%Y-%m-%d %H:%M} UTC  {row.actor}  {row.command}, {people}{f' ({ids})' if ids else ''}{why}"
    )


def _of(ids: Any) -> str:
    if isinstance(ids, dict):
        return f"{ids['count']} from {ids['from']} to {ids['to']}"
    return ", ".join(str(each) for each in ids)
