"""What a pass sets out to look at, and what it found and has not stored yet. Asks nobody anything."""

from dataclasses import dataclass, field

from notifier.storage import incidents
from notifier.storage.engine import Database
from notifier.storage.models import Listed
from notifier.storage.studies import conditions, snapshots
from notifier.storage.studies.snapshots import Kept, Version

#: Of incidents: the record of a followed study that cannot be read.
UNREADABLE_RECORD = "record"


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to look at, as the store has it before the registry is asked."""

    followed: dict[str, Kept]
    reread: list[str]  # watched studies that were not read for the longest time
    conditions: list[conditions.FollowedCondition]
    watermark: str | None  # the data version that was last looked at whole
    unreadable: tuple[str, ...] = ()  # those whose record could not be read when it was last asked for
    newest: str | None = None  # the latest data version of which anything is stored
    swept: int = 0  # how many studies that look was told had been updated

    def is_ahead_of(self, data_timestamp: str) -> bool:
        """What is stored is newer than what the registry shows: a copy of it that lags behind, or a step back."""
        return self.newest is not None and data_timestamp < self.newest  # ISO 8601 sorts as time does

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
            newest=snapshots.newest_data(session),
            swept=mark.swept if mark else 0,
            unreadable=tuple(incidents.of(session, UNREADABLE_RECORD)),
        )


@dataclass(frozen=True, slots=True)
class Entered:
    """The studies that stand under a condition and were not seen under it before, and why."""

    condition: conditions.FollowedCondition
    whole: bool  # the list was walked to its end
    listed: dict[str, Listed]
    done: bool = (
        True  # the record of each that is to be told could be read; else the next look covers the same days
    )
    first_posted: dict[str, str] = field(
        default_factory=dict
    )  # when, as published, for every study on the list


@dataclass(slots=True)
class Findings:
    """What a pass found; kept in memory until it can be written whole."""

    data_timestamp: str
    versions: dict[str, Version] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)  # old id → new id
    missing: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)  # followed studies whose record came and cannot be read
    entered: list[Entered] = field(default_factory=list)
    fresh: set[str] = field(default_factory=set)  # studies whose baseline this look stored
    baselines: int = 0  # of studies; they are stored already
    swept: int = 0  # how many studies the registry said it had updated
    faults: int = 0  # questions that got no answer, or none that can be believed
