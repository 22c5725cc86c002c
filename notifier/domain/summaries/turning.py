"""A phrase of a title, or of the team's own aim, turned into a question, and that question turned to its use.

"The association between A and B in C" asks how A and B go together in C, whatever the study is. Only the phrase's own words
fill the slots; a phrase whose parts are not sure is not turned.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.cast import IS_OTHER, SAME_FOR_ALL
from notifier.domain.summaries.covering import names_a_thing
from notifier.domain.summaries.plot import NO_THING, PROVOKED, TREATS, Plot, against, goal_of, tokens
from notifier.domain.summaries.quoting import words
from notifier.domain.summaries.tables import pairs, pattern_of, table
from notifier.domain.summaries.things import articled
from notifier.domain.summaries.titles import CLAIMS_NOW, TitleParts, phrase_of
from notifier.domain.summaries.uses import COMPARED, guides, most_of_a_lead
from notifier.domain.summaries.voice import plain
from notifier.domain.summaries.whom import in_short
from notifier.domain.wording.catalogue import n_


@dataclass(frozen=True, slots=True)
class Turned:
    """A phrase as a question, and what its answer could be used for; lead: empty where that depends on who is compared."""

    question: str
    lead: str = ""
    use: str = ""  # what could come of it, where nothing more particular is known


def put(plot: Plot, question: str, **told: str) -> Turned:
    """A question of the table, with what it says could come of the answer, where that is short."""
    voice, use = plot.voice, pairs("questions.tsv")[question]
    use = COMPARED if "the choice" in use and not guides(plot) else use
    lead = voice.say(use, **told)
    if words(plain(lead)) > most_of_a_lead(plot) and "have on" not in use:  # in whom, the question says
        lead = voice.say(use, **told | {"rest": ""})
    return Turned(voice.say(question, **told), lead if words(plain(lead)) <= most_of_a_lead(plot) else "")


_BY_HEAD = [(AnyCase(head[0]), question) for question, _, *head in table("questions.tsv") if head]
AFFECTS = "How does %(what)s affect%(rest)s?"
_ON = re.compile(r"^(\W*)on (?:(?:improving|reducing|increasing|decreasing|enhancing) (?!and\b))?")
#: By what the phrase was said to be of, and how it goes on: "the role of X in Y".
_BY_ASKS: tuple[tuple[set[str], tuple[str, ...], str], ...] = (
    ({"effect"}, ("on ",), AFFECTS),
    ({"comes"}, ("in ", "after ", "for "), "How well do people do with %(what)s%(rest)s?"),
    ({"part"}, ("in ",), "What role can %(what)s play%(rest)s?"),
    ({"harm"}, ("in ", "for ", "after ", "during "), "What side effects can %(what)s cause%(rest)s?"),
    (
        {"feasible"},
        (" ", "in ", "for ", "with ", "among ", "after ", "during "),
        "Can %(what)s work in practice%(rest)s?",
    ),
)
#: Words that point out of a phrase, or join another one to it.
POINTS = pattern_of("turning.points")
MOST_OF_A_SLOT, MOST_OF_ONE = 14, 8  # words


def turned(plot: Plot, phrase: TitleParts) -> Iterator[Turned]:
    """The question that a phrase asks by its own head, with what its answer could lead to."""
    voice, whole = plot.voice, phrase.whole
    if POINTS.search(whole) or CLAIMS_NOW.search(whole) or plot.provokes:
        return
    rest, tries = f" {phrase.rest}".rstrip(), plot.study.study_type == "INTERVENTIONAL"
    for pattern, question in _BY_HEAD:
        # The head may hold an "in" or "for" of its own: then it is found in the whole, and nothing is left behind it.
        compares = " compared with " in phrase.thing
        for text, behind in ((phrase.thing, rest),) if compares else ((phrase.thing, rest), (whole, "")):
            if not (found := pattern.fullmatch(text)):
                continue
            slots = {name.rstrip("_"): said for name, said in found.groupdict().items() if said}
            if " compared with " in text and (ours := _of_the_arms(plot, phrase, slots, behind)):
                yield ours
                return
            what = slots.get("what", "")
            if (plot.treats and "rely on" in question) or (_ALL_OF_IT.match(question) and " and " in what):
                return  # of a test it is asked, and of no treatment; of two together nobody counts how often
            found_by = question.startswith("How can doctors") and behind.startswith(
                (" by ", " using ", " based on ")
            )
            things = slots.values() if "adding" in question or (tries and " compare" in question) else ()
            if not all(names_a_thing(each, looks=not plot.treats) for each in things):
                return
            if found_by or (_OF_WATCHED if tries else _OF_TRIED).match(question):
                continue
            tail = slots.pop("rest", "") + behind
            if " do with " in question and not _is_done(plot, what):
                return
            if all(_fills(each) for each in slots.values()) and words(slots.get("one", "")) <= MOST_OF_ONE:
                told = {name: voice.theirs(_THE.sub(r"the \g<0>", said)) for name, said in slots.items()} | {
                    "rest": voice.theirs(tail)
                }
                yield from _put(plot, phrase, number(question, what), told)
            return
    told = {"what": voice.theirs(called(plot, phrase)), "rest": voice.theirs(rest)}
    if "compares" in phrase.asks and " with " in phrase.thing:
        return
    asks = phrase.asks - ({"harm"} if no_harm_counted(plot) else set())
    asks = asks | ({"effect"} if phrase.rest.startswith("on ") and "helps" in phrase.asks else set())
    if not tries:
        yield from _of_watched(plot, phrase, told)
    elif "effect" in asks and not is_measured(plot, phrase.rest):
        return
    on = tries and "effect" in asks and phrase.rest.startswith("on ") and not plot.is_about(whole)
    if on and not _OF_PEOPLE.search(phrase.rest) and (people := in_short(plot)):
        told["rest"] = f"{told['rest']} {voice.say('in %(people)s', people=people)}"
    for ask, starts, question in _BY_ASKS:
        if tries and "part" in ask:
            continue
        half = ask == {"harm"} and "helps" in asks
        if half or (" do with " in question and not _is_done(plot, phrase.thing)):
            continue
        if ask <= asks and (phrase.rest or " ").startswith(starts) and _fills(phrase.thing):
            asked = number(question, phrase.thing)
            if ask == {"effect"}:
                told["rest"] = on_what(told["rest"])
            asked, told = _of_those_treated(plot, asked, told)
            # What is tried leads to a decision, not to its question again.
            yield Turned(voice.say(asked, **told)) if tries else put(plot, asked, **told)
            return


def _put(plot: Plot, phrase: TitleParts, question: str, told: dict[str, str]) -> Iterator[Turned]:
    """A question of the table; of two that are compared, by the main measure, where that says what is asked of them."""
    question, told = _of_those_treated(plot, question, told)
    made = put(plot, question, **told)
    if " and %(other)s compare" in question and plot.study.study_type == "INTERVENTIONAL":
        people = in_short(plot, phrase)
        yield from (replace(made, question=each) for each in better(plot, told["one"], told["other"], people))
    yield made


#: By the main measure: the verb brings its own comparison.
_MORE_THAN = {
    "live": n_("Do %(people)s live longer with %(what)s than with %(other)s?"),
    "control": n_("Can %(what)s keep the illness under control for longer than %(other)s in %(people)s?"),
    "free": n_("Can %(what)s keep the illness away for longer than %(other)s in %(people)s?"),
    "pain": n_("Can %(what)s ease pain in %(people)s more than %(other)s?"),
    "attacks": n_("Do %(people)s have fewer attacks with %(what)s than with %(other)s?"),
    "sugar": n_("Can %(what)s lower blood sugar in %(people)s more than %(other)s?"),
    "weight": n_("Do %(people)s lose more weight with %(what)s than with %(other)s?"),
    "harm": n_("What side effects can %(what)s cause in %(people)s, compared with %(other)s?"),
    "level": n_("How much %(what)s is in the blood of %(people)s, compared with %(other)s?"),
    "defence": n_(
        "How strongly does the immune system react to %(what)s, compared with %(other)s, in %(people)s?"
    ),
    "infection": n_("Do %(people)s get fewer infections with %(what)s than with %(other)s?"),
    "heal": n_("Do wounds heal better with %(what)s than with %(other)s in %(people)s?"),
}
_BY_GOAL = frozenset({"sugar", "weight", "infection", "control", "free"})  # asked so where there is a goal
#: What is measured says nothing of what helps more.
_NO_HELP = frozenset({"level", "feasible", "test", "dose", "harm", "place"})


_JOINS = re.compile(r"(?<!combination) with (?!or )")
#: What a title says of the first of two things whose name stands behind the second.
HALF = re.compile(r"\d+-[a-z]+|[A-Za-z]+-guided|[a-z][\w-]*(?:-guided|[a-z]al|[a-z]ed|ible|tive|ous)")


def better(plot: Plot, what: str, other: str, people: str) -> Iterator[str]:
    """What is asked of two that are compared, by the main measure; nothing where it is not asked which is better."""
    voice, key, cast = plot.voice, plot.key, plot.cast
    if plot.equal or plot.in_the_body or not people:
        return
    if HALF.fullmatch(plain(what)) and re.search("^(?!an? |usual ).* ", plain(other)):
        what = voice.theirs(f"{plain(what)} {plain(other).rpartition(' ')[2]}")  # "fixed and flexible X"
    told = {"what": what, "other": other, "people": people, "one": what}
    goal = "" if SAME_FOR_ALL in cast.doubts and not cast.doses else goal_of(plot, people)
    if (
        key in _MORE_THAN
        and (goal or key not in _BY_GOAL)
        and (key != "harm" or plot.only_harm or plot.early)
    ):
        both = told | {"what": _JOINS.sub(" and ", what)} if "with %(what)s" in _MORE_THAN[key] else told
        yield voice.say(_MORE_THAN[key], **both)
    if goal:
        yield voice.say("Can %(what)s %(goal)s, compared with %(other)s?", goal=goal, **told)
    elif plot.people.healthy or not (plot.treats or plot.study.design.primary_purpose == "PREVENTION"):
        return
    elif cast.certain and cast.against != (IS_OTHER,) and other == against(plot):
        yield voice.say("Can %(what)s help %(people)s more than %(other)s?", **told)
    elif key not in _NO_HELP and not plot.only_harm and " or " not in plain(f"{what} {other}"):
        told["rest"] = f" {voice.say('in %(people)s', people=people)}"
        yield voice.say("Which helps more%(rest)s: %(one)s, or %(other)s?", **told)


def on_what(rest: str) -> str:
    """What something has an effect on, without the "on" before it."""
    return _ON.sub(r"\1", rest, count=1)


def _of_those_treated(plot: Plot, question: str, told: dict[str, str]) -> tuple[str, dict[str, str]]:
    """A question of how people do, asked of those whom a phrase names; else as it is."""
    who = _IN_PEOPLE.fullmatch(plain(told["rest"])) if " do with " in question else None
    if not who:
        return question, told
    what = plot.voice.theirs(f"{who[1]} treated with {plain(told['what'])}")
    return "How well do %(what)s%(rest)s do?", {"what": what, "rest": ""}


_IN_PEOPLE = AnyCase(r" in ((?:[\w-]+ ){0,4}(?:people|patients|adults|children|women|men|adolescents)\b.*)")
_OF_PEOPLE = AnyCase(r" (?:in|of|after|during|following) ")
#: Asked of no trial, whose titles and aims speak of these on the way; of things apart; and of what is tried.
_OF_WATCHED = re.compile(r"Which |How does %\(what\)s change|What influences")
_OF_TRIED = re.compile(r"What difference")
_ALL_OF_IT = re.compile(r"How (?:often|common)")
_THE = re.compile(r"^(?:severity|development|risk|quality|success|course|progression|onset|outcomes?) of\b")


THE_BODY = "How does %(what)s affect the body%(rest)s?"
IMMUNE_SYSTEM = "How does %(what)s affect the immune system%(rest)s?"
IMMUNE = pattern_of("turning.immune")
WORKS = "How well does %(what)s work%(rest)s?"
WORKS_AND_HARMS = "How well does %(what)s work%(rest)s, and what are the side effects?"


def _of_watched(plot: Plot, phrase: TitleParts, told: dict[str, str]) -> Iterator[Turned]:
    """What is asked of what others give or use: how well it works, whether it helps to find or foretell something."""
    thing, rest = phrase.thing, phrase.rest
    if (
        "helps" in phrase.asks
        and _is_done(plot, thing)
        and _fills(thing)
        and not rest.startswith(("on ", "to "))
    ):
        yield put(plot, number(WORKS_AND_HARMS if "harm" in phrase.asks else WORKS, thing), **told)
    found = _BY_WHAT.fullmatch(phrase.whole)
    if found and _fills(found["by"]):
        aim = "predict" if "predict" in found[0][:20].casefold() else "find"
        thing, rest = found["by"], f"to {aim} {found['found']}"
    if (found or _TO_FIND.match(rest)) and _fills(thing):
        rest = re.sub(r"^to aid in the diagnosis of", "to diagnose", rest)
        what = plot.voice.theirs(articled(_POTENTIAL.sub("", thing)))
        rest = plot.voice.theirs(rest)
        lead = plot.voice.say(
            "It could show how much doctors can rely on %(what)s%(rest)s.", what=what, rest=f" {rest}"
        )
        yield Turned(plot.voice.say("Can %(what)s help %(rest)s?", what=what, rest=rest), lead)
    elif (
        _OF_THE_BODY.search(thing)
        and rest.startswith("in ")
        and not NO_THING.search(thing)
        and plot.is_listed(rest)
        and not phrase.asks
        and _fills(thing)
    ):
        yield put(plot, "What role can %(what)s play%(rest)s?", **told)


_POTENTIAL = AnyCase(r"^(?:the )?(?:potential|ability|value|utility|use|usefulness|application)(?: of)? ")
_TO_FIND = AnyCase(
    r"to (?:aid in the diagnosis of|diagnose|detect|predict|identify|monitor|classify|distinguish|rule out)\b"
)
_BY_WHAT = AnyCase(
    r"(?:early )?(?:predict(?:ing|ion of)|detect(?:ing|ion of)|diagnos(?:ing|is of)|screening (?:of|for)) (?P<found>.+?) (?:by|using|with|based on) (?:means of |the use of )?(?P<by>.+)"
)
_OF_THE_BODY = AnyCase(
    r"\b(?:mi(?:cro)?RNAs?(?:-\w+)?|microbio(?:me|ta)|cytokines?|autoantibod(?:y|ies)|lymphocytes|neutrophils?|eosinophils?|interleukins?|IL-\d+|polymorphisms?)\b"
)


def _is_done(plot: Plot, what: str) -> bool:
    """Whether something is done to people, or given: nobody does well "with" an illness."""
    return bool(tokens(what) & plot.names or TREATS.search(what) or _OPERATES.search(what))


_OPERATES = re.compile(r"\w(?:ectomy|plasty|tomy|desis)\b|\bT-cells?\b")


def number(question: str, what: str) -> str:
    """A question of one thing, of the table, with the verb for several where what fills it is more than one."""
    if not are_several(what):
        return question
    for one, many in _OF_MANY:
        question = question.replace(one, many)
    return question


_OF_MANY = (
    ("How does ", "How do "),
    ("How well does ", "How well do "),
    ("How often does ", "How often do "),
    ("How is ", "How are "),
    ("How common is ", "How common are "),
    ("makes it more", "makes them more"),
    ("show itself", "show themselves"),
)


def are_several(what: str) -> bool:
    """Whether a name takes "do": of things that are joined, and of one that ends as several do."""
    named = re.split(
        r" (?:in|of|for|to|with|by|at|from|during|after|among|due|on|around|over|under|containing) | \(", what
    )[0]
    last = named.rpartition(" or ")[2]
    *_, behind = named.rpartition(" and ")
    joined = " and " in named and words(behind) <= MOST_OF_A_PART
    return (
        joined
        or re.search(
            r"(?:^| )(?:[a-z][\w-]*[^aisu\W]s(?<!diabetes)(?<!herpes)(?<!rabies)|people|children|women|men)$",
            last,
        )
        is not None
    )


MOST_OF_A_PART = 3  # words; what is longer may go on from two words that describe it: "haploidentical and cord blood ... transplantation"
_GRAVE = AnyCase(r"\b(?:fractures?|death|mortality|survival|stroke|heart attacks?|infarction)\b")


def is_measured(plot: Plot, text: str) -> bool:
    """Whether what is grave in a phrase is a main measure too: who measures bone counts no fractures."""
    told = plot.measured.casefold()
    return not told or all(each.rstrip("s").casefold() in told for each in _GRAVE.whole.findall(text))


def no_harm_counted(plot: Plot) -> bool:
    """Whether a trial has main measures, and none is of harm."""
    tries = plot.study.study_type == "INTERVENTIONAL" and plot.measured
    return bool(tries) and not plot.keys & {"harm", "dose"} and not _HARM.search(plot.measured)


_HARM = AnyCase(r"\bsafe|tolera|advers|toxic|side.effect|complicat|damage|injur|\bDLT|\bAEs?\b")


TO_HELP = re.compile(
    r"to (?:help )?(?:prevent|treat|reduce|improve|promote|protect|support|delay|relieve|ease|increase|lower|manage|control|prolong)\b"
)


def beside_all(plot: Plot, what: str) -> str:
    """To what the record's text says that it is added, where the arms do not tell it."""
    found = _BESIDE_ALL.search(f"{plot.titles} | {' | '.join(plot.summary)}")
    sure = found and len(plot.cast.tried) == 1 and not plot.cast.added_to
    if not found or not sure or tokens(found[1]) & tokens(plain(what)):
        return ""
    return plot.voice.theirs(plot.case.small(spelled(plot, found[1].strip())))


_BESIDE_ALL = AnyCase(
    r"\b(?:as (?:an )?(?:therapeutic )?(?:adjunct|adjuvant|add-on|adjunctive|complementary)(?: therap(?:y|ies)| treatment)?|added) to (?:the )?((?:standard of care )?(?:(?!(?:in|for|of|compared|versus|vs|alone|to|after|during|with|by|on|and|or|that|which|evaluate|further)\b)[\w-]+(?: (?=[\w-])|\b)){1,5})"
)


def reactions(plot: Plot) -> Iterator[Turned]:
    """How people react to what is to bring trouble about."""
    voice, told = plot.voice, list[tuple[str, str]]()
    if re.search(r"(?i)inducing\b", plot.titles) and plot.cast.certain:
        told.append((plot.people.who(voice), plot.what()))
    for each in phrases(plot):
        if (
            tokens(each.thing.replace("-", "")) & plot.names
            and not PROVOKED.search(each.thing)
            and not NO_THING.search(each.thing)
        ):
            told.append((in_short(plot), voice.theirs(each.asked)))
    for people, what in filter(lambda pair: pair[0], told):
        yield Turned(voice.say("How do %(people)s react to %(what)s?", people=people, what=what))


_USE_OF = re.compile(r"(?:combination|use|addition) of\b")


def called(plot: Plot, phrase: TitleParts) -> str:
    """What a phrase names, with its name in the list of arms where that is another one: "the app (Limbix Spark)"."""
    cast, what = plot.cast, phrase.asked
    if _USE_OF.match(what):
        what = f"the {what}"
    if (
        plot.study.study_type != "INTERVENTIONAL"
        or not cast.named
        or cast.looks
        or cast.medicine()
        or len(cast.tried) > 1
        or plot.is_tried(phrase.thing)
    ):
        return what
    listed = plain(plot.what())
    beside = re.search(r"(?i)control|support|usual|education|sham|\(", listed)
    told = any(
        each.said.casefold() in what.casefold() or (each.name or "-").casefold() in what.casefold()
        for each in cast.tried
    )
    kind = re.search(
        r"\b(?:app|application|device|program(?:me)?|therapeutic|system|platform|game|software|tool|training|intervention)s?$",
        what,
    )
    return f"{what} ({listed})" if kind and not (beside or told or "(" in what) else what


def _of_the_arms(plot: Plot, phrase: TitleParts, slots: dict[str, str], rest: str) -> Turned | None:
    """Two that a title compares, by their names in the list of arms, where the title names more beside one of them: "A versus B
    with C" may have C in both groups.
    """
    cast, voice = plot.cast, plot.voice
    sides = [side for each in slots.values() for side in re.split(r" (?:with|and|plus) ", each)]
    if len(sides) < 3 or not cast.certain or cast.added_to or not (other := against(plot)):
        return None
    if all(plot.is_tried(each) for each in sides):
        return None
    told = {"one": plot.what(), "other": other, "rest": voice.theirs(rest)}
    if not plot.is_about(rest) and (people := in_short(plot)):
        told["rest"] = f" {voice.say('in %(people)s', people=people)}"
    return next(_put(plot, phrase, "How do %(one)s and %(other)s compare%(rest)s?", told))


def _fills(text: str) -> bool:
    return (
        1 <= words(text) <= MOST_OF_A_SLOT
        and not re.search(r"\balone (?!(?:and|or) with)", text)
        and not NO_THING.fullmatch(text)
        and not re.match(
            r"(?:of|in|with|and|the effects?|whether|how|(?:therapeutic )?equivalence|superiority)\b", text
        )
        and not re.search(r"\b(?:based|focused|dependent)$", text)
    )


@lru_cache(maxsize=2)  # a read asks nine times
def phrases(plot: Plot) -> tuple[TitleParts, ...]:
    """What can be turned: the titles, then the team's aim where it begins with what is to be learned."""
    found = sorted(plot.topics, key=lambda each: -words(each.rest))
    for aim in plot.aims:
        if phrase := phrase_of(spelled(plot, aim), plot.case):
            found.append(phrase)
    return tuple(found)


def spelled(plot: Plot, text: str) -> str:
    """A text of the team with its short forms written out."""
    return re.sub(
        r"(?<![\w-])(?!HIV|MRI)[A-Z]{3,5}(?![\w-])",
        lambda found: plot.long_forms.get(found[0], found[0]),
        text,
    )
