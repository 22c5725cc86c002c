"""The commands that run one pass, replay the past, or serve the pages alone."""

import asyncio
import signal
import sys
from contextlib import AsyncExitStack
from dataclasses import asdict
from datetime import datetime
from typing import Any

from notifier import app
from notifier.errors import SettingsError
from notifier.services.deliver import DeliverReport, deliver
from notifier.services.operations.replay import replay
from notifier.services.watch import watch
from notifier.settings import Settings
from notifier.storage import erasure_log
from notifier.web.serving import listen, serving

ANOTHER_WATCH = "Another watch pass is running on this database: wait until it has ended"
ANOTHER_DELIVERY = "Another deliver pass is running on this database: wait until it has ended"


def run_watch(settings: Settings) -> dict[str, object]:
    """One watch pass; what it did, as plain values."""
    return asyncio.run(_watch(settings))


async def _watch(settings: Settings) -> dict[str, object]:
    clock = app.make_clock(settings)
    with app.open_database(settings) as database, database.exclusive("watch", ANOTHER_WATCH):
        async with app.open_registry(settings) as registry:
            report = await watch(database, registry, clock, app.make_limits(settings))
    return {**asdict(report), "outcome": report.outcome.value}


def run_deliver(settings: Settings) -> DeliverReport:
    """One deliver pass; SIGTERM and Ctrl-C finish the mails in flight and leave the rest due."""
    return asyncio.run(_deliver(settings))


async def _deliver(settings: Settings) -> DeliverReport:
    clock, stopping = app.make_clock(settings), _stop_on_signals()
    with app.open_database(settings) as database, database.delivering(ANOTHER_DELIVERY):
        keys = app.open_keys(settings)
        erasure_log.put_back(database, app.make_ledger(settings), keys.suppression_key, clock.now())
        renderer = app.make_renderer(settings, keys)
        async with app.open_transport(settings) as transport:
            sending = app.make_sending(settings, keys, fence=app.make_fence(settings))
            return await deliver(database, transport, renderer, clock, sending, stopping)


def run_pages(settings: Settings) -> None:
    """The pages until SIGTERM or Ctrl-C."""
    asyncio.run(_pages(settings))


async def _pages(settings: Settings) -> None:
    stopping = _stop_on_signals()
    with app.open_database(settings) as database, listen(settings.web_listen) as socket:
        if socket is None:
            raise SettingsError(
                "NOTIFIER_WEB_LISTEN is off, so there is nothing to serve: set it to host:port"
            )
        clock, keys = app.make_clock(settings), app.open_keys(settings)
        async with AsyncExitStack() as stack:
            registry = await stack.enter_async_context(app.open_registry(settings, database))
            pages = app.make_pages(settings, database, keys, clock, registry)
            await stack.enter_async_context(serving(pages, socket))
            host, port = socket.getsockname()[:2]
            sys.stderr.write(f"The pages are at http://{host}:{port}; Ctrl-C ends it.\n")
            await stopping.wait()


def _stop_on_signals() -> asyncio.Event:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    return stopping


def run_simulation(settings: Settings, first: datetime) -> list[dict[str, Any]]:
    """The mails that today's rules and subscriptions would have made since then, as plain values."""
    now = app.make_clock(settings).now()
    with app.open_database(settings) as database:
        mails = replay(database, first, now, settings.settle_minor)
    return [
        {
            "day": mail.day.isoformat(),
            "email": mail.email,
            "told": [{"nct_id": nct_id, "kind": kind} for nct_id, kind in mail.told],
        }
        for mail in mails
    ]
