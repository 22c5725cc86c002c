"""PostgreSQL behind a real PgBouncer in transaction mode: no connection is ours for longer than a transaction."""

import os
import shutil
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from notifier.errors import BusyError, StoreError
from notifier.services import backups
from notifier.storage.engine import Database, sharing
from tests.conftest import MIGRATIONS
from tests.factories import A, a_record
from tests.store_factories import follow
from tests.world import a_world

BOUNCER = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
pytestmark = pytest.mark.skipif(not Path(BOUNCER).exists(), reason="pgbouncer is not installed here")
CONFIG = """
[databases]
* = host={server} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
query_wait_timeout = 20
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def bouncer(postgresql_server, tmp_path_factory):
    """Its port. With three connections to the server for all who come."""
    folder, port = tmp_path_factory.mktemp("pgbouncer"), free_port()
    config = folder / "pgbouncer.ini"
    config.write_text(CONFIG.format(server=postgresql_server.pgdata, port=port))
    who = []
    if os.geteuid() == 0:  # it will not run as root, and only the server's own account may enter its folder
        who = ["-u", postgresql_server.pgdata.owner()]
        for each in (config, *config.parents):
            if each.owner() == "root" and each.is_relative_to(tmp_path_factory.getbasetemp().parent):
                each.chmod(0o755)
    with subprocess.Popen([BOUNCER, *who, str(config)], stderr=subprocess.PIPE, text=True) as process:
        try:
            for line in process.stderr:
                if "process up" in line:
                    break
            else:
                pytest.fail("pgbouncer did not start")
            yield port
        finally:
            process.kill()


@pytest.fixture
def pooled(bouncer, postgresql):
    """The emptied database, through the pooler."""
    made = Database(f"postgresql+psycopg://someone@127.0.0.1:{bouncer}/shared", MIGRATIONS)
    yield made
    made.close()


@pytest.fixture
def rival(bouncer):
    made = Database(f"postgresql+psycopg://someone@127.0.0.1:{bouncer}/shared", MIGRATIONS)
    yield made
    made.close()


def test_the_tables_are_made_through_a_pooler(bouncer, fresh_postgresql):
    with fresh_postgresql.transaction() as session:
        session.execute(text("DROP SCHEMA public CASCADE"))
        session.execute(text("CREATE SCHEMA public"))
    made = Database(
        f"postgresql+psycopg://someone@127.0.0.1:{bouncer}/{fresh_postgresql.url.database}", MIGRATIONS
    )
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: made.open(), range(3)))
    assert made.schema().ready
    made.close()


def test_more_users_than_connections_all_come_through(pooled, clock):
    def one(number):
        with pooled.transaction() as session:
            follow(session, clock.now(), f"p{number}@example.org", A)
        with pooled.reading() as session:
            return session.execute(text("SELECT count(*) FROM subscriber")).scalar()

    with ThreadPoolExecutor(8) as pool:
        assert max(pool.map(one, range(24))) == 24


def test_what_holds_for_a_transaction_is_said_in_it_and_nothing_stays(pooled):
    shown = ("lock_timeout", "statement_timeout", "timezone")
    for _ in range(4):
        with pooled.reading() as session:
            assert [session.execute(text(f"SHOW {name}")).scalar() for name in shown] == [
                "30s",
                "10min",
                "UTC",
            ]
            assert session.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar() == 0
            held = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
            assert session.execute(held).scalar() == 0
    # Beside a transaction the session is as the server made it.
    with pooled.engine.connect() as connection:
        cursor = connection.connection.cursor()
        assert cursor.execute("SHOW statement_timeout").fetchone() == ("0",)


def test_a_lock_is_held_by_one_and_free_afterwards(pooled, rival):
    for _ in range(3):
        with pooled.exclusive("watch", "busy"):
            for each in (pooled, rival):
                with pytest.raises(BusyError, match="busy"), each.exclusive("watch", "busy"):
                    pass
            with rival.exclusive("another", "busy"):
                pass
    with rival.exclusive("watch", "busy"):
        pass


def test_a_lock_whose_holder_died_runs_out(pooled, rival):
    with pooled.transaction() as session:  # as one that was killed leaves it
        assert sharing.take_lease(session, "lock:watch", "dead", -1)
    with rival.exclusive("watch", "busy"):
        pass


def test_a_lock_is_renewed_while_it_is_held(pooled, rival, monkeypatch):
    monkeypatch.setattr("notifier.storage.engine.HELD_FOR", 0.3)

    def until():
        with rival.reading() as session:
            return session.execute(text("SELECT until FROM lease WHERE name = 'lock:watch'")).scalar_one()

    with pooled.exclusive("watch", "busy"):
        first = until()
        assert any(until() > first for _ in range(5_000))
        with pytest.raises(BusyError), rival.exclusive("watch", "busy"):
            pass


def test_who_delivers_lives_and_nobody_is_alone_meanwhile(pooled, rival):
    with pooled.alive("one:1"), rival.reading() as session:
        assert sharing.is_alive(session, "one:1")
        assert not sharing.is_alive(session, "two:2")
        with pytest.raises(BusyError, match="stop it"), rival.alone("stop it"):
            pass
    with pooled.working("one:1", "busy"), pytest.raises(BusyError, match="stop it"), rival.alone("stop it"):
        pass
    with rival.alone("stop it"), rival.reading() as session:
        assert not sharing.is_alive(session, "one:1")


async def test_one_watch_pass_after_another_comes_through(pooled):
    async with a_world(pooled, a_record(identificationModule__nctId=A)) as world:
        world.follow("ann@example.org", study=A)
        for _ in range(4):
            with pooled.exclusive("watch", "busy"):
                await world.watch()


def test_what_the_pooler_says_is_quoted_and_no_password(bouncer, postgresql):
    wrong = Database(f"postgresql+psycopg://someone:a%20secret@127.0.0.1:{bouncer}/nowhere", MIGRATIONS)
    with pytest.raises(StoreError, match=r'does not answer \(.*"?nowhere') as told:
        wrong.schema()
    assert "secret" not in str(told.value)
    wrong.close()


def test_a_backup_goes_to_the_server_itself(pooled, tmp_path, clock):
    with pytest.raises(StoreError, match="leads to a pooler"):
        backups.back_up(pooled, tmp_path / "copy.backup", clock.now())
