"""Signing as a whole: keys from files, the command that makes them, and a trip through a mail server."""

import os
import resource
import stat
import subprocess
from dataclasses import replace
from shutil import which

import mails
import pytest
import structlog
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from dkim_reading import NOW, both, ed25519_key, holds, rsa_key, signatures, verdicts
from typer.testing import CliRunner

from notifier.app import load_settings, make_renderer, make_signer
from notifier.cli import app
from notifier.domain.signed_links import TokenKeys
from notifier.errors import InputError, SettingsError
from notifier.mail.render.dkim import new_key, read_keys
from notifier.mail.render.mime import serialise
from notifier.mail.smtp import Envelope, SendOutcome, SmtpTransport, parse_smtp_url
from tests.smtp_peer import SmtpPeer

FROM = {"NOTIFIER_MAIL_FROM": "Study updates <updates@Example.org>"}
#: Two primes anybody can look up, for a key too short for any library to make.
PRIMES = 2**255 - 19, 2**256 - 189


def pem(private, encryption=None):
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        encryption or serialization.NoEncryption(),
    )


def short_key():
    p, q = PRIMES
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    parts = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    return rsa.RSAPrivateNumbers(p, q, d, *parts, public).private_key()


def rsa_pem(bits=2048, **options):
    return pem(rsa.generate_private_key(public_exponent=65537, key_size=bits), **options)


def settings(folder, **more):
    return load_settings({**FROM, **more}, folder)


async def test_a_mail_verifies_after_its_trip_through_a_mail_server():
    made = mails.renderer(signer=both()).render(replace(mails.several_weekly(), dated=NOW))
    dots = both().sign(serialise(replace(made.mail, text=".\n..\n.one\n\n.\n")), NOW)
    async with SmtpPeer() as peer:
        transport = SmtpTransport(parse_smtp_url(f"smtp://127.0.0.1:{peer.port}"))
        async with transport.session() as session:
            for name, content in {"plain": made.content, "dots": dots}.items():
                envelope = Envelope("bounces@example.org", "reader@example.org", content, name)
                assert (await session.send(envelope, before_data=nothing)).outcome is SendOutcome.SENT
    assert len(peer.received) == 2
    for received in peer.received:
        assert verdicts(received.content, rsa_key(), ed25519_key()) == [True, True]


async def nothing():
    return None


# --- keys from files --------------------------------------------------------------------------------------------


def test_nothing_is_signed_until_a_key_is_set(tmp_path):
    assert make_signer(settings(tmp_path)) is None


def test_the_keys_of_the_settings_sign_every_mail(tmp_path):
    made = [new_key(kind, "example.org", kind, tmp_path / f"{kind}.pem") for kind in ("rsa", "ed25519")]
    where = ",".join(f"{key.selector}:{tmp_path / key.selector}.pem" for key in made)
    renderer = make_renderer(settings(tmp_path, NOTIFIER_DKIM_KEYS=where), TokenKeys(["long enough a key"]))
    assert verdicts(renderer.render(replace(mails.opens(), dated=NOW)).content, *made) == [True, True]


@pytest.mark.parametrize(
    ("more", "domain"),
    [
        ({}, "example.org"),
        ({"NOTIFIER_DKIM_DOMAIN": "mail.example.net"}, "mail.example.net"),
        ({"NOTIFIER_MAIL_FROM": "updates@ærlig.example"}, "xn--rlig-uoa.example"),
    ],
)
def test_the_domain_is_that_of_the_sender_unless_it_is_set(tmp_path, more, domain):
    (tmp_path / "a.pem").write_bytes(rsa_pem())
    signer = make_signer(settings(tmp_path, NOTIFIER_DKIM_KEYS=f"a:{tmp_path / 'a.pem'}", **more))
    assert signatures(signer.sign(b"From: a@example.org\r\n\r\nx\r\n", NOW))[0]["d"] == domain


@pytest.mark.skipif(which("openssl") is None, reason="openssl is not here to make a key")
def test_a_key_made_by_openssl_is_read(tmp_path):
    for option in ([], ["-traditional"]):
        path = tmp_path / "a.pem"
        subprocess.run(["openssl", "genrsa", *option, "-out", path, "2048"], check=True, capture_output=True)
        assert read_keys([("a", path)], "example.org")[0].algorithm == "rsa-sha256"


def wrong_keys():
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return {
        "short": (pem(short_key()), "an RSA key of 511 bits"),
        "elliptic": (pem(ec.generate_private_key(ec.SECP256R1())), "neither RSA nor Ed25519"),
        "public": (public, "holds no private key in PEM form"),
        "noise": (b"\xff\x00", "holds no private key in PEM form"),
        "empty": (b"", "holds no private key in PEM form"),
        "locked": (pem(private, BestAvailableEncryption(b"secret")), "locked with a password"),
    }


@pytest.mark.parametrize("case", ["short", "elliptic", "public", "noise", "empty", "locked"])
def test_a_key_that_cannot_sign_is_one_line_at_start(tmp_path, case):
    content, fault = wrong_keys()[case]
    (tmp_path / "a.pem").write_bytes(content)
    chosen = settings(tmp_path, NOTIFIER_DKIM_KEYS=f"a:{tmp_path / 'a.pem'}")
    with pytest.raises(
        SettingsError, match=f"^NOTIFIER_DKIM_KEYS names .*a.pem.*{fault}.*dkim new"
    ) as caught:
        make_renderer(chosen, TokenKeys(["long enough a key"]))
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("name", [".", "nowhere.pem"])
def test_a_key_that_is_not_there_is_one_line_at_start(tmp_path, name):
    chosen = settings(tmp_path, NOTIFIER_DKIM_KEYS=f"a:{tmp_path / name}")
    with pytest.raises(SettingsError, match=r"^NOTIFIER_DKIM_KEYS names .* cannot be read \("):
        make_signer(chosen)


def test_a_sender_without_a_domain_cannot_sign(tmp_path):
    given = {"NOTIFIER_MAIL_FROM": "updates@localhost", "NOTIFIER_DKIM_KEYS": "a:a.pem"}
    with pytest.raises(SettingsError, match=r"localhost.*NOTIFIER_DKIM_DOMAIN"):
        make_signer(load_settings(given, tmp_path))


@pytest.mark.parametrize("text", [",", "a", "a:", ":a.pem", "a b:x.pem", "a.:x", "-a:x", "å:x", "a:x,A:y"])
def test_a_list_of_keys_that_cannot_be_meant_is_one_line(tmp_path, text):
    with pytest.raises(SettingsError, match=r"^NOTIFIER_DKIM_KEYS .*=2027a:/etc/notifier/2027a\.pem"):
        settings(tmp_path, NOTIFIER_DKIM_KEYS=text)


@pytest.mark.parametrize(
    ("keys", "actions"),
    [
        ({"a": 1024}, ["dkim_key_short"]),
        ({"a": "ed25519"}, ["dkim_without_rsa"]),
        ({"a": 2048, "b": "ed25519"}, []),
    ],
    ids=str,
)
def test_a_weak_choice_of_keys_is_said(tmp_path, keys, actions):
    for name, what in keys.items():
        path = tmp_path / name
        path.write_bytes(pem(ed25519_key().private) if what == "ed25519" else rsa_pem(what))
    with structlog.testing.capture_logs() as logs:
        read_keys([(name, tmp_path / name) for name in keys], "example.org")
    assert [(line["action"], line["log_level"]) for line in logs] == [(each, "warning") for each in actions]


# --- notifier dkim new ------------------------------------------------------------------------------------------


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Runs `notifier dkim new …` in an empty folder."""
    for name in [name for name in os.environ if name.startswith("NOTIFIER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NOTIFIER_MAIL_FROM", FROM["NOTIFIER_MAIL_FROM"])
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, ["dkim", "new", *words])


def printed(result, what):
    return next(line.split(None, 1)[1] for line in result.output.splitlines() if line.split()[:1] == [what])


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_a_new_key_signs_what_its_printed_record_verifies(command, tmp_path, kind):
    result = command("2027a", "--type", kind)
    assert result.exit_code == 0
    assert printed(result, "name") == "2027a._domainkey.example.org"
    strings = printed(result, "value").strip('"').split('" "')
    assert max(map(len, strings)) < 255
    given = f"2027a:{tmp_path / '2027a.pem'}"
    assert f"add {given} to NOTIFIER_DKIM_KEYS" in result.output
    signed = make_signer(settings(tmp_path, NOTIFIER_DKIM_KEYS=given)).sign(
        mails.renderer().render(mails.opens()).content, NOW
    )
    assert holds(signed, {printed(result, "name") + ".": "".join(strings)})


def test_a_new_key_is_for_us_alone_even_where_files_are_for_all(command, tmp_path):
    before = os.umask(0)
    try:
        command("2027a", "--out", "keys.pem")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "keys.pem").stat().st_mode) == 0o600
    assert b"PRIVATE KEY" in (tmp_path / "keys.pem").read_bytes()


def test_a_key_is_never_written_over(command, tmp_path):
    (tmp_path / "2027a.pem").write_text("old")
    result = command("2027a")
    assert isinstance(result.exception, InputError)
    assert "never written over" in str(result.exception)
    assert (tmp_path / "2027a.pem").read_text() == "old"


def test_a_link_is_not_written_through(command, tmp_path):
    (tmp_path / "2027a.pem").symlink_to(tmp_path / "elsewhere")
    assert isinstance(command("2027a").exception, InputError)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("words", [["a b"], ["../a"], ["a", "--out", "nowhere/a.pem"]])
def test_a_key_that_cannot_be_made_is_one_line_and_no_file(command, tmp_path, words):
    result = command(*words)
    assert isinstance(result.exception, InputError)
    assert len(str(result.exception).splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_no_half_key_is_left_where_the_disk_is_full(command, tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        result = command("2027a")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "cannot be written (File too large)" in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_no_key_is_made_for_a_domain_that_is_none(command, tmp_path, monkeypatch):
    monkeypatch.setenv("NOTIFIER_MAIL_FROM", "updates@localhost")
    assert isinstance(command("2027a").exception, SettingsError)
    assert list(tmp_path.iterdir()) == []
