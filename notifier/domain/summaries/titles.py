"""The registry's titles: without the paperwork around them, and taken apart into what is tried, on what, and in whom.

Words are taken off, and a few of the trade's are said plainly; nothing is added, and no phrase is ever cut in half.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from notifier.domain.study import Study
from notifier.domain.summaries.any_case import AnyCase, replaced
from notifier.domain.summaries.names import TRADE, Case, all_names, known_by_codes
from notifier.domain.summaries.tables import pattern_of, swaps
from notifier.domain.wording import one_line

MOST_WORDS, LEAST_WORDS = 14, 4
LONGEST = 600  # characters of a title that are looked at
_WAYS = (
    r"comparative(?: effectiveness)?|real[- ]world|non-?interventional|first|phase\s*(?:[1-4]|I{1,3}V?|IV)[ab]?(?:\s*[/-]\s*(?:phase\s*)?(?:[1-4]|I{1,3}|IV)[ab]?)?|"
    r"randomi[sz]ed|controlled|double[- ]blind(?:ed)?|single[- ]blind(?:ed)?|triple[- ]blind(?:ed)?|(?:observer|assessor|evaluator|sponsor)[- ]blind(?:ed)?|"
    r"double[- ]masked|open[- ]label(?:ed)?|multi-?\s?cent(?:er|re)s?|single[- ]cent(?:er|re)|(?:placebo|sham|active|vehicle)[- ]controlled|prospective|retrospective|multinational|"
    r"international|national|parallel(?:[- ]group|[- ]arm)?|(?:single|two|double|three)[- ]arm|(?:dose|single)[- ](?:escalation|escalating|finding|ranging|dose)|first[- ]in[- ]hum[ae]n|cross-?over|"
    r"non-?randomi[sz]ed|interventional|observational|clinical|research|pilot|exploratory|pragmatic|cluster|proof[- ]of[- ]concept|"
    r"non-?inferiority|superiority|feasibility|long[- ]term|extended|safety|efficacy|follow-?up|cohort|case[- ]control|cross-?sectional|longitudinal|preliminary|investigator[- ]initiated|"
    r"post-?market(?:ing)?|expansion|extension|treatment|new|global|adaptive(?: design)?|group|stratified|optimized|sequential|umbrella|basket|platform|master|survey|single|two[- ]stage|pharmacokinetic|comparison"
)
_HEAD = (
    r"(?:compatibility|(?:clinical |immunological )?(?:indexes|indices|parameters)|(?:long[- ]term )?safety(?: profile)?|(?:long[- ]term )?efficacy|(?:preliminary |clinical |exploratory )?efficacy|(?:clinical|biological|immunological)(?: and (?:clinical|biological|immunological))+ (?:efficacy|effects?)|saffety|tolerance|efficiency|(?:clinical )?effectiveness|(?:clinical )?effects?|tolerability|pharmacokinetics?|pharmacodynamics?|PK|PD|immunogenicity|"
    r"feasibility|acceptability|impact|influence|roles?|(?:anti-?tumou?r |preliminary )?activity|preliminary anti-?tumou?r activity|dosing|use|usefulness|benefits?|outcomes?|performance|therapeutic role|therapeutic effect)"
)
_LINK = (
    r"(?:designed\s+|\w+ing\s+(?=to\s))?(?:to\s+(?:understand|learn(?:\s+(?:more\s+)?about)?|check|try|evaluate|assess|determine|investigate|examine|study|compare|test|explore|find out about|see|measure|describe|"
    r"characteri[sz]e|confirm|demonstrate|collect data on|gather information about)|evaluating|assessing|investigating|examining|comparing|testing|looking at|exploring|studying|describing|on|of|for|about|with|in)"
)
_LEAD = AnyCase(
    rf"^(?P<ways>[^:.]{{0,200}}?)\b(?:stud(?:y|ies)|trial|investigation|evaluation|assessment|comparison|protocol|survey|surveillance|data collection|research)\b[\s,]*{_LINK}\s+(?=\S)",
)
#: What may stand before "study" in a title without being what is studied. Each is taken for good: many fit in two ways.
_ONLY_WAYS = AnyCase(
    rf"(?>\s*(?:{_WAYS}|an?|the|and|in|human|humans|multiple|ascending|dose|doses|group|arm|label|blind|blinded|controlled|masked|\d+[- ]?(?:week|month|year|day|part|arm)?s?|[1-4]?[ab]?/?[1-4][ab]|I{{1,3}}[ab]?(?:/I{{1,3}}[ab]?)?|"
    r"one|open|data|collection|cancer research UK|CR-?UK|SWOG|ECOG|GOG|clinically|part|parts|rising|fixed|flexible|prospectively|centre|center|site|multi|bioequivalence|equivalence|efficacy|randomly|physician|company|sponsored|academic|small|large|outpatient|inpatient|sub|non|add|on|mixed|methods)\b[\s,;/&-]*)*",
)
_VERB = AnyCase(
    r"^(?:to\s+|the\s+|an?\s+)?(?:develop(?:ing|ment of)(?: and (?:pilot )?testing)?|implementing|pilot testing|test of|evaluat(?:e|ing)|assess(?:ing)?|investigat(?:e|ing)|examin(?:e|ing)|explor(?:e|ing)|study(?:ing)?|determin(?:e|ing)|identify(?:ing)?|compar(?:e|ing)|defin(?:e|ing)|understand(?:ing)?|characteri[sz](?:e|ing)|describ(?:e|ing)|measuring|testing|(?:evaluation|assessment|investigation|comparison|analysis|description|characteri[sz]ation|determination|application|use|identification)(?: and (?:evaluation|assessment|analysis|comparison|description|validation))? of)\s+(?:the\s+)?"
)
_HEADS = AnyCase(
    # Each is taken for good: to try again how it fits takes twice as long for each of them.
    rf"^(?:the\s+)?{_HEAD}(?>(?:,\s*|\s+and\s+|,\s*and\s+|/|\s*&\s*)(?:the\s+){{0,2}}{_HEAD}\b)*\s+"
    rf"(?:study\s+|evaluation\s+)?(?:of|for|with|(?:following|after)(?=(?: [\w-]+){{0,3}} (?:administration|doses|injections?|infusions?) of\b))\s+(?!and\b)(?P<article>(?:the\s+|an?\s+)?)",
)
_DESIGN_TAIL = AnyCase(
    r"(?:\s*[:;,.]\s*|\s+[–—-]+\s+|\s+in\s+(?=an?\s))(?=(?:an?\s+|the\s+)?(?:[\w/-]+,?\s+){0,9}?(?:randomi[sz]ed|prospective|retrospective|observational|pilot|cohort|multi-?\s?cent(?:er|re)|phase|rct|"
    r"feasibility|cross-?sectional|registry|single[- ]cent(?:er|re)|open[- ]label|protocol|longitudinal|pragmatic|systematic|double[- ]blind|controlled|stud(?:y|ies)|trial)\b)[^:]*$",
)
_GROUPS = AnyCase(
    r"\b(?:patients?|people|participants|subjects|children|adults|women|men|infants|adolescents)\b"
)
_PHASE = AnyCase(
    r"[\s,(]*\b(?:in\s+|an?\s+)?(?<!luteal )(?<!follicular )phase\s*(?:[1-4]|I{1,3}V?|IV)[ab]?(?:\s*[/-]\s*(?:phase\s*)?(?:[1-4]|I{1,3}|IV)[ab]?)?\b(?:\s+(?:study|trial))?\s*(?:of\s+)?"
)
_BRACKET = re.compile(r"\s*[(（\[][^()（）\[\]]*[)）\]]")


_PLAIN = swaps("titles_plainly.txt")
#: Said of people, and an illness that they have: "severe asthmatic children".
_SAID_OF_THEM = {
    "asthmatic": "asthma",
    "diabetic": "diabetes",
    "hypertensive": "hypertension",
    "epileptic": "epilepsy",
}
_ALLERGIC_TO = r"(?:(?:hen['’]?s |cow['’]?s? |hazel|wal|pea|tree |cashew )?(?:egg|milk(?: protein)?|nut)|(?:grass |birch |tree |ragweed |cedar )?pollen|(?:house dust )?mite|wheat|cat|dog|fish|shrimp|shellfish|food|latex|penicillin)[- ]allergic"
_OF_WHICH_SORT = r"(?:IgE[- ]mediated|type[- ](?:1|2|II?)|severe|severely|mild|moderate|stable|chronic|persistent|allergic|atopic|eosinophilic|(?:un|poorly |well[- ])?controlled)"
_ILL_PEOPLE = AnyCase(
    rf"\b(?P<sort>(?:{_OF_WHICH_SORT}(?: (?:to|and|or) |-to-|, |/| ))*)(?P<ill>{'|'.join(_SAID_OF_THEM)}|{_ALLERGIC_TO})(?:s| (?P<group>(?:(?:pre)?school |infants and (?:young )?|children and |adolescents and (?:young )?)?(?:patients?|subjects|participants|people|adults|children|adolescents|women|men|youths?|infants)))\b(?P<also> with (?!(?:or|and) without))?"
)


def _with_what_they_have(found: re.Match[str]) -> str:
    group = re.sub(r"(?i)patients?|subjects|participants", "people", found["group"] or "people")
    return f"{group} with {found['sort']}{_SAID_OF_THEM.get(found['ill'].casefold()) or re.sub('(?i)[- ]allergic$', ' allergy', found['ill'])}{' and ' if found['also'] else ''}"


#: Said plainly before a title is looked at for whom it is about.
_FIRST = swaps("titles_first.txt")
_ASKS = {
    "safe": "harm", "saff": "harm", "tole": "harm", "effi": "helps", "acti": "helps", "bene": "helps", "effe": "effect", "impa": "effect", "infl": "effect",
    "role": "part", "outc": "comes", "phar": "level", "pk": "level", "pd": "level", "feas": "feasible", "acce": "feasible",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TitleParts:
    """What a title says it is on. asks: of "harm", "helps", "effect", "level", "feasible". rest: from the first "in", "on" or "for"."""

    asks: frozenset[str]
    thing: str
    rest: str
    article: str = ""  # "a ", where the title has one before the thing
    head: str = ""  # "the effects of ", where it was taken off

    @property
    def asked(self) -> str:
        """What is tried with its article, as it stands in a sentence."""
        return f"{self.article}{self.thing}"

    @property
    def whole(self) -> str:
        return f"{self.thing} {self.rest}".strip()

    @property
    def titled(self) -> str:
        """The phrase as a title: "effect of X on Y" keeps its head."""
        on = bool(self.asks & {"effect", "helps", "part"}) and self.rest.startswith("on ")
        on = on or (self.asks == {"effect"} and _IN_THE_BODY.match(self.rest) is not None)
        whole = _BASED.search(self.thing) or len(self.thing.split()) > MOST_WORDS // 2
        return f"effect of {self.whole}" if on and not whole else self.whole


#: A part of people, and no illness, where something is to have its effect.
_IN_THE_BODY = re.compile(r"in the (?:skin|brain|blood|lungs?|airways?|gut|nose|liver|heart|body|eyes?)\b")
_BASED = re.compile(r"\b(?:based|focused|dependent)$")  # the "on" behind it is its own


#: Short forms of illnesses that have one meaning, for titles of records that do not say it.
ILLNESSES = {
    "NSCLC": "non-small cell lung cancer", "SCLC": "small cell lung cancer", "T2DM": "type 2 diabetes", "T2D": "type 2 diabetes", "T1DM": "type 1 diabetes",
    "T1D": "type 1 diabetes", "AML": "acute myeloid leukemia", "CLL": "chronic lymphocytic leukemia", "HCC": "hepatocellular carcinoma", "mCRC": "metastatic colorectal cancer",
    "GBM": "glioblastoma", "DMD": "Duchenne muscular dystrophy", "HTN": "hypertension", "CKD": "chronic kidney disease", "HNSCC": "head and neck squamous cell carcinoma",
    "ESCC": "esophageal squamous cell carcinoma", "TNBC": "triple-negative breast cancer", "PTSD": "post-traumatic stress disorder", "DLBCL": "diffuse large B-cell lymphoma",
    "TBI": "traumatic brain injury", "CCH": "chronic cluster headache", "GDM": "gestational diabetes", "mCRPC": "metastatic castration-resistant prostate cancer", "DFU": "diabetic foot ulcer", "DFUs": "diabetic foot ulcers",
}  # fmt: skip
_WELL_KNOWN = frozenset({"HIV", "AIDS", "DNA", "RNA", "MRI", "CT", "PET", "COVID"})
_SHORT = re.compile(r"(?<![\w-])[A-Za-z]{0,2}[A-Z][A-Z\d]+s?(?![\w-])")


_SHORT_IN_BRACKETS = re.compile(r"\s*[(\[]\s*[\w/-]{2,9}\s*[)\]]")


def titles_of(study: Study, own: Mapping[str, str]) -> tuple[str, ...]:
    """The brief title and the official one, where there are; short forms of illnesses written out. own: the record's long forms."""
    things = all_names(study)

    def long(found: re.Match[str]) -> str:
        short = found[0]
        if short in _WELL_KNOWN:
            return short
        said = own.get(short, "") or ILLNESSES.get(short, "")
        fits = 2 <= len(said.split()) <= 6 or len(said) > 8
        # The study's own name, which the title itself spells out beside it, is no illness.
        behind = found.string[found.end() :]
        own_name = said.casefold() in (study.brief_title or "").casefold() and _STUDY_NAMED.match(behind)
        return said if said and fits and short not in things and not own_name else short

    texts = [
        one_line(each or "").replace("ı", "i").replace("İ", "I")[:LONGEST]
        for each in (study.brief_title, study.official_title)
    ]
    texts = [_IN_A_NAME.sub(r"\1⁽\2⁾", each) for each in texts]
    ills = {_HOW_FAR.sub("", one_line(each)).strip().casefold() for each in study.conditions[:60]}
    if len(ills) <= 2 and all(re.search(r"\w (?:leuk(?:a)?emia|lymphoma)$", each) for each in ills):
        texts = [_BLOOD_CANCERS.sub(" or ".join(sorted(ills)), each) for each in texts]
    bare = [_SHORT_IN_BRACKETS.sub("", each) for each in texts if each]
    young = r"\badolescents? and young adults?(?: patients| participants| subjects)?\b"
    bare = [re.sub(young, "adolescents and young adults", each, flags=re.IGNORECASE) for each in bare]
    for code, name in known_by_codes(study).items():
        bare = [re.sub(rf"(?i)(?<={re.escape(code)})\s*\({name}\)", "", each) for each in bare]
        bare = [each if name.casefold() in each.casefold() else each.replace(code, name) for each in bare]
    bare = [_ILL_PEOPLE.sub(_with_what_they_have, replaced(each, _FIRST)) for each in bare]
    return tuple(_TWICE.sub(r"\1", _SHORT.sub(long, each) if not each.isupper() else each) for each in bare)


_STUDY_NAMED = AnyCase(r"\s+(?:[\w-]+ )?(?:study|trial|registry)\b")
_HOW_FAR = AnyCase(r"[,(].*|\b(?:recurrent|refractory|relapsed)\b")
_BLOOD_CANCERS = AnyCase(r"\bh(?:a)?ematologic(?:al)? (?:malignancies|cancers)\b")
#: A bracket that is part of a name: "t(4;14)", "del(17p)".
_IN_A_NAME = re.compile(r"(?<!\w)(t|del|inv|der|IFN|TNF|TGF)[(⁽]([\w/;:.,-]{1,12})[)⁾]")


#: Said twice running, once a short form is written out: "acute leukemia (acute leukemia)".
_TWICE = AnyCase(r"\b(\w{4,}(?: \w[\w-]*){0,3}) \1\b")


_ITS_OWN_NAME = re.compile(r"^\s*[\w+-]+(?:\s[\w-]+)?\s*:\s+(?=\S+\s+\S+\s+\S+)")
_DESIGN_AHEAD = AnyCase(
    r"[^:]{3,80}\b(?:study|trial)\s*:\s*(?=.*\b(?:trial|study) (?:of|to|comparing|evaluating) .{30,})"
)
_SIGNS = re.compile(r"[\"“”*]")
_STUDY_AHEAD = AnyCase(r"^(?:the\s+)?[\w-]+\s+(?:study|trial|registry|program)\s*:\s*(?=\w+\s+\w+)")
_BEHIND_A_QUESTION = re.compile(r"\?.*$")
_OPEN_BRACKET = re.compile(r"[(\[][^()\[\]]*$|[()\[\]]")
_NUMBER_BEHIND = re.compile(r"\s+NCT\d{8}\b|(?<=\w{4})\.\s+[\w-]+(?:\s\d+)?$")


@lru_cache(maxsize=16)  # a read asks twice
def undressed(title: str | None) -> str:
    """A title without brackets, marks of trade, the study's short name before it and the design behind it."""
    text = TRADE.sub("", _IN_A_NAME.sub(r"\1⁽\2⁾", one_line(title or "")[:LONGEST])).strip(" .\"'“”")
    text = re.sub(r"\)(?=(?:in|of|for|and|on|to|with|by|versus|vs) )", ") ", text)  # a slip of the keyboard
    text = _ITS_OWN_NAME.sub(
        lambda found: "" if re.search(r"[A-Z].*[A-Z\d]", found[0]) else found[0],
        text,
    )
    if found := _DESIGN_AHEAD.match(
        text,
    ):
        text = text[found.end() :]
    text = _SIGNS.sub(
        "",
        _STUDY_AHEAD.sub("", text),
    )
    text = _BEHIND_A_QUESTION.sub("", text) if len(text.partition("?")[0].split()) >= LEAST_WORDS else text
    text = re.sub(r"\s+(?=,)", "", text)
    text = " ".join(_BRACKET.sub("", _BRACKET.sub("", text)).replace("‐", "-").replace("‑", "-").split())
    text = _OPEN_BRACKET.sub("", text).strip(" .,:;-–—")
    if (
        (found := _LEAD.match(text))
        and _ONLY_WAYS.fullmatch(found["ways"])
        and len(text[found.end() :].split()) >= LEAST_WORDS - 1
    ):
        text = text[found.end() :]
    for at in range(len(text)):
        if text[at] not in ":;,. " or not (found := _DESIGN_TAIL.match(text, at)):
            continue
        kept = text[:at]
        if len(kept.split()) >= LEAST_WORDS and (not _GROUPS.search(found[0]) or _GROUPS.search(kept)):
            text = kept
            break
    kept, colon, rest = text.partition(": ")
    if colon and len(kept.split()) > LEAST_WORDS and (not _GROUPS.search(rest) or _GROUPS.search(kept)):
        text = kept
    # A study's short name behind the title's own sentence.
    text = _NUMBER_BEHIND.sub("", text).strip(" .,:;-–—")
    return text.replace("⁽", "(").replace("⁾", ")")


_WITH_AND_ALONE = re.compile(r"(.+?) (?:with|and|plus) (.+?) and ((?:[\w-]+ ){1,4}alone)")


_COMPARES = AnyCase(r"\bcompar(?:e|es|ed|ing|ison)\b")
_ARTICLE = AnyCase(r"(?:the|an?)\s+")
_PLUS = re.compile(r"\s\+\s(?=[^+]*\s\+\s)")
_THREE = re.compile(r"((?:,|\bof) \S+) and (\S+) and ")
_TRIAL_BEHIND = AnyCase(r"(?<=\w{4}) trial$")
_STUDY_BEHIND = re.compile(r"^((?:\S+ ){4,}\S+) (?:study|trial)$")
_REST = re.compile(
    r"(?<!followed)\s(?:in|on|for|among|(?<!moderate )(?<!mild )(?<!response )(?<!responses )(?<!reactions )to|as|during|after|following|before|undergoing|at|from|by|when)\s"
)
_SAFETY_OF = re.compile(r"(.{4,} (?:system|device|implant|cage|disc)) safety")


@lru_cache(maxsize=16)  # a read asks for some of them again
def topic(title: str | None, case: Case) -> TitleParts:
    """The title in parts, in small letters, with the words of the paperwork taken off."""
    text, asks = undressed(title), set[str]()
    compares = _COMPARES.search(one_line(title or "")[:LONGEST]) is not None
    for pattern in (_PHASE, _VERB):
        shorter = pattern.sub(" ", text, count=1).strip(" .,:;-–—")
        text = shorter if len(shorter.split()) >= LEAST_WORDS - 1 else text
    article = head = ""
    if found := _HEADS.match(text):
        words = re.findall(r"[a-z]+", found[0].casefold())
        asks = {each for word in words if (each := _ASKS.get(word[:4]) or _ASKS.get(word))}
        if "effectiveness" in words:
            asks = asks - {"effect"} | {"helps"}
        kept = text[found.end() :].strip()
        article = found["article"] or ""
        head, text = (found[0], kept) if len(kept.split()) >= 2 else ("", text)
    elif found := _ARTICLE.match(text):
        article, text = found[0], text[found.end() :]
    if _ONLY_WAYS.fullmatch(f"{text} "):
        return TitleParts(frozenset(), "", "")  # how it is set up, and nothing on what it is
    text = _PLUS.sub(", ", text)  # "A + B + C" is "A, B and C"
    text = replaced(case.small(text) if text.isupper() else text, _PLAIN)  # plain words are small
    text = _THREE.sub(r"\1, \2 and ", " ".join(text.split()))
    text = case.small(_STUDY_BEHIND.sub(r"\1", text))
    start = _REST.search(
        text,
    )
    thing, rest = (text[: start.start()].strip(" ,"), text[start.start() :].strip()) if start else (text, "")
    ahead, on, behind = rest.partition(" on ")
    if (
        on
        and "effect" in asks
        and not (rest.startswith("on ") or _BASED.search(ahead) or _GROUPS.search(ahead))
    ):
        thing, rest = f"{thing} {ahead}", f"on {behind}"  # "effect of breaks in sitting on Y"
    thing = (
        _TRIAL_BEHIND.sub("", thing) if rest.startswith(("to prevent ", "to ease ", "to reduce ")) else thing
    )
    if (
        rest.startswith("on ")
        and not asks
        and re.match(r"(?i)(?:an? |the )?(?:assess|evaluat)", one_line(title or ""))
    ):
        asks = {"effect"}  # "Assessment of X on Y"
    if more := _WITH_AND_ALONE.fullmatch(thing):
        # "A with B and B alone": nobody gets all of it.
        thing = f"{more[1]} with {more[2]} compared with {more[3]}"
    if safe := _SAFETY_OF.fullmatch(thing):
        asks, thing, article = asks | {"harm"}, safe[1], article or "the "
    if compares and (
        beside := re.fullmatch(
            r"to (?!prevent |ease |reduce |improve |treat )(.+?)( (?:in|for|after|following|during) .+)?",
            rest,
        )
    ):
        thing, rest = f"{thing} compared with {beside[1]}", (beside[2] or "").strip()
    elif compares and re.fullmatch(r"(?:(?! with | and ).)+ and (?:(?! with | and ).)+", thing):
        thing = thing.replace(" and ", " compared with ")
    if compares and " compared with " not in thing:
        asks |= {"compares"}  # "comparing A with B": nobody gets both
    return TitleParts(frozenset(asks), thing, rest, article.casefold(), case.small(head))


_TO_LEARN = AnyCase(
    r"to (?:further |better |prospectively |retrospectively |primarily )?(?:evaluate|assess|determine|measure|describe|estimate|investigate|examine|identify|characteri[sz]e|establish|study|explore|find(?: out)?|look (?:at|for)|observe|learn(?: more)?(?: about)?|gain (?:more )?(?:information|knowledge|insights?) (?:about|on|into)|improve (?:the )?(?:knowledge|understanding) (?:about|on|of)|understand|test|"
    r"analy[sz]e|quantify|compare|demonstrate|confirm|define|verify|document|validate)(?: and (?:evaluate|compare|assess|describe|quantify|understand|analy[sz]e))?(?: prospectively| retrospectively)? (?!how|what|which|why|when|where|whether|if )(?P<thing>.+)"
)
_NEXT_AIM = AnyCase(
    r" within (?:\w+ ){1,3}(?:of|follow\w*|after)\b.*|,? (?:and|as well as|in order) to\b.*|,? and (?:evaluate|assess|determine|compare|identify|explore|describe|examine|investigate|study|analy[sz]e|measure|report|establish)\b.*|, (?:and|in terms|with regard|as|which|while|who|by|using|including|compared|when)\b.*|"
    r" (?:by (?:means|using|compar|measur|evaluat|assess)|using|as measured|in order|with regard to|in terms of|based on|through)\b.*"
)


def phrase_of(aim: str, case: Case) -> TitleParts | None:
    """What a team's aim is to learn of, in parts as a title is; None where it begins otherwise."""
    found = _TO_LEARN.fullmatch(aim)
    if not found:
        return None
    thing = re.sub(r", as compared (?:to|with) [^,]+,", "", found["thing"])
    thing = re.sub(r"(\bbetween .+?), and ", r"\1 and ", thing)
    made = topic(re.sub(r"^the safe (?:and \w+ )?use of ", "", _NEXT_AIM.sub("", thing)), case)
    # "to compare A to B": nobody gets both.
    return replace(made, asks=made.asks | {"compares"}) if re.search(r"(?i)\bcompar", aim) else made


#: A title that claims something now, or begins with what the study does.
CLAIMS_NOW = re.compile(
    r"^(?:identify|detect|develop|establish|enable|improve|reduce|understand|promote|predict|describe|if|whether|how)\b|(?<!to )(?<!that )\b(?:is|are|was|were|does|do|can|will|has|predicts?|promotes?|improves?|reduces?|prevents?|causes?|leads?|affects?|enhances?|alleviates?|influences?|evaluate|assess|compare|determine|enable|study|trial|registry|find|if|how)\b|[:;?\"]"
)
#: What only looks at people: scans, tests, predictions.
LOOKS = pattern_of("titles.looks")
_NEEDS_THE = re.compile(
    r"(?:relationship|association|correlation|frequency|prevalence|incidence|role|effect|impact|identification|use|value|rate|outcomes?|results?|reduction|quality|validity|accuracy|feasibility|safety|development|"
    r"comparison|link|combination|influence|course|burden|predictors|effectiveness|efficacy|\w+(?:tion|ment|ance|ence|ity|sis))s?\b[^,]*?\b(?:of|between|for)\b"
)


def named(topic: TitleParts) -> str:
    """A topic as it stands in a sentence: "the effect of ...", "a study's thing"."""
    return f"{topic.article or ('the ' if _NEEDS_THE.match(topic.titled) else '')}{topic.titled}"


#: Words by which a title sets a study in a course of treatment; a title or question of ours that drops one is of something else.
_SETTING = AnyCase(
    r"\b(?:maintenance|following|after|post-?oper\w*|neo-?adjuvant|adjuvant|consolidation|pre-?oper\w*|peri-?oper\w*|during|before|induction|switch\w*|extension|"
    r"conditioning|transplant|HSCT|surg|withdrawal|prevent|prophyla|resected)"
)


def setting(text: str) -> frozenset[str]:
    """The words of a text that set a study in a course of treatment."""
    return frozenset(found.casefold() for found in _SETTING.whole.findall(text))
