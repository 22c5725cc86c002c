"""How long a measure is followed, where its time frame says so in figures; what it says otherwise is left alone."""

import re

from notifier.domain.summaries.voice import Voice
from notifier.domain.wording import one_line


def both(one: str, many: str) -> tuple[str, str]:
    """Marks a pair of sentences, for one and for many, for the catalogues."""
    return one, many


_FIGURE = re.compile(
    r"(\d{1,4})(?:st|nd|rd|th)?[- ]?(minute|hour|day|week|month|year)s?\b|\b(minute|hour|day|week|month|year)s?[ -]?(\d{1,4})\b",
    re.IGNORECASE,
)
#: What may stand beside the figures of a time frame that ends with the largest of them.
_ONLY_TIME = re.compile(
    r"(?:\s*(?:baseline|day 0|0|and|to|at|from|up|through|until|till|over|for|within|during|in|the|first|end|of|approximately|about|a|maximum|post|after|enrol?lment|"
    r"treatment|follow-?up|pre|change|then|screening|start|visit|visits|period|on|follow|once|every|each|assessed|measured|\d{1,3}|initiation|randomi[sz]ation|study|completion|entry|therapy|dose|last|intervention|inclusion|drug|since|date)\b|[\s,;.()&/~-])*",
    re.IGNORECASE,
)
#: It is no end that is counted from the beginning: "until 30 days after the last dose".
_AFTER_THE_END = re.compile(
    r"\b(?:after|post|following|since|from)\b.*\b(?:last|end|completion)\b", re.IGNORECASE
)
_UNITS = {
    "minute": both("%(number)s minute", "%(number)s minutes"),
    "hour": both("%(number)s hour", "%(number)s hours"),
    "day": both("%(number)s day", "%(number)s days"),
    "week": both("%(number)s week", "%(number)s weeks"),
    "month": both("%(number)s month", "%(number)s months"),
    "year": both("%(number)s year", "%(number)s years"),
}


def span_of(frame: str | None, voice: Voice) -> str:
    """'24 weeks', for 'Baseline, week 12 and week 24'; empty where that is not sure."""
    text = one_line(frame or "")
    units = {(found[2] or found[3]).lower() for found in _FIGURE.finditer(text)}
    if re.fullmatch(r"(?:on |at )?days? [01]\.?", text, re.IGNORECASE) or _AFTER_THE_END.search(text):
        return ""  # where it begins, or what comes behind its end
    if len(text) > 120 or len(units) != 1 or not _ONLY_TIME.fullmatch(_FIGURE.sub(" ", text)):
        return ""
    longest = max(map(int, re.findall(r"\d+", text)))
    return voice.count(*_UNITS[units.pop()], longest) if longest else ""
