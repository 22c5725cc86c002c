"""Small things to fill a store with: a study, a follower, a pass that found something, a mail on its way."""

from functools import wraps
from pathlib import Path

from sqlalchemy import select

from notifier.domain.changes import Change, Kind, Weight
from notifier.domain.study import content_digest, decode
from notifier.storage import notices, subscribers
from notifier.storage.engine import Database, metadata
from notifier.storage.models import Every, MessageRow, MessageState, NoticeRow, PassOutcome, PassRow, Source
from notifier.storage.outbox import assembly, claims
from notifier.storage.outbox.claims import Settlement
from notifier.storage.studies import snapshots, study_page, summaries
from notifier.storage.subscribers import Choice, Consent, Person, Wanted
from tests.conftest import NOON
from tests.factories import DATA, DOMAIN, ME, A, a_record, raw


def filled_once(fill):
    """Of a fixture that does nothing but fill its `database`: done once a process and engine, then what it stored is copied.

    To copy takes a tenth of the time. What the fixture gives must be its database, or a value that no test alters.
    """
    kept = {}

    @wraps(fill)
    def filling(**asked):
        database = asked.get("database") or asked["sqlite"]
        if database.is_sqlite not in kept:
            gave = fill(**asked)
            kept[database.is_sqlite] = gave, (_file if database.is_sqlite else _rows)(database)
            return gave
        gave, copy = kept[database.is_sqlite]
        if database.is_sqlite:
            Path(database.url.database).write_bytes(copy)
        else:
            with database.engine.begin() as connection:
                connection.exec_driver_sql(copy)
        return database if isinstance(gave, Database) else gave

    return filling


def _file(database):
    database.engine.dispose()  # the last connection to go writes the journal back into the file
    return Path(database.url.database).read_bytes()


def _rows(database):
    """One round trip that fills an empty database."""
    statements = ["SET LOCAL session_replication_role = replica"]
    with database.engine.begin() as connection:
        for name in metadata().tables:
            if rows := connection.exec_driver_sql(f'SELECT json_agg(t)::text FROM "{name}" t').scalar():
                quoted = rows.replace("'", "''")
                statements.append(
                    f"""INSERT INTO "{name}" SELECT * FROM json_populate_recordset(NULL::"{name}", '{quoted}')"""
                )
        numbered = "SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL"
        for name, last in connection.exec_driver_sql(numbered):
            statements.append(f"SELECT setval('{name}', {last})")
    return "; ".join(statements)


def a_version(nct_id=A, source=Source.BASELINE, **overrides):
    """A version of an invented study, as a pass hands it to the store."""
    study = decode(raw(a_record(identificationModule__nctId=nct_id, **overrides)))
    return snapshots.Version(study=study, digest=content_digest(study.raw), source=source)


def a_study(session, now, nct_id=A, **overrides):
    """Store a watched study; returns its snapshot's id."""
    return snapshots.store(session, a_version(nct_id, **overrides), DATA, now, watch=True)


def a_public_study(session, now, nct_id=A, **overrides):
    """A watched study that our lists show, because an admin published it."""
    snapshot = a_study(session, now, nct_id, **overrides)
    study_page.publish(session, nct_id, now)
    return snapshot


def stored(database, nct_id=A, **overrides):
    """Store a watched study, in a transaction of its own."""
    with database.transaction() as session:
        a_study(session, NOON, nct_id, **overrides)


def shown(database, nct_id=A):
    """The read of a study as its page shows it."""
    with database.reading() as session:
        kept = snapshots.kept(session, [nct_id])[nct_id]
        return summaries.read_of(
            session, snapshots.study(session, kept.snapshot_id), kept.digest, NOON.date()
        )


def at(database, work, *arguments, **choice):
    """Do this in a transaction of its own."""
    with database.transaction() as session:
        return work(session, *arguments, **choice)


def sign_up(session, now, who, *wanted, evidence=None, person=None, **choice):
    """Ask to follow studies (by id) and conditions (by text)."""
    topics = [
        Wanted(nct_id=topic) if topic.startswith("NCT") else Wanted(condition=topic, query=topic.casefold())
        for topic in wanted
    ]
    return subscribers.add(
        session,
        person or Person(subscribers.address(who)),
        topics,
        choice=Choice(**choice),
        consent=Consent("command", "the admin", evidence),
        now=now,
        domain=DOMAIN,
    )


def follow(session, now, who, *wanted, **choice):
    """Follow with consent; returns the ids of the person's live subscriptions, oldest first."""
    sign_up(session, now, who, *wanted, evidence="asked by phone", **choice)
    return sorted(subscribers.ids_of(session, subscribers.address(who)))


def a_change(kind=Kind.CONTACTS, weight=Weight.IMPORTANT, before="before", after="after"):
    return Change(kind=kind, weight=weight, path=f"of.{kind}", before=before, after=after)


def a_pass(session, now, *found, nct_id=A, condition_id=None, snapshot=None):
    """A pass that found these changes in one study; returns its id. The study is stored where it is not yet."""
    row = PassRow(data_timestamp=DATA, started_at=now, finished_at=now, outcome=PassOutcome.DONE, requests=1)
    session.add(row)
    session.flush()
    snapshot = snapshot or snapshots.kept(session, [nct_id])[nct_id].snapshot_id
    snapshots.store_changes(
        session, row.id, nct_id, found, between=(snapshot, snapshot), now=now, condition_id=condition_id
    )
    return row.id


def news(session, now, *found, nct_id=A, condition_id=None):
    """A pass with its notices; returns how many are to be told."""
    found = found or (a_change(after=f"after {now}"),)
    return notices.make(session, a_pass(session, now, *found, nct_id=nct_id, condition_id=condition_id), now)


def rows(database, kind):
    """Every row of a kind, oldest first."""
    with database.reading() as session:
        return session.execute(select(kind).order_by(*kind.__table__.primary_key)).scalars().all()


def mails(database):
    return rows(database, MessageRow)


def told(database):
    """Every notice, by change and follower: those of one pass get their numbers in whatever order they are found."""
    order = (NoticeRow.change_id, NoticeRow.subscription_id, NoticeRow.id)
    with database.reading() as session:
        return session.execute(select(NoticeRow).order_by(*order)).scalars().all()


def assembled(database, now):
    with database.transaction() as session:
        return assembly.assemble(session, now, DOMAIN)


def claimed(database, now, owner=ME, limit=100):
    with database.transaction() as session:
        return claims.claim(session, now, owner, limit)


def tell(database, now, *found, nct_id=A):
    """A change is found, and mails are made of it and claimed; returns their ids."""
    at(database, news, now, *found, nct_id=nct_id)
    assembled(database, now)
    return claimed(database, now)


def settled(database, now, message_id, state, **verdict):
    """Settle a message under our lease; returns the state it is in then."""
    owner = verdict.pop("owner", ME)
    with database.transaction() as session:
        settlement = Settlement(message_id, MessageState(state), **verdict)
        return claims.settle(session, [settlement], now, owner=owner)[message_id]


def a_mark(row, told_to=None):
    """That a message of `outbox.ours` is to go, whose news these subscriptions are told."""
    return claims.FinalCheck(row.id, row.stored, "", told_to)


def transmitting(session, message_ids, now, *, owner=ME):
    """Let the final dots of those of these messages be written that are ours."""
    rows = claims.ours(session, message_ids, owner)
    return claims.mark(session, [a_mark(row) for row in rows], now, owner=owner)


def a_mail(database, now, who="jane@example.org", nct_id=A):
    """A mail about one change for one new follower, due now; returns its id."""
    with database.transaction() as session:
        a_study(session, now, nct_id)
        follow(session, now, who, nct_id, every=Every.IMMEDIATE)
        news(session, now, nct_id=nct_id)
    assembled(database, now)
    return mails(database)[-1].id
