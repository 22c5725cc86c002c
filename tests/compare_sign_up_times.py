"""Asks to sign up with addresses that are new, pending, active, suppressed and after a complaint, and prints how long the
answers took (L15): with the wait that makes all alike, and without it.

Run by hand: python tests/compare_sign_up_times.py [HOW_MANY_EACH]
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter

from fakes import sign_up
from web_asking import KEYS, asking, the_pages

from notifier.clock import SystemClock
from notifier.storage import subscribers
from notifier.storage.engine import Database
from notifier.storage.models import Suppressed
from notifier.storage.subscribers import suppression

STATES = ("new", "pending", "active", "dead", "complained")
UNLIMITED = {"forms_per_network": 10**9, "forms_an_hour": 10**9}


def people(database, clock, each):
    """So many addresses in each state, in an order that mixes them."""
    found = [(state, f"{state}{number}@example.org") for state in STATES for number in range(each)]
    sign_up(database, clock, *(who for state, who in found if state == "pending"))
    sign_up(database, clock, *(who for state, who in found if state == "active"), evidence="said so")
    with database.transaction() as session:
        for state, who in found:
            if state in {"dead", "complained"}:
                hashed = suppression.address_hash(KEYS.suppression_key, subscribers.address(who).key)
                reason = Suppressed.DEAD if state == "dead" else Suppressed.COMPLAINT
                suppression.suppress(session, hashed, reason, clock.now())
    Random(1).shuffle(found)
    return found


async def times(database, clock, each, **settings):
    """Milliseconds by state."""
    taken = {state: [] for state in STATES}
    async with asking(the_pages(database, clock, **UNLIMITED, **settings)) as client:
        for state, who in people(database, clock, each):
            began = perf_counter()
            answer = await client.post(
                "/subscriptions", data={"email": who, "study": "NCT90000001", "consent": "yes"}
            )
            taken[state].append((perf_counter() - began) * 1000)
            assert answer.status_code == 200
    return taken


def main():
    each = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    for title, settings in (("as served", {"steady": 0.25}), ("without the wait", {"steady": 0.0})):
        with tempfile.TemporaryDirectory() as folder:
            migrations = Path(__file__).parent.parent / "migrations"
            database = Database(f"sqlite:///{folder}/times.db", migrations)
            database.open()
            taken = asyncio.run(times(database, SystemClock(), each, **settings))
            database.close()
        sys.stdout.write(f"{title}, {each} each, in ms:\n")
        for state, measured in taken.items():
            slow = quantiles(measured, n=20)[-1]
            sys.stdout.write(f"  {state:<11} median {median(measured):6.1f}  p95 {slow:6.1f}\n")


if __name__ == "__main__":
    main()
