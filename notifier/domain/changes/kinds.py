"""The names of what can change, and of how much it matters. What each is made of stands in `table`."""

from enum import StrEnum


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
