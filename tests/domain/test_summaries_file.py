"""A file of reads that people wrote: as spreadsheets and programs save it, with one sentence on each row that is wrong."""

import json

import pytest

from notifier.domain.summaries.importing import read_rows
from notifier.errors import InputError

HEAD = "nct_id,title,summary,could_lead_to,could_go_wrong,source"
LINE = "NCT90000001,Tea for knees,It looks at tea.,It could show more.,It may not help.,Example Society"


def rows(text, *, as_json=False, encoding="utf-8"):
    return read_rows(text.encode(encoding), as_json=as_json)


def csv(*lines, end="\n"):
    return rows(end.join((HEAD, *lines)) + end)


def entry(**changed):
    names = HEAD.split(",")
    return dict(zip(names, LINE.split(","), strict=True)) | changed


def test_a_row_becomes_a_read():
    [row] = csv(LINE)
    assert (row.line, row.fault, row.notes) == (2, None, ())
    assert (row.written.nct_id, row.written.title) == ("NCT90000001", "Tea for knees")
    assert row.written.summary == ("It looks at tea.",)
    assert row.written.written_by == "Example Society"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_files_of_spreadsheets_are_read(encoding, end):
    [row] = rows(end.join((HEAD, LINE.replace("tea", "té"))) + end, encoding=encoding)
    assert row.written.summary == ("It looks at té.",)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_are_told_from_the_first_line(delimiter):
    [row] = rows(f"{HEAD}\n{LINE}".replace(",", delimiter))
    assert row.written.could_go_wrong == ("It may not help.",)


def test_the_line_by_which_a_spreadsheet_names_its_delimiter_is_passed_over():
    [row] = rows(f"sep=;\n{HEAD}\n{LINE}".replace(",", ";"))
    assert (row.line, row.fault) == (3, None)


def test_quotes_hold_commas_quotes_and_paragraphs():
    text = '"It looks at ""tea"",\nand at water.\n\nIt is small."'
    [row] = csv(LINE.replace("It looks at tea.", text))
    assert row.written.summary == ('It looks at "tea", and at water.', "It is small.")


def test_each_row_is_known_by_the_line_in_which_it_begins():
    long = LINE.replace("It looks at tea.", '"One.\n\nTwo."')
    found = csv(long, "", LINE.replace("NCT90000001", "NCT9"))
    assert [row.line for row in found] == [2, 6]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            LINE.replace("NCT90000001", "NCT9"),
            "nct_id: 'NCT9' is not a study's id: write NCT and eight digits",
        ),
        (LINE.replace("It looks at tea.", " "), "summary is empty: write at least one sentence"),
        (LINE.replace("Example Society", ""), "source is empty: say who wrote the text"),
        (LINE.replace("tea.", "<b>tea</b>."), "summary holds HTML (<b>): write plain text"),
        (LINE.replace("Tea for knees", "T" * 301), "title has more than 300 characters"),
        (LINE.replace("It looks at tea.", "T" * 6001), "summary has more than 6000 characters"),
        (LINE.replace("Example Society", "S" * 121), "source has more than 120 characters"),
        (LINE + ",more", "it has 7 cells, and there are 6 columns: put quotes around texts"),
        ("NCT90000001,Tea", "it has 2 cells, and there are 6 columns"),
    ],
)
def test_a_wrong_row_has_one_clear_sentence_and_the_others_are_read(line, sentence):
    good = LINE.replace("NCT90000001", "NCT90000002")
    wrong, right = csv(line, good)
    assert wrong.fault.startswith(sentence)
    assert (wrong.line, wrong.written) == (2, None)
    assert right.written is not None


def test_a_study_that_stands_twice_is_named_with_its_first_line():
    assert csv(LINE, LINE)[1].fault == "NCT90000001 stands in line 2 already: keep one of the two"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        (HEAD, "has no rows"),
        ("nct_id,sumary\n", "has a column 'sumary': did you mean summary?"),
        ("nct_id,summary\n", "has no column could_lead_to"),
        (HEAD + ",title\n", "the column title twice"),
        (HEAD + '\nNCT90000001,"Tea', "cannot be read from line 2 on"),
        (HEAD + '\nNCT90000001,"Tea"x,', "cannot be read from line 2 on"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(text, sentence):
    with pytest.raises(InputError) as refused:
        rows(text)
    assert sentence in str(refused.value)


def test_a_file_in_another_encoding_says_how_to_save_it():
    with pytest.raises(InputError, match=r"not UTF-8, see line 2: it looks like Latin-1"):
        rows(f"{HEAD}\n{LINE.replace('tea', 'té')}", encoding="latin-1")


def test_json_is_read_with_lists_of_paragraphs():
    text = json.dumps([entry(summary=["One.", "Two."]), entry(nct_id="nct90000002", title=None)], indent=1)
    first, second = rows(text, as_json=True)
    assert first.written.summary == ("One.", "Two.")
    assert (second.line, second.written.nct_id, second.written.title) == (13, "NCT90000002", None)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"summary": 7}, "summary is neither a text nor a list of texts"),
        ({"summary": [["x"]]}, "summary is neither a text nor a list of texts"),
        ({"title": ["x"]}, "title is not a text"),
        ({"nct_id": 90000001}, "nct_id is not a text"),
        ({"sumary": "x"}, "The file has a column 'sumary': did you mean summary?"),
    ],
)
def test_a_json_value_of_another_sort_is_named(changed, sentence):
    [row] = rows(json.dumps([entry(**changed)]), as_json=True)
    assert row.fault == sentence


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[{]", 1),
        ('[\n{"nct_id": "x"}\n{}]', 3),
        ("[1", 1),
        ("[]\n x", 2),
        ("[" * 5000, 1),
        ('[{"a":"\n"}]', 1),
    ],
)
def test_broken_json_is_refused_with_the_line(text, line):
    with pytest.raises(InputError, match=rf"not JSON from line {line} on"):
        rows(text, as_json=True)


@pytest.mark.parametrize("text", ["", "{}", '"x"'])
def test_json_that_is_no_list_says_so(text):
    with pytest.raises(InputError, match="not a JSON list"):
        rows(text, as_json=True)


def test_what_an_editor_may_look_at_again_is_a_note_and_no_fault():
    hard = "Notwithstanding considerable investigational complications, this is a promising breakthrough."
    [row] = csv(LINE.replace("It looks at tea.", f'"{hard}"'))
    assert row.fault is None
    assert row.notes[0] == "says promising, breakthrough, which may promise too much"
    assert row.notes[1].startswith("reads at grade ")


def test_hidden_signs_are_taken_out():
    [row] = csv(LINE.replace("Tea for knees", "Tea\u202e for\u200b knees\x07"))
    assert row.written.title == "Tea for knees"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("first", ["", "sep=;\n", '"sep=;"\n', ";;;;;;\n\n"])
def test_a_table_is_read_as_spreadsheets_write_it(encoding, end, first):
    text = f"{first}{HEAD};;\n\n;;;;;;;\n{LINE};;\n;;;;;;;\n".replace(",", ";").replace("\n", end)
    [row] = read_rows(text.encode(encoding), as_json=False)
    assert (row.fault, row.written.nct_id) == (None, "NCT90000001")
