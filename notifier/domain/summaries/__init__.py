"""A study in plain words: the read that its page shows. Rules write it unless people or a model did.

Reads records and texts; knows no store, no network and no clock.
"""

from notifier.domain.summaries.read import Origin, PlainRead
from notifier.domain.summaries.rules import by_rules
