"""What a plain-language read is: a title, the parts of its page, and who wrote them, when, and of which entry."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from notifier.domain.summaries.voice import plain, voice
from notifier.domain.summaries.words_explained import Word
from notifier.domain.wording import one_line


class Origin(StrEnum):
    """Where a read comes from."""

    IMPORTED = "imported"  #: People who run the site wrote it.
    MODEL = "model"  #: A language model wrote it, and the gate let it through.
    RULES = "rules"  #: Made from the record's own fields by the table of rules.


@dataclass(frozen=True, slots=True)
class PlainRead:
    """A study in plain words. The texts are short paragraphs, each one line, never markup.

    registry_title: the registry's own, for small below. question: empty where none can be asked. summary: what is done.
    quote: the study team's own words, without quotation marks. words: what is hard in the quotes and the title.
    written_by: the site's editors or the model; the rules have no author. entry_of: the day, as published, of the entry
    that the rules read. older: the record changed after it was written.
    """

    title: str
    summary: tuple[str, ...]
    could_lead_to: tuple[str, ...]
    could_go_wrong: tuple[str, ...]
    registry_title: str = ""
    status_line: str = ""
    question: str = ""
    quote: str = ""
    words: tuple[Word, ...] = ()
    measures: tuple[str, ...] = ()
    source: Origin = Origin.RULES
    written_by: str | None = None
    written_at: datetime | None = None
    entry_of: str | None = None
    older: bool = False
    language: str = "en"

    def mapped(self, change: Callable[[str], str]) -> "PlainRead":
        """The read with each of its texts changed, such as masked."""
        changed: dict[str, Any] = {
            "words": tuple(Word(change(word.term), change(word.means), word.english) for word in self.words)
        }
        for name in ("title", "registry_title", "status_line", "question", "quote"):
            changed[name] = change(getattr(self, name))
        for name in ("summary", "could_lead_to", "could_go_wrong", "measures"):
            changed[name] = tuple(map(change, getattr(self, name)))
        return replace(self, **changed)

    def parts(self) -> dict[str, Any]:
        """The read as other programs get it: plain texts and lists."""
        made = self.mapped(plain)
        return {
            "title": made.title,
            "registry_title": made.registry_title,
            "status_line": made.status_line,
            "question": made.question,
            "summary": list(made.summary),
            "quote": made.quote,
            "words": [{"term": word.term, "means": word.means} for word in made.words],
            "measures": list(made.measures),
            "could_lead_to": list(made.could_lead_to),
            "could_go_wrong": list(made.could_go_wrong),
        }

    @property
    def label(self) -> str:
        """What wrote it and when, in words for the page."""
        speech, by = voice(self.language), one_line(self.written_by or "")
        if self.source is Origin.RULES and self.entry_of:
            said = speech.say(
                "Put together by fixed rules from the registry's entry dated %(day)s. Not written by AI.",
                day=speech.date(self.entry_of),
            )
        elif self.source is Origin.RULES:
            said = speech.say("Put together by fixed rules from the registry's entry. Not written by AI.")
        elif self.source is Origin.IMPORTED:
            by = by or speech.say("the editors of this site")
            said = (
                speech.say("Written by %(who)s on %(day)s.", who=by, day=speech.day(self.written_at))
                if self.written_at
                else speech.say("Written by %(who)s.", who=by)
            )
        else:
            name = f" ({by})" if by else ""
            made = (
                speech.say(
                    "Written by an AI, a language model%(name)s on %(day)s.",
                    name=name,
                    day=speech.day(self.written_at),
                )
                if self.written_at
                else speech.say("Written by an AI, a language model%(name)s.", name=name)
            )
            checked = speech.say(
                "Fixed rules checked its numbers and names against the record, and wrote what could go wrong. It may still contain mistakes."
            )
            said = f"{made} {checked}"
        if self.older:
            older = speech.say(
                "The registry's entry has changed since then, so this text may be out of date."
            )
            said = f"{said} {older}"
        return said
