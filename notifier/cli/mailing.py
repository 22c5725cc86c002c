"""`notifier outbox plan`, `sent` and `reconcile`: who gets what, who got what, and whether all of it is accounted for."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from notifier.cli.options import Addresses, AsJson, Day, From, To
from notifier.cli.running import answer, begin, day, looking, period
from notifier.cli.studies import as_mailed

if TYPE_CHECKING:
    from notifier.domain.letter import Entry
    from notifier.services.operations import MailPlan
    from notifier.settings import Settings


def by_study(told: Iterable[tuple[str, str]]) -> Iterator[str]:
    """'NCT01234567 status_opened, 12 site_opened': each study once, and each kind."""
    by_study: dict[str, Counter[str]] = {}
    for nct_id, kind in told:
        by_study.setdefault(nct_id, Counter())[kind] += 1
    for nct_id, kinds in by_study.items():
        counted = (f"{number} {kind}" if number > 1 else kind for kind, number in kinds.items())
        yield f"{nct_id} {', '.join(counted)}"


def in_the_mails_words(settings: "Settings", entries: "Iterable[Entry]") -> Iterator[str]:
    from notifier.domain.wording import one_line

    for entry in entries:
        yield f"\n{entry.study.nct_id}  {one_line(entry.study.brief_title or '')}"
        yield from as_mailed(settings, entry.study, entry.told)


Days = Annotated[int, typer.Option(min=0, max=31, help="How far to look; 0: the next deliver pass alone.")]
People = Annotated[
    bool,
    typer.Option(
        "--people",
        help="Show each mail with its address, and what is told in the mails' words, for your own eyes.",
    ),
]
UNKNOWN = "What the next look at the registry finds is not in it"


def plan(days: Days = 7, people: People = False, as_json: AsJson = False) -> None:
    """Who would get what at the next deliver pass and the next daily and weekly mails, were the registry to stand still.

    Example: notifier outbox plan --days 1
    """
    from notifier import app
    from notifier.services import operations as planning
    from notifier.services.deliver import is_allowed

    settings = begin()
    now, key = app.make_clock(settings).now(), app.open_keys(settings).suppression_key
    fence = app.make_fence(settings)
    with app.open_database(settings) as database:
        with database.reading() as session:
            closed = fence.closed(session) if fence else None
        with database.trying() as session:
            found = planning.plan(
                session,
                now,
                now + timedelta(days=days),
                domain=app.mail_domain(settings),
                key=key,
                mails_a_day=settings.mails_a_day,
                allowed=lambda address: is_allowed(address, settings.recipient_allowlist),
                with_tellings=people,
                with_words=people and not as_json,
                mails_an_hour=settings.mails_an_hour,
            )
    plain = _plan_in_json(found, closed, people=people)
    lines = [*_plan_lines(found, closed, people=people), *in_the_mails_words(settings, found.entries)]
    answer(plain, lines, as_json=as_json)


def _plan_in_json(plan: "MailPlan", closed: str | None, *, people: bool) -> dict[str, Any]:
    hours = [
        {"hour": hour.isoformat(), "kind": kind.value, "mails": mails}
        for (hour, kind), mails in sorted(plan.hours().items())
    ]
    who = [
        {
            "at": each.at.isoformat(),
            "email": each.email,
            "person": each.subscriber_id,
            "kind": each.kind.value,
            "made": each.made,
            "tells": [{"nct_id": told.nct_id, "kind": told.kind} for told in each.tells],
        }
        for each in (plan.mails if people else ())
    ]
    return {
        "now": plan.now.isoformat(),
        "until": plan.until.isoformat(),
        "mails": len(plan.mails),
        "hours": hours,
        "wait_for_the_limit": plan.limited,
        "stopped": plan.stopped,
        "held": {"notices": plan.held[0], "mails": plan.held[1]},
        "waits": {why.value: count for why, count in plan.waits.items()},
        "left_out": plan.left_out,
        "fenced": closed,
        "looked": plan.looked,
        "next_look": UNKNOWN,
        **({"people": who} if people else {}),
    }


def _plan_lines(plan: "MailPlan", closed: str | None, *, people: bool) -> list[str]:
    from notifier.storage.eligibility import IN_WORDS
    from notifier.storage.models import Fate

    waits = {**IN_WORDS, Fate.NEXT_MAIL: "the most mails a day"}
    lines = [
        f"{'now' if hour <= plan.now else f'{hour:%Y-%m-%d %H}:00 UTC'}: {mails} {kind.value}"
        for (hour, kind), mails in sorted(plan.hours().items())
    ]
    if people:
        lines += [
            f"  {each.at:%Y-%m-%d %H:%M}  {each.email}  {each.kind.value}  "
            + ("; ".join(by_study((told.nct_id, told.kind) for told in each.tells)) or "-")
            for each in plan.mails
        ]
    lines.append(f"{len(plan.mails)} mails until {plan.until:%Y-%m-%d %H:%M} UTC.")
    lines += plan.of_the_limit()
    lines += [f"{count} would not go: {why}." for why, count in sorted(plan.stopped.items())]
    lines += [f"{count} notices still wait: {waits[fate]}." for fate, count in sorted(plan.waits.items())]
    lines += [f"{plan.left_out} new studies that do not fit are counted there."] * bool(plan.left_out)
    if any(plan.held):
        lines.append(f"{plan.held[0]} notices and {plan.held[1]} mails are held: see `notifier outbox list`.")
    seen = f"; the last one saw its data of {plan.looked}" if plan.looked else "; there was none yet"
    return [*lines, f"{UNKNOWN}{seen}.", *([closed] if closed else [])]


ToldStudy = Annotated[str | None, typer.Option(metavar="NCT…", help="Only mails that told of this study.")]
MOST_IDS = 20  # of changes, for `outbox correct --change`; all of them are in the JSON


def sent(
    since: From, until: To, study: ToldStudy = None, people: Addresses = False, as_json: AsJson = False
) -> None:
    """Who was mailed what between two times, also what may have arrived without our knowing.

    Example: notifier outbox sent --from 2027-01-12 --to 2027-01-14 --study NCT01234567
    """
    from notifier.domain.study import parse_nct_id
    from notifier.storage.outbox import admin_queries as sending

    first, last = period(since, until)
    nct_id = None if study is None else parse_nct_id(study)
    with looking() as (_, session):
        found = sending.sent(session, first, last, nct_id)
    total = {
        "mails": len(found),
        "people": len({each.subscriber_id for each in found}),
        "unsure": sum(not each.surely for each in found),
    }
    mails = [
        {
            "message": each.message_id,
            "person": each.subscriber_id,
            **({"email": each.email} if people else {}),
            "at": each.at.isoformat(),
            "kind": each.kind,
            "subject": each.subject,
            "surely": each.surely,
            "tells": [
                {"change": told.change_id, "nct_id": told.nct_id, "kind": told.kind} for told in each.tells
            ],
        }
        for each in found
    ]
    lines = []
    for each in found:
        who = each.email or "(wiped)" if people else f"person {each.subscriber_id}"
        tells = "; ".join(by_study((told.nct_id, told.kind) for told in each.tells))
        ids = ", ".join(str(told.change_id) for told in each.tells[:MOST_IDS])
        tells += f" ({ids}{', …' if len(each.tells) > MOST_IDS else ''})" if ids else ""
        doubt = "" if each.surely else "  may have arrived"
        lines.append(
            f"{each.at:%Y-%m-%d %H:%M}  message {each.message_id}  {who}  {each.kind}  {tells or '-'}{doubt}"
        )
    unsure = f", {total['unsure']} of them perhaps" if total["unsure"] else ""
    lines.append(f"{total['mails']} mails to {total['people']} people{unsure}.")
    answer(total | {"sent": mails}, lines, as_json=as_json)


def reconcile(date: Day = None, as_json: AsJson = False) -> None:
    """Account for every change of a day and everybody who asked for it: told, waiting and why, not told and why.

    Example: notifier outbox reconcile --day 2027-01-12
    """
    from notifier import app
    from notifier.storage.reconciliation import account

    settings = begin()
    now = app.make_clock(settings).now()
    first = now - timedelta(days=1) if date is None else day(date, "--day")
    if first > now:
        raise typer.BadParameter(f"--day {date!r} is still to come: give a day that has begun")
    last = now if date is None else first + timedelta(days=1)
    with app.open_database(settings) as database, database.reading() as session:
        found = account(session, first, last, now)
    times = {"since": first.isoformat(), "until": last.isoformat()}
    parts = (("waiting", found.waiting), ("not told", found.untold), ("UNEXPLAINED", found.unexplained))
    lines = [
        f"{found.since:%Y-%m-%d %H:%M} to {found.until:%Y-%m-%d %H:%M} UTC: {found.sentence()}.",
        f"  {found.tellings} tellings, {found.accepted} accepted",
        *(f"  {count} {name}: {why}" for name, part in parts for why, count in sorted(part.items())),
    ]
    answer(asdict(found) | times | {"faults": found.faults}, lines, as_json=as_json)
    if found.faults:
        raise typer.Exit(1)
