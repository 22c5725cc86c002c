"""`notifier outbox release` and `drop`: what is held goes, or is told to nobody. Shows no address."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli import start
from notifier.cli.asking import Why, Yes, acting, sure

if TYPE_CHECKING:
    from notifier.storage.audit import Acting
    from notifier.storage.engine import Session
    from notifier.storage.restore_guard import Fence

Study = Annotated[str | None, typer.Option(metavar="NCT…", help="Only what is held of this study.")]
Path = Annotated[
    str | None, typer.Option(metavar="PATH", help="Only what is held of this path of the records.")
]


def release(study: Study = None, path: Path = None, yes: Yes = False, reason: Why = None) -> None:
    """Let go what is held: all, or one study's, or one path's.

    Example: notifier outbox release --study NCT01234567
    """
    _settle_held(study, path, yes=yes, go=True, reason=reason)


def drop(study: Study = None, path: Path = None, yes: Yes = False, reason: Why = None) -> None:
    """Tell nobody what is held: all, or one study's, or one path's. What is stored stays the new baseline.

    Example: notifier outbox drop --path protocolSection.descriptionModule.briefSummary
    """
    _settle_held(study, path, yes=yes, go=False, reason=reason)


def _settle_held(study: str | None, path: str | None, *, yes: bool, go: bool, reason: str | None) -> None:
    from notifier import app
    from notifier.domain.study import parse_nct_id
    from notifier.storage import notices, outbox

    settings = start.settings()
    nct_id = None if study is None else parse_nct_id(study)
    by = acting(app.make_clock(settings).now(), reason)
    with app.open_database(settings) as database:
        # A held message is one mail of one person; it goes only when all that is held goes. So does what is fenced in.
        whole = nct_id is None and path is None
        fence = app.make_fence(settings) if whole else None
        with database.reading() as session:
            people = notices.held_people(session, nct_id=nct_id, path=path)
            people += outbox.people_held(session) if whole else 0
            closed = fence if fence is not None and fence.closed(session) is not None else None
            people += outbox.people_waiting(session) if closed else 0
        sure(people, "will be mailed" if go else "will not be told", yes=yes)
        with database.transaction() as session:
            move = notices.release if go else notices.drop
            moved = move(session, nct_id=nct_id, path=path)
            mails = _settle_mails(session, closed, by.now, go=go) if whole else 0
            if moved or mails or closed:
                _note(session, by, people, go=go)
    typer.echo(_said(moved, mails, go=go, fenced=closed is not None))


def _settle_mails(session: "Session", closed: "Fence | None", now: datetime, *, go: bool) -> int:
    """Let go, or drop, the mails that are held, and what a closed fence keeps in; returns how many."""
    from notifier.storage import outbox

    moved = (outbox.release_messages if go else outbox.drop_messages)(session, now)
    if closed is not None:
        moved += 0 if go else outbox.drop_waiting(session, now)
        closed.renew(session)
    return moved


def _note(session: "Session", by: "Acting", people: int, *, go: bool) -> None:
    from notifier.storage import audit

    audit.note(session, by, "outbox release" if go else "outbox drop", people=people)


def _said(notices: int, mails: int, *, go: bool, fenced: bool) -> str:
    if fenced:
        return (
            "This database may mail from here again."
            if go
            else "What waited is dropped; new mail goes from here."
        )
    if not notices and not mails:
        return "Nothing of that is held: see `notifier outbox list`."
    return f"{'Released' if go else 'Dropped'}: {notices} notices and {mails} mails."
