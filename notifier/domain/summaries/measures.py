"""What is measured, in plain words: patterns by whole words, and the scales that have names. What no row is sure of is quoted.

The first row that fits counts, so scales and particular measures stand before general ones. `key` names the questions
that `asking` can put of a measure; most need none of their own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from notifier.domain.study import Outcome, Study
from notifier.domain.summaries.any_case import AnyCase, Index, alternatives, small
from notifier.domain.summaries.quoting import is_whole, sentences, words
from notifier.domain.summaries.tables import pattern_of, table
from notifier.domain.summaries.voice import Voice
from notifier.domain.summaries.when import days_of, span_of, when_of
from notifier.domain.wording import one_line
from notifier.domain.wording.catalogue import n_

LONGEST = 300  # characters of a measure that are looked at


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure in plain words, as a clause: 'how long people live'."""

    plain: str
    key: str = ""


#: What is counted at one time, and is no length of time.
_RATE = pattern_of("measures.rate")
_OF_A_TIME = {
    "live": (n_("how many people are alive after a set time"), "alive"),
    "control": (n_("in how many people the illness is under control after a set time"), "held"),
    "free": (n_("how many people live without the illness coming back, up to a set time"), "clear"),
}
#: What looks at side effects or a dose, even where no row is sure of its words.
SAYS_HARM = pattern_of("measures.says_harm")
_BESIDE_HARM = pattern_of("measures.beside_harm")
FURTHEST = 110  # characters before the words by which a measure is known: behind them it is of something else


@cache
def _compiled() -> tuple[tuple[AnyCase, str, str, AnyCase | None], ...]:
    """The rules, each with its short forms in capitals as they stand ("PAID" is no "paid"), and all else in any case."""
    made = []
    for name in ("scales.tsv", "kinds.tsv"):
        for rule, plain, *rest in table(name):
            parts = (
                # Beside a short form, the other words may begin with a capital all the same.
                re.sub(
                    r"(?<![\\\w?<\[])([a-z])(?=[a-z]{2})",
                    lambda found: f"[{found[1]}{found[1].upper()}]",
                    part,
                )
                if re.search(r"[A-Z]{2}", part)
                else f"(?i:{part})"
                for part in alternatives(rule)
            )
            other = AnyCase(rest[1]) if len(rest) > 1 else None
            made.append((AnyCase("|".join(parts), re.NOFLAG), plain, "".join(rest[:1]), other))
    return tuple(made)


@cache
def _index() -> Index:
    return Index(pattern.pattern for pattern, *_ in _compiled())


#: An aim in place of a measure: "to compare the change in HbA1c".
_TO_MEASURE = pattern_of("measures.to_measure")
#: What stands behind it only scales a value: "clearance normalized to body weight" is no weight.
_SCALED = pattern_of("measures.scaled")
#: What stands behind it is the means: only where the head tells nothing is the measure known by it.
_MEANS = pattern_of("measures.means")
_NO_VALUE = pattern_of("measures.no_value")
_VISION = AnyCase(r"visual analog(?:ue)? ?(?:scale)?")
#: A scale from nothing to the worst can be of anything; only with one of these is it of pain.
_OF_PAIN = AnyCase(r"\bpain|sciatic|headache|backache|\bleg\b|\bback\b|migraine|ache\b")
_ANY_SCALE = AnyCase(r"\bVAS\b|visual analog|\bNRS\b|\bNPRS\b|numeric(?:al)? (?:pain )?rating")
#: "The time to worsening or death" is no length of life; what is under control in one place is not the illness.
_NOT_LIFE_ALONE = pattern_of("measures.not_life_alone")
_NOT_SURE = pattern_of("measures.not_sure")


_HELD_TOGETHER = pattern_of("measures.held_together")
_TOGETHER = n_("whether two things go together")
_PD = re.compile(r"\bPD\b")
_TO_OR_FOR = AnyCase(r"(?:to|for)\s")


@lru_cache(maxsize=256)  # the first one of a study is asked for twice
def plain_measure(text: str | None, *, names: tuple[str, ...] = ()) -> Measure | None:
    """The measure in plain words; None where no row is sure. names: what is tried, whose own words prove nothing."""
    said = one_line(text or "")[:LONGEST]
    for name in names:
        if name.casefold() == said.casefold() or name.lower() not in said.lower():
            continue
        said = re.sub(re.escape(name), " ", said, flags=re.IGNORECASE) if len(name) > 3 else said
    graded, said = _GRAVE_ONES.search(said), _SCALED.sub("", _TO_MEASURE.sub("", said))
    if said and _HELD_TOGETHER.search(said):
        return Measure(_TOGETHER, "vague")
    if not said or _NOT_SURE.search(said):
        return None
    if (_PD.search(said) and len(said) < 4) or _TO_OR_FOR.match(said):
        return None
    head = _MEANS.sub("", said)
    made = _by_rows(head) if head != said else None
    made = made if made and made.key != "vague" else _by_rows(said)
    if made and made.key == "vague" and _A_LEVEL.search(said) and said not in one_line(text or ""):
        return Measure(_LEVEL, "level")  # the name of what is tried was taken out of it
    if made and made.plain == "which side effects people have":
        serious = _SERIOUS_ONES.search(said) and not _OTHERS.search(_SERIOUS_ONES.sub("", said))
        grave = _SERIOUS if _OF_TREATMENT.search(said) else _SERIOUS_PROBLEMS
        return Measure(_STRONG, "harm") if graded else Measure(grave, "harm") if serious else made
    return made


#: Those that are serious, which may be all that are counted.
_SERIOUS_ONES = pattern_of("measures.serious_ones")
_OTHERS = AnyCase(r"adverse|side.effect|toxicit|safety|tolerab|\b(?:TE)?AEs?\b|reaction")
_SERIOUS = n_("how many people have serious side effects")
#: An adverse event is any trouble with health during a study, whatever it comes from.
_SERIOUS_PROBLEMS = n_("how many people have serious health problems")
_OF_TREATMENT = AnyCase(r"related|reactions?\b|effects?\b|due to|caused")


#: By the grades of the common list (CTCAE) the third is severe, and the fourth a danger to life.
_GRAVE_ONES = AnyCase(r"\bgrades? ?(?:[≥>]=? ?)?(?:3|III|three)\b(?! or less)|[≥>]=? ?grade (?:2|3)\b")
_STRONG = n_("how many people have severe side effects")


_LEVEL = n_("how much of the medicine is in the blood")
_A_LEVEL = pattern_of("measures.a_level")


def _by_rows(said: str) -> Measure | None:
    """The first row of the tables that fits."""
    low, rows = small(said), _compiled()
    for pattern, plain, key, other in rows if low is None else map(rows.__getitem__, _index().may_fit(low)):
        if (found := pattern.search_in(said, low)) and found.start() <= FURTHEST:
            if other and other.search_in(said, low):
                continue
            if key == "live" and _NOT_LIFE_ALONE.search(said):
                continue  # deaths are counted in it, but so is what comes before
            if key in _OF_A_TIME and plain != "how many people die" and _RATE.search(said):
                return Measure(*_OF_A_TIME[key])
            if key == "vague" and _NO_VALUE.search(said):
                return None  # the scan or the list is only the means
            if key == "harm" and _BESIDE_HARM.match(said[: found.start()]):
                return None  # side effects are counted too, and something else first
            if key == "pain" and _ANY_SCALE.search(said) and not _OF_PAIN.search(_VISION.sub("", said)):
                continue
            return Measure(plain, key) if plain else None
    return None


MOST_OF_A_NAME = 14  # words of a sentence that stands for the name of a measure
_OF_SEVERAL = AnyCase(r",.*,|[:;]|\binclud|\breference\b|\bwill be (?:evaluated|compared)")


def outcome_said(outcome: Outcome, names: tuple[str, ...] = ()) -> Measure | None:
    """An outcome in plain words: by its name, or, where that names nothing, by what is said of it first."""
    name = one_line(outcome.measure or "")
    if (made := plain_measure(name, names=names)) or not _names_nothing(name):
        return made
    told = next(iter(sentences(outcome.description)), "")
    if words(told) > MOST_OF_A_NAME or _OF_SEVERAL.search(told):
        return None
    made = plain_measure(f"{name}: {told}" if _ANY_SCALE.search(name) else told, names=names)
    return made if made and made.key != "vague" else None


def _names_nothing(name: str) -> bool:
    return _SAYS_NOTHING.fullmatch(_AT_A_TIME.sub(" ", name)) is not None or not _CONTENT.search(name.lower())


def main_measure(study: Study, names: tuple[str, ...] = ()) -> Measure | None:
    """The first main measure in plain words, where more is sure of it than how it is taken."""
    first = next((each for each in study.primary_outcomes if one_line(each.measure or "")), None)
    if first is None:
        return None
    made = outcome_said(first, names)
    if made and made.key == "vague":
        return None
    if (
        made
        and made.key == "dose"
        and {"PHASE2", "PHASE3"} & set(study.phases)
        and "PHASE1" not in study.phases
    ):
        # A dose is looked for at the start; what follows is what the study is for.
        later = (outcome_said(each, names) for each in study.primary_outcomes)
        made = next((each for each in later if each and each.key not in {"dose", "vague"}), made)
    if made and made.key == "pain" and not _OF_PAIN.search(f"{first.measure} {first.description}"):
        return None
    return made


#: What goes on in the body, by which nobody can tell whether something helps.
_INSIDE = re.compile(
    r"immune cells|genes? |substances the body|coughed up|antibody|germs live|laboratory test"
)


def looks_inside(study: Study) -> bool:
    """Whether all that is measured first of all goes on in the body, and is nothing that people feel."""
    made = [outcome_said(each) for each in study.primary_outcomes]
    return bool(made) and all(each and _INSIDE.search(each.plain) for each in made)


MOST = 4  # main measures that a read names


def measures_said(study: Study, voice: Voice, names: tuple[str, ...]) -> tuple[str, ...]:
    """The main measures, each plainly with the registry's name behind it; where that is not certain, quoted."""
    said, known, told = list[str](), set[str](), list[frozenset[str]]()
    # What is measured again is one measure, told once, up to the last time.
    same, first_of = dict[str, list[Outcome]](), dict[str, str]()
    for each in study.primary_outcomes:
        name, made = (_AT_A_TIME.sub("", each.measure or "").casefold(), outcome_said(each, names))
        if made and made.key != "vague":
            name = first_of.setdefault(made.plain, name)
        same.setdefault(name, []).append(each)
    for times in same.values():
        each = max(times, key=lambda one: days_of(f"{one.measure} {one.time_frame}"))
        again = [one.time_frame for one in times if one.measure == each.measure and one is not each]
        name, made = one_line(each.measure or ""), outcome_said(each, names)
        content = frozenset(word for word in _CONTENT.findall(name.lower()) if word not in _VAGUE)
        told_of = (
            made.plain in known
            if made
            else any(len(content & one) >= SAME * len(content) > 0 for one in told)
        )
        text = "" if not name or told_of else _said(each, made, voice, again)
        if text:
            known.add(made.plain if made else name)
            told.append(content)
            said.append(text)
    return tuple(said[:MOST])


SAME = 0.7  # of the words of a name that stand in one before it: the same thing, measured again
_CONTENT = re.compile(r"[a-z]{4,}")


_AT_A_TIME = pattern_of("measures.at_a_time")
#: A name of a measure that names nothing.
_SAYS_NOTHING = pattern_of("measures.says_nothing")
#: Where the record says when: what else is said of a time that is set.
_WHEN = {
    "how many people are alive after a set time": n_("how many people are alive after %(span)s"),
    "in how many people the illness is under control after a set time": n_(
        "in how many people the illness is under control after %(span)s"
    ),
    "how many people live without the illness coming back, up to a set time": n_(
        "how many people live without the illness coming back, up to %(span)s"
    ),
}


#: Characters of a name that is quoted beside its gist, beside what only says how it is taken, or alone.
LONGEST_BESIDE, LONGEST_NAME, LONGEST_WHOLE = 60, 130, 220
#: In a name, where what it is ends, and how it is taken, in whom or between which groups begins.
_ASIDE = pattern_of("measures.aside")
#: The time that a rate has in its name goes before that of the whole study.
_ITS_TIME = AnyCase(r"\b(?:\d+|one|two|three|five|ten)[- ](?:year|month|week)s?\b")
_DANGLES = pattern_of("measures.dangles")
_VAGUE = frozenset(
    [
        "difference",
        "change",
        "changes",
        "mean",
        "number",
        "proportion",
        "percentage",
        "patients",
        "participants",
        "assess",
        "evaluate",
        "effect",
        "from",
        "total",
    ]
)


_NUMBERED = re.compile(r"^\d{1,2}[.)]\s+(?=\D)")


_SHARE = AnyCase(r"(?:the )?(?:proportion|percentage|number|rate) of\b")
_PATIENTS = AnyCase(r"\W*(?:patients|participants|subjects)\b")


def _head(outcome: Outcome, longest: int, made: Measure | None) -> str:
    """The registry's name of a measure: whole where it is short, else as far as it says what is measured."""
    name = one_line(_NUMBERED.sub("", outcome.measure or ""))
    cuts = [] if len(name) <= longest else [name[: found.start()] for found in _ASIDE.finditer(name)]
    for each in reversed(cuts):
        told = sum(len(word) > 3 and word.lower() not in _VAGUE for word in each.split())
        # "The proportion of severe asthma patients" is of the patients.
        of_whom = _SHARE.match(each) and _PATIENTS.match(name[len(each) :])
        if len(each) <= longest and told >= 2 and is_whole(each) and not (_DANGLES.search(each) or of_whom):
            return each if not made or plain_measure(each) else name  # what is measured stands behind
    return name


#: What says too little without the name behind it, cut or not.
_LITTLE = re.compile(r"looked for$|infection$|immune cells|go together|switched on")


def _said(outcome: Outcome, made: Measure | None, voice: Voice, again: Sequence[str | None]) -> str:
    """One main measure; empty where its name says nothing, and no sentence beside it does."""
    sure = made is not None and made.key != "vague"
    bare = one_line(outcome.measure or "")
    little = made is not None and _LITTLE.search(made.plain) is not None
    longest = LONGEST_BESIDE if sure and not little else LONGEST_NAME if made else LONGEST_WHOLE
    head = _head(outcome, longest, made)
    # Its gist stands for a name that is too long to be read, or is shouted.
    quote = (
        ""
        if made and ((len(head) > longest and not little) or (sure and " " in head and head.isupper()))
        else voice.quoted(head, longest if little else 400)
    )
    when, own = when_of(outcome.time_frame, voice, again), _ITS_TIME.search(bare)
    span = span_of(own[0] if own else outcome.time_frame, voice)
    if made and _SAYS_NOTHING.fullmatch(bare):
        quote = ""
    elif not made and _names_nothing(bare):
        told = next(iter(sentences(outcome.description)), "")
        if not told or words(told) > 25 or not is_whole(told):
            return ""
        quote = f"{quote}: {voice.quoted(told)}"
    behind = f" ({quote})" if quote else ""
    if made and span and made.plain in _WHEN:
        return f"{voice.say(_WHEN[made.plain], span=span)}{behind}"
    said = f"{voice.say(made.plain)}{behind}" if made else quote
    return voice.say("%(measure)s, %(when)s", measure=said, when=when) if when else said
