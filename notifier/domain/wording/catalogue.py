"""The program's own sentences in other languages. Owns reading the `.po` files; English is the text in the code itself."""

import gettext
import re
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po

from notifier.domain.languages import LANGUAGES
from notifier.errors import RenderError

_Texts = str | list[str] | tuple[str, ...]
FOLDER = Path(__file__).parent / "locale"
_PO_LINE = re.compile(r'#.*|(?:(?:msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?)\s+)?"(?:[^"\\]|\\.)*"|')
_PLACE = re.compile(r"%\((\w+)\)")
#: Each has a file of its own: what a mail may say is checked against the sentences of mails alone.
MAILS, PAGES, READS = "notifier", "pages", "reads"


def n_(message: str) -> str:
    """Marks a sentence for the catalogues; it is said later."""
    return message


def nn_(one: str, many: str) -> tuple[str, str]:
    """Marks a pair of sentences, for one and for many, for the catalogues."""
    return one, many


def closest(language: str) -> str:
    """The language of ours for a tag such as `de-AT`; English for one that we do not speak."""
    spoken = language.replace("_", "-").split("-", 1)[0].lower()
    return spoken if spoken in LANGUAGES else "en"


def path_of(language: str, domain: str = MAILS) -> Path:
    """Where the sentences of a language are kept; domain: of the mails, of the pages, or of the reads of studies."""
    return FOLDER / language / "LC_MESSAGES" / f"{domain}.po"


def read(language: str, domain: str = MAILS) -> Catalog:
    return _read(path_of(language, domain), language)


def _read(path: Path, language: str) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language)


class Translations(gettext.NullTranslations):
    """What gettext asks of a catalogue, straight from a `.po` file, so that nothing has to be compiled."""

    def __init__(self, catalog: Catalog | None, language: str = "en") -> None:
        super().__init__()
        self._ours = _said(catalog)  # without what a catalogue keeps of each beside: where it stands, flags
        self._form = gettext.c2py(catalog.plural_expr if catalog else "(n != 1)")
        self.lay(_OVER.get(language))
        _SPEAKERS.append((language, self))

    def lay(self, over: Catalog | None) -> None:
        """Say the sentences of another catalogue in the place of ours."""
        self._one: dict[str, str] = {}
        self._many: dict[str, tuple[str, ...]] = {}
        for key, said in (*self._ours, *_said(over)):
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


def _said(catalog: Catalog | None) -> list[tuple[_Texts, _Texts]]:
    """Each sentence, or its forms, and what is said for it; the head of the file is none: nothing, said in any language, is nothing."""
    return [(message.id, message.string or "") for message in catalog or () if message.id]


@cache
def translations(language: str, domain: str) -> Translations:
    """The sentences of a language, read once; English for one that we do not speak."""
    spoken = closest(language)
    return Translations(None if spoken == "en" else read(spoken, domain), spoken)


#: The organisation's own sentences by language, and all that says ours: what is laid over one is laid over each.
_OVER: dict[str, Catalog] = {}
_SPEAKERS: list[tuple[str, Translations]] = []


def lay_over(folder: Path | None) -> None:
    """Say the sentences of `en.po`, `da.po`, … in this folder in the place of ours, from now on; None: ours again.

    Raises RenderError with the file and the line of a sentence that cannot be used.
    """
    _OVER.clear()
    for language in LANGUAGES if folder else ():
        if (path := Path(folder or "") / f"{language}.po").is_file():
            _OVER[language] = _theirs(path, language)
    for language, speaker in _SPEAKERS:
        speaker.lay(_OVER.get(language))


def _theirs(path: Path, language: str) -> Catalog:
    """An organisation's file, without what is empty or marked as a guess; each has the values that the English one has."""
    what_then = "correct it, or take it out, and ours stands"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        # The reader of such files passes over what is not whole.
        for number, line in enumerate(lines, start=1):
            if not _PO_LINE.fullmatch(line.strip()):
                raise RenderError(
                    f"{path}, line {number}, cannot be read ({line.strip()[:60]!r}): {what_then}"
                )
        found = read_po(lines, locale=language, abort_invalid=True)
    except PoFileError as fault:
        raise RenderError(
            f"{path}, line {fault.lineno + 1}, cannot be read ({fault}): {what_then}"
        ) from fault
    except UnicodeDecodeError as fault:
        raise RenderError(f"{path} cannot be read (it is not UTF-8 text): {what_then}") from fault
    except (OSError, ValueError) as fault:
        raise RenderError(f"{path} cannot be read ({fault}): {what_then}") from fault
    kept = Catalog(locale=language)
    for message in found:
        texts = _ids(message.string or "")
        if not message.id or message.fuzzy or not any(texts):
            continue
        asked, forms = set(_PLACE.findall(" ".join(_ids(message.id)))), kept.num_plurals
        several = not isinstance(message.id, str)
        may_miss = {"number"} if several else set()
        said = [set(_PLACE.findall(text)) for text in texts]
        wrong = next(
            (text for text, each in zip(texts, said, strict=True) if not asked - may_miss <= each <= asked),
            None,
        )
        if wrong is not None or (several and not (all(texts) and len(texts) == forms)):
            needs = " and ".join(f"%({name})s" for name in sorted(asked)) or "no %(…)s"
            raise RenderError(
                f"{path}, line {message.lineno}, says {(wrong or texts[0])[:60]!r}, which needs {needs} as the English sentence "
                f"has{f', in {forms} forms' if several else ''}: {what_then}"
            )
        if any("%" in re.sub(r"%%|%\(\w+\)s", "", text) for text in texts):
            raise RenderError(f"{path}, line {message.lineno}, has a lone %: {what_then}; %% is a %")
        kept.add(message.id, message.string, lineno=message.lineno)
    return kept


def unknown(folder: Path) -> list[str]:
    """Sentences of an organisation's files that are not ours, or not any more, so that nothing says them."""
    ours = {
        text
        for language in LANGUAGES
        if language != "en"
        for path in path_of(language).parent.glob("*.po")
        for message in _read(path, language)
        for text in _ids(message.id)
    }
    return [
        f"{language}.po, line {message.lineno}: {_ids(message.id)[0][:60]!r}"
        for language in LANGUAGES
        if (folder / f"{language}.po").is_file()
        for message in _theirs(folder / f"{language}.po", language)
        if message.id and not ours.issuperset(_ids(message.id))
    ]


def sentences(language: str) -> tuple[str, ...]:
    """Every sentence of ours in a language."""
    spoken = closest(language)
    if spoken != "en":
        return translations(spoken, MAILS).sentences()
    shipped = (text for other in LANGUAGES if other != "en" for one in read(other) for text in _ids(one.id))
    return (*filter(None, shipped), *translations("en", MAILS).sentences())


def _ids(key: _Texts) -> tuple[str, ...]:
    return (key,) if isinstance(key, str) else tuple(key)
