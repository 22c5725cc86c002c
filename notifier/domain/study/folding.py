"""Text as it is looked for: without case, accents and signs, so that 'Sjögren' is found by 'sjogren'. Pure."""

import re
import unicodedata

_APOSTROPHES = re.compile(r"['\u2019\u02bc`\u00b4]")
_BETWEEN_WORDS = re.compile(r"[\W_]+")
#: Letters that no decomposition takes apart.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe"})


def folded(text: str) -> str:
    """Words parted by single spaces; equal for texts that differ in case, accents or punctuation alone."""
    apart = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text).casefold())
    plain = "".join(sign for sign in apart if not unicodedata.combining(sign))
    return _BETWEEN_WORDS.sub(" ", plain.casefold().translate(_LETTERS)).strip()
