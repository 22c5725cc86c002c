"""The figures in the words of Prometheus: read from the store, and what only this process knows. Names no person.

Whichever of several workers is asked, what stands in the store is the same; `notifier_process_…` is of the asked one.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import accumulate
from typing import Any

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder

import notifier
from notifier.logs import seen
from notifier.storage import metrics as figures
from notifier.storage.metrics import DELAYS, Figures
from notifier.web.site import Pages, Visits

FRESH_FOR = 30.0  # seconds for which one look at the store answers everybody who asks


class Scrape:
    """Answers scrapes; never looks twice at once, nor more often than FRESH_FOR."""

    def __init__(self, pages: Pages, visits: Visits) -> None:
        self._pages, self._visits = pages, visits
        self._lock = asyncio.Lock()
        self._kept: tuple[float, Figures, str] | None = None

    async def text(self, accepted: str = "") -> tuple[bytes, str]:
        """Everything in the format that the asker accepts, OpenMetrics or the text of Prometheus, and the format's name.

        Raises StoreError where the database does not answer.
        """
        pages = self._pages
        async with self._lock:
            now = pages.clock.now()
            if self._kept is None or time.monotonic() - self._kept[0] > FRESH_FOR:
                asked = time.monotonic()
                found = await pages.database.read(
                    lambda session: figures.read(session, now, pages.settings.mails_an_hour)
                )
                schema = (await asyncio.to_thread(pages.database.schema)).current or "none"
                self._kept = (asked, found, schema)
            _, found, schema = self._kept
        registry = CollectorRegistry()
        registry.register(_Told([*of_store(found, now, schema), *self._of_process()]))
        for usual in (ProcessCollector, PlatformCollector):
            usual(registry=registry)
        encode, form = choose_encoder(accepted)
        return encode(registry), form

    def _of_process(self) -> Iterator[Metric]:
        yield _counter("process_log_lines", "Log lines of this process by their action.", seen(), "action")
        yield _counter(
            "process_http_requests",
            "Requests that this process answered, by the first part of their path.",
            {(part, str(status)): count for (part, status), count in self._visits.answers.items()},
            "part",
            "status",
        )
        took = HistogramMetricFamily(
            "notifier_process_http_request_seconds",
            "How long they took, until the last byte was handed over.",
            labels=["part"],
        )
        for part, within in sorted(self._visits.within.items()):
            took.add_metric(
                [part],
                list(zip([*map(str, self._visits.ENDS), "+Inf"], accumulate(within), strict=True)),
                self._visits.seconds[part],
            )
        yield took
        if (pulse := self._pages.pulse) is not None:
            ages, asked = pulse.ages(), pulse.moves("watch")
            yield _gauge("process_job_age_seconds", "Since each job of this process last moved.", ages, "job")
            yield _counter("process_registry_requests", "Requests of this process, retries included.", asked)


class _Told:
    """What prometheus-client asks for metrics."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def of_store(found: Figures, now: datetime, schema: str) -> Iterator[Metric]:
    yield _gauge(
        "build_info", "Which program this is.", {(notifier.__version__, schema): 1}, "version", "schema"
    )
    yield from _mails(found, now)
    yield _gauge("subscriptions", "Subscriptions by state.", found.subscriptions, "state")
    about = "Addresses that are not mailed any more, by reason."
    yield _gauge("suppressions", about, found.suppressions, "reason")
    wrong = dict.fromkeys(found.anomalies, 1)
    yield _gauge("anomalies", "What is wrong now and an admin is told of.", wrong, "name")
    times = {
        "last_pass": ("When the last whole watch pass ended.", found.last_pass),
        "last_look": ("When the registry was last compared, also when it had nothing new.", found.last_look),
        "data_version": ("The registry's data that was last looked at whole.", found.data_version),
        "last_backup": ("When `notifier backup` last ran.", found.last_backup),
    }
    for name, (about, at) in times.items():
        if at is not None:
            yield _gauge(f"{name}_timestamp_seconds", about, at.timestamp())
    about = "Requests of all watch passes that came to an end."
    yield _counter("pass_requests", about, found.requests_of_passes)


def _mails(found: Figures, now: datetime) -> Iterator[Metric]:
    yield _gauge("mails", "Mails that have not gone, by state.", found.mails_waiting, "state")
    notices = {"due": found.notices_due, "held": found.notices_held}
    yield _gauge("notices", "What is to be told and is in no mail yet, by state.", notices, "state")
    yield _gauge("past_hour_mails", "Mails that the mail server took in the past hour.", found.past_hour)
    yield _gauge("mails_above_limit", "Due mails that wait because of NOTIFIER_MAILS_AN_HOUR.", found.above)
    for name, oldest in (("due", found.oldest_due), ("unsure", found.oldest_unsure)):
        age = 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())
        about = f"For how long the oldest {name} mail waits; 0: none does."
        yield _gauge(f"oldest_{name}_mail_seconds", about, age)
    # A window, whose counts fall when it moves on: gauges, and no histogram.
    yield _gauge(
        "day_mails_accepted",
        "Mails on what the passes of the past 24 hours found: accepted by a mail server within so many seconds of the "
        "registry's data version.",
        {
            (delay.every, end): count
            for delay in found.delays
            for end, count in zip([*map(str, DELAYS), "any"], (*delay.within, delay.count), strict=True)
        },
        "every",
        "within",
    )
    yield _gauge(
        "day_mails",
        "Mails made in the past 24 hours by state, class of the server's answer and mailbox provider.",
        found.verdicts,
        "state",
        "answer",
        "provider",
    )


#: A number, or one for each value of a label, or for each of several labels together.
Numbers = float | Mapping[Any, float]


def _gauge(name: str, about: str, value: Numbers, *labels: str) -> Metric:
    return _filled(GaugeMetricFamily(f"notifier_{name}", about, labels=labels or None), value)


def _counter(name: str, about: str, value: Numbers, *labels: str) -> Metric:
    return _filled(CounterMetricFamily(f"notifier_{name}", about, labels=labels or None), value)


def _filled(metric: GaugeMetricFamily | CounterMetricFamily, value: Numbers) -> Metric:
    for of, count in sorted(value.items()) if isinstance(value, Mapping) else [((), value)]:
        metric.add_metric([of] if isinstance(of, str) else of, count)
    return metric
