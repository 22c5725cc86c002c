"""Every kind of change, how much it weighs, and which paths of a record it is made of: one table, to be read by anybody.

A path that no row names becomes `Kind.OTHER`: minor, counted, never dropped. What is not watched at all stands in `noise`.
"""

from collections import Counter
from enum import IntFlag, StrEnum, auto
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import msgspec

from notifier.domain.sheets import packaged


class Weight(StrEnum):
    """How much a change matters to a person who follows the study. The heavier is the greater in comparisons."""

    #: Decides whether, where or how somebody can take part, or what came of the study.
    IMPORTANT = "important"
    NOTABLE = "notable"  #: Worth a mail; may wait for a digest.
    MINOR = "minor"  #: Told only to those who ask for every edit.
    HOUSEKEEPING = "housekeeping"  #: Kept in the history, told to nobody.

    @property
    def rank(self) -> int:
        """0 for the heaviest, so that a database can sort and compare."""
        return _RANKS[self]

    def __lt__(self, other: str) -> bool:
        return self.rank > Weight(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank >= Weight(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank < Weight(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank <= Weight(other).rank


_RANKS = {weight: rank for rank, weight in enumerate(Weight)}

OVERALL_STATUS = "protocolSection.statusModule.overallStatus"
START_DATE = "protocolSection.statusModule.startDateStruct"
LOCATIONS = "protocolSection.contactsLocationsModule.locations"
CENTRAL_CONTACTS = "protocolSection.contactsLocationsModule.centralContacts"
ARMS = "protocolSection.armsInterventionsModule.armGroups"
CONDITIONS = "protocolSection.conditionsModule.conditions"
INTERVENTIONS = "protocolSection.armsInterventionsModule.interventions"
PRIMARY_OUTCOMES = "protocolSection.outcomesModule.primaryOutcomes"
HAS_RESULTS = "hasResults"
RESULTS = "resultsSection"


#: `kinds.tsv`: what it says of each kind, by its name as it is stored.
_ROWS = {name: row for name, *row in packaged(Path(__file__).with_name("kinds.tsv"))}


class Kind(StrEnum):
    """What sort of thing changed; `kinds.tsv` has a row for each, and changes of one weight are told in the order of the names.

    weight: what it usually weighs. means: the kind in a few plain words. paths: where it is read, dotted, without places
    in lists; none where other parts of the program make it.
    """

    weight: Weight
    means: str
    paths: tuple[str, ...]
    position: int

    def __new__(cls, name: str) -> Self:
        kind = str.__new__(cls, name)
        row = _ROWS[name]
        kind._value_, kind.weight, kind.means = name, Weight(row[0]), row[2]
        kind.paths = tuple(
            path
            if path == HAS_RESULTS or path.split(".", 1)[0].endswith("Section")
            else f"protocolSection.{path}"
            for path in " ".join(row[3:]).split()
        )
        kind.position = len(cls.__members__)
        return kind

    # May people join, and why not
    STATUS_STOPPED = auto()
    STATUS_PAUSED = auto()
    STATUS_OPENED = auto()
    STATUS_CLOSED = auto()
    STATUS_CHANGED = auto()
    BECAME_UNKNOWN = auto()
    NO_LONGER_UNKNOWN = auto()
    WHY_STOPPED = auto()
    LEFT_REGISTRY = auto()
    CAME_BACK = auto()
    RECORD_UNREADABLE = auto()
    # What came of it
    RESULTS_POSTED = auto()
    RESULTS_WITHDRAWN = auto()
    RESULTS_UPDATED = auto()
    RESULTS_DELAYED = auto()
    RESULTS_OVERDUE = auto()
    # Who may join
    ELIGIBILITY_CRITERIA = auto()
    AGE_LIMITS = auto()
    SEX = auto()
    HEALTHY_VOLUNTEERS = auto()
    # What is tried, and what is measured
    ARM_ADDED = auto()
    ARM_REMOVED = auto()
    INTERVENTION_ADDED = auto()
    INTERVENTION_REMOVED = auto()
    PRIMARY_OUTCOME_SWAPPED = auto()
    PRIMARY_OUTCOME_DROPPED = auto()
    PRIMARY_OUTCOME_ADDED = auto()
    # Whom to ask, and where
    CONTACTS = auto()
    SITE_OPENED = auto()
    SITE_CLOSED = auto()
    SITE_PAUSED = auto()
    SITE_ADDED = auto()
    SITE_REMOVED = auto()
    SITE_STATUS = auto()
    SITE_RENAMED = auto()
    SITE_CONTACTS = auto()
    SITE_ADDRESS = auto()
    # When, and how large
    START_DATE = auto()
    START_DATE_ROLLED = auto()
    START_PASSED = auto()
    PRIMARY_COMPLETION_DATE = auto()
    COMPLETION_DATE = auto()
    END_PASSED = auto()
    ENROLMENT = auto()
    # What the study is
    CONDITIONS = auto()
    TITLE = auto()
    PHASE = auto()
    STUDY_TYPE = auto()
    DESIGN = auto()
    ARM_CHANGED = auto()
    INTERVENTION_CHANGED = auto()
    PRIMARY_OUTCOME_REWORDED = auto()
    SECONDARY_OUTCOME_ADDED = auto()
    SECONDARY_OUTCOME_DROPPED = auto()
    SUMMARY = auto()
    DESCRIPTION = auto()
    STUDY_POPULATION = auto()
    SPONSOR = auto()
    EXPANDED_ACCESS = auto()
    ALIAS = auto()
    VIOLATION = auto()
    PUBLICATIONS = auto()
    LINKS = auto()
    DOCUMENTS = auto()
    NEW_STUDY = auto()
    NOW_LISTED = auto()
    NOW_FITS = auto()
    # For those who ask for every edit
    NO_LONGER_LISTED = auto()
    LAST_KNOWN_STATUS = auto()
    RESULTS_SUBMITTED = auto()
    RESULTS_DATES = auto()
    SECONDARY_OUTCOME_REWORDED = auto()
    OTHER_OUTCOMES = auto()
    DESIGN_DETAILS = auto()
    KEYWORDS = auto()
    COLLABORATORS = auto()
    OFFICIALS = auto()
    DATA_SHARING = auto()
    ADMINISTRATIVE = auto()
    OTHER = auto()


#: The kinds of a move of the study's status; the mail on it says the reason, too.
STATUS_KINDS = frozenset(kind for kind in Kind if kind.startswith("status_") or kind.endswith("_unknown"))
#: Kinds beside which one says nothing new, and so becomes housekeeping.
ECHO_OF = {
    Kind.WHY_STOPPED: STATUS_KINDS,
    Kind.RESULTS_UPDATED: {Kind.RESULTS_POSTED, Kind.RESULTS_WITHDRAWN},
    Kind.RESULTS_SUBMITTED: {Kind.RESULTS_POSTED},
    Kind.RESULTS_DATES: {Kind.RESULTS_POSTED, Kind.RESULTS_WITHDRAWN},
    Kind.LAST_KNOWN_STATUS: {Kind.BECAME_UNKNOWN, Kind.NO_LONGER_UNKNOWN, Kind.STATUS_STOPPED},
}
#: Kinds by which somebody hears of a study under a condition; what is the news of a condition may be narrowed.
FOUND = frozenset({Kind.NEW_STUDY, Kind.NOW_LISTED, Kind.NOW_FITS})
#: Kinds that stand alone in their mail and come by day (W10).
BAD_NEWS = frozenset({Kind.STATUS_STOPPED, Kind.WHY_STOPPED})


class Group(IntFlag):
    """What somebody can choose to hear of; a bit each, so that a database can compare."""

    OPENS_OR_STOPS = 1  #: It starts, pauses or stops taking part, or leaves the registry.
    RESULTS = 2  #: Results are posted, edited, withdrawn, late.
    WHO_CAN_JOIN = 4  #: Criteria, ages, sex, healthy volunteers.
    PLACES = 8  #: Places and whom to ask.
    DATES = 16  #: Start, end, how many people.
    NEW_STUDIES = 32  #: Studies that newly stand under a condition.
    EVERYTHING_ELSE = 64


EVERY_GROUP = Group(sum(Group))


def group_of(kind: Kind) -> Group:
    return Group[_ROWS[kind][1].upper()]


def stored_groups(value: object) -> Group:
    """What somebody chose, as stored; where that cannot be read, as if they had left nothing out."""
    return Group(value) if isinstance(value, int) and 0 <= value <= EVERY_GROUP else EVERY_GROUP


def stored_lightest(rank: object) -> Weight:
    """The lightest change that somebody chose, by its stored rank; the usual where that is none."""
    weights = list(Weight)
    return weights[rank] if isinstance(rank, int) and 0 <= rank < len(weights) else Weight.NOTABLE


#: The kind of the first row that names a path, and the paths below which another one is named.
_KIND_AT = {path: kind for kind in reversed(Kind) for path in kind.paths}
_HAVE_PARTS = {path[:end] for path in _KIND_AT for end, sign in enumerate(path) if sign == "."}


@lru_cache(maxsize=4096)
def kind_at(path: str) -> Kind:
    """The kind of the row that names this path or the nearest one above it; OTHER where none does.

    Where several rows name one path, the values decide between them, and this is merely the first.
    """
    while path and path not in _KIND_AT:
        path = path.rpartition(".")[0]
    return _KIND_AT.get(path, Kind.OTHER)


def is_results_part(path: str) -> bool:
    """Whether a path is one part of the results, of which only a digest is kept."""
    return path.startswith(RESULTS + ".") and path.count(".") == 1


@lru_cache(maxsize=4096)
def is_one(path: str) -> bool:
    """Whether what stands at this path is told as one thing, and not key by key: a row names it, and none names a part.

    Results are told part by part, although one row names them all.
    """
    named = path in _KIND_AT and path not in _HAVE_PARTS and path != RESULTS
    return named or is_results_part(path)


class ListRule(msgspec.Struct, frozen=True):
    """How the entries of one list are known and told.

    keys: what names an entry, the surest first. alike: the texts of which a similar wording says that it is the same entry;
    the first is compared by words, the others as long texts that were edited. kinds: of an entry that came, went, or changed;
    without them, the list has one kind for all that happens to it.
    """

    keys: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    kinds: tuple[Kind, Kind, Kind] | None = None


_MODULE = "protocolSection."
_MEASURE = ("measure",), ("measure", "description")
_PRIMARY = Kind.PRIMARY_OUTCOME_ADDED, Kind.PRIMARY_OUTCOME_DROPPED, Kind.PRIMARY_OUTCOME_REWORDED
_SECONDARY = Kind.SECONDARY_OUTCOME_ADDED, Kind.SECONDARY_OUTCOME_DROPPED, Kind.SECONDARY_OUTCOME_REWORDED
_ARMS = Kind.ARM_ADDED, Kind.ARM_REMOVED, Kind.ARM_CHANGED
_TREATMENTS = Kind.INTERVENTION_ADDED, Kind.INTERVENTION_REMOVED, Kind.INTERVENTION_CHANGED
#: Lists that are told entry by entry; other lists are told as one value.
LISTS = {
    LOCATIONS: ListRule(),
    CENTRAL_CONTACTS: ListRule(("name", "email", "phone")),
    _MODULE + "contactsLocationsModule.overallOfficials": ListRule(("name",)),
    ARMS: ListRule(("label",), ("label", "description"), _ARMS),
    INTERVENTIONS: ListRule(("name",), ("name", "description"), _TREATMENTS),
    PRIMARY_OUTCOMES: ListRule(*_MEASURE, _PRIMARY),
    _MODULE + "outcomesModule.secondaryOutcomes": ListRule(*_MEASURE, _SECONDARY),
    _MODULE + "outcomesModule.otherOutcomes": ListRule(*_MEASURE),
    CONDITIONS: ListRule((), ("",)),
    _MODULE + "conditionsModule.keywords": ListRule((), ("",)),
    _MODULE + "sponsorCollaboratorsModule.collaborators": ListRule(("name",)),
    _MODULE + "referencesModule.references": ListRule(("pmid", "citation"), ("citation",)),
    _MODULE + "referencesModule.seeAlsoLinks": ListRule(("url", "label")),
    _MODULE + "referencesModule.availIpds": ListRule(("id", "url")),
    _MODULE + "identificationModule.secondaryIdInfos": ListRule(("id",)),
    _MODULE + "identificationModule.nctIdAliases": ListRule(),
    "documentSection.largeDocumentModule.largeDocs": ListRule(("filename", "label")),
    "annotationSection.annotationModule.unpostedAnnotation.unpostedEvents": ListRule(),
    "annotationSection.annotationModule.violationAnnotation.violationEvents": ListRule(),
}


class Change(msgspec.Struct, frozen=True, gc=False):  # as the parts of a record
    """One thing that differs.

    path: dotted, without places in lists. before, after: what the registry's records hold there, untouched: the value,
    or for a list that is told entry by entry the whole entry, None on the side where it is absent; of a part of the
    results, a digest. When several aspects of one site changed, each is a Change of its own and they are chained: the
    `after` of one is the `before` of the next, the name first.
    """

    kind: Kind
    weight: Weight
    path: str
    before: Any = None
    after: Any = None

    @property
    def order(self) -> tuple[int, int]:
        """In which order changes are told: the heaviest first, then by the rows of `Kind`."""
        return self.weight.rank, self.kind.position

    def at_most(self, weight: Weight) -> "Change":
        """The same change, which weighs no more than this."""
        return msgspec.structs.replace(self, weight=weight) if self.weight > weight else self


def made(kind: Kind, before: object = None, after: object = None) -> Change:
    """A change that is not read from a path of the record."""
    return Change(kind, kind.weight, "", before, after)


class Difference(msgspec.Struct, frozen=True):
    """All that differs between two records: changes, in their order; and counted noise.

    Changes of weight housekeeping belong to the history and are told to nobody: `news` is without them.
    """

    changes: tuple[Change, ...] = ()
    noise: Counter[str] = msgspec.field(default_factory=Counter)

    @property
    def news(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.weight is not Weight.HOUSEKEEPING)
