"""Tells the admin of what goes wrong for long: once, and once when it is over. Tells no follower anything.

Its mails do not stand in the outbox, which is of mails to people who follow something: the row of the anomaly says
itself whether it was told, and a mail that could not go is tried again at the next tick.
"""

import asyncio
import re
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum

import structlog

from notifier.clock import Clock
from notifier.domain.scheduling import workdays_time
from notifier.errors import MailError
from notifier.mail.render.mime import parse_mailbox, wire_address
from notifier.mail.smtp.envelope import Envelope, Transport
from notifier.mail.smtp.verdict import SendOutcome
from notifier.settings import Settings
from notifier.storage import incidents, outbox
from notifier.storage.engine import Database
from notifier.storage.studies import snapshots

log = structlog.get_logger()


Name = StrEnum(
    "Name",
    "BLIND REFUSED MAIL HELD UNTRUE UNEXPLAINED CANARY UNREADABLE RECORD TICK BACKUP ALIKE LINES NO_STUDY DAMAGED",
)
#: What can go wrong for long: the subject of the admin's mail, and from the second sentence on what to do.
_TROUBLES: dict[str, str] = {
    Name.BLIND: "The registry could not be compared for long. See the log for why. Nothing is lost: what changed is told "
    "when the registry answers again.",
    Name.REFUSED: "The registry refuses our questions. Asking again cannot help: look for a newer version of this program.",
    Name.MAIL: "Mails could not be sent. Nothing is lost: all mails stay due.",
    Name.HELD: "Mails are held and wait for you. Look at `notifier outbox list`, then run `notifier outbox release` or "
    "`notifier outbox drop`.",
    Name.UNTRUE: "A mail says what is not in the record. Read it with `notifier outbox release`, which then sends it as it "
    "is, or `drop` it. It may be a fault of this program: keep what the reason says.",
    Name.UNEXPLAINED: "Somebody may not have been told. Run `notifier outbox reconcile` for that day and keep its answer: it "
    "is a fault of this program.",
    Name.CANARY: "The canary was not mailed. Look at `notifier outbox list` and the log: what stops its mail may stop those "
    "of others.",
    Name.UNREADABLE: "Some of what is stored cannot be read. All others are mailed and shown. Run `notifier doctor` for the "
    "whole list; `notifier subscribers` puts right what a person chose, and a backup has what was damaged.",
    Name.RECORD: "The record of a study cannot be read. See the log for where. It is asked for at each pass; after seven "
    "days its followers are told that we cannot read it. Look for a newer version of this program.",
    Name.TICK: "A part of the worker fails again and again. See the log for more. Nothing is lost: what could not be done is "
    "done when it works again.",
    Name.BACKUP: "The database was not backed up for long. See why `notifier backup` did not run; a disk that fails now "
    "takes with it all since the last one.",
    Name.ALIKE: "The mail server refuses all our mails alike. See what it says. What it put off goes again by itself, what "
    "it refused for good by `notifier outbox resend`.",
    Name.LINES: "The mail server takes fewer connections than we open. Set NOTIFIER_SMTP_CONNECTIONS to what it allows, or "
    "raise its limit. All mails go meanwhile, over fewer.",
    Name.NO_STUDY: "A followed condition finds no study at all. Whoever follows it is told by mail. If it is misspelt, run "
    "`notifier subscribers list --condition` for who follows it, and sign them up for the right one with their consent.",
    Name.DAMAGED: "The database is damaged. Stop the worker, keep all files of the database, and put the newest backup from "
    "before that day back.",
}
GONE_AFTER = timedelta(minutes=30)  # in which a worker that lives has tried many times


def note(
    database: Database, name: Name, why: str | None, clock: Clock, *, of: str = "", machine: str = ""
) -> None:
    """Something is wrong, for a reason; or all is well, where that is None. The log is told of each once.

    `of`: which of several it is that may be wrong; `machine`: what is wrong on one is not over because another one is well.
    """
    now, which = clock.now(), "-".join(filter(None, (of, machine)))
    row = f"{name}:{re.sub(r'[^A-Za-z0-9.-]', '-', which)[:24]}" if which else name.value
    if why is not None and machine:
        why = f"{why} (on {machine})"
    with database.transaction() as session:
        if why is None:
            moved = incidents.end(session, row, now)
        else:
            moved = incidents.begin(session, row, why, now, anew=name in {Name.UNREADABLE, Name.NO_STUDY})
    if moved and why is None:
        log.info("What was wrong is over.", action="anomaly_over", name=name.value)
    elif moved:
        # The admin is mailed the words that people typed; the log, which goes to many places, is not told them.
        said = why if name is not Name.NO_STUDY else "see `notifier conditions list`"
        log.error("Something is wrong.", action="anomaly", name=name.value, why=said)


def look(database: Database, settings: Settings, clock: Clock) -> None:
    """Find what can be seen in the database: how long we were blind, what is held, and how old the last backup is."""
    now = clock.now()
    with database.reading() as session:
        last, held = incidents.last_look(session), incidents.is_held(session)
        why = snapshots.held_note(session) if held else None
        untrue, backup = outbox.at_the_gate(session), incidents.last_backup(session)
    blind = last is not None and workdays_time(last, now) >= settings.blind_after
    since = f"no whole look at the registry since {last:%Y-%m-%d %H:%M} UTC" if last else ""
    note(database, Name.BLIND, since if blind else None, clock)
    note(database, Name.HELD, (why or "no reason noted") if held else None, clock)
    first = f"{len(untrue)} held; message {untrue[0][0]}: {untrue[0][1]}" if untrue else None
    note(database, Name.UNTRUE, first, clock)
    within = settings.backup_within
    unsafe = within is not None and backup is not None and now - backup >= within
    note(database, Name.BACKUP, f"no backup since {backup:%Y-%m-%d %H:%M} UTC" if unsafe else None, clock)
    now = clock.now()
    with database.transaction() as session:
        for name in (Name.MAIL, Name.TICK):
            for row in incidents.unseen(session, f"{name}:", now - GONE_AFTER):
                incidents.end(session, row, now)


async def tell(database: Database, transport: Transport, settings: Settings, clock: Clock) -> int:
    """Mail the admin what they were not told yet; returns how many mails went. What cannot go now goes later."""
    with database.reading() as session:
        rows = incidents.untold(session)
    sent = 0
    for row in rows:
        over = row.over_at is not None
        if settings.admin is not None:
            name, end = row.name.partition(":")[0], "over" if over else "begun"
            stem = f"admin-{row.name.replace(':', '-')}-{row.since:%Y%m%d%H%M%S}-{end}"
            # What another version of this program noted is told in its own words.
            what, _, do = _TROUBLES.get(name, "Something is wrong. See the log.").partition(". ")
            subject = f"{'Over: ' if over else ''}{what}"
            ended = f"It is over since {row.over_at:%Y-%m-%d %H:%M} UTC." if over else do
            text = f"Since {row.since:%Y-%m-%d %H:%M} UTC: {row.why}.\n\n{ended}\n"
            if not await post(transport, write(settings, stem, subject, text, clock)):
                return sent
            sent += 1
        with database.transaction() as session:
            incidents.told(session, row.name, clock.now(), over=over)
    return sent


async def post(transport: Transport, envelope: Envelope) -> bool:
    """Send one mail to the admin now; False where it is to be tried again later."""
    try:
        async with transport.session() as line:
            verdict = await line.send(envelope, before_data=lambda: asyncio.sleep(0))
    except MailError:
        return False
    if verdict.outcome is SendOutcome.REJECTED:
        log.error("The admin's address does not take mail.", action="admin_rejected", code=verdict.code)
    return verdict.outcome is not SendOutcome.DEFERRED


def write(settings: Settings, stem: str, subject: str, text: str, clock: Clock) -> Envelope:
    """A mail to the admin; `stem` makes its Message-ID, so that one which is sent again is known to be the same."""
    ours = parse_mailbox(settings.mail_from).address
    sender, admin = wire_address(ours), wire_address(parse_mailbox(settings.admin or "").address)
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, admin, subject
    mail["Date"], mail["Message-ID"] = clock.now(), f"<{stem}@{ours.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text, cte="quoted-printable")
    return Envelope(sender, admin, mail.as_bytes(), stem)
