"""What differs between two records: one walk that starts from plain equality and goes down only where it fails."""

from collections import Counter
from typing import Any

from notifier.domain import study
from notifier.domain.changes import form
from notifier.domain.changes.kinds import (
    ECHO_OF,
    LISTS,
    STATUS_KINDS,
    Change,
    Difference,
    Group,
    Kind,
    Weight,
    group_of,
    is_one,
    is_results_part,
)
from notifier.domain.changes.lists import differing, list_changes
from notifier.domain.changes.noise import RULES_VERSION, explain, has_ways_down, normal, rule_at, watched
from notifier.domain.changes.pairing import fold
from notifier.domain.changes.values import Standing, value_change

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
    present = {change.kind for change in found}
    for change in found:
        if change.weight is Weight.HOUSEKEEPING and not _follows(change, present - {change.kind}):
            walk.noise[_RULES.get(change.kind, "text_form")] += 1
    found.sort(key=lambda change: change.order)
    return Difference(tuple(found), walk.noise)


def fingerprint(raw: Record) -> str:
    """A short name of what is watched in a record, with the version of the rules: `1:sha256:...`, at most 80 signs.

    Two records have one fingerprint exactly when `detect` finds no change between them, housekeeping included.
    """
    return f"{RULES_VERSION}:{form.digest(watched(_document(raw)))}"


def _document(record: Record) -> dict[str, Any]:
    return record if isinstance(record, dict) else study.document(record)


class _Walk:
    """One comparison of two records; what it finds is added to `changes` and `noise`."""

    def __init__(self, was: Standing, now: Standing) -> None:
        self.changes: list[Change] = []
        self.noise: Counter[str] = Counter()
        self._was, self._now = was, now

    def down(self, path: str, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
        """Compare two objects key by key, and go further only where plain equality fails: mostly it does not."""
        prefix = path and path + "."
        for key, before in ours.items():
            after = theirs.get(key)
            # Sections of a record are always gone into: some part of nearly each differs, and is then compared but once.
            section = not path and before and after and isinstance(before, dict) and isinstance(after, dict)
            if section or before != after:
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
        rule = rule_at(path)
        # What is empty on one side is compared key by key all the same.
        if isinstance(before, dict):
            down = isinstance(after, dict) or form.is_empty(after)
        else:
            down = isinstance(after, dict) and form.is_empty(before)
        down = down and (not rule or has_ways_down(path))
        if rule and not down:
            self.noise[rule] += 1
        elif path in LISTS:
            self.changes += list_changes(path, before, after, enrolling=self._now.enrolling, noise=self.noise)
        elif not down or is_one(path):
            ours, theirs = normal(before, path), normal(after, path)
            if ours == theirs or (form.is_empty(ours) and form.is_empty(theirs)):
                explain(path, before, after, self.noise)
            elif is_results_part(path):
                weight = Kind.RESULTS_UPDATED.weight
                self.changes.append(Change(Kind.RESULTS_UPDATED, weight, path, ours, theirs))
            else:
                self.changes.append(value_change(path, before, after, self._was, self._now))
        elif before or after:
            self.down(path, before or {}, after or {})
        else:
            self.noise["empty_value"] += 1


def _of_no_use(change: Change) -> Change:
    """The same change, lighter where the study takes nobody any more: where, and who, could join matters little then. How a
    place is called is no news at all; whom to ask there still is, for those who are treated.
    """
    most = Weight.MINOR if group_of(change.kind) in {Group.PLACES, Group.WHO_CAN_JOIN} else Weight.IMPORTANT
    if change.kind in {Kind.SITE_RENAMED, Kind.SITE_ADDRESS} and change.weight <= Weight.MINOR:
        most = Weight.HOUSEKEEPING
    return change.at_most(most)


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
    modules = ((section.get(module), keys) for module, keys in _NAMING.items())
    texts = [module.get(key) for module, keys in modules if isinstance(module, dict) for key in keys]
    for groups in [each for each in texts if isinstance(each, list)]:
        texts += [one.get(key) for one in groups if isinstance(one, dict) for key in ("label", "description")]
    said = (fold(each) for each in texts if isinstance(each, str))
    named = len(name) >= _SHORTEST_NAME and any(f" {name} " in f" {each} " for each in said)
    return change.at_most(Weight.NOTABLE) if named else change


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
            told.append(change.at_most(Weight.HOUSEKEEPING))
        else:
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
        return not (change.after or {}).get("status") and not present.isdisjoint(STATUS_KINDS)
    if change.kind is Kind.ENROLMENT:  # of what was cancelled before anyone joined, it says the same
        return Kind.STATUS_STOPPED in present and (change.after or {}).get("count") == 0
    return not present.isdisjoint(ECHO_OF.get(change.kind, ()))


#: The noise rules of changes that are housekeeping by themselves; of others it is `text_form`.
_RULES = {
    Kind.SITE_ADDRESS: "city_spelling",
    Kind.START_DATE: "date_precision",
    Kind.PRIMARY_COMPLETION_DATE: "date_precision",
    Kind.COMPLETION_DATE: "date_precision",
    Kind.PUBLICATIONS: "background",
    Kind.EXPANDED_ACCESS: "empty_value",
    Kind.PHASE: "empty_value",
}
