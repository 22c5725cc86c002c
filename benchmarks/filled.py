"""A database that was filled once, and fresh copies of it, so that each run begins with the same."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """A file of SQLite that nobody has open."""

    path: Path

    @contextmanager
    def fresh(self, folder: Path) -> Iterator[str]:
        """The address of a copy in an empty folder."""
        shutil.copy(self.path, folder / "notifier.db")
        yield f"sqlite:///{folder / 'notifier.db'}"


@dataclass(frozen=True, slots=True)
class PostgresqlDatabase:
    """A database to which nobody is connected."""

    url: str

    @contextmanager
    def fresh(self, folder: Path) -> Iterator[str]:
        """The address of a copy, named as the folder is."""
        template = make_url(self.url).database
        self._tell(f'CREATE DATABASE "{folder.name}" TEMPLATE "{template}"')
        try:
            yield make_url(self.url).set(database=folder.name).render_as_string(hide_password=False)
        finally:
            self._tell(f'DROP DATABASE "{folder.name}" WITH (FORCE)')

    def _tell(self, statement: str) -> None:
        import psycopg

        address = make_url(self.url).set(drivername="postgresql", database="postgres")
        with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute(statement.encode())
