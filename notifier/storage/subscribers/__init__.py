"""Sign-up, consent, choices, pause and end: what a person asked to hear of. Renders nothing and sends nothing.

A subscription that ended stays as a row with its reason; a new sign-up is a new row, so an old link never ends a new
consent.
"""

from notifier.storage.subscribers.changing import (
    confirm,
    end,
    erase,
    follow_alias,
    kept_silent,
    pause,
    reopen,
    reopen_after_complaints,
    resume,
    spoke,
    with_merged,
)
from notifier.storage.subscribers.importing import Bringing, ImportLine, Judged, bring_in, judge
from notifier.storage.subscribers.looking_up import (
    Choices,
    Chosen,
    Followed,
    Named,
    agreed_since,
    chosen,
    count,
    export,
    followed,
    ids_of,
    live_ids,
    named,
    narrowing_of,
    pending_of,
    sorts_of,
    spoken_for,
)
from notifier.storage.subscribers.people import (
    CONSENT_VERSION,
    CONSENT_WORDING,
    DEFAULTS,
    Added,
    Address,
    Choice,
    Consent,
    Defaults,
    FollowVerdict,
    Person,
    Wanted,
    Wishes,
    address,
    find,
    found,
    near_of,
    set_near,
)
from notifier.storage.subscribers.signing_up import (
    LONGEST_NOTE,
    add,
    ask,
    ask_again,
    ask_to_move,
    change,
    change_address,
    is_heard_of,
    mailbox_hash,
    send_choices,
    send_contacts,
    set_note,
    set_person,
)
