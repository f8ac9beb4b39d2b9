"""Machines named and installed in one call: known ones are used, others are registered first."""

from __future__ import annotations

from collections.abc import Sequence

from s3vault_app import rows, selectors
from s3vault_app.models import Job, Machine
from s3vault_app.services import endpoints, machines
from s3vault_app.services.machines import MachineFields
from vaultportal.errors import Conflict
from vaultportal.identity.actor import Actor


def install_on(actor: Actor, wanted: Sequence[MachineFields], *, accept: bool = False) -> list[Job]:
    """An endpoint on each machine, by a job of its own, once all their host keys are accepted.

    A machine that is not on the list yet is registered, and stays there when its key has to be
    accepted first. The login of a known one is replaced by the one given here, unless an endpoint
    is installed there: then it stays. A known one is never taken for another host.

    accept: trust the host keys that new machines show now.

    Raises:
        Forbidden; Invalid: a field is not good. Conflict: a host key is not accepted yet or has
            changed, a known machine is another host, or there are several pools. Unavailable: a key
            is to be trusted, and its machine does not answer. Pending, Forbidden: a gate stands
            before it (``approval``).

    Source: Commvault, ``POST CreateTask`` with operation 4026; contract section 8.
    """
    found = [_registered(actor, each, accept=accept) for each in wanted]
    for machine in found:
        endpoints.require_trusted(machine)
    return [endpoints.install(actor, machine.number) for machine in found]


def _registered(actor: Actor, fields: MachineFields, *, accept: bool) -> Machine:
    known = selectors.machines.find_machine(actor, fields.name or "")
    if known is None:
        return machines.register_seen(actor, fields, accept=accept)
    [machine] = rows.machines_unlocked([known.number])
    if (fields.host or machine.host).lower() not in (machine.host.lower(), machine.name.lower()):
        message = "A client with this name exists, and it is another host."
        raise Conflict("client", message, reason=machines.WRONG_STATE)
    if machine.pool_id is None and fields.login and fields.login.user:
        return machines.change(actor, machine.number, MachineFields(login=fields.login))
    return machine
