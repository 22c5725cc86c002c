"""`notifier subscribers show`: all about one person, for whoever answers their letter."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from notifier.cli import start
from notifier.cli.asking import AsJson
from notifier.cli.choices import Weekday
from notifier.cli.subscribers import listing
from notifier.cli.subscribers.topics import NOBODY, Email

if TYPE_CHECKING:
    from notifier.storage.eligibility import Story
    from notifier.storage.engine import Session
    from notifier.storage.subscribers import Followed

Most = Annotated[
    int, typer.Option("--changes", min=0, help="At most so many changes of each thing followed.")
]


@dataclass(frozen=True, slots=True)
class Shown:
    """All that is shown of a person."""

    follows: "list[Followed]"
    stories: "dict[int, list[Story]]"
    kept: dict[str, Any]  # as it is exported


def show(email: Email, changes: Most = 10, as_json: AsJson = False) -> None:
    """All about one person: what they follow and how they agreed, each mail and its state, and why they were not told.

    Example: notifier subscribers show jane@example.org
    """
    from notifier import app

    settings = start.settings()
    key, now = app.open_keys(settings).suppression_key, app.make_clock(settings).now()
    with app.open_database(settings) as database, database.reading() as session:
        shown = _look(session, email, now, key, changes)
    if as_json:
        typer.echo(json.dumps(_plain(shown)))
    else:
        _print(shown)


def _look(session: "Session", email: str, now: datetime, key: bytes, most: int) -> Shown:
    from notifier.errors import InputError
    from notifier.storage import eligibility, subscribers
    from notifier.storage.subscribers import suppression

    who = subscribers.address(email)
    person = subscribers.find(session, who)
    if person is None or person.id is None:
        stopped = suppression.is_suppressed(session, suppression.address_hash(key, who.key))
        raise InputError(NOBODY + (f". Mail to it is stopped: {stopped.value}" if stopped else ""))
    follows = list(subscribers.followed(session, who, suppression_key=key))
    stories = {row.id: eligibility.account(session, row.id, now, limit=most) for row in follows}
    return Shown(follows, stories, subscribers.export(session, person.id, key))


def _plain(shown: Shown) -> dict[str, Any]:
    return {
        "id": shown.kept["person"]["id"],
        "suppressed": shown.kept["suppressed"],
        "subscriptions": [
            {
                **listing.plain(row),
                "consents": next(
                    each["consents"] for each in shown.kept["subscriptions"] if each["id"] == row.id
                ),
                "changes": [_of(story) for story in shown.stories[row.id]],
            }
            for row in shown.follows
        ],
        "mails": shown.kept["mails"],
        "bounces": shown.kept["bounces"],
    }


def _of(story: "Story") -> dict[str, Any]:
    return {
        "nct_id": story.nct_id,
        "kind": story.kind.value,
        "weight": story.weight.value,
        "detected": story.detected_at.isoformat(),
        "fate": story.fate.value,
        "why": _in_words(story),
        "message": story.message_id,
        "sent": story.at.isoformat() if story.at else None,
    }


def _print(shown: Shown) -> None:
    if shown.follows:
        listing.table(shown.follows)
    for line in (*_person(shown), *_follows(shown), *_mails(shown)):
        typer.echo(line)


def _person(shown: Shown) -> list[str]:
    who = shown.kept["person"]
    weekday = list(Weekday)[who["digest_weekday"]].value
    subject = "title" if who["title_in_subject"] else "no title"
    within = f" (places within {who['near_km']} km)" if who["near_km"] else ""
    lines = [
        f"person {who['id']}, known since {who['created_at'][:10]}",
        f"language {who['language']}, time zone {who['time_zone']}, digests at {who['digest_hour']}:00, weekly on {weekday}",
        f"near {who['near'] or '-'}{within}, {subject} in the subject",
    ]
    if shown.kept["suppressed"]:
        lines.append(
            f"mail to the address is stopped: {shown.kept['suppressed']}; see `notifier subscribers lift`"
        )
    if not shown.follows:
        lines.append("follows nothing")
    return lines


def _follows(shown: Shown) -> list[str]:
    lines = []
    for row in shown.follows:
        only = ", ".join(sort.replace("_", "-") for sort in row.only) or "everything"
        lines.append(f"{row.label}: {row.lightest.value} changes and above, {only}; consent: {row.consent}")
        lines += [f"  {_story(story)}" for story in shown.stories[row.id]]
    return lines


def _story(story: "Story") -> str:
    when = f" on {story.at:%Y-%m-%d %H:%M} UTC" if story.at else ""
    mail = f", message {story.message_id}" if story.message_id else ""
    return f"{story.detected_at:%Y-%m-%d} {story.nct_id} {story.kind.value}: {_in_words(story)}{when}{mail}"


def _in_words(story: "Story") -> str:
    from notifier.storage.eligibility import IN_WORDS

    return f"{IN_WORDS[story.fate]} ({story.more})" if story.more else IN_WORDS[story.fate]


def _mails(shown: Shown) -> list[str]:
    lines = [
        f"message {mail['id']} of {mail['created_at'][:10]}: {mail['kind']}, {mail['state']}"
        + (f" on {mail['settled_at'][:16].replace('T', ' ')} UTC" if mail["settled_at"] else "")
        + (f" ({mail['reason'] or mail['reply']})" if mail["reason"] or mail["reply"] else "")
        for mail in shown.kept["mails"]
    ]
    lines += [
        f"came back on {each['came_at'][:10]}: {each['reason']} {each['status'] or ''}".rstrip()
        for each in shown.kept["bounces"]
    ]
    return lines
