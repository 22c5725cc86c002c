"""The registry of the rig: studies whose planned size grows by one each day that they change, and days that come when told.

The size is the mark by which a mail shows which days it tells: "before 107, now 109" tells of two.
"""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

from tests import faults
from tests.factories import a_record
from tests.faults import FaultyRegistry

STUDIES = tuple(f"NCT990000{number:02}" for number in range(1, 9))
CONDITIONS = ("soak fever", "soak cough")
STATUSES = ("RECRUITING", "ACTIVE_NOT_RECRUITING", "ENROLLING_BY_INVITATION", "SUSPENDED")
SMALLEST = 101
_SECTION = re.compile(r"^(NCT\d{8}) · ", re.MULTILINE)
_FROM_TO = re.compile(r"^ *\S+: (\d{3})\b.*\n *\S+: (\d{3})\b", re.MULTILINE)


class Days:
    """Publishes what changes; `published` has how often."""

    def __init__(self, rng: Random) -> None:
        self._rng, self.published, self._new = rng, 0, 0
        self.sizes = dict.fromkeys(STUDIES, SMALLEST)
        self.last_fault = 0.0
        self._data = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
        records = [_first(nct_id, CONDITIONS[number % 2]) for number, nct_id in enumerate(STUDIES)]
        self.registry = FaultyRegistry(records, self.timestamp)

    @property
    def timestamp(self) -> str:
        return self._data.replace(tzinfo=None).isoformat()

    def next_day(self) -> tuple[dict[str, tuple[int, int]], str | None, str]:
        """Let a day come. Gives each changed study's size before and after, and a new study with its condition."""
        changed, records = {}, []
        for nct_id in self._rng.sample(STUDIES, self._rng.choice((1, 1, 2, 3))):
            record = self.registry.record(nct_id)
            self.sizes[nct_id] += 1
            changed[nct_id] = (self.sizes[nct_id] - 1, self.sizes[nct_id])
            records.append(self._changed(record, self.sizes[nct_id]))
        new, condition = None, self._rng.choice(CONDITIONS)
        if self._rng.random() < 0.3 and self._new < 99:
            self._new += 1
            new = f"NCT991000{self._new:02}"
            record = _first(new, condition)
            status = record["protocolSection"]["statusModule"]
            status["studyFirstPostDateStruct"] = status["lastUpdatePostDateStruct"] = _day(self._posted())
            records.append(record)
        self._publish(records)
        return changed, new, condition

    def trouble(self, now: float) -> str:
        """Let the registry fail once or twice."""
        self.last_fault = now
        name, fault = self._rng.choice(
            (
                ("answers 500", faults.status(500)),
                ("answers 503", faults.status(503)),
                ("cuts an answer", faults.cut_body()),
                ("answers with a page for people", faults.html_page()),
            )
        )
        self.registry.fail_next(fault, times=self._rng.choice((1, 1, 2)))
        return name

    def _publish(self, records) -> None:
        self.published += 1
        self._data = max(
            self._data + timedelta(seconds=1), datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
        )
        self.registry.publish(records, self.timestamp)

    def _posted(self):
        """As a rule the day before the day of the data."""
        return self._data.date() - timedelta(days=self._rng.choice((0, 1, 1, 1, 2)))

    def _changed(self, record, size):
        protocol = record["protocolSection"]
        protocol["designModule"]["enrollmentInfo"]["count"] = size
        protocol["statusModule"]["lastUpdatePostDateStruct"] = _day(self._posted())
        if self._rng.random() < 0.5:
            protocol["statusModule"]["overallStatus"] = self._rng.choice(STATUSES)
        if self._rng.random() < 0.3:
            place = f"House {size} of Healing"
            protocol["contactsLocationsModule"]["locations"].append(
                {"facility": place, "status": "RECRUITING", "city": "Aarhus", "country": "Denmark"}
            )
        return record


def told(text: str) -> list[tuple[str, int, int]]:
    """What a mail tells of sizes: study, before, now."""
    cuts = [(mark.start(), mark[1]) for mark in _SECTION.finditer(text)] + [(len(text), "")]
    return [
        (nct_id, int(pair[1]), int(pair[2]))
        for (start, nct_id), (end, _) in pairwise(cuts)
        for pair in _FROM_TO.finditer(text[start:end])
    ]


def _first(nct_id: str, condition: str):
    long_ago = _day(datetime.now(UTC).date() - timedelta(days=20))
    record = a_record(
        nctId=nct_id,
        briefTitle=f"Study {nct_id[-3:]} of the rig",
        conditions=[condition],
        keywords=None,
        conditionBrowseModule=None,
        lastUpdatePostDateStruct=long_ago,
        studyFirstPostDateStruct=_day(datetime.now(UTC).date() - timedelta(days=400)),
        enrollmentInfo={"count": SMALLEST, "type": "ESTIMATED"},
        whyStopped=None,
        lastKnownStatus=None,
        expandedAccessInfo=None,
        completionDateStruct={"date": f"{datetime.now(UTC).year + 3}-09", "type": "ESTIMATED"},
        primaryCompletionDateStruct={"date": f"{datetime.now(UTC).year + 2}-03", "type": "ESTIMATED"},
    )
    record["protocolSection"]["identificationModule"].pop("nctIdAliases", None)
    return record


def _day(day):
    return {"date": day.isoformat(), "type": "ACTUAL"}


def named(text: str) -> list[str]:
    """The studies that a mail tells of."""
    return _SECTION.findall(text)
