"""Settings: what is read from where, and the one line that a wrong value gives."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from notifier.app import load_settings, make_sending, open_keys
from notifier.clock import SystemClock
from notifier.domain.scheduling import Timetable
from notifier.domain.signed_links import Purpose
from notifier.errors import SettingsError
from notifier.settings import Settings, described

CANARY = "hunter2secret"
REAL_HOST = "smtps://user:password@mail.example.org:465"


def loaded(tmp_path, **variables):
    return load_settings({f"NOTIFIER_{name}": value for name, value in variables.items()}, tmp_path)


def refusal(tmp_path, **variables):
    with pytest.raises(SettingsError) as caught:
        loaded(tmp_path, **variables)
    return str(caught.value)


def test_without_any_setting_the_defaults_of_the_contract_hold(tmp_path):
    settings = load_settings({}, tmp_path)
    assert settings == Settings()
    assert settings.database_url == "sqlite:///notifier.db"
    assert settings.watch_every == timedelta(minutes=30)
    assert settings.web_listen == ("127.0.0.1", 8080)
    assert (settings.smtp_url, settings.mail_dir) == (None, Path("mail"))
    assert (settings.brake_studies, settings.brake_messages) == (0.2, 5.0)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://example.org:443/", "https://example.org"),
        ("http://Example.org:80", "http://example.org"),
        ("https://example.org:8443", "https://example.org:8443"),
        ("https://\u4f8b.jp", "https://xn--fsq.jp"),
        ("https://stra\u00dfe.example", "https://xn--strae-oqa.example"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_web_addresses_are_as_browsers_say_them(tmp_path, typed, kept):
    settings = loaded(tmp_path, PUBLIC_URL=typed, FORM_ORIGINS=f"https://www.example.org, {typed}")
    assert (settings.public_url, settings.form_origins) == (kept, ("https://www.example.org", kept))


def test_the_path_of_a_web_address_is_written_as_headers_carry_it(tmp_path):
    assert (
        loaded(tmp_path, PUBLIC_URL="https://example.org/f\u00f8lg/%C3%B8").public_url
        == "https://example.org/f%C3%B8lg/%C3%B8"
    )


def test_how_long_a_mail_is_tried_is_what_is_set(tmp_path):
    settings = loaded(
        tmp_path,
        RETRY_AFTER="5m, 1h",
        GIVE_UP_AFTER="2d",
        STALE_AFTER="3d",
        UNSURE="Hold",
        MAIL_FROM="a@example.org",
    )
    sending = make_sending(settings, open_keys(settings, tmp_path))
    waits = (timedelta(minutes=5), timedelta(hours=1))
    assert sending.timetable == Timetable(waits, timedelta(days=2), timedelta(days=3), resend_unsure=False)
    unset = loaded(tmp_path)
    assert make_sending(unset, open_keys(unset, tmp_path)).timetable == Timetable()


def test_every_setting_has_an_example_that_works(tmp_path):
    assert set(described()) == set(Settings.model_fields)
    for name, (example, *_) in described().items():
        loaded(tmp_path, **{name.upper(): example})


WRONG = {
    "REGISTRY_URL": ["clinicaltrials.gov", "ftp://example.org", "http://[::1", "https://example.org:99999"],
    "REGISTRY_REQUESTS_PER_SECOND": ["0", "-1", "fast", "nan", "inf"],
    "REGISTRY_USER_AGENT": ["a\nb", "fnügel"],
    "REREAD_STUDIES": ["-1", "many", "1.5"],
    "NEW_STUDY_WITHIN": ["30", "a month"],
    "WATCH_EVERY": ["30", "0m", "-5m", "half an hour", "99999999999999d"],
    "SMTP_CONNECTIONS": ["0", "101", "4.5", "four"],
    "SMTP_TIMEOUT": ["60", "0s"],
    "SMTP_FINAL_TIMEOUT": ["600", "ten minutes"],
    "RETRY_AFTER": ["15", "15m,soon", ",", "15m,0s"],
    "GIVE_UP_AFTER": ["5", "a week"],
    "STALE_AFTER": ["5", "a week"],
    "UNSURE": ["twice", "yes"],
    "MAIL_FROM": ["nobody", "A <a@b@c>", "Trial updates <>"],
    "MAIL_REPLY_TO": ["nobody"],
    "BOUNCE_DOMAIN": ["bounces@example.org", "two words", "localhost", "-a.example.org"],
    "RECIPIENT_ALLOWLIST": [",", "me@example.org; you@example.org", "me", "me@"],
    "PUBLIC_URL": ["example.org", "https://", "https://example.org/?a=1", "https://example.org/#x", "https://a b.org",
                   'https://example.org/"><x', "https://\u2764\u200b.org", "https://xn--.org\u00e4"],
    "WEB_LISTEN": ["8080", "127.0.0.1", "127.0.0.1:70000", "127.0.0.1:\u00b2", ":8080", "no"],
    "SECRET_KEYS": [","],
    "ADDRESS_KEYS": [",", "short", "a-key-that-is-long-enough,short"],
    "BRAKE_STUDIES": ["20", "0%", "101%", "some"],
    "BRAKE_MESSAGES": ["5", "0x", "0.5x"],
    "LOG_FORMAT": ["xml"],
    "LOG_LEVEL": ["loud"],
    "LANGUAGE": ["tlh", "English"],
    "TIME_ZONE": ["Mars/Olympus", "CET+1", "europe/copenhagen"],
    "CLOCK": ["noon", "2027-13-01", "0001-01-01T00:00:00+23:00"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("variable", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_wrong_value_gives_one_line_with_variable_fault_and_example(tmp_path, variable, value):
    said = refusal(tmp_path, **{variable: value})
    assert said.startswith(f"NOTIFIER_{variable} ")
    assert described()[variable.lower()].example in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    "url",
    [
        f"smtp://user:{CANARY}@mail.example.org",
        f"pop3://user:{CANARY}@mail.example.org",
        f"smtps://user:{CANARY}@mail.example.org:port",
        f"smtps://user:{CANARY}@[mail.example.org",
        f"smtps://user:{CANARY}@",
        f"smtps://user:{CANARY} x@mail.example.org",
    ],
)
@pytest.mark.parametrize("clock", ["", "2027-01-11T12:00:00Z"])
def test_a_wrong_smtp_url_never_shows_the_password(tmp_path, url, clock):
    said = refusal(tmp_path, SMTP_URL=url, CLOCK=clock)
    assert "NOTIFIER_SMTP_URL" in said
    assert CANARY not in said
    assert len(said.splitlines()) == 1


def test_the_traceback_of_a_wrong_setting_holds_no_secret(tmp_path):
    with pytest.raises(SettingsError) as caught:
        loaded(tmp_path, SECRET_KEYS=f"{CANARY},{CANARY}", SMTP_CONNECTIONS="four")
    assert caught.value.__suppress_context__
    assert CANARY not in repr(caught.value)


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path):
    (tmp_path / ".env").write_text("NOTIFIER_LOG_LEVEL=debug\nNOTIFIER_SMTP_CONNECTIONS=7\nOTHER=1\n")
    settings = load_settings({"NOTIFIER_LOG_LEVEL": "error", "HOME": "/"}, tmp_path)
    assert (settings.log_level, settings.smtp_connections, settings.smtp_timeout) == (
        "error",
        7,
        timedelta(seconds=60),
    )


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_value_is_the_default_also_over_the_file(tmp_path, empty):
    (tmp_path / ".env").write_text("NOTIFIER_SMTP_URL=smtp://127.0.0.1:25\nNOTIFIER_WATCH_EVERY=\n")
    settings = load_settings({"NOTIFIER_SMTP_URL": empty}, tmp_path)
    assert (settings.smtp_url, settings.watch_every) == (None, timedelta(minutes=30))


def test_a_dollar_in_the_file_is_a_dollar(tmp_path):
    (tmp_path / ".env").write_text("NOTIFIER_ORGANISATION='Pay $HOME ${HOME} Ltd'\n")
    assert load_settings({}, tmp_path).organisation == "Pay $HOME ${HOME} Ltd"


def test_a_file_that_is_not_text_is_named(tmp_path):
    (tmp_path / ".env").write_bytes(b"NOTIFIER_LOG_LEVEL=\xff\xfe\n")
    said = refusal(tmp_path)
    assert str(tmp_path / ".env") in said
    assert "UTF-8" in said


@pytest.mark.parametrize(
    ("misspelt", "meant"), [("SMPT_URL", "SMTP_URL"), ("RECIPIENT_ALLOW_LIST", "RECIPIENT_ALLOWLIST")]
)
def test_an_unknown_variable_is_named_with_what_may_be_meant(tmp_path, misspelt, meant):
    assert refusal(tmp_path, **{misspelt: CANARY}) == (
        f"NOTIFIER_{misspelt} is not a setting of this program: did you mean NOTIFIER_{meant}?"
    )


def test_an_unknown_variable_in_the_file_is_named_too(tmp_path):
    (tmp_path / ".env").write_text("NOTIFIER_QWERTY=1\n")
    assert "NOTIFIER_QWERTY is not a setting of this program" in refusal(tmp_path)


SECRET = {"secret_keys", "address_keys", "model_key", "webhook_postmark", "webhook_mailgun"}


def test_the_effective_settings_are_shown_as_they_can_be_set(tmp_path):
    given = {
        f"NOTIFIER_{name.upper()}": value
        for name, (value, *_) in described().items()
        if name not in {"smtp_url", "clock"}
    }
    settings = load_settings(given, tmp_path)
    shown = {k: v for k, v in settings.shown().items() if v != "(unset)" and "kept secret" not in v}
    assert load_settings(shown, tmp_path) == settings.model_copy(update=dict.fromkeys(SECRET))


@pytest.mark.parametrize("password", [CANARY, f"p@{CANARY}", f"{CANARY}@x"])
def test_shown_settings_hold_no_secret(tmp_path, password):
    quoted = password.replace("@", "%40")
    shown = loaded(
        tmp_path,
        SECRET_KEYS=f"{CANARY}{CANARY},{CANARY}",
        ADDRESS_KEYS=f"{CANARY}{CANARY}{CANARY}",
        WEBHOOK_POSTMARK=f"{CANARY}{CANARY}",
        WEBHOOK_MAILGUN=f"{CANARY}{CANARY}",
        SMTP_URL=f"smtps://user:{quoted}@mail.example.org",
        DATABASE_URL=f"postgresql+psycopg://user:{password}@db.example.org/notifier?password={CANARY}",
    ).shown()
    assert CANARY not in str(shown)
    assert shown["NOTIFIER_SECRET_KEYS"] == "(2 kept secret)"
    assert shown["NOTIFIER_SMTP_URL"] == "smtps://***@mail.example.org"


@pytest.mark.parametrize("missing", ["ORGANISATION", "POSTAL_ADDRESS"])
def test_mail_to_real_people_needs_its_footer(tmp_path, missing):
    footer = {"ORGANISATION": "Example Association", "POSTAL_ADDRESS": "1 Example Street"}
    public = {"PUBLIC_URL": "https://updates.example.org"}
    loaded(tmp_path, SMTP_URL=REAL_HOST, **footer, **public).check_mailing()
    settings = loaded(tmp_path, SMTP_URL=REAL_HOST, **{**footer, missing: ""})
    with pytest.raises(SettingsError, match=f"NOTIFIER_{missing} is not set"):
        settings.check_mailing()


def test_mail_to_real_people_needs_keys_that_cannot_be_guessed(tmp_path):
    footer = {"ORGANISATION": "Example Association", "POSTAL_ADDRESS": "1 Example Street"}
    settings = loaded(tmp_path, SMTP_URL=REAL_HOST, SECRET_KEYS=f"{'long' * 9},short", **footer)
    with pytest.raises(SettingsError, match="shorter than 16 characters") as caught:
        settings.check_mailing()
    assert "longlong" not in str(caught.value)


def test_links_in_real_mail_must_lead_somewhere(tmp_path):
    footer = {"ORGANISATION": "Example Association", "POSTAL_ADDRESS": "1 Example Street"}
    with pytest.raises(SettingsError, match="NOTIFIER_PUBLIC_URL leads to this machine alone"):
        loaded(tmp_path, SMTP_URL=REAL_HOST, **footer).check_mailing()


def test_a_line_of_the_file_that_cannot_be_read_is_not_left_out(tmp_path):
    (tmp_path / ".env").write_text('NOTIFIER_LOG_LEVEL=info\nNOTIFIER_ORGANISATION="Example Org\n')
    with pytest.raises(SettingsError, match=r"Line 2 of .*\.env cannot be read"):
        loaded(tmp_path)


@pytest.mark.parametrize("here", ["smtp://127.0.0.1:2525", "smtp://localhost:25", "smtp://[::1]:25", ""])
def test_mail_that_stays_on_this_machine_needs_no_footer(tmp_path, here):
    loaded(tmp_path, SMTP_URL=here, CLOCK="2027-01-11T12:00:00Z").check_mailing()


@pytest.mark.parametrize(
    "away", [REAL_HOST, "smtp://10.0.0.1?insecure=yes", "smtp://127.0.0.1.example.org?insecure=yes"]
)
def test_a_standing_clock_is_refused_where_mail_leaves_this_machine(tmp_path, away):
    said = refusal(tmp_path, SMTP_URL=away, CLOCK="2027-01-11T12:00:00Z")
    assert said.startswith("NOTIFIER_CLOCK stands still")


@pytest.mark.parametrize("text", ["2027-01-11T12:00:00Z", "2027-01-11T13:00:00+01:00", "2027-01-11T12:00:00"])
def test_the_clock_is_in_utc(tmp_path, text):
    assert loaded(tmp_path, CLOCK=text).clock == datetime(2027, 1, 11, 12, tzinfo=UTC)


def test_a_wrong_database_url_is_one_line_without_its_password(tmp_path):
    from notifier.storage.engine import Database

    for url in (
        f"mysql://u:{CANARY}@host/db",
        f"{CANARY}",
        f"postgresql+psycopg://u:{CANARY}@host:port/db",
        "sqlite://",
    ):
        with pytest.raises(SettingsError, match=r"^NOTIFIER_DATABASE_URL .*sqlite:///notifier\.db") as caught:
            Database(url, tmp_path)
        assert CANARY not in str(caught.value)


# --- the key of the links ---------------------------------------------------------------------------------------


def test_a_key_is_made_once_and_only_we_may_read_it(tmp_path):
    now = SystemClock().now()
    token = open_keys(Settings(), tmp_path).sign(Purpose.UNSUBSCRIBE, [7], now)
    assert open_keys(Settings(), tmp_path).open(Purpose.UNSUBSCRIBE, token).subject == (7,)
    assert stat.S_IMODE((tmp_path / "notifier.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["notifier.key"]


def test_processes_that_start_at_once_end_up_with_one_key(tmp_path):
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(4, mp_context=get_context("fork")) as pool:
        tokens = [each.result() for each in [pool.submit(_token_in, tmp_path) for _ in range(8)]]
    keys = open_keys(Settings(), tmp_path)
    assert {keys.open(Purpose.UNSUBSCRIBE, token).subject for token in tokens} == {(7,)}


def _token_in(folder):
    return open_keys(Settings(), folder).sign(Purpose.UNSUBSCRIBE, [7], SystemClock().now())


def test_an_empty_key_file_is_not_replaced(tmp_path):
    (tmp_path / "notifier.key").write_text("\n")
    with pytest.raises(SettingsError, match="is empty"):
        open_keys(Settings(), tmp_path)
    assert (tmp_path / "notifier.key").read_text() == "\n"


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_key_file_that_cannot_be_read_is_one_line(tmp_path, content):
    path = tmp_path / "notifier.key"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(SettingsError, match="NOTIFIER_SECRET_KEYS") as caught:
        open_keys(Settings(), tmp_path)
    assert len(str(caught.value).splitlines()) == 1


def test_a_folder_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read or made"):
        open_keys(Settings(), tmp_path / "nowhere")


def test_a_topic_is_amazons_and_a_secret_is_none_that_anybody_guesses(tmp_path):
    for wrong in (
        "returned",
        "arn:aws:sqs:eu-west-1:123456789012:x",
        "arn:aws:sns:eu-west-1.evil.example/:123456789012:x",
    ):
        said = refusal(tmp_path, WEBHOOK_SES=wrong)
        assert "NOTIFIER_WEBHOOK_SES" in said
        assert "is not the ARN of a topic of Amazon SNS" in said
        assert "NOTIFIER_WEBHOOK_SES=arn:aws:sns:eu-west-1" in said
    for name in ("WEBHOOK_POSTMARK", "WEBHOOK_MAILGUN"):
        said = refusal(tmp_path, **{name: "hunter2"})
        assert f"NOTIFIER_{name}" in said
        assert "shorter than 8" in said
        assert "hunter2" not in said
