"""Why did I get this, why not: every detected change of what a person follows and what became of it, in words."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from notifier.domain.scheduling import zone_of
from notifier.domain.wording.sentences import SENTENCES
from notifier.storage import subscribers
from notifier.storage.subscribers import Choices, Fate, Story
from notifier.web.site import Site

WORDS = {
    Fate.SENT: "We told you, in a mail that your mail server took",
    Fate.ON_ITS_WAY: "It is in a mail that is on its way to you.",
    Fate.WAITS: "It goes with your next mail.",
    Fate.DIGEST: "It goes with your next daily or weekly mail.",
    Fate.PAUSED: "It is kept for you until your pause is over.",
    Fate.SETTLES: "It is a small edit. It waits for some hours, because it may be changed back.",
    Fate.HELD: "It waits until somebody here has checked it.",
    Fate.REJECTED: "Your mail server refused the mail that told it.",
    Fate.CHANGED_BACK: "It was changed back before we told you, so nothing had changed.",
    Fate.MERGED: "The registry made one study of two, and we told you under the other number.",
    Fate.ENDED: "You had stopped these mails before it was told.",
    Fate.CANCELLED: "It was not told.",
    Fate.BEFORE: "It was before you asked for these mails.",
    Fate.AFTER: "It was after you stopped these mails.",
    Fate.TOO_LIGHT: "It is a smaller change than those that you chose to hear about.",
    Fate.FAR_AWAY: "It is of a place farther away than you chose to hear about.",
    Fate.MOVED: "It was mailed to the other address that you gave us.",
    Fate.OTHER_SORT: "It is of a sort that you chose not to hear about.",
    Fate.TOLD_LATELY: "It is a date that moves each time; we tell it once a month.",
    Fate.NOT_CHOSEN: "It was not among what you had chosen at that time.",
}


@dataclass(frozen=True, slots=True)
class Said:
    """One change: when it was found, in which study, what it was, and what became of it."""

    day: str
    nct_id: str
    what: str
    fate: str


def stories(site: Site, subscription_id: int, theirs: Choices) -> list[Said]:
    """The newest first, by the person's calendar."""
    with site.pages.database.reading() as session:
        found = subscribers.fates(session, subscription_id, site.now)
    where = zone_of(theirs.time_zone)
    return [
        Said(_day(each.detected_at, where), each.nct_id, SENTENCES[each.kind].headline, _fate(each, where))
        for each in found
    ]


def _fate(story: Story, where: ZoneInfo) -> str:
    words = WORDS[story.fate]
    if story.fate is not Fate.SENT:
        return words
    return f"{words}{f' on {_day(story.at, where)}' if story.at else ''}."


def _day(at: datetime, where: ZoneInfo) -> str:
    return f"{at.astimezone(where):%-d %B %Y}"
