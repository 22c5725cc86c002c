"""The plain-language reads in the database, and which of them a page shows. Knows no file, no model and no page.

What people wrote goes before what a model wrote, and that before what the rules make of the record, which is always there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Exists,
    Row,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
)
from sqlmodel import Session

from notifier.domain.study import Study
from notifier.domain.summaries import Origin, PlainRead, by_rules
from notifier.domain.summaries.gate import Draft
from notifier.domain.summaries.importing import Written
from notifier.domain.summaries.voice import voice
from notifier.storage.engine.statements import changed, portions
from notifier.storage.models import (
    ReadRow,
    ReadSource,
    SubscriptionState,
    plain_reads,
    studies,
    subscriptions,
    tallies,
)

REFUSED = "draft_refused"  #: The tally, by a record's digest, of drafts that were not used.
#: A model that could not word one version of a record is not asked again for so long.
REFUSED_FOR = timedelta(days=7)
_LONGEST_AUTHOR = 120  # characters
_BLANK_LINE = "\n\n"


@dataclass(frozen=True, slots=True)
class Stored:
    """A read that somebody wrote. older: the record changed after it was written."""

    nct_id: str
    source: ReadSource
    read: PlainRead


@dataclass(frozen=True, slots=True)
class ToWrite:
    """A version of a record for a model to write of."""

    nct_id: str
    snapshot_id: int
    digest: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, in reads."""

    added: int
    changed: int
    unchanged: int


# --- what a page shows ------------------------------------------------------------------------------------------


KeptRead = Row[Any]  #: What somebody wrote, as it is stored.
_WRITTEN = select(plain_reads).where(plain_reads.c.nct_id == bindparam("nct_id"))


def written_of(connection: Connection, nct_id: str) -> KeptRead | None:
    """What somebody wrote of a study; None where that is nothing."""
    rows = {row.source: row for row in connection.execute(_WRITTEN, {"nct_id": nct_id})}
    return rows.get(ReadSource.IMPORTED) or rows.get(ReadSource.MODEL)


def read_of(session: Session, study: Study, digest: str | None, today: date) -> PlainRead:
    """The best read of a study whose record has this content digest; there is one for every study."""
    return best(written_of(session.connection(), study.nct_id), study, digest, today)


def best(
    row: KeptRead | None, study: Study, digest: str | None, today: date, language: str = "en"
) -> PlainRead:
    """The best read there is. What somebody wrote takes the place of the same parts of the rules' read; the others stay."""
    ours = by_rules(study, today, language)
    return ours if row is None else _read(row, ours, digest, study.last_update_post_date)


def _read(row: ReadRow | KeptRead, ours: PlainRead, digest: str | None, updated: str | None) -> PlainRead:
    # What somebody wrote is English, and is marked so where the page is not.
    written = voice(ours.language).theirs
    if row.digest is not None and digest is not None:
        older = row.digest != digest
    else:  # the record was not here yet when somebody wrote: its own date says whether it changed since
        older = (updated or "") > row.written_at.astimezone(UTC).date().isoformat()
    return replace(
        ours,
        title=written(row.title) if row.title else ours.title,
        question=written(row.question) if row.question else ours.question,
        summary=_paragraphs(row.summary, written),
        could_lead_to=_paragraphs(row.could_lead_to, written),
        could_go_wrong=_paragraphs(row.could_go_wrong, written)
        if row.could_go_wrong
        else ours.could_go_wrong,
        source=Origin(row.source.value),
        written_by=row.written_by,
        written_at=row.written_at,
        entry_of=None,
        older=older,
    )


def _paragraphs(text: str, written: Callable[[str], str]) -> tuple[str, ...]:
    return tuple(map(written, text.split(_BLANK_LINE)))


# --- what people wrote ------------------------------------------------------------------------------------------


def keep_imported(session: Session, written: Sequence[Written], now: datetime) -> Imported:
    """Store these reads. One whose words did not change keeps its date, so that it does not look newer than it is."""
    by_people, its = plain_reads.c.source == ReadSource.IMPORTED, plain_reads.c.nct_id
    said = {each.nct_id: _columns(each) for each in written}
    known = {
        row.nct_id: row
        for some in portions(said)
        for row in session.execute(select(plain_reads).where(by_people, its.in_(some)))
    }
    fresh = [
        nct_id
        for nct_id, words in said.items()
        if nct_id not in known or any(getattr(known[nct_id], name) != text for name, text in words.items())
    ]
    for some in portions(fresh):
        found = session.execute(select(studies.c.nct_id, studies.c.digest).where(studies.c.nct_id.in_(some)))
        digests = {row.nct_id: row.digest for row in found}
        session.execute(delete(plain_reads).where(by_people, its.in_(some)))
        stamp = {"source": ReadSource.IMPORTED, "written_at": now}
        rows = [{"nct_id": i, **said[i], **stamp, "digest": digests.get(i)} for i in some]
        session.execute(insert(plain_reads), rows)
    changed = sum(nct_id in known for nct_id in fresh)
    return Imported(added=len(fresh) - changed, changed=changed, unchanged=len(written) - len(fresh))


def _columns(written: Written) -> dict[str, str | None]:
    texts = {name: _BLANK_LINE.join(getattr(written, name)) for name in _TEXTS}
    return texts | {name: getattr(written, name) for name in ("title", "question", "written_by")}


_TEXTS = ("summary", "could_lead_to", "could_go_wrong")


# --- what a model wrote -----------------------------------------------------------------------------------------


def keep_draft(session: Session, one: ToWrite, draft: Draft, *, by: str, now: datetime) -> None:
    """Store what a model wrote of this version of the record, in place of what it wrote before."""
    drop(session, one.nct_id, ReadSource.MODEL)
    session.add(
        ReadRow(
            nct_id=one.nct_id,
            source=ReadSource.MODEL,
            title=draft.title,
            question=draft.question,
            summary=_BLANK_LINE.join(draft.summary),
            could_lead_to=_BLANK_LINE.join(draft.could_lead_to),
            could_go_wrong="",
            written_by=by[:_LONGEST_AUTHOR],
            written_at=now,
            digest=one.digest,
        )
    )


def to_write(
    session: Session,
    limit: int,
    *,
    nct_ids: Sequence[str] | None = None,
    refused_since: datetime | None = None,
) -> list[ToWrite]:
    """Stored studies for which a model's read is missing or older than the record; those that are followed come first.

    Not those whose read people wrote, nor, with `refused_since`, those of whose record a draft was refused since then.
    """
    followed = exists().where(
        subscriptions.c.nct_id == studies.c.nct_id, subscriptions.c.state == SubscriptionState.ACTIVE
    )
    chosen = (
        select(studies.c.nct_id, studies.c.snapshot_id, studies.c.digest)
        .where(studies.c.snapshot_id.is_not(None), studies.c.digest.is_not(None), ~_written())
        .where(studies.c.left_at.is_(None), studies.c.alias_of.is_(None))
        .order_by(case((followed, 0), else_=1), studies.c.last_update_post_date.desc(), studies.c.nct_id)
        .limit(limit)
    )
    if nct_ids is not None:
        chosen = chosen.where(studies.c.nct_id.in_(nct_ids))
    if refused_since is not None:
        chosen = chosen.where(~_refused(refused_since))
    return [ToWrite(row.nct_id, row.snapshot_id, row.digest) for row in session.execute(chosen)]


def _written() -> Exists:
    columns = plain_reads.c
    fresh = and_(columns.source == ReadSource.MODEL, columns.digest == studies.c.digest)
    return exists().where(
        columns.nct_id == studies.c.nct_id, or_(columns.source == ReadSource.IMPORTED, fresh)
    )


def _refused(since: datetime) -> Exists:
    return exists().where(
        tallies.c.name == REFUSED, tallies.c.who == studies.c.digest, tallies.c.since > since
    )


# --- looking after them -----------------------------------------------------------------------------------------


def listed(session: Session, nct_id: str | None = None) -> list[Stored]:
    """Every read that somebody wrote, or those of one study, by NCT id."""
    found = (
        select(ReadRow, studies.c.brief_title, studies.c.digest, studies.c.last_update_post_date)
        .join(studies, studies.c.nct_id == plain_reads.c.nct_id, isouter=True)
        .order_by(plain_reads.c.nct_id, plain_reads.c.source)
    )
    if nct_id is not None:
        found = found.where(plain_reads.c.nct_id == nct_id)
    return [
        Stored(
            row.nct_id,
            row.source,
            _read(row, PlainRead(title or f"Study {row.nct_id}", (), (), ()), digest, updated),
        )
        for row, title, digest, updated in session.execute(found)
    ]


def count(session: Session, nct_id: str, source: ReadSource | None) -> int:
    """How many `drop` would delete."""
    theirs = select(func.count()).select_from(plain_reads).where(_of(nct_id, source))
    return int(session.execute(theirs).scalar_one())


def drop(session: Session, nct_id: str, source: ReadSource | None = None) -> int:
    """Delete the reads of a study, or the one from this source; returns how many there were."""
    return changed(session, delete(plain_reads).where(_of(nct_id, source)))


def _of(nct_id: str, source: ReadSource | None) -> ColumnElement[bool]:
    of_study = plain_reads.c.nct_id == nct_id
    return of_study if source is None else of_study & (plain_reads.c.source == source)
