"""What is typed after commands: arguments and options, and the words of enumerations whose rooms are slow to load.

A test holds that these words are the same.
"""

from enum import StrEnum
from typing import Annotated

from typer import Argument, Option

from notifier.domain.languages import any_of

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
