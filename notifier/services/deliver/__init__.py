"""One deliver pass: everything that is due goes out, each mail once.

It may be killed anywhere and run again: a claim is committed before SMTP is spoken, the mark that the final dot may be
written is committed before it can be, and a verdict as soon as it is known. Holds no SQL, and knows neither
templates nor SMTP. `store` has its transactions, `senders` gathers them and sends.
"""

import asyncio

from notifier.clock import Clock
from notifier.mail.render.renderer import Renderer
from notifier.mail.smtp.envelope import Transport
from notifier.services.deliver.openings import Openings
from notifier.services.deliver.senders import Senders
from notifier.services.deliver.store import DeliverReport, DeliveryStore, Sending, is_allowed
from notifier.storage.engine import Database

__all__ = ["DeliverReport", "Openings", "Sending", "deliver", "is_allowed"]


async def deliver(
    database: Database,
    transport: Transport,
    renderer: Renderer,
    clock: Clock,
    sending: Sending,
    stopping: asyncio.Event | None = None,
    openings: Openings | None = None,
) -> DeliverReport:
    """One pass: assemble what is due, and send it on several lines at once.

    When `stopping` is set no new mail is begun; those in flight are finished and the rest is given back. A MailError
    ends the pass and blames no message; it is in the report. openings: what tells welcomes which studies are open now. Raises StoreError when the database fails meanwhile.
    """
    store = DeliveryStore(database, clock, sending)
    senders = Senders(store, transport, renderer, sending, stopping or asyncio.Event(), openings)
    with database.alive(sending.owner):
        await senders.run()
    if senders.store_fault is not None:
        raise senders.store_fault
    report = await asyncio.to_thread(store.report)
    report.fault, report.lines, report.fewer = senders.fault, senders.lines, senders.fewer
    return report
