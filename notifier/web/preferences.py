"""Everything that a person chose, behind a fresh link that was mailed to them (L12). GET changes nothing.

Each press answers with a redirect to the same page, so that a reload repeats nothing, and with one sentence on what it did.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable

import structlog
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from notifier.domain.signed_links import Purpose
from notifier.errors import InputError
from notifier.storage import audit, erasure_log, subscribers
from notifier.storage.subscribers import Choices, Chosen
from notifier.web import admission, choices, forms
from notifier.web.bodies import read_form, said
from notifier.web.choosing import DEEDS, Done
from notifier.web.links import BOTH, bad_link, opened, token_of
from notifier.web.site import Site, day
from notifier.web.why import stories

#: What the page says after a press, by the word in its address.
SAID = {
    "saved": "This is saved.",
    "same": "Nothing was different, so nothing was changed.",
    "paused": "This is paused. What changes meanwhile is kept, and told in one mail then.",
    "resumed": "This goes on.",
    "stopped": "This is stopped. Nothing more is sent about it.",
    "stopped-all": "Everything is stopped. Nothing more is sent.",
    "undone": "This goes on as before, and nothing was missed.",
    "followed": "You follow this from now on.",
    "known": "You followed this before, so nothing was changed.",
    "stopped-mail": "Mail to your address came back or was stopped, so nothing was added. Please sign up again with the form.",
    "gone": "You do not follow this any more, so nothing was changed.",
}

log = structlog.get_logger()


def routes(site: Site) -> list[Route]:
    asking, page = _Asking(site), _Preferences(site)
    return [
        Route("/preferences", asking.answer, methods=BOTH),
        Route("/preferences/{token}/export", page.export),
        Route("/preferences/{token}/why/{subscription_id:int}", page.why),
        Route("/preferences/{token}/erase", page.erase, methods=BOTH),
        # A path, because a link may come with a slash at its end, or cut before its token.
        Route("/preferences/{token:path}", page.answer, methods=BOTH),
    ]


class _Asking:
    """A form for an address, to which a link to its choices goes; the answer is the same for every address."""

    def __init__(self, site: Site) -> None:
        self._site, self._pages = site, site.pages

    async def answer(self, request: Request) -> Response:
        if request.method != "POST":
            return self._form(200, {}, "")
        began = admission.started()
        if not admission.is_welcome(self._site, request):
            return self._site.problem(403, admission.FROM_ELSEWHERE)
        form = await read_form(request)
        if not admission.is_of_a_program(form):
            fields = forms.Fields(form)
            who = forms.the_address(fields)
            if who is None:
                return self._form(400, fields.errors, said(form, "email", 320))
            if not await admission.has_room(self._site, request, form):
                return self._form(429, {"form": admission.TOO_MANY}, said(form, "email", 320))
            await asyncio.to_thread(self._send, who)
        await admission.steadily(self._site, began)
        return self._site.page("link_sent.html", meant=forms.meant(form))

    def _form(self, status: int, errors: dict[str, str], typed: str) -> Response:
        token = admission.form_token(self._site)
        page = self._site.page(
            "preferences_link.html", status, errors=errors, typed=typed, token=token, was_old=False
        )
        page.headers.update(admission.RETRY_AFTER if status == 429 else {})
        return page

    def _send(self, who: subscribers.Address) -> None:
        pages, key = self._pages, self._pages.keys.suppression_key
        with pages.database.transaction() as session:
            subscribers.send_choices(session, who, self._site.now, pages.mail_domain, key)
        log.info("Somebody asked for a link to their choices.", action="preferences_asked")


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
            return self._page(request, theirs, message=_message(request), back=_back(request))
        done = await self._do(theirs, form)
        if isinstance(done, choices.Wrong):
            return self._page(request, theirs, 400, wrong=done)
        log.info(
            "Somebody changed their choices.",
            action="preferences_changed",
            subscriber_id=theirs.subscriber_id,
            deed=done.said,
        )
        address = f"/preferences/{token_of(request)}?said={done.said}"
        return RedirectResponse(address + (f"&back={done.back}" if done.back else ""), status_code=303)

    async def _do(self, theirs: Choices, form: FormData) -> Done | choices.Wrong:
        deed = DEEDS.get(said(form, "action", 20))
        if deed is None:
            return choices.Wrong("", {"form": "This button is not known here. Nothing was changed."})
        try:
            return await deed(self._site, theirs, form)
        except InputError as fault:
            return choices.Wrong("", {"form": f"{fault}."})

    async def _theirs(self, request: Request) -> Choices | Response:
        """Whose choices the link opens, or the page that says why it opens none."""
        link = opened(self._site, request, Purpose.PREFERENCES)
        if link is None or len(link.subject) != 2:
            return bad_link(self._site)
        found = await asyncio.to_thread(self._chosen, link.subject[0])
        if found is None or link.is_over(self._site.now) or found.generation != link.subject[1]:
            token = admission.form_token(self._site)
            return self._site.page(
                "preferences_link.html", 410, errors={}, typed="", token=token, was_old=True
            )
        return found

    def _chosen(self, subscriber_id: int) -> Choices | None:
        with self._pages.database.reading() as session:
            return subscribers.chosen(session, subscriber_id)

    def _page(
        self,
        request: Request,
        theirs: Choices,
        status: int = 200,
        *,
        wrong: choices.Wrong = choices.NOTHING_WRONG,
        message: str | None = None,
        back: int | None = None,
    ) -> Response:
        return self._site.page(
            "preferences.html",
            status,
            theirs=theirs,
            wrong=wrong,
            message=message,
            back=back,
            token=token_of(request),
            words=choices,
            day=day,
        )

    async def why(self, request: Request) -> Response:
        """Every change of what one subscription follows, and what became of it."""
        return await self._of_theirs(request, self._why)

    async def _why(self, request: Request, theirs: Choices) -> Response:
        mine = _one_of(theirs, int(request.path_params["subscription_id"]))
        if mine is None:
            return self._site.problem(404)
        told = await asyncio.to_thread(stories, self._site, mine.id, theirs)
        return self._site.page("why.html", mine=mine, stories=told, day=day, token=token_of(request))

    async def export(self, request: Request) -> Response:
        """All that is kept of them, as a file."""
        return await self._of_theirs(request, self._export)

    async def _export(self, _request: Request, theirs: Choices) -> Response:
        kept = await asyncio.to_thread(self._exported, theirs.subscriber_id)
        headers = {"Content-Disposition": 'attachment; filename="what-is-kept-of-me.json"'}
        return Response(
            json.dumps(kept, indent=2, ensure_ascii=False), media_type="application/json", headers=headers
        )

    def _exported(self, subscriber_id: int) -> dict[str, object]:
        with self._pages.database.reading() as session:
            return subscribers.export(session, subscriber_id, self._pages.keys.suppression_key)

    async def erase(self, request: Request) -> Response:
        """GET: what goes, and one button. POST: it is gone."""
        if request.method == "POST":
            await read_form(request)
        return await self._of_theirs(request, self._erase)

    async def _erase(self, request: Request, theirs: Choices) -> Response:
        if request.method == "POST":
            await asyncio.to_thread(self._erased, theirs.subscriber_id)
        return self._site.page("erase.html", done=request.method == "POST", token=token_of(request))

    def _erased(self, subscriber_id: int) -> None:
        database, key, now = self._pages.database, self._pages.keys.suppression_key, self._site.now
        with database.transaction() as session:
            acting = audit.Acting("the person", now)
            audit.note(session, acting, "erase me", people=1, ids={"subscribers": [subscriber_id]})
            subscribers.erase(session, subscriber_id, now, key)
        erasure_log.keep(database, self._pages.ledger, key, now)
        log.info("Somebody erased themselves.", action="erased", subscriber_id=subscriber_id)

    async def _of_theirs(
        self, request: Request, answer: Callable[[Request, Choices], Awaitable[Response]]
    ) -> Response:
        theirs = await self._theirs(request)
        return theirs if isinstance(theirs, Response) else await answer(request, theirs)


def _message(request: Request) -> str | None:
    return SAID.get(request.query_params.get("said", ""))


def _back(request: Request) -> int | None:
    """What was just stopped, and can be taken back."""
    typed = request.query_params.get("back", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None


def _one_of(theirs: Choices, subscription_id: int) -> Chosen | None:
    return next((each for each in theirs.follows if each.id == subscription_id), None)
