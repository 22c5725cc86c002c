"""What is measured, in plain words: patterns by whole words, and the scales that have names. What no row is sure of is quoted.

The first row that fits counts, so scales and particular measures stand before general ones. `key` names the questions
that `asking` can put of a measure; most need none of their own.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from notifier.domain.sheets import packaged
from notifier.domain.study import Outcome, Study
from notifier.domain.summaries.any_case import AnyCase, alternatives, small
from notifier.domain.summaries.quoting import is_whole, sentences, words
from notifier.domain.summaries.voice import Voice
from notifier.domain.wording import one_line
from notifier.domain.wording.catalogue import n_, nn_

LONGEST = 300  # characters of a measure that are looked at


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure in plain words, as a clause: 'how long people live'."""

    plain: str
    key: str = ""


_AGREE = n_("how well two ways of measuring agree")
#: What is counted at one time, and is no length of time.
_RATE = AnyCase(
    r"\brates?\b|percent|proportion|\bnumber of\b|%|\b(?:one|two|three|five|\d+)[- ](?:year|month|week)s?[- ](?:overall |progression|event|disease|relapse|PFS|OS|survival)"
)
_OF_A_TIME = {
    "live": (n_("how many people are alive after a set time"), "alive"),
    "control": (n_("in how many people the illness is under control after a set time"), "held"),
    "free": (n_("how many people live without the illness coming back, up to a set time"), "clear"),
}
#: What looks at side effects or a dose, even where no row is sure of its words.
SAYS_HARM = AnyCase(
    r"\b(?:safety|tolerab\w+|adverse|toxicit\w+|side effects?|DLTs?|dose[- ](?:limit|escalat|find)\w*|concomitant medications?|number of participants with (?:shift|suicid|hypersens|injection[- ]site)\w*|anti-drug antibod\w+)\b"
)
_BESIDE_HARM = AnyCase(
    r"(?!.*\b(?:number|incidence|rate|frequency|percent|proportion|safety|toler|toxic|assess|evaluat|determin|serious|treatment))[\w -]{8,}(?: and |, )"
)
FURTHEST = 110  # characters before the words by which a measure is known: behind them it is of something else


@cache
def _compiled() -> tuple[tuple[AnyCase, str, str], ...]:
    """The rules, each with its short forms in capitals as they stand ("PAID" is no "paid"), and all else in any case."""
    made = []
    for name in ("scales.tsv", "kinds.tsv"):
        for rule, plain, *key in packaged(Path(__file__).with_name(name)):
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
            made.append((AnyCase("|".join(parts), re.NOFLAG), plain, "".join(key)))
    return tuple(made)


#: An aim in place of a measure: "to compare the change in HbA1c".
_TO_MEASURE = AnyCase(
    r"^(?:the )?(?:to|primary \w+ is to) (?:compare|evaluate|assess|determine|measure|investigate|examine|analy[sz]e|observe) (?:the )?(?!.*\b(?:relation|influence|role|impact))"
)
#: What stands behind it only scales a value: "clearance normalized to body weight" is no weight.
_SCALED = AnyCase(
    r"[\s(,]+(?:(?:normali[sz]ed|adjusted|corrected|standardi[sz]ed|divided) (?:to|by|for)|per (?:kg|kilogram|unit) )[^;]*$"
)
#: What stands behind it is the means: only where the head tells nothing is the measure known by it.
_MEANS = AnyCase(
    r"[\s,(]+(?:as )?(?:assessed|measured|determined|evaluated|judged|calculated) (?:by|using|with|from)\b.*$"
)
_NO_VALUE = AnyCase(
    r"\btime (?:to|until)|\b(?:number|proportion|percentage|incidence|completion|length) of\b|\brates?\b|\binterview"
)
_VISION = AnyCase(r"visual analog(?:ue)? ?(?:scale)?")
#: A scale from nothing to the worst can be of anything; only with one of these is it of pain.
_OF_PAIN = AnyCase(r"\bpain|sciatic|headache|backache|\bleg\b|\bback\b|migraine|ache\b")
_ANY_SCALE = AnyCase(r"\bVAS\b|visual analog|\bNRS\b|\bNPRS\b|numeric(?:al)? (?:pain )?rating")
#: "The time to worsening or death" is no length of life; what is under control in one place is not the illness.
_NOT_LIFE_ALONE = AnyCase(
    r"(?:progression|disease|event|relapse|recurrence|failure|metastas[ie]s)[- ]free|\bPFS|\b[DER]FS\b|time to progression|progression.{0,60}\bor\b.{0,40}\bdeath"
)
_ONE_PLACE = re.compile(r"[Ii]ntra-?cranial|\bCNS\b|in the brain|\biPFS\b")
_NOT_SURE = AnyCase(
    r"composite(?!.*(?:success|cardio|MACE))|correlat|composite(?!.*(?:success|cardio|MACE))|predict|associations? (?:between|of|with)|relationship between|risk factors?|compar(?:e|ison) (?:of )?(?:two|the two) methods|determine whether|threshold|validation"
)


@lru_cache(maxsize=256)  # the first one of a study is asked for twice
def plain_measure(text: str | None, *, names: tuple[str, ...] = ()) -> Measure | None:
    """The measure in plain words; None where no row is sure. names: what is tried, whose own words prove nothing."""
    said = one_line(text or "")[:LONGEST]
    for name in names:
        if name.casefold() == said.casefold() or name.lower() not in said.lower():
            continue
        said = re.sub(re.escape(name), " ", said, flags=re.IGNORECASE) if len(name) > 3 else said
    said = _SCALED.sub("", _TO_MEASURE.sub("", said))
    if not said or _NOT_SURE.search(said):
        return None
    if (re.search(r"\bPD\b", said) and len(said) < 4) or re.match(r"(?i)(?:to|for)\s", said):
        return None
    head = _MEANS.sub("", said)
    made = _by_rows(head) if head != said else None
    made = made if made and made.key != "vague" else _by_rows(said)
    if made and made.key == "vague" and _A_LEVEL.search(said) and said not in one_line(text or ""):
        return Measure(_LEVEL, "level")  # the name of what is tried was taken out of it
    return made


_LEVEL = n_("how much of the medicine is in the blood, and for how long")
_A_LEVEL = AnyCase(
    r"\b(?:serum|plasma|blood|trough|peak|maximum|drug) (?:\w+ )?concentrations?|concentrations? of\s*(?:,|in|$)"
)


def _by_rows(said: str) -> Measure | None:
    """The first row of the tables that fits."""
    low = small(said)
    for pattern, plain, key in _compiled():
        if (found := pattern.search_in(said, low)) and found.start() <= FURTHEST:
            if key == "live" and _NOT_LIFE_ALONE.search(said):
                continue  # deaths are counted in it, but so is what comes before
            if key == "level" and re.search(
                r"(?i)\blens|tissue|cerebrospinal|\bCSF\b|milk|\bhair|tumou?r|saliva", said
            ):
                return None
            if key in _OF_A_TIME and plain != "how many people die" and _RATE.search(said):
                return Measure(*_OF_A_TIME[key])
            if key == "dose" and re.search(r"(?i)allerg|food|challenge|desensiti|pain|exercise", said):
                return None
            if key == "vague" and _NO_VALUE.search(said):
                return None  # the scan or the list is only the means
            if key == "harm" and _BESIDE_HARM.match(said[: found.start()]):
                return None  # side effects are counted too, and something else first
            if key == "pain" and re.search(r"(?i)frequen|number of|\bdays\b|incidence|duration", said):
                return None
            if key == "control" and _ONE_PLACE.search(said):
                return None
            if key == "pain" and _ANY_SCALE.search(said) and not _OF_PAIN.search(_VISION.sub("", said)):
                continue
            return Measure(plain, key) if plain else None
    return None


def main_measure(study: Study, names: tuple[str, ...] = ()) -> Measure | None:
    """The first main measure in plain words, where more is sure of it than how it is taken."""
    first = next((each for each in study.primary_outcomes if one_line(each.measure or "")), None)
    if first is None:
        return None
    made = plain_measure(first.measure, names=names)
    if made and made.key == "vague":
        return None
    if (
        made
        and made.key == "dose"
        and {"PHASE2", "PHASE3"} & set(study.phases)
        and "PHASE1" not in study.phases
    ):
        # A dose is looked for at the start; what follows is what the study is for.
        later = (plain_measure(each.measure, names=names) for each in study.primary_outcomes)
        made = next((each for each in later if each and each.key not in {"dose", "vague"}), made)
    if made and made.key == "pain" and not _OF_PAIN.search(f"{first.measure} {first.description}"):
        return None
    return made


MOST = 4  # main measures that a read names


def measures_said(study: Study, voice: Voice, names: tuple[str, ...]) -> tuple[str, ...]:
    """The main measures, each plainly with the registry's name behind it; where that is not certain, quoted."""
    said: list[str] = []
    known: set[str] = set()
    # The same scale at four times is one measure.
    named = {
        _AT_A_TIME.sub("", each.measure or "").casefold(): each for each in reversed(study.primary_outcomes)
    }
    outcomes = [
        each for each in study.primary_outcomes if each in named.values() and one_line(each.measure or "")
    ]
    for each in outcomes:
        made = plain_measure(each.measure, names=names)
        if made and made.plain in known:
            continue  # the same thing, measured again
        known.add(made.plain if made else one_line(each.measure or ""))
        said.append(_said(each, made, voice))
    # Those that come to the same are counted, too.
    if more := len(outcomes) - len(said[:MOST]):
        said = [
            *said[:MOST],
            voice.count("and %(number)s more main measure", "and %(number)s more main measures", more),
        ]
    return tuple(said)


_AT_A_TIME = AnyCase(
    r"\W*\b(?:(?:at|after|before|on|from|in|to|up to|during)\W+)?(?:the )?(?:\d+(?:st|nd|rd|th)?[- ]?(?:days?|weeks?|months?|years?|hours?|minutes?)|(?:days?|weeks?|months?|years?)[- ]?\d+|baseline|(?:(?:after|before) )?(?:the )?(?:intervention|surgery|treatment)$)\W*|\W+"
)
#: A name of a measure that names nothing.
_SAYS_NOTHING = AnyCase(
    r"(?:(?:primary|secondary|main|objectives?|aims?|the|study|patients?|participants?|subjects?|introduction|outcomes?|measures?|results?|classification|assessments?|evaluation|data|"
    r"form|system|performance|missed|visits?|screening|interview|test|change|status|analysis|variables?|endpoints?|parameters?|efficacy|effect|effectiveness|1|2|one)[\s:.,-]*)+"
)
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


def _said(outcome: Outcome, made: Measure | None, voice: Voice) -> str:
    name = re.sub(r"^\d{1,2}[.)]\s+(?=\D)", "", outcome.measure or "")
    quote, span = voice.quoted(name, 160), span_of(outcome.time_frame, voice)
    bare = one_line(outcome.measure or "")
    if not made and (_SAYS_NOTHING.fullmatch(bare) or re.fullmatch(r"[A-Z]{3,6}", bare)):
        told = next(iter(sentences(outcome.description)), "")
        if told and words(told) <= 25 and is_whole(told):
            return (
                voice.say("%(measure)s, up to %(span)s", measure=f"{quote}: {voice.quoted(told)}", span=span)
                if span
                else f"{quote}: {voice.quoted(told)}"
            )
        if _SAYS_NOTHING.fullmatch(bare):
            return voice.say("%(measure)s; the record does not say plainly what that is", measure=quote)
    if made and span and made.plain in _WHEN:
        return f"{voice.say(_WHEN[made.plain], span=span)} ({quote})"
    said = f"{voice.say(made.plain)} ({quote})" if made else quote
    return voice.say("%(measure)s, up to %(span)s", measure=said, span=span) if span else said


# --- how long it is followed ------------------------------------------------------------------------------------


_FIGURE = AnyCase(
    r"(\d{1,4})(?:st|nd|rd|th)?[- ]?(minute|hour|day|week|month|year)s?\b|\b(minute|hour|day|week|month|year)s?[ -]?(\d{1,4})\b"
)
#: What may stand beside the figures of a time frame that ends with the largest of them.
_ONLY_TIME = AnyCase(
    r"(?:\s*(?:baseline|day 0|0|and|to|at|from|up|through|until|till|over|for|within|during|in|the|first|end|of|approximately|about|a|maximum|post|after|enrol?lment|"
    r"treatment|follow-?up|pre|change|then|screening|start|visit|visits|period|on|follow|once|every|each|assessed|measured|\d{1,3}|initiation|randomi[sz]ation|study|completion|entry|therapy|dose|last|intervention|inclusion|drug|since|date)\b|[\s,;.()&/~-])*"
)
#: It is no end that is counted from the beginning: "until 30 days after the last dose".
_AFTER_THE_END = AnyCase(r"\b(?:after|post|following|since|from)\b.*\b(?:last|end|completion)\b")
UNITS = {
    "minute": nn_("%(number)s minute", "%(number)s minutes"),
    "hour": nn_("%(number)s hour", "%(number)s hours"),
    "day": nn_("%(number)s day", "%(number)s days"),
    "week": nn_("%(number)s week", "%(number)s weeks"),
    "month": nn_("%(number)s month", "%(number)s months"),
    "year": nn_("%(number)s year", "%(number)s years"),
}


def span_of(frame: str | None, voice: Voice) -> str:
    """'24 weeks', for 'Baseline, week 12 and week 24'; empty where that is not sure."""
    text = one_line(frame or "")
    units = {(found[2] or found[3]).lower() for found in _FIGURE.finditer(text)}
    if re.fullmatch(r"(?i)(?:on |at )?days? [01]\.?", text) or _AFTER_THE_END.search(text):
        return ""  # where it begins, or what comes behind its end
    if len(text) > 120 or len(units) != 1 or not _ONLY_TIME.fullmatch(_FIGURE.sub(" ", text)):
        return ""
    longest = max(map(int, re.findall(r"\d+", text)))
    return voice.count(*UNITS[units.pop()], longest) if longest else ""
