"""What is looked at now and then on the admin's behalf: that nobody was forgotten, that mail arrives, how the week was.

One worker goes these rounds. When each was gone last stands in the database, so that a restart repeats none.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import structlog

from notifier.clock import Clock
from notifier.mail.smtp.envelope import Transport
from notifier.services.monitoring import alerts
from notifier.services.monitoring.alerts import Alarm, Name
from notifier.storage import canary, incidents, metrics, outbox, reconciliation, rows, subscribers
from notifier.storage.engine import Database, Session, faults
from notifier.storage.engine.sharing import begin_turn, has_turn, turn
from notifier.storage.models import AnomalyRow, EndedReason, MessageState
from notifier.storage.reconciliation import Account
from notifier.storage.studies import conditions, snapshots
from notifier.storage.subscribers import Address, Choice, Consent, Person, Wanted, address

log = structlog.get_logger()

ACCOUNT_HOURLY = "account"  # names of turns
WHOLE_DAILY = "whole"
ALL_CLEAR = "all-clear"
MONDAY_MORNING = time(7, tzinfo=UTC)
#: An account looks back over today and yesterday.
LOOKS_BACK = timedelta(days=1)
MOST_NAMED = 10  # conditions in one sentence
JUST_FOUND = timedelta(minutes=5)  # ago: a pass may still be writing


def look(database: Database, to: Alarm, clock: Clock) -> None:
    """See once a day that the database is whole, account for the last days once an hour, and mail the canary."""
    now = clock.now()
    if _has_come(database, WHOLE_DAILY, f"{now:%Y-%m-%d}"):
        broken = faults.damage(database)
        if broken:  # said before it is noted, for noting may fail now
            log.error("The database is damaged.", action="database_damaged", why=broken)
        alerts.note(database, Name.DAMAGED, broken, clock)
    if _has_come(database, ACCOUNT_HOURLY, f"{now:%Y-%m-%dT%H}"):
        alerts.note(database, Name.UNEXPLAINED, unexplained(database, now), clock)
        alerts.note(database, Name.UNREADABLE, unreadable(database), clock)
        alerts.note(database, Name.NO_STUDY, fruitless(database), clock)
    why = None
    if to.canary is not None:
        let_follow_along(database, to.canary, to.domain, now)
        with database.reading() as session:
            why = late(session, address(to.canary), now)
    alerts.note(database, Name.CANARY, why, clock)


def unexplained(database: Database, now: datetime) -> str | None:
    """What cannot be explained of the last days, in a sentence; None: all can."""
    since = datetime.combine(now.date(), time(), tzinfo=UTC) - LOOKS_BACK
    with database.reading() as session:
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


def unreadable(database: Database) -> str | None:
    """Which stored rows today's program cannot read, in a sentence; None: it reads all of them."""
    with database.reading() as session:
        found = rows.unreadable(session)
    return f"{'; '.join(map(str, found))}: left alone, or read as the usual" if found else None


def fruitless(database: Database) -> str | None:
    """Under which followed conditions there is no study at all, and what may be meant; None: there are some under all."""
    with database.reading() as session:
        return _fruitless(session)


def _fruitless(session: Session) -> str | None:
    found = conditions.fruitless(session)
    near = {each: conditions.nearest_names(session, each) for each in found[:MOST_NAMED]}
    if not found:
        return None
    named = [
        f'"{each}"' + (f" (near to it: {', '.join(names)})" if names else "") for each, names in near.items()
    ]
    more = f", and {len(found) - len(named)} more" if len(found) > len(named) else ""
    return f"the registry finds no study at all under {', '.join(named)}{more}"


def let_follow_along(database: Database, who: str, domain: str, now: datetime) -> bool:
    """As `follow_along`, for whoever delivers without the daemon's rounds."""
    with database.transaction() as session:
        return follow_along(session, address(who), now, domain)


def _has_come(database: Database, name: str, holder: str) -> bool:
    """Whether it is time for a round that was not gone yet; it counts as gone from here."""
    with database.transaction() as session:
        new = not has_turn(session, name, holder)
        if new:
            begin_turn(session, name, holder)
    return new


# --- the weekly all-clear ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Week:
    """What the admin is told on a Monday morning."""

    since: datetime
    until: datetime
    looked_at: datetime | None  # the last whole look at the registry
    data_timestamp: str | None
    days_checked: int
    account: Account
    sent: int  # mails of all sorts
    oldest_waiting: datetime | None
    wrong: tuple[AnomalyRow, ...]
    flow: metrics.Flow
    held: tuple[int, int]  # mails, and notices in no mail
    fruitless: str | None  # the conditions under which there is no study
    above: int = 0  # mails that are due, and wait because no more may go in an hour
    mails_an_hour: int | None = None


async def all_clear(database: Database, transport: Transport, to: Alarm, clock: Clock) -> bool:
    """On Monday morning, or as soon after as we run, mail the admin how the week was; returns whether it went now."""
    now = clock.now()
    monday = last_monday(now)
    with database.transaction() as session:
        before = turn(session, ALL_CLEAR)
        if before is None or to.admin is None:  # nothing to look back on yet, or nobody to tell
            begin_turn(session, ALL_CLEAR, f"{monday:%Y-%m-%d}")
        if before in {None, f"{monday:%Y-%m-%d}"} or to.admin is None:
            return False
        found = week(session, monday, now, to.mails_an_hour)
    subject = "All is well" if not found.wrong else f"Not all is well: {len(found.wrong)} to look at"
    letter = alerts.write(to, f"admin-week-{monday:%Y%m%d}", subject, in_words(found), clock)
    if not await alerts.post(transport, letter):
        return False
    with database.transaction() as session:
        begin_turn(session, ALL_CLEAR, f"{monday:%Y-%m-%d}")
    return True


def last_monday(now: datetime) -> datetime:
    """The last Monday morning before, or at, `now`. Pure."""
    monday = datetime.combine(now.date() - timedelta(days=now.weekday()), MONDAY_MORNING)
    return monday if monday <= now else monday - timedelta(days=7)


def week(session: Session, monday: datetime, now: datetime, mails_an_hour: int | None = None) -> Week:
    """How the seven days before that Monday were, and how things stand now."""
    until = datetime.combine(monday.date(), time(), tzinfo=UTC)
    since = until - timedelta(days=7)
    mark = snapshots.watermark(session)
    days, _ = snapshots.days_checked(session, since.date(), (until - timedelta(days=1)).date())
    return Week(
        since,
        until,
        mark.finished_at if mark else None,
        mark.data_timestamp if mark else None,
        len(days),
        reconciliation.account(session, since, until, now),
        outbox.sent_between(session, since, until),
        outbox.oldest_waiting(session),
        # That nothing is found under a condition may stay so for ever, and was said.
        tuple(row for row in incidents.going(session) if row.name != Name.NO_STUDY),
        metrics.flow(session, since, until),
        metrics.held(session),
        _fruitless(session),
        outbox.above(session, now, mails_an_hour),
        mails_an_hour,
    )


def in_words(week: Week) -> str:
    """The text of the mail. Pure."""
    looked = (
        f"{week.looked_at:%Y-%m-%d %H:%M} UTC, data of {week.data_timestamp}" if week.looked_at else "never"
    )
    oldest = f"since {week.oldest_waiting:%Y-%m-%d %H:%M} UTC" if week.oldest_waiting else "none"
    gone, back, (mails, notices) = week.flow.ended, week.flow.bounced, week.held
    why = ", ".join(f"{count} {reason}" for reason, count in sorted(gone.items()))
    limit = f"no more than {week.mails_an_hour} may go in an hour (NOTIFIER_MAILS_AN_HOUR)"
    kept = f"{mails} mails, {notices} tellings in no mail yet"
    lines = [
        f"From {week.since:%Y-%m-%d} to {week.until - timedelta(days=1):%Y-%m-%d}, in UTC:",
        "",
        f"Compared with the registry on {week.days_checked} of 7 days; last whole look: {looked}.",
        f"Mails sent: {week.sent}. Oldest mail that waits: {oldest}.",
        f"Reports that came back: {back.get(True, 0)} final, {back.get(False, 0)} for a while.",
        f"{week.account.sentence()}.",
        f"Follows: {week.flow.joined} began, {sum(gone.values())} ended{f' ({why})' if why else ''}.",
        f"Followed studies that left the registry: {week.flow.studies_left}.",
        "",
        *[f"Wrong since {row.since:%Y-%m-%d %H:%M} UTC: {row.why}." for row in week.wrong],
        *([f"Held, and wait for your word: {kept} (`notifier outbox list`)."] if any(week.held) else []),
        *([f"To look at: {week.fruitless}."] if week.fruitless else []),
        *([f"{week.above} due mails wait: {limit}."] if week.above else []),
        "This mail comes every Monday. If one does not come, look after the worker."
        if not week.wrong
        else "",
    ]
    return "\n".join(lines).rstrip() + "\n"


LATE_AFTER = timedelta(days=1)


def follow_along(session: Session, address: Address, now: datetime, domain: str) -> bool:
    """Let the canary be told what somebody was told last, once a day (UTC); returns whether there is something now."""
    today = datetime.combine(now.date(), time(), tzinfo=now.tzinfo)
    person = subscribers.find(session, address)
    if person is not None and canary.is_told_since(session, address, today):
        return False
    told = canary.told_to_others(session, person.id if person else None, today)
    if told is None:
        return False
    before = canary.own(session, address)
    topic = Wanted(condition=told.text, query=told.query) if told.condition_id else Wanted(nct_id=told.nct_id)
    consent = Consent(canary.METHOD, "NOTIFIER_CANARY", "a mailbox of the operator's")
    subscribers.add(
        session, Person(address), [topic], choice=Choice(), consent=consent, now=now, domain=domain
    )
    (new,) = subscribers.ids_of(session, address, topic)
    canary.ask_for_nothing(session, address, new)
    subscribers.end(session, [each for each in before if each != new], EndedReason.ADMIN, now)
    canary.tell(session, new, told.id, now)
    return True


def late(session: Session, address: Address, now: datetime) -> str | None:
    """Why the canary was not mailed what it was to be mailed more than a day ago; None: it was, or something since."""
    last = canary.newest_told(session, address, now - LATE_AFTER)
    if last is None or last.mail is MessageState.SENT or canary.is_mailed_after(session, address, last.id):
        return None
    why = last.why_mail or last.why or (f"its mail is {last.mail.value}" if last.mail else "it is in no mail")
    return f"its mail of {last.created_at:%Y-%m-%d %H:%M} UTC was not accepted: {why}"
