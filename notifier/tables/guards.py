"""The tables by which an installation watches over itself. No logic, no queries."""

from datetime import datetime

from sqlalchemy import Table as SqlTable
from sqlmodel import Field

from notifier.tables.rows import Table


class AnomalyRow(Table, table=True):
    """Something that an admin should know of, from its first sight until they have heard that it is over."""

    __tablename__ = "anomaly"
    name: str = Field(primary_key=True, max_length=40)
    since: datetime
    #: What is wrong, in one sentence; holds no address.
    why: str
    told_at: datetime | None = None
    over_at: datetime | None = None


class InstanceRow(Table, table=True):
    """What tells a database apart from its copies and its backups by what stands outside of it."""

    __tablename__ = "instance"
    id: str = Field(primary_key=True, max_length=32)
    #: How many times a mail was taken to be sent, ever.
    claims: int = 0


#: The same tables for set-based statements.
anomalies = SqlTable("anomaly", Table.metadata)
instances = SqlTable("instance", Table.metadata)
