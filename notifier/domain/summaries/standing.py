"""The status line: where a study stands, in plain words, with its date, before anything else is said. Knows today's date."""

import re
from collections import Counter
from datetime import date

from notifier.domain.study import OverallStatus as Is
from notifier.domain.study import PublishedDate, Study
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.voice import Voice
from notifier.domain.wording import one_line
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.registry_words import label

#: In these nobody can join any more; in all others, the unknown ones among them, somebody may.
CLOSED = frozenset(
    {
        Is.ACTIVE_NOT_RECRUITING,
        Is.COMPLETED,
        Is.TERMINATED,
        Is.WITHDRAWN,
        Is.NO_LONGER_AVAILABLE,
        Is.APPROVED_FOR_MARKETING,
    }
)
ENDED = frozenset({Is.COMPLETED, Is.TERMINATED, Is.WITHDRAWN, Is.NO_LONGER_AVAILABLE})
#: A record has to be checked by its team once in twelve months (42 CFR 11.64); after this it may no longer be so.
STALE_DAYS = 365
LONGEST_REASON = 300


def is_over(study: Study) -> bool:
    """Whether what was done lies behind; a study that nobody joined is told as a plan."""
    return study.overall_status in ENDED and study.overall_status is not Is.WITHDRAWN


def told_in(study: Study) -> int:
    """Which of the three tenses a study is told in; a study that nobody joined is told as a plan."""
    came = study.enrollment.count if study.enrollment.type == "ACTUAL" else None
    return 2 if study.overall_status is Is.WITHDRAWN or came == 0 else 1 if is_over(study) else 0


def is_past(published: PublishedDate | str | None, today: date) -> bool:
    """Whether a day, month or year of the registry is wholly over."""
    text = published.date if isinstance(published, PublishedDate) else published
    if not text or not re.fullmatch(r"\d{4}(?:-\d{2}){0,2}", text):
        return False
    return text < today.isoformat()[: len(text)]


def status_line(study: Study, voice: Voice, today: date) -> str:
    """One to three sentences on where the study stands."""
    status = study.overall_status
    say = _SAID.get(status, _unknown_status) if isinstance(status, Is) else _unknown_status
    said = say(study, voice, today)
    return " ".join(filter(None, said))


def _record(study: Study, voice: Voice) -> str:
    dated = study.last_update_post_date
    return voice.say("(record of %(day)s)", day=voice.date(dated)) if dated else ""


def _dated(text: str, study: Study, voice: Voice) -> str:
    """A sentence with the day of the record behind it."""
    return voice.sentence(f"{text.rstrip('.')} {_record(study, voice)}".strip())


def _old(study: Study, today: date) -> bool:
    """Whether the record has not been touched for so long that what it says of now may no longer hold."""
    updated = study.last_update_post_date or study.status_verified_date
    try:
        return bool(updated) and (today - date.fromisoformat(f"{updated}-01-01"[:10])).days > STALE_DAYS
    except ValueError:
        return False


def _over(study: Study, today: date) -> bool:
    ends = [each for each in (study.completion_date, study.primary_completion_date) if each and each.date]
    return bool(ends) and is_past(ends[0], today)


def where(study: Study, voice: Voice) -> str:
    """'in Denmark and 3 other countries'; of open places only, where some are."""
    open_ = [each for each in study.locations if each.status == "RECRUITING"]
    counts = Counter(one_line(each.country) for each in (open_ or study.locations) if each.country)
    if not counts:
        return ""
    names = [voice.country(name) for name, _ in counts.most_common()]
    if len(names) <= 3:
        return voice.say("in %(countries)s", countries=voice.listing(names))
    more = len(names) - 1
    return voice.count(
        "in %(country)s and %(number)s other country",
        "in %(country)s and %(number)s other countries",
        more,
        country=names[0],
    )


def _recruiting(study: Study, voice: Voice, today: date) -> list[str]:
    place = where(study, voice)
    main = study.primary_completion_date
    if main and main.date and is_past(main, today) and not _over(study, today):
        return [
            _dated(voice.say("Listed as looking for people"), study, voice),
            voice.say(
                "But the main measure was to be taken from all by %(day)s: ask the study team whether it is still open.",
                day=voice.date(main.date),
            ),
        ]
    if _over(study, today):
        return [
            _dated(voice.say("Listed as looking for people"), study, voice),
            voice.say("But the planned end has passed: ask the study team whether it is still open."),
        ]
    if _old(study, today):
        day = voice.date(study.last_update_post_date or "")
        not_updated = (
            voice.say("The record has not been updated since %(day)s: ask the study team.", day=day)
            if day
            else ""
        )
        return [voice.sentence(voice.say("Listed as looking for people")), not_updated]
    now = (
        voice.say("Looking for people now, %(where)s", where=place)
        if place
        else voice.say("Looking for people now")
    )
    return [_dated(now, study, voice)]


def _not_yet(study: Study, voice: Voice, today: date) -> list[str]:
    start = study.start_date
    said = [_dated(voice.say("Not looking for people yet"), study, voice)]
    if start and start.date:
        day = voice.date(start.date)
        if is_past(start, today):
            said.append(
                voice.say(
                    "The start was planned for %(day)s; the record has not been updated since.", day=day
                )
                if (study.last_update_post_date or "")[: len(start.date)] <= start.date
                else voice.say("The start was planned for %(day)s.", day=day)
            )
        else:
            said.append(voice.say("The start is planned for %(day)s.", day=day))
    return [*said, voice.say("The planned end has passed too.") if _over(study, today) else ""]


def _invited(study: Study, voice: Voice, today: date) -> list[str]:
    if study.design.time_perspective == "RETROSPECTIVE":
        return [
            _dated(
                voice.say("Going on; it looks at what is on record, and nobody has to do anything"),
                study,
                voice,
            ),
            _end(study, voice, today) if _over(study, today) else "",
        ]
    said = [_dated(voice.say("Only people whom the study team invites can take part"), study, voice)]
    return [*said, _end(study, voice, today)]


def _active(study: Study, voice: Voice, today: date) -> list[str]:
    said = _dated(voice.say("Going on, but takes nobody new"), study, voice)
    return [said, _end(study, voice, today)]


def _end(study: Study, voice: Voice, today: date) -> str:
    """The planned end; that it has passed is said, for then the record is out of date."""
    end = study.completion_date
    if not end or not end.date or end.type == "ACTUAL":
        return ""
    day = voice.date(end.date)
    if is_past(end, today):
        return voice.say("The planned end, %(day)s, has passed, and the record does not say more.", day=day)
    return voice.say("The end is planned for %(day)s.", day=day)


#: Reasons in words of the trade, and what they come to.
_REASONS = tuple(
    (AnyCase(pattern), plain)
    for pattern, plain in (
        (
            r"\bfutil|lack of (?:efficacy|effect)|did not meet|inefficac|no (?:evidence of )?(?:efficacy|benefit)",
            n_("That is: it looked unlikely to show a benefit."),
        ),
        (
            r"\baccru|(?:slow|low|poor|insufficient|lack of) (?:enrol|recruit)",
            n_("That is: too few people joined."),
        ),
    )
)


_OF_ANOTHER = AnyCase(
    r"\b(?:after|because|since|due to|as)\b[^.;]*\b(?:study|trial) (?:was|were|had been|has been) (?:terminated|stopped|halted)"
)


def _reason(study: Study, voice: Voice) -> str:
    why = one_line(study.why_stopped or "")
    if not why:
        return voice.say("The study team gave no reason.")
    said = voice.sentence(
        voice.say("The study team’s reason: %(why)s", why=voice.quoted(why, LONGEST_REASON))
    )
    meant = next((plain for pattern, plain in _REASONS if pattern.search(why)), "")
    if study.enrollment.count == 0 or _OF_ANOTHER.search(why):
        meant = ""  # that nobody joined has been said; what came of another study is not this one's
    return f"{said} {voice.say(meant)}" if meant else said


def _ended_on(study: Study, voice: Voice) -> str:
    end = study.completion_date
    return voice.when(end.date) if end and end.date and end.type == "ACTUAL" else ""


def _results(study: Study, voice: Voice) -> str:
    if study.has_results:
        day = voice.date(study.results_first_post_date or "")
        return (
            voice.say("Results were posted on %(day)s.", day=day)
            if day
            else voice.say("Results are posted in the registry.")
        )
    return voice.say("No results are posted in the registry.")


def _completed(study: Study, voice: Voice, _: date) -> list[str]:
    """That it ended; whether that was as planned, the record does not say."""
    day = _ended_on(study, voice)
    said = voice.say("Ended %(when)s.", when=day) if day else _dated(voice.say("Ended"), study, voice)
    if not study.why_stopped:
        return [said, _results(study, voice)]
    # Which of the two holds is not ours to say.
    both = voice.say("The record lists it as completed, but gives a reason for stopping early.")
    return [said, both, _reason(study, voice), _results(study, voice)]


def _terminated(study: Study, voice: Voice, _: date) -> list[str]:
    day = _ended_on(study, voice)
    said = (
        voice.say("Stopped early %(when)s.", when=day)
        if day
        else _dated(voice.say("Stopped early"), study, voice)
    )
    return [said, _reason(study, voice), _results(study, voice) if study.has_results else ""]


def _withdrawn(study: Study, voice: Voice, _: date) -> list[str]:
    return [_dated(voice.say("Cancelled before anybody joined"), study, voice), _reason(study, voice)]


def _suspended(study: Study, voice: Voice, today: date) -> list[str]:
    return [
        _dated(voice.say("Paused: it takes nobody new for now, and may start again"), study, voice),
        _reason(study, voice),
        _end(study, voice, today) if _over(study, today) else "",
    ]


_LAST_KNOWN = {
    "RECRUITING": n_("The last that was known: looking for people."),
    "NOT_YET_RECRUITING": n_("The last that was known: not looking for people yet."),
    "ACTIVE_NOT_RECRUITING": n_("The last that was known: going on, taking nobody new."),
    "ENROLLING_BY_INVITATION": n_("The last that was known: by invitation only."),
    "SUSPENDED": n_("The last that was known: paused."),
}


def _unknown(study: Study, voice: Voice, today: date) -> list[str]:
    # The month that the team names may be older than what it did to the record.
    dates = study.status_verified_date or "", study.last_update_post_date or ""
    day = voice.date(max(dates, key=lambda each: each[:7]))
    said = (
        voice.say("Not known: the study team has not confirmed this record since %(day)s.", day=day)
        if day
        else voice.say("Not known: the study team has not confirmed this record for years.")
    )
    last = _LAST_KNOWN.get(str(study.last_known_status or ""))
    return [said, voice.say(last) if last else "", _end(study, voice, today)]


def _access(study: Study, voice: Voice, _: date) -> list[str]:
    said = {
        Is.AVAILABLE: voice.say("The treatment can be had outside a study, through the study team."),
        Is.NO_LONGER_AVAILABLE: voice.say("The treatment can no longer be had in this way."),
        Is.TEMPORARILY_NOT_AVAILABLE: voice.say("The treatment cannot be had in this way for now."),
        Is.APPROVED_FOR_MARKETING: voice.say("The treatment has been approved since."),
        Is.WITHHELD: voice.say("The study team keeps the record back for now."),
    }
    status = study.overall_status
    return [_dated(said[status], study, voice)] if isinstance(status, Is) and status in said else []


def _unknown_status(study: Study, voice: Voice, _: date) -> list[str]:
    if study.overall_status is None:
        return [_dated(voice.say("The record does not say where the study stands"), study, voice)]
    said = voice.say(
        "The registry says of where the study stands: “%(word)s”.", word=label(study.overall_status)
    )
    return [_dated(said, study, voice)]


_SAID = {
    Is.RECRUITING: _recruiting,
    Is.NOT_YET_RECRUITING: _not_yet,
    Is.ENROLLING_BY_INVITATION: _invited,
    Is.ACTIVE_NOT_RECRUITING: _active,
    Is.COMPLETED: _completed,
    Is.TERMINATED: _terminated,
    Is.WITHDRAWN: _withdrawn,
    Is.SUSPENDED: _suspended,
    Is.UNKNOWN: _unknown,
    Is.AVAILABLE: _access,
    Is.NO_LONGER_AVAILABLE: _access,
    Is.TEMPORARILY_NOT_AVAILABLE: _access,
    Is.APPROVED_FOR_MARKETING: _access,
    Is.WITHHELD: _access,
}


# --- where it runs ------------------------------------------------------------------------------------------------

_MANY_PLACES = AnyCase(
    r"multi-?\s?(?:cent(?:er|re)|site|national)|(?:several|many|multiple|different) (?:cent(?:er|re)s|sites|hospitals)|nation-?wide|\bnational\b|regist(?:er|ry)|de-?centrali[sz]ed|\b(?:remote|virtual|online|web-?based),? (?:[\w-]+ ){0,4}(?:study|trial|survey|registry)\b|delivered online|all patients (?:who|starting|prescribed)|post-?marketing",
)


def says_many_places(study: Study) -> bool:
    """Whether a record that lists one place says of itself that there are more."""
    said = f"{study.brief_title} {study.official_title} {study.brief_summary}"
    return _MANY_PLACES.search(said) is not None


def places_of(study: Study, voice: Voice) -> str:
    counts = Counter(one_line(each.country) for each in study.locations if each.country)
    places, tense = len(study.locations), told_in(study)
    if not places:
        return voice.say("The record names no place.")
    if len(counts) == 1:
        country = voice.country(next(iter(counts)))
        if places == 1 and says_many_places(study):
            return voice.say("The record names one place, in %(country)s.", country=country)
        if places == 1:
            return voice.say_in(tense, "It has one place, in %(country)s.", country=country)
        return voice.say_in(
            tense, "It has %(number)s places in %(country)s.", number=voice.number(places), country=country
        )
    if not counts:
        return ""
    return voice.say_in(
        tense,
        "It has %(number)s places in %(countries)s countries.",
        number=voice.number(places),
        countries=voice.number(len(counts)),
    )
