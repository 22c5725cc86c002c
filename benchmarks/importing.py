"""`notifier subscribers import FILE --commit` of 100,000 people, each of whom follows one thing, into an empty database.

One line in ten names a condition, the others a study; one person in four is still to be asked by mail. The seconds are
of the whole command, from its imports to its last word; nothing is beside it.
"""

import csv
import os
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.apart import apart
from benchmarks.measure import Ground, Row, Scale, left_out
from benchmarks.store import LANGUAGES, MIGRATIONS, ZONES, opened
from notifier.storage.engine import Database
from notifier.storage.models import Every, subscribers

PEOPLE = {Scale.FULL: 100_000, Scale.QUICK: 5_000, Scale.SMALLEST: 12}
STUDIES, CONDITIONS, DOMAINS = 10_000, 500, 300
COLUMNS = ("email", "study", "condition", "every", "consent", "time_zone", "language")


def rows(ground: Ground) -> Iterator[Row]:
    """A line an engine."""
    people = PEOPLE[ground.scale]
    folder = ground.folder / "importing"
    folder.mkdir(exist_ok=True)
    _write(folder / "people.csv", people)
    yield _measured("SQLite", f"sqlite:///{folder / 'notifier.db'}", folder, people)
    if ground.postgresql is None:
        yield left_out("the same into PostgreSQL", "PostgreSQL is not installed")
    else:
        yield _measured("PostgreSQL", ground.postgresql, folder, people)


def _measured(engine: str, url: str, folder: Path, people: int) -> Row:
    opened(url).close()
    taken = apart(once, str(folder), url)
    if (found := _people_in(url)) != people:
        raise RuntimeError(f"{found} of {people} people were imported")
    return Row(
        f"import {people:,} subscribers from a CSV file into {engine}",
        f"{taken.gave:.1f} s ({taken.cpu:.1f} s of CPU), {taken.peak:.0f} MB",
    )


def once(folder: str, url: str) -> float:
    """The command, in a process that is this one alone. Returns its seconds."""
    began = time.perf_counter()
    os.chdir(folder)
    os.environ |= {"NOTIFIER_DATABASE_URL": url, "NOTIFIER_MAIL_DIR": f"{folder}/mail"}
    from notifier.cli import app

    app(["subscribers", "import", "people.csv", "--commit", "--yes"], standalone_mode=False)
    return time.perf_counter() - began


def _write(path: Path, people: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(COLUMNS)
        lines.writerows(_line(number) for number in range(people))


def _line(number: int) -> tuple[str, ...]:
    of_condition = number % 10 == 0
    return (
        f"reader{number}@d{number % DOMAINS}.example",
        "" if of_condition else f"NCT{4_000_000 + number * 7 % STUDIES:08}",
        f"condition {number // 10 % CONDITIONS}" if of_condition else "",
        list(Every)[number % len(Every)].value,
        "" if number % 4 == 0 else "ticked our form on 2026-10-01",
        ZONES[number % len(ZONES)],
        LANGUAGES[number % len(LANGUAGES)],
    )


def _people_in(url: str) -> int:
    database = Database(url, MIGRATIONS)
    with database.reading() as session:
        found: int = session.execute(select(func.count()).select_from(subscribers)).scalar_one()
    database.close()
    return found
