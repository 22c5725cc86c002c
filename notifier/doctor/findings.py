"""What a check found: one sentence each, and what to do where it failed. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a check ended."""

    OK = "ok"
    FAILED = "failed"  #: Something is wrong; the sentence says what to do.
    UNCHECKED = "not checked"  #: It could not be looked at from here, or there is nothing to look at.


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check says of one thing."""

    of: str
    outcome: Outcome
    says: str


def ok(of: str, says: str) -> Finding:
    return Finding(of, Outcome.OK, says)


def failed(of: str, says: str) -> Finding:
    return Finding(of, Outcome.FAILED, says)


def unchecked(of: str, says: str) -> Finding:
    return Finding(of, Outcome.UNCHECKED, says)
