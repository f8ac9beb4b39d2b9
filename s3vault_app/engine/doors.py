"""Rows of a vault's doors: the endpoints that give it."""

from __future__ import annotations

from collections.abc import Sequence

from s3vault_app.engine import places
from s3vault_app.models import Endpoint, Machine, StoragePool, Vault


def join(vault: Vault, machine: Machine) -> None:
    """The machine is to give the vault."""
    Endpoint.objects.get_or_create(vault=vault, machine=machine, defaults={"role": machine.role})


def open_all(vault: Vault, pool: StoragePool, machines: Sequence[Machine]) -> None:
    """Those that stand give the vault, under their URLs. machines: of the vault, if we install."""
    if not pool.installs:
        for door in places.doors_of(pool):
            Endpoint.objects.get_or_create(
                vault=vault, machine=None, url=door.url, defaults={"role": Endpoint.Role.GIVEN}
            )
        return
    for machine in machines:
        if machine.engine_state == Machine.EngineState.ONLINE:
            rows = Endpoint.objects.filter(vault=vault, machine=machine)
            rows.exclude(state=Endpoint.State.REMOVING).update(
                url=machine.url, role=machine.role, state=Endpoint.State.ONLINE, failure=""
            )
