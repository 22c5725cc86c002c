"""Link scanners open everything, several times, some with JavaScript: nothing that they do changes anything."""

import asyncio
from itertools import product
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from check_accessibility import MISSING, a_browser
from living_site import KEYS, a_living_site, visit
from mail_reading import read
from sqlalchemy import text

from notifier.rehearsal import day
from notifier.tokens import Purpose

JANE = "jane@example.org"
MOST_PAGES = 300
#: What visits are counted in, so that nobody can scrape; it decides nothing but that.
COUNTS = {"tally"}


def dump(database):
    """Everything in the database but the counts of visits."""
    with database.reading() as session:
        names = session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        return {
            name: session.execute(text(f'SELECT * FROM "{name}"')).all()
            for name in names
            if name not in COUNTS
        }


async def posted(site, path, **form):
    async with httpx.AsyncClient(base_url=site.url, trust_env=False) as person:
        answer = await person.post(path, data=form)
    assert answer.status_code == 200, answer.text
    return answer


async def a_life_with_every_mail(site):
    """Jane signs up, confirms, is told of a change, and asks for each link that there is."""
    terms = {"email": JANE, "study": day.BLOOD_TEST, "every": "immediate", "consent": "yes"}
    await posted(site, "/subscriptions", **terms)
    await site.deliver()
    await posted(site, site.link(site.mails_to(JANE)[-1], "confirm"))
    await site.watch()
    await site.deliver()
    await site.a_day_passes(day.next_day(), day.NEXT_DAY)
    await posted(site, "/preferences", email=JANE)
    await posted(site, "/contacts", email=JANE, study=day.BLOOD_TEST)
    await site.deliver()


@pytest.fixture
async def site(sqlite):
    async with a_living_site(sqlite) as living:
        await a_life_with_every_mail(living)
        yield living


def links_of_mails(site):
    return sorted({link for mail in site.mails_to(JANE) for link in site.links(mail)})


def undo(site):
    return f"{site.url}/undo/{KEYS.sign(Purpose.UNDO, [1], site.clock.now())}"


async def crawl(site, methods, times):
    """Open every page that can be reached from a mail, and say what each answered."""
    waiting, answers = [*links_of_mails(site), undo(site), f"{site.url}/"], {}
    async with httpx.AsyncClient(trust_env=False) as scanner:
        while waiting and len(answers) < MOST_PAGES:
            link = waiting.pop().partition("#")[0]
            if link in answers:
                continue
            for method, _ in product(methods, range(times)):
                answer = await scanner.request(method, link)
                answers.setdefault(link, set()).add(answer.status_code)
                waiting += ours(site, link, answer)
    return answers


def ours(site, link, answer):
    if answer.headers.get("content-type", "").startswith("text/html") and answer.text:
        found = (urljoin(link, target) for target in read(answer.text).links)
        return [target for target in found if urlsplit(target).netloc == urlsplit(site.url).netloc]
    return []


async def test_a_scanner_changes_nothing_however_often_it_comes(site):
    """Every page that a link leads to is asked for six times, and the database is what it was."""
    before = dump(site.database)
    answers = await crawl(site, ("GET", "HEAD"), 3)
    assert dump(site.database) == before
    purposes = {urlsplit(link).path.split("/")[1] for link in answers}
    assert purposes >= {"confirm", "unsubscribe", "preferences", "contacts", "studies", "conditions", "undo"}
    assert {link: status for link, status in answers.items() if max(status) >= 500} == {}


async def test_a_head_answers_as_a_get_does(site):
    answers = await crawl(site, ("GET", "HEAD"), 1)
    assert {link: status for link, status in answers.items() if len(status) > 1} == {}


async def test_no_page_of_ours_leads_to_a_dead_end(site):
    answers = await crawl(site, ("GET",), 1)
    dead = {link for link, status in answers.items() if status != {200}}
    assert {link for link in dead if "/undo/" not in link} == set()


@pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
async def test_a_scanner_that_runs_scripts_changes_nothing_either(site):
    """Microsoft's and others' open links in a real browser; it presses no button."""
    before = dump(site.database)
    opened = await visit(_open_all, [*links_of_mails(site), undo(site)])
    await asyncio.sleep(0)
    assert dump(site.database) == before
    assert all(opened)


def _open_all(links):
    with a_browser() as browser:
        titles = []
        for link in links:
            browser.get(link)
            titles.append(browser.title)
        return titles
