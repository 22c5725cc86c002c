"""`notifier outbox plan`: who would get what next. Sends nothing and changes nothing."""

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from notifier.cli import start
from notifier.cli.asking import AsJson

if TYPE_CHECKING:
    from notifier.services.operations.plan import Plan, Planned
    from notifier.storage.models import Fate

Days = Annotated[int, typer.Option(min=0, max=31, help="How far to look; 0: the next deliver pass alone.")]
People = Annotated[bool, typer.Option("--people", help="Show each mail with its address, for your own eyes.")]
UNKNOWN = "What the next look at the registry finds is not in it"


def plan(days: Days = 7, people: People = False, as_json: AsJson = False) -> None:
    """Who would get what at the next deliver pass and the next daily and weekly mails, were the registry to stand still.

    Example: notifier outbox plan --days 1
    """
    from notifier import app
    from notifier.services.deliver import is_allowed
    from notifier.services.operations import plan as planning

    settings = start.settings()
    now, key = app.make_clock(settings).now(), app.open_keys(settings).suppression_key
    fence = app.make_fence(settings)
    with app.open_database(settings) as database:
        with database.reading() as session:
            closed = fence.closed(session) if fence else None
        with database.trying() as session:
            found = planning.plan(
                session,
                now,
                now + timedelta(days=days),
                domain=app.mail_domain(settings),
                key=key,
                mails_a_day=settings.mails_a_day,
                allowed=lambda address: is_allowed(address, settings.recipient_allowlist),
                with_tellings=people,
            )
    if as_json:
        typer.echo(json.dumps(_plain(found, closed, people=people)))
        return
    for line in _lines(found, closed, people=people):
        typer.echo(line)


def _plain(plan: "Plan", closed: str | None, *, people: bool) -> dict[str, Any]:
    hours = [
        {"hour": hour.isoformat(), "kind": kind.value, "mails": mails}
        for (hour, kind), mails in sorted(plan.hours().items())
    ]
    who = {"people": [_of(each) for each in plan.mails]} if people else {}
    return {
        "now": plan.now.isoformat(),
        "until": plan.until.isoformat(),
        "mails": len(plan.mails),
        "hours": hours,
        "stopped": plan.stopped,
        "held": {"notices": plan.held[0], "mails": plan.held[1]},
        "waits": {why.value: count for why, count in plan.waits.items()},
        "fenced": closed,
        "looked": plan.looked,
        "next_look": UNKNOWN,
        **who,
    }


def _of(each: "Planned") -> dict[str, Any]:
    return {
        "at": each.at.isoformat(),
        "email": each.email,
        "person": each.subscriber_id,
        "kind": each.kind.value,
        "made": each.made,
        "tells": [{"nct_id": told.nct_id, "kind": told.kind} for told in each.tells],
    }


def _lines(plan: "Plan", closed: str | None, *, people: bool) -> list[str]:
    lines = [
        f"{_when(hour, plan.now)}: {mails} {kind.value}"
        for (hour, kind), mails in sorted(plan.hours().items())
    ]
    if people:
        lines += [
            f"  {each.at:%Y-%m-%d %H:%M}  {each.email}  {each.kind.value}  "
            + (", ".join(f"{told.nct_id} {told.kind}" for told in each.tells) or "-")
            for each in plan.mails
        ]
    lines.append(f"{len(plan.mails)} mails until {plan.until:%Y-%m-%d %H:%M} UTC.")
    lines += [f"{count} would not go: {why}." for why, count in sorted(plan.stopped.items())]
    lines += [f"{count} notices still wait: {_why(fate)}." for fate, count in sorted(plan.waits.items())]
    if any(plan.held):
        lines.append(f"{plan.held[0]} notices and {plan.held[1]} mails are held: see `notifier outbox list`.")
    seen = f"; the last one saw its data of {plan.looked}" if plan.looked else "; there was none yet"
    return [*lines, f"{UNKNOWN}{seen}.", *([closed] if closed else [])]


def _why(fate: "Fate") -> str:
    from notifier.storage.eligibility import IN_WORDS
    from notifier.storage.models import Fate

    return "the most mails a day" if fate is Fate.NEXT_MAIL else IN_WORDS[fate]


def _when(hour: datetime, now: datetime) -> str:
    return "now" if hour <= now else f"{hour:%Y-%m-%d %H}:00 UTC"
