"""`notifier database seal` and `unseal`: addresses that a copy of the database alone does not give away, and the way back."""

import typer

from notifier.cli import start


def seal() -> None:
    """Seal every address with the first of NOTIFIER_ADDRESS_KEYS, also after a new one was put there. Stop the worker first.

    What was stopped half way goes on when it is run again. Example: notifier database seal
    """
    from notifier import app
    from notifier.storage.encryption import migrate

    with app.open_database(start.settings(), check=False) as database:
        database.open()
        count = migrate.seal(database)
    typer.echo(
        f"Addresses that were sealed: {count}. Every address in the database is sealed with the first key now. Keep the keys "
        "where the database and its backups are not: without them nobody can be mailed. Backups that were made before "
        "hold the addresses as they were then."
    )


def unseal() -> None:
    """Store every address open again. Stop the worker first; afterwards unset NOTIFIER_ADDRESS_KEYS.

    Example: notifier database unseal
    """
    from notifier import app
    from notifier.storage.encryption import migrate

    with app.open_database(start.settings(), check=False) as database:
        database.open()
        count = migrate.unseal(database)
    typer.echo(
        f"Addresses that were opened: {count}. Unset NOTIFIER_ADDRESS_KEYS before anything else is run."
    )
