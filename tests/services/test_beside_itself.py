"""Several processes on one SQLite file: nobody's locks are dropped, no journal is deleted, and damage is noticed."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from notifier import doctor as checks
from notifier.cli import app as commands
from notifier.doctor import CheckOutcome
from notifier.services import monitoring
from notifier.settings import Settings
from notifier.storage import incidents
from notifier.storage.engine import Database, faults
from tests import processes
from tests.conftest import MIGRATIONS, ROOT
from tests.factories import A
from tests.store_factories import follow

JANE, JOHN = "jane@example.org", "john@example.org"
#: Paths that were opened by Python, not by SQLite; an audit hook cannot be taken away again, so there is one.
OPENED: list[str] = []


def _hook(event, arguments):
    if event != "open" or not isinstance(arguments[0], str | bytes | os.PathLike):
        return
    makes_only = isinstance(arguments[2], int) and arguments[2] & os.O_EXCL  # it opens nothing that is there
    if not makes_only:
        OPENED.append(os.fsdecode(arguments[0]))


@pytest.fixture(scope="module", autouse=True)
def heard():
    sys.addaudithook(_hook)


def path_of(database):
    return Path(database.url.database)


async def notifier(folder, *arguments):
    """A command in a process of its own."""
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = await processes.start("-m", "notifier", *arguments, cwd=folder, env=environ)
    said, wrong = await command.communicate()
    assert command.returncode == 0, wrong
    return said.decode()


def damaged(database, table="subscriber"):
    """Overwrite the root page of a table, as a failing disk does."""
    with database.reading() as session:
        page = session.execute(
            text("SELECT rootpage FROM sqlite_master WHERE name = :name"), {"name": table}
        ).scalar_one()
        size = session.execute(text("PRAGMA page_size")).scalar_one()
    database.close()
    with path_of(database).open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(os.urandom(size))


async def test_a_command_beside_a_worker_leaves_its_journal_and_all_that_it_wrote(sqlite, clock):
    path = path_of(sqlite)
    with sqlite.transaction() as session:
        follow(session, clock.now(), JANE, A)
    with sqlite.reading() as one, sqlite.reading() as two:  # as in a worker, several connections are open
        assert [each.execute(text("SELECT count(*) FROM subscriber")).scalar() for each in (one, two)] == [
            1,
            1,
        ]
    journal = path.with_name("notifier.db-wal").stat().st_ino
    assert JANE in await notifier(path.parent, "subscribers", "list")
    with sqlite.transaction() as session:
        follow(session, clock.now(), JOHN, A)
    assert path.with_name("notifier.db-wal").stat().st_ino == journal
    assert JOHN in await notifier(path.parent, "subscribers", "list")
    assert faults.damage(sqlite, thorough=True) is None


def test_nothing_but_sqlite_opens_the_database_once_it_is_there(sqlite, clock, tmp_path, monkeypatch):
    path = path_of(sqlite)
    for name in [name for name in os.environ if name.startswith("NOTIFIER_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    with sqlite.transaction() as session:
        follow(session, clock.now(), JANE, A)
    OPENED.clear()
    for arguments in (
        ["database", "status"],
        ["database", "upgrade"],
        ["subscribers", "list"],
        ["outbox", "list"],
        ["deliver"],
        ["backup", "copy.backup"],
        ["restore", "copy.backup", "--yes"],
        ["restore", "notifier.db", "--yes"],  # which is refused, and by its name alone
    ):
        CliRunner().invoke(commands, arguments)
    checks.check_database(Settings(database_url=sqlite.url.render_as_string()))
    monitoring.go_rounds(sqlite, Settings(mail_from="us@example.org"), clock)
    assert (tmp_path / "copy.backup").exists()
    here = {os.path.realpath(each) for each in OPENED}
    assert os.path.realpath(tmp_path / "notifier.key") in here  # so the hook hears
    assert os.path.realpath(path) not in here
    assert not {each for each in here if each.endswith(("-wal", "-shm"))}


def test_of_many_that_make_a_new_file_at_once_none_drops_the_locks_of_another(tmp_path):
    made = Database(f"sqlite:///{tmp_path}/new.db", MIGRATIONS)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: made.schema(), range(16)))
    assert (tmp_path / "new.db").stat().st_mode & 0o777 == 0o600
    made.close()


# --- damage -----------------------------------------------------------------------------------------------------


def test_a_whole_database_is_not_called_damaged(database):
    assert faults.damage(database) is None
    assert faults.damage(database, thorough=True) is None


def test_the_doctor_finds_a_page_of_random_bytes(sqlite):
    damaged(sqlite)
    (found,) = checks.check_database(Settings(database_url=sqlite.url.render_as_string()))
    assert found.outcome is CheckOutcome.FAILED
    assert "notifier.db is damaged: restore a backup with `notifier restore" in found.says


def test_the_daily_round_tells_the_admin_of_damage_once_a_day_until_it_is_over(sqlite, clock):
    to = Settings(admin="admin@example.org", mail_from="us@example.org")

    def wrong():
        monitoring.go_rounds(sqlite, to, clock)
        with sqlite.reading() as session:
            return [row.why for row in incidents.going(session) if row.name == "damaged"]

    assert wrong() == []
    damaged(sqlite, "pace")  # which the rest of the round does not read
    assert wrong() == []  # it was looked at today
    clock.move(timedelta(days=1))
    assert "is damaged" in wrong()[0]
