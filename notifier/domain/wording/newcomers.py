"""A study that is new under a followed condition: what it is, from its fields alone. Never ranks, never recommends (W11)."""

from collections import Counter
from collections.abc import Sequence

from notifier.domain.changes import Kind
from notifier.domain.geo import Near
from notifier.domain.letter import Told
from notifier.domain.study import Study
from notifier.domain.wording import places, registry_words
from notifier.domain.wording.sentences import n_
from notifier.domain.wording.shapes import Line, Quote, Run, ours, theirs
from notifier.domain.wording.speech import Speech, one_line
from notifier.domain.wording.statuses import short

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


def lines(speech: Speech, study: Study, told: Sequence[Told]) -> tuple[Line, ...]:
    """What the reader follows, and the study's status, size and countries."""
    said = [*topics(speech, told)]
    if study.study_first_post_date:
        said.append(ours(speech.say("First posted"), speech.date(study.study_first_post_date)))
    if study.overall_status:
        said.append(status_line(speech, study.overall_status))
    if study.phases:
        said.append(theirs(speech.say("Phase"), ", ".join(map(registry_words.label, study.phases))))
    if study.enrollment.count is not None:
        size = people(speech, study.enrollment.count, study.enrollment.type, study.overall_status)
        said.append(ours(speech.say("Size"), size))
    if counts := _countries(study):
        said.append(Line(speech.say("Places"), places.by_country(speech, counts)))
    return tuple(said)


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


def derived(speech: Speech, study: Study) -> tuple[str, ...]:
    """The counts that `lines` may say."""
    return tuple(speech.number(number) for number in _countries(study).values())


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
    """'Status: Recruiting (is listed as looking for participants)'."""
    runs = [Run(registry_words.label(code), registry=True)]
    if meaning := short(speech, code):
        runs.append(Run(f" ({meaning})"))
    return Line(speech.say("Status"), tuple(runs))


def _countries(study: Study) -> dict[str, int]:
    counts = Counter(str(location.country or "") for location in study.locations)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
