"""`notifier outbox release` and `drop`: what is held goes, or is told to nobody. Shows no address.

A mail that the gate held is shown before it goes as it is: an admin who reads it is the gate then.
"""

import re
import secrets
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli import start
from notifier.cli.asking import Why, Yes, acting, sure

if TYPE_CHECKING:
    from notifier.settings import Settings
    from notifier.storage.audit import Acting
    from notifier.storage.engine import Database, Session
    from notifier.storage.restore_guard import Fence

Study = Annotated[str | None, typer.Option(metavar="NCT…", help="Only what is held of this study.")]
Path = Annotated[
    str | None, typer.Option(metavar="PATH", help="Only what is held of this path of the records.")
]


Id = Annotated[int | None, typer.Argument(metavar="[ID]", help="One message, see `notifier outbox list`.")]
MOST_SHOWN = 5  # mails; the others are told as `outbox show` tells them
_LINK = re.compile(r"https?://\S+")


def release(
    message_id: Id = None, study: Study = None, path: Path = None, yes: Yes = False, reason: Why = None
) -> None:
    """Let go what is held: all, or one mail, or one study's, or one path's. A mail that says what is not in the record is shown, and goes as it is.

    Example: notifier outbox release --study NCT01234567
    """
    _settle_held(message_id, study, path, yes=yes, go=True, reason=reason)


def drop(
    message_id: Id = None, study: Study = None, path: Path = None, yes: Yes = False, reason: Why = None
) -> None:
    """Tell nobody what is held: all, or one mail, or one study's, or one path's. What is stored stays the new baseline.

    Example: notifier outbox drop --path protocolSection.descriptionModule.briefSummary
    """
    _settle_held(message_id, study, path, yes=yes, go=False, reason=reason)


def _settle_held(
    message_id: int | None,
    study: str | None,
    path: str | None,
    *,
    yes: bool,
    go: bool,
    reason: str | None,
) -> None:
    from notifier import app
    from notifier.domain.study import parse_nct_id
    from notifier.storage import notices, outbox

    if message_id is not None and (study or path):
        raise typer.BadParameter("give the number of one message, or --study and --path")
    settings = start.settings()
    nct_id = None if study is None else parse_nct_id(study)
    by = acting(app.make_clock(settings).now(), reason)
    with app.open_database(settings) as database:
        # A held message is one mail of one person; it goes only when all that is held goes. So does what is fenced in.
        whole = message_id is None and nct_id is None and path is None
        fence = app.make_fence(settings) if whole else None
        with database.reading() as session:
            news = message_id is None
            people = notices.held_people(session, nct_id=nct_id, path=path) if news else 0
            people += outbox.people_held(session, message_id) if whole or not news else 0
            closed = fence if fence is not None and fence.closed(session) is not None else None
            people += outbox.people_waiting(session) if closed else 0
        if go and (whole or not news):
            _show_untrue(settings, database, message_id)
        sure(people, "will be mailed" if go else "will not be told", yes=yes)
        with database.transaction() as session:
            move = notices.release if go else notices.drop
            moved = move(session, nct_id=nct_id, path=path) if news else 0
            mails = _settle_mails(session, closed, by.now, message_id, go=go) if whole or not news else 0
            if moved or mails or closed:
                _note(session, by, people, go=go)
    typer.echo(_said(moved, mails, go=go, fenced=closed is not None))


def _show_untrue(settings: "Settings", database: "Database", message_id: int | None) -> None:
    """Print the mails that the gate held, as they will go, but for their links: those are their readers' alone."""
    from notifier import app
    from notifier.domain.signed_links import TokenKeys
    from notifier.storage import letters, outbox

    with database.reading() as session:
        held = [each for each in outbox.at_the_gate(session) if message_id in {None, each[0]}]
    renderer = app.make_renderer(settings, TokenKeys([secrets.token_urlsafe(48)]))
    for number, why in held[:MOST_SHOWN]:
        with database.transaction() as session:
            letter = letters.compose(session, number, app.make_clock(settings).now())
        typer.echo(f"Message {number}: {why}\n")
        if letter is None:
            typer.echo("Nobody wants it any more, so it will not go.\n")
            continue
        text = renderer.render(replace(letter, released=True)).text
        typer.echo(
            "\n".join(f"  | {line}".rstrip() for line in _LINK.sub("(link)", text).splitlines()) + "\n"
        )
    for number, why in held[MOST_SHOWN:]:
        typer.echo(f"Message {number}: {why}")


def _settle_mails(
    session: "Session", closed: "Fence | None", now: datetime, message_id: int | None, *, go: bool
) -> int:
    """Let go, or drop, the mails that are held, and what a closed fence keeps in; returns how many."""
    from notifier.storage import outbox

    moved = (outbox.release_messages if go else outbox.drop_messages)(session, now, message_id)
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
