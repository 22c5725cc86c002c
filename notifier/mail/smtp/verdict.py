"""What a mail server's reply means for one message. Pure: a table in code, no connection."""

import re
from dataclasses import dataclass
from enum import StrEnum

from notifier.mail.refusals import weigh

LONGEST_TEXT = 300  # characters of the server's words that are kept
_LONGEST_LOOKED_AT = 1000  # characters; a hostile server may send 32,768
_STATUS = re.compile(r"\s*#?([245]\.\d{1,3}\.\d{1,3})(?!\d|\.\d)")
_ADDRESS = re.compile(r"<?(?:\"[^\"@]*\"|[^\s<>\"@]+)@[^\s<>@]+>?")

#: The relay wants us signed in or encrypted (RFC 4954, RFC 3207).
_UNWELCOME_CODES = frozenset({530, 534, 535, 538})
#: The relay itself takes no mail now: its disk is full, it shuts down, or we ask for too much at once.
_SYSTEM_STATUSES = frozenset({"4.3.1", "4.3.2"})
_DISK_FULL = re.compile(
    r"system (?:storage|resources)|disk (?:is )?full|(?:no|not enough|insufficient) (?:disk )?space",
    re.IGNORECASE,
)
#: The relay takes no mail of this size. What it says for good is about its own limit, which its admin can raise.
_TOO_LARGE = "5.3.4"
_SIZE = re.compile(r"(?:message|mail).{0,20}(?:size|too (?:large|big|long))", re.IGNORECASE)
_PRIVATE = re.compile(r"starttls|\btls\b|\bssl\b|encrypt", re.IGNORECASE)
_TOO_MANY = re.compile(
    r"too many|concurrent|connection.{0,20}(?:limit|rate)|(?:limit|rate).{0,20}connection", re.IGNORECASE
)
#: Something about our own sender address, though many servers say so only at RCPT (Postfix by default).
_SENDER_STATUSES = frozenset({"4.1.7", "4.1.8", "5.1.7", "5.1.8"})
#: Refusals for good that need no person: some fault of the mailbox, full, no route, too old.
_ORDINARY = re.compile(r"5\.(?:1\.0|2\.0|2\.2|4\.\d+)")


class SendOutcome(StrEnum):
    """What became of one attempt to hand one message over."""

    SENT = "sent"  #: The server took responsibility for it; that is not yet "delivered".
    DEFERRED = "deferred"  #: Certainly not taken; the same bytes may be taken later.
    REJECTED = "rejected"  #: Certainly not taken, and asking again cannot help.
    UNSURE = "unsure"  #: The whole message went out and no answer came back: it may have been taken.


class SendStage(StrEnum):
    """How far an attempt got."""

    CONNECT = "connect"  #: Finding the host, opening the connection, greeting and EHLO.
    TLS = "tls"  #: Making the connection private and checking the certificate.
    AUTH = "auth"  #: Signing in.
    MAIL = "mail"  #: MAIL FROM: the server looks at our sender address.
    RCPT = "rcpt"  #: RCPT TO: the server looks at the recipient.
    DATA = "data"  #: DATA was asked for and no byte of the message has gone out.
    DOT = "dot"  #: The message and its final dot are on their way and no answer has come.
    REPLY = "reply"  #: The answer to the final dot.


#: Faults here are nobody's message: the message stays as it is, the way to the server is paused.
SYSTEMIC = frozenset({SendStage.CONNECT, SendStage.TLS, SendStage.AUTH, SendStage.MAIL})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of one attempt for one message.

    `code` is None where the server did not answer, `status` is its enhanced status code ("5.1.1") where it gave one,
    `text` its words on one line, at most 300 characters and without any address. `dead_address`: the address itself
    is gone, suppress it. `expected`: ordinary life of mail (taken, greylisted, full, unknown mailbox); False where a
    person should look (policy, reputation, content, size, protocol faults, no answer).
    """

    outcome: SendOutcome
    stage: SendStage
    code: int | None
    status: str | None
    text: str
    dead_address: bool = False
    expected: bool = True


def judge(stage: SendStage, code: int | None, text: str) -> Verdict:
    """The meaning of a reply at a stage; `code` None stands for no reply (connection lost, time-out).

    Only 2yz, 4yz and 5yz settle anything: any other answer after the dot leaves the message unsure, any other answer
    before it defers. Faults at the systemic stages always defer.
    """
    status = _status(code, text)
    too_large, kind = _is_too_large(code, status, text), (code or 0) // 100
    if too_large or stage in SYSTEMIC or kind == 4:
        outcome = SendOutcome.DEFERRED
    elif kind == 5:
        outcome = SendOutcome.REJECTED
    elif kind == 2 and stage is SendStage.REPLY:
        outcome = SendOutcome.SENT
    else:
        outcome = SendOutcome.UNSURE if stage in {SendStage.DOT, SendStage.REPLY} else SendOutcome.DEFERRED
    # As a report would quote it; the very same judge reads both.
    dead = (
        outcome is SendOutcome.REJECTED
        and weigh(
            f"{code} {text}", at_rcpt=stage is SendStage.RCPT, after_data=stage is not SendStage.RCPT
        ).hard
    )
    return Verdict(
        outcome,
        stage,
        code,
        status,
        clean_words(text),
        dead_address=dead,
        expected=dead or (not too_large and _is_ordinary(outcome, code, status)),
    )


def blames_us(code: int | None, text: str) -> bool:
    """Whether a reply to RCPT, DATA or the dot is really about our sign-in, our encryption or our sender address, or
    about the relay's own state, so that it would meet every message alike.
    """
    status = _status(code, text)
    return (
        code in _UNWELCOME_CODES
        or status in _SENDER_STATUSES
        or _is_full(code, status, text)
        or status in _SYSTEM_STATUSES
    )


def what_is_wrong(stage: SendStage, code: int | None, text: str) -> tuple[str, str]:
    """What the mail server did, and what to do about it, where that stops more than one message."""
    if words := _known(code, text):
        return words
    closed = stage is not SendStage.CONNECT and _status(code, text) in _SYSTEM_STATUSES
    return _CLOSED if closed else _WHAT_FAILED.get(stage, _WHAT_FAILED[SendStage.MAIL])


def refused_alike(verdict: Verdict, mails: int) -> str:
    """Where all mails of a pass were refused like this one: what happened, and what to do."""
    failed, advice = _known(verdict.code, verdict.text) or (
        "refuses our mail",
        "see its log; what it refused for good goes again by `notifier outbox resend`",
    )
    words = f"{verdict.code or 'no answer'} {verdict.text}".strip()
    return f"The mail server {failed}: it refused all {mails} mails of this pass alike, at {verdict.stage.name}: {words}; {advice}."


def _known(code: int | None, text: str) -> tuple[str, str] | None:
    status = _status(code, text)
    told = (
        (_is_full(code, status, text), _FULL),
        (code in {530, 538} and _PRIVATE.search(text), _WANTS_PRIVACY),
        (code == 530, _WANTS_SIGN_IN),
        (_is_too_large(code, status, text), _TAKES_LESS),
        (code is not None and _TOO_MANY.search(text), _TAKES_FEWER),
    )
    return next((words for is_so, words in told if is_so), None)


_FULL = "has no room for mail", "make room on its disk: nothing is lost, the mails stay due"
_WANTS_PRIVACY = "wants a private connection first", "write smtp+starttls:// or smtps:// in NOTIFIER_SMTP_URL"
_WANTS_SIGN_IN = "wants us to sign in first", "write user and password into NOTIFIER_SMTP_URL"
_TAKES_LESS = "takes no mail of this size", "raise its limit (in Postfix: message_size_limit)"
_TAKES_FEWER = (
    "takes no more from us now",
    "set NOTIFIER_SMTP_CONNECTIONS to what it allows, or raise its limit",
)
_CLOSED = "takes no mail now", "see its log: nothing is lost, the mails stay due"
_WHAT_FAILED = {
    SendStage.CONNECT: ("cannot be reached", "check NOTIFIER_SMTP_URL and that the server runs"),
    SendStage.TLS: ("gave no private connection that can be trusted", "check its certificate, and smtps:// against smtp+starttls://"),
    SendStage.AUTH: ("refused the sign-in", "check the user and the password in NOTIFIER_SMTP_URL"),
    SendStage.MAIL: ("refused our sender", "check NOTIFIER_MAIL_FROM, NOTIFIER_BOUNCE_DOMAIN and what the server lets us send"),
}  # fmt: skip


def _is_full(code: int | None, status: str | None, text: str) -> bool:
    return status == "4.3.1" or (code == 452 and status is None and bool(_DISK_FULL.search(text)))


def _is_too_large(code: int | None, status: str | None, text: str) -> bool:
    return status == _TOO_LARGE or (code == 552 and status is None and bool(_SIZE.search(text)))


def clean_words(text: str) -> str:
    """The server's words on one line of at most 300 characters, every e-mail address replaced by `<address>`."""
    if len(text) > _LONGEST_LOOKED_AT:
        text = text[:_LONGEST_LOOKED_AT].rpartition(" ")[0]
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(_ADDRESS.sub("<address>", text).split())[:LONGEST_TEXT]


def _status(code: int | None, text: str) -> str | None:
    """The enhanced status code, where it is of the same class as the reply (RFC 2034 section 4)."""
    match = _STATUS.match(text)
    return match[1] if match and match[1][0] == str(code)[:1] else None


def _is_ordinary(outcome: SendOutcome, code: int | None, status: str | None) -> bool:
    if outcome is SendOutcome.REJECTED:
        return bool(_ORDINARY.fullmatch(status)) if status else code in {550, 551, 552}
    return outcome is SendOutcome.SENT or (
        outcome is SendOutcome.DEFERRED and code is not None and 400 <= code <= 499
    )
