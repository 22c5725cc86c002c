"""What several processes on one database agree on: who polls, whose pass counts, who lives, at what pace one asks.

All of it in the database's own time, so that no worker's clock matters (R9), and none of it is trusted alone: a lease
keeps work from being done twice, and what must not happen twice is checked again where it is committed.
"""

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, func, select, text
from sqlmodel import Session

from notifier.storage.engine.statements import changed, into
from notifier.storage.models import TallyRow, leases, tallies

#: More waiting than this is no queue of requests but a clock that was set back.
LONGEST_QUEUE = 60.0  # seconds
_NOW = {
    "sqlite": "(julianday('now') - 2440587.5) * 86400.0",
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) AS double precision)",
}


def take_lease(session: Session, name: str, holder: str, seconds: float) -> bool:
    """Take the lease, or renew it for `seconds` from now; False while somebody else has it. PostgreSQL only.

    On SQLite a worker is alone: the file lock that it holds for its whole life says so.
    """
    taking = text(
        "INSERT INTO lease (name, holder, until) "
        "VALUES (:name, :holder, clock_timestamp() + make_interval(secs => :seconds)) "
        "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until "
        "WHERE lease.holder = excluded.holder OR lease.until < clock_timestamp() RETURNING holder"
    )
    taken = session.execute(taking, {"name": name, "holder": holder, "seconds": seconds})
    return taken.first() is not None


def give_up_lease(session: Session, name: str, holder: str) -> None:
    """Let others have the lease at once, where it is ours."""
    session.execute(leases.delete().where(leases.c.name == name, leases.c.holder == holder))


def begin_turn(session: Session, name: str, holder: str) -> None:
    """From now on it is `holder`'s turn, whoever had it before: what they bring from then on is refused."""
    beginning = text(
        "INSERT INTO lease (name, holder) VALUES (:name, :holder) "
        "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = NULL"
    )
    session.execute(beginning, {"name": name, "holder": holder})


def turn(session: Session, name: str) -> str | None:
    """Whose turn it is; nobody can take it before this transaction has ended."""
    row = select(leases.c.holder).where(leases.c.name == name).with_for_update()
    return session.execute(row).scalar_one_or_none()


def renew_lease(session: Session, name: str, holder: str, seconds: float) -> None:
    """Let it last `seconds` from now, where it still is ours; one that was given up meanwhile stays so. PostgreSQL only."""
    longer = leases.update().where(leases.c.name == name, leases.c.holder == holder)
    session.execute(longer.values(until=func.clock_timestamp() + timedelta(seconds=seconds)))


def somebody_works(session: Session) -> bool:
    """Whether a lock is held, or the lead. PostgreSQL only."""
    held = select(leases.c.name).where(
        leases.c.name.startswith("lock:") | (leases.c.name == "lead"),
        leases.c.until > func.clock_timestamp(),
    )
    return session.execute(held.limit(1)).first() is not None


def forget_the_dead(session: Session) -> None:
    """Delete what those left behind that died while they held a lock of their own name. PostgreSQL only."""
    gone = leases.c.name.startswith("lock:") & (leases.c.until < func.clock_timestamp())
    session.execute(leases.delete().where(gone))


def is_alive(session: Session, owner: str) -> bool:
    """Whether the process of that name delivers, or did within the last minute. PostgreSQL only."""
    life = select(leases.c.until > func.clock_timestamp()).where(
        leases.c.name == f"lock:{named('life', owner)}"
    )
    return bool(session.execute(life).scalar())


def named(what: str, owner: str) -> str:
    """The name of a lock that each process has for itself; an owner's name is too long for one."""
    return f"{what}:{hashlib.sha256(owner.encode()).hexdigest()[:24]}"


def wait_for_turn(where: Connection | Session, name: str) -> None:
    """Be the only one in the part of a transaction that has this name, up to the transaction's end. On SQLite one that writes
    is alone anyway.
    """
    connection = where if isinstance(where, Connection) else where.connection()
    if connection.dialect.name == "postgresql":
        locking = text("SELECT pg_advisory_xact_lock(hashtext('notifier'), hashtext(:name))")
        connection.execute(locking, {"name": name})


def reserve(session: Session, name: str, gap: float) -> float:
    """Take the next place in the row of requests, `gap` seconds after the one before; returns the seconds to wait."""
    now = _NOW[session.get_bind().dialect.name]
    waiting = f"pace.next_at > {now} AND pace.next_at <= {now} + :longest"
    reserving = text(
        f"INSERT INTO pace (name, next_at) VALUES (:name, {now} + :gap) "  # noqa: S608 - our own two clocks, see above
        f"ON CONFLICT (name) DO UPDATE SET next_at = CASE WHEN {waiting} THEN pace.next_at ELSE {now} END + :gap "
        f"RETURNING next_at - :gap - {now}"
    )
    place = {"name": name, "gap": gap, "longest": LONGEST_QUEUE + 2 * gap}
    return max(0.0, float(session.execute(reserving, place).scalar_one()))


def take(session: Session, name: str, who: str, *, most: int, within: timedelta, now: datetime) -> bool:
    """Count one more of `name` by `who`; False where that makes more than `most` in a window of `within`."""
    over = tallies.c.since <= now - within
    counted = (
        into(session, TallyRow)
        .values(name=name, who=who, since=now, times=1)
        .on_conflict_do_update(
            index_elements=["name", "who"],
            set_={
                "times": case((over, 1), else_=tallies.c.times + 1),
                "since": case((over, now), else_=tallies.c.since),
            },
        )
        .returning(tallies.c.times)
    )
    return int(session.execute(counted).scalar_one()) <= most


def forget(session: Session, before: datetime, *, but: Collection[str] = ()) -> int:
    """Delete windows that began before then, `but` not those of these names; returns how many."""
    old = (tallies.c.since < before) & tallies.c.name.not_in(but)
    return changed(session, delete(tallies).where(old))
