"""One value that no column should hold, in any column: commands still say what the others are, or one sentence."""

import pytest
from sqlalchemy import Engine, event

from tests.store_factories import assembled
from tests.web.test_damaged_rows import TABLES, mended, reads, spoiled
from tests.world import DAY_2, A, B, a_world, edited, study

JANE, JOHN = "jane@example.org", "john@example.org"
DAY = ("--from", "2027-01-11", "--to", "2027-01-20")
#: Each command, and a word that it says of those whose rows are well, if it names them.
COMMANDS = (
    (("studies", "list"), B),
    (("studies", "show", A), None),
    (("studies", "history", A), None),
    (("studies", "history", A, "--json"), None),
    (("studies", "diff", A), None),
    (("conditions", "list"), None),
    (("subscribers", "list"), None),
    (("subscribers", "list", "--csv"), None),
    (("subscribers", "list", "--json"), None),
    (("subscribers", "show", JANE), None),
    (("subscribers", "export", JANE), None),
    (("outbox", "list"), None),
    (("outbox", "show", "1"), None),
    (("outbox", "plan", "--people"), None),
    (("outbox", "sent", *DAY), None),
    (("outbox", "reconcile", "--json"), None),
    (("summaries", "list"), None),
    (("audit",), None),
    (("audit", "--json"), None),
    (("simulate", "--from", "2027-01-11"), None),
)


@pytest.fixture(autouse=True)
def settings(sqlite, monkeypatch, place):
    monkeypatch.setenv("NOTIFIER_CLOCK", "2027-01-13T13:00:00Z")
    monkeypatch.setenv("NOTIFIER_SECRET_KEYS", "k" * 40)
    monkeypatch.setenv("NOTIFIER_DATABASE_URL", str(sqlite.url))
    monkeypatch.setenv("NOTIFIER_LOG_LEVEL", "error")


#: What broke a command once; SQLite keeps it.
SPOILED = (
    ("study", "first_seen", "x"),
    ("change", "kind", b"\xff\xfe"),
    ("change", "after_snapshot_id", "x"),
    ("change", "detected_at", "x"),
    ("snapshot", "taken_at", "x"),
    ("snapshot", "record", b"\xff\xfe"),
    ("subscription", "nct_id", b"\xff\xfe"),
    ("subscription", "created_at", "x"),
    ("audit", "at", "x"),
    ("message", "created_at", "x"),
    ("message", "due_at", "x"),
    ("subscriber", "email", b"\xff\xfe"),
    ("subscriber", "digest_weekday", "x"),
    ("subscriber", "near_lat", "x"),
    ("subscriber", "created_at", "x"),
)
#: These say in one sentence that what they were asked for cannot be read, or found.
SAID = {("studies", "diff", A), ("subscribers", "show", JANE), ("subscribers", "export", JANE)}


def said_by(notifier, words):
    """The statements of a command, so that a value is looked for only where its column is read."""
    statements = []

    def heard(_connection, _cursor, statement, *_more):
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", heard)
    assert notifier(*words)[0] == 0
    event.remove(Engine, "before_cursor_execute", heard)
    return statements


async def test_a_value_that_no_column_should_hold_breaks_no_command(sqlite, notifier):
    async with a_world(sqlite, study(A), study(B)) as world:
        for wish in ({"study": A}, {"condition": "knee pain"}):
            world.follow(JANE, **wish)
        world.follow(JOHN, study=B)
        await world.watch()
        ended = (edited(study(each), posted="2027-01-12", overallStatus="COMPLETED") for each in (A, B))
        await world.next_day(DAY_2, *ended)
    assembled(sqlite, world.clock.now())
    said = {words: said_by(notifier, words) for words, _ in COMMANDS}
    for name, column, value in SPOILED:
        old = spoiled(sqlite, TABLES[name], column, value)
        assert old
        concerned = [one for one in COMMANDS if reads(said[one[0]], name, column)]
        assert concerned
        for words, others in concerned:
            code, out, err = notifier(*words)
            where = (name, column, words, err)
            assert code in {0, 1}, where
            assert code == 0 or "reconcile" in words or (words in SAID and err.count("\n") == 1), where
            assert others is None or others in out, where
        mended(sqlite, TABLES[name], column, old)
