"""Whether there is a study that somebody wants to follow, and its terms: from the store, else asked of the registry once."""

import asyncio

from notifier.errors import RegistryError, RegistryRefused
from notifier.sources.clinicaltrials_gov import Gone, Moved
from notifier.storage.studies import snapshots
from notifier.storage.subscribers import Wanted
from notifier.web.bodies import on_one_line
from notifier.web.site import Site
from notifier.web.visitors import may_fetch

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
    if isinstance(answer, Moved):
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
    return tuple(dict.fromkeys(on_one_line(term, 200) for term in terms))
