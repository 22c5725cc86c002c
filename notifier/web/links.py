"""The links in mails: opening one, confirming, stopping mails and taking that back. GET shows what a press does; a POST acts.

A POST without a choice that we know, such as a mail program's one click (RFC 8058), stops what the mail was about: nothing
in it can make that fail. What else its owner follows is never shown, nor how much it is (L12).
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING
from urllib.parse import quote

import structlog
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from notifier.domain.signed_links import Opened, Purpose
from notifier.domain.study import Contact, Study
from notifier.domain.wording import registry_words
from notifier.domain.wording.catalogue import n_
from notifier.errors import TokenError
from notifier.storage import letters, notices, subscribers
from notifier.storage.engine import Session, sharing
from notifier.storage.models import EndedReason, Every, SubscriptionState
from notifier.storage.outbox import transactional
from notifier.storage.studies import snapshots
from notifier.storage.subscribers import Choice, Named
from notifier.web import forms, incoming
from notifier.web.incoming import Views, read_away, read_form, said, who
from notifier.web.signing_up import NO_SUCH_STUDY
from notifier.web.site import Site, masked
from notifier.web.speaking import day, say, speak, spoken

if TYPE_CHECKING:
    from notifier.mail.render.renderer import Renderer

BOTH = ("GET", "POST")  # HEAD comes with GET
#: A token, and what a program may have hung on to it: no more than the rest of a sentence, and never another path.
_TOKEN = re.compile(r"[^A-Za-z0-9_.-]*([A-Za-z0-9_.-]+)(?:[^A-Za-z0-9_./-][^/]*)?/*", re.DOTALL)


def token_of(request: Request) -> str:
    """The token in a path, without what a mail program took for a part of it: a slash, or what ends a sentence."""
    found = _TOKEN.fullmatch(str(request.path_params["token"]))
    return found[1].rstrip(".") if found else ""


def opened(site: Site, request: Request, purpose: Purpose) -> Opened | None:
    """What the link says, of whatever age; None where it is not ours."""
    try:
        return site.pages.keys.open(purpose, token_of(request))
    except TokenError:
        return None


def bad_link(site: Site) -> Response:
    """The one page for every link that is not ours, whatever is wrong with it (L10)."""
    return site.page("link.html", status=404)


async def whom(site: Site, subscription_ids: Sequence[int]) -> Named:
    """What a link names, for a page that changes nothing, and that is in the language of its owner."""
    named = await site.pages.database.read(lambda session: subscribers.named(session, subscription_ids))
    speak(named.language)
    return named


_HEARING = (SubscriptionState.ACTIVE, SubscriptionState.PAUSED)

log = structlog.get_logger()


def routes(site: Site) -> list[Route]:
    renderer = cache(site.pages.make_renderer) if site.pages.make_renderer else None
    return [
        Route("/contacts", partial(_ask_contacts, site), methods=BOTH),
        Route("/contacts/{token:path}", partial(_show_contacts, site, Views(VIEWS_AN_HOUR))),
        Route("/mail/{token:path}", partial(_show_mail, site, Views(VIEWS_AN_HOUR), renderer)),
        # A path, because a link may come with a slash at its end, or cut before its token.
        Route("/confirm/{token:path}", partial(_confirm, site), methods=BOTH),
        Route("/unsubscribe/{token:path}", partial(_unsubscribe, site), methods=BOTH),
        Route("/left-out/{token:path}", partial(_left_out, site)),
        Route("/undo/{token:path}", partial(_undo, site), methods=BOTH),
    ]


async def _confirm(site: Site, request: Request) -> Response:
    """GET: what is to be confirmed. POST: it is, or, by an old link, the mail that asks goes once more."""
    pages, now = site.pages, site.now
    if request.method == "POST":
        await read_away(request)
    link = opened(site, request, Purpose.CONFIRM)
    if link is None:
        return bad_link(site)
    ids, late = link.subject, link.is_over(now)
    # Looked up first: once the act is done, nothing may fail that would say that nothing was changed.
    named, theirs = await whom(site, ids), None
    is_now = "already" if named.that_are(*_HEARING) else "nothing"
    if named.that_are(SubscriptionState.PENDING):
        is_now = "late" if late else "waiting"
    if is_now == "waiting":
        # Where they want to hear of places, too: whoever holds the link may know.
        theirs = await pages.database.read(
            lambda session: subscribers.chosen(session, named.subscriber_id or 0)
        )
    if theirs is not None:
        waits = (
            each for each in theirs.follows if each.id in ids and each.state == SubscriptionState.PENDING
        )
        theirs = replace(theirs, follows=tuple(waits))

    def confirm(session: Session) -> tuple[list[int], bool]:
        waiting = subscribers.named(session, ids, to_change=True).that_are(SubscriptionState.PENDING)
        subscribers.confirm(session, ids, now, suppression_key=pages.keys.suppression_key)
        transactional.welcome(session, waiting, now, pages.mail_domain)
        return waiting, bool(subscribers.named(session, ids).that_are(*_HEARING))

    if request.method == "POST" and is_now == "late":
        asked = await pages.database.write(
            lambda session: subscribers.ask_again(session, ids, now, pages.mail_domain)
        )
        log.info("An old link was pressed.", action="confirm_late", subscription_ids=ids, asked=asked)
        is_now = "asked" if asked else "nothing"
    elif request.method == "POST" and is_now != "nothing":
        new, active = await pages.database.write(confirm)
        log.info("Somebody confirmed.", action="confirmed", subscription_ids=ids, active=active, new=len(new))
        is_now = "confirmed" if active else "nothing"
    status = 410 if late and is_now in {"late", "nothing"} else 200
    owner = masked(named.email)
    return site.page("confirm.html", status, whom=owner, is_now=is_now, theirs=theirs, words=forms)


#: How long a pause is that a button stands for.
PAUSES = {"month": timedelta(days=30), "quarter": timedelta(days=91)}
_LESS_OFTEN = {"daily": Every.DAILY, "weekly": Every.WEEKLY}
_BUTTONS = {"stop", "all", "resume", *_LESS_OFTEN}


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a press did: the word of it, to how many subscriptions, until when, and the way back."""

    deed: str
    count: int
    until: str | None = None
    undo: str | None = None


async def _left_out(site: Site, request: Request) -> Response:
    """The new studies that a mail counted as not fitting what its reader chose."""
    link = opened(site, request, Purpose.LEFT_OUT)
    if link is None or len(link.subject) != 1:
        return bad_link(site)
    late = link.is_over(site.now)
    found, language = await site.pages.database.read(
        lambda session: notices.counted_in(session, link.subject[0])
    )
    speak(language)
    return site.page("left_out.html", 410 if late else 200, late=late, found=[] if late else found)


async def _unsubscribe(site: Site, request: Request) -> Response:
    """GET: whom it concerns, and the choices. POST: it is done, at once."""
    form = None
    if request.method == "POST":
        try:
            form = await read_form(request)
        except HTTPException as fault:
            if fault.status_code == 413:
                raise
            form = FormData()  # nothing at all where it is no form, for then the link alone says what to do
    link = opened(site, request, Purpose.UNSUBSCRIBE)
    if link is None:
        return bad_link(site)
    # Looked up first: once the act is done, nothing may fail that would say that nothing was changed.
    named = await whom(site, link.subject)
    owner = masked(named.email)
    if form is None:
        return site.page("unsubscribe.html", whom=owner, errors={}, typed="")
    choice = _choice(site, form, named.time_zone)
    if isinstance(choice, dict):
        typed = said(form, "until", 40)
        return site.page("unsubscribe.html", 400, whom=owner, errors=choice, typed=typed)

    outcome = await site.pages.database.write(
        lambda session: _act(session, subscribers.named(session, link.subject, to_change=True), choice, site)
    )
    log.info(
        "Somebody used the link that stops mails.",
        action="unsubscribed",
        subscription_ids=link.subject,
        deed=outcome.deed,
        changed=outcome.count,
    )
    # To a mail program all presses are answered in the same way, also the second.
    template = "left.html" if choice.action else "unsubscribed.html"
    return site.page(template, whom=owner, outcome=outcome if choice.action else None)


async def _undo(site: Site, request: Request) -> Response:
    """GET: one button. POST: what was stopped goes on."""
    if request.method == "POST":
        await read_away(request)
    link = opened(site, request, Purpose.UNDO)
    if link is None:
        return bad_link(site)
    ids, owner = link.subject, masked((await whom(site, link.subject)).email)
    if link.is_over(site.now):
        return site.page("undo.html", 410, whom=owner, is_now="late", number=0)
    if request.method != "POST":
        return site.page("undo.html", whom=owner, is_now="waiting", number=0)

    def reopen(session: Session) -> tuple[int, bool]:
        key = site.pages.keys.suppression_key
        count = subscribers.reopen(session, ids, site.now, suppression_key=key)
        return count, bool(subscribers.named(session, ids).that_are(*_HEARING))

    count, going = await site.pages.database.write(reopen)
    log.info("Somebody took it back.", action="undone", subscription_ids=ids, reopened=count)
    return site.page("undo.html", whom=owner, is_now="back" if going else "nothing", number=count)


# --- what a press does ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Press:
    action: str
    until: datetime | None = None


def _choice(site: Site, form: FormData, time_zone: str) -> _Press | dict[str, str]:
    """What the press asks for, or what is wrong with the day that was typed."""
    action, now = said(form, "action", 20), site.now
    if action == "until":
        until = forms.read_day(form, now, time_zone)
        return until if isinstance(until, dict) else _Press(action, until)
    if action in PAUSES:
        return _Press("until", now + PAUSES[action])
    one_click = said(form, "List-Unsubscribe") == "One-Click"
    return _Press(action if action in _BUTTONS and not one_click else "")


def _act(session: Session, named: Named, choice: _Press, site: Site) -> Pressed:
    action, now = choice.action, site.now
    if action in _LESS_OFTEN:
        wanted = Choice(_LESS_OFTEN[action])
        changed = [subscribers.change(session, each, wanted, now) for each in named.live]
        return Pressed(action if named.live else "over", sum(changed))
    if choice.until is not None:
        going = named.that_are(*_HEARING)
        count = subscribers.pause(session, going, choice.until, now)
        return Pressed("pause" if going else "over", count, until=day(choice.until))
    if action == "resume":
        count = subscribers.resume(session, named.that_are(SubscriptionState.PAUSED), now)
        return Pressed("resume" if named.live else "over", count)
    # All that is no press of one of ours stops what the mail was about.
    ids, everything = named.live, action == "all"
    if everything:
        ids = [] if named.subscriber_id is None else subscribers.live_ids(session, named.subscriber_id)
    count = subscribers.end(session, ids, EndedReason.UNSUBSCRIBED, now)
    undo = site.pages.keys.sign(Purpose.UNDO, ids, now) if count and action else None
    return Pressed("all" if everything else "stop", count, undo=undo)


STUDIES_A_DAY = 20  # whose contacts one address is mailed a link to
FOR_A_STRANGER = 5  # the same, for one that confirmed nothing here: somebody else may have typed it
VIEWS_AN_HOUR = 30  # of one network
UNNAMED = n_("Country not given")


async def _ask_contacts(site: Site, request: Request) -> Response:
    """POST: the link goes to the address; the answer is the same for every address. GET: the form alone."""
    if request.method != "POST":
        query = FormData([(name, text) for name, text in request.query_params.multi_items()])
        return _contacts_form(site, query, 200, {})
    form = await incoming.taken(site, request, partial(_asked_for_contacts, site, request))
    return form if isinstance(form, Response) else site.page("contacts_sent.html", meant=forms.meant(form))


async def _asked_for_contacts(site: Site, request: Request, form: FormData) -> Response | None:
    fields, pages, now = forms.Fields(form), site.pages, site.now
    address, nct_id = forms.the_address(fields), forms.the_study(fields)
    if nct_id is None:
        fields.wrong("study", say("Please say of which study, by its number, such as NCT01234567."))
    if fields.errors or address is None or nct_id is None:
        return _contacts_form(site, form, 400, fields.errors)
    if sentence := incoming.hurry(site, form):
        return _contacts_form(site, form, 400, {"form": sentence}, hasty=True)
    if not await incoming.has_room(site, request, form):
        return _contacts_form(site, form, 429, {"form": say(incoming.TOO_MANY)})

    def send(session: Session) -> bool:
        """Queue the mail; False where there is no such study here."""
        kept = snapshots.kept(session, [nct_id]).get(nct_id)
        if kept is None or kept.snapshot_id is None:
            return False
        # Counted for the address, whether it is known here or not: nothing shows which.
        each, day = subscribers.mailbox_hash(address, pages.keys.visitor_key), timedelta(days=1)
        most = STUDIES_A_DAY if subscribers.is_heard_of(session, address) else FOR_A_STRANGER
        if sharing.take(session, "contacts", each, most=most, within=day, now=now):
            key = pages.keys.suppression_key
            subscribers.send_contacts(session, address, nct_id, now, pages.mail_domain, key)
        return True

    if not await pages.database.write(send):
        return _contacts_form(site, form, 400, {"study": say(NO_SUCH_STUDY)})
    log.info("Somebody asked for contacts.", action="contacts_asked")
    return None


def _contacts_form(
    site: Site, form: FormData, status: int, errors: dict[str, str], *, hasty: bool = False
) -> Response:
    token = "" if hasty else incoming.form_token(site)
    typed, study = said(form, "email", 320), said(form, "study", 40)
    return site.page("contacts_ask.html", status, errors=errors, typed=typed, nct_id=study, token=token)


def _of_one_mail(site: Site, views: Views, request: Request, purpose: Purpose) -> Opened | None:
    """What a link says that opens one mail; None where it is not ours. Raises HTTPException where its network looks too often."""
    link = opened(site, request, purpose)
    if link is None or len(link.subject) != 1:
        return None
    if not views.may_look(who(site, request), site.now):
        raise HTTPException(429)
    return link


async def _show_contacts(site: Site, views: Views, request: Request) -> Response:
    """The contacts, unmasked, as long as the link lives: of the newest version of the study that its mail was about."""
    link, study = _of_one_mail(site, views, request, Purpose.CONTACTS), None
    if link is None:
        return bad_link(site)

    def newest(session: Session) -> Study | None:
        nct_id = transactional.asked_about(session, link.subject[0])
        kept = snapshots.kept(session, [nct_id]).get(nct_id) if nct_id else None
        return snapshots.study(session, kept.snapshot_id) if kept and kept.snapshot_id else None

    if not link.is_over(site.now):
        study = await site.pages.database.read(newest)
    if study is None:
        return site.page("contacts_late.html", 410)
    people = list(map(_reachable, study.central_contacts))
    return site.page("contacts.html", study=study, people=people, countries=_countries(study))


async def _show_mail(
    site: Site, views: Views, renderer: "Callable[[], Renderer] | None", request: Request
) -> Response:
    """The very text of a mail whose body names nothing. Shown by GET, which changes nothing, to whoever has its link."""
    link, letter = _of_one_mail(site, views, request, Purpose.MAIL), None
    if link is None:
        return bad_link(site)
    if not link.is_over(site.now):
        letter = await site.pages.database.read(
            lambda session: letters.compose(session, link.subject[0], site.now, as_sent=True)
        )
    if letter is None or renderer is None:
        return site.page("mail_late.html", 410)
    text = await asyncio.to_thread(lambda: renderer().text(letter))
    speak(letter.language)
    return site.page("mail.html", language=letter.language, text=Markup(text))  # noqa: S704 - of our own templates


# --- as the page shows them -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reachable:
    """Somebody to ask. The links are empty where what the record has is no number, or no address."""

    name: str
    phone: str
    tel: str
    email: str
    mailto: str
    note: str = ""  # what the record has where a name belongs


@dataclass(frozen=True, slots=True)
class Spot:
    where: str
    people: tuple[Reachable, ...]


def _countries(study: Study) -> dict[str, list[Spot]]:
    """The places by country, in the order of the alphabet; within one as the record has them."""
    found: defaultdict[str, list[Spot]] = defaultdict(list)
    for location in study.locations:
        where = ", ".join(filter(None, (location.facility, location.city, location.state)))
        spot = Spot(where, tuple(map(_reachable, location.contacts)))
        found[location.country or ""].append(spot)
    said = spoken().territory
    return {
        said(name) if name else say(UNNAMED): found[name]
        for name in sorted(found, key=lambda name: (not name, name))
    }


def _reachable(contact: Contact) -> Reachable:
    phone, email = registry_words.telephone(contact.phone, contact.phone_ext), contact.email or ""
    number = phone.partition(" ext. ")[0].strip()
    digits = "".join(sign for sign in number if sign.isascii() and sign.isdigit())
    tel = f"tel:{'+' if number.startswith('+') else ''}{digits}" if len(digits) >= 5 else ""
    usable = email.count("@") == 1 and email.isascii() and email.isprintable() and " " not in email
    mailto = f"mailto:{quote(email, safe='@')}" if usable else ""
    note, name = registry_words.is_note(contact.name) and bool(phone or email), contact.name or ""
    return Reachable("" if note else name, phone, tel, email, mailto, name if note else "")
