"""`notifier outbox …` as it is typed: what it prints, asks and refuses."""

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from sqlalchemy import delete, update

from notifier.cli import main
from notifier.database import Database
from notifier.tables import MessageState, messages, notices, subscriptions
from tests.conftest import MIGRATIONS
from tests.store_factories import A, a_study, assembled, follow, mails, news

NOON = datetime(2027, 1, 12, 12, tzinfo=UTC)
DAY = ("--from", "2027-01-12", "--to", "2027-01-12")


@pytest.fixture
def store(tmp_path, monkeypatch, migrated_sqlite):
    """A working directory of its own, and its database with twelve people who follow one study."""
    for name in [name for name in os.environ if name.startswith("NOTIFIER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NOTIFIER_CLOCK", "2027-01-12T13:00:00Z")
    (tmp_path / "notifier.db").write_bytes(migrated_sqlite.read_bytes())
    monkeypatch.chdir(tmp_path)
    database = Database(f"sqlite:///{tmp_path}/notifier.db", MIGRATIONS)
    with database.transaction() as session:
        a_study(session, NOON)
        for number in range(12):
            follow(session, NOON, f"reader{number}@example.org", A)
    yield database
    database.close()


@pytest.fixture
def outbox(monkeypatch, capsys):
    """Runs `notifier outbox …` in this process; gives exit code, standard output and standard error."""

    def run(*words, answer=""):
        monkeypatch.setattr(sys, "argv", ["notifier", "outbox", *words])
        monkeypatch.setattr(sys, "stdin", StringIO(answer))
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        return code, *capsys.readouterr()

    return run


def twelve_mails(database, state):
    with database.transaction() as session:
        news(session, NOON)
    assembled(database, NOON)
    with database.transaction() as session:
        session.execute(update(messages).values(state=state, settled_at=NOON))


def test_more_than_ten_people_are_mailed_again_only_after_a_yes(store, outbox):
    twelve_mails(store, "rejected")
    code, out, err = outbox("resend", *DAY, answer="n\n")
    assert (code, out.splitlines()[0]) == (1, "12 mails: goes again.")
    assert "12 people will be mailed again" in out + err
    assert outbox("resend", *DAY)[0] == 1  # nobody there to answer
    assert {mail.state for mail in mails(store)} == {MessageState.REJECTED}
    assert outbox("resend", *DAY, "--yes")[1].splitlines()[-1] == "12 mails are due again."
    assert {mail.state for mail in mails(store)} == {MessageState.DUE}


def test_a_dry_run_of_resending_changes_nothing(store, outbox):
    twelve_mails(store, "rejected")
    assert "A dry run: nothing was changed." in outbox("resend", *DAY, "--dry-run")[1]
    assert {mail.state for mail in mails(store)} == {MessageState.REJECTED}


def test_one_message_is_sent_again_by_its_number(store, outbox):
    twelve_mails(store, "rejected")
    assert outbox("resend", "3")[:2] == (0, "Message 3 is due again.\n")
    code, _, err = outbox("resend", "3")
    assert (code, err.strip()) == (1, "notifier: Message 3 is due; only what was given up can be sent again")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "give the number of one message, or both --from and --to"),
        (["3", *DAY], "give the number of one message, or both"),
        (["--from", "2027-01-12"], "give the number of one message, or both"),
        (["--from", "noon", "--to", "2027-01-12"], "'noon' is not a time"),
        (["--from", "2027-01-13", "--to", "2027-01-12"], "--to is not after --from"),
        ([*DAY, "--state", "sent"], "'sent' is not one of"),
    ],
)
def test_wrong_use_of_resend_is_exit_2(store, outbox, words, said):
    code, _, err = outbox("resend", *words)
    assert code == 2
    assert said in " ".join(err.replace("│", " ").split())


def test_what_was_sent_shows_addresses_only_when_asked(store, outbox):
    twelve_mails(store, "sent")
    _, out, _ = outbox("sent", *DAY)
    assert "12 mails to 12 people." in out
    assert "@" not in out
    assert "reader3@example.org" in outbox("sent", *DAY, "--people")[1]
    found = json.loads(outbox("sent", *DAY, "--json")[1])
    assert (found["mails"], found["people"], found["unsure"]) == (12, 12, 0)
    assert found["sent"][0]["tells"] == [{"change": 1, "nct_id": A, "kind": "contacts"}]


def test_a_plan_is_counts_an_hour_unless_addresses_are_asked_for(store, outbox):
    with store.transaction() as session:
        news(session, NOON)
    _, out, _ = outbox("plan")
    assert out.splitlines()[:2] == ["now: 12 update", "12 mails until 2027-01-19 13:00 UTC."]
    assert "What the next look at the registry finds is not in it" in out
    assert "@" not in out
    assert "reader3@example.org  update  NCT90000001 contacts" in outbox("plan", "--people")[1]
    found = json.loads(outbox("plan", "--json")[1])
    assert (found["mails"], found["hours"][0]["kind"], found["fenced"]) == (12, "update", None)
    assert mails(store) == []


def test_a_day_that_is_accounted_for_is_exit_0_and_one_that_is_not_is_exit_1(store, outbox):
    with store.transaction() as session:
        session.execute(update(subscriptions).values(activated_at=NOON - timedelta(hours=1)))
        news(session, NOON)
    code, out, _ = outbox("reconcile", "--day", "2027-01-12")
    assert (code, out.splitlines()[-1]) == (0, "  12 waiting: next pass")
    with store.transaction() as session:
        session.execute(delete(notices).where(notices.c.id == 3))
    code, out, _ = outbox("reconcile", "--json")
    assert (code, json.loads(out)["unexplained"]) == (1, {"no notice was made": 1})
