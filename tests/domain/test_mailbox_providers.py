"""Slips in the names of large providers are asked about; and all addresses of one mailbox are one."""

import pytest

from notifier.domain.mailbox_providers import mailbox_of, meant


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("jane@gmial.con", "gmail.com"),
        ("jane@gmail.con", "gmail.com"),
        ("jane@gmail.co", "gmail.com"),
        ("jane@gamil.com", "gmail.com"),
        ("jane@gmai.com", "gmail.com"),
        ("jane@gmaill.com", "gmail.com"),
        ("jane@GMIAL.com", "gmail.com"),
        ("jane@gmailcom", "gmail.com"),
        ("jane@hotmial.com", "hotmail.com"),
        ("jane@hotmal.com", "hotmail.com"),
        ("jane@outlok.com", "outlook.com"),
        ("jane@yaho.com", "yahoo.com"),
        ("jane@yahoo.con", "yahoo.com"),
        ("jane@iclud.com", "icloud.com"),
    ],
)
def test_a_slip_is_known(typed, right):
    assert meant(typed) == right


@pytest.mark.parametrize(
    "domain",
    [
        "gmail.com",
        "googlemail.com",
        "ymail.com",
        "mail.com",
        "email.com",
        "gmx.de",
        "live.com",
        "me.com",
        "aol.com",
        "hotmail.co.uk",
        "yahoo.fr",
        "example.org",
        "regionshospitalet.dk",
        "a.b",
        "",
        "x" * 100_000,
    ],
)
def test_what_is_right_or_far_from_it_is_not_asked_about(domain):
    assert meant(f"jane@{domain}") is None


@pytest.mark.parametrize(
    ("key", "mailbox"),
    [
        ("jane+trials@example.org", "jane@example.org"),
        ("jane+a+b@example.org", "jane@example.org"),
        ("+jane@example.org", "+jane@example.org"),
        ("j.a.ne+x@googlemail.com", "jane@gmail.com"),
        ("j.ane@example.org", "j.ane@example.org"),
    ],
)
def test_the_mailbox_behind_an_address(key, mailbox):
    assert mailbox_of(key) == mailbox
