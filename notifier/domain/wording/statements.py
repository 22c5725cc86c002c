"""From the changes of one study to what is said of them. Pure: the same changes in the same language give the same words."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import tzinfo

from notifier.domain.changes import FOUND, STATUS_KINDS, TAKES_NOBODY, Change, Group, Kind, group_of
from notifier.domain.geo import Near
from notifier.domain.letter import Told
from notifier.domain.study import Study
from notifier.domain.wording import dates, fields, newcomers, places, results, texts
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.dates import DATE_KINDS, Way, contradiction, start_ahead, way_of
from notifier.domain.wording.registry_words import as_text, label
from notifier.domain.wording.sentences import Ask
from notifier.domain.wording.shapes import News, Telling, ours, theirs
from notifier.domain.wording.speech import Speech, one_line
from notifier.domain.wording.statuses import MOVES, STOPPED, WAS_UNKNOWN, reason, said_of

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
    **dict.fromkeys(FOUND, newcomers.told),
    **dict.fromkeys(_LONG, texts.long),
    **dict.fromkeys((Kind.LEFT_REGISTRY, Kind.CAME_BACK, Kind.RECORD_UNREADABLE), News.telling),
    **dict.fromkeys((Kind.RESULTS_DELAYED, Kind.RESULTS_SUBMITTED, Kind.RESULTS_DATES), results.steps),
    **dict.fromkeys((Kind.PUBLICATIONS, Kind.LINKS, Kind.DOCUMENTS), results.papers),
    **dict.fromkeys((Kind.START_PASSED, Kind.END_PASSED), dates.passed),
    **dict.fromkeys((Kind.ARM_ADDED, Kind.ARM_REMOVED), fields.groups),
    **dict.fromkeys((Kind.INTERVENTION_ADDED, Kind.INTERVENTION_REMOVED), fields.treatments),
    **dict.fromkeys((Kind.PRIMARY_OUTCOME_REWORDED, Kind.SECONDARY_OUTCOME_REWORDED), fields.measures),
    Kind.WHY_STOPPED: _why_stopped,
    Kind.RESULTS_POSTED: results.posted,
    Kind.RESULTS_WITHDRAWN: News.telling,
    Kind.RESULTS_OVERDUE: dates.overdue,
    Kind.EXPANDED_ACCESS: results.access,
    Kind.NO_LONGER_LISTED: newcomers.no_longer_listed,
    Kind.ENROLMENT: fields.enrolment,
    Kind.CONTACTS: fields.contacts,
    Kind.CONDITIONS: fields.conditions,
    Kind.TITLE: fields.title,
    Kind.AGE_LIMITS: fields.ages,
    Kind.ADMINISTRATIVE: fields.administrative,
}
