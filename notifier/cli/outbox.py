"""`notifier outbox …`: what waits, what is held, what failed, and what to do with it. Shows no address."""

import json
from typing import Annotated

import typer

from notifier.cli import start

app = typer.Typer(help="What waits, is held, or failed.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Study = Annotated[str | None, typer.Option(metavar="NCT…", help="Only what is held of this study.")]
Path = Annotated[
    str | None, typer.Option(metavar="PATH", help="Only what is held of this path of the records.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
ASK_ABOVE = 10  # people


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """What waits, what is held and why, what failed.

    Example: notifier outbox list
    """
    from notifier import bootstrap, outbox, snapshots

    settings = start.settings()
    fence = bootstrap.make_fence(settings)
    with bootstrap.open_database(settings) as database, database.reading() as session:
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


@app.command()
def show(message_id: int, as_json: AsJson = False) -> None:
    """One message: what it tells, and what became of it.

    Example: notifier outbox show 12
    """
    from notifier import bootstrap, outbox

    with bootstrap.open_database(start.settings()) as database, database.reading() as session:
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


@app.command()
def release(study: Study = None, path: Path = None, yes: Yes = False) -> None:
    """Let go what is held: all, or one study's, or one path's.

    Example: notifier outbox release --study NCT01234567
    """
    _settle_held(study, path, yes=yes, go=True)


@app.command()
def drop(study: Study = None, path: Path = None, yes: Yes = False) -> None:
    """Tell nobody what is held: all, or one study's, or one path's. What is stored stays the new baseline.

    Example: notifier outbox drop --path protocolSection.descriptionModule.briefSummary
    """
    _settle_held(study, path, yes=yes, go=False)


@app.command()
def resend(message_id: int) -> None:
    """Send again a message that was rejected, expired or held.

    Example: notifier outbox resend 12
    """
    from notifier import bootstrap, outbox

    settings = start.settings()
    with bootstrap.open_database(settings) as database, database.transaction() as session:
        outbox.resend(session, message_id, bootstrap.make_clock(settings).now())
    typer.echo(f"Message {message_id} is due again.")


def _settle_held(study: str | None, path: str | None, *, yes: bool, go: bool) -> None:
    from notifier import bootstrap, notices, outbox
    from notifier.study import parse_nct_id

    settings = start.settings()
    nct_id = None if study is None else parse_nct_id(study)
    now = bootstrap.make_clock(settings).now()
    with bootstrap.open_database(settings) as database:
        # A held message is one mail of one person; it goes only when all that is held goes. So does what is fenced in.
        whole = nct_id is None and path is None
        fence = bootstrap.make_fence(settings) if whole else None
        with database.reading() as session:
            people = notices.held_people(session, nct_id=nct_id, path=path)
            fenced = fence is not None and fence.closed(session) is not None
            people += outbox.people_waiting(session) if fenced else 0
        if people > ASK_ABOVE and not yes:
            what = "will be mailed" if go else "will not be told"
            typer.confirm(f"{people} people {what}. Go on?", abort=True)
        with database.transaction() as session:
            move = notices.release if go else notices.drop
            moved = move(session, nct_id=nct_id, path=path)
            moved_mails = (
                (outbox.release_messages if go else outbox.drop_messages)(session, now) if whole else 0
            )
            if fence and fenced:
                moved_mails += 0 if go else outbox.drop_waiting(session, now)
                fence.renew(session)
    done = "Released" if go else "Dropped"
    if fenced:
        typer.echo(
            "This database may mail from here again."
            if go
            else "What waited is dropped; new mail goes from here."
        )
        return
    if not moved and not moved_mails:
        typer.echo("Nothing of that is held: see `notifier outbox list`.")
        return
    typer.echo(f"{done}: {moved} notices and {moved_mails} mails.")
