"""What mails say that tell nothing new: the story so far of something that somebody has just begun to follow, and that nothing
changed, how well we looked, and on which days we could not look. Promises nothing.
"""

from datetime import date, tzinfo

from notifier.domain.letter import Silence, Story
from notifier.domain.study import Study
from notifier.domain.wording.catalogue import n_, nn_
from notifier.domain.wording.registry_words import STOPPED, reason, status_line
from notifier.domain.wording.shapes import Line, Quote, ours
from notifier.domain.wording.speech import Speech
from notifier.domain.wording.statements import tell

MOST_LINES = 8  # of one study's past
#: As many days without an answer are named one by one; more are counted only.
MOST_DAYS = 7

_FROM_NOW_STUDY = n_(
    "We begin to watch this study with our next look at the registry. What changes then, we tell you."
)
_FROM_NOW_TOPIC = n_(
    "We begin to watch this topic with our next look at the registry. What comes up then, we tell you."
)
_IN_A_YEAR = (
    n_("In the past year there was nothing to tell of this study."),
    nn_(
        "In the past year there was something to tell of this study once.",
        "In the past year there was something to tell of this study %(number)s times.",
    ),
)
_SINCE = (
    n_("We have watched this study since %(date)s. Since then there was nothing to tell."),
    nn_(
        "We have watched this study since %(date)s. Since then there was something to tell once.",
        "We have watched this study since %(date)s. Since then there was something to tell %(number)s times.",
    ),
)


def stands(speech: Speech, study: Study) -> tuple[Line, ...]:
    """How the study stands now, and since when the registry has it."""
    said = [status_line(speech, study.overall_status)] if study.overall_status else []
    if study.study_first_post_date:
        said.append(ours(speech.say("First posted"), speech.date(study.study_first_post_date)))
    return tuple(said)


def why_stopped(speech: Speech, study: Study) -> tuple[tuple[Quote, ...], tuple[str, ...]]:
    """Of a study that stopped, the reason in its own words, or that there is none."""
    return reason(speech, study.why_stopped) if study.overall_status in STOPPED else ((), ())


def to_expect(speech: Speech, story: Story, zone: tzinfo) -> str:
    """How much there was to tell lately, as far as we know."""
    if story.no_study:
        said = speech.say(
            "The registry's search finds no study at all under this topic now. We keep watching, and write when one comes up."
        )
        near = speech.say("Please look whether it is spelt as in English; fewer words find more.")
        if story.nearest:
            near = speech.say(
                "Names that are near to it: %(topics)s.",
                topics=speech.listing([f"“{name}”" for name in story.nearest]),
            )
        return f"{said} {near}"
    if story.study is None and story.a_month is not None:
        if story.a_month == 0:
            return speech.say("Lately less than one new study a month came up under this topic.")
        return speech.count(
            "Lately about %(number)s new study a month came up under this topic.",
            "Lately about %(number)s new studies a month came up under this topic.",
            story.a_month,
        )
    if story.since is None:
        return speech.say(_FROM_NOW_STUDY if story.is_of_study else _FROM_NOW_TOPIC)
    day = speech.day(story.since.astimezone(zone))
    nothing, something = _IN_A_YEAR if story.whole_year else _SINCE
    return (
        speech.count(*something, story.updates, date=day) if story.updates else speech.say(nothing, date=day)
    )


_OPEN = (
    n_("On %(date)s the registry listed these studies under this topic as looking for people, or about to:"),
    n_(
        "On %(date)s the registry listed these studies, which fit what you chose, as looking for people, or about to:"
    ),
)
_NONE_OPEN = (
    n_("On %(date)s the registry's search found no study under this topic that takes people now or soon."),
    n_(
        "On %(date)s the registry's search found no study under this topic that takes people now or soon and fits "
        "what you chose."
    ),
)


def open_now(speech: Speech, story: Story) -> str:
    """What the studies are that are open under a topic; nothing where that is not known."""
    if story.open_now is None:
        return ""
    said = _OPEN if story.open_now.studies else _NONE_OPEN
    return speech.say(said[story.narrowed], date=speech.day(story.open_now.day))


def past(speech: Speech, story: Story, zone: tzinfo) -> tuple[str, ...]:
    """What changed, a sentence or two each, the newest first; older ones are left out."""
    said = [telling.means for one in story.past for telling in tell(speech, one.study, one.told, zone)]
    return tuple(said[:MOST_LINES])


def headline(speech: Speech, silence: Silence) -> str:
    """That nothing changed, and since when."""
    since, said = speech.day(silence.since), []
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
