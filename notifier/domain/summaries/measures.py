"""What is measured, in plain words: patterns by whole words, and the scales that have names. What no row is sure of is quoted.

The first row that fits counts, so scales and particular measures stand before general ones. `key` names the questions
that `asking` can put of a measure; most need none of their own.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from notifier.domain.study import Outcome, Study
from notifier.domain.summaries.scales import SCALES
from notifier.domain.summaries.spans import span_of
from notifier.domain.summaries.voice import Voice
from notifier.domain.wording import one_line

LONGEST = 300  # characters of a measure that are looked at


def n_(message: str) -> str:
    """Marks a sentence for the catalogues; it is said later."""
    return message


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure in plain words, as a clause: 'how long people live'."""

    plain: str
    key: str = ""


#: By what they say; `key` where `asking` has a question of its own.
_KINDS: tuple[tuple[str, str, str], ...] = (
    (
        r"time to (?:reach )?(?:maximum|peak|C ?max)|\bT[- ]?max\b",
        n_("how soon the level of the medicine in the blood is highest"),
        "level",
    ),
    (
        r"end[- ]stage (?:renal|kidney)|kidney failure|renal failure|\bESRD\b|\bESKD\b",
        n_("how many people come to kidney failure"),
        "",
    ),
    (
        r"enrol?lment rate|recruitment rate|rate of (?:enrol?lment|recruitment)",
        n_("how many of those asked take part"),
        "feasible",
    ),
    (
        r"dose[- ]limit(?:ing|ed) tox|maximal dose|\bDLTs?\b|maximum tolerated dose|\bMTD\b|recommended phase (?:2|II)|\bRP2D\b|recommended (?:dose|phase)|tolerable (?:dose|phase)|optimal (?:biological )?dose",
        n_("which dose people can take, and which side effects keep them from more"),
        "dose",
    ),
    (
        r"adverse (?:drug |device )?(?:events?|effects?|reactions?|experiences?)|\bT?E?AEs?\b|\bSAEs?\b|\bADRs?\b",
        n_("which side effects people have"),
        "harm",
    ),
    (
        r"\bsafety\b.{0,20}\b(?:tolerab|pharmaco|efficacy)",
        n_("which side effects people have"),
        "harm",
    ),
    (
        r"overall survival|\bOS\b|one-year survival|survival rate|median survival|survival time|^\s*survivals?\s*$|all[- ]cause (?:mortality|death)|\bmortality\b|time to death|\bdeaths?\b",
        n_("how long people live"),
        "live",
    ),
    (
        r"progression[- ]free|progression free|\bi?PFS\d?\b|time to (?:disease )?progression|\bTTP\b|failure[- ]free survival|duration of (?:disease )?control|time to treatment failure",
        n_("how long the illness stays under control"),
        "control",
    ),
    (
        r"(?:disease|relapse|recurrence|event|leuk(?:a)?emia|metastasis|invasive disease|distant metastas[ie]s)[- ]free|\bDFS\b|\bRFS\b|\bEFS\b|\biDFS\b|\bMFS\b",
        n_("how long people live without the illness coming back or getting worse"),
        "free",
    ),
    (
        r"time to (?:first )?(?:relapse|recurrence)|relapse rate|recurrence rate|\brelapses?\b|\brecurrence\b|retear|\brecurrent\b",
        n_("how often it comes back"),
        "back",
    ),
    (
        r"\bpCR\b|pathologic(?:al)? complete|\bmajor pathologic(?:al)?|\bMPR\b|pathologic(?:al)? response",
        n_("how often little or no cancer is left when tissue is looked at"),
        "respond",
    ),
    (
        r"minimal residual disease|measurable residual disease|\bMRD\b",
        n_("how often no cancer cells can be found any more"),
        "respond",
    ),
    (
        r"complete (?:clinical |hematologic(?:al)? |haematologic(?:al)? )?(?:remission|response)|\bCR\b rate|\bCR rate|\bremission\b|major molecular response|cytogenetic response|molecular response|\bMMR\b rate",
        n_("how often signs of the illness go away"),
        "respond",
    ),
    (
        r"(?:objective|overall|best overall|tumou?r|clinical|disease|confirmed|radiolog\w+|intracranial)[ -]+(?:objective )?(?:response|remission)|\bi?ORR\b|response rate|\bRECIST\b|disease control rate|\bDCR\b|clinical benefit rate|duration of response",
        n_("how often the illness gets less or goes away"),
        "respond",
    ),
    (
        r"local control|locoregional control|local(?:-regional)? (?:failure|progression)",
        n_("how often the illness stays under control where it was treated"),
        "control",
    ),
    (
        r"bio-?equivalen|relative bioavailability",
        n_("how much of it gets into the blood, beside what it is compared with"),
        "level",
    ),
    (r"c-?peptide|beta[- ]?cell function|insulin secretion", n_("how much insulin the body still makes"), ""),
    (
        r"\bAUC\w*\b(?=.*(?:glucose|insulin|glucagon|GLP))|(?:glucose|insulin|glucagon).{0,30}\bAUC",
        n_("how blood sugar and what governs it change after a meal or a test"),
        "",
    ),
    (
        r"pharmacokinetic|\bPK\b|\bctau\b|concentration of|concentrations? (?:at|in)|\bAUC\)? of\b|\bAUC(?:0|inf|tau|last|\d|[-_(\[]|,)|area under the (?:plasma |serum |blood )?(?:drug )?concentration|\bC[- ]?max\b|plasma concentration|serum concentration|trough (?:concentration|level)|half[- ]life|\bclearance of\b|glucose infusion rate",
        n_("how much of the medicine is in the blood, and for how long"),
        "level",
    ),
    (
        r"immunogenicity|seroconver|seroprotect|seroresponse|antibody (?:response|titers?|titres?|level)|geometric mean tit|\bGMT\b|neutrali[sz]ing antibod|anti-drug antibod|immune responses?",
        n_("how strongly the body's defence reacts"),
        "defence",
    ),
    (
        r"\btoxicit|side[- ]effects?|\btolerability\b|\bCTCAE\b|\bsafety\b|tolerance of",
        n_("which side effects people have"),
        "harm",
    ),
    (
        r"major adverse cardi\w+|\bMACE\b|myocardial infarction|cardiovascular (?:death|events?)|heart failure hospitali[sz]",
        n_("how often heart attacks, strokes or other grave trouble of heart and vessels happen"),
        "",
    ),
    (
        r"target (?:vessel|lesion) (?:failure|revasculari[sz])|restenosis|\bpatency\b",
        n_("how often a widened vessel closes again or has to be treated again"),
        "",
    ),
    (
        r"thrombo-?embolisms?|\bVTE\b|\bDVT\b|deep ve(?:in|nous) thrombosis|pulmonary embolism|\bthrombosis\b",
        n_("how often blood clots form"),
        "",
    ),
    (r"\bbleeding\b|h(?:a)?emorrhage|blood loss|transfusion", n_("how much people bleed, or need blood"), ""),
    (
        r"time[- ]in[- ](?:target[- ])?range|\bTIR\b|time .{0,40}(?:target|range)|target range",
        n_("how much of the time blood sugar is where it should be"),
        "sugar",
    ),
    (r"hypoglyc(?:a)?emi[ac]|time below", n_("how often blood sugar falls too low"), ""),
    (
        r"h[bg] ?a1c|\bA1c\b|gly(?:cated|cosylated) h(?:a)?emoglobin|h(?:a)?emoglobin A1c|glyc(?:a)?emic control|\bHBA1C",
        n_("how high blood sugar has been over the past months"),
        "sugar",
    ),
    (r"gluconeogenesis|glucose production|\bEGP\b|glucose uptake", "", ""),
    (
        r"(?:fasting|blood|plasma|mean|average|sensor|daily|post-?prandial|capillary).{0,20}(?:glucose|\bBG\b)|\bFPG\b|\bglucose (?:level|concentration|control|variability|metabolism|toleran\w+)|glyc(?:a)?emi[ac]|^\s*blood glucose|\bOGTT\b",
        n_("how high blood sugar is"),
        "sugar",
    ),
    (r"insulin (?:sensitivity|resistance)|\bHOMA", n_("how well the body responds to insulin"), ""),
    (r"(?:total daily )?insulin (?:dose|requirement|use)", n_("how much insulin people need"), ""),
    (r"ketoacidosis|\bDKA\b|ketones?", n_("how often acid builds up in the blood, or how fast it goes"), ""),
    (
        r"(?:incidence|onset|development|occurrence|diagnosis) of (?:type[- ]?[12] )?(?:pre)?diabetes|incident (?:type[- ]?[12] )?diabetes|diabetes incidence",
        n_("how many people get diabetes"),
        "",
    ),
    (
        r"body weight|weight (?:loss|change|reduction|gain)|\bBMI\b|body mass index|weight in k|\bweight\b",
        n_("how much people weigh"),
        "weight",
    ),
    (
        r"\bwaist (?:circumference|size|to)",
        n_("how wide people are around the waist"),
        "weight",
    ),
    (
        r"(?:blood pressure|\bSBP\b|\bDBP\b|hypertension control)",
        n_("how high blood pressure is"),
        "pressure",
    ),
    (r"\bhypotension|\bMAP\b|mean arterial pressure", n_("how often blood pressure falls too low"), ""),
    (r"\bLDL|cholesterol|\blipids?\b|triglycerid", n_("how much fat is in the blood"), "fat"),
    (
        r"albumin[- ](?:to[- ])?creatinine|\bUACR\b|uACR|album?inuria|proteinuria|\be?GFR\b|kidney function|renal (?:function|outcome)|creatinine|kidney injury",
        n_("how well the kidneys work"),
        "kidney",
    ),
    (
        r"liver fat|fat content of the liver|h(?:a)?epatic steatosis|NASH resolution|(?:liver|h(?:a)?epatic) fibrosis|fibrosis .{0,20}\bliver\b|\bMRI-PDFF\b|liver stiffness",
        n_("how much fat or scarring is in the liver"),
        "",
    ),
    (
        r"headache (?:attacks?|days?|frequency)|migraine (?:attacks?|days?)|monthly migraine|\bMMD\b|(?:number|frequency|occurr?ence|rate) of .{0,30}\battacks?|attacks? (?:per|frequency)|attack frequency|number of attacks|(?:number|frequency|days) of (?:cluster )?(?:headaches?|migraines?)|cluster headaches per|frequency of (?:headaches?|seizures?|episodes?)|seizure (?:frequency|freedom)|\bexacerbations?\b",
        n_("how often attacks come"),
        "attacks",
    ),
    (
        r"pain[- ]free|pain relief|\bpain\b|headache (?:score|intensity|severity|response)|^\s*headache\s*$|\banalgesia|sciatic|allodynia",
        "PAIN",
        "pain",
    ),
    (
        r"opio?id (?:consumption|use|requirement)|morphine (?:consumption|equivalent|milligram)|analgesic (?:consumption|use|requirement)",
        n_("how much strong pain medicine people need"),
        "",
    ),
    (
        r"surgical[- ]site infection|wound infection|\bSSIs?\b",
        n_("how many get an infection of the wound"),
        "infection",
    ),
    (r"\binfections?\b|\bsepsis\b|osteomyelitis|pneumonia", n_("how many get an infection"), "infection"),
    (
        r"wound (?:healing|closure|size|area)|ulcer (?:healing|closure|size|area)|(?:complete|time to) (?:healing|closure)|healing (?:rate|time)|\bhealed\b|healing of",
        n_("how well wounds heal"),
        "heal",
    ),
    (r"\bfusion\b|bone (?:union|healing)|osseointegration", n_("whether bones grow together"), ""),
    (
        r"bone mineral density|\bBMD\b|bone (?:strength|density)|fractures?\b",
        n_("how strong bones are, or how often they break"),
        "",
    ),
    (
        r"re-?operation|surgical revision|revision (?:rate|surgery)|re-?intervention|need for surgery|index segment revision",
        n_("how often people need another operation"),
        "",
    ),
    (r"amputation", n_("how often a part of the body has to be taken off"), ""),
    (
        r"(?:post-?operative |perioperative |surgical |procedural |clavien.*)?complications?\b|fistula|morbidity",
        n_("how often problems come up after the treatment or operation"),
        "trouble",
    ),
    (
        r"length of (?:hospital )?stay|hospital (?:stay|days)|time to discharge",
        n_("how long people stay in hospital"),
        "",
    ),
    (
        r"re-?admission|hospitali[sz]ation|hospital admission|emergency (?:department|room) visits?",
        n_("how often people have to go to hospital"),
        "",
    ),
    (
        r"operati(?:ve|ng|on) (?:time|duration)|procedure time|duration of surgery|surgical time",
        n_("how long the operation takes"),
        "",
    ),
    (r"nausea|vomiting|\bPONV\b", n_("how many feel sick or vomit"), ""),
    (
        r"sensory block|motor block|duration of (?:the )?block|onset of block|an(?:a)?esthesia (?:quality|onset)|time to first (?:analgesi|request)",
        n_("how long numbing lasts, or how soon it works"),
        "",
    ),
    (
        r"(?:diagnostic|predictive) (?:accuracy|performance|yield|value)|\bsensitivity (?:and|of|for)\b|\bspecificity\b|^\s*sensitivity\s*$|detection rate|(?:positive|negative) predictive|percent agreement|\bAUROC\b|area under the ROC|accuracy|sensitivity, specificity|cancer detection|lesion detection|adequate diagnosis|tissue adequacy",
        n_("how well the test tells who has it and who does not"),
        "test",
    ),
    (
        r"visuali[sz]ation parameter|image quality|contrast enhancement",
        n_("how well things can be seen in the picture"),
        "test",
    ),
    (
        r"bias|(?:glucose )?sensor accuracy|\bMARD\b|agreement (?:between|with)|reproducib|inter-?operator|reliability",
        n_("how well two ways of measuring agree"),
        "test",
    ),
    (
        r"feasib|retention (?:rate|of|in)|^\s*retention\s*$|attendance|acceptab|usability|engagement|satisfaction|\breach\b|uptake|system usab|number of days used|completion rate|fidelity|participation rate",
        n_("whether it can be done, and whether people take it up and keep to it"),
        "feasible",
    ),
    (r"adheren|complian|persistence (?:on|with)", n_("how well people keep to it"), "feasible"),
    (r"knowledge", n_("how much people know about it"), ""),
    (
        r"handgrip|hand grip|grip strength|muscle strength|quadriceps strength|isometric strength|\bstrength of",
        n_("how strong muscles are"),
        "",
    ),
    (
        r"VO2|oxygen (?:uptake|consumption)|cardio-?(?:pulmonary|respiratory) fitness|exercise (?:capacity|tolerance|duration)|physical (?:capacity|fitness)|endurance|task failure",
        n_("how much effort the body can make"),
        "",
    ),
    (r"physical activity|\bsteps?\b per|step count|sedentary", n_("how much people move"), ""),
    (
        r"range of motion|\bROM\b|mouth opening|flexion|mobility",
        n_("how far a joint or part of the body can be moved"),
        "",
    ),
    (
        r"\bbalance\b|postural|\bCOP\b|falls?\b rate|number of falls",
        n_("how well people keep their balance"),
        "",
    ),
    (
        r"functional (?:level|status|outcome|disability|capacity|independence)|physical function|activities of daily living|\bADL\b|disability",
        n_("how well people manage in daily life"),
        "",
    ),
    (
        r"dietary (?:intake|quality)|healthy eating|\bHEI\b|food intake|energy intake|calori\w+ intake",
        n_("what people eat"),
        "",
    ),
    (r"smoking cessation|abstinen", n_("how many stop"), ""),
    (r"suicid|self[- ]injur", n_("how often people think of harming themselves, or do"), ""),
    (
        r"perceived stress|psychological distress|\bstress\b|distress|burnout",
        n_("how much strain people feel"),
        "",
    ),
    (r"fatigue", n_("how tired people are"), ""),
    (r"hearing", n_("how well people hear"), ""),
    (
        r"prevalence of",
        n_("how many people have it"),
        "",
    ),
    (r"left ventricular|ejection fraction|\bLVEF\b|cardiac function", n_("how well the heart pumps"), ""),
    (r"circulating tumou?r DNA|\bctDNA\b", n_("how much of a tumour's genetic matter is in the blood"), ""),
    (
        r"gene expression|genotyp|mutations?\b|genetic (?:variant|change)|sequencing|\bGWAS\b",
        n_("which changes in the genes can be found"),
        "",
    ),
    (
        r"\bCRP\b|C-reactive|interleukin|cytokines?|inflammat(?:ory|ion)",
        n_("how strong the inflammation is"),
        "",
    ),
    (r"microbi(?:o|al)", n_("which germs live in the body"), ""),
    (
        r"muscle (?:cross|mass|volume|thickness)|cross-area|lean mass|body composition",
        n_("how much muscle there is"),
        "",
    ),
    (r"tumou?r (?:size|volume|shrink)|change in tumou?r", n_("how large the tumour is"), "respond"),
    (r"engraft", n_("how often the transplanted cells take hold"), ""),
    (r"graft[- ]versus[- ]host|\bGVHD\b", n_("how often transplanted cells attack the body"), ""),
    (r"rejection|graft (?:loss|survival|failure)", n_("how often the body rejects the transplant"), ""),
    (
        r"symptom (?:score|severity|resolution|burden)|^\s*symptoms?\s*$|clinical symptoms?|symptom relief",
        n_("how strong the signs of the illness are"),
        "signs",
    ),
    (r"length of labo|birth weight|preterm|gestational age", n_("how birth goes, and how the baby does"), ""),
    (r"(?:live )?birth rate|pregnancy rate|clinical pregnancy|ovulation", n_("how many become pregnant"), ""),
    (
        r"(?:overall|composite|clinical|treatment|procedural|technical) success|success rate",
        n_("how often the treatment counts as a success, by rules set before"),
        "",
    ),
    (r"mucositis", n_("how sore mouth or gut gets"), ""),
    (r"bowel movements?|constipation", n_("how the bowels move"), ""),
    (r"agitation", n_("how restless people are"), ""),
    (r"substance use|alcohol use|drug use|drinking days", n_("how much people drink or use drugs"), ""),
    (
        r"social support|social perception|sociali[sz]ation|communication",
        n_("how people get on with others"),
        "",
    ),
    (r"work productivity|return to work|\bsports?\b", n_("how well people can work or do sports"), ""),
    (r"lesion count|acne", n_("how many spots there are on the skin"), ""),
    (r"\bheight\b|growth velocity", n_("how much people grow"), ""),
    (r"\bskills?\b", n_("how well people can do it"), ""),
    (r"\bglucose\b|blood sugar", n_("how high blood sugar is"), "sugar"),
    (r"^\s*(?:disease )?prevalence\s*$", n_("how many people have it"), ""),
    (
        r"cost(?:s|-effect)|resource use|health ?care (?:use|utili[sz]ation)",
        n_("what care is used, and what it costs"),
        "",
    ),
    (r"referral|screening (?:rate|uptake)|provider performance|guideline", n_("how care is given"), "care"),
    (
        r"melatonin|cortisol|oxytocin|hormone levels?|testosterone|calcitonin gene|\bCGRP\b",
        n_("how much of a hormone or messenger is in the body"),
        "",
    ),
    (
        r"\bSUV|uptake of|tracer uptake|dosimetry|89Zr|biodistribution",
        n_("where a tracer goes in the body"),
        "test",
    ),
)
_PAIN = n_("how strong the pain is")
_AGREE = n_("how well two ways of measuring agree")
#: What is counted at one time, and is no length of time.
_RATE = re.compile(
    r"\brates?\b|percent|proportion|\bnumber of\b|%|\b(?:one|two|three|five|\d+)[- ](?:year|month|week)s?[- ](?:overall |progression|event|disease|relapse|PFS|OS|survival)",
    re.IGNORECASE,
)
_OF_A_TIME = {
    "live": (n_("how many people are alive after a set time"), "alive"),
    "control": (n_("in how many people the illness is under control after a set time"), "held"),
    "free": (n_("how many people live without the illness coming back, up to a set time"), "clear"),
}
#: What looks at side effects or a dose, even where no row is sure of its words.
SAYS_HARM = re.compile(
    r"\b(?:safety|tolerab\w+|adverse|toxicit\w+|side effects?|DLTs?|dose)\b", re.IGNORECASE
)
FURTHEST = 110  # characters before the words by which a measure is known: behind them it is of something else


@cache
def _compiled() -> tuple[tuple[re.Pattern[str], str, str], ...]:
    rows = [(pattern, plain, "pain" if plain == "PAIN" else "") for pattern, plain in SCALES]
    rows += list(_KINDS)
    return tuple((_pattern(rule), _PAIN if plain == "PAIN" else plain, key) for rule, plain, key in rows)


def _pattern(rule: str) -> re.Pattern[str]:
    """The rule with its short forms in capitals as they stand ("PAID" is no "paid"), and all else in any case."""
    depth, parts = 0, [""]
    for sign in rule:
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return re.compile("|".join(part if re.search(r"[A-Z]{2}", part) else f"(?i:{part})" for part in parts))


_VISION = re.compile(r"visual analog(?:ue)? ?(?:scale)?", re.IGNORECASE)
#: A scale from nothing to the worst can be of anything; only with one of these is it of pain.
_OF_PAIN = re.compile(r"\bpain|sciatic|headache|backache|\bleg\b|\bback\b|migraine|ache\b", re.IGNORECASE)
_ANY_SCALE = re.compile(
    r"\bVAS\b|visual analog|\bNRS\b|\bNPRS\b|numeric(?:al)? (?:pain )?rating", re.IGNORECASE
)
#: "The time to worsening or death" is no length of life; what is under control in one place is not the illness.
_NOT_LIFE_ALONE = re.compile(
    r"(?:progression|disease|event|relapse|recurrence|failure|metastas[ie]s)[- ]free|\bPFS|\b[DER]FS\b|time to progression|progression.{0,60}\bor\b.{0,40}\bdeath",
    re.IGNORECASE,
)
_ONE_PLACE = re.compile(r"[Ii]ntra-?cranial|\bCNS\b|in the brain|\biPFS\b")
_NOT_SURE = re.compile(
    r"composite(?!.*(?:success|cardio|MACE))|correlat|composite(?!.*(?:success|cardio|MACE))|predict|associations? (?:between|of|with)|relationship between|risk factors?|compar(?:e|ison) (?:of )?(?:two|the two) methods|determine whether|threshold|validation",
    re.IGNORECASE,
)


@lru_cache(maxsize=256)  # the first one of a study is asked for twice
def plain_measure(text: str | None, *, names: tuple[str, ...] = ()) -> Measure | None:
    """The measure in plain words; None where no row is sure. names: what is tried, whose own words prove nothing."""
    said = one_line(text or "")[:LONGEST]
    for name in names:
        if name.casefold() == said.casefold() or name.lower() not in said.lower():
            continue
        said = re.sub(re.escape(name), " ", said, flags=re.IGNORECASE) if len(name) > 3 else said
    if not said or _NOT_SURE.search(said):
        return None
    if (re.search(r"\bPD\b", said) and len(said) < 4) or re.match(r"(?:to|for)\s", said, re.IGNORECASE):
        return None
    for pattern, plain, key in _compiled():
        if (found := pattern.search(said)) and found.start() <= FURTHEST:
            if key == "live" and _NOT_LIFE_ALONE.search(said):
                continue  # deaths are counted in it, but so is what comes before
            if key == "level" and re.search(
                r"\blens|tissue|cerebrospinal|\bCSF\b|milk|\bhair|tumou?r|saliva", said, re.IGNORECASE
            ):
                return None
            if key in _OF_A_TIME and _RATE.search(said):
                return Measure(*_OF_A_TIME[key])
            if key == "dose" and re.search(
                r"allerg|food|challenge|desensiti|pain|exercise", said, re.IGNORECASE
            ):
                return None
            if key == "pain" and re.search(
                r"frequen|number of|\bdays\b|incidence|duration", said, re.IGNORECASE
            ):
                return None
            if key == "control" and _ONE_PLACE.search(said):
                return None
            if key == "pain" and _ANY_SCALE.search(said) and not _OF_PAIN.search(_VISION.sub("", said)):
                continue
            return Measure(plain, key) if plain else None
    return None


def main_measure(study: Study, names: tuple[str, ...] = ()) -> Measure | None:
    """The first main measure in plain words."""
    first = next((each for each in study.primary_outcomes if one_line(each.measure or "")), None)
    if first is None:
        return None
    made = plain_measure(first.measure, names=names)
    if (
        made
        and made.key == "dose"
        and {"PHASE2", "PHASE3"} & set(study.phases)
        and "PHASE1" not in study.phases
    ):
        # A dose is looked for at the start; what follows is what the study is for.
        later = (plain_measure(each.measure, names=names) for each in study.primary_outcomes)
        made = next((each for each in later if each and each.key != "dose"), made)
    if made and made.key == "pain" and not _OF_PAIN.search(f"{first.measure} {first.description}"):
        return None
    return made


MOST = 4  # main measures that a read names


def measures_said(study: Study, voice: Voice, names: tuple[str, ...]) -> tuple[str, ...]:
    """The main measures, each plainly with the registry's name behind it; where that is not certain, quoted."""
    said: list[str] = []
    known: set[str] = set()
    outcomes = [each for each in study.primary_outcomes if one_line(each.measure or "")]
    for each in outcomes:
        made = plain_measure(each.measure, names=names)
        if made and made.plain in known:
            continue  # the same thing, measured again
        known.add(made.plain if made else one_line(each.measure or ""))
        said.append(_said(each, made, voice))
    if len(said) > MOST:
        more = len(said) - MOST
        said = [
            *said[:MOST],
            voice.count("and %(number)s more main measure", "and %(number)s more main measures", more),
        ]
    return tuple(said)


def _said(outcome: Outcome, made: Measure | None, voice: Voice) -> str:
    quote = voice.quoted(outcome.measure or "", 160)
    said = f"{voice.say(made.plain)} ({quote})" if made else quote
    span = span_of(outcome.time_frame, voice)
    return voice.say("%(measure)s, up to %(span)s", measure=said, span=span) if span else said
