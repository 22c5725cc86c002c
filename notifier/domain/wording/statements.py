"""From the changes of one study to what is said of them. Pure: the same changes in the same language give the same words."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import tzinfo
from functools import partial
from typing import Any

from notifier.domain.changes import FOUND, STATUS_KINDS, TAKES_NOBODY, Change, Group, Kind, Weight, group_of
from notifier.domain.changes.noise import LISTS
from notifier.domain.geo import Near
from notifier.domain.letter import Told
from notifier.domain.study import Study
from notifier.domain.wording import (
    elsewhere,
    enrolment,
    entries,
    listed,
    newcomers,
    places,
    registry_words,
    results,
    texts,
)
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.dates import (
    DATE_KINDS,
    Way,
    contradiction,
    moved,
    said_date,
    start_ahead,
    way_of,
)
from notifier.domain.wording.sentences import MAY_COME_LATER, NO_REASON, SENTENCES, Ask, Sentence
from notifier.domain.wording.shapes import Line, Quote, Run, Telling, ours, theirs
from notifier.domain.wording.speech import Speech, one_line
from notifier.domain.wording.statuses import (
    MOVES,
    STOPPED,
    WAS_UNKNOWN,
    before_and_now,
    reason,
    said_of,
)

#: Told as the lines that came, went or were edited, not as two whole texts.
_LONG = frozenset({Kind.ELIGIBILITY_CRITERIA, Kind.SUMMARY, Kind.DESCRIPTION, Kind.STUDY_POPULATION})
#: Each of these is told by itself; of all other kinds, what comes together is told as one.
_ALONE = STATUS_KINDS | DATE_KINDS | {Kind.WHY_STOPPED, Kind.ENROLMENT}
#: What happened to places is one list, and the same edit in main and in further measures is one edit.
_AS_ONE = {
    Kind.SECONDARY_OUTCOME_REWORDED: Kind.PRIMARY_OUTCOME_REWORDED,
    **dict.fromkeys(places.PLACE_KINDS, Kind.SITE_OPENED),
}
_ELSEWHERE = (
    Kind.PUBLICATIONS,
    Kind.LINKS,
    Kind.DOCUMENTS,
    Kind.EXPANDED_ACCESS,
    Kind.RESULTS_DELAYED,
    Kind.RESULTS_SUBMITTED,
    Kind.RESULTS_DATES,
)
#: Where one kind is read at several paths, a line must say which part of the record it is about.
_NAMED_FIELDS = frozenset(
    {
        Kind.AGE_LIMITS,
        Kind.SEX,
        Kind.TITLE,
        Kind.DESIGN,
        Kind.DESIGN_DETAILS,
        Kind.EXPANDED_ACCESS,
        Kind.ADMINISTRATIVE,
        Kind.DATA_SHARING,
        Kind.RESULTS_DATES,
        Kind.RESULTS_DELAYED,
        Kind.OTHER,
        Kind.RESULTS_UPDATED,
    }
)

#: Our words for the parts of a record that change most.
_PARTS = {
    "briefTitle": n_("Title"),
    "officialTitle": n_("Long title"),
    "acronym": n_("Short name"),
    "minimumAge": n_("Youngest age"),
    "maximumAge": n_("Oldest age"),
}
_CORRECTS_LIST = n_("The study takes no new participants; this corrects the list.")
_CORRECTS_RULES = n_("The study takes no new participants; this corrects the record.")
_MEASURES = n_("%(source)s the words for the measures have changed.")
_ONE_MEASURE = n_("%(source)s the words for one of the main measures have changed.")
_MORE_NUMBERS = n_("The record has more numbers on its main measures.")
_REGISTRY_WORDS = n_("In the registry's words:")
_FULL_LIST = n_("The full list of places is on the study's page.")

#: These come without an update of the record: the registry, or time, made them.
_WITHOUT_UPDATE = frozenset(
    {
        Kind.BECAME_UNKNOWN,
        Kind.LEFT_REGISTRY,
        Kind.CAME_BACK,
        Kind.RECORD_UNREADABLE,
        Kind.RESULTS_OVERDUE,
        Kind.START_PASSED,
        Kind.END_PASSED,
        Kind.RESULTS_SUBMITTED,
    }
)
_UPDATED = n_("According to ClinicalTrials.gov (%(date)s),")
_SEEN = n_("According to ClinicalTrials.gov, as we saw it on %(date)s,")
_SAME_ENTRY = n_("According to the same entry,")
_SAME_DAY = n_("On the same day,")

Teller = Callable[[Speech, Study, Sequence[Told], str], Telling]


def tell(
    speech: Speech, study: Study, told: Sequence[Told], zone: tzinfo, *, near: Near | None = None
) -> tuple[Telling, ...]:
    """Everything that is said of these changes, heaviest first; what belongs together is one item.

    zone: the reader's, for the days on which we saw something. near: where they want to hear of places first.
    """
    groups = _grouped(study, told)
    said = _sources(speech, [group[0] for group in groups], zone)
    tellings = []
    for group, source in zip(groups, said, strict=True):
        telling = _teller(group[0].change.kind, near)(speech, study, group, source)
        path = group[0].change.path
        of_list = [one.change for one in told if one.change.path == path]
        if listed.is_whole(study, path, of_list):
            telling = listed.whole(speech, group[0].change, source, telling)
        elif _comes_or_goes(group[0].change) and listed.is_rewritten(study, path, of_list):
            telling = listed.rewritten(speech, study, group, source, telling)
        tellings.append(_closed(speech, study, telling))
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
        found.append(replace(telling, lines=tuple(line for line in telling.lines if line.label not in known)))
        known |= {line.label for line in telling.lines} & {moved[0][0]}
    return found


def _sources(speech: Speech, told: Sequence[Told], zone: tzinfo) -> list[str]:
    """How the statement on each of these begins (W2): who says so, and when; in full once, then shortly while it is the same.

    The registry's date of an update is told from the day on which we saw a change that came without one.
    """
    said: list[str] = []
    last = ""
    for one in told:
        update = None if one.change.kind in _WITHOUT_UPDATE else one.posted
        first, again = (_UPDATED, _SAME_ENTRY) if update else (_SEEN, _SAME_DAY)
        day = speech.date(update) if update else speech.day(one.detected_at.astimezone(zone))
        full = speech.say(first, date=day)
        said.append(speech.say(again) if full == last else full)
        last = full
    return said


def _closed(speech: Speech, study: Study, telling: Telling) -> Telling:
    """Of a study that takes nobody any more: what changed on joining, without advice to those who want to."""
    group = group_of(telling.kinds[0])
    if study.overall_status not in TAKES_NOBODY or group not in {Group.PLACES, Group.WHO_CAN_JOIN}:
        return telling
    note = _CORRECTS_LIST if group is Group.PLACES else _CORRECTS_RULES
    gone = Kind.SITE_REMOVED in telling.kinds
    return replace(telling, notes=(speech.say(note),), asks=(Ask.STILL_TREATED,) if gone else ())


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
        replace(telling, notes=tuple(note for note in telling.notes if note not in later))
        for telling, later in zip(told, following, strict=True)
    )


def _grouped(study: Study, told: Sequence[Told]) -> list[list[Told]]:
    """What is told together, at the place of its first. Of several changes of the status the last one comes first; the
    reason for stopping stands beside its status; dates that moved in one way are one item, but not two moves of one date.
    """
    statuses = [one for one in told if one.change.kind in STATUS_KINDS]
    reason_is_told = any(_stopped_now(study, one.change) for one in statuses)
    lists = {one.change.path for one in told if _comes_or_goes(one.change)}
    anew = {
        path
        for path in lists
        if listed.is_rewritten(study, path, [one.change for one in told if one.change.path == path])
    }
    statuses.sort(key=lambda one: one.detected_at, reverse=True)
    groups: dict[object, list[Told]] = {}
    moves: Counter[object] = Counter()
    for position, one in enumerate(
        [*statuses, *(one for one in told if one.change.kind not in STATUS_KINDS)]
    ):
        kind, key = one.change.kind, _AS_ONE.get(one.change.kind, one.change.kind)
        if kind is Kind.WHY_STOPPED and reason_is_told:
            continue
        if one.change.path in anew and _comes_or_goes(one.change):
            groups.setdefault(one.change.path, []).append(one)
            continue
        if kind in DATE_KINDS and (way := way_of(one)) not in {Way.OTHER, Way.PASSED}:
            moves[way, kind] += 1
            groups.setdefault((way, moves[way, kind]), []).append(one)
        else:
            groups.setdefault(position if kind in _ALONE else key, []).append(one)
    return list(groups.values())


def _comes_or_goes(change: Change) -> bool:
    return (change.before is None) is not (change.after is None)


def _stopped_now(study: Study, change: Change) -> bool:
    return str(change.after) in STOPPED and change.after == study.overall_status


def _teller(kind: Kind, near: Near | None) -> Teller:
    if kind in STATUS_KINDS:
        return _status
    if kind in DATE_KINDS:
        return _date
    if kind in places.PLACE_KINDS:
        return partial(_places, near=near)
    if kind in FOUND:
        return partial(_newcomer, near=near)
    return _TELLERS.get(kind, _plain)


def _status(speech: Speech, study: Study, told: Sequence[Told], source: str) -> Telling:
    change = told[0].change
    words = said_of(change.before, change.after)
    quotes, notes = reason(speech, study.why_stopped) if _stopped_now(study, change) else ((), ())
    joins = Ask.JOIN in words.asks and change.after == study.overall_status
    few = joins and 0 < len(study.locations) <= places.FEW
    where = [theirs(speech.say("Places"), places.addresses(study.locations))] if few else []
    if change.before == "UNKNOWN":
        notes = (*notes, speech.say(WAS_UNKNOWN))
    opened, derived = places.open_of(speech, study) if joins else ((), ())
    if change.after == study.overall_status == "NOT_YET_RECRUITING" and (day := start_ahead(study, told[0])):
        where.append(ours(speech.say("Expected start"), speech.date(day)))
    if (
        words.headline == MOVES["set_back"].headline
        and study.locations
        and not any(s.status for s in study.locations)
    ):
        opened = (speech.say("The record does not say how each of its places stands."),)
    return Telling(
        kinds=(change.kind,),
        weight=change.weight,
        headline=speech.say(words.headline),
        means=speech.say(words.means, source=source),
        quotes=quotes,
        lines=(*before_and_now(speech, change.before, change.after), *where),
        notes=(*notes, *opened),
        asks=words.asks,
        derived=derived,
    )


def _date(speech: Speech, study: Study, told: Sequence[Told], source: str) -> Telling:
    change = told[0].change
    words = moved(speech, study, told, source)
    over = way_of(told[0]) not in {Way.LATER, Way.EARLIER, Way.OTHER}
    asks = () if over or change.weight is Weight.MINOR else SENTENCES[told[-1].change.kind].asks
    if asks and words.doubtful and study.overall_status == "RECRUITING":
        asks = (*asks, Ask.HAS_STARTED)
    return Telling(
        kinds=tuple(dict.fromkeys(one.change.kind for one in told)),
        weight=change.weight,
        headline=words.headline,
        means=words.means,
        also=words.also,
        lines=words.lines,
        notes=words.notes,
        asks=asks,
        derived=words.derived,
    )


def _places(
    speech: Speech, study: Study, told: Sequence[Told], source: str, *, near: Near | None = None
) -> Telling:
    changes = [one.change for one in told]
    found = places.places_of(changes)
    known = {way for one in study.central_contacts for way in (one.phone, one.email) if way}
    told_anyway = [place for place in found if not (place.only_names(known) or place.is_no_news)]
    found = [places.as_listed(study, place) for place in told_anyway or found]
    if any(place.kinds != {Kind.SITE_ADDRESS} for place in found):  # beside news, a post code is none
        found = [place for place in found if place.kinds != {Kind.SITE_ADDRESS}]
    headline, means, counted = places.sentences(speech, study, found, source)
    stay, nowhere, staying = places.still_there(speech, study, found)
    lines, derived = places.lines(speech, study, found, near, known)
    silent = {place.what for place in found if not place.after.get("status")}
    if study.overall_status and silent & {"listed_silent", "named"}:
        lines = (*lines, newcomers.status_line(speech, study.overall_status))
    numbers = any(line.label == speech.say("Contact there") for line in lines)
    shut = any(place.is_shut for place in found)
    return Telling(
        kinds=tuple(dict.fromkeys(change.kind for change in changes)),
        weight=changes[0].weight,
        headline=headline,
        means=means,
        also=places.also(speech, found),
        lines=(*lines, *stay),
        notes=(
            *places.may_be_renamed(speech, found),
            *nowhere,
            *([speech.say(NO_REASON)] if shut else []),
            *places.nameless(speech, study, found),
            *([speech.say(_FULL_LIST)] if places.hides_names(found) else []),
        ),
        asks=places.asks(found, numbers=numbers, team=bool(known)),
        derived=(*derived, *counted, *staying),
    )


def _newcomer(
    speech: Speech, study: Study, told: Sequence[Told], source: str, *, near: Near | None = None
) -> Telling:
    change, row = told[0].change, SENTENCES[told[0].change.kind]
    lines, derived = newcomers.lines(speech, study, told, near)
    return Telling(
        kinds=(change.kind,),
        weight=change.weight,
        headline=speech.say(row.headline),
        means=speech.say(row.means, source=source),
        lines=lines,
        notes=newcomers.notes(speech, study, change.kind, near),
        asks=row.asks,
        derived=derived,
    )


def _why_stopped(speech: Speech, _study: Study, told: Sequence[Told], source: str) -> Telling:
    change = told[0].change
    quotes, notes = reason(speech, change.after)
    lines = (theirs(speech.say("Before"), one_line(str(change.before))),) if change.before else ()
    return _base(speech, told, source, quotes=quotes, lines=lines, notes=notes)


def _bare(speech: Speech, _study: Study, told: Sequence[Told], source: str) -> Telling:
    return _base(speech, told, source, lines=())


def _overdue(speech: Speech, _study: Study, told: Sequence[Told], source: str) -> Telling:
    """No results yet: what is usual, or that more time was asked for."""
    change = told[0].change
    measured = ours(speech.say("Last main measurement"), said_date(speech, change.after))
    telling = _base(speech, told, source, lines=(measured,))
    if not _is_date(change.before):
        return telling
    asked = ours(speech.say("Asked to post them later"), said_date(speech, change.before))
    means = speech.say(MAY_COME_LATER, source=source)
    return replace(telling, means=means, lines=(measured, asked), notes=())


def _passed(speech: Speech, study: Study, told: Sequence[Told], source: str) -> Telling:
    """A planned day that passed, and when the record was last touched."""
    lines = [ours(speech.say("Planned for"), said_date(speech, told[0].change.after))]
    if study.last_update_post_date:
        lines.append(ours(speech.say("Record last updated"), speech.date(study.last_update_post_date)))
    return _base(speech, told, source, lines=tuple(lines))


def _not_listed(speech: Speech, study: Study, told: Sequence[Told], source: str) -> Telling:
    return _base(
        speech, told, source, lines=newcomers.topics(speech, told), quotes=newcomers.quotes(speech, study)
    )


def _results(speech: Speech, study: Study, told: Sequence[Told], source: str) -> Telling:
    found = results.posted(speech, study)
    more = (speech.say(_MORE_NUMBERS),) if found.more else ()
    telling = _base(speech, told, source, lines=found.links, notes=more)
    return replace(telling, tables=found.tables, derived=found.derived)


def _enrolment(speech: Speech, study: Study, told: Sequence[Told], source: str) -> Telling:
    base = _base(speech, told, source, lines=())
    return enrolment.told_by(speech, study, told[0].change, source, base)


def _contacts(speech: Speech, study: Study, told: Sequence[Told], source: str) -> Telling:
    return listed.contacts(speech, study, told, source, _base(speech, told, source, lines=()))


def _groups(speech: Speech, study: Study, told: Sequence[Told], source: str) -> Telling:
    return listed.groups(speech, study, told, source, _plain(speech, study, told, source))


def _treatments(speech: Speech, study: Study, told: Sequence[Told], source: str) -> Telling:
    return listed.treatments(study, told, speech, source, _plain(speech, study, told, source))


def _conditions(speech: Speech, study: Study, told: Sequence[Told], source: str) -> Telling:
    telling = _plain(speech, study, told, source)
    joins = study.overall_status not in TAKES_NOBODY and any(one.change.after for one in told)
    return replace(telling, asks=(Ask.MAY_FIT,)) if joins else telling


def _elsewhere(speech: Speech, study: Study, told: Sequence[Told], source: str) -> Telling:
    return elsewhere.told_by(speech, study, told, source, _base(speech, told, source, lines=()))


def _long(speech: Speech, _study: Study, told: Sequence[Told], source: str) -> Telling:
    lines = [line for one in told for line in texts.differences(speech, one.change.before, one.change.after)]
    edits = [edit for _, edit in texts.by_edit(lines)]
    if told[0].change.kind is not Kind.DESCRIPTION or len(edits) <= _MOST_EDITS:
        return _base(speech, told, source, lines=tuple(lines), lead=speech.say(_REGISTRY_WORDS))
    largest = sorted(edits, key=texts.size)[-_MOST_EDITS:]
    lines = [line for edit in edits if edit in largest for line in edit]
    more = (speech.say(_MORE_EDITS),)
    return _base(speech, told, source, lines=tuple(lines), notes=more, lead=speech.say(_REGISTRY_WORDS))


#: As many edits of a long description are shown, the largest.
_MOST_EDITS = 2
_MORE_EDITS = n_("More of it changed: see the full record.")


def _ages(speech: Speech, study: Study, told: Sequence[Told], source: str) -> Telling:
    return listed.ages(speech, told, _plain(speech, study, told, source))


def _title(speech: Speech, study: Study, told: Sequence[Told], source: str) -> Telling:
    return texts.title(speech, study, told, source, _plain(speech, study, told, source))


def _administrative(speech: Speech, study: Study, told: Sequence[Told], source: str) -> Telling:
    telling = _plain(speech, study, told, source)
    if all(one.change.path.endswith(".organization") for one in told) and telling.lines:
        return replace(telling, means=speech.say(_ORGANISATION, source=source))
    return telling


_ORGANISATION = n_("%(source)s the firm or clinic that keeps this record has another name.")


def _measures(speech: Speech, study: Study, told: Sequence[Told], source: str) -> Telling:
    telling = _plain(speech, study, told, source)
    means = _MEASURES if len(telling.kinds) > 1 else SENTENCES[telling.kinds[0]].means
    if (
        len(told) == 1
        and told[0].change.kind is Kind.PRIMARY_OUTCOME_REWORDED
        and len(study.primary_outcomes) > 1
    ):
        means = _ONE_MEASURE
    telling = replace(telling, means=speech.say(means, source=source))
    return listed.other_people(speech, told, source, telling)


def _plain(speech: Speech, _study: Study, told: Sequence[Told], source: str) -> Telling:
    lines, derived = entries.told(speech, [one.change for one in told if _is_entry(one.change)])
    for change in (one.change for one in told if not _is_entry(one.change)):
        name = change.path.rpartition(".")[2]
        if change.kind in _NAMED_FIELDS and not (change.kind is Kind.TITLE and len(told) == 1):
            part = speech.say(_PARTS[name]) if name in _PARTS else registry_words.field(name)
            lines.append(Line(speech.say("Part of the record"), (Run(part, registry=name not in _PARTS),)))
        if _is_date(change.before) or _is_date(change.after):
            sides = said_date(speech, change.before), said_date(speech, change.after)
            lines += [ours(speech.say("Before"), sides[0]), ours(speech.say("Now"), sides[1])]
        elif not _is_digest(change.before, change.after):
            lines += entries.field(speech, change.before, change.after, name)
    worded = any(
        isinstance(side, (str, dict)) for one in told for side in (one.change.before, one.change.after)
    )
    lead = speech.say(_REGISTRY_WORDS) if worded else ""
    telling = replace(_base(speech, told, source, lines=tuple(lines), lead=lead), derived=derived)
    if any(_LINE_OF_TREATMENT.search(run.text) for line in lines for run in line.runs):
        telling = replace(telling, notes=(*telling.notes, speech.say(_A_LINE)))
    return telling


#: "2L", "2/3L"
_LINE_OF_TREATMENT = re.compile(r"\b[1-5](?:[/-][1-5])*L\b")
_A_LINE = n_(
    "A number with an L is a line of treatment: the first, the second, and so on. A slash (/) means “or”."
)


def _base(
    speech: Speech,
    told: Sequence[Told],
    source: str,
    *,
    lines: tuple[Line, ...],
    quotes: tuple[Quote, ...] = (),
    notes: tuple[str, ...] = (),
    lead: str = "",
) -> Telling:
    """A telling with the sentences of its kind."""
    change = told[0].change
    row: Sentence = SENTENCES[change.kind]
    return Telling(
        kinds=tuple(dict.fromkeys(one.change.kind for one in told)),
        weight=change.weight,
        headline=speech.say(row.headline),
        means=speech.say(row.means, source=source),
        quotes=quotes,
        lead=lead if lines else "",
        lines=lines,
        notes=(*notes, *([speech.say(row.note)] if row.note else [])),
        asks=row.asks,
    )


def _is_entry(change: Change) -> bool:
    """Whether it is an entry of a list, or a structure, of which only what differs is told."""
    sides = change.before, change.after
    return change.path in LISTS or (
        any(isinstance(side, dict) for side in sides) and not any(map(_is_date, sides))
    )


def _is_date(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and "date" in value
        and str(value.get("type")) in {"None", "ACTUAL", "ESTIMATED"}
    )


def _is_digest(*values: Any) -> bool:
    return any(isinstance(value, str) and value.startswith("sha256:") for value in values)


_TELLERS: dict[Kind, Teller] = {
    Kind.WHY_STOPPED: _why_stopped,
    Kind.RESULTS_POSTED: _results,
    Kind.RESULTS_WITHDRAWN: _bare,
    Kind.RESULTS_OVERDUE: _overdue,
    Kind.START_PASSED: _passed,
    Kind.END_PASSED: _passed,
    Kind.NO_LONGER_LISTED: _not_listed,
    Kind.LEFT_REGISTRY: _bare,
    Kind.CAME_BACK: _bare,
    Kind.RECORD_UNREADABLE: _bare,
    Kind.ENROLMENT: _enrolment,
    Kind.CONTACTS: _contacts,
    Kind.ARM_ADDED: _groups,
    Kind.ARM_REMOVED: _groups,
    Kind.INTERVENTION_ADDED: _treatments,
    Kind.INTERVENTION_REMOVED: _treatments,
    Kind.CONDITIONS: _conditions,
    Kind.TITLE: _title,
    Kind.AGE_LIMITS: _ages,
    Kind.ADMINISTRATIVE: _administrative,
    Kind.PRIMARY_OUTCOME_REWORDED: _measures,
    Kind.SECONDARY_OUTCOME_REWORDED: _measures,
    **dict.fromkeys(_ELSEWHERE, _elsewhere),
    **dict.fromkeys(_LONG, _long),
}
