"""Copies of PostgreSQL databases by PostgreSQL's own programs: pg_dump, pg_restore and psql. Passes no password by name."""

import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL

from notifier.errors import StoreError
from notifier.services.backups.contents import Contents

HEADER = b"PGDMP"
_REVISION = re.compile(r"^COPY [^\n]*alembic_version[^\n]*\n([^\n\\]+)\n", re.MULTILINE)
_INSTANCE = re.compile(r"^COPY [^\n]*instance \([^\n]*\n([0-9a-f]{32})\t", re.MULTILINE)
_ADDRESS = re.compile(r"\S+@\S+")


def is_ours(path: Path) -> bool:
    """Whether the file was written by pg_dump in its own format."""
    with path.open("rb") as file:
        return file.read(len(HEADER)) == HEADER


def write(url: URL, draft: Path) -> None:
    """Copy a database as it is at one moment, whatever is written to it meanwhile."""
    _run(
        [
            "pg_dump",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--file={draft}",
            "--dbname",
            _uri(url),
        ],
        url,
    )


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


def replace(url: URL, copy: Path, tables: Iterable[str]) -> None:
    """Make the live database what the copy is, in one transaction: its tables go and come with it, or all stays."""
    gone = "".join(f'DROP TABLE IF EXISTS "{name}" CASCADE;\n' for name in tables)
    command = ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-", "--dbname", _uri(url)]
    with _started(command, url, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as psql:
        assert psql.stdin is not None
        with suppress(BrokenPipeError):  # then psql has ended, and says why
            psql.stdin.write(b"BEGIN;\n" + gone.encode())
            psql.stdin.flush()
            with _started(
                ["pg_restore", "--no-owner", "--no-privileges", "--file=-", str(copy)], stdout=psql.stdin
            ) as reading:
                reading.wait()
            # Without this word nothing was changed: it is only said when all of the copy was.
            psql.stdin.write(b"COMMIT;\n" if reading.returncode == 0 else b"ROLLBACK;\n")
        with suppress(BrokenPipeError):
            psql.stdin.close()
        said = psql.stderr.read() if psql.stderr else b""
        psql.wait()
    if psql.returncode or reading.returncode:
        raise _fault("psql" if psql.returncode else "pg_restore", said)


def _run(command: Sequence[str], url: URL | None = None) -> str:
    with _started(command, url, stdout=subprocess.PIPE) as program:
        told, said = program.communicate()
    if program.returncode:
        raise _fault(command[0], said)
    return told.decode("utf-8", "replace")


def _started(
    command: Sequence[str], url: URL | None = None, *, stdin: Any = None, stdout: Any = None
) -> "subprocess.Popen[bytes]":
    password = {"PGPASSWORD": str(url.password)} if url is not None and url.password else {}
    surroundings = {**os.environ, **password, "LC_ALL": "C"}
    try:
        return subprocess.Popen(  # noqa: S603 - our own words, and a path as one word
            command, env=surroundings, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE
        )
    except FileNotFoundError:
        raise StoreError(
            f"{command[0]} is not installed here: install PostgreSQL's client programs, of the server's version or newer"
        ) from None


def _fault(program: str, said: bytes) -> StoreError:
    # Only the first line: the ones below can quote a row.
    first = next(iter(said.decode("utf-8", "replace").splitlines()), "it said nothing")
    words = _ADDRESS.sub("<address>", first.removeprefix(f"{program}: "))[:300]
    return StoreError(
        f"{program} could not do it ({words}): check that the database answers, and that the program is not older than "
        "the server; nothing was changed"
    )


def _uri(url: URL) -> str:
    return url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
