"""How a read speaks: one language, with the registry's own words marked as theirs. The catalogue is the reads' own.

A mark is two signs that no text of the registry can hold, for `one_line` takes them out; pages turn them into `lang`.
"""

import re
from functools import cache

from notifier.domain.summaries.tables import table
from notifier.domain.wording import Speech, closest, one_line
from notifier.domain.wording.catalogue import READS, n_, translations

BEGIN, END = "\ue000", "\ue001"
_MARKS = re.compile(f"[{BEGIN}{END}]")
_STOPS = (".", "!", "?", "…", ".”", "!”", "?”", "…”")


_WITH_ARTICLE = frozenset(
    {
        "United States",
        "United Kingdom",
        "Netherlands",
        "Philippines",
        "Czech Republic",
        "Russian Federation",
        "Dominican Republic",
        "United Arab Emirates",
    }
)


#: As the registry turns names of countries round, and as people say them.
_TURNED = {
    "Korea, Republic of": "South Korea",
    "Iran, Islamic Republic of": "Iran",
    "Moldova, Republic of": "Moldova",
    "Türkiye (Turkey)": "Turkey",
    "Turkey (Türkiye)": "Turkey",
}


#: German countries that have an article, as they stand behind "in".
_BEHIND_IN = {
    "Vereinigte Staaten": "den USA",
    "Vereinigtes Königreich": "Großbritannien",
    "Niederlande": "den Niederlanden",
    "Philippinen": "den Philippinen",
    "Vereinigte Arabische Emirate": "den Vereinigten Arabischen Emiraten",
    "Dominikanische Republik": "der Dominikanischen Republik",
    **{name: f"der {name}" for name in ("Mongolei", "Schweiz", "Slowakei", "Türkei", "Ukraine")},
}


def marked(text: str) -> str:
    """The registry's words, marked as theirs."""
    return f"{BEGIN}{text}{END}" if text else text


_ENDS = re.compile(r"(?<![.!?])[.;,]+$")


#: People as a title has them, and what they have; where others stand beside them, the words are left as they are.
_KINDS = (
    n_("children and adolescents"),
    n_("children and adults"),
    n_("adolescents"),
    n_("young adults"),
    n_("young people"),
    n_("healthy adults"),
    n_("healthy people"),
    n_("older people"),
    n_("people"),
    n_("adults"),
    n_("children"),
    n_("women"),
    n_("men"),
)
_PEOPLE = re.compile(
    rf"(?P<people>{'|'.join(_KINDS)})(?: with (?!or )(?P<ill>.+)| (?!and |or |/)(?P<rest>.+))?"
)
_ARTICLE = re.compile(r"^(?:an?|the) ")


#: A name that stands by itself or in a list, but for a code such as 'mRNA-1273'.
_NOUN = re.compile(rf"(^|, | und | oder )({BEGIN})(?![a-z]+[A-Z\d]|[a-z]-)([a-zà-ÿ])")


class Voice(Speech):
    """A language that marks what is not its own."""

    def say(self, message: str, **values: object) -> str:
        """A sentence; what it names has a capital in German, as nouns have, but for a phrase for people: that may begin with an adjective."""
        if self.language == "de":
            values = {
                key: _NOUN.sub(lambda it: f"{it[1]}{it[2]}{it[3].upper()}", value)
                if isinstance(value, str) and key != "people"
                else value
                for key, value in values.items()
            }
        said = super().say(message, **values)
        # A slot that ends with an aside may stand last. Only there: what is quoted stays as it is.
        return f"{said[:-2]}{said[-1]}" if said.endswith((",?", ",.")) else said

    def theirs(self, text: str) -> str:
        """The registry's words; where the page is in another language, marked, without their English article and with our word for people."""
        if self.language == "en":
            return text
        if text.startswith(" in ") and _PEOPLE.fullmatch(text[4:]):
            return f" {self.say('in %(people)s', people=self.theirs(text[4:]))}"
        found = _PEOPLE.fullmatch(text)
        if not found:
            return marked(_ARTICLE.sub("", text))
        people = self.say(found["people"])
        if found["ill"]:
            return self.say("%(people)s with %(condition)s", people=people, condition=marked(found["ill"]))
        return f"{people} {marked(found['rest'])}" if found["rest"] else people

    def people_in(self, who: str) -> str:
        """Our word for people with which a phrase begins; empty where it begins with none."""
        kinds = map(self.say, _KINDS)
        return max((each for each in kinds if f"{who} ".startswith(f"{each} ")), key=len, default="")

    def quoted(self, text: str, longest: int = 240) -> str:
        """The registry's words between quotation marks, on one line, without a full stop of their own; a long text is cut."""
        said = one_line(text)
        if len(said) > longest:
            said = said[:longest].rpartition(" ")[0].rstrip(" ,;:.") + "…"
        return self.theirs(f"“{_ENDS.sub('', said)}”")

    def say_in(self, tense: int, message: str, **values: str) -> str:
        """A sentence of the table of tenses, as it is told of what goes on (0), of what is over (1) and of what never came about (2)."""
        forms = _tenses()[message]
        return self.say(forms[min(tense, len(forms) - 1)], **values)

    def in_their_words(self, text: str) -> str:
        """A sentence of the study team's, said to be theirs."""
        return self.sentence(self.say("In the study team’s words: %(quote)s", quote=self.theirs(f"“{text}”")))

    def country(self, name: str) -> str:
        """A country in this language; as the registry names it where that is not known, or English, whose article some have."""
        name = _TURNED.get(name, name)
        if self.language == "en":
            return f"the {name}" if name in _WITH_ARTICLE else name
        said = self.territory(name)
        if self.language == "de":  # always behind "in"
            said = _BEHIND_IN.get(said, said)
        return said if said != name else self.theirs(name)

    def when(self, published: str) -> str:
        """'on 3 March 2026', 'in March 2026'; empty where nothing is published."""
        if not published:
            return ""
        day = self.date(published)
        return (
            self.say("on %(day)s", day=day)
            if published.count("-") == 2
            else self.say("in %(month)s", month=day)
        )

    def sentence(self, text: str) -> str:
        """The text with a capital at its beginning and one full stop at its end."""
        plain = text.rstrip(END)
        ended = text if plain.endswith(_STOPS) else f"{text}."
        return re.sub(
            rf"^({BEGIN}?)([a-zà-ÿ])(?![\w-]*[A-Z\d])", lambda found: found[1] + found[2].upper(), ended
        )


@cache
def _tenses() -> dict[str, tuple[str, ...]]:
    return {row[0]: row for row in table("tenses.tsv")}


def plain(text: str) -> str:
    """The text without marks."""
    return text if text.isascii() else _MARKS.sub("", text)


@cache
def voice(language: str) -> Voice:
    """The voice of the language that comes closest to the one asked for."""
    return Voice(closest(language), translations(language, READS))
