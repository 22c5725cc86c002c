"""The title and the question of a study: patterns of ours where every slot is certain, the team's own words elsewhere.

No title and no question is better than a false one: what `cast`, `people` or `measures` doubt is never filled in.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from notifier.domain.study import Study
from notifier.domain.summaries import quoting
from notifier.domain.summaries.cast import IS_NOTHING, IS_OTHER, IS_PLACEBO, IS_SHAM, IS_USUAL, Cast, Thing
from notifier.domain.summaries.measures import Measure
from notifier.domain.summaries.names import (
    LEAST_WORDS,
    MOST_WORDS,
    Case,
    cleaned_title,
    first_up,
)
from notifier.domain.summaries.people import People
from notifier.domain.summaries.quoting import words
from notifier.domain.summaries.record import More
from notifier.domain.summaries.voice import Voice, plain
from notifier.domain.wording import one_line

MOST_ASKED = 26  # words of a question
_PROVOKED = re.compile(
    r"\b(?:\w+-)?induc(?:ing|ed|tion of (?:headache|migraine|asthma|attack))|\bprovo(?:cation|ke|king)|\bchallenge|\btrigger",
    re.IGNORECASE,
)
_TAKEN_AWAY = re.compile(
    r"\b(?:withdraw(?:al|ing)|taper(?:ing)?|discontinu|stopping|de-?escalat|deprescrib|cessation of|interrupt)",
    re.IGNORECASE,
)
_EQUAL = re.compile(
    r"\bnon-?\s?inferior|\bbiosimilar|\bbio-?equivalen|\bequivalence\b|\bproposed biosimilar", re.IGNORECASE
)
_LOOKS = re.compile(
    r"\bPET\b|\bMRI\b|\bCT\b|\bimag|\bscan|\bdiagnos|\bdetect|\bscreen|\bsensor|\btests?\b|\bcontrast|\bpredict|\bmonitor|\bultraso|\bbiopsy|\bmarker|\btracer",
    re.IGNORECASE,
)
_NO_THING = re.compile(r"(?:no|not|without|based on|using|usual|none)\b", re.IGNORECASE)
_VACCINE = re.compile(r"\bvaccin", re.IGNORECASE)
_PREVENTS = re.compile(r"\bprevent(?:ion|ing|s)?\b|\bprophyla", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Plot:
    """All that titles and questions are made of."""

    study: Study
    case: Case
    cast: Cast
    people: People
    measure: Measure | None
    summary: tuple[str, ...]  # the sentences of the team's own summary
    voice: Voice
    more: More

    @property
    def titles(self) -> str:
        return f"{one_line(self.study.brief_title or '')} | {one_line(self.study.official_title or '')}"

    def listed(self, things: tuple[Thing, ...], *, most: int = 3, apart: bool = False) -> str:
        """'A, B and C'; the record's names, as its own words."""
        names = list(dict.fromkeys(each.name or each.said for each in things))
        names = [
            name
            for name in names
            if not any(name != other and name in re.split(r" (?:and|\+|with) |/", other) for other in names)
        ]
        shown = [self.voice.theirs(name) for name in names[:most]]
        if len(names) > most:
            shown = [*shown[: most - 1], self.voice.say("other things")]
        return self.voice.either(shown) if apart else self.voice.listing(shown)

    def what(self, *, most: int = 3) -> str:
        """What is tried: 'A with B' where people get both, 'A or B' where some get the one and some the other."""
        things = tuple(each for each in self.cast.tried if each.name) or self.cast.tried
        if not self.cast.together:
            return self.listed(things, most=most, apart=True)
        first, rest = self.listed(things[:1]), self.listed(things[1:], most=max(most - 1, 1))
        if not rest or plain(first) in plain(rest):
            return self.listed(things, most=most)
        return self.voice.say("%(one)s with %(others)s", one=first, others=rest)

    @property
    def treats(self) -> bool:
        return self.study.study_type == "INTERVENTIONAL" and self.study.design.primary_purpose in {
            "TREATMENT",
            "SUPPORTIVE_CARE",
        }

    @property
    def alone(self) -> bool:
        """Whether there surely is one group: none beside it is listed, and nothing in the design speaks of another."""
        design = self.study.design
        return (
            len(self.cast.groups) <= 1
            and design.allocation not in {"RANDOMIZED", "NON_RANDOMIZED"}
            and design.intervention_model in {"SINGLE_GROUP", None}
            and design.masking in {"NONE", None}
            and not re.search(
                r"\bplacebo\b|\bcontrolled (?:study|trial)\b|\bversus\b", self.titles, re.IGNORECASE
            )
        )

    @property
    def early(self) -> bool:
        return bool({"EARLY_PHASE1", "PHASE1"} & set(self.study.phases))

    @property
    def provokes(self) -> bool:
        """Whether something is given in order to bring trouble about: never asked of as if it were to help."""
        return bool(_PROVOKED.search(self.titles))

    @property
    def takes_away(self) -> bool:
        return bool(_TAKEN_AWAY.search(self.titles))

    @property
    def equal(self) -> bool:
        """Whether it asks if one thing does as well as the other: nobody asks then which is better."""
        outcomes = " ".join(each.measure or "" for each in self.study.primary_outcomes)
        return bool(_EQUAL.search(f"{self.titles} {outcomes} {(self.study.brief_summary or '')[:4000]}"))

    @property
    def needles(self) -> tuple[str, ...]:
        """Words of what is tried and of the condition, by which a sentence of the team is known to be about them."""
        texts = [each.name or each.said for each in self.cast.tried] + [self.people.condition]
        return tuple(word for text in texts for word in re.findall(r"[\w-]{4,}", text.casefold()))


# --- the title --------------------------------------------------------------------------------------------------


def title(plot: Plot) -> str:
    """A plain title of 4 to 14 words, without a verb: ours where it is certain, else the registry's, cleaned."""
    for made in _titles(plot):
        if LEAST_WORDS - 1 <= words(plain(made)) <= MOST_WORDS:
            return first_up(made) if plot.voice.language == "en" else made
    cleaned = cleaned_title(plot.study, plot.case)
    return plot.voice.theirs(cleaned or one_line(plot.study.acronym or "")) or f"Study {plot.study.nct_id}"


def _titles(plot: Plot) -> Iterator[str]:
    """Titles of ours, the most particular first; none where a slot is not certain."""
    cast, people, voice, study = plot.cast, plot.people, plot.voice, plot.study
    if study.study_type != "INTERVENTIONAL" or not cast.named or plot.provokes or plot.takes_away:
        return
    if not _short(cast.tried):
        return
    key, told = (plot.measure.key if plot.measure else ""), {"what": plot.what()}
    if people.healthy and key == "level":
        yield voice.say("%(what)s in healthy people: levels in the blood", **told)
    if plot.early and (people.healthy or (study.eligibility.healthy_volunteers and not people.have)):
        if cast.medicine():
            told["people"] = people.who(voice)
            yield voice.say("%(what)s in %(people)s: side effects and levels in the blood", **told)
        return
    told["condition"] = voice.theirs(people.condition)
    if not people.condition or not people.sure or not plot.treats:
        return
    if not _apart(told["what"], told["condition"]):
        return
    alone = len(cast.tried) == 1 and not cast.others and not cast.added_to
    if (
        alone
        and plot.early
        and key == "dose"
        and cast.doubts in {(), ("several groups try different things",)}
    ):
        yield voice.say("Finding a dose of %(what)s for %(condition)s", **told)
    if cast.rivals and _short(cast.rivals):
        told["what"] = plot.listed(cast.rivals, apart=True)
        yield voice.say("%(what)s for %(condition)s", **told)
    if cast.doubts:
        return
    if cast.added_to and _short(cast.added_to) and len(cast.added_to) <= 2:
        yield voice.say(
            "%(what)s added to %(base)s for %(condition)s", base=plot.listed(cast.added_to), **told
        )
    if cast.against == (IS_OTHER,) and 0 < len(cast.others) <= 2 and _short(cast.others):
        yield voice.say("%(what)s compared with %(other)s for %(condition)s", other=against(plot), **told)
    if cast.doses and len(cast.tried) == 1:
        yield voice.say("Several doses of %(what)s for %(condition)s", **told)
    if people.kind in _KIND_IN and people.kind[:5] not in people.condition:
        told["people"] = voice.say(_KIND_IN[people.kind])
        yield voice.say("%(what)s for %(condition)s in %(people)s", **told)
    yield voice.say("%(what)s for %(condition)s", **told)


def n_(message: str) -> str:
    """Marks a sentence for the catalogues; it is said later."""
    return message


_KIND_IN = {"children": n_("children"), "older": n_("older people")}


def _short(things: tuple[Thing, ...]) -> bool:
    return all(each.name and words(each.name) <= 5 for each in things)


def _apart(what: str, condition: str) -> bool:
    """Whether the two do not say the same ("back pain for back pain")."""
    return (
        plain(what).casefold() not in plain(condition).casefold()
        and plain(condition).casefold() not in plain(what).casefold()
    )


# --- the question -----------------------------------------------------------------------------------------------


def question(plot: Plot) -> str:
    """One question of at most 26 words, or nothing."""
    for made in _questions(plot):
        if made and words(plain(made)) <= MOST_ASKED:
            return made
    return ""


def _questions(plot: Plot) -> Iterator[str]:
    """What can be asked, the best first."""
    needles = plot.needles
    voice = plot.voice
    if (asked := quoting.own_question(plot.summary, needles)) and _fits(plot, asked):
        yield voice.theirs(f"“{first_up(asked)}”")
    yield from _ours(plot)
    if (clause := quoting.whether(plot.summary, needles)) and _fits(plot, clause):
        yield voice.say("The study team asks whether %(clause)s.", clause=voice.theirs(f"“{clause}”"))
    yield from _always_true(plot)
    if aim := quoting.aim(plot.summary):
        yield voice.say("The study team’s aim is %(aim)s.", aim=voice.theirs(f"“{aim[:1].lower()}{aim[1:]}”"))
    if clause := quoting.whether(plot.summary):
        yield voice.say("The study team asks whether %(clause)s.", clause=voice.theirs(f"“{clause}”"))


def _fits(plot: Plot, text: str) -> bool:
    """Whether words of the team can stand alone: of a treatment they name what is tried, and for what."""
    if not plot.treats:
        return True
    low = text.casefold()

    def has(text: str) -> bool:
        return any(word in low for word in re.findall(r"[\w-]{4,}", text.casefold()))

    return any(has(f"{each.name} {each.said}") for each in plot.cast.tried) and has(plot.people.condition)


def _ours(plot: Plot) -> Iterator[str]:
    """Patterns of ours, for studies that try something, where what is tried is certain."""
    cast, voice, measure = plot.cast, plot.voice, plot.measure
    if plot.study.study_type != "INTERVENTIONAL" or not cast.named:
        return
    purpose, what = plot.study.design.primary_purpose, plot.what()
    who, key = plot.people.who(voice), measure.key if measure else ""
    if plot.provokes or plot.takes_away:
        if plot.provokes and cast.certain:
            yield voice.say("How do %(people)s react to %(what)s?", people=who, what=what)
        return
    if purpose in {"DIAGNOSTIC", "SCREENING"} and _LOOKS.search(f"{plot.titles} {plain(what)}"):
        yield voice.say("What can %(what)s show in %(people)s?", what=what, people=who)
        return
    if (
        "factorial" in cast.doubts
        or "a name that names nothing" in cast.doubts
        or "more things are tried than can be named" in cast.doubts
    ):
        return
    if purpose == "BASIC_SCIENCE":
        if cast.certain:
            yield voice.say("What does %(what)s change in the body of %(people)s?", what=what, people=who)
        return
    if key == "feasible":
        yield voice.say(
            "Can %(what)s be done with %(people)s, and do they keep to it?", what=what, people=who
        )
        return
    if key == "test":
        return
    if plot.early and key == "dose" and plot.treats:
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


def against(plot: Plot) -> str:
    """What it is compared with: 'a placebo', 'the usual care', 'metformin'; empty where it cannot be named."""
    cast, voice = plot.cast, plot.voice
    if cast.against == (IS_OTHER,) and 0 < len(cast.others) <= 2:
        return plot.listed(cast.others, apart=cast.apart)
    said: dict[tuple[str, ...], str] = {
        (IS_PLACEBO,): voice.say("a placebo"),
        (IS_SHAM,): voice.say("a pretended treatment"),
        (IS_USUAL,): voice.say("the usual care"),
    }
    return said.get(cast.against, "")


#: By the main measure: the verb brings its own comparison.
_MORE_THAN = {
    "live": n_("Do %(people)s live longer with %(what)s than with %(other)s?"),
    "control": n_(
        "In %(people)s, does the illness stay under control for longer with %(what)s than with %(other)s?"
    ),
    "free": n_("In %(people)s, does the illness stay away for longer with %(what)s than with %(other)s?"),
    "pain": n_("Does %(what)s ease the pain of %(people)s more than %(other)s?"),
    "attacks": n_("Do %(people)s have fewer attacks with %(what)s than with %(other)s?"),
    "sugar": n_(
        "Does %(what)s bring blood sugar closer to where it should be than %(other)s, in %(people)s?"
    ),
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
                    "Does as much %(what)s get into the blood of %(people)s as with %(other)s?", **told
                )
            yield voice.say("Does %(what)s do as well as %(other)s in %(people)s?", **told)
        return
    if 0 < len(cast.added_to) <= 2:
        if key == "harm":
            yield voice.say(
                "Which side effects come from %(what)s when added to %(base)s, in %(people)s?", **told
            )
        elif measure and key not in {"dose", "level"} and cast.against != (IS_OTHER,):
            yield voice.say("Does adding %(what)s to %(base)s change %(measure)s in %(people)s?", **told)
    if without:
        if measure and key not in {"harm", "dose"}:
            yield voice.say(
                "Does %(what)s change %(measure)s in %(people)s, compared with going without?", **told
            )
        yield voice.say("What does %(what)s change for %(people)s, compared with going without?", **told)
        return
    if key in _MORE_THAN and (plot.treats or key not in {"weight", "sugar"}):
        yield voice.say(_MORE_THAN[key], **told)
    if measure and key != "dose":
        yield voice.say("Does %(what)s change %(measure)s in %(people)s, compared with %(other)s?", **told)
    yield voice.say("How does %(what)s compare with %(other)s in %(people)s?", **told)


def _alone(plot: Plot, what: str, who: str) -> Iterator[str]:
    """One group, or groups that differ by dose: it cannot say what is better, so it is not asked."""
    voice, key = plot.voice, plot.measure.key if plot.measure else ""
    if key == "level":
        yield voice.say(
            "How much %(what)s is in the blood of %(people)s, and for how long?", what=what, people=who
        )
    if key == "harm" and plot.cast.medicine():
        yield voice.say("Which side effects come from %(what)s in %(people)s?", what=what, people=who)
    if key == "respond" and plot.people.have:
        yield voice.say(
            "How often does the illness shrink or go away in %(people)s who get %(what)s?",
            what=what,
            people=who,
        )
    if key in {"control", "free"} and plot.people.have:
        yield voice.say(
            "How long does the illness stay under control in %(people)s who get %(what)s?",
            what=what,
            people=who,
        )
    if key == "live":
        yield voice.say("How long do %(people)s live who get %(what)s?", what=what, people=who)
    if key == "defence" and _VACCINE.search(plain(what)):
        yield voice.say(
            "How strongly does the body’s defence react to %(what)s in %(people)s?", what=what, people=who
        )


def _always_true(plot: Plot) -> Iterator[str]:
    """What any such study asks, whatever else it does."""
    study, cast, people, voice = plot.study, plot.cast, plot.people, plot.voice
    who = people.who(voice)
    things = tuple(each for each in cast.tried if each.name or not _NO_THING.match(each.said))
    what = plot.what() if things and all(words(each.name or each.said) <= 9 for each in things[:3]) else ""
    if study.study_type == "EXPANDED_ACCESS":
        if what:
            yield voice.say("How can %(people)s get %(what)s outside a study?", people=who, what=what)
        return
    if study.study_type == "INTERVENTIONAL":
        topic = people.condition and not people.have
        if what and topic and not people.healthy:
            told = {"people": who, "what": what, "condition": voice.theirs(people.condition)}
            if people.several and not people.sure:
                yield voice.say(
                    "What happens to %(people)s who get %(what)s in a study on %(condition)s and other conditions?",
                    **told,
                )
            yield voice.say(
                "What happens to %(people)s who get %(what)s in a study on %(condition)s?", **told
            )
        elif what:
            yield voice.say("What happens to %(people)s who get %(what)s?", people=who, what=what)
        return
    labels = [
        group.label
        for group in cast.groups
        if 2 <= words(group.label) <= 8
        and not re.search(r"\bgroups?\b|\barms?\b|cohort", group.label, re.IGNORECASE)
    ]
    if study.design.observational_model == "CASE_CONTROL" and len(labels) == len(cast.groups) == 2:
        yield voice.say(
            "How do these two groups differ: %(one)s, and %(other)s?",
            one=voice.theirs(f"“{labels[0]}”"),
            other=voice.theirs(f"“{labels[1]}”"),
        )
    if (aim := quoting.aim(plot.summary)) and words(aim) <= MOST_ASKED - 5:
        yield voice.say("The study team’s aim is %(aim)s.", aim=voice.theirs(f"“{aim[:1].lower()}{aim[1:]}”"))
    if people.condition:
        if study.design.time_perspective == "RETROSPECTIVE":
            yield voice.say(
                "What do past records tell about %(condition)s?", condition=voice.theirs(people.condition)
            )
        elif people.have and study.design.time_perspective == "PROSPECTIVE":
            yield voice.say("What happens over time to %(people)s?", people=who)
        else:
            yield voice.say(
                "What can be learned about %(condition)s by watching and measuring?",
                condition=voice.theirs(people.condition),
            )
