"""Pages with an organisation's own face: what shows of it, that nothing is fetched for it, and what is broken is named at start."""

from dataclasses import replace

import pytest
from web_asking import TEMPLATES, asking, the_pages

from notifier.domain.branding import Face, logo
from notifier.errors import RenderError
from notifier.web.app import make_app

LOGO = logo(b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle r="4"/></svg>')
FACE = Face("Example & Sons", LOGO, ("#7a1f5c", "#f0a6d8"), "Questions? Call 555 0199.")


@pytest.fixture
def made(database, clock):
    """The pages with this face."""
    return lambda face: replace(the_pages(database, clock), face=face)


@pytest.fixture
def own(tmp_path):
    def write(name, text):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return write


@pytest.mark.parametrize("path", ["/", "/conditions?q=knee+pain", "/privacy", "/preferences", "/nowhere"])
async def test_every_page_shows_whose_it_is_and_whom_to_call(made, path):
    async with asking(made(FACE)) as asker:
        page = await asker.get(path)
    assert "Example &amp; Sons</a>" in page.text
    assert '<p class="help">Questions? Call 555 0199.</p>' in page.text
    assert f'<img class="logo" src="{LOGO}" alt="">' in page.text
    assert "img-src 'self' data:;" in page.headers["content-security-policy"]
    assert ":root { --accent: #7a1f5c; }" in page.text
    assert ":root { --accent: #f0a6d8; }" in page.text


async def test_without_a_logo_no_picture_may_be_written_into_a_page(made):
    async with asking(made(replace(FACE, logo=None))) as asker:
        page = await asker.get("/")
    assert "<img" not in page.text
    assert "img-src 'self';" in page.headers["content-security-policy"]


async def test_a_feed_has_the_name(made):
    async with asking(made(FACE)) as asker:
        feed = await asker.get("/feeds/conditions.atom?q=knee+pain")
    assert "<name>Example &amp; Sons</name>" in feed.text


async def test_one_file_stands_before_ours_and_the_rest_is_ours(made, own):
    folder = own("page/_operator.html", "<p>Run by volunteers.</p>")
    own("page/favicon.ico", "icon")
    async with asking(made(Face(overlay=folder))) as asker:
        page = (await asker.get("/terms")).text
        assert "Run by volunteers." in page
        assert "<h1>" in page
        assert (await asker.get("/favicon.ico")).content == b"icon"


async def test_each_other_face_is_another_page(made, own):
    folder, tags = own("page/_operator.html", "<p>One</p>"), set()
    faces = [Face(), FACE, replace(FACE, logo=None), replace(FACE, help_line="Call"), Face(overlay=folder)]
    for face in faces:
        async with asking(made(face)) as asker:
            tags.add((await asker.get("/terms")).headers["etag"])
    own("page/_operator.html", "<p>Two</p>")
    async with asking(made(faces[-1])) as asker:
        tags.add((await asker.get("/terms")).headers["etag"])
    assert len(tags) == len(faces) + 1


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("page/terms.html", "fine\n{% if %}", r"page/terms.html, line 2, cannot be read"),
        ("page/terms.html", "\n\n{{ praise }}", r"page/terms.html, line 3, names praise"),
        ("page/base.html", "{% block title %}{% endblock %}", r"page/base.html, line 1, leaves out the block content"),
        ("page/_fields.html", "", r"page/_fields.html, line 1, has no "),
        ("page/study.htm", "Hello", None),
        ("page/studies.html", "Hello", r"page/studies.html covers no template"),
    ],
)  # fmt: skip
def test_what_is_broken_is_named_at_start_with_its_file_and_line(made, own, name, text, says):
    folder = own(name, text)
    if says is None:  # no kind of file of ours
        assert make_app(made(Face(overlay=folder)))
        return
    with pytest.raises(RenderError, match=says) as refused:
        make_app(made(Face(overlay=folder)))
    assert "\n" not in str(refused.value)


def test_every_page_of_ours_could_be_an_organisations(made, own):
    for path in (TEMPLATES / "page").iterdir():
        if path.suffix != ".ico":
            folder = own(f"page/{path.name}", path.read_text(encoding="utf-8"))
    assert make_app(made(Face(overlay=folder)))
