"""What a read says is measured, could come of a study and could go wrong: each kind of sentence that was false, or that nobody would miss."""

import re

import pytest
from factories import a_record, raw

from notifier.domain.study import decode
from notifier.domain.summaries import by_rules
from notifier.domain.summaries.measures import plain_measure
from notifier.domain.summaries.voice import plain, voice
from tests.domain.test_reads_by_rules import TODAY, X, Z, arms, read, said
from tests.domain.test_reads_told import BASE, ENDED, NOBODY, SINGLE, TWO

#: What fits every study, or stands in another part of the read.
NOBODY_MISSES = re.compile(
    r"causes what|basis for later|likely after|although the main|turn out to make no|results could be different|drop out|"
    r"instead of what (?:is|was)|counts as usual care|more main measure|does not say clearly|no one could be harmed"
)


@pytest.mark.parametrize(
    "record",
    [
        TWO,
        TWO | ENDED | {"primaryCompletionDateStruct": {"date": "2012-05-01", "type": "ACTUAL"}},
        TWO | {"phases": [], "studyType": "OBSERVATIONAL", "enrollmentInfo": {"count": 900}},
        arms(("S", "EXPERIMENTAL", ["Device: Zolascope"]), ("U", "NO_INTERVENTION", [])),
        TWO | NOBODY,
    ],
)
def test_nothing_is_said_that_nobody_would_miss(record):
    outcomes = [
        {"measure": name} for name in ("Sleep", "Weight", "Pain scale", "Survival", "Zest", "Classification")
    ]
    made = read(**BASE | record | {"primaryOutcomes": outcomes})
    assert not NOBODY_MISSES.search(said(made))
    assert len(re.findall("[Nn]o results|not been posted", said(made))) <= 1
    assert made.could_lead_to
    assert made.could_go_wrong
    assert len(made.measures) == 4


@pytest.mark.parametrize(
    ("measure", "told"),
    [
        ("Pathological complete response (pCR)", "how often no cancer is left when tissue is examined"),
        ("Major pathologic response", "how often little or no cancer is left when tissue is examined"),
        ("Maximum concentration (Cmax) of Xamib", "how much of the medicine is in the blood"),
        ("Half-life of Xamib", "how fast the body gets rid of the medicine"),
        ("Duration of response (DOR)", "how long the improvement lasts"),
        ("Disease control rate (DCR)", "how often the illness is kept under control"),
        ("Time to pelvic recurrence", "how long until it comes back"),
        ("Feasibility (Eligibility)", "how many people can and want to take part"),
        ("Retention in treatment", "how many people stay in the study until the end"),
        ("Perceived social support", "how much help and support people feel they get"),
        ("Socialization on the Vineland scale", "how people get on with others"),
        ("Glycemic variability", "how much blood sugar goes up and down"),
        ("Pain interference", "how much pain limits daily life"),
        ("Number of participants with serious adverse events", "how many people have serious health problems"),
        ("Serious treatment-related adverse events", "how many people have serious side effects"),
        ("Adverse events and serious adverse events", "which side effects people have"),
        ("Manufacturing success rate", "how often the cells can be made as planned"),
        ("Gene expression profiles", "which genes are switched on or off"),
        ("Skin prick wheal size", "how strongly the skin reacts to an allergy test"),
        ("Percentage of treatment responders", "how many people the treatment works for, by rules set beforehand"),
        ("Time to complete egg tolerance", "whether people can take what they may be allergic to without a reaction"),
        ("Change in FEV1 in % of predicted value", "how well the lungs work"),
        ("To identify the maximum tolerated dose", "what dose people can take, and which side effects stop them taking more"),
        ("Time to fracture union", "how well broken bones heal"),
        ("Solicited local and systemic reactions", "which side effects people have"),
        ("Infant birth weight", "how much babies weigh at birth"),
        ("Uptake of the lung screening service", "how many people take up the offer"),
        ("To evaluate the safety of Xamib (dose-relationship of adverse effects)", "which side effects people have"),
        ("Acute bowel and bladder toxicity", "which side effects people have"),
        ("Occurrence and severity of adverse events", "which side effects people have"),
        ("Readiness for hospital discharge", "how ready people feel to go home"),
        ("Choice of the next line of treatment", "which treatments people get"),
        ("Time to complete resolution of allergic symptoms", "how long the symptoms last"),
        ("Preliminary efficacy of Xamib", "how well it works"),
        ("Zest responder index", "how severe the illness is"),
        # The same words, and nothing of what they mean elsewhere.
        ("Effectiveness of the screening model", ""),
        ("Functioning joint and no occurrence of adverse events", ""),
        ("Biomarkers that predict treatment responders", ""),
        ("Incidence and severity of eczema", ""),
        ("Improvement of skin condition, pruritus and sleep disturbance", ""),
        ("Eosinophil cationic protein", ""),
        ("Provocative concentration of methacholine (PC20)", "how easily the airways narrow"),
        ("Rhinitis VAS", "how severe the nose symptoms are"),
        ("Negative Predictive Value", "how well the test tells who has it and who does not"),
        ("Reactive doses of peanut", "how much of it brings on an allergic reaction"),
        ("Rate of other allergic manifestations", "how many people get allergies"),
        ("Medical history interview", ""),
        ("User engagement with Facebook groups", ""),
        ("Correlation of gene expression with age", "whether two things go together"),
        ("Tolerability and dose-relationship of headaches", "which side effects people have"),
        ("Capacity of gene expression profiles to tell the risk", ""),
        ("Fear of recurrence", ""),
        ("Duration of anticoagulation treatments for VTE", ""),
        ("Microvascular morbidity", ""),
        ("Change in intensity of the headache attacks", ""),
        ("Amount of time required to reach the target sample", ""),
        ("Time to maximum expression of a molecule", ""),
        ("Disc height", ""),
        ("Number of neurocognitive assessments collected", ""),
    ],
)  # fmt: skip
def test_a_measure_is_told_by_what_it_means(measure, told):
    made = plain_measure(measure)
    assert (made.plain if made else "") == told


@pytest.mark.parametrize(
    ("names", "told"),
    [
        # What says nothing is left out, and so is what a name before it says.
        (("RD", "Zest at noon", "S-S-102-B", "At noon: zest"), ("“Zest at noon”",)),
        # What is quoted beside plain words is short, and never shouted.
        (("Proportion of severe asthma patients with an Asthma Control Test score above 19 at 6 and at 12 months",),
         ("how well asthma is controlled",)),
        (("CHANGE IN BODY WEIGHT", "Sleep as told in a long line of words on a page that nobody would like to read"),
         ("how much people weigh", "how well people sleep")),
        # Infections are counted, or those who get one.
        (("Number of Infections", "Infection"),
         ("how often infections happen (“Number of Infections”)", "how many people get an infection (“Infection”)")),
    ],
)  # fmt: skip
def test_measures_are_short_and_each_is_told_once(names, told):
    made = read(**BASE | TWO | {"primaryOutcomes": [{"measure": name} for name in names]})
    assert made.measures == told


def test_what_it_could_lead_to_does_not_say_the_question_again():
    long = {
        "briefTitle": "Xamib in Adults With Asthma and Nasal Polyps and Hay Fever and Eczema That Came Back",
        "phases": ["PHASE2"],
    }
    made = read(**BASE | TWO | long)
    hope = "If Xamib can help, some adults with asthma could have one more choice."
    assert made.could_lead_to[0] == hope
    late = read(**BASE | TWO | long | {"phases": ["PHASE3"]}).could_lead_to
    assert late[0] == "It could help doctors decide whether to use Xamib for some adults with asthma."


def test_of_a_link_it_is_said_that_neither_need_cause_the_other():
    watched = {"studyType": "OBSERVATIONAL", "phases": [], "armGroups": [], "interventions": []}
    made = read(**BASE | watched | {"briefTitle": "The Association Between Sleep and Vitamin D in Asthma"})
    assert made.could_lead_to[0].endswith("linked in asthma, but not whether one causes the other.")


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("Risk Factors and Outcomes in a Tea Cohort With Asthma", "know whom to watch more closely"),
        ("Observatory of Tea Drinkers", "know what to expect, and help to plan later studies"),
        ("A Tea Cohort for Early Detection of Asthma", "find the illness early"),
        ("Tea Drinkers After Surgery in the Real World", "expect of the treatment in everyday care"),
        ("Non-interventional Tea Cohort After Surgery", "expect of the treatment in everyday care"),
        ("Tea Genes in Asthma", "tests no treatment, but could help to plan studies that do"),
        ("Generative Tea in Asthma", "tests no treatment, but could help to plan studies that do"),
        ("A Test of Tea Genes in Asthma", ""),
    ],
)
def test_a_study_that_only_watches_is_of_use_by_its_kind(title, told):
    watched = {"studyType": "OBSERVATIONAL", "phases": [], "armGroups": [], "interventions": []}
    made = " ".join(read(**BASE | watched | {"briefTitle": title, "officialTitle": None}).could_lead_to)
    of_use = re.search("watch more closely|what to expect|illness early|everyday care|no treatment", made)
    assert told in made
    assert bool(of_use) is bool(told), made


@pytest.mark.parametrize(
    ("title", "measure", "told"),
    [
        ("Xamib and Tea Cells in Asthma", "Tea cells", True),
        ("Efficacy of Xamib in Asthma", "Tea cells", False),
        ("Xamib and Tea Cells in Asthma", "Overall survival", False),
    ],
)
def test_basic_research_is_called_so_where_nothing_else_is_looked_for(title, measure, told):
    record = {"briefTitle": title, "officialTitle": None, "primaryOutcomes": [{"measure": measure}]}
    made = read(**BASE | TWO | record | {"designInfo__primaryPurpose": "BASIC_SCIENCE"})
    assert ("The record calls it basic research" in " ".join(made.could_lead_to)) is told


def test_what_fits_every_study_gives_way_to_its_use():
    watched = {"studyType": "OBSERVATIONAL", "phases": [], "armGroups": [], "interventions": []}
    record = BASE | ENDED | watched | {"briefTitle": "Observatory of Tea Drinkers", "officialTitle": None}
    made = read(**record | {"conditions": ["Pain"], "primaryOutcomes": []}).could_lead_to
    assert made[-1].startswith("It could help people know what to expect")
    assert "further studies" not in " ".join(made)


def test_what_was_found_is_not_told_as_a_hope():
    found = TWO | ENDED | {"hasResults": True, "phases": ["PHASE2"]}
    assert read(**BASE | found).could_lead_to == (
        "Its results are in the registry: they compare Xamib with a placebo, judged by how long people live.",
        "A doctor can help to explain them.",
    )
    late = read(**BASE | found | {"phases": ["PHASE3"]}).could_lead_to
    assert late[1] == "It could help doctors decide whether to use Xamib for people with asthma."
    cells = found | {"phases": ["PHASE3"], "primaryOutcomes": [{"measure": "Blood eosinophil count"}]}
    assert "decide" not in " ".join(read(**BASE | cells).could_lead_to)
    one = found | SINGLE | arms(("X", "EXPERIMENTAL", [X]))
    by = "judged by how long people live"
    assert read(**BASE | one).could_lead_to[0].endswith(f"how people with asthma did with Xamib, {by}.")
    unknown = found | {"primaryOutcomes": [{"measure": "Spleen colour"}]}
    assert read(**BASE | unknown).could_lead_to == (
        "A doctor can help to explain its results on Xamib in people with asthma.",
    )


def test_the_harms_of_what_is_tested_go_before_those_of_the_design():
    made = read(**BASE | SINGLE | arms(("A", "EXPERIMENTAL", ["Drug: Semaglutide"])))
    assert made.could_go_wrong == (
        "Semaglutide can make people feel sick or vomit, mostly at first.",
        "With only one group, it is hard to tell what the treatment did.",
    )


def test_a_medicine_is_not_named_twice_by_its_kind():
    both = ["Drug: Atezolizumab", "Drug: anti-PD-L1 antibody"]
    told = read(**BASE | SINGLE | arms(("A", "EXPERIMENTAL", both))).could_go_wrong
    assert told[0].startswith("With atezolizumab, the immune system")


def test_what_a_study_hopes_to_lessen_is_no_harm_that_it_watches_for():
    hoped = {"secondaryOutcomes": [{"measure": "Delirium after the operation"}]}
    assert "watches for" not in said(read(**BASE | TWO | hoped))
    counted = {"secondaryOutcomes": [{"measure": "Adverse events: delirium"}]}
    assert "The study watches for this harm: confusion." in said(read(**BASE | TWO | counted))


def test_a_bypass_of_the_stomach_is_no_operation_on_the_heart():
    groups = arms(
        ("A", "EXPERIMENTAL", ["Procedure: Gastric bypass surgery"]), ("Z", "ACTIVE_COMPARATOR", [Z])
    )
    told = read(**BASE | groups).could_go_wrong
    assert "Any operation can hurt, or cause bleeding or an infection." in told
    assert not any("heart" in line for line in told)


def test_what_people_are_watched_with_is_not_done_to_them():
    watched = {"studyType": "OBSERVATIONAL", "phases": [], "enrollmentInfo": {"count": 900}}
    groups = arms(("A", "", ["Procedure: Heart surgery"]), ("B", "", ["Procedure: Heart surgery"]))
    assert "operation" not in " ".join(read(**BASE | watched | groups).could_go_wrong)


def test_side_effects_that_are_counted_are_not_said_to_be_no_harms():
    counted = {"primaryOutcomes": [{"measure": "Adverse events"}]}
    device = arms(("A", "EXPERIMENTAL", ["Device: Zolascope"]), ("B", "NO_INTERVENTION", []))
    assert read(**BASE | device | counted).could_go_wrong == (
        "The study counts side effects, but the record does not list them. Ask which are known.",
    )


def test_a_day_of_the_procedure_is_no_day_after_it():
    outcomes = [{"measure": "Zest at noon", "timeFrame": "1 day procedure"}]
    assert read(**BASE | TWO | {"primaryOutcomes": outcomes}).measures == ("“Zest at noon”",)
    outcomes[0]["timeFrame"] = "1 day after the procedure"
    assert (
        read(**BASE | TWO | {"primaryOutcomes": outcomes}).measures[0].endswith("1 day after the procedure")
    )


@pytest.mark.parametrize(
    ("status", "told"),
    [("RECRUITING", "Still running; it looks"), ("NOT_YET_RECRUITING", "Not started yet; it looks")],
)
def test_a_study_of_records_looks_for_nobody(status, told):
    looks_back = {"observationalModel": "COHORT", "timePerspective": "RETROSPECTIVE"}
    watched = {"studyType": "OBSERVATIONAL", "phases": [], "designInfo": looks_back, "overallStatus": status}
    made = read(**BASE | watched)
    assert made.status_line.startswith(f"{told} at existing records, and no one has to do anything")
    assert "ooking for people" not in made.status_line


def test_what_it_is_added_to_is_not_lost_in_what_it_could_lead_to():
    both = arms(("A", "EXPERIMENTAL", [X, Z]), ("B", "ACTIVE_COMPARATOR", [Z])) | {"phases": ["PHASE2"]}
    leads = read(**BASE | both).could_lead_to
    assert leads == (
        "If adding Xamib to zolamab can help, people with asthma could have one more choice.",
        "A larger study would still have to confirm it.",
    )


@pytest.mark.parametrize(
    ("status", "posted", "told"),
    [
        ("TERMINATED", False, "No results are posted in the registry."),
        ("TERMINATED", True, "Results were posted on 9 January 2026."),
        ("ACTIVE_NOT_RECRUITING", True, "Results were posted on 9 January 2026."),
        ("ACTIVE_NOT_RECRUITING", False, ""),
    ],
)
def test_whether_results_are_posted_is_said_of_what_stopped_and_of_what_goes_on(status, posted, told):
    line = read(**BASE | TWO | {"overallStatus": status, "hasResults": posted}).status_line
    assert told in line
    assert told or "esults" not in line


def test_what_is_counted_is_told_before_what_is_known_of_it_in_general():
    counted = {"seriousNumAffected": 3, "seriousNumAtRisk": 60, "deathsNumAffected": 2, "deathsNumAtRisk": 60}
    gets = ["Drug: Cyclophosphamide", "Procedure: Bone marrow transplantation", "Radiation: Radiotherapy"]
    record = a_record(**BASE | arms(("A", "EXPERIMENTAL", gets)))
    record["resultsSection"] = {"adverseEventsModule": {"eventGroups": [{"title": "A"} | counted]}}
    lines = by_rules(decode(raw(record)), TODAY).could_go_wrong
    assert [each.partition(",")[0] for each in lines[:2]] == ["Serious health problems", "Deaths"]


def test_the_letter_of_a_type_keeps_its_capital():
    toxin = arms(("A", "EXPERIMENTAL", ["Drug: Botulinum Toxin Type A"]), ("B", "NO_INTERVENTION", []))
    assert "Botulinum toxin type A can also weaken other muscles." in read(**BASE | toxin).could_go_wrong


@pytest.mark.parametrize(("language", "told"), [("da", " hos "), ("de", " bei "), ("es", " en ")])
def test_no_question_in_another_language_says_in_whom_in_english(language, told):
    odd = {"primaryOutcomes": [{"measure": "Tokens in a jar"}], "designInfo__primaryPurpose": "OTHER"}
    made = read(language=language, **BASE | odd | arms(("A", "EXPERIMENTAL", [X])))
    asked = plain(made.question)
    assert told in asked
    assert " in " not in asked


LUNG = {
    "conditions": ["Non-small Cell Lung Cancer"],
    "briefTitle": "Osimertinib and Durvalumab in Adults With Non-small Cell Lung Cancer",
    "officialTitle": "",
    "primaryOutcomes": [{"measure": "Progression-free survival"}],
    "minimumAge": "30 Years",
    "maximumAge": "70 Years",
} | arms(("A", "EXPERIMENTAL", ["Drug: Osimertinib", "Drug: Durvalumab"]))


@pytest.mark.parametrize("language", ["da", "de", "es"])
def test_another_language_asks_what_english_asks_and_has_its_own_word_for_people(language):
    noun = "Non-small cell lung cancer" if language == "de" else "non-small cell lung cancer"
    speech, ill = voice(language), {"condition": noun}
    made = read(language=language, **BASE | LUNG)
    adults = speech.say("%(people)s with %(condition)s", people=speech.say("adults"), **ill)
    goal = speech.say("keep the illness under control in %(people)s", people=adults)
    assert goal in plain(made.question)
    ages = speech.say("aged %(low)s to %(high)s", low="30", high="70")
    who = speech.say("%(people)s %(ages)s with %(condition)s", people=speech.say("people"), ages=ages, **ill)
    assert who in plain(" ".join(made.summary))


def test_a_german_country_has_its_article():
    country = voice("de").country
    assert [country(each) for each in ("United States", "Switzerland", "Denmark")] == [
        "den USA",
        "der Schweiz",
        "Dänemark",
    ]


@pytest.mark.parametrize("thing", ["Olaparib", "Atezolizumab", "Cervical Spine Surgery"])
def test_who_watches_a_treatment_is_not_said_to_watch_none(thing):
    watched = {"studyType": "OBSERVATIONAL", "phases": [], "enrollmentInfo": {"count": 900}, "armGroups": []}
    titled = {"briefTitle": f"{thing} in Patients With Asthma", "interventions": []}
    lines = read(**BASE | watched | titled).could_go_wrong
    assert "The study itself gives no treatment, and the record lists no harms." not in lines
    tested = read(**BASE | watched | titled | {"briefTitle": "A Registry of Asthma"}).could_go_wrong
    assert "The study itself gives no treatment, and the record lists no harms." in tested


def test_a_placebo_that_no_other_sentence_tells_of_is_told_last():
    massage = ["Other: Aromatherapy massage"]
    groups = arms(
        ("Intervention Group", "ACTIVE_COMPARATOR", massage),
        ("Placebo Control Group", "PLACEBO_COMPARATOR", massage),
        ("Placebo Control Group", "PLACEBO_COMPARATOR", massage),
    )
    told = read(**BASE | groups)
    assert "placebo" not in plain(" ".join(told.summary)).casefold()
    assert (
        told.could_go_wrong[-1]
        == "The record lists a placebo: a dummy treatment, made to seem like the real one."
    )
    assert not any("lists a placebo" in line for line in read(**BASE | TWO).could_go_wrong)


def test_a_placebo_of_some_in_each_group_is_told():
    groups = arms(("Cohort 1", "EXPERIMENTAL", [X]), ("Cohort 2", "EXPERIMENTAL", [X]))
    texts = {"description": "2 mg Xamib or placebo"}, {"description": "4 mg Xamib without a placebo"}
    told = [groups | {"armGroups": [group | text for group in groups["armGroups"]]} for text in texts]
    one, other = (" ".join(read(**BASE | each).could_go_wrong) for each in told)
    assert "The record lists a placebo" in one
    assert "placebo" not in other


@pytest.mark.parametrize(("why", "told"), [("Met primary objective", False), ("Business decision", True)])
def test_a_study_that_met_its_aim_early_may_answer_its_question(why, told):
    leads = " ".join(read(**BASE | TWO | {"overallStatus": "TERMINATED", "whyStopped": why}).could_lead_to)
    assert ("may not answer its question" in leads) is told


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        ("1.5 years", "up to 18 months"),
        ("3.5 months", ""),
        ("1,5 weeks", ""),
        ("1,3,5 weeks", "up to 5 weeks"),
    ],
)
def test_part_of_a_time_is_never_read_as_the_whole_of_another(frame, told):
    outcomes = {"primaryOutcomes": [{"measure": "Pain scale", "timeFrame": frame}]}
    [measure] = read(**BASE | TWO | outcomes).measures
    assert measure.partition("”)")[2].strip(", ") == told


@pytest.mark.parametrize("frame", ["up to 2 days before surgery", "Within 1 week before treatment"])
def test_a_time_before_the_treatment_is_no_span_of_the_study(frame):
    outcomes = {"primaryOutcomes": [{"measure": "Pain scale", "timeFrame": frame}]}
    assert "up to" not in " ".join(read(**BASE | TWO | outcomes).measures)


ALLERGEN = (
    "Contact with something people are allergic or sensitive to can cause a reaction, which can be severe."
)
INSIDE = "Looking inside with a tube can hurt, cause bleeding or, rarely, make a hole."
NO_HARMS = "The record lists no harms. Ask the study team what is known."
ASK = "Ask the study team which harms are known."
SEEN = {"studyType": "OBSERVATIONAL", "phases": [], "armGroups": [], "interventions": []}


@pytest.mark.parametrize(
    ("given", "overrides", "told", "never"),
    [
        ("Other: Peanut flour", {"briefSummary": "Children have an oral food challenge."}, ALLERGEN, NO_HARMS),
        ("Other: Peanut flour", {"briefSummary": "Egg oral immunotherapy is given."}, ALLERGEN, NO_HARMS),
        ("Device: Slit lamp", {"briefSummary": "Eyes are looked at with a SLIT lamp."}, NO_HARMS, ALLERGEN),
        (None, SEEN | {"detailedDescription": "All have an egg challenge."}, ALLERGEN, "lists no harms"),
        ("Other: Skin prick test", {}, "A skin test can itch or swell and, rarely, cause a strong allergic reaction.", NO_HARMS),
        ("Other: Zest", {"detailedDescription": "Reactions were seen in some."}, ASK, NO_HARMS),
        ("Other: Zest", {"briefSummary": "It can set off anaphylaxis."}, "Allergic reactions, of which the record speaks, can be severe.", NO_HARMS),
        ("Other: Zest", {}, NO_HARMS, ASK),
        (None, SEEN | {"briefSummary": "Asthma can lead to death."}, "The study itself gives no treatment.", "lists no harms"),
        ("Drug: Axicabtagene ciloleucel", {}, "Changed immune cells can cause a strong reaction in the body, with high fever and confusion.", NO_HARMS),
        ("Drug: QX-12", {"briefTitle": "QX-12, a CAR-T for Asthma"}, "Changed immune cells can cause a strong reaction in the body, with high fever and confusion.", NO_HARMS),
        ("Drug: QX-12", {"briefTitle": "QX-12 After CAR-T Failure in Asthma"}, "QX-12", "Changed immune cells"),
        ("Other: Stopping steroid treatment", {}, "Where a treatment is stopped or left out, the illness can come back or get worse.", NO_HARMS),
        ("Procedure: Endoscopic lumbar discectomy", {}, "An operation on the spine", INSIDE),
        ("Procedure: Upper endoscopy", {}, INSIDE, NO_HARMS),
        ("Device: Red laser", {"briefSummary": "A low-level laser is worn at home."}, NO_HARMS, "Heat can burn"),
        ("Genetic: Real-time PCR", {}, NO_HARMS, "does not list the side effects"),
        ("Biological: Anti-PD-L1 switch T cells", {}, "", "With Anti-PD-L1, the immune"),
        ("Drug: Carmustine (BCNU)", {}, "Carmustine can", "BCNU"),
        ("Procedure: Stem cell transplantation from a donor", {}, "", "Cells from a donor can fail"),
        ("Procedure: Haploidentical stem cell transplantation", {}, "Cells from a donor can fail", NO_HARMS),
        ("", SEEN | {"briefSummary": "It looks at the use of oral immunotherapy."}, "", "Contact with something"),
        ("", SEEN | {"briefSummary": "Children have an oral food challenge."}, "Contact with something", NO_HARMS),
        ("Biological: Cell-free stem cell extract", {}, "", "The cells can cause"),
        ("Drug: Zest", {"briefSummary": "Samples are collected by bronchoscopy."}, "A tube into the lungs", NO_HARMS),
    ],
)  # fmt: skip
def test_the_harms_that_a_record_has_are_told_and_others_are_not(given, overrides, told, never):
    groups = arms(("A", "EXPERIMENTAL", [given])) if given else {}
    lines = " ".join(
        read(
            **BASE
            | SINGLE
            | {"enrollmentInfo": {"count": 900}, "designInfo": {"primaryPurpose": "OTHER"}}
            | groups
            | overrides
        ).could_go_wrong
    )
    assert told in lines, lines
    assert never not in lines, lines


def test_medicines_are_not_named_beside_their_kind():
    both = ["Drug: Pembrolizumab", "Drug: PD-1 inhibitor"]
    told = read(**BASE | SINGLE | arms(("A", "EXPERIMENTAL", both))).could_go_wrong
    assert told[0].startswith("With pembrolizumab, the immune system")


@pytest.mark.parametrize(
    ("record", "first"),
    [
        # Why it stopped weighs more than what its results could do.
        ({"overallStatus": "TERMINATED", "whyStopped": "Toxicity in the first group", "hasResults": False},
         "It stopped because of concerns about safety."),
        ({"overallStatus": "TERMINATED", "whyStopped": "Business decision, not due to safety", "hasResults": False},
         "If its results are published, "),
        # Results that are posted are pointed to, with what they are good for.
        ({"overallStatus": "COMPLETED", "hasResults": True, "phases": ["PHASE3"]}, "Its results are in the registry: they compare Xamib with a placebo, "),
        ({"overallStatus": "COMPLETED", "hasResults": True, "phases": ["PHASE2"]}, "Its results are in the registry: they compare Xamib with a placebo, "),
        # Doctors are told nothing to decide of what was changed meanwhile.
        ({"briefSummary": "The sponsor has stopped Xamib in this trial. Ask your doctor."},
         "The record tells of a change: ask the study team what it can still show."),
        # Of a study whose thing has no sure name, its title is told.
        ({"briefTitle": "Role of Sleep in Asthma", "interventions": [], "armGroups": [], "studyType": "OBSERVATIONAL"} | {"primaryOutcomes": []},
         "It could show what role sleep can play in asthma."),
    ],
)  # fmt: skip
def test_a_lead_begins_with_what_is_known_of_the_study(record, first):
    assert read(**BASE | TWO | record).could_lead_to[0].startswith(first)


@pytest.mark.parametrize(
    ("allocation", "count", "guides"),
    [("RANDOMIZED", 300, True), ("NON_RANDOMIZED", 300, False), ("RANDOMIZED", 12, False)],
)
def test_only_what_chance_decided_for_many_guides_a_choice(allocation, count, guides):
    titled = {"briefTitle": "Comparison of Warm Tea and Cold Tea in Asthma", "phases": []}
    some = {"enrollmentInfo": {"count": count}, "designInfo__allocation": allocation}
    groups = arms(("A", "OTHER", ["Other: Tea, warm"]), ("B", "OTHER", ["Other: Tea, cold"]))
    made = read(**BASE | titled | some | groups | {"designInfo__primaryPurpose": "TREATMENT"})
    told = " ".join(made.could_lead_to)
    assert ("choice" in told or "choose" in told) == guides
    assert guides or "It could show how" in told or "larger study" in told


def test_nobody_asks_of_milk_alone_what_it_does_for_people_with_an_allergy_to_it():
    listed = {
        "armGroups": [{"label": "A", "type": "EXPERIMENTAL", "interventionNames": ["Dietary Supplement: Cow's milk"]}],
        "interventions": [{"type": "DIETARY_SUPPLEMENT", "name": "Cow's milk"}],
        "designInfo": {"allocation": "NA", "interventionModel": "SINGLE_GROUP", "primaryPurpose": "TREATMENT"},
        "briefTitle": "Oral Induction of Tolerance in Children With Cow's Milk Allergy",
        "officialTitle": None,
        "conditions": ["Cow's Milk Allergy"],
        "primaryOutcomes": [{"measure": "Share of children"}],
    }  # fmt: skip
    made = read(**BASE | listed)
    assert not re.search(
        r"(?i)(?:can|offer|difference|study|with) cow’?'?s milk(?! allergy)",
        f"{made.question} {made.could_lead_to}",
    )


@pytest.mark.parametrize(
    ("given", "told", "never"),
    [
        # What is moved from one to another is no organ; a word of one trade is another one elsewhere.
        ("Procedure: Fecal Microbial Transplantation", "Germs from another person", "reject"),
        ("Procedure: Kidney Transplantation", "The body can reject a transplant", "Germs"),
        ("Behavioral: Breastfeeding support", "", "diet"),
        ("Other: Fasting blood sample", "", "diet"),
        ("Drug: Lysergic Acid Diethylamide", "", "A different diet"),
        ("Drug: Insulin after meals", "", "diet"),
        ("Device: Confocal laser endomicroscopy", "Looking inside with a tube", "Heat can"),
        ("Device: Infrared irradiation", "", "Radiation"),
        ("Procedure: Gastric bypass", "Any operation can hurt", "lists no harms"),
        ("Device: Urinary catheterization", "", "blood vessel"),
        ("Biological: Cryopreserved T cells", "", "Cold can"),
        ("Drug: Stem cell mobilization", "", "Moving joints"),
        ("Behavioral: Eye movement desensitization", "", "allergic"),
        ("Behavioral: TBI education", "", "Radiation"),
        ("Other: Surgical mask", "", "operation"),
        ("Biological: Plasmid DNA vaccine", "A vaccine can", "gene test"),
        ("Other: Oxygen saturation", "", "Breathing a lot of oxygen"),
        ("Biological: Depigoid Phleum", "Contact with something people are allergic", "does not list"),
        ("Dietary Supplement: Lactobacillus reuteri", "Live bacteria can cause wind", "does not list"),
        ("Dietary Supplement: Heat-killed Lactobacillus", "", "Live bacteria"),
        ("Drug: Fluticasone propionate cream 0.05%", "can thin the skin", "breathed in"),
        ("Drug: Ociperlimab", "the immune system can attack healthy organs", "does not list"),
    ],
)
def test_a_harm_is_of_what_is_given_and_of_no_word_like_it(given, told, never):
    lines = read(**BASE | arms(("A", "EXPERIMENTAL", [given])) | SINGLE).could_go_wrong
    assert told in " ".join(lines)
    assert not any(never in line for line in lines)


def test_little_is_known_of_what_is_new_and_not_of_what_it_is_given_with():
    both = arms(("A", "EXPERIMENTAL", ["Drug: AB1234 with Opdivo (Nivolumab)"])) | SINGLE
    lines = read(**BASE | both | {"phases": ["PHASE1"]}).could_go_wrong
    assert "Little is known yet about the side effects of AB1234." in lines


@pytest.mark.parametrize(
    ("record", "told", "never"),
    [
        # To use the use of something is to use it.
        (TWO | {"briefTitle": "Preoperative Use of Xamib for Asthma", "phases": ["PHASE4"]}, "whether to use Xamib", "use preoperative use"),
        # What is measured inside the body does not tell whether something helps.
        (TWO | {"primaryOutcomes": [{"measure": "Serum total IgE level"}]}, "how the body reacts to Xamib", "decide"),
        # Of "A with or without B", the dose of A is looked for.
        (arms(("A", "EXPERIMENTAL", ["Drug: AB1234"]), ("B", "EXPERIMENTAL", ["Drug: AB1234", "Drug: Carboplatin"]))
         | {"briefTitle": "AB1234 With or Without Carboplatin in Asthma", "phases": ["PHASE1"]}
         | {"primaryOutcomes": [{"measure": "Maximum tolerated dose"}]}, "which dose of AB1234", "dose of carboplatin"),
        # Of one measure or two, the first is told, whatever the title says.
        ({"studyType": "OBSERVATIONAL", "phases": [], "briefTitle": "A Tea Cohort", "armGroups": [], "interventions": []}
         | {"primaryOutcomes": [{"measure": "FEV1"}]}, "how well the lungs work", "further studies"),
    ],
)  # fmt: skip
def test_a_lead_is_of_what_is_new_and_of_what_is_measured(record, told, never):
    made = " ".join(map(plain, read(**BASE | record).could_lead_to))
    assert told in made
    assert never not in made


def test_the_time_of_a_rate_is_that_of_its_name():
    outcomes = {"primaryOutcomes": [{"measure": "3-year overall survival", "timeFrame": "5 years"}]}
    assert read(**BASE | TWO | outcomes).measures == (
        "how many people are alive after 3 years (“3-year overall survival”)",
    )


@pytest.mark.parametrize(
    ("way", "told"),
    [
        ("One spray in each nostril.", False),
        ("Two puffs inhaled.", True),
        ("A nasal spray, then inhaled.", True),
    ],
)
def test_harms_of_a_way_are_of_what_is_given_so(way, told):
    given = arms(("A", "EXPERIMENTAL", ["Drug: Budesonide"]))
    given["interventions"][0]["description"] = way
    lines = " ".join(read(**BASE | given).could_go_wrong)
    assert ("when breathed in" in lines) is told


def test_rays_that_reach_organs_are_no_tracer_and_a_sex_is_no_age():
    organs, sexes = (
        " ".join(read(**BASE | {"primaryOutcomes": [{"measure": each}]}).measures)
        for each in ("Dosimetry of the organs", "Gender ratio of participants")
    )
    assert "tracer" not in organs
    assert "what sort of people take part" in plain(sexes)
    assert "how old" not in sexes


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (TWO, "Some people get a placebo, a dummy treatment, and so go without what is tested."),
        (TWO | ENDED, "Some people got a placebo, a dummy treatment, and so went without what was tested."),
        (
            {"studyType": "OBSERVATIONAL", "phases": [], "armGroups": [], "interventions": []},
            "Details of people’s health are collected, which have to be kept private.",
        ),
        (SINGLE | arms(("A", "EXPERIMENTAL", [X])), ""),
    ],
)
def test_where_little_can_go_wrong_the_design_is_told(record, told):
    lines = " ".join(read(**BASE | record | {"enrollmentInfo": {"count": 90}}).could_go_wrong)
    assert told in lines
    assert told or not re.search("dummy treatment|kept private", lines)


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        # Who gets more tries what the others go without, whatever role the form gives the groups.
        (
            [("Xamib plus Zolamab", "ACTIVE_COMPARATOR", [X, Z]), ("Xamib only", "ACTIVE_COMPARATOR", [X])],
            "add zolamab to xamib",
        ),
        # Two that are held against each other in a small study are told together.
        (
            [("Xamib", "EXPERIMENTAL", [X]), ("zolamab", "ACTIVE_COMPARATOR", [Z])],
            "xamib and zolamab compare",
        ),
    ],
)
def test_what_is_held_against_each_other_is_told(groups, told):
    small = {"phases": ["PHASE4"], "enrollmentInfo": {"count": 900 if "add" in told else 15}}
    titled = {"briefTitle": "Zolamab or Xamib in Patients With Asthma"}
    made = " ".join(read(**BASE | arms(*groups) | small | titled).could_lead_to)
    assert told in plain(made).casefold()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Gentamicin", "harm the kidneys and the hearing"),
        ("Meropenem", "allergic reaction"),
        ("Paracetamol", "Too much paracetamol can harm the liver."),
        ("Measuring estradiol levels", ""),
    ],
)
def test_the_harms_of_more_medicines_are_known(name, told):
    given = arms(("S", "EXPERIMENTAL", [f"Drug: {name}"]), ("P", "PLACEBO_COMPARATOR", ["Drug: Placebo"]))
    lines = " ".join(read(**BASE | given).could_go_wrong)
    assert told in lines
    assert told or "blood clots" not in lines


def test_fat_that_is_drawn_out_is_an_operation():
    done = arms(("S", "EXPERIMENTAL", ["Procedure: Liposuction"]), ("U", "NO_INTERVENTION", []))
    assert "Any operation can hurt, or cause bleeding or an infection." in read(**BASE | done).could_go_wrong


def test_a_test_is_no_treatment_and_no_dose_is_looked_for_of_what_has_no_name():
    test = arms(
        ("S", "EXPERIMENTAL", ["Procedure: Oral Glucose Tolerance Test"]),
        ("P", "PLACEBO_COMPARATOR", ["Procedure: Oral Glucose Tolerance Test"]),
    )
    made = read(**BASE | test | {"briefTitle": "Effect of Xamib on Insulin in Asthma"})
    assert "tolerance test" not in plain(f"{made.question} {' '.join(made.could_lead_to)}")
    long = "Drug: A Combination of Several New Agents That Are Given in Turn by the Plan"
    early = {"phases": ["PHASE1"], "primaryOutcomes": [{"measure": "Maximum tolerated dose"}]}
    made = read(**BASE | arms(("S", "EXPERIMENTAL", [long]), ("T", "EXPERIMENTAL", [X])) | early)
    assert "which dose of the treatment" not in " ".join(made.could_lead_to)


@pytest.mark.parametrize(
    ("title", "told"), [("Acalabrutinib in Asthma", True), ("Asthma After Failed Acalabrutinib", False)]
)
def test_the_harms_of_a_medicine_that_a_title_names_are_told_of_who_watches_it(title, told):
    watched = {"studyType": "OBSERVATIONAL", "phases": [], "enrollmentInfo": {"count": 900}, "armGroups": []}
    lines = read(**BASE | watched | {"briefTitle": title, "interventions": []}).could_go_wrong
    assert any(line.startswith("Acalabrutinib can cause bleeding") for line in lines) is told


def test_what_says_little_stands_with_its_name_however_long():
    name = "Incidence of healthcare-facility-onset infection with the germ that is named Zestella in the ward"
    [told] = read(**BASE | TWO | {"primaryOutcomes": [{"measure": name}]}).measures
    assert plain(told).startswith("how many people get an infection (“Incidence of healthcare")
