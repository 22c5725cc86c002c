"""The mail of a new study says first what the study asks, in the reader's language, and passes the gate."""

import pytest

from notifier.storage import letters
from tests.mails import renderer
from tests.store_factories import assembled, at, claimed
from tests.world import DAY_2, A, a_world, under


@pytest.mark.parametrize("language", ["en", "da", "de"])
async def test_its_question_comes_first(database, language):
    async with a_world(database, under("NCT90000009", "Rare Disease", first_posted="2020-01-11")) as world:
        world.follow("a@example.org", condition="rare disease", language=language)
        await world.watch()
        await world.next_day(DAY_2, under(A, "Rare Disease", first_posted="2027-01-12"))
        assembled(database, world.clock.now())
        (message,) = claimed(database, world.clock.now())
        letter = at(database, letters.compose, message, world.clock.now())
        (told,) = letter.entries[0].told
        assert told.question.endswith("?")
        text = " ".join(renderer().render(letter).text.split())
        assert told.question in text
        assert text.index(told.question) < text.index("Rare Disease")
