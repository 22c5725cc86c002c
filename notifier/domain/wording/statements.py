"""From the changes of one study to what is said of them. Pure: the same changes in the same language give the same words.

Of results, papers and links it says what the record states, never a verdict.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from typing import Any

from notifier.domain.changes import FOUND, STATUS_KINDS, TAKES_NOBODY, Change, Group, Kind, Weight, group_of
from notifier.domain.changes.lists import is_lay_summary
from notifier.domain.geo import Near
from notifier.domain.letter import Told
from notifier.domain.study import Study, document, is_nct_id
from notifier.domain.wording import dates, fields, places, texts
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.dates import DATE_KINDS, Way, contradiction, said_date, start_ahead, way_of
from notifier.domain.wording.registry_words import (
    MOVES,
    STOPPED,
    WAS_UNKNOWN,
    address,
    as_text,
    label,
    reason,
    said_of,
)
from notifier.domain.wording.sentences import CASES, Ask, labels
from notifier.domain.wording.shapes import FigureTable, Line, News, Run, Telling, linked, ours, theirs
from notifier.domain.wording.speech import Speech, one_line
from notifier.domain.wording.texts import in_short

MOST_ROWS = 12
MOST_ANALYSES = 3
MOST_LINKS = 3
LONGEST_NAME = 120  # characters
#: What needs no word on how it was worked out.
_PLAIN = frozenset({"", "Number", "Count of participants", "Count of units"})
_AS_POSTED = n_("%(what)s (as posted; not explained by us)")
_MORE_NUMBERS = n_("The record has more numbers on its main measures.")

_WHOLE = re.compile(r"\d{1,9}", re.ASCII)

_Part = Mapping[str, Any]


def posted(news: News) -> Telling:
    """Results that were posted: the tables, and the links to the results and to a summary in plain words."""
    speech, record = news.speech, document(news.study.raw)
    section = _part(record, "resultsSection")
    people = _people(news, _part(section, "participantFlowModule"))
    measure, more = _main_measure(speech, _part(section, "outcomeMeasuresModule"))
    rows = []
    for group in _list(_part(section, "adverseEventsModule"), "eventGroups")[:MOST_ROWS]:
        affected, at_risk = group.get("seriousNumAffected"), group.get("seriousNumAtRisk")
        if isinstance(affected, int) and isinstance(at_risk, int) and 0 <= affected <= at_risk and at_risk:
            said = speech.count(
                "%(affected)s of %(number)s person",
                "%(affected)s of %(number)s people",
                at_risk,
                affected=speech.number(affected),
            )
            rows.append(_row(_name(group), Run(said)))
    title = news.say(_AS_POSTED, what=news.say("People with serious events"))
    grave_events = FigureTable(title, (), tuple(rows)) if rows else None
    references = _part(_part(record, "protocolSection"), "referencesModule")
    lay = filter(is_lay_summary, _list(references, "seeAlsoLinks")[:MOST_ROWS])
    links = [
        linked(news.say("All results"), f"https://clinicaltrials.gov/study/{news.study.nct_id}?tab=results"),
        *(linked(news.say("In plain words"), address(news.study.nct_id, each)) for each in lay),
    ][:MOST_LINKS]
    news.numbers.extend(line.text for line in links)
    telling = news.telling(links, notes=[news.say(_MORE_NUMBERS)] if more else ())
    return replace(telling, tables=tuple(filter(None, (people, measure, grave_events))))


def _people(news: News, flow: _Part) -> FigureTable | None:
    """How many people began, in each group and in all: as many as the first period of the study lists."""
    names = _names(flow)
    periods = _list(flow, "periods")[:1]
    started = [each for one in periods for each in _list(one, "milestones") if each.get("type") == "STARTED"]
    counts = [
        (names.get(str(each.get("groupId")), ""), _count(_text(each, "numSubjects")))
        for milestone in started[:1]
        for each in _list(milestone, "achievements")
    ]
    began = [(name, count) for name, count in counts if name and count]
    if not began:
        return None
    rows = [_row(name, Run(news.speech.number(count))) for name, count in began[:MOST_ROWS]]
    total = news.counted(sum(count for _, count in began))
    if len(began) > 1:
        rows.append((ours("", news.say("In all")), ours("", total)))
    title = news.say(_AS_POSTED, what=news.say("How many people began"))
    return FigureTable(title, (), tuple(rows))


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


# --- what stands elsewhere, or is on its way ---------------------------------------------------------------------


def papers(news: News) -> Telling:
    """Papers, pages and documents: each with its name and a link; what people want most has a sentence of its own."""
    lines: list[Line] = []
    best: tuple[str, str] | None = None
    for change in news.changes:
        before, after = (side if isinstance(side, dict) else {} for side in (change.before, change.after))
        if change.weight >= Weight.NOTABLE and best is None:
            sort = "withdrawn" if after.get("retractions") else after.get("type")
            best = CASES.get(f"paper {sort}" if change.kind is Kind.PUBLICATIONS else change.kind)
        sorts = news.say("Changed"), news.say("Added"), news.say("Removed")
        label = sorts[0 if before and after else 1 if after else 2]
        shown = after or before
        said = [*filter(None, (as_text(shown.get(key)) for key in ("citation", "label")))]
        if isinstance(shown.get("date"), str):
            said.append(news.speech.date(shown["date"]))
        lines.append(theirs(label, in_short(", ".join(said) or as_text(shown.get("url")))))
        if after and (where := address(news.study.nct_id, after)):
            lines.append(linked(news.say("Link"), where))
            news.numbers.append(where)
    telling = news.telling(lines)
    return news.reworded(telling, best) if best else telling


_ACCESS = labels("access")


def access(news: News) -> Telling:
    """Whether the treatment can be had outside the study: what the record says now, and where."""
    before, after = (
        side if isinstance(side, dict) else {} for side in (news.change.before, news.change.after)
    )
    if "hasExpandedAccess" not in before and "hasExpandedAccess" not in after:
        return news.telling()
    if after.get("hasExpandedAccess"):
        key = str(after.get("statusForNctId") or "AVAILABLE")
    else:
        key = "NONE" if "hasExpandedAccess" in after else "SILENT"
    number, lines = str(after.get("nctId") or before.get("nctId") or ""), []
    if is_nct_id(number):
        lines.append(linked(news.say("Its own record"), f"https://clinicaltrials.gov/study/{number}"))
        news.numbers.append(lines[0].text)
    telling = news.telling(lines)
    return replace(telling, means=news.say(_ACCESS[key])) if key in _ACCESS else telling


_NEED_NOT = n_("%(source)s the study team says that it need not post results there.")
_DELAY_CHANGED = n_("%(source)s the entry on posting the results later changed.")
_STEPS = labels("step")


def steps(news: News) -> Telling:
    """Results that are on their way: what was asked for or done, and when."""
    lines: list[Line] = []
    for change in news.changes:
        name, after = change.path.rpartition(".")[2], change.after
        if name in _STEPS and after:
            said = news.say("Yes") if after is True else said_date(news.speech, after)
            lines.append(ours(news.say(_STEPS[name]), said))
        elif isinstance(after, dict) and (event := str(after.get("type"))) in _STEPS:
            lines.append(ours(news.say(_STEPS[event]), said_date(news.speech, {"date": after.get("date")})))
    telling, kind = news.telling(lines), news.change.kind
    events = (change.after for change in news.changes if isinstance(change.after, dict))
    # Of one day, what was sent in stands before what was sent or taken back.
    done = sorted(
        (str(each.get("date")), str(each.get("type")))
        for each in events
        if f"results {each.get('type')}" in CASES
    )
    if kind is Kind.RESULTS_SUBMITTED and done:
        return news.reworded(telling, CASES[f"results {done[-1][1]}"])
    asked = {change.path.rpartition(".")[2] for change in news.changes if change.after}
    if kind is not Kind.RESULTS_DELAYED or "dispFirstSubmitDate" in asked:
        return telling
    means = _NEED_NOT if "resultsWaived" in asked else _DELAY_CHANGED
    return replace(telling, means=news.say(means))


#: Told as the lines that came, went or were edited, not as two whole texts.
_LONG = frozenset({Kind.ELIGIBILITY_CRITERIA, Kind.SUMMARY, Kind.DESCRIPTION, Kind.STUDY_POPULATION})
#: Each of these is told by itself; of all other kinds, what comes together is told as one.
_ALONE = STATUS_KINDS | DATE_KINDS | {Kind.WHY_STOPPED, Kind.ENROLMENT}
#: What happened to places is one list, and the same edit in main and in further measures is one edit.
_AS_ONE = {
    Kind.SECONDARY_OUTCOME_REWORDED: Kind.PRIMARY_OUTCOME_REWORDED,
    **dict.fromkeys(places.PLACE_KINDS, Kind.SITE_OPENED),
}
_CORRECTS_LIST = n_("The study takes no new participants; this corrects the list.")
_CORRECTS_RULES = n_("The study takes no new participants; this corrects the record.")

#: These come without an update of the record: the registry, or time, made them.
_WITHOUT_UPDATE = frozenset({
    Kind.BECAME_UNKNOWN, Kind.LEFT_REGISTRY, Kind.CAME_BACK, Kind.RECORD_UNREADABLE, Kind.RESULTS_OVERDUE,
    Kind.START_PASSED, Kind.END_PASSED, Kind.RESULTS_SUBMITTED,
})  # fmt: skip
_UPDATED = n_("According to ClinicalTrials.gov (%(date)s),")
_SEEN = n_("According to ClinicalTrials.gov, as we saw it on %(date)s,")
_SAME_ENTRY = n_("According to the same entry,")
_SAME_DAY = n_("On the same day,")


def tell(
    speech: Speech, study: Study, told: Sequence[Told], zone: tzinfo, *, near: Near | None = None
) -> tuple[Telling, ...]:
    """Everything that is said of these changes, heaviest first; what belongs together is one item.

    zone: the reader's, for the days on which we saw something. near: where they want to hear of places first.
    """
    by_path: dict[str, list[Change]] = {}
    for one in told:
        by_path.setdefault(one.change.path, []).append(one.change)
    rewritten = {path for path, changes in by_path.items() if fields.is_rewritten(study, path, changes)}
    groups = _grouped(study, told, rewritten)
    tellings, last = [], ""
    for group in groups:
        # How the statement on each of these begins (W2): who says so, and when; in full once, then shortly while it is the
        # same. The registry's date of an update is told from the day on which we saw a change that came without one.
        update = None if group[0].change.kind in _WITHOUT_UPDATE else group[0].posted
        first, again = (_UPDATED, _SAME_ENTRY) if update else (_SEEN, _SAME_DAY)
        day = speech.date(update) if update else speech.day(group[0].detected_at.astimezone(zone))
        full = speech.say(first, date=day)
        news = News(speech, study, group, speech.say(again) if full == last else full, near)
        last = full
        telling = _TELLERS.get(news.change.kind, texts.plain)(news)
        path = news.change.path
        if _comes_or_goes(news.change) and path in rewritten:
            telling = fields.rewritten(news, telling)
        else:
            telling = fields.whole(news, telling, by_path[path])
        side = group_of(telling.kinds[0])
        if study.overall_status in TAKES_NOBODY and side in {Group.PLACES, Group.WHO_CAN_JOIN}:
            # What changed on joining, without advice to those who want to.
            note = _CORRECTS_LIST if side is Group.PLACES else _CORRECTS_RULES
            asks = (Ask.STILL_TREATED,) if Kind.SITE_REMOVED in telling.kinds else ()
            telling = replace(telling, notes=(speech.say(note),), asks=asks)
        tellings.append(replace(telling, derived=tuple(news.numbers)))
    doubt = contradiction(speech, study, told)
    for number, telling in enumerate(tellings):
        if doubt and not _ON_START.isdisjoint(telling.kinds):
            tellings[number] = replace(telling, notes=(*telling.notes, doubt))
            break
    return _without_echoes(_once(speech, tellings))


#: What makes people think that they can join now, or when.
_ON_START = STATUS_KINDS | FOUND | {*places.PLACE_KINDS, Kind.START_DATE, Kind.START_DATE_ROLLED}


def _once(speech: Speech, tellings: Sequence[Telling]) -> list[Telling]:
    """How a study stands, and where, is no line of its own beside what tells that it moved."""
    kinds = {kind for telling in tellings for kind in telling.kinds}
    moved = (
        (speech.say("Status"), STATUS_KINDS),
        (speech.say("Places"), frozenset(places.PLACE_KINDS)),
        (speech.say("Expected start"), DATE_KINDS),
        (speech.say("Still looking for participants"), frozenset({Kind.NO_LONGER_UNKNOWN})),
    )
    known = {label for label, told in moved if not told.isdisjoint(kinds)}
    found = []
    for telling in tellings:
        lines = tuple(line for line in telling.lines if line.label not in known)
        found.append(telling if lines == telling.lines else replace(telling, lines=lines))
        known |= {line.label for line in telling.lines} & {moved[0][0]}
    return found


def _without_echoes(tellings: list[Telling]) -> tuple[Telling, ...]:
    """An edit of a text is told where it comes first, and a text without another edit not at all; a note that the next
    telling has too is said there alone.
    """
    seen = set[object]()
    told = []
    for telling in tellings:
        edits = list(texts.by_edit(telling.lines))
        lines = tuple(line for key, edit in edits if key not in seen for line in edit)
        seen.update(key for key, _ in edits)
        if telling.kinds[0] not in _LONG:
            told.append(telling)
        elif lines or not telling.lines:
            told.append(replace(telling, lines=lines))
    following = [*(set(telling.notes) for telling in told[1:]), set[str]()]
    return tuple(
        telling
        if later.isdisjoint(telling.notes)
        else replace(telling, notes=tuple(note for note in telling.notes if note not in later))
        for telling, later in zip(told, following, strict=True)
    )


def _grouped(study: Study, told: Sequence[Told], rewritten: set[str]) -> list[list[Told]]:
    """What is told together, at the place of its first. Of several changes of the status the last one comes first; the
    reason for stopping stands beside its status; dates that moved in one way are one item, but not two moves of one date.
    """
    statuses = [one for one in told if one.change.kind in STATUS_KINDS]
    statuses.sort(key=lambda one: one.detected_at, reverse=True)
    reason_is_told = any(_stopped_now(study, one.change) for one in statuses)
    groups: dict[object, list[Told]] = {}
    moves: Counter[object] = Counter()
    ordered = [*statuses, *(one for one in told if one.change.kind not in STATUS_KINDS)]
    for position, one in enumerate(ordered):
        kind = one.change.kind
        key: object = position if kind in _ALONE else _AS_ONE.get(kind, kind)
        if kind is Kind.WHY_STOPPED and reason_is_told:
            continue
        if one.change.path in rewritten and _comes_or_goes(one.change):
            key = one.change.path
        elif kind in DATE_KINDS and (way := way_of(one)) not in {Way.OTHER, Way.PASSED}:
            moves[way, kind] += 1
            key = way, moves[way, kind]
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def _comes_or_goes(change: Change) -> bool:
    return (change.before is None) is not (change.after is None)


def _stopped_now(study: Study, change: Change) -> bool:
    return str(change.after) in STOPPED and change.after == study.overall_status


def _status(news: News) -> Telling:
    """A move of the status: what it means, why, and where one can join a study that opened."""
    change, study = news.change, news.study
    words, stands = said_of(change.before, change.after), change.after == study.overall_status
    codes = ((news.say("Before"), as_text(change.before)), (news.say("Now"), as_text(change.after)))
    lines = [theirs(side, label(code)) for side, code in codes if code]
    quotes, notes = reason(news.speech, study.why_stopped) if _stopped_now(study, change) else ((), ())
    notes = (*notes, news.say(WAS_UNKNOWN)) if change.before == "UNKNOWN" else notes
    if Ask.JOIN in words.asks and stands:
        notes = (*notes, *places.open_of(news))
        if 0 < len(study.locations) <= places.FEW:
            lines.append(theirs(news.say("Places"), places.addresses(study.locations)))
    if stands and change.after == "NOT_YET_RECRUITING" and (day := start_ahead(study, news.told[0])):
        lines.append(ours(news.say("Expected start"), news.speech.date(day)))
    if words is MOVES["set_back"] and study.locations and not any(site.status for site in study.locations):
        notes = (*notes, news.say("The record does not say how each of its places stands."))
    headline, means = news.say(words.headline), news.say(words.means)
    telling = news.telling(lines, quotes=quotes)
    return replace(telling, headline=headline, means=means, notes=notes, asks=words.asks)


def _why_stopped(news: News) -> Telling:
    quotes, notes = reason(news.speech, news.change.after)
    before = news.change.before
    lines = [theirs(news.say("Before"), one_line(str(before)))] if before else []
    return news.telling(lines, quotes=quotes, notes=notes)


_TELLERS: dict[Kind, Callable[[News], Telling]] = {
    **dict.fromkeys(STATUS_KINDS, _status),
    **dict.fromkeys(DATE_KINDS, dates.told),
    **dict.fromkeys(places.PLACE_KINDS, places.told),
    **dict.fromkeys(FOUND, fields.newcomer),
    **dict.fromkeys(_LONG, texts.long),
    **dict.fromkeys((Kind.LEFT_REGISTRY, Kind.CAME_BACK, Kind.RECORD_UNREADABLE), News.telling),
    **dict.fromkeys((Kind.RESULTS_DELAYED, Kind.RESULTS_SUBMITTED, Kind.RESULTS_DATES), steps),
    **dict.fromkeys((Kind.PUBLICATIONS, Kind.LINKS, Kind.DOCUMENTS), papers),
    **dict.fromkeys((Kind.START_PASSED, Kind.END_PASSED), dates.passed),
    **dict.fromkeys((Kind.ARM_ADDED, Kind.ARM_REMOVED), fields.groups),
    **dict.fromkeys((Kind.INTERVENTION_ADDED, Kind.INTERVENTION_REMOVED), fields.treatments),
    **dict.fromkeys((Kind.PRIMARY_OUTCOME_REWORDED, Kind.SECONDARY_OUTCOME_REWORDED), fields.measures),
    Kind.WHY_STOPPED: _why_stopped,
    Kind.RESULTS_POSTED: posted,
    Kind.RESULTS_WITHDRAWN: News.telling,
    Kind.RESULTS_OVERDUE: dates.overdue,
    Kind.EXPANDED_ACCESS: access,
    Kind.NO_LONGER_LISTED: fields.no_longer_listed,
    Kind.ENROLMENT: fields.enrolment,
    Kind.CONTACTS: fields.contacts,
    Kind.CONDITIONS: fields.conditions,
    Kind.TITLE: fields.title,
    Kind.AGE_LIMITS: fields.ages,
    Kind.ADMINISTRATIVE: fields.administrative,
}
