"""The places of a study: one by its name, many by counts. Owns how changes of the list of places are told as one entry."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from notifier.domain.changes import Change, Kind, summarise_sites
from notifier.domain.geo import Near
from notifier.domain.wording.registry_words import label, person, place
from notifier.domain.wording.sentences import SENTENCES, n_
from notifier.domain.wording.speech import Speech
from notifier.domain.wording.telling import Line, Run

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
_LABELS = {
    Kind.SITE_OPENED: n_("Looking for participants now"),
    Kind.SITE_ADDED: n_("Listed now"),
    Kind.SITE_CLOSED: n_("No longer looking for participants"),
    Kind.SITE_PAUSED: n_("Paused"),
    Kind.SITE_REMOVED: n_("Not listed any more"),
    Kind.SITE_STATUS: n_("Status changed"),
    Kind.SITE_RENAMED: n_("Another name"),
    Kind.SITE_CONTACTS: n_("Contact changed"),
    Kind.SITE_ADDRESS: n_("Address changed"),
}
#: Several places at once, by kind; kinds that are not here use the general sentence.
_MANY = {
    Kind.SITE_OPENED: (
        n_("Places are now listed as looking for participants in a study you follow."),
        n_("%(source)s some places are now listed as looking for participants."),
    ),
    Kind.SITE_ADDED: (
        n_("A study you follow has listed places that were not listed before."),
        n_("%(source)s the study lists places that were not listed before."),
    ),
    Kind.SITE_CLOSED: (
        n_("Some places no longer look for participants in a study you follow."),
        n_("%(source)s some places no longer look for participants."),
    ),
    Kind.SITE_REMOVED: (
        n_("A study you follow no longer lists some places."),
        n_("%(source)s the study no longer lists some places."),
    ),
}
_ANY = (
    n_("The list of places changed in a study you follow."),
    n_("%(source)s the list of places changed."),
)
#: As many places of one kind are named; more are counted by country.
MOST_NAMED = 4
_WITH_CONTACT = frozenset({Kind.SITE_OPENED, Kind.SITE_ADDED, Kind.SITE_CONTACTS})


def sentences(kinds: Sequence[Kind]) -> tuple[str, str]:
    """Headline and meaning for what happened to the places, one kind an item."""
    if len(kinds) == 1:
        return SENTENCES[kinds[0]].headline, SENTENCES[kinds[0]].means
    return _MANY.get(kinds[0], _ANY) if len(set(kinds)) == 1 else _ANY


def lines(speech: Speech, changes: Sequence[Change], near: Near | None = None) -> tuple[Line, ...]:
    """One line a place, or one a kind with counts, in the order of PLACE_KINDS; of many, those near are named first."""
    found: list[Line] = []
    for kind in PLACE_KINDS:
        ours = sorted((change for change in changes if change.kind is kind), key=lambda c: _rank(c, near))
        many = len(ours) > MOST_NAMED
        named = [change for change in ours if _is_near(change, near)][:MOST_NAMED] if many else ours
        found += [line for change in named for line in _named(speech, change, near)]
        if many:
            found.append(_counted(speech, kind, ours))
    return tuple(found)


def _rank(change: Change, near: Near | None) -> tuple[bool, float]:
    """What is near comes first, the nearest before the others."""
    km = _distance(change, near)
    return not _is_near(change, near), km if km is not None else float("inf")


def _is_near(change: Change, near: Near | None) -> bool:
    """Whether a place is within the reader's circle, or in their country or city by the registry's spelling."""
    km = _distance(change, near)
    if near is not None and near.circle is not None and km is not None:
        return km <= near.circle.km
    site = _site(change.after) or _site(change.before)
    wanted = (near.place if near else "").strip().casefold()
    return bool(wanted) and wanted in {
        str(site.get(key) or "").casefold() for key in ("country", "city", "state")
    }


def _distance(change: Change, near: Near | None) -> float | None:
    """Kilometres from the middle of the reader's circle; None where either is not on the map."""
    point = (_site(change.after) or _site(change.before)).get("geoPoint")
    if near is None or near.circle is None or not isinstance(point, dict):
        return None
    lat, lon = point.get("lat"), point.get("lon")
    if isinstance(lat, int | float) and isinstance(lon, int | float):
        return near.circle.distance(lat, lon)
    return None


def _about(km: float) -> int:
    """Kilometres as they are said: a circle's middle is rounded, so more than this is not known."""
    return max(10, round(km / 10) * 10)


def derived(speech: Speech, changes: Sequence[Change], near: Near | None = None) -> tuple[str, ...]:
    """Every count and distance that `lines` may say."""
    counts = summarise_sites(changes).values()
    numbers = [number for count in counts for number in (count.total, *count.by_country.values())]
    distances = [_about(km) for change in changes if (km := _distance(change, near)) is not None]
    return tuple(speech.number(number) for number in (*numbers, *distances))


def by_country(speech: Speech, countries: Mapping[str, int]) -> tuple[Run, ...]:
    """'Germany (8), Denmark (4)': the names are the registry's."""
    runs: list[Run] = []
    for name, number in countries.items():
        runs.append(Run(", " if runs else ""))
        runs.append(Run(name, registry=True) if name else Run(speech.say("country not stated")))
        runs.append(Run(f" ({speech.number(number)})"))
    return tuple(run for run in runs if run.text)


def _counted(speech: Speech, kind: Kind, changes: Iterable[Change]) -> Line:
    count = summarise_sites(changes)[kind]
    total = speech.count("%(number)s place: ", "%(number)s places: ", count.total)
    return Line(speech.say(_LABELS[kind]), (Run(total), *by_country(speech, count.by_country)))


def _named(speech: Speech, change: Change, near: Near | None) -> list[Line]:
    site = _site(change.after) or _site(change.before)
    runs = _renamed(change) if change.kind in {Kind.SITE_RENAMED, Kind.SITE_ADDRESS} else _with_status(change)
    if (km := _distance(change, near)) is not None and near is not None:
        away = speech.say(
            ", about %(number)s km from %(topic)s", number=speech.number(_about(km)), topic=near.place
        )
        runs = (*runs, Run(away))
    found = [Line(speech.say(_LABELS[change.kind]), runs)]
    if change.kind in _WITH_CONTACT:
        people = [person(one) for one in site.get("contacts") or [] if _can_be_reached(one)]
        found += [Line(speech.say("Contact there"), (Run(one, registry=True),)) for one in people[:2]]
    return found


def _renamed(change: Change) -> tuple[Run, ...]:
    before, after = _whole(_site(change.before)), _whole(_site(change.after))
    return Run(before, registry=True), Run(" → "), Run(after, registry=True)


def _whole(site: Mapping[str, Any]) -> str:
    return ", ".join(filter(None, [place(site), str(site.get("zip") or "")]))


def _with_status(change: Change) -> tuple[Run, ...]:
    before, after = _site(change.before), _site(change.after)
    name = Run(place(after or before), registry=True)
    old, new = (label(str(site.get("status") or "")) for site in (before, after))
    if change.kind in {Kind.SITE_REMOVED, Kind.SITE_CONTACTS}:
        return (name,)
    if old and new and old != new:
        return name, Run(" ("), Run(old, registry=True), Run(" → "), Run(new, registry=True), Run(")")
    return (name, Run(" ("), Run(new, registry=True), Run(")")) if new else (name,)


def _can_be_reached(contact: Any) -> bool:
    return isinstance(contact, dict) and bool(contact.get("phone") or contact.get("email"))


def _site(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
