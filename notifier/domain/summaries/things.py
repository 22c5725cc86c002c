"""What a group gets, as a list in a sentence: what the study is about first, placebos and usual care by one name, with articles.

Owns how a group is called, too.
"""

import re
from collections import Counter
from collections.abc import Sequence

from notifier.domain.summaries import quoting, told
from notifier.domain.summaries.any_case import AnyCase
from notifier.domain.summaries.cast import MEDICINES, SALINE, ArmGroup, Thing, is_placebo
from notifier.domain.summaries.names import PLACEBO, SHAM, SIDE_SHOW, USUAL, is_label, of_kind
from notifier.domain.summaries.plot import Plot
from notifier.domain.summaries.voice import Voice, plain

MOST_THINGS = 8  # of a group
#: Looked at, and not given: left out where there is anything else.
ASIDE = AnyCase(
    f"{SIDE_SHOW.pattern}|\\b(?:fluorescein|indocyanine|examination|evaluation|clinical observation|chart review)\\b"
)
_NO_THING = AnyCase(r"no (?:treatment|intervention)|none$|not applicable")
_NO_THING_BUT_CARE = AnyCase(rf"(?:none|no intervention)\W+(?:{USUAL.pattern})\W*$")


def things_of(plot: Plot, gets: Sequence[Thing], role: str = "") -> str:
    """What a group of a role gets, as a list: what the study is about first; tests and samples only where there is nothing else."""
    order = {
        each.said: number
        for number, each in enumerate((*plot.cast.tried, *plot.cast.others, *plot.cast.added_to))
    }
    real = [each for each in gets if not ASIDE.search(each.said) or each.titled]
    names = []
    blanks = sum(is_placebo(each.said) for each in gets)
    for each in sorted(real or gets, key=lambda each: order.get(each.said, 99)):
        if _NO_THING.match(each.said) and not _NO_THING_BUT_CARE.match(each.said):
            continue
        if role == "PLACEBO_COMPARATOR" and SALINE.search(each.said) and not is_placebo(each.said):
            names.append(plot.voice.say("%(thing)s as a placebo", thing=plot.voice.theirs(each.shown)))
        elif is_placebo(each.said) and len(each.said.split()) <= 6:
            names.append(plot.voice.say("a placebo") if blanks < 2 else plot.voice.say("placebos"))
        elif USUAL.fullmatch(each.said) or (not each.name and _NO_THING_BUT_CARE.match(each.said)):
            names.append(plot.voice.say("usual care"))
        elif (
            PLACEBO.search(each.said)
            and not is_placebo(each.said)
            and (" or " in each.said or not PLACEBO.search(each.name or ""))
        ):
            names.append(plot.voice.theirs(f"“{cut(each.said)}”"))
        elif SHAM.match(each.said):
            names.append(plot.voice.say("a sham (pretend) treatment"))
        else:
            names += map(plot.voice.theirs, _written(plot, each))
    return names_of(plot, names, marked=True)


#: Behind a name: which step of a study of doses it is.
_A_STEP = AnyCase(
    r"[\s,:-]+dose(?: level)? (?:\d+|[A-E]|escalation|(?:for )?expansion)$|\s+at a dose$|\s+is an? [\w -]{3,40}$"
)
_HEAD = AnyCase(
    r"([^\d“”(),;:+&/]+?),? (?:targeting|targeted to|for (?:the )?treat\w+|against|derived from|directed)\b"
)
MOST_OF_A_HEAD = 6  # words
#: A name that is several codes or known names, each of them told once.
_IN_COMBINATION = re.compile(r" (?:in combination with|plus|and|with|\+) ")
_IS_ONE = re.compile(r"[A-Z]{1,5}-?\d{3,6}|[a-z]{5,}(?:mab|nib|lib|parib|stat|tide|platin|taxel)")
_UNDERSCORE = re.compile(r"\s*_\s*")
_USE_OF = re.compile(r"^use of (?:an? |the )?")


def _written(plot: Plot, thing: Thing) -> list[str]:
    """A thing as it stands in a sentence; a list that the record has in one name is several."""
    both = _IN_COMBINATION.split(thing.name or "") if thing.kind in MEDICINES else []
    if len(both) > 1 and all(_IS_ONE.fullmatch(each) for each in both):
        return both
    if thing.name:
        name = _A_STEP.sub("", _USE_OF.sub("", _UNDERSCORE.sub(" ", thing.name)))
        # Of what one group gets, the title may say that its dose is what is tried.
        strong = f"high-dose {name}".casefold() in plot.titles.casefold().replace("high dose", "high-dose")
        if strong and sum(thing in group.gets for group in plot.cast.groups) == 1:
            return [f"high-dose {name}"]
        return [articled(_spelled_out(plot, thing, name))]
    parts = [plot.case.small(each.strip()) for each in re.split(r"[，；、;]", told.label_of(thing.said))]
    if (
        thing.kind in MEDICINES
        and len(parts) > 1
        and all(quoting.words(each) in range(1, 5) for each in parts)
    ):
        return parts
    # Of a name that is a whole sentence, what it begins with is the thing.
    head = _HEAD.match(told.label_of(thing.said))
    if head and 1 < quoting.words(head[1]) <= MOST_OF_A_HEAD and not is_label(head[1]):
        return [articled(plot.case.small(head[1]))]
    return [f"“{cut(told.label_of(thing.said))}”"]


_SHORT_FORM = re.compile(r"[A-Z]{2,6}")
MOST_SPELLED_OUT = 7  # words


def _spelled_out(plot: Plot, thing: Thing, name: str) -> str:
    """The long form of a short one, by a bracket of the record, or where the few words that describe it begin with its letters."""
    if not _SHORT_FORM.fullmatch(name):
        return name
    own = [each.description for each in plot.study.interventions if of_kind(each.name or "") == thing.said]
    own += [group.text for group in plot.cast.groups if told.label_of(group.label) == name]
    long = plot.long_forms.get(name, "")
    for each in own if not long else ():
        text = (each or "").strip(" .")
        begin = Counter(word[0].casefold() for word in re.findall(r"[^\W\d_]+", text))
        if 1 < quoting.words(text) <= MOST_SPELLED_OUT and Counter(name.casefold()) <= begin:
            long = text[0].lower() + text[1:]
            break
    long = plot.case.small(long)
    if " to " in long:
        return name  # what one does, and no name of it
    return f"{long} ({name})" if long and name in plot.titles else long or name


#: What is done to people, and is no brand.
_DONE_ONCE = "test|challenge|biopsy|scan|sample|questionnaire|survey|examination|infusion|puncture|transplant"
#: Things of which there are several, so that one of them has an article; none in a list, or with what follows it.
_ONE_OF_MANY = re.compile(
    r"(?!(?:an?|the|use|\d[\d,.]*) |.*(?: with | and | or | of | in | after | for | to | using | plus |, | \+ ))(?:.* )?(?:"
    r"app|application|block|booklet|brace|bandage|cage|catheter|coach|course|device|diet|dressing|formula|game|graft|headband|headset|implant|(?<=ACE )inhibitor|injector|intervention|"
    r"leaflet|lens|mask|model|module|monitor|needle|patch|platform|port|probiotic|program(?:me)?|procedure|pump|regimen|ring|rinse|robot|sensor|session|spacer|splint|spray|staple|stent|stimulator|strategy|"
    r"system|tablet(?<=digital tablet)|therapeutic|tool|vaccine|wafer|website|"
    rf"{_DONE_ONCE})"
)
#: The one that is meant is known: by a name of its own, or because it is the one that people get anyway.
_KNOWN = re.compile(
    rf"(?!.*\b(?:inhibitor|{_DONE_ONCE})$)[A-Z]|usual|standard|conventional|current|same|normal|regular|routine"
)


def is_a_look(thing: Thing) -> bool:
    """Whether something only looks at people: a test, a sample, a picture, a question."""
    found = SIDE_SHOW.search(thing.said) or _A_TEST.search(thing.said)
    return thing.kind == "DIAGNOSTIC_TEST" or found is not None


def are_done(things: Sequence[Thing]) -> bool:
    """Whether things are done to people, who have them, rather than given."""
    return all(each.kind in {"PROCEDURE", "RADIATION"} or is_a_look(each) for each in things)


_A_TEST = AnyCase(
    rf"^(?!.*\b(?:after|before|for|kit|reagent)\b).*\b(?:{_DONE_ONCE}|provocation|testing|\w+scopy|spirometry)s?\b"
)


def articled(what: str) -> str:
    """A thing of which there can be several, with its article: "a digital therapeutic", "the NightWare system"."""
    bare = plain(what)
    if bare != what or not _ONE_OF_MANY.fullmatch(bare):
        return what  # in another language no English article stands before it
    if _KNOWN.match(bare):
        return f"the {what}"
    return f"{'an' if re.match('[aeioAEIO]|[FHLMNRSX][A-Z]|u[lmp]|un[^i]', bare) else 'a'} {what}"


def names_of(plot: Plot, names: list[str], *, marked: bool = False) -> str:
    voice = plot.voice
    unique = list(dict.fromkeys(names if marked else (voice.theirs(name) for name in names if name)))
    if len(unique) > MOST_THINGS:
        more = len(unique) - MOST_THINGS
        unique = [*unique[:MOST_THINGS], voice.count("%(number)s more thing", "%(number)s more things", more)]
    return voice.listing(unique) if unique else ""


def cut(text: str, longest: int = 110) -> str:
    return text if len(text) <= longest else text[:longest].rpartition(" ")[0].rstrip(" ,;:.") + "…"


def called_as(plot: Plot, group: ArmGroup) -> str:
    """The name of a group, as the record has it; without its number, where the others are called otherwise."""
    bare, others = told.bare_label(group.label), (each for each in plot.cast.groups if each != group)
    alike = any(told.bare_label(each.label).casefold() == bare.casefold() for each in others)
    return plot.voice.theirs(f"“{cut(told.label_of(group.label) if alike else bare)}”")


def more_groups(voice: Voice, number: int) -> str:
    return voice.count(
        "The record lists %(number)s more group.", "The record lists %(number)s more groups.", number
    )
