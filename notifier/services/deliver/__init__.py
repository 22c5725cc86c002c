"""One deliver pass: everything that is due goes out, each mail once.

It may be killed anywhere and run again: a claim is committed before SMTP is spoken, the mark that the final dot may be
written is committed before it can be, and a verdict as soon as it is known. Holds no SQL, knows neither templates nor
SMTP, and speaks to both through protocols. `books` are its transactions, `ledger` gathers them, `lines` sends.
"""

import asyncio

from notifier.clock import Clock
from notifier.services.deliver.books import Books, is_allowed
from notifier.services.deliver.lines import Lines
from notifier.services.deliver.parts import (
    DeliverReport,
    Posting,
    Rendered,
    Renderer,
    Sending,
    Transport,
)
from notifier.storage.engine import Database

__all__ = [
    "DeliverReport",
    "Posting",
    "Rendered",
    "Renderer",
    "Sending",
    "Transport",
    "deliver",
    "is_allowed",
]


async def deliver(
    database: Database,
    transport: Transport,
    renderer: Renderer,
    clock: Clock,
    sending: Sending,
    stopping: asyncio.Event | None = None,
) -> DeliverReport:
    """One pass: assemble what is due, and send it on several lines at once.

    When `stopping` is set no new mail is begun; those in flight are finished and the rest is given back. A MailError
    ends the pass and blames no message; it is in the report. Raises StoreError when the database fails meanwhile.
    """
    books = Books(database, clock, sending)
    lines = Lines(books, transport, renderer, sending, stopping or asyncio.Event())
    with database.alive(sending.owner):
        await lines.run()
    if lines.store_fault is not None:
        raise lines.store_fault
    return await asyncio.to_thread(books.report, lines.fault)
