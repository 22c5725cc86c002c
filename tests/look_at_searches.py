"""What a search finds, for queries as people type them: before, among what is stored, and now, by the registry's own search.

    python tests/look_at_searches.py ../shared/registry/studies.jsonl.gz

The stand-in registry is filled with the records; the store has every tenth of them, as after some weeks of visitors.
"""

import asyncio
import gzip
import json
import re
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import httpx

from notifier.clock import FixedClock
from notifier.demo.registry import RehearsalRegistry
from notifier.domain.study import decode
from notifier.sources.clinicaltrials_gov import Pacer, Registry
from notifier.storage.engine import Database
from notifier.storage.studies import study_page
from tests.web_asking import asking, the_pages

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
QUERIES = (
    *(
        {"q": words}
        for words in ("heart attack", "Lou Gehrig", "breast cancer", "ME/CFS", "high blood pressure")
    ),
    *({"q": words} for words in ("lung cancer", "diabetes", "long covid", "depression", "brain tumour")),
    {"q": "lung cancer", "place": "Denmark"},
    {"q": "breast cancer", "place": "København", "within": "200"},
    {"q": "", "place": "Houston, Texas", "within": "50", "open": "1"},
    {"q": "cancer", "place": "77030 USA", "within": "50"},
    {"q": "diabetes", "place": "8600 Silkeborg", "within": "300"},
    *({"q": words} for words in ("brest cancer", "diabetis", "brystkræft", "Lungenkrebs", "cáncer de mama")),
)


async def main(path: str) -> None:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    registry = RehearsalRegistry(records, "2026-11-27T09:00:05")
    database = Database(
        f"sqlite:///{tempfile.mkdtemp()}/look.db", Path(__file__).parent.parent / "migrations"
    )
    database.open()
    with database.transaction() as session:
        for record in records[::10]:
            study_page.keep(session, decode(json.dumps(record).encode()), NOW)
    transport = httpx.ASGITransport(registry.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://registry/api/v2") as client:
        asker = Registry(client, pacer=Pacer(1000))
        async with asking(the_pages(database, FixedClock(NOW), search=asker.search)) as visitor:
            for query in QUERIES:
                before = await visitor.get(
                    "/conditions", params={"q": f"{query['q']} {query.get('place', '')}"}
                )
                asked = asker.requests
                page = await visitor.get("/search", params=query)
                found, offered = (
                    total(page.text),
                    re.search(r'<a href="([^"]*)" lang="en">([^<]*)', page.text),
                )
                then = ""
                if offered and not found:
                    then = f", offers “{offered[2]}”: {total((await visitor.get(offered[1].replace('&amp;', '&'))).text)}"
                stored = len(re.findall(r"<h3 dir", before.text))
                said = " · ".join(filter(None, query.values()))
                print(f"{said:45} {stored:4} -> {found}{then}   ({asker.requests - asked} requests)")  # noqa: T201 - the table


def total(page: str) -> str | int:
    count = re.search(r'id="found"[^>]*>([\d,]+)', page)
    return int(count[1].replace(",", "")) if count else "no answer"


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
