"""The enumerations that the tables hold, with a sentence each."""

from enum import StrEnum


class Source(StrEnum):
    """By which path a snapshot came to us."""

    BASELINE = "baseline"  #: The first sight of a study somebody follows.
    SWEEP = "sweep"  #: The registry said that it was updated.
    REREAD = "reread"  #: We looked again without being told: changes come without a date too.
    CONDITION = "condition"  #: It was found under a followed condition.
    PAGE = "page"  #: Somebody opened its page; nobody need follow it.


class PassOutcome(StrEnum):
    """How a watch pass ended; only `done` and `held` move the watermark."""

    DONE = "done"  #: Everything was looked at.
    HELD = "held"  #: Everything was looked at; what it found waits for an admin.
    PARTIAL = "partial"  #: Something could not be asked; the next pass asks again.


class Listed(StrEnum):
    """Why a study stands in the list of a condition."""

    BASELINE = "baseline"  #: It was there when the condition was first looked at.
    NEW = "new"  #: It was not there before, and the registry first posted it lately.
    NOW_LISTED = "now_listed"  #: An older study whose record was just updated and now comes back.
    DRIFTED = "drifted"  #: It came without an update of its own: the search's synonyms or MeSH moved. Told to nobody.


class Every(StrEnum):
    """How often a subscription is told."""

    IMMEDIATE = "immediate"
    DAILY = "daily"
    WEEKLY = "weekly"


class SubscriptionState(StrEnum):
    """Only `active` is ever told of a change."""

    PENDING = "pending"  #: Waits for the person to confirm; gets one confirmation mail and nothing else.
    ACTIVE = "active"
    PAUSED = "paused"  #: The person asked for silence for a while; what changes meanwhile is kept for them.
    ENDED = "ended"  #: Over for good, with a reason; a new sign-up is a new row.


#: What is watched, and gathers news to tell.
FOLLOWED = (SubscriptionState.ACTIVE, SubscriptionState.PAUSED)


class EndedReason(StrEnum):
    """Why a subscription ended."""

    UNSUBSCRIBED = "unsubscribed"  #: By the link, on the page or with one click of the mail program.
    ADMIN = "admin"  #: By the command.
    FINISHED = "finished"  #: The study can change no more for its follower, who was told so.
    MERGED = "merged"  #: The registry merged two ids, and the person already followed the other one.
    MOVED = "moved"  #: It goes on at another address of the same person, who confirmed there.
    COMPLAINT = "complaint"  #: Somebody at the address called our mail spam.
    UNREACHABLE = "unreachable"  #: Mail to the address came back, and the person was asked to confirm anew.
    UNCONFIRMED = "unconfirmed"  #: Never confirmed within the time.


class Suppressed(StrEnum):
    """Why an address is not mailed any more, whoever asks."""

    DEAD = "dead"  #: Its server says that there is no such mailbox.
    FULL = "full"  #: It was full, or out of reach, again and again.
    COMPLAINT = "complaint"  #: Somebody there called our mail spam.
    ADMIN = "admin"  #: By the command.


class ReadSource(StrEnum):
    """Who wrote a plain-language read that was not made by our rules."""

    IMPORTED = "imported"  #: The site's own editors.
    MODEL = "model"  #: A language model, checked against the record.


class NoticeState(StrEnum):
    """What became of "tell this subscription of this change"."""

    DUE = "due"  #: Waits for the next mail of its subscription.
    IN_MESSAGE = "in_message"  #: Is part of a message; the message's state says the rest.
    HELD = "held"  #: Waits for an admin.
    CANCELLED = "cancelled"  #: Will not be told; the reason says why.


class Gate(StrEnum):
    """What the gate of the renderer made of a mail, where it did not just let it through."""

    CLOSED = "closed"  #: It says what nobody stored, and so it is held.
    PASSED_BY = "passed_by"  #: An admin read it and lets it go as it is.


class MessageState(StrEnum):
    """Where one mail is. `sent` means that the mail server took it, not that it arrived (S26)."""

    ASSEMBLING = "assembling"  #: Exists only inside the transaction that makes it.
    DUE = "due"  #: May be sent when its time has come.
    SENDING = "sending"  #: Claimed by a worker under a lease.
    SENT = "sent"  #: The server answered yes to the final dot.
    DEFERRED = "deferred"  #: The server said "later"; due again at its time.
    REJECTED = "rejected"  #: The server said no for good.
    UNSURE = "unsure"  #: The line broke after the final dot may have been written; sent once more, later.
    EXPIRED = "expired"  #: Could not be delivered in time and is no longer news.
    CANCELLED = "cancelled"  #: Nobody wants it any more.
    HELD = "held"  #: Waits for an admin, with the reason.
