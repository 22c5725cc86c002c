"""The status line: where a study stands, in plain words, with its date, before anything else is said. Knows today's date."""

import re
from collections import Counter
from datetime import date

from notifier.domain.study import OverallStatus as Is
from notifier.domain.study import PublishedDate, Study
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.tables import table
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
_TAKES_PEOPLE = frozenset({Is.RECRUITING, Is.NOT_YET_RECRUITING, Is.ENROLLING_BY_INVITATION})
ENDED = frozenset({Is.COMPLETED, Is.TERMINATED, Is.WITHDRAWN, Is.NO_LONGER_AVAILABLE})
#: A record has to be checked by its team once in twelve months (42 CFR 11.64); after this it may no longer be so.
STALE_DAYS = 365
LONGEST_REASON = 300
MOST_COUNTRIES = 3  # that are named


def is_over(study: Study) -> bool:
    """Whether what was done lies behind; a study that nobody joined is told as a plan."""
    return study.overall_status in ENDED and study.overall_status is not Is.WITHDRAWN


def told_in(study: Study) -> int:
    """Which of the three tenses a study is told in; a study that nobody joined is told as a plan."""
    came = study.enrollment.count if study.enrollment.type == "ACTUAL" else None
    return 2 if study.overall_status is Is.WITHDRAWN or came == 0 else 1 if is_over(study) else 0


_DATE = re.compile(r"\d{4}(?:-\d{2}){0,2}")


def is_past(published: PublishedDate | str | None, today: date) -> bool:
    """Whether a day, month or year of the registry is wholly over."""
    text = published.date if isinstance(published, PublishedDate) else published
    if not text or not _DATE.fullmatch(text):
        return False
    return text < today.isoformat()[: len(text)]


#: Where a study stands, of most statuses; the day of the record is said behind it.
_SAID: dict[str | None, str] = {
    None: n_("The record does not say where the study stands"),
    Is.NOT_YET_RECRUITING: n_("Not looking for people yet"),
    Is.ENROLLING_BY_INVITATION: n_("Only people invited by the study team can take part"),
    Is.ACTIVE_NOT_RECRUITING: n_("Still running, but not taking anyone new"),
    Is.COMPLETED: n_("Ended"),
    Is.TERMINATED: n_("Stopped early"),
    Is.WITHDRAWN: n_("Cancelled before anyone joined"),
    Is.SUSPENDED: n_("Paused: not taking anyone new for now, but may start again"),
    Is.AVAILABLE: n_("People can get the treatment outside a study, through the study team."),
    Is.NO_LONGER_AVAILABLE: n_("People can no longer get the treatment in this way."),
    Is.TEMPORARILY_NOT_AVAILABLE: n_("People cannot get the treatment in this way for now."),
    Is.APPROVED_FOR_MARKETING: n_("The treatment has since been approved."),
    Is.WITHHELD: n_("The study team is not sharing the record for now."),
}
_LAST_KNOWN = {
    "RECRUITING": n_("Last known status: looking for people."),
    "NOT_YET_RECRUITING": n_("Last known status: not looking for people yet."),
    "ACTIVE_NOT_RECRUITING": n_("Last known status: still running, but not taking anyone new."),
    "ENROLLING_BY_INVITATION": n_("Last known status: by invitation only."),
    "SUSPENDED": n_("Last known status: paused."),
}


def status_line(study: Study, voice: Voice, today: date) -> str:
    """One to three sentences on where the study stands."""
    status, end = study.overall_status, study.completion_date
    ended = voice.when(end.date) if end and end.date and end.type == "ACTUAL" else ""
    plans = [each for each in (end, study.primary_completion_date) if each and each.date]
    over = bool(plans) and is_past(plans[0], today)
    looks_back = status in _TAKES_PEOPLE and study.design.time_perspective == "RETROSPECTIVE"
    if looks_back:
        nobody = voice.say("Still running; it looks at existing records, and no one has to do anything")
        if status is Is.NOT_YET_RECRUITING:
            nobody = voice.say("Not started yet; it looks at existing records, and no one has to do anything")
        said = [_dated(nobody, study, voice)]
    elif status is Is.RECRUITING:
        said = _recruiting(study, voice, today, over=over)
    elif status is Is.UNKNOWN:
        # The month that the team names may be older than what it did to the record.
        dates = study.status_verified_date or "", study.last_update_post_date or ""
        day = voice.date(max(dates, key=lambda each: each[:7]))
        last = _LAST_KNOWN.get(str(study.last_known_status or ""))
        said = [
            voice.say("Not known: the study team has not confirmed this record since %(day)s.", day=day)
            if day
            else voice.say("Not known: the study team has not confirmed this record for years."),
            voice.say(last) if last else "",
        ]
    elif ended and status is Is.COMPLETED:
        said = [voice.say("Ended %(when)s.", when=ended)]
    elif ended and status is Is.TERMINATED:
        said = [voice.say("Stopped early %(when)s.", when=ended)]
    elif status in _SAID:
        said = [_dated(voice.say(_SAID[status]), study, voice)]
    else:
        word = label(status or "")
        unknown = voice.say("The registry gives the study’s status as “%(word)s”.", word=word)
        said = [_dated(unknown, study, voice)]
    if status is Is.NOT_YET_RECRUITING:
        said += _start(study, voice, today, over=over)
    if status is Is.COMPLETED and study.why_stopped:
        # Which of the two holds is not ours to say; nor, where no reason is given, whether it ended as planned.
        said.append(voice.say("The record lists it as completed, but gives a reason for stopping early."))
        said.append(_reason(study, voice))
    elif status in {Is.TERMINATED, Is.WITHDRAWN, Is.SUSPENDED}:
        said.append(_reason(study, voice))
    # Of a study that is over, that none are posted is news too; of any other, only that some are.
    if study.has_results or status in {Is.COMPLETED, Is.TERMINATED}:
        said.append(_results(study, voice))
    # Of what is paused, or looks back, only that the end has passed is news.
    ends = status in {Is.ACTIVE_NOT_RECRUITING, Is.UNKNOWN, Is.ENROLLING_BY_INVITATION} and not looks_back
    if ends or (over and (status is Is.SUSPENDED or (looks_back and status is not Is.NOT_YET_RECRUITING))):
        said.append(_end(study, voice, today))
    return " ".join(filter(None, said))


def _dated(text: str, study: Study, voice: Voice) -> str:
    """A sentence with the day of the record behind it."""
    updated = study.last_update_post_date
    record = voice.say("(record dated %(day)s)", day=voice.date(updated)) if updated else ""
    return voice.sentence(f"{text.rstrip('.')} {record}".strip())


def _recruiting(study: Study, voice: Voice, today: date, *, over: bool) -> list[str]:
    """That it looks for people; or that it is listed so, and why that may no longer hold."""
    main, updated = study.primary_completion_date, study.last_update_post_date
    listed = voice.say("Listed as looking for people")
    if over:
        return [
            _dated(listed, study, voice),
            voice.say("But the planned end has passed: ask the study team whether it is still open."),
        ]
    if main and main.date and is_past(main, today):
        late = voice.say(
            "But the main measurements were due to be finished by %(day)s: ask the study team whether it is still open.",
            day=voice.date(main.date),
        )
        return [_dated(listed, study, voice), late]
    try:
        touched = date.fromisoformat(f"{updated or study.status_verified_date}-01-01"[:10])
    except ValueError:
        touched = today
    if (today - touched).days > STALE_DAYS:
        day = voice.date(updated or "")
        since = voice.say("The record has not been updated since %(day)s: ask the study team.", day=day)
        return [voice.sentence(listed), since if day else ""]
    places = [each for each in study.locations if each.status == "RECRUITING"] or study.locations
    counts = Counter(one_line(each.country) for each in places if each.country)
    names = [voice.country(name) for name, _ in counts.most_common()]
    if not names:
        return [_dated(voice.say("Looking for people now"), study, voice)]
    place = voice.say("in %(countries)s", countries=voice.listing(names))
    if len(names) > MOST_COUNTRIES:
        place = voice.count(
            "in %(country)s and %(number)s other country",
            "in %(country)s and %(number)s other countries",
            len(names) - 1,
            country=names[0],
        )
    return [_dated(voice.say("Looking for people now, %(where)s", where=place), study, voice)]


def _start(study: Study, voice: Voice, today: date, *, over: bool) -> list[str]:
    """When it is to start, and what of the plan has passed."""
    start, said = study.start_date, list[str]()
    if start and start.date:
        day = voice.date(start.date)
        if not is_past(start, today):
            said.append(voice.say("The start is planned for %(day)s.", day=day))
        elif (study.last_update_post_date or "")[: len(start.date)] <= start.date:
            said.append(
                voice.say(
                    "The start was planned for %(day)s; the record has not been updated since.", day=day
                )
            )
        else:
            said.append(voice.say("The start was planned for %(day)s.", day=day))
    return [*said, voice.say("The planned end has passed too.")] if over else said


def _end(study: Study, voice: Voice, today: date) -> str:
    """The planned end; that it has passed is said, for then the record is out of date."""
    end = study.completion_date
    if not end or not end.date or end.type == "ACTUAL":
        return ""
    day = voice.date(end.date)
    if is_past(end, today):
        return voice.say("The planned end, %(day)s, has passed, and the record says nothing more.", day=day)
    return voice.say("The end is planned for %(day)s.", day=day)


_REASONS = tuple((AnyCase(pattern), plain) for pattern, plain in table("stopped.tsv"))


OF_ANOTHER = AnyCase(
    r"\b(?:after|because|since|due to|as)\b[^.;]*\b(?:study|trial) (?:was|were|had been|has been) (?:terminated|stopped|halted)"
)


#: What is no reason to stop early.
_NO_REASON = AnyCase(r"(?:the )?(?:study )?(?:was |is |has been )?(?:completed?|finished|done)\W*")


def _reason(study: Study, voice: Voice) -> str:
    why = one_line(study.why_stopped or "")
    if not why:
        return voice.say("The study team gave no reason.")
    if study.overall_status is Is.TERMINATED and _NO_REASON.fullmatch(why):
        return voice.say(
            "The record says that it stopped early, but its reason reads %(why)s.", why=voice.quoted(why)
        )
    said = voice.sentence(
        voice.say("The study team’s reason: %(why)s", why=voice.quoted(why, LONGEST_REASON))
    )
    meant = next((plain for pattern, plain in _REASONS if pattern.search(why)), "")
    if study.enrollment.count == 0 or OF_ANOTHER.search(why):
        meant = ""  # that nobody joined has been said; what came of another study is not this one's
    return f"{said} {voice.say(meant)}" if meant else said


def _results(study: Study, voice: Voice) -> str:
    if study.has_results:
        posted, end = study.results_first_post_date or "", study.completion_date
        day = voice.date(posted)
        if day and end and end.date and end.type == "ACTUAL" and posted[: len(end.date)] < end.date:
            return voice.say("First results were posted on %(day)s, before it ended.", day=day)
        return (
            voice.say("Results were posted on %(day)s.", day=day)
            if day
            else voice.say("Results are posted in the registry.")
        )
    return voice.say("No results are posted in the registry.")


# --- where it runs ------------------------------------------------------------------------------------------------

_SEVERAL_CENTRES = AnyCase(
    r"(?:multi-?\s?|\b(?:two|three|four|five|six|[2-9])[- ])(?:cent(?:er|re)|site)(?!-)|multi-?\s?national"
)
_MANY_PLACES = AnyCase(
    rf"{_SEVERAL_CENTRES.pattern}|(?:several|many|multiple|different) (?:cent(?:er|re)s|sites|hospitals)|nation-?wide|\bnational\b|regist(?:er|ry)|de-?centrali[sz]ed|\b(?:remote|virtual|online|web-?based),? (?:[\w-]+ ){{0,4}}(?:study|trial|survey|registry)\b|(?:delivered|based) online|\b(?:smart-?phone|mobile|internet|web|app)[- ](?:based|delivered|app\b|application)|\bdigital(?:ly)? (?:\w+ )?(?:delivered|programme?|therapeutic|intervention|health)|geographically|all patients (?:who|starting|prescribed)|post-?marketing",
)


_NAMES_A_SITE = re.compile(r"(?i)\b(?:hospitals?|clinics?|cent(?:er|re)s?|university)\b")


def places_of(study: Study, voice: Voice, description: str) -> str:
    """How many sites, and in which country; where its text speaks of several, one that it lists is told as the record's."""
    counts = Counter(one_line(each.country) for each in study.locations if each.country)
    places, tense = len(study.locations), told_in(study)
    if not places:
        named = _NAMES_A_SITE.search(f"{study.brief_title} {study.official_title}")
        return "" if named else voice.say("The record does not list a site.")
    if len(counts) == 1:
        country = voice.country(next(iter(counts)))
        text = f"{study.brief_title} {study.official_title} {study.brief_summary}"
        if places == 1 and (_MANY_PLACES.search(text) or _SEVERAL_CENTRES.search(description)):
            return voice.say("The record lists one site, in %(country)s.", country=country)
        if places == 1:
            return voice.say_in(tense, "It takes place at one site, in %(country)s.", country=country)
        return voice.say_in(
            tense,
            "It takes place at %(number)s sites in %(country)s.",
            number=voice.number(places),
            country=country,
        )
    if not counts:
        return ""
    return voice.say_in(
        tense,
        "It takes place at %(number)s sites in %(countries)s countries.",
        number=voice.number(places),
        countries=voice.number(len(counts)),
    )
