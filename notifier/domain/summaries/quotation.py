"""Which one or two of the study team's sentences stand under "In the study team's words": plain ones that tell something new.

A sentence is worth what it tells, and how much of that the title, the question and what is done have not said; it costs what is
hard in it. Where none is worth its cost, nothing is quoted.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.phrases import banned_in, claims
from notifier.domain.summaries.plot import tokens
from notifier.domain.summaries.quoting import is_whole, says_purpose, words
from notifier.domain.summaries.told import hard_words

MOST_WORDS = 60  # of the quotation
LEAST, MOST, MOST_OF_A_PURPOSE = 6, 42, 48  # words of a sentence
EASY = 22  # words of a sentence that cost nothing
MORE, MORE_OF_A_PURPOSE = 4, 6  # of the words beyond, how many cost one
MOST_LOOKED_AT = 40  # sentences of a text
LEAST_NEW, LEAST_NEW_OF_A_PURPOSE = 3, 1  # words that are not told above
MOST_NEW = 6  # of these count
LEAST_WORTH, LEAST_WORTH_OF_A_PURPOSE = -3.5, -4.25  # of a sentence that is quoted
LEAST_BESIDE = 2.0  # of the one behind it
NEVER = -99.0  # the worth of what is not to be quoted
#: What a sentence is worth that says what a thing is, and what is done; what it costs to tell of design, and in the trade's words.
IT_IS, IT_DOES, BUILT, TRADE = 5.0, 3.0, 3.5, 2.0

_IT_IS = AnyCase(
    r"(?P<it>(?:[^\s:]+ ){1,9}?)(?:(?:is|are) (?:also )?(?:an?|the|called|made|used|given|thought|designed|intended|meant|believed|injected|taken|placed|implanted|delivered|inhaled|being (?:tested|developed))|"
    r"works?|acts? (?:by|on|as|like)|consists?|(?:may|can|could|might) (?:stop|block|kill|slow|find|help|make|lower)|uses|contains|combines|provides|delivers|targets|blocks|binds|comes? from)\b"
)
_A_KIND = AnyCase(
    r"^(?:the|this) (?:study |digital |mobile )?(?:device|app|application|program(?:me)?|drug|medicine|vaccine|test|intervention|training|technique|system|procedure|course|software|product|tool|platform|game)s?\b"
)
_PEOPLE_DO = AnyCase(
    r"^(?:in this study,? |(?:all|each|every|the|study|participating) )*(?:participants?|patients|subjects|people|volunteers|women|men|children|parents|families|caregivers|students|adults|infants|those who)\b"
    r"(?: [\w-]+){0,5} (?:will|are asked|were asked|receive|received|underwent|wear|wore|took|completed)\b(?! (?:not )?(?:be )?(?:recruited|included|selected|identified|compared|evaluated|assessed|considered|informed))|"
    r"^(?:the |each )?(?:treatment|study|participation|sessions?|visits?|program(?:me)?|course) .{0,40}\b(?:lasts?|takes?)\b|"
    r"\b(?:will be|were) (?:given|collected|injected|measured|taken|asked|tested|offered|placed|invited)\b"
)
#: How the trade says a purpose; a sentence in other words stands before it.
_TRADE = AnyCase(r"\b(?:efficacy|efficiency|tolerab\w+|effectiveness|safety|pharmaco\w+)\b")
#: How a study is built and counted, or what some of its people get: nobody misses it, or it is half of what is to be told.
_BUILT = AnyCase(
    r"random|\bblind|stratif|\bratio\b|open[- ]label|multi-?cent|\barms?\b|cohort|recruit|\bphase\b|statistic|sample size|criteria|enrol|eligib|endpoint|retrospective|observational|prospective|\bdata|protocol|consent|"
    r"ethic|hypothes|secondary|exploratory|analy[sz]|screened|\bgroups?\b|\bpart \w\b|baseline|\bsites?\b|single[- ]|double[- ]|divided|\bmethods?\b|monitored|assigned|allocated|correlat|\bcycles?\b|\bsome\b|"
    r"\bnot a study\b|scheduled|follow(?:ed)?[- ]up|\bfollowed\b|contact|either"
)
_POINTS_BACK = AnyCase(
    r"^(?:they|its?|their|he|she|however|therefore|thus|hence|so|moreover|furthermore|in addition|additionally|but|and|or|then|both|second(?:ly)?|third|finally|for example|as a result|consequently|because|in contrast|"
    r"on the other hand|despite|here|that|similarly|other|another|reversely|afterwards|the (?:latter|former|other|second|third|same|above|following|first))\b|\b(?:these|such|also)\b|"
    r"\bthis(?! (?:[\w-]+,? ){0,6}(?:study|trial|project|research|registry|survey))\b"
)
#: What is never quoted: what speaks of another study or of what came out, praises, frightens or addresses.
_NEVER = AnyCase(
    r"\b(?:above|below|aforementioned|as follows|et al|literature|meta-analys\w+|mouse|mice|rats?|showed|demonstrated|(?:been|have|has|was|were) (?:shown|found|proven|demonstrated|reported|observed)|"
    r"(?:previous|prior|earlier|recent|several|many|other|past|published|pilot|pre-?clinical|animal) (?:\w+ ){0,2}(?:stud(?:y|ies)|trials?|research|work|data|reports?)|studies (?:have|has|show|suggest)|"
    r"novel|potent|powerful|excellent|superior|success\w*|innovative|state-of-the-art|advantages?|crucial|cutting-edge|gold standard|beneficial|significant\w*|most (?:active|effective)|well[- ](?:tolerated|known|established)|"
    r"should|hope(?! to (?:understand|learn|find))|believe|we expect|would|deaths?|die[sd]?|fatal|suicid\w+|prognosis|dismal|incurable|fully informed|conducted (?:at|in)|he/she|his/her|(\w+) and \1|(?:secondary|exploratory) (?:aim|purpose|objective|goal|end)\w*|your?|NCT\d+)\b|https?:|www\.|\[\d|\.\.|\?|^[^.]{0,30}:"
)
_PROMISES = AnyCase(r"\b(?:better|benefits?|treat cancer|control|harm)\b")
_FRAGMENT = AnyCase(
    r"(?:evaluate|assess|determine|investigate|examine|compare|explore|find out|describe|identify|estimate|demonstrate|establish|measure|monitor|characteri[sz]e|study|test|learn|see)\b"
)
_STEM = re.compile(r"[a-z0-9-]{4,}")
#: What a sentence says of any study: nothing new.
_OF_ANY_STUDY = re.compile(
    r"this|that|study|trial|phase|open|label|random|multi|center|centre|single|double|blind|placebo|control|evaluat|assess|determin|investigat|examin|compar|effic|safe|effect|tolerab|purpose|primary|main|objective|"
    r"with|will|patient|participant|subject|people|clinical|research|prospective|group|arm|explor|conduct|perform|adult|treat|receiv|develop|their|have|been|which|from|when|also|dose|intend|design|provid|data|long|"
    r"term|outcome|result|well|find|learn|understand|whether|goal|look|versus|aged|years|current|invest|combin"
)
#: Short forms, numbers and signs, at each of which a reader stops.
_SIGNS = re.compile(r"\b\w*(?:[A-Z]\w*[A-Z]|\d)[\w.]*|[(\[;/%=<>≥≤±*]")
#: What a sentence that asks may name, and one that tells may not.
_ASKED = frozenset(
    {
        "safe",
        "safely",
        "safer",
        "effective",
        "effectively",
        "new drug",
        "new drugs",
        "new treatment",
        "new treatments",
        "subjects",
        "hope",
    }
)


def quotation(texts: Sequence[Sequence[str]], told: str, names: Sequence[str]) -> str:
    """The sentence most worth its cost, with the one beside it where that is worth its own. texts: by their sentences, the
    summary first; told: what stands above; names: of what is tried.
    """
    known, stems, its = tokens(told), _stems(told), tokens(" ".join(names))
    most, quote = NEVER, ""
    for rank, text in enumerate(texts):
        found = text[:MOST_LOOKED_AT]
        tells = [
            _tells(each, its, number if not rank else MOST_LOOKED_AT) for number, each in enumerate(found)
        ]
        for number, each in enumerate(found):
            if not tells[number]:
                continue  # most tell nothing, and what is hard in one takes long to count
            worth = tells[number] + _new_and_plain(each, known, stems, rank)
            least = LEAST_WORTH_OF_A_PURPOSE if says_purpose(each) else LEAST_WORTH
            if worth <= max(most, least) or _POINTS_BACK.search(each):
                continue
            most = worth
            before, after = found[number - 1] if number else "", "".join(found[number + 1 : number + 2])
            if after and tells[number + 1] + _new_and_plain(after, known, stems, rank) > LEAST_BESIDE:
                pair = f"{each} {after}"
            elif (
                before
                and tells[number - 1]
                and _new_and_plain(before, known, stems, rank) > 0
                and not _POINTS_BACK.search(before)
            ):
                pair = f"{before} {each}"
            else:
                pair = each
            quote = pair if words(pair) <= MOST_WORDS else each
    return quote


def _tells(text: str, its: frozenset[str], number: int) -> float:
    """What a sentence tells, by its worth: what it is that is tried, what the study is for; of the summary, what people do."""
    if says_purpose(text):
        # "To compare …" is one of several aims where it does not stand first.
        return 0.0 if _FRAGMENT.match(text.removeprefix("To ")) and (number or text[:3] != "To ") else IT_DOES
    is_it = _IT_IS.match(text)
    if is_it and (its & tokens(is_it["it"]) or _A_KIND.match(text)):
        return IT_IS
    # Why it is asked tells of the illness in general, and stands beside another sentence at most.
    return IT_DOES if number < MOST_LOOKED_AT and _PEOPLE_DO.search(text) else 0.0


def _new_and_plain(text: str, known: frozenset[str], told: frozenset[str], rank: int) -> float:
    """How much a sentence says that is new, less what is hard in it; far below nothing where it is not to be quoted: where it is
    cut, says of how the study is built, speaks of another one, promises or praises. rank: of its text, of which the first is best.
    """
    new, asks, built = len(_stems(text) - told), says_purpose(text), _BUILT.search(text) is not None
    if (
        not LEAST <= words(text) <= (MOST_OF_A_PURPOSE if asks else MOST)
        or new < (LEAST_NEW_OF_A_PURPOSE if asks else LEAST_NEW)
        or not (text[0].isupper() and is_whole(text))
        or (not asks and (built or _PROMISES.search(text)))
        or _NEVER.search(text)
        or set(banned_in(text)) - (_ASKED if asks else {"subjects"})
        or claims(text, may=True)
    ):
        return NEVER
    signs = sum(each.casefold() not in known for each in _SIGNS.findall(text))
    hard = (
        0.8 * hard_words(text, known)
        + signs
        + max(0, words(text) - EASY) / (MORE_OF_A_PURPOSE if asks else MORE)
    )
    return min(new, MOST_NEW) / 2 - BUILT * built - TRADE * bool(_TRADE.search(text)) - hard - rank


def _stems(text: str) -> frozenset[str]:
    return frozenset(filter(None, map(_stem, _STEM.findall(text.casefold()))))


@lru_cache(maxsize=8192)  # people use few words, again and again
def _stem(word: str) -> str:
    return "" if _OF_ANY_STUDY.match(word) else word[:5]
