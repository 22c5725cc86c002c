"""The program's own sentences in other languages. Owns reading the `.po` files; English is the text in the code itself."""

import gettext
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from notifier.domain.languages import LANGUAGES

_Texts = str | list[str] | tuple[str, ...]
FOLDER = Path(__file__).parent / "locale"


def closest(language: str) -> str:
    """The language of ours for a tag such as `de-AT`; English for one that we do not speak."""
    spoken = language.replace("_", "-").split("-", 1)[0].lower()
    return spoken if spoken in LANGUAGES else "en"


def path_of(language: str) -> Path:
    """Where the sentences of a language are kept."""
    return FOLDER / language / "LC_MESSAGES" / "notifier.po"


def read(language: str) -> Catalog:
    """A language's file as it is."""
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language)


class Translations(gettext.NullTranslations):
    """What gettext asks of a catalogue, straight from a `.po` file, so that nothing has to be compiled."""

    def __init__(self, catalog: Catalog | None) -> None:
        super().__init__()
        self._one: dict[str, str] = {}
        self._many: dict[str, tuple[str, ...]] = {}
        self._form = gettext.c2py(catalog.plural_expr if catalog else "(n != 1)")
        for message in catalog or ():
            self._add(message.id, message.string or "")

    def _add(self, key: _Texts, said: _Texts) -> None:
        if isinstance(key, str) and isinstance(said, str):
            self._one[key] = said
        elif not isinstance(key, str) and not isinstance(said, str):
            self._many[key[0]] = tuple(said)

    def gettext(self, message: str) -> str:
        return self._one.get(message) or message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        forms = self._many.get(msgid1)
        if forms and all(forms):
            return forms[self._form(n)]
        return msgid1 if n == 1 else msgid2

    def sentences(self) -> tuple[str, ...]:
        """All that it can say."""
        return (*self._one.values(), *(form for forms in self._many.values() for form in forms))


@cache
def translations(language: str) -> Translations:
    """The sentences of a language, read once; English for one that we do not speak."""
    spoken = closest(language)
    return Translations(None if spoken == "en" else read(spoken))


def sentences(language: str) -> tuple[str, ...]:
    """Every sentence of ours in a language."""
    spoken = closest(language)
    if spoken != "en":
        return translations(spoken).sentences()
    return tuple(english for other in LANGUAGES if other != "en" for english in _english(other))


def _english(language: str) -> tuple[str, ...]:
    texts = (part for message in read(language) for part in _ids(message.id))
    return tuple(filter(None, texts))


def _ids(key: _Texts) -> tuple[str, ...]:
    return (key,) if isinstance(key, str) else tuple(key)
