"""Sign-up, consent, confirm and end: what a person asked to hear of. Renders nothing and sends nothing.

A subscription that ended stays as a row with its reason; a new sign-up is a new row, so an old link never ends a new
consent.
"""

from notifier.subscribers.adding import add
from notifier.subscribers.changing import confirm, end, follow_alias, kept_silent, spoke, with_merged
from notifier.subscribers.circles import set_near
from notifier.subscribers.forgetting import forget_gone, wipe_unconfirmed
from notifier.subscribers.looking_up import (
    Followed,
    followed,
    ids_of,
    live_ids,
    owner_of,
    pending_of,
    spoken_for,
)
from notifier.subscribers.people import (
    CONSENT_VERSION,
    CONSENT_WORDING,
    Added,
    Address,
    Choice,
    Consent,
    Person,
    Verdict,
    Wanted,
    address,
    find,
)

__all__ = [
    "CONSENT_VERSION",
    "CONSENT_WORDING",
    "Added",
    "Address",
    "Choice",
    "Consent",
    "Followed",
    "Person",
    "Verdict",
    "Wanted",
    "add",
    "address",
    "confirm",
    "end",
    "find",
    "follow_alias",
    "followed",
    "forget_gone",
    "ids_of",
    "kept_silent",
    "live_ids",
    "owner_of",
    "pending_of",
    "set_near",
    "spoke",
    "spoken_for",
    "wipe_unconfirmed",
    "with_merged",
]
