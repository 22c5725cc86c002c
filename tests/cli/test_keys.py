"""The keys of the links: rotated as often as one likes, and no link that was ever mailed stops working (L9)."""

import stat

import pytest
from typer.testing import CliRunner

from notifier import app as parts
from notifier.cli import app
from notifier.domain import key_file
from notifier.domain.signed_links import Purpose, TokenKeys
from notifier.errors import SettingsError, TokenError
from notifier.settings import Settings
from tests.conftest import NOON


@pytest.fixture
def notifier(tmp_path, monkeypatch):
    """Runs a command in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, words)


def the_keys(folder):
    return parts.open_keys(Settings(), folder)


def test_two_rotations_later_an_old_link_works(tmp_path, notifier):
    before = the_keys(tmp_path)
    links = [before.sign(Purpose.UNSUBSCRIBE, [7], NOON)]
    for count in (2, 3):
        assert f"has {count} keys now" in notifier("keys", "rotate").stdout
        links.append(the_keys(tmp_path).sign(Purpose.UNSUBSCRIBE, [7], NOON))
    now = the_keys(tmp_path)
    assert [now.open(Purpose.UNSUBSCRIBE, link).subject for link in links] == [(7,)] * 3
    assert now.suppression_key == before.suppression_key
    assert now.thread_key == before.thread_key


def test_the_newest_key_signs_and_who_runs_already_opens_its_links(tmp_path):
    running = the_keys(tmp_path)
    new = key_file.rotate(tmp_path / key_file.NAME)[0]
    link = the_keys(tmp_path).sign(Purpose.CONFIRM, [7], NOON)
    assert TokenKeys([new]).open(Purpose.CONFIRM, link).subject == (7,)
    assert running.open(Purpose.CONFIRM, link).subject == (7,)


@pytest.mark.parametrize("text", ["", "a key of somebody else\nand another one\n", "\udcff"])
def test_who_runs_keeps_the_keys_that_the_file_lost(tmp_path, text):
    running, path = the_keys(tmp_path), tmp_path / key_file.NAME
    link = running.sign(Purpose.UNSUBSCRIBE, [7], NOON)
    path.write_text(text, errors="surrogateescape")
    with pytest.raises(TokenError):
        running.open(Purpose.UNSUBSCRIBE, TokenKeys(["another key"]).sign(Purpose.UNSUBSCRIBE, [7], NOON))
    assert running.open(Purpose.UNSUBSCRIBE, link).subject == (7,)
    path.unlink()
    with pytest.raises(TokenError):
        running.open(Purpose.UNSUBSCRIBE, f"{link}x")
    assert not path.exists()


def test_only_we_may_read_the_file_and_no_draft_is_left(tmp_path, notifier):
    notifier("keys", "rotate")
    assert [path.name for path in tmp_path.iterdir()] == [key_file.NAME]
    assert stat.S_IMODE((tmp_path / key_file.NAME).stat().st_mode) == 0o600


def test_the_list_shows_no_key(tmp_path, notifier):
    notifier("keys", "rotate")
    shown = notifier("keys", "list").stdout
    assert [line.partition("  ")[2] for line in shown.splitlines()[:2]] == ["signs and verifies", "verifies"]
    assert not any(key in shown for key in (tmp_path / key_file.NAME).read_text().split())


def test_listing_makes_no_key(tmp_path, notifier):
    assert '"keys": []' in notifier("keys", "list", "--json").stdout
    assert list(tmp_path.iterdir()) == []


def test_keys_that_are_set_are_rotated_by_hand(tmp_path, notifier, monkeypatch):
    monkeypatch.setenv("NOTIFIER_SECRET_KEYS", "a-long-key-of-an-admin,an-older-key-of-an-admin")
    assert "2 in NOTIFIER_SECRET_KEYS" in notifier("keys", "list").stdout
    refused = notifier("keys", "rotate")
    assert "put a new one first there" in str(refused.exception)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_not_taken_for_a_new_beginning(tmp_path):
    (tmp_path / key_file.NAME).write_text("\n")
    for act in (key_file.open_or_make, key_file.rotate):
        with pytest.raises(SettingsError, match="is empty"):
            act(tmp_path / key_file.NAME)
