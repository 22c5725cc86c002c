"""What each thing that happens to a place is called: a label, and sentences for one place and for several."""

from dataclasses import dataclass

from notifier.domain.changes import Kind
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.sentences import SENTENCES


@dataclass(frozen=True, slots=True)
class PlaceWords:
    """label: before a place's name. one, many: headline and meaning for one place, and for several."""

    label: str
    one: tuple[str, str]
    many: tuple[str, str] = ("", "")


_STATUS = (
    n_("The status of a place changed in a study you follow."),
    n_("The status of places changed in a study you follow."),
)


def _status(label: str, one: str, many: str) -> PlaceWords:
    return PlaceWords(label, (_STATUS[0], one), (_STATUS[1], many))


_OPENED = (
    n_("A place is now listed as looking for participants in a study you follow."),
    n_("Places are now listed as looking for participants in a study you follow."),
)
_CLOSED = (
    n_("A place no longer looks for participants in a study you follow."),
    n_("Some places no longer look for participants in a study you follow."),
)
_SHUT = n_("No longer looking for participants")
#: What each move of a place's status means; the moves stand in `notifier.domain.changes.statuses`.
MOVES: dict[str, PlaceWords] = {
    "site_opened": PlaceWords(
        n_("Looking for participants now"),
        (_OPENED[0], n_("%(source)s a place is now listed as looking for participants.")),
        (_OPENED[1], n_("%(source)s %(places)s are now listed as looking for participants.")),
    ),
    "site_opened_again": PlaceWords(
        n_("Looking for participants again"),
        (_OPENED[0], n_("%(source)s a place is listed as open again.")),
        (_OPENED[1], n_("%(source)s %(places)s are listed as open again.")),
    ),
    "site_now_invites": PlaceWords(
        n_("Now by invitation only"),
        (
            _CLOSED[0],
            n_(
                "%(source)s people now take part at a place by invitation only. They cannot ask to join there."
            ),
        ),
        (
            _CLOSED[1],
            n_(
                "%(source)s people now take part at some places by invitation only. They cannot ask to join there."
            ),
        ),
    ),
    "site_invites": _status(
        n_("By invitation only"),
        n_("%(source)s people take part at a place by invitation only. They cannot ask to join there."),
        n_("%(source)s people take part at some places by invitation only. They cannot ask to join there."),
    ),
    "site_set_back": _status(
        n_("Not open yet, although listed as open before"),
        n_("%(source)s a place is listed as not open yet. Before, it was listed as open."),
        n_("%(source)s %(places)s are listed as not open yet. Before, they were listed as open."),
    ),
    "site_not_yet": _status(
        n_("Listed as not open yet"),
        n_("%(source)s a place is listed as not open yet."),
        n_("%(source)s %(places)s are listed as not open yet."),
    ),
    "site_paused": PlaceWords(
        n_("Paused"),
        (
            n_("A place has paused in a study you follow."),
            n_("%(source)s a place has paused taking participants. It may start again."),
        ),
        (
            n_("Places have paused in a study you follow."),
            n_("%(source)s %(places)s have paused taking participants. They may start again."),
        ),
    ),
    "site_paused_unopened": PlaceWords(
        n_("Paused before opening"),
        (
            n_("A place was paused before it opened in a study you follow."),
            n_("%(source)s a place was paused before it opened. It may still open."),
        ),
        (
            n_("Some places were paused before they opened in a study you follow."),
            n_("%(source)s %(places)s were paused before they opened. They may still open."),
        ),
    ),
    "site_paused_closed": PlaceWords(
        n_("Listed as paused"),
        (
            n_("A place is listed as paused in a study you follow."),
            n_("%(source)s a place is listed as paused. It may go on again."),
        ),
        (
            n_("Some places are listed as paused in a study you follow."),
            n_("%(source)s %(places)s are listed as paused. They may go on again."),
        ),
    ),
    "site_closed": PlaceWords(
        _SHUT,
        (_CLOSED[0], n_("%(source)s a place no longer looks for participants.")),
        (_CLOSED[1], n_("%(source)s %(places)s no longer look for participants.")),
    ),
    "site_closed_and_ended": PlaceWords(
        n_("Ended, and no longer looking for participants"),
        (_CLOSED[0], n_("%(source)s a place no longer looks for participants: the study has ended there.")),
        (
            _CLOSED[1],
            n_("%(source)s %(places)s no longer look for participants: the study has ended there."),
        ),
    ),
    "site_closed_and_stopped": PlaceWords(
        n_("Stopped early, and no longer looking for participants"),
        (
            _CLOSED[0],
            n_("%(source)s a place no longer looks for participants: the study has stopped early there."),
        ),
        (
            _CLOSED[1],
            n_("%(source)s %(places)s no longer look for participants: the study has stopped early there."),
        ),
    ),
    "site_withdrew": PlaceWords(
        n_("No longer taking part"),
        (
            _CLOSED[0],
            n_("%(source)s a place no longer takes part. It does not look for participants any more."),
        ),
        (
            _CLOSED[1],
            n_("%(source)s %(places)s no longer take part. They do not look for participants any more."),
        ),
    ),
    "site_never_opens": _status(
        n_("Will not take part, never opened"),
        n_("%(source)s a place had not opened yet, and will not take part."),
        n_("%(source)s %(places)s had not opened yet, and will not take part."),
    ),
    "site_shut_unopened": _status(
        n_("Takes no participants; was not listed as open"),
        n_("%(source)s a place takes no participants. It was not listed as open before."),
        n_("%(source)s %(places)s take no participants. They were not listed as open before."),
    ),
    "site_going_on": _status(
        n_("Going on, without new participants"),
        n_("%(source)s the study is listed as going on at a place, without new participants."),
        n_("%(source)s the study is listed as going on at some places, without new participants."),
    ),
    "site_ended": _status(
        n_("Ended there"),
        n_("%(source)s the study has ended at a place that took no new participants before."),
        n_("%(source)s the study has ended at some places that took no new participants before."),
    ),
    "site_stopped": _status(
        n_("Stopped early there"),
        n_("%(source)s the study stopped early at a place that took no one new before."),
        n_("%(source)s the study stopped early at some places that took no one new before."),
    ),
    "site_out": _status(
        n_("No longer taking part"),
        n_("%(source)s a place that took no new participants is listed as not taking part."),
        n_("%(source)s %(places)s that took no new participants are listed as not taking part."),
    ),
    "site_withdrawn": _status(
        n_("Listed as not taking part"),
        n_("%(source)s a place is listed as not taking part."),
        n_("%(source)s %(places)s are listed as not taking part."),
    ),
    "site_status": _status(
        n_("Status changed"),
        n_("%(source)s the status of a place changed."),
        n_("%(source)s the status of some places changed."),
    ),
}


def _added(label: str) -> PlaceWords:
    row = SENTENCES[Kind.SITE_ADDED]
    some = (
        n_("A study you follow has listed places that were not listed before."),
        n_("%(source)s the study lists places that were not listed before."),
    )
    return PlaceWords(label, (row.headline, row.means), some)


#: What else happens to places; a mix of them has a general sentence.
OTHERS: dict[str, PlaceWords] = {
    Kind.SITE_ADDED: _added(n_("Listed now")),
    Kind.SITE_REMOVED: PlaceWords(
        n_("Not listed any more"),
        (SENTENCES[Kind.SITE_REMOVED].headline, SENTENCES[Kind.SITE_REMOVED].means),
        (
            n_("A study you follow no longer lists some places."),
            n_("%(source)s the study no longer lists some places."),
        ),
    ),
    "listed_open": PlaceWords(
        n_("New, and looking for participants"),
        (
            n_("A new place is listed as looking for participants in a study you follow."),
            n_("%(source)s the study lists a new place as looking for participants."),
        ),
        (
            n_("New places are listed as looking for participants in a study you follow."),
            n_("%(source)s the study lists new places as looking for participants."),
        ),
    ),
    "listed_silent": _added(n_("New in the list")),
    "listed_shut": _added(n_("New in the list, but not looking for participants")),
    "named": PlaceWords(
        n_("Named now"),
        (
            n_("A place has a name now in the record of a study you follow."),
            n_("%(source)s the record now names a place that it did not name before."),
        ),
        (
            n_("Some places have names now in the record of a study you follow."),
            n_("%(source)s the record now names some places that it did not name before."),
        ),
    ),
    "contact_there": PlaceWords(
        n_("Contact named now"),
        (
            n_("A place now names someone to contact in a study you follow."),
            n_("%(source)s a place now names someone to contact."),
        ),
        (
            n_("Places now name someone to contact in a study you follow."),
            n_("%(source)s %(places)s now name someone to contact."),
        ),
    ),
    "no_contact_there": PlaceWords(
        n_("No contact named any more"),
        (
            n_("A place no longer names a contact in a study you follow."),
            n_("%(source)s a place no longer names a contact."),
        ),
        (
            n_("Places no longer name a contact in a study you follow."),
            n_("%(source)s %(places)s no longer name a contact."),
        ),
    ),
    "listed_soon": PlaceWords(
        n_("New, not open yet"),
        (
            n_("A new place, not open yet, is listed in a study you follow."),
            n_("%(source)s the study lists a new place. It is not open yet."),
        ),
        (
            n_("New places, not open yet, are listed in a study you follow."),
            n_("%(source)s the study lists new places. They are not open yet."),
        ),
    ),
    **{
        kind: PlaceWords(label, (SENTENCES[kind].headline, SENTENCES[kind].means), (headline, means))
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
