"""How tests read a signature: by a verifier that is not ours, with the DNS records that we would publish."""

import re
from datetime import UTC, datetime
from functools import cache

import dkim
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from notifier.mail.render.dkim import DkimKey, Signer, record_name, record_strings

#: When tests sign. The verifier refuses signatures from after its own machine's time.
NOW = datetime(2026, 1, 13, 14, 35, tzinfo=UTC)


@cache
def rsa_key():
    return DkimKey("2027a", "example.org", generate_private_key(public_exponent=65537, key_size=2048))


@cache
def ed25519_key():
    return DkimKey("2027e", "example.org", Ed25519PrivateKey.generate())


def both():
    return Signer([rsa_key(), ed25519_key()])


def verdicts(content, *keys):
    """For each signature, from the first on, whether it holds."""
    published = {f"{record_name(key)}.": "".join(record_strings(key)) for key in keys}
    return [holds(content, published, number) for number in range(len(signatures(content)))]


def holds(content, published, number=0):
    """Whether this signature holds. published: what the DNS answers to which name."""

    def asked(name, timeout):
        return published.get(name.decode(), "").encode() or None

    try:
        return dkim.DKIM(content).verify(number, asked)
    except dkim.DKIMException:
        return False


def signatures(content):
    """The tags of each DKIM-Signature, their white space taken out, which means nothing there."""
    head = re.sub(r"\r\n(?=[ \t])", "", content.partition(b"\r\n\r\n")[0].decode())
    found = [line.partition(":")[2] for line in head.split("\r\n") if line.startswith("DKIM-Signature:")]
    return [_tags(re.sub(r"\s", "", each)) for each in found]


def _tags(text):
    return dict(each.split("=", 1) for each in text.split(";"))
