"""`notifier subscribers import` as it is typed: each fault of a file in a sentence, a verdict a line, all or nothing."""

import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from notifier import app
from notifier.sources.clinicaltrials_gov import Records
from notifier.storage import audit, subscribers
from notifier.storage.models import SubscriberRow, subscriptions
from tests.factories import A, B
from tests.store_factories import a_study, follow

NOON = datetime(2027, 1, 12, 12, tzinfo=UTC)
JANE = "jane@example.org"
HEAD = "email,study,condition,every,consent,time_zone,language\n"


@pytest.fixture
def store(place, monkeypatch, sqlite):
    """An empty database."""
    monkeypatch.setenv("NOTIFIER_CLOCK", "2027-01-12T13:00:00Z")
    monkeypatch.setenv("NOTIFIER_REGISTRY_URL", "http://127.0.0.1:9/api/v2")  # where nothing listens
    return sqlite


@pytest.fixture
def bring(store, notifier, tmp_path):
    """Writes a file and imports it; gives exit code, standard output and standard error."""

    def run(content, *words, answer=""):
        raw = content if isinstance(content, bytes) else content.encode()
        (tmp_path / "people.csv").write_bytes(raw)
        return command("people.csv", *words, answer=answer)

    def command(*words, answer=""):
        return notifier("subscribers", "import", *words, stdin=answer)

    run.command = command
    return run


def follows(database):
    with database.reading() as session:
        return session.execute(select(func.count()).select_from(subscriptions)).scalar_one()


def verdicts(answer):
    code, out, err = answer
    assert (code, err) == (0, "")
    return [(each["line"], each["verdict"], each["why"]) for each in json.loads(out)["lines"]]


# --- a dry run, and doing it ------------------------------------------------------------------------------------------


def test_without_commit_a_verdict_a_line_is_said_and_nothing_is_changed(store, bring):
    with store.transaction() as session:
        a_study(session, NOON, A)
        follow(session, NOON, "john@example.org", A)
    code, out, err = bring(
        f"{HEAD}{JANE},{A},,,ticked,,\njohn@example.org,{A},,,,,\nx@example.org,,Knee pain,daily,,,\n"
    )
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"line 2: {A} would be followed from now on",
        f"line 3: {A} is followed already (active)",
        "line 4: Knee pain would wait until they confirm by mail",
        "3 lines, 2 people would be added: 1 active, 1 already active, 1 pending.",
        "Nothing was changed. With --commit all of it is done, or nothing where a line is refused.",
    ]
    assert follows(store) == 1


def test_with_commit_it_is_done_and_noted(store, bring):
    code, out, _ = bring(
        f"{HEAD}{JANE},{A},,,ticked,,\n{JANE},{B},,,,,\n", "--commit", "--reason", "our members"
    )
    assert (code, out.splitlines()[-1]) == (0, "2 lines, 1 person was added: 1 active, 1 pending.")
    assert follows(store) == 2
    with store.reading() as session:
        (act,) = audit.trail(session)
    assert (act.command, act.people, act.ids, act.reason) == (
        "subscribers import",
        1,
        {"subscribers": [1]},
        "our members",
    )


def test_as_json_it_is_one_object(store, bring):
    code, out, err = bring(f"{HEAD}{JANE},{A},,,ticked,,\n", "--commit", "--json")
    assert (code, err, out.count("\n")) == (0, "", 1)
    assert json.loads(out) == {
        "committed": True,
        "people": 1,
        "counts": {"active": 1},
        "lines": [{"line": 2, "follows": A, "verdict": "active", "why": None}],
        "notes": [],
    }


def test_one_refused_line_and_nobody_is_added(store, bring):
    code, out, err = bring(f"{HEAD}{JANE},{A},,,ticked,,\nno address,{A},,,,,\n", "--commit")
    assert (code, follows(store)) == (1, 0)
    assert "line 3: refused (This is not an e-mail address" in out
    assert err == "notifier: 1 lines are refused, so nothing was imported: put them right, or take them out\n"


def test_more_than_ten_people_are_added_only_after_a_yes(store, bring):
    content = HEAD + "".join(f"reader{n}@example.org,{A},,,{'ticked' if n else ''},,\n" for n in range(11))
    code, out, err = bring(content, "--commit", answer="n\n")
    assert (code, follows(store)) == (1, 0)
    assert (
        "11 people will be added, 10 of them at once, and 1 will be asked to confirm by mail. Go on?"
        in out + err
    )
    assert "@" not in out + err
    assert bring(content, "--commit")[0] == 1  # nobody there to answer
    assert bring(content, "--commit", answer="y\n")[0] == 0
    assert follows(store) == 11


def test_yes_answers_before_it_is_asked(store, bring):
    content = HEAD + "".join(f"reader{n}@example.org,{A},,,,,\n" for n in range(11))
    assert bring(content, "--commit", "--yes", "--json")[0] == 0
    assert follows(store) == 11


def test_of_a_large_file_only_what_is_not_added_is_said(store, bring):
    with store.transaction() as session:
        a_study(session, NOON, A)
    content = HEAD + "".join(f"reader{n}@example.org,{A},,,,,\n" for n in range(1000)) + f"x,{A},,,,,\n"
    said = bring(content)[1].splitlines()
    assert (len(said), said[0].split(" (")[0]) == (3, "line 1002: refused")


# --- files of all sorts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        f"email,study\n{JANE},{A}\n",
        f"\ufeffemail,study\r\n{JANE},{A}\r\n",
        f"email;study;consent\n{JANE};{A};\n",
        f"email\tstudy\n{JANE}\t{A}",
        f'"Email", "STUDY"\n"{JANE}", "{A.lower()}"\n',
        f"Time Zone,email,Study\n,{JANE},{A}\n\n,,\n",
        f"email,study,time-zone\r{JANE},{A},UTC\r",
    ],
)
def test_whatever_program_wrote_the_file_it_is_read(store, bring, content):
    assert [verdict for _, verdict, _ in verdicts(bring(content, "--json"))] == ["pending"]


def test_a_cell_may_hold_a_comma_a_quotation_mark_and_a_line_break(store, bring):
    content = (
        f'email,condition,consent\n{JANE},"pain, chronic","she said ""yes""\non the phone"\n{JANE},"x y",\n'
    )
    assert verdicts(bring(content, "--json")) == [(2, "active", None), (4, "pending", None)]


def test_semicolons_are_mentioned(store, bring):
    assert bring(f"email;study\n{JANE};{A}\n")[1].startswith("The columns are parted by semicolons.\n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text",
    [
        "sep=;\r\nemail;study\r\n{JANE};{A}\r\n",
        "email;study;;\r\n;;;\r\n{JANE};{A};;\r\n;;;\r\n",
        ";email;;Study\r\n;{JANE};;{A}\r\n",
        "\r\n\r\nemail\tstudy\r\n{JANE}\t{A}\r\n",
        ";;\nE-Mail;study;\n{JANE};{A};\n".replace("E-Mail", "email"),
    ],
)
def test_a_list_is_read_as_spreadsheets_write_it(store, bring, text, encoding):
    code, out, err = bring(text.replace("{JANE}", JANE).replace("{A}", A).encode(encoding))
    assert (code, err) == (0, "")
    assert "1 line, 1 person would be added" in out


def test_what_stands_in_a_column_without_a_name_is_asked_about(store, bring):
    out = bring(f"email,study,\n{JANE},{A},x\n")[1]
    assert "it has something in a column without a name" in out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"email,study\n", "names columns and nobody"),
        (b"email,study\n\n,,\n"[:13], "names columns and nobody"),
        (b"email,study\nj\xf6rg@example.org,NCT90000001\n", "not UTF-8, see line 2: it looks like Latin-1"),
        (b"PK\x03\x04\x00\x00", "is no text"),
        (b"email,studdy\nx,y\n", "column 'studdy': did you mean study?"),
        (b"email,phone\nx,y\n", "column 'phone': there are email, study"),
        (b"email,study,study\nx,y,z\n", "column study twice"),
        (b"study\nNCT90000001\n", "no column email"),
        (b"email,every\nx,daily\n", "no column study and no column condition"),
        (b"jane@example.org,NCT90000001\n", "begins with a person"),
        (b'email,study\n"jane@example.org,NCT90000001\n', "line 2 on: a quotation mark opens here and is never closed"),
        (b'email,study\n"jane"x,NCT90000001\n', "line 2 on: the quotation marks"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_said_in_one_line(store, bring, content, said):
    code, out, err = bring(content, "--commit")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert said in err
    assert "jane" not in err


@pytest.mark.parametrize(("path", "said"), [("nowhere.csv", "is not there"), (".", "is a folder")])
def test_a_file_that_is_none(store, bring, path, said):
    code, out, err = bring.command(path)
    assert (code, out, said in err) == (1, "", True)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (",{A},,,,,", "not an e-mail address"),
        ("jane,{A},,,,,", "not an e-mail address"),
        ("Jane <jane@example.org>,{A},,,,,", "not an e-mail address"),
        ("jane@example.org,,,,,,", "neither a study nor a condition"),
        ("jane@example.org,{A},knee pain,,,,", "a line is for one of them"),
        ("jane@example.org,NCT1,,,,,", "NCT"),
        ("jane@example.org,,()[],,,,", ""),
        ("jane@example.org,{A},,dayly,,,", "did you mean daily?"),
        ("jane@example.org,{A},,often,,,", "there are immediate, daily, weekly"),
        ("jane@example.org,{A},,,,Mars/Crater,", "time zone"),
        ("jane@example.org,{A},,,,,<b>", "language"),
        ("jane@example.org,{A}", "it has 2 cells, and there are 7 columns"),
        ("jane@example.org,{A},,,,,,,x", "it has 9 cells"),
        ("{A},jane@example.org,,,,,", "study holds an e-mail address"),
        ("jane@example.org,{A},,," + "x" * 1001 + ",,", "at most 1000"),
    ],
)
def test_a_wrong_line_is_refused_with_its_number_and_why(store, bring, line, why):
    ((number, verdict, said),) = verdicts(bring(HEAD + line.replace("{A}", A) + "\n", "--json"))
    assert (number, verdict, why in said) == (2, "refused", True)
    assert "jane" not in said


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "Missing argument"),
        (("people.csv", "--reason", ""), 1, "reason is empty"),
        (("people.csv", "--comit"), 2, "No such option"),
        (("people.csv", "other.csv"), 2, "unexpected extra argument"),
    ],
)
def test_wrong_words_import_nothing(store, bring, words, code, said):
    ended, out, err = bring.command(*words)
    assert (ended, out) == (code, "")
    assert said in err
    assert follows(store) == 0


def test_a_slip_in_a_large_provider_s_name_is_asked_about_and_taken(store, bring):
    out = bring(f"email,study\njane@gmial.con,{A}\n", "--commit")[1]
    assert "waits until they confirm by mail (Did you mean an address at gmail.com?)" in out
    assert "1 line, 1 person was added" in out


# --- numbers that the registry does not know --------------------------------------------------------------------------


@pytest.fixture
def registry(monkeypatch):
    """A registry that has A alone; keeps what it was asked for."""
    asked = []

    class Knowing:
        async def records(self, nct_ids, *, patient):
            assert not patient
            asked.append(nct_ids)
            return Records({A: None}, tuple(i for i in nct_ids if i != A), ())

    @asynccontextmanager
    async def opened(*_):
        yield Knowing()

    monkeypatch.setattr(app, "open_registry", opened)
    return asked


def test_a_dry_run_says_which_numbers_the_registry_does_not_have(store, bring, registry):
    lines = "".join(f"{who}@example.org,{study},,,,,\n" for who, study in (("a", A), ("b", B), ("c", B)))
    code, out, _ = bring(HEAD + lines)
    assert code == 0
    assert out.startswith(f"line 3: {B} is not in the registry: check the number.\n")
    assert registry == [[A, B]]


def test_what_is_stored_is_asked_of_nobody_nor_is_anything_when_it_is_done(store, bring, registry):
    with store.transaction() as session:
        a_study(session, NOON, A)
    bring(HEAD + f"a@example.org,{A},,,,,\n")
    bring(HEAD + f"b@example.org,{B},,,,,\n", "--commit")
    assert registry == []


def test_a_registry_that_cannot_be_asked_stops_no_dry_run(store, bring):
    code, out, _ = bring(HEAD + f"a@example.org,{A},,,,,\n")
    assert code == 0
    assert out.startswith("The registry cannot be asked now")


def test_what_is_searched_is_said_where_it_is_not_what_the_file_says(store, bring):
    lines = "".join(f"{who}@example.org,,HER2- breast cancer,,,,\n" for who in "ab")
    code, out, _ = bring(HEAD + lines + "c@example.org,,knee pain,,,,\n")
    assert code == 0
    assert out.startswith(
        '"HER2- breast cancer" is searched as "HER2 negative breast cancer".\nline 2: HER2 negative'
    )
    many = "".join(f"a@example.org,,marker{n}- cancer,,,,\n" for n in range(30))
    notes = json.loads(bring(HEAD + many, "--json")[1])["notes"]
    assert len(notes) == 21
    assert notes[-1].startswith("And 10 more")


NARROW = "email,study,condition,consent,open_only,treatment_only,country,age_group,sex,not\n"


def test_a_list_narrows_conditions(store, bring):
    code, _, problem = bring(
        f"{NARROW}{JANE},,gout,by form,yes,no,DK SE,older adult,female,mouse rat\n", "--commit", "--yes"
    )
    assert (code, problem) == (0, "")
    with store.reading() as session:
        assert subscribers.chosen(session, 1).follows[0].narrowing.plain() == {
            "open_only": True, "country": ["DK", "SE"], "age_group": "older-adult", "sex": "female", "not": ["mouse", "rat"],
        }  # fmt: skip


def test_a_list_says_whose_mails_name_nothing(store, bring):
    """Of people who are new here; without a word it is as NOTIFIER_DISCREET has it."""
    people = (("ann", "yes"), ("ben", "no"), ("cleo", ""))
    rows = "".join(f"{who}@example.org,gout,by form,{said}\n" for who, said in people)
    assert bring(f"email,condition,consent,discreet\n{rows}", "--commit", "--yes")[0] == 0
    with store.reading() as session:
        found = session.execute(select(SubscriberRow.email, SubscriberRow.discreet)).all()
    assert {who.partition("@")[0]: discreet for who, discreet in found} == {
        "ann": True,
        "ben": False,
        "cleo": None,
    }
    said = bring("email,condition,discreet\ndan@example.org,gout,perhaps\n")[1]
    assert "discreet is 'perhaps': give yes or no" in said


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (",gout,,,,Atlantis,,,", "'Atlantis' is not a country"),
        (",gout,,,,,teen,,", "'teen' is not an age group"),
        (",gout,,,,,,x,", "'x' is not a sex"),
        (",gout,,maybe,,,,,", "open_only is 'maybe': give yes or no"),
        ("NCT90000001,,,yes,,,,,", "it narrows a study"),
    ],
)
def test_a_line_that_narrows_wrongly_is_refused_by_itself(store, bring, line, why):
    _, said, _ = bring(f"{NARROW}{JANE},{line}\n")
    assert why in said
    assert len([each for each in said.splitlines() if "line 2" in each]) == 1
