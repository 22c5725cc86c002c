"""What people who take part go through, in the record's own sentence: visits, samples, sessions, how often and for how long."""

import re

from notifier.domain.study import OverallStatus as Is
from notifier.domain.summaries import quoting
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.phrases import banned_in, claims
from notifier.domain.summaries.plot import Plot, tokens
from notifier.domain.summaries.tables import pattern_of
from notifier.domain.summaries.told import hard_words

MOST_LOOKED_AT = 60  # sentences of a text
LEAST_WORDS, MOST_WORDS, EASY = 7, 35, 24
LEAST_WORTH = 2.4
_PEOPLE, _STUDY = pattern_of("through.people"), pattern_of("through.study")
_AMOUNTS, _NO, _POINTS = pattern_of("through.amounts"), pattern_of("through.no"), pattern_of("through.points")
#: What somebody who takes part remembers of it.
_THINGS = tuple(
    map(
        AnyCase,
        (
            r"\bvisits?\b|\bappointments?\b|\bclinic\b",
            r"\bblood\b|\burine\b|\bstool\b|\bsaliva\b|\bsamples?\b|\bswabs?\b",
            r"\bscans?\b|\bMRI\b|\bCT\b|\bx-?rays?\b|\bultrasound\b|\bbiops(?:y|ies)\b|\bendoscop\w+",
            r"\bquestionnaires?\b|\bsurveys?\b|\binterview\w*|\bdiar(?:y|ies)\b|\bquestions\b",
            r"\binjections?\b|\binfusions?\b|\btablets?\b|\bcapsules?\b|\bdrops\b|\bcream\b|\bvaccin\w+|\bdoses?\b|\btreated\b|\breceive\b|\btake\b",
            r"\bsessions?\b|\bexercis\w+|\btraining\b|\bclasses\b|\bprogram(?:me)?\b|\bdiet\b|\beat\b|\bdrink\b",
            r"\bhospital\b|\bovernight\b|\bstay\b|\bmonitored\b|\bobserved\b",
            r"\bphone\b|\btelephone\b|\bcalls?\b|\bhome\b|\bonline\b|\bapp\b",
            r"\bchallenges?\b|\bskin (?:prick )?tests?\b|\bspirometry\b|\bbreathing tests?\b|\bphysical exam\w*|\bexamin\w+|\bwear\b",
            r"\bfollow(?:ed)?[- ]up\b|\bfollowed\b|\blasts?\b|\bduration\b|\btotal of\b",
        ),
    )
)
_VERB, _GIVEN = pattern_of("through.verb"), pattern_of("through.given")
_OR_PLACEBO = re.compile(
    r"(?:\b(?:be|are|were|was) )?(?:\brandom\w+ (?:assigned |allocated )?to (?:receive|take|get) )?(?:[\w-]+ ){1,4}or (?:an? |the |matching |identical )*placebo\b"
)
#: Where a sentence has lost its end.
_GLUED = re.compile(r"[a-z)] (?:Patients|Participants|Subjects|The|This|All) ")
_CODES = re.compile(r"\b[A-Z][A-Za-z]*[A-Z\d][\w-]*|[(\[/%=<>≥≤±*]")


def gone_through(plot: Plot, said: str) -> str:
    """The sentence that tells most of that beside what is said; empty where none is of all of them, and plain."""
    if plot.study.overall_status is Is.WITHDRAWN or plot.study.enrollment.count in {0, 1}:
        return ""
    groups = plot.cast.groups
    own = [group.text for group in groups] if len(groups) == 1 else []
    own += (
        [each.description or "" for each in plot.study.interventions]
        if len(own) == len(plot.cast.tried) == 1
        else []
    )
    some = (
        [each for each in plot.cast.tried if not all(each in group.gets for group in groups)]
        if len(groups) > 1
        else []
    )
    theirs = tokens(" ".join(f"{each.name} {each.said}" for each in some))
    # Where people know what they get, what is given may be given to some.
    seen = bool(some) and "PARTICIPANT" not in plot.study.design.who_masked
    known, most, found = tokens(f"{said} {plot.titles}"), LEAST_WORTH, ""
    for rank, text in enumerate((plot.summary, *map(quoting.sentences, (*own, plot.more.description)))):
        for each in text[:MOST_LOOKED_AT]:
            # What some get or a placebo, all get or a placebo.
            bare = _OR_PLACEBO.sub(" ", each) if theirs else each
            worth = _worth(each, bare, known) - rank * 0.5
            if worth > most and not (tokens(bare) & theirs or (seen and _GIVEN.search(bare))):
                most, found = worth, each
    return plot.voice.in_their_words(found) if found else ""


def _worth(text: str, bare: str, known: frozenset[str]) -> float:
    """How much a sentence tells that people meet, less what is hard in it."""
    count = quoting.words(text)
    if not LEAST_WORDS <= count <= MOST_WORDS or _NO.search(bare) or not _VERB.search(text):
        return 0
    # Those that are not told yet.
    if not (amounts := sum(not tokens(each[0]) <= known for each in _AMOUNTS.finditer(text))):
        return 0
    by_people = _PEOPLE.match(text) is not None
    if not (by_people or _STUDY.match(text)) or _POINTS.search(text) or _GLUED.search(text):
        return 0
    things = sum(pattern.search(text) is not None for pattern in _THINGS)
    only_followed = things == 1 and _THINGS[-1].search(text) is not None
    new = {each for each in tokens(text) - known if len(each) > 3}
    if not things or len(new) < 3 or not quoting.is_whole(text) or banned_in(text) or claims(text, may=True):
        return 0
    cost = hard_words(text, known) + len(_CODES.findall(text)) + max(0, count - EASY) / 4
    return 2 * min(things, 4) + 2.5 * min(amounts, 2) + by_people - cost - 2 * only_followed
