"""A date that moved: from when to when, by how many months, and how often before. Owns the count of postponements."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from notifier.domain.changes import Change, Kind, slip_months
from notifier.domain.wording.sentences import SENTENCES, n_
from notifier.domain.wording.speech import Speech
from notifier.domain.wording.telling import Line, ours

DATE_KINDS = frozenset(
    {Kind.START_DATE, Kind.START_DATE_ROLLED, Kind.PRIMARY_COMPLETION_DATE, Kind.COMPLETION_DATE}
)
_LATER = {
    Kind.START_DATE: (
        n_("A study you follow expects to start later than planned."),
        n_("%(source)s this study expects to start later than planned."),
    ),
    Kind.PRIMARY_COMPLETION_DATE: (
        n_("A study you follow expects to finish later than planned."),
        n_("%(source)s the last main measurement is now planned for later."),
    ),
    Kind.COMPLETION_DATE: (
        n_("A study you follow expects to finish later than planned."),
        n_("%(source)s this study expects to end later than planned."),
    ),
}
_EARLIER = {
    Kind.START_DATE: (
        n_("A study you follow expects to start earlier than planned."),
        n_("%(source)s this study expects to start earlier than planned."),
    ),
    Kind.PRIMARY_COMPLETION_DATE: (
        n_("A study you follow expects to finish earlier than planned."),
        n_("%(source)s the last main measurement is now planned for earlier."),
    ),
    Kind.COMPLETION_DATE: (
        n_("A study you follow expects to finish earlier than planned."),
        n_("%(source)s this study expects to end earlier than planned."),
    ),
}
_CAME_TRUE = {
    Kind.START_DATE: (n_("A study you follow has started."), n_("%(source)s this study has started.")),
    Kind.PRIMARY_COMPLETION_DATE: (
        n_("A study you follow has made its last main measurement."),
        n_("%(source)s the last main measurement has been made."),
    ),
    Kind.COMPLETION_DATE: (n_("A study you follow has ended."), n_("%(source)s this study has ended.")),
}
_TYPES = {"ESTIMATED": n_("%(date)s (planned)"), "ACTUAL": n_("%(date)s (actual)")}


@dataclass(frozen=True, slots=True)
class Moved:
    """How a move is told. derived: the numbers in it that we counted."""

    headline: str
    means: str
    lines: tuple[Line, ...]
    came_true: bool
    derived: tuple[str, ...]


def moved(speech: Speech, change: Change, earlier: Sequence[Change], source: str) -> Moved:
    """The words for one moved date; `earlier` are its moves since we follow the study, oldest first."""
    headline, means = _sentences(change)
    slip, derived = _slip(speech, change, earlier)
    lines = [
        ours(speech.say("Before"), said_date(speech, change.before)),
        ours(speech.say("Now"), said_date(speech, change.after)),
    ]
    if slip:
        lines.append(ours(speech.say("Moved"), slip))
    return Moved(
        speech.say(headline), speech.say(means, source=source), tuple(lines), _came_true(change), derived
    )


def _sentences(change: Change) -> tuple[str, str]:
    general = SENTENCES[change.kind]
    months = months_moved(change)
    if _came_true(change):
        return _CAME_TRUE.get(change.kind, (general.headline, general.means))
    if months and change.kind in _LATER and not _was_true(change):
        return (_LATER if months > 0 else _EARLIER)[change.kind]
    return general.headline, general.means


def months_moved(change: Change) -> int | None:
    """By how many months; None where one side has no month."""
    return slip_months(_published(change.before), _published(change.after))


def _came_true(change: Change) -> bool:
    """Whether a planned date became the actual one."""
    return _type(change.after) == "ACTUAL" != _type(change.before)


def _was_true(change: Change) -> bool:
    return "ACTUAL" in {_type(change.before), _type(change.after)}


def _type(struct: Any) -> str | None:
    return struct.get("type") if isinstance(struct, dict) else None


def _published(struct: Any) -> str | None:
    date = struct.get("date") if isinstance(struct, dict) else struct
    return date if isinstance(date, str) else None


def said_date(speech: Speech, struct: Any) -> str:
    """'June 2028 (planned)'; takes the registry's structure."""
    date = _published(struct)
    if not date:
        return speech.say("not stated")
    said = speech.date(date)
    kind = _TYPES.get(str(_type(struct)))
    return speech.say(kind, date=said) if kind else said


def _slip(speech: Speech, change: Change, earlier: Sequence[Change]) -> tuple[str, tuple[str, ...]]:
    """'9 months later; the third time since we follow it, 14 months in all'."""
    months = months_moved(change)
    if not months:
        return "", ()
    said = [_months(speech, months)]
    derived = [speech.number(abs(months))]
    all_moves = [*earlier, change]
    times = sum((months_moved(move) or 0) * months > 0 for move in all_moves)
    total = slip_months(_published(all_moves[0].before), _published(change.after)) or 0
    if times > 1:
        said.append(_times(speech, times))
        derived.append(speech.number(times))
    if times > 1 and total * months > 0:
        said.append(speech.count("%(number)s month in all", "%(number)s months in all", abs(total)))
        derived.append(speech.number(abs(total)))
    return _joined(said), tuple(derived)


def _joined(parts: list[str]) -> str:
    """The first part, a semicolon, the rest with commas."""
    return "; ".join(filter(None, [parts[0], ", ".join(parts[1:])]))


def _months(speech: Speech, months: int) -> str:
    if months > 0:
        return speech.count("%(number)s month later", "%(number)s months later", months)
    return speech.count("%(number)s month earlier", "%(number)s months earlier", -months)


_NTH = {
    2: n_("the second time since we follow it"),
    3: n_("the third time since we follow it"),
    4: n_("the fourth time since we follow it"),
    5: n_("the fifth time since we follow it"),
}


def _times(speech: Speech, times: int) -> str:
    if times in _NTH:
        return speech.say(_NTH[times])
    return speech.say("%(number)s times since we follow it", number=speech.number(times))
