"""Dry runs: what making a vault would do on each machine; looked at, and nothing touched."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from s3vault_app import names, rows
from s3vault_app.models import Vault
from s3vault_app.services import drains, endpoints, vaults
from s3vault_app.services.vaults import Order
from vaultportal.errors import Conflict, Fault
from vaultportal.identity.actor import Actor


def preview_vault(actor: Actor, order: Order) -> dict[str, Any]:
    """What ``create_vault`` would be refused for, or what its job would do.

    Returns: ``engine``, ``version``, ``machines`` (each with role, url, ports, files, bytes of
        disk and memory, steps, and the problem that would stop it), ``bucket`` and ``steps``.

    Raises:
        As ``create_vault``.
    """
    names.check_bucket(order.name, "bucket.clientName")
    vaults.require_may_create(actor, order.plan)
    with transaction.atomic():
        plan = rows.plan(order.plan)
        machines = rows.machines(order.machines)
        rows.users(order.owners)
        rows.roles(order.groups)
        endpoints.require_may_take(actor, plan.pool, machines)
        drains.require_takes_writes(plan.pool)
        if Vault.objects.live().filter(name=order.name).exists():
            fault = Fault("bucket.clientName", "duplicate", "is taken")
            message = "A vault with this name exists."
            raise Conflict("vault", message, reason=vaults.NAME_TAKEN, faults=(fault,))
        doors = vaults.doors(plan.pool, machines)
    from s3vault_app.engine import planning  # noqa: PLC0415 boto3, asyncssh: for this alone

    return planning.preview(plan, doors).as_dict()
