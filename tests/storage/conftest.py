"""What holds of the store holds on each engine."""

import pytest

from tests.conftest import each_engine
from tests.factories import A, B, C
from tests.store_factories import a_study, filled_once

database = each_engine


@pytest.fixture
@filled_once
def store(database, clock):
    """A database with three studies."""
    with database.transaction() as session:
        for nct_id in (A, B, C):
            a_study(session, clock.now(), nct_id)
    return database
