"""Processes of the program, as `python` would start them, but forked from one that has imported it all and read the templates
of mails: most of a start.

Each is a process of its own: it has its own folder, variables and output, is killed as any other, and ends as Python ends.
That `python worker.py` and `python -m notifier` start from nothing, `test_worker` and `test_cli` hold.
"""

import asyncio
import atexit
import gc
import json
import os
import pkgutil
import resource
import runpy
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import httpx
import jinja2
import typer.main
from httpx._transports import default as of_http
from jinja2 import meta
from sqlalchemy import create_engine
from sqlalchemy.orm import configure_mappers
from sqlalchemy.util import LRUCache

ROOT = Path(__file__).parents[1]


class Process:
    """A started process: what `asyncio.subprocess.Process` is, of which these tests need no more."""

    def __init__(self, stdout, stderr, ending):
        self._pipes = stdout, stderr, ending
        self.stdout, self.stderr, self._ending = (reader for reader, _ in self._pipes)
        self.pid = self.returncode = None

    async def begin(self):
        self.pid = int(await self._ending.readline())
        self._ended = asyncio.create_task(self._end())

    async def _end(self):
        self.returncode = int(await self._ending.readline())

    def send_signal(self, number):
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    async def wait(self):
        await asyncio.shield(self._ended)
        for _, pipe in self._pipes:
            pipe.close()
        return self.returncode

    async def communicate(self):
        said = await asyncio.gather(self.stdout.read(), self.stderr.read())
        await self.wait()
        return said


async def from_nothing(*arguments, cwd, env, before=()):
    """A new Python, where it is its very start or end that counts; `before`: the command that starts it."""
    to = dict.fromkeys(("stdout", "stderr"), asyncio.subprocess.PIPE)
    return await asyncio.create_subprocess_exec(*before, sys.executable, *arguments, cwd=cwd, env=env, **to)


async def start(*arguments, cwd, env, stdout=None, stderr=None, largest_file=None):
    """`python` with these arguments; gives its Process once it runs.

    `stdout`, `stderr`: what can be written to in place of a pipe. `largest_file`: no file may grow beyond so many bytes.
    """
    pipes = [os.pipe() for _ in range(3)]
    asked = {"arguments": [*map(str, arguments)], "cwd": str(cwd), "env": env, "largest_file": largest_file}
    out, err, ending = (theirs for _, theirs in pipes)
    handed = [stdout.fileno() if stdout else out, stderr.fileno() if stderr else err, ending]
    socket.send_fds(_parent(), [json.dumps(asked).encode()], handed)
    for _, theirs in pipes:
        os.close(theirs)
    started = Process(*[await _opened(ours) for ours, _ in pipes])
    await started.begin()
    return started


async def _opened(pipe):
    reader, loop = asyncio.StreamReader(), asyncio.get_running_loop()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.connect_read_pipe(lambda: protocol, os.fdopen(pipe, "rb", 0))
    return reader, transport


@cache
def _parent():
    """The line to the process that forks the others; it ends when this one does, because the line then ends."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        number = theirs.fileno()
        parent = subprocess.Popen(
            [sys.executable, __file__, str(number)], pass_fds=[number], stdout=subprocess.DEVNULL
        )

    def end():
        ours.close()
        parent.wait()

    atexit.register(end)
    return ours


def _fork_whom_they_ask_for(line):
    """Returns in each child, with what it was asked for, and never in the parent."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        asked, pipes, *_ = socket.recv_fds(line, 1 << 17, 3)
        if not asked:
            sys.exit()
        if os.fork():
            for pipe in pipes:
                os.close(pipe)
            continue
        # One more between us and the child waits for its end, and says its code as the parent of a process can.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        line.close()
        *outputs, ending = pipes
        if child := os.fork():
            for output in outputs:
                os.close(output)
            os.write(ending, f"{child}\n".encode())
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            with suppress(BrokenPipeError):
                os.write(ending, f"{code}\n".encode())
            os._exit(0)
        os.close(ending)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, output in enumerate(outputs, 1):
            os.dup2(output, number)
            os.close(output)
        return json.loads(asked)


def _be(asked):
    """What Python does with its arguments, in `__main__`."""
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    sys.path[:0] = asked["env"].get("PYTHONPATH", "").split(os.pathsep)
    if asked["largest_file"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["largest_file"],) * 2)
        sys.dont_write_bytecode = True  # cut short, it would break every later start
    how, *rest = asked["arguments"]
    if how == "-c":
        sys.argv = ["-c", *rest[1:]]
        exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})
    elif how == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = [how, *rest]
        runpy.run_path(how, run_name="__main__")


class CompiledOnce(jinja2.BytecodeCache):
    """The compiled pages, in memory: a site is made for each test, and each would compile its own."""

    def __init__(self):
        self.kept = {}

    def load_bytecode(self, bucket):
        bucket.code = self.kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket):
        self.kept[bucket.key, bucket.checksum] = bucket.code


class ParsedOnce:
    """An environment for whoever only looks at what templates say: an organisation's own are looked at beside all of ours."""

    def __init__(self, environment, parsed):
        self._environment, self.compile, self.parsed = environment, environment.compile, parsed
        self.policies = environment.policies

    def parse(self, *template):
        key = (*template, self.policies["ext.i18n.trimmed"])
        if key not in self.parsed:
            self.parsed[key] = self._environment.parse(*template)
        return self.parsed[key]


def compile_templates_once():
    """A renderer made of our own templates takes those that another one compiled."""
    from notifier.domain.branding import PLAIN
    from notifier.mail.render import environment, overlay
    from notifier.web import site

    make, parsed, assigned = overlay._Trees, {}, overlay._assigned
    overlay._Trees = lambda environment, folders: make(ParsedOnce(environment, parsed), folders)
    overlay._assigned = cache(lambda tree: [*assigned(tree)])
    overlay.meta = SimpleNamespace(find_undeclared_variables=cache(meta.find_undeclared_variables))

    compiled = cache(environment.environments)
    own = environment.environments
    environment.environments = lambda folder, *face: (
        compiled if folder == ROOT / "templates" and face in {(), (PLAIN,)} else own
    )(folder, *face)
    site.Environment = partial(jinja2.Environment, bytecode_cache=CompiledOnce())


def compile_statements_once():
    """Databases of SQLite share the compiled statements: each test has a file of its own, and would compile them all anew.

    Not those with a ring: what seals with it is compiled into a statement.
    """
    from notifier.storage.engine import Database

    shared = create_engine("sqlite://")
    shared.connect().close()
    compiled, make = LRUCache(2_000), Database.__init__

    def making(self, *arguments, **more):
        make(self, *arguments, **more)
        if self.is_sqlite and self.ring is None:
            self.engine.dialect = shared.dialect
            self.engine.update_execution_options(compiled_cache=compiled)
            self._reading = self.engine.execution_options(notifier_reading=True)

    Database.__init__ = making


def build_commands_once():
    """The tree of commands takes longer to build than most of them take to run; a process of ours builds it once."""
    typer.main.get_command = cache(typer.main.get_command)


def read_certificates_once():
    """Of the authorities, for clients of HTTP, which in tests ask this machine alone: to read them takes longer than most questions."""
    of_http.create_ssl_context = cache(of_http.create_ssl_context)


def _import_the_program():
    """All that a process imports, builds and compiles before it does what it was started for."""
    import notifier

    for module in pkgutil.walk_packages(notifier.__path__, "notifier."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    for name in (
        "alembic.command",
        "httpcore",
        "uvicorn.loops.auto",
        "uvicorn.protocols.http.auto",
        "uvicorn.lifespan.on",
    ):
        import_module(name)  # what the program imports when it needs it
    compile_templates_once()
    compile_statements_once()
    build_commands_once()
    read_certificates_once()
    from notifier import app, cli
    from notifier.domain.signed_links import TokenKeys
    from notifier.settings import Settings

    app.make_renderer(Settings(), TokenKeys(["a-key-for-tests-only"]))
    typer.main.get_command(cli.app)
    configure_mappers()
    httpx.AsyncHTTPTransport()
    _say_most_statements()
    gc.freeze()


def _say_most_statements():
    """On SQLite, so that who is started with a database there need compile few."""
    from notifier.storage import eligibility, letters, reconciliation
    from notifier.storage.engine import Database
    from tests import store_factories as stored

    now = datetime(2027, 1, 12, 12, tzinfo=UTC)
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/notifier.db", ROOT / "migrations")
        database.open()
        mail = stored.a_mail(database, now)
        stored.at(database, stored.sign_up, now, "john@example.org", "knee pain")
        stored.claimed(database, now)
        with database.reading() as session:
            letters.compose(session, mail, now)
            eligibility.account(session, 1, now)
            reconciliation.account(session, now, now, now)
        stored.settled(database, now, mail, "sent")
        database.close()


if __name__ == "__main__":
    sys.path[0] = str(ROOT)  # not this folder, which no process of the program sees
    _import_the_program()
    sys.path.pop(0)
    _be(_fork_whom_they_ask_for(socket.socket(fileno=int(sys.argv[1]))))
