"""Certificates of endpoints, by the portal's own CA: made, kept at the portal, renewed in time."""

from __future__ import annotations

from django.utils import timezone

from s3vault_app.models import Machine
from vaultportal.runtime import tls
from vaultportal.runtime.tls import RENEW_BEFORE

LOOPBACK = "localhost"


def ensure(machine: Machine) -> bool:
    """There is a certificate for its address that lasts; True when it was made now.

    It is kept before the machine has it: whoever tries again writes the same one.
    """
    names = names_of(machine)
    known = machine.certificate.encode()
    if known and machine.certificate_key and tls.still_holds(known, names):
        return False
    chain, key = tls.issue(names)
    machine.certificate, machine.certificate_key = chain.decode(), key.decode()
    machine.save(update_fields=["certificate", "certificate_key", "updated_at"])
    return True


def note_written(machine: Machine) -> None:
    """The machine has its certificate: until when that lasts counts from now on."""
    machine.certificate_expires_at = tls.ends_at(machine.certificate.encode())
    machine.save(update_fields=["certificate_expires_at", "updated_at"])


def names_of(machine: Machine) -> list[str]:
    """Under what clients may reach the endpoint."""
    local = [LOOPBACK] if machine.kind == Machine.Kind.LOCAL else []
    return list(dict.fromkeys([*local, machine.endpoint_address]))


def due() -> list[Machine]:
    """Machines with an endpoint whose certificate ends soon.

    One that never got its first has no engine either: that is for an installation to repeat.
    """
    installed = Machine.objects.live().exclude(engine_state=Machine.EngineState.ABSENT)
    soon = timezone.now() + RENEW_BEFORE
    return list(installed.filter(pool__isnull=False, certificate_expires_at__lt=soon))
