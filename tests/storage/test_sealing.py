"""With keys outside of the database a copy of it names nobody, and everything goes on as without them. On both engines."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from fakes import DOMAIN, sign_up, something_changes
from mails import renderer
from smtp_peer import SmtpPeer
from sqlalchemy import select, text

from notifier.clock import FixedClock
from notifier.domain.changes import Kind as Of
from notifier.errors import InputError, SettingsError, StoreError
from notifier.mail.bounces import RefusalReason, Report, ReportEntry, ReportKind
from notifier.mail.smtp import SmtpTransport, parse_smtp_url
from notifier.services import bounce_handling
from notifier.services.bounce_handling import Action, BounceContext
from notifier.services.deliver import Sending, deliver
from notifier.storage import encryption, erasure_log, metrics, subscribers, suppression
from notifier.storage.encryption.keys import Ring
from notifier.storage.engine import Database, file_of, metadata
from notifier.storage.models import SubscriberRow
from notifier.storage.models import subscribers as people
from notifier.storage.models.columns import Unread
from notifier.storage.subscribers import Bringing, ImportLine, Wanted
from tests.conftest import MIGRATIONS

JANE, NORMAL = "Jane.Canary@Bücher.example.org", "jane.canary@xn--bcher-kva.example.org"
ANN, BEN, LEFT, NEXT = (
    f"{who}@gmail.com" for who in ("ann.canary", "ben.canary", "left.canary", "next.canary")
)
STUDY, OTHER = "NCT90000001", "NCT90000002"
OLD, NEW = "an old key of an admin, long", "a new key of an admin, long"
KEY = b"a key outside of the database"


@pytest.fixture
def beside(database):
    """The same database, opened with these keys."""
    opened = []

    def made(*keys):
        for each in (database, *opened):
            each.close()  # whoever seals wants to be alone
        url = database.url.render_as_string(hide_password=False)
        opened.append(Database(url, MIGRATIONS, encryption.ring_of(keys)))
        return opened[-1]

    yield made
    for each in opened:
        each.close()


def at(database, work, *arguments, **choice):
    with database.transaction() as session:
        return work(session, *arguments, **choice)


def raw(database):
    """All that a thief of the database has, as text."""
    if database.is_sqlite:
        database.close()
        path = file_of(database.url)
        files = [Path(f"{path}{end}") for end in ("", "-wal")]
        return b"".join(each.read_bytes() for each in files if each.exists()).decode("latin-1").lower()
    with database.reading() as session:
        rows = (session.execute(text(f'SELECT t::text FROM "{name}" t')) for name in metadata().tables)
        return "".join(str(row) for each in rows for row in each).lower()


def emails(database):
    with database.reading() as session:
        return list(session.execute(select(people.c.email).order_by(people.c.id)).scalars())


async def sent(database, clock, **script):
    """What a deliver pass hands to the mail server; a Message-ID is drawn anew for each mail, so it and what is made of it are left out."""
    how = Sending("here:1", DOMAIN, lambda _: "bounces@example.org", connections=1, suppression_key=KEY)
    async with SmtpPeer(**script) as peer:
        transport = SmtpTransport(parse_smtp_url(f"smtp://127.0.0.1:{peer.port}"), timeout=5, final_timeout=5)
        await deliver(database, transport, renderer(), clock, how)
        await transport.close()
        return sorted(
            (each.recipient, re.sub(rb"<[^<>\s]+@example\.org>|=_[0-9a-f]{32}", b"<id>", each.content))
            for each in peer.received
        )


async def story(database, clock):
    """Asked, confirmed, told, put off, come back, moved, exported, erased, brought in; returns every mail and answer."""
    waiting = sign_up(database, clock, JANE)
    sign_up(database, clock, ANN, LEFT, evidence="said so")
    mails = await sent(database, clock)
    assert at(database, subscribers.confirm, waiting, clock.now())
    something_changes(database, clock, Of.RESULTS_POSTED, before=None, after="2027-01-12")
    mails += await sent(database, clock, rcpt=["450 4.7.0 too many, slow down", "450 4.7.0 slow down"])
    clock.move(timedelta(hours=2))
    mails += await sent(database, clock)
    acts = bounced(database, clock)
    export = at(database, subscribers.export, 1, KEY)
    at(database, subscribers.change_address, 2, subscribers.address(NEXT), clock.now(), consent=None)
    hashed = at(database, subscribers.erase, 3, clock.now(), KEY)
    at(database, bring_in, clock.now())
    mails += await sent(database, clock)
    with database.reading() as session:
        counted = metrics.read(session, clock.now()).verdicts
        listed = [(each.person.email, each.label) for each in subscribers.followed(session)]
    return mails, acts, export["person"]["email_key"], hashed, counted, listed


def bounced(database, clock):
    with database.transaction() as session:
        named = session.execute(
            text("SELECT rfc_message_id FROM message WHERE subscriber_id = 1 ORDER BY id")
        )
        entry = ReportEntry(
            ReportKind.BOUNCE, RefusalReason.USER_UNKNOWN, hard=True, status="5.1.1", recipient=NORMAL
        )
        report = Report((entry,), message_ids=(named.scalars().first(),), digest="a report")
        return bounce_handling.act(session, report, BounceContext(None, KEY, clock.now()))


def bring_in(session, now):
    lines = [
        ImportLine(1, subscribers.address(BEN), Wanted(nct_id=STUDY), evidence="on paper"),
        ImportLine(2, subscribers.address(NEXT), Wanted(nct_id=OTHER)),
        ImportLine(3, subscribers.address(JANE), Wanted(nct_id=OTHER), evidence="on paper"),
    ]
    judged = subscribers.judge(session, lines, KEY)
    subscribers.bring_in(session, judged, Bringing("an admin", now, DOMAIN))


# --- the whole story --------------------------------------------------------------------------------------------------


async def test_a_copy_of_the_database_names_nobody_after_the_whole_story(database, beside, clock):
    safe = beside(NEW)
    mails, acts, _, _, _, listed = await story(safe, clock)
    assert {who for who, _ in mails} >= {"Jane.Canary@xn--bcher-kva.example.org", ANN, LEFT}
    assert acts == (Action.SUPPRESSED,)
    assert {who for who, _ in listed} == {"Jane.Canary@bücher.example.org", NEXT, BEN}
    found = raw(safe)
    assert "sealed:google:" in found
    for secret in ("canary", "bücher", "bcher-kva", "@gmail.com", "gmail.com"):
        assert secret not in found


async def test_the_same_story_has_the_same_mails_and_answers_without_keys(beside, clock, tmp_path):
    plain = Database(f"sqlite:///{tmp_path}/plain.db", MIGRATIONS)
    plain.open()
    openly = await story(plain, FixedClock(clock.now()))
    plain.close()
    assert await story(beside(NEW), clock) == openly


def test_an_address_can_be_there_but_once(beside, clock):
    safe = beside(NEW)
    sign_up(safe, clock, JANE)
    sign_up(safe, clock, JANE.upper(), nct_id=OTHER)
    assert len(emails(safe)) == 1
    row = SubscriberRow(email=JANE, email_key=NORMAL, silent_since=clock.now(), created_at=clock.now())
    with pytest.raises(StoreError), safe.transaction() as session:
        session.add(row)


def test_who_was_erased_is_found_again_by_the_same_hash_in_both_ways(database, beside, clock):
    sign_up(database, clock, JANE)
    hashed = suppression.address_hash(KEY, NORMAL)
    safe = beside(NEW)
    encryption.seal(safe)
    assert erasure_log.again(safe, {hashed: clock.now()}, KEY, clock.now()) == 1
    assert emails(safe) == []


def test_who_left_is_wiped_and_stays_wiped(beside, clock):
    safe = beside(NEW)
    sign_up(safe, clock, JANE)
    with safe.transaction() as session:
        row = session.get_one(SubscriberRow, 1)
        row.email, row.email_key = "", "wiped:1"
    assert emails(safe) == [""]
    assert encryption.seal(safe) == 0


# --- from one way to the other ------------------------------------------------------------------------------------------


def test_sealing_leaves_no_open_address_behind_and_opening_brings_them_back(database, beside, clock):
    sign_up(database, clock, JANE, ANN)
    before = emails(database)
    safe = beside(NEW)
    assert (encryption.seal(safe), encryption.seal(safe)) == (2, 0)
    assert emails(safe) == before
    assert "canary" not in raw(safe)
    assert (encryption.unseal(safe), encryption.unseal(safe)) == (2, 0)
    assert emails(beside()) == before


def test_a_new_key_seals_anew_and_the_old_one_is_not_needed_any_more(beside, clock):
    old = beside(OLD)
    sign_up(old, clock, JANE, ANN)
    both = beside(NEW, OLD)
    with pytest.raises(StoreError, match="run `notifier database seal`"):
        encryption.check(both)
    assert encryption.seal(both) == 2
    new = beside(NEW)
    encryption.check(new)
    with new.reading() as session:
        assert subscribers.find(session, subscribers.address(JANE)).id == 1


def test_what_was_stopped_half_way_is_refused_and_goes_on(database, beside, clock, monkeypatch):
    sign_up(database, clock, JANE, ANN, BEN)
    safe = beside(NEW)
    monkeypatch.setattr(encryption, "_AT_ONCE", 1)
    monkeypatch.setattr(encryption, "_opened", stopping_at(3))
    with pytest.raises(KeyboardInterrupt):
        encryption.seal(safe)
    monkeypatch.undo()
    with pytest.raises(StoreError, match="goes on where it was stopped"):
        encryption.check(safe)
    assert encryption.seal(beside(NEW)) == 1
    encryption.check(beside(NEW))


def stopping_at(turn, real=encryption._opened):
    turns = iter(range(1, turn + 1))

    def opened(row, ring):
        if next(turns) == turn:
            raise KeyboardInterrupt
        return real(row, ring)

    return opened


def test_without_a_key_nothing_is_sealed(database):
    with pytest.raises(SettingsError, match="NOTIFIER_ADDRESS_KEYS is not set"):
        encryption.seal(database)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_nothing_is_sealed_while_somebody_works_with_it(database, beside):
    safe = beside(NEW)
    with database.working("one:1", "busy"), pytest.raises(StoreError, match="stop them before"):
        encryption.seal(safe)


# --- at the start -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "set_", "said"),
    [
        ((), (NEW,), "are not sealed: run `notifier database seal`"),
        ((NEW,), (), "NOTIFIER_ADDRESS_KEYS is not set"),
        ((OLD,), (NEW,), "a key that NOTIFIER_ADDRESS_KEYS does not hold"),
        ((OLD,), (NEW, OLD), "run `notifier database seal`"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(beside, clock, stored, set_, said):
    sign_up(beside(*stored), clock, JANE)
    with pytest.raises((InputError, StoreError), match=said) as caught:
        encryption.check(beside(*set_))
    assert "canary" not in str(caught.value).lower()


@pytest.mark.parametrize("keys", [(), (NEW,)])
def test_what_fits_is_let_through_and_so_is_an_empty_database(beside, clock, keys):
    encryption.check(beside(*keys))
    sign_up(beside(*keys), clock, JANE)
    encryption.check(beside(*keys))


@pytest.mark.parametrize(("stored", "set_"), [((), (NEW,)), ((OLD,), (NEW,))])
def test_even_without_that_look_nothing_of_the_other_sort_is_read(beside, clock, stored, set_):
    sign_up(beside(*stored), clock, JANE)
    (read,) = emails(beside(*set_))
    assert isinstance(read, Unread)
    assert "@" not in read


def test_even_without_that_look_nothing_is_read_without_keys(beside, clock):
    sign_up(beside(NEW), clock, JANE)
    with pytest.raises(StoreError, match="NOTIFIER_ADDRESS_KEYS"):
        emails(beside())


def test_two_databases_of_one_process_have_each_their_own_keys(sqlite, tmp_path, clock):
    safe = Database(f"sqlite:///{tmp_path}/safe.db", MIGRATIONS, Ring([NEW]))
    safe.open()
    for each in (sqlite, safe):
        sign_up(each, clock, JANE)
    assert emails(sqlite) == emails(safe)
    assert ("canary" in raw(sqlite), "canary" in raw(safe)) == (True, False)
    assert safe.beside(tmp_path).ring is safe.ring
    safe.close()
