"""What the page of one study says, in the order in which it is read. Pure: from what is stored to words."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache

from notifier.domain.study import Contact, Eligibility, Location, Study, folded
from notifier.domain.summaries import PlainRead
from notifier.domain.summaries.record import more_of
from notifier.domain.summaries.standing import CLOSED
from notifier.domain.summaries.voice import plain
from notifier.domain.wording import Telling, one_line, registry_words, shown, speech, tell
from notifier.errors import InputError
from notifier.sources.clinicaltrials_gov import safe_condition
from notifier.storage.studies.study_page import A_YEAR, Event, Expected, Leaflet
from notifier.web.masking import contacts, hidden, mask_of

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


REGISTRY_PAGE = "https://clinicaltrials.gov/study/"
MOST_TOPICS = 2  # conditions that the sentence above the form names
MOST_OFFERED = 10
MOST_QUERIES = 200  # of a record's conditions that are read as queries, which takes a while for each
LONGEST_DESCRIPTION = 200
MOST_CONDITIONS = 8  # shown at once, and so many rules on who can join
MOST_CRITERIA = 10
MOST_PRINTED = 20
MOST_PAPERS = 5
PAPER = "https://pubmed.ncbi.nlm.nih.gov/"
_SCHEMA_STATUS = {
    "RECRUITING": "https://schema.org/Recruiting",
    "NOT_YET_RECRUITING": "https://schema.org/NotYetRecruiting",
    "ACTIVE_NOT_RECRUITING": "https://schema.org/ActiveNotRecruiting",
    "COMPLETED": "https://schema.org/Completed",
    "ENROLLING_BY_INVITATION": "https://schema.org/EnrollingByInvitation",
    "SUSPENDED": "https://schema.org/Suspended",
    "TERMINATED": "https://schema.org/Terminated",
    "WITHDRAWN": "https://schema.org/Withdrawn",
}


@dataclass(frozen=True, slots=True)
class Happened:
    """One update in the history. anchor: to link to; id: of its first change; stamp: for programs."""

    id: int
    at: datetime
    anchor: str
    day: str
    title: str
    tellings: tuple[Telling, ...]
    question: str = ""  # what the study asks, where the study itself is the news


@dataclass(frozen=True, slots=True)
class StudyPage:
    """Everything on the page, in words and without anybody's number or address. places: all; found: those shown of them."""

    nct_id: str
    title: str
    official_title: str
    description: str
    first_seen: str
    first_posted: str
    last_updated: str
    missing: bool
    read: PlainRead
    conditions: tuple[str, ...]
    conditions_shown: int
    topics: str
    offered: tuple[str, ...]  # the conditions that one can follow, as many as a form can show
    status: str
    confirmed: str
    joinable: bool
    cancelled: bool  # before anybody joined
    unknown: bool  # whether anybody can join is not known: nobody has confirmed the record for years
    who: Who
    criteria_folded: bool
    criteria_printed: bool  # short enough for the two pages that a doctor gets
    people: tuple[str, ...]
    countries: tuple[Country, ...]
    places: int
    found: int
    open_places: int
    folded: bool
    asked_place: str
    asked_country: str
    all_countries: tuple[str, ...]
    has_hidden: bool
    history: tuple[Happened, ...]
    expectations: tuple[str, ...]
    registry_url: str
    results: bool
    papers: tuple[str, ...]
    structured: dict[str, object]

    @property
    def who_heading(self) -> str:
        if self.joinable:
            return "Who can join"
        return "Who could have joined" if self.cancelled else "Who took part"

    @property
    def places_note(self) -> str:
        if self.joinable:
            return "Ask there before you travel: the list can be out of date."
        if self.cancelled:
            return "The study was cancelled: no place took part."
        return "The study takes no new participants. If you are treated at one of its places, ask your study team."


def study_page(
    leaflet: Leaflet,
    read: PlainRead,
    expected: Sequence[Expected],
    *,
    place: str = "",
    country: str = "",
) -> StudyPage:
    """The page of a study, as things stand now. place, country: what the reader looks for among its places."""
    study = leaflet.study
    mask = mask_of(study)
    terms = tuple(dict.fromkeys(filter(None, (mask(one_line(term)) for term in study.conditions))))
    offered = tuple(dict.fromkeys(filter(None, map(mask, queries(study.conditions).values()))))
    shown = read.mapped(mask)
    every, asked = countries(study, mask), who(study, mask)
    rules = sum(max(1, len(block.items)) for block in asked.criteria)
    where = _wanted(every, place, country)
    places = len(study.locations)
    official = mask(one_line(study.official_title or ""))
    title, question = plain(shown.title), plain(shown.question)
    description = _cut(
        question or plain(shown.quote) or plain(shown.status_line) or title, LONGEST_DESCRIPTION
    )
    return StudyPage(
        nct_id=study.nct_id,
        title=title,
        official_title=official if official not in {title, shown.registry_title} else "",
        description=description,
        first_seen=SPOKEN.day(leaflet.first_seen.astimezone(UTC)) if leaflet.first_seen else "",
        first_posted=_date(study.study_first_post_date),
        last_updated=_date(study.last_update_post_date),
        missing=leaflet.missing,
        read=shown,
        conditions=terms,
        conditions_shown=min(len(terms), MOST_CONDITIONS),
        topics=_topics(offered),
        offered=offered[:MOST_OFFERED],
        status=registry_words.label(study.overall_status or ""),
        confirmed=_date(study.status_verified_date),
        joinable=study.overall_status not in CLOSED,
        cancelled=study.overall_status == "WITHDRAWN",
        unknown=study.overall_status == "UNKNOWN",
        who=asked,
        criteria_folded=rules > MOST_CRITERIA,
        criteria_printed=rules <= MOST_PRINTED,
        people=people(study.central_contacts, mask),
        countries=where,
        places=places,
        found=sum(len(each.places) for each in where),
        open_places=sum(each.open for each in every),
        folded=places > MOST_UNFOLDED and not place,
        asked_place=place,
        asked_country=country,
        all_countries=tuple(each.name for each in every),
        has_hidden=any(one.phone or one.email for one in contacts(study)),
        history=history(leaflet.events),
        expectations=tuple(expectations(leaflet, expected)),
        registry_url=REGISTRY_PAGE + study.nct_id,
        results=study.has_results,
        papers=tuple(f"{PAPER}{pmid}/" for pmid in more_of(study).papers[:MOST_PAPERS]),
        structured=_structured(study, title, description, terms),
    )


def _wanted(every: Sequence[Country], place: str, country: str) -> tuple[Country, ...]:
    """The places that fit what the reader looks for: their country first, then those that take people."""
    found = []
    for each in every:
        chosen = [one for one in each.places if folded(place) in folded(f"{one.name} {one.town} {each.name}")]
        if chosen:
            found.append(replace(each, places=tuple(sorted(chosen, key=lambda one: not one.open))))
    return tuple(
        sorted(
            found,
            key=lambda each: (folded(each.name) != folded(country), not each.open, each.name == NOWHERE),
        )
    )


def _structured(study: Study, title: str, description: str, terms: Sequence[str]) -> dict[str, object]:
    """What search engines read of the page: schema.org's MedicalStudy, of facts alone."""
    kind = {"INTERVENTIONAL": "MedicalTrial", "OBSERVATIONAL": "MedicalObservationalStudy"}
    told: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": kind.get(study.study_type or "", "MedicalStudy"),
        "additionalType": "https://schema.org/MedicalStudy",
        "identifier": study.nct_id,
        "name": title,
        "description": description,
        "url": REGISTRY_PAGE + study.nct_id,
        "healthCondition": [{"@type": "MedicalCondition", "name": term} for term in terms[:MOST_OFFERED]],
        "sponsor": {"@type": "Organization", "name": one_line(study.lead_sponsor.name or "")}
        if study.lead_sponsor
        else None,
        "status": _SCHEMA_STATUS.get(str(study.overall_status)),
    }
    return {name: value for name, value in told.items() if value}


def _cut(text: str, longest: int) -> str:
    """The text, or as many whole words of it as there is room for."""
    return text if len(text) <= longest else text[: longest - 1].rpartition(" ")[0].rstrip(" ,;:.") + "…"


def _date(published: str | None) -> str:
    return SPOKEN.date(published) if published else ""


def _topics(terms: Sequence[str]) -> str:
    """'breast cancer, or melanoma', as it ends the sentence above the form."""
    named = [f"“{term}”" for term in terms[:MOST_TOPICS]]
    more = len(terms) - len(named)
    if more:
        return ", ".join(named) + (" or another of its conditions" if named else "")
    return " or ".join(named)


# --- the history ------------------------------------------------------------------------------------------------


def history(events: Iterable[Event]) -> tuple[Happened, ...]:
    """What changed, in the words of the mails."""
    return tuple(map(happened, events))


def happened(event: Event) -> Happened:
    """One update in the words of the mails."""
    mask = mask_of(event.study, event.told)
    told = tuple(map(hidden, event.told))
    tellings = tuple(map(mask.telling, tell(SPOKEN, event.study, told, UTC)))
    return Happened(
        id=event.id,
        at=event.at,
        anchor=f"change-{event.id}",
        day=SPOKEN.day(event.at.astimezone(UTC)),
        title=tellings[0].headline if tellings else "",
        tellings=tellings,
    )


# --- what to expect ---------------------------------------------------------------------------------------------


@lru_cache(maxsize=128)
def queries(conditions: tuple[str, ...]) -> Mapping[str, str]:
    """A study's conditions as its followers' queries would be, each with the registrant's own word for it."""
    found: dict[str, str] = {}
    for term in conditions[:MOST_QUERIES]:
        try:
            found.setdefault(safe_condition(term).casefold(), one_line(term))
        except InputError:
            continue  # nobody can follow it
    return found


def expectations(leaflet: Leaflet, expected: Iterable[Expected]) -> Iterable[str]:
    """How often there would have been something to tell, as far as we know."""
    if leaflet.watched:
        yield f"This study {_changed(leaflet.updates)} in the past {_months(leaflet.watched)}."
    names = queries(leaflet.study.conditions)
    for each in expected:
        yield f"{_a_month(each.a_month)} for “{names[each.query]}”."


def _months(number: int) -> str:
    return {1: "month", A_YEAR: "year"}.get(number) or f"{SPOKEN.number(number)} months"


def _changed(number: int) -> str:
    if number == 0:
        return "has not changed"
    return "has changed " + ({1: "once", 2: "twice"}.get(number) or f"{SPOKEN.number(number)} times")


def _a_month(number: int) -> str:
    if number == 0:
        return "There is less than one new study a month"
    return f"There {'is' if number == 1 else 'are'} about {SPOKEN.number(number)} new stud{'y' if number == 1 else 'ies'} a month"
