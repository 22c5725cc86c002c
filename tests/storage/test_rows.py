"""One stored value that cannot be read: its row falls back, or is held by itself, and nobody else is concerned."""

import asyncio
import re
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from smtp_peer import SmtpPeer
from sqlalchemy import text

from notifier.domain.scheduling import zone, zone_of
from notifier.errors import InputError
from notifier.mail.smtp import SmtpAddress, SmtpTransport
from notifier.services import monitoring
from notifier.services.deliver import Sending, deliver
from notifier.settings import Settings
from notifier.storage import eligibility, incidents, subscribers
from notifier.storage.studies import history, study_page
from tests.factories import A, B
from tests.fakes import FakeRenderer
from tests.store_factories import a_change, a_study, assembled, filled_once, follow, news
from tests.world import DAY_2, DAY_3, a_world, edited, study

TO_ADMIN = Settings(admin="admin@example.org", mail_from="updates@example.org")
SENDING = Sending("a-worker", "example.org", lambda _: "bounces@example.org", suppression_key=b"a key")
JANE, JOHN = "jane@example.org", "john@example.org"
#: Each is a column of its own.
EACH_VALUE_ON_EACH_ENGINE = True
#: One row made rubbish; whether its person is mailed all the same (None: it is held, or not theirs to be mailed).
ANYWHERE = {
    "subscriber.time_zone": ("UPDATE subscriber SET time_zone = 'posix/Europe/Berlin' WHERE id = 1", True),
    "subscriber.time_zone of nowhere": ("UPDATE subscriber SET time_zone = 'Mars/Olympus' WHERE id = 1", True),
    "subscriber.time_zone empty": ("UPDATE subscriber SET time_zone = '' WHERE id = 1", True),
    "subscriber.time_zone a path": ("UPDATE subscriber SET time_zone = '../../etc/passwd' WHERE id = 1", True),
    "subscriber.language": ("UPDATE subscriber SET language = '?!' WHERE id = 1", True),
    "subscriber.digest_hour": ("UPDATE subscriber SET digest_hour = 99 WHERE id = 1", True),
    "subscriber.digest_weekday": ("UPDATE subscriber SET digest_weekday = -7 WHERE id = 1", True),
    "subscriber.generation": ("UPDATE subscriber SET generation = -7 WHERE id = 1", True),
    "subscriber.email": ("UPDATE subscriber SET email = 'rubbish' WHERE id = 1", False),
    "subscriber.email_key": ("UPDATE subscriber SET email_key = 'rubbish' WHERE id = 1", False),
    "subscription.every": ("UPDATE subscription SET every = 'fortnightly' WHERE id = 1", True),
    "subscription.state": ("UPDATE subscription SET state = 'dozing' WHERE id = 1", False),
    "subscription.ended_reason": ("UPDATE subscription SET ended_reason = 'bored' WHERE id = 1", True),
    "subscription.lightest_rank": ("UPDATE subscription SET lightest_rank = 77 WHERE id = 1", True),
    "subscription.groups": ("UPDATE subscription SET groups = -5 WHERE id = 1", None),
    "subscription.narrow": ("UPDATE subscription SET narrow = -7 WHERE id = 1", True),
    "subscription.countries": ("UPDATE subscription SET countries = '!' WHERE id = 1", True),
    "study.traits": ("UPDATE study SET traits = -7 WHERE nct_id = :jane", True),
    "change.kind": ("UPDATE \"change\" SET kind = 'sung' WHERE nct_id = :jane", False),
    "change.weight": ("UPDATE \"change\" SET weight = 'airy' WHERE nct_id = :jane", False),
    "snapshot.record": ("UPDATE snapshot SET record = :bytes WHERE nct_id = :jane", False),
    "notice.state": ("UPDATE notice SET state = 'lost' WHERE subscription_id = 1", False),
    "notice.reason": ("UPDATE notice SET reason = 'whim' WHERE subscription_id = 1", True),
    "message.kind": ("UPDATE message SET kind = 'telegram' WHERE id = (SELECT min(id) FROM message)", None),
    "watch_pass.data_timestamp": ("UPDATE watch_pass SET data_timestamp = 'rubbish' WHERE id = 1", True),
    "watch_pass.outcome": ("UPDATE watch_pass SET outcome = 'sunny' WHERE id = 1", True),
    "snapshot.source": ("UPDATE snapshot SET source = 'dream' WHERE nct_id = :jane", True),
}  # fmt: skip
#: SQLite keeps whatever it is given.
ON_SQLITE = {
    "subscriber.digest_hour a word": ("UPDATE subscriber SET digest_hour = 'noon' WHERE id = 1", True),
    "subscriber.generation a word": ("UPDATE subscriber SET generation = 'x' WHERE id = 1", True),
    "subscriber.created_at": ("UPDATE subscriber SET created_at = 'once' WHERE id = 1", True),
    "subscriber.still_watching_at": ("UPDATE subscriber SET still_watching_at = 'x' WHERE id = 1", True),
    "subscription.groups a word": ("UPDATE subscription SET groups = 'all' WHERE id = 1", None),
    "subscription.narrow a word": ("UPDATE subscription SET narrow = 'some' WHERE id = 1", True),
    "study.traits a word": ("UPDATE study SET traits = 'x' WHERE nct_id = :jane", True),
    "message.openings half": ("UPDATE message SET openings = '{\"a'", True),
    "subscription.created_at": ("UPDATE subscription SET created_at = 'once' WHERE id = 1", None),
    "subscription.paused_until": ("UPDATE subscription SET paused_until = 'x' WHERE id = 1", True),
    "change.before": ('UPDATE "change" SET before = \'{"a\' WHERE nct_id = :jane', False),
    "change.detected_at": ("UPDATE \"change\" SET detected_at = 'once' WHERE nct_id = :jane", None),
    "study.conditions": ("UPDATE study SET conditions = '[[' WHERE nct_id = :jane", True),
    "study.first_seen": ("UPDATE study SET first_seen = 'once' WHERE nct_id = :jane", None),
    "snapshot.record a text": ("UPDATE snapshot SET record = 'text' WHERE nct_id = :jane", False),
}


def spoil(database, statement):
    with database.transaction() as session:
        session.execute(text(statement), {"jane": A, "bytes": b"rubbish"} if ":" in statement else {})


async def told_and_shown(world, mailed):
    """A day with news of both studies: who is mailed, and everything that is shown to all is shown."""
    database, renderer = world.database, FakeRenderer()
    async with a_server() as transport:
        await deliver(database, transport, renderer, world.clock, SENDING)
    to = {letter.recipient for letter in renderer.letters}
    assert JOHN in to
    if mailed is not None:
        assert (JANE in to) is mailed
    with database.reading() as session:
        assert JOHN in {one.person.email for one in subscribers.followed(session)}
        subscribers.count(session)
        assert study_page.of(session.connection(), B, world.clock.now()).events
        study_page.find(session, "study", "study", limit=10)
        study_page.events(session.connection(), [A, B], {}, 50)
        for nct_id in (A, B):
            history.stored_changes(session, nct_id, history.versions(session, nct_id))
        for subscription in (1, 2):
            eligibility.account(session, subscription, world.clock.now())
        for person in (1, 2):
            subscribers.chosen(session, person)


@asynccontextmanager
async def a_server():
    async with SmtpPeer() as peer:
        transport = SmtpTransport(SmtpAddress("127.0.0.1", peer.port))
        yield transport
        await transport.close()


COMPLETED = [edited(study(nct_id), posted="2027-01-12", overallStatus="COMPLETED") for nct_id in (A, B)]


@filled_once
def told_of(database):
    """Jane follows one study, John another, and both were completed on the second day."""

    async def days_pass():
        async with a_world(database, study(A), study(B)) as world:
            world.follow(JANE, study=A)
            world.follow(JOHN, study=B)
            await world.watch()
            await world.next_day(DAY_2, *COMPLETED)

    asyncio.run(days_pass())


async def the_others_are_mailed_and_shown(database, name, statement, mailed):
    async with a_world(database, study(A), study(B)) as world:
        await asyncio.to_thread(told_of, database=database)
        world.clock.move(timedelta(days=1))
        world.rehearsal.publish(COMPLETED, DAY_2)
        if name.startswith("message"):
            assembled(database, world.clock.now())
        spoil(database, statement)
        monitoring.go_rounds(database, TO_ADMIN, world.clock)
        with database.reading() as session:
            (why,) = [row.why for row in incidents.going(session) if row.name == monitoring.Name.UNREADABLE]
        table, column = name.split(" ")[0].split(".")
        assert re.match(rf"{table} [\w, ]+ \({column}\)", why)
        await told_and_shown(world, mailed)
        # And another look at the registry, whatever it finds.
        again = [edited(each, posted="2027-01-13", whyStopped="A reason") for each in COMPLETED]
        report = await world.next_day(DAY_3, *again)
        assert report.outcome == "done"


@pytest.mark.parametrize("name", sorted(ANYWHERE))
async def test_rubbish_in_one_row_stops_nobody_else_and_is_named(database, name):
    await the_others_are_mailed_and_shown(database, name, *ANYWHERE[name])


@pytest.mark.parametrize("name", sorted(ON_SQLITE))
async def test_what_only_sqlite_keeps_stops_nobody_else_and_is_named(sqlite, name):
    await the_others_are_mailed_and_shown(sqlite, name, *ON_SQLITE[name])


def test_what_is_well_is_named_nowhere(database, clock):
    with database.transaction() as session:
        a_study(session, clock.now())
        follow(session, clock.now(), JANE, A)
        news(session, clock.now(), a_change(before=None), a_change(before=None, after=None))
    assembled(database, clock.now())
    with database.reading() as session:
        assert monitoring.unreadable(session) is None


def test_more_rows_are_told_once_more_and_many_are_counted(database, clock):
    with database.transaction() as session:
        a_study(session, clock.now())
        for number in range(12):
            follow(session, clock.now(), f"p{number}@example.org", A)
    spoil(database, "UPDATE subscriber SET time_zone = 'Factory' WHERE id = 3")
    monitoring.go_rounds(database, TO_ADMIN, clock)
    with database.transaction() as session:
        incidents.told(session, "unreadable", clock.now(), over=False)
        assert not incidents.untold(session)
    spoil(database, "UPDATE subscriber SET time_zone = 'Factory'")
    clock.move(timedelta(hours=1))
    monitoring.go_rounds(database, TO_ADMIN, clock)
    with database.reading() as session:
        (row,) = incidents.untold(session)
    assert "subscriber 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more (time_zone)" in row.why


@pytest.mark.parametrize(
    "name",
    [
        "posix/Europe/Berlin",
        "right/UTC",
        "Factory",
        "localtime",
        "posixrules",
        "",
        "utc",
        "/etc/passwd",
        "../UTC",
        "Europe",
        "x" * 500,
    ],
)
def test_only_zones_that_every_machine_knows_are_taken(name):
    with pytest.raises(InputError, match="is not a time zone") as refused:
        zone(name)
    assert len(str(refused.value)) < 200
    assert zone_of(name).key == "UTC"
