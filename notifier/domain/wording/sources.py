"""Who says so, and when: every statement begins with it (W2). Tells the registry's date from the day we saw a change."""

from collections.abc import Sequence
from datetime import tzinfo

from notifier.domain.changes import Kind
from notifier.domain.letter import Told
from notifier.domain.wording.sentences import n_
from notifier.domain.wording.speech import Speech

#: These come without an update of the record: the registry, or time, made them.
_WITHOUT_UPDATE = frozenset(
    {
        Kind.BECAME_UNKNOWN,
        Kind.LEFT_REGISTRY,
        Kind.CAME_BACK,
        Kind.RECORD_UNREADABLE,
        Kind.RESULTS_OVERDUE,
        Kind.RESULTS_SUBMITTED,
    }
)
_UPDATED = n_("According to ClinicalTrials.gov, on %(date)s")
_SEEN = n_("According to ClinicalTrials.gov, on %(date)s (the day we saw it),")
_SAME_ENTRY = n_("According to the same entry,")
_SAME_DAY = n_("On the same day,")


def sources(speech: Speech, told: Sequence[Told], zone: tzinfo) -> tuple[str, ...]:
    """How the statement on each of these begins; said in full once, then shortly as long as it is the same."""
    said: list[str] = []
    last = ""
    for one in told:
        update = update_of(one)
        first, again = (_UPDATED, _SAME_ENTRY) if update else (_SEEN, _SAME_DAY)
        day = speech.date(update) if update else speech.day(one.detected_at.astimezone(zone))
        full = speech.say(first, date=day)
        said.append(speech.say(again) if full == last else full)
        last = full
    return tuple(said)


def update_of(told: Told) -> str | None:
    """The day on which the registry posted the update that brought the change; None where it came without one."""
    return None if told.change.kind in _WITHOUT_UPDATE else told.posted
