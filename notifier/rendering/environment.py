"""Templates: found, styled and compiled once. Owns Jinja2's settings and the inlining of the style sheet."""

from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

import css_inline
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined, Template, meta
from jinja2.bccache import Bucket
from jinja2.exceptions import TemplateError, TemplateNotFound, TemplateSyntaxError

from notifier.errors import RenderError
from notifier.rendering.layout import FILTERS
from notifier.wording import LANGUAGES, Speech, speech

STYLE = "_base/style.css"
#: The files that make one mail.
FILES = ("subject.txt", "body.txt", "body.html")


class StyledLoader(FileSystemLoader):
    """Templates from a folder; the style sheet is written into those that are HTML, because mail programs drop it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._style = _read(folder / STYLE)
        self._inliner = css_inline.CSSInliner(
            inline_style_tags=False,
            keep_style_tags=True,
            load_remote_stylesheets=False,
            extra_css=self._style,
        )
        self._read: dict[str, tuple[str, str, Callable[[], bool]]] = {}
        self._referred_to: dict[str, list[str]] = {}

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        if template not in self._read:
            source, path, fresh = super().get_source(environment, template)
            self._read[template] = (
                self._inlined(source) if template.endswith(".html") else source,
                path,
                fresh,
            )
        return self._read[template]

    def referred_to(self, environment: Environment, template: str) -> list[str]:
        """The templates that this one extends or imports; they would else be looked for at the first mail."""
        if template not in self._referred_to:
            parsed = environment.parse(self.get_source(environment, template)[0])
            self._referred_to[template] = [name for name in meta.find_referenced_templates(parsed) if name]
        return self._referred_to[template]

    def _inlined(self, source: str) -> str:
        if source.lstrip().lower().startswith("<!doctype"):
            return self._inliner.inline(source)
        return self._inliner.inline_fragment(source, self._style)


class SharedCode(BytecodeCache):
    """What was compiled for one language, for all others: their templates are the same, only the words differ."""

    def __init__(self) -> None:
        self._codes: dict[str, CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get(bucket.key)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[bucket.key] = bucket.code


def environments(folder: Path) -> dict[str, Environment]:
    """One environment a language. Raises RenderError where the folder is missing."""
    if not folder.is_dir():
        raise RenderError(f"The templates are not there: {folder} is no folder. Put the templates back.")
    loader, codes = StyledLoader(folder), SharedCode()
    return {language: _environment(loader, codes, speech(language)) for language in LANGUAGES}


def _environment(loader: StyledLoader, codes: SharedCode, words: Speech) -> Environment:
    # .txt is text for eyes: escaping would show people "&lt;" where the registry says "<".
    environment = Environment(
        loader=loader,
        bytecode_cache=codes,
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
        template = environment.get_template(name)
        if isinstance(environment.loader, StyledLoader):
            for other in environment.loader.referred_to(environment, name):
                load(environment, other)
    except TemplateNotFound as error:
        raise RenderError(
            f"The template {error.name} is not in the templates folder. Put it back."
        ) from error
    except TemplateSyntaxError as error:
        where = f"{error.name or name}, line {error.lineno}"
        raise RenderError(f"The template {where} cannot be read: {error.message}. Correct it.") from error
    return template


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
