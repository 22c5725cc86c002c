"""`notifier bounces` as it is typed: files, standard input, a Maildir, an IMAP mailbox; and mails to who is suppressed."""

import io
import json
import re

import pytest
from imap_peer import ImapPeer
from returned_mails import JANE, by_hand, complaint, dsn, holiday
from store_factories import a_mail, claimed, filled_once, mails, settled

from notifier.clock import SystemClock
from notifier.domain.signed_links import TokenKeys
from notifier.mail.bounces import mailboxes
from notifier.mail.return_path import Tags
from notifier.storage import suppression
from notifier.storage.engine import Database
from notifier.storage.models import Suppressed

SECRET = "a key that is long enough"
KEYS = TokenKeys([SECRET])
TAGS = Tags(KEYS.tag_keys, "bounces.example.net")
HASHED = suppression.address_hash(KEYS.suppression_key, JANE)
KEPT = ["file", "kind", "hard", "status", "reason", "action"]


@pytest.fixture
@filled_once
def mailed(sqlite, clock):
    """One mail was sent to Jane."""
    message_id = a_mail(sqlite, clock.now(), JANE)
    claimed(sqlite, clock.now())
    settled(sqlite, clock.now(), message_id, "sent")
    return sqlite


@pytest.fixture(autouse=True)
def database(place, monkeypatch, mailed, clock):
    """The command's own database, in a folder of its own."""
    monkeypatch.setenv("NOTIFIER_SECRET_KEYS", SECRET)
    monkeypatch.setenv("NOTIFIER_BOUNCE_DOMAIN", "bounces.example.net")
    monkeypatch.setenv("NOTIFIER_CLOCK", clock.now().isoformat())
    monkeypatch.setenv("HOME", str(place))
    return mailed


def dead():
    return dsn(to=TAGS.bounce_address(1))


def reason(database: Database):
    with database.reading() as session:
        return suppression.is_suppressed(session, HASHED)


def lines(out):
    return [json.loads(line) for line in out.splitlines()]


def test_a_file_is_read_acted_on_and_told_a_line_a_recipient(notifier, tmp_path, database):
    (tmp_path / "report.eml").write_bytes(dead())
    code, out, err = notifier("bounces", "report.eml", "--json")
    (line,) = lines(out)
    assert (code, err, list(line)) == (0, "", KEPT)
    assert line == {
        "file": "report.eml",
        "kind": "bounce",
        "hard": True,
        "status": "5.1.1",
        "reason": "user unknown",
        "action": "suppressed",
    }
    assert reason(database) is Suppressed.DEAD


def test_words_for_a_person_name_no_address(notifier, tmp_path):
    (tmp_path / "report.eml").write_bytes(dead())
    out = notifier("bounces", "report.eml")[1]
    assert out == "report.eml: bounce, 5.1.1 user unknown, the address is dead: suppressed\n"


def test_a_dry_run_keeps_nothing(notifier, tmp_path, database):
    (tmp_path / "report.eml").write_bytes(dead())
    for _ in range(2):
        assert lines(notifier("bounces", "report.eml", "--dry-run", "--json")[1])[0]["action"] == "suppressed"
    assert reason(database) is None


def test_standard_input_and_an_mbox_of_several(notifier):
    mbox = b"".join(
        b"From x Tue Jan 12 12:00:00 2027\n" + each + b"\n\n" for each in (holiday(), by_hand("hi"), dead())
    )
    code, out, _ = notifier("bounces", "-", "--json", stdin=mbox)
    found = lines(out)
    assert (code, [line["kind"] for line in found]) == (0, ["auto-reply", "other", "bounce"])
    assert [line["file"] for line in found] == ["-:1", "-:2", "-:3"]
    assert [line["action"] for line in found] == ["nothing", "nothing", "suppressed"]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_a_long_mbox_is_told_apart_a_message_at_a_time(newline):
    texts = [
        b"a: b\n\nFrom here on nothing is empty above\nx",
        b"",
        b"c: d\n\n" + b"x" * 65536,
        b"e: f\n\n\nnot From x",
    ]
    box = b"".join(b"From x\n" + each + b"\n\n" for each in texts).replace(b"\n", newline)
    box = box.replace(b"empty above" + newline + b"x", b"empty above" + newline + b"From x")
    whole = [
        each for each in re.split(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\r\n]*\r?\n", box) if each.strip()
    ]
    found = list(mailboxes.from_files(["-"], io.BytesIO(box)))
    assert [each.raw for each in found] == whole
    assert [each.name for each in found] == [f"-:{number}" for number in range(1, len(whole) + 1)]


def test_of_a_file_without_an_end_what_is_looked_at_is_read():
    (endless,) = mailboxes.from_files(["/dev/zero"], io.BytesIO())
    assert len(endless.raw) < 2 * mailboxes.LARGEST
    box = b"From x\n" + b"long " * mailboxes.LARGEST + b"\n\nFrom x\n" + dead()
    long, after = mailboxes.from_files(["-"], io.BytesIO(box))
    assert len(long.raw) < 2 * mailboxes.LARGEST
    assert after.raw == dead()


def test_one_bad_file_does_not_stop_the_others(notifier, tmp_path, database):
    (tmp_path / "noise.eml").write_bytes(b"\0\xff" * 500)
    (tmp_path / "report.eml").write_bytes(dead())
    code, out, err = notifier("bounces", "missing.eml", "noise.eml", "report.eml", "--json")
    assert (code, [line["action"] for line in lines(out)]) == (1, ["nothing", "suppressed"])
    assert err == (
        "notifier: Could not read missing.eml (No such file or directory); everything else was read: mend that and run it again\n"
    )
    assert reason(database) is Suppressed.DEAD


def test_many_bad_files_are_one_line_too(notifier):
    code, out, err = notifier("bounces", *(f"missing{number}.eml" for number in range(12)))
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "missing9.eml (No such file or directory) and 2 more; everything else" in err


def test_a_maildir_is_read_once(notifier, tmp_path):
    for name in ("new", "cur", "tmp"):
        (tmp_path / "Maildir" / name).mkdir(parents=True)
    (tmp_path / "Maildir" / "new" / "1.host").write_bytes(dead())
    (tmp_path / "Maildir" / "cur" / "2.host:2,F").write_bytes(holiday())
    (tmp_path / "Maildir" / "cur" / "3.host:2,S").write_bytes(complaint(sender=TAGS.bounce_address(1)))
    assert len(lines(notifier("bounces", "--maildir", "Maildir", "--json", "--dry-run")[1])) == 2
    found = lines(notifier("bounces", "--maildir", "Maildir", "--json")[1])
    assert sorted(line["action"] for line in found) == ["nothing", "suppressed"]
    assert {path.name for path in (tmp_path / "Maildir" / "cur").iterdir()} == {
        "1.host:2,S",
        "2.host:2,FS",
        "3.host:2,S",
    }
    assert notifier("bounces", "--maildir", "Maildir", "--json")[:2] == (0, "")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["bounces"], 2, "give files, or -, or --maildir, or --imap"),
        (["bounces", "x", "--maildir", "y"], 2, "give files, or -, or --maildir, or --imap"),
        (["bounces", "--maildir", "nowhere"], 1, "nowhere is not a Maildir"),
        (["bounces", "--imap", "nonsense"], 1, "--imap is not the address of a mailbox"),
        (["bounces", "--imap", "imap://a:b@mail.example.org/"], 1, "send the password in the clear"),
        (["bounces", "--imap", "imap://jane@127.0.0.1:9/"], 1, "--imap has no password"),
        (["bounces", "--imap", "imap://jane:secret@127.0.0.1:9/"], 1, "does not answer (Connection refused)"),
    ],
)
def test_wrong_use_is_said_in_words(notifier, words, code, said):
    ended, out, err = notifier(*words)
    assert (ended, out) == (code, "")
    assert said in " ".join(err.replace("│", " ").split())
    assert "secret" not in err


def test_an_imap_mailbox_is_read_and_marked_as_seen(notifier, database):
    with ImapPeer([dead(), holiday()]) as peer:
        code, out, err = notifier("bounces", "--imap", peer.url(), "--json")
        assert (code, err, [line["action"] for line in lines(out)]) == (0, "", ["suppressed", "nothing"])
        assert peer.flags == {1: r"(\Seen)", 2: r"(\Seen)"}
        assert notifier("bounces", "--imap", peer.url(), "--json")[:2] == (0, "")
    assert reason(database) is Suppressed.DEAD


def test_a_dry_run_marks_nothing(notifier):
    with ImapPeer([dead()]) as peer:
        notifier("bounces", "--imap", peer.url(), "--dry-run")
        assert peer.flags == {}


@pytest.mark.parametrize(
    ("capabilities", "flags"), [("IMAP4REV1 MOVE", r"(\Seen)"), ("IMAP4REV1", r"(\Seen)(\Deleted)")]
)
def test_reports_are_moved_where_that_is_asked(notifier, capabilities, flags):
    with ImapPeer([dead()], capabilities=capabilities, folders=("INBOX", "Read ones")) as peer:
        assert notifier("bounces", "--imap", peer.url(path="/INBOX?move=Read%20ones"))[0] == 0
    assert (peer.moved, peer.flags) == ({1: "Read ones"}, {1: flags})


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        ("Zur%C3%BCckgekommen", "Zur&APw-ckgekommen"),
        ("Zur&APw-ckgekommen", "Zur&APw-ckgekommen"),
        ("Tom%20%26%20Jerry", "Tom &- Jerry"),
        ("%E5%8F%B0%E5%8C%97", "&U,BTFw-"),
    ],
)
def test_a_folder_has_its_name_as_imap_writes_it(notifier, asked, there):
    with ImapPeer([dead()], folders=(there,)) as peer:
        assert notifier("bounces", "--imap", peer.url(path=f"/{asked}"))[0] == 0


def test_a_server_that_answers_nonsense_is_one_sentence(notifier):
    class Odd(ImapPeer):
        def _answer(self, command):
            if "SEARCH" in command:
                return [b"* SEARCH \xff \xfe"], "OK done"
            return super()._answer(command)

    with Odd([dead()]) as peer:
        code, _, err = notifier("bounces", "--imap", peer.url())
    assert (code, err.count("\n")) == (1, 1)
    assert "gave an answer that cannot be used" in err


def test_a_mail_that_the_server_does_not_give_is_left(notifier):
    with ImapPeer([dead(), holiday()], broken={1}) as peer:
        code, out, err = notifier("bounces", "--imap", peer.url(), "--json")
        assert (code, [line["kind"] for line in lines(out)]) == (1, ["auto-reply"])
        assert "127.0.0.1:1 (the server does not give it)" in err
        assert list(peer.flags) == [2]


def test_a_huge_mail_is_fetched_in_part(notifier, monkeypatch):
    with ImapPeer([dead() + b"x" * 2_000_000]) as peer:
        assert lines(notifier("bounces", "--imap", peer.url(), "--json")[1])[0]["action"] == "suppressed"
        assert f"<0.{mailboxes.LARGEST}>" in " ".join(peer.commands)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"password": "wrong"}, "refused to sign us in: check user and password"),
        ({"path": "/Nowhere"}, "has no folder 'Nowhere'"),
        ({"path": "/INBOX?move=Nowhere"}, "did not move a report to 'Nowhere'"),
    ],
)
def test_an_imap_fault_is_one_sentence_without_the_password(notifier, how, said):
    with ImapPeer([dead()]) as peer:
        code, _, err = notifier("bounces", "--imap", peer.url(**how))
    assert (code, err.count("\n")) == (1, 1)
    assert said in err
    assert "wrong" not in err


def test_a_password_may_be_in_netrc(notifier, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login jane password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    with ImapPeer([dead()]) as peer:
        assert notifier("bounces", "--imap", f"imap://jane@127.0.0.1:{peer.port}/")[0] == 0


def test_many_are_lifted_by_their_domain_and_what_they_missed_goes_again(notifier, database):
    with database.transaction() as session:
        domain = suppression.address_hash(KEYS.suppression_key, "example.org")
        hashed = HASHED
        suppression.suppress(session, hashed, Suppressed.DEAD, SystemClock().now(), domain_hash=domain)
    assert notifier("subscribers", "lift", "--domain", "example.org")[0] == 1  # without a reason
    assert notifier("subscribers", "lift", "--why", "x")[0] == 2
    assert notifier("subscribers", "lift", "--keep", "--since", "2027-01-01", "--why", "x")[0] == 2
    code, out, _ = notifier(
        "subscribers", "lift", "--domain", "example.org", "--why", "their server was broken"
    )
    assert (code, out) == (0, "Mail goes to 1 people again; 0 mails that did not reach them go again.\n")
    assert reason(database) is None
    code, _, err = notifier("subscribers", "lift", "--domain", "example.com", "--why", "x")
    assert (code, err.count("\n")) == (1, 1)
    assert "nothing to decide" in err


def test_a_suppression_is_lifted_with_a_reason_that_the_log_keeps(notifier, tmp_path, database):
    (tmp_path / "report.eml").write_bytes(dead())
    notifier("bounces", "report.eml")
    code, out, err = notifier("subscribers", "lift", JANE, "--why", f"{JANE} called on 3 July")
    assert (code, out) == (0, "Mail may go there again; it was suppressed as 'dead'.\n")
    record = json.loads(err.splitlines()[-1])
    assert (record["action"], record["why"], record["was"]) == (
        "suppression_lifted",
        "<address> called on 3 July",
        "dead",
    )
    assert JANE not in err
    assert reason(database) is None
    assert notifier("subscribers", "lift", JANE, "--why", "again")[0] == 1


def test_the_audit_trail_says_what_reports_did_and_who_lifted_it(notifier, tmp_path):
    (tmp_path / "report.eml").write_bytes(dead())
    notifier("bounces", "report.eml", "--dry-run")
    notifier("bounces", "report.eml")
    notifier("bounces", "report.eml")  # seen before: it does nothing
    notifier("subscribers", "lift", JANE, "--why", f"{JANE} called on 3 July")
    _, out, _ = notifier("audit", "--json")
    acts = [(act["command"], act["people"], act["reason"]) for act in json.loads(out)["acts"]]
    assert acts == [
        ("subscribers lift", 1, "<address> called on 3 July"),
        ("bounces", 1, "a report said so: suppressed"),
    ]
    assert JANE not in notifier("audit")[1]


def test_an_admin_is_told_that_an_address_is_suppressed(notifier, tmp_path, monkeypatch, database):
    monkeypatch.setenv("NOTIFIER_REGISTRY_URL", "http://127.0.0.1:9/api/v2")
    (tmp_path / "report.eml").write_bytes(complaint(sender=TAGS.bounce_address(1)))
    notifier("bounces", "report.eml")
    code, out, _ = notifier("subscribers", "add", JANE, "--condition", "asthma", "--consent", "by phone")
    assert (code, out.partition(":")[0]) == (0, "asthma")
    assert "not added" in out
    assert len(mails(database)) == 1
