"""Reads records, headers and pages from the registry's bytes, and says in a sentence what cannot be read.

Two records are compared outside `derivedSection`, which the registry rewrites every business day; one whose content we have
already is not read again: its id and the digest of its bytes are enough.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from types import NoneType
from typing import Any, TypeAlias, TypeVar, get_args, get_origin

import msgspec

from notifier.domain.study import parts
from notifier.errors import NctIdError, RecordUnreadable, RegistryUnavailable

#: The keys, and places in lists, that lead to a value.
Path: TypeAlias = tuple[str | int, ...]
_ABSENT = object()


def fitted(value: Any, kind: Any) -> tuple[Any, tuple[Path, ...]]:
    """The value as far as it fits into a struct, and where it did not. A lone entry stands for a list of it."""
    lost: list[Path] = []
    found = _fit(value, kind, (), lost)
    return ({} if found is _ABSENT else found), tuple(lost)


def _fit(value: Any, kind: Any, path: Path, lost: list[Path]) -> Any:
    if kind is Any:
        return value
    if value is None:  # the registry leaves out what it does not say
        lost.append(path)
        return _ABSENT
    kind = (
        next((each for each in get_args(kind) if each is not NoneType), kind)
        if NoneType in get_args(kind)
        else kind
    )
    if get_origin(kind) is tuple:
        return _entries(value, get_args(kind)[0], path, lost)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        if isinstance(value, dict):
            there = [(name, of) for name, of, _ in _fields(kind) if name in value]
            fit = {name: _fit(value[name], of, (*path, name), lost) for name, of in there}
            found = {name: part for name, part in fit.items() if part is not _ABSENT}
            if all(name in found for name, _, needed in _fields(kind) if needed):
                return found
    elif isinstance(value, kind if kind is not float else (int, float)) and (
        kind is bool or not isinstance(value, bool)
    ):
        return value
    lost.append(path)
    return _ABSENT


def _entries(value: Any, kind: Any, path: Path, lost: list[Path]) -> Any:
    """Copies of records made by other tools hold a list's only entry, or `{}`, in its place."""
    if value in ({}, ""):
        return []
    if not isinstance(value, list):
        alone = _fit(value, kind, path, lost)
        return _ABSENT if alone is _ABSENT else [alone]
    fit = (_fit(each, kind, (*path, place), lost) for place, each in enumerate(value))
    return [each for each in fit if each is not _ABSENT]


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, Any, bool], ...]:
    """Of each field its name, what it holds, and whether the struct is nothing without it."""
    return tuple((each.encode_name, each.type, each.required) for each in msgspec.structs.fields(kind))


def filled(record: dict[str, Any], other: dict[str, Any], lost: tuple[Path, ...]) -> dict[str, Any]:
    """The record with what the other one says where it could not be read itself; absent where that says nothing."""
    result: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(record))
    for path in sorted(lost, key=len):
        _fill(result, other, path)
    return result


def _fill(here: Any, there: Any, path: Path) -> None:
    key, *rest = path
    if isinstance(here, list):
        # Entries have no names: the same one is that which differs in nothing but what could not be read.
        entry = here[key] if isinstance(key, int) and key < len(here) else None
        if not rest or not isinstance(entry, dict):
            return  # an entry that is none stays as it is: it is compared as it stands
        like = _without(entry, rest[0])
        alike = (each for each in there or () if isinstance(each, dict) and _without(each, rest[0]) == like)
        _fill(entry, next(alike, {}), tuple(rest))
        return
    value = there.get(key, _ABSENT) if isinstance(there, dict) else _ABSENT
    if rest and isinstance(here.get(key), dict | list):
        _fill(here[key], None if value is _ABSENT else value, tuple(rest))
    elif value is _ABSENT:
        here.pop(key, None)
    else:
        here[key] = value


def _without(entry: dict[str, Any], key: Any) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != key}


_NCT_ID = re.compile(r"NCT\d{8}", re.ASCII)
_NCT_ID_IN_BYTES = re.compile(rb'"nctId"\s*:\s*"(NCT\d{8})"')
#: What a page's structure is made of: strings, and what opens and closes. A string that does not end is one too, so that
#: no text is gone over twice.
_STRUCTURE = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


def parse_nct_id(text: str) -> str:
    """The id of a study from what a person typed; blanks around it and small letters are forgiven."""
    nct_id = text.strip().upper()
    if not _NCT_ID.fullmatch(nct_id):
        raise NctIdError(
            f"{text.strip()[:40]!r} is not a study's id: write NCT and eight digits, such as NCT01234567."
        )
    return nct_id


def is_nct_id(text: object) -> bool:
    """Whether this is a study's id, just as the registry writes it."""
    return isinstance(text, str) and _NCT_ID.fullmatch(text) is not None


class Header(msgspec.Struct, frozen=True):
    """What a sweep over the registry asks of each study."""

    nct_id: str
    study_first_post_date: str | None = None
    last_update_post_date: str | None = None


class Page(msgspec.Struct, frozen=True, rename="camel"):
    """One answer to a search: each study's own bytes, and where the next page is. total_count only if it was asked."""

    studies: list[msgspec.Raw]
    next_page_token: str | None = None
    total_count: int | None = None


class Study(msgspec.Struct, frozen=True):
    """What mails, pages and the store say of a study; raw is the record's exact bytes."""

    nct_id: str
    aliases: tuple[str, ...]
    brief_title: str | None
    official_title: str | None
    acronym: str | None
    overall_status: parts.OverallStatus | str | None  # text: a word that today's description does not have
    last_known_status: parts.OverallStatus | str | None
    status_verified_date: str | None
    why_stopped: str | None
    study_type: str | None
    phases: tuple[str, ...]
    design: parts.Design
    conditions: tuple[str, ...]
    keywords: tuple[str, ...]
    start_date: parts.PublishedDate | None
    primary_completion_date: parts.PublishedDate | None
    completion_date: parts.PublishedDate | None
    study_first_post_date: str | None
    last_update_post_date: str | None
    results_first_post_date: str | None
    has_results: bool
    enrollment: parts.Enrollment
    lead_sponsor: parts.Sponsor | None
    brief_summary: str | None
    eligibility: parts.Eligibility
    arms: tuple[parts.Arm, ...]
    interventions: tuple[parts.Intervention, ...]
    primary_outcomes: tuple[parts.Outcome, ...]
    locations: tuple[parts.Location, ...]
    central_contacts: tuple[parts.Contact, ...]
    raw: bytes
    results_first_submit_date: str | None = None
    results_waived: bool = False
    results_delay_date: str | None = None  # of the certificate that allows to post them later


_NOTHING = re.compile(rb":\s{0,9}null")
_STATUSES = frozenset(parts.OverallStatus)
_page = msgspec.json.Decoder(Page)
_T = TypeVar("_T")


def decode(raw: bytes | msgspec.Raw) -> Study:
    """Read one record; what is not what the registry describes counts as absent. Raises RecordUnreadable where it has
    no id, or is no JSON.
    """
    data = bytes(raw)
    record = _read(data, parts.Record)
    protocol = record.protocol_section
    names, status, design = protocol.identification_module, protocol.status_module, protocol.design_module
    return Study(
        nct_id=_checked(names.nct_id),
        aliases=names.nct_id_aliases,
        brief_title=names.brief_title,
        official_title=names.official_title,
        acronym=names.acronym,
        overall_status=_status(status.overall_status),
        last_known_status=_status(status.last_known_status),
        status_verified_date=status.status_verified_date,
        why_stopped=status.why_stopped,
        study_type=design.study_type,
        phases=design.phases,
        design=parts.design_of(design.design_info),
        conditions=protocol.conditions_module.conditions,
        keywords=protocol.conditions_module.keywords,
        start_date=status.start_date_struct,
        primary_completion_date=status.primary_completion_date_struct,
        completion_date=status.completion_date_struct,
        study_first_post_date=status.study_first_post_date_struct.date,
        last_update_post_date=status.last_update_post_date_struct.date,
        results_first_post_date=status.results_first_post_date_struct.date,
        has_results=record.has_results,
        enrollment=design.enrollment_info,
        lead_sponsor=protocol.sponsor_collaborators_module.lead_sponsor,
        brief_summary=protocol.description_module.brief_summary,
        eligibility=protocol.eligibility_module,
        arms=protocol.arms_interventions_module.arm_groups,
        interventions=protocol.arms_interventions_module.interventions,
        primary_outcomes=protocol.outcomes_module.primary_outcomes,
        locations=protocol.contacts_locations_module.locations,
        central_contacts=protocol.contacts_locations_module.central_contacts,
        raw=data,
        results_first_submit_date=status.results_first_submit_date,
        results_waived=status.results_waived,
        results_delay_date=status.disp_first_post_date_struct.date or status.disp_first_submit_date,
    )


def decode_header(raw: bytes | msgspec.Raw) -> Header:
    """Read only what a sweep needs, at a fraction of the cost. Raises RecordUnreadable."""
    protocol = _read(raw, parts.HeaderRecord).protocol_section
    return Header(
        _checked(protocol.identification_module.nct_id),
        protocol.status_module.study_first_post_date_struct.date,
        protocol.status_module.last_update_post_date_struct.date,
    )


def decode_page(body: bytes) -> Page:
    """Read an answer to a search without reading its studies. Raises RegistryUnavailable where it is none.

    One study that nobody can read (a lone surrogate, levels without end) is cut out, and the others are read.
    """
    try:
        return _page.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        around, studies = _cut(body)
        try:
            rest = _page.decode(around)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise RegistryUnavailable(
                f"ClinicalTrials.gov answered with what is not a page of studies: {error}"
            ) from error
        return msgspec.structs.replace(rest, studies=[msgspec.Raw(each) for each in studies])


def _cut(body: bytes) -> tuple[bytes, list[bytes]]:
    """The page without its studies, and their bytes one by one; nothing where it has no whole list of them."""
    studies: list[bytes] = []
    depth, begins, expects = 0, 0, False
    opened: int | None = None
    for match in _STRUCTURE.finditer(body):
        sign = match[0]
        if sign in b"[{":
            depth += 1
            if opened is None and depth == 2 and expects and sign == b"[":
                opened = match.end()
            elif opened is not None and depth == 3:
                begins = match.start()
        elif sign in b"]}":
            depth -= 1
            if opened is not None and depth == 2:
                studies.append(body[begins : match.end()])
            elif opened is not None and depth == 1:
                return body[:opened] + body[match.start() :], studies
        expects = depth == 1 and sign == b'"studies"'
    return b"", []


def document(raw: bytes | msgspec.Raw) -> dict[str, Any]:
    """The whole record as plain JSON values, for comparing. Raises RecordUnreadable."""
    return _read(raw, dict[str, Any])


def unread_in(raw: bytes) -> tuple[Path, ...]:
    """Where a record, which can be read, has values that cannot: they count as absent. Mostly nowhere."""
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        msgspec.json.decode(raw, type=parts.Record)
        if not _NOTHING.search(raw):
            return ()
    return fitted(document(raw), parts.Record)[1]


def comparable(before: bytes, after: bytes) -> tuple[bytes, bytes]:
    """Two versions of a study for comparing: what one of them does not say readably is in it as the other says it."""
    old_lost, new_lost = unread_in(before), unread_in(after)
    if not old_lost and not new_lost:
        return before, after
    old, new = document(before), document(after)
    mended = filled(old, new, old_lost), filled(new, old, new_lost)
    return msgspec.json.encode(mended[0]), msgspec.json.encode(mended[1])


def _read(raw: bytes | msgspec.Raw, into: type[_T]) -> _T:
    try:
        return msgspec.json.decode(raw, type=into)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        try:
            return msgspec.convert(fitted(msgspec.json.decode(raw), into)[0], into)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            # The id of a record that cannot be read, for the log; the first one is the study's own.
            data = bytes(raw)
            found = _NCT_ID_IN_BYTES.search(data)
            nct_id = found[1].decode() if found else None
        whose = f"The record of {nct_id}" if nct_id else "A record"
        raise RecordUnreadable(f"{whose} is not what the registry describes: {error}", nct_id) from error


def _checked(nct_id: str) -> str:
    if not _NCT_ID.fullmatch(nct_id):
        raise RecordUnreadable(
            f"A record has {nct_id[:40]!r} where its NCT id should be - at `$.protocolSection.identificationModule.nctId`"
        )
    return nct_id


def _status(word: str | None) -> parts.OverallStatus | str | None:
    return parts.OverallStatus(word) if word in _STATUSES else word


# --- whether two records say the same ----------------------------------------------------------------------------


_APOSTROPHES = re.compile(r"['\u2019\u02bc`\u00b4]")
_BETWEEN_WORDS = re.compile(r"[\W_]+")
#: Letters that no decomposition takes apart.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe"})


def folded(text: str) -> str:
    """Words parted by single spaces; equal for texts that differ in case, accents or punctuation alone."""
    apart = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text).casefold())
    plain = "".join(sign for sign in apart if not unicodedata.combining(sign))
    return _BETWEEN_WORDS.sub(" ", plain.casefold().translate(_LETTERS)).strip()


NOT_CONTENT = "derivedSection"

_sections = msgspec.json.Decoder(dict[str, msgspec.Raw])
_named = msgspec.json.Decoder(parts.NamedProtocol)
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Same(msgspec.Struct, frozen=True):
    """A record with the very content that is known of its study: only whose it is was read."""

    nct_id: str
    aliases: tuple[str, ...]


def content_digest(raw: bytes) -> str:
    """A SHA-256 of the record's content as it is written; takes microseconds, for no value is decoded.

    Equal digests mean equal content. Different ones may still mean the same content, written otherwise: then
    `same_content` knows.
    """
    try:
        sections = _sections.decode(raw)
    except _FAULTS:
        return hashlib.sha256(raw).hexdigest()  # readable only after mending, so never quite the same
    return _digest(sections)


def decode_if_new(raw: bytes | msgspec.Raw, known: Mapping[str, str]) -> Study | Same:
    """Read a record wholly, unless its content has the digest that is `known` of its study: those bytes were read
    when they were stored. Raises RecordUnreadable as `decode` does.
    """
    with suppress(*_FAULTS):  # reading it wholly says why
        sections = _sections.decode(raw)
        names = _named.decode(sections.get("protocolSection", b"")).identification_module
        digest = known.get(names.nct_id)
        if digest is not None and digest == _digest(sections):
            return Same(names.nct_id, names.nct_id_aliases)
    return decode(raw)


def same_content(one: bytes, other: bytes) -> bool:
    """Whether two records hold the same values, whatever their order of keys and white space."""
    old, new = document(one), document(other)
    for record in (old, new):
        record.pop(NOT_CONTENT, None)
    return old == new


def _digest(sections: Mapping[str, msgspec.Raw]) -> str:
    digest = hashlib.sha256()
    for name in sorted(sections):
        if name != NOT_CONTENT:
            digest.update(name.encode() + b"\0")
            digest.update(sections[name])  # apart from what is around it, for a section is large to copy
            digest.update(b"\0")
    return digest.hexdigest()
