"""What can be asked of a study's fields: the conditions of the table of rules. Each reads the record and nothing else."""

from collections.abc import Callable
from typing import TypeAlias

from notifier.domain.study import OverallStatus, Study

Asked: TypeAlias = Callable[[Study], bool]

SMALL = 50  # people; a study of so few is called small
_STATUS = OverallStatus
ENDED = frozenset({_STATUS.COMPLETED, _STATUS.TERMINATED, _STATUS.WITHDRAWN})
STOPPED = frozenset({_STATUS.SUSPENDED, _STATUS.TERMINATED, _STATUS.WITHDRAWN})
#: In these, whether a person can join is a question at all.
JOINABLE = frozenset(
    {_STATUS.NOT_YET_RECRUITING, _STATUS.RECRUITING, _STATUS.ENROLLING_BY_INVITATION, _STATUS.SUSPENDED}
)
TYPES = frozenset({"INTERVENTIONAL", "OBSERVATIONAL", "EXPANDED_ACCESS"})
PURPOSES = frozenset(
    {
        "TREATMENT",
        "PREVENTION",
        "DIAGNOSTIC",
        "SCREENING",
        "SUPPORTIVE_CARE",
        "HEALTH_SERVICES_RESEARCH",
        "BASIC_SCIENCE",
        "DEVICE_FEASIBILITY",
        "ECT",
    }
)
#: The phases, and pairs of them, that the table has a row for.
PHASES = frozenset(
    map(
        frozenset,
        (
            ("EARLY_PHASE1",),
            ("PHASE1",),
            ("PHASE1", "PHASE2"),
            ("PHASE2",),
            ("PHASE2", "PHASE3"),
            ("PHASE3",),
            ("PHASE4",),
            ("NA",),
        ),
    )
)
#: What can harm a body, as the registry sorts interventions; talks and trainings are not among them.
PHYSICAL = frozenset(
    {
        "DRUG",
        "DEVICE",
        "BIOLOGICAL",
        "PROCEDURE",
        "RADIATION",
        "GENETIC",
        "DIETARY_SUPPLEMENT",
        "COMBINATION_PRODUCT",
    }
)


def every(*asked: Asked) -> Asked:
    """All of these."""
    return lambda study: all(each(study) for each in asked)


def either(*asked: Asked) -> Asked:
    """At least one of these."""
    return lambda study: any(each(study) for each in asked)


def no(asked: Asked) -> Asked:
    """Not this."""
    return lambda study: not asked(study)


def observational(study: Study) -> bool:
    return study.study_type == "OBSERVATIONAL"


def interventional(study: Study) -> bool:
    return study.study_type == "INTERVENTIONAL"


def expanded_access(study: Study) -> bool:
    return study.study_type == "EXPANDED_ACCESS"


def type_unknown(study: Study) -> bool:
    return study.study_type not in TYPES


def purpose(code: str) -> Asked:
    """Tries something out, for this main purpose."""
    return lambda study: interventional(study) and study.design.primary_purpose == code


def asks_whether_it_works(study: Study) -> bool:
    return interventional(study) and study.design.primary_purpose in {
        "TREATMENT",
        "PREVENTION",
        "SUPPORTIVE_CARE",
    }


def purpose_unknown(study: Study) -> bool:
    """Tries something out, for a purpose that the table has no row for."""
    return interventional(study) and study.design.primary_purpose not in PURPOSES


def phase(*codes: str) -> Asked:
    """Tries something out, in exactly these phases."""
    return lambda study: interventional(study) and frozenset(study.phases) == frozenset(codes)


def no_phase(study: Study) -> bool:
    return interventional(study) and (not study.phases or frozenset(study.phases) == {"NA"})


def other_phase(study: Study) -> bool:
    return interventional(study) and bool(study.phases) and frozenset(study.phases) not in PHASES


def early(study: Study) -> bool:
    return interventional(study) and not {"EARLY_PHASE1", "PHASE1"}.isdisjoint(study.phases)


def planned(study: Study) -> bool:
    return bool(study.enrollment.count) and study.enrollment.type != "ACTUAL"


def counted(study: Study) -> bool:
    return bool(study.enrollment.count) and study.enrollment.type == "ACTUAL"


def nobody(study: Study) -> bool:
    return study.enrollment.count == 0 and study.enrollment.type == "ACTUAL"


def small(study: Study) -> bool:
    return 0 < (study.enrollment.count or 0) <= SMALL


def allocation(code: str) -> Asked:
    return lambda study: study.design.allocation == code


def model(code: str) -> Asked:
    """How groups get what is tried."""
    return lambda study: interventional(study) and study.design.intervention_model == code


def watching(code: str) -> Asked:
    """Which sort of groups an observational study looks at."""
    return lambda study: observational(study) and study.design.observational_model == code


def looking(code: str) -> Asked:
    """Whether an observational study looks back, forward or at one moment."""
    return lambda study: observational(study) and study.design.time_perspective == code


def groups(study: Study) -> bool:
    return len(study.arms) > 1


def open_label(study: Study) -> bool:
    return interventional(study) and study.design.masking == "NONE"


def masked(study: Study) -> bool:
    """Some do not know who gets what; whether the record says who they are is `masked_named`."""
    return (
        interventional(study) and study.design.masking not in {None, "NONE"} and not study.design.who_masked
    )


def masked_named(study: Study) -> bool:
    return interventional(study) and bool(study.design.who_masked)


def people_masked(study: Study) -> bool:
    return masked_named(study) and "PARTICIPANT" in study.design.who_masked


def arm(code: str) -> Asked:
    """Has a group of this sort."""
    return lambda study: any(each.type == code for each in study.arms)


def placebo_named(study: Study) -> bool:
    """A placebo is among what is given, though no group is of that sort alone."""
    names = (each.name or "" for each in study.interventions)
    return not arm("PLACEBO_COMPARATOR")(study) and any("placebo" in name.casefold() for name in names)


def physical(study: Study) -> bool:
    """Does something to a body."""
    return any(each.type in PHYSICAL for each in study.interventions)


def tried(study: Study) -> bool:
    return any(each.name for each in study.interventions)


def measured(least: int, most: int = 10_000) -> Asked:
    """How many main measures it lists."""
    return lambda study: least <= sum(bool(each.measure) for each in study.primary_outcomes) <= most


def youngest(study: Study) -> bool:
    return _is_age(study.eligibility.minimum_age)


def oldest(study: Study) -> bool:
    return _is_age(study.eligibility.maximum_age)


def sex(code: str) -> Asked:
    return lambda study: study.eligibility.sex == code


def healthy(answer: bool) -> Asked:
    """What the record says of healthy people; it can also say nothing."""
    return lambda study: study.eligibility.healthy_volunteers is answer


def status(*codes: OverallStatus) -> Asked:
    return lambda study: study.overall_status in codes


def started(study: Study) -> bool:
    return study.start_date is not None and bool(study.start_date.date) and study.start_date.type == "ACTUAL"


def to_start(study: Study) -> bool:
    start = study.start_date
    return study.overall_status is _STATUS.NOT_YET_RECRUITING and bool(start and start.date)


def main_end(kind: str) -> Asked:
    """Dates the last measurement for its main question, as a plan or as done."""

    def asked(study: Study) -> bool:
        end = study.primary_completion_date
        return end is not None and bool(end.date) and end.type == kind

    return asked


def reason_given(study: Study) -> bool:
    return study.overall_status in STOPPED and bool((study.why_stopped or "").strip())


def no_reason(study: Study) -> bool:
    return study.overall_status in STOPPED and not reason_given(study)


def results_dated(study: Study) -> bool:
    return study.has_results and bool(study.results_first_post_date)


def results_undated(study: Study) -> bool:
    return study.has_results and not study.results_first_post_date


def no_results(study: Study) -> bool:
    return not study.has_results


def has_conditions(study: Study) -> bool:
    return any(study.conditions)


def access_elsewhere(study: Study) -> bool:
    return study.expanded_access


ended = status(*ENDED)
joinable = status(*JOINABLE)
withdrawn = status(_STATUS.WITHDRAWN)


def _is_age(text: str | None) -> bool:
    return bool(text) and any(sign.isdigit() for sign in text or "")
