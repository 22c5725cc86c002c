"""What a report that came back says, as plain data. Decides nothing about a person."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What sort of message came back."""

    BOUNCE = "bounce"  #: A mail server says what became of a mail.
    COMPLAINT = "complaint"  #: Somebody pressed "this is spam".
    AUTO_REPLY = "auto-reply"  #: A machine answers for a person: on holiday, gone home, received with thanks.
    OTHER = "other"  #: Anything else; a person's own words, or nothing that can be read.


class Reason(StrEnum):
    """Why a mail came back, in stable words."""

    USER_UNKNOWN = "user unknown"
    HOST_UNKNOWN = "host unknown"
    TAKES_NO_MAIL = "takes no mail"  #: The domain says that it takes none at all (RFC 7505).
    MOVED = "moved"

    MAILBOX_FULL = "mailbox full"
    EXPIRED = "expired"  #: Tried for days, then given up.
    TIME_OUT = "time-out"
    NETWORK = "network"  #: No way to the server: routing, DNS, a refused connection.
    SUSPENDED = "suspended"  #: Blocked or dormant for now; such mailboxes come back.
    SYSTEM = "system"  #: A fault of a server or of a program on the way.
    TEMPORARY = "temporary"  #: The server said "later", and somebody gave up.
    UNCLEAR = "unclear"

    FILTERED = "filtered"  #: Refused once the mail's own words were seen, or by the person's own rules.
    POLICY = "policy"
    REPUTATION = "reputation"
    AUTHENTICATION = "authentication"  #: SPF, DKIM, DMARC.
    SENDER = "sender"  #: Our own address was refused.
    RELAYING = "relaying"
    SPAM = "spam"
    VIRUS = "virus"
    CONTENT = "content"
    PROTOCOL = "protocol"
    TOO_LARGE = "too large"
    TOO_MANY = "too many"  #: Faster, or more at once, than the server likes.
    GREYLISTED = "greylisted"
    REFUSED = "refused"  #: Without a word why.

    DELIVERED = "delivered"
    VACATION = "vacation"
    FEEDBACK = "feedback"
    NONE = "none"  #: Not a report.


#: The address itself is gone; one such report is enough, where its status allows it.
DEAD = frozenset({Reason.USER_UNKNOWN, Reason.HOST_UNKNOWN, Reason.TAKES_NO_MAIL, Reason.MOVED})
#: Out of reach for now: counted, because an address that stays so for weeks is not mailed any more. All other reasons
#: say something of us or of the mail, and nothing of the address (S2, S25).
OUT_OF_REACH = frozenset(
    {
        Reason.MAILBOX_FULL,
        Reason.EXPIRED,
        Reason.TIME_OUT,
        Reason.NETWORK,
        Reason.SUSPENDED,
        Reason.SYSTEM,
        Reason.TEMPORARY,
        Reason.UNCLEAR,
    }
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a report says of one recipient."""

    kind: Kind
    reason: Reason
    hard: bool = False  # the address itself is dead
    final: bool = True  # False: the server is still trying
    status: str | None = None  # the enhanced status code that decided, such as "5.1.1"
    recipient: str | None = None  # where it failed, as the report names it
    original: str | None = None  # to whom it was sent before somebody sent it on, where the report says so

    @property
    def counts(self) -> bool:
        """Whether the ladder of soft bounces counts it."""
        return self.kind is Kind.BOUNCE and self.final and not self.hard and self.reason in OUT_OF_REACH


@dataclass(frozen=True, slots=True)
class Report:
    """One message that came back: an entry a recipient, at least one.

    `sent_to` are the addresses that it was sent to, `quoted` those that look like an envelope sender in what it quotes,
    `message_ids` the Message-IDs that it quotes: by one of these the mail is found that it is about. `digest` names the
    report, whichever way it came, so that reading it twice counts once.
    """

    entries: tuple[Entry, ...]
    sent_to: tuple[str, ...] = ()
    quoted: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()
    digest: str = ""
    dated: datetime | None = None  # when it says that it was written; aware
