"""What each thing that happens to a place is called: a label, and sentences for one place and for several."""

from dataclasses import dataclass

from notifier.domain.changes import Kind
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.sentences import SENTENCES


@dataclass(frozen=True, slots=True)
class PlaceWords:
    """label: before a place's name. headlines: for one place, and for several. one, many: what it means."""

    label: str
    headlines: tuple[str, str]
    one: str
    many: str


_STATUS = (
    n_("The status of a place changed in a study you follow."),
    n_("The status of places changed in a study you follow."),
)
_OPENED = (
    n_("A place is now listed as looking for participants in a study you follow."),
    n_("Places are now listed as looking for participants in a study you follow."),
)
_CLOSED = (
    n_("A place no longer looks for participants in a study you follow."),
    n_("Some places no longer look for participants in a study you follow."),
)
_ADDED = (
    SENTENCES[Kind.SITE_ADDED].headline,
    n_("A study you follow has listed places that were not listed before."),
)
_MANY_ADDED = n_("%(source)s the study lists places that were not listed before.")
#: What each move of a place's status means; the moves stand in `notifier.domain.changes.statuses`.
MOVES: dict[str, PlaceWords] = {
    "site_opened": PlaceWords(
        "Looking for participants now",
        _OPENED,
        "%(source)s a place is now listed as looking for participants.",
        "%(source)s %(places)s are now listed as looking for participants.",
    ),
    "site_opened_again": PlaceWords(
        "Looking for participants again",
        _OPENED,
        "%(source)s a place is listed as open again.",
        "%(source)s %(places)s are listed as open again.",
    ),
    "site_now_invites": PlaceWords(
        "Now by invitation only",
        _CLOSED,
        "%(source)s people now take part at a place by invitation only. They cannot ask to join there.",
        "%(source)s people now take part at some places by invitation only. They cannot ask to join there.",
    ),
    "site_invites": PlaceWords(
        "By invitation only",
        _STATUS,
        "%(source)s people take part at a place by invitation only. They cannot ask to join there.",
        "%(source)s people take part at some places by invitation only. They cannot ask to join there.",
    ),
    "site_set_back": PlaceWords(
        "Not open yet, although listed as open before",
        _STATUS,
        "%(source)s a place is listed as not open yet. Before, it was listed as open.",
        "%(source)s %(places)s are listed as not open yet. Before, they were listed as open.",
    ),
    "site_not_yet": PlaceWords(
        "Listed as not open yet",
        _STATUS,
        "%(source)s a place is listed as not open yet.",
        "%(source)s %(places)s are listed as not open yet.",
    ),
    "site_paused": PlaceWords(
        "Paused",
        ("A place has paused in a study you follow.", "Places have paused in a study you follow."),
        "%(source)s a place has paused taking participants. It may start again.",
        "%(source)s %(places)s have paused taking participants. They may start again.",
    ),
    "site_paused_unopened": PlaceWords(
        "Paused before opening",
        (
            "A place was paused before it opened in a study you follow.",
            "Some places were paused before they opened in a study you follow.",
        ),
        "%(source)s a place was paused before it opened. It may still open.",
        "%(source)s %(places)s were paused before they opened. They may still open.",
    ),
    "site_paused_closed": PlaceWords(
        "Listed as paused",
        (
            "A place is listed as paused in a study you follow.",
            "Some places are listed as paused in a study you follow.",
        ),
        "%(source)s a place is listed as paused. It may go on again.",
        "%(source)s %(places)s are listed as paused. They may go on again.",
    ),
    "site_closed": PlaceWords(
        "No longer looking for participants",
        _CLOSED,
        "%(source)s a place no longer looks for participants.",
        "%(source)s %(places)s no longer look for participants.",
    ),
    "site_closed_and_ended": PlaceWords(
        "Ended, and no longer looking for participants",
        _CLOSED,
        "%(source)s a place no longer looks for participants: the study has ended there.",
        "%(source)s %(places)s no longer look for participants: the study has ended there.",
    ),
    "site_closed_and_stopped": PlaceWords(
        "Stopped early, and no longer looking for participants",
        _CLOSED,
        "%(source)s a place no longer looks for participants: the study has stopped early there.",
        "%(source)s %(places)s no longer look for participants: the study has stopped early there.",
    ),
    "site_withdrew": PlaceWords(
        "No longer taking part",
        _CLOSED,
        "%(source)s a place no longer takes part. It does not look for participants any more.",
        "%(source)s %(places)s no longer take part. They do not look for participants any more.",
    ),
    "site_never_opens": PlaceWords(
        "Will not take part, never opened",
        _STATUS,
        "%(source)s a place had not opened yet, and will not take part.",
        "%(source)s %(places)s had not opened yet, and will not take part.",
    ),
    "site_shut_unopened": PlaceWords(
        "Takes no participants; was not listed as open",
        _STATUS,
        "%(source)s a place takes no participants. It was not listed as open before.",
        "%(source)s %(places)s take no participants. They were not listed as open before.",
    ),
    "site_going_on": PlaceWords(
        "Going on, without new participants",
        _STATUS,
        "%(source)s the study is listed as going on at a place, without new participants.",
        "%(source)s the study is listed as going on at some places, without new participants.",
    ),
    "site_ended": PlaceWords(
        "Ended there",
        _STATUS,
        "%(source)s the study has ended at a place that took no new participants before.",
        "%(source)s the study has ended at some places that took no new participants before.",
    ),
    "site_stopped": PlaceWords(
        "Stopped early there",
        _STATUS,
        "%(source)s the study stopped early at a place that took no one new before.",
        "%(source)s the study stopped early at some places that took no one new before.",
    ),
    "site_out": PlaceWords(
        "No longer taking part",
        _STATUS,
        "%(source)s a place that took no new participants is listed as not taking part.",
        "%(source)s %(places)s that took no new participants are listed as not taking part.",
    ),
    "site_withdrawn": PlaceWords(
        "Listed as not taking part",
        _STATUS,
        "%(source)s a place is listed as not taking part.",
        "%(source)s %(places)s are listed as not taking part.",
    ),
    "site_status": PlaceWords(
        "Status changed",
        _STATUS,
        "%(source)s the status of a place changed.",
        "%(source)s the status of some places changed.",
    ),
}
#: What else happens to places; a mix of them has a general sentence.
OTHERS: dict[str, PlaceWords] = {
    Kind.SITE_ADDED: PlaceWords("Listed now", _ADDED, SENTENCES[Kind.SITE_ADDED].means, _MANY_ADDED),
    Kind.SITE_REMOVED: PlaceWords(
        "Not listed any more",
        (SENTENCES[Kind.SITE_REMOVED].headline, "A study you follow no longer lists some places."),
        SENTENCES[Kind.SITE_REMOVED].means,
        "%(source)s the study no longer lists some places.",
    ),
    "listed_open": PlaceWords(
        "New, and looking for participants",
        (
            "A new place is listed as looking for participants in a study you follow.",
            "New places are listed as looking for participants in a study you follow.",
        ),
        "%(source)s the study lists a new place as looking for participants.",
        "%(source)s the study lists new places as looking for participants.",
    ),
    "listed_silent": PlaceWords("New in the list", _ADDED, SENTENCES[Kind.SITE_ADDED].means, _MANY_ADDED),
    "listed_shut": PlaceWords(
        "New in the list, but not looking for participants",
        _ADDED,
        SENTENCES[Kind.SITE_ADDED].means,
        _MANY_ADDED,
    ),
    "named": PlaceWords(
        "Named now",
        (
            "A place has a name now in the record of a study you follow.",
            "Some places have names now in the record of a study you follow.",
        ),
        "%(source)s the record now names a place that it did not name before.",
        "%(source)s the record now names some places that it did not name before.",
    ),
    "contact_there": PlaceWords(
        "Contact named now",
        (
            "A place now names someone to contact in a study you follow.",
            "Places now name someone to contact in a study you follow.",
        ),
        "%(source)s a place now names someone to contact.",
        "%(source)s %(places)s now name someone to contact.",
    ),
    "no_contact_there": PlaceWords(
        "No contact named any more",
        (
            "A place no longer names a contact in a study you follow.",
            "Places no longer name a contact in a study you follow.",
        ),
        "%(source)s a place no longer names a contact.",
        "%(source)s %(places)s no longer name a contact.",
    ),
    "listed_soon": PlaceWords(
        "New, not open yet",
        (
            "A new place, not open yet, is listed in a study you follow.",
            "New places, not open yet, are listed in a study you follow.",
        ),
        "%(source)s the study lists a new place. It is not open yet.",
        "%(source)s the study lists new places. They are not open yet.",
    ),
    **{
        kind: PlaceWords(label, (SENTENCES[kind].headline, headline), SENTENCES[kind].means, means)
        for kind, label, headline, means in (
            (
                Kind.SITE_RENAMED,
                n_("Another name"),
                n_("Some places are listed under other names in a study you follow."),
                n_("%(source)s %(places)s are listed under other names."),
            ),
            (
                Kind.SITE_CONTACTS,
                n_("Contact changed"),
                n_("The contact persons of some places changed in a study you follow."),
                n_("%(source)s the people to contact at some places have changed."),
            ),
            (
                Kind.SITE_ADDRESS,
                n_("Address changed"),
                n_("The addresses of some places changed in a study you follow."),
                n_("%(source)s the addresses of some places changed."),
            ),
        )
    },
}
ANY = (
    n_("What the record says of some places changed in a study you follow."),
    n_("%(source)s what the record says of some places changed."),
)
WORDS = MOVES | OTHERS
