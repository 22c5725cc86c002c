"""The rig for a few seconds, with one seed, so that a run of the suite is like the one before: see tests/soak for the long runs.

`SOAK_SEED=N` tries another one.
"""

import os
import shutil

import pytest

from tests.soak import servers
from tests.soak.run import Pace, soak

BRISK = Pace(
    readers=(0.05, 0.3),
    commands=(0.0, 0.2),
    days=(0.5, 1.5),
    chaos=(1.0, 2.0),
    weather=(1.0, 3.0),
    looks=(1.5, 1.5),
)
SEED = int(os.environ.get("SOAK_SEED", "11"))


async def holds(folder, seconds, **where):
    report = await soak(folder, seconds, seed=SEED, pace=BRISK, **where)
    assert not report.faults, report.sentences()
    assert report.counts["kinds of acts not done"] == 0 or not where.get("every_act")
    assert report.counts["stops"] > 0
    assert min(report.counts["mails"], report.counts["due"]) > 0


async def test_everything_at_once_on_sqlite(tmp_path, migrated_sqlite):
    shutil.copy(migrated_sqlite, tmp_path / "notifier.db")
    await holds(tmp_path, 4, every_act=True)


async def test_everything_at_once_on_postgresql_with_two_workers(tmp_path, fresh_postgresql):
    url = fresh_postgresql.url.render_as_string(hide_password=False)
    await holds(tmp_path, 4, url=url, workers=2)


@pytest.mark.skipif(
    not servers.has_pgbouncer(), reason="there is no pgbouncer on this machine: apt install pgbouncer"
)
async def test_everything_at_once_behind_a_pool_of_transactions(tmp_path, fresh_postgresql):
    with servers.pooled(fresh_postgresql.url.render_as_string(hide_password=False)) as url:
        await holds(tmp_path, 3, url=url, workers=2)
