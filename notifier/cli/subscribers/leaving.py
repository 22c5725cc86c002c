"""`notifier subscribers export` and `erase`: what is kept of a person, handed out or forgotten."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from notifier.cli import start
from notifier.cli.asking import AsJson, Why, acting
from notifier.cli.subscribers.topics import Email, theirs

if TYPE_CHECKING:
    from notifier.settings import Settings
    from notifier.storage.audit import Acting

Target = Annotated[
    Path | None,
    typer.Option("--file", metavar="FILE", help="Where to write it, for your eyes only; else it is printed."),
]


def export(email: Email, file: Target = None, reason: Why = None) -> None:
    """Everything that is kept of a person, as JSON: who, what, how they agreed, each mail, what came back.

    Example: notifier subscribers export jane@example.org --file jane.json
    """
    from notifier import app
    from notifier.storage import audit, subscribers

    settings = start.settings()
    key, by = (
        app.open_keys(settings).suppression_key,
        acting(app.make_clock(settings).now(), reason),
    )
    with app.open_database(settings) as database, database.transaction() as session:
        who = theirs(session, email)
        found = subscribers.export(session, who.subscriber_id, key)
        audit.note(session, by, "subscribers export", people=1, ids={"subscribers": [who.subscriber_id]})
    text = json.dumps(found, indent=2, ensure_ascii=False)
    if file is None:
        typer.echo(text)
        return
    _write(file, text + "\n")
    typer.echo(f"Written to {file}, which only you can read.")


def _write(path: Path, text: str) -> None:
    from notifier.errors import InputError

    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as target:
            os.fchmod(target.fileno(), 0o600)  # also where the file was there before
            target.write(text)
    except OSError as fault:
        raise InputError(f"--file {path} cannot be written: {fault.strerror}") from fault


def erase(email: Email, reason: Why = None, as_json: AsJson = False) -> None:
    """Forget a person: every table, every mail. A keyed hash stays, so that a restored backup forgets them too.

    Where mail to the address is stopped, a hash that keeps it stopped stays as well.

    Example: notifier subscribers erase jane@example.org --reason "asked by letter on 3 July 2026"
    """
    from notifier import app

    settings = start.settings()
    done = _erase(settings, email, acting(app.make_clock(settings).now(), reason))
    if as_json:
        typer.echo(json.dumps({"erased": True, **done}))
        return
    typer.echo(
        f"Erased: {done['subscriptions']} subscriptions, {done['mails']} mails and all that hung on them. "
        "A keyed hash stays, so that a restored backup forgets them too."
    )
    if done["suppressed"]:
        typer.echo(f"Mail to the address stays stopped ({done['suppressed']}), by a hash of its own.")


def _erase(settings: "Settings", email: str, by: "Acting") -> dict[str, Any]:
    from notifier import app
    from notifier.storage import audit, erasure_log, subscribers

    key, ledger = app.open_keys(settings).suppression_key, app.make_ledger(settings)
    with app.open_database(settings) as database:
        with database.transaction() as session:
            who = theirs(session, email)
            kept = subscribers.export(session, who.subscriber_id, key)
            subscribers.erase(session, who.subscriber_id, by.now, key)
            audit.note(session, by, "subscribers erase", people=1, ids={"subscribers": [who.subscriber_id]})
        erasure_log.keep(database, ledger, key, by.now)
    return {
        "subscriptions": len(kept["subscriptions"]),
        "mails": len(kept["mails"]),
        "bounces": len(kept["bounces"]),
        "suppressed": kept["suppressed"],
    }
