"""Gathers from the store what mails are made of. Leaves out what nobody wants any more. Words nothing.

Mails with news are gathered many at once (`updates`, from the `cache`); `drafts` is what every other letter starts from,
`gathering` fills in what each kind says, and `composing` is the way in.
"""

from notifier.storage.letters.cache import ChangeCache
from notifier.storage.letters.composing import (
    after_sending,
    after_sending_all,
    compose,
    compose_all,
    recheck,
    why_nothing,
)
from notifier.storage.letters.drafts import route
