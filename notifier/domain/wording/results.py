"""Posted results as the record states them: how many people, the main measure by group, grave events. Never a verdict."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from notifier.domain.changes.lists import is_lay_summary
from notifier.domain.study import Study, document
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.registry_words import address, label
from notifier.domain.wording.shapes import FigureTable, Line, Run, linked
from notifier.domain.wording.speech import Speech, one_line
from notifier.domain.wording.texts import in_short

MOST_ROWS = 12
MOST_ANALYSES = 3
MOST_LINKS = 3
LONGEST_NAME = 120  # characters
#: What needs no word on how it was worked out.
_PLAIN = frozenset({"", "Number", "Count of participants", "Count of units"})
_AS_POSTED = n_("%(what)s (as posted; not explained by us)")

_WHOLE = re.compile(r"\d{1,9}", re.ASCII)

_Part = Mapping[str, Any]


class Posted(NamedTuple):
    """What is said of posted results. derived: what of it we counted or made. more: whether the record has more numbers."""

    tables: tuple[FigureTable, ...]
    links: tuple[Line, ...]
    derived: tuple[str, ...]
    more: bool


def posted(speech: Speech, study: Study) -> Posted:
    """The tables, and the links to the results and to a summary in plain words."""
    record = document(study.raw)
    section = _part(record, "resultsSection")
    people, total = _people(speech, _part(section, "participantFlowModule"))
    measure, more = _main_measure(speech, _part(section, "outcomeMeasuresModule"))
    events = _part(section, "adverseEventsModule")
    rows = []
    for group in _list(events, "eventGroups")[:MOST_ROWS]:
        affected, at_risk = group.get("seriousNumAffected"), group.get("seriousNumAtRisk")
        if isinstance(affected, int) and isinstance(at_risk, int) and 0 <= affected <= at_risk and at_risk:
            said = speech.count(
                "%(affected)s of %(number)s person",
                "%(affected)s of %(number)s people",
                at_risk,
                affected=speech.number(affected),
            )
            rows.append(_row(_name(group), Run(said)))
    title = speech.say(_AS_POSTED, what=speech.say("People with serious events"))
    grave_events = FigureTable(title, (), tuple(rows)) if rows else None
    found = people, measure, grave_events
    references = _part(_part(record, "protocolSection"), "referencesModule")
    lay = filter(is_lay_summary, _list(references, "seeAlsoLinks")[:MOST_ROWS])
    links = [
        linked(speech.say("All results"), f"https://clinicaltrials.gov/study/{study.nct_id}?tab=results"),
        *(linked(speech.say("In plain words"), address(study.nct_id, each)) for each in lay),
    ]
    there = tuple(links[:MOST_LINKS])
    return Posted(tuple(filter(None, found)), there, (*total, *(line.text for line in there)), more)


def _people(speech: Speech, flow: _Part) -> tuple[FigureTable | None, list[str]]:
    """How many people began, in each group and in all: as many as the first period of the study lists."""
    names = _names(flow)
    started = [
        milestone
        for period in _list(flow, "periods")[:1]
        for milestone in _list(period, "milestones")
        if milestone.get("type") == "STARTED"
    ]
    counts = [
        (names.get(str(each.get("groupId")), ""), _count(_text(each, "numSubjects")))
        for milestone in started[:1]
        for each in _list(milestone, "achievements")
    ]
    began = [(name, count) for name, count in counts if name and count]
    rows = [_row(name, Run(speech.number(count))) for name, count in began[:MOST_ROWS]]
    total = speech.number(sum(count for _, count in began))
    if len(began) > 1:
        rows.append((Line("", (Run(speech.say("In all")),)), Line("", (Run(total),))))
    title = speech.say(_AS_POSTED, what=speech.say("How many people began"))
    return (FigureTable(title, (), tuple(rows)), [total]) if rows else (None, [])


def _main_measure(speech: Speech, outcomes: _Part) -> tuple[FigureTable | None, bool]:
    """The first main measure that has numbers: each group's number with its unit, and what was worked out of them; and
    whether there are more numbers on main measures.
    """
    found: FigureTable | None = None
    for measure in (each for each in _list(outcomes, "outcomeMeasures") if each.get("type") == "PRIMARY"):
        rows, analyses = list(_numbers(speech, measure)), list(_analyses(speech, measure))
        if rows and found:
            return found, True
        if rows:
            named = [measure.get("title"), measure.get("timeFrame")]
            about = in_short(", ".join(one_line(str(each)) for each in named if each))
            title = speech.say(_AS_POSTED, what=speech.say("Main measure"))
            shown = (*rows[:MOST_ROWS], *analyses[:MOST_ANALYSES])
            found = FigureTable(title, (Run(about, registry=True),), shown)
            if len(shown) < len(rows) + len(analyses):
                return found, True
    return found, False


def _numbers(speech: Speech, measure: _Part) -> Iterator[tuple[Line, Line]]:
    names = _names(measure)
    unit, spread = _text(measure, "unitOfMeasure"), _text(measure, "dispersionType")
    kind = label(_text(measure, "paramType"))
    people = {
        str(each.get("groupId")): _count(_text(each, "value"))
        for denominator in _list(measure, "denoms")
        if denominator.get("units") == "Participants"
        for each in _list(denominator, "counts")
    }
    for part in _list(measure, "classes"):
        for category in _list(part, "categories"):
            of = ", ".join(filter(None, (_text(part, "title"), _text(category, "title"))))
            for number in _list(category, "measurements"):
                group, value = str(number.get("groupId")), _text(number, "value")
                if group not in names or not value or (people and not people.get(group)):
                    continue
                said = f"{value} {unit}" if kind in _PLAIN else f"{kind}: {value} {unit}"
                runs = [Run(said.strip(), registry=True)]
                low, high, around = (_text(number, key) for key in ("lowerLimit", "upperLimit", "spread"))
                if low and high:
                    runs += [Run(" ("), Run(spread, registry=True), Run(f": {_range(speech, low, high)})")]
                elif around and spread:
                    runs.append(Run(f" ({spread}: {around})", registry=True))
                if analysed := people.get(group):
                    runs.append(Run(speech.say(", of %(number)s people", number=speech.number(analysed))))
                yield _row(f"{names[group]}: {of}" if of else names[group], *runs)


def _analyses(speech: Speech, measure: _Part) -> Iterator[tuple[Line, Line]]:
    """What was worked out of the groups' numbers, in the record's words. Of several numbers it does not say of which."""
    names = _names(measure) if len(_list(measure, "classes")) == 1 else {}
    for analysis in _list(measure, "analyses"):
        value, low, high = (_text(analysis, key) for key in ("paramValue", "ciLowerLimit", "ciUpperLimit"))
        said = [f"{_text(analysis, 'paramType')}: {value}".removeprefix(": ")] if value else []
        if low and high:
            percent, interval = _text(analysis, "ciPctValue"), _range(speech, low, high)
            said.append(
                speech.say("confidence interval (%(number)s %%): %(range)s", number=percent, range=interval)
            )
        if chance := _text(analysis, "pValue"):
            said.append(speech.say("p-value: %(number)s", number=chance))
        if method := _text(analysis, "statisticalMethod"):
            said.append(method)
        groups = analysis.get("groupIds")
        compared = (
            [names[str(group)] for group in groups if str(group) in names] if isinstance(groups, list) else []
        )
        if said and compared:
            words = Run(speech.say("Compared: ")), Run("; ".join(compared), registry=True)
            yield Line("", words), Line("", (Run("; ".join(said), registry=True),))


def _range(speech: Speech, low: str, high: str) -> str:
    return speech.say("%(low)s to %(high)s", low=low, high=high)


def _row(name: str, *runs: Run) -> tuple[Line, Line]:
    return Line("", (Run(name, registry=True),)), Line("", runs)


def _names(part: _Part) -> dict[str, str]:
    return {str(group.get("id")): _name(group) for group in _list(part, "groups")}


def _name(group: _Part) -> str:
    return _text(group, "title") or str(group.get("id") or "")


def _part(value: Any, key: str) -> _Part:
    part = value.get(key) if isinstance(value, dict) else None
    return part if isinstance(part, dict) else {}


def _list(value: _Part, key: str) -> list[_Part]:
    listed = value.get(key)
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _count(text: str) -> int:
    return int(text) if _WHOLE.fullmatch(text) else 0


def _text(value: _Part, key: str) -> str:
    raw = value.get(key)
    text = one_line("" if raw is None else str(raw)[: 2 * LONGEST_NAME])
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1].rpartition(" ")[0] + " …"
