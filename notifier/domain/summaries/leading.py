"""What a study could lead to: its question turned to its use, and what would still be open. Conditional; no promise."""

import re

from notifier.domain.study import OverallStatus as Is
from notifier.domain.summaries.cast import CONTROLS, IS_OTHER
from notifier.domain.summaries.phrases import banned_in
from notifier.domain.summaries.plot import Plot, against
from notifier.domain.summaries.quoting import words
from notifier.domain.summaries.titles import CLAIMS_NOW, LOOKS, named

SMALL = 50  # people; a study of so few is called small


_PROMISES = re.compile(r"\bbetter|\bimprov|\boptimal|\bsooner|\benhanc", re.IGNORECASE)


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
    """What would be known, for whom, and for which decision."""
    study, cast, voice = plot.study, plot.cast, plot.voice
    if study.has_results:
        return voice.say("Its results are posted in the registry: they tell what came of it.")
    what = plot.subject() if study.study_type == "INTERVENTIONAL" and not cast.looks else ""
    if not what:
        return _of_the_illness(plot)
    named_people = plot.people.phrase or plot.people.have or plot.people.healthy
    who = plot.people.who(voice) if named_people else voice.say("people")
    told = {"what": what, "other": against(plot), "people": who}
    told["measure"] = voice.say(plot.measure.plain) if plot.measure else ""
    key, phases = (plot.measure.key if plot.measure else ""), set(study.phases)
    if plot.provokes:
        return voice.say(
            "It could show how the body reacts to %(what)s, and so teach something about the illness.", **told
        )
    if study.design.primary_purpose in {"DIAGNOSTIC", "SCREENING", "BASIC_SCIENCE"} or key == "test":
        return _of_the_illness(plot)
    if key == "dose" and cast.medicine():
        return voice.say("It could show which dose of %(what)s to study next.", **told)
    if key == "level":
        return voice.say(
            "It could show what the body does with %(what)s, for the planning of later studies.", **told
        )
    if plot.early and cast.medicine() and plot.treats and plot.only_harm:
        return voice.say("It could show whether to go on studying %(what)s.", **told)
    if cast.certain and cast.titled and told["other"]:
        told["what"] = plot.what()
        if plot.equal and cast.against == (IS_OTHER,):
            return voice.say(
                "It could show whether %(what)s can be used in place of %(other)s. It does not ask which is better.",
                **told,
            )
        if cast.against == (IS_OTHER,) and not any(group.role in CONTROLS for group in cast.groups):
            return voice.say(
                "It could help %(people)s and their doctors choose between %(what)s and %(other)s.", **told
            )
        return voice.say(
            "It could show whether %(what)s makes a difference for %(people)s, compared with %(other)s.",
            **told,
        )
    if key == "feasible" or ("PHASE2" in phases and "PHASE3" not in phases):
        return voice.say("It could show whether a larger study of %(what)s makes sense.", **told)
    if told["measure"] and plot.alone:
        return voice.say("It could show %(measure)s with %(what)s.", **told)
    if plot.early or not plot.treats:
        return _of_the_illness(plot, what)
    return voice.say("It could help decide when %(what)s is of use to %(people)s.", **told)


def _of_the_illness(plot: Plot, what: str = "") -> str:
    """What a study that tries nothing, or nothing that has a sure name, could add."""
    people, voice = plot.people, plot.voice
    if plot.measure and plot.measure.key != "feasible":
        measure = voice.say(plot.measure.plain)
        if what:
            return voice.say(
                "It could tell more about %(measure)s, with %(what)s.", measure=measure, what=what
            )
        if people.have and words(people.condition) <= 7:
            return voice.say(
                "It could tell more about %(measure)s, in %(people)s.",
                people=people.who(voice),
                measure=measure,
            )
        return voice.say("It could tell more about %(measure)s.", measure=measure)
    for each in plot.topics:
        if (
            plot.is_about(each.titled)
            and words(each.whole) >= 3
            and not CLAIMS_NOW.search(each.titled)
            and not _PROMISES.search(each.titled)
            and not banned_in(each.titled)
        ):
            return voice.say(
                "It could add to what is known about %(topic)s.", topic=voice.theirs(named(each))
            )
    if conditions := plot.conditions():
        return voice.say("It could add to what is known about %(topic)s.", topic=conditions)
    return voice.say("It could answer what the study team asks, and no more than that.")


def _open(plot: Plot) -> list[str]:
    """What would still not be known."""
    study, cast, voice, measure = plot.study, plot.cast, plot.voice, plot.measure
    key = measure.key if measure else ""
    said = []
    if study.overall_status is Is.TERMINATED:
        said.append(voice.say("It stopped early, so it may not answer its question."))
    if study.has_results:
        return said
    if study.study_type != "INTERVENTIONAL":
        if key != "test" and not LOOKS.search(plot.titles):
            said.append(voice.say("It cannot show what causes what."))
    elif plot.early and cast.medicine() and plot.treats and key in {"harm", "dose", "level"}:
        said.append(voice.say("Whether it helps is for later and larger studies."))
    elif (
        key in {"sugar", "fat", "pressure", "control", "held", "free", "clear", "respond"} and cast.medicine()
    ):
        said.append(_surrogate(plot, key))
    return said


def _surrogate(plot: Plot, key: str) -> str:
    voice = plot.voice
    if key in {"control", "held", "free", "clear", "respond"}:
        return voice.say("Whether people live longer or feel better is another question.")
    return voice.say("Whether people stay healthier in the long run is another question.")
