"""What is typed to sign somebody up, checked field by field: one rule a field, for the form, the command and the import.

Each takes a text on one line and raises InputError with one sentence. Looks nothing up and stores nothing.
"""

from functools import lru_cache

from notifier.domain import mailbox_providers, narrowing
from notifier.domain.languages import LANGUAGES
from notifier.domain.narrowing import SaidNarrowing
from notifier.domain.scheduling import zone
from notifier.domain.sheets import meant
from notifier.domain.study import parse_nct_id
from notifier.errors import InputError
from notifier.sources.clinicaltrials_gov import in_words, safe_condition
from notifier.storage.models import Every
from notifier.storage.subscribers import Wanted

LONGEST_PLACE = 80  # characters of where somebody wants to hear of places

# Cached, because the lines of a list say the same few things again and again, and are then kept once.


@lru_cache(maxsize=10_000)
def study(text: str) -> Wanted:
    return Wanted(nct_id=parse_nct_id(text))


@lru_cache(maxsize=10_000)
def condition(text: str) -> Wanted:
    """A condition in plain words, and as the registry is asked.

    All who follow it read these words in their mails, so what somebody typed around them is left out.
    """
    words = safe_condition(text)
    return Wanted(condition=words, query=words.casefold())


def followed(text: str) -> Wanted:
    """A condition that is followed already, however the rules were when it was asked for."""
    words = in_words(text)
    return Wanted(condition=words, query=words.casefold())


def searched(text: str) -> str | None:
    """What the registry is asked for a condition that `condition` took, where that is not what was typed."""
    words = condition(text).condition
    return words if words and words.casefold() != " ".join(text.split()).casefold() else None


@lru_cache(maxsize=100)
def every(text: str) -> Every | None:
    """How often to mail; None where nothing was said."""
    if not text:
        return None
    try:
        return Every(text.lower())
    except ValueError:
        choices = tuple(each.value for each in Every)
        raise InputError(
            f"{text[:40]!r} is not how often mail can come: {meant(text.lower(), choices)}"
        ) from None


@lru_cache(maxsize=1000)
def evidence(text: str | None) -> str | None:
    """How and when somebody agreed; None where they are to be asked."""
    return (text or "").strip() or None


@lru_cache(maxsize=1000)
def time_zone(text: str | None) -> str | None:
    """The name of a time zone; None where nothing was said."""
    return zone(text).key if text else None


@lru_cache(maxsize=100)
def language(text: str | None) -> str | None:
    """A language; a dialect of one in which there are mails is that one. None where nothing was said."""
    if not text:
        return None
    base = text.partition("-")[0].lower()
    if base not in LANGUAGES:
        raise InputError(
            f"{text[:40]!r} is not a language in which there are mails: give one of {', '.join(LANGUAGES)}"
        )
    return base


_YES, _NO = ("yes", "true", "1"), ("no", "false", "0")


@lru_cache(maxsize=10_000)
def narrowed(
    *,
    open_only: str = "",
    treatment_only: str = "",
    country: str = "",
    age_group: str = "",
    sex: str = "",
    without: str = "",
) -> SaidNarrowing:
    """Which new studies of a condition are told; of what is empty nothing is said."""
    return narrowing.said(
        yes_or_no(open_only, "open_only"),
        yes_or_no(treatment_only, "treatment_only"),
        age_group or None,
        sex or None,
        [country] if country else None,
        [without] if without else None,
    )


def yes_or_no(text: str, name: str) -> bool | None:
    """What a cell says; None where it is empty. Raises InputError for another word."""
    word = text.lower()
    if word and word not in _YES + _NO:
        raise InputError(f"{name} is {text[:40]!r}: give yes or no")
    return None if not word else word in _YES


def question(address: str) -> str | None:
    """What is asked of an address that is taken as it was typed, and yet may not be meant."""
    right = mailbox_providers.meant(address)
    return f"Did you mean an address at {right}?" if right else None
