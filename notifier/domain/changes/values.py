"""Which kind of change a new value of a single field is, and what it weighs."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from notifier.domain.changes.dates import date_weight, rolling, slip_months
from notifier.domain.changes.form import says_the_same
from notifier.domain.changes.kinds import HAS_RESULTS, OVERALL_STATUS, RESULTS, Change, Kind, Weight, kind_at
from notifier.domain.changes.lists import is_same_firm
from notifier.domain.changes.pairing import COMMON_WORDS, fold, is_respelled, same_words
from notifier.domain.changes.statuses import ENROLLING, ON_HOLD, TAKES_NOBODY, study_move


class Standing(msgspec.Struct, frozen=True):
    """What of a whole record decides how its single changes are told: status, and the day it was posted."""

    status: str | None = None
    posted: str | None = None

    @property
    def enrolling(self) -> bool:
        """Whether people may join, or soon may, or may again."""
        return self.status in ENROLLING | ON_HOLD

    @property
    def takes_nobody(self) -> bool:
        """Whether nobody can join any more."""
        return self.status in TAKES_NOBODY

    @classmethod
    def of(cls, document: dict[str, Any]) -> "Standing":
        """Read from a record; what is not there or not text is None."""
        status = _at(_at(document, "protocolSection"), "statusModule")
        return cls(
            _text(_at(status, "overallStatus")), _text(_at(_at(status, "lastUpdatePostDateStruct"), "date"))
        )


def _at(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def value_change(path: str, before: Any, after: Any, was: Standing, now: Standing) -> Change:
    """The change of what stands at a path that is told as one value."""
    if path == OVERALL_STATUS:
        move = study_move(_text(before), _text(after))
        return Change(move.kind, move.weight, OVERALL_STATUS, before, after)
    if path == HAS_RESULTS:
        kind = Kind.OTHER
        if after is True or before is True:
            kind = Kind.RESULTS_POSTED if after is True else Kind.RESULTS_WITHDRAWN
        return Change(kind, kind.weight, HAS_RESULTS, before, after)
    kind = kind_at(path)
    if kind is Kind.START_DATE:
        return _start_change(path, before, after, was, now)
    light = _LIGHT.get(kind)
    weight = light(path, before, after) if light else kind.weight
    if says_the_same(before, after) or is_same_firm(before, after):
        weight = Weight.HOUSEKEEPING
    return Change(kind, weight, path, before, after)


def _start_change(path: str, before: Any, after: Any, was: Standing, now: Standing) -> Change:
    change = Change(Kind.START_DATE, date_weight(Kind.START_DATE, before, after), path, before, after)
    if rolling(change, posted=now.posted, previously_posted=was.posted):
        # Such a date is told once a month at most: when it enters another one.
        same_month = slip_months(_text(before["date"]), _text(after["date"])) == 0
        weight = Weight.MINOR if same_month else Kind.START_DATE_ROLLED.weight
        return msgspec.structs.replace(change, kind=Kind.START_DATE_ROLLED, weight=weight)
    since = slip_months(_text(_at(after, "date")), now.posted)
    settled = now.status in _HAVE_STARTED or (
        now.status == "WITHDRAWN" and was.status != "NOT_YET_RECRUITING"
    )
    if change.weight > Weight.MINOR and settled and since is not None:
        closed = now.takes_nobody and since >= 0
        # Among days that have passed, of a study that stands as it stood, it moves nothing that is still to come.
        over = all(_lies_before(side, now.posted) for side in (before, after))
        came_true = _at(after, "type") == "ACTUAL" != _at(before, "type")
        closed |= over and not came_true and was.status == now.status
        return msgspec.structs.replace(
            change, weight=Weight.MINOR if closed or since >= _LONG_AGO else change.weight
        )
    return change


def _lies_before(struct: Any, posted: str | None) -> bool:
    day = _text(_at(struct, "date")) or ""
    return bool(day and posted) and day < str(posted)[: len(day)]


#: By their status, studies that have started; so many months later their start is no news any more.
_HAVE_STARTED = TAKES_NOBODY - {"WITHDRAWN"} | {"RECRUITING", "ENROLLING_BY_INVITATION"}
_LONG_AGO = 6


def _summary(_path: str, before: Any, after: Any) -> Weight:
    """Whether people are called patients or subjects makes no other study."""
    before, after = (_TEENAGE.sub("adolescent", str(side or "")) for side in (before, after))
    moved = {word if word in COMMON_WORDS else f"{word}s" for side in _moved(before, after) for word in side}
    signs = [_TELLING_SIGNS.findall(str(side or "")) for side in (before, after)]
    says_little = moved <= COMMON_WORDS and signs[0] == signs[1]
    return (
        Weight.MINOR
        if says_little or same_words(before, after) or is_respelled(before, after)
        else Weight.NOTABLE
    )


_TEENAGE = re.compile(r"(?i)\bteenage[rd]?(?=s?\b)")
_TELLING_SIGNS = re.compile(r"[<>=≤≥±%+]")


def _description(_path: str, before: Any, after: Any) -> Weight:
    """A number that gave way to another one says as much as many words do."""
    gone, came = _moved(before, after)
    most = max(_MOST_EDITED, _EDITED * len(f"{before} {after}".split()))
    much = (gone + came).total() >= most or all(any(map(str.isdigit, side)) for side in (gone, came))
    return Weight.NOTABLE if much else Weight.MINOR


#: From this share of edited words on, and from as many, a long text says something else.
_EDITED, _MOST_EDITED = 0.05, 10


def _moved(before: Any, after: Any) -> tuple[Counter[str], Counter[str]]:
    """The words that went and that came."""
    old, new = (Counter(fold(side).split()) for side in (before, after))
    return old - new, new - old


#: What a title has besides what it is about: an article, and the phase, whose change is told by itself.
_TITLE_DRESS = re.compile(
    r"\b(?:an?|the|(?:early )?phase (?:[0-4]|i{1,3}|iv)(?:[ab]|/(?:[0-4]|i{1,3}|iv))*)\b"
)


def _title(path: str, before: Any, after: Any) -> Weight:
    """A short name beside the title, which alone names what is studied, is a minor one."""
    ours, theirs = (_TITLE_DRESS.sub("", str(each or "").casefold()) for each in (before, after))
    if is_respelled(ours, theirs):
        return Weight.MINOR
    if same_words(ours, theirs):
        return Weight.MINOR if same_words(before, after) else Weight.HOUSEKEEPING
    return Weight.MINOR if path.endswith(".acronym") else Kind.TITLE.weight


def _expanded_access(path: str, before: Any, after: Any) -> Weight:
    if not (_at(before, "hasExpandedAccess") or _at(after, "hasExpandedAccess")):
        return Weight.NOTABLE if path.endswith("Types") else Weight.HOUSEKEEPING
    moved = [key for key in ("hasExpandedAccess", "statusForNctId") if _at(before, key) != _at(after, key)]
    return kind_at(path).weight if moved else Weight.MINOR


def _phase(path: str, before: Any, after: Any) -> Weight:
    says_none: tuple[Any, ...] = (None, [], ["NA"], ["UNKNOWN"])
    return Weight.HOUSEKEEPING if before in says_none and after in says_none else kind_at(path).weight


def _delay(path: str, before: Any, after: Any) -> Weight:
    asked = path.endswith((".dispFirstSubmitDate", ".resultsWaived")) and before is None and after is not None
    return kind_at(path).weight if asked else Weight.MINOR


def _date(path: str, before: Any, after: Any) -> Weight:
    return date_weight(kind_at(path), before, after)


#: The kinds that some circumstance makes lighter; the circumstance stands in the table.
_LIGHT: dict[Kind, Callable[[str, Any, Any], Weight]] = {
    Kind.TITLE: _title,
    Kind.SUMMARY: _summary,
    Kind.DESCRIPTION: _description,
    Kind.EXPANDED_ACCESS: _expanded_access,
    Kind.PHASE: _phase,
    Kind.DOCUMENTS: lambda *_: Weight.MINOR,
    Kind.RESULTS_DELAYED: _delay,
    Kind.PRIMARY_COMPLETION_DATE: _date,
    Kind.COMPLETION_DATE: _date,
}


def is_results_part(path: str) -> bool:
    """Whether a path is one part of the results, of which only a digest is kept."""
    return path.startswith(RESULTS + ".") and path.count(".") == 1
