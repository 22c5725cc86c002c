"""The read that a study's page shows: the registry's own title and summary, under a label that says so."""

from dataclasses import dataclass
from datetime import datetime

from notifier.database import Session
from notifier.study import Study
from notifier.wording import one_line, speech


@dataclass(frozen=True, slots=True)
class PlainRead:
    """A study in plain words; the texts are short paragraphs, each one line, never markup."""

    title: str
    summary: tuple[str, ...]
    could_lead_to: tuple[str, ...]
    could_go_wrong: tuple[str, ...]
    source: str = "rules"
    written_by: str | None = None
    written_at: datetime | None = None
    entry_of: str | None = None
    older: bool = False

    @property
    def label(self) -> str:
        dated = f" of {speech('en').date(self.entry_of)}" if self.entry_of else ""
        return f"From the registry's entry{dated}."


def read_of(_session: Session, study: Study, _digest: str | None) -> PlainRead:
    """The registry's own words."""
    return PlainRead(
        title=one_line(study.brief_title or study.official_title or study.nct_id),
        summary=(one_line(study.brief_summary or "The record has no summary."),),
        could_lead_to=("The record does not say.",),
        could_go_wrong=("The record does not say.",),
        entry_of=study.last_update_post_date,
    )
