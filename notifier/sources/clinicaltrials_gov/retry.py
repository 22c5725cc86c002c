"""What an HTTP answer is worth: usable, worth another try, a refusal, or not the API at all. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import httpx

from notifier.clock import date_of
from notifier.errors import RegistryRefused, RegistryUnavailable

LONGEST_RETRY_AFTER = 300.0  # seconds that a Retry-After is obeyed for
QUOTED = 200  # characters of a refusal that are repeated


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked. `about` completes "asked for ...": it names no person and holds no address."""

    about: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A whole answer, whatever its worth; the body is decoded from gzip."""

    question: Question
    status: int
    headers: httpx.Headers
    body: bytes


class TryError(Exception):
    """One try brought nothing usable; another may. Never leaves this package."""

    def __init__(
        self, reason: str, *, advice: str = "", retry_after: float | None = None, unreachable: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.unreachable = unreachable  # no connection came about at all
        self.advice = advice or "it may answer later"
        self.retry_after = retry_after


def json_body(answer: Answer) -> bytes:
    """The body of an answer that can be read on as JSON.

    Raises TryError where asking again may help, RegistryRefused where it cannot because the question is wrong, and
    RegistryUnavailable where the way to the API is wrong.
    """
    status = answer.status
    if status == HTTPStatus.OK:
        return _checked(answer)
    if status == HTTPStatus.FORBIDDEN:
        raise TryError(_named(status), advice=_blocked(), retry_after=retry_after(answer.headers))
    if status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS} or status >= 500 or status < 300:
        raise TryError(_named(status), retry_after=retry_after(answer.headers))
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_URI_TOO_LONG, HTTPStatus.UNPROCESSABLE_ENTITY}:
        raise RegistryRefused(
            f"ClinicalTrials.gov refused to be asked for {answer.question.about} ({status}): "
            f"{quoted(answer)!r}; asking again cannot help, please report it"
        )
    raise elsewhere(answer)


def elsewhere(answer: Answer) -> RegistryUnavailable:
    """The error for an answer that the API never gives to such a question: it is not the API that answers.

    Redirects are not followed: one of the whole site means another base URL, which a person should know, and
    following would double each request.
    """
    to = answer.headers.get("location")
    said = f"{_named(answer.status)} and sent us to {to}" if to else _named(answer.status)
    return RegistryUnavailable(
        f"ClinicalTrials.gov, when asked for {answer.question.about}: {said}, which its API never does; "
        "check NOTIFIER_REGISTRY_URL (https://clinicaltrials.gov/api/v2)"
    )


def quoted(answer: Answer) -> str:
    """The first words of an answer, on one line."""
    text = answer.body[: QUOTED * 4].decode("utf-8", "replace")
    return " ".join(text.split())[:QUOTED]


def httpx_token() -> str:
    """The product token that httpx itself sends."""
    return f"python-httpx/{httpx.__version__}"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the answer asks us to wait, at most LONGEST_RETRY_AFTER; below 0 for a time that is over.

    RFC 9110, section 10.2.3. A date is read against the answer's own Date, so that this machine's clock need not
    be right.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), LONGEST_RETRY_AFTER)
    until, now = date_of(value), date_of(headers.get("date"))
    if until is None or now is None:
        return None
    return min((until - now).total_seconds(), LONGEST_RETRY_AFTER)


def _checked(answer: Answer) -> bytes:
    """JSON may still be cut: whoever decodes it finds out, and raises TryError."""
    kind = answer.headers.get("content-type", "").lower()
    if "html" in kind or answer.body[:64].lstrip()[:1] != b"{":
        raise TryError("it answered 200 with a page that is not the API's")
    return answer.body


def _named(status: int) -> str:
    try:
        return f"it answered {status} ({HTTPStatus(status).phrase})"
    except ValueError:
        return f"it answered {status}"


def _blocked() -> str:
    return (
        "its edge may block this client's User-Agent: set NOTIFIER_REGISTRY_USER_AGENT, "
        f"and keep {httpx_token()} in it"
    )
