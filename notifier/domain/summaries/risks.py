"""The tables of what can harm: what a record may count, and what procedures and medicines bring, each with its source."""


def n_(message: str) -> str:
    """Marks a sentence for the catalogues; it is said later."""
    return message


#: Harms that a record may count, in plain words; a harm that is the illness itself is left out.
HARMS: tuple[tuple[str, str], ...] = (
    (r"hypoglyc(?:a)?emi[ac]", n_("low blood sugar")),
    (r"ketoacidosis|\bDKA\b", n_("dangerous acid in the blood")),
    (r"cytokine release|\bCRS\b", n_("a storm of the body’s defence")),
    (r"neurotoxicit|\bICANS\b", n_("trouble of nerves and brain")),
    (r"graft[- ]versus[- ]host|\bGVHD\b", n_("transplanted cells that attack the body")),
    (r"\bbleeding|h(?:a)?emorrhage", n_("bleeding")),
    (r"thrombo-?embolism|\bthrombosis\b|\bVTE\b|\bDVT\b", n_("blood clots")),
    (r"stroke\b", n_("stroke")),
    (r"myocardial infarction|\bMACE\b|major adverse cardi", n_("heart attack and other grave heart trouble")),
    (r"arrhythmia|\bQTc?\b|atrial fibrillation", n_("a heartbeat out of rhythm")),
    (r"surgical[- ]site infection|wound infection|\bSSI\b", n_("infection of the wound")),
    (r"\binfections?\b|\bsepsis\b", n_("infection")),
    (r"nausea|vomiting|\bPONV\b", n_("feeling sick and vomiting")),
    (r"diarrh(?:o)?ea", n_("loose bowels")),
    (r"mucositis|stomatitis", n_("a sore mouth or gut")),
    (r"neutropenia|febrile neutropenia", n_("too few white blood cells")),
    (r"thrombocytopenia", n_("too few blood platelets")),
    (r"myelosuppression|h(?:a)?ematolog\w+ toxicit|cytopenia", n_("too few blood cells")),
    (r"peripheral neuropathy|neuropathic symptoms", n_("numb or sore hands and feet")),
    (r"hepatotoxic|liver (?:injury|toxicity|enzymes)|\bALT\b", n_("trouble with the liver")),
    (
        r"nephrotoxic|acute kidney injury|renal (?:impairment|dysfunction|failure)",
        n_("trouble with the kidneys"),
    ),
    (r"pneumonitis", n_("inflamed lungs")),
    (r"hypotension", n_("low blood pressure")),
    (r"bradycardia", n_("a slow heartbeat")),
    (r"respiratory depression|desaturation|hypox(?:a)?emia", n_("too little breath or oxygen")),
    (r"anaphyla|hypersensitivity|allergic reaction", n_("allergic reactions")),
    (r"injection[- ]site|infusion[- ]site|local reaction", n_("reactions where it is given")),
    (r"\brash\b|skin (?:reaction|toxicity)|radiodermatitis|dermatitis", n_("trouble with the skin")),
    (r"suicid|self[- ]harm", n_("thoughts of suicide")),
    (r"seizures?\b", n_("fits")),
    (r"delirium", n_("confusion")),
    (r"fractures?\b", n_("broken bones")),
    (r"re-?operation|revision surgery|surgical revision", n_("another operation")),
    (
        r"dural tear|nerve (?:injury|damage)|neurolog\w+ (?:deficit|deterioration|complication)",
        n_("hurt nerves"),
    ),
    (r"anastomotic leak|fistula|\bleak(?:age)?\b", n_("leaks where parts were joined")),
    (r"incontinence", n_("loss of control over water or bowels")),
    (r"erectile|sexual function", n_("trouble with sex")),
    (r"hearing loss|ototox", n_("loss of hearing")),
    (r"second(?:ary)? malignanc|myelodysplastic syndrome.*secondary", n_("another cancer later on")),
    (
        r"device (?:deficienc|malfunction|failure)|implant failure|subsidence|migration of",
        n_("a device that fails"),
    ),
    (r"dose[- ]limit(?:ing|ed) tox|\bDLTs?\b", n_("side effects that stop a higher dose")),
    (
        r"post-?operative complications?|surgical complications?|peri-?operative complications?|procedur\w+ complications?|device[- ]related complications?|\bcomplications?\b",
        n_("complications"),
    ),
    (r"mortality|\bdeaths?\b", n_("death")),
    (r"serious adverse|\bSAEs?\b", n_("grave side effects")),
    (
        r"adverse (?:drug )?(?:events?|effects?|reactions?)|\bTE?AEs?\b|\bAEs?\b|side[- ]effects?|toxicit(?:y|ies)",
        n_("side effects"),
    ),
)
#: What the body pays for what is done to it: what it is known by, what can come of it, and where that is described.
BRINGS: tuple[tuple[str, str, str], ...] = (
    (
        r"CAR[- ]?T\b|chimeric antigen",
        n_("Changed defence cells can set off a strong reaction of the body, with high fever and confusion."),
        "NCI: CAR T Cells",
    ),
    (
        r"(?:stem cell|bone marrow|cord blood|h(?:a)?ematopoietic).{0,20}transplant|\bHSCT\b|\bHCT\b",
        n_("A transplant of blood-making cells leaves the body open to infection for months."),
        "NCI: Stem Cell Transplants",
    ),
    (
        r"bispecific|blinatumomab|teclistamab|elranatamab|glofitamab|epcoritamab|talquetamab|etentamig|\bBiTE\b",
        n_(
            "Antibodies that lead defence cells to a target can set off fever and a strong reaction of the body."
        ),
        "FDA labels",
    ),
    (
        r"gene therapy|\bAAV\b|lentivir",
        n_("Genes that are brought into cells cannot be taken out again."),
        "FDA: Gene Therapy",
    ),
    (
        r"(?:pembroliz|nivol|atezoliz|durval|ipilim|cemipl|avel|tislel|sintil|toripal|camrel|envafol|adebrel|serplul|retifan|dostarl|tremelim|zimberel|penpul|sugemal|cadonil|ivonesc|relatl|tebotel|PM8002|spartal)\w*mab|PD-?L?1 (?:inhibitor|antibod)|checkpoint",
        n_(
            "Medicines that loosen the body’s defence can make it attack healthy parts, such as bowel, lungs or glands."
        ),
        "NCI: Immune Checkpoint Inhibitors",
    ),
    (
        r"chemotherapy|\bS-1\b|tegafur|\w*platin\b|\w*taxel\b|\w*rubicin\b|gemcitabine|capecitabine|fluorouracil|5-?FU\b|pemetrexed|etoposide|irinotecan|topotecan|vin(?:cristine|blastine|orelbine)|cyclophosphamide|ifosfamide|melphalan|busulfan|fludarabine|cytarabine|methotrexate|temozolomide|carmustine|bendamustine|azacit?idine|decitabine|FOLFOX|FOLFIRI|\bCHOP\b|doxorubicin|daunorubicin|mitoxantrone|BCNU|trabectedin|eribulin|docetaxel|procarbazine|lomustine|dacarbazine|cladribine|clofarabine|nelarabine|thiotepa|asparaginase",
        n_("Chemotherapy can bring sickness, loss of hair, infections and tiredness."),
        "NCI: Chemotherapy Side Effects",
    ),
    (
        r"stereotactic|radiosurg|radio-?therapy|radiation|irradiation|brachy|proton therapy|chemoradi|\bSBRT\b|\bIMRT\b|\bTBI\b|\bWBRT\b",
        n_("Rays can hurt healthy tissue near the place that is treated, at once or years later."),
        "NCI: Radiation Therapy Side Effects",
    ),
    (
        r"131I|177Lu|radioligand|radiolabel|lutetium|radium-223|90Y",
        n_("A radioactive medicine brings rays into the body for some time."),
        "NCI: Radiopharmaceuticals",
    ),
    (
        r"osimertinib|gefitinib|erlotinib|afatinib|icotinib|dacomitinib|almonertinib|aumolertinib|furmonertinib|befotertinib|lazertinib|poziotinib|mobocertinib|sunvozertinib|lapatinib|neratinib|pyrotinib|tucatinib|EGFR[- ]TKI",
        n_("Tablets that block growth signals often bring loose bowels or a rash."),
        "FDA labels",
    ),
    (
        r"\w{3,}ciclib\b|\w{3,}parib\b|venetoclax|idelalisib|\w{3,}lisib\b|bortezomib|carfilzomib|ixazomib|lenalidomide|pomalidomide|iberdomide|thalidomide|ivosidenib|enasidenib",
        n_("Cancer medicines of this kind often lower the number of blood cells."),
        "FDA labels",
    ),
    (
        r"androgen deprivation|enzalutamide|abiraterone|apalutamide|darolutamide|leuprol|goserelin|degarelix|relugolix|tamoxifen|letrozole|anastrozole|exemestane|fulvestrant",
        n_("Blocking hormones can bring hot flushes, weak bones and less wish for sex."),
        "NCI: Hormone Therapy",
    ),
    (
        r"bevacizumab|ramucirumab|anti-?VEGF|endostar|aflibercept|ranibizumab|fruquintinib|apatinib|sunitinib|sorafenib|lenvatinib|regorafenib|pazopanib|axitinib|cabozantinib|anlotinib|famitinib|nintedanib|vandetanib|surufatinib|tivozanib|donafenib|ivonescimab",
        n_("Blocking the growth of vessels can raise blood pressure and bring bleeding or slow healing."),
        "FDA labels",
    ),
    (
        r"\binsulin\b|sulfonylurea|glimepiride|gliclazide|glipizide|closed[- ]loop|artificial pancreas|pancreas transplant|islet",
        n_("Blood sugar can fall too low, which can be dangerous."),
        "NIDDK: Low Blood Glucose",
    ),
    (
        r"glutide\b|tirzepatide|\bGLP-?1|exenatide|pramlintide|\bcagri|retatrutide|GZR18|AZD9550",
        n_("Medicines like the gut hormone GLP-1 often make people feel sick and vomit."),
        "FDA labels",
    ),
    (
        r"gliflozin\b|SGLT-?2",
        n_(
            "Medicines that send sugar out with the urine can bring infections down below and, rarely, acid in the blood."
        ),
        "FDA labels",
    ),
    (r"metformin", n_("Metformin often upsets stomach and bowels at first."), "MedlinePlus: Metformin"),
    (
        r"prednis|dexamethasone|cortico-?steroid|hydrocortisone|triamcinolone|methylpred|vamorolone|deflazacort|\bsteroid",
        n_("Steroids can raise blood sugar, lower the defence against germs and change mood."),
        "MedlinePlus: Steroids",
    ),
    (
        r"tacrolimus|cyclosporin|ciclosporin|mycophenol|sirolimus|everolimus|azathioprine|anti-?thymocyte|rituximab|ocrelizumab|(?:adalim|inflix|golim|certoliz|secukin|usteki|tociliz)\w*|tofacitinib|baricitinib|upadacitinib|abatacept|teplizumab",
        n_("Calming the body’s defence makes infections more likely."),
        "MedlinePlus: Immunosuppression",
    ),
    (
        r"apixaban|rivaroxaban|dabigatran|edoxaban|warfarin|heparin|enoxaparin|NOAC|DOAC|vitamin K antag|aspirin|clopidogrel|ticagrelor|anticoag|antiplatelet",
        n_("Medicines against clots make bleeding more likely."),
        "MedlinePlus: Blood Thinners",
    ),
    (
        r"morphine|fentanyl|oxycodone|hydromorphone|tramadol|methadone|buprenorphine|nalbuphine|opioid",
        n_("Strong pain medicines can make people sleepy, slow their breath and lead to dependence."),
        "MedlinePlus: Opioids",
    ),
    (
        r"\bNSAID|ibuprofen|naproxen|celecoxib|ketorolac|diclofenac|indomethacin",
        n_("Pain medicines of this kind can hurt the stomach and the kidneys."),
        "MedlinePlus: NSAIDs",
    ),
    (
        r"verapamil|beta-?blocker|propranolol|metoprolol",
        n_("Heart medicines of this kind can slow the heartbeat and lower blood pressure."),
        "MedlinePlus: Verapamil",
    ),
    (r"statin\b", n_("Statins can make muscles sore."), "MedlinePlus: Statins"),
    (
        r"ketamine|psilocybin|\bLSD\b|MDMA",
        n_("It can change what people see, hear and feel, which can be frightening."),
        "NIDA: Psychedelic Drugs",
    ),
    (
        r"antidepress|fluoxetine|sertraline|escitalopram|paroxetine|venlafaxine|duloxetine|bupropion|mirtazapine|trazodone",
        n_(
            "Medicines against low mood can bring restlessness, poor sleep or, in young people, darker thoughts."
        ),
        "MedlinePlus: Antidepressants",
    ),
    (
        r"pregabalin|gabapentin|topiramate|valproate|lamotrigine|carbamazepine|levetiracetam",
        n_("Medicines that calm nerves can make people dizzy and sleepy."),
        "MedlinePlus",
    ),
    (
        r"ropivacaine|bupivacaine|lidocaine|nerve block|plane block|epidural|spinal an(?:a)?esth",
        n_("Numbing near nerves can drop blood pressure and, rarely, hurt a nerve."),
        "MedlinePlus: Anesthesia",
    ),
    (
        r"propofol|sevoflurane|general an(?:a)?esthesia|dexmedetomidine|sedation|remimazolam|midazolam",
        n_("Being put to sleep can slow breath and drop blood pressure."),
        "MedlinePlus: Anesthesia",
    ),
    (
        r"challenge|oral immunotherapy|\bOIT\b|provocation|allergen",
        n_("Meeting what one is allergic or sensitive to can set off a strong reaction."),
        "NIAID: Food Allergy",
    ),
    (
        r"induc(?:ing|ed)|calcitonin[- ]gene|\bCGRP\b infusion|levcromakalim|nitroglycerin|PACAP",
        n_("It is given to bring on what people suffer from, such as a headache."),
        "the record",
    ),
    (
        r"lumbar puncture|spinal tap|cerebrospinal|intrathecal",
        n_("A needle in the lower back can leave a headache for days."),
        "MedlinePlus: Cerebrospinal Fluid",
    ),
    (
        r"intravitreal|subretinal|into the eye",
        n_("A needle into the eye can hurt, raise the pressure or, rarely, let germs in."),
        "MedlinePlus: Intravitreal Injection",
    ),
    (
        r"intra-?articular|intradiscal|intralymphatic|epidural (?:steroid )?injection|occipital nerve (?:block|injection)|\bGON\b|facet (?:joint )?injection",
        n_("A needle that goes deep can hurt, bleed or, rarely, let germs in."),
        "MedlinePlus: Joint Fluid and Steroid Injections",
    ),
    (
        r"bone marrow (?:aspir|biops)",
        n_("A needle into the bone hurts for a short time and can bleed."),
        "MedlinePlus: Bone Marrow Tests",
    ),
    (
        r"(?<!liquid )\bbiops",
        n_("Taking a piece of tissue can hurt, bleed or let germs in."),
        "MedlinePlus: Biopsy",
    ),
    (
        r"endoscop|colonoscop|gastroscop|bronchoscop|\bEUS\b|\bERCP\b",
        n_("Looking inside with a tube can hurt, bleed or, rarely, make a hole."),
        "MedlinePlus: Endoscopy",
    ),
    (
        r"(?:spin(?:e|al)|lumbar|cervical|vertebral|interbody) fusion|\bspinal cages?\b|interbody|discectomy|laminectomy|laminoplasty|spine surgery|spinal surgery|\bdis[ck] replacement|(?:spin\w+|lumbar|cervical) (?:\w+ )?(?:arthroplasty|decompression|spacer)|pedicle screw|foraminotomy|vertebroplasty|kyphoplasty",
        n_("An operation on the spine can bleed, hurt nerves, or have to be done again."),
        "MedlinePlus: Spinal Fusion",
    ),
    (
        r"craniotomy|deep brain|burr hole|resection of .{0,20}(?:brain|glio)",
        n_("An operation in the head can bring bleeding, swelling or fits."),
        "MedlinePlus: Brain Surgery",
    ),
    (
        r"bypass|\bCABG\b|valve replacement|cardiac surgery|heart surgery",
        n_("An operation on the heart can bring bleeding, stroke or a heartbeat out of rhythm."),
        "MedlinePlus: Heart Surgery",
    ),
    (
        r"\bstent|angioplasty|\bcatheteri[sz]ation|emboli[sz]ation|\bPCI\b",
        n_("A tube in a vessel can bleed, hurt the vessel or loosen a clot."),
        "MedlinePlus: Angioplasty",
    ),
    (
        r"(?<!microbiota )(?<!fecal )(?<!faecal )(?<!cell )(?<!marrow )(?<!blood )(?<!flora )transplant",
        n_("The body can reject a transplant, and medicines against that weaken its defence."),
        "MedlinePlus: Organ Transplantation",
    ),
    (
        r"surg(?:ery|ical)|\w+ectomy\b|\w+otomy\b|\w+plasty\b|resection|laparoscop|incision|suture|operation\b|\bdrains?\b|debridement|\bflap\b|graft\b",
        n_("Any operation can bleed, hurt, or let germs in."),
        "MedlinePlus: Surgery",
    ),
    (
        r"implant|neurostimulation system|stimulation system|prosthe|\bmesh\b|screw|pacemaker",
        n_("What is put into the body can come loose, break or let germs in."),
        "FDA: Implants",
    ),
    (
        r"nerve stimulation|neuromodulation|radiofrequency|ganglion|magnetic stimulation|\bTENS\b|\btDCS\b|\bTMS\b|electr(?:ical|o)[- ]?stimul|vagus|gammacore",
        n_("Currents can hurt, tingle or bring on a headache."),
        "MedlinePlus",
    ),
    (
        r"capsaicin",
        n_("Capsaicin, the hot part of chilli, burns for some minutes where it touches."),
        "MedlinePlus: Capsaicin",
    ),
    (
        r"botulinum|botox",
        n_("Botulinum toxin weakens muscles, at times where that is not wanted."),
        "FDA labels",
    ),
    (
        r"laser|ablation|cryo|thermal|high[- ]intensity focused",
        n_("Heat or cold can burn the skin or tissue nearby."),
        "MedlinePlus",
    ),
    (
        r"needling|acupunct|pharmacopuncture|cupping",
        n_("Needles can hurt, bruise or, rarely, let germs in."),
        "NCCIH: Acupuncture",
    ),
    (
        r"manipulation|chiroprac|osteopath|manual therapy|mobili[sz]ation|massage",
        n_("Moving joints by hand can leave them sore for a day or two."),
        "NCCIH: Spinal Manipulation",
    ),
    (
        r"hyperbaric|oxygen",
        n_("Breathing much oxygen can dry or hurt the airways, and masks can press."),
        "MedlinePlus: Oxygen Therapy",
    ),
    (
        r"platelet[- ]rich|\bPRP\b|stem cells?|mesenchymal|\bcells?\b (?:injection|therapy|infusion)|dendritic",
        n_("Cells that are given can cause fever or swelling; what they do in the long run is little known."),
        "FDA: Regenerative Medicine",
    ),
    (
        r"vaccin|immuni[sz]ation",
        n_(
            "A vaccine can bring a sore arm, fever and tiredness for some days, and rarely a strong allergic reaction."
        ),
        "CDC: Vaccine Safety",
    ),
    (
        r"exercise|training|physiotherap|physical therapy|rehabilit|yoga|pilates|tai chi|walking|stretching|strengthening",
        n_("Exercise can leave people sore or tired, and some get hurt."),
        "MedlinePlus: Exercise",
    ),
    (
        r"\bdiet|fasting|ketogenic|meal|low[- ](?:carb|calorie)|nutrition|energy restriction|feeding|produce foods",
        n_("Eating in another way can be hard to keep up, and blood sugar or weight can change."),
        "MedlinePlus: Diets",
    ),
    (
        r"psychotherap|cognitive[- ]behav|exposure therapy|trauma|\bCBT\b|counsel|mindfulness|hypno|support group|coping|interview",
        n_("Talking about what weighs on one can be hard, and takes time."),
        "NIMH: Psychotherapies",
    ),
    (
        r"\bapp\b|smartphone|text messag|texting|telehealth|telemedicine|tele-?monitor|telerehab|web-?based|online|digital|wearable|\bvideo|internet",
        n_("An app or screen can fail or tire people, and what it collects has to be kept private."),
        "FTC: Health Apps",
    ),
    (
        r"glucose (?:monitor|sensor)|\bCGM\b|libre|dexcom",
        n_("A sensor can itch, come off or show wrong values."),
        "FDA: Continuous Glucose Monitors",
    ),
    (
        r"education|coaching|teach|training program|self-?management|school|curriculum",
        n_("Courses take time, and what is learned can be forgotten."),
        "the design",
    ),
    (
        r"\bPET\b|positron|fluorodeoxyglucose|\bSPECT\b|18F|\bFDG\b|computed tomograph|\bCT\b|x-?ray|radiograph|tomosynthesis|mammogra|\bEOS\b|\bDXA\b",
        n_("Scans with rays add a small amount of rays to what a body gets in a year."),
        "RadiologyInfo.org: Radiation Dose",
    ),
    (
        r"gadol|contrast (?:agent|medi)|gadoter",
        n_("A contrast agent can, rarely, set off an allergic reaction."),
        "RadiologyInfo.org: Contrast Materials",
    ),
    (
        r"\bMRI\b|magnetic resonance",
        n_("An MRI is loud and narrow, which some people find hard to bear."),
        "RadiologyInfo.org: MRI",
    ),
    (
        r"genetic|genom|\bDNA\b|sequenc",
        n_("A test of genes can show what people did not want to know, of themselves or their family."),
        "NHGRI: Genetic Testing",
    ),
    (
        r"blood (?:sampl|draw|test|work)|venipuncture|liquid biopsy|biospecimen|blood collection|taking blood",
        n_("Drawing blood can hurt and leave a bruise."),
        "MedlinePlus: Blood Tests",
    ),
    (r"questionnaire|survey|interview", n_("Questions take time, and some can be upsetting."), "the design"),
)
