"""Sending to a mail server that misbehaves at every step."""

import asyncio
import re
import ssl
import subprocess
from dataclasses import replace
from pathlib import Path
from shutil import which

import pytest
from smtp_peer import DROP, LONE_DOT, STALL, Received, SmtpPeer, Then

from notifier.errors import MailError, RenderError
from notifier.mail.render.mime import DottedLines
from notifier.mail.smtp import Envelope, Security, SendOutcome, SendStage, SmtpAddress, SmtpTransport, Verdict

CONTENT = b"Subject: news\r\n\r\nHello,\r\n.one dot\r\n..two dots\r\n.\r\n\r\nFrom here on  \r\n"
MAIL = Envelope("b+t1@bounce.example.org", "anna@example.com", CONTENT, "message-1")
pytestmark = pytest.mark.usefixtures("both_ways")
SLOW = 0.1  # seconds: the time-out where a test wants one
FINE = 5  # seconds: patience where it does not


class Steps:
    """Counts `before_data` and can do something there."""

    def __init__(self, action=None):
        self.count = 0
        self._action = action

    async def __call__(self):
        self.count += 1
        if self._action:
            await self._action()


def transport_to(peer, **options):
    address = options.pop("address", SmtpAddress("127.0.0.1", peer.port))
    return SmtpTransport(address, **{"timeout": FINE, "final_timeout": FINE} | options)


async def send_once(peer, envelope=MAIL, **options) -> Verdict:
    async with transport_to(peer, **options).session() as session:
        return await session.send(envelope, before_data=Steps())


async def send_twice(peer, *, then=FINE, **options) -> list[Verdict]:
    transport = transport_to(peer, **options)
    async with transport.session() as session:
        first = await session.send(MAIL, before_data=Steps())
        transport.timeout = transport.final_timeout = then
        return [first, await session.send(MAIL, before_data=Steps())]


def patience(fault) -> float:
    return SLOW if fault is STALL else FINE


# What arrives


async def test_message_arrives_byte_for_byte():
    async with SmtpPeer() as peer:
        verdict = await send_once(peer)
    assert verdict == Verdict(SendOutcome.SENT, SendStage.REPLY, 250, "2.0.0", "2.0.0 Ok: queued as 4XyZ")
    assert peer.received == [Received(MAIL.sender, MAIL.recipient, CONTENT)]
    assert peer.raw.endswith(b"\r\n..one dot\r\n...two dots\r\n..\r\n\r\nFrom here on  \r\n.\r\n")
    assert peer.verbs() == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]


@pytest.mark.parametrize("known", [bytes, DottedLines])
async def test_lines_that_begin_with_a_dot_arrive_too(known):
    async with SmtpPeer() as peer:
        await send_once(peer, replace(MAIL, content=known(b".\r\n.a\r\n")))
    assert (peer.raw, peer.received[0].content) == (b"..\r\n..a\r\n.\r\n", b".\r\n.a\r\n")


async def test_large_message_arrives_whole():
    content = b"".join(b".%d line\r\n" % number for number in range(100_000))
    async with SmtpPeer() as peer:
        verdict = await send_once(peer, replace(MAIL, content=content))
    assert (verdict.outcome, peer.received[0].content) == (SendOutcome.SENT, content)


@pytest.mark.parametrize("content", [b"a\r\n.\nb\r\n", b"a\rb\r\n", b"a\n", b"a", b""])
def test_content_that_could_end_the_message_early_is_refused(content):
    with pytest.raises(RenderError, match="line end"):
        replace(MAIL, content=content)


async def test_client_says_the_name_it_was_given():
    async with SmtpPeer() as peer:
        await send_once(peer, local_hostname="mailer.example.org")
    assert peer.commands[0][0] == "EHLO mailer.example.org"


async def test_old_server_without_ehlo_is_spoken_to():
    async with SmtpPeer(ehlo=["502 5.5.1 what?"]) as peer:
        verdict = await send_once(peer)
    assert verdict.outcome is SendOutcome.SENT
    assert peer.verbs()[:3] == ["EHLO", "HELO", "MAIL"]


# Replies about the message


@pytest.mark.parametrize("stage", ["rcpt", "data", "dot"])
@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ("450 4.2.1 greylisted", SendOutcome.DEFERRED),
        ("452 4.2.2 full", SendOutcome.DEFERRED),
        ("421 4.7.28 slow down", SendOutcome.DEFERRED),
        ("550 5.1.1 <anna@example.com> unknown", SendOutcome.REJECTED),
        ("550-5.7.26 unsigned\r\n550 5.7.26 mail", SendOutcome.REJECTED),
        ("552 5.3.4 too big", SendOutcome.DEFERRED),
    ],
)
async def test_negative_reply_is_a_verdict_and_the_next_message_goes(stage, reply, outcome):
    async with SmtpPeer(**{stage: [reply]}) as peer:
        first, second = await send_twice(peer)
    assert (first.outcome, first.code) == (outcome, int(reply[:3]))
    assert first.stage is {"rcpt": SendStage.RCPT, "data": SendStage.DATA, "dot": SendStage.REPLY}[stage]
    assert "anna" not in first.text
    assert second.outcome is SendOutcome.SENT
    assert peer.connections == (2 if first.code == 421 else 1)
    assert ("RSET" in peer.verbs(0)) is (first.code != 421)


async def test_dead_address_is_told():
    async with SmtpPeer(rcpt=["550 5.1.1 gone"]) as peer:
        assert (await send_once(peer)).dead_address


async def test_refused_recipient_costs_no_permission_to_send(both_ways):
    steps = Steps()
    async with SmtpPeer(rcpt=["550 5.1.1 gone"]) as peer, transport_to(peer).session() as session:
        await session.send(MAIL, before_data=steps)
        await session.send(MAIL, before_data=steps)
    assert steps.count == (
        2 if both_ways else 1
    )  # where DATA is said with RCPT it is asked for before the answer


async def test_recipient_forwarded_elsewhere_is_accepted():
    async with SmtpPeer(rcpt=["251 will forward"], data=["451 later"]) as peer:
        assert (await send_once(peer)).stage is SendStage.DATA


@pytest.mark.parametrize("stage", ["rcpt", "data"])
@pytest.mark.parametrize("fault", [DROP, STALL, "hello?", "123 what"])
async def test_no_answer_before_the_message_defers(stage, fault):
    async with SmtpPeer(**{stage: [fault]}) as peer:
        verdict = await send_once(peer, timeout=patience(fault))
    assert (verdict.outcome, verdict.stage) == (SendOutcome.DEFERRED, SendStage(stage))
    assert peer.received == []


@pytest.mark.parametrize("fault", [DROP, STALL, "hello?", "354 more"])
async def test_no_answer_to_the_dot_is_unsure_and_the_connection_is_given_up(fault):
    async with SmtpPeer(dot=[fault]) as peer:
        first, second = await send_twice(peer, final_timeout=patience(fault))
    assert first.outcome is SendOutcome.UNSURE
    assert first.stage in {SendStage.DOT, SendStage.REPLY}
    assert second.outcome is SendOutcome.SENT
    assert (peer.connections, len(peer.received)) == (2, 2)


async def test_drop_right_after_354_is_not_taken_for_sent():
    async with SmtpPeer(data=[Then("354 go on", DROP)]) as peer:
        verdict = await send_once(peer)
    assert verdict.outcome in {SendOutcome.UNSURE, SendOutcome.DEFERRED}
    assert peer.received == []


async def test_drop_seen_before_the_message_was_written_defers():
    async with SmtpPeer() as peer, transport_to(peer).session() as session:

        async def server_leaves():
            while session._dialogue._expected:  # noqa: ASYNC110 - until what was said together is answered
                await asyncio.sleep(0)
            peer.hang_up()
            while session._client.is_connected:  # noqa: ASYNC110 - aiosmtplib has no event for it
                await asyncio.sleep(0)

        verdict = await session.send(MAIL, before_data=Steps(server_leaves))
    assert (verdict.outcome, verdict.stage, peer.received) == (SendOutcome.DEFERRED, SendStage.DATA, [])


async def test_final_dot_has_its_own_patience():
    async with SmtpPeer(dot=[STALL]) as peer:
        asyncio.get_running_loop().call_later(2 * SLOW, peer.released.set)
        verdict = await send_once(peer, timeout=SLOW)
    assert verdict.outcome is SendOutcome.SENT


async def test_peer_that_stops_reading_ends_with_the_final_timeout_and_gets_no_rest():
    more_than_buffers_hold = (b"x" * 900 + b"\r\n") * 15_000
    async with SmtpPeer(data=[Then("354 go on", STALL)]) as peer:
        verdict = await send_once(peer, replace(MAIL, content=more_than_buffers_hold), final_timeout=SLOW)
        await peer.swallow()
    assert (verdict.outcome, verdict.stage) == (SendOutcome.UNSURE, SendStage.DOT)
    assert not peer.raw.endswith(b"\r\n.\r\n")


@pytest.mark.parametrize("fault", [DROP, STALL, "500 what"])
async def test_bad_goodbye_changes_no_verdict(fault):
    async with SmtpPeer(quit_=[fault]) as peer:
        verdict = await asyncio.wait_for(send_once(peer, timeout=patience(fault)), 3)
    assert verdict.outcome is SendOutcome.SENT


# The way to the server


@pytest.mark.parametrize("stage", ["greeting", "ehlo", "mail"])
@pytest.mark.parametrize(
    "fault", ["451 4.3.0 busy", "550 5.7.1 go away", "421 4.3.2 down", DROP, STALL, "hello?"]
)
async def test_fault_before_rcpt_blames_no_message(stage, fault, both_ways):
    steps = Steps()
    async with (
        SmtpPeer(**{stage: [fault]}) as peer,
        transport_to(peer, timeout=patience(fault)).session() as session,
    ):
        with pytest.raises(MailError) as fell:
            await session.send(MAIL, before_data=steps)
        assert (await session.send(MAIL, before_data=steps)).outcome is SendOutcome.SENT
    told = str(fell.value)
    assert f"127.0.0.1:{peer.port}" in told
    assert f"at {'MAIL' if stage == 'mail' else 'CONNECT'}: " in told
    assert "@" not in told
    assert fault in (DROP, STALL) or fault in told
    assert steps.count == (2 if both_ways and stage == "mail" else 1)


@pytest.mark.parametrize("sender", ["", "b@c>\r\nRCPT TO:<x@y.org", "b@\udc80.org"])
async def test_sender_that_is_no_address_is_a_mail_error(sender):
    async with SmtpPeer() as peer:
        with pytest.raises(MailError, match="at MAIL: it is no address"):
            await send_once(peer, replace(MAIL, sender=sender))
    assert peer.connections == 0


async def test_unreachable_server_is_a_mail_error():
    async with SmtpPeer() as peer:
        port = peer.port
    with pytest.raises(MailError, match=f"127.0.0.1:{port} cannot be reached, at CONNECT"):
        await send_once(peer)


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("530 5.7.0 sign in first", "wants us to sign in first, .* user and password into NOTIFIER_SMTP_URL"),
        ("530 5.7.0 Must issue a STARTTLS command first", "wants a private connection first, .* smtp.starttls://"),
        ("550 5.1.8 your domain does not exist", "refused our sender, .* NOTIFIER_MAIL_FROM"),
        ("452 4.3.1 Insufficient system storage", "has no room for mail, .* make room on its disk"),
        ("452 Requested action not taken: insufficient system storage", "has no room for mail"),
        ("432 4.3.2 Concurrent connections limit exceeded", "no more from us now, .* NOTIFIER_SMTP_CONNECTIONS"),
    ],
)  # fmt: skip
async def test_refusal_that_is_about_us_or_the_server_itself_blames_no_message(stage, reply, words):
    async with SmtpPeer(**{stage: [reply]}) as peer, transport_to(peer).session() as session:
        with pytest.raises(MailError, match=reply) as fell:
            await session.send(MAIL, before_data=Steps())
        assert re.search(words, str(fell.value))
        assert (await session.send(MAIL, before_data=Steps())).outcome is SendOutcome.SENT


async def test_too_many_connections_say_what_to_set():
    async with SmtpPeer(at_once=1) as peer, transport_to(peer).session() as session:
        await session.send(MAIL, before_data=Steps())
        with pytest.raises(MailError, match=r"at CONNECT: 421 4\.7\.0 .*; set NOTIFIER_SMTP_CONNECTIONS"):
            await send_once(peer)
        assert (await session.send(MAIL, before_data=Steps())).outcome is SendOutcome.SENT


async def test_sign_in_works():
    async with SmtpPeer(password="s3cret-pass") as peer:
        address = SmtpAddress("127.0.0.1", peer.port, username="mailer", password="s3cret-pass")
        verdict = await send_once(peer, address=address)
    assert verdict.outcome is SendOutcome.SENT
    assert peer.verbs()[:3] == ["EHLO", "AUTH", "MAIL"]


async def test_refused_sign_in_tells_stage_and_words_and_no_secret():
    async with SmtpPeer(password="other") as peer:
        address = SmtpAddress("127.0.0.1", peer.port, username="mailer", password="s3cret-pass")
        with pytest.raises(
            MailError, match=r"at AUTH: 535 5\.7\.8 Authentication credentials invalid"
        ) as fell:
            await send_once(peer, address=address)
    assert "s3cret-pass" not in str(fell.value)


async def test_a_server_that_hangs_up_at_one_way_to_sign_in_is_asked_by_plain_on_a_fresh_line():
    async with SmtpPeer(password="s3cret-pass", auth=[DROP]) as peer:
        address = SmtpAddress("127.0.0.1", peer.port, username="mailer", password="s3cret-pass")
        transport = transport_to(peer, address=address)
        for _ in range(2):
            async with transport.session() as session:
                assert (await session.send(MAIL, before_data=Steps())).outcome is SendOutcome.SENT
    assert [next(each for each in said if "AUTH" in each).split()[1] for said in peer.commands] == [
        "CRAM-MD5",
        "PLAIN",
        "PLAIN",
    ]


async def test_a_server_that_hangs_up_at_every_way_to_sign_in_is_a_mail_error():
    async with SmtpPeer(password="s3cret-pass", auth=[DROP, DROP]) as peer:
        address = SmtpAddress("127.0.0.1", peer.port, username="mailer", password="s3cret-pass")
        with pytest.raises(MailError, match="at AUTH"):
            await send_once(peer, address=address)
    assert peer.connections == 2


async def test_server_without_sign_in_is_a_mail_error():
    async with SmtpPeer() as peer:
        with pytest.raises(MailError, match="at AUTH"):
            await send_once(peer, address=SmtpAddress("127.0.0.1", peer.port, username="u", password="p"))


# Connections


async def test_one_connection_carries_many_messages():
    async with SmtpPeer() as peer, transport_to(peer).session() as session:
        for _ in range(30):
            await session.send(MAIL, before_data=Steps())
    assert (peer.connections, len(peer.received)) == (1, 30)


async def test_two_sessions_have_two_connections():
    async with SmtpPeer() as peer:
        verdicts = await asyncio.gather(send_once(peer), send_once(peer))
    assert [verdict.outcome for verdict in verdicts] == [SendOutcome.SENT] * 2
    assert peer.connections == 2


async def test_connection_is_given_up_after_so_many_messages():
    async with SmtpPeer() as peer, transport_to(peer, max_messages_per_connection=2).session() as session:
        for _ in range(5):
            await session.send(MAIL, before_data=Steps())
    assert [verbs.count("MAIL") for verbs in map(peer.verbs, range(3))] == [2, 2, 1]
    assert peer.verbs(0)[-1] == "QUIT"


async def test_connection_is_given_up_when_old():
    now = [100.0]
    async with SmtpPeer() as peer:
        async with transport_to(peer, max_age=60, monotonic=lambda: now[0]).session() as session:
            for now[0] in (100.0, 159.0, 161.0):
                await session.send(MAIL, before_data=Steps())
        assert peer.connections == 2


async def test_connection_closed_in_silence_is_opened_again():
    async with SmtpPeer() as peer, transport_to(peer).session() as session:
        await session.send(MAIL, before_data=Steps())
        peer.hang_up()  # not seen by the client yet: its MAIL meets the closed line
        verdict = await session.send(MAIL, before_data=Steps())
    assert verdict.outcome is SendOutcome.SENT
    assert (peer.connections, len(peer.received)) == (2, 2)


@pytest.mark.parametrize(
    "farewell", ["421 4.4.2 idle too long", "452 4.5.3 enough messages", "hello?", DROP, STALL]
)
async def test_kept_connection_that_fails_at_mail_is_opened_again(farewell):
    async with SmtpPeer() as peer, transport_to(peer, timeout=patience(farewell)).session() as session:
        await session.send(MAIL, before_data=Steps())
        peer.scripts["MAIL"] = [farewell]
        assert (await session.send(MAIL, before_data=Steps())).outcome is SendOutcome.SENT
    assert peer.connections == 2


async def test_kept_connection_is_opened_again_only_once():
    async with SmtpPeer() as peer, transport_to(peer).session() as session:
        await session.send(MAIL, before_data=Steps())
        peer.scripts["MAIL"] = [DROP, DROP]
        with pytest.raises(MailError, match="at MAIL"):
            await session.send(MAIL, before_data=Steps())
    assert peer.connections == 2


@pytest.mark.parametrize("fault", [DROP, STALL, "500 what"])
async def test_connection_that_cannot_be_reset_is_replaced(fault):
    async with SmtpPeer(rcpt=["450 later"], rset=[fault]) as peer:
        _, second = await send_twice(peer, then=1.0 if fault is STALL else FINE)
    assert (second.outcome, peer.connections) == (SendOutcome.SENT, 2)


async def test_closing_the_transport_closes_its_sessions():
    async with SmtpPeer() as peer:
        transport = transport_to(peer)
        await transport.session().send(MAIL, before_data=Steps())
        await transport.close()
        await transport.close()
        assert peer.verbs()[-1] == "QUIT"


# Stopping


async def test_cancel_in_flight_waits_for_the_answer_and_returns_it():
    async with SmtpPeer(dot=[STALL]) as peer, transport_to(peer).session() as session:

        async def sending_task():
            verdict = await session.send(MAIL, before_data=Steps())
            return verdict, asyncio.current_task().cancelling()

        task = asyncio.create_task(sending_task())
        await peer.reached["DOT"].wait()
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0)
        assert not task.done()
        peer.released.set()
        verdict, cancelling = await task
    assert (verdict.outcome, cancelling) == (SendOutcome.SENT, 2)


async def test_cancel_in_flight_is_bounded_by_the_final_timeout():
    async with SmtpPeer(dot=[STALL]) as peer, transport_to(peer, final_timeout=SLOW).session() as session:
        task = asyncio.create_task(session.send(MAIL, before_data=Steps()))
        await peer.reached["DOT"].wait()
        task.cancel()
        assert (await asyncio.wait_for(task, 3)).outcome is SendOutcome.UNSURE


async def test_cancel_before_the_message_sends_nothing_and_leaves_a_clean_session(both_ways):
    steps = Steps()
    async with SmtpPeer(rcpt=[STALL]) as peer, transport_to(peer).session() as session:
        task = asyncio.create_task(session.send(MAIL, before_data=steps))
        await peer.reached["RCPT"].wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (steps.count, peer.received) == (int(both_ways), [])
        peer.released.set()  # the late answer must not be taken for that of another command
        assert (await session.send(MAIL, before_data=steps)).outcome is SendOutcome.SENT
    assert peer.connections == 2


async def test_what_before_data_raises_goes_through_and_nothing_is_sent(both_ways):
    async def lease_is_lost():
        raise LookupError("lease")

    async with SmtpPeer() as peer, transport_to(peer).session() as session:
        with pytest.raises(LookupError):
            await session.send(MAIL, before_data=Steps(lease_is_lost))
        assert peer.received == []
        assert (await session.send(MAIL, before_data=Steps())).outcome is SendOutcome.SENT
    # A server that waits for the message already has only a line that ends instead.
    assert (peer.connections, "RSET" in peer.verbs()) == ((2, False) if both_ways else (1, True))


async def test_before_data_is_over_before_a_byte_of_the_message_is_written(both_ways):
    async with SmtpPeer() as peer:
        seen = []

        async def look():
            if both_ways:
                await peer.reached["DATA"].wait()
            seen.extend([*peer.verbs(), peer.raw])

        async with transport_to(peer).session() as session:
            await session.send(MAIL, before_data=Steps(look))
    assert seen == ["EHLO", "MAIL", "RCPT", *(["DATA"] if both_ways else []), b""]


async def test_where_pipelining_is_offered_a_mail_is_two_trips(both_ways):
    async with SmtpPeer(mail=[STALL]) as peer, transport_to(peer).session() as session:
        sending = asyncio.create_task(session.send(MAIL, before_data=Steps()))
        await peer.reached["MAIL"].wait()
        said = bytes(peer.lines[0]._reader._buffer)
        peer.released.set()
        await sending
    assert said == (b"RCPT TO:<anna@example.com>\r\nDATA\r\n" if both_ways else b"")


@pytest.mark.parametrize("end", ["554 5.5.1 no valid recipients", "250 2.0.0 taken", DROP, STALL])
@pytest.mark.parametrize("refusal", ["550 5.1.1 unknown", "450 4.2.1 later"])
async def test_a_refused_recipient_with_a_354_gets_a_lone_dot_and_its_own_verdict(refusal, end, monkeypatch):
    monkeypatch.setattr(SmtpPeer, "offers_pipelining", True)
    async with SmtpPeer(rcpt=[refusal], data=[Then("354 go on", LONE_DOT)], dot=[end]) as peer:
        first, second = await send_twice(peer, timeout=patience(end))
    assert (first.stage, first.code, second.outcome) == (SendStage.RCPT, int(refusal[:3]), SendOutcome.SENT)
    assert [each.content for each in peer.received] == [CONTENT]
    assert peer.connections == (1 if isinstance(end, str) else 2)


# Addresses


async def test_foreign_local_part_needs_a_server_that_takes_it():
    async with SmtpPeer() as peer:
        verdict = await send_once(peer, replace(MAIL, recipient="jörg@example.com"))
    assert (verdict.outcome, verdict.dead_address) == (SendOutcome.REJECTED, False)
    assert "SMTPUTF8" in verdict.text
    assert peer.verbs() == ["EHLO", "QUIT"]


async def test_foreign_local_part_goes_to_a_server_that_takes_it():
    async with SmtpPeer(smtputf8=True) as peer:
        verdict = await send_once(peer, replace(MAIL, recipient="jörg@example.com", smtputf8=True))
    assert verdict.outcome is SendOutcome.SENT
    assert peer.received[0].recipient == "jörg@example.com"
    assert peer.commands[0][1].endswith("> SMTPUTF8 BODY=8BITMIME")


@pytest.mark.parametrize(
    "recipient", ["a@b>\r\nDATA", "a b@c.org", "a@b> SIZE=1", "", "nobody", "a\x00@b.org", "a\udc80@b.org"]
)
async def test_recipient_that_could_say_more_than_an_address_is_rejected(recipient):
    async with SmtpPeer() as peer:
        verdict = await send_once(peer, replace(MAIL, recipient=recipient))
    assert (verdict.outcome, verdict.stage) == (SendOutcome.REJECTED, SendStage.RCPT)
    assert peer.verbs() == ["EHLO", "QUIT"]


# Private connections


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    if which("openssl") is None:
        pytest.skip("openssl is not here to make a certificate")
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = "-addext subjectAltName=DNS:localhost"
    files = ["-keyout", path, "-out", f"{path}.crt"]
    subprocess.run(["openssl", *request.split(), *names.split(), *files], check=True, capture_output=True)
    return path


@pytest.fixture
def server_side(certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{certificate}.crt", certificate)
    return context


@pytest.fixture
def client_side(certificate) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=f"{certificate}.crt")


def private(peer, security, **sign_in) -> SmtpAddress:
    return SmtpAddress("localhost", peer.port, security, **sign_in)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_private_connection_carries_sign_in_and_mail(security, server_side, client_side):
    kind = {"starttls": server_side} if security is Security.STARTTLS else {"tls": server_side}
    async with SmtpPeer(password="pw", **kind) as peer:
        address = private(peer, security, username="u", password="pw")
        first, second = await send_twice(peer, address=address, tls_context=client_side)
    assert (first.outcome, second.outcome, peer.connections) == (SendOutcome.SENT, SendOutcome.SENT, 1)
    assert security is Security.TLS or peer.verbs()[:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_certificate_that_nobody_vouches_for_is_refused_before_sign_in(security, server_side):
    kind = {"starttls": server_side} if security is Security.STARTTLS else {"tls": server_side}
    async with SmtpPeer(password="pw", **kind) as peer:
        with pytest.raises(MailError, match=r"at TLS: .*certificate verify failed"):
            await send_once(peer, address=private(peer, security, username="u", password="pw"))
    assert all("AUTH" not in peer.verbs(number) for number in range(peer.connections))


async def test_server_without_starttls_is_refused_before_sign_in(client_side):
    async with SmtpPeer(password="pw") as peer:
        address = private(peer, Security.STARTTLS, username="u", password="pw")
        with pytest.raises(MailError, match=r"at TLS: .*STARTTLS"):
            await send_once(peer, address=address, tls_context=client_side)
    assert peer.verbs() == ["EHLO"]


async def test_starttls_is_not_used_unless_asked_for(server_side):
    async with SmtpPeer(starttls=server_side) as peer:
        assert (await send_once(peer)).outcome is SendOutcome.SENT
    assert "STARTTLS" not in peer.verbs()
