"""A registry of thousands of studies in a process of its own: it answers what a pass asks, fast, and nothing else.

Two days of it: `first` has the followed studies, and on `second` some of them changed and new ones came.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks import records

ROOT = Path(__file__).parent.parent
FIRST, SECOND = "2027-01-12T09:00:05", "2027-01-13T09:00:05"


@dataclass(frozen=True, slots=True)
class Size:
    """updates: posted on the second day, `changed` of them of followed studies; new: that came on it."""

    followed: int
    conditions: int
    updates: int
    changed: int
    new: int
    people: int


@dataclass(frozen=True, slots=True)
class Held:
    """A study as the registry has it."""

    header: bytes
    record: bytes
    updated: str


def followed_id(number: int) -> str:
    return f"NCT9{number:07}"


class Data:
    """What there is on the day."""

    def __init__(self, size: Size) -> None:
        self.timestamp, self._size = FIRST, size
        pairs = [pair for pair in records.pairs() if len(pair[1]) < records.USUAL]
        self._pairs = [(_dated(old, "2026-06-01"), _dated(new, SECOND[:10])) for old, new in pairs]
        self.studies: dict[str, Held] = {}
        self.under: dict[str, list[str]] = {f"Condition {n}": [] for n in range(size.conditions)}
        for number, (before, _) in enumerate(islice(cycle(self._pairs), size.followed)):
            self._put(followed_id(number), before, number)

    def next_day(self) -> None:
        """Updates of followed studies and of others, and new studies under the conditions."""
        size, self.timestamp = self._size, SECOND
        for number, (_, after) in enumerate(islice(cycle(self._pairs), size.changed)):
            self._put(followed_id(number), after, None)
        others = size.updates - size.changed
        for number, (_, after) in enumerate(islice(cycle(self._pairs), others)):
            self._put(f"NCT6{number:07}", after, None)
        for number, (_, after) in enumerate(islice(cycle(self._pairs), size.new)):
            self._put(f"NCT5{number:07}", after, number, first=SECOND[:10])

    def _put(self, nct_id: str, raw: bytes, condition: int | None, first: str = "2026-01-01") -> None:
        record = records.renamed(raw, nct_id).replace(b'"2026-01-01"', f'"{first}"'.encode(), 1)
        dates = {
            "studyFirstPostDateStruct": {"date": first},
            "lastUpdatePostDateStruct": json.loads(raw)["protocolSection"]["statusModule"][
                "lastUpdatePostDateStruct"
            ],
        }
        header = {"protocolSection": {"identificationModule": {"nctId": nct_id}, "statusModule": dates}}
        updated = dates["lastUpdatePostDateStruct"]["date"]
        self.studies[nct_id] = Held(json.dumps(header).encode(), record, updated)
        if condition is not None:
            self.under[f"Condition {condition % self._size.conditions}"].append(nct_id)

    def found(self, question: dict[str, str]) -> list[bytes]:
        """The lines of an answer, all pages of it."""
        if ids := question.get("filter.ids"):
            return [self.studies[each].record for each in ids.split(",") if each in self.studies]
        if condition := question.get("query.cond"):
            listed = [self.studies[each] for each in self.under.get(condition, ())]
            return [held.header for held in sorted(listed, key=lambda held: held.updated, reverse=True)]
        since = question["query.term"].partition("RANGE[")[2][:10]
        return [held.header for held in self.studies.values() if held.updated >= since]


def _dated(raw: bytes, updated: str) -> bytes:
    record = json.loads(raw)
    status = record["protocolSection"]["statusModule"]
    status["studyFirstPostDateStruct"] = {"date": "2026-01-01", "type": "ACTUAL"}
    status["lastUpdatePostDateStruct"] = {"date": updated, "type": "ACTUAL"}
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()


async def serve(size: Size) -> None:
    """Say the address on standard output; a line on standard input is a day that passes; its end is ours."""
    from notifier.demo.registry import serving

    data = Data(size)
    async with serving(_app(data)) as address:
        print(address, flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            data.next_day()
            print("published", flush=True)


def _app(data: Data) -> Any:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    async def version(_request: Request) -> Response:
        return JSONResponse({"apiVersion": "2.0.5", "dataTimestamp": data.timestamp})

    async def studies(request: Request) -> Response:
        question = dict(request.query_params)
        lines, size = data.found(question), int(question["pageSize"])
        start = int(question.get("pageToken", "0"))
        head = b"" if start else b'"totalCount":%d,' % len(lines)
        more = b',"nextPageToken":"%d"' % (start + size) if start + size < len(lines) else b""
        body = b"{" + head + b'"studies":[' + b",".join(lines[start : start + size]) + b"]" + more + b"}"
        return Response(body, media_type="application/json")

    return Starlette(routes=[Route("/version", version), Route("/studies", studies)])


class Running:
    """A registry that runs."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.address = self._said()

    def next_day(self) -> None:
        assert self._process.stdin
        self._process.stdin.write("next\n")
        self._process.stdin.flush()
        self._said()

    def _said(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()


@contextmanager
def running(size: Size) -> Iterator[Running]:
    """A registry in a process of its own, on its first day."""
    command = [sys.executable, "-m", "benchmarks.registry", json.dumps(asdict(size))]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Running(process)
    finally:
        assert process.stdin
        assert process.stdout
        process.stdin.close()
        process.stdout.close()
        process.wait()


if __name__ == "__main__":
    asyncio.run(serve(Size(**json.loads(sys.argv[1]))))
