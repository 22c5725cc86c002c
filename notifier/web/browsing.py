"""The first page, the search over what is stored, terms and privacy. Says of people nothing, not even how many there are."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from notifier.domain.study import parse_nct_id
from notifier.domain.wording import one_line, registry_words
from notifier.domain.wording.catalogue import n_
from notifier.errors import InputError, NctIdError
from notifier.sources.clinicaltrials_gov import safe_condition
from notifier.storage.engine import Connection
from notifier.storage.studies import study_page as leaflet
from notifier.storage.studies import summaries
from notifier.storage.studies.study_page import Found, Leaflet, PageStanding
from notifier.web.forms import SignUpForm, sign_up_form
from notifier.web.incoming import on_one_line, whole_number
from notifier.web.leaflets import REGISTRY_PAGE, place_status, queries, study_page
from notifier.web.masking import Mask
from notifier.web.signing_up import Asked, Fetcher
from notifier.web.site import FORM_TOKEN, PUBLIC, Site
from notifier.web.speaking import answer, at, fault_said, say, spoken

EVENTS = 20  # of the history on one page
MOST_PAGES = 10_000
LONGEST_PLACE = 80  # characters of what is looked for among the places
NO_NUMBER = n_(
    "This is not the number of a study. A number is NCT and eight digits, such as NCT01234567. "
    "Please check the address, or search by the condition."
)
NOT_THERE = n_(
    "The registry does not know a study with this number. Please check it, or search by the condition."
)
NOT_NOW = n_(
    "We do not have this study yet, and the registry cannot be asked right now. Please try again in a few minutes, "
    "or read the record there."
)
TRY_AGAIN = {"Retry-After": "300"}  # seconds


class _NoSuchPart(Exception):
    """The history is shorter than that."""


def page_number(request: Request) -> int:
    """Which page of a list is asked for, from 1; anything else is the first."""
    return min(whole_number(request.query_params.get("page", ""), 1, 99_999) or 1, MOST_PAGES)


class StudyAnswers:
    """What answers for one study, at its addresses of one kind.

    301 to its one address from any other way of writing it, and from an id that was merged away; the registry is asked for a
    study that is not stored, or not looked at for long.
    """

    place, asks = "/studies/{}", True

    def __init__(self, site: Site) -> None:
        self._site, self._fetcher = site, Fetcher(site)

    async def show(self, request: Request) -> Response:
        typed = str(request.path_params["nct_id"])
        try:
            nct_id = parse_nct_id("".join(typed.rstrip("/").split()))
        except NctIdError:
            return self.lost(request, 404, NO_NUMBER)
        if typed != nct_id:
            return self.moved(request, nct_id)
        answer, asked = await self._site.by_turns(self._stored, request, nct_id, self.asks), Asked.GONE
        if answer is None and self.asks:
            asked = await self._fetcher.fetch(nct_id)
            answer = await self._site.by_turns(self._stored, request, nct_id, False)
        if answer is None and asked is Asked.GONE:
            return self.lost(request, 404, NOT_THERE)
        if answer is None:
            answer = self.lost(request, 503, NOT_NOW, REGISTRY_PAGE + nct_id)
            answer.headers.update(TRY_AGAIN)
        return answer

    def _stored(self, request: Request, nct_id: str, may_ask: bool) -> Response | None:
        """In a thread, as all that words a record; None where the study is not stored, or the registry is to be asked first."""
        now = self._site.now
        with self._site.pages.database.looking() as connection:
            standing = leaflet.standing(connection, nct_id, now)
            if standing and standing.alias_of:
                return self.moved(request, standing.alias_of)
            if standing is None or not standing.stored or (may_ask and standing.is_due(now)):
                return None
            return self.answer(request, connection, nct_id, standing)

    def leaflet(self, connection: Connection, nct_id: str, newest: int, skipped: int = 0) -> Leaflet:
        found = leaflet.of(connection, nct_id, self._site.now, newest=newest, skipped=skipped)
        assert found is not None  # it is stored, and who looks sees one state of the database
        return found

    def moved(self, _request: Request, nct_id: str) -> Response:
        return RedirectResponse(at(self.place.format(nct_id)), 301, {"Cache-Control": PUBLIC})

    def lost(self, request: Request, status: int, sentence: str, url: str | None = None) -> Response:
        raise NotImplementedError

    def answer(
        self, request: Request, connection: Connection, nct_id: str, standing: PageStanding
    ) -> Response:
        raise NotImplementedError


class _Studies(StudyAnswers):
    """The page of a study: which part of its history, which of its places, whether for printing."""

    def answer(
        self, request: Request, connection: Connection, nct_id: str, standing: PageStanding
    ) -> Response:
        now, number, asked = self._site.now, page_number(request), request.query_params
        place, country, near = (
            " ".join(asked.get(name, "").split())[:LONGEST_PLACE] for name in ("place", "country", "near")
        )
        printing = asked.get("view") == "print"
        written = summaries.written_of(connection, nct_id) if standing.written else None
        expected = leaflet.expected(connection, queries(standing.conditions), now)
        # What is looked for among the places is anybody's words: such pages are made for whoever asks.
        keep = not (place or country or near)
        wanted = (nct_id, number, place, country, near, printing)
        shown = (wanted, now.date(), standing.version, written, expected)

        def made() -> str:
            found = self.leaflet(connection, nct_id, EVENTS, (number - 1) * EVENTS)
            if number > 1 and not found.events:
                raise _NoSuchPart
            read = summaries.best(written, found.study, found.digest, now.date(), answer().language)
            page = study_page(found, read, expected, place=place, country=country, near=near)
            return self._site.text(
                "study.html",
                public=True,
                study=page,
                number=number,
                more=found.more,
                printing=printing,
                form=sign_up_form(FORM_TOKEN, page.nct_id, page.offered),
            )

        try:
            return self._site.kept(request, shown, made, keep=keep)
        except _NoSuchPart:
            return self.lost(request, 404, n_("The history of this study is shorter than that."))

    def lost(self, _request: Request, status: int, sentence: str, url: str | None = None) -> Response:
        return self._site.page("lost.html", status, sentence=sentence, registry_url=url)


NEWEST = 10
A_PAGE = 20
LONGEST = 200  # characters of a search
MOST_TERMS = 4
TOO_LONG = n_("Please use at most 200 characters: the shortest name of the condition finds most.")
NO_WORDS = n_("Please type at least one word, such as the name of a condition.")


@dataclass(frozen=True, slots=True)
class ListedStudy:
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
        Route("/studies/{nct_id:path}", _Studies(site).show),
        Route("/terms", _legal(site, "terms.html", site.pages.settings.terms_url)),
        Route("/privacy", _legal(site, "privacy.html", site.pages.settings.privacy_url)),
    ]


def read_search(request: Request) -> Search:
    """The words of `?q=`, on one line and without control characters."""
    typed = on_one_line(request.query_params.get("q", ""), LONGEST)
    if len(typed) > LONGEST:
        return Search(typed[:LONGEST], fault=say(TOO_LONG))
    if not typed:
        return Search("", fault=say(NO_WORDS) if "q" in request.query_params else "")
    if not leaflet.words(typed):
        return Search(typed, fault=say(NO_WORDS))
    try:
        return Search(typed, typed, condition=safe_condition(typed))
    except InputError as fault:
        return Search(typed, typed, unfollowed=fault_said(fault))


def item(found: Found) -> ListedStudy:
    mask = Mask(())
    terms = tuple(dict.fromkeys(filter(None, (mask(one_line(term)) for term in found.conditions))))
    return ListedStudy(
        nct_id=found.nct_id,
        title=mask(one_line(found.title)) or found.nct_id,
        status=place_status(found.status) or registry_words.label(found.status or ""),
        conditions=terms[:MOST_TERMS],
        more_conditions=max(len(terms) - MOST_TERMS, 0),
        first_posted=spoken().date(found.first_posted) if found.first_posted else "",
        missing=found.missing,
    )


class _Browsing:
    def __init__(self, site: Site) -> None:
        self._site = site

    async def home(self, request: Request) -> Response:
        """What this is, a search, and the newest studies."""

        def shown() -> Response:
            newest, form = self._newest(NEWEST), SignUpForm(FORM_TOKEN)
            return self._site.kept(
                request,
                ("home", newest),
                lambda: self._site.text("home.html", public=True, newest=list(map(item, newest)), form=form),
            )

        return await self._site.by_turns(shown)

    async def conditions(self, request: Request) -> Response:
        """Studies that fit a search, the newest first. A study's number leads to its page."""
        asked, number = read_search(request), page_number(request)
        try:
            return RedirectResponse(
                at(f"/studies/{parse_nct_id(asked.typed)}"), 302, {"Cache-Control": PUBLIC}
            )
        except NctIdError:
            pass
        if asked.fault:
            return self._site.page("conditions.html", 400, search=asked, found=[], number=1, more=False)

        def shown() -> Response:
            if asked.text:
                skipped = (number - 1) * A_PAGE
                with self._site.pages.database.reading() as session:
                    words, condition = asked.text, asked.condition.casefold()
                    found = leaflet.find(session, words, condition, limit=A_PAGE + 1, skipped=skipped)
            else:
                found = self._newest(A_PAGE)
            return self._site.kept(
                request,
                ("conditions", asked, number, found),
                lambda: self._site.text(
                    "conditions.html",
                    public=True,
                    search=asked,
                    found=[item(each) for each in found[:A_PAGE]],
                    number=number,
                    more=len(found) > A_PAGE,
                    form=SignUpForm(FORM_TOKEN, conditions=(asked.condition,)),
                ),
            )

        return await self._site.by_turns(shown)

    def _newest(self, limit: int) -> list[Found]:
        with self._site.pages.database.reading() as session:
            return leaflet.newest(session, limit)


def _legal(site: Site, template: str, elsewhere: str | None) -> Callable[[Request], Awaitable[Response]]:
    """Our own terms or policy; where the operator has others, the address leads there."""

    async def answer(request: Request) -> Response:
        if elsewhere:
            return RedirectResponse(elsewhere, 302, {"Cache-Control": PUBLIC})
        return site.kept(request, template, lambda: site.text(template, public=True))

    return answer
