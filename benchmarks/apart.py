"""Runs one function in a fresh process and says what that process alone took: CPU, and memory at its highest."""

import importlib
import json
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Taken:
    """What a function gave, and what it took."""

    gave: Any
    cpu: float  # seconds, of all threads
    peak: float  # MB of the whole process


def apart(function: Callable[..., Any], *arguments: Any) -> Taken:
    """Call a function of a module with plain values in a process of its own. Raises RuntimeError where that fails."""
    command = [sys.executable, "-m", "benchmarks.apart", f"{function.__module__}:{function.__name__}"]
    done = subprocess.run(
        [*command, json.dumps(arguments)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{function.__name__} failed:\n{done.stderr[-3000:]}")
    return Taken(**json.loads(done.stdout.splitlines()[-1]))


def here(function: Callable[..., Any], *arguments: Any) -> Taken:
    """The same in this process, where only what it gives counts."""
    before = _cpu()
    gave = function(*arguments)
    return Taken(gave, _cpu() - before, peak())


def peak() -> float:
    """The most memory that this process had so far, in MB; not that of the one that began it, as getrusage would have."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _main(name: str, arguments: str) -> None:
    module, _, function = name.partition(":")
    taken = here(getattr(importlib.import_module(module), function), *json.loads(arguments))
    print(json.dumps({"gave": taken.gave, "cpu": taken.cpu, "peak": taken.peak}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
