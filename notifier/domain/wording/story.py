"""The story so far of something that somebody has just begun to follow. Tells nothing as news, and promises nothing."""

from datetime import tzinfo

from notifier.domain.letter import Story
from notifier.domain.study import Study
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.newcomers import status_line
from notifier.domain.wording.sentences import both
from notifier.domain.wording.shapes import Line, Quote, ours
from notifier.domain.wording.speech import Speech
from notifier.domain.wording.statements import tell
from notifier.domain.wording.statuses import STOPPED, reason

MOST_LINES = 8  # of one study's past

_FROM_NOW_STUDY = n_(
    "We begin to watch this study with our next look at the registry. What changes then, we tell you."
)
_FROM_NOW_TOPIC = n_(
    "We begin to watch this topic with our next look at the registry. What comes up then, we tell you."
)
_IN_A_YEAR = (
    n_("In the past year there was nothing to tell of this study."),
    both(
        "In the past year there was something to tell of this study once.",
        "In the past year there was something to tell of this study %(number)s times.",
    ),
)
_SINCE = (
    n_("We have watched this study since %(date)s. Since then there was nothing to tell."),
    both(
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
