"""`notifier subscribers move`: a person's mails go to another address."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli import start
from notifier.cli.asking import AsJson, Why, acting
from notifier.cli.subscribers.adding import evidence_of
from notifier.cli.subscribers.topics import theirs

if TYPE_CHECKING:
    from notifier.settings import Settings
    from notifier.storage.audit import Acting

Old = Annotated[str, typer.Argument(metavar="OLD", help="The address that they are known by.")]
New = Annotated[str, typer.Argument(metavar="NEW", help="The address to which their mails shall go.")]
Agreed = Annotated[
    str | None,
    typer.Option(
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

    settings, evidence = start.settings(), evidence_of(consent)
    by = acting(app.make_clock(settings).now(), reason)
    asked = _move(settings, (old, new), evidence, by)
    if as_json:
        typer.echo(json.dumps({"moved": evidence is not None, "asked": asked}))
    elif evidence is not None:
        typer.echo("Moved. Links to their choices that went to the old address work no more.")
    elif asked:
        typer.echo(
            "A mail that asks them to confirm goes to the new address with the next deliver pass; until then their mails "
            "go to the old one."
        )
    else:
        typer.echo("They follow nothing, so there is nothing to move.")


def _move(settings: "Settings", addresses: tuple[str, str], evidence: str | None, by: "Acting") -> int:
    """Returns for how many subscriptions they are asked."""
    from notifier import app
    from notifier.storage import audit, subscribers

    new = subscribers.address(addresses[1])
    key = app.open_keys(settings).suppression_key
    consent, asked = subscribers.Consent("move", by.actor, evidence), 0
    with app.open_database(settings) as database, database.transaction() as session:
        who = theirs(session, addresses[0])
        if evidence is not None:
            subscribers.change_address(
                session, who.subscriber_id, new, by.now, consent=consent, suppression_key=key
            )
        else:
            asked = subscribers.ask_to_move(
                session,
                who.subscriber_id,
                new,
                by.now,
                consent=consent,
                domain=app.mail_domain(settings),
                suppression_key=key,
            )
        if asked or evidence is not None:
            audit.note(session, by, "subscribers move", people=1, ids={"subscribers": [who.subscriber_id]})
    return asked
