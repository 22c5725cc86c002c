"""What replies mean: the table, row by row."""

import pytest

from notifier.mail.smtp.verdict import SendOutcome, SendStage, blames_us, clean_words, judge

DEAD = ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"]
OURS_TO_LOOK_AT = ["5.7.1", "5.7.26", "5.7.515", "5.6.0", "5.2.3", "5.5.1"]
LIFE = ["5.2.2", "5.4.1", "5.4.6"]
AFTER_MAIL = [SendStage.RCPT, SendStage.DATA, SendStage.REPLY]


@pytest.mark.parametrize("stage", [SendStage.CONNECT, SendStage.TLS, SendStage.AUTH, SendStage.MAIL])
@pytest.mark.parametrize("code", [None, 421, 451, 535, 550, 554])
def test_no_message_is_to_blame_before_rcpt(stage, code):
    verdict = judge(stage, code, "5.1.1 no")
    assert (verdict.outcome, verdict.dead_address) == (SendOutcome.DEFERRED, False)


@pytest.mark.parametrize("stage", AFTER_MAIL)
@pytest.mark.parametrize(
    ("code", "text"),
    [
        (450, "4.2.0 greylisted"),
        (451, "4.7.1 try later"),
        (452, "4.2.2 full"),
        (421, "4.7.28 slow down"),
        (450, ""),
    ],
)
def test_4yz_defers(stage, code, text):
    verdict = judge(stage, code, text)
    assert (verdict.outcome, verdict.dead_address, verdict.expected) == (SendOutcome.DEFERRED, False, True)


@pytest.mark.parametrize("stage", AFTER_MAIL)
@pytest.mark.parametrize("status", DEAD)
def test_bad_mailbox_or_domain_is_a_dead_address(stage, status):
    verdict = judge(stage, 550, f"{status} no such user")
    assert (verdict.outcome, verdict.status) == (SendOutcome.REJECTED, status)
    assert verdict.dead_address
    assert verdict.expected


def test_domain_that_takes_no_mail_is_a_dead_address():
    assert judge(SendStage.RCPT, 556, "Domain does not accept mail").dead_address


@pytest.mark.parametrize("stage", AFTER_MAIL)
@pytest.mark.parametrize("status", LIFE)
def test_full_or_no_route_is_rejected_and_the_address_stays_good(stage, status):
    verdict = judge(stage, 552, f"{status} over quota")
    assert (verdict.outcome, verdict.dead_address, verdict.expected) == (SendOutcome.REJECTED, False, True)


@pytest.mark.parametrize("stage", AFTER_MAIL)
@pytest.mark.parametrize("status", OURS_TO_LOOK_AT)
def test_policy_content_and_size_want_a_person(stage, status):
    verdict = judge(stage, 550, f"{status} refused")
    assert (verdict.outcome, verdict.dead_address, verdict.expected) == (SendOutcome.REJECTED, False, False)


@pytest.mark.parametrize("stage", AFTER_MAIL)
@pytest.mark.parametrize(
    ("code", "text"),
    [
        (552, "5.3.4 Error: message file too big"),
        (554, "5.3.4 too much"),
        (552, "Message size exceeds maximum permitted"),
    ],
)
def test_what_is_too_large_for_the_relay_waits_until_somebody_raises_its_limit(stage, code, text):
    verdict = judge(stage, code, text)
    assert (verdict.outcome, verdict.expected) == (SendOutcome.DEFERRED, False)


@pytest.mark.parametrize("code", [550, 552, 553, 554])
def test_5yz_without_status_is_rejected_and_proves_nothing_about_the_address(code):
    verdict = judge(SendStage.RCPT, code, "5.1.1.1 or 15.1.1 are no status")
    assert (verdict.outcome, verdict.status, verdict.dead_address) == (SendOutcome.REJECTED, None, False)


def test_status_of_another_class_than_the_reply_is_ignored():
    verdict = judge(SendStage.RCPT, 450, "5.1.1 later")
    assert (verdict.outcome, verdict.status, verdict.dead_address) == (SendOutcome.DEFERRED, None, False)


def test_250_to_the_dot_is_sent_and_keeps_the_words():
    verdict = judge(SendStage.REPLY, 250, "2.0.0 Ok: queued as 4XyZ")
    assert (verdict.outcome, verdict.code, verdict.text) == (
        SendOutcome.SENT,
        250,
        "2.0.0 Ok: queued as 4XyZ",
    )


@pytest.mark.parametrize(
    ("stage", "code"),
    [(SendStage.DOT, None), (SendStage.REPLY, -1), (SendStage.REPLY, 354), (SendStage.REPLY, 199)],
)
def test_no_clear_answer_to_the_dot_is_unsure(stage, code):
    verdict = judge(stage, code, "")
    assert (verdict.outcome, verdict.expected) == (SendOutcome.UNSURE, False)


@pytest.mark.parametrize("stage", [SendStage.RCPT, SendStage.DATA])
@pytest.mark.parametrize("code", [None, -1, 250, 334])
def test_no_clear_answer_before_the_message_defers(stage, code):
    verdict = judge(stage, code, "")
    assert (verdict.outcome, verdict.expected) == (SendOutcome.DEFERRED, False)


@pytest.mark.parametrize(
    ("code", "text", "ours"),
    [
        (530, "5.7.0 Must issue a STARTTLS command first", True),
        (535, "5.7.8 Error: authentication failed", True),
        (550, "5.1.8 Sender address rejected: domain not found", True),
        (450, "4.1.8 Sender address rejected: domain not found", True),
        (553, "5.1.7 bad sender", True),
        (452, "4.3.1 Insufficient system storage", True),
        (452, "insufficient system storage", True),
        (421, "4.3.2 Service shutting down", True),
        (452, "4.2.2 mailbox full", False),
        (452, "too many recipients", False),
        (451, "4.3.0 queue file write error", False),
        (550, "5.1.1 user unknown", False),
        (554, "5.7.1 relay access denied", False),
        (250, "2.1.7 Ok", False),
        (None, "", False),
    ],
)
def test_fault_of_ours_is_told_from_one_of_the_recipient(code, text, ours):
    assert blames_us(code, text) is ours


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("<anna@example.org>: unknown\nsee anna.b+c@example.org, ok", "<address>: unknown see <address> ok"),
        ("jörg@bücher.example unknown", "<address> unknown"),
        ('"anna b"@example.org gone', "<address> gone"),
        ("tab\tand\x00null\udc80", "tab and null"),
        ("word " * 100, ("word " * 60).strip()),
    ],
)
def test_words_are_one_short_line_without_addresses(text, clean):
    assert clean_words(text).rstrip() == clean


def test_words_of_a_hostile_server_are_cut_before_an_address_can_be_halved():
    assert "anna" not in clean_words("x " * 499 + "anna@example.org")
    assert clean_words("x" * 30_000) == ""
