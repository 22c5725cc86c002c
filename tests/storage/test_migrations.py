"""The schema: made once, checked at every start, changed whole or not at all."""

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, select, text

from notifier.errors import SchemaError, StoreError
from notifier.storage.engine import Database, metadata
from notifier.storage.models import EndedReason, Fate, consents, notices, wordings
from tests.conftest import MIGRATIONS

ONE_MORE = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9999", {head!r}, None, None


def upgrade() -> None:
    op.create_table("half_done", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("INSERT INTO condition (query, text) VALUES ('a', 'b')")
    {last}
"""


@pytest.fixture
def postgresql(fresh_postgresql):
    """Here schemas are altered."""
    return fresh_postgresql


@pytest.fixture
def one_more(tmp_path, database):
    """The migrations of a later version, which ends with the given line."""

    def made(last="pass"):
        folder = tmp_path / "migrations"
        shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
        text = ONE_MORE.format(head=database.schema().needed, last=last)
        (folder / "versions" / "9999_one_more.py").write_text(text)
        return Database(database.url.render_as_string(hide_password=False), folder)

    return made


def tables(database):
    with database.engine.connect() as connection:
        return sorted(inspect(connection).get_table_names())


def contents(database):
    with database.reading() as session:
        return session.execute(text("SELECT count(*) FROM condition")).scalar()


def test_the_migrations_make_what_the_tables_say(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata()) == []


def test_the_migrations_make_the_indexes_with_their_conditions(sqlite, tmp_path):
    path = tmp_path / "by_metadata.db"
    made = Database(f"sqlite:///{path}", MIGRATIONS)
    with made.engine.begin() as connection:
        metadata().create_all(connection)
    made.close()
    assert indexes(sqlite.url.database) == indexes(path)


def indexes(path):
    with sqlite3.connect(path) as connection:
        rows = connection.execute(
            "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall()
    connection.close()
    return sorted(" ".join(sql.split()) for (sql,) in rows)


def test_an_empty_database_is_given_the_schema(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'new.db'}", MIGRATIONS)
    assert database.schema().empty
    database.open()
    assert database.schema().ready
    assert set(metadata().tables) <= set(tables(database))
    database.close()


def test_two_processes_may_open_an_empty_sqlite_database_at_once(tmp_path):
    context, barrier = get_context("fork"), get_context("fork").Barrier(4)
    url = f"sqlite:///{tmp_path / 'new.db'}"
    processes = [context.Process(target=_open_together, args=(url, barrier)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]


def _open_together(url, barrier):
    barrier.wait(30)
    database = Database(url, MIGRATIONS)
    database.open()
    assert database.schema().ready


def test_two_workers_may_open_an_empty_postgresql_database_at_once(postgresql):
    with postgresql.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    url = postgresql.url.render_as_string(hide_password=False)
    workers = [Database(url, MIGRATIONS) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(Database.open, workers))
    assert postgresql.schema().ready
    for worker in workers:
        worker.close()


def test_a_database_that_is_ready_is_left_alone(database, one_more):
    database.open()
    assert database.upgrade() == database.schema()
    assert database.schema().ready


def test_an_older_schema_is_refused_with_the_command_that_helps(database, one_more):
    newer_program = one_more()
    with pytest.raises(SchemaError, match=r"older schema .*run `notifier database upgrade`"):
        newer_program.open()
    assert "half_done" not in tables(database)
    newer_program.close()


def test_upgrade_brings_an_older_schema_up_and_a_second_one_does_nothing(database, one_more):
    newer_program = one_more()
    assert newer_program.upgrade().ready
    assert newer_program.upgrade().current == "9999"
    newer_program.open()
    assert (tables(database).count("half_done"), contents(database)) == (1, 1)
    newer_program.close()


def test_a_newer_schema_is_refused_by_every_door(database, one_more):
    newer_program = one_more()
    newer_program.upgrade()
    newer_program.close()
    for door in (database.open, database.upgrade):
        with pytest.raises(SchemaError, match=r"newer version of this program .*nothing was changed"):
            door()
    assert database.schema().current == "9999"


def test_a_migration_that_fails_leaves_the_database_as_it_was(database, one_more):
    before, newer_program = tables(database), one_more(last="op.execute('INSERT INTO nowhere VALUES (1)')")
    with pytest.raises(StoreError):
        newer_program.upgrade()
    assert (tables(database), contents(database)) == (before, 0)
    database.open()
    newer_program.close()


def test_a_migration_that_is_killed_leaves_the_database_as_it_was(sqlite, tmp_path, one_more):
    one_more(last="import os; os._exit(9)").close()
    before = tables(sqlite)
    process = get_context("fork").Process(
        target=_upgrade, args=(sqlite.url.render_as_string(), tmp_path / "migrations")
    )
    process.start()
    process.join()
    assert (process.exitcode, tables(sqlite), contents(sqlite)) == (9, before, 0)


def _upgrade(url, migrations):
    Database(url, migrations).upgrade()


def test_a_database_with_tables_of_another_program_is_not_ours(tmp_path):
    path = tmp_path / "theirs.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE recipes (id INTEGER)")
    connection.close()
    theirs = Database(f"sqlite:///{path}", MIGRATIONS)
    for attempt in (theirs.open, theirs.upgrade):
        with pytest.raises(SchemaError, match="not ours"):
            attempt()
    assert tables(theirs) == ["recipes"]
    theirs.close()


@pytest.fixture
def of_before(tmp_path, database):
    """An empty database as of an earlier schema."""

    def made(newest):
        folder = tmp_path / "earlier"
        shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
        for path in (folder / "versions").glob("[0-9]*.py"):
            if path.name[:4] > newest:
                path.unlink()
        url = database.url.render_as_string(hide_password=False)
        if database.is_sqlite:
            database.close()
            Path(database.url.database).unlink()
        else:
            with database.transaction() as session:
                session.execute(text("DROP SCHEMA public CASCADE"))
                session.execute(text("CREATE SCHEMA public"))
        earlier = Database(url, folder)
        earlier.open()
        earlier.close()
        return database

    return made


ONE_OF_EACH = """
INSERT INTO watch_pass (id, data_timestamp, started_at, finished_at, outcome, requests, unreadable, swept, changes, notices, people)
 VALUES (1, 'x', '2027-01-01', '2027-01-01', 'done', 1, 0, 0, 0, 0, 0);
INSERT INTO study (nct_id, first_seen) VALUES ('NCT90000001', '2027-01-01');
INSERT INTO subscriber (id, email, email_key, language, time_zone, digest_hour, digest_weekday, title_in_subject,
 still_watching, silent_since, created_at)
 VALUES (1, 'a', 'a', 'en', 'UTC', 8, 0, false, false, '2027-01-01', '2027-01-01');
INSERT INTO subscription (id, subscriber_id, nct_id, every, state, lightest_rank, "groups", created_at)
 VALUES (1, 1, 'NCT90000001', 'daily', 'active', 1, 1, '2027-01-01')
"""
CHANGE = """INSERT INTO change (id, pass_id, nct_id, kind, weight, rank, "group", alone, detected_at)
 VALUES (:id, 1, 'NCT90000001', 'contacts', 'minor', 1, 1, false, '2027-01-01')"""
NOTICE = """INSERT INTO notice (id, subscription_id, change_id, state, reason, created_at)
 VALUES (:id, 1, :id, 'cancelled', :reason, '2027-01-01')"""


def test_sentences_of_before_are_words_now(database, of_before):
    """What an earlier version said of a notice in a sentence is what this one says in a word."""
    said = {
        "held by the brake": Fate.STORM,
        "dropped by an admin": Fate.DROPPED,
        "outside of the circle": Fate.FAR_AWAY,
        "changed back before it was told": Fate.CHANGED_BACK,
        "taken back: the record was wrong": Fate.TAKEN_BACK,
        "suppressed": Fate.SUPPRESSED,
        "subscription not active when its mail was due": Fate.NOT_WANTED,
        "not wanted, or told since, when its mail went again": Fate.LEFT_OUT,
        None: None,
    } | {f"subscription ended: {why.value}": Fate.of_end(why) for why in EndedReason}
    database = of_before("0006")
    with database.transaction() as session:
        for statement in ONE_OF_EACH.split(";"):
            session.execute(text(statement))
        for number, sentence in enumerate(said, start=1):
            session.execute(text(CHANGE), {"id": number})
            session.execute(text(NOTICE), {"id": number, "reason": sentence})
    database.upgrade()
    with database.reading() as session:
        rows = session.execute(select(notices.c.reason).order_by(notices.c.id)).scalars().all()
    assert list(rows) == list(said.values())


CONSENT = """INSERT INTO consent (id, subscription_id, method, actor, wording_version, wording, asked_at)
 VALUES (:id, 1, 'form', 'the person', :version, :words, '2027-01-01')"""


def test_the_words_to_which_people_agreed_stand_once(of_before):
    """Nobody's words are lost, also where two were kept under one version."""
    database = of_before("0006")
    agreed = [("v1", "I agree."), ("v1", "I agree."), ("v2", "Yes."), ("v1", "I do."), ("v1", "I do.")]
    with database.transaction() as session:
        for statement in ONE_OF_EACH.split(";"):
            session.execute(text(statement))
        for number, (version, words) in enumerate(agreed, start=1):
            session.execute(text(CONSENT), {"id": number, "version": version, "words": words})
    database.upgrade()
    joined = select(wordings.c.version, wordings.c.text).join(
        consents, consents.c.wording_version == wordings.c.version
    )
    with database.reading() as session:
        rows = session.execute(joined.order_by(consents.c.id)).all()
        assert len(session.execute(select(wordings)).all()) == 3
    assert [row.text for row in rows] == [words for _, words in agreed]
    assert [row.version for row in rows] == ["v1", "v1", "v2", "v1-2", "v1-2"]
