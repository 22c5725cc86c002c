"""What the page of one study says, in the order in which it is read. Pure: from what is stored to words."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from types import SimpleNamespace

from notifier.domain import gazetteer
from notifier.domain.geo import FARTHEST, Circle
from notifier.domain.study import Contact, Location, Study, folded
from notifier.domain.summaries import PlainRead
from notifier.domain.summaries.record import more_in
from notifier.domain.summaries.standing import CLOSED
from notifier.domain.summaries.voice import marked, plain
from notifier.domain.wording import Telling, one_line, registry_words, shown, tell
from notifier.domain.wording.catalogue import n_, nn_
from notifier.domain.wording.places import nearest
from notifier.errors import InputError
from notifier.sources.clinicaltrials_gov import safe_condition
from notifier.storage.studies.study_page import A_YEAR, Event, Leaflet
from notifier.web.masking import contacts, hidden, mask_of
from notifier.web.speaking import count, day, mails, place_name, say, spoken

Mask = Callable[[str], str]
#: So many places are shown at once; where there are more, each country is folded up.
MOST_UNFOLDED = 12
_AGE = re.compile(r"(\d+)\s+(year|month|week|day|hour|minute)s?", re.IGNORECASE | re.ASCII)
_UNITS = {
    "year": nn_("%(number)s year", "%(number)s years"),
    "month": nn_("%(number)s month", "%(number)s months"),
    "week": nn_("%(number)s week", "%(number)s weeks"),
    "day": nn_("%(number)s day", "%(number)s days"),
    "hour": nn_("%(number)s hour", "%(number)s hours"),
    "minute": nn_("%(number)s minute", "%(number)s minutes"),
}
_ITEM = re.compile(r"(\s*)(?:[*\u2022\u25cf\u00b7-]\s+|(?=\d{1,2}[.)]\s))(.*)")
_NUMBERED = re.compile(r"\d{1,2}[.)]\s")
NOT_SAID = n_("The record does not say.")
_SEX = {"ALL": n_("People of any sex"), "FEMALE": n_("Female"), "MALE": n_("Male")}
_HEALTHY = {True: n_("Yes"), False: n_("No"), None: NOT_SAID}
#: As short as a list needs it; the study's own status is said in a sentence.
_PLACE = {
    "RECRUITING": n_("listed as looking for participants"),
    "NOT_YET_RECRUITING": n_("not looking for participants yet"),
    "ENROLLING_BY_INVITATION": n_("by invitation only"),
    "ACTIVE_NOT_RECRUITING": n_("going on, not looking for new participants"),
    "COMPLETED": n_("has ended"),
    "SUSPENDED": n_("paused; it may start again"),
    "TERMINATED": n_("has stopped early"),
    "WITHDRAWN": n_("was cancelled before anyone joined"),
    "AVAILABLE": n_("available"),
}
OPEN = "RECRUITING"
NOWHERE = n_("Country not stated")


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
class StudyPlace:
    """One place; people are named without how to reach them."""

    name: str
    town: str
    status: str
    open: bool
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Country:
    """The places in one country; `open` of them are listed as looking for participants. said: its name on the page."""

    name: str
    said: str
    open: int
    places: tuple[StudyPlace, ...]


def who(study: Study, mask: Mask) -> SimpleNamespace:
    """Who can join."""
    rules, blocks, items = study.eligibility, list[Block](), list[Criterion]()
    # The text as listed: its words and their order, with lists as lists.
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
    if items:
        blocks.append(Block(items=tuple(items)))
    return SimpleNamespace(
        ages=ages(rules.minimum_age, rules.maximum_age),
        sex=say(_SEX.get(rules.sex or "") or registry_words.label(rules.sex or "") or NOT_SAID),
        # The registry's words, where it is gender that counts.
        gender=mask(one_line(rules.gender_description or "")) if rules.gender_based else "",
        healthy=say(_HEALTHY[rules.healthy_volunteers]),
        criteria=tuple(blocks),
    )


def ages(lowest: str | None, highest: str | None) -> str:
    """'18 to 80 years', from the registry's '18 Years' and '80 Years'."""
    low, high = _age(lowest), _age(highest)
    if low and high:
        same = low[1] == high[1]
        return say("%(lowest)s to %(highest)s", lowest=low[0] if same else low[2], highest=high[2])
    if low:
        return say("%(age)s and older", age=low[2])
    return say("Up to %(age)s", age=high[2]) if high else say("The record gives no age limits.")


def _age(text: str | None) -> tuple[str, str, str] | None:
    """The number, its unit, and both in words; what is no age of the registry's form stands as it is."""
    plain = one_line(text or "")
    found = _AGE.fullmatch(plain)
    if found is None:
        return None if plain in {"", "N/A"} else (plain, "", plain)
    unit = found[2].lower()
    one, many = _UNITS[unit]
    return found[1], unit, count(one, many, int(found[1]))


def people(contacts: Sequence[Contact], mask: Mask) -> tuple[str, ...]:
    """The names of those who can be reached; those without a name stand for an office."""
    reachable = [one for one in contacts if one.phone or one.email]
    named = (marked(mask(one_line(one.name or ""))) or say("Study contact") for one in reachable)
    return tuple(dict.fromkeys(named))


def countries(study: Study, mask: Mask) -> tuple[Country, ...]:
    """The places by country, in the alphabet; the unnamed one last."""
    by_country: dict[str, list[Location]] = defaultdict(list)
    for location in study.locations:
        by_country[one_line(location.country or "")].append(location)
    return tuple(
        Country(
            name or NOWHERE,
            spoken().territory(name) if name else say(NOWHERE),
            sum(location.status == OPEN for location in by_country[name]),
            tuple(_place(location, mask) for location in by_country[name]),
        )
        for name in sorted(by_country, key=lambda name: (not name, name.casefold()))
    )


def _place(location: Location, mask: Mask) -> StudyPlace:
    town = (one_line(part) for part in (location.city, location.state, location.zip) if part)
    return StudyPlace(
        name=marked(mask(one_line(location.facility or ""))) or say("A place without a name"),
        town=mask(", ".join(town)),
        status=place_status(location.status),
        open=location.status == OPEN,
        people=people(location.contacts, mask),
    )


def place_status(code: str | None) -> str:
    """A place's status in plain words; in the registry's where we have none."""
    ours = _PLACE.get(code or "")
    return say(ours) if ours else registry_words.label(code) if code else ""


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
#: As schema.org names them: `NotYetRecruiting`.
_SCHEMA_STATUS = {
    code: f"https://schema.org/{code.title().replace('_', '')}" for code in _PLACE if code != "AVAILABLE"
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


def _in_its_time(joinable: bool, cancelled: bool) -> tuple[str, str]:
    """What stands above who can join, and beside the places."""
    if joinable:
        return say("Who can join"), say("Ask there before you travel: the list can be out of date.")
    if cancelled:
        return say("Who could have joined"), say("The study was cancelled: no place took part.")
    return say("Who took part"), say(
        "The study takes no new participants. If you are treated at one of its places, ask your study team."
    )


def study_page(
    leaflet: Leaflet,
    read: PlainRead,
    expected: Mapping[str, int],
    *,
    place: str = "",
    country: str = "",
    near: str = "",
) -> SimpleNamespace:
    """Everything on the page of a study, as things stand now, in words and without anybody's number or address.

    place, country: what the reader looks for among its places; near: a town.
    """
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
    joinable, cancelled = study.overall_status not in CLOSED, study.overall_status == "WITHDRAWN"
    who_heading, places_note = _in_its_time(joinable, cancelled)
    return SimpleNamespace(
        nct_id=study.nct_id,
        title=title,
        official_title=official if official not in {title, shown.registry_title} else "",
        description=description,
        first_seen=day(leaflet.first_seen) if leaflet.first_seen else "",
        first_posted=_date(study.study_first_post_date),
        last_updated=_date(study.last_update_post_date),
        missing=leaflet.missing,
        read=shown,
        conditions=terms,
        conditions_shown=min(len(terms), MOST_CONDITIONS),
        topics=_topics(offered),
        offered=offered[:MOST_OFFERED],  # the conditions that one can follow, as many as a form can show
        status=registry_words.label(study.overall_status or ""),
        confirmed=_date(study.status_verified_date),
        joinable=joinable,
        cancelled=cancelled,  # before anybody joined
        unknown=study.overall_status == "UNKNOWN",  # nobody has confirmed the record for years
        who=asked,
        who_heading=who_heading,
        places_note=places_note,
        criteria_folded=rules > MOST_CRITERIA,
        criteria_printed=rules <= MOST_PRINTED,  # short enough for the two pages that a doctor gets
        people=people(study.central_contacts, mask),
        countries=where,
        near=how_near(study, near),
        places=places,
        found=sum(len(each.places) for each in where),
        open_places=sum(each.open for each in every),
        folded=places > MOST_UNFOLDED and not place,
        asked_place=place,
        asked_country=country,
        all_countries={each.name: each.said for each in every},  # by the registry's name the page's
        has_hidden=any(one.phone or one.email for one in contacts(study)),
        history=tuple(map(happened, leaflet.events)),
        expectations=tuple(expectations(leaflet, expected)),
        registry_url=REGISTRY_PAGE + study.nct_id,
        results=study.has_results,
        papers=tuple(f"{PAPER}{pmid}/" for pmid in more_in(study.raw).papers[:MOST_PAPERS]),
        structured=_structured(study, title, description, terms),
    )


def how_near(study: Study, typed: str) -> str:
    """How near a place of the study comes to a town; nothing where that town is not known."""
    if not typed:
        return ""
    with suppress(InputError):
        town = gazetteer.the_town(typed)
        return nearest(mails(), study, Circle(town.lat, town.lon, FARTHEST), place_name(town.label))[0]
    return ""


def _wanted(every: Sequence[Country], place: str, country: str) -> tuple[Country, ...]:
    """The places that fit what the reader looks for: their country first, then those that take people."""
    found = []
    for each in every:
        chosen = [
            one
            for one in each.places
            if not place or folded(place) in folded(f"{one.name} {one.town} {each.name} {each.said}")
        ]
        if chosen:
            found.append(replace(each, places=tuple(sorted(chosen, key=lambda one: not one.open))))
    return tuple(
        sorted(
            found,
            key=lambda each: (
                bool(country) and folded(country) not in {folded(each.name), folded(each.said)},
                not each.open,
                each.name == NOWHERE,
            ),
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
    return spoken().date(published) if published else ""


def _topics(terms: Sequence[str]) -> str:
    """'“breast cancer” or “melanoma”', as the sentence above the form names them."""
    named = [marked(f"“{term}”") for term in terms[:MOST_TOPICS]]
    if len(terms) > len(named):
        return say("%(names)s or another of its conditions", names=", ".join(named))
    return spoken().either(named)


# --- the history ------------------------------------------------------------------------------------------------


def happened(event: Event) -> Happened:
    """One update in the words of the mails."""
    mask = mask_of(event.study, event.told)
    told = tuple(map(hidden, event.told))
    tellings = tuple(map(mask.telling, tell(mails(), event.study, told, UTC)))
    return Happened(
        id=event.id,
        at=event.at,
        anchor=f"change-{event.id}",
        day=day(event.at),
        title=tellings[0].headline if tellings else "",
        tellings=tellings,
    )


# --- what to expect ---------------------------------------------------------------------------------------------


@lru_cache(maxsize=400)  # about as many as pages are kept
def queries(conditions: tuple[str, ...]) -> Mapping[str, str]:
    """A study's conditions as its followers' queries would be, each with the registrant's own word for it."""
    found: dict[str, str] = {}
    for term in conditions[:MOST_QUERIES]:
        try:
            found.setdefault(safe_condition(term).casefold(), one_line(term))
        except InputError:
            continue  # nobody can follow it
    return found


def expectations(leaflet: Leaflet, expected: Mapping[str, int]) -> Iterable[str]:
    """How often there would have been something to tell, as far as we know."""
    if months := leaflet.watched:
        span = {1: say("in the past month"), A_YEAR: say("in the past year")}.get(months) or count(
            "in the past month", "in the past %(number)s months", months
        )
        if leaflet.updates == 0:
            yield say("This study has not changed %(span)s.", span=span)
        elif leaflet.updates == 2:
            yield say("This study has changed twice %(span)s.", span=span)
        else:
            yield count(
                "This study has changed once %(span)s.",
                "This study has changed %(number)s times %(span)s.",
                leaflet.updates,
                span=span,
            )
    names = queries(leaflet.study.conditions)
    for query, a_month in expected.items():
        condition = marked(f"“{names[query]}”")
        if a_month == 0:
            yield say("There is less than one new study a month for %(condition)s.", condition=condition)
        else:
            yield count(
                "There is about %(number)s new study a month for %(condition)s.",
                "There are about %(number)s new studies a month for %(condition)s.",
                a_month,
                condition=condition,
            )
