"""The questions that this program asks ClinicalTrials.gov, and how pages are walked. No store, no clock.

Official description: https://clinicaltrials.gov/data-api/api
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import TypeVar

import msgspec
import structlog

from notifier.domain.study import (
    Header,
    Page,
    Same,
    Study,
    decode,
    decode_header,
    decode_if_new,
    decode_page,
    parse_nct_id,
)
from notifier.errors import DataMoved, RecordUnreadable, RegistryRefused, RegistryUnavailable
from notifier.sources.clinicaltrials_gov.http import Answer, Asker, Question, TryError, elsewhere, json_body
from notifier.sources.clinicaltrials_gov.searching import A_PAGE, Hits, Sought, in_words

_REDIRECTS = frozenset({301, 302, 307, 308})
_ID_AT_THE_END = re.compile(r"(?:^|/)(NCT\d{8})/?(?:[?#].*)?$", re.IGNORECASE | re.ASCII)


class DataVersion(msgspec.Struct, frozen=True, rename="camel"):
    """Which data the registry has, as published, UTC without a zone."""

    data_timestamp: str


@dataclass(frozen=True)
class Listing:
    """What a search gave; `whole` is false where the walk stopped before its last page."""

    headers: list[Header]
    whole: bool


@dataclass(frozen=True)
class Records:
    """Records by the id that was asked for, full where they are new. A missing one may have moved or gone: look it up
    by itself.
    """

    found: dict[str, Study | Same]
    missing: tuple[str, ...]
    unreadable: tuple[str, ...]


@dataclass(frozen=True)
class StudyMoved:
    """The id asked for is an alias: the study goes by `nct_id` now."""

    nct_id: str


@dataclass(frozen=True)
class Gone:
    """The registry knows no study of this id."""

    nct_id: str


def read_version(answer: Answer) -> DataVersion:
    """The answer of /version. TryError where it is not of the described shape, a time included."""
    try:
        written = msgspec.json.decode(json_body(answer), type=DataVersion)
        datetime.fromisoformat(written.data_timestamp)
    except (msgspec.MsgspecError, ValueError) as fault:
        raise TryError("its answer is not a data version") from fault
    return written


def read_page(answer: Answer) -> Page:
    """A page of /studies. TryError where it is cut or something else."""
    body = json_body(answer)
    try:
        return decode_page(body)
    except RegistryUnavailable as fault:
        raise TryError("its answer was cut, or is not a page of studies") from fault


def read_study(nct_id: str) -> Callable[[Answer], Study | StudyMoved | Gone]:
    """How to read the answer of /studies/{nct_id}; the reader raises RecordUnreadable as `study.decode` does."""

    def read(answer: Answer) -> Study | StudyMoved | Gone:
        if answer.status in _REDIRECTS:
            # A redirect to the same id is one of the whole site (http to https), and tells nothing of the study.
            found = _ID_AT_THE_END.search(answer.headers.get("location", ""))
            if found is None or found[1].upper() == nct_id:
                raise elsewhere(answer)
            return StudyMoved(found[1].upper())
        if answer.status == 404:
            # The API says so in plain text; a web page says that the way to the API is wrong, and no study has gone.
            if "html" in answer.headers.get("content-type", "").lower():
                raise elsewhere(answer)
            return Gone(nct_id)
        body = json_body(answer)
        try:
            msgspec.json.decode(body, type=msgspec.Raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            # Whole, but not to be read: another try would bring the same.
            if not body.rstrip().endswith(b"}"):
                raise TryError("its answer was cut") from None
        except RecursionError:
            pass  # levels without end: `decode` says so
        study = decode(body)
        if nct_id not in (study.nct_id, *study.aliases):
            raise TryError(f"it answered with the record of {study.nct_id}")
        return study

    return read


log = structlog.get_logger()
T = TypeVar("T")

PAGE_SIZE = 1000  # studies; the most that the API gives
BATCH = 100  # ids a request; no limit is documented, but the length of a URL has one
HEADER_FIELDS = "NCTId,StudyFirstPostDate,LastUpdatePostDate"
NOTHING_KNOWN: Mapping[str, str] = MappingProxyType({})
UNREADABLE_AT_MOST = 10  # in one walk; if more, and more than could be read, the format changed, not a study


@dataclass(eq=False)
class Registry(Asker):
    """Asks ClinicalTrials.gov, slowly and patiently.

    Each question raises RegistryUnavailable when no usable answer came, RegistryRefused when the registry says that
    it is wrong, and DataMoved when its data changed under a walk, which is then to be begun anew. `requests` counts
    HTTP requests, `unreadable` the records set aside, `data_timestamp` is the last data version seen.
    """

    most_pages: int = 2000
    unreadable: int = field(default=0, init=False)
    data_timestamp: str | None = field(default=None, init=False)

    async def version(self) -> DataVersion:
        """Which data the registry shows now; one small request."""
        version = await self._ask(Question(about="its data version", path="/version"), read_version)
        self.data_timestamp = version.data_timestamp
        return version

    async def updated_since(self, day: date) -> list[Header]:
        """Every study whose last update was posted on `day` or later, each once, in no order."""
        params = {
            "query.term": f"AREA[LastUpdatePostDate]RANGE[{day.isoformat()},MAX]",
            "fields": HEADER_FIELDS,
        }
        question = Question(about=f"the studies updated since {day}", path="/studies", params=params)
        return (await self._walk(question, until=None)).headers

    async def listed_under(self, condition: str, *, updated_since: date | None) -> Listing:
        """What the registry's own search lists under `condition`, the last updated first.

        With `updated_since` the walk ends with the page that reaches an older study, so the first page always comes
        whole; with None it goes to the end. Raises InputError for a condition that cannot be searched for.
        """
        params = {
            "query.cond": in_words(condition),
            "fields": HEADER_FIELDS,
            "sort": "LastUpdatePostDate:desc",
        }
        question = Question(about="the studies under a condition", path="/studies", params=params, typed=True)
        return await self._walk(question, until=updated_since)

    async def search(
        self, sought: Sought, number: int = 1, token: str | None = None, a_page: int = A_PAGE
    ) -> Hits:
        """The page of this number of what a visitor looks for, by one question and one short try; `token`: that of the page,
        where it is known, else what comes before it is read too.
        """
        size = a_page if token else a_page * number
        paging = {"pageSize": str(size)} | ({"pageToken": token} if token else {"countTotal": "true"})
        question = Question(
            about="a visitor's search", path="/studies", params={**sought.params(), **paging}, typed=True
        )

        def read(answer: Answer) -> Hits:
            page = read_page(answer)
            studies = []
            for raw in page.studies[0 if token else size - a_page : size]:
                try:
                    studies.append(decode(raw))
                except RecordUnreadable as fault:
                    self._set_aside(fault)
            return Hits(tuple(studies), page.total_count, page.next_page_token)

        return await self._ask(question, read, patient=False)

    async def records(
        self, nct_ids: Sequence[str], known: Mapping[str, str] = NOTHING_KNOWN, *, patient: bool = True
    ) -> Records:
        """The full records of these studies. One that comes back under another id is matched by its aliases.

        Not patient: one short try for each hundred, for somebody who waits.

        `known`: content digests by NCT id. A record of which that is the digest comes as Same, and is not read.

        An id whose record cannot be decoded is in `unreadable`; where that record does not tell its id, or came
        under another, the id asked for is in `missing`. Raises NctIdError for an id of wrong form.
        """
        asked = list(dict.fromkeys(map(parse_nct_id, nct_ids)))
        found: dict[str, Study | Same] = {}
        broken: set[str | None] = set()

        def match_all(page: Page) -> None:
            """Read the records of a page, in a thread: together they have megabytes."""
            for raw in page.studies:
                try:
                    study = decode_if_new(raw, known)
                except RecordUnreadable as fault:
                    self._set_aside(fault)
                    broken.add(fault.nct_id)
                    continue
                # Under each id that it is known by; its own id goes before another study's alias.
                found[study.nct_id] = study
                for alias in study.aliases:
                    found.setdefault(alias, study)

        for start in range(0, len(asked), BATCH):
            some = asked[start : start + BATCH]
            question = Question(
                about=f"{len(some)} records", path="/studies", params={"filter.ids": ",".join(some)}
            )
            async with aclosing(self._pages(question, patient=patient)) as pages:
                async for page in pages:
                    await asyncio.to_thread(match_all, page)
        return Records(
            found={nct_id: found[nct_id] for nct_id in asked if nct_id in found},
            missing=tuple(nct_id for nct_id in asked if nct_id not in found and nct_id not in broken),
            unreadable=tuple(nct_id for nct_id in asked if nct_id not in found and nct_id in broken),
        )

    async def lookup(self, nct_id: str, *, patient: bool = True) -> Study | StudyMoved | Gone:
        """What the registry has under one id. Not patient: one short try, for somebody who waits.

        Raises NctIdError for an id of wrong form, RecordUnreadable for a record that cannot be decoded.
        """
        nct_id = parse_nct_id(nct_id)
        question = Question(about=f"study {nct_id}", path=f"/studies/{nct_id}")
        try:
            return await self._ask(question, read_study(nct_id), patient=patient)
        except RecordUnreadable as fault:
            self._set_aside(fault)
            raise

    async def _ask(self, question: Question, read: Callable[[Answer], T], *, patient: bool = True) -> T:
        try:
            return await self.ask(question, read, patient=patient)
        except RegistryRefused as fault:
            if patient:  # who waits at a terminal is told, and their slip is not our bug
                _log_refusal(question, fault)
            raise

    async def _walk(self, question: Question, *, until: date | None) -> Listing:
        noted, set_aside = self.data_timestamp, self.unreadable
        headers: dict[str, Header] = {}
        total: int | None = None
        async with aclosing(self._pages(question)) as pages:
            async for page in pages:
                total = page.total_count if total is None else total
                last = await asyncio.to_thread(self._take, page, headers)
                # Studies without a date are sorted last, so they come after everything that is dated.
                before = until and last and (last.last_update_post_date or "") < until.isoformat()
                if before and page.next_page_token:
                    return Listing(list(headers.values()), whole=False)
        broken = self.unreadable - set_aside
        readable = len(headers)
        if broken > max(UNREADABLE_AT_MOST, readable):
            raise RegistryUnavailable(
                f"{broken} of {readable + broken} studies could not be read when ClinicalTrials.gov was asked for "
                f"{question.about}: its format may have changed, look for a newer version of this program"
            )
        # A page that was lost on the way, or given twice in place of another, shows in the registry's own count.
        held = len(headers) + broken
        if total is not None and held < total:
            await self._check_data(noted)
            raise RegistryUnavailable(
                f"ClinicalTrials.gov counted {total} studies when asked for {question.about}, but its pages held {held}: "
                "the answer is not used, it is asked again at the next pass"
            )
        return Listing(list(headers.values()), whole=True)

    def _take(self, page: Page, headers: dict[str, Header]) -> Header | None:
        """Add the page's headers, and give its last one; a study that an earlier page held stays as it was."""
        header = None
        for raw in page.studies:
            try:
                header = decode_header(raw)
            except RecordUnreadable as fault:
                self._set_aside(fault)
            else:
                headers.setdefault(header.nct_id, header)
        return header

    async def _pages(self, question: Question, *, patient: bool = True) -> AsyncGenerator[Page, None]:
        """The pages until no token comes; the last may be empty. A walk that does not end is cut."""
        noted, tokens = self.data_timestamp, set[str]()
        page = await self._ask(_part(question, None), read_page, patient=patient)
        while token := page.next_page_token:
            yield page
            if token in tokens or len(tokens) + 1 >= self.most_pages:
                raise RegistryUnavailable(
                    f"ClinicalTrials.gov's pages did not end when asked for {question.about}: cut after "
                    f"{len(tokens) + 1} pages, it is asked again at the next pass"
                )
            tokens.add(token)
            noted = noted or (await self.version()).data_timestamp
            part = _part(question, token)
            try:
                page = await self.ask(part, read_page)
            except RegistryRefused as fault:
                # Tokens die with the data that they were made for, and the registry says so by a mere 400.
                await self._check_data(noted)
                _log_refusal(part, fault)
                raise
        yield page

    async def _check_data(self, noted: str | None) -> None:
        now = (await self.version()).data_timestamp
        if noted and now != noted:
            raise DataMoved(
                f"ClinicalTrials.gov published new data ({noted}, now {now}) while its pages were walked: "
                "the walk must begin anew"
            )

    def _set_aside(self, fault: RecordUnreadable) -> None:
        self.unreadable += 1
        log.error(
            "a study's record cannot be read and is set aside",
            action="record_unreadable",
            nct_id=fault.nct_id,
            reason=str(fault),
        )


def _part(question: Question, token: str | None) -> Question:
    """The question for one page. The total is counted for the first page only; all else must stay the same."""
    paging = {"pageToken": token} if token else {"countTotal": "true"}
    return replace(question, params={**question.params, "pageSize": str(PAGE_SIZE), **paging})


def _log_refusal(question: Question, fault: RegistryRefused) -> None:
    log.error(
        "the registry refused a question",
        action="registry_refused",
        path=question.path,
        # Its answer may repeat what was asked.
        asked=sorted(question.params) if question.typed else dict(question.params),
        answer=f"refused, when asked for {question.about}" if question.typed else str(fault),
    )
