"""The places of a study: few by name, more by town, many by counts. Owns how changes of the list are told as one entry."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from notifier.domain.changes import TAKES_NOBODY, Change, Kind, site_move
from notifier.domain.changes.form import pack
from notifier.domain.changes.sites import has_place_holder
from notifier.domain.changes.statuses import ENROLLING
from notifier.domain.geo import FARTHEST, Circle, Near
from notifier.domain.study import Study
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.registry_words import as_text, label, person
from notifier.domain.wording.sentences import SENTENCES, Ask, both
from notifier.domain.wording.shapes import Line, Run
from notifier.domain.wording.speech import Speech

#: In the order in which they are told.
PLACE_KINDS = (
    Kind.SITE_OPENED,
    Kind.SITE_ADDED,
    Kind.SITE_CLOSED,
    Kind.SITE_PAUSED,
    Kind.SITE_REMOVED,
    Kind.SITE_STATUS,
    Kind.SITE_RENAMED,
    Kind.SITE_CONTACTS,
    Kind.SITE_ADDRESS,
)


@dataclass(frozen=True, slots=True)
class PlaceWords:
    """label: before a place's name. one, many: headline and meaning for one place, and for several."""

    label: str
    one: tuple[str, str]
    many: tuple[str, str] = ("", "")


_STATUS = (
    n_("The status of a place changed in a study you follow."),
    n_("The status of places changed in a study you follow."),
)


def _status(label: str, one: str, many: str) -> PlaceWords:
    return PlaceWords(label, (_STATUS[0], one), (_STATUS[1], many))


_OPENED = (
    n_("A place is now listed as looking for participants in a study you follow."),
    n_("Places are now listed as looking for participants in a study you follow."),
)
_CLOSED = (
    n_("A place no longer looks for participants in a study you follow."),
    n_("Some places no longer look for participants in a study you follow."),
)
_SHUT = n_("No longer looking for participants")
#: What each move of a place's status means; the moves stand in `notifier.domain.changes.statuses`.
MOVES: dict[str, PlaceWords] = {
    "site_opened": PlaceWords(
        n_("Looking for participants now"),
        (_OPENED[0], n_("%(source)s a place is now listed as looking for participants.")),
        (_OPENED[1], n_("%(source)s some places are now listed as looking for participants.")),
    ),
    "site_opened_again": PlaceWords(
        n_("Looking for participants again"),
        (_OPENED[0], n_("%(source)s a place is listed as open again.")),
        (_OPENED[1], n_("%(source)s some places are listed as open again.")),
    ),
    "site_now_invites": PlaceWords(
        n_("Now by invitation only"),
        (
            _CLOSED[0],
            n_(
                "%(source)s people now take part at a place by invitation only. They cannot ask to join there."
            ),
        ),
        (
            _CLOSED[1],
            n_(
                "%(source)s people now take part at some places by invitation only. They cannot ask to join there."
            ),
        ),
    ),
    "site_invites": _status(
        n_("By invitation only"),
        n_("%(source)s people take part at a place by invitation only. They cannot ask to join there."),
        n_("%(source)s people take part at some places by invitation only. They cannot ask to join there."),
    ),
    "site_set_back": _status(
        n_("Not open yet, although listed as open before"),
        n_("%(source)s a place is listed as not open yet. Before, it was listed as open."),
        n_("%(source)s some places are listed as not open yet. Before, they were listed as open."),
    ),
    "site_not_yet": _status(
        n_("Not open yet"),
        n_("%(source)s a place is listed as not open yet."),
        n_("%(source)s some places are listed as not open yet."),
    ),
    "site_paused": PlaceWords(
        n_("Paused"),
        (
            n_("A place has paused in a study you follow."),
            n_("%(source)s a place has paused taking participants. It may start again."),
        ),
        (
            n_("Places have paused in a study you follow."),
            n_("%(source)s some places have paused taking participants. They may start again."),
        ),
    ),
    "site_paused_unopened": PlaceWords(
        n_("Paused before opening"),
        (
            n_("A place has paused in a study you follow."),
            n_("%(source)s a place was paused before it opened. It may still open."),
        ),
        (
            n_("Places have paused in a study you follow."),
            n_("%(source)s some places were paused before they opened. They may still open."),
        ),
    ),
    "site_paused_closed": PlaceWords(
        n_("Listed as paused"),
        (
            n_("A place has paused in a study you follow."),
            n_("%(source)s a place is listed as paused. It may go on again."),
        ),
        (
            n_("Places have paused in a study you follow."),
            n_("%(source)s some places are listed as paused. They may go on again."),
        ),
    ),
    "site_closed": PlaceWords(
        _SHUT,
        (_CLOSED[0], n_("%(source)s a place no longer looks for participants.")),
        (_CLOSED[1], n_("%(source)s some places no longer look for participants.")),
    ),
    "site_closed_and_ended": PlaceWords(
        n_("Ended, and no longer looking for participants"),
        (_CLOSED[0], n_("%(source)s the study has ended at a place. It no longer looks for participants.")),
        (
            _CLOSED[1],
            n_("%(source)s the study has ended at some places. They no longer look for participants."),
        ),
    ),
    "site_closed_and_stopped": PlaceWords(
        n_("Stopped early, and no longer looking for participants"),
        (
            _CLOSED[0],
            n_("%(source)s the study has stopped early at a place. It no longer looks for participants."),
        ),
        (
            _CLOSED[1],
            n_(
                "%(source)s the study has stopped early at some places. They no longer look for participants."
            ),
        ),
    ),
    "site_withdrew": PlaceWords(
        n_("No longer taking part"),
        (
            _CLOSED[0],
            n_("%(source)s a place no longer takes part. It does not look for participants any more."),
        ),
        (
            _CLOSED[1],
            n_("%(source)s some places no longer take part. They do not look for participants any more."),
        ),
    ),
    "site_never_opens": _status(
        n_("Will not take part, never opened"),
        n_("%(source)s a place had not opened yet, and will not take part."),
        n_("%(source)s some places had not opened yet, and will not take part."),
    ),
    "site_shut_unopened": _status(
        n_("Takes no participants; was not listed as open"),
        n_("%(source)s a place takes no participants. It was not listed as open before."),
        n_("%(source)s some places take no participants. They were not listed as open before."),
    ),
    "site_going_on": _status(
        n_("Going on, without new participants"),
        n_("%(source)s the study is listed as going on at a place, without new participants."),
        n_("%(source)s the study is listed as going on at some places, without new participants."),
    ),
    "site_ended": _status(
        n_("Ended there"),
        n_("%(source)s the study has ended at a place that took no new participants before."),
        n_("%(source)s the study has ended at some places that took no new participants before."),
    ),
    "site_stopped": _status(
        n_("Stopped early there"),
        n_("%(source)s the study stopped early at a place that took no one new before."),
        n_("%(source)s the study stopped early at some places that took no one new before."),
    ),
    "site_out": _status(
        n_("No longer taking part"),
        n_("%(source)s a place that took no new participants is listed as not taking part."),
        n_("%(source)s some places that took no new participants are listed as not taking part."),
    ),
    "site_status": _status(
        n_("Status changed"),
        n_("%(source)s the status of a place changed."),
        n_("%(source)s the status of some places changed."),
    ),
}
#: What else happens to places; kinds without words for many use the general sentence.
_OTHERS: dict[str, PlaceWords] = {
    Kind.SITE_ADDED: PlaceWords(
        n_("Listed now"),
        (SENTENCES[Kind.SITE_ADDED].headline, SENTENCES[Kind.SITE_ADDED].means),
        (
            n_("A study you follow has listed places that were not listed before."),
            n_("%(source)s the study lists places that were not listed before."),
        ),
    ),
    Kind.SITE_REMOVED: PlaceWords(
        n_("Not listed any more"),
        (SENTENCES[Kind.SITE_REMOVED].headline, SENTENCES[Kind.SITE_REMOVED].means),
        (
            n_("A study you follow no longer lists some places."),
            n_("%(source)s the study no longer lists some places."),
        ),
    ),
    "listed_open": PlaceWords(
        n_("New, and looking for participants"),
        (
            n_("A new place is listed as looking for participants in a study you follow."),
            n_("%(source)s the study lists a new place. It is listed as looking for participants."),
        ),
        (
            n_("New places are listed as looking for participants in a study you follow."),
            n_("%(source)s the study lists new places. They are listed as looking for participants."),
        ),
    ),
    "listed_soon": PlaceWords(
        n_("New, not open yet"),
        (
            n_("A new place is listed in a study you follow. It is not open yet."),
            n_("%(source)s the study lists a new place. It is not open yet."),
        ),
        (
            n_("New places are listed in a study you follow. They are not open yet."),
            n_("%(source)s the study lists new places. They are not open yet."),
        ),
    ),
    **{
        kind: PlaceWords(label, (SENTENCES[kind].headline, SENTENCES[kind].means))
        for kind, label in (
            (Kind.SITE_RENAMED, n_("Another name")),
            (Kind.SITE_CONTACTS, n_("Contact changed")),
            (Kind.SITE_ADDRESS, n_("Address changed")),
        )
    },
}
_ANY = (
    n_("The list of places changed in a study you follow."),
    n_("%(source)s the list of places changed."),
)
_MORE = n_("The list of places changed in other ways too.")
#: What matters so much that it leads where several things happened.
_LEADS = frozenset({Kind.SITE_OPENED, Kind.SITE_ADDED, Kind.SITE_CLOSED, Kind.SITE_PAUSED, Kind.SITE_REMOVED})
#: Where people may be treated who lose their place, and where others may come.
_LOST = frozenset({Kind.SITE_CLOSED, Kind.SITE_PAUSED, Kind.SITE_REMOVED})
_GAINED = frozenset({Kind.SITE_OPENED, Kind.SITE_ADDED, Kind.SITE_STATUS})
#: Of places that are new in the list, those that take people stand apart, and those that do not yet.
_LISTED = {"RECRUITING": "listed_open", "AVAILABLE": "listed_open", "NOT_YET_RECRUITING": "listed_soon"}
_MAY_BE_RENAMED = both(
    "In %(towns)s one place is not listed any more and another one is listed now: "
    "it may be the same place under another name.",
    "In some towns one place is not listed any more and another one is listed now. They may be the same: %(towns)s.",
)
#: As many places of one kind are named; so many are told by town; more are counted by country.
MOST_NAMED = 3
MOST_BY_TOWN = 12
_WITH_CONTACT = frozenset({Kind.SITE_OPENED, Kind.SITE_ADDED, Kind.SITE_CONTACTS})


@dataclass(frozen=True, slots=True)
class Place:
    """All that happened to one place: as it was and as it is, empty where it is not listed."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    kinds: frozenset[Kind]

    @property
    def site(self) -> Mapping[str, Any]:
        """As it is, or was last."""
        return self.after or self.before

    @property
    def what(self) -> str:
        """Which of the words above it has: those of its move, or of the heaviest of its kinds."""
        before, after = self.before.get("status"), self.after.get("status")
        if not (self.before and self.after) and self.site:
            return _LISTED.get(str(after), Kind.SITE_ADDED) if self.after else Kind.SITE_REMOVED
        others = [kind for kind in PLACE_KINDS if kind in self.kinds & _OTHERS.keys()]
        return others[0] if others and before == after else site_move(before, after).said

    def only_names(self, known: Collection[str]) -> bool:
        """Whether all that changed is whom to ask there, and that is who is asked about the whole study."""
        contacts = self.after.get("contacts") or ()
        return (
            self.kinds == {Kind.SITE_CONTACTS}
            and bool(contacts)
            and not any(_can_be_reached(one, known) for one in contacts)
        )

    @property
    def rank(self) -> int:
        """Where it stands among the others: a new one that is not open yet, behind those that closed or paused."""
        kinds = {Kind.SITE_STATUS} if self.what == "listed_soon" else self.kinds
        return min(map(PLACE_KINDS.index, kinds))

    @property
    def is_no_news(self) -> bool:
        """Whether it is new in the list and takes nobody."""
        return self.what == Kind.SITE_ADDED and self.after.get("status") in TAKES_NOBODY

    @property
    def town(self) -> tuple[str, str]:
        return _in_one(self.site, "city"), _in_one(self.site, "country")


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


def _said(what: str) -> PlaceWords:
    return MOVES[what] if what in MOVES else _OTHERS[what]


def sentences(speech: Speech, places: Sequence[Place], source: str) -> tuple[str, str]:
    """Headline and meaning for what happened to the places."""
    first = min(places, key=lambda place: place.rank)
    alike = [place for place in places if place.what == first.what]
    said = _said(first.what)
    headline, means = said.one if len(alike) == 1 else (said.many if said.many[0] else _ANY)
    if len(alike) == len(places):
        return speech.say(headline), speech.say(means, source=source)
    if first.kinds.isdisjoint(_LEADS):
        return speech.say(_ANY[0]), speech.say(_ANY[1], source=source)
    return speech.say(headline), f"{speech.say(means, source=source)} {speech.say(_MORE)}"


def lines(
    speech: Speech, places: Sequence[Place], near: Near | None = None, known: Collection[str] = ()
) -> tuple[tuple[Line, ...], tuple[str, ...]]:
    """What happened to the places, in the order of PLACE_KINDS, and the numbers in it that we counted.

    A few are named; of more, those near the reader are named first, and then all told by town, or counted by country.
    known: telephones and addresses that the mail has already.
    """
    found: list[Line] = []
    derived: list[str] = []
    ranked = sorted(places, key=lambda place: (place.rank, *closeness(place.site, near)))
    fates: dict[tuple[str, str], set[str]] = defaultdict(set)
    for place in places:
        fates[place.town].add(place.what)
    apart = {town for town, whats in fates.items() if len(whats) > 1}
    for what in dict.fromkeys(place.what for place in ranked):
        ours = [place for place in ranked if place.what == what]
        many = len(ours) > MOST_NAMED or (
            len(ours) > 1 and not any(one.site.get("contacts") for one in ours) and all(map(_nameless, ours))
        )
        named = [place for place in ours if is_near(place.site, near)][:MOST_NAMED] if many else ours
        found += [line for place in named for line in _named(speech, place, near, known, apart)]
        derived += [
            speech.number(_about(km)) for one in named if (km := _distance(one.site, near)) is not None
        ]
        if many:
            runs, counted = _together(speech, ours, apart)
            found.append(Line(speech.say(_said(what).label), runs))
            derived += counted
    return tuple(found), tuple(derived)


def may_be_renamed(speech: Speech, places: Sequence[Place]) -> tuple[str, ...]:
    """The sentence on towns in which one place went and one came: to us they are two, and they may be one."""
    went = Counter(place.town for place in places if place.what == Kind.SITE_REMOVED)
    came = Counter(place.town for place in places if Kind.SITE_ADDED in place.kinds)
    towns = [town[0] for town, many in went.items() if town[0] and many == came[town] == 1]
    if not 0 < len(towns) <= MOST_BY_TOWN:
        return ()
    return (speech.count(*_MAY_BE_RENAMED, len(towns), towns=speech.listing(towns)),)


def asks(places: Sequence[Place], *, numbers: bool, team: bool) -> tuple[str, ...]:
    """What one can do. numbers, team: the mail says how to reach a place, and the study."""
    found = []
    if any(place.kinds & _LOST and place.before.get("status") != "NOT_YET_RECRUITING" for place in places):
        found.append(Ask.STILL_TREATED)
    gained = [place for place in places if place.kinds & _GAINED]
    if any(_LISTED.get(str(place.after.get("status"))) == "listed_open" for place in gained):
        found.append(Ask.CALL_PLACE if numbers else Ask.CALL_TEAM if team else Ask.PLACES)
    elif gained:
        found.append(Ask.PLACES)
    return tuple(found)


def _together(
    speech: Speech, places: Sequence[Place], apart: Collection[tuple[str, str]]
) -> tuple[tuple[Run, ...], list[str]]:
    """'4 places. Spain: Madrid (2), Barcelona; Italy: Rome', or of many '43 places: Spain (10), Romania (5)'.

    apart: towns in which other things happened too, so that a place there is named.
    """
    sites = [place.site for place in places]
    countries: dict[str, Counter[str]] = defaultdict(Counter)
    for place, site in zip(places, sites, strict=True):
        which = _in_one(site, "zip" if _nameless(place) else "facility") if place.town in apart else ""
        town = _in_one(site, "city")
        countries[_in_one(site, "country")][f"{town} ({which})" if which else town] += 1
    counts = {name: towns.total() for name, towns in countries.items()}
    order = dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))
    if len(sites) > MOST_BY_TOWN:
        total = speech.count("%(number)s place: ", "%(number)s places: ", len(sites))
        numbers = [len(sites), *counts.values()]
        return (Run(total), *by_country(speech, order)), [speech.number(number) for number in numbers]
    runs = [Run(speech.count("%(number)s place. ", "%(number)s places. ", len(sites)))]
    for country in order:
        towns = {town or speech.say("town not stated"): many for town, many in countries[country].items()}
        runs.append(Run("; " if len(runs) > 1 else ""))
        if towns.keys() != {country}:  # Singapore lies in Singapore
            runs += [*_name(speech, country), Run(": ")]
        for number, (town, many) in enumerate(towns.items()):
            runs += [Run(", " if number else ""), Run(town, registry=True)]
            runs += [Run(f" ({speech.number(many)})")] if many > 1 else []
    every = [len(sites), *(many for towns in countries.values() for many in towns.values())]
    return tuple(run for run in runs if run.text), [speech.number(number) for number in every]


def by_country(speech: Speech, countries: Mapping[str, int]) -> tuple[Run, ...]:
    """'Germany (8), Denmark (4)': the names are the registry's."""
    runs: list[Run] = []
    for country, number in countries.items():
        runs += [Run(", " if runs else ""), *_name(speech, country), Run(f" ({speech.number(number)})")]
    return tuple(run for run in runs if run.text)


def _name(speech: Speech, country: str) -> tuple[Run, ...]:
    return (Run(country, registry=True) if country else Run(speech.say("country not stated")),)


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
_AWAY = both(
    "Its place that takes people now or soon is about %(km)s km from %(topic)s",
    "One of its %(number)s places that take people now or soon is about %(km)s km from %(topic)s",
)
_BESIDE = both(
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


def _named(
    speech: Speech,
    place: Place,
    near: Near | None,
    known: Collection[str],
    apart: Collection[tuple[str, str]],
) -> list[Line]:
    """One place: its name, what stood there before, and how far it is; of one that takes people also whom to ask."""
    before, after = place.before, place.after
    told_apart = place.town in apart and _nameless(place)
    keys = _ADDRESS if told_apart else ("facility", "city", "state", "country")
    runs = [Run(_address(place.site, *keys), registry=True)]
    details: list[tuple[Run, ...]] = []
    old, new = (label(str(site.get("status") or "")) for site in (before, after))
    if old and new and old != new:
        details.append((Run(f"{old} → {new}", registry=True),))
    elif new and not before and place.what == Kind.SITE_ADDED:
        details.append((Run(new, registry=True),))
    if before and after and place.kinds & {Kind.SITE_RENAMED, Kind.SITE_ADDRESS}:
        moved = [key for key in _ADDRESS if _in_one(before, key) != _in_one(after, key)]
        if set(moved) - {"facility"} and place.what == Kind.SITE_ADDRESS:
            runs = [Run(_address(after, *_ADDRESS), registry=True)]
        shown = moved if place.what == Kind.SITE_ADDRESS else ["facility"]
        if said := _address(before, *shown):
            details.append((Run(speech.say("before: ")), Run(said, registry=True)))
    for number, detail in enumerate(details):
        runs += [Run("; " if number else " ("), *detail, Run(")" if number == len(details) - 1 else "")]
    if (km := _distance(place.site, near)) is not None and near is not None:
        runs.append(
            Run(
                speech.say(
                    ", about %(number)s km from %(topic)s", number=speech.number(_about(km)), topic=near.place
                )
            )
        )
    found = [Line(speech.say(_said(place.what).label), tuple(run for run in runs if run.text))]
    if place.kinds & _WITH_CONTACT and after.get("status") not in TAKES_NOBODY:
        people = [one for one in after.get("contacts") or () if _can_be_reached(one, known)]
        found += [Line(speech.say("Contact there"), (Run(person(one), registry=True),)) for one in people[:2]]
    return found


_ADDRESS = ("facility", "city", "state", "zip", "country")


def _address(site: Mapping[str, Any], *keys: str) -> str:
    """These parts of a place's address; a name that stands for none is left out."""
    wordless = len(keys) > 1 and bool(site.get("city")) and has_place_holder(dict(site))
    said = (_in_one(site, key) for key in keys if not (wordless and key == "facility"))
    return ", ".join(filter(None, said))


def _in_one(site: Mapping[str, Any], key: str) -> str:
    return as_text(site.get(key))


def _nameless(place: Place) -> bool:
    return bool(place.site.get("city")) and has_place_holder(dict(place.site))


def _can_be_reached(contact: Any, known: Collection[str]) -> bool:
    ways = [contact.get("phone"), contact.get("email")] if isinstance(contact, dict) else []
    return any(ways) and not {str(way) for way in ways if way} & {*known}


def _site(value: Any) -> Mapping[str, Any]:
    """One entry of the list, whose status is text and whose contacts are a list, whatever a record holds there."""
    site = value if isinstance(value, dict) else {}
    sorts = {"status": str, "contacts": list}
    return {key: part for key, part in site.items() if isinstance(part, sorts.get(key, object))}
