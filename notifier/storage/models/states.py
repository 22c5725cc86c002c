"""The enumerations that the tables hold, with a sentence each."""

from enum import StrEnum
from typing import Self


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
    UNSUBSCRIBED = "unsubscribed"  #: By the link, on the page or with one click of the mail program.
    ADMIN = "admin"  #: By the command.
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


class Fate(StrEnum):
    """What became of a change for somebody: why they are told, are not yet, or are not. See `storage.eligibility`.

    words: the same for an admin.
    """

    words: str

    def __new__(cls, value: str, words: str = "") -> Self:
        fate = str.__new__(cls, value)
        fate._value_, fate.words = value, words or f"subscription ended: {value.removeprefix('ended_')}"
        return fate

    SENT = "sent", "sent"
    ON_ITS_WAY = "on_its_way", "on its way"  #: In a mail that has not gone yet, or was put off.
    NEXT_MAIL = "next_mail", "waits"
    DIGEST = "digest", "in the next digest"
    PAUSED = "paused", "kept until the pause is over"
    SETTLES = "settles", "settles"  #: A minor edit, which waits for a while: it may be changed back.
    PUT_OFF = "put_off", "put off by their server, goes with the next mail"
    MAIL_HELD = "mail_held", "its mail is held"
    REJECTED = "rejected", "the mail server refused it"
    EXPIRED = "expired", "its mail may have arrived, and was given up"
    MAIL_CANCELLED = "mail_cancelled", "its mail was cancelled"  #: The mail has the reason.
    NO_NEWS = "no_news", "tells nothing that could be missed"
    BEFORE = "before", "before you asked"  #: Older than the subscription, or than its confirmation.
    AFTER = "after", "after it ended"
    TOO_LIGHT = "too_light", "below your level"  #: Below the weight that was asked for.
    NEVER_TOLD = "never_told", "not told that it came"  #: A study left a list.
    OTHER_SORT = "other_sort", "not of your sorts"  #: Not of the sorts that were asked for.
    TOLD_LATELY = "told_lately", "told lately"  #: A date that moves with each re-posting.
    NOT_CHOSEN = "not_chosen", "not chosen then"  #: What was chosen when it was detected left it out.
    # Those that a notice keeps: why it is held, or was cancelled.
    STORM = "storm", "held by the brake"
    DROPPED = "dropped", "dropped by an admin"
    FAR_AWAY = "far_away", "outside of your circle"
    DOES_NOT_FIT = "does_not_fit", "does not fit what you chose"
    FITTED_BEFORE = "fitted_before", "fitted before, or still does not"
    CHANGED_BACK = "changed_back", "changed back before it was told"
    TAKEN_BACK = "taken_back", "taken back: the record was wrong"
    SUPPRESSED = "suppressed", "the address is suppressed"
    NOT_WANTED = "not_wanted", "nobody wanted it any more when its mail was due"
    LEFT_OUT = "left_out", "not wanted, or told since, when its mail went again"
    #: Its subscription ended before it was told, as the others below.
    ENDED_UNSUBSCRIBED = "ended_unsubscribed"
    ENDED_ADMIN = "ended_admin"
    ENDED_MERGED = "ended_merged"
    ENDED_MOVED = "ended_moved"
    ENDED_COMPLAINT = "ended_complaint"
    ENDED_UNREACHABLE = "ended_unreachable"
    ENDED_UNCONFIRMED = "ended_unconfirmed"

    @classmethod
    def of_end(cls, why: EndedReason) -> "Fate":
        """Why what was unsent is not told when a subscription ends for this reason."""
        return cls(f"ended_{why.value}")


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
