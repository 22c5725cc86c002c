"""The places of a study: few by name, more by town, many by counts. Owns how changes of the list are told as one entry."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from notifier.domain.changes import TAKES_NOBODY, Change, Kind, site_move
from notifier.domain.changes.form import pack
from notifier.domain.changes.lists import has_place_holder
from notifier.domain.changes.statuses import ENROLLING
from notifier.domain.geo import FARTHEST, Circle, Near
from notifier.domain.sheets import packaged
from notifier.domain.study import Location, Study
from notifier.domain.wording.catalogue import n_, nn_
from notifier.domain.wording.registry_words import as_text, label, person, status_line
from notifier.domain.wording.sentences import CASES, NO_REASON, Ask
from notifier.domain.wording.shapes import ALSO, Line, News, Run, Telling, ours, theirs
from notifier.domain.wording.speech import Speech, one_line

#: In the order in which they are told.
PLACE_KINDS = (
    Kind.SITE_OPENED, Kind.SITE_ADDED, Kind.SITE_CLOSED, Kind.SITE_PAUSED, Kind.SITE_REMOVED,
    Kind.SITE_STATUS, Kind.SITE_RENAMED, Kind.SITE_CONTACTS, Kind.SITE_ADDRESS,
)  # fmt: skip


#: What a headline that tells of something else leaves out.
LOST = (
    n_("has a place that is no longer listed as open"),
    n_("has places that are no longer listed as open"),
)
_GONE = (n_("no longer lists a place"), n_("no longer lists some places"))
#: How many places have one news: said in numbers where they are most of the study's.
_SOME = (n_("some places"), n_("%(number)s of %(all)s places"), n_("all %(all)s places"))
_POST_CODE = n_("post code %(code)s")
_ONE_OF = nn_("its one place in the list", "one of its %(number)s places in the list")
#: Of a study that lost places: where it goes on.
_STAYS = (n_("Still listed"), n_("Still looking for participants"))


@dataclass(frozen=True, slots=True)
class PlaceWords:
    """What a thing that happens to a place is called. label: before its name. headlines: for one, and for several. one, many:
    what it means.
    """

    label: str
    headlines: tuple[str, str]
    one: str
    many: str


#: By the move of its status, or by what else happens to it.
WORDS = {
    key: PlaceWords(label, (first, several), one, many)
    for key, label, first, several, one, many in packaged(Path(__file__).with_name("places.tsv"))
}
_NO_MOVES = frozenset(
    {Kind.SITE_ADDED, Kind.SITE_REMOVED, Kind.SITE_RENAMED, Kind.SITE_CONTACTS, Kind.SITE_ADDRESS}
)
_OTHERS = nn_("%(number)s other place", "%(number)s other places")
_NONE_OPEN = n_("No other place is listed as looking for participants.")
_TOWNS_ALONE = n_("The record names the towns, not the places.")
_FULL_LIST = n_("The full list of places is on the study's page.")
_WHICH_IS_NEW = n_("Of several places without a name in one town, the record does not say which is new.")
#: What matters so much that it leads where several things happened.
_LEADS = frozenset({Kind.SITE_OPENED, Kind.SITE_ADDED, Kind.SITE_CLOSED, Kind.SITE_PAUSED, Kind.SITE_REMOVED})
#: Where people may be treated who lose their place, and where others may come.
_LOST = frozenset({Kind.SITE_CLOSED, Kind.SITE_PAUSED, Kind.SITE_REMOVED})
_GAINED = frozenset({Kind.SITE_OPENED, Kind.SITE_ADDED, Kind.SITE_STATUS})
#: Of places that are new in the list, those that take people stand apart, and those that do not yet.
_LISTED = dict.fromkeys(TAKES_NOBODY, "listed_shut") | {
    "RECRUITING": "listed_open",
    "AVAILABLE": "listed_open",
    "NOT_YET_RECRUITING": "listed_soon",
}
_LISTED_AS_OPEN = frozenset({"RECRUITING", "AVAILABLE", "ENROLLING_BY_INVITATION"})
_OPENED = frozenset({"site_opened", "site_opened_again", "listed_open"})
_MAY_BE_RENAMED = nn_(
    "In %(towns)s one place is not listed any more and another one is listed now. "
    "The record does not say whether they are one.",
    "In some towns one place is not listed any more and another one is listed now. "
    "The record does not say whether they are one: %(towns)s.",
)
#: As many places of one kind are named; so many are told by town; more are counted by country.
MOST_NAMED = 3
MOST_BY_TOWN = 12
#: Up to so many places in all are told with their names, however many of one kind.
FEW = 7
_WITH_CONTACT = frozenset({Kind.SITE_OPENED, Kind.SITE_ADDED, Kind.SITE_CONTACTS})
_ADDRESS = ("facility", "city", "state", "zip", "country")
#: What some firms hang on every name in their lists.
_DRESS = re.compile(
    r"(?i:^(?:facility|site|institution|hospital|cent(?:er|re)) ?name ?: ?)|(?: ?[-/(] ?PPDS\)?)+$"
)
#: Of towns in which places had several fates, the post codes of all that are listed there.
_Apart = Mapping[tuple[str, str], Sequence[str]]


@dataclass(frozen=True)  # without slots, for what is worked out once
class Place:
    """All that happened to one place: as it was and as it is, empty where it is not listed."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    kinds: frozenset[Kind]

    @cached_property
    def site(self) -> Mapping[str, Any]:
        """As it is, or was last."""
        return self.after or self.before

    @cached_property
    def what(self) -> str:
        """Which of the words above it has: those of its move, or of the heaviest of its kinds."""
        before, after = self.before.get("status"), self.after.get("status")
        if not (self.before and self.after) and self.site:
            new = _LISTED.get(str(after), Kind.SITE_ADDED) if after else "listed_silent"
            return new if self.after else Kind.SITE_REMOVED
        others = [kind for kind in PLACE_KINDS if kind in self.kinds & _NO_MOVES]
        if not others or before != after:
            return site_move(before, after).said
        if others[0] is Kind.SITE_CONTACTS and not (
            self.before.get("contacts") and self.after.get("contacts")
        ):
            return "contact_there" if self.after.get("contacts") else "no_contact_there"
        named = has_place_holder(dict(self.before)) and not has_place_holder(dict(self.after))
        return "named" if named and others[0] is Kind.SITE_RENAMED else others[0]

    def only_names(self, known: Collection[str]) -> bool:
        """Whether all that changed is whom to ask there, and that is who is asked about the whole study."""
        contacts = self.after.get("contacts") or ()
        return (
            self.kinds == {Kind.SITE_CONTACTS}
            and bool(contacts)
            and not any(_can_be_reached(one, known) for one in contacts)
        )

    @cached_property
    def rank(self) -> int:
        """Where it stands among the others: a new one that is not open yet, or closed, behind those that closed or paused."""
        behind = {"listed_soon": {Kind.SITE_STATUS}, "listed_shut": {Kind.SITE_RENAMED}}
        return min(map(PLACE_KINDS.index, behind.get(self.what, self.kinds)))

    @cached_property
    def is_shut(self) -> bool:
        """Whether it closed, paused or went, also before it opened: of which people want to know why."""
        return bool(self.kinds & _LOST) or self.what in {
            "site_never_opens",
            "site_shut_unopened",
            "site_out",
            "site_withdrawn",
        }

    @cached_property
    def is_lost(self) -> bool:
        """Whether people may be treated there, and it closed, paused or went."""
        return bool(self.kinds & _LOST) and self.before.get("status") not in {
            "NOT_YET_RECRUITING",
            "WITHDRAWN",
        }

    @cached_property
    def town(self) -> tuple[str, str]:
        return _in_one(self.site, "city"), _in_one(self.site, "country")

    @cached_property
    def is_nameless(self) -> bool:
        return bool(self.site.get("city")) and has_place_holder(dict(self.site))

    @cached_property
    def move(self) -> str:
        """'Recruiting → Completed'; empty where no status moved."""
        old, new = (label(str(site.get("status") or "")) for site in (self.before, self.after))
        return f"{old} → {new}" if old and new and old != new else ""

    @cached_property
    def stands(self) -> str:
        """Its status, where its label does not say it."""
        tells = self.what in {Kind.SITE_ADDED, "listed_shut", "named"}
        return label(str(self.after.get("status") or "")) if tells else ""


def told(news: News) -> Telling:
    """What happened to places: who named, who counted, what it means, and where else the study goes on."""
    study, every = news.study, places_of(news.changes)
    known = {way for one in study.central_contacts for way in (one.phone, one.email) if way}
    found = [
        place
        for place in every
        if not place.only_names(known)
        # What is gone from the list and took nobody ever is no news.
        and not (place.what == Kind.SITE_REMOVED and place.before.get("status") == "WITHDRAWN")
    ]
    found = [as_listed(study, place) for place in found or every]
    if any(place.kinds != {Kind.SITE_ADDRESS} for place in found):  # beside news, a post code is none
        found = [place for place in found if place.kinds != {Kind.SITE_ADDRESS}]
    headline, means = _sentences(news, found)
    # Many places are in one town.
    names = {city: one_line(city) for city in {site.city for site in study.locations} if city}
    cities = [names.get(site.city or "", "") for site in study.locations]
    stay, nowhere = _still_there(news, found, cities)
    lines = _lines(news, found, known, _apart(study, found, cities))
    silent = {place.what for place in found if not place.after.get("status")}
    if study.overall_status and silent & {"listed_silent", "named"}:
        lines.append(status_line(news.speech, study.overall_status))
    notes = nowhere + [NO_REASON] * any(place.is_shut for place in found)
    many = Counter(place.what for place in found)
    if all(place.is_nameless for place in found) and min(many.values()) <= MOST_BY_TOWN:
        notes.append(_TOWNS_ALONE)  # it is the record which names none of these places
    new = [place.after for place in found if Kind.SITE_ADDED in place.kinds and place.is_nameless]
    towns = {as_text(site.get("city")) for site in new}
    there = [site for site, city in zip(study.locations, cities, strict=True) if city in towns]
    alike = Counter((as_text(site.city), as_text(site.zip)) for site in there)
    if any(alike[as_text(site.get("city")), as_text(site.get("zip"))] > 1 for site in new):
        notes.append(_WHICH_IS_NEW)
    # Places are counted, or such as have a name are told by town.
    if len(found) > FEW and any(
        many[one.what] > (MOST_BY_TOWN if one.is_nameless or one.what == "named" else MOST_NAMED)
        for one in found
    ):
        notes.append(_FULL_LIST)
    numbers = any(line.label == news.say("Contact there") for line in lines)
    return replace(
        news.telling([*lines, *stay]),
        headline=headline,
        means=means,
        also=_also(news, found),
        notes=(*_may_be_renamed(news, found), *map(news.say, notes)),
        asks=_asks(found, numbers=numbers, team=bool(known)),
    )


def places_of(changes: Sequence[Change]) -> list[Place]:
    """The places that these changes are about, each once: what happened to one is a chain, in which a change begins as
    another one ends.
    """
    following: dict[bytes, list[int]] = defaultdict(list)
    for number, change in enumerate(changes):
        if change.before is not None:
            following[pack(change.before)].append(number)
    ends = {pack(change.after) for change in changes if change.after is not None}
    heads = sorted(range(len(changes)), key=lambda number: pack(changes[number].before) in ends)
    found, taken = [], set[int]()
    for head in heads:
        chain: list[Change] = []
        step: int | None = head
        while step is not None and step not in taken:
            taken.add(step)
            chain.append(changes[step])
            nexts = following.get(pack(chain[-1].after), ()) if chain[-1].after is not None else ()
            step = next((one for one in nexts if one not in taken), None)
        if chain:
            before, after = _site(chain[0].before), _site(chain[-1].after)
            kinds = frozenset(change.kind for change in chain)
            found.append(Place(before if before or after else _site(chain[-1].before), after, kinds))
    return found


def as_listed(study: Study, place: Place) -> Place:
    """The same place without a status that the record does not give it: where all lost theirs, nobody is told of that."""
    if Kind.SITE_STATUS in place.kinds or any(site.status for site in study.locations):
        return place
    before, after = (
        {key: part for key, part in site.items() if key != "status"} for site in (place.before, place.after)
    )
    return replace(place, before=before if after else place.before, after=after)


def _sentences(news: News, places: Sequence[Place]) -> tuple[str, str]:
    first = min(places, key=lambda place: place.rank)
    alike = [place for place in places if place.what == first.what]
    said = WORDS[first.what]
    several = len(alike) > 1
    headline, means = said.headlines[several], said.many if several else said.one
    if len(alike) < len(places) and first.kinds.isdisjoint(_LEADS):
        headline, means = CASES["other places"]
    also = "" if first.is_lost else _also(news, places)
    number, every = sum(bool(place.after) for place in alike), len(news.study.locations)
    most = number > MOST_NAMED and 2 * number >= every
    counted = news.counted if most else news.speech.number
    which = news.say(_SOME[most + (most and number == every)], number=counted(number), all=counted(every))
    more = f" {news.say(ALSO, what=also)}" if also else ""
    return news.say(headline) + more, news.say(means, places=which)


def _also(news: News, places: Sequence[Place]) -> str:
    """That places which were listed as open are no longer; empty where none was."""
    lost = [place for place in places if place.is_lost and place.before.get("status") in _LISTED_AS_OPEN]
    words = LOST if any(place.after for place in lost) else _GONE
    return news.say(words[len(lost) > 1]) if lost else ""


def _lines(news: News, places: Sequence[Place], known: Collection[str], apart: _Apart) -> list[Line]:
    """What happened to the places, in the order of PLACE_KINDS. A few are named; of more, those near the reader are named
    first, and then all told by town, or counted by country.

    known: telephones and addresses that the mail has already.
    """
    found: list[Line] = []
    ranked = sorted(places, key=lambda place: (place.rank, *closeness(place.site, news.near)))
    for what in dict.fromkeys(place.what for place in ranked):
        alike = [place for place in ranked if place.what == what]
        silent = not any(one.site.get("contacts") for one in alike) and all(one.is_nameless for one in alike)
        many = len(alike) > MOST_NAMED or (len(alike) > 1 and silent)
        near = [place for place in alike if is_near(place.site, news.near)][:MOST_NAMED]
        for place in near if many else alike:
            found += _named(news, place, known, apart)
        if many:
            runs = _together(news, alike, apart, named=len(places) <= FEW or what == "named")
            moves, stand = {place.move for place in alike}, {place.stands for place in alike}
            status = moves.pop() if alike[0].is_lost and len(moves) == 1 else ""
            status = status or (stand.pop() if len(stand) == 1 else "")
            more = (Run(f" ({status})", registry=True),) if status else ()
            found.append(Line(news.say(WORDS[what].label), (*runs, *more)))
    return found


def _apart(study: Study, places: Sequence[Place], cities: Sequence[str]) -> _Apart:
    """Towns in which other places had another fate, or none, so that a place there is told apart: the post codes of all
    that are listed there. cities: of all places of the study.
    """
    fates: dict[tuple[str, str], set[str]] = defaultdict(set)
    told = Counter(place.town for place in places if place.after)
    for place in places:
        fates[place.town].add(place.what)
    codes: dict[tuple[str, str], list[str]] = defaultdict(list)
    told_of = {city for city, _ in fates}
    for site, city in zip(study.locations, cities, strict=True):
        if city in told_of:
            codes[city, as_text(site.country)].append(as_text(site.zip))
    return {
        town: codes[town]
        for town, whats in fates.items()
        if town[0] and (len(whats) > 1 or len(codes[town]) > told[town])
    }


def _may_be_renamed(news: News, places: Sequence[Place]) -> list[str]:
    """The sentence on towns in which one place went and one came: to us they are two, and they may be one."""
    went = Counter(place.town for place in places if place.what == Kind.SITE_REMOVED)
    came = Counter(place.town for place in places if Kind.SITE_ADDED in place.kinds)
    towns = [town[0] for town, many in went.items() if town[0] and many == came[town] == 1]
    if not 0 < len(towns) <= MOST_BY_TOWN:
        return []
    return [news.speech.count(*_MAY_BE_RENAMED, len(towns), towns=news.speech.listing(towns))]


def _still_there(news: News, places: Sequence[Place], cities: Sequence[str]) -> tuple[list[Line], list[str]]:
    """Where a study that lost places goes on, or one that gained some has others, beside those told of, by their own
    statuses where it gives any; or that it goes on nowhere. cities: of all places of the study.
    """
    study = news.study
    lost = any(place.is_lost or place.is_shut for place in places)
    by_status = any(site.status for site in study.locations)
    opened = by_status and any(place.what in _OPENED for place in places)
    if study.overall_status in TAKES_NOBODY or not (lost or opened):
        return [], []
    reported = Counter(
        tuple(as_text(place.after.get(key)) for key in ("facility", "city", "zip", "status"))
        for place in places
        if place.after
    )
    told_of, others = {key[1] for key in reported}, list[Location]()
    for site, city in zip(study.locations, cities, strict=True):
        if by_status and _LISTED.get(site.status or "") != "listed_open":
            continue
        if city in told_of:
            key = (as_text(site.facility), city, as_text(site.zip), as_text(site.status))
            reported[key] -= 1
            if reported[key] >= 0:
                continue
        others.append(site)
    if len(others) > MOST_NAMED or (others and not lost):
        news.counted(len(others))
        return [ours(news.say(_STAYS[by_status]), news.speech.count(*_OTHERS, len(others)))], []
    if others:
        return [theirs(news.say(_STAYS[by_status]), addresses(others))], []
    gained = any(place.after.get("status") in _LISTED_AS_OPEN for place in places)
    return [], [_NONE_OPEN] if lost and by_status and not gained else []


_OPEN_OF = nn_(
    "%(number)s of its %(all)s places is listed as looking for participants.",
    "%(number)s of its %(all)s places are listed as looking for participants.",
)


def open_of(news: News) -> list[str]:
    """How many of its places a study that opened lists as open, where some are not."""
    sites = news.study.locations
    number = sum(_LISTED.get(str(site.status)) == "listed_open" for site in sites)
    if not 0 < number < len(sites):
        return []
    news.counted(number)
    return [news.speech.count(*_OPEN_OF, number, all=news.counted(len(sites)))]


def addresses(sites: Iterable[Location]) -> str:
    """'Moss Hospital, Moss, Norway; Oslo, Norway': a few places, as the record names them."""
    listed = ({"facility": one.facility, "city": one.city, "country": one.country} for one in sites)
    return "; ".join(_address(each, *each) for each in listed)


def _asks(places: Sequence[Place], *, numbers: bool, team: bool) -> tuple[str, ...]:
    """What one can do. numbers, team: the mail says how to reach a place, and the study."""
    lost = (Ask.STILL_TREATED,) if any(place.is_lost for place in places) else ()
    gained = [place for place in places if place.kinds & _GAINED]
    if any(_LISTED.get(str(place.after.get("status"))) == "listed_open" for place in gained):
        return *lost, Ask.CALL_PLACE if numbers else Ask.CALL_TEAM if team else Ask.PLACES
    return (*lost, Ask.WHICH_PLACES) if team and (gained or lost) else lost


def _together(news: News, places: Sequence[Place], apart: _Apart, *, named: bool) -> list[Run]:
    """'4 places. Spain: Madrid (2), Barcelona; Italy: Rome', or of many '43 places: Spain (10), Romania (5)'.

    apart: towns in which other things happened too, so that a place there is named; with named, all that have a name are.
    """
    speech = news.speech
    countries: dict[str, Counter[tuple[Run, ...]]] = defaultdict(Counter)
    for place in places:
        city, facility, code = (_in_one(place.site, key) for key in ("city", "facility", "zip"))
        said: tuple[Run, ...] = (Run(city, registry=True),) if city else (Run(news.say("town not stated")),)
        if not place.is_nameless and facility and (named or place.town in apart):
            alone = city in facility or city == place.town[1]
            said = (Run(facility if alone else f"{facility} ({city})", registry=True),)
        elif place.town in apart and code and apart[place.town].count(code) < 2:
            said = (*said, Run(f" ({news.say(_POST_CODE, code=code)})"))
        elif one_of := _one_of(news, place, apart):
            said = (*said, Run(f" ({one_of})"))
        countries[place.town[1]][said] += 1
    order = sorted(countries, key=lambda name: (-countries[name].total(), name))
    names = {
        name: Run(name, registry=True) if name else Run(news.say("country not stated")) for name in order
    }
    news.counted(len(places))
    if len(places) > MOST_BY_TOWN:
        runs = [Run(speech.count("%(number)s place: ", "%(number)s places: ", len(places)))]
        for name in order:
            number = news.counted(countries[name].total())
            runs += [Run(", " if len(runs) > 1 else ""), names[name], Run(f" ({number})")]
        return [run for run in runs if run.text]
    runs = [Run(speech.count("%(number)s place. ", "%(number)s places. ", len(places)))]
    texts = (run.text for towns in countries.values() for town in towns for run in town)
    within, between = ("; ", ". ") if any("," in text for text in texts) else (", ", "; ")
    for name in order:
        runs.append(Run(between if len(runs) > 1 else ""))
        if {place.town[0] for place in places if place.town[1] == name} != {
            name
        }:  # Singapore lies in Singapore
            runs += [names[name], Run(": ")]
        for place_in_order, (town, many) in enumerate(countries[name].items()):
            number = news.counted(many)
            runs += [Run(within if place_in_order else ""), *town, Run(f" ({number})" if many > 1 else "")]
    return [run for run in runs if run.text]


def closeness(site: Mapping[str, Any], near: Near | None) -> tuple[bool, float]:
    """What is near comes first, the nearest before the others."""
    km = _distance(site, near)
    return not is_near(site, near), km if km is not None else float("inf")


def is_near(site: Any, near: Near | None) -> bool:
    """Whether a place is within the reader's circle, or in their country or city by the registry's spelling."""
    if not isinstance(site, dict):
        return False
    km = _distance(site, near)
    if near is not None and near.circle is not None and km is not None:
        return km <= near.circle.km
    wanted = (near.place if near else "").strip().casefold()
    return bool(wanted) and wanted in {
        str(site.get(key) or "").casefold() for key in ("country", "city", "state")
    }


def _distance(site: Mapping[str, Any], near: Near | None) -> float | None:
    """Kilometres from the middle of the reader's circle; None where either is not on the map."""
    point = site.get("geoPoint")
    if near is None or near.circle is None or not isinstance(point, dict):
        return None
    lat, lon = point.get("lat"), point.get("lon")
    if isinstance(lat, int | float) and isinstance(lon, int | float):
        return near.circle.distance(lat, lon)
    return None


CLOSE_BY = 10  # km; a circle's middle is rounded, so that nothing nearer is told apart
_AWAY = nn_(
    "Its place that takes people now or soon is about %(km)s km from %(topic)s",
    "One of its %(number)s places that take people now or soon is about %(km)s km from %(topic)s",
)
_BESIDE = nn_(
    "Its place that takes people now or soon is at most about %(km)s km from %(topic)s",
    "One of its %(number)s places that take people now or soon is at most about %(km)s km from %(topic)s",
)


def nearest(speech: Speech, study: Study, circle: Circle | None, name: str) -> tuple[str, tuple[str, ...]]:
    """How far the nearest place is of those that take people now or soon, and the numbers in it; nothing where it is not known."""
    takes = [site for site in study.locations if (site.status or study.overall_status) in ENROLLING]
    points = [site.geo_point for site in takes if site.geo_point]
    away = (
        min((circle.distance(each.lat, each.lon) for each in points), default=FARTHEST + 1) if circle else 0
    )
    if circle is None or not away <= FARTHEST or study.overall_status not in ENROLLING:
        return "", ()
    km, number = speech.number(_about(away)), len(takes)
    said = _BESIDE if away < CLOSE_BY else _AWAY
    return speech.count(*said, number, km=km, topic=name), (km, speech.number(number))


def _about(km: float) -> int:
    """Kilometres as they are said: not nearer than is known."""
    return max(CLOSE_BY, round(km / 10) * 10)


def _named(news: News, place: Place, known: Collection[str], apart: _Apart) -> list[Line]:
    """One place: its name, what stood there before, and how far it is; of one that takes people also whom to ask."""
    before, after = place.before, place.after
    told_apart = place.town in apart and place.is_nameless
    keys = _ADDRESS if told_apart else ("facility", "city", "state", "country")
    runs = [Run(_address(place.site, *keys), registry=True)]
    one_of = _one_of(news, place, apart) if told_apart else ""
    stands = "" if place.what == "site_opened" else place.move or place.stands
    details: list[tuple[Run, ...]] = [(Run(one_of),)] if one_of else []
    details += [(Run(stands, registry=True),)] if stands else []
    if before and after and place.kinds & {Kind.SITE_RENAMED, Kind.SITE_ADDRESS}:
        moved = [key for key in _ADDRESS if _in_one(before, key) != _in_one(after, key)]
        if set(moved) - {"facility"} and place.what == Kind.SITE_ADDRESS:
            runs = [Run(_address(after, *_ADDRESS), registry=True)]
        shown = moved if place.what == Kind.SITE_ADDRESS else ["facility"]
        if said := _address(before, *shown):
            lone = shown == ["zip"]
            told = Run(news.say(_POST_CODE, code=said)) if lone else Run(said, registry=True)
            details.append((Run(news.say("before: ")), told))
    for number, detail in enumerate(details):
        runs += [Run("; " if number else " ("), *detail, Run(")" if number == len(details) - 1 else "")]
    if (km := _distance(place.site, news.near)) is not None and news.near is not None:
        far = news.counted(_about(km))
        runs.append(Run(news.say(", about %(number)s km from %(topic)s", number=far, topic=news.near.place)))
    found = [Line(news.say(WORDS[place.what].label), tuple(run for run in runs if run.text))]
    if place.kinds & _WITH_CONTACT and after.get("status") not in TAKES_NOBODY:
        old, new = (
            [one for one in site.get("contacts") or () if isinstance(one, dict)] for site in (before, after)
        )
        changed = Kind.SITE_CONTACTS in place.kinds
        people = [one for one in new if _can_be_reached(one, known) and not (changed and one in old)][:2]
        found += [theirs(news.say("Contact there"), person(one)) for one in people]
        if changed and (gone := [one for one in old if one not in new][:2]):
            found.append(theirs(news.say("Before"), "; ".join(map(person, gone))))
    return found


def _one_of(news: News, place: Place, apart: _Apart) -> str:
    """Of a place without a name or a post code of its own in a town with several, that it is one of them."""
    codes, code = apart.get(place.town, ()), _in_one(place.site, "zip")
    if len(codes) < 2 or not place.after or (code and codes.count(code) < 2):
        return ""
    news.counted(len(codes))
    return news.speech.count(*_ONE_OF, len(codes))


def _address(site: Mapping[str, Any], *keys: str) -> str:
    """These parts of a place's address; a name that stands for none is left out."""
    wordless = len(keys) > 1 and bool(site.get("city")) and has_place_holder(dict(site))
    said = (_in_one(site, key) for key in keys if not (wordless and key == "facility"))
    return ", ".join(filter(None, said))


def _in_one(site: Mapping[str, Any], key: str) -> str:
    said = as_text(site.get(key))
    return _DRESS.sub("", said) if key == "facility" else said


def _can_be_reached(contact: Any, known: Collection[str]) -> bool:
    ways = [contact.get("phone"), contact.get("email")] if isinstance(contact, dict) else []
    return any(ways) and not {str(way) for way in ways if way} & {*known}


def _site(value: Any) -> Mapping[str, Any]:
    """One entry of the list, whose status is text and whose contacts are a list, whatever a record holds there."""
    site = value if isinstance(value, dict) else {}
    sorts = {"status": str, "contacts": list}
    return {key: part for key, part in site.items() if isinstance(part, sorts.get(key, object))}
