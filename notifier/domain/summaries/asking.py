"""The title and the question of a study: the registry's own phrases first, patterns of ours where every slot is certain.

No title and no question is better than a false one: what `cast`, `people` or `measures` doubt is never filled in.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from notifier.domain.summaries import quoting
from notifier.domain.summaries.cast import IS_NOTHING, IS_OTHER, Thing
from notifier.domain.summaries.names import first_up
from notifier.domain.summaries.plot import Plot, against, tokens
from notifier.domain.summaries.quoting import words
from notifier.domain.summaries.titles import (
    CLAIMS_NOW,
    LEAST_WORDS,
    MOST_WORDS,
    named,
    shortened,
)
from notifier.domain.summaries.turning import Turned, kept_away, over_time, phrases, shown_by, turned, used
from notifier.domain.summaries.voice import plain
from notifier.domain.summaries.words_explained import SHORT_FORM
from notifier.domain.wording import one_line

MOST_ASKED = 26  # words of a question


def n_(message: str) -> str:
    """Marks a sentence for the catalogues; it is said later."""
    return message


_VACCINE = re.compile(r"\bvaccin", re.IGNORECASE)


# --- the title --------------------------------------------------------------------------------------------------


def title(plot: Plot) -> str:
    """A plain title of 4 to 14 words, without a verb: the registry's, cleaned, where it reads well; else ours, where it is
    certain; else as much of the registry's as can stand alone.
    """
    voice = plot.voice
    for raw in (plot.study.brief_title, plot.study.official_title):
        asked = one_line(raw or "").rpartition(": ")[2]
        if asked.endswith("?") and LEAST_WORDS <= words(asked) <= MOST_WORDS and plot.is_about(asked):
            return voice.theirs(plot.case.sentence(asked))
    cleaned = [each.titled for each in plot.topics]
    for made in cleaned:
        if _reads_well(plot, made):
            return voice.theirs(first_up(made))
    for made in _titles(plot):
        if (
            LEAST_WORDS - 1 <= words(plain(made)) <= MOST_WORDS
            and plot.keeps_the_setting(made)
            and _drops_nothing(plot, made)
        ):
            return first_up(made) if voice.language == "en" else made
    rest = [each for each in cleaned if each]
    rest.sort(
        key=lambda each: (
            CLAIMS_NOW.search(each) is not None,
            words(each) > MOST_WORDS,
            not plot.is_about(each),
        )
    )
    cuts = [*map(shortened, rest), one_line(plot.study.acronym or "")]
    made = next(filter(plot.is_about, cuts), cuts[0])
    return voice.theirs(first_up(made)) or f"Study {plot.study.nct_id}"


#: A title with one of these claims something, or speaks of the paperwork.
_CLAIMS = re.compile(
    r"(?<!to )\b(?:is|are|was|were|does|do|can|will|has|have|predicts?|promotes?|improves?|reduces?|prevents?|causes?|leads?|affects?|enhances?|alleviates?|enrolled)\b|"
    r"\b(?:stud(?:y|ies)|trial|phase|evaluat\w+|assess\w+|randomi\w+|cohort|versus|efficacy|pharmacokinetics|tolerability|retrospective|prospective|registry)\b|\w[/+]\w|&|[:;]",
    re.IGNORECASE,
)


def _drops_nothing(plot: Plot, made: str) -> bool:
    """Whether a title of ours has all that one of the registry's says is tried."""
    return any(tokens(each.thing) <= tokens(plain(made)) for each in plot.topics)


def _reads_well(plot: Plot, made: str) -> bool:
    """Whether a cleaned title can stand as it is: whole, short, about the illness and what is tried, with no unknown short forms."""
    if not LEAST_WORDS <= words(made) <= MOST_WORDS or _CLAIMS.search(made) or not plot.is_about(made):
        return False
    things = " ".join(f"{each.name} {' '.join(each.other_names)}" for each in plot.study.interventions)
    unknown = [
        short for short in SHORT_FORM.findall(made) if short not in things and short not in _KNOWN_SHORTS
    ]
    return not unknown and (
        plot.study.study_type != "INTERVENTIONAL"
        or plot.is_tried(made)
        or bool(tokens(made) & tokens(things))
    )


_KNOWN_SHORTS = frozenset(
    {
        "HIV",
        "DNA",
        "MRI",
        "COVID-19",
        "CT",
        "ADHD",
        "PTSD",
        "HER2",
        "EGFR",
        "ALK",
        "BRAF",
        "KRAS",
        "COPD",
        "AIDS",
        "CAR-T",
        "CAR",
        "PD-1",
        "PD-L1",
    }
)


def _titles(plot: Plot) -> Iterator[str]:
    """Titles of ours, the most particular first; none where a slot is not certain."""
    cast, people, voice, study = plot.cast, plot.people, plot.voice, plot.study
    if study.study_type != "INTERVENTIONAL" or not cast.named or plot.provokes or plot.takes_away:
        return
    if not _short(cast.tried) or not cast.titled or not ((cast.medicine() and plot.treats) or people.healthy):
        return
    if not people.phrase and not any(people.condition in each.whole for each in plot.topics):
        return
    told = {"what": plot.what()}
    if people.healthy:
        if cast.medicine():
            yield voice.say("%(what)s in %(people)s", people=people.who(voice), **told)
        return
    told["condition"] = voice.theirs(people.condition)
    if (
        not people.condition
        or not people.sure
        or not plot.treats
        or not _apart(told["what"], told["condition"])
    ):
        return
    if cast.doubts:
        return
    if cast.added_to and _short(cast.added_to) and len(cast.added_to) <= 2 and cast.against != (IS_OTHER,):
        yield voice.say(
            "%(what)s added to %(base)s for %(condition)s", base=plot.listed(cast.added_to), **told
        )
    if cast.against == (IS_OTHER,) and _short(cast.others) and not cast.added_to and against(plot):
        yield voice.say("%(what)s compared with %(other)s for %(condition)s", other=against(plot), **told)
    if people.phrase:
        yield voice.say("%(what)s in %(people)s", people=people.who(voice), **told)
    if not re.search(r"\b(?:who|whose|undergoing|after|following)\b", plain(people.condition)):
        yield voice.say("%(what)s for %(condition)s", **told)


def _short(things: tuple[Thing, ...]) -> bool:
    return all(each.name and words(each.name) <= 5 for each in things)


def _apart(what: str, condition: str) -> bool:
    """Whether the two do not say the same ("back pain for back pain")."""
    return (
        plain(what).casefold() not in plain(condition).casefold()
        and plain(condition).casefold() not in plain(what).casefold()
    )


# --- the question -----------------------------------------------------------------------------------------------


def question(plot: Plot) -> Turned:
    """One question of at most 26 words, or nothing; with what its answer could lead to, where its own words say so."""
    for made in _questions(plot):
        asked = made if isinstance(made, Turned) else Turned(made, use=_use(plot))
        if asked.question and words(plain(asked.question)) <= MOST_ASKED:
            return asked
    return Turned("")


def _use(plot: Plot) -> str:
    """What could come of a study whose question is in other words than ours."""
    cast, purpose = plot.cast, plot.study.design.primary_purpose
    if plot.study.study_type != "INTERVENTIONAL" or not cast.named or cast.looks or plot.provokes:
        return ""
    if purpose in {"DIAGNOSTIC", "SCREENING", "BASIC_SCIENCE"}:
        return ""
    return plot.voice.say("It could show what comes of %(what)s%(rest)s.", what=plot.what(), rest="")


def _questions(plot: Plot) -> Iterator[str | Turned]:
    """What can be asked, the best first."""
    voice, names = plot.voice, " ".join(each.name or each.said for each in plot.cast.tried)
    needles = tuple(tokens(names) | tokens(plot.people.condition))
    if (asked := quoting.own_question(plot.summary, needles)) and _fits(plot, asked):
        yield voice.theirs(f"“{first_up(asked)}”")
    for raw in (plot.study.brief_title, plot.study.official_title):
        asked = one_line(raw or "").rpartition(": ")[2]
        if asked.endswith("?") and words(asked) >= LEAST_WORDS and plot.is_about(asked):
            yield voice.theirs(f"“{asked}”")
    if plot.study.study_type == "EXPANDED_ACCESS":
        for each in plot.topics:
            yield voice.say("How can %(what)s be had outside a study?", what=voice.theirs(named(each)))
    found = list(phrases(plot))
    by_head = [(plot.is_about(each.whole), made) for each in found for made in turned(plot, each)]
    asked_of = [made for about, made in by_head if about]
    if plot.study.study_type == "INTERVENTIONAL":
        effect = any("effect" in each.asks and each.rest.startswith("on ") for each in plot.topics)
        ours = filter(plot.keeps_the_setting, _ours(plot))
        spoken = [made for each in found for made in used(plot, each)]
        both: list[Iterable[str | Turned]] = [asked_of, spoken, ours] if effect else [ours, spoken, asked_of]
        yield from chain(*both)
    yield from asked_of
    for clause in filter(None, (quoting.whether(plot.summary, needles), quoting.whether(plot.summary))):
        if not plot.treats or plot.is_about(clause):
            yield voice.say("The study team asks whether %(clause)s.", clause=voice.theirs(f"“{clause}”"))
    yield from kept_away(plot)
    yield from _what_happens(plot)
    if (aim := quoting.aim(plot.summary)) and _fits(plot, aim):
        yield _of_the_aim(plot, aim)
    if (
        plot.study.study_type == "OBSERVATIONAL"
        and plot.measure
        and plot.people.have
        and plot.measure.key not in {"test", "care"}
    ):
        yield voice.say(
            "The study asks %(measure)s, in %(people)s.",
            measure=voice.say(plot.measure.plain),
            people=plot.people.who(voice),
        )
    if (clause := quoting.does(plot.summary)) and not plot.treats:
        yield voice.say("In the study team’s words, the study %(does)s.", does=voice.theirs(f"“{clause}”"))
    topics = [each for each in plot.topics if words(each.whole) >= LEAST_WORDS]
    topics.sort(key=lambda each: not plot.is_about(each.titled))
    yield from (made for each in topics for made in shown_by(plot, each) if plot.is_about(each.titled))
    yield from (made for _, made in by_head)
    yield from _when_used(plot)
    if aim:
        yield _of_the_aim(plot, aim)
    if (
        plot.study.study_type == "OBSERVATIONAL"
        and len(plot.people.listed) == 1
        and _FOLLOWS.search(plot.titles)
    ):
        yield over_time(plot, plot.people.listed[0])
    for each in topics:
        if not CLAIMS_NOW.search(each.titled):
            yield voice.say("What can be learned about %(topic)s?", topic=voice.theirs(named(each)))
    if conditions := plot.conditions():
        yield voice.say("What can be learned about %(topic)s?", topic=conditions)


_FOLLOWS = re.compile(r"\bregistry\b|natural history|longitudinal", re.IGNORECASE)


def _what_happens(plot: Plot) -> Iterator[Turned]:
    """What is always true of something that is tried on people who are known."""
    cast, people, voice = plot.cast, plot.people, plot.voice
    if plot.study.study_type != "INTERVENTIONAL" or cast.looks or plot.provokes or plot.takes_away:
        return
    if plot.study.design.primary_purpose in {"DIAGNOSTIC", "SCREENING", "BASIC_SCIENCE"}:
        return
    whom = people.phrase or (people.condition if people.have else "")
    told = {"what": plot.what(), "people": people.who(voice)}
    said = plain(f"{plot.what()} {people.who(voice)}")
    sure = cast.named and "factorial" not in cast.doubts and plot.keeps_the_setting(said)
    if not sure or not plot.is_listed(whom):
        return
    asked = (
        voice.say("What does %(what)s do in %(people)s?", **told)
        if " who " in whom
        else voice.say("What happens to %(people)s who get %(what)s?", **told)
    )
    yield Turned(asked, use=voice.say("It could show what comes of %(what)s for %(people)s.", **told))


def _when_used(plot: Plot) -> Iterator[Turned]:
    """What is listed as tried, for what is listed as the illness, where a title names neither for sure."""
    cast, people, voice = plot.cast, plot.people, plot.voice
    things = tuple(each for each in (*cast.tried, *cast.others) if each.name)
    if plot.study.design.primary_purpose != "TREATMENT" or cast.looks or not things or plot.provokes:
        return
    if people.healthy or "healthy" in plot.titles.casefold():
        return  # then it is not used for the illness
    if about := voice.theirs(people.condition) if people.condition and people.sure else plot.conditions():
        what = plot.what() if cast.named else plot.listed(things)
        yield Turned(
            voice.say("What comes of %(what)s when used for %(condition)s?", what=what, condition=about),
            use=voice.say("It could show what comes of %(what)s%(rest)s.", what=what, rest=""),
        )


_TO_LEARN = re.compile(
    r"to (?:evaluate|assess|determine|measure|describe|estimate|investigate|examine|identify|characteri[sz]e|establish|study|explore|find(?: out)?|learn(?: more)?(?: about)?|understand|see|test|analy[sz]e|quantify) "
    r"(?P<how>(?:how|what|which|why|when|where|whether|if)\b.+)",
    re.IGNORECASE,
)


def _of_the_aim(plot: Plot, aim: str) -> str:
    """The aim as an indirect question where it holds one; else as what the team wants."""
    voice, found = plot.voice, _TO_LEARN.fullmatch(aim)
    if found:
        return voice.say("The study team asks %(clause)s.", clause=voice.theirs(f"“{found['how']}”"))
    return voice.say("The study team wants %(aim)s.", aim=voice.theirs(f"“{aim[:1].lower()}{aim[1:]}”"))


def _fits(plot: Plot, text: str) -> bool:
    """Whether words of the team can stand alone: they name the illness and, of a treatment, what is tried."""
    tried = tokens(" ".join(f"{each.name} {each.said} {' '.join(each.others)}" for each in plot.cast.tried))
    if plot.study.study_type != "INTERVENTIONAL":
        return plot.is_about(text)
    return (bool(tokens(text) & tried) or plot.is_tried(text)) and plot.is_about(text)


def _ours(plot: Plot) -> Iterator[str]:
    """Patterns of ours, for studies that try something, where what is tried is certain."""
    cast, voice, measure = plot.cast, plot.voice, plot.measure
    purpose, what = plot.study.design.primary_purpose, plot.what()
    who, key = plot.people.who(voice), measure.key if measure else ""
    whom = plot.people.phrase or (plot.people.condition if plot.people.have else "")
    if not cast.named or not cast.titled or not (plot.people.healthy or plot.is_listed(whom)):
        return
    if any(
        found and plot.is_about(before)
        for each in plot.topics
        for before, found, _ in [each.rest.partition(plot.people.phrase or "\n")]
    ):
        return  # "for food allergy in people with ...": they have both
    if plot.provokes or plot.takes_away:
        if re.search(r"inducing\b", plot.titles, re.IGNORECASE) and cast.certain:
            yield voice.say("How do %(people)s react to %(what)s?", people=who, what=what)
        return
    if purpose not in {"TREATMENT", "SUPPORTIVE_CARE", "PREVENTION", None} or key in {"test", "feasible"}:
        return
    if {"factorial", "a name that names nothing", "more things are tried than can be named"} & set(
        cast.doubts
    ):
        return
    if (
        plot.early
        and key == "dose"
        and plot.treats
        and cast.doubts in {(), ("several groups try different things",)}
        and len(cast.tried) == 1
    ):
        yield voice.say(
            "How much %(what)s can %(people)s take, and with which side effects?", what=what, people=who
        )
    if cast.rivals and plot.study.design.allocation == "RANDOMIZED":
        yield voice.say(
            "How do %(rivals)s compare in %(people)s?", rivals=plot.listed(cast.rivals), people=who
        )
    if not cast.certain:
        return
    yield from _compared(plot, what, who) if cast.against else _alone(plot, what, who)


#: By the main measure: the verb brings its own comparison.
_MORE_THAN = {
    "live": n_("Do %(people)s live longer with %(what)s than with %(other)s?"),
    "control": n_(
        "In %(people)s, does the illness stay under control for longer with %(what)s than with %(other)s?"
    ),
    "alive": n_("Are more %(people)s alive after a set time with %(what)s than with %(other)s?"),
    "held": n_(
        "In %(people)s, is the illness more often under control after a set time with %(what)s than with %(other)s?"
    ),
    "respond": n_(
        "In %(people)s, does the illness get less or go away more often with %(what)s than with %(other)s?"
    ),
    "free": n_("In %(people)s, does the illness stay away for longer with %(what)s than with %(other)s?"),
    "pain": n_("Can %(what)s ease the pain of %(people)s more than %(other)s?"),
    "attacks": n_("Do %(people)s have fewer attacks with %(what)s than with %(other)s?"),
    "sugar": n_("Can %(what)s bring blood sugar closer to where it should be than %(other)s, in %(people)s?"),
    "weight": n_("Do %(people)s lose more weight with %(what)s than with %(other)s?"),
    "harm": n_("Which side effects come from %(what)s in %(people)s, compared with %(other)s?"),
    "level": n_("How much %(what)s is in the blood of %(people)s, compared with %(other)s?"),
    "defence": n_(
        "How strongly does the body’s defence react to %(what)s, compared with %(other)s, in %(people)s?"
    ),
    "infection": n_("Do fewer of the %(people)s get an infection with %(what)s than with %(other)s?"),
    "heal": n_("Do wounds heal better with %(what)s than with %(other)s in %(people)s?"),
}


def _compared(plot: Plot, what: str, who: str) -> Iterator[str]:
    """Groups side by side."""
    cast, voice, measure = plot.cast, plot.voice, plot.measure
    key = measure.key if measure else ""
    told = {"what": what, "people": who, "other": against(plot), "base": plot.listed(cast.added_to)}
    told["measure"] = voice.say(measure.plain) if measure else ""
    without = cast.against == (IS_NOTHING,)
    if not told["other"] and not without:
        return
    if plot.equal:
        if cast.against == (IS_OTHER,):
            if key == "level":
                yield voice.say(
                    "Can as much %(what)s get into the blood of %(people)s as with %(other)s?", **told
                )
            yield voice.say("Can %(what)s do as well as %(other)s in %(people)s?", **told)
        return
    if 0 < len(cast.added_to) <= 2:
        if key == "harm":
            yield voice.say(
                "Which side effects come from %(what)s when added to %(base)s, in %(people)s?", **told
            )
        elif measure and key not in {"dose", "level"} and cast.against != (IS_OTHER,):
            yield voice.say("Can adding %(what)s to %(base)s change %(measure)s in %(people)s?", **told)
            yield voice.say(
                "What does adding %(other)s to %(one)s change%(rest)s?",
                other=what,
                one=told["base"],
                rest=voice.theirs(f" in {plain(who)}"),
            )
    if without:
        if measure and key not in {"harm", "dose"}:
            yield voice.say(
                "Can %(what)s change %(measure)s in %(people)s, compared with going without?", **told
            )
        yield voice.say("What can %(what)s change for %(people)s, compared with going without?", **told)
        return
    if key == "harm" and not plot.only_harm:
        yield voice.say("How do %(what)s and %(other)s compare in %(people)s?", **told)
    if key in _MORE_THAN and (plot.treats or key not in {"weight", "sugar"}):
        yield voice.say(_MORE_THAN[key], **told)
    if measure and key != "dose":
        yield voice.say("Can %(what)s change %(measure)s in %(people)s, compared with %(other)s?", **told)
    yield voice.say("How do %(what)s and %(other)s compare in %(people)s?", **told)


def _alone(plot: Plot, what: str, who: str) -> Iterator[str]:
    """One group, or groups that differ by dose: it cannot say what is better, so it is not asked."""
    key = plot.measure.key if plot.measure else ""
    if key == "defence" and not _VACCINE.search(plain(what)):
        return
    if key in _ALONE and (key != "harm" or (plot.cast.medicine() and plot.only_harm)):
        yield plot.voice.say(_ALONE[key], what=what, people=who)


_ALONE = {
    "level": n_("How much %(what)s is in the blood of %(people)s, and for how long?"),
    "harm": n_("Which side effects come from %(what)s in %(people)s?"),
    "respond": n_("How often does the illness get less or go away with %(what)s, in %(people)s?"),
    "control": n_("How long does the illness stay under control with %(what)s, in %(people)s?"),
    "held": n_("In how many %(people)s is the illness under control after a set time with %(what)s?"),
    "free": n_("How long does the illness stay away with %(what)s, in %(people)s?"),
    "live": n_("With %(what)s, how long do %(people)s live?"),
    "alive": n_("With %(what)s, how many %(people)s are alive after a set time?"),
    "defence": n_("How strongly does the body’s defence react to %(what)s in %(people)s?"),
}
