"""What the commands about people have in common: an address, a study or a condition, and whom they act on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from notifier.storage.engine import Session
    from notifier.storage.subscribers import Wanted

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The person's address.")]
Study = Annotated[str | None, typer.Option("--study", metavar="NCT…", help="Only this study.")]
Condition = Annotated[str | None, typer.Option("--condition", metavar="TEXT", help="Only this condition.")]
NOBODY = "Nobody with that address is known here: check it with `notifier subscribers list`"


@dataclass(frozen=True, slots=True)
class Theirs:
    """A person by id, and those of their subscriptions that a command acts on."""

    subscriber_id: int
    time_zone: str
    subscription_ids: list[int]


def wanted(studies: Sequence[str], conditions: Sequence[str]) -> list["Wanted"]:
    """The things that were named, each once. Raises NctIdError, ConditionError."""
    from notifier.services import sign_up_rules as rules

    topics = [*map(rules.study, studies), *map(rules.condition, conditions)]
    return list({topic.nct_id or topic.query: topic for topic in topics}.values())


def only(study: str | None, condition: str | None) -> "Wanted | None":
    """The one thing that was named; None for everything. Raises typer.BadParameter."""
    if study is not None and condition is not None:
        raise typer.BadParameter("give --study or --condition, not both")
    if (study is not None and not study.strip()) or (condition is not None and not condition.strip()):
        # An unset shell variable must not mean everything.
        raise typer.BadParameter("is empty: write which one, or leave the option out for everything")
    named = wanted([study] if study else [], [condition] if condition else [])
    return named[0] if named else None


def theirs(session: "Session", email: str, topic: "Wanted | None" = None) -> Theirs:
    """Whom this address belongs to. Raises AddressError, and InputError where that is nobody, or they do not follow
    what was named.
    """
    from notifier.errors import InputError
    from notifier.storage import subscribers

    who = subscribers.address(email)
    person = subscribers.find(session, who)
    if person is None or person.id is None:
        raise InputError(NOBODY)
    ids = subscribers.ids_of(session, who, topic)
    if topic is not None and not ids:
        raise InputError(
            f"They do not follow {topic.label}: see `notifier subscribers show` for what they do"
        )
    return Theirs(person.id, person.time_zone, ids)
