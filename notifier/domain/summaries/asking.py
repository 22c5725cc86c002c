"""The title and the question of a study: the registry's own phrases first, patterns of ours where every slot is certain.

No title and no question is better than a false one: what `cast`, `people` or `measures` doubt is never filled in.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from notifier.domain.summaries import quoting
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.cast import SAME_FOR_ALL
from notifier.domain.summaries.covering import is_their_allergen, leaves_out, names_a_thing, stems
from notifier.domain.summaries.lay import lay
from notifier.domain.summaries.names import first_up
from notifier.domain.summaries.plot import NO_THING, TREATS, Plot, goal_of, tokens
from notifier.domain.summaries.quoting import words
from notifier.domain.summaries.tables import pairs, pattern_of
from notifier.domain.summaries.things import articled
from notifier.domain.summaries.titles import CLAIMS_NOW, LEAST_WORDS, TitleParts, named
from notifier.domain.summaries.titling import apart
from notifier.domain.summaries.told import hard_words
from notifier.domain.summaries.trying import AS_SOLD, NO_NAME, asked_of_trial, is_a_picture, whole
from notifier.domain.summaries.turning import (
    AFFECTS,
    IMMUNE,
    IMMUNE_SYSTEM,
    POINTS,
    THE_BODY,
    WORKS,
    WORKS_AND_HARMS,
    Turned,
    number,
    on_what,
    phrases,
    put,
    turned,
)
from notifier.domain.summaries.voice import plain
from notifier.domain.summaries.watching import (
    NOT_GIVEN,
    asked_of_watched,
    given,
    of_cases,
    over_time,
    the_ill,
)
from notifier.domain.summaries.whom import in_short
from notifier.domain.wording import one_line
from notifier.domain.wording.catalogue import n_

MOST_ASKED = 26  # words of a question


def question(plot: Plot) -> Turned:
    """The first question that is short and plain, with what its answer could lead to; none where none is."""
    english = plot.in_english
    known = plot.names | tokens(lay(in_short(english) or english.conditions(), MOST_ASKED))
    least, best, tries = MOST_HARD, Turned(""), plot.study.study_type == "INTERVENTIONAL"
    feeds = is_their_allergen(plot)
    for made, weighed in plot.weighed(_questions):
        asked = made if isinstance(made, Turned) else Turned(made)
        said = weighed.question if isinstance(weighed, Turned) else weighed
        told = lay(said, MOST_ASKED)
        if not told or words(told) > MOST_ASKED or _PAPERWORK.search(told):
            continue
        if best.question and _SAYS_NOTHING.match(told):
            continue
        if tries and (leaves_out(english, said) or (feeds and "“" not in told)):
            continue
        ills = tokens(english.conditions()) if "“" in told else frozenset()
        if (hard := hard_words(told, known | ills)) <= FEW_HARD:
            effect = told.partition(" affect ")[2] if told.startswith("How do") else ""
            on_hard = hard_words(_WHOSE.split(effect)[0], known) >= HARD_EFFECT
            return next(_on_people(plot), asked) if on_hard else asked
        if hard < least:
            least, best = hard, asked
    if best.question and least <= FEW_HARD:
        return best
    others = [best] if best.question else _of_a_medicine(plot)
    return next(chain(_plainly(plot), others, _of_the_illness(plot)), best)


def _on_people(plot: Plot) -> Iterator[Turned]:
    """How what a title is of affects those whom it is about, and no part of them that only doctors know."""
    who = "" if plot.people.healthy or plot.provokes else the_ill(plot)
    effect = (each for each in plot.topics if "effect" in each.asks and each.rest.startswith("on "))
    for each in effect if who else ():
        thing = articled(plot.voice.theirs(each.thing))
        if names_a_thing(each.thing) and apart(thing, who) and hard_words(each.thing) <= FEW_HARD:
            yield Turned(plot.voice.say(number(AFFECTS, each.thing), what=thing, rest=f" {who}"))


def _plainly(plot: Plot) -> Iterator[Turned]:
    """What is asked where all else is hard: how something affects people, or what comes of what they get."""
    yield from _on_people(plot)
    who = "" if plot.people.healthy else the_ill(plot)
    what = given(plot) if who and not plot.cast.doubts else ""
    if what and names_a_thing(what) and not _NOT_HAD.search(plain(what)):
        yield Turned(plot.voice.say("What happens to %(people)s who get %(what)s?", people=who, what=what))


def _of_the_illness(plot: Plot) -> Iterator[Turned]:
    """What any study is of: its main measure in those whom it is of, else the one illness that it lists, or the two at most that its titles name."""
    voice, listed, titled = plot.voice, plot.people.listed, stems(plot.titles)
    who = "" if plot.people.healthy else the_ill(plot)
    measure = plot.measure.plain if plot.measure else ""
    if " " in plain(who) and _IS_ASKED.match(measure):
        asked = n_("What can doctors learn about %(measure)s in %(people)s?")
        yield Turned(voice.say(asked, measure=voice.say(measure), people=who))
    named = [each for each in listed if stems(each) <= titled]
    condition = "" if _GOES_ON.search(plot.people.condition) else plot.people.condition
    own = [condition] if condition else listed if len(listed) == 1 else []
    ills = named if 0 < len(named) <= MOST_TOLD else own
    told = [voice.theirs(plot.case.small(plot.long_forms.get(each, each))) for each in ills]
    if not told and any(stems(each) & titled for each in listed[:MOST_TOLD]):
        told = [plot.conditions()]
    topic = "" if plot.people.healthy else voice.listing(told)
    if (
        topic
        and hard_words(lay(plain(topic), MOST_ASKED), tokens(topic) if ills else frozenset()) <= FEW_HARD
    ):
        yield Turned(voice.say("What can doctors learn about %(topic)s?", topic=topic))


_GOES_ON = re.compile(r", | (?:who|getting|treated|receiving|in|of) ")
#: A measure that is a clause, and says of nobody else whose it is.
_IS_ASKED = re.compile(
    r"(?:how|which|whether) (?!.*\b(?:people|it|they|doctors|the (?:test|illness)|looked for)\b)"
)


#: What a title says of how a study is set up is no name of what is tried.
_PAPERWORK = re.compile(r"\btrial\b|\bin study\b|\bcompare .*\bcompare\b| between .* compare in ")
#: Asked only where nothing else can be.
_SAYS_NOTHING = re.compile(r"What can doctors learn about|How are people with .* different")
#: Words of a question that a reader may not know, beside the names of the illness and of what is given: as many as are no bother,
#: and as many as are too many where nothing plainer can be asked.
FEW_HARD, MOST_HARD, HARD_EFFECT = 3, 8, 2
_WHOSE = re.compile(r" (?:in|among|after|during|of (?:people|adults|children|women)) ")


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
        if (
            asked.endswith("?")
            and words(asked) >= LEAST_WORDS
            and (plot.is_about(asked) or _ASKS.match(asked))
        ):
            yield voice.theirs(f"“{asked}”")
    if plot.study.study_type == "EXPANDED_ACCESS":
        for each in plot.topics:
            yield voice.say("How can people get %(what)s outside a study?", what=voice.theirs(named(each)))
    watches = plot.study.study_type == "OBSERVATIONAL"
    by_head = (
        made
        for each in phrases(plot)
        if plot.is_about(each.whole)
        or (watches and (each in plot.topics or len(stems(each.whole) & stems(plot.titles)) >= FEWEST_SHARED))
        for made in turned(plot, each)
    )
    effect = any(
        "effect" in each.asks and each.rest.startswith("on ") and not _is_the_goal(plot, each.rest)
        for each in plot.topics
    )
    yield from chain(by_head, asked_of_trial(plot)) if effect else chain(asked_of_trial(plot), by_head)
    for each in phrases(plot) if plot.study.study_type == "INTERVENTIONAL" else ():
        if (
            "effect" in each.asks
            and each.rest.startswith("on ")
            and (each in plot.topics or plot.is_tried(each.thing))
        ):
            yield from turned(plot, each)  # what it has an effect on may be no illness
        elif (
            "helps" in each.asks
            and plot.is_tried(each.thing)
            and names_a_thing(each.thing)
            and not plot.provokes
        ):
            asked = number(WORKS_AND_HARMS if "harm" in each.asks else WORKS, each.thing)
            if _WHERE.match(each.rest) and not each.rest.startswith("on "):
                told = {"what": articled(voice.theirs(each.thing)), "rest": voice.theirs(f" {each.rest}")}
                yield Turned(voice.say(asked, **told))
    clauses = list(filter(None, (quoting.whether(plot.summary, needles), quoting.whether(plot.summary))))
    for clause in clauses:
        if not plot.treats or plot.is_about(clause):
            yield voice.say("The study team asks whether %(clause)s.", clause=voice.theirs(f"“{clause}”"))
    yield from asked_of_watched(plot)
    wanted = list(_wanted(plot))
    yield from (said for said, fits in wanted if fits)
    yield from _always_true(plot)
    yield from (said for said, fits in wanted if not fits)
    topic = plot.conditions() if watches and len(plot.people.listed) < 3 else ""
    made = voice.say("What can doctors learn about %(topic)s?", topic=topic) if topic else ""
    yield from [made] if made and not leaves_out(plot, made) else []
    yield from _always_true(plot, MOST_LISTED, last=not (wanted or clauses))


FEWEST_SHARED = 2  # words, where a team's own are of what a title of the study is of


def _wanted(plot: Plot) -> Iterator[tuple[str, bool]]:
    """What the team says that it wants to find out, in its own words, and whether these can stand alone."""
    voice = plot.voice
    for text in filter(
        None, (quoting.aim(plot.summary, MOST_ASKED - 2), quoting.does(plot.summary, MOST_ASKED - 4))
    ):
        found, fits = (
            _TO_LEARN.fullmatch(text),
            _fits(plot, text) or (plot.is_about(text) and not plot.treats),
        )
        if tokens(text) <= plot.names or _MISTYPED.match(text):
            continue  # it only says what is used, or how it was typed
        if found and words(found["how"] or found["what"]) >= LEAST_WORDS:
            asked = (
                n_("The study team asks %(clause)s.")
                if found["how"]
                else n_("The study looks at %(clause)s.")
            )
            yield voice.say(asked, clause=voice.theirs(f"“{found['how'] or found['what']}”")), fits
        elif text[:3].casefold() == "to " and not found:
            yield voice.say("The study team wants %(clause)s.", clause=voice.theirs(f"“{text}”")), fits


_USE_OF = AnyCase(r"^(\W*)(?:the )?use of (?:an? |the )?")
MOST_TOLD, MOST_LISTED = 2, 9  # illnesses that are told; of which two stand for all


def _always_true(plot: Plot, most: int = MOST_TOLD, *, last: bool = False) -> Iterator[str | Turned]:
    """What a test shows, what something is to show, what comes of watching: true of any such study. last: nothing else can be asked."""
    voice, cast, design = plot.voice, plot.cast, plot.study.design
    people, tries = in_short(plot), plot.study.study_type == "INTERVENTIONAL"
    what = articled(AS_SOLD.sub("", _USE_OF.sub(r"\1", whole(plot)))) if cast.named else ""
    what = plot.subject() if not what or NO_NAME.search(plain(what)) else what
    what = what.replace("_", "-") if names_a_thing(what, looks=not plot.treats) else ""
    last = last and tries and not people and not plot.treats
    topic = plot.conditions() if (plot.treats or last) and len(plot.people.listed) <= most else ""
    if plot.people.healthy or plot.is_listed(plain(people)) or not apart(what, topic):
        topic = ""
    where = voice.say("in %(illness)s", illness=topic) if topic else ""
    if people and not where:
        where = voice.say("in %(people)s", people=people)
    rest = f" {where}" if where else ""
    if not what or NO_NAME.search(plain(what)) or CLAIMS_NOW.search(plain(what)):
        pass
    elif is_a_picture(plot) or (len(cast.tried) == 1 and _SEES.search(plain(what)) and not plot.treats):
        outcomes = " ".join(each.measure or "" for each in plot.study.primary_outcomes[:4])
        if _EXACT.search(f"{plot.titles} {outcomes}"):
            yield put(plot, "How accurate is %(what)s%(rest)s?", what=what, rest=rest)
        if tokens(plain(what)) & tokens(plot.titles) and rest:
            yield put(plot, "What can %(what)s show%(rest)s?", what=what, rest=rest)
    elif last and topic and design.primary_purpose == "PREVENTION":
        if tokens(plain(topic)) & tokens(" ".join(_PREVENTS.whole.findall(plot.titles))) and names_a_thing(
            what
        ):
            ill = voice.say("to prevent %(illness)s", illness=topic)
            yield Turned(voice.say("Can %(what)s help %(rest)s?", what=what, rest=ill))
    elif last and topic and (design.primary_purpose in _FOUND_OUT or cast.doubts) and not cast.medicine():
        pass  # what looks at people, or brings something about
    elif tries and names_a_thing(what) and (where or cast.titled) and not NOT_GIVEN.search(plain(what)):
        compared = any(" compared with " in each.thing for each in plot.topics)
        yield from _by_its_title(plot) if compared or not where else ()
        yield from _hoped(plot, what, rest, "" if topic else people) if where else ()
    elif people and not tries and given(plot):
        yield voice.say("What happens to %(people)s who get %(what)s?", people=people, what=what)
    if not tries:
        yield from _of_a_test(plot)
        yield from _of_a_treatment(plot)
        yield from over_time(plot)
        yield from _of_those_followed(plot)
    yield from _by_its_title(plot)
    yield from of_cases(plot)


def _of_a_test(plot: Plot) -> Iterator[Turned]:
    """How accurate a test is that a title names, where that is measured."""
    topics = (replace(each, rest=_BASED_ON.sub("", each.rest), article="") for each in plot.topics)
    for each in subjects(topics):
        if _TESTS.search(each.thing) and _EXACT.search(plot.measured):
            what, rest = articled(plot.voice.theirs(each.thing)), plot.voice.theirs(f" {each.rest}".rstrip())
            yield put(plot, "How accurate is %(what)s%(rest)s?", what=what, rest=rest)


#: How a test is made.
_BASED_ON = AnyCase(r",? (?:based on|using)\b.*")


def _of_a_treatment(plot: Plot) -> Iterator[Turned]:
    """How well something works that others give, where how those do is measured who get it."""
    does = plot.measure is not None and plot.measure.plain in pairs("goals.tsv")
    for each in subjects(plot.topics) if does else ():
        if _TREATS.search(each.thing) and not (_NO_TREATMENT.search(each.whole) or each.asks - {"compares"}):
            what, rest = articled(plot.voice.theirs(each.thing)), plot.voice.theirs(f" {each.rest}".rstrip())
            if not each.rest or _WHERE.match(each.rest):
                yield put(plot, number(WORKS, each.thing), what=what, rest=rest)


_TREATS = AnyCase(f"{TREATS.pattern}|\\b(?:treatment|biologicals?|\\w+mab)\\b")
#: Of those who are treated, or of what comes with a treatment, it is no question whether it works.
_NO_TREATMENT = pattern_of("asking.no_treatment")


def _of_those_followed(plot: Plot) -> Iterator[str]:
    """What those can learn who follow people or read their records."""
    voice, design = plot.voice, plot.study.design
    cohort = design.time_perspective == "PROSPECTIVE" and design.observational_model == "COHORT"
    made = ""
    if (people := the_ill(plot)) and cohort:
        made = voice.say("What can doctors learn by following %(people)s over time?", people=people)
    elif people and design.time_perspective == "RETROSPECTIVE":
        made = voice.say("What can doctors learn from the records of %(people)s?", people=people)
    if made and not leaves_out(plot, made):
        yield made


def _of_a_medicine(plot: Plot) -> Iterator[Turned]:
    """Of a medicine that a title names, whoever gets it: its side effects, where those are counted, or how well it works."""
    tries = plot.study.study_type == "INTERVENTIONAL" and not (plot.takes_away or plot.provokes)
    for each in plot.topics if tries and plot.cast.medicine() else ():
        named_whole = names_a_thing(each.thing) and not _CUT.search(each.thing)
        if plot.can_be_asked_of(each) and " compared with " not in each.thing and named_whole:
            harm = plot.only_harm or (plot.early and plot.keys & {"harm", "dose"})
            asked = "What side effects can %(what)s cause%(rest)s?" if harm else number(WORKS, each.thing)
            if harm or plot.treats:
                yield Turned(plot.voice.say(asked, what=articled(plot.voice.theirs(each.thing)), rest=""))


_ASKS = AnyCase(r"(?:can|could|do|does|did|is|are|will|should|what|which|how|why|who) ")
_PREVENTS = AnyCase(r"\bprevent\w* (?:of |or delay(?:ing)? )?(?:the )?([\w -]{4,60})")
_FOUND_OUT = frozenset({"DIAGNOSTIC", "SCREENING", "BASIC_SCIENCE"})


def subjects(topics: Iterable[TitleParts]) -> Iterator[TitleParts]:
    """What the titles are of, whole, and without how it is looked into: no study is its own subject."""
    for each in topics:
        whole = each.whole
        found = _LOOKED_INTO.match(whole)
        end = found.end() if found else 0
        thing, rest = (each.thing[end:], each.rest) if end <= len(each.thing) else (whole[end:], "")
        thing = _AMOUNT.sub("", thing).replace("_", "-")
        made = each if thing == each.thing else replace(each, thing=thing, rest=rest, article="")
        if words(made.whole) >= 2 and not any(odd.search(made.whole) for odd in (POINTS, CLAIMS_NOW, _CUT)):
            yield made


def spoken(topic: TitleParts) -> str:
    """A topic as it stands in a sentence, with its article."""
    said = named(topic)
    return said if said != topic.whole else f"{articled(topic.thing)} {topic.rest}".strip()


def _by_its_title(plot: Plot) -> Iterator[str | Turned]:
    """What a title is of, asked of it as a whole."""
    voice, tries = plot.voice, plot.study.study_type == "INTERVENTIONAL"
    for each in subjects(plot.topics):
        thing = each.thing
        one, compared, other = thing.partition(" compared with ")
        if tries and not (names_a_thing(one, looks=not plot.treats) and names_a_thing(other)):
            continue
        rest = voice.theirs(f" {each.rest}" if each.rest else "")
        if not tries:
            if each not in plot.topics:
                yield from turned(plot, each)
            made = voice.say("What can doctors learn about %(topic)s?", topic=voice.theirs(spoken(each)))
            if each not in plot.topics or not leaves_out(plot, made):
                yield made
        elif compared and " compared with " not in other and not NO_THING.search(thing):
            told = {"one": voice.theirs(articled(one)), "other": voice.theirs(articled(other)), "rest": rest}
            several = " and " in thing
            if not each.rest and plot.treats and (ill := plot.conditions()):
                told["rest"] = f" {voice.say('in %(illness)s', illness=ill)}"
            yield put(plot, _SEVERAL_COMPARED if several else _TWO_COMPARED, **told)
        elif (
            not compared
            and each in plot.topics
            and plot.can_be_asked_of(each)
            and _WHERE.match(each.rest)
            and not _DOING.match(thing)
        ):
            what = articled(voice.theirs(f"{each.article}{thing}"))
            if each.rest.startswith("on "):
                yield put(plot, number(AFFECTS, thing), what=what, rest=on_what(rest))
            else:
                yield from _hoped(plot, what, rest)


def _hoped(plot: Plot, what: str, rest: str, people: str = "") -> Iterator[Turned]:
    """What is asked of something that is tried, by what its team says that it is to show; rest: in or for whom, behind a space."""
    voice, cast, shown, said = plot.voice, plot.cast, plot.to_show, plain(what)
    given = {"what": what, "rest": rest, "people": people}
    if plot.takes_away or _NOT_HAD.search(said) or tokens(said) <= tokens(" ".join(plot.study.conditions)):
        return
    well, purpose = not plot.people.healthy, plot.study.design.primary_purpose
    helps = well and purpose != "BASIC_SCIENCE" and plot.seeks_help
    harm = _SAFE.search(shown) is not None or (cast.medicine() and bool(plot.keys & {"harm", "dose"}))
    immune = IMMUNE.search(plot.titles if plot.treats else shown) is not None
    if re.search(" and | with ", said) and any(_TAKEN_TOGETHER.search(each.thing) for each in plot.topics):
        given["what"] = voice.theirs(_TAKEN_TOGETHER.sub("", said).replace(" with ", " and "))
        yield put(plot, "How do %(what)s affect each other%(rest)s?", **given)
    elif plot.key == "level" and cast.medicine() and people:
        yield Turned(voice.say("How much %(what)s is in the blood of %(people)s, and for how long?", **given))
    elif cast.medicine() and not helps and (plot.only_harm or (harm and not well)):
        yield put(plot, "What side effects can %(what)s cause%(rest)s?", **given)
    elif well and _BEST_DOSE.search(shown) and cast.medicine() and people:
        yield Turned(voice.say("Which dose of %(what)s suits %(people)s best?", **given))
    elif helps or (well and not immune and (plot.treats or purpose == "PREVENTION")):
        if people and (plot.treats or purpose == "PREVENTION"):
            asked = _HELPED_AND_HARMED if harm else _HELPED
        else:
            asked = number(WORKS_AND_HARMS if harm else WORKS, said)
        yield Turned(voice.say(asked, **given))
    elif plot.key == "feasible" or _FEASIBLE.search(shown):
        yield put(plot, "Can %(what)s work in practice%(rest)s?", **given)
    elif immune:
        yield put(plot, number(IMMUNE_SYSTEM, said), **given)
    elif not plain(rest).startswith(" for ") and (
        cast.medicine() or {each.kind for each in cast.tried} & _TAKEN
    ):
        yield put(plot, number(THE_BODY, said), **given)
    elif well and people:
        yield Turned(voice.say("How useful can %(what)s be for %(people)s?", **given))
    elif well:
        yield Turned(voice.say("How useful can %(what)s be%(rest)s?", **given))


_HELPED = n_("Can %(what)s help %(people)s?")
_HELPED_AND_HARMED = n_("Can %(what)s help %(people)s, and what are the side effects?")
_TAKEN = {"DIETARY_SUPPLEMENT"}
#: Nothing that people get: what is taken from them or measured, an illness, or what comes of something.
_NOT_HAD = pattern_of("asking.not_had")
_SAFE = pattern_of("asking.safe")
_FEASIBLE = AnyCase(r"\bfeasib|\bacceptab|\busab|\bimplementation\b")
_BEST_DOSE = AnyCase(r"\b(?:optim(?:al|um)|best) dos(?:e|age|ing)\b|\bdose[- ](?:finding|ranging)\b")
_TAKEN_TOGETHER = re.compile(r" taken together\b")
_TWO_COMPARED = n_("How do %(one)s and %(other)s compare%(rest)s?")
_SEVERAL_COMPARED = n_("How do these compare%(rest)s: %(one)s, and %(other)s?")
_AMOUNT = AnyCase(
    r"^(?:improved|novel) | use$| \d+ ?mg(?: I)?(?:/mL)?\b(?: injection)?|^rate of .*? using (?=.* compared with )"
)
_LOOKED_INTO = pattern_of("asking.looked_into")
_DOING, _WHERE = AnyCase(r"\w+ing\b"), re.compile("(?:in|for|on|after|during|before) ")
#: Cut in the wrong place, or of where it is done.
_CUT = pattern_of("asking.cut")


#: What looks at people, and surely shows something.
_SEES = pattern_of("asking.sees")
_EXACT = pattern_of("asking.exact")
#: What finds something out, by its name.
_TESTS = AnyCase(r"\b(?:tests?|assay|tool|score|monitor|sensor|system|platform|panel|index)$")


def _is_the_goal(plot: Plot, rest: str) -> bool:
    """Whether the main measure has a goal, and is what something has an effect on, or that says less: the goal is asked then."""
    on = re.split(r" (?:in|after|among|of) ", rest)[0]
    measured = {each[:5] for each in tokens(plot.measure.plain if plot.measure else "")}
    same = {each[:5] for each in tokens(on)} & measured or _SAYS_LITTLE.search(on)
    if SAME_FOR_ALL in plot.cast.doubts or re.search(" and |,", on) or not same:
        return False
    return bool(plot.treats and plot.cast.named and goal_of(plot, "-"))


_SAYS_LITTLE = pattern_of("asking.says_little")


_MISTYPED = AnyCase(r"to (?:to\b|\w+ing\b)")
_TO_LEARN = pattern_of("asking.to_learn")


def _fits(plot: Plot, text: str) -> bool:
    """Whether words of the team can stand alone: they name the illness and, of a treatment, what is tried."""
    tried = tokens(" ".join(f"{each.name} {each.said} {' '.join(each.others)}" for each in plot.cast.tried))
    named = bool(tokens(text) & tried) or plot.is_tried(text)
    if plot.study.study_type != "INTERVENTIONAL":
        return plot.is_about(text)
    return named and plot.is_about(text)
