"""Scenarios: each edits a record; the first list is reported as one kind and weight, the second is not news."""

import pytest
from applying import applied
from factories import a_record, raw

from notifier.domain.changes import Kind, Weight, detect, fingerprint, watched
from notifier.errors import RecordUnreadable

IMPORTANT, NOTABLE, MINOR, HOUSEKEEPING = Weight


def at(record, path):
    for key in path.split("."):
        record = record[int(key) if isinstance(record, list) else key]
    return record


def edit(path, value):
    """An edit that sets what stands at a path below the protocol section; numbers are places in lists."""

    def edits(record):
        above, _, key = f"protocolSection.{path}".rpartition(".")
        at(record, above)[key] = value

    edits.__name__ = f"{path}={value!r}"[:60]
    return edits


def without(path):
    def edits(record):
        above, _, key = f"protocolSection.{path}".rpartition(".")
        del at(record, above)[key]

    edits.__name__ = f"without {path}"
    return edits


def status(before, after):
    def edits(record):
        record["protocolSection"]["statusModule"]["overallStatus"] = after

    edits.before, edits.__name__ = {"overallStatus": before}, f"{before} to {after}"
    return edits


def date(name, before, after):
    def edits(record):
        record["protocolSection"]["statusModule"][name] = {"date": after[0], "type": after[1]}

    edits.before, edits.__name__ = (
        {name: {"date": before[0], "type": before[1]}},
        f"{name} {before} to {after}",
    )
    return edits


def outside(path, before, after):
    """An edit of what stands at a path below the protocol section, from one value to another; None is absent."""
    module, _, key = path.partition(".")

    def edits(record):
        record["protocolSection"][module].pop(key, None)
        if after is not None:
            record["protocolSection"][module][key] = after

    edits.before, edits.__name__ = {key: before}, f"{path} {before!r} to {after!r}"[:80]
    return edits


ACCESS = {"hasExpandedAccess": True, "nctId": "NCT90000009", "statusForNctId": "AVAILABLE"}
NO_ACCESS = {"hasExpandedAccess": False}


def results_are_posted(record):
    record["hasResults"] = True


results_are_posted.before = {"hasResults": False, "resultsSection": None}


def results_are_withdrawn(record):
    record["hasResults"] = False
    del record["resultsSection"]


def results_are_edited(record):
    record["resultsSection"]["adverseEventsModule"]["seriousEvents"][0]["stats"] = [6, 3]


def criterion_is_narrowed(record):
    rules = record["protocolSection"]["eligibilityModule"]
    rules["eligibilityCriteria"] = rules["eligibilityCriteria"].replace("\\>= 18", "\\> 18")


def sponsor_changes_class_only(record):
    record["protocolSection"]["sponsorCollaboratorsModule"]["leadSponsor"]["class"] = "INDUSTRY"


def sponsor_is_written_the_other_way_round(record):
    sponsor = record["protocolSection"]["sponsorCollaboratorsModule"]["leadSponsor"]
    sponsor["name"] = " ".join(reversed(sponsor["name"].split()))


def new_field_appears(record):
    record["protocolSection"]["statusModule"]["moonPhase"] = "FULL"


def new_section_appears(record):
    record["astrologySection"] = {"sign": ["LEO"]}


def nobody_may_join_and_a_contact_moves(record):
    record["protocolSection"]["contactsLocationsModule"]["centralContacts"][0]["phone"] = "555-0199"


def closed_and_a_rule_changes(record):
    criterion_is_narrowed(record)


def closed_and_a_place_goes(record):
    record["protocolSection"]["contactsLocationsModule"]["locations"].pop(0)


closed_and_a_rule_changes.before = closed_and_a_place_goes.before = {"overallStatus": "ACTIVE_NOT_RECRUITING"}
nobody_may_join_and_a_contact_moves.before = {"overallStatus": "COMPLETED"}

STATUS = "startDateStruct", "primaryCompletionDateStruct", "completionDateStruct"
START, MAIN, END = STATUS
A, E = "ACTUAL", "ESTIMATED"

REPORTED = [
    (status("RECRUITING", "TERMINATED"), Kind.STATUS_STOPPED, IMPORTANT),
    (status("NOT_YET_RECRUITING", "WITHDRAWN"), Kind.STATUS_STOPPED, IMPORTANT),
    (status("UNKNOWN", "TERMINATED"), Kind.STATUS_STOPPED, IMPORTANT),
    (status("RECRUITING", "SUSPENDED"), Kind.STATUS_PAUSED, IMPORTANT),
    (status("AVAILABLE", "TEMPORARILY_NOT_AVAILABLE"), Kind.STATUS_PAUSED, IMPORTANT),
    (status("NOT_YET_RECRUITING", "RECRUITING"), Kind.STATUS_OPENED, IMPORTANT),
    (status("ACTIVE_NOT_RECRUITING", "RECRUITING"), Kind.STATUS_OPENED, IMPORTANT),
    (status("RECRUITING", "ACTIVE_NOT_RECRUITING"), Kind.STATUS_CLOSED, IMPORTANT),
    (status("ACTIVE_NOT_RECRUITING", "COMPLETED"), Kind.STATUS_CLOSED, IMPORTANT),
    (status("RECRUITING", "NOT_YET_RECRUITING"), Kind.STATUS_CHANGED, IMPORTANT),
    (status("RECRUITING", "ENROLLING_BY_INVITATION"), Kind.STATUS_CLOSED, IMPORTANT),
    (status("RECRUITING", "SOMETHING_NEW"), Kind.STATUS_CHANGED, IMPORTANT),
    (status("RECRUITING", "UNKNOWN"), Kind.BECAME_UNKNOWN, IMPORTANT),
    (status("ACTIVE_NOT_RECRUITING", "UNKNOWN"), Kind.BECAME_UNKNOWN, NOTABLE),
    (status("UNKNOWN", "RECRUITING"), Kind.NO_LONGER_UNKNOWN, IMPORTANT),
    (edit("statusModule.whyStopped", "Slow accrual"), Kind.WHY_STOPPED, IMPORTANT),
    (results_are_posted, Kind.RESULTS_POSTED, IMPORTANT),
    (results_are_withdrawn, Kind.RESULTS_WITHDRAWN, IMPORTANT),
    (results_are_edited, Kind.RESULTS_UPDATED, NOTABLE),
    (criterion_is_narrowed, Kind.ELIGIBILITY_CRITERIA, IMPORTANT),
    (edit("eligibilityModule.minimumAge", "12 Years"), Kind.AGE_LIMITS, IMPORTANT),
    (without("eligibilityModule.maximumAge"), Kind.AGE_LIMITS, IMPORTANT),
    (edit("eligibilityModule.sex", "FEMALE"), Kind.SEX, IMPORTANT),
    (edit("eligibilityModule.healthyVolunteers", True), Kind.HEALTHY_VOLUNTEERS, IMPORTANT),
    (date(START, ("2026-03-01", E), ("2026-04-01", E)), Kind.START_DATE, NOTABLE),
    (date(START, ("2026-03-01", E), ("2026-03-20", E)), Kind.START_DATE, NOTABLE),
    (date(START, ("2026-03-28", E), ("2026-04-02", E)), Kind.START_DATE, MINOR),
    (date(MAIN, ("2027-03-31", E), ("2027-06-01", E)), Kind.PRIMARY_COMPLETION_DATE, MINOR),
    (closed_and_a_rule_changes, Kind.ELIGIBILITY_CRITERIA, MINOR),
    (closed_and_a_place_goes, Kind.SITE_REMOVED, MINOR),
    (date(START, ("2026-03-01", E), ("2026-03-01", A)), Kind.START_DATE, NOTABLE),
    (date(START, ("2026-03", E), ("2026-03-01", A)), Kind.START_DATE, NOTABLE),
    (date(MAIN, ("2027-03", E), ("2027-06", E)), Kind.PRIMARY_COMPLETION_DATE, NOTABLE),
    (date(MAIN, ("2027-03", E), ("2026-12", E)), Kind.PRIMARY_COMPLETION_DATE, NOTABLE),
    (date(MAIN, ("2027-03", E), ("2027-05-31", E)), Kind.PRIMARY_COMPLETION_DATE, MINOR),
    (date(END, ("2027-09-01", E), ("2027-09-30", E)), Kind.COMPLETION_DATE, MINOR),
    (date(END, ("2027-09", E), ("2027-09", A)), Kind.COMPLETION_DATE, NOTABLE),
    (without("statusModule.completionDateStruct"), Kind.COMPLETION_DATE, NOTABLE),
    (edit("designModule.enrollmentInfo.count", 40), Kind.ENROLMENT, NOTABLE),
    (edit("designModule.enrollmentInfo.type", A), Kind.ENROLMENT, NOTABLE),
    (edit("designModule.phases", ["PHASE3"]), Kind.PHASE, NOTABLE),
    (edit("identificationModule.briefTitle", "Camomile Tea for Aching Knees"), Kind.TITLE, NOTABLE),
    (edit("identificationModule.briefTitle", "Camomile tea for knee pain."), Kind.TITLE, MINOR),
    (edit("identificationModule.acronym", "KETTLE"), Kind.TITLE, MINOR),
    (edit("conditionsModule.conditions", ["Knee Pain"]), Kind.CONDITIONS, NOTABLE),
    (edit("conditionsModule.conditions", ["Knee, pain", "Osteoarthritis"]), Kind.CONDITIONS, MINOR),
    (edit("sponsorCollaboratorsModule.leadSponsor.name", "Other Trust"), Kind.SPONSOR, NOTABLE),
    (edit("identificationModule.nctIdAliases", ["NCT90000002", "NCT90000003"]), Kind.ALIAS, NOTABLE),
    (edit("conditionsModule.keywords", ["tea", "herbs"]), Kind.KEYWORDS, MINOR),
    (edit("contactsLocationsModule.centralContacts.0.phone", "555-0199"), Kind.CONTACTS, IMPORTANT),
    (nobody_may_join_and_a_contact_moves, Kind.CONTACTS, MINOR),
    (outside("statusModule.expandedAccessInfo", NO_ACCESS, ACCESS), Kind.EXPANDED_ACCESS, IMPORTANT),
    (outside("statusModule.expandedAccessInfo", ACCESS, None), Kind.EXPANDED_ACCESS, IMPORTANT),
    (outside("statusModule.expandedAccessInfo", ACCESS, ACCESS | {"statusForNctId": "NO_LONGER_AVAILABLE"}), Kind.EXPANDED_ACCESS, IMPORTANT),
    (outside("eligibilityModule.minimumAge", "1 Year", "10 Months"), Kind.AGE_LIMITS, IMPORTANT),
    (new_field_appears, Kind.OTHER, MINOR),
    (new_section_appears, Kind.OTHER, MINOR),
]  # fmt: skip


def only_the_update_date_moves(record):
    moved = {
        "lastUpdateSubmitDate": "2026-03-10",
        "lastUpdatePostDateStruct": {"date": "2026-03-12", "type": "ESTIMATED"},
        "statusVerifiedDate": "2026-03",
    }
    record["protocolSection"]["statusModule"] |= moved


def the_day_turns(record):
    record["derivedSection"]["miscInfoModule"]["versionHolder"] = "2026-02-14"


def mesh_is_mapped_anew(record):
    record["derivedSection"]["conditionBrowseModule"] = {"browseLeaves": [{"id": "M1", "asFound": "Knee"}]}


def all_of_the_derived_section_goes(record):
    del record["derivedSection"]


def keyword_order_changes(record):
    record["protocolSection"]["conditionsModule"]["keywords"].reverse()


def sites_are_listed_in_another_order(record):
    record["protocolSection"]["contactsLocationsModule"]["locations"].reverse()


def criteria_are_laid_out_anew(record):
    rules = record["protocolSection"]["eligibilityModule"]
    text = rules["eligibilityCriteria"].replace("* ", "- ").replace("\n\n", "\r\n").replace("\\>=", "&gt;=")
    rules["eligibilityCriteria"] = text.replace("\\<2", "<2") + "  \n"


def the_title_is_in_another_unicode_form(record):
    record["protocolSection"]["identificationModule"]["briefTitle"] = (
        "Cafe\u0301 \u2018tea\u2019 \u2013 at\xa0home"
    )


the_title_is_in_another_unicode_form.before = {"briefTitle": "Caf\u00e9 'tea' - at home"}


def the_map_moves(record):
    for site in record["protocolSection"]["contactsLocationsModule"]["locations"]:
        site["geoPoint"] = {"lat": 1.5, "lon": 2.5}


def an_empty_list_stands_where_none_stood(record):
    record["protocolSection"]["contactsLocationsModule"]["overallOfficials"] = []
    record["protocolSection"]["statusModule"]["whyStopped"] = None


an_empty_list_stands_where_none_stood.before = {"overallOfficials": None, "whyStopped": None}


def a_number_is_written_with_a_point(record):
    record["protocolSection"]["designModule"]["enrollmentInfo"]["count"] = 120.0


NOT_REPORTED = [
    (edit("identificationModule.briefTitle", "A phase II/III camomile tea for knee pain"), {"text_form"}),
    (outside("statusModule.expandedAccessInfo", NO_ACCESS, None), {"empty_value"}),
    (outside("designModule.phases", None, ["NA"]), {"empty_value"}),
    (outside("eligibilityModule.minimumAge", "1 Year", "12 Months"), {"text_form"}),
    (outside("identificationModule.briefTitle", "COVID in long-term Care", "Covid in Long\u2013Term care"), {"text_form"}),
    (outside("identificationModule.officialTitle", "10\u2079 cells in 2 ml, 14 days", "10^9 cells in 2 ml, 2 weeks"), {"text_form"}),
    (outside("conditionsModule.conditions", ["Knee Pain"], ["knee pain"]), {"text_form"}),
    (outside("outcomesModule.primaryOutcomes", [{"measure": "A", "timeFrame": "1 year"}], [{"measure": "a", "timeFrame": "12 months"}]),
     {"text_form"}),
    (outside("eligibilityModule.eligibilityCriteria", "Inclusion Criteria:\n\n* Age \u2265 18 years", "INCLUSION criteria:\n* age >= 18 years"),
     {"text_form"}),
    (only_the_update_date_moves, {"verification"}),
    (the_day_turns, {"version_holder"}),
    (mesh_is_mapped_anew, {"derived"}),
    (all_of_the_derived_section_goes, {"derived", "version_holder", "submission_tracking"}),
    (keyword_order_changes, {"list_order"}),
    (sites_are_listed_in_another_order, {"list_order"}),
    (criteria_are_laid_out_anew, {"text_form"}),
    (the_title_is_in_another_unicode_form, {"text_form"}),
    (the_map_moves, {"geo_point"}),
    (an_empty_list_stands_where_none_stood, {"empty_value"}),
    (a_number_is_written_with_a_point, set()),
    (edit("statusModule.studyFirstPostDateStruct.type", E), {"post_date_type"}),
    (edit("eligibilityModule.stdAges", ["CHILD"]), {"age_groups"}),
    (date(END, ("2027-09", E), ("2027-09-30", E)), {"date_precision"}),
    (date(START, ("2026-03-15", E), ("2026-03", E)), {"date_precision"}),
    (edit("contactsLocationsModule.locations.1.city", "Napoli"), {"city_spelling"}),
    (sponsor_changes_class_only, {"text_form"}),
    (sponsor_is_written_the_other_way_round, {"text_form"}),
]  # fmt: skip


def edited(scenario):
    before = a_record(**getattr(scenario, "before", {}))
    after = a_record(**getattr(scenario, "before", {}))
    scenario(after)
    return before, after


def name(value):
    # A set has no order of its own, and the processes that share the tests must agree on their names.
    return getattr(value, "__name__", " ".join(sorted(value)) if isinstance(value, set) else str(value))


@pytest.mark.parametrize(("scenario", "kind", "weight"), REPORTED, ids=name)
def test_is_reported(scenario, kind, weight):
    before, after = edited(scenario)
    news = detect(raw(before), raw(after)).news
    assert [(change.kind, change.weight) for change in news] == [(kind, weight)]


@pytest.mark.parametrize(("scenario", "rules"), NOT_REPORTED, ids=name)
def test_is_not_reported(scenario, rules):
    before, after = edited(scenario)
    difference = detect(raw(before), raw(after))
    assert difference.news == ()
    assert set(difference.noise) == rules


@pytest.mark.parametrize("scenario", [row[0] for row in [*REPORTED, *NOT_REPORTED]], ids=name)
def test_the_changes_lead_from_the_old_record_to_the_new(scenario):
    before, after = edited(scenario)
    changes = detect(before, after).changes
    assert applied(watched(before), changes) == watched(after)
    assert (fingerprint(before) == fingerprint(after)) is (not changes)


def test_before_and_after_are_the_registrys_own_text():
    before, after = edited(criterion_is_narrowed)
    (change,) = detect(before, after).changes
    assert change.path == "protocolSection.eligibilityModule.eligibilityCriteria"
    assert "* Age \\>= 18 years\n" in change.before
    assert "* Age \\> 18 years\n" in change.after


def test_why_it_stopped_stands_beside_the_status():
    before = a_record(whyStopped=None)
    after = a_record(overallStatus="TERMINATED", whyStopped="No tea left")
    first, second = detect(before, after).changes
    assert (first.kind, first.before, first.after) == (Kind.STATUS_STOPPED, "RECRUITING", "TERMINATED")
    assert (second.kind, second.before, second.after) == (Kind.WHY_STOPPED, None, "No tea left")


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [("RECRUITING", "SUSPENDED", (None, "Drug supply")), ("SUSPENDED", "RECRUITING", ("Drug supply", None))],
)
def test_a_reason_that_comes_or_goes_with_the_status_is_told_with_it(before, after, why):
    ours, theirs = (
        a_record(overallStatus=code, whyStopped=words)
        for code, words in zip((before, after), why, strict=True)
    )
    assert len(detect(ours, theirs).news) == 1
    assert len(detect(ours, theirs).changes) == 2


def test_what_follows_from_another_change_is_no_news():
    before = a_record(lastKnownStatus=None)
    difference = detect(before, a_record(overallStatus="UNKNOWN"))
    assert [change.kind for change in difference.news] == [Kind.BECAME_UNKNOWN]
    assert [(c.kind, c.weight) for c in difference.changes[1:]] == [(Kind.LAST_KNOWN_STATUS, HOUSEKEEPING)]
    assert difference.noise == {"echo": 1}


def test_the_parts_of_new_results_are_no_news_of_their_own():
    before = a_record(hasResults=False, resultsSection=None, resultsFirstPostDateStruct=None)
    assert [change.kind for change in detect(before, a_record()).news] == [Kind.RESULTS_POSTED]


def test_changes_are_told_heaviest_first_and_then_in_the_tables_order():
    before = a_record()
    after = a_record(
        keywords=["tea"], overallStatus="SUSPENDED", briefTitle="Other words", minimumAge="1 Year"
    )
    assert [change.weight for change in detect(before, after).changes] == [IMPORTANT] * 2 + [NOTABLE] + [
        MINOR
    ] * 2
    assert detect(before, after).changes[0].kind is Kind.STATUS_PAUSED


def test_neither_record_is_altered():
    before, after = edited(results_are_withdrawn)
    first, second = raw(before), raw(after)
    applied(watched(before), detect(before, after).changes)
    assert (raw(before), raw(after)) == (first, second)


def test_bytes_that_are_no_record_are_refused():
    with pytest.raises(RecordUnreadable):
        detect(raw(a_record()), b"<html>")


def test_weights_are_ordered_and_sort_in_a_database():
    assert Weight.IMPORTANT > Weight.NOTABLE > Weight.MINOR > Weight.HOUSEKEEPING
    assert [weight.rank for weight in Weight] == [0, 1, 2, 3]


def test_what_no_row_names_comes_last_and_every_kind_says_what_it_means():
    assert list(Kind)[-1] is Kind.OTHER
    assert all(kind.means for kind in Kind)
