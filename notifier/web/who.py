"""Who can join, where, and whom to ask, as a study's page lays it out. Pure; adds nothing to what the record says."""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from notifier.domain.study import Contact, Eligibility, Location, Study
from notifier.domain.wording import one_line, registry_words, shown, speech

Mask = Callable[[str], str]
SPOKEN = speech("en")
#: So many places are shown at once; where there are more, each country is folded up.
MOST_UNFOLDED = 12
_AGE = re.compile(r"(\d+)\s+(year|month|week|day|hour|minute)s?", re.IGNORECASE | re.ASCII)
_ITEM = re.compile(r"(\s*)(?:[*\u2022\u25cf\u00b7-]\s+|(?=\d{1,2}[.)]\s))(.*)")
_NUMBERED = re.compile(r"\d{1,2}[.)]\s")
_SEX = {"ALL": "People of any sex", "FEMALE": "Female", "MALE": "Male"}
_HEALTHY = {True: "Yes", False: "No", None: "The record does not say."}
#: As short as a list needs it; the study's own status is said in a sentence.
_PLACE = {
    "RECRUITING": "listed as looking for participants",
    "NOT_YET_RECRUITING": "not looking for participants yet",
    "ENROLLING_BY_INVITATION": "by invitation only",
    "ACTIVE_NOT_RECRUITING": "going on, not looking for new participants",
    "COMPLETED": "has ended as planned",
    "SUSPENDED": "paused; it may start again",
    "TERMINATED": "has stopped early",
    "WITHDRAWN": "was cancelled before anyone joined",
    "AVAILABLE": "available",
}
OPEN = "RECRUITING"
NOWHERE = "Country not stated"


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of the registry's text, or a list."""

    text: str = ""
    items: tuple["Criterion", ...] = ()


@dataclass(frozen=True, slots=True)
class Criterion:
    """One item of a list, how deep it stands, and whether it brings a number of its own in place of a dot."""

    text: str
    depth: int
    numbered: bool


@dataclass(frozen=True, slots=True)
class Who:
    """Who can join."""

    ages: str
    sex: str
    gender: str  # the registry's words, where it is gender that counts
    healthy: str
    criteria: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class StudyPlace:
    """One place; people are named without how to reach them."""

    name: str
    town: str
    status: str
    open: bool
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Country:
    """The places in one country; `open` of them are listed as looking for participants."""

    name: str
    open: int
    places: tuple[StudyPlace, ...]


def who(study: Study, mask: Mask) -> Who:
    """Who can join, as the record says it."""
    rules = study.eligibility
    return Who(
        ages=ages(rules.minimum_age, rules.maximum_age),
        sex=_SEX.get(rules.sex or "") or registry_words.label(rules.sex or "") or "The record does not say.",
        gender=mask(one_line(rules.gender_description or "")) if rules.gender_based else "",
        healthy=_HEALTHY[rules.healthy_volunteers],
        criteria=_criteria(rules, mask),
    )


def ages(lowest: str | None, highest: str | None) -> str:
    """'18 to 80 years', from the registry's '18 Years' and '80 Years'."""
    low, high = _age(lowest), _age(highest)
    if low and high:
        number, unit = low.split(" ", 1) if " " in low else (low, "")
        same = unit.rstrip("s") == high.partition(" ")[2].rstrip("s")
        return f"{number if same else low} to {high}"
    if low or high:
        return f"{low} and older" if low else f"Up to {high}"
    return "The record gives no age limits."


def _age(text: str | None) -> str:
    plain = one_line(text or "")
    found = _AGE.fullmatch(plain)
    if found is None:
        return "" if plain == "N/A" else plain
    return f"{found[1]} {found[2].lower()}{'' if found[1] == '1' else 's'}"


def _criteria(rules: Eligibility, mask: Mask) -> tuple[Block, ...]:
    """The text as listed: its words and their order, with lists as lists."""
    blocks: list[Block] = []
    items: list[Criterion] = []
    for line in mask(rules.criteria or "").splitlines():
        found = _ITEM.fullmatch(line)
        if found and (text := shown(found[2])):
            numbered = _NUMBERED.match(text) is not None
            items.append(Criterion(text, min(len(found[1]) // 2, 2), numbered))
        elif text := shown(line):
            if items:
                blocks.append(Block(items=tuple(items)))
                items = []
            blocks.append(Block(text=text))
    return (*blocks, Block(items=tuple(items))) if items else tuple(blocks)


def people(contacts: Sequence[Contact], mask: Mask) -> tuple[str, ...]:
    """The names of those who can be reached; those without a name stand for an office."""
    reachable = [one for one in contacts if one.phone or one.email]
    return tuple(dict.fromkeys(mask(one_line(one.name or "")) or "Study contact" for one in reachable))


def countries(study: Study, mask: Mask) -> tuple[Country, ...]:
    """The places by country, in the alphabet; the unnamed one last."""
    by_country: dict[str, list[Location]] = defaultdict(list)
    for location in study.locations:
        by_country[one_line(location.country or "")].append(location)
    return tuple(
        Country(
            name or NOWHERE,
            sum(location.status == OPEN for location in by_country[name]),
            tuple(_place(location, mask) for location in by_country[name]),
        )
        for name in sorted(by_country, key=lambda name: (not name, name.casefold()))
    )


def _place(location: Location, mask: Mask) -> StudyPlace:
    town = (one_line(part) for part in (location.city, location.state, location.zip) if part)
    return StudyPlace(
        name=mask(one_line(location.facility or "")) or "A place without a name",
        town=mask(", ".join(town)),
        status=place_status(location.status),
        open=location.status == OPEN,
        people=people(location.contacts, mask),
    )


def place_status(code: str | None) -> str:
    """A place's status in plain words; in the registry's where we have none."""
    return _PLACE.get(code or "") or (registry_words.label(code) if code else "")
