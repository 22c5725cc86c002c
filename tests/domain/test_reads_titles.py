"""Titles: what a treatment's arms say, else the registry's where it is well formed; none that is cut or claims a finding."""

import pytest

from notifier.domain.summaries.titling import well_formed
from notifier.domain.summaries.voice import plain
from tests.domain.test_reads_by_rules import ASTHMA, TREATMENT, X, Z, arms, read
from tests.domain.test_reads_told import BASE, WATCHES


@pytest.mark.parametrize(
    "made",
    [
        # Cut, or something between two of its words was lost.
        "Xamib with in people with asthma",
        "Xamib alone and with in asthma",
        "Xamib under the skin in adults with asthma previously",
        "Changes in the skin of grass pollen allergic",
        "Xamib as first-line treatment of gene-expressing",
        "Xamib for severe with asthma",
        "Xamib for recurrent or metastatic triple",
        "Effect of xamib in people with asthma",
        "Xamib in asthma - a follow-up",
        "Tea after work study. walks for asthma",
        "Xamib high-risk myeloma high-risk myeloma with disease",
        "Xamib (tablets in asthma",
        "Healthy people and rising dose study of Xamib",
        "Link between the results of tea in asthma",
        "People with asthma who start tea compared with who do not",
        "Effect of tea on people with asthma, seen",
        "Traitement de la douleur pour asthma",
        "Prevalence of tea and its effect in adults with asthma",
        # A finding, or a sentence.
        "Tea-guided diets improve asthma in children",
        "Choice of tea for asthma influences other illnesses",
        "Effects of tea are associated with asthma",
        "Asthma, a disease due to a lack of tea",
        "If the presence of tea on the skin",
        "Better sleep with tea in asthma",
        # Too short, too long.
        "Xamib tablets",
        "Xamib with zolamab and tealimab and tinamab for people with asthma and gout and vertigo",
    ],
)
def test_a_title_that_is_cut_or_claims_something_is_not_well_formed(made):
    assert not well_formed(made)


@pytest.mark.parametrize(
    "made",
    [
        "Xamib for asthma",
        "Xamib, alone or with zolamab, for asthma that came back or did not respond",
        "Xamib for people with asthma who have not been treated before",
        "Effect of tea on sleep in children with asthma",
        "Influences of tea on asthma and its causes in adults",
        "Walks to improve sleep after surgery in people with and without asthma",
        "In vitro tests for moderate to severe asthma",
        "Xamib after withdrawal of a biologic",
        "Xamib for traumatic pain in adults who have had traumatic loss",
        "Link between tea and the control of asthma",
    ],
)
def test_a_title_that_is_whole_is_well_formed(made):
    assert well_formed(made)


W = "Drug: Tealimab"


@pytest.mark.parametrize(
    ("brief", "groups", "made"),
    [
        # What is tried is named by the arms, whatever class the title puts before it.
        ("Anti-X Antibody Xamib in Adults With Asthma", [("A", "EXPERIMENTAL", [X])], "Xamib for asthma"),
        ("Xamib as Monotherapy and With Anti-Y Antibody in Asthma", [("A", "EXPERIMENTAL", [X]), ("B", "EXPERIMENTAL", [X, Z])],
         "Xamib, alone or with zolamab, for asthma"),
        ("Two Antibodies in Asthma", [("A", "EXPERIMENTAL", [X]), ("B", "EXPERIMENTAL", [Z])], "Xamib or zolamab for asthma"),
        ("Xamib in Asthma", [("A", "EXPERIMENTAL", [X, Z]), ("B", "EXPERIMENTAL", [X, W])], "Xamib with zolamab or tealimab for asthma"),
        ("Anti-X Antibody Xamib With or Without Zolamab in Adults With Early Untreated Stable Mild Rare Allergic Unpleasant Slow Asthma",
         [("A", "EXPERIMENTAL", [X, Z]), ("B", "EXPERIMENTAL", [X])], "Xamib, alone or with zolamab, for asthma"),
        # What several get in place of each other is compared, also beside what all get.
        ("Xamib in Asthma", [("A", "EXPERIMENTAL", [X, W]), ("B", "ACTIVE_COMPARATOR", [Z, W])], "Xamib compared with zolamab for asthma"),
        ("Xamib and Zolamab DDI Study", [("A", "EXPERIMENTAL", [X, Z])], "Xamib and zolamab taken together in adults with asthma"),
        ("Xamib in Adults With History of Asthma", [("A", "EXPERIMENTAL", [X])], "Xamib in adults who have had asthma"),
        ("Xamib in Kenyan Adults With House Dust Mite Asthma", [("A", "EXPERIMENTAL", [X])], "Xamib for Kenyan adults with house dust mite asthma"),
        ("Xamib Ascending Dose Study in Healthy Volunteers", [("A", "EXPERIMENTAL", [X])], "Xamib in healthy people"),
        # The illness stands in it, where no title has it.
        ("Tablets of Xamib", [("A", "EXPERIMENTAL", [X])], "Tablets of Xamib for asthma"),
        # What the title alone names, when it is given, and what it has an effect on are not dropped.
        ("Xamib With Tinamab in Asthma", [("A", "EXPERIMENTAL", [X])], "Xamib with tinamab in asthma"),
        ("Xamib After Surgery for Asthma", [("A", "EXPERIMENTAL", [X])], "Xamib after surgery for asthma"),
        ("Effect of Xamib on Sleep in Asthma", [("A", "EXPERIMENTAL", [X])], "Effect of Xamib on sleep in asthma"),
        # Who it is given to is no illness that it is for.
        ("Xamib in Adults With Asthma Who Cough", [("A", "EXPERIMENTAL", [X])], "Xamib for adults with asthma who cough"),
        # A claim is not repeated, and a hard effect not told.
        ("Xamib Improves Asthma and Saves Lives", [("A", "EXPERIMENTAL", [])], "A study in adults with asthma"),
        ("Effect of Tea on Quallo Quillic Quollan Quullic Quellic Tone in Asthma", [("A", "EXPERIMENTAL", [])], "Tea in adults with asthma"),
        # The illness alone is told, where all that narrows it down is hard; a fixed mixture is no choice.
        ("Xamib in Asthma With Quallo Quillic Quollan Quullic Bronchial Hyperplasia", [("A", "EXPERIMENTAL", [X])], "Xamib for asthma"),
        ("Tealimab/Zolamab in Asthma", [("A", "EXPERIMENTAL", [f"{W}/Zolamab"])], "Tealimab-zolamab for asthma"),
        # Slashes and plus signs are words.
        ("Tea and/or Honey in Stable/Mild Asthma", [("A", "EXPERIMENTAL", [])], "Tea or honey in stable or mild asthma"),
    ],
)  # fmt: skip
def test_the_title_of_a_treatment_is_what_its_arms_say(brief, groups, made):
    record = TREATMENT | ASTHMA | arms(*groups) | {"briefTitle": brief, "officialTitle": None}
    assert read(**record).title == made


def test_only_the_healthy_take_part_where_a_title_says_so_whatever_is_listed():
    titles = {
        "briefTitle": "Distribution of Xamib",
        "officialTitle": "A Study of Xamib in Healthy Male Adults",
    }
    record = TREATMENT | ASTHMA | arms(("A", "EXPERIMENTAL", [X])) | titles
    made = read(**record, healthyVolunteers=True)
    assert "in healthy" in made.title
    assert made.question == "How does Xamib affect the body in healthy male adults?"


def test_nobody_is_told_to_have_an_illness_that_only_the_list_names_where_the_healthy_take_part():
    record = (
        TREATMENT
        | ASTHMA
        | arms(("A", "EXPERIMENTAL", ["Behavioral: Tea app"]))
        | {"briefTitle": "Tea App Programme"}
    )
    made = read(
        **record | {"conditions": ["Insomnia", "Vertigo"], "designInfo__primaryPurpose": "OTHER"},
        healthyVolunteers=True,
    )
    assert "vertigo" not in made.title


def test_of_two_ways_nobody_gets_both_where_the_summary_says_either():
    ways = arms(
        ("A", "ACTIVE_COMPARATOR", ["Procedure: Knee surgery", "Procedure: Tea walks"]),
        ("B", "ACTIVE_COMPARATOR", ["Procedure: Tea walks"]),
    )
    record = (
        TREATMENT
        | ASTHMA
        | ways
        | {"briefTitle": "Patient Outcomes Research Trial (PORT) - Asthma in Adults"}
    )
    assert "alone or with" in read(**record).title
    assert (
        "alone or with" not in read(**record | {"briefSummary": "People get either surgery or walks."}).title
    )


@pytest.mark.parametrize(
    ("brief", "made"),
    [
        ("Tea in Hen's Egg Allergic Children", "Tea in children with hen's egg allergy"),
        ("Boiled Peanut Drops for the Treatment of Peanut Allergy", "Boiled peanut drops for peanut allergy"),
        ("Using Common Quillo Tea to Treat Asthma", "Common quillo tea to treat asthma"),
        (
            "Effects of Breaks in Sitting on Asthma Attacks in Adults",
            "Effect of breaks in sitting on asthma attacks in adults",
        ),
        ("Identification of Tea Markers in Asthma", "Tea markers in asthma"),
        ("Tolerance, Efficacy and Safety of Quillo Tea in Asthma", "Quillo tea in asthma"),
        ("Dose Response Evaluation of Quillo Tea Mix in Asthma", "Quillo tea mix in asthma"),
        ("Genomic Study of Slow Quillo Marks in Asthma", "Slow quillo marks in asthma"),
        ("S.C. Quillo Tea Drops in Asthma", "Quillo tea drops under the skin in asthma"),
        ("Pilot RCT: Quillo Tea Mix in Asthma", "Quillo tea mix in asthma"),
        ("A Close Look at Patient Experiences in Asthma", "Close look at patient experiences in asthma"),
        ("Quillo Gloves Prospective Study in Asthma", "Quillo gloves in asthma"),
        ("Tea Markers in Adult Endometriosis Patients", "Tea markers in adults with endometriosis"),
    ],
)
def test_a_title_says_who_is_allergic_to_what_and_leaves_out_how_it_is_looked_into(brief, made):
    record = {"briefTitle": brief, "officialTitle": brief, "conditions": ["Asthma"], "armGroups": []}
    assert plain(read(**BASE | WATCHES | record).title) == made


@pytest.mark.parametrize(
    ("perspective", "made"),
    [
        ("PROSPECTIVE", "A study that follows adults with asthma over time"),
        ("RETROSPECTIVE", "A study of the records of adults with asthma"),
        ("CROSS_SECTIONAL", "A study of adults with asthma"),
    ],
)
def test_what_is_watched_is_told_by_its_people_where_no_title_can_stand(perspective, made):
    design = {"designInfo": {"observationalModel": "COHORT", "timePerspective": perspective}}
    record = {
        "briefTitle": "Tea Improves Asthma and Saves Lives",
        "officialTitle": None,
        "conditions": ["Asthma"],
    }
    assert plain(read(**BASE | WATCHES | record | design).title) == made


def test_a_long_title_loses_people_with_before_it_loses_the_illness():
    brief = (
        "Quillo Stretches and Quallo Walks of Many Sorts in Patients With Refractory Quolla Growths or Asthma"
    )
    record = {"briefTitle": brief, "officialTitle": brief, "conditions": ["Asthma"], "armGroups": []}
    assert read(**BASE | WATCHES | record).title == (
        "Quillo stretches and quallo walks of many sorts in refractory quolla growths or asthma"
    )


@pytest.mark.parametrize(
    ("brief", "listed", "made"),
    [
        # A food is no illness, and a food allergy is not listed beside the very one it is.
        (
            "Value of Milk Protein Ladders of Many Steps",
            ["Food Allergy", "Milk Allergy"],
            "Value of milk protein ladders of many steps in milk allergy",
        ),
        ("Tolerance in Keepers", ["Bee Sting"], "Tolerance in keepers"),  # told once where it is
        # Which line of treatment it is says nothing of the illness.
        (
            "Second-line Quillo Walks With or Without Quallo Tea",
            ["First-line Quolla Itch"],
            "Second-line quillo walks with or without quallo tea in first-line quolla itch",
        ),
        # Where the list names nothing by which it is known, the illness of the people is looked for.
        (
            "Quillo Walks With or Without Quallo Tea Versus Any Treatment of Physician's Choice in HER2-negative Metastatic Breast Cancer Patients With Germline BRCA Mutation",
            ["Treatment in HER2-negative Metastatic Breast Cancer Patients With Germline BRCA Mutation"],
            "Quillo walks with or without quallo tea in HER2-negative breast cancer that has spread",
        ),
    ],
)
def test_a_title_that_names_no_illness_gets_the_one_that_is_sure(brief, listed, made):
    record = {"briefTitle": brief, "officialTitle": brief, "conditions": listed, "armGroups": []}
    assert read(**BASE | WATCHES | record).title == made
