"""What the doctor finds: real databases, a registry, a mail server, pages and a name server on loopback."""

import json
import os
import socket
from datetime import timedelta
from functools import partial

import pytest
from dns_peer import DnsPeer
from smtp_peer import SmtpPeer
from sqlalchemy import update
from store_factories import follow

from notifier import app
from notifier import doctor as checks
from notifier.clock import FixedClock, SystemClock
from notifier.demo import day
from notifier.demo.registry import serving
from notifier.doctor import CheckOutcome, Domains, SystemResolver, examine, look_up
from notifier.storage.engine import Database
from notifier.storage.models import InstanceRow, conditions
from notifier.web.app import listen
from notifier.web.app import serving as serving_pages
from tests import faults
from tests.conftest import MIGRATIONS, NOON
from tests.faults import FaultyRegistry

OURS = Domains(
    "example.org",
    "bounces.example.org",
    (("2027a._domainkey.example.org", "v=DKIM1; k=rsa; p=QUJD"),),
    "mail.example.org",
)
GOOD = {
    ("example.org", "MX"): ["10 mx.example.org."],
    ("bounces.example.org", "MX"): ["10 mx.example.org."],
    ("bounces.example.org", "TXT"): ['"v=spf1 mx " "-all"', '"something=else"'],
    ("2027a._domainkey.example.org", "TXT"): ['"v=DKIM1; k=rsa; p=QU" "JD"'],
    ("_dmarc.example.org", "TXT"): ['"v=DMARC1; p=reject"'],
    ("mail.example.org", "A"): ["192.0.2.25"],
    ("25.2.0.192.in-addr.arpa", "PTR"): ["mail.example.org."],
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, migrated_sqlite):
    for name in [name for name in os.environ if name.startswith("NOTIFIER_")]:
        monkeypatch.delenv(name)
    (tmp_path / "notifier.db").write_bytes(migrated_sqlite.read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
async def registry():
    return FaultyRegistry(day.baseline(), day.BASELINE)


@pytest.fixture
async def registry_url(registry):
    async with serving(registry.app) as url:
        yield f"{url}/api/v2"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def settings(registry_url, **variables):
    given = {"REGISTRY_URL": registry_url, "PUBLIC_URL": f"http://127.0.0.1:{free_port()}", **variables}
    return app.load_settings({f"NOTIFIER_{name}": str(value) for name, value in given.items()})


async def found(registry_url, clock=None, **variables):
    """The findings by what they are of."""
    findings = await examine(settings(registry_url, **variables), clock=clock)
    return {finding.of: finding for finding in findings}


def outcomes(findings):
    return [(each.of, each.outcome.value) for each in findings]


async def test_on_a_laptop_nothing_is_wrong_and_what_is_not_there_is_not_checked(registry_url):
    findings = await found(registry_url)
    assert [each.says for each in findings.values() if each.outcome is CheckOutcome.FAILED] == []
    well = {"database", "rows", "gate", "disk", "erasures", "templates", "registry", "clock"}
    assert {of for of, each in findings.items() if each.outcome is CheckOutcome.OK} == well
    assert "schema 00" in findings["database"].says


async def test_looking_changes_nothing(registry_url, folder):
    before = {path.name for path in folder.iterdir()} | {"notifier.db-wal", "notifier.db-shm"}
    await found(registry_url)
    assert {path.name for path in folder.iterdir()} <= before


async def test_one_fault_hides_no_other(folder):
    (folder / "notifier.db").write_bytes(b"no database at all" * 1000)
    findings = await found(
        f"http://127.0.0.1:{free_port()}/api/v2", SMTP_URL=f"smtp://127.0.0.1:{free_port()}"
    )
    failed = {of for of, each in findings.items() if each.outcome is CheckOutcome.FAILED}
    assert failed == {"database", "fence", "registry", "mail server"}
    assert all("\n" not in each.says for each in findings.values())
    assert findings["templates"].outcome is CheckOutcome.OK


async def test_an_old_schema_says_what_to_run(registry_url, folder):
    with app.open_database(settings(registry_url), check=False) as database:
        from sqlalchemy import text

        with database.transaction() as session:
            session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert "notifier database upgrade" in (await found(registry_url))["database"].says


async def test_a_user_agent_that_is_refused_is_called_so(registry, registry_url):
    registry.fail_next(faults.status(403))
    assert "NOTIFIER_REGISTRY_USER_AGENT" in (await found(registry_url))["registry"].says


async def test_a_clock_that_is_wrong_is_noticed_by_the_registrys(registry_url):
    late = FixedClock(SystemClock().now() - timedelta(hours=2))
    finding = (await found(registry_url, late))["clock"]
    assert (finding.outcome, "120 minutes" in finding.says) == (CheckOutcome.FAILED, True)


async def test_the_mail_server_is_greeted_and_gets_no_mail(registry_url):
    async with SmtpPeer(password="right") as peer:
        well = await found(registry_url, SMTP_URL=f"smtp://us:right@127.0.0.1:{peer.port}")
        ill = await found(registry_url, SMTP_URL=f"smtp://us:wrong@127.0.0.1:{peer.port}")
    assert (well["mail server"].outcome, ill["mail server"].outcome) == (CheckOutcome.OK, CheckOutcome.FAILED)
    assert "wrong" not in ill["mail server"].says
    assert {verb for connection in range(2) for verb in peer.verbs(connection)} == {"EHLO", "AUTH", "QUIT"}


async def test_links_lead_to_our_pages_or_it_is_said(registry_url, sqlite, clock):
    keys = app.open_keys(settings(registry_url))
    with listen(("127.0.0.1", 0)) as opened:
        url = f"http://127.0.0.1:{opened.getsockname()[1]}"
        pages = app.make_pages(settings(registry_url), sqlite, keys, clock)
        async with serving_pages(pages, opened):
            assert (await found(registry_url, PUBLIC_URL=url))["links"].outcome is CheckOutcome.OK
    elsewhere = (await found(registry_url, PUBLIC_URL=registry_url))["links"]
    assert (elsewhere.outcome, "not with our pages" in elsewhere.says) == (CheckOutcome.FAILED, True)


async def test_keys_that_others_can_read_are_named(registry_url, folder):
    app.open_keys(settings(registry_url))
    assert (await found(registry_url))["keys"].outcome is CheckOutcome.OK
    os.chmod("notifier.key", 0o644)  # noqa: PTH101 - the linter wants no Path in a coroutine
    finding = (await found(registry_url))["keys"]
    assert (finding.outcome, "chmod 600" in finding.says) == (CheckOutcome.FAILED, True)


async def test_a_copied_database_is_noticed(registry_url, folder):
    smtp = {"SMTP_URL": f"smtp://127.0.0.1:{free_port()}"}
    with app.open_database(settings(registry_url)) as database, database.transaction() as session:
        session.add(InstanceRow(id="a" * 32, claims=7))
    finding = (await found(registry_url, **smtp))["fence"]
    assert (finding.outcome, "another place" in finding.says) == (CheckOutcome.FAILED, True)


# --- names ------------------------------------------------------------------------------------------------------------


async def named(records, domains=OURS):
    async with DnsPeer(records) as peer:
        return await look_up(SystemResolver(["127.0.0.1"], peer.port), domains)


async def test_all_records_are_there():
    findings = await named(GOOD)
    assert outcomes(findings) == [(of, "ok") for of in ("MX", "MX", "SPF", "DKIM", "DMARC", "PTR")]
    assert findings[2].says.endswith("v=spf1 mx -all")


@pytest.mark.parametrize(
    ("name", "kind", "said", "of", "words"),
    [
        ("example.org", "MX", [], "MX", "takes no mail"),
        ("example.org", "MX", ["0 ."], "MX", "takes no mail"),
        ("bounces.example.org", "TXT", [], "SPF", "may send for it"),
        ("bounces.example.org", "TXT", ['"v=spf1 a"', '"v=spf1 b"'], "SPF", "2 SPF records"),
        ("bounces.example.org", "TXT", ['"v=spf10 a"'], "SPF", "may send for it"),
        ("2027a._domainkey.example.org", "TXT", [], "DKIM", "no key at"),
        ("2027a._domainkey.example.org", "TXT", ['"v=DKIM1; p=WFla"'], "DKIM", "is not ours"),
        ("_dmarc.example.org", "TXT", [], "DMARC", "no DMARC record"),
        ("_dmarc.example.org", "TXT", ['"v=DMARC1; p=none"', '"v=DMARC1; p=reject"'], "DMARC", "2 DMARC"),
    ],
)
async def test_a_record_that_is_missing_or_wrong_is_said(name, kind, said, of, words):
    findings = await named({**GOOD, (name, kind): said})
    (wrong,) = [each for each in findings if each.outcome is CheckOutcome.FAILED]
    assert (wrong.of, words in wrong.says) == (of, True)


async def test_a_policy_of_the_domain_above_is_enough():
    below = Domains("mail.example.org", "mail.example.org")
    records = {**GOOD, ("mail.example.org", "MX"): ["10 mx.example.org."]}
    findings = {each.of: each.outcome for each in await named(records, below)}
    assert (findings["DMARC"], findings["DKIM"]) == (CheckOutcome.OK, CheckOutcome.UNCHECKED)


async def test_a_relay_without_a_name_is_said_and_is_no_fault():
    nameless = {key: value for key, value in GOOD.items() if key[1] != "PTR"}
    assert outcomes(await named(nameless))[-1] == ("PTR", "not checked")


async def test_without_a_resolver_nothing_is_called_wrong(monkeypatch):
    monkeypatch.setattr("notifier.doctor.DNS_PATIENCE", 0.2)
    async with DnsPeer({}, silent=True) as peer:
        findings = await look_up(SystemResolver(["127.0.0.1"], peer.port), OURS)
    assert outcomes(findings) == [("DNS", "not checked")]


def test_what_no_mail_needs_is_not_looked_up():
    assert checks.domains_of(app.load_settings({})) is None


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def doctor(notifier):
    return partial(notifier, "doctor")


def test_the_command_ends_with_one_when_something_fails_and_masks_secrets(doctor, monkeypatch):
    monkeypatch.setenv("NOTIFIER_REGISTRY_URL", f"http://127.0.0.1:{free_port()}/api/v2")
    monkeypatch.setenv("NOTIFIER_SECRET_KEYS", "a-very-secret-key-of-links")
    code, said, complaint = doctor("--json")
    answer = json.loads(said)
    assert (code, answer["ok"], complaint.count("\n")) == (1, False, 1)
    assert "registry" in complaint
    assert {"of": "registry", "outcome": "failed"}.items() <= next(
        each for each in answer["checks"] if each["of"] == "registry"
    ).items()
    assert "a-very-secret" not in said
    assert answer["settings"]["NOTIFIER_SECRET_KEYS"] == "(1 kept secret)"


def test_in_a_pipe_it_prints_lines(doctor, monkeypatch):
    monkeypatch.setenv("NOTIFIER_REGISTRY_URL", f"http://127.0.0.1:{free_port()}/api/v2")
    _, said, _ = doctor()
    assert "\nok          disk " in said
    assert "\nNOTIFIER_MAIL_DIR=mail\n" in said


async def test_a_condition_that_finds_no_study_at_all_is_said_with_the_nearest_names(registry_url, folder):
    database = Database(f"sqlite:///{folder}/notifier.db", MIGRATIONS)
    with database.transaction() as session:
        follow(session, NOON, "jane@example.org", "brest cancr")
        session.execute(update(conditions).values(watched_since=NOON))
    database.close()
    finding = (await found(registry_url))["conditions"]
    assert finding.outcome is CheckOutcome.UNCHECKED
    assert 'no study at all under "brest cancr" (near to it: breast cancer)' in finding.says


async def test_where_a_provider_may_report_is_said_and_must_be_private(registry_url):
    mailgun = {"WEBHOOK_MAILGUN": "key-of-mailgun"}
    assert "webhooks" not in await found(registry_url)
    plain = (await found(registry_url, **mailgun))["webhooks"]
    assert plain.outcome is CheckOutcome.FAILED
    assert "https:" in plain.says
    private = {"PUBLIC_URL": "https://updates.invalid/trials", **mailgun}
    well = (await found(registry_url, **private))["webhooks"]
    assert (well.outcome, "https://updates.invalid/trials/webhooks/mailgun" in well.says) == (
        CheckOutcome.OK,
        True,
    )
    off = (await found(registry_url, WEB_LISTEN="off", **private))["webhooks"]
    assert off.outcome is CheckOutcome.UNCHECKED
