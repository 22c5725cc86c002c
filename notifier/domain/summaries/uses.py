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
from notifier.domain.summaries.tables import pairs
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


COMPARED = n_("It could show how %(one)s and %(other)s compare%(rest)s.")


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


_OR, _TIED = re.compile(r"\bor\b"), re.compile(r"\b(?:or|and|with)\b|,")
MOST_NAMED, MOST_OF_PEOPLE, MOST_OF_A_CHOICE = 7, 9, 13  # words that a sentence can hold


_USE_OF = AnyCase(
    r"(?:(?:the )?(?:[\w-]+ )?(?:use|administration|application|intake) of |using |combination of |evaluation of )(?:the |an? )?(?=\w)"
)


_WITH_OR_WITHOUT = AnyCase(r"with(?:/| or )without|±|\+/-")


def _short(plot: Plot, slots: Slots) -> Slots:
    """The slots with what is long told shortly: the question, which stands above, has it whole."""
    what, people = plain(slots.what), plain(slots.people)
    if led := _USE_OF.match(what):  # "to use the use of"
        slots = replace(slots, what=plot.voice.theirs(what := what[led.end() :]))
    if ", a" in what:  # "X, a patch", behind which the sentence goes on
        slots = replace(slots, what=plot.voice.theirs(what := re.split(", an? ", what)[0]))
    return replace(
        slots,
        what=slots.what if words(what) <= MOST_NAMED else unnamed(plot),
        people=slots.people
        if words(people) <= MOST_OF_PEOPLE
        else plot.voice.say("people like those in the study"),
    )


def unnamed(plot: Plot) -> str:
    """What is tried, where its name is too long, or not sure."""
    return plot.voice.say("the treatment") if plot.treats else plot.voice.say("this")


def lead(plot: Plot, kind: str, **slots: str) -> str:
    """A sentence of the table."""
    return plot.voice.say(pairs("leads.tsv")[kind], **slots)


def study_further(plot: Plot, what: str) -> str:
    """Whether to go on with it."""
    what = what if words(plain(what)) <= MOST_NAMED else unnamed(plot)
    return changed(plot, what) or lead(plot, "further", what=what)


def changed(plot: Plot, what: str) -> str:
    """What it does to the main measure, or whether people can bear it; empty where that is not sure."""
    what = what if 0 < words(plain(what)) <= MOST_NAMED else unnamed(plot)
    if plot.only_harm and plot.key != "level":
        return lead(plot, "safe", what=what)
    changes = plot.measure and plot.key not in _NO_DIFFERENCE and _HOW.match(plot.measure.plain)
    return judged(plot, pairs("leads.tsv")["difference"], what=what) if changes else ""


_HOW = re.compile(r"(?:in how|how|what) (?!.* it$)")
#: Of these nobody asks what difference something makes to them.
_NO_DIFFERENCE = frozenset({"harm", "dose", "level", "feasible", "test", "vague", "care"})


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
    given = {"what": slots.what, "people": slots.people}
    late = bool({"PHASE3", "PHASE4"} & set(study.phases))
    safety = first_look(plot) and not late and (plot.only_harm or not cast.medicine())
    dose = cast.medicine() and plot.seeks_a_dose
    harms = plot.only_harm and plot.early  # whatever it is ticked to be for
    basic = study.design.primary_purpose == "BASIC_SCIENCE" and key != "level" and not dose and not harms
    if basic or plot.in_the_body or (cast.medicine() and looks_inside(study)):
        return lead(plot, "reacts", **given)
    if not slots.people and "PHASE4" in study.phases:  # which is in use
        return lead(plot, "use it", **given)
    in_blood = key == "level" or (not study.primary_outcomes and "harmacokinetic" in plot.titles)
    if plot.early and in_blood and cast.medicine() and not dose:
        return lead(plot, "level", **given)
    if (not slots.people or safety) and not dose:
        return _compared(plot, slots) or study_further(plot, slots.what)
    if plot.early and cast.medicine():
        if plot.seeks_a_dose and plain(slots.what) == plain(unnamed(plot)):
            return lead(plot, "safe", **given)  # of what, nobody could tell the dose
        if plot.seeks_a_dose:
            # Of "A with or without B", the dose of A is looked for.
            first = slots.base if _WITH_OR_WITHOUT.search(plot.titles) else ""
            one, base = dosed(plot, first or slots.what)
            if base:
                return lead(plot, "dose with", what=one, base=base)
            return lead(plot, "dose", what=one)
        if plot.only_harm:
            return lead(plot, "safe for them", **given)
    if key == "level":
        return lead(plot, "level", **given)
    small = 0 < (study.enrollment.count or 0) <= (FEWEST if late else SMALL)
    small = small or re.search(rf"(?i){_FIRST_LOOK.pattern}|feasib", plot.titles) is not None
    if key == "feasible" or ("PHASE2" in study.phases and not late) or (plot.early and plot.treats) or small:
        added = plot.listed(cast.added_to) if slots.certain and len(cast.added_to) <= 2 else ""
        base = slots.base or added
        base = base if words(plain(base)) <= MOST_NAMED else ""
        if hope := _compared(plot, slots) or _hope(plot, slots, base):
            return hope
        if base:
            said = n_("It could show whether to test %(what)s together with %(base)s in a larger study.")
            return voice.say(said, base=base, **given)
        by_what = n_("It could show whether to test %(what)s in a larger study, judged by %(measure)s.")
        return judged(plot, by_what, **given) or lead(plot, "larger", **given)
    return ""


def _compared(plot: Plot, slots: Slots) -> str:
    """How two compare that are held against each other, where too little is learned of them to choose by it."""
    one, other = slots.what, ""
    if slots.certain and plot.cast.against == (IS_OTHER,) and not plot.cast.added_to:
        other = against(plot)
    elif len(plot.cast.rivals) == 2 and rivals_of(plot):
        one, other = (plot.listed((each,)) for each in plot.cast.rivals)
    told, key = f"{plain(one)} ; {plain(other)}", plot.key
    unsure = (
        key in {"feasible", "dose", "level", "test"} or words(told) > MOST_OF_A_CHOICE or _TIED.search(told)
    )
    return (
        ""
        if unsure or not other or not (names_a_thing(one) and names_a_thing(other))
        else plot.voice.say(COMPARED, one=one, other=other, rest="")
    )


def _hope(plot: Plot, slots: Slots, base: str) -> str:
    """What people could have of something new that helps; empty where that is not what is asked."""
    unsure = plot.equal or plot.takes_away or _OR.search(plain(slots.what))
    if not plot.treats or plot.key in _NO_DIFFERENCE or unsure:
        return ""
    kind = f"{'help' if is_over(plot.study) else 'choice'}{' added' if base else ''}"
    return lead(plot, kind, what=slots.what, people=slots.people, base=base)


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
        return lead(plot, "harms", **told)
    if plot.alone and plot.treats and {"PHASE3", "PHASE4"} & set(study.phases):
        return lead(plot, "how well", what=slots.what, rest="")
    if plot.alone and (hope := _hope(plot, slots, "")):
        return hope
    if slots.base:
        told["base"] = slots.base
        return lead(plot, "add", **told)
    if slots.certain and cast.against:
        told |= {"other": against(plot), "base": plot.listed(cast.added_to)}
        if plot.equal and cast.against == (IS_OTHER,) and told["other"]:
            return lead(plot, "equal", **told)
        if 0 < len(cast.added_to) <= 2 and cast.against != (IS_OTHER,):
            return lead(plot, "add", **told)
        if cast.against == (IS_OTHER,) and told["other"] and not any(g.role in CONTROLS for g in cast.groups):
            if words(plain(f"{told['people']} {told['what']} {told['other']}")) > MOST_OF_A_CHOICE:
                told["people"] = voice.say("people")
            return lead(plot, "between", **told)
    elif rivals := rivals_of(plot):
        return lead(plot, "between rivals", rivals=rivals, **told)
    if cast.medicine():
        return lead(plot, "use", **told)
    return lead(plot, "offer", **told)
