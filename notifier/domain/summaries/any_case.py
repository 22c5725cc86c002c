"""Patterns whose letters are meant in either case. A text is looked through in small letters first, in a quarter of the time.

Python looks for a letter in either case by trying each of a pattern's words at each place. What is found is what the pattern
itself finds; it is made when it is first asked, and its twin where it is asked more often.
"""

import re
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cached_property

_MARK_OR_LARGE = re.compile(r"\\.|\(\?P|(\(\?i:)|([A-Z])")


_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)
_BY_NUMBER = re.compile(r"\\[1-9]|\(\?P")


def alternatives(pattern: str) -> list[str]:
    """The parts of a pattern of which one must fit."""
    depth, parts = 0, [""]
    for piece in _PIECE.findall(pattern):
        depth += (piece == "(") - (piece == ")")
        if piece == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def in_small(pattern: str) -> str:
    """The pattern for a text in small letters, in which it finds at least what it finds in the text as it is."""
    return _MARK_OR_LARGE.sub(lambda sign: "(?:" if sign[1] else (sign[2] or "").lower() or sign[0], pattern)


_MOST_NEEDED = 30  # strings; more are looked for no sooner than the pattern is


def needed(pattern: str) -> frozenset[str]:
    """Strings of which one stands in every text that a pattern finds something in; none where it does not say, or there are many."""
    found = _needed(deque(_PIECE.findall(pattern)))
    return found if len(found) <= _MOST_NEEDED else frozenset()


_RARE = frozenset("±&+;…")  # signs that are looked for alone
_MARKED = re.compile(r"\\(\W)|\[(\W)\]")  # as no more than itself


def _needed(pieces: deque[str]) -> frozenset[str]:
    """The same of the alternatives up to the end of a group, whose pieces are taken away."""
    every, best, run = list[frozenset[str]](), frozenset[str](), ""
    while True:
        piece = pieces.popleft() if pieces else ")"
        marked = _MARKED.fullmatch(piece)
        literal = marked[1] or marked[2] if marked else piece if piece.isalnum() or piece in " -/,±&" else ""
        if literal and not _may_be_absent(pieces):
            run += literal
            continue
        best, run = max(best, frozenset({run} if len(run) > 1 or run in _RARE else ()), key=_says), ""
        if piece == "(":
            kind = ""
            if pieces[0] == "?":
                pieces.popleft()
                kind = pieces.popleft()
                while kind == "P" and pieces.popleft() != ">":
                    pass
            inside = _needed(pieces)
            if kind in {"", ":", "P"} and not _may_be_absent(pieces):
                best = max(best, inside, key=_says)
        elif piece == "{":
            while pieces.popleft() != "}":
                pass
        elif piece in "|)":
            every.append(best)
            best = frozenset()
            if piece == ")":
                return frozenset().union(*every) if all(every) else frozenset()


def _may_be_absent(behind: deque[str]) -> bool:
    return bool(behind) and behind[0] in "?*{"


def _says(strings: Collection[str]) -> tuple[int, int]:
    """How much it says that one of these is there: long ones say more than short ones, and few more than many."""
    return min(map(len, strings), default=0), -len(strings)


def small(text: str) -> str | None:
    """The text in small letters, sign by sign; None where a sign of it is a letter in either case, and stays what it is."""
    low = text.lower()
    if text.isascii():
        return low
    return None if len(low) != len(text) or "ſ" in text or "ı" in text else low


SELDOM = 8  # times that a pattern is asked without a twin, which takes as long to make


class AnyCase:
    """A pattern for either case, with those methods of `re.Pattern` that are used of it. flags: other ones for the pattern itself."""

    def __init__(self, pattern: str, flags: int = re.IGNORECASE) -> None:
        self.pattern, self._flags = pattern, flags
        self._find: Callable[[str], re.Match[str] | None] | None = None
        self._asked = 0

    @cached_property
    def whole(self) -> re.Pattern[str]:
        return re.compile(self.pattern, self._flags)

    @cached_property
    def needed(self) -> frozenset[str]:
        """Strings in small letters of which one stands in every text that it finds something in; none where it does not say."""
        return needed(in_small(self.pattern))

    def make_twin(self) -> None:
        """How a text in small letters is looked through. What begins with the edge of a word is tried at these alone, and what begins
        with the text there alone; which part fits first says the pattern itself.
        """
        parts = alternatives(pattern := in_small(self.pattern))
        at_edge = [part[2:] for part in parts if part.startswith("\\b")]
        if len(at_edge) > 1 and not _BY_NUMBER.search(pattern):
            others = [part for part in parts if not part.startswith("\\b")]
            pattern = "|".join([*others, rf"\b(?:{'|'.join(at_edge)})"])
        made = re.compile(pattern)
        self._find = made.match if all(part.startswith("^") for part in parts) else made.search

    def search(self, text: str) -> re.Match[str] | None:
        return self.search_in(text, small(text))

    def search_in(self, text: str, low: str | None) -> re.Match[str] | None:
        """As `search`, in a text that is in small letters already."""
        if low is None:
            return self.whole.search(text)
        strings = self.needed
        for each in strings:  # to look for a string takes a fraction of the time
            if each in low:
                break
        else:
            if strings:
                return None
        if self._find is None:
            self._asked += 1
            if self._asked > SELDOM:
                self.make_twin()
            return self.whole.search(text)
        found = self._find(low)
        return self.whole.search(text, found.start()) if found else None

    def match(self, text: str, at: int = 0) -> re.Match[str] | None:
        return self.whole.match(text, at)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        return self.whole.fullmatch(text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        return self.whole.finditer(text)

    def sub(self, said: str | Callable[[re.Match[str]], str], text: str, count: int = 0) -> str:
        return self.whole.sub(said, text, count) if self.search(text) else text


class Index:
    """Which of many patterns can find something in a text: those of which a needed string stands there."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._always, self._from = list[int](), dict[str, list[tuple[str, int]]]()
        for number, pattern in enumerate(patterns):
            strings = _needed(deque(_PIECE.findall(in_small(pattern))))
            if min(map(len, strings), default=0) < 3:
                self._always.append(number)
                continue
            for each in strings:
                self._from.setdefault(each[:3], []).append((each, number))

    def may_fit(self, low: str) -> list[int]:
        """The places of these patterns, in their order; low: the text in small letters."""
        there = {low[at : at + 3] for at in range(len(low) - 2)} & self._from.keys()
        found = (number for three in there for each, number in self._from[three] if each in low)
        return sorted({*self._always, *found})


def replaced(text: str, rules: Iterable[tuple[AnyCase, str]]) -> str:
    """The text with what each rule finds said as the rule says it, one rule after the other."""
    low = small(text)
    for pattern, said in rules:
        if pattern.search_in(text, low):
            text = pattern.whole.sub(said, text)
            low = small(text)
    return text
