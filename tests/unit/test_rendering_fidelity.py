"""Nothing leaves that the store does not say: planted numbers, dates and names are caught, right mails pass."""

import gzip
import json
import shutil

import mails
import pytest
from hypothesis import given, settings
from hypothesis.strategies import text
from mails import TYPICAL, renderer

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
        ("new_study", "Denmark (2)", "Denmark (3)", "3"),
        ("opens", "NCT97426250", "NCT97426205", "97426205"),
        ("opens", "on 12 January 2027", "on 13 February 2027", "13 February 2027"),
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


@pytest.mark.parametrize("language", ["en", "de"])
def test_real_records_pass(language):
    """Every pair of real records makes a mail, or has nothing to tell; none is held."""
    source = mails.ROOT.parent / "shared/registry/pairs.jsonl.gz"
    if not source.exists():
        pytest.skip("the real records are not on this machine")
    with gzip.open(source) as lines:
        pairs = [json.loads(line) for line in lines]
    for pair in pairs:
        entry = mails.entry(pair["old"], pair["new"])
        if entry.told:
            made = RENDERER.render(mails.letter(entry, language=language))
            assert made.told == (pair["nctId"],)
