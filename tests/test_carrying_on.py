"""The recipes of `docs/carrying-on.md`, followed in a copy of the program: each step is what the page says, and nothing else."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/carrying-on.md").read_text(encoding="utf-8")


class Copy:
    """A copy of the program that a recipe changes."""

    def __init__(self, folder):
        self.folder = folder
        for part in ("notifier", "templates", "migrations"):
            shutil.copytree(ROOT / part, folder / part)  # with what is compiled of it

    def put(self, path, before, text):
        """Put text before the first place where `before` stands, in a file that the page names."""
        assert path in PAGE
        file = self.folder / path
        whole = file.read_text(encoding="utf-8")
        assert before in whole
        file.write_text(whole.replace(before, text + before, 1), encoding="utf-8")

    def run(self, *arguments):
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def copy(tmp_path):
    return Copy(tmp_path)


MAILED = """
import json
from datetime import UTC, datetime
from pathlib import Path

from notifier import app
from notifier.demo import samples
from notifier.domain.letter import LetterKind
from notifier.settings import Settings
from notifier.storage import letters, subscribers
from notifier.storage.outbox import claims, transactional
from notifier.storage.subscribers import Choice, Consent, Person, Wanted, address

now, settings = datetime(2027, 1, 12, tzinfo=UTC), Settings()
with app.open_database(settings) as database:
    with database.transaction() as session:
        who, consent = Person(address("jane@example.org")), Consent("command", "a test", "on paper")
        wanted = [Wanted(nct_id="NCT90000001")]
        subscribers.add(session, who, wanted, choice=Choice(), consent=consent, now=now, domain="example.org")
        mail = transactional.queue(session, LetterKind.BIRTHDAY, 1, now, "example.org")
        claims.claim(session, now, "here:1", 1)
        letter = letters.compose(session, mail, now)
    made = app.make_renderer(settings, app.open_keys(settings)).render(letter)
print(json.dumps({
    "subject": made.subject,
    "text": made.text,
    "headers": made.content.decode(),
    "sample": [name for name, letter in samples.letters("en") if letter.kind == LetterKind.BIRTHDAY],
}))
"""


def test_a_mail_is_a_row_and_its_templates(copy):
    copy.put("notifier/domain/letter.py", "    #: We told something wrong.\n", '    BIRTHDAY = "birthday"\n')
    folder = copy.folder / "templates/birthday"
    shutil.copytree(ROOT / "templates/still_watching", folder)
    for file in ("body.txt", "body.html"):
        text = (folder / file).read_text(encoding="utf-8")
        begin, end = text.index("{% for sentence"), text.index("{% endfor %}") + len("{% endfor %}\n")
        text = (text[:begin] + text[end:]).replace("{{ headline", '{{ "A year with us"')
        (folder / file).write_text(text, encoding="utf-8")
    (folder / "subject.txt").write_text("A year with us\n", encoding="utf-8")
    made = json.loads(copy.run("-c", MAILED))
    assert made["subject"] == "A year with us"
    assert "NCT90000001" in made["text"]
    assert "/unsubscribe/" in made["text"]
    assert "List-Unsubscribe-Post" in made["headers"]
    assert made["sample"] == ["birthday"]


DETECTED = """
import json
from datetime import UTC, datetime

from notifier.domain.changes import detect, group_of
from notifier.domain.letter import Told
from notifier.domain.study import decode
from notifier.domain.wording import speech, tell

def record(visits):
    about = {"nctId": "NCT90000001", "briefTitle": "Walking"}
    status = {"overallStatus": "RECRUITING"}
    design = {"numberOfVisits": visits}
    return {"protocolSection": {"identificationModule": about, "statusModule": status, "designModule": design}}

(change,) = detect(record(4), record(6)).news
study = decode(json.dumps(record(6)).encode())
(told,) = tell(speech("en"), study, [Told(change, datetime(2027, 1, 12, tzinfo=UTC))], UTC)
print(json.dumps({"kind": change.kind, "weight": change.weight, "means": told.means, "group": group_of(change.kind).name}))
"""


def test_a_change_kind_is_a_row_and_its_sentence(copy):
    copy.put("notifier/domain/changes/kinds.py", "    OTHER =", "    VISITS = auto()\n")
    copy.put(
        "notifier/domain/changes/kinds.tsv",
        "other\tminor",
        "visits\tnotable\teverything_else\thow often people come\tdesignModule.numberOfVisits\n",
    )
    copy.put(
        "notifier/domain/wording/sentences.tsv",
        "other\t",
        "visits\tThe entry of a study you follow changed.\t%(source)s how often people come has changed.\n",
    )
    told = json.loads(copy.run("-c", DETECTED))
    assert (told["kind"], told["weight"], told["group"]) == ("visits", "notable", "EVERYTHING_ELSE")
    assert "how often people come has changed." in told["means"]


def test_a_language_is_its_sentences_and_a_row(copy):
    locale = copy.folder / "notifier/domain/wording/locale"
    shutil.copytree(locale / "de", locale / "nl")
    copy.put(
        "notifier/domain/languages.py", '    "de": Language(', '    "nl": Language("nl_NL", "Nederlands"),\n'
    )
    copy.run("-m", "notifier", "preview", "--language", "nl", "--folder", "seen")
    assert 'lang="nl"' in (copy.folder / "seen/welcome.html").read_text(encoding="utf-8")
