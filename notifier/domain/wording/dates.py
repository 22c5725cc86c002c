"""Dates that moved: from when to when, by how much, and how often before. Owns the count of postponements."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from notifier.domain.changes import Change, Kind, Weight, slip
from notifier.domain.changes.dates import slip_days
from notifier.domain.letter import Told
from notifier.domain.study import Study
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.newcomers import status_line
from notifier.domain.wording.sentences import SENTENCES, both
from notifier.domain.wording.shapes import Line, ours
from notifier.domain.wording.speech import Speech

DATE_KINDS = frozenset(
    {Kind.START_DATE, Kind.START_DATE_ROLLED, Kind.PRIMARY_COMPLETION_DATE, Kind.COMPLETION_DATE}
)
_LATER = {
    Kind.START_DATE: (
        n_("A study you follow expects to start later than planned."),
        n_("%(source)s this study expects to start later than planned."),
    ),
    Kind.PRIMARY_COMPLETION_DATE: (
        n_("The last main measurement of a study you follow is now planned for later."),
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
        n_("The last main measurement of a study you follow is now planned for earlier."),
        n_("%(source)s the last main measurement is now planned for earlier."),
    ),
    Kind.COMPLETION_DATE: (
        n_("A study you follow expects to finish earlier than planned."),
        n_("%(source)s this study expects to end earlier than planned."),
    ),
}
_CAME_TRUE = {
    Kind.START_DATE: (
        n_("A study you follow has started."),
        n_("%(source)s this study started on %(date)s."),
        n_("%(source)s this study started in %(date)s."),
    ),
    Kind.PRIMARY_COMPLETION_DATE: (
        n_("The main data of a study you follow are now collected."),
        n_("%(source)s the last main measurement of all participants was made on %(date)s."),
        n_("%(source)s the last main measurement of all participants was made in %(date)s."),
    ),
    Kind.COMPLETION_DATE: (
        n_("A study you follow has ended."),
        n_("%(source)s this study ended on %(date)s."),
        n_("%(source)s this study ended in %(date)s."),
    ),
}
_TYPES = {"ESTIMATED": n_("%(date)s (planned)"), "ACTUAL": n_("%(date)s (actual)")}


_FEW_DAYS = n_("The planned dates of a study you follow moved by a few days.")
_FEW_DAYS_MEANS = both(
    "%(source)s a planned date of this study moved by a few days.",
    "%(source)s planned dates of this study moved by a few days.",
)
_CORRECTED = {
    Kind.START_DATE: n_(
        "%(source)s the day on which this study started was corrected. The day given before, perhaps by us too, no longer holds."
    ),
    Kind.PRIMARY_COMPLETION_DATE: n_(
        "%(source)s the day of the last main measurement was corrected. The day given before, perhaps by us too, no longer holds."
    ),
    Kind.COMPLETION_DATE: n_(
        "%(source)s the day on which this study ended was corrected. The day given before, perhaps by us too, no longer holds."
    ),
}
#: What a headline that tells of something else leaves out.
_ALSO = {
    Kind.START_DATE: n_("expects to start later than planned"),
    Kind.PRIMARY_COMPLETION_DATE: n_("plans its last main measurement for later"),
    Kind.COMPLETION_DATE: n_("expects to finish later than planned"),
}
_BOTH_LATER = n_("%(source)s this study expects to start and end later than planned.")
_BOTH_EARLIER = n_("%(source)s this study expects to start and end earlier than planned.")
_NAMES = {
    Kind.START_DATE: n_("Start"),
    Kind.START_DATE_ROLLED: n_("Start"),
    Kind.PRIMARY_COMPLETION_DATE: n_("Last main measurement"),
    Kind.COMPLETION_DATE: n_("End of the study"),
}


_START = frozenset({Kind.START_DATE, Kind.START_DATE_ROLLED})
#: By whether it is a start: what is said of a new date that had passed when it was posted.
_PASSED = (
    n_("%(source)s a date of this study changed. The new date had passed already."),
    n_("%(source)s the start date of this study changed. The new date had passed already."),
)
#: A start that is still ahead, of a study that has begun by its status.
_AHEAD = (
    n_("The start date of a study you follow moved, although the study is listed as begun."),
    n_("%(source)s the study gives another start date than before. It is still ahead."),
)
_AHEAD_OPEN = n_(
    "The start date of a study you follow moved, although it is listed as looking for participants."
)
_IS_OVER = n_("The date had passed already when it was given.")
_ALSO_AHEAD = n_("gives a later start date than before")
_LISTED_AS_OPEN = n_(
    "The record contradicts itself: it lists the study as looking for participants, and yet as starting later: %(date)s."
)
_LISTED_AS_BEGUN = n_(
    "The record contradicts itself: by its status the study has begun, and yet it gives a start that is still ahead: "
    "%(date)s."
)
_NOT_BEGUN = n_(
    "The record contradicts itself: by its status the study never opened, and yet its start was moved to a day that has "
    "passed. So it may have begun."
)
_BEGUN = {
    "RECRUITING": _LISTED_AS_OPEN,
    **dict.fromkeys(
        ("ENROLLING_BY_INVITATION", "ACTIVE_NOT_RECRUITING", "COMPLETED", "TERMINATED"), _LISTED_AS_BEGUN
    ),
}


class Way(StrEnum):
    """How a date moved; those that moved in one way are told together."""

    CAME_TRUE = "came_true"  #: A planned date became the actual one.
    CORRECTED = "corrected"  #: An actual date became another one.
    LATER = "later"
    EARLIER = "earlier"
    GIVEN = "given"  #: There was none before.
    GONE = "gone"  #: There is none any more.
    PASSED = "passed"  #: It lies in the past, and the record does not say that it came true.
    OTHER = "other"


_GIVEN = {
    Way.GIVEN: (
        n_("The record of a study you follow now gives a date."),
        n_("%(source)s the record gives a date that it did not give before."),
    ),
    Way.GONE: (
        n_("The record of a study you follow gives a date no more."),
        n_("%(source)s the record does not give a date any more that it gave before."),
    ),
}


def way_of(told: Told) -> Way:
    """How this date moved. A planned date that lay in the past when it was posted is no plan to start or to end."""
    change = told.change
    was, now = _type(change.before), _type(change.after)
    by, day = _moved_by(change), _published(change.after) or ""
    if now == "ACTUAL":
        return Way.CORRECTED if was == "ACTUAL" else Way.CAME_TRUE
    if not (day and _published(change.before)):
        return Way.GIVEN if day else Way.GONE
    if _is_over(told):
        return Way.PASSED
    if was == "ACTUAL" or not by or change.kind not in _LATER:
        return Way.OTHER
    return Way.LATER if by > 0 else Way.EARLIER


def _is_over(told: Told) -> bool:
    """Whether the new date had passed when it was posted."""
    day = _published(told.change.after) or ""
    return bool(day) and day < _posted(told)[: len(day)]


def _posted(told: Told) -> str:
    return told.posted or told.detected_at.date().isoformat()


def start_ahead(study: Study, told: Told) -> str:
    """The day on which a study expects to start, where that is still ahead."""
    day = (study.start_date and study.start_date.date) or ""
    return day if day > _posted(told)[: len(day)] else ""


def contradiction(speech: Speech, study: Study, told: Sequence[Told]) -> str:
    """That status and start do not go together: open while the start is ahead, or never opened and begun; mostly empty."""
    day, status = (study.start_date and study.start_date.date) or "", str(study.overall_status)
    if status in _BEGUN and day > _posted(told[0])[: len(day)]:
        return speech.say(_BEGUN[status], date=speech.date(day))
    unopened = any(
        one.change.before == "NOT_YET_RECRUITING" and one.change.after in {"SUSPENDED", "WITHDRAWN"}
        for one in told
    )
    moved_back = any(one.change.kind in _START and way_of(one) in {Way.PASSED, Way.CAME_TRUE} for one in told)
    return speech.say(_NOT_BEGUN) if unopened and moved_back else ""


@dataclass(frozen=True, slots=True)
class Moved:
    """How moves are told. derived: the numbers in it that we counted."""

    headline: str
    means: str
    lines: tuple[Line, ...]
    derived: tuple[str, ...]
    also: str
    notes: tuple[str, ...]
    doubtful: bool  # a start that is ahead, of a study that is listed as open or begun


def moved(speech: Speech, study: Study, told: Sequence[Told], source: str) -> Moved:
    """The words for one date, or for several that moved in one way."""
    headline, means = _sentences(told)
    starts = told[0].change.kind in _START
    begun = starts and study.overall_status in _BEGUN
    given = way_of(told[0]) is Way.GIVEN
    past = _is_over(told[0])
    ahead = begun and not past and (given or way_of(told[0]) in {Way.LATER, Way.EARLIER, Way.OTHER})
    lines: list[Line] = []
    derived: list[str] = []
    for one in told:
        change = one.change
        way = way_of(one)
        over = way in {Way.CAME_TRUE, Way.CORRECTED}
        slip, counted = _slip(speech, change, () if way is Way.CORRECTED else one.earlier)
        before, now = said_date(speech, change.before), said_date(speech, change.after)
        if over and _published(change.before) == _published(change.after):
            pass  # the statement has the day
        elif way in _GIVEN:
            lines.append(ours(speech.say(_NAMES[change.kind]), now if way is Way.GIVEN else before))
        elif over or len(told) > 1 or headline == _FEW_DAYS:
            lines.append(
                ours(speech.say(_NAMES[change.kind]), "; ".join(filter(None, (f"{before} → {now}", slip))))
            )
        else:
            lines += [ours(speech.say("Before"), before), ours(speech.say("Now"), now)]
            lines += [ours(speech.say("Moved"), slip)] if slip else []
        derived += counted
    day = speech.date(_published(told[-1].change.after) or "")
    later = way_of(told[0]) is Way.LATER and told[0].change.weight >= Weight.NOTABLE
    also = speech.say(_ALSO[told[-1].change.kind]) if later else ""
    said = speech.say(means, source=source, date=day)
    notes: tuple[str, ...] = ()
    if ahead and not given and told[-1].change.kind in _START:
        headline = _AHEAD_OPEN if study.overall_status == "RECRUITING" else _AHEAD[0]
        said = speech.say(_AHEAD[1], source=source)
        also = speech.say(_ALSO_AHEAD) if also else ""
    if given and past:
        notes = (speech.say(_IS_OVER),)
    way = way_of(told[0])
    unopened = study.overall_status == "NOT_YET_RECRUITING" and way is not Way.CAME_TRUE
    doubtful = past and (given or way is Way.PASSED)
    if starts and study.overall_status and (doubtful or (unopened and told[0].change.weight > Weight.MINOR)):
        lines.append(status_line(speech, study.overall_status))
    return Moved(speech.say(headline), said, tuple(lines), tuple(derived), also, notes, ahead and not given)


def _sentences(told: Sequence[Told]) -> tuple[str, str]:
    first, last, way = told[0].change, told[-1].change, way_of(told[0])
    general = SENTENCES[first.kind]
    if way is Way.CORRECTED:
        several = n_(
            "%(source)s dates that had passed were corrected. The days given before, perhaps by us too, no longer hold."
        )
        said = _CORRECTED.get(first.kind, several) if len(told) == 1 else several
        return n_("A date of a study you follow was corrected."), said
    if way is Way.CAME_TRUE:
        return _came_true(last)
    if way not in {Way.LATER, Way.EARLIER}:
        means = _PASSED[first.kind in _START] if way is Way.PASSED else general.means
        return _GIVEN.get(way, (general.headline, means))
    if all(_slip_of(one.change)[0] == "day" for one in told):
        return _FEW_DAYS, _FEW_DAYS_MEANS[len(told) > 1]
    words = _LATER if way is Way.LATER else _EARLIER
    if first.kind is Kind.START_DATE is not last.kind:
        return words[first.kind][0], _BOTH_LATER if way is Way.LATER else _BOTH_EARLIER
    return words[last.kind]


def _came_true(change: Change) -> tuple[str, str]:
    """With the day itself, or the month: that of the entry is another one."""
    general, published = SENTENCES[change.kind], _published(change.after)
    if change.kind not in _CAME_TRUE or not published:
        return general.headline, general.means
    headline, on_day, in_month = _CAME_TRUE[change.kind]
    return headline, on_day if slip_days(published, published) == 0 else in_month


def _moved_by(change: Change) -> float:
    """How far, later above zero and earlier below; zero also where that cannot be told."""
    return _slip_of(change)[1]


def _slip_of(change: Change) -> tuple[str, float]:
    return slip(_published(change.before), _published(change.after)) or ("", 0)


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
    found = slip(_published(change.before), _published(change.after))
    if not found or not found[1]:
        return "", ()
    later = found[1] > 0
    span, derived = _span(speech, *found)
    if not _is_whole(change) and not (found[1] % 1 and abs(found[1]) >= FEWEST_YEARS * 12):
        span = speech.say("about %(span)s", span=span)
    said = [speech.say("%(span)s later", span=span) if later else speech.say("%(span)s earlier", span=span)]
    all_moves = [*earlier, change]
    times = sum(_moved_by(move) * found[1] > 0 for move in all_moves)
    total = slip(_published(all_moves[0].before), _published(change.after))
    if times > 1:
        nth = speech.say(_NTH[times]) if times in _NTH else ""
        said.append(nth or speech.say("%(number)s times since we follow it", number=speech.number(times)))
        derived.append(speech.number(times))
    if times > 1 and total and total[1] * found[1] > 0:
        span, numbers = _span(speech, *total)
        said.append(speech.say("%(span)s in all", span=span))
        derived += numbers
    return "; ".join(filter(None, [said[0], ", ".join(said[1:])])), tuple(derived)


def _is_whole(change: Change) -> bool:
    """Whether a move is said to the day, and not rounded to weeks or months."""
    sides = [_published(side) or "" for side in (change.before, change.after)]
    days, (unit, number) = slip_days(*sides), _slip_of(change)
    if days is None or unit == "day" or sides[0][8:] == sides[1][8:]:
        return True
    return unit == "week" and days == 7 * number


def _span(speech: Speech, unit: str, number: float) -> tuple[str, list[str]]:
    """'5 days', '3 weeks', '2.5 months', '6 years 9 months', 'more than 2 years'; and the numbers in it."""
    size = abs(number)
    if unit != "month":
        said = speech.count(*_DAYS if unit == "day" else _WEEKS, int(size))
        return said, [speech.number(int(size))]
    if size < FEWEST_YEARS * 12:
        half = speech.number(size)
        whole = speech.count(*_MONTHS, int(size))
        return speech.say("%(half)s months", half=half) if size % 1 else whole, [half]
    parts = [(names, n) for names, n in zip((_YEARS, _MONTHS), divmod(int(size), 12), strict=True) if n]
    span = " ".join(speech.count(*names, n) for names, n in parts)
    return speech.say("more than %(span)s", span=span) if size % 1 else span, [
        speech.number(n) for _, n in parts
    ]


#: From as many years on, a move is said in years and months.
FEWEST_YEARS = 2
_DAYS = both("%(number)s day", "%(number)s days")
_WEEKS = both("%(number)s week", "%(number)s weeks")
_MONTHS = both("%(number)s month", "%(number)s months")
_YEARS = both("%(number)s year", "%(number)s years")
_NTH = {
    2: n_("the second time since we follow it"),
    3: n_("the third time since we follow it"),
    4: n_("the fourth time since we follow it"),
    5: n_("the fifth time since we follow it"),
}
