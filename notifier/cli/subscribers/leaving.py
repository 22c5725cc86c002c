"""`notifier subscribers export` and `erase`: what is kept of a person, handed out or forgotten."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from notifier.cli import start
from notifier.cli.asking import AsJson, Why, Yes, acting, agree
from notifier.cli.subscribers.topics import Email, theirs

if TYPE_CHECKING:
    from notifier.settings import Settings
    from notifier.storage.audit import Acting

Target = Annotated[
    Path | None,
    typer.Option("--file", metavar="FILE", help="A new file for it, for your eyes only; else it is printed."),
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
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as target:
            target.write(text)
    except FileExistsError:
        raise InputError(
            f"--file {path} is there already and is not overwritten: choose another name"
        ) from None
    except OSError as fault:
        raise InputError(f"--file {path} cannot be written: {fault.strerror}") from fault


def erase(
    email: Email,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be erased, and leave it.")
    ] = False,
    yes: Yes = False,
    reason: Why = None,
    as_json: AsJson = False,
) -> None:
    """Forget a person: every table, every mail. A keyed hash stays, so that a restored backup forgets them too.

    It asks first, for it cannot be taken back. Where mail to the address is stopped, a hash that keeps it stopped stays
    as well.

    Example: notifier subscribers erase jane@example.org --reason "asked by letter on 3 July 2026"
    """
    from notifier import app

    settings = start.settings()
    by = acting(app.make_clock(settings).now(), reason)
    done = _kept(settings, email)
    what = f"{done['subscriptions']} subscriptions, {done['mails']} mails and all that hung on them"
    if not dry_run:
        if not yes:
            agree(f"{what[:1].upper()}{what[1:]} are erased for good. Go on?")
        _erase(settings, email, by)
    if as_json:
        typer.echo(json.dumps({"erased": not dry_run, **done}))
        return
    if dry_run:
        typer.echo(f"Would be erased: {what}. Nothing was changed.")
        return
    typer.echo(f"Erased: {what}. A keyed hash stays, so that a restored backup forgets them too.")
    if done["suppressed"]:
        typer.echo(f"Mail to the address stays stopped ({done['suppressed']}), by a hash of its own.")


def _kept(settings: "Settings", email: str) -> dict[str, Any]:
    """How much is kept of a person."""
    from notifier import app
    from notifier.storage import subscribers

    with app.open_database(settings) as database, database.reading() as session:
        who = theirs(session, email)
        kept = subscribers.export(session, who.subscriber_id, app.open_keys(settings).suppression_key)
    counted = {name: len(kept[name]) for name in ("subscriptions", "mails", "bounces")}
    return counted | {"suppressed": kept["suppressed"]}


def _erase(settings: "Settings", email: str, by: "Acting") -> None:
    from notifier import app
    from notifier.storage import audit, erasure_log, subscribers

    key, ledger = app.open_keys(settings).suppression_key, app.make_ledger(settings)
    with app.open_database(settings) as database:
        with database.transaction() as session:
            who = theirs(session, email)
            subscribers.erase(session, who.subscriber_id, by.now, key)
            audit.note(session, by, "subscribers erase", people=1, ids={"subscribers": [who.subscriber_id]})
        erasure_log.keep(database, ledger, key, by.now)
