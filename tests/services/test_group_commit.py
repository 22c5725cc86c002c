"""How the marks and verdicts of several lines are written down together."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest

from notifier.errors import StoreError
from notifier.mail.smtp.verdict import SendStage, judge
from notifier.services.deliver import GroupCommit
from notifier.services.deliver.store import AboutToSend, Answered, Permission
from notifier.storage.models import MessageState
from tests.mails import letter, stops_early

LONG = 60.0  # seconds: no group of these tests is complete because time ran out, but where it says so


@pytest.fixture
def patient(monkeypatch):
    monkeypatch.setattr("notifier.services.deliver.PATIENCE", LONG)


class Written:
    """Keeps the groups; a group that holds a message of `faults` fails, each fault once."""

    def __init__(self, **faults):
        self.groups, self._faults = [], {int(key[1:]): list(found) for key, found in faults.items()}

    def __call__(self, entries):
        numbers = [entry.letter.message_id for entry in entries]
        for fault in (self._faults[n].pop() for n in numbers if self._faults.get(n)):
            raise fault
        self.groups.append([(type(entry).__name__, entry.letter.message_id) for entry in entries])
        return [
            Permission.GIVEN if isinstance(entry, AboutToSend) else MessageState.SENT for entry in entries
        ]


def mark(number):
    return AboutToSend(replace(letter(stops_early()), message_id=number))


def verdict(number):
    made = SimpleNamespace(subject="", wording="")
    return Answered(mark(number).letter, judge(SendStage.REPLY, 250, "2.0.0 taken"), made)


async def test_the_marks_of_all_lines_are_written_together(patient):
    written = Written()
    group_commit = GroupCommit(written)
    group_commit.lines = 3
    assert await asyncio.gather(*map(group_commit.enter, map(mark, (1, 2, 3)))) == [Permission.GIVEN] * 3
    assert written.groups == [[("AboutToSend", 1), ("AboutToSend", 2), ("AboutToSend", 3)]]


async def test_a_line_that_is_busy_is_not_waited_for_long():
    group_commit = GroupCommit(Written())
    group_commit.lines = 2
    assert await group_commit.enter(mark(1)) is Permission.GIVEN


async def test_a_line_that_has_left_is_not_waited_for(patient):
    group_commit = GroupCommit(Written())
    group_commit.lines = 2
    waiting = group_commit.enter(mark(1))
    await asyncio.sleep(0)
    group_commit.line_left()
    assert await waiting is Permission.GIVEN


async def test_the_verdict_on_a_mail_stands_no_later_than_the_mark_of_the_next(patient):
    written = Written()
    group_commit = GroupCommit(written)
    group_commit.lines = 1
    said, allowed = group_commit.enter(verdict(1)), group_commit.enter(mark(2))
    assert [await said, await allowed] == [MessageState.SENT, Permission.GIVEN]
    assert written.groups == [[("Answered", 1), ("AboutToSend", 2)]]


async def test_a_line_that_is_alone_has_its_verdict_written_at_once(patient):
    group_commit = GroupCommit(Written())
    group_commit.lines = 1
    assert await group_commit.enter(verdict(1)) is MessageState.SENT


async def test_what_waits_is_written_at_once_when_the_pass_ends(patient):
    written = Written()
    group_commit = GroupCommit(written)
    group_commit.lines = 2
    group_commit.enter(verdict(1))
    await asyncio.wait_for(group_commit.close(), 5)
    assert written.groups == [[("Answered", 1)]]


async def test_nothing_may_go_while_the_database_is_away_but_verdicts_are_written_when_it_is_back(
    monkeypatch, patient
):
    monkeypatch.setattr("notifier.services.deliver.SETTLE_AGAIN_AFTER", (0.0, 0.0))
    written = Written(m1=[StoreError("The database does not answer")] * 2)
    group_commit = GroupCommit(written)
    group_commit.lines = 1
    said, allowed = group_commit.enter(verdict(1)), group_commit.enter(mark(2))
    with pytest.raises(StoreError):
        await allowed
    assert (await said, written.groups) == (MessageState.SENT, [[("Answered", 1)]])


async def test_an_entry_that_nobody_foresaw_takes_no_other_along(patient):
    written = Written(m2=[ValueError("?")] * 2)
    group_commit = GroupCommit(written)
    group_commit.lines = 3
    answers = await asyncio.gather(*map(group_commit.enter, map(mark, (1, 2, 3))), return_exceptions=True)
    assert [answers[0], answers[2]] == [Permission.GIVEN] * 2
    assert isinstance(answers[1], ValueError)


async def test_a_verdict_that_cannot_be_written_ends_the_pass(patient):
    group_commit = GroupCommit(Written(m1=[ValueError("?")] * 2))
    group_commit.lines = 1
    said, _ = group_commit.enter(verdict(1)), group_commit.enter(mark(2))
    with pytest.raises(StoreError, match="message 1"):
        await said


async def test_a_verdict_that_nobody_foresaw_keeps_back_no_mail_that_is_on_its_way(patient):
    group_commit = GroupCommit(Written(m1=[ValueError("?")]))
    group_commit.lines = 1
    with pytest.raises(StoreError, match="message 1"):
        await group_commit.enter(verdict(1))
    assert await group_commit.enter(mark(2)) is Permission.GIVEN
    assert "message 1" in str(group_commit.fault)  # of which the pass hears
