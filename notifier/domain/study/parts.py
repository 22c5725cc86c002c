"""The pieces of a record as the registry names them: the only knowledge of the paths of its JSON for reading.

Words of the registry stay text, because one never seen before, be it a phase or a status, must not hide a record. Dates stay published text. Keys that are not named are passed over.
"""

from enum import StrEnum
from typing import Any

import msgspec


class OverallStatus(StrEnum):
    """Whether a study takes participants, as the registry's own description of its API (2.0.3) lists it."""

    ACTIVE_NOT_RECRUITING = "ACTIVE_NOT_RECRUITING"  #: Going on, without looking for new participants.
    COMPLETED = "COMPLETED"  #: Ended; the record does not say whether a plan was kept.
    ENROLLING_BY_INVITATION = "ENROLLING_BY_INVITATION"  #: Takes only people whom it invites.
    NOT_YET_RECRUITING = "NOT_YET_RECRUITING"  #: Has not started to look for participants.
    RECRUITING = "RECRUITING"  #: Looks for participants.
    SUSPENDED = "SUSPENDED"  #: Stopped for a time; may start again.
    TERMINATED = "TERMINATED"  #: Stopped early; will not start again.
    WITHDRAWN = "WITHDRAWN"  #: Stopped before anyone joined.
    AVAILABLE = "AVAILABLE"  #: Expanded access can be had.
    NO_LONGER_AVAILABLE = "NO_LONGER_AVAILABLE"  #: Expanded access was to be had, and is not any more.
    TEMPORARILY_NOT_AVAILABLE = "TEMPORARILY_NOT_AVAILABLE"  #: Expanded access is paused.
    APPROVED_FOR_MARKETING = "APPROVED_FOR_MARKETING"  #: What expanded access gave has been approved.
    WITHHELD = "WITHHELD"  #: The registrant keeps the record back until a device is cleared.
    UNKNOWN = "UNKNOWN"  #: Past its end, and not confirmed for two years.


class Part(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """A piece of the record; keys that are not named are passed over. None leads back to itself, so the search for rubbish
    need not look at them: a pass holds a million.
    """


class GeoPoint(Part, frozen=True):
    lat: float
    lon: float

    @property
    def is_on_the_map(self) -> bool:
        return -90 <= self.lat <= 90 and -180 <= self.lon <= 180


class Contact(Part, frozen=True):
    """A person or office to ask. role: CONTACT, PRINCIPAL_INVESTIGATOR ..."""

    name: str | None = None
    role: str | None = None
    phone: str | None = None
    phone_ext: str | None = None
    email: str | None = None


class Location(Part, frozen=True):
    """A site. It has no id; status stays text."""

    facility: str | None = None
    status: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    contacts: tuple[Contact, ...] = ()
    geo_point: GeoPoint | None = None


class PublishedDate(Part, frozen=True):
    """A date as published (`2026`, `2026-03`, `2026-03-15`) and its type: ACTUAL, ESTIMATED or none."""

    date: str | None = None
    type: str | None = None


class Enrollment(Part, frozen=True):
    """How many people, and whether that is a plan (ESTIMATED) or was counted (ACTUAL)."""

    count: int | None = None
    type: str | None = None


class Sponsor(Part, frozen=True):
    name: str | None = None
    class_: str | None = msgspec.field(default=None, name="class")


class Arm(Part, frozen=True):
    label: str | None = None
    type: str | None = None
    description: str | None = None
    intervention_names: tuple[str, ...] = ()


class Intervention(Part, frozen=True):
    name: str | None = None
    type: str | None = None
    description: str | None = None
    arm_group_labels: tuple[str, ...] = ()
    other_names: tuple[str, ...] = ()


class Outcome(Part, frozen=True):
    measure: str | None = None
    time_frame: str | None = None
    description: str | None = None


class Design(Part, frozen=True):
    """How a study is set up, in the registry's codes; what is not there, or is no text, is None or left out."""

    allocation: str | None = None
    intervention_model: str | None = None
    primary_purpose: str | None = None
    observational_model: str | None = None
    time_perspective: str | None = None
    masking: str | None = None
    who_masked: tuple[str, ...] = ()


def design_of(info: Any) -> Design:
    """The design from whatever stands at `designInfo`: only our words are made of it, so no form of it hides a record."""
    info = info if isinstance(info, dict) else {}
    masking = info.get("maskingInfo")
    masking = masking if isinstance(masking, dict) else {}
    who = masking.get("whoMasked")
    return Design(
        allocation=_code(info.get("allocation")),
        intervention_model=_code(info.get("interventionModel")),
        primary_purpose=_code(info.get("primaryPurpose")),
        observational_model=_code(info.get("observationalModel")),
        time_perspective=_code(info.get("timePerspective")),
        masking=_code(masking.get("masking")),
        who_masked=tuple(filter(None, map(_code, who if isinstance(who, list) else [who]))),
    )


def _code(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


class Eligibility(Part, frozen=True):
    """Who may join. criteria: the registry's Markdown. Ages are text with a unit: "18 Years"."""

    criteria: str | None = msgspec.field(default=None, name="eligibilityCriteria")
    minimum_age: str | None = None
    maximum_age: str | None = None
    sex: str | None = None
    std_ages: tuple[str, ...] = ()
    healthy_volunteers: bool | None = None
    gender_based: bool | None = None
    gender_description: str | None = None


class _Identification(Part, frozen=True):
    nct_id: str
    nct_id_aliases: tuple[str, ...] = ()
    brief_title: str | None = None
    official_title: str | None = None
    acronym: str | None = None


class _Status(Part, frozen=True):
    overall_status: str | None = None
    last_known_status: str | None = None
    status_verified_date: str | None = None
    why_stopped: str | None = None
    start_date_struct: PublishedDate | None = None
    primary_completion_date_struct: PublishedDate | None = None
    completion_date_struct: PublishedDate | None = None
    study_first_post_date_struct: PublishedDate = PublishedDate()
    last_update_post_date_struct: PublishedDate = PublishedDate()
    results_first_post_date_struct: PublishedDate = PublishedDate()
    results_first_submit_date: str | None = None
    results_waived: bool = False
    disp_first_submit_date: str | None = None
    disp_first_post_date_struct: PublishedDate = PublishedDate()


class _Sponsors(Part, frozen=True):
    lead_sponsor: Sponsor | None = None


class _Description(Part, frozen=True):
    brief_summary: str | None = None


class _Conditions(Part, frozen=True):
    conditions: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


class _Design(Part, frozen=True):
    study_type: str | None = None
    phases: tuple[str, ...] = ()
    enrollment_info: Enrollment = Enrollment()
    design_info: Any = None


class _ArmsInterventions(Part, frozen=True):
    arm_groups: tuple[Arm, ...] = ()
    interventions: tuple[Intervention, ...] = ()


class _Outcomes(Part, frozen=True):
    primary_outcomes: tuple[Outcome, ...] = ()


class _ContactsLocations(Part, frozen=True):
    central_contacts: tuple[Contact, ...] = ()
    locations: tuple[Location, ...] = ()


class _Protocol(Part, frozen=True):
    identification_module: _Identification
    status_module: _Status = _Status()
    sponsor_collaborators_module: _Sponsors = _Sponsors()
    description_module: _Description = _Description()
    conditions_module: _Conditions = _Conditions()
    design_module: _Design = _Design()
    arms_interventions_module: _ArmsInterventions = _ArmsInterventions()
    outcomes_module: _Outcomes = _Outcomes()
    eligibility_module: Eligibility = Eligibility()
    contacts_locations_module: _ContactsLocations = _ContactsLocations()


class Record(Part, frozen=True):
    protocol_section: _Protocol
    has_results: bool = False


class _HeaderStatus(Part, frozen=True):
    study_first_post_date_struct: PublishedDate = PublishedDate()
    last_update_post_date_struct: PublishedDate = PublishedDate()


class _Names(Part, frozen=True):
    nct_id: str
    nct_id_aliases: tuple[str, ...] = ()


class NamedProtocol(Part, frozen=True):
    """A record's `protocolSection`, of which only the study's ids are asked."""

    identification_module: _Names


class _HeaderProtocol(NamedProtocol, frozen=True):
    status_module: _HeaderStatus = _HeaderStatus()


class HeaderRecord(Part, frozen=True):
    protocol_section: _HeaderProtocol
