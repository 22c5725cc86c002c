"""What the record itself tells of a study, in its words: how things are given, what is asked of people, who can join, how long."""

import re

from notifier.domain.study import OverallStatus as Is
from notifier.domain.summaries import quoting
from notifier.domain.summaries.names import of_kind
from notifier.domain.summaries.plot import Plot, tokens
from notifier.domain.summaries.standing import is_over
from notifier.domain.wording import one_line


def both(one: str, many: str) -> tuple[str, str]:
    """Marks a pair of sentences, for one and for many, for the catalogues."""
    return one, many


def asked_of_people(plot: Plot) -> str:
    if plot.study.overall_status is Is.WITHDRAWN:
        return ""
    said = quoting.asked_of_people(plot.summary)
    return (
        plot.voice.sentence(
            plot.voice.say("In the study team’s words: %(quote)s", quote=plot.voice.theirs(f"“{said}”"))
        )
        if said
        else ""
    )


_HOW = re.compile(
    r"\d|daily|weekly|twice|once|tablet|capsule|inject|infus|oral|by mouth|session|minutes|hours|\bweeks?\b|\bdays?\b|\bvein|skin|surgery|device|\bapp\b|exercise|diet|visit|online|cells",
    re.IGNORECASE,
)
MOST_QUOTED = 28  # words of a sentence on what a group gets, or of a rule on who can join


def how_given(plot: Plot) -> list[str]:
    """How it is given, as the record says it of what is tried and of one group beside it."""
    study, voice, said = plot.study, plot.voice, list[str]()
    if study.study_type != "INTERVENTIONAL":
        return []
    groups = [group for group in plot.cast.groups if group.role == "EXPERIMENTAL"] or list(plot.cast.groups)
    told = [(group.label, group.text) for group in groups[:1]]
    tried = {each.said for each in plot.cast.tried}
    told += [
        (each.name or "", one_line(each.description or ""))
        for each in study.interventions
        if of_kind(each.name or "") in tried
    ]
    told += [(group.label, group.text) for group in plot.cast.groups if group not in groups]
    shown: list[frozenset[str]] = []
    for name, text in told:
        fit = (each for each in quoting.sentences(text) if 5 <= quoting.words(each) <= MOST_QUOTED)
        found = next(
            (
                each
                for each in fit
                if _HOW.search(each) and not _CLAIMS.search(each) and quoting.is_whole(each)
            ),
            "",
        )
        known = tokens(found)
        # The same thing said again tells nothing new.
        if not found or len(shown) == 2 or any(len(known & other) * 2 > len(known) for other in shown):
            continue
        shown.append(known)
        values = {"name": voice.quoted(name, 80), "text": voice.quoted(found)}
        said.append(voice.sentence(voice.say("Of %(name)s the record says: %(text)s.", **values)))
    return said


_CLAIMS = re.compile(
    r"suppress|effective|efficac|benefit|improv|superior|promising|\bsafe|well[- ]tolerated|shown to|proven|reduces?\b|inhibits",
    re.IGNORECASE,
)
_RULE = re.compile(
    r"diagnos|confirmed|history of|documented|histolog|cytolog|stage\b|mutation|measurable|hba1c|symptom|pain|score|previous|prior|refractory|relapsed|\bwith\b|treated|disease|undergo|scheduled|failed|\bwho\b|\bhav",
    re.IGNORECASE,
)
_RULE_FOR_ALL = re.compile(
    r"consent|\bage[ds]?\b|years? (?:old|of age|or older)|\bold\b|willing|able to|contracept|pregnan|comply|english|speak|language|life expectancy|ecog|karnofsky|adequate|organ function|"
    r"male or female|men (?:and|or) women|inclusion|exclusion|criteria|eligib|platelet|hemoglobin|creatinine|bilirubin|following",
    re.IGNORECASE,
)


def rules_on_joining(plot: Plot) -> list[str]:
    """What those who join must have, and what keeps people out, by a rule or two of the record."""
    voice, over = plot.voice, is_over(plot.study)
    wanted, _, barred = re.sub(
        r"(?i)inclusion criteria\s*:?", "", (plot.study.eligibility.criteria or "")[:9000]
    ).partition("xclusion")
    about = [each for each in _bullets(wanted, 4) if plot.is_about(each)]
    musts = (about + [each for each in _bullets(wanted, 4) if each not in about])[:2]
    said = []
    if musts:
        rules = voice.listing(map(voice.quoted, musts))
        said.append(
            voice.say("Among the rules on who could join: %(rules)s.", rules=rules)
            if over
            else voice.say("Among the rules on who can join: %(rules)s.", rules=rules)
        )
    if nots := [each for each in _bullets(barred, 2) if each not in musts][:1]:
        rules = voice.listing(map(voice.quoted, nots))
        said.append(
            voice.say("It left out people for reasons such as %(rules)s.", rules=rules)
            if over
            else voice.say("It leaves out people for reasons such as %(rules)s.", rules=rules)
        )
    return said


def _bullets(text: str, least: int) -> list[str]:
    """The short rules of a list that are about the illness."""
    lines = (line for line in text.splitlines() if not re.match(r"\s{3,}", line))
    bare = (
        re.sub(r"^[\s*\u2022o>.)(-]*(?:\d+[.)]?(?=\s)|[a-h][.)])?\s*", "", line).replace("\\", "")
        for line in lines
    )
    rules = (re.sub(r"[\s;,]+(?:or|and)$", "", " ".join(line.split()).strip(" .;,")) for line in bare)
    return [
        each
        for each in rules
        if least <= quoting.words(each) <= MOST_QUOTED - 4
        and _RULE.search(each)
        and not _RULE_FOR_ALL.search(each)
        and quoting.is_whole(each)
        and not re.match(r"must|no\b", each, re.IGNORECASE)
    ]


_FIGURE = re.compile(
    r"(\d{1,4})(?:st|nd|rd|th)?[- ]?(minute|hour|day|week|month|year)s?\b|\b(minute|hour|day|week|month|year)s?[ -]?(\d{1,4})\b",
    re.IGNORECASE,
)
#: What may stand beside the figures of a time frame that ends with the largest of them.
_ONLY_TIME = re.compile(
    r"(?:\s*(?:baseline|day 0|0|and|to|at|from|up|through|until|till|over|for|within|during|in|the|first|end|of|approximately|about|an|average|average of|a|maximum|post|after|enrol?lment|"
    r"treatment|follow-?up|pre|change|then|screening|start|visit|visits|period|on|follow|once|every|each|assessed|measured|\d{1,3}|initiation|randomi[sz]ation|study|completion|entry|therapy|dose|last|intervention|inclusion|drug|since|date)\b|[\s,;.()&/~-])*",
    re.IGNORECASE,
)
_BEFORE_ONLY = re.compile(
    r"(?:at )?(?:baseline|before .*|pre-?\w*|day 0|at enrol?lment|screening)\.?", re.IGNORECASE
)
_UNITS = {
    "minute": both("%(number)s minute", "%(number)s minutes"),
    "hour": both("%(number)s hour", "%(number)s hours"),
    "day": both("%(number)s day", "%(number)s days"),
    "week": both("%(number)s week", "%(number)s weeks"),
    "month": both("%(number)s month", "%(number)s months"),
    "year": both("%(number)s year", "%(number)s years"),
}


def how_long(plot: Plot) -> str:
    """When the main measure is taken: plainly where the record says it in one figure, else in its words."""
    voice = plot.voice
    first = next((each for each in plot.study.primary_outcomes if one_line(each.measure or "")), None)
    frame = one_line(first.time_frame or "") if first else ""
    if not frame or len(frame) > 120:
        return ""
    if _BEFORE_ONLY.fullmatch(frame):
        return ""
    units = {(found[2] or found[3]).lower() for found in _FIGURE.finditer(frame)}
    if len(units) == 1 and _ONLY_TIME.fullmatch(_FIGURE.sub(" ", frame)):
        span = voice.count(*_UNITS[units.pop()], max(map(int, re.findall(r"\d+", frame))))
        if is_over(plot.study):
            return voice.say("The main measure covered up to %(span)s.", span=span)
        return voice.say("The main measure covers up to %(span)s.", span=span)
    return voice.say("When the main measure is taken: %(frame)s.", frame=voice.quoted(frame, 120))
