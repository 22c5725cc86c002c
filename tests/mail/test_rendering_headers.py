"""The headers of a mail: how to stop it, what it belongs to, and nothing that tells of its reader."""

import re
from dataclasses import replace

import mails
import pytest
from mail_reading import headers
from mails import LISTED, NCT, TYPICAL, Rendered, entry, letter, named, reason, record, renderer

from notifier.domain.letter import LetterKind, Topic
from notifier.domain.signed_links import Purpose, TokenKeys

RENDERER = renderer()
RENDERED = Rendered(RENDERER)


@pytest.mark.parametrize("name", LISTED)
def test_an_update_can_be_stopped_with_one_click(name):
    found = headers(RENDERED[name])
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = found["List-Unsubscribe"].strip("<>")
    assert link.startswith("https://example.org/unsubscribe/u-")
    assert link in RENDERED[name].text
    assert found["List-Id"] == "Study updates <updates.lists.example.org>"


@pytest.mark.parametrize("name", named(*(kind for kind in LetterKind if kind.manner.asked_for)))
def test_what_somebody_asked_for_has_no_list_headers_and_one_link(name):
    found = headers(RENDERED[name])
    assert [key for key in found if key.startswith("List-") or key == "References"] == []
    assert NCT not in RENDERED[name].text + RENDERED[name].html
    links = {"confirmation": "confirm/c-1", "preferences": "preferences/p-12-3", "contacts": "contacts/c-7"}
    link = links[name.partition("_")[0]]
    assert re.findall(r"https?://\S+", RENDERED[name].text) == [f"https://example.org/{link}-token"]


def test_a_confirmation_repeats_nothing_that_somebody_typed():
    typed = reason(1, "BUY PILLS at https://spam.example", topic=Topic.CONDITION)
    made = RENDERER.render(replace(mails.confirmation(), reasons=(typed,)))
    assert b"spam" not in made.content
    assert "PILLS" not in made.text


@pytest.mark.parametrize("name", TYPICAL)
def test_the_language_stands_in_a_header(name):
    assert headers(RENDERED[name])["Content-Language"] == {"da": "da", "de": "de"}.get(name[-2:], "en")


def test_mails_on_one_study_make_a_thread_that_names_nobody():
    thread = headers(RENDERED["opens"])["References"]
    assert thread == headers(RENDERED["stops_early"])["References"]
    assert re.fullmatch(r"<study-[0-9a-f]{32}@lists\.example\.org>", thread)
    assert headers(RENDERED["several_weekly"])["References"] is None


def test_another_study_or_key_makes_another_thread():
    other = record("NCT97426259"), record("NCT97426259", overallStatus="RECRUITING")
    thread = headers(RENDERED["opens"])["References"]
    assert headers(RENDERER.render(letter(entry(*other))))["References"] != thread
    assert headers(renderer(thread_key="secret").render(mails.opens()))["References"] != thread


def test_links_are_signed_for_their_purpose_by_real_keys():
    keys = TokenKeys(["a-key-that-is-long-enough"])
    made = renderer(sign=keys.sign).render(mails.several_weekly())
    token = headers(made)["List-Unsubscribe"].strip("<>").rpartition("/")[2]
    assert set(keys.open(Purpose.UNSUBSCRIBE, token).subject) == {1, 2, 3, 4}
    confirm = re.search(r"/confirm/(\S+)", renderer(sign=keys.sign).render(mails.confirmation()).text)[1]
    assert keys.open(Purpose.CONFIRM, confirm).subject == (1,)


def test_the_same_letter_makes_the_same_bytes():
    assert (
        RENDERER.render(mails.several_weekly()).content == renderer().render(mails.several_weekly()).content
    )


def test_a_house_without_name_and_address_leaves_them_out():
    made = renderer(organisation=None, postal_address=None).render(mails.opens())
    assert "None" not in made.text + made.html
