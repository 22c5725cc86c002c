"""The recruitment status in plain words: one table, after the registry's own definitions. Never says more than they do."""

from dataclasses import dataclass
from typing import Any

from notifier.domain.changes.kinds import Kind
from notifier.domain.wording import registry_words
from notifier.domain.wording.speech import Speech, one_line
from notifier.domain.wording.telling import Line, Quote, theirs


@dataclass(frozen=True, slots=True)
class Status:
    """headline: what it means, naming nothing. means: the same, attributed. short: as in a list."""

    headline: str
    means: str
    short: str


def n_(message: str) -> str:
    """Marks a sentence for the catalogues; it is said later."""
    return message


STATUSES: dict[str, Status] = {
    "NOT_YET_RECRUITING": Status(
        n_("A study you follow has not started looking for participants yet."),
        n_("%(source)s the status changed: the study has not started looking for participants yet."),
        n_("has not started looking for participants yet"),
    ),
    "RECRUITING": Status(
        n_("A study you follow is now listed as looking for participants."),
        n_("%(source)s the status changed: the study is now listed as looking for participants."),
        n_("is listed as looking for participants"),
    ),
    "ENROLLING_BY_INVITATION": Status(
        n_("A study you follow now lets people take part by invitation only."),
        n_("%(source)s the status changed: people take part by invitation only. They cannot ask to join."),
        n_("people take part by invitation only; they cannot ask to join"),
    ),
    "ACTIVE_NOT_RECRUITING": Status(
        n_("A study you follow is going on but not looking for new participants."),
        n_("%(source)s the status changed: the study is going on but not looking for new participants."),
        n_("is going on but not looking for new participants"),
    ),
    "SUSPENDED": Status(
        n_("A study you follow has paused taking new participants. It may start again."),
        n_(
            "%(source)s the status changed: the study has paused taking new participants. It may start again."
        ),
        n_("has paused taking new participants; it may start again"),
    ),
    "TERMINATED": Status(
        n_("A study you follow has stopped early and will not start again."),
        n_("%(source)s the status changed: the study has stopped early and will not start again."),
        n_("has stopped early and will not start again"),
    ),
    "WITHDRAWN": Status(
        n_("A study you follow was cancelled before anyone joined."),
        n_("%(source)s the status changed: the study was cancelled before anyone joined."),
        n_("was cancelled before anyone joined"),
    ),
    "COMPLETED": Status(
        n_("A study you follow has ended as planned."),
        n_(
            "%(source)s the status changed: the study has ended as planned. "
            "This does not say whether the approach worked."
        ),
        n_("has ended as planned; this does not say whether the approach worked"),
    ),
    "UNKNOWN": Status(
        n_("A study you follow has not been updated for a long time. Its status is not known."),
        n_("%(source)s the status is not known: the study team has not confirmed it for two years."),
        n_("has not been updated for a long time; its status is not known"),
    ),
}
FALLBACK = Status(
    n_("The status of a study you follow changed."),
    n_("%(source)s the status of this study changed. The registry's words for it stand below."),
    "",
)

#: Kinds that are told by this table.
STATUS_KINDS = frozenset(
    {
        Kind.STATUS_OPENED,
        Kind.STATUS_PAUSED,
        Kind.STATUS_STOPPED,
        Kind.STATUS_CLOSED,
        Kind.STATUS_CHANGED,
        Kind.BECAME_UNKNOWN,
        Kind.NO_LONGER_UNKNOWN,
    }
)
#: After these the study team says why, or does not.
STOPPED = frozenset({"SUSPENDED", "TERMINATED", "WITHDRAWN"})


def status_of(code: object) -> Status:
    """The words for a code of the registry; neutral ones for a code that we have never seen."""
    return STATUSES.get(str(code), FALLBACK)


def short(speech: Speech, code: str) -> str:
    """'is listed as looking for participants'; empty for a code that we have never seen."""
    said = status_of(code).short
    return speech.say(said) if said else ""


def reason(speech: Speech, why: object) -> tuple[tuple[Quote, ...], tuple[str, ...]]:
    """The reason for stopping, whole, or the sentence that there is none (W6)."""
    if words := one_line(str(why or "")):
        return (Quote(speech.say("The study team gave this reason:"), (words,)),), ()
    return (), (speech.say("No reason was given."),)


def before_and_now(speech: Speech, before: Any, after: Any) -> tuple[Line, ...]:
    """Old and new in the registry's words."""
    lines = [(speech.say("Before"), before), (speech.say("Now"), after)]
    return tuple(theirs(label, registry_words.label(str(code))) for label, code in lines if code)
