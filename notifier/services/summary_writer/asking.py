"""How the model is asked over HTTP: time, size, tries, and the budget, which every single request is taken from."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from notifier.domain.study import Study
from notifier.domain.summaries.gate import Draft
from notifier.errors import ModelError
from notifier.services.summary_writer.answers import FormatRefused, ModelTryError, read_answer
from notifier.services.summary_writer.prompt import FORMATS, request

LARGEST_BODY = 1_000_000  # bytes of an answer; a read takes a few thousand
TRIES = 3
LONGEST_WAIT = 20.0  # seconds between tries, unless the endpoint asks for more

Sleep = Callable[[float], Awaitable[None]]
MayAsk = Callable[[], Awaitable[bool]]


def open_client(
    url: str, *, key: str | None, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """The HTTP client for the endpoint, made once and closed by whoever made it."""
    return httpx.AsyncClient(
        base_url=url,
        headers={"Authorization": f"Bearer {key}"} if key else {},
        limits=httpx.Limits(max_connections=1),
        follow_redirects=False,
        transport=transport,
    )


class Model:
    """Asks one model, one study at a time. `name` is what the endpoint calls it; `timeout` is of one answer, in seconds."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        name: str,
        *,
        timeout: float,
        may_ask: MayAsk,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """may_ask: counts one request, and says whether today's budget still had room for it."""
        self.name = name
        self._client = client
        self._timeout = timeout
        self._may_ask = may_ask
        self._sleep = sleep
        self._format = 0  # of FORMATS: the strictest that the endpoint has not refused

    async def draft(self, study: Study) -> Draft:
        """What the model writes of the study, unjudged.

        Raises Unusable where an answer came that is no read, and ModelError where asking for any study is of no use now.
        """
        while True:
            try:
                return await self._patiently(study)
            except FormatRefused:
                self._format += 1
            except ModelTryError as fault:
                raise ModelError(
                    f"The language model gave no answer in {TRIES} tries ({fault}): check NOTIFIER_MODEL_URL and the "
                    "endpoint; until then the rules write"
                ) from fault
            if self._format == len(FORMATS):
                self._format = 0
                raise ModelError(
                    "The language model's endpoint refused the question (400): check NOTIFIER_MODEL_URL and "
                    "NOTIFIER_MODEL_NAME"
                )

    async def _patiently(self, study: Study) -> Draft:
        retrying = AsyncRetrying(
            sleep=self._sleep,
            stop=stop_after_attempt(TRIES),
            wait=_wait,
            retry=retry_if_exception_type(ModelTryError),
            reraise=True,
        )
        return await retrying(self._once, study)

    async def _once(self, study: Study) -> Draft:
        if not await self._may_ask():
            raise ModelError(
                "Today's questions to the language model are used up (NOTIFIER_MODEL_CALLS_A_DAY)"
            )
        try:
            async with asyncio.timeout(self._timeout):
                return await self._receive(study)
        except (TimeoutError, httpx.TimeoutException) as fault:
            raise ModelTryError(f"the answer was not whole after {self._timeout:g} seconds") from fault
        except httpx.DecodingError as fault:
            raise ModelTryError("the answer's compression was broken") from fault
        except httpx.RequestError as fault:
            raise ModelTryError(f"the connection failed ({type(fault).__name__})") from fault

    async def _receive(self, study: Study) -> Draft:
        body = bytearray()
        asked = request(self.name, study, FORMATS[self._format])
        async with self._client.stream(
            "POST", "chat/completions", json=asked, timeout=self._timeout
        ) as response:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > LARGEST_BODY:
                    raise ModelTryError("the answer is far too large")
        return read_answer(response.status_code, response.headers, bytes(body))


_grown = wait_random_exponential(multiplier=1, max=LONGEST_WAIT)


def _wait(state: RetryCallState) -> float:
    fault = state.outcome.exception() if state.outcome else None
    return max(_grown(state), fault.retry_after if isinstance(fault, ModelTryError) else 0.0)
