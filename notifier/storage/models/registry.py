"""The tables of what the registry says: studies, their versions, what changed, and the conditions. No logic, no queries."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, UniqueConstraint
from sqlmodel import Field

from notifier.storage.models.columns import Document, Table, Terms, core, enumerated, key
from notifier.storage.models.states import Listed, PassOutcome, ReadSource, Source

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
    nct_id: str = Field(sa_column=Column(String(11), ForeignKey("study.nct_id"), nullable=False, index=True))
    taken_at: datetime
    data_timestamp: str = Field(max_length=32)
    source: Source = Field(sa_column=enumerated(Source))
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
    condition_id: int = Field(
        sa_column=Column(Integer, ForeignKey("condition.id", ondelete="CASCADE"), primary_key=True)
    )
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
    nct_id: str = Field(sa_column=Column(String(11), ForeignKey("study.nct_id"), nullable=False, index=True))
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
    nct_id: str = Field(sa_column=Column(String(11), ForeignKey("study.nct_id"), primary_key=True))
    lat: float = Field(primary_key=True)
    lon: float = Field(primary_key=True)


class StudyCountryRow(Table, table=True):
    """A country in which a study has a place: its ISO code, or two question marks for a name that we do not know."""

    __tablename__ = "study_country"
    nct_id: str = Field(sa_column=Column(String(11), ForeignKey("study.nct_id"), primary_key=True))
    country: str = Field(primary_key=True, max_length=2)


class StudyWordRow(Table, table=True):
    """A word of a study's titles and conditions, as it is looked for."""

    __tablename__ = "study_word"
    nct_id: str = Field(sa_column=Column(String(11), ForeignKey("study.nct_id"), primary_key=True))
    word: str = Field(primary_key=True, max_length=40)


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
