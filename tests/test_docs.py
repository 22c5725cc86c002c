"""What `docs/` says is so: its commands, options, settings, files and figures exist, and are those of the program."""

import ast
import re
import shlex
from datetime import timedelta
from pathlib import Path

import pytest
from reference import every_command

from notifier.app import load_settings
from notifier.domain import geo
from notifier.domain.scheduling import TIMETABLE
from notifier.settings import PREFIX, Settings
from notifier.storage import retention

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").glob("**/*.md"))
COMMANDS = every_command()
#: Rooms whose inner rooms the page tells of, too.
LAYERED = ("domain", "storage", "sources", "mail", "services")
each = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
#: What is made at run time, or is another's.
NOT_FILES = re.compile(
    r"^[/~]|…|https?:|xx/|smtp|imap|\.key$|^application/|^[A-Z]\w+/|^\d|\.pem|^sqlite:|^postgresql|^my-site|^notifier[ .]"
)


def quoted(page):
    return re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8"))


def called(text):
    """The command that a quotation calls, and its options; None where it calls none."""
    words = text.split()
    if words[:1] != ["notifier"]:
        return None
    name = next((" ".join(words[:n]) for n in (3, 2) if " ".join(words[:n]) in COMMANDS), None)
    return name, re.findall(r"(?<!\S)--[a-z-]+", text)


@each
def test_every_command_and_option_exists(page):
    for text in quoted(page):
        if (found := called(text)) is None:
            continue
        name, options = found
        assert name, f"{page.name}: {text}"
        known = {option for each in COMMANDS[name].params for option in (*each.opts, *each.secondary_opts)}
        assert set(options) <= known | {"--help"}, f"{page.name}: {text}"


@each
def test_every_setting_exists(page):
    told = set(re.findall(rf"{PREFIX}[A-Z_]+", page.read_text(encoding="utf-8")))
    assert told <= {PREFIX + name.upper() for name in Settings.model_fields}


@each
def test_every_file_exists(page):
    for text in quoted(page):
        if "/" in text and " " not in text and not NOT_FILES.search(text):
            assert (ROOT / text).exists(), f"{page.name}: {text}"


@each
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), f"{page.name}: {target}"


def days(length):
    return f"{length // timedelta(days=1)} days"


FIGURES = [
    ("privacy", f"{days(retention.ADDRESS_AFTER_END)} after the last subscription ended"),
    ("privacy", f"not confirmed is deleted after {days(retention.UNCONFIRMED_FOR)}"),
    ("privacy", f"a study's contacts is deleted after {days(retention.ASKED_FOR)}"),
    ("privacy", f"never to lose or repeat one | {days(retention.HISTORY_FOR)}"),
    ("privacy", f"to stop mailing dead addresses | {days(retention.HISTORY_FOR)}"),
    ("privacy", f"limits against abuse | {days(retention.TALLIES_FOR)}"),
    ("privacy", f"to answer for it | {days(retention.AUDIT_FOR)}"),
    ("privacy", f"about {round(geo.KM_PER_DEGREE * 10**-geo.DEGREES)} km"),
    ("operating", f"given up after {days(TIMETABLE.give_up_after)}"),
    ("operating", f"above {Settings().registry_requests_per_second:g} against the real registry"),
]


@pytest.mark.parametrize(("name", "said"), FIGURES)
def test_every_figure_is_the_programs(name, said):
    assert said in " ".join((ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8").split())


def test_the_waits_of_deferred_mail_are_the_programs():
    page = " ".join((ROOT / "docs" / "operating.md").read_text(encoding="utf-8").split())
    minutes = [wait // timedelta(minutes=1) for wait in TIMETABLE.retry_after]
    assert minutes == [15, 30, 60, 120, 240, 480]
    assert "after 15 minutes, 30 minutes, 1, 2, 4 and then every 8 hours" in page


def test_the_settings_with_which_one_goes_live_are_taken_and_let_mail_out(tmp_path):
    page = (ROOT / "docs" / "going-live.md").read_text(encoding="utf-8")
    lines = [
        word for line in re.findall(rf"^    ({PREFIX}.*)$", page, re.MULTILINE) for word in shlex.split(line)
    ]
    settings = load_settings(dict(line.split("=", 1) for line in lines), tmp_path)
    settings.check_mailing()
    assert settings.mails_leave_this_machine


def rooms():
    """The rooms, two levels deep, with what each says of itself in its first sentence."""
    package = ROOT / "notifier"
    inner = [file for room in LAYERED for file in (package / room).glob("*.py")]
    for file in sorted(
        {*package.glob("*.py"), *package.glob("*/__init__.py"), *inner, *package.glob("*/*/__init__.py")}
    ):
        name = ".".join(file.relative_to(package).with_suffix("").parts).removesuffix(".__init__")
        if name.startswith("_") or ("." in name and name.partition(".")[0] not in LAYERED):
            continue
        said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
        yield name, " ".join(said.partition("\n\n")[0].split())


def test_every_room_says_there_what_it_says_of_itself():
    page = (ROOT / "docs" / "how-it-is-built.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\* `([\w.]+)`: (.+)$", page, flags=re.MULTILINE))
    assert told == dict(rooms())


def write_rooms():
    """Write what each room says of itself into the page: `python tests/test_docs.py`."""
    path = ROOT / "docs" / "how-it-is-built.md"
    page = path.read_text(encoding="utf-8")
    before = re.split(r"^\* `[\w.]+`: ", page, maxsplit=1, flags=re.MULTILINE)[0]
    path.write_text(before + "".join(f"* `{room}`: {said}\n" for room, said in rooms()), encoding="utf-8")


if __name__ == "__main__":
    write_rooms()
