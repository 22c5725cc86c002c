"""What a model's read must pass before anybody sees it: form, length, plainness, no claim, nothing that is not on record.

It is a gate, not a proof: it finds what stands in no record, and not what a record says otherwise.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from notifier.domain.study import Study
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.brief import brief_of
from notifier.domain.summaries.measure import (
    HARDEST,
    LONGEST,
    LONGEST_ON_AVERAGE,
    average,
    grade,
    longest,
    sentences,
)
from notifier.domain.summaries.phrases import banned_in, claims
from notifier.domain.summaries.words import NUMBERS, forms, is_everyday, on_record
from notifier.domain.wording import one_line
from notifier.domain.wording.vocabulary import (
    NUMBER,
    Stock,
    has_number,
    parted,
    stock,
    words_in,
)

LONGEST_TITLE = 140  # characters
LONGEST_PARAGRAPH = 700
MOST_PARAGRAPHS = 6
SHORTEST_SUMMARY = 80  # characters; less says nothing of a study
_MARKUP = AnyCase(r"[<>`*_#\[\]{}|\\^~@]|https?:|www\.|&[a-z#]")
_MOST_NAMED = 8  # of what is wrong, in one sentence of ours
_LONGEST_NAMED = 40  # characters of each


@dataclass(frozen=True, slots=True)
class Draft:
    """What a model wrote. What could go wrong is no part of it: that, rules say."""

    title: str
    question: str
    summary: tuple[str, ...]
    could_lead_to: tuple[str, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        return (self.title, self.question, *self.summary, *self.could_lead_to)


def faults(draft: Draft, study: Study) -> Iterator[str]:
    """Why the draft cannot be shown, each as the end of "it ..."; none: it can.

    Every number, date and word must stand in what the model was told of the record, or be an everyday word of the list:
    so a drug, an illness or a place that is not on record cannot pass, however it is written.
    """
    parts = (draft.summary, draft.could_lead_to)
    if not all(part and len(part) <= MOST_PARAGRAPHS for part in parts):
        yield f"has a part without text, or with more than {MOST_PARAGRAPHS} paragraphs"
    if not all(text.strip() for text in draft.texts):
        yield "has an empty text"
    if not draft.question.endswith("?") or len(draft.question.split()) > LONGEST:
        yield f"has no question of at most {LONGEST} words"
    if len(draft.title) > LONGEST_TITLE or any(len(text) > LONGEST_PARAGRAPH for text in draft.texts):
        yield "is too long"
    if len(" ".join(draft.summary)) < SHORTEST_SUMMARY:
        yield "has hardly a summary"
    if any(text != one_line(text) for text in draft.texts):
        yield "has line breaks, or signs that cannot be seen"
    if any(_MARKUP.search(text) for text in draft.texts):
        yield "has markup or a link"
    if found := banned_in(" \n ".join(draft.texts)):
        yield f"says what is never said ({_some(found)})"
    claimed = [claims(each, may=False) for text in (draft.title, *draft.summary) for each in sentences(text)]
    claimed += [claims(each, may=True) for text in draft.could_lead_to for each in sentences(text)]
    if found := tuple(filter(None, claimed)):
        yield f"claims that something works ({_some(found)})"
    names = [each.name for each in study.interventions] + list(study.conditions)
    ended = (text if text.endswith((".", "!", "?")) else f"{text}." for text in draft.texts[1:])
    read = _without(" ".join(ended), [name for name in names if name])
    if grade(read) > HARDEST:
        yield f"reads at grade {grade(read):.1f}, above {HARDEST}"
    if longest(read) > LONGEST or average(read) > LONGEST_ON_AVERAGE:
        yield f"has sentences of more than {LONGEST} words, or of more than {LONGEST_ON_AVERAGE} on the average"
    told = stock(_texts(brief_of(study)))
    if found := tuple(dict.fromkeys(stranger for text in draft.texts for stranger in _strangers(text, told))):
        yield f"names what does not stand in the record ({_some(found)})"


def _strangers(text: str, told: Stock) -> Iterator[str]:
    dates, plain = parted(text, "en")
    yield from (said for _, said in dates if said not in told.text)
    yield from (number for number in NUMBER.findall(plain) if not has_number(number, told.numbers))
    known = on_record(told.words)
    for word in words_in(plain):
        if is_everyday(word) or not known.isdisjoint(forms(word)):
            continue
        if NUMBERS.get(word.casefold()) not in told.numbers:
            yield word


def _texts(value: Any) -> Iterator[str]:
    """The texts and numbers of what the model was told; the names of the fields are ours and prove nothing."""
    if isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    else:
        yield str(value)


def _without(text: str, names: list[str]) -> str:
    """The text with a short name in place of each name of the record, which no wording of ours could make easier."""
    for name in sorted(map(one_line, names), key=len, reverse=True):
        text = re.sub(rf"(?i)(?<!\w){re.escape(name)}(?!\w)", "Sam", text)
    return text


def _some(found: tuple[str, ...]) -> str:
    shown = ", ".join(each[:_LONGEST_NAMED] for each in found[:_MOST_NAMED])
    return shown if len(found) <= _MOST_NAMED else f"{shown} …"
