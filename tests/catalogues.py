"""Collects every sentence of the program from its code and templates, and brings the catalogues up to date.

    python tests/catalogues.py

writes new sentences, without a translation, into `notifier/domain/wording/locale/*/LC_MESSAGES/`, and takes out those that
are no longer said: `notifier.po` for mails, `pages.po` for pages, `reads.po` for what a study's read says, of which the gate
of mails knows the first alone. The tests use `SAID` to see that nothing is missing.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from notifier.domain.sheets import packaged
from notifier.domain.wording.catalogue import FOLDER, MAILS, PAGES, READS

ROOT = Path(__file__).parent.parent
TITLE = {
    "da": "Our own sentences in Danish.",
    "de": "Our own sentences in German.",
    "es": "Our own sentences in Spanish.",
}
HEADER = """# {0}
msgid ""
msgstr ""
"Language: {1}\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
PYTHON = {"say": (1,), "n_": (1,), "nn_": (1, 2), "count": (1, 2)}
TEMPLATES = {"_": None, "gettext": None, "ngettext": (1, 2), "count": (1, 2)}
#: Where is said what is wrong with what a person typed; the pages repeat it.
FAULTS = ("notifier/domain/gazetteer.py", "notifier/sources/clinicaltrials_gov/searching.py")


def messages() -> Iterator[str | tuple[str, str]]:
    """Every sentence, or pair of sentences for one and many."""
    for path in sorted((ROOT / "notifier/domain").glob("wording/*.py")) + sorted(
        ROOT.glob("notifier/mail/render/*.py")
    ):
        yield from _of(path, "python", PYTHON)
    for path in sorted((ROOT / "notifier/domain/wording").glob("*.tsv")):
        names = {
            "sentences.tsv": {0, 3},
            "statuses.tsv": {0, 3},
            "advice.tsv": {1},
            "labels.tsv": {0, 1},
        }.get(path.name, {0})
        for row in packaged(path):
            yield from (cell for place, cell in enumerate(row) if cell and place not in names)
    for path in sorted(ROOT.glob("templates/*/*.*")):
        if path.suffix in {".txt", ".html"} and path.parent.name != "page":
            yield from _of(path, "jinja2.ext:babel_extract", TEMPLATES)


def of_pages() -> Iterator[str | tuple[str, str]]:
    """Every sentence of the pages."""
    for path in [*sorted(ROOT.glob("notifier/web/*.py")), ROOT / "notifier/storage/subscribers/people.py"]:
        yield from _of(path, "python", PYTHON)
    for name in FAULTS:
        yield from _of(ROOT / name, "python", {"InputError": (1,), "n_": (1,)})
    for path in sorted(ROOT.glob("templates/page/*.*")):
        if path.suffix in {".atom", ".html"}:
            yield from _of(path, "jinja2.ext:babel_extract", TEMPLATES)


def of_reads() -> Iterator[str | tuple[str, str]]:
    """Every sentence of a study's read, those of its tables too."""
    for path in sorted((ROOT / "notifier/domain/summaries").iterdir()):
        if path.suffix == ".py":
            yield from _of(path, "python", PYTHON)
        elif path.suffix == ".tsv" and path.name not in {"glossary.tsv", "lay_words.tsv"}:
            # Of a medicine it is said what it is, and what can come of it.
            cells = {"medicines.tsv": slice(1, 3), "tenses.tsv": slice(3), "questions.tsv": slice(2)}
            said = cells.get(path.name, slice(1, 2))
            yield from (each for row in packaged(path) for each in row[said] if each)


def _of(path: Path, method: str, keywords: dict) -> Iterator[str | tuple[str, str]]:
    options = {"trimmed": "true"}
    for _, message, _, _ in extract_from_file(
        method, path, keywords, options=options, strip_comment_tags=True
    ):
        yield message


SAID = {MAILS: messages, PAGES: of_pages, READS: of_reads}


def main() -> None:
    for folder in sorted(FOLDER.glob("*/LC_MESSAGES")):
        for domain, said in SAID.items():
            _write(folder / f"{domain}.po", said())


def _write(path: Path, said: Iterable[str | tuple[str, str]]) -> None:
    language = path.parent.parent.name
    old = Catalog(locale=language)
    if path.exists():
        with path.open("rb") as file:
            old = read_po(file, locale=language)
    new = Catalog(locale=language, fuzzy=False)
    for message in said:
        known = old.get(message if isinstance(message, str) else message[0])
        new.add(message, known.string if known else None)
    with path.open("wb") as file:
        file.write(HEADER.format(TITLE[language], language).encode())
        write_po(file, new, width=110, omit_header=True, ignore_obsolete=True)


if __name__ == "__main__":
    main()
