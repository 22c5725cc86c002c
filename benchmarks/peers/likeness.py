"""Templates as others write them, which come to the very mail that we send: a third of its words is filled in.

The syntax is what Jinja2, Django and Nunjucks have in common.
"""

import json
import re
from dataclasses import asdict, dataclass
from html import unescape
from pathlib import Path

_WORDS = re.compile(r">([^<>]*[^<>\s][^<>]*)<")
ONE_IN = 3  # of the pieces of text between two tags, and of the lines


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two templates, and the words to fill them with."""

    html: str
    text: str
    words: dict[str, str]

    def write(self, path: Path) -> Path:
        """Keep it in a file, for other processes."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")
        return path


def likeness(html: str, text: str) -> Likeness:
    """The templates of a mail that reads like this one."""
    filling = _Filling()
    head, body, rest = html.partition("<body")
    told = _WORDS.sub(lambda found: f">{filling.put(found[1], unescape(found[1]))}<", body + rest)
    lines = [filling.put(line, line) if line.strip() else line for line in text.split("\n")]
    return Likeness(head + told, "\n".join(lines), filling.words)


class _Filling:
    """Takes words out of a template, one piece in so many."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}
        self._seen = 0

    def put(self, piece: str, word: str) -> str:
        """What stands in the template for a piece of it."""
        self._seen += 1
        if self._seen % ONE_IN:
            return piece
        name = f"w{len(self.words)}"
        self.words[name] = word
        return f"{{{{ words.{name} }}}}"


def of_person(words: dict[str, str], number: int) -> dict[str, str]:
    """The words for one of many people: a part of them is theirs alone."""
    return {name: f"{word} {number}" if name.endswith("0") else word for name, word in words.items()}
