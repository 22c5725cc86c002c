"""The languages of mails and pages: the one table that forms, commands, the doctor and the sentences themselves read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """How a language writes dates and numbers, and what it calls itself."""

    locale: str
    own_name: str


#: By its code. English comes first: its sentences stand in the code and are the keys of the others; British dates cannot
#: be read in two ways.
LANGUAGES = {
    "en": Language("en_GB", "English"),
    "da": Language("da_DK", "Dansk"),
    "de": Language("de_DE", "Deutsch"),
    "es": Language("es_ES", "Español"),
}


def any_of() -> str:
    """The codes as a sentence names them: 'en, da or de'."""
    *others, last = LANGUAGES
    return f"{', '.join(others)} or {last}"


def is_language(text: str) -> bool:
    """Whether this has the form of a language's name, such as en or pt-BR."""
    return text.isascii() and text.replace("-", "").isalnum() and 2 <= len(text) <= 35
