"""The demo's studies and what happens to them on two days. All of it is made up; the ids begin with NCT9 to show it."""

import json
from collections.abc import Mapping
from copy import deepcopy
from importlib import resources
from typing import Any

BASELINE = "2027-01-11T09:00:05"
NEXT_DAY = "2027-01-12T09:00:05"
DAY_AFTER = "2027-01-13T09:00:05"
"""The data's timestamps, as `RehearsalRegistry` wants them: a Monday, a Tuesday, a Wednesday."""

CONDITION = "oligometastatic cancer"
"""What a follower of a condition follows in the demo."""

BLOOD_TEST = "NCT97426250"
FOCUSED_RADIOTHERAPY = "NCT90214417"
EXERCISE = "NCT91830052"
HEART_TRACER = "NCT92277409"
DUCHENNE = "NCT93561128"
BREATHING = "NCT94408836"
REMINDERS = "NCT95013967"
EVERY_SPOT = "NCT96642881"
"""Not there on the first day: it appears under CONDITION on the next."""
FOOD_DIARY = "NCT98120643"
"""Appears under CONDITION on the day after."""

Record = dict[str, Any]

_NEW_SITE = {
    "facility": "Warta Oncology Hospital",
    "status": "RECRUITING",
    "city": "Poznan",
    "zip": "60-001",
    "country": "Poland",
    "geoPoint": {"lat": 52.40692, "lon": 16.92993},
}


def baseline() -> list[Record]:
    """The seven records of the first day, by id."""
    return [record for nct_id, record in sorted(_files().items()) if nct_id not in {EVERY_SPOT, FOOD_DIARY}]


def next_day() -> list[Record]:
    """The records of NEXT_DAY that are new or changed: one begins to recruit, one gets a site, one is only
    verified again, and one appears under CONDITION.
    """
    files = _files()
    record = files[BLOOD_TEST]
    places = record["protocolSection"]["contactsLocationsModule"]["locations"]
    starts_recruiting = _updated(
        record,
        submitted="2027-01-08",
        posted="2027-01-12",
        statusModule={
            "overallStatus": "RECRUITING",
            "startDateStruct": {"date": "2027-01-07", "type": "ACTUAL"},
        },
        contactsLocationsModule={"locations": [{**place, "status": "RECRUITING"} for place in places]},
    )
    record = files[FOCUSED_RADIOTHERAPY]
    places = record["protocolSection"]["contactsLocationsModule"]["locations"]
    gets_a_site = _updated(
        record,
        submitted="2027-01-07",
        posted="2027-01-12",
        contactsLocationsModule={"locations": [*places, deepcopy(_NEW_SITE)]},
    )
    return [
        starts_recruiting,
        gets_a_site,
        _updated(files[EXERCISE], submitted="2027-01-08", posted="2027-01-12"),
        files[EVERY_SPOT],
    ]


def day_after() -> list[Record]:
    """The records of DAY_AFTER that are new or changed: one grows and ends later, one loosens its rules, one stops
    early, and another one appears under CONDITION.
    """
    files, moved = _files(), {_id(record): record for record in next_day()}
    grows_and_ends_later = _updated(
        moved[BLOOD_TEST],
        submitted="2027-01-11",
        posted="2027-01-13",
        designModule={"enrollmentInfo": {"count": 650, "type": "ESTIMATED"}},
        statusModule={
            "primaryCompletionDateStruct": {"date": "2029-03", "type": "ESTIMATED"},
            "completionDateStruct": {"date": "2030-09", "type": "ESTIMATED"},
        },
    )
    record = moved[FOCUSED_RADIOTHERAPY]
    rules: str = record["protocolSection"]["eligibilityModule"]["eligibilityCriteria"]
    before, after = "ECOG performance status 0 to 1", "ECOG performance status 0 to 2"
    loosens_its_rules = _updated(
        record,
        submitted="2027-01-11",
        posted="2027-01-13",
        eligibilityModule={"eligibilityCriteria": rules.replace(before, after)},
    )
    record = files[HEART_TRACER]
    places = record["protocolSection"]["contactsLocationsModule"]["locations"]
    stops_early = _updated(
        record,
        submitted="2027-01-11",
        posted="2027-01-13",
        statusModule={
            "overallStatus": "TERMINATED",
            "whyStopped": "The tracer did not show scar tissue clearly enough. No safety concerns.",
            "primaryCompletionDateStruct": {"date": "2027-01-08", "type": "ACTUAL"},
            "completionDateStruct": {"date": "2027-01-08", "type": "ACTUAL"},
        },
        designModule={"enrollmentInfo": {"count": 7, "type": "ACTUAL"}},
        # A place of a study that has ended lists neither a status nor a contact.
        contactsLocationsModule={
            "locations": [
                {key: value for key, value in place.items() if key not in ("status", "contacts")}
                for place in places
            ]
        },
    )
    return [grows_and_ends_later, loosens_its_rules, stops_early, files[FOOD_DIARY]]


def _files() -> dict[str, Record]:
    folder = resources.files("notifier.demo").joinpath("studies")
    files = (file for file in folder.iterdir() if file.name.endswith(".json"))
    records = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return {_id(record): record for record in records}


def _id(record: Record) -> str:
    return str(record["protocolSection"]["identificationModule"]["nctId"])


def _updated(record: Record, *, submitted: str, posted: str, **modules: Mapping[str, Any]) -> Record:
    """The record with some fields of its modules set, and with the dates of an update."""
    result = deepcopy(record)
    protocol = result["protocolSection"]
    for module, values in modules.items():
        protocol[module] |= values
    protocol["statusModule"] |= {
        "statusVerifiedDate": submitted[:7],
        "lastUpdateSubmitDate": submitted,
        "lastUpdatePostDateStruct": {"date": posted, "type": "ACTUAL"},
    }
    return result
