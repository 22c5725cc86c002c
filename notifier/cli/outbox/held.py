"""`notifier outbox release` and `drop`: what is held goes, or is told to nobody. Shows no address."""

from typing import Annotated

import typer

from notifier.cli import start
from notifier.cli.asking import Yes, sure

Study = Annotated[str | None, typer.Option(metavar="NCT…", help="Only what is held of this study.")]
Path = Annotated[
    str | None, typer.Option(metavar="PATH", help="Only what is held of this path of the records.")
]


def release(study: Study = None, path: Path = None, yes: Yes = False) -> None:
    """Let go what is held: all, or one study's, or one path's.

    Example: notifier outbox release --study NCT01234567
    """
    _settle_held(study, path, yes=yes, go=True)


def drop(study: Study = None, path: Path = None, yes: Yes = False) -> None:
    """Tell nobody what is held: all, or one study's, or one path's. What is stored stays the new baseline.

    Example: notifier outbox drop --path protocolSection.descriptionModule.briefSummary
    """
    _settle_held(study, path, yes=yes, go=False)


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
        sure(people, "will be mailed" if go else "will not be told", yes=yes)
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
