"""The admin's command as it is typed: what it prints, where, and with which exit code it ends."""

import asyncio
import json
import os
import re
import shlex
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import typer
from sqlalchemy import select, text

from notifier import __version__
from notifier.cli import app, passes
from notifier.cli.running import Frequency
from notifier.demo import day
from notifier.demo.registry import serving
from notifier.storage.engine import Database
from notifier.storage.models import Every, consents, subscribers
from tests import processes
from tests.faults import FaultyRegistry

ROOT = Path(__file__).parents[2]
NOWHERE = "http://127.0.0.1:9/api/v2"  # the port "discard", where nothing listens
JANE = "jane@example.org"
WATCH_KEYS = ["outcome", "data_timestamp", "requests", "baselines"]
WATCH_KEYS += ["studies_new", "studies_changed", "changes", "notices", "held", "unreadable"]
DELIVER_KEYS = ["sent", "deferred", "rejected", "unsure", "cancelled", "expired", "held", "left"]
ADD = ["subscribers", "add", JANE, "--study", day.BLOOD_TEST]


@pytest.fixture(autouse=True)
def folder(place, monkeypatch, migrated_sqlite):
    """A working directory of its own with an empty database; no setting of this machine."""
    monkeypatch.setenv("NOTIFIER_REGISTRY_URL", NOWHERE)
    monkeypatch.setenv("NOTIFIER_REGISTRY_REQUESTS_PER_SECOND", "10000")
    monkeypatch.setenv("NOTIFIER_LOG_LEVEL", "error")
    (place / "notifier.db").write_bytes(migrated_sqlite.read_bytes())
    return place


@pytest.fixture(scope="module")
def served():
    """A registry on loopback, in a thread, because the command has a loop of its own. Gives it and its URL."""
    registry, ready, done = FaultyRegistry(day.baseline(), day.BASELINE), threading.Event(), []

    async def serve():
        async with serving(registry.app) as url:
            done.extend([asyncio.get_running_loop(), asyncio.Event(), url])
            ready.set()
            await done[1].wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait()
    yield registry, f"{done[2]}/api/v2"
    done[0].call_soon_threadsafe(done[1].set)
    thread.join()


@pytest.fixture
def registry(served, monkeypatch):
    monkeypatch.setenv("NOTIFIER_REGISTRY_URL", served[1])
    return served[0]


def store(folder):
    return Database(f"sqlite:///{folder}/notifier.db", ROOT / "migrations")


def commands(group=None, path=()):
    """Every command there is, by its words."""
    for name, command in (group or typer.main.get_command(app)).commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


# --- help and wrong use -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", list(commands()), ids=" ".join)
def test_every_commands_help_has_an_example_that_it_understands(notifier, monkeypatch, path):
    monkeypatch.setenv("COLUMNS", "200")
    code, out, err = notifier(*path, "--help")
    example = re.search(r"Example: notifier ([^│\n]*)", out)[1].split()
    assert (code, err, example[: len(path)]) == (0, "", list(path))
    assert notifier(*shlex.split(" ".join(example)), "--help")[0] == 0


def test_help_needs_no_right_settings(notifier, monkeypatch):
    monkeypatch.setenv("NOTIFIER_WATCH_EVERY", "soon")
    assert notifier("watch", "--help")[0] == 0
    assert notifier("watch", "--bogus")[0] == 2


def test_the_version_is_told_where_nothing_is_set_up(notifier, monkeypatch):
    monkeypatch.setenv("NOTIFIER_WATCH_EVERY", "soon")
    assert notifier("--version") == (0, f"notifier {__version__}\n", "")


def test_help_in_a_pipe_is_plain_and_comes_without_what_draws_frames():
    code = "import sys, notifier.cli\ntry: notifier.cli.app(['-h'])\nfinally: print('rich' in sys.modules)"
    ended = process("-c", code)
    assert ended.stdout.isascii()
    assert ended.stdout.endswith("False\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["wacth"], "Did you mean 'watch'?"),
        (["watch", "--jsn"], "--json"),
        (["subscribers", "add"], "Missing argument 'EMAIL'"),
        (["subscribers", "add", JANE], "give at least one --study or --condition"),
        ([*ADD, "--every", "hourly"], "'hourly' is not one of"),
    ],
)
def test_wrong_use_is_exit_2_and_says_what_is_right(notifier, words, said):
    code, out, err = notifier(*words)
    assert (code, out) == (2, "")
    assert said in " ".join(err.replace("│", " ").split())


def test_alone_it_shows_what_there_is(notifier):
    code, out, err = notifier()
    shown = out + err
    assert code == 2
    assert all(f" {path[0]} " in shown for path in commands())


def test_the_choices_are_those_of_the_store():
    assert [choice.value for choice in Frequency] == [every.value for every in Every]


# --- what goes wrong --------------------------------------------------------------------------------------------


def fails_in_one_line(answer, words, *, out=""):
    code, printed, err = answer
    assert (code, printed) == (1, out), err
    assert err.startswith("notifier: ")
    assert err.count("\n") == 1
    assert words in err
    assert JANE not in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["subscribers", "add", JANE, "--study", "NCT12"], "NCT12"),
        (["subscribers", "add", "jane.example.org", "--study", day.BLOOD_TEST], "not an e-mail address"),
        ([*ADD, "--time-zone", "Europe/Kopenhagen"], "'Europe/Kopenhagen' is not a time zone"),
        ([*ADD, "--language", "x"], "'x' is not a language"),
        ([*ADD, "--language", "en; drop"], "is not a language"),
        ([*ADD, "--consent", "  "], "--consent is empty"),
        (["subscribers", "add", JANE, "--condition", ' "" '], "ondition"),
    ],
)
def test_what_was_typed_wrong_is_said_in_one_line(notifier, words, said):
    fails_in_one_line(notifier(*words), said)


@pytest.mark.parametrize(
    ("variable", "value", "words", "said"),
    [
        ("WATCH_EVERY", "soon", ["watch"], "NOTIFIER_WATCH_EVERY"),
        ("WACTH_EVERY", "30m", ["watch"], "did you mean NOTIFIER_WATCH_EVERY?"),
        ("SMTP_URL", "http://mail.example.org", ["deliver"], "NOTIFIER_SMTP_URL must start with smtp://"),
        ("SMTP_URL", "smtps://mail.example.org", ["deliver"], "NOTIFIER_ORGANISATION is not set"),
        ("MAIL_FROM", "nobody", ["deliver"], "NOTIFIER_MAIL_FROM"),
        ("DATABASE_URL", "mysql://x/y", ["watch"], "NOTIFIER_DATABASE_URL"),
        ("DATABASE_URL", "sqlite:///notifier.db/x.db", ["deliver"], "cannot be opened"),
        ("DATABASE_URL", "sqlite:///no/folder/x.db", ["subscribers", "list"], "cannot be opened"),
        ("WEB_LISTEN", "256.1.1.1:80", ["serve"], "The pages cannot be served at 256.1.1.1:80"),
        ("SECRET_KEYS", ",", ["deliver"], "NOTIFIER_SECRET_KEYS"),
    ],
)
def test_what_stands_in_the_way_is_said_in_one_line(notifier, monkeypatch, variable, value, words, said):
    monkeypatch.setenv(f"NOTIFIER_{variable}", value)
    fails_in_one_line(notifier(*words), said)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SMTP_URL", "smtp://127.0.0.1:9", "The mail server 127.0.0.1:9 cannot be reached"),
        ("MAIL_DIR", "notifier.db/mail", "The mail folder notifier.db/mail cannot be written"),
    ],
)
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_mail_that_cannot_be_sent_is_counted_as_left_and_said_in_one_line(
    notifier, monkeypatch, variable, value, said, form
):
    notifier(*ADD)
    monkeypatch.setenv(f"NOTIFIER_{variable}", value)
    counts = dict.fromkeys(DELIVER_KEYS, 0) | {"left": 1}
    plain = ", ".join(f"{count} {name}" for name, count in counts.items())
    fails_in_one_line(notifier("deliver", *form), said, out=(json.dumps(counts) if form else plain) + "\n")


def test_a_port_in_use_is_said_in_one_line(notifier, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("NOTIFIER_WEB_LISTEN", f"127.0.0.1:{taken.getsockname()[1]}")
        fails_in_one_line(notifier("serve"), "Address already in use")


def test_the_pages_alone_log_as_the_worker_does(notifier, monkeypatch):
    begun = []
    monkeypatch.setenv("NOTIFIER_WEB_LISTEN", "127.0.0.1:0")
    monkeypatch.setattr(passes.app, "start_logging", lambda *_, **how: begun.append(how))
    stopped = asyncio.Event()
    stopped.set()
    monkeypatch.setattr(passes, "_stop_on_signals", lambda: stopped)
    notifier("database", "upgrade")
    assert notifier("serve")[0] == 0
    assert begun[-1] == {}


def test_what_is_no_database_is_said_in_one_line(notifier, folder):
    (folder / "notifier.db").write_text("Dear diary, " * 1000)
    for words in (["watch"], ["deliver"], ["serve"], ["database", "status"], ["database", "upgrade"]):
        fails_in_one_line(notifier(*words), "is not one of ours")


@pytest.mark.parametrize(
    ("version", "said"), [("0001", "run `notifier database upgrade`"), ("9999", "newer version")]
)
def test_another_schema_is_refused_with_what_to_do(notifier, folder, version, said):
    database = store(folder)
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})
    database.close()
    code, _, err = notifier("subscribers", "list")
    assert (code, err.count("\n")) == (1, 1)
    assert said in err
    fails_in_one_line(notifier("database", "status"), said)


async def listed(folder, to, *how):
    """How the list of subscribers ends, and what it says of that, where its answer goes there."""
    asked = ("-m", "notifier", "subscribers", "list", *how)
    ended = await processes.start(*asked, cwd=folder, env=dict(os.environ), stdout=to)
    _, said = await ended.communicate()
    return ended.returncode, said.decode()


def nobody():
    """A pipe whose reader has read enough."""
    reads, writes = os.pipe()
    os.close(reads)
    return os.fdopen(writes, "wb", 0)


def a_full_disk():
    return Path("/dev/full").open("wb", 0)


@pytest.mark.parametrize("how", [(), ("--csv",), ("--json",)])
async def test_a_reader_who_has_read_enough_is_no_fault(folder, how):
    with nobody() as pipe:
        code, said = await listed(folder, pipe, *how)
    assert said == ""
    assert code in {0, 1}  # typer ends with 1 where it sees that itself


@pytest.mark.parametrize("how", [(), ("--csv",)])
async def test_a_full_disk_is_said_in_one_line(folder, how):
    with a_full_disk() as full:
        code, said = await listed(folder, full, *how)
    assert (code, said.count("\n")) == (1, 1)
    assert "The answer could not be written" in said


def test_help_and_the_schema_are_shown_without_what_only_a_few_commands_need():
    """They are slow to import, and every command begins so."""
    heavy = {"alembic", "jinja2", "httpx", "starlette", "uvicorn", "apscheduler"}
    program = "import sys; from notifier.cli import main; sys.argv = ['notifier', 'database', 'status']\n"
    program += f"try: main()\nfinally: print(sorted(set(sys.modules) & {heavy!r}))"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.stdout.splitlines()[-1] == "[]"


def test_the_schema_is_shown_and_made(notifier, folder):
    (folder / "notifier.db").unlink()
    fails_in_one_line(notifier("database", "status"), "run `notifier database upgrade`")
    assert notifier("database", "upgrade")[0] == 0
    code, out, _ = notifier("database", "status")
    assert code == 0
    assert "as needed" in out
    assert "nothing was changed" in notifier("database", "upgrade")[1]


# --- subscribers ------------------------------------------------------------------------------------------------


def test_adding_asks_them_first_and_twice_is_harmless(notifier, registry):
    code, out, err = notifier(*ADD)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"{day.BLOOD_TEST}: waits until they confirm by mail.",
        "A mail that asks them to confirm goes out with the next deliver pass.",
    ]
    code, out, _ = notifier(*ADD)
    assert code == 0
    assert out == f"{day.BLOOD_TEST}: was waiting for their confirmation already; nothing was added.\n"


def test_adding_with_consent_keeps_how_they_agreed(notifier, registry, folder):
    code, out, _ = notifier(
        *ADD, "--consent", " asked by phone ", "--every", "weekly", "--time-zone", "Asia/Tokyo"
    )
    assert (code, out) == (0, f"{day.BLOOD_TEST}: followed from now on.\n")
    with store(folder).reading() as session:
        assert session.execute(select(consents.c.method, consents.c.evidence)).one() == (
            "command",
            "asked by phone",
        )
        assert session.execute(select(subscribers.c.time_zone)).scalar_one() == "Asia/Tokyo"


def test_a_study_that_the_registry_does_not_have_adds_nobody(notifier, registry):
    fails_in_one_line(notifier(*ADD, "--study", "NCT99999999"), "NCT99999999 is not in the registry")
    code, out, err = notifier(
        *ADD, "--study", "NCT00000000"
    )  # its answer to this one is 400, which is logged too
    assert (code, out) == (1, "")
    assert "NCT00000000 is no study's number" in err.splitlines()[-1]
    assert "Nobody yet" in notifier("subscribers", "list")[1]


def test_a_study_that_was_merged_is_followed_under_its_new_id(notifier, registry):
    registry.alias("NCT90000042", day.EXERCISE)
    code, out, _ = notifier("subscribers", "add", JANE, "--study", "NCT90000042", "--consent", "by phone")
    assert code == 0
    assert f"NCT90000042: the registry has this study as {day.EXERCISE}, which is followed instead." in out
    assert f"{day.EXERCISE}: followed from now on." in out


def test_a_slip_in_the_address_is_asked_about_and_taken(notifier):
    code, out, _ = notifier("subscribers", "add", "jane@gmial.con", "--condition", "knee pain")
    assert code == 0
    assert "Did you mean an address at gmail.com?" in out
    assert "knee pain: waits until they confirm by mail." in out


def test_adding_works_although_the_registry_cannot_be_asked_and_says_so(notifier):
    code, out, err = notifier(*ADD, "--condition", "knee pain")
    assert (code, err) == (0, "")
    assert f"{day.BLOOD_TEST}: the registry cannot be asked now; the next watch pass will check it." in out
    assert "knee pain: waits until they confirm by mail." in out


def test_the_list_as_json_is_one_object_and_as_a_table_is_whole(notifier):
    notifier(*ADD, "--condition", "knee pain", "--consent", "by phone")
    shown = json.loads(notifier("subscribers", "list", "--json")[1])
    assert list(shown) == ["subscriptions"]
    assert [row["follows"] for row in shown["subscriptions"]] == [day.BLOOD_TEST, "knee pain"]
    told = json.loads(notifier("subscribers", "show", JANE, "--json")[1])["subscriptions"]
    assert all(row.items() <= more.items() for row, more in zip(shown["subscriptions"], told, strict=True))
    table = notifier("subscribers", "list")[1]
    assert all(word in table for word in (JANE, "knee pain", day.BLOOD_TEST, "active", "not looked at yet"))


# --- passes -----------------------------------------------------------------------------------------------------


def only_json(answer):
    code, out, err = answer
    assert (code, err, out.count("\n")) == (0, "", 1)
    return json.loads(out)


def test_a_story_told_in_json(notifier, registry, folder):
    notifier(*ADD, "--consent", "by phone")
    first = only_json(notifier("watch", "--json"))
    assert list(first) == WATCH_KEYS
    assert (first["outcome"], first["baselines"], first["notices"]) == ("done", 1, 0)
    assert only_json(notifier("watch", "--json"))["outcome"] == "unchanged"
    registry.publish(day.next_day(), day.NEXT_DAY)
    second = only_json(notifier("watch", "--json"))
    assert (second["studies_changed"], second["notices"] > 0) == (1, True)
    delivered = only_json(notifier("deliver", "--json"))
    assert list(delivered) == DELIVER_KEYS
    assert delivered == dict.fromkeys(DELIVER_KEYS, 0) | {"sent": 1}
    assert len(list((folder / "mail").glob("*.eml"))) == 1


def test_the_passes_in_words(notifier, registry):
    code, out, err = notifier("watch")
    assert (code, err, out.count("\n")) == (0, "", 1)
    assert "The registry's data" in out or "the registry's data" in out
    assert notifier("deliver")[1].startswith("0 sent, ")


@pytest.mark.parametrize("held", ["watch", "deliver"])
def test_a_pass_that_is_running_already_is_said_in_one_line(notifier, folder, held):
    with store(folder).exclusive(held, "it is held"):
        fails_in_one_line(notifier(held), f"Another {held} pass is running")


# --- as a process -----------------------------------------------------------------------------------------------


def process(*words):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *words], check=False, env=environment, capture_output=True, text=True
    )


def test_python_m_notifier_is_the_command():
    ended = process("-m", "notifier", "--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "subscribers" in ended.stdout


def test_the_command_starts_without_what_only_its_commands_need():
    heavy = (
        "sqlalchemy",
        "pydantic",
        "httpx",
        "jinja2",
        "starlette",
        "alembic",
        "structlog",
        "babel",
        "asyncio",
    )
    code = f"import sys, notifier.cli; print([name for name in {heavy} if name in sys.modules])"
    assert process("-c", code).stdout == "[]\n"
