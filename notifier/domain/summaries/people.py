"""Whom a study is about: what they have, as the titles say it, and what may be called "people with ..."."""

import re
from dataclasses import dataclass

from notifier.domain.study import Study
from notifier.domain.summaries.names import Case, condition_name
from notifier.domain.summaries.voice import Voice
from notifier.domain.wording import one_line

_QUALIFIER = (
    r"(?:advanced|locally advanced|early(?:[- ]stage)?|late(?:[- ]stage)?|metastatic|recurrent|relapsed|relapsing|refractory|resistant|"
    r"treatment-resistant|drug-resistant|hormone-sensitive|castration-resistant|severe|moderate|mild|chronic|acute|subacute|stable|unstable|"
    r"active|newly|recently|diagnosed|previously|treated|untreated|unresectable|resectable|localized|localised|high-risk|high risk|low-risk|"
    r"intermediate-risk|non-atopic|allergic|persistent|uncontrolled|poorly controlled|inadequately controlled|controlled|complicated|"
    r"symptomatic|asymptomatic|episodic|seasonal|perennial|primary|secondary|progressive|hereditary|familial|childhood|adult-onset|"
    r"early-onset|late-onset|new-onset|recent-onset|invasive|muscle-invasive|non-muscle invasive|operable|inoperable|suspected|painful|"
    r"rare|congenital|postoperative|post-operative|post-stroke|overweight|obese|stage\s+[0IVX]+[A-D]?|[\w-]+-(?:positive|negative|mutated|mutant|sensitive|"
    r"refractory|resistant|naive|related|induced|associated|dependent)|to|or|and|/|with|moderate-to-severe|"
    r"mild-to-moderate)"
)
_LEFT = re.compile(rf"(?:\b{_QUALIFIER}[\s,/]+)+$", re.IGNORECASE)
_HAVE = re.compile(
    r"\b(?:patients|participants|subjects|people|persons|individuals|adults|children|adolescents|men|women|infants|veterans|males|females|"
    r"adult patients)\s+(?:who\s+have|with|having|suffering\s+from|diagnosed\s+with|affected\s+by)\s+(?!(?:or|and)\b)(?P<what>.+)",
    re.IGNORECASE,
)
_FOR = re.compile(r"\b(?:for|in|with)\s+(?:the\s+treatment\s+of\s+)?(?P<what>.+)", re.IGNORECASE)
_STOP = re.compile(
    r"\s*(?:[,;:(\[–—]|\s-\s|\.\s|\bwho\b|\bwhose\b|\bthat\b|\bwhich\b|\bundergoing\b|\breceiving\b|\btreated\b|\busing\b|\bafter\b|\bfollowing\b|"
    r"\bbefore\b|\bduring\b|\bin\b|\bon\b|\bat\b|\bby\b|\bfrom\b|\bcompared\b|\bversus\b|\bvs\b|\bas\b|\bwithout\b|\bwith\b|\bstarting\b|\bnot\b|\bscheduled\b|\bprogress(?:ed|ing)\b|\bfailed\b|\bpretreated\b|"
    r"\bpreviously\b|\bunder\b|\b(?<!due )to\b(?!\s+severe|\s+moderate)|\bhaving\b|\bthrough\b|\bvia\b|\btaking\b|\bgetting\b|\bfor\b|\bhave\b|\bare\b|\bwere\b|\bis\b|\bmay\b|\bwhen\b|\bregardless\b).*$",
    re.IGNORECASE,
)
#: Listed as a condition, and nothing that somebody has: a setting, a topic, a method, a state of health.
_NOT_HAD = re.compile(
    r"health(?:y|care)?\b|volunteer|prevention|an(?:a)?esthe|surgery|surgical|transplant|therapy|therapeutic|treatment|rehabilitation|"
    r"quality of life|pregnan|nutrition|\bdiet|exercise|physical activity|weight loss|education|screening|vaccin|immuni[sz]ation|biomarker|"
    r"\bag(?:e)?ing\b|breastfeeding|labou?r|delivery|c(?:a)?esarean|microbiome|satisfaction|behaviou?r\b|knowledge|adherence|compliance|"
    r"communication|cognition|cessation|sleep$|monitoring|detection|imaging|diagnos|prognosis|survival|mortality|\bdeath|risk|recurrence$|complications?$|"
    r"outcomes?\b|period|students?|nurses?|nursing|caregiver|candidates|comorbid|conditions|infection control|analgesia|function|activity|"
    r"insulin$|ketones|glucose$|gene$|genetic$|parent|patient|program|self[- ]|stress$|control\b|management|technique|implant|misuse|"
    r"pharmaco|metabolism$|\bcare\b|safety|effect|dose|drug$|methods?$|medicine$|covid-?19 vaccin|scarring|practice|lymphadenectomy",
    re.IGNORECASE,
)
_AT_RISK = re.compile(
    r"\brisk (?:of|for)\b|\bat[- ]risk\b|\bprevent|\bprophyla|\bhealthy\b|\bcaregiver|\brelatives\b|\bfamil(?:y|ies) of\b|\bparents? of\b|\bprediabet|"
    r"\bimpaired (?:glucose|fasting)|\bwithout\b|\bsurvivors?\b|\bnurses?\b|\bphysicians?\b|\bpharmacists?\b|\bstudents?\b|\bworkers?\b|\bcontacts\b|"
    r"\bscreening\b|\bsuspected\b|\bvolunteers\b",
    re.IGNORECASE,
)
_SOLID = re.compile(
    r"\b(?:advanced |metastatic |refractory )*(?:solid tumou?rs?|malignanc(?:y|ies)|advanced cancers?|solid cancers?)\b",
    re.IGNORECASE,
)
MOST_WORDS = 9


@dataclass(frozen=True, slots=True)
class People:
    """condition: in words, small; empty where none can be said. have: whether those who take part surely have it."""

    condition: str
    have: bool
    several: bool  # others are listed beside it
    sure: bool  # it stands in a title, or no other is listed
    kind: str  # adults, children, women, men, older, people
    healthy: bool

    def who(self, speech: Voice) -> str:
        """'adults with asthma', 'healthy people', 'women'."""
        kind = speech.say(KINDS[self.kind])
        if self.have and self.condition:
            return speech.say(
                "%(people)s with %(condition)s", people=kind, condition=speech.theirs(self.condition)
            )
        return speech.say("healthy people") if self.healthy else kind


def n_(message: str) -> str:
    """Marks a sentence for the catalogues; it is said later."""
    return message


KINDS = {
    "people": n_("people"),
    "adults": n_("adults"),
    "children": n_("children"),
    "older": n_("older people"),
    "women": n_("women"),
    "men": n_("men"),
}


def _core(condition: str) -> str:
    """The condition without words on how it was treated, which make no setting of it."""
    return re.sub(r"\b(?:treatment|therapy|drug)-\w+", " ", condition, flags=re.IGNORECASE)


def people_of(study: Study, case: Case) -> People:
    """Whom the study is about."""
    titles = [one_line(each or "")[:600] for each in (study.brief_title, study.official_title)]
    names = [name for each in study.conditions[:60] if (name := condition_name(each, case))]
    real = [name for name in names if not _NOT_HAD.search(name)]
    healthy = study.eligibility.healthy_volunteers is True
    risky = bool(_AT_RISK.search(" ".join(titles)))
    condition, stands = _condition(study, titles, real, case)
    treats = (
        study.design.primary_purpose in {"TREATMENT", "SUPPORTIVE_CARE", None}
        or study.study_type != "INTERVENTIONAL"
    )
    talk = " ".join((*titles, *study.conditions[:60], (study.brief_summary or "")[:4000]))
    early = bool({"PHASE1", "EARLY_PHASE1"} & set(study.phases)) or study.study_type != "INTERVENTIONAL"
    # Many tick "healthy people can join" by mistake; where no text speaks of them, a late study of a treatment has none.
    healthy = healthy and (
        early
        or study.design.primary_purpose != "TREATMENT"
        or bool(re.search(r"\bhealthy\b|\bvolunteers\b", talk, re.IGNORECASE))
    )
    have = (
        bool(condition)
        and (not healthy or stands == "had")
        and not risky
        and (
            stands == "had"
            or (
                treats
                and not _NOT_HAD.search(_core(condition))
                and (stands == "title" or len(set(real)) == 1)
            )
        )
    )
    if study.design.primary_purpose in {"PREVENTION", "SCREENING"} and stands != "had":
        have = False
    if not have and condition and not healthy and not _NOT_HAD.search(_core(condition)):
        have = _criteria_say(condition, study)
    if stands == "had" and re.search(
        r"\bhealthy\b", " ".join((*titles, *study.conditions[:60])), re.IGNORECASE
    ):
        have = False
    all_healthy = healthy and any(
        re.search(r"\bhealthy\b", each, re.IGNORECASE) for each in (*titles, *study.conditions)
    )
    only = all_healthy and not real
    sure = stands in {"had", "title"} or have or len(set(real)) == 1
    return People(condition, have, len(set(real)) > 1, sure, _kind(study), only)


def _condition(study: Study, titles: list[str], real: list[str], case: Case) -> tuple[str, str]:
    """The condition, and where it stands: 'had' by people in a title, in a 'title', in the 'list', or '' for nowhere."""
    for title in titles:
        if found := _HAVE.search(title):
            phrase = _phrase(found["what"], case)
            if phrase and len(phrase.split()) <= MOST_WORDS and _about(phrase, study):
                return phrase, "had"
    for title in titles:
        if len(real) > 1 and (found := _SOLID.search(title)):
            return _with_left(title, found.start(), found.end(), case), "title"
        spots = [(at, name) for name in real if (at := _stands(name, title)) >= 0]
        if spots:
            at, name = min(spots, key=lambda each: (-len(each[1]), each[0]))
            return _with_left(title, at, at + len(name), case), "title"
    return (real[0], "list") if real else ("", "")


def _about(phrase: str, study: Study) -> bool:
    """Whether a phrase of a title names what the record lists as a condition, and not only a side of it ("EGFR mutations")."""
    if len(study.conditions) > 2 and re.fullmatch(
        r"(?:[\w-]+ )*(?:cancers?|tumou?rs?|malignanc(?:y|ies)|leuk(?:a)?emias?|lymphomas?)",
        phrase,
        re.IGNORECASE,
    ):
        return True
    listed = " ".join((*study.conditions[:60], *study.keywords[:60])).casefold()
    return any(
        word in listed
        for word in re.findall(r"[a-z0-9]{3,}", phrase.casefold())
        if word not in {"and", "with", "the", "type", "stage", "disease"}
    )


def _criteria_say(condition: str, study: Study) -> bool:
    """Whether the rules on who can join ask for the condition."""
    wanted = re.split(
        r"exclusion", (study.eligibility.criteria or "")[:6000], maxsplit=1, flags=re.IGNORECASE
    )[0]
    core = re.escape(" ".join(condition.split()[-3:]))
    found = re.search(rf"([^\n.;]{{0,90}})\b{core}", wanted, re.IGNORECASE)
    return found is not None and not re.search(
        r"\brisk\b|\bfamily\b|\bno\b|\bnot\b|\bwithout\b|\bfree of\b|\bcaregiver|\bparent|\brelative|\bhealthy\b|\bcontrol",
        found[1],
        re.IGNORECASE,
    )


def _phrase(text: str, case: Case) -> str:
    plain = re.sub(r"\s*[(\[][^()\[\]]*[)\]]", "", text)
    words = _STOP.sub("", plain).strip(" .,;:-")
    words = re.sub(r"\bdiabetes mellitus\b", "diabetes", words, flags=re.IGNORECASE)
    words = re.sub(
        r"(?:\s+(?:and|or|of|the|a|an|patients?|participants?|subjects?|people|phase [\d/]+.*))+$", "", words
    )
    words = re.sub(r"^(?:an?|the)\s+", "", words)
    if re.search(
        r"(?:\bdependent|\bdue|\brelated|\bassociated|\bpotentially|\bsecondary|\bthat|\bmultiple)$",
        words,
        re.IGNORECASE,
    ):
        return ""
    if not words or re.search(
        r"\b(?:either|both|than|one|two|three|\d+ (?:weeks?|months?|years?)|history|treatment|therapy|use|options?)\b",
        words,
        re.IGNORECASE,
    ):
        return ""
    return case.small(words)


def _stands(name: str, title: str) -> int:
    found = re.search(rf"(?<![\w-]){re.escape(name)}(?:s|es)?(?![\w-])", title, re.IGNORECASE)
    return found.start() if found else -1


def _with_left(title: str, start: int, end: int, case: Case) -> str:
    """The condition with all that the title says left of it to narrow it down."""
    left = _LEFT.search(title[:start])
    begin = left.start() if left else start
    words = title[begin:start]
    words = re.sub(r"^(?:\s*(?:to|or|and|with|/)\s+)+", "", words, flags=re.IGNORECASE)
    return case.small(f"{words}{title[start:end]}".strip())


def _kind(study: Study) -> str:
    rules = study.eligibility
    if rules.sex == "FEMALE":
        return "women"
    low, high = years(rules.minimum_age), years(rules.maximum_age)
    if high is not None and high <= 18 and (low is None or low < 18):
        return "children"
    if rules.sex == "MALE":
        return "men" if low is not None and low >= 18 else "people"
    if low is not None and low >= 60:
        return "older"
    return "adults" if low is not None and low >= 18 else "people"


_AGE = re.compile(r"(\d{1,3})\s*(year|month|week|day|hour|minute)s?", re.IGNORECASE | re.ASCII)


def years(text: str | None) -> float | None:
    """An age of the registry in years."""
    found = _AGE.fullmatch(one_line(text or ""))
    if not found:
        return None
    return int(found[1]) / {"year": 1, "month": 12, "week": 52, "day": 365}.get(found[2].lower(), 8760)
