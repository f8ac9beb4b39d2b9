"""Certificates of endpoints, by the portal's own CA: made, kept at the portal, renewed in time."""

from __future__ import annotations

from django.utils import timezone

from s3vault_app.models import Machine
from vaultportal.runtime import tls
from vaultportal.runtime.tls import RENEW_BEFORE

LOOPBACK = "localhost"


def ensure(machine: Machine) -> bool:
    """The machine has a certificate for its address that lasts; True when it was made now."""
    names = names_of(machine)
    known = machine.certificate.encode()
    if known and machine.certificate_key and tls.still_holds(known, names):
        return False
    chain, key = tls.issue(names)
    machine.certificate, machine.certificate_key = chain.decode(), key.decode()
    machine.certificate_expires_at = tls.ends_at(chain)
    machine.save(
        update_fields=[
            "certificate",
            "certificate_key",
            "certificate_expires_at",
            "updated_at",
        ]
    )
    return True


def names_of(machine: Machine) -> list[str]:
    """Under what clients may reach the endpoint."""
    local = [LOOPBACK] if machine.kind == Machine.Kind.LOCAL else []
    return list(dict.fromkeys([*local, machine.endpoint_address]))


def due() -> list[Machine]:
    """Machines with an endpoint whose certificate ends soon."""
    installed = Machine.objects.live().exclude(engine_state=Machine.EngineState.ABSENT)
    soon = timezone.now() + RENEW_BEFORE
    return list(installed.filter(pool__isnull=False, certificate_expires_at__lt=soon))
