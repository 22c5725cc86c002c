"""The study team's own sentences: which one asks the question, what the study is there to do, and what people are to do.

They are quoted whole or up to the end of a clause, never rewritten.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from notifier.domain.summaries.any_case import AnyCase, small
from notifier.domain.summaries.tables import pattern_of
from notifier.domain.wording import shown

MOST_ASKED = 26  # of a question
LONGEST = 8_000  # characters of a summary that are looked at
LONGEST_NO_END = (
    12  # characters at an end by which it is seen to be none; more would be looked through anew at each one
)
_NO_END = pattern_of("quoting.no_end")
_BULLET = re.compile(r"^\s*(?:[*\u2022\u25cf\u00b7o>-]\s+|\d{1,2}[.)]\s+|[a-z]\)\s+|\(?\d{1,2}\)\s+)")
_HEADING = pattern_of("quoting.heading")


_HEADED = re.compile(r"(?<=[.!?]) (?=(?:PURPOSE|OBJECTIVES?|RATIONALE|AIMS?): )")
#: It begins with its sign, so that nothing else is looked at.
_SENTENCE_END = re.compile(r"[.!?](?:[\"”')]*(?=\s+[\"“(]?[A-Z0-9])|(?<=[A-Za-z)]{2}[.!?])(?=[A-Z][a-z]))")


@lru_cache(maxsize=64)  # those of a group are asked for four times
def sentences(text: str | None) -> tuple[str, ...]:
    """The sentences of a text of the registry, without its bullets and headings."""
    found: list[str] = []
    text = _HEADED.sub("\n", (text or "")[:LONGEST])
    for line in shown(text).splitlines():
        bullet = _BULLET.match(line)
        plain = " ".join(_HEADING.sub("", line[bullet.end() :] if bullet else line).split())
        start = 0
        for end in _SENTENCE_END.finditer(plain):
            part = plain[start : end.end()].strip()
            if not _NO_END.search(part[-LONGEST_NO_END:]):
                found.append(part)
                start = end.end()
        if last := plain[start:].strip():
            found.append(last)
    return tuple(found)


_PURPOSE = (
    AnyCase(
        r"\b(?:(?:purpose|aim|goal)s?|objectives?(?! (?:respon|remis|meas|assess|disease|tumou?r|progress|evidence))|intent(?![- ]to))\b.{0,140}?(?:\b(?:is|are|was|were|will)\b|: to\b)"
    ),
    AnyCase(
        r"\b(?:study|trial|project|research)\b.{0,60}?\b(?:is|was|will be) (?:being )?(?:done|conducted|planned|performed|carried out|undertaken) (?:in order )?to (?:understand|learn|determine|find|assess|evaluate|investigate|compare|test|see|examine|help)\b"
    ),
    AnyCase(
        r"\b(?:study|trial|project|research|investigation|we|investigators?|researchers?|authors)\b.{0,60}?\b(?:aims?|aimed|asks?|wants?|want to|seeks?|intends?|hopes?|plans? to|is designed|was designed|will (?:evaluate|assess|test|compare|investigate|examine|determine|look|study|explore|measure|find|learn|be to)|"
        r"evaluate[sd]?|assess(?:es|ed)?|tests?|explored|investigated|compared|examined|compares?|investigates?|examines?|studies|explores?|looks?|is being done|is to|was to)\b"
    ),
    AnyCase(
        r"\b(?:study|trial)\s+(?:to\s+|(?:is\s+)?(?=studying|evaluating|assessing|comparing|investigating|exploring|examining|testing))(?:studying|evaluating|assessing|comparing|investigating|exploring|examining|testing|study|evaluate|assess|determine|investigate|examine|compare|test|explore|learn|see|describe|find)\b"
    ),
    AnyCase(
        r"^(?:to (?:study|test|learn|see)|(?:to )?(?:evaluate|assess|determine|investigate|examine|compare|explore|find out|describe|identify|estimate|demonstrate|establish|measure|monitor|characteri[sz]e))\b"
    ),
)


@lru_cache(maxsize=64)  # a sentence is asked for three times
def says_purpose(text: str) -> bool:
    """Whether a sentence says what the study is for."""
    low = small(text)
    return any(pattern.search_in(text, low) for pattern in _PURPOSE)


_UNFINISHED = AnyCase(r"(?:[:;,]|\b(?:are|is|following|below|as follows))\s*\.?$")
_NO_USE = AnyCase(r"\b(?:see (?:below|detailed)|not applicable|n/?a|to be added|drug ABC|drug X|\[.*\])\b")


def is_whole(text: str) -> bool:
    """Whether a quotation has its brackets and marks in pairs, and does not break off."""
    pairs = (
        text.count("(") == text.count(")") and text.count("[") == text.count("]") and text.count('"') % 2 == 0
    )
    return (
        pairs
        and "“" not in text
        and "”" not in text
        and not _UNFINISHED.search(text)
        and not _NO_USE.search(text)
    )


def words(text: str) -> int:
    """How many words a text has, as a reader counts them."""
    return len(text.split())


_DOES = pattern_of("quoting.does")


def does(found: Sequence[str], most: int = MOST_ASKED - 8) -> str:
    """What the study "investigates", in its team's words."""
    for each in found:
        if (match := _DOES.search(each)) and (clause := _whole(match["does"], most)) and words(clause) >= 5:
            return clause
    return ""


_WE = AnyCase(r"\b(?:you|your|participants'? number)\b")


def own_question(found: Sequence[str], needles: Sequence[str] = ()) -> str:
    """The team's own sentence with a question mark, the first that can stand alone. needles: words of which it has one."""
    for each in found:
        if (
            not each.endswith("?")
            or not 5 <= words(each) <= MOST_ASKED
            or _WE.search(each)
            or _NO_USE.search(each)
        ):
            continue
        text = re.sub(r"^[^:]{0,40}:\s+(?=[A-Z])", "", each)
        # "it" and "this" point to a sentence that is not quoted.
        if re.search(r"(?i)\b(?:it|they|these|this drug|this treatment|its|their)\b", text) and not _names(
            text, needles
        ):
            continue
        if re.match(
            r"(?i)(?:what|how|does|do|is|are|can|will|which|whether|if|could|should|would|who|why|when|in|among|for)\b",
            text,
        ):
            return text
    return ""


_WHETHER = pattern_of("quoting.whether")
_TO_SEE_IF = AnyCase(r"\b(?:see|find out|determine|learn|test|evaluate|know)\s+if\b")
_ASKS = AnyCase(r"\b(?:we|investigators?|researchers?|study|trial) .{0,40}\bquestion,? (?:of )?whether\b")


def whether(found: Sequence[str], needles: Sequence[str] = (), most: int = MOST_ASKED - 5) -> str:
    """The clause behind "whether" in a sentence on the purpose, as it stands: 'X lowers the pain of people with Y'."""
    for each in found:
        match = _WHETHER.search(each)
        if not match or not any(pattern.search(each) for pattern in (*_PURPOSE[:4], _ASKS)):
            continue
        if match[1].lower() == "if" and not _TO_SEE_IF.search(each):
            continue
        if re.search(r"(?i)\bnot\b", each[: match.start()]) and not re.search(
            r"(?i)not (?:yet )?(?:known|clear)", each
        ):
            continue
        clause = _whole(match[2], most)
        if (
            clause
            and words(clause) >= 5
            and not re.match(r"(?i)(?:it|they|this|these|there|or not)\b", clause)
            and _names(clause, needles)
        ):
            return clause
    return ""


def _whole(text: str, most: int) -> str:
    """A clause word for word; nothing where it was cut in a bracket, a quotation or a short form."""
    clause = text.strip(" ,:–-")
    clause = clause[: clause.rfind("(")].rstrip(" ,") if clause.count("(") > clause.count(")") else clause
    clause = _first_clause(clause, most)
    if (
        clause.startswith("to compare")
        and len(clause) < len(text.strip(" ,:–-"))
        and not re.search(r"(?<!ed) (?:with|to|and|versus|against|or) ", clause[11:])
    ):
        return ""  # what it is compared with was cut off
    broken = clause.count("(") != clause.count(")") or re.search(
        r"[\[\]“”\"]|\b(?:e|i|vs|approx|and|or|of|the|in|with|to|following|are|is|by|a|an|for|between|including|such as|when|if|that|which|as|at|on|from|can|may|will|[b-z])$|,\s[^,]{3,60}\b(?:will be|is|are|was|were) \w+(?:ed|en)\b",
        clause,
    )
    return "" if broken else clause


#: Where a clause begins. Behind other commas a list goes on, or a second adjective: what is cut there says something else.
_CLAUSES = (
    r",\s(?=(?:and (?:to|whether|if)|with|as|in|by|while|for|to|using|when|where|compared|thereby|thus|so|after|before|at)\b)",
    r"\s(?:and (?:whether|if|to)|as well as|in order|so that|compared)\b",
)


def _first_clause(text: str, most: int) -> str:
    """The text where it is short enough; else as much as ends before a comma or a joining word; else nothing."""
    if words(text) <= most:
        return text
    for cut in _CLAUSES:
        for found in re.finditer(cut, text):
            kept = text[: found.start()]
            if 7 <= words(kept) <= most:
                return kept
    return ""


_LEADS_IN = pattern_of("quoting.leads_in")


_HANGS = AnyCase(r"\b(?:when|that|which|and|or|of|than|is|are|not|to|in|the|if|as|with|for)$")


def shortened(text: str, most: int, longest: int) -> str:
    """A sentence without what leads over to it, and, where it is too long, up to a clause; "…" stands for what is left out."""
    if led := _LEADS_IN.match(text):
        text = f"… {text[led.end() :]}"
    if words(text) <= longest:
        return text
    ends = [
        text[: found.start()] for cut in (*_CLAUSES, r";\s|\s(?=\d\. )") for found in re.finditer(cut, text)
    ]
    kept = [each for each in ends if 16 <= words(each) <= most and is_whole(each) and not _HANGS.search(each)]
    return f"{max(kept, key=len)} …" if kept else text


_AIM = pattern_of("quoting.aim")


#: Words for what stands in a sentence that is not quoted.
_POINTS_BACK = pattern_of("quoting.points_back")
_SAYS_NO_AIM = pattern_of("quoting.says_no_aim")


def aim(found: Sequence[str], most: int = MOST_ASKED - 4) -> str:
    """What the study is there "to" do, as its team says it: 'to find out how ...'."""
    for each in (_HEADING.sub("", sentence) for sentence in found):
        if match := _AIM.search(each):
            clause = next(filter(None, match.groups()))
            if re.search(r"(?i)\b(?:not|no|nor|without)\b", each[: each.find(clause)]):
                continue
            if _POINTS_BACK.search(clause):
                continue
            whole, clause = clause, _whole(clause, most)
            if words(clause) < words(whole) and re.search(r"\b(?:whether|if|how|which)\b", clause):
                continue  # an indirect question that was cut may have lost its verb
            if clause and words(clause) >= 5 and not _SAYS_NO_AIM.match(clause):
                return clause
    return ""


def aims(found: Sequence[str], most: int = 45) -> tuple[str, ...]:
    """What the study is there "to" do, by what its team says that it aims to do, and that it does."""
    verb, _, what = does(found, most).removeprefix("will ").partition(" ")
    done = f"to {'assess' if verb.startswith('assess') else verb.rstrip('s')} {what}"
    return tuple(filter(None, (aim(found, most), done if what and " either " not in done else "")))


def _names(text: str, needles: Sequence[str]) -> bool:
    plain = text.casefold()
    return not needles or any(needle in plain for needle in needles)
