"""`notifier bounces`: reads what came back and acts on it. Shows no address: what a report names is its file."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from notifier.cli.running import DryRun, Yes, actor, acts, answer, begin, columns, day, deciding, sure
from notifier.errors import InputError

OF_AN_ENTRY = ("kind", "hard", "status", "reason")  # of a report
MOST_NAMED = 10  # messages that could not be read, in one line

if TYPE_CHECKING:
    from datetime import datetime


def bounces(
    files: Annotated[
        list[str] | None,
        Argument(metavar="[FILE… | -]", help="Messages, or mbox files; - for standard input."),
    ] = None,
    maildir: Annotated[Path | None, Option(metavar="DIR", help="The unread messages of a Maildir.")] = None,
    imap: Annotated[
        str | None,
        Option(
            metavar="URL",
            help="The unread messages of a mailbox: imaps://user:password@host/INBOX[?move=FOLDER].",
        ),
    ] = None,
    dry_run: DryRun = False,
    as_json: Annotated[bool, Option("--json", help="Print one JSON object a recipient.")] = False,
) -> None:
    """Read bounces, complaints and unsubscribe mails, and act on them. Reading one twice is harmless.

    Example: notifier bounces --imap imaps://bounces@mail.example.org/INBOX
    """
    if sum((bool(files), maildir is not None, imap is not None)) != 1:
        raise typer.BadParameter("give files, or -, or --maildir, or --imap")
    from notifier import app
    from notifier.mail.bounces import read
    from notifier.mail.bounces.mailboxes import from_files, from_imap, from_maildir
    from notifier.services.bounce_handling import BounceContext, take

    settings = begin()
    keys, now = app.open_keys(settings), app.make_clock(settings).now()
    context = BounceContext(app.make_tags(settings, keys), keys.suppression_key, now)
    unread = []
    with app.open_database(settings) as database:
        if maildir is not None:
            found = from_maildir(maildir)
        else:
            found = from_imap(imap) if imap is not None else from_files(files or (), sys.stdin.buffer)
        for fetched in found:
            if fetched.raw is None:
                unread.append(f"{fetched.name} ({fetched.fault})")
            else:
                report = read(fetched.raw)
                with database.trying() if dry_run else database.transaction() as session:
                    actions = take(session, report, context, actor())
                for entry, action in zip(report.entries, actions, strict=True):
                    dead = ", the address is dead" if entry.hard else ""
                    kind = f"{entry.kind.value},{f' {entry.status}' if entry.status else ''}"
                    plain = {"file": fetched.name, **columns(entry, *OF_AN_ENTRY), "action": action}
                    line = f"{fetched.name}: {kind} {entry.reason.value}{dead}: {action.value}"
                    answer(plain, [line], as_json=as_json)
                if not dry_run:
                    fetched.done()
    if unread:
        more = f" and {len(unread) - MOST_NAMED} more" if len(unread) > MOST_NAMED else ""
        raise InputError(
            f"Could not read {', '.join(unread[:MOST_NAMED])}{more}; everything else was read: mend that and run it again"
        )


def lift(
    email: Annotated[str | None, Argument(metavar="[EMAIL]", help="The person's address.")] = None,
    why: Annotated[str, Option(metavar="TEXT", help="Why mail may go there again; kept in the log.")] = "",
    domain: Annotated[
        str | None, Option(metavar="DOMAIN", help="Everybody at this domain whom their provider condemned.")
    ] = None,
    since: Annotated[
        str | None, Option(metavar="TIME", help="Those condemned since then: 2027-01-12 or 2027-01-12T14:00.")
    ] = None,
    until: Annotated[str | None, Option(metavar="TIME", help="And before then.")] = None,
    keep: Annotated[
        bool,
        Option("--keep", help="Believe what is held at the domain instead: mail goes on, and not to them."),
    ] = False,
    yes: Yes = False,
) -> None:
    """Mail an address again that is suppressed, or all that a provider condemned in a bad hour: what they missed is told.

    What one person followed until a complaint has to be added anew.

    Example: notifier subscribers lift jane@example.org --why "her new mailbox works, she called on 3 July 2026"

    Example: notifier subscribers lift --domain example.org --since 2027-01-12 --why "their server was broken"
    """
    import structlog

    from notifier import app
    from notifier.mail.smtp.verdict import clean_words
    from notifier.storage import audit, subscribers, suppression

    many = domain is not None or since is not None or until is not None
    if (email is not None) == many:
        raise typer.BadParameter("give one EMAIL, or --domain, --since and --until for many")
    if keep and domain is None:
        raise typer.BadParameter("--keep needs the --domain that it is about")
    if not why.strip():
        raise InputError("--why is empty: write why mail may go there again")
    why = clean_words(why)
    if email is None:
        first = None if since is None else day(since, "--since")
        last = None if until is None else day(until, "--until")
        _lift_many(domain, first, last, why, keep=keep, yes=yes)
        return
    who = subscribers.address(email)
    with acts(why) as (settings, session, by):
        hashed = suppression.address_hash(app.open_keys(settings).suppression_key, who.key)
        was = suppression.lift(session, hashed)
        suppression.end_bad_hours(session, by.now)
        person = subscribers.find(session, who)
        if was is not None:
            ids = {"subscribers": [person.id]} if person is not None and person.id is not None else {}
            audit.note(session, by, "subscribers lift", people=1, ids=ids)
    if was is None:
        raise InputError("That address is not suppressed: nothing to lift")
    app.start_logging(settings)  # what is lifted by hand is in the log, whatever else a command keeps quiet
    structlog.get_logger().warning(
        "A suppression was lifted by hand.",
        action="suppression_lifted",
        actor=by.actor,
        why=why,
        was=was.value,
        address_hash=hashed[:16],
    )
    typer.echo(f"Mail may go there again; it was suppressed as {was.value!r}.")


def _lift_many(
    domain: str | None, since: "datetime | None", until: "datetime | None", why: str, *, keep: bool, yes: bool
) -> None:
    import structlog

    from notifier import app
    from notifier.services.bounce_handling import decide
    from notifier.storage import audit

    with deciding(why) as (settings, database, by):
        key, now = app.open_keys(settings).suppression_key, by.now
        with database.trying() as session:
            people, _ = decide(session, key, now, domain=domain, since=since, until=until, keep=keep)
        if not people:
            raise InputError(
                "Nobody was suppressed there, or then, because of what came back: nothing to decide"
            )
        sure(people, "are mailed no more" if keep else "are mailed again", yes=yes)
        with database.transaction() as session:
            people, again = decide(session, key, now, domain=domain, since=since, until=until, keep=keep)
            audit.note(session, by, "subscribers lift", people=people)
    app.start_logging(settings)  # as above
    structlog.get_logger().warning(
        "Suppressions were decided on by hand.",
        action="suppressions_decided",
        people=people,
        kept=keep,
        why=why,
    )
    if keep:
        typer.echo(f"{people} addresses are suppressed; mail to {domain} goes on.")
    else:
        typer.echo(f"Mail goes to {people} people again; {again} mails that did not reach them go again.")
