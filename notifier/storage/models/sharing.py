"""The tables by which several workers keep out of each other's way. No logic, no queries."""

from datetime import datetime

from sqlmodel import Field

from notifier.storage.models.base import Table, core


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
leases = core(LeaseRow)
pace = core(PaceRow)
