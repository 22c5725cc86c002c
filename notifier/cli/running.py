"""What commands take, begin with, ask and say: options, the settings, the database, who acts, times, a word before many are concerned.

The words of enumerations whose rooms are slow to load stand here too; a test holds that they are the same.
"""

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import typer

from notifier.errors import InputError

if TYPE_CHECKING:
    from notifier.settings import Settings
    from notifier.storage.audit import Acting
    from notifier.storage.engine import Database, Session
from enum import StrEnum
from typing import Annotated

from typer import Argument, Option

from notifier.domain.languages import any_of

ASK_ABOVE = 10  # people
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # fmt: skip  # OWASP, CSV injection; also in their full width


def begin() -> "Settings":
    """The checked settings of this process; logging has begun. Raises SettingsError."""
    from notifier import app

    found = app.load_settings()
    app.start_logging(found, of_a_command=True)
    app.lay_over_sentences(found)
    return found


def actor() -> str:
    """Who runs this command, for the records."""
    import getpass

    try:
        return getpass.getuser()[:80]
    except (OSError, KeyError):
        return "an account without a name"


def acting(now: datetime, reason: str | None = None) -> "Acting":
    """Who acts, for the audit trail. Raises InputError for a reason that does not belong there."""
    from notifier.storage import audit

    return audit.Acting(actor(), now, audit.reason(reason))


@contextmanager
def looking() -> Iterator[tuple["Settings", "Session"]]:
    """The settings, and the database as it stands, for a command that changes nothing."""
    from notifier import app

    settings = begin()
    with app.open_database(settings) as database, database.reading() as session:
        yield settings, session


@contextmanager
def deciding(reason: str | None) -> Iterator[tuple["Settings", "Database", "Acting"]]:
    """The settings, the database, and who acts, for a command that looks, asks and then acts.

    Raises InputError for a reason that does not belong in the audit trail.
    """
    from notifier import app

    settings = begin()
    by = acting(app.make_clock(settings).now(), reason)
    with app.open_database(settings) as database:
        yield settings, database, by


@contextmanager
def acts(reason: str | None) -> Iterator[tuple["Settings", "Session", "Acting"]]:
    """The same for a command that acts at once, in one transaction."""
    with deciding(reason) as (settings, database, by), database.transaction() as session:
        yield settings, session, by


def answer(plain: Mapping[str, Any], lines: Iterable[str], *, as_json: bool) -> None:
    """Say what came of a command: one JSON object for a program, or lines for a person."""
    for line in (in_json(plain),) if as_json else lines:
        typer.echo(line)


def in_json(plain: Mapping[str, Any]) -> str:
    """Times in ISO 8601; what SQLite keeps in a column of another type is said as it stands."""
    return json.dumps(plain, default=lambda each: each.isoformat() if isinstance(each, date) else repr(each))


def columns(row: object, *names: str) -> dict[str, Any]:
    """These of a row, or of what is like one, for a program."""
    return {name: getattr(row, name) for name in names}


def spreadsheet(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """A heading and a line a row. A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    lines = csv.writer(sys.stdout)
    lines.writerow(columns)
    for row in rows:
        cells = ("" if row[name] is None else str(row[name]) for name in columns)
        lines.writerow(f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells)


def sure(people: int, what: str, *, yes: bool) -> None:
    """Ask before something concerns many people. Raises typer.Abort on anything but yes."""
    if people > ASK_ABOVE and not yes:
        agree(f"{people} people {what}. Go on?")


def agree(question: str) -> None:
    """Ask, beside what the command prints. Raises typer.Abort on anything but yes, InputError where nobody is there."""
    if sys.stdin.isatty():
        typer.confirm(question, abort=True, err=True)
        return
    said = sys.stdin.readline()
    if not said:
        what = question.removesuffix(" Go on?")
        raise InputError(
            f"{what} Nobody is there to say so, and nothing was changed: add --yes if it is meant"
        )
    typer.echo(question, err=True)
    if said.strip().lower() not in {"y", "yes"}:
        raise typer.Abort


def period(since: str, until: str) -> tuple[datetime, datetime]:
    """The two times that were typed, in UTC; the day of `--to` is in it. Raises typer.BadParameter."""
    first, last = day(since, "--from"), day(until, "--to", whole_day=True)
    if last <= first:
        raise typer.BadParameter("--to is not after --from")
    return first, last


def day(text: str, option: str, *, whole_day: bool = False) -> datetime:
    """A time in UTC; of a day alone its beginning, or with `whole_day` its end. Raises typer.BadParameter."""
    try:
        found = datetime.fromisoformat(text.strip())
        known = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        only_a_day = known.time() == time() and len(text.strip()) <= len("2027-01-12")
        return known + timedelta(days=1) if whole_day and only_a_day else known
    except (ValueError, OverflowError):  # the latter at the ends of the calendar
        raise typer.BadParameter(
            f"{option} {text!r} is not a time: write it like 2027-01-12 or 2027-01-12T09:30"
        ) from None


AsJson = Annotated[bool, Option("--json", help="Print one JSON object and nothing else.")]
AsCsv = Annotated[bool, Option("--csv", help="Print a table for a spreadsheet.")]
Yes = Annotated[bool, Option("--yes", help="Do not ask.")]
DryRun = Annotated[bool, Option("--dry-run", help="Say what would be done, and do nothing.")]
Nct = Annotated[str, Argument(metavar="NCT…", help="The study's NCT number.")]
Why = Annotated[str | None, Option("--reason", metavar="TEXT", help="Why; kept in the audit trail.")]
Language = Annotated[str | None, Option(metavar="L", help=f"{any_of()}; NOTIFIER_LANGUAGE unless said.")]
From = Annotated[
    str, Option("--from", metavar="TIME", help="From then on, in UTC: 2027-01-12, or 2027-01-12T09:30.")
]
To = Annotated[str, Option("--to", metavar="TIME", help="Until before then, in UTC; a day is taken whole.")]
Email = Annotated[str, Argument(metavar="EMAIL", help="The person's address.")]
Study = Annotated[str | None, Option("--study", metavar="NCT…", help="Only this study.")]
Condition = Annotated[str | None, Option("--condition", metavar="TEXT", help="Only this condition.")]
Limit = Annotated[int | None, Option("--limit", min=1, help="Show at most so many.")]
Id = Annotated[int | None, Argument(metavar="[ID]", help="One message, see `notifier outbox list`.")]
HeldStudy = Annotated[str | None, Option(metavar="NCT…", help="Only what is held of this study.")]
HeldPath = Annotated[
    str | None, Option(metavar="PATH", help="Only what is held of this path of the records.")
]
Day = Annotated[str | None, Option("--day", metavar="DATE", help="A day of UTC; else the last 24 hours.")]
Addresses = Annotated[bool, Option("--people", help="Show addresses too, for your own eyes.")]
Commit = Annotated[bool, Option("--commit", help="Do it; without this nothing is changed.")]

Frequency = StrEnum("Frequency", "immediate daily weekly")  # as models.Every
Least = StrEnum("Least", "important notable minor")  # as changes.Weight, the lightest change that is told
#: As datetime.weekday.
Weekday = StrEnum("Weekday", "monday tuesday wednesday thursday friday saturday sunday")
KeyType = StrEnum("KeyType", "rsa ed25519")  # as k= has it in the DNS
WrittenBy = StrEnum("WrittenBy", "imported model")  # as models.ReadSource
State = StrEnum("State", "pending active paused ended")  # as models.SubscriptionState
Failed = StrEnum("Failed", "rejected expired held unsure")  # as models.MessageState


class Sort(StrEnum):
    """A sort of change; the names are those of changes.Group."""

    opens_or_stops = "opens-or-stops"
    results = "results"
    who_can_join = "who-can-join"
    places = "places"
    dates = "dates"
    everything_else = "everything-else"
