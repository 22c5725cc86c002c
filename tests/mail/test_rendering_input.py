"""Too much, or wrong: what does not fit waits, nasty text is harmless, and faults are one clear sentence."""

import re
import shutil
from dataclasses import replace

import mails
import pytest
from mail_reading import headers, plain, read
from mails import NCT, Rendered, entry, letter, reason, record, renderer
from structlog.testing import capture_logs

from notifier.domain.changes import Kind
from notifier.domain.wording import speech
from notifier.errors import RenderError
from notifier.mail.render import environment
from notifier.mail.render.environment import wrapped
from notifier.mail.render.views import MOST_ENTRIES, MOST_HTML

RENDERER = renderer()
RENDERED = Rendered(RENDERER)
NASTY = (
    "ECOG <2 & age <18 \"quoted\" 'single' </td></table><script>alert(1)</script> {{ 7+7 }} {% raise %} "
    "=?utf-8?q?a=0D=0ABcc:_x@y.z?= \u202ertl\u202c \u200bzero %(date)s"
)


# Size


def test_a_mail_tells_of_25_studies_at_most_and_says_how_many_wait():
    made = RENDERER.render(mails.many(31))
    assert len(made.told) <= MOST_ENTRIES
    assert len(made.told) + len(made.left_over) == 31
    assert f"And {len(made.left_over)} more studies have changes." in plain(made.text)
    assert set(made.told).isdisjoint(made.left_over)


def test_the_html_stays_below_its_limit_and_nothing_is_lost():
    made = RENDERER.render(mails.many(25, briefTitle="A long title of a study " * 120))
    assert len(made.html.encode()) <= MOST_HTML
    assert 1 <= len(made.told) < 25
    assert len(made.told) + len(made.left_over) == 25


def test_one_study_that_is_too_long_is_cut_and_says_so():
    rules = "Inclusion Criteria:\n\n" + "\n".join(f"* Rule {i} about something else {i}" for i in range(900))
    made = RENDERER.render(
        letter(entry(record(eligibilityCriteria=CRITERION), record(eligibilityCriteria=rules)))
    )
    assert len(made.html.encode()) <= MOST_HTML
    assert "This is too long for a mail. The full record has it all." in plain(made.text)
    assert re.search(r"And \d+ more lines\.", plain(made.text))
    assert made.told == (NCT,)


CRITERION = "Inclusion Criteria:\n\n* One rule"


def test_a_title_of_5000_characters_arrives_whole():
    title = " ".join(["Wordy"] * 833)
    made = RENDERER.render(
        letter(entry(record(briefTitle=title), record(briefTitle=title, overallStatus="RECRUITING")))
    )
    assert title in plain(made.text)
    assert title in read(made.html).text
    assert max(map(len, made.content.split(b"\r\n"))) <= 998


# Wrong input


def test_nasty_text_arrives_whole_and_harmless_in_both_parts():
    after = record(briefTitle=NASTY, overallStatus="TERMINATED", whyStopped=NASTY, conditions=[NASTY])
    made = RENDERER.render(letter(entry(record(briefTitle=NASTY), after)))
    shown = " ".join(NASTY.replace("\u202e", "").replace("\u202c", "").replace("\u200b", "").split())
    assert plain(made.text).count(shown) == 3
    assert read(made.html).text.count(shown) == 3
    assert "<script" not in made.html
    assert "&lt;2 &amp; age &lt;18" in made.html
    assert "&lt;" not in made.text
    assert headers(made)["Bcc"] is None
    assert [name for name in headers(made) if "bcc" in name.lower()] == []


@pytest.mark.parametrize("rule", ["age <18", "ECOG <2", "a < b > c & d", "5 > 3", '"yes"', "it's"])
def test_signs_of_rules_arrive_whole(rule):
    criteria = f"Inclusion Criteria:\n\n* {rule}"
    made = RENDERER.render(
        letter(entry(record(eligibilityCriteria="* none of it"), record(eligibilityCriteria=criteria)))
    )
    assert rule in plain(made.text)
    assert rule in read(made.html).text


def test_a_readers_own_note_stands_under_the_title_as_it_was_written():
    made = RENDERER.render(replace(mails.with_a_note(), title_in_subject=True))
    said = "Your note: Ask Dr Berg about <b>travel</b> & cost; 2 trains"
    assert said in made.text
    assert said in read(made.html).text
    assert "&lt;b&gt;travel&lt;/b&gt; &amp; cost" in made.html
    assert "Berg" not in made.subject + made.text.partition("\n\n")[0]
    assert b"Berg" not in made.content.partition(b"\r\n\r\n")[0]
    assert made.text.index(mails.NCT) < made.text.index("Your note") < made.text.index("What changed")


def test_a_note_is_seen_by_nobody_else_who_reads_of_the_same_change():
    noted = mails.with_a_note()
    (entry,) = noted.entries
    plain = tuple(replace(reason, note="") for reason in entry.reasons)
    other = replace(noted, reasons=plain, entries=(replace(entry, reasons=plain),))
    for one, has_it in ((noted, True), (other, False), (noted, True)):
        made = RENDERER.render(one)
        assert ("Dr Berg" in made.text, "Dr Berg" in made.html) == (has_it, has_it)


def test_a_letter_with_nothing_to_tell_makes_no_mail():
    with pytest.raises(RenderError, match="has nothing to tell"):
        RENDERER.render(letter(reasons=(reason(),)))


def test_a_quiet_mail_without_its_figures_is_not_made():
    with pytest.raises(RenderError, match="has nothing to tell"):
        RENDERER.render(replace(mails.still_watching(), silence=None))


def test_an_unknown_language_is_written_in_english():
    assert RENDERER.render(replace(mails.opens(), language="xx-XX")).text == RENDERED["opens"].text


def test_an_unknown_time_zone_is_utc():
    assert RENDERER.render(replace(mails.unknown(), time_zone="Mars/Olympus")).told == (NCT,)


@pytest.fixture
def templates(tmp_path):
    shutil.copytree(mails.ROOT / "templates", tmp_path / "templates")
    return tmp_path / "templates"


def test_a_missing_folder_is_one_sentence(tmp_path):
    with pytest.raises(RenderError, match=r"The templates are not there: .*nowhere"):
        renderer(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "name", ["update/body.html", "confirmation/subject.txt", "_base/frame.html", "_base/style.css"]
)
def test_a_missing_file_is_named_at_start(templates, name):
    (templates / name).unlink()
    with pytest.raises(RenderError, match=re.escape(name)):
        renderer(templates)


def test_our_sentences_are_written_into_a_template_when_it_is_compiled(templates):
    for language, each in environment.environments(templates).items():
        template = environment.load(each, "discreet/body.html")
        written = " ".join(str(one) for one in template.blocks["body"].__code__.co_consts)
        said = "This mail says no more, so that nobody who sees it learns what you follow."
        assert speech(language).say(said) in written


def test_a_template_in_another_language_is_compiled_with_the_first_mail_in_it(templates, monkeypatch):
    compiled = []
    load = environment.StyledLoader.load
    monkeypatch.setattr(
        environment.StyledLoader,
        "load",
        lambda self, words, name, *more: (
            compiled.append(words.globals["language"]),
            load(self, words, name, *more),
        )[1],
    )
    made = renderer(templates)
    assert {*compiled} == {"en"}
    made.render(replace(mails.opens(), language="da"))
    assert {*compiled} == {"en", "da"}


def test_a_slip_in_a_template_is_named_at_start_with_its_line(templates):
    (templates / "update/body.txt").write_text("fine\n{% for x in %}")
    with pytest.raises(RenderError, match=r"update/body.txt, line 2 cannot be read"):
        renderer(templates)


@pytest.mark.parametrize("words", ["{{ headlin }}", "{{ reasons[0].nothing }}", '{{ _("%(x)s") }}'])
def test_an_unknown_variable_is_named_with_its_template(templates, words):
    (templates / "update/body.txt").write_text(words)
    with pytest.raises(
        RenderError, match=r"The template update/body.txt cannot be filled: .*(headlin|nothing|x)"
    ):
        renderer(templates).render(mails.opens())


def test_a_status_never_seen_before_is_quoted_and_logged():
    with capture_logs() as logs:
        made = RENDERER.render(letter(mails.one(Kind.STATUS_CHANGED, "RECRUITING", "HALF_OPEN")))
    assert "Now: Half open" in made.text
    assert [(line["action"], line["status"]) for line in logs] == [("unknown_status", "HALF_OPEN")]


def test_a_word_that_is_wider_than_the_page_stays_whole():
    link = "https://registry.example/" + "a-very-long-path/" * 12
    assert wrapped(f"See {link} for more", indent=2) == f"  See\n  {link}\n  for more"


def test_a_single_rule_that_is_too_long_is_cut_at_a_word():
    rule = "Inclusion Criteria:\n\n* " + "wordy " * 20_000
    made = RENDERER.render(
        letter(entry(record(eligibilityCriteria="* One"), record(eligibilityCriteria=rule)))
    )
    assert len(made.html.encode()) <= MOST_HTML
    assert "wordy …" in plain(made.text)
    assert "This is too long for a mail." in plain(made.text)
