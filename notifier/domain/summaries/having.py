"""What people can be said to have: the one judge of whether words name an illness or a state of health, and a phrase people with one.

Refuses what only stands beside an illness: what is done about it, what is measured of it, and what was cut or typed in the wrong place.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from notifier.domain.illnesses import is_known
from notifier.domain.summaries.tables import pattern_of, word_list

_WORDS = word_list("illness_words.txt")
#: How names of illnesses end.
_ENDS = re.compile(
    r"(?:itis|itides|a?emia|osis|oses|oma|omata|pathy|plasia|plasm|trophy|plegia|paresis|penia|algia|dynia|uria|rrh(?:o?ea|age)|"
    r"phobia|mania|tension|iasis|ectasis|ectasia|malacia|megaly|stasis|cele|opia|ismus|thorax|lepsy|plexy|kinesia|tonia|phagia|"
    r"phasia|pno?ea|philia|cytosis|dermia|(?:thyroid|gonad|aldosteron|pituitar)ism|virus)$"
)
#: Behind the noun of an illness: of which sort it is.
_SORT = re.compile(
    r"(?i: vulgaris| multiforme| mellitus| erythematosus| areata| gravis| nervosa| simplex| labialis| bronchiale| pulposus| continua| variant| IDH[- ]wild-?type)$|"
    r"(?: (?:types?|stages?|grades?|class|group)? ?(?:[A-HJ-UWYZ]|[\dIVX]+[A-Ca-c]?)(?:[-/][\dIVX]+[A-Ca-c]?)?)+$"
)
_TO = r"of|in|with|without|to|on|at|by|for|from|after|before|during|following|despite|under|using|via|through|as|because|not|than|versus|per|over|across|amongst?"
#: Where the noun of an illness ends, and what narrows it down begins.
_LINK = re.compile(
    rf",?\s(?:(?:[a-z]+ly )?(?:(?:[\w-]+(?:ed|[ai]nt|ory|ible|ive|ary)|due|prior) )?(?:{_TO})|[-–]|who|whose|that|which|(?:and|or) (?:its|their|in)|aged|(?<![\d+] )(?:expressing|harbou?ring|requiring|involving|including|having|undergoing|receiving|affecting|arising|initiating|starting|taking|getting|attending))(?=\s|$)|^(?:{_TO})\b"
)
_BEFORE_IT = pattern_of("having.before_it")
_RANGE = pattern_of("having.range")
_BETWEEN = re.compile(r",? (?:and/or|and|or|as well as) |, |(?<=\w)/(?=\w)|\s/\s?|\s&\s")
#: What is done, made or looked for, and nothing that anybody has.
_DONE = pattern_of("having.done")
#: Illnesses by name, and what something that is done to people may bring, or is to keep away.
MAY_COME = pattern_of("having.may_come")
_DOING = re.compile(
    r"(?!(?:relaps|remitt|bleed|exist|underly|smou?lder|recurr|disabl|progress|ongo|worsen|limit|debilitat|persist)ing)[a-z]{3,}ing "
)
_WITH_AN_ORGAN = re.compile(r"(?:[\w-]+ )+transplant")
_QUALITY = re.compile(r"(?:ic|ed|al|ive|ill|ous|ly|ary|ing)$")
#: What shares the noun of what is named behind it: "relapsed or", "gastric and".
_SHARES = re.compile(
    r"[a-zà-ÿ-]+|(?:relapsed |refractory |recurrent )?[A-Z]|(?:relapsed |refractory |recurrent )?[A-Za-z]+\d+\w*|(?:relapsed|refractory|recurrent) \S+-\S+|(?:[\w/+'’-]+ )*(?:[\w-]*(?:al|ic|ive|ed|ary|ory|ar|ous|able|ible|ant|ent|ate|oid|ile|ing|[a-z]ly)|\d|[IVX]+|cell|stage|grade|type|line|risk|junction|neck|head|[\w-]*(?:positive|negative|mutated|mutant|na[iï]ve)|\S*[+-])"
)
#: A part of the body, or what is measured in it, and a state by what is said of it.
_STATE = pattern_of("having.state")
GROUPS = r"(?:people|adults|children|women|men|adolescents|teenagers|youths?|infants|toddlers|newborns|neonates|babies|veterans|survivors|recipients|boys|girls|volunteers|patients|participants|subjects|caregivers|carers|care partners|parents|mothers|fathers|relatives|siblings|spouses|family members|nurses|students|staff|workers|physicians|clinicians|teachers)"
_REACTS_TO = re.compile(
    r"(?:allerg(?:y|ies)|sensitivity|reactions?|intolerance|resistance|sensiti[sz]ation|exposure|addiction)$"
)
#: Behind the noun, and not of the illness: what is looked at in it, and how.
_NO_PART = re.compile(
    r" in (?!intensive)(?:the |an? )?(?:[\w-]+,? )*(?:management|medicine|care|hospitals?|region|trials?|study|practice)$|"
    r"^ [-–] .*|^,? (?:(?:through|via|using|by|and (?:its|their)|based)\b|on (?!(?:[\w+/-]+ ){0,4}(?:\w*therapy|treatment|dialysis|medication|\w*insulin|steroids|drugs|waiting list|ventilat\w+|\w+(?:ib|ab|in|ine|ide|one|ol|il|ants?|ors?)s?)\b)).*"
)
_IN_A_GROUP = re.compile(rf" (?:in|among|of|into) (?:[\w-]+ )*?{GROUPS}\b.*")
_ONE_MORE = re.compile(r"(?: and |, )(?:(?! and |, ).)*$")
_TO_DO = re.compile(r"^ to (?!(?:a|an|the|be)\b)[a-z]+\b(?! (?:severe|high)\b).*")


@lru_cache(maxsize=2048)
def _is_one(noun: str) -> bool:
    """Whether one noun, with the words before it, is that of an illness: by its word, its ending or the thesaurus."""
    raw = _SORT.sub("", noun).rpartition(" ")[2].rpartition("-")[2]
    if raw in _WORDS or _STATE.match(noun):
        return True
    head = _SORT.sub("", noun).rpartition(" ")[2].casefold().strip("()'’.")
    for word in {head, head.rpartition("-")[2]}:
        one = word.removesuffix("s") if not word.endswith(("ss", "us", "is")) else word
        ways = {word, one, word.removesuffix("es")} | ({f"{word[:-3]}y"} if word.endswith("ies") else set())
        if ways & _WORDS or any(map(_ENDS.search, ways)):
            return True
    words = noun.split()
    return not _QUALITY.search(head) and any(
        is_known(" ".join(words[at:])) for at in range(max(len(words) - 4, 0), len(words))
    )


def is_illness(said: str, long_forms: Mapping[str, str]) -> bool:
    """Whether words name one or more illnesses, each by the noun it stands on."""
    *others, last = _BETWEEN.split(_noun(said))

    def one(each: str) -> bool:
        if _WITH_AN_ORGAN.fullmatch(each):
            return True
        if not each or _DONE.search(each) or (_DOING.match(each) and not is_known(each)):
            return False
        short = _SORT.sub("", each).rpartition(" ")[2]
        long = long_forms.get(short) or long_forms.get(short.rpartition("-")[2])
        return is_illness(long, {}) if long else _is_one(each)

    return one(last) and all(
        one(each) or (_SHARES.fullmatch(each) and not _DONE.search(each)) or last.startswith(f"non-{each}")
        for each in others
    )


def is_no_illness(name: str) -> bool:
    """Whether a name surely is of something else: what is done or looked at, or who takes part."""
    return bool(
        _DONE.search(name)
        or MAY_COME.search(name)
        or re.fullmatch(rf"(?i)(?:[\w-]+ )?(?:{GROUPS}|adult|child)", name)
    )


@lru_cache(maxsize=512)  # a read asks for the same again
def _noun(said: str) -> str:
    bare = _RANGE.sub("", _BEFORE_IT.sub("", said))
    return bare[: link.start()] if (link := _LINK.search(bare)) else bare


def illness_in(said: str, long_forms: Mapping[str, str]) -> str:
    """The illness that words name, without what behind it is no part of it; empty where they name none."""
    if not is_illness(said, long_forms):
        first = _ONE_MORE.sub("", said)
        return illness_in(first, long_forms) if first != said else ""
    noun = _noun(said)
    ends = said.find(noun) + len(noun)
    behind = _IN_A_GROUP.sub("", _NO_PART.sub("", said[ends:]))
    if not _REACTS_TO.search(noun):
        behind = _TO_DO.sub("", behind)
    whole = f"{said[:ends]}{behind}".rstrip(" ,")
    return said[:ends] if _BROKEN.search(whole) else whole


_PHRASE = re.compile(
    rf"(?P<who>(?:(?![A-Z]{{2}})[\w'’+/-]+,? )*?(?:{GROUPS})(?:,? (?:and|or) (?:(?:young |older )?{GROUPS}))*(?: (?:aged|ages) [\w -]*?\d+(?: and over| years)?(?= |$))?)(?: (?P<rest>.+))?"
)
_ALSO_SAID = re.compile(
    r"(?:who|whose|living|undergoing|receiving|at (?:an? )?(?:\w+ )?risk|in|on|under|after|before|during|following|hospitali[sz]ed|treated|infected|admitted|without|born|allergic to|sensiti[sz]ed to|recovering|scheduled|"
    r"awaiting|referred|requiring|taking|using|refractory|suspected|affected|attending|from|over \d+|not|of|caring|vaccinated|having|exposed|ventilated|for)\b"
)
#: What no sentence has: a link without what it links, a word twice, a word with the next one's beginning.
_BROKEN = re.compile(
    r"\b(?:of|with|to|for|by|the|an?)(?! (?:and|or) without) (?:of|in|with|by|and|or|to|at|on|for|from)\b(?! (?:least|most|about)\b)|\b(?:in|and|or) (?:of|by|and|or|to)\b|\b(?:the|and|or|of|in|with|an?|for|to|by|on|from|at|who|not|that|obese|severe|moderate|mild|acute|chronic|trials?|stud(?:y|ies))$|\b[Hh]uman people\b|\bwith [a-z]+ed an?\b|"
    r"\b(\w{4,}) \1\b|[a-z][A-Z][a-z]{3}|[&:：{}_]|;(?!\d)|--"
)
_WITH = re.compile(r"with (?:or without )?(?P<what>.+)")


def sound(people: str, long_forms: Mapping[str, str]) -> str:
    """A phrase of people, without what is no part of it; empty where it is of nobody, or what it says that they have is no illness."""
    found = _PHRASE.fullmatch(people)
    if not found:
        return ""
    rest = _NO_PART.sub("", f" {found['rest'] or ''}").strip()
    if having := _WITH.match(rest):
        if not (what := illness_in(having["what"], long_forms)):
            return ""
        rest = f"{rest[: having.start('what')]}{what}"
    elif rest and not _ALSO_SAID.match(rest):
        return ""
    whole = f"{found['who']} {rest}".strip()
    return "" if _BROKEN.search(whole) else whole
