"""What belongs into the sentences of the table: the record's words, quoted, and the few counts that are made of them."""

from collections.abc import Callable, Mapping, Sequence

from notifier.domain.study import PublishedDate, Study
from notifier.domain.wording import one_line, speech
from notifier.domain.wording.registry_words import label

MOST_NAMED = 4  # of a list; the rest is counted
LONGEST_NAME = 240  # characters of a quoted name
_EN = speech("en")
_SORTS = {
    "BIOLOGICAL": "a biological product",
    "COMBINATION_PRODUCT": "a combination product",
    "DEVICE": "a device",
    "DIAGNOSTIC_TEST": "a test",
    "DIETARY_SUPPLEMENT": "a dietary supplement",
    "DRUG": "a drug",
    "GENETIC": "a genetic method",
    "PROCEDURE": "a procedure",
    "RADIATION": "radiation",
}
_MASKED = {
    "PARTICIPANT": "the people who take part",
    "CARE_PROVIDER": "those who give the care",
    "INVESTIGATOR": "the researchers",
    "OUTCOMES_ASSESSOR": "those who judge the results",
}


def quoted(text: str | None, longest: int | None = LONGEST_NAME) -> str:
    """The registry's words in quotation marks, on one line; a long name is cut, and shows it."""
    said = one_line(text or "")
    return f"“{said if longest is None or len(said) <= longest else said[:longest].rstrip() + '…'}”"


def people(study: Study) -> str:
    return _EN.count("%(number)s person", "%(number)s people", study.enrollment.count or 0)


def tried(study: Study) -> str:
    """'“Camomile” (a drug), “Water” and 2 more'."""
    return _listed(
        [
            quoted(each.name) + (f" ({sort})" if (sort := _SORTS.get(each.type or "")) else "")
            for each in study.interventions
            if one_line(each.name or "")
        ]
    )


def measured(study: Study) -> str:
    return _listed([quoted(each.measure) for each in study.primary_outcomes if one_line(each.measure or "")])


def conditions(study: Study) -> str:
    return _listed([quoted(each) for each in study.conditions if one_line(each)])


def phases(study: Study) -> str:
    return _listed([quoted(label(each)) for each in study.phases])


def groups(study: Study) -> str:
    return _EN.number(len(study.arms))


def masked(study: Study) -> str:
    """'the people who take part and the researchers'; a code never seen before is quoted."""
    return _EN.listing([_MASKED.get(each) or quoted(label(each)) for each in study.design.who_masked])


def source(study: Study) -> str:
    """Who says so, and as of when (W2)."""
    updated = study.last_update_post_date
    return "According to ClinicalTrials.gov" + (f" (updated {_EN.date(updated)})" if updated else "")


def why(study: Study) -> str:
    """Whole, whatever its length (W6)."""
    return quoted(study.why_stopped, longest=None)


def _listed(names: Sequence[str]) -> str:
    shown = list(dict.fromkeys(names))
    rest = len(shown) - MOST_NAMED
    if rest > 0:
        return ", ".join(shown[:MOST_NAMED]) + f" and {_EN.number(rest)} more"
    return _EN.listing(shown)


def _age(text: str | None) -> str:
    return one_line(text or "").lower()


def _date(published: PublishedDate | None) -> str:
    return _EN.date(published.date or "") if published else ""


def _when(published: PublishedDate | None) -> str:
    """'in June 2028', 'on 15 June 2028'."""
    said = _date(published)
    return f"on {said}" if said[:1].isdigit() and " " in said else f"in {said}"


FILLINGS: Mapping[str, Callable[[Study], str]] = {
    "people": people,
    "tried": tried,
    "measured": measured,
    "conditions": conditions,
    "phases": phases,
    "groups": groups,
    "masked": masked,
    "source": source,
    "why": why,
    "youngest": lambda study: _age(study.eligibility.minimum_age),
    "oldest": lambda study: _age(study.eligibility.maximum_age),
    "at_start": lambda study: _when(study.start_date),
    "start": lambda study: _date(study.start_date),
    "at_main_end": lambda study: _when(study.primary_completion_date),
    "main_end": lambda study: _date(study.primary_completion_date),
    "results": lambda study: _EN.date(study.results_first_post_date or ""),
}
