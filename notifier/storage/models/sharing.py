"""The tables by which several workers keep out of each other's way. No logic, no queries."""

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field

from notifier.storage.models.base import Table, core
from notifier.storage.models.sealed import SealedDomain


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


class SlowDomainRow(Table, table=True):
    """A recipients' domain that asked us to slow down; gone with the first mail that it takes again."""

    __tablename__ = "slow_domain"
    domain: str = Field(sa_column=Column(SealedDomain(255), primary_key=True))
    #: How often in a row it asked.
    times: int
    until: datetime


#: The same tables for set-based statements.
leases = core(LeaseRow)
pace = core(PaceRow)
slow_domains = core(SlowDomainRow)
