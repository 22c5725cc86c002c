"""What the record itself tells of a study, in its words: how things are given, what is asked of people, who can join, how long."""

import re
from functools import lru_cache

from notifier.domain.summaries import quoting
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.cast import MEDICINES, ArmGroup
from notifier.domain.summaries.names import of_kind
from notifier.domain.summaries.plot import Plot, tokens
from notifier.domain.summaries.tables import pattern_of, word_list
from notifier.domain.summaries.words import is_everyday

_CHANGED = pattern_of("told.changed")
_MUST_STOP = AnyCase(r"\bmust (?:discontinue|stop)\b")


@lru_cache(maxsize=2)  # a read asks twice
def notice(plot: Plot) -> str:
    """What the summary says of a change to what is done, in its words: that something must be stopped, or a part is closed."""
    for number, each in enumerate(plot.summary):
        if _CHANGED.search(each):
            behind = plot.summary[number + 1 : number + 2]
            said = " ".join((each, *filter(_MUST_STOP.search, behind)))
            return plot.voice.in_their_words(said) if quoting.words(said) <= MOST_PARTED else ""
    return ""


#: A sentence that tells how people are divided, or what one group gets.
_DIVIDES = pattern_of("told.divides")
#: A sentence that tells what one group gets: of all of them there must be one.
_OF_ONE = pattern_of("told.of_one")
#: Of such a sentence, what says nothing of what is done.
_SAYS_NO_THING = tokens(
    "participants patients subjects people randomized randomised randomly assigned allocated divided split either group groups arm arms "
    "control intervention experimental study treatment ratio equal blinded open label double two three four one other will receive get "
    "given eligible women men children all using computer generated envelope sealed block size randomization centers sites cohort cohorts part parts"
)
_CONTRASTS = pattern_of("told.contrasts")
_PART = AnyCase(r"\bpart (?:1|2|A|B|I|II)\b")
_NUMBERED = re.compile(r"\b(?:[Gg]roup|GROUP|[Aa]rm|ARM|[Cc]ohort) ?([A-H1-9])\b")
_A_PART = AnyCase(r"(?:in |for |during )?(?:the )?(?:part|phase|stage|period) (?:1|A|I|one)\b")
_NEXT_PART = AnyCase(r"(?:in |for |during )?(?:the )?(?:part|phase|stage|period) (?:2|B|II|two)\b")
MOST_PARTED = 60  # words of the sentences on who gets what


def parted(plot: Plot) -> str:
    """Who gets what in the record's own sentences, one after the other; empty where none says it so that it can be read."""
    groups = [
        tokens(f"{group.label} {' '.join(each.said for each in group.gets)}") for group in plot.cast.groups
    ]
    shared = frozenset.intersection(*groups) if groups else frozenset()
    groups = [
        frozenset(word for word in each - shared - _SAYS_NO_THING if len(word) > 1 and not word.isdigit())
        for each in groups
    ]
    for found in (plot.summary, quoting.sentences(plot.more.description)):
        for number, first in enumerate(found):
            whole = _DIVIDES.search(first) is not None
            if not (whole or _OF_ONE.search(first)) or _HALF.match(first):
                continue
            chosen: list[str] = []
            for each in found[number:]:
                count = sum(map(quoting.words, (*chosen, each)))
                tells = _DIVIDES.search(each) or _OF_ONE.search(each)
                if count > MOST_PARTED or not tells or not can_be_quoted(each):
                    break
                chosen.append(each)
            quote = " ".join(chosen)
            parts = any(map(_A_PART.match, chosen)), any(map(_NEXT_PART.match, chosen))
            if sum(not each.isdigit() for each in tokens(quote) - _SAYS_NO_THING) < 3 or (
                _PART.search(quote) and not all(parts)
            ):
                continue  # of several parts all are told, or none
            if 0 < len({each.casefold() for each in _NUMBERED.findall(quote)}) < len(groups):
                continue  # and of several groups
            told_of = sum(bool(tokens(quote) & each) for each in groups)
            contrasts = whole and _CONTRASTS.search(quote) and (told_of or not any(groups))
            if contrasts or (told_of >= 2 and (whole or len(chosen) > 1)):
                return plot.voice.in_their_words(quote)
    return ""


def can_be_quoted(text: str) -> bool:
    """Whether a sentence says of itself what is done, to anybody."""
    return quoting.is_whole(text) and not re.search(
        r"(?i)stratif|minimi[sz]ation|consent|https?:|\bsee \b|permuted|envelope|\byour?\b|hypothes|generally|divided in(?:to)? (?:two|three|[23]) (?:stages|parts|phases)|^in an? (?:[\w-]+,? ){0,6}(?:trial|study) (?:of|in|with|on)\b|who ha(?:ve|s|d) been|correlat",
        text,
    )


#: Before the name of a group: its letter or number.
_NUMBER_OF_IT = re.compile(
    r"(?i)^(?:(?:(?:arm|group|cohort|part|phase|stage|module) ?(?:\d{1,2}[a-z]?|[A-H]\d?|[IVX]{1,4}[ab]?)|[A-H]\d?)(?: ?[:;)]| [-–—](?= )|\.(?= )) ?){1,3}(?=.*[^\W\d_]{3})"
)


def bare_label(label: str) -> str:
    """The name of a group without its letter or number, where it has more than that."""
    return _NUMBER_OF_IT.sub("", label_of(label))


def label_of(label: str) -> str:
    """The name of a group or a thing, without what only sorts it in a list."""
    bare = re.sub(
        r"^(?:(?:Drug|Device|Procedure|Behavioral|Biological|Radiation|Other): |\d{1,2}[.)] )+(?=\w{3})",
        "",
        label,
    )
    return re.sub(r"\s*_\s*", " ", bare).replace("，", ", ").strip(" .,;:")


#: Who is in a group, or what came of it: no answer to what it gets.
TELLS_NO_DOING = pattern_of("told.tells_no_doing")
MOST_OF_A_GROUP = 40  # words of the sentence on one group


#: A sentence that tells when something is measured, or what comes only in some case.
_HALF = pattern_of("told.half")


#: A sentence that only sorts people into the group, or tells a detail of what comes before it.
_DETAIL = pattern_of("told.detail")


def in_its_words(plot: Plot, group: ArmGroup) -> str:
    """The first sentence that the record has on a group; empty where it has none that is whole."""
    gets = next(iter(quoting.sentences(group.text)), "")
    # "Drugs: Apatinib Apatinib was given" is a line of a list, and its sentence.
    gets = re.sub(r"^(?:Drugs?|Devices?|Procedures?|Radiation): (?:([A-Z]\w+) (?=\1\b))?", "", gets)
    if (
        not group.label
        or quoting.words(gets) > MOST_OF_A_GROUP
        or not quoting.is_whole(gets)
        or len(tokens(gets) - tokens(group.label) - _SAYS_NO_THING) < 2
        or _DETAIL.search(gets)
        or _HALF.match(gets)
        or hard_words(gets, tokens(plot.titles)) * 5 > max(quoting.words(gets), 5) * 2
        or gets.count("“") != gets.count("”")
        or re.search(r":\s*\d*\.?$|follow-?up$|^(?:st|nd|rd|th) |\s\d\. ", gets)
    ):
        return ""
    return plot.voice.quoted(gets, 400)


MOST_QUOTED = 30  # words of a sentence on what a group gets
#: Words of illness and care that everybody knows, beside the everyday ones.
_LAY = word_list("known_to_all.txt")
_UNLIKE_WORDS = re.compile(r"[A-Za-z][\w'’-]*")


@lru_cache(maxsize=64)  # a phrase is asked for by title and question
def hard_words(text: str, known: frozenset[str] = frozenset()) -> int:
    """How many words of a text are neither everyday ones nor among the known."""
    words = {found.casefold() for found in _UNLIKE_WORDS.findall(text) if len(found) > 3}
    return sum(
        not (
            is_everyday(word)
            or word in _LAY
            or word.rstrip("s") in known
            or all(is_everyday(part) or part in _LAY for part in word.split("-"))
        )
        for word in words
    )


#: Behind the name of a thing: what it is, and not how good it is.
_IS_A = re.compile(
    r"(?:,? ?\([^()]{1,60}\)|[®™])*,? (?:(?:is|are|was) (?:an?|one of|the)|consists? of|combines|(?:is|are) made (?:of|from)) "
    r"(?!(?:\w+ )?(?:alternative|approach|acronym|option|medicine (?:which|that) may|standard|treatment for|technique used)|potent|promising|brief|great|common|widely|first-line)"
)
_ITS_NAME = re.compile(
    rf"(?!(?:It|This|These) )(?:The |An? )?[A-Z][\w-]+[®™]*(?: [\w-]+){{0,3}}?{_IS_A.pattern}"
)
#: With what the description of a thing begins, where it tells what people do with it, or names its kind.
_TELLS_OF_IT = pattern_of("told.tells_of_it")
_THE = re.compile(r"(?:The|An?) ")
_NO_DEFINITION = pattern_of("told.no_definition")
MOST_QUOTED = 32  # words of a sentence on what a thing is


def what_it_is(plot: Plot) -> list[str]:
    """What the thing tested is, where the record says so in a sentence that can be read: "X is a smartphone game that …"."""
    if plot.study.study_type != "INTERVENTIONAL" or plot.cast.looks:
        return []
    alone = len(plot.cast.tried) == 1
    for thing in plot.cast.tried[:2]:
        names = tuple(each.casefold() for each in (thing.name, thing.said, *thing.others[:6]) if each)
        own = [
            each.description for each in plot.study.interventions if of_kind(each.name or "") == thing.said
        ]
        texts = [*(group.text for group in plot.cast.groups if thing in group.gets), plot.more.description]
        told = [quoting.sentences(each)[:8] for each in (*own, plot.study.brief_summary, *texts)]
        known = tokens(f"{plot.titles} {' '.join(names)}")
        # With what its own description begins is about it, by whatever name.
        first = {each[0] for each in told[: len(own)] if each and thing.kind not in MEDICINES}
        for each in (one for sentences in told for one in sentences):
            begin, low = found.end() if (found := _THE.match(each)) else 0, each.casefold()
            named = any(
                low.startswith(name, begin) and _IS_A.match(each, begin + len(name)) for name in names
            )
            # What a sentence without a name is about is sure of one thing alone.
            own_name = _ITS_NAME.match(each) and (alone or not each[begin : begin + 1].islower())
            told_first = each in first and (own_name or (alone and _TELLS_OF_IT.match(each)))
            if (
                (named or told_first)
                and 6 <= quoting.words(each) <= MOST_QUOTED
                and quoting.is_whole(each)
                and not _NO_DEFINITION.search(each)
                and hard_words(each, known) * 4 <= quoting.words(each)
            ):
                return [plot.voice.in_their_words(each)]
    return []
