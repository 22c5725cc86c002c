"""What a reader can do, and what happens next. Owns these sentences; never advises for or against anything."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from notifier.domain.letter import Ending
from notifier.domain.sheets import packaged
from notifier.domain.study import Study
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.sentences import Ask
from notifier.domain.wording.speech import Speech


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it, in our words."""

    heading: str
    sentences: tuple[str, ...]


IF_YOU_TAKE_PART = "If you take part in this study"
WHAT_HAPPENS_NEXT = "What happens next"
WHAT_YOU_CAN_DO = "What you can do"

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

#: `advice.tsv`: under each heading, who asks for what.
ADVICE: dict[str, dict[str, tuple[str, ...]]] = {}
for _heading, _ask, *_sentences in packaged(Path(__file__).with_name("advice.tsv")):
    ADVICE.setdefault(_heading, {})[_ask] = tuple(_sentences)
((_VISITS,), (_AT_PLACE,), (_QUESTION,)) = (
    ADVICE[IF_YOU_TAKE_PART][ask] for ask in (Ask.DATES, Ask.STILL_TREATED, Ask.QUESTION)
)
(_MAKE_SURE,) = ADVICE[WHAT_YOU_CAN_DO][Ask.PLACES]
#: What sends people who take no part to those who run the study.
_OF_OUTSIDERS = frozenset(
    ADVICE[WHAT_YOU_CAN_DO][ask][0] for ask in (Ask.JOIN, Ask.ELIGIBILITY, Ask.STILL_GOING, Ask.HAS_STARTED)
)


#: What says less than another one that is asked for too.
_COVERED = {
    Ask.CALL_TEAM: Ask.JOIN, Ask.PLACES: Ask.JOIN, Ask.WHICH_PLACES: Ask.JOIN, Ask.QUESTION: Ask.MAY_FIT,
}  # fmt: skip
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
