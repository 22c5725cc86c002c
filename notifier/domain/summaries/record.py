"""What a read needs of a record beyond `Study`: the long description, all measures, counted events, papers. Read leniently.

A record that holds one of these in another form loses that part, and nothing else.
"""

import re
from functools import lru_cache
from typing import Any

import msgspec

from notifier.domain.study import Study
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.wording import one_line

MOST = 80  # entries of a list
LONGEST = 40_000  # characters of a text


class EventGroup(msgspec.Struct, frozen=True):
    """How many people of a group had grave trouble with health, and how many died, of how many."""

    title: str
    affected: int
    at_risk: int
    died: int | None = None


class More(msgspec.Struct, frozen=True):
    """The rest of a record."""

    description: str = ""
    set_up: str = ""  # what is said of the groups and of who knows what, beside the codes
    outcomes: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()  # when they are measured
    events: tuple[EventGroup, ...] = ()
    groups: int = 0  # of which events should be counted, with those that have no number
    left: tuple[EventGroup, ...] = ()  # who left because of trouble with health, of how many who began
    counted_for: str = ""  # how long events are counted, in the record's words
    papers: tuple[str, ...] = ()  # PubMed ids of papers on the results


#: What a description begins with, and gives one dose of: what a brand is made of.
_LEADS = re.compile(r"^([A-Z][a-z]{5,}) \d[\d.,]* ?(?:mg|mcg|µg|g|IU|units)\b(?!.*\d ?(?:mg|mcg|IU))")


#: What nobody does to people, or asks of them, who looks at what was collected before.
_ASKS_PEOPLE = AnyCase(
    r"^(?!.*retrospective).*\b(?:patients|participants|subjects|people|doctors|physicians|controls|volunteers)\b[^.]{0,60}\bwill (?:be (?:asked|recruited|invited)|complete|undergo|receive|fill|answer)\b|^(?!.*retrospective).*\bdata collection\b[^.]{0,40}\bby (?:tele)?phone\b"
)


def bounded(study: Study) -> Study:
    """The study as a read looks at it: each text cut, so that no record takes endless time; what is set up as a trial is one,
    though the registrant ticked "expanded access"; and no study looks back that asks people for something.
    """

    def cut(text: str | None, most: int) -> str | None:
        return text[:most] if text else text

    def names(listed: tuple[str, ...], most: int) -> tuple[str, ...]:
        return tuple(each[:300] for each in listed[:most])

    replace, design = msgspec.structs.replace, study.design
    is_trial = design.allocation or design.who_masked or len(study.arms) > 1
    told = f"{study.official_title} {(study.brief_summary or '')[:8000]} {' '.join((each.description or '')[:2000] for each in study.interventions[:60])}"
    if design.time_perspective == "RETROSPECTIVE" and _ASKS_PEOPLE.match(one_line(told)):
        design = replace(design, time_perspective=None)
    return replace(
        study,
        study_type="INTERVENTIONAL"
        if study.study_type == "EXPANDED_ACCESS" and is_trial
        else study.study_type,
        brief_title=cut(study.brief_title, 600),
        official_title=cut(study.official_title, 600),
        acronym=cut(study.acronym, 60),
        brief_summary=cut(study.brief_summary, 8000),
        why_stopped=cut(study.why_stopped, 2000),
        design=design,
        conditions=names(study.conditions, 400),
        keywords=names(study.keywords, 100),
        eligibility=replace(study.eligibility, criteria=cut(study.eligibility.criteria, 12_000)),
        arms=tuple(
            replace(
                each,
                label=cut(each.label, 400),
                description=cut(each.description, 2000),
                intervention_names=names(each.intervention_names, 60),
            )
            for each in study.arms[:60]
        ),
        interventions=tuple(
            replace(
                each,
                name=cut(each.name, 400),
                description=cut(each.description, 2000),
                other_names=names((*each.other_names, *_LEADS.findall(each.description or "")), 60),
            )
            for each in study.interventions[:60]
        ),
        primary_outcomes=tuple(
            replace(
                each,
                measure=cut(each.measure, 600),
                time_frame=cut(each.time_frame, 400),
                description=cut(each.description, 2000),
            )
            for each in study.primary_outcomes[:60]
        ),
    )


@lru_cache(maxsize=1)  # a page asks twice
def more_in(raw: bytes) -> More:
    """The rest of a study's record."""
    record = _parts(raw)
    protocol, results = _parts(record.get("protocolSection")), _parts(record.get("resultsSection"))
    outcomes = _parts(protocol.get("outcomesModule"))
    design = _parts(_parts(protocol.get("designModule")).get("designInfo"))
    masking = _parts(design.get("maskingInfo"))
    set_up = (design.get("interventionModelDescription"), masking.get("maskingDescription"))
    listed = [
        each
        for name in ("primaryOutcomes", "secondaryOutcomes", "otherOutcomes")
        for each in _list(outcomes.get(name))
    ]
    harm = _parts(results.get("adverseEventsModule"))
    events = _list(harm.get("eventGroups"))
    references = _list(_parts(protocol.get("referencesModule")).get("references"))
    return More(
        description=_text(_decoded(_parts(protocol.get("descriptionModule")).get("detailedDescription"))),
        set_up=" ; ".join(_text(_decoded(each)) for each in set_up),
        outcomes=tuple(filter(None, (_text(each.get("measure")) for each in listed[:MOST]))),
        frames=tuple(filter(None, (_text(each.get("timeFrame")) for each in listed[:MOST]))),
        events=tuple(filter(None, map(_events, events[:MOST]))),
        groups=sum(each.get("seriousNumAtRisk") != 0 for each in events),
        left=_left(_parts(results.get("participantFlowModule"))),
        counted_for=_text(_decoded(harm.get("timeFrame"))),
        papers=tuple(
            _text(each.get("pmid"))
            for each in references[:MOST]
            if each.get("type") == "RESULT" and _text(each.get("pmid")).isdigit()
        ),
    )


def _events(group: dict[str, Any]) -> EventGroup | None:
    title, affected, at_risk = (
        group.get("title"),
        group.get("seriousNumAffected"),
        group.get("seriousNumAtRisk"),
    )
    if (
        not isinstance(title, str)
        or not title.strip()
        or not isinstance(affected, int)
        or not isinstance(at_risk, int)
    ):
        return None
    if not 0 <= affected <= at_risk or not at_risk:
        return None
    died = group.get("deathsNumAffected")
    if not isinstance(died, int) or group.get("deathsNumAtRisk") != at_risk or not 0 <= died <= at_risk:
        died = None
    return EventGroup(title, affected, at_risk, died)


def _left(flow: dict[str, msgspec.Raw]) -> tuple[EventGroup, ...]:
    """Who left for an adverse event, in each group, over all periods; nothing where a number is missing."""
    periods = _list(flow.get("periods"))[:MOST]
    titles = {_text(each.get("id")): _text(each.get("title")) for each in _list(flow.get("groups"))[:MOST]}

    def counts(listed: Any, key: str, fits: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for each in _list(listed)[:MOST]:
            if fits in _text(each.get("type")).casefold():
                for one in _list(each.get(key))[:MOST]:
                    group, number = _text(one.get("groupId")), _text(one.get("numSubjects"))
                    found[group] = found.get(group, 0) + (
                        int(number) if re.fullmatch(r"[0-9]{1,6}", number) else 0
                    )
        return found

    began = counts(periods[0].get("milestones"), "achievements", "started") if periods else {}
    gone: dict[str, int] = {}
    for period in periods:
        for group, number in counts(period.get("dropWithdraws"), "reasons", "adverse event").items():
            gone[group] = gone.get(group, 0) + number
    if not any(gone.values()) or not all(
        titles.get(each) and gone.get(each, 0) <= began[each] for each in began
    ):
        return ()
    return tuple(EventGroup(titles[each], gone.get(each, 0), began[each]) for each in began if began[each])


def _decoded(raw: bytes | msgspec.Raw | None, kind: Any = Any) -> Any:
    """What stands in a part of a record; nothing where it is absent or has another form."""
    try:
        return None if raw is None else msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _parts(raw: bytes | msgspec.Raw | None) -> dict[str, msgspec.Raw]:
    """The parts of a part; most of a record is never looked into."""
    return _decoded(raw, dict[str, msgspec.Raw]) or {}


def _list(value: Any) -> list[dict[str, Any]]:
    value = _decoded(value) if isinstance(value, msgspec.Raw) else value
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value[:LONGEST] if isinstance(value, str) else ""
