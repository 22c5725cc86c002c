"""What the registry's answers say: from bytes to values of ours. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from notifier.domain.study import Header, Page, Same, Study, decode, decode_page
from notifier.errors import RegistryUnavailable
from notifier.sources.clinicaltrials_gov.retry import Answer, TryError, elsewhere, json_body

_REDIRECTS = frozenset({301, 302, 307, 308})
_ID_AT_THE_END = re.compile(r"(?:^|/)(NCT\d{8})/?(?:[?#].*)?$", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class DataVersion:
    """Which API answers, and which data it has: `data_timestamp` as published, UTC without a zone."""

    api_version: str
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


class _WrittenVersion(msgspec.Struct, rename="camel"):
    data_timestamp: str
    api_version: str = ""


def read_version(answer: Answer) -> DataVersion:
    """The answer of /version. TryError where it is not of the described shape, a time included."""
    try:
        written = msgspec.json.decode(json_body(answer), type=_WrittenVersion)
        datetime.fromisoformat(written.data_timestamp)
    except (msgspec.MsgspecError, ValueError) as fault:
        raise TryError("its answer is not a data version") from fault
    return DataVersion(written.api_version, written.data_timestamp)


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
            return _moved(answer, nct_id)
        if answer.status == 404:
            return _gone(answer, nct_id)
        body = json_body(answer)
        _check_whole(body)
        study = decode(body)
        if nct_id not in (study.nct_id, *study.aliases):
            raise TryError(f"it answered with the record of {study.nct_id}")
        return study

    return read


def _moved(answer: Answer, nct_id: str) -> StudyMoved:
    """A redirect to the same id is one of the whole site (http to https), and tells nothing of the study."""
    found = _ID_AT_THE_END.search(answer.headers.get("location", ""))
    if found is None or found[1].upper() == nct_id:
        raise elsewhere(answer)
    return StudyMoved(found[1].upper())


def _gone(answer: Answer, nct_id: str) -> Gone:
    """The API says so in plain text; a web page says that the way to the API is wrong, and no study has gone."""
    if "html" in answer.headers.get("content-type", "").lower():
        raise elsewhere(answer)
    return Gone(nct_id)


def _check_whole(body: bytes) -> None:
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Whole, but not to be read: another try would bring the same.
        if not body.rstrip().endswith(b"}"):
            raise TryError("its answer was cut") from None
    except RecursionError:
        return  # levels without end: `decode` says so
