"""What passes and scrapes ask never grows with history: the plans of the statements that they really send, on both engines."""

import re
from contextlib import contextmanager

from fakes import DOMAIN, FakeRenderer
from smtp_peer import SmtpPeer
from sqlalchemy import event, inspect, text
from world import DAY_2, DAY_3, A, a_world, edited, study

from notifier.mail.smtp import SmtpTransport, parse_smtp_url
from notifier.services.deliver import Sending, deliver
from notifier.storage import metrics

JANE = "jane@example.org"
#: Tables that grow with every day, and those that grow with the people; by the other names they have in statements too.
HISTORY = "consent|notice|message|change|older|its|ours|earlier|others|here|theirs|sent|one"
PEOPLE = "subscriber|subscription"
#: How each engine says that it reads all of a table. An index that holds only the few rows of a state may be read whole.
READS_ALL = {
    "sqlite": r"SCAN ({tables})\b(?! USING (COVERING )?INDEX \w+_(waiting|held|sending|due|assembling)\b)",
    "postgresql": r"Seq Scan on ({tables})\b",
}
#: So many more rows like the first one of a table, but for what is said; `i` counts them.
MORE = """
INSERT INTO {table} ({columns}) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
SELECT {values} FROM n, {table} AS one WHERE one.id = (SELECT min(id) FROM {table})
"""
YEARS = {
    "subscriber": {"id": "100000 + i", "email": "'p' || i || '@x'", "email_key": "'p' || i || '@x'"},
    "subscription": {"id": "100000 + i", "subscriber_id": "100000 + i", "nct_id": "'NCT' || (70000000 + i % 100)"},
    "consent": {"id": "100000 + i", "subscription_id": "100000 + i"},
    "message": {"id": "i - 5000", "subscriber_id": "100000 + i", "rfc_message_id": "'<' || i || '@old>'"},
    "watch_pass": {"id": "i - 5000"},
    "change": {"id": "i - 5000", "pass_id": "i - 5000"},
    "notice": {"id": "i - 5000", "subscription_id": "100000 + i", "change_id": "i - 5000", "message_id": "i - 5000"},
}  # fmt: skip

OLD = dict.fromkeys(("created_at", "detected_at", "finished_at"), "'2025-01-01 00:00:00'")


def years_of_it(database):
    """Many people who were mailed much, all of it long over."""
    with database.transaction() as session:
        for table, changed in YEARS.items():
            dated = {} if table in PEOPLE else OLD
            said = dated | changed
            names = [column["name"] for column in inspect(session.connection()).get_columns(table)]
            values = ", ".join(said.get(name, f'one."{name}"') for name in names)
            columns = ", ".join(f'"{name}"' for name in names)
            session.execute(text(MORE.format(table=table, columns=columns, values=values)))
        if not database.is_sqlite:
            session.execute(text("ANALYZE"))


@contextmanager
def asked_of(database):
    """Every statement that is sent meanwhile, with what was bound to it."""
    asked = {}

    def note(_connection, _cursor, statement, bound, _context, many):
        if re.match(r"(SELECT|UPDATE|DELETE|INSERT .*SELECT)", statement, re.DOTALL):
            asked.setdefault(statement, bound[0] if many else bound)

    event.listen(database.engine, "before_cursor_execute", note)
    yield asked
    event.remove(database.engine, "before_cursor_execute", note)


def plans(database, asked):
    explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
    with database.engine.connect() as connection:
        for statement, bound in asked.items():
            rows = connection.exec_driver_sql(f"{explain} {statement}", bound).all()
            yield statement, "\n".join(str(row[-1]) for row in rows)


def reads_all(database, asked, tables):
    reading = READS_ALL["sqlite" if database.is_sqlite else "postgresql"].format(tables=tables)
    return [f"{statement}\n{plan}" for statement, plan in plans(database, asked) if re.search(reading, plan)]


async def delivered(world):
    how = Sending(owner="here:1", domain=DOMAIN, envelope_sender=lambda _: "b@example.org", connections=1)
    async with SmtpPeer() as peer:
        transport = SmtpTransport(parse_smtp_url(f"smtp://127.0.0.1:{peer.port}"))
        report = await deliver(world.database, transport, FakeRenderer(), world.clock, how)
        await transport.close()
    return report.sent


async def test_no_pass_reads_what_is_long_over(database):
    first = study(A)
    async with a_world(database, first) as world:
        world.follow(JANE, study=A)
        await world.watch()
        await world.next_day(DAY_2, edited(first, posted="2027-01-13", overallStatus="SUSPENDED"))
        assert await delivered(world) == 1
        years_of_it(database)
        with asked_of(database) as watching:  # what is followed is asked of the subscriptions, once a pass
            await world.next_day(DAY_3, edited(first, posted="2027-01-14", overallStatus="RECRUITING"))
        with asked_of(database) as delivering:
            assert await delivered(world) == 1
            assert await delivered(world) == 0
        with asked_of(database) as counting, database.reading() as session:
            metrics.read(session, world.clock.now())
    assert min(map(len, (watching, delivering, counting))) > 10
    found = reads_all(database, watching | counting, HISTORY)
    found += reads_all(database, delivering, f"{HISTORY}|{PEOPLE}")
    assert not found, "\n\n".join(found)


def test_reading_all_is_seen(database):
    """What reads all is recognised: else the test above would hold nothing."""
    years = "SELECT count(*) FROM message WHERE reply = 'no'"
    assert reads_all(database, {years: ()}, HISTORY) != []
