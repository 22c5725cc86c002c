"""Words of the trade as people say them, in what we say ourselves: titles, questions and what a study could lead to.

A term gives way only where the swap is certain to be good English: where it ends its name, or where the end of the name that
it stands before can be seen. Quotations are never touched. `lay_words.tsv` has the terms.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.names import first_up
from notifier.domain.summaries.quoting import words
from notifier.domain.summaries.tables import table
from notifier.domain.summaries.voice import BEGIN, END

MOST_OF_A_NAME = 7  # words behind a term, up to the end of its name
#: What no name goes over: what links it to the rest of a sentence, and the verbs of our own sentences.
_LINKS_WORDS = """
in on for with of to by at from as and or than after before during without despite over between using following followed undergoing receiving
given treated added adding expressing involving harboring having associated caused more longer less compared versus who whose that which
while when if is are was were can their further makes should better stronger fitter
"""
_VERBS_WORDS = """
keep help ease make bring lower have play tell show stop get take lose need react differ prevent do live change work
compare be happen go come let feel avoid shrink lengthen shorten reduce maintain protect cause occur develop affect predict stick linked
"""
_LINKS, _VERBS = frozenset(_LINKS_WORDS.split()), frozenset(_VERBS_WORDS.split())
_ENDS_A_CLAUSE = _VERBS | {"more", "longer", "less", "than", "compared", "makes"}
_ADDS_TO_IT = frozenset(["or", "and", "and/or"])
#: Before a term, these belong to it: "locally advanced or metastatic" is left whole.
_BELONGS = _ADDS_TO_IT | {"advanced", "persistent", "novo", "early", "late", "first", "second"}
_CANCER = r"(?:multiforme|(?:blast|sarc|carcin|gli|mel|myel|lymph|neur|medull)\w*omas?|cancers?|tumou?rs?|malignanc(?:y|ies)|leuk(?:a)?emias?)$"
_ILLNESS = AnyCase(
    _CANCER
    + r"|(?:disease|headache|syndrome|herniation|discs?|prolapse|depression|epilepsy|colitis|psoriasis|migraine|asthma|arthritis|diabetes|obesity|B-ALL|ALL|AML|NSCLC)$"
)
_WHEN = frozenset(["at the same time", "around the operation", "before the operation", "after the operation"])
_ONLY_CANCER = AnyCase(_CANCER)


@dataclass(frozen=True, slots=True)
class _Row:
    term: list[str]
    plain: str
    place: str

    def stands(self, tokens: "Sequence[_Token]", at: int) -> bool:
        there = tokens[at : at + len(self.term)]
        return [each.low for each in there] == self.term and not any(each.behind for each in there[:-1])


@cache
def _rows() -> dict[str, list[_Row]]:
    """By the first word of the term; the longest first."""
    rows: dict[str, list[_Row]] = {}
    for term, plain, place in table("lay_words.tsv"):
        row = _Row(term.split(), plain, place)
        rows.setdefault(row.term[0], []).append(row)
    for each in rows.values():
        each.sort(key=lambda row: -len(row.term))
    return rows


@dataclass(frozen=True, slots=True)
class _Token:
    """A word, and the signs behind it."""

    word: str
    behind: str = ""
    low: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "low", self.word.casefold())

    @property
    def links(self) -> bool:
        return self.low in _LINKS or self.low in _VERBS or self.word.startswith("(")

    def __str__(self) -> str:
        return f"{self.word}{self.behind}"


_THEIRS = re.compile(f"(“[^”]*”|[{BEGIN}{END}])")


@lru_cache(maxsize=64)  # a read asks for the same again
def lay(text: str, most: int) -> str:
    """The text with plain phrases in place of the trade's terms, as far as it stays within so many words."""
    parts = _THEIRS.split(text)
    starts = next((number for number, part in enumerate(parts) if part.strip(f" {BEGIN}{END}")), 0)
    for number, part in enumerate(parts):
        if part and part[0] not in f"“{BEGIN}{END}":
            room = most - words("".join(parts))
            said = _said(part, room)
            parts[number] = first_up(said) if number == starts and part[0].isupper() else said
    return "".join(parts)


def lay_title(title: str, most: int) -> str:
    """A title with plain phrases; where they have no room, without "people with", whom nobody misses in a title."""
    bare = _PEOPLE_WITH.sub(r"\1 ", title)
    ways = (lay(each, room) for room in (3 * most, most) for each in (title, bare))
    return next((each for each in ways if words(each) <= most), lay(title, most))


_PEOPLE_WITH = re.compile(
    r"\b(in|for) (?:people|adults|patients) with (?!or\b)(?!.*\b(?:undergoing|who|whose|receiving|treated|having|transplantation)\b)"
)


def _said(part: str, room: int) -> str:
    rows_from = _rows()
    if rows_from.keys().isdisjoint([each.strip(",.;:?!)") for each in part.casefold().split(" ")]):
        return part
    tokens = [_token(each) for each in part.split(" ")]
    at = 0
    while at < len(tokens):
        rows = rows_from.get(tokens[at].low)
        row = rows and next((row for row in rows if row.stands(tokens, at)), None)
        if (
            row
            and row.place != "keeps"
            and (made := _swapped(tokens, at, row))
            and len(made) - len(tokens) <= room
        ):
            room -= len(made) - len(tokens)
            tokens, at = made, max(at - 3, 0)  # what was moved may be a term too
        else:
            at += len(row.term) if row else 1
    return " ".join(map(str, tokens))


@lru_cache(maxsize=1024)  # sentences are made of few words
def _token(text: str) -> _Token:
    word = text.rstrip(",.;:?!)")
    return _Token(word, text[len(word) :])


_ARTICLE = re.compile(r"^(?:an?|the) ")


def _swapped(tokens: list[_Token], at: int, row: _Row) -> list[_Token] | None:
    """The words with one term in plain words; None where it is not certain."""
    if row.place == "clause":
        return _with_a_clause(tokens, at)
    end = at + len(row.term)
    bare = _ARTICLE.sub("", row.plain)
    if bare.casefold() in " ".join(map(str, (*tokens[:at], *tokens[end:]))).casefold():
        return None  # nothing is said twice
    if row.place == "behind":
        return _moved_behind(tokens, at, row)
    last = tokens[end - 1]
    ends = bool(last.behind) or end == len(tokens) or tokens[end].links
    if (row.place == "noun" and not ends) or (row.place == "front" and ends):
        return None
    before, plain = tokens[:at], row.plain
    if "that spread" in plain and not last.behind and end < len(tokens) and tokens[end].low in {"from", "of"}:
        return None
    article = before[-1].low if before and before[-1].low in {"a", "an", "the"} else ""
    if article in {"a", "an"} and re.search(r"(?:[^s]s|children)$", bare):
        before, plain = before[:-1], bare
    elif article in {"a", "an"}:
        before = [*before[:-1], _Token(f"a{'n' if bare[0] in 'aeioAEI' else ''}")]
        plain = bare
    elif article or (bare != plain and before and before[-1].low.endswith("guided")):
        plain = bare
    elif bare != plain and before and not (before[-1].links or before[-1].behind):
        return None  # "symptomatic a slipped disc"
    if plain.startswith("a ") and before and before[-1].low == "in" and row.place == "noun":
        before = [*before[:-1], _Token("for")]  # nothing is done "in a slipped disc"
    new = [*map(_Token, plain.split(" "))]
    new[-1] = _Token(new[-1].word, last.behind)
    return [*before, *new, *tokens[end:]]


def _name_from(tokens: Sequence[_Token], start: int, *, joined: bool) -> int:
    """Where the name ends that starts here; as far as the start where none does. joined: it may be one of two."""
    at = start
    while at < len(tokens) and at - start <= MOST_OF_A_NAME:
        more = (
            joined
            and tokens[at].low in _ADDS_TO_IT
            and at > start
            and at + 1 < len(tokens)
            and not tokens[at + 1].links
        )
        if tokens[at].links and not more:
            return at
        at += 1
        if tokens[at - 1].behind:
            return at
    return at if at == len(tokens) else start


def _moved_behind(tokens: list[_Token], at: int, row: _Row) -> list[_Token] | None:
    start, before, plain = at + len(row.term), tokens[:at], row.plain
    lows = [each.low for each in before]
    if "pre-" in lows[-3:-1] and plain == "after the operation" and lows[-1] in {"and", "or", "with"}:
        # "pre- and postoperative X" is X before and after the operation.
        pre = len(lows) - 1 - lows[::-1].index("pre-")
        if len(lows) - pre > 2 or lows[:pre] == ["how", "do"]:
            return None  # "pre- compared with", and two that are asked about stay two
        before, plain = before[:pre], f"before {' '.join(lows[pre + 1 :])} {plain}"
    end = _name_from(tokens, start, joined=False)
    follows = tokens[end].low if end < len(tokens) and not tokens[end - 1].behind else ""
    hangs = len(before) > 1 and before[-1].low in _ADDS_TO_IT and before[-2].word.endswith("-")
    twice = sum(each.low == tokens[at].low for each in tokens) > 1  # one would be told plainly, the other not
    if end == start or tokens[start - 1].behind or hangs or twice or follows in {"of", "to", *_ADDS_TO_IT}:
        return None
    last = tokens[end - 1]
    whose = any(each.low in {"people", "patients", "adults"} for each in before)
    if (
        plain == "in children"
        and not whose
        and before
        and before[-1].low == "in"
        and _ILLNESS.search(last.word)
    ):
        return [*before, *map(_Token, ("children", "with")), *tokens[start:]]
    if plain == "in children" and (whose or follows == "in" or not _ILLNESS.search(last.word)):
        return None
    if plain in _WHEN and follows == "with":
        return None
    article = before[-1].low if before else ""
    if article in {"a", "an"}:
        before = [*before[:-1], _Token(f"a{'n' if tokens[start].low[0] in 'aeio' else ''}")]
    behind = [*map(_Token, plain.split(" "))]
    behind[-1] = _Token(behind[-1].word, last.behind)
    return [*before, *tokens[start : end - 1], _Token(last.word), *behind, *tokens[end:]]


def _with_a_clause(tokens: list[_Token], at: int) -> list[_Token] | None:
    """'relapsed or refractory X' as 'X that came back or did not respond'."""
    before = tokens[at - 1] if at else None
    if before and (
        before.low in _BELONGS
        or before.low in {"prevent", "preventing", "avoid"}
        or before.behind
        or before.low.endswith("ly")
        or before.word.endswith("-")
    ):
        return None
    said, joins, start = list[str](), list[str](), at
    while start < len(tokens) and (clause := _clause(tokens[start])) and not tokens[start].behind:
        said.append(clause)
        start += 1
        if start + 1 < len(tokens) and tokens[start].low in _ADDS_TO_IT:
            if not _clause(tokens[start + 1]):
                return None  # "relapsed or resistant"
            joins.append(tokens[start].low.replace("and/or", "or"))
            start += 1
    end = _name_from(tokens, start, joined=True)
    if end == start or (said == ["came back"] and tokens[at].low == "relapse"):
        return None
    last, follows = tokens[end - 1], tokens[end].low if end < len(tokens) else ""
    fits = _ONLY_CANCER if {"spread", "cannot be operated on"} & set(said) else _ILLNESS
    ends = (
        end == len(tokens)
        or last.behind in {"?", "."}
        or (last.behind == "," and follows in {"and", "compared"})
        or (
            not last.behind
            and (follows in _ENDS_A_CLAUSE or (follows == "after" and said[-1] == "came back"))
        )
        or [each.low for each in tokens[end : end + 2]] == ["and", "their"]
    )
    # What goes on behind a name can say which change in the genes or which mark the illness has: of no other word.
    rest = [each.low for each in tokens[end : end + 7]]
    narrows = rest[:1] == ["expressing"] or (rest[:1] == ["with"] and any(map(_GENES.search, rest)))
    comma = narrows and not ends and not last.behind
    if not (ends or comma) or not fits.search(last.word):
        return None
    said = sorted(set(said), key=_IN_ORDER.index)
    if said == ["spread"]:
        said = ["have spread" if last.word.endswith("s") else "has spread"]
    clause = f" {'or' if 'or' in joins else 'and'} ".join(said) + (
        " to treatment" if said == ["did not respond"] else ""
    )
    new = [*map(_Token, f"that {clause}".split(" "))]
    new[-1] = _Token(new[-1].word, "," if comma else last.behind)
    return [*tokens[:at], *tokens[start : end - 1], _Token(last.word), *new, *tokens[end:]]


_GENES = re.compile(r"^(?:mutations?|translocations?|deletions?|rearrangements?|amplifications?|fusions?)$")


_IN_ORDER = ("came back", "spread", "did not respond", "cannot be operated on")


def _clause(token: _Token) -> str:
    return next((row.plain for row in _rows().get(token.low, ()) if row.place == "clause"), "")
