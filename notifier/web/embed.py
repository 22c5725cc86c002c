"""What is read on other sites: a study, or the studies of a condition, as a fragment, as JSON and an element that fetches it; and
Atom feeds (RFC 4287) of their changes, whose entries keep their ids for ever.

Says the same to everybody, sets no cookie, and learns nothing of a visitor. A fragment is read by the pages of sites that
NOTIFIER_FORM_ORIGINS names; what stands here about a study is what its own page says.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from notifier.domain.branding import ACCENT
from notifier.domain.changes import Kind, made
from notifier.domain.letter import Told
from notifier.domain.summaries import by_rules
from notifier.domain.summaries.voice import plain
from notifier.domain.wording import one_line
from notifier.domain.wording.catalogue import n_
from notifier.mail.render import overlay
from notifier.storage.engine import Connection
from notifier.storage.studies import snapshots, summaries
from notifier.storage.studies import study_page as leaflet
from notifier.storage.studies.study_page import Event, Found, PageStanding
from notifier.storage.subscribers import CONSENT_WORDING
from notifier.web import incoming
from notifier.web.browsing import NO_WORDS, Search, StudyAnswers, item, read_search
from notifier.web.leaflets import Happened, happened, study_page
from notifier.web.masking import Mask, mask_of
from notifier.web.site import NAME, Site, wants_json
from notifier.web.speaking import answer, at, say

IN_A_FRAGMENT = 3  # changes of a study, and
STUDIES_IN_A_FRAGMENT = 5  # studies of a condition, in one fragment


def routes(site: Site) -> list[Route]:
    embed, feeds = _Embed(site), _Feeds(site)
    return [
        Route("/embed/notifier.js", embed.script),
        Route("/embed/conditions", embed.conditions),
        Route("/embed/studies/{nct_id:path}", embed.show),
        Route("/feeds/studies/{nct_id}.atom", feeds.show),
        Route("/feeds/conditions.atom", feeds.conditions),
    ]


class _Embed(StudyAnswers):
    place = "/embed/studies/{}"

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        folders = site.pages.face.folders(site.pages.templates)
        self._named = site.pages.face.name or site.pages.settings.organisation or NAME
        light, dark = site.pages.face.accent or ACCENT
        style, self._script = (
            overlay.find(folders, f"page/embed.{kind}").read_text(encoding="utf-8") for kind in ("css", "js")
        )
        self._style = style.replace("LIGHT", light).replace("DARK", dark)
        digest = base64.b64encode(hashlib.sha256(self._style.encode()).digest()).decode()
        # Its own address may stand in a frame of the sites that may fetch it, and of no other.
        allowed = " ".join(site.pages.settings.form_origins) or "'none'"
        self._policy = (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; "
            f"frame-ancestors {allowed}"
        )

    async def script(self, request: Request) -> Response:
        """The element. Another site's page takes it in by its address."""
        return self._site.kept(
            request, ("embed.js", self._script), lambda: self._script, media_type="text/javascript"
        )

    def answer(
        self, request: Request, connection: Connection, nct_id: str, standing: PageStanding
    ) -> Response:
        """One study: how it stands, what it asks, what changed, and the form."""
        today = self._site.now.date()
        written = summaries.written_of(connection, nct_id) if standing.written else None

        def told() -> dict[str, Any]:
            found = self.leaflet(connection, nct_id, IN_A_FRAGMENT)
            read = summaries.best(written, found.study, found.digest, today, answer().language)
            page = study_page(found, read, {})
            return {
                "nct_id": nct_id,
                "title": page.title,
                "status": plain(page.read.status_line),
                "question": plain(page.read.question),
                "changed": [{"day": each.day, "says": each.title} for each in page.history],
                "last_updated": page.last_updated,
                "missing": page.missing,
                "url": self._url(f"/studies/{nct_id}"),
                "registry_url": page.registry_url,
                **self._form(study=nct_id),
            }

        return self._answer(request, ("study", today, standing.version, written), told)

    async def conditions(self, request: Request) -> Response:
        """The newest studies of a condition, and the form."""
        asked = read_search(request)
        if asked.fault or not asked.text:
            return self.lost(request, 400, asked.fault or NO_WORDS)
        return await self._site.by_turns(self._of_condition, request, asked)

    def _of_condition(self, request: Request, asked: Any) -> Response:
        with self._site.pages.database.reading() as session:
            found = leaflet.find(session, asked.text, asked.condition.casefold(), limit=STUDIES_IN_A_FRAGMENT)

        def told() -> dict[str, Any]:
            return {
                "condition": asked.text,
                "studies": [
                    {
                        "nct_id": each.nct_id,
                        "title": each.title,
                        "status": each.status,
                        "first_posted": each.first_posted,
                        "url": self._url(f"/studies/{each.nct_id}"),
                    }
                    for each in map(item, found)
                ],
                "url": self._url(f"/conditions?{asked.link}"),
                **(self._form(condition=asked.condition) if asked.condition else {}),
            }

        return self._answer(request, ("condition", asked, found), told)

    def _form(self, **topic: str) -> dict[str, Any]:
        """Where to post a form of one's own, and what it must name beside `email` and `consent`."""
        fields = {**topic, "every": "immediate", "language": answer().language}
        wording = say(CONSENT_WORDING)
        return {"form": {"action": self._url("/subscriptions"), "fields": fields, "consent": wording}}

    def _url(self, path: str) -> str:
        return self._site.pages.settings.public_url + at(path)

    def _answer(self, request: Request, depends_on: tuple[object, ...], told: Any) -> Response:
        as_json = wants_json(request)

        def made() -> str:
            said = {**told(), "site": self._named, "language": answer().language}
            if as_json:
                return json.dumps(said, ensure_ascii=False)
            return self._site.text("embed.html", told=said, embed_style=self._style)

        of, media_type = ("embed", as_json, *depends_on), "application/json" if as_json else "text/html"
        kept = self._site.kept(request, of, made, media_type=media_type, asked_by_site=True)
        return self._shared(request, kept)

    def lost(self, request: Request, status: int, sentence: str, _url: str | None = None) -> Response:
        if wants_json(request):
            return self._shared(request, self._site.refused(request, status, sentence))
        text = self._site.text("embed.html", told={"error": say(sentence)}, embed_style=self._style)
        return self._shared(request, Response(text, status, media_type="text/html"))

    def moved(self, request: Request, nct_id: str) -> Response:
        return self._shared(request, super().moved(request, nct_id))

    def _shared(self, request: Request, response: Response) -> Response:
        """Readable by the pages of the sites that we allow; not to be found by a search, for the page itself is."""
        incoming.shared(self._site, request, response)
        response.headers["Vary"] = "Origin, Accept"
        response.headers["X-Robots-Tag"] = "noindex"
        response.headers["Content-Security-Policy"] = self._policy
        return response


ENTRIES = 30
MOST_STUDIES = 200  # of one condition, the newest, whose changes are in its feed
#: A study whose record is older than this when we first see it is no new study.
NEW_WITHIN = timedelta(days=60)
NEW = 0  # in place of a change's id
MEDIA_TYPE = "application/atom+xml"


def _stamp(at: datetime) -> str:
    """A date as RFC 3339 writes it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


class _Feeds(StudyAnswers):
    place, asks = "/feeds/studies/{}.atom", False

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._url = site.pages.settings.public_url

    def answer(
        self, request: Request, connection: Connection, nct_id: str, standing: PageStanding
    ) -> Response:
        """The changes of one study that is stored; the newest entries."""
        address = self._address(request)

        def made() -> str:
            found = self.leaflet(connection, nct_id, ENTRIES)
            title = f"{say('Changes of %(nct_id)s', nct_id=nct_id)}: {Mask(())(one_line(found.study.brief_title or nct_id))}"
            entries = [self._changed(nct_id, happened(event), None) for event in found.events]
            return self._feed(address, title, f"/studies/{nct_id}", entries, standing.changed_at)

        return self._site.kept(
            request,
            ("feed", address, standing.version),
            made,
            media_type=MEDIA_TYPE,
            modified=standing.changed_at,
            keep=not request.query_params or request.url.query == f"lang={answer().language}",
        )

    def lost(self, _request: Request, status: int, _sentence: str, _url: str | None = None) -> Response:
        return self._site.problem(status)

    async def conditions(self, request: Request) -> Response:
        """New studies under a condition, and the changes of all its studies."""
        asked = read_search(request)
        if asked.fault or not asked.text:
            return self._site.problem(400, asked.fault or n_("A feed of a condition needs its name, as ?q=."))
        return await self._site.by_turns(self._of_condition, request, asked)

    def _of_condition(self, request: Request, asked: Search) -> Response:
        happenings, address = self._under(asked), self._address(request)
        if happenings:
            updated = happenings[0][1].at
        else:
            # When this site began to look: as long has nothing been in it. Tells nothing of who follows what.
            midnight = self._site.now.replace(hour=0, minute=0, second=0, microsecond=0)
            with self._site.pages.database.reading() as session:
                updated = snapshots.first_pass(session) or midnight

        def made() -> str:
            entries = [self._changed(found.nct_id, self._told(what), found) for found, what in happenings]
            title = say("Studies for %(words)s", words=asked.text)
            return self._feed(address, title, f"/conditions?{asked.link}", entries, updated)

        shown = [(found, what.id, what.at, what.told) for found, what in happenings]
        return self._site.kept(
            request,
            ("feed", address, self._site.now.date(), updated, shown),
            made,
            media_type=MEDIA_TYPE,
            modified=updated,
        )

    def _under(self, asked: Search) -> list[tuple[Found, Event]]:
        with self._site.pages.database.reading() as session:
            found = leaflet.find(session, asked.text, asked.condition.casefold(), limit=MOST_STUDIES)
            by_id = {each.nct_id: each for each in found}
            changed = [
                (event.study.nct_id, event)
                for event in leaflet.events(session.connection(), list(by_id), {}, ENTRIES)
            ]
            lately = []  # whose record the registry had posted only lately when we first saw it
            for each in found:
                with suppress(ValueError):
                    posted = date.fromisoformat(each.first_posted or "")
                    if each.first_seen is not None and each.first_seen.date() - posted <= NEW_WITHIN:
                        lately.append((each.first_seen, each))
            new = sorted(lately, key=itemgetter(0), reverse=True)[:ENTRIES]
            studies = leaflet.decoded(session.connection(), [each.snapshot_id for _, each in new])
            arrived = []
            for came, each in new:
                if (study := studies.get(each.snapshot_id)) is not None:
                    told = Told(made(Kind.NEW_STUDY), came, posted=each.first_posted)
                    arrived.append((each.nct_id, Event(id=NEW, at=came, study=study, told=(told,))))
        both = sorted([*changed, *arrived], key=lambda one: (one[1].at, one[1].id), reverse=True)[:ENTRIES]
        return [(by_id[nct_id], event) for nct_id, event in both if nct_id in by_id]

    def _told(self, event: Event) -> Happened:
        """An update in words; of a new study first what it asks."""
        told = happened(event)
        if event.id != NEW:
            return told
        asked = plain(by_rules(event.study, self._site.now.date(), answer().language).question)
        return replace(told, question=mask_of(event.study)(asked))

    def _changed(self, nct_id: str, what: Happened, of: Found | None) -> dict[str, str]:
        """An entry of one update; `of`: the study, where the feed has several."""
        number, anchor = (
            (f"change/{what.id}", f"#{what.anchor}") if what.id != NEW else (f"study/{nct_id}", "")
        )
        return {
            "id": f"tag:{urlsplit(self._url).hostname},{what.at.astimezone(UTC):%Y-%m-%d}:{number}",
            "title": f"{Mask(())(one_line(of.title))} ({nct_id}): {what.title}" if of else what.title,
            "updated": _stamp(what.at),
            "link": self._url + at(f"/studies/{nct_id}{anchor}"),
            "content": self._site.text("_event.html", event=what),
        }

    def _address(self, request: Request) -> str:
        query = f"?{urlencode(list(request.query_params.multi_items()))}" if request.query_params else ""
        return f"{self._url}{request.url.path}{query}"

    def _feed(
        self, address: str, title: str, path: str, entries: Sequence[Mapping[str, str]], at_: datetime
    ) -> str:
        page, updated = self._url + at(path), _stamp(at_)
        return self._site.text(
            "feed.atom", title=title, page=page, self_url=address, updated=updated, entries=entries
        )
