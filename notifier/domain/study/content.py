"""Whether two records say the same outside `derivedSection`, which the registry rewrites every business day.

A record whose content we have already is not read again: its id and the digest of its bytes are enough. And text as it is
looked for: without case, accents and signs.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from contextlib import suppress

import msgspec

from notifier.domain.study.parts import NamedProtocol
from notifier.domain.study.reading import Study, decode, document

_APOSTROPHES = re.compile(r"['\u2019\u02bc`\u00b4]")
_BETWEEN_WORDS = re.compile(r"[\W_]+")
#: Letters that no decomposition takes apart.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe"})


def folded(text: str) -> str:
    """Words parted by single spaces; equal for texts that differ in case, accents or punctuation alone."""
    apart = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text).casefold())
    plain = "".join(sign for sign in apart if not unicodedata.combining(sign))
    return _BETWEEN_WORDS.sub(" ", plain.casefold().translate(_LETTERS)).strip()


NOT_CONTENT = "derivedSection"

_sections = msgspec.json.Decoder(dict[str, msgspec.Raw])
_named = msgspec.json.Decoder(NamedProtocol)
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Same(msgspec.Struct, frozen=True):
    """A record with the very content that is known of its study: only whose it is was read."""

    nct_id: str
    aliases: tuple[str, ...]


def content_digest(raw: bytes) -> str:
    """A SHA-256 of the record's content as it is written; takes microseconds, for no value is decoded.

    Equal digests mean equal content. Different ones may still mean the same content, written otherwise: then
    `same_content` knows.
    """
    try:
        sections = _sections.decode(raw)
    except _FAULTS:
        return hashlib.sha256(raw).hexdigest()  # readable only after mending, so never quite the same
    return _digest(sections)


def decode_if_new(raw: bytes | msgspec.Raw, known: Mapping[str, str]) -> Study | Same:
    """Read a record wholly, unless its content has the digest that is `known` of its study: those bytes were read
    when they were stored. Raises RecordUnreadable as `decode` does.
    """
    with suppress(*_FAULTS):  # reading it wholly says why
        sections = _sections.decode(raw)
        names = _named.decode(sections.get("protocolSection", b"")).identification_module
        digest = known.get(names.nct_id)
        if digest is not None and digest == _digest(sections):
            return Same(names.nct_id, names.nct_id_aliases)
    return decode(raw)


def same_content(one: bytes, other: bytes) -> bool:
    """Whether two records hold the same values, whatever their order of keys and white space."""
    old, new = document(one), document(other)
    for record in (old, new):
        record.pop(NOT_CONTENT, None)
    return old == new


def _digest(sections: Mapping[str, msgspec.Raw]) -> str:
    digest = hashlib.sha256()
    for name in sorted(sections):
        if name != NOT_CONTENT:
            digest.update(name.encode() + b"\0")
            digest.update(sections[name])  # apart from what is around it, for a section is large to copy
            digest.update(b"\0")
    return digest.hexdigest()
