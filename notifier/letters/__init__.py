"""Gathers from the store what one mail is made of. Leaves out what nobody wants any more. Words nothing.

`drafts` is what every letter starts from; `news`, `quiet`, `answers` and `corrections` fill in what each kind says.
"""

from notifier.letters.composing import after_sending, compose
from notifier.letters.news import WITH_HISTORY

__all__ = ["WITH_HISTORY", "after_sending", "compose"]
