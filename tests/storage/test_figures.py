"""What is counted, read from both engines; and what the page of figures says, to whom, and of whom it is silent."""

from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from notifier.domain.changes import Kind
from notifier.domain.heartbeat import Pulse
from notifier.settings import networks
from notifier.storage import incidents, metrics, suppression
from notifier.storage import notices as notices_room
from notifier.storage.models import Every, Suppressed
from tests.factories import DATA
from tests.store_factories import a_change, a_mail, a_study, assembled, claimed, follow, news, settled
from tests.web_asking import asking, pages_with, set_anew

JANE = "jane.doe@a-rare-domain.example"
MINUTE = timedelta(minutes=1)
PUBLISHED = metrics.published_at(DATA)


def read(database, now):
    with database.reading() as session:
        return metrics.read(session, now)


def test_an_empty_store_has_figures_too(database, clock):
    found = read(database, clock.now())
    assert found.mails_waiting == {"due": 0, "deferred": 0, "unsure": 0, "held": 0}
    assert (found.last_pass, found.oldest_due, found.oldest_unsure, found.data_version) == (None,) * 4


def test_what_waits_is_counted_with_the_age_of_the_oldest(database, clock):
    a_mail(database, clock.now(), JANE)
    found = read(database, clock.now() + MINUTE)
    assert (found.mails_waiting["due"], found.oldest_due, found.notices_due) == (1, clock.now(), 0)
    (mail,) = claimed(database, clock.now())
    settled(database, clock.now(), mail, "unsure", stage="dot")
    found = read(database, clock.now() + MINUTE)
    assert (found.mails_waiting["unsure"], found.oldest_unsure, found.oldest_due) == (1, clock.now(), None)


def test_verdicts_are_counted_by_answer_and_by_the_large_providers_alone(database, clock):
    with database.transaction() as session:
        a_study(session, clock.now())
        for who in ("a@gmail.com", "b@googlemail.com", JANE):
            follow(session, clock.now(), who, "NCT90000001", every=Every.IMMEDIATE)
        news(session, clock.now())
    assembled(database, clock.now())
    first, second, third = claimed(database, clock.now())
    settled(database, clock.now(), first, "sent", code=250)
    settled(database, clock.now(), second, "sent", code=250)
    settled(database, clock.now(), third, "rejected", code=550)
    verdicts = read(database, clock.now()).verdicts
    assert verdicts == {("sent", "2xx", "google"): 2, ("rejected", "5xx", "other"): 1}
    assert read(database, clock.now() + timedelta(days=1, seconds=1)).verdicts == {}


def test_delays_count_from_the_registrys_publishing_to_the_yes_each_mail_once(database, clock):
    with database.transaction() as session:
        a_study(session, clock.now())
        follow(session, clock.now(), JANE, "NCT90000001", every=Every.IMMEDIATE)
        news(session, clock.now(), a_change(after="x"), a_change(Kind.TITLE, after="y"))
    assembled(database, clock.now())
    (mail,) = claimed(database, clock.now())
    settled(database, PUBLISHED + timedelta(hours=3), mail, "sent")
    (delay,) = read(database, clock.now()).delays
    assert (delay.every, delay.count) == ("immediate", 1)
    assert dict(zip(metrics.DELAYS, delay.within, strict=True))[7200] == 0
    assert dict(zip(metrics.DELAYS, delay.within, strict=True))[21_600] == 1


def test_what_is_held_suppressed_and_wrong_is_counted(database, clock):
    with database.transaction() as session:
        a_study(session, clock.now())
        follow(session, clock.now(), JANE, "NCT90000001")
        news(session, clock.now())
        notices_room.hold(session, 1)
        suppression.suppress(session, "f" * 64, Suppressed.DEAD, clock.now())
        incidents.begin(session, "held", "why", clock.now())
    found = read(database, clock.now())
    assert (found.notices_held, found.suppressions, found.anomalies) == (1, {"dead": 1}, ("held",))
    assert (found.subscriptions, found.last_pass, found.data_version) == (
        {"active": 1},
        clock.now(),
        PUBLISHED,
    )


@pytest.fixture
def site(sqlite, clock):
    return pages_with(sqlite, clock)


async def ask(pages, path="/metrics", peer="127.0.0.1", **headers):
    async with asking(pages, peer) as asker:
        return await asker.get(path, headers=headers)


def values(answer):
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


async def test_the_page_of_figures_reads_as_prometheus_does(site, sqlite, clock):
    a_mail(sqlite, clock.now(), JANE)
    (mail,) = claimed(sqlite, clock.now())
    settled(sqlite, clock.now(), mail, "sent", code=250)
    answer = await ask(site)
    found = values(answer)
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert found["notifier_mails", "due"] == 0
    assert found["notifier_day_mails", "2xx", "other", "sent"] == 1
    assert found["notifier_day_mails_accepted", "any", "immediate"] == 1
    assert found["notifier_last_pass_timestamp_seconds",] == clock.now().timestamp()
    assert any(name[0] == "notifier_build_info" and sqlite.schema().needed in name for name in found)


async def test_the_page_of_figures_names_no_person_study_or_condition(site, sqlite, clock):
    a_mail(sqlite, clock.now(), JANE)
    with sqlite.transaction() as session:
        follow(session, clock.now(), JANE, "a-rare-condition")
    said = (await ask(site)).text
    assert not any(word in said for word in ("jane", "rare", "NCT9", "@"))


async def test_the_page_of_figures_is_for_the_networks_that_may_have_it(site, clock):
    assert (await ask(site)).status_code == 200
    assert (await ask(site, peer="192.0.2.7")).status_code == 404
    assert (await ask(site, peer="::1")).status_code == 200
    behind = set_anew(site, trusted_proxies=networks("127.0.0.1"))
    assert (await ask(behind, **{"X-Forwarded-For": "192.0.2.7"})).status_code == 404
    assert (await ask(behind, **{"X-Forwarded-For": "127.0.0.2"})).status_code == 200


async def test_a_proxy_that_nobody_told_us_of_gives_the_figures_to_nobody(site):
    for said in ("192.0.2.7", "127.0.0.1", "nonsense"):
        assert (await ask(site, **{"X-Forwarded-For": said})).status_code == 404


async def test_one_look_at_the_store_answers_all_who_ask_at_once(site, monkeypatch):
    looks = []
    real = metrics.read
    monkeypatch.setattr(metrics, "read", lambda *given: looks.append(1) or real(*given))
    async with asking(site) as asker:
        for _ in range(3):
            assert (await asker.get("/metrics")).status_code == 200
    assert len(looks) == 1


async def test_ready_means_that_the_daemons_jobs_go_on_too(site, clock):
    seconds = [0.0]
    pulse = Pulse(lambda: seconds[0])
    pulse.expect("deliver", MINUTE, MINUTE)
    daemon = replace(site, pulse=pulse)
    assert (await ask(daemon, "/readyz")).text == "ready\n"
    seconds[0] = 121.0
    answer = await ask(daemon, "/readyz")
    assert (answer.status_code, answer.text) == (503, "not ready: deliver late\n")
    assert (await ask(daemon, "/healthz")).status_code == 200
    assert values(await ask(daemon))["notifier_process_job_age_seconds", "deliver"] == 121


async def test_requests_are_counted_by_a_part_that_holds_no_secret(site):
    async with asking(site) as asker:
        for path in ("/", "/unsubscribe/a-secret", "/wp-login.php", "/healthz"):
            await asker.get(path)
        answer = await asker.get("/metrics")
    found = values(answer)
    assert found["notifier_process_http_requests_total", "/", "200"] == 1
    assert found["notifier_process_http_requests_total", "/unsubscribe", "404"] == 1
    assert found["notifier_process_http_requests_total", "404", "other"] == 1
    assert found["notifier_process_http_request_seconds_bucket", "+Inf", "/healthz"] == 1
    assert found["notifier_process_http_request_seconds_count", "/healthz"] == 1
    assert "secret" not in answer.text
    assert "wp-login" not in answer.text
    assert {"process_cpu_seconds_total", "python_info"} <= {name for name, *_ in found}


async def test_who_asks_for_openmetrics_gets_it(site):
    answer = await ask(site, accept="application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert answer.text.endswith("# EOF\n")
    assert any(family.name == "notifier_mails" for family in openmetrics(answer.text))
