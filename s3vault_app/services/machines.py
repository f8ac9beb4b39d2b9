"""Client machines: registered with a login, trusted by their host key, retired when unused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from s3vault_app import hostkeys, names, rows
from s3vault_app.models import Machine
from s3vault_app.permissions import MachinePermission
from vaultportal import trail
from vaultportal.errors import Conflict, Fault, Invalid, Unavailable
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

NAME_TAKEN = "s3.name_taken"
WRONG_STATE = "s3.wrong_state"
SSH_PORT = 22
PORTS = ("s3", "filer", "master", "volume")


@dataclass(frozen=True, slots=True)
class Login:
    """What signs in on a machine; it goes in, and never comes out."""

    user: str = ""
    password: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)
    passphrase: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class MachineFields:
    """What may be said about a machine; None leaves a field as it is."""

    name: str | None = None
    host: str | None = None
    port: int | None = None
    address: str | None = None
    install_root: str | None = None
    data_root: str | None = None
    ports: dict[str, Any] | None = None
    login: Login | None = None


@trail.unit()
def register(actor: Actor, fields: MachineFields) -> Machine:
    """A machine over SSH. Nothing is done there before its host key was accepted.

    Without password and key the portal makes a key pair, whose public half is shown.

    Raises:
        Forbidden; Invalid: a field is not good; Conflict: the name is taken.

    Source: Commvault, ``POST InstallClient``; contract section 8.
    """
    access.require(actor, MachinePermission.ADD, Machine)
    machine = Machine(kind=Machine.Kind.SSH, created_by_id=rows.author(actor))
    _apply(machine, fields)
    if not (fields.login and (fields.login.password or fields.login.private_key)):
        private, public = hostkeys.new_login(f"vault-portal-{machine.name}")
        machine.private_key, machine.public_key = private, public
    _save(machine, new=True)
    trail.record(actor, "s3_machine.register", target(machine), number=machine.number)
    return machine


def register_seen(actor: Actor, fields: MachineFields, *, accept: bool = False) -> Machine:
    """A machine with the host key that it shows now, which is offered, or trusted with ``accept``.

    Raises:
        As ``register``; Unavailable: its key is to be trusted, and it does not answer.
    """
    access.require(actor, MachinePermission.ADD, Machine)
    names.check_host(fields.host or "", "hostName")
    try:
        offered = hostkeys.read(fields.host or "", fields.port or SSH_PORT)
    except Unavailable:
        if accept:
            raise
        offered = ""
    with trail.unit():
        machine = register(actor, fields)
        if offered:
            place = (machine.host, machine.port)
            machine = note_host_key(actor, machine.number, offered, place)
        if accept:
            machine = accept_host_key(actor, machine.number, hostkeys.fingerprint(offered))
        return machine


def look(actor: Actor, number: int) -> Machine:
    """Ask a machine for its host key now, and keep it for somebody to accept.

    Raises:
        Forbidden, NotFound; Unavailable: it does not answer.
    """
    access.require(actor, MachinePermission.CHANGE, Machine)
    [machine] = rows.machines_unlocked([number])
    place = (machine.host, machine.port)
    return note_host_key(actor, number, hostkeys.read(*place), place)


@trail.unit()
def change(actor: Actor, number: int, fields: MachineFields) -> Machine:
    """Change what is said about a machine. Another host or port has to be trusted anew.

    The login that is kept never goes to another place than it was given for: such a change names
    the password or the key anew.

    Raises:
        Forbidden, NotFound, Invalid; Conflict: the name is taken, or an endpoint that is installed
            would be sought elsewhere than it is.
    """
    access.require(actor, MachinePermission.CHANGE, Machine)
    [machine] = rows.machines([number])
    place, lies = (machine.host, machine.port), _where(machine)
    _apply(machine, fields)
    if machine.pool_id is not None and lies != _where(machine):
        message = "An endpoint is installed there: uninstall it first."
        raise Conflict("client", message, reason=WRONG_STATE)
    if place != (machine.host, machine.port) and machine.kind == Machine.Kind.SSH:
        login = fields.login
        if machine.password and not (login and (login.password or login.private_key)):
            raise _refuse("password", "is required anew for another host or port")
        machine.host_key, machine.host_key_accepted_at = "", None
        machine.host_key_accepted_by = None
        machine.offered_host_key, machine.offered_at = "", None
        machine.state = Machine.State.NEW
    _save(machine)
    trail.record(actor, "s3_machine.change", target(machine))
    return machine


@trail.unit()
def note_host_key(actor: Actor, number: int, host_key: str, place: tuple[str, int]) -> Machine:
    """Keep the host key that a machine shows now, for somebody to accept or refuse.

    The one that is trusted takes back what was offered before. Nothing is kept of a machine that
    has moved since it was asked.

    host_key: as ``hostkeys.read`` got it from the machine, without any login. place: host and port
    where it was asked.
    """
    access.require(actor, MachinePermission.CHANGE, Machine)
    [machine] = rows.machines([number])
    if place != (machine.host, machine.port):
        return machine
    if host_key == machine.host_key:
        machine.offered_host_key, machine.offered_at = "", None
        if machine.state == Machine.State.KEY_CHANGED:
            machine.state, machine.failure = Machine.State.READY, ""
    else:
        machine.offered_host_key, machine.offered_at = host_key, timezone.now()
        if machine.host_key:
            machine.state = Machine.State.KEY_CHANGED
    machine.save()
    trail.record(actor, "s3_machine.see_host_key", target(machine))
    return machine


@trail.unit()
def accept_host_key(actor: Actor, number: int, fingerprint: str) -> Machine:
    """Trust the offered host key from now on, having compared its fingerprint.

    fingerprint: of the key that is accepted ("SHA256:…"), so that nobody accepts one unseen.

    Raises:
        Forbidden, NotFound; Conflict: no key is offered, or another than the one named.
    """
    access.require(actor, MachinePermission.CHANGE, Machine)
    [machine] = rows.machines([number])
    offered = machine.offered_host_key
    if not offered:
        raise Conflict("client", "The machine has shown no new host key.", reason=WRONG_STATE)
    if hostkeys.fingerprint(offered) != fingerprint:
        message = "The machine has shown another host key than the one accepted."
        raise Conflict("client", message, reason=WRONG_STATE)
    machine.host_key, machine.offered_host_key, machine.offered_at = offered, "", None
    machine.host_key_accepted_at = timezone.now()
    machine.host_key_accepted_by_id = rows.author(actor)
    machine.state, machine.failure = Machine.State.READY, ""
    machine.save()
    trail.record(actor, "s3_machine.accept_host_key", target(machine), fingerprint=fingerprint)
    return machine


@trail.unit()
def retire(actor: Actor, number: int) -> None:
    """Take a machine off the list; its login is erased.

    Raises:
        Forbidden, NotFound; Conflict: an endpoint is installed there.

    Source: Commvault, ``DELETE Client/{id}/Retire``; contract section 8.
    """
    access.require(actor, MachinePermission.DELETE, Machine)
    [machine] = rows.machines([number])
    if machine.pool_id is not None or machine.endpoints.exists():
        vaults = machine.endpoints.values_list("vault__name", flat=True)
        message = "An endpoint is installed there."
        if vaults:
            message += f" Vaults: {', '.join(sorted(vaults))}."
        raise Conflict("client", message, reason="in_use")
    machine.deleted_at = timezone.now()
    machine.password = machine.private_key = machine.passphrase = None
    machine.save()
    trail.record(actor, "s3_machine.retire", target(machine), number=number)


def target(machine: Machine) -> Target:
    """The machine as the trail names it."""
    return Target("s3_machine", str(machine.pk), machine.name)


def _where(machine: Machine) -> tuple[object, ...]:
    """All by which an installed endpoint is found again."""
    return (
        machine.host,
        machine.port,
        machine.user,
        machine.address,
        machine.install_root,
        machine.data_root,
        dict(machine.ports),
    )


def _apply(machine: Machine, fields: MachineFields) -> None:
    for name in ("name", "host", "port", "address", "install_root", "data_root", "ports"):
        value = getattr(fields, name)
        if value is not None:
            setattr(machine, name, value)
    if fields.login is not None:
        login = fields.login
        machine.user = login.user or machine.user
        if login.password or login.private_key:
            machine.password = login.password or None
            machine.private_key = login.private_key or None
            machine.passphrase = login.passphrase or None
            machine.public_key = ""
    _check(machine)


def _check(machine: Machine) -> None:
    names.check_name(machine.name, "clientName")
    names.check_host(machine.host, "hostName")
    if machine.address:
        names.check_host(machine.address, "address")
    if not 1 <= machine.port <= 65535:
        raise _refuse("port", "must be 1 to 65535")
    if machine.kind == Machine.Kind.SSH and not machine.user:
        raise _refuse("userName", "is required")
    if len(machine.user) > 64 or not machine.user.isprintable():
        raise _refuse("userName", "must be one line of at most 64 characters")
    for place in ("install_root", "data_root"):
        folder = getattr(machine, place)
        if folder and not (folder.startswith("/") and folder.isprintable() and len(folder) <= 255):
            raise _refuse(place, "must be an absolute path")
        if ".." in folder.split("/"):
            raise _refuse(place, "must not have dots for a folder above")
        if folder and len([part for part in folder.split("/") if part not in ("", ".")]) < 2:
            raise _refuse(place, "must lie at least two folders deep")
    for role, port in machine.ports.items():
        if role not in PORTS or type(port) is not int or not 1024 <= port <= 55535:
            raise _refuse("ports", f"must be 1024 to 55535, for {', '.join(PORTS)}")


def _refuse(place: str, message: str) -> Invalid:
    return Invalid(message=f"{place} {message}.", faults=(Fault(place, "range", message),))


def _save(machine: Machine, *, new: bool = False) -> None:
    try:
        with transaction.atomic():
            machine.save(force_insert=new)
    except IntegrityError as clash:
        fault = Fault("clientName", "duplicate", "is taken")
        message = "A client with this name exists."
        raise Conflict("client", message, reason=NAME_TAKEN, faults=(fault,)) from clash
    if new:
        machine.refresh_from_db(fields=["number"])
