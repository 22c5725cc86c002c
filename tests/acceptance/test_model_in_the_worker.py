"""The daemon lets a model word summaries, and a model that does not answer keeps nobody from stopping it."""

import asyncio

from factories import A
from model_peer import a_peer
from store_factories import a_study
from test_worker import daemon, registry, registry_url

from notifier.storage.engine import Database
from notifier.storage.studies import summaries
from tests.conftest import MIGRATIONS, NOON

__all__ = ["registry", "registry_url"]  # fixtures


def filled(folder):
    database = Database(f"sqlite:///{folder}/notifier.db", MIGRATIONS)
    database.open()
    with database.transaction() as session:
        a_study(session, NOON, A)
    return database


def written(database):
    with database.reading() as session:
        return [(one.nct_id, one.read.written_by) for one in summaries.listed(session)]


async def test_the_daemon_asks_the_model_for_what_is_missing(tmp_path, registry_url):
    database = filled(tmp_path)
    async with a_peer() as peer:
        settings = {"MODEL_URL": peer.url, "MODEL_NAME": "a-model", "WEB_LISTEN": "off"}
        async with daemon(tmp_path, REGISTRY_URL=registry_url, **settings) as worker:
            await worker.until("write_tick")
            worker.process.terminate()
            code, said = await worker.end()
    assert (code, "Traceback" in said) == (0, False)
    assert written(database) == [(A, "a-model")]


async def test_a_model_that_never_answers_keeps_nobody_from_stopping_the_daemon(tmp_path, registry_url):
    database = filled(tmp_path)
    async with a_peer(None) as peer:
        settings = {
            "MODEL_URL": peer.url,
            "MODEL_NAME": "a-model",
            "MODEL_TIMEOUT": "60s",
            "WEB_LISTEN": "off",
        }
        async with daemon(tmp_path, REGISTRY_URL=registry_url, **settings) as worker:
            await worker.until("worker_started")
            await peer.reached.wait()
            worker.process.terminate()
            async with asyncio.timeout(10):
                code, said = await worker.end()
    assert (code, "Traceback" in said) == (0, False)
    assert written(database) == []
