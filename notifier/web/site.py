"""What all pages share: the parts they work with, the templates, and how an answer is made. Answers no route itself."""

import asyncio
import hashlib
import re
import threading
import time
from bisect import bisect_left
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

import notifier
from notifier.clock import Clock
from notifier.domain.branding import PLAIN, Face
from notifier.domain.heartbeat import Pulse
from notifier.domain.languages import LANGUAGES
from notifier.domain.scheduling import date_of
from notifier.domain.signed_links import Purpose, TokenKeys
from notifier.domain.study import Study
from notifier.domain.summaries.voice import BEGIN, END
from notifier.domain.wording import speech
from notifier.domain.wording.catalogue import PAGES, n_
from notifier.errors import NotifierError, StoreError
from notifier.mail.render import overlay
from notifier.mail.return_path import Tags
from notifier.settings import Settings
from notifier.sources.clinicaltrials_gov import Gone, Hits, Sought, StudyMoved
from notifier.storage.departures import Ledger
from notifier.storage.engine import Database
from notifier.storage.subscribers import CONSENT_WORDING, DEFAULTS, Defaults
from notifier.web.speaking import OF_PROGRAMS, answer, at, carried, count, day, place_name, plural, say

if TYPE_CHECKING:  # they take along what most pages never need
    from notifier.mail.bounces.webhooks import Posts
    from notifier.mail.render.renderer import Renderer

SHORTEST_LOOK = timedelta(seconds=2)  # nobody fills a form in faster
CACHED_FOR = 300  # seconds that a page which says the same to everybody may be kept
AT_ONCE = 1  # pages for reading that are made at the same time; more would only take one another's turn
LONGEST_REST = 0.005  # seconds between two of them: each is followed by a rest as long as it took
RETRY_AFTER = {"Retry-After": "3600"}  # seconds; of one who asked too often within an hour
AWAY_FOR = 60  # seconds after which a database that did not answer may be asked again
NAME = "Trial updates"  # of a site whose operator gave none
_NO_TEMPLATES = {"style.css", "favicon.ico", "embed.css", "embed.js"}
#: An accent of the organisation's own; on paper it is printed as the rest is.
_ACCENT = "\n@media screen { :root { --accent: %s; } }\n@media screen and (prefers-color-scheme: dark) { :root { --accent: %s; } }\n"
SENTENCES = {
    400: n_("What was sent cannot be used."),
    404: n_("There is no page at this address."),
    405: n_("This page cannot be used in that way."),
    408: n_("What was sent took too long to come. Please try again."),
    413: n_("What was sent is too large."),
    429: n_(
        "There were too many requests from your network. Nothing was changed. Please try again in an hour."
    ),
    500: n_("Something went wrong on our side, and nothing was changed. Please try again in a few minutes."),
    503: n_("We cannot answer just now, and nothing was changed. Please try again in a few minutes."),
}


log = structlog.get_logger()
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pages:
    """What the pages work with. fetch: asks the registry for one study, impatiently; None where it is not asked."""

    database: Database
    keys: TokenKeys
    clock: Clock
    templates: Path
    settings: Settings
    mail_domain: str = "localhost"  # of Message-IDs
    contact: str | None = None  # an address that people read
    defaults: Defaults = DEFAULTS
    shortest_look: timedelta = SHORTEST_LOOK
    #: Seconds: the beat on which forms with an address are answered, whatever there was to do.
    steady: float = 0.25
    fetch: Callable[[str], Awaitable[Study | StudyMoved | Gone]] | None = None
    search: Callable[[Sought, int, str | None], Awaitable[Hits]] | None = None  # asks its search, impatiently
    patience: float = 5.0  # seconds that a visitor waits for the registry, however many wait before them
    ledger: Ledger | None = None  # where who was erased is kept beside the database
    pulse: Pulse | None = None  # of the daemon's jobs; None where the pages are served alone
    face: Face = PLAIN
    make_renderer: "Callable[[], Renderer] | None" = None  # of what shows the text of a discreet mail
    tags: Tags | None = None  # of the addresses to which mail comes back
    posts: "Posts | None" = None  # what mail providers report by HTTP

    @property
    def base(self) -> str:
        """The path below which the pages are, as every link of theirs begins: empty, or such as `/trials`."""
        return urlsplit(self.settings.public_url).path.rstrip("/")


class KeptTexts:
    """The texts that were asked for last, by their tags, in pieces between the marks that each answer fills.

    Up to so many bytes in all: 400 pages.
    """

    def __init__(self, most: int = 24_000_000, longest: int = 400_000) -> None:
        self._most, self._longest = most, longest
        self._texts: OrderedDict[str, list[bytes]] = OrderedDict()
        self._size, self._lock = 0, threading.Lock()

    def get(self, tag: str) -> list[bytes] | None:
        with self._lock:
            if tag in self._texts:
                self._texts.move_to_end(tag)
            return self._texts.get(tag)

    def put(self, tag: str, text: list[bytes]) -> None:
        size = sum(map(len, text))
        with self._lock:
            if tag in self._texts or size > self._longest:
                return
            self._texts[tag] = text
            self._size += size
            while self._size > self._most:
                self._size -= sum(map(len, self._texts.popitem(last=False)[1]))


class Visits:
    """How many requests this process answered, by the first part of their path and by status, and how long they took.

    parts: the first parts that there are; what follows may be a secret, and any other one is somebody's invention.
    """

    ENDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds

    def __init__(self) -> None:
        self.parts: set[str] = set()
        self.answers: Counter[tuple[str, int]] = Counter()
        self.within: dict[str, list[int]] = {}  # how many took up to each end, and longer, none counted twice
        self.seconds: dict[str, float] = {}

    def note(self, path: str, status: int, took: float) -> None:
        first = path.split("/", 2)[1] if path.startswith("/") else ""
        part = f"/{first}" if first in self.parts else "other"
        self.answers[part, status] += 1
        self.within.setdefault(part, [0] * (len(self.ENDS) + 1))[bisect_left(self.ENDS, took)] += 1
        self.seconds[part] = self.seconds.get(part, 0.0) + took


class Site:
    """The templates, and answers made of them."""

    def __init__(self, pages: Pages) -> None:
        self.pages, settings = pages, pages.settings
        folders = pages.face.folders(pages.templates)
        self.style = overlay.find(folders, "page/style.css").read_text(encoding="utf-8")
        if pages.face.accent is not None:
            self.style += _ACCENT % pages.face.accent
        self._texts, self.visits = KeptTexts(), Visits()
        self._makers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="pages")
        self._rests_until, self._asked = 0.0, 0  # pages that are made or wait for it
        self._jinja = Environment(
            loader=FileSystemLoader(folders),
            autoescape=select_autoescape(("html", "atom")),
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,  # what was read at the start is what the tags of the pages stand for
        )
        self._jinja.policies["ext.i18n.trimmed"] = True
        self._jinja.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
            say, plural, newstyle=True
        )
        self._jinja.filters["theirs"] = theirs
        shown: dict[str, object] = {
            "organisation": settings.organisation,
            "site_name": pages.face.name or settings.organisation or NAME,
            "logo": pages.face.logo,
            "help_line": pages.face.help_line,
            "contact": pages.contact,
            "postal_address": settings.postal_address,
            "style": self.style,
            "languages": LANGUAGES,
            "discreet": settings.discreet == "body",
            "consent_wording": CONSENT_WORDING,
            "public_url": settings.public_url,
            "base": pages.base,
            "terms_url": settings.terms_url,
            "privacy_url": settings.privacy_url,
            "here": HERE,
            "usual_time_zone": pages.defaults.time_zone,
        }
        said = {each.__name__: each for each in (answer, carried, count, day, place_name)}
        self._jinja.globals.update(shown, at=self.at, feed=self.feed, **said, _=sentence, gettext=sentence)
        if pages.face.overlay is not None:
            groups = [
                [f"page/{name}"]
                for name in overlay.names(pages.templates / "page")
                if name not in _NO_TEMPLATES
            ]
            used = overlay.check(self._jinja, folders, groups, {*self._jinja.globals, "public"})
            mails = [name for name in overlay.names(pages.face.overlay) if not name.startswith("page/")]
            overlay.check_used(pages.face.overlay, pages.templates, [*used, *mails])
        #: Differs whenever the program, the templates or a setting that shows does.
        self.version = hashlib.sha256(
            f"{program()} {shown!r}".encode()
            + contents(pages.templates / "page")
            + (contents(pages.face.overlay) if pages.face.overlay else b"")
        ).hexdigest()

    @property
    def now(self) -> datetime:
        return self.pages.clock.now()

    async def by_turns(self, make: Callable[..., T], *given: object) -> T:
        """Make a page for reading in a thread; so few are made at once that what is sent meanwhile has its share.

        Mails wait for one interpreter with the pages. Of a page that is kept most is short questions, which come to their turn as
        often as a mail that is made for a long time: without a rest behind each, mails get a third of what they have alone. A
        visitor who is alone waits for no rest, and nobody does while no mail goes.
        """

        def made() -> T:
            beside_mails = (
                self._asked > 1 and (pulse := self.pages.pulse) is not None and pulse.runs("deliver")
            )
            if beside_mails and (rest := self._rests_until - time.monotonic()) > 0:
                time.sleep(rest)
            began = time.monotonic()
            try:
                return made_in_context()
            finally:
                ended = time.monotonic()
                self._rests_until = ended + min(ended - began, LONGEST_REST)

        made_in_context = partial(copy_context().run, make, *given)
        self._asked += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._makers, made)
        finally:
            self._asked -= 1

    def at(self, path: str) -> str:
        """The address of a page of ours, as a link on the page that is made now names it."""
        return self.pages.base + at(path)

    def feed(self, path: str) -> str:
        """The address of a feed in the language of this page."""
        language = answer().language
        return self.pages.base + at(path, "" if language == self.pages.defaults.language else language)

    def text(self, template: str, **values: object) -> str:
        """A template of `templates/page/`, filled; where it links to itself in other languages, it has a mark."""
        return self._jinja.get_template(f"page/{template}").render(**{"public": False, **values})

    def page(self, template: str, status: int = 200, *, public: bool = False, **values: object) -> Response:
        """A page. public: it says the same to everybody, and so may be kept for a while and be found by a search."""
        text = self.text(template, public=public, **values).encode().replace(HERE.encode(), self._here())
        response = HTMLResponse(text, status_code=status)
        if public:
            response.headers["Cache-Control"] = PUBLIC
        response.headers.update(RETRY_AFTER if status == 429 else {})
        return response

    def _here(self) -> bytes:
        """The address that was asked for, which anybody may have written, and which is nothing that is kept."""
        return escape(self.pages.base + (answer().here or "")).encode()

    def problem(self, status: int, sentence: str | None = None) -> Response:
        """A page with one sentence on what was wrong."""
        return self.page(
            "problem.html",
            status=status,
            sentence=say(sentence or SENTENCES.get(status, SENTENCES[404])),
            searching=status == 404,
        )

    def refused(self, request: Request, status: int, sentence: str | None = None) -> Response:
        """The same in the form of the other answers at this address: a page for a reader, else what a program reads."""
        words, part = sentence or SENTENCES.get(status, SENTENCES[404]), request.scope["path"].split("/")[1]
        if part in OF_PROGRAMS:
            return PlainTextResponse(f"{words}\n", status)
        if not wants_json(request):
            return self.problem(status, sentence)
        said = {"error": say(words)} if part == "embed" else {"ok": False, "errors": {"form": say(words)}}
        return JSONResponse(said, status)

    async def unknown(self, request: Request, fault: Exception) -> Response:
        """A page that is not there, or a request that it does not take."""
        status = fault.status_code if isinstance(fault, HTTPException) else 404
        if status == 404:
            # The address may be a person's link with a slip before its token: no link repeats it.
            answer().here = None
        page = self.refused(request, status)
        page.headers.update(getattr(fault, "headers", None) or {})  # a 405 says which methods there are
        return page

    async def failed(self, request: Request, fault: Exception) -> Response:
        """Something of ours broke, or the database is away; the reader is told so in words, and the log has the rest."""
        # Only our own sentences are free of addresses.
        words = str(fault) if isinstance(fault, NotifierError) else type(fault).__name__
        log.error("A page failed.", action="page_failed", fault=words)
        status = 503 if isinstance(fault, StoreError) else 500
        answer = self.refused(request, status)
        if status == 503:  # programs that press one-click links come again by themselves
            answer.headers["Retry-After"] = str(AWAY_FOR)
        return answer

    def kept(
        self,
        request: Request,
        depends_on: object,
        make: Callable[[], str],
        *,
        media_type: str = "text/html",
        modified: datetime | None = None,
        keep: bool = False,
        asked_by_site: bool = False,
    ) -> Response:
        """A text that says the same to everybody, and may be kept; 304 without making it where the asker has it already.

        depends_on: all that it is made of, beside the program and the settings, in plain values whose `repr` says them
        whole; what depends on the same is made once. keep: here too. Nothing of one person may be in it: the token of a
        form is put in as it goes out. A page at whose address more stands than which part of it is wanted is kept nowhere else:
        that may be a reader's words, and the page repeats them; asked_by_site: a page of another site wrote it.
        """
        language = (answer().language, carried())
        tag = hashlib.sha256(f"{self.version} {language} {depends_on!r}".encode()).hexdigest()[:32]
        headers = {"ETag": f'W/"{tag}"'}
        if asked_by_site or media_type != "text/html" or request.query_params.keys() <= _NO_WORDS:
            headers["Cache-Control"] = PUBLIC
        if modified is not None:
            headers["Last-Modified"] = format_datetime(modified.astimezone(UTC), usegmt=True)
        # Its tag decides whether the asker's copy is this one, and its date only where it names no tag.
        tags, since = request.headers.get("if-none-match"), date_of(request.headers.get("if-modified-since"))
        if tags is not None:
            known = tags.strip() == "*" or tag in map(_bare, tags.split(","))
        else:
            known = modified is not None and since is not None and modified.replace(microsecond=0) <= since
        if known:
            return Response(status_code=304, headers=headers)
        text = self._texts.get(tag)
        if text is None:
            text = _MARKS.split(_NO_TEXT.sub("", make()).encode())
            if keep:
                self._texts.put(tag, text)
        token = self.pages.keys.sign(Purpose.FORM, (), self.now)
        said = {HERE.encode(): self._here(), FORM_TOKEN.encode(): token.encode()}
        text = [said.get(piece, piece) for piece in text]
        return Response(b"".join(text), media_type=media_type, headers=headers)


@cache
def program() -> str:
    """The same as long as no line of the program changes: its number stands for many states of it between two releases."""
    return hashlib.sha256(contents(Path(notifier.__file__).parent, (".py", ".tsv", ".po"))).hexdigest()


def contents(folder: Path, kinds: tuple[str, ...] = ("",)) -> bytes:
    """All files below it whose names end so, each as its name and what stands for its contents."""
    files = sorted(path for path in folder.rglob("*") if path.name.endswith(kinds) and path.is_file())
    return b"".join(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest() for path in files)


def wants_json(request: Request) -> bool:
    """Whether a program asks, not a reader."""
    accepted = request.headers.get("accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def sentence(message: str, **values: object) -> Markup:
    """One of our sentences, as a template says it: it may have markup, and what is filled in has none.

    A page has a hundred: each is looked up once in its language, and no context of Jinja's is asked for it.
    """
    said = _sentence(answer().language, message, not values)
    return said % values if values else said


@lru_cache(maxsize=2_000)
def _sentence(language: str, message: str, whole: bool) -> Markup:
    said = Markup(speech(language, PAGES).sentences.gettext(message))  # noqa: S704 - ours
    return said % {} if whole else said


def theirs(text: str) -> Markup:
    """A text of a read for a page: the registry's words in it, where they are marked, are named English."""
    plain = str(escape(text))
    return Markup(plain.replace(BEGIN, '<span lang="en">').replace(END, "</span>"))  # noqa: S704 - escaped before


def masked(address: str | None) -> str | None:
    """`jane@example.org` as `j***@e***.org`: enough for its owner, too little for anybody else (L11)."""
    if not address:  # unknown, or erased
        return None
    local, _, domain = address.rpartition("@")
    name, dot, rest = domain.rpartition(".")
    return f"{local[:1]}***@{(name or domain)[:1]}***{dot}{rest if name else ''}"


#: Stands in a page for its own address, which its links to the same page in other languages go on with.
HERE = "the-address-of-this-page?"
#: Stands in a page for the token that says when its form was shown, which must not make every copy of it another page.
FORM_TOKEN = "the-time-of-this-form"  # noqa: S105 - it is no secret, it is where one goes
_MARKS = re.compile(f"({HERE}|{FORM_TOKEN})".replace("?", "[?]").encode())
#: What neither XML 1.0 (its production 2, Char) nor a page has a use for; the registry's texts may hold anything.
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_NO_WORDS = frozenset({"lang", "page", "view"})  # of an address
_PACKED = re.compile(r"[-;:]{1,2}(?:gzip|br|zstd|deflate)$", re.IGNORECASE)
PUBLIC = f"public, max-age={CACHED_FOR}"


def _bare(tag: str) -> str:
    """A tag without what says how its copy was packed: servers before us write `"…-gzip"`, `"…--gzip"` or `"…-br"`."""
    return _PACKED.sub("", tag.strip().removeprefix("W/").replace('"', ""))
