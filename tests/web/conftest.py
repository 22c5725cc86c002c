"""The pages, as they are set up for tests, and who asks them. A module with pages of its own says `pages` itself."""

import pytest

from tests.web_asking import asking, the_pages


@pytest.fixture
def pages(database, clock):
    return the_pages(database, clock)


@pytest.fixture
async def client(pages):
    async with asking(pages) as asker:
        yield asker
