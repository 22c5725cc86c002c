"""How one question is asked over HTTP: client, pace, deadline, size and retry. It knows nothing of studies."""

import asyncio
import io
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeVar

import httpx
import structlog
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
    wait_random_exponential,
)
from tenacity.stop import stop_base

from notifier import __version__
from notifier.errors import RegistryUnavailable, SettingsError, StoreError
from notifier.sources.clinicaltrials_gov.verdicts import Answer, Question, TryError, httpx_token

log = structlog.get_logger()
T = TypeVar("T")

MEGABYTE = 1_000_000
UNREACHABLE_TRIES = 3
FIRST_WAIT = 3.0  # seconds, at most, before the second try; doubled for each further one
LARGEST_REFUSAL = 64_000  # bytes read of an answer that is not 200

Sleep = Callable[[float], Awaitable[None]]


def user_agent(contact: str | None = None) -> str:
    """What this client calls itself, with a page to write to.

    httpx's own product token stays in it: the registry's edge compares the User-Agent with the client's TLS
    handshake, and answered 403 to httpx under any name that did not say so.
    """
    about = f" (+{contact})" if contact else ""
    return f"trial-notifier/{__version__}{about} {httpx_token()}"


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
        limits=httpx.Limits(max_connections=2, max_keepalive_connections=1),
        follow_redirects=False,
        transport=transport,
    )


class Pacer:
    """Lets one request through at a time, and no more than so many a second from start to start. Hold it to send.

    `reserve` takes the gap in seconds and gives the seconds to wait: it keeps the pace over several processes. Where it
    raises StoreError this process keeps its own pace, so that a moment without a database costs no answer.
    """

    def __init__(
        self,
        requests_per_second: float,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
        reserve: Callable[[float], Awaitable[float]] | None = None,
    ) -> None:
        if requests_per_second <= 0:
            raise ValueError("a pace is a number above 0")
        self._gap = 1 / requests_per_second
        self._monotonic = monotonic
        self._sleep = sleep
        self._reserve = reserve
        self._lock = asyncio.Lock()
        self._next: float | None = None

    async def __aenter__(self) -> Self:
        await self._lock.acquire()
        try:
            await self._wait()
        except BaseException:
            self._lock.release()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    async def _wait(self) -> None:
        left = max(self._own_wait(), await self._shared_wait())
        if left > 0:
            await self._sleep(left)
        self._next = self._monotonic() + self._gap

    def _own_wait(self) -> float:
        if self._next is None:
            return 0.0
        # Never more than one gap, should the clock have gone backwards.
        return min(self._next - self._monotonic(), self._gap)

    async def _shared_wait(self) -> float:
        if self._reserve is None:
            return 0.0
        try:
            return await self._reserve(self._gap)
        except StoreError as fault:
            log.warning(
                "The pace cannot be shared now; this process keeps its own.",
                action="pace_alone",
                fault=str(fault),
            )
            return 0.0


class Asker:
    """Asks until an answer is usable or the tries are used up; counts each HTTP request in `requests`."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        pacer: Pacer,
        sleep: Sleep,
        tries: int,
        longest_wait: float,
        deadline: float,
        largest_body: int,
    ) -> None:
        self.requests = 0
        self._client = client
        self._pacer = pacer
        self._sleep = sleep
        self._tries = tries
        self._longest_wait = longest_wait
        self._deadline = deadline
        self._largest_body = largest_body

    async def ask(
        self,
        question: Question,
        read: Callable[[Answer], T],
        *,
        tries: int | None = None,
        deadline: float | None = None,
    ) -> T:
        """What `read` makes of the answer; a TryError of it counts as a failed try.

        `deadline` is the seconds that one try may take in all. Raises RegistryUnavailable after the last try, and
        whatever else `read` raises at once.
        """
        tries = tries or self._tries
        retrying = AsyncRetrying(
            sleep=self._sleep,
            stop=stop_after_attempt(tries) | _NobodyIsThere(),
            wait=growing_wait(self._longest_wait),
            retry=retry_if_exception_type(TryError),
            before_sleep=_log_retry(question),
            reraise=True,
        )

        async def one_try() -> T:
            async with self._pacer:
                self.requests += 1
                answer = await self._fetch(question, deadline or self._deadline)
            return read(answer)

        try:
            return await retrying(one_try)
        except TryError as fault:
            tried = retrying.statistics.get("attempt_number", tries)
            counted = f"{tried} tries" if tried > 1 else "one try"
            raise RegistryUnavailable(
                f"ClinicalTrials.gov gave no usable answer in {counted} when asked for {question.about}: "
                f"{fault.reason}; {fault.advice}"
            ) from fault

    async def _fetch(self, question: Question, deadline: float) -> Answer:
        try:
            async with asyncio.timeout(deadline):
                return await self._receive(question)
        except TimeoutError as fault:
            raise TryError(f"the answer was not whole after {deadline:g} seconds") from fault
        except httpx.TimeoutException as fault:
            raise TryError(f"it was silent too long ({type(fault).__name__})") from fault
        except httpx.DecodingError as fault:
            raise TryError("the answer's compression was broken") from fault
        except httpx.RequestError as fault:
            advice = "check this machine's network and NOTIFIER_REGISTRY_URL"
            unreachable = isinstance(fault, httpx.ConnectError)
            reason = f"the connection failed ({type(fault).__name__})"
            raise TryError(reason, advice=advice, unreachable=unreachable) from fault

    async def _receive(self, question: Question) -> Answer:
        async with self._client.stream("GET", question.path, params=dict(question.params)) as response:
            if "," in response.headers.get("content-encoding", ""):
                # What is packed twice unpacks from little to everything at once, before a limit could be seen.
                raise TryError("the answer was packed several times over")
            body = await (
                self._whole(response, question) if response.status_code == 200 else _start(response)
            )
        return Answer(question=question, status=response.status_code, headers=response.headers, body=body)

    async def _whole(self, response: httpx.Response, question: Question) -> bytes:
        # BytesIO hands out its buffer without a second copy: a page can be as large as 18 MB.
        body = io.BytesIO()
        async for chunk in response.aiter_bytes():
            body.write(chunk)
            if body.tell() > self._largest_body:
                raise RegistryUnavailable(
                    f"ClinicalTrials.gov's answer when asked for {question.about} is larger than "
                    f"{self._largest_body / MEGABYTE:g} MB: something is wrong there, see NOTIFIER_REGISTRY_URL"
                )
        return body.getvalue()


async def _start(response: httpx.Response) -> bytes:
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > LARGEST_REFUSAL:
            break
    return body[:LARGEST_REFUSAL]


def growing_wait(longest: float) -> Callable[[RetryCallState], float]:
    """Seconds before the next try: doubled each time, half of it by chance, or longer where the answer says so."""
    half, most = FIRST_WAIT / 2, longest / 2
    grown = wait_exponential(multiplier=half, max=most) + wait_random_exponential(multiplier=half, max=most)

    def wait(state: RetryCallState) -> float:
        asked = _fault(state).retry_after or 0.0
        return max(grown(state), asked)

    return wait


class _NobodyIsThere(stop_base):
    """Where nothing listens, a minute of asking is one of somebody's life at a terminal; the next pass asks again."""

    def __call__(self, retry_state: RetryCallState) -> bool:
        return _fault(retry_state).unreachable and retry_state.attempt_number >= UNREACHABLE_TRIES


def _log_retry(question: Question) -> Callable[[RetryCallState], Awaitable[None]]:
    async def told(state: RetryCallState) -> None:
        log.warning(
            "the registry gave no usable answer; asking again",
            action="registry_retry",
            about=question.about,
            reason=_fault(state).reason,
            tried=state.attempt_number,
            wait=round(state.upcoming_sleep, 1),
        )

    return told


def _fault(state: RetryCallState) -> TryError:
    fault = state.outcome.exception() if state.outcome else None
    assert isinstance(fault, TryError)
    return fault
