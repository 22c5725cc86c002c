"""The form, the command and the import give the same answer to the same input, and leave the same behind."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.datastructures import FormData

from notifier.app import defaults, load_settings
from notifier.storage import subscribers
from notifier.storage.engine import Database
from notifier.storage.models import ConditionRow, ConsentRow, MessageRow, SubscriberRow, SubscriptionRow
from notifier.web import forms
from tests.conftest import MIGRATIONS, NOON
from tests.factories import A
from tests.store_factories import a_study

JANE = "jane@example.org"
KEPT_OF_A_PERSON = (
    "email", "email_key", "language", "time_zone", "digest_hour", "digest_weekday", "near", "title_in_subject",
)  # fmt: skip
KEPT_OF_A_TOPIC = (
    "nct_id", "condition_id", "every", "state", "lightest_rank", "groups", "next_digest_at", "activated_at",
)  # fmt: skip


@pytest.fixture
def here(tmp_path, monkeypatch, migrated_sqlite, notifier):
    """A working directory with a database that knows a study; opens a door, and gives what it answered."""
    monkeypatch.setenv("NOTIFIER_CLOCK", NOON.isoformat())
    monkeypatch.setenv("NOTIFIER_SECRET_KEYS", "k" * 40)
    monkeypatch.setenv("NOTIFIER_REGISTRY_URL", "http://127.0.0.1:9/api/v2")
    monkeypatch.setenv("NOTIFIER_REGISTRY_REQUESTS_PER_SECOND", "10000")
    monkeypatch.setenv("NOTIFIER_LOG_LEVEL", "error")
    monkeypatch.chdir(tmp_path)
    opened = []

    def fresh():
        """The database as it was before anybody signed up."""
        for each in opened:
            each.close()
        for each in tmp_path.glob("notifier.db*"):
            each.unlink()
        (tmp_path / "notifier.db").write_bytes(migrated_sqlite.read_bytes())
        opened.append(Database(f"sqlite:///{tmp_path}/notifier.db", MIGRATIONS))
        with opened[-1].transaction() as session:
            a_study(session, NOON)
        return opened[-1]

    def run(*words):
        code, out, err = notifier("subscribers", *words)
        return code, json.loads(out) if out.strip() else {}, err

    yield fresh, run
    for each in opened:
        each.close()


def by_command(database, run, email=JANE, **said):
    options = [part for name, text in said.items() for part in (f"--{name.replace('_', '-')}", text)]
    code, answer, _ = run("add", email, *options, "--json")
    return (
        [each["verdict"] for each in answer.get("verdicts", [])] or ["refused"] if code < 2 else ["refused"]
    )


def by_import(database, run, email=JANE, **said):
    with Path("people.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["email", *said], [email, *said.values()]])
    _, answer, err = run("import", "people.csv", "--commit", "--json")
    assert answer, err
    return [each["verdict"] for each in answer["lines"]]


def by_form(database, run, email=JANE, **said):
    read = forms.read_sign_up(FormData({"email": email, "agreed": "yes", "consent": "yes", **said}))
    if isinstance(read, dict):
        return ["refused"]
    person, wanted, choice = read
    with database.transaction() as session:
        subscribers.ask(
            session,
            replace(person, defaults=defaults(load_settings())),
            wanted,
            choice=choice,
            now=NOON,
            domain="localhost",
            suppression_key=b"x",
        )
        row = subscribers.find(session, person.address)
        states = select(SubscriptionRow.state).where(SubscriptionRow.subscriber_id == row.id)
        return [state.value for state in session.execute(states).scalars()]


DOORS = (by_command, by_import, by_form)


def left_behind(database):
    with database.reading() as session:
        people, topics, texts, mails, words = (
            session.execute(select(kind).order_by(kind.id)).scalars().all()
            for kind in (SubscriberRow, SubscriptionRow, ConditionRow, MessageRow, ConsentRow)
        )
    return (
        [[getattr(row, name) for name in KEPT_OF_A_PERSON] for row in people],
        [[getattr(row, name) for name in KEPT_OF_A_TOPIC] for row in topics],
        [(row.query, row.text) for row in texts],
        [row.kind.value for row in mails],
        [(row.wording_version, row.evidence, row.given_at) for row in words],
    )


ONE = [
    {"study": A},
    {"study": f" {A.lower()} "},
    {"condition": "  Knee   Pain (chronic) "},
    {"condition": "HR+/HER2- breast cancer"},
    {"study": A, "every": "weekly", "time_zone": "America/New_York", "language": "da-DK"},
    {"condition": "knee pain", "every": "DAILY".lower(), "language": "DE"},
    {"email": "Jane@EXAMPLE.org", "study": A},
    {"email": "jane@gmial.con", "study": A},
]


@pytest.mark.parametrize("said", ONE)
def test_what_one_door_takes_the_others_take_in_the_same_way(here, said):
    fresh, run = here
    left = []
    for door in DOORS:
        database = fresh()
        assert door(database, run, **said) == ["pending"], door
        left.append(left_behind(database))
    assert left[0] == left[1] == left[2]


@pytest.mark.parametrize("said", [{}, {"language": "de"}, {"time_zone": "America/New_York"}])
def test_who_says_nothing_is_spoken_to_as_the_organisation_does(here, monkeypatch, said):
    monkeypatch.setenv("NOTIFIER_LANGUAGE", "DA")
    monkeypatch.setenv("NOTIFIER_TIME_ZONE", "Europe/Copenhagen")
    fresh, run = here
    for door in DOORS:
        database = fresh()
        door(database, run, study=A, every="daily", **said)
        [person], [topic], *_ = left_behind(database)
        assert person[2:4] == [said.get("language", "da"), said.get("time_zone", "Europe/Copenhagen")], door
        assert topic[6].hour == (13 if "time_zone" in said else 7), door  # 8 o'clock there, in January
        assert door(database, run, study=A, every="daily", **said), door
        monkeypatch.setenv("NOTIFIER_LANGUAGE", "de")
        door(database, run, condition="knee pain")
        assert left_behind(database)[0] == [person], door  # what somebody has stays
        monkeypatch.setenv("NOTIFIER_LANGUAGE", "DA")


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "said",
    [
        {"email": "no address", "study": A},
        {"study": "NCT1"},
        {"condition": "???"},
        {"condition": "asthma OR COPD"},
        {"condition": "COPD; asthma"},
        {"condition": "not lung cancer"},
        {"condition": "BMI ≥ 30"},
        {"study": A, "every": "hourly"},
        {"study": A, "time_zone": "Mars/Olympus"},
        {"study": A, "time_zone": "posix/Europe/Berlin"},
        {"study": A, "language": "tlh"},
        {"study": A, "language": "dk"},
        {"study": A, "language": "en; drop"},
    ],
)
def test_what_one_door_refuses_no_other_takes(here, door, said):
    fresh, run = here
    database = fresh()
    assert door(database, run, **said) == ["refused"]
    assert left_behind(database) == ([], [], [], [], [])
