"""Transactions, locks, and what is said when the database cannot be used."""

import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from notifier.errors import BusyError, NotifierError, StoreError
from notifier.storage.engine import Database, owner
from notifier.storage.engine.faults import explained
from notifier.storage.models import PassOutcome, PassRow
from tests.conftest import MIGRATIONS, ROOT

REFUSAL = "Somebody else is at it: wait for them"
SCARCE = 200_000  # bytes: more than the tables need, less than the rows of the test


def a_pass(now, **fields):
    row = {"data_timestamp": "2027-01-12T09:00:05", "outcome": PassOutcome.DONE, "requests": 1}
    return PassRow(started_at=now, finished_at=now, **(row | fields))


@contextmanager
def child(script, *arguments):
    """A process of its own that runs the script, up to the first line it writes; killed at the end."""
    code = textwrap.dedent(script)
    running = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    with running:
        try:
            assert running.stdout.readline().strip() == "ready"
            yield running
        finally:
            running.kill()


def in_child(act, *arguments):
    """Run `act` in a forked process and return what it returned, or its NotifierError as text."""
    theirs, ours = multiprocessing.get_context("fork").Pipe()
    process = multiprocessing.get_context("fork").Process(target=_reported, args=(ours, act, arguments))
    process.start()
    ours.close()
    try:
        return theirs.recv()
    finally:
        process.join()


def _reported(line, act, arguments):
    try:
        line.send(act(*arguments))
    except NotifierError as error:
        line.send((type(error).__name__, str(error)))
    finally:
        line.close()
        os._exit(0)


# --- transactions -----------------------------------------------------------------------------------------------


def test_a_transaction_that_fails_leaves_nothing(database, clock):
    def fail(session):
        session.add(a_pass(clock.now()))
        session.flush()
        raise RuntimeError

    with pytest.raises(RuntimeError), database.transaction() as session:
        fail(session)
    with database.reading() as session:
        assert session.get(PassRow, 1) is None


def test_what_is_committed_is_seen_by_others(database, clock):
    with database.transaction() as session:
        session.add(a_pass(clock.now(), requests=7))
    other = Database(database.url.render_as_string(hide_password=False), MIGRATIONS)
    with other.reading() as session:
        assert session.get(PassRow, 1).requests == 7
    other.close()


def test_rows_can_be_used_after_their_transaction(database, clock):
    with database.transaction() as session:
        session.add(row := a_pass(clock.now(), requests=7))
    assert row.requests == 7


def test_a_new_sqlite_file_is_for_its_owner_alone(tmp_path, clock):
    made = Database(f"sqlite:///{tmp_path}/new.db", MIGRATIONS)
    made.open()
    with made.transaction() as session:
        session.add(a_pass(clock.now()))
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("new.db*") if path.suffix != ".lock"} == {
        0o600
    }
    made.close()


def test_times_come_back_in_utc(database, clock):
    with database.transaction() as session:
        session.add(a_pass(clock.now()))
    with database.reading() as session:
        assert session.get(PassRow, 1).started_at == clock.now()


def test_an_update_is_never_lost_between_writers(sqlite, clock):
    with sqlite.transaction() as session:
        session.add(a_pass(clock.now(), requests=0))

    def read_and_write():
        for _ in range(25):
            with sqlite.transaction() as session:
                row = session.get_one(PassRow, 1)
                row.requests += 1

    threads = [threading.Thread(target=read_and_write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with sqlite.reading() as session:
        assert session.get_one(PassRow, 1).requests == 100


def test_a_reader_neither_waits_for_a_writer_nor_stops_one(database, clock):
    with database.reading() as reading:
        assert reading.get(PassRow, 1) is None
        with database.transaction() as writing:
            writing.add(a_pass(clock.now()))
            writing.flush()
            with database.reading() as another:
                assert another.get(PassRow, 1) is None


def test_a_writer_that_waits_too_long_is_told_so(sqlite, clock, monkeypatch):
    monkeypatch.setattr("notifier.storage.engine.BUSY_TIMEOUT", 0.05)
    impatient = Database(sqlite.url.render_as_string(), MIGRATIONS)
    with sqlite.transaction() as session:
        session.add(a_pass(clock.now()))
        session.flush()
        with pytest.raises(BusyError, match="busy with another writer"), impatient.transaction() as late:
            late.add(a_pass(clock.now()))
    impatient.close()


def test_sqlite_refuses_a_row_that_points_nowhere(sqlite):
    with pytest.raises(StoreError, match="FOREIGN KEY"), sqlite.transaction() as session:
        session.execute(
            text(
                "INSERT INTO listing (condition_id, nct_id, listed, seen_at, data_timestamp) "
                "VALUES (99, 'NCT90000001', 'new', '2027-01-12 12:00:00', 'x')"
            )
        )


def test_sqlite_writes_ahead_and_to_the_disk(sqlite):
    with sqlite.reading() as session:
        modes = [session.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")]
    assert modes == ["wal", 2]


def test_an_error_of_the_driver_shows_no_row(database, clock):
    canary = "canary@example.org"
    insert = text("INSERT INTO condition (query, text) VALUES (:canary, :canary)")
    with database.transaction() as session:
        session.execute(insert, {"canary": canary})
    with pytest.raises(StoreError) as caught, database.transaction() as session:
        session.execute(insert, {"canary": canary})
    assert canary not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


# --- locks ------------------------------------------------------------------------------------------------------


def test_a_lock_is_held_by_one_and_then_free_again(database):
    with database.exclusive("watch", REFUSAL):
        with pytest.raises(BusyError, match=REFUSAL), database.exclusive("watch", REFUSAL):
            pass
        with database.exclusive("deliver", REFUSAL):
            pass
    with database.exclusive("watch", REFUSAL):
        pass


def test_a_lock_is_freed_when_its_holder_fails(database):
    with pytest.raises(RuntimeError), database.exclusive("watch", REFUSAL):
        raise RuntimeError
    with database.exclusive("watch", REFUSAL):
        pass


def wait_for_lock(database, name):
    """Take it once it is free."""
    for _ in range(5_000):
        with suppress(BusyError), database.exclusive(name, REFUSAL):
            return
    pytest.fail(f"{name} is not free")


def test_a_lock_dies_with_its_process(database):
    holder = """
        import sys, signal
        from pathlib import Path
        from notifier.storage import engine
        from notifier.storage.engine import Database
        engine.HELD_FOR = 1.0  # seconds, where the lock is a lease
        with Database(sys.argv[1], Path("migrations")).exclusive("watch", "held"):
            print("ready", flush=True)
            signal.pause()
    """
    with child(holder, database.url.render_as_string(hide_password=False)) as process:
        with pytest.raises(BusyError, match=REFUSAL), database.exclusive("watch", REFUSAL):
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_for_lock(database, "watch")


def test_two_deliver_passes_are_kept_apart_by_a_lock_only_on_sqlite(database):
    with database.delivering(REFUSAL):
        if database.is_sqlite:
            with pytest.raises(BusyError, match=REFUSAL), database.delivering(REFUSAL):
                pass
        else:
            with database.delivering(REFUSAL):
                pass


def test_every_holder_of_leases_has_another_name():
    names = {owner() for _ in range(100)}
    assert len(names) == 100
    assert max(map(len, names)) <= 80


# --- a database that cannot be used -----------------------------------------------------------------------------


@pytest.fixture
def open_folder():
    """A folder that other accounts can enter, unlike those of pytest."""
    with tempfile.TemporaryDirectory(prefix="notifier-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def opened(url):
    Database(url, MIGRATIONS).open()


def as_nobody(url):
    """What an account without any rights is told."""
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    return opened(url)


def written_as_nobody(url):
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    with Database(url, MIGRATIONS).transaction() as session:
        session.execute(text("DELETE FROM notice"))


def written_where_room_is_scarce(url):
    resource.setrlimit(resource.RLIMIT_FSIZE, (SCARCE, SCARCE))
    with Database(url, MIGRATIONS).transaction() as session:
        session.execute(
            text("INSERT INTO condition (query, text) VALUES ('a', :long)"), {"long": "x" * SCARCE}
        )


def one_line(error, kind, words):
    name, said = error
    assert name == kind
    assert words in said
    assert len(said.splitlines()) == 1
    assert "sqlite3" not in said
    assert "Error" not in said


def test_a_folder_that_is_not_there(tmp_path):
    error = in_child(opened, f"sqlite:///{tmp_path}/nowhere/notifier.db")
    one_line(error, "StoreError", "cannot be opened: check that it is a file and that its folder exists")
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_in_place_of_a_file(tmp_path):
    one_line(in_child(opened, f"sqlite:///{tmp_path}"), "StoreError", "cannot be opened")


def test_a_file_that_is_not_a_database(tmp_path):
    (tmp_path / "notifier.db").write_bytes(b"Dear diary, " * 500)
    error = in_child(opened, f"sqlite:///{tmp_path}/notifier.db")
    one_line(error, "StoreError", "is not one of ours")
    assert (tmp_path / "notifier.db").read_bytes() == b"Dear diary, " * 500


def test_a_damaged_file(sqlite):
    path = Path(sqlite.url.database)
    content = bytearray(path.read_bytes())
    content[100:4096] = b"\xff" * 3996
    path.write_bytes(content)
    one_line(in_child(opened, sqlite.url.render_as_string()), "DamagedError", "is damaged: restore a backup")


def test_a_file_that_may_not_be_read(open_folder, migrated_sqlite):
    path = open_folder / "notifier.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    path.chmod(0o000)
    one_line(in_child(as_nobody, f"sqlite:///{path}"), "StoreError", "cannot be opened")


def test_a_folder_that_may_not_be_written(open_folder):
    one_line(in_child(as_nobody, f"sqlite:///{open_folder}/notifier.db"), "StoreError", "cannot be opened")


def test_a_file_that_may_only_be_read(open_folder, migrated_sqlite):
    path = open_folder / "notifier.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    path.chmod(0o444)
    open_folder.chmod(0o777)
    one_line(
        in_child(written_as_nobody, f"sqlite:///{path}"), "StoreError", "cannot be written: check the rights"
    )


def test_a_disk_without_room(sqlite):
    error = in_child(written_where_room_is_scarce, sqlite.url.render_as_string())
    one_line(error, "StoreError", "nothing was changed")
    with sqlite.reading() as session:
        assert session.execute(text("SELECT count(*) FROM condition")).scalar() == 0
        assert session.execute(text("PRAGMA integrity_check")).scalar() == "ok"


def test_a_lock_where_nothing_may_be_written(open_folder):
    def locked():
        os.setgid(65534)
        os.setuid(65534)
        with Database(f"sqlite:///{open_folder}/notifier.db", MIGRATIONS).exclusive("watch", REFUSAL):
            pass

    if os.geteuid() != 0:
        pytest.skip("only root can make a folder that this account may not write")
    one_line(in_child(locked), "StoreError", "cannot be written")


def test_a_server_that_does_not_answer():
    error = in_child(opened, "postgresql+psycopg://user:secret@127.0.0.1:1/notifier")
    one_line(error, "StoreError", "does not answer (Connection refused")
    assert "secret" not in error[1]


def test_a_database_that_the_server_does_not_have(postgresql):
    url = postgresql.url.set(database="nowhere").render_as_string(hide_password=False)
    one_line(
        in_child(opened, url), "StoreError", 'does not answer (FATAL: database "nowhere" does not exist)'
    )


@pytest.mark.parametrize(
    ("told", "advice"),
    [
        (
            'connection failed: FATAL: password authentication failed for user "x"',
            "refuses the user or the password",
        ),
        ("connection failed: FATAL: sorry, too many clients already", "has no connection left"),
        ("connection failed: Connection refused", "does not answer"),
    ],
)
def test_what_postgresql_says_is_told_with_the_right_advice(told, advice):
    fault = OperationalError("SELECT 1", {}, Exception(told))
    assert advice in str(explained(fault, make_url("postgresql+psycopg://x:secret@db.example.org/trials")))
    assert "secret" not in str(
        explained(fault, make_url("postgresql+psycopg://x:secret@db.example.org/trials"))
    )
