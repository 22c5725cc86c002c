"""What is not news: the named noise rules, and the part of a record that is watched once they are taken away.

A difference that vanishes here is counted under the name of its rule, so that none vanishes unseen.
"""

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from operator import itemgetter
from typing import Any

from notifier.domain.changes import form
from notifier.domain.changes.kinds import LISTS, RESULTS

#: Moves when a rule here, in `form`, `table`, or in how lists are compared changes: fingerprints of another version
#: cannot be compared, and a difference that is due to the rules alone is told to nobody.
RULES_VERSION = 1


_STATUS = "protocolSection.statusModule."
_PLACES = "protocolSection.contactsLocationsModule."
_MISC = "derivedSection.miscInfoModule."

#: What each rule takes out of the record.
_RULE_AT = {
    # The registry stamps every record with each day's date.
    _MISC + "versionHolder": "version_holder",
    # The registry's own guesses come and go.
    _MISC + "modelPredictions": "model_predictions",
    # The registry's working notes on results under review; what it publishes of them is an annotation.
    _MISC + "submissionTracking": "submission_tracking",
    # The registry works this out itself (MeSH terms, topics, removed countries); no registrant wrote it.
    "derivedSection": "derived",
    # The record was confirmed or sent in again; what it says is told by what else changed.
    _STATUS + "statusVerifiedDate": "verification",
    _STATUS + "lastUpdateSubmitDate": "verification",
    _STATUS + "lastUpdatePostDateStruct": "verification",
    # The day after posting, the registry turns an estimated posting date into an actual one.
    _STATUS + "studyFirstPostDateStruct.type": "post_date_type",
    _STATUS + "resultsFirstPostDateStruct.type": "post_date_type",
    _STATUS + "dispFirstPostDateStruct.type": "post_date_type",
    # The registry looks up the position of a city anew; the address is what the registrant wrote.
    _PLACES + "locations.geoPoint": "geo_point",
    # The registry works out child, adult and older adult from the age limits, which are watched.
    "protocolSection.eligibilityModule.stdAges": "age_groups",
}
#: All rules: those above, and those that act everywhere.
NOISE = (
    frozenset(_RULE_AT.values())
    | {
        "list_order",  # The same entries stand in another order.
        "text_form",  # The same words have another form: white space, markup, capitals, dashes; or a span another unit.
        "empty_value",  # An empty value stands where none stood, or the other way round.
        "date_precision",  # The day was added to a month, or left out, and the month is the same.
        "city_spelling",  # The same site's city or state is spelled in another way (Napoli, Naples).
        "background",  # A paper from before the study, or that only corrects a citation, says nothing of what came of it.
        "echo",  # It follows from another change of the same record, and says nothing more.
    }
)

#: Where something below has a rule of its own; everywhere else a value is made bare without looking anything up.
#: For every path above one of these: the keys that lead there, and the paths that they lead to.
_WAYS: dict[str, dict[str, str]] = {}
for _path in (*_RULE_AT, *LISTS, RESULTS):
    while _path:
        _above, _, _key = _path.rpartition(".")
        _WAYS.setdefault(_above, {})[_key] = _path
        _path = _above
_IN_RESULTS = RESULTS + "."
_NOWHERE: dict[str, str] = {}


@lru_cache(maxsize=4096)
def rule_at(path: str) -> str | None:
    """The name of the rule that takes this path, or the nearest one above it, out of the record."""
    while path:
        if path in _RULE_AT:
            return _RULE_AT[path]
        path = path.rpartition(".")[0]
    return None


def has_ways_down(path: str) -> bool:
    """Whether something below this path has a rule of its own."""
    return path in _WAYS


def below(path: str, key: str) -> str:
    """The path of a key; keys of entries of a list have the list's path."""
    return f"{path}.{key}" if path else key


def normal(value: Any, path: str) -> Any:
    """The value that stands at this path in the form in which it is compared; None where nothing of it is watched."""
    if path in _RULE_AT:
        return None
    if path in LISTS:
        return in_order(entry(part, path) for part in as_list(value))
    if path == RESULTS and isinstance(value, dict):
        return _without_empty({key: normal(part, below(path, key)) for key, part in value.items()})
    if path.startswith(_IN_RESULTS):
        return None if form.is_empty(bare := _plain(value)) else form.digest(bare)
    return entry(value, path)


def entry(value: Any, path: str) -> Any:
    """As `normal`, for one entry of the list at this path."""
    ways = _WAYS.get(path)
    if not ways or not isinstance(value, dict):
        return _plain(value)
    return _without_empty(
        {key: normal(part, ways[key]) if key in ways else _plain(part) for key, part in value.items()}
    )


def part_of_entry(value: dict[str, Any], key: str, path: str) -> Any:
    """What one key of an entry of the list at this path says; None where it says nothing."""
    part, way = value.get(key), _WAYS.get(path, _NOWHERE).get(key)
    bare = normal(part, way) if way else _plain(part)
    return None if form.is_empty(bare) else bare


def _without_empty(parts: dict[str, Any]) -> dict[str, Any]:
    # Nearly all say something, and then nothing is copied.
    if all(parts.values()):
        return parts
    return {key: part for key, part in parts.items() if part or not form.is_empty(part)}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return form.text(value)
    if isinstance(value, dict):
        return _without_empty({key: _plain(part) for key, part in value.items()})
    if isinstance(value, list):
        return in_order(map(_plain, value))
    return form.whole(value) if isinstance(value, float) else value


def as_list(value: Any) -> list[Any]:
    """A list as it is, nothing as an empty one, anything else as a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def in_order(parts: Iterable[Any]) -> list[Any]:
    """The entries that say something, in an order that depends on them alone."""
    kept = [part for part in parts if part or not form.is_empty(part)]
    return sorted(kept, key=form.pack) if len(kept) > 1 else kept


def watched(document: dict[str, Any]) -> dict[str, Any]:
    """The record without noise: bare text, lists in canonical order, results as one digest for each of their parts."""
    kept: dict[str, Any] = normal(document, "")
    return kept


def explain(path: str, before: Any, after: Any, seen: Counter[str]) -> None:
    """Count the rules by which two values that are the same in normal form differ."""
    if before == after:
        return
    rule = rule_at(path)
    if rule and not has_ways_down(path):
        seen[rule] += 1
    elif form.is_empty(before) or form.is_empty(after):  # so the other side holds only noise or emptiness
        there, counted = before if form.is_empty(after) else after, seen.total()
        for key, part in there.items() if isinstance(there, dict) else ():
            explain(below(path, key), None, part, seen)
        if seen.total() == counted:
            seen["empty_value"] += 1
    elif isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() | after.keys():
            explain(below(path, key), before.get(key), after.get(key), seen)
    elif isinstance(before, list) and isinstance(after, list):
        ours, theirs = ([(part, form.pack(entry(part, path))) for part in side] for side in (before, after))
        explain_named(path, ours, theirs, seen)
    else:
        seen["text_form"] += 1


def explain_named(
    path: str, before: list[tuple[Any, Any]], after: list[tuple[Any, Any]], seen: Counter[str]
) -> None:
    """As `explain`, for the entries of two lists that have their bare form, packed, with them."""
    if [part for part, _ in before] == [part for part, _ in after]:
        return
    name = itemgetter(1)
    if len(before) != len(after):
        seen["empty_value"] += 1
    elif list(map(name, before)) != list(map(name, after)):
        seen["list_order"] += 1
    for (mine, _), (yours, _) in zip(sorted(before, key=name), sorted(after, key=name), strict=False):
        explain(path, mine, yours, seen)
