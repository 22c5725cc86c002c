"""In whom something is tried, as it stands in a sentence: by a title's own words for people, else by an illness that they surely have."""

import re
from functools import lru_cache

from notifier.domain.summaries.any_case import AnyCase, replaced
from notifier.domain.summaries.given import say_of
from notifier.domain.summaries.having import illness_in, is_illness, sound
from notifier.domain.summaries.lay import lay
from notifier.domain.summaries.names import all_names
from notifier.domain.summaries.people import BEHIND, KINDS, MASTER, OF_OTHERS, either
from notifier.domain.summaries.plot import Plot, tokens
from notifier.domain.summaries.quoting import is_whole, words
from notifier.domain.summaries.tables import pattern_of, swaps, table, word_list
from notifier.domain.summaries.titles import ILLNESSES, TitleParts
from notifier.domain.summaries.told import hard_words
from notifier.domain.summaries.voice import plain
from notifier.domain.wording import one_line
from notifier.domain.wording.catalogue import n_

MOST_OF_PEOPLE = 12  # words of a phrase that says who they are
#: An illness before the people of a title: "for asthma in children with ...".
_BOTH = re.compile(
    r"(?:in|for|to treat) (?:the )?((?:(?! (?:in|for|of) )[^,]){4,60}?) (?:in|of) (?:.*\b)?(?:patients|people|adults|children|women|men|adolescents|participants|subjects|individuals)\b.*"
)
IN_WHOM = re.compile(
    r"(?P<link>for|in|against|to treat|of) (?:the |an? )?(?P<whom>(?P<group>(?:[\w-]+ ){0,4}?(?:people|adults|children|women|men|adolescents|infants|patients)\b)?.+)"
)
_GROUP = AnyCase(r"\b(?:patients?|participants|subjects|people|adults|children|individuals)\b")
#: One illness that comes of another: nobody has the one "or" the other.
_OF_ANOTHER = AnyCase(r"\b(?:related|induced|associated|secondary|due to|caused|complicat\w+)\b")
#: People behind an illness: "knee pain in adults".
_IN_GROUP = pattern_of("whom.in_group")
PAPERWORK = re.compile(r"\b(?:portion|assess|evaluat\w+|preliminary|efficacy|study|trial)\b")
_GROWN_TOLD = re.compile(r"\badults?\b|\bpeople\b|\bpatients\b")
_GROUPS = r"(?:adults?|children|people|women|men|adolescents|veterans|infants)"
_TIDY = swaps("people_tidy.txt", re.NOFLAG)


@lru_cache(maxsize=8)  # a read asks twice
def whom(plot: Plot, phrase: TitleParts | None = None) -> str:
    """'adults with asthma': tidied; empty where it is not sure, or names no people with an illness."""
    if plot.in_english is not plot:
        return plot.voice.theirs(whom(plot.in_english, phrase))
    said = either(replaced(_whom(plot, phrase), _TIDY))
    if plot.treats:  # by what is tried, all are to be treated
        said = _TREATED_WITH.sub(lambda found: found[0] * (not _is_what_is_tried(plot, found[1])), said)
    for each in (_narrowed(plot, said), said):
        if bare := is_sound(plot, each):
            return bare
    given = plot.treats and not plot.study.eligibility.healthy_volunteers and not plot.people.healthy
    if len(plot.people.only) != 1 or not given or _GROUP.search(plot.titles):
        return ""
    return by_the_list(plot)


_TREATED_WITH = re.compile(r" treated with ([\w -]{2,60})(?=[\ue000-\uf8ff]|$)")


def _is_what_is_tried(plot: Plot, said: str) -> bool:
    low = said.casefold()
    short = any(each.startswith(low) for each in plot.names)  # "OMA" for omalizumab
    return short or tokens(said) <= plot.names or low.startswith(("different ", "various "))


@lru_cache(maxsize=8)  # a read asks ten times
def in_short(plot: Plot, phrase: TitleParts | None = None) -> str:
    """Those whom it is for, in plain words: 'some people with lung cancer' where more narrows them down than plain words can say."""
    if plot.in_english is not plot:
        said = in_short(plot.in_english, phrase)
        bare = said.removeprefix("some ")
        people = plot.voice.theirs(bare)
        return people if bare == said else plot.voice.say("some %(people)s", people=people)
    said = whom(plot, phrase)
    if plot.people.healthy or _get_it_anyway(plot) or not (said or plot.treats):
        return said
    shorter = MORE_OF_THEM.sub(r"\1", said)
    ways = [said, shorter if plot.is_listed(shorter) else "", by_the_list(plot)]
    ways = [each for each in ways if each and not _IN_PEOPLE.match(plain(each))]
    told = {each: lay(plain(each), MOST_OF_PEOPLE + 6) for each in ways}
    made = min(
        ways,
        key=lambda each: (words(told[each]) > MOST_OF_PEOPLE, max(hard_words(told[each]), MOST_HARD)),
        default="",
    )
    shown = f"{plain(said)} {told.get(said, '')}".casefold()
    narrower = (
        made != said
        or _left_out(plot, shown)
        or set(_IN_ITS_COURSE.whole.findall(plot.titles.casefold()))
        - set(_IN_ITS_COURSE.whole.findall(shown))
    )
    made = _SHORT_ILLNESS.sub(lambda found: ILLNESSES.get(found[0], found[0]), made)
    some = _NATION.sub(r"\1", made)
    return plot.voice.say("some %(people)s", people=some) if made and narrower else made


#: Words of a title by which a treatment has its place in the course of an illness: it is not for all who have that.
_IN_ITS_COURSE = pattern_of("whom.in_its_course")
#: "some Chinese people" says no more than "some people", and sounds as if it did.
_NATION = re.compile(
    rf"^([\ue000-\uf8ff]*)(?:Chinese|Japanese|Korean|Indian|American|Asian|Taiwanese|European) (?={_GROUPS}\b)"
)
MOST_HARD = 2  # words of a phrase that a reader may not know
_SHORT_ILLNESS = re.compile(r"\b[A-Z\d]{3,5}\b")
#: An illness, and in whom.
_IN_PEOPLE = AnyCase(rf"(?:(?!{_GROUPS}\b)[\w-]+ )+in {_GROUPS}\b")
#: What narrows down those who have an illness, behind its name.
MORE_OF_THEM = re.compile(
    r"(?<= with )((?:(?! with ).)+?),? (?:(?:associated )?with|who|whose|expressing|harbou?ring|having|after|following|before|despite|under|treated|undergoing|receiving|secondary|due to|involving|that got worse)\b.*"
)
_TO_COME = AnyCase(r"\bprevent|\bprophyla|\brisk\b")


def by_the_list(plot: Plot) -> str:
    """Those who have the one illness or two that the record lists; empty where they may not have it yet, or others are among them."""
    ills = plot.people.only
    if not 0 < len(ills) <= 2 or plot.study.eligibility.healthy_volunteers:
        return ""
    if (
        plot.study.design.primary_purpose == "PREVENTION"
        or _TO_COME.search(plot.titles)
        or OF_OTHERS.search(plot.titles)
    ):
        return ""
    told = [plot.case.small(plot.long_forms.get(each, each)) for each in ills]
    return plot.voice.say(
        "%(people)s with %(condition)s",
        people=plot.voice.say(KINDS[plot.people.kind]),
        condition=_have(plot, told),
    )


#: What people feel of an illness that is listed beside it.
_FELT = pattern_of("whom.felt")
_BESIDE = AnyCase(r"\b(?:co-?morbid|concomitant|co-?existing|co-?occurring)\b")


def _have(plot: Plot, ills: list[str]) -> str:
    """The illnesses of a list: both where a title joins them, the one that is named where the other is not or is what is felt of it, else the one or the other."""
    voice = plot.voice
    if len(ills) == 2:
        one, other = map(re.escape, ills)
        link = r",? (?:and|with) (?:[\w-]+ ){0,3}?"
        joined = re.search(rf"\b(?:{one}{link}{other}|{other}{link}{one})\b", plot.people.phrase)
        if joined and _BESIDE.search(plot.told):  # else it may be of two sorts of people
            return voice.listing(map(voice.theirs, ills))
        rules = (plot.study.eligibility.criteria or "").partition("xclusion")[0][:600]
        titled, had = _first_letters(plot.titles), _first_letters(f"{plot.titles} {rules}")
        letters = [_first_letters(each) for each in ills]
        first, second = (each - _NARROWS_NOBODY for each in letters)
        # Two sorts of one illness, of which a title names one.
        named = [bool((each - letters[1 - at]) & titled) for at, each in enumerate((first, second))]
        real = [each for each in ills if not _FELT.search(each)]
        if len(real) == 1 and _first_letters(real[0]) <= had:
            ills = real
        elif (first and first <= titled and not letters[1] & titled) or (
            first & second and named == [True, False]
        ):
            ills = ills[:1]
        elif first & second and named == [False, True]:
            ills = ills[1:]
    return voice.either(map(voice.theirs, ills))


_SELECTED = AnyCase(r"\bselected\b")


def _narrowed(plot: Plot, said: str) -> str:
    """With the words of a title that decide who may come: how far the illness is, of which sort, at which ages."""
    summary = " ".join(plot.summary)
    for illness in plot.people.listed:
        name = plot.long_forms.get(illness, illness)
        if name.replace("-", " ") not in said.replace("-", " "):
            continue  # as most are not, and to build a pattern costs a hundred times as much as to look
        spelled = re.escape(name).replace("\\ ", "[ -]")
        told = f"{plot.titles} | {' | '.join(plot.aims)}"
        if not plot.people.phrase and _QUALIFIED.search(told):
            there = re.search(rf"(?<=with )([^\w\s]*){spelled}", said)
            shorts = (short for short, long in plot.long_forms.items() if long.casefold() == name.casefold())
            names = "|".join((spelled, *map(re.escape, shorts)))
            if there and (found := re.search(f"(?i){_QUALIFIED.pattern}(?={names})", told)):
                start = there.end(1)
                said = f"{said[:start]}{plot.case.small(found[0])}{said[start:]}"
        if _SELECTED.search(plot.titles):
            at = re.search(spelled, said)
            only = re.search(rf"(?i){spelled}s? \(([^()]* or [^()]*)\)", summary)
            if at and only and words(only[1]) <= MOST_OF_PEOPLE:
                said = f"{said[: at.start()]}{plot.case.small(only[1])}{said[at.end() :]}"
    return said


def of_both_ages(plot: Plot) -> bool:
    """Whether a title names adults beside the children."""
    return all(ages.search(plot.titles) for ages in (_YOUNG, _GROWN))


_YOUNG, _GROWN = (
    AnyCase(r"\b(?:children|p(?:a)?ediatric (?:patients|participants|subjects))\b"),
    AnyCase(r"\b(?:(?<!young )adults?(?= (?:patients|participants|subjects)|s? with))\b"),
)
_QUALIFIED = pattern_of("whom.qualified")


@lru_cache(maxsize=16)  # a read asks for the same again
def is_sound(plot: Plot, people: str) -> str:
    """A phrase of people with an illness, without what is no part of it; empty where it is none, or longer than a sentence bears."""
    return "" if words(people) > MOST_OF_PEOPLE + 2 else sound(people, plot.long_forms)


_GETS_IT = re.compile(r"\b(?:treated with|vaccinated with|receiving|taking|using) ")


def _get_it_anyway(plot: Plot) -> bool:
    """Whether a title is of people who are given already what the record lists."""
    phrase = plot.people.phrase
    given = _GETS_IT.search(phrase)
    return bool(given and tokens(phrase) & plot.names)


def _whom(plot: Plot, phrase: TitleParts | None) -> str:
    """By a title's own words for people, by an illness that they surely have; empty where neither is sure."""
    people, voice = plot.people, plot.voice
    kind = voice.say(KINDS[people.kind])
    if _get_it_anyway(plot):
        return ""  # it is not asked whether it helps
    if of_both_ages(plot) and not _GROWN_TOLD.search(people.phrase):
        ill = max((each for each in people.listed if each in plot.titles.casefold()), key=len, default="")
        found = re.search(rf"(?i){_QUALIFIED.pattern}(?={re.escape(ill)})", plot.titles)
        narrow = voice.theirs(f"{plot.case.small(found[0]) if found else ''}{ill}")
        if ill:
            return voice.say(
                "%(people)s with %(condition)s", people=voice.say("children and adults"), condition=narrow
            )
    if people.phrase:
        return _named(plot)
    if people.have and people.condition:
        rests = [found for each in plot.topics if (found := IN_WHOM.fullmatch(each.rest))]
        long = plot.long_forms.get(people.condition, people.condition)
        wholes = [each["whom"] for each in rests if not each["group"] and long in each["whom"]]
        narrower = [shown for each in wholes if (shown := illness_of(plot, each))]
        told = {"people": kind}
        told["condition"] = voice.theirs(max(narrower, key=len, default=long))
        return voice.say("%(people)s with %(condition)s", **told)
    for each in (phrase,) if phrase else plot.topics:
        found = IN_WHOM.fullmatch(each.rest)
        if not found or words(found["whom"]) > MOST_OF_PEOPLE or PAPERWORK.search(found["whom"]):
            continue
        if found["group"]:
            return voice.theirs(found["whom"])
        illness = illness_of(plot, found["whom"])
        illness = next((one for one in people.listed if one.endswith(f" {illness}")), illness)
        if plot.treats and illness and plot.is_listed(illness) and not OF_OTHERS.search(plot.titles):
            return voice.say("%(people)s with %(condition)s", people=kind, condition=voice.theirs(illness))
    if (
        people.healthy
        or well_too(plot)
        or "healthy" in plot.titles.casefold()
        or not plot.treats
        or OF_OTHERS.search(plot.titles)
    ):
        return ""
    listed = list(people.only)
    if people.condition and people.sure:
        listed = [plot.long_forms.get(people.condition, people.condition)]
    if not listed or len(listed) > 2 or (len(listed) > 1 and _OF_ANOTHER.search(plot.titles)):
        return ""  # two of many would be too narrow
    if len(listed) == 1 and not people.condition and _GROUP.search(plot.titles):
        return ""  # a title narrows them down at length
    return voice.say("%(people)s with %(condition)s", people=kind, condition=_have(plot, listed))


_TREATMENT_OF = re.compile(r"(?:treatment|therapy|management) of (?:the )?(.{4,50})")
_IN_A_STUDY = re.compile(r" in (?:the )?[\w-]+ (?:study|trial)$")
_WITH_TWO = re.compile(r"^(\w+) with ((?:[\w-]+ and )?[\w-]+(?:ory|ary|ed|al)) with ")


def _named(plot: Plot) -> str:
    """Whom a title names, with the illness that it says beside them."""
    people, voice = plot.people, plot.voice
    for each in plot.topics:
        for_what = _TREATMENT_OF.fullmatch(each.thing)
        if for_what and plot.is_listed(for_what[1]) and " with " in people.phrase:
            return voice.theirs(f"{people.phrase} and {for_what[1]}")
        also = _BOTH.fullmatch(each.rest)
        if also and (
            not is_illness(also[1], plot.long_forms)
            or tokens(also[1]) & (plot.names | tokens(people.phrase))
            or "".join(each[0] for each in also[1].split()).upper() in people.phrase.split()
        ):
            continue  # what is given, or the same again
        if also and " with or without " in people.phrase:
            return voice.theirs(people.phrase.replace(" with or", f" with {also[1]}, with or"))
        if also and " with " in people.phrase and plot.is_listed(also[1]):
            return voice.theirs(f"{people.phrase} and {also[1]}")  # they have both
        if also and plot.is_listed(also[1]) and not plot.is_listed(people.phrase):
            return voice.theirs(f"{people.phrase} with {also[1]}")
    who = _IN_A_STUDY.sub("", people.who(voice))
    return _WITH_TWO.sub(r"\2 \1 with ", who)


def illness_of(plot: Plot, said: str) -> str:
    """The illness that a phrase names, without who has it and what is given for it; empty where it speaks of more than that."""
    said = _IN_GROUP.sub("", said)
    told, given, rest = said.partition(" with ")
    said = told if given and tokens(rest) & plot.names else said
    return illness_in(
        re.sub(r"^(?:the )?(?:progression|severity|complications|course) of (?:the )?", "", said),
        plot.long_forms,
    )


def well_too(plot: Plot) -> bool:
    """Whether the healthy may take part, and a word of the record speaks of them."""
    texts = [
        plot.told,
        plot.study.eligibility.criteria or "",
        *(f"{each.label} {each.text}" for each in plot.cast.groups),
    ]
    return plot.study.eligibility.healthy_volunteers is True and any(map(_WELL.search, texts))


_WELL = pattern_of("whom.well")
#: In a title, what links whom it is for to what is done; what stands between "in" or "for" and the next of these can name an illness.
_LINK = pattern_of("whom.link")
_NO_SPAN = pattern_of("whom.no_span")
_BEHIND_A_SPAN = pattern_of("whom.behind_a_span")
_WORD = re.compile(r"[^\W_]+(?:[+*][^\W_]*)?")
#: The first letters of words that narrow nobody down.
_NARROWS_NOBODY = word_list("narrows_nobody.txt")
MOST_OF_A_SPAN = 34  # words
#: How far an illness is, of which sort, and what was done for it: without that a reader cannot tell whether it is theirs.
_LEVEL = pattern_of("whom.level")


_GOES_ON = pattern_of("whom.goes_on")


_STANDARD_FAILED = pattern_of("whom.standard_failed")
#: A rule that is of one part of a study alone, or one of several ways in.
_OF_ONE_PART = pattern_of("whom.of_one_part")
_HOW_FAR = tuple((AnyCase(pattern), AnyCase(known), said) for pattern, said, known in table("course.tsv"))
#: Of one part of a study, or of what comes behind: it is not of all.
_NOT_OF_ALL = pattern_of("whom.not_of_all")


def _course(plot: Plot, told: str) -> list[str]:
    """Where in the course of an illness those are who can join, by a title or, of the standard treatment, by the rules."""
    if not plot.treats or _NOT_OF_ALL.search(plot.titles):
        return []
    rules = (plot.study.eligibility.criteria or "").casefold().partition("exclusion")[0]
    found = _STANDARD_FAILED.search(rules)
    around = rules[max(found.start() - 220, 0) : found.end() + 40] if found else ""
    if found and "first" not in plot.titles.casefold() and not _OF_ONE_PART.search(around):
        return [
            say_of(plot, "It is for people for whom standard treatment has not worked, or does not exist.")
        ]
    said = (
        say_of(plot, each)
        for pattern, known, each in _HOW_FAR
        if pattern.search(plot.titles) and not known.search(told)
    )
    return list(said)[:1]


def narrowed_down(plot: Plot, told: str) -> list[str]:
    """What of those whom it is for stands nowhere in what is told: that they come from another study, and a title's own words."""
    voice, said = plot.voice, list[str]()
    told = told if plot.in_english is plot else f"{told} {plot.people.who(plot.in_english.voice)}"
    if _GOES_ON.search(plot.titles):
        said.append(
            say_of(plot, "It follows on from an earlier study, and is for people who were in that one.")
        )
    course = _course(plot, told)
    said += course
    if spans := _left_out(plot, told) if not course else []:
        _, span = max(spans, key=lambda each: (each[0], -len(each[1])))
        span = _TREATED_WITH.sub(
            lambda found: found[0] * (not _is_what_is_tried(plot, found[1])), plot.case.small(span)
        )
        people = span if _GROUP.search(span) else f"people with {span}"
        known = _first_letters(told) | _NARROWS_NOBODY
        new = [each for each in _first_letters(span) if len(each) > 3 and each not in known]
        # What is no plain fact, or is told already in other words, is left to the record.
        hard = hard_words(lay(span, MOST_OF_A_SPAN))
        level = {found[0].casefold() for found in _LEVEL.finditer(span)}
        untold = any(each not in told.casefold() for each in level)
        told_so = any(pattern.search(span) and known.search(told) for pattern, known, _ in _HOW_FAR)
        if (
            new
            and not told_so
            and sound(people, plot.long_forms) == people
            and (untold or hard <= MOST_HARD + 1)
        ):
            form = n_("The record’s title describes them as %(quote)s.")
            if span != people:
                form = n_("The record’s title describes them as people with %(quote)s.")
            said.append(voice.say(form, quote=voice.quoted(span)))
    return said


_CLOSES = re.compile(r"[^(]*\)")


@lru_cache(maxsize=4)  # a read asks for the same again
def _left_out(plot: Plot, told: str) -> list[tuple[int, str]]:
    """What titles say of those whom it is for, where words of it that narrow them down are not told; with how many those are."""
    left, spans = list[tuple[int, str]](), _spans(plot)
    if not spans:
        return left
    known = _first_letters(f"{told} {all_names(plot.study)}") | _NARROWS_NOBODY
    short = "".join(
        each[0].casefold() for each in _WORD.findall(told)
    )  # "APL" stands for words that are told
    for span in spans:
        long = ((word, plot.long_forms.get(word, word)) for word in _WORD.findall(span))
        lost = {
            word
            for word, meant in long
            if not (_first_letters(meant) <= known or word.casefold() in short or _spelled_so(word, told))
        }
        if lost and span.casefold() not in told.casefold():
            left.append((len(lost), span))
    return left


@lru_cache(maxsize=2)  # a read asks three times
def _spans(plot: Plot) -> list[str]:
    """What titles say of those whom it is for."""
    study, spans = plot.study, list[str]()
    shorts = (short for short, long in plot.long_forms.items() if plot.is_listed(long))
    longs = (plot.long_forms.get(each, "") for each in study.conditions[:60])
    ill = tokens(" ".join((*study.conditions[:60], *longs, *shorts))) - plot.names
    for raw in (study.brief_title, study.official_title):
        title = one_line(raw or "").replace("ı", "i").replace("İ", "I")
        links = list(_LINK.finditer(title))
        ends = [*(each.start() for each in links[1:]), len(title)]
        pieces = [(link, title[link.end() : end]) for link, end in zip(links, ends, strict=False)]
        starts = [link for link, piece in pieces if _GROUP.search(piece)] or [
            link
            for link, piece in pieces
            if link[1].casefold() in _OF_AN_ILLNESS and tokens(piece) & ill and not tokens(piece) & plot.names
        ]
        found = [
            _BEHIND_A_SPAN.sub("", BEHIND.sub("", title[each.end() :]).strip(" .,;:-")) for each in starts
        ]
        whole = [each for each in found if is_whole(each) and not _CLOSES.match(each)]
        for span in [each for each in whole if not _NO_SPAN.match(each)][:1]:
            # A master protocol is of other studies, too; what one group gets is not who they are.
            of_others = MASTER.search(title) or _OF_A_GROUP.search(span)
            if not of_others and words(span) <= MOST_OF_A_SPAN:
                spans.append(span)
    return spans


_OF_A_GROUP = AnyCase(r"[\w-]+[- ]supplemented\b")


def _spelled_so(word: str, told: str) -> bool:
    """Whether a word is told already, but for a slip at its beginning or a number at its end."""
    low = word.casefold()
    return len(low) > 5 and (low[1:] in told.casefold() or low.rstrip("0123456789") in told.casefold())


_OF_AN_ILLNESS = frozenset({"in", "for", "with", "against", "treating", "treat"})


def _first_letters(text: str) -> frozenset[str]:
    found = (each.casefold().replace("ae", "e") for each in _WORD.findall(text))
    return frozenset(each[:5] for each in found if len(each) > 2 and not each.isdigit())
