"""The tables of what only the pages need: plain-language reads that were not made by rules, and where places are."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, String, UniqueConstraint
from sqlmodel import Field

from notifier.storage.models.base import Table, core, enumerated
from notifier.storage.models.states import ReadSource


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


class PlaceRow(Table, table=True):
    """A city of the registry's own locations, and where it is: distances need no service of anybody's."""

    __tablename__ = "place"
    __table_args__ = (UniqueConstraint("name", "state", "country"), Index("ix_place_search", "search"))
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=120)
    #: Empty where the registry names none: the key of a row may hold no null.
    state: str = Field(default="", max_length=80)
    country: str = Field(max_length=80)
    #: The name as it is looked for: without case and accents.
    search: str = Field(max_length=120)
    lat: float
    lon: float


class StudyPlaceRow(Table, table=True):
    """Where a study that was found under a condition has a place: who asked for a circle is told of it by these.

    A study without a row here has no places yet, or one whose point is not known.
    """

    __tablename__ = "study_place"
    nct_id: str = Field(sa_column=Column(String(11), ForeignKey("study.nct_id"), primary_key=True))
    lat: float = Field(primary_key=True)
    lon: float = Field(primary_key=True)


#: The same tables for set-based statements.
plain_reads = core(ReadRow)
places = core(PlaceRow)
study_places = core(StudyPlaceRow)
