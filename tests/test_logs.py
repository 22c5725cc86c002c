import json
import logging
import os

import pytest
import structlog

from notifier.logs import configure

CANARY = "jane.doe+trial@mail.example.org"


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_address_never_reaches_the_log(capsys, form):
    configure(form, "info")
    log = structlog.get_logger()
    log.info("Something happened.", action="canary", reply=f"550 <{CANARY}> unknown", rows=[CANARY])
    try:
        int(CANARY)
    except ValueError:
        log.exception("Something broke.", action="canary")
    logging.getLogger("another.package").warning("could not reach %s", CANARY)
    logging.getLogger("another.package").warning("nor jane/o'brien&co@mail.example.org")
    written = capsys.readouterr().err
    assert "jane" not in written
    assert written.count("<address>") >= 4


def test_a_line_is_one_json_object_with_its_action(capsys):
    configure("json", "info")
    structlog.get_logger().info("Something happened.", action="it_happened", count=3)
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["action"], line["count"], line["level"]) == (
        "Something happened.",
        "it_happened",
        3,
        "info",
    )


def test_less_than_the_level_is_not_written(capsys):
    configure("json", "error")
    structlog.get_logger().warning("Something.", action="canary")
    assert capsys.readouterr().err == ""


@pytest.fixture(autouse=True)
def other_packages_log_as_before():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize("form", ["text", "json"])
def test_journald_is_told_how_heavy_each_line_is(monkeypatch, tmp_path, form):
    with (tmp_path / "journal").open("w+", encoding="utf-8") as journal:
        where = os.fstat(journal.fileno())
        monkeypatch.setattr("sys.stderr", journal)
        monkeypatch.setenv("JOURNAL_STREAM", f"{where.st_dev}:{where.st_ino}")
        configure(form, "info")
        log = structlog.get_logger()
        log.info("Something happened.")
        log.warning("Something may break.")
        logging.getLogger("another.package").error("it broke")
        try:
            int("x")
        except ValueError:
            log.exception("Something broke.")
        journal.seek(0)
        marks = [line[:3] for line in journal.read().splitlines()]
    assert marks[:3] == ["<6>", "<4>", "<3>"]
    assert set(marks[3:]) == {"<3>"}
