"""What a model is told of a study, and all that its text may name: the fields that a reader would care about, no person."""

from collections import Counter
from typing import Any

from notifier.domain.study import PublishedDate, Study
from notifier.domain.summaries.rules import registry_title
from notifier.domain.wording import one_line, speech
from notifier.domain.wording.registry_words import label

LONGEST_TEXT = 6000  # characters of a long field
MOST_ENTRIES = 20  # of a list
_EN = speech("en")


def brief_of(study: Study) -> dict[str, Any]:
    """The study's fields by plain names, without what is empty. Names no contact and no place's address."""
    design, who = study.design, study.eligibility
    told = {
        "title": registry_title(study),
        "official title": _text(study.official_title),
        "short summary": _text(study.brief_summary),
        "type": _label(study.study_type),
        "phases": [label(each) for each in study.phases],
        "main purpose": _label(design.primary_purpose),
        "how groups are made": _label(design.allocation),
        "how groups are set up": _label(design.intervention_model or design.observational_model),
        "which way it looks": _label(design.time_perspective),
        "masking": _label(design.masking),
        "who is not told": [label(each) for each in design.who_masked],
        "conditions": _texts(study.conditions),
        "keywords": _texts(study.keywords),
        "groups": [
            _entry(name=each.label, type=_label(each.type), text=each.description)
            for each in study.arms[:MOST_ENTRIES]
        ],
        "number of groups": len(study.arms) or None,
        "what is tried or looked at": [
            _entry(name=each.name, type=_label(each.type), text=each.description)
            for each in study.interventions[:MOST_ENTRIES]
        ],
        "main measures": [
            _entry(name=each.measure, when=each.time_frame) for each in study.primary_outcomes[:MOST_ENTRIES]
        ],
        "people": study.enrollment.count,
        "people are counted or planned": _label(study.enrollment.type),
        "who can join": _text(who.criteria),
        "youngest age": _text(who.minimum_age),
        "oldest age": _text(who.maximum_age),
        "sex": _label(who.sex),
        "healthy people can be in it": _yes_or_no(who.healthy_volunteers),
        "status": _label(study.overall_status),
        "why it stopped": _text(study.why_stopped),
        "start": _date(study.start_date),
        "last main measurement": _date(study.primary_completion_date),
        "end": _date(study.completion_date),
        "results posted": _yes_or_no(study.has_results),
        "countries": [{"name": name, "places": count} for name, count in _countries(study)],
        "number of places": len(study.locations) or None,
        "run by": _text(study.lead_sponsor.name) if study.lead_sponsor else None,
    }
    return {name: value for name, value in told.items() if value or value == 0}


def _countries(study: Study) -> list[tuple[str, int]]:
    counts = Counter(one_line(each.country) for each in study.locations if each.country)
    return counts.most_common(MOST_ENTRIES)


def _entry(**parts: str | None) -> dict[str, str]:
    return {name: text for name, text in ((name, _text(part)) for name, part in parts.items()) if text}


def _texts(listed: tuple[str, ...]) -> list[str]:
    return [text for text in map(_text, listed[:MOST_ENTRIES]) if text]


def _text(text: str | None) -> str | None:
    return one_line(text or "")[:LONGEST_TEXT] or None


def _label(code: str | None) -> str | None:
    return label(code) if code else None


def _date(published: PublishedDate | None) -> str | None:
    return _EN.date(published.date) if published and published.date else None


def _yes_or_no(answer: bool | None) -> str | None:
    return None if answer is None else ("yes" if answer else "no")
