"""What differs between two lists whose entries have no ids: compared as multisets, then paired where that is clear."""

from collections import Counter
from collections.abc import Hashable, Iterator
from typing import Any

import msgspec

from notifier.changes.change import Change
from notifier.changes.form import pack, packs, text
from notifier.changes.kinds import Kind, Weight
from notifier.changes.noise import as_list, entry, explain_named
from notifier.changes.pairing import Leftovers, common_words, fold, is_edit_of, same_words
from notifier.changes.sites import listing_weight, match_sites, site_changes
from notifier.changes.table import (
    CENTRAL_CONTACTS,
    INTERVENTIONS,
    LOCATIONS,
    PRIMARY_OUTCOMES,
    kind_at,
    row_of,
)


class Told(msgspec.Struct, frozen=True):
    """How the entries of one list are known and told.

    keys: what names an entry, the surest first. alike: the texts of which a similar wording says that it is the same
    entry; the first is compared by words, the others as long texts that were edited.
    """

    added: Kind
    removed: Kind
    changed: Kind
    keys: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()


_MEASURE = ("measure", "description")
_TOLD = {
    PRIMARY_OUTCOMES: Told(
        Kind.PRIMARY_OUTCOME_ADDED,
        Kind.PRIMARY_OUTCOME_DROPPED,
        Kind.PRIMARY_OUTCOME_REWORDED,
        ("measure",),
        _MEASURE,
    ),
    "protocolSection.outcomesModule.secondaryOutcomes": Told(
        Kind.SECONDARY_OUTCOME_ADDED,
        Kind.SECONDARY_OUTCOME_DROPPED,
        Kind.SECONDARY_OUTCOME_REWORDED,
        ("measure",),
        _MEASURE,
    ),
    "protocolSection.outcomesModule.otherOutcomes": Told(*(Kind.OTHER_OUTCOMES,) * 3, ("measure",), _MEASURE),
    "protocolSection.armsInterventionsModule.armGroups": Told(
        Kind.ARM_ADDED, Kind.ARM_REMOVED, Kind.ARM_CHANGED, ("label",), ("label", "description")
    ),
    INTERVENTIONS: Told(
        Kind.INTERVENTION_ADDED,
        Kind.INTERVENTION_REMOVED,
        Kind.INTERVENTION_CHANGED,
        ("name",),
        ("name", "description"),
    ),
}
#: What names an entry of the lists that have one kind for all that happens to them.
_KEYS = {
    CENTRAL_CONTACTS: ("name", "email", "phone"),
    "protocolSection.contactsLocationsModule.overallOfficials": ("name",),
    "protocolSection.sponsorCollaboratorsModule.collaborators": ("name",),
    "protocolSection.referencesModule.references": ("pmid", "citation"),
    "protocolSection.referencesModule.seeAlsoLinks": ("url", "label"),
    "protocolSection.referencesModule.availIpds": ("id", "url"),
    "protocolSection.identificationModule.secondaryIdInfos": ("id",),
    "documentSection.largeDocumentModule.largeDocs": ("filename", "label"),
}
#: Lists with one kind for all that happens to them whose entries are also known by their wording.
_WORDED = {
    "protocolSection.referencesModule.references": ("citation",),
    "protocolSection.conditionsModule.conditions": ("",),
    "protocolSection.conditionsModule.keywords": ("",),
}
#: Keys of an intervention of which a change is a minor one.
_LIGHT = frozenset({"otherNames", "armGroupLabels"})
#: The bare forms of entries that say nothing, and a glance that tells nothing.
_SAYS_NOTHING = frozenset(map(pack, (None, "", [], {})))
_NOTHING = (None, None)
#: Looking for twins one by one stops here; beyond, writing the entries out is quicker.
_MOST_COMPARISONS = 1000

#: Entries, each with what they are known by while two lists are compared.
_Named = list[tuple[Any, Hashable]]


def list_changes(
    path: str, before: Any, after: Any, *, enrolling: bool, noise: Counter[str]
) -> Iterator[Change]:
    """What differs between two lists; entries that differ in form only are counted in `noise`.

    enrolling: whether the study takes participants or is about to.
    """
    leftovers = _leftovers(path, before, after, noise)
    if path == LOCATIONS:
        yield from _sites(leftovers, enrolling=enrolling)
        return
    told = _TOLD.get(path) or Told(*(kind_at(path),) * 3, _KEYS.get(path, ()), _WORDED.get(path, ()))
    _match(leftovers, told)
    for change in _told(path, leftovers, told):
        light = path == CENTRAL_CONTACTS and not enrolling
        yield msgspec.structs.replace(change, weight=Weight.MINOR) if light else change


def _leftovers(path: str, before: Any, after: Any, noise: Counter[str]) -> Leftovers:
    """What is left of two lists when all that they share is taken out, first as it stands, then in bare form."""
    ours, theirs = _out_of_step(*_without_equal_ends(as_list(before), as_list(after)))
    gone, new, _, _ = _without_shared(_written(ours), _written(theirs))
    if not (gone or new):
        noise["list_order" if before and after else "empty_value"] += 1
        return Leftovers([], [])
    left, came, old_form, new_form = _without_shared(*_bare(path, _parts(gone), _parts(new)))
    if old_form:
        explain_named(path, old_form, new_form, noise)
    gone, new = ([each for each in side if each[1] not in _SAYS_NOTHING] for side in (left, came))
    if not (gone or new or old_form):
        noise["empty_value"] += 1
    return Leftovers(_parts(gone), _parts(new))


def _written(parts: list[Any]) -> _Named:
    """Entries named by how they stand in the record."""
    return list(zip(parts, packs(parts), strict=True))


def _bare(path: str, gone: list[Any], new: list[Any]) -> tuple[_Named, _Named]:
    """Entries named by their bare form; a site by a glance at it, where none of the other side looks like it."""
    glance = _glance if path == LOCATIONS else _no_glance
    ours, theirs = list(map(glance, gone)), list(map(glance, new))
    alike = {*ours} & {*theirs} | {_NOTHING}

    def named(part: Any, glance: Hashable) -> tuple[Any, Hashable]:
        return part, pack(entry(part, path)) if glance in alike else glance

    return list(map(named, gone, ours)), list(map(named, new, theirs))


def _glance(site: Any) -> Hashable:
    """Equal for sites of one bare form, and quickly had."""
    if not isinstance(site, dict):
        return _NOTHING
    status, name = site.get("status"), site.get("facility")
    return (
        (text(status) or None) if isinstance(status, str) else None,
        (text(name) or None) if isinstance(name, str) else None,
    )


def _no_glance(_part: Any) -> Hashable:
    return _NOTHING


def _parts(named: _Named) -> list[Any]:
    return [part for part, _ in named]


def _without_equal_ends(before: list[Any], after: list[Any]) -> tuple[list[Any], list[Any]]:
    """Both lists from the first to the last place at which they differ: most edits touch few entries of a long list."""
    start = _equal(before, after)
    end = _equal(before[start:][::-1], after[start:][::-1])
    return before[start : len(before) - end], after[start : len(after) - end]


def _out_of_step(before: list[Any], after: list[Any]) -> tuple[list[Any], list[Any]]:
    """Both lists without the entries that are met as equals where the two are gone through side by side.

    Where a twin of what is left over was met, both are given back whole: which of twins is left must not depend on it.
    """
    ours, theirs, met = [], [], []
    mine = yours = 0
    while mine < len(before) and yours < len(after):
        if before[mine] == after[yours]:
            met.append(before[mine])
            mine, yours = mine + 1, yours + 1
        elif came := _steps_to(before[mine], after, yours):
            theirs += after[yours : yours + came]
            yours += came
        else:
            went = _steps_to(after[yours], before, mine) or 1
            ours += before[mine : mine + went]
            mine += went
    ours, theirs = ours + before[mine:], theirs + after[yours:]
    return (before, after) if _has_twin([*ours, *theirs], met) else (ours, theirs)


def _steps_to(part: Any, parts: list[Any], place: int) -> int:
    """How far ahead of a place the same entry stands, 0 where it is not near."""
    for steps, other in enumerate(parts[place + 1 : place + 4], start=1):
        if part == other:
            return steps
    return 0


def _has_twin(some: list[Any], others: list[Any]) -> bool:
    """Whether any is among the others; where that would take long to say, yes."""
    names = set(map(_name, some)) if others else set()
    others = [part for part in others if _name(part) in names]
    return bool(others) and (
        len(some) * len(others) > _MOST_COMPARISONS or any(part in others for part in some)
    )


def _name(part: Any) -> str:
    """Equal for equal entries, and mostly another for others."""
    return f"{part.get('facility')} {part.get('city')}" if isinstance(part, dict) else str(part)


def _equal(before: list[Any], after: list[Any]) -> int:
    """How many entries are equal before the first that is not."""
    for place, (mine, yours) in enumerate(zip(before, after, strict=False)):
        if mine != yours:
            return place
    return min(len(before), len(after))


def _without_shared(before: _Named, after: _Named) -> tuple[_Named, _Named, _Named, _Named]:
    """The entries of each side without, and then those with, a partner of the same name on the other; twins count."""
    ours, theirs = [name for _, name in before], [name for _, name in after]
    here, there = {*ours}, {*theirs}
    if here.isdisjoint(there):
        return before, after, [], []
    if len(here) == len(ours) and len(there) == len(theirs):
        (left, kept), (came, stayed) = _parted(before, there), _parted(after, here)
    else:
        shared = Counter(ours) & Counter(theirs)
        (left, kept), (came, stayed) = _split(before, shared.copy()), _split(after, shared)
    return left, came, kept, stayed


def _parted(named: _Named, shared: set[Hashable]) -> tuple[_Named, _Named]:
    return [each for each in named if each[1] not in shared], [each for each in named if each[1] in shared]


def _split(named: _Named, shared: Counter[Hashable]) -> tuple[_Named, _Named]:
    left: _Named = []
    kept: _Named = []
    for each in named:
        free = shared.get(each[1], 0)
        if free:
            shared[each[1]] = free - 1
        (kept if free else left).append(each)
    return left, kept


def _sites(leftovers: Leftovers, *, enrolling: bool) -> Iterator[Change]:
    match_sites(leftovers)
    for mine, yours in leftovers.pairs:
        yield from site_changes(mine, yours, enrolling=enrolling)
    for site in leftovers.gone:
        yield Change(Kind.SITE_REMOVED, listing_weight(Kind.SITE_REMOVED, site), LOCATIONS, site, None)
    for site in leftovers.new:
        yield Change(Kind.SITE_ADDED, listing_weight(Kind.SITE_ADDED, site), LOCATIONS, None, site)


def _match(leftovers: Leftovers, told: Told) -> None:
    for key in told.keys:
        leftovers.match(lambda part, key=key: fold(_text(part, key)) or None)  # type: ignore[misc]  # mypy cannot see defaults of a lambda
    if told.alike:
        leftovers.match_alike(lambda mine, yours: _likeness(mine, yours, told.alike))


def _likeness(mine: Any, yours: Any, texts: tuple[str, ...]) -> float:
    words = common_words(_text(mine, texts[0]), _text(yours, texts[0]))
    edited = any(is_edit_of(_text(mine, name), _text(yours, name)) for name in texts[1:])
    return max(words, float(edited))


def _text(part: Any, key: str) -> str:
    return str((part.get(key) if isinstance(part, dict) else part) or "")


def _told(path: str, leftovers: Leftovers, told: Told) -> Iterator[Change]:
    for mine, yours in leftovers.pairs:
        yield _change(told.changed, path, mine, yours)
    if path == PRIMARY_OUTCOMES and len(leftovers.gone) == len(leftovers.new) == 1:
        yield _change(Kind.PRIMARY_OUTCOME_SWAPPED, path, leftovers.gone[0], leftovers.new[0])
        return
    for part in leftovers.gone:
        yield _change(told.removed, path, part, None)
    for part in leftovers.new:
        yield _change(told.added, path, None, part)


def _change(kind: Kind, path: str, before: Any, after: Any) -> Change:
    row = row_of(kind)
    light = (kind is Kind.INTERVENTION_CHANGED and _differing(before, after) <= _LIGHT) or (
        kind is Kind.CONDITIONS and same_words(before, after)
    )
    return Change(kind, row.lighter or row.weight if light else row.weight, path, before, after)


def _differing(before: Any, after: Any) -> set[str]:
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return {""}
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
