"""The title and the question of a study: the registry's own phrases first, patterns of ours where every slot is certain.

No title and no question is better than a false one: what `cast`, `people` or `measures` doubt is never filled in.
"""

import re
from collections.abc import Iterator
from itertools import chain

from notifier.domain.summaries import quoting
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.cast import IS_OTHER, Thing
from notifier.domain.summaries.names import all_names, first_up
from notifier.domain.summaries.people import KINDS
from notifier.domain.summaries.plot import NO_THING, Plot, against, goal_of, tokens
from notifier.domain.summaries.quoting import words
from notifier.domain.summaries.titles import (
    CLAIMS_NOW,
    ILLNESSES,
    LEAST_WORDS,
    LOOKS,
    MOST_WORDS,
    TitleParts,
    named,
    phrase_of,
    shortened,
    topic,
)
from notifier.domain.summaries.trying import NO_NAME, articled, asked_of_trial, taken_together, would_be_used
from notifier.domain.summaries.turning import (
    POINTS,
    Turned,
    is_measured,
    kept_away,
    mishap,
    over_time,
    phrases,
    put,
    shown_by,
    spelled,
    told_by_a_test,
    turned,
)
from notifier.domain.summaries.voice import plain
from notifier.domain.summaries.watching import (
    FOLLOWS,
    asked_of_watched,
    by_the_main_measure,
    of_cases,
    the_ill,
    the_one_thing,
    watched,
)
from notifier.domain.summaries.whom import of_both_ages, whom
from notifier.domain.summaries.words_explained import SHORT_FORM
from notifier.domain.wording import one_line

MOST_ASKED = 26  # words of a question
MOST_OF_A_TOPIC = 20  # words of a title that is asked of as it stands


# --- the title --------------------------------------------------------------------------------------------------


def title(plot: Plot) -> str:
    """A plain title of 4 to 14 words, without a verb: the registry's, cleaned, where it reads well; else ours, where it is
    certain; else as much of the registry's as can stand alone.
    """
    voice = plot.voice
    for raw in (plot.study.brief_title, plot.study.official_title):
        asked = one_line(raw or "").rpartition(": ")[2]
        if asked.endswith("?") and LEAST_WORDS <= words(asked) <= MOST_WORDS and plot.is_about(asked):
            return voice.theirs(plot.case.sentence(asked))
    if (goes_wrong := mishap(plot)) and words(goes_wrong[0]) <= MOST_WORDS:
        return voice.theirs(first_up(goes_wrong[0]))
    # "Effect on fractures" is no title where bones are measured, and the other title says so.
    sure = [each for each in plot.topics if "effect" not in each.asks or is_measured(plot, each.rest)]
    cleaned = [each.titled for each in sure or plot.topics]
    cleaned = [
        _WHOSE.sub(r"\1 ", each) if words(each) > MOST_WORDS else each
        for each in (_MAKER.sub("", each) for each in cleaned)
    ]
    spelt = [(each, plot.case.small(spelled(plot, each))) for each in cleaned]
    cleaned = [long if short != long and words(long) <= MOST_WORDS else short for short, long in spelt]
    for made in cleaned:
        if _reads_well(plot, made):
            return voice.theirs(first_up(_with_the_ill(plot, made)))
    for made in _titles(plot):
        if (
            LEAST_WORDS - 1 <= words(plain(made)) <= MOST_WORDS
            and plot.keeps_the_setting(made)
            and any(tokens(each.thing) <= tokens(plain(made)) for each in plot.topics)  # it drops nothing
        ):
            return first_up(made) if voice.language == "en" else made
    rest = [each for each in cleaned if each]
    rest.sort(
        key=lambda each: (
            (CLAIMS_NOW.search(each) or _PROMISES.search(each)) is not None,
            words(each) > MOST_WORDS,
            not plot.is_about(each),
        )
    )
    cuts = [*map(shortened, rest), one_line(plot.study.acronym or "")]
    cuts = [each for each in cuts if not _A_PLACE.search(each)] or cuts
    named_there = [each for each in cuts if tokens(each) & plot.names()]
    made = next(filter(plot.is_about, cuts), "") or next(iter(named_there), cuts[0])
    made = next(iter(named_there), made) if words(made) < 2 else made
    made = _with_the_ill(plot, _with_whom(plot, made, made not in cleaned))
    return voice.theirs(first_up(made)) or f"Study {plot.study.nct_id}"


def _with_the_ill(plot: Plot, made: str) -> str:
    """A title that says what is done, and on what, with those in whom it is; the illness alone where there is more room for it."""
    people = plain(whom(plot))
    found = re.search(r" (?:with|undergoing) ((?:(?! who ).)+)$", people)
    shorts = {short for short, long in plot.long_forms.items() if plot.is_listed(long)}
    told = (
        not found
        or _SAYS_WHOM.search(made)
        or bool(tokens(found[1]) & tokens(made))
        or bool(shorts & set(made.split()))
    )
    for tail in () if told or not found else (people, found[1]):
        if words(tail) > 1 and words(f"{made} in {tail}") <= MOST_WORDS:
            return f"{made} in {tail}"
    return made


_SAYS_WHOM = AnyCase(
    r"\b(?:people|adults|children|women|men|elderly|adolescents|patients|veterans|youth|infants|volunteers)\b|(?:cancers?|tumou?rs?|disease|diabetes|\w+emias?|\w+omas?|herniat\w+|pain|aches?|wounds?|ulcers?|syndrome|disorders?|\w+esis|\w+itis|\w+osis|conditions|neoplasms)\b|\b(?:in|for|to|on|of|and|with|by|from)$"
)


def _with_whom(plot: Plot, made: str, cut: bool) -> str:
    """A title with the people or the illness, where it names neither. cut: it is not the whole of a title."""
    people = plain(whom(plot))
    if (
        made
        and people
        and not re.search(r" (?:in|for|on|to) ", made)
        and not plot.is_about(made)
        and words(f"{made} {people}") < MOST_WORDS
    ):
        made = f"{made} in {people}"
    if of_both_ages(plot) and people and re.search(r"\bchildren with\b", made) and "adult" not in made:
        made = re.sub(r"\bchildren with\b.*", people, made)
    ends = (found[1] for each in plot.topics if (found := _ILLNESS_AT_THE_END.search(each.rest)))
    ill = next(iter(plot.people.listed), "") or next(ends, plot.people.condition)
    if done := _OPERATION.search(people):
        ill = done[1]  # where the operation is that it is about
    short = words(made) < LEAST_WORDS and not tokens(ill) <= tokens(made)
    if made and ill and (short or not plot.is_about(made)):
        illness = plot.case.small(plot.long_forms.get(ill, ill))
        if words(made) < LEAST_WORDS:
            several = plain(plot.conditions()) if len(plot.people.listed) > 2 else illness
            made = f"{made} in {several}"
        elif (
            (plot.treats or (len(plot.people.listed) == 1 and not re.search(" and | with ", made)))
            and not re.search(r" (?:in|for|on|to|of|during|after) |\bdiagnos", made)
            and words(f"{made} {illness}") < MOST_WORDS
        ):
            made = f"{made} {'for' if plot.treats else 'in'} {illness}"
        elif cut:
            one = illness if len(plot.people.listed) <= 1 else ""
            fewer = re.sub(r"( with (?:(?! with ).)+) with .*", r"\1", people)
            made = _with_the_illness(plot, made, people, one, fewer) or made
    return made


def _with_the_illness(plot: Plot, made: str, *ills: str) -> str:
    """A cut title with the illness behind it again, in place of what else is measured; empty where there is no room."""
    if plot.people.healthy or not plot.is_about(plot.titles):
        return ""
    head = re.sub(r" (?:in|among) (?:people|adults|children)\b.*$", "", made)
    while words(head) >= LEAST_WORDS - 1:
        for ill in ills:
            room = words(head) + words(ill) < MOST_WORDS and not _OPEN_END.search(head)
            if room and plot.is_about(ill):
                return f"{head} {'with' if head.endswith('in adolescents') else 'in'} {ill}"
        shorter = _LAST_PART.sub("", head)
        if shorter == head and not (plot.cast.medicine() or re.search(",|compared", head)):
            shorter = re.sub(r" and (?:(?! and ).)*$", "", head)
        if shorter == head:
            break
        head = shorter
    return ""


_SURGERY = r"((?:[\w-]+ ){0,4}(?:surgery|operation|resection|transplantation|replacement|fusion|\w+ectomy)\b)"
_OPERATION = re.compile(f" undergoing {_SURGERY}$")
_WHOSE = re.compile(rf"\b(in|for) people (?:with|undergoing(?= {_SURGERY})) ")
_A_PLACE = AnyCase(r"\b(?:university|institute|hospital)$")
_OPEN_END = re.compile(r"(?:ing|ed)$")
_LAST_PART = re.compile(
    r" compared with .* (?:alone|choice)$| (?:followed by|on(?! the blood)|to|during|after|following|using|by) (?:(?! (?:on|to|during|after|following|using|by) ).)*$"
)
#: A maker's name before that of a thing: "Synergy spine solutions Synergy disc".
_MAKER = re.compile(r"\b([A-Z][a-z]{4,}) (?:(?!(?:and|or|with|compared|for|in|of|by) )[a-z]+ ){1,3}(?=\1\b)")
_PROMISES = re.compile(r"\b(?:better|sooner|helps)\b")
#: A title with one of these claims something, or speaks of the paperwork.
_CLAIMS = AnyCase(
    r"^(?:whether|how)\b|\bhelps\b|\b(?:better|sooner)\b|(?<!to )\b(?:is|are|was|were|does|do|can|will|has|have|predicts?|promotes?|improves?|reduces?|prevents?|causes?|leads?|affects?|enhances?|alleviates?|enrolled)\b|"
    r"\b(?:stud(?:y|ies)|trial|phase|evaluat\w+|assess\w+|randomi\w+|cohort|versus|efficacy|pharmacokinetics|tolerability|retrospective|prospective|registry)\b|\w[/+]\w|&|[:;]"
)


def _reads_well(plot: Plot, made: str) -> bool:
    """Whether a cleaned title can stand as it is: whole, short, about the illness and what is tried, with no unknown short forms."""
    if not LEAST_WORDS <= words(made) <= MOST_WORDS or _CLAIMS.search(made) or not plot.is_about(made):
        return False
    things = all_names(plot.study)
    unknown = [
        short for short in SHORT_FORM.findall(made) if short not in things and short not in _KNOWN_SHORTS
    ]
    return not unknown and (
        plot.study.study_type != "INTERVENTIONAL"
        or plot.is_tried(made)
        or bool(tokens(made) & tokens(things))
    )


_KNOWN_SHORTS = frozenset([
    "HIV", "DNA", "MRI", "COVID-19", "CT", "ADHD", "PTSD", "HER2", "EGFR", "ALK", "BRAF", "KRAS", "COPD", "AIDS", "CAR-T", "CAR", "PD-1", "PD-L1",
])  # fmt: skip


def _titles(plot: Plot) -> Iterator[str]:
    """Titles of ours, the most particular first; none where a slot is not certain."""
    cast, people, voice, study = plot.cast, plot.people, plot.voice, plot.study
    if study.study_type != "INTERVENTIONAL" or not cast.named or plot.provokes or plot.takes_away:
        return
    if not _short(cast.tried) or not cast.titled or not ((cast.medicine() and plot.treats) or people.healthy):
        return
    if not people.phrase and not any(people.condition in each.whole for each in plot.topics):
        return
    told = {"what": plot.what()}
    if people.healthy:
        if cast.medicine():
            yield voice.say("%(what)s in %(people)s", people=people.who(voice), **told)
        return
    told["condition"] = voice.theirs(people.condition)
    if (
        not people.condition
        or not people.sure
        or not plot.treats
        or not _apart(told["what"], told["condition"])
    ):
        return
    if cast.doubts:
        return
    if cast.added_to and _short(cast.added_to) and len(cast.added_to) <= 2 and cast.against != (IS_OTHER,):
        yield voice.say(
            "%(what)s added to %(base)s for %(condition)s", base=plot.listed(cast.added_to), **told
        )
    if cast.against == (IS_OTHER,) and _short(cast.others) and not cast.added_to and against(plot):
        yield voice.say("%(what)s compared with %(other)s for %(condition)s", other=against(plot), **told)
    if people.phrase:
        yield voice.say("%(what)s in %(people)s", people=people.who(voice), **told)
    if not re.search(r"\b(?:who|whose|undergoing|after|following)\b", plain(people.condition)):
        yield voice.say("%(what)s for %(condition)s", **told)


def _short(things: tuple[Thing, ...]) -> bool:
    return all(each.name and words(each.name) <= 5 for each in things)


def _apart(what: str, condition: str) -> bool:
    """Whether the two do not say the same ("back pain for back pain")."""
    return (
        plain(what).casefold() not in plain(condition).casefold()
        and plain(condition).casefold() not in plain(what).casefold()
    )


# --- the question -----------------------------------------------------------------------------------------------


def question(plot: Plot) -> Turned:
    """One question of at most 26 words, or nothing; with what its answer could lead to, where its own words say so."""
    for made in _questions(plot):
        asked = made if isinstance(made, Turned) else Turned(made)
        if asked.question and words(plain(asked.question)) <= MOST_ASKED:
            return asked
    return Turned("")


def _questions(plot: Plot) -> Iterator[str | Turned]:
    """What can be asked, the best first."""
    voice, names = plot.voice, " ".join(each.shown for each in plot.cast.tried)
    needles = tuple(tokens(names) | tokens(plot.people.condition))
    measured = tokens(plot.measure.plain if plot.measure else "")
    summary = sorted(plot.summary, key=lambda each: not tokens(each) & measured)
    if (asked := quoting.own_question(summary, needles)) and _fits(plot, asked):
        yield voice.theirs(f"“{first_up(asked)}”")
    for raw in (plot.study.brief_title, plot.study.official_title):
        asked = one_line(raw or "").rpartition(": ")[2]
        if asked.endswith("?") and words(asked) >= LEAST_WORDS and plot.is_about(asked):
            yield voice.theirs(f"“{asked}”")
    if plot.study.study_type == "EXPANDED_ACCESS":
        for each in plot.topics:
            yield voice.say("How can people get %(what)s outside a study?", what=voice.theirs(named(each)))
    if goes_wrong := mishap(plot):
        yield goes_wrong[1]
    yield from taken_together(plot)
    yield from would_be_used(plot)
    found = list(phrases(plot))
    by_head = [(plot.is_about(each.whole), made) for each in found for made in turned(plot, each)]
    asked_of = [made for about, made in by_head if about]
    effect = any(
        "effect" in each.asks and each.rest.startswith("on ") and not _is_the_goal(plot, each.rest)
        for each in plot.topics
    )
    yield from chain(asked_of, asked_of_trial(plot)) if effect else chain(asked_of_trial(plot), asked_of)
    for clause in filter(None, (quoting.whether(plot.summary, needles), quoting.whether(plot.summary))):
        if not plot.treats or plot.is_about(clause):
            yield voice.say("The study team asks whether %(clause)s.", clause=voice.theirs(f"“{clause}”"))
    yield from kept_away(plot)
    yield from told_by_a_test(plot)
    topics = [each for each in plot.topics if words(each.whole) >= LEAST_WORDS]
    topics.sort(key=lambda each: not plot.is_about(each.titled))
    yield from _asked_by_the_measure(plot)
    yield from of_cases(plot)
    yield from asked_of_watched(plot)
    yield from _of_what_is_told(plot, topics)
    yield from (made for _, made in by_head)
    yield from _at_last(plot, topics)


def _of_what_is_told(plot: Plot, topics: list[TitleParts]) -> Iterator[str | Turned]:
    """What the team wants to learn, and what its titles name, where no pattern asks it."""
    aim, clause = quoting.aim(plot.summary), quoting.does(plot.summary)
    if aim and _fits(plot, aim) and _TO_LEARN.fullmatch(aim):
        yield _of_the_aim(plot, aim)
    yield from by_the_main_measure(plot) if plot.study.study_type == "OBSERVATIONAL" else ()
    if aim and _fits(plot, aim):
        yield _of_the_aim(plot, aim)
    yield from filter(None, (_learned(plot, each) for each in plot.aims if clause and not plot.treats))
    yield from (
        made
        for each in topics
        for made in shown_by(plot, each)
        if plot.is_about(each.titled) or LOOKS.search(each.thing)
    )


def _at_last(plot: Plot, topics: list[TitleParts]) -> Iterator[str | Turned]:
    """What can still be asked where nothing more particular can."""
    voice, aim = plot.voice, quoting.aim(plot.summary)
    yield from _in_the_illness(plot)
    for each in topics:
        told = {"what": voice.theirs(each.asked), "rest": voice.theirs(f" {each.rest}")}
        if _can_do(plot, each):
            who = "" if plot.only_harm else the_ill(plot)
            if goal := goal_of(plot, who) if who else "":
                yield voice.say("Can %(what)s %(goal)s?", what=told["what"], goal=goal)
            yield voice.say("What can %(what)s do%(rest)s?", **told)
        elif plot.treats and plot.is_tried(each.thing) and plot.is_about(topic := shortened(named(each))):
            yield _learned_about(plot, topic)
    yield from by_the_main_measure(plot)
    yield from filter(
        None, (_of_the_aim(plot, each) for each in ((aim,) if aim or watched(plot) else plot.aims))
    )
    yield from _what_is_always_true(plot, topics)
    yield from by_the_main_measure(plot, last=True)


def _is_the_goal(plot: Plot, rest: str) -> bool:
    """Whether what something has an effect on is what is measured first of all, and has a goal: that is asked then."""
    on = re.split(r" (?:in|after|among|of) ", rest)[0]
    measured = {each[:5] for each in tokens(plot.measure.plain if plot.measure else "")}
    goal = (
        bool(measured)
        and plot.treats
        and plot.cast.named
        and goal_of(plot, "-")
        and not re.search(" and |,", on)
    )
    return bool(goal and {each[:5] for each in tokens(on)} & measured)


def _can_do(plot: Plot, topic: TitleParts) -> bool:
    """Whether a title names something that is tried, and in whom or for what."""
    behind = re.match(r"(?:in|for|during|after|to(?! \w+ing\b))\b", topic.rest)
    tries = plot.study.study_type == "INTERVENTIONAL" and not (plot.provokes or plot.takes_away)
    return bool(
        tries
        and not re.search(r"\beffects?\b", topic.thing)
        and behind
        and plot.can_be_asked_of(topic)
        and not CLAIMS_NOW.search(topic.whole)
        and "compares" not in topic.asks
    )


def _what_is_always_true(plot: Plot, topics: list[TitleParts]) -> Iterator[str | Turned]:
    """What a study is on, where nothing more particular can be asked of it."""
    voice = plot.voice
    if (
        plot.study.study_type == "OBSERVATIONAL"
        and len(plot.people.listed) == 1
        and FOLLOWS.search(plot.titles)
        and not _OF_A_THING.search(plot.titles)
    ):
        yield over_time(plot, plot.people.listed[0])
    yield from _by_its_goal(plot)
    for each in topics:
        short = words(each.titled) <= MOST_OF_A_TOPIC
        if short and not CLAIMS_NOW.search(each.titled) and _A_TOPIC.match(each.titled):
            yield _learned_about(plot, named(each))
    if len(plot.people.listed) <= 2 and (conditions := plot.conditions()):
        care = plot.study.design.primary_purpose == "HEALTH_SERVICES_RESEARCH"
        if (what := watched(plot)) and _apart(what, conditions):
            told = {"what": what, "rest": voice.theirs(f" in {plain(conditions)}")}
            yield put(voice, "How well do people do with %(what)s%(rest)s?", **told)
        what = "" if care or plot.study.study_type == "OBSERVATIONAL" else the_one_thing(plot)
        if what and _apart(what, conditions) and plot.cast.tried[0].kind != "PROCEDURE":
            yield voice.say("What can %(what)s do in %(condition)s?", what=what, condition=conditions)


def _by_its_goal(plot: Plot) -> Iterator[str]:
    """What is tried for sure, by its main measure, in people of whom only one listed illness is known."""
    cast, voice, people = plot.cast, plot.voice, plot.people
    what = articled(plot.what()) if cast.certain and cast.groups else ""
    if (
        not what
        or cast.looks
        or plot.provokes
        or plot.takes_away
        or plot.only_harm
        or NO_NAME.search(plain(what))
        or SHORT_FORM.fullmatch(plain(what))
    ):
        return
    who = the_ill(plot) or voice.say(KINDS[people.kind])
    for ill in people.listed if not the_ill(plot) and len(people.listed) == 1 else ():
        if re.search(rf"(?i){_HAVING} {re.escape(ill)}", plot.titles):
            who = voice.say("%(people)s with %(condition)s", people=who, condition=voice.theirs(ill))
    told = {"what": what, "people": who, "goal": goal_of(plot, who), "other": against(plot)}
    if plot.equal and told["other"]:
        yield voice.say("Can %(what)s do as well as %(other)s in %(people)s?", **told)
    elif told["goal"] and not plot.equal:
        if told["other"]:
            yield voice.say("Can %(what)s %(goal)s, compared with %(other)s?", **told)
        yield voice.say("Can %(what)s %(goal)s?", **told)


_HAVING = r"(?:patients?|participants|subjects|people|adults|children|individuals|women|men) (?:with|who have|suffering from|diagnosed with)"


#: What a title can be about, with no verb before it: "learned about using ..." is learned of nothing.
_A_TOPIC = AnyCase(
    r"(?!(?:\w+ing|the|an?|in|on|of|how) )(?=.* (?:in|of|on|after|between|during|with|and) )(?!.*\b(?:safety|efficacy|analysis|university|hospital|cohort|stud(?:y|ies)|observatory|survey|approach|projects?|programme|research|model|improving|stop|examination|product|challenge|observation|registry|database)\b)"
)


def _in_the_illness(plot: Plot) -> Iterator[str | Turned]:
    """What is always true of something that is tried, where it is not sure in which of the people who have the illness."""
    cast, people, voice = plot.cast, plot.people, plot.voice
    listed = people.listed[0] if len(people.listed) == 1 else people.condition
    ends = [found[1] for each in plot.topics if (found := _ILLNESS_AT_THE_END.search(each.rest))]
    listed = listed or ("" if people.listed else next(iter(ends), ""))
    if (
        not plot.treats
        or plot.provokes
        or plot.takes_away
        or (cast.looks and plot.study.design.primary_purpose != "TREATMENT")
        or people.healthy
    ):
        return
    what = plot.subject() or (plot.what() if cast.named and cast.groups else "")
    sure = what and not plot.equal and not _NOT_ONE.search(plain(what))
    goal = goal_of(plot, voice.say(KINDS[people.kind]))
    said_in_it = bool(what and listed) and not _apart(what, listed)
    if sure and goal and (len(people.listed) > 2 or said_in_it) and not plot.only_harm and not cast.against:
        yield voice.say("Can %(what)s %(goal)s?", what=what, goal=goal)
    condition = voice.theirs(plot.case.small(plot.long_forms.get(listed, listed)))
    rest = voice.theirs(f" in {plain(condition)}") if condition else ""
    pairs = [each.thing.split(" compared with ") for each in plot.topics]
    if cast.against == (IS_OTHER,) and (other := against(plot)):
        pairs.append([plain(plot.what()), plain(other)])
    elif len(cast.tried) == 2 and cast.groups and not cast.together and not cast.against:
        pairs.append([each.shown for each in cast.tried])
    if len(cast.groups) == 2 and plot.study.design.allocation == "RANDOMIZED":
        gets = [tuple(each.gets) for each in cast.groups]
        if len(gets[0]) == len(gets[1]) == 1 and gets[0] != gets[1]:
            pairs.append([each[0].shown for each in gets])
    for pair in pairs:
        if len(pair) == 2 and not any(_NOT_ONE.search(each) or NO_THING.search(each) for each in pair):
            one, other = (each if " and " in each else " and ".join(each.rsplit(", ", 1)) for each in pair)
            told = {"one": voice.theirs(one), "other": voice.theirs(other), "rest": rest}
            if plot.measure and plot.measure.plain == _PROBLEMS:
                asked = voice.say("Which comes with fewer problems%(rest)s: %(one)s, or %(other)s?", **told)
            elif re.search(" and | with |,", f"{told['one']} {told['other']}"):
                asked = voice.say("How do these compare%(rest)s: %(one)s, and %(other)s?", **told)
            else:
                asked = voice.say("How do %(one)s and %(other)s compare%(rest)s?", **told)
            yield Turned(
                asked,
                voice.say("It could help with the choice between %(one)s and %(other)s%(rest)s.", **told),
            )
    if sure and condition and _apart(what, condition) and "healthy" not in plot.titles.casefold():
        who = "" if plot.only_harm else the_ill(plot)
        if aim := goal_of(plot, who) if who else "":
            told = {"what": articled(what), "goal": aim, "other": against(plot)}
            if told["other"]:
                yield voice.say("Can %(what)s %(goal)s, compared with %(other)s?", **told)
            yield voice.say("Can %(what)s %(goal)s?", **told)
        yield voice.say("What can %(what)s do in %(condition)s?", what=what, condition=condition)


_PROBLEMS = "how often problems happen after the treatment or operation"
_ILLNESS_AT_THE_END = re.compile(
    r"\b(?:for|of|in) ((?:[\w-]+ ){1,5}(?:cancer|disease|diabetes|syndrome|carcinoma|leuka?emia|lymphoma|headache))$"
)
_NOT_ONE = AnyCase(f"{NO_NAME.pattern}|\\b(?:or|control|placebo|sham|compared)\\b")


_OF_A_THING = AnyCase(r"stimulat|system\b|device|treat|therap|drug|disc\b|implant|surg")
_IF = AnyCase(
    r"(?:to )?(?:(?:see|determine|assess|evaluate|test|find out|examine|investigate) )?(?:if|whether) (.{15,160})"
)


_DIFFER = AnyCase(r"(.{4,60}?) (?:differs?|(?:is|are) different) between (?:the )?(.{4,40}?) and (.{4,40}?)")
_PEOPLE_OF = AnyCase(r"^([\w-]+(?: headache)?) (?:subjects|patients|participants)$")
_COUNTED = re.compile(r"prevalence of|(?:correlation|association|relationship) (?:between|of)")


def _asked_by_the_measure(plot: Plot) -> Iterator[str | Turned]:
    """Where the main measure is a question of its own: "whether the scores differ", or names what is asked: "prevalence of"."""
    for outcome in plot.study.primary_outcomes[:1]:
        if found := _IF.fullmatch(one_line(outcome.measure or "")):
            if differ := _DIFFER.fullmatch(plot.case.small(found[1])):
                one, other = (_PEOPLE_OF.sub(r"people with \1", each) for each in differ.group(2, 3))
                told = {"what": plot.voice.theirs(differ[1]), "one": plot.voice.theirs(one)}
                told["other"] = plot.voice.theirs(other)
                yield Turned(
                    plot.voice.say("Do %(one)s and %(other)s differ in %(what)s?", **told),
                    plot.voice.say("It could show whether %(one)s and %(other)s differ in %(what)s.", **told),
                )
            clause = plot.voice.theirs(f"“{found[1]}”")
            yield plot.voice.say("The study team asks whether %(clause)s.", clause=clause)
        counted = topic(spelled(plot, one_line(outcome.measure or "")), plot.case)
        sure = (
            _COUNTED.match(counted.whole)
            and not counted.rest.startswith("to ")
            and plot.is_about(counted.whole)
        )
        if plot.study.study_type == "OBSERVATIONAL" and sure:
            yield from turned(plot, counted)


_TO_LEARN = AnyCase(
    r"to (?:evaluate|assess|determine|measure|describe|estimate|investigate|examine|identify|characteri[sz]e|establish|study|explore|find(?: out)?|learn(?: more)?(?: about)?|understand|see|test|analy[sz]e|quantify) "
    r"(?P<how>(?:how|what|which|why|when|where|whether|if)\b.+)"
)


_NO_TOPIC = re.compile(r"to (?:establish|define)\b|\b(?:in|with) \d+ |\beither\b|,.*, and")


def _learned_about(plot: Plot, thing: str) -> str:
    """What is asked of a topic: what it is, where it is something that a study finds; else what can be learned about it."""
    told = {"topic": plot.voice.theirs(thing)}
    learned = plot.voice.say("What can be learned about %(topic)s?", **told)
    return plot.voice.say("What is %(topic)s?", **told) if _IS_FOUND.match(thing) else learned


_IS_FOUND = re.compile(
    r"the (?:(?!and\b|or\b)[\w-]+ ){0,2}(?:rate|duration|distribution|experience|burden|profile|utility|prevalence|incidence|cost|risk|frequency|role) (?:of|in) (?!.*\b(?:improv|increas)e)"
)


def _learned(plot: Plot, aim: str) -> str:
    """The aim as what can be learned of its thing, or made better; empty where its words do not surely say it."""
    long = re.sub(r"\w+", lambda found: ILLNESSES.get(found[0], found[0]), spelled(plot, aim))
    phrase = phrase_of(long, plot.case)
    if phrase and phrase.asks != {"harm"} and not POINTS.search(phrase.whole) and not _NO_TOPIC.search(aim):
        said = f"{phrase.head}{phrase.whole}" if phrase.head else named(phrase)
        ill = plain(plot.conditions()) if len(plot.people.listed) == 1 and not plot.is_about(said) else ""
        said = f"{said} in {ill}" if ill and " in " not in said else said
        if words(said) <= MOST_OF_A_TOPIC:
            return _learned_about(plot, said)
    return ""


def _of_the_aim(plot: Plot, aim: str) -> str:
    """The aim as an indirect question where it holds one; else as what the team wants."""
    voice, found = plot.voice, _TO_LEARN.fullmatch(aim)
    if found and words(found["how"]) >= LEAST_WORDS:
        return voice.say("The study team asks %(clause)s.", clause=voice.theirs(f"“{found['how']}”"))
    return _learned(plot, aim)


def _fits(plot: Plot, text: str) -> bool:
    """Whether words of the team can stand alone: they name the illness and, of a treatment, what is tried."""
    tried = tokens(" ".join(f"{each.name} {each.said} {' '.join(each.others)}" for each in plot.cast.tried))
    if plot.study.study_type != "INTERVENTIONAL":
        return plot.is_about(text)
    return (bool(tokens(text) & tried) or plot.is_tried(text)) and plot.is_about(text)
