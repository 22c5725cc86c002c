"""What the daemon does not load, so that it starts fast and holds little."""

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from notifier import lean

ROOT = Path(__file__).parents[2]
NOT_AT_START = (
    *lean.LEFT_OUT,
    "alembic",
    "cryptography",
    "email_validator",
    "prometheus_client",
    "sqlalchemy.dialects.postgresql",
    "typer",
)


def in_a_process_of_its_own(code):
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, check=True)
    return json.loads(ended.stdout)


def test_the_daemon_loads_nothing_that_it_may_never_need():
    found = in_a_process_of_its_own(
        f"import json, sys, worker; print(json.dumps([name for name in {NOT_AT_START} if name in sys.modules]))"
    )
    assert found == []


def test_what_was_left_out_is_there_for_whoever_asks_later():
    assert in_a_process_of_its_own("import json, worker, rich.console; print(json.dumps(True))")


def test_a_hidden_package_is_as_if_not_installed_and_comes_back(tmp_path, monkeypatch):
    (tmp_path / "seldom_used.py").write_text("here = True")
    monkeypatch.syspath_prepend(tmp_path)
    with lean.as_if_not_installed("seldom_used"), pytest.raises(ImportError):
        import_module("seldom_used")
    assert import_module("seldom_used").here


def test_a_package_that_is_loaded_already_is_not_taken_away():
    with lean.as_if_not_installed("json"):
        assert sys.modules["json"] is json


def test_what_was_loaded_is_passed_over_when_rubbish_is_looked_for():
    code = "import gc, json, worker; worker.lean.settle(); print(json.dumps([gc.get_freeze_count(), gc.get_threshold()]))"
    frozen, (first, *_) = in_a_process_of_its_own(code)
    assert frozen > 100_000
    assert first < 1_000
