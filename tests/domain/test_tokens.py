"""Links: who can make one, what each is good for, and for how long."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.signed_links import Purpose, TokenKeys
from notifier.errors import TokenError

NOW = datetime(2027, 1, 12, 12, tzinfo=UTC)
YEARS = timedelta(days=3650)
KEYS = TokenKeys(["the key of these tests, long enough"])
GENERIC = "This link is not complete, or it is not one of ours."

ids = st.lists(st.integers(1, 2**31 - 1), max_size=40)


def refused(purpose, token, keys=KEYS):
    with pytest.raises(TokenError) as caught:
        keys.open(purpose, token)
    return str(caught.value)


@given(st.sampled_from(Purpose), ids)
def test_a_token_says_what_it_was_made_for(purpose, subject):
    opened = KEYS.open(purpose, KEYS.sign(purpose, subject, NOW))
    assert (opened.purpose, opened.issued, opened.subject) == (purpose, NOW, tuple(subject))


@pytest.mark.parametrize("made_for", Purpose)
def test_a_token_of_one_purpose_never_works_for_another(made_for):
    token = KEYS.sign(made_for, [7], NOW)
    for other in set(Purpose) - {made_for}:
        assert refused(other, token) == GENERIC


def test_an_unsubscribe_link_never_expires():
    token = KEYS.sign(Purpose.UNSUBSCRIBE, [7], NOW)
    assert not KEYS.open(Purpose.UNSUBSCRIBE, token).is_over(NOW + YEARS)


def test_a_confirmation_link_works_for_seven_days_and_no_longer():
    opened = KEYS.open(Purpose.CONFIRM, KEYS.sign(Purpose.CONFIRM, [7], NOW))
    assert not opened.is_over(NOW + timedelta(days=7))
    assert opened.is_over(NOW + timedelta(days=7, seconds=1))


def test_an_old_link_works_after_two_rotations_and_the_newest_key_signs():
    first, second, third = ("first key of three", "second key of three", "third key of three")
    old = TokenKeys([first]).sign(Purpose.UNSUBSCRIBE, [7], NOW)
    rotated = TokenKeys([third, second, first])
    assert rotated.open(Purpose.UNSUBSCRIBE, old).subject == (7,)
    new = rotated.sign(Purpose.UNSUBSCRIBE, [8], NOW)
    assert TokenKeys([third]).open(Purpose.UNSUBSCRIBE, new).subject == (8,)
    assert refused(Purpose.UNSUBSCRIBE, new, keys=TokenKeys([second, first])) == GENERIC


def test_a_link_dies_with_its_key():
    token = KEYS.sign(Purpose.UNSUBSCRIBE, [7], NOW)
    assert refused(Purpose.UNSUBSCRIBE, token, keys=TokenKeys(["another key altogether"])) == GENERIC


def test_a_link_for_very_many_subscriptions_still_works():
    subject = list(range(100_000, 900_000, 797))
    token = KEYS.sign(Purpose.UNSUBSCRIBE, subject, NOW)
    assert KEYS.open(Purpose.UNSUBSCRIBE, token).subject == tuple(subject)


@given(st.data())
def test_a_cut_link_is_refused_with_the_same_sentence(data):
    token = KEYS.sign(Purpose.UNSUBSCRIBE, [7, 8], NOW)
    at = data.draw(st.integers(0, len(token) - 1))
    assert refused(Purpose.UNSUBSCRIBE, token[:at]) == GENERIC


@given(st.text(min_size=1))
def test_an_extended_link_is_refused_with_the_same_sentence(more):
    token = KEYS.sign(Purpose.UNSUBSCRIBE, [7, 8], NOW)
    assert refused(Purpose.UNSUBSCRIBE, token + more) == GENERIC
    assert refused(Purpose.UNSUBSCRIBE, more + token) == GENERIC


@given(st.text() | st.from_regex(r"[A-Za-z0-9_.-]{20,200}", fullmatch=True), st.sampled_from(Purpose))
def test_garbage_raises_nothing_but_a_token_error(garbage, purpose):
    assert refused(purpose, garbage) == GENERIC


@given(st.data(), st.characters(categories=["L", "N", "P"]))
def test_a_changed_link_names_nobody_else(data, sign):
    # The last character of a signature has bits that mean nothing; what the link is good for cannot change.
    token = KEYS.sign(Purpose.UNSUBSCRIBE, [7, 8], NOW)
    at = data.draw(st.integers(0, len(token) - 1))
    with suppress(TokenError):
        assert KEYS.open(Purpose.UNSUBSCRIBE, token[:at] + sign + token[at + 1 :]).subject == (7, 8)


@pytest.mark.parametrize(
    "content", [[], [1], [1, 2], [2, 1, [7]], [1, "x", [7]], [1, 1e400, [7]], {"a": 1}, "text", None]
)
def test_a_well_signed_token_of_another_form_is_refused(content):
    token = KEYS._serializers[Purpose.CONFIRM].dumps(content)
    assert refused(Purpose.CONFIRM, token) == GENERIC


def test_a_token_is_safe_in_a_link_and_says_no_address():
    token = KEYS.sign(Purpose.UNSUBSCRIBE, range(1, 60), NOW)
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")
