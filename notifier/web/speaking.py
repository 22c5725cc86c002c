"""Which language an answer is in, and our sentences in it. Makes no page, and keeps nothing in a browser.

A page is in the language of the person whose link it is, else in that of `?lang=`, else in what the browser asks for, else
in the organisation's. No cookie: a link carries `lang` where its page would else be in another language than this one.
What is asked for and is none of ours is passed over.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from notifier.domain.languages import LANGUAGES
from notifier.domain.signed_links import Purpose
from notifier.domain.wording import Speech, speech
from notifier.domain.wording.catalogue import PAGES
from notifier.errors import InputError

MOST_ACCEPTED = 30  # of the languages that a browser asks for
LONGEST_QUERY = 2_000  # characters of an address that a link to the same page in another language repeats
#: The first parts of addresses whose answers are a line of text for a program, faults too.
OF_PROGRAMS = frozenset({"webhooks", "healthz", "readyz", "metrics", "robots.txt", ".well-known"})
#: What programs ask for, which send no language of a person: only `?lang=` says one.
_FOR_PROGRAMS = OF_PROGRAMS | {"feeds", "sitemap.xml", "favicon.ico"}
_LINKS = frozenset({*Purpose} - {Purpose.FORM})


@dataclass(slots=True)
class AnswerLanguage:
    """What is known of the language of one answer while it is made.

    usual: in which the same address is answered without `lang`. asked: what `lang` says. here: the address of this page as
    far as one for another language goes on with `lang`; None for the page of a person's link, and
    where there is no page.
    """

    language: str
    usual: str
    asked: str | None = None
    here: str | None = None


_ANSWER: ContextVar[AnswerLanguage | None] = ContextVar("answer", default=None)


def answer() -> AnswerLanguage:
    """The one that is being made; English where none is."""
    return _ANSWER.get() or AnswerLanguage("en", "en")


@contextmanager
def answering(asked: AnswerLanguage) -> Iterator[AnswerLanguage]:
    """All that is said meanwhile, here and in threads that are called, is said in its language."""
    before = _ANSWER.set(asked)
    try:
        yield asked
    finally:
        _ANSWER.reset(before)


def speak(language: str | None) -> None:
    """The answer is for somebody who chose this language; None: for nobody whom we know."""
    now = _ANSWER.get()
    if now is not None and language is not None:
        now.language = _ours(str(language)) or now.language  # a damaged row may hold anything


# --- saying -----------------------------------------------------------------------------------------------------


def spoken() -> Speech:
    """The sentences of pages, days and numbers in the language of the answer."""
    return speech(answer().language, PAGES)


def mails() -> Speech:
    """The sentences of mails, which pages repeat, in the language of the answer."""
    return speech(answer().language)


def say(message: str, **values: object) -> str:
    """One of our sentences; one that has nothing to fill in may have been said already."""
    said = spoken().sentences.gettext(message)
    return said % values if values else said


def count(one: str, many: str, number: int, **values: object) -> str:
    """A sentence that depends on a number, which stands in it as %(number)s."""
    return spoken().count(one, many, number, **values)


def plural(one: str, many: str, number: int) -> str:
    """As `count`, with nothing filled in."""
    return spoken().sentences.ngettext(one, many, number)


def place_name(label: str) -> str:
    """'Madrid, Spain' in the language of the answer: its country, by CLDR."""
    town, mark, country = label.rpartition(", ")
    return f"{town}{mark}{spoken().territory(country)}"


def day(at: date | datetime | None) -> str:
    """'12 January 2027'; of a time, by UTC. None: its row cannot be read."""
    if at is None:
        return say("a day that we do not know")
    return spoken().day(at.astimezone(UTC) if isinstance(at, datetime) else at)


def fault_said(fault: InputError) -> str:
    """What is wrong with what somebody typed, as a sentence of its own."""
    values = {
        name: spoken().listing(each) if isinstance(each, tuple) else each
        for name, each in fault.values.items()
    }
    words = say(fault.sentence, **values).strip()
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "?")) else ".")


# --- which language ---------------------------------------------------------------------------------------------


def carried() -> str:
    """The language that links of this page must carry; empty where their pages are in it anyway."""
    now = answer()
    return "" if now.language == now.usual else now.language


def at(path: str, language: str | None = None) -> str:
    """A path of ours, with the language that it must carry. language: of this page, where it carries it in any case."""
    said = carried() if language is None else language
    if not said:
        return path
    place, mark, anchor = path.partition("#")
    return f"{place}{'&' if '?' in place else '?'}lang={said}{mark}{anchor}"


def _ours(tag: str) -> str | None:
    base = tag.strip().replace("_", "-").partition("-")[0].lower()
    return base if base in LANGUAGES else None


def accepted(header: str, usual: str) -> str:
    """The language of ours that a browser likes best (RFC 9110, 12.5.4); `usual` where it names none."""
    liked: list[tuple[float, str]] = []
    for part in header.split(",")[:MOST_ACCEPTED]:
        tag, _, weight = part.partition(";")
        language = usual if tag.strip() == "*" else _ours(tag)
        try:
            much = float(weight.strip().removeprefix("q=")) if weight.strip() else 1.0
        except ValueError:
            continue
        if language and 0 < much <= 1:
            liked.append((much, language))
    return max(liked, key=lambda one: one[0])[1] if liked else usual


class Speaking:
    """Finds the language of an answer, and says it in its headers."""

    def __init__(self, app: ASGIApp, usual: str) -> None:
        self._app, self._usual = app, usual

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _, of_what, *rest = scope["path"].split("/")
        query = parse_qsl(scope["query_string"].decode("latin-1")[:LONGEST_QUERY], keep_blank_values=True)
        for_programs = of_what in _FOR_PROGRAMS
        header = "" if for_programs else Headers(scope=scope).get("accept-language", "")
        usual, asked = accepted(header, self._usual), _ours(dict(query).get("lang", ""))
        others = urlencode([(name, value) for name, value in query if name != "lang"])
        here = f"{quote(scope['path'])}?{others}{'&' if others else ''}"
        of_person = of_what in _LINKS and bool(rest)

        async def send_with_language(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith(("text/html", "application/atom")):
                    headers["Content-Language"] = now.language
                if not for_programs:
                    headers.add_vary_header("Accept-Language")
            await send(message)

        with answering(AnswerLanguage(asked or usual, usual, asked, None if of_person else here)) as now:
            await self._app(scope, receive, send_with_language)
