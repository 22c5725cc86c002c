"""The read that every study has: made from its record's own fields, part by part. Pure: today is an argument."""

import re
from collections.abc import Sequence
from datetime import date

from notifier.domain.study import Study
from notifier.domain.summaries import quoting
from notifier.domain.summaries.admitting import who_can_join
from notifier.domain.summaries.asking import MOST_ASKED, question
from notifier.domain.summaries.cast import cast_of, is_placebo
from notifier.domain.summaries.doing import least_of, what_is_done
from notifier.domain.summaries.given import medicines
from notifier.domain.summaries.harms import could_go_wrong, of_medicines
from notifier.domain.summaries.joining import mixed
from notifier.domain.summaries.lay import lay, lay_title
from notifier.domain.summaries.leading import could_lead_to
from notifier.domain.summaries.measures import SAYS_HARM, main_measure, measures_said, outcome_said
from notifier.domain.summaries.names import PLACEBO, Case, of_kind
from notifier.domain.summaries.people import NEAR_THEM, people_of
from notifier.domain.summaries.plot import Plot
from notifier.domain.summaries.quotation import quotation
from notifier.domain.summaries.read import PlainRead
from notifier.domain.summaries.record import bounded, more_in
from notifier.domain.summaries.standing import status_line
from notifier.domain.summaries.taking_part import told_of
from notifier.domain.summaries.titles import ILLNESSES, titles_of, topic
from notifier.domain.summaries.titles import MOST_WORDS as MOST_OF_A_TITLE
from notifier.domain.summaries.titling import title
from notifier.domain.summaries.voice import BEGIN, END, Voice, plain, voice
from notifier.domain.summaries.whom import narrowed_down
from notifier.domain.summaries.words_explained import definitions, explained, text_of
from notifier.domain.wording import one_line
from notifier.domain.wording.catalogue import n_


def by_rules(study: Study, today: date, language: str = "en") -> PlainRead:
    """The plain-language read of any study that can be read; its title and lists are never empty."""
    ticked, study = study.study_type, bounded(study)
    speech, case = voice(language), Case(study)
    cast = cast_of(study, case)
    names = tuple(name for each in cast.tried for name in (each.said, *each.others))
    summary = quoting.sentences(study.brief_summary)
    more = more_in(study.raw)
    record = text_of(study, more)
    long_forms = ILLNESSES | definitions(record)
    titles = titles_of(study, long_forms)
    topics = tuple(topic(each, case) for each in titles)
    people, measure = people_of(study, titles, case, long_forms), main_measure(study, names)
    made = [outcome_said(each, names) for each in study.primary_outcomes]
    keys = frozenset(
        (each and each.key) or ("harm" if SAYS_HARM.search(one_line(outcome.measure or "")) else "")
        for each, outcome in zip(made, study.primary_outcomes, strict=True)
    )
    aims = quoting.aims(summary)
    plot = Plot(study, case, cast, people, measure, summary, speech, more, topics, keys, aims, long_forms)
    made_title, asked = title(plot), question(plot)
    measured = measures_said(study, speech, names)
    done = what_is_done(plot)
    if ticked != study.study_type:
        two = speech.say(
            "The record contradicts itself: it is listed as early access to a treatment (“expanded access”), but set up as a trial."
        )
        done = (two, *done)
    said = f"{made_title} {asked.question} {' '.join(done)}"
    who, rest = _in_two(plot, done, plain(said))
    done = (*who, *rest)
    # What is told of people is compared with the record's own words; what is shown is in plain ones.
    made_title = people.told_as(lay_title(made_title, MOST_OF_A_TITLE))
    made_question = people.told_as(lay(asked.question, MOST_ASKED))
    above = plain(f"{made_title} {made_question} {' '.join(done)}")
    tried = {each.said for each in cast.tried}
    own = (each.description for each in study.interventions if of_kind(each.name or "") in tried)
    described = [each for text in own for each in quoting.sentences(text)]
    quote = quotation(
        (summary, described, quoting.sentences(more.description)), above, " ".join(titles), cast
    )
    line = status_line(study, speech, today)
    # A reader needs the words of the title, the question and what is done before those of the quotations.
    quotes = [_hard_in(plain(each)) for each in (*measured, line)]
    hard = (plain(f"{made_title} \n {made_question}"), registry_words(done, speech), quote, *quotes)
    leads = tuple(people.told_as(lay(each, MOST_ASKED)) for each in could_lead_to(plot, asked))
    beside, harms = (made_title, line, made_question, *who, *measured, *leads), could_go_wrong(plot)
    rest = _without_the_least(plot, beside, rest, harms)
    return PlainRead(
        title=made_title,
        registry_title=registry_title(study),
        status_line=line,
        question=made_question,
        summary=tuple(" ".join(each) for each in (who, rest) if each),
        quote=speech.theirs(quote),
        words=explained(study, record, hard, speech, " ".join(done)),
        measures=measured,
        could_lead_to=leads,
        could_go_wrong=_within((*beside, *rest), harms, plot),
        entry_of=study.last_update_post_date,
        language=speech.language,
    )


def _in_two(plot: Plot, done: Sequence[str], told: str) -> tuple[Sequence[str], Sequence[str]]:
    """What is told of people, narrowed down by a title and by rules of the record's own; and the rest of what is done."""
    end = max(done.index(each) + 1 for each in told_of(plot) if each in done)
    narrowed = narrowed_down(plot, told)
    # Where only some are ill, a rule is of some.
    some = mixed(plot) or NEAR_THEM.search(plot.titles)
    rules = [] if some else who_can_join(plot, f"{told} {plain(' '.join(narrowed))}")
    return (*done[:end], *narrowed, *rules), done[end:]


def _hard_in(line: str) -> str:
    """What a line of ours quotes; of a name that stands behind what it means, the short forms."""
    quoted = " \n ".join(_QUOTED.findall(line))
    return " ".join(_CAPITALS.findall(quoted)) if "(“" in line else quoted


_CAPITALS = re.compile(r"[\w-]*[A-Z][\w-]*[A-Z0-9][\w-]*")


MOST_WORDS = 200  # of ours in a read; where it has more, the last lines of what could go wrong are left out
FEWEST_LINES = 3


def _length(told: Sequence[str]) -> int:
    """How many words of ours sentences have, those that they quote counted as one."""
    return sum(quoting.words(_QUOTED.sub("it", plain(each))) for each in told)


def _without_the_least(
    plot: Plot, beside: Sequence[str], rest: Sequence[str], harms: Sequence[str]
) -> Sequence[str]:
    """The rest of what is done, without what is missed least where the read would be too long even with few harms."""
    long = _length((*beside, *rest, *harms[:FEWEST_LINES]))
    for each in least_of(plot, rest) if long > MOST_WORDS else ():
        if long > MOST_WORDS:
            rest, long = [one for one in rest if one != each], long - _length([each])
    return rest


def _within(told: Sequence[str], lines: tuple[str, ...], plot: Plot) -> tuple[str, ...]:
    """The first lines, particular ones, with which a read is not too long; that harms of its medicines are left out is said."""
    long = [quoting.words(_QUOTED.sub("it", plain(each))) for each in (*told, *lines)]
    own = set(of_medicines(plot))
    # That one of them is left out takes as many words as the line itself.
    while len(lines) > FEWEST_LINES and sum(long) > MOST_WORDS + (long[-1] if lines[-1] in own else 0):
        lines, long = lines[:-1], long[:-1]
    groups = plot.cast.groups
    if any(
        PLACEBO.search(group.label)
        or _SOME_GET_ONE.search(group.text)
        or any(is_placebo(each.said) for each in group.gets)
        for group in groups
    ) and not PLACEBO.search(plain(" ".join((*told, *lines)))):
        blank = n_("The record lists a placebo: a dummy treatment, made to seem like the real one.")
        lines = (*lines, plot.voice.say(blank))
    if own <= set(lines):
        return lines
    more = n_("What is given can have other side effects too: ask which are known.")
    return (*lines, plot.voice.say(more))


#: A group in which not all get what the record lists for it.
_SOME_GET_ONE = re.compile(r"(?i)\b(?:or|receives?|given) (?:an? )?(?:matching )?placebo\b")
_QUOTED = re.compile(r"“[^”]*”")


def registry_words(done: Sequence[str], speech: Voice) -> str:
    """What is done, without the sentences of ours that explain words themselves."""
    if speech.language != "en":
        return " \n ".join(re.findall(f"{BEGIN}(.*?){END}", " ".join(done)))
    whole = " ".join(done)
    ours = {kind for _, kind, _ in medicines() if kind and kind in whole}
    return " \n ".join(
        each for each in done if not each.startswith("This is") and not any(kind in each for kind in ours)
    )


def registry_title(study: Study) -> str:
    """The registry's own title in one line."""
    names = (study.brief_title, study.official_title, study.acronym)
    return next(filter(None, (one_line(name or "") for name in names)), f"Study {study.nct_id}")
