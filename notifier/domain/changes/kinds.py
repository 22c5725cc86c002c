"""Every kind of change, how much it weighs, and which paths of a record it is made of: one table, to be read by anybody.

A path that no row names becomes `Kind.OTHER`: minor, counted, never dropped. What is not watched at all stands in `noise`.
"""

from collections import Counter
from enum import IntFlag, StrEnum
from functools import lru_cache
from typing import Any, Self

import msgspec


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
IMPORTANT, NOTABLE, MINOR, HOUSEKEEPING = Weight

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


class Kind(StrEnum):
    """What sort of thing changed, a row each: its name as it is stored, and what it says of it.

    weight: what it usually weighs. means: the kind in a few plain words. read_at: where it is read, words parted by
    spaces, in the protocol section unless another section is named; empty where other parts of the program make it.
    A remark says when one weighs less. Changes of one weight are told in the order of the rows.
    """

    weight: Weight
    means: str
    paths: tuple[str, ...]  # where it is read, in full: dotted, without places in lists
    position: int

    def __new__(cls, name: str, weight: Weight = MINOR, means: str = "", read_at: str = "") -> Self:
        kind = str.__new__(cls, name)
        kind._value_, kind.weight, kind.means = name, weight, means
        kind.paths = tuple(
            path
            if path == HAS_RESULTS or path.split(".", 1)[0].endswith("Section")
            else f"protocolSection.{path}"
            for path in read_at.split()
        )
        kind.position = len(cls.__members__)
        return kind

    # One line or a few for each kind reads better than one line for each word.
    # fmt: off

    # May people join, and why not
    STATUS_STOPPED = ("status_stopped", IMPORTANT, "stopped early, or cancelled before anyone joined",
        "statusModule.overallStatus")
    STATUS_PAUSED = "status_paused", IMPORTANT, "paused; may start again", "statusModule.overallStatus"
    STATUS_OPENED = "status_opened", IMPORTANT, "is listed as taking participants", "statusModule.overallStatus"
    STATUS_CLOSED = ("status_closed", IMPORTANT, "the public can no longer join, or it has ended",
        "statusModule.overallStatus")
    STATUS_CHANGED = "status_changed", IMPORTANT, "another change of the recruitment status", "statusModule.overallStatus"
    BECAME_UNKNOWN = ("became_unknown", IMPORTANT, "the registry lists the status as unknown: it was not confirmed for two years",
        "statusModule.overallStatus")  # notable: the study was not open to new participants before
    NO_LONGER_UNKNOWN = "no_longer_unknown", IMPORTANT, "the status is known again", "statusModule.overallStatus"
    WHY_STOPPED = "why_stopped", IMPORTANT, "the reason given for stopping", "statusModule.whyStopped"
    LEFT_REGISTRY = "left_registry", IMPORTANT, "the registry no longer shows the study"
    CAME_BACK = "came_back", IMPORTANT, "the registry shows the study again"
    RECORD_UNREADABLE = "record_unreadable", IMPORTANT, "we have not been able to read its record for seven days"

    # What came of it
    RESULTS_POSTED = "results_posted", IMPORTANT, "results were posted for the first time", "hasResults"
    RESULTS_WITHDRAWN = "results_withdrawn", IMPORTANT, "results are no longer shown", "hasResults"
    RESULTS_UPDATED = ("results_updated", NOTABLE, "posted results were edited; one change for each part of the results",
        "resultsSection")
    # minor: a date that is there already moved, or a later step of the same request is dated
    RESULTS_DELAYED = ("results_delayed", NOTABLE, "the sponsor asked to post results later, or need not post them",
        ("statusModule.dispFirstSubmitDate statusModule.dispFirstSubmitQcDate "
        "statusModule.dispFirstPostDateStruct statusModule.resultsWaived"))
    RESULTS_OVERDUE = "results_overdue", NOTABLE, "no results are posted a year after the last main measurement"

    # Who may join
    ELIGIBILITY_CRITERIA = ("eligibility_criteria", IMPORTANT, "the rules on who may join",
        "eligibilityModule.eligibilityCriteria")
    AGE_LIMITS = "age_limits", IMPORTANT, "the age limits", "eligibilityModule.minimumAge eligibilityModule.maximumAge"
    SEX = ("sex", IMPORTANT, "the sex or gender of people who may join",
        "eligibilityModule.sex eligibilityModule.genderBased eligibilityModule.genderDescription")
    HEALTHY_VOLUNTEERS = ("healthy_volunteers", IMPORTANT, "whether people without the condition may join",
        "eligibilityModule.healthyVolunteers")

    # What is tried, and what is measured
    ARM_ADDED = "arm_added", IMPORTANT, "a new group of participants (arm)", "armsInterventionsModule.armGroups"
    ARM_REMOVED = "arm_removed", IMPORTANT, "a group of participants (arm) is gone", "armsInterventionsModule.armGroups"
    # notable: it is what the study compares with, by its name, or title, summary or groups named it already
    INTERVENTION_ADDED = ("intervention_added", IMPORTANT, "a new treatment or procedure",
        "armsInterventionsModule.interventions")
    # notable: it is what the study compared with, by its name, or title, summary or groups still name it
    INTERVENTION_REMOVED = ("intervention_removed", IMPORTANT, "a treatment or procedure is gone",
        "armsInterventionsModule.interventions")
    PRIMARY_OUTCOME_SWAPPED = ("primary_outcome_swapped", IMPORTANT, "a main measure was replaced by another",
        "outcomesModule.primaryOutcomes")
    PRIMARY_OUTCOME_DROPPED = "primary_outcome_dropped", IMPORTANT, "a main measure is gone", "outcomesModule.primaryOutcomes"
    PRIMARY_OUTCOME_ADDED = "primary_outcome_added", IMPORTANT, "a new main measure", "outcomesModule.primaryOutcomes"

    # Whom to ask, and where
    # minor: telephone and address stay the same, or the study is neither open, about to open nor on hold (notable when one more
    # is named)
    CONTACTS = "contacts", IMPORTANT, "the study's own contact persons", "contactsLocationsModule.centralContacts"
    SITE_OPENED = "site_opened", NOTABLE, "a site is listed as taking participants", "contactsLocationsModule.locations"
    SITE_CLOSED = "site_closed", NOTABLE, "a site that took participants no longer does", "contactsLocationsModule.locations"
    SITE_PAUSED = "site_paused", NOTABLE, "a site has paused", "contactsLocationsModule.locations"
    # minor: the site is listed as closed, and none comes with it that is not
    SITE_ADDED = "site_added", NOTABLE, "a site is new in the list", "contactsLocationsModule.locations"
    # minor: the site is listed as closed
    SITE_REMOVED = "site_removed", NOTABLE, "a site is gone from the list", "contactsLocationsModule.locations"
    # minor: the site lists no status on one side (and is not withdrawn), or took nobody before either
    SITE_STATUS = "site_status", NOTABLE, "another change of a site's status", "contactsLocationsModule.locations"
    # minor: neither name is a place-holder such as 'Research Site' (housekeeping when only the spelling differs)
    SITE_RENAMED = "site_renamed", NOTABLE, "the same site has another name", "contactsLocationsModule.locations"
    # minor: telephone and address stay the same, or the study is not open to new participants, or about to be
    SITE_CONTACTS = "site_contacts", NOTABLE, "the contact persons of a site", "contactsLocationsModule.locations"
    # housekeeping: only the spelling of its city or state, or the form of its post code, differs
    SITE_ADDRESS = ("site_address", MINOR, "the same site has another address line or post code",
        "contactsLocationsModule.locations")

    # When, and how large
    # minor: it moved by less than two weeks, or started half a year ago, or the study is closed (housekeeping when only the day
    # was added or left out)
    START_DATE = "start_date", NOTABLE, "when the study starts", "statusModule.startDateStruct"
    START_DATE_ROLLED = ("start_date_rolled", NOTABLE, "the start date moves along with each re-posting: tell of it once a month at most",
        "statusModule.startDateStruct")
    START_PASSED = "start_passed", NOTABLE, "the planned start passed a month ago, and the record stands still"
    # minor: it moved by less than three months (housekeeping when only the day was added or left out)
    PRIMARY_COMPLETION_DATE = ("primary_completion_date", NOTABLE, "when the main measurements end",
        "statusModule.primaryCompletionDateStruct")
    # minor: it moved by less than three months (housekeeping when only the day was added or left out)
    COMPLETION_DATE = "completion_date", NOTABLE, "when the study ends", "statusModule.completionDateStruct"
    END_PASSED = "end_passed", NOTABLE, "the planned end passed a month ago, and the record stands still"
    # housekeeping: it is none, of a study that was cancelled
    ENROLMENT = "enrolment", NOTABLE, "how many people take part, planned or actual", "designModule.enrollmentInfo"

    # What the study is
    # minor: only capitals or punctuation differ
    CONDITIONS = "conditions", NOTABLE, "the conditions studied", "conditionsModule.conditions"
    # minor: only capitals, punctuation or the short name differ (housekeeping for the phase in a title)
    TITLE = ("title", NOTABLE, "the title or the short name",
        ("identificationModule.briefTitle identificationModule.officialTitle "
        "identificationModule.acronym"))
    PHASE = "phase", NOTABLE, "the phase", "designModule.phases"  # housekeeping: none was named, and none applies
    STUDY_TYPE = "study_type", NOTABLE, "the type of study", "designModule.studyType"
    DESIGN = ("design", NOTABLE, "how the study is set up: chance, blinding, purpose",
        ("designModule.designInfo.allocation designModule.designInfo.interventionModel "
        "designModule.designInfo.primaryPurpose designModule.designInfo.observationalModel "
        "designModule.designInfo.timePerspective designModule.designInfo.maskingInfo.masking "
        "designModule.designInfo.maskingInfo.whoMasked"))
    ARM_CHANGED = ("arm_changed", NOTABLE, "a group of participants (arm) is described differently",
        "armsInterventionsModule.armGroups")
    INTERVENTION_CHANGED = ("intervention_changed", NOTABLE, "a treatment or procedure is described differently",
        "armsInterventionsModule.interventions")  # minor: only its other names or its links to arms differ
    # minor: only a short form in brackets came or went, or a plural, or the edition of a scale, or one letter differs
    PRIMARY_OUTCOME_REWORDED = ("primary_outcome_reworded", NOTABLE, "a main measure is worded differently",
        "outcomesModule.primaryOutcomes")
    SECONDARY_OUTCOME_ADDED = "secondary_outcome_added", NOTABLE, "a new further measure", "outcomesModule.secondaryOutcomes"
    SECONDARY_OUTCOME_DROPPED = "secondary_outcome_dropped", NOTABLE, "a further measure is gone", "outcomesModule.secondaryOutcomes"
    # minor: only capitals, punctuation or words that most texts have differ
    SUMMARY = "summary", NOTABLE, "the short summary", "descriptionModule.briefSummary"
    # minor: few of its words changed, and no number gave way to another
    DESCRIPTION = "description", NOTABLE, "the long description", "descriptionModule.detailedDescription"
    STUDY_POPULATION = ("study_population", NOTABLE, "from which people participants are taken",
        "eligibilityModule.studyPopulation eligibilityModule.samplingMethod")
    # housekeeping: only its class (industry, government ...) or the order of its words differs
    SPONSOR = "sponsor", NOTABLE, "who is responsible for the study", "sponsorCollaboratorsModule.leadSponsor"
    # housekeeping: the registry merely says, or stops saying, that there is no such access
    EXPANDED_ACCESS = ("expanded_access", IMPORTANT, "whether the treatment can be had outside a study",
        "statusModule.expandedAccessInfo designModule.expandedAccessTypes")
    ALIAS = ("alias", NOTABLE, "another NCT number was merged into this study",
        "identificationModule.nctIdAliases identificationModule.nctId")
    VIOLATION = ("violation", NOTABLE, "an official notice on a breach of reporting duties",
        ("annotationSection.annotationModule.violationAnnotation.violationEvents "
        "oversightModule.fdaaa801Violation"))
    # minor: it is gone from the list (housekeeping for what was read before the study, and for errata)
    PUBLICATIONS = "publications", NOTABLE, "a paper on what came of the study", "referencesModule.references"
    # minor: it leads elsewhere (housekeeping when such a link is gone)
    LINKS = "links", NOTABLE, "a link to a summary in plain language", "referencesModule.seeAlsoLinks"
    # minor: it is another document, such as the protocol
    DOCUMENTS = ("documents", NOTABLE, "a consent form",
        "documentSection.largeDocumentModule.largeDocs documentSection.largeDocumentModule.noSap")
    NEW_STUDY = "new_study", NOTABLE, "a new study under a followed condition"
    NOW_LISTED = "now_listed", NOTABLE, "an older study now listed under a followed condition"
    NOW_FITS = "now_fits", NOTABLE, "a study under a followed condition that now fits what its follower chose"

    # For those who ask for every edit
    NO_LONGER_LISTED = "no_longer_listed", MINOR, "a study that was told under a followed condition no longer stands there"
    LAST_KNOWN_STATUS = "last_known_status", MINOR, "the status before it became unknown", "statusModule.lastKnownStatus"
    RESULTS_SUBMITTED = ("results_submitted", MINOR, "results were sent to the registry, or sent back, and are not posted yet",
        ("annotationSection.annotationModule.unpostedAnnotation.unpostedEvents "
        "annotationSection.annotationModule.unpostedAnnotation.unpostedResponsibleParty"))
    RESULTS_DATES = ("results_dates", MINOR, "the dates on which results were sent in and posted",
        ("statusModule.resultsFirstSubmitDate statusModule.resultsFirstSubmitQcDate "
        "statusModule.resultsFirstPostDateStruct"))
    SECONDARY_OUTCOME_REWORDED = ("secondary_outcome_reworded", MINOR, "a further measure is worded differently",
        "outcomesModule.secondaryOutcomes")
    OTHER_OUTCOMES = "other_outcomes", MINOR, "other measures", "outcomesModule.otherOutcomes"
    DESIGN_DETAILS = ("design_details", MINOR, "details of the set-up",
        ("designModule.designInfo.interventionModelDescription "
        "designModule.designInfo.maskingInfo.maskingDescription designModule.bioSpec "
        "designModule.targetDuration designModule.patientRegistry"))
    KEYWORDS = "keywords", MINOR, "the keywords", "conditionsModule.keywords"
    COLLABORATORS = "collaborators", MINOR, "the sponsor's partners", "sponsorCollaboratorsModule.collaborators"
    OFFICIALS = ("officials", MINOR, "the persons in charge",
        "contactsLocationsModule.overallOfficials sponsorCollaboratorsModule.responsibleParty")
    DATA_SHARING = ("data_sharing", MINOR, "the plan to share data",
        "referencesModule.availIpds ipdSharingStatementModule")
    ADMINISTRATIVE = ("administrative", MINOR, "numbers, names and dates for the registry's own use",
        ("identificationModule.orgStudyIdInfo identificationModule.secondaryIdInfos "
        "identificationModule.organization statusModule.studyFirstSubmitDate "
        "statusModule.studyFirstSubmitQcDate statusModule.studyFirstPostDateStruct "
        "statusModule.delayedPosting oversightModule designModule.nPtrsToThisExpAccNctId"))
    OTHER = "other", MINOR, "something that this table does not name"
    # fmt: on


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
_DATES = (
    "start_date start_date_rolled start_passed end_passed primary_completion_date completion_date enrolment"
)
_WHO_CAN_JOIN = "eligibility_criteria age_limits sex healthy_volunteers study_population"
_GROUPS: dict[Group, frozenset[Kind]] = {
    Group.OPENS_OR_STOPS: STATUS_KINDS
    | {Kind.WHY_STOPPED, Kind.LEFT_REGISTRY, Kind.CAME_BACK, Kind.RECORD_UNREADABLE},
    Group.RESULTS: frozenset(kind for kind in Kind if kind.startswith("results_")),
    Group.WHO_CAN_JOIN: frozenset(Kind(each) for each in _WHO_CAN_JOIN.split()),
    Group.PLACES: frozenset({kind for kind in Kind if kind.startswith("site_")} | {Kind.CONTACTS}),
    Group.DATES: frozenset(Kind(each) for each in _DATES.split()),
    Group.NEW_STUDIES: FOUND | {Kind.NO_LONGER_LISTED},
}
_GROUP_OF = {kind: group for group, kinds in _GROUPS.items() for kind in kinds}


def group_of(kind: Kind) -> Group:
    return _GROUP_OF.get(kind, Group.EVERYTHING_ELSE)


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
