"""`notifier canary`: whether mail still arrives in the operator's own mailbox. Shows no address."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli import start

if TYPE_CHECKING:
    from notifier.mail.bounces.mailboxes import Fetched

app = typer.Typer(help="The operator's mailbox that follows along.", no_args_is_help=True)

ARRIVES_WITHIN = timedelta(hours=1)


@app.command()
def check(
    maildir: Annotated[Path | None, typer.Option(metavar="DIR", help="The mailbox is this Maildir.")] = None,
    imap: Annotated[
        str | None, typer.Option(metavar="URL", help="The mailbox: imaps://user:password@host/INBOX.")
    ] = None,
) -> None:
    """Look for the newest mail to the canary among the unread mails of its mailbox, and leave them unread.

    Exit 1 where it was sent more than an hour ago and is not there.

    Example: notifier canary check --imap imaps://canary@mail.example.org/INBOX
    """
    if (maildir is None) == (imap is None):
        raise typer.BadParameter("give --maildir or --imap")
    from notifier import app as parts
    from notifier.errors import InputError, MailError
    from notifier.mail.bounces import mailboxes

    settings = start.settings()
    if settings.canary is None:
        raise InputError("There is no canary: set NOTIFIER_CANARY to a mailbox of yours")
    newest = _newest(settings.canary)
    if newest is None:
        typer.echo(
            "No mail to the canary was sent yet: it is mailed on a day on which somebody is mailed news."
        )
        return
    message_id, rfc_message_id, sent_at = newest
    found = mailboxes.from_imap(imap) if imap is not None else mailboxes.from_maildir(maildir or Path())
    when = f"message {message_id}, sent {sent_at:%Y-%m-%d %H:%M} UTC"
    if rfc_message_id in set(_names(found)):
        typer.echo(f"The newest mail to the canary has arrived ({when}).")
    elif parts.make_clock(settings).now() - sent_at < ARRIVES_WITHIN:
        typer.echo(f"The newest mail to the canary is not there yet ({when}).")
    else:
        raise MailError(
            f"The newest mail to the canary is not among the unread mails of its mailbox ({when}): look whether it was "
            "read, sorted away, or taken for spam"
        )


def _newest(canary: str) -> tuple[int, str, datetime] | None:
    from notifier import app as parts
    from notifier.mail.render.mime import parse_mailbox
    from notifier.storage import subscribers
    from notifier.storage.canary import newest_sent

    who = subscribers.address(parse_mailbox(canary).address)
    with parts.open_database(start.settings()) as database, database.reading() as session:
        row = newest_sent(session, who)
    return None if row is None else (row.id, row.rfc_message_id, row.settled_at)


def _names(found: "Iterable[Fetched]") -> Iterator[str]:
    """The Message-IDs of what was fetched; nothing is marked as read."""
    for each in found:
        if each.raw is not None:
            yield str(message_from_bytes(each.raw)["Message-ID"] or "").strip()
