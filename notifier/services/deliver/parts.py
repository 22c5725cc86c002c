"""What a deliver pass is given, and what it reports."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields

from notifier.domain.scheduling import TIMETABLE, Timetable
from notifier.errors import MailError
from notifier.storage.outbox.daily_limit import MAILS_A_DAY
from notifier.storage.restore_guard import Fence


@dataclass(frozen=True, slots=True)
class Sending:
    """How this process sends."""

    owner: str  # names the leases of this process
    domain: str  # right-hand side of Message-IDs
    envelope_sender: Callable[[int], str]  # by message id: bounces name the message
    connections: int = 4
    allowlist: tuple[str, ...] = ()  # where set, only these addresses or domains are ever mailed
    timetable: Timetable = TIMETABLE
    mails_a_day: int = MAILS_A_DAY  # most that one person gets
    fence: Fence | None = None  # keeps a copy or a restored backup from sending
    suppression_key: bytes = field(default=b"", repr=False)  # of the hashes of addresses that are not mailed


@dataclass(slots=True)
class DeliverReport:
    """How many mails ended how; the fields are those of `deliver --json`."""

    sent: int = 0
    deferred: int = 0
    rejected: int = 0
    unsure: int = 0
    cancelled: int = 0
    expired: int = 0
    held: int = 0
    left: int = 0  # still waiting
    fault: MailError | None = field(default=None, compare=False)  # why nothing more could be sent
    refused: MailError | None = field(default=None, compare=False)  # all mails were refused, and all alike
    lines: int = field(default=0, compare=False)  # to the mail server that were had at once
    fewer: MailError | None = field(default=None, compare=False)  # why these were not as many as wanted

    def counts(self) -> dict[str, int]:
        return {each.name: getattr(self, each.name) for each in fields(self) if each.compare}
