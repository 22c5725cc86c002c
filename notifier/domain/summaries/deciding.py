"""What sort of study it is, who decides who gets what, and who knows it: by chance only where nothing in the record speaks against it."""

import re
from functools import lru_cache

from notifier.domain.study import Study
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.cast import is_placebo
from notifier.domain.summaries.differing import ills_in, starts_later
from notifier.domain.summaries.given import say_of
from notifier.domain.summaries.names import all_names
from notifier.domain.summaries.plot import Plot, tokens
from notifier.domain.summaries.quoting import sentences
from notifier.domain.summaries.tables import pattern_of, table
from notifier.domain.summaries.taking_part import looks_back
from notifier.domain.summaries.told import can_be_quoted, notice
from notifier.domain.wording.catalogue import n_

_ALL_MASKED = frozenset({"PARTICIPANT", "CARE_PROVIDER", "INVESTIGATOR", "OUTCOMES_ASSESSOR"})


#: By its text everybody gets each, whatever the design is ticked to be.
_EACH_ALL = pattern_of("deciding.each_all")


def crosses(study: Study) -> bool:
    """Whether all get the same things one after the other, by plan, and not only where the first one fails."""
    lists = {frozenset(each.intervention_names) for each in study.arms}
    text = " ".join(f"{each.label} {each.description}" for each in study.arms)
    summary = (study.brief_summary or "")[:4000]
    if len(study.arms) > 1 and _EACH_ALL.search(summary):
        return True
    if study.design.intervention_model != "CROSSOVER" or _NOT_ALL_CROSS.search(text):
        return False
    if len(lists) == 1:
        return len(next(iter(lists))) > 1
    # By the tick and by its own words, groups that get different things are the same people in turn.
    told = f"{study.brief_title} ; {study.official_title} ; {summary} ; {text}"
    each_its_own = len(lists) == len(study.arms) <= MOST_IN_TURN and all(lists)
    return bool(each_its_own and _CROSSED.search(told) and not _SOME_CROSS.search(told))


MOST_IN_TURN = 4  # things that all get one after the other
_NOT_ALL_CROSS = AnyCase(r"progress|\bcohort\b|\bmay cross|optional|\bnever\b|did not receive|up front")
#: Clinics or the like are put into groups, and those who go there with them.
_IN_CLUSTERS = pattern_of("deciding.in_clusters")


#: Both things are tried on the same person, such as one on each arm: then nobody gets one of them alone.
_ON_ONE_BODY = pattern_of("deciding.on_one_body")


#: A test with a food may be blind where the treatment is not.
_BLIND = AnyCase(r"\b(?:double|triple|single)[- ](?:blind|mask)(?![^.;]{0,60}\b(?:challenge|provocation))")
#: Somebody does not know, where nobody is ticked to be so.
_ONE_IS_BLIND = pattern_of("deciding.one_is_blind")
#: What nobody gets without knowing it.
_SEEN = pattern_of("deciding.seen")
_MASKED = {
    "PARTICIPANT": n_("the people taking part"),
    "CARE_PROVIDER": n_("the people who treat them"),
    "INVESTIGATOR": n_("the researchers"),
    "OUTCOMES_ASSESSOR": n_("the people who judge the results"),
}


#: Groups of this sort differ in who is in them, or come one after the other: chance cannot decide between them.
OF_PEOPLE = pattern_of("deciding.of_people")


#: What people of a group are, of whom there are others that are not so, whatever is done to either.
_THEY_ARE = pattern_of("deciding.they_are")


@lru_cache(maxsize=2)  # a read asks twice
def decided_by_chance(plot: Plot) -> bool:
    """Whether chance surely decides who gets which."""
    design, groups = plot.study.design, plot.cast.groups
    return (
        len(groups) > 1
        and design.allocation == "RANDOMIZED"
        and (design.intervention_model != "SINGLE_GROUP" or BY_CHANCE.search(plot.titles) is not None)
        and not _ON_ONE_BODY.search(
            f"{plot.titles} {plot.study.brief_summary} {[group.label for group in groups]}"
        )
        and not any(OF_PEOPLE.search(group.label) or _THEY_ARE.search(group.label) for group in groups)
        and not _by_illness(plot)
        and not any(
            re.search(
                r"(?i)\b(?:based on|according to|depending on) (?:the |their )?(?:\w+ )?(?:risk|score|status|result)",
                group.text,
            )
            for group in groups
        )
    )


def _by_illness(plot: Plot) -> bool:
    """Whether groups are of one of the record's illnesses each: what somebody has decides between those."""
    has = [ills_in(plot, f"{group.label} ; {[one.said for one in group.gets]}") for group in plot.cast.groups]
    return any(one and other and not one & other for one in has for other in has)


#: The text behind the tick: that all get both, or that some may change.
_CROSSED = pattern_of("deciding.crossed")
_SOME_CROSS = pattern_of("deciding.some_cross")
_ONLY_TICKED = n_(
    "The registry lists it as a crossover study, where people get one thing after the other; its text does not say so."
)


def _changes(plot: Plot, text: str) -> str:
    """Whether people change from one group to the other: by the record's text, since the tick alone is often wrong."""
    if starts_later(plot):
        return ""
    if _SOME_CROSS.search(text):
        return say_of(plot, "Some people may switch to what the other group gets.")
    return (
        say_of(plot, "The record says that people switch from one to the other during the study.")
        if _CROSSED.search(text)
        else plot.voice.say(_ONLY_TICKED)
    )


_WHO = tokens("group patients people with")


def _not_by_chance(plot: Plot) -> str:
    """Of groups that get the same, or come one after the other, there is nothing to decide."""
    lists = {frozenset(each.said for each in group.gets) for group in plot.cast.groups}
    ill = [tokens(each) for each in plot.study.conditions]
    if ill and all(tokens(group.label) - _WHO in ill for group in plot.cast.groups):
        return ""  # they are told apart by what they have
    if len(lists) == 1 or plot.study.design.intervention_model in {"SEQUENTIAL", "SINGLE_GROUP"}:
        return ""
    return say_of(plot, "Who gets which is not decided by chance.")


OF_THEM = pattern_of("deciding.of_them")


def _at_odds(plot: Plot, words: str) -> bool:
    """Whether what a record ticks on who knows who gets what is denied by its titles and texts."""
    masking, blind = plot.study.design.masking, _BLIND.search(words)
    if blind:
        single = blind[0].lower().startswith("single")
        return masking == "NONE" or (single != (masking == "SINGLE") and masking is not None)
    told_openly = _OPEN_LABEL.search(plot.titles) is not None
    return told_openly and bool({*plot.study.design.who_masked} - {"OUTCOMES_ASSESSOR"})


def who_decides(plot: Plot, told_of_groups: str) -> list[str]:
    """By what people come into a group, and who knows it; told_of_groups: what is said of the groups, which may have it already."""
    study, voice = plot.study, plot.voice
    if study.study_type != "INTERVENTIONAL" or (
        len(plot.cast.groups) < 2 and study.design.intervention_model in {"SINGLE_GROUP", None}
    ):
        return []
    said = []
    words = f"{plot.told} ; {' '.join(group.text for group in plot.cast.groups)}"
    crossed = study.design.intervention_model == "CROSSOVER"
    by_chance, in_turn, masking = decided_by_chance(plot), crosses(study), study.design.masking
    who_masked = frozenset(study.design.who_masked)
    at_odds = _at_odds(plot, words)
    all_know = masking == "NONE" and not _ONE_IS_BLIND.search(_text_of(plot))
    told_with_it = by_chance and all_know and not at_odds
    lists = {frozenset(each.said for each in group.gets) for group in plot.cast.groups}
    if crossed and not in_turn:
        said.append(_changes(plot, _text_of(plot)))
    if study.design.allocation == "RANDOMIZED" and in_turn:
        said.append(say_of(plot, "The order is decided by chance."))
    elif by_chance and _IN_CLUSTERS.search(_text_of(plot)):
        said.append(say_of(plot, "Whole groups, such as clinics, are assigned by chance, not single people."))
        told_with_it = False
    elif told_with_it:
        said.append(say_of(plot, "Who gets which is decided by chance, and everyone knows who gets what."))
    elif by_chance:
        said.append(say_of(plot, "Who gets which is decided by chance."))
    elif not crossed and len(plot.cast.groups) > 1 and study.design.allocation == "NON_RANDOMIZED":
        said.append(
            voice.say(
                "The record contradicts itself on whether chance decides who gets which: ask the study team."
            )
            if re.search(r"(?i)(?<!non-)(?<!non )(?<!not )\brandomi[sz]", words)
            else _not_by_chance(plot)
        )
    # Who can walk and who cannot is no matter of chance.
    labels = [each.label for each in plot.cast.groups]
    apart = len(labels) > 1 and (all(map(OF_THEM.search, labels)) or any(map(_THEY_ARE.search, labels)))
    known = by_chance or in_turn or apart or "random" in told_of_groups
    if study.design.allocation == "RANDOMIZED" and not known:
        said.append(voice.say("The record says that chance plays a part in who gets what."))
    who = frozenset[str]() if notice(plot) else who_masked
    # Who gets nothing knows it.
    bare = any(group.role == "NO_INTERVENTION" and not group.gets for group in plot.cast.groups)
    if bare or any(_SEEN.search(each.said) and not is_placebo(each.said) for each in plot.cast.tried):
        who -= {"PARTICIPANT", "CARE_PROVIDER"}
    if at_odds:
        said.append(
            voice.say("The record contradicts itself on who knows who gets what: ask the study team.")
        )
    elif all_know and len(plot.cast.groups) > 1 and len(lists) > 1 and not (told_with_it or apart):
        said.append(say_of(plot, "Everyone knows who gets what."))
    elif who >= _ALL_MASKED:
        said.append(say_of(plot, "Neither the people taking part nor the study team know who gets what."))
    elif who and who <= _ALL_MASKED:
        names = voice.listing(voice.say(said_of) for each, said_of in _MASKED.items() if each in who)
        said.append(say_of(plot, "Who gets what is hidden from %(names)s.", names=names))
    if who and not at_odds and _OPEN_PART.search(f"{_text_of(plot)} ; {plot.more.set_up} ; {plot.titles}"):
        said.append(voice.say("The record also tells of a part in which everyone knows who gets what."))
    return said


_OPEN_LABEL = pattern_of("deciding.open_label")
_OPEN_PART = pattern_of("deciding.open_part")


# --- what sort of study -----------------------------------------------------------------------------------------

#: Of the people of this study, and not of studies before it.
_PUT_BY_CHANCE = pattern_of("deciding.put_by_chance")
_OFFERED = AnyCase(r"intervention(?: group| arm)?$")
BY_CHANCE = AnyCase(r"(?<!non-)(?<!non )(?<!not )\brandomi[sz]ed(?! (?:evidence|data))")
_PHASES = {
    ("EARLY_PHASE1",): n_("This is a very early study (early phase 1)."),
    ("PHASE1",): n_("This is an early study (phase 1)."),
    ("PHASE1", "PHASE2"): n_("This is an early study (phases 1 and 2)."),
    ("PHASE2",): n_("This is a mid-stage study (phase 2)."),
    ("PHASE2", "PHASE3"): n_("This is a mid- to late-stage study (phases 2 and 3)."),
    ("PHASE3",): n_("This is a late-stage study (phase 3)."),
    ("PHASE4",): n_("This is a phase 4 study. These usually test treatments already in use."),
}


def sort_of(plot: Plot) -> str:
    """What sort of study it is; of a phase 4 study, that its use is not approved where the record says so."""
    study, voice = plot.study, plot.voice
    if (
        study.study_type == "OBSERVATIONAL"
        and study.design.time_perspective != "RETROSPECTIVE"
        and (BY_CHANCE.search(plot.titles) or _PUT_BY_CHANCE.search(_text_of(plot)))
    ):
        return voice.say(
            "The record says the study only watches, but also that chance decides who gets what. Ask the study team."
        )
    if study.study_type == "OBSERVATIONAL":
        if looks_back(plot):
            past = voice.say("This study looks back at information or samples already collected.")
            gives = voice.say("It gives no treatment itself.")
            return f"{past} {gives}" if study.design.time_perspective == "RETROSPECTIVE" else past
        if any(_SESSIONS.search(each.measure or "") for each in study.primary_outcomes):
            return voice.say(
                "The registry lists it as a study that only watches, but it counts sessions that people have: ask who decides on these."
            )
        if _HANDS_OUT.search(f"{study.brief_summary} {' '.join(each.text for each in plot.cast.groups)}"):
            return say_of(plot, "This study observes and measures; people use something that it gives them.")
        if asked := _asks_of_people(plot):
            return f"{say_of(plot, 'This study observes and measures.')} {say_of(plot, 'Taking part can include %(things)s.', things=asked)}"
        if any(_OFFERED.match(each.label) for each in plot.cast.groups):
            return ""  # by its groups it does more than watch
        return say_of(plot, "This study observes, and does not decide what treatment people get.")
    if study.study_type == "EXPANDED_ACCESS":
        return voice.say(
            "This is not a study in the usual sense, but a way to get a treatment outside a study."
        )
    if study.study_type != "INTERVENTIONAL":
        return voice.say("The record does not say what sort of study this is.")
    phase = _PHASES.get(tuple(sorted(study.phases)))
    if study.phases == ("PHASE4",) and (
        said := next((each for each in plot.summary if _NEW_USE.search(each) and can_be_quoted(each)), "")
    ):
        bare = voice.say("This is a phase 4 study.")
        return f"{bare} {voice.in_their_words(said)}"
    if "PHASE3" in study.phases and _PILOT.search(plot.titles):
        small = (study.enrollment.count or MOST_IN_A_SMALL_ONE + 1) <= MOST_IN_A_SMALL_ONE
        return voice.say("This is a small first study.") if small else ""
    found = _PHASE_TOLD.search(plot.titles) or _PHASE_OF_THIS.search(study.brief_summary or "")
    told = {_NUMERALS.get(each.upper(), each) for each in re.split(r"[/-]", found[1])} if found else set()
    if found and phase and not told & {each[-1] for each in study.phases}:
        return ""  # its fields and its text say two things
    return voice.say(phase) if phase else ""


def _text_of(plot: Plot) -> str:
    """What a record tells of what is done, with the long part of it."""
    return f"{plot.told} ; {' ; '.join(group.text for group in plot.cast.groups)} ; {(plot.more.description or '')[:6000]}"


def _asks_of_people(plot: Plot) -> str:
    """What is done to people who are only watched, as far as what is listed, counted or told in the present speaks of it."""
    listed = (
        *(f"{each.name} ; {each.description}" for each in plot.study.interventions),
        *(each.measure or "" for each in plot.study.primary_outcomes),
        *(group.text for group in plot.cast.groups),
        plot.titles,
    )
    told = [
        each
        for text in (*listed, " ".join(plot.summary))
        for each in sentences(text)
        if not _DONE_ANYWAY.search(each)
    ]
    before = _TAKEN_BEFORE.search(plot.study.eligibility.criteria or "") or any(
        "biops" in each and _KEPT.search(each)
        for text in (*listed, *plot.summary)
        for each in sentences(text.casefold())
    )
    return plot.voice.listing(
        plot.voice.say(what)
        for pattern, what in _ASKED
        if any(map(pattern.search, told)) and not (before and "biopsy" in what)
    )


def asked_for_it(plot: Plot) -> str:
    """What is done to people in a trial to see what comes of it, by what is measured first, where that is more than blood or skin."""
    if plot.study.study_type != "INTERVENTIONAL":
        return ""
    every = (sentences(f"{each.measure} . {each.description}") for each in plot.study.primary_outcomes)
    told = [one for found in every for one in found if not (_DONE_ANYWAY.search(one) or _HOW_ILL.search(one))]
    had = f"{plot.titles} ; {all_names(plot.study)} ; {[each.label for each in plot.cast.groups]}"
    found = [
        plot.voice.say(what)
        for pattern, what in _ASKED
        if any(map(pattern.search, told)) and not pattern.search(had) and not _ORDINARY.search(what)
    ]
    return (
        say_of(plot, "Taking part can include %(things)s.", things=plot.voice.listing(found)) if found else ""
    )


_ORDINARY = re.compile("blood|samples|skin test|questions")
#: That an illness came back is found out in many ways; and to look into a nose is a small thing.
_HOW_ILL = pattern_of("deciding.how_ill")
_TAKEN_BEFORE = AnyCase(r"\bbiops(?:y|ies)(?: \w+)? (?:obtained|taken|performed|done|available)\b")


_KEPT = AnyCase(r"archiv|stored|left-?over|residual|explanted|clinical(?:ly)? suspic|bio-?bank")
#: What is done for other reasons, was done before, or is in store.
_DONE_ANYWAY = pattern_of("deciding.done_anyway")
_ASKED = tuple((AnyCase(pattern), what) for pattern, what in table("asked.tsv"))


_SESSIONS = AnyCase(r"\b(?:\d+|two|three|four|five|six|eight|ten) (?:[\w-]+ ){0,2}sessions\b")
#: A study that only watches, and hands out what it watches with.
_HANDS_OUT = pattern_of("deciding.hands_out")
MOST_IN_A_SMALL_ONE = 100  # people
_PILOT = re.compile(r"(?i)\bpilot\b|feasibility")
_PHASE_TOLD = AnyCase(r"\bphase ([1-4](?:[/-][1-4])?|I{1,3}(?:[/-]I{1,3})?|IV)\b")
_PHASE_OF_THIS = AnyCase(f"\\bthis {_PHASE_TOLD.pattern[2:]} (?:clinical )?(?:trial|study)")
_NUMERALS = {"I": "1", "II": "2", "III": "3", "IV": "4"}
#: A medicine of a phase 4 study that is not in use for this.
_NEW_USE = pattern_of("deciding.new_use")
