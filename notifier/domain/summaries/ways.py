"""How what is tried is given, in our words: by which way, how often and for how long, where the record says one thing of each.

What comes in cycles, is raised on the way or differs between groups is left to the record's own words.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from notifier.domain.summaries import quoting
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.cast import MEDICINES, Thing, is_placebo, union
from notifier.domain.summaries.given import known_in, say_of
from notifier.domain.summaries.names import of_kind
from notifier.domain.summaries.plot import Plot
from notifier.domain.summaries.tables import pattern_of, table
from notifier.domain.summaries.voice import Voice
from notifier.domain.summaries.when import NUMBERS, said_of
from notifier.domain.wording import one_line
from notifier.domain.wording.catalogue import n_

#: By which way something gets into the body, with those first that a title names too, and that nobody mistakes.
_WAYS = [(AnyCase(pattern), way) for pattern, way, sort in table("ways.tsv") if sort in {"title", "way"}]
_TITLED = sum(sort == "title" for *_, sort in table("ways.tsv"))
#: Ways that are not to be left out, whichever text names them; and by infusion alone, which may go into any place.
_UNUSUAL = pattern_of("ways.unusual")
_ONE_OR_OTHER = re.compile(r"(?i)[^.;]{0,30}(?:\bor\b|/)[^.;]{0,20}")
_ELSEWHERE = AnyCase(rf"{_UNUSUAL.pattern}|\b(?:administered|given|injected|injections?) subcutaneous")
#: What is put on a place that the record names is not told to be put on the skin.
_ON_A_WOUND = AnyCase(r"\bwounds?\b|\b(?:leg|foot|venous|skin) ulcers?\b")
_NOT_ON_SKIN = pattern_of("ways.not_on_skin")
_ONCE, _DAILY = n_("once"), n_("every day")
_IN_WEEKS = frozenset(
    {"once a week", "every 2 weeks", "every 3 weeks", "once a month", "every 3 months", "every 6 months"}
)
#: Behind these, a rhythm is of something else than of what is given.
_NOT_OF_IT = r"(?! (?:dose|doses|living|life|lives|e-?mails?|online|virtual|workshop|budget|points|one-on-one|notebook|homework|increment|(?:[\w-]+ )?notebook|diar|activit|basis|insulin|values?|intake|calor|steps?|average|calls?|visits?|questionnaire|routine|use of|number|maximum|total|mean|limit|need|message|text|report))"
_OFTEN = [
    (AnyCase(pattern.replace("~", _NOT_OF_IT)), said)
    for pattern, said, sort in table("ways.tsv")
    if sort == "often"
]
_SOME_WEEKS = AnyCase(
    r"(?<=every )(?:\d|two|three) ?(?:weeks? )?(?:or|to|/) ?(?:every )?(?:\d|three|four|six) ?weeks\b"
)
_NUMBER = rf"(\d{{1,3}}|{'|'.join(NUMBERS)})"
_UNIT = r"(day|week|month|year)"
_LONG = AnyCase(
    rf"\b(?:for|over|during)(?: (?:a|the) (?:total|period|duration|course) of| a| the)?(?: total(?: of)?)?( up to| a maximum of| at most)? {_NUMBER}[- ]?(?:consecutive |continuous |more )?{_UNIT}s?\b"
    rf"|(?<![\d.,])\b{_NUMBER}[- ]{_UNIT}s?[- ](?:of )?(?:long )?(?:treatment|intervention|programme?|course|training|exercise|therap|supplementation|regimen)"
)
_IN_CYCLES = pattern_of("ways.in_cycles")
#: Behind a rhythm of weeks these tell nothing new; behind a rise, a span is that of one dose.
_A_CYCLE = AnyCase(r"\bday 1 (?:of|in) (?:each|every|a) \S+ cycle\b|\bcycles?\b")
_RISES = AnyCase(r"titrat|escalat|increas")
_A_DAY = pattern_of("ways.a_day")
_IN_USE = AnyCase(r"(?:approv|licen[sc]|market)\w* (?:for|in|as)\b|existing|\bavailable|currently|\busual")
#: A sentence that tells of something else than of giving it.
_ELSE = pattern_of("ways.else")
#: A sentence that tells of giving a medicine; one that tells of looking at people.
_GIVES = pattern_of("ways.gives")
_LOOKS = pattern_of("ways.looks")
_OPEN_LABEL = AnyCase(r"\bopen[- ]label (?:extension|treatment|phase|period)|\bextension (?:phase|period)")
#: What stands for a medicine and is none, or is several.
_NO_NAME = pattern_of("ways.no_name")
_SAID_OF_ALL = pattern_of("ways.said_of_all")
_WITH_IT = pattern_of("ways.with_it")
_WHEN = [(AnyCase(pattern), said) for pattern, said, sort in table("ways.tsv") if sort == "when"]
#: A sentence on a group that speaks of more than the one medicine.
_WITH_MORE = pattern_of("ways.with_more")
LONGEST_TOLD = 45  # words of a sentence from which a way is taken
_SESSIONS = AnyCase(rf"\b{_NUMBER} (?:[\w-]+ )?sessions\b(?! (?:a|per|each|every|/|weekly|in a week))")
_APPS = pattern_of("ways.apps")


#: One of these stands in every rhythm.
_MAYBE = re.compile(
    r"(?i)da[iy]|week|month|quarter|night|hour|meal|time|b\.?i\.?d|t\.?i\.?d|q\.?d|q\d|qw|single|one-time|once"
)


@lru_cache(maxsize=64)  # of each group it is asked twice
def how_often(text: str) -> tuple[str, ...]:
    """The rhythms that a text names, each once: "twice a day" is not "every day" too."""
    found = list[str]()
    for pattern, said in _OFTEN if _MAYBE.search(text) else ():
        while match := pattern.search(text):
            text = f"{text[: match.start()]} ; {text[match.end() :]}"
            found.append(said)
    return tuple(dict.fromkeys(found))


def how_given(plot: Plot, before: str = "") -> list[str]:
    """One sentence on how what is tried is given; of two medicines one each, by what is said of each alone. before: the sentence
    that stands before it.
    """
    tried, voice = plot.cast.tried, plot.voice
    if plot.study.study_type != "INTERVENTIONAL" or not tried or plot.cast.looks:
        return []
    if len(tried) == 1:
        [thing] = tried
        medicine, way = thing.kind in MEDICINES, ", ".join(_how(plot, thing, alone=True))
        if not way or (medicine and (_NO_NAME.search(thing.shown) or thing.shown[1:2] == ".")):
            return []
        if not medicine:
            named = f"{thing.said} {thing.kind}"
            if _SWALLOWED.search(named):
                return [
                    voice.sentence(say_of(plot, "%(name)s is given %(way)s.", name=voice.say("it"), way=way))
                ]
            used = _APPS.search(named)
            return [say_of(plot, "It is used %(way)s." if used else "It is done %(way)s.", way=way)]
        name = thing.name or "s"
        told = before.casefold().startswith(f"{name.casefold()} ")
        unnamed = name.endswith("s") or quoting.words(name) > LONGEST_NAME
        beside = any(
            each.kind in MEDICINES and not is_placebo(each.said)
            for each in union(plot.cast.groups)
            if each != thing
        )
        if unnamed and beside:
            return []  # "it" would be any of them
        if unnamed or (not beside and (told or (len(plot.cast.groups) < 2 and "CAR-T" not in before))):
            said = say_of(plot, "%(name)s is given %(way)s.", name=voice.say("it"), way=way)
        else:
            said = _are_given(plot, [name], way)
        return [voice.sentence(said)]
    if len(tried) > MOST:
        return []
    hows: dict[str, list[str]] = {}
    for each in tried:
        known = each.kind in MEDICINES and each.name and not _NO_NAME.search(each.name)
        if known and (how := _how(plot, each, alone=False)):
            hows.setdefault(", ".join(how), []).append(each.name or "")
    told_of = [name for names in hows.values() for name in set(names)]
    if len(set(told_of)) < len(told_of):
        return []  # of one thing in two ways
    if tried[0].name not in told_of:
        return []  # what is told beside the first would seem to be what is meant
    return [voice.sentence(_are_given(plot, list(dict.fromkeys(names)), way)) for way, names in hows.items()]


_ESCALATES = pattern_of("ways.escalates")
_ASCENDS = AnyCase(r"\bascending|escalating dose")
_GOES_ON = AnyCase(r"expan|\bphase (?:1b|Ib|2|II)|\bpart \w\b")
_IN_ONE_PERSON = pattern_of("ways.in_one_person")
FEWEST_BY_GROUPS = 6  # people; of fewer, what was planned for groups was done with one


def rising(plot: Plot) -> str:
    """That an early study gives rising doses, by what its titles or groups say."""
    text = f"{plot.titles} ; {' ; '.join(f'{group.label} ; {group.text}' for group in plot.cast.groups)}"
    enrolled = plot.study.enrollment
    few = enrolled.type == "ACTUAL" and (enrolled.count or 0) < FEWEST_BY_GROUPS
    rises = (
        plot.early
        and plot.cast.medicine()
        and not few
        and _ESCALATES.search(text)
        and not _IN_ONE_PERSON.search(text)
    )
    said = "At first, the dose rises from one small group of people to the next."
    if _ASCENDS.search(text) and not _GOES_ON.search(text):
        said = "The dose rises from one group of people to the next."
    return say_of(plot, said) if rises else ""


def _are_given(plot: Plot, names: list[str], way: str) -> str:
    said = plot.voice.listing([plot.voice.theirs(each) for each in names])
    if len(names) > 1 or _PLURAL.search(names[0]):
        return say_of(plot, "%(names)s are given %(way)s.", names=said, way=way)
    return say_of(plot, "%(name)s is given %(way)s.", name=said, way=way)


#: That it is taken by mouth goes without saying.
_EATEN = pattern_of("ways.eaten")
#: What is given, though the record has it among what is done.
_SWALLOWED = pattern_of("ways.swallowed")
_PLURAL = re.compile(
    r"(?:acids|bacteria|cells|drugs|foods|granules|capsules|tablets|probiotics|supplements)$"
)


MOST = 4  # things of which it is told
LONGEST_NAME = 4  # words of a name that is said again


def _how(plot: Plot, thing: Thing, *, alone: bool) -> list[str]:
    """By which way, when, how often and for how long; a time alone says nothing of a medicine."""
    voice, medicine = plot.voice, thing.kind in MEDICINES
    own = [
        each
        for each in plot.study.interventions
        if of_kind(each.name or "").casefold() == thing.said.casefold()
    ]
    text = " . ".join(one_line(each.description or "") for each in own)
    if alone:
        groups = [
            group
            for group in plot.cast.groups
            if [one for one in group.gets if not is_placebo(one.said)] == [thing]
            or (not medicine and thing in group.gets)
        ]
        beside = (each for group in groups for each in (group.label, *quoting.sentences(group.text)))
        text = " . ".join([text, *(each for each in beside if not (medicine and _WITH_MORE.search(each)))])
    elsewhere = [
        each
        for each in (*plot.summary, *quoting.sentences(plot.more.description))
        if thing.shown.lower() in each.lower()
    ]
    around = [*quoting.sentences(text), *elsewhere]
    after = _OPEN_LABEL.search(text)
    told = _of_giving(text[: after.start()] if after else text)
    if alone and medicine and not any(how_often(each) or _way(plot, each, "") for each in told):
        # Its own description says nothing of that: another sentence that names it may.
        told += [
            " ".join(_beside(thing.shown, each))
            for each in _of_giving(" . ".join(elsewhere))
            if _GIVES.search(each) and not (_LOOKS.search(each) or _ELSE.search(each))
        ]
    rhythm, span = _rhythm(told, voice, medicine=medicine)
    same = (group for group in plot.cast.groups if thing in group.gets or not group.gets)
    if rhythm and len(set(filter(None, (how_often(f"{each.label} ; {each.text}") for each in same)))) > 1:
        rhythm = []  # one group has it more often than another
    said = {
        said for each in around if _GIVES.search(each) and not _LOOKS.search(each) for said in how_often(each)
    }
    if rhythm and medicine and not {voice.say(each) for each in _at_least(said)} <= {*rhythm}:
        rhythm = span = []  # another sentence has another one
    if not medicine:
        return [*rhythm, *span]
    # Its name, or what it is said to be, tells that already.
    pill = _EATEN.search(thing.said) or any(
        kind.startswith(("a tablet", "a capsule")) or "breathed in to" in kind
        for _, kind, _ in known_in(f"{thing.name or ''} {thing.said}")
    )
    text = f"{thing.said} . {' . '.join(told)}"
    way = "" if pill else _way(plot, text, " . ".join(around), thing.shown if alone else "")
    when = [said for pattern, said in _WHEN if any(map(pattern.search, told))]
    how = [*([way] if way else []), *(map(voice.say, when) if len(when) == 1 else ()), *rhythm]
    return [*how, *span] if how and not after else how


def _of_giving(text: str) -> list[str]:
    """The sentences from which it is taken how something is given here: short ones, and none on its use elsewhere."""
    found = quoting.sentences(text)
    return [each for each in found if quoting.words(each) <= LONGEST_TOLD and not _IN_USE.search(each)]


def _side_by_side(text: str, one: AnyCase, other: AnyCase) -> bool:
    """Whether a sentence gives a choice of two ways, with nothing else between them."""
    found = sorted(each.span() for each in (one.search(text), other.search(text)) if each)
    return len(found) == 2 and _ONE_OR_OTHER.fullmatch(text, found[0][1], found[1][0]) is not None


def _at_least(often: set[str]) -> set[str]:
    """Rhythms without those that are in a wider one."""
    wide = often & {"every 2 or 4 weeks", "every few weeks"}
    return often - ({"every 2 weeks", "every 3 weeks", "once a month"} if wide else set())


def _way(plot: Plot, text: str, around: str, titled: str = "") -> str:
    """How it gets into the body, where the record names one way, or one or another; around: what else it says of it; titled: a name
    beside which a title may tell it.
    """
    found = {way: pattern for pattern, way in _WAYS if pattern.search(text)}
    if titled:
        near = " ; ".join(_beside(titled, plot.titles))
        by_title = {way: pattern for pattern, way in _WAYS if pattern.search(near)}
        # A tablet goes under the tongue where a title says so.
        rare = {way: pattern for pattern, way in _WAYS[:_TITLED] if pattern.search(plot.titles)}
        if not found:
            found = by_title or rare
        elif "by mouth" in found:
            found |= rare
        elif rare and not rare.keys() & found.keys():
            return ""  # a title has another one
    if "under the tongue" in found:
        found.pop("by mouth", None)  # as a tablet
    ways = [*found]
    if ways == ["into a vein"] and _ELSEWHERE.search(f"{plot.titles} ; {around}"):
        return ""  # it goes elsewhere by another sentence
    if len(ways) == 2 and any(_side_by_side(each, *found.values()) for each in quoting.sentences(text)):
        return plot.voice.either(map(plot.voice.say, ways))
    if ways == ["on the skin"]:
        place = f"{plot.told} ; {' ; '.join(plot.study.conditions[:30])} ; {text}"
        ways = (
            [n_("on the wound")] if _ON_A_WOUND.search(place) else [] if _NOT_ON_SKIN.search(place) else ways
        )
    return plot.voice.say(ways[0]) if len(ways) == 1 else ""


_A_BREAK = AnyCase(r"[,;:|]|\b(?:in|for|with|versus|vs|and|or|plus|on|to|of|than|but)\b").whole
NEAR = 60  # characters


def _beside(name: str, text: str) -> Iterator[str]:
    """What stands right before and behind a name, up to the next word that links it to something else."""
    low, wanted = text.casefold(), name.casefold()
    if len(low) == len(text) and (at := low.find(wanted)) >= 0:
        end = at + len(wanted)
        yield _A_BREAK.split(text[max(at - NEAR, 0) : at])[-1]
        yield _A_BREAK.split(text[end : end + NEAR])[0]


def _rhythm(sentences: list[str], voice: Voice, *, medicine: bool) -> tuple[list[str], list[str]]:
    """How often, and for how long, by the sentences that tell of giving it; nothing where they say two things."""
    told = [
        each for each in sentences if not _ELSE.search(each) and (medicine or not _SAID_OF_ALL.search(each))
    ]
    often = {
        said
        for each in told
        for said in how_often(each)
        if said != _DAILY or medicine or _WITH_IT.search(each)
    }
    if medicine and not often and any(map(_A_DAY.search, told)):
        often = {_DAILY}
    spans = {
        _span(found.groups())
        for each in told
        if not medicine or _GIVES.search(each)
        for found in _LONG.finditer(each)
    }
    sessions = {found[1].lower() for each in told for found in _SESSIONS.finditer(each)}
    for each in told:
        said, lasts = how_often(each), _LONG.search(each)
        bare = _SOME_WEEKS.sub(" ", _A_CYCLE.sub(" ", each) if said and _IN_WEEKS.issuperset(said) else each)
        if (said or lasts or _A_DAY.search(each)) and _IN_CYCLES.search(bare):
            return [], []
        if (said or lasts) and (rises := _RISES.search(each)):
            spans = set()
            # What comes every week may be the rise.
            if how_often(each[: rises.start()]) != said or _IN_WEEKS.intersection(said):
                return [], []
    often = _at_least(often)
    if len(often) > 1:
        return [], []
    spans = spans if len(spans) == 1 else set()
    rhythm = [voice.say(said) for said in often if said != _ONCE or (medicine and not spans)]
    if not medicine and len(sessions) == 1 and not (often and spans):
        number = _count(sessions.pop())
        rhythm.insert(0, voice.count("in %(number)s session", "in %(number)s sessions", number))
    long = [(said_of(number, unit, voice), up_to) for up_to, number, unit in spans]
    return rhythm, [
        voice.say("for up to %(span)s", span=span) if up_to else voice.say("for %(span)s", span=span)
        for span, up_to in long
    ]


def _count(text: str) -> int:
    return NUMBERS.get(text.casefold()) or int(text)


def _span(found: tuple[str | None, ...]) -> tuple[bool, int, str]:
    up_to, number, unit, other, its_unit = found
    return bool(up_to), _count(number or other or "1"), (unit or its_unit or "day").casefold()
