"""`notifier subscribers add`: a person, what they want to hear of, and how they agreed."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli import start
from notifier.cli.asking import AsJson, Why, acting
from notifier.cli.choices import Frequency, Least, Sort, Weekday
from notifier.cli.subscribers.topics import Email
from notifier.cli.subscribers.topics import wanted as named

if TYPE_CHECKING:
    from notifier.settings import Settings
    from notifier.storage.audit import Acting
    from notifier.storage.subscribers import Added, Choice, Person, Wanted

LONGEST_PLACE = 80  # characters

#: What came of one thing to follow, and what would come of it, by the command and the import alike.
SAID = {
    "active": ("followed from now on", "would be followed from now on"),
    "pending": ("waits until they confirm by mail", "would wait until they confirm by mail"),
    "already active": ("was followed already; nothing was added", "is followed already"),
    "already pending": (
        "was waiting for their confirmation already; nothing was added",
        "is waiting for their confirmation already",
    ),
    "changed": (
        "was followed already; how often, or of what, it is mailed was changed",
        "is followed already; how often, or of what, it is mailed would be changed",
    ),
    "suppressed": (
        "not added: mail to this address came back or was called spam",
        "would not be added: mail to this address came back or was called spam",
    ),
    "twice": ("stands there twice", "stands there twice"),
    "refused": ("refused", "refused"),
}
_ASK_ANEW = "Without --consent they can be asked to confirm anew, except after a complaint."


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
    within: Annotated[
        int | None,
        typer.Option(
            metavar="KM", help="With --near and a town: tell only of places within so many kilometres of it."
        ),
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
    reason: Why = None,
    as_json: AsJson = False,
) -> None:
    """Add a person to a study, to a condition, or to several of each.

    Adding twice is harmless: what is said again is changed, and what is not said stays as it was.

    Example: notifier subscribers add jane@example.org --study NCT01234567 --consent "asked by phone, 3 July 2026"
    """
    import asyncio

    from notifier import app
    from notifier.services import sign_up_rules as rules
    from notifier.storage.subscribers import Person, address

    if not study and not condition:
        raise typer.BadParameter("give at least one --study or --condition")
    wanted = named(study or [], condition or [])
    person = replace(
        Person(address(email), rules.time_zone(time_zone), rules.language(language)),
        hour=hour,
        weekday=None if weekday is None else list(Weekday).index(weekday),
        title_in_subject=title_in_subject,
        near=_near(near),
        within=within,
    )
    evidence = evidence_of(consent)
    settings = start.settings()
    by = acting(app.make_clock(settings).now(), reason)
    wanted, notes = asyncio.run(_ask_registry(settings, wanted))
    added = _add(settings, person, wanted, _choice(every, least, only or []), evidence, by)
    if asked := rules.question(email):
        notes.append(f"{asked} It is taken as it was typed: where that is wrong, erase it and add the other.")
    if as_json:
        verdicts = [{"follows": label, "verdict": verdict.value} for label, verdict in added.verdicts]
        typer.echo(
            json.dumps(
                {"verdicts": verdicts, "confirmation_queued": added.confirmation_queued, "notes": notes}
            )
        )
        return
    for line in (*notes, *(f"{label}: {SAID[verdict.value][0]}." for label, verdict in added.verdicts)):
        typer.echo(line)
    if any(verdict.value == "suppressed" for _, verdict in added.verdicts) and not added.confirmation_queued:
        typer.echo(_ASK_ANEW)
    if added.confirmation_queued:
        typer.echo("A mail that asks them to confirm goes out with the next deliver pass.")


def _near(place: str | None) -> str | None:
    from notifier.errors import InputError

    said = None if place is None else " ".join(place.split())
    if said is not None and not 0 < len(said) <= LONGEST_PLACE:
        raise InputError(
            f"--near is a country or a city of at most {LONGEST_PLACE} characters, such as Denmark"
        )
    return said


def _choice(every: Frequency | None, least: Least | None, only: Sequence[Sort]) -> "Choice":
    from notifier.domain.changes import Group, Weight
    from notifier.storage.models import Every
    from notifier.storage.subscribers import Choice

    groups = Group(sum(Group[sort.name.upper()] for sort in set(only))) if only else None
    return Choice(
        None if every is None else Every(every.value), None if least is None else Weight(least.value), groups
    )


def evidence_of(consent: str | None) -> str | None:
    """What was written of how somebody agreed; None: they are to be asked. Raises InputError for nothing."""
    from notifier.errors import InputError

    if consent is not None and not consent.strip():
        raise InputError(
            "--consent is empty: write how and when they agreed, or leave it out and they are asked by mail"
        )
    return consent.strip() if consent else None


async def _ask_registry(settings: "Settings", wanted: Sequence["Wanted"]) -> tuple[list["Wanted"], list[str]]:
    """Say at once when the registry has no such study; when it cannot be asked, the next pass will tell."""
    from notifier import app
    from notifier.errors import NctIdError, RecordUnreadable, RegistryError, RegistryRefused
    from notifier.sources.clinicaltrials_gov import Gone, Moved
    from notifier.storage.subscribers import Wanted

    checked, notes = [], []
    async with app.open_registry(settings) as registry:
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
    settings: "Settings",
    person: "Person",
    wanted: Sequence["Wanted"],
    choice: "Choice",
    evidence: str | None,
    by: "Acting",
) -> "Added":
    from notifier import app
    from notifier.storage import audit, subscribers

    with app.open_database(settings) as database, database.transaction() as session:
        added = subscribers.add(
            session,
            person,
            wanted,
            choice=choice,
            consent=subscribers.Consent("command", by.actor, evidence),
            now=by.now,
            domain=app.mail_domain(settings),
            suppression_key=app.open_keys(settings).suppression_key,
        )
        row = subscribers.find(session, person.address)
        ids = {"subscribers": [row.id]} if row is not None and row.id is not None else {}
        audit.note(session, by, "subscribers add", people=1, ids=ids)
        return added
