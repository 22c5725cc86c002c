"""Runs an ASGI application on loopback inside the running event loop. Never listens to the outside."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp

from notifier.web.serving import serving_app

LOOPBACK = "127.0.0.1"
PATIENCE = 1  # seconds that requests under way have to end when the server closes


@asynccontextmanager
async def serving(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Serve `app` on 127.0.0.1 while the block runs; gives the base URL. Port 0 takes any that is free.

    Raises OSError if the port is taken.
    """
    listener = socket.create_server((LOOPBACK, port))
    async with serving_app(app, listener, stop_after=PATIENCE):
        yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
