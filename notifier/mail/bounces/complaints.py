"""Complaints: the abuse reporting format (RFC 5965), and the two large senders of something else.

The recipient is often blacked out, so the mail is found by its tag (S22).
"""

import json
import re
from email.message import Message
from typing import Any

from notifier.mail.bounces.meaning import weigh
from notifier.mail.bounces.parts import MOST_RECIPIENTS, Parts, one_line
from notifier.mail.bounces.report import Entry, Kind, Reason

#: RFC 5965, 6591 and 6650. "not-spam" takes a complaint back, and a failure of authentication is nobody's complaint.
_COMPLAINTS = {"abuse", "fraud", "virus", "opt-out", "opt-out-list", "other", ""}
_ADDRESS = re.compile(r"[^\s<>;,\"]+@[^\s<>;,\"]+")


def read_complaint(parts: Parts) -> tuple[Entry, ...]:
    """The entries of a complaint; none where this is none."""
    if parts.feedback is not None:
        return _from_fields(parts.feedback)
    if parts.returned is not None and "complaint about message from" in parts.field("Subject").lower():
        # Outlook.com's junk mail reporting: the mail itself, with the recipient in a field of its own.
        named = _ADDRESS.search(one_line(parts.returned, "X-HmXmrOriginalRecipient"))
        return (Entry(Kind.COMPLAINT, Reason.FEEDBACK, recipient=named[0] if named else None),)
    return ()


def _from_fields(fields: Message) -> tuple[Entry, ...]:
    kind = one_line(fields, "Feedback-Type").lower()
    if kind == "auth-failure":
        # A machine complains of a signature (RFC 6591); no person wants to hear less from us.
        return (Entry(Kind.COMPLAINT, Reason.AUTHENTICATION),)
    if kind not in _COMPLAINTS:
        return (Entry(Kind.OTHER, Reason.NONE),)
    named = [str(value) for name in ("Original-Rcpt-To",) for value in fields.get_all(name, [])]
    addresses: list[str | None] = [
        found[0] for value in named[:MOST_RECIPIENTS] if (found := _ADDRESS.search(value))
    ]
    return tuple(Entry(Kind.COMPLAINT, Reason.FEEDBACK, recipient=each) for each in addresses or [None])


def read_ses(words: str) -> tuple[Entry, ...]:
    """The entries of a notification by Amazon SES, which is JSON in a mail; none where this is none."""
    start = words.find('{"notificationType"')
    if start < 0:
        return ()
    try:
        # A newline inside is the mail's line break, with a "!" before it where the line was cut (RFC 5322 limits).
        notice, _ = json.JSONDecoder().raw_decode(re.sub(r"!?\n ?", "", words[start:]))
    except ValueError:
        return ()
    if notice.get("notificationType") == "Complaint":
        named = _list(notice.get("complaint"), "complainedRecipients")
        return tuple(
            Entry(Kind.COMPLAINT, Reason.FEEDBACK, recipient=_text(each, "emailAddress")) for each in named
        )
    named = _list(notice.get("bounce"), "bouncedRecipients")
    return tuple(map(_bounced, named)) or (Entry(Kind.OTHER, Reason.DELIVERED),)


def _bounced(named: Any) -> Entry:
    meaning = weigh(_text(named, "diagnosticCode") or "", _text(named, "status"))
    return Entry(
        Kind.BOUNCE,
        meaning.reason,
        meaning.hard,
        status=meaning.status,
        recipient=_text(named, "emailAddress"),
    )


def _list(value: Any, name: str) -> list[Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found[:MOST_RECIPIENTS] if isinstance(found, list) else []


def _text(value: Any, name: str) -> str | None:
    found = value.get(name) if isinstance(value, dict) else None
    return found[:2000] if isinstance(found, str) else None
