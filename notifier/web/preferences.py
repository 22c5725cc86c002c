"""Everything that a person chose, behind a fresh link that was mailed to them (L12). GET changes nothing.

Each press acts only on what belongs to the person of the link, and answers with a redirect to the same page, so that a
reload repeats nothing, and with one sentence on what it did. Of every change it says what became of it.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import structlog
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from notifier.domain.scheduling import zone_of
from notifier.domain.signed_links import Purpose
from notifier.domain.wording.catalogue import n_
from notifier.domain.wording.sentences import SENTENCES
from notifier.errors import InputError
from notifier.storage import audit, eligibility, erasure_log, subscribers
from notifier.storage.engine import Session
from notifier.storage.models import EndedReason, Fate
from notifier.storage.outbox import transactional
from notifier.storage.subscribers import Choices, Consent, FollowVerdict, Person
from notifier.web import forms, incoming
from notifier.web.forms import WrongForm, wrong
from notifier.web.incoming import read_form, said, whole_number
from notifier.web.links import BOTH, PAUSES, bad_link, opened, token_of
from notifier.web.signing_up import NO_SUCH_STUDY, checked
from notifier.web.site import Site
from notifier.web.speaking import answer, day, fault_said, mails, say, speak, spoken

LARGEST_ID = 999_999_999
_CHECKED = n_("It waits until somebody here has checked it.")
_STOPPED = n_("You had stopped these mails before it was told.")
_NOT_TOLD = n_("It was not told.")
_UNTOLD = "expired mail_cancelled dropped taken_back suppressed not_wanted left_out no_news"
FATES = dict.fromkeys(map(Fate.of_end, EndedReason), _STOPPED) | dict.fromkeys(
    map(Fate, _UNTOLD.split()), _NOT_TOLD
)
FATES |= {
    Fate.SENT: n_("We told you, in a mail that your mail server took."),
    Fate.ON_ITS_WAY: n_("It is in a mail that is on its way to you."),
    Fate.NEXT_MAIL: n_("It goes with your next mail."),
    Fate.PUT_OFF: n_("It goes with your next mail."),
    Fate.DIGEST: n_("It goes with your next daily or weekly mail."),
    Fate.PAUSED: n_("It is kept for you until your pause is over."),
    Fate.SETTLES: n_("It is a small edit. It waits for some hours, because it may be changed back."),
    Fate.STORM: _CHECKED,
    Fate.MAIL_HELD: _CHECKED,
    Fate.REJECTED: n_("Your mail server refused the mail that told it."),
    Fate.CHANGED_BACK: n_("It was changed back before we told you, so nothing had changed."),
    Fate.ENDED_MERGED: n_("The registry made one study of two, and we told you under the other number."),
    Fate.ENDED_MOVED: n_("It was mailed to the other address that you gave us."),
    Fate.BEFORE: n_("It was before you asked for these mails."),
    Fate.AFTER: n_("It was after you stopped these mails."),
    Fate.TOO_LIGHT: n_("It is a smaller change than those that you chose to hear about."),
    Fate.NEVER_TOLD: n_("We had not told you that it came up, so its leaving is no news."),
    Fate.FAR_AWAY: n_("It is of a place farther away than you chose to hear about."),
    Fate.DOES_NOT_FIT: n_(
        "It did not fit which new studies you chose to hear about. If it comes to fit, you are told."
    ),
    Fate.FITTED_BEFORE: n_(
        "It came to fit what others chose. To you it was told before, or it does not fit."
    ),
    Fate.OTHER_SORT: n_("It is of a sort that you chose not to hear about."),
    Fate.TOLD_LATELY: n_("It is a date that moves each time; we tell it once a month."),
    Fate.NOT_CHOSEN: n_("It was not among what you had chosen at that time."),
}


def stories(site: Site, subscription_id: int, theirs: Choices) -> list[dict[str, str]]:
    """Each change, the newest first: when it was found, by the person's calendar, in which study, what it was, and its fate."""
    with site.pages.database.reading() as session:
        found = eligibility.account(session, subscription_id, site.now)
    where, told = zone_of(theirs.person.time_zone), []
    for each in found:
        seen = spoken().day(each.detected_at.astimezone(where)) if each.detected_at else day(None)
        fate = say(FATES[each.fate])
        if each.fate is Fate.SENT and each.at:
            on = spoken().day(each.at.astimezone(where))
            fate = say("We told you, in a mail that your mail server took on %(day)s.", day=on)
        what = mails().say(SENTENCES[each.kind].headline)
        told.append({"day": seen, "nct_id": each.nct_id, "what": what, "fate": fate})
    return told


BY_PREFERENCES = Consent("preferences", "the person", "asked for it on the page of a link mailed to them")


@dataclass(frozen=True, slots=True)
class Done:
    """The word of what a press did; `back`: the subscription that it stopped, which can be taken back."""

    said: str
    back: int | None = None


Deed = Callable[[Site, Choices, FormData], Awaitable[Done | WrongForm]]


async def _person(site: Site, theirs: Choices, form: FormData) -> Done | WrongForm:
    written = forms.read_wishes(form)
    if isinstance(written, dict):
        return wrong("person", form, written)
    wishes, typed, within = written

    def save(session: Session) -> Done:
        near = subscribers.found(typed, within, wishes.time_zone) if typed else None
        changed = subscribers.set_person(session, theirs.subscriber_id, wishes, site.now)
        if near != theirs.near:
            subscribers.set_near(session, theirs.subscriber_id, near)
        return _saved(changed or near != theirs.near)

    try:
        return await site.pages.database.write(save)
    except InputError as fault:  # the town is not on our map, or is not one alone
        return wrong("person", form, {"near": fault_said(fault)})


async def _choice(site: Site, theirs: Choices, form: FormData) -> Done | WrongForm:
    mine = next((each for each in theirs.follows if each.id == _number(form)), None)
    if mine is None:
        return Done("gone")
    read = forms.read_choice(form, of_study=mine.nct_id is not None)
    if isinstance(read, dict):
        return wrong(f"choice-{mine.id}", form, read)

    def change(session: Session) -> Done:
        changed = subscribers.change(session, mine.id, read[0], site.now)
        noted = subscribers.set_note(session, mine.id, read[1])
        return _saved(changed or noted)

    return await site.pages.database.write(change)


async def _pause(site: Site, theirs: Choices, form: FormData) -> Done | WrongForm:
    ids, at = _those(theirs, form), f"pause-{said(form, 'id', 20)}"
    length = PAUSES.get(said(form, "length", 20))
    until = forms.read_day(form, site.now, theirs.person.time_zone) if length is None else site.now + length
    if isinstance(until, dict):
        return wrong(at, form, until)
    return await site.pages.database.write(
        lambda session: _counted("paused", ids, subscribers.pause(session, ids, until, site.now))
    )


async def _resume(site: Site, theirs: Choices, form: FormData) -> Done:
    ids = _those(theirs, form)
    return await site.pages.database.write(
        lambda session: _counted("resumed", ids, subscribers.resume(session, ids, site.now))
    )


async def _stop(site: Site, theirs: Choices, form: FormData) -> Done:
    ids, everything = _those(theirs, form), said(form, "id", 20) == "all"

    def stop(session: Session) -> Done:
        ended = subscribers.end(session, ids, EndedReason.UNSUBSCRIBED, site.now)
        if everything or not ended:
            return Done("stopped-all" if everything else "gone")
        return Done("stopped", back=ids[0])

    return await site.pages.database.write(stop)


async def _undo(site: Site, theirs: Choices, form: FormData) -> Done:
    identity = _number(form)

    def undo(session: Session) -> Done:
        named = subscribers.named(session, [identity], to_change=True)
        if named.subscriber_id != theirs.subscriber_id:
            return Done("gone")
        key = site.pages.keys.suppression_key
        back = subscribers.reopen(session, [identity], site.now, suppression_key=key)
        return Done("undone" if back else "same")

    return await site.pages.database.write(undo)


async def _follow(site: Site, theirs: Choices, form: FormData) -> Done | WrongForm:
    wanted = forms.read_more(form)
    if isinstance(wanted, dict):
        return wrong("follow", form, wanted)
    topics = [topic for each in wanted if (topic := await checked(site, each)) is not None]
    if len(topics) < len(wanted):
        return wrong("follow", form, {"study": say(NO_SUCH_STUDY)})

    def follow(session: Session) -> Done:
        before = set(subscribers.live_ids(session, theirs.subscriber_id))
        added = subscribers.add(
            session,
            Person(subscribers.address(theirs.person.email)),
            topics,
            choice=subscribers.Choice(),
            consent=replace(BY_PREFERENCES, language=answer().language),
            now=site.now,
            domain=site.pages.mail_domain,
            suppression_key=site.pages.keys.suppression_key,
        )
        new = set(subscribers.live_ids(session, theirs.subscriber_id)) - before
        if new:
            transactional.welcome(session, sorted(new), site.now, site.pages.mail_domain)
        verdicts = {verdict for _, verdict in added.verdicts}
        if FollowVerdict.SUPPRESSED in verdicts:
            return Done("stopped-mail")
        return Done("followed" if FollowVerdict.ACTIVE in verdicts else "known")

    return await site.pages.database.write(follow)


DEEDS: dict[str, Deed] = {
    "person": _person, "choice": _choice, "pause": _pause, "resume": _resume, "stop": _stop, "undo": _undo,
    "follow": _follow,
}  # fmt: skip


# --- whom and what ----------------------------------------------------------------------------------------------


def _number(form: FormData) -> int:
    return whole_number(said(form, "id", 10), 0, LARGEST_ID) or 0


def _those(theirs: Choices, form: FormData) -> list[int]:
    """The one that the form names, or all; never what belongs to somebody else."""
    everything = said(form, "id", 10) == "all"
    return [each.id for each in theirs.follows if everything or each.id == _number(form)]


def _saved(changed: bool) -> Done:
    return Done("saved" if changed else "same")


def _counted(word: str, ids: list[int], count: int) -> Done:
    return Done(word if count else "same" if ids else "gone")


#: What the page says after a press, by the word in its address.
SAID = {
    "saved": n_("This is saved."),
    "same": n_("Nothing was different, so nothing was changed."),
    "paused": n_("This is paused. What changes meanwhile is kept, and told in one mail then."),
    "resumed": n_("This goes on."),
    "stopped": n_("This is stopped. Nothing more is sent about it."),
    "stopped-all": n_("Everything is stopped. Nothing more is sent."),
    "undone": n_("This goes on as before, and nothing was missed."),
    "followed": n_("You follow this from now on."),
    "known": n_("You followed this before, so nothing was changed."),
    "stopped-mail": n_(
        "Mail to your address came back or was stopped, so nothing was added. Please sign up again with the form."
    ),
    "gone": n_("You do not follow this any more, so nothing was changed."),
}

log = structlog.get_logger()


def routes(site: Site) -> list[Route]:
    page = _Preferences(site)
    return [
        Route("/preferences", partial(_ask, site), methods=BOTH),
        Route("/preferences/{token}/export", page.of_theirs(page.export)),
        Route("/preferences/{token}/why/{subscription_id:int}", page.of_theirs(page.why)),
        Route("/preferences/{token}/erase", page.of_theirs(page.erase), methods=BOTH),
        # A path, because a link may come with a slash at its end, or cut before its token.
        Route("/preferences/{token:path}", page.answer, methods=BOTH),
    ]


async def _ask(site: Site, request: Request) -> Response:
    """A form for an address, to which a link to its choices goes; the answer is the same for every address."""
    if request.method != "POST":
        return _link_form(site, 200, {}, "")

    async def send(form: FormData) -> Response | None:
        fields, typed = forms.Fields(form), said(form, "email", 320)
        who = forms.the_address(fields)
        if who is None:
            return _link_form(site, 400, fields.errors, typed)
        if not await incoming.has_room(site, request, form):
            return _link_form(site, 429, {"form": say(incoming.TOO_MANY)}, typed)
        pages, key, now = site.pages, site.pages.keys.suppression_key, site.now
        await pages.database.write(
            lambda session: subscribers.send_choices(session, who, now, pages.mail_domain, key)
        )
        log.info("Somebody asked for a link to their choices.", action="preferences_asked")
        return None

    form = await incoming.taken(site, request, send)
    return form if isinstance(form, Response) else site.page("link_sent.html", meant=forms.meant(form))


def _link_form(
    site: Site, status: int, errors: dict[str, str], typed: str, *, was_old: bool = False
) -> Response:
    token = incoming.form_token(site)
    return site.page(
        "preferences_link.html", status, errors=errors, typed=typed, token=token, was_old=was_old
    )


class _Preferences:
    def __init__(self, site: Site) -> None:
        self._site, self._pages = site, site.pages

    async def answer(self, request: Request) -> Response:
        """GET: all that they chose. POST: one thing is changed, and the same page is shown again."""
        form = await read_form(request) if request.method == "POST" else None
        theirs = await self._theirs(request)
        if isinstance(theirs, Response):
            return theirs
        if form is None:
            # What was just stopped, and can be taken back.
            back = whole_number(request.query_params.get("back", ""), 0, LARGEST_ID)
            message = say(SAID.get(request.query_params.get("said", ""), ""))
            return self._page(request, theirs, message=message, back=back)
        deed = DEEDS.get(said(form, "action", 20))
        try:
            done = await deed(self._site, theirs, form) if deed else None
        except InputError as fault:
            done = WrongForm("", {"form": fault_said(fault)})
        if done is None:
            done = WrongForm("", {"form": say("This button is not known here. Nothing was changed.")})
        if isinstance(done, WrongForm):
            return self._page(request, theirs, 400, wrong=done)
        log.info(
            "Somebody changed their choices.",
            action="preferences_changed",
            subscriber_id=theirs.subscriber_id,
            deed=done.said,
        )
        address = f"/preferences/{token_of(request)}?said={done.said}"
        return RedirectResponse(address + (f"&back={done.back}" if done.back else ""), status_code=303)

    async def _theirs(self, request: Request) -> Choices | Response:
        """Whose choices the link opens, or the page that says why it opens none."""
        link = opened(self._site, request, Purpose.PREFERENCES)
        if link is None or len(link.subject) != 2:
            return bad_link(self._site)
        found = await self._pages.database.read(lambda session: subscribers.chosen(session, link.subject[0]))
        if found is None or link.is_over(self._site.now) or found.person.generation != link.subject[1]:
            return _link_form(self._site, 410, {}, "", was_old=True)
        speak(found.person.language)
        return found

    def _page(self, request: Request, theirs: Choices, status: int = 200, **said: Any) -> Response:
        shown: dict[str, Any] = {"wrong": forms.NOTHING_WRONG, "message": None, "back": None, **said}
        token = token_of(request)
        return self._site.page("preferences.html", status, theirs=theirs, token=token, words=forms, **shown)

    async def why(self, request: Request, theirs: Choices) -> Response:
        """Every change of what one subscription follows, and what became of it."""
        mine = next(
            (each for each in theirs.follows if each.id == int(request.path_params["subscription_id"])), None
        )
        if mine is None:
            return self._site.problem(404)
        told = await asyncio.to_thread(stories, self._site, mine.id, theirs)
        return self._site.page("why.html", mine=mine, stories=told, token=token_of(request))

    async def export(self, _request: Request, theirs: Choices) -> Response:
        """All that is kept of them, as a file."""
        key = self._pages.keys.suppression_key
        kept = await self._pages.database.read(
            lambda session: subscribers.export(session, theirs.subscriber_id, key)
        )
        said = json.dumps(kept, indent=2, ensure_ascii=False, default=repr)
        headers = {"Content-Disposition": 'attachment; filename="what-is-kept-of-me.json"'}
        return Response(said, media_type="application/json", headers=headers)

    async def erase(self, request: Request, theirs: Choices) -> Response:
        """GET: what goes, and one button. POST: it is gone."""
        database, key, now = self._pages.database, self._pages.keys.suppression_key, self._site.now
        who = theirs.subscriber_id

        def forget(session: Session) -> None:
            acting = audit.Acting("the person", now)
            audit.note(session, acting, "erase me", people=1, ids={"subscribers": [who]})
            subscribers.erase(session, who, now, key)

        if request.method == "POST":
            await database.write(forget)
            await asyncio.to_thread(erasure_log.keep, database, self._pages.ledger, key, now)
            log.info("Somebody erased themselves.", action="erased", subscriber_id=who)
        return self._site.page("erase.html", done=request.method == "POST", token=token_of(request))

    def of_theirs(
        self, answer: Callable[[Request, Choices], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """What answers where the link opens somebody's choices."""

        async def answered(request: Request) -> Response:
            if request.method == "POST":
                await read_form(request)
            theirs = await self._theirs(request)
            return theirs if isinstance(theirs, Response) else await answer(request, theirs)

        return answered
