"""A study that is new under a followed condition: what it is, from its fields alone. Never ranks, never recommends (W11)."""

from collections.abc import Iterable

import msgspec

from notifier.domain.changes import Kind
from notifier.domain.wording import places, registry_words
from notifier.domain.wording.catalogue import n_, nn_
from notifier.domain.wording.shapes import Line, News, Quote, Run, Telling, ours, theirs
from notifier.domain.wording.speech import Speech, one_line
from notifier.domain.wording.statuses import status_line

MOST_NAMED, MOST_TOWNS = 3, 4  # the others are counted

_SEXES = {"ALL": n_("Women and men"), "FEMALE": n_("Women"), "MALE": n_("Men")}
_UNITS = {
    "Year": nn_("%(number)s year", "%(number)s years"),
    "Month": nn_("%(number)s month", "%(number)s months"),
    "Week": nn_("%(number)s week", "%(number)s weeks"),
    "Day": nn_("%(number)s day", "%(number)s days"),
}
#: Said by their names here.
_LABELS = (n_("What is tried"), n_("Places"), n_("Conditions"), n_("From %(span)s"), n_("up to %(span)s"))
_TYPES = {
    "OBSERVATIONAL": n_("It does not test a treatment. It watches and measures (observational)."),
    "INTERVENTIONAL": n_("It tries something out with the people who join (interventional)."),
    "EXPANDED_ACCESS": n_("It gives access to a treatment outside a study (expanded access)."),
}


def told(news: News) -> Telling:
    """A study that somebody hears of first, what kind of study it is, and what a listing does not mean."""
    kind, near = news.change.kind, news.near
    notes = [news.say(_TYPES[news.study.study_type])] if news.study.study_type in _TYPES else []
    if kind is Kind.NOW_LISTED:
        notes.append(news.say("It is not new: its date of first posting stands above."))
    if near is not None and near.circle is not None and not news.study.locations:
        no_places = n_("Its record names no places yet, so nobody knows whether one will be near %(topic)s.")
        notes.append(news.say(no_places, topic=near.place))
    notes.append(news.say("The registry's search can miss studies, or find some that do not fit."))
    notes.append(news.say("Only the study team can tell whether a person can join."))
    return news.telling(_lines(news), notes=notes)


def no_longer_listed(news: News) -> Telling:
    """A study that was found, and is not any more: under which topic, and the condition terms as the registrant entered them."""
    terms = tuple(map(one_line, news.study.conditions))
    quotes = (Quote(news.say("The study team listed these conditions:"), terms),) if terms else ()
    return news.telling(_topics(news), quotes=quotes)


def _topics(news: News) -> list[Line]:
    followed = dict.fromkeys(one.condition for one in news.told if one.condition)
    return [ours(news.say("You follow"), one_line(condition)) for condition in followed]


def _lines(news: News) -> list[Line]:
    """What the study asks, tries, of whom, where and how it stands, in the order in which a reader wants to know; its
    conditions last.
    """
    study, who, near = news.study, news.study.eligibility, news.near
    said = [ours(news.say("The question"), news.told[0].question)] if news.told[0].question else []
    said += _some(news, "What is tried", [each.name for each in study.interventions])
    ages = (_age(news, "From %(span)s", who.minimum_age), _age(news, "up to %(span)s", who.maximum_age))
    if any(ages):
        said.append(ours(news.say("Ages"), " ".join(filter(None, ages))))
    if who.sex in _SEXES:
        said.append(ours(news.say("Sex"), news.say(_SEXES[who.sex])))
    closest, numbers = places.nearest(
        news.speech, study, near.circle if near else None, near.place if near else ""
    )
    said += [ours(news.say("Near you"), closest)] if closest else []
    news.numbers.extend(numbers)
    sites = sorted(study.locations, key=lambda site: places.closeness(msgspec.to_builtins(site), near))
    towns = (
        f"{site.city} ({site.country})" if site.city and site.country else site.city or site.country
        for site in sites
    )
    said += _some(news, "Places", towns, MOST_TOWNS)
    if study.overall_status:
        said.append(status_line(news.speech, study.overall_status))
    if study.enrollment.count is not None:
        size = people(news.speech, study.enrollment.count, study.enrollment.type, study.overall_status)
        said.append(ours(news.say("Size"), size))
    if phases := [registry_words.label(phase) for phase in study.phases if phase != "NA"]:
        said.append(theirs(news.say("Phase"), ", ".join(phases)))
    if study.study_first_post_date:
        said.append(ours(news.say("First posted"), news.speech.date(study.study_first_post_date)))
    return [*said, *_topics(news), *_some(news, "Conditions", study.conditions)]


def _some(news: News, label: str, names: Iterable[str | None], most: int = MOST_NAMED) -> list[Line]:
    """The first of these names, in the registry's words, and how many more there are."""
    every = list(dict.fromkeys(one_line(name) for name in names if name))
    runs = [Run(", ".join(every[:most]), registry=True)]
    if (more := len(every) - most) > 0:
        news.counted(more)
        runs.append(Run(" " + news.speech.count("and %(number)s more", "and %(number)s more", more)))
    return [Line(news.say(label), tuple(runs))] if every else []


def _age(news: News, sentence: str, age: str | None) -> str:
    """'From 18 years'; an age that is written otherwise stands as the record has it."""
    number, _, unit = (age or "").partition(" ")
    one, many = _UNITS.get(unit.rstrip("s"), ("", ""))
    span = news.speech.count(one, many, int(number)) if one and number.isascii() and number.isdigit() else age
    return news.say(sentence, span=one_line(span)) if span else ""


def people(speech: Speech, count: object, kind: object, status: object) -> str:
    """'500 people planned', '48 people joined'; of a study that is over they took part."""
    if not isinstance(count, int):
        return speech.say("not stated")
    if kind == "ESTIMATED":
        return speech.count("%(number)s person planned", "%(number)s people planned", count)
    if kind == "ACTUAL" and status in {"COMPLETED", "TERMINATED"}:
        return speech.count("%(number)s person took part", "%(number)s people took part", count)
    if kind == "ACTUAL":
        return speech.count("%(number)s person joined", "%(number)s people joined", count)
    return speech.count("%(number)s person", "%(number)s people", count)
