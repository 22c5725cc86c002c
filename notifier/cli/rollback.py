"""`notifier studies rollback`: forgets a bad version of a study, and all that it would still tell."""

from typing import Annotated

import typer

from notifier.cli import start
from notifier.cli.asking import Why, Yes, acting, sure

Nct = Annotated[str, typer.Argument(metavar="NCT…", help="The study's NCT number.")]
Version = Annotated[int, typer.Argument(metavar="VERSION", help="Its newest version's number.")]
ANOTHER_WATCH = "A watch pass is running on this database: wait until it has ended"


def rollback(nct_id: Nct, version: Version, yes: Yes = False, reason: Why = None) -> None:
    """Forget the newest version of a study, where the registry gave a wrong one: the next look compares with the one before.

    What it brought and nobody was told yet is told to nobody. See the number in `notifier studies history`.

    Example: notifier studies rollback NCT01234567 3
    """
    from notifier import app
    from notifier.domain.study import parse_nct_id
    from notifier.storage import audit
    from notifier.storage.studies import history
    from notifier.storage.studies import rollback as rolling

    study, settings = parse_nct_id(nct_id), start.settings()
    by = acting(app.make_clock(settings).now(), reason)
    with app.open_database(settings) as database, database.exclusive("watch", ANOTHER_WATCH):
        with database.reading() as session:
            history.row(session, study)
            followers = history.followers(session, study)
        sure(followers, "follow it", yes=yes)
        with database.transaction() as session:
            found = rolling.take_back(session, study, version, by.now)
            ids = {"versions": [version], "changes": list(found.changes)}
            audit.note(session, by, "studies rollback", people=followers, ids=ids)
    typer.echo(
        f"Version {found.version} is the newest again. {len(found.changes)} changes were taken back, "
        f"{found.untold} notices are told to nobody."
    )
    if found.told:
        which = " ".join(f"--change {each}" for each in found.changes)
        typer.echo(
            f"{found.told} people were told already: `notifier outbox correct --study {study} {which} …`."
        )
