"""What stands around the studies of a mail: filled in by hand, and yet to the letter what its templates give."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, Environment

from notifier.domain.letter import LetterKind
from notifier.domain.wording import speech
from notifier.mail.render import environment
from notifier.mail.render.fidelity import claims_nothing
from notifier.mail.render.frames import MARK, Frames, Parts, slots
from notifier.mail.render.mime import quoted_printable
from notifier.mail.render.views import ReasonView

TEMPLATES = Path(__file__).parents[2] / "templates"
LINK = "https://updates.example.org/unsubscribe/abc"
words = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" &<>\"'"), min_size=1).map(
    lambda text: " ".join(text.split()) or "x"
)
reasons = st.builds(ReasonView, words, words, st.none() | st.just(f"{LINK}?one=1&two=2"))


def parts(language="en"):
    of_language = environment.environments(TEMPLATES)[language]
    return Parts(
        *(environment.load(of_language, f"{LetterKind.UPDATE}/{file}") for file in environment.FILES)
    )


def made_up(text, html):
    sources = {"subject": "An update", "text": text, "html": html}
    return Parts(*(Environment(loader=DictLoader(sources)).get_template(name) for name in sources))


PARTS = parts()
ONE = ReasonView("You asked for it.", "Stop only this", LINK)


def values(*told, **more):
    return {
        "headline": "It is open now.",
        "away": "",
        "studies": MARK,
        "number": 1,
        "all_found": False,
        "all_new": False,
        "more": "",
        "titled": "",
        "home_url": None,
        "reasons": list(told),
        "unsubscribe_url": LINK,
        "choose_url": None,
        "organisation": "A charity",
        "postal_address": None,
    } | more


def framed(of, given, is_true=lambda said: True):  # noqa: ARG005 - as it is called
    return Frames().of(of, given, is_true)


@given(st.lists(reasons, min_size=1, max_size=3))
def test_a_filled_frame_is_to_the_letter_what_the_templates_give(told):
    given = values(*told)
    above, below = framed(PARTS, given).around(slots(given))
    subject, text, html = PARTS.filled(given)
    assert above.text + f"{MARK}\n" + below.text == text
    assert above.html + f"{MARK}\n" + below.html == html
    assert below.encoded_html == quoted_printable(below.html)
    assert below.encoded_text == quoted_printable(below.text)
    assert below.size == len(below.html.encode())
    assert subject


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("{{ studies }}\n{{ reasons[0].text|upper }}\n", "{{ studies }}\n"),
        ("{{ studies }}\n", "{{ studies }}\n{{ reasons[0].text }}\n"),  # not escaped
        ("{{ reasons[0].text }}\n", "{{ studies }}\n"),  # no place for the studies
        ("{{ studies }}\n{{ reasons[0].text }}{{ reasons[0].text|length }}\n", "{{ studies }}\n"),
    ],
)
def test_templates_that_do_more_with_a_readers_words_are_filled_for_each_mail(text, html):
    assert framed(made_up(text, html), values(ONE)) is None


def test_a_frame_is_made_once_for_all_who_read_the_same_around_their_studies():
    frames, other = Frames(), ReasonView("For another.", "Stop", LINK)
    one = frames.of(PARTS, values(ONE), lambda _: True)
    assert frames.of(PARTS, values(other), lambda _: True) is one
    assert frames.of(PARTS, values(other, headline="It is closed."), lambda _: True) is not one
    assert frames.of(PARTS, values(ReasonView("Alone.", "Stop", None)), lambda _: True) is not one


def test_what_is_not_true_in_any_mail_is_checked_in_each():
    assert framed(PARTS, values(ONE), lambda _: True).said == ""
    asked = framed(PARTS, values(ONE, headline="It now asks for 40."), lambda said: "40" not in said)
    assert "It now asks for 40." in asked.said
    assert ONE.text not in asked.said


@pytest.mark.parametrize("text", ["Now 40 people.", "Ask Novartis.", "Since 3 May 2026."])
def test_a_number_a_name_or_a_date_is_not_true_in_any_mail(text):
    assert not claims_nothing(text, speech("en"), ["A charity"])
    assert claims_nothing(text, speech("en"), [text])


def test_our_own_sentences_are_true_in_any_mail():
    assert claims_nothing("Why you get this mail\n\nA charity", speech("en"), ["A charity"])
