"""The drill: a backup is put back after a disk was lost. Nobody is mailed twice, and nobody who was erased comes back."""

from datetime import timedelta
from pathlib import Path

import pytest
from story import outside, story  # noqa: F401 - fixtures

from notifier.demo import day

JANE, JOHN, ANN, BEN = "jane@example.org", "john@example.org", "ann@example.org", "ben@example.org"


@pytest.fixture
def files(tmp_path, story):  # noqa: F811 - a fixture
    """The folder of the installation, with two people who follow a study that was looked at once."""
    for who in (JANE, JOHN):
        story.notifier("subscribers", "add", who, "--study", day.BLOOD_TEST, "--consent", "said so")
    story.notifier("watch")
    return tmp_path


def recipients(peer):
    return sorted(mail.recipient for mail in peer.received)


def test_after_a_restore_nobody_is_mailed_twice_and_who_was_erased_stays_forgotten(story, outside, files):  # noqa: F811 - fixtures
    registry, _, peer = outside
    assert "the copy was checked" in story.notifier("backup", "night.backup")
    registry.publish(day.next_day(), day.NEXT_DAY)
    story.notifier("watch")
    assert "2 sent" in story.notifier("deliver")
    story.notifier("subscribers", "erase", JANE, "--yes", "--reason", "asked by letter")
    lose_the_disk(files)

    said = story.notifier("restore", "night.backup")
    assert "Erased again, as they asked since the backup: 1." in said
    story.now += timedelta(hours=1)
    story.notifier("watch")  # finds again what was told already
    story.notifier("deliver")
    assert recipients(peer) == [JANE, JOHN]
    assert "older than what was sent from here" in "".join(story.said)

    story.notifier("outbox", "drop", "--yes")
    story.notifier("outbox", "release", "--yes")
    registry.publish(day.day_after(), day.DAY_AFTER)
    story.notifier("watch")
    assert "1 sent" in story.notifier("deliver")
    assert recipients(peer) == [JANE, JOHN, JOHN]
    assert JANE not in story.notifier("subscribers", "list")


def test_after_a_restore_who_left_stays_away_and_who_came_is_counted(story, outside, files):  # noqa: F811 - fixtures
    registry, _, peer = outside
    story.notifier("subscribers", "add", ANN, "--study", day.BLOOD_TEST, "--consent", "said so")
    story.notifier("backup", "night.backup")
    story.now += timedelta(hours=1)
    story.notifier("subscribers", "end", JANE, "--reason", "asked by letter")
    story.notifier("subscribers", "end", ANN)
    story.notifier("subscribers", "add", BEN, "--study", day.BLOOD_TEST, "--consent", "said so")
    lose_the_disk(files)

    said = story.notifier("restore", "night.backup")
    assert "Ended again, as it was since the backup: 2 follows" in said
    assert "What it cannot know: 1 follows that were confirmed or added since" in said
    registry.publish(day.next_day(), day.NEXT_DAY)
    story.notifier("watch")
    story.notifier("outbox", "release", "--yes")
    story.notifier("deliver")
    assert recipients(peer) == [JOHN]


def lose_the_disk(folder: Path) -> None:
    """What is beside the database stays, as it does where it is on another disk."""
    for path in folder.glob("notifier.db*"):
        path.unlink()
