"""What two lists do not share, compared as multisets: most of hundreds of sites are the same, and cost next to nothing."""

from collections import Counter
from collections.abc import Hashable
from typing import Any

from notifier.domain.changes.form import pack, packs, text
from notifier.domain.changes.noise import as_list, entry, explain_named
from notifier.domain.changes.table import LOCATIONS

#: What a glance at a site takes in; names are often withheld.
_TELLING = ("status", "facility", "city")
#: The bare forms of entries that say nothing, and a glance that tells nothing.
_SAYS_NOTHING = frozenset(map(pack, (None, "", [], {})))
_NOTHING = (None,) * len(_TELLING)
#: Looking for twins one by one stops here; beyond, writing the entries out is quicker.
_MOST_COMPARISONS = 1000

#: Entries, each with what they are known by while two lists are compared.
_Named = list[tuple[Any, Hashable]]


def unshared(path: str, before: Any, after: Any, noise: Counter[str]) -> tuple[list[Any], list[Any]]:
    """What is left of two lists when all that they share is taken out, first as it stands, then in bare form.

    Entries that differ in form only are counted in `noise`.
    """
    ours, theirs = _out_of_step(*_without_equal_ends(as_list(before), as_list(after)))
    gone, new, _, _ = _without_shared(_written(ours), _written(theirs))
    if not (gone or new):
        noise["list_order" if before and after else "empty_value"] += 1
        return [], []
    left, came, old_form, new_form = _without_shared(*_bare(path, _parts(gone), _parts(new)))
    if old_form:
        explain_named(path, old_form, new_form, noise)
    gone, new = ([each for each in side if each[1] not in _SAYS_NOTHING] for side in (left, came))
    if not (gone or new or old_form):
        noise["empty_value"] += 1
    return _parts(gone), _parts(new)


def _written(parts: list[Any]) -> _Named:
    """Entries named by how they stand in the record."""
    return list(zip(parts, packs(parts), strict=True))


def _bare(path: str, gone: list[Any], new: list[Any]) -> tuple[_Named, _Named]:
    """Entries named by their bare form; a site by a glance at it, where none of the other side looks like it."""
    glance = _glance if path == LOCATIONS else lambda _part: _NOTHING
    ours, theirs = list(map(glance, gone)), list(map(glance, new))
    alike = {*ours} & {*theirs} | {_NOTHING}

    def named(part: Any, seen: Hashable) -> tuple[Any, Hashable]:
        return part, pack(entry(part, path)) if seen in alike else seen

    return list(map(named, gone, ours)), list(map(named, new, theirs))


def _glance(site: Any) -> Hashable:
    """Equal for sites of one bare form, and quickly had."""
    return tuple(map(_said, map(site.get, _TELLING))) if isinstance(site, dict) else _NOTHING


def _said(part: Any) -> str | None:
    return (text(part) or None) if isinstance(part, str) else None


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
