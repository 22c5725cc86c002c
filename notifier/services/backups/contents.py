"""What a backup says of itself, whichever engine wrote it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contents:
    """The schema of a backup, and which database it is a copy of; None where it never sent a mail nor was backed up."""

    revision: str
    instance: str | None
