"""Every workload of `benchmarks/` runs, at its smallest size; how fast it is, no test says."""

import json
import sys

import pytest

from benchmarks.__main__ import HEADINGS, WORKLOADS, main, measured
from benchmarks.measure import Ground, Scale, in_turn


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_workload_gives_whole_lines(name, tmp_path):
    for row in measured(Ground(Scale.SMALLEST, tmp_path), [name]):
        assert row.what
        assert row.ours
        assert row.reach.reached is None or row.reach.words


def test_no_side_is_always_first():
    order = []
    in_turn(2, {"ours": lambda: order.append("ours"), "theirs": lambda: order.append("theirs")})
    assert order == ["ours", "theirs", "theirs", "ours"]


def run(monkeypatch, capsys, *words):
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
