"""Templates as others write them, which come to the very mail that we send: every word of it is filled in.

The syntax is what Jinja2, Django and Nunjucks have in common.
"""

import re
from dataclasses import dataclass
from html import unescape

_WORDS = re.compile(r">([^<>]*[^<>\s][^<>]*)<")


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two templates, and the words to fill them with."""

    html: str
    text: str
    words: dict[str, str]


def likeness(html: str, text: str) -> Likeness:
    """The templates of a mail that reads like this one."""
    words: dict[str, str] = {}

    def filled_in(word: str) -> str:
        name = f"w{len(words)}"
        words[name] = word
        return f"{{{{ words.{name} }}}}"

    head, body, rest = html.partition("<body")
    told = _WORDS.sub(lambda found: f">{filled_in(unescape(found[1]))}<", body + rest)
    lines = [filled_in(line) if line.strip() else line for line in text.split("\n")]
    return Likeness(head + told, "\n".join(lines), words)


def of_person(words: dict[str, str], number: int) -> dict[str, str]:
    """The words for one of many people: a part of them is theirs alone."""
    return {name: f"{word} {number}" if name.endswith("0") else word for name, word in words.items()}
