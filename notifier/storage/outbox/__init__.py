"""The mails: assemble, claim, settle. Speaks no SMTP and renders nothing.

`assembly` makes messages of what is due, `asking` those that a person asked for on a page; `claims` hands them out under
leases, `settling` writes down what became of them.
"""

from notifier.storage.outbox.asking import (
    ask_for_the_first_time,
    ask_to_confirm,
    asked_about,
    asked_before,
    send_link,
    welcome,
)
from notifier.storage.outbox.assembly import (
    STILL_WATCHING_AFTER,
    STILL_WATCHING_EVERY,
    assemble,
    new_message_id,
    next_digest,
    restart_digests,
)
from notifier.storage.outbox.care import (
    Waiting,
    drop_messages,
    drop_waiting,
    oldest_waiting,
    overview,
    people_held,
    people_waiting,
    release_messages,
    sent_between,
    shown,
)
from notifier.storage.outbox.claims import (
    LEASE,
    UNSENT,
    WAITING,
    at_hand,
    cancel,
    claim,
    due,
    held,
    hold,
    mark,
    ours,
    owners,
    put_off,
    recover,
    release,
    renew,
    set_dates,
    transmitting,
    waiting,
    with_people,
)
from notifier.storage.outbox.endings import cancel_for, hand_over, restore_for
from notifier.storage.outbox.fates import Settlement
from notifier.storage.outbox.pauses import give_back, keep_for_later, take_over, wake
from notifier.storage.outbox.settling import expire_stale, roll_over, settle, settle_all
from notifier.storage.outbox.throttle import domain_of
from notifier.storage.outbox.throttle import forget as forget_slow_domains
from notifier.storage.outbox.throttle import noted as patient_domains

__all__ = [
    "LEASE",
    "STILL_WATCHING_AFTER",
    "STILL_WATCHING_EVERY",
    "UNSENT",
    "WAITING",
    "Settlement",
    "Waiting",
    "ask_for_the_first_time",
    "ask_to_confirm",
    "asked_about",
    "asked_before",
    "assemble",
    "at_hand",
    "cancel",
    "cancel_for",
    "claim",
    "domain_of",
    "drop_messages",
    "drop_waiting",
    "due",
    "expire_stale",
    "forget_slow_domains",
    "give_back",
    "hand_over",
    "held",
    "hold",
    "keep_for_later",
    "mark",
    "new_message_id",
    "next_digest",
    "oldest_waiting",
    "ours",
    "overview",
    "owners",
    "patient_domains",
    "people_held",
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
    "set_dates",
    "settle",
    "settle_all",
    "shown",
    "take_over",
    "transmitting",
    "waiting",
    "wake",
    "welcome",
    "with_people",
]
