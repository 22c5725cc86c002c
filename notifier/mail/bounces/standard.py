"""Delivery status notifications (RFC 3464): the fields for machines decide, its words only spare."""

import re
from collections.abc import Sequence
from email.message import Message

from notifier.mail.bounces.parts import MOST_RECIPIENTS, Parts, about, blocks_in, one_line
from notifier.mail.bounces.report import ReportEntry, ReportKind
from notifier.mail.refusals import Meaning, RefusalReason, meant, weigh

_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_UNDONE = {"delayed"}
_DONE = {"delivered", "relayed", "expanded"}


def read_standard(parts: Parts) -> tuple[ReportEntry, ...]:
    """An entry for each recipient that the report's fields name; none where it has no such fields."""
    blocks = [block for block in parts.statuses if _is_of_recipient(block)]
    blocks = blocks or list(blocks_in(parts.words)) or list(blocks_in(parts.rest))
    blocks = blocks[:MOST_RECIPIENTS]
    return tuple(_entry(block, _around(parts.words, block, blocks)) for block in blocks)


def _is_of_recipient(block: Message) -> bool:
    return any(block.get(name) for name in ("Final-Recipient", "Original-Recipient", "Action", "Status"))


def _entry(block: Message, around: str) -> ReportEntry:
    action = one_line(block, "Action").lower().split(" ")[0]
    found = _STATUS.search(one_line(block, "Status"))
    status = found[0] if found else None
    recipient = recipient_of(block)
    if action in _DONE or (status and status[0] == "2"):
        return ReportEntry(ReportKind.OTHER, RefusalReason.DELIVERED, status=status, recipient=recipient)
    meaning = _meaning(block, status, around)
    undone = action in _UNDONE
    return ReportEntry(
        ReportKind.BOUNCE,
        meaning.reason,
        hard=meaning.hard and not undone,
        final=not undone,
        status=meaning.status,
        recipient=recipient,
        original=_address_in(block, "Original-Recipient"),
    )


def _meaning(block: Message, status: str | None, around: str) -> Meaning:
    sort, _, words = one_line(block, "Diagnostic-Code").partition(";")
    meaning = weigh(words if words.strip(" ;") else around, status, around=around)
    if meaning.hard and sort.strip().lower() == "x-unix":
        # A program that a mailbox runs has failed; its words are not about the address.
        return Meaning(RefusalReason.SYSTEM, hard=False, status=meaning.status)
    if meaning.hard and meant(around) is RefusalReason.MAILBOX_FULL:
        return Meaning(RefusalReason.MAILBOX_FULL, hard=False, status=meaning.status)
    return meaning


def recipient_of(block: Message) -> str | None:
    """The address at which it failed, or the one before where no other is named."""
    return _address_in(block, "Final-Recipient") or _address_in(block, "Original-Recipient")


def _address_in(block: Message, name: str) -> str | None:
    address = one_line(block, name).rpartition(";")[2].strip(" <>")
    return address[:320] if "@" in address else None


def _around(words: str, block: Message, blocks: Sequence[Message]) -> str:
    """What the report's words say of this recipient: all of them, or those from its name to the next one's."""
    if len(blocks) == 1:
        return words
    others = [recipient_of(other) for other in blocks if other is not block]
    return about(words, recipient_of(block) or "", [each for each in others if each])
