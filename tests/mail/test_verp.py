"""Tagged addresses: they say what they were made for, to us alone, and cannot be made by others."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.signed_links import TokenKeys
from notifier.mail.return_path import Tags, Unsubscribe

OLD, NEW = b"an old key", b"a new key"
TAGS = Tags([NEW], "bounces.example.net")
IDS = st.integers(1, 2**60)


@given(IDS)
def test_an_envelope_sender_names_its_message(message_id):
    address = TAGS.bounce_address(message_id)
    assert TAGS.read_tag(address) == message_id
    assert address == TAGS.bounce_address(message_id)
    assert len(address.partition("@")[0]) <= 64


@given(IDS)
def test_servers_may_fold_the_local_part(message_id):
    address = TAGS.bounce_address(message_id)
    assert TAGS.read_tag(address.upper()) == TAGS.read_tag(f"<{address.title()}>") == message_id


@given(st.lists(IDS, min_size=1, max_size=40, unique=True), IDS)
def test_an_unsubscribe_address_names_its_subscriptions_or_its_mail(ids, message_id):
    address = TAGS.unsubscribe_address(ids, message_id)
    wish = TAGS.read_unsubscribe(address)
    assert wish in {Unsubscribe(tuple(sorted(ids))), Unsubscribe(message_id=message_id)}
    assert len(address.partition("@")[0]) <= 64


def test_a_few_subscriptions_fit():
    assert TAGS.read_unsubscribe(TAGS.unsubscribe_address([30_001, 7], 5)) == Unsubscribe((7, 30_001))


def test_one_sort_of_tag_is_not_the_other():
    assert TAGS.read_unsubscribe(TAGS.bounce_address(7)) is None
    assert TAGS.read_tag(TAGS.unsubscribe_address([7], 1)) is None
    assert TAGS.read_tag("b" + TAGS.unsubscribe_address([7], 1)[1:]) is None


@given(IDS, st.data())
def test_one_changed_sign_makes_it_a_forgery(message_id, data):
    local, _, domain = TAGS.bounce_address(message_id).partition("@")
    at = data.draw(st.integers(2, len(local) - 2))  # the last sign has bits to spare
    other = data.draw(
        st.sampled_from("abcdefghijklmnopqrstuvwxyz234567").filter(lambda sign: sign != local[at])
    )
    assert TAGS.read_tag(f"{local[:at]}{other}{local[at + 1 :]}@{domain}") is None


@given(st.text(max_size=90))
def test_any_other_address_is_nobodys(text):
    for address in (text, f"b+{text}@bounces.example.net", f"u+{text}@bounces.example.net"):
        assert TAGS.read_tag(address) is None
        assert TAGS.read_unsubscribe(address) is None


def test_the_newest_key_signs_and_every_key_is_read():
    old = Tags([OLD], "bounces.example.net").bounce_address(7)
    both = Tags([NEW, OLD], "bounces.example.net")
    assert both.read_tag(old) == 7
    assert both.bounce_address(7) == TAGS.bounce_address(7) != old
    assert TAGS.read_tag(old) is None


def test_the_domain_may_have_changed_since():
    assert TAGS.read_tag(TAGS.bounce_address(7).replace("example.net", "example.com")) == 7


def test_ids_cannot_be_read_off():
    first, second = (TAGS.bounce_address(n).partition("@")[0] for n in (70_001, 70_002))
    assert sum(a == b for a, b in zip(first[2:], second[2:], strict=True)) < len(first) / 2


def test_keys_are_not_shown():
    assert "key" not in repr(TAGS).replace("keys", "")


def test_each_use_has_a_key_of_its_own():
    keys = TokenKeys(["the newest", "the oldest"])
    assert keys.tag_keys == [*TokenKeys(["the newest"]).tag_keys, *TokenKeys(["the oldest"]).tag_keys]
    assert keys.suppression_key == TokenKeys(["the oldest"]).suppression_key
    assert keys.suppression_key not in keys.tag_keys
    assert keys.sign("unsubscribe", [1], datetime(2027, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "address", ["", "b+@x", "b+" + "a" * 100 + "@x", "B+" + "1" * 20 + "@x", "@", "b+" + "a" * 19]
)
def test_what_is_not_even_the_shape_of_a_tag(address):
    assert TAGS.read_tag(address) is None
