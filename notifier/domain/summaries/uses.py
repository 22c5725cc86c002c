"""What could be decided by the answer to a question of something that is tried: by purpose, phase, comparator and size.

Conditional, and no promise. Whether anything is to be decided at all is not known here.
"""

import re
from dataclasses import dataclass, replace

from notifier.domain.study import OverallStatus as Is
from notifier.domain.study import Study
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.cast import CONTROLS, IS_OTHER
from notifier.domain.summaries.covering import names_a_thing
from notifier.domain.summaries.measures import looks_inside
from notifier.domain.summaries.plot import Plot, against, dosed
from notifier.domain.summaries.quoting import words
from notifier.domain.summaries.standing import is_over
from notifier.domain.summaries.voice import plain
from notifier.domain.wording.catalogue import n_

SMALL, FEWEST, FEW = (
    50,
    20,
    9,
)  # people; what so few show has to be shown again; of the last, nothing can be told
_OVER = {Is.TERMINATED, Is.COMPLETED, Is.ACTIVE_NOT_RECRUITING}


def too_few(study: Study) -> bool:
    """Whether so few took part that nothing can be told."""
    few = 0 < (study.enrollment.count or 0) <= FEW
    return few and study.enrollment.type == "ACTUAL" and study.overall_status in _OVER


#: Where the names of the two would make a sentence too long.
BETWEEN_TWO = n_("It could help people and their doctors choose between the two.")
TWO_COMPARED = n_("It could show how the two compare.")


@dataclass(frozen=True, slots=True)
class Slots:
    """What is tried, and in whom, as they stand in a sentence. certain: what stands beside it is known too."""

    what: str
    people: str
    certain: bool
    base: str = ""  # what it is added to, where a title alone says so


_FIRST_LOOK = AnyCase(r"first[- ](?:in|time in)[- ](?:hu)?man|\bpilot\b|proof[- ]of[- ]concept")


def first_look(plot: Plot) -> bool:
    """Whether it is so early, so small, or so much on safety alone that doctors can decide nothing by it."""
    study = plot.study
    few = 0 < (study.enrollment.count or 0) <= FEWEST
    return plot.early or few or (plot.alone and plot.only_harm) or _FIRST_LOOK.search(plot.told) is not None


MOST_NAMED, MOST_OF_PEOPLE, MOST_OF_A_CHOICE = 7, 9, 13  # words that a sentence can hold


_USE_OF = AnyCase(
    r"(?:(?:the )?(?:[\w-]+ )?(?:use|administration|application|intake) of |using )(?:the |an? )?(?=\w)"
)


_WITH_OR_WITHOUT = AnyCase(r"with(?:/| or )without|±|\+/-")


def _short(plot: Plot, slots: Slots) -> Slots:
    """The slots with what is long told shortly: the question, which stands above, has it whole."""
    what, people = plain(slots.what), plain(slots.people)
    if led := _USE_OF.match(what):  # "to use the use of"
        slots = replace(slots, what=plot.voice.theirs(what := what[led.end() :]))
    return replace(
        slots,
        what=slots.what if words(what) <= MOST_NAMED else plot.voice.say("this"),
        people=slots.people
        if words(people) <= MOST_OF_PEOPLE
        else plot.voice.say("people like those in the study"),
    )


_FURTHER_BY = n_("It could show whether to study %(what)s further, judged by %(measure)s.")


def study_further(plot: Plot, what: str) -> str:
    """Whether to go on with it."""
    what = what if words(plain(what)) <= MOST_NAMED else plot.voice.say("this")
    return judged(plot, _FURTHER_BY, what=what) or plot.voice.say(
        "It could show whether to study %(what)s further.", what=what
    )


UNSAID = "how many people have what is looked for"  # of which the measure does not say what it is
MOST_OF_A_LEAD = 24  # words of English


def most_of_a_lead(plot: Plot) -> int:
    """How many words of its language may tell what could come of a study; others need half as many more than English."""
    return MOST_OF_A_LEAD if plot.in_english is plot else MOST_OF_A_LEAD * 3 // 2


IF_PUBLISHED = 5  # words before it where a study is over


def judged(plot: Plot, message: str, **told: str) -> str:
    """What could be seen by the main measure; empty where that is not sure, or too long beside the rest."""
    if not plot.measure or plot.measure.plain == UNSAID:
        return ""
    said = plot.voice.say(message, measure=plot.voice.say(plot.measure.plain), **told)
    most = most_of_a_lead(plot) - (IF_PUBLISHED if is_over(plot.study) and not plot.study.has_results else 0)
    return said if words(plain(said)) <= most else ""


def _next_study(plot: Plot, slots: Slots) -> str:
    """What it could show to those who plan studies; empty where it could show more than that."""
    study, cast, voice, key = plot.study, plot.cast, plot.voice, plot.key
    told = {"what": slots.what, "people": slots.people}
    late = bool({"PHASE3", "PHASE4"} & set(study.phases))
    safety = first_look(plot) and not late and (plot.only_harm or not cast.medicine())
    dose = cast.medicine() and plot.seeks_a_dose
    harms = plot.only_harm and plot.early  # whatever it is ticked to be for
    basic = study.design.primary_purpose == "BASIC_SCIENCE" and key != "level" and not dose and not harms
    if basic or plot.in_the_body or (cast.medicine() and looks_inside(study)):
        return voice.say(
            "It could show how the body reacts to %(what)s.",
            **told,
        )
    if not slots.people and "PHASE4" in study.phases:  # which is in use
        return voice.say("It could help doctors decide whether to use %(what)s.", **told)
    if (not slots.people or safety) and not dose:
        return study_further(plot, slots.what)
    if plot.early and cast.medicine():
        if plot.seeks_a_dose:
            # Of "A with or without B", the dose of A is looked for.
            first = slots.base if _WITH_OR_WITHOUT.search(plot.titles) else ""
            one, base = dosed(plot, first or slots.what)
            if base:
                return voice.say(
                    "It could show which dose of %(what)s to study next, together with %(base)s.",
                    what=one,
                    base=base,
                )
            return voice.say("It could show which dose of %(what)s to study next.", what=one)
        if plot.only_harm:
            return voice.say("It could show whether to go on studying %(what)s in %(people)s.", **told)
    if key == "level":
        return voice.say(
            "It could show what the body does with %(what)s, to help plan later studies.", **told
        )
    small = 0 < (study.enrollment.count or 0) <= (FEWEST if late else SMALL)
    small = small or re.search(rf"(?i){_FIRST_LOOK.pattern}|feasib", plot.titles) is not None
    if key == "feasible" or ("PHASE2" in study.phases and not late) or (plot.early and plot.treats) or small:
        added = plot.listed(cast.added_to) if slots.certain and len(cast.added_to) <= 2 else ""
        base = slots.base or added
        if 0 < words(plain(base)) <= MOST_NAMED:
            said = n_("It could show whether to test %(what)s together with %(base)s in a larger study.")
            return voice.say(said, base=base, **told)
        by_what = n_("It could show whether to test %(what)s in a larger study, judged by %(measure)s.")
        return judged(plot, by_what, **told) or voice.say(
            "It could show whether to test %(what)s in a larger study.", **told
        )
    return ""


def guides(plot: Plot) -> bool:
    """Whether it can help anybody to choose: what few show, or what chance did not decide, guides nobody yet."""
    return plot.treats and plot.study.design.allocation == "RANDOMIZED" and not first_look(plot)


def rivals_of(plot: Plot) -> str:
    """Those of which chance gives each group one, where each has a name of its own."""
    by_chance = plot.cast.rivals and plot.study.design.allocation == "RANDOMIZED"
    rivals = plot.listed(plot.cast.rivals) if by_chance else ""
    return rivals if names_a_thing(rivals) else ""


def decision(plot: Plot, slots: Slots) -> str:
    """What could be decided by the answer, by purpose, phase, comparator and size. No promise."""
    study, cast, voice, slots = plot.study, plot.cast, plot.voice, _short(plot, slots)
    basic = study.design.primary_purpose == "BASIC_SCIENCE" or plot.in_the_body
    if basic and not cast.medicine():
        return ""
    told = {"what": slots.what, "people": slots.people}
    if later := _next_study(plot, slots):
        return later
    if plot.only_harm:
        return voice.say(
            "It could tell doctors which side effects of %(what)s to watch for in %(people)s.", **told
        )
    if plot.alone and plot.treats and {"PHASE3", "PHASE4"} & set(study.phases):
        return voice.say("It could show how well people do with %(what)s%(rest)s.", what=slots.what, rest="")
    if plot.alone and plot.treats:
        return voice.say(
            "It could show whether %(what)s should be tested against other treatments in %(people)s.", **told
        )
    if slots.base:
        told["base"] = slots.base
        return voice.say(
            "It could help doctors decide whether to add %(what)s to %(base)s for %(people)s.", **told
        )
    if slots.certain and cast.against:
        told |= {"other": against(plot), "base": plot.listed(cast.added_to)}
        if plot.equal and cast.against == (IS_OTHER,) and told["other"]:
            return voice.say(
                "It could show whether %(what)s can be used instead of %(other)s. It does not ask which is better.",
                **told,
            )
        if 0 < len(cast.added_to) <= 2 and cast.against != (IS_OTHER,):
            return voice.say(
                "It could help doctors decide whether to add %(what)s to %(base)s for %(people)s.", **told
            )
        if cast.against == (IS_OTHER,) and told["other"] and not any(g.role in CONTROLS for g in cast.groups):
            if words(plain(f"{told['people']} {told['what']} {told['other']}")) > MOST_OF_A_CHOICE:
                return voice.say(BETWEEN_TWO)
            return voice.say(
                "It could help %(people)s and their doctors choose between %(what)s and %(other)s.", **told
            )
    elif rivals := rivals_of(plot):
        return voice.say(
            "It could help %(people)s and their doctors choose between %(rivals)s.",
            rivals=rivals,
            **told,
        )
    if cast.medicine():
        return voice.say("It could help doctors decide whether to use %(what)s for %(people)s.", **told)
    return voice.say("It could help doctors decide whether to offer %(what)s to %(people)s.", **told)
