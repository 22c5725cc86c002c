"""Pages in the language of their reader: which one it is, that nothing of another stands in it, and what programs are told."""

import re
from html.parser import HTMLParser

import pytest
from factories import A
from jinja2 import Environment, nodes
from sqlalchemy import select
from store_factories import a_public_study
from web_asking import TEMPLATES, asking, link, mails_of, subscriptions_of, the_pages

from notifier.domain.languages import LANGUAGES
from notifier.domain.signed_links import Purpose
from notifier.domain.study import decode
from notifier.domain.wording.catalogue import Translations
from notifier.errors import RegistryUnavailable
from notifier.sources.clinicaltrials_gov import Hits
from notifier.storage.models import ConsentRow, SubscriberRow, WordingRow
from notifier.storage.subscribers import Defaults
from notifier.web import site, speaking
from notifier.web.speaking import accepted
from tests.factories import a_record, raw
from tests.fakes import sign_up

OTHERS = [language for language in LANGUAGES if language != "en"]
STUDY = f"/studies/{A}"
PLACES = [{"facility": "Rigshospitalet", "city": "Copenhagen", "country": "Denmark", "status": "RECRUITING"}]
PATHS = (
    "/", "/conditions", "/conditions?q=gout", "/subscriptions", "/preferences", "/contacts", "/terms", "/privacy",
    "/search?q=eczema", STUDY,
)  # fmt: skip


@pytest.fixture
def pages(database, clock):
    with database.transaction() as session:
        a_public_study(session, clock.now(), contactsLocationsModule={"locations": PLACES})

    async def search(sought, *_):
        """A registry that finds a study, of one illness none, and of another does not answer."""
        if sought.words == "gout":
            raise RegistryUnavailable("no answer")
        found = () if sought.words == "asthma" else (decode(raw(a_record())),)
        return Hits(found, len(found) * 99)

    return the_pages(database, clock, forms_per_network=1000, search=search)


def language_of(answer):
    found = re.search(r'<html lang="(\w+)"', answer.text)[1]
    assert answer.headers["content-language"] == found
    return found


# --- which language ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("da", "da"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en-US,en;q=0.9,da;q=0.8", "en"),
        ("fr,da;q=0.4,de;q=0.7", "de"),
        ("da;q=0, de;q=0.1", "de"),
        ("*", "en"),
        ("da;q=high", "en"),
        ("da;q=7", "en"),
        ("," * 9000, "en"),
        ("\xff\x00, da_DK", "da"),
    ],
)
def test_a_browser_gets_what_it_likes_best_of_what_we_speak(header, language):
    assert accepted(header, "en") == language


async def test_the_address_comes_before_the_browser_and_the_browser_before_the_organisation(
    client, database, clock
):
    async with asking(the_pages(database, clock, defaults=Defaults("da", "UTC"))) as asker:
        asked = {"Accept-Language": "de"}
        assert language_of(await asker.get(STUDY)) == "da"
        assert language_of(await asker.get(STUDY, headers=asked)) == "de"
        assert language_of(await asker.get(f"{STUDY}?lang=en", headers=asked)) == "en"


@pytest.mark.parametrize("slip", ["/mails/{}", "/x/mail/{}", "/stop/{}", "/form/{}"])
async def test_no_link_repeats_a_persons_link_that_was_mistyped(client, clock, slip):
    token = link(clock, [1], Purpose.MAIL).rpartition("/")[2]
    answer = await client.get(f"{slip.format(token)}?lang=da")
    assert (answer.status_code, language_of(answer)) == (404, "da")
    assert token not in answer.text


@pytest.mark.parametrize("tag", ["xx", "", "da'%22><script>", "e" * 5000, "%00", "&lang=de"])
async def test_a_language_that_nobody_speaks_here_is_passed_over(client, tag):
    answer = await client.get(f"{STUDY}?lang={tag}")
    assert answer.status_code == 200
    assert language_of(answer) == ("de" if tag == "&lang=de" else "en")


async def test_the_page_of_a_persons_link_is_in_their_language_whatever_else_is_asked_for(
    client, database, clock
):
    ids = sign_up(database, clock, "jane@example.org", language="de")
    for purpose in (Purpose.CONFIRM, Purpose.UNSUBSCRIBE):
        answer = await client.get(f"{link(clock, ids, purpose)}?lang=da")
        assert language_of(answer) == "de"
        assert "hreflang" not in answer.text  # no link that would hand on the token
    assert "Nichts ändert sich" in answer.text


async def test_the_footer_leads_to_the_same_page_and_keeps_what_was_asked(client):
    page = (await client.get(f"{STUDY}?place=A%26%22b&lang=da&page=1")).text
    links = dict(re.findall(r'<a href="([^"]+)" lang="\w+" hreflang="(\w+)">', page))
    assert {
        f"{STUDY}?place=A%26%22b&amp;page=1&amp;lang={other}": other for other in LANGUAGES if other != "da"
    } == links
    assert 'aria-current="true" lang="da">Dansk<' in page


async def test_nobodys_address_is_kept_in_a_page(client):
    assert "mine=7" in (await client.get(f"{STUDY}?mine=7")).text
    assert "mine=7" not in (await client.get(f"{STUDY}?yours=8")).text


async def test_links_carry_the_language_only_where_it_would_be_lost(client):
    def inner(page):
        return set(re.findall(r'(?:href|action)="(/[^"#]*)', page.partition("<footer")[0]))

    carried = inner((await client.get(f"{STUDY}?lang=da")).text) - {"/favicon.ico", STUDY}
    assert {each for each in carried if "lang=da" not in each} == set()
    liked = inner((await client.get(f"{STUDY}?lang=da", headers={"Accept-Language": "da"})).text)
    assert {each for each in liked if "lang=" in each} == {f"/feeds/studies/{A}.atom?lang=da"}
    assert '<input type="hidden" name="lang" value="da">' in (await client.get("/?lang=da")).text
    moved = await client.get(f"/studies/{A.lower()}?lang=da")
    assert moved.headers["location"] == f"{STUDY}?lang=da"


# --- what programs are told -------------------------------------------------------------------------------------


async def test_caches_are_told_what_a_page_depends_on_and_each_language_is_a_page_of_its_own(client):
    tags = set()
    for asked in ({}, {"Accept-Language": "da"}, {"Accept-Language": "de"}):
        answer = await client.get(STUDY, headers=asked)
        assert answer.headers["vary"] == "Accept-Language"
        tags.add(answer.headers["etag"])
        again = await client.get(STUDY, headers={**asked, "If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.headers["vary"]) == (304, "Accept-Language")
    assert len(tags) == 3


async def test_a_feed_is_in_the_language_of_its_address_alone(client):
    usual = await client.get(f"/feeds/studies/{A}.atom", headers={"Accept-Language": "da"})
    assert 'xml:lang="en"' in usual.text
    assert "vary" not in usual.headers
    danish = await client.get(f"/feeds/studies/{A}.atom?lang=da")
    assert f"Ændringer i {A}" in danish.text
    assert danish.headers["content-language"] == "da"


# --- nothing of another language --------------------------------------------------------------------------------


class Words(HTMLParser):
    """The words of a page that are not said to be in another language than it, and what is said of its parts."""

    SAID = ("aria-label", "title", "placeholder", "alt")
    MIXED = frozenset(
        {"title", "style", "script", "q", "bdi"}
    )  # a title cannot say that the registry's words are English
    VOID = frozenset({"meta", "link", "input", "br"})

    def __init__(self):
        super().__init__()
        self.open, self.found, self.language = [], [], ""

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.found += [values[name] for name in self.SAID if values.get(name) and not self._is_theirs()]
        if tag == "html":
            self.language = values["lang"]
        if tag not in self.VOID:
            self.open.append((tag, values.get("lang")))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if data.strip() and not self._is_theirs() and (self.open or [("", None)])[-1][0] not in self.MIXED:
            self.found.append(" ".join(data.split()))

    def _is_theirs(self):
        return any(lang and lang != self.language for _, lang in self.open)


def pseudo(message):
    """A sentence in a language without our letters, with its tags and its places to fill."""
    return "".join(
        part if part.startswith(("<", "%(", "&")) else re.sub("[A-Za-z]", "ж", part)
        for part in re.split(r"(<[^>]+>|%\(\w+\)s|&#?\w+;)", message)
    )


@pytest.fixture
def unread(monkeypatch):
    """Every sentence of a catalogue is unreadable, so that what can still be read went past them all."""
    monkeypatch.setattr(Translations, "gettext", lambda _, message: pseudo(message))
    monkeypatch.setattr(Translations, "ngettext", lambda _, one, many, n: pseudo(one if n == 1 else many))
    monkeypatch.setattr(site, "_sentence", site._sentence.__wrapped__)  # it has said some of them already


#: Names, examples and signs that are the same in each language.
SAME = re.compile(
    r"NCT\d+|ClinicalTrials\.gov|Example Patients' Association|English|Dansk|Deutsch|Español|[\w.*]+@[\w.*]+|\d+\. \w+ \d{4}"
    r"|https?://\S+|UTC|USA og|(?:Madrid|Silkeborg|Springfield, \w+), \w+(?: States)?|\bMadrid\b|\bSilkeborg\b|gout|asthma|COPD|age > 60|NOT|\"not\"|flu|immediate, daily, weekly|Danmark|eller|februar"
)


async def test_no_sentence_of_a_page_goes_past_the_catalogues(client, database, clock, unread):
    ids = sign_up(database, clock, "jane@example.org", nct_id=A, language="da", evidence="yes")
    waits = sign_up(database, clock, "joe@example.org", nct_id=A, language="da")
    mine = link(clock, (1, 1), Purpose.PREFERENCES)
    gets = [f"{path}{'&' if '?' in path else '?'}lang=da" for path in PATHS]
    gets += [
        link(clock, waits, Purpose.CONFIRM),
        link(clock, ids, Purpose.UNSUBSCRIBE),
        link(clock, ids, Purpose.UNDO),
    ]
    gets += [mine, f"{mine}/why/{ids[0]}", f"{mine}/erase", f"{mine}?said=gone"]
    gets += [
        f"{path}?lang=da"
        for path in ("/confirm/x", "/nowhere", "/studies/NCT1", "/studies/NCT99999999", f"{STUDY}/")
    ]
    gets += [
        f"/conditions?lang=da&q={words}"
        for words in ("asthma OR COPD", "%25", "x" * 201, "NOT flu", "age > 60")
    ]
    gets += [
        f"/search?lang=da{asked}"
        for asked in (
            *("", "&q=gout", "&q=asthma", "&q=eczema&place=Silkeborg&open=1&age=7&sex=male&type=observes"),
            *(
                "&q=eczema&place=Madrid&page=3",
                "&q=eczema&place=Springfield&within=x&age=x&sex=x&type=x",
                "&place=Danmark",
            ),
            "&q=brystkr%C3%A6ft",
        )
    ]
    wrong = {
        "email": "x",
        "study": "y",
        "condition": "***",
        "every": "z",
        "language": "?",
        "time_zone": "!",
        "form": "?",
    }
    posts = [(f"{path}?lang=da", wrong) for path in ("/subscriptions", "/contacts", "/preferences")]
    posts += [
        (f"{path}?lang=da", {"email": "j@example.org", "study": A, "consent": "yes"})
        for path in ("/subscriptions", "/contacts", "/preferences")
    ]
    posts += [
        (mine, wrong | {"action": action, "id": ids[0], "until": "x"})
        for action in ("person", "choice", "pause", "follow", "?")
    ]
    posts += [
        (gets[len(PATHS) + 1], {"action": action, "until": "x"})
        for action in ("until", "month", "weekly", "resume", "stop", "all")
    ]
    posts += [(link(clock, waits, Purpose.CONFIRM), {}), (f"{mine}/erase", {})]
    found = {}
    for path, form in [*((path, None) for path in gets), *posts]:
        answer = await (client.get(path) if form is None else client.post(path, data=form))
        words = Words()
        words.feed(answer.text)
        left = [SAME.sub("", each) for each in words.found]
        found |= {each: path for each in left if re.search("[A-Za-z]{3,}", each)}
    assert found == {}


def untranslated(template):
    """Texts of a template that go past the catalogues."""
    syntax = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(
        template.read_text(encoding="utf-8")
    )
    inside = {
        id(const)
        for call in syntax.find_all(nodes.Call)
        if getattr(call.node, "name", "") in {"_", "gettext", "count"}
        for const in call.find_all(nodes.Const)
    }
    consts = [each.value for each in syntax.find_all(nodes.Const) if id(each) not in inside]
    data = "".join(
        each.data if isinstance(each, nodes.TemplateData) else "\x1a"
        for each in syntax.find_all((nodes.TemplateData, nodes.Call, nodes.Name))
    )
    words = Words()
    words.feed(re.sub(r"<(?!/?\w|!)", "", data))
    texts = (
        words.found
        + re.findall(r'name="description" content="([^"]*)"', data)
        + [each for each in consts if isinstance(each, str) and re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", each)]
    )
    return [text for text in texts if re.search(r"[A-Za-z]{3,}", text) and "\x1a" not in text]


#: Our own signs, and the registry's name.
NO_WORDS = {"NCT", "ClinicalTrials.gov"}


@pytest.mark.parametrize("template", sorted((TEMPLATES / "page").glob("*.html")), ids=lambda path: path.name)
def test_every_text_of_a_template_goes_through_the_catalogues(template):
    assert [text for text in untranslated(template) if text not in NO_WORDS] == []


def test_the_test_for_texts_finds_them(tmp_path):
    page = tmp_path / "page.html"
    page.write_text('<p title="Two words">{{ _("Said well") }}</p><p>Said so</p>{{ "Or so here" }}')
    assert untranslated(page) == ["Two words", "Said so", "Or so here"]


# --- signing up in one's own language ---------------------------------------------------------------------------


async def test_who_signs_up_on_a_danish_page_gets_danish_mails_and_agrees_to_danish_words(
    client, database, clock
):
    page = (await client.get(f"{STUDY}?lang=da")).text
    assert '<option value="da" lang="da" selected>' in page
    action = re.search(r'<form method="post" action="([^"]+)" class="form" id="updates"', page)[1]
    assert action == "/subscriptions?lang=da"
    answer = await client.post(action, data={"email": "jane@example.org", "study": A, "consent": "yes"})
    assert "Se i din mail" in answer.text
    assert mails_of(database) == ["confirmation"]
    (mine,) = subscriptions_of(database)
    with database.reading() as session:
        assert session.get_one(SubscriberRow, mine.subscriber_id).language == "da"
        consent = session.execute(select(ConsentRow)).scalar_one()
        wording = session.get_one(WordingRow, consent.wording_version)
    assert wording.text.startswith("Jeg er indforstået")
    assert wording.text in page
    assert wording.version.startswith("da-")


async def test_what_is_wrong_is_said_in_the_language_of_the_page(client):
    answer = await client.post(
        "/subscriptions?lang=de", data={"email": "x", "condition": "asthma OR COPD", "every": "daily"}
    )
    assert answer.status_code == 400
    for words in (
        "Bitte prüfen Sie diese Adresse.",
        "Folgen Sie &#34;asthma&#34; und &#34;COPD&#34; einzeln.",
        "Bitte kreuzen Sie dies an",
    ):
        assert words in answer.text
    told = await client.post(
        "/subscriptions?lang=de", data={"email": "x"}, headers={"Accept": "application/json"}
    )
    assert told.json()["errors"]["email"].startswith("Bitte prüfen")


async def test_countries_and_days_are_written_as_in_the_language(client):
    page = (await client.get(f"{STUDY}?lang=da")).text
    assert '<span class="name">Danmark</span>: 1 sted, 1 søger deltagere' in page
    assert '<span class="place"><span lang="en">Rigshospitalet</span></span>' in page


def test_outside_of_an_answer_english_is_said():
    assert speaking.say("Search") == "Search"
