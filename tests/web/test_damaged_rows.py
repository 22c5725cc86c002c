"""One value that no column should hold, in any column that pages read: their pages still answer, and nobody else's change."""

import re

import pytest
from sqlalchemy import Boolean, Float, Integer, event, text

from notifier.domain.signed_links import Purpose
from notifier.storage.models import Table
from notifier.storage.models.columns import Moment
from notifier.storage.studies import study_page
from tests.web_asking import asking, link, the_pages
from tests.world import DAY_2, A, B, a_world, edited, study

TABLES = {table.name: table for table in Table.metadata.sorted_tables}


def rubbish(column):
    """What SQLite keeps in a column of any type; and what looks as it should in one of this type. A number in a column of
    texts is a text, and a moment there is like any other."""
    yield from ("x", b"\xff\xfe")
    if isinstance(column.type, Boolean | Moment):
        yield 5
    if isinstance(column.type, Moment):
        yield "9999-12-31 23:59:59.999999"
    elif not isinstance(column.type, Boolean | Float | Integer):
        yield '[null, 1, ["x"]]'


PUBLIC = (
    *("/", f"/studies/{A}", f"/studies/{B}", f"/feeds/studies/{A}.atom", "/conditions?q=knee+pain"),
    *("/feeds/conditions.atom?q=knee+pain", "/sitemap.xml", "/metrics"),
)
TOLD_SO = {301, 404, 410, 503}  # of what cannot be read: that it moved, is not here, not any more, or not now
OF_STUDIES = ("listing", "plain_read", "snapshot", "study", "watch_pass")
OF_BOTH = ("change", "condition")
OF_PEOPLE = ("consent", "subscriber", "subscription", "wording")


def theirs(clock):
    own = link(clock, (1, 0), Purpose.PREFERENCES)
    one = [link(clock, [1], purpose) for purpose in (Purpose.CONFIRM, Purpose.UNSUBSCRIBE)]
    return [own, f"{own}/export", f"{own}/why/1", f"{own}/why/2", *one]


def spoiled(database, table, column, value):
    """Every row of the table but of the study B; gives back what stood there, or None where the database refuses."""
    but = f"nct_id IS NULL OR nct_id != '{B}'" if "nct_id" in table.c else "1"
    with database.transaction() as session:
        session.execute(text("PRAGMA ignore_check_constraints = ON"))
        old = session.execute(text(f'SELECT rowid, "{column}" FROM "{table.name}"')).all()
        wanted = text(f'UPDATE OR IGNORE "{table.name}" SET "{column}" = :value WHERE {but}')
        session.execute(wanted, {"value": value})
    return old


def mended(database, table, column, old):
    with database.transaction() as session:
        for row in old:
            back = text(f'UPDATE "{table.name}" SET "{column}" = :value WHERE rowid = :row')
            session.execute(back, {"value": row[1], "row": row[0]})


async def read_by(database, clock, pages):
    """By page the statements that make it, so that a value is looked for only where its column is read."""
    said = {page: [] for page in pages}
    for page, statements in said.items():

        def heard(_connection, _cursor, statement, *_more, heard_here=statements):
            heard_here.append(statement)

        event.listen(database.engine, "before_cursor_execute", heard)
        async with asking(the_pages(database, clock)) as client:  # that keeps nothing yet
            assert (await client.get(page)).status_code == 200
        event.remove(database.engine, "before_cursor_execute", heard)
    return said


def reads(statements, table, column):
    return any(
        re.search(rf"\b{table}\b", one) and re.search(rf"\b{column}\b|SELECT \*", one) for one in statements
    )


@pytest.mark.parametrize("name", [*OF_STUDIES, *OF_BOTH, *OF_PEOPLE])
async def test_a_value_that_no_column_should_hold_breaks_no_page(sqlite, name):
    async with a_world(sqlite, study(A), study(B)) as world:
        for wish in ({"study": A}, {"condition": "knee pain"}):
            world.follow("jane@example.org", **wish)
        world.follow("john@example.org", study=B)
        await world.watch()
        await world.next_day(DAY_2, edited(study(A), posted="2027-01-12", overallStatus="COMPLETED"))
        with sqlite.transaction() as session:
            for nct_id in (A, B):
                study_page.publish(session, nct_id, world.clock.now())
        table, person = TABLES[name], theirs(world.clock)
        pages = [*(PUBLIC if name not in OF_PEOPLE else ()), *(person if name not in OF_STUDIES else ())]
        said = await read_by(sqlite, world.clock, pages)
        async with asking(the_pages(sqlite, world.clock)) as client:
            for column in table.columns:
                if column.primary_key or column.foreign_keys:
                    continue
                concerned = [page for page in pages if reads(said[page], name, column.name)]
                for value in rubbish(column) if concerned else ():
                    old = spoiled(sqlite, table, column.name, value)
                    for page in concerned:
                        status = (await client.get(page)).status_code
                        fine = {200, *TOLD_SO} if A in page or page in person else {200}
                        assert status in fine, (column.name, value, page)
                    mended(sqlite, table, column.name, old)
