"""What was false, frightening or of no use in mails of real changes, each as the smallest records that bring it about."""

from zoneinfo import ZoneInfo

import mails
import pytest

from notifier.domain.changes import Kind, Weight, detect
from notifier.domain.wording import speech, tell
from notifier.domain.wording.shapes import Mark
from notifier.domain.wording.texts import edits

ENGLISH, ZONE = speech("en"), ZoneInfo("Europe/Copenhagen")


def open_study(**changes):
    return mails.record(**{"overallStatus": "RECRUITING"} | changes)


def described(**texts):
    made = open_study()
    made["protocolSection"]["descriptionModule"] = texts
    return made


def mail_of(before, after):
    return " ".join(mails.renderer().render(mails.letter(mails.entry(before, after))).text.split())


def tellings_of(before, after):
    entry = mails.entry(before, after)
    return tell(ENGLISH, entry.study, entry.told, ZONE)


def place(city, status="RECRUITING", **changes):
    return {"facility": f"{city} Hospital", "city": city, "country": "Norway", "status": status} | changes


def of_places(before, after, **changes):
    (telling,) = tellings_of(*(open_study(locations=listed, **changes) for listed in (before, after)))
    return telling


def until(date):
    return {"completionDateStruct": {"date": date, "type": "ESTIMATED"}}


def planned(number):
    return {"enrollmentInfo": {"count": number, "type": "ESTIMATED"}}


def marked(text, runs):
    return (
        "".join(f"*{run.text}*" if run.mark is not Mark.PLAIN else run.text for run in runs) if text else ""
    )


@pytest.mark.parametrize(
    ("later", "fewer", "said"),
    [
        ({}, {}, ""),
        (until("2029-09"), {}, "The study also expects to finish later than planned."),
        ({}, planned(200), "The study also plans for fewer people."),
        (until("2029-09"), planned(200), "The study also expects to finish later than planned and plans for fewer people."),
        (until("2028-01"), planned(490), ""),
    ],
)  # fmt: skip
def test_a_headline_of_good_news_says_what_is_bad(later, fewer, said):
    before = open_study(locations=[place("Oslo")], **until("2028-09"))
    after = open_study(**{"locations": [place("Oslo"), place("Moss")]} | until("2028-09") | later | fewer)
    first = mail_of(before, after).partition(" Blood Test")[0]
    assert first.endswith(said or "follow.")
    assert ("The study also" in first) is bool(said)


def test_beside_a_stop_nothing_else_leads():
    before = open_study(enrollmentInfo={"count": 500, "type": "ESTIMATED"})
    after = mails.record(overallStatus="TERMINATED", enrollmentInfo={"count": 9, "type": "ACTUAL"})
    assert "The study also" not in mail_of(before, after)


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        ([], ""),
        ([place("Moss", "COMPLETED")], "The study also has a place that is no longer listed as open."),
        ([None], "The study also no longer lists a place."),
        ([None, None], "The study also no longer lists some places."),
        ([place("Moss", "SUSPENDED"), None], "The study also has places that are no longer listed as open."),
    ],
)
def test_a_headline_of_new_places_says_which_were_lost(lost, said):
    had = [place("Moss"), place("Voss")][: len(lost)]
    telling = of_places(had, [place("Oslo"), *filter(None, lost)])
    assert telling.headline.partition(" in a study you follow.")[2].strip() == said


def test_a_place_that_never_opened_is_not_said_to_have_paused():
    telling = of_places([place("Oslo", "NOT_YET_RECRUITING")], [place("Oslo", "SUSPENDED")])
    assert telling.headline == "A place was paused before it opened in a study you follow."


def test_of_places_that_ended_alike_what_they_were_before_is_shown():
    towns = ("Oslo", "Moss", "Voss", "Alta")
    telling = of_places([place(town) for town in towns], [place(town, "COMPLETED") for town in towns])
    assert telling.lines[0].text.endswith("Alta Hospital (Recruiting → Completed)")
    assert telling.notes[1] == "The record does not say why."


def test_another_contact_at_a_place_is_shown_with_the_one_before():
    old, new = ({"name": "Kari", "phone": number} for number in ("555-0177", "555-0188"))
    telling = of_places([place("Oslo", contacts=[old])], [place("Oslo", contacts=[new])])
    shown = [(line.label, line.text) for line in telling.lines]
    assert shown[1:] == [("Contact there", "Kari, 555-0188"), ("Before", "Kari, 555-0177")]


def test_a_post_code_is_told_alone_and_not_beside_news():
    moved = [place("Oslo", zip="0450")], [place("Oslo", zip="0499")]
    assert of_places(*moved).lines
    lines = of_places(moved[0], [*moved[1], place("Moss")]).lines
    assert [(line.label, line.text) for line in lines][1:] == [
        ("Still looking for participants", "1 other place")
    ]


def test_what_stands_for_a_name_is_left_out():
    new = place("Moss", contacts=[{"name": "Site Contact", "phone": "555-0177"}])
    assert of_places([], [new]).lines[-1].text == "555-0177"


@pytest.mark.parametrize(
    ("status", "weight"),
    [("SUSPENDED", Weight.IMPORTANT), ("RECRUITING", Weight.IMPORTANT), ("COMPLETED", Weight.MINOR)],
)
def test_the_last_contact_that_goes_is_said_to_be_the_last(status, weight):
    before, after = (mails.record(overallStatus=status, centralContacts=one) for one in ([mails.CONTACT], []))
    (telling,) = tellings_of(before, after)
    assert telling.weight is weight
    assert telling.means.endswith("the record no longer names a contact for the whole study.")


def test_one_more_contact_is_worth_knowing():
    before, after = (open_study(centralContacts=one) for one in ([], [mails.CONTACT]))
    (telling,) = tellings_of(before, after)
    assert (telling.weight, telling.kinds) == (Weight.NOTABLE, (Kind.CONTACTS,))


DESCRIPTION = (
    "Part C is the randomized part of the study (n=60). Blood is taken in week 5 and in week 10. " * 4
)


@pytest.mark.parametrize(
    ("edit", "weight"),
    [
        (("n=60", "n=14"), Weight.NOTABLE),
        (("the randomized part of", "a part of"), Weight.NOTABLE),
        (("Blood is taken", "Blood gets taken"), Weight.MINOR),
    ],
)
def test_a_long_description_weighs_by_what_changed_in_it(edit, weight):
    times = 1 if weight is Weight.MINOR else -1
    before, after = (
        described(detailedDescription=text) for text in (DESCRIPTION, DESCRIPTION.replace(*edit, times))
    )
    assert [change.weight for change in detect(before, after).news] == [weight]


@pytest.mark.parametrize(
    ("after", "weight"),
    [
        ("Subjects take tea for 12 weeks.", Weight.MINOR),
        ("Patients take coffee for 12 weeks.", Weight.NOTABLE),
        ("Patients take tea for 24 weeks.", Weight.NOTABLE),
        ("Patients take tea for < 12 weeks.", Weight.NOTABLE),
    ],
)
def test_a_summary_that_calls_people_otherwise_is_the_same(after, weight):
    texts = "Patients take tea for 12 weeks.", after
    (change,) = detect(*(described(briefSummary=text) for text in texts)).news
    assert change.weight is weight


@pytest.mark.parametrize(
    ("before", "after", "was", "now"),
    [
        (
            "Has a history of (non-infectious) interstitial lung disease (ILD)/pneumonitis",
            "Has any history of ILD/pneumonitis",
            "Has *a* history of *(non-infectious) interstitial lung disease (ILD)/pneumonitis*",
            "Has *any* history of *ILD/pneumonitis*",
        ),
        ("every week (Q3W).", "every 3 weeks (Q3W).", "every *week* (Q3W).", "every *3 weeks* (Q3W)."),
        ("in week 5, then week 10", "in week 5, 7, then week 10", "in week 5, then week 10", "in week 5, *7*, then week 10"),
    ],
)  # fmt: skip
def test_marks_hold_whole_words_and_no_signs_that_hang_on_others(before, after, was, now):
    sides = edits(before, after)
    assert [marked(True, runs) for runs in sides] == [was, now]


def test_an_edit_that_was_told_is_not_told_again():
    text = (
        "Sub-study 3 will investigate camomile tea in people who had two treatments before and go on in {}."
    )

    def study(line):
        made = described(detailedDescription=text.format(line))
        arms = [{"label": "Tea", "type": "EXPERIMENTAL", "description": text.format(line)}]
        made["protocolSection"]["armsInterventionsModule"] = {"armGroups": arms}
        return made

    assert [telling.kinds for telling in tellings_of(study("2L"), study("2/3L"))] == [(Kind.ARM_CHANGED,)]


@pytest.mark.parametrize(
    ("changes", "means", "notes"),
    [
        ({"acronym": "TEA"}, "the short name of this study changed.", ()),
        ({"briefTitle": "Tea for Knees"}, "the title of this study changed.", ()),
        ({"briefTitle": "Tea for Knees", "acronym": "TEA"}, "the title and the short name of this study changed.", ()),
        (
            {"briefTitle": "Blood Test to Find Returning Cancer of the Oligometastatic Kind Before Scans Do"},
            "the title of this study changed.",
            ("The title names the condition in other words than before.",),
        ),
    ],
)  # fmt: skip
def test_a_title_says_which_of_its_names_changed_and_whether_it_names_a_condition(changes, means, notes):
    before, after = open_study(), open_study()
    after["protocolSection"]["identificationModule"].update(changes)
    (telling,) = tellings_of(before, after)
    assert telling.means.endswith(means)
    assert telling.notes == notes


@pytest.mark.parametrize("status", ["NOT_YET_RECRUITING", "RECRUITING"])
def test_nobody_is_told_to_ask_whom_the_record_does_not_name(status):
    before, after = (mails.record(overallStatus=code, centralContacts=[]) for code in (status, "UNKNOWN"))
    after["protocolSection"]["statusModule"]["lastKnownStatus"] = status
    text = mail_of(before, after)
    assert "The record names no contact for the whole study." in text
    assert "Ask the study team" not in text
    assert ("If you take part" in text) is (status == "RECRUITING")


def test_what_has_not_begun_asks_nobody_who_takes_part():
    before, after = (mails.record(**until(date)) for date in ("2028-09", "2029-09"))
    assert "If you take part" not in mail_of(before, after)
    going_on = [open_study(**until(date)) for date in ("2028-09", "2029-09")]
    assert "If you take part in this study - Ask the study team what this means" in mail_of(*going_on)


def test_a_partner_of_the_sponsor_is_told_by_its_name():
    before, after = open_study(), open_study()
    after["protocolSection"]["sponsorCollaboratorsModule"] = {
        "collaborators": [{"name": "Tea Inc.", "class": "INDUSTRY"}]
    }
    (telling,) = tellings_of(before, after)
    assert [line.text for line in telling.lines] == ["Tea Inc."]


def test_nobody_is_treated_where_the_study_has_not_begun():
    old, new = ([place("Oslo"), place("Moss")], [place("Oslo")])
    before, after = (mails.record(locations=listed) for listed in (old, new))
    assert "If you are treated" not in mail_of(before, after)
    on_hold = mails.record(overallStatus="SUSPENDED", centralContacts=[])
    assert "If you take part" not in mail_of(mails.record(centralContacts=[]), on_hold)


def test_a_place_that_is_named_at_last_is_said_to_be():
    old, new = (place("Oslo", facility=name) for name in ("Research Site 9", "Ullevål Hospital"))
    telling = of_places([old], [new])
    assert telling.means.endswith("the record now names a place that it did not name before.")
    assert of_places([new], [old]).means.endswith("a place is listed under another name.")


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ("2030-08-15", "about 23.5 months later"),
        ("2031-01-01", "2 years 4 months later"),
        ("2031-09-01", "3 years later"),
        ("2030-09-17", "more than 2 years later"),
        ("2035-06-01", "6 years 9 months later"),
        ("2028-10-01", "1 month later"),
        ("2028-08-01", "1 month earlier"),
    ],
)
def test_moves_are_told_in_months_and_years(after, said):
    (telling,) = tellings_of(*(open_study(**until(date)) for date in ("2028-09-01", after)))
    assert telling.lines[-1].text == said


@pytest.mark.parametrize(
    ("before", "after", "means"),
    [
        (None, "2028-09", "the record gives a date that it did not give before."),
        ("2028-09", None, "the record does not give a date any more that it gave before."),
    ],
)
def test_a_date_that_is_given_at_last_did_not_change(before, after, means):
    (telling,) = tellings_of(
        *(
            open_study(completionDateStruct=date and until(date)["completionDateStruct"])
            for date in (before, after)
        )
    )
    assert telling.means.endswith(means)
    assert [(line.label, line.text) for line in telling.lines] == [
        ("End of the study", "September 2028 (planned)")
    ]


def test_what_is_studied_leads_before_the_title():
    before, after = open_study(), open_study(conditions=["Oligometastatic Cancer"])
    after["protocolSection"]["identificationModule"]["briefTitle"] = "Tea for Knees"
    assert mail_of(before, after).startswith("The conditions listed for a study you follow have changed.")


def test_a_headline_says_which_date_moved():
    before, after = (
        open_study(locations=listed, primaryCompletionDateStruct={"date": date, "type": "ESTIMATED"})
        for listed, date in (([place("Oslo")], "2028-06"), ([place("Oslo"), place("Moss")], "2029-06"))
    )
    assert "The study also plans its last main measurement for later." in mail_of(before, after)


def test_a_place_that_was_out_before_it_left_the_list_is_no_loss():
    out = place("Moss", "WITHDRAWN")
    telling = of_places([place("Oslo"), out], [place("Oslo", "COMPLETED")])
    assert [line.label for line in telling.lines] == ["Ended, and no longer looking for participants"]


def test_a_new_place_without_a_status_is_new_in_the_list():
    new = {"facility": "Moss Hospital", "city": "Moss", "country": "Norway"}
    assert of_places([place("Oslo")], [place("Oslo"), new]).lines[0].label == "New in the list"


@pytest.mark.parametrize(
    ("now", "kind"),
    [
        ("The frequency and severity of adverse events.", Kind.PRIMARY_OUTCOME_REWORDED),
        ("Overall survival after a year of tea", Kind.PRIMARY_OUTCOME_SWAPPED),
    ],
)
def test_a_measure_that_is_only_cut_short_is_not_put_in_place_of_one(now, kind):
    was = "Frequency and severity of adverse events, including but not limited to cytokine release syndrome, fever and rash"
    records = [open_study(), open_study()]
    for each, name in zip(records, (was, now), strict=True):
        each["protocolSection"]["outcomesModule"] = {"primaryOutcomes": [{"measure": name}]}
    assert [change.kind for change in detect(*records).news] == [kind]


def test_words_around_an_edit_are_not_those_of_one_group_of_several():
    def study(words):
        made = open_study()
        arms = [
            {
                "label": name,
                "description": f"People who take {name} " * 20
                + f"until the pain is gone{words}, or {name} is out",
            }
            for name in ("Camomile", "Peppermint", "Sage")
        ]
        made["protocolSection"]["armsInterventionsModule"] = {"armGroups": arms}
        return made

    (telling,) = tellings_of(study(" as judged by the study doctor"), study(""))
    assert [(line.label, line.text) for line in telling.lines] == [
        ("About", "3 groups of participants"),
        ("Words taken out", "as judged by the study doctor"),
    ]


def test_people_may_take_part_in_what_was_open_before():
    before, after = (
        mails.record(overallStatus=code, centralContacts=[]) for code in ("RECRUITING", "NOT_YET_RECRUITING")
    )
    assert "If you take part, ask those who treat you." in mail_of(before, after)


CONTRADICTION = "The record contradicts itself: it lists the study as looking for participants, and yet as starting later: 1 November 2027."


def starts(before, after, status="RECRUITING"):
    both = (
        mails.record(overallStatus=status, startDateStruct={"date": date, "type": "ESTIMATED"})
        for date in (before, after)
    )
    (telling,) = tellings_of(*both)
    return telling


@pytest.mark.parametrize("status", ["RECRUITING", "ENROLLING_BY_INVITATION", "ACTIVE_NOT_RECRUITING"])
def test_a_start_that_is_ahead_of_a_study_that_has_begun_contradicts_its_status(status):
    telling = starts("2027-02-01", "2027-09-01", status)
    assert "expects to start" not in telling.headline + telling.means + telling.also
    assert telling.notes[0].startswith("The record contradicts itself: ")
    assert not starts("2027-02-01", "2027-09-01", "NOT_YET_RECRUITING").notes


@pytest.mark.parametrize("status", ["RECRUITING", "NOT_YET_RECRUITING"])
def test_a_start_that_moved_to_a_day_in_the_past_says_so_and_how_the_study_stands(status):
    telling = starts("2026-09-01", "2026-11-01", status)
    assert telling.means.endswith("The new date had passed already.")
    assert telling.lines[-1].label == "Status"


def of_treatments(before, after, status="RECRUITING"):
    records = [mails.record(overallStatus=status) for _ in range(2)]
    for each, names in zip(records, (before, after), strict=True):
        listed = [name if isinstance(name, dict) else {"name": name} for name in names]
        each["protocolSection"]["armsInterventionsModule"] = {"interventions": listed}
    (telling,) = tellings_of(*records)
    return telling


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Cohort 3A", Kind.ARM_ADDED),
        ("Arm B", Kind.ARM_ADDED),
        ("Group IV", Kind.ARM_ADDED),
        ({"name": "Arm B: tea", "armGroupLabels": ["Arm B: tea"]}, Kind.ARM_ADDED),
        ("Armodafinil", Kind.INTERVENTION_ADDED),
        ("Group therapy", Kind.INTERVENTION_ADDED),
        ({"name": "Fludarabine", "armGroupLabels": ["Fludarabine"]}, Kind.INTERVENTION_ADDED),
    ],
)
def test_the_name_of_a_group_is_no_new_treatment(name, kind):
    telling = of_treatments(["Tea"], ["Tea", name], "ACTIVE_NOT_RECRUITING")
    assert telling.kinds == (kind,)
    if kind is Kind.ARM_ADDED:
        assert telling.notes[0].endswith("is the name of a group, not of a treatment.")
        assert telling.notes[1] == "The study takes no new participants."


@pytest.mark.parametrize(
    ("before", "after", "headline"),
    [
        ([], ["Pain"], "The record of a study you follow now lists main measures. Before, it listed none."),
        (["Pain"], [], "The record of a study you follow lists no main measures any more."),
        (["Pain"], ["Pain", "Sleep"], "What a study you follow measures has changed."),
    ],
)
def test_a_list_that_was_empty_for_once_did_not_grow(before, after, headline):
    records = [open_study(), open_study()]
    for each, names in zip(records, (before, after), strict=True):
        each["protocolSection"]["outcomesModule"] = {"primaryOutcomes": [{"measure": one} for one in names]}
    (telling,) = tellings_of(*records)
    assert telling.headline == headline
    assert ("added to" in telling.means) is (len(before) == 1 == len(after) - 1)


def test_a_list_of_which_all_was_put_in_place_of_all_was_not_empty():
    records = [open_study(), open_study()]
    names = ["Pain in the knee", "Sleep at night"], ["Overall survival", "Cost of care", "Days off work"]
    for each, measures in zip(records, names, strict=True):
        each["protocolSection"]["outcomesModule"] = {
            "primaryOutcomes": [{"measure": one} for one in measures]
        }
    told = tellings_of(*records)
    assert {kind for telling in told for kind in telling.kinds} == {
        Kind.PRIMARY_OUTCOME_ADDED,
        Kind.PRIMARY_OUTCOME_DROPPED,
    }
    assert not any("empty" in telling.headline for telling in told)


@pytest.mark.parametrize("before", ["RECRUITING", "ACTIVE_NOT_RECRUITING", "UNKNOWN", "TERMINATED"])
def test_of_a_completed_study_nobody_claims_that_a_plan_was_kept(before):
    text = mail_of(*(mails.record(overallStatus=status) for status in (before, "COMPLETED")))
    assert "as planned" not in text
    assert "If you took part in this study" in text
    assert "Do not stop or change any treatment without" not in text
    assert ("Before, its status was not known" in text) is (before == "UNKNOWN")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([], [mails.CONTACT], "now names someone to contact about the whole study. Before, it named nobody."),
        ([mails.CONTACT], [mails.CONTACT, {"name": "Ane", "phone": "555-0177"}], "names more contacts"),
        ([mails.CONTACT, {"name": "Ane", "phone": "555-0177"}], [mails.CONTACT], "names fewer contacts"),
        ([mails.CONTACT], [{"name": "Ane", "phone": "555-0177"}], "people to contact about this study have changed"),
    ],
)  # fmt: skip
def test_contacts_changed_only_where_there_were_some_before(before, after, said):
    (telling,) = tellings_of(*(open_study(centralContacts=listed) for listed in (before, after)))
    assert said in telling.means


def test_a_contact_at_a_place_that_named_none_is_said_to_be_there_now():
    telling = of_places([place("Oslo")], [place("Oslo", contacts=[{"name": "Kari", "phone": "555-0177"}])])
    assert telling.means.endswith("a place now names someone to contact.")


@pytest.mark.parametrize(("opened", "said"), [(3, "some places"), (5, "5 of 6 places"), (6, "all 6 places")])
def test_what_happened_to_most_places_is_said_in_numbers(opened, said):
    towns = ("Oslo", "Moss", "Voss", "Alta", "Bodo", "Tana")
    before = [place(town, "NOT_YET_RECRUITING") for town in towns]
    telling = of_places(before, [place(town) for town in towns[:opened]] + before[opened:])
    assert telling.means.endswith(f"{said} are now listed as looking for participants.")


def test_an_entry_of_a_list_shows_what_each_of_its_parts_is():
    arm = {"label": "Arm B", "type": "NO_INTERVENTION", "description": "Observation"}
    records = [open_study(), open_study()]
    for each, listed in zip(records, ([arm, arm | {"label": "Tea"}], [arm | {"label": "Tea"}]), strict=True):
        each["protocolSection"]["armsInterventionsModule"] = {"armGroups": listed}
    (telling,) = tellings_of(*records)
    assert telling.lines[0].text == "Arm B: Observation (Type: No intervention)"
    assert "It still lists another group of this kind." in telling.notes


def test_before_and_now_stand_with_the_status_and_not_below_the_reason():
    after = mails.record(overallStatus="SUSPENDED", whyStopped="FDA")
    letter = mails.letter(mails.entry(open_study(), after))
    mail = mails.renderer().render(letter)
    for text in (mail.text, mail.html):
        assert (
            text.index("Suspended")
            < text.index("study team wrote")
            < text.index("“FDA”" if text is mail.text else "FDA")
        )


def test_a_few_places_are_named_with_their_towns_and_many_are_not():
    towns = ["Oslo", "Moss", "Voss", "Alta", "Bodo", "Tana", "Hamar"]
    named = [place(town, facility=f"Clinic {number}") for number, town in enumerate(towns)]
    assert "Norway: Clinic 0 (Oslo), Clinic 1 (Moss)" in of_places([], named).lines[0].text
    assert "Norway: Oslo, Moss" in of_places([], [*named, place("Lom")]).lines[0].text


def test_a_bare_post_code_is_said_to_be_one():
    old, new = (
        place("Oslo", status, facility="Research Site", zip=code)
        for status, code in (("NOT_YET_RECRUITING", "0450"), ("RECRUITING", "0370"))
    )
    other = [place("Moss", "NOT_YET_RECRUITING", facility="Research Site")]
    opened = [new, place("Moss", facility="Research Site")]
    lines = of_places(
        [new | {"status": "NOT_YET_RECRUITING"}, old, *other], [*opened, old | {"status": "WITHDRAWN"}]
    ).lines
    assert "Oslo (post code 0370)" in lines[0].text


@pytest.mark.parametrize(
    ("contacts", "places", "said"),
    [
        ([mails.CONTACT], [place("Oslo")], "ask the study team whether it is open at the place nearest to you"),
        ([], [place("Oslo")], "ask your doctor or nurse to help you reach one of its places."),
        ([], [], "The record names neither a contact nor a place."),
    ],
)  # fmt: skip
def test_who_might_join_a_study_that_opens_is_told_whom_to_ask(contacts, places, said):
    changes = {"centralContacts": contacts, "locations": places}
    text = mail_of(mails.record(**changes), open_study(**changes))
    assert said in text
    assert ("Places: Oslo Hospital" in text) is bool(places)
    assert "If you take part, ask those who treat you" not in text


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ([place("Moss")], "Moss Hospital, Moss, Norway"),
        ([place(town) for town in ("Moss", "Voss", "Alta", "Bodo")], "4 other places"),
    ],
)
def test_where_a_study_goes_on_is_said_beside_a_place_that_is_lost(others, said):
    telling = of_places([place("Oslo"), *others], others)
    last = telling.lines[-1]
    assert (last.label, last.text) == ("Still looking for participants", said)
    silent = [{key: part for key, part in one.items() if key != "status"} for one in others]
    assert of_places([place("Oslo"), *silent], silent).lines[-1].label == "Still listed"


def test_nothing_is_left_where_the_last_open_place_went():
    shut = place("Moss", "SUSPENDED")
    assert (
        "No other place is listed as looking for participants."
        in of_places([place("Oslo"), shut], [shut]).notes
    )


@pytest.mark.parametrize(
    ("day", "status", "notes"),
    [
        ("2026-11-01", "RECRUITING", ["The date had passed already when it was given."]),
        ("2027-11-01", "NOT_YET_RECRUITING", []),
        ("2027-11-01", "RECRUITING", [CONTRADICTION]),
    ],
)
def test_a_start_that_is_given_at_last_says_whether_it_has_passed(day, status, notes):
    given = {"date": day, "type": "ESTIMATED"}
    (telling,) = tellings_of(
        *(mails.record(overallStatus=status, startDateStruct=one) for one in (None, given))
    )
    assert [*telling.notes] == notes
    assert (telling.lines[-1].label == "Status") is (notes != [CONTRADICTION])


def test_where_and_how_a_study_stands_is_said_once():
    start = {"startDateStruct": {"date": "2026-11-01", "type": "ESTIMATED"}}
    told = tellings_of(
        mails.record(locations=[place("Oslo", "NOT_YET_RECRUITING")]),
        open_study(locations=[place("Oslo")], **start),
    )
    labels = [line.label for telling in told for line in telling.lines]
    assert {"Places", "Status"}.isdisjoint(labels)
    silent = {"facility": "Moss Hospital", "city": "Moss", "country": "Norway"}
    assert of_places([place("Oslo")], [place("Oslo"), silent]).lines[-1].label == "Status"


def test_places_that_are_named_at_last_are_shown_with_their_names():
    towns = [f"Town {letter}" for letter in "ABCDEFGHI"]
    old, new = (
        [place(town, facility=name.format(town)) for town in towns] for name in ("Research Site", "{} Clinic")
    )
    assert "Town A Clinic, Town B Clinic" in of_places(old, new).lines[0].text


def test_one_measure_with_other_words_is_one():
    records = [open_study(), open_study()]
    for each, name in zip(records, ("Pain in the knee", "Pain in one knee"), strict=True):
        each["protocolSection"]["outcomesModule"] = {
            "primaryOutcomes": [{"measure": "Sleep"}, {"measure": name}]
        }
    (telling,) = tellings_of(*records)
    assert telling.means.endswith("the words for one of the main measures have changed.")


def test_a_line_of_treatment_is_explained():
    telling = of_treatments(
        [{"name": "Tea", "description": "in 2L"}], [{"name": "Tea", "description": "in 2/3L"}]
    )
    assert telling.notes[-1].startswith("A number with an L is a line of treatment")


def trying(*names, **texts):
    made = described(**texts)
    made["protocolSection"]["armsInterventionsModule"] = {"interventions": [{"name": each} for each in names]}
    return made


@pytest.mark.parametrize(
    ("before", "after", "weight", "said"),
    [
        (("Cocoa",), ("Cocoa", "Radiation Therapy"), Weight.NOTABLE, "named this already"),
        (("Cocoa",), ("Cocoa", "Nettle"), Weight.IMPORTANT, "added something to what it tries"),
        (("Cocoa", "Radiation Therapy"), ("Cocoa",), Weight.NOTABLE, "still name this"),
    ],
)
def test_a_list_of_treatments_that_is_completed_makes_no_other_study(before, after, weight, said):
    summary = "Cocoa with radiation therapy."
    both = trying(*before, briefSummary=summary), trying(*after, briefSummary=summary)
    (telling,) = tellings_of(*both)
    assert (telling.weight, said in telling.means) == (weight, True)


def test_a_status_that_the_record_gives_no_more_is_said_of_no_place():
    before = [place("Oslo", "NOT_YET_RECRUITING", facility="Local Institution - 0122"), place("Bergen")]
    after = [
        {key: each[key] for key in ("facility", "city", "country")} for each in map(place, ("Oslo", "Bergen"))
    ]
    said = mail_of(
        open_study(locations=before), open_study(locations=after, overallStatus="NOT_YET_RECRUITING")
    )
    assert "Oslo Hospital, Oslo, Norway (before: Local Institution - 0122)" in said


def test_a_start_ahead_of_an_open_study_says_how_it_is_listed():
    dates = ({"date": day, "type": "ESTIMATED"} for day in ("2027-02-01", "2027-06-01"))
    before, after = (open_study(startDateStruct=each) for each in dates)
    (telling,) = tellings_of(before, after)
    assert telling.headline.endswith("although it is listed as looking for participants.")
    assert "whether the study has started" in mail_of(before, after)


def test_an_empty_list_is_named_and_may_be_a_slip():
    before, after = open_study(), open_study()
    before["protocolSection"]["outcomesModule"] = {"primaryOutcomes": [{"measure": "Pain"}]}
    after["protocolSection"]["outcomesModule"] = {"primaryOutcomes": []}
    (telling,) = tellings_of(before, after)
    assert telling.headline == "The record of a study you follow lists no main measures any more."
    assert (telling.weight, telling.asks) == (Weight.NOTABLE, ())


def test_a_treatment_that_is_no_entry_at_all_is_told_all_the_same():
    both = trying(), trying()
    both[1]["protocolSection"]["armsInterventionsModule"]["interventions"] = [True]
    assert [change.weight for change in detect(*both).changes] == [Weight.IMPORTANT]
