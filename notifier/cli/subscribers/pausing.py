"""`notifier subscribers pause`, `resume` and `end`: silence for a while, the way back, and for good."""

import json
from datetime import date, datetime, time
from typing import Annotated

import typer

from notifier.cli import start
from notifier.cli.asking import AsJson, Why, acting
from notifier.cli.subscribers.topics import Condition, Email, Study, only, theirs

Until = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="DATE",
        help="The first day on which they hear again; without it until they are resumed.",
    ),
]


def pause(
    email: Email,
    until: Until = None,
    study: Study = None,
    condition: Condition = None,
    reason: Why = None,
    as_json: AsJson = False,
) -> None:
    """Send a person nothing for a while: of everything, one study, or one condition. What changes meanwhile is kept.

    Example: notifier subscribers pause jane@example.org --until 2027-08-01
    """
    from notifier import app
    from notifier.storage import audit, subscribers

    topic, day = only(study, condition), _day(until)
    settings = start.settings()
    by = acting(app.make_clock(settings).now(), reason)
    with app.open_database(settings) as database, database.transaction() as session:
        who = theirs(session, email, topic)
        last = None if day is None else _begins(day, who.time_zone)
        paused = subscribers.pause(session, who.subscription_ids, last, by.now)
        if paused:
            ids = {"subscribers": [who.subscriber_id], "subscriptions": who.subscription_ids}
            audit.note(session, by, "subscribers pause", people=1, ids=ids)
    if as_json:
        typer.echo(json.dumps({"paused": paused, "until": None if last is None else last.isoformat()}))
        return
    when = "until they are resumed" if day is None else f"until {day.isoformat()}"
    typer.echo(
        f"Paused: {paused}, {when}. What changes meanwhile is kept." if paused else "Nothing to pause."
    )


def resume(
    email: Email,
    study: Study = None,
    condition: Condition = None,
    reason: Why = None,
    as_json: AsJson = False,
) -> None:
    """End a pause. All that changed meanwhile goes with the person's next mail.

    Example: notifier subscribers resume jane@example.org
    """
    from notifier import app
    from notifier.storage import audit, subscribers

    topic, settings = only(study, condition), start.settings()
    by = acting(app.make_clock(settings).now(), reason)
    with app.open_database(settings) as database, database.transaction() as session:
        who = theirs(session, email, topic)
        resumed = subscribers.resume(session, who.subscription_ids, by.now)
        if resumed:
            ids = {"subscribers": [who.subscriber_id], "subscriptions": who.subscription_ids}
            audit.note(session, by, "subscribers resume", people=1, ids=ids)
    if as_json:
        typer.echo(json.dumps({"resumed": resumed}))
        return
    typer.echo(
        f"Resumed: {resumed}. What was kept goes with the next mail." if resumed else "Nothing is paused."
    )


def end(
    email: Email,
    study: Study = None,
    condition: Condition = None,
    reason: Why = None,
    as_json: AsJson = False,
) -> None:
    """End what a person follows: everything, or one study, or one condition. What is unsent is not sent.

    Example: notifier subscribers end jane@example.org --study NCT01234567
    """
    from notifier import app
    from notifier.storage import audit, subscribers
    from notifier.storage.models import EndedReason

    topic, settings = only(study, condition), start.settings()
    by = acting(app.make_clock(settings).now(), reason)
    with app.open_database(settings) as database, database.transaction() as session:
        who = theirs(session, email, topic)
        ended = subscribers.end(session, who.subscription_ids, EndedReason.ADMIN, by.now)
        if ended:
            ids = {"subscribers": [who.subscriber_id], "subscriptions": who.subscription_ids}
            audit.note(session, by, "subscribers end", people=1, ids=ids)
    if as_json:
        typer.echo(json.dumps({"ended": ended}))
        return
    typer.echo("Nothing to end." if not ended else f"Ended: {ended}. Nothing more is sent for what ended.")


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(f"--until {text!r} is not a day: write it like 2027-08-01") from None


def _begins(day: date, time_zone: str) -> datetime:
    """When a day begins by the person's clock, in UTC."""
    from datetime import UTC

    from notifier.domain.scheduling import zone_of

    try:
        return datetime.combine(day, time(), tzinfo=zone_of(time_zone)).astimezone(UTC)
    except OverflowError:  # at the ends of the calendar
        raise typer.BadParameter(f"--until {day} is not a day on which anybody hears again") from None
