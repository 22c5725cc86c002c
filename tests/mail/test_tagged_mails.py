"""What goes out when a domain for returned mail is set: every mail says which it is, and how to end it by mail."""

from email import message_from_bytes

import pytest
from mails import NCT, TYPICAL

from notifier import app
from notifier.domain.letter import LetterKind
from notifier.domain.signed_links import TokenKeys
from notifier.settings import Settings

KEYS = TokenKeys(["a key that is long enough"])


def settings(bounce_domain):
    domain = {"bounce_domain": bounce_domain} if bounce_domain else {}
    return Settings(mail_from="Updates <updates@example.net>", **domain)


def rendered(letter, bounce_domain="bounces.example.net"):
    return message_from_bytes(app.make_renderer(settings(bounce_domain), KEYS).render(letter).content)


def letters(*kinds):
    return [letter for letter in (make() for make in TYPICAL.values()) if letter.kind in kinds]


@pytest.mark.parametrize("letter", letters(LetterKind.UPDATE, LetterKind.STILL_WATCHING)[:4])
def test_the_header_ends_by_link_first_and_by_mail(letter):
    link, mailto = rendered(letter)["List-Unsubscribe"].replace("\r\n", "").split(", ")
    assert link.startswith("<http")
    address = mailto.strip(" <>").removeprefix("mailto:")
    wish = app.make_tags(settings("bounces.example.net"), KEYS).read_unsubscribe(address)
    assert wish.subscription_ids == tuple(sorted({reason.subscription_id for reason in letter.reasons}))


def test_without_such_a_domain_the_link_stands_alone():
    (letter,) = letters(LetterKind.UPDATE)[:1]
    assert "mailto" not in rendered(letter, bounce_domain=None)["List-Unsubscribe"]


def test_a_confirmation_has_nothing_to_end():
    assert all(rendered(letter)["List-Unsubscribe"] is None for letter in letters(LetterKind.CONFIRMATION))


@pytest.mark.parametrize(
    ("chosen", "linked"),
    [
        ({}, True),
        ({"web_listen": None}, False),
        ({"web_listen": None, "public_url": "https://example.net"}, True),
    ],
)
def test_mails_lead_to_our_pages_where_there_are_any(chosen, linked):
    (letter,) = letters(LetterKind.UPDATE)[:1]
    made = app.make_renderer(settings(None).model_copy(update=chosen), KEYS).render(letter)
    assert (f"/studies/{NCT}" in made.text, "/preferences" in made.text) == (linked, linked)


def test_the_envelope_sender_names_the_mail():
    sending = app.make_sending(settings("bounces.example.net"), KEYS)
    tags = app.make_tags(settings("bounces.example.net"), KEYS)
    assert tags.read_tag(sending.envelope_sender(7)) == 7
    assert sending.envelope_sender(7).endswith("@bounces.example.net")


def test_without_such_a_domain_it_is_our_own_address():
    sending = app.make_sending(settings(None), KEYS)
    assert sending.envelope_sender(7) == "updates@example.net"
    assert sending.suppression_key == KEYS.suppression_key
