"""Who asked for places within a circle is told of those, and of none outside."""

from datetime import UTC

import pytest
from factories import A
from store_factories import a_study, follow, news, sign_up, told

from notifier.domain.changes import Change, Kind, Weight
from notifier.domain.changes.kinds import LOCATIONS
from notifier.domain.geo import Circle, Near
from notifier.domain.letter import Told
from notifier.domain.study import decode
from notifier.domain.wording import speech, tell
from notifier.errors import InputError
from notifier.storage import subscribers
from notifier.storage.models import Fate, NoticeState, SubscriptionRow
from notifier.storage.studies import conditions, snapshots
from tests.factories import a_record, raw

AARHUS = Near("Aarhus", Circle.around(56.157, 10.211, 100))
ODENSE, COPENHAGEN = (55.396, 10.388), (55.676, 12.568)


def opened(point=None, country="Denmark"):
    site = {"facility": f"A hospital at {point}", "country": country, "status": "RECRUITING"}
    if point:
        site["geoPoint"] = {"lat": point[0], "lon": point[1]}
    return Change(
        Kind.SITE_OPENED, Weight.IMPORTANT, LOCATIONS, {**site, "status": "NOT_YET_RECRUITING"}, site
    )


def a_follower(session, clock, who="jane@example.org", near=AARHUS):
    follow(session, clock.now(), who, A)
    person = subscribers.find(session, subscribers.address(who))
    subscribers.set_near(session, person.id, near)


def fates(database):
    return [(notice.state, notice.reason) for notice in told(database)]


DUE, FAR = (NoticeState.DUE, None), (NoticeState.CANCELLED, Fate.FAR_AWAY)


@pytest.mark.parametrize(
    ("point", "fate"), [(ODENSE, DUE), (COPENHAGEN, FAR), (None, DUE)], ids=["near", "far", "not on the map"]
)
def test_a_place_is_told_where_it_is_not_known_to_be_far(database, clock, point, fate):
    with database.transaction() as session:
        a_study(session, clock.now())
        a_follower(session, clock)
        news(session, clock.now(), opened(point))
    assert fates(database) == [fate]


@pytest.mark.parametrize("near", [None, Near("Denmark")], ids=["nowhere", "no circle"])
def test_without_a_circle_every_place_is_told(database, clock, near):
    with database.transaction() as session:
        a_study(session, clock.now())
        a_follower(session, clock, near=near)
        news(session, clock.now(), opened(COPENHAGEN))
    assert fates(database) == [DUE]


def test_a_circle_hides_nothing_but_places(database, clock):
    status = Change(Kind.STATUS_OPENED, Weight.IMPORTANT, "a.status", "NOT_YET_RECRUITING", "RECRUITING")
    with database.transaction() as session:
        a_study(session, clock.now())
        a_follower(session, clock)
        news(session, clock.now(), opened(COPENHAGEN), status)
    assert sorted(fates(database)) == [FAR, DUE]


def test_each_has_a_circle_of_their_own(database, clock):
    with database.transaction() as session:
        a_study(session, clock.now())
        a_follower(session, clock)
        a_follower(session, clock, "karl@example.org", Near("Roskilde", Circle.around(55.64, 12.08, 50)))
        news(session, clock.now(), opened(COPENHAGEN))
    assert fates(database) == [FAR, DUE]


NEW = Change(Kind.NEW_STUDY, Weight.NOTABLE, "", after=["knee pain"])


def found_under(session, clock, *points, kind=NEW):
    """A study with places there is found under a condition that somebody near Aarhus follows."""
    (identity,) = follow(session, clock.now(), "jane@example.org", "knee pain")
    person = subscribers.find(session, subscribers.address("jane@example.org"))
    subscribers.set_near(session, person.id, AARHUS)
    listed = [opened(point).after for point in points]
    snapshots.keep_places(
        session,
        decode(
            snapshots.record(
                session, a_study(session, clock.now(), contactsLocationsModule__locations=listed)
            )
        ),
    )
    condition_id = session.get_one(SubscriptionRow, identity).condition_id
    return news(session, clock.now(), kind, condition_id=condition_id)


@pytest.mark.parametrize(
    ("points", "fate"),
    [
        ([ODENSE], DUE),
        ([COPENHAGEN], FAR),
        ([COPENHAGEN, ODENSE], DUE),
        ([COPENHAGEN, (35.7, 139.7)], FAR),
        ([], DUE),
        ([None], DUE),
        ([COPENHAGEN, None], DUE),
    ],
    ids=[
        "near",
        "far",
        "one of two near",
        "all far",
        "no places yet",
        "not on the map",
        "one not on the map",
    ],
)
@pytest.mark.parametrize("kind", [Kind.NEW_STUDY, Kind.NOW_LISTED])
def test_a_new_study_is_told_unless_all_its_places_are_far(database, clock, points, fate, kind):
    with database.transaction() as session:
        due = found_under(session, clock, *points, kind=Change(kind, Weight.NOTABLE, ""))
    assert (fates(database), due) == ([fate], int(fate == DUE))


def test_a_study_that_moved_away_is_judged_by_where_it_is_now(database, clock):
    with database.transaction() as session:
        found_under(session, clock, ODENSE)
        moved = a_record(contactsLocationsModule__locations=[opened(COPENHAGEN).after])
        snapshots.keep_places(session, decode(raw(moved)))
        (condition,) = conditions.followed(session)
        news(session, clock.now(), Change(Kind.NOW_LISTED, Weight.NOTABLE, ""), condition_id=condition.id)
    assert fates(database) == [DUE, FAR]


@pytest.mark.parametrize(("near", "said"), [(AARHUS, True), (Near("Aarhus"), False), (None, False)])
def test_a_new_study_without_places_says_so_to_whom_it_matters(clock, near, said):
    study = decode(raw(a_record(contactsLocationsModule__locations=[])))
    (telling,) = tell(speech("en"), study, [Told(NEW, clock.now(), condition="knee pain")], UTC, near=near)
    sentence = "Its record names no places yet, so nobody knows whether one will be near Aarhus."
    assert (sentence in telling.notes) is said


@pytest.mark.parametrize("lon", [179.95, -179.95])
def test_the_date_line_is_no_border(database, clock, lon):
    with database.transaction() as session:
        a_study(session, clock.now())
        a_follower(session, clock, near=Near("Suva", Circle.around(-17.7, 179.9, 100)))
        news(session, clock.now(), opened((-17.7, lon)))
    assert fates(database) == [DUE]


def a_person(**near):
    return subscribers.Person(subscribers.address("jane@example.org"), **near)


def nearness(database):
    with database.reading() as session:
        return subscribers.near_of(subscribers.find(session, subscribers.address("jane@example.org")))


def test_a_circle_is_given_with_a_town_and_moves_with_it(database, clock):
    with database.transaction() as session:
        sign_up(session, clock.now(), None, A, person=a_person(near="Aarhus", within=100))
    assert nearness(database) == AARHUS
    with database.transaction() as session:
        sign_up(session, clock.now(), None, A, person=a_person(within=50))
    assert nearness(database).circle.km == 50
    with database.transaction() as session:
        sign_up(session, clock.now(), None, A, person=a_person(near="Denmark"))
    assert nearness(database) == Near("Denmark")


def test_a_circle_without_a_middle_is_refused_and_nobody_is_added(database, clock):
    with pytest.raises(InputError, match="say near which town"), database.transaction() as session:
        sign_up(session, clock.now(), None, A, person=a_person(within=50))
    with database.reading() as session:
        assert subscribers.find(session, subscribers.address("jane@example.org")) is None


@pytest.mark.parametrize(
    ("near", "time_zone", "place"),
    [("8600", "Europe/Copenhagen", "Silkeborg"), ("77030, USA", None, "West University Place")],
)
def test_a_postal_code_is_kept_as_its_town(database, clock, near, time_zone, place):
    with database.transaction() as session:
        sign_up(session, clock.now(), None, A, person=a_person(near=near, time_zone=time_zone))
    assert nearness(database) == Near(place)


def test_a_postal_code_of_no_country_is_refused_and_nobody_is_added(database, clock):
    with pytest.raises(InputError, match="may be in several countries"), database.transaction() as session:
        sign_up(session, clock.now(), None, A, person=a_person(near="77030"))
    with database.reading() as session:
        assert subscribers.find(session, subscribers.address("jane@example.org")) is None
