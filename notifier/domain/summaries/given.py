"""What is given in a study: what the medicines are by their names, how they get into the body, what is given beside them.

Owns in which tense that is told, too.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from notifier.domain.summaries.any_case import AnyCase, Index
from notifier.domain.summaries.cast import MEDICINES
from notifier.domain.summaries.plot import Plot
from notifier.domain.summaries.standing import told_in
from notifier.domain.summaries.tables import pattern_of, table
from notifier.domain.wording import one_line
from notifier.domain.wording.catalogue import n_


@cache
def medicines() -> list[tuple[re.Pattern[str], str, str]]:
    """Names in small letters; what it is, behind "is"; what can come of it, where that is sure for the kind."""
    rows = table("medicines.tsv")
    return [(re.compile(rf"(?<![\w-])(?:{names})(?![\w])"), kind, harm) for names, kind, harm, _ in rows]


@cache
def _index() -> Index:
    return Index(names for names, *_ in table("medicines.tsv"))


@lru_cache(maxsize=512)  # the names of a study are asked for several times
def known_in(text: str) -> tuple[tuple[tuple[str, ...], str, str], ...]:
    """The medicines that a text names, by rows of the table: their names as the text has them, what they are, what can come."""
    return tuple(_known(text))


def _known(text: str) -> Iterator[tuple[tuple[str, ...], str, str]]:
    low = text.lower()
    low = text if len(low) != len(text) else low
    taken: set[str] = set()
    for pattern, kind, harm in map(medicines().__getitem__, _index().may_fit(low)):
        names: dict[str, str] = {}
        for found in pattern.finditer(low):
            if not any(found[0] in other for other in taken):  # "fluticasone" of "fluticasone cream"
                names.setdefault(found[0], _written(text[found.start() : found.end()]))
        taken.update(names)
        if names:
            yield tuple(names.values()), kind, harm


#: Behind a name, by a comma, a bracket or "is": a phrase that ends with the kind of a medicine. It is whole where no other noun
#: follows: an "antibody-drug conjugate" is no antibody, and a "FLT3 inhibitor-based vaccine" no inhibitor.
_A_KIND = pattern_of("given.a_kind")


MOST_LOOKED_AT = 200  # places of a name: one letter stands everywhere in a long text


def said_to_be(name: str, text: str) -> str:
    """What a text says first of a name right behind it: "LY123, a Cdc7 inhibitor"; empty where it says nothing of that sort."""
    low, wanted = text.lower(), name.lower()
    low = low if len(low) == len(text) else text
    at = -1
    for _ in range(MOST_LOOKED_AT):
        at = low.find(wanted, at + 1)  # to build a pattern for each name would take far longer
        if at < 0:
            break
        if found := _A_KIND.match(text, at + len(wanted)):
            return found[1]
    return ""


_AROUND_A_KIND = pattern_of("given.around_a_kind")


def listed_as(name: str, texts: Iterable[str | None]) -> str:
    """What the description of a thing, or another name of it, says that it is: "anti-IgE monoclonal antibody"; else empty."""
    bare = (_AROUND_A_KIND.sub("", one_line(each or "")[:200].removeprefix(name)) for each in texts)
    found = (said_to_be("X", f"X, a {each}") for each in bare)
    # A code in it is the name of the thing once more.
    return next((each for each in found if each and not _CODED.search(each) and each not in name), "")


_CODED = re.compile(r"\d\d")
_SHOUTED = re.compile("[A-Z]{7,}")


def _written(name: str) -> str:
    """As it is written in a sentence: a code, and the letter of a type, keeps its capitals."""
    return " ".join(
        word
        if (len(word) == 1 or sum(sign.isupper() or sign.isdigit() for sign in word) > 1)
        and not _SHOUTED.fullmatch(word)
        else word.lower()
        for word in name.split(" ")
    )


def too_few_for_groups(plot: Plot) -> bool:
    """Whether so few people came that some groups may have had nobody."""
    count = plot.study.enrollment
    return count.type == "ACTUAL" and 0 < (count.count or 0) < 1.5 * len(plot.cast.groups) > 1.5


def say_of(plot: Plot, message: str, **values: str) -> str:
    return plot.voice.say_in(told_in(plot.study), message, **values)


#: Of a name, what says of which kind it is: no medicine beside it.
_SAYS_A_KIND = AnyCase(r"s$|therapy$|inhibitor$|antibody$|^anti-")
MOST_KINDS = 2  # of medicines of which is said what they are


def _kinds(plot: Plot) -> dict[str, list[str]]:
    """What the medicines are that are tried or compared, each kind with its names."""
    kinds: dict[str, list[str]] = {}
    study = plot.study
    about = f"{plot.titles} {' '.join(study.conditions[:30])} {(study.brief_summary or '')[:1500]}".lower()
    for things in (plot.cast.tried, plot.cast.others):
        for thing in things:
            known = list(known_in(f"{thing.name or ''} {thing.said}"))
            # By another name of it, it is told under the name that the reader knows from above.
            for found, kind, _ in known or list(known_in(" , ".join(thing.others[:10])))[:1]:
                # A brand that is one word, with what it is made of in a bracket.
                brand = thing.shown.isalpha() and not any(
                    each.casefold() in thing.shown.casefold() for each in found
                )
                told_as = found if known and not brand else (thing.shown,)
                own = [each for each in told_as if each not in kind and not _SAYS_A_KIND.search(each)]
                told_of = [one for names in kinds.values() for one in names]
                own = [each for each in own if not any(one.startswith(f"{each} ") for one in told_of)]
                if own and kind and fits(kind, about):
                    kinds.setdefault(kind, []).extend(own)
    return kinds


#: Illnesses by which the table tells what a medicine does; in a study of another illness that would mislead.
_ILLNESSES = [(name, re.compile(pattern)) for name, pattern in table("illnesses_of_kinds.txt")]


def fits(kind: str, about: str) -> bool:
    """Whether what the table says of a medicine is about an illness of a study, by a text in small letters on that."""
    return all(name not in kind or pattern.search(about) for name, pattern in _ILLNESSES)


@lru_cache(maxsize=2)  # a read asks twice
def given_beside(plot: Plot) -> tuple[str, ...]:
    """Medicines that the record's text adds to those that it lists."""
    text = f"{plot.titles} ; {' ; '.join(plot.aims)} ; {' ; '.join(f'{each.label} ; {each.text}' for each in plot.cast.groups)}"
    listed = " ".join(each.name or "" for each in plot.study.interventions)
    for each in plot.study.interventions:
        if not known_in(each.name or ""):  # a brand: what it is made of stands in its description
            listed += f" {each.description} {' '.join(each.other_names)}"
        else:
            kinds = {kind for _, kind, _ in known_in(each.name or "")}
            listed += " ".join(
                one for one in each.other_names if {kind for _, kind, _ in known_in(one)} <= kinds
            )
    listed = listed.lower()
    beside = [
        name
        for found in _BESIDE.finditer(text)
        for told_of, kind, _ in known_in(found[1])
        for name in told_of
        if kind and name.lower() not in listed and not name.endswith("s")
    ]
    beside += re.findall(r"\b[Aa]dded to ([A-Z]{2,6})\b", text)
    return tuple(dict.fromkeys(beside))


def what_is_given(plot: Plot) -> list[str]:
    """What the medicines are that are tried or compared, how they get into the body, and what is given beside them."""
    voice, kinds = plot.voice, _kinds(plot)
    if plot.study.study_type != "INTERVENTIONAL":
        return []
    said = []
    for each in (*plot.cast.tried, *plot.cast.others):
        # The title has a code or what a brand is made of, and the groups another name.
        heading, name = (plot.study.brief_title or "").casefold(), each.shown
        before = heading.split(each.said.casefold())[0].split(name.casefold())[0]
        code = next(
            (
                one
                for one in each.others
                if one.casefold() in before
                and (
                    (len(plot.cast.tried) == 1 and re.search(r"\d", one))
                    or (known_in(one) and not known_in(name))
                )
            ),
            "",
        )
        if code and code.casefold() not in name.casefold():
            brand, known = (name, code) if known_in(code) and not known_in(name) else (code, name)
            other = voice.say("another name for %(name)s", name=voice.theirs(plot.case.small(known)))
            said.append(voice.say("%(names)s is %(kind)s.", names=voice.theirs(brand), kind=other))
    for said_of in _changed_cells(plot):
        if not any(re.search("CAR|[Cc]ell", each.shown) for each in plot.cast.tried):
            kind = voice.say(n_("a treatment with CAR-T cells"))
            name = voice.theirs(plot.cast.tried[0].shown)
            said.append(voice.say("%(names)s is %(kind)s.", names=name, kind=kind))
        said.append(voice.say(said_of))
    for kind, found in list(kinds.items())[:MOST_KINDS]:
        shown = [voice.theirs(each) for each in dict.fromkeys(found)][:MOST_NAMES]
        values = {"names": voice.listing(shown), "kind": voice.say(kind)}
        said.append(
            voice.say("%(names)s is %(kind)s.", **values)
            if len(shown) == 1
            else voice.say("%(names)s are each %(kind)s.", **values)
        )
    shown = [voice.theirs(each) for each in given_beside(plot)[:MOST_NAMES]]
    if not shown and _ON_TOP.search(f"{plot.told} ; {' ; '.join(group.text for group in plot.cast.groups)}"):
        shown = [voice.say("people’s usual treatment")]
    if shown:
        names = voice.listing(shown)
        said.append(say_of(plot, "The record’s text says it is given together with %(names)s.", names=names))
    text = plot.told
    for each in plot.cast.tried if _SOFTWARE.search(text) else ():
        if each.said.lower() not in text.lower() or _SAYS_SOFTWARE.search(each.said):
            continue
        alone = rf"{re.escape(each.said)}(?![^.;]{{0,60}}\b(?:compared?|versus|vs|than|and|or|with)\b)"
        if re.search(rf"(?i){alone}[^.;]{{0,60}}{_SOFTWARE.pattern}", text):
            name = voice.theirs(each.shown)
            said.append(voice.say("%(names)s is an app or a computer program.", names=name))
            break
    if _IMPLANT.search(
        f"{plot.titles} {' '.join(f'{each.measure} {each.time_frame}' for each in plot.study.primary_outcomes)}"
    ):
        said.append(voice.say("For this, a device is put into the body."))
    return [voice.sentence(each) for each in said]


_CAR_T = re.compile(
    r"\bU?CAR[- .]?Ts?\b|\bCAR\b[^;]{0,60}\bT[- ]?cells?\b|CART\b|[Cc]himeric [Aa]ntigen [Rr]eceptor|leucel\b"
)
_OWN = AnyCase(r"\bautologous|\b(?:patient|participant|person)s?['’]?s? own\b")
_OF_A_DONOR = AnyCase(r"\ballogene?ic|\buniversal\b|\bUCAR|\bdonors?\b|off-the-shelf|\bcord blood")


def _changed_cells(plot: Plot) -> Iterator[str]:
    """What CAR-T cells are, where one of the things tried is that; whose they are, where the record names one of both."""
    cells = [
        each.known_as for each in plot.cast.tried if each.kind in MEDICINES and _CAR_T.search(each.known_as)
    ]
    if not cells or re.search(r"\bNK\b", cells[0]):
        return
    told = f"{plot.titles} ; {cells[0]} ; {' ; '.join(group.label for group in plot.cast.groups)}"
    own, donor = _OWN.search(told), _OF_A_DONOR.search(told)
    if own and not donor:
        yield n_(
            "The CAR-T cells are immune cells from the person’s own blood, changed in a laboratory to attack certain cells."
        )
    elif donor and not own:
        yield n_(
            "The CAR-T cells are immune cells from a donor, changed in a laboratory to attack certain cells."
        )
    else:
        yield n_(
            "The CAR-T cells are immune cells that were changed in a laboratory to attack certain cells."
        )


_SAYS_SOFTWARE = AnyCase(r"\bapp\b|software|program|digital")
_SOFTWARE = pattern_of("given.software")


_BESIDE = pattern_of("given.beside")
_ON_TOP = pattern_of("given.on_top")
MOST_NAMES = 3  # that are said to be of one kind
_IMPLANT = pattern_of("given.implant")
