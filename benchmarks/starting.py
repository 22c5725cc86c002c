"""Whole processes from the outside: how long until the daemon is ready, what it holds when idle, how long `--help` takes.

Beside each a bare Python that imports the very same modules of the same packages, and does nothing. Seconds are of CPU,
which is what they take on a machine that has nothing else to do.
"""

import json
import os
import resource
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.apart import ROOT
from benchmarks.measure import Ground, Reach, Row, Scale, in_turn, times

ROUNDS = {Scale.FULL: 9, Scale.QUICK: 5, Scale.SMALLEST: 1}
IDLE_AFTER = {Scale.FULL: 5.0, Scale.QUICK: 2.0, Scale.SMALLEST: 0.0}  # seconds after it was ready
PATIENCE = 60.0  # seconds
#: Of the processes: they keep the bytecode of what they import, as that of an installation is kept.
ENVIRON = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
#: Prints which modules of installed packages are there once these are imported.
FOREIGN = """
import json, sys
import {ours}
found = [name for name, module in list(sys.modules.items())
         if "site-packages" in (getattr(module, "__file__", None) or "") and not name.startswith("_")]
print(json.dumps(found))
"""
BARE = """
import importlib, json, sys
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
status = open("/proc/self/status").read()
print(status.partition("VmRSS:")[2].split()[0])
"""


def rows(ground: Ground) -> Iterator[Row]:
    """Ready, idle, help."""
    rounds = ROUNDS[ground.scale]
    yield from _daemon(ground, rounds)
    yield _help(rounds)


def _daemon(ground: Ground, rounds: int) -> Iterator[Row]:
    folder = ground.folder / "daemon"
    folder.mkdir(exist_ok=True)
    # httpx loads trio where it finds it. The browser of the tests brings it; an installation has none.
    (folder / "trio.py").write_text("raise ImportError\n", encoding="utf-8")
    with _nobody() as port:
        environ = _environ(folder, port)
        _command("database", "upgrade", environ=environ)
        modules = _modules("worker")
        sides: dict[str, Callable[[], tuple[float, float]]] = {
            "ours": lambda: _start(environ, IDLE_AFTER[ground.scale]),
            "bare": lambda: _bare(modules),
        }
        gave = in_turn(rounds, sides)
    (ready, held), (bare, bare_held) = (
        (median(took for took, _ in gave[side]), median(rss for _, rss in gave[side])) for side in sides
    )
    yield Row(
        "daemon started, until `/readyz` says so",
        f"{ready:.2f} s of CPU",
        f"bare Python with the same imports: {bare:.2f} s of CPU",
        times(ready / bare),
        Reach("< 1.2 s", ready < 1.2),
    )
    yield Row(
        "memory of the idle daemon",
        f"{held:.0f} MB",
        f"bare Python with the same imports: {bare_held:.0f} MB",
        times(held / bare_held),
        Reach("< 90 MB", held < 90),
    )


def _help(rounds: int) -> Row:
    modules = _modules("notifier.cli")
    took = in_turn(
        rounds, {"ours": lambda: _command("--help", environ=ENVIRON), "bare": lambda: _bare(modules)[0]}
    )
    ours, bare = median(took["ours"]), median(took["bare"])
    return Row(
        "`notifier --help`",
        f"{ours:.2f} s of CPU",
        f"bare Python with the same imports: {bare:.2f} s of CPU",
        times(ours / bare),
        Reach("< 0.3 s", ours < 0.3),
    )


def _environ(folder: Path, registry: int) -> dict[str, str]:
    return ENVIRON | {
        "NOTIFIER_DATABASE_URL": f"sqlite:///{folder / 'notifier.db'}",
        "NOTIFIER_REGISTRY_URL": f"http://127.0.0.1:{registry}",
        "NOTIFIER_MAIL_DIR": str(folder / "mail"),
        "NOTIFIER_LOG_FORMAT": "json",
        "PYTHONPATH": str(folder),
    }


@contextmanager
def _nobody() -> Iterator[int]:
    """A port on which nobody answers; the daemon starts whether the registry does or not."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


def _start(environ: Mapping[str, str], idle_after: float) -> tuple[float, float]:
    """CPU seconds until the daemon was ready, and the MB that it holds a while later."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    worker = subprocess.Popen(
        [sys.executable, ROOT / "worker.py"],
        cwd=Path(environ["NOTIFIER_MAIL_DIR"]).parent,
        env={**environ, "NOTIFIER_WEB_LISTEN": address, "NOTIFIER_PUBLIC_URL": f"http://{address}"},
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_ready(f"http://{address}/readyz", worker)
        took = _used(worker.pid)
        time.sleep(idle_after)
        return took, _held(worker.pid)
    finally:
        worker.terminate()
        worker.wait(PATIENCE)


def _wait_until_ready(url: str, worker: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and worker.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE):  # noqa: S310 - of our own making, on loopback
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.005)
    raise RuntimeError(f"the daemon was not ready after {PATIENCE:g} seconds")


def _used(pid: int) -> float:
    """The CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _held(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _command(*words: str, environ: Mapping[str, str]) -> float:
    """CPU seconds that a command of ours took."""
    return _took([sys.executable, "-m", "notifier", *words], environ)[0]


def _bare(modules: list[str]) -> tuple[float, float]:
    """CPU seconds, and MB, of a Python that imports these and ends."""
    took, said = _took([sys.executable, "-c", BARE, json.dumps(modules)], ENVIRON)
    return took, int(said) / 1024


def _modules(ours: str) -> list[str]:
    found: Any = json.loads(_took([sys.executable, "-c", FOREIGN.format(ours=ours)], ENVIRON)[1])
    return [str(name) for name in found]


def _took(command: list[str], environ: Mapping[str, str]) -> tuple[float, str]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout
