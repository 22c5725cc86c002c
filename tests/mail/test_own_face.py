"""An organisation's own face: its name, its colour, whom to call, and templates and sentences of its own over ours."""

import os
import shutil
from contextlib import contextmanager

import mails
import pytest
from mails import ROOT

from notifier import app
from notifier.domain import branding
from notifier.domain.branding import Face
from notifier.domain.languages import LANGUAGES
from notifier.domain.signed_links import TokenKeys
from notifier.domain.wording import catalogue, speech
from notifier.domain.wording.catalogue import lay_over, unknown
from notifier.errors import RenderError, SettingsError
from notifier.mail.render import overlay
from notifier.mail.render.renderer import wording_version

TEMPLATES = ROOT / "templates"
FACE = Face("Example & Sons", None, ("#7a1f5c", "#f0a6d8"), "Questions? Call 555 0199.")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)


@pytest.fixture
def own(tmp_path):
    """Writes a file of the organisation's, and gives its folder."""
    folder = tmp_path / "own"
    folder.mkdir()

    def write(name, text):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        return folder

    return write


def covered(own, name, before, after):
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    assert before in text
    return own(name, text.replace(before, after, 1))


@contextmanager
def laid(folder):
    try:
        lay_over(folder)
        yield
    finally:
        lay_over(None)


# The face


@pytest.mark.parametrize("make", [mails.opens, mails.welcome, mails.confirmation, mails.still_watching])
def test_a_mail_shows_whose_it_is_and_whom_to_call(make):
    made = mails.renderer(face=FACE).render(make())
    assert '<p class="brand"' in made.html
    assert "Example &amp; Sons" in made.html
    assert "Example & Sons" in made.text
    for part in (made.text, made.html):
        assert "Questions? Call 555 0199." in part


def test_the_accent_stands_in_each_place_of_ours_in_both_schemes():
    ours, theirs = mails.renderer().render(mails.opens()), mails.renderer(face=FACE).render(mails.opens())
    assert "#0b5cad" in ours.html
    assert "#7cc4fa" in ours.html
    assert "#0b5cad" not in theirs.html
    assert "#7cc4fa" not in theirs.html
    assert "color: #7a1f5c" in theirs.html
    assert "a { color: #f0a6d8 !important; }" in theirs.html


def test_the_accent_stands_once_in_the_sources():
    sources = [path.read_bytes() for path in TEMPLATES.rglob("*") if path.is_file()]
    for colour in (b"#0b5cad", b"#7cc4fa"):
        assert sum(source.count(colour) for source in sources) == 2  # of mails and of pages


@pytest.mark.parametrize("text", ["#0b5cad", "#767676", "#000000", "#7A1F5C", "#0b5cad, #7cc4fa"])
def test_an_accent_can_be_read_in_both_schemes(text):
    for colour, paper in zip(branding.accent(text), branding.PAPERS, strict=True):
        assert branding.contrast(colour, paper) >= 4.5


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("#ffcc00", r"has #ffcc00, whose contrast on the light paper \(#ffffff\) is 1\.\d+:1.*darker"),
        ("#777777", r"is 4\.47:1"),
        ("#0b5cad,#0b5cad", "on the dark paper.*lighter"),
        ("blue", "is not a colour"),
        ("#0b5cad,#7cc4fa,#ffffff", "is not a colour"),
        ("#0b5cad;}a{", "is not a colour"),
    ],
)
def test_an_accent_that_cannot_be_read_is_refused_in_one_line(tmp_path, text, says):
    with pytest.raises(SettingsError, match=f"NOTIFIER_BRAND_ACCENT .*{says}") as refused:
        app.load_settings({"NOTIFIER_BRAND_ACCENT": text}, tmp_path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0" + bytes(20), "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (
            b'<?xml version="1.0"?>\n<!-- made by hand -->\n<svg xmlns="http://www.w3.org/2000/svg"/>',
            "image/svg+xml",
        ),
    ],
)
def test_a_logo_is_what_it_is_and_not_what_its_name_says(raw, kind):
    assert branding.logo(raw).startswith(f"data:{kind};base64,")


@pytest.mark.parametrize("raw", [b"", b"<html><svg>", b"%PDF-1.7", b"<?xml version='1.0'?><feed/>"])
def test_what_is_no_picture_is_refused(tmp_path, raw):
    (tmp_path / "logo.png").write_bytes(raw)
    settings = app.load_settings({"NOTIFIER_BRAND_LOGO": str(tmp_path / "logo.png")}, tmp_path)
    with pytest.raises(SettingsError, match=r"NOTIFIER_BRAND_LOGO: .*logo.png is no picture"):
        app.make_face(settings)


def test_a_logo_that_is_too_large_or_away_is_refused(tmp_path):
    (tmp_path / "logo.png").write_bytes(PNG + bytes(branding.MOST_LOGO))
    for name, says in (("logo.png", "every page carries it"), ("away.png", "cannot be read")):
        settings = app.load_settings({"NOTIFIER_BRAND_LOGO": str(tmp_path / name)}, tmp_path)
        with pytest.raises(SettingsError, match=f"NOTIFIER_BRAND_LOGO.*{says}"):
            app.make_face(settings)


# Templates over ours


def test_one_file_stands_before_ours_and_the_rest_is_ours(own):
    folder = covered(own, "_base/why.html", "<h2>", "<p>With love from Example.</p>\n<h2>")
    made = mails.renderer(face=Face(overlay=folder)).render(mails.opens())
    assert "With love from Example." in made.html
    assert "With love" not in made.text
    assert "What changed" in made.html


def test_a_style_of_ones_own_need_not_say_the_accent(own):
    folder = own("_base/style.css", "a { color: var(--accent); letter-spacing: 1px; }")
    made = mails.renderer(face=Face(overlay=folder)).render(mails.opens())
    assert "letter-spacing: 1px" in made.html
    assert "color: #0b5cad" in made.html


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("update/body.txt", "fine\n{% for x in %}", r"own/update/body.txt, line 2, cannot be read"),
        ("update/body.txt", "{{ studies }}\n{{ praise }}", r"own/update/body.txt, line 2, names praise"),
        ("update/body.txt", "{{ studies }}\n{{ headline|shout }}", r"own/update/body.txt, line 2, cannot be read: No filter"),
        ("welcome/body.html", '\n{% extends "_base/nowhere.html" %}', r"welcome/body.html, line 2, takes in _base/nowhere.html"),
        ("_base/frame.html", "<p>{% block body %}{% endblock %}", r"_base/frame.html, line 1, leaves out the block foot"),
        (
            "confirmation/body.html",
            '{% extends "_base/frame.html" %}\n{% block body %}{% endblock %}\n{% block lost %}{% endblock %}',
            r"confirmation/body.html, line 3, has the block lost",
        ),
        ("_base/telling.html", "{% macro line(item) %}{% endmacro %}", r"_base/telling.html, line 1, has no telling"),
        ("_base/frame.html", "{{ confirm_url }}{% block body %}{% endblock %}{% block foot %}{% endblock %}", "names confirm_url"),
        ("page/style.css", "", None),
        ("style.css", "a {}", r"own/style.css covers no template .*_base/style.css, page/style.css"),
        ("updat/body.txt", "Hello", r"own/updat/body.txt covers no template"),
        ("_base/style.css", "a { color: var(--shade); }", r"_base/style.css, line 1, asks for --shade"),
        ("update/body.txt", b"\xff\xfe".decode("latin-1"), None),
    ],
)  # fmt: skip
def test_what_is_broken_is_named_at_start_with_its_file_and_line(own, name, text, says):
    folder = own(name, text)
    if says is None:
        return
    with pytest.raises(RenderError, match=says) as refused:
        mails.renderer(face=Face(overlay=folder))
    assert "\n" not in str(refused.value)


def test_what_is_no_text_is_named(own):
    folder = own("update/body.txt", "")
    (folder / "update/body.txt").write_bytes(b"caf\xe9 {{ studies }}")
    with pytest.raises(RenderError, match=r"update/body.txt cannot be read \(it is not UTF-8 text\)"):
        mails.renderer(face=Face(overlay=folder))


def test_notes_beside_the_templates_are_no_template(own):
    folder = own("README.md", "How we did it")
    own(".git/config.txt", "")
    assert mails.renderer(face=Face(overlay=folder)).render(mails.opens())


@pytest.mark.parametrize("name", ["_base/why.html", "_base/why.txt"])
def test_no_template_leaves_out_how_to_stop_it(own, name):
    folder = own(name, "the end\n")
    with pytest.raises(RenderError, match="leave out unsubscribe_url"):
        mails.renderer(face=Face(overlay=folder)).render(mails.opens())


def test_no_template_leaves_out_whose_it_is(own):
    folder = own("_base/house.txt", "")
    with pytest.raises(RenderError, match="leave out postal_address"):
        mails.renderer(face=Face(overlay=folder)).render(mails.confirmation())


def test_the_gate_stands_before_templates_of_ones_own_too(own):
    folder = covered(own, "_base/why.txt", '{{ _("Why', 'Join 4711 others.\n\n{{ _("Why')
    with pytest.raises(RenderError, match="it says 4711"):
        mails.renderer(face=Face(overlay=folder)).render(mails.opens())


def test_each_other_face_is_another_version_of_the_words(own):
    folder = own("_base/rule.html", "<hr>")
    faces = [branding.PLAIN, Face("A"), Face(help_line="A"), Face(accent=FACE.accent), Face(overlay=folder)]
    versions = [wording_version(TEMPLATES, face=face) for face in faces]
    (folder / "da.po").write_text("# another word")
    versions.append(wording_version(TEMPLATES, face=faces[-1]))
    assert len(set(versions)) == len(versions)
    assert (
        wording_version(TEMPLATES, face=Face(logo="data:image/png;base64,AAAA")) == versions[0]
    )  # no mail shows it


def test_a_file_that_ours_went_past_is_named(own, tmp_path):
    shipped = shutil.copytree(TEMPLATES, tmp_path / "templates")
    folder = covered(own, "_base/why.txt", "", "")
    now = overlay.fingerprint(shipped / "_base/why.txt")
    assert overlay.aged(folder, shipped) == []
    os.utime(folder / "_base/why.txt", (1, 1))
    assert overlay.aged(folder, shipped) == [
        f"_base/why.txt is older than the shipped one (when you have compared them, note `covers {now}` in it)"
    ]
    own("_base/why.txt", "{# covers " + now + " #}\n")
    os.utime(folder / "_base/why.txt", (1, 1))
    assert overlay.aged(folder, shipped) == []
    (shipped / "_base/why.txt").write_text("new")
    assert overlay.aged(folder, shipped)[0].startswith(f"_base/why.txt covers {now}, and the shipped one is ")


# Sentences over ours

ENGLISH = "Nothing new: we are still watching"
DATED = "You asked on %(date)s to hear when the study %(nct_id)s changes."


def entry(said, text):
    return f'msgid "{said}"\nmsgstr "{text}"\n'


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_sentence_is_said_another_way_and_no_other(own, language):
    before = speech(language).say(DATED, date="1", nct_id="2")
    with laid(own(f"{language}.po", entry(ENGLISH, "All is calm"))):
        assert speech(language).say(ENGLISH) == "All is calm"
        assert "All is calm" in catalogue.sentences(language)
        assert speech(language).say(DATED, date="1", nct_id="2") == before
        made = mails.renderer(face=Face(overlay=own("da.po", entry(ENGLISH, "All is calm")))).render(
            mails.still_watching()
        )
        assert made.subject == ("All is calm" if language == "en" else ENGLISH)
    assert speech(language).say(ENGLISH) != "All is calm"


def test_a_sentence_that_is_a_guess_or_empty_is_ours(own):
    with laid(own("da.po", "#, fuzzy\n" + entry(ENGLISH, "Calm") + "\n" + entry("What changed", ""))):
        assert speech("da").say(ENGLISH) != "Calm"
        assert speech("da").say("What changed") != ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            entry(ENGLISH, "fine") + "\n" + entry(DATED, "You asked."),
            r"da.po, line 4, says 'You asked\.', which needs %\(date\)s and %\(nct_id\)s",
        ),
        (entry(ENGLISH, "%(praise)s"), r"da.po, line 1, .*needs no %"),
        (entry(ENGLISH, "100% sure"), r"da.po, line 1, has a lone %"),
        ('msgid "a"\nmsgstr b\n', r"da.po, line \d+, cannot be read"),
        ('msgid "One"\nmsgid_plural "Many"\nmsgstr[0] "En"\n', r"da.po, line 1, .*in 2 forms"),
    ],
)
def test_a_sentence_that_cannot_be_said_is_named_with_its_line(own, text, says):
    with pytest.raises(RenderError, match=says) as refused, laid(own("da.po", text)):
        pass
    assert "\n" not in str(refused.value)


def test_a_sentence_that_is_not_ours_any_more_is_named(own):
    folder = own("da.po", entry("We never said this", "Aldrig") + "\n" + entry(ENGLISH, "Ro"))
    assert unknown(folder) == ["da.po, line 1: 'We never said this'"]


def test_the_worked_example_works(tmp_path):
    folder = ROOT / "docs/own-face-example"
    given = {
        "NOTIFIER_TEMPLATES": str(folder),
        "NOTIFIER_BRAND_LOGO": str(folder / "logo.svg"),
        "NOTIFIER_BRAND_ACCENT": "#7a1f5c",
        "NOTIFIER_SECRET_KEYS": "k" * 40,
    }
    with laid(folder):
        assert app.make_renderer(app.load_settings(given, tmp_path), TokenKeys(["k" * 40]))
        assert speech("da").say(ENGLISH) == "Intet nyt: vi holder stadig øje"
    assert unknown(folder) == []
    # It was compared with what it covers today, and says so.
    assert overlay.aged(folder, ROOT / "templates") == []
    covers = overlay.fingerprint(ROOT / "templates/page/_operator.html")
    assert f"covers {covers}" in (folder / "page/_operator.html").read_text()
