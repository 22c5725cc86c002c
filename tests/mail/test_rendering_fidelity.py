"""Nothing leaves that the store does not say: planted numbers, dates and names are caught, right mails pass."""

import gzip
import json
import shutil
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count, pairwise
from typing import get_type_hints

import mails
import pytest
from hypothesis import given, settings
from hypothesis.strategies import text
from mails import TYPICAL, renderer

from notifier.demo import day
from notifier.domain.letter import (
    UNSAID,
    Agreement,
    Correction,
    Entry,
    Letter,
    Past,
    Reason,
    Silence,
    Story,
    Told,
)
from notifier.domain.study import Study
from notifier.domain.wording import speech
from notifier.errors import RenderError
from notifier.mail.render.fidelity import strangers

RENDERER = renderer()
HOUSE = ["Example Patients' Association", "1 Example Street, 8000 Aarhus C, Denmark"]


def found(name, *swap, declared=()):
    """What is strange in a typical mail when one word of it was swapped for another."""
    letter = TYPICAL[name]()
    text = RENDERER.render(letter).text
    for old, new in [swap] if swap else []:
        assert old in text
        text = text.replace(old, new)
    links = [word for word in text.split() if word.startswith("https://")]
    return strangers(text, letter, speech(letter.language), [*links, *HOUSE, *declared])


@pytest.mark.parametrize("name", TYPICAL)
def test_right_mails_pass(name):
    assert RENDERER.render(TYPICAL[name]()).content


@pytest.mark.parametrize(
    ("name", "right", "wrong", "caught"),
    [
        ("stops_early", "12 of 500", "13 of 500", "13"),
        ("new_study", "500 people", "501 people", "501"),
        ("new_study", "From 18 years", "From 17 years", "17"),
        ("opens", "NCT97426250", "NCT97426205", "97426205"),
        ("opens", "(12 January 2027)", "(13 February 2027)", "13 February 2027"),
        ("opens", "first seen 27 June 2026", "first seen 28 June 2026", "28 June 2026"),
        ("end_moves", "March 2029", "April 2029", "April 2029"),
        ("end_moves", "Now: March 2029", "Now: 1 March 2029", "1 March 2029"),
        ("opens", "Karen Holm", "Karen Berg", "Berg"),
        ("place_opens_and_closes", "Copenhagen", "Stockholm", "Stockholm"),
        ("place_opens_and_closes", "Germany", "France", "France"),
        ("opens_da", "12. januar 2027", "12. marts 2027", "12. marts 2027"),
        ("stops_early_de", "12. Januar 2027", "21. Januar 2027", "21. Januar 2027"),
        ("still_watching", "58 of 60", "59 of 60", "59"),
        ("still_watching", "and 5 February", "and 6 February", "6 February 2027"),
        ("who_can_join", "last 6 months", "last 16 months", "16"),
    ],
)
def test_a_planted_number_date_or_name_is_caught(name, right, wrong, caught):
    declared = ["9", "third", "14"] if name == "end_moves" else ["2"] if "Denmark (" in right else ["2", "5"]
    assert caught in found(name, right, wrong, declared=declared)


def test_counted_numbers_must_be_declared():
    assert found("end_moves") == ("9", "14")
    assert found("end_moves", declared=["9", "14"]) == ()


@pytest.mark.parametrize(
    ("planted", "token"),
    [("Dr Evil says so.", "Evil"), ("Call 112 now.", "112"), ("It ends on 1 May 2031.", "1 May 2031")],
)
def test_a_template_that_invents_something_makes_no_mail(tmp_path, planted, token):
    shutil.copytree(mails.ROOT / "templates", tmp_path / "templates")
    body = tmp_path / "templates/update/body.txt"
    body.write_text(body.read_text() + planted)
    with pytest.raises(RenderError, match=rf"it says .*{token}.*, which is not in the stored record"):
        renderer(tmp_path / "templates").render(mails.opens())


def test_the_error_names_the_mail_and_no_address(tmp_path):
    shutil.copytree(mails.ROOT / "templates", tmp_path / "templates")
    (tmp_path / "templates/update/body.txt").write_text("Wonderland awaits.")
    with pytest.raises(RenderError, match="The mail 7 is held") as caught:
        renderer(tmp_path / "templates").render(mails.opens())
    assert "@" not in str(caught.value)


@settings(max_examples=60, deadline=None)
@given(text(min_size=1, max_size=60), text(max_size=60))
def test_whatever_a_record_says_is_no_stranger_in_its_own_mail(title, why):
    before = mails.record(briefTitle=title, overallStatus="RECRUITING")
    after = mails.record(briefTitle=title, overallStatus="TERMINATED", whyStopped=why)
    assert RENDERER.render(mails.letter(mails.entry(before, after))).told == (mails.NCT,)


def test_a_number_may_be_written_with_its_thousands_set_apart():
    letter = mails.several_weekly()
    assert "1,200 people planned" in RENDERER.render(letter).text


def test_dates_in_the_registrys_own_words_pass_in_every_language():
    why = "Stopped in March 2024 after review on 5 April 2024."
    before = mails.record(overallStatus="RECRUITING")
    after = mails.record(overallStatus="TERMINATED", whyStopped=why)
    for language in ("en", "da", "de"):
        rendered = RENDERER.render(mails.letter(mails.entry(before, after), language=language))
        assert "5 April 2024" in " ".join(rendered.text.split())


def test_entities_and_accents_of_a_record_are_no_strangers():
    before = mails.record(overallStatus="RECRUITING")
    after = mails.record(overallStatus="TERMINATED", whyStopped="Caf&eacute; Zoe\u0301 closed; \\>10 left")
    assert "Café Zoé closed; >10 left" in RENDERER.render(mails.letter(mails.entry(before, after))).text


def pairs_of(days):
    """Two versions of each study that moved from one day to the next."""
    versions = [
        {record["protocolSection"]["identificationModule"]["nctId"]: record for record in day} for day in days
    ]
    return [(old[i], new[i]) for old, new in pairwise(versions) for i in old.keys() & new.keys()]


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("records", ["made", "real"])
def test_records_pass(records, language):
    """Every pair of records makes a mail, or has nothing to tell; none is held."""
    source = mails.ROOT.parent / "shared/registry/pairs.jsonl.gz"
    if records == "made":
        pairs = pairs_of([day.baseline(), day.next_day(), day.day_after()])
    elif not source.exists():
        pytest.skip("the real records are not on this machine")
    else:
        with gzip.open(source) as lines:
            pairs = [(pair["old"], pair["new"]) for pair in map(json.loads, lines)]
    told = [entry for entry in (mails.entry(*pair) for pair in pairs) if entry.told]
    assert len(told) > 2
    for entry in told:
        assert RENDERER.render(mails.letter(entry, language=language)).told == (entry.study.nct_id,)


def with_days_of_their_own(value, days):
    """The same, with another day in each field that holds one, so that none is known by the way."""
    if isinstance(value, datetime):
        return value.replace(month=1, day=1) + timedelta(days=next(days))
    if isinstance(value, date):
        return date(2031, 1, 1) + timedelta(days=next(days))
    if isinstance(value, tuple):
        return tuple(with_days_of_their_own(one, days) for one in value)
    if isinstance(value, Study) or not is_dataclass(value):
        return value
    its = {one.name: getattr(value, one.name) for one in fields(value)}
    if isinstance(value, Told) and value.posted:
        its["posted"] = (date(2032, 1, 1) + timedelta(days=next(days))).isoformat()
    return replace(value, **{name: with_days_of_their_own(one, days) for name, one in its.items()})


@pytest.mark.parametrize("name", TYPICAL)
def test_whenever_a_thing_was_posted_seen_asked_for_and_mailed_the_mail_is_true(name):
    for zone in ("Europe/Copenhagen", "Pacific/Kiritimati", "America/Los_Angeles"):
        letter = replace(with_days_of_their_own(TYPICAL[name](), count(1)), time_zone=zone)
        assert RENDERER.render(letter).content, zone


def planted(kind, number):
    """Something of this class in whose every field stands something else; what each may be said as."""
    said, hints = {}, get_type_hints(kind)
    for one in (each for each in fields(kind) if UNSAID not in each.metadata):
        value = SAMPLES.get(hints[one.name])
        if value is not None:
            said[one.name] = value(next(number))
    return said


SAMPLES = {
    str: lambda number: f"Word{'abcdefghijklmnopqrstuvwxyz'[number % 26] * 3}{'x' * number}",
    str | None: lambda number: (date(2033, 1, 1) + timedelta(days=number)).isoformat(),
    int: lambda number: 70_000 + number,
    int | None: lambda number: 70_000 + number,
    datetime: lambda number: datetime(2034, 1, 1, tzinfo=UTC) + timedelta(days=number),
    datetime | None: lambda number: datetime(2034, 1, 1, tzinfo=UTC) + timedelta(days=number),
    date: lambda number: date(2035, 1, 1) + timedelta(days=number),
    tuple[date, ...]: lambda number: (date(2036, 1, 1) + timedelta(days=number),),
    tuple[date, date] | None: lambda number: (date(2037, 1, 1) + timedelta(days=number), date(2037, 1, 1)),
}


@pytest.mark.parametrize("kind", [Reason, Told, Entry, Silence, Past, Story, Agreement, Correction, Letter])
def test_the_gate_knows_every_field_of_a_letter_that_a_sentence_may_print(kind):
    letter = replace(
        mails.opens(),
        silence=mails.still_watching().silence,
        stories=(mails.welcome().stories[0], mails.stopped()),
        agreements=(Agreement("Yes.", mails.ASKED),),
        correction=Correction("Wrong.", mails.ASKED),
    )
    with_past = replace(letter.stories[0], past=(Past(letter.entries[0].study, letter.entries[0].told),))
    letter = replace(letter, stories=(with_past, *letter.stories[1:]))
    said = planted(kind, count(1))
    swapped, spoken = swap(letter, kind, said), speech("en")
    for name, value in said.items():
        for one in value if isinstance(value, tuple) else (value,):
            text = (
                spoken.day(one)
                if isinstance(one, date)
                else spoken.date(one)
                if isinstance(one, str)
                else one
            )
            assert strangers(f"{text}.", swapped, spoken, ()) == (), (name, one)
            assert strangers(f"{text}.", letter, spoken, ()) != (), (name, one)


def swap(value, kind, said):
    """The letter with these fields in everything of this class in it."""
    if isinstance(value, tuple):
        return tuple(swap(one, kind, said) for one in value)
    if isinstance(value, Study) or not is_dataclass(value):
        return value
    its = {one.name: swap(getattr(value, one.name), kind, said) for one in fields(value)}
    return replace(value, **its | (said if isinstance(value, kind) else {}))


def test_what_no_sentence_prints_is_a_stranger():
    letter = replace(mails.opens(), message_id=81_234, recipient="quixote@example.org")
    assert strangers("81234 Quixote", letter, speech("en"), ()) == ("81234", "Quixote")


def test_a_part_of_a_letter_that_the_gate_cannot_read_is_an_error():
    with pytest.raises(TypeError, match="complex"):
        strangers("Hello.", replace(mails.opens(), away=1j), speech("en"), ())
