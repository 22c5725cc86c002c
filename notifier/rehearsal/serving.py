"""Runs an ASGI application on loopback inside the running event loop. Never listens to the outside, takes no signals."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from starlette.types import ASGIApp

LOOPBACK = "127.0.0.1"
PATIENCE = 1  # seconds that requests under way have to end when the server closes


class _Server(uvicorn.Server):
    """Says when it has started, and leaves the process's signals to the process."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Serve `app` on 127.0.0.1 while the block runs; gives the base URL. Port 0 takes any that is free.

    Raises OSError if the port is taken.
    """
    listener = socket.create_server((LOOPBACK, port))
    server = _Server(
        uvicorn.Config(app, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=PATIENCE)
    )
    running = asyncio.create_task(server.serve([listener]))
    try:
        await _until(server.up, running)
        yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


async def _until(up: asyncio.Event, running: asyncio.Task[None]) -> None:
    """Wait for the server to be up, or for it to have given up: its error then leaves with the task."""
    waiting = asyncio.ensure_future(up.wait())
    await asyncio.wait({waiting, running}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
