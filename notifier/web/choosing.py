"""What each button of the preferences page does. Every one acts only on what belongs to the person of the link."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.datastructures import FormData

from notifier.errors import InputError
from notifier.storage import outbox, subscribers
from notifier.storage.engine import Session
from notifier.storage.models import EndedReason
from notifier.storage.subscribers import Choices, Chosen, Consent, Person, Verdict
from notifier.web import choices
from notifier.web.bodies import said
from notifier.web.choices import Wrong, wrong
from notifier.web.known_studies import NO_SUCH_STUDY, checked
from notifier.web.leaving import PAUSES
from notifier.web.site import Site

BY_PREFERENCES = Consent("preferences", "the person", "asked for it on the page of a link mailed to them")


@dataclass(frozen=True, slots=True)
class Done:
    """The word of what a press did; `back`: the subscription that it stopped, which can be taken back."""

    said: str
    back: int | None = None


Deed = Callable[[Site, Choices, FormData], Awaitable[Done | Wrong]]


async def _person(site: Site, theirs: Choices, form: FormData) -> Done | Wrong:
    written = choices.read_wishes(form)
    if isinstance(written, dict):
        return wrong("person", form, written)

    def save(session: Session) -> Done:
        near = subscribers.found(session, written.near, written.within) if written.near else None
        changed = subscribers.set_person(session, theirs.subscriber_id, written.wishes, site.now)
        if near != theirs.near:
            subscribers.set_near(session, theirs.subscriber_id, near)
        return _saved(changed or near != theirs.near)

    try:
        return await _in_store(site, save)
    except InputError as fault:  # the town is not on our map, or is not one alone
        return wrong("person", form, {"near": f"{fault}."})


async def _choice(site: Site, theirs: Choices, form: FormData) -> Done | Wrong:
    mine = _the_one(theirs, form)
    if mine is None:
        return Done("gone")
    read = choices.read_choice(form, of_study=mine.nct_id is not None)
    if isinstance(read, dict):
        return wrong(f"choice-{mine.id}", form, read)

    def change(session: Session) -> Done:
        changed = subscribers.change(session, mine.id, read.choice, site.now)
        noted = subscribers.set_note(session, mine.id, read.note)
        return _saved(changed or noted)

    return await _in_store(site, change)


async def _pause(site: Site, theirs: Choices, form: FormData) -> Done | Wrong:
    ids, at = _those(theirs, form), f"pause-{said(form, 'id', 20)}"
    until = _until(site, theirs, form)
    if isinstance(until, dict):
        return wrong(at, form, until)
    return await _in_store(
        site, lambda session: _counted("paused", ids, subscribers.pause(session, ids, until, site.now))
    )


def _until(site: Site, theirs: Choices, form: FormData) -> datetime | dict[str, str]:
    length = PAUSES.get(said(form, "length", 20))
    return choices.read_day(form, site.now, theirs.time_zone) if length is None else site.now + length


async def _resume(site: Site, theirs: Choices, form: FormData) -> Done:
    ids = _those(theirs, form)
    return await _in_store(
        site, lambda session: _counted("resumed", ids, subscribers.resume(session, ids, site.now))
    )


async def _stop(site: Site, theirs: Choices, form: FormData) -> Done:
    ids, everything = _those(theirs, form), said(form, "id", 20) == "all"

    def stop(session: Session) -> Done:
        ended = subscribers.end(session, ids, EndedReason.UNSUBSCRIBED, site.now)
        if everything or not ended:
            return Done("stopped-all" if everything else "gone")
        return Done("stopped", back=ids[0])

    return await _in_store(site, stop)


async def _undo(site: Site, theirs: Choices, form: FormData) -> Done:
    identity = _number(form)

    def undo(session: Session) -> Done:
        named = subscribers.named(session, [identity], to_change=True)
        if named.subscriber_id != theirs.subscriber_id:
            return Done("gone")
        key = site.pages.keys.suppression_key
        back = subscribers.reopen(session, [identity], site.now, suppression_key=key)
        return Done("undone" if back else "same")

    return await _in_store(site, undo)


async def _follow(site: Site, theirs: Choices, form: FormData) -> Done | Wrong:
    wanted = choices.read_more(form)
    if isinstance(wanted, dict):
        return wrong("follow", form, wanted)
    topics = [topic for each in wanted if (topic := await checked(site, each)) is not None]
    if len(topics) < len(wanted):
        return wrong("follow", form, {"study": NO_SUCH_STUDY})

    def follow(session: Session) -> Done:
        before = set(subscribers.live_ids(session, theirs.subscriber_id))
        added = subscribers.add(
            session,
            Person(subscribers.address(theirs.email)),
            topics,
            choice=subscribers.Choice(),
            consent=BY_PREFERENCES,
            now=site.now,
            domain=site.pages.mail_domain,
            suppression_key=site.pages.keys.suppression_key,
        )
        new = set(subscribers.live_ids(session, theirs.subscriber_id)) - before
        if new:
            outbox.welcome(session, sorted(new), site.now, site.pages.mail_domain)
        verdicts = {verdict for _, verdict in added.verdicts}
        if Verdict.SUPPRESSED in verdicts:
            return Done("stopped-mail")
        return Done("followed" if Verdict.ACTIVE in verdicts else "known")

    return await _in_store(site, follow)


DEEDS: dict[str, Deed] = {
    "person": _person,
    "choice": _choice,
    "pause": _pause,
    "resume": _resume,
    "stop": _stop,
    "undo": _undo,
    "follow": _follow,
}


# --- whom and what ----------------------------------------------------------------------------------------------


def _number(form: FormData) -> int:
    typed = said(form, "id", 10)
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def _the_one(theirs: Choices, form: FormData) -> Chosen | None:
    return next((each for each in theirs.follows if each.id == _number(form)), None)


def _those(theirs: Choices, form: FormData) -> list[int]:
    """The one that the form names, or all; never what belongs to somebody else."""
    everything = said(form, "id", 10) == "all"
    return [each.id for each in theirs.follows if everything or each.id == _number(form)]


def _saved(changed: bool) -> Done:
    return Done("saved" if changed else "same")


def _counted(word: str, ids: list[int], count: int) -> Done:
    return Done(word if count else "same" if ids else "gone")


async def _in_store(site: Site, act: Callable[[Session], Done]) -> Done:
    return await asyncio.to_thread(_at_once, site, act)


def _at_once(site: Site, act: Callable[[Session], Done]) -> Done:
    with site.pages.database.transaction() as session:
        return act(session)
