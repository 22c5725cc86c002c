import msgspec
import pytest
from factories import a_record, raw

from notifier.domain.study import (
    Enrollment,
    Header,
    Location,
    OverallStatus,
    PublishedDate,
    Same,
    Study,
    content_digest,
    decode,
    decode_header,
    decode_if_new,
    decode_page,
    document,
    parse_nct_id,
)
from notifier.errors import NctIdError, RecordUnreadable, RegistryUnavailable


@pytest.mark.parametrize("typed", ["NCT90000001", "  nct90000001\n", "Nct90000001"])
def test_an_id_is_trimmed_and_upper_cased(typed):
    assert parse_nct_id(typed) == "NCT90000001"


@pytest.mark.parametrize(
    "typed", ["", "NCT", "NCT9000000", "NCT900000011", "90000001", "NCT" + "\u0661" * 8, "NCT9000000 1"]
)
def test_what_is_no_id_is_refused_with_an_example(typed):
    with pytest.raises(NctIdError, match="NCT and eight digits, such as NCT01234567"):
        parse_nct_id(typed)


def test_a_record_is_read_as_published():
    study = decode(raw(a_record(startDateStruct__date="2025-05")))
    assert (study.nct_id, study.aliases) == ("NCT90000001", ("NCT90000002",))
    assert study.overall_status is OverallStatus.RECRUITING
    assert study.start_date == PublishedDate("2025-05", "ACTUAL")
    assert study.conditions == ("Knee Pain", "Osteoarthritis")
    assert (study.enrollment.count, study.enrollment.type) == (120, "ESTIMATED")
    assert study.eligibility.minimum_age == "18 Years"


def test_sites_arms_and_measures_are_read():
    study = decode(raw(a_record()))
    site = study.locations[0]
    assert (site.facility, site.country, site.contacts[0].phone) == (
        "Seaside Hospital",
        "United States",
        "555-0102",
    )
    assert study.locations[1].geo_point is not None
    assert [arm.label for arm in study.arms] == ["Camomile tea", "Warm water"]
    assert study.interventions[0].other_names == ("Matricaria",)
    assert study.primary_outcomes[0].time_frame == "12 weeks"
    assert study.central_contacts[0].email == "ada@example.org"


@pytest.mark.parametrize("form", [bytes, msgspec.Raw])
def test_the_raw_bytes_are_kept_exactly(form):
    sent = b" " + raw(a_record(briefTitle="Age <18 & “older” é")).replace(b",", b", ", 3) + b"\n"
    study = decode(form(sent))
    assert study.raw == sent
    assert study.brief_title == "Age <18 & “older” é"


def test_a_bare_record_is_readable():
    study = decode(b'{"protocolSection":{"identificationModule":{"nctId":"NCT90000001"}}}')
    assert (study.overall_status, study.locations, study.has_results) == (None, (), False)


@pytest.mark.parametrize(
    "override",
    [
        {"phases": ["PHASE9"]},
        {"studyType": "DREAM"},
        {"startDateStruct__type": "GUESSED"},
        {"interventions": [{"type": "HOPE", "name": "x"}]},
        {"locations": [{"status": "ON_FIRE", "facility": "x"}]},
        {"minimumAge": "1 Fortnight"},
    ],
)
def test_words_never_seen_before_stay_text(override):
    assert decode(raw(a_record(**override))).nct_id == "NCT90000001"


@pytest.mark.parametrize(
    ("override", "field", "read"),
    [
        ({"overallStatus": "PAUSED"}, "overall_status", "PAUSED"),
        ({"overallStatus": 7}, "overall_status", None),
        ({"lastKnownStatus": "recruiting"}, "last_known_status", "recruiting"),
        ({"briefTitle": 7}, "brief_title", None),
        ({"hasResults": "yes"}, "has_results", False),
        ({"locations": {"facility": "x"}}, "locations", (Location(facility="x"),)),
        ({"enrollmentInfo": {"count": "many", "type": "ACTUAL"}}, "enrollment", Enrollment(type="ACTUAL")),
        ({"conditions": [1, "Asthma"]}, "conditions", ("Asthma",)),
    ],
)
def test_words_stay_words_and_what_is_not_as_described_counts_as_absent(override, field, read):
    assert getattr(decode(raw(a_record(**override))), field) == read


@pytest.mark.parametrize("read", [decode, decode_header])
@pytest.mark.parametrize("nct_id", ["NCT1", "nct90000001", "NCT90000001\n", 5, None])
def test_a_record_without_a_good_id_is_refused(read, nct_id):
    with pytest.raises(RecordUnreadable, match="nctId"):
        read(raw(a_record(identificationModule={"nctId": nct_id})))


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"<html>busy</html>", b"\xff\xfe", b'{"protocolSection":{}}']
)
@pytest.mark.parametrize("read", [decode, decode_header])
def test_what_is_no_record_is_refused(read, body):
    with pytest.raises(RecordUnreadable):
        read(body)


def test_a_lone_text_of_a_copied_record_is_a_list_of_one():
    study = decode(raw(a_record(conditions="Knee Pain", keywords={})))
    assert (study.conditions, study.keywords) == (("Knee Pain",), ())


@pytest.mark.parametrize("half", ["lat", "lon"])
def test_half_a_point_on_the_map_is_none_and_costs_no_record(half):
    record = a_record()
    del record["protocolSection"]["contactsLocationsModule"]["locations"][0]["geoPoint"][half]
    first, second, *_ = decode(raw(record)).locations
    assert (first.geo_point, second.geo_point is None) == (None, False)


def test_a_header_has_the_dates_a_sweep_asks_for():
    assert decode_header(raw(a_record())) == Header("NCT90000001", "2025-03-09", "2026-02-12")
    assert decode_header(b'{"protocolSection":{"identificationModule":{"nctId":"NCT90000001"}}}').nct_id


def test_content_that_is_known_is_not_read_again():
    known = {"NCT90000001": content_digest(raw(a_record()))}
    stamped = msgspec.Raw(raw(a_record(derivedSection={"miscInfoModule": {"versionHolder": "2026-02-14"}})))
    assert decode_if_new(stamped, known) == Same("NCT90000001", ("NCT90000002",))
    for new in (a_record(briefTitle="Another"), a_record(identificationModule__nctId="NCT90000003")):
        study = decode_if_new(raw(new), known)
        assert isinstance(study, Study)
        assert study.raw == raw(new)


def test_a_record_is_known_by_the_digest_of_its_own_study_alone():
    digest = content_digest(raw(a_record()))
    assert isinstance(decode_if_new(raw(a_record()), {"NCT90000002": digest}), Study)
    assert isinstance(decode_if_new(raw(a_record()), {}), Study)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"protocolSection":7}'])
def test_what_cannot_be_read_is_refused_whatever_is_known(body):
    with pytest.raises(RecordUnreadable):
        decode_if_new(body, {"NCT90000001": content_digest(raw(a_record()))})


def test_ids_of_a_copied_record_are_read_wholly():
    copied = raw(a_record(nctIdAliases="NCT90000002"))
    study = decode_if_new(copied, {"NCT90000001": content_digest(copied)})
    assert isinstance(study, Study)
    assert study.aliases == ("NCT90000002",)


def test_one_unreadable_record_does_not_touch_the_others_of_its_page():
    good, bad = raw(a_record()), raw(a_record(overallStatus="PAUSED"))
    page = decode_page(b'{"totalCount":3,"nextPageToken":"t","studies":[' + good + b"," + bad + b", 7]}")
    assert (page.total_count, page.next_page_token) == (3, "t")
    assert [bytes(study) for study in page.studies] == [good, bad, b"7"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"study":[]}', b'{"studies":{}}', b"<html>", b'{"studies":[', b"\xff"]
)
def test_what_is_no_page_is_no_answer(body):
    with pytest.raises(RegistryUnavailable, match="not a page of studies"):
        decode_page(body)


def test_the_document_is_the_whole_record():
    record = a_record()
    assert document(raw(record)) == record


def test_the_set_up_is_read():
    design = decode(raw(a_record())).design
    assert (design.allocation, design.intervention_model, design.primary_purpose) == (
        "RANDOMIZED",
        "PARALLEL",
        "TREATMENT",
    )
    assert (design.masking, design.who_masked) == ("DOUBLE", ("PARTICIPANT", "INVESTIGATOR"))


@pytest.mark.parametrize(
    "override",
    [
        {"designInfo": ["RANDOMIZED"]},
        {"designInfo__allocation": 7},
        {"maskingInfo": "DOUBLE"},
        {"whoMasked": {"PARTICIPANT": True}},
        {"patientRegistry": "Yes"},
        {"expandedAccessInfo": []},
    ],
)
def test_a_set_up_in_another_form_hides_no_record(override):
    assert decode(raw(a_record(**override))).brief_title == "Camomile Tea for Knee Pain"
