"""Who gets what in a study, by its arms: what is tried, what it is added to, what it is compared with, and how sure that is.

The arms decide; how the registrant ticked the design comes second. What is not certain says why, and nobody guesses.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from notifier.domain.study import Study
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.names import (
    PLACEBO,
    SHAM,
    SIDE_SHOW,
    USUAL,
    Case,
    is_label,
    of_kind,
    tried_name,
)
from notifier.domain.summaries.tables import pattern_of
from notifier.domain.wording import one_line

MOST_TRIED = 3
UNNAMED_RIVAL = "what it is compared with is not named"
SAME_FOR_ALL = "the same things are listed for all"
SEVERAL_TRIED = "several groups try different things"
TOO_MANY = "more things are tried than can be named"
NO_TEST = "no group is named as the one that tries it"
_CONTROL = pattern_of("cast.control")
_DOSES = AnyCase(r"\d\s*(?:mg|mcg|µg|μg|g|ml|IU|units?|%)|\b(?:low|high|higher|lower|medium|dose)\b")
_BODY = frozenset({"DRUG", "BIOLOGICAL", "GENETIC", "COMBINATION_PRODUCT", "DIETARY_SUPPLEMENT"})
#: Things are done to a body by these; talks, trainings and questionnaires are not among them.
MEDICINES = _BODY


@dataclass(frozen=True, slots=True)
class Thing:
    """One intervention. name: as people write it, None where the record's name names nothing; said: as the record has it."""

    name: str | None
    said: str
    kind: str
    place: int  # where a title names it; large where none does
    novel: bool = False
    others: tuple[str, ...] = ()  # the other names that the record gives it

    @property
    def shown(self) -> str:
        """Its name, or what the record has in place of one."""
        return self.name or self.said

    @property
    def known_as(self) -> str:
        """All names that the record gives it, in one text."""
        return f"{self.said} {' '.join(self.others)}"

    @property
    def titled(self) -> bool:
        return self.place < _UNNAMED


@dataclass(frozen=True, slots=True)
class ArmGroup:
    """One arm with what it gets."""

    label: str
    role: str
    gets: tuple[Thing, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Cast:
    """The parts that things play. compared_with: names, or one of the words of `AGAINST`.

    doubts: why what is tried, or what it is compared with, is not certain; none: it is.
    """

    groups: tuple[ArmGroup, ...]
    tried: tuple[Thing, ...]
    added_to: tuple[Thing, ...]
    against: tuple[str, ...]  # of PLACEBO, SHAM, USUAL, NOTHING, or OTHER
    others: tuple[Thing, ...]  # what the other groups get that those who try it do not
    doubts: tuple[str, ...]
    doses: bool  # groups that differ by dose alone
    apart: bool = False  # the others get different things

    @property
    def named(self) -> bool:
        """Whether what is tried can be named, in as many words as a title has room for."""
        return 0 < len(self.tried) <= MOST_TRIED and all(each.name for each in self.tried)

    @property
    def looks(self) -> bool:
        """Whether all that is listed only looks at people: samples, pictures, questions, and nothing that is to help."""
        return bool(self.tried) and all(
            SIDE_SHOW.search(each.said) or each.kind == "DIAGNOSTIC_TEST" for each in self.tried
        )

    @property
    def titled(self) -> bool:
        """Whether a title names all that is tried: what the list of arms alone puts first may stand beside it."""
        return bool(self.tried) and all(each.titled for each in self.tried)

    @property
    def rivals(self) -> tuple[Thing, ...]:
        """Two or three things of which each group gets one, and none of them is the one that is tried."""
        own = [[each for each in _main(group.gets) if not _is_blank(each)] for group in self.groups]
        single = [things[0] for things in own if len(things) == 1]
        apart = len({each.name for each in single}) == len(own) and 2 <= len(own) <= MOST_TRIED
        alike = len({group.role for group in self.groups}) == 1
        usual = any(USUAL.search(each.said) for each in single)
        return tuple(single) if alike and apart and not usual and all(each.name for each in single) else ()

    @property
    def beside(self) -> tuple[ArmGroup, ...]:
        """The groups that get nothing of what is tried."""
        return tuple(group for group in self.groups if not any(each in group.gets for each in self.tried))

    @property
    def together(self) -> bool:
        """Whether all that is tried is given to the same people."""
        return not {SEVERAL_TRIED, NO_TEST} & set(self.doubts)

    @property
    def certain(self) -> bool:
        return self.named and not self.doubts

    def medicine(self) -> bool:
        return any(each.kind in MEDICINES for each in self.tried)


#: The roles of groups that get nothing new.
CONTROLS = frozenset({"PLACEBO_COMPARATOR", "SHAM_COMPARATOR", "NO_INTERVENTION"})
IS_PLACEBO, IS_SHAM, IS_USUAL, IS_NOTHING, IS_OTHER = "placebo", "sham", "usual", "nothing", "other"


def cast_of(study: Study, case: Case) -> Cast:
    """The parts in this study."""
    things = _things(study, case)
    groups = _groups(study, things)
    tests, others, doubts = _sides(groups)
    every = union(groups)
    blanks = [each for each in every if _is_blank(each)]
    crosses = study.design.intervention_model == "CROSSOVER" and len(groups) > 1
    if crosses and len(blanks) == 1 and len(every) == 2 and len({_ids(group) for group in groups}) == 1:
        # Everybody gets both, one after the other: the placebo then stands in every arm.
        [thing] = [each for each in every if each not in blanks]
        beside = IS_SHAM if SHAM.search(blanks[0].said) else IS_PLACEBO
        unnamed = () if thing.name else ("a name that names nothing",)
        return Cast(tuple(groups), (thing,), (), (beside,), (), unnamed, doses=False)
    if not groups:
        tests = [ArmGroup("", "", tuple(things.values()), "")]
    united = union(tests)
    elsewhere = union(others)
    real = [each for each in united if not _is_blank(each)]
    shared = (
        [each for each in real if all(each in group.gets for group in (*tests, *others))]
        if others or len(tests) > 1
        else []
    )
    tried = [each for each in real if each not in elsewhere]
    if not tried and real:
        # The contrast lies in doses, routes or labels, which no name tells.
        tried, shared = real, []
        doubts.append(SAME_FOR_ALL)
    chosen = _main(tried)
    ways = len({_ids(group) for group in tests})
    if ways > 1:
        shared_by_tests = [each for each in chosen if all(each in group.gets for group in tests)]
        if not shared_by_tests or len(shared_by_tests) < len(chosen):
            doubts.append(SEVERAL_TRIED)
    if len(chosen) > MOST_TRIED:
        doubts.append(TOO_MANY)
    if study.design.intervention_model == "FACTORIAL":
        doubts.append("factorial")
    if any(is_label(each.said) or each.name is None for each in chosen):
        doubts.append("a name that names nothing")
    against = _against(others, tests)
    if others and not against:
        doubts.append(UNNAMED_RIVAL)
    compared = _main([each for each in elsewhere if not _is_blank(each) and each not in real])
    compared = [each for each in compared if not USUAL.fullmatch(each.said) and each.name]
    doses = len(tests) > 1 and ways == 1 and all(_DOSES.search(group.label) for group in tests)
    apart = len(compared) > 1 and not any(all(each in group.gets for each in compared) for group in others)
    return Cast(
        tuple(groups),
        tuple(chosen),
        tuple(each for each in _main(shared) if each not in chosen and not SIDE_SHOW.search(each.said))[
            :MOST_TRIED
        ],
        against,
        tuple(compared),
        tuple(doubts),
        doses,
        apart,
    )


def _ids(group: ArmGroup) -> frozenset[str]:
    return frozenset(each.said.casefold() for each in group.gets)


def _is_blank(thing: Thing) -> bool:
    return (
        is_placebo(thing.said)
        or SHAM.search(thing.said) is not None
        or _NO_THING.fullmatch(thing.said) is not None
    )


_NO_THING = AnyCase(r"no (?:treatment|intervention)|none")
_COMBINED = AnyCase(r"[/+&]|\band\b|\bplus\b|\bcombined\b|\bwith\b|\bor\b")


@lru_cache(maxsize=256)  # a read asks for each ten times
def is_placebo(name: str) -> bool:
    """Whether a name is that of a placebo and of nothing beside it: 'Placebo/FOLFOX' is a treatment."""
    return PLACEBO.search(name) is not None and _COMBINED.search(name) is None


def _main(things: Sequence[Thing]) -> list[Thing]:
    """What is meant by the study: no sample, scan or question, unless there is nothing else or a title names it."""
    main = [each for each in things if not SIDE_SHOW.search(each.said) and not USUAL.fullmatch(each.said)]
    named = [each for each in things if each.titled]
    kept = main or named or list(things)
    # An unusual drug before an ordinary one, a drug before a test; else in the order of the titles.
    return sorted(
        kept,
        key=lambda each: (
            bool(SIDE_SHOW.search(each.said)),
            each.place if each.titled else _UNNAMED - each.novel,
        ),
    )


_UNNAMED = 1_000_000


_CODE_IN = re.compile(r"[A-Z]{2,}[- ]?\d{2,}")


def _things(study: Study, case: Case) -> dict[str, Thing]:
    titles = f"{one_line(study.brief_title or '')} | {one_line(study.official_title or '')}".casefold()
    found: dict[str, Thing] = {}
    for each in study.interventions:
        said = of_kind(each.name or "")
        if not said:
            continue
        others = tuple(map(one_line, each.other_names[:60]))
        name = tried_name(said, each.type, others, case)
        places = [titles.find(word.casefold()) for word in (said, name or "", *others) if len(word) > 3]
        place = min((at for at in places if at >= 0), default=_UNNAMED)
        code = _CODE_IN.search(f"{said} {' '.join(others)}") is not None
        found.setdefault(said.casefold(), Thing(name, said, each.type or "", place, code, others))
    return found


def _groups(study: Study, things: dict[str, Thing]) -> list[ArmGroup]:
    made = []
    for arm in study.arms:
        label = one_line(arm.label or "")
        listed = [things.get(of_kind(name).casefold()) for name in arm.intervention_names]
        listed += [
            things.get(of_kind(each.name or "").casefold())
            for each in study.interventions
            if arm.label and arm.label in each.arm_group_labels
        ]
        listed += _in_the_label(label, things, " ; ".join(each.said for each in listed if each))
        gets = tuple(dict.fromkeys(each for each in listed if each is not None))
        if _IN_ONE.search(f"{label} {arm.description}"):  # what is in the one is not given beside it
            gets = tuple(
                one
                for one in gets
                if not any(one.said in each.said.split("/") for each in gets if each != one)
            )
        made.append(ArmGroup(label, arm.type or "", gets, one_line(arm.description or "")[:2000]))
    return made


_IN_ONE = AnyCase(r"co-?form(?:ul|ual)|cofomul|fixed[- ]dose")


_ADDED = AnyCase(r"\+|\bplus\b|\bcombin")


def _in_the_label(label: str, things: dict[str, Thing], listed: str) -> list[Thing]:
    """Medicines that the name of a group adds with a plus sign or the like, where its list leaves them out."""
    if not _ADDED.search(label) or _NOT_ADDED.search(label):
        return []
    return [
        each
        for each in things.values()
        if each.kind in MEDICINES
        and not _is_blank(each)
        and len(each.said) > 3
        and each.said.casefold() not in listed.casefold()
        and each.said.lower() in label.lower()
        and re.search(rf"(?i)(?<![\w-]){re.escape(each.said)}(?![\w-])", label)
    ]


_NOT_ADDED = pattern_of("cast.not_added")


def _sides(groups: Sequence[ArmGroup]) -> tuple[list[ArmGroup], list[ArmGroup], list[str]]:
    """The groups that try it, those that it is compared with, and what is doubtful about that."""
    roles = {group.role for group in groups}
    if len(groups) < 2:
        return list(groups), [], []
    if "EXPERIMENTAL" in roles:
        tests = [group for group in groups if group.role == "EXPERIMENTAL"]
        controls = [
            group
            for group in tests
            if _CONTROL.search(group.label) or (group.gets and all(map(_is_blank, group.gets)))
        ]
        if controls and len(controls) < len(tests) and len(tests) == len(groups):
            tests = [group for group in tests if group not in controls]
        return tests, [group for group in groups if group not in tests], []
    blank = {"PLACEBO_COMPARATOR", "SHAM_COMPARATOR", "NO_INTERVENTION"}
    active = [group for group in groups if group.role == "ACTIVE_COMPARATOR"]
    if active and roles & blank:
        return active, [group for group in groups if group not in active], []
    controls = [group for group in groups if _CONTROL.search(group.label)]
    if 0 < len(controls) < len(groups) and roles & {"ACTIVE_COMPARATOR", "OTHER"}:
        return [group for group in groups if group not in controls], controls, []
    less, more = sorted(groups[:2], key=lambda group: len(group.gets))
    added = set(more.gets) - set(less.gets)
    if (
        len(groups) == 2
        and less.gets
        and set(less.gets) < set(more.gets)
        and _ADDED.search(more.label)
        and all(each.kind in MEDICINES for each in added)
    ):
        return [more], [less], []  # who gets more tries what the others go without
    return list(groups), [], [NO_TEST]


def union(groups: Sequence[ArmGroup]) -> list[Thing]:
    """What any of the groups gets, each once."""
    return list(dict.fromkeys(each for group in groups for each in group.gets))


#: Of a group for which nothing is listed: words by which its text says that it gets something all the same.
GETS_MORE = pattern_of("cast.gets_more")


GETS_NONE = pattern_of("cast.gets_none")


_NAMES_NOTHING = pattern_of("cast.names_nothing")


def gets_more(group: ArmGroup) -> bool:
    """Whether the text of a group says that it gets something all the same."""
    return GETS_MORE.search(GETS_NONE.sub("", f"{group.label} {group.text}")) is not None


#: Behind these stands what not everybody gets.
_LACKS = AnyCase(r"(?:\bwith(?: or | and |/)?without|\bno|\bor not|±|\+/-)(?: |\b)(?:the )?(?:[\w-]+ ){0,2}")
_LESS = pattern_of("cast.less")
_SOME = pattern_of("cast.some")
_VERSUS = AnyCase(r"\bversus\b|\bvs\b")
_OR_PLACEBO = AnyCase(r"\bor (?:a |matching |matched )?placebo\b")
MOST_FOR_ALL = 5  # things; of more, some are given in place of others


def may_lack(text: str, thing: Thing) -> bool:
    """Whether a text says of somebody that they do without something."""
    # Mostly nobody does, and to build a pattern costs a hundred times as much as to look.
    there = thing.shown.casefold() in text.casefold()
    return bool(
        there and _LACKS.search(text) and re.search(rf"(?i){_LACKS.pattern}{re.escape(thing.shown)}", text)
    )


def gets_less(group: ArmGroup) -> bool:
    """Whether a group is one that others are measured by, though the same is listed for it."""
    return group.role in CONTROLS or _LESS.search(f"{group.label} ; {group.text[:300]}") is not None


def surely_for_all(study: Study, group: ArmGroup) -> bool:
    """Whether what is listed for the only group goes to everybody in it, as far as nothing in the record says that it does not."""
    titles = f"{study.brief_title} ; {study.official_title}"
    own = [each for each in _main(group.gets) if not _is_blank(each)]
    of_each = [group.label, *(f"{each.name} ; {each.description}" for each in study.interventions)]
    told = f"{group.text} ; {' ; '.join(of_each)}"
    # Of the tests that come with a treatment, some may have fewer.
    names = [each.shown.casefold() for each in own]
    on_them = [each for each in _SENTENCE.split(group.text) if any(name in each.casefold() for name in names)]
    if (
        group.role in CONTROLS
        or _VERSUS.search(titles)
        or _OR_PLACEBO.search(told)
        or any(may_lack(f"{titles} ; {told}", each) for each in own)
    ):
        return False
    return len(own) < 2 or (
        len(own) <= MOST_FOR_ALL
        and not any(
            _SOME.search(each) and not _ONLY_LOOKS.search(each)
            for each in (*_SENTENCE.split(" ; ".join(of_each)), *on_them)
        )
    )


_SENTENCE = re.compile(r"[.;] ")
#: What some have besides: a look at them, and nothing that is given.
_ONLY_LOOKS = pattern_of("cast.only_looks")


#: What has no medicine in it, where a record has it in the place of a placebo.
SALINE = pattern_of("cast.saline")


def _against(others: Sequence[ArmGroup], tests: Sequence[ArmGroup]) -> tuple[str, ...]:
    """What the groups beside get, each in one word; a placebo only where a name says so and no tested group has another."""
    tried = union(tests)
    found: list[str] = []
    for group in others:
        own = [each for each in group.gets if each not in tried]
        real = [
            each
            for each in own
            if not _is_blank(each) and not USUAL.search(each.said) and not SIDE_SHOW.search(each.said)
        ]
        words = f"{group.label} {' '.join(each.said for each in group.gets)}"
        blank = any(map(_is_blank, own)) or all(SALINE.search(each.said) for each in real)
        if real and group.role == "PLACEBO_COMPARATOR" and blank:
            found.append(IS_PLACEBO)
        elif real:
            found.append(IS_OTHER)
        elif SHAM.search(words):
            found.append(IS_SHAM)
        elif PLACEBO.search(words):
            found.append(IS_PLACEBO)
        elif USUAL.search(f"{words} {group.text}"):
            found.append(IS_USUAL)
        elif not gets_more(group) and (
            (
                group.role == "NO_INTERVENTION"
                and (is_label(group.label) or _NAMES_NOTHING.search(f"{group.label} {group.text}"))
            )
            or (group.gets and not own)
        ):
            found.append(IS_NOTHING)
    return tuple(dict.fromkeys(found))
