"""The recruitment status in plain words: one table, after the registry's own definitions. Never says more than they do."""

from notifier.domain.changes import study_move
from notifier.domain.wording import registry_words
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.sentences import Ask, Sentence
from notifier.domain.wording.shapes import Line, Quote, Run, ours
from notifier.domain.wording.speech import Speech, one_line

_CLOSING = (Ask.TAKING_PART, Ask.WAITING)
_ENDING = (Ask.TOOK_PART, Ask.WAITING)
_OPENED = n_("A study you follow is now listed as looking for participants.")
_INVITES = n_("A study you follow now lets people take part by invitation only.")
_GOING_ON = n_("A study you follow is going on but not looking for new participants.")
_ON_HOLD = n_("A study you follow is on hold. It may go on again.")
_STOPPED = n_("A study you follow has stopped early and will not start again.")
_CANCELLED = n_("A study you follow was cancelled before anyone joined.")
_ENDED = n_("A study you follow has ended.")
_ACCESS = n_("The access to a treatment that you follow has changed.")
_UNKNOWN = (
    n_("A study you follow has not been updated for a long time. Its status is not known."),
    n_(
        "%(source)s the status is not known: the study team has not confirmed it for about two years or longer."
    ),
)
_NOT_YET = n_("A study you follow has not started looking for participants yet.")

#: What each move of the status means; the moves stand in `notifier.domain.changes.statuses`.
MOVES: dict[str, Sentence] = {
    "opened": Sentence(
        _OPENED,
        "%(source)s the status changed: the study is now listed as looking for participants.",
        (Ask.JOIN,),
    ),
    "opened_again": Sentence(
        "A study you follow is now listed as open again.",
        "%(source)s the status changed: the study is now listed as looking for participants again.",
        (Ask.JOIN,),
    ),
    "not_yet": Sentence(
        _NOT_YET,
        "%(source)s the status changed: the study has not started looking for participants yet.",
        (Ask.STILL_GOING,),
    ),
    "set_back": Sentence(
        "A study you follow is listed as not open yet, after it was listed as open.",
        "%(source)s the status changed: the study has not started looking for participants yet. "
        "Before, it was listed as open.",
        (Ask.STILL_GOING,),
    ),
    "invites": Sentence(
        _INVITES,
        "%(source)s the status changed: people take part by invitation only. They cannot ask to join.",
        (Ask.INVITED,),
    ),
    "now_invites": Sentence(
        _INVITES,
        "%(source)s the status changed: people take part by invitation only. "
        "They cannot ask to join any more.",
        (Ask.TAKING_PART, Ask.INVITED),
    ),
    "closed": Sentence(
        "A study you follow no longer takes new participants.",
        "%(source)s the status changed: the study is going on but not looking for new participants any more.",
        _CLOSING,
    ),
    "going_on": Sentence(
        _GOING_ON,
        "%(source)s the status changed: the study is going on but not looking for new participants.",
        _CLOSING,
    ),
    "going_on_unopened": Sentence(
        _GOING_ON,
        "%(source)s the status changed: the study is going on but not looking for new participants. "
        "Before, it was listed as not open yet.",
        _CLOSING,
    ),
    "going_on_again": Sentence(
        "A study you follow is now listed as going on, not as ended.",
        "%(source)s the status changed: the study is listed as going on, not as ended. "
        "It is not looking for new participants.",
        _CLOSING,
    ),
    "paused": Sentence(
        "A study you follow is on hold. It may start again.",
        "%(source)s the status changed: the whole study is on hold. "
        "It has paused taking new participants. It may start again.",
        (Ask.TAKING_PART, Ask.ON_HOLD),
    ),
    "paused_unopened": Sentence(
        "A study you follow was put on hold before it opened. It may still open.",
        "%(source)s the status changed: the study was put on hold before it opened. It may still open.",
        (Ask.HAS_STARTED, Ask.ON_HOLD),
    ),
    "paused_closed": Sentence(
        _ON_HOLD,
        "%(source)s the status changed: the whole study is on hold. It may go on again.",
        (Ask.TAKING_PART,),
    ),
    "stopped": Sentence(
        _STOPPED,
        "%(source)s the status changed: the study has stopped early and will not start again.",
        (Ask.STOPPED,),
    ),
    "stopped_unopened": Sentence(
        _STOPPED,
        "%(source)s the status changed: the study has stopped early and will not start again. "
        "Before, it was listed as not open yet.",
        (Ask.STOPPED,),
    ),
    "stopped_after_all": Sentence(
        "A study you follow is now listed as stopped early, not as completed.",
        "%(source)s the status changed: the study has stopped early and will not start again. "
        "Before, it was listed as completed.",
        (Ask.STOPPED,),
    ),
    "cancelled": Sentence(
        _CANCELLED,
        "%(source)s the status changed: the study was cancelled before anyone joined.",
        (Ask.CANCELLED,),
    ),
    "cancelled_after_all": Sentence(
        "A study you follow is now listed as cancelled before anyone joined.",
        "%(source)s the status changed: the study is now listed as cancelled before anyone joined. "
        "Before, it was listed in another way.",
        (Ask.CANCELLED,),
    ),
    "ended": Sentence(
        _ENDED,
        "%(source)s the status changed: the study has ended (the registry calls it completed). "
        "This does not say whether the approach worked.",
        _ENDING,
    ),
    "ended_open": Sentence(
        "A study you follow has ended and takes no new participants.",
        "%(source)s the status changed: the study has ended (the registry calls it completed). "
        "This does not say whether the approach worked. It takes no new participants.",
        _ENDING,
    ),
    "ended_unopened": Sentence(
        _ENDED,
        "%(source)s the status changed: the study has ended (the registry calls it completed). "
        "This does not say whether the approach worked. Before, it was listed as not open yet.",
        _ENDING,
    ),
    "ended_after_all": Sentence(
        "A study you follow is now listed as completed, not as stopped.",
        "%(source)s the status changed: the study has ended (the registry calls it completed). "
        "This does not say whether the approach worked. Before, it was listed as stopped.",
        _ENDING,
    ),
    "unknown": Sentence(*_UNKNOWN, (Ask.STILL_GOING,)),
    "unknown_unopened": Sentence(*_UNKNOWN, (Ask.HAS_STARTED,)),
    "available": Sentence(
        _ACCESS,
        "%(source)s the status changed: the treatment can be had outside a study, through the study team.",
        (Ask.ACCESS,),
    ),
    "available_again": Sentence(
        _ACCESS,
        "%(source)s the status changed: the treatment can be had outside a study again.",
        (Ask.ACCESS,),
    ),
    "not_available_now": Sentence(
        _ACCESS,
        "%(source)s the status changed: the treatment cannot be had in this way for now. It may come again.",
        (Ask.ACCESS,),
    ),
    "not_available_any_more": Sentence(
        _ACCESS,
        "%(source)s the status changed: the treatment can no longer be had in this way.",
        (Ask.ACCESS,),
    ),
    "not_available": Sentence(
        _ACCESS,
        "%(source)s the status changed: the treatment cannot be had in this way.",
        (Ask.ACCESS,),
    ),
    "approved": Sentence(
        _ACCESS,
        "%(source)s the status changed: the treatment has been approved, so it is not given in this way.",
        (Ask.ACCESS,),
    ),
    "withheld": Sentence(
        "The study team keeps back the record of a study you follow.",
        "%(source)s the status changed: the study team keeps the record back for now.",
        (Ask.STILL_GOING,),
    ),
    "changed": Sentence(
        "The status of a study you follow changed.",
        "%(source)s the status of this study changed. The registry's words for it stand below.",
        (Ask.STILL_GOING,),
    ),
}

#: Each status as in a list.
STATUSES: dict[str, str] = {
    "NOT_YET_RECRUITING": n_("has not started looking for participants yet"),
    "RECRUITING": n_("is listed as looking for participants"),
    "ENROLLING_BY_INVITATION": n_("people take part by invitation only; they cannot ask to join"),
    "ACTIVE_NOT_RECRUITING": n_("is going on but not looking for new participants"),
    "SUSPENDED": n_("is on hold; it may start again"),
    "TERMINATED": n_("has stopped early and will not start again"),
    "WITHDRAWN": n_("was cancelled before anyone joined"),
    "COMPLETED": n_("has ended; this does not say whether the approach worked"),
    "UNKNOWN": n_("has not been updated for a long time; its status is not known"),
    "AVAILABLE": n_("the treatment can be had outside a study"),
    "TEMPORARILY_NOT_AVAILABLE": n_("the treatment cannot be had in this way for now"),
    "NO_LONGER_AVAILABLE": n_("the treatment can no longer be had in this way"),
    "APPROVED_FOR_MARKETING": n_("the treatment has been approved since"),
    "WITHHELD": n_("the study team keeps the record back for now"),
}

SHORTEST_REASON = 2  # words that hardly explain anything
#: After these the study team says why, or does not.
STOPPED = frozenset({"SUSPENDED", "TERMINATED", "WITHDRAWN"})


#: After silence: how long it lasted at least, by the registry's own rule.
WAS_UNKNOWN = n_(
    "Before, its status was not known: the study team had not confirmed it for about two years or longer."
)


def said_of(before: object, after: object) -> Sentence:
    """The words for a move of the status; neutral ones for a code that we have never seen."""
    return MOVES[study_move(before, after).said]


def status_line(speech: Speech, code: str) -> Line:
    """'Status: Recruiting (is listed as looking for participants)'; in another language our words alone."""
    meaning = speech.say(STATUSES[code]) if code in STATUSES else ""
    if meaning and speech.language != "en":
        return ours(speech.say("Status"), meaning)
    registry = Run(registry_words.label(code), registry=True)
    return Line(speech.say("Status"), (registry, Run(f" ({meaning})")) if meaning else (registry,))


def reason(speech: Speech, why: object) -> tuple[tuple[Quote, ...], tuple[str, ...]]:
    """The reason for stopping, whole, or the sentence that there is none (W6)."""
    if words := one_line(str(why or "")):
        short = len(words.split()) <= SHORTEST_REASON
        notes = (speech.say("The record says no more about the reason."),) if short else ()
        if "FDA" in words.split():
            notes = (speech.say("The FDA decides on drugs in the United States."), *notes)
        return (Quote(speech.say("On the reason, the study team wrote:"), (words,)),), notes
    return (), (speech.say("No reason was given."),)
