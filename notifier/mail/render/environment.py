"""Templates: found, styled and compiled once. Owns Jinja2's settings and the inlining of the style sheet."""

import re
import textwrap
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, meta, nodes
from jinja2.exceptions import TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from notifier.domain.branding import PLAIN, Face
from notifier.domain.languages import LANGUAGES
from notifier.domain.wording import Line, Mark, Speech, Telling, speech
from notifier.errors import RenderError
from notifier.mail.render import overlay

WIDTH = 78  # columns (M30)


@lru_cache(maxsize=1_000)  # what stands around the studies is nearly the same in each mail
def wrapped(text: str, indent: int = 0, hanging: int = 0) -> str:
    """A paragraph in lines of at most 78 columns; a word that is longer, such as a URL, keeps a line of its own.

    indent: blanks before each line. hanging: further blanks before all lines but the first.
    """
    return "\n".join(_filled(line, indent, indent + hanging) for line in text.splitlines() or [""])


def _filled(paragraph: str, first: int, others: int) -> str:
    words = paragraph.split(" ")
    if words == paragraph.split():  # nearly always, and then lines are full soon
        # As `textwrap.fill`, of words that have one blank between them.
        lines, line = [], " " * first + words[0]
        for word in words[1:]:
            if len(line) + 1 + len(word) <= WIDTH:
                line += " " + word
            else:
                lines.append(line)
                line = " " * others + word
        return "\n".join([*lines, line])
    return textwrap.fill(
        paragraph,
        WIDTH,
        initial_indent=" " * first,
        subsequent_indent=" " * others,
        break_long_words=False,
        break_on_hyphens=False,
    )


def as_text(line: Line) -> str:
    """A labelled line; words that differ stand between stars, and an address on a line of its own."""
    said = ""
    for run in line.runs:
        plain = run.mark is Mark.PLAIN or not (core := run.text.strip())
        said += run.text if plain else run.text.replace(core, f"*{core}*", 1)
    between = ":\n" if any(run.link for run in line.runs) else ": "
    return f"{line.label}{between}{said}" if line.label else said


FILTERS: Mapping[str, Callable[..., Any]] = {"wrapped": wrapped, "as_text": as_text}


STYLE = "_base/style.css"
_ROOT = re.compile(r":root\s*\{[^}]*\}\n?")
_PROPERTY = re.compile(r"(--[\w-]+)\s*:\s*([^;}]+?)\s*[;}]")
_VAR = re.compile(r"var\((--[\w-]+)\)")
#: The files that make one mail.
FILES = ("subject.txt", "body.txt", "body.html")


class StyledLoader(FileSystemLoader):
    """Templates from folders; the style sheet is written into those that are HTML, because mail programs drop it.

    So are the values of its custom properties (`var(--accent)`), which few mail programs know: each stands once, in its
    `:root`, and a face's accent stands before it.
    """

    def __init__(self, folders: Sequence[Path], accent: tuple[str, str] | None = None) -> None:
        super().__init__(folders)
        ours, style = (_read(path) for path in (folders[-1] / STYLE, overlay.find(folders, STYLE)))
        self._properties = dict(_PROPERTY.findall("".join([*_ROOT.findall(ours), *_ROOT.findall(style)])))
        if accent is not None:
            self._properties |= zip(("--accent", "--accent-dark"), accent, strict=True)
        self._style = self._resolved(_ROOT.sub("", style), STYLE)
        self._inliner = css_inline.CSSInliner(
            inline_style_tags=False,
            keep_style_tags=True,
            load_remote_stylesheets=False,
            extra_css=self._style,
        )

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, path, fresh = super().get_source(environment, template)
        if template.endswith(".html"):
            source = self._resolved(source, template)
            if source.lstrip().lower().startswith("<!doctype"):
                source = self._inliner.inline(source)
            else:
                source = self._inliner.inline_fragment(source, self._style)
        return source, path, fresh

    def _resolved(self, source: str, name: str) -> str:
        for found in _VAR.finditer(source):
            if found[1] not in self._properties:
                line = source.count("\n", 0, found.start()) + 1
                raise RenderError(
                    f"The template {name}, line {line}, asks for {found[1]}, which the :root of {STYLE} does not say. Correct it."
                )
        return _VAR.sub(lambda found: self._properties[found[1]], source)

    def load(
        self,
        environment: Environment,
        name: str,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 - the name is of the loader's interface
    ) -> Template:
        """A template, compiled with what is the same in every mail of its language written out."""
        tree = _spelt(environment, name)
        for other in meta.find_referenced_templates(tree):  # they would else be looked for at the first mail
            if other:
                environment.get_template(other)
        code = environment.compile(tree, name, name)
        # A plain dict: each filling copies it, and that of Jinja is a chain of several.
        return environment.template_class.from_code(environment, code, dict(globals or {}), None)


class _Spelling(NodeTransformer):
    """Writes into a template its language, our sentences, and the templates that it includes."""

    def __init__(self, environment: Environment, within: tuple[str, ...]) -> None:
        self._environment, self._within = environment, within

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - the visitor names them by their nodes
        self.generic_visit(node)
        match node:
            case nodes.Call(
                node=nodes.Name(name="_"), args=[nodes.Const(value=str(text))], kwargs=values, dyn_kwargs=None
            ):
                speech: Any = self._environment.globals["speech"]
                said = speech.sentences.gettext(text)
                is_html = self._within[0].endswith(".html")
                its = nodes.Const(Markup(said) if is_html else said, lineno=node.lineno)  # noqa: S704 - our own
                pairs = [nodes.Pair(nodes.Const(each.key), each.value) for each in values]
                return nodes.Mod(its, nodes.Dict(pairs), lineno=node.lineno)
        return node

    def visit_Name(self, node: nodes.Name) -> nodes.Node:  # noqa: N802 - as above
        known = node.name == "language" and node.ctx == "load"
        return nodes.Const(self._environment.globals["language"], lineno=node.lineno) if known else node

    def visit_Include(self, node: nodes.Include) -> nodes.Node | list[nodes.Node]:  # noqa: N802 - as above
        match node:
            case nodes.Include(
                template=nodes.Const(value=str(name)), with_context=True, ignore_missing=False
            ) if name not in self._within:
                return _spelt(self._environment, name, self._within).body
        return node


def _spelt(environment: Environment, name: str, within: tuple[str, ...] = ()) -> nodes.Template:
    assert environment.loader is not None
    source, path, _ = environment.loader.get_source(environment, name)
    tree = environment.parse(source, name, path)
    _Spelling(environment, (name, *within)).generic_visit(tree)
    return tree


def environments(folder: Path, face: Face = PLAIN) -> dict[str, Environment]:
    """One environment a language. Raises RenderError where the folder is missing."""
    if not folder.is_dir():
        raise RenderError(f"The templates are not there: {folder} is no folder. Put the templates back.")
    loader = StyledLoader(face.folders(folder), face.accent)
    return {language: _environment(loader, speech(language)) for language in LANGUAGES}


def in_text(folders: Sequence[Path], telling: Telling, heading: str) -> str:
    """What a mail says of one change in its text, in English, under a heading; for an admin's eyes."""
    macros: Any = _english(*folders).get_template("_base/telling.txt").module
    return str(macros.telling(telling, heading))


@cache
def _english(*folders: Path) -> Environment:
    return _environment(FileSystemLoader(folders), speech("en"))


def _environment(loader: FileSystemLoader, words: Speech) -> Environment:
    # .txt is text for eyes: escaping would show people "&lt;" where the registry says "<".
    environment = Environment(
        loader=loader,
        undefined=StrictUndefined,
        autoescape=lambda name: name is not None and name.endswith(".html"),  # noqa: S701 - this is the rule
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.install_gettext_translations(words.sentences, newstyle=True)  # type: ignore[attr-defined]  # added by the extension
    environment.filters.update(FILTERS)
    environment.globals.update(speech=words, language=words.language)
    return environment


def load(environment: Environment, name: str) -> Template:
    """A template, compiled. Raises RenderError with the file and what is wrong with it."""
    try:
        return environment.get_template(name)
    except TemplateNotFound as error:
        raise RenderError(
            f"The template {error.name} is not in the templates folder. Put it back."
        ) from error
    except TemplateSyntaxError as error:
        where = f"{error.name or name}, line {error.lineno}"
        raise RenderError(f"The template {where} cannot be read: {error.message}. Correct it.") from error


def fill(template: Template, values: dict[str, Any]) -> str:
    """The template with its values. Raises RenderError with the template and what it does not know."""
    try:
        return template.render(values)
    except TemplateError as error:
        raise RenderError(
            f"The template {template.name} cannot be filled: {error.message or type(error).__name__}. Correct it."
        ) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RenderError(f"The template {template.name} cannot be filled: {error!r}. Correct it.") from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise RenderError(
            f"The style sheet of the templates cannot be read: {path}: {error.strerror}. Put it back."
        ) from error
