"""`notifier subscribers …` for a person who answers a letter: find, pause, end, hand out, forget. As it is typed."""

import csv
import errno
import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select, update

from notifier.storage import audit, subscribers, suppression
from notifier.storage.engine import metadata
from notifier.storage.models import ConditionRow, Fate, SubscriptionRow, SubscriptionState, Suppressed
from tests.conftest import MIGRATIONS
from tests.factories import A, B
from tests.store_factories import a_study, assembled, claimed, filled_once, follow, news, settled, sign_up

NOON = datetime(2027, 1, 12, 12, tzinfo=UTC)
DAY = timedelta(days=1)
JANE, JOHN = "jane@example.org", "john@example.org"


@pytest.fixture
def store(place, monkeypatch, sqlite):
    """A working directory of its own, and its database with two studies and two people."""
    monkeypatch.setenv("NOTIFIER_CLOCK", "2027-01-12T13:00:00Z")
    monkeypatch.setenv("NOTIFIER_SECRET_KEYS", "k" * 40)
    two_people(database=sqlite)
    return sqlite


@filled_once
def two_people(database):
    with database.transaction() as session:
        a_study(session, NOON)
        a_study(session, NOON, B)
        follow(session, NOON, JANE, A, "knee pain")
        sign_up(session, NOON, JOHN, A)


@pytest.fixture
def people(notifier):
    """Runs `notifier subscribers …`."""
    return partial(notifier, "subscribers")


def as_json(answer):
    code, out, err = answer
    assert (code, err) == (0, "")
    return json.loads(out)


def states(database):
    with database.reading() as session:
        rows = session.execute(select(SubscriptionRow).order_by(SubscriptionRow.id)).scalars()
        return [row.state.value for row in rows]


def acts(database):
    with database.reading() as session:
        return [(row.command, row.ids, row.reason) for row in audit.trail(session)]


def a_sent_mail(database):
    with database.transaction() as session:
        news(session, NOON)
    assembled(database, NOON)
    mail = max(claimed(database, NOON))  # the other one asks John to confirm
    settled(database, NOON, mail, "sent")
    return mail


# --- find -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ((), [(JANE, A), (JANE, "knee pain"), (JOHN, A)]),
        (("--study", A), [(JANE, A), (JOHN, A)]),
        (("--study", B), []),
        (("--condition", " Knee  PAIN"), [(JANE, "knee pain")]),
        (("--state", "pending"), [(JOHN, A)]),
        (("--study", A, "--state", "active"), [(JANE, A)]),
        (("--like", "JOHN@"), [(JOHN, A)]),
        (("--like", "nee p"), [(JANE, "knee pain")]),
        (("--like", "@", "--limit", "2"), [(JANE, A), (JANE, "knee pain")]),
        (("--like", "nobody"), []),
    ],
)
def test_the_list_is_filtered(store, people, filters, found):
    listed = as_json(people("list", *filters, "--json"))["subscriptions"]
    assert [(row["email"], row["follows"]) for row in listed] == found


def test_a_list_for_a_spreadsheet_holds_no_formula(store, people):
    with store.transaction() as session:
        session.execute(update(SubscriptionRow).where(SubscriptionRow.nct_id.is_(None)).values(note="=cmd()"))
    code, out, _ = people("list", "--csv")
    found = list(csv.DictReader(out.splitlines()))
    assert code == 0
    assert [(row["email"], row["follows"], row["state"], row["note"]) for row in found] == [
        (JANE, A, "active", ""),
        (JANE, "knee pain", "active", "'=cmd()"),
        (JOHN, A, "pending", ""),
    ]


@pytest.mark.parametrize("words", [("--csv", "--json"), ("--count", "--csv"), ("--count", "--like", "x")])
def test_what_does_not_go_together_is_said(store, people, words):
    code, _, err = people("list", *words)
    assert code == 2
    assert "--csv goes neither with" in " ".join(err.replace("│", " ").split())


def test_what_is_followed_is_listed_with_how_many_and_no_person(store, notifier):
    with store.transaction() as session:
        follow(session, NOON, "mary@example.org", A, "NCT90000077", "gout")
        news(session, NOON)
        session.execute(update(ConditionRow).values(watched_since=NOON))
    plain = json.loads(notifier("studies", "list", "--json")[1])["studies"]
    lines = notifier("studies", "list")[1]
    assert [(each["nct_id"], each["followers"], each["registry"]) for each in plain] == [
        (A, 2, "seen"),
        ("NCT90000077", 1, "not looked at yet"),
    ]
    assert plain[0]["last_change"].startswith(f"{NOON:%Y-%m-%d}")
    assert plain[1]["last_change"] is None
    assert lines.startswith(f"{A}  2 followers, last change {NOON:%Y-%m-%d}")
    lines = notifier("conditions", "list")[1]
    plain = json.loads(notifier("conditions", "list", "--json", "--limit", "1")[1])
    assert (
        lines.splitlines()[0] == "gout  1 follower, NO STUDY AT ALL: is it spelt as the registry spells it?"
    )
    assert [each["condition"] for each in plain["conditions"]] == ["gout"]
    assert "@" not in lines


def test_what_is_followed_is_listed_for_a_spreadsheet(store, notifier):
    with store.transaction() as session:
        follow(session, NOON, "mary@example.org", A, "=gout")
    (study,) = csv.DictReader(notifier("studies", "list", "--csv")[1].splitlines())
    gout, _ = csv.DictReader(notifier("conditions", "list", "--csv")[1].splitlines())
    assert (study["nct_id"], study["followers"], study["last_change"]) == (A, "2", "")
    assert (gout["condition"], gout["followers"], gout["studies"]) == ("'=gout", "1", "0")
    assert notifier("studies", "list", "--csv", "--json")[1] == ""


def test_a_count_shows_nobody(store, people):
    code, out, _ = people("list", "--count")
    assert (code, out) == (0, "2 people, 3 subscriptions: 2 active, 1 pending.\n")
    counted = as_json(people("list", "--count", "--json", "--study", A))
    assert counted == {"people": 2, "subscriptions": 2, "states": {"active": 1, "pending": 1}}
    assert people("list", "--state", "ended")[1] == "Nobody.\n"


def test_who_everybody_is_can_be_listed_whatever_their_number(store, people):
    with store.transaction() as session:
        session.execute(
            metadata().tables["subscription"].insert(),
            [
                {"subscriber_id": 1, "nct_id": f"NCT{n:08}", "every": "daily", "state": SubscriptionState.ACTIVE,
                 "lightest_rank": 1, "groups": 127, "created_at": NOON}
                for n in range(40_000)
            ],
        )  # fmt: skip
    assert people("list", "--count")[1].startswith("2 people, 40003 subscriptions")


def test_all_about_a_person_is_shown(store, people):
    mail = a_sent_mail(store)
    code, out, _ = people("show", JANE)
    assert code == 0
    for words in (
        "person 1, known since 2027-01-12", "notable changes and above, everything; consent: ", "asked by phone",
        f"{A} contacts: {Fate.SENT.value} on 2027-01-12 12:00 UTC, message {mail}",
        f"message {mail} of 2027-01-12: update, sent on 2027-01-12 12:00 UTC",
    ):  # fmt: skip
        assert words in out, words


def test_all_about_a_person_as_json(store, people):
    mail = a_sent_mail(store)
    shown = as_json(people("show", JANE, "--json"))
    first, second = shown["subscriptions"]
    assert [(each["fate"], each["message"]) for each in first["changes"]] == [("sent", mail)]
    assert (second["changes"], second["consents"][0]["evidence"]) == ([], "asked by phone")
    assert [(each["id"], each["state"]) for each in shown["mails"]] == [(mail, "sent")]
    assert (shown["suppressed"], shown["bounces"]) == (None, [])


def test_a_stopped_address_is_shown_as_such(store, people, monkeypatch):
    from notifier import app

    key = app.open_keys(app.load_settings()).suppression_key
    with store.transaction() as session:
        for address in (JANE, "gone@example.org"):
            suppression.suppress(session, suppression.address_hash(key, address), Suppressed.DEAD, NOON)
    assert "mail to the address is stopped: dead" in people("show", JANE)[1]
    code, _, err = people("show", "gone@example.org")
    assert (code, "Mail to it is stopped: dead" in err, "gone@" in err) == (1, True, False)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("notifier subscribers pa", {"pause"}),
        ("notifier subscribers list --state ", {"pending", "active", "paused", "ended"}),
    ],
)
def test_a_shell_completes_commands_and_their_choices(typed, offered):
    said = {"_NOTIFIER_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    called = "import sys; sys.argv = ['notifier']; from notifier.cli import main; main()"
    environment = {**os.environ, **said, "PYTHONPATH": str(MIGRATIONS.parent)}
    ended = subprocess.run(
        [sys.executable, "-c", called], env=environment, capture_output=True, text=True, check=True
    )
    assert set(ended.stdout.split()) == offered


# --- pause, resume, end -----------------------------------------------------------------------------------------------


def test_a_pause_until_a_day_and_its_end(store, people):
    assert people("pause", JANE, "--until", "2027-02-01")[1].startswith("Paused: 2, until 2027-02-01.")
    assert states(store) == ["paused", "paused", "pending"]
    assert "paused until 2027-02-01" in people("show", JANE)[1]
    assert people("resume", JANE)[1].startswith("Resumed: 2.")
    assert people("resume", JANE)[1] == "Nothing is paused.\n"


def test_a_pause_begins_and_ends_by_the_persons_clock(store, people):
    with store.transaction() as session:
        subscribers.set_person(session, 1, subscribers.Wishes(time_zone="Asia/Tokyo"), NOON)
    done = as_json(people("pause", JANE, "--until", "2027-02-01", "--json"))
    assert done == {"paused": 2, "until": "2027-01-31T15:00:00+00:00"}


def test_one_thing_is_paused_and_the_other_ended(store, people):
    assert as_json(people("pause", JANE, "--study", A, "--json")) == {"paused": 1, "until": None}
    assert as_json(people("end", JANE, "--condition", "knee pain", "--json")) == {"ended": 1}
    assert states(store) == ["paused", "ended", "pending"]
    assert as_json(people("end", JANE, "--json")) == {"ended": 1}
    assert people("end", JANE) == (0, "Nothing to end.\n", "")
    assert people("pause", JANE) == (0, "Nothing to pause.\n", "")


def test_what_is_searched_is_said_where_it_is_not_what_was_typed(store, people):
    code, out, _ = people("add", JANE, "--condition", "HER2- breast cancer", "--condition", "asthma")
    assert code == 0
    assert out.startswith(
        '"HER2- breast cancer" is searched as "HER2 negative breast cancer".\nHER2 negative breast'
    )


def test_what_was_followed_before_a_rule_came_is_still_found(store, people):
    with store.transaction() as session:
        follow(session, NOON, JANE, "asthma or COPD")
    assert as_json(people("end", JANE, "--condition", "asthma or COPD", "--json")) == {"ended": 1}
    _, _, err = people("add", JANE, "--condition", "asthma or COPD")
    assert "one condition each" in err


def test_what_was_done_stands_in_the_audit_trail_and_what_was_not_does_not(store, people):
    people("resume", JANE)
    people("pause", JANE, "--study", A, "--reason", "in hospital until spring")
    people("end", JANE)
    assert acts(store) == [
        ("subscribers end", {"subscribers": [1], "subscriptions": [1, 2]}, None),
        ("subscribers pause", {"subscribers": [1], "subscriptions": [1]}, "in hospital until spring"),
    ]


@pytest.mark.parametrize("command", ["pause", "resume", "end", "show", "export", "erase"])
@pytest.mark.parametrize(
    ("email", "code", "said"),
    [
        ("nobody@example.org", 1, "Nobody with that address is known here"),
        ("no address", 1, "not an e-mail address"),
        ("", 1, "not an e-mail address"),
        (None, 2, "Missing argument"),
    ],
)
def test_a_wrong_address_changes_nothing(store, people, command, email, code, said):
    ended, out, err = people(command, *([] if email is None else [email]))
    assert (ended, out, said in err) == (code, "", True)
    assert states(store) == ["active", "active", "pending"]
    assert "nobody@" not in err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("pause", JANE, "--until", "soon"), 2, "is not a day"),
        (("pause", JANE, "--until", ""), 2, "is not a day"),
        (("pause", JANE, "--until", "2027-01-12"), 1, "in the future"),
        (("pause", JANE, "--study", "NCT1"), 1, "NCT"),
        (("pause", JANE, "--study", A, "--condition", "x"), 2, "not both"),
        (("resume", JANE, "--condition", " "), 2, "is empty"),
        (("end", JANE, "--study", ""), 2, "is empty"),
        (("end", JANE, "--reason", ""), 1, "reason is empty"),
        (("end", JANE, "--reason", f"{JOHN} asked"), 1, "names an address"),
        (("erase", JANE, "--reason", "x" * 401), 1, "at most 400"),
        (("list", "--state", "gone"), 2, "gone"),
        (("list", "--study", "A"), 1, "NCT"),
        (("show", JANE, "--changes", "-1"), 2, "changes"),
        (("export", JANE, "--file", "no/folder/x.json"), 1, "cannot be written"),
        (("export", JANE, "--file", "."), 1, "is not overwritten"),
    ],
)
def test_wrong_words_change_nothing(store, people, words, code, said):
    ended, out, err = people(*words)
    assert (ended, out) == (code, "")
    assert said in err
    assert states(store) == ["active", "active", "pending"]


# --- another address --------------------------------------------------------------------------------------------------


def test_with_consent_a_person_moves_at_once(store, people):
    moved = as_json(people("move", JANE, "new@example.com", "--consent", "wrote from both", "--json"))
    assert moved == {"moved": True, "asked": 0}
    assert [
        row["follows"] for row in as_json(people("show", "new@example.com", "--json"))["subscriptions"]
    ] == [A, "knee pain"]
    assert people("show", JANE)[0] == 1
    assert acts(store)[0] == ("subscribers move", {"subscribers": [1]}, None)


def test_without_it_they_are_asked_at_the_new_address(store, people):
    assert "asks them to confirm" in people("move", JANE, "new@example.com")[1]
    assert states(store) == ["active", "active", "pending", "pending", "pending"]
    people("end", JANE)
    assert (
        people("move", JANE, "other@example.com")[1] == "They follow nothing, so there is nothing to move.\n"
    )


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((JANE,), 2, "Missing argument 'NEW'"),
        ((JANE, "nowhere"), 1, "not an e-mail address"),
        (("nobody@example.org", "new@example.com"), 1, "Nobody with that address"),
        ((JANE, JOHN), 1, "known by the new address"),
        ((JANE, JOHN, "--consent", "x"), 1, "known by the new address"),
        ((JANE, JANE), 1, "nothing to move"),
        ((JANE, "new@example.com", "--consent", " "), 1, "--consent is empty"),
        ((JANE, "new@example.com", "--reason", ""), 1, "reason is empty"),
    ],
)
def test_a_move_that_cannot_be_changes_nothing(store, people, words, code, said):
    ended, out, err = people("move", *words)
    assert (ended, out, said in err) == (code, "", True)
    assert states(store) == ["active", "active", "pending"]
    assert acts(store) == []


# --- hand out and forget ----------------------------------------------------------------------------------------------


def test_an_export_is_json_and_a_file_of_it_is_private(store, people, tmp_path):
    printed = as_json(people("export", JANE))
    assert printed["person"]["email"] == JANE
    assert people("export", JANE, "--file", "jane.json")[0] == 0
    assert json.loads((tmp_path / "jane.json").read_text()) == printed
    assert stat.S_IMODE((tmp_path / "jane.json").stat().st_mode) == 0o600


def test_an_export_takes_no_other_file_s_place(store, people, tmp_path):
    (tmp_path / "jane.json").write_text("older")
    code, out, err = people("export", JANE, "--file", "jane.json")
    assert (code, out, "is not overwritten" in err) == (1, "", True)
    assert (tmp_path / "jane.json").read_text() == "older"


def test_an_export_that_a_full_disk_cuts_leaves_no_half(store, people, tmp_path, monkeypatch):
    def full(descriptor, *_, **__):
        os.close(descriptor)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdopen", full)
        code, _, err = people("export", JANE, "--file", "jane.json")
    assert (code, err) == (1, "notifier: --file jane.json cannot be written: No space left on device\n")
    assert not (tmp_path / "jane.json").exists()
    assert people("export", JANE, "--file", "jane.json")[0] == 0


@pytest.mark.parametrize(("answer", "left"), [("n\n", 2), ("", 2), ("y\n", 0)])
def test_an_erasure_asks_first(store, people, answer, left):
    code, out, err = people("erase", JANE, stdin=answer)
    assert "are erased for good. " in err
    assert (code, "Erased" in out) == ((1, False) if left else (0, True))
    assert states(store).count("active") == left


def test_a_dry_run_of_an_erasure_counts_and_leaves_it(store, people):
    assert people("erase", JANE, "--dry-run")[1].startswith("Would be erased: 2 subscriptions, 0 mails")
    assert as_json(people("erase", JANE, "--dry-run", "--json"))["erased"] is False
    assert states(store) == ["active", "active", "pending"]
    assert acts(store) == []


@pytest.mark.parametrize("command", ["pause", "resume", "end"])
@pytest.mark.parametrize("topic", [("--study", B), ("--condition", "back pain")])
def test_what_they_do_not_follow_cannot_be_ended(store, people, command, topic):
    code, out, err = people(command, JANE, *topic)
    assert (code, out) == (1, "")
    assert f"They do not follow {topic[1]}" in err
    assert states(store) == ["active", "active", "pending"]


def test_after_an_erasure_neither_the_store_nor_what_was_said_knows_the_address(store, people, tmp_path):
    a_sent_mail(store)
    code, out, err = people("erase", "Jane@example.org", "--yes", "--reason", "asked by letter")
    assert (code, out[:23]) == (0, "Erased: 2 subscriptions")
    store.close()
    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.suffix != ".db")
    assert b"jane@" not in everything.lower() + out.encode() + err.encode()
    with store.reading() as session:
        dump = repr([session.execute(select(table)).all() for table in metadata().tables.values()])
    assert "jane" not in dump.lower()
    assert "Nobody with that address" in people("show", JANE)[2]


def test_an_erasure_as_json(store, people):
    done = as_json(people("erase", JANE, "--json", "--yes"))
    assert done == {"erased": True, "subscriptions": 2, "mails": 0, "bounces": 0, "suppressed": None}
    assert states(store) == ["pending"]


def test_an_erasure_stands_in_the_audit_trail_by_id(store, people):
    people("erase", JANE, "--yes", "--reason", "asked by letter")
    assert acts(store) == [("subscribers erase", {"subscribers": [1]}, "asked by letter")]


def test_a_condition_is_narrowed_shown_and_exported(store, people):
    words = ("add", JANE, "--condition", "gout", "--consent", "said so", "--open-only", "--treatment-only")
    code, _, problem = people(
        *words,
        "--country",
        "DK",
        "--country",
        "Sverige",
        "--age-group",
        "older-adult",
        "--sex",
        "female",
        "--not",
        "mouse",
    )
    assert (code, problem) == (0, "")
    chosen = {
        "open_only": True, "treatment_only": True, "country": ["DK", "SE"], "age_group": "older-adult", "sex": "female",
        "not": ["mouse"],
    }  # fmt: skip
    _, shown, _ = people("show", JANE)
    assert (
        "gout: open only, treatment only, country DK SE, age group older-adult, sex female, not mouse;"
        in shown
    )
    _, shown, _ = people("show", JANE, "--json")
    assert [each["narrowed_to"] for each in json.loads(shown)["subscriptions"]] == [{}, {}, chosen]
    _, shown, _ = people("export", JANE)
    assert json.loads(shown)["subscriptions"][2]["narrowed_to"] == chosen


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("--study", A, "--open-only"), 2, "give --condition"),
        (("--condition", "gout", "--country", "Atlantis"), 1, "'Atlantis' is not a country"),
        (("--condition", "gout", "--age-group", "teen"), 1, "'teen' is not an age group"),
        (("--condition", "gout", "--sex", "x"), 1, "'x' is not a sex"),
    ],
)
def test_a_wrong_narrowing_is_one_line_and_adds_nobody(store, people, words, code, why):
    ended, _, problem = people("add", "new@example.org", "--consent", "said so", *words)
    assert ended == code
    assert why in " ".join(problem.replace("│", " ").split())
    assert "Traceback" not in problem
    assert "new@example.org" not in people("list")[1]
