"""Whether two records say the same outside `derivedSection`, which the registry rewrites every business day."""

import hashlib

import msgspec

from notifier.study.reading import document

NOT_CONTENT = "derivedSection"


def content_digest(raw: bytes) -> str:
    """A SHA-256 of the record's content as it is written; takes microseconds, for no value is decoded.

    Equal digests mean equal content. Different ones may still mean the same content, written otherwise: then
    `same_content` knows.
    """
    try:
        sections = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return hashlib.sha256(raw).hexdigest()  # readable only after mending, so never quite the same
    digest = hashlib.sha256()
    for name in sorted(sections):
        if name != NOT_CONTENT:
            digest.update(name.encode() + b"\0" + bytes(sections[name]) + b"\0")
    return digest.hexdigest()


def same_content(one: bytes, other: bytes) -> bool:
    """Whether two records hold the same values, whatever their order of keys and white space."""
    return _content(one) == _content(other)


def _content(raw: bytes) -> dict[str, object]:
    return {name: value for name, value in document(raw).items() if name != NOT_CONTENT}
