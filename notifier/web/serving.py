"""Puts the pages on a port and takes them off again. The socket is opened first, so a port in use is said at once."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext

import uvicorn

from notifier.errors import SettingsError
from notifier.web.app import Pages, make_app

STOP_AFTER = 5  # seconds that a page being answered may take when we stop


@contextmanager
def listen(address: tuple[str, int] | None) -> Iterator[socket.socket | None]:
    """A listening socket; None for no pages. Raises SettingsError when the port cannot be had."""
    if address is None:
        yield None
        return
    host, port = address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
        opened.listen(128)
    except OSError as error:
        opened.close()
        raise SettingsError(
            f"The pages cannot be served at {host}:{port} ({error.strerror or error}): stop the other program, or set "
            "NOTIFIER_WEB_LISTEN to another address, or to off"
        ) from error
    with opened:
        yield opened


@asynccontextmanager
async def serving(pages: Pages, opened: socket.socket | None) -> AsyncIterator[None]:
    """Serve the pages while the block runs. No access log: the paths are secrets (L14)."""
    if opened is None:
        yield
        return
    config = uvicorn.Config(
        make_app(pages),
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level=logging.WARNING,
        server_header=False,
        timeout_graceful_shutdown=STOP_AFTER,
        h11_max_incomplete_event_size=16 * 1024,
        limit_concurrency=200,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[opened]))
    try:
        yield
    finally:
        server.should_exit = True
        await task


class _Server(uvicorn.Server):
    """Leaves signals to the program: it drains, and so must see them first."""

    def capture_signals(self) -> "nullcontext[None]":  # type: ignore[override]  # uvicorn's own is a generator
        return nullcontext()
