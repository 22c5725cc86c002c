"""What a read says is done: what the thing is and how it is given, told once, in few words, and only where all of it holds."""

import re

import pytest

from notifier.domain.summaries.given import known_in
from notifier.domain.summaries.having import illness_in, is_illness, sound
from tests.domain.test_reads_by_rules import ASTHMA, SINGLE, TREATMENT, P, X, Z, arms, read

BASE = TREATMENT | ASTHMA | {"designInfo__allocation": "RANDOMIZED", "maskingInfo": {"masking": "NONE"}, "eligibilityCriteria": "* Allergy to camomile"}  # fmt: skip
TWO = arms(("X", "EXPERIMENTAL", [X]), ("Z", "ACTIVE_COMPARATOR", [Z]))
CROSSED = {"designInfo__interventionModel": "CROSSOVER"}
GAME = "Device: Charades"
APP = "Chatter is a phone game in which families act out words."


def described(groups, **texts):
    """Groups of which some, and some of what they get, have a description, by name."""
    for each in groups["interventions"]:
        each.update({"description": texts[each["name"]]} if each["name"] in texts else {})
    for each in groups["armGroups"]:
        each.update({"description": texts[each["label"]]} if each["label"] in texts else {})
    return groups


def done(**overrides):
    return " ".join(read(**BASE | overrides).summary)


def alone(name, text, **more):
    return SINGLE | described(arms(("A", "EXPERIMENTAL", [name])), **{name.split(": ")[1]: text}) | more


@pytest.mark.parametrize(
    ("overrides", "told", "never"),
    [
        # What people go through, where it is of all of them, with how often or how long.
        (TWO | {"briefSummary": "Asthma is common. There will be five visits to the clinic in three months."}, "words: “There will be five visits to the clinic in three months.”", "common"),
        (TWO | {"briefSummary": "Participants will have a blood sample taken at each visit, and will answer questions by telephone every week."}, "“Participants will have a blood", "xx"),
        (TWO | {"briefSummary": "Group A will have a blood sample taken at each visit, and will answer questions by telephone every week."}, "", "blood"),
        (TWO | {"briefSummary": "Participants will have an injection at each visit for two months."}, "", "visit"),
        (TWO | {"briefSummary": "Participants will have a blood sample taken if they are ill at each visit."}, "", "blood"),
        (alone(X, "Xamib will be taken once a week for 8 weeks by mouth.", briefSummary="Participants will take capsules of Xamib once a week for 8 weeks in the morning at home."), "once a week, for 8 weeks", "words"),
        (TWO | {"briefSummary": "They will have a blood sample taken at each visit for two months."}, "", "blood"),
        # What a thing is stands in its own description, under whatever name, or where it is named.
        (alone(GAME, APP), f"In the study team’s words: “{APP}”", r"For “"),
        (alone(GAME, "Text.", briefSummary=f"Tea is old. {APP.replace('Chatter', 'Charades')}"), "Charades is a phone game", r"For “"),
        (alone(GAME, "A phone app that asks families to act out words twice a week."), "“A phone app that asks", r"is a phone"),
        # How good it is, what a study is for and words that nobody knows are not quoted as what it is.
        (alone(GAME, "Chatter is an effective phone game that improves words."), "Everyone gets", r"effective"),
        (alone(GAME, "Chatter is a game that this study will look at."), "Everyone gets", r"will look at"),
        (alone(GAME, "Chatter is a haptic neurofeedback paradigm of polysomnographic entrainment."), "Everyone gets", "haptic"),
        (SINGLE | arms(("A", "EXPERIMENTAL", ["Biological: PEP-CMV vaccine"])), "Everyone gets the PEP-CMV vaccine.", "gets PEP"),
        (alone("Device: Chatter", "Chatter is used as a program divided into parts once a week."), "Everyone gets", "once a week"),
        # Groups are told, not counted, and what only their prescription says of one of them is not quoted.
        (described(TWO, Xamib="Xamib is given as a tablet on days 1 to 5."), "One group gets Xamib, the other gets zolamab.",
         r"There are|the record says"),
        (arms(*((f"Xamib {n} mg/m2", "EXPERIMENTAL", [X]) for n in (5, 10, 20))),
         "3 groups get different doses of Xamib: 5 mg/m2, 10 mg/m2 and 20 mg/m2.", r"There are|“"),
        (arms(("Xamib High Dose 1", "EXPERIMENTAL", [X]), ("Xamib", "EXPERIMENTAL", [X]), ("P", "PLACEBO_COMPARATOR", [P])),
         "2 groups get Xamib. One group gets a placebo.", r"timing or part"),
        # Who is in a group is not what it gets.
        (
            described(
                arms(("Ambulatory", "EXPERIMENTAL", [X]), ("Non-Ambulatory", "EXPERIMENTAL", [X])),
                Ambulatory="Ambulatory people who get Xamib daily",
                **{"Non-Ambulatory": "Others who get Xamib daily"},
            ),
            "Everyone gets Xamib. The groups are called “Ambulatory” and “Non-Ambulatory”.",
            r"people who get|contradicts|Everyone knows",
        ),
        # What every group's list has is told of all, though a summary gives one thing or the other before it.
        (arms(("A", "EXPERIMENTAL", [X, Z, "Procedure: Surgery"]), ("B", "EXPERIMENTAL", [Z, "Procedure: Surgery"]))
         | {"briefSummary": "People will either receive tea or coffee prior to the surgery."}, "Everyone gets zolamab and surgery.",
         r"also gets [^.]*surgery"),
        # Who gets something "with or without" the rest, is told so; a name that only sorts is nothing that is given.
        (arms(("X ± Zolamab", "EXPERIMENTAL", [X, Z]), ("Q", "EXPERIMENTAL", ["Drug: Quamib"])),
         "One group gets Xamib, with or without zolamab, the other gets Quamib.", r"Xamib and zolamab"),
        (
            described(
                arms(
                    ("A", "EXPERIMENTAL", ["Behavioral: Experimental"]),
                    ("B", "NO_INTERVENTION", ["Other: Active comparator"]),
                ),
                A="People get detailed advice on food from a nurse.",
                B="People get a short leaflet on food by post.",
            ),
            "One group: “People get detailed advice on food from a nurse”.",
            r"gets “",
        ),
        # What is in one medicine is not given beside it too; a group that gets no more is told so.
        (
            described(
                arms(("A", "EXPERIMENTAL", [X, "Drug: Xamib/Zolamab"]), ("B", "ACTIVE_COMPARATOR", [X])),
                A="Coformulation of xamib and zolamab.",
            ),
            "One group gets xamib/zolamab, the other gets xamib.",
            r"(?i)and xamib",
        ),
        (arms(("Xamib plus oral zolamab", "EXPERIMENTAL", [X, Z]), ("Cohort 2: Xamib (no zolamab)", "OTHER", [X])),
         "Everyone gets Xamib. One group also gets zolamab, the other gets nothing extra.", r"called|“"),
        # What somebody has decides between groups of one illness each.
        (
            arms(("Arm 1 COPD", "EXPERIMENTAL", [X]), ("Arm 2 asthma", "EXPERIMENTAL", [Z]))
            | {
                "conditions": ["Asthma", "Chronic Obstructive Pulmonary Disease"],
                "officialTitle": "Xamib in Asthma and Chronic Obstructive Pulmonary Disease",
            },
            "The record says that chance plays a part in who gets what.",
            r"decided by chance",
        ),
        # A title that says "open-label" and people who are ticked not to know: both are not true.
        (TWO | {"officialTitle": "An Open-Label Study of Xamib in Asthma", "maskingInfo": {"masking": "SINGLE", "whoMasked": ["PARTICIPANT"]}},
         "The record contradicts itself on who knows who gets what", r"hidden from"),
        # By which way, how often and for how long: what one sentence says and another denies is not told.
        (alone(X, "Xamib is infused on day 1. Xamib is given through a catheter in the abdomen."), "into the belly", r"vein"),
        (alone(X, "Xamib infusion of cells. The dose is given intraperitoneally."), "Everyone", r"into a vein"),
        (alone(X, "Given by nasogastric tube or orally."), "It is given through a tube or by mouth.", r"given by mouth"),
        (alone(X, "Given orally. Zolamab is given intravenously."), "Everyone", r"or by mouth|or into"),
        (alone(X, "Xamib IV weekly for 6 doses. PSA will be tracked for 3 years."), "into a vein, once a week.", r"3 years"),
        (alone(X, "A single oral dose of xamib. The next day, xamib 30 mg daily until the least effective dose."), "It is given by mouth.", r"once"),
        (alone(X, "Injected under the skin every 2 or 4 weeks. At most 150 mg q 4 weeks."), "every 2 or 4 weeks", r"once a month"),
        # What changed immune cells are, and whose, is told where the record says so.
        (alone("Biological: XY19 CAR-T cells", "Text.", officialTitle="Autologous XY19 CAR-T Cells in Asthma"),
         "The CAR-T cells are immune cells from the person’s own blood, changed in a laboratory", r"donor"),
        (alone("Biological: XY19 UCAR-T cells", "Text."), "The CAR-T cells are immune cells from a donor", r"own blood"),
        (described(alone(X, ""), Xamib="A CAR-T product.") | {"interventions": [{"type": "BIOLOGICAL", "name": "Xamib", "otherNames": ["XY CAR-T"]}]},
         "Xamib is a treatment with CAR-T cells. The CAR-T cells are immune cells", r"donor"),
        (alone("Biological: Xamib is a biologic", "Text."), "Everyone gets Xamib.", r"is a biologic"),
        # The number of a group is no name of it, and a list of numbers tells nobody anything.
        (arms(*((f"Cohort {each} {one}", "EXPERIMENTAL", [X]) for each, one in (("1:", "Adults"), ("2:", "Children")))),
         "“Adults” and “Children”", r"Cohort"),
        (arms(*((each, "EXPERIMENTAL", [X]) for each in ("Cohort 1", "Cohort 2", "Cohort 3", "MCRPC expansion"))), "Everyone gets Xamib.", r"Cohort|MCRPC"),
        # Of two sorts of one illness a title names one; and what is over is told so.
        (SINGLE | {"conditions": ["Cashew Nut Allergy", "Tree Nut Allergies"], "briefTitle": "Xamib Cashew Therapy", "officialTitle": None}, "ashew nut allergy.", r"[Tt]ree nut"),
        (SINGLE | {"overallStatus": "COMPLETED", "briefTitle": "Second-Line Xamib for Asthma"}, "It was for people whose earlier treatment", r"It is for"),
        (alone("Device: CAR ring", "Text."), "Everyone gets", r"immune cells"),
        (alone("Drug: Quavostomig", "Text."), "Quavostomig is an antibody made to stick to more than one target", r"“"),
        # Of a study that never began, nobody may switch.
        (TWO | CROSSED | {"briefSummary": "People may cross over when it gets worse.", "overallStatus": "WITHDRAWN"},
         "Some people could have switched to what the other group got.", r"may switch"),
        # Of a study that lets everybody have each in turn, chance decides the order.
        (TWO | CROSSED | {"briefSummary": "A two-way crossover study. Tea is old."}, "one after the other: Xamib and zolamab.",
         r"One group|Who gets which"),
        # That some may change over is no way there and back.
        (
            described(
                arms(("X", "EXPERIMENTAL", [X]), ("Z", "ACTIVE_COMPARATOR", [Z])),
                Z="Zolamab; they can cross over to Xamib at week 8.",
            )
            | CROSSED,
            "Some people may switch to what the other group gets.",
            r"one after the other",
        ),
        # Clinics are put into groups, and nobody alone.
        (TWO | {"briefSummary": "A cluster randomized trial. Tea is old."},
         "Whole groups, such as clinics, are assigned by chance, not single people.", r"Who gets which"),
        (TWO | {"briefTitle": "A Randomized Trial of Xamib in Cluster Headache"},
         "Who gets which is decided by chance, and everyone knows who gets what.", r"Whole groups"),
        # By which way is told of what is tried first, or of nothing.
        (SINGLE | described(arms(("A", "EXPERIMENTAL", [X, Z])), Xamib="Given with it.", Zolamab="Given by intravenous infusion."),
         "Everyone gets Xamib and zolamab.", r"into a vein"),
        (SINGLE | described(arms(("A", "EXPERIMENTAL", [X, Z])), Xamib="Given by intravenous infusion.", Zolamab="Given with it."),
         "Xamib is given into a vein.", r"Zolamab is given"),
        # A title that names a place beside it counts more than where it is given elsewhere; a sentence of the summary counts last.
        (alone(X, "Xamib is approved for subcutaneous injection.", officialTitle="Intralymphatic Xamib in Asthma"), "into a lymph node", r"skin"),
        (alone(X, "Text.", briefSummary="People receive Xamib by intravenous infusion every 3 weeks."), "It is given into a vein, every 3 weeks.", r"mouth"),
        (alone(X, "Text.", briefSummary="People receive Xamib and an inhaled steroid."), "Everyone gets Xamib.", r"breathing"),
        (SINGLE | described(arms(("A", "EXPERIMENTAL", [X, Z])), Xamib="Given by intravenous infusion.", Zolamab="Given by intravenous infusion."),
         "Xamib and zolamab are given into a vein.", r"It is given"),
        # The illness is named where no title names it, and once.
        (SINGLE | {"conditions": ["Asthma", "Hay Fever"]}, "gets camomile", r"lists it under"),
        # What a field and a text say differently of ages and phases is not told at all.
        (SINGLE | {"maximumAge": "18 Years", "briefSummary": "For adults and children aged 12 through 75 years."}, "gets camomile", r"age field"),
        (SINGLE | {"phases": ["PHASE1"], "officialTitle": "A Phase II Trial of Xamib"}, "gets camomile", r"phase|registry lists"),
        (SINGLE | {"briefTitle": "A Pilot Study of Xamib in Asthma", "enrollmentInfo": {"count": 40}}, "This is a small first study.",
         r"registry lists"),
        # A study that adds up others observes nobody.
        ({"studyType": "OBSERVATIONAL", "briefTitle": "Nuts and Asthma: A Meta-Analysis", "designInfo__timePerspective": "PROSPECTIVE"},
         "This study looks back at information or samples already collected.", r"observes"),
        # A high dose that only a title has is what is tried.
        (TWO | {"officialTitle": "High-Dose Xamib Versus Zolamab in Asthma"}, "One group gets high-dose Xamib, the other gets zolamab.",
         r"high-dose zolamab"),
        # The same at other doses is told in one sentence, though each dose is listed as a thing of its own; two things at once are not.
        (arms(*((f"Xamib {n} mg", "EXPERIMENTAL", [f"Drug: Xamib {n} mg"]) for n in (5, 10, 20)), ("P", "PLACEBO_COMPARATOR", [P])),
         "3 groups get different doses of Xamib: 5 mg, 10 mg and 20 mg. One group gets a placebo.", r"A third|called"),
        (arms(*((f"Active {n}", "EXPERIMENTAL", [f"Drug: Xamib {n} dose"]) for n in ("low", "high")), ("P", "PLACEBO_COMPARATOR", [P])),
         "2 groups get Xamib, and differ in the dose.", r"Active"),
        (arms(*((f"Xamib {n} mg + Zolamab", "EXPERIMENTAL", [X, Z]) for n in (5, 10)), ("P", "PLACEBO_COMPARATOR", [P])),
         "2 groups get Xamib and zolamab, and differ in the dose.", r"different doses"),
        # Who get both in turn are told what, and not the names of the orders.
        (CROSSED | arms(("Sequence A", "OTHER", [X, P]), ("Sequence B", "OTHER", [X, P])),
         "People get what the study compares, one after the other: Xamib and a placebo.", r"Sequence"),
        (CROSSED | arms(("Cohort 1", "OTHER", [X, P]), ("Cohort 2", "OTHER", [X, P])), "For each group, the record lists", r"one after the other:"),
        # A short form that the record spells out, by a bracket or by the few words on it, is told in full.
        (
            described(
                arms(
                    ("RF", "EXPERIMENTAL", ["Dietary Supplement: RF"]),
                    ("S", "ACTIVE_COMPARATOR", ["Dietary Supplement: SF"]),
                ),
                RF="Formula of rice.",
                SF="Powder made of soy.",
            ),
            "One group gets formula of rice, the other gets SF.",
            r"gets RF",
        ),
        (alone("Procedure: PDT", "Text.", briefSummary="Photodynamic therapy (PDT) is old."), "Everyone has photodynamic therapy.", r"PDT"),
        # A tablet goes under the tongue where a title says so, and two sentences that differ tell no way.
        (alone("Drug: Camomile", "One tablet daily.", briefTitle="Sublingual Camomile"), "under the tongue", r"by mouth"),
        (alone("Drug: Camomile", "Camomile IV every 2 weeks.", briefSummary="Camomile will be administered subcutaneously."),
         "It is given every 2 weeks.", r"vein"),
        (alone("Behavioral: Camomile", "Daily exercise, with 2-weekly steps."), "every day", r"once a week"),
        # What was taken before is not asked of anybody.
        ({"studyType": "OBSERVATIONAL", "primaryOutcomes": [{"measure": "Cells in a biopsy of the skin"}],
          "eligibilityCriteria": "Inclusion Criteria:\n* Biopsy obtained within 4 weeks", "armGroups": [], "interventions": []},
         "observes, and does not", r"a biopsy"),
        # The same is listed for two, and the name of one says that it is a sham.
        (arms(("True lamp", "EXPERIMENTAL", ["Device: Bright lamp"]), ("Sham lamp", "SHAM_COMPARATOR", ["Device: Bright lamp"])),
         "One group gets Bright lamp, the other gets a sham (pretend) treatment.", r"True lamp|Everyone"),
        # How long something stays is not how long it is done, and who gets the one or a placebo does not surely get it.
        (alone("Device: Camomile", "The patch stays in place for 1 week."), "gets camomile", r"for 1 week"),
        (alone("Drug: Camomile", "Camomile or matching placebo."), "The record lists camomile.", r"Everyone"),
        # Of a study of which nothing is known any more, the plan lies behind.
        (TWO | {"overallStatus": "UNKNOWN"}, "It was planned for 120 people", r"is planned"),
        # Who gets what is tried, by the first letters of its name, is not told to be treated with it already.
        (TWO | {"officialTitle": "Marrow Cells in Patients With Asthma Treated With XAM"}, "aged 18 to 80 with asthma.", r"treated with"),
        # A form for what is done is not what people get; a diluent is got as a placebo; and "aged 5 to 5" is no span.
        (
            alone("Other: Camomile", "Text.")
            | {
                "interventions": [{"type": "OTHER", "name": "Study of factors"}],
                "armGroups": [
                    {"label": "A", "type": "EXPERIMENTAL", "interventionNames": ["Other: Study of factors"]}
                ],
            },
            "The record lists study of factors.",
            r"Everyone",
        ),
        (arms(("X", "EXPERIMENTAL", [X]), ("D", "PLACEBO_COMPARATOR", ["Drug: Albumin diluent"])), "the other gets albumin diluent as a placebo",
         r"XX"),
        (TWO | {"minimumAge": "5 Years", "maximumAge": "5 Years"}, "120 children with asthma", r"5 to 5"),
        # What is measured first tells what is done to people, where it is more than a blood test; nothing of how an illness is found.
        (TWO | {"primaryOutcomes": [{"measure": "Dose of nuts eaten at an oral food challenge"}]},
         "Taking part can include contact with what may bring on a reaction.", r"blood samples"),
        (TWO | {"primaryOutcomes": [{"measure": "Survival", "description": "Until recurrence on a biopsy."}]}, "It takes place",
         r"Taking part can include"),
        # Those who are treated in another way are no healthy people.
        (arms(("X", "EXPERIMENTAL", [X]), ("Control", "ACTIVE_COMPARATOR", [Z])) | {"healthyVolunteers": True}, "One group gets Xamib",
         r"Healthy people"),
        # A brand is told under its own name; "dose-1" is a dose; who is screened first has got nothing yet.
        (alone("Drug: Xolair (Omalizumab)", "Text."), "Xolair is an antibody", r"Omalizumab is"),
        (arms(*((f"Xamib: Dose-{n}", "EXPERIMENTAL", [X]) for n in (1, 2)), ("P", "PLACEBO_COMPARATOR", [P])),
         "2 groups get Xamib, and differ in the dose.", r"Dose-1"),
        (
            described(
                arms(("X", "EXPERIMENTAL", [X]), ("No Xamib", "NO_INTERVENTION", [])),
                **{"No Xamib": "Patients will be screened for high risk."},
            ),
            "the other gets nothing from the study itself",
            r"screened",
        ),
        # Children beside young adults are people.
        (TWO | {"maximumAge": "30 Years", "minimumAge": "1 Year", "officialTitle": "Xamib in Children and Young Adults With Severe Asthma"},
         "120 people aged 1 to 30 with severe asthma", r"people and"),
        # What is swallowed is given, whatever the record has it among; a dose is no part of a name.
        (alone("Other: Vitamin D", "Vitamin D for 6 months."), "It is given for 6 months.", r"is done"),
        (alone("Drug: Camomile at a dose of 5 mg/kg", "Text."), "Everyone gets camomile.", r"at a dose"),
        # Three or four groups with things that can be named are told in one sentence.
        (arms(("X", "EXPERIMENTAL", [X]), ("Z", "ACTIVE_COMPARATOR", [Z]), ("P", "PLACEBO_COMPARATOR", [P])),
         "One group gets Xamib, another zolamab, and a third a placebo.", r"Another gets"),
        # What all names add is no difference, and a dose that is the one or the other no choice of two medicines.
        (arms(("Xamib + Usual Tea", "EXPERIMENTAL", [X]), ("Placebo + Usual Tea", "PLACEBO_COMPARATOR", [P])),
         "One group gets Xamib, the other gets a placebo.", r"Usual Tea"),
        (
            described(
                arms(("X", "EXPERIMENTAL", [X, Z]), ("P", "PLACEBO_COMPARATOR", [P, Z])),
                X="Xamib was given at either a minimum of 5 mg or a minimum of 10 mg.",
            ),
            "Everyone gets zolamab. One group also gets Xamib, the other also gets a placebo.",
            r"minimum",
        ),
        # Of a sentence on what people receive, that alone is quoted, and not until when.
        (
            described(
                arms(("X", "EXPERIMENTAL", [X]), ("Choice", "ACTIVE_COMPARATOR", [Z, "Drug: Aspirin"])),
                Choice="Participants will receive zolamab or aspirin, until discontinuation.",
            ),
            "the other gets “zolamab or aspirin”",
            r"until",
        ),
        # The same is listed for two whose names say more of it; a name of a part says nothing of what is got.
        (
            arms(
                ("Warm xamib bath", "EXPERIMENTAL", ["Other: Xamib bath"]),
                ("Cold xamib bath", "ACTIVE_COMPARATOR", ["Other: Xamib bath"]),
            ),
            "One group gets “Warm xamib bath”, the other gets “Cold xamib bath”.",
            r"are called",
        ),
        (
            arms(
                ("Xamib bath part 1", "EXPERIMENTAL", ["Other: Xamib bath"]),
                ("Xamib bath for adults, part 2", "ACTIVE_COMPARATOR", ["Other: Xamib bath"]),
            ),
            "The groups are called",
            r"gets “",
        ),
        # Who could come, among few, may not have come.
        (TWO | {"overallStatus": "COMPLETED", "healthyVolunteers": True, "briefTitle": "Xamib in People With Asthma"}
         | {"conditions": ["Asthma", "Healthy"], "enrollmentInfo": {"count": 30, "type": "ACTUAL"}}, "Healthy people could take part too.",
         r"Healthy people took"),
        # A title that names the clinic is no record without a place.
        (SINGLE | {"locations": [], "briefTitle": "Xamib in Asthma at the Parkland Clinic"}, "gets camomile", r"list a site"),
    ],
)  # fmt: skip
def test_what_is_done_is_told_shortly_and_truly(overrides, told, never):
    made = done(**overrides)
    assert told in made, made
    assert not re.search(never, made), made


def test_how_it_is_prescribed_is_not_quoted():
    made = done(
        **SINGLE
        | described(
            arms(("A", "EXPERIMENTAL", [X])), Xamib="Xamib will be taken once a day for 8 weeks by mouth."
        ),
    )
    assert "by mouth, every day, for 8 weeks." in made, made
    assert "“" not in made, made


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Orforglipron", "acts like the gut hormone GLP-1"),
        ("Sotorasib 960 mg", "a changed growth signal (KRAS)"),
        ("SI-6603", "an enzyme injected into a spinal disc"),
        ("Losartan", "lowers blood pressure"),
        ("Acarbose", "slows the uptake of sugar from food"),
        ("Lactiplantibacillus plantarum", "a kind of live bacteria"),
        ("Glucagon-like peptide", ""),
    ],
)
def test_what_a_medicine_is_is_known_by_its_name(name, kind):
    assert kind in (known := " ".join(each for _, each, _ in known_in(name)))
    assert bool(kind) == bool(known)


@pytest.mark.parametrize(
    ("said", "have"),
    [
        # By its noun: a word of the list, an ending, the thesaurus, a short form that the record explains.
        ("moderate to severe asthma", True),
        ("relapsed or refractory T or B cell malignancies", True),
        ("type 2 diabetes", True),
        ("ankylosing spondylitis", True),
        ("castration resistant prostate cancer", True),
        ("secondary headache disorders", True),
        ("elevated IgE levels", True),
        ("a herniated lumbar disc", True),
        ("R/R XYZL", True),
        ("back pain due to degenerative disc disease", True),
        # What is done, looked at or said of it, and what stands on no noun of an illness.
        ("treating multiple myeloma", False),
        ("immunotherapy of lung cancer", False),
        ("personalized prevention and management", False),
        ("at-risk relatives who develop type 1 diabetes", False),
        ("CAR or acute myeloid leukemia", False),
        ("cirrhosis and diagnosing liver cancer", False),
        ("severe", False),
        ("severe with asthma", False),
        ("with solid tumors", False),
        ("atopic dermatitis topically", False),
        ("asymptomatic", False),
        ("low-income", False),
        ("body weight", False),
        ("nivolumab", False),
        ("", False),
    ],
)
def test_people_have_what_stands_on_the_noun_of_an_illness(said, have):
    assert is_illness(said, {"XYZL": "dry skin lymphoma"}) is have


def test_of_an_illness_only_what_is_part_of_it_is_kept():
    cut = {
        "milk allergy and tolerance development": "milk allergy",
        "perennial allergic rhinitis on gut microbiota": "perennial allergic rhinitis",
        "severe asthma to collect evidence": "severe asthma",
        "insomnia in women cancer patients": "insomnia",
        "diabetes not": "diabetes",
    }
    whole = [
        "asthma on steroids",
        "allergy to peanuts",
        "asthma treated with steroids",
        "HIV on antiretroviral therapy",
    ]
    assert {said: illness_in(said, {}) for said in cut} == cut
    assert [illness_in(said, {}) for said in whole] == whole


@pytest.mark.parametrize(
    ("people", "told"),
    [
        ("adults with severe asthma", "adults with severe asthma"),
        ("caregivers of people with asthma", "caregivers of people with asthma"),
        (
            "children and young adults aged 5-17 years with asthma",
            "children and young adults aged 5-17 years with asthma",
        ),
        ("people in intensive care", "people in intensive care"),
        ("children through oral desensitization", "children"),
        ("people with with asthma", ""),
        ("people outcomes", ""),
        ("people with treating asthma", ""),
        ("emergency department", ""),
        ("ND adults with asthma", ""),
    ],
)
def test_a_phrase_of_people_is_sound_or_is_not_said(people, told):
    assert sound(people, {}) == told


@pytest.mark.parametrize(
    ("title", "who"),
    [
        ("Xamib in Severe Asthmatic Children", "120 children with severe asthma."),
        ("Xamib in Moderate to Severe Asthmatics With Food Allergy", "120 people with moderate to severe asthma and food allergy."),
        ("Xamib in Type 2 Diabetic Patients", "120 people with type 2 diabetes."),
        ("Xamib in Severe Patients With Asthma", "120 people with severe asthma."),
        ("Xamib in Allergic Patients With Asthma", "120 people with allergic asthma."),
        ("Xamib in Peanut Allergic Children", "120 children with peanut allergy."),
        ("Xamib in Kidney Transplant Recipients With Diabetes", "120 people with a kidney transplant and diabetes."),
        ("Xamib in Intensive Care Patients", "120 people in intensive care."),
        ("Xamib in Phoenix Patients", "120 people."),
        ("Xamib in Patients With Treating Asthma", "120 people."),
    ],
)  # fmt: skip
def test_what_stands_before_the_word_for_people_is_told_behind_it(title, who):
    made = done(
        **TWO,
        briefTitle=title,
        officialTitle=None,
        conditions=["Phoenix"],
        minimumAge=None,
        maximumAge=None,
        sex="ALL",
    )
    assert who in made, made


@pytest.mark.parametrize(
    ("labels", "some"),
    [
        (("people with no asthma", "people with asthma"), True),
        (("Non-asthmatic group", "Asthma"), True),
        (("Normal controls", "Asthma"), True),
        (("Controls", "Cases"), True),
        (("Healthy control group with asthma", "Old people with asthma"), False),
        (("No salt", "Salt"), False),
    ],
)
def test_where_a_group_has_no_illness_not_all_are_told_to_have_it(labels, some):
    watched = {
        "studyType": "OBSERVATIONAL",
        "briefTitle": "Salt in Adults With Asthma",
        "officialTitle": None,
        "designInfo__observationalModel": "COHORT",
        "phases": [],
        "armGroups": [{"label": each} for each in labels],
        "interventions": [],
    }
    made = " ".join(read(**ASTHMA | watched).summary)
    assert ("(some with asthma, some without)" in made) is some, made


def test_controls_who_have_the_illness_too_are_not_told_to_lack_it():
    watched = {
        "studyType": "OBSERVATIONAL",
        "briefTitle": "Salt in Adults With Asthma",
        "officialTitle": None,
        "designInfo__observationalModel": "CASE_CONTROL",
        "phases": [],
        "armGroups": [
            {"label": "Cases", "description": "Asthmatic adults who wheeze."},
            {"label": "Controls", "description": "Asthmatic adults who do not wheeze."},
        ],
        "interventions": [],
    }
    assert "some without" not in " ".join(read(**ASTHMA | watched).summary)
