"""What differs between two records of one study: typed changes with a kind and a weight, and noise counted by rule.

Reads no clock and touches nothing outside its arguments. Who hears of a change is decided elsewhere.
"""

from notifier.domain.changes.calendar import CALENDAR_KINDS
from notifier.domain.changes.criteria import criteria_difference
from notifier.domain.changes.detect import detect, fingerprint
from notifier.domain.changes.kinds import (
    BAD_NEWS,
    EVERY_GROUP,
    FOUND,
    STATUS_KINDS,
    Change,
    Group,
    Kind,
    Weight,
    group_of,
    made,
    stored_groups,
    stored_lightest,
)
from notifier.domain.changes.noise import NOISE, watched
from notifier.domain.changes.statuses import SITE_MOVES, STUDY_MOVES, TAKES_NOBODY, site_move, study_move
from notifier.domain.changes.values import differs_in_precision_only, rolling, slip, slip_months
