"""What somebody who follows a condition wants of its new studies, and what a study is in the same terms. Pure.

Four questions have a bit for each answer, countries and words stand for themselves. What a record does not say leaves
nothing out: a study is left out only where it is known not to fit. The store asks the same in SQL: `storage.eligibility`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntFlag
from functools import cache
from pathlib import Path

from babel import Locale

from notifier.domain.changes.statuses import ENROLLING, STUDY_STATUSES
from notifier.domain.languages import LANGUAGES
from notifier.domain.sheets import packaged
from notifier.domain.study import Study, folded
from notifier.errors import InputError

MOST_COUNTRIES, MOST_WORDS = 20, 20
LONGEST_WORD = 40  # characters
ANY = "any"  # takes back what was chosen
NO_COUNTRY_OF_OURS = "??"  # a place of a study in a country whose name nobody here knows


class Trait(IntFlag):
    """An answer to one of four questions, as a bit, so that a database can compare."""

    TAKES_PEOPLE = 1  #: Now or soon.
    TAKES_NOBODY = 2
    TREATS = 4  #: It tries something out, or gives access to it.
    OBSERVES = 8
    CHILD = 16
    ADULT = 32
    OLDER_ADULT = 64
    FEMALE = 128
    MALE = 256


NOTHING = Trait(0)
OPEN, TYPE = Trait.TAKES_PEOPLE | Trait.TAKES_NOBODY, Trait.TREATS | Trait.OBSERVES
AGE, SEX = Trait.CHILD | Trait.ADULT | Trait.OLDER_ADULT, Trait.FEMALE | Trait.MALE
#: The answers to one question each: a study that has some of them, and none that was chosen, does not fit.
QUESTIONS = (OPEN, TYPE, AGE, SEX)
AGE_GROUPS = {"child": Trait.CHILD, "adult": Trait.ADULT, "older-adult": Trait.OLDER_ADULT}
SEXES = {"female": Trait.FEMALE, "male": Trait.MALE}
CHOOSABLE = Trait.TAKES_PEOPLE | Trait.TREATS | AGE | SEX
_OPEN_OR_NOT_KNOWN = ENROLLING | {"UNKNOWN", "WITHHELD"}
#: By code, what a country is called beside the name that CLDR has for it: in records, which may be nothing, and elsewhere.
_OTHER_NAMES = {code: names for code, *names in packaged(Path(__file__).with_name("countries.tsv"))}
_NO_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})  # that CLDR has names for all the same
_WITHOUT_WEIGHT = re.compile(r"\b(?:and|the|und|og|y)\b")
_BRACKETS = re.compile(r"\([^()]*\)")


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which new studies of a condition somebody wants; as it is made, all of them."""

    traits: Trait = NOTHING
    countries: tuple[str, ...] = ()  # ISO 3166 codes
    not_words: tuple[str, ...] = ()  # folded: a study with one of them in title or conditions is left out

    def __bool__(self) -> bool:
        return self != EVERY_STUDY

    @property
    def columns(self) -> tuple[int, str | None, str | None]:
        """As it is stored; `stored` reads it back."""
        return int(self.traits), " ".join(self.countries) or None, " ".join(self.not_words) or None

    def plain(self) -> dict[str, object]:
        """What was chosen, by the names of the command's options; nothing stands for everything."""
        said = {
            "open_only": Trait.TAKES_PEOPLE in self.traits,
            "treatment_only": Trait.TREATS in self.traits,
            "country": list(self.countries),
            "age_group": next((name for name, group in AGE_GROUPS.items() if group in self.traits), None),
            "sex": next((name for name, sex in SEXES.items() if sex in self.traits), None),
            "not": list(self.not_words),
        }
        return {name: value for name, value in said.items() if value}


EVERY_STUDY = Narrowing()


@dataclass(frozen=True, slots=True)
class SaidNarrowing:
    """What was said of it this time. None: not said, so all, or as it was before."""

    open_only: bool | None = None
    treatment_only: bool | None = None
    age_group: Trait | None = None  # NOTHING: any
    sex: Trait | None = None
    countries: tuple[str, ...] | None = None
    not_words: tuple[str, ...] | None = None

    def __bool__(self) -> bool:
        return self != SAID_NOTHING

    def over(self, before: Narrowing) -> Narrowing:
        """What is chosen with this said over what was chosen before."""
        traits = before.traits
        for question, said in (
            (OPEN, None if self.open_only is None else Trait.TAKES_PEOPLE * self.open_only),
            (TYPE, None if self.treatment_only is None else Trait.TREATS * self.treatment_only),
            (AGE, self.age_group),
            (SEX, self.sex),
        ):
            traits = traits if said is None else Trait(traits & ~question | said)
        return Narrowing(
            traits,
            before.countries if self.countries is None else self.countries,
            before.not_words if self.not_words is None else self.not_words,
        )


SAID_NOTHING = SaidNarrowing()


def stored(traits: object, countries: object, not_words: object) -> Narrowing:
    """What somebody chose, as stored; of what cannot be read, as if they had left nothing out."""
    known = isinstance(traits, int) and 0 <= traits <= CHOOSABLE and not traits & ~CHOOSABLE
    return Narrowing(
        Trait(traits) if known else NOTHING,  # type: ignore[arg-type]  # it is a number where it is known
        tuple(countries.split()) if isinstance(countries, str) else (),
        tuple(not_words.split()) if isinstance(not_words, str) else (),
    )


def in_words(plain: Mapping[str, object]) -> str:
    """What was chosen, for the admin: from `Narrowing.plain`."""
    texts = (
        (name.replace("_", " "), " ".join(value) if isinstance(value, list) else value)
        for name, value in plain.items()
    )
    return ", ".join(name if value is True else f"{name} {value}" for name, value in texts)


# --- the search --------------------------------------------------------------------------------------------------


def as_searched(chosen: Narrowing) -> dict[str, str]:
    """What was chosen, as far as the form of the search has a field for it."""
    asked = {
        "type": "treats" if Trait.TREATS in chosen.traits else "",
        "sex": next((name for name, sex in SEXES.items() if sex in chosen.traits), ""),
        "place": country_name(chosen.countries[0]) if len(chosen.countries) == 1 else "",
    }
    return {name: value for name, value in asked.items() if value}


# --- what a study is --------------------------------------------------------------------------------------------


def traits_of(study: Study) -> Trait:
    """What is known of a study; of a question to which its record gives no answer that we know, no bit."""
    found, status = NOTHING, str(study.overall_status or "")
    if status in ENROLLING:
        found |= Trait.TAKES_PEOPLE
    elif status in STUDY_STATUSES and status not in _OPEN_OR_NOT_KNOWN:
        found |= Trait.TAKES_NOBODY
    types = {"INTERVENTIONAL": Trait.TREATS, "EXPANDED_ACCESS": Trait.TREATS, "OBSERVATIONAL": Trait.OBSERVES}
    sexes = {"FEMALE": Trait.FEMALE, "MALE": Trait.MALE, "ALL": SEX}
    found |= types.get(study.study_type or "", NOTHING) | sexes.get(study.eligibility.sex or "", NOTHING)
    groups = {name.upper().replace("-", "_"): group for name, group in AGE_GROUPS.items()}
    if all(each in groups for each in study.eligibility.std_ages):
        for each in study.eligibility.std_ages:
            found |= groups[each]
    return found


def countries_of(study: Study) -> set[str]:
    return {
        _codes().get(_name(site.country))
        or _codes().get(_name(_BRACKETS.sub("", site.country)))
        or NO_COUNTRY_OF_OURS
        for site in study.locations
        if site.country
    }


def words_of(study: Study) -> set[str]:
    """The words of its titles and conditions, as they are looked for."""
    texts = (study.brief_title, study.official_title, study.acronym, *study.conditions)
    return {
        word
        for text in texts
        if text
        for word in folded(text.replace("\0", " ")).split()
        if len(word) <= LONGEST_WORD
    }


def fits(study: Study, chosen: Narrowing) -> bool:
    """Whether nothing that is known of a study is other than what was chosen; `storage.eligibility` asks it in SQL."""
    traits, lands = traits_of(study), countries_of(study)
    strange = (
        chosen.traits & question and traits & question and not chosen.traits & traits & question
        for question in QUESTIONS
    )
    elsewhere = chosen.countries and lands and not lands & {*chosen.countries, NO_COUNTRY_OF_OURS}
    return not (any(strange) or elsewhere or words_of(study) & set(chosen.not_words))


# --- what somebody types ----------------------------------------------------------------------------------------


@cache
def _codes() -> dict[str, str]:
    """Codes of countries by their names, folded: those of CLDR in the languages of our mails, and others in use."""
    names = {
        _name(name): code
        for language in reversed(LANGUAGES)
        for code, name in Locale(language).territories.items()
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES
    }
    others = {_name(name): code for code, called in _OTHER_NAMES.items() for name in called if name}
    return names | {_name(code): code for code in names.values()} | others


def _name(text: str) -> str:
    return " ".join(_WITHOUT_WEIGHT.sub(" ", folded(text)).split())


def country_name(code: str, language: str = "en") -> str:
    return str(Locale(language).territories.get(code, code))


def country_code(typed: str) -> str | None:
    """The code of the country that this names, in a language of ours, as records do, or by its code."""
    return _codes().get(_name(typed))


def in_records(code: str) -> tuple[str, ...]:
    """The names under which records have a country, in English, that of today first."""
    today = _BRACKETS.sub("", country_name(code)).replace(" & ", " and ").replace("\u2019", "'").strip()
    return tuple(name for name in (today, *_OTHER_NAMES.get(code, ())[:1]) if name)


def countries(typed: Iterable[str]) -> tuple[str, ...]:
    """Codes of countries from what was typed: codes or names, parted by commas. Raises InputError for what is none."""
    found: list[str] = []
    for part in (part for text in typed for part in re.split(r"[,;/|\n]", text) if part.strip()):
        whole = _codes().get(_name(part))
        if whole is None and part.strip().casefold() == ANY:
            continue
        # "DK SE" too; a name of several words is one.
        codes = [whole] if whole else [_codes().get(_name(word)) for word in part.split()]
        if None in codes:
            raise InputError(
                f"{' '.join(part.split())[:40]!r} is not a country: give its code of two letters, such as DK, or its name"
            )
        found += [code for code in codes if code]
    chosen = tuple(dict.fromkeys(found))
    if len(chosen) > MOST_COUNTRIES:
        raise InputError(f"Give at most {MOST_COUNTRIES} countries, or none for all of them")
    return chosen


def said(
    open_only: bool | None,
    treatment_only: bool | None,
    of_age: str | None,
    of_sex: str | None,
    in_countries: Sequence[str] | None,
    without: Sequence[str] | None,
) -> SaidNarrowing:
    """What was said, from words as they are typed. Raises InputError."""
    return SaidNarrowing(
        open_only,
        treatment_only,
        None if of_age is None else age_group(of_age),
        None if of_sex is None else sex(of_sex),
        None if in_countries is None else countries(in_countries),
        None if without is None else not_words(without),
    )


def age_group(typed: str) -> Trait:
    """An age group of the registry's. Raises InputError."""
    return _one_of(typed, AGE_GROUPS, "an age group")


def sex(typed: str) -> Trait:
    """Whom a study must take. Raises InputError."""
    return _one_of(typed, SEXES, "a sex that studies name")


def _one_of(typed: str, choices: dict[str, Trait], what: str) -> Trait:
    word = "-".join(typed.casefold().replace("_", " ").replace("-", " ").split())
    if word not in (ANY, *choices):
        raise InputError(f"{typed[:40]!r} is not {what}: give {', '.join(choices)} or {ANY}")
    return choices.get(word, NOTHING)


def not_words(typed: Iterable[str]) -> tuple[str, ...]:
    """The words that a study may not have. Raises InputError for too many, or one that is too long."""
    words = tuple(dict.fromkeys(word for text in typed for word in folded(text.replace("\0", " ")).split()))
    if len(words) > MOST_WORDS:
        raise InputError(f"Give at most {MOST_WORDS} words that a study may not have")
    if any(len(word) > LONGEST_WORD for word in words):
        raise InputError(f"A word that a study may not have is at most {LONGEST_WORD} letters long")
    return words
