"""`notifier subscribers add`, `move` and `import`: people, what they want to hear of, and how they agreed."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument, Option

from notifier.cli.running import (
    AsJson,
    Commit,
    Email,
    Frequency,
    Least,
    Sort,
    Weekday,
    Why,
    Yes,
    acting,
    acts,
    answer,
    begin,
    sure,
)
from notifier.cli.subscribers import named, theirs
from notifier.domain.languages import any_of
from notifier.errors import InputError, NctIdError, RecordUnreadable, RegistryError, RegistryRefused

if TYPE_CHECKING:
    from notifier.cli.sheet import Sheet
    from notifier.settings import Settings
    from notifier.storage.audit import Acting
    from notifier.storage.subscribers import Added, Choice, Judged, Person, Wanted


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
        list[str] | None, Option(metavar="NCT…", help="A study, by its NCT number; may be repeated.")
    ] = None,
    condition: Annotated[
        list[str] | None,
        Option(metavar="TEXT", help="A condition whose new studies are told; may be repeated."),
    ] = None,
    every: Annotated[Frequency | None, Option(help="How often to mail; immediate unless said.")] = None,
    consent: Annotated[
        str | None,
        Option(metavar="TEXT", help="How and when they agreed. Without it they are asked by mail first."),
    ] = None,
    least: Annotated[
        Least | None, Option(help="The lightest change of a study that is told; notable unless said.")
    ] = None,
    only: Annotated[list[Sort] | None, Option(help="Only such changes of a study; may be repeated.")] = None,
    hour: Annotated[
        int | None,
        Option(min=0, max=23, help="When daily and weekly mails go, by their clock; 8 unless said."),
    ] = None,
    weekday: Annotated[Weekday | None, Option(help="When weekly mails go; monday unless said.")] = None,
    near: Annotated[
        str | None, Option(metavar="PLACE", help="Their country or city: places there come first.")
    ] = None,
    within: Annotated[
        int | None,
        Option(
            metavar="KM", help="With --near and a town: tell only of places within so many kilometres of it."
        ),
    ] = None,
    title_in_subject: Annotated[
        bool | None,
        Option(
            "--title-in-subject/--discreet-subject",
            help="Whether subjects name the study; they do not unless said.",
        ),
    ] = None,
    discreet: Annotated[
        bool | None,
        Option(
            "--discreet/--not-discreet",
            help="Whether the body of their mails names nothing either; as NOTIFIER_DISCREET has it unless said.",
        ),
    ] = None,
    open_only: Annotated[
        bool | None,
        Option(
            "--open-only/--open-or-not",
            help="Of the conditions: tell only of studies that take people now or soon.",
        ),
    ] = None,
    treatment_only: Annotated[
        bool | None,
        Option(
            "--treatment-only/--treatment-or-not",
            help="Of the conditions: leave out studies that only observe.",
        ),
    ] = None,
    country: Annotated[
        list[str] | None,
        Option(
            metavar="CC",
            help="Of the conditions: only studies with a place in this country, such as DK; may be repeated, any: all.",
        ),
    ] = None,
    age_group: Annotated[
        str | None,
        Option(
            metavar="G",
            help="Of the conditions: only studies for this age: child, adult, older-adult or any.",
        ),
    ] = None,
    sex: Annotated[
        str | None,
        Option(metavar="S", help="Of the conditions: only studies that take them: female, male or any."),
    ] = None,
    without: Annotated[
        list[str] | None,
        Option(
            "--not",
            metavar="TEXT",
            help="Of the conditions: no study with one of these words in its title or conditions; may be repeated.",
        ),
    ] = None,
    time_zone: Annotated[
        str | None,
        Option(metavar="TZ", help="Theirs, such as Europe/Copenhagen; NOTIFIER_TIME_ZONE unless said."),
    ] = None,
    language: Annotated[
        str | None, Option(metavar="L", help=f"Theirs: {any_of()}; NOTIFIER_LANGUAGE unless said.")
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
    from notifier.domain import narrowing as narrow
    from notifier.domain.changes import Group, Weight
    from notifier.services import sign_up_rules as rules
    from notifier.storage import subscribers
    from notifier.storage.models import Every

    if not study and not condition:
        raise typer.BadParameter("give at least one --study or --condition")
    wanted = named(study or [], condition or [])
    narrowing = narrow.said(open_only, treatment_only, age_group, sex, country, without)
    if narrowing and not condition:
        raise typer.BadParameter(
            "which new studies are told can be chosen of a condition alone: give --condition"
        )
    place = None if near is None else " ".join(near.split())
    if place is not None and not 0 < len(place) <= rules.LONGEST_PLACE:
        raise InputError(
            f"--near is a country or a city of at most {rules.LONGEST_PLACE} characters, such as Denmark"
        )
    person = subscribers.Person(
        subscribers.address(email),
        time_zone=rules.time_zone(time_zone),
        language=rules.language(language),
        hour=hour,
        weekday=None if weekday is None else list(Weekday).index(weekday),
        title_in_subject=title_in_subject,
        discreet=discreet,
        near=place,
        within=within,
    )
    choice = subscribers.Choice(
        None if every is None else Every(every.value),
        None if least is None else Weight(least.value),
        Group(sum(Group[sort.name.upper()] for sort in set(only))) if only else None,
        narrowing,
    )
    evidence, settings = evidence_of(consent), begin()
    by = acting(app.make_clock(settings).now(), reason)
    wanted, notes = asyncio.run(_ask_registry(settings, wanted))
    notes += [
        f'"{typed}" is searched as "{said}".' for typed in condition or [] if (said := rules.searched(typed))
    ]
    added = _add(settings, person, wanted, choice, evidence, by)
    if asked := rules.question(email):
        notes.append(f"{asked} It is taken as it was typed: where that is wrong, erase it and add the other.")
    verdicts = [{"follows": label, "verdict": verdict.value} for label, verdict in added.verdicts]
    plain = {"verdicts": verdicts, "confirmation_queued": added.confirmation_queued, "notes": notes}
    lines = [*notes, *(f"{label}: {SAID[verdict.value][0]}." for label, verdict in added.verdicts)]
    if added.confirmation_queued:
        lines.append("A mail that asks them to confirm goes out with the next deliver pass.")
    elif any(verdict.value == "suppressed" for _, verdict in added.verdicts):
        lines.append(_ASK_ANEW)
    answer(plain, lines, as_json=as_json)


def evidence_of(consent: str | None) -> str | None:
    """What was written of how somebody agreed; None: they are to be asked. Raises InputError for nothing."""
    if consent is not None and not consent.strip():
        raise InputError(
            "--consent is empty: write how and when they agreed, or leave it out and they are asked by mail"
        )
    return consent.strip() if consent else None


def _add(
    settings: "Settings",
    person: "Person",
    wanted: "Sequence[Wanted]",
    choice: "Choice",
    evidence: str | None,
    by: "Acting",
) -> "Added":
    from notifier import app
    from notifier.storage import audit, subscribers

    with app.open_database(settings) as database, database.transaction() as session:
        added = subscribers.add(
            session,
            replace(person, defaults=app.defaults(settings)),
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


async def _ask_registry(settings: "Settings", wanted: Sequence["Wanted"]) -> tuple[list["Wanted"], list[str]]:
    """Say at once when the registry has no such study; when it cannot be asked, the next pass will tell."""
    from notifier import app
    from notifier.sources.clinicaltrials_gov import Gone, StudyMoved
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
            if isinstance(answer, StudyMoved):
                notes.append(
                    f"{topic.nct_id}: the registry has this study as {answer.nct_id}, which is followed instead."
                )
                checked[-1] = Wanted(nct_id=answer.nct_id)
    return checked, notes


Old = Annotated[str, Argument(metavar="OLD", help="The address that they are known by.")]
New = Annotated[str, Argument(metavar="NEW", help="The address to which their mails shall go.")]
Agreed = Annotated[
    str | None,
    Option(
        "--consent",
        metavar="TEXT",
        help="How and when they asked for it. Without it they are asked there first.",
    ),
]


def move(old: Old, new: New, consent: Agreed = None, reason: Why = None, as_json: AsJson = False) -> None:
    """Send a person's mails to another address: at once with --consent, else when they confirm there.

    What they follow, and all that waits to be told, goes along. Mail that is stopped stays stopped.

    Example: notifier subscribers move jane@example.org jane.doe@example.com --consent "wrote from both, 3 July 2026"
    """
    from notifier import app
    from notifier.storage import audit, subscribers

    evidence, asked, to = evidence_of(consent), 0, subscribers.address(new)
    with acts(reason) as (settings, session, by):
        key, domain = app.open_keys(settings).suppression_key, app.mail_domain(settings)
        agreed, who = subscribers.Consent("move", by.actor, evidence), theirs(session, old).subscriber_id
        if evidence is not None:
            subscribers.change_address(session, who, to, by.now, consent=agreed, suppression_key=key)
        else:
            asked = subscribers.ask_to_move(
                session, who, to, by.now, consent=agreed, domain=domain, suppression_key=key
            )
        if asked or evidence is not None:
            audit.note(session, by, "subscribers move", people=1, ids={"subscribers": [who]})
    said = "They follow nothing, so there is nothing to move."
    if evidence is not None:
        said = "Moved. Links to their choices that went to the old address work no more."
    elif asked:
        said = (
            "A mail that asks them to confirm goes to the new address with the next deliver pass; until then their mails "
            "go to the old one."
        )
    answer({"moved": evidence is not None, "asked": asked}, [said], as_json=as_json)


#: Of a larger file only those that are not added, so that they are not lost among the others.
MOST_LINES_SAID = 1000
MOST_ASKED = 1000  # numbers that are asked for at the registry: ten questions
_ADDED = frozenset({"active", "pending"})

Sheets = Annotated[
    Path,
    Argument(
        metavar="FILE.csv",
        help="UTF-8, a line a thing followed. Columns: email, study or condition; and if you like every, consent, "
        "time_zone, language, discreet (of who is new); of a condition also open_only, treatment_only, country, age_group, sex, not.",
    ),
]


def bring(
    file: Sheets, commit: Commit = False, yes: Yes = False, reason: Why = None, as_json: AsJson = False
) -> None:
    """Add many people from a CSV file. Without --commit only a verdict a line is said, and the
    registry is asked for studies that are new here. All lines or none are added.

    Who has a consent, how and when they agreed, is active at once; the others are asked by mail. Mail that is
    stopped stays stopped, and what is followed already stays as it is.

    Example: notifier subscribers import people.csv --commit --reason "members who ticked our form"
    """
    import asyncio

    from notifier import app
    from notifier.cli import sheet
    from notifier.storage import audit, subscribers

    settings = begin()
    by = acting(app.make_clock(settings).now(), reason)
    with _watched("reading", as_json=as_json) as progress:
        read = sheet.read(file, progress)
    if not commit:
        read.notes.extend(asyncio.run(_unknown(settings, read)))
    key, domain = app.open_keys(settings).suppression_key, app.mail_domain(settings)
    with app.open_database(settings) as database, database.reading() as session:
        judged = subscribers.judge(session, read.lines, key)
    done = commit and not read.refused
    if done:
        active, asked = (
            len({line.address.key for _, line in judged.going(verdict)})
            for verdict in (subscribers.FollowVerdict.ACTIVE, subscribers.FollowVerdict.PENDING)
        )
        sure(
            judged.people,
            f"will be added, {active} of them at once, and {asked} will be asked to confirm by mail",
            yes=yes,
        )
        del judged  # it is judged anew: not both are held at once
        with (
            _watched("writing", as_json=as_json),
            app.open_database(settings) as database,
            database.transaction() as session,
        ):
            # Judged again where it is done: somebody may have signed up while the admin thought.
            judged = subscribers.judge(session, read.lines, key)
            how = subscribers.Bringing(by.actor, by.now, domain, app.defaults(settings))
            people = subscribers.bring_in(session, judged, how)
            audit.note(session, by, "subscribers import", people=len(people), ids={"subscribers": people})
    verdicts = _verdicts(read, judged)
    if as_json:
        counts = dict(sorted(Counter(each["verdict"] for each in verdicts).items()))
        said = {"committed": done, "people": judged.people, "counts": counts, "lines": verdicts}
        typer.echo(json.dumps({**said, "notes": read.notes}))
    else:
        _say_import(verdicts, read, judged, committed=done)
    if commit and read.refused:
        raise InputError(
            f"{len(read.refused)} lines are refused, so nothing was imported: put them right, or take them out"
        )


async def _unknown(settings: "Settings", read: "Sheet") -> list[str]:
    """What the registry says of the studies that are not stored: a slip in a number is seen before anybody is added."""
    from notifier import app
    from notifier.storage.studies import snapshots

    lines: dict[str, int] = {}
    for line in read.lines:
        if line.topic.nct_id is not None:
            lines.setdefault(line.topic.nct_id, line.number)
    with app.open_database(settings) as database:
        with database.reading() as session:
            stored = snapshots.kept(session, lines)
        strange = [nct_id for nct_id in lines if nct_id not in stored]
        if not strange:
            return []
        try:
            async with app.open_registry(settings, database) as registry:
                answer = await registry.records(strange[:MOST_ASKED], patient=False)
        except RegistryError:
            return [
                "The registry cannot be asked now: whether it has the studies that are new here, a watch pass finds."
            ]
    notes = [
        f"line {lines[nct_id]}: {nct_id} is not in the registry: check the number."
        for nct_id in answer.missing
    ]
    if len(strange) > MOST_ASKED:
        notes.append(
            f"Of {len(strange)} studies that are new here, the first {MOST_ASKED} were asked for at the registry."
        )
    return notes


def _verdicts(read: "Sheet", judged: "Judged") -> list[dict[str, Any]]:
    """What comes of each line, in the order of the file."""
    from notifier.services import sign_up_rules as rules

    found: list[dict[str, Any]] = [
        {
            "line": line.number,
            "follows": line.topic.label,
            "verdict": comes.value,
            "why": why or rules.question(line.address.typed),
        }
        for line, (comes, why) in zip(judged.lines, judged.comes, strict=True)
    ]
    found += [
        {"line": each.number, "follows": None, "verdict": "refused", "why": each.why} for each in read.refused
    ]
    return sorted(found, key=lambda each: int(each["line"]))


def _say_import(verdicts: list[dict[str, Any]], read: "Sheet", judged: "Judged", *, committed: bool) -> None:
    for note in read.notes:
        typer.echo(note)
    all_of_them = len(verdicts) <= MOST_LINES_SAID
    for each in verdicts:
        if all_of_them or each["verdict"] not in _ADDED or each["why"]:
            why = f" ({each['why']})" if each["why"] else ""
            follows = f"{each['follows']} " if each["follows"] else ""
            typer.echo(f"line {each['line']}: {follows}{SAID[each['verdict']][0 if committed else 1]}{why}")
    counts = Counter(each["verdict"] for each in verdicts)
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    lines = "1 line" if len(verdicts) == 1 else f"{len(verdicts)} lines"
    people, were = ("1 person", "was") if judged.people == 1 else (f"{judged.people} people", "were")
    typer.echo(f"{lines}, {people} {were if committed else 'would be'} added: {told}.")
    if not committed:
        typer.echo(
            "Nothing was changed. With --commit all of it is done, or nothing where a line is refused."
        )


@contextmanager
def _watched(what: str, *, as_json: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar to watch on a terminal while it takes its time; nothing in a pipe."""
    if as_json or not sys.stderr.isatty():
        yield lambda _done, _all: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(what, total=None)
        yield lambda done, all_: shown.update(task, completed=done, total=max(done, all_))
