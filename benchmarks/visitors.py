"""What a page costs, and what visitors cost the sending: pages and deliver pass in one process, as in the daemon.

The visitors are another process. Each has a line of its own and asks for the next page as soon as it has one, so that
32 of them are as many as ask at once, not as many as read. The pages are those of studies that mails tell of.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select

from benchmarks import sending
from benchmarks.apart import ROOT, apart, here
from benchmarks.filled import SqliteFile
from benchmarks.measure import Ground, Reach, Row, Scale, at_least, at_most, in_turn, percent
from benchmarks.sink import sink
from benchmarks.store import fill, opened
from notifier.domain.heartbeat import Pulse
from notifier.storage.engine import Database
from notifier.storage.models import studies
from notifier.web.app import listen, serving

MAILS = {Scale.FULL: 2_000, Scale.QUICK: 1_000, Scale.SMALLEST: 4}
ROUNDS = {Scale.FULL: 3, Scale.QUICK: 2, Scale.SMALLEST: 1}
STUDIES = {Scale.FULL: 200, Scale.QUICK: 200, Scale.SMALLEST: 2}
VISITORS = 32
LINES = 10


def rows(ground: Ground) -> Iterator[Row]:
    """What each sort of view costs, and how both sides fare beside one another."""
    run = here if ground.scale is Scale.SMALLEST else apart
    folder = ground.folder / "visitors"
    folder.mkdir()
    mails = MAILS[ground.scale]
    database = opened(f"sqlite:///{folder / 'filled.db'}")
    fill(database, mails=mails, studies=STUDIES[ground.scale], topics=2)
    database.close()
    filled = SqliteFile(folder / "filled.db")

    def side(visitors: int, port: int) -> dict[str, Any]:
        with TemporaryDirectory(dir=folder) as place, filled.fresh(Path(place)) as url:
            return dict(run(together, place, url, port, visitors).gave)

    with sink() as (port, _):
        took = in_turn(
            ROUNDS[ground.scale], {"alone": partial(side, 0, port), "beside": partial(side, VISITORS, port)}
        )
    for what, limit in (("first", 8.0), ("kept", None), ("known", 2.0)):
        spent = median(one[what] for one in took["alone"])
        reach = at_most(spent, limit, " ms") if limit else Reach()
        name = {"first": "seen first", "kept": "seen again", "known": "not changed (304)"}[what]
        yield Row(f"a study's page, {name}", f"{spent:.2f} ms of CPU", reach=reach)
    alone, beside = (median(one["rate"] for one in took[each]) for each in ("alone", "beside"))
    share = 100 * beside / alone
    yield Row(
        f"{mails:,} mails while {VISITORS} visitors ask without a pause",
        f"{beside:,.0f} a second",
        f"the same alone: {alone:,.0f} a second",
        percent(beside / alone),
        at_least(share, 60, " %"),
    )
    asked, slow = (median(one[each] for one in took["beside"]) for each in ("asked", "slow"))
    yield Row("pages answered meanwhile", f"{asked:,.0f} a second", reach=at_least(asked, 500, " a second"))
    yield Row("of which 99 % within", f"{1000 * slow:.0f} ms", reach=at_most(1000 * slow, 150, " ms"))


# --- the process that serves and sends ---------------------------------------------------------------------------


def together(folder: str, url: str, port: int, visitors: int) -> dict[str, Any]:
    """What pages cost before anything is sent, and then a deliver pass, with visitors or without."""
    from notifier import app

    how = sending.settings(
        folder, DATABASE_URL=url, SMTP_URL=f"smtp://127.0.0.1:{port}", SMTP_CONNECTIONS=str(LINES)
    )
    app.start_logging(how)
    return asyncio.run(_together(how, visitors))


async def _together(how: Any, visitors: int) -> dict[str, Any]:
    from notifier import app

    keys = app.open_keys(how)
    with app.open_database(how) as database, listen(("127.0.0.1", 0)) as opened:
        assert opened is not None
        pulse = Pulse()
        pulse.expect("deliver", timedelta(minutes=1), timedelta(minutes=1))
        pages = app.make_pages(how, database, keys, app.make_clock(how), pulse=pulse)
        async with serving(pages, opened):
            port, ids = opened.getsockname()[1], _ids(database)
            made = app.make_renderer(how, keys)  # a daemon has it before anybody asks
            app.settle_in()
            found = await _costs(port, ids)
            asking = await _started("ask", port, ids, visitors) if visitors else None
            if asking is not None:
                assert asking.stdout
                await asking.stdout.readline()  # all have their lines
            pulse.begin("deliver")  # as the daemon's clockwork says it
            sent = await sending.sent(how, database, keys, made)
            if asking is not None:
                found |= json.loads((await asking.communicate(b""))[0])
    return found | {"rate": sent["mails"] / sent["sending"]}


def _ids(database: Database) -> list[str]:
    with database.reading() as session:
        return sorted(row for row in session.execute(select(studies.c.nct_id)).scalars())


async def _costs(port: int, ids: list[str]) -> dict[str, float]:
    """Milliseconds of CPU of this process a page: seen first, seen again, and asked for again when it did not change."""
    asking = await _started("walk", port, ids)
    assert asking.stdin
    assert asking.stdout
    found = {}
    for name in ("warm", "first", "kept", "known"):
        before = time.process_time()
        asking.stdin.write(b"\n")
        assert await asking.stdout.readline() == b"walked\n"
        found[name] = 1000 * (time.process_time() - before) / len(ids)
    await asking.communicate()
    return found


async def _started(what: str, port: int, ids: list[str], visitors: int = 1) -> asyncio.subprocess.Process:
    """Visitors, who go on until nothing more is said to them."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.visiting",
        json.dumps([what, port, ids, visitors]),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,
    )
