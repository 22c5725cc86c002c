"""The title and the question of a study: the registry's own phrases first, patterns of ours where every slot is certain.

No title and no question is better than a false one: what `cast`, `people` or `measures` doubt is never filled in.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from notifier.domain.summaries import quoting
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.cast import IS_OTHER, Thing
from notifier.domain.summaries.covering import leaves_out, names_a_thing
from notifier.domain.summaries.lay import lay, lay_title
from notifier.domain.summaries.names import all_names, first_up
from notifier.domain.summaries.plot import NO_THING, Plot, against, goal_of, tokens
from notifier.domain.summaries.quoting import words
from notifier.domain.summaries.things import articled
from notifier.domain.summaries.titles import CLAIMS_NOW, LEAST_WORDS, MOST_WORDS, named, shortened
from notifier.domain.summaries.told import hard_words
from notifier.domain.summaries.trying import NO_NAME, asked_of_trial, is_a_picture, whole
from notifier.domain.summaries.turning import POINTS, Turned, is_measured, phrases, put, spelled, turned
from notifier.domain.summaries.voice import plain
from notifier.domain.summaries.watching import (
    NOT_GIVEN,
    asked_of_watched,
    given,
    of_cases,
    over_time,
    the_ill,
)
from notifier.domain.summaries.whom import in_short, of_both_ages, whom
from notifier.domain.summaries.words import is_everyday
from notifier.domain.summaries.words_explained import SHORT_FORM
from notifier.domain.wording import one_line
from notifier.domain.wording.catalogue import n_

MOST_ASKED = 26  # words of a question


# --- the title --------------------------------------------------------------------------------------------------


def title(plot: Plot) -> str:
    """A plain title of 4 to 14 words, without a verb: the registry's where it is plain; else ours, where that is plainer and certain."""
    made, known = _registered(plot), plot.names
    if not plot.cast.medicine() or made.endswith("?"):
        return made
    hard = hard_words(lay_title(plain(made), MOST_WORDS), known)
    for ours in _in_short(plot) if hard > FEW_HARD else ():
        told = lay_title(plain(ours), MOST_WORDS)
        if LEAST_WORDS - 1 <= words(told) <= MOST_WORDS and hard_words(told, known) < hard - 1:
            return first_up(ours) if plot.voice.language == "en" else ours
    return made


def _in_short(plot: Plot) -> Iterator[str]:
    """What is tried, for what and in whom, in the fewest words."""
    cast, voice, people = plot.cast, plot.voice, in_short(plot)
    drugs = all(
        each.kind in {"DRUG", "BIOLOGICAL", "GENETIC"} and "," not in each.said for each in cast.tried
    )
    what = plot.what() if drugs and _short(cast.tried) and not cast.doubts else ""
    if not what or not plot.treats or plot.provokes or plot.takes_away or is_a_picture(plot):
        return
    if NO_NAME.search(plain(what)) or any(" compared with " in each.thing for each in plot.topics):
        return
    [ill] = plot.people.listed if len(plot.people.listed) == 1 else [""]
    ill = plot.case.small(plot.long_forms.get(ill, ill))
    if ill and people and not plot.people.healthy and _apart(what, ill):
        yield voice.say("%(what)s for %(condition)s", what=what, condition=voice.theirs(ill))
    if people:
        yield voice.say("%(what)s in %(people)s", what=what, people=people)


def _registered(plot: Plot) -> str:
    """The registry's title, cleaned, where it reads well; else ours, where it is certain; else as much of the registry's as can stand
    alone.
    """
    voice = plot.voice
    for raw in (plot.study.brief_title, plot.study.official_title):
        asked = one_line(raw or "").rpartition(": ")[2]
        if asked.endswith("?") and LEAST_WORDS <= words(asked) <= MOST_WORDS and plot.is_about(asked):
            return voice.theirs(plot.case.sentence(asked))
    # "Effect on fractures" is no title where bones are measured, and the other title says so.
    sure = [each for each in plot.topics if "effect" not in each.asks or is_measured(plot, each.rest)]
    cleaned = [each.titled for each in sure or plot.topics]
    cleaned = [
        _WHOSE.sub(r"\1 ", each) if words(each) > MOST_WORDS else each
        for each in (_MAKER.sub("", each) for each in cleaned)
    ]
    spelt = [(each, plot.case.small(spelled(plot, each))) for each in cleaned]
    cleaned = [long if short != long and words(long) <= MOST_WORDS else short for short, long in spelt]
    for made in cleaned:
        if _reads_well(plot, made):
            return voice.theirs(first_up(_with_the_ill(plot, made)))
    for made in _titles(plot):
        if (
            LEAST_WORDS - 1 <= words(plain(made)) <= MOST_WORDS
            and plot.keeps_the_setting(made)
            and any(tokens(each.thing) <= tokens(plain(made)) for each in plot.topics)  # it drops nothing
        ):
            return first_up(made) if voice.language == "en" else made
    rest = [each for each in cleaned if each]
    rest.sort(
        key=lambda each: (
            (CLAIMS_NOW.search(each) or _PROMISES.search(each)) is not None,
            words(each) > MOST_WORDS,
            not plot.is_about(each),
        )
    )
    cuts = [*map(shortened, rest), one_line(plot.study.acronym or "")]
    cuts = [each for each in cuts if not _A_PLACE.search(each)] or cuts
    named_there = [each for each in cuts if tokens(each) & plot.names]
    made = next(filter(plot.is_about, cuts), "") or next(iter(named_there), cuts[0])
    made = next(iter(named_there), made) if words(made) < 2 else made
    made = _with_the_ill(plot, _with_whom(plot, made, made not in cleaned))
    return voice.theirs(first_up(made)) or f"Study {plot.study.nct_id}"


def _with_the_ill(plot: Plot, made: str) -> str:
    """A title that says what is done, and on what, with those in whom it is; the illness alone where there is more room for it."""
    people = plain(whom(plot))
    found = re.search(r" (?:with|undergoing) ((?:(?! who ).)+)$", people)
    shorts = {short for short, long in plot.long_forms.items() if plot.is_listed(long)}
    told = (
        not found
        or _SAYS_WHOM.search(made)
        or bool(tokens(found[1]) & tokens(made))
        or bool(shorts & set(made.split()))
    )
    for tail in () if told or not found else (people, found[1]):
        if words(tail) > 1 and words(f"{made} in {tail}") <= MOST_WORDS:
            return f"{made} in {tail}"
    return made


_SAYS_WHOM = AnyCase(
    r"\b(?:people|adults|children|women|men|elderly|adolescents|patients|veterans|youth|infants|volunteers)\b|(?:cancers?|tumou?rs?|disease|diabetes|\w+emias?|\w+omas?|herniat\w+|pain|aches?|wounds?|ulcers?|syndrome|disorders?|\w+esis|\w+itis|\w+osis|conditions|neoplasms)\b|\b(?:in|for|to|on|of|and|with|by|from)$"
)


def _with_whom(plot: Plot, made: str, cut: bool) -> str:
    """A title with the people or the illness, where it names neither. cut: it is not the whole of a title."""
    people = plain(whom(plot))
    if (
        made
        and people
        and not re.search(r" (?:in|for|on|to) ", made)
        and not plot.is_about(made)
        and words(f"{made} {people}") < MOST_WORDS
    ):
        made = f"{made} in {people}"
    if of_both_ages(plot) and people and re.search(r"\bchildren with\b", made) and "adult" not in made:
        made = re.sub(r"\bchildren with\b.*", people, made)
    ends = (found[1] for each in plot.topics if (found := _ILLNESS_AT_THE_END.search(each.rest)))
    ill = next(iter(plot.people.listed), "") or next(ends, plot.people.condition)
    if done := _OPERATION.search(people):
        ill = done[1]  # where the operation is that it is about
    short = words(made) < LEAST_WORDS and not tokens(ill) <= tokens(made)
    if made and ill and (short or not plot.is_about(made)):
        illness = plot.case.small(plot.long_forms.get(ill, ill))
        if words(made) < LEAST_WORDS:
            several = plain(plot.conditions()) if len(plot.people.listed) > 2 else illness
            made = f"{made} in {several}"
        elif (
            (plot.treats or (len(plot.people.listed) == 1 and not re.search(" and | with ", made)))
            and not re.search(r" (?:in|for|on|to|of|during|after) |\bdiagnos", made)
            and words(f"{made} {illness}") < MOST_WORDS
        ):
            made = f"{made} {'for' if plot.treats else 'in'} {illness}"
        elif cut:
            one = illness if len(plot.people.listed) <= 1 else ""
            fewer = re.sub(r"( with (?:(?! with ).)+) with .*", r"\1", people)
            made = _with_the_illness(plot, made, people, one, fewer) or made
    return made


def _with_the_illness(plot: Plot, made: str, *ills: str) -> str:
    """A cut title with the illness behind it again, in place of what else is measured; empty where there is no room."""
    if plot.people.healthy or not plot.is_about(plot.titles):
        return ""
    head = re.sub(r" (?:in|among) (?:people|adults|children)\b.*$", "", made)
    while words(head) >= LEAST_WORDS - 1:
        for ill in ills:
            room = words(head) + words(ill) < MOST_WORDS and not _OPEN_END.search(head)
            if room and plot.is_about(ill):
                return f"{head} {'with' if head.endswith('in adolescents') else 'in'} {ill}"
        shorter = _LAST_PART.sub("", head)
        if shorter == head and not (plot.cast.medicine() or re.search(",|compared", head)):
            shorter = re.sub(r" and (?:(?! and ).)*$", "", head)
        if shorter == head:
            break
        head = shorter
    return ""


_ILLNESS_AT_THE_END = re.compile(
    r"\b(?:for|of|in) ((?:[\w-]+ ){1,5}(?:cancer|disease|diabetes|syndrome|carcinoma|leuka?emia|lymphoma|headache))$"
)
_SURGERY = r"((?:[\w-]+ ){0,4}(?:surgery|operation|resection|transplantation|replacement|fusion|\w+ectomy)\b)"
_OPERATION = re.compile(f" undergoing {_SURGERY}$")
_WHOSE = re.compile(rf"\b(in|for) people (?:with|undergoing(?= {_SURGERY})) ")
_A_PLACE = AnyCase(r"\b(?:university|institute|hospital)$")
_OPEN_END = re.compile(r"(?:ing|ed)$")
_LAST_PART = re.compile(
    r" compared with .* (?:alone|choice)$| (?:followed by|on(?! the blood)|to|during|after|following|using|by) (?:(?! (?:on|to|during|after|following|using|by) ).)*$"
)
#: A maker's name before that of a thing: "Synergy spine solutions Synergy disc".
_MAKER = re.compile(r"\b([A-Z][a-z]{4,}) (?:(?!(?:and|or|with|compared|for|in|of|by) )[a-z]+ ){1,3}(?=\1\b)")
_PROMISES = re.compile(r"\b(?:better|sooner|helps)\b")
#: A title with one of these claims something, or speaks of the paperwork.
_CLAIMS = AnyCase(
    r"^(?:whether|how)\b|\bhelps\b|\b(?:better|sooner)\b|(?<!to )\b(?:is|are|was|were|does|do|can|will|has|have|predicts?|promotes?|improves?|reduces?|prevents?|causes?|leads?|affects?|enhances?|alleviates?|enrolled)\b|"
    r"\b(?:stud(?:y|ies)|trial|phase|evaluat\w+|assess\w+|randomi\w+|cohort|versus|efficacy|pharmacokinetics|tolerability|retrospective|prospective|registry)\b|\w[/+]\w|&|[:;]"
)


def _reads_well(plot: Plot, made: str) -> bool:
    """Whether a cleaned title can stand as it is: whole, short, about the illness and what is tried, with no unknown short forms."""
    if not LEAST_WORDS <= words(made) <= MOST_WORDS or _CLAIMS.search(made) or not plot.is_about(made):
        return False
    things = all_names(plot.study)
    unknown = [
        short for short in SHORT_FORM.findall(made) if short not in things and short not in _KNOWN_SHORTS
    ]
    return not unknown and (
        plot.study.study_type != "INTERVENTIONAL"
        or plot.is_tried(made)
        or bool(tokens(made) & tokens(things))
    )


_KNOWN_SHORTS = frozenset([
    "HIV", "DNA", "MRI", "COVID-19", "CT", "ADHD", "PTSD", "HER2", "EGFR", "ALK", "BRAF", "KRAS", "COPD", "AIDS", "CAR-T", "CAR", "PD-1", "PD-L1",
])  # fmt: skip


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
    """The first question that is short and plain, with what its answer could lead to; none where none is."""
    known = plot.names | tokens(lay(plain(in_short(plot)), MOST_ASKED))
    least, best, tries = MOST_HARD, Turned(""), plot.study.study_type == "INTERVENTIONAL"
    for made in _questions(plot):
        asked = made if isinstance(made, Turned) else Turned(made)
        told = lay(plain(asked.question), MOST_ASKED)
        if not told or words(told) > MOST_ASKED or _PAPERWORK.search(told):
            continue
        if tries and leaves_out(plot, asked.question):
            continue
        ills = tokens(plot.conditions()) if "“" in told else frozenset()
        if (hard := hard_words(told, known | ills)) <= FEW_HARD:
            return asked
        if hard < least:
            least, best = hard, asked
    return best


#: What a title says of how a study is set up is no name of what is tried.
_PAPERWORK = re.compile(r"\btrial\b|\bcompare .*\bcompare\b| between .* compare in ")
#: Words of a question that a reader may not know, beside the names of the illness and of what is given: as many as are no bother,
#: and as many as are too many where nothing plainer can be asked.
FEW_HARD, MOST_HARD = 3, 8


def _questions(plot: Plot) -> Iterator[str | Turned]:
    """What can be asked, the best first."""
    voice, names = plot.voice, " ".join(each.shown for each in plot.cast.tried)
    needles = tuple(tokens(names) | tokens(plot.people.condition))
    measured = tokens(plot.measure.plain if plot.measure else "")
    summary = sorted(plot.summary, key=lambda each: not tokens(each) & measured)
    if (asked := quoting.own_question(summary, needles)) and _fits(plot, asked):
        yield voice.theirs(f"“{first_up(asked)}”")
    for raw in (plot.study.brief_title, plot.study.official_title):
        asked = one_line(raw or "").rpartition(": ")[2]
        if asked.endswith("?") and words(asked) >= LEAST_WORDS and plot.is_about(asked):
            yield voice.theirs(f"“{asked}”")
    if plot.study.study_type == "EXPANDED_ACCESS":
        for each in plot.topics:
            yield voice.say("How can people get %(what)s outside a study?", what=voice.theirs(named(each)))
    by_head = [made for each in phrases(plot) if plot.is_about(each.whole) for made in turned(plot, each)]
    effect = any(
        "effect" in each.asks and each.rest.startswith("on ") and not _is_the_goal(plot, each.rest)
        for each in plot.topics
    )
    yield from chain(by_head, asked_of_trial(plot)) if effect else chain(asked_of_trial(plot), by_head)
    for clause in filter(None, (quoting.whether(plot.summary, needles), quoting.whether(plot.summary))):
        if not plot.treats or plot.is_about(clause):
            yield voice.say("The study team asks whether %(clause)s.", clause=voice.theirs(f"“{clause}”"))
    yield from asked_of_watched(plot)
    wanted = list(_wanted(plot))
    yield from (said for said, fits in wanted if fits)
    yield from _always_true(plot)
    yield from (said for said, fits in wanted if not fits)
    yield from _always_true(plot, most=MOST_LISTED)


def _wanted(plot: Plot) -> Iterator[tuple[str, bool]]:
    """What the team says that it wants to find out, in its own words, and whether these can stand alone."""
    voice = plot.voice
    for text in filter(
        None, (quoting.aim(plot.summary, MOST_ASKED - 2), quoting.does(plot.summary, MOST_ASKED - 4))
    ):
        found, fits = (
            _TO_LEARN.fullmatch(text),
            _fits(plot, text) or (plot.is_about(text) and not plot.treats),
        )
        if tokens(text) <= plot.names or _MISTYPED.match(text):
            continue  # it only says what is used, or how it was typed
        if found and words(found["how"] or found["what"]) >= LEAST_WORDS:
            asked = (
                n_("The study team asks %(clause)s.")
                if found["how"]
                else n_("The study looks at %(clause)s.")
            )
            yield voice.say(asked, clause=voice.theirs(f"“{found['how'] or found['what']}”")), fits
        elif text[:3].casefold() == "to " and not found:
            yield voice.say("The study team wants %(clause)s.", clause=voice.theirs(f"“{text}”")), fits


MOST_LISTED = 9  # illnesses of which two stand for all


def _always_true(plot: Plot, most: int = 2) -> Iterator[str | Turned]:
    """What a test shows, what difference it makes, what comes of watching: true of any such study."""
    voice, cast, design = plot.voice, plot.cast, plot.study.design
    people, tries = in_short(plot), plot.study.study_type == "INTERVENTIONAL"
    what = articled(whole(plot)) if cast.named else ""
    what = plot.subject() if not what or NO_NAME.search(plain(what)) else what
    what = what if names_a_thing(what, looks=not plot.treats) else ""
    topic = plot.conditions() if plot.treats and len(plot.people.listed) <= most else ""
    if plot.people.healthy or plot.is_listed(plain(people)) or not _apart(what, topic):
        topic = ""
    where = voice.say("in %(illness)s", illness=topic) if topic else ""
    if people and not where:
        where = voice.say("in %(people)s", people=people)
    rest = f" {where}" if where else ""
    if not what or NO_NAME.search(plain(what)) or CLAIMS_NOW.search(plain(what)):
        pass
    elif is_a_picture(plot) or (len(cast.tried) == 1 and _SEES.search(plain(what)) and not plot.treats):
        outcomes = " ".join(each.measure or "" for each in plot.study.primary_outcomes[:4])
        if _EXACT.search(f"{plot.titles} {outcomes}"):
            yield put(plot, "How accurate is %(what)s%(rest)s?", what=what, rest=rest)
        yield put(plot, "What can %(what)s show%(rest)s?", what=what, rest=rest)
    elif tries and (where or cast.titled) and not NOT_GIVEN.search(plain(what)):
        yield from () if where else _by_its_title(plot)
        if where or not is_everyday(plain(what)):
            yield voice.say("What difference can %(what)s make%(rest)s?", what=what, rest=rest)
    elif people and not tries and given(plot):
        yield voice.say("What happens to %(people)s who get %(what)s?", people=people, what=what)
    if not tries:
        yield from over_time(plot)
        cohort = design.time_perspective == "PROSPECTIVE" and design.observational_model == "COHORT"
        made = ""
        if (people := the_ill(plot)) and cohort:
            made = voice.say("What can doctors learn by following %(people)s over time?", people=people)
        elif people and design.time_perspective == "RETROSPECTIVE":
            made = voice.say("What can doctors learn from the records of %(people)s?", people=people)
        elif topic := plot.conditions() if len(plot.people.listed) < 3 else "":
            made = voice.say("What can doctors learn about %(topic)s?", topic=topic)
        if made and not leaves_out(plot, made):
            yield made
    yield from _by_its_title(plot)
    yield from of_cases(plot)


def _by_its_title(plot: Plot) -> Iterator[str | Turned]:
    """What a title is of, asked of it as a whole."""
    voice, tries = plot.voice, plot.study.study_type == "INTERVENTIONAL"
    for each in plot.topics:
        thing = _AROUND.sub("", each.thing).replace("_", "-")
        whole = f"{thing} {each.rest}".strip()
        if words(whole) < 2 or any(odd.search(whole) for odd in (POINTS, CLAIMS_NOW, _CUT)):
            continue
        one, compared, other = thing.partition(" compared with ")
        if tries and not (names_a_thing(one, looks=not plot.treats) and names_a_thing(other)):
            continue
        rest = voice.theirs(f" {each.rest}" if each.rest else "")
        if not tries:
            said = (
                f"{each.article}{whole}"
                if each.article and thing == each.thing
                else named(replace(each, thing=thing))
            )
            said = said if said != whole else f"{articled(thing)} {each.rest}".strip()
            made = voice.say("What can doctors learn about %(topic)s?", topic=voice.theirs(said))
            if not leaves_out(plot, made):
                yield made
        elif compared and " compared with " not in other and not NO_THING.search(thing):
            told = {"one": voice.theirs(articled(one)), "other": voice.theirs(articled(other)), "rest": rest}
            several = " and " in thing
            if not each.rest and plot.treats and (ill := plot.conditions()):
                told["rest"] = f" {voice.say('in %(illness)s', illness=ill)}"
            yield put(plot, _SEVERAL_COMPARED if several else _TWO_COMPARED, **told)
        elif (
            not compared
            and plot.can_be_asked_of(each)
            and _WHERE.match(each.rest)
            and not _DOING.match(thing)
        ):
            what = articled(voice.theirs(f"{each.article}{thing}"))
            yield voice.say(_EFFECT if each.rest.startswith("on ") else _DIFFERENCE, what=what, rest=rest)


_TWO_COMPARED = n_("How do %(one)s and %(other)s compare%(rest)s?")
_SEVERAL_COMPARED = n_("How do these compare%(rest)s: %(one)s, and %(other)s?")
_EFFECT = n_("What effect can %(what)s have%(rest)s?")
_DIFFERENCE = n_("What difference can %(what)s make%(rest)s?")
#: An amount behind a name, and what is done before it.
_AROUND = AnyCase(
    r" \d+ ?mg(?: I)?(?:/mL)?\b(?: injection)?|^.*\b(?:surveillance|survey|stud(?:y|ies)) (?:of|on) |^rate of .*? using (?=.* compared with )"
)
_DOING, _WHERE = AnyCase(r"\w+ing\b"), re.compile("(?:in|for|on|after|during|before) ")
#: Cut in the wrong place, or of where it is done.
_CUT = AnyCase(
    r"\b(?:based|added|focused|dependent|guided|database|exploring)(?: (?:on|in|for|to|make)\b|$)|\b(?:university|institute|hospital|cases|survey)\b"
)


#: What looks at people, and surely shows something.
_SEES = AnyCase(
    r"\b(?:PET|MRI|CT|SPECT|imaging|scans?|ultraso\w+|sensors?|tests?|testing|screening|tracer|monitor(?:ing|s)?)\b(?!.*\b(?:surgery|injection|program(?:me)?|intervention)\b)"
)
_EXACT = AnyCase(r"accura|\bMARD\b|performance|agreement|\bvalid|sensitivity")


def _is_the_goal(plot: Plot, rest: str) -> bool:
    """Whether what something has an effect on is what is measured first of all, and has a goal: that is asked then."""
    on = re.split(r" (?:in|after|among|of) ", rest)[0]
    measured = {each[:5] for each in tokens(plot.measure.plain if plot.measure else "")}
    goal = (
        bool(measured)
        and plot.treats
        and plot.cast.named
        and goal_of(plot, "-")
        and not re.search(" and |,", on)
    )
    return bool(goal and {each[:5] for each in tokens(on)} & measured)


_MISTYPED = AnyCase(r"to (?:to\b|\w+ing\b)")
_TO_LEARN = AnyCase(
    r"(?:to |will )?(?:(?:evaluat|assess|determin|measur|describ|estimat|investigat|examin|study|studi|explor|analy[sz]|quantif|characteri[sz])(?:e?s?|ies|y)|looks? (?:in)?(?:at|to)|"
    r"identify|establish|find(?: out)?|learn(?: more)?(?: about)?|understand|see|test|know) "
    r"(?:(?P<how>(?:how|what|which|why|when|where|whether|if)\b.+)|(?P<what>(?<!find )(?<!out )(?<!see )(?<!identify )(?<!establish )(?<!understand )(?<!learn )(?<!test )(?<!know )(?<!about )(?!(?:and|or|to|about|at)\b)\S.+))"
)


def _fits(plot: Plot, text: str) -> bool:
    """Whether words of the team can stand alone: they name the illness and, of a treatment, what is tried."""
    tried = tokens(" ".join(f"{each.name} {each.said} {' '.join(each.others)}" for each in plot.cast.tried))
    named = bool(tokens(text) & tried) or plot.is_tried(text)
    if plot.study.study_type != "INTERVENTIONAL":
        return plot.is_about(text)
    return named and plot.is_about(text)
