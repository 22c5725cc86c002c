"""The types of columns whose values are read into something else: one value that cannot be read fails its row, never its set.

A result set is read as a whole, so a type that raises hides every row of it: what cannot be read comes back as `Unread`
instead, which equals nothing of ours. Who uses it falls back or leaves that row alone; `storage.unreadable` finds it.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Dialect, String, TypeDecorator, literal_column
from sqlmodel.sql.sqltypes import UTCDateTime

_Process = Callable[[Any], Any] | None


class Unread(str):
    """What stands in a column where something else should; as a word it says itself, and never means one of ours."""

    __slots__ = ()

    @property
    def value(self) -> str:
        return str(self)


class WordType(TypeDecorator[Any]):
    """One word of an enumeration; one that it does not know is an `Unread`.

    What it is compared with is written out in the statement, not bound to it. A partial index is used only where the
    database can read that its condition holds, and a plan is made for "sent", which nearly all mails are, as for "held",
    which hardly any is, where it sees only that there will be some word.
    """

    class Comparator(TypeDecorator.Comparator[Any], String.Comparator[Any]):
        def operate(self, op: Any, *other: Any, **named: Any) -> Any:
            return super().operate(op, *map(self._written, other), **named)

        def _written(self, other: Any) -> Any:
            if isinstance(other, StrEnum):
                return literal_column(f"'{other.value}'", self.type)
            if isinstance(other, tuple | list | set | frozenset):
                return [self._written(each) for each in other]
            return other

    impl = String
    cache_ok = True
    comparator_factory = Comparator

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__(24)
        self.words = words
        self._known = {word.value: word for word in words}

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:
        """Only its own words are ever written, and what was read as it stands."""
        if value is None or isinstance(value, Unread):
            return value
        return self.words(value).value

    def process_result_value(self, value: Any, _dialect: Dialect) -> Any:
        return None if value is None else self._known.get(value) or Unread(value)


class Document(TypeDecorator[Any]):
    """JSON; what is none is an `Unread` without a word in it, as empty as a list of nothing."""

    impl = JSON
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(none_as_null=True)

    def result_processor(self, dialect: Dialect, coltype: object) -> _Process:
        return _forgiving(super().result_processor(dialect, coltype), Unread())


class Moment(UTCDateTime):
    """A time; what is none counts as absent."""

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> _Process:
        return _forgiving(super().result_processor(dialect, coltype), None)


def _forgiving(read: _Process, otherwise: str | None) -> _Process:
    if read is None:
        return None

    def process(value: Any) -> Any:
        try:
            return read(value)
        except (ValueError, TypeError, AttributeError):
            return otherwise

    return process
