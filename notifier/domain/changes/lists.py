"""What happened to lists whose entries have no ids: what two of them do not share is paired where that is clear, and told."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from notifier.domain.changes.aligning import Effort
from notifier.domain.changes.form import says_the_same
from notifier.domain.changes.kinds import Change, Kind, Weight
from notifier.domain.changes.pairing import (
    Leftovers,
    common_words,
    fold,
    holds_the_other,
    is_edit_of,
    is_respelled,
    same_words,
)
from notifier.domain.changes.sites import listing_weight, match_sites, site_changes, ways_to_reach
from notifier.domain.changes.table import (
    ARMS,
    CENTRAL_CONTACTS,
    CONDITIONS,
    INTERVENTIONS,
    LOCATIONS,
    PRIMARY_OUTCOMES,
    kind_at,
    row_of,
)
from notifier.domain.changes.unshared import unshared


class ListRule(msgspec.Struct, frozen=True):
    """How the entries of one list are known and told.

    keys: what names an entry, the surest first. alike: the texts of which a similar wording says that it is the same
    entry; the first is compared by words, the others as long texts that were edited.
    """

    added: Kind
    removed: Kind
    changed: Kind
    keys: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()


_MEASURE = ("measure", "description")
_TOLD = {
    PRIMARY_OUTCOMES: ListRule(
        Kind.PRIMARY_OUTCOME_ADDED,
        Kind.PRIMARY_OUTCOME_DROPPED,
        Kind.PRIMARY_OUTCOME_REWORDED,
        ("measure",),
        _MEASURE,
    ),
    "protocolSection.outcomesModule.secondaryOutcomes": ListRule(
        Kind.SECONDARY_OUTCOME_ADDED,
        Kind.SECONDARY_OUTCOME_DROPPED,
        Kind.SECONDARY_OUTCOME_REWORDED,
        ("measure",),
        _MEASURE,
    ),
    "protocolSection.outcomesModule.otherOutcomes": ListRule(
        *(Kind.OTHER_OUTCOMES,) * 3, ("measure",), _MEASURE
    ),
    ARMS: ListRule(Kind.ARM_ADDED, Kind.ARM_REMOVED, Kind.ARM_CHANGED, ("label",), ("label", "description")),
    INTERVENTIONS: ListRule(
        Kind.INTERVENTION_ADDED,
        Kind.INTERVENTION_REMOVED,
        Kind.INTERVENTION_CHANGED,
        ("name",),
        ("name", "description"),
    ),
}
#: What names an entry of the lists that have one kind for all that happens to them.
_KEYS = {
    CENTRAL_CONTACTS: ("name", "email", "phone"),
    "protocolSection.contactsLocationsModule.overallOfficials": ("name",),
    "protocolSection.sponsorCollaboratorsModule.collaborators": ("name",),
    "protocolSection.referencesModule.references": ("pmid", "citation"),
    "protocolSection.referencesModule.seeAlsoLinks": ("url", "label"),
    "protocolSection.referencesModule.availIpds": ("id", "url"),
    "protocolSection.identificationModule.secondaryIdInfos": ("id",),
    "documentSection.largeDocumentModule.largeDocs": ("filename", "label"),
}
#: Lists with one kind for all that happens to them whose entries are also known by their wording.
_WORDED = {
    "protocolSection.referencesModule.references": ("citation",),
    CONDITIONS: ("",),
    "protocolSection.conditionsModule.keywords": ("",),
}
#: The title of a paper that only corrects another one; "Erratum in: …" follows the one that was corrected.
_ERRATUM = re.compile(
    r"(?i)(?:^|[.:] )(?:(?:publisher|author) correction|erratum|corrigendum|correction to)\b(?! in\b)"
)
_LONGEST_GROUP = 40  # characters
#: What stands among the treatments and is the name of a group of people: "Cohort 3A", "Arm B".
_GROUP = re.compile(
    r"(?i)(?:study |treatment |dose |expansion )?(?:arms?|cohorts?|groups?|strat(?:um|a))(?:[ -](?:[a-z]?\d{0,2}[a-z]?|[ivx]{1,4}))?"
)
_LAY = re.compile(
    r"(?i)plain[ -]?language|\blay(?:[ -]?(?:language|person|people))?[ -]?(?:results?[ -])?summar|patientsummar|trialsummaries"
)
#: Lists that a record must not leave empty.
_NEVER_EMPTY = frozenset({PRIMARY_OUTCOMES, CONDITIONS, ARMS, INTERVENTIONS})
#: Keys of an intervention of which a change is a minor one.
_LIGHT = frozenset({"otherNames", "armGroupLabels"})


def list_changes(
    path: str, before: Any, after: Any, *, enrolling: bool, noise: Counter[str]
) -> Iterator[Change]:
    """What differs between two lists; entries that differ in form only are counted in `noise`.

    enrolling: whether the study takes participants, is about to, or is on hold.
    """
    leftovers = Leftovers(*unshared(path, before, after, noise))
    if path == LOCATIONS:
        yield from _sites(leftovers, enrolling=enrolling)
        return
    told = _TOLD.get(path) or ListRule(*(kind_at(path),) * 3, _KEYS.get(path, ()), _WORDED.get(path, ()))
    _match(leftovers, told)
    most = Weight.IMPORTANT
    if path == CENTRAL_CONTACTS:  # one more to ask is worth knowing; to lose one may leave nobody
        most = Weight.NOTABLE if leftovers.new and not (leftovers.gone or leftovers.pairs) else most
        most = most if enrolling else Weight.MINOR
    elif path in _NEVER_EMPTY and not after:  # which may be a slip
        most = Weight.NOTABLE
    for change in _told(path, leftovers, told):
        yield msgspec.structs.replace(change, weight=most) if change.weight > most else change


def _sites(leftovers: Leftovers, *, enrolling: bool) -> Iterator[Change]:
    match_sites(leftovers)
    for mine, yours in leftovers.pairs:
        yield from site_changes(mine, yours, enrolling=enrolling)
    for site in leftovers.gone:
        yield Change(Kind.SITE_REMOVED, listing_weight(Kind.SITE_REMOVED, site), LOCATIONS, site, None)
    # What comes together is told together, so that it adds up.
    weight = max((listing_weight(Kind.SITE_ADDED, site) for site in leftovers.new), default=Weight.MINOR)
    for site in leftovers.new:
        yield Change(Kind.SITE_ADDED, weight, LOCATIONS, None, site)


def _match(leftovers: Leftovers, told: ListRule) -> None:
    for key in told.keys:
        leftovers.match(lambda part, key=key: fold(_text(part, key)) or None)  # type: ignore[misc]  # mypy cannot see defaults of a lambda
    if told.alike:
        leftovers.match_alike(lambda mine, yours: _likeness(mine, yours, told.alike, leftovers.effort))


def _likeness(mine: Any, yours: Any, texts: tuple[str, ...], effort: Effort) -> float:
    words = common_words(_text(mine, texts[0]), _text(yours, texts[0]), effort)
    edited = any(is_edit_of(_text(mine, name), _text(yours, name), effort) for name in texts[1:])
    return max(words, float(edited))


def _text(part: Any, key: str) -> str:
    return str((part.get(key) if isinstance(part, dict) else part) or "")


def _told(path: str, leftovers: Leftovers, told: ListRule) -> Iterator[Change]:
    for mine, yours in leftovers.pairs:
        group = path == INTERVENTIONS and is_group(mine) and is_group(yours)
        yield _change(Kind.ARM_CHANGED if group else told.changed, path, mine, yours)
    if path == PRIMARY_OUTCOMES and len(leftovers.gone) == len(leftovers.new) == 1:
        mine, yours = leftovers.gone[0], leftovers.new[0]
        same = holds_the_other(_text(mine, "measure"), _text(yours, "measure"))
        yield _change(told.changed if same else Kind.PRIMARY_OUTCOME_SWAPPED, path, mine, yours)
        return
    for part in leftovers.gone:
        group = path == INTERVENTIONS and is_group(part)
        yield _change(Kind.ARM_REMOVED if group else told.removed, path, part, None)
    for part in leftovers.new:
        group = path == INTERVENTIONS and is_group(part)
        yield _change(Kind.ARM_ADDED if group else told.added, path, None, part)


def is_group(treatment: Any) -> bool:
    """Whether an entry among the treatments names no treatment but a group of people."""
    name = _text(treatment, "name").strip()[:_LONGEST_GROUP]
    groups = treatment.get("armGroupLabels") if isinstance(treatment, dict) else None
    is_one = isinstance(groups, list) and name in groups
    return (_GROUP.match if is_one else _GROUP.fullmatch)(name) is not None


def _change(kind: Kind, path: str, before: Any, after: Any) -> Change:
    both = before is not None and after is not None
    weigh = _WEIGHED.get(kind)
    weight = weigh(before, after) if weigh else row_of(kind).weight
    same = both and (says_the_same(before, after) or is_same_firm(before, after))
    return Change(kind, Weight.HOUSEKEEPING if same else weight, path, before, after)


#: What is given to compare with: the usual treatment, or none with an active substance.
_COMPARATOR = re.compile(
    r"(?i)\b(?:standard(?:[ -]of[ -]| )(?:care|treatment|therapy)|usual care|treatment as usual|soc|placebos?|sham|"
    r"best supportive care|no (?:intervention|treatment)|observation(?: only| alone)?)\b"
)


def is_comparator(treatment: Any) -> bool:
    """Whether an entry among the treatments is what the others are compared with, by its name."""
    name = _text(treatment, "name")[:200]
    return _COMPARATOR.search(name) is not None and " plus " not in name and "+" not in name


def _of_new_treatment(before: Any, after: Any) -> Weight:
    return Weight.NOTABLE if is_comparator(before or after) else Weight.IMPORTANT


def _of_measure(before: Any, after: Any) -> Weight:
    """A short form put in brackets, or a plural, makes no other measure."""
    moved = differing(before, after)
    sides = tuple(
        [_PLURAL.sub("", _BRACKETS.sub("", _text(one, key))) for key in sorted(moved)]
        for one in (before, after)
    )
    light = (
        all(map(same_words, *sides)) or all(map(is_respelled, *sides)) or _differ_in_editions(before, after)
    )
    return Weight.MINOR if light else Weight.NOTABLE


_EDITION = re.compile(
    r"(?i)\b(CTCAE|i?RECIST|MedDRA|iwCLL|IMWG)\b[ ,(-]*(?:v(?:er(?:sion)?)?\.? ?)?\d+(?:\.\d+)*|"
    r"\b(?:v(?:er(?:sion)?)?|edition)\.? ?\d+(?:\.\d+)*"
)


def is_other_edition(before: Any, after: Any) -> bool:
    """Whether all that differs between two measures is the edition of a scale: CTCAE 5.0, CTCAE 6.0."""
    figures = [list(filter(str.isdigit, str(side))) for side in (before, after)]
    return figures[0] != figures[1] and _differ_in_editions(before, after)


def _differ_in_editions(before: Any, after: Any) -> bool:
    sides = ([_text(one, key) for key in sorted(differing(before, after))] for one in (before, after))
    pairs = [
        [" ".join(_EDITION.sub(r" \1 ", one).split()) for one in pair] for pair in zip(*sides, strict=True)
    ]
    return bool(pairs) and all(mine and same_words(mine, yours) for mine, yours in pairs)


_BRACKETS = re.compile(r"\s?\((?=[^)]{0,10}[A-Z])[A-Za-z\d/-]{2,10}\)")
_PLURAL = re.compile(r"(?<=[a-z]{3})s\b")


def _of_treatment(before: Any, after: Any) -> Weight:
    return Weight.MINOR if differing(before, after) <= _LIGHT else Weight.NOTABLE


def _of_condition(before: Any, after: Any) -> Weight:
    return Weight.MINOR if same_words(before, after) or is_respelled(before, after) else Weight.NOTABLE


def _of_contact(before: Any, after: Any) -> Weight:
    same = (
        isinstance(before, dict)
        and isinstance(after, dict)
        and ways_to_reach([before]) == ways_to_reach([after])
    )
    return Weight.MINOR if same else row_of(Kind.CONTACTS).weight


def _of_paper(before: Any, after: Any) -> Weight:
    """A paper on what came of the study is news when it comes, or is withdrawn; reading before it, and errata, are not."""
    old, new = (each if isinstance(each, dict) else {} for each in (before, after))
    of_results, was = (_text(each, "type") in {"RESULT", "DERIVED"} for each in (new, old))
    if new.get("retractions") and not old.get("retractions"):
        return Weight.NOTABLE
    if of_results and not was:
        return Weight.HOUSEKEEPING if _ERRATUM.search(_text(new, "citation")) else Weight.NOTABLE
    return Weight.MINOR if was and not new else Weight.HOUSEKEEPING


def _of_link(before: Any, after: Any) -> Weight:
    if is_lay_summary(after):
        return Weight.NOTABLE
    return Weight.MINOR if after or is_lay_summary(before) else Weight.HOUSEKEEPING


def is_lay_summary(link: Any) -> bool:
    """Whether a link leads to a summary in plain language, by its own words."""
    return bool(_LAY.search(f"{_text(link, 'label')[:500]} {_text(link, 'url')[:500]}"))


def _of_document(_before: Any, after: Any) -> Weight:
    return Weight.NOTABLE if isinstance(after, dict) and after.get("hasIcf") else Weight.MINOR


_WEIGHED: dict[Kind, Callable[[Any, Any], Weight]] = {
    Kind.INTERVENTION_ADDED: _of_new_treatment,
    Kind.INTERVENTION_REMOVED: _of_new_treatment,
    Kind.INTERVENTION_CHANGED: _of_treatment,
    Kind.PRIMARY_OUTCOME_REWORDED: _of_measure,
    Kind.CONDITIONS: _of_condition,
    Kind.CONTACTS: _of_contact,
    Kind.PUBLICATIONS: _of_paper,
    Kind.LINKS: _of_link,
    Kind.DOCUMENTS: _of_document,
}


def is_same_firm(before: Any, after: Any) -> bool:
    """Whether two entries name one firm or clinic: all that moved is the order of the words, or what the registry sorts it
    under.
    """
    if not (moved := differing(before, after)) <= {"class", "name", "fullName"}:
        return False
    names = (sorted(fold(each.get(key)).split()) for key in moved - {"class"} for each in (before, after))
    return all(mine == yours for mine, yours in zip(names, names, strict=True))


def differing(before: Any, after: Any) -> set[str]:
    """The keys at which two entries differ; what is no entry differs wholly."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return {""}
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
