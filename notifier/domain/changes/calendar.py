"""What time alone makes of a record that says nothing new: results that are not there, a planned day that has passed. Pure.

It is told once, on the day on which it becomes so, and never as somebody's fault: results are said to be usual by then, with
the registry's own certificate of delay where there is one, and a plan that has passed says that the record may be out of date.
"""

from datetime import MAXYEAR, date, timedelta
from typing import NamedTuple, TypeAlias

from notifier.domain.changes.kinds import Change, Kind, made
from notifier.domain.study import OverallStatus as Is
from notifier.domain.study import PublishedDate, Study

#: The kinds that are made here, and nowhere else.
CALENDAR_KINDS = frozenset({Kind.RESULTS_OVERDUE, Kind.START_PASSED, Kind.END_PASSED})
STANDS_STILL = timedelta(days=30)  # after the planned day, and after the record's last update
_GOES_ON = frozenset({
    Is.NOT_YET_RECRUITING, Is.RECRUITING, Is.ENROLLING_BY_INVITATION, Is.ACTIVE_NOT_RECRUITING, Is.SUSPENDED,
})  # fmt: skip
_ENDED = frozenset({Is.COMPLETED, Is.TERMINATED})
#: Of these nobody expects results in the registry.
_NO_RESULTS = frozenset({"OBSERVATIONAL", "EXPANDED_ACCESS"})


#: What is told once: a kind, and the published date that it is about.
Said: TypeAlias = tuple[str, str | None]


class Due(NamedTuple):
    """A change that time makes, and the first day on which it is so.

    Of the change `after` is the date that it is about, as published, and `before` the certificate of delay.
    """

    day: date
    change: Change

    @property
    def said(self) -> Said:
        return said(self.change.kind, self.change.after)


def said(kind: str, after: object) -> Said:
    """What a change of these kinds says, as stored."""
    dated = after.get("date") if isinstance(after, dict) else None
    return str(kind), dated if isinstance(dated, str) else None


def due(study: Study) -> tuple[Due, ...]:
    """All that time makes of this record if it stays as it is, the earliest first. What has no date is never due."""
    found = [each for each in (_results(study), _end(study) or _start(study)) if each]
    return tuple(sorted(found, key=lambda each: each.day))


def next_day(study: Study, today: date) -> str | None:
    """The next day on which time makes something of the record; None where none is known."""
    return min((each.day.isoformat() for each in due(study) if each.day > today), default=None)


def next_day_after(before: Study, study: Study, waits: str | None, today: date) -> str | None:
    """The same of a new version. What is so now, and was not by the version before, is due at once.

    waits: the day that stood there, which is not passed over where it has come.
    """
    was = {each.said for each in due(before) if each.day <= today}
    days = [each.day.isoformat() for each in due(study) if each.day > today or each.said not in was]
    if waits is not None and waits <= today.isoformat():
        days.append(waits)
    return min(days, default=None)


def _results(study: Study) -> Due | None:
    """No results a year after the last main measurement, of a study that is to have some and has sent none in."""
    if study.has_results or study.results_first_submit_date or study.results_waived:
        return None
    if study.study_type in _NO_RESULTS or study.overall_status is Is.WITHDRAWN or study.enrollment.count == 0:
        return None
    measured = study.primary_completion_date or study.completion_date
    day = last_day(measured)
    if measured is None or day is None or day.year >= MAXYEAR:
        return None
    if measured.type != "ACTUAL" and study.overall_status not in _ENDED:
        return None  # then it is a plan, and `_end` speaks of it
    delay = study.results_delay_date
    change = _made(Kind.RESULTS_OVERDUE, measured, PublishedDate(delay) if delay else None)
    leap = (day.month, day.day) == (2, 29)
    return Due(date(day.year + 1, 3, 1) if leap else day.replace(year=day.year + 1), change)


def _end(study: Study) -> Due | None:
    ends = study.completion_date or study.primary_completion_date
    return _passed(study, Kind.END_PASSED, ends) if study.overall_status in _GOES_ON else None


def _start(study: Study) -> Due | None:
    waits = study.overall_status is Is.NOT_YET_RECRUITING
    return _passed(study, Kind.START_PASSED, study.start_date) if waits else None


def _passed(study: Study, kind: Kind, planned: PublishedDate | None) -> Due | None:
    """A planned day that passed, in a record that nobody has touched since, or not for long."""
    day, updated = last_day(planned), last_day(PublishedDate(study.last_update_post_date))
    if planned is None or day is None or planned.type == "ACTUAL":
        return None
    since = max(day, updated) if updated else day
    return Due(since + STANDS_STILL, _made(kind, planned)) if since.year < MAXYEAR else None


def last_day(published: PublishedDate | None) -> date | None:
    """The last day that a date as published may mean; None where it is none."""
    parts = (published.date or "").split("-") if published else []
    try:
        year, month, day = [*map(int, parts), *(0, 0, 0)][:3]
        if day:
            return date(year, month, day)
        following = date(year, month, 1) + timedelta(days=31) if month else date(year + 1, 1, 1)
        return following.replace(day=1) - timedelta(days=1)
    except (ValueError, OverflowError):
        return None


def _made(kind: Kind, dated: PublishedDate, before: PublishedDate | None = None) -> Change:
    return made(kind, before and _plain(before), _plain(dated))


def _plain(published: PublishedDate) -> dict[str, str]:
    return {name: text for name, text in (("date", published.date), ("type", published.type)) if text}
