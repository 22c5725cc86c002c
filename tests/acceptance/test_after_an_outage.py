"""After days without a look the backlog comes as one mail a person, with a plain note; after a day or two without one."""

from datetime import date, timedelta

import pytest
from fakes import DOMAIN
from mails import renderer

from notifier.domain.letter import Letter
from notifier.storage import letters
from notifier.storage.outbox import assembly, claims
from tests.world import A, B, a_world, edited, study

PEOPLE = ("a@example.org", "b@example.org")


def mails(world) -> list[Letter]:
    """What a deliver pass would send now."""
    now = world.clock.now()
    with world.database.transaction() as session:
        assembly.assemble(session, now, DOMAIN)
        return [letters.compose(session, i, now) for i in claims.claim(session, now, "here:1", 100)]


async def away(database, days):
    """Two followers of two studies, so many days to the next look, and then a change in each study."""
    async with a_world(database, study(A), study(B)) as world:
        for who in PEOPLE:
            for nct_id in (A, B):
                world.follow(who, study=nct_id)
        await world.watch()  # Tuesday 12 January
        world.clock.move(timedelta(days=days - 1))
        today = world.clock.now().date() + timedelta(days=1)
        invited = {"overallStatus": "ENROLLING_BY_INVITATION"}
        records = [edited(study(i), posted=str(today - timedelta(days=1)), **invited) for i in (A, B)]
        await world.next_day(f"{today}T09:00:05", *records)
        return mails(world)


@pytest.mark.parametrize("days", [1, 3, 6])
async def test_a_few_days_are_nothing_to_speak_of(sqlite, days):
    """From a Tuesday to its Friday two workdays were missed; to the Monday after, three."""
    sent = await away(sqlite, days)
    assert [letter.away is not None for letter in sent] == [days == 6] * len(sent)


async def test_the_backlog_comes_as_one_mail_a_person_that_says_why(database):
    sent = await away(database, 9)
    assert sorted(letter.recipient for letter in sent) == list(PEOPLE)
    assert {len(letter.entries) for letter in sent} == {2}
    assert {letter.away for letter in sent} == {(date(2027, 1, 12), date(2027, 1, 21))}
    mail = renderer().render(sent[0])
    said = "From 12 January 2027 to 21 January 2027 we could not compare with the registry."
    assert said in " ".join(mail.text.split())
    assert said in mail.html
