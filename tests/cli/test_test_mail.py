"""`notifier test-mail`: one sample by the way that all mails go, and what the mail server says of it."""

import asyncio
import json
from email import message_from_bytes, policy

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from notifier.domain.signed_links import Purpose, TokenError, TokenKeys
from tests.cli.test_preview import KEY, TOKEN
from tests.dkim_reading import rsa_key, verdicts
from tests.smtp_peer import SmtpPeer


@pytest.fixture
def test_mail(place, monkeypatch, notifier):
    """Runs `notifier test-mail` in an empty folder, in a thread; gives exit code, output and errors."""
    monkeypatch.setenv("NOTIFIER_SECRET_KEYS", KEY)
    monkeypatch.setenv("NOTIFIER_MAIL_FROM", "updates@example.org")
    return lambda *words: asyncio.to_thread(notifier, "test-mail", *words)


async def test_the_mail_says_that_it_is_a_test_and_is_signed_and_its_links_are_nobodys(
    test_mail, tmp_path, monkeypatch
):
    pem = rsa_key().private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "2027a.pem").write_bytes(pem)
    (tmp_path / "2027a.pem").chmod(0o600)
    monkeypatch.setenv("NOTIFIER_DKIM_KEYS", f"2027a:{tmp_path}/2027a.pem")
    monkeypatch.setenv("NOTIFIER_BOUNCE_DOMAIN", "bounces.example.org")
    async with SmtpPeer(dot=["250 2.0.0 Ok: queued as ABC"]) as peer:
        monkeypatch.setenv("NOTIFIER_SMTP_URL", f"smtp://127.0.0.1:{peer.port}")
        code, out, err = await test_mail("jane@example.net", "--language", "da")
    assert (code, err) == (0, "")
    assert out == "The mail is sent: 250 2.0.0 Ok: queued as ABC\n"
    [got] = peer.received
    assert got.recipient == "jane@example.net"
    assert got.sender.endswith("@bounces.example.org")
    assert verdicts(peer.raw.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n."), rsa_key()) == [True]
    mail = message_from_bytes(got.content, policy=policy.default)
    assert mail["Subject"].startswith("[Test] ")
    keys, found = TokenKeys([KEY]), set()
    for kind in ("plain", "html"):
        said = mail.get_body((kind,)).get_content()
        assert "This is a test, mailed by" in said
        found |= set(TOKEN.findall(said))
    assert found
    for purpose, token in found:
        with pytest.raises(TokenError):
            keys.open(Purpose(purpose), token)
    assert not list(tmp_path.glob("*.db"))  # nothing is stored


async def test_a_refusal_is_said_in_the_servers_words_and_fails(test_mail, monkeypatch):
    async with SmtpPeer(rcpt=["550 5.1.1 no such user"]) as peer:
        monkeypatch.setenv("NOTIFIER_SMTP_URL", f"smtp://127.0.0.1:{peer.port}")
        code, out, _ = await test_mail("jane@example.net", "--json")
    assert code == 1
    assert json.loads(out) == {
        "outcome": "rejected",
        "stage": "rcpt",
        "code": 550,
        "status": "5.1.1",
        "text": "5.1.1 no such user",
    }


@pytest.mark.parametrize(
    ("words", "allowed", "said"),
    [
        (["nobody"], "", "not an e-mail address"),
        (["jane@example.net", "--language", "tlh"], "", "'tlh' is not a language"),
        (["jane@example.net"], "example.org", "NOTIFIER_RECIPIENT_ALLOWLIST"),
    ],
)
async def test_what_cannot_be_mailed_is_one_sentence_and_no_mail(
    test_mail, tmp_path, monkeypatch, words, allowed, said
):
    monkeypatch.setenv("NOTIFIER_RECIPIENT_ALLOWLIST", allowed)
    code, out, err = await test_mail(*words)
    assert (code, out) == (1, "")
    assert said in err
    assert len(err.splitlines()) == 1
    assert not list(tmp_path.rglob("*.eml"))


async def test_without_a_mail_server_the_mail_is_a_file_and_that_is_said(test_mail, tmp_path):
    code, out, _ = await test_mail("jane@example.net")
    assert code == 0
    assert "no mail server is set, so it is a file in mail" in out
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 1
