"""An address goes through all that can happen to it, also what goes wrong; nothing that is logged or counted names it (P8)."""

import json
import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

from returned_mails import dsn
from story import outside, story  # noqa: F401 - fixtures

from notifier.demo import day

CANARY = "canary.bird@coal-mine.example"
#: What of it must stand nowhere, in whatever letters.
TRACES = ("canary.bird", "coal-mine")


def link(peer, name):
    text = message_from_bytes(peer.received[-1].content, policy=default).get_body(("plain",)).get_content()
    return re.search(rf"/{name}/\S+", text)[0]


def test_an_address_is_named_by_nothing_that_is_logged_counted_or_kept_of_a_reply(story, outside, tmp_path):  # noqa: F811 - fixtures
    registry, _, peer = outside
    story.notifier("subscribers", "add", CANARY, "--study", day.BLOOD_TEST)
    peer.scripts["RCPT"] = [f"450 4.2.1 <{CANARY}>: later", f"451 4.7.1 {CANARY.upper()} is greylisted"]
    for _ in range(3):
        story.notifier("deliver")
        story.now += timedelta(hours=2)
    assert [mail.recipient for mail in peer.received] == [CANARY]
    confirm = link(peer, "confirm")
    assert story.browse("POST", confirm + CANARY, confirm)[0] == [404, 200]
    story.browse("GET", f"/{CANARY}?q={CANARY}", f"/unsubscribe/{CANARY}", f"/studies/{CANARY}")
    story.notifier("watch")
    registry.publish(day.next_day(), day.NEXT_DAY)
    story.notifier("watch")
    story.notifier("deliver")
    assert len(peer.received) > 1
    report = tmp_path / "report.eml"
    report.write_bytes(
        dsn(to=peer.received[-1].sender, who=CANARY, says=f"smtp; 550 5.1.1 <{CANARY}> unknown")
    )
    assert "5.1.1" in story.notifier("bounces", "report.eml", "--json")
    story.notifier("subscribers", "lift", CANARY, "--why", f"{CANARY} is well again")
    story.notifier("subscribers", "add", CANARY, "--study", day.BLOOD_TEST, "--consent", "said so")

    # What goes wrong: words that are no address, a refused sender, a dead mailbox, a database that is gone.
    story.notifier("subscribers", "add", f"{CANARY}@", "--study", day.EXERCISE)
    story.notifier("subscribers", "add", CANARY, "--study", "NCT00000000")
    registry.publish(day.day_after(), day.DAY_AFTER)
    story.notifier("watch")
    peer.scripts["MAIL"] = [f"550 5.7.1 mail for {CANARY} is refused"]
    story.notifier("deliver")
    peer.scripts["RCPT"] = [f"550 5.1.1 <{CANARY}>: no such user {CANARY}"]
    story.notifier("deliver")
    listed = story.notifier("outbox", "list")
    (status,), figures = story.browse("GET", "/metrics")
    kept = str(replies(tmp_path / "notifier.db"))
    (tmp_path / "notifier.db").write_bytes(b"gone")
    story.notifier("subscribers", "end", CANARY)

    logs = "".join(story.said)
    actions = {json.loads(line)["action"] for line in logs.splitlines() if '"action"' in line}
    assert actions >= {"mail_settled", "confirmed", "mails_assembled", "watch_pass"}
    assert status == 200
    assert "<address>" in kept  # the replies did quote it
    everything = f"{logs}\n{figures}\n{listed}\n{kept}".lower()
    for trace in TRACES:
        assert trace not in everything, everything[everything.index(trace) - 300 :][:400]


def replies(path):
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT reply, reason FROM message").fetchall()
