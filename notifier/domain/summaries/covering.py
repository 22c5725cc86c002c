"""Whether a question is of what its study is of: a study's own title names it, and no part of that may be left out.

A part is covered by any of its words, by another name of what is given, by its long or short form, or by the lay word for it.
"""

import re
from functools import lru_cache

from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.lay import lay
from notifier.domain.summaries.plot import Plot, tokens
from notifier.domain.summaries.quoting import words
from notifier.domain.summaries.tables import word_list
from notifier.domain.summaries.titles import LEAST_WORDS
from notifier.domain.summaries.voice import plain

#: Between what a title names side by side.
_BETWEEN = re.compile(r",? (?:compared with|with or without|followed by|added to|with|without|and|or|of) |, ")
_VERSUS = re.compile(r",? (?:compared with|with or without) ")
_LINK = re.compile(
    r"(?:^| )(?:in|on|for|among|to|as|during|after|following|before|undergoing|at|from|by|when|with) "
)
#: In a trial's title: by what it is set apart from other trials of the same thing.
_APART = AnyCase(
    r"\b(?:compared with|added to|adjunct to|alongside|concurrent|concomitant) (?:an? |the )?(.+?)(?= (?:compared|with|without|in|for|on|to|after|before|during|as|and|or)\b|,|$)|"
    r"\b(brain metast\w+|(?:low|reduced|lower|high|higher)[ -]dose|attenuated|deceased)\b"
)
#: A title that says no more than whom somebody keeps a list of.
_LISTS = AnyCase(r"\b(?:registry|natural history|data collection)\b")
_PAPERWORK = word_list("paperwork.txt")


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
    made = [(stems(each), each) for each in parts]
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
