"""`notifier subscribers …`: the people who asked. An address is typed here and shown here; it is in no log."""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from notifier.cli import start
from notifier.cli.asking import actor
from notifier.cli.choices import Frequency, Least, Sort, Weekday

if TYPE_CHECKING:
    from notifier.settings import Settings
    from notifier.subscribers import Added, Choice, Followed, Person, Wanted

app = typer.Typer(help="The people who asked: add, list, show, end.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The person's address.")]
LONGEST_PLACE = 80  # characters
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]

_SAID = {
    "active": "followed from now on.",
    "pending": "waits until they confirm by mail.",
    "already active": "was followed already; nothing was added.",
    "already pending": "was waiting for their confirmation already; nothing was added.",
    "changed": "was followed already; how often, or of what, it is mailed was changed.",
    "suppressed": "not added: mail to this address came back or was called spam. Without --consent they can be asked to "
    "confirm anew, except after a complaint.",
}


@app.command()
def add(
    email: Email,
    study: Annotated[
        list[str] | None, typer.Option(metavar="NCT…", help="A study, by its NCT number; may be repeated.")
    ] = None,
    condition: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="A condition whose new studies are told; may be repeated."),
    ] = None,
    every: Annotated[Frequency | None, typer.Option(help="How often to mail; immediate unless said.")] = None,
    consent: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="How and when they agreed. Without it they are asked by mail first."
        ),
    ] = None,
    least: Annotated[
        Least | None, typer.Option(help="The lightest change of a study that is told; notable unless said.")
    ] = None,
    only: Annotated[
        list[Sort] | None, typer.Option(help="Only such changes of a study; may be repeated.")
    ] = None,
    hour: Annotated[
        int | None,
        typer.Option(min=0, max=23, help="When daily and weekly mails go, by their clock; 8 unless said."),
    ] = None,
    weekday: Annotated[Weekday | None, typer.Option(help="When weekly mails go; monday unless said.")] = None,
    near: Annotated[
        str | None, typer.Option(metavar="PLACE", help="Their country or city: places there come first.")
    ] = None,
    title_in_subject: Annotated[
        bool | None,
        typer.Option(
            "--title-in-subject/--discreet-subject",
            help="Whether subjects name the study; they do not unless said.",
        ),
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option(metavar="TZ", help="Theirs, such as Europe/Copenhagen; UTC unless said.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(metavar="L", help="Theirs: en, da or de; en unless said.")
    ] = None,
) -> None:
    """Add a person to a study, to a condition, or to several of each.

    Adding twice is harmless: what is said again is changed, and what is not said stays as it was.

    Example: notifier subscribers add jane@example.org --study NCT01234567 --consent "asked by phone, 3 July 2026"
    """
    import asyncio

    if not study and not condition:
        raise typer.BadParameter("give at least one --study or --condition")
    wanted = _wanted(study or [], condition or [])
    person = replace(
        _person(email, time_zone, language),
        hour=hour,
        weekday=None if weekday is None else list(Weekday).index(weekday),
        title_in_subject=title_in_subject,
        near=_near(near),
    )
    evidence = _evidence(consent)
    settings = start.settings()
    wanted, notes = asyncio.run(_ask_registry(settings, wanted))
    added = _add(settings, person, wanted, _choice(every, least, only or []), evidence)
    notes += _of_language(language)
    for line in (*notes, *(f"{label}: {_SAID[verdict.value]}" for label, verdict in added.verdicts)):
        typer.echo(line)
    if added.confirmation_queued:
        typer.echo("A mail that asks them to confirm goes out with the next deliver pass.")


def _wanted(studies: Sequence[str], conditions: Sequence[str]) -> list["Wanted"]:
    from notifier.registry import safe_condition
    from notifier.study import parse_nct_id
    from notifier.subscribers import Wanted

    topics = [Wanted(nct_id=parse_nct_id(text)) for text in studies] + [
        Wanted(condition=" ".join(text.split()), query=safe_condition(text).casefold()) for text in conditions
    ]
    return list({topic.nct_id or topic.query: topic for topic in topics}.values())


def _near(place: str | None) -> str | None:
    from notifier.errors import InputError

    said = None if place is None else " ".join(place.split())
    if said is not None and not 0 < len(said) <= LONGEST_PLACE:
        raise InputError(
            f"--near is a country or a city of at most {LONGEST_PLACE} characters, such as Denmark"
        )
    return said


def _choice(every: Frequency | None, least: Least | None, only: Sequence[Sort]) -> "Choice":
    from notifier.changes import Group, Weight
    from notifier.subscribers import Choice
    from notifier.tables import Every

    groups = Group(sum(Group[sort.name.upper()] for sort in set(only))) if only else None
    return Choice(
        None if every is None else Every(every.value), None if least is None else Weight(least.value), groups
    )


def _person(email: str, time_zone: str | None, language: str | None) -> "Person":
    from notifier.errors import InputError
    from notifier.schedule import zone
    from notifier.subscribers import Person, address

    if time_zone is not None:
        zone(time_zone)
    if language is not None and (not language.replace("-", "").isalnum() or not 2 <= len(language) <= 35):
        raise InputError(f"{language!r} is not a language: give one such as en, da or de")
    return Person(address(email), time_zone, language)


def _of_language(language: str | None) -> list[str]:
    from notifier.wording import LANGUAGES, closest

    if language is None or closest(language) == language.partition("-")[0].lower():
        return []
    return [
        f"There are no mails in {language!r} yet, only in {', '.join(LANGUAGES)}: theirs come in English."
    ]


def _evidence(consent: str | None) -> str | None:
    from notifier.errors import InputError

    if consent is not None and not consent.strip():
        raise InputError(
            "--consent is empty: write how and when they agreed, or leave it out and they are asked by mail"
        )
    return consent.strip() if consent else None


async def _ask_registry(settings: "Settings", wanted: Sequence["Wanted"]) -> tuple[list["Wanted"], list[str]]:
    """Say at once when the registry has no such study; when it cannot be asked, the next pass will tell."""
    from notifier import bootstrap
    from notifier.errors import NctIdError, RecordUnreadable, RegistryError, RegistryRefused
    from notifier.registry import Gone, Moved
    from notifier.subscribers import Wanted

    checked, notes = [], []
    async with bootstrap.open_registry(settings) as registry:
        for topic in wanted:
            checked.append(topic)
            if topic.nct_id is None:
                continue
            try:
                answer = await registry.lookup(topic.nct_id, patient=False)
            except RecordUnreadable:
                continue  # it is there; that is all there is to know
            except RegistryRefused as fault:
                raise NctIdError(
                    f"{topic.nct_id} is no study's number, says the registry: check it; nobody was added"
                ) from fault
            except RegistryError:
                notes.append(
                    f"{topic.nct_id}: the registry cannot be asked now; the next watch pass will check it."
                )
                continue
            if isinstance(answer, Gone):
                raise NctIdError(f"{topic.nct_id} is not in the registry: check the number; nobody was added")
            if isinstance(answer, Moved):
                notes.append(
                    f"{topic.nct_id}: the registry has this study as {answer.nct_id}, which is followed instead."
                )
                checked[-1] = Wanted(nct_id=answer.nct_id)
    return checked, notes


def _add(
    settings: "Settings", person: "Person", wanted: Sequence["Wanted"], choice: "Choice", evidence: str | None
) -> "Added":
    from notifier import bootstrap, subscribers

    now = bootstrap.make_clock(settings).now()
    with bootstrap.open_database(settings) as database, database.transaction() as session:
        return subscribers.add(
            session,
            person,
            wanted,
            choice=choice,
            consent=subscribers.Consent("command", actor(), evidence),
            now=now,
            domain=bootstrap.mail_domain(settings),
            suppression_key=bootstrap.open_keys(settings).suppression_key,
        )


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """Everybody, and what each follows.

    Example: notifier subscribers list --json
    """
    _print(_followed(None), as_json=as_json)


@app.command()
def show(email: Email, as_json: AsJson = False) -> None:
    """What one person follows, and followed.

    Example: notifier subscribers show jane@example.org
    """
    from notifier.errors import InputError

    rows = _followed(email)
    if not rows:
        raise InputError("Nobody with that address is known here: check it with `notifier subscribers list`")
    _print(rows, as_json=as_json)
    if not as_json:
        _print_choices(rows)


@app.command()
def end(
    email: Email,
    study: Annotated[str | None, typer.Option(metavar="NCT…", help="Only this study.")] = None,
    condition: Annotated[str | None, typer.Option(metavar="TEXT", help="Only this condition.")] = None,
) -> None:
    """End what a person follows: everything, or one study, or one condition. What is unsent is not sent.

    Example: notifier subscribers end jane@example.org --study NCT01234567
    """
    from notifier import bootstrap, subscribers
    from notifier.tables import EndedReason

    if study is not None and condition is not None:
        raise typer.BadParameter("give --study or --condition, not both")
    if study == "" or (condition is not None and not condition.strip()):
        # An unset shell variable must not end everything.
        raise typer.BadParameter("is empty: write what to end, or leave the option out to end everything")
    topic = _wanted([study] if study else [], [condition] if condition else [])
    who, settings = subscribers.address(email), start.settings()
    now = bootstrap.make_clock(settings).now()
    with bootstrap.open_database(settings) as database, database.transaction() as session:
        ids = subscribers.ids_of(session, who, topic[0] if topic else None)
        ended = subscribers.end(session, ids, EndedReason.ADMIN, now)
    typer.echo("Nothing to end." if not ended else f"Ended: {ended}. Nothing more is sent for what ended.")


def _followed(email: str | None) -> list["Followed"]:
    from notifier import bootstrap, subscribers

    who = None if email is None else subscribers.address(email)
    with bootstrap.open_database(start.settings()) as database, database.reading() as session:
        return subscribers.followed(session, who)


def _print(rows: Sequence["Followed"], *, as_json: bool) -> None:
    plain = [
        {
            "email": row.email,
            "follows": row.label,
            "every": row.every.value,
            "state": row.state.value,
            "reason": row.ended_reason.value if row.ended_reason else None,
            "since": row.created_at.isoformat(),
            "registry": "not there" if row.missing else "seen" if row.seen else "not looked at yet",
            "least": row.lightest.value,
            "only": [sort.replace("_", "-") for sort in row.only],
            "next_digest": row.next_digest_at.isoformat() if row.next_digest_at else None,
            "consent": row.consent,
            "language": row.language,
            "time_zone": row.time_zone,
            "hour": row.hour,
            "weekday": list(Weekday)[row.weekday].value,
            "near": row.near,
            "title_in_subject": row.title_in_subject,
        }
        for row in rows
    ]
    if as_json:
        typer.echo(json.dumps({"subscriptions": plain}))
    else:
        _print_table(plain)


def _print_choices(rows: Sequence["Followed"]) -> None:
    first = rows[0]
    weekday = list(Weekday)[first.weekday].value
    typer.echo(
        f"language {first.language}, time zone {first.time_zone}, digests at {first.hour}:00, weekly on {weekday}"
    )
    typer.echo(
        f"near {first.near or '-'}, {'title' if first.title_in_subject else 'no title'} in the subject"
    )
    for row in rows:
        only = ", ".join(sort.replace("_", "-") for sort in row.only) or "everything"
        typer.echo(f"{row.label}: {row.lightest.value} changes and above, {only}; consent: {row.consent}")


def _print_table(rows: Sequence[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    columns = ("email", "follows", "every", "state", "since", "registry")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        state = f"{row['state']} ({row['reason']})" if row["reason"] else row["state"]
        since = str(row["since"])[:10]
        table.add_row(row["email"], row["follows"], row["every"], state, since, row["registry"])
    # A line a subscription where no person looks on, so that grep and cut work.
    width = None if sys.stdout.isatty() else 1000
    console = Console(soft_wrap=True, markup=False, highlight=False, width=width)
    if rows:
        console.print(table)
    else:
        console.print("Nobody yet. Add somebody with `notifier subscribers add`.")
