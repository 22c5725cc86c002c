"""The private keys of DKIM as files, and the DNS record of each. Never writes over a file, never asks the DNS."""

import base64
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from notifier.errors import InputError, SettingsError
from notifier.mail.render.dkim import DkimKey
from notifier.mail.render.mime import wire_address

SHORTEST_RSA = 1024  # bits; mailbox providers refuse less (M17), and RFC 8301 does
SAFE_RSA = 2048  # bits
LONGEST_STRING = 250  # characters of one string of a TXT record; RFC 1035 section 3.3.14 has room for 255

_SETTING = "NOTIFIER_DKIM_KEYS"
_ADVICE = "make one with `notifier dkim new`"
_MAKERS: Mapping[str, Callable[[], RSAPrivateKey | Ed25519PrivateKey]] = {
    "rsa": lambda: generate_private_key(public_exponent=65537, key_size=SAFE_RSA),
    "ed25519": Ed25519PrivateKey.generate,
}

log = structlog.get_logger()


def read_keys(files: Sequence[tuple[str, Path]], domain: str) -> tuple[DkimKey, ...]:
    """The keys of (selector, PEM file).

    Raises SettingsError where one is missing, unreadable, too short, or of another type.
    """
    keys = tuple(_read(selector, domain, path) for selector, path in files)
    if not any(isinstance(key.private, RSAPrivateKey) for key in keys):
        log.warning(
            "No DKIM key is RSA, and receivers that verify nothing else take the mails for unsigned.",
            action="dkim_without_rsa",
        )
    return keys


def _read(selector: str, domain: str, path: Path) -> DkimKey:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"{_SETTING} names {path} for {selector}, which cannot be read ({error.strerror}): mend the path "
            f"or its rights, or {_ADVICE}"
        ) from error
    return DkimKey(selector, domain, _checked(_decoded(content, path), path))


def _decoded(content: bytes, path: Path) -> object:
    try:
        return serialization.load_pem_private_key(content, password=None)
    except TypeError:
        fault = "which is locked with a password that nobody is there to type"
    except (ValueError, UnsupportedAlgorithm):
        fault = "which holds no private key in PEM form"
    raise SettingsError(f"{_SETTING} names {path}, {fault}: {_ADVICE}")


def _checked(private: object, path: Path) -> RSAPrivateKey | Ed25519PrivateKey:
    if isinstance(private, Ed25519PrivateKey):
        return private
    if not isinstance(private, RSAPrivateKey):
        raise SettingsError(
            f"{_SETTING} names {path}, which holds a key that is neither RSA nor Ed25519: {_ADVICE}"
        )
    if private.key_size < SHORTEST_RSA:
        raise SettingsError(
            f"{_SETTING} names {path}, an RSA key of {private.key_size} bits, and mailbox providers refuse less than "
            f"{SHORTEST_RSA}: {_ADVICE}"
        )
    if private.key_size < SAFE_RSA:
        log.warning(
            "A DKIM key is shorter than it should be.",
            action="dkim_key_short",
            path=str(path),
            bits=private.key_size,
            should_be=SAFE_RSA,
        )
    return private


def new_key(selector: str, domain: str, kind: str, path: Path) -> DkimKey:
    """A fresh key (`rsa` or `ed25519`), on the disk in a file that only we may read.

    Raises InputError where the file exists, or cannot be written.
    """
    key = DkimKey(selector, domain, _MAKERS[kind]())
    pem = key.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        _write_once(path, pem)
    except FileExistsError:
        raise InputError(
            f"{path} exists, and a key is never written over: choose another file with --out"
        ) from None
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror}): choose another file with --out"
        ) from error
    return key


def _write_once(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink()  # half a key would only be in the way
        raise


def record_name(key: DkimKey) -> str:
    """Where the DNS record of a key stands."""
    return f"{key.selector}._domainkey.{key.domain}"


def record_strings(key: DkimKey) -> tuple[str, ...]:
    """The value of that TXT record, as the strings that it must be cut into (RFC 6376, 3.6.2.2); joined with nothing."""
    value = (
        f"v=DKIM1; k={key.algorithm.partition('-')[0]}; p={base64.b64encode(_public(key)).decode('ascii')}"
    )
    return tuple(value[start : start + LONGEST_STRING] for start in range(0, len(value), LONGEST_STRING))


def _public(key: DkimKey) -> bytes:
    public, encoding, form = key.private.public_key(), serialization.Encoding, serialization.PublicFormat
    if isinstance(key.private, RSAPrivateKey):
        return public.public_bytes(encoding.DER, form.SubjectPublicKeyInfo)
    return public.public_bytes(encoding.Raw, form.Raw)  # RFC 8463 section 4: the 32 bytes alone


def signing_domain(chosen: str | None, of_sender: str) -> str:
    """The domain that mails are signed for: as chosen, else the sender's, in ASCII. Raises SettingsError for one without DNS."""
    domain = chosen or wire_address(f"x@{of_sender}").rpartition("@")[2]
    if "." not in domain:
        raise SettingsError(
            f"Mails cannot be signed for {domain}, which has no place in the DNS: set NOTIFIER_MAIL_FROM to an "
            "address at a domain of yours, or set NOTIFIER_DKIM_DOMAIN"
        )
    return domain.lower()
