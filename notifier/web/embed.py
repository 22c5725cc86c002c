"""A study, or the studies of a condition, for another site's page: a fragment, the same as JSON, and an element that fetches it.

Says the same to everybody, sets no cookie, and learns nothing of a visitor. Read by the pages of sites that NOTIFIER_FORM_ORIGINS
names; what stands here about a study is what its own page says.
"""

import base64
import hashlib
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from notifier.domain.branding import ACCENT
from notifier.domain.summaries.voice import plain
from notifier.mail.render import overlay
from notifier.storage.engine import Session
from notifier.storage.studies import search, summaries
from notifier.storage.studies.study_page import PageStanding
from notifier.storage.subscribers import CONSENT_WORDING
from notifier.web import incoming
from notifier.web.browsing import NO_WORDS, StudyAnswers, item, read_search
from notifier.web.leaflets import study_page
from notifier.web.site import NAME, Site, wants_json
from notifier.web.speaking import answer, at, say

NEWEST = 3  # changes of a study, and
MOST_STUDIES = 5  # studies of a condition, in one fragment


def routes(site: Site) -> list[Route]:
    embed = _Embed(site)
    return [
        Route("/embed/notifier.js", embed.script),
        Route("/embed/conditions", embed.conditions),
        Route("/embed/studies/{nct_id:path}", embed.show),
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

    def answer(self, request: Request, session: Session, nct_id: str, standing: PageStanding) -> Response:
        """One study: how it stands, what it asks, what changed, and the form."""
        today = self._site.now.date()
        written = summaries.written_of(session, nct_id) if standing.written else None

        def told() -> dict[str, Any]:
            found = self.leaflet(session, nct_id, NEWEST)
            read = summaries.best(written, found.study, found.digest, today, answer().language)
            page = study_page(found, read, ())
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
            found = search.find(session, asked.text, asked.condition.casefold(), limit=MOST_STUDIES)

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
