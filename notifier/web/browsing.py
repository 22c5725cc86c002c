"""The first page, the search over what is stored, terms and privacy. Says of people nothing, not even how many there are."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from notifier.domain.study import parse_nct_id
from notifier.domain.wording import one_line, registry_words
from notifier.errors import InputError, NctIdError
from notifier.sources.clinicaltrials_gov import safe_condition
from notifier.storage.studies import search
from notifier.storage.studies.search import Found
from notifier.web import caching
from notifier.web.forms import SignUpForm
from notifier.web.masking import Mask
from notifier.web.site import Site
from notifier.web.studies import page_number
from notifier.web.who import SPOKEN, place_status

NEWEST = 10
A_PAGE = 20
LONGEST = 200  # characters of a search
MOST_TERMS = 4
TOO_LONG = "Please use at most 200 characters: the shortest name of the condition finds most."
NO_WORDS = "Please type at least one word, such as the name of a condition."


@dataclass(frozen=True, slots=True)
class ListedStudy:
    """A study in a list."""

    nct_id: str
    title: str
    status: str
    conditions: tuple[str, ...]
    more_conditions: int
    first_posted: str
    missing: bool


@dataclass(frozen=True, slots=True)
class Search:
    """What was searched for, as it was typed and as it can be searched for; or what is wrong with it."""

    typed: str
    text: str = ""
    condition: str = ""  # what one can follow; empty where the words make none
    fault: str = ""
    unfollowed: str = ""  # why one cannot follow it

    @property
    def link(self) -> str:
        return urlencode({"q": self.text})


def routes(site: Site) -> list[Route]:
    browsing = _Browsing(site)
    return [
        Route("/", browsing.home),
        Route("/conditions", browsing.conditions),
        Route("/terms", _legal(site, "terms.html", site.pages.terms_url)),
        Route("/privacy", _legal(site, "privacy.html", site.pages.privacy_url)),
    ]


def read_search(request: Request) -> Search:
    """The words of `?q=`, on one line and without control characters."""
    typed = " ".join(
        "".join(s if s.isprintable() else " " for s in request.query_params.get("q", "")).split()
    )
    if len(typed) > LONGEST:
        return Search(typed[:LONGEST], fault=TOO_LONG)
    if not typed:
        return Search("", fault=NO_WORDS if "q" in request.query_params else "")
    if not search.words(typed):
        return Search(typed, fault=NO_WORDS)
    try:
        return Search(typed, typed, condition=safe_condition(typed))
    except InputError as fault:
        return Search(typed, typed, unfollowed=f"{fault}.")


def item(found: Found) -> ListedStudy:
    """A stored study as a list shows it."""
    mask = Mask(())
    terms = tuple(dict.fromkeys(filter(None, (mask(one_line(term)) for term in found.conditions))))
    return ListedStudy(
        nct_id=found.nct_id,
        title=mask(one_line(found.title)) or found.nct_id,
        status=place_status(found.status) or registry_words.label(found.status or ""),
        conditions=terms[:MOST_TERMS],
        more_conditions=max(len(terms) - MOST_TERMS, 0),
        first_posted=SPOKEN.date(found.first_posted) if found.first_posted else "",
        missing=found.missing,
    )


class _Browsing:
    def __init__(self, site: Site) -> None:
        self._site = site

    async def home(self, request: Request) -> Response:
        """What this is, a search, and the newest studies."""
        return await asyncio.to_thread(self._home, request)

    def _home(self, request: Request) -> Response:
        newest = [item(each) for each in self._newest(NEWEST)]
        text = self._site.text("home.html", public=True, newest=newest)
        return caching.answer(self._site, request, text)

    async def conditions(self, request: Request) -> Response:
        """Studies that fit a search, the newest first. A study's number leads to its page."""
        asked, number = read_search(request), page_number(request)
        try:
            return RedirectResponse(
                f"/studies/{parse_nct_id(asked.typed)}", 302, {"Cache-Control": caching.PUBLIC}
            )
        except NctIdError:
            pass
        if asked.fault:
            return self._site.page("conditions.html", 400, search=asked, found=[], number=1, more=False)
        return await asyncio.to_thread(self._searched, request, asked, number)

    def _searched(self, request: Request, asked: Search, number: int) -> Response:
        found = self._found(asked, number)
        text = self._site.text(
            "conditions.html",
            public=True,
            search=asked,
            found=[item(each) for each in found[:A_PAGE]],
            number=number,
            more=len(found) > A_PAGE,
            form=SignUpForm(caching.FORM_TOKEN, conditions=(asked.condition,)),
        )
        return caching.answer(self._site, request, text)

    def _found(self, asked: Search, number: int) -> list[Found]:
        if not asked.text:
            return self._newest(A_PAGE)
        with self._site.pages.database.reading() as session:
            return search.find(
                session,
                asked.text,
                asked.condition.casefold(),
                limit=A_PAGE + 1,
                skipped=(number - 1) * A_PAGE,
            )

    def _newest(self, limit: int) -> list[Found]:
        with self._site.pages.database.reading() as session:
            return search.newest(session, limit)


def _legal(site: Site, template: str, elsewhere: str | None) -> Callable[[Request], Awaitable[Response]]:
    """Our own terms or policy; where the operator has others, the address leads there."""

    async def answer(request: Request) -> Response:
        if elsewhere:
            return RedirectResponse(elsewhere, 302, {"Cache-Control": caching.PUBLIC})
        return caching.answer(site, request, site.text(template, public=True))

    return answer
