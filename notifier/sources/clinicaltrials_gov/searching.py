"""What a visitor looks for, as the registry's own search is asked: by its API, and by a link to its site; and a person's words
made safe for `query.cond`, where the registry reads them as an Essie expression. Pure.

One door for all words: what a sign says is put into words, and what the registry's search cannot be asked is asked back. What
a record does not say leaves it in.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlencode

from notifier.domain.geo import Circle
from notifier.domain.study import Study
from notifier.errors import InputError

LONGEST = 200  # characters
# "Too complicated query" is the registry's answer to long questions: 12 words were answered and 14 refused when
# others measured it, and it takes hyphenated words apart before it counts.
MOST_WORDS = 12
MOST_NAMED = 3  # of the conditions that were written as one

# Operators are documented in upper case only, and every expansion but EXPANSION[None] ignores case, so a word in
# lower case is searched for as it was meant: "ALL" is a leukaemia here, not every study of the registry.
# https://clinicaltrials.gov/find-studies/constructing-complex-search-queries
_OPERATOR = re.compile(
    r"(?<![^\W_])"
    r"(?:AND|OR|NOT|AREA|RANGE|EXPANSION|COVERAGE|TILT|SEARCH|MISSING|DISTANCE|ALL|MIN|MAX)"
    r"(?![^\W_])"
)
_ALIKE = dict.fromkeys(map(ord, "\u2018\u2019\u02bc\u2032\u00b4`"), "'") | dict.fromkeys(
    map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-"
)
_INSIDE_WORDS = frozenset("-'.")
_STUDY_ID = re.compile(r"NCT\d+", re.IGNORECASE)

#: "HER2-", "CD19+CD22+", "PR (-)", "HER2 -ve".
_SIGN = re.compile(
    r"(?P<word>[^\W_](?:[-'.]?[^\W_])*)"
    r"(?:(?P<after>[+-])(?:(?![^\s/,;)\]}&|+-])|(?=[^\W_]+[+-](?:\W|$)))|\s?(?P<spelt>[+-])ve\b|\s?\((?P<held>[+-])\))"
    r"(?:\s*/)?"
)
#: What a hyphen at the end makes negative though nobody wrote it in capitals; "short- and long-term" is not meant.
_MARKERS = re.compile(
    "er|pr|pgr|hr|ph|rh|alk|ret|ros|egfr|kras|nras|braf|brca|hiv|hpv|ebv|hbv|hcv|cmv|msi|anca|achr|musk",
    re.IGNORECASE,
)
_MARKER = re.compile(r"(?=.*\d)(?=.*[^\W\d_])|[A-Z]{2,5}$|[A-Z][a-z]$|(?=.*[a-z]).+[A-Z]")
_OR = frozenset({"or", "oder", "eller"})  # in the languages of our pages
#: Between two things of which either is looked for. "t(8;21)" is one name.
_EITHER = re.compile(r"(?<![^\W_])(?:and/)?(?:or|oder|eller)(?![^\W_])|\||;(?!\d+\))|\s/|/\s", re.IGNORECASE)
_BUT = frozenset({"not", "except", "excluding"})
_NO_CHOICE = frozenset({"otherwise", "elsewhere"})  # "not otherwise specified" leaves nothing out
_COMPARED = re.compile(r"[<>=≤≥≦≧]|(?<![^\W_])\d+\+(?![^\W_])")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")  # some registrants' words hold them
_SHORTENED = re.compile(r"([^\W_]+)/(\d+)")  # "BRCA1/2"


def safe_condition(text: str) -> str:
    """`text` as plain words that the registry searches for with its synonyms, and cannot take for anything else.

    White space is one space, letters are in normal form (NFKC). A sign after a word is "positive" or "negative"; of other
    punctuation only hyphens, apostrophes and dots inside a word are left; operators are put in lower case. The words are
    not quoted, because a quoted phrase narrows the search to that order. Safe text comes back as it is.

    Raises InputError when nothing to search for is left, when it is too long for the registry, for ids of studies alone
    (the registry then ignores filters), and for what plain words cannot say: several conditions, one that is left out,
    numbers that are compared.
    """
    _check_length(" ".join(text.split()))
    plain = _plain(text)
    if _COMPARED.search(_TAG.sub(" ", plain)):
        raise InputError(
            "the registry's search compares no numbers: leave out what stands at a sign such as > or ≥"
        )
    if short := _SHORTENED.search(plain):
        raise InputError(
            'one condition each: "%(words)s" names two things, so write them out', words=short[0][:40]
        )
    said = in_words(text)
    words = said.casefold().split()
    parts = [" ".join(found) for part in _EITHER.split(_signs_in_words(plain)) if (found := _words(part))]
    if len(parts) > 1 or _OR.intersection(words):
        if not parts:
            raise InputError("one condition each: follow them one by one")
        named = tuple(f'"{part[:40]}"' for part in parts[:MOST_NAMED])
        raise InputError("one condition each: follow %(names)s one by one", names=named)
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word in _BUT and following not in _NO_CHOICE:
            raise InputError(
                'a condition says what to look for, and nothing can be left out of it: write it without "%(word)s"',
                word=word,
            )
    return said


def in_words(text: str) -> str:
    """As `safe_condition`, of what is followed already: nothing is asked back."""
    words = _words(_signs_in_words(_plain(text)))
    if not words:
        raise InputError('a condition needs words to search for, for example "breast cancer"')
    if all(_STUDY_ID.fullmatch(word) for word in words):
        raise InputError("that is a study's id, not a condition: follow it as a study")
    if len(re.split(r"[-'. ]", " ".join(words))) > MOST_WORDS:
        raise InputError(
            "a condition has at most %(number)s words: use the shortest name of it", number=MOST_WORDS
        )
    safe = _OPERATOR.sub(lambda found: found[0].lower(), " ".join(words))
    _check_length(safe)
    return safe if safe == text else in_words(safe)


def _check_length(text: str) -> None:
    if len(text) > LONGEST:
        raise InputError("a condition has at most %(number)s characters: use fewer words", number=LONGEST)


def _plain(text: str) -> str:
    seen = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    # Before, because normal form makes a space of a lone accent; after, because it makes apostrophes of ligatures.
    return unicodedata.normalize("NFKC", seen.translate(_ALIKE)).translate(_ALIKE)


def _signs_in_words(plain: str) -> str:
    def said(found: re.Match[str]) -> str:
        word, sign = found["word"], found["after"] or found["spelt"] or found["held"]
        end = re.split(r"[-'.]", word)[-1]
        if end.isdecimal() and word == end:
            return found[0]
        if found["after"] == "-" and not (_MARKERS.fullmatch(end) or _MARKER.match(end)):
            return found[0]
        return f"{word} {'positive' if sign == '+' else 'negative'} "

    return _SIGN.sub(said, plain)


def _words(plain: str) -> list[str]:
    kept = "".join(
        letter if (letter in _INSIDE_WORDS or unicodedata.category(letter)[0] in "LMN") else " "
        for letter in plain
    )
    # Each begins and ends with a letter or figure, with one sign at a time inside.
    trimmed = (re.sub(r"([-'.])[-'.]+", r"\1", piece.strip("-'.")) for piece in kept.split())
    return [word for word in trimmed if any(map(str.isalnum, word))]


SITE = "https://clinicaltrials.gov/search"
A_PAGE = 10  # studies
OLDEST = 120  # years
#: What a read needs; results and documents are most of a record.
FIELDS = "protocolSection,derivedSection,hasResults"


class SexSought(StrEnum):
    """Who looks; it leaves out what takes the other sex alone."""

    FEMALE = "female"
    MALE = "male"


class StudyDoes(StrEnum):
    TREATS = "treats"
    OBSERVES = "observes"


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for. is_condition: the words name an illness; else they may stand anywhere in a record."""

    words: str = ""
    is_condition: bool = False
    countries: tuple[str, ...] = ()  # in English; one of them is enough
    circle: Circle | None = None
    town: str = ""
    open: bool = False
    age: int | None = None  # years
    sex: SexSought | None = None
    kind: StudyDoes | None = None

    def params(self) -> Mapping[str, str]:
        """As the API is asked."""
        asked = {"fields": FIELDS, "sort": "@relevance"}
        if self.words:
            asked["query.cond" if self.is_condition else "query.term"] = self.words
        if self.circle is not None:
            asked["filter.geo"] = f"distance({self.circle.lat},{self.circle.lon},{self.circle.km}km)"
        if self.countries:
            asked["query.locn"] = " OR ".join(f'"{name}"' for name in self.countries)
        if self.open:
            asked["filter.overallStatus"] = "RECRUITING,NOT_YET_RECRUITING"
        narrower = []
        if self.age is not None:
            narrower += [
                f"(AREA[MinimumAge]RANGE[MIN, {self.age} years] OR AREA[MinimumAge]MISSING)",
                f"(AREA[MaximumAge]RANGE[{self.age} years, MAX] OR AREA[MaximumAge]MISSING)",
            ]
        if self.sex is not None:
            narrower.append(f"NOT AREA[Sex]{'MALE' if self.sex is SexSought.FEMALE else 'FEMALE'}")
        if self.kind is not None:
            narrower.append(
                f"AREA[StudyType]{'INTERVENTIONAL' if self.kind is StudyDoes.TREATS else 'OBSERVATIONAL'}"
            )
        if narrower:
            asked["filter.advanced"] = " AND ".join(narrower)
        return asked

    @property
    def near(self) -> str:
        """What the address of a study's page says of the town."""
        return f"?{urlencode({'near': self.town})}" if self.town else ""

    @property
    def link(self) -> str:
        """The same search on the registry's site."""
        boxes = []
        if self.open:
            boxes.append("status:not rec")
        if self.age is not None:
            boxes.append(f"ages:{'child' if self.age < 18 else 'adult' if self.age < 65 else 'older'}")
        if self.sex is not None:
            boxes.append(f"sex:{self.sex[0]}")
        if self.kind is not None:
            boxes.append(f"studyType:{'int' if self.kind is StudyDoes.TREATS else 'obs'}")
        asked = {"cond" if self.is_condition else "term": self.words}
        if self.circle is not None:
            asked |= {"locStr": self.town, "lat": str(self.circle.lat), "lng": str(self.circle.lon)}
            asked["distance"] = str(round(self.circle.km / 1.609))  # miles
        elif self.countries:
            asked |= {"locStr": self.countries[0], "country": self.countries[0]}
        asked["aggFilters"] = ",".join(boxes)
        given = {name: text for name, text in asked.items() if text}
        return f"{SITE}?{urlencode(given)}" if given else SITE


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of what the registry found. total: of all pages, where the registry counted. token: of the next page."""

    studies: tuple[Study, ...]
    total: int | None = None
    token: str | None = field(default=None, repr=False)
