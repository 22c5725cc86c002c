"""The tables: SQLModel classes, their constraints and indexes, in two forms. No logic, no queries.

First what the registry says; then people: who asked for what, how they agreed, what they are to be told, in which mail,
and what came back; last that by which an installation watches over itself.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint, false
from sqlmodel import Field

from notifier.domain.letter import LetterKind
from notifier.storage.models.columns import (
    Document,
    Sealed,
    Table,
    Terms,
    core,
    enumerated,
    key,
    metadata,
    partial,
)
from notifier.storage.models.states import (
    FOLLOWED,
    EndedReason,
    Every,
    Fate,
    Gate,
    Listed,
    MessageState,
    NoticeState,
    PassOutcome,
    ReadSource,
    Source,
    SubscriptionState,
    Suppressed,
)

UNKNOWN_DAY = "0001-01-01"


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
    study_first_post_date: str | None = Field(default=None, max_length=10, index=True)
    last_update_post_date: str | None = Field(default=None, max_length=10)
    #: The condition terms as the registrant entered them; and these, the titles and the ids as they are looked for.
    conditions: Any = Field(default=None, sa_column=Column(Terms()))
    search: str | None = None
    #: What is known of it of that by which a condition is narrowed: bits of `narrowing.Trait`. Empty: never looked at.
    traits: int | None = None
    #: Of the record without `derivedSection`, whatever rules this program has; equal means: no new version.
    digest: str | None = Field(default=None, max_length=64)
    #: The id under which the registry now has it.
    alias_of: str | None = Field(default=None, max_length=11)
    #: The data version in which it was first not there; gone on a second, different one means that it left.
    missing_in: str | None = Field(default=None, max_length=32)
    left_at: datetime | None = None
    #: The next day on which time alone makes something of it that is told: results that are not there, a plan that has
    #: passed. Empty: none is known. `UNKNOWN_DAY`: not worked out yet, and what was so before is no news.
    next_due: str | None = Field(default=None, max_length=10, index=True)
    #: Since when our lists and searches show it to everybody: a visitor asked for its page while nobody followed it, or
    #: an admin published it. Opening the page of one that is followed changes nothing: the follower's own mail leads there.
    #: Empty: it is here because somebody follows it, and that is nobody's business.
    public_since: datetime | None = None


class SnapshotRow(Table, table=True):
    """One version of a study: the registry's exact bytes, zstd-compressed."""

    __tablename__ = "snapshot"
    id: int | None = Field(default=None, primary_key=True)
    nct_id: str = Field(foreign_key="study.nct_id", max_length=11, index=True)
    taken_at: datetime
    data_timestamp: str = Field(max_length=32)
    source: Source = Field(sa_column=enumerated(Source))
    digest: str = Field(max_length=64)
    fingerprint: str = Field(max_length=80)
    record: bytes


class PassRow(Table, table=True):
    """One watch pass that came to an end. The newest `done` or `held` one is the watermark."""

    __tablename__ = "watch_pass"
    id: int | None = Field(default=None, primary_key=True)
    data_timestamp: str = Field(max_length=32)
    started_at: datetime
    finished_at: datetime
    outcome: PassOutcome = Field(sa_column=enumerated(PassOutcome))
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
    condition_id: int = Field(foreign_key="condition.id", ondelete="CASCADE", primary_key=True)
    nct_id: str = Field(primary_key=True, max_length=11)
    listed: Listed = Field(sa_column=enumerated(Listed))
    seen_at: datetime
    data_timestamp: str = Field(max_length=32)
    #: When the registry first posted it, as published: how many new ones to expect is counted from here.
    first_posted: str | None = Field(default=None, max_length=10)
    #: The data version in which it was first not on the whole list; when it was not in a second one either, it left.
    absent_in: str | None = Field(default=None, max_length=32)
    left_at: datetime | None = None


class ChangeRow(Table, table=True):
    """One change that was detected: what a mail says is rebuilt from here and from the two snapshots."""

    __tablename__ = "change"
    id: int | None = Field(default=None, primary_key=True)
    pass_id: int = Field(sa_column=key("watch_pass.id"))
    nct_id: str = Field(foreign_key="study.nct_id", max_length=11, index=True)
    condition_id: int | None = Field(default=None, sa_column=key("condition.id", nullable=True, index=False))
    kind: str = Field(max_length=40)
    weight: str = Field(max_length=12)
    #: `Weight.rank`: 0 for the heaviest, so that SQL can compare.
    rank: int
    #: Which of `changes.Group` it belongs to, as a bit.
    group: int
    #: Bad news: stands alone in its mail.
    alone: bool = False
    path: str | None = None
    before: Any = Field(default=None, sa_column=Column(Document()))
    after: Any = Field(default=None, sa_column=Column(Document()))
    #: Where a place that changed is on the map; empty for all else.
    lat: float | None = None
    lon: float | None = None
    before_snapshot_id: int | None = None
    after_snapshot_id: int | None = None
    detected_at: datetime
    #: When the registry posted the update that brought it, as published; empty: it came without one.
    posted: str | None = Field(default=None, max_length=10)


class ReadRow(Table, table=True):
    """A plain-language read of a study by somebody else than our rules; paragraphs are parted by an empty line."""

    __tablename__ = "plain_read"
    __table_args__ = (UniqueConstraint("nct_id", "source"),)
    id: int | None = Field(default=None, primary_key=True)
    nct_id: str = Field(max_length=11)
    source: ReadSource = Field(sa_column=enumerated(ReadSource))
    title: str | None = Field(default=None, max_length=300)
    question: str | None = Field(default=None, max_length=300)
    summary: str
    could_lead_to: str
    #: Empty where a model wrote: what could go wrong, rules say.
    could_go_wrong: str
    #: Who or what wrote it, as the page says it.
    written_by: str = Field(max_length=120)
    written_at: datetime
    #: Of the record's content when it was written; another one now means that the read is older than the record.
    digest: str | None = Field(default=None, max_length=64)


class StudyPlaceRow(Table, table=True):
    """Where a study that was found under a condition has a place: who asked for a circle is told of it by these.

    A study without a row here has no places yet, or one whose point is not known.
    """

    __tablename__ = "study_place"
    nct_id: str = Field(foreign_key="study.nct_id", max_length=11, primary_key=True)
    lat: float = Field(primary_key=True)
    lon: float = Field(primary_key=True)


class StudyCountryRow(Table, table=True):
    """A country in which a study has a place: its ISO code, or two question marks for a name that we do not know."""

    __tablename__ = "study_country"
    nct_id: str = Field(foreign_key="study.nct_id", max_length=11, primary_key=True)
    country: str = Field(primary_key=True, max_length=2)


class StudyWordRow(Table, table=True):
    """A word of a study's titles and conditions, as it is looked for."""

    __tablename__ = "study_word"
    nct_id: str = Field(foreign_key="study.nct_id", max_length=11, primary_key=True)
    word: str = Field(primary_key=True, max_length=40)


class SubscriberRow(Table, table=True):
    """A person: an address, and how to speak to them. Nothing else is kept of a person (P6)."""

    __tablename__ = "subscriber"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(sa_column=Column(Sealed("seal", 320), nullable=False))
    #: The address in the one form used to find it (M31).
    email_key: str = Field(sa_column=Column(Sealed("find", 320), unique=True, nullable=False))
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
    condition_id: int | None = Field(default=None, foreign_key="condition.id")
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
    #: Of a welcome: what the registry listed as open under each of its conditions, as `storage.letters.gathering` writes it.
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


class AnomalyRow(Table, table=True):
    """Something that an admin should know of, from its first sight until they have heard that it is over."""

    __tablename__ = "anomaly"
    name: str = Field(primary_key=True, max_length=40)
    since: datetime
    #: What is wrong, in one sentence; holds no address.
    why: str
    #: When it was last seen to be so: what one of several workers noted is over when that worker is gone.
    seen_at: datetime | None = None
    told_at: datetime | None = None
    over_at: datetime | None = None


class InstanceRow(Table, table=True):
    """What tells a database apart from its copies and its backups by what stands outside of it."""

    __tablename__ = "instance"
    id: str = Field(primary_key=True, max_length=32)
    #: How many times a mail was taken to be sent, ever.
    claims: int = 0
    #: When it was last backed up by our command; the backup itself knows of the one before.
    backed_up_at: datetime | None = None


class AuditRow(Table, table=True):
    """What an admin did, to how many, and why; it names ids, never an address."""

    __tablename__ = "audit"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(index=True)
    #: The account that ran the command.
    actor: str = Field(max_length=80)
    command: str = Field(max_length=60)
    #: What it was done to, such as {"subscribers": [12]}.
    ids: Any = Field(default=None, sa_column=Column(Document()))
    people: int = 0
    reason: str | None = Field(default=None, max_length=400)


class ErasureRow(Table, table=True):
    """Somebody who asked to be erased, by a keyed hash: a backup that still knows them is made to forget them again."""

    __tablename__ = "erasure"
    address_hash: str = Field(primary_key=True, max_length=64)
    at: datetime


class TallyRow(Table, table=True):
    """How often something was done since a time, by whom or whatever is counted: what limits are kept by."""

    __tablename__ = "tally"
    name: str = Field(primary_key=True, max_length=40)
    #: A keyed hash of who did it, or empty where all are counted together.
    who: str = Field(primary_key=True, max_length=64)
    since: datetime
    times: int


class LeaseRow(Table, table=True):
    """Who does alone what only one may do."""

    __tablename__ = "lease"
    name: str = Field(primary_key=True, max_length=40)
    holder: str = Field(max_length=80)
    #: By the database's clock. Empty: until another one takes it.
    until: datetime | None = None


class PaceRow(Table, table=True):
    """When the next request may go, over all processes of this database."""

    __tablename__ = "pace"
    name: str = Field(primary_key=True, max_length=40)
    #: Seconds since 1970 by the database's clock: it is counted with, and shown to nobody.
    next_at: float


#: The same tables for set-based statements.
studies = core(StudyRow)
snapshots = core(SnapshotRow)
passes = core(PassRow)
check_days = core(CheckDayRow)
conditions = core(ConditionRow)
listings = core(ListingRow)
changes = core(ChangeRow)
plain_reads = core(ReadRow)
study_places = core(StudyPlaceRow)
study_countries = core(StudyCountryRow)
study_words = core(StudyWordRow)
subscribers = core(SubscriberRow)
subscriptions = core(SubscriptionRow)
consents = core(ConsentRow)
wordings = core(WordingRow)
suppressions = core(SuppressionRow)
corrections = core(CorrectionRow)
messages = core(MessageRow)
bounces = core(BounceRow)
notices = core(NoticeRow)
anomalies = core(AnomalyRow)
instances = core(InstanceRow)
audits = core(AuditRow)
erasures = core(ErasureRow)
tallies = core(TallyRow)
leases = core(LeaseRow)
