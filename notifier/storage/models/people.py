"""The tables of people: who asked for what, how they agreed, what they are to be told, in which mail, and what came back.

No logic, no queries.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, UniqueConstraint, false
from sqlmodel import Field

from notifier.domain.letter import LetterKind
from notifier.storage.models.columns import (
    Document,
    SealedAddress,
    SealedKey,
    Table,
    core,
    enumerated,
    key,
    partial,
)
from notifier.storage.models.states import (
    EndedReason,
    Every,
    Fate,
    Gate,
    MessageState,
    NoticeState,
    SubscriptionState,
    Suppressed,
)


class SubscriberRow(Table, table=True):
    """A person: an address, and how to speak to them. Nothing else is kept of a person (P6)."""

    __tablename__ = "subscriber"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(sa_column=Column(SealedAddress(320), nullable=False))
    #: The address in the one form used to find it (M31).
    email_key: str = Field(sa_column=Column(SealedKey(320), unique=True, nullable=False))
    language: str = Field(default="en", max_length=35)
    time_zone: str = Field(default="UTC", max_length=64)
    #: When daily and weekly mails go, by the person's clock; the weekday counts from Monday, 0.
    digest_hour: int = 8
    digest_weekday: int = 0
    #: Their country or city, as they gave it: places there are named first.
    near: str | None = Field(default=None, max_length=80)
    #: The middle of the circle within which places are told first, rounded to a tenth of a degree, and how far it reaches.
    near_lat: float | None = None
    near_lon: float | None = None
    near_km: int | None = None
    #: How long a degree of longitude is there, in km.
    near_lon_km: float | None = None
    #: Subjects name no study unless the person asked for it (P18).
    title_in_subject: bool = False
    #: Whether a mail's body names nothing either (P18); None: as the organisation has it.
    discreet: bool | None = None
    #: "Still watching" mails after long silence.
    still_watching: bool = True
    #: When we last wrote, or the person last signed up: from here silence is counted.
    silent_since: datetime
    #: When the next "still watching" mail is due if nothing else is sent before.
    still_watching_at: datetime | None = Field(default=None, index=True)
    #: Counted up where every link to this person's choices must stop working, such as after a change of address.
    generation: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    created_at: datetime


class SubscriptionRow(Table, table=True):
    """What one person wants to hear of: one study, or the new studies under one condition."""

    __tablename__ = "subscription"
    __table_args__ = (
        CheckConstraint("(nct_id IS NULL) <> (condition_id IS NULL)", name="one_topic"),
        partial(
            "uq_subscription_study",
            "subscriber_id",
            "nct_id",
            unique=True,
            where="state <> 'ended' AND nct_id IS NOT NULL",
        ),
        partial(
            "uq_subscription_condition",
            "subscriber_id",
            "condition_id",
            unique=True,
            where="state <> 'ended' AND condition_id IS NOT NULL",
        ),
        Index("ix_subscription_nct_id_state", "nct_id", "state"),
        Index("ix_subscription_condition_id_state", "condition_id", "state"),
        {"sqlite_autoincrement": True},  # links name ids, so none may ever be used again
    )
    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(sa_column=key("subscriber.id"))
    nct_id: str | None = Field(default=None, max_length=11)
    condition_id: int | None = Field(
        default=None, sa_column=Column(Integer, ForeignKey("condition.id"), nullable=True)
    )
    every: Every = Field(sa_column=enumerated(Every))
    state: SubscriptionState = Field(sa_column=enumerated(SubscriptionState))
    #: The rank of the lightest change that is told.
    lightest_rank: int
    #: The groups of changes that are told, as bits of `changes.Group`.
    groups: int
    #: Of a condition, which new studies are told: bits of `narrowing.Trait`, codes of countries, and words that leave one
    #: out, both parted by spaces; see `domain.narrowing`.
    narrow: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    countries: str | None = Field(default=None, max_length=80)
    not_words: str | None = Field(default=None, max_length=1000)
    #: The time of the next daily or weekly mail; empty for immediate ones.
    next_digest_at: datetime | None = Field(default=None, index=True)
    #: Until when the person asked for silence; what changes meanwhile is kept, and told in one mail then.
    paused_until: datetime | None = Field(default=None, index=True)
    #: What the person wrote for themselves, to stand in their mails about it.
    note: str | None = Field(default=None, max_length=300)
    #: The message that welcomes them to it. No foreign key: SQLite would have to write the whole table anew for it.
    welcome_id: int | None = None
    #: What the same person followed at an earlier address; it ends when this is confirmed. No foreign key, as above.
    replaces: int | None = None
    #: When they were told that the registry has no study at all under the condition.
    nothing_said_at: datetime | None = None
    created_at: datetime
    activated_at: datetime | None = None
    #: When it was last changed what is asked for: what was found before was asked for otherwise.
    chosen_at: datetime | None = None
    ended_at: datetime | None = None
    ended_reason: EndedReason | None = Field(default=None, sa_column=enumerated(EndedReason, nullable=True))


class ConsentRow(Table, table=True):
    """Who agreed to what, when, how, and to which words (P2)."""

    __tablename__ = "consent"
    id: int | None = Field(default=None, primary_key=True)
    subscription_id: int = Field(sa_column=key("subscription.id"))
    #: By which door: command, form, import.
    method: str = Field(max_length=16)
    #: Who entered it: the account that ran the command, or "the person".
    actor: str = Field(max_length=80)
    #: What the admin wrote about how and when they agreed.
    evidence: str | None = None
    wording_version: str = Field(max_length=16)  # see WordingRow
    asked_at: datetime
    given_at: datetime | None = None
    withdrawn_at: datetime | None = None


class WordingRow(Table, table=True):
    """The words to which somebody agreed, once for all who agreed to them. A version's words never change."""

    __tablename__ = "wording"
    version: str = Field(primary_key=True, max_length=16)
    text: str


class SuppressionRow(Table, table=True):
    """An address that is not mailed any more. It knows no address: a keyed hash finds it, also after an erasure."""

    __tablename__ = "suppression"
    __table_args__ = (
        Index("ix_suppression_domain_hash_since", "domain_hash", "since"),
        partial("ix_suppression_held", "domain_hash", where="held"),
    )
    #: HMAC-SHA-256 of the address's normal form, with a key that is not in the database.
    address_hash: str = Field(primary_key=True, max_length=64)
    reason: Suppressed = Field(sa_column=enumerated(Suppressed))
    since: datetime
    #: The same of the address's domain: a provider's bad hour condemns many of one domain at once.
    domain_hash: str | None = Field(default=None, max_length=64)
    #: Not in force: too many of one domain within a day, so that mail there waits until an admin decides.
    held: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


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
subscribers = core(SubscriberRow)
subscriptions = core(SubscriptionRow)
consents = core(ConsentRow)
wordings = core(WordingRow)
suppressions = core(SuppressionRow)
corrections = core(CorrectionRow)
messages = core(MessageRow)
bounces = core(BounceRow)
notices = core(NoticeRow)
