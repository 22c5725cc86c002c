"""Fields and short lists of a record whose change says more than the words that came and went: how many people, whom to ask,
which groups and treatments, ages, titles; lists that were rewritten, or were empty for once, which did not grow; and a study
that is new under a followed condition, from its fields alone. Never ranks, never recommends (W11).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from notifier.domain.changes import TAKES_NOBODY, Change, Kind, Weight
from notifier.domain.changes.kinds import ARMS, CONDITIONS, INTERVENTIONS, PRIMARY_OUTCOMES
from notifier.domain.changes.lists import is_comparator, is_other_edition
from notifier.domain.study import Study
from notifier.domain.wording import places, registry_words
from notifier.domain.wording.catalogue import n_, nn_
from notifier.domain.wording.registry_words import status_line
from notifier.domain.wording.sentences import CASES, SENTENCES, Ask, labels
from notifier.domain.wording.shapes import Line, Mark, News, Quote, Run, Telling, ours, theirs
from notifier.domain.wording.speech import Speech, one_line
from notifier.domain.wording.texts import in_short, plain

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
_TYPES = labels("type")


def newcomer(news: News) -> Telling:
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


#: A plan for fewer than this share is news that a headline must not leave out.
_FEWER = 2 / 3
_ALSO_FEWER = {"ESTIMATED": n_("plans for fewer people"), "ACTUAL": n_("has far fewer people than planned")}
#: While a study stands like this, the number of people is none for good.
_STILL_OPEN = frozenset({"RECRUITING", "NOT_YET_RECRUITING", "ENROLLING_BY_INVITATION", "SUSPENDED"})


_OF_NO_TYPE = n_("Planned or reached: the record does not say.")


def enrolment(news: News) -> Telling:
    """How many people there are in a study, and above all whether they are as many as were planned."""
    before, after = (
        side if isinstance(side, dict) else {} for side in (news.change.before, news.change.after)
    )
    was, now = before.get("count"), after.get("count")
    kinds = str(before.get("type")), str(after.get("type"))
    lines = [
        ours(label, people(news.speech, side.get("count"), side.get("type"), None))
        for label, side in ((news.say("Before"), before), (news.say("Now"), after))
    ]
    telling = news.telling(lines, notes=[news.say(_OF_NO_TYPE)] if kinds[1] == "None" else ())
    if not (isinstance(was, int) and isinstance(now, int)) or was == 0:
        return telling
    how = "same" if now == was else "more" if now > was else "half" if 2 * now < was else "fewer"
    if kinds[1] == "ACTUAL" and now < was and news.study.overall_status in _STILL_OPEN:
        how = "so_far"
    elif kinds[1] == "ACTUAL" and now == 0:
        how = "none"
    if (case := f"people {' '.join(kinds)} {how}") not in CASES:
        return telling
    size = news.speech.count("%(number)s person", "%(number)s people", now)
    few = how == "half" or (kinds[1] == "ESTIMATED" and now < was * _FEWER)
    also = news.say(_ALSO_FEWER[kinds[1]]) if few else ""
    telling = news.reworded(telling, CASES[case], people=size)
    return replace(telling, also=also, lines=() if how == "same" else telling.lines)


def contacts(news: News) -> Telling:
    """Whom to ask about the study: who came and who went."""
    lines = [
        theirs(label, registry_words.person(contact))
        for change in news.changes
        for label, contact in (
            (news.say("Not listed any more"), change.before),
            (news.say("Listed now"), change.after),
        )
        if isinstance(contact, dict)
    ]
    telling = news.telling(lines)
    gone, came = (any(getattr(change, side) for change in news.changes) for side in ("before", "after"))
    if came and not gone:
        more = len(news.told) < len(news.study.central_contacts)
        named = CASES["one more contact named" if more else "first contact named"]
        return replace(news.reworded(telling, named), asks=())
    if gone and not came:
        return news.reworded(
            telling, CASES["one contact gone" if news.study.central_contacts else "last contact gone"]
        )
    return telling


#: Of what the others are compared with: by whether it went.
_COMPARED = (
    n_("%(source)s the study lists what it compares with among its treatments. It did not list this before."),
    n_("%(source)s the study no longer lists something that it was to compare with."),
)
_COMPARES = n_("What a study you follow compares with has changed.")
_COMPARATORS = frozenset({"ACTIVE_COMPARATOR", "PLACEBO_COMPARATOR", "SHAM_COMPARATOR", "NO_INTERVENTION"})


def treatments(news: News) -> Telling:
    """Treatments that came or went; where all are what the others are compared with, that they are."""
    telling, gone = plain(news), news.change.after is None
    groups = {arm.label: str(arm.type) for arm in news.study.arms}

    def compares(one: Any) -> bool:
        labels = one.get("armGroupLabels") if isinstance(one, dict) else None
        roles = {groups.get(str(label), "") for label in labels} if isinstance(labels, list) else set()
        return is_comparator(one) or (bool(roles) and roles <= _COMPARATORS)

    if all(compares(change.after or change.before) for change in news.changes):
        return news.reworded(telling, (_COMPARES, _COMPARED[gone]))
    if any(change.weight is Weight.IMPORTANT for change in news.changes):
        return telling
    return news.reworded(telling, CASES[f"named treatment {'went' if gone else 'came'}"])


_TAKES_NOBODY = n_("The study takes no new participants.")
_AMONG_TREATMENTS = n_("It stands among what is tried, but is the name of a group, not of a treatment.")
_SUCH_A_GROUP_STAYS = n_("It still lists another group of this kind.")
_ROLES = labels("role")


def groups(news: News) -> Telling:
    """Groups of participants that came or went; of a single one, who is in it."""
    telling, change, study = plain(news), news.change, news.study
    notes = [*telling.notes]
    if any(one.path == INTERVENTIONS for one in news.changes):
        notes.append(news.say(_AMONG_TREATMENTS))
    if study.overall_status in TAKES_NOBODY:
        notes.append(news.say(_TAKES_NOBODY))
    group = change.after or change.before
    role = _ROLES.get(str(group.get("type"))) if isinstance(group, dict) else None
    if len(news.told) == 1 and role is not None:
        telling = news.reworded(telling, CASES[change.kind], group=news.say(role))
        if change.after is None and any(arm.type == group.get("type") for arm in study.arms):
            notes.append(news.say(_SUCH_A_GROUP_STAYS))
    return replace(telling, notes=tuple(notes))


#: As many entries must go from a list, and most of it, for it to be called rewritten; as many of the new are shown.
_FEWEST_GONE, _MOST_SHOWN = 3, 3
_WHOLE_LIST_THERE = n_("The full record has the whole list. The record does not say why it changed.")


def rewritten(news: News, telling: Telling) -> Telling:
    """Of a list most of whose entries gave way to others: how many it had and has, and the first of the new ones."""
    came, gone = _came_and_went(news.changes)
    path = news.change.path
    now = len(_WHOLE_LISTS[path][1](news.study))
    anew = _is_anew(came, gone, now)
    case = f"rewritten {path.rpartition('.')[2]}" if anew else "changed primaryOutcomes"
    lines = []
    for label, sides in (
        (news.say("Removed"), [change.before for change in news.changes if change.after is None]),
        (news.say("Added"), [change.after for change in news.changes if change.before is None]),
    ):
        names = [in_short(registry_words.name(one)) for one in sides if isinstance(one, dict)]
        if path != PRIMARY_OUTCOMES:  # names of groups and treatments are short
            more = ["…"] if len(names) > _MOST_SHOWN else []
            lines.append(theirs(label, "; ".join([*names[:_MOST_SHOWN], *more])))
        elif label == news.say("Added") or not anew:
            lines += [theirs(label, name) for name in names[:_MOST_SHOWN]]
    counts = {"before": news.counted(now - came + gone), "now": news.counted(now)}
    telling = news.reworded(telling, CASES[case], **counts)
    return replace(telling, lines=tuple(lines), notes=(news.say(_WHOLE_LIST_THERE),))


def _came_and_went(changes: Sequence[Change]) -> tuple[int, int]:
    return sum(change.before is None for change in changes), sum(change.after is None for change in changes)


def is_rewritten(study: Study, path: str, changes: Sequence[Change]) -> bool:
    """Whether most entries of a list gave way to others, or some main measures did. changes: all that are told of it."""
    if path not in {PRIMARY_OUTCOMES, ARMS, INTERVENTIONS}:
        return False
    came, gone = _came_and_went(changes)
    if path == PRIMARY_OUTCOMES:  # what came and what went is one item
        return came > 0 and gone > 0
    return came > 0 and _is_anew(came, gone, len(_WHOLE_LISTS[path][1](study)))


def _is_anew(came: int, gone: int, now: int) -> bool:
    return gone >= _FEWEST_GONE and 2 * gone > now - came + gone


#: The lists that a record must not leave empty: what is in them, in our words and in a study.
_WHOLE_LISTS: dict[str, tuple[str, Callable[[Study], Sequence[object]]]] = {
    PRIMARY_OUTCOMES: (n_("main measures"), lambda study: study.primary_outcomes),
    CONDITIONS: (n_("conditions that are studied"), lambda study: study.conditions),
    ARMS: (n_("groups of participants"), lambda study: study.arms),
    INTERVENTIONS: (n_("things that are tried"), lambda study: study.interventions),
}
_FILLED = (
    n_("The record of a study you follow now lists %(list)s. Before, it listed none."),
    n_("%(source)s the record lists %(list)s now. The version before listed none."),
    n_("So the study itself need not have changed."),
)
_EMPTIED = (
    n_("The record of a study you follow lists no %(list)s any more."),
    n_("%(source)s the record lists no %(list)s any more."),
    n_("A record should list some, so this may be a slip. The record does not say why."),
)


def whole(news: News, telling: Telling, changes: Sequence[Change]) -> Telling:
    """Of a list that a record must not leave empty, and that was empty before, or is now, that it is so.

    changes: all that are told of the list.
    """
    what, of_study = _WHOLE_LISTS.get(news.change.path, ("", None))
    now = len(of_study(news.study)) if of_study else 0
    filled = now == len(changes) and all(change.before is None for change in changes)
    emptied = now == 0 and all(change.after is None for change in changes)
    if of_study is None or not (filled or emptied):
        return telling
    *sentences, note = _FILLED if news.change.after else _EMPTIED
    telling = news.reworded(telling, sentences, list=news.say(what))
    return replace(telling, notes=(news.say(note),), asks=telling.asks if news.change.after else ())


_EDITION = (
    n_("A study you follow now uses another version of a scale."),
    n_("%(source)s the study now uses another version of a scale."),
    n_("CTCAE is a scale of how bad side effects are."),
)
_MEASURES = n_("%(source)s the words for the measures have changed.")
_ONE_MEASURE = n_("%(source)s the words for one of the main measures have changed.")
#: Words of a measure on whose numbers it counts; in a longer edit they are some among many.
_WHOM = re.compile(
    r"(?i)\b(?:cohorts?|arms?|groups?|sub-?study|sub-?studies|part [a-z\d]|sites?|countr(?:y|ies)|only|adults?|"
    r"child(?:ren)?|adolescents?|wom[ae]n|m[ae]n|[1-5](?:[/-][1-5])*L)\b"
)
_WHO_JUDGES = re.compile(r"(?i)\b(?:investigator|assess|determin|review|judg)")
_SHORT_EDIT = 120  # characters
_OTHER_PEOPLE = (
    n_("A main measure of a study you follow may count other people than before."),
    n_("So it may count other people than before. The record does not say why."),
)


def measures(news: News) -> Telling:
    """Measures that are worded differently; where a few words changed, whether these are about whom they count."""
    telling = plain(news)
    means = _MEASURES if len(telling.kinds) > 1 else SENTENCES[telling.kinds[0]].means
    main = news.change.kind is Kind.PRIMARY_OUTCOME_REWORDED
    if main and len(news.told) == 1 and len(news.study.primary_outcomes) > 1:
        means = _ONE_MEASURE
    telling = replace(telling, means=news.say(means))
    if all(is_other_edition(change.before, change.after) for change in news.changes):
        *sentences, glossed = _EDITION
        notes = (news.say(glossed),) if any("CTCAE" in line.text for line in telling.lines) else ()
        return replace(news.reworded(telling, sentences), notes=notes, asks=())
    edited = " ".join(run.text for line in telling.lines for run in line.runs if run.mark is not Mark.PLAIN)
    if main and len(edited) <= _SHORT_EDIT and _WHOM.search(edited) and not _WHO_JUDGES.search(edited):
        headline, note = map(news.say, _OTHER_PEOPLE)
        return replace(telling, headline=headline, notes=(note, *telling.notes))
    return telling


_YEARS = re.compile(r"([2-9]|\d{2,3}) Years?")  # of a single year, languages say it otherwise
#: By whether it is the upper limit, and rose.
_LIMITS = {
    (True, True): n_("The upper age limit of a study you follow rose from %(before)s to %(now)s years."),
    (True, False): n_("The upper age limit of a study you follow fell from %(before)s to %(now)s years."),
    (False, True): n_("The lower age limit of a study you follow rose from %(before)s to %(now)s years."),
    (False, False): n_("The lower age limit of a study you follow fell from %(before)s to %(now)s years."),
}


def ages(news: News) -> Telling:
    """Age limits; of a single one that is a number of years before and now, how it moved."""
    telling, change = plain(news), news.change
    limits = [_YEARS.fullmatch(str(side or "")) for side in (change.before, change.after)]
    if len(news.told) > 1 or not all(limits):
        return telling
    was, now = (int(age[1]) for age in limits if age)
    sentence = _LIMITS[change.path.endswith("maximumAge"), now > was]
    headline = news.say(sentence, before=news.counted(was), now=news.counted(now))
    return replace(telling, headline=headline, lines=telling.lines[1:])


_OTHER_CONDITION = n_("The title names the condition in other words than before.")
_LONG_NAME = 8  # letters; shorter words of a condition's name stand in many names


def title(news: News) -> Telling:
    """Title, short name, or both; where the name of a condition came or went, that may matter to people."""
    telling, study = plain(news), news.study
    parts = {change.path.rpartition(".")[2] for change in news.changes}
    if "acronym" in parts:
        telling = news.reworded(telling, CASES["title and acronym" if len(parts) > 1 else "acronym"])
    named = set(" ".join(study.conditions).casefold().split())
    sides = (
        (set(str(side or "").casefold().split()) for side in (one.before, one.after)) for one in news.changes
    )
    moved = {word for before, after in sides for word in before ^ after}
    if study.overall_status in TAKES_NOBODY or not any(len(word) >= _LONG_NAME for word in moved & named):
        return telling
    return replace(telling, notes=(news.say(_OTHER_CONDITION),), asks=SENTENCES[Kind.CONDITIONS].asks)


def conditions(news: News) -> Telling:
    """The conditions that are studied: whether one that came means that somebody may join now."""
    joins = news.study.overall_status not in TAKES_NOBODY and any(change.after for change in news.changes)
    return replace(plain(news), asks=(Ask.MAY_FIT,)) if joins else plain(news)


def administrative(news: News) -> Telling:
    """What the registry keeps for its own use; where that is the name of a firm, that it is."""
    telling = plain(news)
    if telling.lines and all(change.path.endswith(".organization") for change in news.changes):
        return replace(telling, means=news.say(_ORGANISATION))
    return telling


_ORGANISATION = n_("%(source)s the firm or clinic that keeps this record has another name.")
