"""`notifier subscribers list`: everybody, or those who follow one thing or are in one state; or only how many."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from notifier.cli import start
from notifier.cli.asking import AsJson
from notifier.cli.choices import Weekday
from notifier.cli.subscribers.topics import Condition, Study, only

if TYPE_CHECKING:
    from notifier.storage.models import SubscriptionState
    from notifier.storage.subscribers import Followed


A_PAGE = 1_000  # lines that are laid out together


class State(StrEnum):
    """A state of a subscription; the same words as tables.SubscriptionState."""

    pending = "pending"
    active = "active"
    paused = "paused"
    ended = "ended"


Of = Annotated[State | None, typer.Option("--state", help="Only what is in this state.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Show at most so many.")]
Count = Annotated[bool, typer.Option("--count", help="Say how many, and show nobody.")]


def list_all(
    study: Study = None,
    condition: Condition = None,
    state: Of = None,
    count: Count = False,
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """Everybody, and what each follows; or only some, or only how many.

    Example: notifier subscribers list --study NCT01234567 --state active --json
    """
    from notifier import app
    from notifier.storage import subscribers
    from notifier.storage.models import SubscriptionState

    topic, settings = only(study, condition), start.settings()
    wanted = None if state is None else SubscriptionState(state.value)
    with app.open_database(settings) as database, database.reading() as session:
        if count:
            _count(*subscribers.count(session, topic=topic, state=wanted), as_json=as_json)
            return
        key = app.open_keys(settings).suppression_key
        rows = subscribers.followed(session, topic=topic, state=wanted, limit=limit, suppression_key=key)
        shown = _as_json(rows) if as_json else _as_table(rows)
    if not shown and not as_json:
        anybody = topic is None and state is None
        typer.echo("Nobody yet. Add somebody with `notifier subscribers add`." if anybody else "Nobody.")


def _as_json(rows: "Iterable[Followed]") -> int:
    """One object, written as it is read."""
    shown = 0
    typer.echo('{"subscriptions": [', nl=False)
    for shown, row in enumerate(rows, start=1):
        typer.echo(f"{', ' if shown > 1 else ''}{json.dumps(plain(row))}", nl=False)
    typer.echo("]}")
    return shown


def _as_table(rows: "Iterable[Followed]") -> int:
    """A page of lines at a time: a table must know its lines before it can lay them out."""
    shown = 0
    rows = iter(rows)
    while page := list(islice(rows, A_PAGE)):
        table(page, heading=not shown)
        shown += len(page)
    return shown


def _count(people: int, states: "Mapping[SubscriptionState, int]", *, as_json: bool) -> None:
    counted = {state.value: number for state, number in states.items()}
    total = sum(counted.values())
    if as_json:
        typer.echo(json.dumps({"people": people, "subscriptions": total, "states": counted}))
        return
    of_these = ", ".join(f"{number} {name}" for name, number in counted.items())
    typer.echo(f"{people} people, {total} subscriptions{f': {of_these}' if of_these else ''}.")


def plain(row: "Followed") -> dict[str, Any]:
    """One subscription, as `--json` has it."""
    return {
        "id": row.id,
        "email": row.email,
        "follows": row.label,
        "every": row.every.value,
        "state": row.state.value,
        "reason": row.ended_reason.value if row.ended_reason else None,
        "paused_until": row.paused_until.isoformat() if row.paused_until else None,
        "since": row.created_at.isoformat(),
        "registry": "not there" if row.missing else "seen" if row.seen else "not looked at yet",
        "least": row.lightest.value,
        "only": [sort.replace("_", "-") for sort in row.only],
        "next_digest": row.next_digest_at.isoformat() if row.next_digest_at else None,
        "note": row.note,
        "consent": row.consent,
        "language": row.language,
        "time_zone": row.time_zone,
        "hour": row.hour,
        "weekday": list(Weekday)[row.weekday].value,
        "near": row.near,
        "within_km": row.within,
        "title_in_subject": row.title_in_subject,
        "suppressed": row.suppressed.value if row.suppressed else None,
    }


def table(rows: Sequence["Followed"], *, heading: bool = True) -> None:
    """A line a subscription."""
    from rich.console import Console
    from rich.table import Table

    made = Table(box=None, pad_edge=False, show_header=heading)
    columns = ("email", "follows", "every", "state", "since", "registry")
    for column in columns:
        made.add_column(column, overflow="fold")
    for each in map(plain, rows):
        since = str(each["since"])[:10]
        made.add_row(each["email"], each["follows"], each["every"], _state(each), since, each["registry"])
    # A line a subscription where no person looks on, so that grep and cut work.
    width = None if sys.stdout.isatty() else 1000
    Console(soft_wrap=True, markup=False, highlight=False, width=width).print(made)


def _state(each: dict[str, Any]) -> str:
    if each["reason"]:
        return f"{each['state']} ({each['reason']})"
    if each["suppressed"]:
        return f"{each['state']}, no mail goes out ({each['suppressed']})"
    return f"paused until {each['paused_until'][:10]}" if each["paused_until"] else str(each["state"])
