"""The question of a study that tries something, and what its answer could help to decide.

Who gets what is taken from the list of arms where that is certain, else from a title's own words. What is tried, for whom, and
what it is compared with or added to stand in one sentence, or what is not certain is left out.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.cast import (
    IS_NOTHING,
    IS_OTHER,
    IS_PLACEBO,
    IS_USUAL,
    MOST_TRIED,
    NO_TEST,
    SAME_FOR_ALL,
    UNNAMED_RIVAL,
    ArmGroup,
    Thing,
    is_placebo,
)
from notifier.domain.summaries.covering import names_a_thing
from notifier.domain.summaries.names import PLACEBO, SIDE_SHOW
from notifier.domain.summaries.plot import (
    NO_THING,
    Plot,
    against,
    dosed,
    goal_of,
    has_another_goal,
    tokens,
)
from notifier.domain.summaries.quoting import words
from notifier.domain.summaries.tables import pattern_of
from notifier.domain.summaries.things import articled
from notifier.domain.summaries.titles import TitleParts
from notifier.domain.summaries.turning import (
    HALF,
    IMMUNE,
    IMMUNE_SYSTEM,
    THE_BODY,
    TO_HELP,
    Turned,
    beside_all,
    better,
    called,
    no_harm_counted,
    number,
    phrases,
    reactions,
)
from notifier.domain.summaries.uses import (
    COMPARED,
    Slots,
    decision,
    first_look,
    guides,
    rivals_of,
    study_further,
)
from notifier.domain.summaries.voice import plain
from notifier.domain.summaries.whom import in_short
from notifier.domain.wording.catalogue import n_

_CAREFUL = frozenset({"DIAGNOSTIC", "SCREENING", "BASIC_SCIENCE"})


def asked_of_trial(plot: Plot) -> Iterator[Turned]:
    """What can be asked of something that is tried, the most certain first."""
    if plot.study.study_type != "INTERVENTIONAL" or plot.takes_away:
        return
    if plot.provokes:
        yield from reactions(plot)
        return
    ours = list(_by_the_arms(plot))
    purpose, cast = plot.study.design.primary_purpose, plot.cast
    treats = (
        purpose == "BASIC_SCIENCE" and cast.medicine() and plot.key in {"dose", "respond", "control", "live"}
    )
    if plot.key == "level" and cast.medicine() and purpose in _CAREFUL:
        yield from (made for each in ours for made in _asked(plot, each) if "blood" in made.question)
    if (purpose in _CAREFUL and not treats) or cast.looks or is_a_picture(plot) or plot.key == "test":
        yield from _to_help(plot)
        return
    yield from _to_help(plot) if has_another_goal(plot) else ()
    titled = [found for phrase in phrases(plot) if (found := _by_a_title(plot, phrase))]
    sides = [each.thing.partition(" compared with ")[2] for each in phrases(plot)]
    if SAME_FOR_ALL in cast.doubts and any(each and not PLACEBO.search(each) for each in sides):
        ours, titled = [], []  # what a title compares is what all get, in two ways
    if plot.treats and _A_TEST.search(plain(plot.what())):
        ours = []  # by which something else is looked at
    # What is added to what, first; then what a title names in plain words that is no medicine; then what the list of arms has.
    kinds = [] if cast.medicine() else [each for each in titled if not _NO_KIND.search(plain(each.what))]
    odd = _NO_TREATMENT.search(plain(plot.what())) or any("," in each.said for each in cast.tried)
    # A name of its own that the study's texts use in a bracket alone may be that of its maker.
    texts = tokens(f"{plot.titles} {_BRACKET.sub('', plot.told)}")
    ours_are = " ".join([*(each.known_as for each in cast.tried), *(plain(each.what) for each in ours)])
    unknown = not any(each.shown.islower() for each in cast.tried) and not tokens(ours_are) & texts
    listed = () if odd or unknown or len(cast.tried) > MOST_TRIED else ours
    for slots in sorted(dict.fromkeys((*kinds, *listed, *titled, *ours)), key=lambda each: not each.base):
        yield from _asked(plot, slots)
    yield from _to_help(plot)
    for phrase in phrases(plot):
        one, compared, other = phrase.thing.partition(" compared with ")
        untold = _TWO_AND_MORE.search(phrase.thing) or NO_THING.search(phrase.thing)
        sure = names_a_thing(one) and names_a_thing(other)
        if compared and sure and not untold and (people := in_short(plot, phrase)):
            told = {"one": plot.voice.theirs(one), "other": plot.voice.theirs(other), "people": people}
            use = plot.voice.say(
                "It could help %(people)s and their doctors choose between %(one)s and %(other)s.", **told
            )
            use = use if guides(plot) else plot.voice.say(COMPARED, **told | {"rest": ""})
            yield from (Turned(each, use=use) for each in better(plot, told["one"], told["other"], people))
            yield Turned(
                plot.voice.say("How do %(one)s and %(other)s compare in %(people)s?", **told), use=use
            )


_A_TEST = re.compile(r"\b(?:tolerance|skin|blood|walk) tests?$")
_BRACKET = re.compile(r"\([^()]*\)")
#: A line of a form beside what is tried: how it is given, and what is looked at.
_NO_TREATMENT = AnyCase(r"\b(?:administration|evaluation|tests?|assessment|questionnaires?|mask)\b")


#: No name of a thing: what it does, what is measured, what was typed; or more than a name.
_NO_KIND = pattern_of("trying.no_kind")


def is_a_picture(plot: Plot) -> bool:
    """Whether what is given is to be seen on a picture: nobody asks of it whether it helps."""
    return bool(_PICTURE.search(plot.titles) and _TRACER.search(plain(plot.what())))


_PICTURE = AnyCase(r"\b(?:PET|SPECT|\w*scan|imaging)\b")
_TRACER = pattern_of("trying.tracer")


def _to_help(plot: Plot) -> Iterator[Turned]:
    """Whether it helps to do what a title says it is for: asked only where more than its safety is measured."""
    voice = plot.voice
    for phrase in phrases(plot) if not plot.only_harm and plot.key not in {"feasible", "level"} else ():
        if not TO_HELP.match(phrase.rest) or plot.cast.looks:
            continue
        one, compared, other = phrase.thing.partition(" compared with ")
        if compared and not plot.equal:
            told = {
                "one": voice.theirs(one),
                "other": voice.theirs(other),
                "rest": voice.theirs(f" {phrase.rest}"),
            }
            use = voice.say("It could help with the choice between %(one)s and %(other)s%(rest)s.", **told)
            use = use if guides(plot) else voice.say(COMPARED, **told | {"rest": ""})
            yield Turned(voice.say("Which helps more%(rest)s: %(one)s, or %(other)s?", **told), use=use)
        elif not (
            compared or re.match("(?:two|three|different) ", phrase.thing) or NO_THING.search(phrase.thing)
        ):
            told = {"what": articled(voice.theirs(called(plot, phrase))), "rest": voice.theirs(phrase.rest)}
            use = voice.say("It could help doctors decide whether to use %(what)s %(rest)s.", **told)
            if first_look(plot) and "PHASE4" not in plot.study.phases:
                use = study_further(plot, told["what"])
            yield Turned(voice.say("Can %(what)s help %(rest)s?", **told), use=use)


def _beside_what_all_get(plot: Plot, people: str) -> Slots | None:
    """What is tried with what everybody gets, by the groups or by the team's words; None where that is not sure."""
    cast, what = plot.cast, plot.what()
    rest = [group for group in cast.beside if group.gets and set(group.gets) <= set(cast.added_to)]
    if cast.doubts == (UNNAMED_RIVAL,) and cast.named and len(rest) == len(cast.beside) > 0:
        # Those beside get what all get, and no more.
        return Slots(what, people, certain=False, base=plot.listed(cast.added_to))
    for group in cast.beside if len(cast.tried) == 1 and cast.named and not cast.certain else ():
        real = tuple(each for each in group.gets if not is_placebo(each.said))
        alike = any(set(one.gets) == {*real, *cast.tried} for one in cast.groups)
        if 0 < len(real) <= MOST_TRIED and alike:
            # One group gets a placebo in its place, and all else the same.
            real = tuple(each for each in real if not SIDE_SHOW.search(each.said)) or real  # no rescue
            return Slots(articled(what), people, certain=False, base=articled(plot.listed(real)))
    if cast.against == (IS_USUAL,) and cast.named:
        name = re.escape(plain(what))
        told = f"{plot.titles} | {' '.join(plot.summary)}"
        if re.search(
            rf"(?i)\badd(?:ing|ition of) (?:the )?{name}\b|\b{name}\b[\w ,-]{{0,30}}\b(?:added to|in addition to|as an add-on)\b",
            told,
        ):
            return Slots(what, people, certain=False, base=plot.voice.say("usual care"))
    names = {each.name for each in cast.tried if each.name}
    doses = len(cast.tried) > len(names) == 1 and cast.against == (IS_PLACEBO,)
    if doses and 0 < len(cast.added_to) <= 2:
        # Several doses of one thing, each beside what all get.
        return Slots(plot.voice.theirs(names.pop()), people, certain=False, base=plot.listed(cast.added_to))
    return None


def _by_the_arms(plot: Plot) -> Iterator[Slots]:
    cast, voice = plot.cast, plot.voice
    joined = _TOGETHER.fullmatch(plot.case.small(plain(plot.what())))
    if joined and len(cast.tried) == len(cast.others) == 1 and not cast.medicine() and in_short(plot):
        for added, base in (joined.groups(), joined.groups()[::-1]):
            if base.casefold() == cast.others[0].shown.casefold():
                # "A with B" against B: what is asked is what A adds.
                yield Slots(articled(voice.theirs(added)), in_short(plot), False, voice.theirs(base))
                return
    if not cast.tried or {"factorial", "a name that names nothing"} & set(cast.doubts):
        return
    if any(NO_NAME.search(each.shown) for each in cast.tried):
        return  # a line of a form
    if (people := in_short(plot)) and (found := _beside_what_all_get(plot, people)):
        yield found
        return
    if cast.titled and (base := beside_all(plot, plot.what())) and (people := in_short(plot)):
        yield Slots(plot.what(), people, certain=False, base=base)
    compares = any(" compared with " in each.thing or "compares" in each.asks for each in plot.topics)
    beside = cast.certain and (against(plot) or cast.against == (IS_NOTHING,))
    if (compares and not beside and not cast.rivals) or (len(cast.tried) > 1 and not cast.groups):
        return  # who gets which is not known
    tests = [group for group in cast.groups if group not in cast.beside]
    common = tuple(each for each in cast.tried if each.name and all(each in group.gets for group in tests))
    if NO_TEST in cast.doubts and common and len(cast.tried) > 1:
        return  # what all get is not what is tried
    what, people = whole(plot), in_short(plot)
    if not what:
        return
    if people or plot.people.healthy:
        by_role = any(group.role == "EXPERIMENTAL" for group in cast.groups) and len(cast.tried) == 1
        certain = cast.certain and (cast.titled or by_role)
        both = re.fullmatch(r"(.+?) (?:with|and|plus) (.+)", plain(what)) if len(cast.tried) == 1 else None
        if both and [each.name for each in cast.others] == [both[2]]:
            yield Slots(voice.theirs(both[1]), people, certain=False, base=voice.theirs(both[2]))
            return
        yield Slots(articled(_as_titled(plot, what)), people or plot.people.who(plot.voice), certain)


def whole(plot: Plot) -> str:
    """What is tried, named so that no group that tries something is left out; empty where that is too much."""
    if plot.cast.together:
        return plot.what()
    tests = [group for group in plot.cast.groups if group not in plot.cast.beside]
    if shared := _shared(plot, tests):
        return shared
    mixed = any(sum(each in plot.cast.tried for each in group.gets) > 1 for group in tests)
    return "" if mixed else plot.what()


def _shared(plot: Plot, tests: Sequence[ArmGroup]) -> str:
    """What all that try something get, where some of them get more beside it."""
    voice, first = plot.voice, plot.cast.tried[0].name or ""
    code = first.partition(" ")[0]
    for name in filter(None, (first, code if re.search(r"\d", code) else "")):
        whole = re.compile(rf"(?i)(?<![\w-]){re.escape(name)}(?![\w-])")
        more = [
            {
                each.shown
                for each in group.gets
                if (_WITH.search(each.said) and (each.name or "").casefold() != name.casefold())
                or not (_called(whole, each) or is_placebo(each.said) or SIDE_SHOW.search(each.said))
            }
            for group in tests
        ]
        if not all(any(_called(whole, each) for each in group.gets) for group in tests):
            continue
        what = voice.theirs(name)
        if all(each == more[0] for each in more):
            return what
        if all(more):
            return voice.say("%(what)s, in different combinations,", what=what)
        return voice.say("%(what)s, alone or with other treatments,", what=what)
    return ""


def _called(name: re.Pattern[str], thing: Thing) -> bool:
    return name.search(f"{thing.name} {thing.known_as}") is not None


_WITH = AnyCase(r"\b(?:and|with|plus)\b|\+")
_TOGETHER = re.compile(r"(.+?) (?:(?:combined|together) )?(?:with|and|plus) (.+)")


def _as_titled(plot: Plot, what: str) -> str:
    """What is tried with what a title says of it beside its name: its way into the body, where it is put, what it is a model of."""
    cast = plot.cast
    for each in plot.topics:
        for one in cast.tried if cast.medicine() and _ANY_WAY.search(each.whole) else ():
            name = re.escape(one.name or one.said)
            if (one.name or one.said) in each.whole and (
                found := re.search(
                    rf"\b{name} (?:{_WAYS}) (?:injections?|infusion|spray|drops|solution|gel|cream)\b",
                    each.whole,
                )
            ):
                return plot.voice.theirs(re.sub(rf"\b{name}\b", found[0], plain(what), count=1))
        if len(cast.tried) > 1 or " compared with " in each.thing or words(each.thing) > MOST_OF_A_NAME:
            continue
        put = (
            cast.medicine()
            and not cast.titled
            and _PUT.search(each.thing)
            and not tokens(each.thing) & plot.names
        )
        if put and words(each.thing) <= 4:
            return plot.voice.theirs(
                f"{'an' if each.thing[0] in 'aeiou' else 'a'} {each.thing} with {plain(what)}"
            )
        name = plain(what)
        if (
            not cast.medicine()
            and each.thing.startswith(name)
            and re.match(r" (?:model|program(?:me)?|course) (?:of|for) ", each.thing[len(name) :])
        ):
            return plot.voice.theirs(f"the {each.thing}")
    return what


MOST_OF_A_NAME = 8  # words
_WAYS = "subcutaneous|intranasal|nasal|inhaled|inhalation|intrathecal|intravitreal|topical|sublingual|transdermal|intramuscular|intraperitoneal"
_ANY_WAY = re.compile(rf"\b(?:{_WAYS})\b")
_PUT = re.compile(r"(?:injection|infusion|block|patch|implant)$")


_NO_WHOLE = re.compile(r"^(?:two|three|different) |\b(?:based|focused|due|added)$")


def _by_a_title(plot: Plot, phrase: TitleParts) -> Slots | None:
    """What a title names as tried, in whom it says so; None where either is not sure."""
    one, compared, other = phrase.thing.partition(" compared with ")
    more = _MORE.fullmatch(f"{other} | {one}") or _MORE.fullmatch(f"{one} | {other}")
    if compared and more and (people := in_short(plot, phrase)):
        # "A and B compared with A": what is asked is what B adds.
        ahead, behind = plot.voice.theirs(more["first"]), plot.voice.theirs(more["second"])
        return Slots(
            *((behind, people) if more["base"] == more["first"] else (ahead, people)),
            certain=False,
            base=plot.voice.theirs(more["base"]),
        )
    if compared or "compares" in phrase.asks:
        return None
    if found := _WITH_OR_WITHOUT.fullmatch(phrase.thing):
        base, added = (plot.voice.theirs(each) for each in found.groups())
        people = in_short(plot, phrase)
        operates = found[2].startswith("surg") and {each.kind for each in plot.cast.tried} == {"PROCEDURE"}
        added = f"{added} ({plot.what()})" if operates and not plot.is_tried(found[2]) else added
        sure = people and (operates or any(map(plot.is_tried, found.groups())))
        return Slots(added, people, certain=False, base=base) if sure else None
    if " without " in phrase.thing:
        return None
    if (both := _JOINED.fullmatch(phrase.thing)) and (people := in_short(plot, phrase)):
        # "A with B", where those beside get B: what is asked is what A adds.
        beside = " ".join(
            f"{each.label} {' '.join(one.said for one in each.gets)}" for each in plot.cast.beside
        )
        there = tokens(" ".join(plot.long_forms.get(each, each) for each in beside.split()))
        new = tokens(" ".join(each.said for each in plot.cast.tried))
        first, second = map(tokens, both.groups())
        if first & new and second & there and not (first & there or second & new):
            one, other = map(plot.voice.theirs, both.groups())
            return Slots(one, people, certain=False, base=other)
    cast = plot.cast
    apart = len(cast.tried) > 1 and cast.groups and not cast.together
    first = tokens(phrase.thing.partition(" with ")[0])
    apart = apart and not (
        " and " not in phrase.thing and all(tokens(each.said) & first for each in cast.tried)
    )
    if apart and all(tokens(each.said) & tokens(phrase.thing) for each in cast.tried):
        return None  # "A and B" of a title, where one gets the one and another the other
    if TO_HELP.match(phrase.rest) and not (plot.people.phrase and goal_of(plot, "-")):
        return None
    if (
        _NO_WHOLE.search(phrase.thing)
        or not plot.can_be_asked_of(phrase)
        or not (people := in_short(plot, phrase))
    ):
        return None
    # What a title names whole, and nothing beside it, is compared with what the arms say.
    named = cast.certain and all(tokens(each.said) & tokens(phrase.thing) for each in cast.tried)
    other = plain(against(plot))
    certain = named and bool(other) and not tokens(other) & tokens(phrase.thing) and not NO_NAME.search(other)
    what = articled(plot.voice.theirs(called(plot, phrase)))
    base = beside_all(plot, what)
    return Slots(what, people, certain and not base, base=base)


_MORE = re.compile(
    r"(?P<first>[^|]+?) (?:with|and|plus) (?P<second>[^|]+) \| (?P<base>(?P=first)|(?P=second))(?: alone| monotherapy)?"
)
_TWO_AND_MORE = re.compile(r" between | and .* compared | compared .* and ")
_WITH_OR_WITHOUT = re.compile(r"(.+?),? with (?:or|and|/) ?without ((?!.* compared ).+)")
_JOINED = re.compile(r"(.+?) (?:with|and|added to) (?:the |concomitant |concurrent )?(.+)")


def _asked(plot: Plot, slots: Slots) -> Iterator[Turned]:
    """The questions of one way to name what is tried and in whom, each with what could be decided by its answer."""
    what, base = (
        AS_SOLD.sub("", _AHEAD.sub(r"\1", each)) for each in (slots.what, _KIND_BEHIND.sub("", slots.base))
    )
    slots = replace(slots, what=what, base=base)
    if not names_a_thing(what) or not names_a_thing(base) or (base and HALF.fullmatch(plain(what))):
        return
    *ahead, last = slots.what.split(" with ")
    if len(ahead) > 2:
        slots = replace(slots, what=f"{', '.join(ahead)} and {last}")
    use = decision(plot, slots)
    yield from (Turned(made, use=use) for made in _sentences(plot, slots))


#: Ahead of a name: how much of it is given, what is found out about it, and what sort of antibody it is.
_AHEAD = AnyCase(
    r"^(\W*)(?:treatment with |(?:the )?(?:potential )?(?:use|benefits?|value) of (?:the )?|(?:[\w,-]+ ){0,5}(?:doses|dosages?|dosing regimens|equivalence|bioequivalence) of (?:the )?|(?:(?:recombinant|humani[sz]ed|human|fully|anti-?[\w-]+) )*monoclonal antibody (?=\w*[\dA-Z]|\w+mab\b))"
)
#: In what it is sold.
AS_SOLD = AnyCase(r" pre-?filled (?:syringe|pen)s?(?=\W*$)")
#: What sort of medicine it is, behind its name.
_KIND_BEHIND = AnyCase(
    r"(?<=\w) (?:oral )?anti(?:diabetic|hypertensive|viral|biotic)s? drugs?(?: (?:therapy|treatment))?(?=$|\W)"
)


def _sentences(plot: Plot, slots: Slots) -> Iterator[str]:
    """The questions, the most particular first."""
    voice, key, cast = plot.voice, plot.key, plot.cast
    beside = slots.certain and bool(cast.against)
    told = {"what": slots.what, "people": slots.people}
    bare = told | {"what": re.sub(r"^(?:an?|the) ", "", slots.what)}
    # Where all get the same, the contrast lies in what no name tells: then it is not asked what the thing itself does.
    goal = "" if SAME_FOR_ALL in cast.doubts and not cast.doses else goal_of(plot, slots.people)
    alike = cast.doubts in {(), ("several groups try different things",)} and len(cast.tried) == 1
    bare["what"], bare["base"] = dosed(plot, bare["what"])
    dose = (
        plot.seeks_a_dose
        and plot.early
        and cast.medicine()
        and (alike or bare["base"] or not slots.certain)
        and not plain(bare["what"]).endswith(" cells")  # they are not taken by amount
    )
    if dose and bare["base"]:
        yield voice.say(
            "How much %(what)s can %(people)s take together with %(base)s, and what are the side effects?",
            **bare,
        )
    if dose and not _A_WAY.match(plain(bare["what"])):
        yield voice.say("How much %(what)s can %(people)s take, and what are the side effects?", **bare)
    level = key == "level" or (not plot.keys - {""} and _LEVELS.search(plot.titles))
    if level and cast.medicine() and not beside:
        yield voice.say("How much %(what)s is in the blood of %(people)s, and for how long?", **bare)
    if key == "feasible" and not cast.medicine():
        yield from _in_practice(plot, slots)
        return
    if slots.base:
        yield from _added(plot, told | {"base": slots.base, "goal": goal})
        return
    in_the_body = list(_in_the_body(plot, slots))
    yield from in_the_body if cast.against != (IS_OTHER,) else []
    if beside:
        yield from _compared(plot, told, goal)
    elif rivals := rivals_of(plot):
        yield voice.say("How do %(rivals)s compare in %(people)s?", rivals=rivals, people=slots.people)
    yield from in_the_body
    if plot.equal or in_the_body or plot.keys == {"level"}:
        return  # as good as what, is not sure; and whether it helps is not measured
    if plot.only_harm or plot.people.healthy:
        yield from _harms(plot, slots)
        return
    if key in _ALONE and (plot.alone or key == "defence"):
        yield voice.say(_ALONE[key], people=slots.people, what=slots.what.replace(" with ", " and "))
    if goal:
        yield voice.say("Can %(what)s %(goal)s?", goal=goal, **told)
    elif (
        plot.treats
        and not no_harm_counted(plot)
        and (plot.early or plot.keys & {"harm", "dose"} or any("harm" in each.asks for each in plot.topics))
    ):
        yield voice.say("Can %(what)s help %(people)s, and what are the side effects?", **told)
    elif plot.treats and plot.is_listed(plain(slots.people)):
        yield voice.say("Can %(what)s help %(people)s?", **told)


def _harms(plot: Plot, slots: Slots) -> Iterator[str]:
    """Side effects, and of the ill who are to be helped whether it helps, where harm is all that is counted."""
    well = plot.people.healthy
    if not plot.keys & {"harm", "dose"} or (well and not plot.cast.medicine()):
        return
    joined = ", " if re.search("^(?!.* and with ).* with .* and ", slots.what) else " and "
    joined = " with " if " and with " in slots.what else joined
    # "come with A with B"
    what = re.sub("(?<! or)(?<!immunotherapy)(?<!treatment) with ", joined, slots.what)
    told = {"what": what, "people": slots.people}
    if plot.treats and plot.seeks_help and not well:
        yield plot.voice.say("Can %(what)s help %(people)s, and what are the side effects?", **told)
    yield plot.voice.say("What side effects can %(what)s cause in %(people)s?", **told)


def _in_the_body(plot: Plot, slots: Slots) -> Iterator[str]:
    """What something does in the body, where that is what is measured."""
    asked = IMMUNE_SYSTEM if IMMUNE.search(plot.measured) else THE_BODY
    told = {"what": slots.what, "rest": f" {plot.voice.say('in %(people)s', people=slots.people)}"}
    if plot.in_the_body:
        yield plot.voice.say(number(asked, plain(slots.what)), **told)


_LEVELS = AnyCase(r"^(?!.*\befficacy).*\bpharmacokinetic")


def _in_practice(plot: Plot, slots: Slots) -> Iterator[str]:
    """Whether people keep to it, where that is what is counted; else whether it can be done."""
    told = {"what": slots.what, "people": slots.people}
    measured = [each.measure or "" for each in plot.study.primary_outcomes[:3]]
    if any(_KEEPS_TO_IT.search(each) and tokens(each) & tokens(plain(slots.what)) for each in measured):
        yield plot.voice.say("Can %(people)s stick to %(what)s?", **told)
    yield plot.voice.say("Can %(what)s work in practice for %(people)s?", **told)


_KEEPS_TO_IT = AnyCase(r"\b(?:adherence|compliance) (?:to|with)\b")


def _added(plot: Plot, told: dict[str, str]) -> Iterator[str]:
    """What is asked of something that is given beside something else."""
    voice, told = plot.voice, told | {"base": articled(told["base"])}
    if told["goal"] and plot.key != "harm":
        yield voice.say("Can adding %(what)s to %(base)s %(goal)s?", **told)
    elif plot.key == "harm":
        if plot.treats and plot.seeks_help:
            yield voice.say(
                "Can adding %(what)s to %(base)s help %(people)s, and what are the side effects?", **told
            )
        yield voice.say("What side effects can %(what)s cause when added to %(base)s, in %(people)s?", **told)
    elif plot.treats or plot.study.design.primary_purpose == "PREVENTION":
        yield voice.say("Can adding %(what)s to %(base)s help %(people)s?", **told)
    yield voice.say("What difference does adding %(what)s to %(base)s make in %(people)s?", **told)


#: A line of a form in place of a name, or one dose of what has several.
NO_NAME = pattern_of("trying.no_name")
_A_WAY = pattern_of("trying.a_way")
#: Of one group, by the main measure: it cannot say what is longer.
_ALONE = {
    "live": n_("How long do %(people)s live with %(what)s?"),
    "alive": n_("How long do %(people)s live with %(what)s?"),
    "defence": n_("How strongly does the immune system react to %(what)s in %(people)s?"),
}


def _compared(plot: Plot, told: dict[str, str], goal: str) -> Iterator[str]:
    """Groups side by side."""
    cast, voice = plot.cast, plot.voice
    told = told | {"other": articled(against(plot)), "base": plot.listed(cast.added_to), "goal": goal}
    if re.search(r"\b(?:conventional|pharmacological)\b", plain(told["other"])) and cast.against == (
        IS_OTHER,
    ):
        return  # not one thing by which it could be beaten
    without = cast.against == (IS_NOTHING,)
    if not told["other"] and not without:
        return
    if plot.equal:
        if cast.against in {(IS_OTHER,), (IS_USUAL,)}:
            yield voice.say("Can %(what)s do as well as %(other)s in %(people)s?", **told)
        return
    if 0 < len(cast.added_to) <= 2 and cast.against != (IS_OTHER,):
        yield from _added(plot, told)
    if without:
        if goal:
            yield voice.say("Can %(what)s %(goal)s, compared with going without?", **told)
        elif plot.treats:
            yield voice.say("Can %(what)s help %(people)s, compared with going without?", **told)
        return
    yield from better(plot, told["what"], told["other"], told["people"])
    if len(cast.others) > 1:
        rest = voice.say("in %(people)s", people=told["people"])
        told |= {"one": told["what"], "rest": f" {rest}"}
        yield voice.say("How do these compare%(rest)s: %(one)s, and %(other)s?", **told)
    if not (plot.people.healthy and plot.only_harm) and cast.against != (IS_PLACEBO,):
        yield voice.say("How do %(what)s and %(other)s compare in %(people)s?", **told)
