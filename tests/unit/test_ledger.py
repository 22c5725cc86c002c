"""How the marks and verdicts of several lines are written down together."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest

from notifier.errors import StoreError
from notifier.mail.smtp.verdict import Stage, judge
from notifier.services.deliver.books import Mark, Outcome, Permission
from notifier.services.deliver.ledger import Ledger
from notifier.storage.models import MessageState
from tests.mails import letter, stops_early

LONG = 60.0  # seconds: no group of these tests is complete because time ran out, but where it says so


@pytest.fixture
def patient(monkeypatch):
    monkeypatch.setattr("notifier.services.deliver.ledger.PATIENCE", LONG)


class Written:
    """Keeps the groups; a group that holds a message of `faults` fails, each fault once."""

    def __init__(self, **faults):
        self.groups, self._faults = [], {int(key[1:]): list(found) for key, found in faults.items()}

    def __call__(self, entries):
        numbers = [entry.letter.message_id for entry in entries]
        for fault in (self._faults[n].pop() for n in numbers if self._faults.get(n)):
            raise fault
        self.groups.append([(type(entry).__name__, entry.letter.message_id) for entry in entries])
        return [Permission.GIVEN if isinstance(entry, Mark) else MessageState.SENT for entry in entries]


def mark(number):
    return Mark(replace(letter(stops_early()), message_id=number))


def verdict(number):
    made = SimpleNamespace(subject="", wording="")
    return Outcome(mark(number).letter, judge(Stage.REPLY, 250, "2.0.0 taken"), made)


async def test_the_marks_of_all_lines_are_written_together(patient):
    written = Written()
    ledger = Ledger(written)
    ledger.lines = 3
    assert await asyncio.gather(*map(ledger.enter, map(mark, (1, 2, 3)))) == [Permission.GIVEN] * 3
    assert written.groups == [[("Mark", 1), ("Mark", 2), ("Mark", 3)]]


async def test_a_line_that_is_busy_is_not_waited_for_long():
    ledger = Ledger(Written())
    ledger.lines = 2
    assert await ledger.enter(mark(1)) is Permission.GIVEN


async def test_a_line_that_has_left_is_not_waited_for(patient):
    ledger = Ledger(Written())
    ledger.lines = 2
    waiting = ledger.enter(mark(1))
    await asyncio.sleep(0)
    ledger.line_left()
    assert await waiting is Permission.GIVEN


async def test_the_verdict_on_a_mail_stands_no_later_than_the_mark_of_the_next(patient):
    written = Written()
    ledger = Ledger(written)
    ledger.lines = 1
    said, allowed = ledger.enter(verdict(1)), ledger.enter(mark(2))
    assert [await said, await allowed] == [MessageState.SENT, Permission.GIVEN]
    assert written.groups == [[("Outcome", 1), ("Mark", 2)]]


async def test_a_line_that_is_alone_has_its_verdict_written_at_once(patient):
    ledger = Ledger(Written())
    ledger.lines = 1
    assert await ledger.enter(verdict(1)) is MessageState.SENT


async def test_what_waits_is_written_at_once_when_the_pass_ends(patient):
    written = Written()
    ledger = Ledger(written)
    ledger.lines = 2
    ledger.enter(verdict(1))
    await asyncio.wait_for(ledger.close(), 5)
    assert written.groups == [[("Outcome", 1)]]


async def test_nothing_may_go_while_the_database_is_away_but_verdicts_are_written_when_it_is_back(
    monkeypatch, patient
):
    monkeypatch.setattr("notifier.services.deliver.ledger.SETTLE_AGAIN_AFTER", (0.0, 0.0))
    written = Written(m1=[StoreError("The database does not answer")] * 2)
    ledger = Ledger(written)
    ledger.lines = 1
    said, allowed = ledger.enter(verdict(1)), ledger.enter(mark(2))
    with pytest.raises(StoreError):
        await allowed
    assert (await said, written.groups) == (MessageState.SENT, [[("Outcome", 1)]])


async def test_an_entry_that_nobody_foresaw_takes_no_other_along(patient):
    written = Written(m2=[ValueError("?")] * 2)
    ledger = Ledger(written)
    ledger.lines = 3
    answers = await asyncio.gather(*map(ledger.enter, map(mark, (1, 2, 3))), return_exceptions=True)
    assert [answers[0], answers[2]] == [Permission.GIVEN] * 2
    assert isinstance(answers[1], ValueError)


async def test_a_verdict_that_cannot_be_written_ends_the_pass(patient):
    ledger = Ledger(Written(m1=[ValueError("?")] * 2))
    ledger.lines = 1
    said, _ = ledger.enter(verdict(1)), ledger.enter(mark(2))
    with pytest.raises(StoreError, match="message 1"):
        await said
