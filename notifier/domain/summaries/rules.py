"""The read that every study has: made from its record's own fields by the table, sentence by sentence."""

import re
from collections.abc import Iterator

from notifier.domain.study import Study
from notifier.domain.summaries.fillings import FILLINGS
from notifier.domain.summaries.read import PlainRead
from notifier.domain.summaries.table import TABLE, Part, Rule
from notifier.domain.wording import one_line

PLACES = re.compile(r"%\((\w+)\)s")
_SUMMARY = (Part.WHAT, Part.HOW, Part.MEASURED, Part.WHO, Part.STANDING)


def by_rules(study: Study) -> PlainRead:
    """The plain-language read of any study that can be read; no text of it is ever empty."""
    said: dict[Part, list[str]] = {part: [] for part in Part}
    for rule in rules_for(study):
        said[rule.part].append(_filled(rule, study))
    return PlainRead(
        title=title_of(study),
        summary=tuple(" ".join(said[part]) for part in _SUMMARY if said[part]),
        could_lead_to=tuple(said[Part.LEAD]),
        could_go_wrong=tuple(said[Part.WRONG]),
        entry_of=study.last_update_post_date,
    )


def rules_for(study: Study) -> Iterator[Rule]:
    """The rows of the table that speak of this study, in its order."""
    return (rule for rule in TABLE if rule.when(study))


def title_of(study: Study) -> str:
    """The registry's own title in one line: a plainer one could only be invented."""
    names = (study.brief_title, study.official_title, study.acronym)
    return next(filter(None, (one_line(name or "") for name in names)), f"Study {study.nct_id}")


def _filled(rule: Rule, study: Study) -> str:
    return PLACES.sub(lambda place: FILLINGS[place[1]](study), rule.says)
