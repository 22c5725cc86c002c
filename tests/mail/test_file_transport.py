"""Mails as files."""

import asyncio
import resource
import stat
from contextlib import contextmanager
from dataclasses import replace

import pytest

from notifier.errors import MailError, RenderError
from notifier.mail.smtp import Envelope, FileTransport, SendOutcome, SmtpAddress, SmtpTransport, Transport

MAIL = Envelope("b@example.org", "anna@example.com", b"Subject: news\r\n\r\n.Hello\r\n", "message-1")


async def nothing():
    pass


async def write(directory, envelope=MAIL):
    async with FileTransport(directory).session() as session:
        return await session.send(envelope, before_data=nothing)


@contextmanager
def room_for(octets):
    """Files of this process cannot grow larger: what a full disk looks like from inside."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_mail_becomes_a_file_with_exactly_its_bytes(tmp_path):
    verdict = await write(tmp_path / "new" / "mail")
    assert (verdict.outcome, verdict.text) == (SendOutcome.SENT, "written to message-1.eml")
    [path] = (tmp_path / "new" / "mail").iterdir()
    assert (path.name, path.read_bytes()) == ("message-1.eml", MAIL.content)


async def test_folder_and_file_are_for_their_owner_only(tmp_path):
    await write(tmp_path / "mail")
    modes = [
        stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "mail", tmp_path / "mail" / "message-1.eml")
    ]
    assert modes == [0o700, 0o600]


async def test_same_message_again_is_the_same_file(tmp_path):
    await write(tmp_path, replace(MAIL, content=MAIL.content * 9))
    await write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["message-1.eml"]
    assert (tmp_path / "message-1.eml").read_bytes() == MAIL.content


async def test_what_a_crash_left_behind_is_overwritten(tmp_path):
    (tmp_path / ".message-1.eml.part").write_bytes(b"longer than the mail itself is" * 9)
    await write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["message-1.eml"]
    assert (tmp_path / "message-1.eml").read_bytes() == MAIL.content


async def test_many_at_once(tmp_path):
    transport = FileTransport(tmp_path)
    envelopes = [replace(MAIL, name=f"m{number}") for number in range(20)]
    await asyncio.gather(*(transport.session().send(envelope, before_data=nothing) for envelope in envelopes))
    assert len(list(tmp_path.glob("*.eml"))) == 20


async def test_full_disk_says_so_and_leaves_the_old_file(tmp_path):
    await write(tmp_path)
    with room_for(100), pytest.raises(MailError, match=r"cannot be written: .*NOTIFIER_MAIL_DIR"):
        await write(tmp_path, replace(MAIL, content=b"x\r\n" * 1000))
    assert [path.name for path in tmp_path.iterdir()] == ["message-1.eml"]
    assert (tmp_path / "message-1.eml").read_bytes() == MAIL.content


async def test_folder_that_cannot_be_made_says_so(tmp_path):
    (tmp_path / "mail").write_text("a file is in the way")
    with pytest.raises(MailError, match=r"mail folder .* cannot be written"):
        await write(tmp_path / "mail")


@pytest.mark.parametrize("name", ["../escape", "a/b", ".hidden", "", "x" * 300, "a\x00b"])
def test_name_that_is_no_file_name_is_refused(name):
    with pytest.raises(RenderError, match="file name"):
        replace(MAIL, name=name)


async def test_what_before_data_raises_goes_through_and_nothing_is_written(tmp_path):
    async def lease_is_lost():
        raise LookupError

    with pytest.raises(LookupError):
        await FileTransport(tmp_path).session().send(MAIL, before_data=lease_is_lost)
    assert list(tmp_path.iterdir()) == []


async def test_cancel_after_permission_still_writes_and_returns_the_verdict(tmp_path):
    begun = asyncio.Event()

    async def permission():
        begun.set()

    task = asyncio.create_task(FileTransport(tmp_path).session().send(MAIL, before_data=permission))
    await begun.wait()
    task.cancel()
    assert (await task).outcome is SendOutcome.SENT
    assert (tmp_path / "message-1.eml").exists()


async def test_both_transports_keep_the_protocol(tmp_path):
    transports: list[Transport] = [FileTransport(tmp_path), SmtpTransport(SmtpAddress("127.0.0.1", 1))]
    for transport in transports:
        async with transport.session() as session:
            await session.close()
        await transport.close()
