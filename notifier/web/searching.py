"""The search: asks the registry, one question a page of results, and keeps its answers for an hour, in this process alone.

A person's words stand in no log and in no page that is kept. Where the registry may not be asked, or is slow, what is stored
stands in its place, and the page says so. It answers with a page of what the registry found and nothing else of it.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlencode

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from notifier.domain import gazetteer
from notifier.domain.geo import FARTHEST, Circle
from notifier.domain.illnesses import Offer, is_known, is_word, offer
from notifier.domain.narrowing import country_name, in_records
from notifier.domain.study import Study, parse_nct_id
from notifier.domain.summaries import by_rules
from notifier.domain.wording import one_line
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.places import nearest
from notifier.errors import InputError, NctIdError, NotifierError
from notifier.sources.clinicaltrials_gov import SexSought, Sought, StudyDoes, in_words, safe_condition
from notifier.sources.clinicaltrials_gov.searching import A_PAGE, OLDEST
from notifier.storage.studies import study_page
from notifier.web.browsing import ListedStudy, item, page_number
from notifier.web.forms import LONGEST_PLACE, SignUpForm, narrow_values
from notifier.web.incoming import HOUR, Views, form_token, may_fetch, on_one_line, who, whole_number
from notifier.web.leaflets import ages
from notifier.web.masking import Mask, mask_of
from notifier.web.site import Site
from notifier.web.speaking import answer, at, fault_said, mails, place_name, say

LONGEST = 200  # characters of the words
MOST_PAGES = 10
MOST_OF_NETWORK = 60  # questions to the registry an hour
MOST_KEPT = 200  # pages of results
MOST_ASKING = 4  # questions at a time; who comes then is shown what is stored
USUAL_KM = 100
NEAREST = 3  # towns of a study
OPEN = frozenset({"RECRUITING", "NOT_YET_RECRUITING"})

TOO_LONG = n_("Please use at most %(most)s characters.")
NOTHING = n_("Please write an illness or other words, or a place.")
NO_NUMBER = n_("Please write a number from %(least)s to %(most)s, or leave it empty.")
NO_CHOICE = n_("Please choose one of the list.")
TOWN_FIRST = n_("Please write a town, so that we know where the kilometres count from.")

_E = TypeVar("_E", bound=StrEnum)

log = structlog.get_logger()


class Unanswered(StrEnum):
    """Why there is no answer of the registry."""

    NOT_ASKED = "not asked"  #: These pages ask no registry.
    OFTEN = "often"  #: This network, or everybody, asked so often within the hour.
    SLOW = "slow"  #: It did not answer in a visitor's time, or not with what can be used.


@dataclass(frozen=True, slots=True)
class Result:
    """A study that was found. where: the nearest towns with their kilometres, or the countries. near: how near it comes."""

    nct_id: str
    title: str
    question: str
    status_line: str
    ages: str
    where: str
    near: str = ""


@dataclass(frozen=True, slots=True)
class ResultPage:
    results: tuple[Result, ...]
    total: int
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it was sent, with what is wrong with it; `sought` where it can be asked."""

    q: str = ""
    place: str = ""
    within: str = ""
    open: bool = False
    age: str = ""
    sex: str = ""
    type: str = ""
    sought: Sought | None = None
    towns: tuple[str, ...] = ()  # of which one must be chosen
    errors: dict[str, str] = field(default_factory=dict)

    def link(self, page: int = 1, **changed: str) -> str:
        """The address of this search, with another page or with something else typed."""
        named = {name: getattr(self, name) for name in ("q", "place", "within", "age", "sex", "type")}
        named |= {"open": "1" if self.open else "", **changed, "page": str(page) if page > 1 else ""}
        return f"/search?{urlencode({name: text for name, text in named.items() if text})}"


def read(request: Request, time_zone: str) -> Typed:
    """What is asked for, or a sentence for each field that is wrong; of a field that comes twice the last is read."""
    asked, errors = request.query_params, dict[str, str]()
    limits = {"q": LONGEST, "place": LONGEST_PLACE, "within": 10, "age": 10, "sex": 10, "type": 10}
    text: dict[str, Any] = {name: on_one_line(asked.get(name, ""), most) for name, most in limits.items()}
    for name, most in limits.items():
        if len(text[name]) > most:
            errors[name], text[name] = say(TOO_LONG, most=most), text[name][:most]
    is_open = asked.get("open", "").lower() in {"1", "yes", "on", "true"}
    typed = Typed(**text, open=is_open, errors=errors)
    sought, towns = Sought(open=is_open), tuple[str, ...]()
    if typed.q and "q" not in errors:
        try:
            sought = replace(sought, words=in_words(typed.q), is_condition=is_known(typed.q))
        except InputError as fault:
            errors["q"] = fault_said(fault)
    km = _number(typed.within, "within", 1, FARTHEST, errors)
    try:
        sought = _placed(sought, typed.place, km, gazetteer.country_of_zone(time_zone))
    except gazetteer.Ambiguous as fault:
        errors.setdefault("place", fault_said(fault))
        towns = tuple(town.label for town in fault.towns)
    except InputError as fault:
        errors.setdefault("place", fault_said(fault))
    if km is not None and not typed.place:
        errors["place"] = say(TOWN_FIRST)
    sought = replace(
        sought,
        age=_number(typed.age, "age", 0, OLDEST, errors),
        sex=_one_of(typed.sex, "sex", SexSought, errors),
        kind=_one_of(typed.type, "type", StudyDoes, errors),
    )
    wants = sought.words or typed.place
    if not wants and not errors and asked.keys() - {"lang"}:
        errors["q"] = say(NOTHING)
    return replace(typed, sought=sought if wants and not errors else None, towns=towns)


def _number(text: str, name: str, least: int, most: int, errors: dict[str, str]) -> int | None:
    number = whole_number(text, least, most)
    if text and number is None:
        errors.setdefault(name, say(NO_NUMBER, least=least, most=most))
    return number


def _one_of(text: str, name: str, choices: type[_E], errors: dict[str, str]) -> _E | None:
    if text and text.lower() not in {*choices, "all"}:
        errors.setdefault(name, say(NO_CHOICE))
        return None
    return choices(text.lower()) if text and text.lower() != "all" else None


def _placed(sought: Sought, place: str, km: int | None, home: str | None) -> Sought:
    """With the country, or the circle around the town; 'Mexico' is the country unless kilometres are said. Raises InputError."""
    if not place:
        return sought
    country = gazetteer.country(place)
    try:
        town = gazetteer.the_town(place, home) if country is None or km is not None else None
    except gazetteer.Ambiguous:
        raise
    except InputError:
        if country is None:
            raise
        town = None
    if town is None:
        return replace(sought, countries=in_records(country or ""))
    return replace(sought, circle=Circle(town.lat, town.lon, km or USUAL_KM), town=town.label)


#: What stands between an illness and a place, in the languages of our pages.
_JOINS = frozenset(
    {"in", "i", "en", "near", "nær", "bei", "nahe", "cerca", "de", "aus", "fra", "from", "the", "at"}
)
_SHORT_COUNTRIES = frozenset({"usa", "uk"})


def place_within(words: str) -> tuple[str, str] | None:
    """The words without the place that they end with, and that place: 'lung cancer Denmark', 'Krebs in Berlin'."""
    said = words.split()
    for count in range(min(3, len(said) - 1), 0, -1):
        place, first = " ".join(said[-count:]), said[:-count]
        if said[-count].lower() in _JOINS:
            continue
        while first and first[-1].lower() in _JOINS:
            first.pop()
        illness = " ".join(first)
        if not illness or len(words) > LONGEST_PLACE or is_known(words):
            return None
        if gazetteer.country(place) and (len(place) > 3 or place.lower() in _SHORT_COUNTRIES):
            return illness, place
        # A town only behind what is an illness, and no word of another one: there is a Malé, and 'breast cancer male'.
        is_other = said[-1].islower() and is_word(said[-1])
        towns = () if is_other or not (is_known(illness) or offer(illness).name) else gazetteer.find(place)
        if any(town.thousands >= gazetteer.A_CITY or (town.code and count > 1) for town in towns):
            return illness, place
    return None


def followed_as(typed: Typed, token: str) -> tuple[SignUpForm, tuple[str, ...]]:
    """The form that follows a search, with what was searched for chosen in it as far as one can choose it, and a sentence for
    each part of which one cannot.
    """
    sought, unkept = typed.sought or Sought(), []
    age = sought.age
    narrow = narrow_values({}) | {
        "open_only": "yes" if sought.open else "",
        "treatment_only": "yes" if sought.kind is StudyDoes.TREATS else "",
        "age_group": "" if age is None else "child" if age < 18 else "adult" if age < 65 else "older-adult",
        "sex": sought.sex or "",
    }
    if sought.countries and (code := gazetteer.country(typed.place)):
        narrow["countries"] = country_name(code, answer().language)
    if age is not None:
        unkept.append(say("Of the age we keep its group."))
    if sought.kind is StudyDoes.OBSERVES:
        unkept.append(say("You also hear of studies that do more than observe."))
    if sought.words and not sought.is_condition:
        unkept.append(say("New studies are looked for by these words as the name of an illness."))
    within = str(sought.circle.km) if sought.circle else ""
    return SignUpForm(token, narrow=narrow, near=sought.town, within=within), tuple(unkept)


class Asking:
    """What the pages ask the registry's search, and what it answered within the hour."""

    def __init__(self, site: Site) -> None:
        self._site, self._pages = site, site.pages
        self._kept: OrderedDict[tuple[Sought, int, str], tuple[datetime, ResultPage]] = OrderedDict()
        self._asking: dict[tuple[Sought, int, str], asyncio.Task[ResultPage | Unanswered]] = {}
        self._views = Views(MOST_OF_NETWORK)

    def known(self, sought: Sought, number: int = 1) -> ResultPage | None:
        """What was answered within the hour."""
        at, found = self._kept.get((sought, number, answer().language), (None, None))
        return found if at is not None and self._site.now - at < HOUR else None

    async def page(self, request: Request, sought: Sought, number: int) -> ResultPage | Unanswered:
        """A page of what the registry finds. Who asks for the same waits for the same answer, and nobody for long."""
        if (found := self.known(sought, number)) is not None:
            return found
        if self._pages.search is None:
            return Unanswered.NOT_ASKED
        key = (sought, number, answer().language)
        task = self._asking.get(key)
        if task is None:
            if not self._views.may_look(who(self._site, request), self._site.now):
                return Unanswered.OFTEN
            if len(self._asking) >= MOST_ASKING:
                return Unanswered.SLOW
            task = self._asking[key] = asyncio.create_task(self._ask(key))
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        # Waited for beside it: one who leaves must not take the answer from the others.
        done, _ = await asyncio.wait({task}, timeout=self._pages.patience)
        return task.result() if done else Unanswered.SLOW

    async def _ask(self, key: tuple[Sought, int, str]) -> ResultPage | Unanswered:
        sought, number, _ = key
        assert self._pages.search is not None
        before = self.known(sought, number - 1)
        try:
            if not await may_fetch(self._site):
                log.warning(
                    "Pages may not ask the registry more often this hour.", action="page_search_capped"
                )
                return Unanswered.OFTEN
            hits = await self._pages.search(sought, number, before.token if before else None)
            today = self._site.now.date()
            results = await self._site.by_turns(
                lambda: tuple(_shown(study, sought, today) for study in hits.studies)
            )
        except NotifierError as fault:
            # What the registry says of a question may repeat it: a person's words.
            log.warning(
                "The registry's search gave nothing usable.",
                action="page_search_failed",
                fault=type(fault).__name__,
            )
            return Unanswered.SLOW
        total = hits.total if hits.total is not None else before.total if before else len(results)
        found = ResultPage(results, max(total, len(results)), hits.token)
        self._kept[key] = (self._site.now, found)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return found


def _shown(study: Study, sought: Sought, today: date) -> Result:
    """As `result`; of a record that nobody foresaw its title alone, so that the others are found."""
    try:
        return result(study, sought, today)
    except Exception:
        log.exception("A study cannot be read.", action="read_failed", nct_id=study.nct_id)
        return Result(study.nct_id, Mask(())(one_line(study.brief_title or study.nct_id)), "", "", "", "")


def result(study: Study, sought: Sought, today: date) -> Result:
    """One study, by the rules, as a list shows it."""
    mask, circle = mask_of(study), sought.circle
    shown = by_rules(study, today, answer().language).mapped(mask)
    rules = study.eligibility
    if circle:  # the nearest towns, those that take people first where some do
        far: dict[str, int] = {}
        for place in [each for each in study.locations if each.status in OPEN] or study.locations:
            point = place.geo_point
            if place.city and point and point.is_on_the_map:
                name, km = one_line(place.city), round(circle.distance(point.lat, point.lon))
                far[name] = min(far.get(name, km), km)
        near = sorted(far, key=lambda name: far[name])[:NEAREST]
        where = ", ".join(say("%(town)s (%(km)s km)", town=name, km=far[name]) for name in near)
    else:
        countries = list(dict.fromkeys(one_line(place.country) for place in study.locations if place.country))
        where = ", ".join(countries[:NEAREST]) + (" …" if len(countries) > NEAREST else "")
    return Result(
        study.nct_id,
        shown.title,
        shown.question,
        shown.status_line,
        ages(rules.minimum_age, rules.maximum_age),
        mask(where),
        nearest(mails(), study, circle, place_name(sought.town))[0],
    )


def routes(site: Site) -> list[Route]:
    return [Route("/search", _Searching(site).answer)]


class _Searching:
    def __init__(self, site: Site) -> None:
        self._site, self._asking = site, Asking(site)

    async def answer(self, request: Request) -> Response:
        """The form and a page of results. A study's number leads to its page."""
        try:
            return RedirectResponse(
                at(f"/studies/{parse_nct_id(on_one_line(request.query_params.get('q', ''), 40))}"), 302
            )
        except NctIdError:
            pass
        typed = await self._site.by_turns(read, request, self._site.pages.defaults.time_zone)
        page = min(page_number(request), MOST_PAGES)
        found = await self._asking.page(request, typed.sought, page) if typed.sought else None
        shown = await self._site.by_turns(self._page, typed, page, found)
        if isinstance(found, Unanswered):
            shown.headers["Retry-After"] = "60"
        return shown

    def _page(self, typed: Typed, page: int, found: ResultPage | Unanswered | None) -> Response:
        followed, unfollowed = "", ""
        try:
            followed = safe_condition(typed.q) if typed.sought and typed.q else ""
        except InputError as fault:
            unfollowed = fault_said(fault)
        hits, stored = found if isinstance(found, ResultPage) else None, list[ListedStudy]()
        if isinstance(found, Unanswered) and typed.q:  # what is stored here under the words alone
            with self._site.pages.database.reading() as session:
                kept = study_page.find(session, typed.q, typed.q.casefold(), limit=A_PAGE)
                stored = [item(each) for each in kept]

        def counted(name: str) -> int | None:
            """How many studies a name has, where that was asked within the hour; nothing is asked for it."""
            asked = self._asking.known(Sought(in_words(name), is_known(name)))
            return None if asked is None else asked.total

        form, unkept = followed_as(typed, form_token(self._site)) if followed else (None, ())
        return self._site.page(
            "search.html",
            400 if typed.errors else 200,
            typed=typed,
            sought=typed.sought,
            number=page,
            found=hits,
            first=(page - 1) * A_PAGE + 1,
            more=hits is not None and hits.total > page * A_PAGE and page < MOST_PAGES,
            last_page=page == MOST_PAGES,
            missed=found.value if isinstance(found, Unanswered) else "",
            stored=stored,
            offer=offer(typed.q) if typed.q else Offer(),
            counted=counted,
            near_place=None if typed.place else place_within(typed.q),
            followed=followed,
            unfollowed=unfollowed,
            form=form,
            unkept=unkept,
        )
