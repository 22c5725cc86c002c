"""What holds of the store holds on each engine."""

from tests.conftest import each_engine

database = each_engine
