"""The tables of people: who asked for what, and how they agreed. No logic, no queries."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, false
from sqlmodel import Field

from notifier.storage.models.columns import SealedAddress, SealedKey, Table, core, enumerated, key, partial
from notifier.storage.models.states import EndedReason, Every, SubscriptionState, Suppressed


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


#: The same tables for set-based statements.
subscribers = core(SubscriberRow)
subscriptions = core(SubscriptionRow)
consents = core(ConsentRow)
wordings = core(WordingRow)
suppressions = core(SuppressionRow)
