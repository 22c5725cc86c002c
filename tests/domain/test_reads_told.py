"""What a read says of who gets what, what it is and what can come of it: each kind of false sentence, with a record of ours."""

import ast
import re
from pathlib import Path

import pytest
from factories import a_record, raw

from notifier.domain import summaries
from notifier.domain.sheets import packaged
from notifier.domain.study import decode
from notifier.domain.summaries import by_rules
from notifier.domain.summaries.given import known_in, medicines
from notifier.domain.summaries.measures import plain_measure
from notifier.domain.summaries.turning import number
from tests.domain.test_reads_by_rules import ASTHMA, SINGLE, TODAY, TREATMENT, P, X, Z, arms, read, said

BASE = TREATMENT | ASTHMA
CHEMO, GEFITINIB, ASPIRIN = "Drug: Cisplatin", "Drug: Gefitinib", "Drug: Aspirin"
WATCHES = {
    "studyType": "OBSERVATIONAL",
    "phases": [],
    "designInfo": {"observationalModel": "COHORT", "timePerspective": "PROSPECTIVE"},
}
NOBODY = {"overallStatus": "WITHDRAWN", "enrollmentInfo": {"count": 0, "type": "ACTUAL"}}
ENDED = {"overallStatus": "COMPLETED", "whyStopped": None}
TWO = arms(("X", "EXPERIMENTAL", [X]), ("P", "PLACEBO_COMPARATOR", [P]))
ADDED = arms(
    ("T", "EXPERIMENTAL", ["Drug: Thalidomide", GEFITINIB]), ("C", "PLACEBO_COMPARATOR", [P, GEFITINIB])
)


def events(*groups):
    listed = [{"title": t, "seriousNumAffected": n, "seriousNumAtRisk": of} for t, n, of in groups]
    return a_record(**BASE, **TWO) | {"resultsSection": {"adverseEventsModule": {"eventGroups": listed}}}


@pytest.mark.parametrize(
    ("overrides", "never", "told"),
    [
        # A study that nobody joined is no study that goes on.
        (NOBODY | TWO, r"\bgets\b|\bis decided\b|There are|It takes place", "One group would have got Xamib, "),
        # What all get is told once, and what one gets more.
        (ADDED, r"group gets", "Everyone gets gefitinib."),
        # Each placebo stands beside its dose, and has none.
        (
            arms(
                ("Xamib Dose 1", "EXPERIMENTAL", [X]),
                ("Xamib Dose 2", "EXPERIMENTAL", [X]),
                ("Xamib Placebo Dose 1", "PLACEBO_COMPARATOR", [P]),
                ("Xamib Placebo Dose 2", "PLACEBO_COMPARATOR", [P]),
            ),
            r"placebo, and differ",
            "2 groups get Xamib, and differ in the dose. 2 groups get a placebo.",
        ),
        # A summary that gives the one or the other is believed before a list that gives both.
        (arms(("A", "ACTIVE_COMPARATOR", [X, Z]), ("B", "ACTIVE_COMPARATOR", [Z]))
         | {"briefSummary": "People will receive either Xamib or Zolamab for a year."}, r"Everyone gets",
         "One group gets Xamib and zolamab, the other gets zolamab."),
        # Groups that differ by what no list tells are told by their names.
        (arms(("Beside tablets", "EXPERIMENTAL", [X]), ("Beside insulin", "EXPERIMENTAL", [X]), ("P", "PLACEBO_COMPARATOR", [P])),
         r"2 groups get Xamib\.", "2 groups get Xamib: “Beside tablets” and “Beside insulin”."),
        # The same dose in two parts is no difference of doses.
        (arms(("Phase 1 Xamib 5 mg", "EXPERIMENTAL", [X]), ("Phase 2 Xamib 5 mg", "EXPERIMENTAL", [X])), r"differ in the dose|The groups are called",
         "Everyone gets Xamib. The record says that chance plays a part"),
        # Another substance is no dose of the first.
        (arms(("Xamib 5 mg", "EXPERIMENTAL", [X]), ("Zolamab 7 mg", "EXPERIMENTAL", [X])), r"differ in", "“Zolamab 7 mg”"),
        # One who is only thought to be ill may not be.
        ({"briefTitle": "Looking Into Lungs", "officialTitle": "Looking Into Lungs"} | arms(("Suspected asthma", "EXPERIMENTAL", [X])), r"“asthma”",
         "“suspected asthma”"),
        # What ended without results shows nothing yet.
        (TWO | ENDED, r"^It could", "If its results are published, it could"),
        # People who change groups do so in an order that chance decides, where the record says so.
        (TWO | {"designInfo": {"allocation": "RANDOMIZED", "interventionModel": "CROSSOVER"}, "briefSummary": "A crossover study of Xamib."},
         r"not decided by chance", "one after the other: Xamib and a placebo. The order is decided by chance."),
        # A tick alone makes nobody change groups, nor does a leave to change.
        (TWO | {"designInfo": {"allocation": "RANDOMIZED", "interventionModel": "CROSSOVER"}}, r"The record says that people",
         "lists it as a crossover study, where people get one thing after the other; its text does not say so."),
        (
            TWO | {"designInfo": {"allocation": "RANDOMIZED", "interventionModel": "CROSSOVER"}, "briefSummary": "Those on placebo may cross over when they get worse."},
            r"that people switch",
            "Some people may switch to what the other group gets.",
        ),
        # A placebo that comes first is told so, and never as nothing more.
        (arms(("Xamib", "EXPERIMENTAL", [X]), ("Placebo", "PLACEBO_COMPARATOR", [X, P]))
         | {"officialTitle": "Xamib With an Open-Label Extension in Asthma"}, r"nothing extra|Everyone gets",
         "One group gets Xamib from the start. The other gets a placebo first, and Xamib later."),
        # Nobody gets what they had before the study.
        (arms(("Xamib", "EXPERIMENTAL", [X]), ("Retrospective", "ACTIVE_COMPARATOR", [Z])), r"called “Retrospective”",
         "For the other, the study looks back at records of people who had zolamab."),
        # One group without a list is all.
        ({"armGroups": [], "designInfo": {"allocation": "NON_RANDOMIZED", "interventionModel": "SINGLE_GROUP"}}, r"does not list groups",
         "Everyone gets"),
        # Doses and rhythms are told as such.
        (arms(("Xamib 5 mg weekly", "EXPERIMENTAL", [X]), ("Xamib 10 mg monthly", "EXPERIMENTAL", [X])), r"dose, timing or part",
         "differ in the dose"),
        # The real medicine needs no name for its group.
        (arms(("Verum", "EXPERIMENTAL", [X]), ("P", "PLACEBO_COMPARATOR", [P])), r"Verum", "One group gets Xamib, the other gets a placebo."),
        # Who has an illness is told in one sentence, by the one that is listed.
        ({"conditions": ["Asthma"], "briefTitle": "Xamib By Nose", "officialTitle": "Xamib By Nose"} | SINGLE, r"The registry lists it under",
         "with asthma."),
        # What is done to people who are watched is told, and that it gives nothing only of what looks back.
        (WATCHES | {"briefSummary": "Children have a skin prick test and give blood samples."}, r"observes, and does not",
         "This study observes and measures. Taking part can include a skin test and blood samples."),
        (WATCHES | {"briefSummary": "Stored blood samples are compared. A liquid biopsy was taken in routine care."}, r"Taking part",
         "This study observes, and does not"),
        (WATCHES | {"designInfo": {"observationalModel": "COHORT", "timePerspective": "RETROSPECTIVE"}}, r"does not test",
         "already collected. It gives no treatment itself."),
        (
            WATCHES | {"briefTitle": "A Retrospective Look at Asthma", "designInfo": {"observationalModel": "COHORT", "timePerspective": "PROSPECTIVE"}},
            r"gives no treatment",
            "This study looks back at information or samples already collected.",
        ),
        # A tool is no subject; a medicine is.
        (WATCHES | arms(("A", "OTHER", ["Diagnostic Test: Flow reading"])), r"It looks at", "observes, and does not"),
        (WATCHES | arms(("A", "OTHER", ["Other: Blood volume for this study"])), r"It looks at", "observes and measures"),
        (WATCHES | arms(("A", "OTHER", [X])), r"The record lists X", "It looks at Xamib."),
        # Tests and operations are had, not got; what is one of several has an article.
        (SINGLE | arms(("A", "EXPERIMENTAL", ["Diagnostic Test: Skin prick test"])), r"[Ee]veryone gets|examined by", "Everyone has a skin prick test."),
        (SINGLE | arms(("A", "EXPERIMENTAL", ["Procedure: Stent removal"])), r"Everyone gets", "Everyone has stent removal."),
        (SINGLE | arms(("A", "EXPERIMENTAL", ["Other: Taking of pulses"])), r"Everyone", "The record lists “Taking of pulses”."),
        (SINGLE | arms(("A", "EXPERIMENTAL", [X])) | ENDED | {"enrollmentInfo": {"count": 1, "type": "ACTUAL"}}, r"Everyone",
         "The one person who took part got Xamib."),
        # What the sponsor has changed since comes first; and who knows what is no longer sure.
        (
            TWO
            | {
                "designInfo__maskingInfo": {"masking": "DOUBLE", "whoMasked": ["PARTICIPANT", "INVESTIGATOR"]},
                "briefSummary": "Xamib is tried. Following a memo by the sponsor, people should discontinue Xamib. Those in the other arm must stop the placebo. They are seen again.",
            },
            r"hidden from|seen again",
            "In the study team’s words: “Following a memo by the sponsor, people should discontinue Xamib. Those in the other arm must stop the placebo.” This is a late-stage study",
        ),
        (TWO | {"briefSummary": "People must stop smoking. The sponsor gives tea."}, r"must stop", "One group gets Xamib"),
        # What is listed for a group that others are measured by is not told of it: a placebo may have been given in its place.
        (arms(("1", "ACTIVE_COMPARATOR", [X]), ("2", "PLACEBO_COMPARATOR", [X])), r"[Ee]veryone gets|groups get",
         "The record lists Xamib. The record marks one group as getting a placebo."),
        # Of one group, what a title, its name or a description leaves open is not given to all.
        *(
            (SINGLE | arms(("A", "EXPERIMENTAL", [X, Z])) | odd, r"Everyone gets", "The record lists Xamib and zolamab. Some people may not get all of these.")
            for odd in (
                {"briefTitle": "Xamib With or Without Zolamab for Asthma"},
                {"briefTitle": "Xamib Versus Zolamab in Asthma"},
                {"interventions": [{"type": "DRUG", "name": "Xamib"}, {"type": "DRUG", "name": "Zolamab", "description": "Zolamab as clinically indicated."}]},
                {"interventions": [{"type": "DRUG", "name": "Xamib"}, {"type": "DRUG", "name": "Zolamab", "description": "Some patients stay on it."}]},
            )
        ),
        (SINGLE | arms(("A", "EXPERIMENTAL", [f"Drug: {each}" for each in ["Bamib", "Cimab", "Dinib", "Fomab", "Gomab", "Humab"]])), r"Everyone gets", "Some people may not"),
        (arms(("A with zolamab", "EXPERIMENTAL", [X, Z]), ("B, no zolamab", "ACTIVE_COMPARATOR", [X, Z, "Drug: Aspirin"])),
         r"Everyone gets[^.]*zolamab", "Everyone gets Xamib."),
        # A long name is cut where it begins to tell of itself, and of one in several doses there is one.
        (SINGLE | arms(("A", "EXPERIMENTAL", ["Biological: Yellow sleeping cells targeting HER2, MUC1, PSCA, AXL, EGFR, ROR1, GD2 and others"])),
         r"MUC1", "Everyone gets Yellow sleeping cells."),
        (arms(*((f"Cohort {n}", "EXPERIMENTAL", [f"Drug: Xamib dose {n}"]) for n in range(1, 10))), r"groups get Xamib dose", "9 groups get Xamib."),
        # What rises is told as rising, but not where it rises in one person.
        (SINGLE | arms(("Dose escalation of Xamib", "EXPERIMENTAL", [X])) | {"phases": ["PHASE1"]}, "Nobody", "At first, the dose rises from one small group of people to the next."),
        (SINGLE | arms(("Single ascending dose of Xamib", "EXPERIMENTAL", [X])) | {"phases": ["PHASE1"]}, "At first|small", "The dose rises from one group of people to the next."),
        (SINGLE | arms(("Intra-patient dose escalation", "EXPERIMENTAL", [X])) | {"phases": ["PHASE1"]}, "dose rises", "Everyone gets Xamib."),
        (SINGLE | arms(("Dose escalation of Xamib", "EXPERIMENTAL", [X])), "dose rises", "Everyone gets Xamib."),
        (SINGLE | arms(("A", "EXPERIMENTAL", [X, "Other: SNOT22 score"])), "SNOT22", "Everyone gets Xamib."),
        (SINGLE | arms(("Dose escalation: 100, 1000 and finally 10000 of Xamib", "EXPERIMENTAL", [X])) | {"phases": ["PHASE1"]}, "dose rises", "Everyone gets Xamib."),
        (SINGLE | arms(("Dose escalation", "EXPERIMENTAL", [X])) | {"overallStatus": "TERMINATED", "phases": ["PHASE1"], "enrollmentInfo": {"count": 2, "type": "ACTUAL"}}, "small group of people to", "Everyone got Xamib."),
        (TWO | {"briefSummary": "Xamib is given in addition to their usual asthma treatment."}, "Nobody", "given together with people’s usual treatment."),
        # Some of several centres are not listed.
        (SINGLE | arms(("A", "EXPERIMENTAL", [X])) | {"locations": [{"country": "Denmark"}], "detailedDescription": "This is a multi-center study."},
         r"takes place", "The record lists one site, in Denmark."),
        # A study of many looks at people once only where the record says so.
        ({"studyType": "OBSERVATIONAL", "phases": [], "designInfo": {"observationalModel": "COHORT", "timePerspective": "OTHER"}}, r"A single look",
         "This study observes, and does not decide"),
        # What is ticked to watch, and by its text or its groups does more.
        (WATCHES | arms(("Blunt needle", "OTHER", [X]), ("Sharp needle", "OTHER", [X]))
         | {"detailedDescription": "Patients will be randomized in a 1:1 ratio to a blunt needle."}, r"This study observes, and does not",
         "but also that chance decides who gets what."),
        (WATCHES | arms(("Intervention", "OTHER", [X]), ("Control", "OTHER", [])), r"observes, and does not", "It is planned for 120 people"),
        # What is recorded of people is no group of them.
        (WATCHES | arms(("Age", "OTHER", [X]), ("Surgical time", "OTHER", [X])), r"these groups", "It looks at Xamib."),
        # Tissue taken at an operation is not taken for the study; blood is no part of a biopsy.
        (WATCHES | {"briefSummary": "A blood sample is collected. A biopsy is taken during surgery."}, r"a biopsy \(", "Taking part can include blood samples."),
        (WATCHES | {"briefSummary": "A blood sample is collected. A biopsy is seen. Leftover material of biopsies is kept."}, r"a biopsy \(",
         "Taking part can include blood samples."),
        (WATCHES | {"briefSummary": "A blood sample is collected. A biopsy is taken."}, r"in which", "a biopsy (a small piece of tissue is taken) and blood samples."),
        # The steps of one treatment are no groups.
        (arms(("Xamib, induction phase", "EXPERIMENTAL", [X]), ("Zolamab, maintenance phase", "EXPERIMENTAL", [X, Z]))
         | {"designInfo__interventionModel": "SEQUENTIAL"}, r"[Oo]ne group|Everyone gets",
         "The treatment goes in steps. The record lists Xamib and zolamab."),
        # The same medicine in another form is not another one.
        (arms(("A", "EXPERIMENTAL", [X, Z, "Drug: Xamib for Injection"]), ("B", "ACTIVE_COMPARATOR", [X])), r"also gets Xamib",
         "Everyone gets Xamib. One group also gets zolamab"),
        # "It" would be any of several medicines, and one that a group has more often than another has no rhythm.
        (arms(("A", "EXPERIMENTAL", ["Drug: Cisplatin", Z]), ("B", "ACTIVE_COMPARATOR", [Z]))
         | {"interventions": [{"type": "DRUG", "name": "Cisplatin", "description": "Given into a vein."}, {"type": "DRUG", "name": "Zolamab"}]},
         r"It is given", "Cisplatin is given into a vein."),
        (arms(("Xamib 4 times a week", "EXPERIMENTAL", [X]), ("Once daily", "NO_INTERVENTION", []))
         | {"interventions": [{"type": "DRUG", "name": "Xamib", "description": "Tablets by mouth 4 times a week."}]}, r"is given[^.]*4 times",
         "One group gets Xamib"),
        # An app is used anywhere.
        (SINGLE | arms(("A", "EXPERIMENTAL", [X])) | {"locations": [{"country": "Denmark"}], "briefSummary": "A digitally delivered programme."}, r"takes place", "The record lists one site, in Denmark."),
        # A test with a food is blind, and the treatment is not.
        (TWO
         | {"designInfo__maskingInfo": {"masking": "NONE"}, "briefSummary": "A double-blind, placebo-controlled food challenge comes at the end."},
         r"contradicts", "everyone knows who gets what."),
        (TWO | {"designInfo__maskingInfo": {"masking": "NONE"}, "detailedDescription": "The radiologist will be blinded."}, r"[Ee]veryone knows", "Who gets which is decided by chance."),
        # What the people of a group are is no matter of chance.
        (arms(("Asthma diagnosed early", "EXPERIMENTAL", [X]), ("Asthma diagnosed late", "NO_INTERVENTION", []))
         | {"designInfo__maskingInfo": {"masking": "NONE"}}, r"chance|[Ee]veryone knows", "“Asthma diagnosed late”"),
        # What the long text says that some go without is not got by all.
        (SINGLE | arms(("A", "EXPERIMENTAL", [X])) | {"detailedDescription": "People in group 2 will act as the controls and take none."},
         r"Everyone", "The record lists Xamib."),
        # Who gets nothing knows it.
        (arms(("X", "EXPERIMENTAL", [X]), ("Control", "NO_INTERVENTION", []))
         | {"designInfo__maskingInfo": {"masking": "DOUBLE", "whoMasked": ["PARTICIPANT", "OUTCOMES_ASSESSOR"]}},
         r"hidden from the people taking part", "Who gets what is hidden from the people who judge the results."),
        # What is hidden at first is told not to be so for good; a whole study that is open is another thing.
        (TWO | {"detailedDescription": "After 6 months, an open-label treatment period follows."}, r"contradicts",
         "The record also tells of a part in which everyone knows who gets what."),
        (TWO | {"designInfo__interventionModelDescription": "It is open-label then double-blind."}, r"contradicts",
         "The record also tells of a part in which everyone knows who gets what."),
        (TWO | {"detailedDescription": "It follows an open-label phase 2 study."}, r"also tells of a part", "Who gets which is decided by chance."),
        # The same thing, at once and after a wait.
        (arms(("Immediate Xamib", "EXPERIMENTAL", [X]), ("Wait-list", "EXPERIMENTAL", [X])), r"is called|Every group gets it",
         "Everyone gets Xamib. One group starts straight away, the other later."),
        # What all get is no name of one group.
        (arms(("Xamib and zolamab", "EXPERIMENTAL", [X, Z]), ("Zolamab alone", "ACTIVE_COMPARATOR", [Z])), r"is called",
         "One group also gets Xamib, the other gets nothing extra."),
        # One person cannot have filled two groups.
        (TWO | ENDED | {"enrollmentInfo": {"count": 1, "type": "ACTUAL"}}, r"There were|knew who|was decided|would have|group got",
         "The record lists Xamib and a placebo."),
        # Salt water is a placebo where only they get it who get one.
        *(
            (
                arms(("A", "EXPERIMENTAL", tested), ("B", "PLACEBO_COMPARATOR", ["Drug: Sodium Chloride"])) | ENDED | {"enrollmentInfo": {"count": 1, "type": "ACTUAL"}},
                "group got",
                told,
            )
            for tested, told in (
                ([X], "The record lists Xamib and sodium chloride as a placebo."),
                ([X, "Drug: Sodium Chloride"], "The record lists Xamib and sodium chloride."),
            )
        ),
        # No group is listed, but the record says more of them.
        (
            {"armGroups": [], "interventions": [{"type": "DRUG", "name": "Xamib"}], "briefSummary": "A randomized, double-blind study with a placebo."},
            r"not who gets which|Everyone gets",
            "The record does not list groups, but says that a placebo is used and that no one knows who gets what. The record says that chance plays a part in who gets what.",
        ),
        # Where only a test is made as needed, all get what is listed.
        (arms(("A", "EXPERIMENTAL", [X, Z])) | SINGLE | {"briefSummary": "A scan is made when necessary."}, r"may not get all",
         "Everyone gets Xamib and zolamab"),
        # What comes only where the first does not help is not given to all.
        (arms(("A", "EXPERIMENTAL", [X, Z])) | SINGLE | {"briefSummary": "Zolamab is given if Xamib fails."}, r"Everyone gets",
         "Some people may not get all of these"),
        # "Once daily until ..." tells how often, and of no step.
        (arms(("A", "EXPERIMENTAL", [X, Z])) | SINGLE | {"briefSummary": "Both are given once daily until disease progression."}, r"may not get",
         "Everyone gets Xamib and zolamab."),
        # What a group's name adds with a plus sign is given too.
        (arms(("Xamib + Zolamab", "EXPERIMENTAL", [X]), ("Zolamab", "ACTIVE_COMPARATOR", [Z])), r"gets Xamib, the other gets Xamib\b",
         "Everyone gets zolamab."),
        # A dye, a look and a blood sample are not what people get.
        (arms(("A", "EXPERIMENTAL", [X, "Diagnostic Test: Fluorescein", "Procedure: Blood sampling"])) | SINGLE, r"[Ff]luorescein|1 more thing",
         "Everyone gets Xamib."),
        # Listed as completed, with a reason for stopping.
        ({"overallStatus": "COMPLETED", "whyStopped": "Terminated early"} | TWO, r"as planned(?! for)", "“Terminated early”"),
        ({"overallStatus": "TERMINATED", "whyStopped": "Futility at the interim analysis"} | TWO, r"as planned(?! for)",
         "That means: it looked unlikely to show a benefit."),
        # A planned end long past is said.
        ({"overallStatus": "UNKNOWN", "completionDateStruct": {"date": "2020-05", "type": "ESTIMATED"}} | TWO, r"end is planned",
         "The planned end, May 2020, has passed"),
        # Harms by name, and no line of another thing.
        (arms(("A", "EXPERIMENTAL", ["Radiation: Total body irradiation"])) | SINGLE, r"near the treated area", "whole body"),
        (arms(("A", "EXPERIMENTAL", ["Behavioral: Video-assisted training"])) | SINGLE, r"sore or tired|app or screen", "Everyone gets"),
        (arms(("A", "EXPERIMENTAL", ["Behavioral: Self-guided CBT app"])) | SINGLE, r"Talking about", "app or screen"),
        (arms(("A", "EXPERIMENTAL", ["Device: FITT", "Diagnostic Test: Digital photography"])) | SINGLE, r"app or screen", "Everyone gets FITT"),
        (arms(("A", "EXPERIMENTAL", ["Drug: Metformin", "Other: Mixed meal tolerance test"])) | SINGLE, r"A different diet", "metformin"),
        # What is only asked or measured is not what people get.
        (arms(("A", "EXPERIMENTAL", ["Device: FITT", "Other: SF-36", "Other: Vital signs", "Other: Visual analogue scale"])) | SINGLE, r"get.*(?:SF-36|vital|visual)", "Everyone gets FITT"),
        (arms(("A", "EXPERIMENTAL", ["Drug: Thalidomide"])) | SINGLE, r"kind often", "can seriously harm an unborn baby"),
        (arms(("A", "EXPERIMENTAL", ["Drug: S-1"])) | SINGLE, r"Chemotherapy can", "S-1 is a chemotherapy medicine."),
        (arms(("A", "EXPERIMENTAL", ["Drug: Atezolizumab, an anti-PD-L1 antibody"])) | SINGLE | {"conditions": ["Lung Cancer"]}, r"are of the same type", "takes a brake off"),
        # To apply a thing makes it no app.
        (arms(("A", "EXPERIMENTAL", ["Device: Buzzy"])) | SINGLE | {"briefSummary": "Buzzy device application eases pain."}, r"app or a comp", "Everyone gets Buzzy"),
        (arms(("A", "EXPERIMENTAL", ["Device: Buzzy"])) | SINGLE | {"briefSummary": "Buzzy is a mobile application."}, r"$^", "Buzzy is an app or a computer program"),
        # What is tested is named before what is known of its partner.
        (arms(("A", "EXPERIMENTAL", ["Drug: ABX-12", "Drug: Paclitaxel"]), ("P", "ACTIVE_COMPARATOR", ["Drug: Paclitaxel"])),
         r"numb or sore.*list the side effects of ABX-12",
         "The record does not list the side effects of ABX-12: ask which are known. Paclitaxel can cause"),
        # A needle of the care that people have anyway is none of the study's.
        (arms(("A", "EXPERIMENTAL", ["Device: Video glasses"])) | SINGLE | {"briefSummary": "Children have intrathecal chemotherapy."},
         r"lower back", "video glasses"),
        (TWO | ENDED | {"briefSummary": "A first-in-human study."}, r"What is tested is used", "What was tested was used in people"),
        (arms(("A", "EXPERIMENTAL", ["Other: Physical therapy"])) | SINGLE, r"Exercise", "Physical therapy can leave"),
        # A field on ages is no truth beside a text that says otherwise.
        (TWO | {"minimumAge": "1 Year", "maximumAge": "18 Years", "officialTitle": "Xamib in Pediatric and Adult Patients With Asthma"},
         r"\d people aged 1 to 18|children", "It is planned for 120 people with asthma."),
        (TWO | {"minimumAge": "18 Years", "maximumAge": "65 Years", "briefSummary": "People aged 18 through 75 years take part in Part E."},
         r"\d people aged 18 to 65", "It is planned for 120 people with asthma."),
        (TWO | {"minimumAge": "4 Years", "maximumAge": "17 Years", "sex": "MALE"}, r"girls", "The record allows only boys."),
        # How many are in which group is told where the record tells it.
        (TWO | {"briefSummary": "In total 300 people, 100 with asthma and 200 healthy participants, are looked at."}, r"nothing extra",
         "100 with asthma and 200 healthy participants"),
        # All that get a placebo are named.
        (arms(("X", "EXPERIMENTAL", [X]), *((f"Part {part}: placebo", "PLACEBO_COMPARATOR", [P]) for part in "ABCDE")), r"lists \d more",
         "5 groups get a placebo."),
        # Adults are no dose.
        (arms(("Xamib 5 mg", "EXPERIMENTAL", [X]), ("Adults, Xamib 10 mg", "EXPERIMENTAL", [X])), r"differ in the dose", "“Adults, Xamib 10 mg”"),
        # Groups that the summary alone tells.
        (
            {"armGroups": [], "interventions": [{"type": "DRUG", "name": "Xamib"}], "briefSummary": "People will be divided into two groups. One group will have breathing lessons and Xamib. The other group will have Xamib without lessons."},
            r"Its text says",
            "One group will have breathing lessons and Xamib.",
        ),
        # Of a triple dummy each group gets more than one placebo; routine care is no thing with a name.
        (
            arms(("A", "EXPERIMENTAL", [X, "Drug: Placebo of Zolamab", "Drug: Placebo of Tea"]), ("B", "ACTIVE_COMPARATOR", ["Other: None (Routine Care)"])),
            r"a placebo|“None",
            "One group gets Xamib and placebos, the other gets usual care.",
        ),
        # Where all should have been measured by now, nobody is looked for.
        (
            TWO | {"overallStatus": "RECRUITING", "primaryCompletionDateStruct": {"date": "2026-01", "type": "ESTIMATED"}, "completionDateStruct": {"date": "2040-01", "type": "ESTIMATED"}},
            r"Looking for people now",
            "But the main measurements were due to be finished by January 2026",
        ),
        # A vaccine against a cancer is no jab against germs; a kind of which no harm is sure is said to be silent.
        (arms(("A", "EXPERIMENTAL", ["Biological: Zola vaccine"])) | SINGLE | {"conditions": ["Glioblastoma"]}, r"sore arm", "does not list the side effects of Zola vaccine"),
        (arms(("A", "EXPERIMENTAL", ["Drug: Zolatinib"]), ("B", "ACTIVE_COMPARATOR", ["Drug: Chemotherapy"])) | {"conditions": ["Lung Cancer"]}, r"$^", "does not list the side effects of zolatinib"),
        # The same scale at three times is one measure, taken up to the last of them.
        (
            {"primaryOutcomes": [{"measure": f"Pain at {when} surgery", "timeFrame": f"{when} surgery"} for when in ("2 days before", "1 week after", "24 months after")]},
            r"2 days|1 week",
            "24 months after the operation",
        ),
        (
            TWO | {"primaryOutcomes": [{"measure": f"Karnofsky performance status{when}", "timeFrame": "now"} for when in ("", " at 1 month", " (after 3 months)")]},
            r"more main measure",
            "(“Karnofsky performance status (after 3 months)”)",
        ),
        # What a study that only watches hands out is told.
        ({"studyType": "OBSERVATIONAL", "designInfo__primaryPurpose": None, "briefSummary": "Participants will be given a mobile app."},
         r"does not decide", "; people use something that it gives them."),
        # Of very many groups that get different things, what they get is told of each of them, and not of all.
        (arms(*((f"Arm {n}", "EXPERIMENTAL", [X, f"Drug: {'ABCDE'[n % 5]}olamab"]) for n in range(9))), r"Between them|Everyone",
         "Each of 9 groups gets one or more of these: Xamib,"),
        (arms(*((f"Dose {n}", "EXPERIMENTAL", [X, Z] if n < 2 else [X]) for n in range(9))), r"more group|Between them|Everyone",
         "2 groups get Xamib and zolamab, and differ in the dose. 7 groups get Xamib, and differ in the dose."),
        # A list in one name is several things; one of several has an article; a control group has no name.
        (arms(("A", "EXPERIMENTAL", ["Drug: Xamib；Zolamab"])) | SINGLE, r"“Xamib", "Everyone gets Xamib and zolamab."),
        (
            arms(("A", "EXPERIMENTAL", ["Device: smartphone app"]), ("Control", "OTHER", [])) | {"armGroups": [
                {"label": "A", "type": "EXPERIMENTAL", "interventionNames": ["Device: smartphone app"]},
                {"label": "Control", "type": "OTHER", "description": "Leaflets on breathing are handed out."},
            ]},
            r"called “Control”",
            "One group gets a smartphone app. The other: “Leaflets on breathing are handed out”.",
        ),
        # Rays that stand in the names of groups alone are given too; a code is no scan.
        (arms(("Xamib plus whole brain radiotherapy", "EXPERIMENTAL", [X, "Drug: CT-155"]), ("Radiotherapy", "NO_INTERVENTION", [])),
         r"Scans that use radiation|Radiation can harm healthy tissue",
         "Radiation to the whole brain can cause tiredness, hair loss and, later, memory problems."),
        # Rays go before the medicine beside them; an operation may stand in the name of a group alone, too.
        (arms(("A", "EXPERIMENTAL", [CHEMO, "Radiation: Radiotherapy"])) | SINGLE, r"Cisplatin can.*Radiation can", "Radiation can harm healthy tissue"),
        (arms(("Xamib plus surgery", "EXPERIMENTAL", [X]), ("Surgery", "NO_INTERVENTION", [])), r"Radiation", "Any operation can hurt"),
        # A study that only watches takes blood, and is not what brings an operation about.
        ({"studyType": "OBSERVATIONAL", "phases": [], "designInfo": {"observationalModel": "COHORT", "timePerspective": "PROSPECTIVE"}}
         | arms(("A", "", ["Procedure: Blood sampling", "Procedure: Spinal fusion", "Procedure: Stenting"])), r"operation|A tube",
         "Taking blood can hurt and leave a bruise."),
        # By what illness a medicine is known is told of a study of that illness alone.
        (arms(("A", "EXPERIMENTAL", ["Drug: Imatinib"])) | SINGLE, r"leuk", "Everyone gets imatinib."),
        # What is measured is not given.
        (arms(("A", "EXPERIMENTAL", [X, "Other: Adherence", "Other: Exercise logs"]), ("B", "ACTIVE_COMPARATOR", [Z, "Other: Adherence"])),
         r"adherence|logs", "One group gets Xamib, the other gets zolamab."),
        # A small first study is no late one, and a phase that the text denies is not told.
        (TWO | {"briefTitle": "A Pilot Study of Xamib for Asthma", "enrollmentInfo": {"count": 40}}, r"This is a late-stage study", "This is a small first study."),
        (TWO | {"briefTitle": "A Pilot Study of Xamib for Asthma"}, r"small|This is a late-stage study", "It is planned for 120 people"),
        (TWO | {"briefSummary": "This phase II trial looks at Xamib."}, r"This is a late-stage study", "It is planned for 120 people"),
        # Single-blind is not kept from four.
        (
            TWO | {"officialTitle": "A Single-blind Study of Xamib", "maskingInfo": {"masking": "TRIPLE", "whoMasked": ["PARTICIPANT", "CARE_PROVIDER", "INVESTIGATOR"]}},
            r"is hidden from",
            "contradicts itself on who knows",
        ),
        ({"overallStatus": "COMPLETED", "whyStopped": "Terminated early"} | TWO, r"as planned(?! for)",
         "The record lists it as completed, but gives a reason for stopping early."),
        # An age that no one reaches is no limit.
        (TWO | {"maximumAge": "120 Years"}, r"120 years", "adults"),
        # Nobody drinks tea without knowing it; that oil is taken by mouth nobody asks.
        (arms(("T", "EXPERIMENTAL", ["Behavioral: Green tea drink"]), ("P", "PLACEBO_COMPARATOR", [P]))
         | {"maskingInfo": {"masking": "DOUBLE", "whoMasked": ["PARTICIPANT", "OUTCOMES_ASSESSOR"]}}, r"hidden from the people taking part",
         "Who gets what is hidden from the people who judge the results."),
        (SINGLE | arms(("Oral olive oil", "EXPERIMENTAL", ["Drug: Olive oil"])), r"by mouth", "Everyone gets olive oil."),
        # Of few people in many groups, most groups got nobody; the healthy have no asthma.
        (arms(*((f"Xamib {n} mg/m2", "EXPERIMENTAL", [X]) for n in (5, 10, 20))) | ENDED | {"enrollmentInfo": {"count": 4, "type": "ACTUAL"}},
         r"3 groups got|would have", "The record lists Xamib."),
        (arms(("Asthma", "OTHER", [X]), ("Healthy volunteers", "OTHER", [X]))
         | {"healthyVolunteers": True, "briefTitle": "Xamib in People With Asthma"}, r"120 people aged 18 to 80 with asthma",
         "(some with asthma, some without)"),
    ],
)  # fmt: skip
def test_it_is_told_truly(overrides, never, told):
    made = read(**BASE | overrides)
    assert told in said(made), said(made)
    assert not re.search(never, said(made)), said(made)


def test_a_count_that_is_missing_is_said_to_be():
    every = by_rules(decode(raw(events(("Xamib", 21, 120)))), TODAY).could_go_wrong
    assert (
        "Serious health problems, from the illness itself or any other cause: 21 of the 120 people." in every
    )
    one = by_rules(decode(raw(events(("Xamib", 21, 59)))), TODAY).could_go_wrong
    assert any("For 1 more group, the record gives no numbers." in line for line in one)
    few = by_rules(decode(raw(events(("Xamib", 0, 1), ("Placebo", 0, 1)))), TODAY)
    assert "Serious health problems" not in said(few)
    most = by_rules(decode(raw(events(("Xamib", 14, 15), ("Placebo", 0, 15)))), TODAY)
    assert not re.search(r"Some had|Deaths", said(most))


@pytest.mark.parametrize(
    ("text", "term", "means"),
    [
        ("We study ECH (episodic cluster headache).", "ECH", "months free"),
        ("Peritoneal dialysis (PD) helps.", "peritoneal dialysis", "fluid in the belly"),
        ("We look at young adults (AYA) and adolescents.", None, "and young"),
        ("Human immunodeficiency virus type 1 (HIV-1) is studied.", "human immunodeficiency", "AIDS"),
        ("TREM-1 (triggering receptor expressed on myeloid cells 1) is studied.", "TREM-1", "triggering receptor"),
        ("SGLT2 is looked at.", "SGLT2", "a protein"),
        ("We look at Invasive Disease Free Survival (iDFS).", "iDFS", "how long people live"),
        ("We look at the area under the curve (AUC).", "AUC", "is in the blood"),
        ("We look at resection specimens.", None, "such as blood or tissue"),
        ("It is given to people, in patient with asthma.", None, "staying in hospital"),
        ("Medicine goes into the lateral ventricular space.", None, "of the large chambers"),
        ("We look at ventricular size.", "ventricular", "of the large chambers"),
        ("We study heart failure with preserved ejection fraction (HFpEF).", "heart failure with preserved", "the heart is too stiff"),
        ("A somatostatin receptor-positive tumour grows.", None, "that grows when hormones"),
    ],
)  # fmt: skip
def test_a_word_is_explained_as_a_whole(text, term, means):
    summary = f"This study evaluates tea. {text.rstrip('.')}, over breakfast and dinner."
    told = {word.term: word.means for word in read(**BASE | TWO | {"briefSummary": summary, "briefTitle": text, "overallStatus": "TERMINATED", "whyStopped": text}).words}  # fmt: skip
    if term is None:
        assert not any(meaning.startswith(means) for meaning in told.values())
    else:
        assert any(term in key and means in meaning for key, meaning in told.items()), told


def test_a_medicine_that_is_listed_as_a_name_of_another_one_is_not_said_to_be_it():
    record = BASE | arms(("A", "EXPERIMENTAL", ["Drug: Apatinib"])) | {"overallStatus": "TERMINATED", "whyStopped": "Rivoceranib and Carboplatin ran out"}  # fmt: skip
    record["interventions"] = [
        {"type": "DRUG", "name": "Apatinib", "otherNames": ["Carboplatin", "Rivoceranib"]}
    ]
    told = {word.term: word.means for word in read(**record).words}
    assert told.get("Rivoceranib") == "another name for Apatinib"
    assert "Apatinib" not in told.get("Carboplatin", "")


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        ("Baseline, week 12 and week 24", "up to 24 weeks"),
        ("Until 30 days after the last dose", ""),
        ("Through study completion, an average of 9 months", "9 months on average"),
        ("Up to three years", "up to 3 years"),
        ("From the first dose until death from any cause, assessed up to 2 years", "up to 2 years"),
        ("Up to 2 years and 10 months", ""),
        ("3 months post-operatively", "3 months after the operation"),
        ("1 month post procedure", "1 month after the procedure"),
        ("Baseline through Week 104 / Early Termination", "up to 104 weeks"),
        ("Baseline up to follow-up (Week 68)", "up to 68 weeks"),
        ("Up to approximately 129 months", "up to about 11 years"),
        ("Up to 36 months", "up to 3 years"),
        ("33 months", "up to 33 months"),
    ],
)
def test_how_long_a_measure_is_followed_is_said_where_it_is_counted_from_the_start(frame, told):
    outcome = {"measure": "Pain on a scale from 0 to 10", "timeFrame": frame}
    [measure] = read(**BASE | TWO | {"primaryOutcomes": [outcome]}).measures
    assert measure.partition("”)")[2].lstrip(", ") == told


LONG = "Mean Change in the Weekly Number of Attacks of Headache During the 4-Week Period After the First Dose of the Study Drug in All Who Took It as Planned"


@pytest.mark.parametrize(
    ("measure", "told"),
    [
        # A name that is too long ends where it says what is measured, and is never cut in the middle.
        (LONG, "how often attacks happen (“Mean Change in the Weekly Number of Attacks of Headache”)"),
        ("Number of people with grade 3 or 4 adverse events", "how many people have severe side effects (“Number of people with grade 3 or 4 adverse events”)"),
        ("Extent of epidural fibrosis", "how much scar tissue forms around the nerves (“Extent of epidural fibrosis”)"),
        ("Frequency of Chronic Post-operative Pain", "how many people still have pain long after the operation (“Frequency of Chronic Post-operative Pain”)"),
        ("Diagnostic yield of biopsy", "how often it leads to a diagnosis (“Diagnostic yield of biopsy”)"),
        ("Incidence of DKA", "how often acid builds up in the blood (“Incidence of DKA”)"),
        ("Time to resolution of DKA", "how often acid builds up in the blood, or how fast it clears (“Time to resolution of DKA”)"),
        ("Social Validity and Acceptability", "whether people think it is good and worthwhile (“Social Validity and Acceptability”)"),
        ("Barriers to use of the app", "what helps and what stands in the way (“Barriers to use of the app”)"),
        ("Summary of Diabetes Self-Care Activities", "what people do for themselves, such as diet, foot care, exercise and blood sugar checks (“Summary of Diabetes Self-Care Activities”)"),
        ("Verapamil mean total dose", "how much medicine people need (“Verapamil mean total dose”)"),
        ("Satisfaction with Participation in Social Activities", "how satisfied people are with their social life (“Satisfaction with Participation in Social Activities”)"),
    ],
)  # fmt: skip
def test_a_measure_is_told_by_its_gist_and_its_name_is_never_cut_in_the_middle(measure, told):
    made = read(**BASE | TWO | {"primaryOutcomes": [{"measure": measure}]})
    assert made.measures == (told,)


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ({"whyStopped": "Study termination by the Sponsor"}, "That means: whoever ran it ended it, and does not say why."),
        ({"whyStopped": "The PI decided to stop the study"}, "That means: the doctor who led it ended it, and does not say why."),
        ({"whyStopped": "Business objectives have changed"}, "That means: the organisation behind it chose to end it."),
        ({"whyStopped": "recruitment challenges"}, "That means: too few people joined."),
    ],
)  # fmt: skip
def test_a_bare_reason_for_stopping_is_explained(overrides, told):
    made = read(**BASE | TWO | {"overallStatus": "TERMINATED"} | overrides)
    assert told in made.status_line


def test_of_a_reason_that_is_given_it_is_not_said_that_there_is_none():
    given = {
        "overallStatus": "TERMINATED",
        "whyStopped": "Terminated by the sponsor, not for reasons of safety",
    }
    assert "does not say why" not in read(**BASE | TWO | given).status_line


def test_of_a_medicine_with_a_code_is_said_that_the_record_does_not_say_what_it_is():
    coded = BASE | arms(("A", "EXPERIMENTAL", ["Drug: QX-1234"])) | {"briefTitle": "QX-1234 in Asthma", "officialTitle": "QX-1234 in Asthma"}  # fmt: skip
    means = "what is being tested: the record does not say what it is"
    assert {each.term: each.means for each in read(**coded).words}.get("QX-1234") == means
    told = coded | {"briefSummary": "People get QX-1234, a GLP-1 receptor agonist, for a year."}
    assert means not in {each.means for each in read(**told).words}
    # What is known of its kind is said of it, and not that nothing is listed.
    assert "QX-1234 can make people feel sick or vomit, mostly at first." in read(**told).could_go_wrong
    assert "does not list the side effects of QX-1234" not in said(read(**told))


@pytest.mark.parametrize(
    ("summary", "back"),
    [
        ("Doctors will complete a survey at each visit.", False),
        ("A retrospective study; patients will receive what they got anyway.", True),
        ("Records of ten years are read.", True),
    ],
)
def test_a_study_that_asks_people_for_something_does_not_look_back(summary, back):
    ticked = {"designInfo": {"observationalModel": "COHORT", "timePerspective": "RETROSPECTIVE"}}
    told = said(read(**BASE | WATCHES | ticked | {"briefSummary": summary}))
    assert ("looks back at information" in told) is back


def test_a_study_that_only_watched_and_is_over_is_told_so():
    watching = {"studyType": "OBSERVATIONAL", "phases": [], "designInfo": {"observationalModel": "COHORT", "timePerspective": "PROSPECTIVE"}}  # fmt: skip
    assert "This study observes, and does not decide" in said(read(**BASE | watching))
    assert "This study observed, and did not decide" in said(read(**BASE | watching | ENDED))


def test_that_no_treatment_is_tested_is_said_where_none_is_listed():
    watching = {"studyType": "OBSERVATIONAL", "phases": [], "designInfo": {"timePerspective": "PROSPECTIVE"}}
    none, one = ({"armGroups": [], "interventions": []}, arms(("A", "OTHER", ["Drug: Xamib"])))
    told = [read(**BASE | watching | listed).could_go_wrong for listed in (none, one)]
    assert [
        "The study itself gives no treatment, and the record lists no harms." in each for each in told
    ] == [True, False]


def test_a_sentence_that_only_puts_people_into_a_group_is_not_quoted_of_it():
    groups = arms(("Model teaching", "EXPERIMENTAL", [X]), ("Routine teaching", "OTHER", [X]))
    for each, name in zip(groups["armGroups"], ("model", "routine"), strict=True):
        each["description"] = f"The patients were divided into the {name} health teaching management group."
    assert "divided into" not in said(read(**BASE | groups))


def test_no_meaning_is_told_twice():
    text = "Cluster headache (CH) and episodic cluster headache (ECH)"
    meanings = [word.means for word in read(**BASE | TWO | {"briefTitle": text}).words]
    assert len(meanings) == len(set(meanings))


@pytest.mark.parametrize(
    ("title", "never"),
    [
        ("Xamib in Patients With Asthma and Healthy Controls", "asthma and healthy"),
        ("Xamib for Advanced Lung Cancer in Patients Harboring EGFR Mutations", "harboring"),
        ("Xamib in Metastatic Colorectal Cancer Patients Failed to First-line Irinotecan", "failed"),
        ("Xamib in Ambulatory and Non-ambulatory Children With Asthma", "with ambulatory"),
    ],
)
def test_people_are_not_named_in_broken_words(title, never):
    made = read(**BASE | TWO | {"briefTitle": title})
    assert never not in re.sub("“[^”]*”", "", " ".join(made.summary)).casefold()


def test_medicines_are_known_by_their_own_names():
    kinds = {name: kind for name, kind, _ in ((found[0], kind, harm) for found, kind, harm in known_in("Avelumab, Cisplatin and HRS-1234; worsen"))}  # fmt: skip
    assert set(kinds) == {"avelumab", "cisplatin"}
    assert len(medicines()) >= 90
    for _, kind, harm in medicines():
        assert kind or harm
        assert "%(names)s" in harm or not harm


def test_a_name_that_was_cut_is_not_what_a_group_gets():
    long = "Drug: 4 cycles (Placebo + chemotherapy) + 13 cycles (Placebo)"
    made = read(**BASE | arms(("A", "EXPERIMENTAL", [X]), ("B", "ACTIVE_COMPARATOR", [long])))
    assert not re.search(r"gets 4 cycles \+ ?13 cycles", said(made))
    made = read(**BASE | arms(*((f"Xamib {dose} mg/m2", "EXPERIMENTAL", [X]) for dose in (10, 50, 200))))
    assert "3 groups get different doses of Xamib" in said(made)


def parted(arms_of, summary, **more):
    return said(read(**BASE | arms(*arms_of) | {"briefSummary": summary} | more))


EITHER = [("Xamib", "EXPERIMENTAL", [X]), ("Zolamab or Aspirin", "ACTIVE_COMPARATOR", [Z, ASPIRIN])]
SAME = [("Intervention", "EXPERIMENTAL", [X]), ("Control", "ACTIVE_COMPARATOR", [X])]
SPLIT = "Participants will be randomized to either breathing lessons by phone or a leaflet on asthma."


@pytest.mark.parametrize(
    ("arms_of", "summary", "never", "told"),
    [
        # The one or the other is not both, and the record's own sentence is told in place of a list.
        (EITHER, "Tea.", "Zolamab and aspirin", "“Zolamab or Aspirin”"),
        (EITHER, "Patients will be randomized to Xamib or to one of Zolamab and Aspirin.", "group gets", "“Patients will be randomized to Xamib or"),
        # Lists that are alike do not tell what each group gets.
        (SAME, SPLIT, "For each group, the record lists", SPLIT),
        (SAME, "Tea.", "Everyone gets", "It does not say how the groups differ."),
        # A sentence on how a study is built, on a third party or on half of the groups is none on who gets what.
        (SAME, "This is a randomized, controlled trial of Xamib and lessons by phone.", "In the study team’s words: “This is", "For each"),
        (SAME, "You will be randomized to lessons by phone or to a leaflet.", "You will", "For each"),
        # That there are two stages says of nobody what they get.
        (SAME, "The trial is divided into two stages: a stage of doses or a stage of more people.", "two stages", "For each"),
        # What was done in another trial is not done here.
        (SAME, "In a double-blind trial of 34 elderly patients with flu, patients were randomized to receive 1 or 4 grams of tea.", "elderly", "For each"),
        # Of several numbered groups, the sentences tell of all or of none; a number alone names no group.
        (
            [("Group 1", "EXPERIMENTAL", [X]), ("Group 2", "EXPERIMENTAL", [X]), ("Group 3", "PLACEBO_COMPARATOR", [P])],
            "Group 1 will receive Xamib in the morning. Group 2 will receive Xamib at night. They are seen each week.",
            "in the morning",
            "2 groups get Xamib",
        ),
        # A name that adds what the list leaves out is not told as the list.
        ([("Radiotherapy plus Xamib", "EXPERIMENTAL", [X]), ("Radiotherapy", "NO_INTERVENTION", [])], "Tea.", "group gets Xamib", "One group gets “Radiotherapy plus Xamib”, the other gets “Radiotherapy”."),
        ([("Radiotherapy plus Xamib", "EXPERIMENTAL", [X]), ("Leaflets", "NO_INTERVENTION", [])], "Tea.", "gets Xamib", "One group gets “Radiotherapy plus Xamib”"),
    ],
)  # fmt: skip
def test_who_gets_what_is_quoted_where_the_lists_do_not_tell(arms_of, summary, never, told):
    made = parted(arms_of, summary)
    assert told in made, made
    assert never not in made, made


def test_a_group_that_is_only_looked_at_gets_no_rival_treatment():
    looked = "Procedure: Examination"
    made = read(**BASE | arms(("X", "EXPERIMENTAL", [X, looked]), ("Observation", "EXPERIMENTAL", [looked])))
    assert "examination" not in " ".join(made.summary)
    assert "The other is called “Observation”." in said(made)


def test_that_chance_plays_a_part_is_said_where_it_does_not_decide_among_all():
    groups = [
        ("Dose 1, low risk score", "EXPERIMENTAL", [X]),
        ("Dose 1, high risk score", "EXPERIMENTAL", [Z]),
    ]
    made = read(**BASE | arms(*groups) | {"designInfo": {"allocation": "RANDOMIZED"}})
    assert "chance plays a part" in said(made)
    assert "is decided by chance" not in said(made)


def test_little_is_known_of_what_is_new_and_it_is_said_first():
    cells = arms(("A", "EXPERIMENTAL", ["Biological: ABC123 cell injection", "Drug: Cyclophosphamide"]))
    made = read(**BASE | cells | SINGLE | {"phases": ["EARLY_PHASE1"]})
    assert made.could_go_wrong[0].startswith("Little is known yet about the side effects of ABC123")
    assert any("Cyclophosphamide" in line for line in made.could_go_wrong)


def test_a_phase_4_study_of_an_unapproved_use_is_not_of_something_in_use():
    no = "Xamib has not been approved for asthma."
    made = read(
        **BASE | TWO | {"designModule__phases": ["PHASE4"], "briefSummary": f"This study tests Xamib. {no}"}
    )
    assert "already in use" not in said(made)
    assert no in said(made)


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("A platelet derived growth factor in asthma.", "bits in the blood"),
        ("Oral hypoglycemic agents in asthma.", "too low"),
        ("A clinical pathway for asthma.", "signals"),
        ("A visual analogue scale in asthma.", "body's own"),
        ("Induction day 1 in asthma.", "push the illness back"),
    ],
)
def test_a_word_means_what_it_means_beside_its_neighbours(text, never):
    told = [word.means for word in read(**BASE | TWO | {"briefTitle": text}).words]
    assert not any(never in means for means in told), told


def test_a_medicine_that_the_read_names_is_explained():
    text = {"briefTitle": "Xamib With Verapamil for Asthma"}
    assert any(word.term == "verapamil" for word in read(**BASE | TWO | text).words)


def test_a_measure_that_names_nothing_is_told_by_its_description_or_left_out():
    outcomes = [{"measure": "Primary Outcome Measure", "description": "Change in weekly cough."}]
    assert read(**BASE | TWO | {"primaryOutcomes": outcomes}).measures == (
        "“Primary Outcome Measure”: “Change in weekly cough”",
    )
    assert not read(**BASE | TWO | {"primaryOutcomes": [{"measure": "Classification"}]}).measures
    known = [{"measure": "Primary Outcome Measure", "description": "Change in HbA1c."}]
    plainly = "how high blood sugar has been over the past months"
    assert read(**BASE | TWO | {"primaryOutcomes": known}).measures == (plainly,)
    # What is said of several things, or of how they are measured, is no name.
    known[0]["description"] = "Birth weight, length of stay, and pain will be evaluated."
    assert plainly not in read(**BASE | TWO | {"primaryOutcomes": known}).measures
    known[0]["description"] = "The device will be compared with a blood glucose analyser."
    assert "how high blood sugar is" not in read(**BASE | TWO | {"primaryOutcomes": known}).measures


def test_who_is_in_a_group_is_not_quoted_as_what_it_gets():
    groups = [("Ill", "EXPERIMENTAL", [X]), ("Well", "EXPERIMENTAL", [X])]
    record = BASE | arms(*groups)
    for each, text in zip(record["armGroups"], ("Adults with asthma and a cough.", "Adults without asthma."), strict=True):  # fmt: skip
        each["description"] = text
    assert "without asthma" not in said(read(**record))
    for each, text in zip(record["armGroups"], ("Xamib once a day in the morning.", "Xamib and a leaflet on breathing."), strict=True):  # fmt: skip
        each["description"] = text
    assert "The other: “Xamib and a leaflet on breathing”." in said(read(**record))


DIFFICULT = "Device: Difficult laryngoscopy"
SINGING = "Behavioral: Singing"
LDE = "Xamib in Pediatric Patients With Recurrent or Refractory Medulloblastoma or Other Tumors Potentially Dependent on the Hedgehog Signaling Pathway and Adult Patients With Recurrent Medulloblastoma"


@pytest.mark.parametrize(
    ("record", "asked"),
    [
        # The dose that is looked for is that of the one, not of the standard beside it.
        (
            {"briefTitle": "Xamib With Zolamab for Asthma", "briefSummary": "This trial looks for the best dose of Xamib with zolamab.", "designModule__phases": ["PHASE1"], "primaryOutcomes": [{"measure": "Maximum tolerated dose (MTD)"}]}
            | arms(("A", "EXPERIMENTAL", [X, Z])) | SINGLE,
            r"How much Xamib can .*asthma take together with zolamab, and what are the side effects\?",
        ),
        # Children and adults, where a title says both.
        (
            {"briefTitle": LDE, "conditions": ["Medulloblastoma"], "designModule__phases": ["PHASE1"], "primaryOutcomes": [{"measure": "Dose-limiting toxicities"}], "briefSummary": "We look for the best dose."}
            | arms(("A", "EXPERIMENTAL", [X])) | SINGLE,
            r".*children and adults with medulloblastoma that came back or did not respond",
        ),
        # Those alone who may come.
        (
            {"briefTitle": "Xamib in Selected Advanced Soft-tissue Sarcoma", "conditions": ["Soft Tissue Sarcoma"], "briefSummary": "People with soft-tissue sarcoma (leiomyosarcoma or angiosarcoma) will receive Xamib."}
            | arms(("A", "EXPERIMENTAL", [X])) | SINGLE,
            r".*leiomyosarcoma or angiosarcoma\b",
        ),
        # Those who are near, and not those who are ill.
        ({"briefTitle": "Singing for Families of Patients With Asthma"} | arms(("A", "EXPERIMENTAL", [SINGING])) | SINGLE,
         r".* family members of people with asthma"),
        ({"briefTitle": "Singing for Parents and Siblings of Patients With Asthma"} | arms(("A", "EXPERIMENTAL", [SINGING])) | SINGLE,
         r".* parents and siblings of people with asthma"),
        ({"briefTitle": "Singing for Nurses Caring for Patients With Asthma"} | arms(("A", "EXPERIMENTAL", [SINGING])) | SINGLE,
         r".* nurses caring for people with asthma"),
        # A family comes with the one who is ill, where this one is measured.
        ({"briefTitle": "Singing for Families of Children With Asthma", "primaryOutcomes": [{"measure": "Wheeze of the child"}]}
         | arms(("A", "EXPERIMENTAL", [SINGING])) | SINGLE, r"(?!.*(?:family members|help (?:people|children)))"),
        # What is compared is no thing that helps.
        (
            {"briefTitle": "The Differences in Difficult Laryngoscopy in Patients With Asthma", "briefSummary": "The aim of this study is to evaluate the differences in difficult laryngoscopy in patients with asthma."}
            | arms(("A", "EXPERIMENTAL", [DIFFICULT]), ("B", "EXPERIMENTAL", [DIFFICULT])),
            r"(?!Can the differences|Can difficult)",
        ),
        # A test and what it is to find.
        ({"briefTitle": "Breath Sensor for Detecting Asthma", "designInfo__primaryPurpose": "DIAGNOSTIC"}
         | arms(("A", "EXPERIMENTAL", ["Device: Breath Sensor"])) | SINGLE, r"How useful can Breath Sensor be for detecting asthma\?"),
    ],
)  # fmt: skip
def test_the_question_asks_of_whom_and_of_what_the_record_says(record, asked):
    assert re.match(asked, read(**BASE | record).question)


@pytest.mark.parametrize(
    ("measure", "told"),
    [
        ("Participation rate of the albuminuria screening", ""),
        ("Uptake of the lung health check service", "how many people take up the offer"),
        ("Yield of the albuminuria screening", ""),
        ("Adherence to blood pressure tablets", "how well people stick to it"),
        (
            "Feasibility of a pain diary",
            "whether it can be done",
        ),
    ],
)
def test_a_measure_of_how_many_take_part_is_not_of_what_they_take_part_in(measure, told):
    made = plain_measure(measure)
    assert (made.plain if made else "") == told


def test_what_works_in_two_ways_is_not_of_one_kind():
    both = arms(("A", "EXPERIMENTAL", ["Drug: Arsenic trioxide", "Drug: All-trans retinoic acid"])) | SINGLE
    leukemia = {"conditions": ["Leukemia"], "briefTitle": "Arsenic Trioxide in Patients With Leukemia"}
    made = said(read(**BASE | both | leukemia))
    assert "of the same type" not in made
    assert "Arsenic trioxide is a medicine with arsenic" in made


def test_an_early_study_of_what_is_well_known_tells_of_no_unknown_harm():
    early = SINGLE | {"phases": ["PHASE1"], "primaryOutcomes": [{"measure": "Adverse events"}]}
    gefitinib = arms(("A", "EXPERIMENTAL", [GEFITINIB])) | early
    unknown = "The record does not list the side effects of Xamib: ask which are known."
    assert unknown in said(read(**BASE | arms(("A", "EXPERIMENTAL", [X])) | early))
    assert "Little is known yet about" not in said(read(**BASE | gefitinib))
    assert "Larger studies" in said(read(**BASE | gefitinib))
    aim = {"briefSummary": "We intend to demonstrate the effectiveness of gefitinib in asthma."}
    assert "Larger studies" not in said(read(**BASE | gefitinib | aim))


def test_what_goes_wrong_is_not_told_to_make_no_difference():
    laryngoscopy = arms(("A", "EXPERIMENTAL", [DIFFICULT]), ("B", "ACTIVE_COMPARATOR", ["Device: Mask"]))
    assert "no difference" not in said(read(**BASE | laryngoscopy))


@pytest.mark.parametrize(
    ("title", "made"),
    [
        ("The EFFECT of XAMİB TABLETS on ANXİETY in CHİLDREN With ASTHMA", "xamib tablets on anxiety in children with asthma"),
        ("Xamib in Chinese Asthma Patients", "for Chinese people with asthma"),
        ("XAMib CoLlaborative Study: A Randomized Trial of Xamib With Zolamab for Severe Asthma That Is Old", "asthma"),
    ],
)  # fmt: skip
def test_a_title_keeps_the_illness_and_everyday_letters(title, made):
    assert made in read(**BASE | TWO | {"briefTitle": title}).title


@pytest.mark.parametrize(
    ("record", "never"),
    [
        ({"designInfo__primaryPurpose": "BASIC_SCIENCE"} | TWO, r"further|the illness"),
        ({"designInfo__primaryPurpose": "BASIC_SCIENCE", "phases": ["PHASE1"], "primaryOutcomes": [{"measure": "Adverse events"}]} | TWO, r"reacts"),
        # The study measures the other question itself.
        ({"primaryOutcomes": [{"measure": "Progression-free survival"}], "secondaryOutcomes": [{"measure": "Overall survival"}]} | TWO, r"live longer or feel"),
        ({"overallStatus": "TERMINATED", "whyStopped": "The primary objective was completed"} | TWO, r"may not answer"),
        # What is measured is nothing to decide on.
        ({"briefTitle": "Receptors in Asthma"} | arms(("A", "OTHER", ["Genetic: real time PCR"])), r"PCR"),
        # An illness is not what a treatment, or the first measure of many, tells of.
        (WATCHES | {"briefTitle": "A Score of Dust in Asthma", "primaryOutcomes": [{"measure": "Mortality"}]}, r"die"),
        (WATCHES | {"briefTitle": "Effect of Xamib Treatment on Its Signs", "interventions": [], "armGroups": [], "primaryOutcomes": []}, r"understand"),
        ({"designModule__phases": ["PHASE4"], "enrollmentInfo": {"count": 32, "type": "ACTUAL"}} | TWO, r"larger study"),
        ({"overallStatus": "TERMINATED", "whyStopped": "Business decision", "designModule__phases": ["PHASE1"]} | TWO, r"help doctors|which dose"),
        ({"briefTitle": "Xamib and Survival in Asthma", "primaryOutcomes": [{"measure": "Progression-free survival"}]} | TWO, r"live longer or feel"),
    ],
)  # fmt: skip
def test_what_it_leads_to_fits_what_it_is_for(record, never):
    assert not re.search(never, " ".join(read(**BASE | record).could_lead_to))


IN_TURN = "Each participant will undergo four procedures at the four different doses, in random order."
BY_SORT = """Inclusion Criteria:

(for venous ulcers only)

* Diagnosed with at least one venous leg ulcer
* Previously treated with one dressing for a year

Exclusion Criteria:
"""
ONE_IS_ENOUGH = """Inclusion Criteria:

* Previously treated with tablets for a year, or
* Newly diagnosed disease of the airways
* At least one of the following:
  * Scheduled for surgery on the nose
"""


COATED = {"interventions": [{"type": "DRUG", "name": "Xamib", "description": "Topical use of the patch"}]}
DISCS = arms(("Cervical hernia", "ACTIVE_COMPARATOR", [X]), ("Lumbar hernia", "ACTIVE_COMPARATOR", [Z]))
ONE_GROUP = SINGLE | arms(("A", "EXPERIMENTAL", [X]))


@pytest.mark.parametrize(
    ("overrides", "never", "told"),
    [
        # Where all get each, chance can decide the order alone, whatever the design is ticked to be.
        (arms(("Xamib 1%", "ACTIVE_COMPARATOR", [X]), ("Xamib 10%", "ACTIVE_COMPARATOR", [X]))
         | {"briefSummary": IN_TURN, "designInfo__interventionModel": "SINGLE_GROUP"}, "chance plays a part|Who gets which",
         "The order is decided by chance."),
        (ONE_GROUP | COATED | {"briefSummary": "It is put on the wound."}, "on the skin", "It is given on the wound."),
        (ONE_GROUP | COATED | {"briefSummary": "It is for the mouth."}, "It is given", "Everyone gets"),
        (ONE_GROUP | COATED, "wound", "It is given on the skin."),
        # A rule for some, or of which one is enough, is no rule for all.
        (ONE_GROUP | {"eligibilityCriteria": BY_SORT}, "rules on who", "Everyone gets"),
        (ONE_GROUP | {"eligibilityCriteria": ONE_IS_ENOUGH}, "rules on who", "Everyone gets"),
        (DISCS | {"designInfo__allocation": "NON_RANDOMIZED", "conditions": ["Cervical Hernia", "Lumbar Hernia"]}, "not decided by chance",
         "One group, called “Cervical her"),
        # What is known of chemotherapy tells nothing of what is added to it.
        (arms(("A", "EXPERIMENTAL", ["Drug: Xamib with chemotherapy"]), ("B", "ACTIVE_COMPARATOR", ["Drug: Chemotherapy"])),
         "side effects of Xamib with", "The record does not list the side effects of Xamib: ask which are known."),
        # One of several is told as one of them.
        (arms(("A", "EXPERIMENTAL", ["Drug: Tislelizumab or sugemalimab"])) | SINGLE, "With tislelizumab and", "With tislelizumab or sugemalimab"),
        # Whom a title narrows down is told in its words, where no word of ours does it.
        (TWO | {"officialTitle": "Xamib in Severe Asthma After a Cold Winter"}, "about whom",
         "The record’s title describes them as people with “severe asthma after a cold winter”."),
        # What is hard, or of no people, tells a reader nothing.
        (TWO | {"officialTitle": "Xamib in Severe Asthma With Vimba Oligoclonal Mutation After Zolamab Consolidation"}, "describes them as",
         "for 120 people"),
        # But how far the illness is, and what was done for it, is told also in hard words.
        (TWO | {"officialTitle": "Xamib in Newly Diagnosed Severe Asthma With Vimba Oligoclonal Mutation After Zolamab Consolidation"}, "about whom",
         "describes them as people with “newly diagnosed severe asthma with vimba oligoclonal mutation after zolamab consolidation”."),
        (TWO | {"officialTitle": "Xamib in Asthma Vaccine Trials in Endemic Areas of the North"}, "describes them as", "for 120 people"),
        (TWO, "describes them as", "for 120 people"),
        # What came of another study is not what came of this one.
        (TWO | {"overallStatus": "TERMINATED", "whyStopped": "Ended after the episodic study was terminated for futility"}, "unlikely to show",
         "Ended after the episodic study was terminated for futility"),
        (
            TWO
            | {
                "briefTitle": "Tea Study in Adults With HFpEF",
                "briefSummary": "Heart failure with preserved ejection fraction (HFpEF) is common.",
                "conditions": ["HFpEF - Heart Failure With Preserved Ejection Fraction"],
            },
            "describes them as",
            "with HFpEF",
        ),
        # Who has the illness may not join where people of an earlier study go on.
        (TWO | {"officialTitle": "An Open-label Extension Study of Xamib in Patients With Asthma"}, r"describes them as",
         "It follows on from an earlier study, and is for people who were in that one."),
        (TWO | {"officialTitle": "Xamib in Patients With Asthma, With an Open-label Extension Study"}, r"an earlier study", "Xamib"),
        # A bracket that is part of a name stays.
        (TWO | {"briefTitle": "Xamib in Patients With Asthma With t(4;14) Translocation"}, r"\bt translocation", "with t(4;14) translocation"),
        (TWO | {"overallStatus": "UNKNOWN", "statusVerifiedDate": "2020-03", "lastUpdatePostDateStruct": {"date": "2020-08-10"}}, "March 2020",
         "has not confirmed this record since 10 August 2020."),
    ],
)  # fmt: skip
def test_what_only_seems_to_hold_is_not_said(overrides, never, told):
    text = said(read(**(BASE | overrides)))
    assert not re.search(never, text), text
    assert told in text, text


@pytest.mark.parametrize(
    ("table", "said_by"), [("tenses.tsv", {"say_in", "say_of"}), ("questions.tsv", {"put", "_BY_ASKS"})]
)
def test_what_is_said_by_a_table_stands_in_it(table, said_by):
    """A sentence that the table lacks would be missed only by the one record that comes to it."""
    folder = Path(summaries.__file__).parent
    rows = packaged(folder / table)
    nodes = [
        node for path in folder.glob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    ]
    told = [
        part
        for node in nodes
        if (
            isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in said_by
        )
        or (isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") in said_by)
        for part in ast.walk(node)
    ]
    said = {each.value for each in told if isinstance(each, ast.Constant) and " " in str(each.value).strip()}
    assert said <= {row[0] for row in rows}
    written = {node.value for node in nodes if isinstance(node, ast.Constant)}
    written |= {number(row[0], "several things") for row in rows}  # of what is several
    assert {row[0] for row in rows if table == "tenses.tsv" or len(row) < 3} <= written, (
        "a row that nothing says"
    )


@pytest.mark.parametrize(
    ("kind", "said_of_it", "told"),
    [
        ("DRUG", "Given by subcutaneous injection once a month for 3 months.", "It is given under the skin, once a month, for 3 months."),
        ("DRUG", "Xamib 5 mg tablets orally BID for up to 12 weeks.", "It is given by mouth, twice a day, for up to 12 weeks."),
        ("DRUG", "One intravenous dose; a single infusion before surgery.", "It is given into a vein, before the operation, once."),
        ("DRUG", "Hepatic arterial infusion every 3 weeks.", "It is given into an artery, every 3 weeks."),
        ("DRUG", "Single GON injection with xamib.", "It is given by injection beside a nerve at the back of the head, once."),
        # Two rhythms, a cycle, what is measured, and a length alone tell nothing for sure.
        ("DRUG", "Xamib orally once a day for 2 weeks, then twice a day.", "It is given by mouth."),
        ("DRUG", "Oral xamib every day on days 1-21 of each cycle.", "It is given by mouth."),
        ("DRUG", "Xamib IV on day 1 of each 21-day cycle.", "It is given into a vein, every 3 weeks."),
        ("DRUG", "Xamib tablets twice a day, titrated over 4 weeks.", "It is given by mouth, twice a day."),
        ("DRUG", "Xamib tablets, 5 mg/day.", "It is given by mouth, every day."),
        ("DRUG", "Oral xamib BID (D1-14).", "It is given by mouth."),
        ("DRUG", "Xamib IV infusions every 2 weeks over the 6 weeks.", "It is given into a vein, every 2 weeks, for 6 weeks."),
        ("DRUG", "Blood sugar is measured daily.", ""),
        ("DRUG", "Xamib for 6 weeks.", ""),
        ("BEHAVIORAL", "Participants train three times a week for eight weeks.", "It is done 3 times a week, for 8 weeks."),
        ("BEHAVIORAL", "A total of 10 sessions of talk.", "It is done in 10 sessions."),
        ("BEHAVIORAL", "Exercise 1-2 times/week for 12 weeks.", "It is done once or twice a week, for 12 weeks."),
        ("DRUG", "Xamib by mouth 1-2 times a day.", "It is given by mouth, once or twice a day."),
        ("BEHAVIORAL", "Exercise 2-3 times a week for 12 weeks.", "It is done several times a week, for 12 weeks."),
        ("BEHAVIORAL", "Exercise from 1 time up to 5 times per week for 12 weeks.", "It is done several times a week, for 12 weeks."),
        ("BEHAVIORAL", "Skills for daily living.", ""),
        # What comes weekly may be a mail, what is kept up is not how long it is given, and letters may be part of a name.
        ("BEHAVIORAL", "Exercise with weekly online meetings.", ""),
        ("DRUG", "Xamib orally every day, then maintenance for 2 years.", "It is given by mouth."),
        ("DRUG", "Weekly intraventricular SC-Xamib infusions.", "It is given into the fluid in the brain, through the skull, once a week."),
        ("DRUG", "Xamib for stage IV asthma, subcutaneously.", "It is given under the skin."),
        ("DEVICE", "The mobile app is used every day for 6 weeks.", "It is used every day, for 6 weeks."),
    ],
)  # fmt: skip
def test_how_it_is_given_is_told_in_words_of_ours(kind, said_of_it, told):
    listed = {
        "armGroups": [{"label": "All", "type": "EXPERIMENTAL", "interventionNames": ["Drug: Xamib"]}],
        "interventions": [{"type": kind, "name": "Xamib", "description": said_of_it}],
        "designInfo": {"allocation": "NA", "interventionModel": "SINGLE_GROUP"},
    }
    text = said(read(**(BASE | listed)))
    found = re.findall(r"It is (?:given|done|used) [^.]*\.", text)
    assert found == ([told] if told else []), text


OVER = {
    "overallStatus": "COMPLETED",
    "whyStopped": None,
    "completionDateStruct": {"date": "2024-05-01", "type": "ACTUAL"},
}
LONG_AGO = OVER | {"completionDateStruct": {"date": "2012-05-01", "type": "ACTUAL"}}
STOPPED = {
    "overallStatus": "TERMINATED",
    "completionDateStruct": {"date": "2024-05-01", "type": "ACTUAL"},
    "whyStopped": "Futility at the interim look",
}
NAMELESS = arms(("A", "EXPERIMENTAL", ["Other: A"]), ("B", "OTHER", ["Other: B"])) | {
    "briefTitle": "Asthma: Our Better Days"
}
WATCHED = {"studyType": "OBSERVATIONAL", "phases": [], "designInfo": {"timePerspective": "PROSPECTIVE"}}
SUGAR_ONLY = TWO | {"primaryOutcomes": [{"measure": "HbA1c", "timeFrame": "24 weeks"}]}
PILOT = TWO | {"officialTitle": "A Pilot Study of Xamib in Patients With Asthma", "phases": ["PHASE2"]}


@pytest.mark.parametrize(
    ("overrides", "never", "told"),
    [
        (TWO | LONG_AGO, r"likely after", "If its results are published, it could help doctors decide"),
        (TWO | OVER, r"none are likely", "If its results are published, it could help doctors decide"),
        (TWO | STOPPED, r"later studies", "It stopped because a benefit looked unlikely."),
        # That another study was futile is another reason.
        (
            TWO | STOPPED | {"whyStopped": "Terminated after the other study was terminated for futility"},
            r"benefit looked unlikely",
            "If its results are published, it could help doctors decide",
        ),
        (PILOT | OVER | {"hasResults": True}, r"larger study", "Its results are in the registry: they compare Xamib with a placebo"),
        (PILOT, r"posted", "If Xamib can help, people with asthma could have one more choice."),
        # What is measured is the yardstick of what is tried, and no news of the illness.
        (NAMELESS | {"phases": ["NA"]}, r"more about asthma", "It could help doctors decide whether to offer the treatment to adults with asthma."),
        (NAMELESS, r"more about asthma", "It could help doctors decide whether to "),
        (WATCHED | arms(("All", "OTHER", [X])), r"more about asthma", "It could show how well people do with Xamib."),
        (
            WATCHED | arms(("A", "OTHER", ["Drug: Tea A"]), ("B", "OTHER", ["Drug: Tea B"])) | {"briefTitle": "Asthma: Our Better Days", "primaryOutcomes": [{"measure": "Pain"}]},
            r"more about asthma",
            "It could tell doctors how severe the pain is.",
        ),
        (WATCHED | {"primaryOutcomes": [{"measure": "Sensitivity"}]}, r"more about", "It could show how well the test works."),
        (WATCHED | {"conditions": ["Cancer", "Asthma"], "primaryOutcomes": []}, r"does not say", "It could tell doctors more about"),
        (SUGAR_ONLY | {"primaryOutcomes": [{"measure": "HbA1c", "timeFrame": "5 years"}]}, r"in the long run", "It could help"),
        (SUGAR_ONLY, r"posted", "Whether people stay healthier in the long run is another question."),
    ],
)  # fmt: skip
def test_what_it_could_lead_to_fits_where_the_study_stands(overrides, never, told):
    made = read(**BASE | overrides)
    leads = " ".join(made.could_lead_to)
    assert told in leads, leads
    assert not re.search(never, leads), leads


WATCHED = {"studyType": "OBSERVATIONAL", "phases": [], "healthyVolunteers": True}


@pytest.mark.parametrize(
    ("overrides", "never", "told"),
    [
        # What one group gets is not who they are.
        (TWO | {"briefTitle": "Xamib in Xamib-supplemented Pregnant Women With Asthma", "sex": "FEMALE"}, r"supplemented",
         "pregnant women aged 18 to 80 with asthma."),
        # Those who are compared have it, or have it not.
        (arms(("A", "", []), ("B", "", [])) | WATCHED
         | {"briefTitle": "Genes in People With Asthma", "designInfo__observationalModel": "CASE_CONTROL"}, r"\d people aged 18 to 80 with asthma",
         "120 people aged 18 to 80 (some with asthma, some without)."),
        # The staff is counted, too.
        (arms(("Patients", "", []), ("Medical staff", "", [])) | WATCHED | {"healthyVolunteers": False}, r"with asthma\. ",
         "with asthma and people who care for them."),
        # A master protocol is of other studies, too.
        (
            TWO
            | {
                "briefTitle": "Xamib in Participants With Asthma and Gout",
                "officialTitle": "A Master Protocol to Investigate Xamib in Participants With Asthma With and Without Gout",
            },
            r"without gout",
            "with asthma and gout.",
        ),
        # All are healthy, though one title speaks of more than one group of them.
        (
            TWO
            | {
                "briefTitle": "Multiple Doses of Xamib in Healthy Participants and Multiple Doses of Zolamab on Combined Oral Ethinyl Oestradiol and Levonorgestrel in Healthy Female Participants",
                "officialTitle": None,
                "conditions": ["Healthy Participants"],
                "healthyVolunteers": True,
            },
            r"\d people",
            "healthy people aged 18 to 80",
        ),
    ],
)  # fmt: skip
def test_who_takes_part_is_told_truly(overrides, never, told):
    made = " ".join(read(**BASE | overrides).summary)
    assert told in made, made
    assert not re.search(never, made), made


def test_talks_with_people_are_told_no_comparison():
    groups = {
        "enrollmentInfo": {"count": 35, "type": "ESTIMATED"},
        "studyType": "OBSERVATIONAL",
        "phases": [],
    }
    talks = arms(("Patients", "", ["Other: Interviews"]), ("Medical staff", "", ["Other: Interviews"]))
    counts = arms(("Patients", "", ["Other: Blood"]), ("Others", "", ["Other: Blood"]))
    comparison = r"chance alone|groups can differ"
    assert not re.search(comparison, said(read(**BASE | talks | groups)))
    assert len(re.findall(comparison, said(read(**BASE | counts | groups)))) == 1


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("QX-1234 is a humanized IgG1 antibody-drug conjugate (ADC) which binds to B7.", "an antibody that carries a medicine to certain cells"),
        ("QX-1234, a B7 Antibody Drug Conjugate, is given.", "an antibody that carries a medicine to certain cells"),
        ("QX-1234 is a kinase 1 inhibitor (K1i)-based ADC.", "an antibody that carries a medicine to certain cells"),
        ("QX-1234 is a B7 bispecific antibody.", "an antibody made to stick to two targets at once"),
        ("QX-1234 is a human antibody directed against B7.", "an antibody, a medicine made to stick to a target in the body"),
        ("People get QX-1234 and an anti-B7 antibody like ZY-1.", ""),
        ("People get QX-1234 as a single agent and in combination with a B7 inhibitor.", ""),
        ("QX-1234 is a B7 inhibitor sensitivity test.", ""),
    ],
)  # fmt: skip
def test_of_which_kind_a_medicine_is_is_told_by_the_whole_of_what_the_record_says_of_it(said, means):
    coded = BASE | arms(("A", "EXPERIMENTAL", ["Drug: QX-1234"])) | {"briefTitle": "QX-1234 in Asthma", "officialTitle": "QX-1234 in Asthma"}  # fmt: skip
    told = {each.term: each.means for each in read(**coded | {"briefSummary": said}).words}.get("QX-1234", "")
    assert told.split(" (“")[0] == means if means else "antibody" not in told and "blocks" not in told


@pytest.mark.parametrize(
    ("listed", "means"),
    [
        ({"otherNames": ["Recombinant anti-XY antibody injection"]}, "“Recombinant anti-XY antibody”"),
        ({"description": "XY-123 humanized monoclonal antibody"}, "“humanized monoclonal antibody”"),
        ({"otherNames": ["AB-456 vaccine"]}, None),
    ],
)
def test_what_a_code_is_stands_in_its_description_or_in_another_name_of_it(listed, means):
    groups = arms(("A", "EXPERIMENTAL", ["Drug: XY-123"]))
    groups["interventions"][0] |= listed
    words = {
        each.term: each.means
        for each in read(**BASE | SINGLE | groups | {"briefTitle": "XY-123 in Asthma"}).words
    }
    assert means in words["XY-123"] if means else "vaccine" not in words.get("XY-123", ""), words


def test_an_antibody_is_told_with_what_it_carries():
    told = read(**BASE | TWO | {"briefTitle": "Xamib After Inotuzumab Ozogamicin in Leukemia"}).words
    assert [each.term for each in told if "antibody" in each.means] == ["inotuzumab ozogamicin"]


def test_a_group_of_all_the_others_does_not_stand_beside_them():
    every = ("Xamib", 2, 60), ("Placebo", 1, 60), ("Total", 3, 120)
    told = said(by_rules(decode(raw(events(*every))), TODAY))
    assert "2 of 60 in “Xamib” and 1 of 60 in “Placebo”" in told
    assert not re.search("Total|The same people", told)
    parts = ("Overall", 5, 120), ("Part A", 0, 120), ("Part B", 8, 110)
    told = said(by_rules(decode(raw(events(*parts))), TODAY))
    assert (
        "0 of 120 in “Part A” and 8 of 110 in “Part B”. The same people can be counted in more than one group."
        in told
    )
    assert "“Overall”" not in told


@pytest.mark.parametrize(
    ("outcomes", "told"),
    [
        # Side effects of the first weeks are counted to the end.
        ([("Adverse events: lead-in", "Up to 3 weeks"), ("Adverse events", "Up to 28 months")], ("which side effects people have (“Adverse events”), up to 28 months",)),
        ([("Zest", "12 months after surgery"), ("Zest", "60 months after surgery")], ("“Zest”, 12 months and 5 years after the operation",)),
        ([("3-year overall survival", "4 years"), ("1-year overall survival", "2 years")], ("how many people are alive after 3 years (“3-year overall survival”)",)),
    ],
)  # fmt: skip
def test_what_is_measured_again_is_told_once_with_all_its_time(outcomes, told):
    listed = [{"measure": measure, "timeFrame": frame} for measure, frame in outcomes]
    assert read(**BASE | TWO | {"primaryOutcomes": listed}).measures == told


@pytest.mark.parametrize(
    ("title", "summary", "term", "means"),
    [
        # A short form that is defined in other words of the same beginning is the same; in others it is another.
        ("Xamib in Asthma", "Dose limited toxicity (DLT) is counted.", "DLT", "side effects so severe that the dose cannot go any higher"),
        ("Xamib in Asthma", "Isocitrate dehydrogenase (IDH) is looked at in gliomas.", "IDH", "a gene that is changed in some leukaemias and brain tumours"),
        ("Xamib in Asthma", "Intervertebral disc herniation (IDH) hurts.", "IDH", "Intervertebral disc herniation"),
        ("Xamib in Asthma", "The area under the receiver operating curve (AUC) is told.", "AUC", "area under the receiver operating curve"),
        # The title or the illness spells it out, in words of these first letters.
        ("Xamib in Post-Traumatic Headache", "PTH is common.", "post-traumatic headache, PTH", "headaches after a head injury"),
        ("Xamib in Asthma", "PTH is low.", "PTH", "a hormone that controls calcium in the body"),
        # Spelled out in words as hard, it tells nothing.
        ("Xamib in Asthma", "Zonulin transglutaminase (ZT) is told.", "ZT", "Zonulin transglutaminase"),
        # A gene of cancer is none where nobody has cancer.
        ("Grazax of ALK in Asthma", "ALK makes it.", "ALK", None),
        ("Xamib in ALK Lung Cancer", "It is tried.", "ALK", "a gene that can make lung cancer grow when it is changed"),
    ],
)  # fmt: skip
def test_a_short_form_means_what_the_record_has_it_for(title, summary, term, means):
    measured = {"primaryOutcomes": [{"measure": f"Zest of the {term}"}]}
    told = {"briefTitle": title, "officialTitle": title, "briefSummary": summary} | measured
    assert {each.term: each.means for each in read(**BASE | TWO | told).words}.get(term) == means
