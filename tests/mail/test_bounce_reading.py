"""What a report says: one invented report a format, and whatever else a mailbox can hold."""

import base64
import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returned_mails import BOUNCES, JANE, MAIL_ID, by_hand, complaint, dsn, exim, holiday, qmail

from notifier.mail.bounces import RefusalReason, ReportKind, read
from notifier.mail.refusals import meant
from notifier.mail.smtp.verdict import SendStage, judge


def one(raw):
    (entry,) = read(raw).entries
    return entry


def test_a_dead_mailbox():
    entry = one(dsn())
    assert (entry.kind, entry.hard, entry.reason) == (ReportKind.BOUNCE, True, RefusalReason.USER_UNKNOWN)
    assert (entry.status, entry.recipient) == ("5.1.1", JANE)


@pytest.mark.parametrize("status", ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"])
def test_each_status_of_the_dead_is_enough_alone(status):
    assert one(dsn(status=status, says="")).hard


@pytest.mark.parametrize(
    ("status", "says", "reason"),
    [
        ("5.2.2", "smtp; 552 5.2.2 Mailbox full", RefusalReason.MAILBOX_FULL),
        ("5.0.0", "smtp; 550 5.1.1 the user is over quota", RefusalReason.MAILBOX_FULL),
        ("5.7.1", "smtp; 550 5.7.1 rejected by policy", RefusalReason.POLICY),
        ("5.1.1", "smtp; 550 5.7.1 your address is blacklisted", RefusalReason.REPUTATION),
        ("5.7.26", "smtp; 550 5.7.26 unauthenticated mail", RefusalReason.AUTHENTICATION),
        ("5.7.515", "smtp; 550 5.7.515 access denied", RefusalReason.POLICY),
        ("4.4.7", "smtp; 451 4.4.7 message expired", RefusalReason.EXPIRED),
        ("5.4.1", "X-Postfix; connect to mx.example.org: connection timed out", RefusalReason.TIME_OUT),
        ("4.1.1", "smtp; 450 4.1.1 user unknown", RefusalReason.TEMPORARY),
        ("4.2.0", "smtp; 450 4.2.0 greylisted, come back in five minutes", RefusalReason.GREYLISTED),
        ("5.3.4", "smtp; 552 5.3.4 message too big", RefusalReason.TOO_LARGE),
        ("5.6.0", "smtp; 554 5.6.0 this looks like spam", RefusalReason.SPAM),
        ("5.1.8", "smtp; 553 5.1.8 domain of sender address does not exist", RefusalReason.SENDER),
        ("5.2.1", "smtp; 550 5.2.1 user is receiving mail at a rate that is too high", RefusalReason.TOO_MANY),
        ("5.1.1", "x-unix; procmail: no such user", RefusalReason.SYSTEM),
    ],
)  # fmt: skip
def test_what_never_kills_an_address(status, says, reason):
    entry = one(dsn(status=status, says=says))
    assert (entry.hard, entry.reason) == (False, reason)


def test_a_mailbox_that_only_the_words_call_full_is_not_dead():
    assert not one(dsn(words="Your message was rejected: not enough disk space")).hard


def test_unknown_at_the_end_of_the_mail_is_a_filter():
    report = dsn(
        status="5.0.0", says="smtp; 550 unknown user", words="550 unknown user (in reply to end of DATA)"
    )
    assert (one(report).hard, one(report).reason) == (False, RefusalReason.FILTERED)


def test_unknown_in_answer_to_the_recipient_is_dead_without_a_status():
    report = dsn(
        status="5.0.0", says="smtp; 550 unknown user", words="550 unknown user (in reply to RCPT TO)"
    )
    assert one(report).hard


def test_a_delay_is_not_over():
    entry = one(dsn(action="delayed", status="5.1.1"))
    assert (entry.hard, entry.final) == (False, False)


def test_a_receipt_is_no_bounce():
    assert one(dsn(action="delivered", status="2.0.0", says="")).kind is ReportKind.OTHER


def test_each_recipient_has_its_own_fate():
    raw = dsn(who="full@example.org", status="5.2.2", says="smtp; 552 5.2.2 Mailbox full")
    second = b"Final-Recipient: rfc822; gone@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--B\r\nContent-Type: text/rfc"
    full, gone = read(raw.replace(b"--B\r\nContent-Type: text/rfc", second)).entries
    assert (full.recipient, full.hard) == ("full@example.org", False)
    assert (gone.recipient, gone.hard) == ("gone@example.org", True)


def test_a_complaint_whose_recipient_is_blacked_out():
    entry = one(complaint())
    assert (entry.kind, entry.reason, entry.recipient) == (ReportKind.COMPLAINT, RefusalReason.FEEDBACK, None)
    assert one(complaint(recipient=JANE)).recipient == JANE


def test_what_looks_like_a_complaint_and_is_none():
    assert one(complaint(kind="not-spam")).kind is ReportKind.OTHER
    assert one(complaint(kind="auth-failure")).reason is RefusalReason.AUTHENTICATION


def test_a_holiday_is_no_bounce_whatever_it_quotes():
    entry = one(holiday())
    assert (entry.kind, entry.hard) == (ReportKind.AUTO_REPLY, False)


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
    assert (entry.kind, entry.recipient, entry.hard) == (ReportKind.BOUNCE, JANE, hard)


def test_qmail_in_free_words():
    assert one(qmail("Sorry, no mailbox here by that name. (#5.1.1)")).hard
    assert not one(qmail("The user is over quota. (#5.2.2)")).hard


def test_what_our_own_mail_says_is_not_the_reports():
    assert one(exim("it did not work")).reason is not RefusalReason.MAILBOX_FULL
    assert not one(exim("it did not work")).hard


@pytest.mark.parametrize("words", ["My mailbox is full of these!", "550 5.1.1 No such user", "", "\0\udcff"])
def test_a_persons_own_words_are_nothing_to_act_on(words):
    entry = one(by_hand(words.encode("utf-8", "replace").decode()))
    assert (entry.kind, entry.hard) == (ReportKind.OTHER, False)


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
def test_hostile_mail_is_read_without_complaint(raw):
    report = read(raw)
    assert report.entries
    assert len(report.entries) <= 50


#: Texts that patterns and parsers dislike, at any length.
PATHOLOGICAL = {
    "one letter": "a", "blank lines": "\n", "blank lines of a mail": "\r\n", "blanks": " ", "dots": ".", "two in turn": "a ",
    "comments that never end": "<!--", "scripts that never end": "<script", "tags": "<", "addresses": "a@",
    "addresses apart": "a@b ", "names of mails": "Message-ID:\n", "their brackets": "Message-ID: <", "tags of ours": "b+",
    "words of servers": "user mailbox message ", "statuses": "5.", "codes": "550 ",
    "blocks": "Final-Recipient: rfc822; a@b.c\n\n", "dashes": "-", "brackets": "[{", "quotes": '"',
    "encoded words": "=?utf-8?q?a?= ", "line of a log": ";from=<",
}  # fmt: skip
SHAPES = {
    "a body": lambda text: b"From: mailer-daemon@x\nSubject: failed\n\n" + text,
    "HTML": lambda text: b"From: mailer-daemon@x\nContent-Type: text/html\n\n" + text,
    "a field": lambda text: b"From: mailer-daemon@x\nSubject: " + text.replace(b"\n", b" ") + b"\n\nfailed",
    "a report": lambda text: dsn(words="W").replace(b"W", text, 1),
    "what was said": lambda text: dsn(says="S").replace(b"S", text.replace(b"\n", b" "), 1),
    "JSON": lambda text: b'From: no-reply@x\n\n{"notificationType": "Bounce", "a": ' + text,
}


def cost(raw):
    """Seconds of CPU, and never less than what any mail may cost, so that microseconds are not compared."""
    began = time.process_time()
    read(raw)
    return max(time.process_time() - began, 0.005)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_reading_costs_grows_no_faster_than_the_mail(shape):
    """Four times the text takes about four times as long: what takes its square would take sixteen times."""
    for name, piece in PATHOLOGICAL.items():
        short, long = (
            SHAPES[shape]((piece * (size // len(piece))).encode()) for size in (8 * 1024, 32 * 1024)
        )
        # Asked again where the machine's other work may have been in the way.
        assert any(cost(long) <= 9 * cost(short) for _ in range(3)), name


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


def notice(**fields):
    return {"notificationType": "Bounce", "mail": {"messageId": "0101", "headers": []}, **fields}


def gone(**more):
    recipient = {"emailAddress": JANE, "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
    return {"bounce": {"bounceType": "Permanent", "bouncedRecipients": [recipient | more]}}


def by_ses(told, *, enveloped=False, indent=None, headers="From: no-reply@sns.example.com"):
    text = json.dumps(told, indent=indent)
    if enveloped:
        text = json.dumps({"Type": "Notification", "Message": text})
    return f"{headers}\n\n{text}\n\n--\nIf you wish to stop receiving these, user unknown, mailbox not found\n".encode()


@pytest.mark.parametrize("enveloped", [False, True])
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("name", ["notificationType", "eventType"])
def test_notifications_are_read_as_json_whatever_their_order_and_spacing(enveloped, indent, name):
    told = gone() | {"mail": {}, name: "Bounce"}  # the sort comes last
    entry = one(by_ses(told, enveloped=enveloped, indent=indent))
    assert (entry.kind, entry.hard, entry.recipient) == (ReportKind.BOUNCE, True, JANE)


@pytest.mark.parametrize(
    ("told", "kind", "hard"),
    [
        (notice(notificationType="Complaint", complaint={"complainedRecipients": [{"emailAddress": JANE}]}), ReportKind.COMPLAINT, False),
        (notice(notificationType="Complaint", complaint={"complaintFeedbackType": "not-spam", "complainedRecipients": [{"emailAddress": JANE}]}),
         ReportKind.OTHER, False),
        (notice(notificationType="Delivery", delivery={"recipients": [JANE]}), ReportKind.OTHER, False),
        (notice(notificationType="user unknown 550 5.1.1"), ReportKind.OTHER, False),
        ({"eventType": "Click", "click": {"link": "550 5.1.1 user unknown"}}, ReportKind.OTHER, False),
        ({"bounce": gone()["bounce"]}, ReportKind.OTHER, False),  # of no sort that it says
        (notice(bounce={"bounceType": "Transient", "bounceSubType": "General", "bouncedRecipients": [{"emailAddress": JANE}]}), ReportKind.AUTO_REPLY, False),
        (notice(bounce={"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [{"emailAddress": JANE}]}), ReportKind.BOUNCE, False),
        (notice(**gone(status="5.2.2", diagnosticCode="smtp; 552 5.2.2 mailbox full")), ReportKind.BOUNCE, False),
        ({"eventType": "DeliveryDelay", "deliveryDelay": {"delayedRecipients": [{"emailAddress": JANE, "status": "4.4.1"}]}}, ReportKind.BOUNCE, False),
    ],
)  # fmt: skip
def test_nothing_is_guessed_inside_a_notification(told, kind, hard):
    entry = one(by_ses(told))
    assert (entry.kind, entry.hard) == (kind, hard)


@pytest.mark.parametrize("broken", ['{"notificationType": "Bounce"', '{"a": user unknown}', "{" * 5000])
def test_a_notification_that_cannot_be_read_is_no_report(broken):
    assert one(f"From: mailer-daemon@x\n\n{broken} 550 5.1.1 user unknown".encode()).kind is ReportKind.OTHER


TAG = "b+abcdefghijklmnopqrstuvwxyz234567abcdef@bounces.example.net"


def carrying(encoding, body):
    return (
        f"From: mailer-daemon@x\nContent-Type: text/plain\nContent-Transfer-Encoding: {encoding}\n\n".encode()
        + body
    )


def quoted_printable(text):
    cut = [text[at : at + 20] for at in range(0, len(text), 20)]
    return "=\n".join(cut).encode()


@pytest.mark.parametrize(
    "raw",
    [
        carrying("quoted-printable", quoted_printable(f"Return-Path: <{TAG}>\nMessage-ID: {MAIL_ID}".replace("=", "=3D"))),
        carrying("base64", base64.encodebytes(f"Return-Path: <{TAG}>\nMessage-ID: {MAIL_ID}".encode())),
        f"From: mailer-daemon@x\nX-Said: of a mail\n  by <{TAG}>\nReferences:\n {MAIL_ID}\n\nfailed".encode(),
        by_ses({"eventType": "Bounce", "mail": {"source": TAG, "commonHeaders": {"messageId": MAIL_ID}}}),
        by_ses({"eventType": "Bounce", "mail": {"source": TAG, "headers": [{"name": "Message-ID", "value": MAIL_ID}]}}, enveloped=True),
    ],
    ids=["quoted-printable", "base64", "folded fields", "JSON", "JSON in JSON"],
)  # fmt: skip
def test_our_own_marks_are_found_where_an_encoding_cuts_them(raw):
    report = read(raw)
    assert report.quoted == (TAG,)
    assert report.message_ids == (MAIL_ID,)


@pytest.mark.parametrize(
    "headers",
    [
        "From: Help desk <no-reply@tickets.example.org>\nSubject: Delivery failed? We got your mail",
        "From: jane@example.org\nAuto-Submitted: auto-generated\nSubject: failure",
        "From: jane@example.org\nAuto-Submitted: auto-replied; owner-email=x\nSubject: Re: hello",
        "From: jane@example.org\nReturn-Path: <>\nAuto-Submitted: auto-notified\nSubject: could not read your mail",
    ],
)
def test_what_answers_by_itself_counts_for_nothing(headers):
    entry = one(f"{headers}\n\nThe user {JANE} is unknown: 550 5.1.1 no such user\n".encode())
    assert entry.kind in {ReportKind.AUTO_REPLY, ReportKind.OTHER}
    assert not entry.hard


#: What servers say, with their code and status, and whether the address is dead: on both roads the same.
SAID = [
    ("550 5.1.1 no such user here", True),
    ("550 5.1.1 user unknown; from=<b+x@example.net> to=<jane@example.org> proto=ESMTP helo=<mx.example.net>", True),
    ("550 5.1.1 The account does not exist, see https://blocked.example.com/spam/policy", True),
    ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", True),
    ("550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", True),
    ("550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages", False),
    ("550 5.2.1 mailbox temporarily disabled", False),
    ("550 5.1.1 undeliverable address: host mx.example.org said: 554 5.7.1 blocked using a list", False),
    ("550 5.1.1 your address is on our blacklist", False),
    ("550 5.1.1 mailbox full", False),
    ("552 5.2.2 over quota", False),
    ("550 5.7.1 user unknown to our policy", False),
    ("450 4.1.1 user unknown in virtual table", False),
    ("550 5.7.26 unauthenticated", False),
    ("554 5.4.7 too old", False),
    ("556 the domain takes no mail", True),
]  # fmt: skip


@pytest.mark.parametrize(("said", "dead"), SAID)
def test_a_server_and_a_report_of_it_are_judged_alike(said, dead):
    code, _, words = said.partition(" ")
    verdict = judge(SendStage.RCPT, int(code), words)
    status = re.match(r"[\d.]+(?= )", words)
    reported = one(
        dsn(status=status[0] if status else "5.0.0", says=f"smtp; {said} (in reply to RCPT TO command)")
    )
    assert (verdict.dead_address, reported.hard) == (dead, dead)
