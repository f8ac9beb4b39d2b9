"""Machines, vaults with a door each, jobs, plans and pools: at rest, so that nothing is asked.

Nothing is sealed in what these lists show: logins of machines are empty.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from bench.lists.copying import ids_since, repeat
from bench.lists.world import World
from s3vault_app.models import Endpoint, Job, Machine, StoragePlan, StoragePool, Vault

MODELS = (Machine, Vault, Endpoint, Job)
STATE = "CASE WHEN made.n::int % 1000 = 2 THEN 'Killed' ELSE 'Completed' END"
PERCENT = "CASE WHEN made.n::int % 1000 = 2 THEN 50 ELSE 100 END"
# One job in ten is one of the vault whose jobs are looked at.
OF_VAULT = """CASE WHEN made.n::int % 10 = 0 THEN t.vault_id ELSE (
    SELECT id FROM s3vault_app_vault WHERE deleted_at IS NULL AND name = 'vault-' || made.n
) END"""


def begin(world: World) -> None:
    """The rows that the others vary, which stand first in their lists."""
    now = timezone.now()
    pool = StoragePool.objects.create(name=f"pool-{world.word}")
    plan = StoragePlan.objects.create(
        name=f"plan-{world.word}", pool=pool, lock_mode="GOVERNANCE", retention_days=30
    )
    machine = Machine.objects.create(
        name=f"db-{world.word}", host="192.0.2.7", user="vault", state=Machine.State.READY
    )
    vault = Vault.objects.create(
        name=f"a-{world.word}",
        plan=plan,
        pool=pool,
        state=Vault.State.ACTIVE,
        lock_mode="GOVERNANCE",
        lock_days=30,
        verify_ok=True,
        verified_at=now + timedelta(days=3650),  # nobody proves it again
    )
    Endpoint.objects.create(
        vault=vault, machine=machine, url="https://192.0.2.7:9443", state=Endpoint.State.DISABLED
    )
    Job.objects.create(
        type=Job.Type.VERIFY,
        state=Job.State.COMPLETED,
        percent=100,
        vault=vault,
        pool=pool,
        created_by=world.person,
        started_at=now,
        finished_at=now,
    )
    vault.refresh_from_db()
    world.things["vault"] = str(vault.number)


def fill(world: World, wanted: range) -> None:
    """A machine, a vault with a door on it and a job, for each number."""
    vault = Vault.objects.get(number=int(world.things["vault"]))
    door = Endpoint.objects.get(vault=vault)
    start, step = wanted.start, world.step

    def ids() -> Any:
        return ids_since(world.since, wanted, step)

    assert door.machine is not None  # noqa: S101 it was made with one
    repeat(door.machine, ids(), start, name="'db-' || made.n", host="'host-' || made.n")
    repeat(vault, ids(), start, name="'vault-' || made.n")
    repeat(door, ids(), start, vault_id=_named("vault"), machine_id=_named("machine", "db"))
    job = Job.objects.filter(vault=vault).order_by("pk")[0]
    changes = {"state": STATE, "percent": PERCENT, "vault_id": OF_VAULT}
    repeat(job, list(wanted), start, **changes)
    for number in world.few(wanted):
        pool = StoragePool.objects.create(name=f"pool-{world.word}-{number}")
        StoragePlan.objects.create(
            name=f"plan-{world.word}-{number}",
            pool=pool,
            lock_mode="GOVERNANCE",
            retention_days=30,
        )


def _named(model: str, word: str = "vault") -> str:
    """The id of the row with the same number."""
    by_name = "lower(name)" if model == "machine" else "name"
    return (
        f"(SELECT id FROM s3vault_app_{model} WHERE deleted_at IS NULL"  # noqa: S608 constants
        f" AND {by_name} = '{word}-' || made.n)"
    )
