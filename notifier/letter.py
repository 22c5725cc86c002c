"""What one mail is made of: plain data between the store, which gathers it, and the templates, which word it. Pure.

A letter holds everything its text may say (promise 8): records as stored, changes as stored, the subscription's own
words. Two renderings of an equal letter are equal to the byte.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from notifier.changes import Change
from notifier.study import Study


class Topic(StrEnum):
    """What a subscription is about."""

    STUDY = "study"
    CONDITION = "condition"


@dataclass(frozen=True, slots=True)
class Reason:
    """One subscription behind a mail: why somebody gets it."""

    subscription_id: int
    topic: Topic
    label: str  # the NCT id, or the condition as the person typed it
    asked_at: datetime  # when they agreed, aware UTC
    every: str  # immediate, daily, weekly


@dataclass(frozen=True, slots=True)
class Told:
    """One stored change that this mail tells."""

    change: Change
    detected_at: datetime  # aware UTC
    condition: str | None = (
        None  # for new_study and now_listed: the followed condition, as the person typed it
    )
    earlier: tuple[Change, ...] = ()  # earlier changes of the same kind of this study, oldest first


@dataclass(frozen=True, slots=True)
class Entry:
    """All that one mail says of one study, whoever of its reader's subscriptions asked for it."""

    study: Study  # the newest version that the told changes led to
    first_seen: datetime  # by us
    told: tuple[Told, ...]  # heaviest first
    reasons: tuple[Reason, ...]


class LetterKind(StrEnum):
    """The mails there are; each has a folder in `templates/`."""

    UPDATE = "update"
    CONFIRMATION = "confirmation"


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person, before it has words."""

    message_id: int
    kind: LetterKind
    recipient: str
    language: str
    time_zone: str
    rfc_message_id: str
    dated: datetime  # the Date header, aware UTC
    reasons: tuple[Reason, ...]  # every subscription that this mail speaks for
    entries: tuple[Entry, ...] = field(default=())
