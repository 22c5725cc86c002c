"""Identity inside lists: which site, measure, arm is which, and that doubt never invents a renaming."""

from collections import Counter
from copy import deepcopy

import pytest
from applying import applied
from factories import a_record

from notifier.domain.changes import Kind, Weight, detect, watched
from notifier.domain.changes.lists import has_place_holder

BASE = a_record()
SITES = BASE["protocolSection"]["contactsLocationsModule"]["locations"]
SEASIDE, NAPLES, AARHUS = SITES
MEASURES = BASE["protocolSection"]["outcomesModule"]["primaryOutcomes"]
ARMS = BASE["protocolSection"]["armsInterventionsModule"]["armGroups"]
TREATMENTS = BASE["protocolSection"]["armsInterventionsModule"]["interventions"]


def compared(key, before, after, **also):
    """The news between two records that differ in one list."""
    ours, theirs = a_record(**{key: before}, **also), a_record(**{key: after}, **also)
    difference = detect(ours, theirs)
    assert applied(watched(ours), difference.changes) == watched(theirs)
    return difference.changes


def kinds(key, before, after, **also):
    return [change.kind for change in compared(key, before, after, **also)]


def site(base=SEASIDE, **edits):
    changed = deepcopy(base) | edits
    return {key: value for key, value in changed.items() if value is not None}


@pytest.mark.parametrize(
    ("after", "kind", "weight"),
    [
        (site(status="COMPLETED"), Kind.SITE_CLOSED, Weight.NOTABLE),
        (site(status="WITHDRAWN"), Kind.SITE_CLOSED, Weight.NOTABLE),
        (site(status="SUSPENDED"), Kind.SITE_PAUSED, Weight.NOTABLE),
        (site(status="NOT_YET_RECRUITING"), Kind.SITE_STATUS, Weight.NOTABLE),
        (site(status=None), Kind.SITE_STATUS, Weight.MINOR),
        (site(NAPLES, status="RECRUITING"), Kind.SITE_OPENED, Weight.NOTABLE),
        (site(contacts=[{"name": "Eve Example"}]), Kind.SITE_CONTACTS, Weight.NOTABLE),
        (site(NAPLES, facility="Ospedale del Mare"), Kind.SITE_RENAMED, Weight.NOTABLE),
        (site(NAPLES, facility="Ospedale del Mare", zip=None), Kind.SITE_RENAMED, Weight.NOTABLE),
        (site(facility="Seaside General Hospital"), Kind.SITE_RENAMED, Weight.MINOR),
        (site(facility="Seas?ide Hospi tal"), Kind.SITE_RENAMED, Weight.HOUSEKEEPING),
        (site(city="Springfeld", state="IL"), Kind.SITE_ADDRESS, Weight.HOUSEKEEPING),
        (site(facility="SEASIDE hospital"), Kind.SITE_ADDRESS, Weight.HOUSEKEEPING),
        (site(zip="62702"), Kind.SITE_ADDRESS, Weight.MINOR),
        (site(zip="62701-1234"), Kind.SITE_ADDRESS, Weight.HOUSEKEEPING),
        (site(NAPLES, zip="I-80131"), Kind.SITE_ADDRESS, Weight.HOUSEKEEPING),
        (site(NAPLES, zip="801 31"), Kind.SITE_ADDRESS, Weight.HOUSEKEEPING),
        (site(NAPLES, zip="80147"), Kind.SITE_ADDRESS, Weight.MINOR),
        (site(AARHUS, moon="full"), Kind.OTHER, Weight.MINOR),
    ],
)
def test_a_site_stays_the_same_site(after, kind, weight):
    sites = [after if after["country"] == each["country"] else each for each in SITES]
    changes = compared("locations", SITES, sites)
    assert [(change.kind, change.weight) for change in changes] == [(kind, weight)]
    assert changes[0].after == after


@pytest.mark.parametrize("name", ["facility", "status", "city", "zip"])
def test_a_site_in_which_one_value_is_spaced_otherwise_is_the_same(name):
    assert compared("locations", SITES, [site(**{name: f" {SEASIDE[name]}\u200b "}), NAPLES, AARHUS]) == ()


def test_a_city_spelled_anew_without_a_post_code_is_the_same_site():
    ours = site(NAPLES, facility="Ospedale del Mare", zip=None, geoPoint=None)
    assert kinds("locations", [ours], [ours | {"city": "Napoli"}]) == [Kind.SITE_ADDRESS]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([site()], [site(facility="Hill Clinic")]),  # the same telephone, and another house at the same post code
        ([site()], [site(city="Rochester", zip="55905", geoPoint=None)]),  # a chain's house in another town
        ([site(NAPLES)], [site(NAPLES, facility="Ospedale del Mare", zip="80147")]),  # the post code speaks against it
        ([site(NAPLES)], [site(NAPLES, facility="A"), site(NAPLES, facility="B")]),  # one of two, but which?
        ([site(NAPLES), site(NAPLES, facility="Research Site")], [site(NAPLES, facility="A")]),
    ],
)  # fmt: skip
def test_doubt_never_invents_a_renaming(before, after):
    found = kinds("locations", [AARHUS, *before], [AARHUS, *after])
    assert set(found) == {Kind.SITE_ADDED, Kind.SITE_REMOVED}
    assert len(found) == len(before) + len(after)


def test_one_place_holder_in_a_town_keeps_its_place_where_its_post_code_is_corrected():
    (change,) = compared("locations", [NAPLES], [site(NAPLES, zip="80147")])
    assert (change.kind, change.weight) == (Kind.SITE_ADDRESS, Weight.MINOR)
    two = [NAPLES, site(NAPLES, zip="80100")]
    assert set(kinds("locations", two, [site(NAPLES, zip="1"), site(NAPLES, zip="2")])) == {
        Kind.SITE_ADDED,
        Kind.SITE_REMOVED,
    }


def test_sites_that_look_alike_are_counted_not_mixed_up():
    waiting = site(AARHUS, status="NOT_YET_RECRUITING")
    assert kinds("locations", [AARHUS, AARHUS], [AARHUS]) == [Kind.SITE_REMOVED]
    assert kinds("locations", [AARHUS], [AARHUS, waiting]) == [Kind.SITE_ADDED]
    assert kinds("locations", [waiting, waiting], [AARHUS, AARHUS]) == [Kind.SITE_OPENED] * 2


def test_of_hundreds_of_sites_those_are_told_that_changed():
    many = [site(facility=f"Hospital {n}", city=f"City {n % 40}", zip=str(n)) for n in range(300)]
    after = [each for n, each in enumerate(many) if n not in {7, 8, 250}]
    after[100:100] = [site(NAPLES, zip=str(n)) for n in (1, 2)]
    after[200] = after[200] | {"status": "COMPLETED"}
    assert Counter(kinds("locations", many, after)) == {
        Kind.SITE_REMOVED: 3,
        Kind.SITE_ADDED: 2,
        Kind.SITE_CLOSED: 1,
    }


def test_aspects_of_one_site_are_a_chain_that_starts_with_its_name():
    after = site(
        NAPLES, facility="Ospedale del Mare", status="RECRUITING", contacts=[{"name": "Gia"}], moon="full"
    )
    opened, renamed, other = compared("locations", [NAPLES], [after])
    assert (renamed.before, renamed.after) == (NAPLES, opened.before)
    assert opened.before["facility"] == "Ospedale del Mare"
    assert (opened.kind, opened.after["contacts"]) == (Kind.SITE_OPENED, [{"name": "Gia"}])
    assert (other.kind, other.before, other.after) == (Kind.OTHER, opened.after, after)


def test_a_closed_site_that_goes_or_comes_is_minor():
    shut = site(status="COMPLETED")
    changes = compared("locations", [AARHUS, shut], [AARHUS]) + compared(
        "locations", [AARHUS], [AARHUS, shut]
    )
    assert [change.weight for change in changes] == [Weight.MINOR] * 2


@pytest.mark.parametrize(
    ("key", "after", "weight"),
    [
        ("centralContacts", {"name": "Zoe Example"}, Weight.MINOR),
        ("centralContacts", {"name": "ADA example"}, Weight.HOUSEKEEPING),
        ("centralContacts", {"phone": "(555) 0100"}, Weight.MINOR),
        ("centralContacts", {"phone": "555-0199"}, Weight.IMPORTANT),
        ("centralContacts", {"name": "Zoe Example", "email": "zoe@example.org"}, Weight.IMPORTANT),
        ("locations", {"name": "Zoe Example"}, Weight.MINOR),
        ("locations", {"email": "zoe@example.org"}, Weight.NOTABLE),
    ],
)
def test_a_contact_weighs_by_whether_it_is_reached_in_another_way(key, after, weight):
    ada = {"name": "Ada Example", "phone": "555-0100", "email": "ada@example.org"}
    before, now = [ada], [ada | after]
    if key == "locations":
        before, now = ([site(contacts=each)] for each in (before, now))
    assert [change.weight for change in compared(key, before, now)] == [weight]


RESULT = {"pmid": "9", "type": "RESULT", "citation": "Example A. Tea for knees. J Tea. 2026."}
LAY = {"url": "https://example.org/s/9", "label": "A Plain Language Trial Summary is available"}
CONSENT = {"filename": "ICF_000.pdf", "label": "Informed Consent Form", "hasIcf": True, "date": "2025-05-08"}


@pytest.mark.parametrize(
    ("key", "before", "after", "weight"),
    [
        ("references", None, RESULT, Weight.NOTABLE),
        ("references", None, RESULT | {"type": "DERIVED"}, Weight.NOTABLE),
        ("references", None, RESULT | {"type": "BACKGROUND"}, Weight.HOUSEKEEPING),
        ("references", None, RESULT | {"citation": "Example A. Erratum: Tea for knees."}, Weight.HOUSEKEEPING),
        ("references", None, RESULT | {"citation": "Tea for knees. Erratum in: J Tea."}, Weight.NOTABLE),
        ("references", RESULT, RESULT | {"citation": "Tea for knees. Erratum in: J Tea."}, Weight.HOUSEKEEPING),
        ("references", RESULT | {"type": "BACKGROUND"}, RESULT, Weight.NOTABLE),
        ("references", RESULT, RESULT | {"retractions": [{"pmid": "10"}]}, Weight.NOTABLE),
        ("references", RESULT, None, Weight.MINOR),
        ("references", None, RESULT | {"type": ["RESULT"]}, Weight.HOUSEKEEPING),
        ("seeAlsoLinks", None, LAY, Weight.NOTABLE),
        ("seeAlsoLinks", None, LAY | {"label": "Lay summary of results"}, Weight.NOTABLE),
        ("seeAlsoLinks", None, LAY | {"label": "The clinic's pages"}, Weight.MINOR),
        ("seeAlsoLinks", LAY, None, Weight.MINOR),
        ("largeDocs", None, CONSENT, Weight.NOTABLE),
        ("largeDocs", None, {"filename": "P.pdf", "label": "Study Protocol", "hasIcf": False}, Weight.MINOR),
        ("largeDocs", CONSENT, None, Weight.MINOR),
    ],
)  # fmt: skip
def test_what_lay_people_want_most_is_notable(key, before, after, weight):
    others = [{"pmid": "1", "url": "https://a.example", "filename": "A.pdf"}]
    lists = [others + [each] * (each is not None) for each in (before, after)]
    assert [change.weight for change in compared(key, *lists)] == [weight]


def test_arms_and_treatments_that_only_name_each_other_anew_are_no_news():
    tea, water = TREATMENTS
    renamed = [TEA | {"label": "Group A"}, WATER]
    before, after = (
        a_record(armGroups=ARMS),
        a_record(armGroups=renamed, interventions=[tea | {"armGroupLabels": ["Group A"]}, water]),
    )
    assert [change.kind for change in detect(before, after).news] == [Kind.ARM_CHANGED]
    moved = a_record(
        armGroups=[TEA | {"interventionNames": ["Other: Water"]}, WATER],
        interventions=[tea, water | {"armGroupLabels": ["Warm water", "Camomile tea"]}],
    )
    assert [change.kind for change in detect(before, moved).news] == [
        Kind.ARM_CHANGED,
        Kind.INTERVENTION_CHANGED,
    ]


def test_the_statuses_of_sites_that_go_with_the_status_of_the_study_are_no_news():
    bare = [{key: part for key, part in each.items() if key != "status"} for each in SITES]
    before, after = a_record(), a_record(overallStatus="COMPLETED", locations=bare)
    assert [change.kind for change in detect(before, after).news] == [Kind.STATUS_CLOSED]
    again = detect(a_record(), a_record(locations=bare)).news
    assert {(change.kind, change.weight) for change in again} == {(Kind.SITE_STATUS, Weight.MINOR)}


def test_contacts_of_a_site_are_minor_when_nobody_may_join():
    after = site(contacts=[{"name": "Eve Example"}])
    (change,) = compared("locations", [SEASIDE], [after], overallStatus="COMPLETED")
    assert (change.kind, change.weight) == (Kind.SITE_CONTACTS, Weight.MINOR)


@pytest.mark.parametrize(
    "broken", [["nowhere"], [7], [None], [{"contacts": "none"}], [[]], "nowhere", {"city": 5}]
)
def test_sites_that_are_not_as_described_are_compared_all_the_same(broken):
    compared("locations", SITES, broken)
    compared("locations", broken, SITES)


PAIN, WALK = MEASURES


@pytest.mark.parametrize(
    ("after", "found"),
    [
        ([PAIN, WALK, {"measure": "Quality of life"}], [Kind.PRIMARY_OUTCOME_ADDED]),
        ([PAIN], [Kind.PRIMARY_OUTCOME_DROPPED]),
        ([PAIN, WALK | {"timeFrame": "24 weeks"}], [Kind.PRIMARY_OUTCOME_REWORDED]),
        ([PAIN, {"measure": "Distance of walking, in metres"}], [Kind.PRIMARY_OUTCOME_REWORDED]),
        ([PAIN, {"measure": "Serious adverse events"}], [Kind.PRIMARY_OUTCOME_SWAPPED]),
        (
            [{"measure": "A"}],
            [Kind.PRIMARY_OUTCOME_DROPPED, Kind.PRIMARY_OUTCOME_DROPPED, Kind.PRIMARY_OUTCOME_ADDED],
        ),
        ([WALK, PAIN], []),
    ],
)
def test_main_measures(after, found):
    assert kinds("primaryOutcomes", MEASURES, after) == found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Progression-free survival", "Overall survival"),
        ("Number of participants with adverse events", "Number of participants with a response"),
        ("Change in weight from baseline at week 24", "Change in HbA1c from baseline at week 24"),
    ],
)
def test_a_swapped_measure_does_not_pass_for_a_reworded_one(before, after):
    found = compared("primaryOutcomes", [{"measure": before}], [{"measure": after}])
    assert [(c.kind, c.weight) for c in found] == [(Kind.PRIMARY_OUTCOME_SWAPPED, Weight.IMPORTANT)]
    assert (found[0].before, found[0].after) == ({"measure": before}, {"measure": after})


def test_further_measures_weigh_less_when_merely_reworded():
    before = [{"measure": "Hours of sleep", "timeFrame": "4 weeks"}]
    (change,) = compared("secondaryOutcomes", before, [before[0] | {"timeFrame": "8 weeks"}])
    assert (change.kind, change.weight) == (Kind.SECONDARY_OUTCOME_REWORDED, Weight.MINOR)
    assert kinds("secondaryOutcomes", before, []) == [Kind.SECONDARY_OUTCOME_DROPPED]
    assert kinds("otherOutcomes", before, []) == [Kind.OTHER_OUTCOMES]


TEA, WATER = ARMS


def test_arms():
    assert kinds("armGroups", ARMS, [TEA]) == [Kind.ARM_REMOVED]
    assert kinds("armGroups", [TEA], ARMS) == [Kind.ARM_ADDED]
    assert kinds("armGroups", ARMS, [TEA, WATER | {"type": "SHAM_COMPARATOR"}]) == [Kind.ARM_CHANGED]
    assert kinds("armGroups", ARMS, [TEA | {"label": "Group A"}, WATER]) == [Kind.ARM_CHANGED]
    assert kinds("armGroups", [TEA], [WATER]) == [Kind.ARM_ADDED, Kind.ARM_REMOVED]


def test_treatments():
    tea, water = TREATMENTS
    assert kinds("interventions", TREATMENTS, [tea]) == [Kind.INTERVENTION_REMOVED]
    assert kinds("interventions", [tea], TREATMENTS) == [Kind.INTERVENTION_ADDED]
    (told,) = compared("interventions", TREATMENTS, [tea | {"type": "DRUG"}, water])
    assert (told.kind, told.weight) == (Kind.INTERVENTION_CHANGED, Weight.NOTABLE)
    (told,) = compared("interventions", TREATMENTS, [tea | {"otherNames": ["Kamille"]}, water])
    assert (told.kind, told.weight) == (Kind.INTERVENTION_CHANGED, Weight.MINOR)


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("centralContacts", [{"name": "A B", "phone": "1"}], [{"name": "A B", "phone": "2"}]),
        ("centralContacts", [{"name": "A B", "email": "x@example.org"}], [{"name": "C D", "email": "X@example.org"}]),
        ("references", [{"pmid": "1", "type": "DERIVED"}], [{"pmid": "1", "type": "RESULT"}]),
        ("seeAlsoLinks", [{"url": "https://a.example", "label": "A"}], [{"url": "https://a.example", "label": "B"}]),
        ("largeDocs", [{"filename": "P.pdf", "date": "2025-01-01"}], [{"filename": "P.pdf", "date": "2026-01-01"}]),
        ("conditions", ["Knee pain, chronic"], ["Chronic knee pain"]),
    ],
)  # fmt: skip
def test_an_entry_that_keeps_its_name_is_one_change(key, before, after):
    (change,) = compared(key, before, after)
    assert (change.before, change.after) == (before[0], after[0])


def test_other_conditions_are_not_taken_for_one_reworded():
    changes = compared("conditions", ["Breast Cancer"], ["Lung Cancer"])
    assert [(change.before, change.after) for change in changes] == [
        ("Breast Cancer", None),
        (None, "Lung Cancer"),
    ]


def test_equal_entries_are_counted():
    assert kinds("keywords", ["tea", "tea"], ["tea"]) == [Kind.KEYWORDS]


@pytest.mark.parametrize(
    ("facility", "stands_for_another"),
    [
        ("Research Site", True),
        ("Local Institution - 0062", True),
        ("Example Pharma Investigational Site Number: 8400001", True),
        ("Research Site US-97202-001012", True),
        ("For additional information regarding investigative sites, contact 555-0100", True),
        (None, True),
        ("Siteman Cancer Center", False),
        ("Example Research Sites - Harbour Clinical Research Unit", False),
        ("University of Iowa", False),
    ],
)
def test_place_holders_are_known_from_names(facility, stands_for_another):
    assert has_place_holder({"facility": facility}) is stands_for_another


def test_long_lists_pair_by_name_only():
    before = [{"measure": f"Cups of sort {n} drunk"} for n in range(40)]
    after = [{"measure": f"Mugs of sort {n} drunk"} for n in range(39)]
    found = kinds("secondaryOutcomes", before, after)
    assert found == [Kind.SECONDARY_OUTCOME_ADDED] * 39 + [Kind.SECONDARY_OUTCOME_DROPPED] * 40


def test_what_a_place_is_called_is_no_news_once_nobody_can_join():
    after = site(facility="Seaside General Hospital")
    (change,) = compared("locations", [SEASIDE], [after], overallStatus="COMPLETED")
    assert (change.kind, change.weight) == (Kind.SITE_RENAMED, Weight.HOUSEKEEPING)


def test_a_link_that_is_gone_is_news_where_it_led_to_a_summary_in_plain_words():
    links = [
        {"label": "Find more studies", "url": "https://example.org"},
        {"label": "Plain language summary", "url": "https://example.org/lay"},
    ]
    weights = [change.weight for change in compared("seeAlsoLinks", links, [])]
    assert weights == [Weight.MINOR, Weight.HOUSEKEEPING]
