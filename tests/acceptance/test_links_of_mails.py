"""Link scanners open everything, several times, some with JavaScript: nothing that they do changes anything."""

import asyncio
import re
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
import web_asking
from check_accessibility import MISSING
from living_site import KEYS, a_living_site, visit
from mail_reading import read

from notifier.demo import day
from notifier.domain.signed_links import Purpose

JANE = "jane@example.org"
MOST_PAGES = 300
METHODS = ("GET", "HEAD") * 3
#: The pages that must have been opened.
SHAPES = {
    *("/", "/search", "/confirm/TOKEN", "/unsubscribe/TOKEN", "/undo/TOKEN", "/contacts/TOKEN"),
    *("/preferences/TOKEN", "/preferences/TOKEN/export", "/preferences/TOKEN/erase", "/preferences/TOKEN/why/1"),
}  # fmt: skip
GLUED = re.compile(r"\w+[.?!][A-Z]\w*")  # a sentence begins after a space


def dump(database):
    """Everything in the database but the counts of visits, which keep a scraper out and decide nothing else."""
    return web_asking.dump(database) | {"tally": None}


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


async def crawl(site):
    """Open every page that can be reached from a mail, six times; every answer by its link."""
    waiting, answers = [*links_of_mails(site), undo(site), f"{site.url}/"], {}
    async with httpx.AsyncClient(trust_env=False) as scanner:
        while waiting and len(answers) < MOST_PAGES:
            link = waiting.pop().partition("#")[0]
            if link not in answers:
                answers[link] = [await scanner.request(method, link) for method in METHODS]
                waiting += ours(site, link, answers[link][0])
    return answers


def ours(site, link, answer):
    if answer.headers.get("content-type", "").startswith("text/html") and answer.text:
        found = (urljoin(link, target) for target in read(answer.text).links)
        return [target for target in found if urlsplit(target).netloc == urlsplit(site.url).netloc]
    return []


def shape(link):
    """A link's path, without what is its own."""
    return re.sub(r"/[\w.-]{40,}", "/TOKEN", urlsplit(link).path)


def words_of(page):
    """What is read of a page; a file to take away has none."""
    inside = re.sub(r"</?(?:a|b|bdi|em|span|strong)\b[^>]*>", "", page.partition("<main")[2])
    return re.sub(r"<[^>]+>", " ", inside)


async def test_a_scanner_changes_nothing_however_often_it_comes_and_finds_no_dead_end(site):
    """A HEAD answers as a GET does; an undo is a dead end, because nothing was stopped."""
    before = dump(site.database)
    answers = await crawl(site)
    assert dump(site.database) == before
    assert {shape(link) for link in answers} >= SHAPES
    statuses = {link: {answer.status_code for answer in each} for link, each in answers.items()}
    assert {link: seen for link, seen in statuses.items() if seen != {200} and "/undo/" not in link} == {}
    glued = {link: GLUED.findall(words_of(each[0].text)) for link, each in answers.items()}
    assert {link: found for link, found in glued.items() if found} == {}


@pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
async def test_a_scanner_that_runs_scripts_changes_nothing_either(site, chromium):
    """Microsoft's and others' open links in a real browser; it presses no button."""
    before = dump(site.database)
    opened = await visit(_open_all, chromium, [*links_of_mails(site), undo(site)])
    await asyncio.sleep(0)
    assert dump(site.database) == before
    assert all(opened)


def _open_all(browser, links):
    titles = []
    for link in links:
        browser.get(link)
        titles.append(browser.title)
    return titles
