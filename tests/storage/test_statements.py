"""An UPDATE of many rows, each with values of its own; and one of many values. On both engines."""

from sqlalchemy import Integer, String, bindparam, case, select, update

from notifier.storage.engine.statements import EachRow, is_among
from notifier.storage.models import subscribers
from tests.factories import A
from tests.store_factories import follow

ODD = r"""100% ? {"a\b", 'NULL'},"""
NAMES = ["a@example.org", "b@example.org", "c@example.org"]


def _moved(row):
    hour = case((row["zone"].like("Europe/%"), subscribers.c.digest_hour + 1), else_=row["hour"])
    return (
        update(subscribers)
        .where(subscribers.c.email_key == row["key"], subscribers.c.silent_since <= bindparam("now"))
        .values(time_zone=row["zone"], digest_hour=hour, still_watching_at=bindparam("now"))
    )


MOVED = EachRow(_moved, key=String, zone=String, hour=Integer)


def test_each_row_gets_its_own_values_and_what_fits_none_is_not_counted(database, clock):
    now = clock.now()
    with database.transaction() as session:
        for name in NAMES:
            follow(session, now, name, A)
        rows = [(NAMES[0], "Europe/Oslo", None), (NAMES[1], "UTC", 5), ("nobody@example.org", "UTC", 6)]
        assert MOVED.run(session, rows, now=now) == 2
        assert MOVED.run(session, [(NAMES[2], ODD, 7)], now=now) == 1
    with database.reading() as session:
        columns = (subscribers.c.email_key, subscribers.c.time_zone, subscribers.c.digest_hour)
        found = session.execute(select(*columns, subscribers.c.still_watching_at).order_by(columns[0])).all()
    assert [tuple(row) for row in found] == [
        (NAMES[0], "Europe/Oslo", 9, now),
        (NAMES[1], "UTC", 5, now),
        (NAMES[2], ODD, 7, now),
    ]


def test_one_of_many_values_is_found_whatever_is_in_them(database, clock):
    with database.transaction() as session:
        for name in NAMES:
            follow(session, clock.now(), name, A)
        kept = select(subscribers.c.email_key).order_by(subscribers.c.email_key)
        by_name = kept.where(is_among(subscribers.c.email_key, "names"))
        for names in ([], [NAMES[2], NAMES[0]], [ODD, NAMES[1]]):
            found = session.execute(by_name, {"names": names}).scalars().all()
            assert found == sorted(set(names) & set(NAMES))
        ids = session.execute(select(subscribers.c.id).order_by(subscribers.c.email_key)).scalars().all()
        by_id = kept.where(is_among(subscribers.c.id, range(ids[0], ids[0] + 5_000)))
        assert session.execute(by_id).scalars().all() == NAMES
