"""What a study could lead to: its question turned to its use, and what would still be open. Conditional; no promise."""

from notifier.domain.study import OverallStatus as Is
from notifier.domain.summaries.asking import Plot, against
from notifier.domain.summaries.cast import IS_NOTHING, IS_OTHER
from notifier.domain.summaries.quoting import words

SMALL = 50  # people; a study of so few is called small


def n_(message: str) -> str:
    """Marks a sentence for the catalogues; it is said later."""
    return message


_BY_MEASURE = {
    "dose": n_("It could show which dose of %(what)s to study next."),
    "level": n_("It could show what the body does with %(what)s, for the planning of later studies."),
    "feasible": n_("It could show whether a larger study of %(what)s makes sense."),
}


def could_lead_to(plot: Plot) -> tuple[str, ...]:
    """One or two sentences on what could be known, and one or two on what could not."""
    study, voice = plot.study, plot.voice
    if study.overall_status is Is.WITHDRAWN:
        return (voice.say("Nobody joined, so it cannot answer its question."),)
    if study.study_type == "EXPANDED_ACCESS":
        return (
            voice.say(
                "People can get a treatment in this way that is not approved for them yet. It is not meant to show whether the treatment works."
            ),
        )
    said = [_known(plot), *_open(plot)]
    return tuple(filter(None, said))


def _known(plot: Plot) -> str:
    """What would be known, for whom."""
    study, cast, people, voice = plot.study, plot.cast, plot.people, plot.voice
    told = {"people": people.who(voice), "condition": voice.theirs(people.condition), "other": against(plot)}
    key = plot.measure.key if plot.measure else ""
    if study.study_type != "INTERVENTIONAL":
        if plot.measure and people.condition and plot.measure.key != "feasible":
            told["measure"] = voice.say(plot.measure.plain)
            return voice.say(
                "It could add to what is known about %(condition)s, and about %(measure)s.", **told
            )
        if people.condition:
            return voice.say("It could add to what is known about %(condition)s.", **told)
        return voice.say("It could add to what is known; the record does not say for whom.")
    things = tuple(each for each in cast.tried if each.name)
    if not things or any(words(each.name or "") > 7 for each in things[:2]):
        return voice.say("It could show what its main measure says about %(people)s.", **told)
    told["what"] = plot.what()
    if plot.provokes:
        return voice.say(
            "It could show how %(people)s react to %(what)s, and so teach something about the illness.",
            **told,
        )
    if key == "test" or study.design.primary_purpose in {"DIAGNOSTIC", "SCREENING"}:
        return voice.say("It could show what %(what)s can tell about the health of %(people)s.", **told)
    if study.design.primary_purpose == "BASIC_SCIENCE":
        return voice.say(
            "It could show what %(what)s does in the body. It is not meant to treat anyone.", **told
        )
    if key in _BY_MEASURE:
        return voice.say(_BY_MEASURE[key], **told)
    if plot.equal and cast.against == (IS_OTHER,) and told["other"]:
        return voice.say(
            "It could show whether %(what)s can be used in place of %(other)s. It does not ask which is better.",
            **told,
        )
    if cast.certain and told["other"]:
        return voice.say(
            "It could show whether %(what)s makes a difference for %(people)s, compared with %(other)s.",
            **told,
        )
    if cast.certain and cast.against == (IS_NOTHING,):
        return voice.say(
            "It could show whether %(what)s makes a difference for %(people)s, compared with going without.",
            **told,
        )
    if len(cast.groups) > 1:
        return voice.say("It could show how %(people)s fare who get %(what)s, group by group.", **told)
    return voice.say("It could show how %(people)s fare who get %(what)s.", **told)


def _open(plot: Plot) -> list[str]:
    """What would still not be known."""
    study, cast, voice, measure = plot.study, plot.cast, plot.voice, plot.measure
    key = measure.key if measure else ""
    said = []
    if study.overall_status is Is.TERMINATED:
        said.append(voice.say("It stopped early, so it may not answer its question."))
    size = study.enrollment.count or 0
    if study.study_type != "INTERVENTIONAL":
        said.append(voice.say("It cannot show what causes what."))
    elif plot.early and cast.medicine():
        said.append(voice.say("Whether it helps, only later and larger studies can show."))
    elif plot.alone:
        said.append(
            voice.say("As nobody gets anything else, it cannot show what would have happened without it.")
        )
    elif "PHASE2" in study.phases and "PHASE3" not in study.phases:
        said.append(voice.say("Even then, a larger study would mostly have to follow."))
    elif key in {"sugar", "fat", "pressure", "kidney", "control", "free", "respond"} and cast.medicine():
        said.append(_surrogate(plot, key))
    if 1 < size <= SMALL and study.study_type == "INTERVENTIONAL" and not plot.early:
        said.append(
            voice.say("With %(number)s people, it can settle little by itself.", number=voice.number(size))
        )
    return said


def _surrogate(plot: Plot, key: str) -> str:
    voice = plot.voice
    if key in {"control", "free", "respond"}:
        return voice.say("Whether people live longer or feel better is another question.")
    return voice.say("Whether people stay healthier in the long run is another question.")
