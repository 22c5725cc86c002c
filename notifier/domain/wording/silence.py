"""What a "still watching" mail says: that nothing changed, how well we looked, and on which days we could not look."""

from datetime import date, tzinfo

from notifier.domain.letter import Silence
from notifier.domain.wording.speech import Speech

#: As many days without an answer are named one by one; more are counted only.
MOST_DAYS = 7


def headline(speech: Speech, silence: Silence) -> str:
    """That nothing changed, and since when."""
    since = speech.day(silence.since)
    said = []
    if silence.untold:
        return speech.say("Nothing that you chose to hear of changed since %(date)s.", date=since)
    if silence.studies or not silence.conditions:
        said.append(
            speech.count(
                "Nothing changed in the study you follow since %(date)s.",
                "Nothing changed in the %(number)s studies you follow since %(date)s.",
                silence.studies,
                date=since,
            )
        )
    if silence.conditions:
        said.append(
            speech.count(
                "No new study came up under the topic you follow since %(date)s.",
                "No new study came up under the %(number)s topics you follow since %(date)s.",
                silence.conditions,
                date=since,
            )
        )
    return " ".join(said)


def away(speech: Speech, since: date, until: date) -> str:
    """Why a mail tells of several days at once."""
    return speech.say(
        "From %(since)s to %(until)s we could not compare with the registry. So this mail may tell several things at "
        "once, and later than usual.",
        since=speech.day(since),
        until=speech.day(until),
    )


def checked(speech: Speech, silence: Silence, zone: tzinfo) -> tuple[str, ...]:
    """On how many days we looked, when last, and when we could not; the truth also where we were blind."""
    if silence.last_checked is None or not silence.checked:
        return (speech.say("We could not compare with the registry on any of these days."),)
    said = []
    if silence.untold:
        said.append(
            speech.count(
                "There was %(number)s other change. You find it in the full record on ClinicalTrials.gov.",
                "There were %(number)s other changes. You find them in the full records on ClinicalTrials.gov.",
                silence.untold,
            )
        )
    said.append(
        speech.count(
            "We compared with the registry on %(checked)s of %(number)s day, last on %(date)s.",
            "We compared with the registry on %(checked)s of %(number)s days, last on %(date)s.",
            silence.days,
            checked=speech.number(silence.checked),
            date=speech.day(silence.last_checked.astimezone(zone)),
        )
    )
    number = len(silence.blind)
    if number > MOST_DAYS:
        said.append(
            speech.count(
                "On %(number)s day we could not compare.", "On %(number)s days we could not compare.", number
            )
        )
    elif number:
        said.append(
            speech.count(
                "On %(number)s day we could not compare: %(dates)s.",
                "On %(number)s days we could not compare: %(dates)s.",
                number,
                dates=speech.listing(map(speech.day, silence.blind)),
            )
        )
    return tuple(said)
