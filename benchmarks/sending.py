"""Sends what waits in an outbox, exactly as `notifier deliver` does, in a process of its own; and the bare loop beside it."""

import asyncio
import time
from functools import cache
from pathlib import Path
from typing import Any

from notifier import bootstrap
from notifier.deliver import Renderer
from notifier.settings import Settings
from notifier.tokens import TokenKeys

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
    return bootstrap.load_settings(
        environ | {f"NOTIFIER_{name}": value for name, value in more.items()}, Path(folder)
    )


@cache
def renderer() -> Renderer:
    """What makes mails, unsigned."""
    return bootstrap.make_renderer(settings(), TokenKeys((KEYS,)))


def ours(folder: str, url: str, port: int, connections: int, dkim: str | None = None) -> dict[str, Any]:
    """Assemble what is due, then a whole deliver pass; how many went, and the seconds of each part."""
    from notifier import outbox
    from notifier.cli.passes import run_deliver

    more = {} if dkim is None else {"DKIM_KEYS": dkim}
    how = settings(
        folder,
        DATABASE_URL=url,
        SMTP_URL=f"smtp://127.0.0.1:{port}",
        SMTP_CONNECTIONS=str(connections),
        **more,
    )
    bootstrap.start_logging(how)
    began = time.perf_counter()
    with bootstrap.open_database(how) as database, database.transaction() as session:
        outbox.assemble(session, how.clock, "example.org")  # type: ignore[arg-type]  # it is set above
    assembled = time.perf_counter()
    report = run_deliver(how)
    sent = time.perf_counter()
    if report.fault or report.left or not report.sent:
        raise RuntimeError(f"not all went: {report}")
    return {"mails": report.sent, "assembling": assembled - began, "sending": sent - assembled}


def bare(path: str, count: int, port: int, connections: int) -> dict[str, Any]:
    """One prebuilt mail to so many recipients, by aiosmtplib's `sendmail`; nothing is looked up and nothing kept."""
    content = Path(path).read_bytes()
    began = time.perf_counter()
    asyncio.run(_loop(content, count, port, connections))
    return {"mails": count, "assembling": 0.0, "sending": time.perf_counter() - began}


async def _loop(content: bytes, count: int, port: int, connections: int) -> None:
    from aiosmtplib import SMTP

    numbers = iter(range(count))

    async def line() -> None:
        async with SMTP(hostname="127.0.0.1", port=port, timeout=60) as client:
            for number in numbers:
                await client.sendmail("updates@example.org", [f"reader{number}@example.net"], content)

    await asyncio.gather(*(line() for _ in range(connections)))
