"""The recruitment status in plain words: one table, after the registry's own definitions. Never says more than they do."""

from notifier.domain.changes import study_move
from notifier.domain.wording import registry_words
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.sentences import Sentence, labels, sentences
from notifier.domain.wording.shapes import Line, Quote, Run, ours
from notifier.domain.wording.speech import Speech, one_line

#: What each move of the status means; the moves stand in `notifier.domain.changes.statuses`.
MOVES = sentences("statuses.tsv")
#: Each status as in a list.
STATUSES = labels("status")

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
