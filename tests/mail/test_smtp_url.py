"""NOTIFIER_SMTP_URL."""

import pytest

from notifier.errors import SettingsError
from notifier.mail.smtp.address import Security, SmtpAddress, parse_smtp_url


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("smtp://127.0.0.1:2525", SmtpAddress("127.0.0.1", 2525)),
        ("smtp://localhost", SmtpAddress("localhost", 25)),
        ("smtp://[::1]:2525/", SmtpAddress("::1", 2525)),
        ("smtp://relay.internal?insecure=yes", SmtpAddress("relay.internal", 25)),
        ("smtp+starttls://anna%40x.org:p%3A%2Fs%25@mail.example.org", SmtpAddress("mail.example.org", 587, Security.STARTTLS, "anna@x.org", "p:/s%")),
        ("smtps://user:geheim%C3%BC@mail.example.org", SmtpAddress("mail.example.org", 465, Security.TLS, "user", "geheimü")),
        (" SMTPS://Mail.Example.org:4650 ", SmtpAddress("mail.example.org", 4650, Security.TLS)),
    ],
)  # fmt: skip
def test_url_is_read(url, address):
    assert parse_smtp_url(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.org:587",
        "https://mail.example.org",
        "smtp://mail.example.org",
        "smtp://mail.example.org?insecure=no",
        "smtp://127.0.0.1.example.org",
        "smtps://mail.example.org?insecure=yes",
        "smtps://",
        "smtps://user@mail.example.org",
        "smtps://:SECRET@mail.example.org",
        "smtps://user:SECRET/x@mail.example.org",
        "smtps://user:SECRET#x@mail.example.org",
        "smtps://user:SECRET?x@mail.example.org",
        "smtps://user:SECRET[x@mail.example.org",
        "smtps://user:SECRET%FF@mail.example.org",
        "smtps://user:SECRET x@mail.example.org",
        "smtps://user:SECRET\n@mail.example.org",
        "smtps://user:SECRET@mail.example.org:0",
        "smtps://user:SECRET@mail.example.org:99999",
        "smtps://user:SECRET@mail.example.org/inbox",
        "smtps://user:SECRET@mail_;example.org",
    ],
)
def test_bad_url_names_the_variable_and_an_example_and_no_password(url):
    with pytest.raises(
        SettingsError, match=r"NOTIFIER_SMTP_URL .*; for example smtp\+starttls://"
    ) as refused:
        parse_smtp_url(url)
    assert "SECRET" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_password_is_not_shown():
    address = parse_smtp_url("smtps://user:SECRET@mail.example.org")
    assert "SECRET" not in f"{address!r} {address}"


@pytest.mark.parametrize(
    ("host", "stays"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("10.0.0.1", False)]
)
def test_loopback_is_told(host, stays):
    assert SmtpAddress(host, 25).is_loopback is stays
