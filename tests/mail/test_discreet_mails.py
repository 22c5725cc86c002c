"""Mails whose body names nothing (P18, all of it): no title, topic, number or place in any part, header or link."""

import base64
import re
from dataclasses import replace
from email import message_from_bytes, policy

import mails
import pytest
from mails import NCT, TYPICAL

from notifier.domain.changes import Kind, Weight
from notifier.domain.letter import LetterKind
from notifier.domain.signed_links import Purpose, TokenKeys

KEYS = TokenKeys(["a-key-for-tests-only"])
RENDERER = mails.renderer(sign=KEYS.sign, thread_key="secret", postal_address="1 Example Street, Dublin")
#: Words of the invented studies and of what is followed, and what points to a registry.
TRACES = (
    "nct", "97426250", "blood", "cancer", "oligometastatic", "ctdna", "walking", "camomile", "knee", "aarhus", "odense",
    "holm", "example university", "clinicaltrials", "/studies/", "recruiting", "registry",
)  # fmt: skip
OF_NEWS = [name for name, make in TYPICAL.items() if not make().kind.manner.asked_for]


def made(name, **changes):
    return RENDERER.render(replace(TYPICAL[name](), discreet=True, **changes))


def everything(rendered):
    """All that is on its way: each header and part as it is read, and what each link's token says."""
    mail = message_from_bytes(rendered.content, policy=policy.default)
    said = [f"{name}: {value}" for name, value in mail.items()]
    said += [part.get_content() for part in mail.walk() if not part.is_multipart()]
    text = "\n".join(said)
    for token in re.findall(r"https?://\S+?/(?:mail|unsubscribe)/([\w-]+)", text):
        said.append(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("latin-1"))
    return "\n".join(said).casefold()


@pytest.mark.parametrize("name", OF_NEWS)
def test_nothing_of_what_is_followed_stands_anywhere_in_it(name):
    said = everything(made(name))
    letter = TYPICAL[name]()
    words = {reason.label.casefold() for reason in letter.reasons} | {
        reason.note.casefold() for reason in letter.reasons if reason.note
    }
    words |= {entry.study.brief_title.casefold() for entry in letter.entries}
    assert [trace for trace in (*TRACES, *words) if trace in said] == []


@pytest.mark.parametrize("name", OF_NEWS)
def test_a_link_to_its_text_names_the_mail_alone_and_it_can_be_stopped(name):
    rendered, letter = made(name), TYPICAL[name]()
    for part in (rendered.text, rendered.html):
        tokens = re.findall(r"https://example.org/mail/([\w.-]+)", part)
        if letter.silence:  # it says that there is nothing, and there is nothing to read
            assert tokens == []
        else:
            assert KEYS.open(Purpose.MAIL, tokens[0]).subject == (letter.message_id,)
        stop = re.search(r"/unsubscribe/([\w.-]+)", part)[1]
        assert KEYS.open(Purpose.UNSUBSCRIBE, stop).subject == tuple(
            reason.subscription_id for reason in letter.reasons
        )
        assert ["1 Example Street", " 8000 Aarhus C", " Denmark"][0] in part


def test_mails_of_two_people_about_one_study_share_nothing_that_tells_so():
    mail = message_from_bytes(made("opens").content, policy=policy.default)
    assert mail["References"] is None
    assert mail["List-Id"] is not None
    assert message_from_bytes(RENDERER.render(TYPICAL["opens"]()).content)["References"] is not None


@pytest.mark.parametrize(
    ("weight", "says"),
    [
        (Weight.IMPORTANT, "It is important: please read it."),
        (Weight.NOTABLE, "It is worth knowing."),
        (Weight.MINOR, "It is a small edit."),
    ],
)
def test_it_says_how_heavy_the_heaviest_is(weight, says):
    letter = mails.letter(mails.one(Kind.CONTACTS, weight=weight))
    rendered = RENDERER.render(replace(letter, discreet=True))
    assert says in rendered.text
    assert says in rendered.html
    assert rendered.subject == "Something you follow has changed"


@pytest.mark.parametrize("name", [name for name in TYPICAL if name not in OF_NEWS])
def test_what_somebody_asked_for_a_moment_ago_is_as_it_was(name):
    letter = TYPICAL[name]()
    assert made(name).text == RENDERER.render(letter).text


@pytest.mark.parametrize(
    ("of_organisation", "of_person", "titled", "discreet"),
    [
        (False, None, False, False),
        (True, None, False, True),
        (True, None, True, False),  # who wants titles in subjects wants no less inside
        (True, False, False, False),
        (False, True, True, True),
    ],
)
def test_a_person_decides_before_the_organisation(of_organisation, of_person, titled, discreet):
    renderer = mails.renderer(discreet=of_organisation)
    letter = replace(mails.opens(), discreet=of_person, title_in_subject=titled)
    assert ("/mail/" in renderer.render(letter).text) is discreet


def test_what_did_not_fit_into_the_text_behind_the_link_waits_too():
    letter = mails.many(40)
    whole, short = RENDERER.render(letter), RENDERER.render(replace(letter, discreet=True))
    assert short.left_over == whole.left_over != ()
    assert short.told == whole.told


def test_the_text_behind_the_link_is_that_of_the_mail():
    letter = replace(mails.opens(), discreet=True)
    inside, whole = RENDERER.text(letter), RENDERER.render(replace(letter, discreet=False)).html
    assert NCT in inside
    assert re.sub(r"\s+", " ", re.sub("<[^>]+>", "", inside)).strip() in re.sub(
        r"\s+", " ", re.sub("<[^>]+>", "", whole)
    )
    assert "style=" not in inside
    assert "<!--" not in inside


@pytest.mark.parametrize("language", ["da", "de"])
@pytest.mark.parametrize("kind", [LetterKind.UPDATE, LetterKind.WELCOME, LetterKind.CORRECTION])
def test_it_speaks_the_readers_language(kind, language):
    make = {"update": mails.opens, "welcome": mails.welcome, "correction": mails.correction}[kind.value]
    rendered = RENDERER.render(replace(make(language), discreet=True))
    assert "This mail says no more" not in rendered.text
    assert not {"Read it", "Something"} & set(rendered.text.split())
