"""What is looked at now and then on the admin's behalf: that nobody was forgotten, that mail arrives, how the week was.

One worker goes these rounds. When each was gone last stands in the database, so that a restart repeats none.
"""

from datetime import UTC, datetime, time, timedelta

import structlog

from notifier.clock import Clock
from notifier.mail.render.mime import parse_mailbox
from notifier.mail.smtp.envelope import Transport
from notifier.services.monitoring import alerts
from notifier.services.monitoring.alerts import Name
from notifier.settings import Settings
from notifier.storage import canary, incidents, metrics, outbox, reconciliation, rows
from notifier.storage.engine import Database, Session, faults
from notifier.storage.engine.sharing import begin_turn, has_turn, turn
from notifier.storage.studies import conditions, snapshots
from notifier.storage.subscribers import Address, address

log = structlog.get_logger()

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


def look(database: Database, settings: Settings, clock: Clock) -> None:
    """See once a day that the database is whole, account for the last days once an hour, and mail the canary."""
    now = clock.now()
    if _has_come(database, WHOLE_DAILY, f"{now:%Y-%m-%d}"):
        broken = faults.damage(database)
        if broken:  # said before it is noted, for noting may fail now
            log.error("The database is damaged.", action="database_damaged", why=broken)
        alerts.note(database, Name.DAMAGED, broken, clock)
    if _has_come(database, ACCOUNT_HOURLY, f"{now:%Y-%m-%dT%H}"):
        checks = {
            Name.UNEXPLAINED: lambda session: unexplained(session, now),
            Name.UNREADABLE: unreadable,
            Name.NO_STUDY: fruitless,
        }
        for name, find in checks.items():
            with database.reading() as session:
                why = find(session)
            alerts.note(database, name, why, clock)
    why = None
    if (who := canary_of(settings)) is not None:
        domain = parse_mailbox(settings.mail_from).address.rpartition("@")[2]
        with database.transaction() as session:
            canary.follow_along(session, who, now, domain)
            why = canary.late(session, who, now)
    alerts.note(database, Name.CANARY, why, clock)


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
        new = not has_turn(session, name, holder)
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
    letter = alerts.write(settings, f"admin-week-{monday:%Y%m%d}", subject, text, clock)
    if not await alerts.post(transport, letter):
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
    mark, oldest = snapshots.watermark(session), outbox.oldest_waiting(session)
    looked = f"{mark.finished_at:%Y-%m-%d %H:%M} UTC, data of {mark.data_timestamp}" if mark else "never"
    waits = f"since {oldest:%Y-%m-%d %H:%M} UTC" if oldest else "none"
    flow, (mails, notices) = metrics.flow(session, since, until), metrics.held(session)
    why = ", ".join(f"{count} {reason}" for reason, count in sorted(flow.ended.items()))
    lines = [
        f"From {since:%Y-%m-%d} to {last_day:%Y-%m-%d}, in UTC:",
        "",
        f"Compared with the registry on {len(days)} of 7 days; last whole look: {looked}.",
        f"Mails sent: {outbox.sent_between(session, since, until)}. Oldest mail that waits: {waits}.",
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
    if above := outbox.above(session, now, mails_an_hour):
        limit = f"no more than {mails_an_hour} may go in an hour (NOTIFIER_MAILS_AN_HOUR)"
        lines.append(f"{above} due mails wait: {limit}.")
    if not wrong:
        lines.append("This mail comes every Monday. If one does not come, look after the worker.")
    return len(wrong), "\n".join(lines).rstrip() + "\n"
