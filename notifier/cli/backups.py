"""`notifier backup` and `notifier restore`: one file that holds everything, and the way back from it."""

from pathlib import Path
from typing import Annotated

import typer

from notifier.cli import start

Backup = Annotated[Path, typer.Argument(metavar="FILE", help="Where the backup is, or is to be.")]


def backup(file: Backup) -> None:
    """Copy the whole database to a file that is not there yet, also while the worker runs, and check the copy.

    The file holds addresses and what they follow, and only you may read it. Keep `notifier.key` elsewhere.

    Example: notifier backup /var/backups/notifier-2027-01-12.backup
    """
    from notifier import app
    from notifier.services import backups

    settings = start.settings()
    with app.open_database(settings) as database:
        size = backups.back_up(database, file, app.make_clock(settings).now())
    typer.echo(f"The database is in {file} ({size / 1_000_000:.1f} MB), and the copy was checked.")


def restore(
    file: Backup,
    yes: Annotated[
        bool, typer.Option("--yes", help="Also in the place of a database that is not empty.")
    ] = False,
) -> None:
    """Put a backup in the place of the database. Stop the worker first; nothing is mailed until you say so.

    Example: notifier restore /var/backups/notifier-2027-01-12.backup
    """
    from notifier import app
    from notifier.services import backups

    settings = start.settings()
    key, now = app.open_keys(settings).suppression_key, app.make_clock(settings).now()
    ledger = app.make_ledger(settings)
    with app.open_database(settings, check=False) as database:
        done = backups.restore(database, file, ledger, key, now, sure=yes)
    typer.echo(f"The database is what {file} holds.")
    if done.aside is not None:
        typer.echo(f"The damaged one is in {done.aside}.")
    if done.erased:
        typer.echo(f"Erased again, as they asked since the backup: {done.erased}.")
    if done.since.ended or done.since.stopped:
        typer.echo(
            f"Ended again, as it was since the backup: {done.since.ended} follows; not mailed any more: "
            f"{done.since.stopped} addresses."
        )
    typer.echo(
        f"What it cannot know: {done.since.lost} follows that were confirmed or added since, who had signed up and not "
        "confirmed yet, and choices that were changed. Those people must sign up again."
    )
    typer.echo(
        "Run `notifier watch`, look at `notifier outbox list`, then `notifier outbox release` or `drop`."
    )
