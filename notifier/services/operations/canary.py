"""The operator's own mailbox that follows along: on each day on which somebody was mailed news, it is mailed some too.

It is told of the change that somebody was told last, as they were: by the same assembly, wording and way out. So its
mail proves the whole way to a mailbox. It asks for no changes itself, so watching and counting go on as without it.
"""

from datetime import datetime, time, timedelta

from notifier.storage import canary, subscribers
from notifier.storage.engine import Session
from notifier.storage.models import EndedReason, MessageState
from notifier.storage.subscribers import Address, Choice, Consent, Person, Wanted

LATE_AFTER = timedelta(days=1)


def follow_along(session: Session, address: Address, now: datetime, domain: str) -> bool:
    """Let the canary be told what somebody was told last, once a day (UTC); returns whether there is something now."""
    today = datetime.combine(now.date(), time(), tzinfo=now.tzinfo)
    person = subscribers.find(session, address)
    if person is not None and canary.is_told_since(session, address, today):
        return False
    told = canary.told_to_others(session, person.id if person else None, today)
    if told is None:
        return False
    before = canary.own(session, address)
    topic = Wanted(condition=told.text, query=told.query) if told.condition_id else Wanted(nct_id=told.nct_id)
    consent = Consent(canary.METHOD, "NOTIFIER_CANARY", "a mailbox of the operator's")
    subscribers.add(
        session, Person(address), [topic], choice=Choice(), consent=consent, now=now, domain=domain
    )
    (new,) = subscribers.ids_of(session, address, topic)
    canary.ask_for_nothing(session, address, new)
    subscribers.end(session, [each for each in before if each != new], EndedReason.ADMIN, now)
    canary.tell(session, new, told.id, now)
    return True


def late(session: Session, address: Address, now: datetime) -> str | None:
    """Why the canary was not mailed what it was to be mailed more than a day ago; None: it was, or something since."""
    last = canary.newest_told(session, address, now - LATE_AFTER)
    if last is None or last.mail is MessageState.SENT or canary.is_mailed_after(session, address, last.id):
        return None
    why = last.why_mail or last.why or (f"its mail is {last.mail.value}" if last.mail else "it is in no mail")
    return f"its mail of {last.created_at:%Y-%m-%d %H:%M} UTC was not accepted: {why}"
