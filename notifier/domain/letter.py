"""What one mail is made of: plain data between the store, which gathers it, and the templates, which word it. Pure.

A letter holds everything its text may say (promise 8): records as stored, changes as stored, the subscription's own
words. Whatever a field holds may be said, unless it is marked as UNSAID. Two renderings of an equal letter are equal to
the byte.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Self

from notifier.domain.changes import Change, Kind
from notifier.domain.geo import Near
from notifier.domain.signed_links import Purpose
from notifier.domain.study import Study

#: Marks a field that no sentence prints: an id, or how the mail is made.
UNSAID = "unsaid"
#: Kinds whose history is told: how often, and how far in all, a date has moved.
WITH_HISTORY = (Kind.START_DATE, Kind.PRIMARY_COMPLETION_DATE, Kind.COMPLETION_DATE)


class Topic(StrEnum):
    """What a subscription is about."""

    STUDY = "study"
    CONDITION = "condition"


@dataclass(frozen=True, slots=True)
class Reason:
    """One subscription behind a mail: why somebody gets it."""

    subscription_id: int = field(metadata={UNSAID: True})
    topic: Topic
    label: str  # the NCT id, or the condition as the person typed it
    asked_at: datetime  # when they agreed, aware UTC
    every: str  # immediate, daily, weekly
    note: str = ""  # what they wrote for themselves, to stand in their mails about it


@dataclass(frozen=True, slots=True)
class Told:
    """One stored change that this mail tells."""

    change: Change
    detected_at: datetime  # aware UTC
    #: For new_study and now_listed: the followed condition, as the person typed it.
    condition: str | None = None
    earlier: tuple[Change, ...] = ()  # earlier changes of the same kind of this study, oldest first
    #: When the registry posted the update that brought it; None: it came without one.
    posted: str | None = None
    question: str = ""  # of a new study: what it asks, from its read, in the reader's language


@dataclass(frozen=True, slots=True)
class Entry:
    """All that one mail says of one study, whoever of its reader's subscriptions asked for it."""

    study: Study  # the newest version that the told changes led to
    first_seen: datetime  # by us
    told: tuple[Told, ...]  # heaviest first
    reasons: tuple[Reason, ...]
    ending: "Ending | None" = None  # set where nothing more is expected: the reader is asked whether to go on
    near: Near | None = None  # where the reader wants to hear of places first


class Ending(StrEnum):
    """Why nothing more is expected of a study. It is watched on all the same, unless its follower stops it."""

    WITHDRAWN = "withdrawn"  #: It was cancelled before anyone joined.
    COMPLETED_WITH_RESULTS = "completed_with_results"
    LEFT_REGISTRY = "left_registry"


@dataclass(frozen=True, slots=True)
class Silence:
    """What a "still watching" mail says: all days are whole days of UTC."""

    since: date  # the last day on which something was said, or the day of signing up
    until: date  # today
    days: int  # between them
    checked: int  # of these, on which we compared with the registry
    blind: tuple[date, ...]  # the others
    last_checked: datetime | None
    studies: int  # followed
    conditions: int  # followed
    untold: int = 0  # changes that there were, of a kind that the person did not ask for


@dataclass(frozen=True, slots=True)
class Past:
    """What one update of a study changed before somebody followed it."""

    study: Study  # as it was then
    told: tuple[Told, ...]  # heaviest first


@dataclass(frozen=True, slots=True)
class OpenStudy:
    """A study that took people, or was about to, in the words of its read. near: how near one of its places comes."""

    nct_id: str
    title: str
    question: str
    status_line: str
    near: str = ""


@dataclass(frozen=True, slots=True)
class OpenNow:
    """The first that the registry's search found open under a topic that fit what was chosen; none: there are none."""

    day: date
    studies: tuple[OpenStudy, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """All that a welcome says of one thing that somebody follows: how it stands, and what to expect."""

    reason: Reason
    study: Study | None = None  # None for a condition, and for a study that we have not seen yet
    first_seen: datetime | None = None  # by us
    #: From when on its changes are counted: a year ago, or when we began to watch it. None: with the next look.
    since: datetime | None = None
    whole_year: bool = False
    updates: int = 0  # that changed something since then
    past: tuple[Past, ...] = ()  # the newest of them, newest first
    a_month: int | None = None  # new studies under a condition; None where we do not know yet
    no_study: bool = False  # the registry has none at all under the condition
    nearest: tuple[str, ...] = ()  # names of conditions that may have been meant
    open_now: OpenNow | None = None  # of a condition; None where the registry was not asked, or could not say
    narrowed: bool = False  # not all of its studies are wanted
    #: The search on our pages for what is open under it.
    search: str = field(default="", metadata={UNSAID: True})

    @property
    def is_of_study(self) -> bool:
        return self.reason.topic is Topic.STUDY


@dataclass(frozen=True, slots=True)
class Agreement:
    """What somebody agreed to, word for word, and when."""

    words: str
    given_at: datetime  # aware UTC


@dataclass(frozen=True, slots=True)
class Correction:
    """What an admin puts right, in their words. The entries of its letter are what the wrong mail told."""

    text: str
    mailed_at: datetime | None  # the date of the wrong mail, aware UTC


@dataclass(frozen=True, slots=True)
class Manner:
    """What is so of every mail of a kind.

    asked_for: it comes only because somebody asked for it a moment ago. So it may try an address from which mail came back,
    belongs to no list, and names nothing that is followed.
    link: what its one link opens; it speaks for no subscription then.
    breaks_silence: once it went, the time in which nothing was said begins anew.
    missed: who does not get it misses something, so it may be made up for by hand.
    """

    asked_for: bool = False
    link: Purpose | None = None
    breaks_silence: bool = False
    missed: bool = False


class LetterKind(StrEnum):
    """The mails there are: each has its manner here, and a folder in `templates/`.

    What one says besides why it comes is gathered by a function in `storage.letters.gathering`, and filled in by one in
    `mail.render.renderer`; a kind without them speaks for all that its reader follows.
    """

    manner: Manner

    def __new__(cls, word: str, manner: Manner = Manner()) -> Self:
        kind = str.__new__(cls, word)
        kind._value_, kind.manner = word, manner
        return kind

    UPDATE = "update", Manner(breaks_silence=True, missed=True)
    CONFIRMATION = "confirmation", Manner(asked_for=True, missed=True)
    STILL_WATCHING = "still_watching"
    #: The link to what a person chose; they asked for it.
    PREFERENCES = "preferences", Manner(asked_for=True, link=Purpose.PREFERENCES)
    #: The link to a study's contacts; somebody asked for it with this address.
    CONTACTS = "contacts", Manner(asked_for=True, link=Purpose.CONTACTS)
    #: The story so far of what a person has just confirmed.
    WELCOME = "welcome", Manner(breaks_silence=True)
    #: We told something wrong.
    CORRECTION = "correction", Manner(missed=True)


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person, before it has words."""

    message_id: int = field(metadata={UNSAID: True})
    subscriber_id: int = field(metadata={UNSAID: True})
    kind: LetterKind
    recipient: str = field(metadata={UNSAID: True})
    language: str = field(metadata={UNSAID: True})
    time_zone: str = field(metadata={UNSAID: True})
    rfc_message_id: str = field(metadata={UNSAID: True})
    dated: datetime  # the Date header, aware UTC
    reasons: tuple[Reason, ...]  # every subscription that this mail speaks for
    entries: tuple[Entry, ...] = field(default=())
    title_in_subject: bool = False  # the person asked for it; else a subject names no study (P18)
    discreet: bool | None = None  # whether its body names nothing either; None: as the organisation has it
    silence: Silence | None = None  # of a "still watching" mail
    #: The last day before, and the first day after, a time in which we could not compare with the registry and which
    #: held back what this mail tells; whole days of UTC.
    away: tuple[date, date] | None = None
    left_out: int = 0  # new studies that did not fit what was chosen since the last mail, and are not told
    #: What its one link is for, where it speaks for no subscription.
    link: tuple[int, ...] = field(default=(), metadata={UNSAID: True})
    stories: tuple[Story, ...] = ()  # of a welcome
    agreements: tuple[Agreement, ...] = ()  # of a welcome
    correction: Correction | None = None
    no_study: bool = False  # of a welcome that says only that, to somebody who was welcomed before or never
    #: An admin read it, and lets it go whatever the gate says.
    released: bool = field(default=False, metadata={UNSAID: True})
