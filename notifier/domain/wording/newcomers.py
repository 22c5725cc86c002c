"""A study that is new under a followed condition: what it is, from its fields alone. Never ranks, never recommends (W11)."""

from collections.abc import Iterable, Sequence

from notifier.domain.changes import Kind
from notifier.domain.geo import Near
from notifier.domain.letter import Told
from notifier.domain.study import Location, Study
from notifier.domain.wording import places, registry_words
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.sentences import both
from notifier.domain.wording.shapes import Line, Quote, Run, ours, theirs
from notifier.domain.wording.speech import Speech, one_line
from notifier.domain.wording.statuses import short

MOST_NAMED, MOST_TOWNS = 3, 4  # the others are counted

_SEXES = {"ALL": n_("Women and men"), "FEMALE": n_("Women"), "MALE": n_("Men")}
_UNITS = {
    "Year": both("%(number)s year", "%(number)s years"),
    "Month": both("%(number)s month", "%(number)s months"),
    "Week": both("%(number)s week", "%(number)s weeks"),
    "Day": both("%(number)s day", "%(number)s days"),
}
#: Said by their names here.
_LABELS = (n_("What is tried"), n_("Places"), n_("Conditions"), n_("From %(span)s"), n_("up to %(span)s"))
_TYPES = {
    "OBSERVATIONAL": n_("It does not test a treatment. It watches and measures (observational)."),
    "INTERVENTIONAL": n_("It tries something out with the people who join (interventional)."),
    "EXPANDED_ACCESS": n_("It gives access to a treatment outside a study (expanded access)."),
}


def quotes(speech: Speech, study: Study) -> tuple[Quote, ...]:
    """The condition terms, exactly as the registrant entered them."""
    terms = tuple(map(one_line, study.conditions))
    return (Quote(speech.say("The study team listed these conditions:"), terms),) if terms else ()


def topics(speech: Speech, told: Sequence[Told]) -> tuple[Line, ...]:
    """What the reader follows, under which it came."""
    followed = dict.fromkeys(one.condition for one in told if one.condition)
    return tuple(ours(speech.say("You follow"), one_line(condition)) for condition in followed)


def lines(
    speech: Speech, study: Study, told: Sequence[Told], near: Near | None = None
) -> tuple[tuple[Line, ...], tuple[str, ...]]:
    """What the study asks, tries, of whom, where and how it stands, in the order in which a reader wants to know; its
    conditions last. And the numbers in it that we counted.
    """
    who, made = study.eligibility, (study.enrollment.count, study.enrollment.type, study.overall_status)
    derived: list[str] = []
    said = [ours(speech.say("The question"), told[0].question)] if told[0].question else []
    said += _some(speech, "What is tried", [each.name for each in study.interventions], derived)
    ages = (_age(speech, "From %(span)s", who.minimum_age), _age(speech, "up to %(span)s", who.maximum_age))
    if any(ages):
        said.append(ours(speech.say("Ages"), " ".join(filter(None, ages))))
    if who.sex in _SEXES:
        said.append(ours(speech.say("Sex"), speech.say(_SEXES[who.sex])))
    closest, numbers = places.nearest(
        speech, study, near.circle if near else None, near.place if near else ""
    )
    said += [ours(speech.say("Near you"), closest)] if closest else []
    derived += numbers
    said += _some(speech, "Places", _towns(study, near), derived, MOST_TOWNS)
    if study.overall_status:
        said.append(status_line(speech, study.overall_status))
    if study.enrollment.count is not None:
        said.append(ours(speech.say("Size"), people(speech, *made)))
    if phases := [registry_words.label(phase) for phase in study.phases if phase != "NA"]:
        said.append(theirs(speech.say("Phase"), ", ".join(phases)))
    if study.study_first_post_date:
        said.append(ours(speech.say("First posted"), speech.date(study.study_first_post_date)))
    said += [*topics(speech, told), *_some(speech, "Conditions", study.conditions, derived)]
    return tuple(said), tuple(derived)


def _some(
    speech: Speech, label: str, names: Iterable[str | None], derived: list[str], most: int = MOST_NAMED
) -> list[Line]:
    """The first of these names, in the registry's words, and how many more there are."""
    every = list(dict.fromkeys(one_line(name) for name in names if name))
    if not every:
        return []
    runs = [Run(", ".join(every[:most]), registry=True)]
    if (more := len(every) - most) > 0:
        derived.append(speech.number(more))
        runs.append(Run(" " + speech.count("and %(number)s more", "and %(number)s more", more)))
    return [Line(speech.say(label), tuple(runs))]


def _age(speech: Speech, sentence: str, age: str | None) -> str:
    """'From 18 years'; an age that is written otherwise stands as the record has it."""
    number, _, unit = (age or "").partition(" ")
    one, many = _UNITS.get(unit.rstrip("s"), ("", ""))
    span = speech.count(one, many, int(number)) if one and number.isascii() and number.isdigit() else age
    return speech.say(sentence, span=one_line(span)) if span else ""


def _towns(study: Study, near: Near | None) -> list[str]:
    """The towns of its places, those near the reader first, the nearest before the others."""

    def closeness(site: Location) -> tuple[bool, float]:
        point = {"lat": site.geo_point.lat, "lon": site.geo_point.lon} if site.geo_point else None
        named = {"city": site.city, "state": site.state, "country": site.country, "geoPoint": point}
        return places.closeness(named, near)

    ranked = sorted(study.locations, key=closeness)
    return [
        f"{site.city} ({site.country})" if site.city and site.country else site.city or site.country or ""
        for site in ranked
    ]


def notes(speech: Speech, study: Study, kind: Kind, near: Near | None = None) -> tuple[str, ...]:
    """What kind of study it is, and what a listing does not mean."""
    sentence = _TYPES.get(study.study_type or "")
    said = [speech.say(sentence)] if sentence else []
    if kind is Kind.NOW_LISTED:
        said.append(speech.say("It is not new: its date of first posting stands above."))
    if near is not None and near.circle is not None and not study.locations:
        said.append(
            speech.say(
                "Its record names no places yet, so nobody knows whether one will be near %(topic)s.",
                topic=near.place,
            )
        )
    said.append(speech.say("The registry's search can miss studies, or find some that do not fit."))
    said.append(speech.say("Only the study team can tell whether a person can join."))
    return tuple(said)


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


def status_line(speech: Speech, code: str) -> Line:
    """'Status: Recruiting (is listed as looking for participants)'; in another language our words alone."""
    meaning, registry = short(speech, code), Run(registry_words.label(code), registry=True)
    if meaning and speech.language != "en":
        return ours(speech.say("Status"), meaning)
    return Line(speech.say("Status"), (registry, Run(f" ({meaning})")) if meaning else (registry,))
