"""Signing up: one form, on a page of our own or of a site that we allow, answered as a page or as JSON.

What is answered never depends on the address: not in words, not in status, not in time (L15). The mail differs instead.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from enum import StrEnum
from functools import partial

import structlog
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from notifier.domain.study import Study
from notifier.domain.wording.catalogue import n_
from notifier.errors import InputError, NotifierError, RegistryError, RegistryRefused, StoreError
from notifier.services import sign_up_rules as rules
from notifier.sources.clinicaltrials_gov import Gone, StudyMoved
from notifier.storage import subscribers
from notifier.storage.engine import Session
from notifier.storage.studies import snapshots, study_page
from notifier.storage.subscribers import Person, Wanted
from notifier.web import forms, incoming
from notifier.web.incoming import may_fetch, on_one_line
from notifier.web.site import RETRY_AFTER, Site, wants_json
from notifier.web.speaking import answer, fault_said, say


class Asked(StrEnum):
    THERE = "there"  #: It is stored now, or its new id is.
    GONE = "gone"  #: The registry knows no such study.
    UNANSWERED = "unanswered"  #: The registry could not be asked, or may not be asked so often.


class Fetcher:
    """What the pages ask the registry."""

    def __init__(self, site: Site) -> None:
        self._site, self._pages = site, site.pages
        self._asking: dict[str, asyncio.Task[Asked]] = {}

    async def fetch(self, nct_id: str) -> Asked:
        """Ask for one study and store what comes; who comes while it is being asked for waits for the same answer.

        Nobody waits longer than a visitor's patience; what comes later is stored for the next one.
        """
        if self._pages.fetch is None:
            return Asked.UNANSWERED
        task = self._asking.get(nct_id)
        if task is None:
            task = self._asking[nct_id] = asyncio.create_task(self._ask(nct_id))
            task.add_done_callback(lambda _: self._asking.pop(nct_id, None))
        # Waited for beside it: one who leaves must not take the answer from the others.
        done, _ = await asyncio.wait({task}, timeout=self._pages.patience)
        if done:
            return task.result()
        log.warning(
            "The registry did not answer in a visitor's time.", action="page_fetch_late", nct_id=nct_id
        )
        return Asked.UNANSWERED

    async def _ask(self, nct_id: str) -> Asked:
        assert self._pages.fetch is not None
        try:
            now = self._site.now
            standing = await self._pages.database.read(
                lambda session: study_page.standing(session.connection(), nct_id, now)
            )
            # Stored after the page looked for it: the answer to another visitor's question had come by then.
            if standing is not None and (standing.alias_of is not None or not standing.is_due(now)):
                return Asked.THERE
            if not await may_fetch(self._site):
                log.warning(
                    "Pages may not ask the registry more often this hour.", action="page_fetch_capped"
                )
                return Asked.UNANSWERED
            answer = await self._pages.fetch(nct_id)

            def keep(session: Session) -> None:
                if isinstance(answer, Study):
                    study_page.keep(session, answer, now)
                else:
                    study_page.keep_absence(session, nct_id, now)
                if not isinstance(answer, Gone) and answer.nct_id != nct_id:
                    study_page.keep_alias(session, nct_id, answer.nct_id, now)

            await self._pages.database.write(keep)
        except NotifierError as fault:
            log.warning(
                "A study could not be read for its page.",
                action="page_fetch_failed",
                nct_id=nct_id,
                fault=str(fault),
            )
            return Asked.UNANSWERED
        return Asked.GONE if isinstance(answer, Gone) else Asked.THERE


NO_SUCH_STUDY = n_("There is no study with this number in the registry. Please check the number.")


async def checked(site: Site, topic: Wanted) -> Wanted | None:
    """The topic with the study's newest id; None where there is no such study.

    Where the registry cannot be asked now, the next watch pass will say.
    """
    nct_id = topic.nct_id or ""
    if not nct_id or await site.pages.database.read(lambda session: bool(snapshots.kept(session, [nct_id]))):
        return topic
    if site.pages.fetch is None or not await may_fetch(site):
        return topic
    try:
        async with asyncio.timeout(site.pages.patience):
            answer = await site.pages.fetch(nct_id)
    except RegistryRefused:
        return None
    except (RegistryError, TimeoutError):
        return topic
    if isinstance(answer, StudyMoved):
        return Wanted(nct_id=answer.nct_id)
    return None if isinstance(answer, Gone) else topic


async def terms_of(site: Site, nct_id: str | None) -> tuple[str, ...]:
    """The conditions of a stored study, as its registrant entered them; none where it is not stored."""
    if nct_id is None:
        return ()

    def stored(session: Session) -> tuple[str, ...]:
        kept = snapshots.kept(session, [nct_id]).get(nct_id)
        if kept is None or kept.snapshot_id is None:
            return ()
        terms = dict[str, None]()
        for term in snapshots.study(session, kept.snapshot_id).conditions:
            with suppress(InputError):  # not all can be followed
                rules.condition(term)
                terms[on_one_line(term, 200)] = None
        return tuple(terms)

    return await site.pages.database.read(stored)


#: What JSON says beside what a page says in its own words.
SIGNED_UP = n_(
    "Please look at your mail: nothing else is sent until you open the link in it and press the button there."
)
MEANT = n_("If so, please sign up once more with the right address.")

log = structlog.get_logger()


def routes(site: Site) -> list[Route]:
    return [Route("/subscriptions", _SigningUp(site).answer, methods=["GET", "POST", "OPTIONS"])]


class _SigningUp:
    def __init__(self, site: Site) -> None:
        self._site, self._pages = site, site.pages

    async def answer(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return incoming.preflight(self._site, request)
        if request.method == "POST":
            return incoming.shared(self._site, request, await self._take(request))
        # The form alone, for a study or a condition that the address names.
        asked = FormData([(name, text) for name, text in request.query_params.multi_items()])
        fields = forms.Fields(asked)
        study, named = forms.the_study(fields), fields.texts("condition")[: forms.MOST_CONDITIONS]
        forms.the_conditions(fields)
        form = forms.SignUpForm(
            incoming.form_token(self._site),
            about=study,
            offered=await terms_of(self._site, study),
            study=study or "",
            conditions=tuple(named),
            errors=fields.errors,
        )
        return self._site.page("subscribe.html", 400 if fields.errors else 200, form=form)

    async def _take(self, request: Request) -> Response:
        form = await incoming.taken(self._site, request, partial(self._signed_up, request))
        if isinstance(form, Response):
            return form
        meant, searched = forms.meant(form), forms.searched(form)
        if wants_json(request):
            answered: dict[str, object] = {"ok": True, "message": say(SIGNED_UP)}
            if meant:
                question = say("Did you mean %(provider)s?", provider=meant)
                answered["question"] = f"{question} {say(MEANT)}"
            if searched:
                answered["searched"] = dict(searched)
            return JSONResponse(answered)
        return self._site.page("subscribed.html", meant=meant, searched=searched, near=forms.near_names(form))

    async def _signed_up(self, request: Request, form: FormData) -> Response | None:
        """Queue the mail that asks the person. Returns the page that says why not, where something is wrong."""
        read = forms.read_sign_up(form)
        if isinstance(read, dict):
            return await self._again(request, form, 400, read)
        if sentence := incoming.hurry(self._site, form):
            return await self._again(request, form, 400, {"form": sentence}, hasty=True)
        if not await incoming.has_room(self._site, request, form):
            return await self._again(request, form, 429, {"form": say(incoming.TOO_MANY)})
        person, wanted, choice = read
        topics = [topic for each in wanted if (topic := await checked(self._site, each)) is not None]
        if len(topics) < len(wanted):
            return await self._again(request, form, 400, {"study": say(NO_SUCH_STUDY)})
        if person.near:
            zone = person.time_zone or self._pages.defaults.time_zone
            try:
                await asyncio.to_thread(subscribers.found, person.near, person.within, zone)
            except InputError as fault:  # it cannot be found, whoever asks
                return await self._again(request, form, 400, {"near": fault_said(fault)})
        pages = self._pages
        person = replace(person, language=person.language or answer().asked, defaults=pages.defaults)

        async def ask(person: Person) -> None:
            await pages.database.write(
                lambda session: subscribers.ask(
                    session,
                    person,
                    topics,
                    choice=choice,
                    now=self._site.now,
                    domain=pages.mail_domain,
                    suppression_key=pages.keys.suppression_key,
                    language=answer().language,
                )
            )

        try:
            await ask(person)
        except StoreError:
            # Two presses at once may both be the first; the second then finds what the first did.
            await ask(person)
        except InputError:
            # Of a postal code that is in another country by the clock of somebody known; nobody is to learn that they are.
            await ask(replace(person, near=None, within=None))
        log.info("Somebody signed up.", action="signed_up", topics=len(topics))
        return None

    async def _again(
        self, request: Request, form: FormData, status: int, errors: Mapping[str, str], *, hasty: bool = False
    ) -> Response:
        """The form once more, with what was typed and a sentence beside each field that is wrong."""
        if wants_json(request):
            headers = RETRY_AFTER if status == 429 else None
            return JSONResponse({"ok": False, "errors": dict(errors)}, status, headers)
        # Where the press came too fast or too late, the next one need not wait again.
        token = "" if hasty else incoming.form_token(self._site)
        terms = await terms_of(self._site, forms.about_of(form))
        return self._site.page("subscribe.html", status, form=forms.typed_sign_up(form, token, terms, errors))
