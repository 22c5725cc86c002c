"""The tables by which an installation watches over itself. No logic, no queries."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column
from sqlmodel import Field

from notifier.storage.models.columns import Document, Table, core


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
anomalies = core(AnomalyRow)
instances = core(InstanceRow)
audits = core(AuditRow)
erasures = core(ErasureRow)
tallies = core(TallyRow)
leases = core(LeaseRow)
pace = core(PaceRow)
