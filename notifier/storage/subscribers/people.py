"""What a sign-up is made of, and how a person is found. An address is found by one normal form of it (M31)."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, select
from sqlmodel import Session

from notifier.domain import gazetteer
from notifier.domain.changes import Group, Weight
from notifier.domain.geo import Circle, Near
from notifier.domain.narrowing import SAID_NOTHING, SaidNarrowing
from notifier.domain.wording.catalogue import PAGES, n_, translations
from notifier.errors import AddressError, InputError
from notifier.storage.engine.statements import into
from notifier.storage.models import ConsentRow, Every, SubscriberRow, SubscriptionRow, WordingRow, subscribers

if TYPE_CHECKING:
    from email_validator import ValidatedEmail

CONSENT_VERSION = "2026-11-en"


CONSENT_WORDING = n_(
    "I agree that my e-mail address is kept together with the studies and conditions I chose, which may say something "
    "about health, so that I am sent updates about them. I can stop at any time with the link in each mail."
)


#: A local part about which there is nothing to check, and a length at which no part of an address is too long.
_PLAIN = re.compile(r"[A-Za-z0-9_+-]{1,40}(?:\.[A-Za-z0-9_+-]{1,20})?")
_ALWAYS_SHORT_ENOUGH = 200
_UNSEEN = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


@dataclass(frozen=True, slots=True)
class Address:
    """An e-mail address: as typed, as mail is sent to it, and as it is found again."""

    typed: str
    key: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing to follow: a study by id, or a condition by text with its safe form for the registry's search."""

    nct_id: str | None = None
    condition: str | None = None
    query: str | None = None

    @property
    def label(self) -> str:
        return self.nct_id or self.condition or ""


@dataclass(frozen=True, slots=True)
class Consent:
    """How somebody agreed. `evidence` is None where they still have to confirm by mail."""

    method: str
    actor: str
    evidence: str | None
    language: str = "en"  # of the words that they saw


@dataclass(frozen=True, slots=True)
class Choice:
    """How often, and of what, a subscription tells. None: not said, so the usual, or as it was before."""

    every: Every | None = None  # Every.IMMEDIATE
    lightest: Weight | None = None  # Weight.NOTABLE
    groups: Group | None = None  # EVERY_GROUP
    narrowing: SaidNarrowing = SAID_NOTHING  # of a condition alone


@dataclass(frozen=True, slots=True)
class Defaults:
    """How the organisation speaks to somebody new of whom nothing was said, and by which clock."""

    language: str = "en"
    time_zone: str = "UTC"


DEFAULTS = Defaults()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How somebody wants to be written to, and when: `hour` and `weekday` (from Monday, 0) of digests, by their clock.

    None: not said, so the usual, or as it was before.
    """

    language: str | None = None
    time_zone: str | None = None
    hour: int | None = None
    weekday: int | None = None
    title_in_subject: bool | None = None
    discreet: bool | None = None
    still_watching: bool | None = None


@dataclass(frozen=True, slots=True)
class Person(Wishes):
    """Somebody who signs up, or is signed up."""

    address: Address
    near: str | None = None
    within: int | None = None  # km around it: of other places they are not told
    defaults: Defaults = DEFAULTS


class FollowVerdict(StrEnum):
    """What came of asking to follow one thing, by the form, the command or the import alike."""

    ACTIVE = "active"  #: Followed from now on.
    PENDING = "pending"  #: Waits for the person's confirmation.
    ALREADY_ACTIVE = "already active"  #: Was followed before; nothing was added.
    ALREADY_PENDING = "already pending"  #: Was waiting for confirmation before.
    SUPPRESSED = "suppressed"  #: Mail to the address came back, or was called spam: not followed unless they confirm anew.
    TWICE = "twice"  #: An earlier line of the same list says the same.
    CHANGED = "changed"  #: Was followed before, and other things were wished for.


@dataclass(frozen=True, slots=True)
class Added:
    """What `add` did: a verdict for each thing, and whether a new confirmation mail goes out now."""

    verdicts: tuple[tuple[str, FollowVerdict], ...]
    confirmation_queued: bool


def address(text: str) -> Address:
    """Check an address by its form. Raises AddressError; looks nothing up, and never asks a mail server (M33)."""
    local, _, domain = text.strip().rpartition("@")
    if _PLAIN.fullmatch(local) and len(text) <= _ALWAYS_SHORT_ENOUGH:
        # Nearly every address; of a hundred thousand, checking each domain once takes a tenth of the time.
        ours, ascii_domain = _domain(domain)
        typed, key = f"{local}@{ours}", f"{local.casefold()}@{ascii_domain}"
        return Address(typed, typed if typed == key else key)
    checked = _checked(text)
    domain = (checked.ascii_domain or checked.domain).lower()
    return Address(
        typed=f"{checked.local_part}@{checked.domain}", key=f"{checked.local_part.casefold()}@{domain}"
    )


@lru_cache(maxsize=4096)
def _domain(text: str) -> tuple[str, str]:
    checked = _checked(f"x@{text}")
    return checked.domain, (checked.ascii_domain or checked.domain).lower()


def _checked(text: str) -> "ValidatedEmail":
    # Slow to import, and most who import this room check no address.
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(text.strip(), check_deliverability=False, allow_smtputf8=True)
    except EmailNotValidError as error:
        reason = str(error).rstrip(".")
        raise AddressError(
            f"This is not an e-mail address that mail can be sent to ({reason}): check it"
        ) from None


def one_line(text: str) -> str:
    """What somebody wrote, on one line, without signs that are not seen or that turn the writing round."""
    seen = (
        "" if sign in _TURNING else " " if unicodedata.category(sign) in _UNSEEN else sign for sign in text
    )
    return " ".join("".join(seen).split())


def keep_wording(session: Session, language: str = "en") -> str:
    """Have the words to which people agree today in the store; returns their version, for a consent to name.

    A version's words never change, so that of a translation follows from its words.
    """
    text = translations(language, PAGES).gettext(CONSENT_WORDING)
    translated = text != CONSENT_WORDING
    version = f"{language}-{sha256(text.encode()).hexdigest()[:12]}" if translated else CONSENT_VERSION
    row = {"version": version, "text": text}
    session.execute(into(session, WordingRow).values(row).on_conflict_do_nothing())
    return version


def keep_consent(
    session: Session, row: SubscriptionRow, consent: Consent, now: datetime, *, given: bool | None = None
) -> None:
    """Note how somebody agreed, or is asked. given: whether they have; unless it is said, they have where there is evidence."""
    has_agreed = consent.evidence is not None if given is None else given
    session.add(
        ConsentRow(
            subscription_id=row.id or 0,
            method=consent.method,
            actor=consent.actor,
            evidence=consent.evidence,
            wording_version=keep_wording(session, consent.language),
            asked_at=now,
            given_at=now if has_agreed else None,
        )
    )


def find(session: Session, who: Address) -> SubscriberRow | None:
    return session.execute(
        select(SubscriberRow).where(subscribers.c.email_key == who.key)
    ).scalar_one_or_none()


def set_near(session: Session, subscriber_id: int, near: Near | None) -> None:
    """Name places there first, and of other places tell only within the circle, where there is one; None: everywhere."""
    row, circle = session.get_one(SubscriberRow, subscriber_id), near.circle if near else None
    row.near = near.place if near else None
    row.near_lat, row.near_lon = (circle.lat, circle.lon) if circle else (None, None)
    row.near_km, row.near_lon_km = (circle.km, circle.km_per_degree_east) if circle else (None, None)


def near_of(row: SubscriberRow | Row[Any]) -> Near | None:
    """Where this person wants to hear of places; None: everywhere."""
    if not row.near:
        return None
    lat, lon, km = row.near_lat, row.near_lon, row.near_km
    circle = Circle(lat, lon, km) if lat is not None and lon is not None and km is not None else None
    return Near(row.near, circle)


def found(place: str, km: int | None, time_zone: str | None = None) -> Near:
    """A place, with a circle of so many kilometres around it; of a postal code its town, in the zone's country where no other
    is said. Raises InputError where it is not on the map.
    """
    home = gazetteer.country_of_zone(time_zone)
    if km is not None:
        town, circle = gazetteer.circle(place, km, home)
    elif any(map(str.isdigit, place)):
        town, circle = gazetteer.the_town(place, home), None
    else:
        return Near(place)
    return Near(town.name if town.code else place, circle)


def say_near(session: Session, row: SubscriberRow, place: str | None, km: int | None) -> None:
    """Take over what was said of where somebody wants to hear of places; a circle around another place is gone."""
    where = place or row.near
    if km is not None and not where:
        raise InputError("A circle needs a place in its middle: say near which town")
    if where and (km is not None or where != row.near):
        set_near(session, row.id or 0, found(where, km, row.time_zone))
