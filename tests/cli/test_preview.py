"""`notifier preview`: samples that are known for samples, whose links can do nothing to anybody."""

import re
from email import message_from_bytes, policy

import pytest

from notifier.domain.signed_links import Purpose, TokenKeys
from notifier.errors import TokenError

KEY = "k" * 40
TOKEN = re.compile(r"/(confirm|unsubscribe|preferences|contacts|undo)/([\w.-]{20,})")


@pytest.fixture
def preview(place, monkeypatch, notifier):
    """Runs `notifier preview` in an empty folder; gives exit code, output and errors."""
    monkeypatch.setenv("NOTIFIER_SECRET_KEYS", KEY)
    monkeypatch.setenv("NOTIFIER_BOUNCE_DOMAIN", "bounces.example.org")
    return lambda *words: notifier("preview", *words)


@pytest.mark.parametrize("language", ["en", "da", "de"])
def test_no_link_of_a_sample_is_one_of_ours(preview, tmp_path, language):
    assert preview("--language", language)[0] == 0
    found = set()
    for path in (tmp_path / "preview").iterdir():
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".eml":
            mail = message_from_bytes(path.read_bytes(), policy=policy.default)
            text = f"{mail['List-Unsubscribe']} {mail.get_body(('plain',)).get_content()}"
            assert mail["DKIM-Signature"] is None
        found |= set(TOKEN.findall(text))
    assert {purpose for purpose, _ in found} >= {"confirm", "unsubscribe", "preferences", "contacts"}
    keys = TokenKeys([KEY])
    for purpose, token in found:
        with pytest.raises(TokenError):
            keys.open(Purpose(purpose), token)


def test_every_sample_says_that_it_is_one(preview, tmp_path):
    preview()
    files = list((tmp_path / "preview").iterdir())
    assert {path.suffix for path in files} == {".eml", ".txt", ".html"}
    for path in files:
        assert "This is a sample" in path.read_text(encoding="utf-8"), path.name
        if path.suffix == ".eml":
            mail = message_from_bytes(path.read_bytes(), policy=policy.default)
            assert mail["Subject"].startswith("[Sample] ")
            for kind in ("plain", "html"):
                assert "its links do not work" in mail.get_body((kind,)).get_content()


def test_an_earlier_sample_is_made_anew_and_another_file_stays(preview, tmp_path):
    assert preview()[0] == preview()[0] == 0
    (tmp_path / "preview" / "weekly.txt").write_text("my own notes")
    code, _, err = preview()
    assert code == 1
    assert "weekly.txt is there already" in err
    assert (tmp_path / "preview" / "weekly.txt").read_text() == "my own notes"


def test_a_preview_makes_no_key(preview, tmp_path, monkeypatch):
    monkeypatch.delenv("NOTIFIER_SECRET_KEYS")
    assert preview()[0] == 0
    assert not (tmp_path / "notifier.key").exists()
