"""A database that was restored from a backup, or copied to another machine, does not mail what its original sent."""

import shutil
import sqlite3
from contextlib import closing

import pytest
from fakes import DOMAIN, FakeRenderer, sign_up, something_changes
from smtp_peer import SmtpPeer
from typer.testing import CliRunner

from notifier.cli import app
from notifier.clock import FixedClock
from notifier.domain.changes import Kind
from notifier.errors import StoreError
from notifier.mail.smtp import SmtpAddress, SmtpTransport
from notifier.services.deliver import Sending, deliver
from notifier.storage.departures import Fence
from notifier.storage.engine import Database
from tests.conftest import MIGRATIONS, NOON

ANN, BEN = "ann@example.org", "ben@example.org"


class Machine:
    """A folder with a database file, its fence, and a way to send."""

    def __init__(self, folder, port):
        self.folder, self.port = folder, port
        self.file, self.fence = folder / "notifier.db", Fence(folder / "notifier.fence")

    @property
    def database(self):
        return Database(f"sqlite:///{self.file}", MIGRATIONS)

    async def send(self, database=None):
        sending = Sending("here:1", DOMAIN, lambda _: "bounces@example.org", connections=1, fence=self.fence)
        transport = SmtpTransport(SmtpAddress("127.0.0.1", self.port))
        report = await deliver(
            database or self.database, transport, FakeRenderer(), FixedClock(NOON), sending
        )
        await transport.close()
        return report

    def run(self, *arguments):
        environ = {
            "NOTIFIER_DATABASE_URL": f"sqlite:///{self.file}",
            "NOTIFIER_FENCE_FILE": str(self.fence.path),
            "NOTIFIER_SMTP_URL": f"smtp://127.0.0.1:{self.port}",
        }
        result = CliRunner().invoke(app, ["outbox", *arguments], env=environ)
        assert result.exit_code == 0, result.output
        return result.output


@pytest.fixture
async def peer():
    async with SmtpPeer() as peer:
        yield peer


@pytest.fixture
def here(tmp_path, migrated_sqlite, peer):
    shutil.copy(migrated_sqlite, tmp_path / "notifier.db")
    machine = Machine(tmp_path, peer.port)
    sign_up(machine.database, FixedClock(NOON), ANN, BEN, evidence="yes")
    return machine


def news(machine, kind=Kind.STATUS_PAUSED):
    something_changes(machine.database, FixedClock(NOON), kind)


def back_up(machine):
    copy = machine.folder / "backup.db"
    with closing(sqlite3.connect(machine.file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def restore(machine, copy):
    for left in machine.folder.glob("notifier.db*"):
        left.unlink()
    shutil.copy(copy, machine.file)


async def test_the_first_start_on_a_machine_is_not_noticed(here, peer):
    news(here)
    assert (await here.send()).sent == 2
    assert here.fence.path.stat().st_mode & 0o777 == 0o600
    news(here, Kind.STATUS_CLOSED)
    assert (await here.send()).sent == 2
    assert len(peer.received) == 4


async def test_a_restored_backup_sends_nothing_until_it_is_released(here, peer):
    await here.send()  # a first pass, with nothing to send
    news(here)
    copy = back_up(here)
    await here.send()
    restore(here, copy)
    for _ in range(2):
        report = await here.send()
        assert "restored backup" in str(report.fault)
        assert "@" not in str(report.fault)
    assert len(peer.received) == 2
    assert "restored backup" in here.run("list")
    here.run("release", "--yes")
    assert (await here.send()).sent == 2
    assert "restored backup" not in here.run("list")


async def test_what_a_restored_backup_would_send_again_can_be_dropped(here, peer):
    await here.send()
    news(here)
    copy = back_up(here)
    await here.send()
    restore(here, copy)
    await here.send()
    here.run("drop", "--yes")
    assert (await here.send()).sent == 0
    news(here, Kind.STATUS_CLOSED)
    assert (await here.send()).sent == 2
    assert len(peer.received) == 4


async def test_a_backup_after_which_nothing_was_sent_is_no_danger(here, peer):
    news(here)
    await here.send()
    copy = back_up(here)
    restore(here, copy)
    news(here, Kind.STATUS_CLOSED)
    assert (await here.send()).sent == 2


async def test_a_copy_from_before_the_very_first_mail_sends_nothing_until_it_is_released(here, peer):
    news(here)
    copy = back_up(here)
    await here.send()
    restore(here, copy)
    assert "restored backup" in here.run("list")
    for _ in range(2):
        assert "restored backup" in str((await here.send()).fault)
    assert len(peer.received) == 2
    here.run("drop", "--yes")
    news(here, Kind.STATUS_CLOSED)
    assert (await here.send()).sent == 2


async def test_a_copy_on_another_machine_sends_nothing(here, peer, tmp_path_factory):
    news(here)
    await here.send()
    news(here, Kind.STATUS_CLOSED)
    there = Machine(tmp_path_factory.mktemp("there"), peer.port)
    shutil.copy(back_up(here), there.file)
    assert "does not know it" in str((await there.send()).fault)
    assert (await here.send()).sent == 2
    there.run("release", "--yes")
    assert (await there.send()).sent == 2


async def test_two_databases_in_one_folder_do_not_disturb_each_other(here, peer, migrated_sqlite):
    news(here)
    await here.send()
    other = Machine(here.folder, peer.port)
    other.file = here.folder / "other.db"
    shutil.copy(migrated_sqlite, other.file)
    sign_up(other.database, FixedClock(NOON), ANN, evidence="yes")
    news(other)
    assert (await other.send()).sent == 1
    news(here, Kind.STATUS_CLOSED)
    assert (await here.send()).sent == 2


async def test_without_its_file_nothing_is_sent_and_nothing_is_lost(here, peer):
    news(here)
    here.fence.path.write_text("nonsense")
    with pytest.raises(StoreError, match="is not a count"):
        await here.send()
    here.fence.path.unlink()
    assert (await here.send()).sent == 2


async def test_of_a_file_that_does_not_end_so_much_is_read(here):
    news(here)
    here.fence.path.write_text(f"{'0' * 32} {1:020}\n" * 20_000)
    with pytest.raises(StoreError, match="is not a count"):
        await here.send()
    here.fence.path.unlink()
    here.fence.path.symlink_to("/dev/zero")
    with pytest.raises(StoreError, match="is not a count"):
        await here.send()


async def test_on_postgresql_a_new_machine_must_be_told_once(postgresql, here, peer, tmp_path_factory):
    there = Machine(tmp_path_factory.mktemp("there"), peer.port)
    sign_up(postgresql, FixedClock(NOON), ANN, evidence="yes")
    something_changes(postgresql, FixedClock(NOON), Kind.STATUS_PAUSED)
    assert (await here.send(postgresql)).sent == 1
    something_changes(postgresql, FixedClock(NOON), Kind.STATUS_CLOSED)
    assert (await there.send(postgresql)).fault is not None
    with postgresql.reading() as session:
        there.fence.renew(session)
    assert (await there.send(postgresql)).sent == 1
    something_changes(postgresql, FixedClock(NOON), Kind.STATUS_PAUSED)
    assert (await here.send(postgresql)).sent == 1
