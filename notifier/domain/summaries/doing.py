"""What is done in a study: who gets what, who decides and who knows, what it asks of people, where.

A sentence is said only where its condition holds for all arms; two that exclude each other never meet.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from notifier.domain.summaries import differing, quoting, taking_part, told, ways
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.cast import (
    CONTROLS,
    GETS_NONE,
    MEDICINES,
    SALINE,
    ArmGroup,
    Thing,
    gets_less,
    gets_more,
    is_placebo,
    may_lack,
    surely_for_all,
    union,
)
from notifier.domain.summaries.deciding import (
    OF_PEOPLE,
    OF_THEM,
    asked_for_it,
    crosses,
    decided_by_chance,
    sort_of,
    who_decides,
)
from notifier.domain.summaries.differing import CONTROL_NAME
from notifier.domain.summaries.given import say_of, too_few_for_groups, what_is_given
from notifier.domain.summaries.going_through import gone_through
from notifier.domain.summaries.looking import MOST_WATCHED, looked_at
from notifier.domain.summaries.names import PLACEBO, SHAM, USUAL, is_label
from notifier.domain.summaries.plot import Plot, tokens
from notifier.domain.summaries.standing import places_of
from notifier.domain.summaries.tables import pattern_of
from notifier.domain.summaries.things import (
    ASIDE,
    are_done,
    called_as,
    is_a_look,
    more_groups,
    names_of,
    things_of,
)
from notifier.domain.summaries.voice import plain
from notifier.domain.summaries.ways import how_often
from notifier.domain.wording.catalogue import n_

MOST_GROUPS = 4  # that are told one by one
MOST_OF_A_LABEL = 14  # words
MOST_TOLD = 70  # words of ours, beside those in quotation marks


def what_is_done(plot: Plot) -> tuple[str, ...]:
    """The sentences, in the order in which a reader asks."""
    study, voice = plot.study, plot.voice
    said = [told.notice(plot), sort_of(plot)]
    groups, few = _who_gets_what(plot), too_few_for_groups(plot)
    kinds = what_is_given(plot) or told.what_it_is(plot)
    given = [] if few else ways.how_given(plot, kinds[-1] if kinds else "")
    people = taking_part.told_of(plot)
    asked = gone_through(plot, plain(" ".join((*people, *groups, *kinds, *given)))) or asked_for_it(plot)
    said += [
        *people,
        *groups,
        ways.rising(plot),
        *kinds,
        *given,
        asked,
        *([] if few else who_decides(plot, " ".join(groups))),
        places_of(study, voice, plot.more.description),
    ]
    said = list(filter(None, said))
    # Where much is told of many groups, what the second medicine is can be looked up.
    for each in reversed(kinds[1:]):
        if sum(quoting.words(re.sub(r"“[^”]*”", "it", plain(one))) for one in said) > MOST_TOLD:
            said.remove(each)
    return tuple(said)


def least_of(plot: Plot, said: Sequence[str]) -> list[str]:
    """Which of the sentences are missed least in a long read: where it takes place, and who knows who gets what."""
    least = [places_of(plot.study, plot.voice, plot.more.description), *who_decides(plot, " ".join(said))[1:]]
    return [each for each in least if each in said]


# --- who gets what ----------------------------------------------------------------------------------------------


_GETS, _ALSO_GETS = "%(group)s gets %(things)s", "%(group)s also gets %(things)s"
_NO_MORE, _QUOTED = "%(group)s gets nothing extra", "%(group)s: %(things)s"
#: What stands at the head of what is told of a group; of two, the second is the other.
_EACH = (n_("one group"), n_("another"), n_("a third"), n_("a fourth"), n_("a fifth"), n_("a sixth"))
_OF_TWO = (n_("one group"), n_("the other"))
_PAST = AnyCase(r"\bretrospectiv|\bhistoric(?:al)?\b|\bchart review|\bpast records")
#: With the record's own sentence; a group that is called a group has no name.
MOST_TOLD_ONE_BY_ONE = 8  # groups; of more is told what they get between them
MOST_JOINED = 26  # words of what two groups get, told in one sentence
#: A list that is not given to everybody whole: what follows comes only where the first did not do.
_IN_STEPS = pattern_of("doing.in_steps")


def _who_gets_what(plot: Plot) -> list[str]:
    study, cast, voice = plot.study, plot.cast, plot.voice
    if study.study_type not in {"INTERVENTIONAL", "EXPANDED_ACCESS"}:
        return looked_at(plot)
    groups = cast.groups
    if too_few_for_groups(plot) and len(groups) <= MOST_TOLD_ONE_BY_ONE:
        # Salt water that only they get who get a placebo is one.
        tests = [group for group in groups if group.role != "PLACEBO_COMPARATOR"]
        role = "" if any(SALINE.search(each.said) for each in union(tests)) else "PLACEBO_COMPARATOR"
        return [_listed(plot, things_of(plot, union(groups), role))]
    if len(groups) > 1:
        if crosses(study):
            told_as = (
                things_of(plot, group.gets, group.role) or called_as(plot, group)
                for group in groups[:MOST_GROUPS]
            )
            names = dict.fromkeys(told_as)
            every = [each for each in union(groups) if not ASIDE.search(each.said)]
            if len(names) < 2 and len(every) == 2:
                # Each group gets all, in an order of its own.
                names = dict.fromkeys(things_of(plot, [each]) for each in every)
            if len(names) < 2:
                names = dict.fromkeys(called_as(plot, group) for group in groups[:MOST_GROUPS])
            more = [] if len(groups) <= MOST_GROUPS else [more_groups(voice, len(groups) - MOST_GROUPS)]
            said = "People get what the study compares, one after the other: %(names)s."
            return [say_of(plot, said, names=voice.listing(names)), *more]
        return _at_two_times(plot) or _side_by_side(plot)
    things = (
        things_of(plot, groups[0].gets, groups[0].role)
        if groups and groups[0].gets
        else names_of(plot, [each.shown for each in cast.tried])
    )
    if not things:
        return [voice.say("The record does not say what is being tested.")]
    if groups and not plot.alone:
        return [voice.say("The record lists one group, which gets %(things)s.", things=things)]
    if not plot.alone:
        titled = tokens(plain(things)) <= tokens(plot.titles)
        rows = _TOLD_OF_GROUPS[study.design.allocation == "RANDOMIZED" :]  # then chance is told of below
        in_text = [voice.say(said) for pattern, said in rows if pattern.search(plot.told)]
        return [
            "" if titled else voice.say("It is about %(things)s.", things=things),
            told.parted(plot)
            or (
                voice.say("The record does not list groups, but says %(what)s.", what=voice.listing(in_text))
                if in_text
                else voice.say("The record does not list groups.")
            ),
        ]
    shown = [each.shown.casefold() for each in cast.tried]
    whole = quoting.sentences(f"{study.brief_summary} {' '.join(group.text for group in groups)}")
    on_them = [each for each in whole if any(name in each.casefold() for name in shown)]
    text = " ".join((*on_them, *(each.description or "" for each in study.interventions)))
    steps = (len(cast.tried) > 1 or " and " in things) and _IN_STEPS.search(text)
    without = _AS_CONTROLS.search((plot.more.description or "")[:6000])
    if steps or without or (groups and (differing.either(groups[0]) or not surely_for_all(study, groups[0]))):
        several = voice.say("Some people may not get all of these.") if " and " in plain(things) else ""
        return [_listed(plot, things), several]
    return [_everyone(plot, groups[0].gets if groups and groups[0].gets else cast.tried, things)]


#: Some of those in the only group that is listed go without what is tried.
_AS_CONTROLS = pattern_of("doing.as_controls")


def _listed(plot: Plot, things: str) -> str:
    """What is always true."""
    return plot.voice.say("The record lists %(things)s.", things=things) if things else ""


def _everyone(plot: Plot, every: Sequence[Thing], things: str) -> str:
    """What all get, who may be one, or have, where it is done to them."""
    said = {
        (False, False): "Everyone gets %(things)s.",
        (False, True): "Everyone has %(things)s.",
        (True, False): "The one person who takes part gets %(things)s.",
        (True, True): "The one person who takes part has %(things)s.",
    }
    if _NO_NOUN.match(plain(things)):
        return _listed(plot, things)
    one = plot.study.enrollment.count == 1 and plot.study.enrollment.type == "ACTUAL"
    return say_of(plot, said[one, are_done(every)], things=things)


#: What is done, in place of a name of it.
_NO_NOUN = pattern_of("doing.no_noun")


#: What a title or a summary tells of groups that are not listed.
_TOLD_OF_GROUPS = (
    (
        AnyCase(r"(?<!non-)(?<!non )(?<!not )\brandomi[sz]"),
        n_("that chance decides who gets what"),
    ),
    (AnyCase(r"\bplacebo\b"), n_("that a placebo is used")),
    (
        AnyCase(r"\b(?:double|triple)[- ](?:blind|mask)"),
        n_("that no one knows who gets what"),
    ),
    (
        re.compile(r"^(?!.*\bplacebo\b).*\bcontrol(?:led| group| arm|s\b)", re.IGNORECASE | re.DOTALL),
        n_("that there is a comparison group"),
    ),
)


#: Not groups, but what the same people have in turn.
_A_STEP = pattern_of("doing.a_step")


def _at_two_times(plot: Plot) -> list[str]:
    """What comes one after the other: the steps of one treatment, or the same for two groups."""
    groups = plot.cast.groups
    in_steps = sum(_A_STEP.search(group.label) is not None for group in groups) > 1
    if in_steps and plot.study.design.intervention_model in {"SEQUENTIAL", "SINGLE_GROUP"}:
        return [say_of(plot, "The treatment goes in steps."), _listed(plot, things_of(plot, union(groups)))]
    if (first := differing.placebo_first(plot)) and (things := things_of(plot, first.gets, first.role)):
        said = (
            "One group gets %(things)s from the start. The other gets a placebo first, and %(things)s later."
        )
        return [say_of(plot, said, things=things)]
    things = next(filter(None, (things_of(plot, group.gets, group.role) for group in groups)), "")
    if not things or not differing.starts_later(plot):
        return []
    later = say_of(plot, "One group starts straight away, the other later.")
    return [_everyone(plot, groups[0].gets, things), later]


def _side_by_side(plot: Plot) -> list[str]:
    cast, voice = plot.cast, plot.voice
    groups = differing.told_apart_by(plot)
    lists = [frozenset(each.said for each in group.gets) for group in groups]
    own = [group for group in groups if differing.either(group) or differing.adds(group)]
    sorted_first = plot.study.design.allocation == "RANDOMIZED" and not decided_by_chance(plot)
    in_doubt = own or sorted_first or len(set(lists)) < len(lists) or not all(lists)
    # What the lists do not surely tell is left to the record's own sentences.
    if in_doubt and (parted := told.parted(plot)):
        return [parted]
    if len(set(lists)) == 1 and groups[0].gets:
        return _by_name_alone(plot)
    if len(groups) > MOST_TOLD_ONE_BY_ONE and (said := _between_them(plot, groups)):
        return [said]
    # Of several that get the same, each would be told what it gets more.
    common = () if own or len(set(lists)) < len(lists) else _common(plot)
    shared = {one.shown for one in common}  # "X" and "X for injection"
    aside = not all(ASIDE.search(one.said) for one in union(groups))
    unsaid = {
        one
        for one in union(groups)
        if one.shown in shared or (aside and ASIDE.search(one.said) and not one.titled)
    }
    groups = tuple(
        replace(group, gets=tuple(one for one in group.gets if one not in unsaid)) for group in groups
    )
    alike: dict[object, list[ArmGroup]] = {}
    for group in sorted(groups, key=lambda each: each.role != "EXPERIMENTAL"):
        # The same at other doses is told in one sentence.
        key = frozenset(map(differing.undosed, group.gets)), frozenset(differing.maybe(group))
        alike.setdefault(key if group.gets else group.label, []).append(group)
    # A group that the others are measured by is never one of "1 more".
    experimental = any(group.role == "EXPERIMENTAL" for group in groups)
    controls = [
        same
        for same in alike.values()
        if same[0].role in CONTROLS or (experimental and same[0].role != "EXPERIMENTAL")
    ][:MOST_GROUPS]
    tests = [same for same in alike.values() if same not in controls]
    most = MOST_GROUPS + 2 if len(alike) <= MOST_GROUPS + 2 else MOST_GROUPS
    shown = tests[: max(most - len(controls), 2)] + controls
    looked = {new.label for old, new in zip(cast.groups, groups, strict=True) if old.gets and not new.gets}
    rest = len(groups) - sum(map(len, shown))
    parts, plain_ones = _told_apart(plot, shown, looked, common=bool(common))
    short = sum(map(quoting.words, map(plain, parts))) <= MOST_JOINED
    if len(parts) == len(groups) == 2 and plain_ones and short:
        parts = [", ".join(parts)]
    return [
        *([_everyone(plot, common, things_of(plot, common))] if common else []),
        *map(voice.sentence, parts),
        *([more_groups(voice, rest)] if rest else []),
    ]


def _between_them(plot: Plot, groups: Sequence[ArmGroup]) -> str:
    """What very many groups get, where it is not one of a few things for each."""
    every = things_of(plot, union(groups))
    lists = {frozenset(each.said for each in group.gets) for group in groups}
    different = {things_of(plot, group.gets, group.role) for group in groups}
    few = 1 < len(different) <= MOST_GROUPS and len(different) == len(lists) and "“" not in every
    said = (
        "For %(number)s groups, the record lists %(things)s."
        if not all(lists)
        else "Each of %(number)s groups gets one or more of these: %(things)s."
        if len(different) > 1
        else "%(number)s groups get %(things)s."
    )
    number = plot.voice.number(len(groups))
    return "" if few or not every else say_of(plot, said, number=number, things=every)


def _told_apart(
    plot: Plot, shown: list[list[ArmGroup]], looked: set[str], *, common: bool
) -> tuple[list[str], bool]:
    """What each group gets, or gets more than all of them, and whether no name or quotation stands in that; groups that get the
    same are told together. looked: those of which only a look at them is listed.
    """
    voice, said, row, forms = plot.voice, list[str](), list[str](), set[str]()
    told_of = [_gets(plot, same[0]) for same in shown]
    heads = list(_OF_TWO if len(shown) == len(plot.cast.groups) == 2 else _EACH)
    for same, things in zip(shown, told_of, strict=True):
        group, form, gets = same[0], _GETS, things
        label = called_as(plot, group)
        if len(same) > 1:
            said.append(_told_together(plot, same, things))
            continue
        # A placebo beside what all get comes before or after it: the record's own words tell when.
        blank = "" in told_of and bool(things) and all(is_placebo(each.said) for each in group.gets)
        if differing.maybe(group):
            form = _GETS
        elif common and (not blank if things else differing.adds_no_more(plot, group)):
            form = _ALSO_GETS if things else _NO_MORE
        elif common or (group.label in looked and not PLACEBO.search(group.label)):
            form, gets = _in_words(plot, told.in_its_words(plot, group))
        elif things and told_of.count(things) > 1:
            # Without their doses they are the same: only their names tell them apart.
            form, gets = _in_words(plot, told.in_its_words(plot, group))
        else:
            form, gets = _one_group(plot, group, things)
        forms.add(form)
        row.append(gets)
        said.append(say_of(plot, form, group=voice.say(heads.pop(0)), label=label, things=gets))
    in_a_row = _IN_A_ROW.get(len(row)) if len(row) == len(said) == len(plot.cast.groups) else None
    all_of_it = plain(" ".join(row))
    if in_a_row and forms == {_GETS} and "“" not in all_of_it and quoting.words(all_of_it) <= MOST_IN_A_ROW:
        said = [
            say_of(plot, in_a_row, **dict(zip(("first", "second", "third", "fourth"), row, strict=False)))
        ]
    return said, forms <= {_GETS, _ALSO_GETS, _NO_MORE}


#: Three or four groups of which each gets something that can be named, in one sentence.
_IN_A_ROW = {
    3: "One group gets %(first)s, another %(second)s, and a third %(third)s.",
    4: "One group gets %(first)s, another %(second)s, a third %(third)s, and a fourth %(fourth)s.",
}
MOST_IN_A_ROW = 16  # words of what they get


def _told_together(plot: Plot, same: Sequence[ArmGroup], things: str) -> str:
    """What several groups get that get the same, and in what they differ, by their doses or else by their names."""
    voice = plot.voice
    labels = voice.listing(
        [
            *(called_as(plot, each) for each in same[:MOST_WATCHED]),
            *([voice.say("others")] if len(same) > MOST_WATCHED else []),
        ]
    )
    if not things:
        return voice.say("Others are called %(labels)s.", labels=labels)
    what = differing.in_what(same)
    if all(is_placebo(each.said) for each in same[0].gets):
        what = [each for each in what if each != "the dose"]  # a placebo has none
    amounts = differing.doses_of(same) if len(same[0].gets) == 1 else []
    if amounts:
        return _at_doses(plot, same, things, amounts)
    listed = tokens(" ".join(one.known_as for one in plot.cast.tried))
    coded = len({frozenset(each.gets) for each in same}) > 1 or all(
        tokens(_CODED.sub(" ", each.label)) <= listed for each in same
    )
    named = not coded or (not what and any(how_often(each.label) for each in same))
    values = {"number": voice.number(len(same)), "things": things, "labels": labels}
    values["what"] = voice.listing(map(voice.say, what))
    form = "%(number)s groups get %(things)s."
    if named and quoting.words(plain(labels)) <= MOST_JOINED:
        form = "%(number)s groups get %(things)s: %(labels)s."
    elif coded and what:
        form = "%(number)s groups get %(things)s, and differ in %(what)s."
    return say_of(plot, form, **values)


def _gets(plot: Plot, group: ArmGroup) -> str:
    """What a group gets, as a list, with what only some of it get behind it."""
    if maybe := differing.maybe(group):
        sure = things_of(plot, [each for each in group.gets if each not in maybe], group.role)
        return plot.voice.say(
            "%(things)s, with or without %(more)s", things=sure, more=things_of(plot, maybe)
        )
    return things_of(plot, group.gets, group.role)


def _by_name_alone(plot: Plot) -> list[str]:
    """Groups for which the record lists the same: they differ by dose, or in a way that only their names tell."""
    groups, voice = plot.cast.groups, plot.voice
    things = things_of(plot, groups[0].gets, groups[0].role)
    labels = voice.listing(called_as(plot, group) for group in groups[:MOST_WATCHED])
    more = [] if len(groups) <= MOST_WATCHED else [more_groups(voice, len(groups) - MOST_WATCHED)]
    doses = {tuple(found[0].lower() for found in _DOSE.finditer(group.label)) for group in groups}
    medicines = [each for each in groups[0].gets if each.kind in MEDICINES and not is_placebo(each.said)]
    # Of another substance, or of children, it is more than a dose.
    same = len({tokens(_NUMBER.sub("", _DOSE.sub("", each.label))) for each in groups}) == 1
    named = same and () not in doses and len(doses) == len(groups)
    amounts = differing.doses_of(groups)
    if len(medicines) == 1 and (named or amounts):
        return [_at_doses(plot, groups, things_of(plot, medicines), amounts), *(more if amounts else [])]
    blank = any(PLACEBO.search(each.said) for each in groups[0].gets)
    lesser = (
        [group for group in groups if gets_less(group)] if not all(map(is_a_look, groups[0].gets)) else []
    )
    all_get = _listed(plot, things) if lesser else _everyone(plot, groups[0].gets, things)
    what = _GIVEN_TO.get(lesser[0].role, "") if len(lesser) == 1 and not blank else ""
    if what and len(groups) == 2 and len(plain(things)) > 4 and _SAYS_BLANK.search(lesser[0].label):
        pair = zip(_OF_TWO, (things, voice.say(what)), strict=True)
        parts = (say_of(plot, _GETS, group=voice.say(head), things=each) for head, each in pair)
        return [voice.sentence(", ".join(parts))]
    marked = what and voice.say("The record marks one group as getting %(things)s.", things=voice.say(what))
    listed = tokens(" ".join(each.known_as for each in groups[0].gets))
    coded = bool(medicines) and _by_codes(groups, listed)
    what = voice.listing(map(voice.say, differing.in_what(groups))) if coded else ""
    differ = voice.say("The groups differ in %(what)s.", what=what) if what else ""
    if coded and not blank:
        return [all_get, marked or differ]
    called = [voice.say("The groups are called %(labels)s.", labels=labels), *more]
    if not blank and all(OF_THEM.search(each.label) for each in groups):
        return [all_get, *called]
    quoted = [told.in_its_words(plot, group) for group in groups[:MOST_GROUPS]]
    apart = not named and len({group.text for group in groups}) == len(groups) <= MOST_GROUPS
    if (
        apart
        and all(quoted)
        and len({*quoted}) == len(quoted)
        and not any(told.TELLS_NO_DOING.search(group.text) for group in groups)
    ):
        heads = map(voice.say, _OF_TWO if len(groups) == 2 else _EACH)
        forms = [_in_words(plot, each) for each in quoted]
        if any(form != _GETS for form, _ in forms):  # all of them in one form
            forms = [(_QUOTED, each) for each in quoted]
        return [voice.sentence(say_of(plot, form, group=next(heads), things=got)) for form, got in forms]
    if not blank and all(OF_PEOPLE.search(each.label) for each in groups):
        return [all_get, *called]
    aside = all(ASIDE.search(each.said) for each in groups[0].gets)
    if aside or all(tokens(each.label) & listed for each in groups):
        return ([] if aside else _by_what_they_are_called(plot)) or called
    bare = not any(
        tokens(CONTROL_NAME.sub(" ", each.label)) - tokens("dose level 1 2 3 4") for each in groups
    )
    if bare:
        untold = len({group.text for group in groups}) < 2
        called = [marked or (voice.say("It does not say how the groups differ.") if untold else "")]
    each_lists = voice.say("For each group, the record lists %(things)s.", things=things)
    return [each_lists, *([differ] if coded and not bare else called)]


def _by_codes(groups: Sequence[ArmGroup], listed: frozenset[str]) -> bool:
    """Whether groups, or most of many parts, have letters and numbers for names, which tell nobody anything."""
    codes = sum(tokens(_CODED.sub(" ", each.label)) <= listed for each in groups)
    parts = len(groups) > MOST_IN_A_PART and any(_A_PART.search(each.label) for each in groups)
    return codes == len(groups) or (parts and codes * 2 >= len(groups))


def _by_what_they_are_called(plot: Plot) -> list[str]:
    """What a few groups get by their names, which say more than what is listed for them; nothing where they name a part or people."""
    groups = plot.cast.groups
    if len(groups) > MOST_GROUPS or any(_A_PART.search(each.label) for each in groups):
        return []
    pair = zip(_OF_TWO if len(groups) == 2 else _EACH, groups, strict=False)
    got = [say_of(plot, _GETS, group=plot.voice.say(one), things=called_as(plot, each)) for one, each in pair]
    return [plot.voice.sentence(each) for each in ([", ".join(got)] if len(got) == 2 else got)]


def _at_doses(plot: Plot, groups: Sequence[ArmGroup], things: str, amounts: Sequence[str]) -> str:
    """That groups get the same at different doses, with the amounts where they are known."""
    voice = plot.voice
    values = {"number": voice.number(len(groups)), "things": things, "what": voice.say("the dose")}
    if not amounts:
        said = "%(number)s groups get %(things)s, and differ in %(what)s."
        return say_of(plot, said, **values)
    doses = voice.listing(voice.theirs(each) for each in amounts[:MOST_WATCHED])
    return say_of(
        plot, "%(number)s groups get different doses of %(things)s: %(doses)s.", doses=doses, **values
    )


MOST_IN_A_PART = 3  # groups
#: A name of a part of the study, or of those who are in it.
_A_PART = AnyCase(r"\b(?:part|phase|stage|cohort|group|arm|patients|participants|dose (?:level )?[\dA-D])\b")
#: What a group gets by its role, whatever is listed for it.
_GIVEN_TO = {"PLACEBO_COMPARATOR": n_("a placebo"), "SHAM_COMPARATOR": n_("a sham (pretend) treatment")}
_SAYS_BLANK = AnyCase(rf"{PLACEBO.pattern}|{SHAM.pattern}")
_NUMBER = re.compile(r"\d[\d.,]*")
_DOSE = differing.DOSE
#: What only tells apart groups that get the same: a dose, a time, a part of the study.
_CODED = AnyCase(
    rf"{_DOSE.pattern}|\b(?:part|treatment|placebo|phase|stage|cohort|group|arm|dose|doses|mono-?therapy|combination|P?[1-4][ab]|level|[MS]AD|MTD|RP2D|at|escalation|expansion|optimi[sz]ation|back-?fill|mandatory|paired|biopsy|indication-specific|ph|optional|monthly|quarterly|weekly|daily|once|every|two|three|four|six|weeks?|months?|Q\d?[WD]|BID|TID|x?10\^\d+|cells?|[\d.]+|[IVX]+|[A-F]\d?)\b|[^\w\s]"
)
#: A summary that gives the one or the other is believed before a list that gives all of them the same.
_EITHER = AnyCase(r"\beither\b[^.]{5,160}")
_BEFORE_IT = re.compile(r" (?:prior to|before|in addition to|in combination with|as well as) ")


_TELLS_MORE = pattern_of("doing.tells_more")


def _common(plot: Plot) -> tuple[Thing, ...]:
    """What every group gets, where that is more than a part of what is tried at different doses."""
    groups = plot.cast.groups
    if plot.study.design.intervention_model == "CROSSOVER" or not all(group.gets for group in groups):
        return ()
    either = _EITHER.search((plot.study.brief_summary or "")[:4000])
    parted = tokens(_BEFORE_IT.split(either[0])[0]) if either else frozenset()
    every = tuple(
        each
        for each in groups[0].gets
        if not is_placebo(each.said)
        and not ASIDE.search(each.said)
        and each.name
        and all(
            each in group.gets and not may_lack(f"{group.label} ; {group.text}", each) for group in groups
        )
    )
    return () if any(tokens(each.said) & parted for each in every) else every


_SAYS_NOTHING = AnyCase(r"\bcontrols?\b|\bno\b|\bnone\b|\bobserv|\bwait|\bwithout\b|\bnothing\b")


_A_THING = AnyCase(r"\b(?:management|program(?:me)?|version|product|capsules?|sessions?|active)\b")


def _in_words(plot: Plot, quote: str) -> tuple[str, str]:
    """In which form a group is told by the record's own sentence, or by its name alone where there is none; and the sentence, or
    what it says that people receive.
    """
    if got := _RECEIVE.fullmatch(plain(quote)):
        return _GETS, plot.voice.quoted(got["what"])
    return _QUOTED if quote else "%(group)s is called %(label)s", quote


_RECEIVE = pattern_of("doing.receive")


def _one_group(plot: Plot, group: ArmGroup, things: str) -> tuple[str, str]:
    """In which form a group is told, and what it gets. A placebo is one only where a name says so."""
    voice = plot.voice
    named = bool(group.label) and not is_label(group.label)
    if things and _PAST.search(group.label):
        return "for %(group)s, the study looks back at records of people who had %(things)s", things
    if things and (differing.either(group) or differing.adds(group)):
        if own := told.in_its_words(plot, group):
            return _in_words(plot, own)
        if _TELLS_MORE.match(group.label):
            return _GETS, called_as(plot, group)
        return "for %(group)s, the record lists %(things)s", things
    if things:
        # Who is in a group is no part of what it gets.
        of_people = OF_THEM.search(group.label) or plot.is_listed(group.label)
        of_people = of_people and not tokens(group.label) & tokens(plain(things))
        return "%(group)s, called %(label)s, gets %(things)s" if of_people and named else _GETS, things
    if PLACEBO.search(group.label):
        return _GETS, voice.say("a placebo")
    if USUAL.search(f"{group.label} {group.text}"):
        return _GETS, voice.say("usual care")
    quoted = told.in_its_words(plot, group)
    if (
        (not quoted or (GETS_NONE.search(quoted) and quoting.words(quoted) <= MOST_OF_A_LABEL))
        and group.role == "NO_INTERVENTION"
        and not gets_more(group)
        and (not named or _SAYS_NOTHING.search(group.label))
    ):
        return _GETS, voice.say("nothing from the study itself")
    if not quoted and named and (gets_more(replace(group, text="")) or _A_THING.search(group.label)):
        return _GETS, called_as(plot, group)  # its name is that of a treatment
    if quoted or named:
        return _in_words(plot, quoted)
    return "for %(group)s, the record lists nothing", quoted
