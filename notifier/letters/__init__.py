"""Gathers from the store what one mail is made of. Leaves out what nobody wants any more. Words nothing.

`drafts` is what every letter starts from; `news`, `quiet`, `answers` and `corrections` fill in what each kind says.
"""

from notifier.letters.composing import after_sending, compose

__all__ = ["after_sending", "compose"]
