"""What a study could lead to: its question turned to its use, and what would still be open. Conditional; no promise."""

import re
from datetime import date

from notifier.domain.study import OverallStatus as Is
from notifier.domain.study import Study
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.deciding import BY_CHANCE
from notifier.domain.summaries.phrases import banned_in
from notifier.domain.summaries.plot import Plot
from notifier.domain.summaries.quoting import words
from notifier.domain.summaries.standing import OF_ANOTHER, is_over, is_past
from notifier.domain.summaries.titles import CLAIMS_NOW, LOOKS, named
from notifier.domain.summaries.trying import NO_NAME, articled
from notifier.domain.summaries.turning import Turned
from notifier.domain.summaries.uses import Slots, decision
from notifier.domain.summaries.voice import plain
from notifier.domain.summaries.whom import in_short
from notifier.domain.wording.catalogue import n_

_PROMISES = AnyCase(r"\bbetter|\bimprov|\boptimal|\bsooner|\benhanc|\befficien")
_NOT_YET = frozenset({"dose", "harm", "level"})  # of these nobody learns whether it helps
_OVER = {Is.TERMINATED, Is.COMPLETED, Is.ACTIVE_NOT_RECRUITING}
MOST_OF_A_LIST = 6  # groups of which two can stand for what is tried
_NEVER = n_("No results were posted, and none are likely after so many years.")
LONG = 5  # years after which nobody waits for results
FEW = 9  # people; of so few nothing can be told
#: Why a study stopped that did give an answer, or part of one.
_ANSWERED = AnyCase(
    r"\bfutil|lack of (?:efficacy|effect|benefit)|\binterim\b|no (?:benefit|effect|difference)|superior|harm\b|safety"
)


_FUTILE = AnyCase(
    r"(?<!not due to )(?<!no )\bfutil|lack of (?:efficacy|effect|benefit)|no (?:benefit|effect)\b"
)
#: Why nobody goes on with what was tried.
_NO_USE = AnyCase(
    r"\bbusiness|strateg|commercial|sponsor(?:'s)? decision|company decision|\bfund|financ|\bfutil|lack of (?:efficacy|effect|benefit)|no (?:benefit|effect)\b"
)
#: A title that is on how long people live: that is no other question.
_ON_SURVIVAL = AnyCase(r"(?<!-free )(?<!free )\bsurvival\b")


def could_lead_to(plot: Plot, asked: Turned, today: date) -> tuple[str, ...]:
    """A sentence on what could be known, and one on what could not. asked: the question, with what its own words lead to."""
    study, voice = plot.study, plot.voice
    if study.overall_status is Is.WITHDRAWN:
        return (voice.say("No one joined, so it cannot answer its question."),)
    if study.study_type == "EXPANDED_ACCESS":
        return (
            voice.say(
                "This way, people can get a treatment that is not approved for them yet. It is not meant to show whether the treatment works."
            ),
        )
    few = study.enrollment.count or 0
    if study.enrollment.type == "ACTUAL" and 0 < few <= FEW and study.overall_status in _OVER:
        return tuple(
            _open(plot)
        )  # of so few nothing is told that a larger study, or a doctor, could build on
    made = [each for each in (asked.lead, asked.use) if each and not banned_in(plain(each))]
    why = study.why_stopped or ""
    stopped = study.overall_status is Is.TERMINATED
    futile = stopped and _FUTILE.search(why) and not OF_ANOTHER.search(why)
    said = (voice.say("It stopped because a benefit looked unlikely."),) if futile else ()
    if is_over(study) and not study.has_results and _long_ago(study, today):
        return (*said, voice.say(_NEVER))
    if said:
        return (*said, *_open(plot))
    no_use = stopped and _NO_USE.search(why)
    if no_use and (topic := plot.conditions()):
        made = [voice.say("What it found could be a basis for later studies on %(topic)s.", topic=topic)]
    known = made[0] if made else _of_a_trial(plot)
    if known and is_over(study) and not (study.has_results or no_use):
        use = known if voice.language == "de" else known[:1].lower() + known[1:]
        known = voice.say("If its results are published, %(use)s", use=use)
    return (known or _of_the_illness(plot), *_open(plot))


def _long_ago(study: Study, today: date) -> bool:
    """Whether it ended so long ago that a record which tells no results will hardly do so any more."""
    end = study.completion_date or study.primary_completion_date
    if end is None or not end.date or not re.match(r"\d{4}", end.date):
        return False
    return is_past(f"{int(end.date[:4]) + LONG}{end.date[4:]}", today)


def _of_a_trial(plot: Plot) -> str:
    """What could come of something that is tried, and of which nothing of ours is asked."""
    study, cast, voice = plot.study, plot.cast, plot.voice
    if plot.key == "level" and any(each.rest.startswith("on the blood levels") for each in plot.topics):
        return voice.say("It could help doctors know whether people can take the two together.")
    what = plot.subject() or (plot.what() if cast.named and cast.groups else "")
    many = len(cast.groups) > MOST_OF_A_LIST and not cast.together  # parts of a platform
    what = what if study.study_type == "INTERVENTIONAL" and not (cast.looks or many) else ""
    if not what:
        return ""
    if plot.provokes and not plot.treats:
        return voice.say(
            "It could show how the body reacts to %(what)s, and so tell doctors more about the illness.",
            what=what,
        )
    looks = study.design.primary_purpose in {"DIAGNOSTIC", "SCREENING"} or bool(LOOKS.search(plain(what)))
    looks = looks and not cast.medicine() and not plot.treats
    if looks or plot.key == "test":
        return voice.say("It could show how much doctors can learn from %(what)s.", what=what)
    if (
        CLAIMS_NOW.search(plain(what))
        or NO_NAME.search(plain(what))
        or (words(plain(what)) == 1 and plain(what).islower() and not cast.medicine())
    ):
        return ""  # of what, it does not say
    return decision(plot, Slots(articled(what), in_short(plot), cast.certain and cast.titled))


def _of_the_illness(plot: Plot) -> str:
    """What a study that tries nothing, or nothing that has a sure name, could add."""
    people, voice = plot.people, plot.voice
    if plot.measure and plot.measure.key not in {"feasible", "test", "harm"}:
        told = {"measure": voice.say(plot.measure.plain), "people": people.who(voice)}
        if people.have and plot.study.design.primary_purpose != "BASIC_SCIENCE":
            return voice.say("It could tell %(people)s and their doctors %(measure)s.", **told)
        if conditions := plot.conditions():
            return voice.say(
                "It could tell doctors more about %(topic)s: %(measure)s.", topic=conditions, **told
            )
        return voice.say("It could tell doctors %(measure)s.", **told)
    for each in plot.topics:
        if (
            plot.is_about(each.titled)
            and not CLAIMS_NOW.search(each.titled)
            and not _PROMISES.search(each.titled)
            and not banned_in(each.titled)
        ):
            return voice.say(
                "What it finds could be a basis for later studies on %(topic)s.",
                topic=voice.theirs(named(each)),
            )
    if conditions := plot.conditions():
        return voice.say("What it finds could be a basis for later studies on %(topic)s.", topic=conditions)
    return voice.say("The record does not say what it could lead to.")


def _open(plot: Plot) -> list[str]:
    """What would still not be known: of all that could be said, what weighs most."""
    study, cast, voice, key = plot.study, plot.cast, plot.voice, plot.key
    said: list[str] = []
    few = study.enrollment.count or 0
    if study.enrollment.type == "ACTUAL" and 0 < few <= FEW and study.overall_status in _OVER:
        said.append(
            voice.count(
                "Only %(number)s person took part, so it cannot show much.",
                "Only %(number)s people took part, so it cannot show much.",
                few,
            )
        )
    elif study.overall_status is Is.TERMINATED and not _ANSWERED.search(study.why_stopped or ""):
        said.append(voice.say("It stopped early, so it may not answer its question."))
    if study.has_results:
        said.append(voice.say("Its results are posted. A doctor can help to explain them."))
    elif study.study_type != "INTERVENTIONAL":
        by_chance = BY_CHANCE.search(f"{plot.titles} {study.brief_summary}")
        if key != "test" and not LOOKS.search(plot.titles) and not by_chance:
            said.append(voice.say("It cannot show what causes what."))
    elif (
        plot.early
        and cast.medicine()
        and plot.treats
        and plot.keys <= _NOT_YET
        and "healthy" not in plot.titles.casefold()
        and not any(map(_SHOWS_HELP.search, plot.summary))
    ):
        said.append(voice.say("Only later, larger studies can show whether it helps."))
    elif said or not plot.treats or not cast.medicine() or {"live", "alive"} & plot.keys:
        pass  # that it stopped weighs more
    elif key in _SURROGATES and not (_SURROGATES[key] == _LONGER and _ON_SURVIVAL.search(plot.titles)):
        said.append(voice.say(_SURROGATES[key]))
    return said


#: An aim of the study itself is to show that it helps.
_SHOWS_HELP = AnyCase(
    r"\b(?:demonstrate|show|prove|establish|confirm) (?:the )?(?:\w+ and )?(?:effectiveness|efficacy)\b"
)
_LONGER = n_("Whether people live longer or feel better is another question.")
_HEALTHIER = n_("Whether people stay healthier in the long run is another question.")
#: What stands for something else, by what is measured first of all.
_SURROGATES = {
    **dict.fromkeys(("control", "held", "free", "clear", "respond"), _LONGER),
    **dict.fromkeys(("sugar", "fat", "pressure", "kidney"), _HEALTHIER),
}
