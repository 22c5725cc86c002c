"""What the record itself tells of a study, in its words: how things are given, what is asked of people, who can join, how long."""

import re

from notifier.domain.study import OverallStatus as Is
from notifier.domain.summaries import quoting
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.cast import ArmGroup
from notifier.domain.summaries.names import of_kind
from notifier.domain.summaries.plot import Plot, tokens
from notifier.domain.summaries.standing import told_in
from notifier.domain.summaries.tables import word_list
from notifier.domain.summaries.words import is_everyday
from notifier.domain.wording import one_line


def asked_of_people(plot: Plot) -> str:
    if plot.study.overall_status is Is.WITHDRAWN:
        return ""
    said = quoting.asked_of_people([each for each in plot.summary if not _UNREADABLE.search(each)], most=30)
    if re.search(r"(?i)\bgroups?\b|\barms?\b|\bcohorts?\b|randomi|assigned|\bmay or may not\b", said):
        return ""  # of some of them, or of how they are divided
    if re.search(r"(?i)\bthen\b|\balso\b|additionally|\bafterwards?\b", said):
        return ""  # it goes on from a sentence that is not quoted
    some = [each for each in plot.cast.tried if not all(each in group.gets for group in plot.cast.groups)]
    if len(plot.cast.groups) > 1 and tokens(said) & tokens(
        " ".join(f"{each.name} {each.said}" for each in some)
    ):
        return ""  # what not all of them get
    if hard_words(said, tokens(plot.titles)) * 8 > quoting.words(said):
        return ""
    return plot.voice.in_their_words(said) if said else ""


#: A sentence that tells how people are divided, or what one group gets.
_DIVIDES = AnyCase(
    r"\b(?:be|are|were|is|was|been|patients|participants|subjects)\b (?:\w+ ){0,2}?(?:randomi[sz]ed|randomly|assigned|allocated|divided|split)\b(?!,? (?:controlled|clinical|trial|study|double|open|placebo|multi|parallel|phase)).{0,90}?\b(?:to|into|in|between|among|either|with)\b|"
    r"\bwill either receive\b|\bhalf\b.{0,40}\b(?:receive|get|be given|undergo)\b",
)
#: A sentence that tells what one group gets: of all of them there must be one.
_OF_ONE = AnyCase(
    r"\b(?:groups?|arms?|cohorts?|parts?|regimens?) ?(?:[A-D1-6]|I{1,3})?\b.{0,60}?\b(?:receives?|gets?|will have|given|undergoe?s?|treated|switch)\b|"
    r"\b(?:others?|the rest|some)\b.{0,40}\b(?:will )?(?:receive|get|be given|undergo)\b",
)
#: Of such a sentence, what says nothing of what is done.
_SAYS_NO_THING = tokens(
    "participants patients subjects people randomized randomised randomly assigned allocated divided split either group groups arm arms "
    "control intervention experimental study treatment ratio equal blinded open label double two three four one other will receive get "
    "given eligible women men children all using computer generated envelope sealed block size randomization centers sites cohort cohorts part parts"
)
_CONTRASTS = AnyCase(
    r"\b(?:or|versus|vs|without|alone|half|and (?:an? |the )?(?:control|usual|placebo|standard)|between)\b",
)
_PART = AnyCase(r"\bpart (?:1|2|A|B|I|II)\b")
_A_PART = AnyCase(r"(?:in |for |during )?(?:the )?(?:part|phase|stage|period) (?:1|A|I|one)\b")
_NEXT_PART = AnyCase(r"(?:in |for |during )?(?:the )?(?:part|phase|stage|period) (?:2|B|II|two)\b")
MOST_PARTED = 60  # words of the sentences on who gets what


def parted(plot: Plot) -> str:
    """Who gets what in the record's own sentences, one after the other; empty where none says it so that it can be read."""
    groups = [
        tokens(f"{group.label} {' '.join(each.said for each in group.gets)}") for group in plot.cast.groups
    ]
    shared = frozenset.intersection(*groups) if groups else frozenset()
    groups = [each - shared - _SAYS_NO_THING for each in groups]
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
            if len(tokens(quote) - _SAYS_NO_THING) < 3 or (_PART.search(quote) and not all(parts)):
                continue  # of several parts all are told, or none
            told_of = sum(bool(tokens(quote) & each) for each in groups)
            contrasts = whole and _CONTRASTS.search(quote) and (told_of or not any(groups))
            if contrasts or (told_of >= 2 and (whole or len(chosen) > 1)):
                return plot.voice.in_their_words(quote)
    return ""


def can_be_quoted(text: str) -> bool:
    """Whether a sentence says of itself what is done, to anybody."""
    return quoting.is_whole(text) and not re.search(
        r"(?i)stratif|minimi[sz]ation|consent|https?:|\bsee \b|permuted|envelope|\byour?\b|hypothes|generally|who ha(?:ve|s|d) been|correlat",
        text,
    )


def label_of(label: str) -> str:
    """The name of a group or a thing, without what only sorts it in a list."""
    bare = re.sub(
        r"^(?:(?:Drug|Device|Procedure|Behavioral|Biological|Radiation|Other): |\d{1,2}[.)] )+(?=\w{3})",
        "",
        label,
    )
    return re.sub(r"\s*_\s*", " ", bare).replace("，", ", ").strip(" .,;:")


#: Who is in a group, or what came of it: no answer to what it gets.
TELLS_NO_DOING = AnyCase(
    r"^(?:(?:male|female|older|healthy|obese|all) )*(?:males?|females?|adults?|individuals|people|persons|patients|participants|children|subjects|women|men)\b(?!.*\b(?:will|receiv\w*|using|treated|gets?|given|undergo\w*|perform\w*|do not|takes?|taking)\b)|"
    r"hypothesis|expected|\bshowed\b|\bhad (?:shorter|longer|a)\b"
)
MOST_OF_A_GROUP = 40  # words of the sentence on one group


#: A sentence that tells when something is measured, or what comes only in some case.
_HALF = AnyCase(
    r"(?:if|when|once|unless|(?:after|before) the|(?:\w+ )?(?:minutes?|hours?|days?|weeks?) (?:after|before|\d)|(?:weeks?|days?|months?|visits?|part|step) \d)\b"
)


_COUNTED = AnyCase(r"\b(\d{1,4}) (?:patients|participants|subjects)\b")


#: A sentence that only sorts people into the group, or tells a detail of what comes before it.
_DETAIL = AnyCase(
    r"\b(?:divided|allocated|assigned|randomi[sz]ed) (?:in)?to (?:the )?[\w ,-]{0,80}\b(?:group|arm)\W*$|\bwill be stopped\b|\bmay contact\b|informed consent|will be (?:the )?same as|^telephone follow-?up|^then\b"
)


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
        or re.search(r":\s*\d*\.?$|follow-?up$|^(?:st|nd|rd|th) |\s\d\. ", gets)
        or (
            # A count that does not fit how many take part is of another plan.
            (counted := _COUNTED.search(gets))
            and int(counted[1]) * len(plot.cast.groups) > (plot.study.enrollment.count or 9999) * 1.5
        )
    ):
        return ""
    return plot.voice.quoted(gets, 400)


#: A sentence tells how something is given if it says how often, how long or by which way.
_HOW = AnyCase(
    r"\b(?:daily|weekly|monthly|twice|once|every|each|a day|a week|per day|per week|hours?|minutes?|days?|weeks?|months?|sessions?|times|doses? of|inject\w*|infus\w*|by mouth|orally|intravenous\w*|subcutaneous\w*|"
    r"into (?:the|a|an)|under the skin|surgery|app|exercises?|online|video|telephone|cells)\b",
)
#: What makes a sentence useless to those who do not know the record: a prescription's code, a list's number, other papers.
_UNREADABLE = AnyCase(
    r"\bdose level|\bwill then\b|\bbid\b|\bb\.i\.d|\btid\b|\bpo\b|\bqd\b|\bq\d+|\bd\d|\bD\d|\bC\d+D|consent|bayesian|criteria|discontinuation|overcom|mechanis|RECIST|progression|ratio\b|\brandomi|reference is made|for more information|specified (?:dose|day)|follow-?up visit|\bIMP\b|\breturn\b|^as (?:above|below|described)|see (?:above|below)|"
    r"suppress|effective|efficac|benefit|improv|superior|promising|\bsafe|well[- ]tolerated|shown to|proven|reduces?\b|inhibits|\d\s*(?:mg|mcg|µg|μg|ug|g|ml|IU|U|units?)\s?/\s?(?:kg|m|hr|h|min|ml|day)|[≥≤±><=^*\u2160-\u217f\u3000-\uffef]|e\.g\.|i\.e\.|\beligib|\bdata\b|\bas follows?\b|collected|\benrol|_|;",
)
MOST_QUOTED = 30  # words of a sentence on what a group gets
#: Words of illness and care that everybody knows, beside the everyday ones.
_LAY = word_list("known_to_all.txt")
_UNLIKE_WORDS = re.compile(r"[A-Za-z][\w'’-]*")


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


def _readable(text: str, longest: int) -> bool:
    return (
        5 <= quoting.words(text) <= longest
        and quoting.is_whole(text)
        and not _UNREADABLE.search(text)
        and not _HALF.match(text)
    )


def how_given(plot: Plot) -> list[str]:
    """How it is given, as the record says it of what is tried and of one group beside it; only what is new and can be read."""
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
    # What the title and the list of groups say already is not new, and their words are explained beside.
    names_of_all = tokens(f"{plot.titles} {' '.join(f'{each.name} {each.said}' for each in plot.cast.tried)}")
    shown: list[frozenset[str]] = []
    names: set[str] = set()
    for name, text in told:
        bare = (re.sub(r"^(?:\d{1,2}|[a-z])[.)]\s+", "", each) for each in quoting.sentences(text))
        found = next(
            (
                each
                for each in bare
                if _readable(each, MOST_QUOTED)
                and _HOW.search(each)
                and not _DETAIL.search(each)
                and hard_words(each, names_of_all) * 8 <= quoting.words(each)
            ),
            "",
        )
        known = tokens(found) - tokens(name) - names_of_all
        # The same thing said again tells nothing new.
        if (
            not found
            or len(shown) == 2
            or name in names
            or len(known) < 3
            or any(len(known & other) * 3 > len(known) for other in shown)
        ):
            continue
        shown.append(known)
        names.add(name)
        values = {"name": voice.quoted(label_of(name), 80), "text": voice.quoted(found)}
        said.append(voice.sentence(voice.say("For %(name)s, the record says: %(text)s.", **values)))
    return said


#: A rule is about the illness, and not about papers, blood values or what holds for every study.
_RULE = AnyCase(
    r"diagnos|confirmed|history of|documented|stage\b|mutation|measurable|symptom|pain|previous|prior|refractory|relapsed|\bwith\b|treated|disease|undergo|scheduled|failed|\bwho\b|\bhav",
)
_RULE_FOR_ALL = AnyCase(
    r"consent|\bage[ds]?\b|years? (?:old|of age|or older)|\bold\b|willing|able to|unable|contracept|pregnan|comply|english|speak|language|life expectancy|to live\b|terminal|end[- ]stage disease|death|ecog|karnofsky|adequate|organ function|"
    r"male or female|men (?:and|or) women|inclusion|exclusion|criteria|platelet|hemoglobin|creatinine|bilirubin|following|any duration|with or without|regardless|\bor\b.*\bor\b|\bunless\b|"
    r"investigator|sponsor|protocol|randomi|screening|baseline|questionnaire|score|opinion|allerg|hypersensitiv|participa|allowed|permitted|are not|is not|may have|known to|(?:days|weeks|months) since|since (?:major|last|prior|completion)|recover",
)
LONGEST_RULE = 16  # words
#: What decides whether a study is for somebody who has the illness.
_DECIDES = AnyCase(
    r"newly|recently|first (?:time|episode|attack)|never (?:been )?treated|untreated|previously|\bprior\b|relapsed|recurren|came back|after (?:a |an )?(?:transplant|surgery|operation)|"
    r"on insulin|insulin[- ]treated|using insulin|treated with|at least (?:\w+ )?(?:\d+|one|two|three|four|five|six)|stage\b|spread|advanced|metastatic|dialysis|transplant|scheduled|planned",
)
#: Words that say no more than that somebody has it.
_ANY_RULE = tokens(
    "all adult adults confirmed clinically clinical diagnosis diagnosed documented history undergoing symptomatic scheduled who have has suffering known had"
)


def rules_on_joining(plot: Plot) -> list[str]:
    """What those who join must have: a rule or two that can be read; none where none can."""
    study, voice, tense = plot.study, plot.voice, told_in(plot.study)
    if study.design.time_perspective == "RETROSPECTIVE":
        return []
    rules = re.sub(r"(?i)inclusion criteria\s*:?", "", (study.eligibility.criteria or "")[:9000])
    wanted = rules.partition("xclusion")[0]
    known = tokens(plot.people.phrase or plot.people.condition)
    titled = tokens(plot.titles)
    lay = [each for each in _bullets(_for_all(wanted)) if hard_words(each, titled) <= 1]
    # What decides who is meant goes first: how far the illness is, and what was done before.
    musts = [each for each in lay if _DECIDES.search(each) and tokens(each) - titled - known - _ANY_RULE]
    musts += [
        each for each in lay if plot.is_about(each) and len(tokens(each) - known - titled - _ANY_RULE) >= 2
    ]
    rules = voice.listing(map(voice.quoted, list(dict.fromkeys(musts))[:2]))
    return (
        [voice.say_in(tense, "The rules on who can join include: %(rules)s.", rules=rules)] if musts else []
    )


#: What follows holds for some, or is one of several of which one is enough.
_OF_SOME = AnyCase(
    r"\b(?:one|any|either)(?: or more)? of\b[^.]*(?:following|criteria|:)|\beither\s*:|^\W*\(?for .{1,40} only\b|^\W*(?:for )?(?:the )?(?:\w+ )?(?:groups?|arms?|cohorts?|parts?|controls?|cases)\b.{0,60}:\s*$"
)
_OR_AT_AN_END = AnyCase(r"^\W*(?:\w{1,2}[.)]\s*)?or\b|\bor\W*$")


def _for_all(text: str) -> str:
    """The rules that hold for all who join, without those of which one is enough."""
    lines = [line for line in text.splitlines() if line.strip()]
    kept, some = [], -1
    for before, line, after in zip(["", *lines], lines, [*lines[1:], ""], strict=False):
        indent = len(line) - len(line.lstrip())
        some = some if indent >= some else -1
        ors = _OR_AT_AN_END.search(line) or re.search(r"\bor\W*$", before) or re.match(r"\W*or\b", after)
        if some < 0 and not ors:
            kept.append(line)
        if some < 0 and _OF_SOME.search(line):
            some = len(after) - len(after.lstrip())
    return "\n".join(kept)


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
        and not re.match(r"(?i)(?:must|no|not)\b", each)
    ]
