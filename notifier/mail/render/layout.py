"""The form of the text part: lines of at most 78 columns, marks for edited words. Owns the filters of the text templates."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from notifier.domain.wording import Line, Mark, Run

WIDTH = 78  # columns (M30)


def wrapped(text: str, indent: int = 0, hanging: int = 0) -> str:
    """A paragraph in lines of at most 78 columns; a word that is longer, such as a URL, keeps a line of its own.

    indent: blanks before each line. hanging: further blanks before all lines but the first.
    """
    return "\n".join(_filled(line, indent, indent + hanging) for line in text.splitlines() or [""])


def _filled(paragraph: str, first: int, others: int) -> str:
    words = paragraph.split(" ")
    if words == paragraph.split():  # nearly always, and then lines are full soon
        return _in_lines(words, first, others)
    return textwrap.fill(
        paragraph,
        WIDTH,
        initial_indent=" " * first,
        subsequent_indent=" " * others,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _in_lines(words: Sequence[str], first: int, others: int) -> str:
    """As `textwrap.fill`, of words that have one blank between them."""
    lines, line = [], " " * first + words[0]
    for word in words[1:]:
        if len(line) + 1 + len(word) <= WIDTH:
            line += " " + word
        else:
            lines.append(line)
            line = " " * others + word
    return "\n".join([*lines, line])


def as_text(line: Line) -> str:
    """A labelled line; words that differ stand between stars."""
    said = "".join(_starred(run) for run in line.runs)
    return f"{line.label}: {said}" if line.label else said


def _starred(run: Run) -> str:
    core = run.text.strip()
    if run.mark is Mark.PLAIN or not core:
        return run.text
    return run.text.replace(core, f"*{core}*", 1)


FILTERS: Mapping[str, Callable[..., Any]] = {"wrapped": wrapped, "as_text": as_text}
