"""Puts the pages on a port and takes them off again. The socket is opened first, so a port in use is said at once."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from notifier.errors import SettingsError
from notifier.web.app import make_app
from notifier.web.site import Pages

STOP_AFTER = 5  # seconds that a page being answered may take when we stop
ASKED_WITHIN = 10.0  # seconds that a visitor may take for the next request on an open line
TAKEN_WITHIN = 120.0  # seconds from a request until its answer was taken away


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
    """Serve the pages while the block runs, where there is a socket for them."""
    if opened is None:
        yield
        return
    async with serving_app(make_app(pages), opened):
        yield


@asynccontextmanager
async def serving_app(
    app: ASGIApp, opened: socket.socket, *, stop_after: int = STOP_AFTER
) -> AsyncIterator[None]:
    """Serve any application while the block runs, from the moment that it is up.

    No access log: the paths are secrets (L14).
    """
    config = uvicorn.Config(
        app,
        http=Connection,
        lifespan="off",
        ws="none",
        access_log=False,
        log_config=None,
        log_level=logging.WARNING,
        server_header=False,
        proxy_headers=False,  # uvicorn would believe whatever is said on loopback; see `visitors.address_of`
        timeout_graceful_shutdown=stop_after,
        h11_max_incomplete_event_size=16 * 1024,
        limit_concurrency=200,
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[opened]))
    try:
        await server.up_or_given_up(running)
        yield
    finally:
        server.should_exit = True
        await running


class _Server(uvicorn.Server):
    """Says when it is up, and leaves signals to the program: it drains, and so must see them first."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._up.set()

    async def up_or_given_up(self, running: "asyncio.Task[None]") -> None:
        """Wait for the server to be up, or for it to have given up: its error then leaves with the task."""
        waiting = asyncio.ensure_future(self._up.wait())
        await asyncio.wait({waiting, running}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Connection(H11Protocol):
    """One line to a visitor. uvicorn waits for ever for one who neither goes on nor goes; few such hold all the lines."""

    asked_within, taken_within, look_every = ASKED_WITHIN, TAKEN_WITHIN, 1.0
    _stage: object = None
    _since = 0.0
    _next_look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # narrower, as uvicorn has it
        super().connection_made(transport)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._next_look is not None:
            self._next_look.cancel()

    def _look(self) -> None:
        now, waits = self.loop.time(), self.cycle is None or self.cycle.response_complete
        if self._stage != (stage := (self.cycle, waits)):
            self._stage, self._since = stage, now
        if now - self._since >= (self.asked_within if waits else self.taken_within):
            self.transport.abort()
            return
        self._next_look = self.loop.call_later(self.look_every, self._look)
