"""What is kept of a person is handed out whole, and goes whole when they ask. On both engines."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from notifier.storage import subscribers, suppression
from notifier.storage.engine import metadata
from notifier.storage.models import (
    BounceRow,
    ConsentRow,
    EndedReason,
    ErasureRow,
    MessageRow,
    SubscriberRow,
    SubscriptionRow,
    Suppressed,
    SuppressionRow,
)
from notifier.storage.subscribers import CONSENT_WORDING
from tests.factories import A, B
from tests.store_factories import (
    a_mail,
    a_study,
    assembled,
    at,
    claimed,
    filled_once,
    follow,
    news,
    rows,
    settled,
    sign_up,
)

TYPED, NORMAL = "Jane.Canary@Bücher.example.org", "jane.canary@xn--bcher-kva.example.org"
JOHN = "john@example.org"
DAY = timedelta(days=1)
KEY = b"a key outside of the database"


def dump(database):
    """Every table, every column, as text."""
    with database.reading() as session:
        found = {name: session.execute(select(table)).all() for name, table in metadata().tables.items()}
    return {name: repr([tuple(row) for row in each]) for name, each in found.items()}


@pytest.fixture
@filled_once
def canary(database, clock):
    """Somebody with a history: a mail that went and came back, one that waits, a pause, something pending, an end."""
    now = clock.now()
    mail = a_mail(database, now, TYPED)
    claimed(database, now)
    settled(database, now, mail, "rejected", code=550, reply=f"no such user {TYPED} <{NORMAL}>")
    at(database, a_study, now, B)
    _, two = at(database, follow, now, TYPED, B, every=None)
    at(database, sign_up, now, TYPED, "knee pain")
    at(database, news, now + DAY)
    assembled(database, now + DAY)
    at(database, subscribers.pause, [two], now + 9 * DAY, now)
    at(database, subscribers.set_note, two, "for mum")
    hashed = suppression.address_hash(KEY, NORMAL)
    bounced = BounceRow(
        message_id=mail,
        address_hash=hashed,
        report="a report",
        hard=True,
        status="5.1.1",
        reason="unknown_user",
        came_at=now,
    )
    at(database, suppression.note, bounced)
    return database


# --- export -----------------------------------------------------------------------------------------------------------


def exported(database, subscriber_id=1, key=None):
    with database.reading() as session:
        return json.loads(json.dumps(subscribers.export(session, subscriber_id, key)))


def test_an_export_has_the_person_and_what_they_follow(canary):
    found = exported(canary)
    assert (found["person"]["email"], found["person"]["email_key"]) == (
        "Jane.Canary@bücher.example.org",
        NORMAL,
    )
    follows = [(each["nct_id"], each["condition"], each["state"]) for each in found["subscriptions"]]
    assert follows == [(A, None, "active"), (B, None, "paused"), (None, "knee pain", "pending")]
    assert found["subscriptions"][1]["note"] == "for mum"


def test_an_export_has_the_exact_words_of_each_consent(canary, clock):
    (consent,) = exported(canary)["subscriptions"][0]["consents"]
    assert (consent["wording"], consent["evidence"]) == (CONSENT_WORDING, "asked by phone")
    assert consent["given_at"] == clock.now().isoformat()


def test_an_export_has_every_mail_with_what_it_told(canary):
    first, *_ = exported(canary)["mails"]
    assert (first["kind"], first["state"], first["told"]) == (
        "update",
        "rejected",
        [{"nct_id": A, "kind": "contacts"}],
    )
    assert [each["kind"] for each in exported(canary)["mails"]] == ["update", "confirmation", "update"]


def test_an_export_says_what_came_back_and_who_else_got_it(canary, clock):
    found = exported(canary, key=KEY)
    assert [(each["hard"], each["status"]) for each in found["bounces"]] == [(True, "5.1.1")]
    assert "mail server" in found["who_else_gets_it"][0]
    assert found["suppressed"] is None
    at(canary, suppression.suppress, suppression.address_hash(KEY, NORMAL), Suppressed.DEAD, clock.now())
    assert exported(canary, key=KEY)["suppressed"] == "dead"


def test_an_export_leaves_out_no_column_of_the_person(canary):
    not_theirs = {"generation"}
    assert set(exported(canary)["person"]) | not_theirs == set(SubscriberRow.model_fields)


@pytest.mark.parametrize(
    ("table", "where", "said_otherwise"),
    [
        (
            SubscriptionRow,
            lambda found: found["subscriptions"][0],
            {"subscriber_id", "condition_id", "lightest_rank", "groups", "next_digest_at", "welcome_id", "replaces", "chosen_at",
             "narrow", "countries", "not_words"},
        ),
        (ConsentRow, lambda found: found["subscriptions"][0]["consents"][0], {"id", "subscription_id"}),
        (BounceRow, lambda found: found["bounces"][0], {"id", "address_hash", "report"}),
        (
            MessageRow,
            lambda found: found["mails"][0],
            {
                "subscriber_id", "about", "correction_id", "corrects_id", "due_at", "unsure", "lease_owner", "lease_until",
                "transmitting_at", "stage", "gate",
            },
        ),
    ],
)  # fmt: skip
def test_an_export_leaves_out_only_how_we_work(canary, table, where, said_otherwise):
    assert set(table.model_fields) - set(where(exported(canary))) == said_otherwise


def test_an_export_of_nobody_is_empty(canary):
    assert exported(canary, 99) == {}


def test_an_export_has_nothing_of_anybody_else(canary, clock):
    at(canary, follow, clock.now(), JOHN, A)
    assert JOHN not in json.dumps(exported(canary))


# --- erase ------------------------------------------------------------------------------------------------------------


def test_after_an_erasure_no_table_knows_the_address(canary, clock):
    assert "Canary" in str(dump(canary))
    at(canary, subscribers.erase, 1, clock.now(), KEY)
    for table, text in dump(canary).items():
        for trace in (TYPED, NORMAL, "canary", "Canary", "for mum"):
            assert trace not in text, table


def test_after_an_erasure_only_a_hash_is_left(canary, clock):
    hashed = at(canary, subscribers.erase, 1, clock.now(), KEY)
    assert hashed == suppression.address_hash(KEY, NORMAL)
    assert [(row.address_hash, row.at) for row in rows(canary, ErasureRow)] == [(hashed, clock.now())]
    assert [rows(canary, table) for table in (SubscriberRow, SubscriptionRow, BounceRow, SuppressionRow)] == [
        []
    ] * 4


def test_a_suppression_stays_where_there_was_one(canary, clock):
    hashed = suppression.address_hash(KEY, NORMAL)
    at(canary, suppression.suppress, hashed, Suppressed.COMPLAINT, clock.now())
    at(canary, subscribers.erase, 1, clock.now() + DAY, KEY)
    assert at(canary, suppression.is_suppressed, hashed) == Suppressed.COMPLAINT


def test_an_erasure_touches_nobody_else(canary, clock):
    at(canary, follow, clock.now(), JOHN, A)
    at(canary, news, clock.now())
    at(canary, subscribers.erase, 1, clock.now(), KEY)
    assert [row.email for row in rows(canary, SubscriberRow)] == [JOHN]
    assert len(rows(canary, SubscriptionRow)) == 1
    assert assembled(canary, clock.now() + DAY) == 1


def test_erasing_twice_or_nobody_is_harmless(canary, clock):
    assert at(canary, subscribers.erase, 99, clock.now(), KEY) is None
    at(canary, subscribers.erase, 1, clock.now(), KEY)
    assert at(canary, subscribers.erase, 1, clock.now(), KEY) is None


def test_who_comes_back_and_leaves_again_is_erased_again(canary, clock):
    at(canary, subscribers.erase, 1, clock.now(), KEY)
    at(canary, follow, clock.now(), TYPED, A)
    (person,) = rows(canary, SubscriberRow)
    assert person.id == 2  # an old link names 1, and 1 is nobody for ever
    at(canary, subscribers.erase, person.id, clock.now() + DAY, KEY)
    assert [row.at for row in rows(canary, ErasureRow)] == [clock.now() + DAY]


def test_an_old_link_still_answers_after_an_erasure(canary, clock):
    at(canary, subscribers.erase, 1, clock.now(), KEY)
    assert at(canary, subscribers.end, [1, 2], EndedReason.UNSUBSCRIBED, clock.now()) == 0
    assert not at(canary, subscribers.confirm, [3], clock.now())
    assert at(canary, subscribers.named, [1]).email is None
