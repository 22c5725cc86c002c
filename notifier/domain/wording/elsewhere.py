"""What stands elsewhere or is on its way: papers, links, documents, access outside a study, steps towards results."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from notifier.domain.changes import Kind, Weight
from notifier.domain.letter import Told
from notifier.domain.study import Study, is_nct_id
from notifier.domain.wording import registry_words
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.dates import said_date
from notifier.domain.wording.shapes import Line, Telling, linked, ours, theirs
from notifier.domain.wording.speech import Speech
from notifier.domain.wording.texts import in_short


def told_by(speech: Speech, study: Study, told: Sequence[Told], source: str, base: Telling) -> Telling:
    """The statement on these changes, made of the one with the sentences of their kind."""
    if base.kinds[0] in {Kind.PUBLICATIONS, Kind.LINKS, Kind.DOCUMENTS}:
        return _papers(speech, study, told, source, base)
    if base.kinds[0] is Kind.EXPANDED_ACCESS:
        return _access(speech, told, source, base)
    return _steps(speech, told, source, base)


def _papers(speech: Speech, study: Study, told: Sequence[Told], source: str, base: Telling) -> Telling:
    """Papers, pages and documents: each with its name and a link; what people want most has a sentence of its own."""
    lines: list[Line] = []
    best: tuple[str, str] | None = None
    addresses: list[str] = []
    for one in told:
        change = one.change
        before, after = (side if isinstance(side, dict) else {} for side in (change.before, change.after))
        if change.weight >= Weight.NOTABLE and best is None:
            sort = "withdrawn" if after.get("retractions") else str(after.get("type"))
            best = _PAPERS.get(sort if change.kind is Kind.PUBLICATIONS else change.kind)
        label = (
            speech.say("Changed")
            if before and after
            else speech.say("Added")
            if after
            else speech.say("Removed")
        )
        shown = after or before
        said = [*filter(None, (registry_words.as_text(shown.get(key)) for key in ("citation", "label")))]
        if isinstance(shown.get("date"), str):
            said.append(speech.date(shown["date"]))
        lines.append(theirs(label, in_short(", ".join(said) or registry_words.as_text(shown.get("url")))))
        if after and (address := registry_words.address(study.nct_id, after)):
            lines.append(linked(speech.say("Link"), address))
            addresses.append(address)
    telling = replace(base, lines=tuple(lines), derived=tuple(addresses))
    if best is None:
        return telling
    return replace(telling, headline=speech.say(best[0]), means=speech.say(best[1], source=source))


_PAPERS = {
    "withdrawn": (
        n_("A paper on a study you follow was withdrawn."),
        n_("%(source)s a paper on this study was withdrawn by those who published it."),
    ),
    "RESULT": (
        n_("A paper on the results of a study you follow is linked now."),
        n_("%(source)s a paper on the results of this study is linked now."),
    ),
    "DERIVED": (
        n_("A paper that names a study you follow is linked now."),
        n_("%(source)s a paper that names this study is linked now. It may tell of results."),
    ),
    Kind.LINKS: (
        n_("A summary in plain words is linked for a study you follow."),
        n_("%(source)s a summary in plain words is linked now."),
    ),
    Kind.DOCUMENTS: (
        n_("A consent form is posted for a study you follow."),
        n_("%(source)s a consent form is posted now. It tells people what to expect before they join."),
    ),
}


def _access(speech: Speech, told: Sequence[Told], source: str, base: Telling) -> Telling:
    """Whether the treatment can be had outside the study: what the record says now, and where."""
    change = told[0].change
    before, after = (side if isinstance(side, dict) else {} for side in (change.before, change.after))
    if "hasExpandedAccess" not in before and "hasExpandedAccess" not in after:
        return base
    key = str(after.get("statusForNctId") or "AVAILABLE") if after.get("hasExpandedAccess") else ""
    if not after.get("hasExpandedAccess"):
        key = "NONE" if "hasExpandedAccess" in after else "SILENT"
    number = str(after.get("nctId") or before.get("nctId") or "")
    address = (f"https://clinicaltrials.gov/study/{number}",) if is_nct_id(number) else ()
    lines = tuple(linked(speech.say("Its own record"), one) for one in address)
    telling = replace(base, lines=lines, derived=address)
    return replace(telling, means=speech.say(_ACCESS[key], source=source)) if key in _ACCESS else telling


_ACCESS = {
    "AVAILABLE": n_("%(source)s the treatment can be had outside this study, in a programme of its own."),
    "TEMPORARILY_NOT_AVAILABLE": n_(
        "%(source)s the treatment cannot be had outside this study for now. It may come again."
    ),
    "NO_LONGER_AVAILABLE": n_("%(source)s the treatment can no longer be had outside this study."),
    "APPROVED_FOR_MARKETING": n_(
        "%(source)s the treatment has been approved, so it is not given outside this study in this way."
    ),
    "WITHHELD": n_(
        "%(source)s the record on how to get the treatment outside this study is kept back for now."
    ),
    "NONE": n_("%(source)s the treatment can no longer be had outside this study."),
    "SILENT": n_("%(source)s the record no longer says if one can get the treatment outside this study."),
}


def _steps(speech: Speech, told: Sequence[Told], source: str, base: Telling) -> Telling:
    """Results that are on their way: what was asked for or done, and when."""
    lines: list[Line] = []
    for change in (one.change for one in told):
        name, after = change.path.rpartition(".")[2], change.after
        if name in _STEPS and after:
            said = speech.say("Yes") if after is True else said_date(speech, after)
            lines.append(ours(speech.say(_STEPS[name]), said))
        elif isinstance(after, dict) and (event := str(after.get("type"))) in _STEPS:
            lines.append(ours(speech.say(_STEPS[event]), said_date(speech, {"date": after.get("date")})))
    telling = replace(base, lines=tuple(lines))
    last: Mapping[str, object] = max(
        (one.change.after for one in told if _is_step(one.change.after)), key=_when, default={}
    )
    if told[0].change.kind is Kind.RESULTS_SUBMITTED and last:
        headline, means = _LAST_STEP[str(last["type"])]
        return replace(telling, headline=speech.say(headline), means=speech.say(means, source=source))
    asked = {one.change.path.rpartition(".")[2] for one in told if one.change.after}
    if told[0].change.kind is not Kind.RESULTS_DELAYED or "dispFirstSubmitDate" in asked:
        return telling
    means = _NEED_NOT if "resultsWaived" in asked else _DELAY_CHANGED
    return replace(telling, means=speech.say(means, source=source))


def _is_step(after: object) -> bool:
    return isinstance(after, dict) and str(after.get("type")) in _LAST_STEP


def _when(step: Mapping[str, object]) -> tuple[str, str]:
    """Of one day, what was sent in stands before what was sent or taken back."""
    return str(step.get("date")), str(step.get("type"))


_LAST_STEP = {
    "RELEASE": (
        n_("Results of a study you follow were sent to the registry. They are not posted yet."),
        n_("%(source)s results of this study were sent to the registry. They are not posted yet."),
    ),
    "RESET": (
        n_("Results of a study you follow were sent back for corrections. They are not posted yet."),
        n_(
            "%(source)s results of this study were sent in, and the registry sent them back for corrections. "
            "It often asks for some before it posts results. They are not posted yet."
        ),
    ),
    "UNRELEASE": (
        n_("Results of a study you follow were sent in and taken back. They are not posted."),
        n_(
            "%(source)s results of this study were sent in, and the study team took them back. They are not posted."
        ),
    ),
}
_NEED_NOT = n_("%(source)s the study team says that it need not post results there.")
_DELAY_CHANGED = n_("%(source)s the entry on posting the results later changed.")
_STEPS = {
    "dispFirstSubmitDate": n_("Asked on"),
    "resultsWaived": n_("Need not post results"),
    "resultsFirstSubmitDate": n_("Sent in on"),
    "resultsFirstPostDateStruct": n_("Posted on"),
    "RELEASE": n_("Sent in on"),
    "RESET": n_("Sent back for corrections on"),
    "UNRELEASE": n_("Taken back on"),
}
