"""The demo tells its story to the end, with each mail in it once."""

import itertools
import os
import tempfile

from notifier import app
from notifier.demo.story import run_story
from notifier.mail.smtp import envelope


async def test_each_mail_is_shown_once_whatever_the_clock_of_the_files_says(tmp_path, monkeypatch, capsys):
    write, days = envelope._write_whole, itertools.count(1_000, -1)

    def written_before_the_others(path, content):
        write(path, content)
        os.utime(path, (0, 86_400 * next(days)))

    monkeypatch.setattr(envelope, "_write_whole", written_before_the_others)
    monkeypatch.setattr(app, "start_logging", lambda _: None)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    await run_story(stay=False)
    told = capsys.readouterr().out
    (mails,) = tmp_path.glob("notifier-demo-*/mails")
    shown = sorted(mails.glob("*.eml"))
    whose = [path.stem.partition("-")[2] for path in shown]
    assert (sorted(whose[:2]), whose[2:]) == (["anna", "ben"], ["ben", "carla"])
    assert len({path.read_bytes() for path in shown}) == len(shown)
    assert all(told.count(f"Its HTML part: {path.with_suffix('.html')}\n") == 1 for path in shown)
