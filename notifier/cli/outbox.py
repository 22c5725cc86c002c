"""`notifier outbox …`: what waits, what is held, what failed, who was mailed what, and what to do with it."""

import re
import secrets
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.mailing import by_study, in_the_mails_words
from notifier.cli.options import AsJson, DryRun, Failed, From, HeldPath, HeldStudy, Id, To, Why, Yes
from notifier.cli.running import acts, answer, deciding, looking, period, sure
from notifier.errors import InputError, RowUnreadable

if TYPE_CHECKING:
    from notifier.settings import Settings
    from notifier.storage.engine import Database


commands = typer.Typer(help="What waits, is held, or failed.", no_args_is_help=True)


@commands.command("list")
def list_all(as_json: AsJson = False) -> None:
    """What waits, what is held and why, what failed.

    Example: notifier outbox list
    """
    from notifier import app
    from notifier.storage import outbox
    from notifier.storage.studies import snapshots

    with looking() as (settings, session):
        fence = app.make_fence(settings)
        states, needy, held = outbox.overview(session)
        note = snapshots.held_note(session) if held else None
        closed = fence.closed(session) if fence else None
    plain = {
        "messages": {each.state.value: each.count for each in states},
        "held_notices": held,
        "why": note,
        "fenced": closed,
        "look_at": [
            {
                "id": row.id,
                "state": row.state.value,
                "reason": row.reason or row.reply,
                "attempts": row.attempts,
            }
            for row in needy
        ],
    }
    lines = [
        f"{each.count} {each.state.value}"
        + (f", the oldest of {each.oldest:%Y-%m-%d %H:%M} UTC" if each.oldest else "")
        for each in states
    ]
    if held:
        lines.append(
            f"{held} notices are held: {note or 'no reason noted'}. `notifier outbox release` or `drop`."
        )
    lines += [
        f"  message {row.id}: {row.state.value}, {row.attempts} attempts, {row.reason or row.reply or '-'}"
        for row in needy
    ]
    if closed:
        lines.append(closed)
    answer(plain, lines if states or held else [*lines, "Nothing yet."], as_json=as_json)


@commands.command()
def show(
    message_id: Annotated[int, typer.Argument(metavar="ID", help="See `notifier outbox list`.")],
    as_json: AsJson = False,
) -> None:
    """One message: what became of it, and what it tells, as the mail says it.

    Example: notifier outbox show 12
    """
    from notifier import app
    from notifier.storage import letters, outbox

    with looking() as (settings, session):
        row, told = outbox.shown(session, message_id)
        letter = None
        if not as_json:
            with suppress(RowUnreadable):
                letter = letters.as_sent(session, message_id, app.make_clock(settings).now())
    plain = {
        "id": row.id,
        "kind": row.kind.value,
        "state": row.state.value,
        "reason": row.reason,
        "created": row.created_at.isoformat() if row.created_at else None,
        "due": row.due_at.isoformat() if row.due_at else None,
        "attempts": row.attempts,
        "message_id": row.rfc_message_id,
        "stage": row.stage,
        "code": row.code,
        "reply": row.reply,
        "tells": [{"nct_id": nct_id, "kind": kind} for nct_id, kind in told],
    }
    lines = [
        f"{name.replace('_', ' ')}: {'-' if value is None else value}"
        for name, value in plain.items()
        if name != "tells"
    ]
    lines += [f"tells: {study}" for study in by_study(told)]
    answer(plain, [*lines, *in_the_mails_words(settings, letter.entries if letter else ())], as_json=as_json)


MOST_SHOWN = 5  # mails; the others are told as `outbox show` tells them
_LINK = re.compile(r"https?://\S+")


@commands.command()
def release(
    message_id: Id = None,
    study: HeldStudy = None,
    path: HeldPath = None,
    yes: Yes = False,
    reason: Why = None,
) -> None:
    """Let go what is held: all, or one mail, or one study's, or one path's. A mail that says what is not in the record is shown, and goes as it is.

    Example: notifier outbox release --study NCT01234567
    """
    _settle_held(message_id, study, path, yes=yes, go=True, reason=reason)


@commands.command()
def drop(
    message_id: Id = None,
    study: HeldStudy = None,
    path: HeldPath = None,
    yes: Yes = False,
    reason: Why = None,
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
    from notifier.storage import audit, notices, outbox

    if message_id is not None and (study or path):
        raise typer.BadParameter("give the number of one message, or --study and --path")
    nct_id = None if study is None else parse_nct_id(study)
    with deciding(reason) as (settings, database, by):
        # A held message is one mail of one person; it goes only when all that is held goes. So does what is fenced in.
        news, whole = message_id is None, message_id is None and nct_id is None and path is None
        with_mails = whole or not news
        fence = app.make_fence(settings) if whole else None
        with database.reading() as session:
            people = notices.held_people(session, nct_id=nct_id, path=path) if news else 0
            people += outbox.people_held(session, message_id) if with_mails else 0
            closed = fence if fence is not None and fence.closed(session) is not None else None
            people += outbox.people_waiting(session) if closed else 0
        if go and with_mails:
            _show_untrue(settings, database, message_id)
        sure(people, "will be mailed" if go else "will not be told", yes=yes)
        with database.transaction() as session:
            move = notices.release if go else notices.drop
            moved = move(session, nct_id=nct_id, path=path) if news else 0
            settle = outbox.release_messages if go else outbox.drop_messages
            mails = settle(session, by.now, message_id) if with_mails else 0
            if closed is not None:
                mails += 0 if go else outbox.drop_waiting(session, by.now)
                closed.renew(session)
            if moved or mails or closed:
                audit.note(session, by, "outbox release" if go else "outbox drop", people=people)
    if closed is not None:
        said = (
            "This database may mail from here again."
            if go
            else "What waited is dropped; new mail goes from here."
        )
    elif moved or mails:
        said = f"{'Released' if go else 'Dropped'}: {moved} notices and {mails} mails."
    else:
        said = "Nothing of that is held: see `notifier outbox list`."
    typer.echo(said)


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


Since = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="What failed from then on, in UTC: 2027-01-12.")
]
Until = Annotated[
    str | None, typer.Option("--to", metavar="TIME", help="Until before then; a day is taken whole.")
]
Failures = Annotated[
    list[Failed] | None,
    typer.Option("--state", help="How it failed; again for more. Unless told: rejected and expired."),
]


@commands.command()
def resend(
    message_id: Id = None,
    since: Since = None,
    until: Until = None,
    state: Failures = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Why = None,
) -> None:
    """Send again what failed: one message, or all between two times, to exactly those who missed it and still want it.

    Example: notifier outbox resend --from 2027-01-12T08:00 --to 2027-01-12T11:00
    """
    whole = since is not None and until is not None
    if (message_id is not None) == whole or (since is None) != (until is None):
        raise typer.BadParameter("give the number of one message, or both --from and --to")
    from notifier import app
    from notifier.storage import audit
    from notifier.storage.eligibility import IN_WORDS
    from notifier.storage.models import MessageState
    from notifier.storage.outbox import resend as resending

    if message_id is not None:
        with acts(reason) as (settings, session, by):
            missed = resending.one(session, message_id, app.open_keys(settings).suppression_key)
            if not resending.send(session, [missed], by.now):
                where = ", ".join(str(identity) for identity in missed.elsewhere if identity is not None)
                why = "goes again" if missed.why_not is None else IN_WORDS[missed.why_not]
                raise InputError(
                    f"Message {message_id} has nothing left to send: {why}{f' (message {where})' if where else ''}"
                )
            ids = {"messages": [message_id], "subscribers": [missed.subscriber_id]}
            audit.note(session, by, "outbox resend", people=1, ids=ids)
        typer.echo(f"Message {message_id} is due again.")
        return
    first, last = period(since or "", until or "")
    states = {MessageState(each.value) for each in state or (Failed.rejected, Failed.expired)}
    with deciding(reason) as (settings, database, by):
        key, now = app.open_keys(settings).suppression_key, by.now
        with database.reading() as session:
            found = resending.between(session, first, min(last, now), states, key)
        for fate, mails in sorted(resending.counts(found).items(), key=lambda each: each[0] or ""):
            typer.echo(f"{mails} mails: {'goes again' if fate is None else IN_WORDS[fate]}.")
        going = {each.message_id: each.subscriber_id for each in found if each.why_not is None}
        if not going or dry_run:
            typer.echo("Nothing is sent again." if not going else "A dry run: nothing was changed.")
            return
        people = sorted(set(going.values()))
        sure(len(people), "will be mailed again", yes=yes)
        with database.transaction() as session:
            # Looked at again, because mails may have gone while somebody thought; nobody is added by that.
            still = resending.between(session, first, min(last, now), states, key)
            moved = resending.send(session, [each for each in still if each.message_id in going], now)
            ids = {"messages": list(going), "subscribers": people}
            audit.note(session, by, "outbox resend", people=len(people), ids=ids)
    typer.echo(f"{moved} mails are due again.")


WrongStudy = Annotated[
    str, typer.Option("--study", metavar="NCT…", help="The study that something was told of.")
]
Changes = Annotated[
    list[int] | None,
    typer.Option("--change", metavar="ID", help="What was told wrong; again for more. Else all of it."),
]
Text = Annotated[str | None, typer.Option(metavar="TEXT", help="What was wrong, and what is right.")]
File = Annotated[Path | None, typer.Option(metavar="FILE", help="The same, from a file in UTF-8.")]


@commands.command()
def correct(
    study: WrongStudy,
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

    said = corrections.checked(_words(text, file))
    wrong = corrections.WrongTelling(parse_nct_id(study), tuple(change or ()), *period(since, until))
    with deciding(reason) as (settings, database, by):
        key, domain = app.open_keys(settings).suppression_key, app.mail_domain(settings)
        with database.reading() as session:
            found = corrections.concerned(session, wrong, said, key)
        typer.echo(f"{len(found.mails)} people are to be corrected.")
        for count, what in (
            (found.left, "have ended it since, and are not written to"),
            (found.suppressed, "are not mailed any more, because their address is suppressed"),
            (found.corrected, "got this very correction already"),
            (found.waiting, "would still be told the same: see `notifier studies rollback`"),
        ):
            if count:
                typer.echo(f"{count} people {what}.")
        if not found.mails or dry_run:
            typer.echo("A dry run: nothing was changed." if found.mails else "Nobody is mailed.")
            return
        sure(len(found.mails), "will be mailed this correction", yes=yes)
        with database.transaction() as session:
            number, made = corrections.correct(
                session, wrong, said, found.mails, key=key, actor=by.actor, now=by.now, domain=domain
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
