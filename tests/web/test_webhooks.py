"""What Amazon SES, Postmark and Mailgun post, by their documentation: proved first, judged as bounces are, taken once."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from notifier import app
from notifier.errors import StoreError
from notifier.mail.bounces import webhooks
from notifier.mail.bounces.webhooks import Posts
from notifier.mail.return_path import Tags
from notifier.storage import suppression
from notifier.storage.models import MessageRow, bounces, suppressions
from notifier.storage.models.states import SubscriptionState, Suppressed
from tests.conftest import NOON
from tests.factories import A
from tests.returned_mails import JANE
from tests.store_factories import a_mail, claimed, filled_once, follow, settled
from tests.web_asking import KEYS, asking, dump, subscriptions_of, the_pages

TOPIC = "arn:aws:sns:eu-west-1:123456789012:returned"
PLACE = "https://sns.eu-west-1.amazonaws.com"
CERTIFICATE = f"{PLACE}/SimpleNotificationService-0123456789abcdef.pem"
SECRETS = {"ses": TOPIC, "postmark": "a password for postmark", "mailgun": "key-of-mailgun"}
TAGS = Tags(KEYS.tag_keys, "bounces.example.net")
HASHED = suppression.address_hash(KEYS.suppression_key, JANE)
NO_SUCH_USER = "550 5.1.1 No such user here"


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(65537, 2048)


def certified(key, begins=NOON - timedelta(days=1)):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=400))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


class Amazon:
    """Answers what is fetched of it, and remembers what was."""

    def __init__(self, key):
        self.key, self.asked, self.away = key, [], False
        self.certificate = certified(key)

    def __call__(self, url):
        self.asked.append(url)
        if self.away:
            raise TimeoutError
        if url == CERTIFICATE:
            return self.certificate
        return b"<ConfirmSubscriptionResponse/>" if "ConfirmSubscription" in url else None


@pytest.fixture
def amazon(key):
    return Amazon(key)


@pytest.fixture
@filled_once
def mail(database):
    """A mail that was sent to Jane."""
    message_id = a_mail(database, NOON, JANE)
    claimed(database, NOON)
    settled(database, NOON, message_id, "sent")
    with database.reading() as session:
        return session.get(MessageRow, message_id)


@pytest.fixture
def pages(database, clock, amazon):
    return the_pages(database, clock, tags=TAGS, posts=Posts(SECRETS, amazon))


# --- what each of them posts --------------------------------------------------------------------------------------


def by_mailgun(event, *, token="0" * 50, at=NOON, secret=SECRETS["mailgun"]):
    """https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks"""
    stamp = str(int(at.timestamp()))
    signature = hmac.new(secret.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    signed = {"timestamp": stamp, "token": token, "signature": signature}
    return {"content": json.dumps({"signature": signed, "event-data": event})}


def failed(mail, *, severity="permanent", who=JANE, **said):
    """https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads"""
    status = {"code": 550, "message": "5.1.1 No such user here", "description": "", "attempt-no": 1}
    return mailgun_event("failed", mail, who=who, severity=severity, reason="bounce") | {
        "delivery-status": status | said
    }


def mailgun_event(event, mail, *, who=JANE, **more):
    return {
        "event": event,
        "id": "G9Bn5sl1TC6nu79C8C0bwg",
        "timestamp": NOON.timestamp(),
        "recipient": who,
        "message": {"headers": {"message-id": mail.rfc_message_id.strip("<>"), "to": who}, "size": 341},
        "user-variables": {},
        **more,
    }


def by_postmark(said, *, password=SECRETS["postmark"], user="notifier"):
    """https://postmarkapp.com/developer/webhooks/webhooks-overview"""
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"content": json.dumps(said), "headers": {"Authorization": f"Basic {pair}"}}


def postmark_bounce(sort="HardBounce", details=f"smtp;{NO_SUCH_USER}", who=JANE, number=42):
    """https://postmarkapp.com/developer/webhooks/bounce-webhook"""
    return {
        "RecordType": "Bounce",
        "ID": number,
        "Type": sort,
        "TypeCode": 1,
        "Name": "Hard bounce",
        "Tag": "",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "ServerID": 23,
        "MessageStream": "outbound",
        "Description": "The server was unable to deliver your message.",
        "Details": details,
        "Email": who,
        "From": "updates@example.org",
        "BouncedAt": "2027-01-12T11:00:00.1234567Z",
        "DumpAvailable": True,
        "Inactive": True,
        "CanActivate": True,
        "Subject": "An update",
        "Content": "Message-ID: <made-by-postmark@mtasv.net>\r\n\r\n",
        "Metadata": {},
    }


def subscription_change(**changes):
    """https://postmarkapp.com/developer/webhooks/subscription-change-webhook"""
    return {
        "RecordType": "SubscriptionChange",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "ServerID": 23,
        "MessageStream": "outbound",
        "ChangedAt": "2027-01-12T11:00:00Z",
        "Recipient": JANE,
        "Origin": "Recipient",
        "SuppressSending": True,
        "SuppressionReason": "ManualSuppression",
        **changes,
    }


def by_ses(amazon, notice, *, at=NOON, name="22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", version="2", **changes):
    """https://docs.aws.amazon.com/sns/latest/dg/http-notification-json.html"""
    said = {
        "Type": "Notification",
        "MessageId": name,
        "TopicArn": TOPIC,
        "Message": json.dumps(notice),
        "Timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE,
        "UnsubscribeURL": f"{PLACE}/?Action=Unsubscribe&SubscriptionArn={TOPIC}:c9135db0",
    } | changes
    return {
        "content": json.dumps(said | {"Signature": signature_of(amazon.key, said)}),
        "headers": {"Content-Type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": said["Type"]},
    }


def signature_of(key, said):
    confirms = said["Type"] != "Notification"
    names = (
        ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
        if confirms
        else ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    )
    plain = "".join(f"{name}\n{said[name]}\n" for name in names if name in said)
    method = hashes.SHA256() if said["SignatureVersion"] == "2" else hashes.SHA1()
    return base64.b64encode(key.sign(plain.encode(), PKCS1v15(), method)).decode()


def ses_bounce(mail, *, who=JANE, sort="Permanent", said=NO_SUCH_USER, source=None, named=True):
    """https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html"""
    headers = [{"name": "Message-ID", "value": mail.rfc_message_id}] if named else []
    return {
        "notificationType": "Bounce",
        "bounce": {
            "bounceType": sort,
            "bounceSubType": "General",
            "bouncedRecipients": [
                {"emailAddress": who, "action": "failed", "diagnosticCode": f"smtp; {said}"}
            ],
            "timestamp": "2027-01-12T11:00:00.000Z",
        },
        "mail": {
            "timestamp": "2027-01-12T10:59:00.000Z",
            "messageId": "0000014644fe5ef6-9a483358-9170-4cb4-a269-f5dcdf415321-000000",
            "source": source or "updates@example.org",
            "destination": [who],
            "headers": headers,
        },
    }


def complaint_by(provider, amazon, mail):
    if provider == "ses":
        notice = ses_bounce(mail)
        told = {"complainedRecipients": [{"emailAddress": JANE}], "complaintFeedbackType": "abuse"}
        return by_ses(amazon, notice | {"notificationType": "Complaint", "complaint": told})
    if provider == "postmark":
        return by_postmark(postmark_bounce("SpamComplaint") | {"RecordType": "SpamComplaint"})
    return by_mailgun(mailgun_event("complained", mail))


def bounce_by(provider, amazon, mail, who=JANE, **said):
    if provider == "ses":
        return by_ses(amazon, ses_bounce(mail, who=who), **said)
    if provider == "postmark":
        return by_postmark(postmark_bounce(who=who), **said)
    return by_mailgun(failed(mail, who=who), **said)


def delivery_by(provider, amazon, mail):
    if provider == "ses":
        return by_ses(amazon, ses_bounce(mail) | {"notificationType": "Delivery", "delivery": {}})
    if provider == "postmark":
        return by_postmark(postmark_bounce() | {"RecordType": "Delivery", "Recipient": JANE})
    return by_mailgun(mailgun_event("delivered", mail))


# --- what is looked at --------------------------------------------------------------------------------------------


def suppressed(database):
    with database.reading() as session:
        return suppression.is_suppressed(session, HASHED)


def counted(database):
    with database.reading() as session:
        return session.execute(select(func.count()).select_from(bounces)).scalar_one()


def nothing_came_of_it(database):
    with database.reading() as session:
        listed = session.execute(select(func.count()).select_from(suppressions)).scalar_one()
    live = {row.state for row in subscriptions_of(database)}
    return not listed and not counted(database) and live == {SubscriptionState.ACTIVE}


ALL = pytest.mark.parametrize("provider", list(SECRETS))
SIGNED = pytest.mark.parametrize("provider", ["ses", "mailgun"])


# --- bounces, complaints, deliveries ------------------------------------------------------------------------------


@ALL
async def test_a_dead_address_is_mailed_no_more(client, database, amazon, mail, provider):
    answer = await client.post(f"/webhooks/{provider}", **bounce_by(provider, amazon, mail))
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert suppressed(database) is Suppressed.DEAD


@ALL
async def test_a_complaint_ends_all_that_was_followed(client, database, amazon, mail, provider):
    answer = await client.post(f"/webhooks/{provider}", **complaint_by(provider, amazon, mail))
    assert answer.status_code == 200
    assert suppressed(database) is Suppressed.COMPLAINT
    assert {row.state for row in subscriptions_of(database)} == {SubscriptionState.ENDED}


@ALL
async def test_a_delivery_changes_nothing(client, database, amazon, mail, provider):
    answer = await client.post(f"/webhooks/{provider}", **delivery_by(provider, amazon, mail))
    assert answer.status_code == 200
    assert nothing_came_of_it(database)


async def test_a_full_mailbox_is_counted_and_not_dead(client, database, amazon, mail):
    full = "552 5.2.2 Mailbox full"
    posts = {
        "mailgun": by_mailgun(failed(mail, code=552, message="5.2.2 Mailbox full")),
        "postmark": by_postmark(postmark_bounce("SoftBounce", f"smtp;{full}")),
        "ses": by_ses(amazon, ses_bounce(mail, sort="Transient", said=full)),
    }
    for provider, post in posts.items():
        assert (await client.post(f"/webhooks/{provider}", **post)).status_code == 200
    assert counted(database) == 3
    assert suppressed(database) is None


async def test_what_is_still_tried_is_not_counted(client, database, amazon, mail):
    for post in (
        by_mailgun(failed(mail, severity="temporary")),
        by_mailgun(mailgun_event("opened", mail), token="1" * 50),
    ):
        assert (await client.post("/webhooks/mailgun", **post)).status_code == 200
    for sort in ("Transient", "AutoResponder", "Unconfirmed", "Subscribe"):
        post = by_postmark(postmark_bounce(sort))
        assert (await client.post("/webhooks/postmark", **post)).status_code == 200
    delay = {"delayType": "General", "delayedRecipients": [{"emailAddress": JANE, "status": "4.4.1"}]}
    notice = ses_bounce(mail) | {
        "notificationType": None,
        "eventType": "DeliveryDelay",
        "deliveryDelay": delay,
    }
    assert (await client.post("/webhooks/ses", **by_ses(amazon, notice))).status_code == 200
    assert nothing_came_of_it(database)


@pytest.mark.parametrize(
    ("sort", "details", "dead"),
    [
        ("HardBounce", "test bounce", True),  # its word alone: it mails such an address no more
        ("BadEmailAddress", "", True),
        ("HardBounce", "smtp;552 5.2.2 Mailbox full", False),
        ("SoftBounce", f"smtp;{NO_SUCH_USER}", False),
        ("Blocked", "", False),
        ("SpamNotification", "", False),
    ],
)
async def test_words_of_the_server_may_save_an_address_from_postmarks_word(
    client, database, mail, sort, details, dead
):
    await client.post("/webhooks/postmark", **by_postmark(postmark_bounce(sort, details)))
    assert (suppressed(database) is Suppressed.DEAD) is dead


async def test_what_mailgun_did_not_even_try_is_counted_on_the_ladder_alone(client, database, mail):
    event = failed(mail, code=605, message="Not delivering to previously bounced address") | {
        "reason": "suppress-bounce"
    }
    assert (await client.post("/webhooks/mailgun", **by_mailgun(event))).status_code == 200
    assert (counted(database), suppressed(database)) == (1, None)


@pytest.mark.parametrize("provider", ["mailgun", "postmark"])
async def test_who_unsubscribed_at_the_provider_follows_nothing_more(client, database, mail, provider):
    post = (
        by_mailgun(mailgun_event("unsubscribed", mail))
        if provider == "mailgun"
        else by_postmark(subscription_change())
    )
    assert (await client.post(f"/webhooks/{provider}", **post)).status_code == 200
    assert {row.state for row in subscriptions_of(database)} == {SubscriptionState.ENDED}
    assert suppressed(database) is None  # may come back


@pytest.mark.parametrize(
    "by", [{"Origin": "Admin"}, {"SuppressSending": False}, {"SuppressionReason": "HardBounce"}]
)
async def test_what_an_admin_did_at_postmark_ends_nothing(client, database, mail, by):
    assert (
        await client.post("/webhooks/postmark", **by_postmark(subscription_change(**by)))
    ).status_code == 200
    assert nothing_came_of_it(database)


# --- only of our own mails ----------------------------------------------------------------------------------------


@ALL
async def test_somebody_who_was_never_mailed_is_not_touched(client, database, amazon, mail, provider):
    with database.transaction() as session:
        follow(session, NOON, "joe@example.org", A)
    other = type("Mail", (), {"rfc_message_id": "<somebody-elses@example.com>"})
    for who in ("joe@example.org", "nobody@example.org", "not an address", "\x00@example.org", ""):
        token = hashlib.sha256(who.encode()).hexdigest()
        once = {"mailgun": {"token": token}, "ses": {"name": token}, "postmark": {}}[provider]
        post = bounce_by(provider, amazon, other, who=who, **once)
        assert (await client.post(f"/webhooks/{provider}", **post)).status_code == 200
    assert nothing_came_of_it(database)


@SIGNED
async def test_a_mail_that_is_named_and_not_ours_says_nothing_of_who_follows(
    client, database, amazon, mail, provider
):
    """Another program of the same organisation mails by the same account."""
    other = type("Mail", (), {"rfc_message_id": "<newsletter-7@example.com>"})
    assert (
        await client.post(f"/webhooks/{provider}", **bounce_by(provider, amazon, other))
    ).status_code == 200
    assert nothing_came_of_it(database)


async def test_a_bounce_far_from_any_mail_of_ours_is_not_ours(client, database, clock, mail):
    clock.move(timedelta(days=31))
    assert (await client.post("/webhooks/postmark", **by_postmark(postmark_bounce()))).status_code == 200
    assert nothing_came_of_it(database)


async def test_amazon_names_our_mail_by_its_envelope_sender_where_it_leaves_headers_out(
    client, database, amazon, mail
):
    forged = ses_bounce(mail, named=False, source="b+abcdefghijklmnopqrstuv@bounces.example.net")
    await client.post("/webhooks/ses", **by_ses(amazon, forged, name="1"))
    assert nothing_came_of_it(database)
    ours = ses_bounce(mail, named=False, source=TAGS.bounce_address(mail.id))
    await client.post("/webhooks/ses", **by_ses(amazon, ours, name="2"))
    assert suppressed(database) is Suppressed.DEAD


async def test_a_mail_that_went_on_to_somebody_else_does_not_end_the_first(client, database, amazon, mail):
    await client.post("/webhooks/mailgun", **by_mailgun(failed(mail, who="forwarded@example.com")))
    assert suppressed(database) is None


# --- forged ones --------------------------------------------------------------------------------------------------


async def test_what_mailgun_did_not_sign_is_refused(client, database, mail):
    genuine = json.loads(by_mailgun(failed(mail))["content"])
    signed = genuine["signature"]
    wrong = [
        by_mailgun(failed(mail), secret="another key"),
        by_mailgun(failed(mail), at=NOON - timedelta(hours=13)),
        by_mailgun(failed(mail), at=NOON + timedelta(hours=1)),
        by_mailgun(failed(mail), token=""),
        {"content": json.dumps(genuine | {"signature": signed | {"token": "1" * 50}})},
        {"content": json.dumps(genuine | {"signature": signed | {"timestamp": "0"}})},
        {"content": json.dumps(genuine | {"signature": signed | {"signature": "é"}})},
        {"content": json.dumps(genuine | {"signature": signed | {"signature": None}})},
        {"content": json.dumps(genuine | {"signature": [signed]})},
        {"content": json.dumps({"event-data": failed(mail)})},
    ]
    assert {(await client.post("/webhooks/mailgun", **each)).status_code for each in wrong} == {403}
    assert nothing_came_of_it(database)


async def test_who_does_not_know_postmarks_password_is_refused(client, database, mail):
    right = by_postmark(postmark_bounce())
    wrong = [
        by_postmark(postmark_bounce(), password="another password"),
        by_postmark(postmark_bounce(), password=""),
        by_postmark(postmark_bounce(), user=SECRETS["postmark"], password=""),
        {"content": right["content"]},
        right | {"headers": {"Authorization": "Basic é".encode()}},
        right | {"headers": {"Authorization": "Basic !!!"}},
        right | {"headers": {"Authorization": right["headers"]["Authorization"].replace("Basic", "Bearer")}},
    ]
    assert {(await client.post("/webhooks/postmark", **each)).status_code for each in wrong} == {403}
    assert nothing_came_of_it(database)


async def test_postmarks_secret_may_be_the_user_and_the_password(database, clock, mail):
    async with asking(the_pages(database, clock, posts=Posts({"postmark": "me:a long password"}))) as asker:
        post = by_postmark(postmark_bounce(), user="me", password="a long password")
        assert (await asker.post("/webhooks/postmark", **post)).status_code == 200
    assert suppressed(database) is Suppressed.DEAD


FOREIGN = [
    "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-1.pem",
    "https://evil.example/SimpleNotificationService-1.pem",
    "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-1.pem",
    "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-1.pem",
    "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
    "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem",
    "https://sns.eu-west-1.amazonaws.com.cn/SimpleNotificationService-1.pem",
    "https://sns.eu-west-1.amazonaws.com/../evil.pem",
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem?x=.pem",
    "https://sns.eu-west-1.amazonaws.com\\@evil.example/SimpleNotificationService-1.pem",
    "https://bucket.s3.amazonaws.com/SimpleNotificationService-1.pem",
    "file:///etc/passwd",
    "",
]


@pytest.mark.parametrize("url", FOREIGN)
async def test_no_certificate_is_fetched_from_elsewhere(client, database, amazon, mail, url):
    post = by_ses(amazon, ses_bounce(mail), SigningCertURL=url)
    assert (await client.post("/webhooks/ses", **post)).status_code == 403
    assert amazon.asked == []
    assert nothing_came_of_it(database)


async def test_what_amazon_did_not_sign_is_refused(client, database, amazon, mail):
    genuine = json.loads(by_ses(amazon, ses_bounce(mail))["content"])
    another = rsa.generate_private_key(65537, 2048)
    wrong = [
        {"Message": genuine["Message"] + " "},
        {"MessageId": "another"},
        {"Timestamp": "2027-01-12T12:00:01.000Z"},
        {"Subject": "that was not signed"},
        {"Type": "SubscriptionConfirmation", "Token": "t", "SubscribeURL": "https://evil.example/"},
        {"TopicArn": "arn:aws:sns:eu-west-1:999999999999:returned"},
        {"Signature": signature_of(another, genuine)},
        {"Signature": "%%%"},
        {"Signature": None},
        {"SignatureVersion": "3"},
        {"SignatureVersion": "1"},
    ]
    for each in wrong:
        answer = await client.post("/webhooks/ses", content=json.dumps(genuine | each))
        assert answer.status_code == 403, each
        assert (
            answer.text == "This does not come from the provider.\n"
        )  # a stranger learns nothing of the topic
    for at in (NOON - timedelta(hours=3), NOON + timedelta(hours=1)):
        assert (await client.post("/webhooks/ses", **by_ses(amazon, {}, at=at))).status_code == 403
    assert amazon.asked == [CERTIFICATE]  # kept
    assert nothing_came_of_it(database)


async def test_a_certificate_that_is_over_or_none_proves_nothing(database, clock, amazon, mail, key):
    for certificate in (certified(key, NOON - timedelta(days=900)), b"<html>", None):
        amazon.certificate = certificate
        async with asking(the_pages(database, clock, posts=Posts(SECRETS, amazon))) as asker:
            answer = await asker.post("/webhooks/ses", **by_ses(amazon, ses_bounce(mail)))
        assert answer.status_code == 403
    assert nothing_came_of_it(database)


async def test_the_older_signature_is_known_too(client, database, amazon, mail):
    post = by_ses(amazon, ses_bounce(mail), version="1", Subject="Amazon SES")
    assert (await client.post("/webhooks/ses", **post)).status_code == 200
    assert suppressed(database) is Suppressed.DEAD


async def test_whoever_posts_cannot_make_us_fetch_for_ever(client, database, amazon, mail):
    for number in range(25):
        url = f"{PLACE}/SimpleNotificationService-{number}.pem"
        answer = await client.post("/webhooks/ses", **by_ses(amazon, {}, SigningCertURL=url))
        assert answer.status_code == (403 if number < webhooks.MOST_FETCHES else 503)
    assert len(amazon.asked) == webhooks.MOST_FETCHES


# --- Amazon's confirmation ----------------------------------------------------------------------------------------


def confirmation(amazon, **changes):
    """https://docs.aws.amazon.com/sns/latest/dg/http-subscription-confirmation-json.html"""
    said = {
        "Type": "SubscriptionConfirmation",
        "Token": "2336412f37 fb687f5d51e6e2&Action=Publish",
        "SubscribeURL": f"{PLACE}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336",
    }
    return by_ses(amazon, {}, **(said | changes))


async def test_a_subscription_of_our_topic_is_confirmed_at_amazons_own_address(client, amazon):
    evil = {"SubscribeURL": "https://evil.example/?Action=ConfirmSubscription"}
    assert (await client.post("/webhooks/ses", **confirmation(amazon, **evil))).status_code == 200
    token = "2336412f37%20fb687f5d51e6e2%26Action%3DPublish"
    topic = "arn%3Aaws%3Asns%3Aeu-west-1%3A123456789012%3Areturned"
    confirming = f"{PLACE}/?Action=ConfirmSubscription&TopicArn={topic}&Token={token}"
    assert amazon.asked == [CERTIFICATE, confirming]


async def test_a_subscription_of_another_topic_is_not_confirmed(client, amazon):
    other = "arn:aws:sns:eu-west-1:999999999999:returned"
    assert (await client.post("/webhooks/ses", **confirmation(amazon, TopicArn=other))).status_code == 403
    assert amazon.asked == []


async def test_the_end_of_a_subscription_is_said_in_the_log_and_not_undone(client, amazon):
    with structlog.testing.capture_logs() as logs:
        post = confirmation(amazon, Type="UnsubscribeConfirmation")
        assert (await client.post("/webhooks/ses", **post)).status_code == 200
    assert "webhook_ended" in [line["action"] for line in logs]
    assert amazon.asked == [CERTIFICATE]


# --- once, and again only where that helps ------------------------------------------------------------------------


@SIGNED
async def test_the_same_post_again_is_refused_even_after_the_person_came_back(
    client, database, clock, amazon, mail, provider
):
    post = bounce_by(provider, amazon, mail)
    assert (await client.post(f"/webhooks/{provider}", **post)).status_code == 200
    with database.transaction() as session:
        suppression.lift(session, HASHED)
    clock.move(timedelta(minutes=5))
    async with asking(the_pages(database, clock, posts=Posts(SECRETS, amazon))) as another_process:
        again = await another_process.post(f"/webhooks/{provider}", **post)
    assert again.status_code == {"ses": 403, "mailgun": 406}[provider]
    assert suppressed(database) is None


async def test_mailguns_signature_of_one_post_cannot_be_put_under_another(client, database, mail):
    seen = json.loads(by_mailgun(mailgun_event("delivered", mail))["content"])
    assert (await client.post("/webhooks/mailgun", content=json.dumps(seen))).status_code == 200
    seen["event-data"] = failed(mail)
    assert (await client.post("/webhooks/mailgun", content=json.dumps(seen))).status_code == 406
    assert nothing_came_of_it(database)


async def test_a_post_of_amazons_cannot_be_written_otherwise_under_its_signature(
    client, database, amazon, mail
):
    seen = by_ses(amazon, ses_bounce(mail), Subject="Amazon SES Email Event Notification")
    assert (await client.post("/webhooks/ses", **seen)).status_code == 200
    with database.transaction() as session:
        suppression.lift(session, HASHED)
    said = json.loads(seen["content"])
    said["MessageId"] += f"\nSubject\n{said.pop('Subject')}"  # the text that is signed stays the same
    again = await client.post("/webhooks/ses", content=json.dumps(said))
    assert (again.status_code, again.text) == (403, "This was posted before.\n")
    assert suppressed(database) is None


async def test_postmark_may_say_it_twice_and_it_counts_once(client, database, mail):
    full = by_postmark(postmark_bounce("SoftBounce", "smtp;552 5.2.2 Mailbox full"))
    for _ in range(2):
        assert (await client.post("/webhooks/postmark", **full)).status_code == 200
    assert counted(database) == 1


@ALL
async def test_while_the_database_is_away_the_provider_is_asked_to_come_again(
    client, database, amazon, mail, provider, monkeypatch
):
    post = bounce_by(provider, amazon, mail)

    def away(self):
        raise StoreError("The database does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(type(database), "transaction", away)
        answer = await client.post(f"/webhooks/{provider}", **post)
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    assert (await client.post(f"/webhooks/{provider}", **post)).status_code == 200
    assert suppressed(database) is Suppressed.DEAD


async def test_while_amazon_is_away_it_is_asked_to_come_again(client, database, amazon, mail):
    post, amazon.away = by_ses(amazon, ses_bounce(mail)), True
    assert (await client.post("/webhooks/ses", **post)).status_code == 503
    amazon.away = False
    assert (await client.post("/webhooks/ses", **post)).status_code == 200


async def test_what_cannot_be_taken_is_refused_in_a_line_of_text(client):
    for answer, status in (
        (await client.post("/webhooks/mailgun", content=b"a" * (webhooks.LARGEST_POST + 1)), 413),
        (await client.get("/webhooks/mailgun"), 405),
        (await client.post("/webhooks/sendgrid"), 404),
    ):
        assert (answer.status_code, answer.text.count("\n")) == (status, 1)
        assert answer.headers["content-type"].startswith("text/plain")


async def test_no_provider_is_answered_whose_secret_is_not_set(database, clock, mail):
    async with asking(the_pages(database, clock, posts=Posts({"mailgun": SECRETS["mailgun"]}))) as asker:
        assert (await asker.post("/webhooks/mailgun", **by_mailgun(failed(mail)))).status_code == 200
        for provider in ("postmark", "ses", "sendgrid", "", "mailgun/x"):
            for method in ("POST", "GET"):
                answer = await asker.request(method, f"/webhooks/{provider}", **by_mailgun(failed(mail)))
                assert answer.status_code == 404, provider
        assert (await asker.get("/webhooks/mailgun")).status_code == 405


def test_each_provider_has_a_setting_that_opens_its_address(sqlite, clock):
    environ = {f"NOTIFIER_WEBHOOK_{name.upper()}": secret for name, secret in SECRETS.items()}
    for chosen in ({}, *({name: value} for name, value in environ.items()), environ):
        pages = app.make_pages(app.load_settings(chosen), sqlite, KEYS, clock)
        assert pages.posts.secrets == {
            name.removeprefix("NOTIFIER_WEBHOOK_").lower(): value for name, value in chosen.items()
        }
    assert set(SECRETS) == set(webhooks.PROVIDERS)


# --- odd ones -----------------------------------------------------------------------------------------------------

ODD = [b"", b"null", b"[]", b'"text"', b"\xff\xfe", b"{", b"[" * 100_000, b'{"a":' * 50_000, b"1" * 5000]


@ALL
@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
async def test_what_is_no_object_is_refused_for_good(client, database, mail, provider, body):
    headers = by_postmark({})["headers"]
    assert (await client.post(f"/webhooks/{provider}", content=body, headers=headers)).status_code == 400
    assert nothing_came_of_it(database)


@ALL
async def test_a_huge_body_is_not_read(client, provider):
    body = b'{"a": "' + b"x" * webhooks.LARGEST_POST + b'"}'
    assert (await client.post(f"/webhooks/{provider}", content=body)).status_code == 413


@SIGNED
@pytest.mark.parametrize("sign", ["\x00", "\ud800"])
async def test_signs_that_no_database_takes_do_no_harm(client, database, amazon, mail, provider, sign):
    odd = type("Mail", (), {"rfc_message_id": f"<{sign}a-mail@example.com>"})
    post = bounce_by(provider, amazon, odd, who=f"jane{sign}@example.org")
    assert (await client.post(f"/webhooks/{provider}", **post)).status_code == 200
    assert nothing_came_of_it(database)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.just(JANE),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


def with_anything(said, path, anything):
    """The object with something else at a place of it."""
    if not path or not isinstance(said, dict) or not said:
        return anything
    name = sorted(said)[path[0] % len(said)]
    return said | {name: with_anything(said[name], path[1:], anything)}


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(st.lists(st.integers(0, 30), max_size=3), ANYTHING)
async def test_proved_posts_of_any_shape_are_taken_and_never_fail(client, amazon, path, anything):
    mail = type("Mail", (), {"rfc_message_id": "<a@example.org>"})
    token = hashlib.sha256(repr((path, anything)).encode()).hexdigest()
    event = with_anything(failed(mail), path, anything)
    answer = await client.post("/webhooks/mailgun", **by_mailgun(event, token=token))
    assert answer.status_code in {200, 406}
    said = with_anything(postmark_bounce(), path, anything)
    answer = await client.post("/webhooks/postmark", **by_postmark(said))
    assert answer.status_code == (200 if isinstance(said, dict) else 400)
    notice = with_anything(ses_bounce(mail), path, anything)
    answer = await client.post("/webhooks/ses", **by_ses(amazon, notice, name=token))
    assert answer.status_code in {200, 403}


async def test_no_address_is_logged_and_refusals_cannot_fill_the_disk(client, database, amazon, mail):
    with structlog.testing.capture_logs() as logs:
        for provider in SECRETS:
            await client.post(f"/webhooks/{provider}", **bounce_by(provider, amazon, mail))
        for _ in range(120):
            await client.post("/webhooks/mailgun", content="{}")
    assert "jane" not in repr(logs)
    assert mail.rfc_message_id not in repr(logs)
    assert len([line for line in logs if line["action"] == "webhook_refused"]) == 100


async def test_who_was_told_of_is_in_the_log_of_acts_without_an_address(client, database, amazon, mail):
    await client.post("/webhooks/mailgun", **by_mailgun(failed(mail)))
    (row,) = dump(database)["audit"]
    assert "mailgun by HTTP" in row
    assert "suppressed" in row
    assert "jane" not in row
