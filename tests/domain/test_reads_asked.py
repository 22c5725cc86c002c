"""What a read asks: what the team wants to find out, and never merely "what difference" something makes."""

import pytest

from notifier.domain.summaries.voice import plain, voice
from tests.domain.test_reads_by_rules import X, arms, read
from tests.domain.test_reads_told import BASE, TWO, WATCHES

ONE = arms(("A", "EXPERIMENTAL", [X]))
ODD = {"primaryOutcomes": [{"measure": "Tokens in a jar"}]}
HARMS = {"primaryOutcomes": [{"measure": "Adverse events"}], "phases": ["PHASE1", "PHASE2"]}


@pytest.mark.parametrize(
    ("record", "asked"),
    [
        ({"designInfo__primaryPurpose": "OTHER"}, "How does Xamib affect the body in people with asthma?"),
        ({"designInfo__primaryPurpose": "BASIC_SCIENCE", "briefSummary": "The study looks at immune responses."},
         "How does Xamib affect the immune system in people with asthma?"),
        ({"designInfo__primaryPurpose": "OTHER", "briefSummary": "The aim is to assess the safety and effectiveness of Xamib."},
         "How well does Xamib work in people with asthma, and what are the side effects?"),
        ({"designInfo__primaryPurpose": "OTHER", "briefSummary": "This is a dose-finding study to describe Xamib."},
         "Which dose of Xamib suits people with asthma best?"),
        ({"designInfo__primaryPurpose": "OTHER"} | arms(("A", "EXPERIMENTAL", ["Behavioral: Xamib lessons"])),
         "How useful can Xamib lessons be for people with asthma?"),
        (
            {
                "designInfo__primaryPurpose": "OTHER",
                "briefTitle": "Zolamab and Xamib DDI Study",
                "officialTitle": "A Study of Zolamab and Xamib in Healthy Adults",
                "healthyVolunteers": True,
            }
            | arms(("A", "EXPERIMENTAL", [X, "Drug: Zolamab"])),
            "How do zolamab and Xamib affect each other in healthy adults?",
        ),
    ],
)  # fmt: skip
def test_of_what_is_tried_it_is_asked_what_the_team_says_that_it_is_to_show(record, asked):
    assert plain(read(**BASE | ONE | ODD | record).question) == asked


@pytest.mark.parametrize(
    ("aim", "asked"),
    [
        ("The aim is to assess the safety and anti-tumor activity of Xamib.", "Can Xamib help people with asthma, and what are the side effects?"),
        ("The aim is to assess the safety of Xamib.", "What side effects can Xamib cause in people with asthma?"),
        (
            "The aim is to assess the safety and the physical activity of those who get Xamib.",
            "What side effects can Xamib cause in people with asthma?",
        ),
    ],
)  # fmt: skip
def test_where_the_aim_names_more_than_harm_it_is_asked_too(aim, asked):
    assert plain(read(**BASE | ONE | HARMS | {"briefSummary": aim}).question) == asked


FIRST = {
    "phases": ["PHASE1"],
    "briefSummary": "The aim is to assess the safety and anti-tumor activity of Xamib.",
}


@pytest.mark.parametrize(
    ("measures", "asked"),
    [
        (["Adverse events"], "What side effects can Xamib cause in people with asthma?"),
        (["Adverse events", "Maximum tolerated dose"], "How much Xamib can people with asthma take, and what are the side effects?"),
        (["Adverse events", "Objective response rate"], "Can Xamib help people with asthma, and what are the side effects?"),
    ],
)  # fmt: skip
def test_a_first_study_that_counts_side_effects_alone_is_not_asked_if_it_helps(measures, asked):
    record = BASE | ONE | FIRST | {"primaryOutcomes": [{"measure": each} for each in measures]}
    assert plain(read(**record).question) == asked


def test_where_nothing_else_can_be_asked_it_is_asked_what_a_title_says_is_prevented():
    record = {
        "designInfo__primaryPurpose": "PREVENTION",
        "briefTitle": "Preventing Asthma by a Friendly Start in Life",
    }
    made = read(**BASE | ODD | record | arms(("A", "EXPERIMENTAL", ["Dietary Supplement: Quillo"])))
    assert plain(made.question) == "Can Quillo help to prevent asthma?"


def test_of_an_illness_nobody_asks_what_it_does_for_people():
    ill = {
        "briefTitle": "Algae Allergy in a Lake",
        "conditions": ["Allergy"],
        "designInfo__primaryPurpose": "OTHER",
    }
    made = read(**BASE | ODD | ill | arms(("A", "EXPERIMENTAL", ["Procedure: Algae allergy"])))
    assert "algae allergy" not in plain(made.question).casefold()


def test_groups_with_two_doses_of_the_thing_that_a_title_names_do_not_make_it_doubtful():
    doses = arms(
        ("A", "EXPERIMENTAL", ["Drug: Xamib once daily, 80 mg"]),
        ("B", "EXPERIMENTAL", ["Drug: Xamib twice daily, 160 mg"]),
    )
    assert (
        plain(read(**BASE | doses | {"briefTitle": "Xamib With Tea for Asthma"}).question)
        .casefold()
        .startswith("can xamib with tea ")
    )


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        (
            "Efficacy and Safety of Xamib Tablets in Patients With Asthma",
            "How well do Xamib tablets work in people with asthma, and what are the side effects?",
        ),
        ("Role of Gut Bacteria in Asthma", "What role can gut bacteria play in asthma?"),
        ("MicroRNAs in Asthma", "What role can microRNAs play in asthma?"),
        ("Genetic Factors Associated With Asthma", "Which genes play a part in asthma?"),
        ("Pathogenesis of Asthma", "What lies behind asthma?"),
        ("Diagnosis of Asthma in Children", "How can doctors recognise asthma in children?"),
        ("Early Diagnosis of Asthma in Children", "How can doctors find asthma early in children?"),
        ("Diagnosis of Asthma by a Breath Test", "Can a breath test help to find asthma?"),
        ("Breath Test to Diagnose Asthma", "Can a breath test help to diagnose asthma?"),
        ("Prediction of Asthma by a Breath Test", "Can a breath test help to predict asthma?"),
        ("Psychological Factors That Influence Severity of Asthma", "What influences the severity of asthma?"),
        ("Societal Burden Associated With Asthma in Canada", "How great is the burden of asthma in Canada?"),
        ("Barriers to Control of Asthma", "What stands in the way of control of asthma?"),
        ("Treatment Patterns of Patients With Asthma", "How are people with asthma treated?"),
        ("Real Life Use of Xamib in Asthma", "How do doctors use Xamib in asthma?"),
        ("Changes in Lung Function During Exercise in Asthma", "How does lung function change during exercise in asthma?"),
        ("Incidence of Asthma Attacks in Children", "How often do asthma attacks occur in children?"),
        ("Prevalence of Asthma and Hay Fever Knowledge", ""),
    ],
)  # fmt: skip
def test_a_title_of_what_is_only_watched_is_asked_by_its_head(title, asked):
    made = plain(
        read(**BASE | WATCHES | ODD | {"briefTitle": title, "armGroups": [], "interventions": []}).question
    )
    assert made.casefold() == asked.casefold() if asked else not made.startswith("How common")


@pytest.mark.parametrize(
    "title", ["Role of Gut Bacteria in Asthma", "Biomarkers of Asthma", "Changes in Lung Function in Asthma"]
)
def test_of_a_trial_nobody_asks_what_its_title_says_on_the_way(title):
    made = plain(read(**BASE | ONE | ODD | {"briefTitle": title}).question)
    assert not made.startswith(("What role", "Which signs", "How does lung"))


def test_a_medicine_is_asked_of_without_what_it_is_sold_in():
    pen = arms(("A", "EXPERIMENTAL", ["Drug: Xamib Prefilled Syringe"]))
    assert "syringe" not in plain(read(**BASE | ODD | pen).question).casefold()


def test_a_hypothesis_of_the_team_is_told_in_its_words():
    aim = {
        "briefSummary": "The aim of this study is to test the hypothesis that tea at night calms the airways in asthma."
    }
    watched = {"briefTitle": "The Tea Study", "armGroups": [], "interventions": []}
    made = plain(read(**BASE | WATCHES | ODD | watched | aim).question)
    assert made == "The study team asks whether “tea at night calms the airways in asthma”."


def test_an_aim_that_names_how_well_something_works_is_asked_where_it_names_no_listed_illness():
    aim = {
        "briefSummary": "The aim is to assess the efficacy of Xamib in the treatment of cough.",
        "briefTitle": "The Tea Trial",
    }
    made = read(**BASE | ONE | ODD | aim | {"designInfo__primaryPurpose": "OTHER"})
    assert plain(made.question) == "How well does Xamib work for cough?"


BESIDE_PLACEBO = arms(("X", "EXPERIMENTAL", [X]), ("P", "PLACEBO_COMPARATOR", ["Drug: Placebo"]))
MOST_LIVE = {"primaryOutcomes": [{"measure": "Overall survival"}]}
GENES = {"primaryOutcomes": [{"measure": "Epigenetic changes in cytokine genes"}]}


@pytest.mark.parametrize(
    ("record", "asked"),
    [
        (ONE | MOST_LIVE | {"briefTitle": "Xamib Versus Standard Tea in Adults With Asthma"},
         "Do adults with asthma live longer with Xamib than with standard tea?"),
        (ONE | ODD | {"briefTitle": "IVI-Guided Versus Tea-Guided Xamib in Adults With Asthma"},
         "Which helps more in adults with asthma: IVI-guided Xamib, or tea-guided Xamib?"),
        (ONE | ODD | {"briefTitle": "Fixed Versus Flexible Xamib in Adults With Asthma"},
         "Which helps more in adults with asthma: fixed Xamib, or flexible Xamib?"),
        (arms(("Short", "EXPERIMENTAL", ["Other: Tasting"]), ("Long", "ACTIVE_COMPARATOR", ["Other: Tasting"])) | ODD
         | {"briefTitle": "Safety of Milk Ladders in Adults With Asthma", "officialTitle": "4-Step Versus 6-Step Milk Ladder in Adults With Asthma"},
         "Which helps more in adults with asthma: 4-step ladder, or 6-step milk ladder?"),
        (BESIDE_PLACEBO | GENES, "How does Xamib affect the immune system in people with asthma?"),
        (BESIDE_PLACEBO | {"primaryOutcomes": [{"measure": "Adverse events"}, {"measure": "Tokens"}]},
         "Can Xamib help people with asthma more than a placebo?"),
        (BESIDE_PLACEBO | HARMS | {"primaryOutcomes": [{"measure": "Adverse events"}, {"measure": "Tokens"}]},
         "What side effects can Xamib cause in people with asthma, compared with a placebo?"),
        (ONE | {"briefTitle": "Effect of Xamib on Markers in Patients With Asthma", "primaryOutcomes": [{"measure": "Pain intensity (VAS)"}]},
         "Can Xamib ease pain in people with asthma?"),
    ],
)  # fmt: skip
def test_it_is_asked_by_the_main_measure_what_helps_and_never_so_of_what_only_looks_at_the_body(
    record, asked
):
    assert plain(read(**BASE | record).question) == asked


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        (
            "Prognosis of Moderate to Severe Asthma in Children",
            "How does moderate to severe asthma develop over time in children?",
        ),
        (
            "Correlation Between Sleep and the Response to Tea in Adults With Asthma",
            "How are sleep and the response to tea linked in adults with asthma?",
        ),
    ],
)
def test_no_phrase_is_cut_within_a_degree_or_before_what_is_responded_to(title, asked):
    record = WATCHES | ODD | {"briefTitle": title, "officialTitle": title, "armGroups": []}
    assert plain(read(**BASE | record).question) == asked


@pytest.mark.parametrize(
    ("record", "asked"),
    [
        (WATCHES | {"briefTitle": "Factors for Predicting Asthma Exacerbations in Adults With Asthma", "armGroups": []},
         "How can doctors predict asthma attacks in adults with asthma?"),
        (
            WATCHES
            | {
                "briefTitle": "Validation Study of the Quillo Asthma Score",
                "armGroups": [],
                "primaryOutcomes": [{"measure": "Sensitivity and specificity of the score"}],
            },
            "How accurate is the quillo asthma score?",
        ),
        (
            ONE
            | HARMS
            | {
                "briefTitle": "Xamib Injection for Quillo Growths/Midline Quallo Growths and Recurrent or Refractory Pediatric Central "
                "Quolla System Growths and Further Rare Sorts of Quella Growths",
                "officialTitle": "Xamib",
                "conditions": ["Quillo", "Quallo", "Quolla", "Quella"],
                "healthyVolunteers": True,
            },
            "What side effects can Xamib injection cause?",
        ),
    ],
)  # fmt: skip
def test_a_question_of_its_own_is_asked_where_a_title_names_a_test_a_forecast_or_a_medicine(record, asked):
    assert plain(read(**BASE | record).question) == asked


@pytest.mark.parametrize(
    ("title", "listed", "asked"),
    [
        ("Study With Quallotea in Adults With Asthma", ["Asthma"],
         "What can doctors learn about how well asthma is controlled in adults with asthma?"),
        ("Quallo Asthma Survey Study", ["Gout", "Asthma", "Vertigo"], "What can doctors learn about asthma?"),
        ("Quallo Survey Study", ["Gout", "Asthma", "Vertigo"], ""),
    ],
)  # fmt: skip
def test_last_of_all_the_measure_or_the_illness_of_the_title_is_asked_and_no_other_one(title, listed, asked):
    title = f"A Non-interventional, Prospective {title}"
    record = {"briefTitle": title.partition(" in ")[0], "conditions": listed}
    record |= {"primaryOutcomes": [{"measure": "Asthma Control Test (ACT)"}], "briefSummary": "Tea."}
    bare = ODD | {"officialTitle": title, "armGroups": [], "interventions": []}
    assert plain(read(**BASE | WATCHES | bare | record).question) == asked


def test_what_doctors_can_learn_is_asked_only_where_nothing_else_can_be():
    record = {
        "briefTitle": "Quillo Molecular Transcriptome Signatures in Asthma",
        "briefSummary": "The aim of the study is to find out how quillo transcriptome signatures arise in asthma.",
        "armGroups": [],
    }
    asked = plain(read(**BASE | WATCHES | ODD | record).question)
    assert asked == "The study team asks “how quillo transcriptome signatures arise in asthma”."
    tea = arms(("A", "EXPERIMENTAL", ["Other: Quillo Tea"]))
    hard = tea | {
        "briefTitle": "Effect of Quillo Tea on Quolla Quillic Fluxes in Asthma",
        "officialTitle": None,
    }
    assert plain(read(**BASE | ODD | hard).question) == "How does Quillo tea affect adults with asthma?"
    nothing = record | {"briefTitle": "Quillo Asthma Improves Dramatically", "briefSummary": "Tea is old."}
    made = plain(read(**BASE | WATCHES | ODD | nothing | {"conditions": ["Asthma", "Tea Habit"]}).question)
    assert made == "What can doctors learn about asthma?"


@pytest.mark.parametrize(
    ("record", "asked"),
    [
        # A challenge shows what a medicine does; nobody is asked how people react to the medicine.
        (BESIDE_PLACEBO
         | {"briefTitle": "Xamib in Adults With Asthma Following an Allergen Challenge", "primaryOutcomes": [{"measure": "Pain intensity (VAS)"}]},
         "Can Xamib ease pain in some adults with asthma more than a placebo?"),
        (TWO | ODD | {"briefTitle": "Xamib as a New Challenge With Asthma", "officialTitle": "Xamib as a New Challenge With Asthma"},
         "Can Xamib help adults with asthma more than a placebo?"),
        (WATCHES | ODD | {"briefTitle": "Quillo Recurrent Infection Syndrome in Adults With Asthma", "armGroups": []},
         "What can doctors learn about quillo recurrent infection syndrome in adults with asthma?"),
        # A food that is borne in place of another is no more of it.
        (ONE | {"briefTitle": "Xamib Formula in Adults With Asthma", "primaryOutcomes": [{"measure": "Oral food challenge"}]},
         "Can Xamib help adults with asthma?"),
        # Nobody who is well is helped.
        (
            ONE
            | HARMS
            | {
                "briefTitle": "Efficacy and Safety of Xamib in Healthy Adults",
                "officialTitle": "Efficacy and Safety of Xamib in Healthy Adults",
                "healthyVolunteers": True,
            },
            "What side effects can Xamib cause in healthy adults?",
        ),
        (WATCHES | {"briefTitle": "Prevalence of Stiff Joints Among Severe Asthma Patients", "armGroups": []},
         "How common are stiff joints in people with severe asthma?"),
        (ONE | ODD | {"briefTitle": "Xamib for Asthma in Patients With Elevated Tea Levels"},
         "Can Xamib help people with elevated tea levels and asthma?"),
    ],
)  # fmt: skip
def test_no_question_takes_a_test_for_what_is_tried_or_joins_what_does_not_belong_together(record, asked):
    assert plain(read(**BASE | record).question) == asked


DOSES = arms(
    ("Low", "EXPERIMENTAL", ["Drug: Xamib (5 mg)", "Drug: Zolamab"]),
    ("High", "EXPERIMENTAL", ["Drug: Xamib (9 mg)", "Drug: Zolamab"]),
    ("Rest", "PLACEBO_COMPARATOR", ["Drug: Placebo", "Drug: Zolamab"]),
)


@pytest.mark.parametrize(
    ("record", "asked"),
    [
        (DOSES | MOST_LIVE | {"briefTitle": "Xamib in Asthma", "officialTitle": "Xamib in Asthma"},
         "Can adding Xamib to zolamab lengthen the lives of adults with asthma?"),
        (WATCHES | {"briefTitle": "Surgical Treatment of Severe Asthma", "armGroups": [], "primaryOutcomes": [{"measure": "Pain intensity (VAS)"}]},
         "How well does surgical treatment of severe asthma work?"),
        (WATCHES | {"briefTitle": "Outcomes of Xamib Therapy in Adults With Asthma in Ruritania", "armGroups": []} | ODD,
         "How well do adults with asthma in ruritania treated with xamib therapy do?"),
        (WATCHES | ODD | {"briefTitle": "Slow Reactions to Tea in Asthma B", "armGroups": [], "conditions": ["Asthma B"]},
         "What can doctors learn about slow reactions to tea in asthma B?"),
        (
            WATCHES
            | {
                "briefTitle": "Improved Quillo Activation Test in the Diagnostics of Asthma",
                "armGroups": [],
                "primaryOutcomes": [{"measure": "Sensitivity of the test"}],
            },
            "How accurate is a quillo activation test in the diagnostics of asthma?",
        ),
        (
            WATCHES
            | {
                "briefTitle": "Quillo Breath Test for Asthma Based on Tea Marks",
                "armGroups": [],
                "primaryOutcomes": [{"measure": "Sensitivity of the test"}],
            },
            "How accurate is a quillo breath test for asthma?",
        ),
    ],
)  # fmt: skip
def test_what_others_give_is_asked_how_well_it_works_and_what_is_added_what_it_adds(record, asked):
    assert plain(read(**BASE | record).question) == asked


@pytest.mark.parametrize(
    ("record", "asked"),
    [
        (ONE | ODD | {"briefTitle": "Effects of Breaks in Sitting on Sleep in Adults With Asthma"},
         "How do breaks in sitting affect sleep in adults with asthma?"),
        (WATCHES | ODD | {"briefTitle": "Predicting Asthma Attacks by Quillo Breath Analysis", "armGroups": []},
         "Can quillo breath analysis help to predict asthma attacks?"),
        (WATCHES | ODD | {"briefTitle": "Can Quillo Tea Ease a Cough?", "armGroups": []}, "“Can Quillo Tea Ease a Cough?”"),
    ],
)  # fmt: skip
def test_a_question_is_found_in_the_middle_of_a_title(record, asked):
    assert plain(read(**BASE | record).question) == asked


def test_an_aside_that_stands_last_loses_its_comma_and_a_quotation_none():
    said = voice("en").say("How accurate is %(what)s?", what="a scan, in different combinations,")
    assert said == "How accurate is a scan, in different combinations?"
    quoted = "“Which of them, if any,?” is asked of A, B,. and C."
    assert voice("en").say("%(what)s", what=quoted) == quoted
