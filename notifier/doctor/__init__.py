"""Looks at everything that an installation stands on, and says in one sentence each what is well and what is not.

Changes nothing and sends nothing. A check that breaks is a finding too: one fault never hides another.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from notifier.clock import Clock, SystemClock
from notifier.doctor import checks
from notifier.doctor.checks import CheckOutcome, Finding, Resolver, SystemResolver, failed, look_up, unchecked
from notifier.errors import NotifierError
from notifier.settings import Settings

Check = Callable[[], Awaitable[list[Finding]]]


async def examine(
    settings: Settings, resolver: Resolver | None = None, clock: Clock | None = None
) -> list[Finding]:
    """Every check, in the order in which a person would look; `resolver`, `clock`: those of this machine if None."""
    here: tuple[tuple[str, Callable[[Settings], list[Finding]]], ...] = (
        ("database", checks.check_database),
        ("mailing", checks.check_mailing),
        ("gate", checks.check_gate),
        ("pace", checks.check_pace),
        ("disk", checks.check_disk),
        ("keys", checks.check_keys),
        ("fence", checks.check_fence),
        ("templates", checks.check_templates),
        ("webhooks", checks.check_webhooks),
    )
    there: tuple[tuple[str, Check], ...] = (
        ("registry", lambda: checks.check_registry(settings, clock or SystemClock())),
        ("mail server", lambda: checks.check_mail_server(settings)),
        ("links", lambda: checks.check_pages(settings)),
        ("DNS", lambda: _check_names(settings, resolver)),
    )
    found = [await _checked(of, partial(asyncio.to_thread, check, settings)) for of, check in here]
    found += await asyncio.gather(*(_checked(of, check) for of, check in there))
    return [finding for findings in found for finding in findings]


async def _checked(of: str, check: Check) -> list[Finding]:
    try:
        return await check()
    except NotifierError as fault:
        return [failed(of, str(fault))]
    except Exception as fault:  # noqa: BLE001 - what nobody foresaw must not hide what the other checks found
        return [failed(of, f"The check itself broke ({type(fault).__name__}): please report it")]


async def _check_names(settings: Settings, resolver: Resolver | None) -> list[Finding]:
    domains = checks.domains_of(settings)
    if domains is None:
        return [unchecked("DNS", "No mail leaves this machine, so no record is needed")]
    return await look_up(resolver or SystemResolver(), domains)
