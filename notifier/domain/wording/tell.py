"""From the changes of one study to what is said of them. Pure: the same changes in the same language give the same words."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import tzinfo
from functools import partial
from typing import Any

from notifier.domain.changes import TAKES_NOBODY, Change, Group, Kind, group_of
from notifier.domain.geo import Near
from notifier.domain.letter import Told
from notifier.domain.study import Study
from notifier.domain.wording import newcomers, places, registry_words, texts
from notifier.domain.wording.moves import DATE_KINDS, moved, said_date
from notifier.domain.wording.sentences import SENTENCES, Ask, Sentence, n_
from notifier.domain.wording.sources import sources
from notifier.domain.wording.speech import Speech, one_line
from notifier.domain.wording.statuses import STATUS_KINDS, STOPPED, before_and_now, reason, said_of
from notifier.domain.wording.telling import Line, Quote, Run, Telling, ours, theirs

#: Told as the lines that came, went or were edited, not as two whole texts.
_LONG = frozenset({Kind.ELIGIBILITY_CRITERIA, Kind.SUMMARY, Kind.DESCRIPTION, Kind.STUDY_POPULATION})
#: Each of these is told by itself; of all other kinds, what comes together is told as one.
_ALONE = STATUS_KINDS | DATE_KINDS | {Kind.WHY_STOPPED, Kind.ENROLMENT}
_NEW = frozenset({Kind.NEW_STUDY, Kind.NOW_LISTED})
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

_CORRECTS_LIST = n_("The study takes no new participants; this corrects the list.")
_CORRECTS_RULES = n_("The study takes no new participants; this corrects the record.")
_REGISTRY_WORDS = n_("In the registry's words:")
_FULL_LIST = n_("The full list of places is on the study's page.")

Teller = Callable[[Speech, Study, Sequence[Told], str], Telling]


def tell(
    speech: Speech, study: Study, told: Sequence[Told], zone: tzinfo, *, near: Near | None = None
) -> tuple[Telling, ...]:
    """Everything that is said of these changes, heaviest first; what belongs together is one item.

    zone: the reader's, for the days on which we saw something. near: where they want to hear of places first.
    """
    groups = _grouped(study, told)
    said = sources(speech, [group[0] for group in groups], zone)
    return _without_echoes(
        [
            _closed(speech, study, _teller(group[0].change.kind, near)(speech, study, group, source))
            for group, source in zip(groups, said, strict=True)
        ]
    )


def _closed(speech: Speech, study: Study, telling: Telling) -> Telling:
    """Of a study that takes nobody any more: what changed on joining, without advice to those who want to."""
    group = group_of(telling.kinds[0])
    if study.overall_status not in TAKES_NOBODY or group not in {Group.PLACES, Group.WHO_CAN_JOIN}:
        return telling
    note = _CORRECTS_LIST if group is Group.PLACES else _CORRECTS_RULES
    gone = Kind.SITE_REMOVED in telling.kinds
    return replace(telling, notes=(speech.say(note),), asks=(Ask.STILL_TREATED,) if gone else ())


def _without_echoes(tellings: Sequence[Telling]) -> tuple[Telling, ...]:
    """A note that the next telling has too is said there alone."""
    following = [*(set(telling.notes) for telling in tellings[1:]), set[str]()]
    return tuple(
        replace(telling, notes=tuple(note for note in telling.notes if note not in later))
        for telling, later in zip(tellings, following, strict=True)
    )


def _grouped(study: Study, told: Sequence[Told]) -> list[list[Told]]:
    """What is told together, at the place of its first. Of several changes of the status the last one comes first."""
    groups: dict[object, list[Told]] = {}
    for position, one in enumerate(_latest_status_first(told)):
        kind = one.change.kind
        if kind is Kind.WHY_STOPPED and _reason_is_told(study, told):
            continue
        if kind in _ALONE:
            groups[position] = [one]
        else:
            groups.setdefault(places.PLACE_KINDS if kind in places.PLACE_KINDS else kind, []).append(one)
    return list(groups.values())


def _latest_status_first(told: Sequence[Told]) -> list[Told]:
    statuses = [one for one in told if one.change.kind in STATUS_KINDS]
    statuses.sort(key=lambda one: one.detected_at, reverse=True)
    return [*statuses, *(one for one in told if one.change.kind not in STATUS_KINDS)]


def _reason_is_told(study: Study, told: Sequence[Told]) -> bool:
    """Whether a change of the status is told too: the reason stands beside it."""
    return any(one.change.kind in STATUS_KINDS and _stopped_now(study, one.change) for one in told)


def _stopped_now(study: Study, change: Change) -> bool:
    return str(change.after) in STOPPED and change.after == study.overall_status


def _teller(kind: Kind, near: Near | None) -> Teller:
    if kind in STATUS_KINDS:
        return _status
    if kind in DATE_KINDS:
        return _date
    if kind in places.PLACE_KINDS:
        return partial(_places, near=near)
    if kind in _NEW:
        return partial(_newcomer, near=near)
    return _TELLERS.get(kind, _plain)


def _status(speech: Speech, study: Study, told: Sequence[Told], source: str) -> Telling:
    change = told[0].change
    words = said_of(change.before, change.after)
    quotes, notes = reason(speech, study.why_stopped) if _stopped_now(study, change) else ((), ())
    return Telling(
        kinds=(change.kind,),
        weight=change.weight,
        headline=speech.say(words.headline),
        means=speech.say(words.means, source=source),
        quotes=quotes,
        lines=before_and_now(speech, change.before, change.after),
        notes=notes,
        asks=words.asks,
    )


def _date(speech: Speech, _study: Study, told: Sequence[Told], source: str) -> Telling:
    change = told[0].change
    words = moved(speech, change, told[0].earlier, source)
    return Telling(
        kinds=(change.kind,),
        weight=change.weight,
        headline=words.headline,
        means=words.means,
        lines=words.lines,
        asks=() if words.came_true else SENTENCES[change.kind].asks,
        derived=words.derived,
    )


def _places(
    speech: Speech, study: Study, told: Sequence[Told], source: str, *, near: Near | None = None
) -> Telling:
    changes = [one.change for one in told]
    found = places.places_of(changes)
    headline, means = places.sentences(speech, found, source)
    known = {way for one in study.central_contacts for way in (one.phone, one.email) if way}
    lines, derived = places.lines(speech, found, near, known)
    rows = [SENTENCES[kind] for kind in dict.fromkeys(change.kind for change in changes)]
    full_list = [speech.say(_FULL_LIST)] if len(found) > places.MOST_BY_TOWN else []
    return Telling(
        kinds=tuple(dict.fromkeys(change.kind for change in changes)),
        weight=changes[0].weight,
        headline=headline,
        means=means,
        lines=lines,
        notes=(*full_list, *_once(speech.say(row.note) for row in rows if row.note)),
        asks=_once(ask for row in rows for ask in row.asks),
        derived=derived,
    )


def _newcomer(
    speech: Speech, study: Study, told: Sequence[Told], source: str, *, near: Near | None = None
) -> Telling:
    change, row = told[0].change, SENTENCES[told[0].change.kind]
    return Telling(
        kinds=(change.kind,),
        weight=change.weight,
        headline=speech.say(row.headline),
        means=speech.say(row.means, source=source),
        quotes=newcomers.quotes(speech, study),
        lines=newcomers.lines(speech, study, told),
        notes=newcomers.notes(speech, study, change.kind, near),
        asks=row.asks,
        derived=newcomers.derived(speech, study),
    )


def _why_stopped(speech: Speech, _study: Study, told: Sequence[Told], source: str) -> Telling:
    change = told[0].change
    quotes, notes = reason(speech, change.after)
    lines = (theirs(speech.say("Before"), one_line(str(change.before))),) if change.before else ()
    return _base(speech, told, source, quotes=quotes, lines=lines, notes=notes)


def _bare(speech: Speech, _study: Study, told: Sequence[Told], source: str) -> Telling:
    return _base(speech, told, source, lines=())


def _enrolment(speech: Speech, _study: Study, told: Sequence[Told], source: str) -> Telling:
    change = told[0].change
    lines = (
        ours(speech.say("Before"), newcomers.people(speech, change.before)),
        ours(speech.say("Now"), newcomers.people(speech, change.after)),
    )
    return _base(speech, told, source, lines=lines)


def _contacts(speech: Speech, _study: Study, told: Sequence[Told], source: str) -> Telling:
    lines: list[Line] = []
    for one in told:
        for label, contact in (
            (speech.say("Not listed any more"), one.change.before),
            (speech.say("Listed now"), one.change.after),
        ):
            if isinstance(contact, dict):
                lines.append(theirs(label, registry_words.person(contact)))
    return _base(speech, told, source, lines=tuple(lines))


def _long(speech: Speech, _study: Study, told: Sequence[Told], source: str) -> Telling:
    lines = [line for one in told for line in texts.differences(speech, one.change.before, one.change.after)]
    return _base(speech, told, source, lines=tuple(lines), lead=speech.say(_REGISTRY_WORDS))


def _plain(speech: Speech, _study: Study, told: Sequence[Told], source: str) -> Telling:
    lines = [line for one in told for line in _before_now(speech, one.change)]
    worded = any(
        isinstance(side, (str, dict)) for one in told for side in (one.change.before, one.change.after)
    )
    return _base(speech, told, source, lines=tuple(lines), lead=speech.say(_REGISTRY_WORDS) if worded else "")


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


def _before_now(speech: Speech, change: Change) -> list[Line]:
    if _is_date(change.before) or _is_date(change.after):
        return [
            *_named_field(speech, change),
            ours(speech.say("Before"), said_date(speech, change.before)),
            ours(speech.say("Now"), said_date(speech, change.after)),
        ]
    if isinstance(change.before, dict) or isinstance(change.after, dict):
        return _entry_lines(speech, change)
    lines = _named_field(speech, change)
    if not _is_digest(change.before, change.after):
        key = registry_words.key_of(change.path)
        lines.append(_side(speech, speech.say("Before"), change.before, key))
        lines.append(_side(speech, speech.say("Now"), change.after, key))
    return lines


def _is_date(value: Any) -> bool:
    return isinstance(value, dict) and "date" in value and value.get("type") in {None, "ACTUAL", "ESTIMATED"}


def _named_field(speech: Speech, change: Change) -> list[Line]:
    if change.kind not in _NAMED_FIELDS:
        return []
    return [theirs(speech.say("Part of the record"), registry_words.field(change.path))]


def _entry_lines(speech: Speech, change: Change) -> list[Line]:
    """An entry of a list, or a structure: whole where it came or went, else only the parts that differ."""
    before = change.before if isinstance(change.before, dict) else {}
    after = change.after if isinstance(change.after, dict) else {}
    if not before or not after:
        label = speech.say("Added") if after else speech.say("Removed")
        return [theirs(label, registry_words.value(speech, after or before))]
    name = registry_words.name(after)
    lines = [theirs(speech.say("About"), name)] if name and name == registry_words.name(before) else []
    for key in dict.fromkeys([*before, *after]):
        if before.get(key) != after.get(key) and key not in registry_words.UNSAID:
            lines.append(_side(speech, speech.say("Before"), before.get(key), key, headed=True))
            lines.append(_side(speech, speech.say("Now"), after.get(key), key, headed=True))
    return lines


def _side(speech: Speech, label: str, value: Any, key: str, *, headed: bool = False) -> Line:
    """One side of a change. headed: whether the key is named where it is not plain what it holds."""
    head = f"{registry_words.field(key)}: " if headed and not registry_words.is_text(key) else ""
    if isinstance(value, bool):
        return Line(label, _runs(head, Run(speech.say("Yes") if value else speech.say("No"))))
    said = registry_words.value(speech, value, key)
    return Line(label, _runs(head, Run(said, registry=True) if said else Run(speech.say("not stated"))))


def _runs(head: str, run: Run) -> tuple[Run, ...]:
    return (Run(head, registry=True), run) if head else (run,)


def _is_digest(*values: Any) -> bool:
    return any(isinstance(value, str) and value.startswith("sha256:") for value in values)


def _once(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))


_TELLERS: dict[Kind, Teller] = {
    Kind.WHY_STOPPED: _why_stopped,
    Kind.RESULTS_POSTED: _bare,
    Kind.RESULTS_WITHDRAWN: _bare,
    Kind.RESULTS_OVERDUE: _bare,
    Kind.LEFT_REGISTRY: _bare,
    Kind.CAME_BACK: _bare,
    Kind.RECORD_UNREADABLE: _bare,
    Kind.ENROLMENT: _enrolment,
    Kind.CONTACTS: _contacts,
    **dict.fromkeys(_LONG, _long),
}
