"""What a report says: one invented report a format, and whatever else a mailbox can hold."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returned_mails import BOUNCES, JANE, MAIL_ID, by_hand, complaint, dsn, exim, holiday, qmail

from notifier.mail.bounces import Kind, Reason, read
from notifier.mail.bounces.phrases import meant


def one(raw):
    (entry,) = read(raw).entries
    return entry


def test_a_dead_mailbox():
    entry = one(dsn())
    assert (entry.kind, entry.hard, entry.reason) == (Kind.BOUNCE, True, Reason.USER_UNKNOWN)
    assert (entry.status, entry.recipient) == ("5.1.1", JANE)


@pytest.mark.parametrize("status", ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"])
def test_each_status_of_the_dead_is_enough_alone(status):
    assert one(dsn(status=status, says="")).hard


@pytest.mark.parametrize(
    ("status", "says", "reason"),
    [
        ("5.2.2", "smtp; 552 5.2.2 Mailbox full", Reason.MAILBOX_FULL),
        ("5.0.0", "smtp; 550 5.1.1 the user is over quota", Reason.MAILBOX_FULL),
        ("5.7.1", "smtp; 550 5.7.1 rejected by policy", Reason.POLICY),
        ("5.1.1", "smtp; 550 5.7.1 your address is blacklisted", Reason.REPUTATION),
        ("5.7.26", "smtp; 550 5.7.26 unauthenticated mail", Reason.AUTHENTICATION),
        ("5.7.515", "smtp; 550 5.7.515 access denied", Reason.POLICY),
        ("4.4.7", "smtp; 451 4.4.7 message expired", Reason.EXPIRED),
        ("5.4.1", "X-Postfix; connect to mx.example.org: connection timed out", Reason.TIME_OUT),
        ("4.1.1", "smtp; 450 4.1.1 user unknown", Reason.TEMPORARY),
        ("4.2.0", "smtp; 450 4.2.0 greylisted, come back in five minutes", Reason.GREYLISTED),
        ("5.3.4", "smtp; 552 5.3.4 message too big", Reason.TOO_LARGE),
        ("5.6.0", "smtp; 554 5.6.0 this looks like spam", Reason.SPAM),
        ("5.1.8", "smtp; 553 5.1.8 domain of sender address does not exist", Reason.SENDER),
        ("5.2.1", "smtp; 550 5.2.1 user is receiving mail at a rate that is too high", Reason.TOO_MANY),
        ("5.1.1", "x-unix; procmail: no such user", Reason.SYSTEM),
    ],
)
def test_what_never_kills_an_address(status, says, reason):
    entry = one(dsn(status=status, says=says))
    assert (entry.hard, entry.reason) == (False, reason)


def test_a_mailbox_that_only_the_words_call_full_is_not_dead():
    assert not one(dsn(words="Your message was rejected: not enough disk space")).hard


def test_unknown_at_the_end_of_the_mail_is_a_filter():
    report = dsn(
        status="5.0.0", says="smtp; 550 unknown user", words="550 unknown user (in reply to end of DATA)"
    )
    assert (one(report).hard, one(report).reason) == (False, Reason.FILTERED)


def test_unknown_in_answer_to_the_recipient_is_dead_without_a_status():
    report = dsn(
        status="5.0.0", says="smtp; 550 unknown user", words="550 unknown user (in reply to RCPT TO)"
    )
    assert one(report).hard


def test_a_delay_is_not_over():
    entry = one(dsn(action="delayed", status="5.1.1"))
    assert (entry.hard, entry.final, entry.counts) == (False, False, False)


def test_a_receipt_is_no_bounce():
    assert one(dsn(action="delivered", status="2.0.0", says="")).kind is Kind.OTHER


def test_each_recipient_has_its_own_fate():
    raw = dsn(who="full@example.org", status="5.2.2", says="smtp; 552 5.2.2 Mailbox full")
    second = b"Final-Recipient: rfc822; gone@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--B\r\nContent-Type: text/rfc"
    full, gone = read(raw.replace(b"--B\r\nContent-Type: text/rfc", second)).entries
    assert (full.recipient, full.hard) == ("full@example.org", False)
    assert (gone.recipient, gone.hard) == ("gone@example.org", True)


def test_a_complaint_whose_recipient_is_blacked_out():
    entry = one(complaint())
    assert (entry.kind, entry.reason, entry.recipient) == (Kind.COMPLAINT, Reason.FEEDBACK, None)
    assert one(complaint(recipient=JANE)).recipient == JANE


def test_what_looks_like_a_complaint_and_is_none():
    assert one(complaint(kind="not-spam")).kind is Kind.OTHER
    assert one(complaint(kind="auth-failure")).reason is Reason.AUTHENTICATION


def test_a_holiday_is_no_bounce_whatever_it_quotes():
    entry = one(holiday())
    assert (entry.kind, entry.hard) == (Kind.AUTO_REPLY, False)


@pytest.mark.parametrize(
    ("words", "hard"),
    [
        (f"SMTP error from remote mail server after RCPT TO:<{JANE}>: 550 5.1.1 user unknown", True),
        ("SMTP error from remote mail server after end of data: 550 user unknown", False),
        ("mailbox is full: retry timeout exceeded", False),
        ("retry timeout exceeded", False),
        ("Unrouteable address", True),
    ],
)
def test_exim_in_free_words(words, hard):
    entry = one(exim(words))
    assert (entry.kind, entry.recipient, entry.hard) == (Kind.BOUNCE, JANE, hard)


def test_qmail_in_free_words():
    assert one(qmail("Sorry, no mailbox here by that name. (#5.1.1)")).hard
    assert not one(qmail("The user is over quota. (#5.2.2)")).hard


def test_what_our_own_mail_says_is_not_the_reports():
    assert one(exim("it did not work")).reason is not Reason.MAILBOX_FULL
    assert not one(exim("it did not work")).hard


@pytest.mark.parametrize("words", ["My mailbox is full of these!", "550 5.1.1 No such user", "", "\0\udcff"])
def test_a_persons_own_words_are_nothing_to_act_on(words):
    entry = one(by_hand(words.encode("utf-8", "replace").decode()))
    assert (entry.kind, entry.hard) == (Kind.OTHER, False)


def test_a_forwarded_report_is_not_a_report():
    wrapped = (
        by_hand("See below.").replace(b"\r\n\r\n", b"\r\nContent-Type: message/rfc822\r\n\r\n", 1) + dsn()
    )
    assert not one(wrapped).hard


def test_the_addresses_and_the_mail_that_a_report_names():
    tag = "b+abcdefghijklmnopqrstuv"
    sent = read(dsn(to=f"{tag}@bounces.example.net"))
    assert sent.sent_to == (f"{tag}@bounces.example.net",)
    assert sent.message_ids == (MAIL_ID,)
    quoted = read(complaint(sender=f"{tag}@bounces.example.net"))
    assert (quoted.sent_to, quoted.quoted) == ((), (f"{tag}@bounces.example.net",))


def test_the_same_report_by_another_way_has_the_same_name():
    other_way = b"Received: from mx2\r\nDelivered-To: else@example.net\r\n" + dsn()
    assert read(other_way).digest == read(dsn()).digest
    assert read(dsn(name="<report-2@mx.example.org>")).digest != read(dsn()).digest


def nested(depth):
    return b"".join(
        b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(depth)
    )


HOSTILE = {
    "ten megabytes": dsn(words="x " * 5_000_000),
    "ten megabytes on one line": dsn(words="<" * 10_000_000),
    "a hundred thousand fields": b"X-A: b\r\n" * 100_000 + dsn(),
    "one endless field": b"Subject: " + b"=?utf-8?q?a?= " * 50_000 + b"\r\n\r\nfailed",
    "parts in parts": b"From: mailer-daemon@x\r\n" + nested(5_000),
    "ten thousand recipients": dsn(words="").replace(
        b"--B--",
        b"--B\r\nContent-Type: message/delivery-status\r\n\r\n"
        + b"Final-Recipient: rfc822;a@b.c\r\n\r\n" * 10_000,
    ),
    "words that search patterns dislike": exim("user " * 20_000),
    "more of them": exim("mailbox message exceeded size " * 5_000),
    "addresses without end": exim("a@a " * 30_000 + "a@" * 50_000),
    "broken charset": dsn().replace(b"charset=utf-8", b"charset=no-such"),
    "broken date": dsn(date="Tue, 99 Foo 99999 99:99:99 +9999"),
    "nothing": b"",
    "zeros": b"\0" * 100_000,
    "deep JSON": by_hand("").replace(b"Jane", b"no-reply") + b'{"notificationType": ' + b"[" * 100_000,
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_hostile_mail_is_read_quickly_and_without_complaint(raw):
    started = time.perf_counter()
    report = read(raw)
    assert report.entries
    assert len(report.entries) <= 50
    assert time.perf_counter() - started < 2


def test_a_report_is_read_although_it_carries_ten_megabytes():
    assert one(dsn() + b"x" * 10_000_000).hard


@given(st.binary(max_size=3000), st.integers(0, 1500))
def test_reading_never_fails(noise, at):
    good = dsn()
    for raw in (noise, good[:at] + noise + good[at:], good[:at]):
        assert read(raw).entries


@given(st.text(max_size=300))
def test_phrases_are_looked_for_in_any_text(text):
    meant(text)


def test_sent_to_is_not_what_the_body_says():
    raw = by_hand(f"b+abcdefghijklmnopqrstuv@{BOUNCES.partition('@')[2]}")
    assert read(raw).sent_to == ()


def test_what_only_flufl_bounce_knows_names_the_recipient_and_kills_nobody():
    words = f"The following addresses did NOT receive a copy of your message:\n\n> {JANE}\n\n--- Session Transcript ---"
    raw = f"From: MAILER-DAEMON@mx.example.org\nTo: {BOUNCES}\nSubject: hello\n\n{words}\n".encode()
    entry = one(raw)
    assert (entry.kind, entry.recipient, entry.hard) == (Kind.BOUNCE, JANE, False)
