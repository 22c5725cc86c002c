"""The scales that have names, with what each of them measures in plain words; "PAIN" where it is of pain only if the record says so."""


def n_(message: str) -> str:
    """Marks a sentence for the catalogues; it is said later."""
    return message


#: Scales by their names and usual short forms.
SCALES: tuple[tuple[str, str], ...] = (
    (
        r"Oswestry|\bODI\b|Roland[- ]Morris|\bRMDQ\b|Quebec Back Pain|\bQBPDS\b",
        n_("how much back pain limits daily life"),
    ),
    (r"Neck Disability Index|\bNDI\b", n_("how much neck pain limits daily life")),
    (
        r"\bVAS\b|visual analogu?e? ?scale|\bNRS\b|\bNPRS\b|numeric(?:al)? (?:pain )?rating|pain (?:rating|score|intensity|scale)|\bBrief Pain Inventory\b|\bBPI\b|McGill",
        "PAIN",
    ),
    (
        r"\bPHQ-?\s?\d?\b|Patient Health Questionnaire|\bBDI(?:-II)?\b|Beck Depression|\bHAM-?D\b|Hamilton (?:Depression|Rating Scale for Depression)|\bMADRS\b|Montgomery|\bCES-?D\b|Edinburgh Postnatal|\bGDS\b|Geriatric Depression|depressi(?:on|ve)",
        n_("how strong signs of depression are"),
    ),
    (
        r"\bGAD-?7\b|\bHAM-?A\b|Hamilton Anxiety|\bSTAI\b|Beck Anxiety|State[- ]Trait Anxiety|\banxiety\b",
        n_("how strong anxiety is"),
    ),
    (r"\bHADS\b|Hospital Anxiety and Depression", n_("how strong anxiety and signs of depression are")),
    (
        r"\bPCL(?:-5)?\b|\bCAPS(?:-5)?\b|PTSD (?:checklist|symptom)|Clinician[- ]Administered PTSD|posttraumatic stress|post-traumatic stress|\bPTSD\b",
        n_("how strong signs of stress after bad experiences are"),
    ),
    (
        r"Diabetes Distress|\bDDS\b|\bPAID\b|Problem Areas in Diabetes|diabetes-related distress",
        n_("how much diabetes weighs on people's minds"),
    ),
    (r"Hypoglyc(?:a)?emia Fear|\bHFS\b", n_("how much people fear low blood sugar")),
    (r"\bHIT-?6\b|Headache Impact", n_("how much headaches limit daily life")),
    (r"\bMIDAS\b|Migraine Disability", n_("how many days people lose to migraine")),
    (
        r"\bPSQI\b|Pittsburgh Sleep|\bISI\b|Insomnia Severity|insomnia severity|sleep (?:quality|efficiency|disturbance)|\bsleep\b",
        n_("how well people sleep"),
    ),
    (r"\bEpworth\b|\bESS\b", n_("how sleepy people are by day")),
    (
        r"\bSF-?(?:36|12)\b|\bEQ-?5D\b|\bEORTC\b|\bQLQ\b|\bFACT-\w+|\bKINDL\b|\bPedsQL\b|\bWHOQOL\b|\bSGRQ\b|\bDQOL\b|\bAQLQ\b|quality[- ]of[- ]life|\bHRQo?L\b|\bQo?L\b",
        n_("how well people feel in daily life (quality of life)"),
    ),
    (r"Disabilities of the Arm|\bDASH\b|QuickDASH", n_("how well people can use arm and hand")),
    (
        r"\bWOMAC\b|\bKOOS\b|\bHOOS\b|Oxford (?:Knee|Hip)",
        n_("how well people get on with a sore hip or knee"),
    ),
    (r"Tampa|Kinesiophobia", n_("how much people fear to move")),
    (
        r"\bMoCA\b|Montreal Cognitive|\bMMSE\b|Mini[- ]Mental|\bADAS-?Cog\b|cogniti(?:ve|on)|processing speed",
        n_("how well people think and remember"),
    ),
    (
        r"\bCGI(?:-[IS])?\b|Clinical Global Impression|Global Impression of Change|\bPGIC\b",
        n_("how much better or worse people are, as judged by a trained person or by themselves"),
    ),
    (
        r"\bPASI\b|\bEASI\b|\bSCORAD\b|\bIGA\b|Investigator(?:'s)? Global Assessment",
        n_("how much of the skin is affected, and how badly"),
    ),
    (r"\bACR ?(?:20|50|70)\b|\bDAS ?28\b|\bACRpedi", n_("how active the inflamed joints are")),
    (r"\bIBS-?SSS\b", n_("how strong the signs of irritable bowel are")),
    (r"\bUPDRS\b|Parkinson's Disease Rating", n_("how strong the signs of Parkinson's disease are")),
    (r"\bEDSS\b", n_("how far multiple sclerosis limits people")),
    (r"\bmRS\b|modified Rankin", n_("how well people manage on their own after a stroke")),
    (r"\bNIHSS\b", n_("how severe a stroke is")),
    (r"\bSPPB\b|Short Physical Performance", n_("how well people stand, walk and rise from a chair")),
    (
        r"\b6-?MWT\b|\b6-?MWD\b|(?:six|6)[- ]minute walk|walk(?:ing)? (?:test|distance|speed)|\bgait\b|timed up and go|\bTUG\b|ambulat",
        n_("how well people walk"),
    ),
    (r"\bNSAA\b|North Star Ambulatory|\bMFM\b|motor function|\bGMFM\b", n_("how well people move")),
    (r"\bJOA\b|Japanese Orthop", n_("how well nerves and spine work in daily life")),
    (r"\bBayley|developmental (?:score|quotient|outcome)|neurodevelopment", n_("how children develop")),
    (
        r"\bFEV ?1\b|\bFVC\b|spirometr|\bpeak (?:expiratory )?flow|lung function|pulmonary function",
        n_("how well the lungs work"),
    ),
    (r"\bACQ\b|\bACT\b score|Asthma Control", n_("how well asthma is under control")),
    (r"\bAHI\b|apn(?:o)?ea[- ]hypopn", n_("how often breathing stops in sleep")),
    (r"\bBCVA\b|visual acuity|\bETDRS\b", n_("how well people see")),
    (r"intraocular pressure|\bIOP\b", n_("how high the pressure in the eye is")),
    (r"\bFIQ\b|fibromyalgia impact", n_("how much fibromyalgia limits daily life")),
    (r"\bQoR-?(?:15|40)\b|quality of recovery", n_("how well people recover after an operation")),
    (r"\bIPSS\b|\bAUA\b symptom", n_("how much trouble people have with passing water")),
    (r"\bVHI\b|voice handicap", n_("how well people can use their voice")),
    (r"\bZarit\b|caregiver burden", n_("how heavy the burden of caring is")),
    (r"self[- ]efficacy", n_("how far people trust themselves to manage")),
    (r"Karnofsky|\bECOG\b", n_("how well people with cancer manage in daily life")),
    (r"Vineland|adaptive behaviou?r", n_("how well people manage in daily life")),
    (
        r"\bPANSS\b|Positive and Negative Syndrome|negative symptoms",
        n_("how strong the signs of schizophrenia are"),
    ),
)
