"""How a mail stays small enough to be read whole: fewer studies first, then fewer lines of the one that is left."""

from collections.abc import Iterator
from dataclasses import replace

from notifier.domain.wording import Line, Quote, Speech, Telling
from notifier.mail.render.views import EntryView

#: What one mail holds at most; the rest goes into the next.
MOST_ENTRIES = 25
MOST_HTML = 60_000  # bytes; Gmail clips a mail at about 102 kB and hides its foot
#: How a single study that is too long is cut, gently first: lines a change, characters a line.
_CUTS = ((60, 4_000), (25, 1_000), (10, 400), (4, 200))
#: How often a single study can be cut.
CUTS = len(_CUTS)


def fewer(entries: int, size: int) -> int:
    """How many entries are likely to fit, at least one less than did not."""
    return max(1, min(entries - 1, entries * MOST_HTML // size))


def shorter(words: Speech, view: EntryView) -> Iterator[EntryView]:
    """The same study in ever fewer words; each cut is said, and the full record is linked in every mail."""
    for lines, characters in _CUTS:
        tellings = tuple(_shortened(words, telling, lines, characters) for telling in view.tellings)
        yield replace(view, tellings=tellings)


def _shortened(words: Speech, telling: Telling, lines: int, characters: int) -> Telling:
    kept = tuple(_cut_line(line, characters) for line in telling.lines[:lines])
    hidden = len(telling.lines) - len(kept)
    quotes = tuple(
        Quote(quote.lead, tuple(_cut(text, characters) for text in quote.words)) for quote in telling.quotes
    )
    notes, derived = telling.notes, telling.derived
    if hidden or kept != telling.lines[:lines] or quotes != telling.quotes:
        notes = (words.say("This is too long for a mail. The full record has it all."), *notes)
    if hidden:
        notes = (words.count("And %(number)s more line.", "And %(number)s more lines.", hidden), *notes)
        derived = (*derived, words.number(hidden))
    return replace(telling, lines=kept, quotes=quotes, notes=notes, derived=derived)


def _cut_line(line: Line, characters: int) -> Line:
    left, runs = characters, []
    for run in line.runs:
        if left > 0:
            runs.append(run if run.link else replace(run, text=_cut(run.text, left)))
            left -= len(run.text)
    return Line(line.label, tuple(runs))


def _cut(text: str, characters: int) -> str:
    """At a word, with an ellipsis."""
    if len(text) <= characters:
        return text
    return (text[:characters].rpartition(" ")[0] or text[:characters]) + " …"
