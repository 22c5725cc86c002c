"""Our own sentences: complete in every language, plain, short, and without promises."""

import re
from functools import cache

import pytest
from catalogues import SAID
from readability import filled

from notifier.domain.languages import LANGUAGES
from notifier.domain.summaries.measure import grade, longest, sentences
from notifier.domain.summaries.phrases import banned_in
from notifier.domain.summaries.voice import plain, voice
from notifier.domain.wording import catalogue, speech
from notifier.domain.wording.catalogue import MAILS, read, translations

OTHERS = [language for language in LANGUAGES if language != "en"]


@pytest.fixture(scope="module")
def english():
    return sorted(
        {text for message in said(MAILS) for text in ([message] if isinstance(message, str) else message)}
    )


@cache
def said(domain):
    """Every sentence of these, read from the source once."""
    return [*SAID[domain]()]


PLACES_TO_FILL = re.compile(r"%\(\w+\)s")
TAGS = re.compile(r"<[^>]+>")


def forms(message):
    """Each English form with its translation."""
    if isinstance(message.id, str):
        return [(message.id, message.string)]
    return [*zip(message.id, message.string, strict=True)]


EACH = [(language, domain) for language in OTHERS for domain in SAID]


@pytest.mark.parametrize(("language", "domain"), EACH)
def test_every_sentence_is_translated(language, domain):
    known = {
        message.id if isinstance(message.id, str) else message.id[0] for message in read(language, domain)
    }
    wanted = {message if isinstance(message, str) else message[0] for message in said(domain)}
    assert known - {""} == wanted


def test_a_catalogue_is_read_once_for_all_who_say_its_sentences():
    translations.cache_clear()
    speech.cache_clear()
    speech("da")
    assert catalogue.sentences("da")
    assert translations.cache_info().currsize == 1


@pytest.mark.parametrize(("language", "domain"), EACH)
def test_no_translation_is_empty_or_doubtful(language, domain):
    entries = [message for message in read(language, domain) if message.id]
    assert [message.id for message in entries if message.fuzzy] == []
    assert [english for message in entries for english, said in forms(message) if not said] == []


@pytest.mark.parametrize(("language", "domain"), EACH)
def test_translations_have_the_same_places_to_fill_and_the_same_tags(language, domain):
    for message in read(language, domain):
        for english, said in forms(message) if message.id else ():
            for what in (PLACES_TO_FILL, TAGS):
                assert sorted(what.findall(english)) == sorted(what.findall(said)), english


def test_no_sentence_promises_or_presses(english):
    assert [(text, banned_in(text)) for text in english if banned_in(text)] == []


def test_the_test_for_banned_phrases_finds_them():
    assert banned_in("A safe cure?\nDon\u2019t  miss it") == ("safe", "cure", "don't miss")
    assert banned_in("secure, unsafe, obscured, life-saving-ish") == ()


def test_no_sentence_is_longer_than_26_words(english):
    assert [text for text in english if sentences(filled(text)) and longest(filled(text)) > 26] == []


def test_every_sentence_reads_at_grade_8_or_below(english):
    whole = [filled(text) for text in english if text.endswith((".", "?"))]
    assert [(text, round(grade(text), 1)) for text in whole if round(grade(text)) > 8] == []


def test_all_sentences_together_read_at_grade_6_or_below(english):
    assert grade(" ".join(filled(text) for text in english if text.endswith((".", "?")))) <= 6


def test_the_measure_of_reading_tells_hard_from_easy():
    hard = (
        "Notwithstanding investigational considerations, participants' eligibility necessitates verification."
    )
    assert grade(hard) > 15
    assert grade("The dog sat on the mat. It was a big dog.") < 3


def test_our_sentences_hold_no_digits_so_that_the_last_gate_can_check_all_numbers(english):
    assert [text for text in english if re.search(r"\d", text)] == []


def test_german_gives_what_is_named_a_capital_but_not_an_adjective_before_people():
    german = voice("de")
    named = {"what": german.theirs("zolamab"), "people": german.theirs("obese adults")}
    assert (
        plain(german.say("Can %(what)s help %(people)s?", **named)) == "Kann Zolamab bei obese adults helfen?"
    )
