"""`notifier subscribers …`: the people who asked. An address is typed here and shown here; it is in no log."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Option

from notifier.cli import running
from notifier.errors import InputError

if TYPE_CHECKING:
    from notifier.storage.eligibility import ChangeStory
    from notifier.storage.engine import Session
    from notifier.storage.subscribers import Followed, Wanted


NOBODY = "Nobody with that address is known here: check it with `notifier subscribers list`"


@dataclass(frozen=True, slots=True)
class Theirs:
    """A person by id, and those of their subscriptions that a command acts on."""

    subscriber_id: int
    time_zone: str
    subscription_ids: list[int]


def named(studies: Sequence[str], conditions: Sequence[str]) -> list["Wanted"]:
    """The things that were named, each once. Raises NctIdError, ConditionError."""
    from notifier.services import sign_up_rules as rules

    topics = [*map(rules.study, studies), *map(rules.condition, conditions)]
    return list({topic.nct_id or topic.query: topic for topic in topics}.values())


def only(study: str | None, condition: str | None) -> "Wanted | None":
    """The one thing that was named; None for everything. Raises typer.BadParameter."""
    if study is not None and condition is not None:
        raise typer.BadParameter("give --study or --condition, not both")
    if (study is not None and not study.strip()) or (condition is not None and not condition.strip()):
        # An unset shell variable must not mean everything.
        raise typer.BadParameter("is empty: write which one, or leave the option out for everything")
    from notifier.services import sign_up_rules as rules

    if study:
        return rules.study(study)
    return rules.followed(condition) if condition else None


def theirs(session: "Session", email: str, topic: "Wanted | None" = None) -> Theirs:
    """Whom this address belongs to. Raises AddressError, and InputError where that is nobody, or they do not follow
    what was named.
    """
    from notifier.storage import subscribers

    who = subscribers.address(email)
    person = subscribers.find(session, who)
    if person is None or person.id is None:
        raise InputError(NOBODY)
    ids = subscribers.ids_of(session, who, topic)
    if topic is not None and not ids:
        raise InputError(
            f"They do not follow {topic.label}: see `notifier subscribers show` for what they do"
        )
    return Theirs(person.id, person.time_zone, ids)


A_PAGE = 1_000  # lines that are laid out together


Of = Annotated[running.State | None, Option("--state", help="Only what is in this state.")]
Like = Annotated[
    str | None,
    Option("--like", metavar="TEXT", help="Only where this is a part of the address or of what is followed."),
]
CSV_COLUMNS = ("email", "follows", "every", "state", "reason", "since", "language", "time_zone", "consent", "note", "suppressed", "registry")  # fmt: skip
Count = Annotated[bool, Option("--count", help="Say how many, and show nobody.")]


def list_all(
    study: running.Study = None,
    condition: running.Condition = None,
    state: Of = None,
    count: Count = False,
    limit: running.Limit = None,
    like: Like = None,
    as_csv: running.AsCsv = False,
    as_json: running.AsJson = False,
) -> None:
    """Everybody, and what each follows; or only some, or only how many.

    Example: notifier subscribers list --study NCT01234567 --state active --json
    """
    from notifier import app
    from notifier.storage import subscribers
    from notifier.storage.models import SubscriptionState

    if (as_csv and (as_json or count)) or (count and like):
        raise typer.BadParameter(
            "--csv goes neither with --json nor with --count, and --count not with --like"
        )
    topic = only(study, condition)
    wanted = None if state is None else SubscriptionState(state.value)
    with running.looking() as (settings, session):
        if count:
            people, states = subscribers.count(session, topic=topic, state=wanted)
            counted = {state.value: number for state, number in states.items()}
            total = sum(counted.values())
            of_these = ", ".join(f"{number} {name}" for name, number in counted.items())
            said = f"{people} people, {total} subscriptions{f': {of_these}' if of_these else ''}."
            running.answer(
                {"people": people, "subscriptions": total, "states": counted}, [said], as_json=as_json
            )
            return
        key = app.open_keys(settings).suppression_key
        rows: Iterator[Followed] = subscribers.followed(
            session, topic=topic, state=wanted, limit=None if like else limit, suppression_key=key
        )
        if like:
            part = like.casefold()
            rows = islice(
                (row for row in rows if part in f"{row.person.email}\n{row.label}".casefold()), limit
            )
        if as_csv:
            running.spreadsheet(map(plain, rows), CSV_COLUMNS)
        elif as_json:  # one object, written as it is read
            typer.echo('{"subscriptions": [', nl=False)
            for number, row in enumerate(rows):
                typer.echo(f"{', ' if number else ''}{running.in_json(plain(row))}", nl=False)
            typer.echo("]}")
        elif page := list(islice(rows, A_PAGE)):
            # A page of lines at a time: a table must know its lines before it can lay them out.
            table(page)
            while page := list(islice(rows, A_PAGE)):
                table(page, heading=False)
        else:
            anybody = topic is None and state is None and not like
            typer.echo("Nobody yet. Add somebody with `notifier subscribers add`." if anybody else "Nobody.")


def plain(each: "Followed") -> dict[str, Any]:
    """One subscription, as `--json` has it."""
    from notifier.domain.changes import stored_groups, stored_lightest
    from notifier.storage.subscribers import narrowing_of, sorts_of

    row, person = each.row, each.person
    missing = "no study at all" if row.nct_id is None else "not there"
    paused_until = None if row.ended_at else row.paused_until
    return {
        "id": row.id,
        "email": person.email,
        "follows": each.label,
        "every": row.every.value,
        "state": row.state.value,
        "reason": row.ended_reason.value if row.ended_reason else None,
        "paused_until": paused_until.isoformat() if paused_until else None,
        "since": row.created_at.isoformat() if row.created_at else None,
        "registry": missing if each.missing else "seen" if each.seen else "not looked at yet",
        "least": stored_lightest(row.lightest_rank).value,
        "only": [sort.replace("_", "-") for sort in sorts_of(stored_groups(row.groups))],
        "narrowed_to": narrowing_of(row).plain(),
        "next_digest": row.next_digest_at.isoformat() if row.next_digest_at else None,
        "note": row.note,
        "consent": each.consent,
        "language": person.language,
        "time_zone": person.time_zone,
        "hour": person.digest_hour,
        "weekday": _weekday(person.digest_weekday),
        "near": person.near,
        "within_km": person.near_km,
        "title_in_subject": person.title_in_subject,
        "discreet": person.discreet,
        "suppressed": each.suppressed.value if each.suppressed else None,
    }


def _weekday(number: Any) -> str:
    """Its name; what is none stands as it is."""
    names = list(running.Weekday)
    return names[number].value if isinstance(number, int) and 0 <= number < len(names) else str(number)


def table(rows: Sequence["Followed"], *, heading: bool = True) -> None:
    from rich.console import Console
    from rich.table import Table

    made = Table(box=None, pad_edge=False, show_header=heading)
    for column in ("email", "follows", "every", "state", "since", "registry"):
        made.add_column(column, overflow="fold")
    for each in map(plain, rows):
        state, since = each["state"], (each["since"] or "-")[:10]
        if each["reason"]:
            state = f"{state} ({each['reason']})"
        elif each["suppressed"]:
            state = f"{state}, no mail goes out ({each['suppressed']})"
        elif each["paused_until"]:
            state = f"paused until {each['paused_until'][:10]}"
        cells = (each["email"], each["follows"], each["every"], state, since, each["registry"])
        made.add_row(*map(str, cells))
    # A line a subscription where no person looks on, so that grep and cut work.
    width = None if sys.stdout.isatty() else 1000
    Console(soft_wrap=True, markup=False, highlight=False, width=width).print(made)


Most = Annotated[int, Option("--changes", min=0, help="At most so many changes of each thing followed.")]


def show(email: running.Email, changes: Most = 10, as_json: running.AsJson = False) -> None:
    """All about one person: what they follow and how they agreed, each mail and its state, and why they were not told.

    Example: notifier subscribers show jane@example.org
    """
    from notifier import app
    from notifier.storage import eligibility, subscribers, suppression

    with running.looking() as (settings, session):
        key, now = app.open_keys(settings).suppression_key, app.make_clock(settings).now()
        who = subscribers.address(email)
        person = subscribers.find(session, who)
        if person is None or person.id is None:
            stopped = suppression.reason_of(session, key, who.key)
            raise InputError(NOBODY + (f". Mail to it is stopped: {stopped.value}" if stopped else ""))
        follows = list(subscribers.followed(session, who, suppression_key=key))
        stories = [eligibility.account(session, each.row.id or 0, now, limit=changes) for each in follows]
        kept = subscribers.export(session, person.id, key)
    if "person" not in kept:
        raise InputError(f"The address of person {person.id} cannot be read: see `notifier doctor`")
    if as_json:
        consents = {each["id"]: each["consents"] for each in kept["subscriptions"]}
        subscriptions = [
            {**plain(each), "consents": consents[each.row.id], "changes": list(map(_plain_story, told))}
            for each, told in zip(follows, stories, strict=True)
        ]
        said = {"id": person.id, "suppressed": kept["suppressed"], "subscriptions": subscriptions}
        typer.echo(running.in_json(said | {"mails": kept["mails"], "bounces": kept["bounces"]}))
        return
    if follows:
        table(follows)
    lines = _person_lines(kept)
    for row, told in zip(follows, stories, strict=True):
        lines += _follow_lines(row, told)
    if not follows:
        lines.append("follows nothing")
    lines += [
        f"message {mail['id']} of {str(mail['created_at'])[:10]}: {mail['kind']}, {mail['state']}"
        + (f" on {mail['settled_at'][:16].replace('T', ' ')} UTC" if mail["settled_at"] else "")
        + (f" ({mail['reason'] or mail['reply']})" if mail["reason"] or mail["reply"] else "")
        for mail in kept["mails"]
    ]
    lines += [
        f"came back on {each['came_at'][:10]}: {each['reason']} {each['status'] or ''}".rstrip()
        for each in kept["bounces"]
    ]
    for line in lines:
        typer.echo(line)


def _plain_story(story: "ChangeStory") -> dict[str, Any]:
    return {
        **running.columns(story, "nct_id", "kind", "weight"),
        "detected": story.detected_at,
        "fate": story.fate,
        "why": _in_words(story),
        "message": story.message_id,
        "sent": story.at,
    }


def _person_lines(kept: Mapping[str, Any]) -> list[str]:
    who = kept["person"]
    weekday = _weekday(who["digest_weekday"])
    subject = "title" if who["title_in_subject"] else "no title"
    bodies = {None: "body as NOTIFIER_DISCREET has it", True: "discreet body", False: "open body"}
    within = f" (places within {who['near_km']} km)" if who["near_km"] else ""
    stopped = f"mail to the address is stopped: {kept['suppressed']}; see `notifier subscribers lift`"
    return [
        f"person {who['id']}, known since {str(who['created_at'])[:10]}",
        f"language {who['language']}, time zone {who['time_zone']}, digests at {who['digest_hour']}:00, weekly on {weekday}",
        f"near {who['near'] or '-'}{within}, {subject} in the subject, {bodies[who['discreet']]}",
        *([stopped] if kept["suppressed"] else ()),
    ]


def _follow_lines(each: "Followed", stories: "Sequence[ChangeStory]") -> Iterator[str]:
    from notifier.domain.narrowing import in_words

    said = plain(each)
    told = f"{said['least']} changes and above, {', '.join(said['only']) or 'everything'}"
    if each.row.nct_id is None and (narrowed := in_words(said["narrowed_to"])):
        told = narrowed
    yield f"{each.label}: {told}; consent: {each.consent}"
    for story in stories:
        when = f" on {story.at:%Y-%m-%d %H:%M} UTC" if story.at else ""
        mail = f", message {story.message_id}" if story.message_id else ""
        found = f"{story.detected_at:%Y-%m-%d}" if story.detected_at else "(on no day)"
        yield f"  {found} {story.nct_id} {story.kind.value}: {_in_words(story)}{when}{mail}"


def _in_words(story: "ChangeStory") -> str:

    return f"{story.fate.words} ({story.more})" if story.more else story.fate.words


Until = Annotated[
    str | None,
    Option(
        "--until",
        metavar="DATE",
        help="The first day on which they hear again; without it until they are resumed.",
    ),
]


def pause(
    email: running.Email,
    until: Until = None,
    study: running.Study = None,
    condition: running.Condition = None,
    reason: running.Why = None,
    as_json: running.AsJson = False,
) -> None:
    """Send a person nothing for a while: of everything, one study, or one condition. What changes meanwhile is kept.

    Example: notifier subscribers pause jane@example.org --until 2027-08-01
    """
    from notifier.domain.scheduling import zone_of
    from notifier.storage import subscribers

    try:
        day = None if until is None else date.fromisoformat(until.strip())
    except ValueError:
        raise typer.BadParameter(f"--until {until!r} is not a day: write it like 2027-08-01") from None
    last: datetime | None = None

    def act(session: "Session", who: Theirs, now: datetime) -> int:
        nonlocal last
        if day is not None:
            try:  # when the day begins by the person's clock
                last = datetime.combine(day, time(), tzinfo=zone_of(who.time_zone)).astimezone(UTC)
            except OverflowError:  # at the ends of the calendar
                raise typer.BadParameter(f"--until {day} is not a day on which anybody hears again") from None
        return subscribers.pause(session, who.subscription_ids, last, now)

    paused = _on_theirs("subscribers pause", act, email, only(study, condition), reason)
    when = "until they are resumed" if day is None else f"until {day.isoformat()}"
    said = f"Paused: {paused}, {when}. What changes meanwhile is kept." if paused else "Nothing to pause."
    running.answer({"paused": paused, "until": last}, [said], as_json=as_json)


def resume(
    email: running.Email,
    study: running.Study = None,
    condition: running.Condition = None,
    reason: running.Why = None,
    as_json: running.AsJson = False,
) -> None:
    """End a pause. All that changed meanwhile goes with the person's next mail.

    Example: notifier subscribers resume jane@example.org
    """
    from notifier.storage import subscribers

    def act(session: "Session", who: Theirs, now: datetime) -> int:
        return subscribers.resume(session, who.subscription_ids, now)

    resumed = _on_theirs("subscribers resume", act, email, only(study, condition), reason)
    said = f"Resumed: {resumed}. What was kept goes with the next mail." if resumed else "Nothing is paused."
    running.answer({"resumed": resumed}, [said], as_json=as_json)


def end(
    email: running.Email,
    study: running.Study = None,
    condition: running.Condition = None,
    reason: running.Why = None,
    as_json: running.AsJson = False,
) -> None:
    """End what a person follows: everything, or one study, or one condition. What is unsent is not sent.

    Example: notifier subscribers end jane@example.org --study NCT01234567
    """
    from notifier.storage import subscribers
    from notifier.storage.models import EndedReason

    def act(session: "Session", who: Theirs, now: datetime) -> int:
        return subscribers.end(session, who.subscription_ids, EndedReason.ADMIN, now)

    ended = _on_theirs("subscribers end", act, email, only(study, condition), reason)
    said = f"Ended: {ended}. Nothing more is sent for what ended." if ended else "Nothing to end."
    running.answer({"ended": ended}, [said], as_json=as_json)


def _on_theirs(
    command: str,
    act: Callable[["Session", Theirs, datetime], int],
    email: str,
    topic: "Wanted | None",
    reason: str | None,
) -> int:
    """Act in one transaction on what a person follows: all of it, or the topic alone. How much was changed, if anything, is noted."""
    from notifier.storage import audit

    with running.acts(reason) as (_, session, by):
        who = theirs(session, email, topic)
        changed = act(session, who, by.now)
        if changed:
            ids = {"subscribers": [who.subscriber_id], "subscriptions": who.subscription_ids}
            audit.note(session, by, command, people=1, ids=ids)
    return changed


Target = Annotated[
    Path | None,
    Option("--file", metavar="FILE", help="A new file for it, for your eyes only; else it is printed."),
]


def export(email: running.Email, file: Target = None, reason: running.Why = None) -> None:
    """Everything that is kept of a person, as JSON: who, what, how they agreed, each mail, what came back.

    Example: notifier subscribers export jane@example.org --file jane.json
    """
    from notifier import app
    from notifier.storage import audit, subscribers

    with running.acts(reason) as (settings, session, by):
        who = theirs(session, email).subscriber_id
        found = subscribers.export(session, who, app.open_keys(settings).suppression_key)
        audit.note(session, by, "subscribers export", people=1, ids={"subscribers": [who]})
    text = json.dumps(found, indent=2, ensure_ascii=False, default=repr)
    if file is None:
        typer.echo(text)
        return
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as target:
                target.write(text + "\n")
        except OSError:
            file.unlink()  # half of it says what it does not hold, and would be in the way of the next
            raise
    except FileExistsError:
        raise InputError(
            f"--file {file} is there already and is not overwritten: choose another name"
        ) from None
    except OSError as fault:
        raise InputError(f"--file {file} cannot be written: {fault.strerror}") from fault
    typer.echo(f"Written to {file}, which only you can read.")


def erase(
    email: running.Email,
    dry_run: Annotated[bool, Option("--dry-run", help="Say what would be erased, and leave it.")] = False,
    yes: running.Yes = False,
    reason: running.Why = None,
    as_json: running.AsJson = False,
) -> None:
    """Forget a person: every table, every mail. A keyed hash stays, so that a restored backup forgets them too.

    It asks first, for it cannot be taken back. Where mail to the address is stopped, a hash that keeps it stopped stays
    as well.

    Example: notifier subscribers erase jane@example.org --reason "asked by letter on 3 July 2026"
    """
    from notifier import app
    from notifier.storage import audit, erasure_log, subscribers

    with running.deciding(reason) as (settings, database, by):
        key = app.open_keys(settings).suppression_key
        with database.reading() as session:
            kept = subscribers.export(session, theirs(session, email).subscriber_id, key)
        counts = {name: len(kept.get(name, ())) for name in ("subscriptions", "mails", "bounces")}
        done: dict[str, Any] = counts | {"suppressed": kept.get("suppressed")}
        what = f"{done['subscriptions']} subscriptions, {done['mails']} mails and all that hung on them"
        if not dry_run and not yes:
            running.agree(f"{what[:1].upper()}{what[1:]} are erased for good. Go on?")
        if not dry_run:
            with database.transaction() as session:
                who = theirs(session, email).subscriber_id
                subscribers.erase(session, who, by.now, key)
                audit.note(session, by, "subscribers erase", people=1, ids={"subscribers": [who]})
            erasure_log.keep(database, app.make_ledger(settings), key, by.now)
    lines = [f"Erased: {what}. A keyed hash stays, so that a restored backup forgets them too."]
    if done["suppressed"]:
        lines.append(f"Mail to the address stays stopped ({done['suppressed']}), by a hash of its own.")
    if dry_run:
        lines = [f"Would be erased: {what}. Nothing was changed."]
    running.answer({"erased": not dry_run, **done}, lines, as_json=as_json)
