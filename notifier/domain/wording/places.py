"""The places of a study: one by its name, many by counts. Owns how changes of the list of places are told as one entry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from notifier.domain.changes import Change, Kind, site_move, summarise_sites
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
        (_OPENED[0], n_("%(source)s a place is listed as looking for participants again.")),
        (_OPENED[1], n_("%(source)s some places are listed as looking for participants again.")),
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
        n_("Paused before it opened"),
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
        n_("Will not take part; had not opened"),
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
_OTHERS = {
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
#: As many places of one kind are named; more are counted by country.
MOST_NAMED = 4
_WITH_CONTACT = frozenset({Kind.SITE_OPENED, Kind.SITE_ADDED, Kind.SITE_CONTACTS})


def _what(change: Change) -> str:
    """Which of the words above a change has: those of its move, or of its kind."""
    if change.kind in _OTHERS:
        return change.kind
    return site_move(_site(change.before).get("status"), _site(change.after).get("status")).said


def _said(what: str) -> PlaceWords:
    return MOVES[what] if what in MOVES else _OTHERS[Kind(what)]


def sentences(changes: Sequence[Change]) -> tuple[str, str]:
    """Headline and meaning for what happened to the places."""
    alike = {_what(change) for change in changes}
    if len(alike) > 1:
        return _ANY
    said = _said(alike.pop())
    return said.one if len(changes) == 1 else (said.many if said.many[0] else _ANY)


def lines(speech: Speech, changes: Sequence[Change], near: Near | None = None) -> tuple[Line, ...]:
    """One line a place, or one a kind with counts, in the order of PLACE_KINDS; of many, those near are named first."""
    found: list[Line] = []
    ranked = sorted(changes, key=lambda change: (PLACE_KINDS.index(change.kind), *_rank(change, near)))
    for what in dict.fromkeys(map(_what, ranked)):
        ours = [change for change in ranked if _what(change) == what]
        many = len(ours) > MOST_NAMED
        named = [change for change in ours if _is_near(change, near)][:MOST_NAMED] if many else ours
        found += [line for change in named for line in _named(speech, change, near)]
        if many:
            found.append(_counted(speech, what, ours))
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


def _counted(speech: Speech, what: str, changes: Sequence[Change]) -> Line:
    count = summarise_sites(changes)[changes[0].kind]
    total = speech.count("%(number)s place: ", "%(number)s places: ", count.total)
    return Line(speech.say(_said(what).label), (Run(total), *by_country(speech, count.by_country)))


def _named(speech: Speech, change: Change, near: Near | None) -> list[Line]:
    site = _site(change.after) or _site(change.before)
    runs = _renamed(change) if change.kind in {Kind.SITE_RENAMED, Kind.SITE_ADDRESS} else _with_status(change)
    if (km := _distance(change, near)) is not None and near is not None:
        away = speech.say(
            ", about %(number)s km from %(topic)s", number=speech.number(_about(km)), topic=near.place
        )
        runs = (*runs, Run(away))
    found = [Line(speech.say(_said(_what(change)).label), runs)]
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
