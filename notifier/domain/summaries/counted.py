"""What a record counts: the grave events of its results, by groups, and the harms that it has among its measures."""

import re
from collections.abc import Iterator, Sequence

from notifier.domain.summaries.any_case import AnyCase, in_small
from notifier.domain.summaries.plot import Plot
from notifier.domain.summaries.record import EventGroup
from notifier.domain.summaries.standing import told_in
from notifier.domain.summaries.tables import pattern_of, table
from notifier.domain.summaries.when import span_of
from notifier.domain.wording import one_line

MOST_COUNTED = 3  # harms that are named
MOST_GROUPS = 4  # of which each is told
_NAMED_HARMS = [
    (AnyCase(in_small(pattern), re.NOFLAG), said) for pattern, said, *_ in table("risks_counted.tsv")
]


def events(plot: Plot) -> Iterator[str]:
    """The grave events, the deaths and those who left of each group, where results are posted."""
    voice, every, left = plot.voice, plot.more.events, plot.more.left
    # A group that is all the others together must not stand beside them.
    groups = [each for each in every if not _is_the_sum(each, every)] or every
    # Of one group alone: the others of the study should be counted too.
    listed = len(plot.cast.groups) if len(every) == 1 else 0
    silent = max(plot.more.groups - len(every), listed - len(every), 0)
    again = sum(each.at_risk for each in groups) > (plot.study.enrollment.count or 0) * REPEATED
    twice = voice.say("The same people can be counted in more than one group.") if again else ""
    if sum(each.at_risk for each in groups) == plot.study.enrollment.count:
        silent = 0  # nobody was in those
    if any(each.affected for each in groups):
        said = voice.say(
            "Serious health problems, from the illness itself or any other cause: %(counts)s.",
            counts=_counts(plot, [(each.affected, each) for each in groups]),
        )
        without = voice.count(
            "For %(number)s more group, the record gives no numbers.",
            "For %(number)s more groups, the record gives no numbers.",
            silent,
        )
        yield " ".join(filter(None, (said, without * bool(silent), twice)))
    counted = [each for each in groups if each.died is not None]
    if any(each.died for each in counted):
        said = voice.say(
            "Deaths, from the illness itself or any other cause: %(counts)s.",
            counts=_counts(plot, [(each.died or 0, each) for each in counted]),
        )
        chance = voice.say("These numbers alone do not show whether a difference is due to chance.")
        apart = twice or chance
        span = span_of(plot.more.counted_for, voice)
        span = voice.say("The count covers up to %(span)s.", span=span) if span else ""
        yield " ".join(filter(None, (said, span, apart * (len(counted) > 1))))
    if left:
        yield voice.say(
            "People who left early because of health problems: %(counts)s.",
            counts=_counts(plot, [(each.affected, each) for each in left]),
        )


REPEATED = 1.05  # times as many in all groups as took part: people are in more than one
_ALL_OF_THEM = pattern_of("counted.all_of_them")


def _is_the_sum(one: EventGroup, groups: Sequence[EventGroup]) -> bool:
    others = [each.at_risk for each in groups if each is not one]
    return len(others) > 1 and (
        one.at_risk == sum(others) or (one.at_risk >= max(others) and bool(_ALL_OF_THEM.search(one.title)))
    )


def _counts(plot: Plot, counted: Sequence[tuple[int, EventGroup]]) -> str:
    """How many it happened to in each group; of many groups, which may count the same people at several times, the least and most."""
    voice = plot.voice
    if len(counted) == 1 and counted[0][1].at_risk == plot.study.enrollment.count:
        [(affected, one)] = counted
        values = {"number": voice.number(affected), "all": voice.number(one.at_risk)}
        return voice.say("%(number)s of the %(all)s people", **values)
    if len(counted) <= MOST_GROUPS:
        return voice.listing(
            voice.say(
                "%(number)s of %(all)s in %(group)s",
                number=voice.number(number),
                all=voice.number(group.at_risk),
                group=voice.quoted(group.title, 60),
            )
            for number, group in counted
        )
    ranked = sorted(counted, key=lambda each: (each[0] / each[1].at_risk, each[1].at_risk))
    least, most = (
        voice.say("%(number)s of %(all)s", number=voice.number(number), all=voice.number(group.at_risk))
        for number, group in (ranked[0], ranked[-1])
    )
    number = voice.number(len(counted))
    return voice.say(
        "in each of the %(number)s groups, between %(least)s and %(most)s",
        least=least,
        most=most,
        number=number,
    )


_SORTS = [(said, *more) for _, said, *more in table("risks_counted.tsv") if more]
_GENERAL = frozenset(said for said, sort, *_ in _SORTS if sort == "general")
_NEVER_THE_AIM = frozenset(said for said, sort, *_ in _SORTS if sort == "never")
_ILL_ALREADY = [(said, re.compile(ill[0])) for said, _, *ill in _SORTS if ill]
_OF_HARM = re.compile(r"adverse|safety|side effect|complication|toxicit|tolerab|\bharm")


def named(plot: Plot) -> Iterator[str]:
    """Harms that the study counts among its measures."""
    voice = plot.voice
    outcomes = [one_line(each[:400]).lower() for each in plot.more.outcomes]
    whole, counted = " ; ".join(outcomes), " ; ".join(filter(_OF_HARM.search, outcomes))
    about = f"{plot.titles} {' '.join(plot.study.conditions[:60])}".lower()
    # What is measured first of all may be what a treatment is to prevent.
    first = " ; ".join(one_line(each.measure or "") for each in plot.study.primary_outcomes)
    found = [
        plain
        for pattern, plain in _NAMED_HARMS
        if pattern.search_in(text := whole if plain in _NEVER_THE_AIM else counted, text)
        and not pattern.search_in(about, about)
        and not any(pattern.search(about) for organ, pattern in _ILL_ALREADY if organ == plain)
        and (plot.only_harm or not pattern.whole.search(first))
    ]
    # What is particular goes first; "side effects" are the grave ones too, and an infection of the wound is an infection.
    for wide, narrow in (("infection", "wound infection"), ("serious side effects", "side effects")):
        if wide in found and narrow in found:
            found.remove(wide)
    found.sort(key=lambda each: each in _GENERAL)
    # "Side effects" are counted everywhere, and what a study that only watches counts is not its doing.
    prevents = plot.study.design.primary_purpose == "PREVENTION"
    if (
        plot.study.study_type == "INTERVENTIONAL"
        and not prevents
        and any(each not in _GENERAL for each in found)
    ):
        told = [each for each in found if each not in _GENERAL] or found
        yield voice.say_in(
            told_in(plot.study),
            "The study watches for this harm: %(harms)s."
            if len(told) == 1
            else "The study watches for these harms: %(harms)s.",
            harms=voice.listing(voice.say(each) for each in told[:MOST_COUNTED]),
        )
