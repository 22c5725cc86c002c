"""What happened to lists whose entries have no ids: what two of them do not share, compared as multisets, is paired where that
is clear, and told. A site has no id either: its name or its address says whether it is the same; most of hundreds are, and
cost next to nothing.
"""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from functools import partial
from typing import Any

from notifier.domain.changes import pairing
from notifier.domain.changes.form import for_short, pack, packs, says_the_same, text
from notifier.domain.changes.kinds import (
    ARMS,
    CENTRAL_CONTACTS,
    CONDITIONS,
    INTERVENTIONS,
    LISTS,
    LOCATIONS,
    PRIMARY_OUTCOMES,
    Change,
    Kind,
    Weight,
    kind_at,
)
from notifier.domain.changes.noise import as_list, entry, explain_named, part_of_entry
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
_Agree = Callable[[pairing.Effort, Any, Any], bool]


def has_place_holder(site: dict[str, Any]) -> bool:
    """Whether the site's name stands for one that is not given."""
    return _holds_place(pairing.fold(site.get("facility")))


@for_short(_LONGEST_NAME, 4096)
def _holds_place(name: str) -> bool:
    return not name or (len(name) <= _LONGEST_NAME and _PLACE_HOLDER.fullmatch(name) is not None)


def match_sites(left: pairing.Leftovers) -> None:
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
    return tuple(map(pairing.fold, map(site.get, names)))


def _code(site: dict[str, Any]) -> str:
    """The post code, however it is written: 606-8501 is 6068501, and 53705-1234 lies at 53705."""
    code = _LEADS_CODE.sub("", pairing.fold(site.get("zip")).replace(" ", ""))
    return _LONG_CODE.sub(r"\1", code) if pairing.fold(site.get("country")) == "united states" else code


def _coded(site: dict[str, Any], *names: str) -> tuple[str, ...] | None:
    return (*_key(site, *names), code) if (code := _code(site)) else None


def _named(site: dict[str, Any], *also: str) -> tuple[str, ...] | None:
    """A name that stands for one site alone, and the country, with other parts of the address that must not be empty."""
    tells = _tells_apart(site) and all(pairing.fold(site.get(name)) for name in also)
    return _key(site, "facility", "country", *also) if tells else None


def _tells_apart(site: dict[str, Any]) -> bool:
    """A real name does, and so does a place-holder with a number ("Local Institution - 0062")."""
    return not has_place_holder(site) or _NUMBERED.search(pairing.fold(site.get("facility"))) is not None


def _town(site: dict[str, Any], *also: str) -> tuple[str, ...] | None:
    return _key(site, "country", "city", *also) if pairing.fold(site.get("city")) else None


def _may_be_renamed(effort: pairing.Effort, mine: dict[str, Any], yours: dict[str, Any]) -> bool:
    """At one address: a name came out, or the names are much the same. A telephone number proves nothing: one
    hotline serves many sites.
    """
    if has_place_holder(mine) != has_place_holder(yours):
        return True
    return _similar(pairing.fold(mine.get("facility")), pairing.fold(yours.get("facility")), effort)


def _name_came_out(effort: pairing.Effort, mine: dict[str, Any], yours: dict[str, Any]) -> bool:
    """In one town: a place-holder gave way to a name, or the other way round, and no post code speaks against it."""
    codes = {_code(mine), _code(yours)} - {""}
    if len(codes) > 1:
        return False
    return has_place_holder(mine) != has_place_holder(yours) or _may_be_renamed(effort, mine, yours)


def _same_town(effort: pairing.Effort, mine: dict[str, Any], yours: dict[str, Any]) -> bool:
    """Of one name: the towns are at one point of the map, or spelled much the same."""
    here = mine.get("geoPoint")
    return (bool(here) and here == yours.get("geoPoint")) or _similar(
        pairing.fold(mine.get("city")), pairing.fold(yours.get("city")), effort
    )


def _similar(mine: str, yours: str, effort: pairing.Effort) -> bool:
    """Whether two folded names share most words, or most letters in their order: naples and napoli."""
    if not (mine and yours):
        return False
    return pairing.common_words(mine, yours, effort) >= pairing.ALIKE or pairing.shares_signs(
        mine, yours, pairing.ALIKE, effort
    )


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
    if pairing.fold(before.get("facility")) != pairing.fold(after.get("facility")):
        if has_place_holder(before) or has_place_holder(after):
            return Kind.SITE_RENAMED, Kind.SITE_RENAMED.weight
        same = pairing.same_name(before.get("facility"), after.get("facility"))
        return Kind.SITE_RENAMED, Weight.HOUSEKEEPING if same else Weight.MINOR
    same = _code(before) == _code(after) and pairing.fold(before.get("country")) == pairing.fold(
        after.get("country")
    )
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


#: The title of a paper that only corrects another one; "Erratum in: …" follows the one that was corrected.
_ERRATUM = re.compile(
    r"(?i)(?:^|[.:] )(?:(?:publisher|author) correction|erratum|corrigendum|correction to)\b(?! in\b)"
)
_LONGEST_GROUP = 40  # characters
#: What stands among the treatments and is the name of a group of people: "Cohort 3A", "Arm B".
_GROUP = re.compile(
    r"(?i)(?:study |treatment |dose |expansion )?(?:arms?|cohorts?|groups?|strat(?:um|a))(?:[ -](?:[a-z]?\d{0,2}[a-z]?|[ivx]{1,4}))?"
)
_LAY = re.compile(
    r"(?i)plain[ -]?language|\blay(?:[ -]?(?:language|person|people))?[ -]?(?:results?[ -])?summar|patientsummar|trialsummaries"
)
_OF_GROUPS = {
    Kind.INTERVENTION_ADDED: Kind.ARM_ADDED,
    Kind.INTERVENTION_REMOVED: Kind.ARM_REMOVED,
    Kind.INTERVENTION_CHANGED: Kind.ARM_CHANGED,
}
#: Lists that a record must not leave empty.
_NEVER_EMPTY = frozenset({PRIMARY_OUTCOMES, CONDITIONS, ARMS, INTERVENTIONS})
#: Keys of an intervention of which a change is a minor one.
_LIGHT = frozenset({"otherNames", "armGroupLabels"})


def list_changes(
    path: str, before: Any, after: Any, *, enrolling: bool, noise: Counter[str]
) -> Iterator[Change]:
    """What differs between two lists; entries that differ in form only are counted in `noise`.

    enrolling: whether the study takes participants, is about to, or is on hold.
    """
    left = pairing.Leftovers(*unshared(path, before, after, noise))
    if path == LOCATIONS:
        match_sites(left)
        for mine, yours in left.pairs:
            yield from site_changes(mine, yours, enrolling=enrolling)
        for site in left.gone:
            yield Change(Kind.SITE_REMOVED, listing_weight(Kind.SITE_REMOVED, site), LOCATIONS, site, None)
        # What comes together is told together, so that it adds up.
        weight = max((listing_weight(Kind.SITE_ADDED, site) for site in left.new), default=Weight.MINOR)
        for site in left.new:
            yield Change(Kind.SITE_ADDED, weight, LOCATIONS, None, site)
        return
    rule = LISTS[path]

    def likeness(mine: Any, yours: Any) -> float:
        first, *long = ((_text(mine, name), _text(yours, name)) for name in rule.alike)
        words = pairing.common_words(*first, left.effort)
        return max(words, float(any(pairing.is_edit_of(*sides, left.effort) for sides in long)))

    for key in rule.keys:
        left.match(lambda part, key=key: pairing.fold(_text(part, key)) or None)  # type: ignore[misc]  # mypy cannot see defaults of a lambda
    if rule.alike:
        left.match_alike(likeness)
    most = Weight.IMPORTANT
    if path == CENTRAL_CONTACTS:  # one more to ask is worth knowing; to lose one may leave nobody
        most = Weight.NOTABLE if left.new and not (left.gone or left.pairs) else most
        most = most if enrolling else Weight.MINOR
    elif path in _NEVER_EMPTY and not after:  # which may be a slip
        most = Weight.NOTABLE
    for change in _told(path, left, rule.kinds or (kind_at(path),) * 3):
        yield change.at_most(most)


def _text(part: Any, key: str) -> str:
    return str((part.get(key) if isinstance(part, dict) else part) or "")


def _told(path: str, left: pairing.Leftovers, kinds: tuple[Kind, Kind, Kind]) -> Iterator[Change]:
    added, removed, changed = kinds
    sides = [*left.pairs]
    if path == PRIMARY_OUTCOMES and len(left.gone) == len(left.new) == 1:
        mine, yours = left.gone[0], left.new[0]
        same = pairing.holds_the_other(_text(mine, "measure"), _text(yours, "measure"))
        swapped = changed if same else Kind.PRIMARY_OUTCOME_SWAPPED
        yield from (_change(changed, path, *pair) for pair in sides)
        yield _change(swapped, path, mine, yours)
        return
    sides += [(part, None) for part in left.gone] + [(None, part) for part in left.new]
    for before, after in sides:
        kind = removed if after is None else added if before is None else changed
        if path == INTERVENTIONS and all(is_group(part) for part in (before, after) if part is not None):
            kind = _OF_GROUPS[kind]
        yield _change(kind, path, before, after)


def is_group(treatment: Any) -> bool:
    """Whether an entry among the treatments names no treatment but a group of people."""
    name = _text(treatment, "name").strip()[:_LONGEST_GROUP]
    groups = treatment.get("armGroupLabels") if isinstance(treatment, dict) else None
    is_one = isinstance(groups, list) and name in groups
    return (_GROUP.match if is_one else _GROUP.fullmatch)(name) is not None


def _change(kind: Kind, path: str, before: Any, after: Any) -> Change:
    weight = _weight(kind, before, after)
    if None not in (before, after) and (says_the_same(before, after) or is_same_firm(before, after)):
        weight = Weight.HOUSEKEEPING
    return Change(kind, weight, path, before, after)


def _weight(kind: Kind, before: Any, after: Any) -> Weight:
    """What it weighs that one entry came, went or became another, where that depends on what it says."""
    old, new = (each if isinstance(each, dict) else {} for each in (before, after))
    match kind:
        case Kind.INTERVENTION_ADDED | Kind.INTERVENTION_REMOVED:
            return Weight.NOTABLE if is_comparator(before or after) else Weight.IMPORTANT
        case Kind.INTERVENTION_CHANGED:
            return Weight.MINOR if differing(before, after) <= _LIGHT else Weight.NOTABLE
        case Kind.PRIMARY_OUTCOME_REWORDED:
            # A short form put in brackets, or a plural, makes no other measure.
            moved = sorted(differing(before, after))
            mine, yours = (
                [_PLURAL.sub("", _BRACKETS.sub("", _text(one, key))) for key in moved]
                for one in (before, after)
            )
            light = all(map(pairing.same_words, mine, yours)) or all(map(pairing.is_respelled, mine, yours))
            return Weight.MINOR if light or _differ_in_editions(before, after) else Weight.NOTABLE
        case Kind.CONDITIONS:
            light = pairing.same_words(before, after) or pairing.is_respelled(before, after)
            return Weight.MINOR if light else Weight.NOTABLE
        case Kind.CONTACTS:
            same = bool(old and new) and ways_to_reach([old]) == ways_to_reach([new])
            return Weight.MINOR if same else kind.weight
        case Kind.PUBLICATIONS:
            # A paper on what came of the study is news when it comes, or is withdrawn; reading before it, and errata, are not.
            of_results, was = (_text(each, "type") in {"RESULT", "DERIVED"} for each in (new, old))
            if new.get("retractions") and not old.get("retractions"):
                return Weight.NOTABLE
            if of_results and not was:
                return Weight.HOUSEKEEPING if _ERRATUM.search(_text(new, "citation")) else Weight.NOTABLE
            return Weight.MINOR if was and not new else Weight.HOUSEKEEPING
        case Kind.LINKS:
            if is_lay_summary(after):
                return Weight.NOTABLE
            return Weight.MINOR if after or is_lay_summary(before) else Weight.HOUSEKEEPING
        case Kind.DOCUMENTS:
            return Weight.NOTABLE if new.get("hasIcf") else Weight.MINOR
    return kind.weight


#: What is given to compare with: the usual treatment, or none with an active substance.
_COMPARATOR = re.compile(
    r"(?i)\b(?:standard(?:[ -]of[ -]| )(?:care|treatment|therapy)|usual care|treatment as usual|soc|placebos?|sham|"
    r"best supportive care|no (?:intervention|treatment)|observation(?: only| alone)?)\b"
)


def is_comparator(treatment: Any) -> bool:
    """Whether an entry among the treatments is what the others are compared with, by its name."""
    name = _text(treatment, "name")[:200]
    return _COMPARATOR.search(name) is not None and " plus " not in name and "+" not in name


_EDITION = re.compile(
    r"(?i)\b(CTCAE|i?RECIST|MedDRA|iwCLL|IMWG)\b[ ,(-]*(?:v(?:er(?:sion)?)?\.? ?)?\d+(?:\.\d+)*|"
    r"\b(?:v(?:er(?:sion)?)?|edition)\.? ?\d+(?:\.\d+)*"
)


def is_other_edition(before: Any, after: Any) -> bool:
    """Whether all that differs between two measures is the edition of a scale: CTCAE 5.0, CTCAE 6.0."""
    figures = [list(filter(str.isdigit, str(side))) for side in (before, after)]
    return figures[0] != figures[1] and _differ_in_editions(before, after)


def _differ_in_editions(before: Any, after: Any) -> bool:
    sides = ([_text(one, key) for key in sorted(differing(before, after))] for one in (before, after))
    pairs = [
        [" ".join(_EDITION.sub(r" \1 ", one).split()) for one in pair] for pair in zip(*sides, strict=True)
    ]
    return bool(pairs) and all(mine and pairing.same_words(mine, yours) for mine, yours in pairs)


_BRACKETS = re.compile(r"\s?\((?=[^)]{0,10}[A-Z])[A-Za-z\d/-]{2,10}\)")
_PLURAL = re.compile(r"(?<=[a-z]{3})s\b")


def is_lay_summary(link: Any) -> bool:
    """Whether a link leads to a summary in plain language, by its own words."""
    return bool(_LAY.search(f"{_text(link, 'label')[:500]} {_text(link, 'url')[:500]}"))


def is_same_firm(before: Any, after: Any) -> bool:
    """Whether two entries name one firm or clinic: all that moved is the order of the words, or what the registry sorts it
    under.
    """
    if not (moved := differing(before, after)) <= {"class", "name", "fullName"}:
        return False
    names = (
        sorted(pairing.fold(each.get(key)).split()) for key in moved - {"class"} for each in (before, after)
    )
    return all(mine == yours for mine, yours in zip(names, names, strict=True))


def differing(before: Any, after: Any) -> set[str]:
    """The keys at which two entries differ; what is no entry differs wholly."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return {""}
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


# --- what two lists do not share --------------------------------------------------------------------------------

#: What a glance at a site takes in; names are often withheld.
_TELLING = ("status", "facility", "city")
#: The bare forms of entries that say nothing, and a glance that tells nothing.
_SAYS_NOTHING = frozenset(map(pack, (None, "", [], {})))
_NOTHING = (None,) * len(_TELLING)
#: Looking for twins one by one stops here; beyond, writing the entries out is quicker.
_MOST_COMPARISONS = 1000

#: Entries, each with what they are known by while two lists are compared.
_Named = list[tuple[Any, Any]]


def unshared(path: str, before: Any, after: Any, noise: Counter[str]) -> tuple[list[Any], list[Any]]:
    """What is left of two lists when all that they share is taken out, first as it stands, then in bare form.

    Entries that differ in form only are counted in `noise`.
    """
    ours, theirs = as_list(before), as_list(after)
    # Most edits touch few entries of a long list: from the first to the last place at which the two differ.
    start, end = pairing.same_ends(ours, theirs)
    ours, theirs = _out_of_step(ours[start : len(ours) - end], theirs[start : len(theirs) - end])
    # First by how entries stand in the record, then by their bare form; of a site a glance at it is enough where none of
    # the other side looks like it.
    written = (list(zip(parts, packs(parts), strict=True)) for parts in (ours, theirs))
    gone, new, _, _ = _without_shared(*written)
    if not (gone or new):
        noise["list_order" if before and after else "empty_value"] += 1
        return [], []
    look = _glance if path == LOCATIONS else lambda _part: _NOTHING
    alike = {look(part) for part, _ in gone} & {look(part) for part, _ in new} | {_NOTHING}
    bare = (
        [(part, pack(entry(part, path)) if (seen := look(part)) in alike else seen) for part, _ in side]
        for side in (gone, new)
    )
    left, came, old_form, new_form = _without_shared(*bare)
    if old_form:
        explain_named(path, old_form, new_form, noise)
    gone, new = ([each for each in side if each[1] not in _SAYS_NOTHING] for side in (left, came))
    if not (gone or new or old_form):
        noise["empty_value"] += 1
    return [part for part, _ in gone], [part for part, _ in new]


def _glance(site: Any) -> Hashable:
    """Equal for sites of one bare form, and quickly had."""
    if not isinstance(site, dict):
        return _NOTHING
    said = map(site.get, _TELLING)
    return tuple((text(part) or None) if isinstance(part, str) else None for part in said)


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
    left = [*ours, *theirs]
    names = set(map(_name, left)) if met else set()
    twins = [part for part in met if _name(part) in names]
    # Where it would take long to say, there is one.
    long = len(left) * len(twins) > _MOST_COMPARISONS
    return (before, after) if long or any(part in twins for part in left) else (ours, theirs)


def _steps_to(part: Any, parts: list[Any], place: int) -> int:
    """How far ahead of a place the same entry stands, 0 where it is not near."""
    for steps, other in enumerate(parts[place + 1 : place + 4], start=1):
        if part == other:
            return steps
    return 0


def _name(part: Any) -> str:
    """Equal for equal entries, and mostly another for others."""
    return f"{part.get('facility')} {part.get('city')}" if isinstance(part, dict) else str(part)


def _without_shared(before: _Named, after: _Named) -> tuple[_Named, _Named, _Named, _Named]:
    """The entries of each side without, and then those with, a partner of the same name on the other; twins count."""
    ours, theirs = [name for _, name in before], [name for _, name in after]
    if {*ours}.isdisjoint(theirs):
        return before, after, [], []
    shared = Counter(ours) & Counter(theirs)
    (left, kept), (came, stayed) = _split(before, shared.copy()), _split(after, shared)
    return left, came, kept, stayed


def _split(named: _Named, shared: Counter[Hashable]) -> tuple[_Named, _Named]:
    left: _Named = []
    kept: _Named = []
    for each in named:
        free = shared.get(each[1], 0)
        if free:
            shared[each[1]] = free - 1
        (kept if free else left).append(each)
    return left, kept
