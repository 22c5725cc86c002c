"""`notifier outbox resend`: makes up for mails that failed, to exactly those who missed something. Shows no address."""

from collections.abc import Collection
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli import start
from notifier.cli.asking import Why, Yes, acting, period, sure

if TYPE_CHECKING:
    from notifier.settings import Settings
    from notifier.storage.models import Fate, MessageState
    from notifier.storage.outbox.resend import Missed


class State(StrEnum):
    """How a mail failed; the same words as tables.MessageState."""

    rejected = "rejected"
    expired = "expired"
    held = "held"
    unsure = "unsure"


Id = Annotated[int | None, typer.Argument(metavar="[ID]", help="One message, see `notifier outbox list`.")]
Since = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="What failed from then on, in UTC: 2027-01-12.")
]
Until = Annotated[
    str | None, typer.Option("--to", metavar="TIME", help="Until before then; a day is taken whole.")
]
States = Annotated[
    list[State] | None,
    typer.Option("--state", help="How it failed; again for more. Unless told: rejected and expired."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


def resend(
    message_id: Id = None,
    since: Since = None,
    until: Until = None,
    state: States = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Why = None,
) -> None:
    """Send again what failed: one message, or all between two times, to exactly those who missed it and still want it.

    Example: notifier outbox resend --from 2027-01-12T08:00 --to 2027-01-12T11:00
    """
    whole = since is not None and until is not None
    if (message_id is not None) == whole or (since is None) != (until is None):
        raise typer.BadParameter("give the number of one message, or both --from and --to")
    if message_id is not None:
        _resend_one(start.settings(), message_id, reason)
        return
    from notifier.storage.models import MessageState

    states = {MessageState(each.value) for each in state or (State.rejected, State.expired)}
    _resend_between(
        start.settings(), since or "", until or "", states, dry_run=dry_run, yes=yes, reason=reason
    )


def _resend_one(settings: "Settings", message_id: int, reason: str | None) -> None:
    from notifier import app
    from notifier.errors import InputError
    from notifier.storage import audit
    from notifier.storage.outbox import resend as resending

    key = app.open_keys(settings).suppression_key
    by = acting(app.make_clock(settings).now(), reason)
    with app.open_database(settings) as database, database.transaction() as session:
        missed = resending.one(session, message_id, key)
        if not resending.send(session, [missed], by.now):
            raise InputError(f"Message {message_id} has nothing left to send: {_why(missed)}")
        ids = {"messages": [message_id], "subscribers": [missed.subscriber_id]}
        audit.note(session, by, "outbox resend", people=1, ids=ids)
    typer.echo(f"Message {message_id} is due again.")


def _why(missed: "Missed") -> str:
    where = ", ".join(str(identity) for identity in missed.elsewhere if identity is not None)
    return f"{_said(missed.why_not)}{f' (message {where})' if where else ''}"


def _said(why_not: "Fate | None") -> str:
    from notifier.storage.eligibility import IN_WORDS

    return "goes again" if why_not is None else IN_WORDS[why_not]


def _resend_between(
    settings: "Settings",
    since: str,
    until: str,
    states: "Collection[MessageState]",
    *,
    dry_run: bool,
    yes: bool,
    reason: str | None,
) -> None:
    from notifier import app
    from notifier.storage import audit
    from notifier.storage.outbox import resend as resending

    first, last = period(since, until)
    key, now = app.open_keys(settings).suppression_key, app.make_clock(settings).now()
    by = acting(now, reason)
    with app.open_database(settings) as database:
        with database.reading() as session:
            found = resending.between(session, first, min(last, now), states, key)
        for fate, mails in sorted(resending.counts(found).items(), key=lambda each: each[0] or ""):
            typer.echo(f"{mails} mails: {_said(fate)}.")
        going = {each.message_id: each.subscriber_id for each in found if each.why_not is None}
        if not going or dry_run:
            typer.echo("Nothing is sent again." if not going else "A dry run: nothing was changed.")
            return
        sure(len(set(going.values())), "will be mailed again", yes=yes)
        with database.transaction() as session:
            # Looked at again, because mails may have gone while somebody thought; nobody is added by that.
            still = resending.between(session, first, min(last, now), states, key)
            moved = resending.send(session, [each for each in still if each.message_id in going], now)
            ids = {"messages": list(going), "subscribers": sorted(set(going.values()))}
            audit.note(session, by, "outbox resend", people=len(set(going.values())), ids=ids)
    typer.echo(f"{moved} mails are due again.")
