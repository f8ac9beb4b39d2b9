"""Targets of log shipping: made, changed, switched, tried and forgotten by who may change settings.

Each function raises Forbidden for everybody else, and NotFound for a target that is none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from vaultportal import outbound, trail
from vaultportal.audit.models import SHARDS, AuditHead, LogTarget
from vaultportal.directory import text
from vaultportal.directory.models import Setting
from vaultportal.directory.permissions import SettingPermission
from vaultportal.errors import Conflict, Fault, Invalid, NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.outbound import Blocked, OutboundError
from vaultportal.shipping import channels, lines
from vaultportal.shipping.channels import Refused
from vaultportal.trail import Target

Kind = LogTarget.Kind
# Each is a worker's time when it does not answer.
MOST = 8
MAX_NAME = 100
MAX_CREDENTIAL = 4096
MAX_CA = 64 * 1024
PLAIN = ("name", "kind", "format", "address", "ca")
_VISIBLE = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class TargetFields:
    """What people decide.

    credential: None leaves what is stored, "" takes it away.
    ca: authorities as PEM for syslog with TLS; "" for those of the system.
    """

    name: str
    kind: str
    address: str = field(repr=False)
    format: str = LogTarget.Format.JSON
    ca: str = ""
    credential: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Tried:
    """How a test line went. code: why it did not arrive, "" when it did; status: of an answer."""

    code: str = ""
    status: int | None = None


def create_target(actor: Actor, given: TargetFields, *, from_start: bool = True) -> LogTarget:
    """Have the trail sent to a new target: all of it, or what comes from now on.

    Checkpoints are sent from the first in any case: each names the one before it. No transaction
    may be open.

    Raises:
        Invalid: ``faults`` say what; the reason is one of ``outbound`` when it lets nothing out.
        Conflict: there are as many as there may be.
    """
    access.require(actor, SettingPermission.CHANGE, Setting)
    return _create(actor, _checked(given), from_start=from_start)


def change_target(actor: Actor, target_id: UUID, given: TargetFields) -> list[str]:
    """Change a target, which is tried anew at once; the names of what changed.

    A stored credential stays with the address that it was given for. No transaction may be open.

    Raises:
        Invalid: as ``create_target``; the credential is missing when the address changed.
    """
    access.require(actor, SettingPermission.CHANGE, Setting)
    return _change(actor, target_id, _checked(given))


@trail.unit()
def switch_target(actor: Actor, target_id: UUID, *, on: bool) -> None:
    """Send, or keep until it is switched on again: nothing is lost meanwhile."""
    row = _locked(actor, target_id)
    if row.is_enabled == on:
        return
    row.is_enabled, row.failing_since, row.failures, row.next_at = on, None, 0, timezone.now()
    row.save(update_fields=["is_enabled", "failing_since", "failures", "next_at"])
    trail.record(actor, "log_target.enable" if on else "log_target.disable", _target(row))


@trail.unit()
def delete_target(actor: Actor, target_id: UUID) -> None:
    """Send nothing to it any more, and forget its credential and its places."""
    row = _locked(actor, target_id)
    trail.record(actor, "log_target.delete", _target(row), sent=row.sent)
    row.delete()


def send_test(actor: Actor, target_id: UUID) -> Tried:
    """Send one line that says nothing, now; how that went. No transaction may be open."""
    access.require(actor, SettingPermission.CHANGE, Setting)
    row = LogTarget.objects.filter(pk=target_id).first()
    if row is None:
        raise NotFound("log target")
    try:
        line = lines.of_test(timezone.now())
        tried = Tried(status=channels.hand_over(row, [line], outbound.current_rules()))
    except (OutboundError, Refused) as refusal:
        tried = Tried(refusal.reason)
    _note_test(actor, row, tried)
    return tried


@trail.unit()
def _create(actor: Actor, given: TargetFields, *, from_start: bool) -> LogTarget:
    if LogTarget.objects.count() >= MOST:
        raise Conflict("log target", "There are as many targets as there may be.", reason="most")
    row = LogTarget()
    _put(row, given)
    if not from_start:
        heads = dict(AuditHead.objects.values_list("shard", "seq"))
        row.positions = [heads.get(shard, 0) for shard in range(SHARDS)]
    _save(row, new=True)
    trail.record(actor, "log_target.create", _target(row), kind=row.kind, from_start=from_start)
    return row


@trail.unit()
def _change(actor: Actor, target_id: UUID, given: TargetFields) -> list[str]:
    row = _locked(actor, target_id)
    before = {name: getattr(row, name) for name in PLAIN}
    had, is_kept = row.credential, given.credential is None and given.kind == Kind.HTTPS
    _put(row, given)
    changed = [name for name, value in before.items() if getattr(row, name) != value]
    if had and is_kept and {"kind", "address"} & set(changed):
        raise _wrong("credential", "missing", "is needed anew for another address")
    if row.credential != had:
        changed.append("credential")
    if changed:
        row.failures, row.next_at = 0, timezone.now()
        _save(row, new=False)
        trail.record(actor, "log_target.change", _target(row), changed=list(changed))
    return changed


@trail.unit()
def _note_test(actor: Actor, row: LogTarget, tried: Tried) -> None:
    outcome = "failure" if tried.code else "success"
    trail.record(actor, "log_target.test", _target(row), outcome=outcome, code=tried.code)


def _locked(actor: Actor, target_id: UUID) -> LogTarget:
    access.require(actor, SettingPermission.CHANGE, Setting)
    row = LogTarget.objects.select_for_update().filter(pk=target_id).first()
    if row is None:
        raise NotFound("log target")
    return row


def _checked(given: TargetFields) -> TargetFields:
    """What is given, if it can be used."""
    name, address, ca = given.name.strip(), given.address.strip(), given.ca.strip()
    text.check_name("name", name, MAX_NAME)
    if given.kind not in Kind.values:
        raise _wrong("kind", "choice", "is not one of the choices")
    if given.format not in LogTarget.Format.values:
        raise _wrong("format", "choice", "is not one of the choices")
    text.check_kept("ca", ca)
    if ca and given.kind != Kind.SYSLOG_TLS:
        raise _wrong("ca", "conflict", "is for syslog over TLS")
    if len(ca) > MAX_CA or "PRIVATE KEY" in ca:
        raise _wrong("ca", "format", "holds more than certificates")
    if given.credential:
        if given.kind != Kind.HTTPS:
            raise _wrong("credential", "conflict", "is for web addresses")
        if len(given.credential) > MAX_CREDENTIAL or not _VISIBLE.fullmatch(given.credential):
            raise _wrong("credential", "format", "is not a token")
    _check_address(given.kind, address, ca)
    return replace(given, name=name, address=address, ca=ca)


def _put(row: LogTarget, given: TargetFields) -> None:
    for name in PLAIN:
        setattr(row, name, getattr(given, name))
    if given.kind != Kind.HTTPS:
        row.credential = None
    elif given.credential is not None:
        row.credential = given.credential or None


def _check_address(kind: str, address: str, ca: str) -> None:
    try:
        channels.check(kind, address, ca, outbound.current_rules())
    except Blocked as refusal:
        fault = Fault("address", "format", "is not let out")
        raise Invalid("log target", refusal.message, refusal.reason, (fault,)) from None
    except ValueError:
        raise _wrong("ca", "format", "is no certificate") from None


def _save(row: LogTarget, *, new: bool) -> None:
    # What the worker writes is its own.
    people = [*PLAIN, "credential", "failures", "next_at"]
    try:
        with transaction.atomic():
            row.save(force_insert=new, update_fields=None if new else people)
    except IntegrityError:
        raise _wrong("name", "duplicate", "is taken") from None


def _wrong(name: str, code: str, message: str) -> Invalid:
    return Invalid("log target", f"The {name} {message}.", faults=(Fault(name, code, message),))


def _target(row: LogTarget) -> Target:
    return Target("log_target", str(row.pk), row.name)
