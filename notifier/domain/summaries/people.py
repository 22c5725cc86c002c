"""Whom a study is about: the whole phrase of a title, word for word, or a listed condition that people surely have.

A phrase is taken with all that narrows it down, or not at all: "post-transplant diabetes" is never diabetes.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from notifier.domain.study import Study
from notifier.domain.summaries.any_case import AnyCase, replaced
from notifier.domain.summaries.having import GROUPS, MAY_COME, illness_in, is_illness, is_no_illness, sound
from notifier.domain.summaries.names import Case, condition_name
from notifier.domain.summaries.tables import pattern_of, swaps
from notifier.domain.summaries.titles import undressed
from notifier.domain.summaries.voice import BEGIN, Voice
from notifier.domain.wording import one_line
from notifier.domain.wording.catalogue import n_

MOST_WORDS = 14  # of a phrase that says whom a study is about
_GROUP = (
    r"(?:adult|p(?:a)?ediatric|child|adolescent) (?:patients?|participants?|subjects?|volunteers)|patients?|participants?|subjects?|people|persons?|individuals|adults|children|adolescents|teenagers|men|women|infants|neonates|"
    r"newborns|veterans|males|females|volunteers|recipients|survivors|pregnancies|youths?|boys|girls"
)
_WHOM = AnyCase(
    rf"\b(?:in|for|among|of|on|to|by|with|treating|treat)\s+(?:the\s+|an?\s+)?(?P<left>(?:(?!(?:in|for|among|of|on|to|by|with|treat(?!-)|treating|versus|vs|during|after)\b)"
    rf"[\w/+'’.-]+,?\s+){{0,8}}?)(?P<group>{_GROUP})\b(?!['’-])(?P<right>.*)$"
)
#: What a title says behind the people and not of them: how it is done, with what it is compared, what is measured.
BEHIND = pattern_of("people.behind")
_LEAD_WORDS = pattern_of("people.lead_words")
_NATION = pattern_of("people.nation")
_SAYS_HOW = pattern_of("people.says_how")
_AGED = {"adu": "adults", "ado": "adolescents", "ped": "children", "pae": "children", "chi": "children"}
_ANYBODY = "patient patients participant participants subject subjects person persons individuals volunteers"
_SAID_SO = dict.fromkeys(_ANYBODY.split(), "people") | {"adult": "adults", "males": "men", "females": "women"}
#: A title with one of these is of people who treat the ill, or of the well among whom they are looked for.
OF_OTHERS = pattern_of("people.of_others")
_AT_RISK = pattern_of("people.at_risk")


@dataclass(frozen=True, slots=True)
class People:
    """condition: in words, small; empty where none can be said. have: whether those who take part surely have it.

    listed: the illnesses that the record lists. only: the same, where it lists nothing else that may be one. phrase: whom a title names, with all that narrows them down: "children with
    asthma that is not allergic".
    """

    kind: str  # adults, children, women, men, older, people
    listed: tuple[str, ...]
    condition: str = ""
    have: bool = False
    sure: bool = False  # it stands whole in a title, or no other condition is listed
    healthy: bool = False
    only: tuple[str, ...] = ()
    phrase: str = ""

    def who(self, speech: Voice) -> str:
        """'adults with asthma', 'healthy people', 'women'."""
        if self.phrase:
            return speech.theirs(self.phrase)
        kind = speech.say(KINDS[self.kind])
        if self.have and self.condition:
            return speech.say(
                "%(people)s with %(condition)s", people=kind, condition=speech.theirs(self.condition)
            )
        return speech.say("healthy people") if self.healthy else kind

    def told_as(self, text: str) -> str:
        """A text of ours in which the people of a title are the women, men or children whom the record takes.

        What plain words put an English article before loses it in another language.
        """
        text = _MARKED_ARTICLE.sub(r"\1", text)
        if self.kind not in {"women", "men", "children"}:
            return text
        parts = re.split("(“[^”]*”)", text)
        return "".join(each if each.startswith("“") else _OF_A_TITLE.sub(self.kind, each) for each in parts)


_MARKED_ARTICLE = re.compile(f"({BEGIN})(?:an?|the) ")
#: People as a title has them; those "without it" may be others.
_OF_A_TITLE = re.compile(
    r"(?<!young )(?<!sets )\b(?:people|patients)(?= (?:with|who|undergoing|receiving)\b)"
)

KINDS = {
    "people": n_("people"),
    "adults": n_("adults"),
    "children": n_("children"),
    "older": n_("older people"),
    "women": n_("women"),
    "men": n_("men"),
}


_VOLUNTEERS = AnyCase(r"\bhealthy\b|\bvolunteers\b")
#: What a medicine is for is listed, too, where only the healthy get it.
_IN_THE_HEALTHY = AnyCase(
    rf"\b(?:in|to|of) (?:[\w-]+,? ){{0,2}}?healthy,? (?:[\w-]+,? ){{0,3}}?{GROUPS}\b(?! (?:and|or|with)\b)"
)
_ILL_TOO = AnyCase(rf"\bpatients\b|\b{GROUPS} (?:with|who have)\b")


_GIVEN = AnyCase(r"(?<=\w) (?:treated|treatment) with .*")
#: Where an illness is listed as such and with one of these before it, not all have it so.
_OF_SOME_OF_THEM = ("recurrent", "relapsed", "refractory", "metastatic", "newly diagnosed", "secondary")


def _each_once(ills: Sequence[str]) -> list[str]:
    """Illnesses without those that are said of some of them alone, and without those that another one names more closely."""
    real = list(dict.fromkeys(each for each in ills if each and not re.search("[;,|]", each)))
    # Beside "X" as such, "X with Y" is of some of them.
    real = [
        each
        for each in real
        if " with" not in each or not any(each.startswith(f"{other} with") for other in real)
    ]
    of_some = {f"{how} {other}" for other in real for how in _OF_SOME_OF_THEM}
    real = [each for each in real if each not in of_some]
    # Looked for in one text: of each against each other there are thousands.
    together = "\0".join(real)
    return [each for each in real if together.count(each) == 1]


def people_of(study: Study, titles: Sequence[str], case: Case, long_forms: Mapping[str, str]) -> People:
    """Whom the study is about, by its titles and its conditions."""
    titles = [undressed(each) for each in titles]
    named = [_GIVEN.sub("", condition_name(each, case) or each) for each in study.conditions[:60]]
    ill_of = {each: illness_in(each, long_forms) for each in named}
    ills = [ill_of[each] for each in named if not MAY_COME.search(each)]
    real = _each_once(ills)
    # The record lets healthy people join, and says in words that all are.
    said = (study.brief_title, study.official_title, *study.conditions)
    healthy = (
        study.eligibility.healthy_volunteers is True
        and any((_IN_THE_HEALTHY if real else _VOLUNTEERS).search(one_line(each or "")) for each in said)
        and not any(map(_ILL_TOO.search, titles))
    )
    kind = _kind(study)
    # A name that may be that of an illness, and is not known as one, is never left out in silence.
    odd = [each for each in named if not ill_of[each] and not is_no_illness(each)]
    odd = [
        each
        for each in odd
        if each.casefold()
        not in {"".join(part[0] for part in re.split(r"[\s-]+", one.casefold()) if part) for one in real}
    ]
    nobody = People(kind, tuple(real), only=() if odd else tuple(real))
    older = (years(study.eligibility.maximum_age) or 0) > 18 or ages_told(study) == ADULTS
    near = next(filter(None, map(NEAR_THEM.search, titles)), None)
    found = [made for title in titles if (made := _whom(title, kind, case, long_forms, older=older))]
    if found:
        fit = [each for each in found if len(each[0].split()) <= MOST_WORDS]
        if not fit or len({"healthy" in each[0] for each in found}) == 2:
            return replace(nobody, healthy=healthy)
        if MASTER.search(study.official_title or ""):  # of which this study is a part
            fit = [each for each in fit if " and without " not in each[0]] or fit
        # The title that narrows it down more.
        fit = [(either(each[0]), either(each[1])) for each in fit]
        phrase, condition = max(fit, key=lambda each: (bool(each[1]), len(each[0].split())))
        if near:
            return _who_are_near(near, phrase, study, nobody)
        ill = bool(condition)
        return replace(
            nobody, condition=condition, have=ill, sure=True, healthy=healthy and not ill, phrase=phrase
        )
    condition = illness_in(_named(study, titles, real, case), long_forms)
    sure = bool(condition)
    condition = condition or (real[0] if len(nobody.only) == 1 else "")
    if near:
        return _who_are_near(near, f"people with {condition}" if condition else "", study, nobody)
    have = (
        sure
        and not study.eligibility.healthy_volunteers
        and not _AT_RISK.search(" ".join(titles))
        and study.design.primary_purpose in {"TREATMENT", "SUPPORTIVE_CARE", None}
        and study.study_type == "INTERVENTIONAL"
    )
    if condition and not have and not healthy:
        have = _criteria_say(condition, study)
    sure = sure or len(nobody.only) == 1
    return replace(nobody, condition=condition, have=have, sure=sure, healthy=healthy)


def _who_are_near(near: re.Match[str], ill: str, study: Study, nobody: People) -> People:
    """Those who are near people who are ill: 'family members of people with asthma', since people are counted."""
    measured = " ".join(f"{each.measure} {each.description}" for each in study.primary_outcomes)
    if _BOTH.search(near[1]) and _IS_OF_THE_ILL.search(measured):
        return nobody  # a family with the one who is ill
    who = _BOTH.sub("family members", near[1].casefold())
    return replace(nobody, sure=True, phrase=f"{who} {ill}" if ill else _WHOSE.sub("", who))


def _whom(
    title: str, kind: str, case: Case, long_forms: Mapping[str, str], *, older: bool
) -> tuple[str, str] | None:
    """The people that a title names, and what it says they have: ('children with asthma', 'asthma')."""
    spots = list(_WHOM.finditer(title))
    spots.sort(key=lambda each: _HAVING.match(each["right"]) is None)
    for spot in spots:
        right = replaced(BEHIND.sub("", spot["right"]).strip(" .,"), _SAID_BEHIND)
        right = re.sub("^With ", "with ", " ".join(right.split()))  # 'with asthma who use steroids'
        if _UNFIT.search(right) or re.match(r"(?i)with or without\b", right):
            continue
        if _EFFECT.search(before := title[: spot.start()]) and " on " not in before:
            right = re.split(r"(?:^| )on ", right)[0]  # on what the effect is
        left, group = _before_the_group(spot["left"].strip(" ,"), spot["group"].casefold())
        if group == "people" and kind in {"women", "men"}:
            left, group = re.sub(r"(?i)\s*\b(?:fe)?male\b", "", left), kind
        if group == "children" and older:
            group = "people"
            right = re.sub(r"^(?:and|or) (?:adolescents|(?:[Yy]oung )?[Aa]dults|youths?)\b\s*", "", right)
        if re.search(r"(?i)\bhealthy\b.*\b(?:and|or)$", left):
            continue  # those who have it are half of them
        beside = re.match(rf"(?:,? (?:and|or) |, )(?:(?:young|older) )?{GROUPS}\b", f" {right}")
        if beside:
            group, right = f"{group}{beside[0]}", right[beside.end() - 1 :].strip()
        if beside and "healthy" in left.casefold() and right.startswith("with "):
            continue  # which of them have it is not said
        left, _, right = case.small(f"- {left} | {right}").partition(" |")
        left, right = _told_behind(left[2:], right.strip(), long_forms)
        group = "people" if right.startswith("with a") and group == "recipients" else group
        alike = re.split(r"[\s,/]+", re.sub(r"(?i)\S+ (?=na[iï]ve$)", "", left))
        if left and not all(_LEAD_WORDS.fullmatch(each) or _SAYS_HOW.fullmatch(each) for each in alike):
            continue  # nobody is "severe", or "Phoenix"
        phrase = sound(case.small(" ".join(filter(None, (left, group, right)))), long_forms)
        if phrase and (left or " " in phrase):
            return phrase, phrase.partition(" with ")[2] if right.startswith("with ") else ""
    return None


def _told_behind(left: str, right: str, long_forms: Mapping[str, str]) -> tuple[str, str]:
    """What people have, where it stands before the word for them, behind it: "severe asthma" patients are people "with severe asthma"."""
    if _DONE_TO_THEM.search(left):
        return "", f"undergoing {left} {right}".strip()
    has = right.removeprefix("with ")
    if has != right and _DONE_TO_THEM.search(has) and not illness_in(has, long_forms):
        return left, right.replace("with", "undergoing", 1)
    if left.startswith("intensive care"):
        return "", f"in intensive care {right}".strip()
    if left.endswith(" transplant"):
        return "", f"with a {left} {re.sub('^with ', 'and ', right)}".strip()
    ill = re.sub(r"(?i)(?<=\w)[- ](?:allergic|sensiti[sz]ed)$", " allergy", left)
    if re.search(r"(?i)\b(?:and|or|non)[- ]allergy$", ill):
        ill = left
    if is_illness(ill, long_forms):
        also = illness_in(has, long_forms) if has != right else ""
        if also and ill.casefold() == "cancer":
            return "", right
        link = "with" if _FEATURE.search(also) else "and"
        return "", f"with {ill} {link} {also}" if also else f"with {ill} {right}".strip()
    if right.startswith("with ") and _OF_THE_ILLNESS.fullmatch(left):
        return "", f"with {left} {right.removeprefix('with ')}"
    return left, right


_FEATURE = pattern_of("people.feature")
#: Before the word for people, and said of what they have.
_OF_THE_ILLNESS = pattern_of("people.of_the_illness")
MASTER = AnyCase(r"\bmaster protocol\b")
_EFFECT = AnyCase(r"\b(?:effects?|impact|influence)\b")
#: Who takes part is not who is ill.
_NEAR = r"(?:caregivers|carers|care partners|parents|mothers|fathers|relatives|siblings|spouses|famil(?:ies|y members))"
_AT_WORK = r"(?:nurses|students|staff|health ?care (?:workers|professionals|providers)|physicians|clinicians|teachers)"
NEAR_THEM = AnyCase(
    rf"(?<!\band )(?<!\bor )(?<!\bby )\b({_NEAR}(?: (?:and|or) {_NEAR})? of|{_AT_WORK} (?:caring for|who care for|working with|looking after)) (?!healthy)"
)
_BOTH = AnyCase(r"\bfamilies\b")
_IS_OF_THE_ILL = AnyCase(r"\b(?:patients?|child|children|adolescents?|youths?|infants?)\b")
_WHOSE = re.compile(r" (?:of|caring for|who care for|working with|looking after)$")
_DONE_TO_THEM = AnyCase(r"(?:\w+(?:ectomy|plasty|otomy)|surgery|fusion|transplantation|bypass)$")
_HAVING = AnyCase(r"\s+(?:with|who|having|diagnosed|undergoing|suffering)\b")
#: A phrase that was cut, that is not of people, or that a title repeats.
_UNFIT = pattern_of("people.unfit")
_SAID_BEHIND = swaps("said_behind.txt")


def _before_the_group(left: str, group: str) -> tuple[str, str]:
    """What stands before the word for people, and that word: 'Chinese adult patients' are 'Chinese adults'."""
    whole = re.match(r"(adult|p(?:a)?ediatric|child|adolescent) ", group)
    group = _AGED[whole[1][:3]] if whole else _SAID_SO.get(group, group)
    left = re.sub(r"(?i)^(?:human|identify|select|monitor|help|support|engage|guide)\b\s*", "", left)
    left = re.sub(r"(?i)^[\w-]+[- ]supplemented\b\s*", "", left)  # which a group is, and not all who come
    if whole and re.search(r"\b(?:and|or)\b", left):
        return "", "people"  # "adult and late adolescent subjects"
    nation = _NATION.match(left)
    if nation and nation[0] != left and not re.match(r"(?:and|or|/)", left[nation.end() :].strip()):
        left, group = left[nation.end() :].strip(), f"{nation[0].strip()} {group}"
    if re.fullmatch(r"(?i)p(?:a)?ediatric and adolescent", left):
        return "", "children and adolescents"
    if ages := re.fullmatch(r"(?i)(adult|adolescent|p(?:a)?ediatric|child)s?", left):
        return "", _AGED[ages[1][:3].casefold()]
    if group == "people" and (older := re.search(r"(?i)\s*\badults?$", left)):
        return left[: older.start()], "adults"
    return left, group


_CANCERS = pattern_of("people.cancers")


def either(phrase: str) -> str:
    """People with two cancers in a title have the one or the other."""
    return _CANCERS.sub(r"\1 or ", phrase)


def _named(study: Study, titles: list[str], real: list[str], case: Case) -> str:
    """A listed condition as a title says it, with all that stands beside it; empty where none does."""
    for title in titles:
        for name in sorted(real, key=len, reverse=True):
            if name.lower() not in title.lower():
                continue  # most are not, and to build a pattern costs a hundred times as much as to look
            at = re.search(rf"(?i)(?<![\w-]){re.escape(name)}(?:s|es)?(?![\w-])", title)
            if not at:
                continue
            behind = BEHIND.sub("", title[at.end() :]).rstrip(" .,")
            if any(each.name and each.name.casefold() in behind.casefold() for each in study.interventions):
                behind = ""
            before = re.split(
                r"(?i)\b(?:in|for|of|with|against|treating|treat)\s+(?:the\s+(?:treatment|management)\s+of\s+)?(?:the\s+|an?\s+)?",
                title[: at.start()],
            )
            left = before[-1] if len(before) > 1 else None
            plain_left = re.sub(
                r"(?i)\b(?:moderate|mild)(?: |-)to(?: |-)(?:severe|moderate)\b|\bor (?=refractory|metastatic|severe)",
                "",
                left or "",
            )
            if left is None or re.search(
                r"(?i)[,:;]|\b(?:on|and|or|the|to|from|by)\b",
                f"{plain_left}{behind if ' to ' in behind else ''}",
            ):
                continue
            phrase = f"{left}{title[at.start() : at.end()]}{behind}".strip()
            if len(phrase.split()) <= MOST_WORDS - 3 and not re.search(r"\b(?:and|or|of|in|with)$", phrase):
                return case.small(re.sub(r"(?i)\bdiabetes mellitus\b", "diabetes", phrase))
            return ""
    return ""


def _criteria_say(condition: str, study: Study) -> bool:
    """Whether the summary or the rules on who can join speak of people with it, and of nobody at risk of it."""
    told = f"{(study.brief_summary or '')[:4000]} {(study.eligibility.criteria or '')[:4000]}"
    last = " ".join(condition.split()[-3:])
    if last.lower() not in told.lower():
        return False
    core = re.escape(last)
    group = r"(?:patients|people|participants|subjects|adults|children|women|men|individuals|persons|diagnosis|history)"
    had = re.search(
        rf"(?i)\b{group}\s+(?:with|of|who have|having|diagnosed with|suffering from)\s+(?:[\w-]+\s+){{0,4}}{core}",
        told,
    )
    return had is not None and not re.search(
        r"(?i)\brisk (?:of|for)\b|\bat[- ](?:high |higher )?risk\b|\bhealthy\b|\bprevent", told
    )


def _kind(study: Study) -> str:
    rules = study.eligibility
    if rules.sex == "FEMALE":
        return "women"
    low, high = years(rules.minimum_age), years(rules.maximum_age)
    if high is not None and high <= 18 and (low is None or low < 18) and ages_told(study) != ADULTS:
        return "children"
    if rules.sex == "MALE":
        return "men" if low is not None and low >= 18 else "people"
    if low is not None and low >= 60:
        return "older"
    return "adults" if low is not None and low >= 18 else "people"


_AGE = re.compile(r"(\d{1,3})\s*(year|month|week|day|hour|minute)s?", re.IGNORECASE | re.ASCII)


@lru_cache(maxsize=64)  # a read asks ten times
def years(text: str | None) -> float | None:
    """An age of the registry in years."""
    found = _AGE.fullmatch(one_line(text or ""))
    if not found:
        return None
    return int(found[1]) / {"year": 1, "month": 12, "week": 52, "day": 365}.get(found[2].lower(), 8760)


ADULTS = "adults"
_AGES_TOLD = pattern_of("people.ages_told")
_ADULTS_TOO = pattern_of("people.adults_too")


def ages_told(study: Study) -> str:
    """What the text of a record tells of ages where it goes beyond the field: ADULTS, or its own words."""
    low, high = years(study.eligibility.minimum_age), years(study.eligibility.maximum_age)
    if low is None and high is None:
        return ""
    titles = one_line(f"{study.brief_title} ; {study.official_title}")
    text = f"{titles} ; {one_line((study.brief_summary or '')[:4000])}"
    if high is not None and 5 < high <= 18 and _ADULTS_TOO.search(text):  # no toddler is one
        return ADULTS
    for found in _AGES_TOLD.finditer(text):
        one, two = int(found[1]), int(found[2])
        beyond = (high is not None and two > high) or (low is not None and one < low)
        # A narrower span may be of others, but not in a title.
        beyond = beyond or (one == low and two != high and found.end() < len(titles))
        if (
            beyond
            and one < two <= OLDEST
            and (found.end() < len(titles) or "year" in text[found.start() : found.end() + 12])
        ):
            return found[0]
    return ""


OLDEST = 99  # a limit at or above this is none


def ages_of(study: Study, voice: Voice) -> str:
    low, high = study.eligibility.minimum_age, study.eligibility.maximum_age
    from_, to = years(low), years(high)
    if to is not None and to >= OLDEST:
        to = None
    whole = [each for each in (from_, to) if each is not None]
    if not whole or from_ == to or any(each != int(each) for each in whole):
        return ""  # months and days, and one year alone, are told under "Who can join"
    if from_ and to is not None:
        return voice.say("aged %(low)s to %(high)s", low=voice.number(int(from_)), high=voice.number(int(to)))
    if from_:
        return voice.say("aged %(low)s and over", low=voice.number(int(from_)))
    return voice.say("aged up to %(high)s", high=voice.number(int(to))) if to else ""
