"""Which of the record's rules on who can join, and on who cannot, tell a reader most: quoted, one or two, and never cut to say less.

A rule of one group, one of several ways in, and what every study asks (an age, consent, laboratory values) are passed over.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial

from notifier.domain.study import OverallStatus as Is
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.plot import Plot, tokens
from notifier.domain.summaries.quoting import is_whole, sentences, words
from notifier.domain.summaries.tables import pattern_of, table
from notifier.domain.summaries.told import hard_words
from notifier.domain.wording import shown

LONGEST = 8_000  # characters of the rules that are looked at
MOST_RULES = 24  # of them
LEAST_WORDS, MOST_WORDS = 3, 22  # of a rule
LONG = 14  # words of a rule, of which it is left out how something is known
MOST_OF_TWO = 34  # words of both that are told
LEAST_WORTH = 3.0
ALONE = 10  # worth of a kind of which one new word is enough

BULLET = re.compile(r"^(?:[\s*\-–—•·●○▪>✓\\#]|o (?=[A-Z])|(?:\d{1,2}|[A-Za-z]|[ivx]{1,4})[.)]|\(?\d{1,2}\))+")
IN_A_LINE = re.compile(r"(?<=[.;])\s*(?:\(?\d{1,2}\\?[.)]\s*)(?=[A-Z≥>])")
HEAD = pattern_of("admitting.head")
_INCLUDES, _EXCLUDES = pattern_of("admitting.includes"), pattern_of("admitting.excludes")
_LEAVES_OUT = pattern_of("admitting.leaves_out")
OF_SOME, ONE_WAY = pattern_of("admitting.of_some"), re.compile(r"(?i)(?:and/)?or\b")
GOES_ON = re.compile(r"(?i)(?: or| and|,)$")
_NEVER, _TIMED = pattern_of("admitting.never"), pattern_of("admitting.timed")
_WIDER = pattern_of("admitting.wider")
_ASIDE, _CUT = pattern_of("admitting.aside"), pattern_of("admitting.cut")
_HANGS, _LITTLE = pattern_of("admitting.hangs"), pattern_of("admitting.says_little")
_SIGNS = re.compile(r"[<>≥≤=/]+")
MOST_SIGNS = 3


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it stands, on who can join ("in") or not ("out")."""

    text: str
    side: str


def rules_of(criteria: str) -> Iterator[Rule]:
    """The rules that hold for all: nothing below a heading that leaves a choice, and none at all where groups have their own."""
    criteria = shown(criteria[:LONGEST].replace("\\", ""))
    if len([*_INCLUDES.finditer(criteria)]) > 1 or len(_EXCLUDED.findall(criteria)) > 1:
        return
    side, below, opened, told = "in", -1, False, False
    for line in criteria.splitlines():
        depth = len(line) - len(line.lstrip())
        for each in IN_A_LINE.split(line):
            text = " ".join(BULLET.sub("", each.strip()).split())
            if _EXCLUDES.match(text) or _NOW_EXCLUDES.search(text):
                side, below, opened = "out", -1, False
            elif not text or 0 <= below < depth:
                opened = opened and not text
            elif _LEAVES_OUT.search(text):
                if side == "in" and text.endswith(":"):
                    return
                below = -1 if side == "out" else depth
            elif opened or OF_SOME.search(text) or (told and side == "in" and _HEAD_AGAIN.match(text)):
                return  # of some, or of a choice that is not set in
            elif HEAD.match(text):
                below = -1
            else:
                below, opened, told = depth, text.endswith(":"), True
                yield Rule(text.strip(" .;,；–-"), side)


#: At the end of a rule, or glued to the first that follows.
_NOW_EXCLUDES = re.compile(r"\bExclusion [Cc]riteria\W{0,2}(?::|$)")
_HEAD_AGAIN = AnyCase(rf"(?={HEAD.pattern}).*criteri")
_EXCLUDED = re.compile(
    r"(?im)^\W*(?:key |main |general |major |patient )*(?:exclusion|non-?inclusion) criteri"
)


@cache
def _kinds(table_name: str) -> list[tuple[float, AnyCase]]:
    """What rules tell, by what that is worth."""
    return [(float(worth), AnyCase(pattern)) for worth, pattern in table(table_name)]


#: While a study stands so, people can still join.
_OPEN = {Is.RECRUITING, Is.NOT_YET_RECRUITING, Is.ENROLLING_BY_INVITATION, Is.AVAILABLE, Is.SUSPENDED}


def who_can_join(plot: Plot, told: str) -> list[str]:
    """The sentences on who can join and who cannot, beside what is told of people."""
    every, known = list(rules_of(plot.study.eligibility.criteria or "")), tokens(told)
    found = [plot.voice.quoted(each) for each in telling(every, known)]
    tense = 0 if plot.study.overall_status in _OPEN else 1
    say = partial(plot.voice.say_in, tense)
    said = []
    if len(found) > 1:
        said.append(say("Two rules on who can join: %(first)s; %(second)s.", first=found[0], second=found[1]))
    elif found:
        said.append(say("One rule on who can join: %(quote)s.", quote=found[0]))
    if bar := barring(every, known | plot.names, told.casefold()):
        form = "And on who cannot: %(quote)s." if said else "One rule on who cannot join: %(quote)s."
        said.append(say(form, quote=plot.voice.quoted(bar)))
    return said


def telling(every: Sequence[Rule], known: frozenset[str]) -> list[str]:
    """The rules on who can join that say most beside what is known, in their order: one or two, each of another kind."""
    inside = [each.text for each in every if each.side == "in"][:MOST_RULES]
    found: list[tuple[float, int, str, AnyCase]] = []
    for number, (before, rule, behind) in enumerate(
        zip(("", *inside), inside, (*inside[1:], ""), strict=False)
    ):
        if ONE_WAY.match(behind) or GOES_ON.search(rule) or GOES_ON.search(before):
            continue
        if (said := _said(rule)) and (best := _worth(said, known)):
            found.append((best[0], number, said, best[1]))
    found.sort(key=lambda each: (-each[0], each[1]))
    chosen = found[:1]
    for each in found[1:]:
        both = words(found[0][2]) + words(each[2])
        new = tokens(each[2]) - tokens(found[0][2]) - known
        if each[3] is not found[0][3] and both <= MOST_OF_TWO and len(new) > 1:
            chosen.append(each)
            break
    return [each[2] for each in sorted(chosen, key=lambda each: each[1])]


def _said(rule: str) -> str:
    """What can be quoted of a rule: the whole of it, or its first sentence, or up to a clause, where the rest takes nothing back."""
    first = next(iter(sentences(rule)), "") or rule
    if _WIDER.search(rule[len(first) :]):
        return ""
    if words(first) > LONG and (aside := _ASIDE.search(first)):
        first = _up_to(first, aside.start()) or first
    if words(first) > MOST_WORDS:
        ends = (_up_to(first, found.start()) for found in _CUT.finditer(first))
        first = max((each for each in ends if words(each) <= MOST_WORDS), key=len, default="")
    fits = LEAST_WORDS <= words(first) <= MOST_WORDS and not _NEVER.search(_TIMED.sub("", first))
    return first if fits and _stands(first) else ""


def _up_to(text: str, end: int) -> str:
    """A rule up to a clause, and "…"; empty where what is left out would make it say more than it does."""
    kept, rest = text[:end].rstrip(" ,;"), _BRACKETS.sub("", text[end:])
    if _WIDER.search(rest) or _HANGS.search(kept) or words(kept) < LEAST_KEPT or not is_whole(kept):
        return ""
    return f"{kept} …"


_BRACKETS = re.compile(r"\([^()]*\)")
LEAST_KEPT = 5  # words of a rule that is cut


def _stands(text: str) -> bool:
    """Whether a rule is whole, and needs none beside it."""
    return is_whole(text) and not (_HANGS.search(text) or GOES_ON.search(text))


_AGED = pattern_of("admitting.aged")
_SHORT = re.compile(r"\b[A-Z][A-Za-z]*[A-Z\d][\w-]*")


def _worth(said: str, known: frozenset[str]) -> tuple[float, AnyCase] | None:
    """How much a rule tells that is not known, less what is hard in it; nothing where that is too little."""
    new = {each for each in tokens(said) - known if len(each) > 2 and not _LITTLE.search(each)}
    if not new or len(_SIGNS.findall(said)) > MOST_SIGNS or hard_words(said, known) * 5 > words(said) * 2:
        return None
    cost = _cost(said, known) + 2 * bool(_AGED.search(said)) + said.endswith("…")
    for worth, pattern in _kinds("rules_that_tell.txt"):
        match = pattern.search(said)
        if (
            match
            and (len(new) > 1 or worth > ALONE or new & tokens(match[0]))
            and not tokens(match[0]) <= known
        ):
            total = worth - cost + min(len(new), 4) * 0.3
            return (total, pattern) if total >= LEAST_WORTH else None
    return None


MOST_OF_A_BAR = 16  # words
_PREGNANT = AnyCase(r"pregnan|expecting|mothers")
_NO_BAR = pattern_of("admitting.no_bar")


def barring(every: Sequence[Rule], known: frozenset[str], told: str) -> str:
    """The rule on who cannot join that leaves most people out, short and plain; empty where none is sure to. told: in small
    letters, so that it is of nobody whom the study is for.
    """
    most, found = LEAST_WORTH, ""
    for each in (each.text for each in every[: MOST_RULES * 2] if each.side == "out"):
        if not 2 <= words(each) <= MOST_OF_A_BAR or _NO_BAR.search(each) or not _stands(each):
            continue
        fits = ((worth, pattern.search(each)) for worth, pattern in _kinds("rules_that_bar.txt"))
        if kind := next(((worth, match) for worth, match in fits if match), None):
            worth = kind[0] - _cost(each, known)
            theirs = kind[1][0].casefold() in told or (_PREGNANT.search(each) and _PREGNANT.search(told))
            if worth > most and not theirs:
                most, found = worth, each
    return found


def _cost(said: str, known: frozenset[str]) -> float:
    """What is hard in a rule: its hard words, short forms and signs."""
    codes = sum(each.casefold() not in known for each in _SHORT.findall(said))
    return hard_words(said, known) * 0.5 + codes * 0.8 + len(_SIGNS.findall(said)) * 0.5
