"""The demo's studies and what happens to them on two days. All of it is made up; the ids begin with NCT9 to show it."""

import json
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
_FOLDER = resources.files("notifier.demo")


def baseline() -> list[Record]:
    """The seven records of the first day, by id."""
    return [record for nct_id, record in sorted(_files().items()) if nct_id not in {EVERY_SPOT, FOOD_DIARY}]


def next_day() -> list[Record]:
    """The records of NEXT_DAY that are new or changed: one begins to recruit, one gets a site, one is only
    verified again, and one appears under CONDITION.
    """
    return _published(NEXT_DAY)


def day_after() -> list[Record]:
    """The records of DAY_AFTER that are new or changed: one grows and ends later, one loosens its rules, one stops
    early, and another one appears under CONDITION.
    """
    return _published(DAY_AFTER)


def _published(day: str) -> list[Record]:
    """`days.json` has by day and study the fields of its modules that are other ones from then on."""
    records = _files()
    days = json.loads(_FOLDER.joinpath("days.json").read_text(encoding="utf-8"))
    for each in filter(lambda each: each <= day, days):
        for nct_id, modules in days[each].items():
            for module, fields in modules.items():
                records[nct_id]["protocolSection"][module] |= fields
    return [records[nct_id] for nct_id in days[day]]


def _files() -> dict[str, Record]:
    files = (file for file in _FOLDER.joinpath("studies").iterdir() if file.name.endswith(".json"))
    records = (json.loads(file.read_text(encoding="utf-8")) for file in files)
    return {record["protocolSection"]["identificationModule"]["nctId"]: record for record in records}
