"""`notifier outbox list` and `show`: what waits, what is held, what failed. Shows no address."""

import json
from typing import Annotated

import typer

from notifier.cli import start

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def list_all(as_json: AsJson = False) -> None:
    """What waits, what is held and why, what failed.

    Example: notifier outbox list
    """
    from notifier import app
    from notifier.storage import outbox
    from notifier.storage.studies import snapshots

    settings = start.settings()
    fence = app.make_fence(settings)
    with app.open_database(settings) as database, database.reading() as session:
        states, needy, held = outbox.overview(session)
        note = snapshots.held_note(session) if held else None
        closed = fence.closed(session) if fence else None
    plain = {
        "messages": {each.state.value: each.count for each in states},
        "held_notices": held,
        "why": note,
        "fenced": closed,
        "look_at": [
            {
                "id": row.id,
                "state": row.state.value,
                "reason": row.reason or row.reply,
                "attempts": row.attempts,
            }
            for row in needy
        ],
    }
    if as_json:
        typer.echo(json.dumps(plain))
        return
    for each in states:
        typer.echo(f"{each.count} {each.state.value}, the oldest of {each.oldest:%Y-%m-%d %H:%M} UTC")
    if held:
        typer.echo(
            f"{held} notices are held: {note or 'no reason noted'}. `notifier outbox release` or `drop`."
        )
    for row in needy:
        typer.echo(
            f"  message {row.id}: {row.state.value}, {row.attempts} attempts, {row.reason or row.reply or '-'}"
        )
    if closed:
        typer.echo(closed)
    if not states and not held:
        typer.echo("Nothing yet.")


def show(
    message_id: Annotated[int, typer.Argument(metavar="ID", help="See `notifier outbox list`.")],
    as_json: AsJson = False,
) -> None:
    """One message: what it tells, and what became of it.

    Example: notifier outbox show 12
    """
    from notifier import app
    from notifier.storage import outbox

    with app.open_database(start.settings()) as database, database.reading() as session:
        row, told = outbox.shown(session, message_id)
    plain = {
        "id": row.id,
        "kind": row.kind.value,
        "state": row.state.value,
        "reason": row.reason,
        "created": row.created_at.isoformat(),
        "due": row.due_at.isoformat(),
        "attempts": row.attempts,
        "message_id": row.rfc_message_id,
        "stage": row.stage,
        "code": row.code,
        "reply": row.reply,
        "tells": [{"nct_id": nct_id, "kind": kind} for nct_id, kind in told],
    }
    if as_json:
        typer.echo(json.dumps(plain))
        return
    for name, value in plain.items():
        if name != "tells":
            typer.echo(f"{name.replace('_', ' ')}: {'-' if value is None else value}")
    for nct_id, kind in told:
        typer.echo(f"tells: {nct_id} {kind}")
