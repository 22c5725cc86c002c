"""Short lists of a record whose change says more than its entries do: contacts, groups of participants, and lists that were
empty for once, which did not grow.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from notifier.domain.changes import TAKES_NOBODY, Change, Kind, Weight
from notifier.domain.changes.kinds import ARMS, CONDITIONS, INTERVENTIONS, PRIMARY_OUTCOMES
from notifier.domain.changes.lists import is_comparator, is_other_edition
from notifier.domain.letter import Told
from notifier.domain.study import Study
from notifier.domain.wording import registry_words, texts
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.shapes import Line, Mark, Telling, theirs
from notifier.domain.wording.speech import Speech


def contacts(speech: Speech, study: Study, told: Sequence[Told], source: str, base: Telling) -> Telling:
    """Whom to ask about the study: who came and who went."""
    lines: list[Line] = []
    for one in told:
        for label, contact in (
            (speech.say("Not listed any more"), one.change.before),
            (speech.say("Listed now"), one.change.after),
        ):
            if isinstance(contact, dict):
                lines.append(theirs(label, registry_words.person(contact)))
    telling = replace(base, lines=tuple(lines))
    gone, came = (any(getattr(one.change, side) for one in told) for side in ("before", "after"))
    if came and not gone:
        headline, means = _CONTACT_NAMED[len(told) < len(study.central_contacts)]
    elif gone and not came:
        headline, means = _CONTACT_GONE[bool(study.central_contacts)]
    else:
        return telling
    asks = telling.asks if gone else ()
    return replace(telling, headline=speech.say(headline), means=speech.say(means, source=source), asks=asks)


#: By whether there are others too.
_CONTACT_NAMED = (
    (
        n_("The record of a study you follow now names someone to contact."),
        n_(
            "%(source)s the record now names someone to contact about the whole study. Before, it named nobody."
        ),
    ),
    (
        n_("The record of a study you follow names one more to contact."),
        n_("%(source)s the record names more contacts for this study than before."),
    ),
)
_CONTACT_GONE = (
    (
        n_("The record of a study you follow no longer names a contact."),
        n_("%(source)s the record no longer names a contact for the whole study."),
    ),
    (
        n_("The record of a study you follow names fewer people to contact."),
        n_("%(source)s the record names fewer contacts for this study than before."),
    ),
)


#: Of what the others are compared with: by whether it went.
_COMPARED = (
    n_("%(source)s the study lists what it compares with among its treatments. It did not list this before."),
    n_("%(source)s the study no longer lists something that it was to compare with."),
)
#: Of what another part of the record names, too: by whether it went.
_NAMED = (
    (
        n_("The record of a study you follow lists more of what it tries."),
        n_(
            "%(source)s the study lists more among its treatments. Its title, summary or groups named this already, so it "
            "need not be new."
        ),
    ),
    (
        n_("The record of a study you follow lists less of what it tries."),
        n_(
            "%(source)s the study lists less among its treatments. Its title, summary or groups still name this, so it need "
            "not be gone."
        ),
    ),
)
_COMPARES = n_("What a study you follow compares with has changed.")
_COMPARATORS = frozenset({"ACTIVE_COMPARATOR", "PLACEBO_COMPARATOR", "SHAM_COMPARATOR", "NO_INTERVENTION"})


def treatments(study: Study, told: Sequence[Told], speech: Speech, source: str, telling: Telling) -> Telling:
    """Treatments that came or went; where all are what the others are compared with, that they are."""
    groups = {arm.label: str(arm.type) for arm in study.arms}

    def compares(one: Any) -> bool:
        labels = one.get("armGroupLabels") if isinstance(one, dict) else None
        roles = {groups.get(str(label), "") for label in labels} if isinstance(labels, list) else set()
        return is_comparator(one) or (bool(roles) and roles <= _COMPARATORS)

    gone = told[0].change.after is None
    if not all(compares(one.change.after or one.change.before) for one in told):
        if any(one.change.weight is Weight.IMPORTANT for one in told):
            return telling
        headline, means = _NAMED[gone]
        return replace(telling, headline=speech.say(headline), means=speech.say(means, source=source))
    means = _COMPARED[gone]
    return replace(telling, headline=speech.say(_COMPARES), means=speech.say(means, source=source))


def groups(speech: Speech, study: Study, told: Sequence[Told], source: str, telling: Telling) -> Telling:
    """Groups of participants that came or went; of a single one, who is in it."""
    change = told[0].change
    if any(one.change.path == INTERVENTIONS for one in told):
        telling = replace(telling, notes=(*telling.notes, speech.say(_AMONG_TREATMENTS)))
    if study.overall_status in TAKES_NOBODY:
        telling = replace(telling, notes=(*telling.notes, speech.say(_TAKES_NOBODY)))
    group = change.after or change.before
    role = _ROLES.get(str(group.get("type"))) if isinstance(group, dict) else None
    if len(told) > 1 or role is None:
        return telling
    headline, means = _ONE_GROUP[change.kind]
    means = speech.say(means, source=source, group=speech.say(role))
    notes = telling.notes
    if change.after is None and any(arm.type == group.get("type") for arm in study.arms):
        notes = (*notes, speech.say(_SUCH_A_GROUP_STAYS))
    return replace(telling, headline=speech.say(headline), means=means, notes=notes)


_TAKES_NOBODY = n_("The study takes no new participants.")
_AMONG_TREATMENTS = n_("It stands among what is tried, but is the name of a group, not of a treatment.")
_SUCH_A_GROUP_STAYS = n_("It still lists another group of this kind.")
_ONE_GROUP = {
    Kind.ARM_ADDED: (
        n_("A study you follow has added a group of participants."),
        n_("%(source)s the study added a group. It is made of %(group)s."),
    ),
    Kind.ARM_REMOVED: (
        n_("A study you follow no longer lists one of its groups of participants."),
        n_("%(source)s the study no longer lists a group. It was made of %(group)s."),
    ),
}
_ROLES = {
    "EXPERIMENTAL": n_("people who get what the study tries"),
    "ACTIVE_COMPARATOR": n_("people who get a treatment to compare with"),
    "PLACEBO_COMPARATOR": n_("people who get a placebo, which has no active substance"),
    "SHAM_COMPARATOR": n_("people who get a sham treatment, which only looks like a real one"),
    "NO_INTERVENTION": n_("people who do not get what the study tries"),
}


#: As many entries must go from a list, and most of it, for it to be called rewritten; as many of the new are shown.
_FEWEST_GONE, _MOST_SHOWN = 3, 3
_REWRITTEN = {
    PRIMARY_OUTCOMES: (
        n_("The list of main measures of a study you follow was rewritten."),
        n_(
            "%(source)s the list of main measures was rewritten: %(before)s before, %(now)s now. "
            "They answer the study's main question."
        ),
    ),
    ARMS: (
        n_("The list of groups of a study you follow was rewritten."),
        n_("%(source)s the list of groups of participants was rewritten: %(before)s before, %(now)s now."),
    ),
    INTERVENTIONS: (
        n_("The list of what a study you follow tries was rewritten."),
        n_("%(source)s the list of what the study tries was rewritten: %(before)s before, %(now)s now."),
    ),
}
_CHANGED = (
    n_("What a study you follow measures has changed."),
    n_(
        "%(source)s the main measures changed: %(before)s before, %(now)s now. "
        "They answer the study's main question."
    ),
)
_WHOLE_LIST_THERE = n_("The full record has the whole list. The record does not say why it changed.")


def rewritten(speech: Speech, study: Study, told: Sequence[Told], source: str, telling: Telling) -> Telling:
    """Of a list most of whose entries gave way to others: how many it had and has, and the first of the new ones."""
    came, gone = _came_and_went([one.change for one in told])
    path = told[0].change.path
    now = len(_WHOLE_LISTS[path][1](study))
    before, after = speech.number(now - came + gone), speech.number(now)
    lines: list[Line] = []
    for label, sides in (
        (speech.say("Removed"), [one.change.before for one in told if one.change.after is None]),
        (speech.say("Added"), [one.change.after for one in told if one.change.before is None]),
    ):
        names = [texts.in_short(registry_words.name(one)) for one in sides if isinstance(one, dict)]
        if path != PRIMARY_OUTCOMES:  # names of groups and treatments are short
            more = ["…"] if len(names) > _MOST_SHOWN else []
            lines.append(theirs(label, "; ".join([*names[:_MOST_SHOWN], *more])))
        elif label == speech.say("Added") or not _is_anew(came, gone, now):
            lines += [theirs(label, name) for name in names[:_MOST_SHOWN]]
    headline, means = _REWRITTEN[path] if _is_anew(came, gone, now) else _CHANGED
    return replace(
        telling,
        headline=speech.say(headline),
        means=speech.say(means, source=source, before=before, now=after),
        lines=tuple(lines),
        notes=(speech.say(_WHOLE_LIST_THERE),),
        derived=(*telling.derived, before, after),
    )


def _came_and_went(changes: Sequence[Change]) -> tuple[int, int]:
    return sum(change.before is None for change in changes), sum(change.after is None for change in changes)


def is_rewritten(study: Study, path: str, changes: Sequence[Change]) -> bool:
    """Whether most entries of a list gave way to others, or some main measures did. changes: all that are told of it."""
    if path not in _REWRITTEN:
        return False
    came, gone = _came_and_went(changes)
    if path == PRIMARY_OUTCOMES:  # what came and what went is one item
        return came > 0 and gone > 0
    return came > 0 and _is_anew(came, gone, len(_WHOLE_LISTS[path][1](study)))


def _is_anew(came: int, gone: int, now: int) -> bool:
    return gone >= _FEWEST_GONE and 2 * gone > now - came + gone


def whole(speech: Speech, change: Change, source: str, telling: Telling) -> Telling:
    """Of a list that was empty before, or is now, that it is so."""
    headline, means, note = _FILLED if change.after else _EMPTIED
    told = speech.say(_WHOLE_LISTS[change.path][0])
    return replace(
        telling,
        headline=speech.say(headline, list=told),
        means=speech.say(means, source=source, list=told),
        notes=(speech.say(note),),
        asks=telling.asks if change.after else (),
    )


def is_whole(study: Study, path: str, changes: Sequence[Change]) -> bool:
    """Whether a list that a record must not leave empty was empty before, or is now. changes: all that are told of it."""
    if path not in _WHOLE_LISTS:
        return False
    now = len(_WHOLE_LISTS[path][1](study))
    came = now == len(changes) and all(change.before is None for change in changes)
    return came or (now == 0 and all(change.after is None for change in changes))


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


def other_people(speech: Speech, told: Sequence[Told], source: str, telling: Telling) -> Telling:
    """Of main measures of which a few words changed, that these are about whom they count."""
    if all(is_other_edition(one.change.before, one.change.after) for one in told):
        headline, means, glossed = _EDITION
        notes = (speech.say(glossed),) if any("CTCAE" in line.text for line in telling.lines) else ()
        said = speech.say(means, source=source)
        return replace(telling, headline=speech.say(headline), means=said, notes=notes, asks=())
    edited = " ".join(run.text for line in telling.lines for run in line.runs if run.mark is not Mark.PLAIN)
    if telling.kinds[0] is not Kind.PRIMARY_OUTCOME_REWORDED or len(edited) > _SHORT_EDIT:
        return telling
    headline, note = map(speech.say, _OTHER_PEOPLE)
    others = replace(telling, headline=headline, notes=(note, *telling.notes))
    return others if _WHOM.search(edited) and not _WHO_JUDGES.search(edited) else telling


_EDITION = (
    n_("A study you follow now uses another version of a scale."),
    n_("%(source)s the study now uses another version of a scale."),
    n_("CTCAE is a scale of how bad side effects are."),
)
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


def ages(speech: Speech, told: Sequence[Told], telling: Telling) -> Telling:
    """Age limits; of a single one that is a number of years before and now, how it moved."""
    change = told[0].change
    limits = [_YEARS.fullmatch(str(side or "")) for side in (change.before, change.after)]
    if len(told) > 1 or not all(limits):
        return telling
    was, now = (int(age[1]) for age in limits if age)
    before, after = speech.number(was), speech.number(now)
    headline = speech.say(_LIMITS[change.path.endswith("maximumAge"), now > was], before=before, now=after)
    return replace(telling, headline=headline, lines=telling.lines[1:], derived=(before, after))


_YEARS = re.compile(r"([2-9]|\d{2,3}) Years?")  # of a single year, languages say it otherwise
#: By whether it is the upper limit, and rose.
_LIMITS = {
    (True, True): n_("The upper age limit of a study you follow rose from %(before)s to %(now)s years."),
    (True, False): n_("The upper age limit of a study you follow fell from %(before)s to %(now)s years."),
    (False, True): n_("The lower age limit of a study you follow rose from %(before)s to %(now)s years."),
    (False, False): n_("The lower age limit of a study you follow fell from %(before)s to %(now)s years."),
}
