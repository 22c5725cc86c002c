"""Complaints: the abuse reporting format (RFC 5965), and Outlook.com's of its own.

The recipient is often blacked out, so the mail is found by its tag (S22).
"""

import re
from email.message import Message

from notifier.mail.bounces.parts import MOST_RECIPIENTS, Parts, one_line
from notifier.mail.bounces.report import ReportEntry, ReportKind
from notifier.mail.refusals import RefusalReason

#: RFC 5965, 6591 and 6650. "not-spam" takes a complaint back, and a failure of authentication is nobody's complaint.
_COMPLAINTS = {"abuse", "fraud", "virus", "opt-out", "opt-out-list", "other", ""}
_ADDRESS = re.compile(r"[^\s<>;,\"@]{1,64}@[^\s<>;,\"@]{1,255}")


def read_complaint(parts: Parts) -> tuple[ReportEntry, ...]:
    """The entries of a complaint; none where this is none."""
    if parts.feedback is not None:
        return _from_fields(parts.feedback)
    if parts.returned is not None and "complaint about message from" in parts.field("Subject").lower():
        # Outlook.com's junk mail reporting: the mail itself, with the recipient in a field of its own.
        named = _ADDRESS.search(one_line(parts.returned, "X-HmXmrOriginalRecipient"))
        return (
            ReportEntry(ReportKind.COMPLAINT, RefusalReason.FEEDBACK, recipient=named[0] if named else None),
        )
    return ()


def _from_fields(fields: Message) -> tuple[ReportEntry, ...]:
    kind = one_line(fields, "Feedback-Type").lower()
    if kind == "auth-failure":
        # A machine complains of a signature (RFC 6591); no person wants to hear less from us.
        return (ReportEntry(ReportKind.COMPLAINT, RefusalReason.AUTHENTICATION),)
    if kind not in _COMPLAINTS:
        return (ReportEntry(ReportKind.OTHER, RefusalReason.NONE),)
    named = [str(value) for name in ("Original-Rcpt-To",) for value in fields.get_all(name, [])]
    addresses: list[str | None] = [
        found[0] for value in named[:MOST_RECIPIENTS] if (found := _ADDRESS.search(value))
    ]
    return tuple(
        ReportEntry(ReportKind.COMPLAINT, RefusalReason.FEEDBACK, recipient=each)
        for each in addresses or [None]
    )
