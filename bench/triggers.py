"""The figures of the triggers: a real portal with its workers, receivers on the loopback.

Rows are made in this process, in the portal's own database; what is measured is the portal's.
"""

from __future__ import annotations

import base64
import os
import secrets
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import django

from bench.portal import started
from bench.receiver import Endpoint, Receivers

TOLD = "vault:secret-created"
ASKED = "vault:secret-read-approval"
PADDING = "x" * 600  # with metadata and envelope, a body of 1 KiB
STALL_SECONDS = 60.0
LEARNED_SECONDS = 2.0  # after which every process knows of a new subscription
COLUMNS = ("figure", "goal", "measured", "note")

_FINISHED = """
INSERT INTO triggers_app_invocation (id, event_id, trigger, kind, subscription_id,
    subscription_name, mode, is_test, is_gate, input, content_json, wrong_secrets, state, attempts,
    completed_at, created_at, error_locale)
SELECT gen_random_uuid(), gen_random_uuid(), %s, 'FIRE_AND_FORGET', %s, 'bench', 'SYNC', false,
    false, '{}', '{}', 0, 'completed', 1, now(), now(), 'en-US' FROM generate_series(1, %s)
"""


def measure(rows: int = 1_000_000) -> list[list[str]]:
    """The table, row by row."""
    with started() as portal:
        os.environ.update(portal.environment)
        os.environ["DJANGO_SETTINGS_MODULE"] = "vaultportal.settings"
        django.setup()
        table = [_emitting(), _first_byte(), _throughput(), _hanging(), _gate(), _claims(rows)]
    load = os.getloadavg()
    loads = f"{load[0]:.1f} {load[1]:.1f}"
    return [*map(list, table), ["load of the machine, 1 and 5 minutes", "", loads, ""]]


def _quantile(times: list[float], share: float) -> float:
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


def _subscription(url: str, **fields: Any) -> Any:
    from django.utils import timezone  # noqa: PLC0415 Django is set up by then

    from triggers_app.models import Subscription, SubscriptionHealth  # noqa: PLC0415 as above

    now = timezone.now()
    values = {
        "name": "bench",
        "trigger": TOLD,
        "kind": "FIRE_AND_FORGET",
        "url": url,
        "signing_secret": "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "author_id": uuid4(),
        "updated_by_id": uuid4(),
        "created_at": now,
        "updated_at": now,
    }
    made = Subscription.objects.create(**{**values, **fields})
    SubscriptionHealth.objects.create(subscription=made)
    return made


def _forget_subscriptions() -> None:
    from triggers_app.models import Invocation, Subscription  # noqa: PLC0415 as above

    Subscription.objects.update(enabled=False)
    _await(lambda: not Invocation.objects.open().exists(), "the end of what is open")
    Subscription.objects.all().delete()


def _emit(*, quiet: bool = False) -> float:
    """One event in a unit of work with its audit entry, as every write has; when it was over."""
    from vaultportal import trail  # noqa: PLC0415 as above
    from vaultportal.events import catalog  # noqa: PLC0415 as above
    from vaultportal.identity import actor  # noqa: PLC0415 as above

    event_type = catalog.get(TOLD)
    assert event_type is not None  # noqa: S101 it is in the catalogue
    system = actor.system()
    with trail.unit():
        trail.record(system, "bench.write")
        if not quiet:
            vault = {"id": "1", "name": PADDING}
            trail.emit(event_type, system, id=str(uuid4()), name="bench", vault=vault, version=1)
    return time.monotonic()


def _await(question: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + STALL_SECONDS
    while not question():
        if time.monotonic() > until:
            raise SystemExit(f"Waited {STALL_SECONDS:.0f} s in vain for {what}.")
        time.sleep(0.01)  # between two questions; finer than what is measured


def _emitting(pairs: int = 600) -> tuple[str, str, str, str]:
    with Receivers(Endpoint()) as receivers:
        _subscription(receivers.endpoints[0].url)
        times: dict[bool, list[float]] = {True: [], False: []}
        for number in range(pairs * 2):
            quiet = bool(number % 2)
            began = time.monotonic()
            times[quiet].append(_emit(quiet=quiet) - began)
        _forget_subscriptions()
    with_, without = times[False], times[True]
    cost = _quantile(with_, 0.95) - _quantile(without, 0.95)
    middle = _quantile(with_, 0.5) - _quantile(without, 0.5)
    note = f"median {middle:.2f}; unit of work with {_quantile(with_, 0.95):.2f}, without " + (
        f"{_quantile(without, 0.95):.2f} p95, while the workers deliver"
    )
    return "emitting in a write, ms added to p95", "<= 2", f"{cost:.2f}", note


def _latencies(receivers: Receivers, count: int, pause: float) -> list[float]:
    """Seconds from commit to the first byte at each endpoint that answers, for ``count`` events."""
    from triggers_app.models import Invocation  # noqa: PLC0415 as above
    from vaultportal.events.models import Event  # noqa: PLC0415 as above

    healthy = [endpoint for endpoint in receivers.endpoints if not endpoint.hangs]
    committed: list[float] = []
    first = Event.objects.order_by("-id").values_list("id", flat=True).first()
    for _ in range(count):
        committed.append(_emit())
        time.sleep(pause)  # the load that is asked for, so many events a second
    wanted = count * len(healthy)
    _await(lambda: sum(len(each.arrivals) for each in healthy) >= wanted, "deliveries")
    events = Event.objects.filter(type=TOLD).order_by("id")
    if first is not None:
        events = events.filter(id__gt=first)
    at = dict(zip(events.values_list("id", flat=True), committed, strict=True))
    rows = Invocation.objects.filter(event_id__in=at).values_list("pk", "event_id")
    committed_at = {str(pk): at[event_id] for pk, event_id in rows if event_id is not None}
    return [
        arrived - committed_at[message_id]
        for endpoint in healthy
        for message_id, arrived in endpoint.arrivals.items()
    ]


def _first_byte(count: int = 150) -> tuple[str, str, str, str]:
    with Receivers(Endpoint()) as receivers:
        _subscription(receivers.endpoints[0].url)
        time.sleep(LEARNED_SECONDS)  # till every process knows of the subscription
        times = _latencies(receivers, count, 0.1)
        _forget_subscriptions()
    note = f"median {_quantile(times, 0.5):.0f}, {count} events, one at a time"
    return (
        "commit to first byte, idle receiver, p95 ms",
        "<= 150",
        f"{_quantile(times, 0.95):.0f}",
        note,
    )


def _throughput(events: int = 2500, receivers_: int = 4) -> tuple[str, str, str, str]:
    from django.utils import timezone  # noqa: PLC0415 as above

    from triggers_app.engine import ringing  # noqa: PLC0415 as above
    from vaultportal.events import catalog  # noqa: PLC0415 as above
    from vaultportal.events.models import Event  # noqa: PLC0415 as above
    from vaultportal.identity import actor  # noqa: PLC0415 as above

    event_type, system = catalog.get(TOLD), actor.system()
    assert event_type is not None  # noqa: S101 it is in the catalogue
    with Receivers(*(Endpoint() for _ in range(receivers_))) as receivers:
        for endpoint in receivers.endpoints:
            _subscription(endpoint.url)
        payload = event_type.payload(
            system, id=str(uuid4()), name="bench", vault={"id": "1", "name": PADDING}, version=1
        )
        now = timezone.now()
        Event.objects.bulk_create(
            Event(
                type=TOLD,
                payload=payload,
                actor_id=system.user_id,
                actor_name=system.name,
                created_at=now,
            )
            for _ in range(events)
        )
        ringing.ring()
        wanted = events * receivers_
        _await(lambda: receivers.count() >= wanted, "deliveries")
        moments = sorted(at for each in receivers.endpoints for at in each.arrivals.values())
        _forget_subscriptions()
    seconds = moments[-1] - moments[0]
    note = f"{wanted} signed bodies of 1 KiB to {receivers_} receivers in {seconds:.1f} s"
    return "deliveries a second, sustained", ">= 500", f"{wanted / seconds:.0f}", note


def _hanging(count: int = 100, receivers_: int = 20) -> tuple[str, str, str, str]:
    p95 = []
    for hanging in (0, 1):
        endpoints = [Endpoint(hangs=number < hanging) for number in range(receivers_)]
        with Receivers(*endpoints) as receivers:
            for endpoint in endpoints:
                _subscription(endpoint.url)
            time.sleep(LEARNED_SECONDS)  # as above
            p95.append(_quantile(_latencies(receivers, count, 0.15), 0.95))
            _forget_subscriptions()
    added = (p95[1] / p95[0] - 1) * 100
    note = f"p95 {p95[0]:.0f} ms with all well, {p95[1]:.0f} ms with one hanging; 133 a second"
    return "one of 20 receivers hangs, % added to p95", "<= 20", f"{added:.0f}", note


def _gate(count: int = 200) -> tuple[str, str, str, str]:
    from django.utils import timezone  # noqa: PLC0415 as above

    from triggers_app.engine import asking  # noqa: PLC0415 as above
    from triggers_app.invoking import new_invocation  # noqa: PLC0415 as above
    from vaultportal.events import catalog  # noqa: PLC0415 as above

    event_type = catalog.get(ASKED)
    assert event_type is not None  # noqa: S101 it is in the catalogue
    with Receivers(Endpoint(pause=0.02)) as receivers:
        url = receivers.endpoints[0].url
        subscription = _subscription(url, trigger=ASKED, kind="REQUEST_RESPONSE")
        times, denied = [], 0
        for _ in range(count):
            began = time.monotonic()
            made = new_invocation(subscription, event_type.example, timezone.now(), is_gate=True)
            made.save(force_insert=True)
            denied += asking.deliver_and_wait(made.pk).output is None
            times.append(time.monotonic() - began)
        _forget_subscriptions()
    note = f"median {_quantile(times, 0.5):.0f}, {denied} of {count} without a decision"
    return (
        "SYNC gate, approver of 20 ms, p95 ms added",
        "<= 80",
        f"{_quantile(times, 0.95):.0f}",
        note,
    )


def _claims(rows: int, rounds: int = 200) -> tuple[str, str, str, str]:
    from django.db import connection, transaction  # noqa: PLC0415 as above
    from django.utils import timezone  # noqa: PLC0415 as above

    from triggers_app.engine.claims import claim  # noqa: PLC0415 as above
    from triggers_app.invoking import new_invocation  # noqa: PLC0415 as above

    busy = [_subscription("https://192.0.2.1/") for _ in range(5)]
    with connection.cursor() as cursor:
        cursor.execute(_FINISHED, [TOLD, busy[0].pk, rows])
        cursor.execute("VACUUM ANALYZE triggers_app_invocation")
    whole: list[float] = []
    query: list[float] = []

    def clock(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        began = time.monotonic()
        try:
            return execute(sql, *rest)
        finally:
            if "WITH leased" in sql:
                query.append(time.monotonic() - began)

    for _ in range(rounds):
        # Undone each time, so that no worker sees the rows and each round finds the same.
        with transaction.atomic():
            for subscription in busy:
                new_invocation(subscription, {}, timezone.now()).save(force_insert=True)
            began = time.monotonic()
            with connection.execute_wrapper(clock):
                claimed = claim(uuid4(), 48, gates=False)
            whole.append(time.monotonic() - began)
            transaction.set_rollback(True)
        if len(claimed) != len(busy):
            raise SystemExit(f"{len(claimed)} rows were claimed, not {len(busy)}.")
    note = (
        f"median {_quantile(query, 0.5):.1f}; with its lock, subscriptions and health"
        f" {_quantile(whole, 0.5):.1f}, p95 {_quantile(whole, 0.95):.1f}"
    )
    return (
        f"claim query beside {rows} finished rows, p95 ms",
        "<= 5",
        f"{_quantile(query, 0.95):.1f}",
        note,
    )
