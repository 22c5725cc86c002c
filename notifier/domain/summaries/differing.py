"""In what groups differ that get the same: a dose, how often, when it starts, a part of the study; or a placebo that comes first.

Owns the sentences that tell such groups together, so that none of them has to be told by its own name; and which group gets
the one or the other thing of its list, some of it "with or without" the rest, or more than it.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from notifier.domain.summaries import quoting
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.cast import MEDICINES, ArmGroup, Thing, is_placebo, may_lack
from notifier.domain.summaries.names import PLACEBO, is_label
from notifier.domain.summaries.plot import Plot, tokens
from notifier.domain.summaries.tables import pattern_of
from notifier.domain.summaries.things import ASIDE
from notifier.domain.summaries.ways import how_often
from notifier.domain.wording.catalogue import n_

DOSE = pattern_of("differing.dose")
_LATER = pattern_of("differing.later")
_AT_ONCE = AnyCase(r"\bimmediate(?:ly)?\b|\bearly\b|\bright away\b|\bat once\b")
#: That a study goes on with the real thing for all.
_GOES_ON = pattern_of("differing.goes_on")


@lru_cache(maxsize=2)  # a read asks three times
def starts_later(plot: Plot) -> bool:
    """Whether the two groups of a study get the same, the one at once and the other later."""
    groups = plot.cast.groups
    if len(groups) != 2 or not groups[0].gets or {*groups[0].gets} != {*groups[1].gets}:
        return False
    told = [f"{group.label} ; {group.text[:400]}" for group in groups]
    late = [_LATER.search(each) is not None for each in told]
    if late == [True, True]:
        late = [not _AT_ONCE.search(each) for each in told]
    return late[0] != late[1]


def placebo_first(plot: Plot) -> ArmGroup | None:
    """The group that gets what is tried from the start, where the other one gets a placebo first, by a study that goes on for all."""
    groups = plot.cast.groups
    if len(groups) != 2 or not _GOES_ON.search(
        f"{plot.titles} ; {' ; '.join(plot.summary)} ; {groups[0].text} ; {groups[1].text}"
    ):
        return None
    for one, other in (groups, groups[::-1]):
        real = [each for each in other.gets if not is_placebo(each.said)]
        if (
            one.gets
            and real == [*one.gets]
            and len(real) < len(other.gets)
            and other.role == "PLACEBO_COMPARATOR"
        ):
            return one if all(each.kind in MEDICINES for each in real) else None
    return None


def in_what(groups: Sequence[ArmGroup]) -> list[str]:
    """By what groups that get the same differ, as far as their names or their first sentences tell it."""
    texts = [next(iter(quoting.sentences(group.text)), "") for group in groups]
    labels = [group.label for group in groups]
    listed = [" ; ".join(each.said for each in group.gets) for group in groups]
    found = [n_("the dose")] if any(_differ(DOSE, each) for each in (labels, texts, listed)) else []
    often = [frozenset(how_often(f"{label} ; {text}")) for label, text in zip(labels, texts, strict=True)]
    return found + ([n_("how often it is given")] if all(often) and len(set(often)) > 1 else [])


#: How much of something; of more than one part, such as "mg/kg".
_AMOUNT = pattern_of("differing.amount")
_NUMBER = re.compile(r"\d[\d.,]*")


def undosed(thing: Thing) -> str:
    """The name of a thing without its dose; whole where it is of two things."""
    said = thing.said.casefold()
    return said if PLUS.search(said) else " ".join(_NAME.findall(DOSE.sub(" ", said))) or said


_NAME = re.compile(r"[\w-]+")


def doses_of(groups: Sequence[ArmGroup]) -> list[str]:
    """The amount of each group, where that alone tells apart their names, what is listed for them or their first sentences."""
    listed = [" ; ".join(each.said for each in group.gets if not is_placebo(each.said)) for group in groups]
    for named in ([group.label for group in groups], listed):
        # Of another substance, or of children, it is more than a dose.
        found = [_AMOUNT.whole.findall(each) for each in named]
        alike = len({tokens(_AMOUNT.sub(" ", each)) for each in named}) == 1
        if alike and all(len(each) == 1 for each in found) and len({each[0] for each in found}) == len(found):
            return [each[0] for each in found]
    texts = [next(iter(quoting.sentences(group.text)), "") for group in groups]
    if not texts[0] or len({_NUMBER.sub("", each) for each in texts}) > 1:
        return []
    columns = zip(*(_AMOUNT.whole.findall(each) for each in texts), strict=False)
    return next(([*each] for each in columns if len(set(each)) == len(groups)), [])


def _differ(pattern: AnyCase, texts: Sequence[str]) -> bool:
    found = [frozenset(one[0].casefold() for one in pattern.finditer(each)) for each in texts]
    return all(found) and len(set(found)) > 1


_BY_CHOICE = pattern_of("differing.by_choice")
_OR = AnyCase(r"([^.;]{0,60})\bor\b([^.;]{0,60})")


def either(group: ArmGroup) -> bool:
    """Whether a group's own words give it the one or the other thing of its list."""
    real = [each for each in group.gets if not ASIDE.search(each.said) and not is_placebo(each.said)]
    if len(real) < 2:
        return False
    text = f"{group.label} ; {group.text[:600]}"
    if _BY_CHOICE.search(text):
        return True
    if not re.search(r"(?i)\bor\b", text):
        return False
    names = [tokens(f"{each.said} {' '.join(each.others[:3])}") for each in real]
    for found in _OR.finditer(text):
        before, after = tokens(found[1]), tokens(found[2])
        if any(one & before and two & after for one in names for two in names if not one & two):
            return True
    return False


def ills_in(plot: Plot, text: str) -> frozenset[int]:
    """Which of the record's first illnesses a text names, in full or by the short forms of its titles."""
    named = f"{plot.titles} ; {' ; '.join(plot.study.conditions[:8])}"
    told = set[str]()
    for short in _SHORT.findall(text):
        spelled = re.search(" ".join(rf"{letter}[a-z]+" for letter in short), named)
        told |= {long.casefold() for long in (plot.long_forms.get(short), spelled and spelled[0]) if long}
    return frozenset(
        number
        for number, ill in enumerate(plot.study.conditions[:8])
        if ill.casefold() in text.casefold()
        or any(len(tokens(each) & tokens(ill)) * 2 >= len(tokens(each)) > 0 for each in told)
    )


_SHORT = re.compile(r"\b[A-Z]{2,5}\b")


_OF_A_DOSE = pattern_of("differing.of_a_dose")


def sorts(plot: Plot, thing: Thing) -> bool:
    """Whether the name of a thing only says for which group it is: by its role, or by a dose and an illness."""
    found = _OF_A_DOSE.fullmatch(thing.said)
    ahead = (found[1] or "").split()[:1] if found else []
    role = is_label(thing.said) and not thing.name and not PLACEBO.search(thing.said)
    return role or (found is not None and bool(ills_in(plot, " ".join(ahead)) or not ahead))


def told_apart_by(plot: Plot) -> tuple[ArmGroup, ...]:
    """The groups without what is no difference: what all their names add ("+ conventional therapy"), and what only sorts in the place
    of a treatment: a group gets no "Experimental" and no "CSU low dose treatment".
    """
    groups = plot.cast.groups
    added = set.intersection(*(set(_ADDED.split(group.label)) for group in groups))
    ends = re.compile("|".join(rf"{_ADDED.pattern}{re.escape(each)}$" for each in added) or "$")
    return tuple(
        replace(
            group,
            label=ends.sub("", group.label),
            gets=tuple(each for each in group.gets if not sorts(plot, each)),
        )
        for group in groups
    )


_ADDED = re.compile(r"\s*(?:\+|\bplus\b)\s*")


def maybe(group: ArmGroup) -> tuple[Thing, ...]:
    """What a group gets "with or without" the rest, by its own words; none where that would be all."""
    found = tuple(each for each in group.gets if may_lack(f"{group.label} ; {group.text}", each))
    return found if len(found) < len(group.gets) else ()


#: A sign that a group gets more than one thing.
PLUS = AnyCase(r"\+|\bplus\b|\bcombin\w+|\bwith\b(?! (?:or|and) without)")


#: What a name of a group has beside what is given: its number, and by which way.
_NO_MORE_GIVEN = pattern_of("differing.no_more_given")


_PARTS = AnyCase(r"[+,&/]|\b(?:plus|and|with|combin\w+|then|or|followed by|before|after)\b").whole


def adds(group: ArmGroup) -> bool:
    """Whether the name of a group adds something that its list leaves out, such as rays beside a medicine."""
    if not group.gets or not PLUS.search(group.label):
        return False
    return bool(_named_beside(group, tokens(" ".join(each.known_as for each in group.gets))))


def _named_beside(group: ArmGroup, listed: frozenset[str]) -> list[frozenset[str]]:
    """The parts of a group's name that name nothing of a list."""
    bare = CONTROL_NAME.sub(" ", _NO_MORE_GIVEN.sub(" ", DOSE.sub(" ", group.label)))
    parts = filter(None, map(tokens, _PARTS.split(bare))) if listed else ()
    return [
        part
        for part in parts
        if not any(each in listed or any(len(each) > 4 and each in one for one in listed) for each in part)
    ]


def adds_no_more(plot: Plot, group: ArmGroup) -> bool:
    """Whether the name of a group, whose list adds nothing to what all get, names nothing else either."""
    listed = tokens(" ".join(each.known_as for each in plot.cast.groups[0].gets))
    return not _named_beside(replace(group, label=_BARE.sub(" ", group.label)), listed)


_BARE = pattern_of("differing.bare")


CONTROL_NAME = pattern_of("differing.control_name")
