"""`notifier summaries …` as it is typed: import with a verdict a row, all or nothing; list, show, drop, write."""

import asyncio
import io
import json
from functools import partial

import pytest
from factories import A, B, a_record, raw
from model_peer import GOOD, a_peer
from store_factories import a_study

from notifier.storage import audit

HEAD = "nct_id,title,summary,could_lead_to,could_go_wrong,source"
LINE = f"{A},Tea for knees,It looks at tea.,It could show more.,It may not help.,Example Society"
OTHER = LINE.replace(A, B)


@pytest.fixture(autouse=True)
def database(place, monkeypatch, sqlite, clock):
    """The command's own database, in a folder of its own, with one study."""
    monkeypatch.setenv("NOTIFIER_CLOCK", clock.now().isoformat())
    store(sqlite, clock)
    return sqlite


@pytest.fixture
def summaries(notifier):
    """Runs `notifier summaries …`."""
    return partial(notifier, "summaries")


def store(database, clock, **overrides):
    with database.transaction() as session:
        a_study(session, clock.now(), A, **overrides)


def file(folder, *lines, name="summaries.csv"):
    path = folder / name
    path.write_text("\n".join((HEAD, *lines)), encoding="utf-8")
    return path


def sources(summaries):
    return [one["nct_id"] for one in json.loads(summaries("list", "--json")[1])["summaries"]]


def test_an_import_is_a_dry_run_unless_told_to_commit(summaries, tmp_path):
    path = file(tmp_path, LINE, OTHER)
    code, out, _ = summaries("import", path)
    assert code == 0
    assert out.splitlines() == [
        f"line 2 ({A}): good",
        f"line 3 ({B}): good",
        "All 2 rows are good. Nothing was stored: say --commit to store them.",
    ]
    assert sources(summaries) == []
    assert summaries("import", path, "--commit")[1].endswith("Stored: 2 new, 0 changed, 0 unchanged.\n")
    assert sources(summaries) == [A, B]


def test_one_wrong_row_and_nothing_is_stored(summaries, tmp_path):
    code, out, err = summaries("import", file(tmp_path, LINE, "NCT9,,,,,"), "--commit")
    assert (code, err) == (1, "notifier: 1 of 2 rows are wrong, so nothing was stored\n")
    assert "line 3: nct_id: 'NCT9' is not a study's id" in out
    assert sources(summaries) == []


def test_the_import_as_json_has_a_verdict_a_row(summaries, tmp_path):
    code, out, _ = summaries("import", file(tmp_path, LINE, LINE), "--commit", "--json")
    said = json.loads(out)
    assert (code, said["stored"]) == (1, False)
    assert [row["line"] for row in said["rows"]] == [2, 3]
    assert said["rows"][1]["fault"] == f"{A} stands in line 2 already: keep one of the two"


def test_json_and_standard_input_are_read(summaries, tmp_path):
    entry = dict(zip(HEAD.split(","), LINE.split(","), strict=True))
    assert summaries("import", "-", "--commit", stdin=json.dumps([entry]).encode())[0] == 0
    assert sources(summaries) == [A]
    assert summaries("import", "-", stdin=f"{HEAD}\n{LINE}".encode())[0] == 0


@pytest.mark.parametrize(
    ("name", "sentence"), [("none.csv", "No such file or directory"), (".", "Is a directory")]
)
def test_a_file_that_cannot_be_read_is_one_sentence(summaries, name, sentence):
    code, out, err = summaries("import", name)
    assert (code, out) == (1, "")
    assert err == f"notifier: {name} cannot be read: {sentence}\n"


def test_a_file_that_is_too_large_is_not_read(summaries, monkeypatch, tmp_path):
    monkeypatch.setattr("notifier.cli.summaries.LARGEST_FILE", 1_000_000)
    path = file(tmp_path, "x" * 1_000_000)
    assert "is larger than 1 MB: split it" in summaries("import", path)[2]


def test_show_is_what_the_page_shows(summaries, tmp_path, database, clock):
    code, out, _ = summaries("show", A)
    assert code == 0
    assert "Not written by AI." in out
    summaries("import", file(tmp_path, LINE), "--commit")
    out = summaries("show", A)[1]
    assert out.startswith(f"Tea for knees\n{A}\nLooking for people now, ")
    assert "What is done\n  It looks at tea.\n" in out
    assert out.endswith("\nWritten by Example Society on 12 January 2027.\n")
    store(database, clock, overallStatus="TERMINATED")
    assert json.loads(summaries("show", A, "--json")[1])["older"] is True


def test_show_knows_a_read_that_waits_for_its_study(summaries, tmp_path):
    summaries("import", file(tmp_path, OTHER), "--commit")
    assert summaries("show", B)[1].startswith("Tea for knees")
    code, _, err = summaries("show", "NCT90000003")
    assert code == 1
    assert "NCT90000003 is not stored here" in err


def test_the_list_says_who_wrote_and_what_is_older(summaries, tmp_path, database, clock):
    assert summaries("list")[1] == "None: every study's summary is made by rules.\n"
    summaries("import", file(tmp_path, LINE), "--commit")
    store(database, clock, overallStatus="TERMINATED")
    assert summaries("list")[1] == (
        f"{A}  imported  2027-01-12, Example Society, older than the record: Tea for knees\n"
    )


def test_drop_deletes_what_was_written(summaries, tmp_path):
    summaries("import", file(tmp_path, LINE), "--commit")
    assert summaries("drop", A, "--source", "model")[0] == 1
    assert summaries("drop", A, "--source", "imported", "--yes")[1] == f"Dropped 1 of {A}.\n"
    code, _, err = summaries("drop", A)
    assert (code, err) == (1, f"notifier: {A} has no such summary: see `notifier summaries list`\n")


def test_drop_asks_first(summaries, tmp_path, monkeypatch):
    summaries("import", file(tmp_path, LINE), "--commit")
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    code, out, err = summaries("drop", A)
    assert (code, out.strip(), f"1 of {A} is deleted for good" in err) == (1, "", True)
    assert summaries("drop", A, "--yes")[1] == f"Dropped 1 of {A}.\n"


def test_who_imported_and_dropped_is_in_the_audit_trail(summaries, tmp_path, database):
    summaries("import", file(tmp_path, LINE))
    summaries("import", file(tmp_path, LINE), "--commit", "--reason", "our editors' first")
    summaries("drop", A, "--yes")
    summaries("drop", A, "--yes")
    with database.reading() as session:
        acts = [(row.command, row.people, row.reason) for row in audit.trail(session)]
    assert acts == [("summaries drop", 0, A), ("summaries import", 0, "1 new, 0 changed: our editors' first")]


def test_writing_without_a_model_says_what_to_set(summaries, monkeypatch):
    assert "No language model is set" in summaries("write")[2]
    monkeypatch.setenv("NOTIFIER_MODEL_URL", "http://127.0.0.1:9/v1")
    assert "NOTIFIER_MODEL_NAME is not" in summaries("write")[2]


async def test_writing_asks_the_model_now(summaries, monkeypatch):
    monkeypatch.setenv("NOTIFIER_MODEL_NAME", "a-model")
    async with a_peer() as peer:
        monkeypatch.setenv("NOTIFIER_MODEL_URL", peer.url)
        code, out, err = await asyncio.to_thread(summaries, "write", A)
    assert (code, out, err) == (0, "1 written, 0 refused, 0 left\n", "")
    assert summaries("show", A)[1].startswith(GOOD["title"])


def test_an_endpoint_that_is_not_there_is_one_sentence(summaries, monkeypatch):
    monkeypatch.setenv("NOTIFIER_MODEL_NAME", "a-model")
    monkeypatch.setenv("NOTIFIER_MODEL_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setattr("notifier.services.summary_writer.TRIES", 1)
    code, out, err = summaries("write", "--json")
    assert (code, json.loads(out)) == (1, {"written": 0, "refused": 0, "left": 1})
    assert err.startswith("notifier: The language model gave no answer in 1 tries (the connection failed")


def test_show_reads_a_record_from_a_file_without_a_database(summaries, tmp_path, monkeypatch):
    monkeypatch.setenv("NOTIFIER_DATABASE_URL", "sqlite:////nowhere/at/all.db")
    record = tmp_path / "record.json"
    record.write_bytes(raw(a_record()))
    code, out, _ = summaries("show", "--file", record, "--json")
    told = json.loads(out)
    assert code == 0
    assert told["nct_id"] == A
    assert told["title"] == "Camomile tea for knee pain"
    assert told["source"] == "rules"
    assert told["written_at"] is None
    assert {"registry_title", "status_line", "question", "summary", "quote", "words", "measures"} <= set(told)
    code, out, _ = summaries(
        "show", "--file", "-", "--json", stdin=b'{"studies": [' + raw(a_record()) + b"]}"
    )
    assert json.loads(out)["title"] == told["title"]


@pytest.mark.parametrize("words", [(), (A, "--file", "x.json"), ("--file", "missing.json"), ("--file", "-")])
def test_show_says_in_a_line_what_it_cannot_read(summaries, words):
    code, _, said = summaries("show", *words, stdin=b"not a record")
    assert code == 1
    assert said.count("\n") == 1


async def test_write_all_goes_on_until_nothing_needs_it(summaries, database, clock, monkeypatch):
    monkeypatch.setattr("notifier.services.summary_writer.AT_ONCE", 1)
    with database.transaction() as session:
        a_study(session, clock.now(), B)
    async with a_peer() as peer:
        monkeypatch.setenv("NOTIFIER_MODEL_URL", peer.url)
        monkeypatch.setenv("NOTIFIER_MODEL_NAME", "a-model")
        code, out, _ = await asyncio.to_thread(summaries, "write", "--all", "--json")
        assert (code, json.loads(out)) == (0, {"written": 2, "refused": 0, "left": 0})
        assert len(peer.asked) == 2
        shown = json.loads((await asyncio.to_thread(summaries, "show", A, "--json"))[1])
    assert shown["question"] == GOOD["question"]
    assert shown["could_go_wrong"]
    assert shown["source"] == "model"
