"""Short lists of a record whose change says more than its entries do: contacts, groups of participants, and lists that were
empty for once, which did not grow.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from notifier.domain.changes import TAKES_NOBODY, Change, Kind
from notifier.domain.changes.table import ARMS, CONDITIONS, INTERVENTIONS, PRIMARY_OUTCOMES
from notifier.domain.letter import Told
from notifier.domain.study import Study
from notifier.domain.wording import registry_words
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.shapes import Line, Telling, theirs
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
    return replace(telling, headline=speech.say(headline), means=speech.say(means, source=source))


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


def whole(speech: Speech, change: Change, source: str, telling: Telling) -> Telling:
    """Of a list that was empty before, or is now, that it is so."""
    headline, means, note = _FILLED if change.after else _EMPTIED
    says = speech.say(means, source=source, list=speech.say(_WHOLE_LISTS[change.path][0]))
    return replace(telling, headline=speech.say(headline), means=says, notes=(speech.say(note),))


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
    n_("The record of a study you follow fills a list that was empty before."),
    n_("%(source)s the record lists %(list)s now. The version before listed none."),
    n_("So the study itself need not have changed."),
)
_EMPTIED = (
    n_("A list in the record of a study you follow is empty now."),
    n_("%(source)s the record lists no %(list)s any more."),
    n_("A record should list some, so this may be a slip. The record does not say why."),
)
