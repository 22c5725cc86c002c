"""What one difference between two records is, and what all of them together are."""

from collections import Counter
from typing import Any

import msgspec

from notifier.domain.changes.kinds import Kind, Weight
from notifier.domain.changes.table import position


class Change(msgspec.Struct, frozen=True):
    """One thing that differs.

    path: dotted, without places in lists. before, after: what the registry's records hold there, untouched: the value,
    or for a list that is told entry by entry the whole entry, None on the side where it is absent; of a part of the
    results, a digest. When several aspects of one site changed, each is a Change of its own and they are chained: the
    `after` of one is the `before` of the next, the name first.
    """

    kind: Kind
    weight: Weight
    path: str
    before: Any = None
    after: Any = None

    def to_json(self) -> bytes:
        """The change as JSON; `from_json` reads it back."""
        return msgspec.json.encode(self)

    @classmethod
    def from_json(cls, data: bytes | str) -> "Change":
        """A change that `to_json` wrote."""
        return msgspec.json.decode(data, type=cls)


class Difference(msgspec.Struct, frozen=True):
    """All that differs between two records: changes, heaviest first, then in the table's order; and counted noise.

    Changes of weight housekeeping belong to the history and are told to nobody: `news` is without them.
    """

    changes: tuple[Change, ...] = ()
    noise: Counter[str] = msgspec.field(default_factory=Counter)

    @property
    def news(self) -> tuple[Change, ...]:
        """The changes that somebody may be told of."""
        return tuple(change for change in self.changes if change.weight is not Weight.HOUSEKEEPING)


def in_telling_order(changes: list[Change]) -> tuple[Change, ...]:
    """Heaviest first, then in the table's order; those of one kind stay as they were found."""
    return tuple(sorted(changes, key=lambda change: (change.weight.rank, position(change.kind))))
