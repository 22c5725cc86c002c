"""How many people there are in a study, and above all whether they are as many as were planned."""

from dataclasses import replace

from notifier.domain.changes import Change
from notifier.domain.study import Study
from notifier.domain.wording import newcomers
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.shapes import Telling, ours
from notifier.domain.wording.speech import Speech

#: A plan for fewer than this share is news that a headline must not leave out.
_FEWER = 2 / 3
_ALSO_FEWER = {
    "ESTIMATED": n_("plans for fewer people"),
    "ACTUAL": n_("has far fewer people than planned"),
}
#: While a study stands like this, the number of people is none for good.
_STILL_OPEN = frozenset({"RECRUITING", "NOT_YET_RECRUITING", "ENROLLING_BY_INVITATION", "SUSPENDED"})
#: By the type of the number before and now, and by how the two compare.
_HOW_MANY = {
    ("ESTIMATED", "ACTUAL", "same"): (
        n_("As many people as planned have joined a study you follow."),
        n_("%(source)s %(people)s joined, as planned."),
    ),
    ("ESTIMATED", "ACTUAL", "more"): (
        n_("More people than planned have joined a study you follow."),
        n_("%(source)s more people joined than were planned."),
    ),
    ("ESTIMATED", "ACTUAL", "fewer"): (
        n_("Fewer people than planned have joined a study you follow."),
        n_("%(source)s fewer people joined than were planned."),
    ),
    ("ESTIMATED", "ACTUAL", "half"): (
        n_("Far fewer people than planned have joined a study you follow."),
        n_("%(source)s %(people)s joined, less than half as many as were planned."),
    ),
    ("ESTIMATED", "ACTUAL", "so_far"): (
        n_("The record now counts how many people have joined a study you follow so far."),
        n_("%(source)s %(people)s joined so far. More were planned."),
    ),
    ("ESTIMATED", "ACTUAL", "none"): (
        n_("Nobody has joined a study you follow."),
        n_("%(source)s nobody joined this study."),
    ),
    ("ESTIMATED", "ESTIMATED", "more"): (
        n_("A study you follow now plans for more people."),
        n_("%(source)s the study now plans for more people."),
    ),
    ("ESTIMATED", "ESTIMATED", "fewer"): (
        n_("A study you follow now plans for fewer people."),
        n_("%(source)s the study now plans for fewer people."),
    ),
    ("ESTIMATED", "ESTIMATED", "half"): (
        n_("A study you follow now plans for far fewer people."),
        n_("%(source)s the study now plans for less than half as many people."),
    ),
}


_OF_NO_TYPE = n_("Planned or reached: the record does not say.")


def told_by(speech: Speech, study: Study, change: Change, source: str, base: Telling) -> Telling:
    """The statement on this change, made of the one with the sentences of its kind."""
    before, after = (side if isinstance(side, dict) else {} for side in (change.before, change.after))
    was, now = before.get("count"), after.get("count")
    kinds = str(before.get("type")), str(after.get("type"))
    lines = tuple(
        ours(label, newcomers.people(speech, side.get("count"), side.get("type"), None))
        for label, side in ((speech.say("Before"), before), (speech.say("Now"), after))
    )
    if kinds[1] == "None":
        base = replace(base, notes=(*base.notes, speech.say(_OF_NO_TYPE)))
    if not (isinstance(was, int) and isinstance(now, int)) or was == 0:
        return replace(base, lines=lines)
    how = "same" if now == was else "more" if now > was else "half" if 2 * now < was else "fewer"
    if kinds[1] == "ACTUAL" and now < was and study.overall_status in _STILL_OPEN:
        how = "so_far"
    elif kinds[1] == "ACTUAL" and now == 0:
        how = "none"
    said = _HOW_MANY.get((*kinds, how))
    if said is None:
        return replace(base, lines=lines)
    size = speech.count("%(number)s person", "%(number)s people", now)
    also = ""
    if how == "half" or (kinds[1] == "ESTIMATED" and now < was * _FEWER):
        also = speech.say(_ALSO_FEWER[kinds[1]])
    return replace(
        base,
        headline=speech.say(said[0]),
        means=speech.say(said[1], source=source, people=size),
        also=also,
        lines=() if how == "same" else lines,
    )
