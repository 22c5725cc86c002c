"""A registry, a database, people and days that pass: what tests of whole passes stand on."""

from contextlib import asynccontextmanager
from copy import deepcopy
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from notifier.clock import FixedClock
from notifier.services.watch import watch
from notifier.settings import Settings
from notifier.sources.clinicaltrials_gov import Pacer, Registry
from notifier.storage import subscribers
from notifier.storage.models import ChangeRow
from tests.conftest import NOON
from tests.factories import a_record
from tests.faults import FaultyRegistry

PLAIN = {"Accept-Encoding": "identity"}
DAY_1, DAY_2, DAY_3, DAY_4 = (f"2027-01-{day}T09:00:05" for day in (12, 13, 14, 15))
A, B, C = "NCT90000001", "NCT90000002", "NCT90000003"


def study(nct_id):
    record = a_record()
    record["protocolSection"]["identificationModule"]["nctId"] = nct_id
    record["protocolSection"]["identificationModule"].pop("nctIdAliases", None)
    record["protocolSection"]["statusModule"].pop("lastKnownStatus", None)
    return record


async def no_wait(_seconds):
    return None


class World:
    """A registry, a database, and the one who watches."""

    def __init__(self, database, rehearsal, registry):
        self.database, self.rehearsal, self.registry = database, rehearsal, registry
        self.clock = FixedClock(NOON)
        self.settings = Settings()

    def follow(self, who, *, study=None, condition=None, choice=None, **person):
        wanted = subscribers.Wanted(nct_id=study, condition=condition, query=condition)
        with self.database.transaction() as session:
            return subscribers.add(
                session,
                subscribers.Person(subscribers.address(who), **person),
                [wanted],
                choice=choice or subscribers.Choice(),
                consent=subscribers.Consent("command", "a test", "yes"),
                now=self.clock.now(),
                domain="example.org",
            )

    async def watch(self):
        return await watch(self.database, self.registry, self.clock, self.settings)

    async def next_day(self, data_timestamp, *records):
        self.clock.move(timedelta(days=1))
        self.rehearsal.publish(records, data_timestamp)
        return await self.watch()

    def rows(self, kind):
        with self.database.reading() as session:
            return list(session.execute(select(kind)).scalars())

    def kinds(self):
        return [change.kind for change in self.rows(ChangeRow)]


@asynccontextmanager
async def a_world(database, *records):
    rehearsal = FaultyRegistry(records, DAY_1)
    transport = httpx.ASGITransport(rehearsal.app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://registry/api/v2", headers=PLAIN
    ) as client:
        yield World(database, rehearsal, Registry(client, pacer=Pacer(100_000), sleep=no_wait))


def edited(record, *, posted, **status):
    result = deepcopy(record)
    module = result["protocolSection"]["statusModule"]
    module |= status
    module["lastUpdateSubmitDate"] = posted
    module["lastUpdatePostDateStruct"] = {"date": posted, "type": "ACTUAL"}
    return result


def under(nct_id, *conditions, first_posted, updated=None):
    result = study(nct_id)
    result["protocolSection"]["conditionsModule"]["conditions"] = list(conditions)
    status = result["protocolSection"]["statusModule"]
    status["studyFirstPostDateStruct"] = {"date": first_posted, "type": "ACTUAL"}
    status["lastUpdatePostDateStruct"] = {"date": updated or first_posted, "type": "ACTUAL"}
    return result


@pytest.fixture
def a_followed_record():
    return study(A)


@pytest.fixture
async def a_followed_world(sqlite, record):
    """Somebody follows a study, which was looked at. Its module says `record = a_followed_record`."""
    async with a_world(sqlite, record) as world:
        world.follow("a@example.org", study=A)
        await world.watch()
        yield world
