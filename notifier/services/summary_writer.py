"""Plain words for people, written ahead of need by a model on request, each one checked before it is stored.

How the model is asked over HTTP: time, size, tries, and the budget, which every single request is taken from. Every answer
goes through `domain.summaries.gate`, and what fails it is never shown to anybody.
"""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import timedelta
from http import HTTPStatus
from importlib import resources
from typing import Any

import httpx
import msgspec
import structlog

from notifier.clock import Clock
from notifier.domain.study import Study
from notifier.domain.summaries.brief import brief_of
from notifier.domain.summaries.gate import Draft, faults
from notifier.domain.summaries.record import more_in
from notifier.domain.summaries.voice import voice
from notifier.domain.summaries.words_explained import explained, text_of
from notifier.errors import ModelError
from notifier.sources.clinicaltrials_gov.http import TryError, fetched, retry_after
from notifier.storage.engine import Database, Session, sharing
from notifier.storage.models import ReadSource
from notifier.storage.studies import snapshots, summaries
from notifier.storage.studies.summaries import ToWrite

LONGEST_RETRY_AFTER = 60.0  # seconds that a Retry-After is obeyed for
_ANOTHER_TRY = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}
_ADVICE: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "check NOTIFIER_MODEL_KEY",
    HTTPStatus.FORBIDDEN: "check NOTIFIER_MODEL_KEY, and what it may be used for",
    HTTPStatus.PAYMENT_REQUIRED: "its account has nothing left",
    HTTPStatus.NOT_FOUND: "check NOTIFIER_MODEL_URL and NOTIFIER_MODEL_NAME",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "it takes no text of this length: choose another NOTIFIER_MODEL_NAME",
}


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
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
        raise FormatRefused
    if status >= 500 or status in _ANOTHER_TRY:
        wait = min(retry_after(headers) or 0.0, LONGEST_RETRY_AFTER)
        raise TryError(f"it answered {status}", retry_after=wait)
    if status != HTTPStatus.OK:
        advice = _ADVICE.get(status, "check NOTIFIER_MODEL_URL, which is the part before /chat/completions")
        raise ModelError(f"The language model's endpoint answered {status}: {advice}")
    try:
        completion = msgspec.json.decode(body, type=_Completion)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise TryError("it answered 200 with what is no answer of such an endpoint") from fault
    if not completion.choices:
        raise Unusable("the answer is empty")
    choice = completion.choices[0]
    if choice.finish_reason not in {None, "stop"}:
        raise Unusable("the answer was cut or withheld by the endpoint")
    # Models that were not held to JSON put it into a block of code.
    text = (choice.message.content or "").strip()
    if text.startswith("```") and text.endswith("```"):
        text = text.strip("`").removeprefix("json")
    try:
        written = msgspec.json.decode(text, type=_Written)
    except (msgspec.DecodeError, RecursionError) as fault:
        raise Unusable("the answer is not JSON of the form that was asked for") from fault
    summary, could_lead_to = (
        tuple(map(str.strip, each)) for each in (written.summary, written.could_lead_to)
    )
    return Draft(written.title.strip(), written.question.strip(), summary, could_lead_to)


_FOLDER = resources.files("notifier.services")
TASK = _FOLDER.joinpath("summary_task.txt").read_text(encoding="utf-8").strip()
#: What is asked for, shown on studies that do not exist.
EXAMPLES = json.loads(_FOLDER.joinpath("summary_examples.json").read_text(encoding="utf-8"))

SCHEMA: Mapping[str, Any] = msgspec.json.schema(_Written)["$defs"]["_Written"] | {
    "additionalProperties": False
}
#: From the strictest to none: endpoints differ in what they know, and say 400 to what they do not.
FORMATS: tuple[Mapping[str, Any] | None, ...] = (
    {"type": "json_schema", "json_schema": {"name": "plain_read", "strict": True, "schema": SCHEMA}},
    {"type": "json_object"},
    None,
)


def request(name: str, study: Study, response_format: Mapping[str, Any] | None) -> dict[str, Any]:
    facts = brief_of(study)
    told = json.dumps(facts, ensure_ascii=False)
    record = text_of(study, more_in(study.raw))
    hard = [f"{word.term}: {word.means}" for word in explained(study, record, [told], voice("en"))]
    asked: dict[str, Any] = {
        "model": name,
        "messages": [
            {"role": "system", "content": TASK},
            {"role": "system", "content": f"Two examples:\n{json.dumps(EXAMPLES, ensure_ascii=False)}"},
            {
                "role": "user",
                "content": f"What some words mean:\n{'; '.join(hard)}\nThe facts, as JSON:\n{told}",
            },
        ],
    }
    return asked if response_format is None else asked | {"response_format": dict(response_format)}


PATH = "chat/completions"
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
        headers={"Accept-Encoding": "gzip, deflate"} | ({"Authorization": f"Bearer {key}"} if key else {}),
        limits=httpx.Limits(max_connections=1),
        follow_redirects=False,
        transport=transport,
    )


@dataclass(eq=False)
class Model:
    """Asks one model, one study at a time. `name` is what the endpoint calls it; `timeout` is of one answer, in seconds.

    may_ask: counts one request, and says whether today's budget still had room for it.
    """

    client: httpx.AsyncClient
    name: str
    _: KW_ONLY
    timeout: float
    may_ask: MayAsk
    sleep: Sleep = asyncio.sleep
    _format: int = field(default=0, init=False)  # of FORMATS: the strictest that the endpoint has not refused

    async def draft(self, study: Study) -> Draft:
        """What the model writes of the study, unjudged.

        Raises Unusable where an answer came that is no read, and ModelError where asking for any study is of no use now.
        """
        tried = 0
        while True:
            tried += 1
            try:
                return await self._once(study)
            except FormatRefused:
                self._format, tried = self._format + 1, 0
                if self._format == len(FORMATS):
                    self._format = 0
                    raise ModelError(
                        "The language model's endpoint refused the question (400): check NOTIFIER_MODEL_URL and "
                        "NOTIFIER_MODEL_NAME"
                    ) from None
            except TryError as fault:
                if tried == TRIES:
                    raise ModelError(
                        f"The language model gave no answer in {TRIES} tries ({fault}): check NOTIFIER_MODEL_URL and the "
                        "endpoint; until then the rules write"
                    ) from fault
                grown = random.uniform(0, min(2 ** (tried - 1), LONGEST_WAIT))  # noqa: S311 - it only spreads requests
                await self.sleep(max(grown, fault.retry_after or 0.0))

    async def _once(self, study: Study) -> Draft:
        if not await self.may_ask():
            raise ModelError(
                "Today's questions to the language model are used up (NOTIFIER_MODEL_CALLS_A_DAY)"
            )
        how = {"json": request(self.name, study, FORMATS[self._format]), "timeout": self.timeout}
        response, body = await fetched(self.client, "POST", PATH, self.timeout, LARGEST_BODY, **how)
        if len(body) > LARGEST_BODY:
            raise TryError("the answer is far too large")
        return read_answer(response.status_code, response.headers, body)


DAY = timedelta(days=1)
AT_ONCE = 50  # studies in one pass; the next one goes on

log = structlog.get_logger()


@dataclass(slots=True)
class WritingReport:
    """What a pass did, in studies. fault: why it stopped before its end."""

    written: int = 0
    refused: int = 0
    left: int = 0
    fault: ModelError | None = None

    def counts(self) -> dict[str, int]:
        return {"written": self.written, "refused": self.refused, "left": self.left}


def within_budget(database: Database, clock: Clock, calls_a_day: int) -> Callable[[], Awaitable[bool]]:
    """What counts each request to the model, for all processes on the database, and says whether it may go."""
    return lambda: database.write(
        lambda session: sharing.take(session, "model", "", most=calls_a_day, within=DAY, now=clock.now())
    )


async def write(
    database: Database,
    model: Model,
    clock: Clock,
    nct_ids: Sequence[str] | None = None,
    *,
    everything: bool = False,
) -> WritingReport:
    """Ask the model for some of the studies that need it, for all of them (`everything`), or for those of these that do.

    A study that is named is asked for whatever became of it before; any other not for a week after a draft of the same
    version of its record was refused.
    """
    report = WritingReport()

    def needing(session: Session) -> list[ToWrite]:
        if nct_ids is not None:
            return summaries.to_write(session, len(nct_ids), nct_ids=nct_ids)
        return summaries.to_write(session, AT_ONCE, refused_since=clock.now() - summaries.REFUSED_FOR)

    while due := await database.read(needing):
        for number, one in enumerate(due):
            try:
                reasons = await _write_one(database, model, clock, one)
            except ModelError as fault:
                report.fault, report.left = fault, len(due) - number
                why = str(fault)
                log.warning(
                    "The model cannot be asked now; the rules write.", action="model_stopped", fault=why
                )
                return report
            report.refused += bool(reasons)
            report.written += not reasons
            if reasons:
                log.warning(
                    "What the model wrote is not used; the rules' read stands.",
                    action="draft_refused",
                    nct_id=one.nct_id,
                    reasons=list(reasons),
                )
        if not everything:
            break
    return report


async def _write_one(database: Database, model: Model, clock: Clock, one: ToWrite) -> tuple[str, ...]:
    """Why what came is not kept; nothing where it is."""
    study = await database.read(lambda session: snapshots.study(session, one.snapshot_id))
    try:
        draft = await model.draft(study)
    except Unusable as fault:
        reasons: tuple[str, ...] = (str(fault),)
    else:
        reasons = tuple(faults(draft, study))
        if not reasons:
            await database.write(
                lambda session: summaries.keep_draft(session, one, draft, by=model.name, now=clock.now())
            )
            return ()

    def refuse(session: Session) -> None:
        """Remember that it was no use, and drop what the model wrote of an older record: the rules know the present one."""
        summaries.drop(session, one.nct_id, ReadSource.MODEL)
        sharing.take(
            session, summaries.REFUSED, one.digest, most=1, within=summaries.REFUSED_FOR, now=clock.now()
        )

    await database.write(refuse)
    return reasons
