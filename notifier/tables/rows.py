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
from notifier.tables.states import (
    EndedReason,
    Every,
    Listed,
    MessageState,
    NoticeState,
    PassOutcome,
    Source,
    SubscriptionState,
    Suppressed,
)

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
    #: How many studies the registry said it had updated, followed or not.
    swept: int = 0
    changes: int = 0
    notices: int = 0
    #: How many people its notices concern: what is usual, for the brake.
    people: int = 0
    #: Why it is held.
    note: str | None = None


class CheckDayRow(Table, table=True):
    """A day on which we compared with the registry; a day without a row is one on which we were blind."""

    __tablename__ = "check_day"
    day: str = Field(primary_key=True, max_length=10)
    last_at: datetime


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
    #: Which of `changes.Group` it belongs to, as a bit.
    group: int
    #: Bad news: stands alone in its mail.
    alone: bool = False
    path: str | None = None
    before: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    after: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    before_snapshot_id: int | None = None
    after_snapshot_id: int | None = None
    detected_at: datetime
    #: When the registry posted the update that brought it, as published; empty: it came without one.
    posted: str | None = Field(default=None, max_length=10)


class SubscriberRow(Table, table=True):
    """A person: an address, and how to speak to them. Nothing else is kept of a person (P6)."""

    __tablename__ = "subscriber"
    __table_args__ = {"sqlite_autoincrement": True}
    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(max_length=320)
    #: The address in the one form used to find it (M31).
    email_key: str = Field(max_length=320, unique=True)
    language: str = Field(default="en", max_length=35)
    time_zone: str = Field(default="UTC", max_length=64)
    #: When daily and weekly mails go, by the person's clock; the weekday counts from Monday, 0.
    digest_hour: int = 8
    digest_weekday: int = 0
    #: Their country or city, as they gave it: places there are named first.
    near: str | None = Field(default=None, max_length=80)
    #: Subjects name no study unless the person asked for it (P18).
    title_in_subject: bool = False
    #: "Still watching" mails after long silence.
    still_watching: bool = True
    #: When we last wrote, or the person last signed up: from here silence is counted.
    silent_since: datetime
    #: When the next "still watching" mail is due if nothing else is sent before.
    still_watching_at: datetime | None = Field(default=None, index=True)
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
        {"sqlite_autoincrement": True},  # links name ids, so none may ever be used again
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
    #: The groups of changes that are told, as bits of `changes.Group`.
    groups: int
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
        Index("ix_message_created_at", "created_at"),
        {"sqlite_autoincrement": True},  # links name ids, so none may ever be used again
    )
    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(sa_column=_key("subscriber.id", index=False))
    kind: LetterKind = Field(sa_column=_enumerated(LetterKind))
    state: MessageState = Field(sa_column=_enumerated(MessageState))
    reason: str | None = None
    #: The one study that it is about, where it must stand alone.
    about: str | None = Field(default=None, max_length=11)
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


class SuppressionRow(Table, table=True):
    """An address that is not mailed any more. It knows no address: a keyed hash finds it, also after an erasure."""

    __tablename__ = "suppression"
    #: HMAC-SHA-256 of the address's normal form, with a key that is not in the database.
    address_hash: str = Field(primary_key=True, max_length=64)
    reason: Suppressed = Field(sa_column=_enumerated(Suppressed))
    since: datetime


class BounceRow(Table, table=True):
    """A report that came back for one mail: what the ladder of soft bounces counts."""

    __tablename__ = "bounce"
    id: int | None = Field(default=None, primary_key=True)
    address_hash: str = Field(max_length=64, index=True)
    message_id: int | None = Field(default=None, sa_column=_key("message.id", nullable=True))
    #: The same report read twice counts once.
    report: str = Field(max_length=64, unique=True)
    hard: bool
    status: str | None = Field(default=None, max_length=16)
    reason: str = Field(max_length=40)
    came_at: datetime


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
    #: Minor edits settle for a while, so that a registrant's corrections come as one, or as nothing.
    not_before: datetime | None = None
    #: Its mail could not be delivered in time: it goes with the person's next mail, at `not_before` at the latest.
    folded_at: datetime | None = None
    created_at: datetime


def _core(row: type[Table]) -> SqlTable:
    return SqlTable(str(row.__tablename__), row.metadata)


#: The same tables for set-based statements.
studies = _core(StudyRow)
snapshots = _core(SnapshotRow)
passes = _core(PassRow)
check_days = _core(CheckDayRow)
conditions = _core(ConditionRow)
listings = _core(ListingRow)
changes = _core(ChangeRow)
subscribers = _core(SubscriberRow)
subscriptions = _core(SubscriptionRow)
consents = _core(ConsentRow)
messages = _core(MessageRow)
suppressions = _core(SuppressionRow)
bounces = _core(BounceRow)
notices = _core(NoticeRow)
