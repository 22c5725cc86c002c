"""All routes of the pages, and what stands around them: the paths as they come, and the headers of every answer."""

import asyncio
import base64
import errno
import hashlib
import logging
import os
import resource
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from urllib.parse import unquote

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from notifier.domain.signed_links import Purpose
from notifier.errors import NotifierError, SettingsError
from notifier.web import browsing, embed, fixed_addresses, links, preferences, searching, signing_up, webhooks
from notifier.web.incoming import network_of
from notifier.web.site import Pages, Site
from notifier.web.speaking import Speaking

#: Each module answers a part of the paths.
PARTS = (browsing, searching, embed, signing_up, links, preferences, fixed_addresses, webhooks)


def make_app(pages: Pages) -> ASGIApp:
    site = Site(pages)
    routes = [route for part in PARTS for route in part.routes(site)]
    site.visits.parts |= {route.path.split("/")[1] for route in routes}
    app = Starlette(
        routes=routes,
        exception_handlers={HTTPException: site.unknown, NotifierError: site.failed, 500: site.failed},
    )
    app.router.redirect_slashes = False  # a redirect would break a one-click POST (L4)
    # Around everything, because Starlette answers a failure outside of its own middleware.
    paths = Paths(Speaking(app, usual=pages.defaults.language), pages.base)
    return PageHeaders(paths, site)


_LINKS = frozenset({*Purpose} - {Purpose.FORM})
_AROUND = " \t\r\n\u00a0*"  # what mail programs and people leave around a part of an address


class Paths:
    """Reads a path as it was meant, and leads to the place below which the pages are.

    Mail programs double slashes, take a star or a blank that stood beside a link into it, and write it in capitals;
    a proxy may hand on the path with the base before it, or without. A token is left as it is.
    """

    def __init__(self, app: ASGIApp, base: str) -> None:
        self._app, self._base = app, base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_below(message: Message) -> None:
            if self._base and message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if (place := headers.get("location", "")).startswith("/"):
                    headers["location"] = self._base + place
            await send(message)

        path = scope["path"]
        written = path.split("/")
        parts = [part for part in written if part.strip(_AROUND)]
        base = unquote(self._base).lower().strip("/").split("/") if self._base else []
        if [_plain(part) for part in parts[: len(base)]] == base:
            parts = parts[len(base) :]
        if not parts:
            meant = "/"
        else:
            of_what, *rest = _plain(parts[0]), *parts[1:]
            if of_what in _LINKS:
                rest = [part.strip(_AROUND) for part in rest]
            elif of_what == "feeds":
                rest[:1] = map(_plain, rest[:1])
            # A slash at the end stays: a link that was cut before its token is still one of ours.
            meant = "/".join(["", of_what, *rest, *([""] if not written[-1].strip(_AROUND) else [])])
        await self._app({**scope, "path": meant}, receive, send_below)


def _plain(part: str) -> str:
    return part.strip(_AROUND).lower()


#: What an answer for another site's page says itself.
OWN_SAID = "Content-Security-Policy"
#: What is not said of a page that says the same to everybody.
OF_PRIVATE_PAGES = frozenset({"Cache-Control", "X-Robots-Tag"})


class PageHeaders:
    """Adds the headers to every answer, errors included, and counts it; what a page may keep and who may find it, it
    says itself.
    """

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app, self._visits = app, site.visits
        # The one stylesheet that a page may carry is allowed by its hash.
        digest = base64.b64encode(hashlib.sha256(site.style.encode()).digest()).decode()
        pictures = " data:" if site.pages.face.logo is not None else ""
        self._headers = {
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex, nofollow",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": (
                f"default-src 'none'; img-src 'self'{pictures}; style-src 'sha256-{digest}'; form-action 'self'; "
                "frame-ancestors 'none'; base-uri 'none'"
            ),
            "Strict-Transport-Security": "max-age=31536000",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun, status = time.perf_counter(), 0

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                nonlocal status
                status = message["status"]
                given = MutableHeaders(scope=message)
                public = given.get("cache-control", "").startswith("public")
                for name, value in self._headers.items():
                    if not (public and name in OF_PRIVATE_PAGES) and not (name == OWN_SAID and name in given):
                        given[name] = value
            await send(message)

        await self._app(scope, receive, send_with_headers)
        if status:
            self._visits.note(scope["path"], status, time.perf_counter() - begun)


STOP_AFTER = 5  # seconds that a page being answered may take when we stop
ASKED_WITHIN = 10.0  # seconds that a visitor may take for the next request on an open line
TAKEN_WITHIN = 120.0  # seconds from a request until its answer was taken away
#: Seconds that a thread computes while another waits. Each of a page's questions to the database hands over and takes back: with
#: Python's 5 ms pages and mails wait for one another, and fewer of both are done.
TURN = 0.0005
BACKLOG = 128  # lines that wait to be accepted, and that are accepted at once
MOST_IDLE = 100  # lines on which we wait for a visitor; a new one costs the oldest of them its line
MOST_IDLE_OF_NETWORK = 40  # the same, of one network
MOST_LINES = 300  # of all sorts; beyond it a request is answered with 503
SAID_EVERY = 60.0  # seconds between two warnings that the system has no room for a line
FILES_NEEDED = 64  # that a start wants to be able to open: databases, sockets, mail lines
_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

log = structlog.get_logger()


def room_for_files(needed: int = FILES_NEEDED) -> None:
    """Raises SettingsError where the system lets this process open hardly any more files and sockets."""
    opened: list[int] = []
    try:
        while len(opened) < needed:
            opened.append(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        if error.errno in _NO_ROOM:
            most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
            raise SettingsError(
                f"The system lets this process open {most} files and sockets, and they are nearly used up: raise LimitNOFILE in "
                "the unit, or `ulimit -n`, to 4096"
            ) from None
    finally:
        for each in opened:
            os.close(each)


@contextmanager
def listen(address: tuple[str, int] | None) -> Iterator[socket.socket | None]:
    """A listening socket; None for no pages. Raises SettingsError when the port cannot be had."""
    if address is None:
        yield None
        return
    host, port = address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
        opened.listen(BACKLOG)
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
        proxy_headers=False,  # uvicorn would believe whatever is said on loopback; see `incoming.address_of`
        timeout_graceful_shutdown=stop_after,
        h11_max_incomplete_event_size=16 * 1024,
        limit_concurrency=MOST_LINES,
        backlog=BACKLOG,
    )
    server, loop = _Server(config), asyncio.get_running_loop()
    before, said_at = loop.get_exception_handler(), float("-inf")

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What the loop cannot accept a line for, it would tell with a traceback, a hundred times a second."""
        nonlocal said_at
        fault = context.get("exception")
        if not isinstance(fault, OSError) or fault.errno not in _NO_ROOM:
            (before or asyncio.AbstractEventLoop.default_exception_handler)(loop, context)
        elif loop.time() - said_at >= SAID_EVERY:
            said_at = loop.time()
            log.error(
                "The system has no room for another line to a visitor: raise LimitNOFILE.",
                action="no_room_for_lines",
                fault=fault.strerror,
            )

    loop.set_exception_handler(handle)
    turn = sys.getswitchinterval()
    sys.setswitchinterval(TURN)
    running = asyncio.create_task(server.serve(sockets=[opened]))
    try:
        await server.up_or_given_up(running)
        yield
    finally:
        server.should_exit = True
        await running
        loop.set_exception_handler(before)
        sys.setswitchinterval(turn)


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
    """One line to a visitor. uvicorn waits for ever for one who neither goes on nor goes; few such hold all the lines.

    A request that says its length in two ways may be read in two ways by what stands before us: the line is closed
    after its answer, with all that may be hidden in it (RFC 9112, 6.1).
    """

    asked_within, taken_within, look_every = ASKED_WITHIN, TAKEN_WITHIN, 1.0
    _stage: object = None
    _network: object = None
    _since = 0.0
    _next_look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # narrower, as uvicorn has it
        super().connection_made(transport)
        # Else a page waits, 40 ms, for the visitor to confirm its headers.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        self._network = network_of(self.client[0]) if self.client else None
        self._look()
        # The oldest line on which nothing is asked makes room for this one.
        idle = [line for line in self.connections if isinstance(line, Connection) and line.is_idle]
        theirs = [line for line in idle if line._network == self._network]  # noqa: SLF001 - another of ours
        for lines, most in ((theirs, MOST_IDLE_OF_NETWORK), (idle, MOST_IDLE)):
            if len(lines) > most:
                min(lines, key=lambda line: line._since).transport.abort()  # noqa: SLF001 - as above

    @property
    def is_idle(self) -> bool:
        """Whether we wait for the visitor: for a request, or for the rest of one."""
        if self.transport.is_closing():
            return False
        return self.cycle is None or self.cycle.response_complete or self.cycle.more_body

    def handle_events(self) -> None:
        super().handle_events()
        names = {name for name, _ in self.headers or ()}
        if {b"content-length", b"transfer-encoding"} <= names and self.cycle is not None:
            self.cycle.keep_alive = False

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
