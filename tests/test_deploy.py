"""What is shipped for running it: the units, the image, the compose file and the proxy agree with the program."""

import configparser
import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from notifier.cli import passes
from notifier.domain.heartbeat import Pulse
from notifier.mail.bounces.webhooks import LARGEST_POST
from notifier.services.monitoring import Name
from notifier.settings import PREFIX, Settings
from notifier.storage.metrics import Figures
from notifier.web.app import STOP_AFTER
from notifier.web.metrics import Scrape, of_store
from notifier.web.site import Visits
from tests.reference import every_command
from tests.web_asking import the_pages

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
SETTINGS = {PREFIX + name.upper() for name in Settings.model_fields}
STOP_TAKES = passes.DRAIN_WITHIN + STOP_AFTER  # seconds, at the most
UNITS = sorted(path.name for path in DEPLOY.iterdir() if path.suffix in {".service", ".timer"})
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
PROGRAM = {name: part for name, part in COMPOSE["services"].items() if "build" in part}
SECONDS = {"s": 1, "min": 60, "m": 60}
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here"
)

needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed here")


def text(name):
    return (DEPLOY / name).read_text(encoding="utf-8")


def seconds(length):
    number, unit = re.fullmatch(r"(\d+)(s|min|m)", length).groups()
    return int(number) * SECONDS[unit]


def unit(name):
    found = configparser.ConfigParser(strict=False, interpolation=None, delimiters="=")
    found.optionxform = str
    found.read_string(text(name))
    return found


@pytest.fixture
def units(tmp_path):
    """The units as they would be here: the paths and the account that they name are this machine's."""
    for name in UNITS:
        here = text(name).replace("/opt/notifier/.venv/bin", str(Path(sys.executable).parent))
        here = re.sub(r"^(User|Group)=notifier$", "", here, flags=re.MULTILINE)
        (tmp_path / name).write_text(here.replace("/opt/notifier", str(ROOT)), encoding="utf-8")
    return tmp_path


@needs_systemd
@pytest.mark.parametrize("name", UNITS)
def test_systemd_understands_every_line_of_a_unit(units, name):
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(units / name)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")


@needs_systemd
def test_the_daemon_is_shut_in(units):
    """systemd's own measure of what a service could do: from 0, nothing, to 10, all."""
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager"]
    done = subprocess.run(
        [*command, str(units / "notifier.service")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


def test_the_unit_leaves_the_daemon_the_time_that_a_stop_takes():
    service = unit("notifier.service")["Service"]
    assert seconds(service["TimeoutStopSec"]) > STOP_TAKES
    assert (service["Type"], service["KillSignal"]) == ("notify", "SIGTERM")
    assert seconds(service["WatchdogSec"]) >= 30
    assert service["ExecStart"].endswith("/worker.py")


def test_the_image_copies_what_is_there_and_runs_as_nobody_special():
    image = text("Containerfile")
    copied = [
        line.split()[1:-1] for line in image.splitlines() if line.startswith("COPY") and "--from" not in line
    ]
    assert all((ROOT / name).exists() for names in copied for name in names)
    stages = image.split("\nFROM ")
    assert len(stages) == 3  # the second and third
    assert "USER 10001:10001" in stages[-1]
    assert "--require-hashes -r requirements.txt" in image
    assert "HEALTHCHECK" in stages[-1]
    assert "://" not in image.replace("http://127.0.0.1:8080/readyz", "")


def test_the_image_is_given_all_that_it_copies():
    given = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", text("Containerfile"), flags=re.MULTILINE)
    assert {name for names in copied for name in names.split()} == given


def test_all_that_is_set_in_a_shipped_file_is_a_setting():
    for path in DEPLOY.iterdir():
        named = set(re.findall(rf"\b({PREFIX}[A-Z_]*[A-Z])\b", path.read_text(encoding="utf-8")))
        assert named <= SETTINGS, path.name


def test_every_timer_starts_a_unit_of_its_own_that_runs_a_command_that_there_is():
    commands = every_command()
    timers = [name for name in UNITS if name.endswith(".timer")]
    assert timers == ["notifier-backup.timer", "notifier-bounces.timer", "notifier-canary.timer"]
    for timer in timers:
        service = unit(timer.replace(".timer", ".service"))["Service"]
        assert (service["Type"], service["User"], service["UMask"]) == ("oneshot", "notifier", "0077")
        said = re.search(r"/bin/notifier (.*)", service["ExecStart"])[1]
        check_command(said.partition('"')[0].split(), commands)
        for name in re.findall(r"\$\{(\w+)\}", said):
            assert f"{name} in /etc/notifier/notifier.env" in text(timer.replace(".timer", ".service"))


def check_command(words, commands):
    """Whether it is one of ours, with options that it has."""
    name = next(
        " ".join(["notifier", *words[:n]]) for n in (2, 1) if " ".join(["notifier", *words[:n]]) in commands
    )
    known = {option for each in commands[name].params for option in each.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_the_compose_file_stops_gently_and_gets_its_secrets_by_files():
    assert set(PROGRAM) == {"worker", "web", "backup", "bounces", "canary"}
    used = set(COMPOSE["services"]["database"]["secrets"])
    for service in PROGRAM.values():
        assert seconds(service["stop_grace_period"]) > STOP_TAKES
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["depends_on"]["database"]["condition"] == "service_healthy"
        assert (ROOT / service["build"]["dockerfile"]).is_file()
        names = {each if isinstance(each, str) else each["source"] for each in service["secrets"]}
        assert not names & set(service.get("environment", ()))
        used |= names
    assert used == set(COMPOSE["secrets"])
    assert all("file" in secret for secret in COMPOSE["secrets"].values())
    assert [name for name, service in PROGRAM.items() if "ports" in service] == ["web"]
    asked = re.search(r"CMD \[(.+)\]", text("Containerfile"))[1]
    for name in ("worker", "web"):
        assert json.dumps(PROGRAM[name]["healthcheck"]["test"][1:])[1:-1] == asked


def test_every_command_of_the_compose_file_is_one_of_ours():
    commands = every_command()
    for service in PROGRAM.values():
        said = " ".join(service.get("command", ()))
        for words in re.findall(r"\bnotifier ((?:[a-z]+|--[a-z-]+)(?: (?:[a-z]+|--[a-z-]+))*)", said):
            check_command(words.split(), commands)
        for name in re.findall(r"\$\$([A-Z_]+)", said):
            assert service["environment"][name].startswith("imaps://")


def test_the_client_in_the_image_is_of_the_servers_version_and_backups_are_made():
    services = COMPOSE["services"]
    server = services["database"]["image"].partition(":")[2]
    assert f"postgresql-client-{server} " in text("Containerfile")
    said = services["backup"]["command"][-1]
    (folder,) = {path for path in re.findall(r"(/\S*?)(?:/\$|\s)", said) if path.startswith("/var")}
    assert "notifier backup" in said
    assert any(volume.endswith(f":{folder}") for volume in services["backup"]["volumes"])
    assert folder in text("Containerfile")
    assert "StateDirectory=notifier notifier/backups\n" in text("notifier-backup.service")


def test_secrets_in_files_become_settings_of_the_program(tmp_path):
    (tmp_path / "NOTIFIER_SMTP_URL").write_text("smtp://us:it's a $secret@127.0.0.1\n")
    (tmp_path / "other").write_text("not ours")
    show = "import os; print(os.environ['NOTIFIER_SMTP_URL'], 'other' in os.environ)"
    done = subprocess.run(
        ["sh", str(DEPLOY / "with-secrets.sh"), sys.executable, "-c", show],
        env={"SECRETS": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "smtp://us:it's a $secret@127.0.0.1 False\n"


def test_the_proxy_logs_no_path_and_believes_no_visitor():
    conf = text("nginx.conf")
    (form,) = re.findall(r"log_format \w+ '([^']*)'", conf)
    assert not {"$request", "$request_uri", "$uri", "$args", "$http_referer", "$remote_addr"} & set(
        form.split()
    )
    assert "X-Forwarded-For $remote_addr;" in conf
    assert "$proxy_add_x_forwarded_for" not in conf
    assert conf.count("access_log off;") + conf.count(" notifier;") == conf.count("\nserver {")
    assert re.search(r"error_log \S+ crit;", conf)
    assert int(re.search(r"client_max_body_size (\d+)k;", conf)[1]) * 1024 >= LARGEST_POST


# --- what watches it ------------------------------------------------------------------------------------------------

NOW = datetime(2027, 1, 12, 12, tzinfo=UTC)
FULL = Figures(
    oldest_due=NOW,
    oldest_unsure=NOW,
    last_pass=NOW,
    last_look=NOW,
    data_version=NOW,
    last_backup=NOW,
    anomalies=("held",),
)


@pytest.fixture
async def told(sqlite, clock):
    """The names of all that a worker tells whose store has something of everything."""
    pulse = Pulse(lambda: 0.0)
    pulse.expect("watch", timedelta(hours=1), timedelta(hours=1))
    scrape, _ = await Scrape(the_pages(sqlite, clock, pulse=pulse), Visits()).text()
    families = [*of_store(FULL, NOW, "0001"), *text_string_to_metric_families(scrape.decode())]
    return {sample.name for family in families for sample in family.samples} | {
        each.name for each in families
    }


async def test_every_alert_and_every_panel_asks_for_a_figure_that_there_is(told):
    rules = [rule for group in yaml.safe_load(text("alerts.yml"))["groups"] for rule in group["rules"]]
    wanted = {
        "NotifierBlind",
        "NotifierSendsNothing",
        "NotifierHolds",
        "NotifierDatabaseDamaged",
        "NotifierBackupOld",
    }
    assert {rule["alert"] for rule in rules} > wanted
    assert all(rule["annotations"]["summary"] for rule in rules)
    panels = json.loads(text("grafana.json"))["panels"]
    asked = " ".join(
        [rule["expr"] for rule in rules] + [each["expr"] for panel in panels for each in panel["targets"]]
    )
    names = {name.removesuffix("_total") for name in re.findall(r"\bnotifier_[a-z_]+", asked)}
    assert names <= {name.removesuffix("_total") for name in told} | {"notifier_process_log_lines"}
    assert set(re.findall(r'notifier_anomalies\{name!?="(\w+)"', asked)) <= {name.value for name in Name}


@needs_promtool
def test_prometheus_understands_the_rules():
    command = ["promtool", "check", "rules", DEPLOY / "alerts.yml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


#: What a worker says that is well, minute by minute.
WELL = {
    "notifier_build_info": "1x400",
    "notifier_last_look_timestamp_seconds": "0+60x400",
    "notifier_last_backup_timestamp_seconds": "0+60x400",
    "notifier_oldest_due_mail_seconds": "0x400",
    "notifier_mails_above_limit": "0x400",
    "notifier_past_hour_mails": "500x400",
}
WAITS = {"notifier_oldest_due_mail_seconds": "0+60x400"}
ABOVE = {"notifier_mails_above_limit": "100x400"}


@needs_promtool
@pytest.mark.parametrize(
    ("changed", "alert", "falls_due"),
    [
        ({}, "NotifierSendsNothing", False),
        (WAITS, "NotifierSendsNothing", True),
        (WAITS | ABOVE, "NotifierSendsNothing", False),  # the limit lets no more go
        (WAITS | ABOVE | {"notifier_past_hour_mails": "0x400"}, "NotifierSendsNothing", True),
        ({}, "NotifierBackupOld", False),
        ({"notifier_last_backup_timestamp_seconds": None}, "NotifierBackupOld", True),
        ({}, "NotifierBlind", False),
        ({"notifier_last_look_timestamp_seconds": None}, "NotifierBlind", True),
    ],
)
def test_an_alert_falls_due_when_something_is_wrong(tmp_path, changed, alert, falls_due):
    series = [
        {"series": f'{name}{{instance="one"}}', "values": values}
        for name, values in (WELL | changed).items()
        if values
    ]
    rules = [rule for group in yaml.safe_load(text("alerts.yml"))["groups"] for rule in group["rules"]]
    rule = next(each for each in rules if each["alert"] == alert)
    of_one = {"instance": "one"} if alert == "NotifierSendsNothing" else {}
    due = [{"exp_labels": rule["labels"] | of_one, "exp_annotations": rule["annotations"]}]
    asked = {"eval_time": "6h", "alertname": alert, "exp_alerts": due if falls_due else []}
    test = {"interval": "1m", "input_series": series, "alert_rule_test": [asked]}
    file = tmp_path / "test.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(DEPLOY / "alerts.yml")], "tests": [test]}))
    done = subprocess.run(["promtool", "test", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
