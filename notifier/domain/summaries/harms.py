"""What could go wrong: first what the record itself counts or names (`counted`), then what is done to people brings, then the design.

At most six lines. No line that would fit every study, unless nothing else can be said. Nothing here weighs a risk.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache

from notifier.domain.study import OverallStatus as Is
from notifier.domain.study import Study
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.cast import IS_OTHER, IS_PLACEBO, IS_SHAM, IS_USUAL, MEDICINES, is_placebo
from notifier.domain.summaries.counted import events, named
from notifier.domain.summaries.deciding import BY_CHANCE, decided_by_chance
from notifier.domain.summaries.differing import starts_later
from notifier.domain.summaries.given import given_beside, known_in, said_to_be
from notifier.domain.summaries.names import USUAL, of_kind
from notifier.domain.summaries.plot import Plot, tokens
from notifier.domain.summaries.quoting import sentences, words
from notifier.domain.summaries.standing import is_over, is_past, says_many_places
from notifier.domain.summaries.tables import table
from notifier.domain.summaries.titles import LOOKS
from notifier.domain.summaries.told import can_be_quoted
from notifier.domain.summaries.uses import SMALL
from notifier.domain.wording import one_line
from notifier.domain.wording.catalogue import n_

MOST = 5


# --- what is known of what is done ---------------------------------------------------------------------------


_RISKS = table("risks_of_what_is_done.tsv")
_BROUGHT = [(AnyCase(pattern), line) for pattern, line, *_ in _RISKS]
#: Of what sort that is which brings a line: it stands in the table, so that a line can be worded in another way.
_SORT_OF = {line: sort for _, line, _, *sorts in _RISKS for sort in sorts}
#: What is done on the way, and stands in no name: a needle in the back, a piece of tissue that the rules ask for.
_BY_THE_TEXT = [
    (AnyCase(pattern), next(line for rule, line in _BROUGHT if rule.search(example)))
    for pattern, example in (
        (
            r"\blumbar puncture\b(?! (?:is|was|be) not)|\bintrathecal(?:ly)?\b",
            "lumbar puncture",
        ),
        (
            r"intracerebroventricular|intraventricular|into the brain|intratumou?ral .{0,30}brain",
            "intracerebroventricular",
        ),
        (
            r"\b(?:to|will|that) (?:trigger|provoke|induce|bring on|set off) (?:an? |the |cluster |migraine )*(?:headache|pain|attack|migraine)",
            "inducing",
        ),
        (r"intravitreal|subretinal|into the eye", "intravitreal"),
        (
            r"intra-?articular|intradiscal|intralymphatic|epidural (?:steroid )?inject",
            "intradiscal",
        ),
        (
            r"(?:steroid )?injection of the (?:greater )?occipital nerve|occipital nerve (?:block|inject)|\bGON[- ](?:block|inject)",
            "occipital nerve block",
        ),
        (
            r"(?:receiv\w*|undergo\w*|treated with|combin\w* with|followed by|concurrent\w* with|\bwith|\bplus|\band)\s(?:\w+ ){0,2}(?<!prior )(?<!previous )(?<!earlier )(?:radiation therapy|radiotherapy|chemoradi\w+)(?! (?:is|was|are|were|has|have|will|may|or|naive|refractory|fail|in the past))",
            "radiotherapy",
        ),
        (
            r"\bimplant(?:ation|ed|able) (?:of )?.{0,40}(?:device|electrode|stimulator|pump|lead|system)|post[- ]implant|implantable",
            "implant",
        ),
        (
            r"(?:undergo|provide|mandatory|consent to|willing|agree|fresh|requires?)[^.;]{0,60}(?<!liquid )biops",
            "biopsy",
        ),
    )
]
#: The lines of the rows at the head of the table: what weighs more than the harms of any one medicine.
GRAVE = tuple(line for _, line in _BROUGHT[:5])


#: What rays bring, which no medicine beside them may push out.
RAYS = tuple(line for line, sort in _SORT_OF.items() if sort == "rays")


def could_go_wrong(plot: Plot, today: date) -> tuple[str, ...]:
    """The lines, particular ones first."""
    voice, study = plot.voice, plot.study
    if study.overall_status is Is.WITHDRAWN:
        return (
            voice.say(
                "No one joined, so no one could be harmed. Studies with this status usually do not start again."
            ),
        )
    brought, first = list(_brought(plot)), _untried(plot)
    grave = [line for line in brought if line in map(voice.say, GRAVE)]
    known, counted = list(of_medicines(plot)), list(named(plot))
    silent = "" if first else _of_the_tested(plot)
    missing = _no_results(plot, today)
    particular = [
        first,
        _of_a_test(plot),
        *events(plot),
        *grave[:2],
        *(line for line in brought if line in map(voice.say, RAYS)),
        silent if known else "",
        *known,
        *brought,
        *counted,
        silent if brought or counted else "",
    ]
    particular = list(dict.fromkeys(filter(None, particular)))
    if len(particular) > 1:
        particular = [line for line in particular if line != voice.say(_BROUGHT[-1][1])]  # of every study
    # What was counted and what is known of the things themselves goes before what could be said of many studies.
    design = _design(plot, particular=bool(particular), silent=bool(silent) and silent in particular)
    said = particular[: 3 if plot.alone else 4] + list(design)
    # Whoever may still join learns of the placebo, whatever else there is to tell.
    blank = "" if is_over(study) else some_get_a_placebo(plot)
    unique = list(dict.fromkeys(filter(None, said)))[: MOST - bool(missing)]
    if blank and blank not in unique:
        unique = [*unique[: MOST - bool(missing) - 1], blank]
    return (*unique, *missing) or (voice.say("The record lists no harms. Ask the study team what is known."),)


_FINDS = AnyCase(r"\bdetect|\bdiagnos(?:is|tic|e|ing)\b|\bscreening\b|liquid biopsy|\baccuracy\b")


def _of_a_test(plot: Plot) -> str:
    """That what a test says can be wrong."""
    purpose, tests = plot.study.design.primary_purpose, [each.kind for each in plot.cast.tried]
    watched = plot.study.study_type == "OBSERVATIONAL" and "DIAGNOSTIC_TEST" in tests
    if (purpose in {"DIAGNOSTIC", "SCREENING"} or watched) and _FINDS.search(plot.titles):
        return plot.voice.say("A test can miss what is there, or raise a false alarm.")
    return ""


def _texts(study: Study) -> str:
    """What the record tells of its groups and of what they get."""
    told = [
        study.brief_title,
        study.official_title,
        study.brief_summary,
        *(each.description for each in study.arms),
    ]
    told += [each.description for each in study.interventions]
    return one_line(" ; ".join(filter(None, [*told, _measured(study)]))[:20_000])


def _measured(study: Study) -> str:
    return " ; ".join(f"{each.measure} {each.time_frame}" for each in study.primary_outcomes)


_TISSUE_ASKED = n_(
    "Its rules say that a tissue sample may be taken, which can hurt, bleed or cause an infection."
)


@lru_cache(maxsize=2)  # a read asks three times
def _given(plot: Plot) -> str:
    """The names of what is done to people, what is tried first; no placebo is among them."""
    tried = {each.said: number for number, each in enumerate(plot.cast.tried)}
    listed = sorted(plot.study.interventions, key=lambda each: tried.get(of_kind(each.name or ""), 99))
    names = [f"{of_kind(each.name or '')} , {' , '.join(each.other_names[:10])}" for each in listed]
    text = one_line(" ; ".join(names)[:6000]) if names else plot.titles
    if ";" in text and re.search("(?i)placebo|sham", text):
        return re.sub(r"(?i)\b(?:placebo|sham)[^;]*|[^;]*\b(?:placebo|sham)\b", " ", text)
    return text


def of_medicines(plot: Plot) -> Iterator[str]:
    """What is known of the medicines that are given, by their names; at most three kinds, one line for each harm."""
    if plot.study.study_type != "INTERVENTIONAL" or plot.study.overall_status is Is.WITHDRAWN:
        return
    harms, one_of = dict[str, list[str]](), set[str]()
    tried = {each.said: number for number, each in enumerate(plot.cast.tried)}
    for each in sorted(plot.study.interventions, key=lambda one: tried.get(of_kind(one.name or ""), 99)):
        said = of_kind(each.name or "")
        if re.search("(?i)placebo|sham", said):
            continue
        known = known_in(said)
        # By another name of it, it is told under the name that the reader knows from above.
        of_class = _by_its_class(plot.study, said) if said in tried and not known else ()
        for found, _, harm in known or _by_other_names(each.other_names) or of_class:
            if harm:
                harms.setdefault(harm, []).extend(
                    found if known else [said.split(" ")[0] if of_class else said]
                )
                one_of |= {harm} if len(found) > 1 and re.search(r"\bor\b", said) else set()
    for found, _, harm in known_in(" , ".join(given_beside(plot))):
        if harm:
            harms.setdefault(harm, []).extend(found)
    for harm, names in list(harms.items())[:4]:
        shown = [plot.voice.theirs(each) for each in dict.fromkeys(names)][:5]
        told_of = plot.voice.either(shown) if harm in one_of else plot.voice.listing(shown)
        yield plot.voice.sentence(plot.voice.say(harm, names=told_of))


def _by_its_class(study: Study, said: str) -> tuple[tuple[tuple[str, ...], str, str], ...]:
    """What is known of the kind of medicine that the record says a new one is: "MET1, a GLP-1 receptor agonist"."""
    return known_in(said_to_be(said.split(" ", maxsplit=1)[0], _texts(study)))


def _by_other_names(names: Sequence[str]) -> list[tuple[tuple[str, ...], str, str]]:
    """What is known by another name: "stimulator of interferon genes" is no interferon."""
    return [
        row
        for name in names[:10]
        if not re.search(r"(?i)\bgenes?\b|receptor|pathway", name)
        for row in known_in(name)
    ]


def _lines_for(plot: Plot, names: str) -> list[str]:
    """What is known to come of things by their names; a vaccine against a cancer is no jab against germs."""
    cancer = any(map(_CANCER.search, (*plot.study.conditions[:30], plot.titles)))
    low = names.lower()
    return [
        line
        for pattern, line in _BROUGHT
        if pattern.search_in(low, low) and not (cancer and _SORT_OF.get(line) == "vaccine")
    ]


_CANCER = AnyCase(r"cancer|tumou?r|leuk|lymphoma|myeloma|carcinoma|sarcoma|melanoma|glio|blastoma|neoplas")


_OPERATIONS = frozenset({"operation", "any operation"})
_NOT_GIVEN = AnyCase(
    r"\b(?:no|not|without|after|before|post|prior|previous\w*|fail\w*|patients|participants|people|history|placebo|sham)\b"
)


def _brought(plot: Plot) -> Iterator[str]:
    """What comes of the things that are done to people, by their names."""
    study, voice = plot.study, plot.voice
    given = _given(plot)
    # What all get beside it may stand in the names of the groups alone: rays, an operation.
    labels = " ; ".join(each.label for each in plot.cast.groups if not _NOT_GIVEN.search(each.label))
    grave = [each for each in _lines_for(plot, labels) if _SORT_OF.get(each) in {"rays", *_OPERATIONS}]
    lines = list(dict.fromkeys((*_lines_for(plot, given), *grave)))
    # How a thing gets into the body weighs more than what sort of thing it is.
    told, rules = _texts(study), one_line((study.eligibility.criteria or "")[:12_000])
    # A needle in the back may belong to the care that people have anyway: glasses to watch a film do not bring it.
    own = told if plot.cast.medicine() else f"{given} ; {_measured(study)}"
    by_way = [line for pattern, line in _BY_THE_TEXT[:1] if pattern.search(own)]
    by_way += [line for pattern, line in _BY_THE_TEXT[1:-1] if pattern.search(told)]
    lines = list(dict.fromkeys([*by_way, *lines]))
    # What those who join must agree to stands in the rules, beside much that is of other times.
    pattern, line = _BY_THE_TEXT[-1]
    if line not in lines and pattern.search(told):
        lines.append(line)
    elif line not in lines and pattern.search(rules):
        lines.append(_TISSUE_ASKED)
    operations = [line for line in lines if _SORT_OF.get(line) in _OPERATIONS]
    for line in operations[1:]:
        lines.remove(line)
    if study.study_type == "OBSERVATIONAL" and study.design.time_perspective == "RETROSPECTIVE":
        return
    if study.study_type == "OBSERVATIONAL" and not BY_CHANCE.search(plot.titles):
        # What care people get is not the study's doing; samples, scans and questions may be.
        about = _lines_for(plot, plot.titles)
        lines = [
            line
            for line in lines
            if (sort := _SORT_OF.get(line)) == "watching"
            or (sort in {"inserted", "operation"} and line in about)
        ]
    yield from (voice.say(line) for line in lines[:3])


def _design(plot: Plot, *, particular: bool, silent: bool) -> Iterator[str]:
    """What the way in which a study is set up can bring to people, and what can make its answer doubtful. silent: that the record
    names no side effects of what is tested has been said.
    """
    study = plot.study
    if study.study_type == "INTERVENTIONAL":
        if not silent:
            yield from _of_the_unknown(plot, _tested(plot), particular=particular)
        yield from _of_the_groups(plot)
    elif study.study_type == "OBSERVATIONAL":
        yield from _of_watching(plot)
    voice, size = plot.voice, study.enrollment.count or 0
    small = 1 < size <= SMALL and study.study_type != "EXPANDED_ACCESS"
    if small and not (_hard_to_tell(plot) or _asks_for_views(study)):
        number = voice.number(size)
        yield voice.say("With %(number)s people, the results could be due to chance alone.", number=number)
    if len(study.locations) == 1 and size >= SMALL and not says_many_places(study):
        yield voice.say_in(is_over(study), ELSEWHERE)


def _tested(plot: Plot) -> str:
    """What is tried, in few words; empty where it has more or no name."""
    things = tuple(
        each for each in plot.cast.tried if each.name and not each.name.lower().startswith("control")
    )
    short = things and len(things) <= 2 and all(words(each.name or "") <= 6 for each in things)
    return plot.listed(things) if short else ""


def _untried(plot: Plot) -> str:
    """That next to nothing is known of what is tried, where it is given for the first time or is a new thing in an early study."""
    study, voice = plot.study, plot.voice
    if study.study_type != "INTERVENTIONAL" or plot.cast.looks:
        return ""
    if _FIRST.search(f"{plot.titles} {study.brief_summary}"):
        return voice.say_in(
            is_over(study), "This is its first use in people, so little is known about its side effects."
        )
    new = [
        each
        for each in plot.cast.tried
        if each.kind in MEDICINES
        and _NEW.search(first := _PARTS.split(each.said)[0])
        and not known_in(first)
        and not (each.novel and known_in(" , ".join(each.others[:10])))
    ]
    if not plot.early or not new or study.has_results:
        return ""
    if all(each.novel and each.name and words(each.name) <= 6 for each in new) and len(new) <= 2:
        return voice.say(
            "Little is known yet about the side effects of %(what)s.", what=plot.listed(tuple(new))
        )
    return voice.say("Little is known yet about its side effects.")


_PARTS = re.compile(r"[，,+/]|\b(?:and|plus|with)\b")
_NEW = re.compile(r"[A-Z]{2,}[- ]?\d{2,}|(?i:\bcells?\b|\bCAR\b|\bgene\b|\bvirus|\bAAV)")
_FIRST = AnyCase(r"first[- ](?:in|time in|use in)[- ]?(?:hum|man\b|people|patient)|\bFIH\b")


#: A known medicine in a carrier of its own: "HDV-insulin".
_MADE_NEW = re.compile(r"\b[A-Z]{2,}\d*-(?=[A-Z]?[a-z]{2})|(?i:nano|liposom|micell|vesicle)")


def _of_the_unknown(plot: Plot, what: str, *, particular: bool) -> Iterator[str]:
    """What is not known yet of a medicine, or of whether a method does anything."""
    study, voice, medicine = plot.study, plot.voice, plot.cast.medicine()
    if plot.cast.looks or not what or _untried(plot):
        return
    # The table has the side effects of each medicine that is tried.
    rows = [known_in(f"{each.name or ''} {each.said}") for each in plot.cast.tried]
    made_new = any(_MADE_NEW.search(each.said) for each in plot.cast.tried)
    known = rows and not made_new and all(any(harm for _, _, harm in row) for row in rows)
    if medicine and plot.early and plot.treats and not study.has_results and not known:
        yield voice.say("Little is known yet about the side effects of %(what)s for this use.", what=what)
    elif medicine and not particular and study.has_results:
        if plot.more.events:
            yield voice.say("Its posted results list the side effects that people had.")
    elif medicine:
        if not particular:
            yield voice.say(_ASK_WHICH, what=what)
    elif not particular and study.design.primary_purpose in _MEANT_TO_HELP and not is_over(study):
        yield voice.say("%(what)s may turn out to make no difference.", what=voice.sentence(what).rstrip("."))


#: What is known of chemotherapy tells nothing of what is added to it.
_ADDED_TO = re.compile(r"\s*[+，；;]\s*|\s+(?:and|with|plus|combined|in combination)\b")


def _of_the_tested(plot: Plot) -> str:
    """That the record is silent on what is tested: said before what is known of its partners."""
    first = next(iter(plot.cast.tried), None)
    if (
        first is None
        or plot.study.has_results
        or plot.study.study_type != "INTERVENTIONAL"
        or first.kind not in MEDICINES
        or words(name := _ADDED_TO.split(first.name or "")[0]) not in range(1, 5)
        or name.endswith((" loss", " diet"))
    ):
        return ""
    said = f"{first.said} , {' , '.join(first.others)}".lower()
    others = [one for each in plot.study.interventions if each.name == name for one in each.other_names]
    rows = (*known_in(_ADDED_TO.split(first.said)[0]), *_by_other_names([*first.others, *others]))
    if any(harm for _, _, harm in (*rows, *_by_its_class(plot.study, first.said))) or _lines_for(plot, said):
        return ""
    what = re.sub(r"(?i)\s+\d[\d.,]*\s*(?:mg|mcg|g|ml|IU)\b.*$", "", name)
    return plot.voice.say(_ASK_WHICH, what=plot.voice.theirs(what))


_ASK_WHICH = n_("The record does not list the side effects of %(what)s: ask which are known.")
_SORTS = tokens("control group arm comparison comparator active number")


_MEANT_TO_HELP = frozenset({"TREATMENT", "PREVENTION", "SUPPORTIVE_CARE"})


def _hard_to_tell(plot: Plot) -> bool:
    """Whether nothing is there to compare with what a treatment does."""
    return plot.alone and not plot.cast.looks and plot.study.design.primary_purpose in _MEANT_TO_HELP


def _of_the_groups(plot: Plot) -> Iterator[str]:
    """What placebo, chance and openness bring."""
    study, cast, voice, over = plot.study, plot.cast, plot.voice, is_over(plot.study)
    if _hard_to_tell(plot):
        size = study.enrollment.count or 0
        yield (
            voice.say(
                "With one group of %(number)s people, it is hard to tell what the treatment did.",
                number=voice.number(size),
            )
            if 1 < size <= SMALL
            else voice.say("With only one group, it is hard to tell what the treatment did.")
        )
    if len(cast.groups) < 2:
        return
    yield _none_without(plot)
    if study.design.intervention_model == "CROSSOVER":
        pass  # then nobody goes without for good
    elif blank := some_get_a_placebo(plot):
        yield blank
    elif IS_SHAM in cast.against:
        yield voice.say_in(over, "Some people get a sham (pretend) treatment.")
    chance = decided_by_chance(plot)
    felt = plot.measure is not None and plot.measure.key in {"pain", "signs", "attacks", "feasible", ""}
    if chance and felt and study.design.masking == "NONE":
        yield voice.say_in(over, "Everyone knows who gets what, which can affect what people report.")
    # A programme with a name of its own is the same everywhere.
    named = any(
        len(tokens(before[0]) - _SORTS) > 1
        for each in cast.groups
        if len(before := USUAL.whole.split(each.label)) > 1 and not set(each.gets) & set(cast.tried)
    )
    if IS_USUAL in cast.against and not cast.medicine() and not named:
        yield voice.say("What counts as usual care differs from place to place.")
    if IS_OTHER in cast.against and plot.equal:
        yield voice.say("Doing as well as the other only means coming within a margin set by the study team.")


def some_get_a_placebo(plot: Plot) -> str:
    """That a placebo stands in place of what is tried, and what those who get it are given later; empty where none does."""
    cast, voice, over = plot.cast, plot.voice, is_over(plot.study)
    blanks = [bool(group.gets) and all(is_placebo(each.said) for each in group.gets) for group in cast.groups]
    if plot.study.design.intervention_model == "CROSSOVER":
        return ""  # then nobody goes without for good
    if IS_PLACEBO not in cast.against and not (any(blanks) and not all(blanks)):
        return ""
    # Where all get a medicine too, the placebo stands for what is added alone.
    if (what := _tested(plot)) and any(each.kind in MEDICINES for each in cast.added_to):
        said = "Some people get a placebo instead of %(what)s, alongside the other treatment."
        return voice.say_in(over, said, what=what) + _later(plot)
    return voice.say_in(over, "Some people get a placebo instead of what is being tested.") + _later(plot)


def _none_without(plot: Plot) -> str:
    """That every group gets what is tried, in one way or another, so that nothing is there to compare with."""
    cast, voice = plot.cast, plot.voice
    meant = plot.study.design.primary_purpose in _MEANT_TO_HELP
    told = f"{plot.titles} {' '.join(f'{group.label} {group.text}' for group in cast.groups)}"
    alike = starts_later(plot) or all(_ANOTHER_DOSE.search(group.label) for group in cast.groups)
    every = alike and all(any(each in group.gets for each in cast.tried) for group in cast.groups)
    if (
        not (meant and cast.named and every and len(cast.tried) == 1)
        or cast.against
        or cast.rivals
        or _GOES_WITHOUT.search(told)
    ):
        return ""
    return voice.say_in(is_over(plot.study), "Every group gets it, so it is hard to tell what it does.")


_GOES_WITHOUT = AnyCase(
    r"control|placebo|sham|usual|standard|versus|\bvs\b|compar|without|\bnon-?|\bno\b|alone|wait|observ|conventional|routine"
)
_ANOTHER_DOSE = AnyCase(r"\bdose|\blevel|\bcohort|\bversion|escalat|expansion|\d ?(?:mg|mcg|g|ml)\b")


#: That those of the placebo group get the other thing later.
_SWITCH = AnyCase(
    r"placebo.{0,80}\b(?:switch|cross(?:ed|es)? ?-?over|then (?:receive|get|be given)|will (?:also )?be offered|eligible to receive|open[- ]label)"
)


def _later(plot: Plot) -> str:
    """The record's sentence on what those of the placebo group get later; empty where there is none."""
    texts = (*plot.summary, *(one for group in plot.cast.groups for one in sentences(group.text)))
    found = next(
        (each for each in texts if _SWITCH.search(each) and words(each) <= 35 and can_be_quoted(each)), ""
    )
    return f" {plot.voice.in_their_words(found)}" if found else ""


def _asks_for_views(study: Study) -> bool:
    """Whether all that is done is to talk with people of what they think: nothing is compared or counted in that."""
    listed = [each.name or "" for each in study.interventions]
    return study.study_type == "OBSERVATIONAL" and bool(listed) and all(map(_INTERVIEW.search, listed))


_INTERVIEW = AnyCase(r"\binterviews?\b|\bfocus groups?\b|\bqualitative\b")


def _of_watching(plot: Plot) -> Iterator[str]:
    """What can mislead those who only watch."""
    voice, looks = plot.voice, plot.study.design.time_perspective
    if looks == "RETROSPECTIVE":
        yield voice.say(
            "It relies on information or samples collected for other reasons, so some details can be missing."
        )
    if LOOKS.search(plot.titles):
        return
    if _asks_for_views(plot.study):
        return
    if len(plot.cast.groups) > 1 and not BY_CHANCE.search(plot.titles):
        yield voice.say("The groups can differ in other ways too, which can be misleading.")
    elif looks == "PROSPECTIVE" and plot.study.design.observational_model != "CASE_CONTROL":
        yield voice.say("People who drop out may do differently from people who stay.")
    elif looks == "CROSS_SECTIONAL" and plot.study.design.observational_model != "COHORT":
        yield voice.say("A single look cannot show what came first.")


#: Said of every study with one place: the first line to go where a read is long.
ELSEWHERE = "It takes place at one site: results could be different elsewhere."
NO_RESULTS = n_("Results have not been posted, although the main measurements were taken over a year ago.")


def _no_results(plot: Plot, today: date) -> tuple[str, ...]:
    """That a study is silent on what it found, which always stays."""
    study, end = plot.study, plot.study.primary_completion_date
    if end is None or end.type != "ACTUAL" or not end.date or not re.match(r"\d{4}", end.date):
        return ()
    a_year_after = f"{int(end.date[:4]) + 1}{end.date[4:]}"
    late = study.study_type != "EXPANDED_ACCESS" and is_past(a_year_after, today)
    return (plot.voice.say(NO_RESULTS),) if late and not study.has_results else ()
