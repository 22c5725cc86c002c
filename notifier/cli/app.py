"""The commands of CONTRACT's table and how they are called. What a command needs is imported when it runs."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from notifier import __version__
from notifier.cli import (
    audit,
    backups,
    bounces,
    canary,
    dkim,
    doctor,
    keys,
    outbox,
    rollback,
    sealing,
    start,
    studies,
    subscribers,
    summaries,
)
from notifier.cli.asking import day

app = typer.Typer(
    name="notifier",
    help="Watches ClinicalTrials.gov and mails the people who asked when a study changes.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    # Frames and colours are for eyes, and loading what draws them takes as long as all else that help needs.
    rich_markup_mode="rich" if sys.stdout.isatty() else None,
    # The width is of plain text; examples fit in it, and are not broken.
    context_settings={"help_option_names": ["-h", "--help"], "terminal_width": 120},
)
app.add_typer(subscribers.app, name="subscribers")
app.add_typer(studies.app, name="studies")
app.add_typer(summaries.app, name="summaries")
app.add_typer(outbox.app, name="outbox")
app.add_typer(dkim.app, name="dkim")
app.add_typer(keys.app, name="keys")
app.add_typer(canary.app, name="canary")

database = typer.Typer(
    help="The database's schema, and whether its addresses are sealed.", no_args_is_help=True
)
app.add_typer(database, name="database")
database.command()(sealing.seal)
database.command()(sealing.unseal)

app.command()(bounces.bounces)
app.command()(audit.audit)
studies.app.command()(rollback.rollback)
app.command()(doctor.doctor)
app.command()(backups.backup)
app.command()(backups.restore)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"notifier {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Say which version this is.", callback=_say_version, is_eager=True),
    ] = False,
) -> None:
    """Take what is said before a command."""


@app.command()
def watch(as_json: AsJson = False) -> None:
    """Look at the registry once, now, and note what changed. Mails nobody.

    Example: notifier watch --json
    """
    from notifier.cli.passes import run_watch

    report = run_watch(start.settings())
    if as_json:
        typer.echo(json.dumps(report))
        return
    typer.echo(_watch_sentence(report))


def _watch_sentence(report: dict[str, object]) -> str:
    if report["outcome"] == "unchanged":
        return f"The registry's data is still that of {report['data_timestamp']}: nothing to do."
    return (
        f"Looked at the registry's data of {report['data_timestamp']} ({report['outcome']}): "
        f"{report['baselines']} first sights, {report['studies_changed']} studies changed, "
        f"{report['studies_new']} new, {report['changes']} changes, {report['notices']} notices, "
        f"{report['requests']} requests."
        + (
            f" The record of {report['unreadable']} followed studies cannot be read."
            if report["unreadable"]
            else ""
        )
    )


@app.command()
def deliver(as_json: AsJson = False) -> None:
    """Send every mail that is due, now.

    Example: notifier deliver --json
    """
    from notifier.cli.passes import run_deliver

    report = run_deliver(start.settings())
    if as_json:
        typer.echo(json.dumps(report.counts()))
    else:
        typer.echo(", ".join(f"{count} {name}" for name, count in report.counts().items()))
    for fault in (report.fault, report.refused):
        if fault is not None:
            raise fault


@app.command()
def simulate(
    since: Annotated[str, typer.Option("--from", metavar="DATE", help="The first day, such as 2027-01-11.")],
    as_json: AsJson = False,
) -> None:
    """Replay stored history through today's rules and subscriptions: who would have got what. Sends nothing.

    Example: notifier simulate --from 2027-01-11
    """
    from notifier.cli.passes import run_simulation

    mails = run_simulation(start.settings(), day(since, "--from"))
    if as_json:
        typer.echo(json.dumps({"mails": mails}))
        return
    for mail in mails:
        told = ", ".join(f"{each['nct_id']} {each['kind']}" for each in mail["told"])
        typer.echo(f"{mail['day']}  {mail['email']}: {told}")
    typer.echo(f"{len(mails)} mails would have gone.")


@app.command()
def preview(
    nct_id: Annotated[
        str | None, typer.Argument(metavar="[NCT…]", help="A stored study; else the samples.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where the files go.")] = Path("preview"),
    language: Annotated[str, typer.Option(metavar="L", help="en, da or de.")] = "en",
) -> None:
    """Render every mail to files, from a stored study or from samples, as it would be sent.

    Each says that it is a sample: its links are signed with a key that is thrown away, and do not work.

    Example: notifier preview --language da
    """
    from notifier.cli.previews import write_previews

    for path in write_previews(start.settings(), nct_id, folder, language):
        typer.echo(str(path))


@app.command()
def serve() -> None:
    """Serve the pages alone, until Ctrl-C.

    Example: notifier serve
    """
    from notifier.cli.passes import run_pages

    run_pages(start.settings())


@app.command()
def demo(
    leave: Annotated[bool, typer.Option("--exit", help="End when the story is told.")] = False,
) -> None:
    """Show the whole story on this machine, offline: a small registry, a mailbox, three people, a day that passes.

    Example: notifier demo --exit
    """
    import asyncio

    from notifier.demo.story import run_story

    asyncio.run(run_story(stay=not leave))


@app.command(name="worker")
def run_worker() -> None:
    """Run the daemon until SIGTERM or Ctrl-C: ask the registry, send what is due, serve the pages.

    Example: notifier worker
    """
    from notifier.cli.worker import work

    work()


@database.command()
def status() -> None:
    """Say which schema the database has, and which is needed.

    Example: notifier database status
    """
    from notifier import app as parts
    from notifier.errors import SchemaError

    with parts.open_database(start.settings(), check=False) as opened:
        schema = opened.schema()
    if not schema.ready:
        if not schema.empty:
            opened.refuse_unready(schema)
        raise SchemaError(
            f"The database is empty, schema {schema.needed} is needed: run `notifier database upgrade`"
        )
    typer.echo(f"The database has schema {schema.current}, as needed.")


@database.command()
def upgrade() -> None:
    """Bring the database to the schema that this version needs. Back it up first.

    Example: notifier database upgrade
    """
    from notifier import app as parts

    with parts.open_database(start.settings(), check=False) as opened:
        before, after = opened.schema(), opened.upgrade()
    if before.ready:
        typer.echo(f"The database has schema {after.current} already; nothing was changed.")
    else:
        typer.echo(f"The database has schema {after.current} now.")
