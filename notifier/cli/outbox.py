"""`notifier outbox …`: what waits, what is held, what failed, who gets what and who got what, and what to do with it."""

import re
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument, Option

from notifier.cli.running import (
    Addresses,
    AsJson,
    Day,
    DryRun,
    Failed,
    From,
    HeldPath,
    HeldStudy,
    Id,
    To,
    Why,
    Yes,
    acts,
    answer,
    begin,
    columns,
    day,
    deciding,
    looking,
    period,
    sure,
)
from notifier.cli.studies import as_mailed
from notifier.errors import InputError, RowUnreadable

if TYPE_CHECKING:
    from notifier.domain.letter import Entry
    from notifier.services.operations import MailPlan
    from notifier.settings import Settings
    from notifier.storage.engine import Database


def by_study(told: Iterable[tuple[str, str]]) -> Iterator[str]:
    """'NCT01234567 status_opened, 12 site_opened': each study once, and each kind."""
    by_study: dict[str, Counter[str]] = {}
    for nct_id, kind in told:
        by_study.setdefault(nct_id, Counter())[kind] += 1
    for nct_id, kinds in by_study.items():
        counted = (f"{number} {kind}" if number > 1 else kind for kind, number in kinds.items())
        yield f"{nct_id} {', '.join(counted)}"


def in_the_mails_words(settings: "Settings", entries: "Iterable[Entry]") -> Iterator[str]:
    from notifier.domain.wording import one_line

    for entry in entries:
        yield f"\n{entry.study.nct_id}  {one_line(entry.study.brief_title or '')}"
        yield from as_mailed(settings, entry.study, entry.told)


commands = typer.Typer(help="What waits, is held, or failed.", no_args_is_help=True)


@commands.command("list")
def list_all(as_json: AsJson = False) -> None:
    """What waits, what is held and why, what failed.

    Example: notifier outbox list
    """
    from notifier import app
    from notifier.storage.outbox import admin_queries
    from notifier.storage.studies import snapshots

    with looking() as (settings, session):
        fence = app.make_fence(settings)
        states, needy, held = admin_queries.overview(session)
        note = snapshots.held_note(session) if held else None
        closed = fence.closed(session) if fence else None
    plain = {
        "messages": {each.state.value: each.mails for each in states},
        "held_notices": held,
        "why": note,
        "fenced": closed,
        "look_at": [
            columns(row, "id", "state") | {"reason": row.reason or row.reply, "attempts": row.attempts}
            for row in needy
        ],
    }
    lines = [
        f"{each.mails} {each.state.value}"
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
    message_id: Annotated[int, Argument(metavar="ID", help="See `notifier outbox list`.")],
    as_json: AsJson = False,
) -> None:
    """One message: what became of it, and what it tells, as the mail says it.

    Example: notifier outbox show 12
    """
    from notifier import app
    from notifier.storage import letters
    from notifier.storage.outbox import admin_queries

    with looking() as (settings, session):
        row, told = admin_queries.shown(session, message_id)
        letter = None
        if not as_json:
            with suppress(RowUnreadable):
                letter = letters.compose(session, message_id, app.make_clock(settings).now(), as_sent=True)
    plain = {
        **columns(row, "id", "kind", "state", "reason"),
        "created": row.created_at.isoformat() if row.created_at else None,
        "due": row.due_at.isoformat() if row.due_at else None,
        "attempts": row.attempts,
        "message_id": row.rfc_message_id,
        **columns(row, "stage", "code", "reply"),
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
    message_id: int | None, study: str | None, path: str | None, *, yes: bool, go: bool, reason: str | None
) -> None:
    from notifier import app
    from notifier.domain.study import parse_nct_id
    from notifier.storage import audit, notices
    from notifier.storage.outbox import admin_queries

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
            people += admin_queries.people_held(session, message_id) if with_mails else 0
            closed = fence if fence is not None and fence.closed(session) is not None else None
            people += admin_queries.people_waiting(session) if closed else 0
        if go and with_mails:
            _show_untrue(settings, database, message_id)
        sure(people, "will be mailed" if go else "will not be told", yes=yes)
        with database.transaction() as session:
            move = notices.release if go else notices.drop
            moved = move(session, nct_id=nct_id, path=path) if news else 0
            settle = admin_queries.release_messages if go else admin_queries.drop_messages
            mails = settle(session, by.now, message_id) if with_mails else 0
            if closed is not None:
                mails += 0 if go else admin_queries.drop_waiting(session, by.now)
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
    from notifier.storage import letters
    from notifier.storage.outbox import admin_queries

    with database.reading() as session:
        held = [each for each in admin_queries.at_the_gate(session) if message_id in {None, each[0]}]
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
    str | None, Option("--from", metavar="TIME", help="What failed from then on, in UTC: 2027-01-12.")
]
Until = Annotated[str | None, Option("--to", metavar="TIME", help="Until before then; a day is taken whole.")]
Failures = Annotated[
    list[Failed] | None,
    Option("--state", help="How it failed; again for more. Unless told: rejected and expired."),
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
    from notifier.storage.models import MessageState
    from notifier.storage.outbox import putting_right

    if message_id is not None:
        with acts(reason) as (settings, session, by):
            missed = putting_right.one(session, message_id, app.open_keys(settings).suppression_key)
            if not putting_right.send(session, [missed], by.now):
                where = ", ".join(str(identity) for identity in missed.elsewhere if identity is not None)
                why = "goes again" if missed.why_not is None else missed.why_not.words
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
            found = putting_right.between(session, first, min(last, now), states, key)
        for fate, mails in sorted(putting_right.counts(found).items(), key=lambda each: each[0] or ""):
            typer.echo(f"{mails} mails: {'goes again' if fate is None else fate.words}.")
        going = {each.message_id: each.subscriber_id for each in found if each.why_not is None}
        if not going or dry_run:
            typer.echo("Nothing is sent again." if not going else "A dry run: nothing was changed.")
            return
        people = sorted(set(going.values()))
        sure(len(people), "will be mailed again", yes=yes)
        with database.transaction() as session:
            # Looked at again, because mails may have gone while somebody thought; nobody is added by that.
            still = putting_right.between(session, first, min(last, now), states, key)
            moved = putting_right.send(session, [each for each in still if each.message_id in going], now)
            ids = {"messages": list(going), "subscribers": people}
            audit.note(session, by, "outbox resend", people=len(people), ids=ids)
    typer.echo(f"{moved} mails are due again.")


WrongStudy = Annotated[str, Option("--study", metavar="NCT…", help="The study that something was told of.")]
Changes = Annotated[
    list[int] | None,
    Option("--change", metavar="ID", help="What was told wrong; again for more. Else all of it."),
]
Text = Annotated[str | None, Option(metavar="TEXT", help="What was wrong, and what is right.")]
File = Annotated[Path | None, Option(metavar="FILE", help="The same, from a file in UTF-8.")]


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
    from notifier.storage.outbox import putting_right

    said = putting_right.checked(_words(text, file))
    wrong = putting_right.WrongTelling(parse_nct_id(study), tuple(change or ()), *period(since, until))
    with deciding(reason) as (settings, database, by):
        key, domain = app.open_keys(settings).suppression_key, app.mail_domain(settings)
        with database.reading() as session:
            found = putting_right.concerned(session, wrong, said, key)
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
            number, made = putting_right.correct(
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


Days = Annotated[int, Option(min=0, max=31, help="How far to look; 0: the next deliver pass alone.")]
People = Annotated[
    bool,
    Option(
        "--people",
        help="Show each mail with its address, and what is told in the mails' words, for your own eyes.",
    ),
]
UNKNOWN = "What the next look at the registry finds is not in it"


@commands.command()
def plan(days: Days = 7, people: People = False, as_json: AsJson = False) -> None:
    """Who would get what at the next deliver pass and the next daily and weekly mails, were the registry to stand still.

    Example: notifier outbox plan --days 1
    """
    from notifier import app
    from notifier.services import operations as planning

    settings = begin()
    now, key = app.make_clock(settings).now(), app.open_keys(settings).suppression_key
    fence = app.make_fence(settings)
    with app.open_database(settings) as database:
        with database.reading() as session:
            closed = fence.closed(session) if fence else None
        with database.trying() as session:
            found = planning.plan(
                session,
                settings,
                now,
                now + timedelta(days=days),
                domain=app.mail_domain(settings),
                key=key,
                with_tellings=people,
                with_words=people and not as_json,
            )
    plain = _plan_in_json(found, closed, people=people)
    lines = [*_plan_lines(found, closed, people=people), *in_the_mails_words(settings, found.entries)]
    answer(plain, lines, as_json=as_json)


def _plan_in_json(plan: "MailPlan", closed: str | None, *, people: bool) -> dict[str, Any]:
    who = [
        {
            **columns(each, "at", "email"),
            "person": each.subscriber_id,
            **columns(each, "kind", "made"),
            "tells": [columns(told, "nct_id", "kind") for told in each.tells],
        }
        for each in (plan.mails if people else ())
    ]
    hours = sorted(plan.hours().items())
    return {
        **columns(plan, "now", "until"),
        "mails": len(plan.mails),
        "hours": [{"hour": hour, "kind": kind, "mails": mails} for (hour, kind), mails in hours],
        "wait_for_the_limit": plan.limited,
        "stopped": plan.stopped,
        "held": {"notices": plan.held[0], "mails": plan.held[1]},
        "waits": {why.value: count for why, count in plan.waits.items()},
        "left_out": plan.left_out,
        "fenced": closed,
        "looked": plan.looked,
        "next_look": UNKNOWN,
        **({"people": who} if people else {}),
    }


def _plan_lines(plan: "MailPlan", closed: str | None, *, people: bool) -> list[str]:
    from notifier.storage.models import Fate

    waits = {fate: fate.words for fate in Fate} | {Fate.NEXT_MAIL: "the most mails a day"}
    lines = [
        f"{'now' if hour <= plan.now else f'{hour:%Y-%m-%d %H}:00 UTC'}: {mails} {kind.value}"
        for (hour, kind), mails in sorted(plan.hours().items())
    ]
    if people:
        lines += [
            f"  {each.at:%Y-%m-%d %H:%M}  {each.email}  {each.kind.value}  "
            + ("; ".join(by_study((told.nct_id, told.kind) for told in each.tells)) or "-")
            for each in plan.mails
        ]
    lines.append(f"{len(plan.mails)} mails until {plan.until:%Y-%m-%d %H:%M} UTC.")
    lines += plan.of_the_limit()
    lines += [f"{count} would not go: {why}." for why, count in sorted(plan.stopped.items())]
    lines += [f"{count} notices still wait: {waits[fate]}." for fate, count in sorted(plan.waits.items())]
    lines += [f"{plan.left_out} new studies that do not fit are counted there."] * bool(plan.left_out)
    if any(plan.held):
        lines.append(f"{plan.held[0]} notices and {plan.held[1]} mails are held: see `notifier outbox list`.")
    seen = f"; the last one saw its data of {plan.looked}" if plan.looked else "; there was none yet"
    return [*lines, f"{UNKNOWN}{seen}.", *([closed] if closed else [])]


ToldStudy = Annotated[str | None, Option(metavar="NCT…", help="Only mails that told of this study.")]
MOST_IDS = 20  # of changes, for `outbox correct --change`; all of them are in the JSON


@commands.command()
def sent(
    since: From, until: To, study: ToldStudy = None, people: Addresses = False, as_json: AsJson = False
) -> None:
    """Who was mailed what between two times, also what may have arrived without our knowing.

    Example: notifier outbox sent --from 2027-01-12 --to 2027-01-14 --study NCT01234567
    """
    from notifier.domain.study import parse_nct_id
    from notifier.storage.outbox import admin_queries as sending

    first, last = period(since, until)
    nct_id = None if study is None else parse_nct_id(study)
    with looking() as (_, session):
        found = sending.sent(session, first, last, nct_id)
    total = {
        "mails": len(found),
        "people": len({each.subscriber_id for each, _ in found}),
        "unsure": sum(not each.surely for each, _ in found),
    }
    mails = [
        {
            "message": each.id,
            "person": each.subscriber_id,
            **({"email": each.email} if people else {}),
            **columns(each, "at", "kind", "subject", "surely"),
            "tells": [{"change": told.change_id, **columns(told, "nct_id", "kind")} for told in tells],
        }
        for each, tells in found
    ]
    lines = []
    for each, changes in found:
        who = each.email or "(wiped)" if people else f"person {each.subscriber_id}"
        tells = "; ".join(by_study((told.nct_id, told.kind) for told in changes))
        ids = ", ".join(str(told.change_id) for told in changes[:MOST_IDS])
        tells += f" ({ids}{', …' if len(changes) > MOST_IDS else ''})" if ids else ""
        doubt = "" if each.surely else "  may have arrived"
        lines.append(
            f"{each.at:%Y-%m-%d %H:%M}  message {each.id}  {who}  {each.kind}  {tells or '-'}{doubt}"
        )
    unsure = f", {total['unsure']} of them perhaps" if total["unsure"] else ""
    lines.append(f"{total['mails']} mails to {total['people']} people{unsure}.")
    answer(total | {"sent": mails}, lines, as_json=as_json)


@commands.command()
def reconcile(date: Day = None, as_json: AsJson = False) -> None:
    """Account for every change of a day and everybody who asked for it: told, waiting and why, not told and why.

    Example: notifier outbox reconcile --day 2027-01-12
    """
    from notifier import app
    from notifier.storage.reconciliation import account

    settings = begin()
    now = app.make_clock(settings).now()
    first = now - timedelta(days=1) if date is None else day(date, "--day")
    if first > now:
        raise typer.BadParameter(f"--day {date!r} is still to come: give a day that has begun")
    last = now if date is None else first + timedelta(days=1)
    with app.open_database(settings) as database, database.reading() as session:
        found = account(session, first, last, now)
    times = {"since": first, "until": last}
    parts = (("waiting", found.waiting), ("not told", found.untold), ("UNEXPLAINED", found.unexplained))
    lines = [
        f"{found.since:%Y-%m-%d %H:%M} to {found.until:%Y-%m-%d %H:%M} UTC: {found.sentence()}.",
        f"  {found.tellings} tellings, {found.accepted} accepted",
        *(f"  {count} {name}: {why}" for name, part in parts for why, count in sorted(part.items())),
    ]
    answer(asdict(found) | times | {"faults": found.faults}, lines, as_json=as_json)
    if found.faults:
        raise typer.Exit(1)
