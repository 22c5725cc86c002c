"""The bytes of a message: parsed back by the standard library, and looked at line by line."""

import re
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTPUTF8, default
from email.utils import parseaddr

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notifier.errors import AddressError, InputError, RenderError
from notifier.mail.render.mime import (
    DottedLines,
    Lines,
    Mail,
    NamedAddress,
    _check_header,
    clean_header_text,
    parse_mailbox,
    quoted_printable,
    serialise,
    wire_address,
)

INJECTION = "=?utf-8?q?a=0D=0ABcc:_x@y.z?="  # CVE-2024-6923: decoded by the standard library into a Bcc line
LONG_URL = "https://trials.example.org/unsubscribe/" + "t0ken-" * 30
MAIL = Mail(
    sender=NamedAddress("Trial updates", "updates@example.org"),
    recipient="anna@example.com",
    subject="News about a study you follow",
    date=datetime(2026, 3, 3, 9, 30, tzinfo=UTC),
    message_id="<m1.a0@example.org>",
    text="Hello,\n\nthe study is recruiting.\n",
    html="<p>Hello,</p>\n<p>the study is recruiting.</p>\n",
)
LIST_MAIL = replace(
    MAIL,
    list_id=("Trial updates", "l7.lists.example.org"),
    unsubscribe_url=LONG_URL,
    unsubscribe_mailto="stop+t1@example.org",
    references="<study-5f2c@example.org>",
    feedback_id="digest:1:mail:notifier",
    language="de",
    reply_to=NamedAddress("Help", "help@example.org"),
)
ALWAYS = [
    "Date", "From", "To", "Reply-To", "Subject", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress",
    "MIME-Version", "Content-Language", "Content-Type",
]  # fmt: skip
OF_A_LIST = [
    "In-Reply-To", "References", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID",
]  # fmt: skip


def parsed(mail: Mail) -> EmailMessage:
    return message_from_bytes(serialise(mail), policy=default)


def sender_of(mail: Mail) -> tuple[str, str]:
    """Read as mail clients do: CPython before 3.13 puts spaces between the encoded-words of a phrase (gh-92081)."""
    name, address = parseaddr(message_from_bytes(serialise(mail))["From"])
    return str(make_header(decode_header(name))), address


def bodies(mail: Mail) -> tuple[str, str]:
    text, html = parsed(mail).iter_parts()
    return text.get_content(), html.get_content()


def header_lines(mail: Mail) -> list[bytes]:
    return serialise(mail).partition(b"\r\n\r\n")[0].split(b"\r\n")


def with_crlf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def test_plain_mail_has_exactly_the_basic_headers():
    assert sorted(parsed(MAIL).keys()) == sorted(ALWAYS)


def test_list_mail_has_exactly_the_list_headers_too():
    assert sorted(parsed(LIST_MAIL).keys()) == sorted(ALWAYS + OF_A_LIST)


def test_headers_say_what_the_mail_says():
    message = parsed(LIST_MAIL)
    assert {name: str(message[name]) for name in ALWAYS[:8] + OF_A_LIST + ["Content-Language"]} == {
        "Date": "Tue, 03 Mar 2026 09:30:00 +0000",
        "From": "Trial updates <updates@example.org>",
        "To": "anna@example.com",
        "Reply-To": "Help <help@example.org>",
        "Subject": "News about a study you follow",
        "Message-ID": "<m1.a0@example.org>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "In-Reply-To": "<study-5f2c@example.org>",
        "References": "<study-5f2c@example.org>",
        "List-Id": "Trial updates <l7.lists.example.org>",
        "List-Unsubscribe": f"<{LONG_URL}>, <mailto:stop+t1@example.org>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Feedback-ID": "digest:1:mail:notifier",
        "Content-Language": "de",
    }


def test_reply_to_falls_to_the_sender():
    assert parsed(MAIL)["Reply-To"] == parsed(MAIL)["From"]


def test_one_click_needs_a_link():
    message = parsed(replace(LIST_MAIL, unsubscribe_url=None))
    assert message["List-Unsubscribe"] == "<mailto:stop+t1@example.org>"
    assert message["List-Unsubscribe-Post"] is None


def test_long_link_stays_whole_and_folds_at_the_comma():
    lines = header_lines(LIST_MAIL)
    at = next(number for number, line in enumerate(lines) if line.startswith(b"List-Unsubscribe:"))
    assert len(LONG_URL) > 200
    assert lines[at] == f"List-Unsubscribe: <{LONG_URL}>,".encode()
    assert lines[at + 1] == b" <mailto:stop+t1@example.org>"


def test_date_is_written_in_utc():
    there = MAIL.date.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert serialise(replace(MAIL, date=there)) == serialise(MAIL)


def test_text_comes_first_and_html_last():
    message = parsed(MAIL)
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert [part.get_content_charset() for part in message.iter_parts()] == ["utf-8", "utf-8"]
    assert not message.defects
    assert bodies(MAIL) == (with_crlf(MAIL.text), with_crlf(MAIL.html))


def test_same_mail_gives_same_bytes():
    assert serialise(LIST_MAIL) == serialise(replace(LIST_MAIL))


def test_other_message_id_gives_other_boundary():
    other = replace(MAIL, message_id="<m2.a0@example.org>")
    assert parsed(MAIL).get_boundary() != parsed(other).get_boundary()


def test_body_that_quotes_the_boundary_does_not_end_the_part():
    edge = f"--{parsed(MAIL).get_boundary()}--"
    assert bodies(replace(MAIL, text=f"{edge}\n{edge}")) == (f"{edge}\r\n{edge}", with_crlf(MAIL.html))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no line end",
        "trailing spaces  \nand tab\t\n \n",
        ".\n..\n.leading dot\n",
        "From the start\n>From\n",
        "lone\rcarriage\rreturns\r",
        "windows\r\nline\r\nends\r\n",
        "x" * 5000,
        "ü" * 500 + " " + "😀" * 300,
        "שלום עולם\nمرحبا بالعالم\n\u202bright to left\u202c",
        "👩‍👩‍👧‍👦 and a\u0301 and \x00 control \x7f\x85\u2028 signs",
        "equals = =3D =\n=20=\n",
        "--\n-- \n",
    ],
)
def test_body_comes_back_exactly(text):
    assert bodies(replace(MAIL, text=text, html=text)) == (with_crlf(text), with_crlf(text))


def assert_fit_for_smtp(content: bytes):
    assert content.isascii()
    assert content.endswith(b"\r\n")
    assert content.count(b"\r\n") == content.count(b"\r") == content.count(b"\n")
    # Nobody looks for other line ends any more, nor, where none was seen here, for dots that are to be doubled on their way.
    assert type(content) is (DottedLines if b"\r\n." in content else Lines)
    header, _, body = content.partition(b"\r\n\r\n")
    assert max(map(len, header.split(b"\r\n"))) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 76


awkward = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(' \r\n\t.=?_<>"\\,:;')))


@settings(max_examples=100, deadline=None)
@given(awkward, awkward)
@example("a\rb\nc\r", "a\r\nb\rc\n")  # a lone CR is no line end, and is too rare to be found
def test_any_bodies_come_back_exactly(text, html):
    mail = replace(MAIL, text=text, html=html)
    assert_fit_for_smtp(serialise(mail))
    assert bodies(mail) == (with_crlf(text), with_crlf(html))


headline = st.one_of(awkward, st.builds("{}{}{}".format, awkward, st.just(INJECTION), awkward))


@settings(max_examples=100, deadline=None)
@given(headline, headline, headline)
def test_no_subject_or_name_can_add_a_header(subject, name, label):
    mail = replace(
        LIST_MAIL, subject=subject, sender=NamedAddress(name, "a@b.org"), list_id=(label, "l.b.org")
    )
    message = parsed(mail)
    assert_fit_for_smtp(serialise(mail))
    assert sorted(message.keys()) == sorted(ALWAYS + OF_A_LIST)
    assert message["Subject"] == clean_header_text(subject)
    assert sender_of(mail) == (clean_header_text(name), "a@b.org")


@settings(max_examples=100, deadline=None)
@given(headline)
def test_cleaned_text_is_one_short_line_and_stays_as_it_is(text):
    clean = clean_header_text(text)
    assert clean.isprintable() or not re.search(
        r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e]", clean
    )
    assert "=?" not in clean
    assert len(clean) <= 120
    assert clean_header_text(clean) == clean


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("  two\r\n  lines\x00\x85\u2028here ", "two lines here"),
        ("a\u202eb\u2066c\u200bd\ufeffe", "abcde"),
        ("e\u0301", "é"),
        ("==??utf-8?q?x?=", "utf-8?q?x?="),
        ("word " * 40, ("word " * 24).strip()),
        ("x" * 130, "x" * 120),
        ("x" * 119 + "q\u0323 tail", "x" * 119),
    ],
)
def test_header_text_is_cleaned(text, clean):
    assert clean_header_text(text) == clean


def encoded_words(mail: Mail, header: bytes) -> list[bytes]:
    """The lines of a header, one encoded-word each."""
    block = serialise(mail).partition(b"\r\n\r\n")[0].replace(b"\r\n ", b"\n")
    return next(line for line in block.split(b"\r\n") if line.startswith(header)).split(b"\n")


@pytest.mark.parametrize("subject", ["Studie zu Schlaganfällen " * 4, "😀" * 119, "临床试验" * 29, "é"])
def test_subject_is_encoded_in_whole_characters_and_short_lines(subject):
    mail = replace(MAIL, subject=subject)
    lines = encoded_words(mail, b"Subject: ")
    words = [line.removeprefix(b"Subject: =?utf-8?b?").removeprefix(b"=?utf-8?b?") for line in lines]
    assert "".join(b64decode(word.removesuffix(b"?=")).decode() for word in words) == clean_header_text(
        subject
    )
    assert parsed(mail)["Subject"] == clean_header_text(subject)
    assert max(map(len, lines)) <= 76


def test_long_plain_subject_is_folded_between_words():
    mail = replace(MAIL, subject="A study you follow is now recruiting in several places " * 2)
    assert parsed(mail)["Subject"] == mail.subject.strip()
    assert max(map(len, header_lines(mail))) <= 78


def test_structured_headers_have_no_encoded_words():
    mail = replace(
        LIST_MAIL, list_id=("Nachrichten für Sie", "l7.lists.example.org"), unsubscribe_url=LONG_URL * 2
    )
    assert b"=?" not in serialise(mail)
    assert parsed(mail)["List-Id"] == "<l7.lists.example.org>"


@pytest.mark.parametrize(
    "name",
    ["Trials, Inc.", 'The "Trial" Desk', "back\\slash", "Müller Stiftung", "نشرة التجارب " * 6, "a@b <c@d>"],
)
def test_display_name_comes_back(name):
    mail = replace(MAIL, sender=NamedAddress(name, "updates@example.org"))
    assert sender_of(mail) == (clean_header_text(name), "updates@example.org")


def test_foreign_domain_is_written_in_ascii():
    mail = replace(MAIL, recipient="anna@straße-bücher.example")
    assert not mail.needs_smtputf8
    assert parsed(mail)["To"] == "anna@xn--strae-bcher-y6a49a.example"


def test_foreign_local_part_makes_raw_headers_and_says_so():
    mail = replace(MAIL, recipient="jörg@bücher.example", subject="Grüße")
    content = serialise(mail)
    message = message_from_bytes(content, policy=SMTPUTF8)
    assert mail.needs_smtputf8
    assert "To: jörg@xn--bcher-kva.example\r\n".encode() in content
    assert message["Subject"] == "Grüße"
    assert not replace(mail, recipient="anna@example.com").needs_smtputf8


@pytest.mark.parametrize(
    "wrong",
    [
        {"recipient": "a@b.org\r\nBcc: x@y.org"},
        {"recipient": "a@b.org, x@y.org"},
        {"recipient": "=?utf-8?q?x?=@b.org"},
        {"recipient": "a@ü..org"},
        {"sender": NamedAddress("Updates", "a b@c.org")},
        {"message_id": "<a@b>\r\nBcc: x@y.org"},
        {"message_id": "a@b"},
        {"references": "<a@b> <c@d>"},
        {"unsubscribe_url": "https://a.org/x>,<https://b.org"},
        {"unsubscribe_url": "https://a.org/\n"},
        {"unsubscribe_mailto": "a@b.org>"},
        {"list_id": ("Label", "a b")},
        {"feedback_id": "a:b c"},
        {"language": "en\r\nBcc: x@y.org"},
        {"date": datetime(2026, 3, 3, 9, 30)},  # noqa: DTZ001 - the fault under test
    ],
)
def test_value_that_cannot_stand_in_a_header_is_refused(wrong):
    with pytest.raises(RenderError) as refused:
        serialise(replace(LIST_MAIL, **wrong))
    assert "@" not in str(refused.value)


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (b"Subject: a\r\nBcc: x\r\n", ["Subject"]),
        (b"Subject: a\r\nSubject: b\r\n", ["Subject", "Subject"]),
        (b"Subject: a\nBcc: x\r\n", ["Subject"]),
        (b"Subject: a\r\n\r\nbody\r\n", ["Subject"]),
        (b"Subject: \xc3\xbc\r\n", ["Subject"]),
        (b"Subject: " + b"x" * 990 + b"\r\n", ["Subject"]),
    ],
)
def test_last_gate_lets_no_other_header_through(block, expected):
    with pytest.raises(RenderError, match="header"):
        _check_header(block, expected, ascii_only=True)


@pytest.mark.parametrize(
    ("text", "mailbox"),
    [
        ("Trial updates <updates@localhost>", NamedAddress("Trial updates", "updates@localhost")),
        ("updates@example.org", NamedAddress("", "updates@example.org")),
        (
            ' "Trials, \\"Inc\\"" <u.p+d@mail.example.org> ',
            NamedAddress('Trials, "Inc"', "u.p+d@mail.example.org"),
        ),
        ("<a@b.org>", NamedAddress("", "a@b.org")),
        ("Müller <jörg@bücher.example>", NamedAddress("Müller", "jörg@bücher.example")),
    ],
)
def test_mailbox_is_read(text, mailbox):
    assert parse_mailbox(text) == mailbox


@pytest.mark.parametrize(
    "text",
    ["", "Trial updates", "a@", "@b.org", "a@b@c", "A <a@b.org", "a b@c.org", "A <a@b> <c@d>", "a..b@c.org"],
)
def test_what_is_no_mailbox_is_refused_with_an_example(text):
    with pytest.raises(InputError, match=r"for example Trial updates <updates@example\.org>"):
        parse_mailbox(text)


def test_domain_without_ascii_form_is_refused():
    with pytest.raises(AddressError, match="domain"):
        wire_address("anna@" + "ü" * 80 + ".example")


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")), min_size=1, max_size=6
    )
)
def test_lines_may_be_encoded_together_or_apart(lines):
    whole = quoted_printable("\n".join(lines))
    assert whole == b"\r\n".join(quoted_printable(line) for line in "\n".join(lines).split("\n"))
    assert b"\n" not in whole.replace(b"\r\n", b"")
