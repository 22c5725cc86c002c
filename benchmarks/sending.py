"""Sends what waits in an outbox, exactly as `notifier deliver` does, in a process of its own; and the bare loop beside it."""

import asyncio
import resource
import time
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from notifier import app
from notifier.domain.signed_links import TokenKeys
from notifier.mail.render.renderer import Renderer
from notifier.settings import Settings
from notifier.storage import letters
from notifier.storage.engine import Database
from notifier.storage.models import messages, subscribers
from notifier.storage.outbox import assembly, claims

CLOCK = "2027-01-12T12:00:00Z"
KEYS = "0123456789abcdef0123456789abcdef"


def settings(folder: str = ".", **more: str) -> Settings:
    """Settings of a real installation, for a database that was filled for noon."""
    environ = {
        "NOTIFIER_CLOCK": CLOCK,
        "NOTIFIER_SECRET_KEYS": KEYS,
        "NOTIFIER_MAIL_FROM": "Trial updates <updates@example.org>",
        "NOTIFIER_PUBLIC_URL": "https://updates.example.org",
        "NOTIFIER_ORGANISATION": "A charity",
        "NOTIFIER_POSTAL_ADDRESS": "1 Example Road, Exampleton",
        "NOTIFIER_LOG_FORMAT": "json",
        "NOTIFIER_LOG_LEVEL": "info",
    }
    return app.load_settings(
        environ | {f"NOTIFIER_{name}": value for name, value in more.items()}, Path(folder)
    )


@cache
def renderer() -> Renderer:
    """What makes mails, unsigned."""
    return app.make_renderer(settings(), TokenKeys((KEYS,)))


def ours(
    folder: str, url: str, port: int, connections: int, dkim: str | None = None, now: str = CLOCK
) -> dict[str, Any]:
    """Make mails of what is due, then a deliver pass; how many went, and the seconds of each, also of CPU.

    A daemon makes its parts once, and so they are made before.
    """
    more = {} if dkim is None else {"DKIM_KEYS": dkim}
    address = f"smtp://127.0.0.1:{port}"
    how = settings(
        folder, DATABASE_URL=url, SMTP_URL=address, SMTP_CONNECTIONS=str(connections), CLOCK=now, **more
    )
    app.start_logging(how)
    return asyncio.run(_pass(how))


async def _pass(how: Settings) -> dict[str, Any]:
    keys = app.open_keys(how)
    with app.open_database(how) as database:
        return await sent(how, database, keys, app.make_renderer(how, keys))


async def sent(how: Settings, database: Database, keys: TokenKeys, made: Renderer) -> dict[str, Any]:
    """Make mails of what is due in this database, and send them."""
    from notifier.services.deliver import deliver

    clock = app.make_clock(how)
    sending = app.make_sending(how, keys, fence=app.make_fence(how))
    async with app.open_transport(how) as transport:
        began = time.perf_counter(), _spent()
        await asyncio.to_thread(_assemble, database, clock.now())
        ended = time.perf_counter(), _spent()
        # Not in the loop, in which no mail is made either: visitors are answered there.
        await asyncio.to_thread(_read_languages, database, made, clock.now())
        app.settle_in()
        assembled = time.perf_counter(), _spent()
        report = await deliver(database, transport, made, clock, sending)
        done = time.perf_counter(), _spent()
    with database.reading() as session:
        left = claims.due(session, clock.now())  # bad news may be due later, by day in its reader's zone
    if report.fault or left or not report.sent:
        raise RuntimeError(f"not all went: {report}")
    return {
        "mails": report.sent,
        "sending": done[0] - assembled[0],
        "assembling": ended[0] - began[0],
        "cpu": {"making mails": ended[1] - began[1], "sending": done[1] - assembled[1]},
    }


def _read_languages(database: Database, made: Renderer, now: datetime) -> None:
    """Make one mail in each language: the templates and sentences of each are read once by a process."""
    with database.reading() as session:
        first = select(func.min(messages.c.id)).join(subscribers).group_by(subscribers.c.language)
        for message_id in session.execute(first).scalars().all():
            if (letter := letters.compose(session, message_id, now, as_sent=True)) is not None:
                made.render(letter)


def _spent() -> float:
    """Seconds of CPU of this process, and of those that it began and that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _assemble(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        assembly.assemble(session, now, "example.org")


def bare(path: str, count: int, port: int, connections: int) -> dict[str, Any]:
    """One prebuilt mail to so many recipients, by aiosmtplib's `sendmail`; nothing is looked up and nothing kept."""
    content = Path(path).read_bytes()
    began, used = time.perf_counter(), time.process_time()
    asyncio.run(_loop(content, count, port, connections))
    cpu = {"sending": time.process_time() - used}
    return {"mails": count, "assembling": 0.0, "sending": time.perf_counter() - began, "cpu": cpu}


async def _loop(content: bytes, count: int, port: int, connections: int) -> None:
    from aiosmtplib import SMTP

    numbers = iter(range(count))

    async def line() -> None:
        async with SMTP(hostname="127.0.0.1", port=port, timeout=60) as client:
            for number in numbers:
                await client.sendmail("updates@example.org", [f"reader{number}@example.net"], content)

    await asyncio.gather(*(line() for _ in range(connections)))
