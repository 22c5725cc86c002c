"""What a pass sets out to look at, and what it found and has not stored yet. Asks nobody anything."""

from dataclasses import dataclass, field

from notifier import conditions, snapshots
from notifier.database import Database
from notifier.snapshots import Kept, Version
from notifier.tables import Listed


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to look at, as the store has it before the registry is asked."""

    followed: dict[str, Kept]
    reread: list[str]  # watched studies that were not read for the longest time
    conditions: list[conditions.Followed]
    watermark: str | None  # the data version that was last looked at whole

    def nothing_to_do(self, data_timestamp: str) -> bool:
        """The data is what it was, and nobody started to follow anything since."""
        return (
            self.watermark == data_timestamp
            and all(k.watched or k.left or k.missing_in == data_timestamp for k in self.followed.values())
            and all(condition.watched for condition in self.conditions)
        )


def read_plan(database: Database, reread_studies: int) -> Plan:
    """Read the plan; what nobody follows any more is forgotten first."""
    with database.transaction() as session:
        snapshots.forget_unfollowed(session)
        conditions.forget_unfollowed(session)
        mark = snapshots.watermark(session)
        return Plan(
            followed=snapshots.followed(session),
            reread=snapshots.longest_unread(session, reread_studies),
            conditions=conditions.followed(session),
            watermark=mark.data_timestamp if mark else None,
        )


@dataclass(frozen=True, slots=True)
class Entered:
    """The studies that stand under a condition and were not seen under it before, and why."""

    condition: conditions.Followed
    whole: bool  # the list was walked to its end
    listed: dict[str, Listed]


@dataclass(slots=True)
class Found:
    """What a pass found; kept in memory until it can be written whole."""

    data_timestamp: str
    versions: dict[str, Version] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)  # old id → new id
    missing: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    entered: list[Entered] = field(default_factory=list)
    baselines: int = 0  # of studies; they are stored already
    faults: int = 0  # questions that got no answer
