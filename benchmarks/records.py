"""Studies to measure with: the registry's real records where they are at hand, else records made in its format."""

import gzip
import json
from collections.abc import Iterator
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from notifier.domain.changes import BAD_NEWS, Change, Weight, detect

REAL = Path(__file__).parent.parent.parent / "shared" / "registry"
USUAL = 60_000  # bytes that most records stay below
CRITERIA = "Inclusion Criteria:\n\n" + "\n".join(
    f"* Is {age} years or older, and has had no treatment of the kind in the past {age} weeks"
    for age in range(18, 48)
)


@cache
def pairs() -> tuple[tuple[bytes, bytes], ...]:
    """Consecutive versions of studies."""
    real = tuple((_bytes(pair["old"]), _bytes(pair["new"])) for pair in _lines("pairs.jsonl.gz"))
    return real or tuple((_bytes(made(n)), _bytes(edited(made(n), n))) for n in range(40))


@cache
def studies() -> tuple[bytes, ...]:
    """Whole records, each of another study."""
    return tuple(map(_bytes, _lines("studies.jsonl.gz"))) or tuple(_bytes(made(n)) for n in range(700))


def renamed(raw: bytes, nct_id: str) -> bytes:
    """The record under another id."""
    old = json.loads(raw)["protocolSection"]["identificationModule"]["nctId"]
    return raw.replace(old.encode(), nct_id.encode())


def news(count: int, first: int = 1) -> Iterator[tuple[str, bytes, bytes, tuple[Change, ...]]]:
    """So many studies with something to tell: id, the record before and after, and the changes."""
    for number, (before, after) in enumerate(islice(cycle(_telling()), count), start=first):
        nct_id = f"NCT9{number:07}"
        old, new = renamed(before, nct_id), renamed(after, nct_id)
        yield nct_id, old, new, detect(old, new).news


@cache
def _telling() -> tuple[tuple[bytes, bytes], ...]:
    """The pairs that tell something worth knowing, not hundreds of places at once, and nothing that comes alone."""
    found = ((pair, detect(*pair).news) for pair in pairs())
    return tuple(pair for pair, news in found if _is_usual(news))


def _is_usual(news: tuple[Change, ...]) -> bool:
    return (
        0 < len(news) <= 12
        and news[0].weight is not Weight.MINOR
        and not any(change.kind in BAD_NEWS for change in news)
    )


def made(number: int) -> dict[str, Any]:
    """A study of about 14 kB in the registry's format."""
    places = [
        {"facility": f"Hospital {n}", "city": f"City {n % 40}", "country": "Denmark", "status": "RECRUITING"}
        for n in range(60)
    ]
    return {
        "protocolSection": {
            "identificationModule": {
                "nctId": f"NCT8{number:07}",
                "briefTitle": f"Study {number} of Exercise and Sleep",
            },
            "statusModule": {
                "overallStatus": "RECRUITING",
                "startDateStruct": {"date": "2026-09", "type": "ESTIMATED"},
                "completionDateStruct": {"date": "2028-06", "type": "ESTIMATED"},
                "studyFirstPostDateStruct": {"date": "2026-06-26", "type": "ACTUAL"},
                "lastUpdatePostDateStruct": {"date": "2026-12-12", "type": "ACTUAL"},
            },
            "descriptionModule": {"briefSummary": "It tries out whether a walk a day helps. " * 20},
            "conditionsModule": {"conditions": ["Insomnia", f"Condition {number % 1000}"]},
            "designModule": {
                "studyType": "OBSERVATIONAL",
                "enrollmentInfo": {"count": 500, "type": "ESTIMATED"},
            },
            "eligibilityModule": {"eligibilityCriteria": CRITERIA, "sex": "ALL", "minimumAge": "18 Years"},
            "contactsLocationsModule": {"locations": places},
        },
        "derivedSection": {"miscInfoModule": {"versionHolder": "2027-01-11"}},
        "hasResults": False,
    }


def edited(record: dict[str, Any], number: int = 0) -> dict[str, Any]:
    """A later version of a made study."""
    status = record["protocolSection"]["statusModule"]
    status["lastUpdatePostDateStruct"] = {"date": "2027-01-12", "type": "ACTUAL"}
    status["overallStatus"] = ("COMPLETED", "ACTIVE_NOT_RECRUITING")[number % 2]
    record["protocolSection"]["eligibilityModule"]["minimumAge"] = f"{20 + number % 30} Years"
    record["protocolSection"]["contactsLocationsModule"]["locations"][number % 60]["status"] = "COMPLETED"
    return record


def _lines(name: str) -> list[Any]:
    path = REAL / name
    if not path.exists():
        return []
    with gzip.open(path) as lines:
        return [json.loads(line) for line in lines]


def _bytes(record: Any) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
