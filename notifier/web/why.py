"""Why did I get this, why not: every detected change of what a person follows and what became of it, in words."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from notifier.domain.scheduling import zone_of
from notifier.domain.wording.sentences import SENTENCES
from notifier.storage import eligibility
from notifier.storage.eligibility import Story
from notifier.storage.models import EndedReason, Fate
from notifier.storage.subscribers import Choices
from notifier.web.site import Site

_CHECKED = "It waits until somebody here has checked it."
_STOPPED = "You had stopped these mails before it was told."
_NOT_TOLD = "It was not told."
WORDS = dict.fromkeys(map(Fate.of_end, EndedReason), _STOPPED) | {
    Fate.SENT: "We told you, in a mail that your mail server took",
    Fate.ON_ITS_WAY: "It is in a mail that is on its way to you.",
    Fate.NEXT_MAIL: "It goes with your next mail.",
    Fate.PUT_OFF: "It goes with your next mail.",
    Fate.DIGEST: "It goes with your next daily or weekly mail.",
    Fate.PAUSED: "It is kept for you until your pause is over.",
    Fate.SETTLES: "It is a small edit. It waits for some hours, because it may be changed back.",
    Fate.STORM: _CHECKED,
    Fate.MAIL_HELD: _CHECKED,
    Fate.REJECTED: "Your mail server refused the mail that told it.",
    Fate.CHANGED_BACK: "It was changed back before we told you, so nothing had changed.",
    Fate.ENDED_MERGED: "The registry made one study of two, and we told you under the other number.",
    Fate.ENDED_MOVED: "It was mailed to the other address that you gave us.",
    Fate.EXPIRED: _NOT_TOLD,
    Fate.MAIL_CANCELLED: _NOT_TOLD,
    Fate.DROPPED: _NOT_TOLD,
    Fate.TAKEN_BACK: _NOT_TOLD,
    Fate.SUPPRESSED: _NOT_TOLD,
    Fate.NOT_WANTED: _NOT_TOLD,
    Fate.LEFT_OUT: _NOT_TOLD,
    Fate.NO_NEWS: _NOT_TOLD,
    Fate.BEFORE: "It was before you asked for these mails.",
    Fate.AFTER: "It was after you stopped these mails.",
    Fate.TOO_LIGHT: "It is a smaller change than those that you chose to hear about.",
    Fate.FAR_AWAY: "It is of a place farther away than you chose to hear about.",
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
        found = eligibility.account(session, subscription_id, site.now)
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
