"""Forms: what can be used comes out as values, and each wrong field gets one sentence; hostile text is only text."""

from dataclasses import fields
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from starlette.datastructures import FormData

from notifier.storage.models import Every
from notifier.storage.subscribers import Wanted
from notifier.web import forms

RIGHT = [("email", "jane@example.org"), ("study", "NCT90000001"), ("consent", "yes")]
NOON = datetime(2027, 1, 12, 12, tzinfo=UTC)


def read(*changes, without=()):
    changed = {name for name, _ in changes}
    kept = [(name, text) for name, text in RIGHT if name not in changed and name not in without]
    found = forms.read_sign_up(FormData([*kept, *changes]))
    if isinstance(found, dict):
        return found
    person, wanted, choice = found
    said = {each.name: getattr(of, each.name) for of in (person, choice) for each in fields(of)}
    return SimpleNamespace(**said, wanted=tuple(wanted))


def wrong(*changes, without=()):
    """The fields that are wrong; each has a sentence."""
    errors = read(*changes, without=without)
    assert all(text[0].isupper() and text.endswith(".") for text in errors.values()), errors
    return set(errors)


def test_a_whole_form_is_a_sign_up():
    found = read(("condition", " Knee  Pain "), ("every", "weekly"), ("language", "da-DK"))
    assert found.wanted == (Wanted(nct_id="NCT90000001"), Wanted(condition="Knee Pain", query="knee pain"))
    assert (found.address.key, found.every, found.language) == ("jane@example.org", Every.WEEKLY, "da")


def test_what_is_not_said_is_the_usual():
    found = read()
    assert (found.every, found.language, found.time_zone) == (Every.IMMEDIATE, None, None)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("email", ""),
        ("email", "jane"),
        ("email", "jane@"),
        ("email", "jane@example.org\r\nBcc: joe@example.org"),
        ("email", "jane@exa\0mple.org"),
        ("email", "\u202ejane@example.org, joe@example.org"),
        ("email", "j" * 400 + "@example.org"),
        ("study", "NCT1"),
        ("study", "<script>alert(1)</script>"),
        ("condition", "***"),
        ("condition", "x " * 500),
        ("every", "hourly"),
        ("language", "tlh"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("consent", "no"),
    ],
)
def test_a_wrong_field_gets_a_sentence_and_no_other_does(field, text):
    assert wrong((field, text)) == {field}


def test_a_number_of_a_study_typed_as_a_condition_is_the_study():
    found = read(("condition", "nct90000002"), ("condition", "NCT90000001")).wanted
    assert [each.nct_id for each in found] == ["NCT90000001", "NCT90000002"]


def test_something_must_be_chosen_and_agreed_to():
    assert wrong(without=("study", "consent")) == {"study", "consent"}


def test_a_field_that_was_sent_twice_must_say_the_same():
    assert wrong(("email", "jane@example.org"), ("email", "joe@example.org")) == {"email"}
    assert read(("email", "jane@example.org"), ("email", "jane@example.org")).wanted


def test_so_many_conditions_are_too_many():
    many = [("condition", f"condition {number}") for number in range(forms.MOST_CONDITIONS + 1)]
    assert wrong(*many) == {"condition"}


def test_a_condition_spelt_in_two_ways_is_one():
    found = read(("condition", "Knee pain"), ("condition", "knee PAIN"), without=("study",))
    assert [topic.query for topic in found.wanted] == ["knee pain"]


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Jane+trials@Example.org", "jane+trials@example.org"),
        ("jane@bücher.example", "jane@xn--bcher-kva.example"),
        ("ørsted@example.org", "ørsted@example.org"),
        (" jane@example.org\t", "jane@example.org"),
    ],
)
def test_real_addresses_are_taken(typed, key):
    assert read(("email", typed)).address.key == key


def test_the_form_is_shown_again_with_all_that_was_typed():
    sent = FormData([("email", "jane"), ("about", "NCT90000001"), ("condition", "Mine"), ("every", "daily")])
    again = forms.typed_sign_up(sent, "token", ["Knee  Pain"], {"email": "No."})
    assert (again.email, again.about, again.study, again.every) == ("jane", "NCT90000001", "", "daily")
    assert (again.offered, again.own, again.consent) == (("Knee Pain",), ("Mine",), False)


def test_on_a_studys_page_the_study_is_ticked_and_nothing_else():
    form = forms.sign_up_form("token", "NCT90000001", ["Knee Pain", "Knee Pain"])
    assert (form.study, form.offered, form.conditions, form.consent) == (
        "NCT90000001",
        ("Knee Pain",),
        (),
        False,
    )


def read_day(typed, zone="Europe/Copenhagen"):
    return forms.read_day(FormData([("until", typed)]), NOON, zone)


def test_a_day_begins_by_the_persons_clock():
    assert read_day("2027-03-01") == datetime(2027, 2, 28, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "typed", ["", "soon", "2027-02-30", "2027-01-12", "2020-01-01", "2040-01-01", "9999-12-31"]
)
def test_a_day_that_is_none_or_not_to_come_gets_a_sentence(typed):
    assert read_day(typed).keys() == {"until"}
