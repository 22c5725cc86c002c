"""`notifier outbox sent`: who was mailed what between two times."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from notifier.cli import start
from notifier.cli.asking import AsJson, From, To, period

if TYPE_CHECKING:
    from notifier.storage.outbox.sent import SentMail

Study = Annotated[str | None, typer.Option(metavar="NCT…", help="Only mails that told of this study.")]
People = Annotated[bool, typer.Option("--people", help="Show addresses too, for your own eyes.")]


def sent(
    since: From, until: To, study: Study = None, people: People = False, as_json: AsJson = False
) -> None:
    """Who was mailed what between two times, also what may have arrived without our knowing.

    Example: notifier outbox sent --from 2027-01-12 --to 2027-01-14 --study NCT01234567
    """
    from notifier import app
    from notifier.domain.study import parse_nct_id
    from notifier.storage.outbox import sent as sending

    first, last = period(since, until)
    nct_id = None if study is None else parse_nct_id(study)
    with app.open_database(start.settings()) as database, database.reading() as session:
        found = sending.sent(session, first, last, nct_id)
    total = {
        "mails": len(found),
        "people": len({each.subscriber_id for each in found}),
        "unsure": sum(not each.surely for each in found),
    }
    if as_json:
        typer.echo(json.dumps(total | {"sent": [_plain(each, people=people) for each in found]}))
        return
    for each in found:
        who = each.email or "(wiped)" if people else f"person {each.subscriber_id}"
        tells = ", ".join(f"{told.nct_id} {told.kind} ({told.change_id})" for told in each.tells)
        doubt = "" if each.surely else "  may have arrived"
        typer.echo(
            f"{each.at:%Y-%m-%d %H:%M}  message {each.message_id}  {who}  {each.kind}  {tells or '-'}{doubt}"
        )
    unsure = f", {total['unsure']} of them perhaps" if total["unsure"] else ""
    typer.echo(f"{total['mails']} mails to {total['people']} people{unsure}.")


def _plain(each: "SentMail", *, people: bool) -> dict[str, Any]:
    who = {"email": each.email} if people else {}
    return {
        "message": each.message_id,
        "person": each.subscriber_id,
        **who,
        "at": each.at.isoformat(),
        "kind": each.kind,
        "subject": each.subject,
        "surely": each.surely,
        "tells": [
            {"change": told.change_id, "nct_id": told.nct_id, "kind": told.kind} for told in each.tells
        ],
    }
