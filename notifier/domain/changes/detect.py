"""What differs between two records: one walk that starts from plain equality and goes down only where it fails."""

from collections import Counter
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from notifier.domain import study
from notifier.domain.changes import form
from notifier.domain.changes.groups import Group, group_of
from notifier.domain.changes.kinds import Change, Difference, Kind, Weight
from notifier.domain.changes.lists import differing, list_changes
from notifier.domain.changes.noise import (
    LISTS,
    RULES_VERSION,
    entry,
    explain,
    has_ways_down,
    in_order,
    normal,
    rule_at,
    watched,
)
from notifier.domain.changes.pairing import fold
from notifier.domain.changes.table import STATUSES, is_one, position, row_of
from notifier.domain.changes.values import Standing, is_results_part, value_change

Record = bytes | dict[str, Any]


def detect(before: Record, after: Record) -> Difference:
    """Everything that differs between two versions of a study: as changes, or counted under the name of a noise rule.

    Takes the registry's bytes or decoded records; neither is altered. Empty exactly for equal records. Raises
    RecordUnreadable for bytes that are no record.
    """
    old, new = _document(before), _document(after)
    walk = _Walk(Standing.of(old), Standing.of(new))
    walk.down("", old, new)
    if not walk.changes:
        return Difference((), walk.noise)
    found = _without_echoes(walk.changes, walk.noise) if len(walk.changes) > 1 else walk.changes
    found = [_named_elsewhere(change, old, new) for change in found]
    if Standing.of(new).takes_nobody:
        found = [_of_no_use(change) for change in found]
    _count_housekeeping(found, walk.noise)
    found.sort(key=lambda change: (change.weight.rank, position(change.kind)))
    return Difference(tuple(found), walk.noise)


def fingerprint(raw: Record) -> str:
    """A short name of what is watched in a record, with the version of the rules: `1:sha256:...`, at most 80 signs.

    Two records have one fingerprint exactly when `detect` finds no change between them, housekeeping included.
    """
    return f"{RULES_VERSION}:{form.digest(watched(_document(raw)))}"


def apply(before: dict[str, Any], changes: tuple[Change, ...]) -> dict[str, Any]:
    """The watched part of the new record, made of the old one's (from `watched`) and all changes between them."""
    result: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(before))
    lists: dict[str, list[Change]] = {}
    for change in changes:
        if change.path in LISTS:
            lists.setdefault(change.path, []).append(change)
        else:
            kept = change.after if is_results_part(change.path) else normal(change.after, change.path)
            _put(result, change.path.split("."), kept)
    for path, moves in lists.items():
        listed: Any = result
        for key in path.split("."):
            listed = listed.get(key) if isinstance(listed, dict) else None
        # Moves are counted, not played in order, because those of one site are a chain.
        counts = Counter(form.pack(each) for each in listed or [])
        for change in moves:
            counts[form.pack(entry(change.before, path))] -= 1
            counts[form.pack(entry(change.after, path))] += 1
        _put(result, path.split("."), in_order(msgspec.json.decode(each) for each in counts.elements()))
    return result


def _document(record: Record) -> dict[str, Any]:
    return record if isinstance(record, dict) else study.document(record)


class _Way(NamedTuple):
    """What is done with a difference at one path."""

    rule: str | None  # the noise rule that takes it out of the record
    leads_down: bool  # something below it has a rule of its own
    ends: bool  # it is told as one thing, whatever is in it


@lru_cache(maxsize=4096)
def _way(path: str) -> _Way:
    ends = is_results_part(path) or path in LISTS or is_one(path)
    return _Way(rule_at(path), has_ways_down(path), ends)


class _Walk:
    """One comparison of two records; what it finds is added to `changes` and `noise`."""

    def __init__(self, was: Standing, now: Standing) -> None:
        self.changes: list[Change] = []
        self.noise: Counter[str] = Counter()
        self._was, self._now = was, now

    def down(self, path: str, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
        """Compare two objects key by key, and go further only where plain equality fails: mostly it does not."""
        whole, prefix = not path, path and path + "."
        for key, before in ours.items():
            after = theirs.get(key)
            if (whole and _are_sections(before, after)) or before != after:
                self._differs(prefix + key, before, after)
            elif before is None and key not in theirs:
                self.noise["empty_value"] += 1
        if not theirs.keys() <= ours.keys():
            for key in (key for key in theirs if key not in ours):
                if theirs[key] is None:
                    self.noise["empty_value"] += 1
                else:
                    self._differs(prefix + key, None, theirs[key])

    def _differs(self, path: str, before: Any, after: Any) -> None:
        """What is empty on one side is compared key by key all the same."""
        way = _way(path)
        down = (way.leads_down or not way.rule) and _are_objects(before, after)
        if way.rule and not down:
            self.noise[way.rule] += 1
        elif way.ends or not down:
            self._compare(path, before, after)
        elif before or after:
            self.down(path, before or {}, after or {})
        else:
            self.noise["empty_value"] += 1

    def _compare(self, path: str, before: Any, after: Any) -> None:
        if path in LISTS:
            enrolling = self._now.enrolling
            self.changes += list_changes(path, before, after, enrolling=enrolling, noise=self.noise)
            return
        ours, theirs = normal(before, path), normal(after, path)
        if ours == theirs or (form.is_empty(ours) and form.is_empty(theirs)):
            explain(path, before, after, self.noise)
        elif is_results_part(path):
            weight = row_of(Kind.RESULTS_UPDATED).weight
            self.changes.append(Change(Kind.RESULTS_UPDATED, weight, path, ours, theirs))
        else:
            self.changes.append(value_change(path, before, after, self._was, self._now))


def _are_sections(before: Any, after: Any) -> bool:
    """Sections of a record are always gone into: some part of nearly each differs, and is then compared but once."""
    return bool(before and after) and isinstance(before, dict) and isinstance(after, dict)


def _are_objects(before: Any, after: Any) -> bool:
    """Whether both sides are objects, or one is and the other is empty."""
    return (isinstance(before, dict) and (isinstance(after, dict) or form.is_empty(after))) or (
        isinstance(after, dict) and form.is_empty(before)
    )


#: What matters little of a study that takes nobody any more: where, and who, could join.
_ON_JOINING = Group.PLACES | Group.WHO_CAN_JOIN


#: And how a place is called is then no news at all; whom to ask there still is, for those who are treated.
_HOW_CALLED = frozenset({Kind.SITE_RENAMED, Kind.SITE_ADDRESS})


def _of_no_use(change: Change) -> Change:
    """The same change, lighter where the study takes nobody any more."""
    most = Weight.MINOR if group_of(change.kind) & _ON_JOINING else Weight.IMPORTANT
    if change.kind in _HOW_CALLED and change.weight <= Weight.MINOR:
        most = Weight.HOUSEKEEPING
    return msgspec.structs.replace(change, weight=most) if change.weight > most else change


#: A list of treatments that is completed makes no other study: by what came or went, in which version a look is taken.
_SIDES = {Kind.INTERVENTION_ADDED: 0, Kind.INTERVENTION_REMOVED: 1}
_SHORTEST_NAME = 3  # letters; anything shorter stands in many texts


def _named_elsewhere(change: Change, *versions: dict[str, Any]) -> Change:
    """The same change, lighter where title, summary or groups of the other version name the treatment."""
    if change.kind not in _SIDES or change.weight is not Weight.IMPORTANT:
        return change
    treatment, section = change.after or change.before, versions[_SIDES[change.kind]].get("protocolSection")
    if not (isinstance(treatment, dict) and isinstance(section, dict)):
        return change
    name = fold(treatment.get("name"))
    texts: list[Any] = [
        module.get(key)
        for module, keys in ((section.get(module), keys) for module, keys in _NAMING.items())
        for key in keys
        if isinstance(module, dict)
    ]
    for groups in [each for each in texts if isinstance(each, list)]:
        texts += [one.get(key) for one in groups if isinstance(one, dict) for key in ("label", "description")]
    said = (fold(each) for each in texts if isinstance(each, str))
    named = len(name) >= _SHORTEST_NAME and any(f" {name} " in f" {each} " for each in said)
    return msgspec.structs.replace(change, weight=Weight.NOTABLE) if named else change


_NAMING = {
    "identificationModule": ("briefTitle", "officialTitle"),
    "descriptionModule": ("briefSummary",),
    "armsInterventionsModule": ("armGroups",),
}


def _without_echoes(changes: list[Change], noise: Counter[str]) -> list[Change]:
    """What merely follows from another change becomes housekeeping."""
    present = {change.kind for change in changes if not _only_links(change)}
    told = []
    for change in changes:
        if _follows(change, present):
            noise["echo"] += 1
            change = msgspec.structs.replace(change, weight=Weight.HOUSEKEEPING)  # noqa: PLW2901 - the same, lighter
        told.append(change)
    return told


#: Arms name their treatments, and treatments their arms: what is renamed among the ones changes the others too.
_LINKED = {
    Kind.ARM_CHANGED: (
        "interventionNames",
        {Kind.INTERVENTION_ADDED, Kind.INTERVENTION_REMOVED, Kind.INTERVENTION_CHANGED},
    ),
    Kind.INTERVENTION_CHANGED: ("armGroupLabels", {Kind.ARM_ADDED, Kind.ARM_REMOVED, Kind.ARM_CHANGED}),
}


def _only_links(change: Change) -> bool:
    return change.kind in _LINKED and differing(change.before, change.after) == {_LINKED[change.kind][0]}


def _follows(change: Change, present: set[Kind]) -> bool:
    if _only_links(change):
        return not present.isdisjoint(_LINKED[change.kind][1])
    if change.kind is Kind.SITE_STATUS and change.weight is Weight.MINOR:
        # The registry takes the statuses of all sites out of a record whose study is not open.
        return not (change.after or {}).get("status") and not present.isdisjoint(STATUSES)
    if change.kind is Kind.ENROLMENT:  # of what was cancelled before anyone joined, it says the same
        return Kind.STATUS_STOPPED in present and (change.after or {}).get("count") == 0
    return not present.isdisjoint(row_of(change.kind).echo_of)


_RULES = {
    Kind.SITE_ADDRESS: "city_spelling",
    Kind.START_DATE: "date_precision",
    Kind.PRIMARY_COMPLETION_DATE: "date_precision",
    Kind.COMPLETION_DATE: "date_precision",
    Kind.PUBLICATIONS: "background",
    Kind.EXPANDED_ACCESS: "empty_value",
    Kind.PHASE: "empty_value",
}


def _count_housekeeping(changes: list[Change], noise: Counter[str]) -> None:
    present = {change.kind for change in changes}
    for change in changes:
        if change.weight is Weight.HOUSEKEEPING and not _follows(change, present - {change.kind}):
            noise[_RULES.get(change.kind, "text_form")] += 1


def _put(document: dict[str, Any], keys: list[str], value: Any) -> None:
    """Set a value, or take it out when it is empty, with every object that it leaves empty."""
    key, *rest = keys
    if rest:
        part = document.setdefault(key, {})
        _put(part, rest, value)
        value = part
    if form.is_empty(value):
        document.pop(key, None)
    else:
        document[key] = value
