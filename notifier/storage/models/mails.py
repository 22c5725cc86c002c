"""The tables of mails: what is to be told to whom, in which mail, and what came back. No logic, no queries."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, UniqueConstraint
from sqlmodel import Field

from notifier.domain.letter import LetterKind
from notifier.storage.models.columns import Document, Table, core, enumerated, key, partial
from notifier.storage.models.states import Fate, Gate, MessageState, NoticeState


class CorrectionRow(Table, table=True):
    """What was wrong in mails that went, in an admin's words; it goes to exactly those who got one of them."""

    __tablename__ = "correction"
    id: int | None = Field(default=None, primary_key=True)
    nct_id: str | None = Field(default=None, max_length=11)
    text: str = Field(max_length=2000)
    actor: str = Field(max_length=80)
    created_at: datetime


class MessageRow(Table, table=True):
    """One e-mail to one person."""

    __tablename__ = "message"
    __table_args__ = (
        partial("ix_message_waiting", "due_at", where="state IN ('due', 'deferred', 'unsure')"),
        # Few or none at any time, and looked for every few minutes.
        partial("ix_message_assembling", "subscriber_id", where="state = 'assembling'"),
        partial("ix_message_held", "created_at", where="state = 'held'"),
        partial("ix_message_sending", "lease_until", where="state = 'sending'"),
        # What went in the past hour.
        partial("ix_message_sent", "settled_at", where="state = 'sent'"),
        # And what may have, of which there is little.
        partial("ix_message_unsure", "due_at", where="unsure > 0"),
        Index("ix_message_subscriber_id_state", "subscriber_id", "state"),
        Index("ix_message_created_at", "created_at"),
        partial(
            "uq_message_correction",
            "correction_id",
            "subscriber_id",
            unique=True,
            where="correction_id IS NOT NULL",
        ),
        {"sqlite_autoincrement": True},  # links name ids, so none may ever be used again
    )
    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(sa_column=key("subscriber.id", index=False))
    kind: LetterKind = Field(sa_column=enumerated(LetterKind))
    state: MessageState = Field(sa_column=enumerated(MessageState))
    reason: str | None = None
    gate: Gate | None = Field(default=None, sa_column=enumerated(Gate, nullable=True))
    #: The one study that it is about, where it must stand alone.
    about: str | None = Field(default=None, max_length=11)
    #: What an admin wants to put right with it. No foreign key: SQLite would have to write the whole table anew for it.
    correction_id: int | None = None
    #: The wrong message that it puts right.
    corrects_id: int | None = None
    #: Of a welcome: what the registry listed as open under each of its conditions, as `storage.letters.openings` writes it.
    openings: dict[str, Any] | None = Field(default=None, sa_column=Column(Document, nullable=True))
    #: Its subject, for whoever asks what they were sent; and which version of our templates worded it (W15).
    subject: str | None = Field(default=None, max_length=200)
    wording: str | None = Field(default=None, max_length=16)
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


class BounceRow(Table, table=True):
    """A report that came back for one mail: what the ladder of soft bounces counts."""

    __tablename__ = "bounce"
    id: int | None = Field(default=None, primary_key=True)
    address_hash: str = Field(max_length=64, index=True)
    message_id: int | None = Field(default=None, sa_column=key("message.id", nullable=True))
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
        partial("ix_notice_due", "subscription_id", where="state = 'due'"),
        partial("ix_notice_held", "created_at", where="state = 'held'"),
        partial(
            "ix_notice_left_out",
            "subscription_id",
            "counted_in",
            where="state = 'cancelled' AND reason IN ('does_not_fit', 'far_away')",
        ),
        partial("ix_notice_counted_in", "counted_in", where="counted_in IS NOT NULL"),
    )
    id: int | None = Field(default=None, primary_key=True)
    subscription_id: int = Field(sa_column=key("subscription.id", index=False))
    change_id: int = Field(sa_column=key("change.id"))
    message_id: int | None = Field(default=None, sa_column=key("message.id", nullable=True))
    state: NoticeState = Field(sa_column=enumerated(NoticeState))
    #: Why it is held, or was cancelled.
    reason: Fate | None = Field(default=None, sa_column=enumerated(Fate, nullable=True))
    #: Minor edits settle for a while, so that a registrant's corrections come as one, or as nothing.
    not_before: datetime | None = None
    #: Its mail could not be delivered in time: it goes with the person's next mail, at `not_before` at the latest.
    folded_at: datetime | None = None
    #: Of a new study that did not fit what was chosen: the mail that counted it as left out. No foreign key: SQLite would
    #: have to write the whole table anew for it.
    counted_in: int | None = None
    created_at: datetime


#: The same tables for set-based statements.
corrections = core(CorrectionRow)
messages = core(MessageRow)
bounces = core(BounceRow)
notices = core(NoticeRow)
