"""The typical mails, kept as files: whoever changes words or looks sees in the difference what readers will see.

To renew them after a change that is meant, and to look at them then:

    RENEW_MAILS=1 pytest tests/mail/test_rendering_golden.py
    python tests/look_at_mails.py
"""

import os

import pytest
from mails import ROOT, TYPICAL, renderer

KEPT = ROOT / "tests/data/mail"


def golden(rendered):
    """The parts as they are kept; the text file starts with the subject."""
    return {"txt": f"Subject: {rendered.subject}\n\n{rendered.text}", "html": rendered.html}


@pytest.mark.parametrize("name", TYPICAL)
def test_the_mail_is_as_it_was(name):
    parts = golden(renderer().render(TYPICAL[name]()))
    if os.environ.get("RENEW_MAILS"):
        KEPT.mkdir(parents=True, exist_ok=True)
        for ending, text in parts.items():
            (KEPT / f"{name}.{ending}").write_text(text, encoding="utf-8", newline="\n")
    kept = {ending: (KEPT / f"{name}.{ending}").read_text(encoding="utf-8") for ending in parts}
    assert parts == kept


def test_no_kept_mail_is_without_its_letter():
    assert {path.stem for path in KEPT.iterdir()} == set(TYPICAL)
