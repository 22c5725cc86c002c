"""`notifier subscribers import`: many people from a file; a verdict a line, and all of them or none."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from notifier.cli import start
from notifier.cli.asking import AsJson, Why, Yes, acting, sure
from notifier.cli.subscribers.adding import SAID

if TYPE_CHECKING:
    from notifier.cli.subscribers.sheet import Sheet
    from notifier.settings import Settings
    from notifier.storage.audit import Acting
    from notifier.storage.engine import Session
    from notifier.storage.subscribers import Judged

MOST_LINES_SAID = (
    1000  # of a larger file only those that are not added, so that they are not lost among the others
)
MOST_ASKED = 1000  # numbers that are asked for at the registry: ten questions
_ADDED = frozenset({"active", "pending"})

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE.csv",
        help="UTF-8, a line a thing followed. Columns: email, study or condition; and if you like every, consent, "
        "time_zone, language.",
    ),
]
Commit = Annotated[bool, typer.Option("--commit", help="Do it; without this nothing is changed.")]


def bring(
    file: File, commit: Commit = False, yes: Yes = False, reason: Why = None, as_json: AsJson = False
) -> None:
    """Add many people from a CSV file. Without --commit only a verdict a line is said, and the
    registry is asked for studies that are new here. All lines or none are added.

    Who has a consent, how and when they agreed, is active at once; the others are asked by mail. Mail that is
    stopped stays stopped, and what is followed already stays as it is.

    Example: notifier subscribers import people.csv --commit --reason "members who ticked our form"
    """
    from notifier import app
    from notifier.cli.subscribers import sheet
    from notifier.errors import InputError

    settings = start.settings()
    by = acting(app.make_clock(settings).now(), reason)
    with _watched("reading", as_json=as_json) as progress:
        read = sheet.read(file, progress)
    if not commit:
        read.notes.extend(asyncio.run(_unknown(settings, read)))
    judged = _judge(settings, read)
    done = commit and not read.refused
    if done:
        sure(judged.people, _what(judged), yes=yes)
        del judged  # it is judged anew: not both are held at once
        with _watched("writing", as_json=as_json) as progress:
            judged = _commit(settings, read, by, progress)
    verdicts = _verdicts(read, judged)
    if as_json:
        typer.echo(json.dumps(_plain(verdicts, judged, committed=done, notes=read.notes)))
    else:
        _say(verdicts, read, judged, committed=done)
    if commit and read.refused:
        raise InputError(
            f"{len(read.refused)} lines are refused, so nothing was imported: put them right, or take them out"
        )


async def _unknown(settings: "Settings", read: "Sheet") -> list[str]:
    """What the registry says of the studies that are not stored: a slip in a number is seen before anybody is added."""
    from notifier import app
    from notifier.errors import RegistryError
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


def _what(judged: "Judged") -> str:
    from notifier.storage.subscribers import Verdict

    active = len({line.address.key for _, line in judged.going(Verdict.ACTIVE)})
    asked = len({line.address.key for _, line in judged.going(Verdict.PENDING)})
    return f"will be added, {active} of them at once, and {asked} will be asked to confirm by mail"


def _judge(settings: "Settings", read: "Sheet") -> "Judged":
    from notifier import app

    with app.open_database(settings) as database, database.reading() as session:
        return _judged(settings, read, session)


def _judged(settings: "Settings", read: "Sheet", session: "Session") -> "Judged":
    from notifier import app
    from notifier.storage import subscribers

    return subscribers.judge(session, read.lines, app.open_keys(settings).suppression_key)


def _commit(
    settings: "Settings", read: "Sheet", by: "Acting", progress: Callable[[int, int], None]
) -> "Judged":
    from notifier import app
    from notifier.storage import audit, subscribers

    with app.open_database(settings) as database, database.transaction() as session:
        # Judged again where it is done: somebody may have signed up while the admin thought.
        judged = _judged(settings, read, session)
        total = judged.rows
        how = subscribers.Bringing(
            by.actor, by.now, app.mail_domain(settings), lambda rows: progress(rows, total)
        )
        people = subscribers.bring_in(session, judged, how)
        audit.note(session, by, "subscribers import", people=len(people), ids={"subscribers": people})
    return judged


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


def _plain(
    verdicts: list[dict[str, Any]], judged: "Judged", *, committed: bool, notes: list[str]
) -> dict[str, Any]:
    return {
        "committed": committed,
        "people": judged.people,
        "counts": dict(sorted(Counter(each["verdict"] for each in verdicts).items())),
        "lines": verdicts,
        "notes": notes,
    }


def _say(verdicts: list[dict[str, Any]], read: "Sheet", judged: "Judged", *, committed: bool) -> None:
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
