"""The question of a study that only watches: what harms people, how they do by the main measure, and what sets them apart."""

import re
from collections.abc import Iterator

from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.cast import MEDICINES, MOST_TRIED
from notifier.domain.summaries.plot import TREATS, Plot, tokens
from notifier.domain.summaries.tables import pairs, pattern_of
from notifier.domain.summaries.things import articled
from notifier.domain.summaries.titles import LOOKS
from notifier.domain.summaries.trying import NO_NAME
from notifier.domain.summaries.turning import Turned, put
from notifier.domain.summaries.voice import plain
from notifier.domain.summaries.whom import by_the_list, in_short
from notifier.domain.summaries.words_explained import SHORT_FORM

#: A medicine that only a title names: "Special Investigation of NAME Tablets".
_BY_ITS_FORM = re.compile(r"\b([A-Z][\w-]{4,})®? (?i:intravenous|injection|infusion|tablets?|capsules?)\b")
_GIVEN = frozenset([*MEDICINES, "DEVICE", "PROCEDURE", "RADIATION", "BEHAVIORAL"])
NOT_GIVEN = AnyCase(
    f"{LOOKS.pattern}|^surgery$|\\banalysis\\b|^non-|collect|question|interview|recording|history|\\bEMG\\b|investigation|survey|data\\b|samples?\\b|standard|usual|observ"
)
_DONE = AnyCase(
    f"{TREATS.pattern}|stimulat|system\\b|device|drug\\b|disc\\b(?! \\w)|surg|radiofrequency|biologic\\w*|biotherap\\w*|\\w+mab\b| compared with |using\\b"
)
FOLLOWS = AnyCase(r"\bregistry\b|natural history|longitudinal")
_OTHERS = AnyCase(r"\bcontrols?\b|\bhealthy\b|\bwithout\b|\bparents?\b|\bcaregivers?\b|\brelatives\b|\bnon-")


def asked_of_watched(plot: Plot) -> Iterator[str | Turned]:
    """What is asked of people who are only watched, by the main measure: what harms them, and how they do."""
    cast, voice, people = plot.cast, plot.voice, plot.people
    if plot.study.study_type != "OBSERVATIONAL":
        return
    who = in_short(plot) if people.phrase else ""
    where = who or (plot.conditions() if len(people.listed) <= 2 else "")
    if plot.only_harm and where:
        names = voice.theirs(" and ".join(dict.fromkeys(_BY_ITS_FORM.findall(plot.titles))))
        what = plot.what() if cast.named and len(cast.tried) == 1 else names
        if what:
            of_people = voice.say("in %(people)s", people=who)
            rest = f" {of_people if who else voice.say('in %(illness)s', illness=where)}"
            yield put(plot, "What side effects can %(what)s cause%(rest)s?", what=what, rest=rest)
    yield from _by_the_main_measure(plot)


def over_time(plot: Plot) -> Iterator[Turned]:
    """What is asked of an illness by those who follow people for long."""
    illness = plot.people.listed[0] if len(plot.people.listed) == 1 else ""
    if illness and FOLLOWS.search(plot.titles) and not _OF_A_THING.search(plot.titles):
        told = {"what": plot.voice.theirs(illness), "rest": ""}
        yield put(plot, "How does %(what)s develop over time%(rest)s?", **told)


_OF_A_THING = AnyCase(r"stimulat|system\b|device|treat|therap|drug|disc\b|implant|surg")


def _by_the_main_measure(plot: Plot) -> Iterator[str]:
    """What is measured, asked of those whom a title names, or who have what the record lists."""
    voice, message = plot.voice, pairs("measured.tsv").get(plot.measure.plain if plot.measure else "")
    asks_more = FOLLOWS.search(plot.titles) or _OF_A_CHANGE.search(f"{plot.titles} {' '.join(plot.aims)}")
    who, what = "" if asks_more else the_ill(plot), given(plot)
    if message and who and what and not tokens(plain(what)) <= tokens(plain(who)):
        who = voice.say("%(people)s who get %(what)s", people=who, what=what)
        yield voice.say(message, people=who)
    elif message and who and (what or _names_all(plot, plain(who))):
        yield voice.say(message, people=who)


#: What is asked is why it is so, or whether it changes: how it is on the whole is no answer to that.
_OF_A_CHANGE = pattern_of("watching.of_a_change")


def given(plot: Plot) -> str:
    """What those who are watched get, by sure names."""
    cast = plot.cast
    sure = cast.named and cast.titled and cast.groups and 0 < len(cast.tried) <= MOST_TRIED and not cast.looks
    what = articled(plot.what()) if sure and all(each.kind in _GIVEN for each in cast.tried) else ""
    return (
        ""
        if NOT_GIVEN.search(plain(what)) or NO_NAME.search(plain(what)) or SHORT_FORM.fullmatch(plain(what))
        else what
    )


def _names_all(plot: Plot, who: str) -> bool:
    """Whether people are named with all that a title speaks of as done: a question that leaves it out is of something else."""
    for each in plot.topics:
        done = {found[0] for found in _DONE.finditer(each.whole)}
        if not all(one in who for one in done) or tokens(each.whole) & plot.names - tokens(who):
            return False
    return True


def the_ill(plot: Plot) -> str:
    """Those whom a title names, or who have the one illness or two that the record lists; empty where others are among them, or no illness is surely theirs."""
    people = plot.people
    if said := in_short(plot):
        return said
    labels = " | ".join(f"{each.label}" for each in plot.study.arms)
    return "" if people.healthy or _OTHERS.search(f"{labels} | {plot.titles}") else by_the_list(plot)


def of_cases(plot: Plot) -> Iterator[str]:
    """What tells people with an illness from those without it, where the record has the two groups and one illness."""
    study, labels = plot.study, " | ".join(each.label or "" for each in plot.study.arms)
    one = study.design.observational_model == "CASE_CONTROL" and len(plot.people.listed) == 1
    groups = re.search(r"(?i)\bcontrols?\b|\bhealthy\b|\bwithout\b", labels)
    if one and groups and len(study.conditions) == 1 and plot.is_about(plot.titles):
        condition = plot.voice.theirs(plot.people.condition or plot.people.listed[0])
        yield plot.voice.say(
            "How are people with %(condition)s different from people without it?", condition=condition
        )
