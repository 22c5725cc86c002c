"""The other way round: the new record's watched part, made of the old one and of what was detected. So nothing was overlooked."""

from collections import Counter

import msgspec

from notifier.domain.changes import form
from notifier.domain.changes.kinds import LISTS, is_results_part
from notifier.domain.changes.noise import entry, in_order, normal


def applied(before, changes):
    """The watched part of the new record, made of the old one's (from `watched`) and all changes between them."""
    result = msgspec.json.decode(msgspec.json.encode(before))
    lists = {}
    for change in changes:
        if change.path in LISTS:
            lists.setdefault(change.path, []).append(change)
        else:
            kept = change.after if is_results_part(change.path) else normal(change.after, change.path)
            _put(result, change.path.split("."), kept)
    for path, moves in lists.items():
        listed = result
        for key in path.split("."):
            listed = listed.get(key) if isinstance(listed, dict) else None
        # Moves are counted, not played in order, because those of one site are a chain.
        counts = Counter(form.pack(each) for each in listed or [])
        for change in moves:
            counts[form.pack(entry(change.before, path))] -= 1
            counts[form.pack(entry(change.after, path))] += 1
        _put(result, path.split("."), in_order(msgspec.json.decode(each) for each in counts.elements()))
    return result


def _put(document, keys, value):
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
