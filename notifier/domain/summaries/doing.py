"""What is done in a study: how many people, who gets what, who decides and who knows, what it asks of people, how long, where.

A sentence is said only where its condition holds for all arms; two that exclude each other never meet.
"""

import re
from collections import Counter

from notifier.domain.study import OverallStatus as Is
from notifier.domain.study import Study
from notifier.domain.summaries import quoting
from notifier.domain.summaries.asking import Plot
from notifier.domain.summaries.cast import ArmGroup, is_placebo
from notifier.domain.summaries.names import PLACEBO, SIDE_SHOW, USUAL, is_label
from notifier.domain.summaries.people import years
from notifier.domain.summaries.standing import ENDED
from notifier.domain.summaries.voice import Voice
from notifier.domain.wording import one_line

MOST_GROUPS = 4  # that are told one by one
MOST_THINGS = 3  # of a group
_ALL_MASKED = frozenset({"PARTICIPANT", "CARE_PROVIDER", "INVESTIGATOR", "OUTCOMES_ASSESSOR"})


def n_(message: str) -> str:
    """Marks a sentence for the catalogues; it is said later."""
    return message


def both(one: str, many: str) -> tuple[str, str]:
    """Marks a pair of sentences, for one and for many, for the catalogues."""
    return one, many


def what_is_done(plot: Plot) -> tuple[str, ...]:
    """The sentences, in the order in which a reader asks."""
    study, voice = plot.study, plot.voice
    said = [_sort(plot)]
    if study.overall_status is Is.WITHDRAWN:
        said.append(voice.say("Nobody joined. This was the plan."))
    said += [
        _people(plot),
        *_who_gets_what(plot),
        *_who_decides(plot),
        _asked(plot),
        _how_long(plot),
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


def is_over(study: Study) -> bool:
    """Whether what was done lies behind; a study that nobody joined is told as a plan."""
    return study.overall_status in ENDED and study.overall_status is not Is.WITHDRAWN


# --- what sort of study -----------------------------------------------------------------------------------------

_PHASES = {
    ("EARLY_PHASE1",): n_("This is a very early study (early phase 1)."),
    ("PHASE1",): n_(
        "This is an early study (phase 1), mostly of side effects and of what a dose does in the body."
    ),
    ("PHASE1", "PHASE2"): n_(
        "This is an early study (phases 1 and 2), of doses, side effects and first signs of an effect."
    ),
    ("PHASE2",): n_(
        "This is a mid-stage study (phase 2): does it look as if it could work, and with which side effects?"
    ),
    ("PHASE2", "PHASE3"): n_("This is a mid-stage to late study (phases 2 and 3)."),
    ("PHASE3",): n_("This is a late study (phase 3), which mostly compares something with what there is."),
    ("PHASE4",): n_("This is a phase 4 study; most of those look at something that is already in use."),
}


def _sort(plot: Plot) -> str:
    study, voice = plot.study, plot.voice
    if study.study_type == "OBSERVATIONAL":
        if study.design.time_perspective == "RETROSPECTIVE":
            return voice.say("This study looks back at what is on record. It does not test a treatment.")
        return voice.say("This study watches and measures. It does not decide what care people get.")
    if study.study_type == "EXPANDED_ACCESS":
        return voice.say(
            "This is not a study in the usual sense, but a way to get a treatment outside a study."
        )
    if study.study_type != "INTERVENTIONAL":
        return voice.say("The record does not say what sort of study this is.")
    phase = _PHASES.get(tuple(sorted(study.phases)))
    if study.phases == ("PHASE3",) and len(plot.cast.groups) < 2:
        phase = n_("This is a late study (phase 3).")
    return voice.say(phase) if phase else ""


# --- how many, and who ------------------------------------------------------------------------------------------


def _people(plot: Plot) -> str:
    study, voice = plot.study, plot.voice
    count, ages = study.enrollment.count, _ages(study, voice)
    people = plot.people
    adults = (
        people.kind == "adults"
        and study.eligibility.maximum_age is None
        and years(study.eligibility.minimum_age) == 18
    )
    if adults or not ages:
        kind = people.who(voice)
    elif people.have and people.condition:
        kind = voice.say(
            "people %(ages)s with %(condition)s", ages=ages, condition=voice.theirs(people.condition)
        )
    else:
        kind = f"{people.who(voice) if people.kind in {'women', 'men'} or people.healthy else voice.say('people')} {ages}"
    if count is None or (count == 0 and study.overall_status is not Is.WITHDRAWN):
        return (
            voice.say("The record does not say how many people it is for.")
            if count is None
            else voice.say("The record says that nobody took part.")
        )
    if count == 0:
        return ""
    number = voice.number(count)
    values = {"number": number, "people": kind}
    if count == 1:
        return (
            voice.say("One person took part.")
            if study.enrollment.type == "ACTUAL"
            else voice.say("The plan is for one person.")
        )
    if study.enrollment.type == "ACTUAL":
        return (
            voice.say("%(number)s %(people)s took part.", **values)
            if is_over(study)
            else voice.say("%(number)s %(people)s take part.", **values)
        )
    if is_over(study):
        return voice.say("%(number)s %(people)s were planned; the record does not count them.", **values)
    return voice.say("It is planned for %(number)s %(people)s.", **values)


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
        if not plot.alone:
            return [voice.say("The record lists %(things)s, and not who gets which.", things=things)]
        return [
            voice.say("All got %(things)s.", things=things)
            if over
            else voice.say("All get %(things)s.", things=things)
        ]
    if study.design.intervention_model == "CROSSOVER":
        names = voice.listing(dict.fromkeys(_group_name(plot, group) for group in groups[:MOST_GROUPS]))
        more = [] if len(groups) <= MOST_GROUPS else [_more(voice, len(groups) - MOST_GROUPS)]
        return [
            voice.say("One after the other, people get what the study compares: %(names)s.", names=names),
            *more,
        ]
    return _side_by_side(plot, over)


_CONTROLS = frozenset({"PLACEBO_COMPARATOR", "SHAM_COMPARATOR", "NO_INTERVENTION"})


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
        return [
            *said,
            voice.say(
                "For each the record lists %(things)s; they differ by their names: %(labels)s.",
                things=things,
                labels=labels,
            ),
            *more,
        ]
    alike: dict[object, list[ArmGroup]] = {}
    for group in sorted(groups, key=lambda each: each.role != "EXPERIMENTAL"):
        alike.setdefault(frozenset(each.said for each in group.gets) or group.label, []).append(group)
    # A group that gets nothing new is what the others are measured by: it is never one of "1 more".
    controls = [same for same in alike.values() if same[0].role in _CONTROLS]
    tests = [same for same in alike.values() if same[0].role not in _CONTROLS]
    shown = tests[: max(MOST_GROUPS - len(controls), 1)] + controls
    said += [
        _one_group(plot, same[0], over) if len(same) == 1 else _several(plot, same, over) for same in shown
    ]
    if rest := len(groups) - sum(map(len, shown)):
        said.append(_more(voice, rest))
    return said


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
            voice.say("One got %(things)s.", things=things)
            if over
            else voice.say("One gets %(things)s.", things=things)
        )
    label = voice.theirs(f"“{_cut(group.label)}”") if group.label and not is_label(group.label) else ""
    if PLACEBO.search(group.label):
        return voice.say("One got a placebo.") if over else voice.say("One gets a placebo.")
    if USUAL.search(f"{group.label} {group.text}"):
        return voice.say("One got the usual care.") if over else voice.say("One gets the usual care.")
    if group.role == "NO_INTERVENTION" and (not label or _SAYS_NOTHING.search(group.label)):
        return (
            voice.say("One got nothing from the study itself.")
            if over
            else voice.say("One gets nothing from the study itself.")
        )
    if label:
        return (
            voice.say("One was %(label)s; the record lists nothing for it.", label=label)
            if over
            else voice.say("One is %(label)s; the record lists nothing for it.", label=label)
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
        if is_placebo(each.said) and len(each.said.split()) <= 6:
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
    things = [each.name or _cut(each.said) for each in plot.cast.tried if not is_label(each.said)]
    return [voice.say("It looks at %(things)s.", things=_names(plot, things))] if things else []


# --- who decides, who knows -------------------------------------------------------------------------------------

_MASKED = {
    "PARTICIPANT": n_("those who take part"),
    "CARE_PROVIDER": n_("those who give the care"),
    "INVESTIGATOR": n_("the researchers"),
    "OUTCOMES_ASSESSOR": n_("those who judge the results"),
}


def _who_decides(plot: Plot) -> list[str]:
    study, voice, over = plot.study, plot.voice, is_over(plot.study)
    if study.study_type != "INTERVENTIONAL" or (
        len(plot.cast.groups) < 2 and study.design.intervention_model in {"SINGLE_GROUP", None}
    ):
        return []
    said = []
    single = study.design.intervention_model == "SINGLE_GROUP"  # then the record says two things of chance
    if len(plot.cast.groups) > 1 and study.design.allocation == "RANDOMIZED" and not single:
        crossed = study.design.intervention_model == "CROSSOVER"
        said.append(
            voice.say("Chance decides the order.") if crossed else voice.say("Chance decides who gets which.")
        )
    elif len(plot.cast.groups) > 1 and study.design.allocation == "NON_RANDOMIZED":
        said.append(voice.say("Chance does not decide who gets which."))
    who = frozenset(study.design.who_masked)
    if study.design.masking == "NONE" and len(plot.cast.groups) > 1:
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
            voice.say("Not told who got what: %(names)s.", names=names)
            if over
            else voice.say("Not told who gets what: %(names)s.", names=names)
        )
    return said


# --- what it asks of people, how long, where --------------------------------------------------------------------


def _asked(plot: Plot) -> str:
    if plot.study.overall_status is Is.WITHDRAWN:
        return ""
    said = quoting.asked_of_people(plot.summary)
    return (
        plot.voice.sentence(
            plot.voice.say("In the study team’s words: %(quote)s", quote=plot.voice.theirs(f"“{said}”"))
        )
        if said
        else ""
    )


_SPAN = re.compile(
    r"(?:(?:at|up to|through|for|over|within|from baseline to|baseline (?:to|and|,)|day 0 to|during|after)\s+)*(?:the first\s+|week\s+|month\s+|year\s+|day\s+)?(?P<number>\d{1,4})(?:[- ](?P<unit>minute|hour|day|week|month|year)s?)?"
    r"(?:\s+(?:after|from|post|following)\b.{0,40})?",
    re.IGNORECASE,
)
_UNITS = {
    "minute": both("%(number)s minute", "%(number)s minutes"),
    "hour": both("%(number)s hour", "%(number)s hours"),
    "day": both("%(number)s day", "%(number)s days"),
    "week": both("%(number)s week", "%(number)s weeks"),
    "month": both("%(number)s month", "%(number)s months"),
    "year": both("%(number)s year", "%(number)s years"),
}


def _how_long(plot: Plot) -> str:
    """When the main measure is taken: plainly where the record says it in one figure, else in its words."""
    voice = plot.voice
    first = next((each for each in plot.study.primary_outcomes if one_line(each.measure or "")), None)
    frame = one_line(first.time_frame or "") if first else ""
    if not frame or len(frame) > 120:
        return ""
    spans = re.findall(r"(\d{1,4})[- ]?(minute|hour|day|week|month|year)s?", frame, re.IGNORECASE)
    plain = _SPAN.fullmatch(frame.strip(" ."))
    if plain and len(spans) == 1 and plain["unit"]:
        number, unit = int(spans[0][0]), spans[0][1].lower()
        span = voice.count(*_UNITS[unit], number)
        if is_over(plot.study):
            return voice.say("The main measure covered up to %(span)s.", span=span)
        return voice.say("The main measure covers up to %(span)s.", span=span)
    return voice.say("When the main measure is taken: %(frame)s.", frame=voice.quoted(frame, 120))


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
