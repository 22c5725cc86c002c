"""The sorts of change that a person can ask for, each a handful of kinds."""

from enum import IntFlag

from notifier.domain.changes.kinds import Kind, Weight
from notifier.domain.changes.table import OPENS_OR_STOPS


class Group(IntFlag):
    """What somebody can choose to hear of; a bit each, so that a database can compare."""

    OPENS_OR_STOPS = 1  #: It starts, pauses or stops taking part, or leaves the registry.
    RESULTS = 2  #: Results are posted, edited, withdrawn, late.
    WHO_CAN_JOIN = 4  #: Criteria, ages, sex, healthy volunteers.
    PLACES = 8  #: Places and whom to ask.
    DATES = 16  #: Start, end, how many people.
    NEW_STUDIES = 32  #: Studies that newly stand under a condition.
    EVERYTHING_ELSE = 64


EVERY_GROUP = Group(sum(Group))


def stored_groups(value: object) -> Group:
    """What somebody chose, as stored; where that cannot be read, as if they had left nothing out."""
    return Group(value) if isinstance(value, int) and 0 <= value <= EVERY_GROUP else EVERY_GROUP


def stored_lightest(rank: object) -> Weight:
    """The lightest change that somebody chose, by its stored rank; the usual where that is none."""
    weights = list(Weight)
    return weights[rank] if isinstance(rank, int) and 0 <= rank < len(weights) else Weight.NOTABLE


#: Kinds by which somebody hears of a study under a condition; what is the news of a condition may be narrowed.
FOUND = frozenset({Kind.NEW_STUDY, Kind.NOW_LISTED, Kind.NOW_FITS})
#: Kinds that stand alone in their mail and come by day (W10).
BAD_NEWS = frozenset({Kind.STATUS_STOPPED, Kind.WHY_STOPPED})

_GROUPS: dict[Group, frozenset[Kind]] = {
    Group.OPENS_OR_STOPS: OPENS_OR_STOPS,
    Group.RESULTS: frozenset(
        {
            Kind.RESULTS_POSTED,
            Kind.RESULTS_UPDATED,
            Kind.RESULTS_WITHDRAWN,
            Kind.RESULTS_OVERDUE,
            Kind.RESULTS_DELAYED,
            Kind.RESULTS_SUBMITTED,
            Kind.RESULTS_DATES,
        }
    ),
    Group.WHO_CAN_JOIN: frozenset(
        {
            Kind.ELIGIBILITY_CRITERIA,
            Kind.AGE_LIMITS,
            Kind.SEX,
            Kind.HEALTHY_VOLUNTEERS,
            Kind.STUDY_POPULATION,
        }
    ),
    Group.PLACES: frozenset(
        {
            Kind.CONTACTS,
            Kind.SITE_OPENED,
            Kind.SITE_CLOSED,
            Kind.SITE_PAUSED,
            Kind.SITE_STATUS,
            Kind.SITE_ADDED,
            Kind.SITE_REMOVED,
            Kind.SITE_RENAMED,
            Kind.SITE_CONTACTS,
            Kind.SITE_ADDRESS,
        }
    ),
    Group.DATES: frozenset(
        {
            Kind.START_DATE,
            Kind.START_DATE_ROLLED,
            Kind.START_PASSED,
            Kind.END_PASSED,
            Kind.PRIMARY_COMPLETION_DATE,
            Kind.COMPLETION_DATE,
            Kind.ENROLMENT,
        }
    ),
    Group.NEW_STUDIES: FOUND | {Kind.NO_LONGER_LISTED},
}
_GROUP_OF = {kind: group for group, kinds in _GROUPS.items() for kind in kinds}


def group_of(kind: Kind) -> Group:
    """The group that a kind belongs to."""
    return _GROUP_OF.get(kind, Group.EVERYTHING_ELSE)
