"""What is done in a study: how many people, who gets what, who decides and who knows, what it asks of people, how long, where.

A sentence is said only where its condition holds for all arms; two that exclude each other never meet.
"""

import re
from collections import Counter

from notifier.domain.study import OverallStatus as Is
from notifier.domain.study import Study
from notifier.domain.summaries import quoting, told
from notifier.domain.summaries.cast import CONTROLS, SALINE, ArmGroup, gets_more, is_placebo
from notifier.domain.summaries.names import PLACEBO, SIDE_SHOW, USUAL, is_label
from notifier.domain.summaries.people import KINDS, years
from notifier.domain.summaries.plot import Plot
from notifier.domain.summaries.standing import is_over
from notifier.domain.summaries.voice import Voice, plain
from notifier.domain.wording import one_line

MOST_GROUPS = 4  # that are told one by one
MOST_THINGS = 5  # of a group
_ALL_MASKED = frozenset({"PARTICIPANT", "CARE_PROVIDER", "INVESTIGATOR", "OUTCOMES_ASSESSOR"})


def n_(message: str) -> str:
    """Marks a sentence for the catalogues; it is said later."""
    return message


def what_is_done(plot: Plot) -> tuple[str, ...]:
    """The sentences, in the order in which a reader asks."""
    study, voice = plot.study, plot.voice
    said = [_sort(plot)]
    if study.overall_status is Is.WITHDRAWN:
        said.append(voice.say("Nobody joined. The plan, as it stood:"))
    said += [
        _people(plot),
        _listed_under(plot),
        *_who_gets_what(plot),
        *told.how_given(plot),
        *_who_decides(plot),
        told.asked_of_people(plot),
        *told.rules_on_joining(plot),
        _where(study, voice),
    ]
    return tuple(filter(None, said))


_MANY_PLACES = re.compile(
    r"multi-?\s?(?:cent(?:er|re)|site|national)|(?:several|many|multiple|different) (?:cent(?:er|re)s|sites|hospitals)|nation-?wide|\bnational\b|regist(?:er|ry)",
    re.IGNORECASE,
)


def says_many_places(study: Study) -> bool:
    """Whether a record that lists one place says of itself that there are more."""
    said = f"{study.brief_title} {study.official_title} {study.brief_summary}"
    return _MANY_PLACES.search(said) is not None


# --- what sort of study -----------------------------------------------------------------------------------------

_PHASES = {
    ("EARLY_PHASE1",): n_("This is a very early study (early phase 1)."),
    ("PHASE1",): n_("This is an early study (phase 1)."),
    ("PHASE1", "PHASE2"): n_("This is an early study (phases 1 and 2)."),
    ("PHASE2",): n_("This is a mid-stage study (phase 2)."),
    ("PHASE2", "PHASE3"): n_("This is a mid-stage to late study (phases 2 and 3)."),
    ("PHASE3",): n_("This is a late study (phase 3)."),
    ("PHASE4",): n_("This is a phase 4 study; most of those look at something that is already in use."),
}


def _sort(plot: Plot) -> str:
    study, voice = plot.study, plot.voice
    if study.study_type == "OBSERVATIONAL":
        if study.design.time_perspective == "RETROSPECTIVE":
            return voice.say(
                "This study looks back at what was recorded or kept. It does not test a treatment."
            )
        return voice.say("This study watches and measures. It does not decide what care people get.")
    if study.study_type == "EXPANDED_ACCESS":
        return voice.say(
            "This is not a study in the usual sense, but a way to get a treatment outside a study."
        )
    if study.study_type != "INTERVENTIONAL":
        return voice.say("The record does not say what sort of study this is.")
    phase = _PHASES.get(tuple(sorted(study.phases)))
    return voice.say(phase) if phase else ""


# --- how many, and who ------------------------------------------------------------------------------------------


def _people(plot: Plot) -> str:
    study, voice = plot.study, plot.voice
    count = study.enrollment.count
    if count is None:
        return voice.say("The record does not say how many people it is for.")
    if count == 0:
        if study.overall_status is Is.WITHDRAWN:
            return voice.say("It was meant for %(people)s.", people=_whom(plot))
        return voice.say("The record says that nobody took part.")
    came, over = study.enrollment.type == "ACTUAL", is_over(study)
    if count == 1:
        return voice.say("One person took part.") if came else voice.say("The plan is for one person.")
    values = {"number": voice.number(count), "people": _whom(plot)}
    if study.design.time_perspective == "RETROSPECTIVE":
        return voice.say("It counts %(number)s %(people)s.", **values)
    if not came:
        if over:
            return voice.say("%(number)s %(people)s were planned; the record does not count them.", **values)
        return voice.say("It is planned for %(number)s %(people)s.", **values)
    if over:
        return voice.say("%(number)s %(people)s took part.", **values)
    return voice.say("%(number)s %(people)s take part.", **values)


def _listed_under(plot: Plot) -> str:
    """The illnesses of the record, where nobody is said to have one."""
    people, voice = plot.people, plot.voice
    names = [one_line(each) for each in plot.study.conditions if each]
    whom = people.phrase or (people.condition if people.have else "")
    if people.healthy or "healthy" in whom or plot.is_listed(whom) or not names:
        return ""
    if any(plot.is_listed(each.whole) for each in plot.topics):
        return ""  # the title has it
    shown = [voice.quoted(name, 80) for name in names[:3]]
    listed = voice.listing(shown if len(names) <= 3 else [*shown, voice.say("others")])
    return voice.say("The registry lists it under %(conditions)s.", conditions=listed)


def _whom(plot: Plot) -> str:
    """Who takes part: 'people of 18 to 65 years with asthma'."""
    study, voice, people = plot.study, plot.voice, plot.people
    ages, who = _ages(study, voice), people.who(voice)
    adults = study.eligibility.maximum_age is None and years(study.eligibility.minimum_age) == 18
    if not ages or (adults and plain(who).startswith("adults")) or people.kind == "older":
        return who
    if adults and plain(who).startswith("people"):
        return who.replace("people", "adults", 1)
    if people.phrase:
        return voice.theirs(
            _GROUP_WORD.sub(
                lambda found: f"{_HEADS.get(found[0], found[0])} {plain(ages)}", people.phrase, count=1
            )
        )
    kind = voice.say(KINDS[people.kind if people.kind in {"women", "men"} else "people"])
    if people.have and people.condition:
        return voice.say(
            "%(people)s %(ages)s with %(condition)s",
            people=kind,
            ages=ages,
            condition=voice.theirs(people.condition),
        )
    return f"{who if people.healthy else kind} {ages}"


_HEADS = {"adults": "people"}
#: The word of a phrase behind which the ages have room.
_GROUP_WORD = re.compile(
    r"\b(?:people|adults|women|men|children|adolescents|infants|patients|veterans|girls|boys|youth|volunteers|recipients|survivors)\b"
)


def _ages(study: Study, voice: Voice) -> str:
    low, high = study.eligibility.minimum_age, study.eligibility.maximum_age
    from_, to = years(low), years(high)
    whole = [each for each in (from_, to) if each is not None]
    if not whole or any(each != int(each) for each in whole):
        return ""  # months and days are told under "Who can join"
    if from_ and to is not None:
        return voice.say(
            "of %(low)s to %(high)s years", low=voice.number(int(from_)), high=voice.number(int(to))
        )
    if from_:
        return voice.say("of %(low)s years and older", low=voice.number(int(from_)))
    return voice.say("up to %(high)s years", high=voice.number(int(to))) if to else ""


# --- who gets what ----------------------------------------------------------------------------------------------


def _who_gets_what(plot: Plot) -> list[str]:
    study, cast, voice = plot.study, plot.cast, plot.voice
    if study.study_type not in {"INTERVENTIONAL", "EXPANDED_ACCESS"}:
        return _looked_at(plot)
    over = is_over(study)
    groups = cast.groups
    if len(groups) <= 1:
        things = (
            _things(plot, groups[0])
            if groups and groups[0].gets
            else _names(plot, [each.name or each.said for each in cast.tried])
        )
        if not things:
            return [voice.say("The record does not say what is tried.")]
        if groups and not plot.alone:
            return [voice.say("The record lists one group; it gets %(things)s.", things=things)]
        if not plot.alone:
            return [voice.say("The record lists %(things)s, and not who gets which.", things=things)]
        if cast.looks:
            return [
                voice.say("What was done with all: %(things)s.", things=things)
                if over
                else voice.say("What is done with all: %(things)s.", things=things)
            ]
        return [
            voice.say("All got: %(things)s.", things=things)
            if over
            else voice.say("All get: %(things)s.", things=things)
        ]
    if crosses(study):
        names = voice.listing(dict.fromkeys(_group_name(plot, group) for group in groups[:MOST_GROUPS]))
        more = [] if len(groups) <= MOST_GROUPS else [_more(voice, len(groups) - MOST_GROUPS)]
        return [
            voice.say("One after the other, people got what the study compares: %(names)s.", names=names)
            if over
            else voice.say(
                "One after the other, people get what the study compares: %(names)s.", names=names
            ),
            *more,
        ]
    return _side_by_side(plot, over)


def crosses(study: Study) -> bool:
    """Whether all get the same things one after the other, by plan, and not only where the first one fails."""
    lists = {frozenset(each.intervention_names) for each in study.arms}
    text = " ".join(f"{each.label} {each.description}" for each in study.arms)
    return (
        study.design.intervention_model == "CROSSOVER"
        and (len(lists) == 1 and len(next(iter(lists))) > 1)
        and not re.search(
            r"progress|\bmay cross|optional|\bnever\b|did not receive|up front", text, re.IGNORECASE
        )
    )


#: Both things are tried on the same person, such as one on each arm: then nobody gets one of them alone.
_ON_ONE_BODY = re.compile(
    r"forearm|split[- ](?:face|mouth|body)|each eye|fellow eye|contralateral|intra-?(?:individual|patient|subject|person)|\bleft\b.{0,40}\bright\b|\bright\b.{0,40}\bleft\b|both (?:arms|legs|eyes|knees|hands)",
    re.IGNORECASE,
)


def _side_by_side(plot: Plot, over: bool) -> list[str]:
    cast, voice = plot.cast, plot.voice
    groups = cast.groups
    count = voice.number(len(groups))
    said = [
        voice.say("There were %(number)s groups.", number=count)
        if over
        else voice.say("There are %(number)s groups.", number=count)
    ]
    lists = [frozenset(each.said for each in group.gets) for group in groups]
    if len(set(lists)) == 1 and groups[0].gets:
        things = _things(plot, groups[0])
        labels = voice.listing(voice.theirs(f"“{_cut(group.label)}”") for group in groups[:MOST_GROUPS])
        more = [] if len(groups) <= MOST_GROUPS else [_more(voice, len(groups) - MOST_GROUPS)]
        if all(_DOSE.search(group.label) for group in groups):
            return [
                *said,
                voice.say("They differ by the dose of %(things)s: %(labels)s.", things=things, labels=labels),
                *more,
            ]
        return [
            *said,
            voice.say(
                "For each the record lists %(things)s. They are called %(labels)s.",
                things=things,
                labels=labels,
            ),
            *more,
        ]
    alike: dict[object, list[ArmGroup]] = {}
    for group in sorted(groups, key=lambda each: each.role != "EXPERIMENTAL"):
        alike.setdefault(frozenset(each.said for each in group.gets) or group.label, []).append(group)
    # A group that gets nothing new is what the others are measured by: it is never one of "1 more".
    controls = [same for same in alike.values() if same[0].role in CONTROLS]
    tests = [same for same in alike.values() if same[0].role not in CONTROLS]
    shown = tests[: max(MOST_GROUPS - len(controls), 1)] + controls
    told = [_things(plot, same[0]) for same in shown]
    for same, things in zip(shown, told, strict=True):
        if len(same) == 1 and things and told.count(things) > 1:
            # Without their doses they are the same: only their names tell them apart.
            name = voice.theirs(f"“{_cut(same[0].label)}”")
            said.append(
                voice.say("One got: %(things)s.", things=name)
                if over
                else voice.say("One gets: %(things)s.", things=name)
            )
        else:
            said.append(_one_group(plot, same[0], over) if len(same) == 1 else _several(plot, same, over))
    if rest := len(groups) - sum(map(len, shown)):
        said.append(_more(voice, rest))
    return said


_DOSE = re.compile(
    r"\d\s*(?:mg|mcg|µg|μg|ug|g|ml|IU|units?|%)\b|\b(?:low|high|higher|lower|medium)[- ]dose\b|\bdose (?:level )?\d",
    re.IGNORECASE,
)


def _several(plot: Plot, same: list[ArmGroup], over: bool) -> str:
    """Groups for which the record lists the same: they differ by dose or in a way that no name tells."""
    voice, things = plot.voice, _things(plot, same[0])
    values = {"number": voice.number(len(same)), "things": things or voice.theirs(f"“{_cut(same[0].label)}”")}
    return (
        voice.say("%(number)s of them got %(things)s.", **values)
        if over
        else voice.say("%(number)s of them get %(things)s.", **values)
    )


def _more(voice: Voice, number: int) -> str:
    return voice.count(
        "The record lists %(number)s more group.", "The record lists %(number)s more groups.", number
    )


_SAYS_NOTHING = re.compile(
    r"\bcontrols?\b|\bno\b|\bnone\b|\bobserv|\bwait|\bwithout\b|\bnothing\b", re.IGNORECASE
)


def _one_group(plot: Plot, group: ArmGroup, over: bool) -> str:
    """'One gets metformin and a placebo.' A placebo is one only where a name says so."""
    voice = plot.voice
    things = _things(plot, group)
    if things:
        return (
            voice.say("One got: %(things)s.", things=things)
            if over
            else voice.say("One gets: %(things)s.", things=things)
        )
    label = voice.theirs(f"“{_cut(group.label)}”") if group.label and not is_label(group.label) else ""
    if PLACEBO.search(group.label):
        return voice.say("One got a placebo.") if over else voice.say("One gets a placebo.")
    if USUAL.search(f"{group.label} {group.text}"):
        return voice.say("One got the usual care.") if over else voice.say("One gets the usual care.")
    gets = next((each for each in quoting.sentences(group.text) if quoting.words(each) <= 30), "")
    if gets and gets_more(group):
        return voice.say(
            "Of %(name)s the record says: %(text)s.",
            name=voice.quoted(group.label, 80),
            text=voice.quoted(gets),
        )
    if (
        group.role == "NO_INTERVENTION"
        and not gets_more(group)
        and (not label or _SAYS_NOTHING.search(group.label))
    ):
        return (
            voice.say("One got nothing from the study itself.")
            if over
            else voice.say("One gets nothing from the study itself.")
        )
    if label:
        return (
            voice.say("One was called %(label)s.", label=label)
            if over
            else voice.say("One is called %(label)s.", label=label)
        )
    return voice.say("For one the record lists nothing.")


_NO_THING = re.compile(r"no (?:treatment|intervention)|none$|not applicable", re.IGNORECASE)


def _things(plot: Plot, group: ArmGroup) -> str:
    """What a group gets, as a list: what the study is about first, tests and samples last."""
    order = {
        each.said: number
        for number, each in enumerate((*plot.cast.tried, *plot.cast.others, *plot.cast.added_to))
    }
    listed = sorted(
        group.gets,
        key=lambda each: (
            bool(SIDE_SHOW.search(each.said)) and each.said not in order,
            order.get(each.said, 99),
        ),
    )
    names = []
    for each in listed:
        if _NO_THING.match(each.said):
            continue
        if group.role == "PLACEBO_COMPARATOR" and SALINE.search(each.said) and not is_placebo(each.said):
            names.append(
                plot.voice.say("%(thing)s, as a placebo", thing=plot.voice.theirs(each.name or each.said))
            )
        elif is_placebo(each.said) and len(each.said.split()) <= 6:
            names.append(plot.voice.say("a placebo"))
        else:
            names.append(plot.voice.theirs(each.name or f"“{_cut(each.said)}”"))
    return _names(plot, names, marked=True)


def _names(plot: Plot, names: list[str], *, marked: bool = False) -> str:
    voice = plot.voice
    unique = list(dict.fromkeys(names if marked else (voice.theirs(name) for name in names if name)))
    if len(unique) > MOST_THINGS:
        more = len(unique) - MOST_THINGS
        unique = [*unique[:MOST_THINGS], voice.count("%(number)s more thing", "%(number)s more things", more)]
    return voice.listing(unique) if unique else ""


def _cut(text: str, longest: int = 110) -> str:
    return text if len(text) <= longest else text[:longest].rpartition(" ")[0].rstrip(" ,;:.") + "…"


def _group_name(plot: Plot, group: ArmGroup) -> str:
    real = _things(plot, group)
    return real or plot.voice.theirs(f"“{_cut(group.label)}”")


def _looked_at(plot: Plot) -> list[str]:
    """The groups of a study that watches."""
    voice = plot.voice
    labels = [group.label for group in plot.cast.groups if group.label and not is_label(group.label)]
    if len(labels) > 1:
        shown = voice.listing(voice.theirs(f"“{_cut(label, 70)}”") for label in labels[:MOST_GROUPS])
        more = [] if len(labels) <= MOST_GROUPS else [_more(voice, len(labels) - MOST_GROUPS)]
        return [voice.say("It looks at these groups: %(labels)s.", labels=shown), *more]
    things = [
        each.name or _cut(each.said)
        for each in plot.cast.tried
        if not is_label(each.said)
        and not re.search(r"observ|no intervention|not applicable|registry", each.said, re.IGNORECASE)
    ]
    return [voice.say("It looks at %(things)s.", things=_names(plot, things))] if things else []


# --- who decides, who knows -------------------------------------------------------------------------------------

_MASKED = {
    "PARTICIPANT": n_("the people themselves"),
    "CARE_PROVIDER": n_("those who treat them"),
    "INVESTIGATOR": n_("the researchers"),
    "OUTCOMES_ASSESSOR": n_("those who judge the results"),
}


#: Groups of this sort differ in who is in them, or come one after the other: chance cannot decide between them.
_OF_PEOPLE = re.compile(
    r"\bambulat|\bhealthy\b|\bwith(?:out)? (?:\w+ )?(?:disease|diabetes|cancer|asthma)|\bresponders\b|\brisk\b|\bcohort\b|\bpart [1-9A-D]|\bphase [1-3I]|\bescalat|\bexpansion|\bstratum|\bpatients with\b|"
    r"\bhistology|\bsquamous|\bage[ds]?\b|\bbased on\b|\bscore\b",
    re.IGNORECASE,
)


def decided_by_chance(plot: Plot) -> bool:
    """Whether chance surely decides who gets which."""
    design, groups = plot.study.design, plot.cast.groups
    return (
        len(groups) > 1
        and design.allocation == "RANDOMIZED"
        and design.intervention_model != "SINGLE_GROUP"
        and not _ON_ONE_BODY.search(
            f"{plot.titles} {plot.study.brief_summary} {[group.label for group in groups]}"
        )
        and not any(_OF_PEOPLE.search(group.label) for group in groups)
        and not any(
            re.search(
                r"\b(?:based on|according to|depending on) (?:the |their )?(?:\w+ )?(?:risk|score|status|result)",
                group.text,
                re.IGNORECASE,
            )
            for group in groups
        )
    )


def _not_by_chance(plot: Plot) -> str:
    """Of groups that get the same, or come one after the other, there is nothing to decide."""
    lists = {frozenset(each.said for each in group.gets) for group in plot.cast.groups}
    if len(lists) == 1 or plot.study.design.intervention_model in {"SEQUENTIAL", "SINGLE_GROUP"}:
        return ""
    if is_over(plot.study):
        return plot.voice.say("Chance did not decide who got which.")
    return plot.voice.say("Chance does not decide who gets which.")


def _who_decides(plot: Plot) -> list[str]:
    study, voice, over = plot.study, plot.voice, is_over(plot.study)
    if study.study_type != "INTERVENTIONAL" or (
        len(plot.cast.groups) < 2 and study.design.intervention_model in {"SINGLE_GROUP", None}
    ):
        return []
    said = []
    words = f"{plot.titles} {(study.brief_summary or '')[:4000]} {' '.join(group.text for group in plot.cast.groups)}"
    crossed = study.design.intervention_model == "CROSSOVER"
    if crossed and not crosses(study):
        said.append(voice.say("The record says that people change from one to the other on the way."))
    elif decided_by_chance(plot) and crosses(study):
        said.append(
            voice.say("Chance decided the order.") if over else voice.say("Chance decides the order.")
        )
    elif decided_by_chance(plot):
        said.append(
            voice.say("Chance decided who got which.")
            if over
            else voice.say("Chance decides who gets which.")
        )
    elif len(plot.cast.groups) > 1 and study.design.allocation == "NON_RANDOMIZED":
        said.append(
            voice.say(
                "The record says two things on whether chance decides who gets which: ask the study team."
            )
            if re.search(r"(?<!non-)(?<!non )(?<!not )\brandomi[sz]", words, re.IGNORECASE)
            else _not_by_chance(plot)
        )
    who = frozenset(study.design.who_masked)
    blind = re.search(r"\b(?:double|triple|single)[- ](?:blind|mask)", words, re.IGNORECASE)
    if blind and study.design.masking == "NONE":
        said.append(voice.say("The record says two things on who knows who gets what: ask the study team."))
    elif study.design.masking == "NONE" and len(plot.cast.groups) > 1:
        said.append(
            voice.say("Everybody knew who got what.") if over else voice.say("Everybody knows who gets what.")
        )
    elif who >= _ALL_MASKED:
        said.append(
            voice.say("Neither those who took part nor the study team knew who got what.")
            if over
            else voice.say("Neither those who take part nor the study team know who gets what.")
        )
    elif who and who <= _ALL_MASKED:
        names = voice.listing(
            voice.say(_MASKED[each])
            for each in ("PARTICIPANT", "CARE_PROVIDER", "INVESTIGATOR", "OUTCOMES_ASSESSOR")
            if each in who
        )
        said.append(
            voice.say("Who got what was kept from %(names)s.", names=names)
            if over
            else voice.say("Who gets what is kept from %(names)s.", names=names)
        )
    return said


def _where(study: Study, voice: Voice) -> str:
    counts = Counter(one_line(each.country) for each in study.locations if each.country)
    places = len(study.locations)
    if not places:
        return voice.say("The record names no place.")
    over = is_over(study)
    if len(counts) == 1:
        country = voice.country(next(iter(counts)))
        if places == 1 and says_many_places(study):
            return voice.say("The record names one place, in %(country)s.", country=country)
        if places == 1:
            return (
                voice.say("It ran at one place, in %(country)s.", country=country)
                if over
                else voice.say("It has one place, in %(country)s.", country=country)
            )
        number = voice.number(places)
        return (
            voice.say("It ran at %(number)s places in %(country)s.", number=number, country=country)
            if over
            else voice.say("It has %(number)s places in %(country)s.", number=number, country=country)
        )
    if not counts:
        return ""
    values = {"number": voice.number(places), "countries": voice.number(len(counts))}
    return (
        voice.say("It ran at %(number)s places in %(countries)s countries.", **values)
        if over
        else voice.say("It has %(number)s places in %(countries)s countries.", **values)
    )
