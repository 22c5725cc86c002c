"""Every kind of change, how much it weighs, and which paths of a record it is made of: one table, to be read by anybody.

A path that no row names becomes `Kind.OTHER`: minor, counted, never dropped. What is not watched at all stands in `noise`.
"""

from functools import lru_cache

import msgspec

from notifier.domain.changes.kinds import Change, Kind, Weight

IMPORTANT, NOTABLE, MINOR, HOUSEKEEPING = Weight


class KindRow(msgspec.Struct, frozen=True):
    """One line of the table.

    weight: what it usually weighs. means: the kind in a few plain words. read_at: where it is read, words parted by
    spaces, in the protocol section unless another section is named; empty where other parts of the program make it.
    lighter: what it weighs in the case that `when` describes. echo_of: kinds beside which it says nothing new and so
    becomes housekeeping.
    """

    kind: Kind
    weight: Weight
    means: str
    read_at: str = ""
    lighter: Weight | None = None
    when: str = ""
    echo_of: tuple[Kind, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """Where it is read, in full: dotted, without places in lists."""
        return tuple(_in_full(path) for path in self.read_at.split())


def _in_full(path: str) -> str:
    outside = path == "hasResults" or path.split(".", 1)[0].endswith("Section")
    return path if outside else "protocolSection." + path


#: The kinds of a move of the study's status; the mail on it says the reason, too.
STATUSES = (
    Kind.STATUS_OPENED,
    Kind.STATUS_PAUSED,
    Kind.STATUS_STOPPED,
    Kind.STATUS_CLOSED,
    Kind.STATUS_CHANGED,
    Kind.BECAME_UNKNOWN,
    Kind.NO_LONGER_UNKNOWN,
)

# One line or a few for each kind reads better than one line for each word.
# fmt: off
TABLE: tuple[KindRow, ...] = (
    # May people join, and why not
    KindRow(Kind.STATUS_STOPPED, IMPORTANT, "stopped early, or cancelled before anyone joined",
        "statusModule.overallStatus"),
    KindRow(Kind.STATUS_PAUSED, IMPORTANT, "paused; may start again", "statusModule.overallStatus"),
    KindRow(Kind.STATUS_OPENED, IMPORTANT, "is listed as taking participants", "statusModule.overallStatus"),
    KindRow(Kind.STATUS_CLOSED, IMPORTANT, "the public can no longer join, or it has ended",
        "statusModule.overallStatus"),
    KindRow(Kind.STATUS_CHANGED, IMPORTANT, "another change of the recruitment status", "statusModule.overallStatus"),
    KindRow(Kind.BECAME_UNKNOWN, IMPORTANT, "the registry lists the status as unknown: it was not confirmed for two years",
        "statusModule.overallStatus",
        lighter=NOTABLE, when="the study was not open to new participants before"),
    KindRow(Kind.NO_LONGER_UNKNOWN, IMPORTANT, "the status is known again", "statusModule.overallStatus"),
    KindRow(Kind.WHY_STOPPED, IMPORTANT, "the reason given for stopping", "statusModule.whyStopped",
        echo_of=STATUSES),
    KindRow(Kind.LEFT_REGISTRY, IMPORTANT, "the registry no longer shows the study"),
    KindRow(Kind.CAME_BACK, IMPORTANT, "the registry shows the study again"),
    KindRow(Kind.RECORD_UNREADABLE, IMPORTANT, "we have not been able to read its record for seven days"),

    # What came of it
    KindRow(Kind.RESULTS_POSTED, IMPORTANT, "results were posted for the first time", "hasResults"),
    KindRow(Kind.RESULTS_WITHDRAWN, IMPORTANT, "results are no longer shown", "hasResults"),
    KindRow(Kind.RESULTS_UPDATED, NOTABLE, "posted results were edited; one change for each part of the results",
        "resultsSection",
        echo_of=(Kind.RESULTS_POSTED, Kind.RESULTS_WITHDRAWN)),
    KindRow(Kind.RESULTS_DELAYED, NOTABLE, "the sponsor asked to post results later, or need not post them",
        "statusModule.dispFirstSubmitDate statusModule.dispFirstSubmitQcDate "
        "statusModule.dispFirstPostDateStruct statusModule.resultsWaived",
        lighter=MINOR, when="a date that is there already moved, or a later step of the same request is dated"),
    KindRow(Kind.RESULTS_OVERDUE, NOTABLE, "no results are posted a year after the last main measurement"),

    # Who may join
    KindRow(Kind.ELIGIBILITY_CRITERIA, IMPORTANT, "the rules on who may join",
        "eligibilityModule.eligibilityCriteria"),
    KindRow(Kind.AGE_LIMITS, IMPORTANT, "the age limits",
        "eligibilityModule.minimumAge eligibilityModule.maximumAge"),
    KindRow(Kind.SEX, IMPORTANT, "the sex or gender of people who may join",
        "eligibilityModule.sex eligibilityModule.genderBased eligibilityModule.genderDescription"),
    KindRow(Kind.HEALTHY_VOLUNTEERS, IMPORTANT, "whether people without the condition may join",
        "eligibilityModule.healthyVolunteers"),

    # What is tried, and what is measured
    KindRow(Kind.ARM_ADDED, IMPORTANT, "a new group of participants (arm)", "armsInterventionsModule.armGroups"),
    KindRow(Kind.ARM_REMOVED, IMPORTANT, "a group of participants (arm) is gone",
        "armsInterventionsModule.armGroups"),
    KindRow(Kind.INTERVENTION_ADDED, IMPORTANT, "a new treatment or procedure",
        "armsInterventionsModule.interventions",
        lighter=NOTABLE, when="it is what the study compares with, by its name, or title, summary or groups named it already"),
    KindRow(Kind.INTERVENTION_REMOVED, IMPORTANT, "a treatment or procedure is gone",
        "armsInterventionsModule.interventions",
        lighter=NOTABLE, when="it is what the study compared with, by its name, or title, summary or groups still name it"),
    KindRow(Kind.PRIMARY_OUTCOME_SWAPPED, IMPORTANT, "a main measure was replaced by another",
        "outcomesModule.primaryOutcomes"),
    KindRow(Kind.PRIMARY_OUTCOME_DROPPED, IMPORTANT, "a main measure is gone", "outcomesModule.primaryOutcomes"),
    KindRow(Kind.PRIMARY_OUTCOME_ADDED, IMPORTANT, "a new main measure", "outcomesModule.primaryOutcomes"),

    # Whom to ask, and where
    KindRow(Kind.CONTACTS, IMPORTANT, "the study's own contact persons", "contactsLocationsModule.centralContacts",
        lighter=MINOR, when="telephone and address stay the same, or the study is neither open, about to open nor on hold "
        "(notable when one more is named)"),
    KindRow(Kind.SITE_OPENED, NOTABLE, "a site is listed as taking participants",
        "contactsLocationsModule.locations"),
    KindRow(Kind.SITE_CLOSED, NOTABLE, "a site that took participants no longer does", "contactsLocationsModule.locations"),
    KindRow(Kind.SITE_PAUSED, NOTABLE, "a site has paused", "contactsLocationsModule.locations"),
    KindRow(Kind.SITE_ADDED, NOTABLE, "a site is new in the list", "contactsLocationsModule.locations",
        lighter=MINOR, when="the site is listed as closed, and none comes with it that is not"),
    KindRow(Kind.SITE_REMOVED, NOTABLE, "a site is gone from the list", "contactsLocationsModule.locations",
        lighter=MINOR, when="the site is listed as closed"),
    KindRow(Kind.SITE_STATUS, NOTABLE, "another change of a site's status", "contactsLocationsModule.locations",
        lighter=MINOR, when="the site lists no status on one side (and is not withdrawn), or took nobody before either"),
    KindRow(Kind.SITE_RENAMED, NOTABLE, "the same site has another name", "contactsLocationsModule.locations",
        lighter=MINOR, when="neither name is a place-holder such as 'Research Site' (housekeeping when only the spelling differs)"),
    KindRow(Kind.SITE_CONTACTS, NOTABLE, "the contact persons of a site", "contactsLocationsModule.locations",
        lighter=MINOR, when="telephone and address stay the same, or the study is not open to new participants, or about to be"),
    KindRow(Kind.SITE_ADDRESS, MINOR, "the same site has another address line or post code",
        "contactsLocationsModule.locations",
        lighter=HOUSEKEEPING, when="only the spelling of its city or state, or the form of its post code, differs"),

    # When, and how large
    KindRow(Kind.START_DATE, NOTABLE, "when the study starts", "statusModule.startDateStruct",
        lighter=MINOR, when="it moved by less than two weeks, or started half a year ago, or the study is closed (housekeeping when only the day was added or left out)"),
    KindRow(Kind.START_DATE_ROLLED, NOTABLE, "the start date moves along with each re-posting: tell of it once a month at most",
        "statusModule.startDateStruct"),
    KindRow(Kind.START_PASSED, NOTABLE, "the planned start passed a month ago, and the record stands still"),
    KindRow(Kind.PRIMARY_COMPLETION_DATE, NOTABLE, "when the main measurements end",
        "statusModule.primaryCompletionDateStruct",
        lighter=MINOR, when="it moved by less than three months (housekeeping when only the day was added or left out)"),
    KindRow(Kind.COMPLETION_DATE, NOTABLE, "when the study ends", "statusModule.completionDateStruct",
        lighter=MINOR, when="it moved by less than three months (housekeeping when only the day was added or left out)"),
    KindRow(Kind.END_PASSED, NOTABLE, "the planned end passed a month ago, and the record stands still"),
    KindRow(Kind.ENROLMENT, NOTABLE, "how many people take part, planned or actual", "designModule.enrollmentInfo",
        lighter=HOUSEKEEPING, when="it is none, of a study that was cancelled"),

    # What the study is
    KindRow(Kind.CONDITIONS, NOTABLE, "the conditions studied", "conditionsModule.conditions",
        lighter=MINOR, when="only capitals or punctuation differ"),
    KindRow(Kind.TITLE, NOTABLE, "the title or the short name",
        "identificationModule.briefTitle identificationModule.officialTitle "
        "identificationModule.acronym",
        lighter=MINOR, when="only capitals, punctuation or the short name differ (housekeeping for the phase in a title)"),
    KindRow(Kind.PHASE, NOTABLE, "the phase", "designModule.phases",
        lighter=HOUSEKEEPING, when="none was named, and none applies"),
    KindRow(Kind.STUDY_TYPE, NOTABLE, "the type of study", "designModule.studyType"),
    KindRow(Kind.DESIGN, NOTABLE, "how the study is set up: chance, blinding, purpose",
        "designModule.designInfo.allocation designModule.designInfo.interventionModel "
        "designModule.designInfo.primaryPurpose designModule.designInfo.observationalModel "
        "designModule.designInfo.timePerspective designModule.designInfo.maskingInfo.masking "
        "designModule.designInfo.maskingInfo.whoMasked"),
    KindRow(Kind.ARM_CHANGED, NOTABLE, "a group of participants (arm) is described differently",
        "armsInterventionsModule.armGroups"),
    KindRow(Kind.INTERVENTION_CHANGED, NOTABLE, "a treatment or procedure is described differently",
        "armsInterventionsModule.interventions",
        lighter=MINOR, when="only its other names or its links to arms differ"),
    KindRow(Kind.PRIMARY_OUTCOME_REWORDED, NOTABLE, "a main measure is worded differently",
        "outcomesModule.primaryOutcomes",
        lighter=MINOR, when="only a short form in brackets came or went, or a plural, or the edition of a scale, or one letter differs"),
    KindRow(Kind.SECONDARY_OUTCOME_ADDED, NOTABLE, "a new further measure", "outcomesModule.secondaryOutcomes"),
    KindRow(Kind.SECONDARY_OUTCOME_DROPPED, NOTABLE, "a further measure is gone", "outcomesModule.secondaryOutcomes"),
    KindRow(Kind.SUMMARY, NOTABLE, "the short summary", "descriptionModule.briefSummary",
        lighter=MINOR, when="only capitals, punctuation or words that most texts have differ"),
    KindRow(Kind.DESCRIPTION, NOTABLE, "the long description", "descriptionModule.detailedDescription",
        lighter=MINOR, when="few of its words changed, and no number gave way to another"),
    KindRow(Kind.STUDY_POPULATION, NOTABLE, "from which people participants are taken",
        "eligibilityModule.studyPopulation eligibilityModule.samplingMethod"),
    KindRow(Kind.SPONSOR, NOTABLE, "who is responsible for the study", "sponsorCollaboratorsModule.leadSponsor",
        lighter=HOUSEKEEPING, when="only its class (industry, government ...) or the order of its words differs"),
    KindRow(Kind.EXPANDED_ACCESS, IMPORTANT, "whether the treatment can be had outside a study",
        "statusModule.expandedAccessInfo designModule.expandedAccessTypes",
        lighter=HOUSEKEEPING, when="the registry merely says, or stops saying, that there is no such access"),
    KindRow(Kind.ALIAS, NOTABLE, "another NCT number was merged into this study",
        "identificationModule.nctIdAliases identificationModule.nctId"),
    KindRow(Kind.VIOLATION, NOTABLE, "an official notice on a breach of reporting duties",
        "annotationSection.annotationModule.violationAnnotation.violationEvents "
        "oversightModule.fdaaa801Violation"),
    KindRow(Kind.PUBLICATIONS, NOTABLE, "a paper on what came of the study", "referencesModule.references",
        lighter=MINOR, when="it is gone from the list (housekeeping for what was read before the study, and for errata)"),
    KindRow(Kind.LINKS, NOTABLE, "a link to a summary in plain language", "referencesModule.seeAlsoLinks",
        lighter=MINOR, when="it leads elsewhere (housekeeping when such a link is gone)"),
    KindRow(Kind.DOCUMENTS, NOTABLE, "a consent form",
        "documentSection.largeDocumentModule.largeDocs documentSection.largeDocumentModule.noSap",
        lighter=MINOR, when="it is another document, such as the protocol"),
    KindRow(Kind.NEW_STUDY, NOTABLE, "a new study under a followed condition"),
    KindRow(Kind.NOW_LISTED, NOTABLE, "an older study now listed under a followed condition"),
    KindRow(Kind.NOW_FITS, NOTABLE, "a study under a followed condition that now fits what its follower chose"),

    # For those who ask for every edit
    KindRow(Kind.NO_LONGER_LISTED, MINOR, "a study that was told under a followed condition no longer stands there"),
    KindRow(Kind.LAST_KNOWN_STATUS, MINOR, "the status before it became unknown", "statusModule.lastKnownStatus",
        echo_of=(Kind.BECAME_UNKNOWN, Kind.NO_LONGER_UNKNOWN, Kind.STATUS_STOPPED)),
    KindRow(Kind.RESULTS_SUBMITTED, MINOR, "results were sent to the registry, or sent back, and are not posted yet",
        "annotationSection.annotationModule.unpostedAnnotation.unpostedEvents "
        "annotationSection.annotationModule.unpostedAnnotation.unpostedResponsibleParty",
        echo_of=(Kind.RESULTS_POSTED,)),
    KindRow(Kind.RESULTS_DATES, MINOR, "the dates on which results were sent in and posted",
        "statusModule.resultsFirstSubmitDate statusModule.resultsFirstSubmitQcDate "
        "statusModule.resultsFirstPostDateStruct",
        echo_of=(Kind.RESULTS_POSTED, Kind.RESULTS_WITHDRAWN)),
    KindRow(Kind.SECONDARY_OUTCOME_REWORDED, MINOR, "a further measure is worded differently",
        "outcomesModule.secondaryOutcomes"),
    KindRow(Kind.OTHER_OUTCOMES, MINOR, "other measures", "outcomesModule.otherOutcomes"),
    KindRow(Kind.DESIGN_DETAILS, MINOR, "details of the set-up",
        "designModule.designInfo.interventionModelDescription "
        "designModule.designInfo.maskingInfo.maskingDescription designModule.bioSpec "
        "designModule.targetDuration designModule.patientRegistry"),
    KindRow(Kind.KEYWORDS, MINOR, "the keywords", "conditionsModule.keywords"),
    KindRow(Kind.COLLABORATORS, MINOR, "the sponsor's partners", "sponsorCollaboratorsModule.collaborators"),
    KindRow(Kind.OFFICIALS, MINOR, "the persons in charge",
        "contactsLocationsModule.overallOfficials sponsorCollaboratorsModule.responsibleParty"),
    KindRow(Kind.DATA_SHARING, MINOR, "the plan to share data",
        "referencesModule.availIpds ipdSharingStatementModule"),
    KindRow(Kind.ADMINISTRATIVE, MINOR, "numbers, names and dates for the registry's own use",
        "identificationModule.orgStudyIdInfo identificationModule.secondaryIdInfos "
        "identificationModule.organization statusModule.studyFirstSubmitDate "
        "statusModule.studyFirstSubmitQcDate statusModule.studyFirstPostDateStruct "
        "statusModule.delayedPosting oversightModule designModule.nPtrsToThisExpAccNctId"),
    KindRow(Kind.OTHER, MINOR, "something that this table does not name"),
)
# fmt: on

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

_POSITIONS = {row.kind: position for position, row in enumerate(TABLE)}
#: The kind of the first row that names a path, and the paths below which another one is named.
_KIND_AT = {path: row.kind for row in reversed(TABLE) for path in row.paths}
_HAVE_PARTS = {path[:end] for path in _KIND_AT for end, sign in enumerate(path) if sign == "."}

#: What a person hears of who asked for "only if it opens or stops".
OPENS_OR_STOPS = frozenset(
    {
        *STATUSES,
        Kind.WHY_STOPPED,
        Kind.LEFT_REGISTRY,
        Kind.CAME_BACK,
        Kind.RECORD_UNREADABLE,
    }
)


def position(kind: Kind) -> int:
    """Where a kind stands in the table; changes of one weight are told in this order."""
    return _POSITIONS[kind]


def row_of(kind: Kind) -> KindRow:
    """The table's line on a kind."""
    return TABLE[_POSITIONS[kind]]


def made(kind: Kind, before: object = None, after: object = None) -> Change:
    """A change that is not read from a path of the record."""
    return Change(kind=kind, weight=row_of(kind).weight, path="", before=before, after=after)


@lru_cache(maxsize=4096)
def kind_at(path: str) -> Kind:
    """The kind of the row that names this path or the nearest one above it; OTHER where none does.

    Where several rows name one path, the values decide between them, and this is merely the first.
    """
    while path and path not in _KIND_AT:
        path = path.rpartition(".")[0]
    return _KIND_AT.get(path, Kind.OTHER)


def is_one(path: str) -> bool:
    """Whether what stands at this path is told as one thing, and not key by key: a row names it, and none names a part.

    Results are told part by part, although one row names them all.
    """
    return path in _KIND_AT and path not in _HAVE_PARTS and path != RESULTS
