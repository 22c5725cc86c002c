"""A signature holds for the mail as it is and for no other, says another program than ours."""

from dataclasses import replace
from datetime import timedelta

import mails
import pytest
from dkim_reading import NOW, both, ed25519_key, rsa_key, signatures, verdicts
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.mail.render.dkim import record_name, record_strings
from notifier.mail.render.mime import serialise

SIGNING = mails.renderer(signer=both())
MAIL = mails.renderer().render(mails.opens())
CONFIRMATION = mails.renderer().render(mails.confirmation())
LISTED = ["list-id", "list-unsubscribe", "list-unsubscribe-post"]
ALWAYS = ["from", "to", "subject", "date", "reply-to", "content-type"]
SEALED = ALWAYS + LISTED
ONCE = ["message-id", "in-reply-to", "references", "mime-version", "auto-submitted"]


def both_hold(content):
    """What the verifier says of both signatures on such a message."""
    return verdicts(both().sign(content, NOW), rsa_key(), ed25519_key())


@pytest.mark.parametrize("name", mails.TYPICAL)
def test_every_mail_verifies(name):
    made = SIGNING.render(replace(mails.TYPICAL[name](), dated=NOW))
    assert verdicts(made.content, rsa_key(), ed25519_key()) == [True, True]


def test_each_key_signs_in_a_header_of_its_own_before_the_untouched_mail():
    signed = both().sign(MAIL.content, NOW)
    assert signed.endswith(MAIL.content)
    assert [(each["a"], each["s"]) for each in signatures(signed)] == [
        ("rsa-sha256", "2027a"),
        ("ed25519-sha256", "2027e"),
    ]
    assert verdicts(signed, rsa_key(), ed25519_key()) == [True, True]


def test_what_is_signed_and_what_is_sealed():
    for tags in signatures(both().sign(MAIL.content, NOW)):
        assert sorted(tags["h"].split(":")) == sorted(SEALED * 2 + ONCE)


def test_headers_that_a_mail_does_not_have_are_sealed_all_the_same():
    expected = [*ALWAYS * 2, *LISTED, "message-id", "mime-version", "auto-submitted"]
    for tags in signatures(both().sign(CONFIRMATION.content, NOW)):
        assert sorted(tags["h"].split(":")) == sorted(expected)


def test_a_feedback_id_is_signed_too():
    content = serialise(replace(MAIL.mail, feedback_id="update:study:mail:notifier"))
    assert "feedback-id" in signatures(both().sign(content, NOW))[0]["h"].split(":")


def test_the_tags_say_when_and_limit_nothing():
    for tags in signatures(both().sign(MAIL.content, NOW)):
        assert set(tags) == {"v", "a", "c", "d", "s", "t", "h", "bh", "b"}
        assert (tags["v"], tags["c"], tags["d"]) == ("1", "relaxed/simple", "example.org")
        assert int(tags["t"]) == NOW.timestamp()


def test_the_same_mail_is_signed_with_the_same_bytes():
    one = SIGNING.render(mails.several_weekly()).content
    assert one == mails.renderer(signer=both()).render(mails.several_weekly()).content
    assert int(signatures(one)[0]["t"]) == mails.several_weekly().dated.timestamp()


def test_another_time_is_another_signature():
    first, second = (signatures(both().sign(MAIL.content, at)) for at in (NOW, NOW + timedelta(seconds=1)))
    assert all(one["b"] != other["b"] for one, other in zip(first, second, strict=True))


def test_no_line_of_a_signature_is_long():
    head = both().sign(MAIL.content, NOW).removesuffix(MAIL.content)
    assert max(map(len, head.split(b"\r\n"))) <= 78
    assert b"b=\r\n" not in head


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_one_changed_byte_fails_every_signature(data):
    signed = both().sign(MAIL.content, NOW)
    start = len(signed) - len(MAIL.content.partition(b"\r\n\r\n")[2])  # of the body
    at = data.draw(st.integers(start, len(signed) - 3))  # empty lines at its end are not signed
    changed = signed[:at] + bytes([signed[at] ^ 1]) + signed[at + 1 :]
    assert verdicts(changed, rsa_key(), ed25519_key()) == [False, False]


@pytest.mark.parametrize("name", [*SEALED, *ONCE])
def test_a_changed_header_fails(name):
    signed = both().sign(MAIL.content, NOW)
    head, _, own = signed.rpartition(b"\r\nDate:")
    changed = [
        line + b"x" if line.lower().startswith(f"{name}:".encode()) else line
        for line in (b"Date:" + own).split(b"\r\n")
    ]
    assert verdicts(head + b"\r\n" + b"\r\n".join(changed), rsa_key(), ed25519_key()) == [False, False]


@pytest.mark.parametrize("name", SEALED)
@pytest.mark.parametrize("content", [MAIL.content, CONFIRMATION.content], ids=["update", "confirmation"])
def test_a_second_header_of_that_name_fails(name, content):
    signed = both().sign(content, NOW)
    assert verdicts(f"{name}: another\r\n".encode() + signed, rsa_key(), ed25519_key()) == [False, False]


def test_what_a_relay_may_do_to_headers_is_forgiven():
    signed = both().sign(MAIL.content, NOW)
    relayed = b"Received: from us\r\n" + signed.replace(b"Subject: Update", b"SUBJECT:\t  Update")
    assert relayed.count(b"SUBJECT:\t  Update") == 1
    assert verdicts(relayed, rsa_key(), ed25519_key()) == [True, True]


HARD = {
    "long subject": {"subject": "A trial " * 15},
    "subject beyond ASCII": {
        "subject": "Nyt om et forsøg, som De følger: æblegrød til alle på Århus Sygehus 🧪 " * 2
    },
    "long link": {"unsubscribe_url": "https://example.org/unsubscribe/" + "a" * 700},
    "lines of dots": {"text": ".\n..\n.one\n\n.\n", "html": "<p>.\n.\n</p>"},
    "spaces at the end": {"text": "one  \ntwo\t\n   \n"},
    "empty lines at the end": {"text": "\n\n\n", "html": "\n\n\n"},
    "letters before the @": {"recipient": "jørgen@example.org"},
    "quoted name": {"sender": mails.NamedAddress('The "Study"  Updates', "updates@example.org")},
}


@pytest.mark.parametrize("case", HARD)
def test_hard_mails_verify(case):
    assert both_hold(serialise(replace(MAIL.mail, **HARD[case]))) == [True, True]


HEAD = b"From: a@example.org\r\nTo: b@example.org"


@pytest.mark.parametrize(
    "body",
    [b"", b"\r\n", b"\r\n\r\n\r\n", b"one", b"one\r\n", b"one\r\n\r\n\r\n", b"\r\none \r\n", b".\r\n..\r\n"],
    ids=repr,
)
def test_the_end_of_a_body_is_signed_as_the_standard_says(body):
    assert both_hold(HEAD + b"\r\n\r\n" + body) == [True, True]


@pytest.mark.parametrize(
    "field",
    [
        b"Subject: a\r\n b\r\n\t c  d\t\r\n",
        b"Subject:\r\n",
        b"Subject:\r\n folded at once\r\n",
        b"sUBJECT:\tno space: and a tab\r\n",
        b"Subject: one\r\nSubject: two\r\nReferences: <1@x>\r\nReferences: <2@x>\r\n",
        b"Subject: trailing \r\n \r\n",
    ],
    ids=repr,
)
def test_headers_are_made_canonical_as_the_standard_says(field):
    assert both_hold(field + HEAD + b"\r\n\r\nbody\r\n") == [True, True]


def test_the_record_names_the_selector_and_comes_in_strings_that_fit():
    strings = record_strings(rsa_key())
    assert record_name(rsa_key()) == "2027a._domainkey.example.org"
    assert len(strings) == 2
    assert max(map(len, strings)) < 255
    assert "".join(strings).startswith("v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A")
    assert record_strings(ed25519_key())[0].startswith("v=DKIM1; k=ed25519; p=")
    assert len(record_strings(ed25519_key())[0].partition("p=")[2]) == 44
