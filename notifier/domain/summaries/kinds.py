"""What measures ask, by patterns of whole words: the particular before the general; at the end what only tells how one is taken."""


def n_(message: str) -> str:
    """Marks a sentence for the catalogues; it is said later."""
    return message


#: By what they say; `key` where `asking` has a question of its own.
KINDS: tuple[tuple[str, str, str], ...] = (
    (
        r"vital signs?|\bECGs?\b|electrocardiogra|laboratory (?:parameters?|findings|abnormalit\w+|values?|tests?)|clinically significant (?:changes|abnormal)|physical exam",
        n_("signs of harm in pulse, blood pressure, blood tests and the like"),
        "harm",
    ),
    (
        r"^(?!.*(?:sensitiv|specific|diagnos|predict|detect)).*\baccuracy\b|\bMARD\b",
        n_("how exact the test or device is"),
        "test",
    ),
    (r"cytokine[- ]release|\bCRS\b", n_("how often the body's defence overreacts"), "harm"),
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
        r"\bpCR\b|\bPCR rate\b|pathologic(?:al)? complete|\bmajor pathologic(?:al)?|\bMPR\b|pathologic(?:al)? response",
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
        r"pharmacokinetic|\bPK\b|\bctau\b|\bAUC\)? of\b|\bAUC(?:0|inf|tau|last|\d|[-_(\[]|,)|area under the (?:plasma |serum |blood )?(?:drug )?concentration|\bC[- ]?max\b|plasma concentration|serum concentration|trough (?:concentration|level)|half[- ]life|\bclearance of\b|glucose infusion rate",
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
    (
        r"food challenge|\bOFCs?\b|\bDBPCFC|challenge threshold|eliciting dose|desensiti[sz]|unresponsiveness|tolera\w+ .{0,40}(?:milk|egg|peanut|nut|wheat|fish|protein|food|formula|allergen)",
        n_("whether people can take it without an allergic reaction"),
        "",
    ),
    (
        r"(?<!Time to complete resolution of )allergic reactions?|anaphyla|hypersensitivity reaction|systemic (?:allergic )?reaction",
        n_("how often allergic reactions come"),
        "",
    ),
    (
        r"\bIg ?E\b|immunoglobulin E\b|\bIg ?G4\b(?!-)|tryptase|sensiti[sz]ation|sensiti[sz]ed",
        n_("what signs of allergy a blood or skin test shows"),
        "",
    ),
    (r"nasal polyps?|polyp (?:score|size)|polypoid", n_("how large the polyps in the nose are"), ""),
    (r"\bSNOT-?\d*|\bsinus symptom", n_("how much trouble nose and sinuses give"), ""),
    (
        r"\bRQLQ|rhinitis (?:symptom|severity|VAS)|\bT?NSS\b|nasal symptom|rhinoconjunctivitis (?:score|symptom)",
        n_("how strong the signs of hay fever are"),
        "",
    ),
    (
        r"symptoms?[- ](?:and[- ])?medication|\bCSMS\b|\bTCS\b",
        n_("how strong the signs are, and how much medicine people need against them"),
        "",
    ),
    (
        r"\bUAS-?7?\b|urticaria activity|\bhives\b|\bwheals? and itch",
        n_("how strong itching and hives are"),
        "",
    ),
    (r"pruritus|\bitch", n_("how strong the itching is"), ""),
    (
        r"hyper-?re(?:sponsiveness|activity)|airway (?:reactivity|responsiveness)|bronchospasm|methacholine|bronchial reactivity",
        n_("how easily the airways narrow"),
        "",
    ),
    (r"\bFe?NO\b|exhaled .{0,12}nitric oxide", n_("how inflamed the airways are"), ""),
    (r"eosinophil", n_("how many of the white cells that come with allergy are found"), ""),
    (r"flare-?\s?ups?|\bflares?\b", n_("how often the illness flares up"), ""),
    (
        r"symptom(?:-free)? days|days with symptoms",
        n_("on how many days people have signs of the illness"),
        "",
    ),
    (
        r"^\s*(?:eczema|asthma|atopic dermatitis|allergic disease|food allergy)s?\s*$|(?:incidence|development|onset|diagnosis|participants|children|active) (?:of |with )?(?:\w+ ){0,2}(?:asthma|allergy|allergies|eczema|atopic dermatitis)\b(?! (?:reaction|symptom|control|exacerb))",
        n_("how many people get or have the illness"),
        "",
    ),
    (
        r"(?:rescue|reliever) medic|medication (?:score|use)|steroid (?:use|dose|sparing)|(?:prescribed|ICS|corticosteroid) .{0,20}dose",
        n_("how much medicine people need"),
        "",
    ),
    (r"phenylalanine|\bPhe\b", n_("how much phenylalanine is in the blood"), ""),
    (r"\bswallow|dysphagia", n_("how well people swallow"), ""),
    (r"straight leg rais", n_("how far the leg can be lifted before it hurts"), ""),
    (r"\bdisease control\b", n_("how often the illness is kept under control"), ""),
    (
        r"connectivity|\bf?MRI signal|\bEEG\b|neurometabolite|brain activ|cortical",
        n_("what goes on in the brain"),
        "",
    ),
    (r"electromyogra|\bEMG\b|muscle activ", n_("how muscles work"), ""),
    (
        r"demographic|(?:patient|clinical|baseline) characteri|\bage (?:at|of) (?:diagnosis|participants|onset)",
        n_("what sort of people have it"),
        "care",
    ),
    (r"usage\b|\bused the (?:app|device)|engagement", n_("how much people use it"), "feasible"),
    (
        r"T[- ]cell (?:response|count)|\bCD[48]\b|lymphocytes?\b|basophil|\bTregs?\b|regulatory T|\bB cells?\b",
        n_("how the cells of the body's defence behave"),
        "",
    ),
)
#: What only tells how something is measured: said beside the registry's words, and never asked of.
VAGUE: tuple[tuple[str, str, str], ...] = (
    (
        r"\bconcentrations?\b|(?:serum|plasma|blood|urinary?) .{0,40}(?:levels?|values?|concentrations?|counts?|titers?)|levels? of vitamin|in (?:the )?(?:serum|plasma|blood|urine)\b|blood count|fa?eca?l .{0,20}levels?",
        n_("a value from a laboratory test"),
        "vague",
    ),
    (
        r"histolog|immunohisto|under the microscope|biops(?:y|ies)\b",
        n_("what is found in a piece of tissue"),
        "vague",
    ),
    (
        r"\bMRI\b|\bCT\b|radiograph\w*|radiologic\w*|ultraso\w+|x-?ray|\bOCTA?\b|imaging|echocardio\w*|thickness|\bdisc height\b|\blordosis\b|\bangle\b",
        n_("what a scan or picture shows"),
        "vague",
    ),
    (
        r"questionnaires?\b|\bscores?\b|\bscale\b|inventory|\bindex\b|\bsurvey\b|\binterview",
        n_("a score, by set questions or rules"),
        "vague",
    ),
)
