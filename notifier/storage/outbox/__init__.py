"""The mails: assemble, claim, settle. Speaks no SMTP and renders nothing.

`assembly` makes messages of what is due, `transactional` those that a person asked for on a page; `claims` hands them out under
leases, `settling` writes down what became of them.
"""

from notifier.storage.outbox.admin_queries import (
    at_the_gate,
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
from notifier.storage.outbox.assembly import (
    STILL_WATCHING_AFTER,
    STILL_WATCHING_EVERY,
    assemble,
    new_message_id,
    next_digest,
    restart_digests,
    set_apart,
)
from notifier.storage.outbox.cancellation import (
    cancel_for,
    give_back,
    hand_over,
    keep_for_later,
    restore_for,
    take_over,
)
from notifier.storage.outbox.claims import (
    LEASE,
    UNSENT,
    WAITING,
    FinalCheck,
    Settlement,
    above,
    cancel,
    claim,
    due,
    held,
    hold,
    mark,
    ours,
    owners,
    recover,
    release,
    set_dates,
    waiting,
    went_since,
    whose,
    with_people,
)
from notifier.storage.outbox.settling import expire_stale, roll_over, settle
from notifier.storage.outbox.transactional import (
    ask_for_the_first_time,
    ask_to_confirm,
    asked_about,
    asked_before,
    note_no_study,
    say_no_study,
    send_link,
    welcome,
)
