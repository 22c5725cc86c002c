"""When a measure is taken, and how long something lasts, by a time frame of the registry; nothing where that is not sure."""

import re
from collections.abc import Sequence
from functools import lru_cache

from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.voice import Voice
from notifier.domain.wording import one_line
from notifier.domain.wording.catalogue import nn_

UNITS = {
    "minute": nn_("%(number)s minute", "%(number)s minutes"),
    "hour": nn_("%(number)s hour", "%(number)s hours"),
    "day": nn_("%(number)s day", "%(number)s days"),
    "week": nn_("%(number)s week", "%(number)s weeks"),
    "month": nn_("%(number)s month", "%(number)s months"),
    "year": nn_("%(number)s year", "%(number)s years"),
}
NUMBERS = {
    word: number
    for number, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
        start=1,
    )
}
_UNIT = r"(minute|hour|day|week|month|year)"
_FIGURE = AnyCase(rf"(\d{{1,4}})(?:st|nd|rd|th)?[- ]?{_UNIT}s?\b|\b{_UNIT}s?[ -]?(\d{{1,4}})\b")
#: What may stand beside the figures of a time frame that ends with the largest of them.
_ONLY_TIME = AnyCase(
    r"(?:\s*(?:baseline|day 0|0|and|to|at|from|up|through|until|till|over|for|within|during|in|the|first|end|of|approximately|about|a|maximum|post|after|before|compared|early|termination|enrol?lment|total|"
    r"treatment|follow-?up|pre|change|then|screening|start|visit|visits|period|on|follow|once|every|each|assessed|measured|\d{1,3}|initiation|randomi[sz]ation|study|completion|entry|therapy|dose|last|intervention|inclusion|drug|since|date|annually|immediately)\b|[\s,;.()&/~+:-])*"
)
#: Where it begins, which adds nothing to where it ends; the same time in days.
_THE_START = AnyCase(r"\b(?:day|week|month)s? [01]\b|\((?:day|week|month) \d+\)|\(end of [^()]*\)")
#: It is no end that is counted from the beginning: "until 30 days after the last dose".
_AFTER_THE_END = AnyCase(r"\b(?:after|post|following|since|from)\b.*\b(?:last|end|completion)\b")
_UP_TO = AnyCase(
    rf"\b(?:assessed |followed )?up to (?:approximately |about |a maximum of |a total of )?(\d{{1,4}})[- ]{_UNIT}s?\W*$"
)
_ON_AVERAGE = AnyCase(rf"\b(?:an )?average of (?:approximately |about )?(\d{{1,4}})[- ]{_UNIT}s?\b")
_AN_OPERATION = r"(?:surgery|the surgery|operation|the operation|surgery completion|post-?op\w*|post-?surgery|post-?operative(?:ly)?)"
_A_PROCEDURE = r"(?P<procedure>(?<=after )(?:the )?procedure|(?<=following )(?:the )?procedure|post[- ]?procedure)"  # which may be one, an endoscopy, or rays
_AFTER_ONE = AnyCase(
    rf"(?:(?:at|within|from baseline (?:to|through)|baseline (?:to|through)|surgery to)\s)?(\d{{1,4}})[- ]{_UNIT}s?[- ](?:after |following |post )?(?:{_AN_OPERATION}|{_A_PROCEDURE})\.?"
)
MOST_MONTHS, MOST_WEEKS = 24, 104  # above these, years are told


@lru_cache(maxsize=64)  # a read asks three times
def _spelled(frame: str | None) -> str:
    """A time frame with whole figures: 'Up to three years', '1.5 years'."""
    text = _NUMBER_WORDS.sub(lambda found: str(NUMBERS[found[0].casefold()]), one_line(frame or ""))
    return _AND_A_HALF.sub(lambda found: f"{12 * int(found[1]) + 6} months", text)


_AND_A_HALF = AnyCase(r"(?<![\d.,])(\d{1,2})\.5[- ]years?\b")
_NUMBER_WORDS = re.compile(rf"(?i)\b(?:{'|'.join(NUMBERS)})\b(?=[- ](?:minute|hour|day|week|month|year))")


def said_of(number: int, unit: str, voice: Voice) -> str:
    """'24 weeks'; many months or weeks as years, since nobody counts that far."""
    most, of_a_year = {"month": (MOST_MONTHS, 12), "week": (MOST_WEEKS, 52)}.get(unit, (number, 1))
    whole = number % of_a_year == 0
    if number <= most or (number <= 2 * most and not whole):
        return voice.count(*UNITS[unit], number)
    years = voice.count(*UNITS["year"], round(number / of_a_year))
    return years if whole else voice.say("about %(span)s", span=years)


_FIRST_DAY = AnyCase(r"(?:on |at )?days? [01]\.?")


def span_of(frame: str | None, voice: Voice) -> str:
    """'24 weeks', for 'Baseline, week 12 and week 24'; empty where that is not sure."""
    text = _spelled(frame)
    if _BEFORE_IT.search(text) or _A_PART.search(text):
        return ""
    if found := _UP_TO.search(text):
        figures = {unit for each in _FIGURE.finditer(text[: found.start()]) for unit in (each[2] or each[3],)}
        if not figures and not re.search(r"\d\W*(?:years?|months?) and\b", text):
            return said_of(int(found[1]), found[2].lower(), voice)
    if _FIRST_DAY.fullmatch(text) or _AFTER_THE_END.search(text):
        return ""  # where it begins, or what comes behind its end
    for shorter in (text, _THE_START.sub(" ", text)):
        units = {(found[2] or found[3]).lower() for found in _FIGURE.finditer(shorter)}
        if len(shorter) <= LONGEST and len(units) == 1 and _ONLY_TIME.fullmatch(_FIGURE.sub(" ", shorter)):
            longest = max(map(int, re.findall(r"\d+", shorter)))
            return said_of(longest, units.pop(), voice) if longest else ""
    return ""


#: What is measured before it begins is measured again after it, whether the frame says so or not.
_BEFORE_IT = AnyCase(r"\d (?:minute|hour|day|week|month)s? before\b(?!.*\d)")
#: Part of a day, a week or a month, which no figure of ours can say.
_A_PART = re.compile(r"(?<!,)\d[.,]\d+(?!,)|[½¼¾]")
LONGEST = 120  # characters of a time frame that are looked at


_DAYS = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1, "week": 7, "month": 30, "year": 365}


def days_of(frame: str | None) -> float:
    """The largest figure of a time frame in days; none where it has none."""
    figures = (
        (found[1] or found[4], (found[2] or found[3]).lower()) for found in _FIGURE.finditer(_spelled(frame))
    )
    return max((int(number) * _DAYS[unit] for number, unit in figures), default=0)


def when_of(frame: str | None, voice: Voice, again: Sequence[str | None] = ()) -> str:
    """'up to 24 weeks', '3 months after the operation'; empty where that is not sure. again: when the same is measured before."""
    text = _spelled(frame)
    times = [_AFTER_ONE.fullmatch(_spelled(each)) for each in (*again, frame)]
    if again and all(each and not each["procedure"] for each in times):
        spans = [said_of(int(each[1]), each[2].lower(), voice) for each in times if each]
        return voice.say("%(span)s after the operation", span=voice.listing(dict.fromkeys(spans)))
    if found := _AFTER_ONE.fullmatch(text):
        span = said_of(int(found[1]), found[2].lower(), voice)
        if found["procedure"]:
            return voice.say("%(span)s after the procedure", span=span)
        return voice.say("%(span)s after the operation", span=span)
    if (found := _ON_AVERAGE.search(text)) and len(list(_FIGURE.finditer(text))) == 1:
        return voice.say("%(span)s on average", span=said_of(int(found[1]), found[2].lower(), voice))
    span = span_of(frame, voice)
    return voice.say("up to %(span)s", span=span) if span else ""
