"""Which site is which, and what happened to it. A site has no id: its name or its address says whether it is the same."""

import re
from collections.abc import Callable, Hashable, Iterator
from functools import partial
from typing import Any

from notifier.domain.changes.aligning import Effort
from notifier.domain.changes.form import for_short, says_the_same
from notifier.domain.changes.kinds import LOCATIONS, Change, Kind, Weight
from notifier.domain.changes.noise import part_of_entry
from notifier.domain.changes.pairing import ALIKE, Leftovers, common_words, fold, same_name, shares_signs
from notifier.domain.changes.statuses import TAKES_NOBODY, site_move

#: A name that stands for a site whose name is not given: "Research Site", "Local Institution - 0062", "Site 12".
_PLACE_HOLDER = re.compile(
    r"(?:local institution"
    r"|for additional information regarding .*"
    r"|site"
    r"|(?:.* )?(?:research|investigational|investigative|investigator|trial|study|selected) site"
    r"|(?:clinical )?(?:research|trial|study|investigational) (?:center|centre|facility))"
    r"(?: (?:no|nr|number|id|code))?(?: [a-z]{0,3} ?\d[\w ]*)?"
)
_NUMBERED = re.compile(r"(?:site|institution|number|no|id)(?: [a-z]{0,3})? ?\d[\w ]*$")
_LONGEST_NAME = 200  # characters; nothing longer stands for a name
#: A letter or two for the country before the digits of a post code, and the four digits that an American one may end with.
_LEADS_CODE = re.compile(r"[a-z]{1,3}(?=\d{4,}$)")
_LONG_CODE = re.compile(r"(\d{5})\d{4}")
_LINES = ("facility", "city", "state", "zip", "country")
_ADDRESS = (*_LINES, "geoPoint")
_STATUS = ("status", "contacts")
_NAMED = frozenset(_ADDRESS + _STATUS)
_TEXTS = {str, type(None)}

_Key = Callable[[Any], Hashable]
_Agree = Callable[[Effort, Any, Any], bool]


def has_place_holder(site: dict[str, Any]) -> bool:
    """Whether the site's name stands for one that is not given."""
    return _holds_place(fold(site.get("facility")))


@for_short(_LONGEST_NAME, 4096)
def _holds_place(name: str) -> bool:
    return not name or (len(name) <= _LONGEST_NAME and _PLACE_HOLDER.fullmatch(name) is not None)


def match_sites(left: Leftovers) -> None:
    """Pair the sites that are the same; leave those apart of which that is not clear."""
    steps: tuple[tuple[_Key, _Agree | None], ...] = (
        # At one post code even a place-holder is a name.
        (lambda site: _coded(site, "facility", "country"), None),
        (lambda site: _named(site, "city"), None),
        (lambda site: _coded(site, "country", "city"), _may_be_renamed),
        (_town, _name_came_out),
        (_named, _same_town),
        # Of one town's only place-holder on each side, a new post code is a correction.
        (lambda site: None if _tells_apart(site) else _town(site, "facility"), None),
    )
    left.match_twins(_of_entries(_as_written), order=_status)
    left.match_twins(_of_entries(lambda site: _key(site, *_LINES)), order=_status)
    for key, agree in steps:
        left.match(_of_entries(key), agree and partial(agree, left.effort))


def _of_entries(key: _Key) -> _Key:
    """What is no entry has no key."""
    return lambda site: key(site) if isinstance(site, dict) else None


def _as_written(site: dict[str, Any]) -> Hashable:
    parts = tuple(map(site.get, _LINES))
    return parts if {*map(type, parts)} <= _TEXTS else str(parts)


def _status(site: dict[str, Any]) -> str:
    return str(site.get("status") or "")


def _key(site: dict[str, Any], *names: str) -> tuple[str, ...]:
    return tuple(map(fold, map(site.get, names)))


def _code(site: dict[str, Any]) -> str:
    """The post code, however it is written: 606-8501 is 6068501, and 53705-1234 lies at 53705."""
    code = _LEADS_CODE.sub("", fold(site.get("zip")).replace(" ", ""))
    return _LONG_CODE.sub(r"\1", code) if fold(site.get("country")) == "united states" else code


def _coded(site: dict[str, Any], *names: str) -> tuple[str, ...] | None:
    return (*_key(site, *names), code) if (code := _code(site)) else None


def _named(site: dict[str, Any], *also: str) -> tuple[str, ...] | None:
    """A name that stands for one site alone, and the country, with other parts of the address that must not be empty."""
    tells = _tells_apart(site) and all(fold(site.get(name)) for name in also)
    return _key(site, "facility", "country", *also) if tells else None


def _tells_apart(site: dict[str, Any]) -> bool:
    """A real name does, and so does a place-holder with a number ("Local Institution - 0062")."""
    return not has_place_holder(site) or _NUMBERED.search(fold(site.get("facility"))) is not None


def _town(site: dict[str, Any], *also: str) -> tuple[str, ...] | None:
    return _key(site, "country", "city", *also) if fold(site.get("city")) else None


def _may_be_renamed(effort: Effort, mine: dict[str, Any], yours: dict[str, Any]) -> bool:
    """At one address: a name came out, or the names are much the same. A telephone number proves nothing: one
    hotline serves many sites.
    """
    if has_place_holder(mine) != has_place_holder(yours):
        return True
    return _similar(fold(mine.get("facility")), fold(yours.get("facility")), effort)


def _name_came_out(effort: Effort, mine: dict[str, Any], yours: dict[str, Any]) -> bool:
    """In one town: a place-holder gave way to a name, or the other way round, and no post code speaks against it."""
    codes = {_code(mine), _code(yours)} - {""}
    if len(codes) > 1:
        return False
    return has_place_holder(mine) != has_place_holder(yours) or _may_be_renamed(effort, mine, yours)


def _same_town(effort: Effort, mine: dict[str, Any], yours: dict[str, Any]) -> bool:
    """Of one name: the towns are at one point of the map, or spelled much the same."""
    here = mine.get("geoPoint")
    return (bool(here) and here == yours.get("geoPoint")) or _similar(
        fold(mine.get("city")), fold(yours.get("city")), effort
    )


def _similar(mine: str, yours: str, effort: Effort) -> bool:
    """Whether two folded names share most words, or most letters in their order: naples and napoli."""
    if not (mine and yours):
        return False
    return common_words(mine, yours, effort) >= ALIKE or shares_signs(mine, yours, ALIKE, effort)


def site_changes(before: dict[str, Any], after: dict[str, Any], *, enrolling: bool) -> Iterator[Change]:
    """What happened to one site, aspect by aspect: name and address, then status (with contacts), then the rest.

    The two differ in more than their form. enrolling: whether the study takes participants or is about to.
    """
    if not (isinstance(before, dict) and isinstance(after, dict)):
        yield Change(Kind.OTHER, Kind.OTHER.weight, LOCATIONS, before, after)
        return
    moved = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    people_or_status = _STATUS if "status" in moved else ("contacts",)
    others = () if moved <= _NAMED else tuple((before.keys() | after.keys()) - _NAMED)
    aspects = [names for names in (_ADDRESS, people_or_status, others) if not moved.isdisjoint(names)]
    for names in aspects:
        # The old entry with these keys as the new one has them.
        taken = set(names)
        step = {key: part for key, part in before.items() if key not in taken} | {
            key: part for key, part in after.items() if key in taken
        }
        if len(aspects) == 1 or any(_differs(before, step, name) for name in names):
            kind, weight = _aspect(before, step, names, enrolling=enrolling)
            yield Change(kind, weight, LOCATIONS, before, step)
        before = step


def _differs(before: dict[str, Any], after: dict[str, Any], name: str) -> bool:
    """Whether two entries differ in what they say at this key, and not in its form alone."""
    mine, yours = before.get(name), after.get(name)
    if isinstance(mine, str) and mine == yours:
        return False
    return bool(part_of_entry(before, name, LOCATIONS) != part_of_entry(after, name, LOCATIONS))


def _aspect(
    before: dict[str, Any], after: dict[str, Any], names: tuple[str, ...], *, enrolling: bool
) -> tuple[Kind, Weight]:
    if names is _STATUS:
        move = site_move(_status(before), _status(after))
        return move.kind, move.weight
    if names == ("contacts",):
        kind, old, new = Kind.SITE_CONTACTS, before.get("contacts"), after.get("contacts")
        if says_the_same(old, new):
            return kind, Weight.HOUSEKEEPING
        light = not enrolling or (old and new and ways_to_reach(old) == ways_to_reach(new))
        return kind, Weight.MINOR if light else kind.weight
    if names is not _ADDRESS:
        return Kind.OTHER, Kind.OTHER.weight
    if fold(before.get("facility")) != fold(after.get("facility")):
        if has_place_holder(before) or has_place_holder(after):
            return Kind.SITE_RENAMED, Kind.SITE_RENAMED.weight
        same = same_name(before.get("facility"), after.get("facility"))
        return Kind.SITE_RENAMED, Weight.HOUSEKEEPING if same else Weight.MINOR
    same = _code(before) == _code(after) and fold(before.get("country")) == fold(after.get("country"))
    return Kind.SITE_ADDRESS, Weight.HOUSEKEEPING if same else Kind.SITE_ADDRESS.weight


def ways_to_reach(contacts: Any) -> set[tuple[str, str]]:
    """Telephones and e-mail addresses of some contacts, however they are written; names make no difference."""
    listed = [one for one in contacts if isinstance(one, dict)] if isinstance(contacts, list) else []
    return {
        (
            "".join(filter(str.isdigit, f"{one.get('phone')} {one.get('phoneExt')}")),
            str(one.get("email") or "").strip().casefold(),
        )
        for one in listed
    }


def listing_weight(kind: Kind, site: Any) -> Weight:
    """What it weighs that a site came to the list or went; one that takes nobody is a minor loss, and a minor gain."""
    shut = isinstance(site, dict) and _status(site) in TAKES_NOBODY
    return Weight.MINOR if shut else kind.weight
