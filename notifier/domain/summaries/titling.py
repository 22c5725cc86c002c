"""The title of a study: of a treatment what is tried and for what, by its arms; else the registry's, cleaned, where it is well formed.

No title of ours claims a finding, breaks off or is garbled: each has to pass one gate. Where none does, it is told whom the study is of, and else the registry's own is quoted.
"""

import re
from collections.abc import Iterator
from functools import lru_cache, partial
from itertools import chain, islice

from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.cast import (
    IS_OTHER,
    NO_TEST,
    SAME_FOR_ALL,
    SEVERAL_TRIED,
    TOO_MANY,
    UNNAMED_RIVAL,
    Thing,
    is_placebo,
)
from notifier.domain.summaries.lay import lay, lay_title
from notifier.domain.summaries.names import SIDE_SHOW, USUAL, all_names, first_up
from notifier.domain.summaries.plot import Plot, against, tokens
from notifier.domain.summaries.quoting import words
from notifier.domain.summaries.tables import pattern_of
from notifier.domain.summaries.titles import LEAST_WORDS, MOST_WORDS
from notifier.domain.summaries.told import hard_words
from notifier.domain.summaries.trying import NO_NAME, is_a_picture
from notifier.domain.summaries.turning import is_measured, spelled
from notifier.domain.summaries.voice import BEGIN, plain
from notifier.domain.summaries.watching import the_ill
from notifier.domain.summaries.whom import by_the_list, in_short, whom
from notifier.domain.summaries.words import is_everyday
from notifier.domain.summaries.words_explained import SHORT_FORM
from notifier.domain.wording import one_line
from notifier.domain.wording.catalogue import n_

_TO = "in|on|of|for|with|to|by|at|from|after|before|during|into|between|among|without|against|via|under|over|within|upon|through|than|versus|as|despite|due|followed|follow|excluding"
#: Two of these run together, or one at an end, show that something between or behind them was lost.
_BROKEN = AnyCase(
    rf"\b(?:{_TO}|the|an?) (?:{_TO}|and|or)(?![-\w])(?! (?:vitro|vivo)\b)(?<!up to)(?<!due to)(?<!from within)(?! (?:{_TO})\b)|\b(?:and|or|the|an?) (?:and|or)\b|\b(\w{{2,}}) \1\b|"
    rf"(?:^|\b(?:{_TO}|and|or|,) )(?:{_TO}|and|or)? ?(?:severe|mild|moderate(?! to severe)|chronic|acute|advanced|metastatic|refractory|relapsed|previously|treated) (?:in|with|for|of|to|who)\b|"
    rf"[_{{}}<>=…•/]$|[_{{}}<>=…•]|\w{{2}}\. \w|\b(\w{{6,}})\b(?:(?! (?:and|or|with|to|compared|without|who) ).)*\b\2\b(?! allerg)|/.*/.*/|^(?:{_TO}|and|or)\b(?! (?:vitro|vivo)\b)|,\s*(?:,|and$|or$)|(?-i:[a-z])- |\s[-–—/+*](?! ?$) ?|[,:;]$|\b(?:people|adults|participants) and (?:[\w-]+ ){{0,4}}(?:study|trial) of\b|\bbetween\b(?!.* and )|\bcompared with(?:$| (?:who|those|not)\b)|\b(?:(?<!gilles )de l[ae]|pour|chez|und|bei|della|para) |\band (?:its|their) (?:effects?|impact|influence|role) (?:in|among) |\balone or in (?!combination)"
)
_NOUNS = r"(?<!clin)(?<!biot)(?<!top)(?<!mus)(?<!pan)(?<!dem)(?<!biolog)(?<!diuret)(?<!gesic)(?<!sthet)(?<!emet)(?<!edel)(?<!plast)"
#: No phrase ends with a quality or a participle: what had it was cut off.
_ENDS_OPEN = AnyCase(
    rf"\b(?:{_TO}|and|or|the|an?|not|triple|double|single|type|stage|grade|who|that|which|their|its|high|low|first|second|early|late|adult|human|severe|moderate|mild|acute|primary|secondary|tumor|using|receiving|undergoing|having|including|expressing|involving|"
    r"comparing|requiring|treating|following|containing|\w+(?:ly|ous|ible|able|atic)|\w+-(?:expressing|positive|negative|mutated|mutant|resistant|refractory|related|induced|based|associated|naive|dependent|line|risk|guided)|"
    rf"\w{{2,}}(?<!surviv)(?<!withdraw)(?<!remov)(?<!hospit)(?<!arous)(?<!referr)(?<!tri)(?<!anim)(?<!met)(?<!journ)(?<!interv)(?<!apprais)(?<!medic)al|\w{{3,}}{_NOUNS}ic|\w{{3,}}(?<!addit)(?<!sedat)(?<!laxat)ive|"
    r"(?:in|of|for|by|to|on) (?:people|patients)|\w{2,}(?<!ne)(?<!fe)(?<!se)(?<!we)(?<!bre)(?<!ble)(?<!spe)ed)$|^effects? of (?!.* on |.* in the )|\bfirst in\b|, (?:seen|given|done)$"
)
_AFTER_A_NOUN = r"(?=$|,| (?:of|on|in|and|or|for|from|to|with|after|between|among|during|by|at|than|as|associated|caused|due|using|through|before|compared|related)\b)"
#: A sentence in place of a name: it says what is so, or is to be so.
_CLAIMS = AnyCase(
    r"\b(?:is|are|was|were|be|been|does|do|did|can|cannot|could|will|would|should|may|might|has|have|had|we|our|you|your|it|they|"
    r"improves|reduces|increases|decreases|predicts|prevents|promotes|enhances|alleviates|determines|provides|shows|reveals|induces|inhibits|suppresses|protects|allows|enables|affects|modulates|regulates|contributes|leads|helps|makes|plays|"
    r"remains|becomes|correlates|depends|differs|works|attenuates|mediates|facilitates|accelerates|lowers|relieves|requires|identifies|produces|alters|ameliorates|restores|stimulates|delays|develops)\b|"
    rf"\b(?:influences|causes|results|changes|impacts|benefits|triggers|needs|controls|supports|drives|limits|effects)\b(?!{_AFTER_A_NOUN})|"
    rf"(?<!to )(?<!and )(?<!or )(?<!, )(?<!that )(?<!who )(?<!help )(?<!further )(?<!better )\b(?:improve|reduce|predict|prevent|promote|enhance|alleviate|affect|determine|induce|inhibit|suppress|protect|provide|develop|identify|understand|detect|establish|describe|evaluate|assess|compare|find|"
    rf"(?:increase|decrease|influence|cause|help)(?!{_AFTER_A_NOUN}))\b|^(?:if|whether|how|why|when|where|what|which)\b|"
    r", (?:an?|the) (?!\w+ (?:and|or)\b)|\b(?:better|sooner|superior|successful|effective|promising|beneficial|optimal)\b"
)
#: What the people who run studies say: a title with one of these is taken only where there is none without.
_TRADE = pattern_of("titling.trade")
_CLAUSE = re.compile(r",? (?:who|that|which|whose) \w+ \w.*")


@lru_cache(maxsize=64)  # a read asks for the same again
def well_formed(made: str) -> bool:
    """Whether a text can stand as a title: a name of something, whole, and no sentence."""
    bare = _CLAUSE.sub("", made)
    return (
        LEAST_WORDS - 1 <= words(made) <= MOST_WORDS
        and made.count("(") == made.count(")")
        and not (_BROKEN.search(made) or _ENDS_OPEN.search(bare) or _CLAIMS.search(bare))
    )


FEW_HARD = 3  # words that a reader may not know, as many as are no bother


def title(plot: Plot) -> str:
    """A plain title of 3 to 14 words, without a verb: of those that are whole the first that lacks least."""
    best, least, cleaned = "", 99, _hardness(plot, next(_cleaned(plot.in_english), ""))
    either = partial(_either, names=plot.names)
    optional = [found[1].casefold() for found in _OPTIONAL.whole.finditer(plot.titles)]
    for (each, vague), (weighed, _) in plot.weighed(_candidates):
        told = lay_title(_SIDE_BY_SIDE.sub(either, weighed), MOST_WORDS)
        if any(each in told.casefold() for each in optional) and not _SAYS_SO.search(told):
            continue  # it names what only some get, without saying so
        if not (told.endswith("?") or well_formed(told)):
            continue
        # The registry's own gets no plainer by what is cut from it, nor is it taken for being plainer than one of ours.
        hard = cleaned if vague is None else _hardness(plot, told)
        cleaned = cleaned if best else max(cleaned, hard)
        if (lacks := vague or _lacks(plot, told, weighed) + hard) < least:
            best, least = _SIDE_BY_SIDE.sub(either, each), lacks
        if not least:
            break
    if best:
        bare = best.removeprefix(BEGIN)
        return f"{best[: len(best) - len(bare)]}{first_up(bare)}"
    raw = (plot.study.brief_title, plot.study.official_title, plot.study.acronym)
    said = next(filter(None, (one_line(each or "") for each in raw)), "")
    said = plot.case.sentence(said)
    return (
        plot.voice.theirs(f"“{said}”" if words(said) >= LEAST_WORDS else said)
        if said
        else f"Study {plot.study.nct_id}"
    )


def _hardness(plot: Plot, told: str) -> int:
    """How much harder than it need be a title is, beside the names of what is given."""
    bare = _IN_BRACKETS.sub("", lay_title(told, MOST_WORDS))
    hard = hard_words(bare, plot.names) + len({*_LETTERS.findall(bare)} - _KNOWN_SHORTS)
    return 0 if told.endswith("?") else min(max(hard - FEW_HARD - 1, 0), _MOST_HARD)


_LETTERS = re.compile(r"\b[A-Z]{2,5}\b")
_IN_BRACKETS, _MOST_HARD = re.compile(r" \([^()]*\)"), 3


#: What a title gives to some only.
_OPTIONAL = AnyCase(
    r"(?:\bwith or without|\bwith/without|\bwith and without|\+/[-–−]|±) ?(?:an? |the )?([\w-]{4,})"
)
_SAYS_SO = AnyCase(r"\bwith (?:or|and) without\b|\badded to\b|\balone,? (?:or|and)\b|\bor\b")


_SIDE_BY_SIDE = re.compile(
    r"(?<![\w/-])(?:and ?/ ?(?=or )|([a-z][a-z-]{2,}) ?/ ?(?:or )?([a-z][a-z-]{3,})(?![\w/]))"
)


def _either(found: re.Match[str], names: frozenset[str]) -> str:
    """Two words at a slash; of two medicines, which may be one tablet, nobody gets the one "or" the other."""
    link = "-" if found[1] and {found[1], found[2]} <= names else " or "
    return f"{found[1]}{link}{found[2]}" if found[1] else ""


def _lacks(plot: Plot, told: str, raw: str) -> int:
    """What a title does not have: the illness weighs most, then plain words, then the medicine and short forms that everybody knows.

    raw: the same in the record's words, by which the illness is known.
    """
    if told.endswith("?"):
        return 0
    things = all_names(plot.study)
    unknown = [
        short
        for short in SHORT_FORM.findall(_TOLD_BEFORE.sub("", told))
        if short not in things and short not in _KNOWN_SHORTS
    ]
    vague = all(map(_VAGUE.fullmatch, plot.people.listed or filter(None, [plot.people.condition])))
    ill = (
        vague
        or "healthy" in told
        or plot.is_about(_FOODS.sub("", f"{told} ; {raw}"))
        or _AN_ILLNESS.search(told)
    )
    tried = not plot.cast.medicine() or plot.is_tried(told) or bool(tokens(told) & tokens(things))
    return 4 * (not ill) + 2 * (_TRADE.search(told) is not None) + (bool(unknown) or not tried)


#: A short form behind what it is: "a fatty, inflamed liver (NASH)".
_TOLD_BEFORE = re.compile(r" \([A-Z]+\)")
#: What an allergy can be to: its name alone names no illness.
_FOODS = AnyCase(r"\b(?:(?:(?:cow|hen)['’]?s? )?(?:milk|eggs?)|wheat|foods?)(?: proteins?)?\b(?! allerg)")
_FOOD_TOO = AnyCase(
    r"\bfood (?:allergy|hypersensitivity) and (?=(?:milk|egg|peanut|wheat|nut) (?:allergy|hypersensitivity))"
)
#: A word for some illness, where a title names the one it is about in other words than the list does.
_AN_ILLNESS = pattern_of("titling.an_illness")
_KNOWN_SHORTS = frozenset([
    "HIV", "DNA", "MRI", "COVID-19", "CT", "ADHD", "PTSD", "HER2", "EGFR", "ALK", "BRAF", "KRAS", "COPD", "AIDS", "CAR-T", "CAR", "PD-1", "PD-L1",
])  # fmt: skip


def _candidates(plot: Plot) -> Iterator[tuple[str, int | None]]:
    """What may be the title, the best first; beside each None where it is the registry's, and else how vague it is."""
    for raw in (plot.study.brief_title, plot.study.official_title):
        asked = one_line(raw or "").rpartition(": ")[2]
        if asked.endswith("?") and LEAST_WORDS <= words(asked) <= MOST_WORDS and plot.is_about(asked):
            yield plot.voice.theirs(plot.case.sentence(asked)), 0
    effect = any(each.rest.startswith("on ") and {"effect", "helps"} & each.asks for each in plot.topics[:1])
    drugs = plot.cast.medicine() and not (effect and hard_words(next(_cleaned(plot)), plot.names) < FEW_HARD)
    cleaned = ((plot.voice.theirs(each), None) for each in _cleaned(plot))
    narrow, wide = _built(plot, strict=True), _built(plot, strict=True, wide=True)
    ours = ((each, 0) for each in chain(narrow, wide))
    # The registry's own whole title says more truly whom it is for than the illness alone, and that more than a cut one.
    yield from ((each, 0) for each in narrow) if drugs else ()
    yield from islice(cleaned, 1)
    yield from ours if drugs else ()
    yield from cleaned
    yield from ours
    plain_things = plot.cast.titled and (plot.cast.medicine() or plot.treats)
    more = _built(plot, strict=False) if plot.cast.medicine() else ()
    always = _built(plot, strict=True, always=True) if plain_things else ()
    yield from ((each, 0) for each in chain(more, always))
    who = "" if plot.people.healthy else the_ill(plot.in_english).removeprefix("some ")
    who = plot.voice.theirs(plot.people.told_as(who)) if who else ""
    yield from ((each, 0) for each in _affecting(plot, who))
    watches = plot.study.study_type == "OBSERVATIONAL"
    yield from ((each, _VAGUE_ONE if watches else _VAGUEST) for each in _of_whom(plot, who))


_VAGUE_ONE, _VAGUEST = 4, 9  # in place of what names no illness in hard words; in place of a quotation


def _affecting(plot: Plot, who: str) -> Iterator[str]:
    """Of "effect of X on Y in Z", X in Z."""
    for each in plot.topics if who and not plot.provokes else ():
        what = plot.voice.theirs(each.thing)
        if "effect" in each.asks and each.rest.startswith("on ") and apart(what, who):
            yield plot.voice.say(_IN, what=what, people=who)


def _of_whom(plot: Plot, who: str) -> Iterator[str]:
    """Whom it is of, or of what: true of any study, where there is nothing plainer."""
    voice, design, cast = plot.voice, plot.study.design, plot.cast
    tries = plot.study.study_type == "INTERVENTIONAL"
    if who and tries:
        if cast.medicine() and cast.named and len(cast.tried) == 1 and _short(cast.tried):
            yield voice.say(_IN, what=plot.what(), people=who)
        yield voice.say("A study in %(people)s", people=who)
    elif who and design.time_perspective == "RETROSPECTIVE":
        yield voice.say("A study of the records of %(people)s", people=who)
    elif who and design.time_perspective == "PROSPECTIVE" and design.observational_model == "COHORT":
        yield voice.say("A study that follows %(people)s over time", people=who)
    elif who:
        yield voice.say("A study of %(people)s", people=who)
    elif len(plot.people.listed) == 1 and not (tries or plot.people.healthy) and plot.is_listed(plot.titles):
        yield voice.say("A study of %(illness)s", illness=plot.conditions())


def _cleaned(plot: Plot) -> Iterator[str]:
    """The registry's titles without the paperwork, with the illness behind them where they do not name it."""
    sure = [each for each in plot.topics if "effect" not in each.asks or is_measured(plot, each.rest)]
    english = plot.in_english
    people, link = whom(english), "for" if plot.treats else "in"
    tails = [f"in {people}"] if people and (plot.people.healthy or plot.is_about(people)) else []
    # Where the healthy take part, an illness that no word of the record tells of is what may come.
    told = f"{plot.told} {plot.study.eligibility.criteria}".casefold()
    listed = plot.people.listed if plot.study.eligibility.healthy_volunteers else ()
    theirs = len(listed) > 2 or all(each.rpartition(" ")[2].casefold()[:5] in told for each in listed)
    ills = _FOOD_TOO.sub("", english.conditions()) if theirs else ""
    tails += (
        [f"{link} {ills}"]
        if ills and not _VAGUE.fullmatch(plain(ills)) and len(plot.people.listed) < 3
        else []
    )
    # Where the list names no illness, that of the people without all that narrows it down.
    short = "" if plot.people.listed else in_short(english).removeprefix("some ")
    tails += [f"in {short}"] if short and plot.is_about(short) else []
    for each in sure or plot.topics:
        made = _MAKER.sub("", each.titled)
        sides = each.thing.split(" and ")
        known = [bool(tokens(side) & plot.names) for side in sides]
        if (
            not all(known) and len(sides) > 1 and not (plot.cast.medicine() and any(known))
        ):  # one may be measured
            link, tails = "in", [re.sub("^for ", "in ", tail) for tail in tails]
        long = plot.case.small(spelled(plot, made))
        made = long if words(long) <= MOST_WORDS else made
        if not made:
            continue
        # What stands behind may be left out, where that is too long and the rest is whole; the illness then stands behind it again.
        for head in (made, *(made[: cut.start()] for cut in reversed([*_CUTS.finditer(made)]))):
            named = plot.is_about(_FOODS.sub("", head)) and words(head) >= LEAST_WORDS - 1
            if head != made and _A_DEED.search(head):
                continue
            if head == made and words(head) < LEAST_WORDS and ills and not _LINKED.search(head):
                yield f"{head} {link} {ills}"
            if (
                not named
                and not _LINKED.search(head)
                and (head == made or words(head) >= LEAST_WORDS or tokens(head) & plot.names)
            ):
                yield from (f"{head} {tail}" for tail in tails)
            yield head
            if (named or head == made) and well_formed(lay_title(head, MOST_WORDS)):
                break


#: A condition of the list that says less than a title with the name of an illness does.
_VAGUE = AnyCase(r"(?:allergic reactions?|allerg(?:y|ies)|allergic conditions|mental disorders?)(?: and .*)?")
_A_DEED = re.compile(r" to \w+$")
_LINKED = re.compile(
    r" (?:in|for|among) |\b(?:in|for|of|and|with)$|\b(?:people|patients|adults|children|women|men)\b"
)
_CUTS = re.compile(
    r",? (?:who|whose|undergoing|receiving|following|after|before|during|using|by|based on|compared with|treated with|in|for|on|at|from|among|when|while|upon|via|through|as)\b| [-–—] "
)
#: A maker's name before that of a thing: "Synergy spine solutions Synergy disc".
_MAKER = re.compile(r"\b([A-Z][a-z]{4,}) (?:(?!(?:and|or|with|compared|for|in|of|by) )[a-z]+ ){1,3}(?=\1\b)")


# --- ours -------------------------------------------------------------------------------------------------------


def _built(plot: Plot, *, strict: bool, wide: bool = False, always: bool = False) -> Iterator[str]:
    """What is tried, and for what or in whom, the most particular first. strict: in the words of a title for people, and nothing dropped.

    wide: without the words of a title that narrow them down. always: also of what is not to treat them.
    """
    speech, cast = plot.voice, plot.cast
    if (
        plot.study.study_type != "INTERVENTIONAL"
        or plot.provokes
        or plot.takes_away
        or is_a_picture(plot)
        or cast.looks
        or any(each.rest.startswith("on ") and tokens(each.rest) & plot.names for each in plot.topics)
        or not (
            plot.treats
            or always
            or (cast.medicine() and (plot.people.healthy or not plot.study.design.primary_purpose))
        )
    ):
        return
    ends = list(plot.weighed(lambda each: _for_whom(each, strict=strict, wide=wide)))
    for what, named in plot.weighed(_tried):
        if NO_NAME.search(named):
            continue
        for (kind, slots), (_, weighed) in ends:
            made, end = plot.in_english.voice.say(kind, what=named, **weighed), " ".join(weighed.values())
            titled = tokens(end) & tokens(f"{plot.titles} {' '.join(each.rest for each in plot.topics)}")
            whole = plot.keeps_the_setting(made) and not _drops(plot, made)
            sure = not strict or (whole and (titled or plot.people.healthy))
            # Who gets it anyway is not whom it is for.
            if sure and apart(named, end) and not tokens(end) & plot.names:
                yield speech.say(kind, what=what, **slots)


def _drops(plot: Plot, made: str) -> bool:
    """Whether the brief title names something beside what the arms list, which a title of ours would not."""
    sides = [side for each in plot.topics[:1] for side in _BESIDE.split(each.thing)]
    there = [bool(tokens(side) & (plot.names | tokens(made))) for side in sides]
    names = [words(side) == 1 and not is_everyday(side) for side in sides]
    return any(there) and any(name and not told for name, told in zip(names, there, strict=True))


_BESIDE = re.compile(r",? (?:and|with|or|without|added to) |, ")
_IN, _FOR, _FOR_THEM = (
    n_("%(what)s in %(people)s"),
    n_("%(what)s for %(condition)s"),
    n_("%(what)s for %(people)s"),
)


def _for_whom(plot: Plot, *, strict: bool, wide: bool) -> Iterator[tuple[str, dict[str, str]]]:
    """For which illness, or in which people, as messages with what stands in them."""
    speech, english = plot.voice, plot.in_english
    if plot.people.healthy:
        yield _IN, {"people": plot.people.who(speech)}
        return
    told = whom(english)
    short = in_short(english) if told else ""
    hard = {each: hard_words(lay(each, MOST_WORDS)) > FEW_HARD + 1 for each in (told, short)}
    # Of more people than the registry's title names: only where that has no room, or no plain words.
    wider = [short.removeprefix("some "), by_the_list(english)] if plot.is_listed(told) else []
    ways = [told, "" if short.startswith("some ") and not hard[told] else short.removeprefix("some ")]
    ways.sort(key=lambda each: hard.get(each, False))
    ways = [by_the_list(english)] if not strict else wider if wide else ways
    for said in dict.fromkeys(plot.people.told_as(each) for each in ways if each):
        found = _WITH.fullmatch(said)
        if not found or not plot.treats:
            yield _IN, {"people": speech.theirs(said)}
        elif found[1] in {"people", "adults", "patients"} and " who" not in found[2]:
            yield _FOR, {"condition": speech.theirs(found[2])}
        else:
            yield _FOR_THEM, {"people": speech.theirs(said)}


_WITH = re.compile(r"((?:[\w-]+ ){0,2}[\w-]+) with (?!or\b)(.+)")


def _tried(plot: Plot) -> Iterator[str]:
    """What is tried, by the groups: beside what, or compared with what, where there is room."""
    speech, cast = plot.voice, plot.cast
    doubts = set(cast.doubts)
    if cast.tried and not doubts and _short(cast.tried):
        what = plot.what()
        if 0 < len(cast.added_to) <= 2 and _short(cast.added_to) and cast.against != (IS_OTHER,):
            yield speech.say("%(what)s added to %(base)s", what=what, base=plot.listed(cast.added_to))
        if cast.against == (IS_OTHER,) and _short(cast.others) and (other := against(plot)):
            yield speech.say("%(what)s compared with %(other)s", what=what, other=other)
        yield what
    elif doubts & {SEVERAL_TRIED, NO_TEST} and doubts <= {SEVERAL_TRIED, NO_TEST, TOO_MANY, UNNAMED_RIVAL}:
        yield from _ways(plot)
    elif cast.tried and doubts <= {SAME_FOR_ALL, UNNAMED_RIVAL, TOO_MANY} and _short(cast.tried):
        yield plot.what()


def _ways(plot: Plot) -> Iterator[str]:
    """What several groups try: one thing alone or with others, or one of a few."""
    speech, cast = plot.voice, plot.cast
    sets = list(
        dict.fromkeys(
            tuple(
                each
                for each in group.gets
                if not (is_placebo(each.said) or SIDE_SHOW.search(each.said) or USUAL.fullmatch(each.said))
            )
            for group in cast.groups
            if group not in cast.beside or NO_TEST in cast.doubts
        )
    )
    if not len(sets) >= 2 or not all(sets) or not _short(tuple(each for own in sets for each in own)):
        return
    base = tuple(each for each in sets[0] if all(each in own for own in sets))
    known = {each.name for each in base}  # of which a group may get another dose
    more = [tuple(each for each in own if each.name not in known) for own in sets]
    extra = tuple(dict.fromkeys(each for own in more for each in own))
    if not extra:
        return
    single = all(len(own) <= 1 for own in more)
    if base and len(base) <= 2 and not all(more):
        if not cast.medicine() and _EITHER.search(" ".join(plot.summary)):
            return  # who gets the one gets it in place of the other, whatever is listed
        others = (
            plot.listed(extra, most=2, apart=single)
            if single or len(more) == 2
            else speech.say("other medicines")
        )
        yield speech.say("%(what)s, alone or with %(others)s,", what=plot.listed(base), others=others)
    elif base and len(base) <= 2 and single:
        yield speech.say(
            "%(one)s with %(others)s", one=plot.listed(base), others=plot.listed(extra, apart=True)
        )
    elif not base and single and len(sets) <= 3:
        yield plot.listed(extra, apart=True)


_EITHER = AnyCase(r"\beither\b[^.]* or\b")


def _short(things: tuple[Thing, ...]) -> bool:
    return all(each.name and words(each.name) <= 5 and not _NO_NAME.search(each.name) for each in things)


#: A form's line in place of a name: how much of it, or beside what.
_NO_NAME = AnyCase(
    r",|\b(?:dos(?:e|es|age)|monotherap\w*|combination|combined|alone|single agent|placebo|regimens?|standard of care)\b"
)


def apart(what: str, condition: str) -> bool:
    """Whether the two do not say the same ("back pain for back pain")."""
    one, other = plain(what).casefold(), plain(condition).casefold()
    return one not in other and other not in one
