"""What a plain-language read is: a title, three short texts, and who wrote them, when, and of which entry."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from notifier.domain.wording import one_line, speech


class Origin(StrEnum):
    """Where a read comes from."""

    IMPORTED = "imported"  #: People who run the site wrote it.
    MODEL = "model"  #: A language model wrote it, and the gate let it through.
    RULES = "rules"  #: Made from the record's own fields by the table of rules.


_OLDER = "The registry's entry has changed since then, so this text may be out of date."


@dataclass(frozen=True, slots=True)
class PlainRead:
    """A study in plain words. The texts are short paragraphs, each one line, never markup.

    written_by: the site's editors or the model; the rules have no author. entry_of: the day, as published, of the entry
    that the rules read. older: the record changed after it was written.
    """

    title: str
    summary: tuple[str, ...]
    could_lead_to: tuple[str, ...]
    could_go_wrong: tuple[str, ...]
    source: Origin = Origin.RULES
    written_by: str | None = None
    written_at: datetime | None = None
    entry_of: str | None = None
    older: bool = False

    @property
    def label(self) -> str:
        """What wrote it and when, in words for the page."""
        said = {Origin.RULES: self._by_rules, Origin.IMPORTED: self._by_people, Origin.MODEL: self._by_model}
        return " ".join(filter(None, (said[self.source](), _OLDER if self.older else "")))

    def _by_rules(self) -> str:
        dated = f" of {speech('en').date(self.entry_of)}" if self.entry_of else ""
        return f"Put together by fixed rules from the registry's entry{dated}. No person and no AI wrote it."

    def _by_people(self) -> str:
        return f"Written by {one_line(self.written_by or '') or 'the editors of this site'}{self._on()}."

    def _by_model(self) -> str:
        by = one_line(self.written_by or "")
        named = f" ({by})" if by else ""
        return (
            f"Written by an AI, a language model{named}{self._on()}. Fixed rules checked its numbers and names "
            "against the registry's entry. It can still be wrong."
        )

    def _on(self) -> str:
        return f" on {speech('en').day(self.written_at)}" if self.written_at else ""
