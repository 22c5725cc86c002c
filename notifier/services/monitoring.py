"""What is watched on the admin's behalf, and that the daemon lives; tells no follower anything.

The admin is told of what goes wrong for long once, and once when it is over. These mails do not stand in the outbox, which is
of mails to people who follow something: the row of the incident says whether it was told, and a mail that could not go is
tried again. One worker goes the rounds: that nobody was forgotten, that mail arrives, how the week was; when each was gone
stands in the database, so that a restart repeats none. systemd is told that the work goes on only while it does: see
`domain.heartbeat`. A supervisor that cannot be reached stops nothing.
"""

import asyncio
import os
import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from importlib import resources

import structlog

from notifier.clock import Clock
from notifier.domain.heartbeat import Pulse
from notifier.domain.scheduling import workdays_time
from notifier.errors import MailError
from notifier.mail.render.mime import parse_mailbox, wire_address
from notifier.mail.smtp.envelope import Envelope, Transport
from notifier.mail.smtp.verdict import SendOutcome
from notifier.settings import Settings
from notifier.storage import canary, incidents, metrics, reconciliation, rows
from notifier.storage.engine import Database, Session, faults
from notifier.storage.engine.sharing import begin_turn, turn
from notifier.storage.outbox import admin_queries, claims
from notifier.storage.studies import conditions, snapshots
from notifier.storage.subscribers import Address, address

log = structlog.get_logger()

_TABLE = resources.files("notifier.services").joinpath("troubles.tsv")
Name = StrEnum(
    "Name",
    "BLIND REFUSED MAIL HELD UNTRUE UNEXPLAINED CANARY UNREADABLE RECORD TICK BACKUP ALIKE LINES NO_STUDY DAMAGED",
)
#: What can go wrong for long: by its name the subject of the admin's mail, and what to do.
_TROUBLES = {
    name: told
    for name, *told in (line.split("\t") for line in _TABLE.read_text(encoding="utf-8").splitlines()[1:])
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
        untrue, backup = admin_queries.at_the_gate(session), incidents.last_backup(session)
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
            what, do = _TROUBLES.get(name, ("Something is wrong", "See the log."))
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


ACCOUNT_HOURLY = "account"  # names of turns
WHOLE_DAILY = "whole"
ALL_CLEAR = "all-clear"
MONDAY_MORNING = time(7, tzinfo=UTC)
#: An account looks back over today and yesterday.
LOOKS_BACK = timedelta(days=1)
MOST_NAMED = 10  # conditions in one sentence
JUST_FOUND = timedelta(minutes=5)  # ago: a pass may still be writing


def canary_of(settings: Settings) -> Address | None:
    """The operator's mailbox that follows along."""
    return address(parse_mailbox(settings.canary).address) if settings.canary else None


def go_rounds(database: Database, settings: Settings, clock: Clock) -> None:
    """See once a day that the database is whole, account for the last days once an hour, and mail the canary."""
    now = clock.now()
    if _has_come(database, WHOLE_DAILY, f"{now:%Y-%m-%d}"):
        broken = faults.damage(database)
        if broken:  # said before it is noted, for noting may fail now
            log.error("The database is damaged.", action="database_damaged", why=broken)
        note(database, Name.DAMAGED, broken, clock)
    if _has_come(database, ACCOUNT_HOURLY, f"{now:%Y-%m-%dT%H}"):
        checks = {
            Name.UNEXPLAINED: lambda session: unexplained(session, now),
            Name.UNREADABLE: unreadable,
            Name.NO_STUDY: fruitless,
        }
        for name, find in checks.items():
            with database.reading() as session:
                why = find(session)
            note(database, name, why, clock)
    why = None
    if (who := canary_of(settings)) is not None:
        domain = parse_mailbox(settings.mail_from).address.rpartition("@")[2]
        with database.transaction() as session:
            canary.follow_along(session, who, now, domain)
            why = canary.late(session, who, now)
    note(database, Name.CANARY, why, clock)


def unexplained(session: Session, now: datetime) -> str | None:
    """What cannot be explained of the last days, in a sentence; None: all can."""
    since = datetime.combine(now.date(), time(), tzinfo=UTC) - LOOKS_BACK
    found = reconciliation.account(session, since, now - JUST_FOUND, now)
    log.info(
        "The last days were accounted for.",
        action="accounted",
        changes=found.changes,
        tellings=found.tellings,
        accepted=found.accepted,
        waiting=sum(found.waiting.values()),
        unexplained=found.faults,
    )
    if not found.faults:
        return None
    why = ", ".join(f"{count} {what}" for what, count in sorted(found.unexplained.items()))
    return f"{found.faults} of {found.tellings} tellings since {since:%Y-%m-%d} are unexplained: {why}"


def unreadable(session: Session) -> str | None:
    """Which stored rows today's program cannot read, in a sentence; None: it reads all of them."""
    found = rows.unreadable(session)
    return f"{'; '.join(map(str, found))}: left alone, or read as the usual" if found else None


def fruitless(session: Session) -> str | None:
    """Under which followed conditions there is no study at all, and what may be meant; None: there are some under all."""
    found = conditions.fruitless(session)
    if not found:
        return None
    near = {each: conditions.nearest_names(session, each) for each in found[:MOST_NAMED]}
    named = [
        f'"{each}"' + (f" (near to it: {', '.join(names)})" if names else "") for each, names in near.items()
    ]
    more = f", and {len(found) - len(named)} more" if len(found) > len(named) else ""
    return f"the registry finds no study at all under {', '.join(named)}{more}"


def _has_come(database: Database, name: str, holder: str) -> bool:
    """Whether it is time for a round that was not gone yet; it counts as gone from here."""
    with database.transaction() as session:
        new = turn(session, name) != holder
        if new:
            begin_turn(session, name, holder)
    return new


# --- the weekly all-clear ---------------------------------------------------------------------------------------


async def all_clear(database: Database, transport: Transport, settings: Settings, clock: Clock) -> bool:
    """On Monday morning, or as soon after as we run, mail the admin how the week was; returns whether it went now."""
    now = clock.now()
    monday = last_monday(now)
    with database.transaction() as session:
        before = turn(session, ALL_CLEAR)
        if before is None or settings.admin is None:  # nothing to look back on yet, or nobody to tell
            begin_turn(session, ALL_CLEAR, f"{monday:%Y-%m-%d}")
        if before in {None, f"{monday:%Y-%m-%d}"} or settings.admin is None:
            return False
        wrong, text = week(session, monday, now, settings.mails_an_hour)
    subject = f"Not all is well: {wrong} to look at" if wrong else "All is well"
    letter = write(settings, f"admin-week-{monday:%Y%m%d}", subject, text, clock)
    if not await post(transport, letter):
        return False
    with database.transaction() as session:
        begin_turn(session, ALL_CLEAR, f"{monday:%Y-%m-%d}")
    return True


def last_monday(now: datetime) -> datetime:
    """The last Monday morning before, or at, `now`. Pure."""
    monday = datetime.combine(now.date() - timedelta(days=now.weekday()), MONDAY_MORNING)
    return monday if monday <= now else monday - timedelta(days=7)


def week(
    session: Session, monday: datetime, now: datetime, mails_an_hour: int | None = None
) -> tuple[int, str]:
    """How the seven days before that Monday were, and how things stand now: how much is wrong, and the text of the mail."""
    until = datetime.combine(monday.date(), time(), tzinfo=UTC)
    since, last_day = until - timedelta(days=7), until - timedelta(days=1)
    days, _ = snapshots.days_checked(session, since.date(), last_day.date())
    mark, oldest = snapshots.watermark(session), admin_queries.oldest_waiting(session)
    looked = f"{mark.finished_at:%Y-%m-%d %H:%M} UTC, data of {mark.data_timestamp}" if mark else "never"
    waits = f"since {oldest:%Y-%m-%d %H:%M} UTC" if oldest else "none"
    mails, notices = claims.held(session), admin_queries.held_notices(session)
    flow = metrics.flow(session, since, until)
    why = ", ".join(f"{count} {reason}" for reason, count in sorted(flow.ended.items()))
    lines = [
        f"From {since:%Y-%m-%d} to {last_day:%Y-%m-%d}, in UTC:",
        "",
        f"Compared with the registry on {len(days)} of 7 days; last whole look: {looked}.",
        f"Mails sent: {admin_queries.sent_between(session, since, until)}. Oldest mail that waits: {waits}.",
        f"Reports that came back: {flow.bounced.get(True, 0)} final, {flow.bounced.get(False, 0)} for a while.",
        f"{reconciliation.account(session, since, until, now).sentence()}.",
        f"Follows: {flow.joined} began, {sum(flow.ended.values())} ended{f' ({why})' if why else ''}.",
        f"Followed studies that left the registry: {flow.studies_left}.",
        "",
    ]
    # That nothing is found under a condition may stay so for ever, and was said.
    wrong = [row for row in incidents.going(session) if row.name != Name.NO_STUDY]
    lines += [f"Wrong since {row.since:%Y-%m-%d %H:%M} UTC: {row.why}." for row in wrong]
    if mails or notices:
        kept = f"{mails} mails, {notices} tellings in no mail yet"
        lines.append(f"Held, and wait for your word: {kept} (`notifier outbox list`).")
    if no_study := fruitless(session):
        lines.append(f"To look at: {no_study}.")
    if above := claims.above(session, now, mails_an_hour):
        limit = f"no more than {mails_an_hour} may go in an hour (NOTIFIER_MAILS_AN_HOUR)"
        lines.append(f"{above} due mails wait: {limit}.")
    if not wrong:
        lines.append("This mail comes every Monday. If one does not come, look after the worker.")
    return len(wrong), "\n".join(lines).rstrip() + "\n"


@dataclass(frozen=True, slots=True)
class Supervisor:
    """systemd, by the datagram socket that it names in the environment; without one nothing is told to anybody."""

    address: str | None = None
    watchdog: timedelta | None = None  # how long it waits for a word of ours before it kills us

    def tell(self, *words: str) -> None:
        """Say these words, such as READY=1 (`man 3 sd_notify`)."""
        if self.address is None:
            return
        place = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.connect(place)
            line.sendall("\n".join(words).encode())


def supervisor_of(environ: Mapping[str, str]) -> Supervisor:
    """The supervisor that started this process, as its environment says."""
    address = environ.get("NOTIFY_SOCKET") or None
    ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    given = environ.get("WATCHDOG_USEC", "")
    wait = timedelta(microseconds=int(given)) if ours and given.isdecimal() and int(given) > 0 else None
    return Supervisor(address, wait)


class Watchdog:
    """Feeds the supervisor's watchdog while the work goes on; where it does not, the process is to be killed."""

    def __init__(self, supervisor: Supervisor, pulse: Pulse) -> None:
        self._supervisor, self._pulse = supervisor, pulse
        self._stuck: list[str] = []

    async def feed(self) -> None:
        """Say that all is well, unless a job is late; that is logged once."""
        late = self._pulse.late()
        if late and late != self._stuck:
            log.error("Work does not go on.", action="work_stuck", jobs=late)
        self._stuck = late
        if not late:
            self._supervisor.tell("WATCHDOG=1")
