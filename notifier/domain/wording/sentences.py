"""One row a kind: what it means, without names for the mail's first line, and with its source for the entry.

Kinds whose words depend on what exactly moved (status, places, dates, a new study) are worded in modules of their
own and have their general case here, so that no kind is ever without words.
"""

from dataclasses import dataclass

from notifier.domain.changes.kinds import Kind
from notifier.domain.wording.catalogue import n_


class Ask:
    """What one can do; each stands once in an entry, whatever asks for it."""

    JOIN = "join"
    TAKING_PART = "taking_part"
    TOOK_PART = "took_part"
    STOPPED = "stopped"
    CANCELLED = "cancelled"
    WAITING = "waiting"
    AWAITED = "awaited"
    INVITED = "invited"
    ON_HOLD = "on_hold"
    ACCESS = "access"
    STILL_TREATED = "still_treated"
    ELIGIBILITY = "eligibility"
    PLACES = "places"
    WHICH_PLACES = "which_places"
    CALL_PLACE = "call_place"
    CALL_TEAM = "call_team"
    RESULTS = "results"
    DATES = "dates"
    PLANS = "plans"
    QUESTION = "question"
    MAY_FIT = "may_fit"
    CONTACT = "contact"
    STILL_GOING = "still_going"
    HAS_STARTED = "has_started"
    GONE = "gone"
    NEWCOMER = "newcomer"


@dataclass(frozen=True, slots=True)
class Sentence:
    """headline, means: sentences for the catalogues. note: what the reader should know beside it. asks: see `Ask`."""

    headline: str
    means: str
    asks: tuple[str, ...] = ()
    note: str = ""


_ENTRY = n_("The entry of a study you follow changed.")
_SET_UP = n_("The set-up of a study you follow changed.")
_MEASURES = n_("What a study you follow measures has changed.")
_TRIED = n_("What a study you follow tries has changed.")
_STATUS = n_("The status of a study you follow changed.")
_STATUS_MEANS = n_("%(source)s the status of this study changed. The registry's words for it stand below.")
_WHO = n_("The rules on who can join a study you follow have changed.")
_ONLY_THEY_KNOW = n_("Only the study team can tell whether a person can join.")
_NOT_EXPLAINED = n_("They have not been explained here.")
NO_REASON = n_("The record does not say why.")
_MAY_BE_OLD = n_("The record may be out of date.")
_PLANNED_DATES = n_("The dates of a study you follow have changed.")

#: Of results, where the registry has a certificate of delay.
MAY_COME_LATER = n_(
    "%(source)s no results of this study are posted yet. The registry has a request of the study team to post them later, "
    "as its rules allow."
)

SENTENCES: dict[Kind, Sentence] = {
    # May people join, and why not
    Kind.STATUS_OPENED: Sentence(_STATUS, _STATUS_MEANS, (Ask.JOIN,)),
    Kind.STATUS_PAUSED: Sentence(_STATUS, _STATUS_MEANS, (Ask.TAKING_PART,)),
    Kind.STATUS_STOPPED: Sentence(_STATUS, _STATUS_MEANS, (Ask.STOPPED,)),
    Kind.STATUS_CLOSED: Sentence(_STATUS, _STATUS_MEANS, (Ask.TAKING_PART, Ask.WAITING)),
    Kind.STATUS_CHANGED: Sentence(_STATUS, _STATUS_MEANS, (Ask.STILL_GOING,)),
    Kind.BECAME_UNKNOWN: Sentence(_STATUS, _STATUS_MEANS, (Ask.STILL_GOING,)),
    Kind.NO_LONGER_UNKNOWN: Sentence(_STATUS, _STATUS_MEANS, (Ask.STILL_GOING,)),
    Kind.WHY_STOPPED: Sentence(
        "The reason for stopping changed in a study you follow.",
        "%(source)s the study team changed the reason that it gives for stopping.",
        (Ask.TAKING_PART,),
    ),
    Kind.LAST_KNOWN_STATUS: Sentence(
        _ENTRY, "%(source)s the last known status of this study changed.", (Ask.STILL_GOING,)
    ),
    Kind.LEFT_REGISTRY: Sentence(
        "A study you follow is no longer shown in the registry.",
        "%(source)s the registry no longer shows this study.",
        (Ask.GONE,),
        "We do not know why.",
    ),
    Kind.CAME_BACK: Sentence(
        "A study you follow is shown in the registry again.",
        "%(source)s the registry shows this study again.",
        (Ask.STILL_GOING,),
    ),
    # Ours to say: the registry says nothing of it.
    Kind.RECORD_UNREADABLE: Sentence(
        "We cannot read the record of a study you follow.",
        "We have not been able to read this study's record for seven days, so we may have missed what changed in it.",
        (Ask.STILL_GOING,),
        "This says nothing about the study itself. We keep trying, and write to you when we can read it and something changed.",
    ),
    # What came of it
    Kind.RESULTS_POSTED: Sentence(
        "Results were posted for a study you follow.",
        "%(source)s results of this study were posted for the first time.",
        (Ask.RESULTS,),
        _NOT_EXPLAINED,
    ),
    Kind.RESULTS_UPDATED: Sentence(
        "The posted results of a study you follow were edited.",
        "%(source)s the posted results of this study were edited.",
        (Ask.RESULTS,),
        _NOT_EXPLAINED,
    ),
    Kind.RESULTS_WITHDRAWN: Sentence(
        "The results of a study you follow are no longer shown.",
        "%(source)s the results of this study are no longer shown.",
        (Ask.QUESTION,),
        NO_REASON,
    ),
    Kind.RESULTS_OVERDUE: Sentence(
        "No results are posted yet for a study you follow.",
        "%(source)s no results of this study are posted yet. Usually they are within a year of the last main measurement.",
        (),
        "There can be good reasons for that, and a record need not name them.",
    ),
    Kind.RESULTS_DELAYED: Sentence(
        "The results of a study you follow may come later.",
        "%(source)s the study team asked to post the results later.",
        (Ask.AWAITED,),
        "The rules allow that, for example until a treatment is approved. The record does not say until when.",
    ),
    Kind.RESULTS_SUBMITTED: Sentence(
        "Results of a study you follow are on their way, but not posted yet.",
        "%(source)s there was a step towards posting the results of this study. They are not posted yet.",
        (Ask.AWAITED,),
    ),
    Kind.RESULTS_DATES: Sentence(
        _PLANNED_DATES, "%(source)s the dates of the results of this study changed."
    ),
    Kind.VIOLATION: Sentence(
        "The registry shows an official notice on a study you follow.",
        "%(source)s the record has an official notice on the duty to report. It is new or it changed.",
        (Ask.QUESTION,),
    ),
    # Who may join
    Kind.ELIGIBILITY_CRITERIA: Sentence(
        _WHO, "%(source)s the rules on who can join have changed.", (Ask.ELIGIBILITY,), _ONLY_THEY_KNOW
    ),
    Kind.AGE_LIMITS: Sentence(
        "The age limits of a study you follow have changed.",
        "%(source)s the age limits for people who want to join have changed.",
        (Ask.ELIGIBILITY,),
        _ONLY_THEY_KNOW,
    ),
    Kind.SEX: Sentence(
        _WHO,
        "%(source)s the rules on the sex or gender of people who can join have changed.",
        (Ask.ELIGIBILITY,),
        _ONLY_THEY_KNOW,
    ),
    Kind.HEALTHY_VOLUNTEERS: Sentence(
        _WHO,
        "%(source)s the rules on whether healthy people can join have changed.",
        (Ask.ELIGIBILITY,),
        _ONLY_THEY_KNOW,
    ),
    Kind.STUDY_POPULATION: Sentence(
        _WHO,
        "%(source)s the study now says in other words which group of people it looks at.",
        (Ask.ELIGIBILITY,),
        _ONLY_THEY_KNOW,
    ),
    # What is tried, and what is measured
    Kind.ARM_ADDED: Sentence(
        "A study you follow has added to its groups of participants.",
        "%(source)s the study added to its groups of participants.",
        (Ask.QUESTION,),
    ),
    Kind.ARM_REMOVED: Sentence(
        "A study you follow no longer lists some of its groups of participants.",
        "%(source)s the study no longer lists some of its groups of participants.",
        (Ask.QUESTION,),
        NO_REASON,
    ),
    Kind.ARM_CHANGED: Sentence(
        "The text on the groups of participants changed in a study you follow.",
        "%(source)s the text on the groups of participants changed.",
        (Ask.QUESTION,),
    ),
    Kind.INTERVENTION_ADDED: Sentence(
        _TRIED, "%(source)s the study added something to what it tries.", (Ask.QUESTION,)
    ),
    Kind.INTERVENTION_REMOVED: Sentence(
        _TRIED,
        "%(source)s the study no longer lists something that it was to try.",
        (Ask.QUESTION,),
        NO_REASON,
    ),
    Kind.INTERVENTION_CHANGED: Sentence(
        _TRIED, "%(source)s the text on what the study tries has changed.", (Ask.QUESTION,)
    ),
    Kind.PRIMARY_OUTCOME_ADDED: Sentence(
        _MEASURES,
        "%(source)s the study added to its main measures. They answer its main question.",
        (Ask.QUESTION,),
    ),
    Kind.PRIMARY_OUTCOME_DROPPED: Sentence(
        _MEASURES,
        "%(source)s the study dropped something from its main measures. They answer its main question.",
        (Ask.QUESTION,),
        NO_REASON,
    ),
    Kind.PRIMARY_OUTCOME_SWAPPED: Sentence(
        _MEASURES,
        "%(source)s the study put another main measure in place of one. These answer its main question.",
        (Ask.QUESTION,),
        NO_REASON,
    ),
    Kind.PRIMARY_OUTCOME_REWORDED: Sentence(
        _MEASURES, "%(source)s the words for the main measures have changed.", (Ask.QUESTION,)
    ),
    Kind.SECONDARY_OUTCOME_ADDED: Sentence(_MEASURES, "%(source)s the study added to its further measures."),
    Kind.SECONDARY_OUTCOME_DROPPED: Sentence(
        _MEASURES, "%(source)s the study dropped something from its further measures.", (), NO_REASON
    ),
    Kind.SECONDARY_OUTCOME_REWORDED: Sentence(
        _MEASURES, "%(source)s the words for the further measures have changed."
    ),
    Kind.OTHER_OUTCOMES: Sentence(_MEASURES, "%(source)s other measures of the study changed."),
    # Whom to ask, and where
    Kind.CONTACTS: Sentence(
        "The contact persons of a study you follow have changed.",
        "%(source)s the people to contact about this study have changed.",
        (Ask.CONTACT,),
    ),
    Kind.SITE_OPENED: Sentence(
        "A place is now listed as looking for participants in a study you follow.",
        "%(source)s a place is now listed as looking for participants.",
    ),
    Kind.SITE_CLOSED: Sentence(
        "A place no longer looks for participants in a study you follow.",
        "%(source)s a place no longer looks for participants.",
    ),
    Kind.SITE_PAUSED: Sentence(
        "A place has paused in a study you follow.",
        "%(source)s a place is listed as paused. It may start again.",
    ),
    Kind.SITE_STATUS: Sentence(
        "The status of a place changed in a study you follow.",
        "%(source)s the status of a place changed.",
    ),
    Kind.SITE_ADDED: Sentence(
        "A study you follow has listed a place that was not listed before.",
        "%(source)s the study lists a place that was not listed before.",
    ),
    Kind.SITE_REMOVED: Sentence(
        "A study you follow no longer lists a place.",
        "%(source)s the study no longer lists a place.",
    ),
    Kind.SITE_RENAMED: Sentence(
        "A place is listed under another name in a study you follow.",
        "%(source)s a place is listed under another name.",
    ),
    Kind.SITE_CONTACTS: Sentence(
        "The contact persons of a place changed in a study you follow.",
        "%(source)s the people to contact at a place have changed.",
    ),
    Kind.SITE_ADDRESS: Sentence(
        "The address of a place changed in a study you follow.",
        "%(source)s the address of a place changed.",
    ),
    # When, and how large
    Kind.START_DATE: Sentence(
        "The start date of a study you follow changed.",
        "%(source)s the start date of this study changed.",
        (Ask.PLANS,),
    ),
    Kind.START_DATE_ROLLED: Sentence(
        "The start date of a study you follow keeps moving.",
        "%(source)s the start date of this study moved again. It moves with almost every update, "
        "so we tell you once a month at most.",
        (Ask.PLANS,),
    ),
    Kind.PRIMARY_COMPLETION_DATE: Sentence(
        "The planned end of a study you follow changed.",
        "%(source)s the date of the last main measurement changed.",
        (Ask.DATES,),
    ),
    Kind.COMPLETION_DATE: Sentence(
        "The planned end of a study you follow changed.",
        "%(source)s the date on which this study ends changed.",
        (Ask.DATES,),
    ),
    Kind.START_PASSED: Sentence(
        "The planned start of a study you follow has passed.",
        "%(source)s the planned start of this study has passed, and its record does not say that it has started.",
        (Ask.STILL_GOING,),
        _MAY_BE_OLD,
    ),
    Kind.END_PASSED: Sentence(
        "The planned end of a study you follow has passed.",
        "%(source)s the planned end of this study has passed, and its record does not say that it has ended.",
        (Ask.STILL_GOING,),
        _MAY_BE_OLD,
    ),
    Kind.ENROLMENT: Sentence(
        "The number of people in a study you follow changed.",
        "%(source)s the number of people in this study changed.",
    ),
    # What the study is
    Kind.TITLE: Sentence(
        "The title of a study you follow changed.", "%(source)s the title of this study changed."
    ),
    Kind.CONDITIONS: Sentence(
        "The conditions listed for a study you follow have changed.",
        "%(source)s the list of conditions that are studied changed.",
        (Ask.QUESTION,),
        _ONLY_THEY_KNOW,
    ),
    Kind.PHASE: Sentence(
        "The phase of a study you follow changed.",
        "%(source)s the phase of this study changed.",
        (Ask.QUESTION,),
    ),
    Kind.STUDY_TYPE: Sentence(
        "The type of a study you follow changed.",
        "%(source)s the type of this study changed.",
        (Ask.QUESTION,),
    ),
    Kind.DESIGN: Sentence(_SET_UP, "%(source)s the way the study is set up changed.", (Ask.QUESTION,)),
    Kind.DESIGN_DETAILS: Sentence(_SET_UP, "%(source)s details of the set-up changed."),
    Kind.EXPANDED_ACCESS: Sentence(
        "The entry on access outside a study you follow changed.",
        "%(source)s the entry changed on whether the treatment can be had outside the study.",
        (Ask.ACCESS,),
    ),
    Kind.SUMMARY: Sentence(
        "The summary of a study you follow changed.", "%(source)s the short summary changed."
    ),
    Kind.SPONSOR: Sentence(
        "The sponsor of a study you follow changed.",
        "%(source)s the sponsor of this study changed, or its name did. The sponsor runs the study.",
    ),
    Kind.ALIAS: Sentence(
        "A study you follow was joined with another entry.",
        "%(source)s another entry was merged into this study. The numbers stand below.",
    ),
    Kind.NEW_STUDY: Sentence(
        "A new study comes up under a topic you follow.",
        "%(source)s a new study was posted. The registry's search finds it under a condition you follow.",
        (Ask.NEWCOMER,),
    ),
    Kind.NOW_LISTED: Sentence(
        "An older study is now listed under a topic you follow.",
        "%(source)s an older study was updated. The registry's search now finds it under a condition you follow.",
        (Ask.NEWCOMER,),
    ),
    Kind.NOW_FITS: Sentence(
        "A study under a topic you follow now fits what you chose.",
        "%(source)s a study was updated and now fits what you chose. It was found earlier under a condition you follow.",
        (Ask.NEWCOMER,),
    ),
    Kind.NO_LONGER_LISTED: Sentence(
        "A study that we told you of is no longer listed under a topic you follow.",
        "%(source)s this study was updated. The registry's search no longer finds it under a condition you follow.",
        (),
        "This says nothing about the study itself. If it matters to you, you can follow it by its number.",
    ),
    # For those who ask for every edit
    Kind.COLLABORATORS: Sentence(_ENTRY, "%(source)s the partners of the sponsor changed."),
    Kind.OFFICIALS: Sentence(_ENTRY, "%(source)s the people in charge of the study changed."),
    Kind.KEYWORDS: Sentence(_ENTRY, "%(source)s the keywords changed."),
    Kind.DESCRIPTION: Sentence(_ENTRY, "%(source)s the long description changed."),
    Kind.DOCUMENTS: Sentence(
        _ENTRY, "%(source)s the documents of the study changed, such as its plan or a consent form."
    ),
    Kind.PUBLICATIONS: Sentence(_ENTRY, "%(source)s the list of papers on this study changed."),
    Kind.LINKS: Sentence(_ENTRY, "%(source)s the list of web links changed."),
    Kind.DATA_SHARING: Sentence(_ENTRY, "%(source)s the plan to share data changed."),
    Kind.ADMINISTRATIVE: Sentence(
        _ENTRY, "%(source)s a number, name or date changed that the registry keeps for its own use."
    ),
    Kind.OTHER: Sentence(_ENTRY, "%(source)s another part of the record changed."),
}
