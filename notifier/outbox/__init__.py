"""The mails: assemble, claim, settle. Speaks no SMTP and renders nothing.

`assembly` makes messages of what is due, `asking` those that a person asked for on a page; `claims` hands them out under
leases and writes down what became of them.
"""

from notifier.outbox.asking import ask_to_confirm, asked_about, send_link, welcome
from notifier.outbox.assembly import (
    STILL_WATCHING_AFTER,
    STILL_WATCHING_EVERY,
    assemble,
    new_message_id,
    next_digest,
    restart_digests,
)
from notifier.outbox.care import (
    Waiting,
    drop_messages,
    drop_waiting,
    oldest_waiting,
    overview,
    people_waiting,
    release_messages,
    sent_between,
    shown,
)
from notifier.outbox.claims import (
    LEASE,
    UNSENT,
    WAITING,
    Settlement,
    cancel,
    claim,
    expire_stale,
    held,
    hold,
    owners,
    put_off,
    recover,
    release,
    renew,
    roll_over,
    set_date,
    settle,
    transmitting,
    waiting,
)
from notifier.outbox.endings import cancel_for, hand_over, restore_for
from notifier.outbox.pauses import give_back, keep_for_later, wake
from notifier.outbox.throttle import forget as forget_slow_domains

__all__ = [
    "LEASE",
    "STILL_WATCHING_AFTER",
    "STILL_WATCHING_EVERY",
    "UNSENT",
    "WAITING",
    "Settlement",
    "Waiting",
    "ask_to_confirm",
    "asked_about",
    "assemble",
    "cancel",
    "cancel_for",
    "claim",
    "drop_messages",
    "drop_waiting",
    "expire_stale",
    "forget_slow_domains",
    "give_back",
    "hand_over",
    "held",
    "hold",
    "keep_for_later",
    "new_message_id",
    "next_digest",
    "oldest_waiting",
    "overview",
    "owners",
    "people_waiting",
    "put_off",
    "recover",
    "release",
    "release_messages",
    "renew",
    "restart_digests",
    "restore_for",
    "roll_over",
    "send_link",
    "sent_between",
    "set_date",
    "settle",
    "shown",
    "transmitting",
    "waiting",
    "wake",
    "welcome",
]
