"""Who takes part: by the team's aim and the rules on who can join, where no title says it, and nobody who may not be among them."""

import re

import pytest

from notifier.domain.summaries.voice import plain
from tests.domain.test_reads_by_rules import P, X, arms, read

TWO = arms(("X", "EXPERIMENTAL", [X]), ("P", "PLACEBO_COMPARATOR", [P]))
WATCHES = {
    "studyType": "OBSERVATIONAL",
    "phases": [],
    "designInfo": {"observationalModel": "COHORT", "timePerspective": "PROSPECTIVE"},
    "armGroups": [],
    "interventions": [],
}


def who(criteria, **overrides):
    base = WATCHES | {
        "briefTitle": "Tea at Noon",
        "officialTitle": None,
        "briefSummary": "Tea is old.",
        "conditions": ["Asthma", "Morning Cough"],
        "minimumAge": "18 Years",
        "maximumAge": "80 Years",
        "sex": "ALL",
    }
    return " ".join(read(**base | {"eligibilityCriteria": criteria} | overrides).summary)


@pytest.mark.parametrize(
    ("criteria", "told"),
    [
        ("Inclusion Criteria:\n* Adults\n* Diagnosis of severe asthma, by a doctor", "aged 18 to 80 with severe asthma."),
        ("Inclusion Criteria:\n1. Histologically confirmed asthma according to a list", "aged 18 to 80 with asthma."),
        ("Inclusion Criteria:\n* Patients scheduled for tea surgery", "aged 18 to 80 undergoing tea surgery."),
        ("Inclusion Criteria:\n* Patients who underwent tea surgery, and are well", "aged 18 to 80 who have had tea surgery."),
        ("Inclusion Criteria:\n* Primary care clinicians", "primary care clinicians."),
        ("Inclusion Criteria:\n* Being diagnosed with asthma", "aged 18 to 80 with asthma."),
        # What is one way in of several, or of some of them, or is only thought, nobody is told to have.
        ("Inclusion Criteria:\n* Diagnosis of asthma or\n* Tea", "aged 18 to 80."),
        ("Inclusion Criteria:\n* Diagnosis of asthma or a diagnosis of flu", "aged 18 to 80."),
        ("Inclusion Criteria:\n* One of the following:\n* Asthma", "aged 18 to 80."),
        ("Inclusion Criteria:\n* Clinicians: anybody\n* Patients: diagnosis of asthma", "aged 18 to 80."),
        ("Inclusion Criteria:\n* Suspected asthma", "aged 18 to 80."),
        ("Inclusion Criteria:\n* Parents of children with asthma", "aged 18 to 80."),
        ("Exclusion Criteria:\n* Diagnosis of asthma", "aged 18 to 80."),
        ("Inclusion Criteria:\n* Healthy volunteers\n* Diagnosis of asthma", "aged 18 to 80."),
    ],
)  # fmt: skip
def test_who_takes_part_is_told_by_the_rules_on_who_can_join(criteria, told):
    made = who(criteria)
    assert told in made, made


def test_a_rule_that_speaks_of_the_one_illness_is_believed_where_the_healthy_are_ticked():
    told = who(
        "Inclusion Criteria:\n* Meets the definition of asthma", conditions=["Asthma"], healthyVolunteers=True
    )
    assert "aged 18 to 80 with asthma." in told


@pytest.mark.parametrize(
    ("rule", "sure"),
    [
        ("Stage I asthma patients by histological or cytological examination", True),
        ("Male or female adults known for asthma", True),
        ("Either asthma or hay fever", False),
    ],
)
def test_one_way_or_the_other_to_know_it_leaves_no_doubt_about_an_illness(rule, sure):
    told = who(f"Inclusion Criteria:\n* {rule}", conditions=["Asthma"], briefTitle="Asthma at Noon")
    assert ("aged 18 to 80 with asthma." in told) == sure, told


def test_ages_in_a_title_that_differ_from_the_field_leave_the_ages_to_the_record():
    told = who("", conditions=["Asthma"], officialTitle="Tea in Subjects Ages 18-35 With Asthma")
    assert "120 adults with asthma." in told
    same = who("", conditions=["Asthma"], officialTitle="Tea in Subjects Ages 18-80 With Asthma")
    assert "aged 18 to 80" in same


def test_an_illness_that_is_listed_as_such_is_told_before_the_same_one_that_came_back():
    told = who("", conditions=["Recurrent Asthma", "Asthma"], briefTitle="Xamib by Mouth", **TWO)
    assert "recurrent" not in told


def test_who_takes_part_is_told_by_the_aim():
    told = who(
        "", briefSummary="The aim of this study is to see how tea works in people with severe asthma by day."
    )
    assert "aged 18 to 80 with severe asthma." in told
    near = who(
        "", briefSummary="The aim of this study is to see how tea works in parents of children with asthma."
    )
    assert "with asthma." not in near


def test_rules_that_name_several_illnesses_do_not_say_that_people_have_them_all():
    told = who(
        "Inclusion Criteria:\n* Diagnosis of asthma\n* Diagnosis of eczema", conditions=["Asthma", "Eczema"]
    )
    assert "aged 18 to 80." in told
    assert "The registry lists it under “asthma” and “eczema”." in told


def test_a_long_phrase_of_a_title_is_told_up_to_what_narrows_it_down():
    title = "Tea in Patients With Severe Asthma Who Have Been Taking Green and Black and White Tea at Home for Years"
    assert "with severe asthma." in who("", briefTitle=title)


@pytest.mark.parametrize(
    ("title", "listed", "have"),
    [
        ("Xamib at Noon", ["Asthma", "Migraine"], "asthma or migraine"),
        ("Asthma: Xamib at Noon", ["Asthma", "Migraine"], "asthma"),
        ("Hip Arthritis: Xamib at Noon", ["Hip Pain", "Hip Arthritis"], "hip arthritis"),
    ],
)
def test_two_listed_illnesses_are_both_had_or_one_of_them_as_the_titles_have_it(title, listed, have):
    treats = {"studyType": "INTERVENTIONAL", "designInfo": {"primaryPurpose": "TREATMENT"}} | TWO
    assert f"with {have}." in who("", briefTitle=title, conditions=listed, **treats)


@pytest.mark.parametrize(("how", "joined"), [("comorbid", "and"), ("severe", "or")])
def test_a_question_joins_two_illnesses_where_the_one_is_surely_beside_the_other(how, joined):
    title = "Xamib in Patients With Bilateral Refractory Nasal Polyposis and Eosinophilic Asthma"
    treats = {"studyType": "INTERVENTIONAL", "designInfo": {"primaryPurpose": "TREATMENT"}} | TWO
    listed = {"briefTitle": title, "conditions": ["Nasal Polyposis", "Asthma"]}
    treats["briefSummary"] = f"Polyps and {how} asthma are old."
    assert f" {joined} asthma" in plain(read(**WATCHES | listed | treats).question)


@pytest.mark.parametrize(
    "record",
    [
        {"armGroups": [{"label": "Asthma"}, {"label": "Healthy controls"}]},
        {"armGroups": [{"label": "Asthma"}, {"label": "Normal pregnant women"}]},
        {
            "studyType": "INTERVENTIONAL",
            "armGroups": [{"label": "Cases"}, {"label": "Controls", "description": "Those without asthma"}],
        },
        {"briefTitle": "One Cup in Healthy Participants, Three in Participants With Asthma"},
    ],
)
def test_where_some_are_well_some_are_told_to_have_it(record):
    told = who("Inclusion Criteria:\n* Diagnosis of asthma", **record, healthyVolunteers=True)
    assert "(some with asthma, some without)" in told, told
    assert "Healthy people" not in told  # it has been said


def test_of_children_some_of_whom_are_not_so_no_more_is_told_than_that_they_are_children():
    groups = [{"label": "Children born after early tea"}, {"label": "Children conceived spontaneously"}]
    child = {
        "briefTitle": "Health Status of Children Born After Early Tea",
        "minimumAge": "1 Month",
        "maximumAge": "60 Months",
    }
    assert "120 children." in who("", armGroups=groups, **child)
    assert "120 children born after early tea." in who("", armGroups=groups[:1], **child)


def test_the_healthy_who_alone_take_part_are_told_so_and_those_who_are_ill_are_not():
    assert "120 healthy people aged 18 to 80." in who(
        "Inclusion Criteria:\n* Healthy adults", healthyVolunteers=True
    )
    told = who(
        "Inclusion Criteria:\n* Healthy adults\n* Asthma",
        healthyVolunteers=True,
        briefTitle="Tea in Patients",
    )
    assert "healthy people" not in told
    told = who(
        "",
        healthyVolunteers=True,
        briefTitle="Tea in Healthy Subjects With Asthma",
        conditions=["Asthma"],
        **TWO,
    )
    assert "Healthy people" not in told
    controls = (
        "Inclusion Criteria:\n1. Patients with asthma\n2. Control group: healthy children, such as siblings"
    )
    told = who(
        controls, healthyVolunteers=True, briefTitle="Tea for Patients With Asthma", conditions=["Asthma"]
    )
    assert "(some with asthma, some without)" in told


@pytest.mark.parametrize("title", ["Tea and What Physicians Know of Asthma", "Screening for Asthma"])
def test_of_those_who_treat_or_are_looked_at_nobody_is_told_to_be_ill(title):
    treats = {"studyType": "INTERVENTIONAL", "designInfo": {"primaryPurpose": "TREATMENT"}} | TWO
    told = who("", briefTitle=title, conditions=["Asthma"], healthyVolunteers=True, **treats)
    assert "with asthma." not in told


def test_a_name_that_is_cut_short_and_a_treatment_in_the_name_of_an_illness_are_told_whole_or_not_at_all():
    title = "Tea in Adults With a History of S. Mansoni Infection"
    assert re.search(r"S\. [Mm]ansoni infection", who("", briefTitle=title))
    treats = {"studyType": "INTERVENTIONAL", "designInfo": {"primaryPurpose": "TREATMENT"}} | TWO
    told = who("", briefTitle="Xamib", conditions=["Asthma Treated With OMA"], **treats)
    assert "with asthma." in told


def test_who_is_only_listed_as_allergic_is_told_so():
    told = who(
        "Inclusion Criteria:\n* Diagnosis of tea allergy",
        conditions=["Tea Allergy"],
        briefTitle="De-labeling by a Cup of Tea",
    )
    assert "with tea allergy on their medical record." in told


def test_men_are_told_as_men():
    assert "120 men aged 18 to 80 with asthma." in who(
        "", briefTitle="Tea in Patients With Asthma", sex="MALE"
    )


@pytest.mark.parametrize(
    ("title", "criteria", "told"),
    [
        ("Xamib as Second-line Treatment for Asthma", "", "whose earlier treatment did not work well enough"),
        ("Xamib as First-line Treatment of Asthma", "", "who have had no treatment yet for the illness"),
        ("Xamib in Pretreated Patients With Asthma", "", "who have had treatment for the illness before."),
        ("Xamib for Asthma", "* No standard therapy is available", "for whom standard treatment has not worked"),
        ("Xamib for Those Who Have Failed Previous Tea", "", "whose earlier treatment did not work"),
        # Of a part of the study, or of what comes behind, it is not of all; and it is told once.
        ("Xamib for Asthma", "* Phase 1a dose escalation: asthma that has failed standard tea", ""),
        ("Xamib for Asthma That Did Not Progress After First-line Tea", "", ""),
        ("Xamib in Patients With Untreated Asthma as First-line Treatment", "", ""),
        ("Xamib for Asthma", "Exclusion Criteria:\n* No standard therapy", ""),
    ],
)  # fmt: skip
def test_where_in_the_course_of_an_illness_people_are_is_told_plainly(title, criteria, told):
    treats = {"studyType": "INTERVENTIONAL", "designInfo": {"primaryPurpose": "TREATMENT"}} | TWO
    made = who(criteria, briefTitle=title, conditions=["Asthma"], **treats)
    assert told in made if told else "It is for people" not in made, made


def test_a_title_of_ours_gives_nobody_for_sure_what_only_some_get():
    three = arms(("A", "EXPERIMENTAL", [X, "Drug: Zolamab"]))
    treats = {"studyType": "INTERVENTIONAL", "designInfo": {"primaryPurpose": "TREATMENT"}} | three
    base = {"conditions": ["Asthma"], "officialTitle": None, "briefSummary": "Tea is old."}
    for sign in ("With or Without", "+/-", "±"):
        made = read(**base | treats, briefTitle=f"Xamib {sign} Zolamab for Asthma").title
        assert made.casefold() == "xamib with or without zolamab for asthma"


def test_the_name_of_a_study_is_not_spelled_out_into_its_title():
    made = read(
        **WATCHES | {"briefTitle": "TALK (Tea And Lung Knowledge) Memory Study", "conditions": ["Asthma"]},
        officialTitle="Long Lives With Tea in Patients With Asthma",
        briefSummary="TALK (Tea And Lung Knowledge) is new.",
    )
    assert "knowledge" not in made.title.casefold()


def test_beside_an_illness_as_such_the_same_one_with_something_more_is_of_some_of_them():
    told = who("", conditions=["Asthma", "Asthma With Polyps"], briefTitle="Xamib by Mouth", **TWO)
    assert "with asthma." in told
    assert "polyps" not in told


@pytest.mark.parametrize(
    ("criteria", "told"),
    [
        ("* Adults\n* Asthma that is not controlled despite a daily spray", "One rule on who can join: “Asthma that is not controlled despite a daily spray”."),
        ("* Scheduled for surgery of the nose. It must be planned.", "“Scheduled for surgery of the nose”."),
        # What is of some of them, one of several ways in, a detail, or no news, is not told.
        ("* Part B: Scheduled for surgery of the nose", ""),
        ("* Scheduled for surgery of the nose\n* or aged 90", ""),
        ("* Scheduled for surgery of the nose and\n* aged 90", ""),
        ("* Using birth control that the team finds good", ""),
        ("Exclusion Criteria:\n* Scheduled for surgery of the nose", ""),
        ("* Using xamib for asthma", ""),
        ("* Signed consent\n* Platelets over 100\n* Aged 18 to 65 years", ""),
        # Two of them stand in the record's order; what was told, and how it is known, is left out.
        ("* At least two attacks in the past year\n* No prior treatment with a spray", "Two rules on who can join: “At least two attacks in the past year”; “No prior treatment with a spray”."),
        ("* Asthma that has had to be treated in a hospital in the past two years, according to the rules of the land", "in the past two years …”."),
        # What hangs on a heading may be a choice, or of some of them; what is set in is known to end.
        ("* One of these:\n   * Severe asthma\n* At least two attacks in the past year", "One rule on who can join: “At least two attacks in the past year”."),
        ("* One of these:\n* At least two attacks in the past year", ""),
        ("* Aged 18\nAdults:\n* At least two attacks in the past year", ""),
        ("Inclusion Criteria:\n* At least two attacks in the past year\nInclusion criteria: parents\n* A child", ""),
        # A long rule is cut before what narrows it further, and not before what widens it.
        ("* At least two attacks in the past year that had to be treated with tablets or a drip in an emergency room or a ward, and that lasted for hours", ""),
        ("* At least two attacks in the past year that had to be treated in an emergency room and that were followed by a stay of two nights on a ward", "past year …”."),
        # Who cannot join, by a rule that leaves many out.
        ("* Adults\n\nExclusion Criteria:\n* Use of omalizumab\n* Pregnant women", "One rule on who cannot join: “Use of omalizumab”."),
        ("* At least two attacks in the past year\n\nExclusion Criteria:\n* Pregnant women", "“At least two attacks in the past year”. And on who cannot: “Pregnant women”."),
        ("* Adults\n* All must be well Exclusion Criteria:\n* Pregnant women", "One rule on who cannot join: “Pregnant women”."),
        ("* Adults\n\nExclusion Criteria:\n* Pregnant women unless they agree", ""),
        ("* Pregnant women are excluded", ""),
    ],
)  # fmt: skip
def test_a_rule_tells_who_can_join_where_nothing_else_does(criteria, told):
    made = who(criteria, briefTitle="Xamib for Asthma", conditions=["Asthma"])
    assert told in made if told else "One rule" not in made, made
