"""What could go wrong: what the record counts first, then of what is tested, of what is done to people beside it, and of the design.

At most five lines, two of them of the design, and none that another part of the read says. Nothing here weighs a risk.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from notifier.domain.study import OverallStatus as Is
from notifier.domain.study import Study
from notifier.domain.study.parts import Intervention
from notifier.domain.summaries.any_case import AnyCase, small
from notifier.domain.summaries.cast import IS_PLACEBO, MEDICINES, Thing
from notifier.domain.summaries.counted import events, named
from notifier.domain.summaries.deciding import BY_CHANCE, decided_by_chance
from notifier.domain.summaries.given import given_beside, known_in, said_to_be
from notifier.domain.summaries.names import of_kind
from notifier.domain.summaries.plot import Plot
from notifier.domain.summaries.quoting import words
from notifier.domain.summaries.standing import is_over
from notifier.domain.summaries.tables import pattern_of, table
from notifier.domain.summaries.titles import LOOKS
from notifier.domain.summaries.uses import SMALL, lead, too_few
from notifier.domain.wording import one_line
from notifier.domain.wording.catalogue import n_

_TREATS = MEDICINES | {"DEVICE", "PROCEDURE", "RADIATION", "BEHAVIORAL"}
MOST, MOST_PARTICULAR, MOST_OF_THE_DESIGN = 5, 4, 2  # lines


def could_go_wrong(plot: Plot) -> tuple[str, ...]:
    """The lines, particular ones first."""
    say = plot.voice.say
    if plot.study.overall_status is Is.WITHDRAWN:
        return (say("Cancelled studies usually do not start again."),)
    brought = list(_brought(plot))
    heavy = [line for line, sort in brought if sort in _HEAVY]
    light = [line for line, sort in brought if sort not in _HEAVY]
    watches, treats = (
        plot.study.study_type == "OBSERVATIONAL",
        _TREATS & {each.kind for each in plot.cast.tried},
    )
    # What happens to people whom a study only asks or looks at is not its doing.
    known, counted = of_medicines(plot), list(events(plot)) if treats or not watches else []
    told = any(sort == "anywhere" for _, sort in brought) or any(
        "allergic" in harm for each in plot.study.interventions for _, _, harm in known_in(each.name or "")
    )
    speaks = not (told or watches) and _ALLERGIC.search(f"{plot.titles} {plot.study.brief_summary}")
    particular = [
        *counted[:2],  # where a read is long, what is known in general gives way to them
        *_of_the_tested(plot),
        *heavy[:2],
        *known[:1],
        *counted,
        *heavy,
        *known,
        *[say("Allergic reactions, of which the record speaks, can be severe.")][: bool(speaks)],
        *light,
        *named(plot),
    ]
    particular = list(dict.fromkeys(particular))
    if len(particular) > 1:
        particular = [line for line in particular if line != say(_BROUGHT[-1][1])]  # of every study
    design = list(_of_the_design(plot))
    lines = [*particular[:MOST_PARTICULAR], *design[:MOST_OF_THE_DESIGN]][:MOST]
    if not lines and "harm" in plot.keys:
        lines = [
            say("The study counts side effects, but the record does not list them. Ask which are known.")
        ]
    beside = list(_beside(plot))
    if lines:
        return tuple([*lines, *beside][: max(len(lines), FEWEST)])
    whole = _whole(plot)
    silent, by_chance = not _HARM.search(whole), BY_CHANCE.search(whole)
    if watches and len(plot.cast.groups) > 1 and not LOOKS.search(plot.titles) and not by_chance:
        return (say("The groups can differ in other ways too, which can be misleading."), *beside[:1])
    beside = (
        [lead(plot, "private")] if watches else beside
    )  # of all who watch: only where nothing else is told
    titled = known_in(plot.titles) or any(
        rule.search(plot.titles) for rule, _, sort, _ in _BROUGHT if sort in _HEAVY | {"operation"}
    )
    if not watches or titled or treats:
        none = n_("The record lists no harms. Ask the study team what is known.")
        return (say(none if silent else "Ask the study team which harms are known."), *beside[:1])
    none = n_("The study itself gives no treatment, and the record lists no harms.")
    return (say(none if silent else "The study itself gives no treatment."), *beside[:1])


FEWEST = 2  # lines, where the design has more to say


def _beside(plot: Plot) -> Iterator[str]:
    """What a read with few other lines can say: a placebo, one site."""
    study, tries = plot.study, plot.study.study_type == "INTERVENTIONAL"
    by_chance = tries and study.design.allocation == "RANDOMIZED" and plot.cast.certain
    if by_chance and IS_PLACEBO in plot.cast.against and study.design.intervention_model == "PARALLEL":
        yield lead(plot, "blank over" if is_over(study) else "blank")
    if len(study.locations) == 1 and (study.enrollment.count or 0) > SMALL:
        yield lead(plot, "one site")


#: What a record that lists no harms has not one word of.
_HARM = pattern_of("harms.harm")
#: By a word for it in the titles, or where something is tried by the summary, a record speaks of such reactions.
_ALLERGIC = pattern_of("harms.allergic")


@lru_cache(maxsize=2)  # a read asks twice
def _whole(plot: Plot) -> str:
    return f"{_texts(plot)} ; {one_line(plot.more.description)}"


# --- what is done to people ----------------------------------------------------------------------------------


#: By the names of things, then by the record's text: what is done on the way, and stands in no name, such as a needle in the back.
_BROUGHT = [
    (AnyCase(pattern), line, "".join(rest[:1]), AnyCase(rest[1]) if len(rest) > 1 else None)
    for pattern, line, _, *rest in table("risks_of_what_is_done.tsv")
]
_HEAVY = {
    "grave",
    "rays",
    "by the title",
    "anywhere",
}  # sorts that weigh more than the harms of any one medicine
_SORTS = [
    "grave",
    "rays",
    "anywhere",
    "withheld",
    "by the text",
]  # and how a thing gets into the body more than what it is
_CANCER = AnyCase(r"cancer|tumou?r|leuk|lymphoma|myeloma|carcinoma|sarcoma|melanoma|glio|blastoma|neoplas")
#: A laser or a current of which the record says that it does not heat.
_NO_HEAT = pattern_of("harms.no_heat")
#: What those who watch do themselves; to be treated against an allergy is care that people get anyway.
_BY_WATCHERS = AnyCase(r"challenge|provocation|\bDBPCFC|\bOFCs?\b|bronchosc|exposure chamber")
_NOT_GIVEN = pattern_of("harms.not_given")

#: Behind one of these, a title names what people had before, or what is to be helped.
_BEFORE = pattern_of("harms.before")


def _brought(plot: Plot) -> list[tuple[str, str]]:
    """What can come of the things that are done to people, and of which sort it is; at most three."""
    study = plot.study
    watches = study.study_type == "OBSERVATIONAL" and not BY_CHANCE.search(plot.titles)
    if study.study_type == "OBSERVATIONAL" and study.design.time_perspective == "RETROSPECTIVE":
        return []
    given = _given(plot).lower()
    # What all get beside it may stand in the names of the groups alone: rays, an operation.
    labels = " ; ".join(each.label for each in plot.cast.groups if not _NOT_GIVEN.search(each.label)).lower()
    # The text of a study without a medicine tells of the care that people have anyway.
    text = _texts(plot) if plot.cast.medicine() else f"{given} ; {_measured(study)}"
    # A challenge with what people are allergic to, and a tube into the lungs, are done wherever a record has them.
    whole = _whole(plot)
    low_whole = small(whole)
    low, jab = small(text), not _of_cancer(plot)  # a vaccine against a cancer is no jab against germs
    treats, found = _TREATS & {each.kind for each in plot.cast.tried}, list[tuple[str, str]]()
    for pattern, line, sort, in_text in _BROUGHT:
        by_name = (jab or sort != "vaccine") and pattern.search_in(given, given)
        if sort == "by the title" and not _BEFORE.search(plot.titles):
            by_name = by_name or pattern.search(plot.titles)
        by_label = sort in {"rays", "operation"} and pattern.search_in(labels, labels)
        everywhere = sort == "anywhere" or (sort == "sampled" and not plot.cast.medicine())
        told = in_text and (
            in_text.search_in(whole, low_whole)
            if everywhere
            else not watches and in_text.search_in(text, low)
        )
        # What care people get is not the doing of those who watch; samples, scans and questions may be.
        if sort == "heat" and _NO_HEAT.search_in(whole, low_whole):
            continue
        if watches and sort == "anywhere" and not (treats or _BY_WATCHERS.search(whole)):
            continue
        if (by_name or by_label or told) and not (
            watches and sort not in {"watching", "anywhere", "sampled"}
        ):
            found.append((line, sort or ("by the text" if told else "")))
    found.sort(key=lambda each: _SORTS.index(each[1]) if each[1] in _SORTS else len(_SORTS))
    operations = [each for each in found if each[1] == "operation"]
    kept = [each for each in found if each not in operations[1:]][:3]
    return [(plot.voice.say(line), sort) for line, sort in kept]


def _of_cancer(plot: Plot) -> bool:
    return any(map(_CANCER.search, (*plot.study.conditions[:30], plot.titles)))


@lru_cache(maxsize=2)  # a read asks three times
def _texts(plot: Plot) -> str:
    """What the record tells of its groups and of what they get."""
    study = plot.study
    told = [study.brief_title, study.official_title, study.brief_summary]
    told += [each.description for each in study.arms] + [each.description for each in study.interventions]
    return one_line(" ; ".join(filter(None, [*told, _measured(study)]))[:20_000])


def _measured(study: Study) -> str:
    return " ; ".join(f"{each.measure} {each.time_frame}" for each in study.primary_outcomes)


_BLANK = AnyCase(r"placebo|sham|\bmeasuring\b|\blevels?\b")
_BLANK_NAME = AnyCase(r"\b(?:placebo|sham)[^;]*|[^;]*\b(?:placebo|sham)\b")


def _given(plot: Plot) -> str:
    """The names of what is done to people, what is tried first; no placebo is among them."""
    names = [f"{of_kind(each.name or '')} , {' , '.join(each.other_names[:10])}" for each in _listed(plot)]
    text = one_line(" ; ".join(names)[:6000]) if names else plot.titles
    return _BLANK_NAME.sub(" ", text) if ";" in text else text


def _listed(plot: Plot) -> list[Intervention]:
    """What the record lists, what is tried first."""
    tried = {each.said: number for number, each in enumerate(plot.cast.tried)}
    return sorted(plot.study.interventions, key=lambda each: tried.get(of_kind(each.name or ""), 99))


# --- what is known of medicines ------------------------------------------------------------------------------


#: A kind of medicine beside one of its kind: the same thing twice.
_KIND_ALONE = pattern_of("harms.kind_alone")


@lru_cache(maxsize=2)  # a read asks twice
def of_medicines(plot: Plot) -> tuple[str, ...]:
    """What is known of the medicines that are given, by their names; at most four kinds, one line for each harm."""
    if plot.study.overall_status is Is.WITHDRAWN:
        return ()
    harms, one_of = dict[str, list[str]](), set[str]()
    gives = plot.study.study_type == "INTERVENTIONAL"
    # Of those who watch, what a title names may be what people get anyway, and want to know of.
    title = "" if gives or _EARLIER.search(plot.titles) else one_line(plot.study.brief_title or "")
    tried = {each.said for each in plot.cast.tried}
    for each in _listed(plot) if gives else ():
        said = of_kind(each.name or "")
        if _BLANK.search(said):
            continue
        known = known_in(_SHORT_BEHIND.sub("", said)) or known_in(said)
        # By another name of it, it is told under the name that the reader knows from above.
        of_class = _by_its_class(plot, said) if said in tried and not known else ()
        for found, _, harm in known or _by_other_names(each.other_names) or of_class:
            way = f"{each.name} ; {each.description}"
            if harm and not (_OF_A_WAY.search(harm) and _LOCAL.search(way) and not _ALL_OVER.search(way)):
                named = [said.split(" ")[0] if of_class else said]
                harms.setdefault(harm, []).extend(found if known else named)
                one_of |= {harm} if len(found) > 1 and _OR.search(said) else set()
    for found, _, harm in known_in(" , ".join(given_beside(plot)) if gives else title):
        if harm:
            harms.setdefault(harm, []).extend(found)
    voice, lines = plot.voice, list[str]()
    for harm, names in list(harms.items())[:4]:
        own = [each for each in names if not _KIND_ALONE.fullmatch(each)] or names
        shown = [voice.theirs(each) for each in dict.fromkeys(own)][:5]
        told_of = voice.either(shown) if harm in one_of else voice.listing(shown)
        lines.append(voice.sentence(voice.say(harm, names=told_of)))
    return tuple(lines)


_EARLIER = pattern_of("harms.earlier")
_OR = re.compile(r"\bor\b")
#: Harms of steroids that are swallowed or breathed in, not of those that are put where they work.
_OF_A_WAY = re.compile(r"near nerves|when breathed in|raise blood sugar, weaken the immune system")
_LOCAL = pattern_of("harms.local")
_ALL_OVER = pattern_of("harms.all_over")
_SHORT_BEHIND = re.compile(r"(?<=[a-z]{4}) ?\([A-Z][A-Z0-9-]{1,6}\)")  # the same medicine once more
Known = Sequence[tuple[tuple[str, ...], str, str]]


def _by_its_class(plot: Plot, said: str) -> Known:
    """What is known of the kind of medicine that the record says a new one is: "MET1, a GLP-1 receptor agonist"."""
    return known_in(said_to_be(said.split(" ", maxsplit=1)[0], _texts(plot)))


_NO_MEDICINE = AnyCase(r"\bgenes?\b|receptor|pathway")


def _by_other_names(names: Sequence[str]) -> Known:
    """What is known by another name: "stimulator of interferon genes" is no interferon."""
    return [row for name in names[:10] if not _NO_MEDICINE.search(name) for row in known_in(name)]


# --- what is not known of what is tested ---------------------------------------------------------------------


_FINDS = AnyCase(r"\bdetect|\bdiagnos(?:is|tic|e|ing)\b|\bscreening\b|liquid biopsy|\baccuracy\b")
_FIRST = AnyCase(r"first[- ](?:in|time in|use in)[- ]?(?:hum|man\b|people|patient)|\bFIH\b")
_NEW = re.compile(r"[A-Z]{2,}[- ]?\d{2,}|(?i:\bcells?\b|\bCAR\b|\bgene\b|\bvirus|\bAAV)")
_PARTS = re.compile(r"[，,+/]|\b(?:and|plus|with)\b")
#: What is known of chemotherapy tells nothing of what is added to it.
_ADDED_TO = re.compile(r"\s*[+，；;]\s*|\s+(?:and|with|plus|combined|in combination|as monotherapy)\b")
#: What is tried beside medicines, and has no side effects of its own: a test in the laboratory.
_HARMLESS = AnyCase(r" (?:loss|diet|treatment|dose)$|\bPCR\b|\btest(?:s|ing)?\b|assay|sequenc|genotyp")
_A_DOSE = AnyCase(r"\s+\d[\d.,]*\s*(?:mg|mcg|g|ml|IU)\b.*$")


def _of_the_tested(plot: Plot) -> Iterator[str]:
    """That next to nothing is known of a new thing; that the record is silent on it; that a test can be wrong."""
    study, voice, cast = plot.study, plot.voice, plot.cast
    tests = any(each.kind == "DIAGNOSTIC_TEST" for each in cast.tried) and study.study_type == "OBSERVATIONAL"
    if (tests or study.design.primary_purpose in {"DIAGNOSTIC", "SCREENING"}) and _FINDS.search(plot.titles):
        yield voice.say("A test can miss what is there, or raise a false alarm.")
    if study.study_type != "INTERVENTIONAL" or not cast.tried:
        return
    new = tuple(each for each in cast.tried if each.kind in MEDICINES and _is_new(each))
    early = plot.early and not study.has_results and not cast.looks
    if _FIRST.search(f"{plot.titles} {study.brief_summary}") and not cast.looks:
        first = (
            "What is tested is used in people for the first time, so little is known about its side effects."
        )
        yield voice.say_in(is_over(study), first)
    elif (
        early
        and new
        and all(each.novel and 0 < words(each.name or "") <= 6 for each in new[:3])
        and len(new) <= 2
    ):
        parts = [part.strip() for each in new for part in _ADDED_TO.split(each.shown)]
        alone = dict.fromkeys(part for part in parts if _NEW.search(part) and not known_in(part))
        what = voice.listing(map(voice.theirs, alone)) if alone else plot.listed(new)
        yield voice.say("Little is known yet about the side effects of %(what)s.", what=what)
    elif early and new:
        yield voice.say("Little is known yet about the side effects of what is tested.")
    elif unlisted := _unlisted(plot):
        said = n_("The record does not list the side effects of %(what)s: ask which are known.")
        yield voice.say(said, what=voice.theirs(unlisted))


def _is_new(each: Thing) -> bool:
    first = _PARTS.split(each.said)[0]
    others = " , ".join(each.others[:10]) if each.novel else ""
    return bool(_NEW.search(first)) and not any(harm for _, _, harm in (*known_in(first), *known_in(others)))


def _unlisted(plot: Plot) -> str:
    """The name of what is tested first, where it is a medicine of which nothing is known here; empty where something is."""
    study, first = plot.study, plot.cast.tried[0]
    name = _ADDED_TO.split(first.name or "")[0]
    if study.has_results or first.kind not in MEDICINES or words(name) not in range(1, 5):
        return ""
    if _HARMLESS.search(name):
        return ""
    others = [one for each in study.interventions if each.name == name for one in each.other_names]
    rows = [*known_in(_ADDED_TO.split(first.said)[0]), *_by_other_names([*first.others, *others])]
    rows += _by_its_class(plot, first.said)
    text = f"{first.said} , {' , '.join(first.others)}".lower()
    told = [sort for rule, _, sort, _ in _BROUGHT if rule.search_in(text, text)]
    if any(harm for _, _, harm in rows) or [
        sort for sort in told if sort != "vaccine" or not _of_cancer(plot)
    ]:
        return ""
    return _A_DOSE.sub("", name)


# --- what the design brings ----------------------------------------------------------------------------------


_MEANT_TO_HELP = frozenset({"TREATMENT", "PREVENTION", "SUPPORTIVE_CARE"})
_FELT = frozenset({"pain", "signs", "attacks"})  # measures of what people report
_INTERVIEW = AnyCase(r"\binterviews?\b|\bfocus groups?\b|\bqualitative\b")


def _of_the_design(plot: Plot) -> Iterator[str]:
    """What can make the answer doubtful, what weighs most first."""
    study, design, size = plot.study, plot.study.design, plot.study.enrollment.count or 0
    tries, watches = study.study_type == "INTERVENTIONAL", study.study_type == "OBSERVATIONAL"
    alone = tries and plot.alone and not plot.cast.looks and design.primary_purpose in _MEANT_TO_HELP
    # Where people are asked what they think, nothing is compared or counted.
    views = [bool(_INTERVIEW.search(each.name or "")) for each in study.interventions]
    small = (
        1 < size <= SMALL and study.study_type != "EXPANDED_ACCESS" and not (views and all(views) and watches)
    )
    felt = plot.measure is not None and plot.measure.key in _FELT and design.masking == "NONE"
    voice, number = plot.voice, plot.voice.number(size)
    if alone and small:
        said = n_("With one group of %(number)s people, it is hard to tell what the treatment did.")
        yield voice.say(said, number=number)
    elif alone:
        yield voice.say("With only one group, it is hard to tell what the treatment did.")
    if tries and felt and len(plot.cast.groups) > 1 and decided_by_chance(plot):
        said = n_("Everyone knows who gets what, which can affect what people report.")
        yield voice.say_in(is_over(study), said)
    if watches and design.time_perspective == "RETROSPECTIVE":
        yield voice.say(
            "It relies on information or samples collected for other reasons, so some details can be missing."
        )
    if small and not alone and not too_few(study):
        yield voice.say("With %(number)s people, the results could be due to chance alone.", number=number)
