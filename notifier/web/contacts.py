"""A study's contacts, for whoever gave an address: a link that shows them for two days goes there and nowhere else.

It signs up for nothing, and the study team never learns of it (P11). Scraping is made slow.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

import structlog
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from notifier.domain.signed_links import Purpose
from notifier.domain.study import Contact, Location, Study
from notifier.storage import outbox, rate_limits, subscribers
from notifier.storage.studies import snapshots
from notifier.storage.subscribers import Address
from notifier.web import forms, incoming
from notifier.web.fetching import NO_SUCH_STUDY
from notifier.web.incoming import HOUR, Views, read_form, said, who
from notifier.web.links import bad_link, opened
from notifier.web.site import Site

STUDIES_A_DAY = 20  # whose contacts one address is mailed a link to
FOR_A_STRANGER = 5  # the same, for one that confirmed nothing here: somebody else may have typed it
VIEWS_AN_HOUR = 30  # of one network
UNNAMED = "Country not given"

log = structlog.get_logger()


def routes(site: Site) -> list[Route]:
    contacts = _Contacts(site)
    return [
        Route("/contacts", contacts.ask, methods=["GET", "POST"]),
        Route("/contacts/{token:path}", contacts.show),
    ]


class _Contacts:
    def __init__(self, site: Site) -> None:
        self._site, self._pages = site, site.pages
        self._views = Views(VIEWS_AN_HOUR, HOUR)

    async def ask(self, request: Request) -> Response:
        """POST: the link goes to the address; the answer is the same for every address. GET: the form alone."""
        if request.method != "POST":
            query = FormData([(name, text) for name, text in request.query_params.multi_items()])
            return self._form(query, 200, {})
        began = incoming.started()
        if not incoming.is_welcome(self._site, request):
            return self._site.problem(403, incoming.FROM_ELSEWHERE)
        form = await read_form(request)
        if not incoming.is_of_a_program(form):
            refusal = await self._asked(request, form)
            if refusal is not None:
                return refusal
        await incoming.steadily(self._site, began)
        return self._site.page("contacts_sent.html", meant=forms.meant(form))

    async def _asked(self, request: Request, form: FormData) -> Response | None:
        fields = forms.Fields(form)
        address, nct_id = forms.the_address(fields), forms.the_study(fields)
        if nct_id is None:
            fields.wrong("study", "Please say of which study, by its number, such as NCT01234567.")
        if fields.errors or address is None or nct_id is None:
            return self._form(form, 400, fields.errors)
        if sentence := incoming.hurry(self._site, form):
            return self._form(form, 400, {"form": sentence}, hasty=True)
        if not await incoming.has_room(self._site, request, form):
            return self._form(form, 429, {"form": incoming.TOO_MANY})
        if not await asyncio.to_thread(self._send, address, nct_id):
            return self._form(form, 400, {"study": NO_SUCH_STUDY})
        return None

    def _form(self, form: FormData, status: int, errors: dict[str, str], *, hasty: bool = False) -> Response:
        token = "" if hasty else incoming.form_token(self._site)
        typed, study = said(form, "email", 320), said(form, "study", 40)
        page = self._site.page(
            "contacts_ask.html", status, errors=errors, typed=typed, nct_id=study, token=token
        )
        page.headers.update(incoming.RETRY_AFTER if status == 429 else {})
        return page

    def _send(self, address: Address, nct_id: str) -> bool:
        """Queue the mail; False where there is no such study here."""
        pages, now = self._pages, self._site.now
        with pages.database.transaction() as session:
            kept = snapshots.kept(session, [nct_id]).get(nct_id)
            if kept is None or kept.snapshot_id is None:
                return False
            # Counted for the address, whether it is known here or not: nothing shows which.
            each = subscribers.mailbox_hash(address, pages.keys.visitor_key)
            day = timedelta(days=1)
            most = STUDIES_A_DAY if subscribers.is_heard_of(session, address) else FOR_A_STRANGER
            if rate_limits.take(session, "contacts", each, most=most, within=day, now=now):
                key = pages.keys.suppression_key
                subscribers.send_contacts(session, address, nct_id, now, pages.mail_domain, key)
        log.info("Somebody asked for contacts.", action="contacts_asked")
        return True

    async def show(self, request: Request) -> Response:
        """The contacts, unmasked, as long as the link lives."""
        link = opened(self._site, request, Purpose.CONTACTS)
        if link is None or len(link.subject) != 1:
            return bad_link(self._site)
        if not self._views.may_look(who(self._site, request), self._site.now):
            raise HTTPException(429, headers=incoming.RETRY_AFTER)
        study = (
            None if link.is_over(self._site.now) else await asyncio.to_thread(self._study, link.subject[0])
        )
        if study is None:
            return self._site.page("contacts_late.html", 410)
        return self._site.page(
            "contacts.html", study=study, people=_people(study), countries=_countries(study)
        )

    def _study(self, message_id: int) -> Study | None:
        """The newest version of the study that this mail was about."""
        with self._pages.database.reading() as session:
            nct_id = outbox.asked_about(session, message_id)
            kept = snapshots.kept(session, [nct_id]).get(nct_id) if nct_id else None
            if kept is None or kept.snapshot_id is None:
                return None
            return snapshots.study(session, kept.snapshot_id)


# --- as the page shows them -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reachable:
    """Somebody to ask. The links are empty where what the record has is no number, or no address."""

    name: str
    phone: str
    tel: str
    email: str
    mailto: str


@dataclass(frozen=True, slots=True)
class Spot:
    """A place, and whom to ask there."""

    where: str
    people: tuple[Reachable, ...]


def _people(study: Study) -> list[Reachable]:
    return [_reachable(each) for each in study.central_contacts]


def _countries(study: Study) -> dict[str, list[Spot]]:
    """The places by country, in the order of the alphabet; within one as the record has them."""
    found: defaultdict[str, list[Spot]] = defaultdict(list)
    for location in study.locations:
        found[location.country or UNNAMED].append(_place(location))
    return dict(sorted(found.items()))


def _place(location: Location) -> Spot:
    parts: Sequence[str | None] = (location.facility, location.city, location.state)
    return Spot(", ".join(part for part in parts if part), tuple(map(_reachable, location.contacts)))


def _reachable(contact: Contact) -> Reachable:
    phone = " ".join(part for part in (contact.phone, _extension(contact.phone_ext)) if part)
    email = contact.email or ""
    return Reachable(contact.name or "", phone, _tel(contact.phone or ""), email, _mailto(email))


def _extension(typed: str | None) -> str:
    return f"ext. {typed}" if typed else ""


def _tel(phone: str) -> str:
    signs: Iterable[str] = (sign for sign in phone if sign.isascii() and sign.isdigit())
    digits = "".join(signs)
    return f"tel:{'+' if phone.strip().startswith('+') else ''}{digits}" if len(digits) >= 5 else ""


def _mailto(email: str) -> str:
    usable = email.count("@") == 1 and email.isascii() and email.isprintable() and " " not in email
    return f"mailto:{quote(email, safe='@')}" if usable else ""
