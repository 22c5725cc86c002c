"""What a study could lead to: its question turned to its use, and what would still be open. Conditional; no promise."""

import re
from collections.abc import Iterator

from notifier.domain.study import OverallStatus as Is
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.asking import spoken, subjects
from notifier.domain.summaries.cast import IS_NOTHING, IS_OTHER, IS_PLACEBO, IS_SHAM, IS_USUAL
from notifier.domain.summaries.covering import is_their_allergen, names_a_thing, stems
from notifier.domain.summaries.given import known_in
from notifier.domain.summaries.phrases import banned_in
from notifier.domain.summaries.plot import NO_THING, TREATS, Plot, against
from notifier.domain.summaries.quoting import words
from notifier.domain.summaries.standing import OF_ANOTHER, is_over
from notifier.domain.summaries.tables import pairs, pattern_of
from notifier.domain.summaries.things import articled
from notifier.domain.summaries.titles import CLAIMS_NOW, LOOKS
from notifier.domain.summaries.told import notice
from notifier.domain.summaries.trying import NO_NAME, whole
from notifier.domain.summaries.turning import Turned
from notifier.domain.summaries.uses import (
    IF_PUBLISHED,
    MOST_NAMED,
    SMALL,
    UNSAID,
    Slots,
    changed,
    decision,
    first_look,
    guides,
    judged,
    lead,
    most_of_a_lead,
    study_further,
    too_few,
    unnamed,
)
from notifier.domain.summaries.voice import plain
from notifier.domain.summaries.when import days_of, span_of
from notifier.domain.summaries.whom import in_short
from notifier.domain.wording.catalogue import n_

_TREATS = frozenset({"DRUG", "BIOLOGICAL", "DEVICE", "PROCEDURE", "RADIATION", "COMBINATION_PRODUCT"})
#: Of all cancer nobody learns more.
_NO_ILLNESS = pattern_of("leading.no_illness")
#: Measures by which a treatment is judged, and that tell nothing of an illness.
_YARDSTICK = pattern_of("leading.yardstick")
#: A measure that is a clause, and whole by itself.
_ASKS = re.compile(r"(?:how|what|which|whether|in how) (?!.*\bdo it$)")
#: What is looked at for what it tells of a measure, or does to it: a score of those who die.
_HELD_AGAINST = pattern_of("leading.held_against")
_OF_NO_TOPIC = frozenset({"harm", "care", "feasible", "dose", "level", "vague"})
_NOT_YET = frozenset({"dose", "harm", "level"})  # of these nobody learns whether it helps
MOST_OF_A_LIST = 6  # groups of which two can stand for what is tried
MOST_OF_A_TOPIC = 14  # words
MOST_TOPICS = 2  # illnesses that are named
#: Why a study stopped that did give an answer, or part of one.
_ANSWERED = pattern_of("leading.answered")
_FUTILE = pattern_of("leading.futile")
_UNSAFE = pattern_of("leading.unsafe")
#: Why nobody goes on with what was tried.
_NO_USE = pattern_of("leading.no_use")
#: A title or a measure of how long people live, or how they feel: that is no other question.
_ON_LIFE = pattern_of("leading.on_life")


def could_lead_to(plot: Plot, asked: Turned) -> tuple[str, ...]:
    """A sentence on what could be known, and one on what could not. asked: the question, with what its own words lead to."""
    study, voice, cut = plot.study, plot.voice, list(_cut_short(plot))
    left = [*cut, *_open(plot)]
    if study.overall_status is Is.WITHDRAWN:
        return (lead(plot, "no answer"),)
    if study.study_type == "EXPANDED_ACCESS":
        return (lead(plot, "access"),)
    why = (study.why_stopped or "") if study.overall_status is Is.TERMINATED else ""
    why = "" if OF_ANOTHER.search(why) else why
    # A study that stopped for safety, or because it would show nothing, is told by that first.
    ended = "futile" if _FUTILE.search(why) else "unsafe" if _UNSAFE.search(why) else ""
    if ended:
        left = [lead(plot, ended), *left]
    if (cut and (too_few(study) or _NO_USE.search(why))) or ended:
        return tuple(left)  # nothing that a larger study, or a doctor, could build on
    if notice(plot):
        return (lead(plot, "changed"), *left)
    made = [
        each
        for each in (asked.lead, asked.use)
        if 0 < words(plain(each)) <= most_of_a_lead(plot) and not banned_in(plain(each))
    ]
    late = {"PHASE3", "PHASE4"} & set(study.phases)
    if is_over(study) and study.has_results and (told := _told_by_results(plot)):
        return (*told, *left)
    if is_over(study) and study.has_results and not asked.lead and not late:
        # Whether others followed is not told.
        if left or not (topic := _topic(plot)):
            return tuple(left) or (lead(plot, "explain its"),)
        return (lead(plot, "explain topic", topic=topic),)
    known = made[0] if made else _of_a_trial(plot) or _of_the_illness(plot)
    use = _use_by_kind(plot, made)
    if use and known == voice.say(_TO_PLAN) and study.study_type == "OBSERVATIONAL":
        known = ""
    if known and is_over(study):
        hope = known if voice.language in _SAY_IT_FIRST else known[:1].lower() + known[1:]
        known = lead(plot, "posted" if study.has_results else "published", use=hope)
    return tuple(dict.fromkeys(filter(None, (known, use, *(cut if use else left)))))


_TO_PLAN = n_("What it finds could help to plan further studies.")
#: In these what a condition leads to would have its verb first, so it is said before the condition, as a sentence of its own.
_SAY_IT_FIRST = frozenset({"da", "de"})
_THEY_TELL = n_("Its results are in the registry: they tell %(measure)s.")
_THEY_COMPARE = n_(
    "Its results are in the registry: they compare %(what)s with %(other)s, judged by %(measure)s."
)
#: What a treatment does to cells, or to a reaction that is brought about, decides nothing.
_IN_THE_BODY = pattern_of("leading.in_the_body")


def _told_by_results(plot: Plot) -> tuple[str, ...]:
    """What posted results are of, never what they found; of a late trial, what can be decided by such a comparison."""
    by_chance = plot.cast.certain and plot.study.design.allocation == "RANDOMIZED"
    what, other = plot.subject(), against(plot) if by_chance else ""
    both = f"{plain(plot.in_english.subject())} {plain(against(plot.in_english))}"
    unsure = NO_NAME.search(plain(what)) or re.search(" (?:with|x) ", both)
    told = (
        judged(plot, _THEY_COMPARE, what=articled(what), other=other) if what and other and not unsure else ""
    )
    late = (
        {"PHASE3", "PHASE4"} & set(plot.study.phases)
        and guides(plot)
        and not _IN_THE_BODY.search(f"{plot.titles} {plot.measured}")
    )
    use = _of_a_trial(plot) if told and late and not plot.only_harm else ""
    told = told or _told_of_all(plot, what)
    return tuple(filter(None, (told, use or (told and lead(plot, "explain")))))


def _told_of_all(plot: Plot, what: str) -> str:
    """What posted results are of, where it is not sure what is compared."""
    by_kind, people = pairs("leads.tsv"), in_short(plot)
    if plot.study.study_type == "INTERVENTIONAL" and plot.cast.certain and len(plot.cast.groups) > 1:
        return judged(plot, by_kind["groups compared"])
    if plot.alone and plot.treats and what and people:
        all_got = judged(plot, by_kind["everybody got it"], what=articled(what), people=people)
        return all_got or judged(plot, _THEY_TELL)
    return judged(plot, _THEY_TELL)


_EARLY = AnyCase(r"\b(?:early|initial) (?:detection|diagnosis|screening)\b|\bscreening (?:for|of)\b")
_FORETELLS = pattern_of("leading.foretells")
_GOES_ON = AnyCase(r"\b(?:registry|natural history|observatory|long[- ]term follow[- ]up)\b")
_EVERYDAY = pattern_of("leading.everyday")
_UNDERSTANDS = pattern_of("leading.understands")
#: Whoever looks for this wants to know more than how something works, whatever is ticked.
_HELPS = pattern_of("leading.helps")
_OF_NO_ILLNESS = frozenset({"", "vague", "level", "defence"})  # measures by which nobody is better or worse
_TO_KNOW = n_(
    "The record calls it basic research: it is first of all to understand more, not to show what helps."
)
#: What a study of each kind that only watches is of use for.
_USES = (
    (_EARLY, n_("It could help to find the illness early.")),
    (_FORETELLS, n_("It could help doctors know whom to watch more closely.")),
    (_EVERYDAY, n_("It could show what to expect of the treatment in everyday care.")),
    (_GOES_ON, n_("It could help people know what to expect, and help to plan later studies.")),
)


def _use_by_kind(plot: Plot, made: list[str]) -> str:
    """For what a study that only watches could be of use, by its kind; empty where what is known of it says so already."""
    titles, say = plot.titles, plot.voice.say
    treated = any(each.kind in _TREATS for each in plot.cast.tried) or TREATS.search(titles) is not None
    if plot.study.design.primary_purpose == "BASIC_SCIENCE" and not _HELPS.search(plot.to_show):
        basic = plot.provokes or plot.keys <= _OF_NO_ILLNESS
        return say(_TO_KNOW) if basic else ""
    if plot.study.study_type != "OBSERVATIONAL":
        return ""
    kinds = [use for kind, use in _USES if kind.search(titles) and (kind is not _EVERYDAY or treated)]
    if kinds and not made:
        return say(kinds[0])
    if not treated and not kinds and _UNDERSTANDS.search(titles):
        return lead(plot, "no treatment")
    return ""


def _of_a_trial(plot: Plot) -> str:
    """What could come of something that is tried, and of which nothing of ours is asked."""
    study, cast = plot.study, plot.cast
    what = plot.subject() or (plot.what() if cast.named and cast.groups else "")
    what = (what and what == plot.what() and cast.medicine() and whole(plot)) or what
    many = len(cast.groups) > MOST_OF_A_LIST and not cast.together  # parts of a platform
    said = plain(what)
    if not what or study.study_type != "INTERVENTIONAL" or cast.looks or many or is_their_allergen(plot):
        return ""
    if plot.provokes and not plot.treats:
        return "" if NO_THING.search(said) else lead(plot, "reacts", what=what)
    tests = LOOKS.search(said) is not None or all(each.kind == "DIAGNOSTIC_TEST" for each in cast.tried)
    sure = not NO_NAME.search(said) and f"treatment with {said}".casefold() not in plot.titles.casefold()
    if tests and sure and not cast.medicine() and not plot.treats and words(said) <= MOST_NAMED:
        return lead(plot, "learn", what=what)
    one_word = words(said) == 1 and said.islower() and not cast.medicine()
    diagnoses = study.design.primary_purpose in {"DIAGNOSTIC", "SCREENING"} and not cast.medicine()
    odd = CLAIMS_NOW.search(said) or NO_NAME.search(said) or not names_a_thing(said)
    if tests or diagnoses or one_word or odd:
        return ""  # of what, it does not say
    return decision(plot, Slots(articled(what), in_short(plot), cast.certain and cast.titled))


def _of_the_illness(plot: Plot) -> str:
    """What a study that tries nothing, or nothing that has a sure name, could add."""
    study, voice, measure, topic = plot.study, plot.voice, plot.measure, plot.conditions()
    key = measure.key if measure else ""
    named = bool(topic) and len(plot.people.listed) <= MOST_TOPICS and words(plain(topic)) <= MOST_NAMED
    tries = study.study_type == "INTERVENTIONAL" and study.design.primary_purpose != "BASIC_SCIENCE"
    if key == "test":
        return lead(plot, "test works")
    # A treatment that has no sure name, for those who are ill.
    helps = tries and plot.treats and not (plot.only_harm or plot.equal or plot.takes_away)
    for_the_ill = bool(plot.cast.groups) and not (plot.cast.looks or plot.people.healthy)
    who = in_short(plot) if helps and for_the_ill else ""
    if who and (made := decision(plot, Slots(unnamed(plot), who, certain=False))):
        return made
    looks = study.design.primary_purpose in {"DIAGNOSTIC", "SCREENING"} and not plot.subject()
    if tries and not looks and (made := changed(plot, plot.subject())):
        return made
    if (tries or not measure or key in {"harm", "care", "feasible", "dose"}) and (about := _topic(plot)):
        return _more_about(plot, about)
    if tries or key in {"feasible", "dose"}:  # of what is tried, what is measured is the yardstick
        if {"PHASE3", "PHASE4"} & set(study.phases):
            return lead(plot, "use it", what=unnamed(plot))
        return study_further(plot, unnamed(plot))
    treats = any(each.kind in _TREATS for each in plot.cast.tried) and not plot.cast.looks
    if treats and measure and _YARDSTICK.search(measure.plain):
        if (what := plot.subject()) and words(plain(what)) <= MOST_NAMED:
            return lead(plot, "how well", what=what, rest="")
        return _measured_in_them(plot, measure.plain)
    if measure and key not in {"harm", "care"} and study.study_type != "INTERVENTIONAL":
        # The first measure of many is not what a study is on: its title has to speak of it too.
        counted = " ".join(each.measure or "" for each in study.primary_outcomes[:2])
        titled = stems(f"{measure.plain} {counted}") & (stems(plot.titles) - stems(plain(topic)))
        told = voice.say(measure.plain) if titled and _ASKS.match(measure.plain) else ""
        if told and in_short(plot) and "people" not in measure.plain:
            return _measured_in_them(plot, measure.plain)
        if told and named:
            return lead(plot, "more measure", topic=topic, measure=told)
        if told:
            return lead(plot, "measured", measure=told)
        if more := _more_about(plot, _topic(plot) or (topic if named and _one_measure(plot) else "")):
            return more
    of_the_ill = named and len(plot.people.listed) == 1 and not any(each.asks for each in plot.topics)
    if of_the_ill and not (treats or TREATS.search(plot.titles) or _NO_ILLNESS.search(plain(topic))):
        return lead(plot, "understand", topic=topic)
    return voice.say(_TO_PLAN)


def _measured_in_them(plot: Plot, measure: str) -> str:
    """What is measured, in whom where that can be said."""
    told, people = plot.voice.say(measure), in_short(plot)
    if people and "people" not in measure:
        return lead(plot, "measured in them", measure=told, people=people)
    return lead(plot, "measured", measure=told)


def _one_measure(plot: Plot) -> str:
    """The first of one measure or two, which is what a study is on, unless something else is held against it."""
    made, several = plot.measure, len(plot.study.primary_outcomes) > MOST_TOPICS
    if not made or several or made.key in _OF_NO_TOPIC or made.plain == UNSAID or not _ASKS.match(made.plain):
        return ""
    return "" if _HELD_AGAINST.search(plot.titles) else plot.voice.say(made.plain)


def _more_about(plot: Plot, about: str) -> str:
    """What could be known of a topic, by a measure where there is one and room for it."""
    told = _one_measure(plot)
    if about and told and words(plain(about)) + words(plain(told)) <= most_of_a_lead(plot) - IF_PUBLISHED:
        return lead(plot, "more measure", topic=about, measure=told)
    if about:
        return lead(plot, "more", topic=about)
    return lead(plot, "measured", measure=told) if told else ""


def _topic(plot: Plot) -> str:
    """What a title is of, where that can stand in a sentence; else empty."""
    said = next((said for said in map(spoken, subjects(plot.topics)) if words(said) <= MOST_OF_A_TOPIC), "")
    return "" if _NO_TOPIC.search(said) else plot.voice.theirs(said)


def _cut_short(plot: Plot) -> Iterator[str]:
    """That so few took part, or that it stopped, which weighs more than what it does not ask."""
    study, voice = plot.study, plot.voice
    if too_few(study):
        yield voice.count(
            "Only %(number)s person took part, so it cannot show much.",
            "Only %(number)s people took part, so it cannot show much.",
            study.enrollment.count or 0,
        )
    elif study.overall_status is Is.TERMINATED and not _ANSWERED.search(study.why_stopped or ""):
        yield lead(plot, "stopped")


def _open(plot: Plot) -> Iterator[str]:
    """What would still not be known: of all that could be said, what weighs most."""
    tries, cut = plot.study.study_type == "INTERVENTIONAL", any(_cut_short(plot))
    kind = "" if plot.study.has_results else _open_of_a_trial(plot) if tries else _open_of_watching(plot)
    if cut and kind not in {"helps", "second"}:
        return
    if kind == "longest":
        span = span_of(max(plot.more.frames, key=days_of), plot.voice)
        yield from [lead(plot, "later", span=span)] if span else []
    elif kind:
        yield lead(plot, kind) if kind in pairs("leads.tsv") else plot.voice.say(kind)


def _open_of_a_trial(plot: Plot) -> str:
    """What a trial does not show, as a row of the table or a sentence."""
    study, cast, key = plot.study, plot.cast, plot.key
    healthy = plot.people.healthy or "healthy" in plot.titles.casefold()
    if (
        plot.early
        and cast.medicine()
        and plot.keys <= _NOT_YET
        and not any(map(_SHOWS_HELP.search, plot.summary))
    ):
        second = any(map(_COUNTS_HELP.search, plot.more.outcomes))
        return "ill" if healthy else "" if not plot.treats else "second" if second else "helps"
    frames = plot.more.frames
    if plot.treats and cast.medicine() and key in _SURROGATES and not {"live", "alive"} & plot.keys:
        long = f"{plot.titles} ; {' ; '.join(frames)} ; {' ; '.join(plot.aims)}"
        lives = f"{plot.titles} ; {' ; '.join(plot.more.outcomes)}"
        if not (_ON_LIFE.search(lives) if _SURROGATES[key] == _LONGER else _LONG.search(long)) and (
            _SURROGATES[key] != _LONGER or _CANCER.search(f"{plot.titles} {plot.conditions()}")
        ):
            return _SURROGATES[key]
    if key == "defence" and study.design.primary_purpose == "PREVENTION" and "infection" not in plot.keys:
        return "protects"
    if study.design.primary_purpose in {"DIAGNOSTIC", "SCREENING"} or key == "test":
        return "test used" if cast.looks or key == "test" or _FINDS.search(plot.titles) else ""
    if study.design.primary_purpose == "BASIC_SCIENCE" or key == "level" or plot.provokes or plot.in_the_body:
        return ""
    if key == "feasible":
        return "helps" if plot.treats else ""
    late = {"PHASE3", "PHASE4"} & set(study.phases)
    if plot.treats and plot.alone and not late:
        return "compare"
    if not late and (
        first_look(plot) or "PHASE2" in study.phases or 0 < (study.enrollment.count or 0) <= SMALL
    ):
        return "confirm" if len(cast.groups) > 1 else ""
    if (
        cast.certain
        and plot.treats
        and set(cast.against) & {IS_PLACEBO, IS_SHAM}
        and IS_OTHER not in cast.against
    ):
        return "placebo"
    if cast.certain and plot.treats and cast.against in {(IS_USUAL,), (IS_NOTHING,)}:
        return "usual"
    days = list(map(days_of, frames)) if plot.treats or study.design.primary_purpose == "PREVENTION" else []
    short = days and 1 <= max(days) <= LONGEST_SHORT and all(map(_IN_TIME.search, frames))
    return "longest" if short and not cast.looks and plot.key != "test" else ""


LONGEST_SHORT = 366  # days
#: A time frame with an end of its own, or with none.
_IN_TIME = pattern_of("leading.in_time")
_FINDS = AnyCase(r"\b(?:detect|diagnostic|screening|test)|accura|validat")
#: What is counted beside side effects, and shows whether something helps.
_COUNTS_HELP = AnyCase(r"\bresponse rate|\bORR\b|survival|\bPFS\b|efficac|remission|disease control|relapse")


def _open_of_watching(plot: Plot) -> str:
    """What a study that only watches does not show."""
    study, cast = plot.study, plot.cast
    if study.study_type != "OBSERVATIONAL" or plot.key == "feasible":
        return ""
    tests = "test" in plot.keys or (_FINDS.search(plot.titles) and LOOKS.search(plot.titles))
    given = [each for each in cast.tried if each.kind in _TREATS and each.titled and not cast.looks]
    treated = given and TREATS.search(" ; ".join(each.said for each in given))
    if tests and not treated:
        return "test used"
    if [each for each in given if not LOOKS.search(each.said) and not _MEASURES.search(each.said)]:
        return "chance" if len(cast.groups) > 1 else "nobody" if plot.alone else ""
    # What is listed as a procedure or a device may be how something is looked at.
    treats = any(each.kind in _TREATS for each in cast.tried) or TREATS.search(plot.titles)
    if treats or known_in(plot.titles) or _TREATED.search(plot.titles):
        return ""
    if study.design.time_perspective == "CROSS_SECTIONAL":
        return "moment"
    by_groups = len(cast.groups) > 1 or study.design.observational_model == "CASE_CONTROL"
    if _LINKED.search(plot.titles):
        return ""  # of a link it is said already that neither need cause the other
    return "cause" if by_groups else "no treatment"


#: What is listed as if it were given, and only looks.
_MEASURES = pattern_of("leading.measures")
#: A title that tells of treatment, of which people then read.
_TREATED = pattern_of("leading.treated")
_LINKED = AnyCase(r"\b(?:associat|relationship|correlat|link)")


#: A study that looks at the long run itself.
_LONG = pattern_of("leading.long")
_CANCER = pattern_of("leading.cancer")
_NO_TOPIC = pattern_of("leading.no_topic")
#: An aim of the study itself is to show that it helps.
_SHOWS_HELP = pattern_of("leading.shows_help")
_LONGER = n_("Whether people live longer or feel better is another question.")
_HEALTHIER = n_("Whether people stay healthier in the long run is another question.")
#: What stands for something else, by what is measured first of all.
_SURROGATES = {
    **dict.fromkeys(("control", "held", "free", "clear", "respond"), _LONGER),
    **dict.fromkeys(("sugar", "fat", "pressure", "kidney"), _HEALTHIER),
}
