"""What every command is tried with: a working directory of its own, and no setting of this machine."""

import logging
import os

import pytest


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
