"""`notifier outbox correct`: puts right what was told wrong, to exactly those who got it. Shows no address."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli import start
from notifier.cli.asking import From, To, Why, Yes, acting, period, sure

if TYPE_CHECKING:
    from notifier.storage.outbox.corrections import Concerned

Study = Annotated[str, typer.Option("--study", metavar="NCT…", help="The study that something was told of.")]
Changes = Annotated[
    list[int] | None,
    typer.Option("--change", metavar="ID", help="What was told wrong; again for more. Else all of it."),
]
Text = Annotated[str | None, typer.Option(metavar="TEXT", help="What was wrong, and what is right.")]
File = Annotated[Path | None, typer.Option(metavar="FILE", help="The same, from a file in UTF-8.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


def correct(
    study: Study,
    since: From,
    until: To,
    change: Changes = None,
    text: Text = None,
    file: File = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Why = None,
) -> None:
    """Mail a correction to exactly those who were told something wrong in a time and have not left since, once each.

    Example: notifier outbox correct --study NCT01234567 --from 2027-01-12 --to 2027-01-12 --text "It is still open."
    """
    from notifier import app
    from notifier.domain.study import parse_nct_id
    from notifier.storage import audit
    from notifier.storage.outbox import corrections

    said, settings = corrections.checked(_words(text, file)), start.settings()
    wrong = corrections.Wrong(parse_nct_id(study), tuple(change or ()), *period(since, until))
    key, now = app.open_keys(settings).suppression_key, app.make_clock(settings).now()
    by, domain = acting(now, reason), app.mail_domain(settings)
    with app.open_database(settings) as database:
        with database.reading() as session:
            found = corrections.concerned(session, wrong, said, key)
        for line in _lines(found):
            typer.echo(line)
        if not found.mails or dry_run:
            typer.echo("A dry run: nothing was changed." if found.mails else "Nobody is mailed.")
            return
        sure(len(found.mails), "will be mailed this correction", yes=yes)
        with database.transaction() as session:
            number, made = corrections.correct(
                session, wrong, said, found.mails, key=key, actor=by.actor, now=now, domain=domain
            )
            ids = {"corrections": [number], "subscribers": sorted(found.mails), "changes": wrong.changes}
            audit.note(session, by, "outbox correct", people=made, ids=ids)
    typer.echo(f"Correction {number}: {made} mails are due.")


def _words(text: str | None, file: Path | None) -> str:
    if (text is None) == (file is None):
        raise typer.BadParameter("give --text or --file")
    if file is None:
        return text or ""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(
            f"--file cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}"
        ) from None


def _lines(found: "Concerned") -> list[str]:
    counts = (
        (found.left, "have ended it since, and are not written to"),
        (found.suppressed, "are not mailed any more, because their address is suppressed"),
        (found.corrected, "got this very correction already"),
        (found.waiting, "would still be told the same: see `notifier studies rollback`"),
    )
    told = f"{len(found.mails)} people are to be corrected."
    return [told, *(f"{count} people {what}." for count, what in counts if count)]
