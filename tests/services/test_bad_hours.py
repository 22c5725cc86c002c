"""A provider that condemns many of its people at once is not believed: it is held, an admin decides, nothing is lost."""

from datetime import timedelta
from functools import partial

import pytest
from factories import ME, A
from fakes import run
from returned_mails import complaint, dsn
from smtp_peer import SmtpPeer
from sqlalchemy import func, select
from store_factories import a_study, assembled, follow, mails, news

from notifier.mail.bounces import read
from notifier.mail.return_path import Tags
from notifier.services.bounce_handling import Action, BounceContext, act, decide
from notifier.storage import incidents, suppression
from notifier.storage.models import Every, MessageState, SubscriptionState, subscriptions, suppressions

KEY = b"the key of the hashes"
TAGS = Tags([b"the key of the tags"], "bounces.example.net")
MANY = suppression.MASS_PEOPLE + 5
GONE = "550 5.1.1 no such user"


def people(database, clock, count, domain="example.org", *, mailed=True):
    """So many followers at a domain, each with a mail that is due."""
    with database.transaction() as session:
        a_study(session, clock.now())
        for number in range(count):
            follow(session, clock.now(), f"p{number}@{domain}", A, every=Every.IMMEDIATE)
        if mailed:
            news(session, clock.now())
    assembled(database, clock.now())


#: One deliver pass.
delivering = partial(run, owner=ME, envelope_sender=TAGS.bounce_address, suppression_key=KEY)


def held(database):
    with database.reading() as session:
        return session.execute(
            select(func.count()).select_from(suppressions).where(suppressions.c.held)
        ).scalar_one()


def in_force(database):
    with database.reading() as session:
        return session.execute(
            select(func.count()).select_from(suppressions).where(~suppressions.c.held)
        ).scalar_one()


def going(database):
    with database.reading() as session:
        return [row.why for row in incidents.going(session) if row.name.startswith("bad_hour")]


def decided(database, clock, **how):
    with database.transaction() as session:
        how = {"domain": None, "since": None, "until": None, "keep": False} | how
        return decide(session, KEY, clock.now(), **how)


async def test_living_mailboxes_that_a_server_denies_are_told_in_the_end(database, clock):
    people(database, clock, MANY)
    async with SmtpPeer(rcpt=[GONE] * MANY) as peer:
        await delivering(database, clock, peer)
        assert in_force(database) == 0
        assert held(database) > suppression.MASS_PEOPLE
        (why,) = going(database)
        assert "example.org" in why
        assert "subscribers lift --domain example.org" in why
        clock.move(timedelta(hours=2))
        with database.transaction() as session:
            news(session, clock.now())
            follow(session, clock.now(), "else@example.com", A, every=Every.IMMEDIATE)
            news(session, clock.now())
        await delivering(database, clock, peer)
        assert [sent.recipient for sent in peer.received] == ["else@example.com"]  # others go on
        lifted, _ = decided(database, clock, domain="example.org")
        assert lifted >= suppression.MASS_PEOPLE
        assert (held(database), in_force(database), going(database)) == (0, 0, [])
        clock.move(timedelta(hours=2))
        await delivering(database, clock, peer)
    told = {sent.recipient for sent in peer.received}
    assert told == {f"p{n}@example.org" for n in range(MANY)} | {"else@example.com"}
    assert not [mail for mail in mails(database) if mail.state in {MessageState.DUE, MessageState.REJECTED}]


async def test_a_few_dead_mailboxes_of_a_large_domain_are_believed(database, clock):
    people(database, clock, 5)
    people(database, clock, 3, "example.com")
    async with SmtpPeer(rcpt=[GONE] * 8) as peer:
        await delivering(database, clock, peer)
    assert (in_force(database), held(database), going(database)) == (8, 0, [])


async def test_an_admin_may_believe_it(database, clock):
    people(database, clock, MANY)
    async with SmtpPeer(rcpt=[GONE] * MANY) as peer:
        await delivering(database, clock, peer)
    count = held(database)
    assert decided(database, clock, domain="example.org", keep=True)[0] == count
    assert (held(database), in_force(database), going(database)) == (0, count, [])


def sent_to(database, clock, count):
    people(database, clock, count)
    with database.transaction() as session:
        from notifier.storage.outbox import claims

        ids = claims.claim(session, clock.now(), ME, 500)
        for one in ids:
            claims.settle(session, [claims.Settlement(one, MessageState.SENT)], clock.now(), owner=ME)
    return ids


@pytest.mark.parametrize("sort", ["report", "complaint"])
def test_reports_and_complaints_have_the_same_brake(database, clock, sort):
    ids = sent_to(database, clock, MANY)
    actions = []
    for number, message_id in enumerate(ids):
        to = TAGS.bounce_address(message_id)
        who = f"p{number}@example.org"
        raw = dsn(to=to, who=who, name=f"<r{number}@mx>") if sort == "report" else complaint(sender=to)
        with database.transaction() as session:
            report = read(raw + f"\nX-{number}".encode())
            actions += act(session, report, BounceContext(TAGS, KEY, clock.now()))
    assert actions[-1] is Action.HELD
    assert in_force(database) == 0
    clock.move(timedelta(hours=1))
    assert decided(database, clock, domain="example.org")[0] == MANY
    with database.reading() as session:
        states = session.execute(select(subscriptions.c.state)).scalars().all()
    assert set(states) == {SubscriptionState.ACTIVE}
    assert in_force(database) == held(database) == 0
    again = [mail for mail in mails(database) if mail.state is MessageState.DUE]
    assert len(again) == (MANY if sort == "report" else 0)  # who complained has got it


def test_what_an_admin_stopped_is_not_lifted_with_the_others(database, clock):
    from notifier.storage.models import Suppressed

    people(database, clock, 2, mailed=False)
    with database.transaction() as session:
        for number, why in enumerate((Suppressed.ADMIN, Suppressed.DEAD)):
            key = f"p{number}@example.org"
            domain = suppression.address_hash(KEY, "example.org")
            hashed = suppression.address_hash(KEY, key)
            suppression.suppress(session, hashed, why, clock.now(), domain_hash=domain)
    assert decided(database, clock, domain="example.org")[0] == 1
    assert in_force(database) == 1
