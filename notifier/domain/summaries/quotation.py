"""Which one or two of the study team's sentences stand under "In the study team's words".

What the study is for stands before what its thing is and what people do, and these before a purpose that the question tells
already and before the first plain sentence. Within each kind a sentence is worth what it tells that the title, the question and
what is done have not said, less what is hard in it. Nothing is quoted that praises, frightens, points back or breaks off.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.cast import Cast
from notifier.domain.summaries.phrases import banned_in, claims
from notifier.domain.summaries.plot import tokens
from notifier.domain.summaries.quoting import is_whole, says_purpose, shortened, words
from notifier.domain.summaries.tables import pattern_of
from notifier.domain.summaries.told import hard_words

MOST_WORDS = 60  # of the quotation
LEAST, MOST = 6, 42  # words of a sentence; a purpose has as many as the quotation
EASY = 22  # words of a sentence that cost nothing
MORE, MORE_OF_A_PURPOSE = 4, 10  # of the words beyond, how many cost one
LAST = 9  # words of a sentence that stand above where it does
FIRST = 3  # sentences of a text, of which one may be of the illness
MOST_LOOKED_AT = 40  # sentences of a text
MOST_NEW = 6  # words that are not told above; more count no more
LEAST_NEW, LEAST_NEW_TOLD = (
    2,
    3,
)  # of them in a purpose, and in another sentence, that is quoted for what it tells
LEAST_BESIDE = -1.0  # worth of a sentence beside the one that is quoted, without that of its kind
MOST_BUILT = 3  # words on how a study is built, with which a purpose that tells nothing new is not quoted
HARDEST_QUOTED = 0.38  # share of words that are hard
NEVER = -99.0  # the worth of what is not to be quoted
#: What the kinds are worth: a purpose with something new, what a thing is, what people do, a purpose that is nearly told, a plain
#: sentence on the study, one on the illness.
ASKS, IT_IS, IT_DOES, ASKS_AGAIN, OF_THE_STUDY, OF_THE_ILLNESS = 12.0, 7.0, 5.0, -10.0, -20.0, -30.0
#: What it costs to tell of design, to speak in the trade's words, and to stand in a later text; what a sentence has that says "aim".
BUILT, TRADE, LATER, SAYS_AIM = 1.5, 0.5, 4.0, 2.0
PLACE, LATEST = 0.5, 4.0  # what it costs a purpose to stand behind another sentence, and the most of it
HARDEST, TOO_HARD = -6.0, 15.0  # of what a thing is; it then stands behind a purpose that is nearly told
HARD, SIGN = 0.3, 0.25  # what a hard word costs in a purpose, and a short form, a number or a bracket

_IT_IS = pattern_of("quotation.it_is")
_A_KIND = pattern_of("quotation.a_kind")
_PEOPLE_DO = pattern_of("quotation.people_do")
#: How the trade says a purpose; a sentence in other words stands before it.
_TRADE = AnyCase(r"\b(?:efficacy|efficiency|tolerab\w+|effectiveness|safety|pharmaco\w+)\b")
#: How a study is built and counted, or what some of its people get: nobody misses it, or it is half of what is to be told.
_BUILT = pattern_of("quotation.built")
#: What a study says of how it is run, and not of what it is for.
_NO_AIM = pattern_of("quotation.no_aim")
_INTENDED = pattern_of("quotation.intended")
_SAYS_AIM = pattern_of("quotation.says_aim")
_NAMES_ITS_AIM = AnyCase(r"\b(?:purpose|aim|goal|objective)s?\b")
_POINTS_BACK = pattern_of("quotation.points_back")
#: "These people" are those that the sentence names before, or stand in another one.
_POINTS_TO = pattern_of("quotation.points_to")
#: What is never quoted: what speaks of another study or of what came out, praises, frightens or addresses.
_NEVER = pattern_of("quotation.never")
#: What frightens, unless the title or the question says so already.
_FRIGHTENS = pattern_of("quotation.frightens")
#: Nor this, unless the sentence asks.
_NOT_TOLD = pattern_of("quotation.not_told")
#: A sentence on the illness in general is as plain as a calendar, and does not count the ill.
_NOT_OF_THE_ILLNESS = pattern_of("quotation.not_of_the_illness")
_OF_A_STUDY = pattern_of("quotation.of_a_study")
_OF_A_PART = pattern_of("quotation.of_a_part")
_FRAGMENT = pattern_of("quotation.fragment")
_QUESTION = AnyCase(r"(?:does|do|is|are|can|will|how|what|which)\b(?!.*\b(?:it|they|this|these)\b).*\?$")
#: Of an item of a list, what joins it to the next one.
_UNENDED = re.compile(r"(?<=[a-z)])[;,](?: and)?$")
_BEGINS = re.compile(r"[\w-]{0,6}[A-Z]")
#: Where the end of a sentence is missing, or that of a heading.
_GLUED = re.compile(
    r"[a-z)] (?:(?:There|These) (?:is|are)|(?:The|This) (?:study|trial)\b|(?:Participants|Patients|It|We) (?:is|will|are)\b|In \d{4})|[a-z]{4}(?:This|The|In|To) |^(?:[A-Z]\w+ ){1,3}This "
)
#: What a study asks for: "to improve"; "which improves" is said of what is known.
_IN_A_QUESTION = re.compile(r"(?<!s)$|success|better")
_STEM = re.compile(r"[a-z0-9-]{4,}")
#: What a sentence says of any study: nothing new.
_OF_ANY_STUDY = re.compile(
    r"this|that|study|trial|phase|open|label|random|multi|center|centre|single|double|blind|placebo|control|evaluat|assess|determin|investigat|examin|compar|effic|safe|effect|tolerab|purpose|primary|main|objective|"
    r"with|will|patient|participant|subject|people|clinical|research|prospective|group|arm|explor|conduct|perform|adult|treat|receiv|develop|their|have|been|which|from|when|also|dose|intend|design|provid|data|long|"
    r"term|outcome|result|project|apply|using|aims?$|well|find|learn|understand|whether|goal|look|versus|aged|years|current|invest|combin"
)
#: Short forms, numbers and signs, at each of which a reader stops.
_SIGNS = re.compile(r"\b\w*(?:[A-Z]\w*[A-Z]|\d)[\w.]*|[(\[;/%=<>≥≤±*]")
#: What a sentence that asks may name, and one that tells may not.
_ASKED = frozenset(
    (
        "safe",
        "safely",
        "safer",
        "effective",
        "effectively",
        "superior",
        "new drug",
        "new drugs",
        "new treatment",
        "new treatments",
        "hope",
        "hopes",
        "well tolerated",
        "well-tolerated",
        "subjects",
        "proven",
    )
)


@dataclass(frozen=True, slots=True)
class _Above:
    """What stands above: its words and their beginnings; those of the names of what all get who try something, and of what some get."""

    said: str
    known: frozenset[str]
    stems: frozenset[str]
    topics: frozenset[str]
    its: frozenset[str]
    one_of: tuple[frozenset[str], ...]

    @classmethod
    def of(cls, told: str, titles: str, cast: Cast) -> Self:
        some = [
            each
            for each in cast.tried
            if any(
                each not in group.gets and not set(cast.tried).isdisjoint(group.gets) for group in cast.groups
            )
        ]
        own = [tokens(each.known_as) for each in some]
        shared = frozenset.intersection(*own) if own else frozenset()
        its = tokens(" ".join(each.known_as for each in cast.tried if each not in some))
        plain = " ".join(re.split(r"[^\w-]+", told.casefold()))
        return cls(
            plain,
            tokens(f"{told} {titles}"),
            _stems(told),
            _stems(f"{told} {titles}"),
            its,
            tuple(each - shared for each in own),
        )

    def says(self, text: str) -> bool:
        """Whether the end of a sentence stands above word for word: a question quotes what it asks."""
        return " ".join(re.split(r"[^\w-]+", text.casefold())[-LAST - 1 :]).strip() in self.said

    def tells_of_all(self, text: str) -> bool:
        """Whether a sentence does not name what only some of those get who try something."""
        named = [not each.isdisjoint(tokens(text)) for each in self.one_of]
        return not any(named) or all(named)


def quotation(texts: Sequence[Sequence[str]], told: str, titles: str, cast: Cast) -> str:
    """The sentence that is worth most, with the one beside it where that tells something too. texts: by their sentences, the
    summary first; told: what stands above; titles: those of the registry, whose words a reader meets.
    """
    above = _Above.of(told, titles, cast)
    most, quote = NEVER, ""
    for rank, text in enumerate(texts):
        if most >= ASKS + SAYS_AIM + MOST_NEW / 2 - LATER * rank:
            break  # nothing that stands in a later text is worth more
        found = _fit(text[:MOST_LOOKED_AT])
        kinds = [_kind(each, above, number, rank) for number, each in enumerate(found)]
        for number, each in enumerate(found):
            most_worth = kinds[number] + MOST_NEW / 2 - LATER * rank
            if most_worth <= max(most, NEVER + MOST_NEW) or _points_back(each):
                continue  # to count what is hard takes long
            plain = _new_and_plain(each, above, kinds[number])
            hard = IT_DOES <= kinds[number] <= IT_IS and plain < HARDEST
            worth = kinds[number] + plain - LATER * rank - TOO_HARD * hard
            if plain == NEVER or worth <= most:
                continue
            most, quote = worth, each
            for at in (number + 1, number - 1):
                if (
                    0 <= at < len(found)
                    and kinds[at] >= IT_DOES
                    and each.endswith((".", "?"))
                    and (beside := found[at]).endswith(".")
                    and not beside.startswith("…")
                    and words(each) + words(beside) <= MOST_WORDS
                    and (at > number or not _points_back(beside))
                    and _new_and_plain(beside, above, kinds[at]) > LEAST_BESIDE
                ):
                    quote = f"{each} {beside}" if at > number else f"{beside} {each}"
                    break
    # What nobody can read helps nobody, be it the best that there is.
    return "" if hard_words(quote) > words(quote) * HARDEST_QUOTED else quote


def _fit(text: Sequence[str]) -> list[str]:
    """The sentences up to those of what else is asked, each purpose short enough to be read."""
    ends = (number for number, each in enumerate(text) if _OF_LESS.search(each))
    found = [_UNENDED.sub("", each) for each in text[: next(ends, None)]]
    return [shortened(each, MOST, MOST_WORDS) if says_purpose(each) else each for each in found]


_OF_LESS = pattern_of("quotation.of_less")


def _kind(text: str, above: _Above, number: int, rank: int) -> float:
    """The worth of a sentence's kind; of another text than the summary, what a thing is and what it is for are looked for alone."""
    if (
        not LEAST <= words(text) <= MOST_WORDS
        or ((frightens := _FRIGHTENS.search(text)) and frightens[0].casefold() not in above.said)
        or _NEVER.search(text)
    ):
        return NEVER
    stems = _stems(text)
    asks = _QUESTION.match(text) is not None
    if (
        asks or ((says_purpose(text) or _INTENDED.search(text)) and not _NO_AIM.search(text))
    ) and not above.topics.isdisjoint(stems):
        unbuilt = _unbuilt(text)
        built = words(text) - words(unbuilt) >= MOST_BUILT and not _NAMES_ITS_AIM.search(text)
        new = len((_stems(unbuilt) if built else stems) - above.stems)
        # A question, and "To compare …", are one of several where they do not stand first.
        one_of_several = number and (asks or _FRAGMENT.match(text.removeprefix("To ")))
        later = LATEST if one_of_several else min(number * PLACE, LATEST)
        if new < LEAST_NEW and (built or above.says(text)):
            return NEVER
        return (ASKS if new >= LEAST_NEW else ASKS_AGAIN) + SAYS_AIM * bool(_SAYS_AIM.search(text)) - later
    is_it = _IT_IS.match(text)
    if (rank and not is_it) or _NOT_TOLD.search(text) or not above.tells_of_all(text):
        return NEVER
    if (
        is_it
        and (above.its & tokens(is_it["it"]) or (_A_KIND.match(text) and not above.one_of))
        and not _BUILT.search(text)
    ):
        return IT_IS
    if rank:
        return NEVER
    if _PEOPLE_DO.search(text) and not _BUILT.search(text):
        return IT_DOES
    if _OF_A_STUDY.search(text):
        plain = not (_OF_A_PART.search(text) or _NO_AIM.search(text) or above.says(text))
        return OF_THE_STUDY - number if plain else NEVER
    if is_it is None or number >= FIRST or _NOT_OF_THE_ILLNESS.search(text):
        return NEVER
    return NEVER if above.stems.isdisjoint(_stems(is_it["it"])) else OF_THE_ILLNESS - number


def _new_and_plain(text: str, above: _Above, kind: float) -> float:
    """How much a sentence says that is new, less what is hard in it; far below nothing where it is not to be quoted."""
    asks = kind >= ASKS - LATEST or ASKS_AGAIN - LATEST <= kind <= ASKS_AGAIN + SAYS_AIM
    new = len(_stems(text if asks else _unbuilt(text)) - above.stems)
    claimed = claims(text, may=True) or ""
    if (
        (not asks and kind > 0 and words(text) > MOST)
        or (not asks and new < LEAST_NEW_TOLD and (kind > 0 or _BUILT.search(text)))
        or not new + asks
        or not (is_whole(text) and (asks or _BEGINS.match(text)))
        or _GLUED.search(text)
        or set(banned_in(text)) - (_ASKED if asks else {"subjects"})
        or (claimed and not (asks and _IN_A_QUESTION.search(claimed)))
    ):
        return NEVER
    signs = sum(each.casefold() not in above.known for each in _SIGNS.findall(text))
    hard, long = hard_words(text, above.known), max(0, words(text) - EASY)
    costs = (
        HARD * hard + SIGN * signs + long / MORE_OF_A_PURPOSE if asks else 0.8 * hard + signs + long / MORE
    )
    return (
        min(new, MOST_NEW) / 2 - BUILT * bool(_BUILT.search(text)) - TRADE * bool(_TRADE.search(text)) - costs
    )


def _unbuilt(text: str) -> str:
    """A sentence without the words by which it tells how a study is built."""
    return " ".join(each for each in text.split() if not _BUILT.search(each))


def _points_back(text: str) -> bool:
    """Whether a sentence names what stands in another one alone."""
    if _POINTS_BACK.search(text):
        return True
    for found in _POINTS_TO.finditer(text):
        it = found["it"].casefold().rstrip("s")
        if it[:6] not in text[: found.start()].casefold():
            return True
    return False


def _stems(text: str) -> frozenset[str]:
    return frozenset(filter(None, map(_stem, _STEM.findall(text.casefold()))))


@lru_cache(maxsize=8192)  # people use few words, again and again
def _stem(word: str) -> str:
    return "" if _OF_ANY_STUDY.match(word) else word[:5]
