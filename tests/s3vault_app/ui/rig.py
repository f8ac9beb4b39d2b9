"""Rows as jobs leave them, and people at browsers, for the tests of pages."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from s3vault_app.models import (
    Endpoint,
    Job,
    JobEvent,
    JobStep,
    Machine,
    Probe,
    StoragePlan,
    StoragePool,
    UsageSample,
    Vault,
)
from s3vault_app.permissions import VaultPermission
from tests.factories import as_admin, make_person, member_of, unique
from vaultportal.identity import access
from vaultportal.identity.models import Role, User
from vaultportal.identity.models.role import ADMIN

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJx5V0b4nSLhU0W4YlVtV9Xr1o2Q5sJm0n6v3rYb8k1c"
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK1v8C2b0n6v3rYb8kJx5V0b4nSLhU0W4YlVtV9Xr1o2"


def browser(user: User) -> Client:
    """Signed in a moment ago."""
    client = Client()
    client.force_login(user)
    session = client.session
    session["account_authentication_methods_user"] = str(user.pk)
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session.save()
    return client


def administrator() -> User:
    """Somebody who may do everything but read data."""
    return member_of(make_person(), Role.objects.get(name=ADMIN))


def pool(**fields: Any) -> StoragePool:
    made = StoragePool.objects.create(**{"name": unique("pool"), **fields})
    made.refresh_from_db()
    return made


def plan(**fields: Any) -> StoragePlan:
    valid = {"name": unique("plan"), "lock_mode": "GOVERNANCE", "retention_days": 30}
    valid["pool"] = fields.pop("pool", None) or pool()
    made = StoragePlan.objects.create(**{**valid, **fields})
    made.refresh_from_db()
    return made


def machine(**fields: Any) -> Machine:
    valid = {
        "name": unique("db"),
        "host": "192.0.2.7",
        "user": "vault",
        "state": Machine.State.READY,
        "host_key": HOST_KEY,
        "facts": {"system": "Debian 12", "free_kb": 1_000_000, "total_kb": 4_000_000},
    }
    made = Machine.objects.create(**{**valid, **fields})
    made.refresh_from_db()
    return made


def endpoint_of(of: StoragePool, **fields: Any) -> Machine:
    """A machine that serves the pool."""
    online = {
        "pool": of,
        "role": "store",
        "engine_state": "online",
        "url": "https://192.0.2.7:9443",
    }
    return machine(**{**online, "engine_version": "4.48", **fields})


def vault(on: StoragePlan | None = None, *machines: Machine, **fields: Any) -> Vault:
    """A vault that is ready, with doors on machines."""
    on = on or plan()
    valid: dict[str, Any] = {
        "name": unique("vault"),
        "plan": on,
        "pool": on.pool,
        "state": Vault.State.ACTIVE,
        "lock_mode": on.lock_mode,
        "lock_days": on.retention_days,
        "bucket_made_at": timezone.now(),
    }
    made = Vault.objects.create(**{**valid, **fields})
    made.refresh_from_db()
    for each in machines:
        door = Endpoint.objects.create(
            vault=made, machine=each, url=each.url, role=each.role, state="online"
        )
        Probe.objects.create(endpoint=door, ok=True, milliseconds=9)
    return made


def job(of: Vault | None = None, *machines: Machine, **fields: Any) -> Job:
    """A running job that makes a vault."""
    of = of or vault()
    made = Job.objects.create(
        **{"type": "create", "state": "Running", "vault": of, "pool": of.pool, **fields}
    )
    made.machines.set(machines)
    JobEvent.objects.create(job=made, text="Create vault was asked for.")
    return made


def step(of: Job, name: str, state: str, on: Machine | None = None, message: str = "") -> JobStep:
    now = timezone.now()
    return JobStep.objects.create(
        job=of,
        machine=on,
        name=name,
        position=of.steps.count(),
        state=state,
        message=message,
        started_at=None if state == "todo" else now - timedelta(seconds=5),
        finished_at=now if state in ("ok", "failed") else None,
    )


def usage(of: Vault, *sizes: int) -> None:
    """What it held on the last days, the newest last."""
    for days, held in enumerate(reversed(sizes)):
        at = timezone.now() - timedelta(days=days)
        UsageSample.objects.create(vault=of, bytes=held, objects_held=1, at=at)


def give(user: User, of: Vault, right: VaultPermission = VaultPermission.USE) -> User:
    access.grant(as_admin(), user, right, of)
    return user
