"""Whether a question is of what its study is of: what it names is a thing, and no part of the study's own title is left out.

A part is covered by any of its words, by another name of what is given, by its long or short form, or by the lay word for it.
"""

import re
from functools import lru_cache
from itertools import permutations

from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.lay import lay
from notifier.domain.summaries.plot import Plot, tokens
from notifier.domain.summaries.quoting import words
from notifier.domain.summaries.tables import pattern_of, word_list
from notifier.domain.summaries.titles import LEAST_WORDS
from notifier.domain.summaries.voice import plain

#: Between what a title names side by side.
_BETWEEN = re.compile(r",? (?:compared with|with or without|followed by|added to|with|without|and|or|of) |, ")
_VERSUS = re.compile(r",? (?:compared with|with or without) ")
_LINK = re.compile(
    r"(?:^| )(?:in|on|for|among|to|as|during|after|following|before|undergoing|at|from|by|when|with) "
)
#: In a trial's title: by what it is set apart from other trials of the same thing.
_APART = pattern_of("covering.apart")
#: A title that says no more than whom somebody keeps a list of.
_LISTS = AnyCase(r"\b(?:registry|natural history|data collection)\b")
_PAPERWORK = word_list("paperwork.txt")
#: What names no thing, whatever a list calls it: a label of a group, doses and how they are set, what is found out, a piece of a title.
_NAMES_NO_THING = pattern_of("covering.names_no_thing")
#: What is measured, and given to nobody.
_MEASURED = pattern_of("covering.measured")
_NOTHING_MORE = re.compile(r" (?:the )?(?:treatments?|therapy|comparators?|drugs?|interventions?|agents?) ")
_SIDES = re.compile(r",? (?:with|and|or|plus|followed by) |, ")


@lru_cache(maxsize=512)  # a read asks for the same again
def names_a_thing(what: str, *, looks: bool = False) -> bool:
    """Whether what fills a slot is a thing, or several, each named once and whole. looks: what only looks at people may stand there."""
    said = plain(what)
    sides = [f" {each.strip(' ()').casefold()} " for each in _SIDES.split(said)]
    odd = any(one in other for one, other in permutations(sides, 2)) or any(
        map(_NOTHING_MORE.fullmatch, sides)
    )
    return not (odd or _NAMES_NO_THING.search(said) or (not looks and _MEASURED.search(said)))


def is_their_allergen(plot: Plot) -> bool:
    """Whether what is tried stands in the name of the illness: milk, of an allergy to milk. How people get it is what is tried then."""
    ills = f"{plot.people.phrase} | {' | '.join(plot.people.listed)}"
    if not _ALLERGIC.search(ills) or not (what := plain(plot.what()).casefold()):
        return False
    return any(each[1].endswith(what) for each in _ALLERGY.finditer(ills.casefold()))


_ALLERGIC = AnyCase(r"allerg(?:y|ies|ic)|hypersensitivity|intolerance")
_ALLERGY = re.compile(r"([\w' -]+?)(?: protein)? (?:allerg(?:y|ies|ic)|hypersensitivity|intolerance)\b")


@lru_cache(maxsize=512)  # every read asks for the same again
def stems(text: str) -> frozenset[str]:
    """The words by which a text is known, without their endings and without the paperwork's."""
    return frozenset(
        each[:5] for each in tokens(text) if each not in _PAPERWORK and not each.isdigit() and len(each) > 1
    )


@lru_cache(maxsize=8)  # a read asks for every question
def _parts(plot: Plot) -> tuple[frozenset[str], ...]:
    """The parts of the brief title that a question must name, each with all the words by which it can be named."""
    title = next((each for each in plot.topics[:1] if each.whole), None)
    if not title or words(title.whole) < LEAST_WORDS - 1 or _LISTS.search(plot.study.brief_title or ""):
        return ()
    tries = plot.study.study_type == "INTERVENTIONAL"
    if tries:
        sides = _VERSUS.split(title.thing)
        parts = [found[1] or found[2] for found in _APART.finditer(title.whole)] + sides * (len(sides) > 1)
    else:
        parts = _BETWEEN.split(title.thing)
        parts = parts if any(map(stems, parts)) else _LINK.split(title.rest)[:2]
    known = [stems(f"{each.name} {' '.join(each.other_names)}") for each in plot.study.interventions]
    known += [stems(f"{short} {long}") | {short.casefold()[:5]} for short, long in plot.long_forms.items()]
    known.append(stems("RT radiotherapy radiation"))
    made = [(stems(each), each) for each in parts if not tries or names_a_thing(each)]
    return tuple(
        own.union(stems(lay(each, 40)), *(names for names in known if names & own))
        for own, each in made
        if own
    )


def leaves_out(plot: Plot, question: str) -> bool:
    """Whether a question names too little of its title: of a trial any part by which it is set apart, of another study half of them."""
    asked, parts = stems(plain(question)) | stems(lay(plain(question), 40)), _parts(plot)
    left = sum(not part & asked for part in parts)
    return bool(left) and (plot.study.study_type == "INTERVENTIONAL" or 2 * left >= len(parts))
