"""Asks the registry for a study whose page is opened and that is not stored, or that nobody keeps fresh.

One question a study at a time, however many wait for it, and so many an hour for all visitors together.
"""

import asyncio
from enum import StrEnum

import structlog

from notifier.domain.study import Study
from notifier.errors import NotifierError
from notifier.sources.clinicaltrials_gov import Gone, Moved
from notifier.storage.studies import study_page
from notifier.web.site import Site
from notifier.web.visitors import may_fetch

log = structlog.get_logger()


class Asked(StrEnum):
    """What came of asking."""

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
            if not await may_fetch(self._site):
                log.warning(
                    "Pages may not ask the registry more often this hour.", action="page_fetch_capped"
                )
                return Asked.UNANSWERED
            answer = await self._pages.fetch(nct_id)
            await asyncio.to_thread(self._keep, nct_id, answer)
        except NotifierError as fault:
            log.warning(
                "A study could not be read for its page.",
                action="page_fetch_failed",
                nct_id=nct_id,
                fault=str(fault),
            )
            return Asked.UNANSWERED
        return Asked.GONE if isinstance(answer, Gone) else Asked.THERE

    def _keep(self, nct_id: str, answer: Study | Moved | Gone) -> None:
        with self._pages.database.transaction() as session:
            if isinstance(answer, Study):
                study_page.keep(session, answer, self._site.now)
            else:
                study_page.keep_absence(session, nct_id, self._site.now)
            if not isinstance(answer, Gone) and answer.nct_id != nct_id:
                study_page.keep_alias(session, nct_id, answer.nct_id, self._site.now)
