"""What keeps an installation: backup, the database's schema and seal, keys, the canary, the audit trail, the doctor. Shows no address."""

import sys
from collections import Counter
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from notifier.cli.running import AsJson, KeyType, Yes, agree, answer, begin, columns, looking
from notifier.errors import InputError, MailError, NotifierError, SchemaError

Backup = Annotated[Path, Argument(metavar="FILE", help="Where the backup is, or is to be.")]


def backup(file: Backup) -> None:
    """Copy the whole database to a file that is not there yet, also while the worker runs, and check the copy.

    The file holds addresses and what they follow, and only you may read it. Keep `notifier.key` elsewhere.

    Example: notifier backup /var/backups/notifier-2027-01-12.backup
    """
    from notifier import app
    from notifier.services import backups

    settings = begin()
    with app.open_database(settings) as database:
        size = backups.back_up(database, file, app.make_clock(settings).now())
    typer.echo(f"The database is in {file} ({size / 1_000_000:.1f} MB), and the copy was checked.")


def restore(file: Backup, yes: Yes = False) -> None:
    """Put a backup in the place of the database. Stop the worker first; nothing is mailed until you say so.

    It says what the database holds, and asks, where that is anything.

    Example: notifier restore /var/backups/notifier-2027-01-12.backup
    """
    from notifier import app
    from notifier.services import backups

    settings = begin()
    key, now = app.open_keys(settings).suppression_key, app.make_clock(settings).now()
    ledger = app.make_ledger(settings)

    def sure(loss: str) -> None:
        if not yes:
            agree(f"{loss} Go on?")

    with app.open_database(settings, check=False) as database:
        done = backups.restore(database, file, ledger, key, now, sure=sure)
    typer.echo(f"The database is what {file} holds.")
    if done.aside is not None:
        typer.echo(f"The damaged one is in {done.aside}.")
    if done.erased:
        typer.echo(f"Erased again, as they asked since the backup: {done.erased}.")
    if done.since.ended or done.since.stopped:
        typer.echo(
            f"Ended again, as it was since the backup: {done.since.ended} follows; not mailed any more: "
            f"{done.since.stopped} addresses."
        )
    typer.echo(
        f"What it cannot know: {done.since.lost} follows that were confirmed or added since, who had signed up and not "
        "confirmed yet, and choices that were changed. Those people must sign up again."
    )
    typer.echo(
        "Run `notifier watch`, look at `notifier outbox list`, then `notifier outbox release` or `drop`."
    )


database = typer.Typer(
    help="The database's schema, and whether its addresses are sealed.", no_args_is_help=True
)


@database.command()
def seal() -> None:
    """Seal every address with the first of NOTIFIER_ADDRESS_KEYS, also after a new one was put there. Stop the worker first.

    What was stopped half way goes on when it is run again. Example: notifier database seal
    """
    from notifier import app
    from notifier.storage import encryption

    with app.open_database(begin(), check=False) as database:
        database.open()
        count = encryption.seal(database)
    typer.echo(
        f"Addresses that were sealed: {count}. Every address in the database is sealed with the first key now. Keep the keys "
        "where the database and its backups are not: without them nobody can be mailed. Backups that were made before "
        "hold the addresses as they were then."
    )


@database.command()
def unseal() -> None:
    """Store every address open again. Stop the worker first; afterwards unset NOTIFIER_ADDRESS_KEYS.

    Example: notifier database unseal
    """
    from notifier import app
    from notifier.storage import encryption

    with app.open_database(begin(), check=False) as database:
        database.open()
        count = encryption.unseal(database)
    typer.echo(
        f"Addresses that were opened: {count}. Unset NOTIFIER_ADDRESS_KEYS before anything else is run."
    )


@database.command()
def status() -> None:
    """Say which schema the database has, and which is needed.

    Example: notifier database status
    """
    from notifier import app

    with app.open_database(begin(), check=False) as opened:
        schema = opened.schema()
    if not schema.ready:
        if not schema.empty:
            opened.refuse_unready(schema)
        raise SchemaError(
            f"The database is empty, schema {schema.needed} is needed: run `notifier database upgrade`"
        )
    typer.echo(f"The database has schema {schema.current}, as needed.")


@database.command()
def upgrade() -> None:
    """Bring the database to the schema that this version needs. Back it up first.

    Example: notifier database upgrade
    """
    from notifier import app

    with app.open_database(begin(), check=False) as opened:
        before, after = opened.schema(), opened.upgrade()
    if before.ready:
        typer.echo(f"The database has schema {after.current} already; nothing was changed.")
    else:
        typer.echo(f"The database has schema {after.current} now.")


keys = typer.Typer(help="The keys that sign the links in mails.", no_args_is_help=True)


@keys.command()
def rotate() -> None:
    """Make a new key that signs from now on. Those before it still open the links that they signed.

    Example: notifier keys rotate
    """
    from notifier.domain import key_file

    if begin().secret_keys is not None:
        raise InputError(
            "The keys are set in NOTIFIER_SECRET_KEYS, which no command can change: put a new one first there, with a "
            "comma after it, keep all that are there, and restart the program. A new one can be made with "
            "`openssl rand -base64 48`"
        )
    path = Path.cwd() / key_file.NAME
    keys = key_file.rotate(path)
    typer.echo(
        f"{path} has {len(keys)} keys now. What starts from now on signs with the new one, and the pages that run know its "
        "links: restart the workers. "
        "Back the file up, and never take a key out of it: links already mailed need it."
    )


@keys.command("list")
def list_all(as_json: AsJson = False) -> None:
    """Say how many keys there are and where, the one that signs first. Shows no key, only a mark to tell them apart.

    Example: notifier keys list
    """
    import hashlib

    from notifier.domain import key_file

    settings = begin()
    if settings.secret_keys is not None:
        where, keys = "NOTIFIER_SECRET_KEYS", list(settings.secret_keys)
    else:
        path = Path.cwd() / key_file.NAME
        where, keys = str(path), key_file.open_or_make(path) if path.exists() else []
    # A mark tells a key apart from others, and does not help to guess it.
    marks = [hashlib.sha256(f"notifier.mark.{key}".encode()).hexdigest()[:8] for key in keys]
    lines = [f"{mark}  {'verifies' if number else 'signs and verifies'}" for number, mark in enumerate(marks)]
    answer({"where": where, "keys": marks}, [*lines, f"{len(marks)} in {where}."], as_json=as_json)


dkim = typer.Typer(help="Keys that sign the mails, where the mail server does not.", no_args_is_help=True)


@dkim.command()
def new(
    selector: Annotated[str, Argument(metavar="SELECTOR", help="The key's name in the DNS, such as 2027a.")],
    kind: Annotated[
        KeyType, Option("--type", help="Every receiver verifies rsa, some ed25519.")
    ] = KeyType.rsa,
    out: Annotated[Path | None, Option(metavar="FILE", help="Where the key goes; else SELECTOR.pem.")] = None,
) -> None:
    """Make a key in a file that only you may read, and print the DNS record to publish for it.

    Example: notifier dkim new 2027a --out /etc/notifier/2027a.pem
    """
    from notifier import app
    from notifier.mail.render import dkim
    from notifier.settings import is_selector

    if not is_selector(selector):
        raise InputError(f"{selector!r} is no selector: use letters, digits and dashes, for example 2027a")
    domain = app.dkim_domain(begin())
    path = (out or Path(f"{selector}.pem")).absolute()
    key = dkim.new_key(selector, domain, kind.value, path)
    typer.echo(f"The key is in {path}, which only you may read.\n\nPublish this DNS record:\n")
    typer.echo(f"  name   {dkim.record_name(key)}\n  type   TXT")
    typer.echo("  value  " + " ".join(f'"{each}"' for each in dkim.record_strings(key)))
    typer.echo(f"\nWhen the DNS answers with it, add {selector}:{path} to NOTIFIER_DKIM_KEYS.")


canary = typer.Typer(help="The operator's mailbox that follows along.", no_args_is_help=True)

ARRIVES_WITHIN = timedelta(hours=1)


@canary.command()
def check(
    maildir: Annotated[Path | None, Option(metavar="DIR", help="The mailbox is this Maildir.")] = None,
    imap: Annotated[
        str | None, Option(metavar="URL", help="The mailbox: imaps://user:password@host/INBOX.")
    ] = None,
) -> None:
    """Look for the newest mail to the canary among the unread mails of its mailbox, and leave them unread.

    Exit 1 where it was sent more than an hour ago and is not there.

    Example: notifier canary check --imap imaps://canary@mail.example.org/INBOX
    """
    if (maildir is None) == (imap is None):
        raise typer.BadParameter("give --maildir or --imap")
    from notifier import app
    from notifier.mail.bounces import mailboxes
    from notifier.services.monitoring import canary_of
    from notifier.storage.canary import newest_sent

    with looking() as (settings, session):
        if (who := canary_of(settings)) is None:
            raise InputError("There is no canary: set NOTIFIER_CANARY to a mailbox of yours")
        newest = newest_sent(session, who)
    if newest is None:
        typer.echo(
            "No mail to the canary was sent yet: it is mailed on a day on which somebody is mailed news."
        )
        return
    found = mailboxes.from_imap(imap) if imap is not None else mailboxes.from_maildir(maildir or Path())
    # Nothing is marked as read.
    read = (message_from_bytes(each.raw) for each in found if each.raw is not None)
    when = f"message {newest.id}, sent {newest.settled_at:%Y-%m-%d %H:%M} UTC"
    if newest.rfc_message_id in {str(mail["Message-ID"] or "").strip() for mail in read}:
        typer.echo(f"The newest mail to the canary has arrived ({when}).")
    elif app.make_clock(settings).now() - newest.settled_at < ARRIVES_WITHIN:
        typer.echo(f"The newest mail to the canary is not there yet ({when}).")
    else:
        raise MailError(
            f"The newest mail to the canary is not among the unread mails of its mailbox ({when}): look whether it was "
            "read, sorted away, or taken for spam"
        )


Limit = Annotated[int, Option(min=1, max=100_000, help="At most so many, the newest first.")]


def audit(limit: Limit = 100, as_json: AsJson = False) -> None:
    """What admins did, the newest first: who, when, to how many, and why. Shows ids, never an address.

    Example: notifier audit --limit 20
    """
    from notifier.storage import audit as trail

    with looking() as (_, session):
        rows = trail.trail(session, limit=limit)
    plain = [
        columns(row, "id", "at", "actor", "command", "people") | {"ids": row.ids or {}, "reason": row.reason}
        for row in rows
    ]
    lines = []
    for row in rows:
        ids = "; ".join(
            f"{name} {each['count']} from {each['from']} to {each['to']}"
            if isinstance(each, dict)
            else f"{name} {', '.join(map(str, each))}"
            for name, each in (row.ids or {}).items()
        )
        people, why = "1 person" if row.people == 1 else f"{row.people} people", f": {row.reason}"
        at = f"{row.at:%Y-%m-%d %H:%M} UTC" if row.at else "(no time)"
        lines.append(
            f"{at}  {row.actor}  {row.command}, {people}"
            f"{f' ({ids})' if ids else ''}{why if row.reason else ''}"
        )
    answer({"acts": plain}, lines or ["Nothing was done by command yet."], as_json=as_json)


BY_HASTE = ("failed", "not checked", "ok")


def doctor(as_json: AsJson = False) -> None:
    """Check everything that this installation stands on, and print the settings that are in force. Sends nothing.

    Example: notifier doctor
    """
    import asyncio

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from notifier.doctor import CheckOutcome, examine

    settings = begin()
    shown = settings.shown()
    # What is wrong first: on a terminal the rest scrolls by.
    found = sorted(asyncio.run(examine(settings)), key=lambda each: BY_HASTE.index(each.outcome.value))
    wrong = [finding.of for finding in found if finding.outcome is CheckOutcome.FAILED]
    checks = [{"of": each.of, "outcome": each.outcome.value, "says": each.says} for each in found]
    counted = Counter(each["outcome"] for each in checks)
    lines = [
        f"{len(found)} checks: {', '.join(f'{counted[each]} {each}' for each in BY_HASTE if counted[each])}."
    ]
    if sys.stdout.isatty() and not as_json:
        colours = {"ok": "green", "failed": "bold red", "not checked": "yellow"}
        table = Table("", "of", "says", title="Checks")
        for each in checks:
            table.add_row(
                Text(each["outcome"], style=colours[each["outcome"]]), each["of"], Text(each["says"])
            )
        in_force = Table("setting", "value", title="Settings in force")
        for name, value in shown.items():
            in_force.add_row(name, Text(value))
        Console().print(table)
        Console().print(in_force)
    else:
        said = [f"{each['outcome']:<12}{each['of']:<14}{each['says']}" for each in checks]
        lines = [*said, *(f"{name}={value}" for name, value in shown.items()), *lines]
    answer({"ok": not wrong, "checks": checks, "settings": shown}, lines, as_json=as_json)
    if wrong:
        raise NotifierError(
            f"{len(wrong)} of {len(found)} checks failed ({', '.join(dict.fromkeys(wrong))}): see above"
        )
