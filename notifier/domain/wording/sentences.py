"""One row a kind (`sentences.tsv`): what it means, without names for the mail's first line, and with its source for the entry.

Kinds whose words depend on what exactly moved (status, places, dates, a new study) are worded in modules of their
own and have their general case here, so that no kind is ever without words.
"""

from dataclasses import dataclass
from pathlib import Path

from notifier.domain.changes.kinds import Kind
from notifier.domain.sheets import packaged
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


NO_REASON = n_("The record does not say why.")
#: Of results, where the registry has a certificate of delay.
MAY_COME_LATER = n_(
    "%(source)s no results of this study are posted yet. The registry has a request of the study team to post them later, "
    "as its rules allow."
)


def sentences(name: str) -> dict[str, Sentence]:
    """A table of this room: by its first column what is said. What can be done is parted by blanks."""
    rows = ((*row, "", "")[:5] for row in packaged(Path(__file__).with_name(name)))
    return {key: Sentence(first, means, tuple(asks.split()), note) for key, first, means, asks, note in rows}


def labels(of: str) -> dict[str, str]:
    """What the registry's words for something are in ours, by `labels.tsv`."""
    rows = packaged(Path(__file__).with_name("labels.tsv"))
    return {theirs: ours for what, theirs, ours in rows if what == of}


#: What is said where the sentence of a kind would say too little: first line and meaning.
CASES = {key: (said.headline, said.means) for key, said in sentences("cases.tsv").items()}
SENTENCES = {Kind(key): said for key, said in sentences("sentences.tsv").items()}
