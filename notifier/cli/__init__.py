"""The admin's command. Each command is a thin door: read the words, call one room, say what came of it.

Exit 0: done. Exit 1: it could not be done, and one line on standard error says what and what to do. Exit 2: wrong use. What a
command needs is imported when it runs.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from typer import Argument, Option
from typer.core import TyperGroup

import notifier
from notifier.cli import adding, bounces, installation, outbox, studies, subscribers, summaries
from notifier.cli.running import AsJson, Language, answer, begin, columns, day

RUN, TRY, PEOPLE, KEEP = "Run it", "Try it", "People, and what they get", "Keep it well"


class ByTask(TyperGroup):
    """Help that groups the commands by what one wants to do; each names its group where it is added."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        found = [(name, self.commands[name]) for name in self.list_commands(ctx)]
        widest = formatter.width - 6 - max(len(name) for name, _ in found)
        for task in (RUN, TRY, PEOPLE, KEEP):
            rows = [
                (name, command.get_short_help_str(widest))
                for name, command in found
                if getattr(command, "rich_help_panel", None) == task
            ]
            with formatter.section(task):
                formatter.write_dl(rows)


app = typer.Typer(
    name="notifier",
    cls=ByTask,
    help="Watches ClinicalTrials.gov and mails the people who asked when a study changes.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    # Frames and colours are for eyes, and loading what draws them takes as long as all else that help needs.
    rich_markup_mode="rich" if sys.stdout.isatty() else None,
    # The width is of plain text; examples fit in it, and are not broken.
    context_settings={"help_option_names": ["-h", "--help"], "terminal_width": 120},
)
people = typer.Typer(
    help="The people who asked: add, find, pause, end, move, export, erase.", no_args_is_help=True
)
app.add_typer(people, name="subscribers", rich_help_panel=PEOPLE)
people.command()(adding.add)
people.command("list")(subscribers.list_all)
people.command()(subscribers.show)
people.command()(subscribers.pause)
people.command()(subscribers.resume)
people.command()(subscribers.end)
people.command("import")(adding.bring)
people.command()(adding.move)
people.command()(subscribers.export)
people.command()(subscribers.erase)
people.command()(bounces.lift)
app.add_typer(studies.commands, name="studies", rich_help_panel=PEOPLE)
app.add_typer(studies.conditions, name="conditions", rich_help_panel=PEOPLE)
app.add_typer(summaries.commands, name="summaries", rich_help_panel=PEOPLE)
app.add_typer(outbox.commands, name="outbox", rich_help_panel=PEOPLE)
app.add_typer(installation.dkim, name="dkim", rich_help_panel=KEEP)
app.add_typer(installation.keys, name="keys", rich_help_panel=KEEP)
app.add_typer(installation.canary, name="canary", rich_help_panel=KEEP)
app.add_typer(installation.database, name="database", rich_help_panel=KEEP)
app.command(rich_help_panel=RUN)(bounces.bounces)
app.command(rich_help_panel=KEEP)(installation.audit)
app.command(rich_help_panel=KEEP)(installation.doctor)
app.command(rich_help_panel=KEEP)(installation.backup)
app.command(rich_help_panel=KEEP)(installation.restore)


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"notifier {notifier.__version__}")
        raise typer.Exit


@app.callback()
def before_a_command(
    version: Annotated[
        bool, Option("--version", help="Say which version this is.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    """Take what is said before a command."""


@app.command(rich_help_panel=RUN)
def watch(as_json: AsJson = False) -> None:
    """Look at the registry once, now, and note what changed. Mails nobody.

    Example: notifier watch --json
    """
    import asyncio

    from notifier.cli.passes import watch_once

    report = asyncio.run(watch_once(begin()))
    if report["outcome"] == "unchanged":
        said = f"The registry's data is still that of {report['data_timestamp']}: nothing to do."
    else:
        said = (
            f"Looked at the registry's data of {report['data_timestamp']} ({report['outcome']}): "
            f"{report['baselines']} first sights, {report['studies_changed']} studies changed, "
            f"{report['studies_new']} new, {report['changes']} changes, {report['notices']} notices, "
            f"{report['requests']} requests."
        )
        if report["unreadable"]:
            said += f" The record of {report['unreadable']} followed studies cannot be read."
    answer(report, [said], as_json=as_json)


@app.command(rich_help_panel=RUN)
def deliver(as_json: AsJson = False) -> None:
    """Send every mail that is due, now.

    Example: notifier deliver --json
    """
    import asyncio

    from notifier.cli.passes import deliver_once

    report = asyncio.run(deliver_once(begin()))
    lines = [", ".join(f"{count} {name}" for name, count in report.counts().items())]
    if report.above:
        lines.append(f"{report.above} of those left wait for the next hour: see NOTIFIER_MAILS_AN_HOUR.")
    answer(report.counts(), lines, as_json=as_json)
    for fault in (report.fault, report.refused):
        if fault is not None:
            raise fault


@app.command(rich_help_panel=TRY)
def simulate(
    since: Annotated[str, Option("--from", metavar="DATE", help="The first day, such as 2027-01-11.")],
    as_json: AsJson = False,
) -> None:
    """Replay stored history through today's rules and subscriptions: who would have got what. Sends nothing.

    Example: notifier simulate --from 2027-01-11
    """
    from notifier import app as building
    from notifier.services.operations import replay

    settings, first = begin(), day(since, "--from")
    now = building.make_clock(settings).now()
    with building.open_database(settings) as database:
        mails = replay(database, first, now, settings.settle_minor)
    plain, lines = [], []
    for mail in mails:
        told = [{"nct_id": nct_id, "kind": kind} for nct_id, kind in mail.told]
        plain.append(columns(mail, "day", "email") | {"told": told, "left_out": mail.left_out})
        said = ", ".join(f"{nct_id} {kind}" for nct_id, kind in mail.told)
        more = f", and {mail.left_out} more new studies do not fit" if mail.left_out else ""
        lines.append(f"{mail.day.isoformat()}  {mail.email}: {said}{more}")
    answer({"mails": plain}, [*lines, f"{len(mails)} mails would have gone."], as_json=as_json)


@app.command(rich_help_panel=TRY)
def preview(
    nct_id: Annotated[
        str | None, Argument(metavar="[NCT…]", help="A stored study; else the samples.")
    ] = None,
    folder: Annotated[Path, Option(help="Where the files go.")] = Path("preview"),
    language: Language = None,
) -> None:
    """Render every mail to files, from a stored study or from samples, as it would be sent.

    Each says that it is a sample: its links are signed with a key that is thrown away, and do not work.

    Example: notifier preview --language da
    """
    from notifier.cli.previews import write_previews

    for path in write_previews(begin(), nct_id, folder, language):
        typer.echo(str(path))


@app.command("test-mail", rich_help_panel=TRY)
def mail_a_test(
    address: Annotated[str, Argument(metavar="ADDRESS", help="Whose mailbox; yours, or a checker's.")],
    language: Language = None,
    as_json: AsJson = False,
) -> None:
    """Mail one sample by the way that all mails go, and say what the mail server answered.

    It says that it is a test, is signed as every mail is, and its links do nothing. Nothing is stored.

    Example: notifier test-mail you@example.org
    """
    from notifier.cli.previews import send_test
    from notifier.mail.smtp import SendOutcome

    settings = begin()
    verdict = send_test(settings, address, language)
    plain = columns(verdict, "outcome", "stage", "code", "status", "text")
    said = " ".join(filter(None, (str(verdict.code or ""), verdict.text))) or "the mail server gave no answer"
    if settings.smtp_url is None:
        said = f"no mail server is set, so it is a file in {settings.mail_dir}"
    answer(plain, [f"The mail is {verdict.outcome.value}: {said}"], as_json=as_json)
    if verdict.outcome is not SendOutcome.SENT:
        raise typer.Exit(1)


@app.command(rich_help_panel=RUN)
def serve() -> None:
    """Serve the pages alone, until Ctrl-C.

    Example: notifier serve
    """
    import asyncio

    from notifier.cli.passes import serve_pages

    asyncio.run(serve_pages(begin()))


@app.command(rich_help_panel=TRY)
def demo(leave: Annotated[bool, Option("--exit", help="End when the story is told.")] = False) -> None:
    """Show the whole story on this machine, offline: a small registry, three people, days that pass, and the mails as files.

    Example: notifier demo --exit
    """
    import asyncio

    from notifier.demo.story import run_story

    asyncio.run(run_story(stay=not leave))


@app.command(name="worker", rich_help_panel=RUN)
def run_worker() -> None:
    """Run the daemon until SIGTERM or Ctrl-C: ask the registry, send what is due, serve the pages.

    Example: notifier worker
    """
    from notifier.cli.passes import work

    work()


def main() -> None:
    """Run the command; an error that has a name becomes one line, never a traceback."""
    from notifier.errors import NotifierError

    try:
        try:
            app()
        finally:
            sys.stdout.flush()  # what was not echoed line by line fails here, and not at exit
    except NotifierError as error:
        sys.stderr.write(f"notifier: {error}\n")
        sys.exit(1)
    except OSError as error:
        # What can go wrong with a file that was asked for has a name of ours; this is mostly output on a full disk.
        # Throw away what is still to be written, so that Python does not try it again at exit.
        with suppress(OSError, ValueError), Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # whoever read our output has read enough
            sys.stderr.close()
            sys.exit(0)
        where = error.filename or "The answer"
        sys.stderr.write(f"notifier: {where} could not be written or read: {error.strerror or error}\n")
        sys.exit(1)
