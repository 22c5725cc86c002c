"""How one question is asked over HTTP: client, pace, deadline, size and retry. It knows nothing of studies."""

import asyncio
import io
import random
import time
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

import httpx
import structlog

import notifier
from notifier.domain.scheduling import date_of
from notifier.errors import RegistryRefused, RegistryUnavailable, SettingsError, StoreError

LONGEST_RETRY_AFTER = 300.0  # seconds that a Retry-After is obeyed for
QUOTED = 200  # characters of a refusal that are repeated


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked. `about` completes "asked for ...": it names no person and holds no address.

    typed: words that a person typed are in it, which no log is told.
    """

    about: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    typed: bool = False


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
        # JSON may still be cut: whoever decodes it finds out, and raises TryError.
        kind = answer.headers.get("content-type", "").lower()
        if "html" in kind or answer.body[:64].lstrip()[:1] != b"{":
            raise TryError("it answered 200 with a page that is not the API's")
        return answer.body
    if status == HTTPStatus.FORBIDDEN:
        raise TryError(
            _named(status),
            advice="its edge may block this client's User-Agent: set NOTIFIER_REGISTRY_USER_AGENT, "
            f"and keep {httpx_token()} in it",
            retry_after=retry_after(answer.headers),
        )
    if status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS} or status >= 500 or status < 300:
        raise TryError(_named(status), retry_after=retry_after(answer.headers))
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_URI_TOO_LONG, HTTPStatus.UNPROCESSABLE_ENTITY}:
        said = " ".join(answer.body[: QUOTED * 4].decode("utf-8", "replace").split())[:QUOTED]
        raise RegistryRefused(
            f"ClinicalTrials.gov refused to be asked for {answer.question.about} ({status}): "
            f"{said!r}; asking again cannot help, please report it"
        )
    raise elsewhere(answer)


def elsewhere(answer: Answer) -> RegistryUnavailable:
    """The error for an answer that the API never gives to such a question: it is not the API that answers.

    Redirects are not followed: one of the whole site means another base URL, which a person should know, and
    following would double each request.
    """
    # What was asked for is nobody's but the asker's.
    to = answer.headers.get("location", "").partition("?")[0]
    said = f"{_named(answer.status)} and sent us to {to}" if to else _named(answer.status)
    return RegistryUnavailable(
        f"ClinicalTrials.gov, when asked for {answer.question.about}: {said}, which its API never does; "
        "check NOTIFIER_REGISTRY_URL (https://clinicaltrials.gov/api/v2)"
    )


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


def _named(status: int) -> str:
    try:
        return f"it answered {status} ({HTTPStatus(status).phrase})"
    except ValueError:
        return f"it answered {status}"


log = structlog.get_logger()
T = TypeVar("T")

MEGABYTE = 1_000_000
UNREACHABLE_TRIES = 3
FIRST_WAIT = 3.0  # seconds, at most, before the second try; doubled for each further one
AT_ONCE = 1 << 20  # bytes that are unpacked before it is seen how many there are
IMPATIENT = 5.0  # seconds for the one try of somebody who waits at a terminal
LARGEST_REFUSAL = 64_000  # bytes read of an answer that is not 200

Sleep = Callable[[float], Awaitable[None]]


def user_agent(contact: str | None = None) -> str:
    """What this client calls itself, with a page to write to.

    httpx's own product token stays in it: the registry's edge compares the User-Agent with the client's TLS
    handshake, and answered 403 to httpx under any name that did not say so.
    """
    about = f" (+{contact})" if contact else ""
    return f"trial-notifier/{notifier.__version__}{about} {httpx_token()}"


def open_client(
    base_url: str,
    *,
    contact: str | None = None,
    user_agent_override: str | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """The HTTP client of one program, made once and closed by whoever made it.

    `base_url` is the API's base with or without a slash at its end; `user_agent_override` replaces the whole
    User-Agent. Raises SettingsError for one that no header can hold.
    """
    agent = user_agent_override or user_agent(contact)
    if not (agent.isascii() and agent.isprintable()):
        raise SettingsError(
            "NOTIFIER_REGISTRY_USER_AGENT holds signs that a header cannot: use one line of plain ASCII, "
            f'for example "{user_agent("https://example.org")}"'
        )
    return httpx.AsyncClient(
        base_url=base_url,
        # Named here, so that packages which happen to be installed do not change what is asked for.
        headers={"User-Agent": agent, "Accept-Encoding": "gzip, deflate"},
        timeout=httpx.Timeout(30.0, connect=10.0),
        limits=httpx.Limits(max_connections=2, max_keepalive_connections=2),
        follow_redirects=False,
        transport=transport,
    )


@dataclass(eq=False)
class Pacer:
    """Spaces the starts of requests, no more than so many a second; how long an answer takes is nobody else's wait.

    `reserve` takes the gap in seconds and gives the seconds to wait: it keeps the pace over several processes. Where it
    raises StoreError this process keeps its own pace, so that a moment without a database costs no answer.
    """

    requests_per_second: float
    monotonic: Callable[[], float] = time.monotonic
    sleep: Sleep = asyncio.sleep
    reserve: Callable[[float], Awaitable[float]] | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _next: float | None = field(default=None, init=False)

    async def wait(self) -> None:
        """Wait for the turn of one request, which is to be sent now."""
        gap = 1 / self.requests_per_second
        async with self._lock:
            # Never more than one gap, should the clock have gone backwards.
            left = 0.0 if self._next is None else min(self._next - self.monotonic(), gap)
            if self.reserve is not None:
                try:
                    left = max(left, await self.reserve(gap))
                except StoreError as fault:
                    log.warning(
                        "The pace cannot be shared now; this process keeps its own.",
                        action="pace_alone",
                        fault=str(fault),
                    )
            if left > 0:
                await self.sleep(left)
            self._next = self.monotonic() + gap


@dataclass(eq=False)
class Asker:
    """Asks until an answer is usable or the tries are used up; counts each HTTP request in `requests`."""

    client: httpx.AsyncClient
    _: KW_ONLY
    pacer: Pacer
    sleep: Sleep = asyncio.sleep
    tries: int = 6
    longest_wait: float = 60.0  # seconds between two tries
    deadline: float = 120.0  # seconds that one try may take in all
    largest_body: int = 200 * MEGABYTE  # unpacked
    requests: int = field(default=0, init=False)
    #: A visitor waits seconds, and a pass minutes: one slow answer to the pass must not stand in a visitor's way.
    _of_passes: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _of_visitors: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def ask(self, question: Question, read: Callable[[Answer], T], *, patient: bool = True) -> T:
        """What `read` makes of the answer; a TryError of it counts as a failed try. Not patient: one short try, for somebody
        who waits.

        Raises RegistryUnavailable after the last try, and whatever else `read` raises at once.
        """
        tried = 0
        while True:
            tried += 1
            try:
                async with self._of_passes if patient else self._of_visitors:
                    await self.pacer.wait()
                    self.requests += 1
                    answer = await self._fetch(question, self.deadline if patient else IMPATIENT)
                return await asyncio.to_thread(
                    read, answer
                )  # a page has megabytes, and others answer meanwhile
            except TryError as fault:
                # Where nothing listens, a minute of asking is one of somebody's life; the next pass asks again.
                most = min(self.tries, UNREACHABLE_TRIES) if fault.unreachable else self.tries
                if not patient or tried >= most:
                    counted = f"{tried} tries" if tried > 1 else "one try"
                    raise RegistryUnavailable(
                        f"ClinicalTrials.gov gave no usable answer in {counted} when asked for {question.about}: "
                        f"{fault.reason}; {fault.advice}"
                    ) from fault
                # Doubled each time, half of it by chance, or longer where the answer says so.
                half = min(FIRST_WAIT * 2 ** (tried - 1), self.longest_wait) / 2
                grown = half + random.uniform(0, half)  # noqa: S311 - it spreads requests, and guards nothing
                wait = max(grown, fault.retry_after or 0.0)
                log.warning(
                    "the registry gave no usable answer; asking again",
                    action="registry_retry",
                    about=question.about,
                    reason=fault.reason,
                    tried=tried,
                    wait=round(wait, 1),
                )
            await self.sleep(wait)

    async def _fetch(self, question: Question, deadline: float) -> Answer:
        most, params = self.largest_body, dict(question.params)
        response, body = await fetched(self.client, "GET", question.path, deadline, most, params=params)
        if response.status_code == HTTPStatus.OK and len(body) > most:
            raise RegistryUnavailable(
                f"ClinicalTrials.gov's answer when asked for {question.about} is larger than "
                f"{most / MEGABYTE:g} MB: something is wrong there, see NOTIFIER_REGISTRY_URL"
            )
        return Answer(question=question, status=response.status_code, headers=response.headers, body=body)


async def fetched(
    client: httpx.AsyncClient, method: str, path: str, deadline: float, most: int, **asked: Any
) -> tuple[httpx.Response, bytes]:
    """An answer and its body, unpacked: of one that is larger than `most` little more, of one that is not 200 what it says why.
    Raises TryError.
    """
    try:
        async with asyncio.timeout(deadline), client.stream(method, path, **asked) as response:
            well = response.status_code == HTTPStatus.OK
            return response, await _unpacked(response, most if well else LARGEST_REFUSAL)
    except TimeoutError as fault:
        raise TryError(f"the answer was not whole after {deadline:g} seconds") from fault
    except httpx.TimeoutException as fault:
        raise TryError(f"it was silent too long ({type(fault).__name__})") from fault
    except httpx.RequestError as fault:
        advice = "check this machine's network and NOTIFIER_REGISTRY_URL"
        unreachable = isinstance(fault, httpx.ConnectError)
        reason = f"the connection failed ({type(fault).__name__})"
        raise TryError(reason, advice=advice, unreachable=unreachable) from fault


async def _unpacked(response: httpx.Response, most: int) -> bytes:
    """The body, unpacked here and not by httpx, which unpacks each piece whole: of one that is larger than `most` no more
    than a piece above it is ever held.
    """
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing not in {"identity", "gzip", "deflate"}:
        raise TryError("the answer was packed several times over, or in a way that was not asked for")
    # Both ways of packing by zlib, with whichever head they come.
    unpack = None if packing == "identity" else zlib.decompressobj(zlib.MAX_WBITS | 32)
    # BytesIO hands out its buffer without a second copy: a page can be as large as 18 MB.
    body = io.BytesIO()
    async for chunk in response.aiter_raw():
        rest = chunk
        while rest and body.tell() <= most:
            try:
                body.write(rest if unpack is None else unpack.decompress(rest, AT_ONCE))
            except zlib.error as fault:
                raise TryError("the answer's compression was broken") from fault
            rest = b"" if unpack is None else unpack.unconsumed_tail
        if body.tell() > most:
            break
    return body.getvalue()
