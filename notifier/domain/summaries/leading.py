"""What a study could lead to: its question turned to its use, and what would still be open. Conditional; no promise."""

import re

from notifier.domain.study import OverallStatus as Is
from notifier.domain.summaries.cast import CONTROLS, IS_NOTHING, IS_OTHER, IS_PLACEBO, IS_SHAM
from notifier.domain.summaries.phrases import banned_in
from notifier.domain.summaries.plot import Plot, against
from notifier.domain.summaries.titles import CLAIMS_NOW, LOOKS, named
from notifier.domain.summaries.turning import Turned
from notifier.domain.summaries.voice import plain

SMALL = 50  # people; a study of so few is called small
#: Of these a study does not ask whether they change.
_NOT_CHANGED = frozenset({"harm", "dose", "level", "feasible", "test", "care", "defence"})
_PROMISES = re.compile(r"\bbetter|\bimprov|\boptimal|\bsooner|\benhanc|\befficien", re.IGNORECASE)
#: Why a study stopped that did give an answer, or part of one.
_ANSWERED = re.compile(
    r"\bfutil|lack of (?:efficacy|effect|benefit)|\binterim\b|no (?:benefit|effect|difference)|superior|harm\b|safety",
    re.IGNORECASE,
)


def could_lead_to(plot: Plot, asked: Turned) -> tuple[str, ...]:
    """A sentence on what could be known, and one on what could not. asked: the question, with what its own words lead to."""
    study, voice = plot.study, plot.voice
    if study.overall_status is Is.WITHDRAWN:
        return (voice.say("Nobody joined, so it cannot answer its question."),)
    if study.study_type == "EXPANDED_ACCESS":
        return (
            voice.say(
                "People can get a treatment in this way that is not approved for them yet. It is not meant to show whether the treatment works."
            ),
        )
    known = _posted(plot) if study.has_results else "" if banned_in(plain(asked.lead)) else asked.lead
    return tuple(
        filter(None, (known or _known(plot, "" if banned_in(plain(asked.use)) else asked.use), *_open(plot)))
    )


def _posted(plot: Plot) -> str:
    """What the results tell that are there."""
    voice, what = plot.voice, plot.subject() if plot.study.study_type == "INTERVENTIONAL" else ""
    measure = voice.say(plot.measure.plain) if plot.measure else ""
    if what and measure:
        return voice.say("The posted results tell %(measure)s with %(what)s.", measure=measure, what=what)
    if measure:
        return voice.say("The posted results tell %(measure)s.", measure=measure)
    return voice.say("The registry has its results; a doctor can help to read them.")


def _known(plot: Plot, use: str) -> str:
    """What would be known, for whom, and for which decision."""
    study, cast, voice = plot.study, plot.cast, plot.voice
    what = plot.subject() if study.study_type == "INTERVENTIONAL" and not cast.looks else ""
    if not what:
        return use or _of_the_illness(plot)
    named_people = plot.people.phrase or plot.people.have or plot.people.healthy
    who = plot.people.who(voice) if named_people else voice.say("people")
    told = {"what": what, "other": against(plot), "people": who}
    told["measure"] = voice.say(plot.measure.plain) if plot.measure else ""
    key, second = (plot.measure.key if plot.measure else ""), {"PHASE2"} == set(study.phases)
    if plot.provokes:
        return voice.say(
            "It could show how the body reacts to %(what)s, and so teach something about the illness.", **told
        )
    if study.design.primary_purpose in {"DIAGNOSTIC", "SCREENING"} or key == "test":
        return voice.say("It could show how much doctors can learn from %(what)s.", **told)
    if key == "dose" and cast.medicine():
        return voice.say(
            "It could show how much %(what)s people can take, and which dose to study next.", **told
        )
    if key == "level":
        return voice.say(
            "It could show what the body does with %(what)s, for the planning of later studies.", **told
        )
    if key == "feasible":
        return voice.say(
            "It could show whether %(what)s can be done with %(people)s, and so whether a larger study makes sense.",
            **told,
        )
    if plot.only_harm and cast.medicine():
        if plot.early:
            return voice.say(
                "It could show which side effects come with %(what)s, and whether to go on studying it.",
                **told,
            )
        return voice.say("It could show which side effects come with %(what)s in %(people)s.", **told)
    if cast.certain and cast.titled and told["other"]:
        told["what"] = plot.what()
        return _compared(plot, told)
    if told["measure"] and key not in _NOT_CHANGED:
        if plot.alone and second:
            return voice.say(
                "It could show %(measure)s with %(what)s, and whether a larger study makes sense.", **told
            )
        return voice.say("It could show %(measure)s when %(people)s get %(what)s.", **told)
    if second:
        return voice.say("It could show whether a larger study of %(what)s makes sense.", **told)
    return voice.say("It could show what comes of %(what)s for %(people)s.", **told)


def _compared(plot: Plot, told: dict[str, str]) -> str:
    """What could be known where groups stand side by side that have names."""
    cast, voice = plot.cast, plot.voice
    if plot.equal and cast.against == (IS_OTHER,):
        return voice.say(
            "It could show whether %(what)s can be used in place of %(other)s. It does not ask which is better.",
            **told,
        )
    if cast.against == (IS_OTHER,) and not any(group.role in CONTROLS for group in cast.groups):
        return voice.say(
            "It could help %(people)s and their doctors choose between %(what)s and %(other)s.", **told
        )
    if told["measure"] and plot.measure and plot.measure.key not in _NOT_CHANGED:
        return voice.say(
            "It could show whether %(what)s can change %(measure)s, in %(people)s, compared with %(other)s.",
            **told,
        )
    return voice.say(
        "It could show whether %(what)s can make a difference for %(people)s, compared with %(other)s.",
        **told,
    )


def _of_the_illness(plot: Plot) -> str:
    """What a study that tries nothing, or nothing that has a sure name, could add."""
    people, voice = plot.people, plot.voice
    if plot.measure and plot.measure.key not in {"feasible", "test"}:
        told = {"measure": voice.say(plot.measure.plain), "people": people.who(voice)}
        if people.have and plot.study.design.primary_purpose != "BASIC_SCIENCE":
            return voice.say("It could tell %(people)s and their doctors %(measure)s.", **told)
        return voice.say("It could tell doctors %(measure)s.", **told)
    for each in plot.topics:
        if (
            plot.is_about(each.titled)
            and not CLAIMS_NOW.search(each.titled)
            and not _PROMISES.search(each.titled)
            and not banned_in(each.titled)
        ):
            return voice.say(
                "What it finds could be a base for later studies on %(topic)s.",
                topic=voice.theirs(named(each)),
            )
    if conditions := plot.conditions():
        return voice.say("What it finds could be a base for later studies on %(topic)s.", topic=conditions)
    return voice.say("It could answer what the study team asks, and no more than that.")


def _open(plot: Plot) -> list[str]:
    """What would still not be known: of all that could be said, what weighs most."""
    study, cast, voice = plot.study, plot.cast, plot.voice
    key = plot.measure.key if plot.measure else ""
    said = []
    if study.overall_status is Is.TERMINATED and not _ANSWERED.search(study.why_stopped or ""):
        said.append(voice.say("It stopped early, so it may not answer its question."))
    if study.has_results:
        return said
    blank = {IS_PLACEBO, IS_SHAM, IS_NOTHING}
    if study.study_type != "INTERVENTIONAL":
        if key != "test" and not LOOKS.search(plot.titles):
            said.append(voice.say("It cannot show what causes what."))
    elif plot.early and cast.medicine() and plot.treats:
        said.append(voice.say("Whether it helps is for later and larger studies."))
    elif not plot.treats and study.design.primary_purpose != "PREVENTION":
        return said
    elif key in _SURROGATES and cast.medicine() and not {"live", "alive"} & plot.keys:
        said.append(voice.say(_SURROGATES[key]))
    elif cast.against and set(cast.against) <= blank and cast.certain and not cast.added_to:
        said.append(voice.say("How it does beside other treatments is another question."))
    elif said or "PHASE2" in study.phases:
        pass  # that it stopped, or what would come next, is said
    elif 1 < (study.enrollment.count or 0) <= SMALL:
        said.append(voice.say("A larger study would have to show whether that holds for others."))
    elif cast.against == (IS_OTHER,) and not any(group.role in CONTROLS for group in cast.groups):
        said.append(voice.say("How people fare without either is another question."))
    return said


def n_(message: str) -> str:
    """Marks a sentence for the catalogues; it is said later."""
    return message


_LONGER = n_("Whether people live longer or feel better is another question.")
_HEALTHIER = n_("Whether people stay healthier in the long run is another question.")
#: What stands for something else, by what is measured first of all.
_SURROGATES = {
    **dict.fromkeys(("control", "held", "free", "clear", "respond"), _LONGER),
    **dict.fromkeys(("sugar", "fat", "pressure", "kidney"), _HEALTHIER),
}
