"""Invented reports, one a format, for an address, an envelope sender and a Message-ID of choice."""

from textwrap import dedent

JANE = "jane@example.org"
BOUNCES = "bounces@bounces.example.net"
MAIL_ID = "<0123456789abcdef@example.net>"


def _bytes(text):
    return dedent(text).lstrip("\n").replace("\n", "\r\n").encode()


def dsn(
    *,
    to=BOUNCES,
    who=JANE,
    original=None,
    action="failed",
    status="5.1.1",
    says="smtp; 550 5.1.1 No such user here",
    words="Your mail could not be delivered.",
    date="Tue, 12 Jan 2027 11:00:00 +0000",
    mail_id=MAIL_ID,
    name="<report-1@mx.example.org>",
):
    """A delivery status notification (RFC 3464)."""
    fields = [f"Final-Recipient: rfc822; {who}", f"Action: {action}", f"Status: {status}"]
    if original:
        fields.insert(0, f"Original-Recipient: rfc822; {original}")
    if says:
        fields.append(f"Diagnostic-Code: {says}")
    lines = [
        "Return-Path: <>",
        "From: Mail Delivery System <MAILER-DAEMON@mx.example.org>",
        f"To: {to}",
        f"Date: {date}",
        f"Message-ID: {name}",
        "Subject: Undelivered Mail Returned to Sender",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"',
        "",
        "--B",
        "Content-Type: text/plain; charset=utf-8",
        "",
        words,
        "",
        "--B",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example.org",
        "",
        *fields,
        "",
        "--B",
        "Content-Type: text/rfc822-headers",
        "",
        f"Message-ID: {mail_id}",
        "Subject: Study updates",
        "",
        "--B--",
        "",
    ]
    return "\r\n".join(lines).encode()


def complaint(*, sender=BOUNCES, kind="abuse", recipient=None, mail_id=MAIL_ID, to="complaints@example.net"):
    """A feedback report (RFC 5965), its recipient blacked out unless named."""
    named = f"Original-Rcpt-To: {recipient}\r\n" if recipient else ""
    return (
        _bytes(
            f"""
            From: feedback loop <fbl@provider.example>
            To: {to}
            Subject: Abuse report
            Message-ID: <complaint-1@provider.example>
            MIME-Version: 1.0
            Content-Type: multipart/report; report-type=feedback-report; boundary="B"

            --B
            Content-Type: text/plain

            This is an abuse report.

            --B
            Content-Type: message/feedback-report

            Feedback-Type: {kind}
            User-Agent: Loop/1.0
            Version: 1
            Original-Mail-From: <{sender}>
            """
        )
        + named.encode()
        + _bytes(
            f"""

            --B
            Content-Type: message/rfc822

            Message-ID: {mail_id}
            To: redacted@provider.example
            Subject: Study updates

            REDACTED
            --B--
            """
        )
    )


def holiday(*, to=BOUNCES):
    """An automatic reply (RFC 3834) that quotes words a bounce would use."""
    return _bytes(
        f"""
        From: Jane <{JANE}>
        To: {to}
        Subject: Away until Monday
        Auto-Submitted: auto-replied (vacation)
        Message-ID: <away@example.org>

        I am away. If you wrote to joe@example.org: no such user here any more, 550 5.1.1.
        """
    )


def exim(words, *, who=JANE, to=BOUNCES):
    """A report in free words, as Exim writes it."""
    return _bytes(
        f"""
        From: Mail Delivery System <Mailer-Daemon@mx.example.org>
        To: {to}
        Auto-Submitted: auto-replied
        Subject: Mail delivery failed: returning message to sender
        Message-ID: <exim-1@mx.example.org>

        This message was created automatically by mail delivery software.

        A message that you sent could not be delivered to one or more of its
        recipients. This is a permanent error. The following address(es) failed:

          {who}
            {words}

        ------ This is a copy of the message, including the headers. ------

        Return-path: <{to}>
        Message-ID: {MAIL_ID}
        Subject: Study updates

        The sponsor says: no such user, the mailbox is full.
        """
    )


def qmail(words, *, who=JANE):
    """A report in qmail's words."""
    return _bytes(
        f"""
        From: MAILER-DAEMON@mx.example.org
        To: {BOUNCES}
        Subject: failure notice

        Hi. This is the qmail-send program at mx.example.org.
        I'm afraid I wasn't able to deliver your message to the following addresses.
        This is a permanent error; I've given up. Sorry it didn't work out.

        <{who}>:
        {words}

        --- Below this line is a copy of the message.

        Return-Path: <{BOUNCES}>
        Subject: Study updates
        """
    )


def by_hand(words, *, to=BOUNCES, subject="Re: Study updates"):
    """What a person writes."""
    return _bytes(
        f"""
        From: Jane <{JANE}>
        To: {to}
        Subject: {subject}
        In-Reply-To: {MAIL_ID}
        Message-ID: <hello@example.org>

        {words}
        """
    )
