"""The page of a study, at one address a study: read from the store, and from the registry where it is not stored."""

import asyncio
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from notifier.domain.study import parse_nct_id
from notifier.errors import NctIdError
from notifier.storage.studies import study_page as leaflet
from notifier.storage.studies import summaries
from notifier.storage.studies.study_page import Leaflet, PageStanding
from notifier.web import caching
from notifier.web.fetching import Asked, Fetcher
from notifier.web.forms import sign_up_form
from notifier.web.leaflets import REGISTRY_PAGE, StudyPage, queries, study_page
from notifier.web.site import Site

EVENTS = 20  # of the history on one page
MOST_PAGES = 10_000
LONGEST_PLACE = 80  # characters of what is looked for among the places
NO_NUMBER = (
    "This is not the number of a study. A number is NCT and eight digits, such as NCT01234567. "
    "Please check the address, or search by the condition."
)
NOT_THERE = (
    "The registry does not know a study with this number. Please check it, or search by the condition."
)
NOT_NOW = (
    "We do not have this study yet, and the registry cannot be asked right now. Please try again in a few minutes, "
    "or read the record there."
)
TRY_AGAIN = {"Retry-After": "300"}  # seconds


def routes(site: Site) -> list[Route]:
    return [Route("/studies/{nct_id:path}", _Studies(site).show)]


@dataclass(frozen=True, slots=True)
class Looked:
    """What the store says of a study: where it went, what it is, or nothing."""

    standing: PageStanding | None
    page: StudyPage | None = None
    more: bool = False


def page_number(request: Request) -> int:
    """Which page of a list is asked for, from 1; anything else is the first."""
    typed = request.query_params.get("page", "1")
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 1
    return min(max(number, 1), MOST_PAGES)


class _Studies:
    def __init__(self, site: Site) -> None:
        self._site, self._fetcher = site, Fetcher(site)

    async def show(self, request: Request) -> Response:
        """The page; 301 to its one address from any other way of writing it, and from an id that was merged away."""
        typed = str(request.path_params["nct_id"])
        try:
            nct_id = parse_nct_id("".join(typed.rstrip("/").split()))
        except NctIdError:
            return self._lost(404, NO_NUMBER)
        if typed != nct_id:
            return _moved_to(nct_id)
        number = page_number(request)
        wanted = tuple(
            " ".join(request.query_params.get(name, "").split())[:LONGEST_PLACE]
            for name in ("place", "country")
        )
        looked, asked = await self._look(nct_id, number, wanted)
        if looked.standing and looked.standing.alias_of:
            return _moved_to(looked.standing.alias_of)
        if looked.page is None:
            return self._without(nct_id, asked)
        if number > 1 and not looked.page.history:
            return self._lost(404, "The history of this study is shorter than that.")
        return await asyncio.to_thread(self._shown, request, looked.page, number, more=looked.more)

    def _shown(self, request: Request, page: StudyPage, number: int, *, more: bool) -> Response:
        """In a thread: a record is as long as its registrant likes."""
        text = self._site.text(
            "study.html",
            public=True,
            study=page,
            number=number,
            more=more,
            printing=request.query_params.get("view") == "print",
            form=sign_up_form(caching.FORM_TOKEN, page.nct_id, page.offered),
        )
        return caching.answer(self._site, request, text)

    async def _look(self, nct_id: str, number: int, wanted: tuple[str, ...]) -> tuple[Looked, Asked | None]:
        """What is stored, after asking the registry where that is due."""
        looked = await asyncio.to_thread(self._read, nct_id, number, wanted)
        if looked.standing and (looked.standing.alias_of or not looked.standing.is_due(self._site.now)):
            return looked, None
        asked = await self._fetcher.fetch(nct_id)
        return await asyncio.to_thread(self._read, nct_id, number, wanted), asked

    def _read(self, nct_id: str, number: int, wanted: tuple[str, ...]) -> Looked:
        with self._site.pages.database.reading() as session:
            standing = leaflet.standing(session, nct_id, self._site.now)
            if standing is None or standing.alias_of or not standing.stored:
                return Looked(standing)
            now, skipped = self._site.now, (number - 1) * EVENTS
            found: Leaflet | None = leaflet.of(session, nct_id, now, newest=EVENTS, skipped=skipped)
            if found is None:
                return Looked(standing)
            read = summaries.read_of(session, found.study, found.digest, now.date())
            expected = leaflet.expected(session, queries(found.study), now)
        place, country = wanted
        page = study_page(found, read, expected, place=place, country=country)
        return Looked(standing, page, found.more)

    def _without(self, nct_id: str, asked: Asked | None) -> Response:
        if asked is Asked.GONE:
            return self._lost(404, NOT_THERE)
        page = self._lost(503, NOT_NOW, registry_url=REGISTRY_PAGE + nct_id)
        page.headers.update(TRY_AGAIN)
        return page

    def _lost(self, status: int, sentence: str, *, registry_url: str | None = None) -> Response:
        return self._site.page("lost.html", status, sentence=sentence, registry_url=registry_url)


def _moved_to(nct_id: str) -> Response:
    return RedirectResponse(f"/studies/{nct_id}", 301, {"Cache-Control": caching.PUBLIC})
