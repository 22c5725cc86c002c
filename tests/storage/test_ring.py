"""The keys that seal addresses: what they hide, what they find, and what opens after a new one came."""

import pytest
from sqlalchemy import String
from sqlalchemy.dialects import postgresql, sqlite

from notifier.errors import StoreError
from notifier.storage.encryption.keys import Ring
from notifier.storage.models import columns

OLD, NEW = "an old key of an admin, long", "a new key of an admin, long"
JANE = "jane@bücher.example.org"


def test_a_sealed_address_opens_and_is_another_text_each_time():
    ring = Ring([OLD])
    one, two = ring.seal(JANE), ring.seal(JANE)
    assert one != two
    assert ring.open(one) == ring.open(two) == JANE


def test_what_is_looked_up_is_one_text_of_a_ring_and_another_of_another():
    assert Ring([OLD]).find(JANE) == Ring([OLD]).find(JANE) != Ring([NEW]).find(JANE)
    assert Ring([OLD]).open(Ring([OLD]).find(JANE)) == JANE


def test_the_length_of_a_sealed_text_says_nothing_of_an_address():
    ring = Ring([OLD])
    for make in (ring.seal, ring.find):
        assert len({len(make("a" * length + "@example.org")) for length in (1, 20, 50)}) == 1


def test_the_longest_address_fits_into_its_columns():
    ring, longest = Ring([OLD]), "a" * 64 + "@" + "b" * 185 + ".org"
    assert max(len(ring.seal(longest)), len(ring.find(longest))) + len("sealed:") <= columns.LONGEST


def test_of_a_domain_only_a_large_provider_is_named():
    ring = Ring([OLD])
    assert ring.seal("jane@gmail.com").startswith("google:")
    assert ring.seal("jane@a-rare-domain.example").startswith("other:")


def test_the_newest_key_seals_and_every_key_opens():
    before, after = Ring([OLD]), Ring([NEW, OLD])
    assert [after.open(each) for each in (before.seal(JANE), before.find(JANE))] == [JANE, JANE]
    assert not after.is_newest(before.seal(JANE))
    assert after.is_newest(after.seal(JANE))


@pytest.mark.parametrize("make", ["seal", "find"])
def test_a_key_that_is_not_there_is_said_without_the_address(make):
    stored = getattr(Ring([OLD]), make)(JANE)
    with pytest.raises(StoreError, match="NOTIFIER_ADDRESS_KEYS") as caught:
        Ring([NEW]).open(stored)
    assert "jane" not in str(caught.value)


@pytest.mark.parametrize(
    ("dialect", "length"), [(sqlite.dialect(), 320), (postgresql.dialect(), columns.LONGEST)]
)
def test_a_column_has_room_where_room_is_counted(dialect, length):
    kind = columns.Sealed("find", 320).load_dialect_impl(dialect)
    assert isinstance(kind, String)
    assert kind.length == length
