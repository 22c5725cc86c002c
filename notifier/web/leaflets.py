"""What the page of one study says, in the order in which it is read. Pure: from what is stored to words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from notifier.domain.study import Study
from notifier.domain.summaries import PlainRead
from notifier.domain.wording import Telling, one_line, registry_words, tell
from notifier.domain.wording.statuses import STOPPED
from notifier.errors import InputError
from notifier.sources.clinicaltrials_gov import safe_condition
from notifier.storage.studies.study_page import A_YEAR, Event, Expected, Leaflet
from notifier.web.masking import Mask, contacts, hidden, mask_of
from notifier.web.who import MOST_UNFOLDED, SPOKEN, Country, Who, countries, people, status_sentence, who

REGISTRY_PAGE = "https://clinicaltrials.gov/study/"
MOST_TOPICS = 2  # conditions that the sentence above the form names
MOST_OFFERED = 10
LONGEST_DESCRIPTION = 200


@dataclass(frozen=True, slots=True)
class Happened:
    """One update in the history. anchor: to link to; id: of its first change; stamp: for programs."""

    id: int
    at: datetime
    anchor: str
    day: str
    title: str
    tellings: tuple[Telling, ...]


@dataclass(frozen=True, slots=True)
class StudyPage:
    """Everything on the page, in words and without anybody's number or address."""

    nct_id: str
    title: str
    official_title: str
    description: str
    first_seen: str
    last_updated: str
    missing: bool
    read: PlainRead
    conditions: tuple[str, ...]
    topics: str
    offered: tuple[str, ...]  # the conditions that one can follow, as many as a form can show
    status: str
    status_means: str
    status_day: str
    confirmed: str
    why_stopped: str
    stopped: bool
    who: Who
    people: tuple[str, ...]
    countries: tuple[Country, ...]
    places: int
    open_places: int
    folded: bool
    has_hidden: bool
    history: tuple[Happened, ...]
    expectations: tuple[str, ...]
    registry_url: str


def study_page(leaflet: Leaflet, read: PlainRead, expected: Sequence[Expected]) -> StudyPage:
    """The page of a study, as things stand now."""
    study = leaflet.study
    mask = mask_of(study)
    terms = tuple(dict.fromkeys(filter(None, (mask(one_line(term)) for term in study.conditions))))
    offered = tuple(dict.fromkeys(filter(None, map(mask, queries(study).values()))))
    plain = masked_read(read, mask)
    where = countries(study, mask)
    places = len(study.locations)
    official = mask(one_line(study.official_title or ""))
    return StudyPage(
        nct_id=study.nct_id,
        title=plain.title,
        official_title=official if official != plain.title else "",
        description=_cut(" ".join(plain.summary), LONGEST_DESCRIPTION),
        first_seen=SPOKEN.day(leaflet.first_seen.astimezone(UTC)),
        last_updated=_date(study.last_update_post_date),
        missing=leaflet.missing,
        read=plain,
        conditions=terms,
        topics=_topics(offered),
        offered=offered[:MOST_OFFERED],
        status=registry_words.label(study.overall_status or ""),
        status_means=status_sentence(study.overall_status),
        status_day=_date(study.last_update_post_date),
        confirmed=_date(study.status_verified_date),
        why_stopped=mask(one_line(study.why_stopped or "")),
        stopped=str(study.overall_status) in STOPPED,
        who=who(study, mask),
        people=people(study.central_contacts, mask),
        countries=where,
        places=places,
        open_places=sum(country.open for country in where),
        folded=places > MOST_UNFOLDED,
        has_hidden=any(one.phone or one.email for one in contacts(study)),
        history=history(leaflet.events),
        expectations=tuple(expectations(leaflet, expected)),
        registry_url=REGISTRY_PAGE + study.nct_id,
    )


def masked_read(read: PlainRead, mask: Mask) -> PlainRead:
    """The plain-language read without numbers and addresses that its writer may have copied."""
    return replace(
        read,
        title=mask(read.title),
        summary=tuple(map(mask, read.summary)),
        could_lead_to=tuple(map(mask, read.could_lead_to)),
        could_go_wrong=tuple(map(mask, read.could_go_wrong)),
    )


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


def queries(study: Study) -> dict[str, str]:
    """The study's conditions as its followers' queries would be, each with the registrant's own word for it."""
    found: dict[str, str] = {}
    for term in study.conditions:
        try:
            found.setdefault(safe_condition(term).casefold(), one_line(term))
        except InputError:
            continue  # nobody can follow it
    return found


def expectations(leaflet: Leaflet, expected: Iterable[Expected]) -> Iterable[str]:
    """How often there would have been something to tell, as far as we know."""
    if leaflet.watched:
        yield f"This study {_changed(leaflet.updates)} in the past {_months(leaflet.watched)}."
    names: Mapping[str, str] = queries(leaflet.study)
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
