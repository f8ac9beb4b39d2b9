"""A new certificate for an endpoint whose engine is older than the portal's."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from s3vault_app.models import Job, Machine
from tests.s3vault_app.engine.lab import Lab, finish, machines_of

pytestmark = pytest.mark.xdist_group("s3")
OLDER = "4.40"


def test_a_renewal_changes_the_certificate_and_nothing_that_runs(shared: Lab) -> None:
    gateway = machines_of(shared)[1]
    line = Path(gateway.install_root) / "engine" / "weed.sh"
    older = line.read_text().replace("/bin/weed-", "/bin/./weed-")
    running = line.read_text()
    Machine.objects.filter(pk=gateway.pk).update(
        certificate="", certificate_key=None, engine_version=OLDER
    )
    line.write_text(older)  # as a portal of before had written it
    try:
        job = Job.objects.create(type=Job.Type.RENEW, pool=shared.pool)
        job.machines.set([gateway])
        finish(job)
        kept = line.read_text()
    finally:
        line.write_text(running)

    gateway.refresh_from_db()
    shown = x509.load_pem_x509_certificate(gateway.certificate.encode())
    assert (kept, gateway.engine_version) == (older, OLDER)
    assert [step.name for step in job.steps.order_by("position")] == ["configure", "health"]
    assert gateway.certificate_expires_at == shown.not_valid_after_utc
    written = Path(gateway.install_root) / "engine" / "etc" / "endpoint.pem"
    assert written.read_text() == gateway.certificate
    assert _served(gateway)


def _served(machine: Machine) -> bytes:
    """The endpoint goes on answering; when it reads the new one is its own affair."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((machine.host, machine.ports["s3"]), timeout=30) as line,
        context.wrap_socket(line) as secured,
    ):
        return secured.getpeercert(binary_form=True) or b""
