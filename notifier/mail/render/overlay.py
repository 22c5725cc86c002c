"""The organisation's own templates, laid over the shipped ones file by file. Finds them, and refuses those that are broken.

What a template may name is what the shipped ones of the same mail or page name, so that a slip stops the start, with its
file and line, and not the first mail or page.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from jinja2 import Environment, meta, nodes
from jinja2.exceptions import TemplateSyntaxError

from notifier.errors import RenderError

KINDS = (".html", ".txt", ".css", ".js", ".atom", ".xml", ".ico")
_MARK = re.compile(rb"covers ([0-9a-f]{8})\b")
WHAT_THEN = "correct it, or take the file away, and ours stands"


def find(folders: Sequence[Path], name: str) -> Path:
    """The file that stands under this name: the organisation's where there is one."""
    return next((folder / name for folder in folders[:-1] if (folder / name).is_file()), folders[-1] / name)


def names(folder: Path) -> list[str]:
    """The files in it that can be templates; notes and what is hidden is not looked at."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(
        path.as_posix()
        for path in found
        if path.suffix in KINDS and not any(part.startswith(".") for part in path.parts)
    )


def check(
    environment: Environment, folders: Sequence[Path], groups: Iterable[Collection[str]], given: Iterable[str]
) -> set[str]:
    """The organisation's files that are used. Raises RenderError for the first that is broken.

    groups: the templates of one mail or page each. given: names that all are given.
    """
    tree, used = _Trees(environment, folders), set[str]()
    for group in groups:
        ours = list(tree.closure(group, shipped=True))
        known = {
            *given,
            *(name for each in ours for name in meta.find_undeclared_variables(tree.of(each, True))),
        }
        theirs = list(tree.closure(group, shipped=False))
        known |= {name for each in theirs for name in _assigned(tree.of(each))}
        for each in theirs:
            # What a template takes out of another must be there, whichever of the two is the organisation's.
            for node in tree.of(each).find_all(nodes.FromImport):
                if isinstance(node.template, nodes.Const):
                    other = node.template.value
                    taken = {one[0] if isinstance(one, tuple) else one for one in node.names}
                    if lost := taken - set(_assigned(tree.of(other))):
                        raise RenderError(
                            f"The template {tree.path(other)}, line 1, has no {min(lost)}, which {each} takes out of it: {WHAT_THEN}"
                        )
        for each in filter(tree.is_theirs, theirs):
            used.add(each)
            _check_blocks(tree, each)
            parsed = tree.of(each)
            for name in sorted(meta.find_undeclared_variables(parsed) - known):
                line = min(node.lineno for node in parsed.find_all(nodes.Name) if node.name == name)
                raise RenderError(
                    f"The template {tree.path(each)}, line {line}, names {name}, which is not given to it: {WHAT_THEN}"
                )
    return used


def check_used(overlay: Path, shipped: Path, used: Collection[str]) -> None:
    """Raise RenderError for a file that does nothing, as one whose name was misspelt."""
    for name in names(overlay):
        if name not in used and not (shipped / name).is_file():
            like = [each for each in names(shipped) if Path(each).name == Path(name).name][:3]
            raise RenderError(
                f"The file {overlay / name} covers no template of ours and none of yours takes it in: look at its name "
                f"({', '.join(like) or 'our templates are in ' + str(shipped)})"
            )


def aged(overlay: Path, shipped: Path) -> list[str]:
    """What is to be looked at since the shipped file that one covers may have changed: a sentence each."""
    found = []
    for name in names(overlay):
        theirs, ours = overlay / name, shipped / name
        if not ours.is_file():
            continue
        mark, now = _MARK.search(theirs.read_bytes()[:500]), fingerprint(ours)
        if mark is not None and mark[1].decode() != now:
            found.append(f"{name} covers {mark[1].decode()}, and the shipped one is {now} now")
        elif mark is None and theirs.stat().st_mtime < ours.stat().st_mtime:
            found.append(
                f"{name} is older than the shipped one (when you have compared them, note `covers {now}` in it)"
            )
    return found


def fingerprint(path: Path) -> str:
    """What tells one version of a shipped file from another."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]


def _check_blocks(tree: "_Trees", name: str) -> None:
    """A block that the shipped file has and this one has not, or that its frame has no place for, would be lost in silence."""
    parsed, path = tree.of(name), tree.path(name)
    blocks = {each.name: each.lineno for each in parsed.find_all(nodes.Block)}
    parents = _parents(parsed)
    shipped = tree.of(name, True) if (tree.folders[-1] / name).is_file() else parsed
    if parents or not _parents(shipped):  # else it is a whole one of its own, where ours fills in a frame
        ours = {each.name for each in shipped.find_all(nodes.Block)}
        if lost := sorted(ours - set(blocks)):
            raise RenderError(f"The template {path}, line 1, leaves out the block {lost[0]}: {WHAT_THEN}")
    above = [tree.of(one) for one in tree.closure(parents, shipped=False)]
    places = {each.name for one in above for each in one.find_all(nodes.Block)}
    places |= {
        inner.name
        for each in parsed.find_all(nodes.Block)
        for part in each.body
        for inner in part.find_all(nodes.Block)
    }
    for block, line in blocks.items() if parents else ():
        if block not in places:
            raise RenderError(
                f"The template {path}, line {line}, has the block {block}, for which {parents[0]} has no place: {WHAT_THEN}"
            )


def _parents(parsed: nodes.Template) -> list[str]:
    return [
        each.template.value
        for each in parsed.find_all(nodes.Extends)
        if isinstance(each.template, nodes.Const)
    ]


def _assigned(parsed: nodes.Template) -> Iterator[str]:
    for node in parsed.find_all((nodes.Name, nodes.Macro, nodes.Import, nodes.FromImport)):
        if isinstance(node, nodes.Macro) or (isinstance(node, nodes.Name) and node.ctx != "load"):
            yield node.name
        elif isinstance(node, nodes.Import):
            yield node.target
        elif isinstance(node, nodes.FromImport):
            yield from (one[1] if isinstance(one, tuple) else one for one in node.names)


class _Trees:
    """Templates as they are written, parsed once: the shipped ones, and those that stand before them."""

    def __init__(self, environment: Environment, folders: Sequence[Path]) -> None:
        self.folders = folders
        self._environment, self._parsed = environment, dict[tuple[str, bool], nodes.Template]()

    def path(self, name: str, shipped: bool = False) -> Path:
        return find(self.folders[-1:] if shipped else self.folders, name)

    def is_theirs(self, name: str) -> bool:
        return self.path(name) != self.path(name, True)

    def of(self, name: str, shipped: bool = False) -> nodes.Template:
        if (name, shipped) not in self._parsed:
            path = self.path(name, shipped)
            try:
                source = path.read_text(encoding="utf-8")
                self._parsed[name, shipped] = self._environment.parse(source, name, str(path))
                if self.is_theirs(name):
                    self._environment.compile(source, name, str(path))  # knows each filter and each test
            except TemplateSyntaxError as fault:
                raise RenderError(
                    f"The template {path}, line {fault.lineno}, cannot be read: {fault.message}; {WHAT_THEN}"
                ) from fault
            except (OSError, UnicodeDecodeError) as fault:
                why = "it is not UTF-8 text" if isinstance(fault, UnicodeDecodeError) else fault.strerror
                raise RenderError(f"The template {path} cannot be read ({why}): {WHAT_THEN}") from fault
        return self._parsed[name, shipped]

    def closure(self, group: Iterable[str], *, shipped: bool) -> Iterator[str]:
        """The templates, and all that they extend, include and import."""
        waiting, seen = list(group), set[str]()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            yield name
            for node in self.of(name, shipped).find_all(nodes.Stmt):
                if not isinstance(node, nodes.Extends | nodes.Include | nodes.Import | nodes.FromImport):
                    continue
                if not isinstance(node.template, nodes.Const):
                    continue
                other = node.template.value
                if not self.path(other, shipped).is_file():
                    raise RenderError(
                        f"The template {self.path(name, shipped)}, line {node.lineno}, takes in {other}, which is not there: {WHAT_THEN}"
                    )
                waiting.append(other)
