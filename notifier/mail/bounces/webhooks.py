"""Reports that a mail provider posts by HTTP: who posted them, and what they say. Owns one row a provider; acts on nothing.

Nothing in a post is believed before its proof: the signature of Mailgun and of Amazon SNS, the password of Postmark, which
signs nothing. What is old, or was taken before, is refused. What a post says becomes the same `Report` as of a mail.
https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/ · https://postmarkapp.com/developer/webhooks
https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import base64
import binascii
import hashlib
import hmac
import http.client
import json
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import structlog

from notifier.errors import PostRefused, PostUnproved
from notifier.mail.bounces.parts import Report, ReportEntry, ReportKind, bounced
from notifier.mail.bounces.reading import notification_of, read_notification, report_of, text_at
from notifier.mail.refusals import Meaning, RefusalReason, meant, weigh

LARGEST_POST = 512 * 1024  # bytes; a message of SNS has 256 KiB at most, and more where they are escaped
LARGEST_ANSWER = 64 * 1024  # bytes of a certificate, or of the answer to a confirmation
ANSWER_WITHIN = 5.0  # seconds
MOST_FETCHES = 20  # an hour: whoever posts may name any certificate of Amazon's
MOST_CERTIFICATES = 8
AHEAD = timedelta(minutes=10)  # of our clock

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

log = structlog.get_logger()

Headers = Mapping[str, str]
Told = tuple[str, dict[str, Any], tuple[ReportEntry, ...]]


@dataclass(frozen=True, slots=True)
class Provider:
    """How its posts are proved and read.

    read: raises PostRefused, or gives the post's own name, which is all that was signed, what was told, and what that says
    of whom. signed_within: how old a signed post may be, as long as the provider tries again; such a post is taken once.
    None where nothing is signed. again: the status by which it gives up a post that was taken before.
    """

    read: Callable[["Posts", str, Headers, dict[str, Any], datetime], Told]
    signed_within: timedelta | None
    again: int = 403


@dataclass(frozen=True, slots=True)
class Post:
    """One post that was proved; `digest` names it. report: None where it asks for nothing."""

    digest: str
    report: Report | None


def fetched(url: str) -> bytes | None:
    """What stands at an address, without following it elsewhere; None where it is refused. Raises OSError."""
    parts = urlsplit(url)
    line = http.client.HTTPSConnection(parts.hostname or "", timeout=ANSWER_WITHIN)
    try:
        line.request("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path)
        answer = line.getresponse()
        if answer.status >= 500:
            raise OSError(f"status {answer.status}")
        return answer.read(LARGEST_ANSWER) if answer.status == http.client.OK else None
    except http.client.HTTPException as error:
        raise OSError(type(error).__name__) from None
    finally:
        line.close()


@dataclass(slots=True)
class Posts:
    """Reads posts; knows the certificates that signed some. secrets: by the names of providers.

    get: as `fetched`; asked for Amazon's own addresses alone.
    """

    secrets: Mapping[str, str] = field(repr=False)
    get: Callable[[str], bytes | None] = fetched
    _certificates: dict[str, "Certificate"] = field(default_factory=dict, repr=False)
    _fetches: deque[datetime] = field(default_factory=lambda: deque(maxlen=MOST_FETCHES), repr=False)
    _fetching: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def read(self, name: str, headers: Headers, body: bytes, now: datetime) -> Post:
        """Raises PostRefused for what is no post of this provider's, and PostUnproved where that cannot be told just now."""
        provider = PROVIDERS[name]
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            raise PostRefused("What was posted is no JSON object", 400)
        own, said, entries = provider.read(self, self.secrets[name], headers, data, now)
        digest = hashlib.sha256(f"{name} {own}".encode("utf-8", "replace")).hexdigest()
        asks = any(entry.kind is not ReportKind.OTHER for entry in entries)
        return Post(digest, report_of(said, entries, digest, _dated(said)) if asks else None)

    def certificate(self, url: str, now: datetime) -> "Certificate | None":
        """Fetched once, one at a time; None where none is there."""
        from cryptography.x509 import load_pem_x509_certificate

        with self._fetching:
            if url not in self._certificates:
                try:
                    made = load_pem_x509_certificate(self.ask(url, now) or b"")
                except ValueError:
                    return None
                while len(self._certificates) >= MOST_CERTIFICATES:
                    del self._certificates[next(iter(self._certificates))]
                self._certificates[url] = made
            return self._certificates[url]

    def ask(self, url: str, now: datetime) -> bytes | None:
        """Fetch an address of Amazon's, unless there was too much of that lately."""
        if len(self._fetches) == MOST_FETCHES and self._fetches[0] > now - timedelta(hours=1):
            raise PostUnproved("Too many posts named other certificates within an hour")
        self._fetches.append(now)
        try:
            return self.get(url)
        except OSError as error:
            raise PostUnproved(f"Amazon SNS did not answer ({type(error).__name__})") from None


def _refuse(why: str) -> PostRefused:
    return PostRefused(f"This does not come from the provider: {why}", 403)


def _check_age(name: str, at: datetime | None, now: datetime) -> None:
    within = PROVIDERS[name].signed_within
    assert within is not None
    if at is None or not now - within <= at <= now + AHEAD:
        raise _refuse("it was signed at another time")


# Mailgun


def _of_mailgun(_posts: Posts, secret: str, _headers: Headers, data: dict[str, Any], now: datetime) -> Told:
    signed = data.get("signature")
    at, token, signature = (_said(signed, name) for name in ("timestamp", "token", "signature"))
    expected = hmac.digest(secret.encode(), f"{at}{token}".encode("utf-8", "replace"), "sha256").hex()
    if not (token and hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))):
        raise _refuse("its signature is wrong")
    seconds = int(at) if re.fullmatch(r"[0-9]{1,11}", at) else 0
    _check_age("mailgun", datetime.fromtimestamp(seconds, UTC), now)
    event = data.get("event-data")
    event = event if isinstance(event, dict) else {}
    return f"{at}{token}", event, _read_mailgun(event)


def _said(value: Any, name: str) -> str:
    """A text, or a whole number as text."""
    number = value.get(name) if isinstance(value, dict) else None
    return str(number) if type(number) is int and 0 <= number < 10**12 else text_at(value, name) or ""


def _read_mailgun(event: dict[str, Any]) -> tuple[ReportEntry, ...]:
    sort, recipient = text_at(event, "event"), text_at(event, "recipient")
    if sort == "complained":
        return (ReportEntry(ReportKind.COMPLAINT, RefusalReason.FEEDBACK, recipient=recipient),)
    if sort == "unsubscribed":
        return (ReportEntry(ReportKind.UNSUBSCRIBE, RefusalReason.NONE, recipient=recipient),)
    if sort != "failed":
        return ()
    answer = event.get("delivery-status")
    words = " ".join(filter(None, (_said(answer, name) for name in ("code", "message", "description"))))
    # It did not even try, because of an earlier mail.
    if (text_at(event, "reason") or "").startswith("suppress-"):
        words = ""
    status = text_at(answer, "enhanced-code") or ""
    meaning = weigh(words, status if re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}", status, re.ASCII) else None)
    permanent = text_at(event, "severity") == "permanent"
    return (bounced(meaning, recipient, final=permanent),)


# Postmark


def _of_postmark(_posts: Posts, secret: str, headers: Headers, data: dict[str, Any], _now: datetime) -> Told:
    """It signs nothing: the address that it is told to post to holds a user and a password."""
    scheme, _, coded = headers.get("authorization", "")[:2000].partition(" ")
    try:
        known = base64.b64decode(coded.strip(), validate=True) if scheme.lower() == "basic" else b""
    except (binascii.Error, ValueError):
        known = b""
    # The secret is the password, or, where somebody wrote it so, the user and the password.
    given = (known.partition(b":")[2], known)
    if not any(hmac.compare_digest(each, secret.encode()) for each in given):
        raise _refuse("its password is wrong")
    names = ("RecordType", "ID", "MessageID", "Email", "Recipient", "ChangedAt")
    # What it quotes of the mail is Postmark's own writing of it, with a Message-ID that is not ours.
    return " ".join(_said(data, name) for name in names), {**data, "Content": None}, _read_postmark(data)


#: What Postmark calls a bounce and is none: it says nothing of whether mail arrives.
_NO_BOUNCE = frozenset(
    {
        "Unsubscribe",
        "Subscribe",
        "AddressChange",
        "OpenRelayTest",
        "ChallengeVerification",
        "ManuallyDeactivated",
        "Unconfirmed",
        "SMTPApiError",
        "InboundError",
        "TemplateRenderingFailed",
    }
)
#: What its word for a bounce means, where the server's own words say nothing.
_BY_TYPE = {
    "HardBounce": RefusalReason.USER_UNKNOWN,
    "BadEmailAddress": RefusalReason.USER_UNKNOWN,
    "DnsError": RefusalReason.NETWORK,
    "SpamNotification": RefusalReason.SPAM,
    "VirusNotification": RefusalReason.VIRUS,
    "Blocked": RefusalReason.REPUTATION,
    "DMARCPolicy": RefusalReason.AUTHENTICATION,
}


def _read_postmark(data: dict[str, Any]) -> tuple[ReportEntry, ...]:
    record, sort = text_at(data, "RecordType") or "", text_at(data, "Type") or ""
    recipient = text_at(data, "Email") or text_at(data, "Recipient")
    if record == "SubscriptionChange" and data.get("SuppressSending") is True:
        why, by = text_at(data, "SuppressionReason"), text_at(data, "Origin")
        if (why, by) == ("ManualSuppression", "Recipient"):
            return (ReportEntry(ReportKind.UNSUBSCRIBE, RefusalReason.NONE, recipient=recipient),)
        sort = why or ""
    if sort == "SpamComplaint" or record == "SpamComplaint":
        return (ReportEntry(ReportKind.COMPLAINT, RefusalReason.FEEDBACK, recipient=recipient),)
    if record != "Bounce" or sort in _NO_BOUNCE:
        return ()
    if sort == "AutoResponder":
        return (ReportEntry(ReportKind.AUTO_REPLY, RefusalReason.VACATION, recipient=recipient),)
    words = text_at(data, "Details") or ""
    meaning, by_type = weigh(words), _BY_TYPE.get(sort, RefusalReason.UNCLEAR)
    # Where the server's words say nothing, Postmark's own word stands: it mails such an address no more.
    silent = meaning.status is None and meant(words) is None
    gone = by_type is RefusalReason.USER_UNKNOWN and (silent or meaning.hard)
    meaning = Meaning(by_type if silent else meaning.reason, gone, meaning.status)
    return (bounced(meaning, recipient, final=sort != "Transient"),)


# Amazon SES, by SNS

#: What is signed of each sort of message, in this order; a subject only where there is one.
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    **dict.fromkeys(
        ("SubscriptionConfirmation", "UnsubscribeConfirmation"),
        ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
_CERTIFICATE = re.compile(r"/SimpleNotificationService-\w{1,100}\.pem", re.ASCII)


def _of_ses(posts: Posts, secret: str, _headers: Headers, data: dict[str, Any], now: datetime) -> Told:
    """secret: the topic. All that is fetched is of the one host of its region, and is not followed elsewhere."""
    sort, name = _whole(data, "Type"), _whole(data, "MessageId")
    if sort not in _SIGNED or not name:
        raise PostRefused("What was posted is no message of Amazon SNS", 400)
    if _whole(data, "TopicArn") != secret:
        raise _refuse("its topic is another one")
    _, partition, _, region, *_ = secret.split(":")
    place = f"https://sns.{region}.amazonaws.com{'.cn' if partition == 'aws-cn' else ''}"
    url = _whole(data, "SigningCertURL")
    if not (url.startswith(place) and _CERTIFICATE.fullmatch(url.removeprefix(place))):
        raise _refuse("its certificate is not Amazon's")
    _check_age("ses", _instant(_whole(data, "Timestamp")), now)
    fields = [each for each in _SIGNED[sort] if each != "Subject" or _whole(data, each)]
    plain = "".join(f"{each}\n{_whole(data, each)}\n" for each in fields)
    if not _is_signed(posts.certificate(url, now), plain, data, now):
        raise _refuse("its signature is wrong")
    if sort == "SubscriptionConfirmation":
        # Not at the address that the message names, but at the one that Amazon's documentation does.
        confirming = (
            f"Action=ConfirmSubscription&TopicArn={quote(secret)}&Token={quote(_whole(data, 'Token')[:2000])}"
        )
        if posts.ask(f"{place}/?{confirming}", now) is None:
            raise PostRefused("Amazon SNS does not know this subscription any more", 400)
        log.info("Amazon SNS now reports to this address.", action="webhook_confirmed")
    elif sort == "UnsubscribeConfirmation":
        log.warning("Amazon SNS does not report to this address any more.", action="webhook_ended")
    # Not its MessageId alone: one into which its subject was moved makes the same text to sign.
    notice = notification_of(_whole(data, "Message")) if sort == "Notification" else {}
    return plain, notice, read_notification(notice)


def _whole(data: dict[str, Any], name: str) -> str:
    found = data.get(name)
    return found if isinstance(found, str) else ""


def _is_signed(certificate: "Certificate | None", plain: str, data: dict[str, Any], now: datetime) -> bool:
    # 7 MB, and for those alone to whom Amazon reports.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    known = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303 - what SNS signs with where nobody chose
    method = known.get(_whole(data, "SignatureVersion"))
    if certificate is None or method is None:
        return False
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        return False
    try:
        signature = base64.b64decode(_whole(data, "Signature"), validate=True)
        key.verify(signature, plain.encode("utf-8", "replace"), PKCS1v15(), method)
    except (ValueError, InvalidSignature):
        return False
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _instant(stamp: str) -> datetime | None:
    """The time in ISO 8601, in UTC; None where it is none."""
    try:
        at = datetime.fromisoformat(stamp[:40])
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _dated(said: dict[str, Any]) -> datetime | None:
    """When it happened, by the provider's clock."""
    if (at := said.get("timestamp")) and isinstance(at, int | float) and 0 < at < 10**11:
        return datetime.fromtimestamp(at, UTC)
    nested = (said.get(name) for name in ("bounce", "complaint"))
    stamps = [text_at(said, "BouncedAt"), *(text_at(each, "timestamp") for each in nested)]
    return next((at for stamp in stamps if stamp and (at := _instant(stamp))), None)


#: Mailgun tries again for eight hours, and gives up at 406 alone; SNS for an hour, and gives up at what is no 5xx or 429.
PROVIDERS: dict[str, Provider] = {
    "ses": Provider(_of_ses, timedelta(hours=2)),
    "postmark": Provider(_of_postmark, None),
    "mailgun": Provider(_of_mailgun, timedelta(hours=12), again=406),
}
