"""What a report that came back says, as plain data. Decides nothing about a person."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from notifier.mail.refusals import OUT_OF_REACH, RefusalReason


class ReportKind(StrEnum):
    """What sort of message came back."""

    BOUNCE = "bounce"  #: A mail server says what became of a mail.
    COMPLAINT = "complaint"  #: Somebody pressed "this is spam".
    AUTO_REPLY = "auto-reply"  #: A machine answers for a person: on holiday, gone home, received with thanks.
    OTHER = "other"  #: Anything else; a person's own words, or nothing that can be read.


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """What a report says of one recipient."""

    kind: ReportKind
    reason: RefusalReason
    hard: bool = False  # the address itself is dead
    final: bool = True  # False: the server is still trying
    status: str | None = None  # the enhanced status code that decided, such as "5.1.1"
    recipient: str | None = None  # where it failed, as the report names it
    original: str | None = None  # to whom it was sent before somebody sent it on, where the report says so

    @property
    def counts(self) -> bool:
        """Whether the ladder of soft bounces counts it."""
        return self.kind is ReportKind.BOUNCE and self.final and not self.hard and self.reason in OUT_OF_REACH


@dataclass(frozen=True, slots=True)
class Report:
    """One message that came back: an entry a recipient, at least one.

    `sent_to` are the addresses that it was sent to, `quoted` those that look like an envelope sender in what it quotes,
    `message_ids` the Message-IDs that it quotes: by one of these the mail is found that it is about. `digest` names the
    report, whichever way it came, so that reading it twice counts once.
    """

    entries: tuple[ReportEntry, ...]
    sent_to: tuple[str, ...] = ()
    quoted: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()
    digest: str = ""
    dated: datetime | None = None  # when it says that it was written; aware
