"""What is said of one change, before it is laid out. Owns the shapes that both parts of a mail are made from."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from notifier.domain.changes import Change, Kind, Weight
from notifier.domain.geo import Near
from notifier.domain.letter import Told
from notifier.domain.study import Study
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.sentences import SENTENCES
from notifier.domain.wording.speech import Speech

#: How a headline goes on; what follows is the same sentence of each telling.
ALSO = n_("The study also %(what)s.")
_ADDRESS = re.compile(r"https?://[\w.-]{4,250}(?:[/?#][\w./?#&=%+~:@!$,;-]{0,1000})?", re.ASCII)


class Mark(StrEnum):
    """How a word inside a line stands out."""

    PLAIN = "plain"
    GONE = "gone"
    CAME = "came"


@dataclass(frozen=True, slots=True)
class Run:
    """Some words of a line. registry: whether they are the registry's own, in English, or ours. link: they are an address."""

    text: str
    registry: bool = False
    mark: Mark = Mark.PLAIN
    link: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A short label of ours, which may be empty, and what stands behind it."""

    label: str
    runs: tuple[Run, ...]

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True, slots=True)
class Quote:
    """The registry's words, whole, and our words that lead to them."""

    lead: str
    words: tuple[str, ...]  # one item a paragraph or bullet


@dataclass(frozen=True, slots=True)
class FigureTable:
    """Our title, the registry's words on what it is about, which may be none, and rows of a name and a value."""

    title: str
    about: tuple[Run, ...]
    rows: tuple[tuple[Line, Line], ...]


@dataclass(frozen=True, slots=True)
class Telling:
    """One change, or several that are told as one, in the order in which it is read.

    headline: what it means without naming anything, for the first line of the mail. means: the same, attributed and
    dated. also: what it adds to another headline, after "The study also". lead: our words before the lines. tables: what posted results say. asks: what `advice` then says. derived: the numbers in it that we worked out ourselves, as said.
    """

    kinds: tuple[Kind, ...]
    weight: Weight
    headline: str
    means: str
    also: str = ""
    quotes: tuple[Quote, ...] = ()
    lead: str = ""
    lines: tuple[Line, ...] = ()
    tables: tuple[FigureTable, ...] = ()
    notes: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()


def linked(label: str, address: str) -> Line:
    """A line with an address of the web; what is none, or might be none, is only shown."""
    return Line(label, (Run(address, registry=True, link=_ADDRESS.fullmatch(address) is not None),))


def ours(label: str, text: str) -> Line:
    return Line(label, (Run(text),))


def theirs(label: str, text: str) -> Line:
    return Line(label, (Run(text, registry=True),))


@dataclass(frozen=True, slots=True)
class News:
    """Changes that are told as one item: to whom, of which study, and how a statement on them begins (W2).

    near: where the reader wants to hear of places first. numbers: those that we worked out ourselves, as they were said.
    """

    speech: Speech
    study: Study
    told: Sequence[Told]
    source: str
    near: Near | None = None
    numbers: list[str] = field(default_factory=list)

    @property
    def change(self) -> Change:
        return self.told[0].change

    @property
    def changes(self) -> list[Change]:
        return [one.change for one in self.told]

    def say(self, message: str, **values: object) -> str:
        """One of our sentences; each may begin with who says so, and when."""
        return self.speech.say(message, source=self.source, **values)

    def counted(self, number: float) -> str:
        """A number that we worked out."""
        self.numbers.append(self.speech.number(number))
        return self.numbers[-1]

    def telling(
        self,
        lines: Iterable[Line] = (),
        *,
        quotes: tuple[Quote, ...] = (),
        notes: Iterable[str] = (),
        lead: str = "",
    ) -> Telling:
        """What is said of them, with the sentences of their kind; lead: before lines, where there are any."""
        row, lines = SENTENCES[self.change.kind], tuple(lines)
        return Telling(
            kinds=tuple(dict.fromkeys(change.kind for change in self.changes)),
            weight=self.change.weight,
            headline=self.say(row.headline),
            means=self.say(row.means),
            quotes=quotes,
            lead=self.say(lead) if lines and lead else "",
            lines=lines,
            notes=(*notes, *([self.say(row.note)] if row.note else [])),
            asks=row.asks,
        )

    def reworded(self, telling: Telling, sentences: Sequence[str], **values: object) -> Telling:
        """The same with another headline and another meaning."""
        headline, means = (self.say(each, **values) for each in sentences)
        return replace(telling, headline=headline, means=means)
