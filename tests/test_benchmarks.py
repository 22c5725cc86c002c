"""Every workload of `benchmarks/` runs, at its smallest size; how fast it is, no test says."""

import json
import re
import sys
from pathlib import Path

import pytest

from benchmarks import __main__, size
from benchmarks.__main__ import HEADINGS, WORKLOADS, main, measured
from benchmarks.apart import here
from benchmarks.measure import Ground, Row, Scale, at_most, in_turn
from notifier.web import metrics

ROOT = Path(__file__).parent.parent
TABLE = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")


def figures(text):
    """Every number with what it counts."""
    return {
        " ".join(found.split())
        for found in re.findall(r"\d[\d,.]*\s?(?:\u00d7|%|ms|MB|s\b|a\s+second)", text)
    }


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_workload_gives_whole_lines(name, tmp_path, monkeypatch):
    monkeypatch.setattr(size, "apart", here)  # what a process of its own takes is for figures
    monkeypatch.setattr(metrics, "FRESH_FOR", metrics.FRESH_FOR)  # which it alters
    for row in measured(Ground(Scale.SMALLEST, tmp_path), [name]):
        assert row.what
        assert row.ours
        assert row.reach.reached is None or row.reach.words


def test_no_side_is_always_first():
    order = []
    in_turn(2, {"ours": lambda: order.append("ours"), "theirs": lambda: order.append("theirs")})
    assert order == ["ours", "theirs", "theirs", "ours"]


def run(monkeypatch, capsys, *words):
    """What is printed of one line that was measured."""
    monkeypatch.setattr(
        __main__, "measured", lambda *_: [Row("a page", "2 ms", "3 ms", "0.7 ×", at_most(0.7, 1))]
    )
    monkeypatch.setattr(sys, "argv", ["benchmarks", "page", "--smallest", *words])
    main()
    return capsys.readouterr().out


def test_the_table_is_markdown_in_a_pipe(monkeypatch, capsys):
    head, _, *lines = run(monkeypatch, capsys).splitlines()
    assert head == f"| {' | '.join(HEADINGS)} |"
    assert all(line.count(" | ") == len(HEADINGS) - 1 for line in lines)


def test_json_has_a_value_for_each_heading(monkeypatch, capsys):
    (row,) = json.loads(run(monkeypatch, capsys, "--json"))
    assert tuple(row) == HEADINGS


def test_every_figure_of_the_readme_is_of_the_last_run():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told = figures(readme.partition("\n## How fast it is\n")[2].partition("\n## ")[0])
    assert told
    assert told <= figures(TABLE)


def test_every_reach_that_was_missed_is_explained():
    missed = [line.split(" | ")[0].strip("| ") for line in TABLE.splitlines() if line.endswith("| no |")]
    explained = TABLE.partition("\n## What holds what was missed\n")[2]
    assert all(f"**{what}**" in explained for what in missed)
