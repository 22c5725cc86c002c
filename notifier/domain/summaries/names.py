"""The registry's names as people write them: of what is tried, of conditions, and its titles in sentence case.

A name is only made shorter, turned round or written small; none is ever replaced by another one.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from notifier.domain.study import Study
from notifier.domain.summaries.any_case import AnyCase, small
from notifier.domain.summaries.tables import pattern_of, word_list
from notifier.domain.summaries.words import is_everyday
from notifier.domain.wording import one_line

#: Names that name nothing: what a group is called in place of what it gets.
_LABELS = pattern_of("names.labels")
#: What nobody would call the thing that is tried, unless there is nothing else: samples, scans, questions.
SIDE_SHOW = pattern_of("names.side_show")
PLACEBO = AnyCase(r"\bplacebos?\b|\bvehicle\b|\bdummy\b")
SHAM = AnyCase(r"\bsham\b|\bsimulated\b|\bpretended\b")
USUAL = pattern_of("names.usual")
_CODE = re.compile(r"(?=\w*\d)[A-Za-z]{1,6}[- ]?\d[\w./-]*|[A-Z]{2,}[-/]?\d[\w-]*")
_DOSE = re.compile(
    r"[\s,;:(]*\b(?:at\s+|of\s+)?\d+(?:[.,]\d+)?\s*(?:-\s*\d+(?:[.,]\d+)?\s*)?"
    r"(?:mg|milligrams?|mcg|µg|μg|ug|g|kg|ml|mL|IU|U|units?|%|mg/kg|mg/m2|mg/m²|mg/day|nmol|mmol|Gy|mCi|vg)(?:/\w+)*\b[^+/]*$"
)
_FORM = pattern_of("names.form")
TRADE = re.compile(r"\s*[®™©℠]|\((?:R|TM)\)")
_BRACKET = re.compile(r"\s*[(（\[]([^()（）\[\]]*)[)）\]]")
_KIND = re.compile(
    r"^(?:Drug|Device|Biological|Procedure|Radiation|Behavioral|Genetic|Dietary Supplement|Combination Product|"
    r"Diagnostic Test|Other):\s*"
)
_INN = re.compile(
    r"\w{2,}(?:mab|nib|tin|ine|one|ole|ide|ate|cin|vir|mus|cept|fen|fil|lol|pril|rin|rone|sone|lone|tan|taxel|platin|"
    r"bicin|stine|parib|clib|ciclib|zomib|domide|amide|aine|lam|pam|done|pine|oxetine|phen|olol|xaban|gatran|trexed|trexate|"
    r"abine|mide|mycin|cillin|azole|prazole|statin|gliptin|gliflozin|glutide|tide|kinra|limus|sartan|setron|triptan|gepant|"
    r"formin|lukast|profen|coxib|olone|asone|onide|terol|tropium|dronate|trel|stat|ast|ane|ene|ol|il|um|in|ab|an)",
)
#: Names of people and places in the names of illnesses and methods, which keep their capital.
_NAMED = word_list("named.txt")
_OF_TWO = AnyCase(r"\b(?:united (?:kingdom|states|arab emirates)|silver[- ]russell)\b")
_CHILD_PUGH, _SARS = AnyCase(r"\bchild[ -]pugh\b"), AnyCase(r"\bsars[- ]cov[- ]?2\b")
#: Behind these a letter is a name: "type A".
_KINDS_OF = pattern_of("names.kinds_of")
#: Small words that stand small in any title.
_SMALL_WORDS = """
a an the and or nor of in on for with without to from by at as versus vs via per than into after before during among
between under over until who whose which that their its is are be not plus using through
"""
_SMALL = frozenset(_SMALL_WORDS.split())


_A_WORD = re.compile(r"[A-Za-zÀ-ÿ][\wÀ-ÿ'’]*")
_LONG_WORD = re.compile(r"[A-Za-z]{4,}")


class Case:
    """Writes what is in capitals small where the record itself, or the shape of the word, shows that it is no name."""

    def __init__(self, study: Study) -> None:
        self._made: dict[str, str] = {}
        texts: list[str | None] = [study.brief_summary, study.eligibility.criteria]
        texts += [each.description for each in study.arms]
        texts += [each.description for each in study.interventions]
        texts += [each.description for each in study.primary_outcomes]
        told = " ".join(filter(None, texts))
        words = {*told.split()}  # they come again and again
        small = {
            each for each in words if len(each) > 1 and each.isascii() and each.isalpha() and each.islower()
        }
        self._small = small.union(re.findall(r"(?<!\w)[a-zà-ÿ]{2,}", " ".join(words - small)))
        # A capital in the middle of a sentence may be that of a name; of a place or a brand it surely is.
        short = [each.name or "" for each in study.interventions if len((each.name or "").split()) <= 2]
        self._names = {
            word.casefold() for word in re.findall(r" (?<=[a-z,] )([A-Z][a-z]+)", " ".join((told, *short)))
        }
        self._names |= {word.casefold() for each in short for word in re.findall(r"[A-Z][a-z]+", each)}
        self._given = " ".join(each.name or "" for each in study.interventions).casefold()
        places = [f"{each.country} {each.city}" for each in study.locations[:400]]
        brands = [
            each.name or ""
            for each in study.interventions
            if each.type in {"DEVICE", "BEHAVIORAL", "COMBINATION_PRODUCT"}
            and len((each.name or "").split()) <= 2
        ]
        kept = re.findall(r"[A-Z][a-z]+", " \n ".join((*places, *brands)))
        self._kept = {word.casefold() for word in kept}
        marked = " ".join(filter(None, (study.brief_title, study.official_title, *texts, *short)))
        marks = (
            re.findall(r"((?:\b(?!\w+(?:ous|al|ed|ing) )[A-Z][a-z]+ )?\b[A-Z][a-z]+)(?<!ly) ?[®™]", marked)
            if "®" in marked or "™" in marked
            else ()
        )
        self._kept |= {word.casefold() for each in marks for word in each.split()}
        # An everyday word is a brand where the mark stands behind it, and it begins the name of what is given.
        firsts = {(each.name or "").partition(" ")[0] for each in study.interventions}
        self._brands = {each.split()[-1].casefold() for each in marks if each.split()[-1] in firsts}

    def sentence(self, text: str) -> str:
        """Text in sentence case: words that are no names begin small, and the first letter is a capital."""
        return first_up(self.small(text))

    def small(self, text: str) -> str:
        """Text with words that are no names written small."""
        if text not in self._made:  # a read asks for most of them again
            made = _SARS.sub("SARS-CoV-2", _CHILD_PUGH.sub("Child-Pugh", text))
            if not made.islower():
                letters = list(filter(str.isalpha, made))
                if len(letters) > 12 and sum(map(str.isupper, letters)) > 0.8 * len(letters):
                    made = " ".join(self._shouted(word) for word in made.split())
                whole = _RUN_TOGETHER.sub(self._apart, made)
                made = _A_WORD.sub(lambda found: self._word(found, whole), whole)
                made = _OF_TWO.sub(lambda found: found[0].title(), made)
            self._made[text] = made
        return self._made[text]

    def _apart(self, found: re.Match[str]) -> str:
        """Two words that were typed as one, where neither is part of a name: "MildTraumatic"."""
        one, other = found[1].casefold(), found[2].casefold()
        known = (one in _EVERYDAY_CAPITALS or one == "post") and _COMMON.search(other)
        if not known or found[0].casefold() in self._given:
            return found[0]
        return f"{found[1]}{'-' if one == 'post' else ' '}{other}"

    def _is_spelled(self, word: str) -> bool:
        """Whether a word has capitals within for a study's short name, and is no name itself."""
        plain = word.casefold()
        everyday = len(word) > 3 and (is_everyday(plain) or plain in _EVERYDAY_CAPITALS)
        common = re.fullmatch(r"[A-Z]{2,}[a-z]{3,}", word) and _COMMON.search(plain)
        return bool(everyday or (common and plain not in self._given))

    def _shouted(self, word: str) -> str:
        plain = re.sub(r"\W", "", word)
        if any(sign.isdigit() for sign in plain) or (len(plain) <= 4 and plain.casefold() not in self._small):
            return word if plain.casefold() not in _SMALL else word.lower()
        return word.capitalize() if plain.casefold() in _NAMED else word.lower()

    def _word(self, found: re.Match[str], text: str) -> str:
        word = found[0]
        if word.islower():
            return word
        bare = re.sub(r"['’]s?$", "", word) if "'" in word or "’" in word else word
        before = text[found.start() - 1] if found.start() else " "
        after = text[found.end()] if found.end() < len(text) else " "
        if (
            len(bare) > 3
            and bare.isupper()
            and (bare.casefold() in self._small or bare.casefold() in _EVERYDAY_CAPITALS)
        ):
            return word.lower()
        if (
            not bare.isupper()
            and not bare[1:].islower()
            and re.fullmatch(r"[A-Za-z]{5,}|[A-Z]{2,}[a-z]+", bare)
            and (bare.casefold() in self._small or self._is_spelled(bare) or _ENDS_AS_A_WORD.search(bare))
        ):
            return word.lower()  # "INTense ExeRcise", by which a study's short name is spelled
        if (
            not (word[0].isupper() and (bare[1:].islower() or len(bare) == 1))
            or before.isdigit()
            or after in "®™"
        ):
            return word
        if len(bare) == 1:
            return (
                word.lower()
                if word == "A"
                and not _KINDS_OF.search(text[: found.start()])
                and before == " "
                and after == " "
                and found.end() < len(text)
                else word
            )
        plain = bare.casefold()
        if plain in _NAMED or (plain == "ph" and after in "+-") or text.startswith("-Pugh", found.end()):
            return word
        if plain in self._brands:
            return word
        if plain in self._small or plain in _SMALL or plain in _EVERYDAY_CAPITALS or is_everyday(plain):
            return word.lower()
        if plain in self._kept:
            return word
        if _COMMON.search(plain):
            return word.lower()
        if bare != word:
            return word
        if _INN.fullmatch(plain) and len(plain) > 5:
            return word.lower()
        # In a title whose words all have capitals, a capital proves no name.
        capitals = [each[0].isupper() for each in _LONG_WORD.findall(text)]
        return (
            word.lower()
            if plain not in self._names and len(capitals) > 2 and sum(capitals) > len(capitals) / 2
            else word
        )


_ENDS_AS_A_WORD = re.compile(r"(?i:ive|ics|tions?|ment|ness|ity|ing|ous|able|ance|ence)$")
_RUN_TOGETHER = re.compile(r"([A-Z](?<!\w[A-Z])[a-z]{2,})([A-Z][a-z]{5,})\b")
_COMMON = re.compile(
    r"(?:itis|emia|aemia|osis|oma|omas|pathy|pathies|ectomy|otomy|plasty|scopy|graphy|therapy|therapies|logy|logical|ation|"
    r"ition|sion|ment|ness|ity|ism|ing|ings|ed|ic|ical|al|ary|ous|ive|able|ible|ease|eases|gen|ection|ections|ancer|dromes|umor|"
    r"umou?rs?|lasms?|drome|ders?|iency|ency|ance|ence|ure|ular|oid|ia|ias|tics?|ants?|ents?|ers?|ors?|ies|ics?|ists?|ly|"
    r"tion|tions|age|ate|ates|phy|ysis|yses|eral|ain|ory|ound|ache|aches|iple|apse|way|lex|uted|ient|back|neck|knee|disc|disk|cell|cells|blood|stem|type|stage|grade)$"
)
_EVERYDAY_CAPITALS = word_list("written_small.txt")


_BEGINS_AS_A_CODE = re.compile(r"[a-z]+[A-Z\d]|[a-z]-")


def first_up(text: str) -> str:
    """The text with a capital at its beginning, unless it begins with a code such as 'mRNA-1273'."""
    return text if _BEGINS_AS_A_CODE.match(text) else text[:1].upper() + text[1:]


def all_names(study: Study) -> str:
    """All names of all that anybody in a study gets, in one text."""
    return " ".join(f"{each.name} {' '.join(each.other_names)}" for each in study.interventions)


@lru_cache(maxsize=256)  # a read asks for each fifty times
def of_kind(name: str) -> str:
    """The name of an intervention as an arm lists it, without its sort: 'Drug: Tea' is 'Tea'."""
    return _KIND.sub("", one_line(name))


_ONE_WORD = re.compile(r"[A-Za-z][a-z]{5,}")


def known_by_codes(study: Study) -> dict[str, str]:
    """The codes of medicines that the record lists by their one known name."""
    return {
        code: each.name
        for each in study.interventions
        if each.name and _ONE_WORD.fullmatch(each.name) and _INN.fullmatch(each.name.casefold())
        for code in map(one_line, each.other_names)
        if _CODE.fullmatch(code)
    }


def is_label(name: str) -> bool:
    """Whether a name only says which group it is for."""
    return _LABELS.fullmatch(name.strip(" .:-")) is not None or len(name) < 2


#: What a medicine with a code is, before that code.
_WHAT_IT_IS = re.compile(
    r"^(?:[\w-]+ ){1,5}(?:[Ii]nhibitor|[Aa]ntibody|[Aa]gonist|[Aa]ntagonist) (?=[A-Za-z]{1,4}-?\d)"
)
#: More than one name; or what is counted, even where a record lists it as what is given.
_NO_THING_GIVEN = pattern_of("names.no_thing_given")


_BEHIND_A_NAME = (
    AnyCase(r"\s+-\s+(?:injectable|oral|intravenous|subcutaneous|tablet|capsule|topical)\b.*$"),
    AnyCase(r"[\s,-]+(?:low|mid|middle|medium|moderate|high|higher|lower)[- ]dose(?:\s\w)?$"),
    AnyCase(r"\s+or (?:\w+ )?placebo$"),
)
_BEFORE_A_NAME = pattern_of("names.before_a_name")
_APPOSITION = re.compile(r",\s+an?\s.*$")
_BEFORE_A_COMMA = re.compile(r"\s+,")
_INTO_THE_BODY = re.compile(r"(?:intra|epi|peri|sub)\w+(?<!ous)$|\b(?:nasal|nerve|caudal)$")
_OF_A_GROUP = AnyCase(r"\s+(?:group|arm|cohort|for|by)$")
_ONLY_A_QUALITY = re.compile(r"(?:al|ive|ed|ic)$")
_BEGINS_NO_NAME = pattern_of("names.begins_no_name")
_PLUS = re.compile(r"\s\+\s|(?<=\w{3})\+(?=[^\W\d]{3})")
_OF_EXERCISE = AnyCase(r"(?<=exercise) intervention\b|(?<=training) intervention\b")
_AND_WHICH = re.compile(r"^([^()]{3,40}?) - ([a-z][\w -]{2,30})$")


def tried_name(name: str, kind: str | None, others: Iterable[str], case: Case) -> str | None:
    """What is tried, as a person would write it: 'MK-3475 (pembrolizumab)' is 'pembrolizumab'. None where it is a label.

    others: the other names that the record gives it.
    """
    text = TRADE.sub("", of_kind(name)).strip(" .,;:")
    text = _BEFORE_A_NAME.sub(
        "",
        text,
    )
    bracket = _BRACKET.search(text)
    bare = " ".join(_BRACKET.sub(" ", text).split()).strip(" .,;:-")
    bare = _APPOSITION.sub("", _BEFORE_A_COMMA.sub(",", bare))
    if (
        bracket
        and kind in {"DRUG", "BIOLOGICAL"}
        and re.fullmatch(r"[a-z]{5,}(?:mab|nib|tide|gliptin|gliflozin)", bracket[1].strip())
    ):
        bare = bracket[1].strip()
    if (
        bracket
        and _CODE.fullmatch(bare)
        and re.fullmatch(r"(?!anti-)[A-Za-z][A-Za-z -]{4,30}", bracket[1].strip())
    ):
        bare = bracket[1].strip()
    if kind in {"DRUG", "BIOLOGICAL", "DIETARY_SUPPLEMENT", "COMBINATION_PRODUCT"} and not re.search(
        r"\s[+/]\s", bare
    ):
        for pattern in (_DOSE, _FORM, _DOSE) if "dialysis" not in bare else ():
            shorter = pattern.sub("", bare).strip(" .,;:-")
            if _INTO_THE_BODY.search(shorter):
                continue  # "intrapolyp injection" is what is done
            bare = shorter if len(shorter) >= 3 else bare
    for pattern in (*_BEHIND_A_NAME, _WHAT_IT_IS):
        bare = pattern.sub("", bare)
    shorter = _OF_A_GROUP.sub("", bare)
    bare = bare if _ONLY_A_QUALITY.search(shorter) else shorter  # "educational" alone names nothing
    if bare.casefold() in {"nutritional", "dietary"}:
        bare = f"{bare} support"
    if _CODE.fullmatch(bare):
        inn = next(
            (each for each in map(one_line, others) if re.fullmatch(r"[a-z]{6,}(?: [a-z]{4,})?", each)), None
        )
        bare = inn or bare
    if _BEGINS_NO_NAME.match(
        bare,
    ):
        return None
    if not bare or is_label(bare) or len(bare.split()) > 7 or _NO_THING_GIVEN.search(bare):
        return None
    bare = _PLUS.sub(" with ", bare)
    # What only a form has: "exercise intervention - cycling".
    bare = _OF_EXERCISE.sub("", bare)
    return case.small(_AND_WHICH.sub(r"\1 (\2)", bare))


_DROPPED = pattern_of("names.dropped")
_NOT_TURNED = AnyCase(r"\b(?:with|and|or|including|due to|without)\b|;|\d")
_STAYS = AnyCase(r"(?:type|stage|grade|class)\s+[\dIVX]+[A-D]?")


_ITS_SHORT_FORM = re.compile(r"([A-Z][\w/]{1,9})\s+-\s+(.{8,})")
_OF_A_FORM = AnyCase(r"^[A-Z]\.\s+|\s+(?:phase [\d/IV]+.*|clinical trials?|patients?|participants?)$")


@lru_cache(maxsize=512)  # a read asks twice, and a record may have hundreds
def condition_name(name: str, case: Case) -> str | None:
    """A condition as people write it: 'Carcinoma, Non-Small-Cell Lung' is 'non-small-cell lung carcinoma'."""
    text = TRADE.sub("", one_line(name)).strip(" .,;:-")
    if found := _ITS_SHORT_FORM.fullmatch(text):
        text = found[2]
    text = " ".join(_BRACKET.sub(" ", text).split()).strip(" .,;:-")
    text = _DROPPED.sub("", text).strip(" ,")
    text = _OF_A_FORM.sub("", text)
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) == 2:
        text = _turned(parts)
    elif len(parts) > 2:
        return None
    text = " ".join(text.split())
    low = small(text)
    for pattern, said in _TOLD_PLAINLY:
        if pattern.search_in(text, low):
            text = " ".join(pattern.whole.sub(said, text).split())
            low = small(text)
    if not text or len(text.split()) > 9 or is_label(text):
        return None
    return case.small(text)


_ARABIC = {"I": "1", "II": "2", "ONE": "1", "TWO": "2"}
_TOLD_PLAINLY: tuple[tuple[AnyCase, str | Callable[[re.Match[str]], str]], ...] = (
    (AnyCase(r"\bMellitu?i?s\b"), ""),
    (AnyCase(r"\bmalignant neoplasms?\b"), "cancer"),
    (AnyCase(r"\bneoplasms\b"), "tumours"),
    (AnyCase(r"\bneoplasm\b"), "tumour"),
    (AnyCase(r"\basthmatics?\b"), "asthma"),
    (AnyCase(r"\b(?:diabete|diabetic)\b(?=\s*(?:type)?\s*\d?$)"), "diabetes"),
    (
        AnyCase(r"^(diabetes)\s*,?\s*type[- ]?(1|2|I|II)$"),
        lambda m: f"type {_ARABIC.get(m[2].upper(), m[2])} {m[1]}",
    ),
    (
        AnyCase(r"^type-?\s*(1|2|I|II|one|two)\s*diabetes\w*$"),
        lambda m: f"type {_ARABIC.get(m[1].upper(), m[1])} diabetes",
    ),
    (AnyCase(r"^(.+?)\s+(chronic|acute|recurrent|refractory|metastatic|adult|childhood)$"), r"\2 \1"),
    (AnyCase(r"(?<=\bcancer) (?:fe)?male$|^adult (?=[\w -]*(?:cancer|carcinoma|oma|tumou?r)s?$)"), ""),
)


def _turned(parts: list[str]) -> str:
    """'Pain, Postoperative' is 'Postoperative Pain'; 'Diabetes, Type 2' stays in its order."""
    head, tail = parts
    if re.fullmatch(r"[A-Z]{2,6}", head):
        return tail
    if _STAYS.fullmatch(tail) or tail.startswith(("in ", "In ")):
        return f"{head} {tail}"
    if _NOT_TURNED.search(f"{head} {tail}") or len(tail.split()) > 3 or len(head.split()) > 3:
        return f"{head}, {tail}"
    return f"{tail} {head}"
