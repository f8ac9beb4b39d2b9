"""How the installation stands, for who runs it: versions, keys, queues, disk; no secret."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import django
from celery import current_app
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Min
from kombu.exceptions import OperationalError
from redis import RedisError, ResponseError

from vaultportal import __version__
from vaultportal.crypto.models import DataKey, RootKeyVersion
from vaultportal.directory.models import Setting
from vaultportal.directory.permissions import SettingPermission
from vaultportal.events.models import Event
from vaultportal.identity import access
from vaultportal.identity.actor import Actor

SECONDS = 1


@dataclass(frozen=True, slots=True)
class Fact:
    """One line. state: ``ok``, ``warn``, ``bad``, or "" for what is neither good nor bad.

    name: stable, in English, for the copied text. value: a text, a number, or a time.
    """

    name: str
    value: str | int | datetime = field(repr=False)
    state: str = ""


@dataclass(frozen=True, slots=True)
class Keys:
    """roots: generations of the key that wraps all others; data_keys: (kind of scope, state, n)."""

    roots: tuple[RootKeyVersion, ...]
    data_keys: tuple[tuple[str, str, int], ...]


def facts(actor: Actor) -> list[Fact]:
    """Everything on the page about the installation. Raises Forbidden."""
    access.require(actor, SettingPermission.VIEW, Setting)
    return [*_versions(), *_database(), *_work(), *_disk()]


def keys(actor: Actor) -> Keys:
    """The generations of keys, without the keys. Raises Forbidden."""
    access.require(actor, SettingPermission.VIEW, Setting)
    roots = RootKeyVersion.objects.defer("sentinel").order_by("-version")
    counted: dict[tuple[str, str], int] = {}
    rows = DataKey.objects.values("scope", "state").annotate(n=Count("id"))
    for row in rows.order_by():
        kind = row["scope"].partition(":")[0]
        place = (kind, row["state"])
        counted[place] = counted.get(place, 0) + row["n"]
    data = tuple((kind, state, n) for (kind, state), n in sorted(counted.items()))
    return Keys(tuple(roots), data)


def _versions() -> Iterator[Fact]:
    yield Fact("portal", __version__)
    yield Fact("python", platform.python_version())
    yield Fact("django", django.get_version())
    yield Fact("environment", settings.PORTAL_ENVIRONMENT)


def _database() -> Iterator[Fact]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), pg_database_size(current_database())"
        )
        version, size = cursor.fetchone() or ("", 0)
    yield Fact("postgresql", version)
    yield Fact("database_bytes", size)
    executor = MigrationExecutor(connection)
    pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    yield Fact("migrations_pending", pending, "bad" if pending else "ok")


def _work() -> Iterator[Fact]:
    names = [queue.name for queue in current_app.conf.task_queues]
    found = _broker(names)
    if found is None:
        yield from (Fact(f"queue_{name}", "no answer", "bad") for name in names)
    else:
        lengths, workers = found
        for name, waiting in zip(names, lengths, strict=True):
            yield Fact(f"queue_{name}", waiting, "warn" if waiting > 1000 else "ok")
        if workers is not None:
            yield Fact("workers", workers, "ok" if workers else "bad")
    oldest: dict[str, Any] = Event.objects.filter(dispatched_at=None).aggregate(
        at=Min("created_at")
    )
    if oldest["at"] is not None:
        yield Fact("oldest_event_waits_since", oldest["at"], "warn")


def _broker(queues: list[str]) -> tuple[list[int], int | None] | None:
    """How many messages lie in each queue, and how many workers there are; None without an answer.

    Workers do not listen to commands, so that nobody else can give them any. But each holds a
    connection on which it waits for messages, and which ends with it. A broker of somebody else
    may not tell who is connected.
    """
    try:
        with current_app.connection_for_read(connect_timeout=SECONDS) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=SECONDS)
            channel: Any = broker.default_channel
            # Of the broker that the portal has: a queue is a list, which is there while it has any.
            lengths = [int(channel.client.llen(queue)) for queue in queues]
            try:
                clients = channel.client.client_list()
            except ResponseError:
                return lengths, None
            here = str(channel.client.connection_pool.connection_kwargs.get("db") or 0)
            waits = [each for each in clients if each["cmd"] == "brpop" and each["db"] == here]
            return lengths, len(waits)
    except (OperationalError, RedisError, OSError):
        return None


def _disk() -> Iterator[Fact]:
    try:
        usage = shutil.disk_usage(settings.PORTAL_DATA_DIR)
    except OSError:
        return
    free = usage.free * 100 // usage.total
    yield Fact("disk_free_bytes", usage.free, "bad" if free < 5 else "warn" if free < 15 else "ok")
