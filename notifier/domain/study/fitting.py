"""Reads a record that is not quite what the registry describes: what fits is kept, what does not counts as absent. Pure.

Strictness is for what is needed to say what changed, which is the study's id. A value that cannot be read is none of its
followers' business: between two versions it is taken for what the readable one says.
"""

from functools import cache
from types import NoneType
from typing import Any, TypeAlias, get_args, get_origin

import msgspec

#: The keys, and places in lists, that lead to a value.
Path: TypeAlias = tuple[str | int, ...]
_ABSENT = object()


def fitted(value: Any, kind: Any) -> tuple[Any, tuple[Path, ...]]:
    """The value as far as it fits into a struct, and where it did not. A lone entry stands for a list of it."""
    lost: list[Path] = []
    found = _fit(value, kind, (), lost)
    return ({} if found is _ABSENT else found), tuple(lost)


def _fit(value: Any, kind: Any, path: Path, lost: list[Path]) -> Any:
    if kind is Any:
        return value
    if value is None:  # the registry leaves out what it does not say
        lost.append(path)
        return _ABSENT
    kind = (
        next((each for each in get_args(kind) if each is not NoneType), kind) if _is_optional(kind) else kind
    )
    if get_origin(kind) is tuple:
        return _entries(value, get_args(kind)[0], path, lost)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        if isinstance(value, dict):
            return _object(value, kind, path, lost)
    elif isinstance(value, kind if kind is not float else (int, float)) and (
        kind is bool or not isinstance(value, bool)
    ):
        return value
    lost.append(path)
    return _ABSENT


def _is_optional(kind: Any) -> bool:
    return NoneType in get_args(kind)


def _entries(value: Any, kind: Any, path: Path, lost: list[Path]) -> Any:
    """Copies of records made by other tools hold a list's only entry, or `{}`, in its place."""
    if value in ({}, ""):
        return []
    if not isinstance(value, list):
        alone = _fit(value, kind, path, lost)
        return _ABSENT if alone is _ABSENT else [alone]
    fit = (_fit(each, kind, (*path, place), lost) for place, each in enumerate(value))
    return [each for each in fit if each is not _ABSENT]


def _object(
    value: dict[str, Any], kind: type[msgspec.Struct], path: Path, lost: list[Path]
) -> dict[str, Any]:
    found = {}
    for name, of in _fields(kind):
        if name in value:
            fit = _fit(value[name], of, (*path, name), lost)
            if fit is not _ABSENT:
                found[name] = fit
    return found


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, Any], ...]:
    return tuple((each.encode_name, each.type) for each in msgspec.structs.fields(kind))


def filled(record: dict[str, Any], other: dict[str, Any], lost: tuple[Path, ...]) -> dict[str, Any]:
    """The record with what the other one says where it could not be read itself; absent where that says nothing."""
    result: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(record))
    for path in sorted(lost, key=len):
        _fill(result, other, path)
    return result


def _fill(here: Any, there: Any, path: Path) -> None:
    key, *rest = path
    if isinstance(here, list):
        # Entries have no names: the same one is that which differs in nothing but what could not be read.
        entry = here[key] if isinstance(key, int) and key < len(here) else None
        if not rest or not isinstance(entry, dict):
            return  # an entry that is none stays as it is: it is compared as it stands
        like = _without(entry, rest[0])
        alike = (each for each in there or () if isinstance(each, dict) and _without(each, rest[0]) == like)
        _fill(entry, next(alike, {}), tuple(rest))
        return
    value = there.get(key, _ABSENT) if isinstance(there, dict) else _ABSENT
    if rest and isinstance(here.get(key), dict | list):
        _fill(here[key], None if value is _ABSENT else value, tuple(rest))
    elif value is _ABSENT:
        here.pop(key, None)
    else:
        here[key] = value


def _without(entry: dict[str, Any], key: Any) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != key}
