"""Dates that moved: from when to when, by how much, and how often before. Owns the count of postponements."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from notifier.domain.changes import Change, Kind, Weight, slip
from notifier.domain.changes.values import slip_days
from notifier.domain.letter import Told
from notifier.domain.sheets import packaged
from notifier.domain.study import Study
from notifier.domain.wording.catalogue import n_, nn_
from notifier.domain.wording.registry_words import status_line
from notifier.domain.wording.sentences import CASES, MAY_COME_LATER, SENTENCES, Ask
from notifier.domain.wording.shapes import Line, News, Telling, ours
from notifier.domain.wording.speech import Speech

DATE_KINDS = frozenset(
    {Kind.START_DATE, Kind.START_DATE_ROLLED, Kind.PRIMARY_COMPLETION_DATE, Kind.COMPLETION_DATE}
)


@dataclass(frozen=True, slots=True)
class DateWords:
    """What is said of one date. name: before it. also: what a headline that tells of something else leaves out, where it moved
    to later. on_day, in_month: that it came true. corrected: that it was another one all the time.
    """

    name: str
    later: tuple[str, str]
    also: str
    earlier: tuple[str, str]
    came_true: str
    on_day: str
    in_month: str
    corrected: str


_WORDS = {
    Kind(kind): DateWords(name, (later, later_means), also, (earlier, earlier_means), *rest)
    for kind, name, later, later_means, also, earlier, earlier_means, *rest in packaged(
        Path(__file__).with_name("dates.tsv")
    )
}
_TYPES = {"ESTIMATED": n_("%(date)s (planned)"), "ACTUAL": n_("%(date)s (actual)")}
_FEW_DAYS = n_("The planned dates of a study you follow moved by a few days.")
_FEW_DAYS_MEANS = nn_(
    "%(source)s a planned date of this study moved by a few days.",
    "%(source)s planned dates of this study moved by a few days.",
)
_BOTH_LATER = n_("%(source)s this study expects to start and end later than planned.")
_BOTH_EARLIER = n_("%(source)s this study expects to start and end earlier than planned.")
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


def way_of(told: Told) -> Way:
    """How this date moved. A planned date that lay in the past when it was posted is no plan to start or to end."""
    change = told.change
    was, now = _type(change.before), _type(change.after)
    by, day = _slip_of(change)[1], _published(change.after) or ""
    if now == "ACTUAL":
        return Way.CORRECTED if was == "ACTUAL" else Way.CAME_TRUE
    if not (day and _published(change.before)):
        return Way.GIVEN if day else Way.GONE
    if _is_over(told):
        return Way.PASSED
    if was == "ACTUAL" or not by or change.kind not in _WORDS:
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


def told(news: News) -> Telling:
    """One date that moved, or several that moved in one way."""
    speech, study, told, change = news.speech, news.study, news.told, news.change
    way, status = way_of(told[0]), str(study.overall_status)
    headline, means = _sentences(told)
    starts, given, past = change.kind in _START, way is Way.GIVEN, _is_over(told[0])
    # A start that is ahead, of a study that is listed as open or begun.
    ahead = starts and status in _BEGUN and not past and way in {Way.LATER, Way.EARLIER, Way.OTHER}
    lines = [
        line for one in told for line in _lines(news, one, alone=len(told) == 1 and headline != _FEW_DAYS)
    ]
    also = _WORDS[told[-1].change.kind].also if way is Way.LATER and change.weight >= Weight.NOTABLE else ""
    if ahead and told[-1].change.kind in _START:
        headline, means = _AHEAD_OPEN if status == "RECRUITING" else _AHEAD[0], _AHEAD[1]
        also = also and _ALSO_AHEAD
    unopened = status == "NOT_YET_RECRUITING" and way is not Way.CAME_TRUE and change.weight > Weight.MINOR
    if starts and study.overall_status and (unopened or (past and (given or way is Way.PASSED))):
        lines.append(status_line(speech, study.overall_status))
    asks: tuple[str, ...] = ()
    if way in {Way.LATER, Way.EARLIER, Way.OTHER} and change.weight is not Weight.MINOR:
        asks = SENTENCES[told[-1].change.kind].asks
        asks += (Ask.HAS_STARTED,) if asks and ahead and status == "RECRUITING" else ()
    day = speech.date(_published(told[-1].change.after) or "")
    return replace(
        news.telling(lines),
        headline=news.say(headline),
        means=news.say(means, date=day),
        also=news.say(also) if also else "",
        notes=(news.say(_IS_OVER),) if given and past else (),
        asks=asks,
    )


def _lines(news: News, one: Told, *, alone: bool) -> list[Line]:
    change, way = one.change, way_of(one)
    name = news.say(_WORDS[Kind.START_DATE if change.kind in _START else change.kind].name)
    over = way in {Way.CAME_TRUE, Way.CORRECTED}
    slip = _slip(news, change, () if way is Way.CORRECTED else one.earlier)
    before, now = said_date(news.speech, change.before), said_date(news.speech, change.after)
    if over and _published(change.before) == _published(change.after):
        return []  # the statement has the day
    if f"date {way}" in CASES:
        return [ours(name, now if way is Way.GIVEN else before)]
    if over or not alone:
        return [ours(name, "; ".join(filter(None, (f"{before} → {now}", slip))))]
    lines = [ours(news.say("Before"), before), ours(news.say("Now"), now)]
    return [*lines, ours(news.say("Moved"), slip)] if slip else lines


def overdue(news: News) -> Telling:
    """No results yet: what is usual, or that more time was asked for."""
    change = news.change
    lines = [ours(news.say("Last main measurement"), said_date(news.speech, change.after))]
    if not is_date(change.before):
        return news.telling(lines)
    lines.append(ours(news.say("Asked to post them later"), said_date(news.speech, change.before)))
    return replace(news.telling(lines), means=news.say(MAY_COME_LATER), notes=())


def passed(news: News) -> Telling:
    """A planned day that passed, and when the record was last touched."""
    lines = [ours(news.say("Planned for"), said_date(news.speech, news.change.after))]
    if updated := news.study.last_update_post_date:
        lines.append(ours(news.say("Record last updated"), news.speech.date(updated)))
    return news.telling(lines)


def _sentences(told: Sequence[Told]) -> tuple[str, str]:
    first, last, way = told[0].change, told[-1].change, way_of(told[0])
    general = SENTENCES[first.kind]
    if way is Way.CORRECTED:
        several = n_(
            "%(source)s dates that had passed were corrected. The days given before, perhaps by us too, no longer hold."
        )
        alone = len(told) == 1 and first.kind in _WORDS
        said = _WORDS[first.kind].corrected if alone else several
        return n_("A date of a study you follow was corrected."), said
    if way is Way.CAME_TRUE:
        published = _published(last.after)
        if last.kind not in _WORDS or not published:
            return SENTENCES[last.kind].headline, SENTENCES[last.kind].means
        # With the day itself, or the month: that of the entry is another one.
        words = _WORDS[last.kind]
        return words.came_true, words.on_day if slip_days(published, published) == 0 else words.in_month
    if way not in {Way.LATER, Way.EARLIER}:
        means = _PASSED[first.kind in _START] if way is Way.PASSED else general.means
        return CASES.get(f"date {way}", (general.headline, means))
    if all(_slip_of(one.change)[0] == "day" for one in told):
        return _FEW_DAYS, _FEW_DAYS_MEANS[len(told) > 1]
    if first.kind is Kind.START_DATE is not last.kind:
        both = _WORDS[first.kind]
        return (both.later[0], _BOTH_LATER) if way is Way.LATER else (both.earlier[0], _BOTH_EARLIER)
    return _WORDS[last.kind].later if way is Way.LATER else _WORDS[last.kind].earlier


def _slip_of(change: Change) -> tuple[str, float]:
    """By how much it moved, later above zero and earlier below; zero also where that cannot be told."""
    return slip(_published(change.before), _published(change.after)) or ("", 0)


def _type(struct: Any) -> str | None:
    return struct.get("type") if isinstance(struct, dict) else None


def _published(struct: Any) -> str | None:
    date = struct.get("date") if isinstance(struct, dict) else struct
    return date if isinstance(date, str) else None


def is_date(value: Any) -> bool:
    """Whether it is a date as the registry publishes it, with its type or without."""
    return (
        isinstance(value, dict)
        and "date" in value
        and str(value.get("type")) in {"None", "ACTUAL", "ESTIMATED"}
    )


def said_date(speech: Speech, struct: Any) -> str:
    """'June 2028 (planned)'; takes the registry's structure."""
    date = _published(struct)
    if not date:
        return speech.say("not stated")
    said = speech.date(date)
    kind = _TYPES.get(str(_type(struct)))
    return speech.say(kind, date=said) if kind else said


def _slip(news: News, change: Change, earlier: Sequence[Change]) -> str:
    """'9 months later; the third time since we follow it, 14 months in all'."""
    unit, number = _slip_of(change)
    if not number:
        return ""
    span = _span(news, unit, number)
    sides = [_published(side) or "" for side in (change.before, change.after)]
    days = slip_days(*sides)
    # Said to the day, or rounded to weeks or months.
    whole = (
        days is None
        or unit == "day"
        or sides[0][8:] == sides[1][8:]
        or (unit == "week" and days == 7 * number)
    )
    if not whole and not (number % 1 and abs(number) >= FEWEST_YEARS * 12):
        span = news.say("about %(span)s", span=span)
    said = news.say("%(span)s later", span=span) if number > 0 else news.say("%(span)s earlier", span=span)
    all_moves = [*earlier, change]
    times = sum(_slip_of(move)[1] * number > 0 for move in all_moves)
    if times < 2:
        return said
    count = news.counted(times)
    more = [
        news.say(_NTH[times])
        if times in _NTH
        else news.say("%(number)s times since we follow it", number=count)
    ]
    total = slip(_published(all_moves[0].before), _published(change.after))
    if total and total[1] * number > 0:
        more.append(news.say("%(span)s in all", span=_span(news, *total)))
    return f"{said}; {', '.join(more)}"


def _span(news: News, unit: str, number: float) -> str:
    """'5 days', '3 weeks', '2.5 months', '6 years 9 months', 'more than 2 years'."""
    size, speech = abs(number), news.speech
    if unit != "month":
        news.counted(int(size))
        return speech.count(*_DAYS if unit == "day" else _WEEKS, int(size))
    if size < FEWEST_YEARS * 12:
        half = news.counted(size)
        return news.say("%(half)s months", half=half) if size % 1 else speech.count(*_MONTHS, int(size))
    parts = [(names, n) for names, n in zip((_YEARS, _MONTHS), divmod(int(size), 12), strict=True) if n]
    span = " ".join(speech.count(*names, n) for names, n in parts)
    news.numbers.extend(speech.number(n) for _, n in parts)
    return news.say("more than %(span)s", span=span) if size % 1 else span


#: From as many years on, a move is said in years and months.
FEWEST_YEARS = 2
_DAYS = nn_("%(number)s day", "%(number)s days")
_WEEKS = nn_("%(number)s week", "%(number)s weeks")
_MONTHS = nn_("%(number)s month", "%(number)s months")
_YEARS = nn_("%(number)s year", "%(number)s years")
_NTH = {
    2: n_("the second time since we follow it"),
    3: n_("the third time since we follow it"),
    4: n_("the fourth time since we follow it"),
    5: n_("the fifth time since we follow it"),
}
