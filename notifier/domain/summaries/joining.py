"""Who takes part where no title says it: by the team's own aim, and by the first of the rules on who can join.

Told is only what all have, or what is done to all: a rule for one of several groups, or one of several ways in, says nothing of the rest.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from notifier.domain.summaries.admitting import BULLET, IN_A_LINE, ONE_WAY
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.having import GROUPS, illness_in, is_illness
from notifier.domain.summaries.people import KINDS, NEAR_THEM, People, either
from notifier.domain.summaries.plot import Plot, tokens
from notifier.domain.summaries.quoting import says_purpose, words
from notifier.domain.summaries.tables import pattern_of
from notifier.domain.summaries.whom import IN_WHOM
from notifier.domain.wording import shown

MOST_OF_AN_ILLNESS = 11  # words
MOST_RULES = 8  # of those on who can join, that are looked at

_HEAD = pattern_of("joining.head")
_EXCLUDES = AnyCase(r"^\W*(?:key |main |general |major |patient )*(?:exclusion|non-?inclusion)\b")
#: Some of those who come have it, and some have not.
_MIXED = pattern_of("joining.mixed")
_CONTROLS = AnyCase(r"\bcontrols?\b(?! (?:of|over|arm|group gets))|\bwithout\b")

_WHO = rf"(?:(?:the|all|any|each|eligible|consecutive|adult|male|female|males|p(?:a)?ediatric|hospitali[sz]ed|ambulatory|outpatient|and|or|older|elderly|young|human) )*(?:{GROUPS}|patient|participant|subject|adult|child|male|female|individuals?|persons?|males|females)"
_AGED = r"(?:,? (?:aged|age|ages|between|of|over|older|younger|from|in|at least|≥|>|<|≤|who are|from|18|1[0-9]|[2-9]\d)[^,;:.]{0,45}?\b(?:years?|old|age|older|over|yrs?|yo)\b(?: old| of age| or older| and older| or over| and over)?,?){0,2}"
_HAVE = r"(?:(?:must |should |will |who |that )*(?:with|have|has|having|(?:(?:is|are|were|was|been|has been|have been|being) )?(?:clinically |newly |previously |recently )?diagnosed with|suffering from|suffer from|affected by|presenting with))"
#: How it is known, before what they have.
_KNOWN = (
    r"(?:(?:an?|the|either|any|histolog\w+|histo-?patholog\w+|patholog\w+|cytolog\w+|clinical(?:ly)?|radiolog\w+|biopsy|genetic(?:ally)?|molecular(?:ly)?|laboratory|physician|doctor|medical(?:ly)?|formal|"
    r"confirmed|documented|found|relevant|clinician-diagnosed|established|known|proven|verified|definite|definitive|diagnosed|diagnostic|previous|prior|current|primary|initial|self-reported|certain|positive|and/or|or|and|been|of|for|diagnos[ei]s|evidence|presence),? |(?:clinical|histolog\w+|cytolog\w+|patholog\w+)[-/])*"
)
_HAS = AnyCase(
    rf"^(?:{_WHO}(?: \([^()]*\))?{_AGED} {_HAVE} |(?:must have |have |having |has |with |(?:being )?diagnosed with |suffering from |presence of )|(?=(?:an? )?(?:histolog|patholog|cytolog|clinical|biopsy|confirmed|documented|established|known|proven|diagnosis|medical|genetic|physician|previous diag|prior diag|definite)))"
    rf"(?:that is |that are )?{_KNOWN}(?P<what>\S.+)"
)
_HAS_DONE = r"(?P<past>(?:(?:who|that) )?(?:(?:have|had|has) )?(?:previously )?(?:undergone|underwent))|(?:who (?:will|are going to|are to) )?(?:undergo(?:ing)?)|(?:(?:who|that) (?:are|is) )?(?:electively )?(?:scheduled|planned|listed|admitted|referred|indicated|planning|planing)(?: (?:for|to)(?: undergo| have| receive)?)|awaiting|candidates? for|requiring"
_HAVING_DONE = AnyCase(rf"^(?:{_WHO}(?: \([^()]*\))?{_AGED} )?(?:{_HAS_DONE}) (?:an? |the )?(?P<what>\S.+)")
_IN_AN_AIM = AnyCase(
    rf"\b(?:in|of|for|among|on|with|by) (?:(?!(?:in|of|for|among|on|with|by|to|and)\b)[\w-]+,? ){{0,5}}?(?P<group>{GROUPS}) (?:{_HAVE} {_KNOWN}(?P<what>\S.+)|(?:{_HAS_DONE}) (?:an? |the )?(?P<done>\S.+))"
)
_NOT_THEM = pattern_of("joining.not_them")
#: Where what they have ends: how it is known, since when, and what else is asked of them.
_ENDS = pattern_of("joining.ends")
_LIST_GOES_ON = re.compile(r",(?=.*\b(?:or|and)\b)")
_AN_OPERATION = pattern_of("joining.an_operation")


@lru_cache(maxsize=4)  # a read asks three times
def by_its_rules(plot: Plot) -> People:
    """The people of the plot, with what they have or what is done to them; as they are where the record says neither for sure."""
    study, people = plot.study, plot.people
    if people.have or people.healthy or NEAR_THEM.search(plot.titles):
        return people
    rules = list(_rules(study.eligibility.criteria or ""))
    made = [*_by_the_rules(plot, rules)]
    apart = [tokens(what) for link, what in made if link == "with" and plot.is_listed(what)]
    if len(apart) > 1 and not frozenset.intersection(*apart):
        made = []  # whether they have all of these, or one, is not said
    made = [*_by_the_aims(plot), *made]
    # Of what is listed first; a sign of it is told only where that is not.
    made.sort(
        key=lambda each: (each[1].startswith("a history"), each[0] == "with" and not plot.is_listed(each[1]))
    )
    for link, what in made[:1]:
        return (
            replace(people, condition=what, have=True)
            if link == "with"
            else replace(people, phrase=f"{KINDS[people.kind]} {link} {what}")
        )
    first = next((found for each in rules[:2] if (found := _WHO_THEY_ARE.match(each))), None)
    if not first or ("pregnant" in first[0].casefold() and people.kind != "women"):
        return people
    if "healthy" in first[0].casefold() and "pregnant" not in first[0].casefold():
        well = study.eligibility.healthy_volunteers and not _ILL_TOO.search(
            f"{plot.titles} ; {_labels(plot)} ; {' ; '.join(rules)}"
        )
        return replace(people, healthy=True) if well else people
    return replace(people, phrase=_ALL.sub("", first[0]).casefold())


_ALL = AnyCase(r"^(?:all |any |the )+|\b[A-Z]{2,4} (?=physicians)")
_ILL_TOO = pattern_of("joining.ill_too")


def _labels(plot: Plot) -> str:
    return " ; ".join(f"{group.label} {group.text[:200]}" for group in plot.cast.groups)


def mixed(plot: Plot) -> bool:
    """Whether some of those who take part may not be ill."""
    labels, rules = _labels(plot), plot.study.eligibility.criteria or ""
    told = f"{plot.titles} ; {labels} ; {rules[: ends.start()] if (ends := _NEXT.search(rules)) else rules} ; {' ; '.join(plot.study.conditions[:60])}"
    watches = plot.study.study_type != "INTERVENTIONAL"
    return bool(_MIXED.search(told) or (watches and _CONTROLS.search(f"{plot.titles} ; {labels}")))


#: Who takes part by a word of their own, where no illness is asked for.
_WHO_THEY_ARE = pattern_of("joining.who_they_are")
_NEXT = AnyCase(r"(?:^|\n)[^\w\n]{0,8}(?:key |main |general |patient ){0,2}(?:exclusion|non-?inclusion)\b")


def _by_the_aims(plot: Plot) -> Iterator[tuple[str, str]]:
    """What those have, or what is done to those, in whom the team says that it wants to learn something; what a title is to treat."""
    said = (
        ()
        if plot.study.eligibility.healthy_volunteers
        else (*plot.titles.split(" | "), *filter(says_purpose, plot.summary))
    )
    for each in said:
        for found in _IN_AN_AIM.finditer(each):
            if not _NOT_THEM.search(each[max(found.start() - 40, 0) : found.start("group")]):
                yield from _told(plot, found["what"] or "", found["done"] or "", past=bool(found["past"]))
    for topic in plot.topics if plot.treats and not plot.people.listed else ():
        at = IN_WHOM.fullmatch(topic.rest)
        if at and at["link"] in {"for", "in", "to treat"} and not at["group"]:
            yield from _told(plot, either(at["whom"]), "")


def _by_the_rules(plot: Plot, rules: list[str]) -> Iterator[tuple[str, str]]:
    """The same by the rules on who can join; nothing of a rule that is one of several ways in."""
    for number, each in enumerate(rules):
        if ONE_WAY.match((*rules, "")[number + 1]) or each.endswith(" or"):
            return
        has, done = _HAS.match(each), _HAVING_DONE.match(each)
        if has:
            yield from _told(plot, has["what"], "")
        elif done:
            yield from _told(plot, "", done["what"], past=bool(done["past"]))
        elif words(each) <= MOST_OF_AN_ILLNESS:
            yield from _told(plot, each, "")
    # The illness of a title, or the one that is listed, of which a rule speaks as of something that people have.
    only = plot.people.only if len(plot.people.only) == 1 else ()
    for ill in (plot.people.condition * plot.people.sure, *only):
        named = tokens(plot.long_forms.get(ill, ill))
        for each in rules:
            spoken = _SHORT.sub(lambda found: f"{found[0]} {plot.long_forms.get(found[0], '')}", each)
            sure = _HOW_KNOWN.sub(" ", each)
            if (
                named
                and named <= tokens(spoken)
                and not _NOT_SURE.search(sure)
                and words(ill) <= MOST_OF_AN_ILLNESS
            ):
                yield "with", plot.long_forms.get(ill, ill)


#: One or the other of these leaves no doubt about the illness.
_HOW_KNOWN = pattern_of("joining.how_known")
_NOT_SURE = pattern_of("joining.not_sure")


def _rules(criteria: str) -> Iterator[str]:
    """The rules by which people can join, up to the first that is only of some of them."""
    taken = 0
    criteria = criteria[: ends.start()] if (ends := _NEXT.search(criteria)) else criteria
    if len(re.findall(r"(?i)\binclusion criteria", criteria)) > 1:
        return  # of several groups
    for line in shown(criteria[:6000].replace("\\", "")).splitlines():
        for each in IN_A_LINE.split(line):
            rule = " ".join(BULLET.sub("", each.strip()).split())
            if _EXCLUDES.match(rule) or taken >= MOST_RULES:
                return
            if not rule or _HEAD.match(rule):
                continue
            if rule.endswith(":") or _OF_SOME.match(rule):
                return
            taken += 1
            yield rule.strip(" .;,")


_OF_SOME = pattern_of("joining.of_some")


def _cut(text: str) -> str:
    """The first part of a phrase, up to how that is known, since when, and what else is asked; empty where it is more than a name."""
    text = re.sub(r"\s*\([^()]*\)", "", text)
    if _OR_ELSE.search(text):
        return ""
    text = text[: ends.start()] if (ends := _ENDS.search(text)) else text
    text = text if _LIST_GOES_ON.search(text) else text.partition(",")[0]
    text = re.sub(r"(?i)(?:,| and| or)$", "", text.strip(" ,-"))
    return text if 0 < words(text) <= MOST_OF_AN_ILLNESS and not _NO_NAME.search(text) else ""


def _told(plot: Plot, what: str, done: str, *, past: bool = False) -> Iterator[tuple[str, str]]:
    """What they have, or what is done to them, where it is of what the record is about."""
    text = _cut(what or done)
    heading = (
        f"{plot.titles} {' '.join(plot.long_forms.get(each, '') for each in plot.study.conditions[:60])}"
    )
    if done:
        text = _SHORT.sub(lambda found: plot.long_forms.get(found[0], found[0]), _UNDERGONE.sub("", text))
        text = plot.case.small(text)
        if _AN_OPERATION.fullmatch(text) and tokens(text) & tokens(f"{heading} {plot.told}"):
            yield "who have had" if past else "undergoing", text
        return
    text = _KNOWN_AHEAD.sub("", text)
    longs = plot.long_forms
    text = _SHORT.sub(
        lambda found: longs[found[0]] if is_illness(longs.get(found[0], ""), {}) else found[0], text
    )
    text = plot.case.small(re.sub(r"(?i)\bdiabetes mellitus\b", "diabetes", text))
    text = next((each for each in plot.people.listed if each.casefold() == text.casefold()), text)
    if is_illness(text, plot.long_forms) and not _OF_A_GENE.match(text):
        ill = illness_in(text, plot.long_forms)
        if plot.is_listed(ill) or tokens(ill) & tokens(heading):
            yield "with", f"a {ill}" if ill.startswith("history") else ill


#: One of several ways in, in one sentence.
_OR_ELSE = pattern_of("joining.or_else")
_SHORT, _UNDERGONE = (
    re.compile(r"\b[A-Z][A-Za-z\d]*[A-Z\d]\b"),
    AnyCase(r"^(?:undergone|undergo|undergoing|received?) "),
)
_KNOWN_AHEAD = AnyCase(rf"^{_KNOWN}(?!$)")
_OF_A_GENE = AnyCase(r"(?:[\w/+-]+ ){0,3}(?:mutations?|alterations?|rearrangements?|expression)\b")
_NO_NAME = pattern_of("joining.no_name")
