"""What the two parts of a mail say, and how they look; what nobody but the reader may see."""

import html as html_module
import re
from dataclasses import replace
from datetime import date
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import mails
import pytest
from mail_reading import headers, plain, read
from mails import NCT, SEEN, TYPICAL, UPDATES, Rendered, entry, letter, reason, record, renderer

from notifier.demo import samples
from notifier.domain.changes import Change, Kind, Weight
from notifier.domain.changes.kinds import LOCATIONS
from notifier.domain.geo import Near
from notifier.domain.languages import LANGUAGES
from notifier.domain.letter import Ending, LetterKind, Told
from notifier.domain.summaries.phrases import banned_in
from notifier.domain.wording import sections, speech, tell
from notifier.domain.wording.advice import in_season
from notifier.mail.render.environment import WIDTH

RENDERER = renderer()
ENGLISH_UPDATES = [name for name in UPDATES if not name.endswith(("_da", "_de"))]
RENDERED = Rendered(RENDERER)
TITLE = "Blood Test to Find Returning Cancer Months Before Scans Do"


# Both parts


def facts(letter):
    """Everything that wording says of the studies of a letter."""
    for one in letter.entries:
        words = speech(letter.language)
        tellings = tell(words, one.study, one.told, ZoneInfo(letter.time_zone))
        for telling in tellings:
            yield from (telling.means, *telling.notes)
            # An address is told of as a link, which has a test of its own.
            yield from (line.text for line in telling.lines if not any(run.link for run in line.runs))
            for table in telling.tables:
                yield from (table.title, *(cell.text for row in table.rows for cell in row))
            yield from (quoted for quote in telling.quotes for quoted in (quote.lead, *quote.words))
        asks = in_season(ask for telling in tellings for ask in telling.asks)
        for section in sections(words, asks, one.ending, one.study):
            yield from (section.heading, *section.sentences)


@pytest.mark.parametrize("name", UPDATES)
def test_both_parts_tell_all_there_is_to_tell(name):
    said, heard = plain(RENDERED[name].text), read(RENDERED[name].html).text
    assert [fact for fact in facts(TYPICAL[name]()) if fact not in said] == []
    assert [fact for fact in facts(TYPICAL[name]()) if fact not in heard] == []


@pytest.mark.parametrize("name", TYPICAL)
def test_both_parts_use_the_same_words(name):
    """Whatever is said in one part is said in the other; only the words of links may differ."""
    heard = read(RENDERED[name].html)
    of_links = " ".join(heard.link_words)
    said, rest = plain(RENDERED[name].text), heard.text
    said = re.sub(r"(?:Stars|Sterne) \(.?\)[^.]+\.", "", said)  # the other part has none
    missing = set(re.findall(r"\w+", said)) - set(re.findall(r"\w+", rest))
    unsaid = set(re.findall(r"\w+", rest)) - set(re.findall(r"\w+", f"{said} {of_links}"))
    assert (missing, unsaid) == (set(), set())


@pytest.mark.parametrize("name", TYPICAL)
def test_both_parts_have_the_same_links(name):
    in_text = set(re.findall(r"https?://\S+", RENDERED[name].text))
    assert in_text == set(read(RENDERED[name].html).links)


@pytest.mark.parametrize("name", TYPICAL)
def test_every_link_is_ours_or_the_registrys(name):
    hosts = {urlsplit(link).hostname for link in read(RENDERED[name].html).links}
    assert hosts <= {"example.org", "clinicaltrials.gov"}


@pytest.mark.parametrize("name", TYPICAL)
def test_the_text_part_is_at_most_78_columns_wide_links_apart(name):
    wide = [line for line in RENDERED[name].text.splitlines() if len(line) > WIDTH and "http" not in line]
    assert wide == []
    links = [line for line in RENDERED[name].text.splitlines() if "http" in line]
    assert all(re.fullmatch(r" *https?://\S+", line) for line in links)


@pytest.mark.parametrize("name", TYPICAL)
def test_nothing_is_loaded_from_anywhere_and_nothing_runs(name):
    page = read(RENDERED[name].html)
    assert {tag for tag, _ in page.tags} & {
        "img",
        "script",
        "link",
        "iframe",
        "form",
        "object",
        "video",
    } == set()
    assert "url(" not in RENDERED[name].html
    assert "@import" not in RENDERED[name].html


@pytest.mark.parametrize("name", TYPICAL)
def test_the_page_can_be_read_aloud(name):
    language = {"da": "da", "de": "de"}.get(name[-2:], "en")
    page = read(RENDERED[name].html)
    html, wrapper = page.tags[0], next(each for each in page.tags if each[0] == "div")
    assert html == ("html", {"lang": language, "dir": "ltr"})
    assert (wrapper[1]["lang"], wrapper[1]["dir"]) == (language, "ltr")
    assert [tag for tag, _ in page.tags].count("h1") == 1
    tables = [attributes for tag, attributes in page.tags if tag == "table"]
    of_figures = [each for each in tables if each.get("class") == "figures"]
    assert all(each.get("role") == "presentation" for each in tables if each not in of_figures)
    assert [tag for tag, _ in page.tags].count("caption") == len(of_figures)
    assert "<title>" + html_module.escape(RENDERED[name].subject) in RENDERED[name].html


@pytest.mark.parametrize("name", [name for name in UPDATES if name.endswith(("_da", "_de"))])
def test_words_of_the_registry_are_marked_as_english_in_other_languages(name):
    assert f'<span lang="en">{TITLE}</span>' in RENDERED[name].html
    assert '<span lang="en">' not in RENDERED["opens"].html


def test_the_style_sheet_is_written_into_the_elements():
    assert 'style="' in RENDERED["opens"].html
    assert "font-size: 16px" in RENDERED["opens"].html
    assert "<h2" in RENDERED["opens"].html
    assert re.search(r'<h2[^>]*style="[^"]*#1f2933', RENDERED["opens"].html)


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ("#1f2933", "#ffffff"),
        ("#52606d", "#ffffff"),
        ("#0b5cad", "#ffffff"),
        ("#ffffff", "#0b5cad"),
        ("#e4e7eb", "#1f2933"),
        ("#b8c4d0", "#1f2933"),
        ("#7cc4fa", "#1f2933"),
        ("#1f2933", "#7cc4fa"),
    ],
)
def test_colours_stand_out_enough_in_both_schemes(ink, paper):
    lighter, darker = sorted((luminance(ink), luminance(paper)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_no_colour_is_untested():
    known = {"#1f2933", "#ffffff", "#52606d", "#0b5cad", "#e4e7eb", "#b8c4d0", "#7cc4fa"}
    hairlines = {"#d9e2ec", "#52606d"}
    sources = [path.read_text(encoding="utf-8") for path in (mails.ROOT / "templates/_base").iterdir()]
    used = {colour for source in sources for colour in re.findall(r"#[0-9a-f]{6}\b", source)}
    assert used == known | hairlines


# What is said, and what is not


@pytest.mark.parametrize("name", ENGLISH_UPDATES)
def test_own_words_promise_nothing(name):
    """The registry's words are left out: titles and quotations may say what they like."""
    text = plain(RENDERED[name].text).replace(TITLE, "")
    assert banned_in(re.sub("“.*?”", "", text)) == ()


@pytest.mark.parametrize("name", TYPICAL)
def test_subject_and_first_line_name_no_disease_and_no_title(name):
    first = RENDERED[name].text.partition("\n\n")[0]
    seen_by_all = " ".join(
        [first, RENDERED[name].subject, str(headers(RENDERED[name])["List-Id"])]
    ).casefold()
    tokens = {"blood", "cancer", "oligometastatic", "ctdna", "walking", "camomile", "nct", "trial for"}
    assert [token for token in tokens if token in seen_by_all] == []
    assert len(first) > 20


def test_there_is_a_typical_mail_of_every_kind():
    assert {make().kind for make in TYPICAL.values()} == set(LetterKind)


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("opens", "Update on a study you follow"),
        ("stops_early", "Update on a study you follow"),
        ("several_weekly", "Updates on studies you follow"),
        ("new_study", "A new study on a topic you follow"),
        ("now_listed", "A study on a topic you follow"),
        ("confirmation", "Please confirm that you want these mails"),
        ("preferences", "Here is the link you asked for"),
        ("contacts", "Here is the link you asked for"),
        ("welcome", "From now on we watch for you"),
        ("correction", "We told you something wrong"),
    ],
)
def test_subjects_are_discreet_and_constant(name, subject):
    assert headers(RENDERED[name])["Subject"] == subject


@pytest.mark.parametrize("name", UPDATES)
def test_every_update_names_the_study_its_dates_and_its_record(name):
    for part in (RENDERED[name].text, RENDERED[name].html):
        assert TITLE in part
        assert NCT in part
        assert f"https://clinicaltrials.gov/study/{NCT}" in part
        assert f"https://example.org/studies/{NCT}" in part
        assert "2027" in part


@pytest.mark.parametrize("name", ENGLISH_UPDATES)
def test_every_update_ends_with_who_writes_and_what_it_is_not(name):
    for part in (plain(RENDERED[name].text), read(RENDERED[name].html).text):
        assert (
            "This is a summary of the study's public record. It may miss details. It is not medical advice."
            in part
        )
        assert "Being listed does not mean that a government has reviewed or approved the study." in part
        assert "independent of the study's sponsor and of ClinicalTrials.gov" in part
        assert "Example Patients' Association" in part
        assert "1 Example Street, 8000 Aarhus C, Denmark" in part


def test_without_study_pages_there_is_no_link_to_one():
    made = renderer(study_pages=False).render(mails.many(31))
    links = {urlsplit(link).path.split("/")[1] for link in read(made.html).links}
    assert links == {"study", "unsubscribe"}
    assert "/studies/" not in made.text


def test_every_mail_about_studies_leads_to_our_pages_without_a_token():
    for name in [*UPDATES, "welcome", "correction", "still_watching"]:
        links = {link.partition("?lang=")[0] for link in read(RENDERED[name].html).links}
        assert "https://example.org/preferences" in links
        ours = [link for link in links if link.startswith("https://example.org/studies/")]
        assert [link for link in ours if not re.fullmatch(r".*/studies/NCT\d{8}", link)] == []


def test_every_update_says_what_to_pass_on_instead():
    for name in ENGLISH_UPDATES:
        address = f"https://example.org/studies/{NCT}"
        said = f"To share it, send this address, not this mail: {address} "
        assert said in " ".join(RENDERED[name].text.split())
        assert f">{address}</a>" in RENDERED[name].html


def test_where_the_record_names_no_contact_the_mail_says_so():
    alone = entry(record(overallStatus="RECRUITING"), record(overallStatus="SUSPENDED", centralContacts=None))
    text = " ".join(renderer().render(letter(alone)).text.split())
    assert "Whom to ask The record names no contact for the whole study." in text


def test_the_heaviest_study_comes_first():
    told = RENDERED["several_weekly"].told
    assert told == (NCT, "NCT97426252", "NCT97426251")
    assert RENDERED["several_weekly"].text.startswith("A study you follow is now listed as looking")


def test_all_reasons_are_given_each_with_a_way_to_stop_it():
    text = plain(RENDERED["several_weekly"].text)
    assert (
        "You asked on 3 July 2026 to hear of new studies under the topic: cancer. We write once a week"
        in text
    )
    assert f"You follow: {NCT} and cancer" in text
    for number in (1, 2, 3, 4):
        assert f"https://example.org/unsubscribe/u-{number}-token" in RENDERED["several_weekly"].text


def test_a_quiet_mail_tells_how_well_we_watched():
    text = plain(RENDERED["still_watching"].text)
    assert "Nothing changed in the 2 studies you follow since 12 January 2027." in text
    assert "We compared with the registry on 58 of 60 days, last on 13 March 2027." in text
    assert "On 2 days we could not compare: 4 February 2027 and 5 February 2027." in text


def test_a_quiet_mail_tells_the_truth_when_we_were_blind():
    blind = tuple(date(2027, 2, day) for day in range(1, 21))
    some = RENDERER.render(mails.still_watching(blind=blind, checked=40, studies=1, conditions=0))
    assert "On 20 days we could not compare." in plain(some.text)
    assert "Nothing changed in the study you follow since" in plain(some.text)
    none = RENDERER.render(mails.still_watching(checked=0, last_checked=None))
    assert "We could not compare with the registry on any of these days." in plain(none.text)


def test_where_nothing_more_is_expected_the_mail_asks_and_each_link_stops_that_study_alone():
    mail = RENDERED["last_mail"]
    text = plain(mail.text)
    assert "Nothing more is expected - It has ended and its results are posted." in text
    assert f"Shall we keep watching? - Keep watching {NCT}: you need not do anything." in text
    assert text.count(f"Stop watching {NCT}") == mail.html.count(f"Stop watching {NCT}") == 1


@pytest.mark.parametrize("ending", Ending)
def test_no_mail_that_asks_says_what_else_is_to_come(ending):
    cancelled = entry(record(), record(overallStatus="WITHDRAWN"))
    text = plain(RENDERER.render(letter(replace(cancelled, ending=ending))).text)
    assert "Nothing more is expected" in text
    assert "We keep" not in text


def test_the_title_stands_in_the_subject_only_for_those_who_asked():
    asked = replace(mails.opens(), title_in_subject=True)
    assert headers(RENDERER.render(asked))["Subject"] == f"Update: {TITLE}"
    several = replace(mails.several_weekly(), title_in_subject=True)
    assert RENDERER.render(several).subject == "Updates on studies you follow"


def test_a_single_reason_needs_one_link_only():
    assert re.findall(r"/unsubscribe/\S+", RENDERED["opens"].text) == ["/unsubscribe/u-1-token"]


def test_changes_of_different_weight_have_a_word_for_it():
    after = record(overallStatus="RECRUITING", keywords=["blood"])
    after["protocolSection"]["conditionsModule"]["keywords"] = ["blood"]
    rendered = RENDERER.render(letter(entry(record(), after)))
    assert "[Important]" in rendered.text
    assert "Small edit" in read(rendered.html).text
    assert "[" not in RENDERED["opens"].text


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_makes_a_mail(kind):
    location = {
        "facility": "Seaside Hospital",
        "city": "Springfield",
        "country": "Malta",
        "status": "RECRUITING",
    }
    for before, after in (
        (None, location),
        (location, None),
        ("old", "new"),
        ({"date": "2028"}, None),
        ([], ["x"]),
    ):
        rendered = RENDERER.render(letter(mails.one(kind, before, after)))
        assert NCT in rendered.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_preview_has_a_sample_of_every_mail(language):
    made = dict(samples.letters(language))
    assert {sample.kind for sample in made.values()} == set(LetterKind)
    assert all(RENDERER.render(sample).content for sample in made.values())


# --- what leads a mail of several -----------------------------------------------------------------------------------


def of_study(number, before, after, **changes):
    """An entry of a study of its own."""
    nct_id = f"NCT9750000{number}"
    return entry(
        record(nct_id, **before),
        record(nct_id, **before | after),
        reasons=(reason(number, nct_id),),
        **changes,
    )


OPENS = of_study(5, {}, {"overallStatus": "RECRUITING"})
STOPS = of_study(4, {"overallStatus": "RECRUITING"}, {"overallStatus": "TERMINATED"})
POSTED = of_study(3, {"overallStatus": "COMPLETED", "hasResults": False}, {"hasResults": True})
JOINS = of_study(
    1,
    {},
    {"eligibilityCriteria": "Inclusion Criteria:\n\n* Age \\>= 40 years", "briefTitle": "Another Title"},
)


@pytest.mark.parametrize(
    ("entries", "lead"),
    [
        ((JOINS, POSTED, STOPS, OPENS), "A study you follow is now listed as looking for participants."),
        ((JOINS, POSTED, STOPS), "A study you follow has stopped early"),
        ((JOINS, POSTED), "Results were posted for a study you follow."),
    ],
)
def test_a_mail_of_several_leads_with_what_matters_most(entries, lead):
    mail = RENDERER.render(letter(*entries))
    assert plain(mail.text).startswith(lead)
    assert mail.told[0] == entries[-1].study.nct_id


def test_a_place_near_its_reader_comes_before_what_only_weighs_more():
    site = {"facility": "Clinic", "city": "Odense", "country": "Denmark", "status": "RECRUITING"}
    found = Told(Change(Kind.SITE_ADDED, Weight.NOTABLE, LOCATIONS, None, site), SEEN)
    places = replace(of_study(2, {}, {"briefTitle": "Words"}), told=(found,), near=Near("Odense"))
    first = RENDERER.render(letter(JOINS, places)).told
    assert first == (places.study.nct_id, JOINS.study.nct_id)
    assert RENDERER.render(letter(JOINS, replace(places, near=None))).told == (first[1], first[0])
    assert RENDERER.render(letter(JOINS, replace(places, near=Near("Rome")))).told == (first[1], first[0])


def test_important_stands_once():
    both = of_study(6, {}, {"overallStatus": "RECRUITING", "briefTitle": "Other", "minimumAge": "40 Years"})
    mail = RENDERER.render(letter(JOINS, both))
    assert mail.text.count("[Important]") == 1
    assert "[Worth knowing]" in mail.text
