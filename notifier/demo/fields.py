"""The registry's names of fields, and how a record is cut down to some of them.

Owns the table of piece names. Refuses names that the registry would refuse; knows nothing of queries.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from notifier.errors import InputError


class Refused(InputError):
    """The question is wrong. The text is the answer's body, in the registry's own words where they are known."""


@cache
def paths() -> Mapping[str, str]:
    """Piece name -> dotted path, for all fields of the registry's data structure (API 2.0.3)."""
    table = resources.files("notifier.demo").joinpath("fields.json").read_text(encoding="utf-8")
    pieces: dict[str, str] = json.loads(table)
    return pieces


@cache
def _known_paths() -> frozenset[str]:
    return frozenset(paths().values())


def path_of(name: str) -> str | None:
    """The dotted path of a piece name ("NCTId") or of a path itself; None if the registry knows neither."""
    return name if name in _known_paths() else paths().get(name)


def is_date(name: str) -> bool:
    """Whether the name is a field that holds a date: the only ones that this registry sorts by and ranges over."""
    return (name in paths() or name in _known_paths()) and name.lower().endswith("date")


def listed(text: str) -> list[str]:
    """The items of a comma- or pipe-separated parameter, without the white space around them."""
    return [item.strip() for item in text.replace("|", ",").split(",")]


def wanted(parameter: str) -> dict[str, Any]:
    """Read the parameter `fields`: a tree of what to keep, in which None stands for a whole branch."""
    root: dict[str, Any] = {}
    for path in sorted({_required(name) for name in listed(parameter)}, key=len, reverse=True):
        _plant(root, path.split("."))
    return root


def _required(name: str) -> str:
    path = path_of(name)
    if path is None:
        raise Refused(f"Parameter 'fields' contains invalid field name: '{name}'")
    return path


def _plant(tree: dict[str, Any], path: list[str]) -> None:
    """Add a path to the tree. Longer paths come first, so that a whole branch takes the place of its parts."""
    first, *rest = path
    if rest:
        _plant(tree.setdefault(first, {}), rest)
    else:
        tree[first] = None


def cut(node: Any, tree: Mapping[str, Any] | None) -> Any:
    """The part of a record that the tree of `wanted` asks for; branches of which nothing is left are left out."""
    if tree is None:
        return node
    if isinstance(node, list):
        return [kept for item in node if (kept := cut(item, tree))]
    kept_of = ((key, cut(value, tree[key])) for key, value in node.items() if key in tree)
    return {key: kept for key, kept in kept_of if kept not in ({}, [])}


def values(node: Any, path: str) -> Iterator[str]:
    """Every text at a dotted path, through all lists on the way."""
    if isinstance(node, list):
        for item in node:
            yield from values(item, path)
    elif not path:
        yield str(node)
    else:
        first, _, rest = path.partition(".")
        if first in node:
            yield from values(node[first], rest)


def texts(record: Mapping[str, Any], names: Iterable[str]) -> Iterator[str]:
    """Every text in the named fields of a record."""
    for name in names:
        yield from values(record, path_of(name) or name)
