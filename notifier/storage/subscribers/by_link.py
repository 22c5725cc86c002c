"""The subscriptions that a link of ours names, and those that they became: an old link stays right for ever."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlmodel import Session

from notifier.storage.models import SubscriberRow, SubscriptionRow, SubscriptionState, subscriptions
from notifier.storage.subscribers.changing import with_merged


@dataclass(frozen=True, slots=True)
class Named:
    """What a link names, as far as it is still there; nobody and nothing where it was erased."""

    subscriber_id: int | None = None
    email: str | None = None  # None: erased
    time_zone: str = "UTC"
    states: Mapping[int, SubscriptionState] = field(default_factory=dict)

    def that_are(self, *states: SubscriptionState) -> list[int]:
        """The ids of those in one of these states."""
        return sorted(identity for identity, state in self.states.items() if state in states)

    @property
    def live(self) -> list[int]:
        """The ids of those that have not ended."""
        return sorted(i for i, state in self.states.items() if state is not SubscriptionState.ENDED)


def named(session: Session, subscription_ids: Sequence[int], *, to_change: bool = False) -> Named:
    """What a link names. to_change: nobody else may change it before this transaction ends."""
    rows = select(SubscriptionRow).where(subscriptions.c.id.in_(with_merged(session, subscription_ids)))
    found = session.execute(rows.with_for_update() if to_change else rows).scalars().all()
    if not found:
        return Named()
    owner = session.get_one(SubscriberRow, found[0].subscriber_id)
    states = {row.id: row.state for row in found if row.id is not None}
    return Named(owner.id, owner.email or None, owner.time_zone, states)
