"""What one difference between two records is, and the names of its kind and of how much it matters. What each kind is made
of stands in `table`.
"""

from collections import Counter
from enum import StrEnum
from typing import Any

import msgspec


class Weight(StrEnum):
    """How much a change matters to a person who follows the study. The heavier is the greater in comparisons."""

    IMPORTANT = (
        "important"  #: Decides whether, where or how somebody can take part, or what came of the study.
    )
    NOTABLE = "notable"  #: Worth a mail; may wait for a digest.
    MINOR = "minor"  #: Told only to those who ask for every edit.
    HOUSEKEEPING = "housekeeping"  #: Kept in the history, told to nobody.

    @property
    def rank(self) -> int:
        """0 for the heaviest, so that a database can sort and compare."""
        return _RANKS[self]

    def __lt__(self, other: str) -> bool:
        return self.rank > Weight(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank >= Weight(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank < Weight(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank <= Weight(other).rank


_RANKS = {weight: rank for rank, weight in enumerate(Weight)}


class Kind(StrEnum):
    """What sort of thing changed. The sentence about each stands in TABLE."""

    STATUS_OPENED = "status_opened"
    STATUS_PAUSED = "status_paused"
    STATUS_STOPPED = "status_stopped"
    STATUS_CLOSED = "status_closed"
    STATUS_CHANGED = "status_changed"
    BECAME_UNKNOWN = "became_unknown"
    NO_LONGER_UNKNOWN = "no_longer_unknown"
    WHY_STOPPED = "why_stopped"
    LAST_KNOWN_STATUS = "last_known_status"
    RESULTS_POSTED = "results_posted"
    RESULTS_UPDATED = "results_updated"
    RESULTS_WITHDRAWN = "results_withdrawn"
    RESULTS_OVERDUE = "results_overdue"
    RESULTS_DELAYED = "results_delayed"
    RESULTS_SUBMITTED = "results_submitted"
    RESULTS_DATES = "results_dates"
    VIOLATION = "violation"
    LEFT_REGISTRY = "left_registry"
    CAME_BACK = "came_back"
    RECORD_UNREADABLE = "record_unreadable"
    NEW_STUDY = "new_study"
    NOW_LISTED = "now_listed"
    NOW_FITS = "now_fits"
    NO_LONGER_LISTED = "no_longer_listed"
    ELIGIBILITY_CRITERIA = "eligibility_criteria"
    AGE_LIMITS = "age_limits"
    SEX = "sex"
    HEALTHY_VOLUNTEERS = "healthy_volunteers"
    STUDY_POPULATION = "study_population"
    CONTACTS = "contacts"
    SITE_OPENED = "site_opened"
    SITE_CLOSED = "site_closed"
    SITE_PAUSED = "site_paused"
    SITE_STATUS = "site_status"
    SITE_ADDED = "site_added"
    SITE_REMOVED = "site_removed"
    SITE_RENAMED = "site_renamed"
    SITE_CONTACTS = "site_contacts"
    SITE_ADDRESS = "site_address"
    ARM_ADDED = "arm_added"
    ARM_REMOVED = "arm_removed"
    ARM_CHANGED = "arm_changed"
    INTERVENTION_ADDED = "intervention_added"
    INTERVENTION_REMOVED = "intervention_removed"
    INTERVENTION_CHANGED = "intervention_changed"
    PRIMARY_OUTCOME_ADDED = "primary_outcome_added"
    PRIMARY_OUTCOME_DROPPED = "primary_outcome_dropped"
    PRIMARY_OUTCOME_SWAPPED = "primary_outcome_swapped"
    PRIMARY_OUTCOME_REWORDED = "primary_outcome_reworded"
    SECONDARY_OUTCOME_ADDED = "secondary_outcome_added"
    SECONDARY_OUTCOME_DROPPED = "secondary_outcome_dropped"
    SECONDARY_OUTCOME_REWORDED = "secondary_outcome_reworded"
    OTHER_OUTCOMES = "other_outcomes"
    START_DATE = "start_date"
    START_DATE_ROLLED = "start_date_rolled"
    START_PASSED = "start_passed"
    END_PASSED = "end_passed"
    PRIMARY_COMPLETION_DATE = "primary_completion_date"
    COMPLETION_DATE = "completion_date"
    ENROLMENT = "enrolment"
    PHASE = "phase"
    STUDY_TYPE = "study_type"
    DESIGN = "design"
    DESIGN_DETAILS = "design_details"
    EXPANDED_ACCESS = "expanded_access"
    CONDITIONS = "conditions"
    TITLE = "title"
    SUMMARY = "summary"
    SPONSOR = "sponsor"
    ALIAS = "alias"
    COLLABORATORS = "collaborators"
    OFFICIALS = "officials"
    KEYWORDS = "keywords"
    DESCRIPTION = "description"
    DOCUMENTS = "documents"
    PUBLICATIONS = "publications"
    LINKS = "links"
    DATA_SHARING = "data_sharing"
    ADMINISTRATIVE = "administrative"
    OTHER = "other"


class Change(msgspec.Struct, frozen=True):
    """One thing that differs.

    path: dotted, without places in lists. before, after: what the registry's records hold there, untouched: the value,
    or for a list that is told entry by entry the whole entry, None on the side where it is absent; of a part of the
    results, a digest. When several aspects of one site changed, each is a Change of its own and they are chained: the
    `after` of one is the `before` of the next, the name first.
    """

    kind: Kind
    weight: Weight
    path: str
    before: Any = None
    after: Any = None

    def to_json(self) -> bytes:
        """The change as JSON; `from_json` reads it back."""
        return msgspec.json.encode(self)

    @classmethod
    def from_json(cls, data: bytes | str) -> "Change":
        """A change that `to_json` wrote."""
        return msgspec.json.decode(data, type=cls)


class Difference(msgspec.Struct, frozen=True):
    """All that differs between two records: changes, heaviest first, then in the table's order; and counted noise.

    Changes of weight housekeeping belong to the history and are told to nobody: `news` is without them.
    """

    changes: tuple[Change, ...] = ()
    noise: Counter[str] = msgspec.field(default_factory=Counter)

    @property
    def news(self) -> tuple[Change, ...]:
        """The changes that somebody may be told of."""
        return tuple(change for change in self.changes if change.weight is not Weight.HOUSEKEEPING)
