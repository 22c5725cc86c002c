"""What a reader can do, and what happens next. Owns these sentences; never advises for or against anything."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from notifier.domain.letter import Ending
from notifier.domain.study import Study
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.sentences import Ask
from notifier.domain.wording.speech import Speech


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it, in our words."""

    heading: str
    sentences: tuple[str, ...]


IF_YOU_TAKE_PART = n_("If you take part in this study")
IF_YOU_TOOK_PART = n_("If you took part in this study")
WHAT_HAPPENS_NEXT = n_("What happens next")
WHAT_YOU_CAN_DO = n_("What you can do")

_ASK_THEM = n_("Ask your study team what this means for you.")
_DO_NOT_STOP = n_("Do not stop or change any treatment without talking to them.")
_DO_NOT_STOP_ALONE = n_("Do not stop or change any treatment without talking to your doctor.")
_BRING = n_("You can bring this mail to your doctor or nurse.")
_OUT_OF_DATE = n_("A status in the registry can be out of date.")
_VISITS = n_("Ask the study team what this means for your visits.")
_PLANS = n_("Dates in the registry are plans and can move again.")
_MAKE_SURE = n_(
    "Find out whether a place takes people before you travel: a status in the registry can be out of date."
)
#: Of those who might join what names nobody to ask.
_JOIN_A_PLACE = n_(
    "If you think about taking part, ask your doctor or nurse to help you reach one of its places."
)
_JOIN_NO_PLACE = n_(
    "If you think about taking part, ask your doctor or nurse. The record names neither a contact nor a place."
)
#: Where the record names nobody whom people who take no part could ask.
_FIND_OUT = n_(
    "If you think about taking part, ask your doctor or nurse to help you find out whether the study is open."
)
_AT_PLACE = n_(
    "Are you treated at a place that this mail tells of? Then ask there whether anything changes for you."
)
_QUESTION = n_("Ask the study team: what changed, why, and does it matter for me?")
_WATCHING = n_("We keep watching, and will write if results are posted.")
_WATCHING_STATUS = n_("We keep watching, and will write if the status changes again.")
_OTHER_STUDIES = n_("If you hoped to join, ask your doctor or nurse about other studies.")

#: In the order in which the sections stand in a mail: under each heading, who asks for what; a sentence is said once, whoever asks
#: for it.
ADVICE: dict[str, dict[str, tuple[str, ...]]] = {
    IF_YOU_TAKE_PART: {
        Ask.STOPPED: (_ASK_THEM, _DO_NOT_STOP),
        Ask.TAKING_PART: (_ASK_THEM, _DO_NOT_STOP),
        Ask.STILL_TREATED: (_AT_PLACE,),
        Ask.DATES: (_VISITS,),
        Ask.QUESTION: (_QUESTION,),
        Ask.MAY_FIT: (_QUESTION,),
    },
    IF_YOU_TOOK_PART: {
        Ask.TOOK_PART: (
            n_("“Completed” means: nobody gets treatment or tests for the study any more."),
            n_("Ask the study team who checks on you from now on, and how you will hear of the results."),
        ),
    },
    WHAT_HAPPENS_NEXT: {
        Ask.STOPPED: (
            n_("We keep watching, and will write if results are posted or if the status changes again."),
        ),
        Ask.CANCELLED: (n_("Studies with this status usually do not start again."), _WATCHING_STATUS),
        Ask.ON_HOLD: (_WATCHING_STATUS,),
        Ask.AWAITED: (_WATCHING,),
        Ask.WAITING: (n_("Results can take a year or more."), _WATCHING),
        Ask.GONE: (n_("We keep looking, and will write if the registry shows it again."),),
    },
    WHAT_YOU_CAN_DO: {
        Ask.CANCELLED: (_OTHER_STUDIES,),
        Ask.ON_HOLD: (_OTHER_STUDIES,),
        Ask.INVITED: (n_("The study team itself chooses whom it invites."), _OTHER_STUDIES),
        Ask.ACCESS: (n_("Ask your doctor what this means for your treatment."), _DO_NOT_STOP_ALONE),
        Ask.JOIN: (
            n_(
                "If you think about taking part, ask the study team whether it is open at the place nearest to you."
            ),
            _OUT_OF_DATE,
        ),
        Ask.ELIGIBILITY: (n_("Ask the study team what these rules mean for you."), _BRING),
        Ask.NEWCOMER: (
            n_("If you want to know more, read the full record or ask the study team."),
            _BRING,
            n_("To stop mails on this topic, use the link at the end of this mail."),
        ),
        Ask.CALL_PLACE: (
            n_("Call or write to the place before you travel: a status in the registry can be out of date."),
        ),
        Ask.CALL_TEAM: (
            n_(
                "Ask the study team before you travel to a place: a status in the registry can be out of date."
            ),
        ),
        Ask.PLACES: (_MAKE_SURE,),
        Ask.WHICH_PLACES: (n_("Ask the study team which places take people now."),),
        Ask.RESULTS: (
            n_("You can bring the results to your doctor or nurse."),
            n_("A question to bring: what do they mean for me?"),
        ),
        Ask.DATES: (_PLANS,),
        Ask.PLANS: (_PLANS,),
        Ask.MAY_FIT: (
            n_(
                "If you think about taking part, ask your doctor or nurse whether the study fits you as it is now."
            ),
        ),
        Ask.CONTACT: (n_("If you noted whom to ask, look whether the record still names them."),),
        Ask.STILL_GOING: (n_("Ask the study team whether the study still goes on, and whether it is open."),),
        Ask.HAS_STARTED: (n_("Ask the study team whether the study has started, or will start."),),
        Ask.GONE: (n_("If you take part, ask your study team."),),
    },
}
#: What sends people who take no part to those who run the study.
_OF_OUTSIDERS = frozenset(
    ADVICE[WHAT_YOU_CAN_DO][ask][0] for ask in (Ask.JOIN, Ask.ELIGIBILITY, Ask.STILL_GOING, Ask.HAS_STARTED)
)


#: What says less than another one that is asked for too.
_COVERED = {
    Ask.CALL_TEAM: Ask.JOIN,
    Ask.PLACES: Ask.JOIN,
    Ask.WHICH_PLACES: Ask.JOIN,
    Ask.QUESTION: Ask.MAY_FIT,
}
#: What sends people to those who run the study.
ASK_THE_TEAM = frozenset({
    Ask.STOPPED, Ask.CANCELLED, Ask.TAKING_PART, Ask.TOOK_PART, Ask.JOIN, Ask.ELIGIBILITY, Ask.DATES,
    Ask.QUESTION, Ask.MAY_FIT, Ask.PLACES, Ask.STILL_GOING, Ask.HAS_STARTED,
})  # fmt: skip


#: What is out of place beside bad news (W10): the first that is asked for keeps only those named.
_AFTER = (
    (Ask.STOPPED, frozenset({Ask.STOPPED})),
    (Ask.CANCELLED, frozenset({Ask.CANCELLED})),
    (
        Ask.TAKING_PART,
        frozenset({Ask.TAKING_PART, Ask.WAITING, Ask.RESULTS, Ask.INVITED, Ask.ON_HOLD, Ask.STILL_TREATED}),
    ),
    (Ask.TOOK_PART, frozenset({Ask.TOOK_PART, Ask.WAITING, Ask.RESULTS})),
    (Ask.INVITED, frozenset({Ask.INVITED, Ask.STILL_TREATED, Ask.RESULTS, Ask.DATES, Ask.QUESTION})),
)


def in_season(asks: Iterable[str]) -> tuple[str, ...]:
    """The asks, each once, without those that have no place beside a study that stopped, paused or closed."""
    once = tuple(dict.fromkeys(asks))
    once = tuple(ask for ask in once if _COVERED.get(ask) not in once)
    for first, fitting in _AFTER:
        if first in once:
            return tuple(ask for ask in once if ask in fitting)
    return once


_LAST = n_("Nothing more is expected")
_ENDINGS = {
    Ending.WITHDRAWN: n_("It was cancelled before anyone joined. Its record can still be corrected."),
    Ending.COMPLETED_WITH_RESULTS: n_(
        "It has ended and its results are posted. Results can come in parts, and can be corrected."
    ),
    Ending.LEFT_REGISTRY: n_("The registry no longer shows it. We look whether it comes back."),
}
_GOES_ON = n_("You choose below whether we keep watching. Without an answer we do.")


def begun(study: Study, asks: Iterable[str]) -> bool:
    """Whether people may take part in it already; its last move says so of one on hold, not known, or set back."""
    told = {*asks}
    opened = study.overall_status not in {"NOT_YET_RECRUITING", "WITHDRAWN"} or Ask.STILL_GOING in told
    return opened and Ask.HAS_STARTED not in told


def sections(
    speech: Speech, asks: tuple[str, ...], ending: Ending | None = None, study: Study | None = None
) -> tuple[Section, ...]:
    """The sections for these asks, each heading and each sentence once; where nothing more is expected, that is what is
    next. study: none is told to ask whom its record does not name, or on taking part in what has not begun.
    """
    said: dict[str, dict[str, None]] = {heading: {} for heading in ADVICE}
    going_on = study is None or begun(study, asks)
    left_out = {_VISITS} if {Ask.QUESTION, Ask.MAY_FIT} & {*asks} else set[str]()
    if not going_on:
        left_out = {_VISITS, _AT_PLACE}
    if Ask.JOIN in asks:
        left_out |= {*ADVICE[WHAT_YOU_CAN_DO][Ask.MAY_FIT]}
    if study and not (study.central_contacts or any(site.contacts for site in study.locations)):
        left_out |= _OF_OUTSIDERS if going_on else _OF_OUTSIDERS | {_QUESTION}
    for ask, heading in product(asks, ADVICE):
        told = [one for one in ADVICE[heading].get(ask, ()) if one not in left_out]
        under = WHAT_YOU_CAN_DO if told == [_QUESTION] and not going_on else heading
        if heading == WHAT_YOU_CAN_DO and ask == Ask.JOIN and study and left_out >= _OF_OUTSIDERS:
            told = [_JOIN_A_PLACE, _MAKE_SURE] if study.locations else [_JOIN_NO_PLACE]
        elif (
            heading == WHAT_YOU_CAN_DO and ask in {Ask.STILL_GOING, Ask.HAS_STARTED} and Ask.JOIN not in asks
        ):
            told = told or [_FIND_OUT]
        said[under].update(dict.fromkeys(map(speech.say, told)))
    found = [Section(speech.say(heading), tuple(each)) for heading, each in said.items() if each]
    if ending is None:
        return tuple(found)
    next_heading = speech.say(WHAT_HAPPENS_NEXT)
    last = Section(speech.say(_LAST), (speech.say(_ENDINGS[ending]), speech.say(_GOES_ON)))
    return (*(section for section in found if section.heading != next_heading), last)
