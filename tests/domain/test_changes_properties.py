"""What holds for any edit of a record, tried with edits at random."""

import re
import unicodedata
from collections import Counter
from contextlib import suppress
from copy import deepcopy
from random import Random

import mails
import pytest
from applying import applied
from factories import a_record, raw
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.domain.changes import Kind, Weight, detect, fingerprint, watched
from notifier.domain.study import decode
from notifier.errors import RecordUnreadable, UntrueError

RECORD = a_record()
RENDERER = mails.renderer()
quickly = settings(max_examples=60, deadline=None)
chance = st.integers(0, 2**32).map(Random)
# Whole numbers from 2 on: Python holds 1 and True for equal, JSON does not.
leaves = (
    st.none()
    | st.booleans()
    | st.integers(2, 9)
    | st.sampled_from([2.5, 10**30, "RECRUITING", "RESULT", "2026-01", "NCT90000002"])
    | st.text("ab *\\<>&-\n2é", max_size=8)
)
KEYS = [
    "name", "city", "facility", "status", "type", "date", "count", "contacts", "phone", "email", "citation", "url", "label",
    "pmid", "interventionNames",
]  # fmt: skip
values = st.recursive(
    leaves,
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.sampled_from(KEYS), parts, max_size=3),
    max_leaves=6,
)


def nodes(value, above=None, key=None):
    """Every place in a record that can be set anew."""
    if above is not None:
        yield above, key
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in list(parts):
        yield from nodes(part, value, name)


def edited(record, value, rng):
    """The record with one place at random set to the value, taken out, or doubled."""
    record = deepcopy(record)
    above, key = rng.choice(list(nodes(record)))
    how = rng.randrange(3)
    if how == 0:
        above[key] = value
    elif how == 1:
        del above[key]
    elif isinstance(above, list):
        above.append(deepcopy(above[key]))
    else:
        above["surprise"] = value
    return record


def shuffled(value, rng):
    if isinstance(value, dict):
        return {key: shuffled(part, rng) for key, part in rng.sample(list(value.items()), len(value))}
    if isinstance(value, list):
        return [shuffled(part, rng) for part in rng.sample(value, len(value))]
    return value


def dressed(value, rng):
    if isinstance(value, str):
        # A dash that comes to stand at the start of a line would be a bullet.
        wide = re.sub(" (?![-*])", rng.choice([" ", "  ", " \r\n"]), unicodedata.normalize("NFD", value))
        return rng.choice([" {}", "{}\n", "\t{}  ", "{}\u200b", "\xa0{}"]).format(wide)
    if isinstance(value, dict):
        return {key: dressed(part, rng) for key, part in value.items()}
    return [dressed(part, rng) for part in value] if isinstance(value, list) else value


@quickly
@given(chance)
def test_the_order_of_lists_is_never_reported(rng):
    assert detect(RECORD, shuffled(RECORD, rng)).changes == ()


@quickly
@given(chance)
def test_white_space_and_unicode_form_are_never_reported(rng):
    assert detect(RECORD, dressed(RECORD, rng)).changes == ()


@quickly
@given(
    values,
    st.sampled_from(["miscInfoModule", "conditionBrowseModule", "interventionBrowseModule", "newModule"]),
)
def test_the_derived_section_is_never_reported(value, module):
    after = deepcopy(RECORD)
    after["derivedSection"][module] = value
    assert detect(RECORD, after).changes == ()
    assert fingerprint(RECORD) == fingerprint(after)


@quickly
@given(st.lists(values, max_size=4), chance)
def test_nothing_differs_from_itself(edits, rng):
    record = RECORD
    for value in edits:
        record = edited(record, value, rng)
    difference = detect(record, deepcopy(record))
    assert (difference.changes, difference.noise) == ((), {})


@settings(max_examples=250, deadline=None)
@given(st.lists(values, min_size=1, max_size=4), chance)
def test_every_difference_is_a_change_or_a_named_noise_and_leads_to_the_new_record(edits, rng):
    before = after = RECORD
    for value in edits:
        before, after = after, edited(after, value, rng)
    difference = detect(before, after)
    assert (before == after) is not (difference.changes or difference.noise)
    assert applied(watched(before), difference.changes) == watched(after)
    assert (fingerprint(before) == fingerprint(after)) is (not difference.changes)


@settings(max_examples=100, deadline=None)
@given(st.lists(values, min_size=1, max_size=4), chance)
def test_whatever_a_record_holds_it_is_told_or_held_with_a_reason(edits, rng):
    before = after = RECORD
    for value in edits:
        before, after = after, edited(after, value, rng)
    try:
        study = decode(raw(after))
    except RecordUnreadable:
        return
    if news := detect(before, after).news:
        entry = mails.Entry(study, mails.FIRST_SEEN, mails.told(news, study), (mails.reason(),))
        with suppress(
            UntrueError
        ):  # a wrong type can stand where the record has no text: then it is not sent
            RENDERER.render(mails.letter(entry))


few = st.lists(st.sampled_from("ABCDEF"), max_size=12)


@settings(max_examples=300, deadline=None)
@given(few, few)
def test_of_entries_that_come_more_than_once_as_many_are_told_as_differ(before, after):
    ours, theirs = a_record(nctIdAliases=before), a_record(nctIdAliases=after)
    changes = detect(ours, theirs).changes
    for told, mine, yours in (
        ([change.before for change in changes if change.after is None], before, after),
        ([change.after for change in changes if change.before is None], after, before),
    ):
        assert Counter(told) == Counter(mine) - Counter(yours)
        rest = iter(mine)
        assert all(one in rest for one in told)  # in the order of their list


@quickly
@given(values, chance)
def test_bytes_and_records_are_compared_alike(value, rng):
    after = edited(RECORD, value, rng)
    assert detect(raw(RECORD), raw(after)) == detect(RECORD, after)


def at(record, path):
    for key in path.split("."):
        record = record[key]
    return record


def other(value):
    """A value of the same sort that says something else."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 7
    if isinstance(value, str):
        return f"{value} zebra"
    if isinstance(value, list):
        return [other(value[0]), *value[1:]]
    key = next(iter(value))
    return value | {key: other(value[key])}


NAMED = sorted({path for kind in Kind for path in kind.paths})


@pytest.mark.parametrize("path", NAMED)
def test_an_edit_of_a_named_path_reports_a_kind_of_that_path(path):
    after = deepcopy(RECORD)
    above, _, key = path.rpartition(".")
    holder = at(after, above) if above else after
    holder[key] = other(holder[key])
    kinds = {change.kind for change in detect(RECORD, after).changes}
    assert kinds
    assert kinds <= {kind for kind in Kind if path in kind.paths}


@pytest.mark.parametrize("path", NAMED)
def test_a_named_path_that_comes_or_goes_is_told(path):
    without = deepcopy(RECORD)
    above, _, key = path.rpartition(".")
    del (at(without, above) if above else without)[key]
    for difference in (detect(RECORD, without), detect(without, RECORD)):
        kinds = {change.kind for change in difference.changes}
        assert kinds
        assert kinds <= {kind for kind in Kind for each in kind.paths if f"{each}.".startswith(f"{path}.")}


def test_a_path_that_no_row_names_is_minor_and_kept():
    after = deepcopy(RECORD)
    after["protocolSection"]["eligibilityModule"]["shoeSize"] = "44"
    (change,) = detect(RECORD, after).changes
    assert (change.kind, change.weight) == (Kind.OTHER, Weight.MINOR)
    assert (change.path, change.after) == ("protocolSection.eligibilityModule.shoeSize", "44")
