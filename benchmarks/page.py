"""A page of 1,000 studies is read, and it is decided that nothing changed: what most of a day's looking is.

Beside it the least that has to be done for that: find each record's id and dates, and hash its bytes. Ours does what a
pass does: it leaves `derivedSection` out of what is compared, and finds the other ids that a record goes by.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from typing import cast

import msgspec

from benchmarks import records
from benchmarks.measure import Ground, Row, Scale, at_most, cpu, times
from notifier.clock import SystemClock
from notifier.domain.study import content_digest, decode, decode_if_new, decode_page
from notifier.services.watch.fetch import Findings, Look, Plan
from notifier.settings import Settings
from notifier.sources.clinicaltrials_gov import Registry
from notifier.storage.engine import Database
from notifier.storage.studies.snapshots import Kept

STUDIES = {Scale.FULL: 1000, Scale.QUICK: 1000, Scale.SMALLEST: 5}
ROUNDS = {Scale.FULL: 9, Scale.QUICK: 5, Scale.SMALLEST: 1}


class _Page(msgspec.Struct):
    studies: list[msgspec.Raw]


class _Names(msgspec.Struct):
    nctId: str  # noqa: N815 - as the registry writes it


class _Dates(msgspec.Struct):
    lastUpdatePostDateStruct: dict[str, str] | None = None  # noqa: N815 - as the registry writes it


class _Protocol(msgspec.Struct):
    identificationModule: _Names  # noqa: N815 - as the registry writes it
    statusModule: _Dates  # noqa: N815 - as the registry writes it


class _Header(msgspec.Struct):
    protocolSection: _Protocol  # noqa: N815 - as the registry writes it


def rows(ground: Ground) -> Iterator[Row]:
    """The one line."""
    from benchmarks.store import opened

    studies = _studies(STUDIES[ground.scale])
    body = b'{"studies":[' + b",\n".join(studies) + b"]}"
    database = opened(f"sqlite:///{ground.folder / 'page.db'}")
    took = cpu(ROUNDS[ground.scale], {"ours": _ours(body, database), "least": _least(body, studies)})
    database.close()
    ratio = took["ours"] / took["least"]
    yield Row(
        f"read a page of {len(studies):,} studies ({len(body) / 1e6:.0f} MB), decide that nothing changed",
        f"{1000 * took['ours']:.0f} ms",
        f"msgspec header + SHA-256 of the bytes: {1000 * took['least']:.0f} ms",
        times(ratio),
        at_most(ratio, 2),
    )


def _studies(count: int) -> list[bytes]:
    some = islice(cycle(records.studies()), count)
    return [records.renamed(raw, f"NCT7{number:07}") for number, raw in enumerate(some)]


def _ours(body: bytes, database: Database) -> Callable[[], None]:
    """The steps of a pass, from the body of an answer to what is known of each study."""
    first = [decode(raw) for raw in decode_page(body).studies]
    plan = Plan(
        followed={study.nct_id: Kept(study.nct_id, True, 1, content_digest(study.raw)) for study in first},
        reread=[],
        conditions=[],
        watermark="2027-01-12T09:00:05",
    )
    count = len(first)
    del first

    def look() -> None:
        found = Findings("2027-01-13T09:00:05")
        known, nobody_is_asked = plan.known(), cast("Registry", None)
        records = [decode_if_new(raw, known) for raw in decode_page(body).studies]
        page = Look(database, nobody_is_asked, SystemClock(), Settings(), plan, found)
        page.judge({record.nct_id: record for record in records}, {})
        assert len(found.unchanged) == count

    return look


def _least(body: bytes, studies: Sequence[bytes]) -> Callable[[], None]:
    page, header = msgspec.json.Decoder(_Page), msgspec.json.Decoder(_Header)
    known = {_id(raw): hashlib.sha256(raw).digest() for raw in studies}

    def look() -> None:
        unchanged = 0
        for raw in page.decode(body).studies:
            nct_id = header.decode(raw).protocolSection.identificationModule.nctId
            unchanged += known[nct_id] == hashlib.sha256(raw).digest()
        assert unchanged == len(studies)

    return look


def _id(raw: bytes) -> str:
    return str(json.loads(raw)["protocolSection"]["identificationModule"]["nctId"])
