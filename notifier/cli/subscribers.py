"""`notifier subscribers …`: the people who asked. An address is typed here and shown here; it is in no log."""

import getpass
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli import start
from notifier.cli.choices import Frequency, Least, Sort, Weekday

if TYPE_CHECKING:
    from notifier.settings import Settings
    from notifier.subscribers import Added, Choice, Followed, Person, Wanted

app = typer.Typer(help="The people who asked: add, list, show, end.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The person's address.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]

_SAID = {
    "active": "followed from now on.",
    "pending": "waits until they confirm by mail.",
    "already active": "was followed already; nothing was added.",
    "already pending": "was waiting for their confirmation already; nothing was added.",
    "frequency changed": "was followed already; how often it is mailed was changed.",
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
    every: Annotated[Frequency, typer.Option(help="How often to mail.")] = Frequency.immediate,
    consent: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="How and when they agreed. Without it they are asked by mail first."
        ),
    ] = None,
    least: Annotated[
        Least, typer.Option(help="The lightest change of a study that is told.")
    ] = Least.notable,
    only: Annotated[
        list[Sort] | None, typer.Option(help="Only such changes of a study; may be repeated.")
    ] = None,
    hour: Annotated[
        int, typer.Option(min=0, max=23, help="When daily and weekly mails go, by their clock.")
    ] = 8,
    weekday: Annotated[Weekday, typer.Option(help="When weekly mails go.")] = Weekday.monday,
    near: Annotated[
        str | None, typer.Option(metavar="PLACE", help="Their country or city: places there come first.")
    ] = None,
    title_in_subject: Annotated[
        bool, typer.Option("--title-in-subject", help="They want the study's title in the subject line.")
    ] = False,
    time_zone: Annotated[str, typer.Option(metavar="TZ", help="Theirs, such as Europe/Copenhagen.")] = "UTC",
    language: Annotated[str, typer.Option(metavar="L", help="Theirs, such as en, da or de.")] = "en",
) -> None:
    """Add a person to a study, to a condition, or to several of each. Adding twice is harmless.

    Example: notifier subscribers add jane@example.org --study NCT01234567 --consent "asked by phone, 3 July 2026"
    """
    import asyncio  # noqa: PLC0415

    if not study and not condition:
        raise typer.BadParameter("give at least one --study or --condition")
    wanted = _wanted(study or [], condition or [])
    person = replace(
        _person(email, time_zone, language),
        hour=hour,
        weekday=list(Weekday).index(weekday),
        title_in_subject=title_in_subject,
        near=" ".join(near.split())[:80] if near else None,
    )
    evidence = _evidence(consent)
    settings = start.settings()
    wanted, notes = asyncio.run(_ask_registry(settings, wanted))
    added = _add(settings, person, wanted, _choice(every, least, only or []), evidence)
    for line in (*notes, *(f"{label}: {_SAID[verdict.value]}" for label, verdict in added.verdicts)):
        typer.echo(line)
    if added.confirmation_queued:
        typer.echo("A mail that asks them to confirm goes out with the next deliver pass.")


def _wanted(studies: Sequence[str], conditions: Sequence[str]) -> list["Wanted"]:
    from notifier.registry import safe_condition  # noqa: PLC0415
    from notifier.study import parse_nct_id  # noqa: PLC0415
    from notifier.subscribers import Wanted  # noqa: PLC0415

    topics = [Wanted(nct_id=parse_nct_id(text)) for text in studies] + [
        Wanted(condition=" ".join(text.split()), query=safe_condition(text).casefold()) for text in conditions
    ]
    return list({topic.nct_id or topic.query: topic for topic in topics}.values())


def _choice(every: Frequency, least: Least, only: Sequence[Sort]) -> "Choice":
    from notifier.changes import EVERY_GROUP, Group, Weight  # noqa: PLC0415
    from notifier.subscribers import Choice  # noqa: PLC0415
    from notifier.tables import Every  # noqa: PLC0415

    groups = Group(sum(Group[sort.name.upper()] for sort in set(only))) if only else EVERY_GROUP
    return Choice(Every(every.value), Weight(least.value), groups)


def _person(email: str, time_zone: str, language: str) -> "Person":
    from notifier.errors import InputError  # noqa: PLC0415
    from notifier.schedule import zone  # noqa: PLC0415
    from notifier.subscribers import Person, address  # noqa: PLC0415

    zone(time_zone)
    if not language.replace("-", "").isalnum() or not 2 <= len(language) <= 35:
        raise InputError(f"{language!r} is not a language: give one such as en, da or de")
    return Person(address(email), time_zone, language)


def _evidence(consent: str | None) -> str | None:
    from notifier.errors import InputError  # noqa: PLC0415

    if consent is not None and not consent.strip():
        raise InputError(
            "--consent is empty: write how and when they agreed, or leave it out and they are asked by mail"
        )
    return consent.strip() if consent else None


async def _ask_registry(settings: "Settings", wanted: Sequence["Wanted"]) -> tuple[list["Wanted"], list[str]]:
    """Say at once when the registry has no such study; when it cannot be asked, the next pass will tell."""
    from notifier import bootstrap  # noqa: PLC0415
    from notifier.errors import NctIdError, RecordUnreadable, RegistryError, RegistryRefused  # noqa: PLC0415
    from notifier.registry import Gone, Moved  # noqa: PLC0415
    from notifier.subscribers import Wanted  # noqa: PLC0415

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
    from notifier import bootstrap, subscribers  # noqa: PLC0415

    now = bootstrap.make_clock(settings).now()
    with bootstrap.open_database(settings) as database, database.transaction() as session:
        return subscribers.add(
            session,
            person,
            wanted,
            choice=choice,
            consent=subscribers.Consent("command", _actor(), evidence),
            now=now,
            domain=bootstrap.mail_domain(settings),
        )


def _actor() -> str:
    try:
        return getpass.getuser()[:80]
    except (OSError, KeyError):
        return "an account without a name"


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
    from notifier.errors import InputError  # noqa: PLC0415

    rows = _followed(email)
    if not rows:
        raise InputError("Nobody with that address is known here: check it with `notifier subscribers list`")
    _print(rows, as_json=as_json)


@app.command()
def end(
    email: Email,
    study: Annotated[str | None, typer.Option(metavar="NCT…", help="Only this study.")] = None,
    condition: Annotated[str | None, typer.Option(metavar="TEXT", help="Only this condition.")] = None,
) -> None:
    """End what a person follows: everything, or one study, or one condition. What is unsent is not sent.

    Example: notifier subscribers end jane@example.org --study NCT01234567
    """
    from notifier import bootstrap, subscribers  # noqa: PLC0415
    from notifier.tables import EndedReason  # noqa: PLC0415

    if study and condition:
        raise typer.BadParameter("give --study or --condition, not both")
    topic = _wanted([study] if study else [], [condition] if condition else [])
    who, settings = subscribers.address(email), start.settings()
    now = bootstrap.make_clock(settings).now()
    with bootstrap.open_database(settings) as database, database.transaction() as session:
        ids = subscribers.ids_of(session, who, topic[0] if topic else None)
        ended = subscribers.end(session, ids, EndedReason.ADMIN, now)
    typer.echo("Nothing to end." if not ended else f"Ended: {ended}. Nothing more is sent for what ended.")


def _followed(email: str | None) -> list["Followed"]:
    from notifier import bootstrap, subscribers  # noqa: PLC0415

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
        }
        for row in rows
    ]
    if as_json:
        typer.echo(json.dumps({"subscriptions": plain}))
    else:
        _print_table(plain)


def _print_table(rows: Sequence[dict[str, str | None]]) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

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
