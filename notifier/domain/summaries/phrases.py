"""What nothing of ours ever says: no promise, no pressure, no claim that something works (W3). One list, for all gates."""

import re

from notifier.domain.summaries.tables import table

BANNED = tuple(row[0] for row in table("banned.txt"))
#: Said of what is tried, these claim that it works, unless the sentence asks whether it does.
_CLAIM = re.compile(
    r"\b(?:works?|worked|helps?|helped|improves?|improved|reduces?|reduced|prevents?|prevented|slows?|slowed|shrinks?|shrank|"
    r"heals?|healed|relieves?|relieved|eases?|eased|protects?|protected|fights?|kills?|destroys?|restores?|restored|"
    r"saves?|benefits?|benefited|successful|successfully|powerful|live longer|lives longer|better than|works better)\b"
)
_ASKS = re.compile(
    r"\b(?:whether|if|how|not|cannot|unknown|unclear|find out|to see|to learn|to show|aims?|meant to|trying to|tries to|tests?|"
    r"measures?|compares?|looks? at|looks? for|studies|question)\b|n't\b"
)
_MAY = re.compile(r"\b(?:could|can|may|might)\b")
_BANNED = re.compile(
    r"(?<![\w-])(?:" + "|".join(map(re.escape, sorted(BANNED, key=len, reverse=True))) + r")(?![\w-])"
)
_QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u2010": "-", "\u2011": "-"})


def banned_in(text: str) -> tuple[str, ...]:
    """The banned phrases in a text, as whole words, in its order, each once."""
    plain = " ".join(text.casefold().translate(_QUOTES).split())
    return tuple(dict.fromkeys(_BANNED.findall(plain)))


def claims(sentence: str, *, may: bool) -> str | None:
    """The word by which a sentence claims that something works; None where it asks whether it does, or claims nothing.

    may: that something could come about may be said too, as it may of what a study could lead to.
    """
    plain = " ".join(sentence.casefold().translate(_QUOTES).split())
    claim = _CLAIM.search(plain)
    if claim is None or plain.endswith("?") or _ASKS.search(plain) or (may and _MAY.search(plain)):
        return None
    return claim[0]
