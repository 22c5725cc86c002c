"""Choices on the command line, spelt as they are typed. They mirror enumerations of the store, which is slow to import."""

from enum import StrEnum


class Frequency(StrEnum):
    """How often to mail; the same words as tables.Every, which a test holds."""

    immediate = "immediate"
    daily = "daily"
    weekly = "weekly"


class Least(StrEnum):
    """The lightest change that is told; the same words as changes.Weight."""

    important = "important"
    notable = "notable"
    minor = "minor"


class Sort(StrEnum):
    """A sort of change; the names are those of changes.Group."""

    opens_or_stops = "opens-or-stops"
    results = "results"
    who_can_join = "who-can-join"
    places = "places"
    dates = "dates"
    everything_else = "everything-else"


class Weekday(StrEnum):
    """In the order of datetime.weekday."""

    monday = "monday"
    tuesday = "tuesday"
    wednesday = "wednesday"
    thursday = "thursday"
    friday = "friday"
    saturday = "saturday"
    sunday = "sunday"


class KeyType(StrEnum):
    """What a DKIM key is made of; as k= has it in the DNS."""

    rsa = "rsa"
    ed25519 = "ed25519"


class WrittenBy(StrEnum):
    """Who wrote a summary that the rules did not make."""

    imported = "imported"
    model = "model"
