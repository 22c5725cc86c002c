"""The mails: assemble, claim, settle. Speaks no SMTP and renders nothing.

`assembly` makes messages of what is due, `claims` hands them out under leases and writes down what became of them.
"""

from notifier.outbox.assembly import (
    STILL_WATCHING_AFTER,
    STILL_WATCHING_EVERY,
    ask_to_confirm,
    assemble,
    new_message_id,
    next_digest,
    restart_digests,
)
from notifier.outbox.care import Waiting, drop_messages, overview, release_messages, resend, shown
from notifier.outbox.claims import (
    LEASE,
    UNSENT,
    WAITING,
    Settlement,
    cancel,
    cancel_for,
    claim,
    hand_over,
    held,
    hold,
    recover,
    release,
    renew,
    roll_over,
    set_date,
    settle,
    transmitting,
    waiting,
)

__all__ = [
    "LEASE",
    "STILL_WATCHING_AFTER",
    "STILL_WATCHING_EVERY",
    "UNSENT",
    "WAITING",
    "Settlement",
    "Waiting",
    "ask_to_confirm",
    "assemble",
    "cancel",
    "cancel_for",
    "claim",
    "drop_messages",
    "hand_over",
    "held",
    "hold",
    "new_message_id",
    "next_digest",
    "overview",
    "recover",
    "release",
    "release_messages",
    "renew",
    "resend",
    "restart_digests",
    "roll_over",
    "set_date",
    "settle",
    "shown",
    "transmitting",
    "waiting",
]
