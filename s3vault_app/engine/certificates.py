"""Certificates of endpoints, by the portal's own CA: made, kept at the portal, renewed in time."""

from __future__ import annotations

from cryptography import x509
from django.utils import timezone

from s3vault_app.models import Machine
from vaultportal.runtime import tls
from vaultportal.runtime.tls import RENEW_BEFORE

LOOPBACK = "localhost"


def ensure(machine: Machine) -> bool:
    """The machine has a certificate for its address that lasts; True when it was made now."""
    names = names_of(machine)
    if machine.certificate and machine.certificate_key and _holds(machine, names):
        return False
    chain, key = tls.issue(names)
    leaf = x509.load_pem_x509_certificate(chain)
    machine.certificate, machine.certificate_key = chain.decode(), key.decode()
    machine.certificate_expires_at = leaf.not_valid_after_utc
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


def _holds(machine: Machine, names: list[str]) -> bool:
    try:
        leaf = x509.load_pem_x509_certificate(machine.certificate.encode())
        ca = x509.load_pem_x509_certificate(tls.authority_file().read_bytes())
        leaf.verify_directly_issued_by(ca)
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except Exception:  # whatever is wrong with it, a new one is the answer
        return False
    shown = {str(each.value) for each in found}
    return shown == set(names) and leaf.not_valid_after_utc > timezone.now() + RENEW_BEFORE
