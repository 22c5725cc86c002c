"""The tables: SQLModel classes, their enumerations, constraints and indexes. No logic, no queries.

`table=True` classes do not check what they are given, so the lengths and enumerations are constraints of the database,
and registry data reaches a table only through `notifier.study`.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy import Enum as DatabaseEnum
from sqlalchemy import Table as SqlTable
from sqlmodel import Field, SQLModel

from notifier.letter import LetterKind

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(SQLModel):
    """What all tables share: one metadata with named constraints, so that SQLite migrations can find them."""

    metadata = MetaData(naming_convention=NAMES)


class Source(StrEnum):
    """By which path a snapshot came to us."""

    BASELINE = "baseline"  #: The first sight of a study somebody follows.
    SWEEP = "sweep"  #: The registry said that it was updated.
    REREAD = "reread"  #: We looked again without being told: changes come without a date too.
    CONDITION = "condition"  #: It was found under a followed condition.


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
    PAUSED = "paused"  #: The person asked for silence for a while.
    ENDED = "ended"  #: Over for good, with a reason; a new sign-up is a new row.


class EndedReason(StrEnum):
    """Why a subscription ended."""

    UNSUBSCRIBED = "unsubscribed"  #: By the link, on the page or with one click of the mail program.
    ADMIN = "admin"  #: By the command.
    MERGED = "merged"  #: The registry merged two ids, and the person already followed the other one.
    UNCONFIRMED = "unconfirmed"  #: Never confirmed within the time.


class NoticeState(StrEnum):
    """What became of "tell this subscription of this change"."""

    DUE = "due"  #: Waits for the next mail of its subscription.
    IN_MESSAGE = "in_message"  #: Is part of a message; the message's state says the rest.
    HELD = "held"  #: Waits for an admin.
    CANCELLED = "cancelled"  #: Will not be told; the reason says why.


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


def _enumerated(values: type[StrEnum], *, nullable: bool = False) -> Any:
    kind = DatabaseEnum(
        values,
        native_enum=False,
        length=24,
        values_callable=lambda members: [member.value for member in members],
        create_constraint=False,
    )
    return Column(kind, nullable=nullable)


def _key(target: str, *, nullable: bool = False, index: bool = True) -> Any:
    return Column(Integer, ForeignKey(target, ondelete="CASCADE"), nullable=nullable, index=index)


class StudyRow(Table, table=True):
    """A study that we know of, as we last saw it."""

    __tablename__ = "study"
    nct_id: str = Field(primary_key=True, max_length=11)
    first_seen: datetime
    last_read_at: datetime | None = Field(default=None, index=True)
    #: Since when its changes are news. Empty: nobody follows it, or its baseline is still to come.
    watched_since: datetime | None = None
    #: The newest row of `snapshot`. No foreign key: the two tables would point at each other.
    snapshot_id: int | None = None
    brief_title: str | None = None
    overall_status: str | None = Field(default=None, max_length=40)
    study_first_post_date: str | None = Field(default=None, max_length=10)
    last_update_post_date: str | None = Field(default=None, max_length=10)
    #: Of the record without `derivedSection`, whatever rules this program has; equal means: no new version.
    digest: str | None = Field(default=None, max_length=64)
    #: The id under which the registry now has it.
    alias_of: str | None = Field(default=None, max_length=11)
    #: The data version in which it was first not there; gone on a second, different one means that it left.
    missing_in: str | None = Field(default=None, max_length=32)
    left_at: datetime | None = None


class SnapshotRow(Table, table=True):
    """One version of a study: the registry's exact bytes, zstd-compressed."""

    __tablename__ = "snapshot"
    id: int | None = Field(default=None, primary_key=True)
    nct_id: str = Field(sa_column=Column(String(11), ForeignKey("study.nct_id"), nullable=False, index=True))
    taken_at: datetime
    data_timestamp: str = Field(max_length=32)
    source: Source = Field(sa_column=_enumerated(Source))
    digest: str = Field(max_length=64)
    fingerprint: str = Field(max_length=80)
    record: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class PassRow(Table, table=True):
    """One watch pass that came to an end. The newest `done` or `held` one is the watermark."""

    __tablename__ = "watch_pass"
    id: int | None = Field(default=None, primary_key=True)
    data_timestamp: str = Field(max_length=32)
    started_at: datetime
    finished_at: datetime
    outcome: PassOutcome = Field(sa_column=_enumerated(PassOutcome))
    requests: int
    unreadable: int = 0
    changes: int = 0
    notices: int = 0


class ConditionRow(Table, table=True):
    """A condition that somebody follows, as text for the registry's own search."""

    __tablename__ = "condition"
    id: int | None = Field(default=None, primary_key=True)
    query: str = Field(max_length=200, unique=True)
    text: str = Field(max_length=200)
    #: Since when studies under it are news. Empty: its baseline is still to come.
    watched_since: datetime | None = None
    #: The data version of its last look, and the last one at which its list was walked to the end.
    looked_in: str | None = Field(default=None, max_length=32)
    walked_at: datetime | None = None


class ListingRow(Table, table=True):
    """A study that was seen under a condition."""

    __tablename__ = "listing"
    condition_id: int = Field(
        sa_column=Column(Integer, ForeignKey("condition.id", ondelete="CASCADE"), primary_key=True)
    )
    nct_id: str = Field(primary_key=True, max_length=11)
    listed: Listed = Field(sa_column=_enumerated(Listed))
    seen_at: datetime
    data_timestamp: str = Field(max_length=32)


class ChangeRow(Table, table=True):
    """One change that was detected: what a mail says is rebuilt from here and from the two snapshots."""

    __tablename__ = "change"
    id: int | None = Field(default=None, primary_key=True)
    pass_id: int = Field(sa_column=_key("watch_pass.id"))
    nct_id: str = Field(sa_column=Column(String(11), ForeignKey("study.nct_id"), nullable=False, index=True))
    condition_id: int | None = Field(default=None, sa_column=_key("condition.id", nullable=True, index=False))
    kind: str = Field(max_length=40)
    weight: str = Field(max_length=12)
    #: `Weight.rank`: 0 for the heaviest, so that SQL can compare.
    rank: int
    path: str | None = None
    before: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    after: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    before_snapshot_id: int | None = None
    after_snapshot_id: int | None = None
    detected_at: datetime


class SubscriberRow(Table, table=True):
    """A person: an address, and how to speak to them. Nothing else is kept of a person (P6)."""

    __tablename__ = "subscriber"
    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(max_length=320)
    #: The address in the one form used to find it (M31).
    email_key: str = Field(max_length=320, unique=True)
    language: str = Field(default="en", max_length=35)
    time_zone: str = Field(default="UTC", max_length=64)
    created_at: datetime


class SubscriptionRow(Table, table=True):
    """What one person wants to hear of: one study, or the new studies under one condition."""

    __tablename__ = "subscription"
    __table_args__ = (
        CheckConstraint("(nct_id IS NULL) <> (condition_id IS NULL)", name="one_topic"),
        Index(
            "uq_subscription_study",
            "subscriber_id",
            "nct_id",
            unique=True,
            sqlite_where=text("state <> 'ended' AND nct_id IS NOT NULL"),
            postgresql_where=text("state <> 'ended' AND nct_id IS NOT NULL"),
        ),
        Index(
            "uq_subscription_condition",
            "subscriber_id",
            "condition_id",
            unique=True,
            sqlite_where=text("state <> 'ended' AND condition_id IS NOT NULL"),
            postgresql_where=text("state <> 'ended' AND condition_id IS NOT NULL"),
        ),
        Index("ix_subscription_nct_id_state", "nct_id", "state"),
        Index("ix_subscription_condition_id_state", "condition_id", "state"),
    )
    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(sa_column=_key("subscriber.id"))
    nct_id: str | None = Field(default=None, max_length=11)
    condition_id: int | None = Field(
        default=None, sa_column=Column(Integer, ForeignKey("condition.id"), nullable=True)
    )
    every: Every = Field(sa_column=_enumerated(Every))
    state: SubscriptionState = Field(sa_column=_enumerated(SubscriptionState))
    #: The rank of the lightest change that is told.
    lightest_rank: int
    #: The time of the next daily or weekly mail; empty for immediate ones.
    next_digest_at: datetime | None = Field(default=None, index=True)
    created_at: datetime
    activated_at: datetime | None = None
    ended_at: datetime | None = None
    ended_reason: EndedReason | None = Field(default=None, sa_column=_enumerated(EndedReason, nullable=True))


class ConsentRow(Table, table=True):
    """Who agreed to what, when, how, and to which words (P2)."""

    __tablename__ = "consent"
    id: int | None = Field(default=None, primary_key=True)
    subscription_id: int = Field(sa_column=_key("subscription.id"))
    #: By which door: command, form, import.
    method: str = Field(max_length=16)
    #: Who entered it: the account that ran the command, or "the person".
    actor: str = Field(max_length=80)
    #: What the admin wrote about how and when they agreed.
    evidence: str | None = None
    wording_version: str = Field(max_length=16)
    wording: str
    asked_at: datetime
    given_at: datetime | None = None
    withdrawn_at: datetime | None = None


class MessageRow(Table, table=True):
    """One e-mail to one person."""

    __tablename__ = "message"
    __table_args__ = (
        Index(
            "ix_message_waiting",
            "due_at",
            sqlite_where=text("state IN ('due', 'deferred', 'unsure')"),
            postgresql_where=text("state IN ('due', 'deferred', 'unsure')"),
        ),
        Index("ix_message_subscriber_id_state", "subscriber_id", "state"),
    )
    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(sa_column=_key("subscriber.id", index=False))
    kind: LetterKind = Field(sa_column=_enumerated(LetterKind))
    state: MessageState = Field(sa_column=_enumerated(MessageState))
    reason: str | None = None
    #: Made once and reused on every attempt (M10).
    rfc_message_id: str = Field(max_length=255, unique=True)
    created_at: datetime
    #: The Date header: set when first sent, so that a repeated attempt has the same bytes.
    dated: datetime | None = None
    due_at: datetime
    attempts: int = 0
    #: How often it may already have arrived without our knowing; a second time nobody tries again.
    unsure: int = 0
    lease_owner: str | None = Field(default=None, max_length=80)
    lease_until: datetime | None = None
    #: Set before the final dot can be written. A lease that ends with this set leaves the message unsure.
    transmitting_at: datetime | None = None
    settled_at: datetime | None = None
    stage: str | None = Field(default=None, max_length=12)
    code: int | None = None
    status: str | None = Field(default=None, max_length=16)
    reply: str | None = Field(default=None, max_length=400)


class NoticeRow(Table, table=True):
    """Tell this subscription of this change: once, whatever happens."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("subscription_id", "change_id"),
        Index(
            "ix_notice_due",
            "subscription_id",
            sqlite_where=text("state = 'due'"),
            postgresql_where=text("state = 'due'"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    subscription_id: int = Field(sa_column=_key("subscription.id", index=False))
    change_id: int = Field(sa_column=_key("change.id"))
    message_id: int | None = Field(default=None, sa_column=_key("message.id", nullable=True))
    state: NoticeState = Field(sa_column=_enumerated(NoticeState))
    reason: str | None = None
    created_at: datetime


def _core(row: type[Table]) -> SqlTable:
    return SqlTable(str(row.__tablename__), row.metadata)


#: The same tables for set-based statements.
studies = _core(StudyRow)
snapshots = _core(SnapshotRow)
passes = _core(PassRow)
conditions = _core(ConditionRow)
listings = _core(ListingRow)
changes = _core(ChangeRow)
subscribers = _core(SubscriberRow)
subscriptions = _core(SubscriptionRow)
consents = _core(ConsentRow)
messages = _core(MessageRow)
notices = _core(NoticeRow)
