"""`notifier outbox …` as it is typed: what it prints, asks and refuses."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, update

from notifier import doctor as checks
from notifier.app import load_settings
from notifier.doctor import CheckOutcome
from notifier.domain.changes import detect
from notifier.storage import audit
from notifier.storage import notices as noticing
from notifier.storage.models import Gate, MessageState, PassRow, messages, notices, subscriptions
from notifier.storage.studies import snapshots
from tests.factories import DATA, A
from tests.imap_peer import ImapPeer
from tests.store_factories import a_change, a_study, a_version, assembled, filled_once, follow, mails, news

NOON = datetime(2027, 1, 12, 12, tzinfo=UTC)
DAY = ("--from", "2027-01-12", "--to", "2027-01-12")


@pytest.fixture
def store(place, monkeypatch, sqlite):
    """A working directory of its own, and its database with twelve people who follow one study."""
    monkeypatch.setenv("NOTIFIER_CLOCK", "2027-01-12T13:00:00Z")
    twelve_people(database=sqlite)
    return sqlite


@filled_once
def twelve_people(database):
    with database.transaction() as session:
        a_study(session, NOON)
        for number in range(12):
            follow(session, NOON, f"reader{number}@example.org", A)


@pytest.fixture
def outbox(notifier):
    """Runs `notifier outbox …`."""
    return lambda *words, answer="": notifier("outbox", *words, stdin=answer)


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


def acts(database):
    with database.reading() as session:
        return [(row.command, row.people, row.reason) for row in audit.trail(session)]


def test_what_is_done_is_in_the_audit_trail_with_its_reason(store, outbox):
    twelve_mails(store, "rejected")
    outbox("resend", *DAY, "--yes", "--reason", "the server was away")
    with store.transaction() as session:
        session.execute(update(messages).values(state="held"))
    outbox("release", "--yes", "--reason", "looked at")
    outbox("release")  # nothing is held any more
    assert acts(store) == [("outbox release", 12, "looked at"), ("outbox resend", 12, "the server was away")]
    code, _, err = outbox("drop", "--reason", "jane@example.org asked")
    assert (code, "names an address" in err) == (1, True)


def test_held_mails_of_more_than_ten_people_go_only_after_a_yes(store, outbox):
    twelve_mails(store, "held")
    assert outbox("release", answer="n\n")[0] == 1
    assert {mail.state for mail in mails(store)} == {MessageState.HELD}


def test_what_cannot_be_taken_back_says_how_much_it_is_and_asks(store, notifier):
    """Where nobody is there to answer it refuses in one sentence, and `--yes` answers."""
    twelve_mails(store, "held")
    store.close()
    notifier("backup", "copy.backup")
    for command, counted in (
        ("restore copy.backup", "The database holds 12 people, 12 mails, 1 studies"),
        ("subscribers erase reader3@example.org", "1 subscriptions, 1 mails"),
        ("outbox drop", "12 people will not be told"),
        (f"studies rollback {A} 1", "12 people follow it"),
    ):
        words = command.split()
        code, out, err = notifier(*words)
        assert (code, out, err.count("\n")) == (1, "", 1)
        assert (counted in err, "Nobody is there to say so" in err, "--yes" in err) == (True, True, True)
        code, out, err = notifier(*words, stdin="n\n")
        assert (code, out, counted in err) == (1, "", True)
    assert {mail.state for mail in mails(store)} == {MessageState.HELD}
    assert notifier("restore", "copy.backup", stdin="y\n")[0] == 0
    assert notifier("restore", "copy.backup", "--yes")[0] == 0


CORRECT = ("correct", "--study", A, *DAY)


def test_a_correction_is_asked_for_made_once_and_noted(store, outbox):
    twelve_mails(store, "sent")
    words = (*CORRECT, "--text", "It goes on.")
    assert outbox(*words, "--dry-run")[1].splitlines()[-1] == "A dry run: nothing was changed."
    code, out, err = outbox(*words, answer="n\n")
    assert (code, "12 people will be mailed this correction" in out + err) == (1, True)
    assert outbox(*words, "--yes")[1].splitlines()[-1] == "Correction 1: 12 mails are due."
    assert outbox(*words, "--yes")[1].splitlines()[-2:] == [
        "12 people got this very correction already.",
        "Nobody is mailed.",
    ]
    assert acts(store) == [("outbox correct", 12, None)]


def test_a_correction_may_come_from_a_file(store, outbox, tmp_path):
    twelve_mails(store, "sent")
    (tmp_path / "words.txt").write_text("It goes on.\n", encoding="utf-8")
    assert "12 people are to be corrected" in outbox(*CORRECT, "--file", "words.txt", "--dry-run")[1]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "give --text or --file"),
        (["--text", "a", "--file", "b"], 2, "give --text or --file"),
        (["--file", "nowhere.txt"], 2, "--file cannot be read"),
        (["--text", " "], 1, "has no words"),
        (["--text", "a", "--change", "77"], 1, "Change 77 is none of NCT90000001"),
    ],
)
def test_wrong_use_of_correct_is_said(store, outbox, words, code, said):
    found, _, err = outbox(*CORRECT, *words)
    assert found == code
    assert said in " ".join(err.replace("│", " ").split())


def test_a_bad_version_is_taken_back_and_says_who_was_told(store, notifier):
    with store.transaction() as session:
        before = a_study(session, NOON)
        wrong = snapshots.store(
            session, a_version(statusModule__overallStatus="TERMINATED"), DATA, NOON, watch=True
        )
        a_pass_between(session, before, wrong)
    code, out, _ = notifier("studies", "rollback", A, "2", "--yes")
    assert (code, out) == (
        0,
        "Version 1 is the newest again. 1 changes were taken back, 12 notices are told to nobody.\n",
    )
    code, _, err = notifier("studies", "rollback", A, "1", "--yes")
    assert (code, "has only this version" in err) == (1, True)


def a_pass_between(session, before, after, *found):
    row = PassRow(data_timestamp=DATA, started_at=NOON, finished_at=NOON, outcome="done", requests=1)
    session.add(row)
    session.flush()
    snapshots.store_changes(session, row.id, A, found or [a_change()], between=(before, after), now=NOON)
    noticing.make(session, row.id, NOON)


# --- the canary -------------------------------------------------------------------------------------------------


@pytest.fixture
def canary(store, monkeypatch):
    """A mail to the canary that was sent two hours ago; gives its Message-ID."""
    monkeypatch.setenv("NOTIFIER_CANARY", "The canary <reader3@example.org>")
    twelve_mails(store, "sent")
    with store.transaction() as session:
        session.execute(update(messages).values(settled_at=NOON - timedelta(hours=1)))
    return mails(store)[3].rfc_message_id


def test_who_delivers_by_cron_mails_the_canary_too(store, notifier, monkeypatch):
    """Once a day, what others were told, in a mail of its own."""
    monkeypatch.setenv("NOTIFIER_CANARY", "The canary <bird@example.org>")
    with store.transaction() as session:
        before = a_study(session, NOON)
        after = a_version(statusModule__overallStatus="TERMINATED")
        a_pass_between(session, before, snapshots.store(session, after, DATA, NOON, watch=True))
        session.execute(delete(messages))  # the welcomes
    reports = [json.loads(notifier("deliver", "--json")[1]) for _ in range(2)]
    assert [(report["sent"], report["left"]) for report in reports] == [(13, 0), (0, 0)]
    _, told, _ = notifier("subscribers", "show", "bird@example.org")
    assert A in told


def a_maildir(tmp_path, *message_ids):
    for name in ("new", "cur", "tmp"):
        (tmp_path / "box" / name).mkdir(parents=True, exist_ok=True)
    for number, each in enumerate(message_ids):
        (tmp_path / "box" / "new" / str(number)).write_text(f"Message-ID: {each}\n\nHello\n")
    return str(tmp_path / "box")


def test_the_canarys_mail_is_found_in_its_maildir_and_left_unread(canary, notifier, tmp_path):
    box = a_maildir(tmp_path, "<another@example.org>", canary)
    for _ in range(2):
        code, out, _ = notifier("canary", "check", "--maildir", box)
        assert (code, "has arrived (message 4" in out) == (0, True)


def test_the_canarys_mail_is_found_over_imap(canary, notifier):
    with ImapPeer([f"Message-ID: {canary}\r\n\r\nHello\r\n".encode()]) as peer:
        code, out, err = notifier("canary", "check", "--imap", peer.url())
        assert (code, "has arrived" in out, err) == (0, True, "")
        assert peer.flags == {}


def test_a_canarys_mail_that_is_not_there_is_exit_1_after_an_hour(canary, store, notifier, tmp_path):
    box = a_maildir(tmp_path)
    code, _, err = notifier("canary", "check", "--maildir", box)
    assert (code, "is not among the unread mails" in err, "@" in err) == (1, True, False)
    with store.transaction() as session:
        session.execute(update(messages).values(settled_at=NOON + timedelta(minutes=30)))
    assert "is not there yet" in notifier("canary", "check", "--maildir", box)[1]


def test_without_a_canary_or_a_mail_to_it_there_is_nothing_to_look_for(
    store, notifier, monkeypatch, tmp_path
):
    box = a_maildir(tmp_path)
    assert "set NOTIFIER_CANARY" in notifier("canary", "check", "--maildir", box)[2]
    monkeypatch.setenv("NOTIFIER_CANARY", "canary@example.org")
    assert "No mail to the canary was sent yet" in notifier("canary", "check", "--maildir", box)[1]
    assert notifier("canary", "check")[0] == 2
    monkeypatch.setenv("NOTIFIER_CANARY", "not an address")
    assert "NOTIFIER_CANARY is not an address" in notifier("canary", "check", "--maildir", box)[2]


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


PLACES = [{"facility": f"Hospital {n}", "city": "Aarhus", "country": "Denmark"} for n in range(120)]
RULES = (
    "Inclusion Criteria:\n\n* Age %s years or older, and able to walk for an hour without a stick or a rest"
)


def test_what_changed_is_said_as_the_mails_say_it(store, notifier):
    """Places are counted, of a text the words that differ are marked; `--json` has each change with its values."""
    with store.transaction() as session:
        before = a_version(
            locations=[p | {"status": "NOT_YET_RECRUITING"} for p in PLACES], eligibilityCriteria=RULES % 18
        )
        after = a_version(
            locations=[p | {"status": "RECRUITING"} for p in PLACES], eligibilityCriteria=RULES % 21
        )
        versions = [snapshots.store(session, each, DATA, NOON, watch=True) for each in (before, after)]
        found = detect(before.study.raw, after.study.raw).changes
        a_pass_between(session, *versions, *found)
    for words in (("studies", "history", A), ("studies", "diff", A, "2", "3")):
        code, out, _ = notifier(*words)
        assert (code, "120 places" in out, "Age *21* years" in out) == (0, True, True)
        assert ("[important: eligibility_criteria]" in out, "[notable: site_opened]" in out) == (True, True)
        assert (len(out.splitlines()) < 40, max(map(len, out.splitlines())) <= 80) == (True, True)
        told = json.loads(notifier(*words, "--json")[1])["changes"]
        assert {"kind", "weight", "path", "before", "after"} <= set(told[0])
        assert len(told) == len(found) > 120
    assert "120 site_opened" in notifier("outbox", "plan", "--people")[1]
    assembled(store, NOON)
    for words in (("outbox", "show", "1"), ("outbox", "plan", "--people")):
        out = notifier(*words)[1]
        assert ("120 places" in out, "Age *21* years" in out) == (True, True)
    assert len(json.loads(notifier("outbox", "show", "1", "--json")[1])["tells"]) == 2
    shown = notifier("studies", "show", A)[1]
    assert ("Status: " in shown, "versions: 3" in shown, "status: " in shown) == (True, True, False)


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


def test_what_the_gate_held_is_shown_without_its_links_and_then_goes_as_it_is(store, outbox):
    twelve_mails(store, "held")
    with store.transaction() as session:
        session.execute(update(messages).values(gate="closed", reason="it says Wonderland of a study."))
    code, out, _ = outbox("release", "3")
    shown = out.splitlines()
    assert (code, shown[0]) == (0, "Message 3: it says Wonderland of a study.")
    assert "  | The contact persons of a study you follow have changed." in shown
    assert "https://" not in out
    assert "reader" not in out  # the contacts shown are the study's
    assert shown[-1] == "Released: 0 notices and 1 mails."
    third = {mail.id: (mail.state, mail.gate) for mail in mails(store)}.pop(3)
    assert third == (MessageState.DUE, Gate.PASSED_BY)
    assert sum(mail.state is MessageState.HELD for mail in mails(store)) == 11
    assert outbox("release", "3", "--study", A)[0] == 2


def test_a_mail_that_the_gate_held_stands_in_doctor(store):
    twelve_mails(store, "held")
    with store.transaction() as session:
        (well,) = checks.of_mails(session, load_settings())
        session.execute(update(messages).where(messages.c.id == 2).values(gate="closed", reason="it says 7."))
        (found,) = checks.of_mails(session, load_settings())
    assert well.outcome is CheckOutcome.OK
    assert (found.outcome, found.says) == (
        CheckOutcome.FAILED,
        "1 of our mails are held. Message 2: it says 7.",
    )
