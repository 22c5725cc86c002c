"""Copies of PostgreSQL databases by PostgreSQL's own programs: pg_dump and pg_restore. Passes no password by name.

Of our tables alone: what else is in the database, an extension or another program's tables, is neither copied nor touched.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import URL

from notifier.errors import StoreError
from notifier.storage.copies.sqlite import Contents
from notifier.storage.engine import Database, metadata

HEADER = b"PGDMP"
_REVISION = re.compile(r"^COPY [^\n]*alembic_version[^\n]*\n([^\n\\]+)\n", re.MULTILINE)
_INSTANCE = re.compile(r"^COPY [^\n]*instance \([^\n]*\n([0-9a-f]{32})\t", re.MULTILINE)
#: What older backups hold of the database beside its tables, in the list that pg_restore makes of one.
_NOT_OURS = re.compile(r"^\d+; \d+ \d+ (EXTENSION|SCHEMA|COMMENT - (EXTENSION|SCHEMA)|ACL - SCHEMA) ")
_ADDRESS = re.compile(r"\S+@\S+")
_LINKS = text(
    "SELECT CAST(CAST(conrelid AS regclass) AS text), quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE contype = 'f' AND CAST(conrelid AS regclass) IN "
    "(SELECT to_regclass(name) FROM unnest(CAST(:names AS text[])) AS name)"
)


def is_ours(path: Path) -> bool:
    """Whether the file was written by pg_dump in its own format."""
    with path.open("rb") as file:
        return file.read(len(HEADER)) == HEADER


def write(database: Database, draft: Path) -> None:
    """Copy our tables as they are at one moment, whatever is written to them meanwhile."""
    _refuse_pooler(database)
    dump = ["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={draft}"]
    tables = [f"--table={name}" for name in _ours()]
    _run([*dump, *tables, "--dbname", _uri(database.url)], database.url)


def examine(path: Path) -> Contents:
    """Unpack a copy from its beginning to its end, and say what it holds. Raises StoreError."""
    _run(["pg_restore", f"--file={os.devnull}", str(path)])
    told = _run(
        ["pg_restore", "--data-only", "--table=alembic_version", "--table=instance", "--file=-", str(path)]
    )
    revision, instance = _REVISION.search(told), _INSTANCE.search(told)
    if revision is None:
        raise StoreError(f"{path} is no database of this program: check its name; nothing was changed")
    return Contents(revision[1], instance[1] if instance else None)


def replace(database: Database, copy: Path) -> None:
    """Make the live database what the copy is, in one transaction: its tables go and come with it, or all stays."""
    _refuse_pooler(database)
    listed = _run(["pg_restore", "--list", str(copy)]).splitlines()
    with tempfile.TemporaryDirectory(prefix="notifier-") as folder:
        wanted = Path(folder) / "list"
        wanted.write_text("\n".join(line for line in listed if not _NOT_OURS.match(line)), encoding="utf-8")
        # pg_restore drops only what its copy knows, and a newer schema may hold on to that by a key that the copy has not: so
        # our tables have no foreign keys meanwhile.
        with database.transaction() as session:
            links = session.execute(_LINKS, {"names": _ours()}).all()
            for table, name, _ in links:
                session.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
        restore = ["pg_restore", "--clean", "--if-exists", "--single-transaction", "--no-owner"]
        restore += ["--no-privileges", f"--use-list={wanted}", "--dbname", _uri(database.url), str(copy)]
        try:
            _run(restore, database.url)
        except StoreError:
            with database.transaction() as session:
                for table, name, link in links:
                    session.execute(text(f"ALTER TABLE {table} ADD CONSTRAINT {name} {link}"))
            raise
    there = {line.split()[5] for line in listed if re.match(r"^\d+; \d+ \d+ TABLE ", line)}
    if there:
        # What a newer schema had beside them is made anew by its migrations.
        with database.transaction() as session:
            for name in set(_ours()) - there:
                session.execute(text(f'DROP TABLE IF EXISTS "{name}" CASCADE'))


def _ours() -> list[str]:
    return [*metadata().tables, "alembic_version"]


def _refuse_pooler(database: Database) -> None:
    """pg_dump and pg_restore set up their session, and through a pooler they would leave that to whoever comes next."""
    with database.reading() as session:
        server = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        known = session.connection().connection.driver_connection.info.backend_pid  # type: ignore[union-attr]  # psycopg's has it
    if server != known:
        raise StoreError(
            "NOTIFIER_DATABASE_URL leads to a pooler, such as PgBouncer: for this command set it to the server itself; "
            "nothing was changed"
        )


def _run(command: Sequence[str], url: URL | None = None) -> str:
    password = {"PGPASSWORD": str(url.password)} if url is not None and url.password else {}
    try:
        done = subprocess.run(  # noqa: S603 - our own words, and a path as one word
            command, env={**os.environ, **password, "LC_ALL": "C"}, capture_output=True, check=False
        )
    except FileNotFoundError:
        raise StoreError(
            f"{command[0]} is not installed here: install PostgreSQL's client programs, of the server's version or newer"
        ) from None
    if done.returncode:
        # The line that names the error, and no other: those around it can quote a row.
        lines = done.stderr.decode("utf-8", "replace").splitlines() or ["it said nothing"]
        telling = [line for word in ("ERROR:", "FATAL:", "error:") for line in lines if word in line]
        words = _ADDRESS.sub("<address>", (telling or lines)[0].removeprefix(f"{command[0]}: "))[:300]
        raise StoreError(
            f"{command[0]} could not do it ({words}): check that the database answers, and that the program is not older "
            "than the server; nothing was changed"
        )
    return done.stdout.decode("utf-8", "replace")


def _uri(url: URL) -> str:
    return url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
