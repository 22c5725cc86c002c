"""What an answer of the endpoint is worth: a draft, another try, nothing for this study, or nothing at all. Pure."""

from collections.abc import Mapping
from http import HTTPStatus

import msgspec

from notifier.domain.summaries.gate import Draft
from notifier.errors import ModelError

LONGEST_WAIT = 60.0  # seconds that a Retry-After is obeyed for
_ADVICE = {
    HTTPStatus.UNAUTHORIZED: "check NOTIFIER_MODEL_KEY",
    HTTPStatus.FORBIDDEN: "check NOTIFIER_MODEL_KEY, and what it may be used for",
    HTTPStatus.PAYMENT_REQUIRED: "its account has nothing left",
    HTTPStatus.NOT_FOUND: "check NOTIFIER_MODEL_URL and NOTIFIER_MODEL_NAME",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "it takes no text of this length: choose another NOTIFIER_MODEL_NAME",
}


class ModelTryError(Exception):
    """One try brought nothing; another may. Never leaves this room."""

    def __init__(self, reason: str, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class FormatRefused(Exception):
    """The endpoint does not take this way to ask for JSON. Never leaves this room."""


class Unusable(Exception):
    """An answer came, and it is no read of this study; the text says why. Other studies may fare better."""


class _Message(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]


class _Written(msgspec.Struct):
    title: str
    question: str
    summary: list[str]
    could_lead_to: list[str]


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> Draft:
    """The draft of a whole answer. Raises TryError, FormatRefused, Unusable or ModelError."""
    if status != HTTPStatus.OK:
        raise _refusal(status, headers)
    try:
        completion = msgspec.json.decode(body, type=_Completion)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise ModelTryError("it answered 200 with what is no answer of such an endpoint") from fault
    if not completion.choices:
        raise Unusable("the answer is empty")
    choice = completion.choices[0]
    if choice.finish_reason not in {None, "stop"}:
        raise Unusable("the answer was cut or withheld by the endpoint")
    return _draft(choice.message.content or "")


def _refusal(status: int, headers: Mapping[str, str]) -> Exception:
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
        return FormatRefused()
    if (
        status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}
        or status >= 500
    ):
        return ModelTryError(f"it answered {status}", _retry_after(headers))
    advice = _ADVICE.get(HTTPStatus(status)) if status in set(HTTPStatus) else None
    return ModelError(
        f"The language model's endpoint answered {status}: "
        f"{advice or 'check NOTIFIER_MODEL_URL, which is the part before /chat/completions'}"
    )


def _draft(content: str) -> Draft:
    try:
        written = msgspec.json.decode(_without_fence(content), type=_Written)
    except (msgspec.DecodeError, RecursionError) as fault:
        raise Unusable("the answer is not JSON of the form that was asked for") from fault
    return Draft(
        written.title.strip(),
        written.question.strip(),
        _stripped(written.summary),
        _stripped(written.could_lead_to),
    )


def _without_fence(content: str) -> str:
    """Models that were not held to JSON put it into a block of code."""
    text = content.strip()
    if text.startswith("```") and text.endswith("```"):
        return text.strip("`").removeprefix("json")
    return text


def _stripped(texts: list[str]) -> tuple[str, ...]:
    return tuple(text.strip() for text in texts)


def _retry_after(headers: Mapping[str, str]) -> float:
    value = headers.get("retry-after", "").strip()
    return min(float(value), LONGEST_WAIT) if value.isascii() and value.isdigit() else 0.0
