"""Hard words and short forms with what they mean: by the record's own definitions first, by our glossary second.

A short form stands behind or before its long form in brackets (Schwartz and Hearst, "A simple algorithm for identifying
abbreviation definitions in biomedical text", 2003). In the glossary each term has one meaning; a short form that means
several things in medicine ends there in `?` and counts only where the record uses the long form too.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from notifier.domain.study import Study
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.cast import MEDICINES
from notifier.domain.summaries.given import fits, known_in, listed_as, said_to_be
from notifier.domain.summaries.names import is_label, of_kind
from notifier.domain.summaries.record import More
from notifier.domain.summaries.tables import table
from notifier.domain.summaries.voice import Voice
from notifier.domain.summaries.words import is_everyday
from notifier.domain.wording import one_line
from notifier.domain.wording.catalogue import n_

MOST = 8  # words that a page explains
LONGEST = 60_000  # characters of a record that are searched for definitions
_BRACKET = re.compile(r"[(\[]\s*([^()\[\]]{2,80}?)\s*[)\]]")
_LAST_WORD = re.compile(r"[A-Za-z][\w/+-]{1,9}$")
_SHORT = re.compile(r"(?=[\w/+.-]*[A-Z])[A-Za-z][\w/+.-]{1,11}")
#: What looks like a short form: two capitals at least.
SHORT_FORM = re.compile(
    r"(?<![\w®-])[a-z]{0,3}[A-Z]{2,}[A-Za-z]*(?:-?\d{1,2})?(?:-[A-Z]{1,4})?(?![\w®™]|-\w)"
)
_CAPITALS = re.compile(r"[A-Z][^A-Z]*[A-Z]")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the record and what it means. english: the meaning is the record's own long form, or our glossary's, which
    is not translated.
    """

    term: str
    means: str
    english: bool = True


@dataclass(frozen=True, slots=True)
class GlossaryEntry:
    """One line of the glossary: its terms, the meaning in our words, and where the meaning was looked up."""

    terms: tuple[str, ...]
    means: str
    source: str


@cache
def glossary() -> tuple[GlossaryEntry, ...]:
    """All that our glossary explains, read once."""
    rows = table("glossary.tsv")
    return tuple(GlossaryEntry(tuple(terms.split("|")), means, source) for terms, means, source in rows)


@cache
def _by_term() -> dict[str, GlossaryEntry]:
    """Each term in the form in which it is looked up."""
    terms = [(term, entry) for entry in glossary() for term in entry.terms]
    # "Disease Free Survival" is spelled so as often.
    spaced = {_key(term.replace("-", " ")): entry for term, entry in terms if not _NO_SPACE.search(term)}
    return spaced | {_key(term): entry for term, entry in terms}


#: "In patient" is no in-patient; a short form has no other spelling.
_NO_SPACE = re.compile(r"\b(?:in|on|off|up|out)\b|[A-Z].*[A-Z]")


@cache
def _most_from() -> dict[str, int]:
    """Of how many tokens the longest term is that begins with a token."""
    most: dict[str, int] = {}
    for term in _by_term():
        tokens = [found.casefold() for found in _TOKEN.findall(term)]
        if tokens:
            most[tokens[0]] = max(most.get(tokens[0], 1), len(tokens))
    return most


_TOKEN = re.compile(r"[A-Za-z0-9][\w'’+-]*(?:\.\w+)*(?:/[\w-]+)*")
_MOST_TOKENS = 6  # of a term


@lru_cache(maxsize=64)  # a long form is asked for as often as its short form comes up
def _spotted(text: str) -> tuple[tuple[int, str, GlossaryEntry | None], ...]:
    """Where a term of the glossary stands in a text, the longest at each spot; None for a short form that it doubts."""
    terms, most_from, found = _by_term(), _most_from(), list[tuple[int, str, GlossaryEntry | None]]()
    tokens = [each.span() for each in _TOKEN.finditer(text)]
    number = 0
    while number < len(tokens):
        start, end = tokens[number]
        word = text[start:end]
        most = min(max(most_from.get(word.casefold(), 0), word[-1] == "s"), _MOST_TOKENS)
        for last in range(min(number + most, len(tokens)) - 1, number - 1, -1):
            said = text[start : tokens[last][1]]
            if (entry := terms.get(_key(said)) or terms.get(_one_of(said))) or f"{said}?" in terms:
                found.append((start, said, entry))
                number = last
                break
        else:
            for piece in word.split("/")[:_MOST_TOKENS] if "/" in word else ():
                if entry := terms.get(_key(piece)):
                    found.append((start, piece, entry))
        number += 1
    return tuple(found)


def _one_of(said: str) -> str:
    """One of what is said in the plural, in small letters: "antigens"."""
    return said[:-1] if said.endswith("s") and said.islower() and _PLURAL.search(said) else ""


_PLURAL = re.compile(r"[a-z]{4}(?<![su])s$")


def _spaced(text: str) -> str:
    return text.casefold().replace("-", " ")


def _in_titles(study: Study, whole: str) -> dict[str, str]:
    """Short forms that are the first letters of words in the titles or in the name of the illness: there they mean those."""
    names = [one_line(each or "") for each in (*study.conditions, study.brief_title, study.official_title)]
    firsts = " ".join("".join(re.findall(r"\b\w", each)) for each in names).casefold()
    found = dict[str, str]()
    for short in set(SHORT_FORM.findall(whole)):
        if short.casefold() not in firsts or not short.isalpha() or len(short) < 3:
            continue  # as most are not, and to build a pattern costs a hundred times as much as to look
        spelled = re.compile(r"(?i)\b" + r"\w+[\s-]+".join(short) + r"\w+")
        at = next(filter(None, map(spelled.search, names)), None)
        if at and not _NO_BEGINNING.match(at[0]):
            found[short] = at[0]
    return found


_NO_BEGINNING = re.compile(r"(?i)(?:plus|and|with|of|the|or|in|for)\b")  # of what a short form stands for


def _is_short(term: str) -> bool:
    return " " not in term and _CAPITALS.search(term) is not None


def _key(term: str) -> str:
    as_is = term.isascii() and term.islower()
    return term if as_is or _is_short(term.rstrip("?")) else term.casefold()


@lru_cache(maxsize=8192)  # people use few words, again and again
def _as_medicine(word: str) -> str:
    """What a medicine of this name is; empty for other words."""
    return next((kind for names, kind, _ in known_in(word) if names == (word,)), "")


#: With the second name of an antibody that carries a medicine, without which it would be told as one that carries none.
_MEDICINE = re.compile(
    r"(?<![\w-])[A-Za-z]?[a-z]{5,}(?: [A-Za-z][a-z]*(?:dotin|tecan|gamicin|tansine|tesirine|carmazine))?(?![\w-])"
)


def _medicines(whole: str, told: str, about: str, voice: Voice) -> Iterator[tuple[int, Word]]:
    """The medicines in a text of which has not been told what they are."""
    for found in _MEDICINE.finditer(whole):
        name = found[0].lower()
        if not name.endswith("s") and (kind := _as_medicine(name)) and name not in kind and fits(kind, about):
            said = voice.say(kind)
            if said not in told:
                yield found.start(), Word(name, said, english=False)


def _of_glossary(
    study: Study, whole: str, low: str, own: Mapping[str, str], voice: Voice, told: str
) -> Iterator[tuple[int, Word]]:
    """The words in a text that our glossary knows, where they mean here what it says."""
    for at, term, sure in _spotted(whole):
        entry = sure or _doubted(term, low, whole, at)
        if (
            entry
            and _holds(term, entry, low, whole, at)
            and not any(voice.say(kind) in told for _, kind, _ in known_in(term) if kind)
            and (
                not _is_short(term)
                or (_same(own[term], entry) if term in own else not _in_a_name(term, study, low, entry))
            )
        ):
            yield at, Word(_as_listed(term, entry), entry.means)


def explained(
    study: Study, record: str, texts: Sequence[str], voice: Voice, told: str = ""
) -> tuple[Word, ...]:
    """The hard words in these texts, in the order in which they come up. The first texts are what a reader needs first.
    record: all that it says. told: sentences of ours that explain medicines already.
    """
    low, whole = record.casefold(), " \n ".join(texts)
    own = _in_titles(study, whole) | definitions(record)
    needed = len(" \n ".join(texts[:1]))
    spots = [
        *_short_forms(whole, own),
        *_medicines(whole, told, low[:ABOUT], voice),
        *_of_glossary(study, whole, low, own, voice, told),
    ]
    found: dict[str, Word] = {}
    first: dict[str, int] = {}
    for at, word in sorted(spots, key=lambda spot: spot[0]):
        plural = word.term.removesuffix("s").casefold()
        same = next((key for key, other in found.items() if other.means == word.means), None)
        root = _ENDING.sub("", plural)
        if any(root == _ENDING.sub("", key) for key in found if key != plural):
            continue  # "metabolic" beside "metabolism"
        short, _, long = word.term.partition(" (")
        if long and any(
            short in each.term and re.search(rf"(?<!\w){re.escape(short)}(?!\w)", each.term)
            for each in found.values()
        ):
            continue
        if plural in found or any(
            plural in (low := other.term.casefold()) and plural in _PARTED.split(low)
            for other in found.values()
        ):
            continue
        if same is None:
            found[plural], first[plural] = word, at
        elif (
            _CAPITALS.search(word.term)
            and word.term not in found[same].term
            and (_is_short(word.term) or _spaced(word.term) not in _spaced(found[same].term))
        ):
            # One meaning is told once, with all short forms of it.
            said = short if long.rstrip(")").casefold() == found[same].term.casefold() else word.term
            found[same] = Word(f"{found[same].term}, {said}", word.means)
    for word in _told_of(study, record, whole, told, voice):
        if not any(word.term in each.term.split(", ") for each in found.values()):
            found.setdefault(word.term.casefold(), word)
    # "Cluster headache" is told with "episodic cluster headache".
    ends = "".join(f"{each.term.casefold()}\n" for each in found.values())
    # Where there are too many, short forms stay, at which a reader cannot guess, then what stands in title and question.
    kept = sorted(
        (key for key in found if f" {found[key].term.casefold()}\n" not in ends),
        key=lambda key: (
            not _CAPITALS.search(found[key].term),
            found[key].term.casefold() in _GUESSED,
            first.get(key, 0) > needed,
        ),
    )[:MOST]
    return tuple(word for key, word in found.items() if key in kept)


def _told_of(study: Study, record: str, whole: str, told: str, voice: Voice) -> Iterator[Word]:
    """What the record itself says a medicine is: another name of it, or an apposition ("LY123, a Cdc7 inhibitor")."""
    for each in study.interventions:
        name = of_kind(each.name or "")
        for other in map(one_line, each.other_names[:10]):
            if is_label(other) or (each.type not in MEDICINES and _ORDINARY.fullmatch(other)):
                continue  # a list that says which group it is for, or what else is done
            if other in told and name.casefold() in told.casefold():
                continue  # told already
            # A medicine of another kind is given beside it, wherever the record has it; so is a second antibody.
            of_name, of_other = ({kind for _, kind, _ in known_in(said)} for said in (name, other))
            if of_name and (
                of_other - of_name or (of_other and other.lower().endswith(("mab", "mig", "cillin")))
            ):
                continue
            one, two, shown = other.casefold(), name.casefold(), whole.casefold()
            both = one in shown and two in shown and one not in two and two not in one
            if len(other) > 2 and both and re.search(rf"(?<!\w){re.escape(one)}(?!\w)", shown):
                yield Word(
                    other, voice.say("another name for %(name)s", name=voice.theirs(name)), english=False
                )
        code = name.split(" ")[0] if re.search(r"\d", name) else name
        new = (
            len(code) > 3 and len(code.split()) <= 2 and not known_in(code) and code.lower() in whole.lower()
        )
        own = each.description, *each.other_names[:10]
        if new and (kind_told := said_to_be(code, record) or listed_as(code, own)):
            class_of = (kind for _, kind, _ in known_in(kind_told))
            plain = next((said for pattern, said in _KINDS_TOLD if pattern.search(f"{code} {kind_told}")), "")
            kind = voice.say(next(filter(None, class_of), plain))
            kind_told = _PRAISED.sub("", kind_told)
            quoted = f" ({voice.quoted(kind_told)})" if " " in kind_told else ""
            yield Word(code, f"{kind}{quoted}" if kind else kind_told, english=not kind)
        elif new and each.type in MEDICINES and _CODE_OF.fullmatch(code):
            # To look for a name through the whole record takes a tenth of a read.
            known_as = f"({code})" in record and re.search(rf"{_A_NAME} ?\({re.escape(code)}\)", record)
            called = known_as[1] if known_as else ""
            if called and not (is_everyday(called.lower()) or _key(called.lower()) in _by_term()):
                own_name = voice.say("another name for %(name)s", name=voice.theirs(called))
                yield Word(code, own_name, english=False)
            elif not any(map(re.compile("[a-z]{4}").search, each.other_names)) and not any(
                code.casefold() in each.casefold() and _SAYS_WHAT.search(each) for each in record.split(". ")
            ):
                unsaid = voice.say("what is being tested: the record does not say what it is")
                yield Word(code, unsaid, english=False)


#: A medicine by its maker's code, of which nobody can know what it is.
_CODE_OF = re.compile(r"[A-Z]{2,}[-\w]*\d[\w-]*|[A-Z]{2,}-[A-Z]+\d*")
#: What stands before the code in brackets: "Omiganan", "Lactobacillus paracasei".
_A_NAME = (
    r"\b((?:[A-Z][a-z]+(?:us|um) )?[A-Za-z][a-z]{5,}(?<!ing)(?<!tion)(?<!ment)(?<!tablet)(?<!vaccine)(?<!s))"
)
_PRAISED = AnyCase(
    r"^(?:(?:the )?(?:world['’]?s?|first|best|novel|new|innovative|potent|unique|in[- ]class|first[- ]in[- ]class)[\s,]+)+"
)
_SAYS_WHAT = AnyCase(
    r"phage|immunotherap|bacill|bacteri|toothpaste|anti-|inhibit|agonist|antibod|vaccin|block|modulat|degrad|conjugate|steroid|analog|\bcells?\b|gene therap|peptide|protein|hormone|insulin|enzyme|oligonucleotide|molecule|extract|device|software|\bapps?\b|target|bind|isotope|tracer|imaging|chemotherap|alkylat|receptor|kinase|factor|acid|virus|plant|herb|tea|probiotic|platelet|contrast"
)


_ORDINARY = re.compile(r"[A-Z]?[a-z]+(?: [a-z]+)+")
#: What the record says a new medicine is, in plain words.
_KINDS_TOLD = (
    (re.compile(r"(?i)conjugate$|ADC\b"), n_("an antibody that carries a medicine to certain cells")),
    (
        re.compile(r"(?i)bi-?specific(?: \w+)? antibody$"),
        n_("an antibody made to stick to two targets at once"),
    ),
    (re.compile(r"(?i)antibody$"), n_("an antibody, a medicine made to stick to a target in the body")),
    (
        re.compile(r"(?i)(?:inhibitor|antagonist|blocker)$"),
        n_("a medicine that blocks something in the body"),
    ),
    (re.compile(r"insulin analogue?$"), n_("a kind of insulin")),
    (re.compile(r"(?i)(?:agonist|modulator)$"), n_("a medicine that acts on a signal in the body")),
)


_ENDING = re.compile(r"(?<=[a-z]{5})(?:ations?|atory|ions?|ism|ic|al|y|ary|ory|ences?|ent)$")
#: Words that most readers make something of, and that go first where there are too many.
_GUESSED_WORDS = """
efficacy effectiveness baseline incidence prevalence toxicity tolerability mortality adherence acceptability cycle regimen regimens
open-label double-blind double-blinded multicenter multi-center multicentre single-center parallel-group
outpatient chronic acute progression exploratory preliminary feasibility placebo malignant parameters intervention interventions
"""
_GUESSED = frozenset((*_GUESSED_WORDS.split(), "adverse events"))


def _short_forms(whole: str, own: Mapping[str, str]) -> Iterator[tuple[int, Word]]:
    """The short forms that the record defines: by our glossary where that knows them, else by the hard word in them, else spelled out."""
    terms = _by_term()
    for match in SHORT_FORM.finditer(whole):
        short = match[0]
        long = own.get(short) or own.get(short.rstrip("s"))
        if not long:
            continue
        # Where a reader first meets it behind the words themselves.
        spelled = whole.find(f"{long} ({short}") == whole.find(short) - len(long) - 2 >= 0
        looked_up = map(terms.get, (short, short.rstrip("s"), f"{short}?", long.casefold()))
        if known := next((entry for entry in looked_up if entry and _same(long, entry)), None):
            yield match.start(), Word(short, known.means)
        elif parts := [(at, said, entry) for at, said, entry in _spotted(long) if entry]:
            at, said, entry = max(parts, key=lambda part: len(part[1]))
            # The last words say what it is where they are most of them; others only of which type.
            if at + len(said) >= len(long) - 1 and at <= len(said) and not _OF.search(long[:at]):
                yield match.start(), Word(f"{short} ({long})", entry.means)
            else:
                yield from [] if spelled else [(match.start(), Word(short, long))]
                yield match.start(), Word(_as_listed(said, entry), entry.means)
        elif not spelled:
            yield match.start(), Word(short, long)


#: Behind one of these stands what something is of, and not what it is.
_OF = AnyCase(r"\b(?:of|for|in|by|to|with|on|from)\b")


_ONE = re.compile(r"(?:an?|one|somebody)\b")


def _as_listed(term: str, entry: GlossaryEntry) -> str:
    """A term as the glossary has it: without the capital of the beginning of a sentence."""
    if _is_short(term):
        return term
    # "Each a tumour": of several that are told as one, the one is listed.
    one = re.sub("ies$", "y", term) if term.endswith("ies") else term.removesuffix("s")
    if _ONE.match(entry.means) and entry in (_by_term().get(_key(one)), _by_term().get(_key(f"{one}?"))):
        term = one
    return next((each for each in entry.terms if each.casefold() == term.casefold()), term)


def _in_a_name(term: str, study: Study, record: str, entry: GlossaryEntry) -> bool:
    """Whether a short form is a part of a brand, such as "SunnyD PRO", and not that of our glossary."""
    names = " ; ".join(f"{each.name} ; {' ; '.join(each.other_names)}" for each in study.interventions)
    return (
        f" {term}" in names
        and re.search(rf"[A-Z]\w*[a-z]\w* {re.escape(term)}\b", names) is not None
        and not any(long.casefold() in record for long in entry.terms if not _is_short(long))
    )


@cache
def _doubts() -> dict[tuple[str, str], re.Pattern[str]]:
    rows = table("glossary_doubts.txt")
    return {(rule, term): re.compile(pattern) for term, rule, pattern in rows}


def _holds(term: str, entry: GlossaryEntry, record: str, whole: str, at: int) -> bool:
    """Whether a word means here what the glossary says: no other word stands beside it, and the record is of that trade."""
    doubts, first = _doubts(), entry.terms[0]
    beside = doubts.get(("beside", term.casefold())) or doubts.get(("beside", first))
    near = whole[max(0, at - 25) : at + len(term) + 25].casefold()
    if (beside and beside.search(near)) or _NON.search(whole[max(0, at - 5) : at]):
        return False
    if _is_short(term) and _CANCER.search(entry.means) and not _CANCER.search(record[:ABOUT]):
        return False  # a short form of that trade is another one elsewhere: ALK makes grass tablets
    needed, never = doubts.get(("needs", first)), doubts.get(("never", first))
    return not (needed and not needed.search(record)) and not (never and never.search(record))


_NON = re.compile(r"(?i)\bnon[- –]$")
_CANCER = AnyCase(
    r"cancer|tumou?r|leuk(?:a)?emi|lymphom|myelom|carcinom|sarcom|melanom|gliom|blastom|neoplas|malignan|oncolog"
)
ABOUT = 3000  # characters of a record, from its summary and titles on, that show of which trade it is


def _doubted(term: str, record: str, whole: str, at: int) -> GlossaryEntry | None:
    """What our glossary says of a short form that means several things, where it means that here."""
    entry = _by_term().get(f"{term}?")
    counts = r"(?i)(?:phase|stage|class|grade|type|\b[IVX]+(?:[abc]|,|\s(?:or|and|to))?|-|–|/)\s*$"
    if entry is None or re.search(counts, whole[max(0, at - 10) : at]):
        return None
    sure = any(long.casefold() in record for long in entry.terms if not long.endswith("?"))
    return entry if sure else None


def _same(long: str, entry: GlossaryEntry) -> bool:
    """Whether the record's own long form is the one that our glossary means."""
    plain, stems = re.sub(r"\W+", " ", long.casefold()), _stems(long)
    return any(
        re.sub(r"\W+", " ", term.casefold()) in plain
        or plain in re.sub(r"\W+", " ", term.casefold())
        or (len(stems) > 1 and len(stems & _stems(term)) >= ALIKE * len(stems | _stems(term)))
        for term in entry.terms
        if not _is_short(term)
    ) or entry.source.startswith("Publications of the scales")


ALIKE = (
    2 / 3
)  # of the beginnings of the words of two long forms: "dose-limited toxicity" is "dose limiting toxicities"


_SMALL = frozenset(("the", "of", "and", "in", "for", "to"))


def _stems(text: str) -> frozenset[str]:
    return frozenset(word[:4] for word in re.findall(r"[a-z0-9]{2,}", text.casefold()) if word not in _SMALL)


_PARTED = re.compile(r"[,()]\s*")


# --- the record's own definitions -------------------------------------------------------------------------------


@lru_cache(maxsize=1)  # a read asks twice
def definitions(text: str) -> dict[str, str]:
    """Short forms with their long forms, as a text defines them."""
    found: dict[str, str] = {}
    for match in _BRACKET.finditer(text):
        inside = match[1].replace(";", ",").partition(",")[0].strip().strip("\"'“”*")
        if inside in found and " " not in inside:
            continue  # the first of its long forms stands
        before = text[max(0, match.start() - 160) : match.start()].rstrip()
        if _SHORT.fullmatch(inside) and (long := _long_form(inside, before)):
            found.setdefault(inside, long)
        elif (
            " " in inside
            and (short := _LAST_WORD.search(before[-10:]))
            and _SHORT.fullmatch(short[0])
            and (long := _long_form(short[0], inside))
        ):
            found.setdefault(short[0], long)
    return found


def _long_form(short: str, before: str) -> str | None:
    """The words before a bracket that the short form stands for: its letters come up in them in order, the first at a start."""
    letters = [sign for sign in short.casefold() if sign.isalnum()]
    if len(letters) < 2:
        return None
    initials = letters[:-1] if short.endswith("s") and short[:-1].isupper() else letters
    last = _BETWEEN.split(before.strip())[-len(initials) :]
    joins = {"and", "of", "or", "with"} & {last[0]} or "by" in last  # "care by treating" is no CBT
    if [word[:1].casefold() for word in last] == initials and not joins:
        at = before.casefold().rfind(" ".join(last).casefold())
        return " ".join(last) if at >= 0 else before[before.casefold().rfind(last[0].casefold()) :].strip()
    most = min(len(letters) + 5, len(letters) * 2)
    window = " ".join(_END.split(before)[-1].split()[-most:])
    at = len(window) - 1
    for number in range(len(letters) - 1, -1, -1):
        while at >= 0 and not (
            window[at].casefold() == letters[number] and (number or not window[at - 1 : at].isalnum())
        ):
            at -= 1
        if at < 0:
            return None
        at -= 1
    long = window[at + 1 :].replace('"', "").strip(" ,-–\"'“”*")
    if (
        len(long) <= len(short)
        or len(long.split()) > most
        or short.casefold() in _BETWEEN.split(long.casefold())
    ):
        return None
    if _NO_BEGINNING.match(long):
        return None
    parts = _BETWEEN.split(long.casefold())
    unused = sum(each[:1] not in letters for each in parts if each not in _SMALL)
    if len(short) > 3 and short.isupper() and short.isalpha() and unused > 1:
        return None  # "autoreactive chronic spontaneous urticaria (ASST)"
    # "Amino acid based formula (AAF)" begins a word earlier than its letters can be found from behind.
    earlier = before[: before.rfind(long)].split()[-1:] if long in before else []
    doubled = letters[0] == letters[1] and long.casefold().startswith(letters[1])
    if doubled and earlier and earlier[0].casefold().startswith(letters[0]) and earlier[0].isalpha():
        return f"{earlier[0]} {long}"
    return long


_BETWEEN = re.compile(r"[\s-]+")  # words
_END = re.compile(r"[.;:](?=\s)|[()\[\]]")  # of what stands together


def text_of(study: Study, more: More) -> str:
    """All that a record says, in one line."""
    outcomes = (f"{each.measure} {each.description}" for each in study.primary_outcomes)
    arms = (f"{each.label} {each.description}" for each in study.arms)
    tried = (f"{each.name} {each.description}" for each in study.interventions)
    parts: Iterator[str | None] = iter(
        (
            study.brief_summary,
            study.brief_title,
            study.official_title,
            *study.conditions,
            *study.keywords,
            *outcomes,
            *arms,
            *tried,
            more.description,
            study.eligibility.criteria,
            *more.outcomes,
        )
    )
    return one_line(" . ".join(filter(None, parts))[:LONGEST])
