"""What the record itself tells of a study, in its words: how things are given, what is asked of people, who can join, how long."""

import re

from notifier.domain.study import OverallStatus as Is
from notifier.domain.summaries import quoting
from notifier.domain.summaries.cast import GETS_MORE
from notifier.domain.summaries.names import of_kind
from notifier.domain.summaries.plot import Plot, tokens
from notifier.domain.summaries.standing import is_over
from notifier.domain.wording import one_line


def asked_of_people(plot: Plot) -> str:
    if plot.study.overall_status is Is.WITHDRAWN:
        return ""
    said = quoting.asked_of_people([each for each in plot.summary if not _UNREADABLE.search(each)], most=30)
    if re.search(
        r"\bgroups?\b|\barms?\b|\bcohorts?\b|randomi|assigned|\bmay or may not\b", said, re.IGNORECASE
    ):
        return ""  # of some of them, or of how they are divided
    return (
        plot.voice.sentence(
            plot.voice.say("In the study team’s words: %(quote)s", quote=plot.voice.theirs(f"“{said}”"))
        )
        if said
        else ""
    )


#: A sentence tells how something is given if it says how often, how long or by which way.
_HOW = re.compile(
    r"\b(?:daily|weekly|monthly|twice|once|every|each|a day|a week|per day|per week|hours?|minutes?|days?|weeks?|months?|sessions?|times|doses? of|inject\w*|infus\w*|by mouth|orally|intravenous\w*|subcutaneous\w*|"
    r"into (?:the|a|an)|under the skin|surgery|app|exercises?|online|video|telephone|cells)\b",
    re.IGNORECASE,
)
#: What makes a sentence useless to those who do not know the record: a prescription's code, a list's number, other papers.
_UNREADABLE = re.compile(
    r"\bbid\b|\bb\.i\.d|\btid\b|\bpo\b|\bqd\b|\bq\d+|\bd\d|\bD\d|\bC\d+D|consent|bayesian|criteria|discontinuation|overcom|mechanis|RECIST|progression|ratio\b|\brandomi|reference is made|for more information|specified (?:dose|day)|follow-?up visit|\bIMP\b|\breturn\b|^as (?:above|below|described)|see (?:above|below)|"
    r"suppress|effective|efficac|benefit|improv|superior|promising|\bsafe|well[- ]tolerated|shown to|proven|reduces?\b|inhibits|\d\s*(?:mg|mcg|µg|μg|ug|g|ml|IU|U|units?)\s?/\s?(?:kg|m|hr|h|min|ml|day)|[≥≤±><=^*\u2160-\u217f\u3000-\uffef]|e\.g\.|i\.e\.|\beligib|\benrol|_|;",
    re.IGNORECASE,
)
MOST_QUOTED = 30  # words of a sentence on what a group gets


def _readable(text: str, longest: int) -> bool:
    return 5 <= quoting.words(text) <= longest and quoting.is_whole(text) and not _UNREADABLE.search(text)


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
    told += [(group.label, group.text) for group in plot.cast.groups if group not in groups and group.gets]
    shown: list[frozenset[str]] = []
    names: set[str] = set()
    for name, text in told:
        bare = (re.sub(r"^(?:\d{1,2}|[a-z])[.)]\s+", "", each) for each in quoting.sentences(text))
        found = next(
            (
                each
                for each in bare
                if _readable(each, MOST_QUOTED) and (_HOW.search(each) or GETS_MORE.search(each))
            ),
            "",
        )
        known = tokens(found) - tokens(name)
        # The same thing said again tells nothing new.
        if (
            not found
            or len(shown) == 2
            or name in names
            or len(known) < 2
            or any(len(known & other) * 3 > len(known) for other in shown)
        ):
            continue
        shown.append(known)
        names.add(name)
        values = {"name": voice.quoted(name, 80), "text": voice.quoted(found)}
        said.append(voice.sentence(voice.say("Of %(name)s the record says: %(text)s.", **values)))
    return said


#: A rule is about the illness, and not about papers, blood values or what holds for every study.
_RULE = re.compile(
    r"diagnos|confirmed|history of|documented|stage\b|mutation|measurable|symptom|pain|previous|prior|refractory|relapsed|\bwith\b|treated|disease|undergo|scheduled|failed|\bwho\b|\bhav",
    re.IGNORECASE,
)
_RULE_FOR_ALL = re.compile(
    r"consent|\bage[ds]?\b|years? (?:old|of age|or older)|\bold\b|willing|able to|unable|contracept|pregnan|comply|english|speak|language|life expectancy|ecog|karnofsky|adequate|organ function|"
    r"male or female|men (?:and|or) women|inclusion|exclusion|criteria|platelet|hemoglobin|creatinine|bilirubin|following|any duration|with or without|regardless|\bor\b.*\bor\b|\bunless\b|"
    r"investigator|sponsor|protocol|randomi|screening|baseline|questionnaire|score|opinion|allerg|hypersensitiv|participa|allowed|permitted|are not|is not|may have|known to",
    re.IGNORECASE,
)
LONGEST_RULE = 16  # words


def rules_on_joining(plot: Plot) -> list[str]:
    """What those who join must have, and what keeps people out: a rule or two that can be read; none where none can."""
    study, voice, over = plot.study, plot.voice, is_over(plot.study)
    if study.design.time_perspective == "RETROSPECTIVE":
        return []
    wanted, _, barred = re.sub(
        r"(?i)inclusion criteria\s*:?", "", (study.eligibility.criteria or "")[:9000]
    ).partition("xclusion")
    known = tokens(plot.people.phrase or plot.people.condition)
    musts = [each for each in _bullets(wanted) if plot.is_about(each) and len(tokens(each) - known) >= 2][:2]
    said = []
    if musts:
        rules = voice.listing(map(voice.quoted, musts))
        said.append(
            voice.say("Among the rules on who could join: %(rules)s.", rules=rules)
            if over
            else voice.say("Among the rules on who can join: %(rules)s.", rules=rules)
        )
    if nots := [
        each
        for each in _bullets(barred)
        if each not in musts
        and quoting.words(each) <= 12
        and not re.search(r"\w{14,}|[a-z]\d|\d[a-z]", each)
        and not re.search(r"\b(?:no|not|without|must)\b", each, re.IGNORECASE)
    ][:1]:
        rules = voice.listing(map(voice.quoted, nots))
        said.append(
            voice.say("It left out people for reasons such as %(rules)s.", rules=rules)
            if over
            else voice.say("It leaves out people for reasons such as %(rules)s.", rules=rules)
        )
    return said


def _bullets(text: str) -> list[str]:
    """The short rules of a list that are about the illness."""
    lines = (line for line in text.splitlines() if not re.match(r"\s{3,}", line))
    bare = (
        re.sub(
            r"^[\s*\u2022o>.)(-]*(?:(?:\d+|[a-z]|[ivx]+)[.)](?=\s)|\d+(?=\s+[A-Z]))?\s*", "", line
        ).replace("\\", "")
        for line in lines
    )
    rules = (re.sub(r"[\s;,.]+(?:or|and)$", "", " ".join(line.split()).strip(" .;,")) for line in bare)
    return [
        each
        for each in rules
        if _readable(each, LONGEST_RULE)
        and _RULE.search(each)
        and not _RULE_FOR_ALL.search(each)
        and not re.search(r"[A-Z]{3,}.*[A-Z]{3,}|\d+\s*(?:mg|ml|µ|u/l)|[:/]|\bMRI\b.*[A-Z]", each)
        and not re.match(r"(?:must|no|not)\b", each, re.IGNORECASE)
    ]
