"""Who takes part: how many people, of which ages, with what, and where the fields of a record and its text differ.

A field that the record's own text denies is told as the registry's, and never as the whole truth.
"""

import re
from dataclasses import replace
from functools import lru_cache

from notifier.domain.study import OverallStatus as Is
from notifier.domain.summaries import quoting
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.having import illness_in
from notifier.domain.summaries.joining import by_its_rules, mixed
from notifier.domain.summaries.names import condition_name
from notifier.domain.summaries.people import (
    KINDS,
    NEAR_THEM,
    OLDEST,
    People,
    ages_of,
    ages_told,
    years,
)
from notifier.domain.summaries.plot import Plot, tokens
from notifier.domain.summaries.standing import is_over, told_in
from notifier.domain.summaries.tables import pattern_of
from notifier.domain.summaries.voice import plain
from notifier.domain.summaries.whom import MORE_OF_THEM, whom
from notifier.domain.wording import one_line
from notifier.domain.wording.catalogue import n_


@lru_cache(maxsize=2)  # a read asks twice
def told_of(plot: Plot) -> tuple[str, ...]:
    """How many, who they are, and the illnesses under which the record lists them."""
    return (_people(plot), *_who_else(plot), _listed_under(plot))


_LOOKS_BACK = re.compile(
    r"(?i)\bmeta-?analys[ie]s|\bpooled analys[ie]s|^(?!.*\bprospective).*\bretrospective\b"
)


def looks_back(plot: Plot) -> bool:
    """Whether a study takes what was collected before it: by its field, or by its title."""
    return plot.study.design.time_perspective == "RETROSPECTIVE" or (
        plot.study.study_type == "OBSERVATIONAL" and _LOOKS_BACK.search(plot.titles) is not None
    )


def _people(plot: Plot) -> str:
    study, voice = plot.study, plot.voice
    count = study.enrollment.count
    if count is None:
        return voice.say("The record does not say how many people it is for.")
    if count == 0:
        if study.overall_status is Is.WITHDRAWN:
            return voice.say("It was meant for %(people)s.", people=_whom(plot))
        return voice.say("The record says that no one took part.")
    came, over = study.enrollment.type == "ACTUAL", is_over(study)
    if count == 1:
        if came and not over:
            return voice.say("One person is taking part.")
        return (
            voice.say("One person took part.")
            if came
            else voice.say("The record gives one as the planned number of people.")
        )
    values = {"number": voice.number(count), "people": _whom(plot)}
    if looks_back(plot):
        return (
            voice.say("It includes %(number)s %(people)s.", **values)
            if came
            else voice.say("It is meant to include %(number)s %(people)s.", **values)
        )
    if not came:
        if over:
            return voice.say(
                "It was planned for %(number)s %(people)s; how many joined is not stated.", **values
            )
        if study.overall_status is Is.UNKNOWN:  # the time of its plan has passed
            return voice.say("It was planned for %(number)s %(people)s.", **values)
        return voice.say("It is planned for %(number)s %(people)s.", **values)
    if over:
        return voice.say("%(number)s %(people)s took part.", **values)
    if study.overall_status is Is.UNKNOWN:
        return voice.say("It includes %(number)s %(people)s.", **values)
    return voice.say("%(number)s %(people)s are taking part.", **values)


def _listed_under(plot: Plot) -> str:
    """The illnesses of the record, where nobody is said to have one."""
    study, people, voice = plot.study, _people_of(plot), plot.voice
    # The first of the record's own list is always among them; a healthy group is no illness.
    listed = [one_line(each) for each in study.conditions[:30] if not _NO_ILLNESS.search(each)]
    listed = [condition_name(each, plot.case) or each for each in listed] if people.listed else []
    names = list(
        {name.casefold(): name for each in listed if (name := plot.long_forms.get(each, each))}.values()
    )
    ill = people.phrase or (people.condition if people.have else "")
    if not ill and not _THOUGHT.search(f"{plot.titles} {study.arms}"):
        ill = whom(plot.in_english) or _only_illness(plot)
    heading = one_line(study.brief_title or study.official_title or "")  # what a reader sees
    titled = tokens(
        f"{heading} {' '.join(long for short, long in plot.long_forms.items() if short in heading)}"
    )
    named = [each for each in names if tokens(each) <= titled or tokens(each) & titled - _ANY_ILLNESS]
    if named and not ill:  # the title names one of them
        ills = [each for each in names if illness_in(each, plot.long_forms)]
        named = [each for each in ills if tokens(each) <= titled]
        names = [*ills, *([""] if ills and len(ills) < len(names) else [])]  # and others
    if (
        people.healthy
        or "healthy" in ill
        or (named and (ill or len(named) == len(list(filter(None, names)))))
        or not names
        or (ill and all(tokens(each) <= _ANY_ILLNESS for each in names))
        or plot.is_listed(ill)
        or (people.have and not plot.people.have)  # the rules on who can join say more
        or any(plot.long_forms.get(each, each) in ill for each in people.listed)
    ):
        return ""
    names = [
        each
        for at, each in enumerate(names)
        if not at or not each or not any(each != one and each in one for one in names)
    ]
    # Who is only thought to have it may have none.
    text = (
        f"{plot.titles} ; {' ; '.join(f'{each.label} {each.text}' for each in plot.cast.groups)}".casefold()
    )
    names = [f"suspected {each}" if f"suspected {each.casefold()}" in text else each for each in names]
    shown = [voice.quoted(name, 80) for name in names[:3] if name]
    conditions = voice.listing(shown if len(names) == len(shown) else [*shown, voice.say("others")])
    return voice.say("The registry lists it under %(conditions)s.", conditions=conditions)


_NO_ILLNESS_SAID = AnyCase(r"\bhealthy\b")
_HEALTHY = AnyCase(rf"{_NO_ILLNESS_SAID.pattern}|^controls?$")
_ALL_HEALTHY = pattern_of("taking_part.all_healthy")
_BESIDE_THE_ILL = pattern_of("taking_part.beside_the_ill")
#: Of a study before this one, or of what came of it.
_BEFORE = pattern_of("taking_part.before")
_NO_ILLNESS = AnyCase(r"\bhealthy\b|\bcontrols?\b|\bvolunteers?\b")
#: A sentence that tells how many are in which group: "100 with asthma and 100 healthy people".
_SIZES = pattern_of("taking_part.sizes")
_ANY_ILLNESS = tokens(
    "disease diseases disorder disorders syndrome syndromes cancer tumor tumour tumours neoplasms allergy allergies allergic reaction hypersensitivity type stage chronic acute adult childhood surgery pain"
)
_ONLY = {
    ("children", "MALE"): n_("The record allows only boys."),
    ("children", "FEMALE"): n_("The record allows only girls."),
    ("people", "MALE"): n_("The record allows only boys and men."),
}


def _who_else(plot: Plot) -> list[str]:
    """What the fields on who can join leave out, and the text of the record tells."""
    study, voice, said = plot.study, plot.voice, []
    rules, text = study.eligibility, plot.told
    young = (years(rules.maximum_age) or OLDEST) <= 18
    only = _ONLY.get(("children" if young else "people", rules.sex or ""))
    if (
        only
        and plot.people.kind != "men"
        and not re.search(r"\b(?:boys|girls|men)\b", _whom(plot.in_english))
    ):
        said.append(voice.say(only))
    groups = [*(group.label for group in plot.cast.groups), *study.conditions]
    ill = not all(map(_NO_ILLNESS.search, study.conditions))
    if (
        ill
        and rules.healthy_volunteers
        and not plot.people.healthy
        and not re.search("healthy|some without", _whom(plot.in_english))
    ):
        # Those who are treated in another way are controls too, and may be ill.
        well = _HEALTHY if study.study_type == "OBSERVATIONAL" else _NO_ILLNESS_SAID
        told = any(map(well.search, groups)) or _BESIDE_THE_ILL.search(text) is not None
        told = told and study.overall_status not in {Is.ACTIVE_NOT_RECRUITING, Is.ENROLLING_BY_INVITATION}
        said += [voice.say_in(told_in(study), "Healthy people can take part too.")] if told else []
    said += [
        voice.in_their_words(each)
        for each in plot.summary
        if _SIZES.search(each)
        and quoting.words(each) <= 45
        and quoting.is_whole(each)
        and not _BEFORE.search(each)
    ][:1]
    return said


def _people_of(plot: Plot) -> People:
    """Whom it is about, as the question has it; of a phrase that a sentence cannot bear, the illness in it."""
    people, said = plot.people, whom(plot.in_english)
    if not people.phrase:
        made, ill = people if said else by_its_rules(plot), _only_illness(plot)
        only = people.only[0] if len(people.only) == 1 else ""
        well = plot.study.eligibility.healthy_volunteers
        if only and well and not (made.have or made.phrase) and mixed(plot) and _compared(plot, only):
            made = replace(people, condition=only, have=True)
        if made.have and mixed(plot) and not _compared(plot, made.condition):
            return people
        # What is listed is not told in other words, only further narrowed down.
        return people if ill and not (made.have and tokens(ill) <= tokens(made.condition)) else made
    phrase = said or people.phrase
    for each in (phrase, MORE_OF_THEM.sub(r"\1", phrase)):
        if quoting.words(each) <= LONGEST_PHRASE and not _NO_PEOPLE.search(each):
            return replace(people, phrase=people.told_as(each))
    ill = next((each for each in people.listed if f"with {each}" in people.phrase), "")
    return replace(people, phrase="", condition=ill, have=bool(ill))


_A_LABEL = AnyCase(r"\bde-?label|\ballergy labels?\b|\blabell?ed (?:as )?(?:\w+-)?allergic")
LONGEST_PHRASE = 14  # words
#: Behind the word for people stands what is done to them, and not which people they are: "adults education".
_NO_PEOPLE = re.compile(
    r"^(?:[\w-]+ )*?(?:people|adults|women|men|children|adolescents|infants|patients|veterans|survivors) (?!with|who|that|in|on|at|of|and|or|under|after|before|without|from|for|having|living|receiving|treated|taking|using|whose|not|to|by|allergic|aged|ages?|\(|\w+ing\b|\w+ed\b)",
)


def _whom(plot: Plot) -> str:
    """Who takes part, and those beside them whom the same number counts."""
    study, voice, people, who = plot.study, plot.voice, _people_of(plot), _who_they_are(plot)
    labels = [group.label for group in plot.cast.groups]
    ills = (people.condition, people.phrase.partition(" with ")[2], *people.listed)
    ill = next(
        (each for each in ills if each and " with " not in each and plain(who).endswith(f" {each}")), ""
    )
    if ill and _compared(plot, ill):
        ages = "" if ages_told(study) or people.kind == "older" else ages_of(study, voice)
        key = "people" if ages and people.kind == "adults" else people.kind
        kind = voice.say(KINDS[key])
        return voice.say(
            "%(people)s (some with %(condition)s, some without)",
            people=f"{kind} {ages}" if ages else kind,
            condition=voice.theirs(ill),
        )
    head, _, own = plain(who).partition(" ")
    alike = [bool(tokens(own) & tokens(each)) for each in labels if each.casefold().startswith(f"{head} ")]
    if len(alike) == len(labels) and any(alike) and not all(alike):  # others of them are not so
        return voice.say(KINDS[people.kind])
    if len(labels) > 1 and any(map(_CARE.match, labels)) and not NEAR_THEM.match(people.phrase):
        return voice.say("%(people)s and people who care for them", people=who)
    # Who is listed as allergic, where a record asks whether they are, may not be.
    listed = plain(who).endswith("allergy") and _A_LABEL.search(plot.told)
    return voice.say("%(people)s on their medical record", people=who) if listed else who


def _compared(plot: Plot, ill: str) -> bool:
    """Whether some do not have it: by a group's own name, or where the healthy may come and are spoken of."""
    study, well = plot.study, plot.study.eligibility.healthy_volunteers
    lacking = rf"(?i)\b(?:no|without|non)[ -]?(?:{re.escape(ill)}|{re.escape(ill.rpartition(' ')[2][:6])})"
    cases = any(_CASES.fullmatch(each.label or "") for each in study.arms)
    pair = bool(well) and study.design.observational_model == "CASE_CONTROL"
    return (
        pair
        or (
            bool(well)
            and not plot.people.healthy
            and "healthy" not in plot.people.phrase
            and _ALL_HEALTHY.search(plot.titles) is not None
        )
        or bool(_WELL_GROUP.search(study.eligibility.criteria or ""))
        or any(
            (_WELL.match(each.label) and " with " not in each.label)
            or (("no" in (low := each.label.lower()) or "without" in low) and re.search(lacking, each.label))
            or (
                study.study_type == "OBSERVATIONAL"
                and _CONTROLS.fullmatch(each.label)
                and not tokens(each.text) & tokens(ill)
                and ill.rpartition(" ")[2][:6] not in each.text.lower()  # "diabetic patients"
            )
            or (cases and _CONTROLS.fullmatch(each.label) and _LACK_IT.search(each.text))
            or (well and any(map(_ALL_HEALTHY.match, (each.label, each.text))))
            for each in plot.cast.groups
        )
    )


#: Names of groups of those who are well: by their name, or beside the ill of a study that watches.
_WELL = pattern_of("taking_part.well")
#: A rule on who can join that is of them alone.
_WELL_GROUP = pattern_of("taking_part.well_group")
_CASES, _LACK_IT = (
    AnyCase(r"cases?(?: group)?"),
    AnyCase(r"\b(?:(?:do |did |does )?not have|without|free of)\b"),
)
_CONTROLS = AnyCase(r"controls?(?: group| subjects| participants)?")
_CARE = pattern_of("taking_part.care")


def _who_they_are(plot: Plot) -> str:
    """Those whom a study is about: 'people of 18 to 65 years with asthma'."""
    study, voice, people = plot.study, plot.voice, _people_of(plot)
    # Where the text tells other ages, the field is told beside, as the registry's.
    ages, who = "" if ages_told(study) else ages_of(study, voice), people.who(voice)
    # As the question has it: with an illness that those who are treated for it have.
    bare, ill = voice.say(KINDS[people.kind]), whom(plot)
    if people.phrase or people.have or _THOUGHT.search(f"{plot.titles} {plot.study.arms}"):
        pass  # it is told already, or some may not have it
    elif ill.startswith(f"{bare} "):
        who = ill
    elif listed := _only_illness(plot):
        who = voice.say("%(people)s with %(condition)s", people=bare, condition=voice.theirs(listed))
    adults = (years(study.eligibility.maximum_age) or OLDEST) >= OLDEST and years(
        study.eligibility.minimum_age
    ) == 18
    anybody, grown, first = voice.say(KINDS["people"]), voice.say(KINDS["adults"]), voice.people_in(who)
    if not ages or NEAR_THEM.match(people.phrase) or (adults and first == grown) or people.kind == "older":
        return who
    if adults and first == anybody:
        return who.replace(anybody, grown, 1)
    if people.phrase and voice.language != "en":
        who = voice.theirs(_AGES_SAID.sub("", people.phrase))
        kind = anybody if first == grown else first
        return f"{kind} {ages}{who.removeprefix(first)}" if first else f"{who} ({ages})"
    if people.phrase:
        return voice.theirs(
            _GROUP_WORD.sub(
                lambda found: f"{_HEADS.get(found[0], found[0])} {plain(ages)}",
                _AGES_SAID.sub("", people.phrase),
                count=1,
            )
        )
    kind = voice.say(KINDS[people.kind if people.kind in {"women", "men", "children"} else "people"])
    if who.startswith(f"{bare} ") and not people.have:
        return f"{kind} {ages}{who.removeprefix(bare)}"
    if people.have and people.condition:
        return voice.say(
            "%(people)s %(ages)s with %(condition)s",
            people=kind,
            ages=ages,
            condition=voice.theirs(people.condition),
        )
    return f"{who if people.healthy else kind} {ages}"


def _only_illness(plot: Plot) -> str:
    """The one illness that a record lists, where nothing in it speaks of people without it; empty where that is not sure."""
    people, study = plot.people, plot.study
    if people.phrase or people.have or len(people.only) != 1 or study.eligibility.healthy_volunteers:
        return ""
    told = f"{plot.titles} {' '.join(group.label for group in plot.cast.groups)} {' '.join(study.conditions[:30])}"
    return (
        ""
        if people.healthy or _WITHOUT_IT.search(told)
        else plot.long_forms.get(people.only[0], people.only[0])
    )


_THOUGHT = AnyCase("suspected")
_WITHOUT_IT = pattern_of("taking_part.without_it")
_HEADS = {"adults": "people"}
_AGES_SAID = AnyCase(r" (?:aged?|ages) \d+(?:[- ]to[- ]|-| and )\d+(?: years)?(?: old)?")
#: The word of a phrase behind which the ages have room.
_GROUP_WORD = re.compile(
    r"\b(?:children (?:and|or) adolescents|adults (?:and|or) (?:adolescents|children)|adolescents (?:and|or) adults|adolescents (?:and|or) (?:young )?adults|children (?:and|or) (?:young )?adults|people|adults|women|men|children|adolescents|infants|patients|veterans|girls|boys|youth|volunteers|recipients|survivors)\b"
)
