"""Notifications of Amazon SES (JSON, by SNS or in a mail): read by their fields alone, whatever the order and spacing of these.

Nothing is guessed from free words inside JSON: what is not known is `other`.
https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html and …/event-publishing-retrieving-sns-contents.html
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from notifier.mail.bounces.parts import MOST_RECIPIENTS, Parts
from notifier.mail.bounces.report import ReportEntry, ReportKind
from notifier.mail.refusals import RefusalReason, weigh

_OTHER = (ReportEntry(ReportKind.OTHER, RefusalReason.NONE),)
_DEEPEST = 8
#: A mail's line break inside JSON, with a "!" before it where a server cut the line (RFC 5322 limits).
_CUT = re.compile(r"!?\r?\n ?")


def notification_in(parts: Parts) -> dict[str, Any] | None:
    """The notification that a message is, out of the envelope of SNS where it has one; None where it is none."""
    text = (parts.words + parts.rest).lstrip()
    if not text.startswith("{"):
        return None
    return notification_of(text)


def notification_of(text: str) -> dict[str, Any]:
    """The object in a JSON text; an empty one where it cannot be read, or is none of ours."""
    found: Any = _decoded(text) or _decoded(_CUT.sub("", text))
    if isinstance(found, dict) and isinstance(found.get("Message"), str):
        found = _decoded(found["Message"])
    return found if isinstance(found, dict) else {}


def _decoded(text: str) -> Any:
    try:
        return json.JSONDecoder().raw_decode(text.lstrip())[0]
    except (ValueError, RecursionError):
        return None


def read_notification(notice: dict[str, Any]) -> tuple[ReportEntry, ...]:
    """Its entries, one a recipient; `other` for an event that nobody needs to act on, and for one that is not known."""
    sort = _text(notice, "notificationType") or _text(notice, "eventType")
    if sort == "Complaint":
        complaint = notice.get("complaint")
        if _text(complaint, "complaintFeedbackType") == "not-spam":  # takes a complaint back
            return _OTHER
        named = _list(complaint, "complainedRecipients")
        found = (
            ReportEntry(ReportKind.COMPLAINT, RefusalReason.FEEDBACK, recipient=_text(each, "emailAddress"))
            for each in named
        )
        return tuple(found) or (ReportEntry(ReportKind.COMPLAINT, RefusalReason.FEEDBACK),)
    if sort == "Bounce":
        bounce = notice.get("bounce")
        return tuple(_bounced(bounce, each) for each in _list(bounce, "bouncedRecipients")) or _OTHER
    if sort == "DeliveryDelay":
        named = _list(notice.get("deliveryDelay"), "delayedRecipients")
        return tuple(_delayed(each) for each in named) or _OTHER
    if sort == "Delivery":
        return (ReportEntry(ReportKind.OTHER, RefusalReason.DELIVERED),)
    return _OTHER


def _bounced(bounce: Any, named: Any) -> ReportEntry:
    said, status = _text(named, "diagnosticCode"), _text(named, "status")
    sort, detail = _text(bounce, "bounceType"), _text(bounce, "bounceSubType")
    recipient = _text(named, "emailAddress")
    if not said and not status:
        if sort == "Transient":  # what SES makes of a holiday reply
            return ReportEntry(ReportKind.AUTO_REPLY, RefusalReason.VACATION, recipient=recipient)
        gone = (sort, detail) == ("Permanent", "NoEmail")
        return ReportEntry(
            ReportKind.BOUNCE,
            RefusalReason.USER_UNKNOWN if gone else RefusalReason.UNCLEAR,
            gone,
            recipient=recipient,
        )
    meaning = weigh(said or "", status)
    return ReportEntry(
        ReportKind.BOUNCE,
        meaning.reason,
        meaning.hard and sort != "Transient",
        status=meaning.status,
        recipient=recipient,
    )


def _delayed(named: Any) -> ReportEntry:
    meaning = weigh(_text(named, "diagnosticCode") or "", _text(named, "status"))
    return ReportEntry(
        ReportKind.BOUNCE,
        meaning.reason,
        final=False,
        status=meaning.status,
        recipient=_text(named, "emailAddress"),
    )


def strings_of(value: Any, depth: int = 0) -> Iterator[str]:
    """Every text in a notification, and each header of the mail that it is about as a line."""
    if isinstance(value, str):
        yield value
    elif depth < _DEEPEST and isinstance(value, dict):
        if isinstance(value.get("name"), str) and isinstance(value.get("value"), str):
            yield f"{value['name']}: {value['value']}"
        for name, each in value.items():
            if name == "messageId" and isinstance(each, str) and each.startswith("<"):
                yield f"Message-ID: {each}"
            yield from strings_of(each, depth + 1)
    elif depth < _DEEPEST and isinstance(value, list):
        for each in value:
            yield from strings_of(each, depth + 1)


def _list(value: Any, name: str) -> list[Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found[:MOST_RECIPIENTS] if isinstance(found, list) else []


def _text(value: Any, name: str) -> str | None:
    found = value.get(name) if isinstance(value, dict) else None
    return found[:2000] if isinstance(found, str) else None
