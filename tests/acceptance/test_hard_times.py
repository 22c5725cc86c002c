"""A full disk, a database that cannot be written or is locked, a broken template: the real program says so in one line,
loses nothing, and when the fault is gone every mail arrives once. (A storm of signals: see test_worker.)
"""

import asyncio
import os
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from email import message_from_bytes
from functools import partial
from pathlib import Path

import pytest
from fakes import sign_up
from smtp_peer import SmtpPeer

from notifier.clock import FixedClock
from notifier.demo import day
from notifier.storage.engine import Database
from tests import processes
from tests.conftest import MIGRATIONS, NOON

ROOT = Path(__file__).parents[2]
PEOPLE = sorted(f"{name}@example.org" for name in ("ann", "ben", "clo", "dan"))
SETPRIV = shutil.which("setpriv")
DELIVER = ("-m", "notifier", "deliver")
#: The same, which waits a moment for another writer in place of ten seconds, and for a database that takes no verdict.
HASTY = """
import sys
from notifier.cli import main
from notifier.services import deliver
from notifier.storage import engine
engine.BUSY_TIMEOUT = 0.2
deliver.SETTLE_AGAIN_AFTER = (0.05, 0.1)
sys.argv = ["notifier", "deliver"]
main()
"""


@pytest.fixture
async def peer():
    async with SmtpPeer() as peer:
        yield peer


@pytest.fixture
def folder(tmp_path, migrated_sqlite):
    """Four people who wait for their confirmation mail."""
    shutil.copy(migrated_sqlite, tmp_path / "notifier.db")
    database = Database(f"sqlite:///{tmp_path}/notifier.db", MIGRATIONS)
    sign_up(database, FixedClock(NOON), *PEOPLE, nct_id=day.BLOOD_TEST)
    database.close()
    return tmp_path


async def deliver(folder, peer, *command, late=timedelta(), program=ROOT, start=processes.start, **how):
    """`notifier deliver` as a process of its own; gives its exit code and what it said on standard error."""
    process = await start(
        *(command or DELIVER),
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(program),
            "NOTIFIER_SMTP_URL": f"smtp://127.0.0.1:{peer.port}",
            "NOTIFIER_SMTP_CONNECTIONS": "1",
            "NOTIFIER_CLOCK": (NOON + late).isoformat(),
            "NOTIFIER_LOG_LEVEL": "error",
        },
        **how,
    )
    async with asyncio.timeout(40):
        _, said = await process.communicate()
    return process.returncode, said.decode()


def arrived(peer):
    return Counter(mail.recipient for mail in peer.received)


async def all_arrive_once(folder, peer):
    assert (await deliver(folder, peer))[0] == 0
    assert arrived(peer) == dict.fromkeys(PEOPLE, 1)


def is_one_line(said):
    assert "Traceback" not in said
    assert "@" not in said
    assert said.count("\n") == 1, said


@pytest.mark.parametrize("largest_file", [25_000, 60_000, 75_000, 100_000])
async def test_a_full_disk(folder, peer, largest_file):
    """No file can grow beyond a size, so that it ends sooner or later between two mails."""
    code, said = await deliver(folder, peer, "-c", HASTY, largest_file=largest_file)
    assert "Traceback" not in said
    assert (code == 0) == (arrived(peer).total() == len(PEOPLE)) or code == 1
    # Twice more, the second time when what may have arrived is tried again.
    for late in (timedelta(minutes=1), timedelta(hours=1)):
        assert (await deliver(folder, peer, late=late))[0] == 0
    assert sorted(arrived(peer)) == PEOPLE
    ids = {message_from_bytes(mail.content)["Message-ID"] for mail in peer.received}
    assert len(ids) == len(PEOPLE)
    # Only the one that was on its way when the disk was full may come again.
    assert len(peer.received) <= len(PEOPLE) + 1


async def test_a_full_disk_before_anything_was_sent_repeats_nothing(folder, peer):
    code, said = await deliver(folder, peer, largest_file=0)
    assert code == 1
    is_one_line(said)
    assert not peer.received
    await all_arrive_once(folder, peer)


@pytest.mark.skipif(
    os.geteuid() == 0 and SETPRIV is None, reason="root may write everywhere, and setpriv is missing"
)
async def test_a_database_that_cannot_be_written(folder, peer):
    powerless = (SETPRIV, "--bounding-set=-dac_override") if os.geteuid() == 0 else ()
    files = [*folder.glob("notifier.db*")]
    for file in files:
        file.chmod(0o444)
    folder.chmod(0o555)
    code, said = await deliver(folder, peer, start=partial(processes.from_nothing, before=powerless))
    folder.chmod(0o755)
    for file in files:
        file.chmod(0o644)
    assert code == 1
    is_one_line(said)
    assert not peer.received
    await all_arrive_once(folder, peer)


async def test_a_database_that_somebody_else_has_locked(folder, peer):
    with closing(sqlite3.connect(folder / "notifier.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        code, said = await deliver(folder, peer, "-c", HASTY)
        other.execute("ROLLBACK")
    assert code == 1
    assert "busy" in said
    is_one_line(said)
    await all_arrive_once(folder, peer)


async def test_a_broken_template(folder, peer, tmp_path_factory):
    program = tmp_path_factory.mktemp("program")
    for part in ("notifier", "templates", "migrations"):
        shutil.copytree(ROOT / part, program / part)
    (program / "templates/confirmation/body.txt").write_text("{% if broken")
    code, said = await deliver(folder, peer, program=program, start=processes.from_nothing)
    assert code == 1
    is_one_line(said)
    assert not peer.received
    await all_arrive_once(folder, peer)
