"""Each mail that goes is kept with the version of the words that it was made with (W15)."""

import shutil
from dataclasses import replace

import mails
import pytest
from mail_reading import headers
from mails import ROOT

from notifier.domain.wording import catalogue
from notifier.mail.render.mime import LONGEST_HEADER_TEXT
from notifier.mail.render.renderer import LENGTH, wording_version


@pytest.fixture
def templates(tmp_path):
    return shutil.copytree(ROOT / "templates", tmp_path / "templates")


def test_the_same_words_have_the_same_version_wherever_they_are(templates):
    assert wording_version(templates) == wording_version(ROOT / "templates")
    assert len(wording_version(templates)) == LENGTH


def test_each_mail_says_with_which_words_it_was_made():
    made = mails.renderer().render(mails.opens())
    assert made.wording == wording_version(ROOT / "templates")


def test_a_subject_is_kept_as_it_was_sent():
    titled = replace(
        mails.letter(
            mails.entry(
                mails.record(briefTitle="A " * 400),
                mails.record(overallStatus="RECRUITING", briefTitle="A " * 400),
            )
        ),
        title_in_subject=True,
    )
    made = mails.renderer().render(titled)
    assert made.subject == headers(made)["Subject"]
    assert len(made.subject) <= LONGEST_HEADER_TEXT


@pytest.mark.parametrize("name", ["update/subject.txt", "_base/why.html", "_base/style.css"])
def test_another_word_is_another_version(templates, name):
    before = wording_version(templates)
    with (templates / name).open("a", encoding="utf-8") as file:
        file.write("x")
    assert wording_version(templates) != before


def test_a_page_is_no_mail(templates):
    before = wording_version(templates)
    (templates / "page/style.css").write_text("x", encoding="utf-8")
    assert wording_version(templates) == before


def test_sentences_count_too(templates, tmp_path):
    sentences = shutil.copytree(catalogue.FOLDER, tmp_path / "locale")
    before = wording_version(templates, sentences)
    with (sentences / "da/LC_MESSAGES/notifier.po").open("a", encoding="utf-8") as file:
        file.write("# another word")
    assert wording_version(templates, sentences) != before == wording_version(templates)
