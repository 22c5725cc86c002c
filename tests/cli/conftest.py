"""What every command is tried with: a working directory of its own, no setting of this machine, and one way to run it."""

import io
import logging
import os
import sys

import pytest

from notifier.cli import main


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A working directory of its own, and no setting of this machine; afterwards the log is as it was."""
    for name in [name for name in os.environ if name.startswith("NOTIFIER_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield tmp_path
    root.handlers[:], root.level = handlers, level


@pytest.fixture
def notifier(monkeypatch, capsys):
    """Runs a command in this process; gives exit code, standard output and standard error. stdin: what it is given, or typed."""

    def run(*words, stdin=b""):
        given = stdin if isinstance(stdin, bytes) else stdin.encode()
        monkeypatch.setattr(sys, "argv", ["notifier", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        return code, *capsys.readouterr()

    return run
