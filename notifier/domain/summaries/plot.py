"""What titles, questions and the other parts are made of: a record with its parts, and what may be said of it for sure."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TypeVar

from notifier.domain.study import Study
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.cast import IS_OTHER, IS_PLACEBO, IS_SHAM, IS_USUAL, MEDICINES, Cast, Thing
from notifier.domain.summaries.measures import Measure
from notifier.domain.summaries.names import Case, all_names
from notifier.domain.summaries.people import People
from notifier.domain.summaries.quoting import says_purpose, words
from notifier.domain.summaries.record import More
from notifier.domain.summaries.tables import pairs, pattern_of
from notifier.domain.summaries.titles import TitleParts, setting
from notifier.domain.summaries.voice import Voice, plain, voice
from notifier.domain.wording import one_line

PROVOKED = pattern_of("plot.provoked")
#: What counts side effects alone, and is to show more than those.
_HELPS_TOO = pattern_of("plot.helps_too")
_BROUGHT_ABOUT = AnyCase(r"\binducing (?!(?:weight|\w* ?remission|tolerance|sleep|labou?r|an)\b)|\btrigger")
_TAKEN_AWAY = pattern_of("plot.taken_away")
_IN_THE_BODY = pattern_of("plot.in_the_body")
_DOSE = pattern_of("plot.dose")
_EQUAL = pattern_of("plot.equal")


_IN_A_LIST = re.compile(r" (?:and|\+|with) |/")
_JOINED = re.compile(r",? (?:and|with|or|without) ")


_Told = TypeVar("_Told")


@dataclass(frozen=True, eq=False)
class Plot:
    """All that titles and questions are made of. It is itself alone: what is made of it may be kept by it."""

    study: Study
    case: Case
    cast: Cast
    people: People
    measure: Measure | None
    summary: tuple[str, ...]  # the sentences of the team's own summary
    voice: Voice
    more: More
    topics: tuple[TitleParts, ...]  # of the brief title and the official one
    keys: frozenset[str]  # of all main measures; "" for one that no row knows
    aims: tuple[str, ...]  # what the team says that it wants "to" do
    long_forms: Mapping[str, str]  # of the short forms that the record or everybody uses

    @cached_property
    def in_english(self) -> "Plot":
        """The same, said in English: what fits best is weighed by its English words, and then said in any language."""
        return self if self.voice.language == "en" else replace(self, voice=voice("en"))

    def weighed(self, tell: Callable[["Plot"], Iterator[_Told]]) -> Iterator[tuple[_Told, _Told]]:
        """What is told of it, each beside its English."""
        if self.in_english is self:
            return ((each, each) for each in tell(self))
        return zip(tell(self), tell(self.in_english), strict=False)

    @cached_property
    def titles(self) -> str:
        return f"{one_line(self.study.brief_title or '')} | {one_line(self.study.official_title or '')}"

    @cached_property
    def to_show(self) -> str:
        """What its titles and its team say that it is to show."""
        return " | ".join((self.titles, *self.aims, *filter(says_purpose, self.summary)))

    def listed(self, things: tuple[Thing, ...], *, most: int = 3, apart: bool = False) -> str:
        """'A, B and C'; the record's names, as its own words."""
        names = list(dict.fromkeys(each.shown for each in things))
        names = [
            name
            for name in names
            if not any(name != other and name in _IN_A_LIST.split(other) for other in names)
        ]
        shown = [self.voice.theirs(name) for name in names[:most]]
        if len(names) > most:
            drugs = all(each.kind in MEDICINES for each in things)
            more = self.voice.say("other medicines") if drugs else self.voice.say("other things")
            shown = [*shown[: most - 1], more]
        return self.voice.either(shown) if apart else self.voice.listing(shown)

    def what(self, *, most: int = 3) -> str:
        """What is tried: 'A with B' where people get both, 'A or B' where some get the one and some the other."""
        things = tuple(each for each in self.cast.tried if each.name) or self.cast.tried
        if not self.cast.together:
            return self.listed(things, most=most, apart=True)
        first, rest = self.listed(things[:1]), self.listed(things[1:], most=max(most - 1, 1))
        if not rest or plain(first) in plain(rest) or " with " in f"{plain(first)} {plain(rest)}":
            return self.listed(things, most=most)
        return self.voice.say("%(one)s with %(others)s", one=first, others=rest)

    def conditions(self) -> str:
        """The record's own conditions, at most two of them by name; empty where it has none."""
        shown = [
            self.voice.theirs(self.case.small(self.long_forms.get(name, name)))
            for name in self.people.listed[:2]
        ]
        return (
            self.voice.listing([*shown, self.voice.say("others")] if len(self.people.listed) > 2 else shown)
            if shown
            else ""
        )

    def subject(self) -> str:
        """What is tried, in a title's own words, else by the arms; empty where neither is sure."""
        for each in self.topics:
            if self.is_tried(each.thing) and not _NO_SUBJECT.search(each.thing):
                return self.voice.theirs(each.asked)
        return self.what() if self.cast.certain and self.cast.titled else ""

    def is_tried(self, thing: str) -> bool:
        """Whether a phrase of a title names something that the record lists as tried."""
        if not 1 <= words(thing) <= 10 or NO_THING.search(thing):
            return False
        listed = [each.known_as for group in self.cast.groups for each in group.gets]
        listed += [f"{each.name} {' '.join(each.other_names)}" for each in self.study.interventions]
        told = tokens(" ".join(listed))
        sides = [tokens(_DESCRIBES.sub("", each)) for each in _JOINED.split(thing)]
        sides = [side for side in sides if side] or [frozenset()]
        # What is named beside a medicine is given with it; beside a training it may be what is measured.
        counted = sides[:1] if self.cast.medicine() else [side for side in sides if side]
        return bool(sides[0]) and all(side & told and len(side & told) * 3 >= len(side) for side in counted)

    def can_be_asked_of(self, topic: TitleParts) -> bool:
        """Whether what a title names is tried: by the list of arms, by being compared, or by its own name."""
        by_name = (
            TREATS.search(topic.thing)
            and words(topic.thing) <= 12
            and not re.search(r" (?:and|or) |^(?:pilot|develop|test|implement|us|socializ)ing\b", topic.thing)
            and not NO_THING.search(topic.thing)
        )
        # What a title calls safe or a help is what is tried, under whatever name the arms have it.
        by_title = (
            {"harm", "helps"} & topic.asks and words(topic.thing) <= 8 and not NO_THING.search(topic.thing)
        )
        return self.is_tried(topic.thing) or " compared with " in topic.thing or bool(by_name or by_title)

    def is_about(self, text: str) -> bool:
        """Whether a text names the illness or the setting."""
        return self.is_listed(text) or bool(tokens(text) & tokens(self.people.condition))

    def is_listed(self, text: str) -> bool:
        """Whether a text names a condition that the record lists."""
        return bool(tokens(text) & self._of_the_list)

    @cached_property
    def _of_the_list(self) -> frozenset[str]:
        listed = (*self.study.conditions[:60], *self.people.listed)
        return tokens(" ".join((*listed, *(self.long_forms.get(each, "") for each in listed))))

    def keeps_the_setting(self, made: str) -> bool:
        """Whether a title or question of ours drops no word by which a title sets the study in a course of treatment."""
        return setting(" ".join(each.whole for each in self.topics[:1])) <= setting(made)

    @cached_property
    def told(self) -> str:
        """What its titles and its summary say."""
        return f"{self.titles} ; {(self.study.brief_summary or '')[:4000]}"

    @cached_property
    def measured(self) -> str:
        """What is measured first of all, in the record's words; empty where nothing is listed."""
        return " | ".join(f"{each.measure} {each.description}" for each in self.study.primary_outcomes)

    @cached_property
    def names(self) -> frozenset[str]:
        """The words of all that anybody in the study gets."""
        return tokens(all_names(self.study))

    @property
    def key(self) -> str:
        """What kind the first main measure is of; empty where no row is sure."""
        return self.measure.key if self.measure else ""

    @cached_property
    def seeks_a_dose(self) -> bool:
        """Whether a dose is looked for, be it after side effects, and not only what keeps people from one."""
        if self.key != "dose" and not (self.key == "harm" and "dose" in self.keys and self.only_harm):
            return False
        outcomes = " ".join(each.measure or "" for each in self.study.primary_outcomes)
        return len(self.cast.groups) > 1 or _DOSE.search(f"{self.told} ; {outcomes}") is not None

    @cached_property
    def treats(self) -> bool:
        purpose = self.study.design.primary_purpose
        by_title = re.search(r"(?i)\btreat(?:ment|ing)?\b", self.titles)
        said = purpose in {"TREATMENT", "SUPPORTIVE_CARE"}
        unsaid = purpose in {None, "OTHER"} and by_title is not None and self.cast.medicine()
        return self.study.study_type == "INTERVENTIONAL" and (said or unsaid)

    @property
    def only_harm(self) -> bool:
        """Whether side effects and doses are all that is measured first of all, but for what is in the blood."""
        return bool(self.keys & {"harm", "dose"}) and self.keys <= {"harm", "dose", "level"}

    @cached_property
    def seeks_help(self) -> bool:
        """Whether its team also wants to know if something helps; not of a first study, of side effects alone."""
        first = self.early and "PHASE2" not in self.study.phases
        return not (first and self.only_harm) and _HELPS_TOO.search(self.to_show) is not None

    @cached_property
    def alone(self) -> bool:
        """Whether there surely is one group: none beside it is listed, and nothing in the record speaks of another."""
        design = self.study.design
        if self.cast.groups:
            return (
                len(self.cast.groups) == 1
                and design.allocation != "RANDOMIZED"
                and design.intervention_model in {"SINGLE_GROUP", "SEQUENTIAL", None}
            )
        one = design.allocation == "NON_RANDOMIZED" and design.intervention_model == "SINGLE_GROUP"
        return (
            (one or design.allocation in {"NA", None})
            and design.intervention_model in {"SINGLE_GROUP", None}
            and design.masking in {"NONE", None}
            and not re.search(
                r"(?i)\bplacebo\b|\bcontrol(?:led (?:study|trial|clinical)|s\b| group| arm)|\bversus\b|\bvs\b|\bcompared (?:with|to)\b|\b(?:two|three|both|parallel) (?:groups|arms)\b|\brandom",
                self.told,
            )
        )

    @cached_property
    def in_the_body(self) -> bool:
        """Whether what a medicine does in the body is measured first of all, and nothing that people feel."""
        told = " ".join(each.measure or "" for each in self.study.primary_outcomes[:1])
        given = self.cast.medicine() or any(each.kind == "DIETARY_SUPPLEMENT" for each in self.cast.tried)
        goal = self.key or (self.measure and self.measure.plain in pairs("goals.tsv"))
        return not goal and given and _IN_THE_BODY.search(told) is not None

    @property
    def early(self) -> bool:
        return bool({"EARLY_PHASE1", "PHASE1"} & set(self.study.phases))

    @cached_property
    def provokes(self) -> bool:
        """Whether something is given in order to bring trouble about: never asked of as if it were to help."""
        # What is to treat may be shown to do so by a challenge.
        tried = " ".join(each.said for each in self.cast.tried)
        shown = self.treats and not (_BROUGHT_ABOUT.search(self.titles) or PROVOKED.search(tried))
        return bool(PROVOKED.search(self.titles)) and not shown

    @cached_property
    def takes_away(self) -> bool:
        return bool(_TAKEN_AWAY.search(self.titles))

    @cached_property
    def equal(self) -> bool:
        """Whether it asks if one thing does as well as the other: nobody asks then which is better."""
        outcomes = " ".join(each.measure or "" for each in self.study.primary_outcomes)
        return bool(_EQUAL.search(f"{self.told} ; {outcomes}"))


#: A thing that is a treatment by its own name, whatever the list of arms calls it.
TREATS = pattern_of("plot.treats")
#: What is said of a medicine beside its name.
_DESCRIBES = pattern_of("plot.describes")
_NO_SUBJECT = pattern_of("plot.no_subject")
NO_THING = pattern_of("plot.no_thing")
_EMPTY_WORDS = frozenset([
    "with", "from", "that", "this", "study", "trial", "treatment", "therapy", "drug", "group", "arm", "dose", "daily", "oral", "tablet", "injection", "patients",
    "people", "combination", "disease", "disorder", "syndrome", "cancer", "type", "stage", "acute", "chronic", "placebo", "standard", "care", "usual", "versus", "without", "control", "line",
])  # fmt: skip


_WORDS = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
#: It begins with its letter, so that nothing else is looked at.
_SHORT_FORMS = re.compile(r"[A-Z](?<!\w[A-Z])[A-Za-z]*[A-Z\d]\w*")


@lru_cache(maxsize=512)  # a read asks for the same again
def tokens(text: str) -> frozenset[str]:
    """The words of a text by which it is known, without plural endings; short ones only where they are codes."""
    low = text.casefold()
    found = set(_WORDS.findall(low))
    whole = {word.rstrip("s") for word in found if len(word) > 2 or not word.isalpha()}
    if "-" in low:
        parts = (part for word in found if "-" in word for part in word.split("-"))
        whole.update(part.rstrip("s") for part in parts if len(part) > 3)
    if low != text:
        whole.update(word.casefold() for word in _SHORT_FORMS.findall(text))
    return frozenset(whole - _EMPTY_WORDS)


def dosed(plot: Plot, what: str) -> tuple[str, str]:
    """What alone is dosed, and what is given together with it: "docetaxel" and "radiotherapy" of "docetaxel with radiotherapy"."""
    one = _whose_dose(plot)
    if not one or plain(one).casefold() not in plain(what).casefold():
        return one or what, ""
    rest = re.sub(rf"(?i){re.escape(plain(one))}", "", plain(what), count=1)
    rest = _TIED.sub("", rest).replace(", and ", " and ")
    together = rest and not _OR_ALONE.search(rest) and not re.search(r"\b(?:or|eller|oder|o)\b", plain(what))
    return one, plot.voice.theirs(rest) if together else ""


#: Of each language, for a list of names is one of ours.
_AND = r"(?:with|and|plus|med|og|mit|und|con|y|e)"
_TIED = re.compile(rf"^(?:[\s,]|{_AND}\b)+|(?:[\s,]|\b{_AND})+$")
_OR_ALONE = re.compile(r"\b(?:or|eller|oder|o|alone|alene|allein|solo)\b|, ,|  ")


def _whose_dose(plot: Plot) -> str:
    """The one of several whose dose the record looks for; empty where it does not say so of one alone."""
    told = plot.told
    if len(plot.cast.tried) == 1 or not _DOSE_OF.search(told):
        return ""
    named = [
        each
        for each in plot.cast.tried
        if any(
            word in told.casefold()
            and re.search(
                rf"(?i){_DOSE_OF.pattern}(?:(?!with|and|plus)[\w-]+ ){{0,3}}{re.escape(word)}", told
            )
            for word in tokens(each.said)
        )
    ]
    return plot.listed(tuple(named)) if len(named) == 1 else ""


_DOSE_OF = AnyCase(r"\bdos(?:e|es|age)\b[^.]{0,60}?\bof ")


_CHEMOTHERAPY = AnyCase(
    r"\b(?:versus|vs\.?|compared (?:to|with)) ((?:[\w-]+-based |standard )*chemotherapy)\b|\bto ((?:[\w-]+-based |standard )*chemotherapy) alone"
)


def against(plot: Plot) -> str:
    """What it is compared with: 'a placebo', 'the usual care', 'metformin'; empty where it cannot be named."""
    cast, voice = plot.cast, plot.voice
    if cast.against == (IS_OTHER,) and 0 < len(cast.others) <= 2:
        rivals = re.split(r"(?i)\b(?:versus|vs|compared)\b", plot.titles.partition(" | ")[0], maxsplit=1)[1:]
        tried = tokens(" ".join(each.said for each in cast.tried)) - tokens(
            " ".join(each.said for each in cast.others)
        )
        if rivals and (not all(each.titled for each in cast.others) or tokens(rivals[0]) & tried):
            return ""  # the title compares it with something else, or the other way round
        same = {each.name for each in cast.others} & {each.name for each in cast.tried}
        return "" if same else plot.listed(cast.others, apart=cast.apart)
    told = f"{plot.titles} | {' '.join(plot.summary)}"
    drugs = cast.others and all(each.kind in MEDICINES for each in cast.others)
    if cast.against == (IS_OTHER,) and drugs and (chemo := _CHEMOTHERAPY.search(told)):
        # Many medicines, of which a title or the team says what they are together.
        return voice.theirs(plot.case.small(chemo[1] or chemo[2]))
    said: dict[tuple[str, ...], str] = {
        (IS_PLACEBO,): voice.say("a placebo"),
        (IS_SHAM,): voice.say("a sham (pretend) treatment"),
        (IS_USUAL,): voice.say("usual care"),
    }
    return said.get(cast.against, "")


#: In the words of the record: where one of these stands, the measure may be meant to go the other way.
_OTHERWISE = {
    # The pain of a needle is not that of the illness.
    "ease pain in %(people)s": r"\b(?:injection|needle|insertion|venipuncture|cannulation|puncture|vaccination|blood draw)s?[\w -]{0,12} pain|pain[\w -]{0,40} (?:injection|insertion|venipuncture|cannulation|puncture|vaccination|blood draw)",
    # Of a food that is to be borne in place of another, nobody takes more.
    "let %(people)s take more of what they are allergic to without a reaction": r"\bformulas?\b|hypo-?allergenic|hydroly[sz]",
    "lower blood sugar in %(people)s": r"hypo-?glyc|low blood sugar|glucagon(?! like|-like)|insulinoma",
    "help %(people)s to lose weight": r"anorexia|cachexia|malnutr|underweight|cystic fibrosis|weight gain|preterm|\bnewborn|infants|child growth|dystrophy|cancer",
    "how high blood pressure is": r"hypotens|shock|spinal an",
    "how sore the mouth or gut gets": r"^(?!.*(?:\boral\b|\bmouth))",
    "how many people get an infection": r"treat\w* (?:of )?(?:\w+ ){0,3}infection|osteomyelitis|sepsis|pneumonia|covid",
}


def goal_of(plot: Plot, people: str) -> str:
    """The goal of something that is tried, by the main measure; empty where none is sure. people: who they are."""
    plain = plot.measure.plain if plot.measure else ""
    message, study = pairs("goals.tsv").get(plain, ""), plot.study
    counted = study.primary_outcomes[0].measure or "" if study.primary_outcomes else ""
    told = f"{plot.titles} {' '.join((*study.conditions[:60], *study.keywords[:60], counted))}"
    otherwise = _OTHERWISE.get(plain) or _OTHERWISE.get(message)
    if not message or (otherwise and re.search(otherwise, told, re.IGNORECASE)):
        return ""
    if message == "lower blood sugar in %(people)s" and not plot.cast.medicine():
        message = (
            "keep blood sugar where it should be in %(people)s"  # what only measures may raise it as well
        )
    return plot.voice.say(message, people=people)


def has_another_goal(plot: Plot) -> bool:
    """Whether the main measure has a goal, and the record's words say that another one is meant."""
    return bool(plot.measure and plot.measure.plain in pairs("goals.tsv") and not goal_of(plot, "-"))
