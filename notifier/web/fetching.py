"""What pages ask the registry for: a study that somebody looks at or signs up for."""

import asyncio
from enum import StrEnum

import structlog

from notifier.domain.study import Study
from notifier.errors import InputError, NotifierError, RegistryError, RegistryRefused
from notifier.services import sign_up_rules as rules
from notifier.sources.clinicaltrials_gov import Gone, StudyMoved
from notifier.storage.studies import snapshots, study_page
from notifier.storage.subscribers import Wanted
from notifier.web.incoming import may_fetch, on_one_line
from notifier.web.site import Site

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

    def _keep(self, nct_id: str, answer: Study | StudyMoved | Gone) -> None:
        with self._pages.database.transaction() as session:
            if isinstance(answer, Study):
                study_page.keep(session, answer, self._site.now)
            else:
                study_page.keep_absence(session, nct_id, self._site.now)
            if not isinstance(answer, Gone) and answer.nct_id != nct_id:
                study_page.keep_alias(session, nct_id, answer.nct_id, self._site.now)


NO_SUCH_STUDY = "There is no study with this number in the registry. Please check the number."


async def checked(site: Site, topic: Wanted) -> Wanted | None:
    """The topic with the study's newest id; None where there is no such study.

    Where the registry cannot be asked now, the next watch pass will say.
    """
    if topic.nct_id is None or await asyncio.to_thread(_is_stored, site, topic.nct_id):
        return topic
    if site.pages.fetch is None or not await may_fetch(site):
        return topic
    try:
        async with asyncio.timeout(site.pages.patience):
            answer = await site.pages.fetch(topic.nct_id)
    except RegistryRefused:
        return None
    except (RegistryError, TimeoutError):
        return topic
    if isinstance(answer, StudyMoved):
        return Wanted(nct_id=answer.nct_id)
    return None if isinstance(answer, Gone) else topic


def _is_stored(site: Site, nct_id: str) -> bool:
    with site.pages.database.reading() as session:
        return nct_id in snapshots.kept(session, [nct_id])


async def terms_of(site: Site, nct_id: str | None) -> tuple[str, ...]:
    """The conditions of a stored study, as its registrant entered them; none where it is not stored."""
    return () if nct_id is None else await asyncio.to_thread(_stored_terms, site, nct_id)


def _stored_terms(site: Site, nct_id: str) -> tuple[str, ...]:
    with site.pages.database.reading() as session:
        kept = snapshots.kept(session, [nct_id]).get(nct_id)
        if kept is None or kept.snapshot_id is None:
            return ()
        terms = snapshots.study(session, kept.snapshot_id).conditions
    return tuple(dict.fromkeys(on_one_line(term, 200) for term in terms if _can_be_followed(term)))


def _can_be_followed(term: str) -> bool:
    try:
        return bool(rules.condition(term))
    except InputError:
        return False
