"""Sample letters of every sort, made of the demo's studies by the real detection, to look at without a database."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from notifier.demo import day
from notifier.domain.changes import Kind, detect, made
from notifier.domain.letter import (
    Agreement,
    Correction,
    Entry,
    Letter,
    LetterKind,
    OpenNow,
    OpenStudy,
    Past,
    Reason,
    Silence,
    Story,
    Told,
    Topic,
)
from notifier.domain.study import decode
from notifier.domain.summaries import by_rules
from notifier.domain.summaries.voice import plain
from notifier.storage.subscribers import CONSENT_WORDING

ASKED = datetime(2027, 1, 11, 15, tzinfo=UTC)
NOW = datetime(2027, 1, 13, 15, tzinfo=UTC)

Record = dict[str, Any]


def letters(language: str) -> Iterator[tuple[str, Letter]]:
    first, second, third = (
        {str(each["protocolSection"]["identificationModule"]["nctId"]): each for each in records}
        for records in (day.baseline(), day.next_day(), day.day_after())
    )
    opens = _changed(first[day.BLOOD_TEST], second[day.BLOOD_TEST])
    place = _changed(first[day.FOCUSED_RADIOTHERAPY], second[day.FOCUSED_RADIOTHERAPY])
    stops = _changed(first[day.HEART_TRACER], third[day.HEART_TRACER])
    moves = _changed(second[day.BLOOD_TEST], third[day.BLOOD_TEST])
    rules = _changed(second[day.FOCUSED_RADIOTHERAPY], third[day.FOCUSED_RADIOTHERAPY])
    new = _listed(third[day.FOOD_DIARY], Kind.NEW_STUDY)
    yield "opens", _letter(language, opens)
    yield "place", _letter(language, place)
    yield "stops", _letter(language, stops)
    yield "moves", _letter(language, moves)
    yield "who-can-join", _letter(language, rules)
    yield "new-study", _letter(language, new)
    yield "now-listed", _letter(language, _listed(first[day.EXERCISE], Kind.NOW_LISTED))
    # For somebody who follows each by a subscription of its own, once a week.
    weekly = [
        replace(entry, reasons=(replace(entry.reasons[0], subscription_id=number, every="weekly"),))
        for number, entry in enumerate((moves, place, new), start=1)
    ]
    yield "weekly", _letter(language, *weekly)
    since, until, blind = date(2027, 1, 13), date(2027, 2, 12), (date(2027, 2, 4), date(2027, 2, 5))
    days, last = (until - since).days, datetime.combine(until, NOW.timetz())
    silence = Silence(since, until, days, days - len(blind), blind, last, studies=1, conditions=0)
    correction = Correction("The study goes on. Our program read the record wrongly.", NOW)
    for kind in LetterKind:
        if kind is LetterKind.UPDATE:
            continue
        letter = _letter(language, *([stops] if kind is LetterKind.CORRECTION else ()), kind=kind)
        if kind is LetterKind.STILL_WATCHING:
            letter = replace(letter, silence=silence)
        elif kind is LetterKind.CORRECTION:
            letter = replace(letter, correction=correction)
        elif kind is LetterKind.WELCOME:
            letter = _welcome(letter, moves)
        elif kind.manner.link:
            letter = replace(letter, reasons=(), link=(1, 0))
        yield kind.replace("_", "-"), letter


def stored(
    record: bytes, told: tuple[Told, ...], first_seen: datetime, language: str, now: datetime
) -> Letter:
    """A letter of a stored study to a made-up reader."""
    study = decode(record)
    reason = Reason(1, Topic.STUDY, study.nct_id, first_seen, "immediate")
    return _letter(language, Entry(study, first_seen, told, (reason,)), now=now)


def _changed(before: Record, after: Record) -> Entry:
    study = decode(msgspec.json.encode(after))
    told = tuple(
        Told(change, NOW, posted=study.last_update_post_date) for change in detect(before, after).news
    )
    return Entry(study, ASKED, told, (Reason(1, Topic.STUDY, study.nct_id, ASKED, "immediate"),))


def _listed(record: Record, kind: Kind) -> Entry:
    study = decode(msgspec.json.encode(record))
    change = made(kind, after=list(study.conditions))
    told = Told(change, NOW, condition=day.CONDITION, posted=study.last_update_post_date)
    return Entry(study, NOW, (told,), (Reason(2, Topic.CONDITION, day.CONDITION, ASKED, "immediate"),))


def _welcome(bare: Letter, before: Entry) -> Letter:
    study, topic = before.reasons[0], Reason(2, Topic.CONDITION, day.CONDITION, NOW, "weekly")
    is_open = by_rules(before.study, NOW.date(), bare.language)
    said = (plain(text) for text in (is_open.title, is_open.question, is_open.status_line))
    found = OpenNow(NOW.date(), (OpenStudy(before.study.nct_id, *said),))
    stories = (
        Story(study, before.study, ASKED, ASKED, updates=1, past=(Past(before.study, before.told),)),
        Story(
            topic, a_month=2, open_now=found, search=f"/search?{urlencode({'q': day.CONDITION, 'open': '1'})}"
        ),
    )
    agreed = (Agreement(CONSENT_WORDING, NOW),)
    return replace(bare, reasons=(study, topic), stories=stories, agreements=agreed)


def _letter(
    language: str, *entries: Entry, kind: LetterKind = LetterKind.UPDATE, now: datetime = NOW
) -> Letter:
    reasons = {reason.subscription_id: reason for entry in entries for reason in entry.reasons}
    sample = Reason(1, Topic.STUDY, day.BLOOD_TEST, ASKED, "immediate")
    return Letter(
        message_id=1,
        subscriber_id=1,
        kind=kind,
        recipient="reader@example.org",
        language=language,
        time_zone="Europe/Copenhagen",
        rfc_message_id="<preview@example.org>",
        dated=now,
        reasons=tuple(reasons.values()) or (sample,),
        entries=entries,
    )
